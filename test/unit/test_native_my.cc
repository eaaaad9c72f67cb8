// The MySQL native against a real server. Run with HOLDFAST_TEST_MY="address port user password
// database" (a user who may KILL; "-" for an empty word).
#include "native_session.h"

extern "C" {
#include "base/wait.h"
}

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>

namespace {

std::string word(int i)
{
    const char *all = getenv("HOLDFAST_TEST_MY");
    std::istringstream in(all ? all : "");
    std::string w;
    while (i-- >= 0)
        in >> w;
    return w == "-" ? "" : w;
}

struct My : Session {
    My() : Session(&native_my) {}
    nat_answer connect()
    {
        set("UID", word(2));
        set("PWD", word(3));
        set("DATABASE", word(4));
        return open(word(0).c_str(), nullptr, std::stoi(word(1)));
    }
};

class NativeMy : public ::testing::Test {
  protected:
    void SetUp() override
    {
        if (!getenv("HOLDFAST_TEST_MY"))
            GTEST_SKIP() << "HOLDFAST_TEST_MY is not set";
    }
};

#define CONNECT(s)                                                                                 \
    My s;                                                                                          \
    ASSERT_EQ(NAT_READY, s.connect()) << s.f.text

TEST_F(NativeMy, OpensAndSaysWhyNot)
{
    CONNECT(s);
    EXPECT_TRUE(s.status().alive);
    EXPECT_NE('\0', s.ops->server_version(s.n)[0]);
    EXPECT_EQ("utf8mb4", s.value("SELECT @@character_set_client"));
    EXPECT_EQ(word(0), s.ops->address(s.n));
    My bad;
    bad.set("UID", "nobody_here");
    bad.set("PWD", "hush-hush");
    EXPECT_EQ(NAT_FAULT, bad.open(word(0).c_str(), nullptr, std::stoi(word(1))));
    EXPECT_STREQ("28000", bad.f.sqlstate) << bad.f.text;
    EXPECT_EQ(1045, bad.f.native);
    EXPECT_EQ(nullptr, strstr(bad.f.text, "hush-hush"));
    My gone;
    EXPECT_EQ(NAT_FAULT, gone.open(word(0).c_str(), nullptr, 1));
    EXPECT_STREQ("08001", gone.f.sqlstate) << gone.f.text;
    EXPECT_TRUE(gone.f.link_lost);
}

TEST_F(NativeMy, QueriesAndTransactions)
{
    CONNECT(s);
    std::vector<Got> g = s.query("SELECT 1 AS a, NULL AS b, 'x\xc3\xa4' AS c");
    ASSERT_EQ("ROWS0:1 DONE0", kinds(g));
    EXPECT_EQ((Row{"1", "(null)", "x\xc3\xa4"}), g[0].rows[0]);
    EXPECT_EQ("ROWS0:0 DONE0", kinds(s.query("SELECT 1 FROM dual WHERE false")));
    s.query("CREATE TEMPORARY TABLE t(a int PRIMARY KEY) ENGINE=InnoDB");
    g = s.query("INSERT INTO t VALUES (1), (2), (3)");
    ASSERT_EQ("DONE0", kinds(g));
    EXPECT_EQ(3, g[0].count);
    EXPECT_EQ("FAILED0:42S02", kinds(s.query("SELECT * FROM no_such_table")));
    EXPECT_EQ("FAILED0:23000", kinds(s.query("INSERT INTO t VALUES (1)")));
    EXPECT_EQ("DONE0 ROWS1:3 DONE1 ROWS1:1 DONE1",
              kinds(s.run({request(NAT_BEGIN), request(NAT_QUERY, "SELECT * FROM t; SELECT 2")})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_ROLLBACK)})));
    EXPECT_EQ(NAT_TXN_IDLE, s.status().txn);
    EXPECT_EQ("FAILED0:42000 SKIPPED1",
              kinds(s.run({request(NAT_BEGIN, "BEGI"), request(NAT_QUERY, "SELECT 1")})));
    EXPECT_EQ(NAT_FAULT, s.send({request(NAT_PREPARE, "SELECT ?", "p")}));
    EXPECT_STREQ("HYC00", s.f.sqlstate);
    EXPECT_FALSE(s.sent);
    EXPECT_EQ("1", s.value("SELECT 1"));
    char *cell = nullptr;
    size_t rows;
    ASSERT_TRUE(native_ask(s.n, TEXT("SELECT 5"), &cell, 1, &rows, deadline_in(SECONDS(5)), &s.f));
    EXPECT_STREQ("5", cell);
    free(cell);
}

TEST_F(NativeMy, Types)
{
    CONNECT(s);
    s.query("CREATE TEMPORARY TABLE t(a int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,"
            "b varchar(7) CHARACTER SET utf8mb4, c decimal(10,2), d datetime(3), e blob, f longtext,"
            "g varbinary(9), h enum('a','bcd'), i double)");
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT * FROM t")}));
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    size_t n;
    const struct nat_column *c = s.ops->columns(s.n, &n);
    ASSERT_EQ(9u, n);
    EXPECT_EQ(NAT_INT4, c[0].type.kind);
    EXPECT_TRUE(c[0].type.is_unsigned);
    EXPECT_TRUE(c[0].type.auto_unique);
    EXPECT_EQ(0, c[0].type.nullable);
    EXPECT_EQ(WIRE_MY_TEXT, c[0].type.wire);
    EXPECT_EQ(NAT_VARCHAR, c[1].type.kind);
    EXPECT_EQ(7, c[1].type.length);
    EXPECT_EQ(NAT_NUMERIC, c[2].type.kind);
    EXPECT_EQ(10, c[2].type.precision);
    EXPECT_EQ(2, c[2].type.scale);
    EXPECT_EQ(NAT_TIMESTAMP, c[3].type.kind);
    EXPECT_EQ(3, c[3].type.precision);
    EXPECT_EQ(NAT_BLOB, c[4].type.kind);
    EXPECT_EQ(NAT_TEXT, c[5].type.kind);
    EXPECT_EQ(NAT_VARBINARY, c[6].type.kind);
    EXPECT_EQ(9, c[6].type.length);
    EXPECT_EQ(NAT_VARCHAR, c[7].type.kind);
    EXPECT_EQ(NAT_FLOAT8, c[8].type.kind);
    EXPECT_EQ("t", std::string(c[0].table.s, c[0].table.n));
    s.read();
}

TEST_F(NativeMy, StreamsInFlatMemory)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, rows = 0;
    long early = 0;
    ASSERT_EQ(NAT_READY,
              s.send({request(NAT_QUERY, "SELECT seq, REPEAT('x', 50) FROM seq_1_to_3000000")}));
    nat_answer a = s.ops->result(s.n, &out, deadline_in(SECONDS(60)), &s.f);
    ASSERT_EQ(NAT_READY, a);
    if (out.kind == NAT_FAILED)
        GTEST_SKIP() << "no sequence engine: " << out.fault.text;
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

TEST_F(NativeMy, WaitsWithADeadlineAndWakes)
{
    CONNECT(s);
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT SLEEP(0.3)")}));
    int64_t start = clock_us();
    EXPECT_EQ(NAT_WAIT, s.ops->result(s.n, &out, deadline_in(MS(50)), &s.f));
    EXPECT_LT((clock_us() - start) / 1000, 200);
    short events;
    struct pollfd p = {s.ops->poll_fd(s.n, &events), events, 0};
    EXPECT_EQ(1, poll(&p, 1, 5000));
    EXPECT_EQ("ROWS0:1 DONE0", kinds(s.read()));
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT SLEEP(10)")}));
    std::thread other([&] {
        wait_for(-1, 0, nullptr, deadline_in(MS(50)));
        s.ops->interrupt(s.n);
    });
    start = clock_us();
    EXPECT_EQ(NAT_FAULT, s.ops->result(s.n, &out, DEADLINE_NEVER, &s.f));
    EXPECT_LT((clock_us() - start) / 1000, 1000);
    other.join();
    EXPECT_TRUE(s.f.link_lost);
    EXPECT_STREQ("08S01", s.f.sqlstate);
    EXPECT_FALSE(s.status().alive);
    CONNECT(t);
    ASSERT_EQ(NAT_READY, t.send({request(NAT_QUERY, "SELECT SLEEP(10)")}));
    EXPECT_EQ(NAT_WAIT, t.ops->finish(t.n, NAT_CANCEL, deadline_in(MS(20)), &t.f));
    start = clock_us();
    t.close(NAT_ABANDON); // with a call of the library half done
    EXPECT_LT((clock_us() - start) / 1000, 200);
}

TEST_F(NativeMy, KilledByTheServer)
{
    CONNECT(other);
    for (int when = 0; when < 3; when++) {
        CONNECT(s);
        struct nat_outcome out;
        std::string kill = "KILL " + s.value("SELECT CONNECTION_ID()");
        size_t got;
        if (when > 0) {
            ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, when == 1 ? "SELECT SLEEP(10)"
                                                                      : "SELECT * FROM seq_1_to_100000000")}));
        }
        if (when == 2) {
            ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
            ASSERT_EQ(NAT_ROWS, out.kind);
        }
        other.query(kill.c_str());
        nat_answer a = NAT_READY;
        if (when == 0) {
            wait_for(-1, 0, nullptr, deadline_in(MS(100)));
            a = s.send({request(NAT_QUERY, "SELECT 1")});
            EXPECT_FALSE(s.sent);
        } else if (when == 1) {
            a = s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f);
        } else {
            while ((a = s.ops->next(s.n, 100, &got, deadline_in(SECONDS(5)), &s.f)) == NAT_READY &&
                   got > 0)
                continue;
        }
        EXPECT_EQ(NAT_FAULT, a) << when;
        EXPECT_TRUE(s.f.link_lost) << when << s.f.text;
        EXPECT_STREQ("08S01", s.f.sqlstate);
    }
}

TEST_F(NativeMy, DetachesAndForks)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, rows = 0;
    struct spool *sp = spool_new();
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT seq, REPEAT('y', 100) FROM seq_1_to_100000")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    ASSERT_EQ(NAT_READY, s.ops->next(s.n, 10, &got, deadline_in(SECONDS(5)), &s.f));
    rows = got;
    nat_answer a;
    while ((a = s.ops->detach(s.n, sp, deadline_in(MS(2)), &s.f)) == NAT_WAIT)
        continue;
    ASSERT_EQ(NAT_READY, a) << s.f.text;
    while (spool_next(sp, 50, &got, &s.f) && got > 0)
        for (size_t i = 0; i < got; i++)
            ASSERT_EQ(std::to_string(++rows), show(spool_cell(sp, i, 0)));
    EXPECT_EQ(100000u, rows);
    spool_free(sp);
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

TEST_F(NativeMy, InterruptWakesALogin)
{
    struct sockaddr_in a;
    socklen_t size = sizeof a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(0, bind(fd, (struct sockaddr *)&a, sizeof a));
    ASSERT_EQ(0, listen(fd, 5));
    getsockname(fd, (struct sockaddr *)&a, &size);
    {
        My s;
        ASSERT_EQ(NAT_WAIT, s.open("127.0.0.1", "127.0.0.1", ntohs(a.sin_port), MS(50)));
        std::thread other([&] {
            wait_for(-1, 0, nullptr, deadline_in(MS(50)));
            s.ops->interrupt(s.n);
        });
        EXPECT_EQ(NAT_FAULT, s.ops->open(s.n, DEADLINE_NEVER, &s.f));
        other.join();
        EXPECT_STREQ("08001", s.f.sqlstate);
        EXPECT_TRUE(s.f.link_lost);
    }
    ::close(fd);
}

} // namespace
