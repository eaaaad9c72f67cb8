// A server that forgets the session while the link lives: behind a proxy that resets it, or that has
// gone over to another server. The next use of a prepared statement is 1243. Not run for PostgreSQL.
#include "odbc_test.h"

#include <arpa/inet.h>
#include <atomic>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace
{

// Between one client at a time and the server: bytes go through as they are, but between two of the
// client's requests COM_RESET_CONNECTION can be put in, whose answer the client does not see.
class Between
{
  public:
    Between()
    {
        struct sockaddr_in at = {};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        socklen_t n = sizeof at;
        if (bind(listener_, reinterpret_cast<struct sockaddr *>(&at), n) != 0 || listen(listener_, 8) != 0 ||
            getsockname(listener_, reinterpret_cast<struct sockaddr *>(&at), &n) != 0)
            ADD_FAILURE() << "no listener";
        port_ = ntohs(at.sin_port);
        accepting_ = std::thread([this] { accept_all(); });
    }
    ~Between()
    {
        shutdown(listener_, SHUT_RDWR);
        accepting_.join();
        for (std::thread &t : links_)
            t.join();
        close(listener_);
    }
    std::string port() const
    {
        return std::to_string(port_);
    }
    int accepted() const
    {
        return accepted_;
    }
    // The session of the connection that was made last, which must be idle.
    void forget()
    {
        ASSERT_GT(accepted_, 0);
        wanted_ = accepted_.load();
        while (wanted_ != 0)
            usleep(200);
    }
    std::atomic<bool> refuses{false}; // new connections

  private:
    void accept_all()
    {
        for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
            if (refuses) {
                close(fd);
                continue;
            }
            int number = ++accepted_;
            links_.emplace_back([this, fd, number] { link(fd, number); });
        }
    }
    static int dial()
    {
        struct sockaddr_in at = {};
        at.sin_family = AF_INET;
        at.sin_port = htons(static_cast<uint16_t>(std::stoi(env("HF_DB_PORT"))));
        inet_pton(AF_INET, env("HF_DB_HOST").c_str(), &at.sin_addr);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (connect(fd, reinterpret_cast<struct sockaddr *>(&at), sizeof at) != 0)
            ADD_FAILURE() << "no server";
        return fd;
    }
    static bool pass(int from, int to)
    {
        char b[65536];
        ssize_t n = read(from, b, sizeof b);
        return n > 0 && send(to, b, static_cast<size_t>(n), MSG_NOSIGNAL) == n;
    }
    static void reset(int server)
    {
        const char request[] = {1, 0, 0, 0, 0x1f};
        unsigned char head[4], rest[512];
        send(server, request, sizeof request, MSG_NOSIGNAL);
        ASSERT_EQ(recv(server, head, 4, MSG_WAITALL), 4);
        ASSERT_LT(head[0] | head[1] << 8, 512);
        ASSERT_EQ(recv(server, rest, head[0] | head[1] << 8, MSG_WAITALL), head[0] | head[1] << 8);
        ASSERT_EQ(rest[0], 0) << "the server does not reset a session";
    }
    void link(int client, int number)
    {
        int server = dial(), one = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct pollfd p[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
        bool open = true;
        while (open) {
            int ready = poll(p, 2, 1);
            if (wanted_ == number && ready == 0) {
                reset(server);
                wanted_ = 0;
            }
            open = !(p[0].revents && !pass(client, server)) && !(p[1].revents && !pass(server, client));
        }
        close(client);
        close(server);
    }

    int listener_;
    int port_ = 0;
    std::atomic<int> accepted_{0}, wanted_{0};
    std::thread accepting_;
    std::vector<std::thread> links_;
};

class MySqlForgotten : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        Stmt s(dbc);
        ASSERT_TRUE(ok(s.exec("DROP TABLE IF EXISTS hf_forgotten"), s));
        ASSERT_TRUE(ok(s.exec("CREATE TABLE hf_forgotten (n int AUTO_INCREMENT PRIMARY KEY, v int)"), s));
        far = Dbc(*e, connects);
        ASSERT_TRUE(ok(far.open(conn_str_without("PORT", "SSLMODE=DISABLED;PORT=" + between.port() + ";")), far));
        stmt = Stmt(far);
        stmt.api = calls;
    }
    void TearDown() override
    {
        stmt = Stmt();
        far.close();
        far = Dbc();
        stmt = Stmt(dbc);
        EXPECT_TRUE(ok(stmt.exec("DROP TABLE IF EXISTS hf_forgotten"), stmt));
        EveryMode::TearDown();
    }
    std::string stored()
    {
        Stmt s(dbc);
        return s.value("SELECT CONCAT(COUNT(*), ' ', COALESCE(GROUP_CONCAT(v ORDER BY v), '')) FROM hf_forgotten");
    }
    void run(const std::string &sql)
    {
        Stmt s(far);
        s.api = calls;
        EXPECT_TRUE(ok(s.exec(sql), s)) << sql;
    }
    void bind(SQLINTEGER *v, size_t sets = 1)
    {
        ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(sets), 0), stmt));
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, v, 0, nullptr), stmt));
    }
    Between between;
    Dbc far;
};

TEST_P(MySqlForgotten, ExecutesOnceOnASessionMadeAgain)
{
    SQLINTEGER v = 1;
    run("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'), SESSION lock_wait_timeout = 77");
    run("SET @mine = 5");
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO \"hf_forgotten\" (v) VALUES (?)"), stmt));
    bind(&v);
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(between.accepted(), 1);
    for (v = 2; v < 5; v++) {
        between.forget();
        ASSERT_TRUE(ok(stmt.execute(), stmt));
        EXPECT_EQ(stmt.row_count(), 1);
        EXPECT_EQ(between.accepted(), v);
    }
    EXPECT_EQ(stored(), "4 1,2,3,4");
    Stmt s(far);
    EXPECT_EQ(s.value("SELECT CONCAT(@@lock_wait_timeout, ' ', @mine, ' ', @@sql_mode LIKE '%ANSI_QUOTES%')"), "77 5 1");
    // A read, with another statement prepared on the session before.
    ASSERT_TRUE(ok(s.prepare("SELECT COUNT(*) FROM hf_forgotten WHERE v > ?"), s));
    v = 1;
    ASSERT_TRUE(ok(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v, 0, nullptr), s));
    for (int i = 0; i < 2; i++) {
        ASSERT_TRUE(ok(s.execute(), s));
        EXPECT_EQ(shown(s.rest()), "3\n");
        s.close();
        between.forget();
    }
}

TEST_P(MySqlForgotten, Arrays)
{
    std::vector<SQLINTEGER> v(300);
    std::vector<SQLUSMALLINT> status(v.size());
    for (size_t i = 0; i < v.size(); i++)
        v[i] = static_cast<SQLINTEGER>(i);
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_forgotten (v) VALUES (?)"), stmt));
    bind(v.data(), v.size());
    ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status.data(), 0), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    between.forget();
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    for (SQLUSMALLINT s : status)
        EXPECT_EQ(s, SQL_PARAM_SUCCESS);
    Stmt count(dbc);
    EXPECT_EQ(count.value("SELECT COUNT(*) * 1000 + COUNT(DISTINCT v) FROM hf_forgotten"), "600300");
    // In a transaction that begins with it.
    ASSERT_TRUE(ok(far.autocommit(false), far));
    between.forget();
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ(count.value("SELECT COUNT(*) FROM hf_forgotten"), "600");
    ASSERT_TRUE(ok(far.commit(), far));
    EXPECT_EQ(count.value("SELECT COUNT(*) FROM hf_forgotten"), "900");
}

TEST_P(MySqlForgotten, AnOpenTransactionIsGone)
{
    SQLINTEGER v = 1;
    ASSERT_TRUE(ok(far.autocommit(false), far));
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_forgotten (v) VALUES (?)"), stmt));
    bind(&v);
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    between.forget();
    v = 2;
    EXPECT_TRUE(fails(stmt.execute(), stmt, "08007"));
    EXPECT_TRUE(fails(far.commit(), far, "25S03"));
    EXPECT_EQ(stored(), "0 ");
    v = 3;
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    // An array there.
    SQLINTEGER some[4] = {4, 5, 6, 7};
    bind(some, 4);
    between.forget();
    EXPECT_TRUE(fails(stmt.execute(), stmt, "08007"));
    ASSERT_TRUE(ok(far.rollback(), far));
    EXPECT_EQ(stored(), "0 ");
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    ASSERT_TRUE(clean(far.commit(), far));
    EXPECT_EQ(stored(), "4 4,5,6,7");
}

// What asks for the session's past, or has a temporary table, would not be the same on another.
TEST_P(MySqlForgotten, ASessionWithSomethingToLoseIsTold)
{
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_forgotten (v) VALUES (LAST_INSERT_ID() + 100)"), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    between.forget();
    EXPECT_TRUE(fails(stmt.execute(), stmt, "08S02"));
    EXPECT_EQ(stored(), "1 100");
    run("CREATE TEMPORARY TABLE hf_mine (n int)");
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_mine VALUES (1)"), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    between.forget();
    EXPECT_TRUE(fails(stmt.execute(), stmt, "08S02"));
    EXPECT_TRUE(fails(stmt.execute(), stmt, "42S02"));
    run("DELETE FROM hf_forgotten");
}

// The same error from the middle of a procedure says nothing of the kind.
TEST_P(MySqlForgotten, TheErrorFromElsewhere)
{
    run("DROP PROCEDURE IF EXISTS hf_unknown");
    run("CREATE PROCEDURE hf_unknown() BEGIN INSERT INTO hf_forgotten (v) VALUES (1); EXECUTE never; END");
    ASSERT_TRUE(ok(stmt.prepare("CALL hf_unknown()"), stmt));
    EXPECT_TRUE(fails(stmt.execute(), stmt, "HY000"));
    EXPECT_EQ(stored(), "1 1");
    EXPECT_EQ(between.accepted(), 1);
    run("DROP PROCEDURE hf_unknown");
}

TEST_P(MySqlForgotten, NoOtherConnectionIsToBeHad)
{
    SQLINTEGER v = 1;
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_forgotten (v) VALUES (?)"), stmt));
    bind(&v);
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    between.forget();
    between.refuses = true;
    EXPECT_TRUE(fails(stmt.execute(), stmt, "08S01"));
    between.refuses = false;
    EXPECT_EQ(stored(), "1 1");
    SQLUINTEGER dead = 0;
    ASSERT_TRUE(ok(SQLGetConnectAttr(far, SQL_ATTR_CONNECTION_DEAD, &dead, 0, nullptr), far));
    EXPECT_EQ(dead, static_cast<SQLUINTEGER>(SQL_CD_TRUE));
}

BOTH_FORMS(MySqlForgotten);

} // namespace
