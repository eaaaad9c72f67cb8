// Threads on one connection, and on many.
#include "odbc_test.h"

#include <atomic>
#include <thread>

namespace {

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

// One waits for the server; SQLCancel of it from a third thread goes past the queue.
TEST_F(Threads, CancelPastTheQueue)
{
    Stmt other(dbc);
    std::thread waiting([&] { EXPECT_TRUE(fails(stmt.exec("SELECT pg_sleep(20)"), stmt, "HY008")); });
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
