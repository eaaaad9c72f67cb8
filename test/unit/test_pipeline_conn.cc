// The wrapper connection on the scripted native, one server, no plugin.
#include "unit/pipeline_world.h"

#include <sys/wait.h>

using namespace pipeline_world;

namespace
{

typedef std::vector<std::string> List;

class Conn : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        hints = true;
        fake_reset();
        fake_server(a, 0, ROLE_WRITER);
        fake_on_rows(nullptr, "SELECT one", "n:int4|1");
        fake_on_rows(nullptr, "SELECT three", "n:int4,s|1,x|2,\\N|3,z");
        struct fake_reply many = {};
        many.act = FAKE_ROWS;
        many.rows = "n:int4|7";
        many.repeat = 1000;
        fake_on(nullptr, "SELECT many", &many);
        fake_on_rows(nullptr, "INSERT INTO r", "n:int4|5|6");
        k.set("SERVER", a);
        k.set("PLUGINS", "none");
        ASSERT_TRUE(k.connect()) << k.f.text;
    }
    void TearDown() override
    {
        k.disconnect();
        EXPECT_EQ(fake_sessions(), 0u);
        fake_reset();
    }
    void prepare(struct prepared *p, const std::string &sql, size_t params)
    {
        struct scan_info scan;
        scan_classify(conn_rules(k.c), text_of(sql.c_str()), &scan);
        scan.params = params;
        ASSERT_TRUE(prepared_set(k.c, p, text_of(sql.c_str()), &scan, &k.f));
    }
    bool execute(struct cursor *cur, struct prepared *p,
                 const std::vector<std::string> &values = {}, size_t nsets = 1,
                 int64_t deadline = DEADLINE_NEVER)
    {
        std::vector<struct nat_param> params;
        for (auto &v : values)
            params.push_back({v.data(), v.size(), false, 0});
        struct conn_work work = {};
        work.prepared = p;
        work.params = params.data();
        work.nparams = values.size() / nsets;
        work.nsets = nsets;
        return conn_execute(k.c, cur, &work, &k.out, deadline, &k.f);
    }
    size_t count(const std::string &what)
    {
        return fake_executed(what.c_str());
    }

    Client k;
};

TEST_F(Conn, ReadsAPlainSelect)
{
    Cursor cur;
    ASSERT_TRUE(k.run(&cur, "SELECT three"));
    EXPECT_EQ(k.out.kind, NAT_ROWS);
    EXPECT_TRUE(cur.live);
    size_t n;
    const struct nat_column *columns = cursor_columns(&cur, &n);
    ASSERT_EQ(n, 2u);
    EXPECT_EQ(std::string(columns[1].name.s, columns[1].name.n), "s");
    size_t got;
    ASSERT_TRUE(cursor_next(&cur, 2, &got, DEADLINE_NEVER, &k.f));
    ASSERT_EQ(got, 2u);
    EXPECT_EQ(cursor_cell(&cur, 1, 1).p, nullptr);
    EXPECT_EQ(cursor_cell(&cur, 2, 0).p, nullptr); // no such row
    ASSERT_TRUE(cursor_next(&cur, 2, &got, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(got, 1u);
    ASSERT_TRUE(cursor_next(&cur, 2, &got, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(got, 0u);
    EXPECT_FALSE(cur.live); // the wire is free already
    ASSERT_TRUE(cursor_next(&cur, 2, &got, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(got, 0u);
    ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_END);
    EXPECT_FALSE(cursor_open(&cur));
    EXPECT_FALSE(cursor_next(&cur, 2, &got, DEADLINE_NEVER, &k.f));
    EXPECT_STREQ(k.f.sqlstate, "24000");
}

TEST_F(Conn, MoreResultsSkipsUnreadRows)
{
    Cursor cur;
    ASSERT_TRUE(k.run(&cur, "SELECT many"));
    ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_END);
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(Conn, WritesAreReadToTheirEnd)
{
    Cursor cur, other;
    ASSERT_TRUE(k.run(&cur, "INSERT INTO t VALUES (1)"));
    EXPECT_EQ(k.out.kind, NAT_DONE);
    EXPECT_EQ(k.out.count, 1);
    EXPECT_EQ(cur.aside, nullptr); // nothing to keep
    ASSERT_TRUE(k.run(&cur, "INSERT INTO r VALUES (1) RETURNING n"));
    EXPECT_EQ(k.out.kind, NAT_ROWS);
    EXPECT_FALSE(cur.live);
    EXPECT_EQ(k.all("SELECT one"), "");
    size_t n;
    cursor_columns(&cur, &n);
    EXPECT_EQ(n, 1u);
    std::string rows;
    EXPECT_EQ(k.rows(&cur, 64, &rows), 2u);
    EXPECT_EQ(rows, "5,6");
}

TEST_F(Conn, SeveralResults)
{
    Cursor cur;
    ASSERT_TRUE(
        k.run(&cur, "SELECT one; INSERT INTO t VALUES (1); SELECT three; UPDATE t SET a = 1"));
    EXPECT_EQ(k.out.kind, NAT_ROWS);
    EXPECT_EQ(k.rows(&cur), 1u);
    ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_DONE);
    EXPECT_STREQ(k.out.tag, "INSERT");
    ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_ROWS);
    size_t got; // a part of its rows only
    ASSERT_TRUE(cursor_next(&cur, 1, &got, DEADLINE_NEVER, &k.f));
    ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_STREQ(k.out.tag, "UPDATE");
    ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_END);
}

TEST_F(Conn, FailureOfALaterStatementIsTheCallsFailure)
{
    fake_on_fail(nullptr, "SELECT bad", "22012", "division by zero");
    Cursor cur;
    ASSERT_TRUE(k.run(&cur, "INSERT INTO r VALUES (1); SELECT bad"));
    EXPECT_EQ(k.out.kind, NAT_FAILED);
    EXPECT_STREQ(k.out.fault.server_state, "22012");
    ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_END);
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(Conn, BeginTravelsWithTheStatement)
{
    k.manual();
    EXPECT_FALSE(conn_in_transaction(k.c));
    EXPECT_TRUE(k.commit()); // nothing open: no round trip
    EXPECT_TRUE(executed().empty());
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_TRUE(conn_in_transaction(k.c));
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_TRUE(k.commit());
    EXPECT_FALSE(conn_in_transaction(k.c));
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_TRUE(k.rollback());
    EXPECT_TRUE(k.rollback());
    EXPECT_EQ(executed(), (List{"BEGIN", "INSERT INTO t VALUES (1)", "SELECT one", "COMMIT",
                                "BEGIN", "SELECT one", "ROLLBACK"}));
}

TEST_F(Conn, TheApplicationsOwnBegin)
{
    k.manual();
    EXPECT_EQ(k.all("BEGIN ISOLATION LEVEL SERIALIZABLE"), "");
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(k.all("COMMIT"), "");
    EXPECT_FALSE(conn_in_transaction(k.c));
    EXPECT_EQ(executed(),
              (List{"BEGIN ISOLATION LEVEL SERIALIZABLE", "INSERT INTO t VALUES (1)", "COMMIT"}));
}

TEST_F(Conn, DriversOwnQuestionsOpenNoTransaction)
{
    k.manual();
    struct conn_work work = {};
    struct scan_info scan;
    scan_classify(conn_rules(k.c), TEXT("SELECT one"), &scan);
    work.sql = TEXT("SELECT one");
    work.scan = &scan;
    work.internal = true;
    Cursor cur;
    ASSERT_TRUE(conn_execute(k.c, &cur, &work, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(executed(), (List{"SELECT one"}));
    EXPECT_FALSE(conn_in_transaction(k.c));
}

TEST_F(Conn, TurningAutocommitOnCommits)
{
    k.manual();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    ASSERT_TRUE(conn_set_autocommit(k.c, true, DEADLINE_NEVER, &k.f));
    EXPECT_TRUE(conn_autocommit(k.c));
    EXPECT_EQ(count("COMMIT"), 1u);
    ASSERT_TRUE(conn_set_autocommit(k.c, true, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(count("COMMIT"), 1u);
}

TEST_F(Conn, CommitOfAFailedTransactionIsNoSuccess)
{
    fake_on_fail(nullptr, "SELECT bad", "22012", "division by zero");
    k.manual();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(k.all("SELECT bad"), "22012");
    EXPECT_FALSE(k.commit());
    EXPECT_STREQ(k.f.sqlstate, "25S03");
    EXPECT_FALSE(conn_in_transaction(k.c));
    EXPECT_TRUE(k.commit());
    EXPECT_EQ(k.all("SELECT bad"), "22012"); // the same by text
    EXPECT_EQ(k.all("COMMIT"), "25S03");
    EXPECT_FALSE(conn_in_transaction(k.c));
}

TEST_F(Conn, CommitThatFails)
{
    struct fake_reply fail = {};
    fail.act = FAKE_FAIL;
    fail.state = "23505";
    fail.message = "a deferred constraint";
    fail.times = 1;
    fake_on(nullptr, "COMMIT", &fail);
    k.manual();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_FALSE(k.commit());
    EXPECT_STREQ(k.f.server_state, "23505");
}

TEST_F(Conn, CommitIsNeverCancelled)
{
    struct fake_reply slow = {};
    slow.act = FAKE_DONE;
    slow.tag = "COMMIT";
    slow.delay_ms = 150;
    slow.notice = "the transaction has already committed locally";
    fake_on(nullptr, "COMMIT", &slow);
    k.manual();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_TRUE(conn_end(k.c, true, deadline_in(SECONDS(5)), &k.f));
    EXPECT_TRUE(conn_has_notice(k.c));
    EXPECT_EQ(k.notices().size(), 1u);
    EXPECT_FALSE(conn_has_notice(k.c));
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(k.all("COMMIT", deadline_in(MS(20))), ""); // a query timeout is not for it
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_FALSE(conn_end(k.c, true, deadline_in(MS(20)), &k.f)); // a connection's is
    EXPECT_STREQ(k.f.sqlstate, "08S01");
    EXPECT_EQ(fake_cancels(), 0u);
}

TEST_F(Conn, PreparesOnce)
{
    struct prepared p = {};
    Cursor cur;
    prepare(&p, "SELECT one WHERE $1", 1);
    EXPECT_TRUE(executed().empty()); // no I/O yet
    ASSERT_TRUE(execute(&cur, &p, {"x"}));
    EXPECT_EQ(k.rows(&cur), 1u);
    unsigned known = p.generation;
    EXPECT_NE(known, 0u);
    ASSERT_TRUE(execute(&cur, &p, {"y"}));
    EXPECT_EQ(k.rows(&cur), 1u);
    EXPECT_EQ(executed(), (List{"SELECT one WHERE $1 [x]", "SELECT one WHERE $1 [y]"}));
    std::string name = p.name;
    uint32_t types[] = {23};
    ASSERT_TRUE(prepared_types(k.c, &p, types, 1, &k.f));
    EXPECT_NE(p.name, name); // the old one may be known yet when this one comes
    ASSERT_TRUE(execute(&cur, &p, {"z"}));
    ASSERT_TRUE(prepared_types(k.c, &p, types, 1, &k.f));
    EXPECT_NE(p.generation, 0u);
    prepared_drop(k.c, &p);
    EXPECT_EQ(p.sql, nullptr);
}

TEST_F(Conn, PrepareThatFailsIsTheStatementsFailure)
{
    fake_on_fail(nullptr, "PREPARE SELECT bad", "42601", "syntax error");
    struct prepared p = {};
    Cursor cur;
    prepare(&p, "SELECT bad", 0);
    ASSERT_TRUE(execute(&cur, &p));
    EXPECT_EQ(k.out.kind, NAT_FAILED);
    EXPECT_STREQ(k.out.fault.server_state, "42601");
    EXPECT_EQ(p.generation, 0u);
    EXPECT_EQ(k.all("SELECT one"), "");
    prepared_drop(k.c, &p);
}

TEST_F(Conn, AStatementTheServerForgotIsPreparedAgain)
{
    for (const char *state : {"26000", "0A000"}) {
        struct prepared p = {};
        Cursor cur;
        prepare(&p, "INSERT INTO t VALUES ($1)", 1);
        ASSERT_TRUE(execute(&cur, &p, {"1"}));
        size_t before = count("INSERT");
        struct fake_reply fail = {};
        std::string message = std::string("prepared statement \"") + p.name + "\" does not exist";
        fail.act = FAKE_FAIL;
        fail.state = state;
        fail.message = message.c_str();
        fail.times = 1;
        fake_on(nullptr, "INSERT INTO t", &fail);
        ASSERT_TRUE(execute(&cur, &p, {"2"}));
        EXPECT_EQ(k.out.kind, NAT_DONE) << k.out.fault.text;
        EXPECT_EQ(count("INSERT"), before + 1); // once, not twice
        prepared_drop(k.c, &p);
    }
}

// Raised by what the statement did, the same errors do not have it executed again.
TEST_F(Conn, AnErrorFromInsideIsNoForgottenStatement)
{
    const struct {
        const char *sql, *state, *message;
    } rows[] = {
        {"CALL p($1)", "0A000", "cached plan must not change result type"},
        {"DO $1", "0A000", "not supported"},
        {"CALL p($1)", "26000", "prepared statement \"mine\" does not exist"},
        {"INSERT INTO t VALUES ($1)", "26000", "prepared statement \"mine\" does not exist"},
    };
    for (const auto &row : rows) {
        struct prepared p = {};
        Cursor cur;
        prepare(&p, row.sql, 1);
        ASSERT_TRUE(execute(&cur, &p, {"1"}));
        size_t before = executed().size();
        struct fake_reply fail = {};
        fail.act = FAKE_FAIL;
        fail.state = row.state;
        fail.message = row.message;
        fail.times = 1;
        fake_on(nullptr, std::string(row.sql, 4).c_str(), &fail);
        ASSERT_TRUE(execute(&cur, &p, {"2"}));
        EXPECT_EQ(k.out.kind, NAT_FAILED) << row.sql;
        EXPECT_STREQ(k.out.fault.server_state, row.state);
        EXPECT_EQ(executed().size(), before) << row.sql; // refused by the script: not executed
        prepared_drop(k.c, &p);
    }
}

TEST_F(Conn, PreparedAgainInATransactionOfItsOwnOnly)
{
    struct prepared p = {};
    Cursor cur;
    prepare(&p, "INSERT INTO t VALUES ($1)", 1);
    ASSERT_TRUE(execute(&cur, &p, {"1"}));
    k.manual();
    struct fake_reply fail = {};
    std::string message = std::string("prepared statement \"") + p.name + "\" does not exist";
    fail.act = FAKE_FAIL;
    fail.state = "26000";
    fail.message = message.c_str();
    fail.times = 1;
    fake_on(nullptr, "INSERT INTO t", &fail);
    ASSERT_TRUE(execute(&cur, &p, {"2"})); // the transaction holds nothing else
    EXPECT_EQ(k.out.kind, NAT_DONE);
    EXPECT_EQ(executed(), (List{"INSERT INTO t VALUES ($1) [1]", "BEGIN", "ROLLBACK", "BEGIN",
                                "INSERT INTO t VALUES ($1) [2]"}));
    fake_on(nullptr, "INSERT INTO t", &fail);
    ASSERT_TRUE(execute(&cur, &p, {"3"})); // here it holds the second
    EXPECT_EQ(k.out.kind, NAT_FAILED);
    EXPECT_EQ(p.generation, 0u);
    EXPECT_TRUE(k.rollback());
    ASSERT_TRUE(execute(&cur, &p, {"4"}));
    EXPECT_EQ(k.out.kind, NAT_DONE);
    prepared_drop(k.c, &p);
}

TEST_F(Conn, DiscardAllMakesStatementsUnknown)
{
    struct prepared p = {};
    Cursor cur;
    prepare(&p, "SELECT one", 0);
    ASSERT_TRUE(execute(&cur, &p));
    unsigned known = p.generation;
    EXPECT_EQ(k.all("DISCARD ALL"), "");
    ASSERT_TRUE(execute(&cur, &p));
    EXPECT_EQ(k.out.kind, NAT_ROWS);
    EXPECT_NE(p.generation, known);
    prepared_drop(k.c, &p);
}

TEST_F(Conn, Describes)
{
    struct prepared p = {};
    Cursor cur;
    const struct nat_type *params;
    const struct nat_column *columns;
    size_t nparams, ncolumns;
    prepare(&p, "SELECT three WHERE $1 AND $2", 2);
    ASSERT_TRUE(
        conn_describe(k.c, &p, &params, &nparams, &columns, &ncolumns, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(nparams, 2u);
    ASSERT_EQ(ncolumns, 2u);
    EXPECT_EQ(std::string(columns[0].name.s, columns[0].name.n), "n");
    EXPECT_EQ(columns[0].type.kind, NAT_INT4);
    EXPECT_TRUE(executed().empty());
    k.manual(); // describing opens no transaction
    ASSERT_TRUE(
        conn_describe(k.c, &p, &params, &nparams, &columns, &ncolumns, DEADLINE_NEVER, &k.f));
    EXPECT_FALSE(conn_in_transaction(k.c));
    prepared_drop(k.c, &p);
    fake_on_fail(nullptr, "PREPARE nonsense", "42601", "syntax error");
    prepare(&p, "nonsense", 0);
    EXPECT_FALSE(
        conn_describe(k.c, &p, &params, &nparams, &columns, &ncolumns, DEADLINE_NEVER, &k.f));
    EXPECT_STREQ(k.f.server_state, "42601");
    prepared_drop(k.c, &p);
}

TEST_F(Conn, ParameterArrays)
{
    struct prepared p = {};
    Cursor cur;
    prepare(&p, "INSERT INTO t VALUES ($1)", 1);
    ASSERT_TRUE(execute(&cur, &p, {"1", "2", "3"}, 3));
    for (size_t set = 0; set < 3; set++) {
        EXPECT_EQ(k.out.kind, NAT_DONE);
        EXPECT_EQ(k.out.set, set);
        ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    }
    EXPECT_EQ(k.out.kind, NAT_END);
    struct fake_reply fail = {};
    fail.act = FAKE_FAIL;
    fail.state = "23505";
    fail.times = 1;
    fake_on(nullptr, "INSERT INTO t", &fail);
    ASSERT_TRUE(execute(&cur, &p, {"4", "5"}, 2)); // each set has its own outcome
    EXPECT_EQ(k.out.kind, NAT_FAILED);
    ASSERT_TRUE(cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_DONE);
    prepared_drop(k.c, &p);
}

TEST_F(Conn, AnOpenResultIsSetAside)
{
    Cursor first, second;
    ASSERT_TRUE(k.run(&first, "SELECT many"));
    size_t got;
    ASSERT_TRUE(cursor_next(&first, 3, &got, DEADLINE_NEVER, &k.f));
    ASSERT_EQ(got, 3u);
    ASSERT_TRUE(k.run(&second, "SELECT three"));
    struct nat_cell cell = cursor_cell(&first, 2, 0); // the row the application stands on
    EXPECT_EQ(std::string(cell.p, cell.n), "7");
    size_t n;
    cursor_columns(&first, &n);
    EXPECT_EQ(n, 1u);
    EXPECT_EQ(k.rows(&first), 997u);
    EXPECT_EQ(k.rows(&second), 3u);
    ASSERT_TRUE(cursor_result(&first, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_END);
}

TEST_F(Conn, SettingAsideMayRunOutOfTime)
{
    Cursor first, second;
    ASSERT_TRUE(k.run(&first, "SELECT many"));
    size_t got;
    ASSERT_TRUE(cursor_next(&first, 3, &got, DEADLINE_NEVER, &k.f));
    fake_set_state(a, FAKE_FROZEN);
    EXPECT_EQ(k.state(&second, "INSERT INTO t VALUES (1)", deadline_in(MS(30))), "HYT00");
    EXPECT_EQ(fake_cancels(), 0u); // nothing of the first one is cancelled for that
    EXPECT_EQ(std::string(cursor_cell(&first, 0, 0).p, 1), "7");
    fake_set_state(a, FAKE_UP);
    EXPECT_EQ(k.state(&second, "INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(k.rows(&first), 997u);
    EXPECT_EQ(count("INSERT"), 1u);
}

TEST_F(Conn, HalfSetAsideIsFinishedByItsReader)
{
    Cursor first, second;
    ASSERT_TRUE(k.run(&first, "SELECT many"));
    fake_set_state(a, FAKE_FROZEN);
    EXPECT_EQ(k.state(&second, "SELECT one", deadline_in(MS(30))), "HYT00");
    fake_set_state(a, FAKE_UP);
    EXPECT_EQ(k.rows(&first), 1000u);
    EXPECT_EQ(k.state(&second, "SELECT one"), "");
}

TEST_F(Conn, QueryTimeoutCancels)
{
    fake_on_act(nullptr, "SELECT slow", FAKE_MUTE, 0);
    fake_on_act(nullptr, "UPDATE slow", FAKE_MUTE, 0);
    for (const char *sql : {"SELECT slow", "UPDATE slow"}) {
        Cursor cur;
        EXPECT_EQ(k.state(&cur, sql, deadline_in(MS(30))), "HYT00");
        EXPECT_FALSE(conn_dead(k.c));
        EXPECT_EQ(k.all("SELECT one"), "");
    }
    EXPECT_EQ(fake_cancels(), 2u);
}

TEST_F(Conn, QueryTimeoutWhileFetching)
{
    struct fake_reply stuck = {};
    stuck.act = FAKE_MUTE;
    stuck.rows = "n:int4|1|2";
    fake_on(nullptr, "SELECT stuck", &stuck);
    Cursor cur;
    size_t got;
    ASSERT_TRUE(k.run(&cur, "SELECT stuck"));
    ASSERT_TRUE(cursor_next(&cur, 10, &got, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(got, 2u);
    EXPECT_FALSE(cursor_next(&cur, 10, &got, deadline_in(MS(30)), &k.f));
    EXPECT_STREQ(k.f.sqlstate, "HYT00");
    EXPECT_EQ(k.all("SELECT one"), "");
    ASSERT_TRUE(k.run(&cur, "INSERT INTO r; SELECT one"));
    EXPECT_EQ(k.rows(&cur), 2u);
}

TEST_F(Conn, SuccessThatRacedTheCancelIsSuccess)
{
    struct fake_reply late = {};
    late.act = FAKE_DONE;
    late.count = 3;
    late.delay_ms = 100;
    fake_on(nullptr, "UPDATE late", &late);
    Cursor cur;
    EXPECT_EQ(k.state(&cur, "UPDATE late", deadline_in(MS(20))), "");
    EXPECT_EQ(k.out.count, 3);
    EXPECT_EQ(fake_cancels(), 1u);
}

TEST_F(Conn, NoAnswerToTheCancelIsALostLink)
{
    fake_set_state(a, FAKE_FROZEN);
    Cursor cur;
    int64_t begun = clock_us();
    EXPECT_EQ(k.state(&cur, "SELECT one", deadline_in(MS(20))), "08S01");
    EXPECT_GE(clock_us() - begun, SECONDS(2));
    EXPECT_LT(clock_us() - begun, SECONDS(4));
    EXPECT_TRUE(conn_dead(k.c));
}

TEST_F(Conn, CancelFromAnotherThread)
{
    fake_on_act(nullptr, "SELECT slow", FAKE_MUTE, 0);
    EXPECT_TRUE(conn_cancel(k.c)); // nothing is under way
    EXPECT_EQ(fake_cancels(), 0u);
    std::thread other([this] {
        while (count("SELECT slow") == 0)
            usleep(1000);
        conn_cancel(k.c);
    });
    Cursor cur;
    EXPECT_EQ(k.state(&cur, "SELECT slow"), "HY008");
    other.join();
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(Conn, LeavingAResultDrainsIt)
{
    Cursor cur;
    ASSERT_TRUE(k.run(&cur, "SELECT many"));
    EXPECT_TRUE(cursor_close(&cur, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(fake_cancels(), 0u);
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(Conn, LeavingAResultCancelsOnlyWhereNothingCanBeWritten)
{
    struct fake_reply stuck = {};
    stuck.act = FAKE_MUTE;
    stuck.rows = "n:int4|1";
    fake_on(nullptr, "SELECT stuck", &stuck);
    fake_set_role(a, ROLE_READER);
    Cursor cur;
    ASSERT_TRUE(k.run(&cur, "SELECT stuck"));
    EXPECT_TRUE(cursor_close(&cur, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(fake_cancels(), 1u);
    EXPECT_EQ(k.all("SELECT one"), "");
    k.manual(); // a cancel would abort the transaction: the deadline must come first
    EXPECT_EQ(k.all("SELECT one"), "");
    ASSERT_TRUE(k.run(&cur, "SELECT stuck"));
    int64_t begun = clock_us();
    EXPECT_TRUE(cursor_close(&cur, deadline_in(MS(200)), &k.f));
    EXPECT_GE(clock_us() - begun, MS(200));
}

TEST_F(Conn, Settings)
{
    EXPECT_EQ(conn_isolation(k.c), ISOLATION_READ_COMMITTED);
    ASSERT_TRUE(conn_set_isolation(k.c, ISOLATION_SERIALIZABLE, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(conn_isolation(k.c), ISOLATION_SERIALIZABLE);
    ASSERT_TRUE(conn_set_read_only(k.c, false, DEADLINE_NEVER, &k.f)); // as it is
    ASSERT_TRUE(conn_set_read_only(k.c, true, DEADLINE_NEVER, &k.f));
    EXPECT_TRUE(conn_read_only(k.c));
    EXPECT_EQ(executed(),
              (List{"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"}));
    k.manual();
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_FALSE(conn_set_isolation(k.c, ISOLATION_READ_COMMITTED, DEADLINE_NEVER, &k.f));
    EXPECT_STREQ(k.f.sqlstate, "HY011");
    EXPECT_EQ(conn_isolation(k.c), ISOLATION_SERIALIZABLE);
}

TEST_F(Conn, SettingsBeforeTheConnect)
{
    Client early;
    early.set("SERVER", a);
    early.set("PLUGINS", "");
    early.make();
    ASSERT_TRUE(conn_set_autocommit(early.c, false, DEADLINE_NOW, &early.f));
    ASSERT_TRUE(conn_set_isolation(early.c, ISOLATION_REPEATABLE_READ, DEADLINE_NOW, &early.f));
    ASSERT_TRUE(conn_set_read_only(early.c, true, DEADLINE_NOW, &early.f));
    ASSERT_TRUE(early.connect());
    EXPECT_FALSE(conn_autocommit(early.c));
    EXPECT_EQ(executed(),
              (List{"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"}));
    EXPECT_STREQ(conn_server_version(early.c), "15.18");
}

TEST_F(Conn, ALostLinkWithoutFailover)
{
    Cursor open;
    ASSERT_TRUE(k.run(&open, "SELECT many"));
    fake_kill_sessions(a);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "08S01");
    EXPECT_EQ(count("INSERT"), 0u);
    EXPECT_TRUE(conn_dead(k.c));
    EXPECT_EQ(k.all("SELECT one"), "08S01");
    EXPECT_NE(std::string(k.f.text).find("SQLDisconnect"), std::string::npos);
    EXPECT_EQ(k.rows(&open), SIZE_MAX);
    EXPECT_STREQ(k.f.sqlstate, "08S01");
    EXPECT_EQ(cursor_cell(&open, 0, 0).p, nullptr);
    EXPECT_TRUE(k.commit());
    EXPECT_STREQ(conn_server_version(k.c), "15.18");
}

TEST_F(Conn, ALostTransactionIsNotCommitted)
{
    k.manual();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    fake_kill_sessions(a);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (2)"), "08S01");
    EXPECT_FALSE(k.commit());
    EXPECT_STREQ(k.f.sqlstate, "25S03");
    EXPECT_TRUE(k.rollback());
}

TEST_F(Conn, RowsSetAsideOutliveTheLink)
{
    Cursor kept;
    ASSERT_TRUE(k.run(&kept, "INSERT INTO r RETURNING n"));
    fake_kill_sessions(a);
    EXPECT_EQ(k.all("SELECT one"), "08S01");
    EXPECT_EQ(k.rows(&kept), 2u);
}

TEST_F(Conn, LostMidway)
{
    struct fake_reply lost = {};
    lost.act = FAKE_LOST_MIDWAY;
    lost.rows = "n:int4|1|2|3";
    lost.midway = 2;
    fake_on(nullptr, "SELECT lost", &lost);
    fake_on(nullptr, "DELETE FROM lost", &lost);
    Cursor cur;
    ASSERT_TRUE(k.run(&cur, "SELECT lost"));
    EXPECT_EQ(k.rows(&cur), SIZE_MAX);
    EXPECT_STREQ(k.f.sqlstate, "08S01");
    struct fault f;
    EXPECT_TRUE(cursor_close(&cur, DEADLINE_NEVER, &f)); // told already
    Client again;
    again.set("SERVER", a);
    again.set("PLUGINS", "none");
    ASSERT_TRUE(again.connect());
    EXPECT_EQ(again.all("DELETE FROM lost RETURNING n"), "08S01"); // no half of a success
}

TEST_F(Conn, NoticesComeInOrder)
{
    struct fake_reply noisy = {};
    noisy.act = FAKE_DONE;
    noisy.notice = "hello";
    fake_on(nullptr, "DO", &noisy);
    EXPECT_EQ(k.all("DO $$ BEGIN END $$"), "");
    EXPECT_TRUE(conn_has_notice(k.c));
    EXPECT_TRUE(conn_has_notice(k.c));
    EXPECT_EQ(k.notices(), (List{"01000 hello"}));
}

TEST_F(Conn, AForkedChildSendsNothing)
{
    Cursor cur;
    ASSERT_TRUE(k.run(&cur, "SELECT many"));
    pid_t child = fork();
    if (child == 0) {
        Cursor mine;
        bool fine = k.state(&mine, "SELECT one") == "08S01" && strstr(k.f.text, "parent process") &&
                    conn_dead(k.c) && cursor_close(&cur, DEADLINE_NEVER, &k.f) && !k.commit() &&
                    strcmp(k.f.sqlstate, "08S01") == 0;
        conn_disconnect(k.c);
        conn_free(k.c);
        _exit(fine ? 0 : 1);
    }
    int how;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    EXPECT_TRUE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    EXPECT_EQ(k.rows(&cur), 1000u);
}

TEST_F(Conn, ConnectFaults)
{
    Client x;
    x.set("SERVER", "10.0.0.9");
    EXPECT_FALSE(x.connect());
    EXPECT_STREQ(x.f.sqlstate, "08001");
    Client y;
    y.set("SERVER", a);
    y.set("PLUGINS", "failover, nonsense");
    EXPECT_FALSE(y.connect());
    EXPECT_STREQ(y.f.sqlstate, "HY024");
    EXPECT_NE(std::string(y.f.text).find("nonsense"), std::string::npos);
    EXPECT_NE(std::string(y.f.text).find("failover, host_monitoring, log"), std::string::npos);
    Client z;
    z.set("SERVER", a);
    fake_set_state(a, FAKE_FROZEN);
    EXPECT_FALSE(z.connect(MS(30)));
    EXPECT_STREQ(z.f.sqlstate, "HYT00");
    fake_set_state(a, FAKE_UP);
    fake_set_password(a, "secret");
    Client w;
    w.set("SERVER", a);
    EXPECT_FALSE(w.connect());
    EXPECT_STREQ(w.f.sqlstate, "28000");
}

TEST_F(Conn, BackslashesFollowTheServer)
{
    EXPECT_FALSE(conn_rules(k.c)->backslash_escapes);
    fake_set_parameter(a, "standard_conforming_strings", "off");
    EXPECT_EQ(k.all("SET standard_conforming_strings = off"), "");
    EXPECT_TRUE(conn_rules(k.c)->backslash_escapes);
}

// ---- a pool's connection ----

class ConnReset : public Conn
{
  protected:
    void SetUp() override
    {
        Conn::SetUp();
        resets = Resets::done;
        ASSERT_EQ(k.all("SET search_path = mine"), "");
        ASSERT_TRUE(conn_set_isolation(k.c, ISOLATION_SERIALIZABLE, DEADLINE_NEVER, &k.f));
        ASSERT_TRUE(conn_set_read_only(k.c, true, DEADLINE_NEVER, &k.f));
        ASSERT_TRUE(conn_set_autocommit(k.c, false, DEADLINE_NEVER, &k.f));
        ASSERT_EQ(k.all("SELECT one"), "");
        ASSERT_TRUE(conn_in_transaction(k.c));
        sessions = fake_logins();
        settings = count("SET ");
    }
    bool reset()
    {
        fault_clear(&k.f);
        return conn_reset(k.c, deadline_in(SECONDS(5)), &k.f);
    }
    void expect_new()
    {
        EXPECT_FALSE(conn_in_transaction(k.c));
        EXPECT_TRUE(conn_autocommit(k.c));
        EXPECT_EQ(conn_isolation(k.c), ISOLATION_READ_COMMITTED);
        EXPECT_FALSE(conn_read_only(k.c));
        EXPECT_EQ(count("SET "), settings); // nothing was set again
        struct fault told;
        EXPECT_FALSE(conn_notice(k.c, &told)) << told.text;
    }
    unsigned sessions = 0;
    size_t settings = 0;
};

TEST_F(ConnReset, InItsSession)
{
    struct prepared p = {};
    prepare(&p, "INSERT INTO t VALUES ($1)", 1);
    {
        Cursor cur;
        ASSERT_TRUE(execute(&cur, &p, {"1"}));
    }
    ASSERT_TRUE(reset()) << k.f.text;
    expect_new();
    EXPECT_EQ(fake_logins(), sessions);
    unsigned known = p.generation;
    {
        Cursor cur;
        ASSERT_TRUE(execute(&cur, &p, {"2"})) << k.f.text;
    }
    EXPECT_NE(p.generation, known); // prepared again: the server has forgotten it
    prepared_drop(k.c, &p);
    EXPECT_FALSE(conn_dead(k.c));
}

TEST_F(ConnReset, WhereTheServerCannot)
{
    resets = Resets::refused;
    ASSERT_TRUE(reset()) << k.f.text;
    expect_new();
    EXPECT_EQ(fake_logins(), sessions + 1);
    EXPECT_EQ(fake_sessions(), 1U);
    EXPECT_FALSE(conn_dead(k.c));
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(ConnReset, ALostLinkIsNotReplaced)
{
    for (Resets how : {Resets::lost, Resets::mute}) {
        resets = how;
        EXPECT_FALSE(reset());
        EXPECT_STREQ(k.f.sqlstate, "08S01");
        EXPECT_TRUE(conn_dead(k.c));
        EXPECT_EQ(fake_logins(), sessions);
        EXPECT_FALSE(reset()); // once more
        k.disconnect();
        ASSERT_TRUE(k.connect());
        sessions++;
    }
}

} // namespace
