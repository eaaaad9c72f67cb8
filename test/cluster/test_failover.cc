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
    return db.ask_again("SELECT host(inet_server_addr())");
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
    EXPECT_EQ(db.ask("SELECT pg_is_in_recovery()"), "0");
}

TEST(Failover, KillUnderAWriterLosesNothingAndDoublesNothing)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS ledger(k int)"), "");
    ASSERT_EQ(db.run("TRUNCATE ledger"), "");
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
    EXPECT_EQ(db.ask("SELECT string_agg(k::text, ',' ORDER BY k) FROM intxn"), "3");
    EXPECT_EQ(db.end(SQL_COMMIT), "");
}

TEST(Failover, LostAnswerToACommitIsUnknown)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS slow(k int)"), "");
    ASSERT_EQ(db.run("CREATE OR REPLACE FUNCTION wait_a_little() RETURNS trigger LANGUAGE plpgsql "
                     "AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'"),
              "");
    ASSERT_EQ(db.run("DROP TRIGGER IF EXISTS at_commit ON slow"), "");
    ASSERT_EQ(db.run("CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON slow DEFERRABLE "
                     "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_a_little()"),
              "");
    db.autocommit(false);
    ASSERT_EQ(db.run("INSERT INTO slow VALUES (1)"), "");
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
    SQLCHAR sql[] = "SELECT n, repeat('x', 1000) FROM generate_series(1, 200000) n";
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

TEST(Failover, AResultSetAsideGoesOn)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    SQLHSTMT h = db.statement();
    SQLCHAR sql[] = "SELECT n FROM generate_series(1, 100000) n";
    ASSERT_EQ(SQLExecDirect(h, sql, SQL_NTS), SQL_SUCCESS);
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
    EXPECT_EQ(db.ask("SELECT string_agg(k::text, ',' ORDER BY k) FROM prepared"), "1,2,3");
}

TEST(Failover, TheSessionIsMadeAgainAsItWas)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE SCHEMA IF NOT EXISTS mine"), "");
    ASSERT_EQ(db.run("SET search_path TO mine, public"), "");
    ASSERT_EQ(db.run("SET TimeZone TO 'Asia/Tokyo'"), "");
    ASSERT_EQ(db.run("SET work_mem TO '7MB'"), "");
    ASSERT_EQ(db.run("SET statement_timeout TO '77s'"), "");
    ASSERT_EQ(db.run("RESET statement_timeout"), "");
    db.autocommit(false);
    ASSERT_EQ(db.run("SET lock_timeout TO '5s'"), "");
    ASSERT_EQ(db.end(SQL_ROLLBACK), "");
    SQLSetConnectAttr(db.handle(), SQL_ATTR_TXN_ISOLATION,
                      reinterpret_cast<SQLPOINTER>(SQL_TXN_SERIALIZABLE), 0);
    ASSERT_EQ(db.run("SET ROLE auditor"), "");
    ASSERT_EQ(db.end(SQL_COMMIT), "");
    lab("kill writer");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S02") << db.text();
    EXPECT_EQ(db.ask("SHOW search_path"), "mine, public");
    EXPECT_EQ(db.ask("SHOW TimeZone"), "Asia/Tokyo");
    EXPECT_EQ(db.ask("SHOW work_mem"), "7MB");
    EXPECT_EQ(db.ask("SHOW statement_timeout"), "0");
    EXPECT_EQ(db.ask("SHOW lock_timeout"), "0");
    EXPECT_EQ(db.ask("SHOW transaction_isolation"), "serializable");
    EXPECT_EQ(db.ask("SELECT current_user"), "auditor");
    EXPECT_EQ(db.end(SQL_COMMIT), "");
}

TEST(Failover, ARoleThatCannotBeRestoredEndsTheConnection)
{
    Db db(dsn(writer_endpoint()));
    Db admin("DRIVER=Holdfast PostgreSQL;SERVER=" + writer_endpoint() +
             ";DATABASE=app;UID=postgres;PWD=postgres");
    ASSERT_TRUE(db.open() && admin.open());
    ASSERT_EQ(db.run("SET ROLE auditor"), "");
    ASSERT_EQ(admin.run("REVOKE auditor FROM app"), "") << admin.text();
    lab("switchover");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S01") << db.text();
    admin.ask_again("SELECT 1");
    EXPECT_EQ(admin.run("GRANT auditor TO app"), "") << admin.text();
    string user = db.ask_again("SELECT current_user");
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
    SQLCHAR sql[] = "SELECT pg_sleep(30)";
    double begun = now_ms();
    EXPECT_EQ(SQLExecDirect(h, sql, SQL_NTS), SQL_ERROR);
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
        if (probe.ask("SELECT pg_is_in_recovery()") == "1")
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
    ASSERT_EQ(db.run("SET default_transaction_read_only TO on"), "");
    string state = db.run("CREATE TABLE never(k int)");
    EXPECT_NE(state, "08S02");
    EXPECT_NE(state, "");
    EXPECT_NE(db.text().find("25006"), string::npos) << db.text();
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
            if (p->ask_again("SELECT pg_is_in_recovery()") == "0")
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
