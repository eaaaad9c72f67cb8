// What an application is told when its link goes at an awkward moment, and whether that is true.
#include "app.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

namespace
{

using std::string;

string pid_of(Db &db)
{
    return db.ask_again(speech().session);
}

// Ends the session of that number; returns when it is gone.
void end_session(Db &admin, const string &pid)
{
    for (int i = 0; i < 500; i++) {
        admin.run(speech().end_session + pid + speech().end_session_tail);
        if (admin.ask_again(speech().count_session + pid) == "0")
            return;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ADD_FAILURE() << "session " << pid << " does not end";
}

// Ends a session on a writer that is well, after a while.
class Terminate
{
  public:
    Terminate(const string &pid, int ms)
        : thread_([pid, ms] {
              Db admin(admin_dsn(writer_endpoint()));
              std::this_thread::sleep_for(std::chrono::milliseconds(ms));
              end_session(admin, pid);
          })
    {
    }
    ~Terminate()
    {
        thread_.join();
    }

  private:
    std::thread thread_;
};

string first_state(SQLHSTMT h)
{
    auto all = diags(SQL_HANDLE_STMT, h);
    return all.empty() ? "" : all[0].state;
}

struct Row {
    const char *name;
    bool manual;
    const char *before; // "" nothing
    const char *sql;
    const char *state;
};

class Terminated : public ::testing::TestWithParam<Row>
{
};

// The session is ended while the statement runs; the writer is well, and taken again.
TEST_P(Terminated, Tells)
{
    const Row &row = GetParam();
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS ended(k int)"), "");
    ASSERT_EQ(db.run(speech().slow_procedure), "") << db.text();
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS ended_one AS SELECT 1 AS k"), "");
    string here = db.ask(speech().here);
    if (row.manual)
        db.autocommit(false);
    if (*row.before) {
        ASSERT_EQ(db.run(row.before), "") << db.text();
    }
    Terminate end(pid_of(db), 300);
    double begun = now_ms();
    EXPECT_EQ(db.run(row.sql), row.state) << db.text();
    EXPECT_LT(now_ms() - begun, 3000);
    EXPECT_EQ(db.ask(speech().here), here);
    if (row.manual) {
        db.end(SQL_ROLLBACK);
    }
}

const Row postgres_rows[] = {
    {"Read", false, "", "SELECT pg_sleep(20)", "08S02"},
    {"Write", false, "", "INSERT INTO ended SELECT 1 FROM pg_sleep(20)", "08007"},
    {"Locking", false, "", "SELECT pg_sleep(20) FROM (SELECT FROM ended_one FOR UPDATE) AS x",
     "08007"},
    {"Into", false, "", "SELECT 1 AS s INTO TEMPORARY gone FROM pg_sleep(20)", "08007"},
    {"ExplainAnalyze", false, "", "EXPLAIN ANALYZE SELECT pg_sleep(20)", "08S02"},
    {"ExplainAnalyzeWrite", false, "",
     "EXPLAIN ANALYZE INSERT INTO ended SELECT 1 FROM pg_sleep(20)", "08007"},
    {"With", false, "",
     "WITH x AS (INSERT INTO ended VALUES (1) RETURNING k) SELECT pg_sleep(20) FROM x", "08007"},
    {"Parentheses", false, "", "/* a */ (SELECT pg_sleep(20))", "08S02"},
    {"Values", false, "", "VALUES (1, pg_sleep(20))", "08S02"},
    {"Do", false, "", "DO 'BEGIN PERFORM pg_sleep(20); END'", "08007"},
    {"Call", false, "", "CALL ended_p()", "08007"},
    {"Text", false, "", "BEGIN; INSERT INTO ended VALUES (1); SELECT pg_sleep(20); COMMIT",
     "08007"},
    {"TwoReads", false, "", "SELECT 1; SELECT pg_sleep(20)", "08007"},
    {"OwnBegin", false, "BEGIN", "SELECT pg_sleep(20)", "08007"},
    {"OwnReadOnly", false, "BEGIN READ ONLY", "SELECT pg_sleep(20)", "08007"},
    {"Manual", true, "", "SELECT pg_sleep(20)", "08007"},
    {"Savepoint", true, "SAVEPOINT a", "INSERT INTO ended SELECT 1 FROM pg_sleep(20)", "08007"},
};

const Row mysql_rows[] = {
    {"Read", false, "", "SELECT SLEEP(20)", "08S02"},
    {"Write", false, "", "INSERT INTO ended SELECT SLEEP(20)", "08007"},
    {"Locking", false, "", "SELECT SLEEP(20) FROM ended_one FOR UPDATE", "08007"},
    {"Into", false, "", "SELECT SLEEP(20) INTO @gone", "08007"},
    {"With", false, "", "WITH x AS (SELECT SLEEP(20) AS s) SELECT s FROM x", "08S02"},
    {"Parentheses", false, "", "/* a */ (SELECT SLEEP(20))", "08S02"},
    {"Values", false, "", "VALUES (1, SLEEP(20))", "08S02"},
    {"Do", false, "", "DO SLEEP(20)", "08007"},
    {"Call", false, "", "CALL ended_p()", "08007"},
    {"Text", false, "", "BEGIN; INSERT INTO ended VALUES (1); SELECT SLEEP(20); COMMIT", "08007"},
    {"TwoReads", false, "", "SELECT 1; SELECT SLEEP(20)", "08007"},
    {"OwnBegin", false, "BEGIN", "SELECT SLEEP(20)", "08007"},
    {"OwnReadOnly", false, "START TRANSACTION READ ONLY", "SELECT SLEEP(20)", "08007"},
    {"Manual", true, "", "SELECT SLEEP(20)", "08007"},
    {"Savepoint", true, "SAVEPOINT a", "INSERT INTO ended SELECT SLEEP(20)", "08007"},
};

std::vector<Row> rows()
{
    const char *backend = getenv("HF_BACKEND"), *server = getenv("HF_MY_SERVER");
    if (!backend || string(backend) != "my")
        return {std::begin(postgres_rows), std::end(postgres_rows)};
    std::vector<Row> all;
    for (const Row &row : mysql_rows) // MySQL has no VALUES of MariaDB's kind
        if (string(row.name) != "Values" || !server || string(server) != "mysql")
            all.push_back(row);
    return all;
}

INSTANTIATE_TEST_SUITE_P(Table, Terminated, ::testing::ValuesIn(rows()),
                         [](const ::testing::TestParamInfo<Row> &info) {
                             return string(info.param.name);
                         });

TEST(Outcome, ArrayHalfWay)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS half(k int)"), "");
    ASSERT_EQ(db.run("TRUNCATE half"), "");
    SQLHSTMT h = db.statement();
    SQLINTEGER k[4] = {1, 2, 3, 4};
    SQLUSMALLINT status[4] = {99, 99, 99, 99};
    SQLULEN done = 0;
    SQLSetStmtAttr(h, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(4), 0);
    SQLSetStmtAttr(h, SQL_ATTR_PARAM_STATUS_PTR, status, 0);
    SQLSetStmtAttr(h, SQL_ATTR_PARAMS_PROCESSED_PTR, &done, 0);
    SQLBindParameter(h, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, k, 0, nullptr);
    Terminate end(pid_of(db), 600);
    string sql = speech().slow_insert;
    EXPECT_EQ(SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS), SQL_ERROR);
    EXPECT_EQ(first_state(h), "08007") << diags(SQL_HANDLE_STMT, h)[0].text;
    for (auto s : status)
        EXPECT_EQ(s, SQL_PARAM_DIAG_UNAVAILABLE);
    EXPECT_EQ(db.ask(speech().keys + "half"), "1");
}

// Every call that touches the network says that its connection was replaced, and works when it is
// made again.
TEST(Outcome, EveryCall)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS every(k int PRIMARY KEY)"), "");
    Db admin(admin_dsn(writer_endpoint()));
    SQLHSTMT h = db.statement(), p = db.statement();
    SQLCHAR table[] = "every", sql[] = "SELECT k FROM every WHERE k = ?";
    SQLSMALLINT n;
    auto isolation = [&](SQLULEN level) {
        return SQLSetConnectAttr(db.handle(), SQL_ATTR_TXN_ISOLATION,
                                 reinterpret_cast<SQLPOINTER>(level), 0);
    };
    ASSERT_EQ(SQLPrepare(p, sql, SQL_NTS), SQL_SUCCESS);
    const struct {
        const char *name;
        SQLSMALLINT type;
        SQLHANDLE handle;
        std::function<SQLRETURN()> call;
    } calls[] = {
        {"SQLTables", SQL_HANDLE_STMT, h,
         [&] { return SQLTables(h, nullptr, 0, nullptr, 0, table, SQL_NTS, nullptr, 0); }},
        {"SQLColumns", SQL_HANDLE_STMT, h,
         [&] { return SQLColumns(h, nullptr, 0, nullptr, 0, table, SQL_NTS, nullptr, 0); }},
        {"SQLPrimaryKeys", SQL_HANDLE_STMT, h,
         [&] { return SQLPrimaryKeys(h, nullptr, 0, nullptr, 0, table, SQL_NTS); }},
        {"SQLNumResultCols", SQL_HANDLE_STMT, p, [&] { return SQLNumResultCols(p, &n); }},
        {"SQLSetConnectAttr", SQL_HANDLE_DBC, db.handle(),
         [&] { return isolation(SQL_TXN_SERIALIZABLE); }},
    };
    for (const auto &c : calls) {
        string pid = pid_of(db);
        end_session(admin, pid);
        EXPECT_EQ(c.call(), SQL_ERROR) << c.name;
        EXPECT_EQ(diags(c.type, c.handle).at(0).state, "08S02") << c.name;
        SQLRETURN rc = c.call();
        EXPECT_TRUE(SQL_SUCCEEDED(rc)) << c.name;
        SQLFreeStmt(h, SQL_CLOSE);
    }
    EXPECT_EQ(db.ask(speech().settings.back().ask), speech().settings.back().expect);
}

TEST(Outcome, LostBetweenPutData)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS pieces(v text)"), "");
    ASSERT_EQ(db.run("TRUNCATE pieces"), "");
    SQLHSTMT h = db.statement();
    SQLLEN at_exec = SQL_DATA_AT_EXEC;
    SQLCHAR sql[] = "INSERT INTO pieces VALUES (?)";
    ASSERT_EQ(SQLPrepare(h, sql, SQL_NTS), SQL_SUCCESS);
    SQLBindParameter(h, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, 0, 0, &at_exec, 0,
                     &at_exec);
    for (int round = 0; round < 2; round++) {
        ASSERT_EQ(SQLExecute(h), SQL_NEED_DATA);
        SQLPOINTER token;
        ASSERT_EQ(SQLParamData(h, &token), SQL_NEED_DATA);
        char piece[] = "abc";
        ASSERT_EQ(SQLPutData(h, piece, 3), SQL_SUCCESS);
        if (round == 0)
            lab("kill writer");
        ASSERT_EQ(SQLPutData(h, piece, 3), SQL_SUCCESS);
        SQLRETURN rc = SQLParamData(h, &token);
        EXPECT_EQ(rc, round ? SQL_SUCCESS : SQL_ERROR);
        EXPECT_EQ(first_state(h), round ? "" : "08S02");
    }
    EXPECT_EQ(db.ask("SELECT v FROM pieces"), "abcabc");
}

TEST(Outcome, ATransactionLostWhileAStatementIsFreed)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS unseen(k int)"), "");
    ASSERT_EQ(db.run("TRUNCATE unseen"), "");
    db.autocommit(false);
    ASSERT_EQ(db.run("INSERT INTO unseen VALUES (1)"), "");
    SQLHSTMT h = db.statement();
    string sql = speech().text_numbers;
    ASSERT_EQ(SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS), SQL_SUCCESS);
    ASSERT_EQ(SQLFetch(h), SQL_SUCCESS);
    lab("kill writer");
    SQLFreeHandle(SQL_HANDLE_STMT, h);
    EXPECT_EQ(db.run("INSERT INTO unseen VALUES (2)"), "08007") << db.text();
    EXPECT_EQ(db.run("INSERT INTO unseen VALUES (3)"), "");
    EXPECT_EQ(db.end(SQL_COMMIT), "");
    EXPECT_EQ(db.ask(speech().keys + "unseen"), "3");
    EXPECT_EQ(db.end(SQL_COMMIT), "");
}

// Each transaction has a statement that fails and is taken back by itself (ROLLBACK_ON_ERROR; MySQL
// does it unasked), and the writer dies among them: what was committed is whole, what was not is not there.
TEST(Outcome, FailedStatementsAreUndoneUnderAKill)
{
    Db db(dsn(writer_endpoint(), "ROLLBACK_ON_ERROR=statement;"));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS undone(k int PRIMARY KEY)"), "");
    ASSERT_EQ(db.run("TRUNCATE undone"), "");
    db.autocommit(false);
    auto insert = [&](int k) { return db.run("INSERT INTO undone VALUES (" + std::to_string(k) + ")"); };
    std::vector<string> told; // of each transaction's COMMIT, or what ended it before
    int ticket = 0, lost = 0;
    bool moved = false; // between two transactions
    double start = now_ms();
    for (int n = 0; now_ms() - start < 3000 || (lost == 0 && !moved); n++) {
        ASSERT_LT(now_ms() - start, 30000) << "the kill was not noticed";
        if (!ticket && now_ms() - start > 800)
            ticket = lab_start("kill writer --hold 200");
        string state = insert(3 * n);
        if (state == "08S02") { // the first of its transaction, not sent
            moved = true;
            state = insert(3 * n);
        }
        for (int k : {3 * n + 1, 3 * n, 3 * n + 2}) {
            if (!state.empty())
                break;
            state = insert(k);
            if (k != 3 * n)
                continue;
            EXPECT_TRUE(state == "23000" || state == "08007") << state << db.text();
            if (state == "23000")
                state = "";
        }
        if (state.empty())
            state = db.end(SQL_COMMIT);
        else
            EXPECT_EQ(db.end(SQL_COMMIT), "25S03"); // what is lost is not committed by a COMMIT
        lost += !state.empty();
        told.push_back(state);
    }
    lab_wait(ticket);
    EXPECT_LE(lost, 1);
    db.autocommit(true);
    for (size_t n = 0; n < told.size(); n++) {
        string rows = db.ask_again("SELECT count(*) FROM undone WHERE k BETWEEN " + std::to_string(3 * n) +
                                   " AND " + std::to_string(3 * n + 2));
        if (told[n].empty())
            EXPECT_EQ(rows, "3") << "transaction " << n;
        else
            EXPECT_TRUE(told[n] == "08007" && (rows == "0" || rows == "3")) << rows << " after " << told[n];
    }
}

} // namespace
