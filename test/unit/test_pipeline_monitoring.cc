// Host monitoring on the scripted native: hosts that fall silent under a waiting call, and hosts
// that only take their time.
#include "unit/pipeline_world.h"

using namespace pipeline_world;

namespace
{

std::string unique_cluster()
{
    static int number;
    return "monitoring-" + std::to_string(getpid()) + "-" + std::to_string(++number);
}

class Monitoring : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        begin();
        id = unique_cluster();
        options(&k);
        answer("SELECT late", 900);
        answer("SELECT slow", 1500);
        fake_on_act(nullptr, "SELECT mute", FAKE_MUTE, 0);
        fake_on_act(nullptr, "COMMIT", FAKE_MUTE, 1);
    }
    void TearDown() override
    {
        k.disconnect();
        end();
    }
    static void answer(const char *sql, int ms)
    {
        struct fake_reply r = {};
        r.act = FAKE_ROWS;
        r.rows = "n:int4|1";
        r.delay_ms = ms;
        fake_on(nullptr, sql, &r);
    }
    void options(Client *x, const char *time = "300")
    {
        x->set("SERVER", a);
        x->set("PORT", "5432");
        x->set("CLUSTER_ID", id);
        x->set("CLUSTER_HOSTS", std::string(a) + "," + b + "," + c);
        x->set("DATABASE_DIALECT", "POSTGRESQL");
        x->set("TOPOLOGY_HIGH_REFRESH_RATE_MS", "10");
        x->set("FAILURE_DETECTION_TIME", time);
    }
    // A host that is of no cluster.
    static void plain(Client *x, bool asked, const char *time = "300")
    {
        x->set("SERVER", c);
        x->set("PORT", "5432");
        x->set("FAILURE_DETECTION_TIME", time);
        if (asked)
            x->set("ENABLE_FAILURE_DETECTION", "1");
    }
    static std::thread later(int ms, void (*what)())
    {
        return std::thread([ms, what] {
            usleep((useconds_t)ms * 1000);
            what();
        });
    }
    static void take_over()
    {
        fake_set_state(a, FAKE_FROZEN);
        fake_set_role(b, ROLE_WRITER);
    }
    // Milliseconds, and the SQLSTATE.
    std::string timed(Client *x, const char *sql, double *ms, int64_t deadline = DEADLINE_NEVER)
    {
        int64_t begun = clock_us();
        std::string s = x->all(sql, deadline);
        *ms = (double)(clock_us() - begun) / 1000;
        return s;
    }

    std::string id;
    Client k;
    double ms = 0;
};

TEST_F(Monitoring, ASilentHostEndsTheCallWithTheFailoversOutcome)
{
    ASSERT_TRUE(k.connect()) << k.f.text;
    take_over();
    EXPECT_EQ(timed(&k, "SELECT mute", &ms), "08S02") << k.f.text;
    EXPECT_NE(std::string(k.f.text).find("10.0.0.1 gave no sign of life for 3"), std::string::npos)
        << k.f.text;
    EXPECT_GE(ms, 300);
    EXPECT_LT(ms, 1000);
    EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_EQ(fake_executed("SELECT mute"), 0u); // a frozen host executes nothing
}

TEST_F(Monitoring, ACommitOnAFrozenServerIsUnknown)
{
    ASSERT_TRUE(k.connect()) << k.f.text;
    k.manual();
    EXPECT_EQ(k.all("INSERT INTO t VALUES (1)"), "");
    take_over();
    int64_t begun = clock_us();
    EXPECT_FALSE(k.commit());
    EXPECT_STREQ(k.f.sqlstate, "08007") << k.f.text;
    EXPECT_GE(clock_us() - begun, MS(300));
    EXPECT_LT(clock_us() - begun, MS(1000));
}

TEST_F(Monitoring, AFetchFromASilentHost)
{
    struct fake_reply r = {};
    r.act = FAKE_ROWS;
    r.rows = "n:int4|7";
    r.repeat = 10;
    fake_on(a, "SELECT some", &r);
    ASSERT_TRUE(k.connect()) << k.f.text;
    Cursor cur;
    size_t got = 0;
    ASSERT_EQ(k.state(&cur, "SELECT some"), "");
    ASSERT_TRUE(cursor_next(&cur, 1, &got, DEADLINE_NEVER, &k.f));
    take_over();
    int64_t begun = clock_us();
    EXPECT_EQ(k.rows(&cur, 1), SIZE_MAX);
    EXPECT_STREQ(k.f.sqlstate, "08S02") << k.f.text;
    EXPECT_LT(clock_us() - begun, MS(1000));
}

TEST_F(Monitoring, ALongCallOnALivingHostStays)
{
    ASSERT_TRUE(k.connect()) << k.f.text;
    unsigned logins = fake_logins();
    EXPECT_EQ(timed(&k, "SELECT slow", &ms), "") << k.f.text;
    EXPECT_GE(ms, 1500);
    EXPECT_EQ(conn_failovers(k.c), 0u);
    EXPECT_EQ(fake_logins(), logins + 1); // one session to probe
    size_t asked = fake_executed("IDENTITY");
    EXPECT_GE(asked, 10u); // 1500 ms in steps of 75
    EXPECT_LE(asked, 25u);
    usleep(300000);
    EXPECT_EQ(fake_executed("IDENTITY"), asked); // and then nobody waits
}

TEST_F(Monitoring, TwoCallsShareASession)
{
    ASSERT_TRUE(k.connect()) << k.f.text;
    Client x;
    options(&x);
    ASSERT_TRUE(x.connect()) << x.f.text;
    unsigned logins = fake_logins();
    std::thread other([&] { EXPECT_EQ(x.all("SELECT late"), ""); });
    EXPECT_EQ(k.all("SELECT late"), "");
    other.join();
    EXPECT_EQ(fake_logins(), logins + 1);
}

TEST_F(Monitoring, ShortCallsStartNothing)
{
    ASSERT_TRUE(k.connect()) << k.f.text;
    monitor_stop();
    unsigned logins = fake_logins();
    for (int i = 0; i < 50; i++)
        EXPECT_EQ(k.all("SELECT one"), "");
    EXPECT_EQ(fake_logins(), logins);
    EXPECT_EQ(monitor_threads(), 0);
}

TEST_F(Monitoring, TheSessionIsGivenBackInTime)
{
    Client x;
    plain(&x, true);
    x.set("MONITOR_DISPOSAL_TIME", "200");
    ASSERT_TRUE(x.connect()) << x.f.text;
    EXPECT_EQ(monitor_threads(), 0);
    EXPECT_EQ(x.all("SELECT late"), "");
    EXPECT_EQ(monitor_threads(), 1);
    EXPECT_EQ(fake_sessions(), 2u);
    for (int i = 0; i < 100 && fake_sessions() > 1; i++)
        usleep(10000);
    EXPECT_EQ(fake_sessions(), 1u);
    for (int i = 0; i < 100 && monitor_threads() > 0; i++)
        usleep(10000);
    EXPECT_EQ(monitor_threads(), 0);
    EXPECT_EQ(x.all("SELECT late"), ""); // and starts anew
    EXPECT_EQ(monitor_threads(), 1);
    x.disconnect(); // nobody is left
    EXPECT_EQ(monitor_threads(), 0);
    EXPECT_EQ(fake_sessions(), 0u);
}

TEST_F(Monitoring, APlainHostIsMonitoredWhenAskedFor)
{
    Client x;
    plain(&x, true);
    ASSERT_TRUE(x.connect()) << x.f.text;
    fake_set_state(c, FAKE_FROZEN);
    EXPECT_EQ(timed(&x, "SELECT mute", &ms), "08S01") << x.f.text;
    EXPECT_NE(std::string(x.f.text).find("no sign of life"), std::string::npos) << x.f.text;
    EXPECT_LT(ms, 600);
    EXPECT_TRUE(conn_dead(x.c));
}

TEST_F(Monitoring, NotMonitoredUnlessAskedFor)
{
    Client x, y;
    plain(&x, false);
    ASSERT_TRUE(x.connect()) << x.f.text;
    fake_set_state(c, FAKE_FROZEN);
    EXPECT_EQ(timed(&x, "SELECT mute", &ms, deadline_in(MS(700))), "08S01");
    EXPECT_GE(ms, 700);
    EXPECT_EQ(fake_logins(), 1u);
    options(&y);
    y.set("ENABLE_FAILURE_DETECTION", "0");
    ASSERT_TRUE(y.connect()) << y.f.text;
    fake_set_state(a, FAKE_FROZEN);
    fake_set_role(b, ROLE_WRITER);
    EXPECT_EQ(timed(&y, "SELECT mute", &ms, deadline_in(MS(700))), "08S02") << y.f.text;
    EXPECT_GE(ms, 700);
}

TEST_F(Monitoring, TheQueryTimeoutComesFirst)
{
    ASSERT_TRUE(k.connect()) << k.f.text;
    EXPECT_EQ(timed(&k, "SELECT mute", &ms, deadline_in(MS(150))), "HYT00") << k.f.text;
    EXPECT_LT(ms, 290);
}

// A server that refuses the probe lives.
TEST_F(Monitoring, ARefusedLoginIsASignOfLife)
{
    ASSERT_TRUE(k.connect()) << k.f.text;
    fake_set_password(a, "changed");
    EXPECT_EQ(timed(&k, "SELECT slow", &ms), "") << k.f.text;
    fake_set_password(a, nullptr);
    fake_set_state(a, FAKE_UP);
}

// The patient go on waiting where the impatient have given up.
TEST_F(Monitoring, EachWaitHasItsOwnPatience)
{
    Client x, y;
    plain(&x, true);
    plain(&y, true, "900");
    ASSERT_TRUE(x.connect()) << x.f.text;
    ASSERT_TRUE(y.connect()) << y.f.text;
    fake_set_state(c, FAKE_FROZEN);
    double patient = 0;
    std::thread other([&] { EXPECT_EQ(timed(&y, "SELECT mute", &patient), "08S01"); });
    EXPECT_EQ(timed(&x, "SELECT mute", &ms), "08S01");
    other.join();
    EXPECT_LT(ms, 700);
    EXPECT_GE(patient, 900);
}

TEST_F(Monitoring, HowPluginsSpellsIt)
{
    Client x;
    options(&x);
    x.set("PLUGINS", "efm, log,failover");
    ASSERT_TRUE(x.connect()) << x.f.text;
    take_over();
    EXPECT_EQ(timed(&x, "SELECT mute", &ms), "08S02") << x.f.text; // behind failover all the same
}

} // namespace
