// Aurora's own way to say who the writer is, where it is late, incomplete or wrong: MySQL's by the
// proxy, which can be told what to tell. What PostgreSQL's functions say comes from the server.
#include "app.h"

#include <gtest/gtest.h>

#include <functional>

namespace
{

using std::string;

string aurora(const string &more = "")
{
    return dsn(writer_endpoint("aurora"), plainly() + more);
}

class Aurora : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        if (!speech().lies)
            GTEST_SKIP() << "this server's own functions answer";
    }
    void TearDown() override
    {
        if (speech().lies)
            proxy(0, "rows", "aurora");
    }
};

int writer_now()
{
    Db db(aurora("ENABLE_CLUSTER_FAILOVER=0;"));
    string id = db.ask("SELECT @@aurora_server_id");
    return id.back() - '0';
}

// One row of replica_host_status; age in seconds, or null.
string row(int number, bool master, const string &age)
{
    return "{\"server_id\":\"aurora-instance-" + std::to_string(number) +
           "\",\"master\":" + (master ? "true" : "false") + ",\"age\":" + age + "}";
}

TEST_F(Aurora, TheQuestionsOfTheAwsDriversAreAnsweredAsAuroraDoes)
{
    Db db(aurora("ENABLE_CLUSTER_FAILOVER=0;"));
    ASSERT_TRUE(db.open());
    EXPECT_EQ(db.ask("SELECT @@aurora_server_id, @@aurora_server_id").substr(0, 16), "aurora-instance-");
    EXPECT_EQ(db.ask("SELECT @@innodb_read_only"), "0");
    EXPECT_EQ(db.ask("SHOW VARIABLES LIKE 'aurora_version'"), "aurora_version");
    EXPECT_EQ(db.ask("SELECT COUNT(*) FROM information_schema.replica_host_status WHERE "
                     "time_to_sec(timediff(now(), LAST_UPDATE_TIMESTAMP)) <= 300 OR "
                     "SESSION_ID = 'MASTER_SESSION_ID'"),
              "3");
    EXPECT_EQ(db.ask("SELECT SERVER_ID FROM information_schema.replica_host_status WHERE SESSION_ID "
                     "= 'MASTER_SESSION_ID' AND SERVER_ID = @@aurora_server_id")
                  .substr(0, 16),
              "aurora-instance-");
    SQLHSTMT h = db.statement();
    SQLCHAR sql[] = "SELECT SERVER_ID FROM information_schema.replica_host_status WHERE IS_CURRENT = ?";
    SQLINTEGER one = 1;
    ASSERT_EQ(SQLPrepare(h, sql, SQL_NTS), SQL_SUCCESS);
    SQLBindParameter(h, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &one, 0, nullptr);
    ASSERT_EQ(SQLExecute(h), SQL_SUCCESS);
    int rows = 0;
    while (SQLFetch(h) == SQL_SUCCESS)
        rows++;
    EXPECT_EQ(rows, 3);
}

// What the table says is where to look; who the writer is, the node says.
TEST_F(Aurora, RowsThatAreLateDoubledOrMissingAreNoReasonToGoAstray)
{
    const struct {
        const char *name;
        std::function<string(int, int, int)> rows; // of the writer and the two readers
    } lies[] = {
        {"no rows", [](int, int, int) { return string("[]"); }},
        {"no writer",
         [](int w, int a, int b) {
             return "[" + row(w, false, "0") + "," + row(a, false, "0") + "," + row(b, false, "0") + "]";
         }},
        {"the old writer too, with an older row",
         [](int w, int a, int b) {
             return "[" + row(a, true, "20") + "," + row(w, true, "0") + "," + row(b, false, "0") + "]";
         }},
        {"the old writer too, with a newer row",
         [](int w, int a, int b) {
             return "[" + row(w, true, "20") + "," + row(a, true, "0") + "," + row(b, false, "0") + "]";
         }},
        {"a reader is said to be the writer",
         [](int w, int a, int b) {
             return "[" + row(w, false, "0") + "," + row(a, true, "0") + "," + row(b, false, "0") + "]";
         }},
        {"rows without a time",
         [](int w, int a, int b) {
             return "[" + row(w, true, "null") + "," + row(a, false, "null") + "," + row(b, false, "null") + "]";
         }},
        {"readers not heard of for an hour",
         [](int w, int a, int b) {
             return "[" + row(w, true, "0") + "," + row(a, false, "3600") + "," + row(b, false, "3600") + "]";
         }},
        {"a host twice, an instance that is gone, a name that is none",
         [](int w, int a, int b) {
             return "[" + row(w, true, "0") + "," + row(a, true, "30") + "," + row(a, false, "0") + "," +
                    row(b, false, "0") + "," + row(9, false, "0") +
                    ",{\"server_id\":\"a\\\"b'; -- \",\"age\":0}]";
         }},
    };
    int number = 0;
    for (const auto &lie : lies) {
        SCOPED_TRACE(lie.name);
        int w = writer_now(), a = w % 3 + 1, b = a % 3 + 1;
        proxy(0, "rows " + lie.rows(w, a, b));
        Db db(aurora("CLUSTER_ID=lie-" + std::to_string(number++) + ";LOGINTIMEOUT=10;FAILOVER_TIMEOUT_MS=10000;"));
        ASSERT_TRUE(db.open()) << (db.connect_diags().empty() ? "" : db.connect_diags()[0].text);
        EXPECT_EQ(db.ask(speech().recovery), "0") << db.text();
        EXPECT_EQ(db.ask("SELECT @@aurora_server_id"), "aurora-instance-" + std::to_string(w));
        proxy(0, "rows");
        lab("--cluster aurora switchover --no-wait-whole --to " + std::to_string(a));
        string state = db.ask("SELECT 1");
        EXPECT_EQ(state, "!08S02") << db.text();
        EXPECT_EQ(db.ask("SELECT @@aurora_server_id"), "aurora-instance-" + std::to_string(a));
        EXPECT_EQ(db.ask(speech().recovery), "0");
    }
}

TEST_F(Aurora, AReaderConnectionStaysOnReaders)
{
    Db db(dsn(reader_endpoint("aurora"), plainly() + "FAILOVER_MODE=strict-reader;"));
    ASSERT_TRUE(db.open()) << (db.connect_diags().empty() ? "" : db.connect_diags()[0].text);
    ASSERT_EQ(db.ask(speech().recovery), "1");
    string id = db.ask("SELECT @@aurora_server_id");
    int ticket = lab_start(string("--cluster aurora kill ") + id.back());
    string state;
    while ((state = db.ask("SELECT 1")) == "1")
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(state, "!08S02") << db.text();
    EXPECT_EQ(db.ask(speech().recovery), "1");
    EXPECT_NE(db.ask("SELECT @@aurora_server_id"), id);
    lab_wait(ticket);
}

// Aurora's readers restart at a failover, and the promoted one is no writer before the table says so.
TEST_F(Aurora, TheFirstWriteComesSoonAfterTheFloor)
{
    for (const char *how : {"switchover", "kill writer", "kill writer --hold 1500"}) {
        SCOPED_TRACE(how);
        Db db(aurora());
        ASSERT_TRUE(db.open());
        ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS aurora_floor(k int)"), "") << db.text();
        int ticket = lab_start(string("--cluster aurora ") + how);
        while (db.run("INSERT INTO aurora_floor VALUES (1)").empty())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        while (!db.run("INSERT INTO aurora_floor VALUES (1)").empty()) {
        }
        double good = now_ms();
        double floor = lab_event(lab_wait(ticket), "floor");
        EXPECT_GT(good, floor);
        EXPECT_LT(good - floor, 400); // 110 where nothing else runs
    }
}

} // namespace
