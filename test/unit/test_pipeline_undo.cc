// ROLLBACK_ON_ERROR on the scripted native: what is sent, and what is said when the way back fails.
#include "unit/pipeline_world.h"

#include <thread>

using namespace pipeline_world;

namespace
{

typedef std::vector<std::string> List;

#define SAVE    "SAVEPOINT hf_statement"
#define RELEASE "RELEASE SAVEPOINT hf_statement"
#define BACK    "ROLLBACK TO SAVEPOINT hf_statement"

class PipelineUndo : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        begin();
        fake_on_fail(nullptr, "INSERT bad", "23505", "there is one already");
    }
    // All as at the beginning.
    void afresh()
    {
        k.disconnect();
        options_fini(&k.o);
        options_init(&k.o);
        end();
        SetUp();
    }
    void TearDown() override
    {
        k.disconnect();
        end();
    }
    void connect(const char *how = "statement")
    {
        k.set("SERVER", a);
        k.set("PORT", "5432");
        k.set("CLUSTER_ID", "undo-" + std::to_string(++number));
        k.set("CLUSTER_HOSTS", std::string(a) + "," + b + "," + c);
        k.set("DATABASE_DIALECT", "POSTGRESQL");
        k.set("TOPOLOGY_HIGH_REFRESH_RATE_MS", "10");
        k.set("PLUGINS", "failover");
        k.set("ROLLBACK_ON_ERROR", how);
        ASSERT_TRUE(k.connect()) << k.f.text;
        k.manual();
    }
    // What came to be executed behind this many.
    static List after(size_t n)
    {
        List all = executed();
        return {all.begin() + std::min(all.size(), n), all.end()};
    }
    static void on(const char *statement, enum fake_act act, int times = 1)
    {
        struct fake_reply r = {};
        r.act = act;
        r.times = times;
        r.state = "58000";
        fake_on(nullptr, statement, &r);
    }
    static void take_over()
    {
        fake_set_role(b, ROLE_WRITER);
        fake_set_role(a, ROLE_READER);
    }
    Client k;
    static int number;
};
int PipelineUndo::number;

TEST_F(PipelineUndo, TravelsWithTheStatement)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    EXPECT_EQ("", k.all("INSERT two"));
    EXPECT_EQ("", k.all("INSERT three"));
    EXPECT_EQ("23000", k.all("INSERT bad"));
    EXPECT_EQ("", k.all("INSERT four"));
    EXPECT_TRUE(k.commit());
    EXPECT_EQ((List{"BEGIN", "INSERT one", SAVE, "INSERT two", RELEASE, SAVE, "INSERT three", RELEASE, SAVE, BACK,
                    RELEASE, SAVE, "INSERT four", "COMMIT"}),
              executed());
}

TEST_F(PipelineUndo, NotInAutocommitAndNotForTheFirst)
{
    connect();
    EXPECT_EQ("23000", k.all("INSERT bad"));
    EXPECT_FALSE(conn_in_transaction(k.c));
    EXPECT_TRUE(k.commit());
    ASSERT_TRUE(conn_set_autocommit(k.c, true, DEADLINE_NEVER, &k.f));
    EXPECT_EQ("", k.all("INSERT one"));
    EXPECT_EQ("23000", k.all("INSERT bad"));
    EXPECT_EQ((List{"BEGIN", "ROLLBACK", "INSERT one"}), executed());
}

TEST_F(PipelineUndo, Off)
{
    connect("none");
    EXPECT_EQ("", k.all("INSERT one"));
    EXPECT_EQ("", k.all("INSERT two"));
    EXPECT_EQ("23000", k.all("INSERT bad"));
    EXPECT_TRUE(conn_transaction_failed(k.c));
    EXPECT_FALSE(k.commit());
    EXPECT_STREQ("25S03", k.f.sqlstate);
    EXPECT_EQ((List{"BEGIN", "INSERT one", "INSERT two", "COMMIT"}), executed());
}

TEST_F(PipelineUndo, TheWholeTransaction)
{
    connect("transaction");
    EXPECT_EQ("", k.all("INSERT one"));
    EXPECT_EQ("", k.all("INSERT two"));
    EXPECT_EQ("23000", k.all("INSERT bad"));
    EXPECT_EQ(1U, k.notices().size());
    EXPECT_FALSE(conn_in_transaction(k.c));
    EXPECT_FALSE(k.commit());
    EXPECT_STREQ("25S03", k.f.sqlstate);
    EXPECT_TRUE(k.commit());
    EXPECT_EQ((List{"BEGIN", "INSERT one", "INSERT two", "ROLLBACK"}), executed());
}

// One's own commands: SAVEPOINT a stands in no savepoint of ours, RELEASE a takes it along.
TEST_F(PipelineUndo, OwnSavepoints)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    EXPECT_EQ("", k.all("INSERT two"));
    EXPECT_EQ("", k.all("SAVEPOINT a"));
    EXPECT_EQ("", k.all("RELEASE a"));
    EXPECT_EQ("", k.all("SET TRANSACTION READ ONLY"));
    EXPECT_EQ("", k.all("INSERT three"));
    EXPECT_EQ("", k.all("ROLLBACK TO a"));
    EXPECT_EQ("", k.all("INSERT four; INSERT five"));
    EXPECT_EQ("", k.all("SAVEPOINT b; INSERT six"));
    EXPECT_EQ("", k.all("COMMIT"));
    EXPECT_EQ((List{"BEGIN", "INSERT one", SAVE, "INSERT two", RELEASE, "SAVEPOINT a", SAVE, "RELEASE a",
                    "SET TRANSACTION READ ONLY", SAVE, "INSERT three", RELEASE, SAVE, "ROLLBACK TO a", SAVE,
                    "INSERT four", "INSERT five", RELEASE, "SAVEPOINT b", "INSERT six", "COMMIT"}),
              executed());
}

// Where it is not known that the savepoint stands, nothing goes back to one.
TEST_F(PipelineUndo, TheSavepointIsRefused)
{
    for (const char *what : {SAVE, RELEASE}) {
        afresh();
        connect();
        EXPECT_EQ("", k.all("INSERT one"));
        EXPECT_EQ("", k.all("INSERT two"));
        on(what, FAKE_FAIL);
        size_t n = executed().size();
        EXPECT_NE("", k.all("INSERT three"));
        EXPECT_TRUE(conn_transaction_failed(k.c));
        EXPECT_FALSE(k.commit());
        EXPECT_STREQ("25S03", k.f.sqlstate);
        for (const std::string &sql : after(n))
            EXPECT_TRUE(sql == RELEASE || sql == "COMMIT") << sql;
    }
}

TEST_F(PipelineUndo, TheWayBackIsRefused)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    on("ROLLBACK TO", FAKE_FAIL, 0);
    EXPECT_EQ("23000", k.all("INSERT bad"));
    EXPECT_TRUE(conn_transaction_failed(k.c));
    EXPECT_EQ("25000", k.all("INSERT two"));
    EXPECT_FALSE(k.commit());
    EXPECT_STREQ("25S03", k.f.sqlstate);
}

// A cancel that comes late hits it once.
TEST_F(PipelineUndo, TheWayBackIsCancelled)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    on("ROLLBACK TO", FAKE_FAIL, 2);
    EXPECT_EQ("23000", k.all("INSERT bad"));
    EXPECT_FALSE(conn_transaction_failed(k.c));
    EXPECT_EQ("", k.all("INSERT two"));
    EXPECT_TRUE(k.commit());
}

// The statement has failed, and its undoing has cost the connection: what came before is gone too.
TEST_F(PipelineUndo, TheLinkIsLostOnTheWayBack)
{
    for (enum fake_act act : {FAKE_LOST_BEFORE, FAKE_LOST_AFTER}) {
        afresh();
        connect();
        EXPECT_EQ("", k.all("INSERT one"));
        on("ROLLBACK TO", act);
        take_over();
        EXPECT_EQ("08007", k.all("INSERT bad"));
        EXPECT_NE(std::string(k.f.text).find("there is one already"), std::string::npos) << k.f.text;
        EXPECT_STREQ(b, conn_host(k.c));
        EXPECT_FALSE(k.commit());
        EXPECT_STREQ("25S03", k.f.sqlstate);
        EXPECT_EQ(List(), executed(b));
        EXPECT_EQ("", k.all("INSERT two"));
        EXPECT_EQ("", k.all("INSERT three"));
        EXPECT_TRUE(k.commit());
        EXPECT_EQ((List{"BEGIN", "INSERT two", SAVE, "INSERT three", "COMMIT"}), executed(b));
    }
}

// The same over rows that nobody has read: neither another statement nor a COMMIT goes to the new host.
TEST_F(PipelineUndo, TheLinkIsLostForAnother)
{
    for (int what = 0; what < 4; what++) {
        afresh();
        connect();
        struct fake_reply late = {}; // rows, and then nothing until a cancel makes it fail
        late.act = FAKE_MUTE;
        late.rows = "n:int4|1";
        fake_on(nullptr, "SELECT late", &late);
        EXPECT_EQ("", k.all("INSERT one"));
        Cursor cur;
        ASSERT_EQ("", k.state(&cur, "SELECT late"));
        on("ROLLBACK TO", FAKE_LOST_AFTER);
        take_over();
        std::thread cancels([this] {
            usleep(50000);
            conn_cancel(k.c);
        });
        if (what == 0)
            EXPECT_EQ("08007", k.all("INSERT two"));
        else if (what == 1)
            EXPECT_FALSE(k.commit());
        else if (what == 2)
            EXPECT_EQ("08007", k.all("COMMIT"));
        else
            EXPECT_FALSE(cursor_close(&cur, DEADLINE_NEVER, &k.f));
        cancels.join();
        EXPECT_STREQ("08007", k.f.sqlstate);
        EXPECT_EQ(List(), executed(b));
    }
}

// Nothing but the failed statement was in it.
TEST_F(PipelineUndo, TheLinkIsLostAfterTheFirst)
{
    connect();
    on("ROLLBACK", FAKE_LOST_AFTER);
    take_over();
    EXPECT_EQ("23000", k.all("INSERT bad"));
    EXPECT_EQ(1U, k.notices().size());
    EXPECT_EQ("", k.all("INSERT two"));
    EXPECT_TRUE(k.commit());
    EXPECT_EQ((List{"BEGIN", "INSERT two", "COMMIT"}), executed(b));
}

TEST_F(PipelineUndo, TheLinkIsLostInTheTransaction)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    EXPECT_EQ("", k.all("INSERT two"));
    on("INSERT three", FAKE_LOST_AFTER);
    take_over();
    EXPECT_EQ("08007", k.all("INSERT three"));
    EXPECT_FALSE(k.commit());
    EXPECT_EQ("", k.all("INSERT four"));
    EXPECT_TRUE(k.commit());
    EXPECT_EQ((List{"BEGIN", "INSERT four", "COMMIT"}), executed(b));
}

// What a failed text had set before it failed is not set again after a failover.
TEST_F(PipelineUndo, SettingsAreUndone)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    EXPECT_EQ("", k.all("SET one.kept = 1"));
    EXPECT_EQ("23000", k.all("SET one.lost = 1; INSERT bad"));
    EXPECT_TRUE(k.commit());
    take_over();
    fake_kill_sessions(a);
    EXPECT_EQ("08S02", k.all("INSERT two"));
    EXPECT_EQ((List{"SET one.kept = 1"}), executed(b));
}

// ---- arrays ----

class PipelineUndoSets : public PipelineUndo
{
  protected:
    // "D0 F1 S2": outcomes and their sets; "!STATE": the call failed.
    std::string sets(const std::string &sql, size_t n)
    {
        std::vector<struct nat_param> params(n);
        struct scan_info scan;
        struct conn_work work = {};
        Cursor cur;
        for (size_t i = 0; i < n; i++)
            params[i] = {"7", 1, false, 0};
        scan_classify(conn_rules(k.c), text_of(sql.c_str()), &scan);
        work.sql = text_of(sql.c_str());
        work.scan = &scan;
        work.params = params.data();
        work.nparams = 1;
        work.nsets = n;
        fault_clear(&k.f);
        if (!conn_execute(k.c, &cur, &work, &k.out, DEADLINE_NEVER, &k.f))
            return std::string("!") + k.f.sqlstate;
        std::string all;
        while (k.out.kind != NAT_END) {
            all += (all.empty() ? "" : " ");
            all += k.out.kind == NAT_DONE ? "D" : k.out.kind == NAT_FAILED ? "F"
                   : k.out.kind == NAT_SKIPPED ? "S" : "?";
            all += std::to_string(k.out.set);
            if (!cursor_result(&cur, &k.out, DEADLINE_NEVER, &k.f))
                return all + " !" + k.f.sqlstate;
        }
        return all;
    }
    // The n-th fails.
    static void fail(const char *statement, int n)
    {
        struct fake_reply fine = {}, bad = {};
        fine.act = FAKE_DONE;
        fine.count = 1;
        fine.times = n;
        if (n > 0)
            fake_on(nullptr, statement, &fine);
        bad.act = FAKE_FAIL;
        bad.state = "23505";
        bad.times = 1;
        fake_on(nullptr, statement, &bad);
    }
};

TEST_F(PipelineUndoSets, GoOnBehindTheOneThatFailed)
{
    connect();
    fail("INSERT set", 1);
    EXPECT_EQ("D0 F1 D2 D3", sets("INSERT set $1", 4));
    EXPECT_EQ("D0", sets("INSERT set $1", 1));
    EXPECT_TRUE(k.commit());
    EXPECT_EQ((List{"BEGIN", SAVE, "INSERT set $1 [7]", RELEASE, SAVE, BACK, RELEASE, SAVE, "INSERT set $1 [7]", RELEASE,
                    SAVE, "INSERT set $1 [7]", RELEASE, SAVE, "INSERT set $1 [7]", "COMMIT"}),
              executed());
}

TEST_F(PipelineUndoSets, FirstAndLast)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    fail("INSERT set", 0);
    EXPECT_EQ("F0 D1", sets("INSERT set $1", 2));
    fail("INSERT other", 1);
    EXPECT_EQ("D0 F1", sets("INSERT other $1", 2));
    EXPECT_FALSE(conn_transaction_failed(k.c));
    EXPECT_TRUE(k.commit());
}

// The server does not take us back: the others are not executed, and told so.
TEST_F(PipelineUndoSets, StopWhereNothingGoesBack)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    fail("INSERT set", 1);
    on("ROLLBACK TO", FAKE_FAIL, 0);
    EXPECT_EQ("D0 F1 S2", sets("INSERT set $1", 4));
    EXPECT_TRUE(conn_transaction_failed(k.c));
    EXPECT_FALSE(k.commit());
}

TEST_F(PipelineUndoSets, StopWhereASavepointFails)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    struct fake_reply fine = {};
    fine.act = FAKE_DONE;
    fine.times = 2;
    fake_on(nullptr, SAVE, &fine);
    on(SAVE, FAKE_FAIL);
    EXPECT_EQ("D0 D1 F2 S3", sets("INSERT set $1", 5));
    EXPECT_TRUE(conn_transaction_failed(k.c)); // not back to a savepoint that may be another's
    EXPECT_FALSE(k.commit());
}

// In the middle of it the link goes: with it all of the transaction.
TEST_F(PipelineUndoSets, LinkLost)
{
    for (const char *where : {"INSERT last", BACK, SAVE}) {
        afresh();
        connect();
        EXPECT_EQ("", k.all("INSERT one"));
        fail("INSERT last", 1);
        if (where == std::string(SAVE)) {
            struct fake_reply fine = {};
            fine.act = FAKE_DONE;
            fine.times = 3;
            fake_on(nullptr, SAVE, &fine);
        }
        on(where, FAKE_LOST_AFTER);
        take_over();
        EXPECT_EQ("!08007", sets("INSERT last $1", 5)) << where;
        EXPECT_FALSE(k.commit());
        EXPECT_STREQ("25S03", k.f.sqlstate);
        EXPECT_EQ(List(), executed(b)) << where;
    }
}

TEST_F(PipelineUndoSets, MoreThanGoAtOnce)
{
    connect();
    EXPECT_EQ("", k.all("INSERT one"));
    fail("INSERT set", 255); // the last of the first send
    fail("INSERT set", 1);   // in the second send, the second
    std::string all = sets("INSERT set $1", 600), expected;
    for (int i = 0; i < 600; i++)
        expected += (i ? " " : "") + std::string(i == 255 || i == 257 ? "F" : "D") + std::to_string(i);
    EXPECT_EQ(expected, all);
    EXPECT_TRUE(k.commit());
}

} // namespace
