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

// Nor a warning: what the server counts in variables (MariaDB's last_gtid) is no setting to restore.
TEST(Tracker, AConnectionThatHasWrittenMovesWithoutAWord)
{
    Pool pool(1, "");
    Db &db = *pool.all[0];
    ASSERT_EQ(db.run("DROP TABLE IF EXISTS pooled"), "") << db.text();
    ASSERT_EQ(db.run("CREATE TABLE pooled(k int)"), "") << db.text();
    string before = db.ask(speech().here);
    lab("switchover");
    pass(300);
    SQLHSTMT h = db.statement();
    string sql = "INSERT INTO pooled VALUES (1)";
    SQLRETURN rc = SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
    std::vector<Diag> said = diags(SQL_HANDLE_STMT, h);
    EXPECT_EQ(rc, SQL_SUCCESS) << (said.empty() ? "" : said[0].text);
    EXPECT_NE(db.ask(speech().here), before);
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

// ---- busy on a writer that has become a reader and lives on ----
// As MySQL's switchover leaves it: nothing ends the session. (PostgreSQL's old writer is restarted.)

// The process is young: with default options nobody asks for the topology for half a minute.
class Demoted : public testing::Test
{
  protected:
    static string defaults(const string &server)
    {
        return dsn(server, "PLUGINS=connection_tracker,failover,host_monitoring;");
    }
    static string sleep(int seconds)
    {
        string sql = speech().sleep30;
        return sql.replace(sql.find("30"), 2, std::to_string(seconds));
    }
    // The other thread's call: what it said, and when it ended.
    struct Call {
        Call(const string &dsn, const string &sql) : db(dsn)
        {
            EXPECT_TRUE(db.open());
            here = db.ask(speech().here);
            thread = std::thread([this, sql] {
                said = db.ask(sql);
                ended = now_ms();
            });
        }
        void wait()
        {
            if (thread.joinable())
                thread.join();
        }
        ~Call()
        {
            wait();
        }
        Db db;
        string here, said;
        double ended = 0;
        std::thread thread;
    };
    // Since the new writer took writes.
    static void expect_interrupted(Call &call, double promoted)
    {
        call.wait();
        printf("interrupted %.0f ms after the promotion\n", call.ended - promoted);
        EXPECT_EQ(call.said, "!08S02") << call.db.text();
        EXPECT_LT(call.ended - promoted, 5000); // two probes, and a search
        EXPECT_EQ(call.db.ask(speech().recovery), "0") << call.db.text();
        EXPECT_NE(call.db.ask(speech().here), call.here) << call.db.text();
    }
};

TEST_F(Demoted, ABusyCallIsInterruptedOnceAndOthersAreLeftAlone)
{
    Call old(defaults(writer_endpoint()), speech().sleep30);
    Call reader(defaults(reader_endpoint()), sleep(14));
    pass(2500); // watched by now
    double promoted = lab_event(lab("switchover --alive"), "promoted");
    expect_interrupted(old, promoted);
    Call fresh(defaults(writer_endpoint()), sleep(8));
    EXPECT_EQ(old.db.run(sleep(6)), "") << old.db.text();
    fresh.wait();
    EXPECT_EQ(fresh.said.substr(0, 1), "0") << fresh.db.text();
    EXPECT_EQ(fresh.db.ask(speech().here), fresh.here);
    reader.wait();
    EXPECT_EQ(reader.said.substr(0, 1), "0") << reader.db.text();
    EXPECT_EQ(reader.db.ask(speech().here), reader.here);
}

// The switchover came before anything was watched.
TEST_F(Demoted, ABusyCallThatTheSwitchoverCameRightAfter)
{
    Call old(defaults(writer_endpoint()), speech().sleep30);
    pass(100);
    double promoted = lab_event(lab("switchover --alive"), "promoted");
    expect_interrupted(old, promoted);
}

// And before the call itself, which runs on a reader by now.
TEST_F(Demoted, ACallThatBeginsOnAReader)
{
    Db db(defaults(writer_endpoint()));
    ASSERT_TRUE(db.open());
    lab("switchover --alive");
    double begun = now_ms();
    EXPECT_EQ(db.ask(speech().sleep30), "!08S02") << db.text();
    EXPECT_LT(now_ms() - begun, 5000);
    EXPECT_EQ(db.ask(speech().recovery), "0");
}

// No other writer is there: the query goes on, whatever the server says of itself meanwhile.
TEST_F(Demoted, AQueryOnAWriterThatTakesNoWritesForAMoment)
{
    Call call(defaults(writer_endpoint()), sleep(8));
    Db admin(admin_dsn(call.here));
    pass(1500);
    ASSERT_EQ(admin.run("SET GLOBAL read_only = 1"), "") << admin.text();
    pass(3000);
    ASSERT_EQ(admin.run("SET GLOBAL read_only = 0"), "") << admin.text();
    call.wait();
    EXPECT_EQ(call.said.substr(0, 1), "0") << call.db.text();
    EXPECT_EQ(call.db.ask(speech().here), call.here);
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
