// How long a host may be silent: the arithmetic of host monitoring, as a table.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "cluster/cluster.h"
}

namespace
{

struct Case {
    const char *time, *interval, *count; // ""; the default
    int64_t expect_time, silence, first, spacing; // ms
};

void PrintTo(const Case &c, std::ostream *os)
{
    *os << c.time << "/" << c.interval << "/" << c.count;
}

struct health_rules rules(const char *time, const char *interval, const char *count,
                          const char *keep = "")
{
    struct options o;
    struct fault f;
    struct health_rules r;
    options_init(&o);
    auto set = [&](const char *key, const char *value) {
        if (value[0]) {
            EXPECT_EQ(option_set(&o, text_of(key), text_of(value), &f), OPTION_SET) << f.text;
        }
    };
    set("FAILURE_DETECTION_TIME", time);
    set("FAILURE_DETECTION_INTERVAL", interval);
    set("FAILURE_DETECTION_COUNT", count);
    set("MONITOR_DISPOSAL_TIME", keep);
    health_rules_of(&o, &r);
    options_fini(&o);
    return r;
}

class Health : public testing::TestWithParam<Case>
{
};

TEST_P(Health, Rules)
{
    const Case &c = GetParam();
    struct health_rules r = rules(c.time, c.interval, c.count);
    EXPECT_EQ(r.time, MS(c.expect_time));
    EXPECT_EQ(r.silence, MS(c.silence));
    EXPECT_EQ(r.first, MS(c.first));
    EXPECT_EQ(r.spacing, MS(c.spacing));
    EXPECT_EQ(r.keep, MS(60000));
    // COUNT probes without an answer lie between the first and the death.
    int64_t dead = health_dead_at(&r, 0, 0);
    EXPECT_EQ(dead, r.time > r.silence ? r.time : r.silence);
    int64_t count = c.count[0] ? atoi(c.count) : 3;
    if (r.spacing > MS(10)) {
        EXPECT_LT(r.first + (count - 1) * r.spacing, dead);
        EXPECT_GE(r.first + count * r.spacing, dead);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Health,
                         testing::Values(Case{"", "", "", 5000, 5000, 1250, 1250},
                                         Case{"1000", "", "", 1000, 1000, 250, 250},
                                         Case{"30000", "5000", "3", 30000, 15000, 18750, 3750},
                                         Case{"6000", "1000", "1", 6000, 1000, 5500, 500},
                                         Case{"1000", "5000", "3", 1000, 15000, 3750, 3750},
                                         Case{"1000", "", "1", 1000, 1000, 500, 500},
                                         Case{"100", "", "4", 100, 100, 20, 20},
                                         Case{"100", "", "100", 100, 100, 10, 10},
                                         Case{"5000", "1", "1", 5000, 100, 4950, 50}));

TEST(HealthRules, DeathIsTheLaterOfTimeAndSilence)
{
    struct health_rules r = rules("30000", "5000", "3");
    struct {
        int64_t begun, heard, dead; // s
    } table[] = {
        {100, 0, 130},   // never heard of
        {100, 99, 130},  // heard of before the wait
        {100, 114, 130}, // silent for longer than 15 s at 130
        {100, 115, 130}, {100, 116, 131}, {100, 400, 415},
    };
    for (auto &t : table)
        EXPECT_EQ(health_dead_at(&r, SECONDS(t.begun), SECONDS(t.heard)), SECONDS(t.dead))
            << t.begun << " " << t.heard;
}

TEST(HealthRules, TheBeginOfTheWaitIsASignOfLife)
{
    struct health_rules r = rules("1000", "5000", "3");
    EXPECT_EQ(health_dead_at(&r, SECONDS(100), SECONDS(10)), SECONDS(115));
    EXPECT_EQ(rules("", "", "", "0").keep, 0);
}

} // namespace
