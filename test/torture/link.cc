// One connection: every call timed, every error told.
#include "work.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <mutex>
#include <unistd.h>

namespace
{

// What the clients set, and what a call may take by that: its own timeout, 2 s for a cancel that is not answered, a
// failover, and what a busy machine takes for itself.
enum {
    QUERY_SECONDS = 5,
    COMMIT_SECONDS = 8,
    LOGIN_SECONDS = 15,
    CANCEL_MS = 2000,
    FAILOVER_MS = 20000,
    SLACK_MS = 2000,
};

double bound_of(const std::string &call)
{
    if (call == "SQLDriverConnect")
        return LOGIN_SECONDS * 1e3 + SLACK_MS;
    if (call == "SQLDisconnect")
        return SLACK_MS;
    double own = call == "SQLEndTran" ? COMMIT_SECONDS : QUERY_SECONDS;
    return own * 1e3 + CANCEL_MS + FAILOVER_MS + SLACK_MS;
}

struct Longest {
    long count = 0;
    double most = 0;
};
std::mutex journal;
std::map<std::string, Longest> longest;

} // namespace

double now_ms()
{
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

void sleep_ms(double ms)
{
    timespec t;
    t.tv_sec = static_cast<time_t>(ms / 1e3);
    t.tv_nsec = static_cast<long>((ms - static_cast<double>(t.tv_sec) * 1e3) * 1e6);
    nanosleep(&t, nullptr);
}

// Written at once and without a buffer: what was told stays told if the process dies, and takes no memory.
void tell(const char *format, ...)
{
    char line[1200];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof(line) - 1, format, args);
    va_end(args);
    size_t size = n < 0 ? 0 : std::min(static_cast<size_t>(n), sizeof(line) - 2);
    for (size_t i = 0; i < size; i++)
        if (line[i] == '\n' || line[i] == '\r')
            line[i] = ' ';
    line[size++] = '\n';
    std::lock_guard<std::mutex> lock(journal);
    for (size_t at = 0; at < size;) {
        ssize_t put = write(STDOUT_FILENO, line + at, size - at);
        if (put <= 0)
            _exit(3);
        at += static_cast<size_t>(put);
    }
}

void tell_longest()
{
    std::map<std::string, Longest> all;
    {
        std::lock_guard<std::mutex> lock(journal);
        all = longest;
    }
    for (const auto &[call, l] : all)
        tell("m %s %ld %.1f %.0f", call.c_str(), l.count, l.most, bound_of(call));
}

Answer Link::timed(const char *call, SQLSMALLINT type, SQLHANDLE h,
                   const std::function<SQLRETURN()> &fn)
{
    Answer a;
    a.begin = now_ms();
    a.rc = fn();
    a.end = now_ms();
    {
        std::lock_guard<std::mutex> lock(journal);
        Longest &l = longest[call];
        l.count++;
        l.most = std::max(l.most, a.end - a.begin);
    }
    if (a.rc == SQL_SUCCESS || a.rc == SQL_NO_DATA || a.rc == SQL_NEED_DATA)
        return a;
    SQLCHAR state[6] = "", text[900] = "";
    SQLINTEGER native = 0;
    SQLSMALLINT n = 0;
    if (SQL_SUCCEEDED(SQLGetDiagRec(type, h, 1, state, &native, text, sizeof(text), &n))) {
        a.state = reinterpret_cast<char *>(state);
        a.text = reinterpret_cast<char *>(text);
    }
    if (!a.good())
        tell("e %s %s %s %.3f %.3f %s", worker_.c_str(), a.state.empty() ? "-" : a.state.c_str(),
             call, a.begin, a.end, a.text.c_str());
    return a;
}

bool Link::connect()
{
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env_);
    SQLSetEnvAttr(env_, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLAllocHandle(SQL_HANDLE_DBC, env_, &dbc_);
    SQLSetConnectAttr(dbc_, SQL_ATTR_LOGIN_TIMEOUT, reinterpret_cast<SQLPOINTER>(LOGIN_SECONDS), 0);
    SQLSetConnectAttr(dbc_, SQL_ATTR_CONNECTION_TIMEOUT,
                      reinterpret_cast<SQLPOINTER>(COMMIT_SECONDS), 0);
    std::string in = storm_.dsn + ";FAILOVER_TIMEOUT_MS=" + std::to_string(FAILOVER_MS);
    Answer a = timed("SQLDriverConnect", SQL_HANDLE_DBC, dbc_, [&] {
        return SQLDriverConnect(dbc_, nullptr, reinterpret_cast<SQLCHAR *>(&in[0]), SQL_NTS,
                                nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
    });
    connected_ = a.good();
    lost_ = 0;
    if (!connected_)
        disconnect();
    return connected_;
}

void Link::disconnect()
{
    if (connected_) {
        for (SQLHSTMT h : statements_)
            SQLFreeHandle(SQL_HANDLE_STMT, h);
        Answer a =
            timed("SQLDisconnect", SQL_HANDLE_DBC, dbc_, [&] { return SQLDisconnect(dbc_); });
        if (a.state == "25000") { // a transaction is open
            SQLEndTran(SQL_HANDLE_DBC, dbc_, SQL_ROLLBACK);
            SQLDisconnect(dbc_);
        }
    }
    statements_.clear();
    connected_ = false;
    if (dbc_)
        SQLFreeHandle(SQL_HANDLE_DBC, dbc_);
    if (env_)
        SQLFreeHandle(SQL_HANDLE_ENV, env_);
    dbc_ = env_ = nullptr;
}

SQLHSTMT Link::statement()
{
    SQLHSTMT h = nullptr;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, dbc_, &h)))
        return nullptr;
    SQLSetStmtAttr(h, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(QUERY_SECONDS), 0);
    statements_.push_back(h);
    return h;
}

bool Link::autocommit(bool on)
{
    SQLULEN value = on ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF;
    Answer a = timed("SQLSetConnectAttr", SQL_HANDLE_DBC, dbc_, [&] {
        return SQLSetConnectAttr(dbc_, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(value), 0);
    });
    return a.good();
}

Answer Link::on(SQLHSTMT h, const char *call, const std::function<SQLRETURN()> &fn)
{
    return timed(call, SQL_HANDLE_STMT, h, fn);
}

Answer Link::execute(SQLHSTMT h, const std::string &sql)
{
    std::string in = sql;
    return on(h, "SQLExecDirect",
              [&] { return SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&in[0]), SQL_NTS); });
}

Answer Link::end(SQLSMALLINT completion)
{
    return timed("SQLEndTran", SQL_HANDLE_DBC, dbc_,
                 [&] { return SQLEndTran(SQL_HANDLE_DBC, dbc_, completion); });
}

bool Link::close(SQLHSTMT h)
{
    return on(h, "SQLFreeStmt", [&] { return SQLFreeStmt(h, SQL_CLOSE); }).good();
}

long long Link::ask(const std::string &sql)
{
    if (statements_.empty())
        return -1;
    SQLHSTMT h = statements_[0];
    SQLBIGINT value = -1;
    SQLLEN n = 0;
    Answer a = execute(h, sql);
    if (a.good())
        a = on(h, "SQLFetch", [&] { return SQLFetch(h); });
    if (a.good())
        a = on(h, "SQLGetData",
               [&] { return SQLGetData(h, 1, SQL_C_SBIGINT, &value, sizeof(value), &n); });
    close(h);
    if (!a.good())
        mend(a);
    return a.good() ? value : -1;
}

void Link::mend(const Answer &a)
{
    if (a.state == "08S01" || a.state == "08003" || a.state.empty())
        lost_++;
    else
        lost_ = 0;
    if (lost_ >= 3)
        disconnect();
}

void Link::give_back(const Answer &a)
{
    Answer back = end(SQL_ROLLBACK);
    if (!back.good() && back.state != "08S02")
        disconnect();
    else
        mend(a);
}
