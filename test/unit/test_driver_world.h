// An application over the scripted native, for the driver's tests: SQL functions at the top, no
// server and no driver manager below.
#ifndef HOLDFAST_TEST_DRIVER_WORLD_H
#define HOLDFAST_TEST_DRIVER_WORLD_H

#include "unit/pipeline_world.h"

#include <sql.h>
#include <sqlext.h>

namespace driver_world
{

using namespace pipeline_world;

// The scripted native has memory at all times (test_driver_memory.cc).
inline thread_local int test_memory_exempt = 0;

template <auto Verb> struct Exempt;
template <class R, class... Args, R (*native_ops::*Verb)(Args...)> struct Exempt<Verb> {
    static R call(Args... args)
    {
        struct Scope {
            Scope()
            {
                test_memory_exempt++;
            }
            ~Scope()
            {
                test_memory_exempt--;
            }
        } scope;
        return (ops()->*Verb)(args...);
    }
};

inline const struct native_ops *exempt_ops();

inline struct native *exempt_create(const struct nat_target *to, const struct nat_login *as,
                                    struct fault *f)
{
    struct native *n = Exempt<&native_ops::create>::call(to, as, f);
    if (n)
        n->ops = exempt_ops();
    return n;
}

// Not detach(): what it fills is the driver's own.
inline const struct native_ops *exempt_ops()
{
    static const struct native_ops made = [] {
        struct native_ops o = *ops();
        o.create = exempt_create;
        o.open = Exempt<&native_ops::open>::call;
        o.close = Exempt<&native_ops::close>::call;
        o.interrupt = Exempt<&native_ops::interrupt>::call;
        o.cancel = Exempt<&native_ops::cancel>::call;
        o.send = Exempt<&native_ops::send>::call;
        o.result = Exempt<&native_ops::result>::call;
        o.columns = Exempt<&native_ops::columns>::call;
        o.params = Exempt<&native_ops::params>::call;
        o.next = Exempt<&native_ops::next>::call;
        o.finish = Exempt<&native_ops::finish>::call;
        return o;
    }();
    return &made;
}

inline std::string state_of(SQLSMALLINT type, SQLHANDLE h, std::string *text = nullptr)
{
    SQLCHAR state[6] = "", message[1024] = "";
    if (SQLGetDiagRec(type, h, 1, state, nullptr, message, sizeof message, nullptr) == SQL_NO_DATA)
        return "";
    if (text)
        *text = reinterpret_cast<char *>(message);
    return reinterpret_cast<char *>(state);
}

inline SQLCHAR *sql_text(const char *s)
{
    return reinterpret_cast<SQLCHAR *>(const_cast<char *>(s));
}

class Driver : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        static int number;
        begin();
        cs = std::string("SERVER=") + a + ";PORT=5432;UID=app;CLUSTER_ID=driver-" +
             std::to_string(getpid()) + "-" + std::to_string(++number) + ";CLUSTER_HOSTS=" + a + "," +
             b + "," + c + ";DATABASE_DIALECT=POSTGRESQL;TOPOLOGY_HIGH_REFRESH_RATE_MS=10;";
        SQLAllocHandle(SQL_HANDLE_ENV, nullptr, &env);
        SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
        SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
    }
    void TearDown() override
    {
        EXPECT_EQ(SQLDisconnect(dbc), SQL_SUCCESS) << state_of(SQL_HANDLE_DBC, dbc);
        SQLFreeHandle(SQL_HANDLE_DBC, dbc);
        SQLFreeHandle(SQL_HANDLE_ENV, env);
        pipeline_world::end();
    }
    // Without the tracker each move is told.
    void connect(const std::string &more = "", const std::string &plugins = "PLUGINS=failover;")
    {
        std::string text = cs + plugins + more, why;
        SQLRETURN r = SQLDriverConnect(dbc, nullptr, sql_text(text.c_str()), SQL_NTS, nullptr, 0,
                                       nullptr, SQL_DRIVER_NOPROMPT);
        ASSERT_EQ(r, SQL_SUCCESS) << state_of(SQL_HANDLE_DBC, dbc, &why) << why;
        s = statement();
    }
    SQLHSTMT statement()
    {
        SQLHSTMT h = nullptr;
        EXPECT_EQ(SQLAllocHandle(SQL_HANDLE_STMT, dbc, &h), SQL_SUCCESS);
        return h;
    }
    void manual()
    {
        ASSERT_EQ(SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF, 0), SQL_SUCCESS);
    }
    // "" for success, else the SQLSTATE.
    std::string run(const char *sql, SQLHSTMT h = nullptr)
    {
        h = h ? h : s;
        SQLRETURN r = SQLExecDirect(h, sql_text(sql), SQL_NTS);
        std::string state = SQL_SUCCEEDED(r) ? "" : state_of(SQL_HANDLE_STMT, h, &text);
        SQLFreeStmt(h, SQL_CLOSE);
        return state;
    }
    std::string end_tran(SQLSMALLINT how)
    {
        return SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, dbc, how)) ? ""
                                                                 : state_of(SQL_HANDLE_DBC, dbc);
    }
    void lose(const char *statement, enum fake_act act)
    {
        struct fake_reply reply = {};
        reply.act = act;
        reply.times = 1;
        reply.rows = act == FAKE_LOST_MIDWAY ? "n:int4|1|2|3" : nullptr;
        reply.midway = 2;
        fake_on(nullptr, statement, &reply);
    }
    std::string state(SQLHSTMT h = nullptr)
    {
        return state_of(SQL_HANDLE_STMT, h ? h : s, &text);
    }

    SQLHENV env = nullptr;
    SQLHDBC dbc = nullptr;
    SQLHSTMT s = nullptr;
    std::string cs, text;
    int n_token = 0; // its address stands for the parameter
};

} // namespace driver_world

#endif
