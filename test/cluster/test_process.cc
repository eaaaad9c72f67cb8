// The driver as a guest in other people's processes: the network dead at SQLDisconnect, signals at
// every moment, no descriptors left, prefork servers, the driver manager's pool, handles freed by
// another thread, dlclose in the middle of a search.
#include "app.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

using std::string;

// ---- SQLDisconnect while the server is frozen: within 50 ms, TLS or not ----

double disconnect_ms(SQLHDBC dbc)
{
    double begun = now_ms();
    EXPECT_TRUE(SQL_SUCCEEDED(SQLDisconnect(dbc)));
    return now_ms() - begun;
}

struct Frozen {
    const char *name, *cluster;
    bool reading; // a result is half read
};

class Disconnect : public ::testing::TestWithParam<Frozen>
{
};

TEST_P(Disconnect, DoesNotWaitForAFrozenServer)
{
    const Frozen &how = GetParam();
    string cluster = how.cluster;
    string tls = cluster == "secure" ? speech().tls : "";
    SQLHENV env;
    SQLHDBC all[5];
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    for (SQLHDBC &dbc : all) {
        SQLHSTMT s;
        string in = dsn(writer_endpoint(cluster), tls), sql = how.reading ? speech().text_numbers : "SELECT 1";
        SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
        ASSERT_TRUE(SQL_SUCCEEDED(SQLDriverConnect(dbc, nullptr, reinterpret_cast<SQLCHAR *>(&in[0]), SQL_NTS, nullptr,
                                                   0, nullptr, SQL_DRIVER_NOPROMPT)));
        SQLAllocHandle(SQL_HANDLE_STMT, dbc, &s);
        ASSERT_TRUE(SQL_SUCCEEDED(SQLExecDirect(s, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS)));
        ASSERT_TRUE(SQL_SUCCEEDED(SQLFetch(s)));
        if (!how.reading)
            SQLFreeStmt(s, SQL_CLOSE);
    }
    string writer;
    for (int i = 1; i <= 3; i++)
        if (Db(dsn(writer_endpoint(cluster), tls)).ask(speech().here) == address_of(i, cluster))
            writer = std::to_string(i);
    ASSERT_NE(writer, "");
    lab("pause " + writer + " --cluster " + cluster);
    std::vector<double> took;
    for (SQLHDBC dbc : all)
        took.push_back(disconnect_ms(dbc));
    lab("resume " + writer + " --cluster " + cluster);
    // The machine may be busy; the driver waits for the same in all five.
    EXPECT_LT(*std::min_element(took.begin(), took.end()), 50);
    EXPECT_LT(*std::max_element(took.begin(), took.end()), 1000);
    printf("%s: %.1f to %.1f ms\n", how.name, *std::min_element(took.begin(), took.end()),
           *std::max_element(took.begin(), took.end()));
    for (SQLHDBC dbc : all)
        SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    Db db(dsn(writer_endpoint(cluster), tls));
    EXPECT_EQ(db.ask_again("SELECT 1"), "1") << db.text();
}

INSTANTIATE_TEST_SUITE_P(, Disconnect,
                         ::testing::Values(Frozen{"Idle", "demo", false}, Frozen{"Reading", "demo", true},
                                           Frozen{"IdleTls", "secure", false}, Frozen{"ReadingTls", "secure", true}),
                         [](const ::testing::TestParamInfo<Frozen> &i) { return string(i.param.name); });

// ---- signals ----

volatile sig_atomic_t alarms;

// A timer of one millisecond, whose handler does not restart what it interrupted.
class Storm
{
  public:
    Storm()
    {
        struct sigaction a = {};
        a.sa_handler = [](int) { alarms = alarms + 1; };
        sigaction(SIGALRM, &a, &before_);
        struct itimerval each = {{0, 1000}, {0, 1000}};
        setitimer(ITIMER_REAL, &each, nullptr);
    }
    ~Storm()
    {
        struct itimerval none = {};
        setitimer(ITIMER_REAL, &none, nullptr);
        sigaction(SIGALRM, &before_, nullptr);
    }

  private:
    struct sigaction before_;
};

TEST(Signals, NeverSurface)
{
    alarms = 0;
    for (const string &cluster : {string("demo"), string("secure")}) {
        string tls = cluster == "secure" ? speech().tls : "";
        std::unique_ptr<Storm> storm(new Storm);
        for (int i = 0; i < 3; i++) {
            Db db(dsn(writer_endpoint(cluster), tls));
            ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
            ASSERT_EQ(db.run("DROP TABLE IF EXISTS storm"), "") << db.text();
            ASSERT_EQ(db.run("CREATE TABLE storm(k int)"), "") << db.text();
            for (int k = 0; k < 20; k++)
                ASSERT_EQ(db.run("INSERT INTO storm VALUES (1)"), "") << db.text();
            ASSERT_EQ(db.ask("SELECT count(*) FROM storm"), "20") << db.text();
            SQLHSTMT s = db.statement();
            string sql = speech().numbers;
            int rows = 0;
            ASSERT_TRUE(SQL_SUCCEEDED(SQLExecDirect(s, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS)));
            while (SQL_SUCCEEDED(SQLFetch(s)))
                rows++;
            EXPECT_EQ(rows, 100000);
        }
    }
    EXPECT_GT(alarms, 100);
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("DROP TABLE storm"), "");
    int ticket = lab_start("switchover --hold 300");
    string state;
    {
        Storm storm;
        for (double end = now_ms() + 90000; now_ms() < end && state.empty() && !lab_ended(ticket);)
            state = db.run("SELECT 1");
        EXPECT_EQ(db.ask_again("SELECT 1"), "1") << db.text();
        EXPECT_EQ(db.ask(speech().recovery), "0") << db.text();
    }
    string events = lab_wait(ticket);
    EXPECT_EQ(state, "08S02") << events;
}

// ---- descriptors ----

// Connects once more, without a descriptor to be had: the diagnostic. The driver manager has read
// its ini a moment ago, mostly: it forgets what it says after a while, and then tells of a driver
// that it cannot find.
Diag connect_without_descriptors(const struct rlimit &none, const struct rlimit &before)
{
    Diag why;
    for (int i = 0; i < 3 && (i == 0 || why.text.find("[Driver Manager]") != string::npos); i++) {
        EXPECT_TRUE(Db(dsn(writer_endpoint(), "LOGINTIMEOUT=5")).open());
        setrlimit(RLIMIT_NOFILE, &none);
        string in = dsn(writer_endpoint(), "LOGINTIMEOUT=5");
        SQLHENV env;
        SQLHDBC dbc;
        SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
        SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
        SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
        double begun = now_ms();
        SQLRETURN r = SQLDriverConnect(dbc, nullptr, reinterpret_cast<SQLCHAR *>(&in[0]), SQL_NTS, nullptr, 0, nullptr,
                                       SQL_DRIVER_NOPROMPT);
        EXPECT_LT(now_ms() - begun, 7000);
        std::vector<Diag> all = diags(SQL_HANDLE_DBC, dbc);
        setrlimit(RLIMIT_NOFILE, &before);
        EXPECT_EQ(r, SQL_ERROR);
        why = all.empty() ? Diag{} : all[0];
        SQLFreeHandle(SQL_HANDLE_DBC, dbc);
        SQLFreeHandle(SQL_HANDLE_ENV, env);
    }
    return why;
}

TEST(Descriptors, NoneLeft)
{
    Db db(dsn(writer_endpoint(), "FAILOVER_TIMEOUT_MS=3000"));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.ask("SELECT 1"), "1");
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3; // what is open stays, nothing more can be
    Diag why = connect_without_descriptors(none, before);
    EXPECT_TRUE(why.text.find("Too many open files") != string::npos) << why.state << " " << why.text;
    setrlimit(RLIMIT_NOFILE, &none);
    string lives = db.ask("SELECT 1");
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(lives, "1") << db.text();

    // A failover without a descriptor: an answer within its time, and a connection afterwards.
    int ticket = lab_start("kill writer");
    lab_wait(ticket);
    setrlimit(RLIMIT_NOFILE, &none);
    double begun = now_ms();
    string state = db.run("SELECT 1"), text = db.text();
    double took = now_ms() - begun;
    setrlimit(RLIMIT_NOFILE, &before);
    // In the client library's words: a text, or the number.
    EXPECT_TRUE(state == "08S02" || (state == "08S01" && (text.find("Too many open files") != string::npos ||
                                                          text.find("socket (24)") != string::npos)))
        << state << " " << text;
    EXPECT_LT(took, 6000);
    for (int i = 0; i < 3 && !state.empty(); i++)
        state = db.run("SELECT 1");
    EXPECT_EQ(state, "") << db.text();
}

// ---- prefork: children with connections of their own, while the parent's goes on ----

TEST(Prefork, ChildrenWithTheirOwnAndTheParentGoesOn)
{
    Db db(dsn(writer_endpoint(), "TOPOLOGY_REFRESH_RATE_MS=100"));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.ask("SELECT 1"), "1");
    std::this_thread::sleep_for(std::chrono::milliseconds(300)); // the monitor is at work
    std::vector<pid_t> children;
    for (int i = 0; i < 6; i++) {
        pid_t child = fork();
        if (child == 0) {
            int bad = 0;
            auto *own = new Db(dsn(writer_endpoint(), "TOPOLOGY_REFRESH_RATE_MS=100")); // left open by half of them
            for (int k = 0; k < 20; k++)
                bad += own->ask_again("SELECT 1") != "1";
            if (i % 2)
                delete own;
            exit(bad ? 1 : 0); // not _exit: handlers and destructors run
        }
        children.push_back(child);
    }
    for (int k = 0; k < 50; k++)
        ASSERT_EQ(db.ask_again("SELECT 1"), "1") << db.text();
    for (pid_t child : children) {
        int status = -1;
        double end = now_ms() + 30000;
        while (waitpid(child, &status, WNOHANG) == 0 && now_ms() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (now_ms() >= end)
            kill(child, SIGKILL);
        ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
        EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    EXPECT_EQ(db.ask("SELECT 2"), "2") << db.text(); // its session is alive still
}

// ---- what the driver manager does by its ini, for a whole process: one test again in another ----

// False: this is that process. The ini's lines "Threading=0" become what is given.
bool in_another_process(const string &lines, const string &pooling = "No")
{
    if (getenv("HF_ANOTHER"))
        return false;
    const auto *test = ::testing::UnitTest::GetInstance()->current_test_info();
    string name = string(test->test_suite_name()) + "." + test->name(), dir = string(getenv("HF_TMP")) + "/another";
    string sed = "s/^Pooling=No/Pooling=" + pooling + "/; s/^Threading=0/&\\n" + lines + "/";
    char self[4096] = "";
    EXPECT_GT(readlink("/proc/self/exe", self, sizeof self - 1), 0);
    string make = "mkdir -p " + dir + " && sed '" + sed + "' \"$ODBCSYSINI/odbcinst.ini\" >" + dir + "/odbcinst.ini";
    string run = "HF_ANOTHER=1 ODBCSYSINI=" + dir + " '" + self + "' --gtest_filter=" + name + " >" + dir + "/log";
    EXPECT_EQ(system((make + " && { " + run + " || { cat " + dir + "/log; exit 1; }; }").c_str()), 0);
    return true;
}

// ---- the driver manager's pool ----

string once(SQLHENV env, const string &sql)
{
    SQLHDBC dbc;
    SQLHSTMT s;
    string in = dsn(writer_endpoint(), "PLUGINS=connection_tracker,failover"), text = sql;
    char value[100] = "";
    SQLLEN n;
    SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
    SQLRETURN r = SQLDriverConnect(dbc, nullptr, reinterpret_cast<SQLCHAR *>(&in[0]), SQL_NTS, nullptr, 0, nullptr,
                                   SQL_DRIVER_NOPROMPT);
    EXPECT_TRUE(SQL_SUCCEEDED(r)) << diags(SQL_HANDLE_DBC, dbc)[0].text;
    SQLAllocHandle(SQL_HANDLE_STMT, dbc, &s);
    r = SQLExecDirect(s, reinterpret_cast<SQLCHAR *>(&text[0]), SQL_NTS);
    EXPECT_TRUE(SQL_SUCCEEDED(r)) << diags(SQL_HANDLE_STMT, s)[0].text;
    EXPECT_EQ(SQLFetch(s), SQL_SUCCESS);
    SQLGetData(s, 1, SQL_C_CHAR, value, sizeof value, &n);
    SQLFreeHandle(SQL_HANDLE_STMT, s);
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    return value;
}

TEST(Pool, OfTheDriverManagerFollowsTheWriter)
{
    if (in_another_process("CPTimeout=100", "Yes"))
        return;
    SQLHENV env;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    string session = once(env, speech().session);
    ASSERT_EQ(session, once(env, speech().session)) << "the driver manager has no pool";
    for (const char *fault : {"switchover", "kill writer"}) {
        string before = once(env, speech().here);
        lab(fault);
        // Nobody is told: what comes out of the pool follows the writer, or another takes its place.
        EXPECT_EQ(once(env, speech().recovery), "0") << fault;
        EXPECT_NE(once(env, speech().here), before) << fault;
        session = once(env, speech().session);
        EXPECT_EQ(session, once(env, speech().session)) << fault;
    }
    SQLFreeHandle(SQL_HANDLE_ENV, env);
}

// ---- handles of a connection that is on its way to another writer ----

TEST(Handles, FreedByAnotherThreadDuringAFailover)
{
    Db db(dsn(writer_endpoint(), ""));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("SELECT 1"), "");
    std::vector<SQLHSTMT> others;
    for (int i = 0; i < 10; i++) {
        SQLHSTMT s;
        ASSERT_EQ(SQLAllocHandle(SQL_HANDLE_STMT, db.handle(), &s), SQL_SUCCESS);
        string sql = i % 2 ? speech().numbers : "SELECT 1";
        if (i % 3)
            SQLPrepare(s, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
        EXPECT_TRUE(i % 3 != 2 || (SQL_SUCCEEDED(SQLExecute(s)) && SQL_SUCCEEDED(SQLFetch(s))));
        others.push_back(s);
    }
    int ticket = lab_start("kill writer --hold 500");
    std::string told;
    double end = now_ms() + 90000;
    std::thread worker([&] {
        while (told.empty() && now_ms() < end && !lab_ended(ticket))
            told = db.run("SELECT 1");
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(700)); // the worker is in the failover, or will be
    double worst = 0;
    for (SQLHSTMT s : others) {
        double begun = now_ms();
        EXPECT_TRUE(SQL_SUCCEEDED(SQLFreeHandle(SQL_HANDLE_STMT, s)));
        worst = std::max(worst, now_ms() - begun);
    }
    worker.join();
    lab_wait(ticket);
    EXPECT_TRUE(told == "08S02" || told == "08007") << told << " " << db.text();
    EXPECT_LT(worst, 10000);
    EXPECT_EQ(db.ask_again("SELECT 3"), "3") << db.text();
}

// ---- dlclose right after the last disconnect, whatever the monitor does: its thread is gone then ----

TEST(Module, IsClosedInTheMiddleOfASearch)
{
    if (in_another_process("DontDLClose=0"))
        return;
    int ticket;
    {
        Db a(dsn(writer_endpoint(), "FAILOVER_TIMEOUT_MS=300;TOPOLOGY_REFRESH_RATE_MS=100"));
        Db b(dsn(writer_endpoint(), "FAILOVER_TIMEOUT_MS=300;TOPOLOGY_REFRESH_RATE_MS=100"));
        ASSERT_TRUE(a.open() && b.open());
        ticket = lab_start("kill writer --hold 3000");
        std::string told;
        for (double end = now_ms() + 90000; told.empty() && now_ms() < end && !lab_ended(ticket);)
            told = a.run("SELECT 1");
        EXPECT_EQ(told, "08S01") << a.text(); // nobody was the writer in time
        EXPECT_EQ(threads_named("holdfast-mon"), 1);
    }
    EXPECT_EQ(threads_named("holdfast-mon"), 0);
    lab_wait(ticket);
    Db db(dsn(writer_endpoint(), ""));
    EXPECT_EQ(db.ask_again("SELECT 1"), "1") << db.text();
}

} // namespace
