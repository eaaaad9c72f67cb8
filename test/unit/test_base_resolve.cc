#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <future>
#include <mutex>
#include <netdb.h>
#include <pthread.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern "C" {
#include "base/clock.h"
#include "base/resolve.h"
}

/* Names under .test answer here; all others as ever. */
static std::atomic<int> lookups, running, most_running;
static std::atomic<int> slow_ms{100};
static std::string thread_name;
static bool signals_blocked;

extern "C" int getaddrinfo(const char *host, const char *service, const addrinfo *hints,
                           addrinfo **out)
{
    using real_fn = int(const char *, const char *, const addrinfo *, addrinfo **);
    static auto *real = (real_fn *)dlsym(RTLD_NEXT, "getaddrinfo");
    std::string name = host ? host : "";
    if (name.size() < 5 || name.compare(name.size() - 5, 5, ".test") != 0)
        return real(host, service, hints, out);

    lookups++;
    int now = ++running;
    if (now > most_running)
        most_running = now;
    if (name == "look.test") {
        char self[16] = "";
        sigset_t set;
        pthread_getname_np(pthread_self(), self, sizeof self);
        thread_name = self;
        pthread_sigmask(SIG_SETMASK, nullptr, &set);
        signals_blocked = sigismember(&set, SIGINT) && sigismember(&set, SIGALRM);
    }
    if (name.compare(0, 4, "slow") == 0)
        usleep((useconds_t)slow_ms * 1000);
    running--;
    if (name == "none.test")
        return EAI_NONAME;
    if (name == "system.test") {
        errno = ENETDOWN;
        return EAI_SYSTEM;
    }
    return real(name == "six.test" ? "2001:db8::7" : "192.0.2.7", service, hints, out);
}

TEST(Resolve, Numeric)
{
    struct {
        const char *host;
        bool numeric;
    } rows[] = {
        {"127.0.0.1", true},
        {"255.255.255.255", true},
        {"::1", true},
        {"2001:db8::1", true},
        {"::ffff:1.2.3.4", true},
        {"fe80::1%eth0", true},
        {"fe80::1%", false},
        {"fe80::1%a-name-that-is-too-long", false},
        {"1.2.3.4%eth0", false},
        {"127.1", false},
        {"256.0.0.1", false},
        {"1.2.3.4 ", false},
        {"[::1]", false},
        {"localhost", false},
        {"", false},
        {nullptr, false},
    };
    for (auto &r : rows) {
        SCOPED_TRACE(r.host ? r.host : "NULL");
        EXPECT_EQ(r.numeric, resolve_is_numeric(r.host));
        if (!r.numeric)
            continue;
        char address[ADDRESS_MAX];
        EXPECT_TRUE(resolve_host(r.host, DEADLINE_NOW, address, nullptr));
        EXPECT_STREQ(r.host, address);
    }
}

TEST(Resolve, Names)
{
    struct {
        const char *host, *address, *why;
    } rows[] = {
        {"localhost", "127.0.0.1", ""},
        {"LocalHost", "127.0.0.1", ""},
        {"four.test", "192.0.2.7", ""},
        {"six.test", "2001:db8::7", ""},
        {"none.test", "", gai_strerror(EAI_NONAME)},
        {"system.test", "", strerror(ENETDOWN)},
        {"", "", "the name is empty"},
    };
    for (auto &r : rows) {
        SCOPED_TRACE(r.host);
        char address[ADDRESS_MAX] = "before";
        fault f;
        fault_clear(&f);
        bool found = r.address[0] != '\0';
        EXPECT_EQ(found, resolve_host(r.host, deadline_in(SECONDS(10)), address, &f));
        EXPECT_STREQ(r.address, address);
        EXPECT_EQ(!found, fault_is(&f));
        if (found)
            continue;
        EXPECT_STREQ("08001", f.sqlstate);
        EXPECT_EQ(std::string("could not translate host name \"") + r.host +
                      "\" to an address: " + r.why,
                  f.text);
    }
    char address[ADDRESS_MAX];
    EXPECT_FALSE(resolve_host(nullptr, DEADLINE_NEVER, address, nullptr));
    EXPECT_FALSE(
        resolve_host(std::string(3000, 'x').c_str(), deadline_in(SECONDS(10)), address, nullptr));
}

TEST(Resolve, HelperIsNamedAndDeafToSignals)
{
    char address[ADDRESS_MAX];
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    ASSERT_TRUE(resolve_host("look.test", deadline_in(SECONDS(10)), address, nullptr));
    EXPECT_EQ("hf-resolve", thread_name);
    EXPECT_TRUE(signals_blocked);
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    EXPECT_EQ(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
}

TEST(Resolve, DeadlineIsKept)
{
    char address[ADDRESS_MAX];
    fault f;
    fault_clear(&f);
    lookups = 0;
    EXPECT_FALSE(resolve_host("slow0.test", DEADLINE_NOW, address, &f));
    EXPECT_EQ(0, lookups);
    slow_ms = 400;
    int64_t start = clock_us();
    EXPECT_FALSE(resolve_host("slow1.test", start + MS(30), address, &f));
    EXPECT_LT(clock_us() - start, MS(300));
    EXPECT_STREQ("", address);
    EXPECT_STREQ("08001", f.sqlstate);
    EXPECT_STREQ("could not translate host name \"slow1.test\" to an address: the time allowed is "
                 "over",
                 f.text);
    /* The one that was left alone still works for the next caller. */
    EXPECT_TRUE(resolve_host("SLOW1.test", deadline_in(SECONDS(10)), address, &f));
    EXPECT_STREQ("192.0.2.7", address);
    EXPECT_EQ(1, lookups);
    slow_ms = 100;
}

TEST(Resolve, OneHelperForAName)
{
    most_running = 0;
    std::atomic<int> good{0};
    std::vector<std::thread> all;
    for (int i = 0; i < 16; i++) {
        all.emplace_back([&, i] {
            char address[ADDRESS_MAX];
            fault f;
            good +=
                resolve_host("slow2.test", deadline_in(i % 4 ? SECONDS(10) : MS(5)), address, &f);
        });
    }
    for (auto &t : all)
        t.join();
    EXPECT_GE(good, 12);
    EXPECT_EQ(1, most_running);
}

struct Told {
    std::mutex m;
    std::condition_variable cv;
    int calls = 0;
    std::string address, text;
    bool await(int n)
    {
        std::unique_lock<std::mutex> l(m);
        return cv.wait_for(l, std::chrono::seconds(10), [&] { return calls >= n; });
    }
};

static void told(void *arg, const char *address, const fault *f)
{
    auto *t = (Told *)arg;
    std::lock_guard<std::mutex> l(t->m);
    t->calls++;
    t->address = address;
    t->text = f->text;
    t->cv.notify_all();
}

TEST(Resolve, StartTellsOnce)
{
    struct {
        const char *host, *address;
    } rows[] = {
        {"four.test", "192.0.2.7"},
        {"slow3.test", "192.0.2.7"},
        {"10.0.0.1", "10.0.0.1"},
        {"::1", "::1"},
        {"localhost", "127.0.0.1"},
        {"none.test", ""},
        {"", ""},
    };
    for (auto &r : rows) {
        SCOPED_TRACE(r.host);
        Told t;
        ASSERT_TRUE(resolve_start(r.host, told, &t));
        ASSERT_TRUE(t.await(1));
        usleep(2000);
        std::lock_guard<std::mutex> l(t.m);
        EXPECT_EQ(1, t.calls);
        EXPECT_EQ(r.address, t.address);
        EXPECT_EQ(r.address[0] == '\0', t.text.find("could not translate") == 0) << t.text;
    }
}

TEST(Resolve, StartersJoinWaiters)
{
    lookups = 0;
    Told t;
    for (int i = 0; i < 10; i++)
        ASSERT_TRUE(resolve_start("slow4.test", told, &t));
    char address[ADDRESS_MAX];
    EXPECT_TRUE(resolve_host("slow4.test", deadline_in(SECONDS(10)), address, nullptr));
    ASSERT_TRUE(t.await(10));
    EXPECT_EQ(10, t.calls);
    EXPECT_EQ(1, lookups);
}

struct Chain {
    Told told;
    std::promise<bool> started;
};

static void again(void *arg, const char *, const fault *)
{
    auto *c = (Chain *)arg;
    c->started.set_value(resolve_start("again.test", told, &c->told));
}

TEST(Resolve, DoneMayStartTheNext)
{
    Chain c;
    ASSERT_TRUE(resolve_start("again.test", again, &c));
    auto started = c.started.get_future();
    ASSERT_EQ(started.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    ASSERT_TRUE(started.get());
    EXPECT_TRUE(c.told.await(1));
}

TEST(Resolve, ManyNamesAtOnce)
{
    std::vector<std::thread> all;
    std::atomic<int> good{0};
    for (int i = 0; i < 8; i++) {
        all.emplace_back([&, i] {
            for (int k = 0; k < 50; k++) {
                char address[ADDRESS_MAX];
                fault f;
                std::string name = "n" + std::to_string((i + k) % 5) + ".test";
                good += resolve_host(name.c_str(), deadline_in(SECONDS(10)), address, &f);
            }
        });
    }
    for (auto &t : all)
        t.join();
    EXPECT_EQ(400, good);
}

#if defined(__SANITIZE_THREAD__)
#define NO_THREAD_AFTER_FORK 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NO_THREAD_AFTER_FORK 1
#endif
#endif

TEST(Resolve, WorksAfterForkInTheMiddle)
{
#ifdef NO_THREAD_AFTER_FORK
    GTEST_SKIP() << "the sanitizer allows no threads in a forked child";
#endif
    slow_ms = 300;
    Told t;
    ASSERT_TRUE(resolve_start("slow5.test", told, &t));
    usleep(20000);
    pid_t child = fork();
    if (child == 0) {
        char address[ADDRESS_MAX];
        alarm(10);
        bool ok = resolve_host("slow5.test", deadline_in(SECONDS(5)), address, nullptr);
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(child, waitpid(child, &status, 0));
    EXPECT_EQ(0, status);
    EXPECT_TRUE(t.await(1));
    slow_ms = 100;
}
