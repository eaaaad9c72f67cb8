// Which row of a table a cursor's row is must be certain, or nothing is changed; and what became of
// each row is told as it is.
#include "set_pos.h"

#include <thread>

namespace
{

class Certain : public SetPos
{
  protected:
    Dbc spare; // when the other is lost

    void open_at(const std::string &sql, SQLLEN row)
    {
        open(1, sql);
        ASSERT_TRUE(ok(SQLFetchScroll(stmt, SQL_FETCH_ABSOLUTE, row), stmt)) << sql;
    }
    // The query's row cannot be changed.
    void refused(const std::string &sql)
    {
        open_at(sql, 1);
        EXPECT_TRUE(fails(pos(1, SQL_DELETE), stmt, "HYC00")) << sql;
        stmt.close();
    }
    void name_it()
    {
        ASSERT_TRUE(clean(calls.set_cursor_name(stmt, "here"), stmt));
    }
    SQLRETURN current(const std::string &sql)
    {
        return other.exec(sql + " WHERE CURRENT OF here");
    }
};
BOTH_FORMS(Certain);

// Columns of two rows of one table, or of a query that only has a table's name.
TEST_P(Certain, NoSelfJoinsAndDerivedTables)
{
    run("DROP TABLE IF EXISTS pairs");
    run("CREATE TABLE pairs(k int NOT NULL PRIMARY KEY, q int, v varchar(20))");
    run("INSERT INTO pairs VALUES (1, 5, 'x'), (2, 5, 'x')");
    for (const char *sql :
         {"SELECT a.k, b.v FROM pairs a JOIN pairs b ON a.q = b.q ORDER BY 1",
          "SELECT a.k, b.v FROM pairs a, pairs b ORDER BY 1",
          "SELECT k, v FROM (SELECT a.k, b.v FROM pairs a JOIN pairs b ON a.q = b.q) x ORDER BY 1",
          "WITH x AS (SELECT * FROM pairs) SELECT a.k, b.v FROM x a JOIN x b ON a.q = b.q ORDER BY 1",
          "WITH pairs AS (SELECT k, v FROM positioned) SELECT k, v FROM pairs ORDER BY 1",
          "SELECT k, v FROM (SELECT k, v FROM positioned) pairs ORDER BY 1"})
        refused(sql);
    // Of several statements in a text it is not told which one this is.
    open_at("SELECT k, v FROM positioned WHERE k = 1; SELECT a.k, b.v FROM pairs a JOIN pairs b ON a.q = b.q ORDER BY 1", 1);
    ASSERT_TRUE(ok(stmt.more(), stmt));
    ASSERT_TRUE(ok(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt));
    EXPECT_TRUE(fails(pos(1, SQL_DELETE), stmt, "HYC00"));
    stmt.close();
    run("DROP TABLE pairs");
}

// Ordinary queries, in which the same words stand elsewhere, or other tables beside.
TEST_P(Certain, OrdinaryQueries)
{
    run("DROP TABLE IF EXISTS status, beside");
    run("CREATE TABLE status(k int NOT NULL PRIMARY KEY, status varchar(20), q int)");
    run("CREATE TABLE beside(k int)");
    run("INSERT INTO beside VALUES (1)");
    for (const char *sql :
         {"SELECT k, status FROM status", "SELECT k AS status, status AS k FROM status status",
          "select s.k, s.status, (SELECT count(*) FROM beside) FROM status AS s",
          "SELECT k, status FROM status WHERE k IN (SELECT DISTINCT k FROM beside GROUP BY k HAVING count(*) > 0 UNION SELECT 1)",
          "SELECT s.k, s.status FROM status s JOIN beside b ON b.k = s.k ORDER BY s.k LIMIT 1",
          "SELECT s.k, s.status FROM beside b LEFT JOIN status s ON (s.k = b.k)",
          "SELECT k, status /* FROM status, status */ FROM status -- GROUP BY k"}) {
        run("INSERT INTO status VALUES (1, 'x', 2)");
        open_at(sql, 1);
        EXPECT_TRUE(clean(pos(1, SQL_DELETE), stmt)) << sql;
        stmt.close();
    }
    if (!my()) {
        run("INSERT INTO status VALUES (1, 'x', 2)");
        open_at("SELECT k IS NOT DISTINCT FROM q, status, k, timestamp with time zone '2024-01-01 00:00Z' FROM status WHERE k IS DISTINCT FROM 2", 1);
        EXPECT_TRUE(clean(pos(1, SQL_DELETE), stmt));
        stmt.close();
    }
    EXPECT_EQ("", rows("SELECT * FROM status"));
    run("DROP TABLE status, beside");
}

// A view is not its table: it may leave out columns, join, or go under another table's name.
TEST_P(Certain, NoViews)
{
    run("DROP VIEW IF EXISTS seen");
    run("DROP TABLE IF EXISTS whole");
    run("CREATE TABLE whole(k int, v varchar(20), more int)");
    run("INSERT INTO whole VALUES (1, 'a', 1), (1, 'a', 2)");
    run("CREATE VIEW seen AS SELECT k, v FROM whole");
    refused("SELECT k, v FROM seen");
    refused("SELECT positioned.k, positioned.v FROM seen positioned");
    run("DROP VIEW seen");
    run("DROP TABLE whole");
}

// A row that an outer join made up is none of the table's.
TEST_P(Certain, NoJoinsWithoutAKey)
{
    run("DROP TABLE IF EXISTS loose");
    run("CREATE TABLE loose(k int, v varchar(20))");
    run("INSERT INTO loose VALUES (NULL, NULL)");
    refused("SELECT l.k, l.v FROM positioned p LEFT JOIN loose l ON l.k = p.k");
    EXPECT_EQ("[NULL, NULL]", rows("SELECT * FROM loose"));
    run("DROP TABLE loose");
}

// Rows are the same in all columns: a change is not made a second time, to the twin.
TEST_P(Certain, TwinsAreLeftAlone)
{
    name_it();
    run("DROP TABLE IF EXISTS twins");
    run("CREATE TABLE twins(k int, v varchar(20), d decimal(5,1))");
    auto again = [&] {
        stmt.close();
        run("TRUNCATE TABLE twins");
        run("INSERT INTO twins VALUES (1, 'a', 1), (1, 'a', 1)");
        open_at("SELECT k, v, d FROM twins", 1);
    };
    again();
    EXPECT_TRUE(clean(current("UPDATE twins SET k = k + 1"), other));
    EXPECT_TRUE(fails(current("UPDATE twins SET k = k + 1"), other, "24000"));
    EXPECT_TRUE(fails(pos(1, SQL_DELETE), stmt, "HY109"));
    EXPECT_EQ("[1, a, 1.0] [2, a, 1.0]", rows("SELECT * FROM twins ORDER BY k"));
    again();
    EXPECT_TRUE(clean(current("DELETE FROM twins"), other));
    EXPECT_TRUE(fails(current("DELETE FROM twins"), other, "24000"));
    EXPECT_EQ("[1, a, 1.0]", rows("SELECT * FROM twins"));
    again(); // and a refresh does not take the twin for it
    EXPECT_TRUE(clean(current("UPDATE twins SET k = k + 1"), other));
    EXPECT_TRUE(fails(pos(1, SQL_REFRESH), stmt, "HY109"));
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "HY109"));
    again(); // the server makes another value of it
    char d[8] = "2.26";
    ASSERT_TRUE(clean(SQLBindCol(stmt, 3, SQL_C_CHAR, d, sizeof(d), nullptr), stmt));
    EXPECT_TRUE(ok(pos(1, SQL_UPDATE), stmt));
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "HY109"));
    EXPECT_EQ("[1.0] [2.3]", rows("SELECT d FROM twins ORDER BY d"));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 3, SQL_C_CHAR, nullptr, 0, nullptr), stmt));
    stmt.close();
    run("DROP TABLE twins");
}

// After part of a transaction was taken back, or it has ended without a word, nothing is guessed.
TEST_P(Certain, TwinsAndTransactions)
{
    run("DROP TABLE IF EXISTS twins");
    run("CREATE TABLE twins(k int, v varchar(20))");
    auto again = [&] {
        stmt.close();
        ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
        run("TRUNCATE TABLE twins");
        run("INSERT INTO twins VALUES (1, 'a'), (1, 'a')");
        open_at("SELECT k, v FROM twins", 1);
        ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
        put(0, "b");
        ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    };
    again();
    run("SAVEPOINT x");
    run("ROLLBACK TO SAVEPOINT x");
    put(0, "c");
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "HY109"));
    ASSERT_TRUE(clean(dbc.rollback(), dbc)); // now it is as it was read
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_EQ("[1, a] [1, c]", rows("SELECT * FROM twins ORDER BY v"));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    again();
    run("CREATE TABLE committing(k int)"); // MySQL commits
    run("DROP TABLE committing");
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
    put(0, "c");
    EXPECT_TRUE(my() ? fails(pos(1, SQL_UPDATE), stmt, "HY109") : clean(pos(1, SQL_UPDATE), stmt));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_EQ(my() ? "[1, a] [1, b]" : "[1, a] [1, c]", rows("SELECT * FROM twins ORDER BY v"));
    stmt.close();
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    run("DROP TABLE twins");
}

// A change that was taken back is none; what was read before it is there again.
TEST_P(Certain, RollbackAndSavepoint)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    open_at("SELECT k, v FROM positioned ORDER BY k", 2);
    put(0, "gone");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("gone", stmt.get(2));
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
    fetch(SQL_FETCH_RELATIVE, 0);
    EXPECT_EQ("2 two", seen(0));
    put(0, "kept");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    fetch(SQL_FETCH_RELATIVE, 0);
    EXPECT_EQ("2 kept", seen(0));
    run("SAVEPOINT s");
    put(0, "undone");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    run("ROLLBACK TO SAVEPOINT s");
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "HY109")); // which of the two it is now
    ASSERT_TRUE(clean(pos(1, SQL_REFRESH), stmt));
    EXPECT_EQ("2 kept", seen(0));
    put(0, "last");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    EXPECT_EQ("[1, one] [2, last] [3, NULL] [4, four]", table());
}

TEST_P(Certain, CurrentOfTheSameTableOnly)
{
    name_it();
    run("DROP TABLE IF EXISTS positioned_arch");
    run("CREATE TABLE positioned_arch AS SELECT * FROM positioned");
    open_at("SELECT k, v FROM positioned ORDER BY k", 2);
    EXPECT_TRUE(fails(current("UPDATE positioned_arch SET v = 'x'"), other, "42000"));
    EXPECT_TRUE(fails(current("DELETE FROM nowhere.positioned"), other, "42000"));
    EXPECT_TRUE(fails(current(by("UPDATE positioned SET v = 'x' FROM positioned_arch", "UPDATE positioned, positioned_arch SET v = 'x'")),
                      other, my() ? "42000" : "01001|42000|42703|42601|42702|HY000"));
    if (!my())
        EXPECT_TRUE(fails(current("UPDATE \"POSITIONED\" SET v = 'x'"), other, "42000"));
    std::string schema = by("public", env("HF_DB_DATABASE"));
    EXPECT_TRUE(clean(current("UPDATE " + schema + ".positioned AS p SET v = 'zwei'"), other));
    stmt.close();
    run("DROP TABLE positioned_arch");
    EXPECT_EQ("[1, one] [2, zwei] [3, NULL] [4, four]", table());
}

// A value that was cut off when it was fetched is not what is in the buffer.
TEST_P(Certain, NothingBeyondTheBuffer)
{
    char small[4] = "";
    open_at("SELECT k, v FROM positioned ORDER BY k", 4);
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, small, sizeof(small), vlen), stmt));
    ASSERT_TRUE(warns(SQLFetchScroll(stmt, SQL_FETCH_RELATIVE, 0), stmt, "01004"));
    k[0] = 44;
    klen[0] = 0;
    vlen[0] = 400000;
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "22001"));
    EXPECT_EQ(2, stmt.column_number(1));
    vlen[0] = 4; // of "four", which has become "fou" and a NUL
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "22001"));
    vlen[0] = SQL_COLUMN_IGNORE;
    EXPECT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    memcpy(small, "abcd", 4); // no NUL
    vlen[0] = SQL_NTS;
    EXPECT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [44, abcd]", table());
}

// The row status is written where the application says now, or nowhere.
TEST_P(Certain, StatusArrays)
{
    SQLUSMALLINT mine[4] = {77, 77, 77, 77};
    SQLULEN n = 0;
    point(SQL_ATTR_ROW_STATUS_PTR, nullptr);
    set(stmt, SQL_ROWSET_SIZE, 2);
    open(1);
    ASSERT_TRUE(clean(SQLExtendedFetch(stmt, SQL_FETCH_FIRST, 0, &n, mine), stmt));
    put(1, "x");
    put(0, "x");
    ASSERT_TRUE(clean(pos(2, SQL_UPDATE), stmt)); // ODBC 2 has no other array
    EXPECT_EQ(SQL_ROW_UPDATED, mine[1]);
    stmt.close();
    mine[0] = mine[1] = 77;
    open(1);
    k[0] = 70;
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_ADD), stmt));
    fetch(SQL_FETCH_FIRST);
    put(0, "y");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ(77, mine[0]);
}

// What ends the call ends it: the rows behind are not tried, and it takes no longer than it may.
TEST_P(Certain, TimeoutOfTheWholeCall)
{
    Dbc second = another();
    Stmt locks(second);
    ASSERT_TRUE(clean(second.autocommit(false), second));
    ASSERT_TRUE(ok(locks.exec("UPDATE positioned SET v = 'locked' WHERE k = 2"), locks));
    set(stmt, SQL_ATTR_QUERY_TIMEOUT, 1);
    open(4);
    fetch(SQL_FETCH_FIRST);
    for (size_t i = 0; i < 4; i++)
        put(i, "mine");
    EXPECT_LT(seconds_of([&] { EXPECT_TRUE(fails(pos(0, SQL_UPDATE), stmt, "HYT00")); }), 3);
    EXPECT_EQ(SQL_ROW_UPDATED, status[0]);
    EXPECT_EQ(SQL_ROW_ERROR, status[1]);
    EXPECT_EQ(SQL_ROW_ERROR, status[2]); // not tried
    ASSERT_TRUE(clean(second.rollback(), second));
    set(stmt, SQL_ATTR_QUERY_TIMEOUT, 0);
    EXPECT_EQ("[1, mine] [2, two] [3, NULL] [4, four]", table());
}

// A deadlock takes the transaction back: the rows behind it would be committed without the others.
TEST_P(Certain, ADeadlockEndsTheCall)
{
    run("INSERT INTO positioned SELECT k + 100, v, d FROM positioned");
    Dbc second = another();
    Stmt heavy(second);
    ASSERT_TRUE(clean(second.autocommit(false), second));
    ASSERT_TRUE(ok(heavy.exec("UPDATE positioned SET v = 'heavy' WHERE k > 100 OR k = 2"), heavy));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    open(4, "SELECT k, v FROM positioned WHERE k < 100 ORDER BY k");
    fetch(SQL_FETCH_FIRST);
    for (size_t i = 0; i < 4; i++)
        put(i, "mine");
    std::thread crosses([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        heavy.exec("UPDATE positioned SET v = 'heavy' WHERE k = 1");
    });
    EXPECT_TRUE(fails(pos(0, SQL_UPDATE), stmt, "40001|40P01"));
    EXPECT_EQ(SQL_ROW_ERROR, status[1]);
    EXPECT_EQ(SQL_ROW_ERROR, status[2]); // not tried
    crosses.join();
    ASSERT_TRUE(ok(my() ? dbc.commit() : dbc.rollback(), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    ASSERT_TRUE(clean(second.rollback(), second));
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, four]", rows("SELECT k, v FROM positioned WHERE k < 100 ORDER BY k"));
}

// A transaction that is lost meanwhile is told, though a refresh alone has nothing to lose.
TEST_P(Certain, RefreshTellsOfALostTransaction)
{
    spare = another();
    Stmt kill(spare);
    std::string id = *other.rows(by("SELECT pg_backend_pid()", "SELECT connection_id()"))[0][0];
    other.close();
    open_at("SELECT k, v FROM positioned ORDER BY k", 2);
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    run("INSERT INTO positioned(k, v) VALUES (90, 'lost')");
    ASSERT_TRUE(ok(kill.exec(by("SELECT pg_terminate_backend(" + id + ")", "KILL " + id)), kill));
    EXPECT_TRUE(fails(pos(1, SQL_REFRESH), stmt, "08007|08S01|08S02"));
    stmt.close();
    kill.close();
    other = std::move(kill);
    EXPECT_EQ("4", other.value("SELECT count(*) FROM positioned"));
}

// A link that is lost under a change is told as such, and nothing was done.
TEST_P(Certain, ALostLinkUnderAChange)
{
    spare = another();
    Stmt kill(spare);
    std::string id = *other.rows(by("SELECT pg_backend_pid()", "SELECT connection_id()"))[0][0];
    other.close();
    open(4);
    fetch(SQL_FETCH_FIRST);
    ASSERT_TRUE(clean(pos(1, SQL_REFRESH), stmt)); // the table is known: what is lost is a change
    for (size_t i = 0; i < 4; i++)
        put(i, "mine");
    ASSERT_TRUE(ok(kill.exec(by("SELECT pg_terminate_backend(" + id + ")", "KILL " + id)), kill));
    EXPECT_TRUE(fails(pos(0, SQL_UPDATE), stmt, "08S01|08S02"));
    for (SQLUSMALLINT is : status)
        EXPECT_EQ(SQL_ROW_ERROR, is);
    kill.close();
    other = std::move(kill);
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, four]", table());
}

// SQLCancel from another thread, while a row is waited for.
TEST_P(Certain, CancelOfTheWholeCall)
{
    spare = another();
    Stmt locks(spare);
    ASSERT_TRUE(clean(spare.autocommit(false), spare));
    ASSERT_TRUE(ok(locks.exec("UPDATE positioned SET v = 'locked' WHERE k = 2"), locks));
    open(4);
    fetch(SQL_FETCH_FIRST);
    for (size_t i = 0; i < 4; i++)
        put(i, "mine");
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        EXPECT_EQ(SQL_SUCCESS, SQLCancel(stmt));
    });
    EXPECT_TRUE(fails(pos(0, SQL_UPDATE), stmt, "HY008"));
    canceller.join();
    EXPECT_EQ(SQL_ROW_UPDATED, status[0]);
    EXPECT_EQ(SQL_ROW_ERROR, status[1]);
    EXPECT_EQ(SQL_ROW_ERROR, status[2]);
    ASSERT_TRUE(clean(spare.rollback(), spare));
    EXPECT_EQ("[1, mine] [2, two] [3, NULL] [4, four]", table());
}

// One thread changes rows through a cursor, another through its name; the connection is one.
TEST_P(Certain, TwoThreads)
{
    name_it();
    open_at("SELECT k, v FROM positioned ORDER BY k", 2);
    std::thread second([&] {
        for (int i = 0; i < 50; i++)
            EXPECT_TRUE(ok(current("UPDATE positioned SET d = " + std::to_string(i)), other));
    });
    for (int i = 0; i < 50; i++) {
        put(0, std::to_string(i).c_str());
        EXPECT_TRUE(ok(pos(1, SQL_UPDATE), stmt));
    }
    second.join();
    stmt.close();
    EXPECT_EQ("[1, one, 7.50] [2, 49, 49.00] [3, NULL, 7.50] [4, four, 7.50]", table("k, v, d"));
}

// Bad luck and bad will: positions, lengths and pointers that are none.
TEST_P(Certain, BadInput)
{
    const SQLSETPOSIROW nowhere = static_cast<SQLSETPOSIROW>(-1);
    name_it();
    open(1);
    fetch(SQL_FETCH_FIRST);
    for (SQLUSMALLINT operation : {SQL_POSITION, SQL_REFRESH, SQL_UPDATE, SQL_DELETE})
        EXPECT_TRUE(fails(SQLSetPos(stmt, nowhere, operation, SQL_LOCK_NO_CHANGE), stmt, "HY107"));
    EXPECT_TRUE(fails(SQLSetPos(stmt, nowhere, SQL_ADD, SQL_LOCK_NO_CHANGE), stmt, "HY107|23000"));
    EXPECT_TRUE(fails(pos(1, 99), stmt, "HY092"));
    put(0, "x");
    for (SQLLEN length : {SQLLEN(-7), SQLLEN(-99), SQLLEN(1) << 62}) {
        vlen[0] = length;
        EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "HY090|22001")) << length;
        EXPECT_TRUE(fails(pos(1, SQL_ADD), stmt, "HY090|22001")) << length;
    }
    vlen[0] = SQL_NTS;
    klen[0] = SQL_NULL_DATA; // of a key
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "23502|23000|01000"));
    klen[0] = 0;
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, nullptr, 0, vlen), stmt)); // a length only
    EXPECT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_TRUE(fails(calls.set_cursor_name(other, std::string(1000, 'n')), other, "34000"));
    EXPECT_TRUE(SQL_ERROR == current("UPDATE"));
    EXPECT_TRUE(SQL_ERROR == current("DELETE FROM"));
    EXPECT_TRUE(SQL_ERROR == other.exec("DELETE FROM positioned WHERE CURRENT OF"));
    EXPECT_TRUE(SQL_ERROR == other.exec("DELETE FROM positioned WHERE CURRENT OF " + std::string(100000, 'n')));
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, four]", table());
}

// Ten megabytes, from a buffer and in pieces.
TEST_P(Certain, LongValues)
{
    const size_t size = 10 << 20;
    std::string text(size, 'x');
    run("DROP TABLE IF EXISTS longs");
    run("CREATE TABLE longs(k int NOT NULL PRIMARY KEY, t " + by("text", "longtext") + ")");
    run("INSERT INTO longs VALUES (1, 'short')");
    ASSERT_TRUE(clean(stmt.exec("SELECT t, k FROM longs"), stmt));
    fetch(SQL_FETCH_FIRST);
    ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_CHAR, &text[0], static_cast<SQLLEN>(size), vlen), stmt));
    vlen[0] = static_cast<SQLLEN>(size);
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ(std::to_string(size), *other.rows("SELECT length(t) FROM longs")[0][0]);
    other.close();
    EXPECT_EQ(text, stmt.get(1));
    SQLPOINTER token = nullptr;
    vlen[0] = SQL_DATA_AT_EXEC;
    ASSERT_EQ(SQL_NEED_DATA, pos(1, SQL_UPDATE));
    ASSERT_EQ(SQL_NEED_DATA, SQLParamData(stmt, &token));
    for (int i = 0; i < 10; i++)
        ASSERT_TRUE(clean(SQLPutData(stmt, &text[0], 1 << 20), stmt));
    ASSERT_TRUE(clean(SQLPutData(stmt, &text[0], 1), stmt));
    ASSERT_TRUE(clean(SQLParamData(stmt, &token), stmt));
    EXPECT_EQ(std::to_string(size + 1), *other.rows("SELECT length(t) FROM longs")[0][0]);
    other.close();
    EXPECT_TRUE(clean(pos(1, SQL_DELETE), stmt)); // found again by its value
    stmt.close();
    EXPECT_EQ("", rows("SELECT k FROM longs"));
    run("DROP TABLE longs");
}

// A conversion's error in one column is not made less by a truncation in the next.
TEST_P(Certain, StatusAfterAChange)
{
    SQLINTEGER number = 0;
    char small[2];
    ASSERT_TRUE(clean(stmt.exec("SELECT v, k, v FROM positioned ORDER BY k"), stmt));
    fetch(SQL_FETCH_FIRST);
    ASSERT_TRUE(clean(pos(1, SQL_DELETE), stmt));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SLONG, &number, 0, nullptr), stmt));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 3, SQL_C_CHAR, small, sizeof(small), vlen), stmt));
    EXPECT_TRUE(fails(SQLFetchScroll(stmt, SQL_FETCH_NEXT, 0), stmt, "22018"));
    EXPECT_EQ(SQL_ROW_ERROR, status[0]);
}

// ---- what is one server's ----

TEST_P(Certain, OfMySql)
{
    if (!my())
        return;
    run("DROP TABLE IF EXISTS floats, collated");
    run("CREATE TABLE floats(a int NOT NULL, f float NOT NULL, v varchar(20), PRIMARY KEY (a, f))");
    run("INSERT INTO floats VALUES (1, 1.1, 'x'), (1, 1.2, 'x')");
    refused("SELECT a, v, f FROM floats");
    run("CREATE TABLE collated(k varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY, v varchar(20) COLLATE utf8mb4_general_ci)");
    run("INSERT INTO collated VALUES ('a', 'abc')");
    ASSERT_TRUE(clean(SQLFreeStmt(stmt, SQL_UNBIND), stmt));
    auto at = [&](const char *sql) {
        stmt.close();
        ASSERT_TRUE(clean(stmt.exec(sql), stmt));
        fetch(SQL_FETCH_FIRST);
    };
    at("SELECT k, v FROM collated");
    run("UPDATE collated SET v = 'ABC'");
    EXPECT_TRUE(warns(pos(1, SQL_DELETE), stmt, "01001"));
    at("SELECT k, v FROM collated");
    run("UPDATE collated SET k = 'A'");
    EXPECT_TRUE(warns(pos(1, SQL_DELETE), stmt, "01001"));
    stmt.close();
    run("ALTER TABLE collated DROP PRIMARY KEY");
    run("INSERT INTO collated VALUES ('a', 'ABC')");
    at("SELECT k, v FROM collated WHERE k = CAST('a' AS BINARY)");
    EXPECT_TRUE(clean(pos(1, SQL_DELETE), stmt));
    stmt.close();
    EXPECT_EQ("[A, ABC]", rows("SELECT * FROM collated"));
    run("DROP TABLE floats, collated");
}

TEST_P(Certain, OfPostgreSql)
{
    if (my())
        return;
    run("DROP TABLE IF EXISTS parent, renamed, swapped CASCADE");
    run("CREATE TABLE parent(k int PRIMARY KEY, v varchar(20))");
    run("CREATE TABLE child() INHERITS (parent)");
    run("INSERT INTO parent VALUES (1, 'a')");
    run("INSERT INTO child VALUES (1, 'a')");
    open_at("SELECT k, v FROM parent", 1);
    put(0, "b");
    EXPECT_TRUE(clean(pos(1, SQL_UPDATE), stmt)); // the parent's key says nothing of its children
    EXPECT_EQ("[1, a] [1, b]", rows("SELECT k, v FROM parent ORDER BY v"));
    stmt.close();
    run("CREATE TABLE renamed(k int PRIMARY KEY, v varchar(20))");
    run("CREATE TABLE swapped(k int PRIMARY KEY, v varchar(20))");
    run("INSERT INTO renamed VALUES (1, 'a')");
    run("INSERT INTO swapped VALUES (1, 'b')");
    open_at("SELECT k, v FROM renamed", 1);
    put(0, "b");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    run("ALTER TABLE renamed RENAME TO old");
    run("ALTER TABLE swapped RENAME TO renamed");
    EXPECT_TRUE(warns(pos(1, SQL_DELETE), stmt, "01001"));
    stmt.close();
    run("CREATE VIEW seen AS SELECT * FROM renamed");
    refused("SELECT k, v FROM seen");
    run("DROP VIEW seen");
    run("DROP TABLE parent, renamed, old CASCADE");
}

} // namespace
