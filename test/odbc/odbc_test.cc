#include "odbc_test.h"

#include <chrono>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <utility>

// ---- text ----

std::u16string u16(const std::string &s)
{
    std::u16string out;
    for (size_t i = 0; i < s.size();) {
        auto c = static_cast<unsigned char>(s[i]);
        int n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        char32_t cp = n == 1 ? c : n == 2 ? c & 0x1f : n == 3 ? c & 0x0f : c & 0x07;
        for (int k = 1; k < n && i + k < s.size(); k++)
            cp = cp << 6 | (static_cast<unsigned char>(s[i + k]) & 0x3f);
        i += n;
        if (cp < 0x10000) {
            out += static_cast<char16_t>(cp);
        } else {
            out += static_cast<char16_t>(0xd800 + ((cp - 0x10000) >> 10));
            out += static_cast<char16_t>(0xdc00 + ((cp - 0x10000) & 0x3ff));
        }
    }
    return out;
}

std::string u8of(const std::u16string &s)
{
    std::string out;
    for (size_t i = 0; i < s.size(); i++) {
        char32_t c = s[i];
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < s.size())
            c = 0x10000 + ((c - 0xd800) << 10) + (s[++i] - 0xdc00);
        if (c < 0x80) {
            out += static_cast<char>(c);
        } else if (c < 0x800) {
            out += static_cast<char>(0xc0 | c >> 6);
            out += static_cast<char>(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            out += static_cast<char>(0xe0 | c >> 12);
            out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
            out += static_cast<char>(0x80 | (c & 0x3f));
        } else {
            out += static_cast<char>(0xf0 | c >> 18);
            out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
            out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
            out += static_cast<char>(0x80 | (c & 0x3f));
        }
    }
    return out;
}

std::string u8of(const SQLWCHAR *s, size_t n)
{
    return u8of(std::u16string(reinterpret_cast<const char16_t *>(s), n));
}

std::string hex(const void *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    std::string out;
    for (size_t i = 0; i < n; i++) {
        auto c = static_cast<const unsigned char *>(p)[i];
        out += digits[c >> 4];
        out += digits[c & 15];
    }
    return out;
}

std::ostream &operator<<(std::ostream &out, const Diag &d)
{
    return out << d.state << " (" << d.native << ") " << d.message;
}

// ---- Api ----

namespace
{

// An argument of either form; nullptr stays nullptr.
struct Arg {
    Arg(Name s, bool wide) : given(s != nullptr), is_wide(wide)
    {
        if (s && wide)
            w = u16(s);
        else if (s)
            a = s;
    }
    Arg(const std::string &s, bool wide) : given(true), is_wide(wide)
    {
        if (wide)
            w = u16(s);
        else
            a = s;
    }
    SQLCHAR *c()
    {
        return given ? reinterpret_cast<SQLCHAR *>(a.data()) : nullptr;
    }
    SQLWCHAR *x()
    {
        return given ? reinterpret_cast<SQLWCHAR *>(w.data()) : nullptr;
    }
    SQLSMALLINT len() const
    {
        return given ? SQL_NTS : 0;
    }
    bool given, is_wide;
    std::string a;
    std::u16string w;
};

// An output of either form: OUT characters of room. (Twice as many bytes must fit 16 bits with a
// sign.)
constexpr size_t OUT = 8000;

struct Out {
    explicit Out(bool wide) : is_wide(wide), a(wide ? 0 : OUT), w(wide ? OUT : 0)
    {
    }
    SQLCHAR *c()
    {
        return a.data();
    }
    SQLWCHAR *x()
    {
        return w.data();
    }
    std::string text() const
    {
        if (!is_wide)
            return reinterpret_cast<const char *>(a.data());
        size_t n = 0;
        while (n < w.size() && w[n])
            n++;
        return u8of(w.data(), n);
    }
    void to(std::string *out, SQLRETURN rc) const
    {
        if (out && SQL_SUCCEEDED(rc))
            *out = text();
    }
    bool is_wide;
    std::vector<SQLCHAR> a;
    std::vector<SQLWCHAR> w;
};

} // namespace

SQLRETURN Api::connect(SQLHDBC h, Name dsn, Name uid, Name pwd) const
{
    Arg a(dsn, wide), b(uid, wide), c(pwd, wide);
    return wide ? SQLConnectW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len())
                : SQLConnect(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len());
}

SQLRETURN Api::driver_connect(SQLHDBC h, const std::string &in, std::string *out,
                              SQLUSMALLINT completion) const
{
    Arg a(in, wide);
    Out o(wide);
    SQLSMALLINT n = 0;
    SQLRETURN rc = wide ? SQLDriverConnectW(h, nullptr, a.x(), SQL_NTS, o.x(), OUT, &n, completion)
                        : SQLDriverConnect(h, nullptr, a.c(), SQL_NTS, o.c(), OUT, &n, completion);
    o.to(out, rc);
    return rc;
}

SQLRETURN Api::exec_direct(SQLHSTMT h, const std::string &sql) const
{
    Arg a(dialect(sql), wide);
    return wide ? SQLExecDirectW(h, a.x(), SQL_NTS) : SQLExecDirect(h, a.c(), SQL_NTS);
}

SQLRETURN Api::prepare(SQLHSTMT h, const std::string &sql) const
{
    Arg a(dialect(sql), wide);
    return wide ? SQLPrepareW(h, a.x(), SQL_NTS) : SQLPrepare(h, a.c(), SQL_NTS);
}

SQLRETURN Api::native_sql(SQLHDBC h, const std::string &sql, std::string *out) const
{
    Arg a(sql, wide);
    Out o(wide);
    SQLINTEGER n = 0;
    SQLRETURN rc = wide ? SQLNativeSqlW(h, a.x(), SQL_NTS, o.x(), OUT, &n)
                        : SQLNativeSql(h, a.c(), SQL_NTS, o.c(), OUT, &n);
    o.to(out, rc);
    return rc;
}

SQLRETURN Api::describe_col(SQLHSTMT h, SQLUSMALLINT n, Column *c) const
{
    Out o(wide);
    SQLSMALLINT len = 0;
    SQLRETURN rc =
        wide ? SQLDescribeColW(h, n, o.x(), OUT, &len, &c->type, &c->size, &c->digits, &c->nullable)
             : SQLDescribeCol(h, n, o.c(), OUT, &len, &c->type, &c->size, &c->digits, &c->nullable);
    o.to(&c->name, rc);
    return rc;
}

SQLRETURN Api::col_text(SQLHSTMT h, SQLUSMALLINT n, SQLUSMALLINT field, std::string *out) const
{
    Out o(wide);
    SQLSMALLINT len = 0;
    SQLRETURN rc = wide ? SQLColAttributeW(h, n, field, o.x(), OUT * 2 - 2, &len, nullptr)
                        : SQLColAttribute(h, n, field, o.c(), OUT, &len, nullptr);
    o.to(out, rc);
    return rc;
}

SQLRETURN Api::col_number(SQLHSTMT h, SQLUSMALLINT n, SQLUSMALLINT field, SQLLEN *out) const
{
    return wide ? SQLColAttributeW(h, n, field, nullptr, 0, nullptr, out)
                : SQLColAttribute(h, n, field, nullptr, 0, nullptr, out);
}

SQLRETURN Api::info_text(SQLHDBC h, SQLUSMALLINT type, std::string *out) const
{
    Out o(wide);
    SQLSMALLINT len = 0;
    SQLRETURN rc =
        wide ? SQLGetInfoW(h, type, o.x(), OUT, &len) : SQLGetInfo(h, type, o.c(), OUT, &len);
    o.to(out, rc);
    return rc;
}

SQLRETURN Api::info(SQLHDBC h, SQLUSMALLINT type, void *out, SQLSMALLINT cap) const
{
    return wide ? SQLGetInfoW(h, type, out, cap, nullptr) : SQLGetInfo(h, type, out, cap, nullptr);
}

SQLRETURN Api::dbc_text(SQLHDBC h, SQLINTEGER attribute, std::string *out) const
{
    Out o(wide);
    SQLINTEGER len = 0;
    SQLRETURN rc = wide ? SQLGetConnectAttrW(h, attribute, o.x(), OUT, &len)
                        : SQLGetConnectAttr(h, attribute, o.c(), OUT, &len);
    o.to(out, rc);
    return rc;
}

SQLRETURN Api::set_dbc_text(SQLHDBC h, SQLINTEGER attribute, const std::string &value) const
{
    Arg a(value, wide);
    return wide ? SQLSetConnectAttrW(h, attribute, a.x(), SQL_NTS)
                : SQLSetConnectAttr(h, attribute, a.c(), SQL_NTS);
}

SQLRETURN Api::set_cursor_name(SQLHSTMT h, const std::string &name) const
{
    Arg a(name, wide);
    return wide ? SQLSetCursorNameW(h, a.x(), SQL_NTS) : SQLSetCursorName(h, a.c(), SQL_NTS);
}

SQLRETURN Api::cursor_name(SQLHSTMT h, std::string *out) const
{
    Out o(wide);
    SQLSMALLINT len = 0;
    SQLRETURN rc =
        wide ? SQLGetCursorNameW(h, o.x(), OUT, &len) : SQLGetCursorName(h, o.c(), OUT, &len);
    o.to(out, rc);
    return rc;
}

SQLRETURN Api::diag_rec(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT n, Diag *d) const
{
    Out o(wide), s(wide);
    SQLSMALLINT len = 0;
    SQLRETURN rc = wide ? SQLGetDiagRecW(type, h, n, s.x(), &d->native, o.x(), OUT, &len)
                        : SQLGetDiagRec(type, h, n, s.c(), &d->native, o.c(), OUT, &len);
    o.to(&d->message, rc);
    s.to(&d->state, rc);
    return rc;
}

SQLRETURN Api::diag_text(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT n, SQLSMALLINT id,
                         std::string *out) const
{
    Out o(wide);
    SQLSMALLINT len = 0;
    SQLRETURN rc = wide ? SQLGetDiagFieldW(type, h, n, id, o.x(), OUT, &len)
                        : SQLGetDiagField(type, h, n, id, o.c(), OUT, &len);
    o.to(out, rc);
    return rc;
}

SQLRETURN Api::desc_text(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field, std::string *out) const
{
    Out o(wide);
    SQLINTEGER len = 0;
    SQLRETURN rc = wide ? SQLGetDescFieldW(h, record, field, o.x(), OUT, &len)
                        : SQLGetDescField(h, record, field, o.c(), OUT, &len);
    o.to(out, rc);
    return rc;
}

SQLRETURN Api::set_desc_text(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field,
                             const std::string &value) const
{
    Arg a(value, wide);
    return wide ? SQLSetDescFieldW(h, record, field, a.x(), SQL_NTS)
                : SQLSetDescField(h, record, field, a.c(), SQL_NTS);
}

SQLRETURN Api::type_info(SQLHSTMT h, SQLSMALLINT type) const
{
    return wide ? SQLGetTypeInfoW(h, type) : SQLGetTypeInfo(h, type);
}

SQLRETURN Api::tables(SQLHSTMT h, Name catalog, Name schema, Name table, Name types) const
{
    Arg a(catalog, wide), b(schema, wide), c(table, wide), d(types, wide);
    return wide ? SQLTablesW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len(), d.x(), d.len())
                : SQLTables(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len(), d.c(), d.len());
}

SQLRETURN Api::columns(SQLHSTMT h, Name catalog, Name schema, Name table, Name column) const
{
    Arg a(catalog, wide), b(schema, wide), c(table, wide), d(column, wide);
    return wide ? SQLColumnsW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len(), d.x(), d.len())
                : SQLColumns(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len(), d.c(), d.len());
}

SQLRETURN Api::primary_keys(SQLHSTMT h, Name catalog, Name schema, Name table) const
{
    Arg a(catalog, wide), b(schema, wide), c(table, wide);
    return wide ? SQLPrimaryKeysW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len())
                : SQLPrimaryKeys(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len());
}

SQLRETURN Api::statistics(SQLHSTMT h, Name catalog, Name schema, Name table, SQLUSMALLINT unique,
                          SQLUSMALLINT accuracy) const
{
    Arg a(catalog, wide), b(schema, wide), c(table, wide);
    return wide
               ? SQLStatisticsW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len(), unique, accuracy)
               : SQLStatistics(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len(), unique, accuracy);
}

SQLRETURN Api::special_columns(SQLHSTMT h, SQLUSMALLINT kind, Name catalog, Name schema, Name table,
                               SQLUSMALLINT scope, SQLUSMALLINT nullable) const
{
    Arg a(catalog, wide), b(schema, wide), c(table, wide);
    return wide ? SQLSpecialColumnsW(h, kind, a.x(), a.len(), b.x(), b.len(), c.x(), c.len(), scope,
                                     nullable)
                : SQLSpecialColumns(h, kind, a.c(), a.len(), b.c(), b.len(), c.c(), c.len(), scope,
                                    nullable);
}

SQLRETURN Api::foreign_keys(SQLHSTMT h, Name pk_catalog, Name pk_schema, Name pk_table,
                            Name fk_catalog, Name fk_schema, Name fk_table) const
{
    Arg a(pk_catalog, wide), b(pk_schema, wide), c(pk_table, wide);
    Arg d(fk_catalog, wide), e(fk_schema, wide), f(fk_table, wide);
    return wide ? SQLForeignKeysW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len(), d.x(), d.len(),
                                  e.x(), e.len(), f.x(), f.len())
                : SQLForeignKeys(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len(), d.c(), d.len(),
                                 e.c(), e.len(), f.c(), f.len());
}

SQLRETURN Api::procedures(SQLHSTMT h, Name catalog, Name schema, Name name) const
{
    Arg a(catalog, wide), b(schema, wide), c(name, wide);
    return wide ? SQLProceduresW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len())
                : SQLProcedures(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len());
}

SQLRETURN Api::procedure_columns(SQLHSTMT h, Name catalog, Name schema, Name name,
                                 Name column) const
{
    Arg a(catalog, wide), b(schema, wide), c(name, wide), d(column, wide);
    return wide ? SQLProcedureColumnsW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len(), d.x(),
                                       d.len())
                : SQLProcedureColumns(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len(), d.c(),
                                      d.len());
}

SQLRETURN Api::table_privileges(SQLHSTMT h, Name catalog, Name schema, Name table) const
{
    Arg a(catalog, wide), b(schema, wide), c(table, wide);
    return wide ? SQLTablePrivilegesW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len())
                : SQLTablePrivileges(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len());
}

SQLRETURN Api::column_privileges(SQLHSTMT h, Name catalog, Name schema, Name table,
                                 Name column) const
{
    Arg a(catalog, wide), b(schema, wide), c(table, wide), d(column, wide);
    return wide ? SQLColumnPrivilegesW(h, a.x(), a.len(), b.x(), b.len(), c.x(), c.len(), d.x(),
                                       d.len())
                : SQLColumnPrivileges(h, a.c(), a.len(), b.c(), b.len(), c.c(), c.len(), d.c(),
                                      d.len());
}

// ---- handles ----

Handle::Handle(SQLSMALLINT t, SQLHANDLE parent, Api a) : type(t), api(a)
{
    SQLRETURN rc = SQLAllocHandle(type, parent, &h);
    if (!SQL_SUCCEEDED(rc)) {
        ADD_FAILURE() << "SQLAllocHandle(" << type << "): " << rc_name(rc);
        h = SQL_NULL_HANDLE;
    }
}

Handle::~Handle()
{
    release();
}

Handle::Handle(Handle &&o) noexcept : type(o.type), h(std::exchange(o.h, nullptr)), api(o.api)
{
}

Handle &Handle::operator=(Handle &&o) noexcept
{
    if (this != &o) {
        release();
        type = o.type;
        api = o.api;
        h = std::exchange(o.h, nullptr);
    }
    return *this;
}

SQLRETURN Handle::release()
{
    return h ? SQLFreeHandle(type, std::exchange(h, nullptr)) : SQL_SUCCESS;
}

std::vector<Diag> Handle::diags() const
{
    std::vector<Diag> all;
    Diag d;
    while (h && SQL_SUCCEEDED(api.diag_rec(type, h, static_cast<SQLSMALLINT>(all.size() + 1), &d)))
        all.push_back(d);
    return all;
}

std::string Handle::state(SQLSMALLINT n) const
{
    Diag d;
    return SQL_SUCCEEDED(api.diag_rec(type, h, n, &d)) ? d.state : "";
}

std::string Handle::message(SQLSMALLINT n) const
{
    Diag d;
    return SQL_SUCCEEDED(api.diag_rec(type, h, n, &d)) ? d.message : "";
}

bool Handle::has_state(const std::string &wanted) const
{
    for (const Diag &d : diags())
        if (d.state == wanted)
            return true;
    return false;
}

SQLLEN Handle::row_number(SQLSMALLINT n) const
{
    SQLLEN v = -99;
    EXPECT_EQ(SQL_SUCCESS,
              SQLGetDiagFieldW(type, h, n, SQL_DIAG_ROW_NUMBER, &v, sizeof(v), nullptr));
    return v;
}

SQLINTEGER Handle::column_number(SQLSMALLINT n) const
{
    SQLINTEGER v = -99;
    EXPECT_EQ(SQL_SUCCESS,
              SQLGetDiagFieldW(type, h, n, SQL_DIAG_COLUMN_NUMBER, &v, sizeof(v), nullptr));
    return v;
}

Env::Env(SQLINTEGER version, Api a) : Handle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, a)
{
    SQLSetEnvAttr(h, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQLULEN(version)), 0);
}

Dbc::Dbc(const Env &e, Api a) : Handle(SQL_HANDLE_DBC, e, a)
{
}

Dbc::~Dbc()
{
    if (!h)
        return;
    if (!SQL_SUCCEEDED(SQLDisconnect(h)) && state() == "25000") {
        SQLEndTran(SQL_HANDLE_DBC, h, SQL_ROLLBACK);
        SQLDisconnect(h);
    }
}

SQLRETURN Dbc::open(const std::string &string)
{
    return api.driver_connect(h, string);
}

SQLRETURN Dbc::close()
{
    return SQLDisconnect(h);
}

SQLRETURN Dbc::commit()
{
    return SQLEndTran(SQL_HANDLE_DBC, h, SQL_COMMIT);
}

SQLRETURN Dbc::rollback()
{
    return SQLEndTran(SQL_HANDLE_DBC, h, SQL_ROLLBACK);
}

SQLRETURN Dbc::autocommit(bool on)
{
    SQLULEN v = on ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF;
    return SQLSetConnectAttr(h, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(v), 0);
}

std::string shown(const Row &row)
{
    std::string out;
    for (size_t i = 0; i < row.size(); i++)
        out += (i ? "|" : "") + row[i].value_or("NULL");
    return out;
}

std::string shown(const std::vector<Row> &rows)
{
    std::string out;
    for (const Row &row : rows)
        out += shown(row) + "\n";
    return out;
}

Stmt::Stmt(const Dbc &d) : Handle(SQL_HANDLE_STMT, d, d.api)
{
}

SQLRETURN Stmt::exec(const std::string &sql)
{
    return api.exec_direct(h, sql);
}

SQLRETURN Stmt::prepare(const std::string &sql)
{
    return api.prepare(h, sql);
}

SQLRETURN Stmt::execute()
{
    return SQLExecute(h);
}

SQLRETURN Stmt::fetch()
{
    return SQLFetch(h);
}

SQLRETURN Stmt::close()
{
    return SQLFreeStmt(h, SQL_CLOSE);
}

SQLRETURN Stmt::more()
{
    return SQLMoreResults(h);
}

SQLLEN Stmt::row_count()
{
    SQLLEN n = -99;
    SQLRowCount(h, &n);
    return n;
}

SQLSMALLINT Stmt::columns()
{
    SQLSMALLINT n = -99;
    SQLNumResultCols(h, &n);
    return n;
}

Column Stmt::column(SQLUSMALLINT n)
{
    Column c;
    EXPECT_TRUE(ok(api.describe_col(h, n, &c), *this));
    return c;
}

SQLLEN Stmt::number(SQLUSMALLINT n, SQLUSMALLINT field)
{
    SQLLEN v = -99;
    EXPECT_TRUE(ok(api.col_number(h, n, field, &v), *this)) << "field " << field;
    return v;
}

std::string Stmt::text(SQLUSMALLINT n, SQLUSMALLINT field)
{
    std::string s;
    EXPECT_TRUE(ok(api.col_text(h, n, field, &s), *this)) << "field " << field;
    return s;
}

Cell Stmt::get(SQLUSMALLINT n)
{
    std::string out;
    std::vector<char> piece(4096);
    for (;;) {
        SQLLEN ind = -99;
        SQLRETURN rc = SQLGetData(h, n, SQL_C_CHAR, piece.data(), SQLLEN(piece.size()), &ind);
        if (rc == SQL_NO_DATA)
            return out;
        if (!SQL_SUCCEEDED(rc)) {
            ADD_FAILURE() << "column " << n << ": " << ok(rc, *this).message();
            return std::nullopt;
        }
        if (ind == SQL_NULL_DATA)
            return std::nullopt;
        out += piece.data();
        if (rc == SQL_SUCCESS)
            return out;
    }
}

Cell Stmt::get_wide(SQLUSMALLINT n)
{
    std::u16string out;
    std::vector<SQLWCHAR> piece(2048);
    for (;;) {
        SQLLEN ind = -99;
        SQLRETURN rc = SQLGetData(h, n, SQL_C_WCHAR, piece.data(), SQLLEN(piece.size() * 2), &ind);
        if (rc == SQL_NO_DATA)
            return u8of(out);
        if (!SQL_SUCCEEDED(rc)) {
            ADD_FAILURE() << "column " << n << ": " << ok(rc, *this).message();
            return std::nullopt;
        }
        if (ind == SQL_NULL_DATA)
            return std::nullopt;
        for (SQLWCHAR c : piece) {
            if (!c)
                break;
            out += static_cast<char16_t>(c);
        }
        if (rc == SQL_SUCCESS)
            return u8of(out);
    }
}

std::vector<Row> Stmt::rest()
{
    std::vector<Row> rows;
    auto n = static_cast<SQLUSMALLINT>(columns());
    SQLRETURN rc;
    while (SQL_SUCCEEDED(rc = fetch())) {
        Row row;
        for (SQLUSMALLINT i = 1; i <= n; i++)
            row.push_back(get(i));
        rows.push_back(row);
    }
    EXPECT_TRUE(nothing(rc, *this));
    return rows;
}

std::vector<Row> Stmt::rows(const std::string &sql)
{
    SQLRETURN rc = exec(sql);
    EXPECT_TRUE(ok(rc, *this)) << sql;
    if (!SQL_SUCCEEDED(rc))
        return {};
    std::vector<Row> all = rest();
    close();
    return all;
}

std::string Stmt::value(const std::string &sql)
{
    std::vector<Row> all = rows(sql);
    if (all.size() != 1 || all[0].size() != 1) {
        ADD_FAILURE() << "not one cell: " << sql << "\n" << shown(all);
        return "";
    }
    return all[0][0].value_or("NULL");
}

// ---- verdicts ----

std::string rc_name(SQLRETURN rc)
{
    switch (rc) {
    case SQL_SUCCESS:
        return "SQL_SUCCESS";
    case SQL_SUCCESS_WITH_INFO:
        return "SQL_SUCCESS_WITH_INFO";
    case SQL_ERROR:
        return "SQL_ERROR";
    case SQL_INVALID_HANDLE:
        return "SQL_INVALID_HANDLE";
    case SQL_NO_DATA:
        return "SQL_NO_DATA";
    case SQL_NEED_DATA:
        return "SQL_NEED_DATA";
    case SQL_STILL_EXECUTING:
        return "SQL_STILL_EXECUTING";
    default:
        return "return code " + std::to_string(rc);
    }
}

namespace
{

::testing::AssertionResult verdict(bool good, SQLRETURN rc, const Handle &h,
                                   const std::string &wanted)
{
    if (good)
        return ::testing::AssertionSuccess();
    auto bad = ::testing::AssertionFailure() << "wanted " << wanted << ", got " << rc_name(rc);
    for (const Diag &d : h.diags())
        bad << "\n    " << d;
    return bad;
}

} // namespace

::testing::AssertionResult ok(SQLRETURN rc, const Handle &h)
{
    return verdict(SQL_SUCCEEDED(rc), rc, h, "success");
}

::testing::AssertionResult clean(SQLRETURN rc, const Handle &h)
{
    return verdict(rc == SQL_SUCCESS, rc, h, "SQL_SUCCESS");
}

::testing::AssertionResult fails(SQLRETURN rc, const Handle &h, const std::string &states)
{
    bool good = false;
    std::string first = rc == SQL_ERROR ? h.state() : "";
    for (size_t at = 0; rc == SQL_ERROR && at < states.size(); at += 6)
        good = good || first == states.substr(at, 5);
    return verdict(good, rc, h, "SQL_ERROR " + states);
}

::testing::AssertionResult warns(SQLRETURN rc, const Handle &h, const std::string &state)
{
    return verdict(rc == SQL_SUCCESS_WITH_INFO && h.has_state(state), rc, h,
                   "SQL_SUCCESS_WITH_INFO " + state);
}

::testing::AssertionResult nothing(SQLRETURN rc, const Handle &h)
{
    return verdict(rc == SQL_NO_DATA, rc, h, "SQL_NO_DATA");
}

// ---- the server ----

std::string env(const char *name, const char *otherwise)
{
    const char *v = getenv(name);
    return v ? v : otherwise;
}

std::string conn_str_without(const std::string &keyword, const std::string &more)
{
    const std::pair<const char *, std::string> all[] = {
        {"DRIVER", env("HF_ODBC_DRIVER", ("{" + env("HF_NAME") + "}").c_str())},
        {"SERVER", env("HF_DB_HOST")},
        {"PORT", env("HF_DB_PORT")},
        {"DATABASE", env("HF_DB_DATABASE")},
        {"UID", env("HF_DB_USER")},
        {"PWD", env("HF_DB_PASSWORD")},
    };
    std::string s;
    for (const auto &[name, value] : all)
        if (keyword != name)
            s += std::string(name) + "=" + value + ";";
    s += more;
    // The first of a keyword counts: a test's own settings win.
    if (my())
        s += (s.back() == ';' ? "" : ";") +
             std::string("INITSTMT={SET SESSION sql_mode ="
                         " CONCAT(@@sql_mode, ',PIPES_AS_CONCAT,ANSI_QUOTES')};");
    return s;
}

std::string conn_str(const std::string &more)
{
    return conn_str_without("", more);
}

bool my_is_mysql()
{
    const char *server = getenv("HF_MY_SERVER");
    return my() && server && strcmp(server, "mysql") == 0;
}

bool my()
{
    return env("HF_BACKEND", "pg") == "my";
}

std::string by(const std::string &pg, const std::string &mysql)
{
    return my() ? mysql : pg;
}

std::string admin_str()
{
    return "DRIVER={" + env("HF_NAME") + "};SERVER=" + env("HF_DB_SOCKET") +
           ";PORT=" + env("HF_DB_PORT") + ";DATABASE=" + env("HF_DB_DATABASE") + ";UID=postgres;";
}

static long status_kib(const std::string &field)
{
    std::ifstream in("/proc/self/status");
    std::string line;
    while (std::getline(in, line))
        if (line.rfind(field + ":", 0) == 0)
            return atol(line.c_str() + field.size() + 1);
    return -1;
}

long rss_kib()
{
    return status_kib("VmRSS");
}

long peak_rss_kib()
{
    return status_kib("VmHWM");
}

void reset_peak_rss()
{
    std::ofstream("/proc/self/clear_refs") << "5";
}

bool sanitized()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

double seconds_of(const std::function<void()> &f)
{
    auto start = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// ---- fixtures ----

std::ostream &operator<<(std::ostream &out, Mode m)
{
    const char *names[] = {"A", "W", "AonW", "WonA"};
    return out << names[int(m)];
}

std::string mode_name(const ::testing::TestParamInfo<Mode> &info)
{
    std::ostringstream out;
    out << info.param;
    return out.str();
}

void Connected::SetUp()
{
    connects.wide = mode() == Mode::W || mode() == Mode::AonW;
    calls.wide = mode() == Mode::W || mode() == Mode::WonA;
    e.emplace(version());
    dbc = another(options());
    if (::testing::Test::HasFatalFailure() || !dbc.h)
        return;
    stmt = Stmt(dbc);
}

void Connected::TearDown()
{
    stmt = Stmt();
    if (dbc.h)
        EXPECT_TRUE(SQL_SUCCEEDED(SQLDisconnect(dbc)) || dbc.state() == "25000" ||
                    dbc.state() == "08003")
            << ok(SQL_ERROR, dbc).message();
}

Dbc Connected::another(const std::string &more)
{
    Dbc d(*e, connects);
    SQLRETURN rc = d.open(conn_str(more));
    EXPECT_TRUE(ok(rc, d));
    if (!SQL_SUCCEEDED(rc))
        return Dbc();
    d.api = calls;
    return d;
}

int main(int argc, char **argv)
{
    // The driver manager converts between A and W by the locale's codeset.
    setlocale(LC_ALL, "C.UTF-8");
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
