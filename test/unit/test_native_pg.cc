// The libpq native against a real PostgreSQL. Run with HOLDFAST_TEST_PG="address port user password
// database" (a superuser, so that a backend's death can be staged; "-" for an empty word). Tests
// that signal the server's processes need to share its machine and the right to do so, and skip
// otherwise.
#include "native_session.h"

extern "C" {
#include "base/wait.h"
}

#include <csignal>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

std::string word(int i)
{
    const char *all = getenv("HOLDFAST_TEST_PG");
    std::istringstream in(all ? all : "");
    std::string w;
    while (i-- >= 0)
        in >> w;
    return w == "-" ? "" : w;
}

struct Pg : Session {
    Pg() : Session(&native_pg) {}
    void login()
    {
        set("UID", word(2));
        if (!word(3).empty())
            set("PWD", word(3));
        set("DATABASE", word(4));
    }
    nat_answer connect(int64_t us = SECONDS(10), bool probe = false)
    {
        login();
        return open(word(0).c_str(), nullptr, std::stoi(word(1)), us, probe);
    }
    int pid()
    {
        return atoi(value("SELECT pg_backend_pid()").c_str());
    }
};

class NativePg : public ::testing::Test {
  protected:
    void SetUp() override
    {
        if (!getenv("HOLDFAST_TEST_PG"))
            GTEST_SKIP() << "HOLDFAST_TEST_PG is not set";
    }
};

#define CONNECT(s)                                                                                 \
    Pg s;                                                                                          \
    ASSERT_EQ(NAT_READY, s.connect()) << s.f.text

// True when the caller may signal this process of the server.
bool may_signal(int pid)
{
    return pid > 1 && kill(pid, 0) == 0;
}

void nap(int ms)
{
    wait_for(-1, 0, nullptr, deadline_in(MS(ms)));
}

int64_t elapsed_ms(int64_t since)
{
    return (clock_us() - since) / 1000;
}

TEST_F(NativePg, Opens)
{
    CONNECT(s);
    EXPECT_TRUE(s.status().alive);
    EXPECT_FALSE(s.status().busy);
    EXPECT_EQ(NAT_TXN_IDLE, s.status().txn);
    EXPECT_EQ(ROLE_WRITER, s.status().hint);
    EXPECT_EQ(s.value("SHOW server_version").substr(0, 2), std::string(s.ops->server_version(s.n), 2));
    EXPECT_EQ(std::string::npos, std::string(s.ops->server_version(s.n)).find(' '));
    EXPECT_STREQ("UTF8", s.ops->parameter(s.n, "client_encoding"));
    EXPECT_EQ(nullptr, s.ops->parameter(s.n, "no_such"));
    EXPECT_EQ(std::stoi(word(1)), s.ops->port(s.n));
    EXPECT_STRNE("", s.ops->address(s.n));
    EXPECT_EQ("holdfast", s.value("SHOW application_name"));
    EXPECT_EQ("holdfast", s.value("SELECT application_name FROM pg_stat_activity WHERE "
                                  "pid = pg_backend_pid()"));
    EXPECT_EQ("30000", s.value("SELECT '30000'"));
    unsigned changes = s.ops->parameters_changed(s.n);
    EXPECT_EQ(0u, changes);
    s.query("SET TimeZone = 'Asia/Tokyo'");
    EXPECT_EQ(1u, s.ops->parameters_changed(s.n));
    EXPECT_EQ(1u, s.ops->parameters_changed(s.n));
}

TEST_F(NativePg, OpensWithHostAndAddress)
{
    Pg s;
    s.login();
    ASSERT_EQ(NAT_READY, s.open("no-such-host.invalid", word(0).c_str(), std::stoi(word(1))))
        << s.f.text;
    EXPECT_EQ(word(0), s.ops->address(s.n));
}

TEST_F(NativePg, OpensWithoutEverBlocking)
{
    Pg s;
    struct nat_target to = {nullptr, nullptr, 0};
    std::string host = word(0);
    to.host = host.c_str();
    to.port = std::stoi(word(1));
    s.login();
    struct nat_login as = {&s.options, nullptr, nullptr, false};
    s.n = native_pg.create(&to, &as, &s.f);
    ASSERT_NE(nullptr, s.n);
    int waits = 0;
    nat_answer a;
    while ((a = native_pg.open(s.n, DEADLINE_NOW, &s.f)) == NAT_WAIT) {
        short events = 0;
        int fd = native_pg.poll_fd(s.n, &events);
        struct pollfd p = {fd, events, 0};
        ASSERT_GE(fd, 0);
        ASSERT_EQ(1, poll(&p, 1, 5000));
        waits++;
    }
    ASSERT_EQ(NAT_READY, a) << s.f.text;
    EXPECT_GT(waits, 0);
    struct nat_request r = request(NAT_QUERY, "SELECT pg_sleep(0.05), 7");
    ASSERT_EQ(NAT_READY, s.send({r}, DEADLINE_NOW));
    struct nat_outcome out;
    waits = 0;
    while ((a = native_pg.result(s.n, &out, DEADLINE_NOW, &s.f)) == NAT_WAIT) {
        short events = 0;
        struct pollfd p = {native_pg.poll_fd(s.n, &events), events, 0};
        ASSERT_EQ(1, poll(&p, 1, 5000));
        waits++;
    }
    EXPECT_EQ(NAT_ROWS, out.kind);
    EXPECT_EQ(1, waits);
    EXPECT_EQ(NAT_READY, native_pg.finish(s.n, NAT_DRAIN, deadline_in(SECONDS(1)), &s.f));
}

TEST_F(NativePg, SaysWhyAConnectFails)
{
    {
        Pg s;
        s.set("UID", word(2));
        s.set("PWD", "hush-hush");
        EXPECT_EQ(NAT_FAULT, s.open(word(0).c_str(), nullptr, 1));
        EXPECT_STREQ("08001", s.f.sqlstate);
        EXPECT_TRUE(s.f.link_lost);
        EXPECT_FALSE(s.f.from_server);
        EXPECT_EQ(nullptr, strchr(s.f.text, '\n'));
        EXPECT_NE(nullptr, strstr(s.f.text, "refused")) << s.f.text;
    }
    {
        Pg s;
        s.set("UID", "nobody_here");
        s.set("PWD", "hush-hush");
        EXPECT_EQ(NAT_FAULT, s.open(word(0).c_str(), nullptr, std::stoi(word(1))));
        EXPECT_STREQ("28000", s.f.sqlstate) << s.f.text;
        EXPECT_STREQ("28P01", s.f.server_state) << s.f.text;
        EXPECT_TRUE(s.f.from_server);
        EXPECT_EQ(nullptr, strstr(s.f.text, "hush-hush"));
        EXPECT_NE(nullptr, strstr(s.f.text, "FATAL 28P01: password")) << s.f.text;
        EXPECT_EQ(nullptr, strstr(s.f.text, ".c:")) << s.f.text;
    }
    {
        Pg s;
        s.set("UID", word(2));
        EXPECT_EQ(NAT_FAULT, s.open(word(0).c_str(), nullptr, std::stoi(word(1))));
        EXPECT_STREQ("28000", s.f.sqlstate) << s.f.text;
    }
}

TEST_F(NativePg, RejectedIs08004)
{
    Pg s;
    s.set("UID", word(2));
    s.set("PWD", word(3));
    s.set("DATABASE", "no_such_db");
    EXPECT_EQ(NAT_FAULT, s.open(word(0).c_str(), nullptr, std::stoi(word(1))));
    EXPECT_STREQ("08004", s.f.sqlstate);
    EXPECT_STREQ("3D000", s.f.server_state);
    EXPECT_TRUE(s.f.from_server);
}

TEST_F(NativePg, PqoptIsCheckedAndUsed)
{
    for (const char *bad : {"host=x", "password=tell-tale", "connect_timeout=3", "sslmode=disable",
                            "client_encoding=LATIN1", "no_such=1", "keepalives tell-tale"}) {
        Pg s;
        s.set("PQOPT", bad);
        EXPECT_EQ(NAT_FAULT, s.connect()) << bad;
        EXPECT_STREQ("HY024", s.f.sqlstate) << bad;
        EXPECT_EQ(nullptr, strstr(s.f.text, "tell-tale")) << s.f.text;
    }
    Pg s;
    s.set("PQOPT", "options='-c work_mem=5MB' keepalives_idle=7");
    ASSERT_EQ(NAT_READY, s.connect()) << s.f.text;
    EXPECT_EQ("5MB", s.value("SHOW work_mem"));
    Pg named;
    named.set("PQOPT", "application_name='my app'");
    ASSERT_EQ(NAT_READY, named.connect()) << named.f.text;
    EXPECT_EQ("my app", named.value("SHOW application_name"));
}

TEST_F(NativePg, ProbeIsReadOnlyAndBare)
{
    Pg s;
    s.set("CONNSETTINGS", "SET work_mem = '7MB'");
    s.set("PQOPT", "options='-c work_mem=5MB' gssencmode=prefer");
    ASSERT_EQ(NAT_READY, s.connect(SECONDS(10), true)) << s.f.text;
    EXPECT_EQ("5MB", s.value("SHOW work_mem"));
    EXPECT_EQ("on", s.value("SHOW default_transaction_read_only"));
    EXPECT_EQ("", s.value("SHOW search_path"));
}

TEST_F(NativePg, SettingsRunAfterLogin)
{
    Pg s;
    s.set("CONNSETTINGS", "SET work_mem = '7MB'; SELECT 1; SET DateStyle = 'SQL, DMY';"
                          "SET client_encoding = 'LATIN1'; SET IntervalStyle = 'iso_8601'");
    ASSERT_EQ(NAT_READY, s.connect()) << s.f.text;
    EXPECT_EQ("7MB", s.value("SHOW work_mem"));
    EXPECT_EQ("ISO, DMY", s.value("SHOW DateStyle"));
    EXPECT_EQ("UTF8", s.value("SHOW client_encoding"));
    Pg bad;
    bad.set("CONNSETTINGS", "SET no_such_thing = 1");
    EXPECT_EQ(NAT_FAULT, bad.connect());
    EXPECT_STREQ("42704", bad.f.server_state);
    EXPECT_FALSE(bad.f.link_lost);
    Pg copy;
    copy.set("CONNSETTINGS", "COPY pg_class TO STDOUT");
    EXPECT_EQ(NAT_FAULT, copy.connect());
    EXPECT_STREQ("HYC00", copy.f.sqlstate);
}

// ---- text queries ----

TEST_F(NativePg, OneQuery)
{
    CONNECT(s);
    std::vector<Got> g = s.query("SELECT 1 AS a, NULL::text AS b, 'x''y' AS c");
    ASSERT_EQ("ROWS0:1 DONE0", kinds(g));
    EXPECT_EQ((Row{"1", "(null)", "x'y"}), g[0].rows[0]);
    EXPECT_EQ("b", g[0].names[1]);
    EXPECT_EQ(1, g[1].count);
    EXPECT_EQ("SELECT", g[1].tag);
    EXPECT_EQ("ROWS0:0 DONE0", kinds(s.query("SELECT 1 WHERE false")));
    EXPECT_EQ("DONE0", kinds(s.query("CREATE TEMP TABLE t(a int)")));
    g = s.query("INSERT INTO t SELECT generate_series(1, 5)");
    ASSERT_EQ("DONE0", kinds(g));
    EXPECT_EQ(5, g[0].count);
    EXPECT_EQ("INSERT", g[0].tag);
    g = s.query("UPDATE t SET a = a RETURNING a");
    ASSERT_EQ("ROWS0:5 DONE0", kinds(g));
    EXPECT_EQ(5, g[1].count);
    EXPECT_EQ("UPDATE", g[1].tag);
    g = s.query("CREATE TEMP TABLE t2(a int)");
    EXPECT_EQ("CREATE TABLE", g[0].tag);
    EXPECT_EQ(-1, g[0].count);
    g = s.query(" ");
    ASSERT_EQ("DONE0", kinds(g));
    EXPECT_EQ(-1, g[0].count);
    g = s.query("SELECT FROM t");
    ASSERT_EQ("ROWS0:5 DONE0", kinds(g));
    EXPECT_TRUE(g[0].rows[0].empty());
}

TEST_F(NativePg, SeveralStatements)
{
    CONNECT(s);
    EXPECT_EQ("ROWS0:1 DONE0 DONE0 ROWS0:0 DONE0 ROWS0:1 DONE0",
              kinds(s.query("SELECT 1; CREATE TEMP TABLE t(a int); SELECT * FROM t; SELECT 2")));
    EXPECT_EQ("ROWS0:1 DONE0 FAILED0:22012", kinds(s.query("SELECT 1; SELECT 1/0; SELECT 2")));
}

TEST_F(NativePg, Errors)
{
    CONNECT(s);
    std::vector<Got> g = s.query("SELECT * FROM no_such_table");
    ASSERT_EQ("FAILED0:42P01", kinds(g));
    EXPECT_STREQ("42S02", g[0].fault.sqlstate);
    EXPECT_TRUE(g[0].fault.from_server);
    EXPECT_FALSE(g[0].fault.link_lost);
    EXPECT_EQ(1, g[0].fault.native);
    EXPECT_STREQ("ERROR 42P01: relation \"no_such_table\" does not exist\nPOSITION: 15",
                 g[0].fault.text);
    g = s.query("SELECT 1/(g-2000) FROM generate_series(1, 3000) g");
    EXPECT_EQ("ROWS0:1999 FAILED0:22012", kinds(g));
    EXPECT_EQ("1", s.value("SELECT 1"));
    g = s.query("DO $$BEGIN RAISE EXCEPTION 'line 1' USING DETAIL = 'd', HINT = 'h'; END$$");
    EXPECT_STREQ("ERROR P0001: line 1\nDETAIL: d\nHINT: h", g[0].fault.text);
    std::string bad = "SELECT '\xff'";
    EXPECT_EQ("FAILED0:22021", kinds(s.run({request(NAT_QUERY, bad.c_str())})));
}

TEST_F(NativePg, BeginTravelsWithTheQuery)
{
    CONNECT(s);
    struct nat_request begin = request(NAT_BEGIN);
    EXPECT_EQ("DONE0 ROWS1:1 DONE1", kinds(s.run({begin, request(NAT_QUERY, "SELECT 1")})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_COMMIT)})));
    EXPECT_EQ(NAT_TXN_IDLE, s.status().txn);
    std::vector<Got> g = s.run({begin, request(NAT_QUERY, "SELECT 1 FROM nix")});
    EXPECT_EQ("DONE0 FAILED1:42P01", kinds(g));
    EXPECT_NE(nullptr, strstr(g[1].fault.text, "POSITION: 15")) << g[1].fault.text;
    EXPECT_EQ(NAT_TXN_FAILED, s.status().txn);
    EXPECT_EQ("DONE0 DONE1 ROWS2:1 DONE2",
              kinds(s.run({request(NAT_ROLLBACK), request(NAT_BEGIN, "BEGIN READ ONLY"),
                           request(NAT_QUERY, "SHOW transaction_read_only")})));
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_ROLLBACK)})));
    // A parse error comes before anything is done, and is the query's.
    g = s.run({begin, request(NAT_QUERY, "SELEC 1")});
    EXPECT_EQ("SKIPPED0 FAILED1:42601", kinds(g));
    EXPECT_NE(nullptr, strstr(g[1].fault.text, "POSITION: 1")) << g[1].fault.text;
    EXPECT_EQ(NAT_TXN_IDLE, s.status().txn);
    EXPECT_EQ("SKIPPED0 FAILED1:22021", kinds(s.run({begin, request(NAT_QUERY, "SELECT '\xff'")})));
    EXPECT_EQ("FAILED0:25001 SKIPPED1",
              kinds(s.run({request(NAT_BEGIN, "VACUUM"), request(NAT_QUERY, "SELECT 1")})));
    EXPECT_EQ("DONE0 DONE1", kinds(s.run({begin, request(NAT_QUERY, " ")})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    EXPECT_EQ("DONE0 DONE1", kinds(s.run({request(NAT_COMMIT), request(NAT_BEGIN)})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
}

TEST_F(NativePg, TransactionIsFollowedWhileBusy)
{
    CONNECT(s);
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_BEGIN), request(NAT_QUERY, "SELECT 1")}));
    EXPECT_TRUE(s.status().busy);
    EXPECT_EQ(NAT_TXN_IDLE, s.status().txn);
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    s.read();
    EXPECT_FALSE(s.status().busy);
}

TEST_F(NativePg, CopyIsRefusedAndTheLinkLives)
{
    CONNECT(s);
    s.query("CREATE TEMP TABLE t(a int)");
    EXPECT_EQ("FAILED0:HYC00", kinds(s.query("COPY t FROM STDIN")));
    EXPECT_EQ("FAILED0:HYC00",
              kinds(s.query("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 20000)) TO STDOUT")));
    EXPECT_EQ("FAILED0:HYC00 ROWS0:1 DONE0", kinds(s.query("COPY t TO STDOUT; SELECT 1")));
    EXPECT_EQ("1", s.value("SELECT 1"));
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_PREPARE, "COPY t FROM STDIN", "c1")})));
    EXPECT_EQ("FAILED0:HYC00", kinds(s.run({request(NAT_EXECUTE, "", "c1")})));
    EXPECT_EQ("1", s.value("SELECT 1"));
    s.run({request(NAT_PREPARE, "COPY t FROM STDIN", "c2"), request(NAT_EXECUTE, "", "c2")});
    EXPECT_EQ("1", s.value("SELECT 1"));
    s.run({request(NAT_PREPARE, "COPY pg_class TO STDOUT", "c3"), request(NAT_EXECUTE, "", "c3")});
    EXPECT_EQ("1", s.value("SELECT 1"));
}

// ---- the extended protocol and pipelines ----

TEST_F(NativePg, Parameters)
{
    CONNECT(s);
    struct nat_param p[] = {param("4", 23), param(nullptr), param("t\xc3\xa4xt", 25)};
    struct nat_request r = request(NAT_QUERY, "SELECT $1 + 1, $2::int, $3");
    r.params = p;
    r.nparams = 3;
    std::vector<Got> g = s.run({r});
    ASSERT_EQ("ROWS0:1 DONE0", kinds(g));
    EXPECT_EQ((Row{"5", "(null)", "t\xc3\xa4xt"}), g[0].rows[0]);
    struct nat_param b = {"a\0b", 3, true, 17};
    struct nat_request q = request(NAT_QUERY, "SELECT encode($1, 'hex')");
    q.params = &b;
    q.nparams = 1;
    EXPECT_EQ((Row{"610062"}), s.run({q})[0].rows[0]);
    b.binary = false;
    EXPECT_EQ(NAT_FAULT, s.send({q}));
    EXPECT_FALSE(s.sent);
    EXPECT_FALSE(s.f.link_lost);
    EXPECT_EQ("1", s.value("SELECT 1"));
    std::vector<struct nat_param> many(70000, param("1"));
    q.params = many.data();
    q.nparams = many.size();
    EXPECT_EQ(NAT_FAULT, s.send({q}));
    EXPECT_FALSE(s.sent);
    std::string big(3000000, 'z');
    struct nat_param one = {big.data(), big.size(), false, 25};
    q = request(NAT_QUERY, "SELECT length($1)");
    q.params = &one;
    q.nparams = 1;
    EXPECT_EQ((Row{"3000000"}), s.run({q})[0].rows[0]);
}

TEST_F(NativePg, PrepareDescribeExecuteInOneFlush)
{
    CONNECT(s);
    struct nat_param p[] = {param("5")};
    struct nat_param hint = {nullptr, 0, false, 20};
    struct nat_request prepare = request(NAT_PREPARE, "SELECT $1 AS a, now() AS b", "p1");
    struct nat_request execute = request(NAT_EXECUTE, "", "p1");
    prepare.params = &hint;
    prepare.nparams = 1;
    execute.params = p;
    execute.nparams = 1;
    EXPECT_EQ("DONE0 DONE1 DESCRIBED2 ROWS3:1 DONE3",
              kinds(s.run({request(NAT_BEGIN), prepare, request(NAT_DESCRIBE, "", "p1"), execute})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    EXPECT_EQ("ROWS0:1 DONE0", kinds(s.run({execute})));
    ASSERT_EQ(NAT_READY, s.send({request(NAT_DESCRIBE, "", "p1")}));
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    ASSERT_EQ(NAT_DESCRIBED, out.kind);
    size_t n;
    const struct nat_type *t = s.ops->params(s.n, &n);
    ASSERT_EQ(1u, n);
    EXPECT_EQ(NAT_INT8, t[0].kind);
    const struct nat_column *c = s.ops->columns(s.n, &n);
    ASSERT_EQ(2u, n);
    EXPECT_EQ(NAT_TIMESTAMPTZ, c[1].type.kind);
    EXPECT_TRUE(s.read().empty());
    EXPECT_EQ(NAT_READY, s.last);
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_COMMIT)})));
}

TEST_F(NativePg, AFailureSkipsUpToTheSyncPoint)
{
    CONNECT(s);
    struct nat_request bad = request(NAT_PREPARE, "SELECT no_such", "b1");
    struct nat_request execute = request(NAT_EXECUTE, "", "b1");
    struct nat_request good = request(NAT_PREPARE, "SELECT 1", "g1");
    EXPECT_EQ("DONE0 FAILED1:42703 SKIPPED2", kinds(s.run({request(NAT_BEGIN), bad, execute})));
    EXPECT_EQ(NAT_TXN_FAILED, s.status().txn);
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_ROLLBACK)})));
    bad.apart = true;
    EXPECT_EQ("FAILED0:42703 DONE1 ROWS2:1 DONE2",
              kinds(s.run({bad, good, request(NAT_EXECUTE, "", "g1")})));
    EXPECT_EQ("ROWS0:1 DONE0 ROWS1:3 DONE1 FAILED2:22012 SKIPPED3",
              kinds(s.run({request(NAT_EXECUTE, "", "g1"),
                           request(NAT_QUERY, "SELECT generate_series(1,3)"),
                           request(NAT_QUERY, "SELECT 1/0"), request(NAT_EXECUTE, "", "g1")})));
}

TEST_F(NativePg, ParameterSets)
{
    CONNECT(s);
    s.query("CREATE TEMP TABLE t(a int PRIMARY KEY, b text)");
    ASSERT_EQ("DONE0", kinds(s.run({request(NAT_PREPARE, "INSERT INTO t VALUES ($1, $2)", "ins")})));
    std::vector<std::string> text(1000);
    std::vector<struct nat_param> p;
    for (int i = 0; i < 1000; i++) {
        text[i] = std::to_string(i == 500 ? 499 : i);
        p.push_back(param(text[i].c_str()));
        p.push_back(i % 2 ? param("odd") : param(nullptr));
    }
    struct nat_request r = request(NAT_EXECUTE, "", "ins");
    r.params = p.data();
    r.nparams = 2;
    r.nsets = 1000;
    std::vector<Got> g = s.run({r});
    ASSERT_EQ(1000u, g.size());
    for (size_t i = 0; i < g.size(); i++) {
        ASSERT_EQ(i, g[i].set);
        ASSERT_EQ(i == 500 ? NAT_FAILED : NAT_DONE, g[i].kind) << i;
    }
    EXPECT_STREQ("23000", g[500].fault.sqlstate);
    EXPECT_EQ("999", s.value("SELECT count(*) FROM t"));
    // With BEGIN in front it is one transaction.
    s.query("DELETE FROM t");
    g = s.run({request(NAT_BEGIN), r});
    ASSERT_EQ(1001u, g.size());
    EXPECT_EQ(NAT_FAILED, g[501].kind);
    EXPECT_NE(NAT_DONE, g[502].kind);
    EXPECT_EQ(NAT_TXN_FAILED, s.status().txn);
    s.run({request(NAT_ROLLBACK)});
    EXPECT_EQ("0", s.value("SELECT count(*) FROM t"));
    // Sets that give rows.
    ASSERT_EQ("DONE0", kinds(s.run({request(NAT_PREPARE, "SELECT $1::int, $2::text", "sel")})));
    r.name = "sel";
    r.nsets = 3;
    EXPECT_EQ("ROWS0:1 DONE0 ROWS0.1:1 DONE0.1 ROWS0.2:1 DONE0.2", kinds(s.run({r})));
}

TEST_F(NativePg, LargeBothWaysDoesNotLockUp)
{
    CONNECT(s);
    std::string big(1 << 20, 'q');
    struct nat_param p = {big.data(), big.size(), false, 25};
    struct nat_request r = request(NAT_QUERY, "SELECT $1 || $1");
    r.params = &p;
    r.nparams = 1;
    std::vector<struct nat_request> many(40, r);
    std::vector<Got> g = s.run(many);
    ASSERT_EQ(80u, g.size());
    for (size_t i = 0; i < g.size(); i += 2)
        ASSERT_EQ(size_t(2) << 20, g[i].rows[0][0].size());
}

TEST_F(NativePg, ForgetNeverHarms)
{
    CONNECT(s);
    auto prepared = [&] {
        return s.value("SELECT coalesce(string_agg(name, ',' ORDER BY name), '') FROM "
                       "pg_prepared_statements");
    };
    for (const char *name : {"a\"1", "b", "c", "d"})
        s.run({request(NAT_PREPARE, "SELECT 1", name)});
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_FORGET, "", "a\"1")})));
    EXPECT_EQ("b,c,d", prepared());
    EXPECT_EQ("FAILED0:26000 ROWS1:1 DONE1",
              kinds(s.run({request(NAT_FORGET, "", "nix"), request(NAT_EXECUTE, "", "b")})));
    // With a text of several statements it waits for the next pipeline.
    EXPECT_EQ("DONE0 ROWS1:1 DONE1 ROWS1:1 DONE1",
              kinds(s.run({request(NAT_FORGET, "", "b"), request(NAT_QUERY, "SELECT 1; SELECT 2")})));
    EXPECT_EQ("b,c,d", prepared());
    EXPECT_EQ("ROWS0:1 DONE0", kinds(s.run({request(NAT_EXECUTE, "", "c")})));
    EXPECT_EQ("c,d", prepared());
    // In a transaction, open or failed, a DEALLOCATE could only harm.
    EXPECT_EQ("DONE0 DONE1 ROWS2:1 DONE2",
              kinds(s.run({request(NAT_BEGIN), request(NAT_FORGET, "", "c"),
                           request(NAT_EXECUTE, "", "d")})));
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_FORGET, "", "nix")})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    s.query("SELECT 1/0");
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_FORGET, "", "nix")})));
    s.run({request(NAT_ROLLBACK)});
    EXPECT_EQ("ROWS0:1 DONE0", kinds(s.run({request(NAT_EXECUTE, "", "d")})));
    EXPECT_EQ("d", prepared());
    // VACUUM minds company in a pipeline.
    s.run({request(NAT_PREPARE, "VACUUM pg_proc", "v"), request(NAT_FORGET, "", "d")});
    EXPECT_EQ("DONE0 DONE1",
              kinds(s.run({request(NAT_FORGET, "", "v0"), request(NAT_EXECUTE, "", "v")}))
                      .replace(0, 13, "DONE0"));
}

// ---- rows ----

TEST_F(NativePg, ColumnTypes)
{
    CONNECT(s);
    s.query("CREATE TEMP TABLE t(a varchar(7), b char(3), c numeric(10,2), d numeric(3,-2), e numeric,"
            "f timestamp(3), g time, h interval(2), i \"char\", j name, k int[], l bytea, m oid, n date,"
            "o text, p bool, q uuid, r jsonb, s bit(5), t money)");
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT * FROM t")}));
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    size_t n;
    const struct nat_column *c = s.ops->columns(s.n, &n);
    ASSERT_EQ(20u, n);
    static const struct {
        nat_kind kind;
        const char *name;
        int64_t length;
        int32_t precision, scale;
    } want[] = {
        {NAT_VARCHAR, "varchar", 7, -1, 0}, {NAT_CHAR, "char", 3, -1, 0},
        {NAT_NUMERIC, "numeric", -1, 10, 2}, {NAT_NUMERIC, "numeric", -1, 3, -2},
        {NAT_NUMERIC, "numeric", -1, -1, 0}, {NAT_TIMESTAMP, "timestamp", -1, 3, 0},
        {NAT_TIME, "time", -1, 6, 0},        {NAT_INTERVAL, "interval", -1, 2, 0},
        {NAT_CHAR, "char", 1, -1, 0},        {NAT_VARCHAR, "name", 63, -1, 0},
        {NAT_OTHER, "_int4", -1, -1, 0},     {NAT_BLOB, "bytea", -1, -1, 0},
        {NAT_INT4, "oid", -1, -1, 0},        {NAT_DATE, "date", -1, 0, 0},
        {NAT_TEXT, "text", -1, -1, 0},       {NAT_BOOL, "bool", -1, -1, 0},
        {NAT_UUID, "uuid", -1, -1, 0},       {NAT_JSON, "jsonb", -1, -1, 0},
        {NAT_OTHER, "bit", 5, -1, 0},        {NAT_OTHER, "money", -1, -1, 0},
    };
    for (size_t i = 0; i < n; i++) {
        EXPECT_EQ(want[i].kind, c[i].type.kind) << i;
        EXPECT_STREQ(want[i].name, c[i].type.name) << i;
        EXPECT_EQ(want[i].length, c[i].type.length) << i;
        EXPECT_EQ(want[i].precision, c[i].type.precision) << i;
        EXPECT_EQ(want[i].scale, c[i].type.scale) << i;
        EXPECT_EQ(WIRE_PG_TEXT, c[i].type.wire);
        EXPECT_NE(0u, c[i].table_id);
        EXPECT_EQ(int(i) + 1, c[i].attribute);
    }
    EXPECT_TRUE(c[12].type.is_unsigned);
    s.read();
    // Every type the table names is the server's, by its own catalog.
    EXPECT_EQ("NAMEDATALEN 64", "NAMEDATALEN " + s.value("SELECT 64"));
}

TEST_F(NativePg, UnreadRowsAreSkipped)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT generate_series(1, 10000); SELECT 2")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    ASSERT_EQ(NAT_READY, s.ops->next(s.n, 3, &got, deadline_in(SECONDS(5)), &s.f));
    EXPECT_GE(got, 1u);
    EXPECT_LE(got, 3u);
    EXPECT_EQ("1", show(s.ops->cell(s.n, 0, 0)));
    EXPECT_EQ(nullptr, s.ops->cell(s.n, got, 0).p);
    EXPECT_EQ(nullptr, s.ops->cell(s.n, 0, 1).p);
    EXPECT_EQ(nullptr, s.ops->cell(s.n, SIZE_MAX, SIZE_MAX).p);
    EXPECT_EQ("DONE0 ROWS0:1 DONE0", kinds(s.read()));
    ASSERT_EQ(NAT_READY, s.ops->next(s.n, 3, &got, deadline_in(SECONDS(5)), &s.f));
    EXPECT_EQ(0u, got);
}

// Small rows are copied into the block, others are held as they came; the room for copies grows from block to block.
TEST_F(NativePg, RowsOfAllSizesShareABlock)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, seen = 0;
    auto size_of = [](size_t g) { return g % 7 == 0 ? 3000 : g * 37 % 600; };
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT g, repeat(chr(65 + g % 26), CASE WHEN g % 7 = 0 THEN 3000 "
                                                    "ELSE g * 37 % 600 END), nullif(g % 5, 0), '' "
                                                    "FROM generate_series(1, 2000) AS g")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    do {
        ASSERT_EQ(NAT_READY, s.ops->next(s.n, 50, &got, deadline_in(SECONDS(5)), &s.f));
        EXPECT_EQ(nullptr, s.ops->row(s.n, got));
        for (size_t row = 0; row < got; row++) {
            size_t g = ++seen;
            const struct nat_cell *cells = s.ops->row(s.n, row);
            ASSERT_NE(nullptr, cells);
            EXPECT_EQ(std::to_string(g), show(cells[0]));
            EXPECT_EQ(std::string(size_of(g), (char)('A' + g % 26)), show(cells[1]));
            EXPECT_EQ(g % 5 ? std::to_string(g % 5) : "(null)", show(cells[2]));
            EXPECT_NE(nullptr, cells[3].p);
            EXPECT_EQ(0u, cells[3].n);
            EXPECT_EQ(cells[1].p, s.ops->cell(s.n, row, 1).p);
        }
    } while (got > 0);
    EXPECT_EQ(2000u, seen);
    EXPECT_EQ("DONE0", kinds(s.read()));
}

TEST_F(NativePg, StreamsInFlatMemory)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, rows = 0;
    long early = 0;
    ASSERT_EQ(NAT_READY,
              s.send({request(NAT_QUERY, "SELECT g, repeat('x', 50) FROM generate_series(1, 3000000) g")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(60)), &s.f));
    do {
        ASSERT_EQ(NAT_READY, s.ops->next(s.n, 1000, &got, deadline_in(SECONDS(60)), &s.f));
        rows += got;
        if (early == 0 && rows > 10000)
            early = resident_kib();
    } while (got > 0);
    EXPECT_EQ(3000000u, rows);
    EXPECT_LT(resident_kib() - early, 512) << "KiB";
    EXPECT_EQ("DONE0", kinds(s.read()));
}

TEST_F(NativePg, DetachAndReadAgain)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, rows = 0;
    struct fault f;
    struct spool *sp = spool_new();
    ASSERT_EQ(NAT_READY,
              s.send({request(NAT_QUERY,
                              "SELECT g, repeat('y', 100), NULL FROM generate_series(1, 100000) g;"
                              "SELECT 'second'; SELECT 1/0")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    ASSERT_EQ(NAT_READY, s.ops->next(s.n, 10, &got, deadline_in(SECONDS(5)), &s.f));
    rows = got;
    nat_answer a;
    int waits = 0;
    while ((a = s.ops->detach(s.n, sp, deadline_in(MS(2)), &s.f)) == NAT_WAIT)
        waits++;
    ASSERT_EQ(NAT_READY, a) << s.f.text;
    EXPECT_EQ("3", s.value("SELECT 3"));
    size_t n;
    ASSERT_NE(nullptr, spool_columns(sp, &n));
    ASSERT_EQ(3u, n);
    while (spool_next(sp, 50, &got, &f) && got > 0) {
        for (size_t i = 0; i < got; i++) {
            ASSERT_EQ(std::to_string(++rows), show(spool_cell(sp, i, 0)));
            ASSERT_EQ(100u, spool_cell(sp, i, 1).n);
            ASSERT_EQ(nullptr, spool_cell(sp, i, 2).p);
        }
    }
    EXPECT_EQ(100000u, rows);
    ASSERT_TRUE(spool_result(sp, &out, &f));
    EXPECT_EQ(NAT_DONE, out.kind);
    EXPECT_EQ(100000, out.count);
    ASSERT_TRUE(spool_result(sp, &out, &f));
    EXPECT_EQ(NAT_ROWS, out.kind);
    ASSERT_TRUE(spool_result(sp, &out, &f));
    EXPECT_EQ(NAT_DONE, out.kind);
    ASSERT_TRUE(spool_result(sp, &out, &f));
    EXPECT_EQ(NAT_FAILED, out.kind);
    EXPECT_STREQ("22012", out.fault.server_state);
    ASSERT_TRUE(spool_result(sp, &out, &f));
    EXPECT_EQ(NAT_END, out.kind);
    spool_free(sp);
}

TEST_F(NativePg, Ask)
{
    CONNECT(s);
    char *cells[3];
    size_t rows;
    ASSERT_TRUE(native_ask(s.n, TEXT("SELECT 'a', NULL UNION ALL SELECT 'b', 'c'"), cells, 3, &rows,
                           deadline_in(SECONDS(5)), &s.f));
    EXPECT_EQ(1u, rows);
    EXPECT_STREQ("a", cells[0]);
    EXPECT_EQ(nullptr, cells[1]);
    EXPECT_EQ(nullptr, cells[2]);
    free(cells[0]);
    ASSERT_TRUE(native_ask(s.n, TEXT("SELECT 1 WHERE false"), cells, 1, &rows, deadline_in(SECONDS(5)), &s.f));
    EXPECT_EQ(0u, rows);
    EXPECT_FALSE(native_ask(s.n, TEXT("SELECT nix"), cells, 1, &rows, deadline_in(SECONDS(5)), &s.f));
    EXPECT_STREQ("42S22", s.f.sqlstate);
    EXPECT_FALSE(native_ask(s.n, TEXT("SELECT pg_sleep(5)"), cells, 1, &rows, deadline_in(MS(30)), &s.f));
    EXPECT_STREQ("HYT00", s.f.sqlstate);
    EXPECT_EQ(NAT_READY, s.ops->finish(s.n, NAT_CANCEL, deadline_in(SECONDS(2)), &s.f));
    EXPECT_EQ("1", s.value("SELECT 1"));
}

TEST_F(NativePg, Notices)
{
    CONNECT(s);
    struct fault f;
    EXPECT_FALSE(s.ops->notice(s.n, &f));
    s.query("DO $$BEGIN RAISE NOTICE 'n %', 1; RAISE WARNING 'w'; END$$");
    ASSERT_TRUE(s.ops->notice(s.n, &f));
    EXPECT_STREQ("01000", f.sqlstate);
    EXPECT_STREQ("NOTICE 00000: n 1", f.text);
    ASSERT_TRUE(s.ops->notice(s.n, &f));
    EXPECT_STREQ("WARNING 01000: w", f.text);
    EXPECT_FALSE(s.ops->notice(s.n, &f));
    s.query("DO $$BEGIN FOR i IN 1..100 LOOP RAISE NOTICE '%', i; END LOOP; END$$");
    for (int i = 1; i <= 64; i++) {
        ASSERT_TRUE(s.ops->notice(s.n, &f));
        EXPECT_EQ("NOTICE 00000: " + std::to_string(i), f.text);
    }
    ASSERT_TRUE(s.ops->notice(s.n, &f));
    EXPECT_NE(nullptr, strstr(f.text, "36")) << f.text;
    EXPECT_FALSE(s.ops->notice(s.n, &f));
}

// ---- cancel, interrupt, deadlines ----

TEST_F(NativePg, CancelStopsAQueryAndNotTheNext)
{
    CONNECT(s);
    for (int i = 0; i < 20; i++) {
        ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT pg_sleep(10)")}));
        nap(20); // a cancel that comes before the server has begun is lost
        ASSERT_TRUE(s.ops->cancel(s.n));
        std::vector<Got> g = s.read();
        ASSERT_EQ("FAILED0:57014", kinds(g));
        EXPECT_STREQ("HY008", g[0].fault.sqlstate);
        ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT 1")}));
        EXPECT_TRUE(s.ops->cancel(s.n)); // may come too late
        EXPECT_TRUE(s.ops->cancel(s.n));
        s.read();
        EXPECT_EQ("2", s.value("SELECT 2"));
    }
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT g, pg_sleep(0.001) FROM generate_series(1, 1000000) g")}));
    EXPECT_EQ(NAT_READY, s.ops->finish(s.n, NAT_CANCEL, deadline_in(SECONDS(5)), &s.f));
    EXPECT_EQ("2", s.value("SELECT 2"));
    for (int i = 0; i < 20; i++) {
        ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT pg_sleep(10)")}));
        ASSERT_EQ(NAT_READY, s.ops->finish(s.n, NAT_CANCEL, deadline_in(SECONDS(2)), &s.f));
    }
}

TEST_F(NativePg, DeadlinesAnswerWait)
{
    CONNECT(s);
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT pg_sleep(0.3)")}));
    int64_t start = clock_us();
    EXPECT_EQ(NAT_WAIT, s.ops->result(s.n, &out, deadline_in(MS(50)), &s.f));
    EXPECT_GE(elapsed_ms(start), 49);
    EXPECT_LT(elapsed_ms(start), 200);
    EXPECT_EQ(NAT_WAIT, s.ops->finish(s.n, NAT_DRAIN, DEADLINE_NOW, &s.f));
    EXPECT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    EXPECT_EQ(NAT_READY, s.ops->finish(s.n, NAT_DRAIN, deadline_in(SECONDS(5)), &s.f));
}

TEST_F(NativePg, InterruptWakesAWait)
{
    CONNECT(s);
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT pg_sleep(10)")}));
    std::thread other([&] {
        nap(50);
        s.ops->interrupt(s.n);
    });
    struct nat_outcome out;
    int64_t start = clock_us();
    EXPECT_EQ(NAT_FAULT, s.ops->result(s.n, &out, DEADLINE_NEVER, &s.f));
    EXPECT_LT(elapsed_ms(start), 1000);
    other.join();
    EXPECT_TRUE(s.f.link_lost);
    EXPECT_STREQ("08S01", s.f.sqlstate);
    EXPECT_FALSE(s.status().alive);
    EXPECT_EQ(NAT_FAULT, s.send({request(NAT_QUERY, "SELECT 1")}));
    EXPECT_FALSE(s.sent);
    EXPECT_TRUE(s.f.link_lost);
    s.close(NAT_ABANDON);
}

TEST_F(NativePg, InterruptBeforeUse)
{
    CONNECT(s);
    s.ops->interrupt(s.n);
    EXPECT_FALSE(s.status().alive);
    EXPECT_EQ(NAT_FAULT, s.send({request(NAT_QUERY, "SELECT 1")}));
    EXPECT_FALSE(s.sent);
    EXPECT_TRUE(s.f.link_lost);
}

TEST_F(NativePg, InterruptWhileBusy)
{
    CONNECT(s);
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT pg_sleep(1)")}));
    s.ops->interrupt(s.n);
    EXPECT_FALSE(s.status().alive);
    EXPECT_EQ(NAT_FAULT, s.send({request(NAT_QUERY, "SELECT 1")}));
    EXPECT_FALSE(s.sent);
    EXPECT_TRUE(s.f.link_lost);
    s.close(NAT_ABANDON);
}

// A host that accepts and says nothing.
struct Silent {
    int fd, port;
    std::vector<int> fill;

    // full: the queue is full, so that a further SYN goes unanswered.
    explicit Silent(bool full = false)
    {
        struct sockaddr_in a;
        socklen_t n = sizeof a;
        memset(&a, 0, sizeof a);
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bind(fd, (struct sockaddr *)&a, sizeof a);
        listen(fd, full ? 0 : 5);
        getsockname(fd, (struct sockaddr *)&a, &n);
        port = ntohs(a.sin_port);
        for (int i = 0; full && i < 8; i++) {
            fill.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            connect(fill.back(), (struct sockaddr *)&a, sizeof a);
        }
    }
    ~Silent()
    {
        ::close(fd);
        for (int one : fill)
            ::close(one);
    }
};

// The next startup packet that a driver sends to this host, answered with a refusal.
std::string refuse(const Silent &host, const std::string &state)
{
    char packet[4096];
    int fd = accept(host.fd, nullptr, nullptr);
    ssize_t n = recv(fd, packet, sizeof packet, 0);
    std::string fields = std::string("SFATAL") + '\0' + "C" + state + '\0' + "Mno" + '\0' + '\0';
    std::string answer = "E" + std::string(3, '\0') + static_cast<char>(fields.size() + 4) + fields;
    send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(fd);
    return std::string(packet, n > 0 ? static_cast<size_t>(n) : 0);
}

TEST_F(NativePg, InterruptWakesALogin)
{
    Silent host;
    Pg s;
    s.login();
    struct nat_target to = {"127.0.0.1", "127.0.0.1", host.port};
    struct nat_login as = {&s.options, nullptr, nullptr, false};
    s.n = native_pg.create(&to, &as, &s.f);
    ASSERT_NE(nullptr, s.n);
    EXPECT_EQ(NAT_WAIT, s.ops->open(s.n, deadline_in(MS(50)), &s.f));
    std::thread other([&] {
        nap(50);
        s.ops->interrupt(s.n);
    });
    int64_t start = clock_us();
    EXPECT_EQ(NAT_FAULT, s.ops->open(s.n, DEADLINE_NEVER, &s.f));
    EXPECT_LT(elapsed_ms(start), 1000);
    other.join();
    EXPECT_STREQ("08001", s.f.sqlstate);
    EXPECT_TRUE(s.f.link_lost);
}

TEST_F(NativePg, InterruptWakesADial)
{
    Silent host(true);
    Pg s;
    s.login();
    struct nat_target to = {"x", "127.0.0.1", host.port};
    struct nat_login as = {&s.options, nullptr, nullptr, false};
    s.n = native_pg.create(&to, &as, &s.f);
    ASSERT_NE(nullptr, s.n);
    ASSERT_EQ(NAT_WAIT, s.ops->open(s.n, deadline_in(MS(50)), &s.f)) << s.f.text;
    short events = 0;
    s.ops->poll_fd(s.n, &events);
    EXPECT_EQ(POLLOUT, events) << "still dialling";
    std::thread other([&] {
        nap(50);
        s.ops->interrupt(s.n);
    });
    int64_t start = clock_us();
    EXPECT_EQ(NAT_FAULT, s.ops->open(s.n, DEADLINE_NEVER, &s.f));
    EXPECT_LT(elapsed_ms(start), 1000);
    other.join();
    EXPECT_STREQ("08001", s.f.sqlstate);
}

// ---- death ----

TEST_F(NativePg, KilledWhileIdle)
{
    CONNECT(s);
    CONNECT(other);
    std::string kill = "SELECT pg_terminate_backend(" + std::to_string(s.pid()) + ", 2000)";
    ASSERT_EQ("t", other.value(kill.c_str()));
    EXPECT_EQ(NAT_FAULT, s.send({request(NAT_QUERY, "SELECT 1")}));
    EXPECT_FALSE(s.sent);
    EXPECT_TRUE(s.f.link_lost);
    EXPECT_STREQ("08S01", s.f.sqlstate);
    EXPECT_STREQ("57P01", s.f.server_state);
    EXPECT_TRUE(s.f.from_server);
    EXPECT_NE(nullptr, strstr(s.f.text, "FATAL 57P01: ")) << s.f.text;
    EXPECT_FALSE(s.status().alive);
    EXPECT_EQ(NAT_FAULT, s.send({request(NAT_QUERY, "SELECT 1")}));
    EXPECT_TRUE(s.f.link_lost);
}

// What has come before the end is old when it is read late: it does not show the link to live.
TEST_F(NativePg, KilledBeforeAnAnswerIsReadToItsEnd)
{
    CONNECT(s);
    CONNECT(other);
    std::string kill = "SELECT pg_terminate_backend(" + std::to_string(s.pid()) + ", 2000)";
    std::vector<struct nat_request> insert = {request(NAT_QUERY, "INSERT INTO t VALUES (1)")};
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT generate_series(1, 3)")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    ASSERT_EQ(NAT_ROWS, out.kind);
    ASSERT_EQ("t", other.value(kill.c_str()));
    s.read();
    ASSERT_EQ(NAT_READY, s.last) << s.f.text;
    EXPECT_EQ(NAT_FAULT, s.send(insert));
    EXPECT_FALSE(s.sent);
    EXPECT_TRUE(s.f.link_lost);
}

TEST_F(NativePg, TerminatedWhileWaitingAndInAPipeline)
{
    for (int way = 0; way < 3; way++) {
        CONNECT(s);
        CONNECT(other);
        int pid = s.pid();
        struct nat_request sleep = request(NAT_QUERY, "SELECT pg_sleep(10)");
        if (way == 2)
            s.run({request(NAT_BEGIN)});
        nat_answer a = way == 0 ? s.send({sleep}) : s.send({request(NAT_PREPARE, "SELECT 1", "x"), sleep});
        ASSERT_EQ(NAT_READY, a);
        other.query(("SELECT pg_terminate_backend(" + std::to_string(pid) + ")").c_str());
        s.read();
        EXPECT_EQ(NAT_FAULT, s.last);
        EXPECT_TRUE(s.f.link_lost);
        EXPECT_STREQ("57P01", s.f.server_state);
        EXPECT_EQ(way == 2 ? NAT_TXN_OPEN : NAT_TXN_IDLE, s.status().txn);
        EXPECT_EQ(NAT_FAULT, s.ops->finish(s.n, NAT_DRAIN, deadline_in(SECONDS(1)), &s.f));
        EXPECT_TRUE(s.f.link_lost);
    }
}

// SIGKILL makes the whole server recover, so each case waits until it is back.
void wait_until_back()
{
    for (int i = 0; i < 200; i++) {
        Pg s;
        if (s.connect(SECONDS(2)) == NAT_READY)
            return;
        nap(50);
    }
    FAIL() << "the server has not come back";
}

TEST_F(NativePg, KilledBySignal)
{
    for (int when = 0; when < 3; when++) {
        CONNECT(s);
        int pid = s.pid();
        if (!may_signal(pid))
            GTEST_SKIP() << "no right to signal the server";
        struct nat_outcome out;
        size_t got, rows = 0;
        if (when > 0) {
            ASSERT_EQ(NAT_READY,
                      s.send({request(NAT_QUERY, when == 1 ? "SELECT pg_sleep(10)"
                                                           : "SELECT generate_series(1, 100000000)")}));
            EXPECT_TRUE(s.sent);
        }
        if (when == 2) {
            ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
            ASSERT_EQ(NAT_ROWS, out.kind);
        }
        ASSERT_EQ(0, kill(pid, SIGKILL));
        if (when == 0) {
            while (kill(pid, 0) == 0)
                nap(1);
            EXPECT_EQ(NAT_FAULT, s.send({request(NAT_QUERY, "SELECT 1")}));
            EXPECT_FALSE(s.sent);
        } else if (when == 1) {
            EXPECT_EQ(NAT_FAULT, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
        } else {
            nat_answer a;
            while ((a = s.ops->next(s.n, 100, &got, deadline_in(SECONDS(5)), &s.f)) == NAT_READY &&
                   got > 0)
                rows += got;
            EXPECT_EQ(NAT_FAULT, a);
            EXPECT_GT(rows, 0u);
        }
        EXPECT_TRUE(s.f.link_lost);
        EXPECT_STREQ("08S01", s.f.sqlstate);
        EXPECT_STRNE("", s.f.text);
        EXPECT_EQ(nullptr, strchr(s.f.text, '\n')) << s.f.text;
        wait_until_back();
    }
}

TEST_F(NativePg, SilentServer)
{
    CONNECT(s);
    int pid = s.pid();
    if (!may_signal(pid))
        GTEST_SKIP() << "no right to signal the server";
    struct nat_outcome out;
    ASSERT_EQ(0, kill(pid, SIGSTOP));
    int64_t start = clock_us();
    EXPECT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT 1")}));
    EXPECT_EQ(NAT_WAIT, s.ops->result(s.n, &out, deadline_in(MS(100)), &s.f));
    EXPECT_EQ(NAT_WAIT, s.ops->finish(s.n, NAT_CANCEL, deadline_in(MS(100)), &s.f));
    EXPECT_LT(elapsed_ms(start), 1000);
    kill(pid, SIGCONT);
    EXPECT_EQ(NAT_READY, s.ops->finish(s.n, NAT_CANCEL, deadline_in(SECONDS(5)), &s.f));
    EXPECT_EQ("1", s.value("SELECT 1"));
    // A flush that finds no room, then an abandoned session.
    ASSERT_EQ(0, kill(pid, SIGSTOP));
    std::string big(64 << 20, 'b');
    struct nat_param p = {big.data(), big.size(), false, 25};
    struct nat_request r = request(NAT_QUERY, "SELECT length($1)");
    r.params = &p;
    r.nparams = 1;
    EXPECT_EQ(NAT_WAIT, s.send({r}, deadline_in(MS(100))));
    EXPECT_TRUE(s.sent);
    kill(pid, SIGCONT);
    EXPECT_EQ(NAT_READY, s.send({r}));
    EXPECT_EQ("ROWS0:1 DONE0", kinds(s.read()));
    ASSERT_EQ(0, kill(pid, SIGSTOP));
    EXPECT_EQ(NAT_WAIT, s.send({r}, deadline_in(MS(50))));
    start = clock_us();
    s.close(NAT_ABANDON);
    EXPECT_LT(elapsed_ms(start), 1000);
    kill(pid, SIGCONT);
}

TEST_F(NativePg, ForkedChildAbandonsWithoutHarm)
{
    for (const char *mode : {"disable", "require"}) {
        Pg s;
        s.set("SSLMODE", mode);
        if (s.connect() != NAT_READY)
            GTEST_SKIP() << s.f.text;
        pid_t child = fork();
        if (child == 0) {
            s.ops->close(s.n, NAT_ABANDON);
            _exit(0);
        }
        int how = -1;
        ASSERT_EQ(child, waitpid(child, &how, 0));
        EXPECT_EQ(0, how);
        EXPECT_EQ("1", s.value("SELECT 1"));
    }
}

TEST_F(NativePg, Tls)
{
    Pg s;
    s.set("SSLMODE", "require");
    if (s.connect() != NAT_READY)
        GTEST_SKIP() << s.f.text;
    EXPECT_EQ("t", s.value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
    std::vector<Got> g = s.query("SELECT repeat('x', 100000) FROM generate_series(1, 200)");
    EXPECT_EQ("ROWS0:200 DONE0", kinds(g));
    std::string big(3000000, 'z');
    struct nat_param one = {big.data(), big.size(), false, 25};
    struct nat_request q = request(NAT_QUERY, "SELECT $1");
    q.params = &one;
    q.nparams = 1;
    EXPECT_EQ("ROWS0:1 DONE0", kinds(s.run({q})));
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT pg_sleep(10)")}));
    std::thread other([&] {
        nap(30);
        s.ops->interrupt(s.n);
    });
    struct nat_outcome out;
    int64_t start = clock_us();
    EXPECT_EQ(NAT_FAULT, s.ops->result(s.n, &out, DEADLINE_NEVER, &s.f));
    EXPECT_LT(elapsed_ms(start), 900);
    other.join();
    EXPECT_TRUE(s.f.link_lost);
}

TEST_F(NativePg, FloatsHaveAllDigitsWithAndWithoutAPooler)
{
    {
        CONNECT(s);
        EXPECT_EQ("3", s.value("SHOW extra_float_digits"));
    }
    Silent host;
    std::string first, second;
    std::thread pooler([&] {
        first = refuse(host, "08P01");
        second = refuse(host, "28P01");
    });
    Pg s;
    s.set("SSLMODE", "disable");
    s.set("PQOPT", "options='-c geqo=off'");
    s.login();
    EXPECT_EQ(NAT_FAULT, s.open("127.0.0.1", nullptr, host.port, SECONDS(5), false));
    pooler.join();
    EXPECT_STREQ("28P01", s.f.server_state);
    EXPECT_NE(std::string::npos, first.find("-c extra_float_digits=3 -c geqo=off"));
    EXPECT_EQ(std::string::npos, second.find("extra_float_digits"));
    EXPECT_NE(std::string::npos, second.find("-c geqo=off"));
    // From now on it is said after the login.
    CONNECT(after);
    EXPECT_EQ("3", after.value("SHOW extra_float_digits"));
}

} // namespace
