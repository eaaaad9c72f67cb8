// The connection tracker and replay on the scripted native: what moves without an error, what is run
// again, and that nothing runs twice.
#include "unit/pipeline_world.h"

#include <functional>
#include <memory>

using namespace pipeline_world;

namespace
{

typedef std::vector<std::string> List;

class Tracker : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        static int number;
        begin();
        id = "tracker-" + std::to_string(getpid()) + "-" + std::to_string(++number);
        options(&k);
    }
    void TearDown() override
    {
        k.disconnect();
        end();
    }
    void options(Client *x, const char *server = a)
    {
        x->set("SERVER", server);
        x->set("PORT", "5432");
        x->set("CLUSTER_ID", id);
        x->set("CLUSTER_HOSTS", std::string(a) + "," + b + "," + c);
        x->set("DATABASE_DIALECT", dialect);
        x->set("TOPOLOGY_HIGH_REFRESH_RATE_MS", "10");
        x->set("TOPOLOGY_REFRESH_RATE_MS", refresh);
    }
    void connect()
    {
        ASSERT_TRUE(k.connect()) << k.f.text;
        EXPECT_EQ(k.notices(), List());
    }
    // `to` takes over while `from` lives on as a reader, or dies.
    static void move(const char *from, const char *to, bool dies = false)
    {
        fake_set_role(from, ROLE_READER);
        if (dies)
            fake_set_state(from, FAKE_DOWN);
        fake_set_role(to, ROLE_WRITER);
    }
    // The monitor has found `host` to be the writer.
    void found(const char *host)
    {
        Client x;
        options(&x);
        struct cluster *cluster = cluster_get(&x.o, ops());
        bool there = false;
        for (int i = 0; i < 1000 && !there; i++) {
            struct topology *t = cluster_topology(cluster);
            there = t && t->writer >= 0 && !strcmp(t->hosts[t->writer].name, host);
            topology_unref(t);
            usleep(5000);
        }
        cluster_unref(cluster);
        ASSERT_TRUE(there) << host;
    }
    const char *dialect = "POSTGRESQL", *refresh = "100";
    std::string id;
    Client k;
};

// ---- an idle connection ----

TEST_F(Tracker, ALostIdleLinkCostsNoError)
{
    connect();
    move(a, b, true);
    EXPECT_FALSE(conn_dead(k.c)); // its next use moves it
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "") << k.f.text;
    EXPECT_EQ(k.notices(), List());
    EXPECT_EQ(conn_failovers(k.c), 1u);
    EXPECT_STREQ(conn_host(k.c), b);
    EXPECT_EQ(executed(b), (List{"INSERT INTO t VALUES (1)"}));
    EXPECT_EQ(fake_executed("INSERT"), 1u);
}

TEST_F(Tracker, AWriterThatHasMovedIsFollowedThoughTheOldOneAnswers)
{
    connect();
    ASSERT_EQ(k.all("SELECT one"), "");
    usleep(150000); // the monitor is there
    move(a, b);
    found(b);
    EXPECT_FALSE(conn_dead(k.c));
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "") << k.f.text;
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_EQ(executed(b), (List{"INSERT INTO t VALUES (1)", "SELECT one"}));
    EXPECT_EQ(executed(a), (List{"SELECT one"}));
    EXPECT_EQ(conn_failovers(k.c), 1u);
    EXPECT_EQ(k.notices(), List());
}

TEST_F(Tracker, ThoseOnTheNewWriterAreLeftAlone)
{
    connect();
    usleep(150000);
    move(a, b);
    found(b);
    ASSERT_EQ(k.all("SELECT one"), "");
    Client later;
    options(&later);
    ASSERT_TRUE(later.connect());
    unsigned logins = fake_logins();
    for (int i = 0; i < 20; i++) {
        EXPECT_EQ(k.all("SELECT one"), "");
        usleep(10000);
    }
    EXPECT_EQ(conn_failovers(k.c), 1u);
    EXPECT_LE(fake_logins(), logins + 3); // the monitor's own
}

TEST_F(Tracker, ToAndFro)
{
    connect();
    usleep(150000);
    move(a, b);
    found(b);
    move(b, a);
    found(a);
    EXPECT_FALSE(conn_dead(k.c));
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "") << k.f.text; // it never left the writer
    EXPECT_EQ(conn_failovers(k.c), 0u);
    move(a, b);
    found(b);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (2)"), "") << k.f.text;
    move(b, a);
    found(a);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (3)"), "") << k.f.text;
    EXPECT_EQ(conn_failovers(k.c), 2u);
    EXPECT_EQ(executed(a), (List{"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (3)"}));
    EXPECT_EQ(executed(b), (List{"INSERT INTO t VALUES (2)"}));
}

TEST_F(Tracker, OneThatWantsAReaderIsLeftAlone)
{
    k.set("FAILOVER_MODE", "reader-or-writer");
    connect();
    Client writer;
    options(&writer);
    ASSERT_TRUE(writer.connect());
    usleep(150000);
    move(a, b);
    found(b);
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_EQ(conn_failovers(k.c), 0u);
    EXPECT_STREQ(conn_host(k.c), a);
    EXPECT_EQ(writer.all("SELECT one"), "");
    EXPECT_EQ(conn_failovers(writer.c), 1u);
}

// A reader's address given on purpose: nobody asked for the writer.
TEST_F(Tracker, OneThatCameToAReaderIsLeftAlone)
{
    connect();
    Client reader;
    options(&reader, c);
    ASSERT_TRUE(reader.connect());
    usleep(150000);
    move(a, b);
    found(b);
    EXPECT_EQ(reader.all("SELECT one"), "");
    EXPECT_EQ(conn_failovers(reader.c), 0u);
    EXPECT_STREQ(conn_host(reader.c), c);
}

TEST_F(Tracker, ABusyCallIsInterrupted)
{
    fake_on_act(a, "SELECT slow", FAKE_MUTE, 1);
    fake_on_act(a, "INSERT INTO slow", FAKE_MUTE, 1);
    for (const char *sql : {"SELECT slow", "INSERT INTO slow"}) {
        const char *from = *sql == 'S' ? a : b;
        if (from == b)
            fake_on_act(b, "INSERT INTO slow", FAKE_MUTE, 1);
        if (!k.c) {
            connect();
            usleep(150000);
            ASSERT_EQ(k.all("SELECT one"), ""); // the monitor is there
        }
        std::thread mover([this, from] {
            usleep(200000);
            move(from, from == a ? b : a);
        });
        int64_t begun = clock_us();
        EXPECT_EQ(k.all(sql), *sql == 'S' ? "08S02" : "08007") << k.f.text;
        EXPECT_LT(clock_us() - begun, SECONDS(3));
        mover.join();
        EXPECT_EQ(fake_executed(sql), 1u);
    }
    EXPECT_EQ(conn_failovers(k.c), 2u);
    EXPECT_EQ(k.all("SELECT one"), "");
}

// ---- busy, in a process that is seconds old ----

// Nobody asks for the topology yet; but the host of a call that lasts is asked whether it lives.
class Young : public Tracker
{
  protected:
    void SetUp() override
    {
        refresh = "60000";
        Tracker::SetUp();
        young(&k);
        fake_on_act(a, "SELECT mute", FAKE_MUTE, 0);
        struct fake_reply r = {};
        r.act = FAKE_ROWS;
        r.rows = "n:int4|1";
        r.delay_ms = 1200;
        fake_on(nullptr, "SELECT slow", &r);
    }
    static void young(Client *x)
    {
        x->set("FAILURE_DETECTION_TIME", "300");
    }
    static std::thread later(int ms, std::function<void()> what)
    {
        return std::thread([ms, what] {
            usleep((useconds_t)ms * 1000);
            what();
        });
    }
};

TEST_F(Young, ABusyCallIsInterruptedOnce)
{
    Client reader, fresh;
    options(&reader, c);
    young(&reader);
    connect();
    ASSERT_TRUE(reader.connect());
    std::thread aside([&] { EXPECT_EQ(reader.all("SELECT slow"), "") << reader.f.text; });
    std::thread mover = later(200, [] { move(a, b); });
    int64_t begun = clock_us();
    EXPECT_EQ(k.all("SELECT mute", deadline_in(SECONDS(9))), "08S02") << k.f.text;
    EXPECT_LT(clock_us() - begun, SECONDS(2));
    mover.join();
    options(&fresh);
    young(&fresh);
    ASSERT_TRUE(fresh.connect());
    std::thread other([&] { EXPECT_EQ(fresh.all("SELECT slow"), "") << fresh.f.text; });
    EXPECT_EQ(k.all("SELECT slow"), "") << k.f.text; // on the new writer
    other.join();
    aside.join();
    EXPECT_EQ(conn_failovers(k.c), 1u);
    EXPECT_EQ(conn_failovers(fresh.c), 0u);
    EXPECT_EQ(conn_failovers(reader.c), 0u);
    EXPECT_EQ(fake_executed("SELECT slow"), 3u);
}

TEST_F(Young, ACallThatBeganOnAReaderIsInterrupted)
{
    connect();
    move(a, b);
    EXPECT_EQ(k.all("SELECT mute", deadline_in(SECONDS(9))), "08S02") << k.f.text;
    EXPECT_STREQ(conn_host(k.c), b);
}

// Nobody else says to be the writer: the call goes on, and the search ends with the same writer.
TEST_F(Young, AWriterThatIsNoneForAMoment)
{
    connect();
    std::thread moment = later(200, [] {
        fake_set_role(a, ROLE_READER);
        usleep(300000);
        fake_set_role(a, ROLE_WRITER);
    });
    EXPECT_EQ(k.all("SELECT slow"), "") << k.f.text;
    moment.join();
    EXPECT_EQ(conn_failovers(k.c), 0u);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "") << k.f.text;
    EXPECT_EQ(executed(a), (List{"SELECT slow", "INSERT INTO t VALUES (1)"}));
}

// A long call on a reader asks nobody but its host.
TEST_F(Young, ACallOnAReaderBeginsNoSearch)
{
    k.set("FAILOVER_MODE", "reader-or-writer");
    Client reader;
    options(&reader, c);
    young(&reader);
    connect();
    ASSERT_TRUE(reader.connect());
    unsigned logins = fake_logins();
    EXPECT_EQ(reader.all("SELECT slow"), "");
    EXPECT_EQ(fake_logins(), logins + 1);
}

// ---- what a session may lose ----

struct Lose {
    const char *name;
    const char *before;
    bool manual;
    const char *state; // of an INSERT after the move
};

class Loses : public Tracker, public ::testing::WithParamInterface<Lose>
{
};

const Lose loses[] = {
    {"Nothing", "SELECT one", false, ""},
    {"Settings", "SET x.y = 1", false, ""},
    {"NoTransactionYet", nullptr, true, ""},
    {"Transaction", "INSERT INTO u VALUES (1)", true, "08007"},
    {"OwnTransaction", "BEGIN", false, "08007"},
    {"TemporaryTable", "CREATE TEMP TABLE x(k int)", false, "08S02"},
    {"Listen", "LISTEN x", false, "08S02"},
    {"Do", "DO $$x$$", false, "08S02"},
    {"AdvisoryLock", "SELECT pg_advisory_lock(1)", false, "08S02"},
    {"ComputedSetting", "SELECT set_config('a.b', current_user, false)", false, "08S02"},
    {"Discarded", "LISTEN x;DISCARD ALL", false, ""}, // one by one
};

TEST_P(Loses, AreToldOrNothingIs)
{
    const Lose &l = GetParam();
    for (bool dies : {false, true}) {
        Client x;
        fake_set_role(b, ROLE_READER); // once more, the other way
        fake_set_role(a, ROLE_WRITER);
        id += "-again";
        options(&x);
        ASSERT_TRUE(x.connect()) << x.f.text;
        if (l.manual)
            x.manual();
        std::string rest = l.before ? l.before : "";
        while (!rest.empty()) {
            std::string one = rest.substr(0, rest.find(';'));
            rest = rest.size() > one.size() ? rest.substr(one.size() + 1) : "";
            ASSERT_EQ(x.all(one), "") << x.f.text << one;
        }
        x.notices();
        usleep(150000);
        size_t before = fake_executed("INSERT INTO t");
        move(a, b, dies);
        found(b);
        EXPECT_EQ(conn_dead(x.c), *l.state != 0);
        EXPECT_EQ(x.all("INSERT INTO t VALUES (1)"), l.state) << x.f.text;
        EXPECT_EQ(fake_executed("INSERT INTO t"), before + !*l.state);
        EXPECT_EQ(conn_failovers(x.c), 1u);
        x.rollback();
        EXPECT_EQ(x.all("INSERT INTO t VALUES (2)"), "");
        x.commit();
        EXPECT_FALSE(conn_dead(x.c));
    }
}

INSTANTIATE_TEST_SUITE_P(Table, Loses, ::testing::ValuesIn(loses),
                         [](const ::testing::TestParamInfo<Lose> &i) {
                             return std::string(i.param.name);
                         });

TEST_F(Tracker, AQuestionAboutThePastIsNotMoved)
{
    connect();
    ASSERT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    move(a, b, true);
    EXPECT_EQ(k.all("SELECT lastval()"), "08S02") << k.f.text;
    EXPECT_EQ(fake_executed("SELECT lastval()"), 0u);
    EXPECT_EQ(k.all("SELECT lastval()"), "");
}

TEST_F(Tracker, UnreadRowsAreReadFirst)
{
    connect();
    Cursor cur;
    ASSERT_EQ(k.state(&cur, "SELECT many"), "");
    usleep(150000);
    move(a, b); // the old one lives: its rows can be had
    found(b);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "") << k.f.text;
    EXPECT_EQ(k.rows(&cur), 1000u);
    EXPECT_EQ(executed(b), (List{"INSERT INTO t VALUES (1)"}));
}

TEST_F(Tracker, PreparedAndDescribedAndSet)
{
    connect();
    struct prepared p = {};
    struct scan_info scan;
    struct text sql = text_of("SELECT one");
    scan_classify(conn_rules(k.c), sql, &scan);
    ASSERT_TRUE(prepared_set(k.c, &p, sql, &scan, &k.f));
    const struct nat_type *params;
    const struct nat_column *columns;
    size_t np, nc;
    move(a, b, true);
    EXPECT_TRUE(conn_describe(k.c, &p, &params, &np, &columns, &nc, DEADLINE_NEVER, &k.f))
        << k.f.text;
    EXPECT_EQ(nc, 1u);
    fake_set_state(a, FAKE_UP);
    move(b, a, true);
    Cursor cur;
    struct conn_work work = {};
    work.prepared = &p;
    EXPECT_TRUE(conn_execute(k.c, &cur, &work, &k.out, DEADLINE_NEVER, &k.f)) << k.f.text;
    EXPECT_EQ(k.rows(&cur), 1u);
    fake_set_state(b, FAKE_UP);
    move(a, b, true);
    EXPECT_TRUE(conn_set_isolation(k.c, ISOLATION_SERIALIZABLE, DEADLINE_NEVER, &k.f)) << k.f.text;
    EXPECT_EQ(conn_failovers(k.c), 3u);
    EXPECT_EQ(k.notices(), List());
    prepared_drop(k.c, &p);
}

TEST_F(Tracker, WithoutAWriterItIsStillALoss)
{
    k.set("FAILOVER_TIMEOUT_MS", "200");
    connect();
    fake_set_state(a, FAKE_DOWN);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "08S01");
    EXPECT_TRUE(conn_dead(k.c));
    fake_set_role(b, ROLE_WRITER);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(fake_executed("INSERT"), 1u);
}

TEST_F(Tracker, AHerdIsTold)
{
    std::vector<std::unique_ptr<Client>> all;
    for (int i = 0; i < 100; i++) {
        all.push_back(std::make_unique<Client>());
        options(all.back().get());
        ASSERT_TRUE(all.back()->connect());
    }
    connect();
    usleep(150000);
    move(a, b);
    found(b);
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&, t] {
            for (size_t i = (size_t)t; i < all.size(); i += 4)
                good += all[i]->all("INSERT INTO t VALUES (1)").empty();
        });
    for (auto &t : threads)
        t.join();
    EXPECT_EQ(good, 100);
    EXPECT_EQ(fake_executed("INSERT"), 100u);
    for (auto &x : all)
        EXPECT_EQ(conn_failovers(x->c), 1u);
    all.clear();
}

// Connections come, go, work and are marked at once: for the thread sanitizer.
TEST_F(Tracker, ComingAndGoingUnderEvents)
{
    connect();
    usleep(150000);
    std::atomic<bool> stop{false};
    std::atomic<int> runs{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&] {
            while (!stop) {
                Client x;
                options(&x);
                if (!x.connect(SECONDS(20)))
                    continue;
                for (int i = 0; i < 10; i++)
                    runs += x.all("SELECT one").empty();
            }
        });
    for (int i = 0; i < 6; i++) {
        move(i % 2 ? b : a, i % 2 ? a : b);
        found(i % 2 ? a : b);
        usleep(20000);
    }
    stop = true;
    for (auto &t : threads)
        t.join();
    EXPECT_GT(runs, 0);
    EXPECT_EQ(k.all("SELECT one"), "");
}

// ---- replay ----

struct Again {
    const char *name;
    const char *option, *plugins;
    const char *before; // "": manual-commit mode
    const char *sql;
    enum fake_act act; // FAKE_FAIL: 25006 of a demoted node
    const char *state;
    size_t executed;
    bool told;
};

class Replay : public Tracker, public ::testing::WithParamInterface<Again>
{
};

const char plain[] = "failover", both[] = "connection_tracker,failover",
           swapped[] = "failover,connection_tracker";

const Again again[] = {
    {"OffUnsent", "off", plain, nullptr, "INSERT probe", FAKE_LOST_BEFORE, "08S02", 0, false},
    {"OffUnsentTracked", "off", both, nullptr, "INSERT probe", FAKE_LOST_BEFORE, "", 1, false},
    {"TheOtherOrder", "off", swapped, nullptr, "INSERT probe", FAKE_LOST_BEFORE, "", 1, false},
    {"OffRefused", "off", both, nullptr, "INSERT probe", FAKE_FAIL, "08S02", 0, false},
    {"OffRead", "off", both, nullptr, "SELECT probe", FAKE_LOST_AFTER, "08S02", 1, false},
    {"Unsent", "unsent", plain, nullptr, "INSERT probe", FAKE_LOST_BEFORE, "", 1, true},
    {"UnsentFirstOfTransaction", "unsent", plain, "", "INSERT probe", FAKE_LOST_BEFORE, "", 1, true},
    {"UnsentInTransaction", "unsent", both, "INSERT x", "INSERT probe", FAKE_LOST_BEFORE, "08007", 0,
     false},
    {"UnsentKept", "unsent", both, "LISTEN x", "INSERT probe", FAKE_LOST_BEFORE, "08S02", 0, false},
    {"UnsentRefused", "unsent", plain, nullptr, "INSERT probe", FAKE_FAIL, "", 1, true},
    {"UnsentRefusedFirstOfTransaction", "unsent", both, "", "INSERT probe", FAKE_FAIL, "08007", 0,
     false},
    {"UnsentSentRead", "unsent", both, nullptr, "SELECT probe", FAKE_LOST_AFTER, "08S02", 1, false},
    {"UnsentSentWrite", "unsent", both, nullptr, "INSERT probe", FAKE_LOST_AFTER, "08007", 1, false},
    {"ReadsRead", "reads", plain, nullptr, "SELECT probe", FAKE_LOST_AFTER, "", 2, true},
    {"ReadsTwoReads", "reads", both, nullptr, "SELECT probe; SELECT probe", FAKE_LOST_AFTER, "08007",
     2, false},
    {"ReadsMidway", "reads", both, nullptr, "SELECT probe", FAKE_LOST_MIDWAY, "08S02", 1, false},
    {"ReadsWrite", "reads", both, nullptr, "INSERT probe", FAKE_LOST_AFTER, "08007", 1, false},
    {"ReadsLocking", "reads", both, nullptr, "SELECT probe FOR UPDATE", FAKE_LOST_AFTER, "08007", 1,
     false},
    {"ReadsManual", "reads", both, "", "SELECT probe", FAKE_LOST_AFTER, "08007", 1, false},
    {"ReadsSet", "reads", both, nullptr, "SET probe = 1", FAKE_LOST_AFTER, "08S02", 1, false},
    {"ReadsKept", "reads", both, "LISTEN x", "SELECT probe", FAKE_LOST_AFTER, "08S02", 1, false},
    {"ReadsCall", "reads", both, nullptr, "CALL probe", FAKE_LOST_AFTER, "08007", 1, false},
    {"ReadsCommit", "reads", both, "INSERT x", "COMMIT", FAKE_LOST_AFTER, "08007", 1, false},
};

TEST_P(Replay, Tell)
{
    const Again &row = GetParam();
    k.set("FAILOVER_REPLAY", row.option);
    k.set("PLUGINS", row.plugins);
    connect();
    bool manual = row.before && (!*row.before || !strcmp(row.before, "INSERT x"));
    if (manual)
        k.manual();
    if (row.before && *row.before) {
        ASSERT_EQ(k.all(row.before), "");
    }
    struct fake_reply reply = {};
    reply.act = row.act;
    reply.times = 1;
    reply.state = "25006";
    reply.message = "cannot execute INSERT in a read-only transaction";
    reply.rows = row.act == FAKE_LOST_MIDWAY ? "n:int4|1|2|3" : nullptr;
    reply.midway = 2;
    std::string what = std::string(row.sql).substr(0, std::string(row.sql).find(';'));
    fake_on(a, what.c_str(), &reply);
    if (row.act == FAKE_FAIL)
        fake_set_role(a, ROLE_READER);
    else
        fake_set_role(a, ROLE_WRITER);
    if (row.act == FAKE_FAIL)
        fake_set_role(b, ROLE_WRITER);
    EXPECT_EQ(k.all(row.sql), row.state) << k.f.text;
    EXPECT_EQ(fake_executed(what.c_str()), row.executed);
    List told = k.notices();
    ASSERT_EQ(told.size(), row.told ? 1u : 0u);
    if (row.told) {
        EXPECT_EQ(told[0].find("01000 the connection moved from 10.0.0.1 to 10.0.0."), 0u) << told[0];
        EXPECT_NE(told[0].find("was run again"), std::string::npos) << told[0];
    }
    EXPECT_EQ(conn_failovers(k.c), 1u);
    EXPECT_FALSE(conn_in_transaction(k.c) && *row.state);
}

INSTANTIATE_TEST_SUITE_P(Table, Replay, ::testing::ValuesIn(again),
                         [](const ::testing::TestParamInfo<Again> &i) {
                             return std::string(i.param.name);
                         });

TEST_F(Tracker, AReadIsSentAsAReadOnlyTransaction)
{
    k.set("FAILOVER_REPLAY", "reads");
    connect();
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(k.all("SELECT lastval()"), "");
    EXPECT_EQ(executed(a), (List{"BEGIN READ ONLY", "SELECT one", "COMMIT", "INSERT INTO t VALUES (1)",
                                 "SELECT lastval()"}));
}

TEST_F(Tracker, AGuardedReadStreamsAndLetsOthersThrough)
{
    k.set("FAILOVER_REPLAY", "reads");
    connect();
    Cursor one, two;
    ASSERT_EQ(k.state(&one, "SELECT many"), "");
    size_t got;
    ASSERT_TRUE(cursor_next(&one, 10, &got, DEADLINE_NEVER, &k.f));
    EXPECT_FALSE(conn_in_transaction(k.c));
    ASSERT_EQ(k.state(&two, "SELECT many"), "");
    EXPECT_EQ(k.rows(&two), 1000u);
    EXPECT_EQ(k.rows(&one), 990u);
    struct nat_outcome next;
    ASSERT_TRUE(cursor_result(&one, &next, DEADLINE_NEVER, &k.f));
    EXPECT_EQ(next.kind, NAT_END); // the COMMIT is no result
    ASSERT_EQ(k.state(&two, "SELECT many"), "");
    ASSERT_TRUE(cursor_result(&two, &next, DEADLINE_NEVER, &k.f)); // its rows unread
    EXPECT_EQ(next.kind, NAT_END);
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_FALSE(conn_in_transaction(k.c));
}

TEST_F(Tracker, AGuardedReadThatFailsLeavesNoTransaction)
{
    k.set("FAILOVER_REPLAY", "reads");
    fake_on_fail(a, "SELECT wrong", "42P01", "no such table");
    connect();
    EXPECT_EQ(k.all("SELECT wrong"), "42S02");
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    EXPECT_EQ(executed(a).back(), "INSERT INTO t VALUES (1)");
    EXPECT_FALSE(conn_in_transaction(k.c));
    EXPECT_EQ(fake_executed("ROLLBACK"), 1u);
}

TEST_F(Tracker, AReadThatWritesIsSentAsItIs)
{
    k.set("FAILOVER_REPLAY", "reads");
    struct fake_reply refuse = {};
    refuse.act = FAKE_FAIL;
    refuse.state = "25006";
    refuse.message = "cannot execute nextval() in a read-only transaction";
    refuse.times = 1;
    fake_on(a, "SELECT nextval", &refuse);
    connect();
    EXPECT_EQ(k.all("SELECT nextval('s')"), "");
    EXPECT_EQ(fake_executed("SELECT nextval"), 1u);
    EXPECT_EQ(conn_failovers(k.c), 0u);
    EXPECT_FALSE(conn_in_transaction(k.c));
    fake_on_act(a, "SELECT nextval", FAKE_LOST_AFTER, 1); // reached by the second try only
    fake_set_role(b, ROLE_WRITER);
}

// Lost under the plain second try: it may have written.
TEST_F(Tracker, AReadThatWritesIsNotReplayed)
{
    k.set("FAILOVER_REPLAY", "reads");
    struct fake_reply refuse = {};
    refuse.act = FAKE_FAIL;
    refuse.state = "25006";
    refuse.times = 1;
    fake_on(a, "SELECT nextval", &refuse);
    fake_on_act(a, "SELECT nextval", FAKE_LOST_AFTER, 1);
    connect();
    EXPECT_EQ(k.all("SELECT nextval('s')"), "08S02");
    EXPECT_EQ(fake_executed("SELECT nextval"), 1u);
}

TEST_F(Tracker, AReplayIsBounded)
{
    k.set("FAILOVER_REPLAY", "reads");
    connect();
    fake_on_act(nullptr, "SELECT poison", FAKE_LOST_AFTER, 0);
    EXPECT_EQ(k.all("SELECT poison"), "08S02");
    EXPECT_EQ(fake_executed("SELECT poison"), 4u);
}

TEST_F(Tracker, AReplayKeepsTheDeadline)
{
    k.set("FAILOVER_REPLAY", "unsent");
    connect();
    fake_set_state(a, FAKE_DOWN);
    std::thread late([] {
        usleep(400000);
        fake_set_role(b, ROLE_WRITER);
    });
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)", deadline_in(MS(100))), "08S02");
    late.join();
    EXPECT_EQ(fake_executed("INSERT"), 0u);
}

} // namespace
