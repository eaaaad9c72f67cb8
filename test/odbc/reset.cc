// SQL_ATTR_RESET_CONNECTION: what the driver manager does to a connection that it puts into its pool.
// (A pool itself: test/clients/pool.py.)
#include "odbc_test.h"

namespace
{

class Reset : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        ASSERT_TRUE(ok(stmt.exec("DROP TABLE IF EXISTS reset_rows"), stmt));
        ASSERT_TRUE(ok(stmt.exec("CREATE TABLE reset_rows (k int)"), stmt));
        id = session(stmt);
    }
    void TearDown() override
    {
        dbc.rollback();
        Dbc d = another();
        Stmt s(d);
        EXPECT_TRUE(ok(s.exec("DROP TABLE reset_rows"), s));
        EveryMode::TearDown();
    }
    SQLRETURN set(SQLINTEGER attribute, SQLULEN value)
    {
        return SQLSetConnectAttr(dbc, attribute, reinterpret_cast<SQLPOINTER>(value), 0); // NOLINT
    }
    SQLULEN get(SQLINTEGER attribute)
    {
        SQLULEN v = 0;
        EXPECT_TRUE(clean(SQLGetConnectAttr(dbc, attribute, &v, 0, nullptr), dbc)) << attribute;
        return v;
    }
    SQLRETURN reset()
    {
        return set(SQL_ATTR_RESET_CONNECTION, SQL_RESET_CONNECTION_YES);
    }
    static std::string session(Stmt &s)
    {
        return s.value(by("SELECT pg_backend_pid()", "SELECT connection_id()"));
    }
    std::string id; // of the session as it was connected
};
ALL_MODES(Reset);

TEST_P(Reset, Values)
{
    EXPECT_TRUE(fails(set(SQL_ATTR_RESET_CONNECTION, 0), dbc, "HY024"));
    EXPECT_TRUE(fails(set(SQL_ATTR_RESET_CONNECTION, 2), dbc, "HY024"));
    SQLULEN v = 0;
    EXPECT_TRUE(fails(SQLGetConnectAttr(dbc, SQL_ATTR_RESET_CONNECTION, &v, 0, nullptr), dbc, "HY092"));
    EXPECT_TRUE(clean(reset(), dbc));
    EXPECT_TRUE(clean(reset(), dbc));
    EXPECT_EQ(id, session(stmt));
}

TEST_P(Reset, AnOpenTransactionIsRolledBack)
{
    ASSERT_TRUE(clean(set(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF), dbc));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO reset_rows VALUES (1)"), stmt));
    EXPECT_TRUE(clean(reset(), dbc));
    EXPECT_EQ(SQLULEN(SQL_AUTOCOMMIT_ON), get(SQL_ATTR_AUTOCOMMIT));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM reset_rows"));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO reset_rows VALUES (2)"), stmt)); // commits
    Dbc d = another();
    Stmt s(d);
    EXPECT_EQ("2", s.value("SELECT k FROM reset_rows"));
    EXPECT_EQ(id, session(stmt));
}

TEST_P(Reset, AFailedTransactionToo)
{
    ASSERT_TRUE(clean(set(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF), dbc));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO reset_rows VALUES (1)"), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT nothing FROM nowhere"), stmt, "42S02"));
    EXPECT_TRUE(clean(reset(), dbc));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM reset_rows"));
    EXPECT_EQ(id, session(stmt));
}

TEST_P(Reset, WhatTheSessionHeldIsGone)
{
    const std::string setting = by("SELECT current_setting('work_mem')", "SELECT @@sort_buffer_size");
    const std::string was = stmt.value(setting);
    ASSERT_TRUE(ok(stmt.exec(by("SET work_mem = '7MB'", "SET sort_buffer_size = 123904")), stmt));
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMPORARY TABLE reset_temporary (k int)"), stmt));
    ASSERT_TRUE(ok(stmt.exec(by("SELECT pg_advisory_lock(4711)", "SELECT GET_LOCK('reset', 0)")), stmt));
    ASSERT_TRUE(clean(stmt.close(), stmt));
    ASSERT_NE(was, stmt.value(setting));
    EXPECT_TRUE(clean(reset(), dbc));
    EXPECT_EQ(was, stmt.value(setting));
    EXPECT_TRUE(fails(stmt.exec("SELECT * FROM reset_temporary"), stmt, "42S02"));
    Dbc d = another();
    Stmt s(d);
    EXPECT_EQ("1", s.value(by("SELECT pg_try_advisory_lock(4711)::int", "SELECT GET_LOCK('reset', 0)")));
    EXPECT_EQ(id, session(stmt));
}

TEST_P(Reset, AttributesAreThoseOfANewConnection)
{
    const SQLULEN level = get(SQL_ATTR_TXN_ISOLATION);
    ASSERT_TRUE(clean(set(SQL_ATTR_TXN_ISOLATION, SQL_TXN_SERIALIZABLE), dbc));
    ASSERT_TRUE(clean(set(SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_ONLY), dbc));
    ASSERT_TRUE(clean(set(SQL_ATTR_CONNECTION_TIMEOUT, 7), dbc));
    ASSERT_TRUE(clean(set(SQL_ATTR_METADATA_ID, SQL_TRUE), dbc));
    EXPECT_TRUE(fails(stmt.exec("INSERT INTO reset_rows VALUES (1)"), stmt, "25006|HY000|25000"));
    EXPECT_TRUE(clean(reset(), dbc));
    EXPECT_EQ(level, get(SQL_ATTR_TXN_ISOLATION));
    EXPECT_EQ(SQLULEN(SQL_MODE_READ_WRITE), get(SQL_ATTR_ACCESS_MODE));
    EXPECT_EQ(0U, get(SQL_ATTR_CONNECTION_TIMEOUT));
    EXPECT_EQ(SQLULEN(SQL_FALSE), get(SQL_ATTR_METADATA_ID));
    EXPECT_TRUE(ok(stmt.exec("INSERT INTO reset_rows VALUES (1)"), stmt));
    ASSERT_TRUE(clean(set(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF), dbc));
    EXPECT_EQ(by("read committed", "REPEATABLE-READ"),
              stmt.value(by("SHOW transaction_isolation",
                            my_is_mysql() ? "SELECT @@transaction_isolation" : "SELECT @@tx_isolation")));
}

TEST_P(Reset, StatementsLiveOn)
{
    ASSERT_TRUE(clean(stmt.prepare("SELECT k FROM reset_rows WHERE k > ?"), stmt));
    SQLINTEGER above = 0;
    ASSERT_TRUE(
        clean(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &above, 0, nullptr), stmt));
    Stmt other(dbc);
    ASSERT_TRUE(ok(other.exec("INSERT INTO reset_rows VALUES (1)"), other));
    ASSERT_TRUE(ok(other.exec("INSERT INTO reset_rows VALUES (2)"), other));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt)); // one row is still to come
    ASSERT_TRUE(clean(reset(), dbc));
    EXPECT_TRUE(clean(stmt.close(), stmt)); // the driver manager has not seen the result's end
    EXPECT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
}

TEST_P(Reset, TextGoesOnAsBefore)
{
    const std::string text = "SELECT '\xc3\xa4\xe2\x82\xac'";
    const std::string rules = by("SHOW client_encoding", "SELECT @@collation_connection");
    const std::string was = stmt.value(rules);
    EXPECT_TRUE(clean(reset(), dbc));
    EXPECT_EQ("\xc3\xa4\xe2\x82\xac", stmt.value(text));
    EXPECT_EQ(was, stmt.value(rules));
}

TEST_P(Reset, OptionsOfTheConnectCountAgain)
{
    Dbc d(*e, connects);
    ASSERT_TRUE(ok(d.open(conn_str("READONLY=1;CONNSETTINGS={" +
                                   by("SET work_mem = '9MB'", "SET sort_buffer_size = 123904") + "}")),
                   d));
    Stmt s(d);
    s.api = calls;
    const std::string setting = by("SELECT current_setting('work_mem')", "SELECT @@sort_buffer_size");
    const std::string own = s.value(setting);
    ASSERT_TRUE(ok(s.exec(by("SET work_mem = '7MB'", "SET sort_buffer_size = 223232")), s));
    ASSERT_NE(own, s.value(setting));
    EXPECT_TRUE(clean(SQLSetConnectAttr(d, SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_WRITE, 0), d));
    EXPECT_TRUE(clean(SQLSetConnectAttr(d, SQL_ATTR_RESET_CONNECTION, reinterpret_cast<SQLPOINTER>(1), 0), d)); // NOLINT
    EXPECT_EQ(own, s.value(setting));
    EXPECT_TRUE(fails(s.exec("INSERT INTO reset_rows VALUES (1)"), s, "25006|HY000|25000"));
}

TEST_P(Reset, ALostConnectionIsDead)
{
    Dbc d = another();
    Stmt s(d);
    ASSERT_TRUE(ok(s.exec(by("SELECT pg_terminate_backend(" + id + ")", "KILL " + id)), s));
    usleep(100000);
    if (SQL_SUCCEEDED(reset())) // it may have been made again
        EXPECT_NE(id, session(stmt));
    else
        EXPECT_EQ(SQLULEN(SQL_CD_TRUE), get(SQL_ATTR_CONNECTION_DEAD));
}

// ---- MySQL's ----

class MySqlReset : public Reset
{
};
ALL_MODES(MySqlReset);

TEST_P(MySqlReset, TheDatabaseIsTheFirstOne)
{
    ASSERT_TRUE(ok(stmt.exec("SET @mine = 1"), stmt));
    ASSERT_TRUE(ok(stmt.exec("USE information_schema"), stmt));
    EXPECT_TRUE(clean(reset(), dbc));
    EXPECT_EQ(env("HF_DB_DATABASE"), stmt.value("SELECT database()"));
    EXPECT_EQ(std::nullopt, stmt.rows("SELECT @mine").at(0).at(0));
    EXPECT_EQ(id, session(stmt));
}

TEST_P(MySqlReset, NoneIsANewSession)
{
    Dbc d(*e, connects);
    ASSERT_TRUE(ok(d.open(conn_str_without("DATABASE")), d));
    Stmt s(d);
    s.api = calls;
    std::string before = session(s);
    EXPECT_TRUE(clean(SQLSetConnectAttr(d, SQL_ATTR_RESET_CONNECTION, reinterpret_cast<SQLPOINTER>(1), 0), d)); // NOLINT
    EXPECT_EQ(before, session(s)); // it was in none
    ASSERT_TRUE(ok(s.exec("USE information_schema"), s));
    EXPECT_TRUE(clean(SQLSetConnectAttr(d, SQL_ATTR_RESET_CONNECTION, reinterpret_cast<SQLPOINTER>(1), 0), d)); // NOLINT
    EXPECT_EQ(std::nullopt, s.rows("SELECT database()").at(0).at(0));
    EXPECT_NE(before, session(s));
}

} // namespace
