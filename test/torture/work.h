// A torture client: workers of several kinds, a thread each, that use the driver while the cluster suffers, and write
// down what they were told, so that it can be held against what happened.
//
// Standard output is the journal, a line each:
//
//   u GROUP ROWS OUTCOME STATE WORKER BEGIN END   a write; its rows are (GROUP, 1) to (GROUP, ROWS)
//   e WORKER STATE CALL BEGIN END TEXT            an error, all the same what it was for
//   x WORKER TEXT                                 a wrong outcome, seen by the worker itself
//   m CALL COUNT MOST BOUND                       how often, the longest of them in ms, and what it may take
//   d WORKER WHAT COUNT                           what was done: streams, streams cut short, rows, connects ...
//   p WORKER yes|no                               it works when all is over
//   l WHAT BEFORE AFTER                           threads, descriptors, bytes before the storm and after it
//
// All times are CLOCK_MONOTONIC in milliseconds.
#pragma once

#include <sql.h>
#include <sqlext.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

double now_ms();
void sleep_ms(double ms);

// What a write's answer says of it.
enum class Outcome {
    ack,     // done
    local,   // done on the writer, but the server warned that no standby has confirmed it
    unknown, // may have been done
    undone,  // certainly not done
    open     // its COMMIT was never sent: not done, whatever the error said
};

struct Answer {
    SQLRETURN rc = SQL_SUCCESS;
    std::string state, text; // of the first diagnostic; "" when there is none
    double begin = 0, end = 0;
    bool good() const
    {
        return SQL_SUCCEEDED(rc);
    }
};

// The journal; any thread.
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tell_longest();

// What all workers of a process share.
struct Storm {
    std::string name, dsn;
    uint64_t seed = 1;
    int64_t base = 0; // groups of this process begin here
    int long_rows = 0; // of the table torture_long
    std::atomic<bool> stop{false};
};

// One connection and its statements, made anew by connect().
class Link
{
  public:
    Link(const Storm &storm, const std::string &worker) : storm_(storm), worker_(worker)
    {
    }
    ~Link()
    {
        disconnect();
    }
    Link(const Link &) = delete;
    Link &operator=(const Link &) = delete;

    bool connect();
    void disconnect();
    bool connected() const
    {
        return connected_;
    }
    SQLHSTMT statement(); // a new one, freed with the connection
    bool autocommit(bool on);

    // Every call that may touch the network goes through these: timed, judged by its bound, its error told.
    Answer on(SQLHSTMT h, const char *call, const std::function<SQLRETURN()> &fn);
    Answer execute(SQLHSTMT h, const std::string &sql);
    Answer end(SQLSMALLINT completion);
    bool close(SQLHSTMT h);
    // The number that a query of one row and column gives; -1 when it failed.
    long long ask(const std::string &sql);

    // After an error: still to be used? Reconnects after some that said so.
    void mend(const Answer &a);
    // The same in a transaction, which is rolled back; without a clear answer to that the connection is given up.
    void give_back(const Answer &a);

  private:
    Answer timed(const char *call, SQLSMALLINT type, SQLHANDLE h,
                 const std::function<SQLRETURN()> &fn);
    const Storm &storm_;
    const std::string worker_;
    SQLHENV env_ = nullptr;
    SQLHDBC dbc_ = nullptr;
    std::vector<SQLHSTMT> statements_;
    bool connected_ = false;
    int lost_ = 0;
};

// One thread's work.
class Worker
{
  public:
    Worker(Storm &storm, const std::string &name, int number);
    virtual ~Worker() = default;

    // One piece of work: true when all of it went well. Connects when need be.
    virtual bool step() = 0;
    // Ends all connections.
    virtual void leave() = 0;
    virtual double pause() // ms between two steps
    {
        return some(30, 120);
    }
    void done(const char *what, long n = 1)
    {
        did_[what] += n;
    }
    void tell_done() const;
    const std::string &name() const
    {
        return name_;
    }

  protected:
    int some(int from, int to) // both included
    {
        return std::uniform_int_distribution<int>(from, to)(random_);
    }
    bool chance(int percent)
    {
        return some(1, 100) <= percent;
    }
    int64_t group() // a new one
    {
        return ++group_;
    }
    void wrong(const std::string &text) const;
    // Writes down what became of a group; an answer that no rule foresees is wrong.
    Outcome note(int64_t group, int rows, const Answer &a);
    void note(int64_t group, int rows, Outcome o, const Answer &a) const;
    Storm &storm_;

  private:
    const std::string name_;
    std::mt19937_64 random_;
    int64_t group_;
    std::map<std::string, long> did_;
};

// Most have one connection.
class LinkWorker : public Worker
{
  public:
    LinkWorker(Storm &storm, const std::string &name, int number)
        : Worker(storm, name, number), link_(storm, name)
    {
    }
    bool step() override;
    void leave() override
    {
        link_.disconnect();
    }

  protected:
    virtual bool prepare() // after each connect
    {
        return true;
    }
    virtual bool work() = 0;
    Link link_;
};

Outcome outcome_of(const Answer &a, bool *foreseen);
// The server's own word that it has no room or no memory for a statement, which it has not done then.
bool is_short(const Answer &a);

// What is written: judge.py knows the same rules.
std::string body_of(int64_t group, int n);
std::string long_body_of(int64_t group);
std::string insert_of(int64_t group, int n); // a whole statement
std::string hungry_insert_of(int64_t group); // the same, for whose n = 1 the server needs some megabytes
extern const char *const insert_sql;         // with three parameters

std::unique_ptr<Worker> make_worker(Storm &storm, const std::string &kind, int number);
std::unique_ptr<Worker> make_writer(Storm &, const std::string &, int);
std::unique_ptr<Worker> make_reader(Storm &, const std::string &, int);
std::unique_ptr<Worker> make_pool(Storm &, const std::string &, int);

// Threads, descriptors and bytes in use of this process.
struct Belongings {
    long threads, descriptors, bytes;
};
Belongings belongings();
