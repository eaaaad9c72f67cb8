// What a program may ask of its connection (core/holdfast.h) before and after a real failover, and
// what the error says.
#include "../../driver/core/holdfast.h"
#include "app.h"

#include <gtest/gtest.h>

namespace
{

using std::string;

string text(Db &db, SQLINTEGER attribute)
{
    char value[2000] = "";
    SQLINTEGER n = -1;
    EXPECT_EQ(SQLGetConnectAttr(db.handle(), attribute, value, sizeof value, &n), SQL_SUCCESS) << attribute;
    EXPECT_EQ(n, SQLINTEGER(string(value).size()));
    return value;
}

SQLUINTEGER number(Db &db, SQLINTEGER attribute)
{
    SQLUINTEGER value = 99;
    EXPECT_EQ(SQLGetConnectAttr(db.handle(), attribute, &value, SQL_IS_UINTEGER, nullptr), SQL_SUCCESS) << attribute;
    return value;
}

bool has(const string &where, const string &what)
{
    return where.find(what) != string::npos;
}

TEST(Facts, BeforeAndAfterAFailover)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    ASSERT_EQ(db.run("CREATE TABLE IF NOT EXISTS facts(k int)"), "");
    string before = text(db, HOLDFAST_ATTR_HOST);
    EXPECT_TRUE(has(before, "demo")) << before;
    EXPECT_EQ(text(db, HOLDFAST_ATTR_ROLE), "writer");
    EXPECT_EQ(text(db, HOLDFAST_ATTR_DIALECT).find("MULTI_AZ_"), 0u);
    SQLUINTEGER version = number(db, HOLDFAST_ATTR_TOPOLOGY_VERSION);
    EXPECT_GE(version, 1u);
    string hosts = text(db, HOLDFAST_ATTR_TOPOLOGY);
    for (int i = 1; i <= 3; i++)
        EXPECT_TRUE(has(hosts, instance(i) + ":")) << hosts;
    EXPECT_TRUE(has(hosts, before + ":" + std::to_string(number(db, HOLDFAST_ATTR_PORT)) + " writer")) << hosts;
    EXPECT_EQ(number(db, HOLDFAST_ATTR_FAILOVERS), 0u);

    double begun = now_ms();
    int ticket = lab_start("kill writer --hold 300");
    string state;
    while (now_ms() - begun < 20000 && (state = db.run("INSERT INTO facts VALUES (1)")).empty())
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    double took = now_ms() - begun;
    lab_wait(ticket);
    ASSERT_TRUE(state == "08S02" || state == "08007") << state << " " << db.text();
    SQLUINTEGER total = number(db, HOLDFAST_ATTR_FAILOVER_TOTAL_MS), found = number(db, HOLDFAST_ATTR_FAILOVER_FOUND_MS);
    string after = text(db, HOLDFAST_ATTR_HOST);
    EXPECT_NE(after, before);
    EXPECT_EQ(text(db, HOLDFAST_ATTR_FAILOVER_FROM), before);
    EXPECT_EQ(text(db, HOLDFAST_ATTR_ROLE), "writer");
    EXPECT_EQ(number(db, HOLDFAST_ATTR_FAILOVERS), 1u);
    EXPECT_GT(number(db, HOLDFAST_ATTR_TOPOLOGY_VERSION), version);
    EXPECT_TRUE(has(text(db, HOLDFAST_ATTR_TOPOLOGY), after + ":" + std::to_string(number(db, HOLDFAST_ATTR_PORT)) + " writer"));
    EXPECT_NE(text(db, HOLDFAST_ATTR_MONITOR), "off");
    EXPECT_EQ(text(db, HOLDFAST_ATTR_FAILOVER_TIME).size(), 24u);
    EXPECT_GT(found, 0u);
    EXPECT_LE(found, total);
    EXPECT_LE(total, took + 1);

    // The same in the words of the error; its own sentence is short whatever the names.
    string said = db.text().substr(0, db.text().find("; the error was"));
    EXPECT_TRUE(has(said, "moved from " + before + " to " + after + " in " + std::to_string(total) + " ms")) << said;
    EXPECT_TRUE(has(said, "writer found " + std::to_string(found) + " ms")) << said;
    EXPECT_TRUE(has(said, text(db, HOLDFAST_ATTR_DIALECT) + ", topology ")) << said;
    EXPECT_LT(said.size(), 400u) << said;
    std::printf("%s\n", said.c_str());
    EXPECT_EQ(db.run("DROP TABLE facts"), "");
}

} // namespace
