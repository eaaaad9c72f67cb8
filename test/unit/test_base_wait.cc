#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <pthread.h>
#include <thread>
#include <unistd.h>

extern "C" {
#include "base/clock.h"
#include "base/wait.h"
}

TEST(Clock, Deadlines)
{
    int64_t now = clock_us();
    EXPECT_GT(now, 0);
    EXPECT_LE(now, clock_us());
    EXPECT_EQ(DEADLINE_NEVER, deadline_in(-1));
    EXPECT_EQ(DEADLINE_NEVER, deadline_in(INT64_MIN));
    EXPECT_EQ(DEADLINE_NEVER, deadline_in(INT64_MAX));
    EXPECT_GE(deadline_in(SECONDS(1)), now + 1000000);
    for (uint64_t none : {uint64_t(0), UINT64_MAX, uint64_t(1) << 63, uint64_t(1) << 44})
        EXPECT_EQ(DEADLINE_NEVER, deadline_in_seconds(none));
    EXPECT_GE(deadline_in_seconds(1), now + 1000000);
    EXPECT_EQ(1, deadline_min(1, DEADLINE_NEVER));
    EXPECT_EQ(DEADLINE_NOW, deadline_min(5, DEADLINE_NOW));

    EXPECT_TRUE(deadline_passed(DEADLINE_NOW));
    EXPECT_TRUE(deadline_passed(INT64_MIN));
    EXPECT_TRUE(deadline_passed(now));
    EXPECT_FALSE(deadline_passed(DEADLINE_NEVER));
    EXPECT_FALSE(deadline_passed(deadline_in(SECONDS(60))));

    EXPECT_EQ(-1, deadline_poll_ms(DEADLINE_NEVER));
    EXPECT_EQ(0, deadline_poll_ms(DEADLINE_NOW));
    EXPECT_EQ(0, deadline_poll_ms(INT64_MIN));
    EXPECT_EQ(0, deadline_poll_ms(now));
    EXPECT_EQ(INT_MAX, deadline_poll_ms(DEADLINE_NEVER - 1));
    int ms = deadline_poll_ms(deadline_in(MS(500)));
    EXPECT_GT(ms, 300);
    EXPECT_LE(ms, 500);
    EXPECT_EQ(1, deadline_poll_ms(deadline_in(900)));
}

TEST(Clock, CondWait)
{
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t c;
    ASSERT_EQ(0, cond_init(&c));
    pthread_mutex_lock(&m);
    EXPECT_FALSE(cond_wait_until(&c, &m, DEADLINE_NOW));
    EXPECT_FALSE(cond_wait_until(&c, &m, INT64_MIN));
    int64_t start = clock_us();
    while (cond_wait_until(&c, &m, start + MS(30))) {
    }
    EXPECT_GE(clock_us(), start + MS(30));

    bool told = false;
    std::thread other([&] {
        pthread_mutex_lock(&m);
        told = true;
        pthread_cond_signal(&c);
        pthread_mutex_unlock(&m);
    });
    while (!told)
        EXPECT_TRUE(cond_wait_until(&c, &m, DEADLINE_NEVER));
    pthread_mutex_unlock(&m);
    other.join();
    pthread_cond_destroy(&c);
}

class Wait : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_EQ(0, pipe(fd));
        ASSERT_TRUE(wake_init(&w));
    }
    void TearDown() override
    {
        close(fd[0]);
        close(fd[1]);
        wake_fini(&w);
        EXPECT_EQ(-1, w.fd);
        wake_fini(&w);
    }
    int fd[2];
    wake w;
};

TEST_F(Wait, TableOfWaits)
{
    struct {
        bool readable, woken, use_fd, use_wake;
        enum wait_result want;
    } rows[] = {
        {false, false, true, true, WAIT_TIMEOUT}, {true, false, true, true, WAIT_IO},
        {false, true, true, true, WAIT_WOKEN},    {true, true, true, true, WAIT_WOKEN},
        {true, true, true, false, WAIT_IO},       {true, true, false, true, WAIT_WOKEN},
        {true, true, false, false, WAIT_TIMEOUT}, {false, false, false, false, WAIT_TIMEOUT},
    };
    for (auto &r : rows) {
        for (int64_t wait : {(int64_t)0, MS(20)}) {
            char c = 0;
            if (r.readable) {
                ASSERT_EQ(1, write(fd[1], &c, 1));
            }
            if (r.woken)
                wake_signal(&w);
            int64_t deadline = wait ? deadline_in(wait) : DEADLINE_NOW;
            EXPECT_EQ(r.want,
                      wait_for(r.use_fd ? fd[0] : -1, POLLIN, r.use_wake ? &w : nullptr, deadline));
            if (r.want == WAIT_TIMEOUT) {
                EXPECT_TRUE(deadline_passed(deadline));
            }
            wake_clear(&w);
            if (r.readable) {
                ASSERT_EQ(1, read(fd[0], &c, 1));
            }
        }
    }
}

TEST_F(Wait, StaysSignalledUntilCleared)
{
    wake_signal(&w);
    wake_signal(&w);
    EXPECT_EQ(WAIT_WOKEN, wait_for(-1, 0, &w, DEADLINE_NEVER));
    EXPECT_EQ(WAIT_WOKEN, wait_for(-1, 0, &w, DEADLINE_NOW));
    errno = 4711;
    wake_clear(&w);
    wake_clear(&w);
    EXPECT_EQ(4711, errno);
    EXPECT_EQ(WAIT_TIMEOUT, wait_for(-1, 0, &w, DEADLINE_NOW));
}

TEST_F(Wait, SignalNeverBlocks)
{
    uint64_t most = UINT64_MAX - 1;
    ASSERT_EQ((ssize_t)sizeof most, write(w.fd, &most, sizeof most));
    errno = 4711;
    wake_signal(&w);
    EXPECT_EQ(4711, errno);
    EXPECT_EQ(WAIT_WOKEN, wait_for(-1, 0, &w, DEADLINE_NOW));
}

TEST_F(Wait, ErrorConditionsAreIo)
{
    close(fd[1]);
    EXPECT_EQ(WAIT_IO, wait_for(fd[0], POLLIN, &w, DEADLINE_NEVER)); /* hang-up */
    close(fd[0]);
    EXPECT_EQ(WAIT_IO, wait_for(fd[0], POLLIN, &w, DEADLINE_NEVER)); /* not open */
    ASSERT_EQ(0, pipe(fd));
    EXPECT_EQ(WAIT_IO, wait_for(fd[1], POLLOUT, &w, DEADLINE_NEVER));
}

TEST_F(Wait, WithoutAnEventfd)
{
    wake none = {-1};
    wake_signal(&none);
    wake_clear(&none);
    EXPECT_EQ(WAIT_TIMEOUT, wait_for(-1, 0, &none, deadline_in(MS(5))));
}

TEST_F(Wait, AnotherThreadWakes)
{
    std::thread other([&] {
        usleep(20000);
        wake_signal(&w);
    });
    EXPECT_EQ(WAIT_WOKEN, wait_for(fd[0], POLLIN, &w, DEADLINE_NEVER));
    other.join();
}

static void nothing(int)
{
}

TEST_F(Wait, InterruptedWaitsOn)
{
    struct sigaction act = {}, before;
    act.sa_handler = nothing;
    sigaction(SIGUSR1, &act, &before);
    pthread_t self = pthread_self();
    std::thread other([&] {
        for (int i = 0; i < 5; i++) {
            usleep(10000);
            pthread_kill(self, SIGUSR1);
        }
    });
    int64_t start = clock_us();
    EXPECT_EQ(WAIT_TIMEOUT, wait_for(fd[0], POLLIN, &w, start + MS(120)));
    EXPECT_GE(clock_us(), start + MS(120));
    EXPECT_LT(clock_us(), start + SECONDS(2));
    other.join();
    sigaction(SIGUSR1, &before, nullptr);
}
