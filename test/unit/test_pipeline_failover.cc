// Failover end to end on the scripted native: three hosts, the real monitor, no server.
#include "unit/pipeline_world.h"

using namespace pipeline_world;

namespace
{

typedef std::vector<std::string> List;

std::string unique_cluster()
{
    static int number;
    return "pipeline-" + std::to_string(getpid()) + "-" + std::to_string(++number);
}

class Failover : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        begin();
        fake_on_rows(nullptr, "INSERT INTO r", "n:int4|5|6");
        id = unique_cluster();
        options(&k);
    }
    void TearDown() override
    {
        k.disconnect();
        end();
    }
    void options(Client *x)
    {
        x->set("SERVER", a);
        x->set("PORT", "5432");
        x->set("CLUSTER_ID", id);
        x->set("CLUSTER_HOSTS", std::string(a) + "," + b + "," + c);
        x->set("DATABASE_DIALECT", dialect);
        x->set("TOPOLOGY_HIGH_REFRESH_RATE_MS", "10");
        if (!option_is_set(&x->o, OPT_PLUGINS)) // without the tracker each move is told
            x->set("PLUGINS", "failover");
    }
    void connect()
    {
        ASSERT_TRUE(k.connect()) << k.f.text;
        EXPECT_EQ(k.notices(), List());
    }
    static void promote(const char *host)
    {
        fake_set_role(host, ROLE_WRITER);
    }
    // The writer dies, the second host takes over.
    static void take_over()
    {
        fake_set_state(a, FAKE_DOWN);
        promote(b);
    }
    static std::thread later(int ms, void (*what)())
    {
        return std::thread([ms, what] {
            usleep((useconds_t)ms * 1000);
            what();
        });
    }

    const char *dialect = "POSTGRESQL";
    std::string id;
    Client k;
};

// ---- what the application is told: outcome.c's table by way of the whole pipeline ----

struct Row {
    const char *name;
    const char *before; // run in manual-commit mode first; NULL: autocommit
    const char *sql;    // NULL: SQLEndTran(COMMIT), "": SQLEndTran(ROLLBACK)
    enum fake_act act;
    const char *state;
    size_t executed; // on all hosts together
    const char *option;
};

class Outcomes : public Failover, public ::testing::WithParamInterface<Row>
{
};

const Row rows[] = {
    {"ReadNotSent", nullptr, "SELECT probe", FAKE_LOST_BEFORE, "08S02", 0, ""},
    {"ReadAnswerLost", nullptr, "SELECT probe", FAKE_LOST_AFTER, "08S02", 1, ""},
    {"ReadLostMidway", nullptr, "SELECT probe", FAKE_LOST_MIDWAY, "08S02", 1, ""},
    {"WriteNotSent", nullptr, "INSERT probe", FAKE_LOST_BEFORE, "08S02", 0, ""},
    {"WriteAnswerLost", nullptr, "INSERT probe", FAKE_LOST_AFTER, "08007", 1, ""},
    {"WriteLostMidway", nullptr, "INSERT probe", FAKE_LOST_MIDWAY, "08007", 1, ""},
    {"WriteAnswerLostLax", nullptr, "INSERT probe", FAKE_LOST_AFTER, "08S02", 1, "08S02"},
    {"LockingReadAnswerLost", nullptr, "SELECT probe FOR UPDATE", FAKE_LOST_AFTER, "08007", 1, ""},
    {"CallAnswerLost", nullptr, "CALL probe", FAKE_LOST_AFTER, "08007", 1, ""},
    {"SetAnswerLost", nullptr, "SET probe = 1", FAKE_LOST_AFTER, "08S02", 1, ""},
    {"BeginAnswerLost", nullptr, "BEGIN", FAKE_LOST_AFTER, "08S02", 1, ""},
    {"TextCommitLost", nullptr, "INSERT probe; COMMIT", FAKE_LOST_AFTER, "08007", 1, "08S02"},
    {"FirstOfTransactionNotSent", "", "INSERT probe", FAKE_LOST_BEFORE, "08S02", 0, ""},
    {"FirstOfTransactionLost", "", "INSERT probe", FAKE_LOST_AFTER, "08007", 1, ""},
    {"FirstOfTransactionLostLax", "", "INSERT probe", FAKE_LOST_AFTER, "08007", 1, "08S02"},
    {"InTransactionNotSent", "INSERT x", "INSERT probe", FAKE_LOST_BEFORE, "08007", 0, ""},
    {"InTransactionLost", "INSERT x", "INSERT probe", FAKE_LOST_AFTER, "08007", 1, ""},
    {"InTransactionReadLost", "INSERT x", "SELECT probe", FAKE_LOST_AFTER, "08007", 1, ""},
    {"InTransactionReadMidway", "INSERT x", "SELECT probe", FAKE_LOST_MIDWAY, "08007", 1, ""},
    {"CommitNotSent", "INSERT x", nullptr, FAKE_LOST_BEFORE, "08007", 0, ""},
    {"CommitLost", "INSERT x", nullptr, FAKE_LOST_AFTER, "08007", 1, ""},
    {"CommitLostLax", "INSERT x", nullptr, FAKE_LOST_AFTER, "08007", 1, "08S02"},
    {"RollbackLost", "INSERT x", "", FAKE_LOST_AFTER, "08S02", 1, ""},
    {"RollbackTextLost", "INSERT x", "ROLLBACK", FAKE_LOST_AFTER, "08S02", 1, ""},
    {"CommitTextLost", "INSERT x", "COMMIT", FAKE_LOST_AFTER, "08007", 1, ""},
};

TEST_P(Outcomes, Tell)
{
    const Row &row = GetParam();
    std::string sql = !row.sql ? "COMMIT" : !*row.sql ? "ROLLBACK" : row.sql;
    std::string what = sql.substr(0, sql.find(';'));
    struct fake_reply reply = {};
    reply.act = row.act;
    reply.times = 1;
    reply.rows = row.act == FAKE_LOST_MIDWAY ? "n:int4|1|2|3" : nullptr;
    reply.midway = 2;
    if (*row.option)
        k.set("FAILOVER_AUTOCOMMIT_STATE", row.option);
    connect();
    if (row.before)
        k.manual();
    if (row.before && *row.before) {
        ASSERT_EQ(k.all(row.before), "");
    }
    fake_on(nullptr, sql.find(';') == std::string::npos ? what.c_str() : "COMMIT", &reply);
    if (row.act == FAKE_LOST_BEFORE && !row.sql) // a COMMIT has no text to find: cut the link
        fake_kill_sessions(a);
    std::string state;
    if (!row.sql)
        state = k.commit() ? "" : k.f.sqlstate;
    else if (!*row.sql)
        state = k.rollback() ? "" : k.f.sqlstate;
    else
        state = k.all(sql);
    EXPECT_EQ(state, row.state) << k.f.text;
    EXPECT_FALSE(k.f.link_lost);
    EXPECT_EQ(fake_executed(what.c_str()), row.executed); // never twice
    EXPECT_FALSE(conn_dead(k.c));
    EXPECT_EQ(conn_failovers(k.c), 1u);
    EXPECT_FALSE(conn_in_transaction(k.c));
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_EQ(conn_failovers(k.c), 1u);
}

INSTANTIATE_TEST_SUITE_P(Table, Outcomes, ::testing::ValuesIn(rows),
                         [](const ::testing::TestParamInfo<Row> &info) {
                             return std::string(info.param.name);
                         });

// ---- moving ----

TEST_F(Failover, FollowsTheWriter)
{
    connect();
    EXPECT_STREQ(conn_host(k.c), a);
    unsigned generation = conn_generation(k.c);
    take_over();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "08S02"); // the idle link was seen to be dead
    std::string text = k.f.text;
    EXPECT_EQ(text.find("the connection moved from 10.0.0.1 to 10.0.0.2 in "), 0u) << text;
    EXPECT_NE(text.find("writer found"), std::string::npos);
    EXPECT_NE(text.find("nothing was done: run the statement again"), std::string::npos);
    EXPECT_NE(text.find("the fake link to 10.0.0.1 is lost"), std::string::npos);
    EXPECT_EQ(fake_executed("INSERT"), 0u);
    EXPECT_STREQ(conn_host(k.c), b);
    EXPECT_EQ(conn_generation(k.c), generation + 1);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(executed(b), (List{"INSERT INTO t VALUES (1)"}));
}

TEST_F(Failover, WaitsForTheWriter)
{
    connect();
    fake_set_state(a, FAKE_DOWN);
    auto promotion = later(300, [] { promote(c); });
    int64_t begun = clock_us();
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    EXPECT_GE(clock_us() - begun, MS(250));
    EXPECT_LT(clock_us() - begun, SECONDS(3));
    promotion.join();
    EXPECT_STREQ(conn_host(k.c), c);
}

// The session on `host` in which the last statement of that text ran; 0: none.
unsigned session_of(const char *host, const char *sql)
{
    unsigned last = 0;
    struct fake_record r;
    for (size_t i = 0; fake_record(i, &r); i++)
        if (!strcmp(r.host, host) && !strcmp(r.sql, sql))
            last = r.session;
    return last;
}

std::atomic<unsigned> logins_then;

TEST_F(Failover, ASessionOpenedAheadIsTaken)
{
    connect();
    fake_set_state(a, FAKE_DOWN);
    auto promotion = later(300, [] {
        logins_then = fake_logins();
        promote(c);
    });
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    promotion.join();
    EXPECT_EQ(k.all("SELECT one"), "");
    unsigned session = session_of(c, "SELECT one");
    EXPECT_GT(session, 0u);
    EXPECT_LE(session, logins_then);
}

TEST_F(Failover, ASessionOpenedAheadThatDiedIsNoLoss)
{
    connect();
    fake_set_state(a, FAKE_DOWN);
    auto promotion = later(300, [] {
        fake_kill_sessions(c);
        logins_then = fake_logins();
        promote(c);
    });
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    promotion.join();
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_GT(session_of(c, "SELECT one"), logins_then);
}

// CONNSETTINGS may act: they are run on the writer only.
TEST_F(Failover, NothingIsOpenedAheadWithConnSettings)
{
    k.set("CONNSETTINGS", "SELECT one");
    connect();
    fake_set_state(a, FAKE_DOWN);
    auto promotion = later(300, [] {
        logins_then = fake_logins();
        promote(c);
    });
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    promotion.join();
    EXPECT_EQ(k.all("SELECT two"), "");
    EXPECT_GT(session_of(c, "SELECT two"), logins_then);
}

TEST_F(Failover, WithoutAClusterItIsLeftOut)
{
    Client x;
    x.set("SERVER", a);
    x.set("PORT", "5432");
    ASSERT_TRUE(x.connect());
    EXPECT_EQ(executed().size(), 0u);
    EXPECT_EQ(fake_executed("DETECT"), 0u);
    fake_kill_sessions(a);
    EXPECT_EQ(x.all("SELECT one"), "08S01");
    Client off;
    options(&off);
    off.set("ENABLE_CLUSTER_FAILOVER", "0");
    ASSERT_TRUE(off.connect());
    fake_kill_sessions(a);
    EXPECT_EQ(off.all("SELECT one"), "08S01");
}

TEST_F(Failover, NoWriterInTime)
{
    k.set("FAILOVER_TIMEOUT_MS", "200");
    connect();
    fake_set_state(a, FAKE_DOWN);
    int64_t begun = clock_us();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "08S01");
    EXPECT_GE(clock_us() - begun, MS(200));
    EXPECT_LT(clock_us() - begun, SECONDS(2));
    EXPECT_NE(std::string(k.f.text).find("no new connection after"), std::string::npos);
    EXPECT_TRUE(conn_dead(k.c));
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "08S01"); // tried again
    promote(b);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "08S02"); // and again
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(fake_executed("INSERT"), 1u);
}

TEST_F(Failover, CancelEndsTheWait)
{
    connect();
    fake_set_state(a, FAKE_DOWN);
    auto cancel = std::thread([this] {
        usleep(150000);
        conn_cancel(k.c);
    });
    int64_t begun = clock_us();
    EXPECT_EQ(k.all("SELECT one"), "HY008");
    EXPECT_LT(clock_us() - begun, SECONDS(2));
    cancel.join();
    EXPECT_TRUE(conn_dead(k.c));
    promote(b);
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(Failover, CancelEndsADial)
{
    connect();
    fake_on_act(b, "SET x.y", FAKE_MUTE, 0); // not reached
    take_over();
    ASSERT_EQ(k.all("SELECT one"), "08S02"); // the monitor knows b now
    fake_kill_sessions(b);
    fake_set_state(b, FAKE_FROZEN);
    promote(c);
    EXPECT_EQ(k.all("SELECT one"), "08S02"); // verified are only those that answer
    EXPECT_STREQ(conn_host(k.c), c);
}

TEST_F(Failover, ADeadHostIsGivenUpAtTheTimeout)
{
    connect();
    fake_set_state(a, FAKE_FROZEN);
    promote(b);
    Cursor cur;
    EXPECT_EQ(k.state(&cur, "SELECT one", deadline_in(MS(50))), "08S02"); // 2 s after the cancel
    EXPECT_STREQ(conn_host(k.c), b);
    fake_set_state(a, FAKE_UP);
}

// ---- read-only errors ----

TEST_F(Failover, ADemotedWriterIsLeft)
{
    connect();
    fake_set_role(a, ROLE_READER);
    promote(b);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "08S02");
    EXPECT_NE(std::string(k.f.text).find("25006"), std::string::npos);
    EXPECT_STREQ(conn_host(k.c), b);
    EXPECT_EQ(fake_executed("INSERT"), 0u);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
}

TEST_F(Failover, ADemotedWriterInATransaction)
{
    connect();
    k.manual();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    fake_on_fail(a, "INSERT INTO u", "25006", "cannot execute INSERT in a read-only transaction");
    fake_set_role(a, ROLE_READER);
    promote(b);
    // The node says that it allows no writes; what the transaction did before, it did as a writer.
    EXPECT_EQ(k.all("INSERT INTO u VALUES (1)"), "08007");
    EXPECT_FALSE(k.commit());
    EXPECT_STREQ(k.f.sqlstate, "25S03");
}

TEST_F(Failover, OwnReadOnlyTransactionIsNoFailover)
{
    connect();
    fake_on_fail(a, "INSERT", "25006", "cannot execute INSERT in a read-only transaction");
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "25000");
    EXPECT_EQ(conn_failovers(k.c), 0u);
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_STREQ(conn_host(k.c), a);
}

TEST_F(Failover, AnOldServerIsAskedOverASecondConnection)
{
    hints = false;
    connect();
    fake_on_fail(a, "INSERT INTO once", "25006", "read-only");
    unsigned logins = fake_logins();
    size_t asked = fake_executed("IDENTITY writer");
    EXPECT_EQ(k.all("INSERT INTO once VALUES (1)"), "25000"); // it says that it is the writer
    EXPECT_EQ(fake_logins(), logins + 1);
    EXPECT_EQ(fake_executed("IDENTITY writer"), asked + 1);
    EXPECT_EQ(conn_failovers(k.c), 0u);
    fake_set_role(a, ROLE_READER);
    promote(b);
    EXPECT_EQ(k.all("INSERT INTO once VALUES (1)"), "08S02");
    EXPECT_STREQ(conn_host(k.c), b);
}

TEST_F(Failover, AnErrorIsNoAnswer)
{
    hints = false;
    connect();
    fake_on_fail(a, "INSERT", "25006", "read-only");
    fake_set_password(a, "changed"); // the second connection is refused
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "25000");
    EXPECT_EQ(conn_failovers(k.c), 0u);
    fake_set_password(a, nullptr);
}

TEST_F(Failover, AServerThatDoesNotServe)
{
    connect();
    fake_on_fail(a, "SELECT two", "57P03", "the database system is shutting down");
    fake_set_role(a, ROLE_READER);
    promote(b);
    EXPECT_EQ(k.all("SELECT two"), "08S02");
    EXPECT_STREQ(conn_host(k.c), b);
}

// MySQL's servers do not tell their role: each hint costs a question over a second connection.
class FailoverMy : public Failover
{
  protected:
    void SetUp() override
    {
        dialect = "MYSQL";
        Failover::SetUp();
        fake_set_family(NAT_FAMILY_MY);
    }
    static void refuse(int number, const char *state)
    {
        struct fake_reply reply = {};
        reply.act = FAKE_FAIL;
        reply.state = state;
        reply.number = number;
        fake_on(a, "INSERT INTO once", &reply);
    }
    unsigned logins_of_insert(const char *expected)
    {
        unsigned before = fake_logins();
        EXPECT_EQ(k.all("INSERT INTO once VALUES (1)"), expected) << k.f.text;
        return fake_logins() - before;
    }
};

TEST_F(FailoverMy, ADemotedWriterIsLeft)
{
    connect();
    fake_set_role(a, ROLE_READER);
    promote(b);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "08S02");
    EXPECT_STREQ(conn_host(k.c), b);
    EXPECT_EQ(fake_executed("INSERT"), 0u);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
}

TEST_F(FailoverMy, ALostLinkLeadsToTheNewWriter)
{
    connect();
    take_over();
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    EXPECT_STREQ(conn_host(k.c), b);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
}

TEST_F(FailoverMy, ARefusalOfAnotherOptionIsNoFailover)
{
    connect();
    refuse(1290, "HY000"); // --skip-grant-tables and others answer so too
    EXPECT_EQ(logins_of_insert("HY000"), 1u);
    EXPECT_EQ(conn_failovers(k.c), 0u);
    EXPECT_STREQ(conn_host(k.c), a);
}

TEST_F(FailoverMy, AReadOnlyModeIsAHintToo)
{
    connect();
    refuse(1836, "HY000");
    EXPECT_EQ(logins_of_insert("HY000"), 1u);
    EXPECT_EQ(conn_failovers(k.c), 0u);
    fake_set_role(a, ROLE_READER);
    promote(b);
    EXPECT_EQ(k.all("INSERT INTO once VALUES (1)"), "08S02") << k.f.text;
    EXPECT_STREQ(conn_host(k.c), b);
}

TEST_F(FailoverMy, OnesOwnReadOnlyTransactionIsNotEvenAsked)
{
    connect();
    refuse(1792, "25006");
    EXPECT_EQ(logins_of_insert("25000"), 0u);
    EXPECT_EQ(conn_failovers(k.c), 0u);
}

// ---- what goes on ----

TEST_F(Failover, StatementsArePreparedAgain)
{
    connect();
    struct prepared p = {};
    struct scan_info scan;
    scan_classify(conn_rules(k.c), TEXT("INSERT INTO t VALUES ($1)"), &scan);
    ASSERT_TRUE(prepared_set(k.c, &p, TEXT("INSERT INTO t VALUES ($1)"), &scan, &k.f));
    struct nat_param value = {"1", 1, false, 0};
    struct conn_work work = {};
    work.prepared = &p;
    work.params = &value;
    work.nparams = 1;
    Cursor cur;
    ASSERT_TRUE(conn_execute(k.c, &cur, &work, &k.out, DEADLINE_NEVER, &k.f));
    take_over();
    EXPECT_FALSE(conn_execute(k.c, &cur, &work, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_STREQ(k.f.sqlstate, "08S02");
    ASSERT_TRUE(conn_execute(k.c, &cur, &work, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.out.kind, NAT_DONE) << k.out.fault.text;
    EXPECT_EQ(executed(b), (List{"INSERT INTO t VALUES ($1) [1]"}));
    prepared_drop(k.c, &p);
}

TEST_F(Failover, TheSessionIsMadeAgain)
{
    connect();
    EXPECT_EQ(k.all("SET a.a = 1"), "");
    ASSERT_TRUE(conn_set_isolation(k.c, ISOLATION_SERIALIZABLE, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.all("SET ROLE app"), "");
    EXPECT_EQ(k.all("SET search_path = x"), "");
    k.manual();
    EXPECT_EQ(k.all("SET b.b = 1"), "");
    EXPECT_TRUE(k.commit());
    EXPECT_EQ(k.all("SET c.c = 1"), "");
    EXPECT_TRUE(k.rollback());
    EXPECT_EQ(k.all("SET d.d = 1"), ""); // its transaction is lost
    take_over();
    EXPECT_EQ(k.all("SELECT one"), "08007");
    EXPECT_EQ(executed(b),
              (List{"SET a.a = 1",
                    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                    "SET ROLE app", "SET search_path = x", "SET b.b = 1"}));
    EXPECT_FALSE(conn_autocommit(k.c));
    EXPECT_EQ(conn_isolation(k.c), ISOLATION_SERIALIZABLE);
    EXPECT_EQ(k.notices(), List());
}

TEST_F(Failover, ASettingThatIsRefusedIsANotice)
{
    fake_on_fail(b, "SET x.y", "42501", "permission denied");
    connect();
    EXPECT_EQ(k.all("SET x.y = 1"), "");
    take_over();
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    List notices = k.notices();
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("01000 the setting x.y"), std::string::npos);
}

TEST_F(Failover, ARoleThatIsRefusedIsTheEnd)
{
    struct fake_reply refusal = {};
    refusal.act = FAKE_FAIL;
    refusal.state = "42501";
    refusal.times = 1;
    fake_on(b, "SET ROLE", &refusal);
    connect();
    EXPECT_EQ(k.all("SET ROLE app"), "");
    take_over();
    EXPECT_EQ(k.all("SELECT one"), "08S01");
    EXPECT_TRUE(conn_dead(k.c));
    EXPECT_EQ(fake_executed("SELECT one"), 0u);
    EXPECT_EQ(k.all("SELECT one"), "08S02"); // the role is granted by now
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(Failover, AnotherStatementsOpenResultIsLost)
{
    connect();
    Cursor open, other;
    ASSERT_TRUE(k.run(&open, "SELECT many"));
    size_t got;
    ASSERT_TRUE(cursor_next(&open, 3, &got, DEADLINE_NEVER, &k.f));
    take_over();
    EXPECT_EQ(k.state(&other, "INSERT INTO t VALUES (1)"), "08S02");
    EXPECT_EQ(fake_executed("INSERT"), 0u);
    EXPECT_EQ(cursor_cell(&open, 0, 0).p, nullptr);
    EXPECT_TRUE(open.lost);
    EXPECT_EQ(k.rows(&open), SIZE_MAX);
    EXPECT_STREQ(k.f.sqlstate, "08S02");
    EXPECT_NE(std::string(k.f.text).find("rows is gone"), std::string::npos);
    EXPECT_TRUE(cursor_close(&open, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(Failover, AnOpenResultOfALostTransaction)
{
    connect();
    k.manual();
    Cursor open;
    ASSERT_TRUE(k.run(&open, "SELECT many"));
    take_over();
    EXPECT_FALSE(k.rollback()); // the open result is read first, and the loss is seen there
    EXPECT_STREQ(k.f.sqlstate, "08S02") << k.f.text;
    EXPECT_EQ(k.rows(&open), SIZE_MAX);
    EXPECT_STREQ(k.f.sqlstate, "08007");
}

TEST_F(Failover, RowsSetAsideGoOn)
{
    connect();
    Cursor read, written;
    ASSERT_TRUE(k.run(&written, "INSERT INTO r RETURNING n"));
    ASSERT_TRUE(k.run(&read, "SELECT many"));
    EXPECT_EQ(k.all("SELECT one"), ""); // sets the rows aside
    take_over();
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    EXPECT_EQ(k.rows(&read), 1000u);
    EXPECT_EQ(k.rows(&written), 2u);
}

TEST_F(Failover, LeavingALostResult)
{
    connect();
    Cursor open;
    ASSERT_TRUE(k.run(&open, "SELECT many"));
    take_over();
    EXPECT_FALSE(cursor_close(&open, DEADLINE_NEVER, &k.f));
    EXPECT_STREQ(k.f.sqlstate, "08S02");
    EXPECT_FALSE(cursor_open(&open));
    EXPECT_EQ(k.all("SELECT one"), "");
}

TEST_F(Failover, ADisconnectWaitsForNoWriter)
{
    connect();
    Cursor cur;
    ASSERT_TRUE(k.run(&cur, "SELECT many"));
    fake_set_state(a, FAKE_DOWN); // and no other takes over
    conn_closing(k.c);
    int64_t begun = clock_us();
    EXPECT_FALSE(cursor_close(&cur, DEADLINE_NEVER, &k.f));
    EXPECT_STREQ(k.f.sqlstate, "08S01");
    EXPECT_LT(clock_us() - begun, SECONDS(1));
}

TEST_F(Failover, FetchMovesToo)
{
    connect();
    Cursor open;
    ASSERT_TRUE(k.run(&open, "SELECT many"));
    take_over();
    EXPECT_EQ(k.rows(&open), SIZE_MAX);
    EXPECT_STREQ(k.f.sqlstate, "08S02");
    EXPECT_STREQ(conn_host(k.c), b);
}

// ---- candidates ----

TEST_F(Failover, AWrongPasswordEndsIt)
{
    connect();
    Client newest; // the monitor asks as whoever logged in last
    options(&newest);
    newest.set("PWD", "secret");
    ASSERT_TRUE(newest.connect());
    fake_set_password(b, "secret");
    take_over();
    int64_t begun = clock_us();
    EXPECT_EQ(k.all("SELECT one"), "08S01");
    EXPECT_NE(std::string(k.f.text).find("28P01"), std::string::npos) << k.f.text;
    EXPECT_LT(clock_us() - begun, SECONDS(3));
    EXPECT_EQ(newest.all("SELECT one"), "08S02");
    fake_set_password(b, nullptr);
    EXPECT_EQ(k.all("SELECT one"), "08S02");
}

TEST_F(Failover, ACandidateSaysItselfWhoItIs)
{
    k.set("FAILOVER_TIMEOUT_MS", "400");
    connect();
    fake_set_state(a, FAKE_DOWN);
    // What the monitor hears from b is not what b tells a session that it greets.
    liar = b;
    EXPECT_EQ(k.all("SELECT one"), "08S01");
    EXPECT_NE(std::string(k.f.text).find("10.0.0.2 is a reader"), std::string::npos) << k.f.text;
    liar = "";
    promote(b);
    EXPECT_EQ(k.all("SELECT one"), "08S02");
}

TEST_F(Failover, StrictReaderGoesToAReader)
{
    k.set("FAILOVER_MODE", "strict-reader");
    connect(); // to the host that was named
    fake_set_state(a, FAKE_DOWN);
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    std::string host = conn_host(k.c);
    EXPECT_TRUE(host == b || host == c) << host;
    fake_set_state(host.c_str(), FAKE_DOWN);
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    EXPECT_NE(host, conn_host(k.c));
    EXPECT_STRNE(conn_host(k.c), a);
}

TEST_F(Failover, StrictReaderTakesNoWriter)
{
    k.set("FAILOVER_MODE", "strict-reader");
    k.set("FAILOVER_TIMEOUT_MS", "300");
    connect();
    fake_set_state(c, FAKE_DOWN);
    promote(b);
    fake_set_state(a, FAKE_DOWN);
    EXPECT_EQ(k.all("SELECT one"), "08S01");
    fake_set_role(b, ROLE_READER);
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    EXPECT_STREQ(conn_host(k.c), b);
}

TEST_F(Failover, ReaderOrWriterTakesWhatThereIs)
{
    k.set("FAILOVER_MODE", "reader-or-writer");
    k.set("HOST_SELECTOR_STRATEGY", "ROUND_ROBIN");
    connect();
    fake_set_state(c, FAKE_DOWN);
    take_over();
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    EXPECT_STREQ(conn_host(k.c), b);
    fake_set_role(b, ROLE_READER); // nobody minds
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "25000");
    EXPECT_EQ(conn_failovers(k.c), 1u);
}

// ---- what nothing can have been done on ----

TEST_F(Failover, OnAReaderNothingIsEverUnknown)
{
    k.set("FAILOVER_MODE", "reader-or-writer");
    fake_set_role(a, ROLE_READER);
    connect();
    k.manual();
    EXPECT_EQ(k.all("SELECT one"), "");
    fake_kill_sessions(a);
    EXPECT_EQ(k.all("SELECT one"), "08S02");
}

// A reader tells of its promotion at the end of a statement: what it said before proves nothing.
TEST_F(Failover, APromotedReaderMayHaveWritten)
{
    k.set("FAILOVER_MODE", "reader-or-writer");
    fake_set_role(a, ROLE_READER);
    connect();
    fake_on_act(nullptr, "INSERT probe", FAKE_LOST_AFTER, 1);
    EXPECT_EQ(k.all("INSERT probe"), "08007");
    k.manual();
    fake_on_act(nullptr, "INSERT probe", FAKE_LOST_AFTER, 1);
    EXPECT_EQ(k.all("INSERT probe"), "08007");
    EXPECT_EQ(k.all("SELECT one"), "");
    promote(conn_host(k.c));
    EXPECT_EQ(k.all("SELECT one"), "");
    fake_kill_sessions(conn_host(k.c));
    EXPECT_EQ(k.all("SELECT one"), "08007");
}

// Each set is a transaction of its own: that one was refused says nothing of the others.
TEST_F(Failover, ARefusedSetOfSeveral)
{
    connect();
    struct scan_info scan;
    scan_classify(conn_rules(k.c), TEXT("INSERT INTO t VALUES ($1)"), &scan);
    struct nat_param values[] = {{"1", 1, false, 0}, {"2", 1, false, 0}};
    struct conn_work work = {};
    work.sql = TEXT("INSERT INTO t VALUES ($1)");
    work.scan = &scan;
    work.params = values;
    work.nparams = 1;
    work.nsets = 2;
    struct fake_reply refused = {};
    refused.act = FAKE_FAIL;
    refused.state = "25006";
    refused.times = 1;
    fake_on(a, "INSERT", &refused);
    fake_set_role(a, ROLE_READER);
    promote(b);
    Cursor cur;
    EXPECT_FALSE(conn_execute(k.c, &cur, &work, &k.out, DEADLINE_NEVER, &k.f));
    EXPECT_STREQ(k.f.sqlstate, "08007") << k.f.text;
}

// A statement is freed, and with the link to which its rows were still to come a transaction went.
TEST_F(Failover, ATransactionLostUnseenIsTold)
{
    for (const char *next : {"INSERT INTO t VALUES (2)", "COMMIT", "", "SQLEndTran"}) {
        connect();
        k.manual();
        EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
        Cursor cur;
        ASSERT_TRUE(k.run(&cur, "SELECT many"));
        fake_kill_sessions(a);
        struct fault ignored;
        ASSERT_FALSE(cursor_close(&cur, DEADLINE_NEVER, &ignored));
        conn_untold(k.c);
        size_t before = executed().size();
        if (!*next) {
            EXPECT_FALSE(conn_set_autocommit(k.c, true, DEADLINE_NEVER, &k.f));
            EXPECT_STREQ(k.f.sqlstate, "25S03");
        } else if (!strcmp(next, "SQLEndTran")) {
            EXPECT_FALSE(k.commit());
            EXPECT_STREQ(k.f.sqlstate, "25S03");
        } else {
            EXPECT_EQ(k.all(next), "08007") << next;
        }
        EXPECT_EQ(executed().size(), before);
        EXPECT_EQ(k.all("INSERT INTO t VALUES (2)"), "");
        EXPECT_TRUE(k.commit());
        k.disconnect();
    }
}

TEST_F(Failover, InAReadOnlySession)
{
    connect();
    ASSERT_TRUE(conn_set_read_only(k.c, true, DEADLINE_NEVER, &k.f));
    fake_set_parameter(a, "default_transaction_read_only", "on"); // as the server tells it
    struct fake_reply lost = {};
    lost.act = FAKE_LOST_AFTER;
    lost.times = 1;
    fake_on(nullptr, "EXECUTE p", &lost);
    EXPECT_EQ(k.all("EXECUTE p"), "08S02");
    fake_set_parameter(a, "default_transaction_read_only", "on");
    fake_on(nullptr, "CALL p", &lost); // may COMMIT; SET TRANSACTION READ WRITE
    EXPECT_EQ(k.all("CALL p()"), "08007");
    k.manual();
    fake_set_parameter(a, "default_transaction_read_only", "on");
    EXPECT_EQ(k.all("SELECT one"), "");
    fake_kill_sessions(a);
    EXPECT_EQ(k.all("SELECT one"), "08S02");
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_EQ(k.all("SET TRANSACTION READ WRITE"), ""); // now it may write
    fake_kill_sessions(a);
    EXPECT_EQ(k.all("SELECT one"), "08007");
}

// ---- connecting ----

// The connection as plugin_connect() opens it; the name cannot be looked up here.
struct native *dial(Client *x, const char *host, const char *address, int64_t deadline)
{
    static const char endpoint[] = "demo.cluster-xyz123.eu-central-1.rds.amazonaws.com";
    struct nat_target to = {host ? host : endpoint, address, 5432};
    struct plugin *chain = nullptr;
    if (!plugin_chain(x->c, TEXT("failover"), &chain, &x->f))
        return nullptr;
    struct native *n = plugin_connect(chain, x->c, &to, deadline, &x->f);
    plugin_chain_free(x->c, chain);
    return n;
}

TEST_F(Failover, AStaleWriterEndpointIsNoticed)
{
    for (bool told : {true, false}) {
        hints = told;
        id = unique_cluster();
        Client x;
        options(&x);
        options_fini(&x.o);
        x.set("SERVER", "demo.cluster-xyz123.eu-central-1.rds.amazonaws.com");
        x.set("UID", "app");
        x.set("CLUSTER_ID", id);
        x.set("CLUSTER_HOSTS", std::string(a) + "," + b + "," + c);
        x.set("DATABASE_DIALECT", "POSTGRESQL");
        EXPECT_FALSE(x.connect(MS(300))); // nothing is known of the name; the options stay
        struct native *n = dial(&x, nullptr, b, deadline_in(SECONDS(5))); // a reader
        ASSERT_NE(n, nullptr) << x.f.text;
        EXPECT_STREQ(n->ops->address(n), a);
        n->ops->close(n, NAT_POLITE);
        n = dial(&x, nullptr, a, deadline_in(SECONDS(5)));
        ASSERT_NE(n, nullptr);
        EXPECT_STREQ(n->ops->address(n), a);
        n->ops->close(n, NAT_POLITE);
        // Known by now: its endpoint may be down.
        n = dial(&x, nullptr, "10.0.0.9", deadline_in(SECONDS(5)));
        ASSERT_NE(n, nullptr) << x.f.text;
        EXPECT_STREQ(n->ops->address(n), a);
        n->ops->close(n, NAT_POLITE);
        // No writer within the login's time.
        fake_set_role(a, ROLE_READER);
        n = dial(&x, nullptr, b, deadline_in(MS(300)));
        EXPECT_EQ(n, nullptr);
        EXPECT_STREQ(x.f.sqlstate, "HYT00") << x.f.text;
        promote(a);
    }
}

TEST_F(Failover, ConnectsWhileTheEndpointIsDown)
{
    connect();
    EXPECT_EQ(k.all("SELECT one"), "");
    fake_set_state(a, FAKE_DOWN);
    auto promotion = later(200, [] { promote(b); });
    Client x;
    options(&x);
    EXPECT_TRUE(x.connect()) << x.f.text;
    promotion.join();
    EXPECT_STREQ(conn_host(x.c), b);
    EXPECT_EQ(x.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(conn_failovers(x.c), 0u);
    Client unknown; // nothing is known of this one's cluster
    id = unique_cluster();
    options(&unknown);
    EXPECT_FALSE(unknown.connect());
    EXPECT_STREQ(unknown.f.sqlstate, "08001");
}

TEST_F(Failover, ConnectsWhileTheEndpointStartsOrStops)
{
    connect();
    EXPECT_EQ(k.all("SELECT one"), "");
    fake_set_state(a, FAKE_STARTING); // 57P03
    promote(b);
    Client x;
    options(&x);
    EXPECT_TRUE(x.connect()) << x.f.text;
    EXPECT_STREQ(conn_host(x.c), b);
    fake_set_password(a, "other");
    fake_set_state(a, FAKE_UP);
    Client refused; // a refusal is an answer
    options(&refused);
    EXPECT_FALSE(refused.connect());
    EXPECT_STREQ(refused.f.sqlstate, "28000");
    fake_set_password(a, nullptr);
}

TEST_F(Failover, AServerSilentBehindTheLogin)
{
    fake_reset(); // the first script that matches applies
    fake_server(a, 5432, ROLE_WRITER);
    fake_on_act(a, "DETECT", FAKE_MUTE, 0);
    EXPECT_TRUE(k.connect(MS(100))) << k.f.text; // it takes the cancel: a warning is enough
    EXPECT_EQ(k.all("SELECT one"), "");
    k.disconnect();
    auto freeze = later(50, [] { fake_set_state(a, FAKE_FROZEN); });
    int64_t begun = clock_us();
    EXPECT_FALSE(k.connect(MS(100)));
    EXPECT_STREQ(k.f.sqlstate, "HYT00") << k.f.text;
    EXPECT_LT(clock_us() - begun, SECONDS(3));
    freeze.join();
}

// A candidate that falls silent over the session's settings is not waited for to the end, and
// SQLCancel reaches it.
TEST_F(Failover, ACandidateThatFallsSilent)
{
    connect();
    EXPECT_EQ(k.all("SET x.y = 1"), "");
    fake_on_act(b, "SET x.y", FAKE_MUTE, 1);
    take_over();
    auto cancel = std::thread([this] {
        usleep(300000);
        conn_cancel(k.c);
    });
    int64_t begun = clock_us();
    EXPECT_EQ(k.all("SELECT one"), "HY008") << k.f.text;
    EXPECT_LT(clock_us() - begun, SECONDS(2));
    cancel.join();
    EXPECT_EQ(k.all("SELECT one"), "08S02") << k.f.text;
    fake_kill_sessions(b);
    fake_on_act(b, "SET x.y", FAKE_MUTE, 1);
    begun = clock_us();
    EXPECT_EQ(k.all("SELECT one"), "08S02") << k.f.text;
    EXPECT_LT(clock_us() - begun, SECONDS(8));
}

TEST_F(Failover, AKnownClusterCostsNoQuestion)
{
    connect();
    size_t asked = fake_executed("DETECT") + fake_executed("IDENTITY");
    Client x;
    options(&x);
    ASSERT_TRUE(x.connect());
    EXPECT_EQ(fake_executed("DETECT") + fake_executed("IDENTITY"), asked);
}

// ---- many ----

TEST_F(Failover, ManyAtOnce)
{
    const size_t n = 60;
    std::vector<std::unique_ptr<Client>> all;
    for (size_t i = 0; i < n; i++) {
        all.push_back(std::make_unique<Client>());
        options(all.back().get());
        ASSERT_TRUE(all.back()->connect());
    }
    fake_set_state(a, FAKE_DOWN);
    auto promotion = later(100, [] { promote(b); });
    std::atomic<size_t> moved{0};
    std::vector<std::thread> threads;
    int64_t begun = clock_us();
    for (auto &x : all)
        threads.emplace_back([&moved, &x] {
            bool told = x->all("INSERT INTO t VALUES (1)") == "08S02";
            moved += told && x->all("INSERT INTO t VALUES (1)") == "";
        });
    for (auto &t : threads)
        t.join();
    promotion.join();
    EXPECT_EQ(moved, n);
    EXPECT_LT(clock_us() - begun, SECONDS(10));
    EXPECT_EQ(fake_executed("INSERT"), n);
    EXPECT_LE(monitor_threads(), 2);
}

TEST_F(Failover, WithTheLogPlugin)
{
    Client x;
    x.set("PLUGINS", "failover, log");
    options(&x);
    ASSERT_TRUE(x.connect());
    take_over();
    EXPECT_EQ(x.all("SELECT one"), "08S02");
    EXPECT_EQ(x.all("SELECT one"), "");
}

} // namespace
