// Turns of a herd: as many as there are, and the next when one is given back.
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

extern "C" {
#include "base/clock.h"
#include "cluster/cluster.h"
#include "fake/fake.h"
}

namespace {

struct ClusterTurn : ::testing::Test {
    void SetUp() override
    {
        options_init(&options);
        options.value[OPT_SERVER] = strdup("turn.cluster-cxyz.eu-central-1.rds.amazonaws.com");
        cluster = cluster_get(&options, &native_fake);
        ASSERT_TRUE(cluster);
    }
    void TearDown() override
    {
        cluster_unref(cluster);
        options_fini(&options);
    }
    struct options options;
    struct cluster *cluster = nullptr;
};

TEST_F(ClusterTurn, AsManyAsThereAre)
{
    for (int i = 0; i < TURNS_MAX; i++)
        EXPECT_TRUE(cluster_turn(cluster, DEADLINE_NOW));
    EXPECT_FALSE(cluster_turn(cluster, DEADLINE_NOW));
    int64_t begun = clock_us();
    EXPECT_FALSE(cluster_turn(cluster, deadline_in(MS(20))));
    EXPECT_GE(clock_us() - begun, MS(20));
    for (int i = 0; i < TURNS_MAX; i++)
        cluster_turn_done(cluster);
}

TEST_F(ClusterTurn, OneThatIsGivenBackWakesTheNext)
{
    for (int i = 0; i < TURNS_MAX; i++)
        ASSERT_TRUE(cluster_turn(cluster, DEADLINE_NOW));
    bool came = false;
    std::thread next([&] { came = cluster_turn(cluster, deadline_in(SECONDS(10))); });
    int64_t begun = clock_us();
    cluster_turn_done(cluster);
    next.join();
    EXPECT_TRUE(came);
    EXPECT_LT(clock_us() - begun, SECONDS(5));
    for (int i = 0; i < TURNS_MAX; i++)
        cluster_turn_done(cluster);
}

} // namespace
