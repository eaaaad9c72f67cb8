// endpoint_of and host_from_pattern: every family of RDS names, and names that only look like one.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "cluster/cluster.h"
}

namespace
{

std::string str(struct text t)
{
    return t.s ? std::string(t.s, t.n) : std::string();
}

struct Case {
    const char *host;
    enum endpoint kind;
    const char *instance;
    const char *domain;
    const char *region;
};

const Case known[] = {
    // Commercial.
    {"demo.cluster-cxyz1.eu-central-1.rds.amazonaws.com", ENDPOINT_WRITER, "demo",
     "cxyz1.eu-central-1.rds.amazonaws.com", "eu-central-1"},
    {"demo.cluster-ro-cxyz1.eu-central-1.rds.amazonaws.com", ENDPOINT_READER, "demo",
     "cxyz1.eu-central-1.rds.amazonaws.com", "eu-central-1"},
    {"bi.cluster-custom-cxyz1.eu-central-1.rds.amazonaws.com", ENDPOINT_CUSTOM, "bi",
     "cxyz1.eu-central-1.rds.amazonaws.com", "eu-central-1"},
    {"demo-instance-1.cxyz1.eu-central-1.rds.amazonaws.com", ENDPOINT_INSTANCE, "demo-instance-1",
     "cxyz1.eu-central-1.rds.amazonaws.com", "eu-central-1"},
    {"p.proxy-cxyz1.us-east-1.rds.amazonaws.com", ENDPOINT_PROXY, "p",
     "cxyz1.us-east-1.rds.amazonaws.com", "us-east-1"},
    {"ro.endpoint.proxy-cxyz1.us-east-1.rds.amazonaws.com", ENDPOINT_PROXY, "ro.endpoint",
     "cxyz1.us-east-1.rds.amazonaws.com", "us-east-1"},
    {"l.shardgrp-cxyz1.us-east-1.rds.amazonaws.com", ENDPOINT_LIMITLESS, "l",
     "cxyz1.us-east-1.rds.amazonaws.com", "us-east-1"},
    {"DEMO.Cluster-CXYZ1.EU-Central-1.RDS.AmazonAWS.com", ENDPOINT_WRITER, "DEMO",
     "CXYZ1.EU-Central-1.RDS.AmazonAWS.com", "EU-Central-1"},
    {"demo.cluster-cxyz1.eu-central-1.rds.amazonaws.com.", ENDPOINT_WRITER, "demo",
     "cxyz1.eu-central-1.rds.amazonaws.com", "eu-central-1"},
    {"i.cxyz1.us-gov-west-1.rds-fips.amazonaws.com", ENDPOINT_INSTANCE, "i",
     "cxyz1.us-gov-west-1.rds-fips.amazonaws.com", "us-gov-west-1"},
    {"i.cluster-ro-cxyz1.us-east-1.rds-fips.amazonaws.com", ENDPOINT_READER, "i",
     "cxyz1.us-east-1.rds-fips.amazonaws.com", "us-east-1"},
    {"i.cluster-c1.ap-southeast-2.rds.amazonaws.au", ENDPOINT_WRITER, "i",
     "c1.ap-southeast-2.rds.amazonaws.au", "ap-southeast-2"},
    {"i.cluster-c1.eusc-de-east-1.rds.amazonaws.eu", ENDPOINT_WRITER, "i",
     "c1.eusc-de-east-1.rds.amazonaws.eu", "eusc-de-east-1"},
    {"i.c1.eu-west-2.rds.amazonaws.uk", ENDPOINT_INSTANCE, "i", "c1.eu-west-2.rds.amazonaws.uk",
     "eu-west-2"},
    // China, new and old.
    {"i.cluster-c1.rds.cn-northwest-1.amazonaws.com.cn", ENDPOINT_WRITER, "i",
     "c1.rds.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
    {"i.c1.rds-fips.cn-northwest-1.amazonaws.com.cn", ENDPOINT_INSTANCE, "i",
     "c1.rds-fips.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
    {"i.cluster-ro-c1.rds.cn-north-1.amazonaws.com.cn.", ENDPOINT_READER, "i",
     "c1.rds.cn-north-1.amazonaws.com.cn", "cn-north-1"},
    {"i.cluster-custom-c1.cn-north-1.rds.amazonaws.com.cn", ENDPOINT_CUSTOM, "i",
     "c1.cn-north-1.rds.amazonaws.com.cn", "cn-north-1"},
    {"x.endpoint.proxy-c1.rds.cn-north-1.amazonaws.com.cn", ENDPOINT_PROXY, "x.endpoint",
     "c1.rds.cn-north-1.amazonaws.com.cn", "cn-north-1"},
    // Gov and secret.
    {"i.cluster-c1.rds.us-gov-east-1.amazonaws.com", ENDPOINT_WRITER, "i",
     "c1.rds.us-gov-east-1.amazonaws.com", "us-gov-east-1"},
    {"i.c1.rds.us-iso-east-1.c2s.ic.gov", ENDPOINT_INSTANCE, "i", "c1.rds.us-iso-east-1.c2s.ic.gov",
     "us-iso-east-1"},
    {"i.cluster-ro-c1.rds.us-isob-east-1.sc2s.sgov.gov", ENDPOINT_READER, "i",
     "c1.rds.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
    // Global writer.
    {"g.global-abc123.global.rds.amazonaws.com", ENDPOINT_GLOBAL_WRITER, "g",
     "abc123.global.rds.amazonaws.com", ""},
    {"g.abc123.global.rds.amazonaws.com", ENDPOINT_GLOBAL_WRITER, "g",
     "abc123.global.rds.amazonaws.com", ""},
    // A name may have dots of its own.
    {"a.b.cluster-c1.eu-west-1.rds.amazonaws.com", ENDPOINT_WRITER, "a.b",
     "c1.eu-west-1.rds.amazonaws.com", "eu-west-1"},
};

TEST(ClusterHostname, Families)
{
    for (const Case &c : known) {
        SCOPED_TRACE(c.host);
        struct endpoint_info e = endpoint_of(c.host);
        EXPECT_EQ(e.kind, c.kind);
        EXPECT_EQ(str(e.instance), c.instance);
        EXPECT_EQ(str(e.domain), c.domain);
        EXPECT_EQ(str(e.region), c.region);
    }
}

TEST(ClusterHostname, NearMisses)
{
    const char *hosts[] = {
        "",
        ".",
        "localhost",
        "db.example.com",
        "rds.amazonaws.com",
        "eu-central-1.rds.amazonaws.com",
        "cxyz.eu-central-1.rds.amazonaws.com",          // no instance in front
        ".cxyz.eu-central-1.rds.amazonaws.com",         // an empty one
        "demo.cluster-.eu-central-1.rds.amazonaws.com", // no account
        "demo.cluster-ro-.eu-central-1.rds.amazonaws.com",
        "demo.cluster-foo-cxyz.eu-central-1.rds.amazonaws.com",
        "demo.cxyz.eu_central_1.rds.amazonaws.com",
        "demo.cxyz.eu-central-1.rdsx.amazonaws.com",
        "demo.cxyz.eu-central-1.rds.amazonaws.org",
        "demo.cxyz.eu-central-1.rds.amazonaws.com.evil.net",
        "demo.cxyz.eu-central-1.rds.amazonaws.comx",
        "demo.cxyz.eu-central-1.rds.amazonaws.com..",
        "demo.cxyz.eu-central-1.redshift.amazonaws.com",
        "a.elb.eu-central-1.amazonaws.com",
        "i.c1.rds.us-iso-east-1.c2s.ic.com",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "12345::1",
        "g.global-.global.rds.amazonaws.com",
    };
    for (const char *host : hosts) {
        SCOPED_TRACE(host);
        EXPECT_EQ(endpoint_of(host).kind, ENDPOINT_OTHER);
    }
    EXPECT_EQ(endpoint_of(nullptr).kind, ENDPOINT_OTHER);
}

TEST(ClusterHostname, AddressesAndFolders)
{
    for (const char *host : {"127.0.0.1", "10.0.0.255", "::1", "fe80::1%eth0", "2001:db8::a:1",
                             "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"})
        EXPECT_EQ(endpoint_of(host).kind, ENDPOINT_IP) << host;
    for (const char *host : {"/var/run/postgresql", "/", "@abstract"})
        EXPECT_EQ(endpoint_of(host).kind, ENDPOINT_SOCKET) << host;
}

struct Pattern {
    const char *pattern;
    const char *name; // nullptr: refused
    int port;
};

TEST(ClusterHostname, Patterns)
{
    const Pattern patterns[] = {
        {"?.db.example.com", "node-1.db.example.com", 0},
        {"?.db.example.com:5432", "node-1.db.example.com", 5432},
        {" pg-?.example.com ", "pg-node-1.example.com", 0},
        {"?", "node-1", 0},
        {"?:1", "node-1", 1},
        {"?.cxyz.eu-central-1.rds.amazonaws.com", "node-1.cxyz.eu-central-1.rds.amazonaws.com", 0},
        {"", nullptr, 0},
        {"db.example.com", nullptr, 0},
        {"?.?.example.com", nullptr, 0},
        {"db.example.com:?", nullptr, 0},
        {"?.example.com:0", nullptr, 0},
        {"?.example.com:65536", nullptr, 0},
        {"?.example.com:", nullptr, 0},
        {"?.example.com:x", nullptr, 0},
        {"?.proxy-cxyz.eu-central-1.rds.amazonaws.com", nullptr, 0},
        {"?.cluster-custom-cxyz.eu-central-1.rds.amazonaws.com", nullptr, 0},
    };
    for (const Pattern &p : patterns) {
        SCOPED_TRACE(p.pattern);
        struct buf name;
        struct fault f;
        int port = -1;
        buf_init(&name);
        fault_clear(&f);
        bool ok = host_from_pattern(p.pattern, text_of("node-1"), &name, &port, &f);
        EXPECT_EQ(ok, p.name != nullptr);
        if (p.name) {
            EXPECT_STREQ(buf_z(&name), p.name);
            EXPECT_EQ(port, p.port);
        } else {
            EXPECT_STREQ(f.sqlstate, "HY024");
        }
        buf_fini(&name);
    }
}

} // namespace
