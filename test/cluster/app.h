// A small ODBC application for the cluster tests, and its line to the lab outside of the world.
#pragma once

#include <sql.h>
#include <sqlext.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

// Milliseconds on CLOCK_MONOTONIC, the clock of the lab's events.
double now_ms();

// ---- the lab: commands go to test/cluster/run, which stands outside of the world ----

// Starts `test/lab/pg ARGS` (mariadb with HF_BACKEND=my); returns a ticket.
int lab_start(const std::string &args);
// Waits for it; its output. Fails the test when the command failed.
std::string lab_wait(int ticket);
// Whether it has ended. The lab may first have to make a cluster whole, which takes seconds.
bool lab_ended(int ticket);
std::string lab(const std::string &args);
// Time of the first EVENT line in a command's output, 0 when there is none.
double lab_event(const std::string &output, const std::string &event);

// ---- what differs from one kind of server to the other, by HF_BACKEND (speech.cc) ----

struct Setting { // said, then asked after it, and the answer
    std::string set, ask, expect;
};

struct Speech {
    std::string driver, admin;         // name in odbcinst.ini; an administrator's UID and PWD
    std::vector<std::string> clusters; // in the order in which test/cluster/run makes them
    std::string tls;                   // what a connection string says to have TLS
    std::string here;                  // the address of the node
    std::string recovery;              // "0" on a writer
    std::string sleep30, sleep4;
    std::string monitor_sessions; // how many there are, others of the application may count too
    std::string numbers, text_numbers; // 100000 rows from 1 up; 200000, with a long text
    std::string keys;                  // k of the table that follows, in order, by commas
    std::string kill_self;
    std::string busy; // a short query of some bytes, for many threads
    // A table `slow` whose COMMIT takes seconds: statements of the application, of an
    // administrator.
    std::vector<std::string> slow, slow_admin;
    std::vector<Setting> settings, lost_settings; // the latter are rolled back
    std::string user;                             // "auditor" after SET ROLE auditor
    std::string read_only, read_only_code;        // no writes by one's own wish, and the refusal
    std::string grant;                            // the first missing one
    // The number of one's session; what ends one, around it; what counts the living ones.
    std::string session, end_session, end_session_tail, count_session;
    std::string slow_procedure; // makes ended_p(), which writes, commits and sleeps 20 s
    std::string slow_insert;    // of a parameter into `half`, half a second each
    // How a topology is put aside, spoiled in several ways, and brought back, by an administrator.
    std::vector<std::string> topology_aside, topology_back;
    std::vector<std::vector<std::string>> topology_rubbish;
    bool lies = false;  // the cluster `aurora` can be told what to tell of itself
    std::string flood;            // 100000 rows into `disk`
    std::string no_room, aborted; // the server's words for a full disk; what comes behind any error
                                  // in a transaction
    std::string hungry, no_memory; // wants more memory than its session may have; is then told
    bool restarts = false;        // the whole server does, when one of its processes is killed
    std::string strict; // lets the server shut out a client after few broken handshakes
};
const Speech &speech();

// ---- names ----

std::string writer_endpoint(const std::string &cluster = "demo");
std::string reader_endpoint(const std::string &cluster = "demo");
std::string instance(int number, const std::string &cluster = "demo");
std::string address_of(int number, const std::string &cluster = "demo");
// The part of a connection string for a cluster behind the proxy: never TLS.
std::string plainly();
// DRIVER, SERVER, DATABASE, UID, PWD and what `more` adds.
// Without the connection tracker, unless it says otherwise: then each move is told.
std::string dsn(const std::string &server, const std::string &more = "");
std::string admin_dsn(const std::string &server);

// ---- the proxy of a cluster that has one; test/lab/proxy.py tells its commands ----

// NODE 0 is all of them. The answer without its "ok"; fails the test when it is another.
std::string proxy(int node, const std::string &command, const std::string &cluster = "aurora");

// ---- ODBC ----

struct Diag {
    std::string state, text;
};
std::vector<Diag> diags(SQLSMALLINT type, SQLHANDLE h);

class Db
{
  public:
    explicit Db(const std::string &connection_string);
    ~Db();
    Db(const Db &) = delete;
    Db &operator=(const Db &) = delete;

    bool open() const
    {
        return open_;
    }
    const std::vector<Diag> &connect_diags() const
    {
        return connect_diags_;
    }
    SQLHDBC handle() const
    {
        return dbc_;
    }
    SQLHSTMT statement(); // a new one, owned by the connection
    void autocommit(bool on);
    std::string end(SQLSMALLINT completion); // SQLSTATE, "" for success

    // On a statement of the connection's own: SQLSTATE, "" for success.
    std::string run(const std::string &sql);
    // First column of the first row; "!STATE" when it failed.
    std::string ask(const std::string &sql);
    // The same, again after 08S02 and 08007: how an application reads after a failover.
    std::string ask_again(const std::string &sql);
    const std::string &text() const
    {
        return text_;
    } // of the last failure

  private:
    std::string failed(SQLSMALLINT type, SQLHANDLE h);
    SQLHENV env_ = nullptr;
    SQLHDBC dbc_ = nullptr;
    SQLHSTMT stmt_ = nullptr;
    bool open_ = false;
    std::vector<Diag> connect_diags_;
    std::string text_;
};

// Threads of this process with this name.
int threads_named(const std::string &name);
