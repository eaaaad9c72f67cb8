// What clouds do to networks and servers besides a plain failover; test/lab does it. Each test says
// what is expected, in figures that a loaded machine keeps.
#include "app.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <unistd.h>

namespace
{

using std::string;

string here(Db &db)
{
    return db.ask_again(speech().here);
}

int number_of(const string &address)
{
    return address.empty() ? 0 : address.back() - '0';
}

// The moment of the first good write, for which the application asks again and again.
double first_write(Db &db, const string &table)
{
    while (!db.run("INSERT INTO " + table + " VALUES (1)").empty())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return now_ms();
}

string count(Db &db, const string &table)
{
    return db.ask_again("SELECT count(*) FROM " + table);
}

void limit(Db &db, int seconds) // of a query, and of every other call
{
    SQLSetConnectAttr(db.handle(), SQL_ATTR_CONNECTION_TIMEOUT,
                      reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(seconds)), 0);
}

class Fault : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        db = std::make_unique<Db>(dsn(writer_endpoint()));
        ASSERT_TRUE(db->open()) << db->connect_diags()[0].text;
        ASSERT_EQ(db->run("CREATE TABLE IF NOT EXISTS fault(k int)"), "") << db->text();
        ASSERT_EQ(db->run("TRUNCATE fault"), "") << db->text();
        writer = number_of(here(*db));
    }
    std::unique_ptr<Db> db;
    int writer = 0;
};

// A reset in the middle of a call, and nothing wrong with the server: the same host is taken again,
// within a second, and the statement that was cut off is not run twice.
TEST_F(Fault, AResetOfAHealthyWritersConnectionsLeadsBackToIt)
{
    string state;
    std::thread cutter([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        lab("net " + std::to_string(writer) + " reset");
    });
    state = db->run(speech().sleep30);
    cutter.join();
    double begun = now_ms();
    EXPECT_EQ(state, "08S02") << db->text();
    EXPECT_EQ(number_of(here(*db)), writer);
    EXPECT_LT(now_ms() - begun, 1000);
}

// The writer's machine is gone, packets to it are lost, and the endpoint's name still leads there: a
// new connection comes to the new writer within 8 s of its login time.
TEST_F(Fault, ASilentWriterDoesNotKeepANewConnectionFromTheNewOne)
{
    string old = std::to_string(writer);
    lab("kill writer --leave-down");
    lab("dns writer-endpoint " + old);
    lab("net " + old + " drop");
    double begun = now_ms();
    Db fresh(dsn(writer_endpoint(), "LOGINTIMEOUT=20;"));
    EXPECT_TRUE(fresh.open()) << fresh.connect_diags().at(0).text;
    EXPECT_LT(now_ms() - begun, 8000);
    EXPECT_EQ(fresh.ask(speech().recovery), "0");
    EXPECT_NE(number_of(here(fresh)), writer);
    lab("net " + old + " pass");
    lab("dns writer-endpoint writer");
    first_write(*db, "fault");
    EXPECT_EQ(db->ask(speech().recovery), "0");
    lab("restart " + old);
}

// Answers come no more, and nobody says so: a call with a limit ends with it, never as a success;
// after the network is well again the connection works, and the row is there at most once.
TEST_F(Fault, DroppedPacketsEndACallAtItsLimit)
{
    limit(*db, 2);
    lab("net " + std::to_string(writer) + " drop");
    double begun = now_ms();
    SQLHSTMT h = db->statement();
    SQLCHAR sql[] = "INSERT INTO fault VALUES (1)";
    SQLSetStmtAttr(h, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(1), 0);
    std::thread healer([&] { // failover finds nobody until then: no other writer is made
        std::this_thread::sleep_for(std::chrono::milliseconds(6000));
        lab("net " + std::to_string(writer) + " pass");
    });
    EXPECT_EQ(SQLExecDirect(h, sql, SQL_NTS), SQL_ERROR);
    string state = diags(SQL_HANDLE_STMT, h).at(0).state;
    EXPECT_TRUE(state == "08007" || state == "08S01" || state == "HYT00") << state;
    EXPECT_GT(now_ms() - begun, 900);
    EXPECT_LT(now_ms() - begun, 25000);
    healer.join();
    string n = count(*db, "fault");
    EXPECT_TRUE(n == "0" || n == "1") << n;
    EXPECT_EQ(db->run("INSERT INTO fault VALUES (2)"), "") << db->text();
}

// One packet of ten is lost on the way to and from the writer: everything is slower, and nothing else.
TEST_F(Fault, LostPacketsAreNoFailover)
{
    limit(*db, 20);
    const int rounds = 8; // some wait seconds for a lost SYN to be sent again, so no time is set
    int before = writer;
    lab("net " + std::to_string(writer) + " lose");
    for (int i = 0; i < rounds; i++) {
        ASSERT_EQ(db->run("INSERT INTO fault VALUES (7)"), "") << db->text();
        Db fresh(dsn(writer_endpoint(), "LOGINTIMEOUT=30"));
        ASSERT_TRUE(fresh.open()) << fresh.connect_diags().at(0).text;
        EXPECT_EQ(fresh.ask(speech().recovery), "0") << fresh.text();
    }
    lab("net " + std::to_string(writer) + " pass");
    EXPECT_EQ(number_of(here(*db)), before);
    // (A write of another test's, told as unknown, may still come in.)
    EXPECT_EQ(db->ask("SELECT count(*) FROM fault WHERE k = 7"), std::to_string(rounds));
}

// The promotion takes 10 s: the call waits them out and ends within 250 ms of the floor.
TEST_F(Fault, APromotionOfTenSecondsIsWaitedFor)
{
    int ticket = lab_start("kill writer --hold 10000 --no-wait-whole");
    string state;
    while ((state = db->ask("SELECT 1")) == "1")
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(state, "!08S02") << db->text();
    double good = first_write(*db, "fault");
    double floor = lab_event(lab_wait(ticket), "floor");
    EXPECT_LT(good - floor, 250);
    EXPECT_EQ(count(*db, "fault"), "1");
}

// Two failovers, the second as soon as the first is over: each costs one error.
TEST_F(Fault, TwoFailoversInARow)
{
    lab("kill writer");
    EXPECT_EQ(db->run("INSERT INTO fault VALUES (1)"), "08S02") << db->text();
    EXPECT_EQ(db->run("INSERT INTO fault VALUES (1)"), "") << db->text();
    lab("switchover");
    EXPECT_EQ(db->run("INSERT INTO fault VALUES (2)"), "08S02") << db->text();
    EXPECT_EQ(db->run("INSERT INTO fault VALUES (2)"), "") << db->text();
    EXPECT_EQ(count(*db, "fault"), "2");
}

// No name can be resolved any more, and the resolver's packets are lost: the addresses are known.
TEST_F(Fault, WithoutNamesFailoverGoesByAddresses)
{
    lab("dns all none");
    int ticket = lab_start("kill writer --no-wait-whole");
    string state;
    while ((state = db->ask("SELECT 1")) == "1")
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    EXPECT_EQ(state, "!08S02") << db->text();
    double good = first_write(*db, "fault");
    double floor = lab_event(lab_wait(ticket), "floor");
    EXPECT_LT(good - floor, 250);
    lab("dns all right");
}

// A standby that has received all and applied nothing is promoted: what was acknowledged is there.
TEST_F(Fault, AStandbyThatLagsHasAllRowsOnceItIsTheWriter)
{
    int lagging = writer % 3 + 1;
    lab("lag " + std::to_string(lagging));
    for (int k = 1; k <= 200; k++)
        ASSERT_EQ(db->run("INSERT INTO fault VALUES (" + std::to_string(k) + ")"), "");
    EXPECT_EQ(Db(dsn(instance(lagging), "ENABLE_CLUSTER_FAILOVER=0")).ask("SELECT count(*) FROM fault"),
              "0");
    lab("kill writer --to " + std::to_string(lagging));
    EXPECT_EQ(count(*db, "fault"), "200");
    EXPECT_EQ(number_of(here(*db)), lagging);
}

// The old writer comes back for a moment as what it was, and says that it is the writer. Who is
// connected to the new one stays there, and comes back to it after a lost link.
TEST_F(Fault, AnOldWriterThatComesBackAsOneIsNotTaken)
{
    string old = std::to_string(writer);
    lab("kill writer --leave-down");
    first_write(*db, "fault");
    int now = number_of(here(*db));
    ASSERT_NE(now, writer);
    lab("revive " + old);
    for (int i = 0; i < 5; i++) {
        EXPECT_EQ(db->run("INSERT INTO fault VALUES (1)"), "") << db->text();
        db->run(speech().kill_self);
        EXPECT_EQ(number_of(here(*db)), now);
    }
    Db fresh(dsn(writer_endpoint()));
    EXPECT_EQ(number_of(here(fresh)), now);
    lab("kill " + old);
}

// Ten clusters' worth of searches, each a hundred times a second and host: thousands of probes (10 000
// on a machine of its own), of which a frozen node sees 5 broken handshakes and then one a second at
// most, and it lets the application in afterwards. (A server shuts out a client whose handshakes break
// off; here after 5 in a row.)
TEST_F(Fault, ThousandsOfProbesDoNotShutTheApplicationOut)
{
    if (speech().strict.empty())
        GTEST_SKIP() << "this server counts no broken handshakes";
    string frozen = std::to_string(writer % 3 + 1), log = "/tmp/hf-probes-" + std::to_string(getpid());
    ASSERT_EQ(Db(admin_dsn(instance(writer % 3 + 1))).run(speech().strict), "");
    std::vector<std::unique_ptr<Db>> all;
    for (int i = 0; i < 10; i++) {
        all.push_back(std::make_unique<Db>(
            dsn(writer_endpoint(), "TOPOLOGY_HIGH_REFRESH_RATE_MS=10;LOG_LEVEL=debug;LOG_FILE=" + log +
                                       ";CLUSTER_ID=probes-" + std::to_string(i))));
        ASSERT_TRUE(all.back()->open());
    }
    lab("pause " + frozen);
    int ticket = lab_start("kill writer --hold 12000 --no-wait-whole");
    std::vector<std::thread> threads;
    for (auto &each : all)
        threads.emplace_back([&each] {
            while (each->ask("SELECT 1") == "1")
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            EXPECT_EQ(each->ask_again(speech().recovery), "0") << each->text();
        });
    for (auto &t : threads)
        t.join();
    lab_wait(ticket);
    int probes = 0, broken = 0;
    string line;
    std::ifstream in(log);
    while (std::getline(in, line)) {
        bool probe = line.find(" probe ") != string::npos;
        probes += probe;
        broken += probe && line.find(instance(writer % 3 + 1)) != string::npos &&
                  (line.find("no answer to the connect") != string::npos ||
                   line.find("initial communication packet") != string::npos); // libmysqlclient gives up first
    }
    unlink(log.c_str());
    EXPECT_GT(probes, 2000);
    EXPECT_GE(broken, 1);
    EXPECT_LE(broken, 18);
    lab("resume " + frozen);
    for (int i = 0; i < 20; i++) {
        Db again(dsn(instance(writer % 3 + 1), "ENABLE_CLUSTER_FAILOVER=0"));
        ASSERT_TRUE(again.open()) << again.connect_diags()[0].text;
    }
}

} // namespace
