// The monitor over a native of a few lines: hosts that refuse, hang, read or write as a test says.
#include <gtest/gtest.h>

#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "cluster/probe_priv.h"
}

namespace
{

struct native_ops *ops();

enum Mode { REFUSE, HANG, READER, WRITER, LAGGING, DENY };

struct World {
    struct Host {
        Mode mode = READER;
        int generation = 0; // sessions of an older one are dead
        std::vector<int64_t> probes;
        int dials = 0;
        int abandoned = 0;
    };
    std::mutex lock;
    std::map<std::string, Host> hosts;
    std::string topology_writer; // whom the tables call the writer
    bool awaits = false;         // a long question was seen
    std::string denied;          // a user whose login is refused

    void set(const std::string &name, Mode mode, bool cut = false)
    {
        std::lock_guard<std::mutex> guard(lock);
        hosts[name].mode = mode;
        if (cut)
            hosts[name].generation++;
    }
    bool was_awaited()
    {
        std::lock_guard<std::mutex> guard(lock);
        return awaits;
    }
    int dials(const std::string &name)
    {
        std::lock_guard<std::mutex> guard(lock);
        return hosts[name].dials;
    }
    std::vector<int64_t> probes(const std::string &name)
    {
        std::lock_guard<std::mutex> guard(lock);
        return hosts[name].probes;
    }
} * world;

struct Mini {
    struct native base;
    std::string host;
    int generation = 0;
    bool probe = false;
    std::string user, database;
    int timer = -1;
    std::vector<std::string> questions;
    int64_t sent = 0;
    size_t request = 0;
    int stage = 0; // of a request's outcomes: rows, cells, done
    std::vector<std::vector<std::string>> rows;
    bool given = false;
};

Mini *mini(struct native *n)
{
    return reinterpret_cast<Mini *>(n);
}

bool dead(Mini *m)
{
    std::lock_guard<std::mutex> guard(world->lock);
    return world->hosts[m->host].generation != m->generation;
}

Mode mode_of(Mini *m)
{
    std::lock_guard<std::mutex> guard(world->lock);
    return world->hosts[m->host].mode;
}

struct native *create(const struct nat_target *to, const struct nat_login *as, struct fault *)
{
    Mini *m = new Mini;
    m->host = to->host;
    m->probe = as->probe;
    m->user = option_str(as->options, OPT_UID);
    m->database = as->database ? as->database : "";
    m->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct itimerspec each = {{0, 1000000}, {0, 1000000}};
    timerfd_settime(m->timer, 0, &each, nullptr);
    std::lock_guard<std::mutex> guard(world->lock);
    World::Host &h = world->hosts[m->host];
    m->generation = h.generation;
    h.dials++;
    if (m->probe)
        h.probes.push_back(clock_us());
    m->base.ops = ops();
    return &m->base;
}

void tick(Mini *m)
{
    uint64_t n;
    if (read(m->timer, &n, sizeof n) < 0)
        return;
}

bool denied(Mini *m)
{
    std::lock_guard<std::mutex> guard(world->lock);
    return m->user == world->denied;
}

enum nat_answer open_it(struct native *n, int64_t deadline, struct fault *f)
{
    Mini *m = mini(n);
    for (;;) {
        tick(m);
        Mode mode = mode_of(m);
        if (mode == REFUSE || dead(m)) {
            fault_lost(f, "connection refused");
            return NAT_FAULT;
        }
        if (mode == DENY || denied(m)) {
            fault_set(f, "28000", "password authentication failed");
            strcpy(f->server_state, "28P01");
            return NAT_FAULT;
        }
        if (mode != HANG)
            return NAT_READY;
        if (deadline_passed(deadline))
            return NAT_WAIT;
        usleep(500);
    }
}

void close_it(struct native *n, enum nat_close how)
{
    Mini *m = mini(n);
    if (how == NAT_ABANDON) {
        std::lock_guard<std::mutex> guard(world->lock);
        world->hosts[m->host].abandoned++;
    }
    close(m->timer);
    delete m;
}

int poll_fd(const struct native *n, short *events)
{
    *events = 1;
    const Mini *m = reinterpret_cast<const Mini *>(n);
    return m->questions.empty() ? -1 : m->timer;
}

enum nat_answer send_it(struct native *n, const struct nat_request *r, size_t count, bool *sent,
                        int64_t, struct fault *f)
{
    Mini *m = mini(n);
    if (dead(m)) {
        fault_lost(f, "server closed the connection");
        return NAT_FAULT;
    }
    *sent = true;
    m->questions.clear();
    for (size_t i = 0; i < count; i++)
        m->questions.emplace_back(r[i].sql.s, r[i].sql.n);
    m->sent = clock_us();
    m->request = 0;
    m->stage = 0;
    if (m->probe) {
        std::lock_guard<std::mutex> guard(world->lock);
        world->hosts[m->host].probes.push_back(m->sent);
    }
    return NAT_READY;
}

bool has(const std::string &s, const char *part)
{
    return s.find(part) != std::string::npos;
}

// The answer to a question, when it is time for it.
bool answer(Mini *m, const std::string &q)
{
    std::lock_guard<std::mutex> guard(world->lock);
    Mode mode = world->hosts[m->host].mode;
    bool recovery = mode == READER;
    m->rows.clear();
    if (mode == HANG)
        return false;
    if (has(q, "pg_sleep")) {
        world->awaits = true;
        if (recovery && clock_us() - m->sent < SECONDS(1))
            return false;
    }
    std::string took = std::to_string(clock_us() - m->sent);
    if (has(q, "pg_proc"))
        m->rows = {{recovery ? "1" : "0", "app", "app", "0", "0", "0",
                    world->topology_writer.empty() ? "0" : "1"}};
    else if (has(q, "EXISTS") || !has(q, "aurora_replica_status"))
        m->rows = {{mode == WRITER ? "1" : "0", recovery ? "1" : "0", m->host, took}};
    else
        for (auto &h : world->hosts) {
            std::string id = h.first.substr(0, h.first.find('.'));
            m->rows.push_back({id, id, "", h.first == world->topology_writer ? "1" : "0",
                               h.first == m->host ? "1" : "0", "1"});
        }
    return true;
}

enum nat_answer result_it(struct native *n, struct nat_outcome *out, int64_t deadline,
                          struct fault *f)
{
    Mini *m = mini(n);
    memset(out, 0, sizeof *out);
    tick(m);
    for (;;) {
        if (dead(m)) {
            fault_lost(f, "server closed the connection");
            return NAT_FAULT;
        }
        out->request = m->request;
        if (m->request == m->questions.size()) {
            m->questions.clear();
            out->kind = NAT_END;
            return NAT_READY;
        }
        if (m->stage == 1) {
            m->stage = 0;
            m->request++;
            out->kind = NAT_DONE;
            return NAT_READY;
        }
        if (answer(m, m->questions[m->request])) {
            m->stage = 1;
            m->given = false;
            out->kind = NAT_ROWS;
            return NAT_READY;
        }
        if (deadline_passed(deadline))
            return NAT_WAIT;
        usleep(500);
    }
}

const struct nat_column *columns(const struct native *n, size_t *count)
{
    const Mini *m = reinterpret_cast<const Mini *>(n);
    *count = m->rows.empty() ? 0 : m->rows[0].size();
    return nullptr;
}

enum nat_answer next_it(struct native *n, size_t, size_t *got, int64_t, struct fault *)
{
    Mini *m = mini(n);
    *got = m->given ? 0 : m->rows.size();
    m->given = true;
    return NAT_READY;
}

struct nat_cell cell_it(const struct native *n, size_t row, size_t column)
{
    const Mini *m = reinterpret_cast<const Mini *>(n);
    const std::string &s = m->rows[row][column];
    return {s.c_str(), s.size()};
}

enum nat_answer finish_it(struct native *, enum nat_finish, int64_t, struct fault *)
{
    return NAT_READY;
}

const char *address_it(const struct native *)
{
    return "";
}

int port_it(const struct native *)
{
    return 5432;
}

void interrupt_it(struct native *)
{
}

struct nat_caps caps = {};

struct native_ops make_ops()
{
    struct native_ops o = {};
    o.caps = &caps;
    o.create = create;
    o.open = open_it;
    o.close = close_it;
    o.poll_fd = poll_fd;
    o.interrupt = interrupt_it;
    o.send = send_it;
    o.result = result_it;
    o.columns = columns;
    o.next = next_it;
    o.cell = cell_it;
    o.finish = finish_it;
    o.address = address_it;
    o.port = port_it;
    return o;
}

struct native_ops mini_ops = make_ops();

struct native_ops *ops()
{
    return &mini_ops;
}

// Numeric names need no resolver.
const char a[] = "10.0.0.1", b[] = "10.0.0.2", c[] = "10.0.0.3";

class Monitor : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        static std::vector<std::unique_ptr<World>> worlds; // sessions may outlive their test
        worlds.push_back(std::make_unique<World>());
        world = worlds.back().get();
        static int number;
        options_init(&o);
        set("CLUSTER_ID",
            ("monitor-" + std::to_string(getpid()) + "-" + std::to_string(++number)).c_str());
        set("SERVER", a);
        set("UID", "app");
        set("CLUSTER_HOSTS", "10.0.0.1,10.0.0.2,10.0.0.3");
        world->set(a, WRITER);
        world->set(b, READER);
        world->set(c, READER);
    }
    void TearDown() override
    {
        caps.open_blocks = false;
        if (cluster) {
            cluster_unwatch(cluster);
            cluster_unref(cluster);
        }
        EXPECT_TRUE(stopped());
        options_fini(&o);
    }
    // The last to leave waits for the thread, but not for ever.
    static bool stopped()
    {
        int64_t end = clock_us() + SECONDS(5);
        while (monitor_threads() > 0 && clock_us() < end)
            usleep(1000);
        return monitor_threads() == 0;
    }
    void set(const char *keyword, const char *value)
    {
        struct fault f;
        ASSERT_EQ(option_set(&o, text_of(keyword), text_of(value), &f), OPTION_SET) << f.text;
    }
    void join()
    {
        cluster = cluster_get(&o, &mini_ops);
        ASSERT_NE(cluster, nullptr);
        cluster_watch(cluster);
        learn(a);
    }
    bool learn(const char *host)
    {
        struct nat_target to = {host, host, 5432};
        struct nat_login as = {};
        struct fault f;
        as.options = &o;
        struct native *n = mini_ops.create(&to, &as, &f);
        bool learned = cluster_learn(cluster, n, &as, deadline_in(SECONDS(1)), &warning);
        mini_ops.close(n, NAT_POLITE);
        return learned;
    }
    std::string wait(int64_t since, int64_t ms)
    {
        fault_clear(&fault);
        struct topology *t = cluster_wait_writer(cluster, since, deadline_in(MS(ms)), &fault);
        std::string name = t ? t->hosts[t->writer].name : "";
        topology_unref(t);
        return name;
    }
    struct options o;
    struct cluster *cluster = nullptr;
    struct fault warning, fault;
};

TEST_F(Monitor, LearnsOnce)
{
    join();
    EXPECT_EQ(cluster_dialect(cluster), DIALECT_PLAIN);
    EXPECT_FALSE(fault_is(&warning)) << warning.text;
    struct topology *t = cluster_topology(cluster);
    ASSERT_NE(t, nullptr);
    EXPECT_EQ(t->n, 3u);
    EXPECT_EQ(t->writer, 0);
    EXPECT_GT(t->verified_us, 0);
    topology_unref(t);
    EXPECT_TRUE(learn(b)); // no questions: b's session would have been asked
    EXPECT_EQ(monitor_threads(), 0);
}

TEST_F(Monitor, DialsThatMayBlockAreHelpers)
{
    caps.open_blocks = true;
    join();
    world->set(a, REFUSE, true);
    world->set(b, HANG);
    int64_t when = clock_us();
    cluster_trouble(cluster, when);
    usleep(50000);
    world->set(c, WRITER);
    EXPECT_EQ(wait(when, 2000), c) << fault.text;
    EXPECT_EQ(world->dials(b), 1);
    world->set(b, READER); // its probe has gone: the dial ends all the same, in good order
    usleep(100000);
    std::lock_guard<std::mutex> guard(world->lock);
    EXPECT_EQ(world->hosts[b].abandoned, 0);
}

TEST_F(Monitor, AHostThatHangsIsDialledSoOftenAndNoMore)
{
    caps.open_blocks = true;
    std::vector<struct dial *> all;
    struct nat_target to = {b, b, 5432};
    struct nat_login as = {};
    as.options = &o;
    world->set(b, HANG);
    cluster = cluster_get(&o, &mini_ops);
    cluster_watch(cluster);
    for (int i = 0; i < DIALS_PER_HOST + 1; i++) {
        struct native *n = mini_ops.create(&to, &as, &fault);
        struct dial *d = dial_start(b, 5432, n, &fault);
        EXPECT_EQ(d != nullptr, i < DIALS_PER_HOST);
        if (!d)
            mini_ops.close(n, NAT_POLITE);
        all.push_back(d);
    }
    EXPECT_STREQ(fault.text, "earlier connects have had no answer yet");
    world->set(b, READER);
    for (struct dial *d : all) {
        while (d && !dial_done(d))
            usleep(500);
        EXPECT_TRUE(!d || d->answer == NAT_READY);
        dial_unref(d);
    }
}

TEST_F(Monitor, FindsThePromoted)
{
    join();
    world->set(a, REFUSE, true);
    int64_t when = clock_us();
    cluster_trouble(cluster, when);
    EXPECT_EQ(monitor_threads(), 1);
    EXPECT_EQ(wait(when, 100), "");
    EXPECT_TRUE(world->was_awaited());
    world->set(c, WRITER);
    int64_t promoted = clock_us();
    EXPECT_EQ(wait(when, 2000), c);
    EXPECT_LT(clock_us() - promoted, MS(500)); // 1 to 2 ms when nothing else runs
    struct topology *t = cluster_topology(cluster);
    EXPECT_EQ(t->hosts[0].role, ROLE_UNKNOWN);
    EXPECT_EQ(t->hosts[1].role, ROLE_READER);
    EXPECT_GT(t->verified_us, when);
    topology_unref(t);
}

// The living session of the writer is asked, and nobody else, for the 10 ms that an answer may take.
TEST_F(Monitor, SameWriterAnswersAlone)
{
    join();
    int64_t took = MS(10);
    for (int i = 0; i < 20 && took >= MS(10); i++) { // a loaded machine may need more for a round
        int64_t when = clock_us();
        int others = world->dials(b);
        cluster_trouble(cluster, when);
        EXPECT_EQ(wait(when, 2000), a);
        took = clock_us() - when;
        if (i == 0)
            took = MS(10); // the search that opens the session
        else
            EXPECT_TRUE(took >= MS(10) || world->dials(b) == others);
        EXPECT_EQ(wait(when, 2000), a); // and who comes late is told at once
        usleep(110000);                 // the next is not held back by the rate of questions
    }
    EXPECT_LT(took, MS(10));
}

TEST_F(Monitor, NeitherErrorNorLagIsAnAnswer)
{
    join();
    world->set(a, HANG, true);
    world->set(b, LAGGING);
    world->set(c, DENY);
    int64_t when = clock_us();
    cluster_trouble(cluster, when);
    EXPECT_EQ(wait(when, 300), "");
    EXPECT_STREQ(fault.sqlstate, "08S01");
    EXPECT_NE(std::string(fault.text).find("10.0.0.2: takes writes, but is not yet"),
              std::string::npos)
        << fault.text;
    EXPECT_NE(std::string(fault.text).find("10.0.0.3: password authentication failed"),
              std::string::npos)
        << fault.text;
    EXPECT_LE(world->dials(c), 2); // a refused login is tried again once, then once a second
    world->set(b, WRITER);
    EXPECT_EQ(wait(when, 1000), b);
}

TEST_F(Monitor, NewCredentialsAreTriedAtOnce)
{
    join();
    for (const char *host : {a, b, c})
        world->set(host, DENY, true);
    int64_t when = clock_us();
    cluster_trouble(cluster, when);
    EXPECT_EQ(wait(when, 100), "");
    world->set(b, WRITER);
    free(o.value[OPT_PWD]);
    o.value[OPT_PWD] = strdup("new");
    learn(b);
    cluster_trouble(cluster, when);
    EXPECT_EQ(wait(when, 300), b);
}

TEST_F(Monitor, AnotherUsersCredentialsStandIn)
{
    join();
    free(o.value[OPT_UID]);
    o.value[OPT_UID] = strdup("newer");
    learn(a);
    {
        std::lock_guard<std::mutex> guard(world->lock);
        world->denied = "newer";
    }
    int64_t when = clock_us();
    cluster_trouble(cluster, when);
    EXPECT_EQ(wait(when, 500), a);
}

void check_rate(const std::vector<int64_t> &at, int64_t began)
{
    for (size_t i = 0; i < at.size(); i++) {
        size_t j = i;
        while (j < at.size() && at[j] < at[i] + SECONDS(1))
            j++;
        EXPECT_LE(j - i, at[i] < began + SECONDS(2) ? 100u : 10u) << i;
    }
}

TEST_F(Monitor, RateLimits)
{
    // Aurora's readers are polled; its names need a pattern, so the hosts are names here.
    free(o.value[OPT_CLUSTER_HOSTS]);
    o.value[OPT_CLUSTER_HOSTS] = nullptr;
    set("HOST_PATTERN", "?.0.0.1");
    {
        std::lock_guard<std::mutex> guard(world->lock);
        world->hosts.clear();
    }
    world->set("10.0.0.1", WRITER);
    world->set("11.0.0.1", READER);
    world->set("12.0.0.1", LAGGING);
    world->topology_writer = "10.0.0.1";
    join();
    EXPECT_EQ(cluster_dialect(cluster), DIALECT_AURORA);
    world->set("10.0.0.1", REFUSE, true);
    int64_t when = clock_us();
    cluster_trouble(cluster, when);
    for (int i = 0; i < 9; i++) {
        EXPECT_EQ(wait(when, 500), "");
        cluster_trouble(cluster, clock_us()); // more trouble is no more speed
    }
    for (const char *host : {"10.0.0.1", "11.0.0.1", "12.0.0.1"}) {
        SCOPED_TRACE(host);
        std::vector<int64_t> at = world->probes(host);
        check_rate(at, when);
        EXPECT_GT(
            std::count_if(at.begin(), at.end(), [&](int64_t t) { return t < when + SECONDS(2); }),
            100);
        EXPECT_GT(
            std::count_if(at.begin(), at.end(), [&](int64_t t) { return t >= when + MS(2500); }),
            10);
    }
    EXPECT_FALSE(world->was_awaited());
}

TEST_F(Monitor, PeaceSeesTheWriterChange)
{
    set("TOPOLOGY_REFRESH_RATE_MS", "100");
    join();
    EXPECT_EQ(monitor_threads(), 0);
    usleep(150000);
    struct topology *t = cluster_topology(cluster); // any call after that time starts it
    EXPECT_EQ(monitor_threads(), 1);
    unsigned version = t->version;
    topology_unref(t);
    usleep(450000);
    size_t asked = world->probes(a).size();
    EXPECT_GE(asked, 3u);
    EXPECT_LE(asked, 8u);
    EXPECT_EQ(world->dials(b), 0);
    t = cluster_topology(cluster);
    EXPECT_EQ(t->version, version); // nothing changed
    topology_unref(t);
    world->set(a, REFUSE, true);
    world->set(b, WRITER);
    t = cluster_wait_version(cluster, version, deadline_in(SECONDS(2)));
    ASSERT_NE(t, nullptr);
    EXPECT_EQ(t->writer, 1);
    topology_unref(t);
}

TEST_F(Monitor, NoThreadForShortConnections)
{
    join();
    for (int i = 0; i < 200; i++) {
        struct cluster *same = cluster_get(&o, &mini_ops);
        cluster_watch(same);
        learn(b);
        topology_unref(cluster_topology(same));
        cluster_unwatch(same);
        cluster_unref(same);
    }
    EXPECT_EQ(monitor_threads(), 0);
}

TEST_F(Monitor, StopsWithTheLastUser)
{
    join();
    world->set(a, HANG, true);
    world->set(b, HANG);
    world->set(c, HANG);
    for (int i = 0; i < 20; i++) {
        cluster_trouble(cluster, clock_us());
        EXPECT_EQ(monitor_threads(), 1);
        int64_t began = clock_us();
        cluster_unwatch(cluster);
        EXPECT_LT(clock_us() - began, MS(500)); // 0.1 ms when nothing else runs
        EXPECT_TRUE(stopped());
        cluster_watch(cluster);
    }
}

// A connect that waits in slices, before it is a user of the cluster.
TEST_F(Monitor, WaitsInSlices)
{
    join();
    cluster_unwatch(cluster);
    world->set(a, REFUSE, true);
    int64_t when = clock_us();
    cluster_trouble(cluster, when);
    for (int i = 0; i < 10; i++)
        EXPECT_EQ(wait(when, 20), "");
    EXPECT_EQ(world->dials(b), 1);
    world->set(b, WRITER);
    EXPECT_EQ(wait(when, 2000), b);
    EXPECT_TRUE(stopped()); // by itself
    cluster_watch(cluster);
}

TEST_F(Monitor, ManyWaitersOneSearch)
{
    join();
    world->set(a, REFUSE, true);
    std::vector<std::thread> threads;
    std::mutex lock;
    int found = 0;
    int64_t when = clock_us();
    for (int i = 0; i < 50; i++)
        threads.emplace_back([&] {
            cluster_trouble(cluster, when);
            struct fault f;
            struct topology *t = cluster_wait_writer(cluster, when, deadline_in(SECONDS(5)), &f);
            std::lock_guard<std::mutex> guard(lock);
            found += t && t->writer == 1;
            topology_unref(t);
        });
    usleep(50000);
    world->set(b, WRITER);
    for (std::thread &t : threads)
        t.join();
    EXPECT_EQ(found, 50);
    EXPECT_EQ(world->dials(b), 1);
    EXPECT_EQ(monitor_threads(), 1);
}

TEST_F(Monitor, RestlessUsers)
{
    join();
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] {
            for (int k = 0; k < 20; k++) {
                struct cluster *same = cluster_get(&o, &mini_ops);
                cluster_watch(same);
                int64_t when = clock_us();
                cluster_trouble(same, when);
                struct fault f;
                struct topology *t = cluster_wait_writer(same, when, deadline_in(SECONDS(5)), &f);
                EXPECT_NE(t, nullptr) << f.text;
                topology_unref(t);
                cluster_unwatch(same);
                cluster_unref(same);
            }
        });
    for (std::thread &t : threads)
        t.join();
}

TEST_F(Monitor, AForkedChildBeginsAnew)
{
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer knows no threads of a forked child";
#endif
    join();
    world->set(a, HANG, true);
    int64_t when = clock_us();
    cluster_trouble(cluster, when);
    EXPECT_EQ(wait(when, 50), "");
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        int bad = monitor_threads() != 0 ? 1 : 0;
        int before = world->hosts[b].abandoned;
        world->set(c, WRITER);
        int64_t now = clock_us();
        cluster_trouble(cluster, now);
        if (wait(now, 3000) != c)
            bad |= 2;
        if (world->hosts[b].abandoned != before + 1)
            bad |= 4;
        if (monitor_threads() != 1)
            bad |= 8;
        cluster_unwatch(cluster);
        if (monitor_threads() != 0)
            bad |= 16;
        _exit(bad);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(monitor_threads(), 1);
    world->set(b, WRITER);
    EXPECT_EQ(wait(when, 2000), b);
}

TEST_F(Monitor, ForkWhileItWorks)
{
    join();
    world->set(a, REFUSE, true);
    cluster_trouble(cluster, clock_us());
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            cluster_unwatch(cluster);
            _exit(monitor_threads());
        }
        int status = -1;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
}

} // namespace
