// SQLSet/GetEnvAttr, SQLSet/GetConnectAttr, SQLSet/GetStmtAttr.
#include "odbc_test.h"
#include "../../driver/core/holdfast.h"

#include <algorithm>
#include <cstring>

namespace
{

SQLPOINTER num(SQLULEN v)
{
    return reinterpret_cast<SQLPOINTER>(v); // NOLINT
}

// ---- environment ----

TEST(EnvAttr, OdbcVersion)
{
    for (SQLINTEGER v : {SQL_OV_ODBC2, SQL_OV_ODBC3, SQL_OV_ODBC3_80}) {
        Env e(v);
        SQLINTEGER got = 0;
        EXPECT_TRUE(clean(SQLGetEnvAttr(e, SQL_ATTR_ODBC_VERSION, &got, 0, nullptr), e));
        EXPECT_EQ(v, got);
        Dbc d(e);
        EXPECT_TRUE(ok(d.open(conn_str()), d)) << v;
        Stmt s(d);
        EXPECT_EQ("1", s.value("SELECT 1"));
    }
}

TEST(EnvAttr, WrongValues)
{
    Env e;
    EXPECT_TRUE(fails(SQLSetEnvAttr(e, SQL_ATTR_ODBC_VERSION, num(77), 0), e, "HY024"));
    EXPECT_TRUE(fails(SQLSetEnvAttr(e, 31337, num(1), 0), e, "HY092"));
    SQLINTEGER got = 0;
    EXPECT_TRUE(fails(SQLGetEnvAttr(e, 31337, &got, 0, nullptr), e, "HY092"));
    EXPECT_TRUE(clean(SQLGetEnvAttr(e, SQL_ATTR_OUTPUT_NTS, &got, 0, nullptr), e));
    EXPECT_EQ(SQL_TRUE, got);
}

// ---- the driver's own (core/holdfast.h): the driver manager converts nothing ----

class OwnAttr : public EveryMode
{
  protected:
    SQLRETURN get(SQLINTEGER attribute, void *p, SQLINTEGER cap, SQLINTEGER *n)
    {
        return calls.wide ? SQLGetConnectAttrW(dbc, attribute, p, cap, n) : SQLGetConnectAttr(dbc, attribute, p, cap, n);
    }
    std::string text(SQLINTEGER attribute)
    {
        char narrow[1000] = "";
        SQLWCHAR wide[1000] = {};
        SQLINTEGER n = -1, w = -1;
        EXPECT_TRUE(clean(get(attribute, narrow, sizeof narrow, &n), dbc));
        EXPECT_EQ(SQLINTEGER(strlen(narrow)), n);
        EXPECT_TRUE(clean(get(attribute | HOLDFAST_WIDE, wide, sizeof wide, &w), dbc));
        EXPECT_EQ(2 * n, w);
        EXPECT_EQ(narrow, u8of(wide, w / 2));
        return narrow;
    }
    SQLUINTEGER number(SQLINTEGER attribute)
    {
        SQLUINTEGER v = 99;
        SQLINTEGER n = 0;
        EXPECT_TRUE(clean(get(attribute, &v, SQL_IS_UINTEGER, &n), dbc));
        EXPECT_EQ(4, n);
        return v;
    }
};
ALL_MODES(OwnAttr);

TEST_P(OwnAttr, Values)
{
    EXPECT_EQ(env("HF_DB_HOST"), text(HOLDFAST_ATTR_HOST));
    EXPECT_EQ(env("HF_DB_PORT"), std::to_string(number(HOLDFAST_ATTR_PORT)));
    EXPECT_NE("", text(HOLDFAST_ATTR_VERSION));
    EXPECT_EQ("none", text(HOLDFAST_ATTR_DIALECT));
    EXPECT_EQ("off", text(HOLDFAST_ATTR_MONITOR));
    EXPECT_EQ("", text(HOLDFAST_ATTR_TOPOLOGY));
    EXPECT_EQ("", text(HOLDFAST_ATTR_FAILOVER_TIME));
    EXPECT_EQ(0U, number(HOLDFAST_ATTR_FAILOVERS));
    EXPECT_EQ(by("writer", "unknown"), text(HOLDFAST_ATTR_ROLE)); // without a cluster nobody asks
}

TEST_P(OwnAttr, BuffersAndSetting)
{
    char small[4] = "zzz";
    SQLINTEGER n = -1, whole = SQLINTEGER(text(HOLDFAST_ATTR_VERSION).size());
    EXPECT_TRUE(warns(get(HOLDFAST_ATTR_VERSION, small, 4, &n), dbc, "01004"));
    EXPECT_EQ(3U, strlen(small));
    EXPECT_EQ(whole, n);
    EXPECT_TRUE(fails(get(HOLDFAST_ATTR_VERSION, small, -5, &n), dbc, "HY090"));
    EXPECT_TRUE(fails(get(HOLDFAST_ATTR_BASE + 99, small, 4, &n), dbc, "HY092"));
    EXPECT_TRUE(fails(SQLSetConnectAttr(dbc, HOLDFAST_ATTR_FAILOVERS, num(1), SQL_IS_UINTEGER), dbc, "HY092"));
    EXPECT_TRUE(fails(SQLSetConnectAttrW(dbc, HOLDFAST_ATTR_FAILOVERS, num(1), SQL_IS_UINTEGER), dbc, "HY092"));
    Dbc closed(*e, calls);
    EXPECT_TRUE(fails(SQLGetConnectAttr(closed, HOLDFAST_ATTR_HOST, small, 4, &n), closed, "08003"));
}

// ---- connection ----

class DbcAttr : public EveryMode
{
  protected:
    SQLULEN get(SQLINTEGER attribute)
    {
        SQLULEN v = 0;
        EXPECT_TRUE(clean(SQLGetConnectAttr(dbc, attribute, &v, SQL_IS_UINTEGER, nullptr), dbc));
        return v;
    }
    SQLRETURN set(SQLINTEGER attribute, SQLULEN v)
    {
        return calls.wide ? SQLSetConnectAttrW(dbc, attribute, num(v), SQL_IS_UINTEGER)
                          : SQLSetConnectAttr(dbc, attribute, num(v), SQL_IS_UINTEGER);
    }
};
ALL_MODES(DbcAttr);

TEST_P(DbcAttr, Autocommit)
{
    EXPECT_EQ(SQLULEN(SQL_AUTOCOMMIT_ON), get(SQL_ATTR_AUTOCOMMIT));
    EXPECT_TRUE(clean(set(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF), dbc));
    EXPECT_EQ(SQLULEN(SQL_AUTOCOMMIT_OFF), get(SQL_ATTR_AUTOCOMMIT));
    EXPECT_TRUE(fails(set(SQL_ATTR_AUTOCOMMIT, 7), dbc, "HY024"));
    EXPECT_TRUE(clean(set(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_ON), dbc));
}

// "Setting autocommit on commits the open transaction"
TEST_P(DbcAttr, AutocommitOnCommits)
{
    stmt.exec("DROP TABLE IF EXISTS autocommit_on");
    ASSERT_TRUE(clean(set(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF), dbc));
    ASSERT_TRUE(ok(stmt.exec("CREATE TABLE autocommit_on (a int)"), stmt));
    ASSERT_TRUE(clean(set(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_ON), dbc));
    Dbc d = another();
    Stmt s(d);
    EXPECT_EQ("0", s.value("SELECT count(*) FROM autocommit_on"));
    EXPECT_TRUE(ok(stmt.exec("DROP TABLE autocommit_on"), stmt));
}

TEST_P(DbcAttr, Isolation)
{
    EXPECT_EQ(SQLULEN(my() ? SQL_TXN_REPEATABLE_READ : SQL_TXN_READ_COMMITTED),
              get(SQL_ATTR_TXN_ISOLATION));
    const std::pair<SQLULEN, const char *> levels[] = {
        {SQL_TXN_READ_UNCOMMITTED, "read uncommitted"},
        {SQL_TXN_READ_COMMITTED, "read committed"},
        {SQL_TXN_REPEATABLE_READ, "repeatable read"},
        {SQL_TXN_SERIALIZABLE, "serializable"},
    };
    for (bool autocommit : {true, false}) {
        ASSERT_TRUE(clean(dbc.autocommit(autocommit), dbc));
        for (const auto &[level, name] : levels) {
            ASSERT_TRUE(clean(set(SQL_ATTR_TXN_ISOLATION, level), dbc)) << name;
            EXPECT_EQ(level, get(SQL_ATTR_TXN_ISOLATION));
            EXPECT_EQ(name, stmt.value("SHOW transaction_isolation"));
            EXPECT_TRUE(clean(dbc.rollback(), dbc));
        }
    }
    EXPECT_TRUE(fails(set(SQL_ATTR_TXN_ISOLATION, 3), dbc, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_TXN_ISOLATION, 0), dbc, "HY024"));
    // "HY011 ... a transaction is open"
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    stmt.close();
    EXPECT_TRUE(fails(set(SQL_ATTR_TXN_ISOLATION, SQL_TXN_SERIALIZABLE), dbc, "HY011"));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
}

TEST_P(DbcAttr, IsolationBeforeConnect)
{
    Dbc d(*e, connects);
    ASSERT_TRUE(
        clean(SQLSetConnectAttr(d, SQL_ATTR_TXN_ISOLATION, num(SQL_TXN_SERIALIZABLE), 0), d));
    ASSERT_TRUE(clean(SQLSetConnectAttr(d, SQL_ATTR_AUTOCOMMIT, num(SQL_AUTOCOMMIT_OFF), 0), d));
    ASSERT_TRUE(clean(d.open(conn_str()), d));
    Stmt s(d);
    EXPECT_EQ("serializable", s.value("SHOW transaction_isolation"));
    SQLUINTEGER v = 99;
    EXPECT_TRUE(clean(SQLGetConnectAttr(d, SQL_ATTR_AUTOCOMMIT, &v, 0, nullptr), d));
    EXPECT_EQ(SQLUINTEGER(SQL_AUTOCOMMIT_OFF), v);
    EXPECT_TRUE(clean(d.rollback(), d));
}

TEST_P(DbcAttr, AccessMode)
{
    EXPECT_EQ(SQLULEN(SQL_MODE_READ_WRITE), get(SQL_ATTR_ACCESS_MODE));
    ASSERT_TRUE(clean(set(SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_ONLY), dbc));
    EXPECT_EQ(SQLULEN(SQL_MODE_READ_ONLY), get(SQL_ATTR_ACCESS_MODE));
    EXPECT_EQ("on", stmt.value("SHOW transaction_read_only"));
    ASSERT_TRUE(clean(set(SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_WRITE), dbc));
    EXPECT_EQ("off", stmt.value("SHOW transaction_read_only"));
    EXPECT_TRUE(fails(set(SQL_ATTR_ACCESS_MODE, 5), dbc, "HY024"));
}

TEST_P(DbcAttr, CurrentCatalog)
{
    std::string name;
    EXPECT_TRUE(clean(calls.dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, &name), dbc));
    EXPECT_EQ(env("HF_DB_DATABASE"), name);
    EXPECT_TRUE(clean(calls.set_dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, name), dbc));
    // Not a quiet success that does nothing.
    EXPECT_EQ(SQL_ERROR, calls.set_dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, "postgres"));
    EXPECT_TRUE(clean(calls.dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, &name), dbc));
    EXPECT_EQ(env("HF_DB_DATABASE"), name);
}

TEST_P(DbcAttr, CurrentCatalogIsCut)
{
    if (GetParam() == Mode::AonW)
        return; // the driver manager converts
    SQLINTEGER n = 0;
    auto full = SQLINTEGER(env("HF_DB_DATABASE").size());
    if (calls.wide) {
        SQLWCHAR w[2] = {1, 1};
        EXPECT_TRUE(warns(SQLGetConnectAttrW(dbc, SQL_ATTR_CURRENT_CATALOG, w, sizeof(w), &n), dbc,
                          "01004"));
        EXPECT_EQ(full * 2, n);
        EXPECT_EQ(0, w[1]);
    } else {
        char a[2] = {1, 1};
        EXPECT_TRUE(warns(SQLGetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, a, sizeof(a), &n), dbc,
                          "01004"));
        EXPECT_EQ(full, n);
        EXPECT_EQ(0, a[1]);
    }
}

TEST_P(DbcAttr, CurrentCatalogBeforeConnect)
{
    Dbc d(*e, connects);
    ASSERT_TRUE(clean(connects.set_dbc_text(d, SQL_ATTR_CURRENT_CATALOG,
                                            by("postgres", "information_schema")),
                      d));
    ASSERT_TRUE(ok(d.open(conn_str_without("DATABASE")), d));
    Stmt s(d);
    EXPECT_EQ(by("postgres", "information_schema"), s.value("SELECT current_database()"));
}

TEST_P(DbcAttr, Dead)
{
    EXPECT_EQ(SQLULEN(SQL_CD_FALSE), get(SQL_ATTR_CONNECTION_DEAD));
    EXPECT_TRUE(fails(set(SQL_ATTR_CONNECTION_DEAD, 1), dbc, "HY092"));
}

TEST_P(DbcAttr, Timeouts)
{
    EXPECT_TRUE(clean(set(SQL_ATTR_CONNECTION_TIMEOUT, 30), dbc));
    EXPECT_EQ(30U, get(SQL_ATTR_CONNECTION_TIMEOUT));
    EXPECT_TRUE(clean(set(SQL_ATTR_CONNECTION_TIMEOUT, 0), dbc));
    EXPECT_TRUE(fails(set(SQL_ATTR_LOGIN_TIMEOUT, 5), dbc, "HY011"));
    Dbc d(*e, connects);
    EXPECT_TRUE(clean(SQLSetConnectAttr(d, SQL_ATTR_LOGIN_TIMEOUT, num(5), 0), d));
    ASSERT_TRUE(clean(d.open(conn_str()), d));
    SQLUINTEGER v = 99;
    EXPECT_TRUE(clean(SQLGetConnectAttr(d, SQL_ATTR_LOGIN_TIMEOUT, &v, 0, nullptr), d));
    EXPECT_EQ(5U, v);
}

TEST_P(DbcAttr, ReadOnlyAndUnknown)
{
    EXPECT_EQ(SQLULEN(SQL_FALSE), get(SQL_ATTR_AUTO_IPD));
    EXPECT_TRUE(fails(set(SQL_ATTR_AUTO_IPD, 1), dbc, "HY092"));
    EXPECT_TRUE(fails(set(31337, 1), dbc, "HY092"));
    SQLUINTEGER v = 0;
    EXPECT_TRUE(fails(SQLGetConnectAttr(dbc, 31337, &v, 0, nullptr), dbc, "HY092"));
    EXPECT_TRUE(fails(set(SQL_ATTR_PACKET_SIZE, 4096), dbc, "HY011"));
    SQLINTEGER rows = 10000; // psqlODBC's Fetch
    EXPECT_TRUE(my() ? fails(SQLSetConnectAttr(dbc, 65541, &rows, SQL_IS_INTEGER), dbc, "HY092")
                     : clean(SQLSetConnectAttr(dbc, 65541, &rows, SQL_IS_INTEGER), dbc));
    EXPECT_EQ(8192U, get(SQL_ATTR_PACKET_SIZE));
    EXPECT_EQ(1U, get(SQL_ROWSET_SIZE)); // ODBC 2: of new statements
    EXPECT_TRUE(clean(set(SQL_ROWSET_SIZE, 3), dbc));
    EXPECT_EQ(3U, get(SQL_ROWSET_SIZE));
    Stmt later(dbc);
    SQLULEN size = 0;
    EXPECT_TRUE(clean(SQLGetStmtAttr(later, SQL_ROWSET_SIZE, &size, 0, nullptr), later));
    EXPECT_EQ(3U, size);
    EXPECT_TRUE(fails(set(SQL_ROWSET_SIZE, 0), dbc, "HY024"));
    EXPECT_EQ(0U, get(SQL_ATTR_METADATA_ID));
    EXPECT_TRUE(clean(set(SQL_ATTR_METADATA_ID, SQL_TRUE), dbc));
    EXPECT_TRUE(clean(set(SQL_ATTR_METADATA_ID, SQL_FALSE), dbc));
}

// ---- statement ----

class StmtAttr : public Connected
{
  protected:
    SQLULEN get(SQLINTEGER attribute)
    {
        SQLULEN v = 0;
        EXPECT_TRUE(clean(SQLGetStmtAttr(stmt, attribute, &v, SQL_IS_UINTEGER, nullptr), stmt))
            << attribute;
        return v;
    }
    SQLRETURN set(SQLINTEGER attribute, SQLULEN v)
    {
        return SQLSetStmtAttr(stmt, attribute, num(v), SQL_IS_UINTEGER);
    }
};

TEST_F(StmtAttr, Defaults)
{
    const std::pair<SQLINTEGER, SQLULEN> defaults[] = {
        {SQL_ATTR_ASYNC_ENABLE, SQL_ASYNC_ENABLE_OFF},
        {SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY},
        {SQL_ATTR_CURSOR_SCROLLABLE, SQL_NONSCROLLABLE},
        {SQL_ATTR_CURSOR_SENSITIVITY, SQL_UNSPECIFIED},
        {SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY},
        {SQL_ATTR_ENABLE_AUTO_IPD, SQL_FALSE},
        {SQL_ATTR_KEYSET_SIZE, 0},
        {SQL_ATTR_MAX_LENGTH, 0},
        {SQL_ATTR_MAX_ROWS, 0},
        {SQL_ATTR_METADATA_ID, SQL_FALSE},
        {SQL_ATTR_NOSCAN, SQL_NOSCAN_OFF},
        {SQL_ATTR_PARAM_BIND_OFFSET_PTR, 0},
        {SQL_ATTR_PARAM_BIND_TYPE, SQL_PARAM_BIND_BY_COLUMN},
        {SQL_ATTR_PARAM_OPERATION_PTR, 0},
        {SQL_ATTR_PARAM_STATUS_PTR, 0},
        {SQL_ATTR_PARAMS_PROCESSED_PTR, 0},
        {SQL_ATTR_PARAMSET_SIZE, 1},
        {SQL_ATTR_QUERY_TIMEOUT, 0},
        {SQL_ATTR_RETRIEVE_DATA, SQL_RD_ON},
        {SQL_ATTR_ROW_ARRAY_SIZE, 1},
        {SQL_ATTR_ROW_BIND_OFFSET_PTR, 0},
        {SQL_ATTR_ROW_BIND_TYPE, SQL_BIND_BY_COLUMN},
        {SQL_ATTR_ROW_OPERATION_PTR, 0},
        {SQL_ATTR_ROW_STATUS_PTR, 0},
        {SQL_ATTR_ROWS_FETCHED_PTR, 0},
        {SQL_ATTR_USE_BOOKMARKS, SQL_UB_OFF},
        {SQL_ROWSET_SIZE, 1},
    };
    for (const auto &[attribute, value] : defaults)
        EXPECT_EQ(value, get(attribute)) << attribute;
}

TEST_F(StmtAttr, SetAndGet)
{
    SQLULEN offset = 0, fetched = 0;
    SQLUSMALLINT status[4];
    const std::pair<SQLINTEGER, SQLULEN> values[] = {
        {SQL_ATTR_QUERY_TIMEOUT, 12},
        {SQL_ATTR_MAX_ROWS, 5},
        {SQL_ATTR_NOSCAN, SQL_NOSCAN_ON},
        {SQL_ATTR_RETRIEVE_DATA, SQL_RD_OFF},
        {SQL_ATTR_METADATA_ID, SQL_TRUE},
        {SQL_ATTR_ROW_ARRAY_SIZE, 4},
        {SQL_ATTR_ROW_BIND_TYPE, 64},
        {SQL_ATTR_ROW_BIND_OFFSET_PTR, reinterpret_cast<SQLULEN>(&offset)},
        {SQL_ATTR_ROWS_FETCHED_PTR, reinterpret_cast<SQLULEN>(&fetched)},
        {SQL_ATTR_ROW_STATUS_PTR, reinterpret_cast<SQLULEN>(status)},
        {SQL_ATTR_PARAMSET_SIZE, 3},
        {SQL_ATTR_PARAM_BIND_TYPE, 32},
        {SQL_ATTR_PARAM_BIND_OFFSET_PTR, reinterpret_cast<SQLULEN>(&offset)},
        {SQL_ATTR_PARAMS_PROCESSED_PTR, reinterpret_cast<SQLULEN>(&fetched)},
        {SQL_ATTR_PARAM_STATUS_PTR, reinterpret_cast<SQLULEN>(status)},
        {SQL_ATTR_PARAM_OPERATION_PTR, reinterpret_cast<SQLULEN>(status)},
        {SQL_ATTR_CURSOR_SENSITIVITY, SQL_INSENSITIVE},
        {SQL_ATTR_CONCURRENCY, SQL_CONCUR_VALUES},
        {SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY},
        {SQL_ROWSET_SIZE, 9},
    };
    for (const auto &[attribute, value] : values) {
        EXPECT_TRUE(clean(set(attribute, value), stmt)) << attribute;
        EXPECT_EQ(value, get(attribute)) << attribute;
    }
}

// "01S02: the driver did not support the value specified ... and substituted a similar value"
TEST_F(StmtAttr, ReplacedValues)
{
    for (SQLULEN type : {SQL_CURSOR_KEYSET_DRIVEN, SQL_CURSOR_DYNAMIC}) {
        EXPECT_TRUE(warns(set(SQL_ATTR_CURSOR_TYPE, type), stmt, "01S02")) << type;
        EXPECT_EQ(SQLULEN(SQL_CURSOR_STATIC), get(SQL_ATTR_CURSOR_TYPE));
    }
    for (SQLULEN c : {SQL_CONCUR_LOCK, SQL_CONCUR_ROWVER}) {
        EXPECT_TRUE(warns(set(SQL_ATTR_CONCURRENCY, c), stmt, "01S02")) << c;
        EXPECT_EQ(SQLULEN(SQL_CONCUR_VALUES), get(SQL_ATTR_CONCURRENCY));
    }
    SQLRETURN rc = set(SQL_ATTR_MAX_LENGTH, 100);
    EXPECT_TRUE(rc == SQL_SUCCESS || stmt.state() == "01S02");
    rc = set(SQL_ATTR_KEYSET_SIZE, 100);
    EXPECT_TRUE(rc == SQL_SUCCESS || stmt.state() == "01S02");
}

TEST_F(StmtAttr, WrongValues)
{
    EXPECT_TRUE(fails(set(SQL_ATTR_ROW_ARRAY_SIZE, 0), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_PARAMSET_SIZE, 0), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_CURSOR_TYPE, 77), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_CONCURRENCY, 77), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_RETRIEVE_DATA, 5), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_NOSCAN, 5), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_CURSOR_SENSITIVITY, 55), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_CURSOR_SCROLLABLE, 55), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_METADATA_ID, 55), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_USE_BOOKMARKS, 55), stmt, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_ASYNC_ENABLE, 55), stmt, "HY024|HYC00"));
    EXPECT_TRUE(fails(set(31337, 1), stmt, "HY092"));
    EXPECT_TRUE(fails(set(SQL_ATTR_ROW_NUMBER, 1), stmt, "HY092"));
    EXPECT_TRUE(fails(set(SQL_ATTR_IMP_ROW_DESC, 0), stmt, "HY017|HY024|HY092"));
    SQLULEN v = 0;
    EXPECT_TRUE(fails(SQLGetStmtAttr(stmt, 31337, &v, 0, nullptr), stmt, "HY092"));
}

TEST_F(StmtAttr, NotImplemented)
{
    // Every call ends before it returns, which a client that polls is content with.
    EXPECT_TRUE(warns(set(SQL_ATTR_ASYNC_ENABLE, SQL_ASYNC_ENABLE_ON), stmt, "01S02"));
    EXPECT_EQ(SQLULEN(SQL_ASYNC_ENABLE_OFF), get(SQL_ATTR_ASYNC_ENABLE));
    EXPECT_TRUE(clean(stmt.exec("SELECT 1"), stmt));
    stmt.close();
    SQLRETURN rc = set(SQL_ATTR_USE_BOOKMARKS, SQL_UB_VARIABLE);
    EXPECT_TRUE(rc == SQL_SUCCESS || stmt.state() == "HYC00" || stmt.state() == "01S02");
}

TEST_F(StmtAttr, NotWhileACursorIsOpen)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    for (SQLINTEGER a : {SQL_ATTR_CURSOR_TYPE, SQL_ATTR_CONCURRENCY, SQL_ATTR_USE_BOOKMARKS,
                         SQL_ATTR_SIMULATE_CURSOR})
        EXPECT_TRUE(fails(set(a, 0), stmt, "24000")) << a;
    EXPECT_TRUE(clean(set(SQL_ATTR_QUERY_TIMEOUT, 3), stmt));
}

TEST_F(StmtAttr, MaxRows)
{
    ASSERT_TRUE(clean(set(SQL_ATTR_MAX_ROWS, 3), stmt));
    EXPECT_EQ(3U, stmt.rows("SELECT generate_series(1, 100)").size());
    ASSERT_TRUE(clean(set(SQL_ATTR_MAX_ROWS, 0), stmt));
    EXPECT_EQ(100U, stmt.rows("SELECT generate_series(1, 100)").size());
}

TEST_F(StmtAttr, MaxRowsOfACatalogFunction)
{
    ASSERT_TRUE(clean(set(SQL_ATTR_MAX_ROWS, 2), stmt));
    ASSERT_TRUE(ok(calls.tables(stmt, nullptr, "pg_catalog", "%", nullptr), stmt));
    EXPECT_EQ(2U, stmt.rest().size());
}

TEST_F(StmtAttr, RetrieveDataOff)
{
    ASSERT_TRUE(clean(set(SQL_ATTR_RETRIEVE_DATA, SQL_RD_OFF), stmt));
    SQLINTEGER v = 77;
    SQLLEN ind = 77;
    SQLBindCol(stmt, 1, SQL_C_SLONG, &v, 0, &ind);
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    EXPECT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(77, v);
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
}

TEST_F(StmtAttr, RowNumber)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 3)"), stmt));
    for (SQLULEN i = 1; i <= 3; i++) {
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_EQ(i, get(SQL_ATTR_ROW_NUMBER));
    }
    stmt.close();
    SQLULEN v = 0;
    EXPECT_TRUE(fails(SQLGetStmtAttr(stmt, SQL_ATTR_ROW_NUMBER, &v, 0, nullptr), stmt, "24000"));
}

TEST_F(StmtAttr, Noscan)
{
    EXPECT_EQ("2020-01-02", stmt.value("SELECT {d '2020-01-02'}"));
    ASSERT_TRUE(clean(set(SQL_ATTR_NOSCAN, SQL_NOSCAN_ON), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT {d '2020-01-02'}"), stmt, "42000"));
    EXPECT_EQ("{d}", stmt.value("SELECT '{d}'"));
}

// ODBC 2: a statement attribute set on the connection is the default of new statements.
class Odbc2 : public Connected
{
    SQLINTEGER version() const override
    {
        return SQL_OV_ODBC2;
    }
};

TEST_F(Odbc2, StatementAttributeOnTheConnection)
{
    EXPECT_TRUE(clean(SQLSetConnectOption(dbc, SQL_MAX_ROWS, 2), dbc));
    Stmt s(dbc);
    EXPECT_EQ(2U, s.rows("SELECT generate_series(1, 10)").size());
}

TEST_F(Odbc2, OldFunctionsAndStates)
{
    SQLINTEGER native;
    SQLCHAR state[6], text[512];
    SQLSMALLINT n;
    EXPECT_EQ(SQL_ERROR, stmt.exec("SELECT * FROM no_such_table"));
    EXPECT_EQ(SQL_SUCCESS, SQLError(*e, dbc, stmt, state, &native, text, sizeof(text), &n));
    EXPECT_STREQ("S0002", reinterpret_cast<char *>(state));
    EXPECT_EQ(SQL_ERROR, stmt.exec("SELEC 1"));
    EXPECT_EQ("37000", stmt.state());
    // A searched update of no rows is SQL_SUCCESS in ODBC 2.
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    EXPECT_TRUE(clean(stmt.exec("DELETE FROM t"), stmt));
    // Dates have ODBC 2's numbers.
    ASSERT_TRUE(ok(stmt.exec("SELECT DATE '2020-01-02', TIMESTAMP '2020-01-02 03:04:05'"), stmt));
    EXPECT_EQ(SQL_DATE, stmt.column(1).type);
    EXPECT_EQ(SQL_TIMESTAMP, stmt.column(2).type);
    EXPECT_EQ(SQL_SUCCESS, SQLFreeStmt(stmt, SQL_CLOSE));
    EXPECT_EQ(SQL_SUCCESS, SQLTransact(*e, dbc, SQL_COMMIT));
    SQLULEN v = 0;
    EXPECT_EQ(SQL_SUCCESS, SQLGetStmtOption(stmt, SQL_QUERY_TIMEOUT, &v));
}

// ODBC 1's SQLSetParam reaches the driver as an input-output SQLBindParameter of
// SQL_SETPARAM_VALUE_MAX bytes.
TEST_F(Odbc2, SetParam)
{
    SQLINTEGER v = 41;
    ASSERT_TRUE(clean(SQLSetParam(stmt, 1, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v, nullptr), stmt));
    EXPECT_EQ("42", stmt.value("SELECT ?::int + 1"));
}

TEST_F(Odbc2, TypeInfoIsInOrder)
{
    ASSERT_TRUE(clean(calls.type_info(stmt, SQL_ALL_TYPES), stmt));
    std::vector<int> types;
    for (const Row &r : stmt.rest())
        types.push_back(std::stoi(*r[1]));
    EXPECT_TRUE(std::is_sorted(types.begin(), types.end()));
    EXPECT_EQ(1, std::count(types.begin(), types.end(), SQL_DATE));
}

} // namespace
