// Which host a connection goes to: modes, dialects, stale names, missing grants, two clusters.
#include "app.h"

#include <gtest/gtest.h>

namespace
{

using std::string;

string address(Db &db)
{
    return db.ask_again(speech().here);
}

string recovery(Db &db)
{
    return db.ask_again(speech().recovery);
}

string standby_number(const string &address)
{
    return address.substr(address.size() - 1);
}

TEST(Connect, AStaleWriterEndpointLeadsToTheRealWriter)
{
    lab("dns writer-endpoint standby");
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
    EXPECT_EQ(recovery(db), "0");
    lab("dns writer-endpoint writer");
}

TEST(Connect, WorksWhileTheEndpointIsDownOnceTheClusterIsKnown)
{
    Db first(dsn(writer_endpoint()));
    ASSERT_TRUE(first.open());
    int ticket = lab_start("kill writer --hold 1500");
    while (first.ask("SELECT 1") == "1")
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    lab_wait(ticket);
    ticket = lab_start("kill writer --hold 1500");
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    Db second(dsn(writer_endpoint()));
    EXPECT_TRUE(second.open()) << second.connect_diags()[0].text;
    EXPECT_EQ(recovery(second), "0");
    lab_wait(ticket);
}

TEST(Connect, AClusterNobodyKnowsAndNoServerIsAnErrorAtOnce)
{
    double begun = now_ms();
    Db db(dsn("nothing.cluster-cxyzlab1.eu-central-1.rds.amazonaws.com"));
    EXPECT_FALSE(db.open());
    EXPECT_EQ(db.connect_diags()[0].state, "08001");
    EXPECT_LT(now_ms() - begun, 10000);
}

TEST(Modes, StrictReaderStaysOnReaders)
{
    Db db(dsn(reader_endpoint(), "FAILOVER_MODE=strict-reader"));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(recovery(db), "1");
    string before = address(db);
    int ticket = lab_start("kill " + standby_number(before));
    string state;
    while ((state = db.ask("SELECT 1")) == "1")
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(state, "!08S02") << db.text();
    EXPECT_EQ(recovery(db), "1");
    lab_wait(ticket);
}

TEST(Modes, ReaderEndpointTakesAnyHostByDefault)
{
    Db db(dsn(reader_endpoint()));
    ASSERT_TRUE(db.open());
    string before = address(db);
    int ticket = lab_start("kill " + standby_number(before));
    while (db.ask("SELECT 1") == "1")
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(db.ask_again("SELECT 1"), "1") << db.text();
    lab_wait(ticket);
}

TEST(TwoClusters, AFailoverOfOneLeavesTheOtherAlone)
{
    Db one(dsn(writer_endpoint())), two(dsn(writer_endpoint("two")));
    ASSERT_TRUE(one.open() && two.open());
    string before = address(two);
    lab("kill writer");
    EXPECT_EQ(one.ask("SELECT 1"), "!08S02") << one.text();
    EXPECT_EQ(recovery(one), "0");
    EXPECT_EQ(two.ask("SELECT 1"), "1");
    EXPECT_EQ(address(two), before);
    lab("--cluster two switchover");
    EXPECT_EQ(two.ask("SELECT 1"), "!08S02") << two.text();
    EXPECT_EQ(address(two).substr(0, 9), "127.0.0.2");
    EXPECT_EQ(recovery(two), "0");
}

TEST(Dialects, Aurora)
{
    Db db(dsn(writer_endpoint("aurora"), plainly()));
    ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
    EXPECT_TRUE(db.connect_diags().empty());
    string before = address(db);
    lab("--cluster aurora switchover");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S02") << db.text();
    EXPECT_NE(address(db), before);
    lab("--cluster aurora kill writer");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S02") << db.text();
    EXPECT_EQ(recovery(db), "0");
}

TEST(Dialects, PlainReplicationWithAListOfHosts)
{
    string hosts = instance(1, "plain") + "," + instance(2, "plain") + "," + instance(3, "plain");
    Db db(dsn(address_of(1, "plain"), "CLUSTER_HOSTS=" + hosts));
    ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
    lab("--cluster plain switchover");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S02") << db.text();
    EXPECT_EQ(recovery(db), "0");
    EXPECT_NE(address(db), address_of(1, "plain"));
}

TEST(Grants, WhatIsMissingIsNamedAndFailoverWorksByAsking)
{
    Db db(dsn(writer_endpoint("poor")));
    ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
    ASSERT_FALSE(db.connect_diags().empty());
    EXPECT_EQ(db.connect_diags()[0].state, "01000");
    EXPECT_NE(db.connect_diags()[0].text.find(speech().grant), string::npos)
        << db.connect_diags()[0].text;
    lab("--cluster poor kill writer");
    EXPECT_EQ(db.ask("SELECT 1"), "!08S02") << db.text();
    EXPECT_EQ(recovery(db), "0");
}

// What makes no sense in the tables is no host, and where they do not name the server that holds
// them, the way that we came is kept.
TEST(Topology, Rubbish)
{
    const string admin = admin_dsn(writer_endpoint("two")) + ";ENABLE_CLUSTER_FAILOVER=0";
    auto all = [&](const std::vector<string> &texts) {
        Db db(admin);
        for (const string &sql : texts)
            ASSERT_EQ(db.run(sql), "") << sql << ": " << db.text();
    };
    all(speech().topology_aside);
    int number = 0;
    for (const auto &rubbish : speech().topology_rubbish) {
        const string &row = rubbish.back();
        all(rubbish);
        Db db(dsn(writer_endpoint("two"), "CLUSTER_ID=rubbish-" + std::to_string(number++)));
        ASSERT_TRUE(db.open()) << row << ": " << db.connect_diags()[0].text;
        lab("--cluster two switchover");
        EXPECT_EQ(db.ask("SELECT 1"), "!08S02") << row << ": " << db.text();
        EXPECT_EQ(recovery(db), "0") << row;
    }
    all(speech().topology_back);
}

TEST(Plain, ASingleServerHasNoFailoverAndNoMonitor)
{
    Db db(dsn(address_of(1)));
    ASSERT_TRUE(db.open());
    EXPECT_EQ(threads_named("holdfast-mon"), 0);
    db.run(speech().kill_self);
    EXPECT_EQ(db.ask("SELECT 1"), "!08S01");
}

} // namespace
