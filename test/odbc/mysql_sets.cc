// Arrays of parameters inside a transaction of MySQL's or MariaDB's: what each set came to, and
// what is in the table afterwards. Not run for PostgreSQL.
#include "odbc_test.h"

#include <chrono>
#include <cstring>
#include <thread>
#include <unistd.h>

namespace
{

class MySqlSets : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        run("DROP TABLE IF EXISTS hf_sets");
    }
    void TearDown() override
    {
        stmt.close();
        EXPECT_TRUE(ok(dbc.rollback(), dbc));
        EXPECT_TRUE(ok(dbc.autocommit(true), dbc));
        ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
        sets(1);
        run("DROP TABLE IF EXISTS hf_sets");
        EveryMode::TearDown();
    }
    void run(const std::string &sql)
    {
        EXPECT_TRUE(ok(stmt.exec(sql), stmt)) << sql;
        stmt.close();
    }
    void sets(size_t n)
    {
        status.assign(n, 99);
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(n), 0);
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, n > 1 ? status.data() : nullptr, 0);
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, n > 1 ? &processed : nullptr, 0);
    }
    void bind(SQLUSMALLINT i, SQLSMALLINT ctype, SQLSMALLINT type, SQLULEN size, void *p,
              SQLLEN width, SQLLEN *ind = nullptr)
    {
        ASSERT_TRUE(ok(SQLBindParameter(stmt, i, SQL_PARAM_INPUT, ctype, type, size, 0, p, width,
                                        ind),
                       stmt));
    }
    // One column of whole numbers.
    void bind(std::vector<SQLINTEGER> &values)
    {
        sets(values.size());
        bind(1, SQL_C_SLONG, SQL_INTEGER, 0, values.data(), 0);
    }
    std::string states() // "+" done, "!" failed, "-" not executed
    {
        std::string all;
        for (SQLUSMALLINT s : status)
            all += s == SQL_PARAM_SUCCESS ? '+' : s == SQL_PARAM_ERROR ? '!' : s == SQL_PARAM_UNUSED ? '-' : '?';
        return all;
    }
    // In the one form prepared, in the other directly.
    SQLRETURN each(const std::string &sql)
    {
        if (GetParam() == Mode::W)
            return stmt.exec(sql);
        EXPECT_TRUE(ok(stmt.prepare(sql), stmt)) << sql;
        return stmt.execute();
    }
    // Rows 1 to 4, and another connection whose open transaction has changed row 3.
    Dbc holding_three()
    {
        run("CREATE TABLE hf_sets (n int PRIMARY KEY, m int DEFAULT 0)");
        run("INSERT INTO hf_sets (n) VALUES (1), (2), (3), (4)");
        Dbc other = another();
        EXPECT_TRUE(ok(other.autocommit(false), other));
        Stmt holds(other);
        EXPECT_TRUE(ok(holds.exec("UPDATE hf_sets SET m = 9 WHERE n = 3"), holds));
        return other;
    }
    // As another connection sees it.
    std::string table(const std::string &sql = "SELECT n FROM hf_sets ORDER BY n")
    {
        Dbc other = another();
        std::string all;
        for (const Row &r : Stmt(other).rows(sql))
            all += (all.empty() ? "" : " ") + r[0].value_or("NULL");
        return all;
    }

    std::vector<SQLUSMALLINT> status;
    SQLULEN processed = 0;
};
// As of any INSERT of several rows: the first key that it made.
TEST_P(MySqlSets, TheKeyThatIsTold)
{
    run("CREATE TABLE hf_sets (n int AUTO_INCREMENT PRIMARY KEY, v int)");
    std::vector<SQLINTEGER> v = {10, 20, 30};
    Stmt other(dbc);
    bind(v);
    EXPECT_TRUE(clean(each("INSERT INTO hf_sets (v) VALUES (?)"), stmt));
    EXPECT_EQ(other.value("SELECT v FROM hf_sets WHERE n = LAST_INSERT_ID()"), "30");
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    v = {40, 50, 60};
    EXPECT_TRUE(clean(each("INSERT INTO hf_sets (v) VALUES (?)"), stmt));
    EXPECT_EQ(other.value("SELECT v FROM hf_sets WHERE n = LAST_INSERT_ID()"), my_is_mysql() ? "60" : "40");
}

// Texts that are too long for their column, where the server cuts them and warns.
TEST_P(MySqlSets, WarningsOfEachSet)
{
    run("CREATE TABLE hf_sets (n int PRIMARY KEY, v varchar(3))");
    run("SET SESSION sql_mode = ''");
    char v[5][8] = {"a", "bbbbb", "c", "ddddd", "eeeee"};
    SQLINTEGER n[5] = {1, 2, 3, 4, 5};
    sets(5);
    bind(1, SQL_C_SLONG, SQL_INTEGER, 0, n, 0);
    bind(2, SQL_C_CHAR, SQL_VARCHAR, 7, v, 8);
    // In autocommit they are sent ahead of the answers by one of the client libraries; as one statement in a
    // transaction of MariaDB's; one by one where a value is not one for each set alone.
    struct {
        bool autocommit;
        const char *sql;
        bool alone;
    } ways[] = {{true, "INSERT INTO hf_sets VALUES (?, ?)", false},
                {false, "INSERT INTO hf_sets VALUES (?, ?)", false},
                {false, "INSERT INTO hf_sets VALUES (?, CONCAT(?, ''))", true}};
    for (const auto &way : ways) {
        SCOPED_TRACE(way.sql);
        ASSERT_TRUE(ok(dbc.autocommit(way.autocommit), dbc));
        EXPECT_TRUE(warns(each(way.sql), stmt, "01000"));
        std::string told, marked;
        SQLSMALLINT i = 0;
        for (const Diag &d : stmt.diags()) {
            EXPECT_EQ(d.state, "01000");
            i++;
            told += (d.native == 1265 ? "cut" : "?") + std::to_string(stmt.row_number(i)) + " ";
        }
        for (SQLUSMALLINT s : status)
            marked += s == SQL_PARAM_SUCCESS_WITH_INFO ? 'i' : s == SQL_PARAM_SUCCESS ? '+' : '?';
        bool bulk = !way.autocommit && !way.alone && !my_is_mysql();
        bool piped = way.autocommit && !my_is_mysql();
        EXPECT_EQ(told, bulk    ? "cut-1 cut-1 cut-1 "
                        : piped ? "?2 ?4 cut5 "
                                : "cut2 cut4 cut5 ");
        EXPECT_EQ(marked, bulk ? "+++++" : "+i+ii");
        stmt.close();
        Stmt other(dbc);
        EXPECT_TRUE(ok(other.exec("DELETE FROM hf_sets"), other));
    }
}

// Of each part that an array is cut into.
TEST_P(MySqlSets, WarningsOfAllParts)
{
    const size_t count = 2000, width = 100;
    run("CREATE TABLE hf_sets (n int PRIMARY KEY, v varchar(3), w varchar(100))");
    run("SET SESSION sql_mode = ''");
    std::vector<SQLINTEGER> n(count);
    std::vector<char> v(count * 8), w(count * width, 'w');
    std::vector<SQLLEN> length(count, width);
    for (size_t i = 0; i < count; i++) {
        n[i] = static_cast<SQLINTEGER>(i);
        strcpy(&v[i * 8], i == 0 || i == 900 || i == count - 1 ? "long" : "abc");
    }
    sets(count);
    bind(1, SQL_C_SLONG, SQL_INTEGER, 0, n.data(), 0);
    bind(2, SQL_C_CHAR, SQL_VARCHAR, 7, v.data(), 8);
    bind(3, SQL_C_CHAR, SQL_VARCHAR, width, w.data(), width, length.data());
    for (bool autocommit : {true, false}) {
        ASSERT_TRUE(ok(dbc.autocommit(autocommit), dbc));
        EXPECT_TRUE(warns(each("INSERT INTO hf_sets VALUES (?, ?, ?)"), stmt, "01000"));
        std::string rows;
        for (size_t i = 0; i < stmt.diags().size(); i++)
            rows += std::to_string(stmt.row_number(static_cast<SQLSMALLINT>(i + 1))) + " ";
        EXPECT_EQ(rows, autocommit || my_is_mysql() ? "1 901 2000 " : "-1 -1 -1 ");
        stmt.close();
        Stmt other(dbc);
        EXPECT_EQ(other.value("SELECT COUNT(*) FROM hf_sets"), "2000");
        EXPECT_TRUE(ok(other.exec("DELETE FROM hf_sets"), other));
    }
}

BOTH_FORMS(MySqlSets);

// Every kind of value, NULLs among them, in more sets than go together at once.
TEST_P(MySqlSets, ManyRowsOfManyTypes)
{
    enum { N = 3000, WIDTH = 40 };
    run("CREATE TABLE hf_sets (n int PRIMARY KEY, v varchar(50), d double, b varbinary(50),"
        " c decimal(12,2), u bigint unsigned, t datetime(3))");
    std::vector<SQLINTEGER> n(N);
    std::vector<SQLDOUBLE> d(N);
    std::vector<char> v(N * WIDTH), b(N * WIDTH), c(N * WIDTH), t(N * WIDTH);
    std::vector<SQLUBIGINT> u(N);
    std::vector<SQLLEN> vn(N), dn(N), bn(N), cn(N), un(N);
    for (int i = 0; i < N; i++) {
        n[i] = i;
        vn[i] = i % 7 == 3 ? SQL_NULL_DATA : snprintf(&v[i * WIDTH], WIDTH, "it's %d", i);
        d[i] = i / 4.0;
        dn[i] = i % 5 == 0 ? SQL_NULL_DATA : 0;
        bn[i] = i % WIDTH;
        memset(&b[i * WIDTH], i, WIDTH);
        cn[i] = i < 2 ? SQL_NULL_DATA : snprintf(&c[i * WIDTH], WIDTH, "%d.25", i);
        u[i] = UINT64_MAX - SQLUBIGINT(i);
        un[i] = i == N - 1 ? SQL_NULL_DATA : 0;
        snprintf(&t[i * WIDTH], WIDTH, "2024-02-29 12:%02d:%02d.%03d", i / 60 % 60, i % 60, i % 1000);
    }
    sets(N);
    bind(1, SQL_C_SLONG, SQL_INTEGER, 0, n.data(), 0);
    bind(2, SQL_C_CHAR, SQL_VARCHAR, 50, v.data(), WIDTH, vn.data());
    bind(3, SQL_C_DOUBLE, SQL_DOUBLE, 0, d.data(), 0, dn.data());
    bind(4, SQL_C_BINARY, SQL_VARBINARY, 50, b.data(), WIDTH, bn.data());
    bind(5, SQL_C_CHAR, SQL_DECIMAL, 12, c.data(), WIDTH, cn.data());
    bind(6, SQL_C_UBIGINT, SQL_BIGINT, 0, u.data(), 0, un.data());
    bind(7, SQL_C_CHAR, SQL_TYPE_TIMESTAMP, 23, t.data(), WIDTH);
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_sets VALUES (?, ?, ?, ?, ?, ?, ?)"), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(N, stmt.row_count());
    EXPECT_EQ(SQLULEN(N), processed);
    EXPECT_EQ(std::string(N, '+'), states());
    stmt.close();
    ASSERT_TRUE(clean(stmt.execute() == SQL_ERROR ? SQL_SUCCESS : SQL_ERROR, stmt)); // all there
    EXPECT_EQ(std::string(N, '!'), states());
    stmt.close();
    ASSERT_TRUE(ok(dbc.commit(), dbc));
    EXPECT_EQ(std::to_string(N), table("SELECT count(*) FROM hf_sets"));
    // What is wrong in it, by the server's own reckoning.
    EXPECT_EQ("0", table("SELECT count(*) FROM hf_sets WHERE NOT ("
                         "v <=> IF(n % 7 = 3, NULL, CONCAT('it''s ', n))"
                         " AND d <=> IF(n % 5 = 0, NULL, n / 4)"
                         " AND b <=> REPEAT(UNHEX(LPAD(HEX(n % 256), 2, '0')), n % 40)"
                         " AND c <=> IF(n < 2, NULL, n + 0.25)"
                         " AND u <=> IF(n = 2999, NULL, 18446744073709551615 - n)"
                         " AND t = CONCAT('2024-02-29 12:', LPAD(n DIV 60 % 60, 2, '0'), ':',"
                         " LPAD(n % 60, 2, '0'), '.', LPAD(n % 1000, 3, '0')))"));
}

// MariaDB computes what it takes for constant once for an INSERT of many sets: such a one must not go
// as one. (A subquery, a pattern, a converted constant, a text in another character set, a key.)
TEST_P(MySqlSets, WhatIsComputedIsComputedForEach)
{
    struct { const char *text, *wanted; } const cases[] = {
        {"(SELECT c FROM hf_sets_of WHERE k = ?)", "a b c"},
        {"? IN (SELECT k FROM hf_sets_of WHERE c <> 'b')", "1 0 1"},
        {"EXISTS (SELECT 1 FROM hf_sets_of WHERE k + 1 = ?)", "0 1 1"},
        {"'1' REGEXP CONCAT('^', ?)", "1 0 0"},
        {"CONVERT(? USING latin1)", "1 2 3"},
        {"? BETWEEN '2' AND '3'", "0 1 1"},
        {"? * 10", "10 20 30"},
        {"?", "1 2 3"},
    };
    run("DROP TABLE IF EXISTS hf_sets_of");
    run("CREATE TABLE hf_sets_of (k int, c char(1))");
    run("INSERT INTO hf_sets_of VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    run("CREATE TABLE hf_sets (n int, c varchar(20))");
    std::vector<SQLINTEGER> n = {1, 2, 3};
    char text[][2] = {"1", "2", "3"};
    for (const auto &c : cases) {
        SCOPED_TRACE(c.text);
        bind(n);
        bind(2, SQL_C_CHAR, SQL_VARCHAR, 1, text, sizeof text[0]);
        ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
        EXPECT_TRUE(clean(each("INSERT INTO hf_sets VALUES (?, " + std::string(c.text) + ")"), stmt));
        EXPECT_EQ(3, stmt.row_count());
        stmt.close();
        ASSERT_TRUE(ok(dbc.commit(), dbc));
        ASSERT_TRUE(ok(dbc.autocommit(true), dbc));
        EXPECT_EQ(c.wanted, table("SELECT c FROM hf_sets ORDER BY n"));
        sets(1);
        SQLFreeStmt(stmt, SQL_RESET_PARAMS);
        run("DELETE FROM hf_sets");
    }
    run("DROP TABLE hf_sets_of");
}

TEST_P(MySqlSets, UpsertsOfPlainValues)
{
    run("CREATE TABLE hf_sets (n int PRIMARY KEY, m int)");
    run("INSERT INTO hf_sets VALUES (1, 0)");
    std::vector<SQLINTEGER> n = {1, 2, 2, 3}, m = {10, 20, 21, 30};
    const char *sql[] = {"INSERT INTO `hf_sets` (n, m) VALUES (?, ?) ON DUPLICATE KEY UPDATE m = VALUES(m)",
                         "replace into hf_sets values(?,?);",
                         "INSERT INTO hf_sets VALUES (?, ?) ON DUPLICATE KEY UPDATE m = VALUES(m) + 1"};
    const char *wanted[] = {"10 21 30", "10 21 30", "11 22 31"};
    for (int i = 0; i < 3; i++) {
        SCOPED_TRACE(sql[i]);
        bind(n);
        bind(2, SQL_C_SLONG, SQL_INTEGER, 0, m.data(), 0);
        ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
        EXPECT_TRUE(ok(each(sql[i]), stmt));
        EXPECT_EQ("++++", states());
        stmt.close();
        ASSERT_TRUE(ok(dbc.commit(), dbc));
        EXPECT_EQ(wanted[i], table("SELECT m FROM hf_sets ORDER BY n"));
    }
}

// An application's own number of an error may be one of the client library's: the server has
// executed the sets before it all the same.
TEST_P(MySqlSets, AnErrorOfATriggersOwn)
{
    for (const char *number : {"5001", "2500", "30001"}) {
        SCOPED_TRACE(number);
        run("DROP TABLE IF EXISTS hf_sets");
        run("CREATE TABLE hf_sets (n int PRIMARY KEY, m int DEFAULT 0)");
        run("INSERT INTO hf_sets (n) VALUES (1), (2), (3), (4)");
        run(std::string("CREATE TRIGGER hf_sets_not BEFORE UPDATE ON hf_sets FOR EACH ROW IF NEW.n = 3 THEN "
                        "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = ") + number + "; END IF");
        std::vector<SQLINTEGER> n = {1, 2, 3, 4};
        bind(n);
        ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
        EXPECT_FALSE(SQL_SUCCEEDED(each("UPDATE hf_sets SET m = m + 1 WHERE n = ?")));
        EXPECT_EQ("++!+", states());
        stmt.close();
        ASSERT_TRUE(ok(dbc.commit(), dbc));
        ASSERT_TRUE(ok(dbc.autocommit(true), dbc));
        EXPECT_EQ("1 1 0 1", table("SELECT m FROM hf_sets ORDER BY n"));
        sets(1);
        SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    }
}

TEST_P(MySqlSets, EachHasItsOwnOutcome)
{
    run("CREATE TABLE hf_sets (n int PRIMARY KEY)");
    std::vector<SQLINTEGER> n;
    for (int i = 0; i < 1000; i++)
        n.push_back(i == 500 || i == 700 ? 7 : i);
    bind(n);
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    EXPECT_TRUE(fails(each("INSERT INTO hf_sets VALUES (?)"), stmt, "23000"));
    std::string wanted(1000, '+');
    wanted[500] = wanted[700] = '!';
    EXPECT_EQ(wanted, states());
    EXPECT_EQ(1000U, processed);
    EXPECT_EQ(501, stmt.row_number(1));
    EXPECT_EQ(701, stmt.row_number(2));
    EXPECT_EQ(2U, stmt.diags().size());
    stmt.close();
    ASSERT_TRUE(ok(dbc.commit(), dbc));
    EXPECT_EQ("998 499500", table("SELECT CONCAT(count(*), ' ', sum(n) + 500 + 700) FROM hf_sets"));
}

TEST_P(MySqlSets, UpdatesAndDeletes)
{
    run("CREATE TABLE hf_sets (n int PRIMARY KEY, m int DEFAULT 0, CHECK (m < 3))");
    run("INSERT INTO hf_sets (n) VALUES (1), (2), (3), (4), (5), (6)");
    std::vector<SQLINTEGER> n = {1, 2, 99, 2, 4, 2};
    bind(n);
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    EXPECT_FALSE(SQL_SUCCEEDED(each("UPDATE hf_sets SET m = m + 1 WHERE n = ?")));
    EXPECT_EQ("+++++!", states());
    EXPECT_EQ(6, stmt.row_number(1));
    stmt.close();
    EXPECT_TRUE(ok(dbc.rollback(), dbc));
    n = {1, 2, 99, 2, 4, 5};
    EXPECT_TRUE(clean(each("UPDATE hf_sets SET m = m + 1 WHERE n = ?"), stmt));
    EXPECT_EQ(5, stmt.row_count());
    EXPECT_TRUE(clean(each("DELETE FROM hf_sets WHERE n < ?"), stmt));
    EXPECT_EQ(6, stmt.row_count());
    EXPECT_TRUE(ok(dbc.commit(), dbc));
    EXPECT_EQ("", table());
}

// An array of more than one bulk, of rows that are wide, and one that is wider than all of it.
TEST_P(MySqlSets, WideRows)
{
    enum { N = 12, WIDTH = 300000 };
    run("CREATE TABLE hf_sets (n int PRIMARY KEY, v longtext)");
    std::vector<SQLINTEGER> n(N);
    std::vector<char> v(size_t(N) * WIDTH);
    std::vector<SQLLEN> vn(N);
    for (int i = 0; i < N; i++) {
        n[i] = i;
        vn[i] = i == 4 ? WIDTH : i * 10000;
        memset(&v[size_t(i) * WIDTH], 'a' + i, WIDTH);
    }
    sets(N);
    bind(1, SQL_C_SLONG, SQL_INTEGER, 0, n.data(), 0);
    bind(2, SQL_C_CHAR, SQL_LONGVARCHAR, WIDTH, v.data(), WIDTH, vn.data());
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    ASSERT_TRUE(clean(each("INSERT INTO hf_sets VALUES (?, ?)"), stmt));
    EXPECT_EQ(N, stmt.row_count());
    ASSERT_TRUE(ok(dbc.commit(), dbc));
    EXPECT_EQ("12", table("SELECT count(*) FROM hf_sets WHERE v = REPEAT(CHAR(97 + n USING ascii), IF(n = 4, 300000,"
                          " n * 10000))"));
}

// Rows of a table without transactions stay. Those of an array that has failed may be among them,
// and none is written twice.
TEST_P(MySqlSets, ATableWithoutTransactions)
{
    run("CREATE TABLE hf_sets (k int AUTO_INCREMENT PRIMARY KEY, n int, UNIQUE (n)) ENGINE=MyISAM");
    std::vector<SQLINTEGER> n = {1, 2, 2, 4};
    bind(n);
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    EXPECT_TRUE(fails(each("INSERT INTO hf_sets (n) VALUES (?)"), stmt, "23000"));
    EXPECT_EQ('!', states()[2]);
    std::string kept;
    for (size_t i = 0; i < n.size(); i++)
        if (status[i] == SQL_PARAM_SUCCESS)
            kept += (kept.empty() ? "" : " ") + std::to_string(n[i]);
    // What is told as done is there; of what is told as failed, the message says what may be.
    if (stmt.message(1).find("may be stored") == std::string::npos)
        EXPECT_EQ(kept, table());
    else
        EXPECT_EQ("!!!!", states());
    EXPECT_EQ(table("SELECT count(DISTINCT n) FROM hf_sets"), table("SELECT count(*) FROM hf_sets"));
}

// The transaction is gone with the deadlock: what comes behind it in the array must not be written
// as a transaction of its own.
TEST_P(MySqlSets, ADeadlockEndsTheArray)
{
    for (const char *sql : {"UPDATE hf_sets SET m = m + 1 WHERE n = ?", "INSERT INTO hf_sets (n) VALUES (?)"}) {
        SCOPED_TRACE(sql);
        bool inserts = sql[0] == 'I';
        run("DROP TABLE IF EXISTS hf_sets");
        run("CREATE TABLE hf_sets (n int PRIMARY KEY, m int DEFAULT 0)");
        std::string many = "INSERT INTO hf_sets (n) VALUES (1)";
        for (int i = 2; i <= 200; i++)
            many += ", (" + std::to_string(i) + ")";
        run(many);
        ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
        run("UPDATE hf_sets SET m = 1 WHERE n = 1");
        // The other has changed more, and is not the one that is ended.
        Dbc other = another();
        ASSERT_TRUE(ok(other.autocommit(false), other));
        Stmt heavy(other);
        ASSERT_TRUE(ok(heavy.exec("UPDATE hf_sets SET m = 2 WHERE n BETWEEN 100 AND 200"), heavy));
        ASSERT_TRUE(ok(heavy.exec("INSERT INTO hf_sets (n) VALUES (1003)"), heavy));
        SQLRETURN rc = SQL_SUCCESS;
        std::thread waiting([&] { rc = heavy.exec("UPDATE hf_sets SET m = 2 WHERE n = 1"); });
        usleep(300000);
        std::vector<SQLINTEGER> n = inserts ? std::vector<SQLINTEGER>{1001, 1002, 1003, 1004, 1005}
                                            : std::vector<SQLINTEGER>{2, 3, 150, 4, 5};
        bind(n);
        EXPECT_TRUE(fails(each(sql), stmt, "40001"));
        waiting.join();
        EXPECT_TRUE(ok(rc, heavy));
        EXPECT_TRUE(ok(other.rollback(), other));
        EXPECT_TRUE(states() == "++!--" || states() == "!----") << states();
        EXPECT_LT(processed, 5U);
        stmt.close();
        sets(1);
        SQLFreeStmt(stmt, SQL_RESET_PARAMS);
        EXPECT_EQ("0 200", table("SELECT CONCAT(sum(m), ' ', count(*)) FROM hf_sets"));
        // What is done now is a transaction of its own, and rolls back.
        run("INSERT INTO hf_sets (n) VALUES (2000)");
        ASSERT_TRUE(ok(dbc.rollback(), dbc));
        EXPECT_EQ("0 200", table("SELECT CONCAT(sum(m), ' ', count(*)) FROM hf_sets"));
        ASSERT_TRUE(ok(dbc.autocommit(true), dbc));
    }
}

// A wait for a lock that took too long has ended the statement, and the transaction only where the
// server is set up so: it is asked.
TEST_P(MySqlSets, ALockThatIsNotHadLeavesTheTransaction)
{
    Dbc other = holding_three();
    run("SET SESSION innodb_lock_wait_timeout = 1");
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    run("INSERT INTO hf_sets (n) VALUES (10)");
    EXPECT_FALSE(SQL_SUCCEEDED(stmt.exec("UPDATE hf_sets SET m = 1 WHERE n = 3")));
    EXPECT_TRUE(stmt.message(1).find("1205") != std::string::npos) << stmt.message(1);
    run("INSERT INTO hf_sets (n) VALUES (11)");
    std::vector<SQLINTEGER> n = {1, 2, 3, 4};
    bind(n);
    EXPECT_FALSE(SQL_SUCCEEDED(each("UPDATE hf_sets SET m = 5 WHERE n = ?")));
    EXPECT_EQ("++!-", states());
    EXPECT_EQ(3U, processed);
    stmt.close();
    EXPECT_EQ("1 2 3 4", table());
    ASSERT_TRUE(ok(dbc.commit(), dbc));
    EXPECT_TRUE(ok(other.rollback(), other));
    EXPECT_EQ("1 2 3 4 10 11", table());
    EXPECT_EQ("5 5 0 0 0 0", table("SELECT m FROM hf_sets ORDER BY n"));
    run("SET SESSION innodb_lock_wait_timeout = 50");
}

// A query timeout is one for the whole array, which is not begun again set by set. So is a cancel.
TEST_P(MySqlSets, ATimeoutEndsTheArray)
{
    Dbc other = holding_three();
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    run("INSERT INTO hf_sets (n) VALUES (10)");
    std::vector<SQLINTEGER> n = {1, 2, 3, 4};
    bind(n);
    for (bool cancels : {false, true}) {
        SCOPED_TRACE(cancels);
        SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(SQLULEN(!cancels)), 0);
        std::thread canceller([&] {
            if (cancels) {
                usleep(500000);
                SQLCancel(stmt);
            }
        });
        auto began = std::chrono::steady_clock::now();
        EXPECT_FALSE(SQL_SUCCEEDED(each("UPDATE hf_sets SET m = m + 5 WHERE n = ?")));
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(2500));
        EXPECT_EQ(cancels ? "HY008" : "HYT00", stmt.state(1));
        canceller.join();
        // One by one, the sets before are done; together, none is, and it may be that no set is told of.
        EXPECT_TRUE(states() == "!---" || states() == "++!-" || states() == "????") << states();
        if (cancels)
            continue;
        stmt.close();
        ASSERT_TRUE(ok(other.rollback(), other));
        std::string done = states() == "++!-" ? "5 5 0 0 0" : "0 0 0 0 0";
        ASSERT_TRUE(ok(dbc.commit(), dbc));
        EXPECT_EQ(done, table("SELECT m FROM hf_sets ORDER BY n"));
        Stmt holds(other);
        ASSERT_TRUE(ok(holds.exec("UPDATE hf_sets SET m = 9 WHERE n = 3"), holds));
    }
    stmt.close();
    EXPECT_TRUE(ok(other.rollback(), other));
    SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, nullptr, 0);
}

} // namespace
