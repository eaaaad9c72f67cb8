// Helpers of the ODBC tests. Everything goes through the driver manager; text is UTF-8 here, and an
// Api decides whether a call is made by its A or its W form.
//
// The server is told by HF_DB_HOST, HF_DB_PORT, HF_DB_DATABASE, HF_DB_USER, HF_DB_PASSWORD and
// HF_DB_SOCKET, what it speaks by HF_BACKEND (pg, my), the driver's name in odbcinst.ini by HF_NAME;
// odbc.ini has the data source "hf".
#ifndef HOLDFAST_TEST_ODBC_TEST_H
#define HOLDFAST_TEST_ODBC_TEST_H

#include <gtest/gtest.h>
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

// ---- text ----

std::u16string u16(const std::string &utf8);
std::string u8of(const std::u16string &utf16);
std::string u8of(const SQLWCHAR *s, size_t n);
std::string hex(const void *p, size_t n);

// ---- diagnostics ----

struct Diag {
    std::string state;
    SQLINTEGER native = 0;
    std::string message;
};
std::ostream &operator<<(std::ostream &, const Diag &);

// ---- one text function a form ----

using Name = const char *; // nullptr: not given

struct Column {
    std::string name;
    SQLSMALLINT type = 0;
    SQLULEN size = 0;
    SQLSMALLINT digits = 0;
    SQLSMALLINT nullable = 0;
};

struct Api {
    bool wide = false;

    SQLRETURN connect(SQLHDBC, Name dsn, Name uid, Name pwd) const;
    SQLRETURN driver_connect(SQLHDBC, const std::string &in, std::string *out = nullptr,
                             SQLUSMALLINT completion = SQL_DRIVER_NOPROMPT) const;
    SQLRETURN exec_direct(SQLHSTMT, const std::string &sql) const;
    SQLRETURN prepare(SQLHSTMT, const std::string &sql) const;
    SQLRETURN native_sql(SQLHDBC, const std::string &sql, std::string *out) const;
    SQLRETURN describe_col(SQLHSTMT, SQLUSMALLINT n, Column *out) const;
    SQLRETURN col_text(SQLHSTMT, SQLUSMALLINT n, SQLUSMALLINT field, std::string *out) const;
    SQLRETURN col_number(SQLHSTMT, SQLUSMALLINT n, SQLUSMALLINT field, SQLLEN *out) const;
    SQLRETURN info_text(SQLHDBC, SQLUSMALLINT type, std::string *out) const;
    SQLRETURN info(SQLHDBC, SQLUSMALLINT type, void *out, SQLSMALLINT cap) const;
    SQLRETURN dbc_text(SQLHDBC, SQLINTEGER attribute, std::string *out) const;
    SQLRETURN set_dbc_text(SQLHDBC, SQLINTEGER attribute, const std::string &value) const;
    SQLRETURN set_cursor_name(SQLHSTMT, const std::string &name) const;
    SQLRETURN cursor_name(SQLHSTMT, std::string *out) const;
    SQLRETURN diag_rec(SQLSMALLINT type, SQLHANDLE, SQLSMALLINT n, Diag *out) const;
    SQLRETURN diag_text(SQLSMALLINT type, SQLHANDLE, SQLSMALLINT n, SQLSMALLINT id,
                        std::string *out) const;
    SQLRETURN desc_text(SQLHDESC, SQLSMALLINT record, SQLSMALLINT field, std::string *out) const;
    SQLRETURN set_desc_text(SQLHDESC, SQLSMALLINT record, SQLSMALLINT field,
                            const std::string &value) const;
    SQLRETURN type_info(SQLHSTMT, SQLSMALLINT type) const;
    SQLRETURN tables(SQLHSTMT, Name catalog, Name schema, Name table, Name types) const;
    SQLRETURN columns(SQLHSTMT, Name catalog, Name schema, Name table, Name column) const;
    SQLRETURN primary_keys(SQLHSTMT, Name catalog, Name schema, Name table) const;
    SQLRETURN statistics(SQLHSTMT, Name catalog, Name schema, Name table, SQLUSMALLINT unique,
                         SQLUSMALLINT accuracy) const;
    SQLRETURN special_columns(SQLHSTMT, SQLUSMALLINT kind, Name catalog, Name schema, Name table,
                              SQLUSMALLINT scope, SQLUSMALLINT nullable) const;
    SQLRETURN foreign_keys(SQLHSTMT, Name pk_catalog, Name pk_schema, Name pk_table,
                           Name fk_catalog, Name fk_schema, Name fk_table) const;
    SQLRETURN procedures(SQLHSTMT, Name catalog, Name schema, Name name) const;
    SQLRETURN procedure_columns(SQLHSTMT, Name catalog, Name schema, Name name, Name column) const;
    SQLRETURN table_privileges(SQLHSTMT, Name catalog, Name schema, Name table) const;
    SQLRETURN column_privileges(SQLHSTMT, Name catalog, Name schema, Name table, Name column) const;
};

// ---- handles ----

class Handle
{
  public:
    Handle() = default;
    Handle(SQLSMALLINT type, SQLHANDLE parent, Api api = {});
    ~Handle();
    Handle(Handle &&) noexcept;
    Handle &operator=(Handle &&) noexcept;
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    operator SQLHANDLE() const // NOLINT: handed to SQL* as it is
    {
        return h;
    }
    SQLRETURN release();

    std::vector<Diag> diags() const;
    std::string state(SQLSMALLINT n = 1) const;
    std::string message(SQLSMALLINT n = 1) const;
    bool has_state(const std::string &state) const;
    // A number of a status record. By the W form: on a connection made by W, unixODBC 2.3's A form
    // treats the number as text and damages it.
    SQLLEN row_number(SQLSMALLINT n) const;
    SQLINTEGER column_number(SQLSMALLINT n) const;

    SQLSMALLINT type = 0;
    SQLHANDLE h = SQL_NULL_HANDLE;
    Api api;
};

struct Env : Handle {
    explicit Env(SQLINTEGER version = SQL_OV_ODBC3, Api api = {});
};

struct Dbc : Handle {
    Dbc() = default;
    explicit Dbc(const Env &, Api api = {});
    ~Dbc();
    Dbc(Dbc &&) = default;
    Dbc &operator=(Dbc &&) = default;
    SQLRETURN open(const std::string &string);
    SQLRETURN close();
    SQLRETURN commit();
    SQLRETURN rollback();
    SQLRETURN autocommit(bool on);
};

using Cell = std::optional<std::string>;
using Row = std::vector<Cell>;
std::string shown(const Row &);
std::string shown(const std::vector<Row> &);

struct Stmt : Handle {
    Stmt() = default;
    explicit Stmt(const Dbc &);
    SQLRETURN exec(const std::string &sql);
    SQLRETURN prepare(const std::string &sql);
    SQLRETURN execute();
    SQLRETURN fetch();
    SQLRETURN close(); // SQLFreeStmt(SQL_CLOSE)
    SQLRETURN more();
    SQLLEN row_count();
    SQLSMALLINT columns();
    Column column(SQLUSMALLINT n);
    SQLLEN number(SQLUSMALLINT n, SQLUSMALLINT field);
    std::string text(SQLUSMALLINT n, SQLUSMALLINT field);
    Cell get(SQLUSMALLINT n);      // as SQL_C_CHAR, in pieces
    Cell get_wide(SQLUSMALLINT n); // as SQL_C_WCHAR, in pieces
    std::vector<Row> rest();       // all rows of the open result, by get()
    std::vector<Row> rows(const std::string &sql);
    std::string value(const std::string &sql); // the one cell; closes
    // Any C type of fixed size; the indicator in *ind.
    template <class T> SQLRETURN get(SQLUSMALLINT n, SQLSMALLINT ctype, T *out, SQLLEN *ind)
    {
        return SQLGetData(h, n, ctype, out, sizeof(T), ind);
    }
};

// ---- verdicts: EXPECT_TRUE(ok(rc, stmt)) shows the diagnostics when it fails ----

std::string rc_name(SQLRETURN);
::testing::AssertionResult ok(SQLRETURN, const Handle &);    // success, with or without info
::testing::AssertionResult clean(SQLRETURN, const Handle &); // SQL_SUCCESS
// SQL_ERROR and this first SQLSTATE ("42S02", or several: "08001|08S01").
::testing::AssertionResult fails(SQLRETURN, const Handle &, const std::string &states);
// SQL_SUCCESS_WITH_INFO and this SQLSTATE among its records.
::testing::AssertionResult warns(SQLRETURN, const Handle &, const std::string &state);
::testing::AssertionResult nothing(SQLRETURN, const Handle &); // SQL_NO_DATA

// ---- the server ----

std::string env(const char *name, const char *otherwise = "");
// DRIVER=...;SERVER=...;PORT=...;DATABASE=...;UID=...;PWD=...; and more.
bool my(); // is it MySQL or MariaDB?
bool my_is_mysql(); // is it MySQL itself, of test/lab/sid?
std::string by(const std::string &pg, const std::string &mysql); // which of the two texts
std::string dialect(const std::string &sql); // a test's SQL as this server wants it
std::string conn_str(const std::string &more = "");
std::string conn_str_without(const std::string &keyword, const std::string &more = "");
// The same database by its superuser, over the socket.
std::string admin_str();
long rss_kib();
long peak_rss_kib();
void reset_peak_rss();
bool sanitized();
double seconds_of(const std::function<void()> &);

// ---- fixtures ----

enum class Mode { A, W, AonW, WonA };
std::ostream &operator<<(std::ostream &, Mode);
std::string mode_name(const ::testing::TestParamInfo<Mode> &);
#define ALL_MODES(suite)                                                                           \
    INSTANTIATE_TEST_SUITE_P(, suite, ::testing::Values(Mode::A, Mode::W, Mode::AonW, Mode::WonA), \
                             mode_name)
#define BOTH_FORMS(suite)                                                                          \
    INSTANTIATE_TEST_SUITE_P(, suite, ::testing::Values(Mode::A, Mode::W), mode_name)

// One open connection and one statement. `connects` decides the form of the connect, the
// statement's api that of everything after it.
class Connected : public ::testing::Test
{
  protected:
    virtual Mode mode() const
    {
        return Mode::A;
    }
    virtual SQLINTEGER version() const
    {
        return SQL_OV_ODBC3;
    }
    virtual std::string options() const
    {
        return "";
    }
    void SetUp() override;
    void TearDown() override;
    // A second connection of the same kind.
    Dbc another(const std::string &more = "");

    Api connects, calls;
    std::optional<Env> e;
    Dbc dbc;
    Stmt stmt;
};

class EveryMode : public Connected, public ::testing::WithParamInterface<Mode>
{
  protected:
    Mode mode() const override
    {
        return GetParam();
    }
    // The driver manager itself cuts surrogate pairs when it widens an A call.
    bool bmp_only() const
    {
        return GetParam() == Mode::AonW;
    }
};

#endif
