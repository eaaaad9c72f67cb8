// The connection tracker and replay on real clusters: what an idle pool sees of a switchover.
#include "app.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace
{

using std::string;

// With the monitor at work soon, as it is in a process that has lived for half a minute.
string tracked(const string &more = "")
{
    return dsn(writer_endpoint(), "PLUGINS=connection_tracker,failover,host_monitoring;"
                                  "TOPOLOGY_REFRESH_RATE_MS=300;" +
                                      more);
}

bool dead(Db &db)
{
    SQLINTEGER value = -1;
    EXPECT_TRUE(SQL_SUCCEEDED(
        SQLGetConnectAttr(db.handle(), SQL_ATTR_CONNECTION_DEAD, &value, 0, nullptr)));
    return value != SQL_CD_FALSE;
}

void pass(int ms)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

class Pool
{
  public:
    Pool(size_t size, const string &more)
    {
        for (size_t i = 0; i < size; i++) {
            all.push_back(std::make_unique<Db>(tracked(more)));
            EXPECT_TRUE(all.back()->open());
            EXPECT_EQ(all.back()->ask("SELECT 1"), "1");
        }
        pass(500);
        EXPECT_EQ(all[0]->ask("SELECT 1"), "1"); // the monitor is there
    }
    // Each writes its number once: no error, and how long the slowest of them took.
    double write(int first)
    {
        std::vector<double> took;
        for (size_t i = 0; i < all.size(); i++) {
            EXPECT_FALSE(dead(*all[i]));
            double begun = now_ms();
            EXPECT_EQ(all[i]->run("INSERT INTO pooled VALUES (" +
                                  std::to_string(first + static_cast<int>(i)) + ")"),
                      "")
                << all[i]->text();
            took.push_back(now_ms() - begun);
        }
        std::sort(took.begin(), took.end());
        printf("first statement of %zu idle connections: median %.1f ms, worst %.1f ms\n",
               took.size(), took[took.size() / 2], took.back());
        return took.back();
    }
    std::vector<std::unique_ptr<Db>> all;
};

void idle_pool(const string &fault, size_t size)
{
    Pool pool(size, "");
    Db &db = *pool.all[0];
    ASSERT_EQ(db.run("DROP TABLE IF EXISTS pooled"), "") << db.text();
    ASSERT_EQ(db.run("CREATE TABLE pooled(k int)"), "") << db.text();
    string before = db.ask(speech().here);
    lab(fault);
    pass(300);
    EXPECT_LT(pool.write(1000), 1000); // 50 ms where nobody else works on the machine
    EXPECT_EQ(db.ask("SELECT count(*) FROM pooled"), std::to_string(size));
    EXPECT_EQ(db.ask("SELECT count(DISTINCT k) FROM pooled"), std::to_string(size));
    for (auto &one : pool.all) {
        EXPECT_EQ(one->ask(speech().recovery), "0") << one->text();
        EXPECT_NE(one->ask(speech().here), before) << one->text();
    }
}

TEST(Tracker, AnIdlePoolSeesNoErrorOfASwitchover)
{
    idle_pool("switchover", 20);
}

TEST(Tracker, AHundredIdleConnectionsSeeNoErrorOfASwitchover)
{
    idle_pool("switchover", 100);
}

TEST(Tracker, AnIdlePoolSeesNoErrorOfAKill)
{
    idle_pool("kill writer", 20);
}

TEST(Tracker, TwoSwitchoversInARow)
{
    Pool pool(5, "");
    Db &db = *pool.all[0];
    ASSERT_EQ(db.run("DROP TABLE IF EXISTS pooled"), "") << db.text();
    ASSERT_EQ(db.run("CREATE TABLE pooled(k int)"), "") << db.text();
    lab("switchover");
    pass(300);
    lab("switchover");
    pass(300);
    pool.write(0);
    lab("switchover");
    pass(300);
    pool.write(10);
    EXPECT_EQ(db.ask("SELECT count(DISTINCT k) FROM pooled"), "10");
}

TEST(Tracker, WhoHoldsATemporaryTableIsTold)
{
    Pool pool(1, "");
    Db &db = *pool.all[0];
    ASSERT_EQ(db.run("CREATE TEMPORARY TABLE mine(k int)"), "") << db.text();
    lab("switchover");
    pass(300);
    EXPECT_TRUE(dead(db));
    EXPECT_EQ(db.run("INSERT INTO mine VALUES (1)"), "08S02") << db.text();
    EXPECT_FALSE(dead(db));
    EXPECT_NE(db.run("INSERT INTO mine VALUES (1)"), "");
}

TEST(Tracker, WhoIsInATransactionIsTold)
{
    Pool pool(1, "");
    Db &db = *pool.all[0];
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS pooled(k int)"), "") << db.text();
    db.autocommit(false);
    ASSERT_EQ(db.run("INSERT INTO pooled VALUES (77)"), "") << db.text();
    lab("switchover");
    pass(300);
    EXPECT_TRUE(dead(db));
    EXPECT_EQ(db.run("INSERT INTO pooled VALUES (78)"), "08007") << db.text();
    EXPECT_EQ(db.end(SQL_ROLLBACK), "");
    EXPECT_EQ(db.ask("SELECT count(*) FROM pooled WHERE k IN (77, 78)"), "0");
    EXPECT_EQ(db.end(SQL_COMMIT), "");
}

TEST(Tracker, ABusyCallEnds)
{
    Pool pool(1, "");
    int ticket = 0;
    std::thread switcher([&] {
        pass(300);
        ticket = lab_start("switchover");
    });
    double begun = now_ms();
    EXPECT_EQ(pool.all[0]->ask(speech().sleep30), "!08S02") << pool.all[0]->text();
    EXPECT_LT(now_ms() - begun, 20000);
    switcher.join();
    lab_wait(ticket);
    EXPECT_EQ(pool.all[0]->ask_again(speech().recovery), "0");
}

// ---- replay ----

TEST(Replay, AReadThatIsLostUnderWayIsRunAgain)
{
    Pool pool(1, "FAILOVER_REPLAY=reads;");
    Db &db = *pool.all[0];
    string sql = speech().sleep30;
    sql.replace(sql.find("30"), 2, "8"); // longer than the lab takes to kill
    int ticket = 0;
    std::thread killer([&] {
        pass(500);
        ticket = lab_start("kill writer");
    });
    SQLHSTMT h = db.statement();
    SQLRETURN rc = SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
    std::vector<Diag> said = diags(SQL_HANDLE_STMT, h);
    killer.join();
    lab_wait(ticket);
    ASSERT_EQ(rc, SQL_SUCCESS_WITH_INFO) << (said.empty() ? "" : said[0].text);
    ASSERT_FALSE(said.empty());
    EXPECT_EQ(said[0].state, "01000");
    EXPECT_NE(said[0].text.find("was run again"), string::npos) << said[0].text;
    EXPECT_EQ(SQLFetch(h), SQL_SUCCESS);
    EXPECT_EQ(SQLFetch(h), SQL_NO_DATA);
    EXPECT_EQ(db.run("CREATE TABLE IF NOT EXISTS pooled(k int)"), "") << db.text();
}

TEST(Replay, AWriteThatIsLostUnderWayIsNot)
{
    Pool pool(1, "FAILOVER_REPLAY=reads;");
    Db &db = *pool.all[0];
    ASSERT_EQ(db.run("DROP TABLE IF EXISTS pooled"), "") << db.text();
    ASSERT_EQ(db.run("CREATE TABLE pooled(k int)"), "") << db.text();
    string sleep = speech().sleep30;
    int ticket = 0;
    std::thread killer([&] {
        pass(500);
        ticket = lab_start("kill writer");
    });
    string state = db.run("INSERT INTO pooled SELECT 1 FROM (" + sleep + ") AS x");
    killer.join();
    lab_wait(ticket);
    EXPECT_EQ(state, "08007") << db.text();
    EXPECT_EQ(db.ask("SELECT count(*) FROM pooled"), "0") << db.text();
}

TEST(Replay, GuardedReadsStreamAndFailAndWrite)
{
    Pool pool(1, "FAILOVER_REPLAY=reads;");
    Db &db = *pool.all[0];
    SQLHSTMT h = db.statement();
    string text = speech().numbers;
    ASSERT_EQ(SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&text[0]), SQL_NTS), SQL_SUCCESS);
    SQLLEN last = 0;
    SQLBindCol(h, 1, SQL_C_SBIGINT, &last, 0, nullptr);
    ASSERT_EQ(SQLFetch(h), SQL_SUCCESS);
    EXPECT_EQ(db.ask("SELECT 1"), "1") << db.text(); // sets the open result aside
    EXPECT_NE(db.run("SELECT * FROM no_such_table"), "");
    EXPECT_EQ(db.run("CREATE TABLE IF NOT EXISTS pooled(k int)"), "") << db.text();
    EXPECT_EQ(db.run("DELETE FROM pooled"), "") << db.text();
    EXPECT_EQ(db.run("INSERT INTO pooled VALUES (1)"), "") << db.text();
    EXPECT_EQ(db.ask("SELECT count(*) FROM pooled"), "1");
    int rows = 1;
    while (SQLFetch(h) == SQL_SUCCESS)
        rows++;
    EXPECT_EQ(rows, 100000);
    EXPECT_EQ(last, 100000);
    EXPECT_EQ(SQLMoreResults(h), SQL_NO_DATA);
    SQLFreeStmt(h, SQL_CLOSE);
    SQLINTEGER k = 1, found = 0;
    string sql = "SELECT k FROM pooled WHERE k = ?";
    ASSERT_EQ(SQLPrepare(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS), SQL_SUCCESS);
    SQLFreeStmt(h, SQL_UNBIND);
    SQLBindParameter(h, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &k, 0, nullptr);
    SQLBindCol(h, 1, SQL_C_SLONG, &found, 0, nullptr);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(SQLExecute(h), SQL_SUCCESS) << diags(SQL_HANDLE_STMT, h)[0].text;
        EXPECT_EQ(SQLFetch(h), SQL_SUCCESS);
        EXPECT_EQ(found, 1);
        EXPECT_EQ(SQLFetch(h), SQL_NO_DATA);
        SQLFreeStmt(h, SQL_CLOSE);
    }
    EXPECT_EQ(db.end(SQL_COMMIT), "");
}

} // namespace
