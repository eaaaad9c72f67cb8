// What the workers have in common: their names, their groups, and what an answer means.
#include "work.h"

#include <cstdio>

const char *const insert_sql = "INSERT INTO torture_row (g, n, body) VALUES (?, ?, ?)";

enum : int64_t { WORKER_GROUPS = 10000000 };

Worker::Worker(Storm &storm, const std::string &name, int number)
    : storm_(storm), name_(name),
      random_(storm.seed * 1000003 + static_cast<uint64_t>(number) * 7919),
      group_(storm.base + number * WORKER_GROUPS)
{
}

void Worker::tell_done() const
{
    for (const auto &[what, n] : did_)
        tell("d %s %s %ld", name_.c_str(), what.c_str(), n);
}

void Worker::wrong(const std::string &text) const
{
    tell("x %s %s", name_.c_str(), text.c_str());
}

static const char *word(Outcome o)
{
    static const char *const words[] = {"ack", "local", "unknown", "undone", "open"};
    return words[static_cast<int>(o)];
}

void Worker::note(int64_t group, int rows, Outcome o, const Answer &a) const
{
    tell("u %lld %d %s %s %s %.3f %.3f", static_cast<long long>(group), rows, word(o),
         a.state.empty() ? "-" : a.state.c_str(), name_.c_str(), a.begin, a.end);
}

Outcome Worker::note(int64_t group, int rows, const Answer &a)
{
    bool foreseen = true;
    Outcome o = outcome_of(a, &foreseen);
    if (!foreseen)
        wrong("an answer that no rule foresees: " + a.state + " " + a.text);
    note(group, rows, o, a);
    return o;
}

Outcome outcome_of(const Answer &a, bool *foreseen)
{
    *foreseen = true;
    if (a.rc == SQL_SUCCESS || a.rc == SQL_NO_DATA)
        return Outcome::ack;
    if (a.rc == SQL_SUCCESS_WITH_INFO)
        return a.text.find("replicat") != std::string::npos ? Outcome::local : Outcome::ack;
    if (a.state == "08S02" || a.state == "HYT00" || a.state == "25S03" || a.state == "08003")
        return Outcome::undone;
    if (a.state == "08007")
        return Outcome::unknown;
    if (a.state == "08S01")
        return a.text.find("nothing was done") != std::string::npos ? Outcome::undone
                                                                    : Outcome::unknown;
    if (is_short(a))
        return Outcome::undone;
    *foreseen = false;
    return Outcome::unknown;
}

bool is_short(const Answer &a)
{
    for (const char *words : {"53100: ", "53200: ", "ERROR 1114 ", "ERROR 5 ", "ERROR 1037 ", "ERROR 1041 "})
        if (a.text.find(words) != std::string::npos)
            return a.state == "HY001" || a.state == "HY000";
    return false;
}

bool LinkWorker::step()
{
    if (!link_.connected()) {
        if (!link_.connect())
            return false;
        done("connects");
        if (!prepare()) {
            link_.disconnect();
            return false;
        }
    }
    return work();
}

std::string body_of(int64_t group, int n)
{
    return std::to_string(group) + ":" + std::to_string(n) + ":" +
           std::string(static_cast<size_t>(group % 97), 'x');
}

std::string long_body_of(int64_t group)
{
    std::string all, one = std::to_string(group) + ",";
    for (size_t size = 4000 + static_cast<size_t>(group % 17) * 1000; all.size() < size;)
        all += one;
    return all;
}

std::string insert_of(int64_t group, int n)
{
    return "INSERT INTO torture_row (g, n, body) VALUES (" + std::to_string(group) + ", " +
           std::to_string(n) + ", '" + body_of(group, n) + "')";
}

std::string hungry_insert_of(int64_t group)
{
    return "INSERT INTO torture_row (g, n, body) SELECT " + std::to_string(group) + ", one.n, '" +
           body_of(group, 1) +
           "' FROM (SELECT 1 AS n) AS one WHERE LENGTH(REPEAT('x', 4000000 + one.n)) > 0";
}

std::unique_ptr<Worker> make_worker(Storm &storm, const std::string &kind, int number)
{
    for (auto make : {make_writer, make_reader, make_pool})
        if (auto made = make(storm, kind, number))
            return made;
    return nullptr;
}
