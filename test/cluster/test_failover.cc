// Failovers under a living connection: what the application is told, and that it is true.
#include "app.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

using std::string;

string here(Db &db)
{
    return db.ask_again(speech().here);
}

TEST(Failover, IdleConnectionMovesAndSaysThatNothingWasDone)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS idle(k int)"), "");
    ASSERT_EQ(db.run("TRUNCATE idle"), "");
    string before = here(db);
    lab("switchover");
    EXPECT_EQ(db.run("INSERT INTO idle VALUES (1)"), "08S02") << db.text();
    EXPECT_NE(db.text().find("nothing was done"), string::npos) << db.text();
    EXPECT_EQ(db.run("INSERT INTO idle VALUES (1)"), "") << db.text();
    EXPECT_NE(here(db), before);
    EXPECT_EQ(db.ask("SELECT count(*) FROM idle"), "1");
    EXPECT_EQ(db.ask(speech().recovery), "0");
}

TEST(Failover, KillUnderAWriterLosesNothingAndDoublesNothing)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("DROP TABLE IF EXISTS ledger"), "");
    ASSERT_EQ(db.run("CREATE TABLE ledger(k int)"), "");
    ASSERT_EQ(db.run("CREATE INDEX ledger_k ON ledger(k)"), "");
    std::map<int, bool> acknowledged; // false: unknown
    int ticket = 0, unknown = 0, moved = 0;
    double start = now_ms();
    for (int k = 1; now_ms() - start < 4000; k++) {
        if (!ticket && now_ms() - start > 1000)
            ticket = lab_start("kill writer --hold 200");
        string state = db.run("INSERT INTO ledger VALUES (" + std::to_string(k) + ")");
        if (state == "08S02") {
            moved++;
            state = db.run("INSERT INTO ledger VALUES (" + std::to_string(k) + ")");
        }
        if (state.empty()) {
            acknowledged[k] = true;
        } else {
            EXPECT_EQ(state, "08007") << db.text();
            acknowledged[k] = false;
            unknown++;
        }
    }
    lab_wait(ticket);
    EXPECT_EQ(moved + unknown, 1);
    EXPECT_LE(unknown, 1);
    for (const auto &[k, sure] : acknowledged) {
        string n = db.ask_again("SELECT count(*) FROM ledger WHERE k = " + std::to_string(k));
        if (sure)
            EXPECT_EQ(n, "1") << "key " << k;
        else
            EXPECT_TRUE(n == "0" || n == "1") << n << " of key " << k;
    }
}

TEST(Failover, InATransactionTheOutcomeIsUnknownAndTheTransactionIsGone)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS intxn(k int)"), "");
    ASSERT_EQ(db.run("TRUNCATE intxn"), "");
    db.autocommit(false);
    ASSERT_EQ(db.run("INSERT INTO intxn VALUES (1)"), "");
    lab("kill writer");
    EXPECT_EQ(db.run("INSERT INTO intxn VALUES (2)"), "08007") << db.text();
    EXPECT_EQ(db.run("INSERT INTO intxn VALUES (3)"), "") << db.text();
    EXPECT_EQ(db.end(SQL_COMMIT), "") << db.text();
    EXPECT_EQ(db.ask(speech().keys + "intxn"), "3");
    EXPECT_EQ(db.end(SQL_COMMIT), "");
}

TEST(Failover, LostAnswerToACommitIsUnknown)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS slow(k int)"), "");
    for (const string &sql : speech().slow)
        ASSERT_EQ(db.run(sql), "") << db.text();
    db.autocommit(false);
    ASSERT_EQ(db.run("INSERT INTO slow VALUES (1)"), "");
    Db admin(admin_dsn(writer_endpoint()));
    for (const string &sql : speech().slow_admin)
        ASSERT_EQ(admin.run(sql), "") << admin.text();
    int ticket = 0;
    std::thread killer([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        ticket = lab_start("kill writer");
    });
    EXPECT_EQ(db.end(SQL_COMMIT), "08007") << db.text();
    killer.join();
    lab_wait(ticket);
    EXPECT_EQ(db.ask_again("SELECT count(*) FROM slow"), "0");
    EXPECT_EQ(db.end(SQL_COMMIT), "");
    EXPECT_EQ(db.run("DROP TABLE slow"), "");
    EXPECT_EQ(db.end(SQL_COMMIT), "");
}

TEST(Failover, APlainReadLostWhileFetchingIsRunAgain)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    SQLHSTMT h = db.statement();
    string text = speech().text_numbers;
    auto *sql = reinterpret_cast<SQLCHAR *>(&text[0]);
    ASSERT_EQ(SQLExecDirect(h, sql, SQL_NTS), SQL_SUCCESS);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(SQLFetch(h), SQL_SUCCESS);
    lab("kill writer");
    SQLRETURN rc = SQL_SUCCESS;
    int rows = 100;
    while ((rc = SQLFetch(h)) == SQL_SUCCESS)
        rows++;
    ASSERT_EQ(rc, SQL_ERROR);
    EXPECT_LT(rows, 200000);
    EXPECT_EQ(diags(SQL_HANDLE_STMT, h)[0].state, "08S02");
    SQLFreeStmt(h, SQL_CLOSE);
    ASSERT_EQ(SQLExecDirect(h, sql, SQL_NTS), SQL_SUCCESS);
    for (rows = 0; SQLFetch(h) == SQL_SUCCESS;)
        rows++;
    EXPECT_EQ(rows, 200000);
}

TEST(Failover, AResultSetAsideAndAStaticCursorGoOn)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    string text = speech().numbers;
    SQLLEN k = 0;
    SQLHSTMT scrolls = db.statement();
    SQLSetStmtAttr(scrolls, SQL_ATTR_CURSOR_TYPE, reinterpret_cast<SQLPOINTER>(SQL_CURSOR_STATIC), 0); // NOLINT
    ASSERT_EQ(SQLExecDirect(scrolls, reinterpret_cast<SQLCHAR *>(&text[0]), SQL_NTS), SQL_SUCCESS);
    SQLBindCol(scrolls, 1, SQL_C_SBIGINT, &k, 0, nullptr);
    ASSERT_EQ(SQLFetchScroll(scrolls, SQL_FETCH_LAST, 0), SQL_SUCCESS);
    SQLHSTMT h = db.statement();
    ASSERT_EQ(SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&text[0]), SQL_NTS), SQL_SUCCESS);
    ASSERT_EQ(SQLFetch(h), SQL_SUCCESS);
    ASSERT_EQ(db.ask("SELECT 1"), "1"); // sets the open result aside
    lab("kill writer");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S02");
    SQLLEN last = 0;
    SQLBindCol(h, 1, SQL_C_SBIGINT, &last, 0, nullptr);
    int rows = 1;
    while (SQLFetch(h) == SQL_SUCCESS)
        rows++;
    EXPECT_EQ(rows, 100000);
    EXPECT_EQ(last, 100000);
    for (SQLLEN row : {50000, 1, 99999}) {
        EXPECT_EQ(SQLFetchScroll(scrolls, SQL_FETCH_ABSOLUTE, row), SQL_SUCCESS);
        EXPECT_EQ(k, row);
    }
}

// A change through a cursor is a statement like another: not sent, it is told, and made again by its
// caller; the key, the values that were read and those of the application are still there.
TEST(Failover, ARowIsChangedThroughACursorAfterwards)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS positioned(k int PRIMARY KEY, v varchar(20))"), "");
    ASSERT_EQ(db.run("TRUNCATE positioned"), "");
    ASSERT_EQ(db.run("INSERT INTO positioned VALUES (1, 'one'), (2, 'two'), (3, 'three')"), "");
    SQLHSTMT h = db.statement();
    SQLCHAR sql[] = "SELECT k, v FROM positioned ORDER BY k", v[20];
    SQLLEN n = 0;
    SQLSetStmtAttr(h, SQL_ATTR_CURSOR_TYPE, reinterpret_cast<SQLPOINTER>(SQL_CURSOR_STATIC), 0);  // NOLINT
    SQLSetStmtAttr(h, SQL_ATTR_CONCURRENCY, reinterpret_cast<SQLPOINTER>(SQL_CONCUR_VALUES), 0); // NOLINT
    ASSERT_EQ(SQLExecDirect(h, sql, SQL_NTS), SQL_SUCCESS);
    SQLBindCol(h, 2, SQL_C_CHAR, v, sizeof(v), &n);
    ASSERT_EQ(SQLFetchScroll(h, SQL_FETCH_ABSOLUTE, 2), SQL_SUCCESS);
    strcpy(reinterpret_cast<char *>(v), "before");
    ASSERT_EQ(SQLSetPos(h, 1, SQL_UPDATE, SQL_LOCK_NO_CHANGE), SQL_SUCCESS);
    lab("kill writer");
    strcpy(reinterpret_cast<char *>(v), "after");
    n = SQL_NTS;
    EXPECT_EQ(SQLSetPos(h, 1, SQL_UPDATE, SQL_LOCK_NO_CHANGE), SQL_ERROR);
    EXPECT_EQ(diags(SQL_HANDLE_STMT, h)[0].state, "08S02");
    EXPECT_EQ(SQLSetPos(h, 1, SQL_UPDATE, SQL_LOCK_NO_CHANGE), SQL_SUCCESS);
    ASSERT_EQ(SQLFetchScroll(h, SQL_FETCH_LAST, 0), SQL_SUCCESS);
    EXPECT_EQ(SQLSetPos(h, 1, SQL_DELETE, SQL_LOCK_NO_CHANGE), SQL_SUCCESS);
    EXPECT_EQ(db.ask("SELECT v FROM positioned WHERE k = 2"), "after");
    EXPECT_EQ(db.ask("SELECT count(*) FROM positioned"), "2");
}

TEST(Failover, PreparedStatementsAndBindingsSurvive)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS prepared(k int)"), "");
    ASSERT_EQ(db.run("TRUNCATE prepared"), "");
    SQLHSTMT h = db.statement();
    SQLINTEGER k = 1;
    SQLCHAR sql[] = "INSERT INTO prepared VALUES (?)";
    ASSERT_EQ(SQLPrepare(h, sql, SQL_NTS), SQL_SUCCESS);
    ASSERT_EQ(
        SQLBindParameter(h, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &k, 0, nullptr),
        SQL_SUCCESS);
    ASSERT_EQ(SQLExecute(h), SQL_SUCCESS);
    lab("switchover");
    k = 2;
    EXPECT_EQ(SQLExecute(h), SQL_ERROR);
    EXPECT_EQ(diags(SQL_HANDLE_STMT, h)[0].state, "08S02");
    EXPECT_EQ(SQLExecute(h), SQL_SUCCESS);
    k = 3;
    EXPECT_EQ(SQLExecute(h), SQL_SUCCESS);
    EXPECT_EQ(db.ask(speech().keys + "prepared"), "1,2,3");
}

TEST(Failover, TheSessionIsMadeAgainAsItWas)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    db.run("CREATE SCHEMA mine"); // PostgreSQL's; it may be there already
    for (const Setting &each : speech().settings)
        ASSERT_EQ(each.set.empty() ? "" : db.run(each.set), "") << db.text();
    db.autocommit(false);
    for (const Setting &each : speech().lost_settings)
        ASSERT_EQ(db.run(each.set), "") << db.text();
    ASSERT_EQ(db.end(SQL_ROLLBACK), "");
    SQLSetConnectAttr(db.handle(), SQL_ATTR_TXN_ISOLATION,
                      reinterpret_cast<SQLPOINTER>(SQL_TXN_SERIALIZABLE), 0);
    ASSERT_EQ(db.run("SET ROLE auditor"), "");
    ASSERT_EQ(db.end(SQL_COMMIT), "");
    lab("kill writer");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S02") << db.text();
    for (const auto &list : {speech().settings, speech().lost_settings})
        for (const Setting &each : list)
            EXPECT_EQ(each.ask.empty() ? "" : db.ask(each.ask), each.expect) << each.ask;
    EXPECT_EQ(db.ask(speech().user), "auditor");
    EXPECT_EQ(db.end(SQL_COMMIT), "") << db.text();
}

TEST(Failover, ARoleThatCannotBeRestoredEndsTheConnection)
{
    Db db(dsn(writer_endpoint()));
    Db admin(admin_dsn(writer_endpoint()));
    ASSERT_TRUE(db.open() && admin.open());
    ASSERT_EQ(db.run("SET ROLE auditor"), "");
    ASSERT_EQ(admin.run("REVOKE auditor FROM app"), "") << admin.text();
    lab("switchover");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S01") << db.text();
    admin.ask_again("SELECT 1");
    EXPECT_EQ(admin.run("GRANT auditor TO app"), "") << admin.text();
    string user = db.ask_again(speech().user);
    EXPECT_TRUE(user == "auditor" || user == "!08S01") << user;
}

TEST(Failover, TimeoutIsKeptAndTheNextCallTriesAgain)
{
    Db db(dsn(writer_endpoint(), "FAILOVER_TIMEOUT_MS=700"));
    ASSERT_TRUE(db.open());
    int ticket = lab_start("kill writer --hold 3000");
    string state;
    while ((state = db.ask("SELECT 1")) == "1")
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(state, "!08S01") << db.text();
    double begun = now_ms();
    db.ask("SELECT 1");
    EXPECT_LT(now_ms() - begun, 1200);
    lab_wait(ticket);
    EXPECT_EQ(db.ask_again("SELECT 1"), "1") << db.text();
}

TEST(Failover, CancelEndsTheWait)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    SQLHSTMT h = db.statement();
    int ticket = lab_start("kill writer --hold 4000");
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(1500));
        SQLCancel(h);
    });
    string text = speech().sleep30;
    double begun = now_ms();
    EXPECT_EQ(SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&text[0]), SQL_NTS), SQL_ERROR);
    EXPECT_LT(now_ms() - begun, 2500);
    EXPECT_EQ(diags(SQL_HANDLE_STMT, h)[0].state, "HY008");
    canceller.join();
    lab_wait(ticket);
    EXPECT_EQ(db.ask_again("SELECT 1"), "1");
}

TEST(Failover, AReadOnlyErrorOfADemotedNodeMovesTheConnection)
{
    string status = lab("status");
    int reader = 0;
    for (int i = 1; i <= 3 && !reader; i++) {
        Db probe(dsn(instance(i)));
        if (probe.ask(speech().recovery) == "1")
            reader = i;
    }
    ASSERT_NE(reader, 0) << status;
    Db db(dsn(instance(reader), "FAILOVER_MODE=strict-writer"));
    ASSERT_TRUE(db.open());
    EXPECT_EQ(db.run("CREATE TABLE IF NOT EXISTS demoted(k int)"), "08S02") << db.text();
    EXPECT_EQ(db.run("CREATE TABLE IF NOT EXISTS demoted(k int)"), "") << db.text();
}

TEST(Failover, OnesOwnReadOnlyTransactionIsNoFailover)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    string before = here(db);
    ASSERT_EQ(db.run(speech().read_only), "");
    string state = db.run("CREATE TABLE never(k int)");
    EXPECT_NE(state, "08S02");
    EXPECT_NE(state, "");
    EXPECT_NE(db.text().find(speech().read_only_code), string::npos) << db.text();
    EXPECT_EQ(here(db), before);
}

TEST(Failover, ManyConnectionsOneMonitor)
{
    std::vector<std::unique_ptr<Db>> all;
    for (int i = 0; i < 20; i++) {
        all.push_back(std::make_unique<Db>(dsn(writer_endpoint())));
        ASSERT_TRUE(all.back()->open());
    }
    lab("kill writer");
    std::vector<std::thread> threads;
    std::atomic<int> good{0}, most{0};
    for (auto &db : all)
        threads.emplace_back([&, p = db.get()] {
            if (p->ask_again(speech().recovery) == "0")
                good++;
            int n = threads_named("holdfast-mon");
            if (n > most)
                most = n;
        });
    for (auto &t : threads)
        t.join();
    EXPECT_EQ(good, 20);
    EXPECT_EQ(most, 1);
    all.clear();
    double end = now_ms() + 1000;
    while (threads_named("holdfast-mon") && now_ms() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(threads_named("holdfast-mon"), 0);
}

TEST(Failover, AFrozenStandbyLetsUsInAgain)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    int frozen = here(db) == address_of(1) ? 2 : 1;
    {
        Db admin(admin_dsn(instance(frozen)));
        ASSERT_TRUE(admin.open());
        ASSERT_EQ(speech().strict.empty() ? "" : admin.run(speech().strict), "") << admin.text();
    }
    lab("pause " + std::to_string(frozen));
    int ticket = lab_start("kill writer --hold 6000 --no-wait-whole");
    while (db.ask("SELECT 1") == "1")
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(db.ask_again(speech().recovery), "0") << db.text();
    lab_wait(ticket);
    lab("resume " + std::to_string(frozen));
    Db again(dsn(instance(frozen), "ENABLE_CLUSTER_FAILOVER=0"));
    EXPECT_TRUE(again.open()) << again.connect_diags()[0].text;
    EXPECT_EQ(again.ask("SELECT 1"), "1") << again.text();
    lab("restart " + std::to_string(frozen));
}

TEST(Failover, AForkedChildLeavesTheParentsConnectionAlone)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.ask("SELECT 1"), "1");
    pid_t child = fork();
    if (child == 0) {
        string mine = db.ask("SELECT 1");
        bool other = Db(dsn(writer_endpoint())).ask("SELECT 1") == "1";
        SQLDisconnect(db.handle());
        _exit((mine == "!08S01" ? 0 : 1) + (other ? 0 : 2));
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_EQ(db.ask("SELECT 2"), "2");
}

} // namespace
