// Out of memory at any allocation of the driver's: the n-th fails, for every n of a whole life. The
// call that met it says HY001, the same call works when it is made again, what was said to be done
// was done, and once. (The linker leads malloc and its kin here: see driver_tests in Makefile.am.
// The scripted native, the C++ library and libc itself have memory at all times.)
#include "unit/test_driver_world.h"

extern "C" {
#include "core/holdfast.h"
}

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <functional>

using namespace driver_world;

namespace
{

std::atomic<long> left{-1};      // allocations until one fails; below 0: none does
std::atomic<bool> all_on{false}; // and all that follow it
std::atomic<long> failed{0};

bool fails()
{
    if (left.load() < 0 || test_memory_exempt)
        return false;
    long before = left.fetch_sub(1);
    bool now = before == 1 || (before < 1 && all_on);
    if (before <= 1)
        left = all_on ? 0 : -1;
    failed += now;
    errno = now ? ENOMEM : errno;
    return now;
}

} // namespace

extern "C" {
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void *__real_reallocarray(void *, size_t, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

int __wrap_asprintf(char **out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int __wrap_asprintf(char **out, const char *fmt, ...)
{
    va_list ap;
    if (fails())
        return -1;
    va_start(ap, fmt);
    int n = vasprintf(out, fmt, ap);
    va_end(ap);
    return n;
}
void *__wrap_malloc(size_t n)
{
    return fails() ? nullptr : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? nullptr : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? nullptr : __real_realloc(p, n);
}
void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    return fails() ? nullptr : __real_reallocarray(p, n, size);
}
char *__wrap_strdup(const char *s)
{
    return fails() ? nullptr : __real_strdup(s);
}
char *__wrap_strndup(const char *s, size_t n)
{
    return fails() ? nullptr : __real_strndup(s, n);
}
}

namespace
{

class Memory : public ::testing::Test
{
  protected:
    // One life in which allocation n fails. False: it has fewer than n.
    bool life(long n, bool all);
    // Does it, again if memory was short. What it gives is a SQLSTATE, "" for success.
    void step(const char *name, const std::function<std::string()> &act, const std::string &expected = "")
    {
        SCOPED_TRACE(name);
        for (int i = 0; i < 6; i++) {
            long before = failed;
            std::string state = act();
            if (state == expected)
                return;
            if (all_on) { // nothing is expected of it but to come back
                if (i == 0)
                    return;
                continue;
            }
            bool known = state == "HY001" || state == "HY014" || state.compare(0, 2, "08") == 0;
            EXPECT_TRUE(known) << state << " " << text;
            EXPECT_TRUE(failed > 0 || moving) << state << " " << text;
            if (state == "HY001") {
                EXPECT_GT(failed, before) << "with memory to be had: " << text;
            }
            if (!known)
                return;
        }
        ADD_FAILURE() << "it does not work any more: " << text;
    }
    std::string of(SQLRETURN r, SQLSMALLINT type, SQLHANDLE h)
    {
        return SQL_SUCCEEDED(r) ? "" : state_of(type, h, &text);
    }
    std::string on_s(SQLRETURN r)
    {
        return of(r, SQL_HANDLE_STMT, s);
    }
    std::string on_d(SQLRETURN r)
    {
        return of(r, SQL_HANDLE_DBC, dbc);
    }
    std::string exec(SQLHSTMT h, const char *sql)
    {
        return of(SQLExecDirect(h, sql_text(sql), SQL_NTS), SQL_HANDLE_STMT, h);
    }
    // An error must not hide what was done: the application would do it again. (Memory may have
    // been short for the very text that says so.)
    bool says_done() const
    {
        return text.find("had been sent, and what it did stands") != std::string::npos ||
               text.find("for the text of this record") != std::string::npos;
    }
    std::string write(const std::function<std::string()> &act, const char *what)
    {
        size_t before = fake_executed(what);
        std::string state = act();
        size_t done = fake_executed(what) - before;
        EXPECT_LE(done, 1u);
        if (state.empty()) {
            EXPECT_EQ(done, 1u) << "success, and nothing done";
        } else if (!all_on && (state == "HY001" || state == "08S02")) { // the text needs memory, too
            EXPECT_TRUE(done == 0 || says_done()) << state << " " << text;
        }
        return state;
    }
    std::string read_all(SQLHSTMT h, const char *sql, size_t expected);
    void open();
    void use();
    std::string undone();
    void move();
    void close();

    SQLHENV env = nullptr;
    SQLHDBC dbc = nullptr;
    SQLHSTMT s = nullptr, two = nullptr;
    std::string cs, text;
    bool moving = false; // the link will be lost
};

std::string Memory::read_all(SQLHSTMT h, const char *sql, size_t expected)
{
    SQLINTEGER v = 0;
    size_t rows = 0;
    SQLRETURN r;
    std::string state = of(SQLBindCol(h, 1, SQL_C_SLONG, &v, 0, nullptr), SQL_HANDLE_STMT, h);
    if (state.empty())
        state = exec(h, sql);
    if (state.empty()) {
        while (SQL_SUCCEEDED(r = SQLFetch(h))) {
            EXPECT_EQ(v, 7);
            rows++;
        }
        state = r == SQL_NO_DATA ? "" : of(r, SQL_HANDLE_STMT, h);
        if (state.empty()) {
            EXPECT_EQ(rows, expected);
        }
    }
    SQLFreeStmt(h, SQL_CLOSE);
    SQLFreeStmt(h, SQL_UNBIND);
    return state;
}

void Memory::open()
{
    step("environment", [&] { return SQLAllocHandle(SQL_HANDLE_ENV, nullptr, &env) == SQL_SUCCESS ? "" : "HY001"; });
    if (!env)
        return;
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    step("connection", [&] { return of(SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc), SQL_HANDLE_ENV, env); });
    if (!dbc)
        return;
    step("connect", [&] {
        SQLCHAR out[2000];
        return on_d(SQLDriverConnect(dbc, nullptr, sql_text(cs.c_str()), SQL_NTS, out, sizeof out, nullptr,
                                     SQL_DRIVER_NOPROMPT));
    });
    for (SQLHSTMT *h : {&s, &two})
        step("statement", [&] { return on_d(SQLAllocHandle(SQL_HANDLE_STMT, dbc, h)); });
}

void Memory::use()
{
    step("insert", [&] { return write([&] { return exec(s, "INSERT direct"); }, "INSERT direct"); });
    step("prepared", [&] {
        SQLCHAR value[] = "a value";
        std::string state = on_s(SQLPrepare(s, sql_text("INSERT prepared VALUES (?)"), SQL_NTS));
        if (state.empty())
            state = on_s(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, value, 0, nullptr));
        if (state.empty())
            state = write([&] { return on_s(SQLExecute(s)); }, "INSERT prepared");
        return state;
    });
    step("array", [&] {
        SQLINTEGER n[3] = {1, 2, 3};
        SQLSetStmtAttr(s, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(3), 0);
        std::string state = on_s(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, n, 0, nullptr));
        size_t before = fake_executed("INSERT array");
        if (state.empty())
            state = exec(s, "INSERT array VALUES (?)");
        size_t done = fake_executed("INSERT array") - before;
        if (!all_on) {
            EXPECT_TRUE(done == 0 || done == 3) << done;
            EXPECT_TRUE(state.empty() ? done == 3 : done == 0 || says_done()) << state << " " << text;
        }
        SQLSetStmtAttr(s, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(1), 0);
        SQLFreeStmt(s, SQL_RESET_PARAMS);
        return state;
    });
    step("returning", [&] {
        SQLINTEGER v = 0;
        std::string state = on_s(SQLBindCol(s, 1, SQL_C_SLONG, &v, 0, nullptr));
        if (state.empty())
            state = write([&] { return exec(s, "INSERT back"); }, "INSERT back");
        if (state.empty())
            state = on_s(SQLFetch(s));
        if (state.empty()) {
            EXPECT_EQ(v, 5);
        }
        SQLFreeStmt(s, SQL_CLOSE);
        SQLFreeStmt(s, SQL_UNBIND);
        return state;
    });
    step("rows", [&] { return read_all(s, "SELECT many", 1000); });
    step("set aside", [&] {
        SQLINTEGER v = 0;
        size_t rows = 0;
        SQLRETURN r = SQL_SUCCESS;
        std::string state = on_s(SQLBindCol(s, 1, SQL_C_SLONG, &v, 0, nullptr));
        if (state.empty())
            state = exec(s, "SELECT many");
        if (state.empty())
            state = on_s(SQLFetch(s));
        if (state.empty())
            state = exec(two, "SELECT one");
        SQLFreeStmt(two, SQL_CLOSE);
        if (state.empty()) {
            for (rows = 1; SQL_SUCCEEDED(r = SQLFetch(s)); rows++)
                EXPECT_EQ(v, 7);
            state = r == SQL_NO_DATA ? "" : on_s(r);
        }
        if (state.empty()) {
            EXPECT_EQ(rows, 1000u);
        }
        SQLFreeStmt(s, SQL_CLOSE);
        SQLFreeStmt(s, SQL_UNBIND);
        return state;
    });
    step("what it is", [&] {
        SQLCHAR name[64] = "";
        SQLWCHAR wide[64] = {};
        SQLSMALLINT n, type;
        SQLULEN size;
        std::string state = exec(s, "SELECT one");
        if (state.empty())
            state = on_s(SQLDescribeCol(s, 1, name, sizeof name, &n, &type, &size, &n, &n));
        if (state.empty()) {
            EXPECT_STREQ(reinterpret_cast<char *>(name), "n");
            state = on_s(SQLFetch(s));
        }
        if (state.empty())
            state = on_s(SQLGetData(s, 1, SQL_C_WCHAR, wide, sizeof wide, nullptr));
        if (state.empty()) {
            EXPECT_EQ(wide[0], '1');
        }
        SQLFreeStmt(s, SQL_CLOSE);
        return state;
    });
    step("type info", [&] {
        SQLRETURN r;
        int rows = 0;
        std::string state = on_s(SQLGetTypeInfo(s, SQL_ALL_TYPES));
        if (state.empty()) {
            while (SQL_SUCCEEDED(r = SQLFetch(s)))
                rows++;
            state = r == SQL_NO_DATA ? "" : on_s(r);
        }
        SQLFreeStmt(s, SQL_CLOSE);
        return state;
    });
    step("catalog", [&] {
        std::string state = on_s(SQLTables(s, nullptr, 0, nullptr, 0, sql_text("t%"), SQL_NTS, nullptr, 0));
        SQLFreeStmt(s, SQL_CLOSE);
        return state;
    });
    step("facts", [&] {
        SQLCHAR value[200];
        SQLSMALLINT n;
        std::string state = on_d(SQLGetInfo(dbc, SQL_DBMS_VER, value, sizeof value, &n));
        if (state.empty())
            state = on_d(SQLGetConnectAttr(dbc, 0x4807, value, sizeof value, nullptr));
        if (state.empty())
            state = on_d(SQLNativeSql(dbc, sql_text("SELECT 1"), SQL_NTS, value, sizeof value, nullptr));
        return state;
    });
    step("transaction", [&] {
        std::string state = on_d(SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF, 0));
        size_t before = fake_executed("COMMIT");
        if (state.empty())
            state = write([&] { return exec(s, "INSERT in"); }, "INSERT in");
        if (state.empty()) {
            state = on_d(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_COMMIT));
            if (!all_on) {
                EXPECT_EQ(fake_executed("COMMIT") - before, state.empty() ? 1u : 0u) << state << " " << text;
            }
        }
        SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK);
        SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(SQL_AUTOCOMMIT_ON), 0);
        return state;
    });
    step("undone", [&] { return undone(); });
}

// A statement fails in a transaction and is taken back, as is one set of an array. What is committed then is what was
// said to be done.
std::string Memory::undone()
{
    SQLINTEGER n[3] = {1, 2, 3};
    SQLUSMALLINT status[3] = {};
    std::string state = on_d(SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF, 0));
    size_t before = fake_executed("INSERT kept"), sets = fake_executed("INSERT set");
    if (state.empty())
        state = exec(s, "INSERT kept");
    std::string bad = state.empty() ? exec(s, "INSERT bad") : "23000";
    if (bad != "23000")
        state = bad;
    SQLSetStmtAttr(s, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(3), 0);
    SQLSetStmtAttr(s, SQL_ATTR_PARAM_STATUS_PTR, status, 0);
    if (state.empty())
        state = on_s(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, n, 0, nullptr));
    if (state.empty())
        state = exec(s, "INSERT set VALUES (?)");
    SQLSetStmtAttr(s, SQL_ATTR_PARAM_STATUS_PTR, nullptr, 0);
    SQLSetStmtAttr(s, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(1), 0);
    SQLFreeStmt(s, SQL_RESET_PARAMS);
    if (state.empty())
        state = exec(s, "INSERT kept");
    if (state.empty())
        state = on_d(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_COMMIT));
    if (state.empty() && !all_on) {
        EXPECT_EQ(fake_executed("INSERT kept") - before, 2u);
        EXPECT_EQ(fake_executed("INSERT set") - sets, 3u);
    }
    SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK);
    SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(SQL_AUTOCOMMIT_ON), 0);
    return state;
}

void Memory::move()
{
    std::string told;
    moving = true;
    fake_set_state(a, FAKE_DOWN);
    fake_set_role(b, ROLE_WRITER);
    step("failover", [&] {
        std::string state = write([&] { return exec(s, "INSERT moved"); }, "INSERT moved");
        told += state + " " + text + "\n";
        return state;
    });
    if (!all_on) {
        char where[64] = ""; // told of it, or moved without an error (the tracker)
        SQLGetConnectAttr(dbc, HOLDFAST_ATTR_HOST, where, sizeof where, nullptr);
        EXPECT_STREQ(where, b) << told;
    }
}

void Memory::close()
{
    left = -1;
    all_on = false;
    if (dbc) {
        SQLINTEGER dead = -1;
        bool open = SQL_SUCCEEDED(SQLGetConnectAttr(dbc, SQL_ATTR_CONNECTION_DEAD, &dead, 0, nullptr));
        SQLHSTMT last = nullptr;
        if (open && SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, dbc, &last)))
            step("afterwards", [&] { return read_all(last, "SELECT many", 1000); });
        if (open) {
            SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK);
            EXPECT_EQ(on_d(SQLDisconnect(dbc)), "") << text;
        }
        EXPECT_EQ(SQLFreeHandle(SQL_HANDLE_DBC, dbc), SQL_SUCCESS);
    }
    if (env) {
        EXPECT_EQ(SQLFreeHandle(SQL_HANDLE_ENV, env), SQL_SUCCESS);
    }
    env = dbc = s = two = nullptr;
}

bool Memory::life(long n, bool all)
{
    static int number;
    begin();
    fake_on_rows(nullptr, "INSERT back", "n:int4|5");
    fake_on_fail(nullptr, "INSERT bad", "23505", "there is one already");
    cs = std::string("SERVER=") + a + ";PORT=5432;UID=app;PWD=x;CLUSTER_ID=memory-" + std::to_string(getpid()) + "-" +
         std::to_string(++number) + ";CLUSTER_HOSTS=" + a + "," + b + "," + c +
         ";DATABASE_DIALECT=POSTGRESQL;ROLLBACK_ON_ERROR=statement;TOPOLOGY_HIGH_REFRESH_RATE_MS=10;FAILOVER_TIMEOUT_MS=" +
         (all ? "100;" : "3000;");
    failed = 0;
    moving = false;
    all_on = all;
    left = n;
    open();
    if (s && two) {
        use();
        move();
    }
    close();
    pipeline_world::end();
    return failed > 0;
}

TEST_F(Memory, EachAllocationOnce)
{
    long n = 1;
    for (; life(n, false); n++)
        if (HasFailure()) {
            ADD_FAILURE() << "at allocation " << n;
            if (!getenv("HF_MEMORY_ALL"))
                return;
        }
    printf("%ld allocations\n", n - 1);
    EXPECT_GT(n, 100);
}

// From the n-th on there is none: nothing is expected but that every call comes back.
TEST_F(Memory, NoneAnyMore)
{
    for (long n = 1; life(n, true) && !HasFailure(); n += 11) {
    }
}

} // namespace
