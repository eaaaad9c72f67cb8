// A session over the native verbs, for tests: collects what a send gives back.
#ifndef HOLDFAST_TEST_NATIVE_SESSION_H
#define HOLDFAST_TEST_NATIVE_SESSION_H

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

extern "C" {
#include "native/native.h"
#include "native/spool.h"
}

typedef std::vector<std::string> Row;

// Resident memory in KiB, 0 where a sanitizer's own bookkeeping would be measured.
inline long resident_kib()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 0;
#else
    long size = 0, resident = 0;
    std::ifstream in("/proc/self/statm");
    in >> size >> resident;
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
#endif
}

struct Got {
    nat_outcome_kind kind;
    size_t request, set;
    int64_t count;
    std::string tag;
    struct fault fault;
    std::vector<Row> rows;
    std::vector<std::string> names;
};

inline std::string show(struct nat_cell c)
{
    return c.p ? std::string(c.p, c.n) : std::string("(null)");
}

inline struct text view(const std::string &s)
{
    struct text t = {s.data(), s.size()};
    return t;
}

inline struct nat_request request(nat_request_kind kind, const char *sql = "",
                                  const char *name = nullptr)
{
    struct nat_request r;
    memset(&r, 0, sizeof r);
    r.kind = kind;
    r.sql = text_of(sql);
    r.name = name;
    return r;
}

inline struct nat_param param(const char *p, uint32_t type = 0)
{
    struct nat_param q = {p, p ? strlen(p) : 0, false, type};
    return q;
}

struct Session {
    const struct native_ops *ops;
    struct native *n = nullptr;
    struct options options;
    struct fault f;
    bool sent = false;
    nat_answer last = NAT_READY;

    explicit Session(const struct native_ops *o) : ops(o)
    {
        options_init(&options);
        fault_clear(&f);
    }
    ~Session()
    {
        close(NAT_POLITE);
        options_fini(&options);
    }
    Session(const Session &) = delete;
    void operator=(const Session &) = delete;

    void set(const char *keyword, const std::string &value)
    {
        struct fault bad;
        ASSERT_EQ(OPTION_SET, option_set(&options, text_of(keyword), view(value), &bad)) << bad.text;
    }
    void close(nat_close how)
    {
        if (n)
            ops->close(n, how);
        n = nullptr;
    }
    nat_answer open(const char *host, const char *address, int port, int64_t us = SECONDS(10),
                    bool probe = false)
    {
        struct nat_target to = {host, address, port};
        struct nat_login as = {&options, nullptr, nullptr, probe};
        n = ops->create(&to, &as, &f);
        return last = n ? ops->open(n, deadline_in(us), &f) : NAT_FAULT;
    }
    struct nat_status status()
    {
        struct nat_status s;
        ops->status(n, &s);
        return s;
    }
    nat_answer send(const std::vector<struct nat_request> &r, int64_t deadline = deadline_in(SECONDS(10)))
    {
        fault_clear(&f);
        return last = ops->send(n, r.data(), r.size(), &sent, deadline, &f);
    }
    // All outcomes up to NAT_END; stops early when an answer is not NAT_READY (see `last`).
    std::vector<Got> read(size_t block = 100, int64_t deadline = deadline_in(SECONDS(20)))
    {
        std::vector<Got> all;
        struct nat_outcome out;
        memset(&out, 0, sizeof out);
        while ((last = ops->result(n, &out, deadline, &f)) == NAT_READY && out.kind != NAT_END) {
            Got g = {out.kind, out.request, out.set, out.count, out.tag, out.fault, {}, {}};
            size_t got = 0, ncolumns = 0;
            const struct nat_column *c = ops->columns(n, &ncolumns);
            for (size_t i = 0; i < ncolumns; i++)
                g.names.push_back(std::string(c[i].name.s, c[i].name.n));
            while (out.kind == NAT_ROWS &&
                   (last = ops->next(n, block, &got, deadline, &f)) == NAT_READY && got > 0)
                for (size_t row = 0; row < got; row++) {
                    g.rows.push_back(Row());
                    for (size_t i = 0; i < ncolumns; i++)
                        g.rows.back().push_back(show(ops->cell(n, row, i)));
                }
            all.push_back(g);
            if (last != NAT_READY)
                break;
        }
        return all;
    }
    std::vector<Got> run(const std::vector<struct nat_request> &r)
    {
        return send(r) == NAT_READY ? read() : std::vector<Got>();
    }
    std::vector<Got> query(const char *sql)
    {
        return run({request(NAT_QUERY, sql)});
    }
    // The single value of a query, or its fault.
    std::string value(const char *sql)
    {
        std::vector<Got> g = query(sql);
        for (const Got &one : g) {
            if (one.kind == NAT_FAILED)
                return one.fault.text;
            if (one.kind == NAT_ROWS && !one.rows.empty())
                return one.rows[0][0];
        }
        return last == NAT_READY ? "(nothing)" : f.text;
    }
};

// "ROWS0:2 DONE0 FAILED1:42P01": kinds with the request's index, for one EXPECT_EQ.
inline std::string kinds(const std::vector<Got> &all)
{
    std::string s;
    for (const Got &g : all) {
        static const char *const names[] = {"ROWS", "DONE", "FAILED", "SKIPPED", "DESCRIBED", "END"};
        s += (s.empty() ? "" : " ") + std::string(names[g.kind]) + std::to_string(g.request);
        if (g.set > 0)
            s += "." + std::to_string(g.set);
        if (g.kind == NAT_ROWS)
            s += ":" + std::to_string(g.rows.size());
        if (g.kind == NAT_FAILED)
            s += std::string(":") + (g.fault.server_state[0] ? g.fault.server_state : g.fault.sqlstate);
    }
    return s;
}

#endif
