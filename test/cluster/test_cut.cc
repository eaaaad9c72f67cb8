// The link is cut after each number of bytes of a connect, an execute, a fetch, a prepare, in both
// directions, in order or by a reset: never a success, always the right class, nothing left over.
// The proxy in front of the nodes of the cluster `aurora` does the cutting.
#include "app.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <functional>
#include <memory>

namespace
{

using std::string;

const string alone = "ENABLE_CLUSTER_FAILOVER=0;LOGINTIMEOUT=10;";

string server(const string &more)
{
    return dsn(writer_endpoint("aurora"), plainly() + more);
}

int writer_node()
{
    Db db(server(alone));
    string here = db.ask(speech().here);
    EXPECT_NE(here[0], '!') << db.text();
    return here.back() - '0';
}

int descriptors()
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        n++;
    closedir(dir);
    return n;
}

// Everything of the driver's that ends by itself soon after the last disconnect.
void settle(int before)
{
    double end = now_ms() + 5000;
    while ((descriptors() > before || threads_named("holdfast-mon")) && now_ms() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_LE(descriptors(), before);
    EXPECT_EQ(threads_named("holdfast-mon"), 0);
}

string state_of(SQLHSTMT h, SQLRETURN rc)
{
    if (SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA)
        return "";
    auto all = diags(SQL_HANDLE_STMT, h);
    return all.empty() ? "?????" : all[0].state;
}

// What is done with a connection; SQLSTATE, "" for success. `key` is written by those that write.
struct Step {
    const char *name;
    bool writes;
    std::function<string(Db &, int key)> act;
};

string rows_of(Db &db, SQLHSTMT h, SQLRETURN rc)
{
    SQLCHAR value[2000];
    SQLLEN n;
    int rows = 0;
    (void)db;
    while (SQL_SUCCEEDED(rc)) {
        rc = SQLFetch(h);
        if (SQL_SUCCEEDED(rc) && SQL_SUCCEEDED(SQLGetData(h, 1, SQL_C_CHAR, value, sizeof value, &n)))
            rows++;
    }
    string state = state_of(h, rc);
    EXPECT_TRUE(!state.empty() || rows == 50) << rows;
    SQLFreeHandle(SQL_HANDLE_STMT, h);
    return state;
}

const string fifty = "SELECT k, repeat('x', 100) FROM cut_rows";

const Step steps[] = {
    {"execute a write", true,
     [](Db &db, int key) { return db.run("INSERT INTO cut VALUES (" + std::to_string(key) + ")"); }},
    {"execute a prepared write", true,
     [](Db &db, int key) {
         SQLHSTMT h = db.statement();
         SQLCHAR sql[] = "INSERT INTO cut VALUES (?)";
         SQLINTEGER k = key;
         SQLPrepare(h, sql, SQL_NTS);
         SQLBindParameter(h, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &k, 0, nullptr);
         string state = state_of(h, SQLExecute(h));
         SQLFreeHandle(SQL_HANDLE_STMT, h);
         return state;
     }},
    {"execute and fetch", false,
     [](Db &db, int) {
         SQLHSTMT h = db.statement();
         string sql = fifty;
         SQLRETURN rc = SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
         return rows_of(db, h, rc);
     }},
    {"execute a prepared statement and fetch", false,
     [](Db &db, int) {
         SQLHSTMT h = db.statement();
         string sql = fifty + " WHERE k > ?";
         SQLINTEGER zero = 0;
         SQLPrepare(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
         SQLBindParameter(h, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &zero, 0, nullptr);
         SQLRETURN rc = SQLExecute(h);
         return rows_of(db, h, rc);
     }},
    {"prepare and describe", false,
     [](Db &db, int) {
         SQLHSTMT h = db.statement();
         string sql = fifty + " WHERE k > ?";
         SQLSMALLINT n = 0;
         SQLRETURN rc = SQLPrepare(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
         if (SQL_SUCCEEDED(rc))
             rc = SQLNumResultCols(h, &n);
         string state = state_of(h, rc);
         EXPECT_TRUE(!state.empty() || n == 2);
         SQLFreeHandle(SQL_HANDLE_STMT, h);
         return state;
     }},
};

class Cut : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        node = writer_node();
        Db db(server(alone));
        db.run("DROP TABLE IF EXISTS cut");
        db.run("DROP TABLE IF EXISTS cut_rows");
        ASSERT_EQ(db.run("CREATE TABLE cut(k int)"), "") << db.text();
        ASSERT_EQ(db.run("CREATE TABLE cut_rows(k int)"), "") << db.text();
        for (int i = 1; i <= 50; i++)
            ASSERT_EQ(db.run("INSERT INTO cut_rows VALUES (" + std::to_string(i) + ")"), "");
        Db(server(alone)).ask("SELECT 1"); // what is made once in a process
        before = descriptors();
    }
    // Bytes that `act` brings in that direction.
    int size(const char *way, const std::function<void()> &act)
    {
        proxy(node, "count");
        act();
        int connections = 0, up = 0, down = 0;
        string told = proxy(node, "count");
        EXPECT_EQ(sscanf(told.c_str(), "%d %d %d", &connections, &up, &down), 3);
        return way == string("up") ? up : down;
    }
    void arm(const char *way, int bytes)
    {
        proxy(node, string("cut ") + way + " " + std::to_string(bytes) +
                        (bytes % 2 ? " reset" : " fin"));
    }
    int next_key()
    {
        static int key = 1000;
        return ++key;
    }
    int node = 0, before = 0;
};

TEST_F(Cut, AConnectAfterEachNumberOfBytes)
{
    int done = 0;
    for (const char *way : {"down", "up"}) {
        std::unique_ptr<Db> whole;
        int all = size(way, [&] { whole = std::make_unique<Db>(server(alone)); });
        ASSERT_TRUE(whole->open());
        ASSERT_GT(all, 50);
        for (int bytes = 0; bytes < all; bytes++, done++) {
            arm(way, bytes);
            double begun = now_ms();
            Db db(server(alone));
            ASSERT_EQ(proxy(node, "uncut"), "cut") << way << " " << bytes;
            ASSERT_FALSE(db.open()) << way << " " << bytes;
            string state = db.connect_diags().at(0).state; // the latter once it is logged in
            EXPECT_TRUE(state == "08001" || state == "08S01")
                << way << " " << bytes << ": " << state << db.connect_diags()[0].text;
            EXPECT_LT(now_ms() - begun, 2000) << way << " " << bytes;
        }
    }
    EXPECT_GT(done, 200);
    EXPECT_TRUE(Db(server(alone)).open());
    settle(before);
}

TEST_F(Cut, EachStepWithoutFailoverIsALostLink)
{
    for (const Step &step : steps)
        for (const char *way : {"down", "up"}) {
            SCOPED_TRACE(string(step.name) + " " + way);
            auto db = std::make_unique<Db>(server(alone));
            int all = size(way, [&] { EXPECT_EQ(step.act(*db, 0), ""); });
            int stride = 1 + all / 60; // the beginning, where a result is described, more closely
            for (int bytes = 0; bytes < all; bytes += bytes < 300 && stride > 9 ? 9 : stride) {
                db = std::make_unique<Db>(server(alone));
                ASSERT_TRUE(db->open());
                int key = next_key();
                double begun = now_ms();
                arm(way, bytes);
                EXPECT_EQ(step.act(*db, key), "08S01") << bytes << ": " << db->text();
                EXPECT_EQ(proxy(node, "uncut"), "cut") << bytes;
                EXPECT_EQ(db->run("SELECT 1"), "08S01") << bytes << ": " << db->text();
                EXPECT_LT(now_ms() - begun, 2000) << bytes;
                if (step.writes && way == string("up")) {
                    EXPECT_EQ(Db(server(alone)).ask("SELECT COUNT(*) FROM cut WHERE k = " +
                                                    std::to_string(key)),
                              "0")
                        << bytes;
                }
            }
        }
    settle(before);
}

TEST_F(Cut, EachStepWithFailoverTellsTheTruth)
{
    int lost = 0, unknown = 0;
    for (const Step &step : steps)
        for (const char *way : {"down", "up"}) {
            SCOPED_TRACE(string(step.name) + " " + way);
            Db db(server("FAILOVER_TIMEOUT_MS=10000;"));
            ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
            int all = size(way, [&] { EXPECT_EQ(step.act(db, 0), ""); });
            int stride = 1 + all / 8;
            for (int bytes = 0; bytes < all; bytes += stride) {
                int key = next_key();
                double begun = now_ms();
                arm(way, bytes);
                string state = step.act(db, key);
                EXPECT_EQ(proxy(node, "uncut"), "cut") << bytes;
                EXPECT_TRUE(state == "08S02" || (step.writes && state == "08007"))
                    << bytes << ": " << state << " " << db.text();
                EXPECT_LT(now_ms() - begun, 3000) << bytes;
                string there = db.ask("SELECT COUNT(*) FROM cut WHERE k = " + std::to_string(key));
                EXPECT_TRUE(there == "0" || (there == "1" && state == "08007" && way[0] == 'd'))
                    << bytes << ": " << state << ", and there are " << there;
                (state == "08007" ? unknown : lost)++;
                EXPECT_EQ(step.act(db, 0), "") << bytes << ": " << db.text();
            }
        }
    EXPECT_GT(lost, 40);
    EXPECT_GT(unknown, 10);
    settle(before);
}

// A transaction in which one statement fails and is taken back (ROLLBACK_ON_ERROR; MySQL does it unasked), cut
// anywhere, on the way back too. Who is told of a success has both rows, who is not told "unknown" by the COMMIT
// itself has none.
TEST_F(Cut, ATransactionWithAnUndoneStatementTellsTheTruth)
{
    Db db(server("FAILOVER_TIMEOUT_MS=10000;ROLLBACK_ON_ERROR=statement;"));
    ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS cut_keys(k int PRIMARY KEY)"), "") << db.text();
    ASSERT_EQ(db.run("DELETE FROM cut_keys"), "");
    db.autocommit(false);
    string before_commit; // what ended it before
    auto transaction = [&](int k) {
        before_commit = "";
        for (int n : {2 * k, 2 * k, 2 * k + 1}) {
            string state = db.run("INSERT INTO cut_keys VALUES (" + std::to_string(n) + ")");
            if (!state.empty() && state != "23000" && before_commit.empty())
                before_commit = state;
            if (!before_commit.empty())
                break;
        }
        return db.end(SQL_COMMIT);
    };
    int early = 0, late = 0;
    for (const char *way : {"down", "up"}) {
        SCOPED_TRACE(way);
        int first = next_key();
        int all = size(way, [&] { EXPECT_EQ(transaction(first), ""); });
        for (int bytes = 0; bytes < all; bytes += 1 + all / 60) {
            int key = next_key();
            arm(way, bytes);
            string state = transaction(key);
            EXPECT_EQ(proxy(node, "uncut"), "cut") << bytes;
            bool lost = before_commit.compare(0, 2, "08") == 0;
            EXPECT_TRUE(lost || (before_commit.empty() && state == "08007"))
                << bytes << ": " << before_commit << " " << state << " " << db.text();
            // Of a first statement that was not sent nothing is lost: there is nothing to commit.
            EXPECT_TRUE(!lost || state == "25S03" || (before_commit == "08S02" && state.empty())) << bytes << ": " << state;
            string there = db.ask("SELECT COUNT(*) FROM cut_keys WHERE k IN (" + std::to_string(2 * key) + ", " +
                                  std::to_string(2 * key + 1) + ")");
            EXPECT_TRUE(there == "0" || (there == "2" && !lost)) << bytes << ": " << before_commit << " " << state
                                                                 << ", and there are " << there;
            (lost ? early : late)++;
            EXPECT_EQ(db.end(SQL_COMMIT), "") << db.text();
        }
    }
    EXPECT_GT(early, 40);
    EXPECT_GT(late, 2);
}

// Nothing more comes, and nobody says so: the call's own limit ends it.
TEST_F(Cut, SilenceEndsWithTheCallsOwnLimit)
{
    Db db(server(alone));
    ASSERT_TRUE(db.open());
    SQLHSTMT h = db.statement();
    string sql = fifty;
    SQLSetStmtAttr(h, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(1), 0);
    proxy(node, "cut down 2000 silent");
    double begun = now_ms();
    SQLRETURN rc = SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
    SQLLEN n;
    SQLCHAR value[200];
    while (SQL_SUCCEEDED(rc)) {
        rc = SQLFetch(h);
        if (SQL_SUCCEEDED(rc))
            SQLGetData(h, 1, SQL_C_CHAR, value, sizeof value, &n);
    }
    string state = state_of(h, rc);
    EXPECT_TRUE(state == "HYT00" || state == "08S01") << state;
    EXPECT_GT(now_ms() - begun, 900);
    EXPECT_LT(now_ms() - begun, 5500);
    proxy(node, "hold");
    begun = now_ms();
    Db late(server("ENABLE_CLUSTER_FAILOVER=0;LOGINTIMEOUT=1;"));
    EXPECT_FALSE(late.open());
    EXPECT_EQ(late.connect_diags().at(0).state, "HYT00") << late.connect_diags()[0].text;
    EXPECT_LT(now_ms() - begun, 1500);
    proxy(node, "thaw");
    EXPECT_TRUE(Db(server(alone)).open());
}

// The host of a connect falls silent, at its greeting, or after the login when it is asked who it is. Other hosts are known:
// it does not have all of the login's time.
TEST_F(Cut, ASilentHostDoesNotHoldAConnectThatKnowsOthers)
{
    Db first(server(""));
    ASSERT_TRUE(first.open());
    int all = size("down", [&] { EXPECT_TRUE(Db(server("")).open()); });
    for (int bytes : {10, all - 10}) {
        proxy(node, "cut down " + std::to_string(bytes) + " silent");
        double begun = now_ms();
        Db db(server("LOGINTIMEOUT=14;"));
        double took = now_ms() - begun;
        EXPECT_EQ(proxy(node, "uncut"), "cut") << bytes;
        EXPECT_TRUE(db.open()) << bytes << " of " << all << ": " << db.connect_diags().at(0).text;
        EXPECT_GT(took, 2500) << bytes << " of " << all;
        EXPECT_LT(took, 8000) << bytes << " of " << all;
        EXPECT_EQ(db.ask(speech().recovery), "0") << db.text();
    }
}

// Slow is not lost.
TEST_F(Cut, DelayIsNoFailover)
{
    proxy(node, "delay 60");
    Db db(server(""));
    ASSERT_TRUE(db.open());
    double begun = now_ms();
    for (int i = 0; i < 5; i++)
        EXPECT_EQ(db.ask("SELECT 1"), "1") << db.text();
    EXPECT_GT(now_ms() - begun, 500);
    proxy(node, "delay 0");
    EXPECT_EQ(db.ask("SELECT 1"), "1") << db.text();
}

} // namespace
