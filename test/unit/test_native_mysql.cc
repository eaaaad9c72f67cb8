// The MySQL native against MySQL itself: what MariaDB's server has not, or has otherwise.
#include "my_session.h"

extern "C" {
#include "base/wait.h"
}

#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

namespace {

class OnMySql : public NativeMy {
  protected:
    void SetUp() override
    {
        NativeMy::SetUp();
        if (IsSkipped())
            return;
        ASSERT_EQ(NAT_READY, boss.connect()) << boss.f.text;
        ASSERT_FALSE(is_mariadb(boss)) << "these tests want MySQL";
    }
    My boss;
};

nat_answer log_in(My &s, const char *user, const char *password, const char *mode)
{
    s.set("UID", user);
    s.set("PWD", password);
    s.set("DATABASE", word(4));
    s.set("SSLMODE", mode);
    return s.open(word(0).c_str(), nullptr, std::stoi(word(1)));
}

// The server keeps the password's hash after the first login; before that it wants the password itself,
// over TLS or under its RSA key.
TEST_F(OnMySql, CachingSha2InAllWays)
{
    boss.query("DROP USER IF EXISTS sha");
    for (const char *mode : {"DISABLED", "PREFERRED", "REQUIRED"}) {
        SCOPED_TRACE(mode);
        ASSERT_EQ("DONE0", kinds(boss.query("CREATE USER sha IDENTIFIED BY 'sha-secret'")));
        boss.query("GRANT ALL ON app.* TO sha");
        for (int i = 0; i < 2; i++) { // not cached, cached
            My s;
            ASSERT_EQ(NAT_READY, log_in(s, "sha", "sha-secret", mode)) << s.f.text;
            EXPECT_EQ("sha@%", s.value("SELECT CURRENT_USER()"));
        }
        My bad;
        EXPECT_EQ(NAT_FAULT, log_in(bad, "sha", "wrong", mode));
        EXPECT_STREQ("28000", bad.f.sqlstate) << bad.f.text;
        EXPECT_EQ(1045, bad.f.native);
        boss.query("DROP USER sha");
    }
}

// What a server says when it wants the password in clear text.
std::string packet(unsigned char number, const std::string &body)
{
    std::string head = {(char)(body.size() & 255), (char)(body.size() >> 8), 0, (char)number};
    return head + body;
}

// A server that asks for the password itself does not get it where TLS is not certain.
TEST_F(OnMySql, NoPasswordInClearText)
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
    std::string heard;
    std::thread server([&] {
        char buffer[4096];
        int c = accept(fd, nullptr, nullptr);
        // version 10, thread 7, half a scramble; PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH; the rest of it
        std::string greeting = std::string("\x0a") + "9.0.0" + '\0' + std::string("\7\0\0\0", 4) + "abcdefgh" + '\0' +
                               std::string("\x00\x82", 2) + '\xff' + std::string("\2\0", 2) +
                               std::string("\x0a\x00", 2) + '\x15' + std::string(10, '\0') + "ijklmnopqrst" + '\0' +
                               "mysql_native_password" + '\0';
        std::string change = std::string("\xfe") + "mysql_clear_password" + '\0';
        std::string hello = packet(0, greeting), ask = packet(2, change);
        if (send(c, hello.data(), hello.size(), MSG_NOSIGNAL) > 0 && recv(c, buffer, sizeof buffer, 0) > 0 &&
            send(c, ask.data(), ask.size(), MSG_NOSIGNAL) > 0)
            for (ssize_t n; (n = recv(c, buffer, sizeof buffer, 0)) > 0;)
                heard.append(buffer, size_t(n));
        ::close(c);
    });
    {
        My s;
        s.set("UID", "app");
        s.set("PWD", "top-secret");
        s.set("ENABLE_CLEARTEXT_PLUGIN", "1");
        s.set("SSLMODE", "PREFERRED");
        EXPECT_EQ(NAT_FAULT, s.open("127.0.0.1", nullptr, ntohs(a.sin_port)));
        EXPECT_STREQ("28000", s.f.sqlstate) << s.f.text;
    }
    server.join();
    ::close(fd);
    EXPECT_EQ(std::string::npos, heard.find("top-secret"));
}

TEST_F(OnMySql, IdleTooLong)
{
    for (const char *mode : {"DISABLED", "REQUIRED"}) {
        My s;
        ASSERT_EQ(NAT_READY, s.connect({{"SSLMODE", mode}, {"CONNSETTINGS", "SET wait_timeout = 1"}})) << s.f.text;
        wait_for(-1, 0, nullptr, deadline_in(MS(2500)));
        EXPECT_EQ(NAT_FAULT, s.send({request(NAT_QUERY, "SELECT 1")}));
        EXPECT_FALSE(s.sent) << "it was dead before";
        EXPECT_TRUE(s.f.link_lost);
        EXPECT_STREQ("08S01", s.f.sqlstate);
        if (strcmp(mode, "DISABLED") == 0) { // under TLS the last words are not looked at
            EXPECT_EQ(4031, s.f.native) << s.f.text;
        }
    }
}

TEST_F(OnMySql, PacketsThatAreTooLarge)
{
    boss.query("SET GLOBAL max_allowed_packet = 1048576");
    {
        CONNECT(s);
        std::string sql = "SELECT LENGTH('" + std::string(3 << 20, 'x') + "')";
        nat_answer a = s.send({request(NAT_QUERY, sql.c_str())});
        std::vector<Got> g;
        if (a == NAT_READY)
            g = s.read();
        // The server says 1153 and hangs up, or hangs up while it is sent.
        EXPECT_TRUE((s.last == NAT_FAULT && s.f.link_lost) ||
                    (!g.empty() && g.back().kind == NAT_FAILED && g.back().fault.native == 1153))
            << kinds(g) << s.f.text;
    }
    CONNECT(t);
    EXPECT_EQ("1048576", t.value("SELECT LENGTH(REPEAT('y', 1048576))"));
    std::vector<Got> g = t.query("SELECT REPEAT('y', 1048577)"); // NULL, and a warning
    EXPECT_EQ("ROWS0:1 DONE0", kinds(g));
    EXPECT_EQ("01000 1301", t.notices());
    boss.query("SET GLOBAL max_allowed_packet = 67108864");
}

TEST_F(OnMySql, SuperReadOnlyIsNoLostLink)
{
    boss.query("CREATE TABLE IF NOT EXISTS held(a int)");
    CONNECT(s);
    boss.query("SET GLOBAL super_read_only = 1");
    std::vector<Got> g = s.query("INSERT INTO held VALUES (1)");
    boss.query("SET GLOBAL super_read_only = 0; SET GLOBAL read_only = 0");
    ASSERT_EQ(1u, g.size());
    EXPECT_EQ(1290, g[0].fault.native) << g[0].fault.text;
    EXPECT_FALSE(g[0].fault.link_lost);
    EXPECT_EQ("DONE0", kinds(s.query("INSERT INTO held VALUES (2)")));
    boss.query("DROP TABLE held");
}

// Deadlines on prepared statements, where libmysqlclient itself has none.
TEST_F(OnMySql, DeadlinesOfPreparedStatements)
{
    for (const char *mode : {"DISABLED", "REQUIRED"}) {
        SCOPED_TRACE(mode);
        My s;
        ASSERT_EQ(NAT_READY, s.connect({{"SSLMODE", mode}}));
        s.run({request(NAT_PREPARE, "SELECT SLEEP(?)", "p")});
        struct nat_param ten[] = {param("10", MY_PARAM_DOUBLE)};
        struct nat_request r = request(NAT_EXECUTE, "", "p");
        r.params = ten;
        r.nparams = 1;
        int64_t start = clock_us();
        nat_answer a = s.send({r}, deadline_in(MS(200)));
        struct nat_outcome out;
        if (a == NAT_READY)
            a = s.ops->result(s.n, &out, deadline_in(MS(200)), &s.f);
        EXPECT_EQ(NAT_WAIT, a);
        EXPECT_LT((clock_us() - start) / 1000, 1000);
        EXPECT_TRUE(s.sent);
        EXPECT_EQ(NAT_READY, s.ops->finish(s.n, NAT_CANCEL, deadline_in(SECONDS(5)), &s.f)) << s.f.text;
        EXPECT_LT((clock_us() - start) / 1000, 4000);
        EXPECT_EQ("1", s.value("SELECT 1")); // and lives on
        // Given up: closing does not wait for the server.
        My t;
        ASSERT_EQ(NAT_READY, t.connect({{"SSLMODE", mode}}));
        t.run({request(NAT_PREPARE, "SELECT SLEEP(?)", "p")});
        a = t.send({r}, deadline_in(MS(50)));
        start = clock_us();
        t.close(NAT_ABANDON);
        EXPECT_LT((clock_us() - start) / 1000, 1000);
    }
}

// Rows that come slowly, in both protocols, with a deadline and without.
TEST_F(OnMySql, SlowRows)
{
    const char *sql = "SELECT seq, SLEEP(0.05) FROM seq_1_to_10";
    for (int64_t deadline : {DEADLINE_NEVER, deadline_in(SECONDS(30))})
        for (bool prepared : {false, true}) {
            CONNECT(s);
            if (prepared)
                ASSERT_EQ(NAT_READY, s.send({request(NAT_PREPARE, sql, "p"), execute("p", {})}));
            else
                ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, sql)}));
            struct nat_outcome out;
            size_t got, rows = 0;
            do
                ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline, &s.f));
            while (out.kind == NAT_DONE);
            ASSERT_EQ(NAT_ROWS, out.kind);
            do {
                ASSERT_EQ(NAT_READY, s.ops->next(s.n, 100, &got, deadline, &s.f));
                rows += got;
            } while (got > 0);
            EXPECT_EQ(10u, rows);
            s.read();
            EXPECT_EQ("1", s.value("SELECT 1")) << s.f.text;
        }
}

} // namespace
