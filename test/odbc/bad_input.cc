// Wrong handles, pointers and lengths: through the driver manager, and straight at the driver,
// which the driver manager otherwise shields.
#include "odbc_test.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <dlfcn.h>
#include <thread>

namespace
{

class BadInput : public EveryMode
{
};
ALL_MODES(BadInput);

TEST_P(BadInput, NullHandles)
{
    SQLINTEGER i;
    SQLSMALLINT n;
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLExecDirect(nullptr, nullptr, 0));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLExecDirectW(nullptr, nullptr, 0));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLFetch(nullptr));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLDisconnect(nullptr));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLGetEnvAttr(nullptr, SQL_ATTR_ODBC_VERSION, &i, 0, nullptr));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLNumResultCols(nullptr, &n));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLFreeHandle(SQL_HANDLE_STMT, nullptr));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLCancel(nullptr));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLFetch(dbc)); // of another kind
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLDisconnect(stmt));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(BadInput, FreedHandles)
{
    SQLHSTMT h;
    ASSERT_EQ(SQL_SUCCESS, SQLAllocHandle(SQL_HANDLE_STMT, dbc, &h));
    ASSERT_EQ(SQL_SUCCESS, SQLFreeHandle(SQL_HANDLE_STMT, h));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLFetch(h));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLFreeHandle(SQL_HANDLE_STMT, h));
    EXPECT_EQ(SQL_INVALID_HANDLE, SQLExecDirect(h, nullptr, 0));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(BadInput, NullPointers)
{
    EXPECT_TRUE(fails(SQLPrepare(stmt, nullptr, SQL_NTS), stmt, "HY009"));
    EXPECT_TRUE(fails(SQLPrepareW(stmt, nullptr, SQL_NTS), stmt, "HY009"));
    ASSERT_TRUE(ok(stmt.exec("SELECT 'abc', 1"), stmt));
    EXPECT_TRUE(SQL_SUCCEEDED(SQLNumResultCols(stmt, nullptr)) || stmt.state() == "HY009");
    EXPECT_TRUE(
        ok(SQLDescribeCol(stmt, 1, nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr), stmt));
    EXPECT_TRUE(ok(
        SQLDescribeColW(stmt, 1, nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr), stmt));
    SQLRETURN rc = SQLColAttribute(stmt, 1, SQL_DESC_NAME, nullptr, 0, nullptr, nullptr);
    EXPECT_TRUE(SQL_SUCCEEDED(rc) || stmt.state() == "HY009");
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_EQ("abc", stmt.get(1));
    stmt.close();
    rc = SQLGetInfo(dbc, SQL_DBMS_NAME, nullptr, 0, nullptr);
    EXPECT_TRUE(SQL_SUCCEEDED(rc) || dbc.state() == "HY009");
    EXPECT_TRUE(SQL_SUCCEEDED(SQLGetDiagRec(SQL_HANDLE_STMT, stmt, 1, nullptr, nullptr, nullptr, 0,
                                            nullptr)) ||
                stmt.diags().empty());
    rc = SQLGetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, nullptr, 0, nullptr);
    EXPECT_TRUE(SQL_SUCCEEDED(rc) || dbc.state() == "HY009");
    rc = SQLNativeSql(dbc, nullptr, SQL_NTS, nullptr, 0, nullptr);
    EXPECT_TRUE(fails(rc, dbc, "HY009"));
    EXPECT_TRUE(SQL_SUCCEEDED(SQLRowCount(stmt, nullptr)) || !stmt.diags().empty());
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(BadInput, Lengths)
{
    SQLCHAR a[] = "SELECT 1";
    SQLWCHAR w[16] = {};
    std::u16string u = u16("SELECT 1");
    memcpy(w, u.data(), u.size() * 2);
    EXPECT_TRUE(fails(SQLExecDirect(stmt, a, -2), stmt, "HY090"));
    EXPECT_TRUE(fails(SQLExecDirectW(stmt, w, -2), stmt, "HY090"));
    EXPECT_TRUE(fails(SQLPrepare(stmt, a, INT32_MIN), stmt, "HY090"));
    SQLSMALLINT n;
    SQLCHAR out[8];
    SQLRETURN rc = SQLGetInfo(dbc, SQL_DBMS_NAME, out, -1, &n);
    EXPECT_TRUE(fails(rc, dbc, "HY090"));
    ASSERT_TRUE(ok(stmt.exec("SELECT 1 AS abc"), stmt));
    rc = SQLDescribeCol(stmt, 1, out, -1, &n, nullptr, nullptr, nullptr, nullptr);
    EXPECT_TRUE(fails(rc, stmt, "HY090"));
    rc = SQLGetCursorName(stmt, out, -1, &n);
    EXPECT_TRUE(fails(rc, stmt, "HY090"));
    EXPECT_TRUE(fails(SQLFreeStmt(stmt, 77), stmt, "HY092"));
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// What stands behind a NUL is not silently left out; the end of a text may be counted.
TEST_P(BadInput, TextWithNul)
{
    char inside[] = "SELECT 1\0garbage", behind[] = "SELECT 2";
    SQLWCHAR wide[] = {'S', 'E', 'L', 'E', 'C', 'T', ' ', '3', 0, 0};
    SQLRETURN rc = SQLExecDirect(stmt, reinterpret_cast<SQLCHAR *>(inside), sizeof(inside) - 1);
    EXPECT_TRUE(fails(rc, stmt, "42000"));
    rc = SQLPrepare(stmt, reinterpret_cast<SQLCHAR *>(inside), sizeof(inside) - 1);
    EXPECT_TRUE(fails(rc, stmt, "42000"));
    ASSERT_TRUE(ok(SQLExecDirect(stmt, reinterpret_cast<SQLCHAR *>(behind), sizeof(behind)), stmt));
    EXPECT_EQ("2\n", shown(stmt.rest()));
    stmt.close();
    ASSERT_TRUE(ok(SQLExecDirectW(stmt, wide, 10), stmt));
    EXPECT_EQ("3\n", shown(stmt.rest()));
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// As statement, literal, parameter, names and connection string: what is too long is said to be, the rest works.
TEST_P(BadInput, TenMegabytes)
{
    const size_t size = 10 << 20;
    const std::string x(size, 'x');
    EXPECT_EQ(std::to_string(size), stmt.value("SELECT length('" + x + "')"));
    EXPECT_EQ("1", stmt.value("SELECT /* " + x + " */ 1"));
    ASSERT_TRUE(ok(stmt.exec("SELECT '" + x + "'"), stmt));
    EXPECT_EQ(x, stmt.rest().at(0).at(0));
    stmt.close();
    SQLLEN length = SQLLEN(size);
    std::string value = x;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, size, 0,
                                    value.data(), 0, &length),
                   stmt));
    EXPECT_EQ(std::to_string(size), stmt.value(by("SELECT length(?::text)", "SELECT length(?)")));
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    EXPECT_FALSE(SQL_SUCCEEDED(stmt.exec("SELECT " + x)));
    stmt.close();
    std::string back;
    EXPECT_TRUE(ok(calls.native_sql(dbc, "SELECT '" + x.substr(0, 1000) + "'", &back), dbc));
    EXPECT_FALSE(SQL_SUCCEEDED(calls.set_cursor_name(stmt, x)));
    SQLRETURN rc = calls.tables(stmt, nullptr, nullptr, x.c_str(), nullptr); // lengths are SQLSMALLINT: up to the NUL
    if (SQL_SUCCEEDED(rc))
        EXPECT_EQ(0U, stmt.rest().size());
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
    Dbc other(*e, connects);
    EXPECT_FALSE(SQL_SUCCEEDED(other.open(conn_str_without("DATABASE", "DATABASE=" + x))));
}

TEST_P(BadInput, Sql)
{
    for (const char *sql : {"SELECT '",
                            "SELECT $$",
                            "SELECT $tag$ ",
                            "SELECT /*",
                            "SELECT \"",
                            "SELECT {",
                            "{{{{",
                            "}}}}",
                            "{fn",
                            "{call",
                            "{?=call",
                            "{?",
                            "?",
                            "??",
                            "???",
                            "{call ?}",
                            "SELECT E'\\",
                            "{escape",
                            "SELECT U&'\\",
                            "\xff\xff",
                            "(((((((((((",
                            ")",
                            "--",
                            "/*/*/*",
                            "{d '",
                            "{fn {fn {fn",
                            "\x01\x02\x03",
                            "SELECT 1 {",
                            "$1",
                            "SELECT $1",
                            "SELECT $99999999999",
                            "{fn CONVERT(1, X)}",
                            "{fn TIMESTAMPADD(X, 1, 2)}",
                            "{fn UCASE(','}",
                            "{ oj }",
                            "{call f(}",
                            "{call f(1}"}) {
        SQLRETURN rc = stmt.exec(sql);
        EXPECT_TRUE(rc == SQL_ERROR || SQL_SUCCEEDED(rc)) << sql << rc_name(rc);
        if (rc == SQL_ERROR)
            EXPECT_NE("", stmt.state()) << sql;
        stmt.close();
        rc = stmt.prepare(sql);
        if (SQL_SUCCEEDED(rc))
            stmt.execute();
        stmt.close();
        EXPECT_EQ("1", stmt.value("SELECT 1")) << "after " << sql;
    }
    std::string deep = "SELECT ";
    for (int i = 0; i < 20000; i++)
        deep += "{fn UCASE(";
    EXPECT_EQ(SQL_ERROR, stmt.exec(deep));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
    std::string marks = "SELECT 1";
    for (int i = 0; i < 70000; i++)
        marks += ",?";
    EXPECT_EQ(SQL_ERROR, stmt.exec(marks)); // PostgreSQL takes 65535
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// ---- straight at the driver ----

class Straight : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        lib = dlopen(env("HF_DRIVER").c_str(), RTLD_NOW | RTLD_LOCAL);
        ASSERT_NE(nullptr, lib) << dlerror();
        ASSERT_EQ(SQL_SUCCESS,
                  f<decltype(SQLAllocHandle)>("SQLAllocHandle")(SQL_HANDLE_ENV, nullptr, &e));
        f<decltype(SQLSetEnvAttr)>("SQLSetEnvAttr")(e, SQL_ATTR_ODBC_VERSION,
                                                    reinterpret_cast<SQLPOINTER>(3), 0);
        ASSERT_EQ(SQL_SUCCESS,
                  f<decltype(SQLAllocHandle)>("SQLAllocHandle")(SQL_HANDLE_DBC, e, &d));
    }
    void TearDown() override
    {
        f<decltype(SQLDisconnect)>("SQLDisconnect")(d);
        f<decltype(SQLFreeHandle)>("SQLFreeHandle")(SQL_HANDLE_DBC, d);
        f<decltype(SQLFreeHandle)>("SQLFreeHandle")(SQL_HANDLE_ENV, e);
    }
    template <class F> F *f(const char *name)
    {
        void *p = dlsym(lib, name);
        EXPECT_NE(nullptr, p) << name;
        return reinterpret_cast<F *>(p);
    }
    void connect()
    {
        std::string s = conn_str();
        SQLRETURN rc = f<decltype(SQLDriverConnect)>("SQLDriverConnect")(
            d, nullptr, reinterpret_cast<SQLCHAR *>(s.data()), SQL_NTS, nullptr, 0, nullptr,
            SQL_DRIVER_NOPROMPT);
        ASSERT_TRUE(SQL_SUCCEEDED(rc)) << state(SQL_HANDLE_DBC, d);
        ASSERT_EQ(SQL_SUCCESS,
                  f<decltype(SQLAllocHandle)>("SQLAllocHandle")(SQL_HANDLE_STMT, d, &s_));
    }
    std::string state(SQLSMALLINT type, SQLHANDLE h)
    {
        SQLCHAR st[6] = "", text[256];
        SQLINTEGER native;
        SQLSMALLINT n;
        SQLRETURN rc = f<decltype(SQLGetDiagRec)>("SQLGetDiagRec")(type, h, 1, st, &native, text,
                                                                   sizeof(text), &n);
        return SQL_SUCCEEDED(rc) ? reinterpret_cast<char *>(st) : rc_name(rc);
    }
    SQLRETURN exec(const char *sql)
    {
        return f<decltype(SQLExecDirect)>("SQLExecDirect")(
            s_, reinterpret_cast<SQLCHAR *>(const_cast<char *>(sql)), SQL_NTS); // NOLINT
    }
    void *lib = nullptr;
    SQLHANDLE e = nullptr, d = nullptr, s_ = nullptr;
};

TEST_F(Straight, EveryFunctionHasBothForms)
{
    const char *names[] = {
        "SQLColAttribute",  "SQLColumns",        "SQLConnect",        "SQLDescribeCol",
        "SQLDriverConnect", "SQLExecDirect",     "SQLGetCursorName",  "SQLGetDescField",
        "SQLGetDescRec",    "SQLGetDiagField",   "SQLGetDiagRec",     "SQLGetInfo",
        "SQLGetTypeInfo",   "SQLNativeSql",      "SQLPrepare",        "SQLPrimaryKeys",
        "SQLSetCursorName", "SQLSetDescField",   "SQLSpecialColumns", "SQLStatistics",
        "SQLTables",        "SQLGetConnectAttr", "SQLSetConnectAttr",
    };
    for (const char *name : names) {
        EXPECT_NE(nullptr, dlsym(lib, name)) << name;
        EXPECT_NE(nullptr, dlsym(lib, (std::string(name) + "W").c_str())) << name;
    }
}

TEST_F(Straight, NotConnected)
{
    std::string out;
    SQLHANDLE s = nullptr;
    SQLUINTEGER v;
    SQLSMALLINT n;
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLAllocHandle)>("SQLAllocHandle")(SQL_HANDLE_STMT, d, &s));
    EXPECT_EQ("08003", state(SQL_HANDLE_DBC, d));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLDisconnect)>("SQLDisconnect")(d));
    EXPECT_EQ("08003", state(SQL_HANDLE_DBC, d));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLNativeSql)>("SQLNativeSql")(
                             d, reinterpret_cast<SQLCHAR *>(const_cast<char *>("SELECT 1")),
                             SQL_NTS, nullptr, 0, nullptr));
    SQLRETURN rc = f<decltype(SQLGetInfo)>("SQLGetInfo")(d, SQL_DBMS_VER, &v, sizeof(v), &n);
    EXPECT_TRUE(rc == SQL_ERROR || SQL_SUCCEEDED(rc));
    rc = f<decltype(SQLEndTran)>("SQLEndTran")(SQL_HANDLE_DBC, d, SQL_COMMIT);
    EXPECT_TRUE(rc == SQL_SUCCESS || state(SQL_HANDLE_DBC, d) == "08003");
}

TEST_F(Straight, WrongHandles)
{
    connect();
    EXPECT_EQ(SQL_INVALID_HANDLE, f<decltype(SQLFetch)>("SQLFetch")(nullptr));
    EXPECT_EQ(SQL_INVALID_HANDLE, f<decltype(SQLFetch)>("SQLFetch")(d));
    EXPECT_EQ(SQL_INVALID_HANDLE, f<decltype(SQLDisconnect)>("SQLDisconnect")(s_));
    EXPECT_EQ(SQL_INVALID_HANDLE, f<decltype(SQLFreeHandle)>("SQLFreeHandle")(SQL_HANDLE_DBC, e));
    EXPECT_EQ(SQL_INVALID_HANDLE, f<decltype(SQLCancel)>("SQLCancel")(nullptr));
    SQLRETURN rc = f<decltype(SQLFreeHandle)>("SQLFreeHandle")(77, s_);
    EXPECT_TRUE(rc == SQL_ERROR || rc == SQL_INVALID_HANDLE);
    SQLHANDLE out;
    rc = f<decltype(SQLAllocHandle)>("SQLAllocHandle")(77, e, &out);
    EXPECT_TRUE(rc == SQL_ERROR || rc == SQL_INVALID_HANDLE);
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLAllocHandle)>("SQLAllocHandle")(SQL_HANDLE_DBC, e, nullptr));
}

TEST_F(Straight, SequenceErrors)
{
    connect();
    SQLPOINTER token;
    SQLINTEGER i;
    SQLLEN n;
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLExecute)>("SQLExecute")(s_));
    EXPECT_EQ("HY010", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLFetch)>("SQLFetch")(s_));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLCloseCursor)>("SQLCloseCursor")(s_));
    EXPECT_EQ("24000", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLParamData)>("SQLParamData")(s_, &token));
    EXPECT_EQ("HY010", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLPutData)>("SQLPutData")(s_, &i, 4));
    EXPECT_EQ("HY010", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLGetData)>("SQLGetData")(s_, 1, SQL_C_SLONG, &i, 4, &n));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLRowCount)>("SQLRowCount")(s_, &n));
    EXPECT_EQ("HY010", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_NO_DATA, f<decltype(SQLMoreResults)>("SQLMoreResults")(s_));
    ASSERT_EQ(SQL_SUCCESS, exec("SELECT 1"));
    EXPECT_EQ(SQL_ERROR, exec("SELECT 1"));
    EXPECT_EQ("24000", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLGetData)>("SQLGetData")(s_, 1, SQL_C_SLONG, &i, 4, &n));
    EXPECT_EQ("24000", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLGetTypeInfo)>("SQLGetTypeInfo")(s_, SQL_ALL_TYPES));
    EXPECT_EQ("24000", state(SQL_HANDLE_STMT, s_));
    std::string s = conn_str();
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLDriverConnect)>("SQLDriverConnect")(
                             d, nullptr, reinterpret_cast<SQLCHAR *>(s.data()), SQL_NTS, nullptr, 0,
                             nullptr, SQL_DRIVER_NOPROMPT));
    EXPECT_EQ("08002", state(SQL_HANDLE_DBC, d));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLFreeHandle)>("SQLFreeHandle")(SQL_HANDLE_DBC, d));
    EXPECT_EQ("HY010", state(SQL_HANDLE_DBC, d));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLFreeHandle)>("SQLFreeHandle")(SQL_HANDLE_ENV, e));
    EXPECT_EQ("HY010", state(SQL_HANDLE_ENV, e));
}

// What unixODBC's driver manager refuses before the driver sees it.
TEST_F(Straight, AttributeValues)
{
    connect();
    auto *set = f<decltype(SQLSetStmtAttr)>("SQLSetStmtAttr");
    const struct {
        SQLINTEGER attribute;
        SQLULEN value;
        const char *state;
    } cases[] = {
        {SQL_ATTR_CURSOR_TYPE, 4, "HY024"},
        {SQL_ATTR_CONCURRENCY, 5, "HY024"},
        {SQL_ATTR_SIMULATE_CURSOR, 3, "HY024"},
        {SQL_ATTR_USE_BOOKMARKS, 3, "HY024"},
        {SQL_ATTR_CURSOR_SCROLLABLE, 2, "HY024"},
        {SQL_ATTR_CURSOR_SENSITIVITY, 3, "HY024"},
        {SQL_ATTR_CURSOR_SENSITIVITY, SQL_SENSITIVE, "HYC00"},
        {SQL_ATTR_ASYNC_ENABLE, 2, "HY024"},
        {SQL_ATTR_ENABLE_AUTO_IPD, 2, "HY024"},
        {SQL_ATTR_ASYNC_STMT_EVENT, 1, "HYC00"},
    };
    for (const auto &c : cases) {
        EXPECT_EQ(SQL_ERROR, set(s_, c.attribute, reinterpret_cast<SQLPOINTER>(c.value), 0));
        EXPECT_EQ(c.state, state(SQL_HANDLE_STMT, s_)) << c.attribute << " " << c.value;
    }
    std::string sql = "SELECT 1";
    f<decltype(SQLPrepare)>("SQLPrepare")(s_, reinterpret_cast<SQLCHAR *>(sql.data()), SQL_NTS);
    EXPECT_EQ(SQL_ERROR, set(s_, SQL_ATTR_CURSOR_TYPE, nullptr, 0));
    EXPECT_EQ("HY011", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_SUCCESS, set(s_, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(~0UL), 0));
    EXPECT_EQ(SQL_SUCCESS, f<decltype(SQLExecute)>("SQLExecute")(s_));
}

// A field that is a string, set to a number on a descriptor where it cannot be set.
TEST_F(Straight, TextFieldsOfDescriptors)
{
    connect();
    SQLHDESC x = nullptr;
    auto *set = f<decltype(SQLSetDescField)>("SQLSetDescField");
    for (SQLINTEGER which : {SQL_ATTR_APP_ROW_DESC, SQL_ATTR_IMP_ROW_DESC}) {
        f<decltype(SQLGetStmtAttr)>("SQLGetStmtAttr")(s_, which, &x, 0, nullptr);
        for (SQLSMALLINT field : {SQL_DESC_LABEL, SQL_DESC_NAME, SQL_DESC_TYPE_NAME})
            EXPECT_EQ(SQL_ERROR, set(x, 1, field, reinterpret_cast<SQLPOINTER>(1), 0));
    }
}

TEST_F(Straight, NegativeLengths)
{
    connect();
    SQLWCHAR w[4] = {7, 7, 7, 7};
    SQLSMALLINT n;
    for (SQLSMALLINT cap : {-1, SQL_NTS, -32767}) {
        EXPECT_EQ(SQL_ERROR, f<decltype(SQLGetInfoW)>("SQLGetInfoW")(d, SQL_DBMS_NAME, w, cap, &n));
        EXPECT_EQ("HY090", state(SQL_HANDLE_DBC, d));
        EXPECT_EQ(SQL_ERROR, f<decltype(SQLGetDiagFieldW)>("SQLGetDiagFieldW")(
                                 SQL_HANDLE_DBC, d, 1, SQL_DIAG_MESSAGE_TEXT, w, cap, &n));
        EXPECT_EQ(SQL_ERROR, f<decltype(SQLGetCursorNameW)>("SQLGetCursorNameW")(s_, w, cap, &n));
        EXPECT_EQ("HY090", state(SQL_HANDLE_STMT, s_));
        EXPECT_EQ(SQL_ERROR, f<decltype(SQLGetConnectAttrW)>("SQLGetConnectAttrW")(
                                 d, SQL_ATTR_CURRENT_CATALOG, w, cap, nullptr));
        EXPECT_EQ("HY090", state(SQL_HANDLE_DBC, d));
    }
    EXPECT_EQ(7, w[0]);
}

TEST_F(Straight, PutDataOfNullAmongPieces)
{
    connect();
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER token;
    char x[] = "x";
    f<decltype(SQLBindParameter)>("SQLBindParameter")(s_, 1, SQL_PARAM_INPUT, SQL_C_CHAR,
                                                      SQL_LONGVARCHAR, 0, 0, x, 0, &ind);
    ASSERT_EQ(SQL_NEED_DATA, exec("SELECT ?::text"));
    ASSERT_EQ(SQL_NEED_DATA, f<decltype(SQLParamData)>("SQLParamData")(s_, &token));
    ASSERT_EQ(SQL_SUCCESS, f<decltype(SQLPutData)>("SQLPutData")(s_, x, 1));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLPutData)>("SQLPutData")(s_, nullptr, SQL_NULL_DATA));
    EXPECT_EQ("HY020", state(SQL_HANDLE_STMT, s_));
    // A refused piece ends the execution.
    ASSERT_EQ(SQL_NEED_DATA, exec("SELECT ?::text"));
    // "HY010: a data-at-execution parameter waits"
    SQLSMALLINT n;
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLFreeStmt)>("SQLFreeStmt")(s_, SQL_CLOSE));
    EXPECT_EQ("HY010", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLNumParams)>("SQLNumParams")(s_, &n));
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLCloseCursor)>("SQLCloseCursor")(s_));
    EXPECT_EQ("HY010", state(SQL_HANDLE_STMT, s_));
    f<decltype(SQLCancel)>("SQLCancel")(s_);
}

// ODBC 3: a cancel of a statement on which nothing runs does not close its cursor. (unixODBC's
// driver manager thinks otherwise of its own state.)
TEST_F(Straight, CancelWhenNothingRuns)
{
    connect();
    auto *cancel = f<decltype(SQLCancel)>("SQLCancel");
    auto *fetch = f<decltype(SQLFetch)>("SQLFetch");
    EXPECT_EQ(SQL_SUCCESS, cancel(s_));
    ASSERT_EQ(SQL_SUCCESS, exec("SELECT generate_series(1, 2)"));
    ASSERT_EQ(SQL_SUCCESS, fetch(s_));
    EXPECT_EQ(SQL_SUCCESS, cancel(s_));
    EXPECT_EQ(SQL_SUCCESS, fetch(s_));
    EXPECT_EQ(SQL_NO_DATA, fetch(s_));
}

// From another thread while the statement runs, ends, and is asked what it says: an error is always
// told, and as what it is. (unixODBC's SQLCancel empties its own list of that without a lock.)
TEST_F(Straight, CancelOftenAndAtAnyMoment)
{
    connect();
    auto *cancel = f<decltype(SQLCancel)>("SQLCancel");
    auto *close = f<decltype(SQLFreeStmt)>("SQLFreeStmt");
    std::atomic<bool> stop{false};
    std::thread canceller([&] {
        while (!stop) {
            cancel(s_);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    // MySQL's cancel takes a login, some 25 ms.
    const char *sql = my() ? "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 900)"
                             " SELECT COUNT(*) FROM r a, r b, r c"
                           : "SELECT count(*) FROM generate_series(1, 20000)";
    int errors = 0;
    for (int i = 0; i < (my() ? 30 : 200); i++) {
        if (exec(sql) == SQL_ERROR) {
            EXPECT_EQ("HY008", state(SQL_HANDLE_STMT, s_));
            errors++;
        }
        close(s_, SQL_CLOSE);
    }
    stop = true;
    canceller.join();
    EXPECT_GT(errors, 0);
}

// The cancel's own connection is being made when the process exits.
TEST_F(Straight, ExitRightAfterACancel)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    auto leave = [&](int wait_us) {
        connect();
        std::thread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            f<decltype(SQLCancel)>("SQLCancel")(s_);
            std::this_thread::sleep_for(std::chrono::microseconds(wait_us));
            exit(7);
        });
        exec(my() ? "SELECT SLEEP(5)" : "SELECT pg_sleep(5)");
        canceller.join();
    };
    // At exit LeakSanitizer reads the stacks of threads, and crashes itself when one goes meanwhile. (What leaks is
    // seen by all other tests; the child reads its options anew.)
    const char *set = getenv("ASAN_OPTIONS");
    const std::string options = set ? set : "";
    setenv("ASAN_OPTIONS", (options + ":detect_leaks=0").c_str(), 1);
    for (int wait_us : {0, 500, 1000, 2000, 4000, 6000})
        EXPECT_EXIT(leave(wait_us), ::testing::ExitedWithCode(7), "") << wait_us;
    setenv("ASAN_OPTIONS", options.c_str(), 1);
}

TEST_F(Straight, TruncationAndNullPointers)
{
    connect();
    ASSERT_EQ(SQL_SUCCESS, exec("SELECT 'abc' AS a_name"));
    SQLSMALLINT n = 0;
    char out[4];
    auto *describe = f<decltype(SQLDescribeCol)>("SQLDescribeCol");
    EXPECT_EQ(SQL_SUCCESS_WITH_INFO, describe(s_, 1, reinterpret_cast<SQLCHAR *>(out), 4, &n,
                                              nullptr, nullptr, nullptr, nullptr));
    EXPECT_EQ("01004", state(SQL_HANDLE_STMT, s_));
    EXPECT_STREQ("a_n", out);
    EXPECT_EQ(SQL_SUCCESS,
              describe(s_, 1, nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr));
    EXPECT_EQ(SQL_ERROR, describe(s_, 1, reinterpret_cast<SQLCHAR *>(out), -1, &n, nullptr, nullptr,
                                  nullptr, nullptr));
    EXPECT_EQ("HY090", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_SUCCESS, f<decltype(SQLNumResultCols)>("SQLNumResultCols")(s_, nullptr));
    EXPECT_EQ(SQL_ERROR, describe(s_, 0, nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr));
    EXPECT_EQ(SQL_ERROR,
              describe(s_, 65535, nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr));
    SQLLEN number;
    EXPECT_EQ(SQL_ERROR, f<decltype(SQLColAttribute)>("SQLColAttribute")(s_, 1, 31337, nullptr, 0,
                                                                         nullptr, &number));
    EXPECT_EQ("HY091", state(SQL_HANDLE_STMT, s_));
    EXPECT_EQ(SQL_ERROR, exec(nullptr));
}

} // namespace
