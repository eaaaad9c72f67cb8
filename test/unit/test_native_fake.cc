// The scripted native keeps the same contract as the real ones.
#include "native_session.h"

extern "C" {
#include "base/wait.h"
}
#include "fake/fake.h"

#include <poll.h>
#include <thread>

namespace {

class Fake : public ::testing::Test {
  protected:
    void SetUp() override
    {
        fake_reset();
        fake_server("one", 5432, ROLE_WRITER);
        fake_server("two", 5432, ROLE_READER);
    }
    void TearDown() override
    {
        EXPECT_EQ(0u, fake_sessions());
        fake_reset();
    }
};

struct FakeSession : Session {
    FakeSession() : Session(&native_fake) {}
};

#define OPEN(s, host)                                                                              \
    FakeSession s;                                                                                 \
    ASSERT_EQ(NAT_READY, s.open(host, nullptr, 5432)) << s.f.text

TEST_F(Fake, Logins)
{
    FakeSession s, t, u;
    EXPECT_EQ(NAT_FAULT, s.open("three", nullptr, 5432));
    EXPECT_STREQ("08001", s.f.sqlstate);
    EXPECT_TRUE(s.f.link_lost);
    s.close(NAT_ABANDON);
    EXPECT_EQ(NAT_READY, s.open("any-name", "10.0.0.2", 5432));
    EXPECT_STREQ("10.0.0.2", s.ops->address(s.n));
    EXPECT_EQ(ROLE_READER, s.status().hint);
    fake_set_state("one", FAKE_STARTING);
    EXPECT_EQ(NAT_FAULT, t.open("one", nullptr, 5432));
    EXPECT_STREQ("08004", t.f.sqlstate);
    EXPECT_STREQ("57P03", t.f.server_state);
    t.close(NAT_ABANDON);
    fake_set_state("one", FAKE_UP);
    fake_set_password("one", "right");
    EXPECT_EQ(NAT_FAULT, t.open("one", nullptr, 5432));
    EXPECT_STREQ("28000", t.f.sqlstate);
    t.close(NAT_ABANDON);
    t.set("PWD", "right");
    EXPECT_EQ(NAT_READY, t.open("one", nullptr, 5432));
    fake_set_state("two", FAKE_FROZEN);
    EXPECT_EQ(NAT_WAIT, u.open("two", nullptr, 5432, MS(20)));
    std::thread other([] {
        wait_for(-1, 0, nullptr, deadline_in(MS(20)));
        fake_set_state("two", FAKE_UP);
    });
    EXPECT_EQ(NAT_READY, u.ops->open(u.n, deadline_in(SECONDS(5)), &u.f));
    other.join();
    EXPECT_EQ(3u, fake_logins());
}

TEST_F(Fake, AnswersByScript)
{
    fake_on_rows(nullptr, "select a", "id:int4,name|1,one|2,\\N");
    fake_on_fail("one", "SELECT nix", "42703", "column does not exist");
    OPEN(s, "one");
    std::vector<Got> g = s.query("SELECT a FROM t; UPDATE t SET a = 1");
    ASSERT_EQ("ROWS0:2 DONE0 DONE0", kinds(g));
    EXPECT_EQ((Row{"2", "(null)"}), g[0].rows[1]);
    EXPECT_EQ("id", g[0].names[0]);
    EXPECT_EQ("UPDATE", g[2].tag);
    EXPECT_EQ("FAILED0:42703", kinds(s.query("SELECT nix")));
    EXPECT_EQ("ROWS0:0 DONE0", kinds(s.query("SHOW x")));
    EXPECT_EQ("DONE0", kinds(s.query("")));
    EXPECT_EQ(1u, fake_executed("UPDATE"));
    EXPECT_EQ(0u, fake_executed("SELECT nix"));
}

TEST_F(Fake, TransactionsAndPipelines)
{
    fake_on_fail(nullptr, "SELECT bad", "22012", "division by zero");
    OPEN(s, "one");
    EXPECT_EQ("DONE0 ROWS1:0 DONE1", kinds(s.run({request(NAT_BEGIN), request(NAT_QUERY, "SELECT 1")})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    EXPECT_EQ("FAILED0:22012 SKIPPED1",
              kinds(s.run({request(NAT_QUERY, "SELECT bad"), request(NAT_QUERY, "SELECT 1")})));
    EXPECT_EQ(NAT_TXN_FAILED, s.status().txn);
    EXPECT_EQ("FAILED0:25P02", kinds(s.query("SELECT 1")));
    std::vector<Got> g = s.run({request(NAT_COMMIT)});
    EXPECT_EQ("ROLLBACK", g[0].tag);
    EXPECT_EQ(NAT_TXN_IDLE, s.status().txn);
    struct nat_param p[] = {param("5"), param(nullptr)};
    struct nat_request prepare = request(NAT_PREPARE, "INSERT INTO t VALUES ($1)", "p");
    struct nat_request execute = request(NAT_EXECUTE, "", "p");
    execute.params = p;
    execute.nparams = 1;
    execute.nsets = 2;
    EXPECT_EQ("DONE0 DESCRIBED1 DONE2 DONE2.1",
              kinds(s.run({prepare, request(NAT_DESCRIBE, "", "p"), execute})));
    struct fake_record r;
    EXPECT_EQ(2u, fake_executed("INSERT INTO t VALUES ($1) ["));
    ASSERT_TRUE(fake_record(3, &r));
    EXPECT_STREQ("INSERT INTO t VALUES ($1) [5]", r.sql);
    EXPECT_STREQ("one", r.host);
    EXPECT_EQ(1u, r.session);
    EXPECT_EQ("DONE0 FAILED1:26000",
              kinds(s.run({request(NAT_FORGET, "", "p"), request(NAT_EXECUTE, "", "p")})));
}

TEST_F(Fake, AReaderRefusesWrites)
{
    OPEN(s, "two");
    EXPECT_EQ("FAILED0:25006", kinds(s.query("INSERT INTO t VALUES (1)")));
    fake_set_role("two", ROLE_WRITER);
    EXPECT_EQ(1u, s.ops->parameters_changed(s.n));
    EXPECT_EQ("DONE0", kinds(s.query("INSERT INTO t VALUES (1)")));
    EXPECT_STREQ("off", s.ops->parameter(s.n, "in_hot_standby"));
}

TEST_F(Fake, LosesLinks)
{
    fake_on_act(nullptr, "UPDATE before", FAKE_LOST_BEFORE, 1);
    fake_on_act(nullptr, "UPDATE after", FAKE_LOST_AFTER, 0);
    fake_on_act(nullptr, "COMMIT", FAKE_LOST_BEFORE, 1);
    struct fake_reply r;
    memset(&r, 0, sizeof r);
    r.act = FAKE_LOST_MIDWAY;
    r.rows = "a|1|2|3";
    r.repeat = 100;
    r.midway = 250;
    fake_on(nullptr, "SELECT midway", &r);
    for (const char *sql : {"UPDATE before", "UPDATE after", "SELECT midway"}) {
        OPEN(s, "one");
        std::vector<Got> g = s.run({request(NAT_BEGIN), request(NAT_QUERY, sql)});
        EXPECT_EQ(NAT_FAULT, s.last) << sql;
        EXPECT_TRUE(s.f.link_lost);
        EXPECT_EQ(strcmp(sql, "UPDATE before") != 0, s.sent);
        if (strcmp(sql, "SELECT midway") == 0) {
            EXPECT_EQ("DONE0 ROWS1:250", kinds(g));
        }
        EXPECT_FALSE(s.status().alive);
    }
    EXPECT_EQ(0u, fake_executed("UPDATE before"));
    EXPECT_EQ(1u, fake_executed("UPDATE after"));
    OPEN(s, "one");
    EXPECT_EQ("DONE0", kinds(s.query("UPDATE before")));
    EXPECT_EQ(NAT_FAULT, s.send({request(NAT_COMMIT)}));
    EXPECT_FALSE(s.sent);
    OPEN(t, "one");
    fake_kill_sessions("one");
    EXPECT_EQ(NAT_FAULT, t.send({request(NAT_QUERY, "SELECT 1")}));
    EXPECT_FALSE(t.sent);
}

TEST_F(Fake, WaitsAndWakes)
{
    struct fake_reply r;
    memset(&r, 0, sizeof r);
    r.act = FAKE_DONE;
    r.count = 4;
    r.delay_ms = 60;
    r.notice = "late";
    fake_on(nullptr, "UPDATE slow", &r);
    fake_on_act(nullptr, "SELECT mute", FAKE_MUTE, 0);
    OPEN(s, "one");
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "UPDATE slow")}));
    EXPECT_EQ(NAT_WAIT, s.ops->result(s.n, &out, DEADLINE_NOW, &s.f));
    short events;
    struct pollfd p = {s.ops->poll_fd(s.n, &events), events, 0};
    EXPECT_EQ(0, poll(&p, 1, 5));
    EXPECT_EQ(1, poll(&p, 1, 5000));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, DEADLINE_NOW, &s.f));
    EXPECT_EQ(4, out.count);
    EXPECT_TRUE(s.ops->notice(s.n, &s.f));
    s.read();
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT mute")}));
    EXPECT_EQ(NAT_WAIT, s.ops->result(s.n, &out, deadline_in(MS(20)), &s.f));
    EXPECT_TRUE(s.ops->cancel(s.n));
    EXPECT_EQ("FAILED0:57014", kinds(s.read()));
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT mute")}));
    EXPECT_EQ(NAT_READY, s.ops->finish(s.n, NAT_CANCEL, deadline_in(SECONDS(1)), &s.f));
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT mute")}));
    std::thread other([&] {
        wait_for(-1, 0, nullptr, deadline_in(MS(20)));
        s.ops->interrupt(s.n);
    });
    EXPECT_EQ(NAT_FAULT, s.ops->result(s.n, &out, DEADLINE_NEVER, &s.f));
    EXPECT_TRUE(s.f.link_lost);
    other.join();
    OPEN(t, "one");
    fake_set_state("one", FAKE_FROZEN);
    ASSERT_EQ(NAT_READY, t.send({request(NAT_QUERY, "UPDATE x")}));
    EXPECT_EQ(NAT_WAIT, t.ops->finish(t.n, NAT_CANCEL, deadline_in(MS(20)), &t.f));
    std::thread down([&] {
        wait_for(-1, 0, nullptr, deadline_in(MS(20)));
        fake_set_state("one", FAKE_DOWN);
    });
    EXPECT_EQ(NAT_FAULT, t.ops->result(t.n, &out, DEADLINE_NEVER, &t.f));
    down.join();
    EXPECT_EQ(0u, fake_executed("UPDATE x"));
    EXPECT_EQ(3u, fake_cancels());
}

TEST_F(Fake, Detaches)
{
    struct fake_reply r;
    memset(&r, 0, sizeof r);
    r.act = FAKE_ROWS;
    r.rows = "a|1|2|3";
    r.repeat = 1000;
    fake_on(nullptr, "SELECT a", &r);
    OPEN(s, "one");
    struct nat_outcome out;
    size_t got, rows = 0;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT a; SELECT b")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, DEADLINE_NOW, &s.f));
    ASSERT_EQ(NAT_READY, s.ops->next(s.n, 10, &got, DEADLINE_NOW, &s.f));
    rows = got;
    struct spool *sp = spool_new();
    ASSERT_EQ(NAT_READY, s.ops->detach(s.n, sp, DEADLINE_NOW, &s.f));
    EXPECT_FALSE(s.status().busy);
    while (spool_next(sp, 100, &got, &s.f) && got > 0)
        rows += got;
    EXPECT_EQ(3000u, rows);
    ASSERT_TRUE(spool_result(sp, &out, &s.f));
    EXPECT_EQ(3000, out.count);
    spool_free(sp);
    char *cell = nullptr;
    ASSERT_TRUE(native_ask(s.n, TEXT("SELECT a"), &cell, 1, &rows, DEADLINE_NOW, &s.f));
    EXPECT_STREQ("1", cell);
    free(cell);
}

} // namespace
