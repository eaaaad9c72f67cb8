// The whole driver over the scripted native: SQL functions at the top, no server and no driver
// manager below. What a real server cannot be made to do on cue is done here: losing the link at
// any point of any call.
#include "unit/test_driver_world.h"

extern "C" {
#include "core/backend.h"
}

using namespace driver_world;

extern const struct backend backend;
static struct backend fake_backend()
{
    struct backend b = {};
    b.native = exempt_ops();
    b.rules = &scan_rules_pg;
    b.options = OPT_PG;
    b.file = "libholdfastfake.so";
    b.driver = "Holdfast fake";
    b.name_length = 63;
    b.folds_names = true;
    b.decimal = SQL_NUMERIC;
    b.byte_literal[0] = b.byte_literal[1] = "'";
    b.call_returns[0] = "SELECT * FROM ";
    b.call_returns[1] = "";
    b.like_backslash = "E'\\\\'";
    return b;
}
const struct backend backend = fake_backend();

namespace
{

// ---- the outcomes, as an application sees them ----

struct Loss {
    const char *name;
    const char *before; // in manual-commit mode, first; NULL: autocommit
    const char *sql;
    enum fake_act act;
    const char *state;
    size_t executed;
};

class Losses : public Driver, public ::testing::WithParamInterface<Loss>
{
};

const Loss losses[] = {
    {"ReadNotSent", nullptr, "SELECT probe", FAKE_LOST_BEFORE, "08S02", 0},
    {"ReadAnswerLost", nullptr, "SELECT probe", FAKE_LOST_AFTER, "08S02", 1},
    {"WriteNotSent", nullptr, "INSERT probe", FAKE_LOST_BEFORE, "08S02", 0},
    {"WriteAnswerLost", nullptr, "INSERT probe", FAKE_LOST_AFTER, "08007", 1},
    {"WriteReturningLostMidway", nullptr, "INSERT probe", FAKE_LOST_MIDWAY, "08007", 1},
    {"CallAnswerLost", nullptr, "{call probe()}", FAKE_LOST_AFTER, "08007", 1},
    {"DoAnswerLost", nullptr, "DO probe", FAKE_LOST_AFTER, "08007", 1},
    {"InTransactionNotSent", "INSERT x", "INSERT probe", FAKE_LOST_BEFORE, "08007", 0},
    {"InTransactionRead", "INSERT x", "SELECT probe", FAKE_LOST_AFTER, "08007", 1},
    {"FirstOfATransactionNotSent", "", "INSERT probe", FAKE_LOST_BEFORE, "08S02", 0},
    {"FirstOfATransactionLost", "", "INSERT probe", FAKE_LOST_AFTER, "08007", 1},
};

TEST_P(Losses, AreTold)
{
    const Loss &l = GetParam();
    std::string what = l.sql[0] == '{' ? "CALL probe" : l.sql;
    connect();
    if (l.before)
        manual();
    if (l.before && *l.before) {
        ASSERT_EQ(run(l.before), "");
    }
    lose(what.c_str(), l.act);
    EXPECT_EQ(run(l.sql), l.state) << text;
    EXPECT_EQ(fake_executed(what.c_str()), l.executed);
    EXPECT_EQ(run("SELECT one"), "") << text; // the same handles
    SQLINTEGER dead = -1;
    SQLGetConnectAttr(dbc, SQL_ATTR_CONNECTION_DEAD, &dead, 0, nullptr);
    EXPECT_EQ(dead, SQL_CD_FALSE);
    EXPECT_EQ(end_tran(SQL_ROLLBACK), "");
}

INSTANTIATE_TEST_SUITE_P(Table, Losses, ::testing::ValuesIn(losses),
                         [](const ::testing::TestParamInfo<Loss> &i) {
                             return std::string(i.param.name);
                         });

// ---- each call that touches the network ----

TEST_F(Driver, CommitAndRollback)
{
    connect();
    manual();
    ASSERT_EQ(run("INSERT x"), "");
    lose("COMMIT", FAKE_LOST_AFTER);
    EXPECT_EQ(end_tran(SQL_COMMIT), "08007");
    EXPECT_EQ(fake_executed("COMMIT"), 1u);
    ASSERT_EQ(run("INSERT x"), "");
    lose("ROLLBACK", FAKE_LOST_AFTER);
    EXPECT_EQ(end_tran(SQL_ROLLBACK), "08S02");
    EXPECT_EQ(run("SELECT one"), "");
    EXPECT_EQ(end_tran(SQL_COMMIT), "");
}

TEST_F(Driver, Fetch)
{
    connect();
    struct fake_reply reply = {};
    reply.act = FAKE_LOST_MIDWAY;
    reply.rows = "n:int4|7";
    reply.repeat = 1000;
    reply.midway = 500;
    reply.times = 1;
    fake_on(nullptr, "SELECT lost", &reply);
    SQLINTEGER n = 0;
    SQLBindCol(s, 1, SQL_C_SLONG, &n, 0, nullptr);
    ASSERT_EQ(SQLExecDirect(s, sql_text("SELECT lost"), SQL_NTS), SQL_SUCCESS);
    int rows = 0;
    SQLRETURN r;
    while ((r = SQLFetch(s)) == SQL_SUCCESS)
        rows++;
    EXPECT_EQ(r, SQL_ERROR);
    EXPECT_EQ(state(), "08S02");
    EXPECT_GT(rows, 0);
    EXPECT_LE(rows, 500);
    EXPECT_TRUE(SQL_SUCCEEDED(SQLFreeStmt(s, SQL_CLOSE)));
    ASSERT_EQ(SQLExecDirect(s, sql_text("SELECT one"), SQL_NTS), SQL_SUCCESS);
    EXPECT_EQ(SQLFetch(s), SQL_SUCCESS); // the binding has survived
    EXPECT_EQ(n, 1);
}

extern "C" struct nat_caps fake_caps;

// A library that waits in a TLS handshake until it is interrupted: the login timeout holds all the same.
TEST_F(Driver, ConnectThatTheLibraryDoesNotBound)
{
    std::string more = cs + "LOGINTIMEOUT=1";
    fake_caps.open_blocks = true;
    for (const char *host : {a, b, c})
        fake_set_state(host, FAKE_FROZEN);
    int64_t begun = clock_us();
    SQLRETURN r = SQLDriverConnect(dbc, nullptr, sql_text(more.c_str()), SQL_NTS, nullptr, 0,
                                   nullptr, SQL_DRIVER_NOPROMPT);
    int64_t took = clock_us() - begun;
    EXPECT_EQ(r, SQL_ERROR);
    EXPECT_EQ(state_of(SQL_HANDLE_DBC, dbc), "HYT00");
    EXPECT_GE(took, MS(900));
    EXPECT_LT(took, SECONDS(3));
    fake_caps.open_blocks = false;
    for (const char *host : {a, b, c})
        fake_set_state(host, FAKE_UP);
    connect();
}

// The rest of a result is read when it is left; the link is lost over that.
TEST_F(Driver, ResultLeft)
{
    struct fake_reply reply = {};
    reply.act = FAKE_LOST_MIDWAY;
    reply.rows = "n:int4|7";
    reply.repeat = 1000;
    reply.midway = 500;
    reply.times = 1;
    connect();
    fake_on(nullptr, "SELECT lost", &reply);
    ASSERT_EQ(SQLExecDirect(s, sql_text("SELECT lost"), SQL_NTS), SQL_SUCCESS);
    ASSERT_EQ(SQLFetch(s), SQL_SUCCESS);
    EXPECT_EQ(SQLFreeStmt(s, SQL_CLOSE), SQL_SUCCESS_WITH_INFO);
    EXPECT_EQ(state(), "08S02");
    EXPECT_EQ(run("INSERT x"), "");

    manual();
    ASSERT_EQ(run("INSERT x"), "");
    fake_on(nullptr, "SELECT lost again", &reply);
    ASSERT_EQ(SQLExecDirect(s, sql_text("SELECT lost again"), SQL_NTS), SQL_SUCCESS);
    ASSERT_EQ(SQLFetch(s), SQL_SUCCESS);
    EXPECT_EQ(SQLCloseCursor(s), SQL_SUCCESS_WITH_INFO);
    EXPECT_EQ(state(), "08007");
    EXPECT_EQ(run("INSERT untold"), "08007") << text; // it would be the first of another transaction
    EXPECT_EQ(fake_executed("INSERT untold"), 0u);
    EXPECT_EQ(end_tran(SQL_ROLLBACK), "");
    EXPECT_EQ(run("INSERT x"), "");
    EXPECT_EQ(end_tran(SQL_COMMIT), "");
}

TEST_F(Driver, PreparedWithParameters)
{
    connect();
    SQLINTEGER n = 1;
    ASSERT_EQ(SQLPrepare(s, sql_text("INSERT prepared VALUES (?)"), SQL_NTS), SQL_SUCCESS);
    SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &n, 0, nullptr);
    ASSERT_EQ(SQLExecute(s), SQL_SUCCESS) << state() << text;
    fake_set_state(a, FAKE_DOWN);
    fake_set_role(b, ROLE_WRITER);
    n = 2;
    EXPECT_EQ(SQLExecute(s), SQL_ERROR);
    EXPECT_EQ(state(), "08S02");
    EXPECT_EQ(SQLExecute(s), SQL_SUCCESS) << state() << text;
    EXPECT_EQ(executed(b), (std::vector<std::string>{"INSERT prepared VALUES ($1) [2]"}));
}

TEST_F(Driver, DataAtExecution)
{
    connect();
    SQLLEN at_exec = SQL_DATA_AT_EXEC;
    SQLPOINTER token = nullptr;
    ASSERT_EQ(SQLPrepare(s, sql_text("INSERT piece VALUES (?)"), SQL_NTS), SQL_SUCCESS);
    SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0, &n_token, 0, &at_exec);
    for (const char *expected : {"08S02", ""}) {
        ASSERT_EQ(SQLExecute(s), SQL_NEED_DATA);
        ASSERT_EQ(SQLParamData(s, &token), SQL_NEED_DATA);
        EXPECT_EQ(token, &n_token);
        ASSERT_EQ(SQLPutData(s, const_cast<char *>("ab"), 2), SQL_SUCCESS);
        ASSERT_EQ(SQLPutData(s, const_cast<char *>("cd"), 2), SQL_SUCCESS);
        if (*expected) { // between the pieces and the end
            fake_set_state(a, FAKE_DOWN);
            fake_set_role(b, ROLE_WRITER);
        }
        SQLRETURN r = SQLParamData(s, &token);
        EXPECT_EQ(SQL_SUCCEEDED(r) ? "" : state(), expected) << text;
    }
    EXPECT_EQ(executed(b), (std::vector<std::string>{"INSERT piece VALUES ($1) [abcd]"}));
}

TEST_F(Driver, AnArrayLostHalfWay)
{
    connect();
    SQLINTEGER n[4] = {1, 2, 3, 4};
    SQLUSMALLINT status[4] = {99, 99, 99, 99};
    SQLULEN processed = 99;
    SQLSetStmtAttr(s, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(4), 0);
    SQLSetStmtAttr(s, SQL_ATTR_PARAM_STATUS_PTR, status, 0);
    SQLSetStmtAttr(s, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed, 0);
    SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, n, 0, nullptr);
    fake_on_act(nullptr, "INSERT array", FAKE_DONE, 2);
    lose("INSERT array", FAKE_LOST_AFTER);
    SQLRETURN r = SQLExecDirect(s, sql_text("INSERT array VALUES (?)"), SQL_NTS);
    EXPECT_EQ(r, SQL_ERROR);
    EXPECT_EQ(state(), "08007") << text;
    EXPECT_LE(fake_executed("INSERT array"), 4u); // each at most once
    for (SQLUSMALLINT one : status)
        EXPECT_NE(one, 99);
    EXPECT_NE(status[2], SQL_PARAM_SUCCESS);
    EXPECT_NE(status[3], SQL_PARAM_SUCCESS);
}

TEST_F(Driver, MoreResults)
{
    connect();
    lose("SELECT second", FAKE_LOST_AFTER);
    SQLRETURN r = SQLExecDirect(s, sql_text("SELECT one; SELECT second"), SQL_NTS);
    if (SQL_SUCCEEDED(r))
        r = SQLMoreResults(s);
    EXPECT_EQ(r, SQL_ERROR);
    std::string told = state();
    EXPECT_TRUE(told == "08S02" || told == "08007") << told << text;
    EXPECT_EQ(fake_executed("SELECT second"), 1u);
    EXPECT_EQ(run("SELECT one"), "");
}

TEST_F(Driver, CatalogFunctionsAndAttributes)
{
    connect();
    fake_set_state(a, FAKE_DOWN);
    fake_set_role(b, ROLE_WRITER);
    EXPECT_EQ(SQLTables(s, nullptr, 0, nullptr, 0, sql_text("x"), 1, nullptr, 0), SQL_ERROR);
    EXPECT_EQ(state(), "08S02");
    fake_set_role(b, ROLE_READER);
    fake_set_state(b, FAKE_DOWN);
    fake_set_role(c, ROLE_WRITER);
    SQLRETURN r = SQLSetConnectAttr(dbc, SQL_ATTR_TXN_ISOLATION,
                                    reinterpret_cast<SQLPOINTER>(SQL_TXN_SERIALIZABLE), 0);
    if (!SQL_SUCCEEDED(r)) { // said, or set with the next statement: never lost
        EXPECT_EQ(state_of(SQL_HANDLE_DBC, dbc), "08S02");
    }
    run("SELECT one");
    EXPECT_EQ(run("SELECT one"), "");
}

TEST_F(Driver, AnotherStatementsRowsAreLostWithAClearState)
{
    connect();
    SQLHSTMT other = statement();
    struct fake_reply endless = {};
    endless.act = FAKE_ROWS;
    endless.rows = "n:int4|7";
    endless.repeat = 100000;
    fake_on(nullptr, "SELECT endless", &endless);
    ASSERT_EQ(SQLExecDirect(other, sql_text("SELECT endless"), SQL_NTS), SQL_SUCCESS);
    ASSERT_EQ(SQLFetch(other), SQL_SUCCESS);
    fake_kill_sessions(a);
    std::string first = run("SELECT one");
    EXPECT_EQ(first, "08S02") << text;
    SQLRETURN r;
    while ((r = SQLFetch(other)) == SQL_SUCCESS) {
    }
    EXPECT_EQ(r, SQL_ERROR);
    EXPECT_EQ(state(other), "08S02");
    EXPECT_EQ(run("SELECT one"), "");
}

// ---- time ----

TEST_F(Driver, QueryTimeoutLeavesAUsableConnection)
{
    connect();
    fake_on_act(nullptr, "SELECT slow", FAKE_MUTE, 1);
    SQLSetStmtAttr(s, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(1), 0);
    int64_t begun = clock_us();
    EXPECT_EQ(run("SELECT slow"), "HYT00") << text;
    EXPECT_LT(clock_us() - begun, SECONDS(3));
    EXPECT_EQ(run("SELECT one"), "");
}

// Never cancelled, but not waited for without end either.
TEST_F(Driver, CommitWithoutAnAnswerIsUnknownAfterTheConnectionTimeout)
{
    connect();
    SQLSetConnectAttr(dbc, SQL_ATTR_CONNECTION_TIMEOUT, reinterpret_cast<SQLPOINTER>(1), 0);
    manual();
    ASSERT_EQ(run("INSERT x"), "");
    fake_on_act(nullptr, "COMMIT", FAKE_MUTE, 1);
    int64_t begun = clock_us();
    EXPECT_EQ(end_tran(SQL_COMMIT), "08007");
    EXPECT_GE(clock_us() - begun, SECONDS(1) - MS(50));
    EXPECT_LT(clock_us() - begun, SECONDS(3));
    EXPECT_EQ(fake_cancels(), 0u);
    EXPECT_EQ(fake_executed("COMMIT"), 1u);
    EXPECT_EQ(run("SELECT one"), "");
    EXPECT_EQ(end_tran(SQL_COMMIT), "");
}

TEST_F(Driver, CancelFromAnotherThread)
{
    connect();
    fake_on_act(nullptr, "SELECT slow", FAKE_MUTE, 1);
    std::thread other([this] {
        usleep(100000);
        EXPECT_EQ(SQLCancel(s), SQL_SUCCESS);
    });
    EXPECT_EQ(run("SELECT slow"), "HY008") << text;
    other.join();
    EXPECT_EQ(run("SELECT one"), "");
}

TEST_F(Driver, NoWriterInTimeIs08S01AndTheNextCallTriesAgain)
{
    connect("FAILOVER_TIMEOUT_MS=300;");
    fake_set_state(a, FAKE_DOWN);
    EXPECT_EQ(run("SELECT one"), "08S01");
    SQLINTEGER dead = -1;
    SQLGetConnectAttr(dbc, SQL_ATTR_CONNECTION_DEAD, &dead, 0, nullptr);
    EXPECT_EQ(dead, SQL_CD_TRUE);
    fake_set_role(c, ROLE_WRITER);
    EXPECT_EQ(run("SELECT one"), "08S02");
    EXPECT_EQ(run("SELECT one"), "");
}

} // namespace
