// A world for the pipeline's tests: the scripted native, with the cluster's questions answered by
// each host's role as it is at that moment. Hosts are numeric, so that nothing is looked up.
#ifndef HOLDFAST_TEST_PIPELINE_WORLD_H
#define HOLDFAST_TEST_PIPELINE_WORLD_H

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

extern "C" {
#include "cluster/cluster.h"
#include "fake/fake.h"
#include "pipeline/conn.h"
#include "pipeline/plugin.h"
}

namespace pipeline_world
{

inline const char a[] = "10.0.0.1", b[] = "10.0.0.2", c[] = "10.0.0.3";

inline std::atomic<bool> hints{true}; // does the server tell in_hot_standby unasked?

// This host calls itself a writer when it is asked, and tells a reader's in_hot_standby.
inline std::atomic<const char *> liar{""};

inline void status(const struct native *n, struct nat_status *out)
{
    native_fake.status(n, out);
    if (!hints)
        out->hint = ROLE_UNKNOWN;
}

// The questions of dialect_pg.c and dialect_my.c, by what is in them.
inline struct text translated(const struct native *n, struct text sql)
{
    const char *standby = native_fake.parameter(n, "in_hot_standby");
    bool lies = native_fake.address(n) == std::string(liar);
    bool reader = standby && std::string(standby) == "on" && !lies;
    std::string q(sql.s ? sql.s : "", sql.n);
    if (q.find("information_schema.tables") != std::string::npos)
        return text_of("DETECT MySQL");
    if (q.find("pg_proc") != std::string::npos)
        return text_of(reader ? "DETECT reader" : "DETECT writer");
    if (q.find("pg_is_in_recovery") == std::string::npos &&
        q.find("@@global.read_only") == std::string::npos)
        return sql;
    if (q.find("pg_sleep") != std::string::npos || q.find("SLEEP(") != std::string::npos)
        return text_of(reader ? "AWAIT reader" : "AWAIT writer");
    return text_of(reader ? "IDENTITY reader" : "IDENTITY writer");
}

inline enum nat_answer send(struct native *n, const struct nat_request *r, size_t count, bool *sent,
                            int64_t deadline, struct fault *f)
{
    std::vector<struct nat_request> all(r, r + count);
    for (auto &one : all)
        if (one.kind == NAT_QUERY)
            one.sql = translated(n, one.sql);
    return native_fake.send(n, all.data(), count, sent, deadline, f);
}

inline struct native *create(const struct nat_target *, const struct nat_login *, struct fault *);

// What comes of the reset of a session.
enum class Resets { done, refused, lost, mute };
inline std::atomic<Resets> resets{Resets::done};

inline enum nat_answer reset(struct native *n, int64_t, struct fault *f)
{
    switch (resets) {
    case Resets::done:
        return NAT_READY;
    case Resets::refused:
        fault_set(f, "HY000", "unknown command");
        return NAT_FAULT;
    case Resets::lost:
        native_fake.interrupt(n);
        fault_lost(f, "the server has closed the connection");
        return NAT_FAULT;
    default:
        return NAT_WAIT;
    }
}

inline const struct native_ops *ops()
{
    static const struct native_ops made = [] {
        struct native_ops o = native_fake;
        o.create = create;
        o.send = send;
        o.reset = reset;
        o.status = status;
        return o;
    }();
    return &made;
}

inline struct native *create(const struct nat_target *to, const struct nat_login *as,
                             struct fault *f)
{
    struct native *n = native_fake.create(to, as, f);
    if (n)
        n->ops = ops();
    return n;
}

inline void answer_questions()
{
    fake_on_rows(nullptr, "DETECT writer",
                 "r:int4,u,d,f:int4,e:int4,s:int4,a:int4|0,app,app,0,0,0,0");
    fake_on_rows(nullptr, "DETECT reader",
                 "r:int4,u,d,f:int4,e:int4,s:int4,a:int4|1,app,app,0,0,0,0");
    fake_on_rows(nullptr, "DETECT MySQL", "r:int4,u,t:int4,m:int4|0,app@%,0,0");
    fake_on_rows(nullptr, "IDENTITY writer", "w:int4,r:int4,id,t:int8|1,0,,0");
    fake_on_rows(nullptr, "IDENTITY reader", "w:int4,r:int4,id,t:int8|0,1,,0");
    fake_on_rows(nullptr, "AWAIT writer", "w:int4,r:int4,id,t:int8|1,0,,0");
    struct fake_reply late = {};
    late.act = FAKE_ROWS;
    late.rows = "w:int4,r:int4,id,t:int8|0,1,,0";
    late.delay_ms = 10;
    fake_on(nullptr, "AWAIT reader", &late);
}

// Three hosts, the first of them the writer, that know two plain reads. No session may be open.
inline void begin()
{
    hints = true;
    liar = "";
    fake_reset();
    fake_server(a, 5432, ROLE_WRITER);
    fake_server(b, 5432, ROLE_READER);
    fake_server(c, 5432, ROLE_READER);
    answer_questions();
    fake_on_rows(nullptr, "SELECT one", "n:int4|1");
    struct fake_reply many = {};
    many.act = FAKE_ROWS;
    many.rows = "n:int4|7";
    many.repeat = 1000;
    fake_on(nullptr, "SELECT many", &many);
}

// The end of a test: every session is gone.
inline void end()
{
    monitor_stop();
    for (int i = 0; i < 200 && fake_sessions() > 0; i++)
        usleep(5000);
    EXPECT_EQ(fake_sessions(), 0u);
    fake_reset();
}

// One connection and what is done with it, in few words.
struct Client {
    struct options o;
    struct conn *c = nullptr;
    struct fault f = {};
    struct nat_outcome out = {};

    Client()
    {
        options_init(&o);
        set("UID", "app");
    }
    ~Client()
    {
        disconnect();
        options_fini(&o);
    }
    void set(const char *key, const std::string &value)
    {
        struct fault bad;
        // Of two rows of one name the backend chooses.
        o.backend = value.find("MYSQL") == std::string::npos ? OPT_ANY : OPT_MY;
        ASSERT_EQ(option_set(&o, text_of(key), text_of(value.c_str()), &bad), OPTION_SET)
            << key << " " << bad.text;
        o.backend = OPT_ANY;
    }
    struct conn *make()
    {
        if (!c)
            c = conn_new(ops(), &scan_rules_pg);
        return c;
    }
    bool connect(int64_t us = SECONDS(5))
    {
        return conn_connect(make(), &o, deadline_in(us), &f);
    }
    void disconnect()
    {
        if (c)
            conn_disconnect(c);
        conn_free(c);
        c = nullptr;
    }
    bool run(struct cursor *cur, const std::string &sql, int64_t deadline = DEADLINE_NEVER)
    {
        struct conn_work work = {};
        struct scan_info scan;
        scan_classify(conn_rules(c), text_of(sql.c_str()), &scan);
        work.sql = text_of(sql.c_str());
        work.scan = &scan;
        fault_clear(&f);
        return conn_execute(c, cur, &work, &out, deadline, &f);
    }
    // "" when it went well, else the SQLSTATE of the call or of the outcome.
    std::string state(struct cursor *cur, const std::string &sql, int64_t deadline = DEADLINE_NEVER)
    {
        if (!run(cur, sql, deadline))
            return f.sqlstate;
        return out.kind == NAT_FAILED ? out.fault.sqlstate : "";
    }
    // Runs and reads everything.
    std::string all(const std::string &sql, int64_t deadline = DEADLINE_NEVER)
    {
        struct cursor cur;
        cursor_init(&cur);
        std::string s = state(&cur, sql, deadline);
        if (s.empty() && out.kind == NAT_ROWS && rows(&cur) == SIZE_MAX)
            s = f.sqlstate;
        struct fault closing;
        if (!cursor_close(&cur, DEADLINE_NEVER, &closing) && s.empty())
            s = closing.sqlstate;
        return s;
    }
    // SIZE_MAX: a fault.
    size_t rows(struct cursor *cur, size_t max = 64, std::string *first = nullptr)
    {
        size_t total = 0, got;
        do {
            if (!cursor_next(cur, max, &got, DEADLINE_NEVER, &f))
                return SIZE_MAX;
            for (size_t i = 0; first && i < got; i++) {
                struct nat_cell x = cursor_cell(cur, i, 0);
                *first += (first->empty() ? "" : ",") + (x.p ? std::string(x.p, x.n) : "NULL");
            }
            total += got;
        } while (got > 0);
        return total;
    }
    bool commit()
    {
        return conn_end(c, true, DEADLINE_NEVER, &f);
    }
    bool rollback()
    {
        return conn_end(c, false, DEADLINE_NEVER, &f);
    }
    void manual()
    {
        ASSERT_TRUE(conn_set_autocommit(c, false, DEADLINE_NEVER, &f));
    }
    std::vector<std::string> notices()
    {
        std::vector<std::string> all_of_them;
        struct fault n;
        while (conn_notice(c, &n))
            all_of_them.push_back(std::string(n.sqlstate) + " " + n.text);
        return all_of_them;
    }
};

struct Cursor : cursor {
    Cursor()
    {
        cursor_init(this);
    }
    ~Cursor()
    {
        struct fault f;
        cursor_close(this, DEADLINE_NEVER, &f);
    }
};

// The statements of the application's session(s) in order, the cluster's own left out.
inline std::vector<std::string> executed(const char *host = nullptr)
{
    std::vector<std::string> list;
    struct fake_record r;
    for (size_t i = 0; fake_record(i, &r); i++) {
        std::string sql = r.sql;
        bool own = sql.compare(0, 6, "DETECT") == 0 || sql.compare(0, 8, "IDENTITY") == 0 ||
                   sql.compare(0, 5, "AWAIT") == 0;
        if (!own && (!host || strcmp(host, r.host) == 0))
            list.push_back(sql);
    }
    return list;
}

} // namespace pipeline_world

#endif
