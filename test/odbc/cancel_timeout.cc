// SQLCancel, timeouts, and connections that die.
#include "odbc_test.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <unistd.h>

namespace
{

class Cancel : public EveryMode
{
  protected:
    static SQLPOINTER num(SQLULEN v)
    {
        return reinterpret_cast<SQLPOINTER>(v); // NOLINT
    }
    // Runs f after a while, beside what the test does.
    static std::thread after(int ms, std::function<void()> f)
    {
        return std::thread([ms, f] {
            std::this_thread::sleep_for(std::chrono::milliseconds(ms));
            f();
        });
    }
    SQLULEN dead()
    {
        SQLUINTEGER v = 99;
        SQLGetConnectAttr(dbc, SQL_ATTR_CONNECTION_DEAD, &v, 0, nullptr);
        return v;
    }
};
ALL_MODES(Cancel);

TEST_P(Cancel, FromAnotherThread)
{
    std::thread t = after(200, [this] { EXPECT_EQ(SQL_SUCCESS, SQLCancel(stmt)); });
    double took =
        seconds_of([&] { EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(30)"), stmt, "HY008")); });
    t.join();
    EXPECT_LT(took, 5);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Cancel, ByTheHandleFunction)
{
    std::thread t =
        after(200, [this] { EXPECT_EQ(SQL_SUCCESS, SQLCancelHandle(SQL_HANDLE_STMT, stmt)); });
    EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(30)"), stmt, "HY008"));
    t.join();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Cancel, WhileFetching)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT i, pg_sleep(CASE WHEN i = 1000 THEN 30 ELSE 0 END)"
                             " FROM generate_series(1, 2000) i"),
                   stmt));
    std::thread t = after(300, [this] { SQLCancel(stmt); });
    SQLRETURN rc;
    while ((rc = stmt.fetch()) == SQL_SUCCESS) {
    }
    t.join();
    EXPECT_TRUE(fails(rc, stmt, "HY008"));
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// The set that runs is cancelled, and those behind it are not executed.
TEST_P(Cancel, AnArrayInATransaction)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    for (bool by_timeout : {false, true}) {
        SQLINTEGER seconds[4] = {0, 0, 30, 0};
        SQLUSMALLINT status[4] = {9, 9, 9, 9};
        SQLULEN processed = 0;
        ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, num(4), 0), stmt));
        ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0), stmt));
        ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed, 0), stmt));
        ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, num(by_timeout), 0), stmt));
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, seconds, 0, nullptr), stmt));
        std::thread t;
        if (!by_timeout)
            t = after(300, [this] { SQLCancel(stmt); });
        double took = seconds_of([&] {
            EXPECT_TRUE(fails(stmt.exec("INSERT INTO t SELECT 1 FROM (SELECT pg_sleep(?)) s"), stmt, by_timeout ? "HYT00" : "HY008"));
        });
        if (t.joinable())
            t.join();
        EXPECT_LT(took, 5);
        const SQLUSMALLINT expected[4] = {SQL_PARAM_SUCCESS, SQL_PARAM_SUCCESS, SQL_PARAM_ERROR, SQL_PARAM_UNUSED};
        for (int i = 0; i < 4; i++)
            EXPECT_EQ(expected[i], status[i]) << i;
        EXPECT_EQ(3U, processed);
        ASSERT_TRUE(clean(dbc.rollback(), dbc));
        stmt = Stmt(dbc);
        EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
        ASSERT_TRUE(clean(dbc.rollback(), dbc));
    }
}

TEST_P(Cancel, WhenNothingRuns)
{
    EXPECT_TRUE(clean(SQLCancel(stmt), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 3)"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(SQLCancel(stmt), stmt));
    EXPECT_TRUE(clean(stmt.close(), stmt));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// A cancel hits its own statement, not the next one of the connection.
TEST_P(Cancel, OfAnotherStatementOfTheConnection)
{
    Stmt idle(dbc);
    std::thread t = after(200, [&idle] { SQLCancel(idle); });
    EXPECT_TRUE(clean(stmt.exec("SELECT pg_sleep(0.6)"), stmt));
    t.join();
    stmt.close();
}

TEST_P(Cancel, OftenAndAtAnyMoment)
{
    std::atomic<bool> stop{false};
    std::thread t([&] {
        while (!stop) {
            SQLCancel(stmt);
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
    });
    for (int i = 0; i < 100; i++) {
        SQLRETURN rc = stmt.exec("SELECT count(*) FROM generate_series(1, 2000)");
        // (The driver manager's SQLCancel may empty its list of what the statement has said, before
        // it is read. Straight.CancelOftenAndAtAnyMoment sees that the driver says it each time.)
        std::string state = rc == SQL_ERROR ? stmt.state() : "";
        EXPECT_TRUE(state == "HY008" || state.empty()) << state << " " << stmt.message();
        stmt.close();
    }
    stop = true;
    t.join();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    SQLRETURN rc = stmt.exec("SELECT 1"); // a late cancel may hit this one
    stmt.close();
    if (rc == SQL_ERROR)
        EXPECT_EQ("HY008", stmt.state());
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// ---- timeouts ----

TEST_P(Cancel, QueryTimeout)
{
    ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, num(1), 0), stmt));
    double took =
        seconds_of([&] { EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(30)"), stmt, "HYT00")); });
    EXPECT_GE(took, 0.9);
    EXPECT_LT(took, 4);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
    if (!my()) // the timeout is the client's
        EXPECT_EQ("0", stmt.value("SHOW statement_timeout"));
    ASSERT_TRUE(clean(stmt.prepare("SELECT pg_sleep(30)"), stmt));
    EXPECT_TRUE(fails(stmt.execute(), stmt, "HYT00"));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
    EXPECT_EQ(0U, dead());
}

// The timeout is for the answer, not for a slow reader of a long result.
TEST_P(Cancel, QueryTimeoutAndASlowReader)
{
    ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, num(1), 0), stmt));
    ASSERT_TRUE(
        ok(stmt.exec("SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    size_t n = 1;
    SQLRETURN rc;
    while ((rc = stmt.fetch()) == SQL_SUCCESS)
        n++;
    EXPECT_TRUE(nothing(rc, stmt));
    EXPECT_EQ(20000U, n);
}

TEST_P(Cancel, TimeoutInATransaction)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, num(1), 0), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(30)"), stmt, "HYT00"));
    // MySQL warns that a temporary table does not go with it.
    SQLRETURN rc = dbc.rollback();
    EXPECT_TRUE(my_is_mysql() ? ok(rc, dbc) : clean(rc, dbc));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
}

// The server's own timeout is another thing than ODBC's.
TEST_P(Cancel, StatementTimeoutOfTheServer)
{
    ASSERT_TRUE(ok(stmt.exec("SET statement_timeout = 200"), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(30)"), stmt, "HY008|HYT00"));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Cancel, LockTimeout)
{
    Dbc two = another();
    Stmt s(two);
    s.exec("DROP TABLE IF EXISTS hf_lock");
    ASSERT_TRUE(ok(s.exec("CREATE TABLE hf_lock (a int)"), s));
    ASSERT_TRUE(clean(two.autocommit(false), two));
    ASSERT_TRUE(ok(s.exec("LOCK TABLE hf_lock"), s));
    ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, num(1), 0), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT * FROM hf_lock"), stmt, "HYT00"));
    ASSERT_TRUE(ok(stmt.exec("SET lock_timeout = 100"), stmt));
    EXPECT_EQ(SQL_ERROR, stmt.exec("SELECT * FROM hf_lock"));
    EXPECT_NE("", stmt.state());
    EXPECT_TRUE(clean(two.rollback(), two));
    EXPECT_TRUE(ok(s.exec("DROP TABLE hf_lock"), s));
    EXPECT_TRUE(clean(two.commit(), two));
}

// ---- killed from outside ----

class Killed : public Cancel
{
  protected:
    void SetUp() override
    {
        Cancel::SetUp();
        pid = stmt.value("SELECT pg_backend_pid()");
    }
    void kill_it()
    {
        Env own;
        Dbc d(own);
        ASSERT_TRUE(ok(d.open(conn_str()), d));
        Stmt s(d);
        EXPECT_TRUE(ok(s.exec(by("SELECT pg_terminate_backend(" + pid + ")", "KILL " + pid)), s));
        s.close();
        const std::string living =
            by("SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid,
               "SELECT count(*) FROM information_schema.processlist WHERE id = " + pid);
        for (int i = 0; i < 200; i++) {
            if (s.value(living) == "0")
                return;
            usleep(10000);
        }
        ADD_FAILURE() << "the backend does not end";
    }
    void expect_dead_and_reusable()
    {
        EXPECT_EQ(SQLULEN(SQL_CD_TRUE), dead());
        EXPECT_TRUE(fails(stmt.exec("SELECT 1"), stmt, "08S01|08003"));
        stmt = Stmt();
        EXPECT_TRUE(ok(SQLDisconnect(dbc), dbc));
        dbc.api = connects;
        ASSERT_TRUE(clean(dbc.open(conn_str()), dbc));
        dbc.api = calls;
        stmt = Stmt(dbc);
        EXPECT_EQ("1", stmt.value("SELECT 1"));
    }
    // No cluster is behind this server, so nothing can be failed over to.
    std::string options() const override
    {
        return "ENABLE_CLUSTER_FAILOVER=0;";
    }
    std::string pid;
};
ALL_MODES(Killed);

TEST_P(Killed, WhileIdle)
{
    auto server = [&] {
        std::string name;
        EXPECT_TRUE(ok(calls.info_text(dbc, SQL_DBMS_NAME, &name), dbc));
        return name;
    };
    std::string before = server();
    kill_it();
    double took = seconds_of([&] { EXPECT_TRUE(fails(stmt.exec("SELECT 1"), stmt, "08S01")); });
    EXPECT_LT(took, 5);
    if (my()) // what its programs look for: "server has gone away"
        EXPECT_EQ(2006, stmt.diags().at(0).native);
    EXPECT_EQ(before, server());
    EXPECT_NE(std::string::npos, stmt.message().find("[" + before + " ")) << stmt.message();
    expect_dead_and_reusable();
}

TEST_P(Killed, WhileExecuting)
{
    std::thread t = after(200, [this] { kill_it(); });
    double took =
        seconds_of([&] { EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(30)"), stmt, "08S01")); });
    t.join();
    EXPECT_LT(took, 6);
    expect_dead_and_reusable();
}

TEST_P(Killed, WhileFetching)
{
    ASSERT_TRUE(
        ok(stmt.exec("SELECT i, repeat('x', 1000) FROM generate_series(1, 200000) i"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    kill_it();
    SQLRETURN rc;
    size_t n = 1;
    while ((rc = stmt.fetch()) == SQL_SUCCESS)
        n++;
    EXPECT_TRUE(fails(rc, stmt, "08S01"));
    EXPECT_LT(n, 200000U); // never a quiet end
    stmt.close();
    expect_dead_and_reusable();
}

TEST_P(Killed, InATransaction)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    kill_it();
    EXPECT_TRUE(fails(stmt.exec("INSERT INTO t VALUES (1)"), stmt, "08S01|08007"));
    stmt = Stmt();
    SQLDisconnect(dbc);
}

// Nothing is told of sets as if it were known.
TEST_P(Killed, AmidAnArrayInATransaction)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    SQLINTEGER seconds[3] = {0, 30, 0};
    SQLUSMALLINT status[3] = {9, 9, 9};
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(3), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0);
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, seconds, 0, nullptr);
    std::thread t = after(300, [this] { kill_it(); });
    double took = seconds_of([&] { EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(?)"), stmt, "08S01|08007")); });
    t.join();
    EXPECT_LT(took, 6);
    for (SQLUSMALLINT one : status)
        EXPECT_NE(SQL_PARAM_SUCCESS, one);
    stmt = Stmt();
    SQLDisconnect(dbc);
}

TEST_P(Killed, AtTheCommit)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    kill_it();
    EXPECT_TRUE(fails(dbc.commit(), dbc, "08S01|08007"));
}

TEST_P(Killed, WithOtherResultsSetAside)
{
    Stmt two(dbc);
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 1000)"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    ASSERT_TRUE(ok(two.exec("SELECT 1"), two)); // the first is read to its end by this
    two.close();
    kill_it();
    EXPECT_TRUE(fails(two.exec("SELECT 1"), two, "08S01"));
    EXPECT_TRUE(clean(two.close(), two));
}

TEST_P(Killed, HandlesAreFreedInAnyOrder)
{
    Stmt two(dbc);
    ASSERT_TRUE(ok(two.prepare("SELECT 1"), two));
    ASSERT_TRUE(ok(two.execute(), two));
    kill_it();
    stmt.exec("SELECT 1");
    two = Stmt();
    stmt = Stmt();
    EXPECT_TRUE(ok(SQLDisconnect(dbc), dbc));
}

// With the failover plugin, and still no cluster: the same word, soon.
class KilledWithFailover : public Killed
{
    std::string options() const override
    {
        return "FAILOVER_TIMEOUT_MS=5000;";
    }
};
BOTH_FORMS(KilledWithFailover);

TEST_P(KilledWithFailover, WhileIdle)
{
    kill_it();
    SQLRETURN rc = SQL_SUCCESS;
    double took = seconds_of([&] { rc = stmt.exec("SELECT 1"); });
    EXPECT_TRUE(fails(rc, stmt, "08S01|08S02"));
    EXPECT_LT(took, 8);
    if (stmt.state() == "08S02")
        EXPECT_EQ("1", stmt.value("SELECT 1"));
}

} // namespace
