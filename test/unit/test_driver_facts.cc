// What a connection tells of itself (core/holdfast.h), without a driver manager: each attribute by
// the A and the W function, before, during and after a failover.
#include "unit/test_driver_world.h"

extern "C" {
#include "core/holdfast.h"
}

using namespace driver_world;

namespace
{

class Facts : public Driver
{
  protected:
    std::string text(SQLINTEGER attribute)
    {
        char narrow[512] = "", again[512] = "";
        SQLWCHAR wide[512] = {};
        SQLINTEGER n = -1, m = -1, w = -1;
        EXPECT_EQ(SQLGetConnectAttr(dbc, attribute, narrow, sizeof narrow, &n), SQL_SUCCESS)
            << state_of(SQL_HANDLE_DBC, dbc);
        EXPECT_EQ(SQLGetConnectAttrW(dbc, attribute, again, sizeof again, &m), SQL_SUCCESS);
        EXPECT_EQ(n, SQLINTEGER(strlen(narrow)));
        EXPECT_EQ(m, n);
        EXPECT_STREQ(narrow, again);
        EXPECT_EQ(SQLGetConnectAttrW(dbc, attribute | HOLDFAST_WIDE, wide, sizeof wide, &w), SQL_SUCCESS);
        EXPECT_EQ(w, 2 * n);
        EXPECT_EQ(std::string(wide, wide + n), narrow);
        return narrow;
    }
    SQLUINTEGER number(SQLINTEGER attribute)
    {
        SQLUINTEGER v[2] = {99, 0x5a5a5a5a};
        SQLINTEGER n = -1;
        EXPECT_EQ(SQLGetConnectAttr(dbc, attribute, v, SQL_IS_UINTEGER, &n), SQL_SUCCESS);
        EXPECT_EQ(n, SQLINTEGER(sizeof(SQLUINTEGER)));
        EXPECT_EQ(v[1], 0x5a5a5a5au); // four bytes and no more
        return v[0];
    }
    bool eventually(SQLINTEGER attribute, const std::string &value)
    {
        for (int i = 0; i < 1000; i++) {
            if (text(attribute) == value)
                return true;
            usleep(5000);
        }
        return false;
    }
};

TEST_F(Facts, OfAQuietConnection)
{
    connect();
    EXPECT_EQ(text(HOLDFAST_ATTR_VERSION), HOLDFAST_VERSION);
    EXPECT_EQ(text(HOLDFAST_ATTR_HOST), a);
    EXPECT_EQ(text(HOLDFAST_ATTR_ADDRESS), a);
    EXPECT_EQ(number(HOLDFAST_ATTR_PORT), 5432u);
    EXPECT_EQ(text(HOLDFAST_ATTR_ROLE), "writer");
    EXPECT_EQ(text(HOLDFAST_ATTR_DIALECT), "POSTGRESQL");
    EXPECT_GE(number(HOLDFAST_ATTR_TOPOLOGY_VERSION), 1u);
    std::string hosts = text(HOLDFAST_ATTR_TOPOLOGY);
    EXPECT_EQ(hosts.find("10.0.0.1:5432 writer\n10.0.0.2:5432 "), 0u) << hosts;
    EXPECT_EQ(text(HOLDFAST_ATTR_MONITOR), "off"); // the connection is younger than a refresh
    EXPECT_EQ(number(HOLDFAST_ATTR_FAILOVERS), 0u);
    EXPECT_EQ(text(HOLDFAST_ATTR_FAILOVER_TIME), "");
    EXPECT_EQ(text(HOLDFAST_ATTR_FAILOVER_FROM), "");
    EXPECT_EQ(number(HOLDFAST_ATTR_FAILOVER_TOTAL_MS), 0u);
}

TEST_F(Facts, OfAFailover)
{
    connect();
    unsigned before = number(HOLDFAST_ATTR_TOPOLOGY_VERSION);
    fake_set_state(a, FAKE_DOWN);
    std::thread promoter([] {
        usleep(200000);
        fake_set_role(b, ROLE_WRITER);
    });
    EXPECT_EQ(run("INSERT x"), "08S02");
    promoter.join();
    SQLUINTEGER found = number(HOLDFAST_ATTR_FAILOVER_FOUND_MS);
    SQLUINTEGER total = number(HOLDFAST_ATTR_FAILOVER_TOTAL_MS);
    EXPECT_EQ(text(HOLDFAST_ATTR_HOST), b);
    EXPECT_EQ(text(HOLDFAST_ATTR_ROLE), "writer");
    EXPECT_EQ(text(HOLDFAST_ATTR_FAILOVER_FROM), a);
    EXPECT_EQ(number(HOLDFAST_ATTR_FAILOVERS), 1u);
    unsigned version = number(HOLDFAST_ATTR_TOPOLOGY_VERSION);
    EXPECT_GT(version, before);
    EXPECT_GE(found, 150u);
    EXPECT_LT(found, 5000u);
    EXPECT_GE(total + 2, found + number(HOLDFAST_ATTR_FAILOVER_CONNECTED_MS) +
                             number(HOLDFAST_ATTR_FAILOVER_RESTORED_MS)); // each is rounded
    std::string when = text(HOLDFAST_ATTR_FAILOVER_TIME);
    time_t now = time(nullptr);
    struct tm day;
    char today[32];
    gmtime_r(&now, &day);
    strftime(today, sizeof today, "%Y-%m-%dT%H:", &day);
    EXPECT_EQ(when.size(), strlen("2026-01-31T12:00:00.123Z")) << when;
    EXPECT_EQ(when.compare(0, 8, today, 8), 0) << when << " " << today;
    EXPECT_EQ(when.back(), 'Z');
    EXPECT_TRUE(eventually(HOLDFAST_ATTR_MONITOR, "settling"));
    // And the diagnostic of the call has the same to say.
    EXPECT_EQ(this->Driver::text.find("[Holdfast]"), 0u) << this->Driver::text;
    for (const std::string &part :
         {std::string("moved from 10.0.0.1 to 10.0.0.2 in ") + std::to_string(total) + " ms",
          std::string("writer found ") + std::to_string(found) + " ms", std::string("POSTGRESQL"),
          std::string("failover 1)")})
        EXPECT_NE(this->Driver::text.find(part), std::string::npos) << part << " in " << this->Driver::text;
    EXPECT_LT(this->Driver::text.size(), 400u) << this->Driver::text;
}

// The answer to a statement is waited for before the loss is seen.
TEST_F(Facts, HowLongTheNodeWasSilent)
{
    connect();
    fake_on_act(nullptr, "SELECT slow", FAKE_MUTE, 1);
    std::thread killer([] {
        usleep(300000);
        fake_set_state(a, FAKE_DOWN);
        fake_set_role(b, ROLE_WRITER);
    });
    EXPECT_EQ(run("SELECT slow"), "08S02");
    killer.join();
    EXPECT_GE(number(HOLDFAST_ATTR_FAILOVER_SILENT_MS), 250u);
    EXPECT_LT(number(HOLDFAST_ATTR_FAILOVER_SILENT_MS), 5000u);
    usleep(300000);
    fake_set_state(b, FAKE_DOWN);
    fake_set_role(c, ROLE_WRITER);
    EXPECT_EQ(run("SELECT one"), "08S02"); // an idle one is looked at before the request
    EXPECT_LT(number(HOLDFAST_ATTR_FAILOVER_SILENT_MS), 200u);
    EXPECT_EQ(number(HOLDFAST_ATTR_FAILOVERS), 2u);
}

TEST_F(Facts, OfALostConnection)
{
    connect("FAILOVER_TIMEOUT_MS=300;");
    fake_set_state(a, FAKE_DOWN);
    EXPECT_EQ(run("SELECT one"), "08S01");
    EXPECT_NE(this->Driver::text.find("POSTGRESQL, topology "), std::string::npos) << this->Driver::text;
    EXPECT_EQ(text(HOLDFAST_ATTR_HOST), a);
    EXPECT_EQ(text(HOLDFAST_ATTR_ADDRESS), "");
    EXPECT_EQ(number(HOLDFAST_ATTR_PORT), 0u);
    EXPECT_EQ(text(HOLDFAST_ATTR_ROLE), "unknown");
    EXPECT_TRUE(eventually(HOLDFAST_ATTR_MONITOR, "trouble"));
    EXPECT_EQ(number(HOLDFAST_ATTR_FAILOVERS), 0u);
}

TEST_F(Facts, WithoutACluster)
{
    connect("ENABLE_CLUSTER_FAILOVER=0;");
    EXPECT_EQ(text(HOLDFAST_ATTR_HOST), a);
    EXPECT_EQ(text(HOLDFAST_ATTR_ROLE), "writer"); // the node says it unasked
    EXPECT_EQ(text(HOLDFAST_ATTR_DIALECT), "none");
    EXPECT_EQ(text(HOLDFAST_ATTR_TOPOLOGY), "");
    EXPECT_EQ(text(HOLDFAST_ATTR_MONITOR), "off");
    EXPECT_EQ(number(HOLDFAST_ATTR_TOPOLOGY_VERSION), 0u);
}

TEST_F(Facts, Buffers)
{
    connect();
    char small[5] = "....";
    SQLWCHAR wide[4] = {7, 7, 7, 7};
    SQLINTEGER n = -1;
    EXPECT_EQ(SQLGetConnectAttr(dbc, HOLDFAST_ATTR_HOST, small, sizeof small, &n), SQL_SUCCESS_WITH_INFO);
    EXPECT_EQ(state_of(SQL_HANDLE_DBC, dbc), "01004");
    EXPECT_STREQ(small, "10.0");
    EXPECT_EQ(n, 8);
    EXPECT_EQ(SQLGetConnectAttr(dbc, HOLDFAST_ATTR_HOST | HOLDFAST_WIDE, wide, 7, &n), SQL_SUCCESS_WITH_INFO);
    EXPECT_EQ(state_of(SQL_HANDLE_DBC, dbc), "01004");
    EXPECT_EQ(wide[0], '1');
    EXPECT_EQ(wide[1], '0');
    EXPECT_EQ(wide[2], 0); // seven bytes are three characters
    EXPECT_EQ(wide[3], 7);
    EXPECT_EQ(n, 16);
    n = -1;
    EXPECT_EQ(SQLGetConnectAttr(dbc, HOLDFAST_ATTR_HOST, nullptr, 0, &n), SQL_SUCCESS);
    EXPECT_EQ(n, 8);
    EXPECT_EQ(SQLGetConnectAttr(dbc, HOLDFAST_ATTR_HOST, small, -1, &n), SQL_ERROR);
    EXPECT_EQ(state_of(SQL_HANDLE_DBC, dbc), "HY090");
    EXPECT_EQ(SQLGetConnectAttr(dbc, HOLDFAST_ATTR_HOST, small, SQL_NTS, nullptr), SQL_ERROR);
    EXPECT_EQ(SQLGetConnectAttr(dbc, HOLDFAST_ATTR_FAILOVERS, nullptr, 0, &n), SQL_SUCCESS);
}

TEST_F(Facts, CannotBeSetAndNeedAConnection)
{
    char text[32];
    EXPECT_EQ(SQLGetConnectAttr(dbc, HOLDFAST_ATTR_HOST, text, sizeof text, nullptr), SQL_ERROR);
    EXPECT_EQ(state_of(SQL_HANDLE_DBC, dbc), "08003");
    connect();
    for (SQLINTEGER x : {HOLDFAST_ATTR_HOST, HOLDFAST_ATTR_HOST | HOLDFAST_WIDE, HOLDFAST_ATTR_FAILOVERS}) {
        EXPECT_EQ(SQLSetConnectAttr(dbc, x, sql_text("x"), SQL_NTS), SQL_ERROR);
        EXPECT_EQ(state_of(SQL_HANDLE_DBC, dbc), "HY092");
    }
    for (SQLINTEGER x : {HOLDFAST_ATTR_BASE - 1, HOLDFAST_ATTR_FAILOVER_TOTAL_MS + 1,
                         HOLDFAST_ATTR_FAILOVERS | HOLDFAST_WIDE}) {
        EXPECT_EQ(SQLGetConnectAttr(dbc, x, text, sizeof text, nullptr), SQL_ERROR) << x;
        EXPECT_EQ(state_of(SQL_HANDLE_DBC, dbc), "HY092");
    }
}

} // namespace
