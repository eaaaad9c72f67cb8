// ROLLBACK_ON_ERROR (PostgreSQL): what is taken back when a statement fails inside a transaction.
#include "odbc_test.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

namespace
{

SQLPOINTER num(SQLULEN v)
{
    return reinterpret_cast<SQLPOINTER>(v);
}

class Undo : public Connected
{
  protected:
    virtual std::string rollback() const
    {
        return "ROLLBACK_ON_ERROR=statement;";
    }
    std::string options() const override
    {
        return rollback() + logged();
    }
    std::string logged() const
    {
        return "PLUGINS=log;LOG_LEVEL=info;LOG_ROOMS=plugin;LOG_FILE=" + log + ";";
    }
    void SetUp() override
    {
        Connected::SetUp();
        s = Stmt(dbc);
        ASSERT_TRUE(ok(s.exec("CREATE TEMP TABLE t (a int PRIMARY KEY, b text)"), s));
        ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    }
    void TearDown() override
    {
        s = Stmt();
        Connected::TearDown();
        unlink(log.c_str());
    }
    void insert(int a)
    {
        ASSERT_TRUE(ok(s.exec("INSERT INTO t VALUES (" + std::to_string(a) + ")"), s));
    }
    // What the table holds; in the transaction that is open.
    std::string held()
    {
        return s.value("SELECT coalesce(string_agg(a::text, ' ' ORDER BY a), '-') FROM t");
    }
    // What a commit keeps: true of a rollback behind it.
    std::string kept()
    {
        EXPECT_TRUE(clean(dbc.commit(), dbc));
        EXPECT_TRUE(clean(dbc.rollback(), dbc));
        return held();
    }
    // Sends since the connect, as the driver's own log counts them.
    int sends() const
    {
        std::ifstream in(log);
        std::string line;
        int n = 0;
        while (std::getline(in, line))
            n += line.find(" requests) ") != std::string::npos;
        return n;
    }
    Stmt s; // of other statements than the one under test
    std::string log = "/tmp/hf-undo-" + std::to_string(getpid()) + ".log";
};

// ---- one statement ----

struct Case {
    const char *name, *sql, *state;
};

class UndoEach : public Undo, public ::testing::WithParamInterface<Case>
{
};

const Case failures[] = {
    {"Key", "INSERT INTO t VALUES (1)", "23000"},
    {"Syntax", "INSER INTO t VALUES (3)", "42000"},
    {"NoTable", "SELECT * FROM nowhere", "42S02"},
    {"Evaluation", "SELECT 1/0", "22012"},
    {"Several", "INSERT INTO t VALUES (3); INSERT INTO t VALUES (1)", "23000"},
    {"SeveralSyntax", "INSERT INTO t VALUES (3); INSER", "42000"},
    {"Do", "DO 'BEGIN INSERT INTO t VALUES (3); RAISE EXCEPTION ''no''; END'", "HY000"},
    {"Returning", "INSERT INTO t SELECT i FROM generate_series(3, 0, -1) i RETURNING a", "23000"},
    {"Copy", "COPY t FROM STDIN", "HYC00"},
    {"CopyOut", "COPY pg_class TO STDOUT", "HYC00"},
    {"Release", "RELEASE nothing", "HY000"},
    {"RollbackTo", "ROLLBACK TO nothing", "HY000"},
    {"Set", "SET work_mem = 'much'", "HY000"},
    {"Ddl", "CREATE TEMP TABLE t (a int)", "42S01"},
    {"LateRow", "SELECT 1/(20000 - i) FROM generate_series(1, 20001) i", "22012"},
};

INSTANTIATE_TEST_SUITE_P(, UndoEach, ::testing::ValuesIn(failures),
                         [](const ::testing::TestParamInfo<Case> &i) { return i.param.name; });

// Executed, and read to its end: the error, whenever it comes.
std::string run(Stmt &stmt, SQLRETURN rc)
{
    while (rc == SQL_SUCCESS && stmt.columns() > 0)
        rc = stmt.fetch();
    std::string state = rc == SQL_ERROR ? stmt.state() : "";
    stmt.close();
    return state;
}

TEST_P(UndoEach, TakesNothingElse)
{
    insert(1);
    insert(2);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(GetParam().state, run(stmt, stmt.exec(GetParam().sql)));
    insert(4);
    EXPECT_EQ("1 2 4", held());
    EXPECT_EQ("1 2 4", kept());
}

TEST_P(UndoEach, Prepared)
{
    insert(1);
    ASSERT_TRUE(ok(stmt.prepare(GetParam().sql), stmt));
    for (int i = 0; i < 2; i++) {
        insert(5 + i);
        EXPECT_EQ(GetParam().state, run(stmt, stmt.execute()));
    }
    EXPECT_EQ("1 5 6", held());
    EXPECT_EQ("1 5 6", kept());
}

// It has nothing before it that would be kept: the transaction goes, and the next one begins.
TEST_P(UndoEach, First)
{
    insert(1);
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_EQ(GetParam().state, run(stmt, stmt.exec(GetParam().sql)));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    insert(2);
    EXPECT_EQ("1 2", kept());
}

// The application's own BEGIN.
TEST_P(UndoEach, InAutocommit)
{
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    insert(1);
    ASSERT_TRUE(ok(s.exec("BEGIN"), s));
    EXPECT_EQ(GetParam().state, run(stmt, stmt.exec(GetParam().sql)));
    insert(2);
    EXPECT_EQ(GetParam().state, run(stmt, stmt.exec(GetParam().sql)));
    ASSERT_TRUE(ok(s.exec("COMMIT"), s));
    EXPECT_EQ("1 2", held());
    // And none of it outside of one.
    run(stmt, stmt.exec(GetParam().sql));
    EXPECT_EQ("1 2", held());
}

// ---- what else may fail ----

TEST_F(Undo, Describing)
{
    insert(1);
    ASSERT_TRUE(ok(stmt.prepare("SELECT nowhere FROM t"), stmt));
    SQLSMALLINT n = 0;
    EXPECT_TRUE(fails(SQLNumResultCols(stmt, &n), stmt, "42S22"));
    insert(2);
    EXPECT_TRUE(fails(stmt.execute(), stmt, "42S22"));
    EXPECT_EQ("1 2", kept());
}

// What the server runs outside of a transaction only.
TEST_F(Undo, InATransaction)
{
    insert(1);
    EXPECT_TRUE(fails(s.exec("VACUUM"), s, "25000"));
    EXPECT_EQ("1", kept());
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_TRUE(ok(s.exec("VACUUM pg_catalog.pg_description"), s));
    insert(2);
    EXPECT_EQ("1 2", kept());
}

TEST_F(Undo, TimedOut)
{
    insert(1);
    ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, num(1), 0), stmt));
    EXPECT_TRUE(fails(stmt.exec("INSERT INTO t SELECT 3 FROM pg_sleep(30)"), stmt, "HYT00"));
    insert(2);
    EXPECT_EQ("1 2", kept());
}

TEST_F(Undo, Cancelled)
{
    insert(1);
    for (int i = 0; i < 5; i++) {
        std::thread t([this] {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            SQLCancel(stmt);
            SQLCancel(stmt); // this one may come when it is being undone
        });
        EXPECT_TRUE(fails(stmt.exec("INSERT INTO t SELECT 3 FROM pg_sleep(30)"), stmt, "HY008"));
        t.join();
    }
    insert(2);
    EXPECT_EQ("1 2", kept());
}

TEST_F(Undo, DataAtExecution)
{
    insert(1);
    SQLLEN later = SQL_DATA_AT_EXEC;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0, num(1), 0,
                                    &later),
                   stmt));
    SQLPOINTER token;
    char bad[] = "1", good[] = "2";
    for (char *value : {bad, good}) {
        ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t VALUES (CAST(? AS int))"));
        ASSERT_EQ(SQL_NEED_DATA, SQLParamData(stmt, &token));
        ASSERT_TRUE(ok(SQLPutData(stmt, value, SQL_NTS), stmt));
        SQLRETURN rc = SQLParamData(stmt, &token);
        EXPECT_TRUE(value == bad ? fails(rc, stmt, "23000") : clean(rc, stmt));
    }
    EXPECT_EQ("1 2", kept());
}

// A read that fails behind the rows that are on their way, while other statements run.
TEST_F(Undo, RowsSetAside)
{
    insert(1);
    ASSERT_TRUE(ok(stmt.exec("SELECT 1/(20000 - i) FROM generate_series(1, 20001) i"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    Stmt other(dbc);
    EXPECT_TRUE(warns(other.exec("INSERT INTO t VALUES (2)"), other, "01000"));
    EXPECT_EQ("22012", run(stmt, SQL_SUCCESS));
    EXPECT_EQ("1 2", kept());
}

// The application cannot know yet: a commit of what it takes for done would be a lie.
TEST_F(Undo, CommitBeforeTheRowsAreRead)
{
    for (bool text : {false, true}) {
        insert(text);
        ASSERT_TRUE(ok(stmt.exec("SELECT 1/(20000 - i) FROM generate_series(1, 20001) i"), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        if (text)
            EXPECT_TRUE(fails(s.exec("COMMIT"), s, "HY000"));
        else
            EXPECT_TRUE(fails(dbc.commit(), dbc, "HY000"));
        EXPECT_EQ("22012", run(stmt, SQL_SUCCESS));
        EXPECT_TRUE(clean(dbc.commit(), dbc));
        EXPECT_TRUE(clean(dbc.rollback(), dbc));
    }
    EXPECT_EQ("0 1", held());
}

TEST_F(Undo, RowsLeftUnread)
{
    insert(1);
    ASSERT_TRUE(ok(stmt.exec("SELECT 1/(20000 - i) FROM generate_series(1, 20001) i"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(warns(stmt.close(), stmt, "01000"));
    EXPECT_EQ("1", kept());
}

TEST_F(Undo, CatalogFunctions)
{
    insert(1);
    ASSERT_TRUE(ok(calls.tables(stmt, nullptr, nullptr, "t", nullptr), stmt));
    EXPECT_EQ(1U, stmt.rest().size());
    stmt.close();
    EXPECT_TRUE(fails(s.exec("SELECT 1/0"), s, "22012"));
    EXPECT_EQ("1", kept());
}

// What a failed statement had set is as it was, also after the commit.
TEST_F(Undo, Settings)
{
    insert(1);
    ASSERT_TRUE(ok(s.exec("SET search_path = one"), s));
    EXPECT_TRUE(fails(s.exec("SET search_path = two; SELECT 1/0"), s, "22012"));
    EXPECT_EQ("one", s.value("SHOW search_path"));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_EQ("one", s.value("SHOW search_path"));
}

TEST_F(Undo, SetTransaction)
{
    ASSERT_TRUE(ok(s.exec("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"), s));
    insert(1);
    EXPECT_TRUE(fails(s.exec("SELECT 1/0"), s, "22012"));
    EXPECT_EQ("serializable", s.value("SHOW transaction_isolation"));
    ASSERT_TRUE(ok(s.exec("SET TRANSACTION READ ONLY"), s)); // not in a savepoint, in which it would end
    EXPECT_TRUE(fails(s.exec("INSERT INTO pg_temp.t VALUES (1)"), s, "23000"));
    EXPECT_TRUE(fails(s.exec("CREATE TABLE undo_never (a int)"), s, "25000"));
    EXPECT_EQ("1", kept());
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(ok(s.exec("BEGIN"), s)); // by hand, where no statement is the first
    ASSERT_TRUE(ok(s.exec("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"), s));
    ASSERT_TRUE(ok(s.exec("SET LOCAL TRANSACTION READ ONLY"), s));
}

// Of rows changed through a cursor each is a statement.
TEST_F(Undo, RowsOfACursor)
{
    SQLINTEGER a[3] = {2, 1, 3};
    SQLUSMALLINT status[3] = {};
    insert(1);
    SQLSetStmtAttr(stmt, SQL_ATTR_CURSOR_TYPE, num(SQL_CURSOR_STATIC), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_CONCURRENCY, num(SQL_CONCUR_VALUES), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, num(3), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0);
    ASSERT_TRUE(ok(stmt.exec("SELECT a FROM t"), stmt));
    ASSERT_TRUE(ok(SQLBindCol(stmt, 1, SQL_C_LONG, a, 0, nullptr), stmt));
    EXPECT_EQ(SQL_SUCCESS_WITH_INFO, SQLBulkOperations(stmt, SQL_ADD)) << stmt.message();
    EXPECT_EQ(SQL_ROW_ADDED, status[0]);
    EXPECT_EQ(SQL_ROW_ERROR, status[1]);
    EXPECT_EQ(SQL_ROW_ADDED, status[2]);
    ASSERT_TRUE(ok(stmt.close(), stmt));
    EXPECT_EQ("1 2 3", kept());
}

// A changed table makes a prepared statement fail once: undone, it is prepared again.
TEST_F(Undo, StalePlan)
{
    insert(1);
    ASSERT_TRUE(ok(stmt.prepare("SELECT * FROM t"), stmt));
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ(1U, stmt.rest().size());
    stmt.close();
    ASSERT_TRUE(ok(s.exec("ALTER TABLE t ADD COLUMN c int"), s));
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ(3, stmt.columns());
    stmt.close();
    ASSERT_TRUE(ok(s.exec("DO 'BEGIN EXECUTE ''DEALLOCATE ALL''; END'"), s));
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ(1U, stmt.rest().size());
    stmt.close();
    EXPECT_EQ("1", kept());
}

// ---- the application's own savepoints ----

TEST_F(Undo, Savepoints)
{
    insert(1);
    ASSERT_TRUE(ok(s.exec("SAVEPOINT a"), s));
    insert(2);
    EXPECT_TRUE(fails(s.exec("SELECT 1/0"), s, "22012"));
    insert(3);
    ASSERT_TRUE(ok(s.exec("SAVEPOINT a"), s)); // the same name again
    insert(4);
    ASSERT_TRUE(ok(s.exec("ROLLBACK TO a"), s));
    EXPECT_EQ("1 2 3", held());
    insert(5);
    EXPECT_TRUE(fails(s.exec("RELEASE b"), s, "HY000"));
    ASSERT_TRUE(ok(s.exec("RELEASE a"), s));
    EXPECT_TRUE(fails(s.exec("SELECT 1/0"), s, "22012"));
    EXPECT_EQ("1 2 3 5", held());
    ASSERT_TRUE(ok(s.exec("ROLLBACK TO a"), s)); // the outer one
    EXPECT_EQ("1", held());
    insert(6);
    ASSERT_TRUE(ok(s.exec("ROLLBACK TO SAVEPOINT a"), s));
    EXPECT_TRUE(fails(s.exec("INSERT INTO t VALUES (1)"), s, "23000"));
    ASSERT_TRUE(ok(s.exec("RELEASE SAVEPOINT a"), s));
    EXPECT_TRUE(fails(s.exec("ROLLBACK TO a"), s, "HY000"));
    EXPECT_EQ("1", kept());
}

TEST_F(Undo, SavepointsInOneText)
{
    insert(1);
    ASSERT_TRUE(ok(s.exec("SAVEPOINT a; INSERT INTO t VALUES (2); SAVEPOINT b"), s));
    s.close();
    insert(3);
    EXPECT_TRUE(fails(s.exec("SELECT 1/0"), s, "22012"));
    ASSERT_TRUE(ok(s.exec("ROLLBACK TO b; INSERT INTO t VALUES (4)"), s));
    s.close();
    EXPECT_TRUE(fails(s.exec("SELECT 1/0"), s, "22012"));
    EXPECT_EQ("1 2 4", held());
    ASSERT_TRUE(ok(s.exec("INSERT INTO t VALUES (5); COMMIT AND CHAIN; INSERT INTO t VALUES (6)"), s));
    s.close();
    EXPECT_TRUE(fails(s.exec("SELECT 1/0"), s, "22012"));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
    EXPECT_EQ("1 2 4 5", held());
}

// It is not within a savepoint of the driver's, which it would lie in. As on any error without the
// option, only a rollback helps, to a savepoint of its own for instance.
TEST_F(Undo, ASavepointThatFails)
{
    insert(1);
    ASSERT_TRUE(ok(s.exec("SAVEPOINT a"), s));
    insert(2);
    EXPECT_TRUE(fails(s.exec("SAVEPOINT"), s, "42000"));
    EXPECT_TRUE(fails(s.exec("SELECT 1"), s, "25000"));
    ASSERT_TRUE(ok(s.exec("ROLLBACK TO a"), s));
    EXPECT_EQ("1", held());
    EXPECT_TRUE(fails(s.exec("SAVEPOINT"), s, "42000"));
    EXPECT_TRUE(fails(dbc.commit(), dbc, "25S03"));
    EXPECT_EQ("-", held());
}

// Thousands of statements are not thousands of savepoints in one another.
TEST_F(Undo, SavepointsDoNotPileUp)
{
    insert(0);
    for (int i = 1; i <= 300; i++) {
        ASSERT_TRUE(ok(s.exec("SAVEPOINT mine"), s));
        insert(i);
        EXPECT_TRUE(fails(s.exec("INSERT INTO t VALUES (0)"), s, "23000"));
        ASSERT_TRUE(ok(s.exec("RELEASE mine"), s));
    }
    for (int i = 301; i <= 310; i++)
        insert(i);
    // One of ours is left, at the most.
    ASSERT_TRUE(ok(s.exec("SAVEPOINT last"), s));
    EXPECT_TRUE(fails(s.exec("RELEASE hf_statement; RELEASE hf_statement"), s, "HY000"));
    ASSERT_TRUE(ok(s.exec("ROLLBACK TO last"), s));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_EQ("311", s.value("SELECT count(*) FROM t"));
}

// ---- arrays ----

class UndoSets : public Undo
{
  protected:
    // Inserts these, all at once; the statuses, and how many are processed.
    std::string insert_all(const std::vector<int> &a, SQLRETURN expected, const std::string &tail = "")
    {
        std::vector<SQLUSMALLINT> status(a.size(), 99);
        SQLULEN processed = 0;
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, num(a.size()), 0);
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status.data(), 0);
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed, 0);
        SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0,
                         const_cast<int *>(a.data()), 0, nullptr);
        std::string sql = "INSERT INTO t VALUES (?)" + tail;
        SQLRETURN rc = prepared ? stmt.prepare(sql) : SQL_SUCCESS;
        rc = !SQL_SUCCEEDED(rc) ? rc : prepared ? stmt.execute() : stmt.exec(sql);
        EXPECT_EQ(rc_name(expected), rc_name(rc)) << stmt.message();
        records.clear();
        for (SQLSMALLINT i = 1; rc == SQL_ERROR && !stmt.state(i).empty(); i++)
            records += stmt.state(i) + " " + std::to_string(stmt.row_number(i)) + ", ";
        std::string s;
        for (SQLUSMALLINT one : status)
            s += one == SQL_PARAM_SUCCESS ? 's' : one == SQL_PARAM_ERROR ? 'e'
                 : one == SQL_PARAM_UNUSED ? '-'
                 : one == SQL_PARAM_SUCCESS_WITH_INFO ? 'i' : '?';
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, nullptr, 0);
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, nullptr, 0);
        return s + " " + std::to_string(processed);
    }
    bool prepared = false;
    std::string records; // of the last call that failed: SQLSTATE and row
};

TEST_F(UndoSets, EachStandsByItself)
{
    for (bool how : {false, true}) {
        prepared = how;
        insert(1);
        EXPECT_EQ("sesee 5", insert_all({2, 2, 3, 1, 3}, SQL_ERROR));
        EXPECT_EQ("23000 2, 23000 4, 23000 5, ", records);
        EXPECT_EQ("ses 3", insert_all({4, 4, 5}, SQL_ERROR));
        EXPECT_EQ("1 2 3 4 5", kept());
        ASSERT_TRUE(ok(s.exec("DELETE FROM t"), s));
        ASSERT_TRUE(clean(dbc.commit(), dbc));
    }
}

// As the first statement, and nothing of it good.
TEST_F(UndoSets, First)
{
    EXPECT_EQ("ses 3", insert_all({1, 1, 2}, SQL_ERROR));
    EXPECT_EQ("1 2", kept());
    prepared = true;
    EXPECT_EQ("eee 3", insert_all({1, 2, 1}, SQL_ERROR));
    insert(3);
    EXPECT_EQ("1 2 3", kept());
}

// What the server says of a set carries its row here too.
TEST_F(UndoSets, Notices)
{
    ASSERT_TRUE(ok(s.exec("CREATE FUNCTION pg_temp.hf_speak() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
                          "RAISE NOTICE ''%'', NEW.a; RETURN NEW; END'"),
                   s));
    ASSERT_TRUE(ok(s.exec("CREATE TRIGGER hf_speak BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a % 150 = 3) "
                          "EXECUTE FUNCTION pg_temp.hf_speak()"),
                   s));
    std::vector<int> a(400);
    for (int i = 0; i < 400; i++)
        a[i] = i;
    a[8] = 7;
    std::string expected(400, 's');
    expected[3] = expected[153] = expected[303] = 'i';
    expected[8] = 'e';
    EXPECT_EQ(expected + " 400", insert_all(a, SQL_ERROR));
    EXPECT_EQ("23000 9, 01000 4, 01000 154, 01000 304, ", records);
}

// A statement that the server does not take fails once, not with each set.
TEST_F(UndoSets, NoStatement)
{
    for (bool how : {false, true}) {
        prepared = how;
        insert(1 + how);
        int before = sends();
        EXPECT_EQ(how ? "e-- 1" : "eee 3", insert_all({5, 6, 7}, SQL_ERROR, " nonsense here"));
        EXPECT_LE(sends() - before, how ? 2 : 6);
    }
    EXPECT_EQ("1 2", kept());
}

TEST_F(UndoSets, Many)
{
    std::vector<int> a(1000);
    for (int i = 0; i < 1000; i++)
        a[i] = i;
    a[100] = a[255] = a[256] = a[999] = 7;
    insert(7);
    std::string expected(1000, 's');
    for (int i : {7, 100, 255, 256, 999})
        expected[i] = 'e';
    EXPECT_EQ(expected + " 1000", insert_all(a, SQL_ERROR));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_EQ("996", s.value("SELECT count(*) FROM t"));
}

TEST_F(UndoSets, NoneFails)
{
    std::vector<int> a(1000);
    for (int i = 0; i < 1000; i++)
        a[i] = i + 1;
    insert(0);
    int before = sends();
    EXPECT_EQ(std::string(1000, 's') + " 1000", insert_all(a, SQL_SUCCESS));
    EXPECT_EQ(4, sends() - before); // 256 at once
    EXPECT_EQ(1000, stmt.row_count());
    EXPECT_TRUE(fails(s.exec("SELECT 1/0"), s, "22012"));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_EQ("1001", s.value("SELECT count(*) FROM t"));
}

TEST_F(UndoSets, Returning)
{
    insert(1);
    int values[] = {2, 1, 3};
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, num(3), 0);
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, values, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (?) RETURNING a"), stmt));
    EXPECT_EQ("2\n", shown(stmt.rest()));
    EXPECT_TRUE(fails(stmt.more(), stmt, "23000"));
    EXPECT_TRUE(ok(stmt.more(), stmt));
    EXPECT_EQ("3\n", shown(stmt.rest()));
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    EXPECT_EQ("1 2 3", kept());
}

// A timeout ends the array; those behind are told to be unused.
TEST_F(UndoSets, TimedOut)
{
    insert(1);
    SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, num(1), 0);
    EXPECT_EQ("se- 2", insert_all({2, 3, 4}, SQL_ERROR, ", ((SELECT 9 FROM pg_sleep(CASE WHEN (SELECT count(*) FROM t) > 2 THEN 30 ELSE 0 END)) + (SELECT count(*) FROM t)::int)"));
    EXPECT_EQ("HYT00 2, ", records);
    EXPECT_EQ("1 2 10", kept());
}

// ---- the whole transaction ----

class UndoAll : public Undo
{
  protected:
    std::string rollback() const override
    {
        return "PROTOCOL=7.4-1;";
    }
};

TEST_F(UndoAll, IsTold)
{
    insert(1);
    EXPECT_TRUE(fails(stmt.exec("SELECT 1/0"), stmt, "22012"));
    EXPECT_TRUE(stmt.has_state("01000"));
    // The commit is of nothing, and says so, once.
    EXPECT_TRUE(fails(dbc.commit(), dbc, "25S03"));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_EQ("-", held());
    insert(2);
    EXPECT_TRUE(fails(stmt.exec("INSER"), stmt, "42000"));
    insert(3); // in the next transaction
    EXPECT_EQ("3", kept());
}

TEST_F(UndoAll, RowsSetAside)
{
    insert(1);
    ASSERT_TRUE(ok(stmt.exec("SELECT 1/(20000 - i) FROM generate_series(1, 20001) i"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(s.exec("INSERT INTO t VALUES (2)"), s, "25S03"));
    EXPECT_TRUE(fails(dbc.commit(), dbc, "25S03"));
    EXPECT_EQ("-", held());
}

TEST_F(UndoAll, OwnBegin)
{
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    ASSERT_TRUE(ok(s.exec("BEGIN"), s));
    insert(1);
    EXPECT_TRUE(fails(stmt.exec("SELECT 1/0"), stmt, "22012"));
    EXPECT_TRUE(fails(s.exec("COMMIT"), s, "25S03"));
    EXPECT_EQ("-", held());
}

TEST_F(UndoAll, Describing)
{
    insert(1);
    ASSERT_TRUE(ok(stmt.prepare("SELECT nowhere FROM t"), stmt));
    SQLSMALLINT n = 0;
    EXPECT_TRUE(fails(SQLNumResultCols(stmt, &n), stmt, "42S22"));
    EXPECT_EQ("1", kept());
}

// ---- what it costs ----

TEST_F(Undo, RoundTripsAreTheSame)
{
    const std::pair<const char *, bool> options[] = {
        {"", false},
        {"PROTOCOL=7.4;", false},
        {"PROTOCOL=7.4-0;", false},
        {"PROTOCOL=7.4-1;", false},
        {"PROTOCOL=7.4-2;", true},
        {"A1=6.4-2;", true},
        {"ROLLBACK_ON_ERROR=Statement;", true},
        {"PROTOCOL=7.4-2;ROLLBACK_ON_ERROR=none;", false},
    };
    for (auto [how, undoes] : options) {
        Dbc d = another(how + logged());
        Stmt q(d);
        ASSERT_TRUE(ok(q.exec("CREATE TEMP TABLE t (a int PRIMARY KEY)"), q));
        ASSERT_TRUE(clean(d.autocommit(false), d));
        int before = sends();
        for (int i = 0; i < 5; i++)
            ASSERT_TRUE(ok(q.exec("INSERT INTO t VALUES (" + std::to_string(i) + ")"), q));
        ASSERT_TRUE(ok(q.prepare("SELECT a FROM t"), q));
        ASSERT_TRUE(ok(q.execute(), q));
        EXPECT_EQ(5U, q.rest().size());
        q.close();
        ASSERT_TRUE(clean(d.commit(), d));
        EXPECT_EQ(7, sends() - before) << how;
        ASSERT_TRUE(ok(q.exec("INSERT INTO t VALUES (8)"), q));
        EXPECT_TRUE(fails(q.exec("SELECT 1/0"), q, "22012"));
        SQLRETURN rc = d.commit();
        EXPECT_TRUE(undoes ? clean(rc, d) : fails(rc, d, "25S03")) << how;
        EXPECT_EQ(undoes ? "6" : "5", q.value("SELECT count(*) FROM t")) << how;
        ASSERT_TRUE(clean(d.rollback(), d));
    }
}

} // namespace
