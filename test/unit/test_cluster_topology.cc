// Snapshots: making, finding, comparing, publishing.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "cluster/cluster_priv.h"
}

namespace
{

struct topology *three()
{
    struct topology *t = topology_new(3);
    topology_add(t, text_of("n1.org"), 5432, text_of("1"), ROLE_READER);
    topology_add(t, text_of("n2.org"), 5432, text_of("2"), ROLE_READER);
    topology_add(t, text_of("10.0.0.3"), 5433, text_of("3"), ROLE_READER);
    topology_set_writer(t, 1, ROLE_UNKNOWN);
    strcpy(t->hosts[0].address, "10.0.0.1");
    return t;
}

TEST(ClusterTopology, CopyAndCompare)
{
    struct topology *a = three();
    struct topology *b = topology_copy(a, 1);
    EXPECT_TRUE(topology_same(a, b));
    EXPECT_FALSE(topology_same(a, nullptr));
    topology_add(b, text_of("n4.org"), 1, text_of(""), ROLE_UNKNOWN);
    EXPECT_FALSE(topology_same(a, b));
    topology_unref(b);
    b = topology_copy(a, 0);
    strcpy(b->hosts[1].address, "10.0.0.2");
    EXPECT_FALSE(topology_same(a, b));
    topology_unref(b);
    EXPECT_EQ(topology_ref(a), a);
    topology_unref(a);
    EXPECT_EQ(a->refs, 1);
    topology_unref(a);
    topology_unref(nullptr);
    EXPECT_EQ(topology_ref(nullptr), nullptr);
}

TEST(ClusterTopology, Find)
{
    struct topology *t = three();
    EXPECT_EQ(topology_find(t, "N1.ORG", "", 5432), 0);
    EXPECT_EQ(topology_find(t, "n1.org.", nullptr, 5432), 0);
    EXPECT_EQ(topology_find(t, "n1.org", "", 5433), -1);
    EXPECT_EQ(topology_find(t, "cluster.org", "10.0.0.1", 5432), 0);
    EXPECT_EQ(topology_find(t, nullptr, "10.0.0.3", 5433), 2); // a numeric name is an address
    EXPECT_EQ(topology_find(t, "", "", 5432), -1);
    EXPECT_EQ(topology_find(nullptr, "n1.org", "", 5432), -1);
    // A moving name is only what its address says.
    t->hosts[1].moves = true;
    EXPECT_EQ(topology_find(t, "n2.org", "10.0.0.1", 5432), 0);
    EXPECT_EQ(topology_find(t, "n2.org", "10.9.9.9", 5432), 1);
    topology_unref(t);
}

TEST(ClusterTopology, Writer)
{
    struct topology *t = three();
    EXPECT_EQ(t->hosts[1].role, ROLE_WRITER);
    topology_set_writer(t, 0, ROLE_UNKNOWN);
    EXPECT_EQ(t->hosts[1].role, ROLE_UNKNOWN);
    EXPECT_EQ(t->hosts[0].role, ROLE_WRITER);
    topology_set_writer(t, -1, ROLE_READER);
    EXPECT_EQ(t->hosts[0].role, ROLE_READER);
    EXPECT_EQ(t->writer, -1);
    topology_unref(t);
}

TEST(ClusterTopology, HostLists)
{
    struct topology *t = topology_from_list(
        text_of(" a.org , b.org:5433,[::1]:5434,[fe80::2],2001:db8::1,, bad:port, bad:0,"
                "two words,[::1,a.org"),
        5432);
    ASSERT_NE(t, nullptr);
    ASSERT_EQ(t->n, 5u);
    const struct {
        const char *name;
        int port;
        const char *address;
    } want[] = {{"a.org", 5432, ""},
                {"b.org", 5433, ""},
                {"::1", 5434, "::1"},
                {"fe80::2", 5432, "fe80::2"},
                {"2001:db8::1", 5432, "2001:db8::1"}};
    for (size_t i = 0; i < t->n; i++) {
        EXPECT_STREQ(t->hosts[i].name, want[i].name);
        EXPECT_EQ(t->hosts[i].port, want[i].port);
        EXPECT_STREQ(t->hosts[i].address, want[i].address);
    }
    topology_unref(t);
    t = topology_from_list(text_of(""), 5432);
    ASSERT_NE(t, nullptr);
    EXPECT_EQ(t->n, 0u);
    topology_unref(t);
}

class WithOptions : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        options_init(&o);
    }
    void TearDown() override
    {
        options_fini(&o);
    }
    void set(const char *keyword, const char *value)
    {
        struct fault f;
        ASSERT_EQ(option_set(&o, text_of(keyword), text_of(value), &f), OPTION_SET) << f.text;
    }
    struct cluster *get(const char *server)
    {
        free(o.value[OPT_SERVER]);
        o.value[OPT_SERVER] = strdup(server);
        return cluster_get(&o, &ops);
    }
    struct options o;
    static struct native_ops ops;
};
const struct nat_caps caps = {};
struct native_ops WithOptions::ops = [] {
    struct native_ops o = {};
    o.caps = &caps;
    return o;
}();

TEST_F(WithOptions, Wanted)
{
    set("SERVER", "demo.cluster-cxyz.eu-central-1.rds.amazonaws.com");
    EXPECT_TRUE(cluster_wanted(&o));
    for (const char *host : {"i.cxyz.eu-central-1.rds.amazonaws.com",
                             "i.cluster-ro-cxyz.eu-central-1.rds.amazonaws.com",
                             "i.cluster-custom-cxyz.eu-central-1.rds.amazonaws.com"}) {
        free(o.value[OPT_SERVER]);
        o.value[OPT_SERVER] = strdup(host);
        EXPECT_TRUE(cluster_wanted(&o)) << host;
    }
    for (const char *host :
         {"localhost", "10.0.0.1", "/tmp", "", "p.proxy-cxyz.eu-central-1.rds.amazonaws.com",
          "l.shardgrp-cxyz.eu-central-1.rds.amazonaws.com"}) {
        free(o.value[OPT_SERVER]);
        o.value[OPT_SERVER] = strdup(host);
        EXPECT_FALSE(cluster_wanted(&o)) << host;
    }
    set("DATABASE_DIALECT", "POSTGRESQL");
    EXPECT_TRUE(cluster_wanted(&o));
    set("ENABLE_CLUSTER_FAILOVER", "0");
    EXPECT_FALSE(cluster_wanted(&o));
}

TEST_F(WithOptions, Keys)
{
    struct cluster *writer = get("demo.cluster-cxyz.eu-central-1.rds.amazonaws.com");
    struct cluster *reader = get("DEMO.cluster-ro-cxyz.eu-central-1.rds.amazonaws.com.");
    struct cluster *custom = get("demo.cluster-custom-cxyz.eu-central-1.rds.amazonaws.com");
    struct cluster *other = get("demo.cluster-cother.eu-central-1.rds.amazonaws.com");
    struct cluster *instance = get("demo.cxyz.eu-central-1.rds.amazonaws.com");
    EXPECT_EQ(writer, reader);
    EXPECT_NE(writer, custom);
    EXPECT_NE(writer, other);
    EXPECT_NE(writer, instance);
    set("CLUSTER_ID", "mine");
    struct cluster *a = get("10.0.0.1");
    struct cluster *b = get("10.0.0.2");
    EXPECT_EQ(a, b);
    for (struct cluster *c : {writer, reader, custom, other, instance, a, b})
        cluster_unref(c);
}

TEST_F(WithOptions, FallbackHosts)
{
    bool listed = true;
    set("SERVER", "demo.cluster-cxyz.eu-central-1.rds.amazonaws.com");
    struct topology *t = cluster_fallback_hosts(&o, 5432, &listed);
    ASSERT_EQ(t->n, 2u);
    EXPECT_FALSE(listed);
    EXPECT_STREQ(t->hosts[1].name, "demo.cluster-ro-cxyz.eu-central-1.rds.amazonaws.com");
    EXPECT_TRUE(t->hosts[0].moves);
    EXPECT_TRUE(t->hosts[1].moves);
    topology_unref(t);
    set("CLUSTER_HOSTS", "a.org,b.org");
    t = cluster_fallback_hosts(&o, 5432, &listed);
    ASSERT_EQ(t->n, 2u);
    EXPECT_TRUE(listed);
    EXPECT_FALSE(t->hosts[0].moves);
    topology_unref(t);
}

struct topology *give(const struct topology *, void *arg)
{
    return topology_copy((const struct topology *)arg, 0);
}

TEST_F(WithOptions, Publication)
{
    set("CLUSTER_ID", "publication");
    struct cluster *c = get("x");
    struct topology *t = three();
    EXPECT_EQ(cluster_topology(c), nullptr);
    EXPECT_EQ(cluster_wait_version(c, 0, clock_us() + MS(1)), nullptr);
    ASSERT_TRUE(cluster_publish(c, give, t));
    struct topology *one = cluster_wait_version(c, 0, clock_us() + MS(1));
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->version, 1u);

    cluster_publish_address(c, "N2.org", 5432, "10.0.0.2");
    cluster_publish_address(c, "n2.org", 5432, "10.0.0.2"); // no news
    cluster_publish_address(c, "n9.org", 5432, "10.0.0.9"); // not a host
    struct topology *two = cluster_topology(c);
    EXPECT_EQ(two->version, 2u);
    EXPECT_STREQ(two->hosts[1].address, "10.0.0.2");
    EXPECT_STREQ(one->hosts[1].address, ""); // immutable

    // Found by its own answer: the others are readers only where they said so themselves.
    const bool readers[] = {false, false, true};
    int64_t now = clock_us();
    cluster_publish_writer(c, two, 0, "10.0.0.11", readers, now);
    struct fault f;
    struct topology *three_ = cluster_wait_writer(c, now - 1, clock_us() + MS(1), &f);
    ASSERT_NE(three_, nullptr);
    EXPECT_EQ(three_->writer, 0);
    EXPECT_STREQ(three_->hosts[0].address, "10.0.0.11");
    EXPECT_EQ(three_->hosts[1].role, ROLE_UNKNOWN);
    EXPECT_EQ(three_->hosts[2].role, ROLE_READER);
    EXPECT_EQ(cluster_wait_writer(c, now, clock_us() + MS(1), &f), nullptr);
    EXPECT_STREQ(f.sqlstate, "08S01");

    // Its own table still calls the old writer one: it does not become it again.
    struct topology *told = topology_copy(two, 0);
    cluster_publish_hosts(c, told, 0, now + 1);
    struct topology *four = cluster_topology(c);
    EXPECT_EQ(four->writer, 0);
    EXPECT_EQ(four->hosts[1].role, ROLE_UNKNOWN);
    EXPECT_STREQ(four->hosts[1].address, "10.0.0.2");

    for (struct topology *each : {t, one, two, three_, told, four})
        topology_unref(each);
    EXPECT_EQ(monitor_threads(), 0);
    cluster_unref(c);
}

} // namespace
