// Threads on one connection, and on many.
#include "odbc_test.h"

#include <atomic>
#include <cstdlib>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace
{

class Threads : public Connected
{
};

TEST_F(Threads, TwoOnOneConnection)
{
    std::vector<std::thread> all;
    for (int t = 0; t < 2; t++)
        all.emplace_back([this, t] {
            Stmt s(dbc);
            for (int i = 0; i < 200; i++) {
                std::string n = std::to_string(t * 100000 + i);
                ASSERT_EQ(n, s.value("SELECT " + n));
                ASSERT_EQ(50U, s.rows("SELECT " + n + " + g FROM generate_series(1, 50) g").size());
                if (i % 10 == 0)
                    ASSERT_EQ(SQL_ERROR, s.exec("SELECT * FROM nix" + n));
            }
        });
    for (std::thread &t : all)
        t.join();
}

TEST_F(Threads, StreamsOfOneConnection)
{
    std::vector<std::thread> all;
    for (int t = 0; t < 4; t++)
        all.emplace_back([this] {
            Stmt s(dbc);
            SQLINTEGER v = 0;
            SQLBindCol(s, 1, SQL_C_SLONG, &v, 0, nullptr);
            ASSERT_TRUE(ok(s.exec("SELECT generate_series(1, 20000)"), s));
            for (int i = 1; i <= 20000; i++) {
                ASSERT_TRUE(ok(s.fetch(), s));
                ASSERT_EQ(i, v);
            }
            ASSERT_TRUE(nothing(s.fetch(), s));
        });
    for (std::thread &t : all)
        t.join();
}

TEST_F(Threads, EightWithTheirOwn)
{
    std::vector<std::thread> all;
    std::atomic<int> good{0};
    for (int t = 0; t < 8; t++)
        all.emplace_back([&, t] {
            for (int round = 0; round < 3; round++) {
                Api api{t % 2 == 0};
                Dbc d(*e, api);
                ASSERT_TRUE(ok(d.open(conn_str()), d));
                Stmt s(d);
                ASSERT_TRUE(ok(s.exec("CREATE TEMP TABLE t (a int, b text)"), s));
                ASSERT_TRUE(ok(s.prepare("INSERT INTO t VALUES (?, ?)"), s));
                SQLINTEGER a = 0;
                char b[16] = "gr\xc3\xbcn";
                SQLLEN ia = 0, ib = SQL_NTS;
                SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0, &ia);
                SQLBindParameter(s, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, b, 0, &ib);
                for (a = 0; a < 50; a++)
                    ASSERT_TRUE(clean(s.execute(), s));
                ASSERT_EQ("50", s.value("SELECT count(*) FROM t WHERE b = 'gr\xc3\xbcn'"));
                ASSERT_EQ(SQL_ERROR, s.exec("SELECT 1/0"));
                good++;
            }
        });
    for (std::thread &t : all)
        t.join();
    EXPECT_EQ(24, good);
}

// Handles of one environment come and go in all threads.
TEST_F(Threads, AllocAndFree)
{
    std::vector<std::thread> all;
    for (int t = 0; t < 4; t++)
        all.emplace_back([this] {
            for (int i = 0; i < 300; i++) {
                Stmt s(dbc);
                Handle desc(SQL_HANDLE_DESC, dbc);
                Handle d(SQL_HANDLE_DBC, *e);
                ASSERT_NE(nullptr, s.h);
            }
        });
    for (std::thread &t : all)
        t.join();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// A child of fork() does not use, nor end, its parent's sessions; its own are as good as any.
TEST_F(Threads, Fork)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 50000)"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    Stmt two(dbc);
    std::string pid = two.value("SELECT pg_backend_pid()");
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        int bad = 0;
        bad |= stmt.api.exec_direct(two, "SELECT 1") == SQL_ERROR ? 0 : 1;
        bad |= SQL_SUCCEEDED(SQLFreeHandle(SQL_HANDLE_STMT, two.h)) ? 0 : 2;
        SQLDisconnect(dbc);
        bad |= SQL_SUCCEEDED(SQLFreeHandle(SQL_HANDLE_DBC, dbc.h)) ? 0 : 4;
        {
            Env own;
            Dbc d(own);
            bad |= SQL_SUCCEEDED(d.open(conn_str())) ? 0 : 8;
            Stmt s(d);
            bad |= s.value("SELECT 5") == "5" ? 0 : 16;
        }
        _exit(bad);
    }
    int status = 0;
    ASSERT_EQ(child, waitpid(child, &status, 0));
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(0, WEXITSTATUS(status));
    EXPECT_EQ(49999U, stmt.rest().size());
    EXPECT_EQ(pid, two.value("SELECT pg_backend_pid()"));
}

// A process that ends in the middle of everything, without freeing anything.
TEST_F(Threads, ExitWithOpenConnections)
{
    if (sanitized())
        return; // it would count what is left
    for (int i = 0; i < 5; i++) {
        pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            SQLHENV env_handle;
            SQLHDBC d;
            SQLHSTMT s;
            std::string string = conn_str();
            SQLAllocHandle(SQL_HANDLE_ENV, nullptr, &env_handle);
            SQLSetEnvAttr(env_handle, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(3), 0);
            SQLAllocHandle(SQL_HANDLE_DBC, env_handle, &d);
            SQLDriverConnect(d, nullptr, reinterpret_cast<SQLCHAR *>(string.data()), SQL_NTS,
                             nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
            SQLAllocHandle(SQL_HANDLE_STMT, d, &s);
            calls.exec_direct(s, "SELECT generate_series(1, 100000)");
            SQLFetch(s);
            std::thread busy([=] {
                SQLHSTMT t;
                SQLAllocHandle(SQL_HANDLE_STMT, d, &t);
                calls.exec_direct(t, "SELECT pg_sleep(5)");
            });
            busy.detach();
            usleep(20000);
            exit(0);
        }
        int status = 0;
        double took = seconds_of([&] { waitpid(child, &status, 0); });
        EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
        EXPECT_EQ(0, WEXITSTATUS(status));
        EXPECT_LT(took, 3);
    }
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// One waits for the server; SQLCancel of it from a third thread goes past the queue.
TEST_F(Threads, CancelPastTheQueue)
{
    Stmt other(dbc);
    std::thread waiting(
        [&] { EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(20)"), stmt, "HY008")); });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    std::thread queued([&] { EXPECT_EQ("1", other.value("SELECT 1")); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    double took = seconds_of([&] {
        EXPECT_EQ(SQL_SUCCESS, SQLCancel(stmt));
        waiting.join();
        queued.join();
    });
    EXPECT_LT(took, 5);
}

} // namespace
