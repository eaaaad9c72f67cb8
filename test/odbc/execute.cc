// SQLExecDirect, SQLPrepare, SQLExecute, SQLMoreResults, SQLRowCount, SQLCloseCursor, SQLFreeStmt,
// SQLEndTran: statements and transactions.
#include "odbc_test.h"

#include <thread>

namespace
{

class Execute : public EveryMode
{
};
ALL_MODES(Execute);

class Transact : public Connected
{
};

// ---- running ----

TEST_P(Execute, Direct)
{
    EXPECT_TRUE(clean(stmt.exec("CREATE TEMP TABLE t (a int, b text)"), stmt));
    EXPECT_EQ(0, stmt.columns());
    EXPECT_TRUE(clean(stmt.exec("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, NULL)"), stmt));
    EXPECT_EQ(3, stmt.row_count());
    EXPECT_TRUE(clean(stmt.exec("UPDATE t SET b = 'x' WHERE a < 3"), stmt));
    EXPECT_EQ(2, stmt.row_count());
    EXPECT_EQ("1|x\n2|x\n3|NULL\n", shown(stmt.rows("SELECT * FROM t ORDER BY a")));
    EXPECT_TRUE(clean(stmt.exec("DELETE FROM t"), stmt));
    EXPECT_EQ(3, stmt.row_count());
}

TEST_P(Execute, TextInManyAlphabets)
{
    EXPECT_EQ("gr\xc3\xbc\xc3\x9f \xce\xb1 \xd0\x96 \xe6\x97\xa5",
              stmt.value("SELECT 'gr\xc3\xbc\xc3\x9f \xce\xb1 \xd0\x96 \xe6\x97\xa5'"));
    if (!bmp_only())
        EXPECT_EQ("\xf0\x9f\x90\x98!", stmt.value("SELECT '\xf0\x9f\x90\x98!'"));
}

// "If SQLExecDirect executes a searched update, insert, or delete statement that does not affect
// any rows, the call returns SQL_NO_DATA."
TEST_P(Execute, NoRowsChanged)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    EXPECT_TRUE(nothing(stmt.exec("UPDATE t SET a = 1"), stmt));
    EXPECT_EQ(0, stmt.row_count());
    EXPECT_TRUE(nothing(stmt.exec("DELETE FROM t"), stmt));
    EXPECT_TRUE(nothing(stmt.exec("INSERT INTO t SELECT 1 WHERE false"), stmt));
    ASSERT_TRUE(clean(stmt.prepare("DELETE FROM t"), stmt));
    EXPECT_TRUE(nothing(stmt.execute(), stmt));
    // A query without rows is a success.
    EXPECT_TRUE(clean(stmt.exec("SELECT a FROM t"), stmt));
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
}

// MySQL counts rows that changed; one that was found as it is wanted is none, but it is not nothing.
TEST_P(Execute, RowsThatWereFound)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int, b int)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1, 2), (3, 4)"), stmt));
    EXPECT_TRUE(ok(stmt.exec("UPDATE t SET b = 2 WHERE a = 1"), stmt));
    EXPECT_EQ(my() ? 0 : 1, stmt.row_count());
    SQLINTEGER a = 0;
    SQLLEN ind = 0;
    ASSERT_TRUE(clean(stmt.prepare("UPDATE t SET b = b + 0 WHERE a <= ?"), stmt));
    ASSERT_TRUE(clean(
        SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0, &ind),
        stmt));
    EXPECT_TRUE(nothing(stmt.execute(), stmt));
    for (a = 1; a < 5; a++) {
        EXPECT_TRUE(ok(stmt.execute(), stmt));
        EXPECT_EQ(my() ? 0 : a < 3 ? 1 : 2, stmt.row_count());
    }
}

TEST_P(Execute, PrepareOnceExecuteOften)
{
    ASSERT_TRUE(clean(stmt.prepare("SELECT ?::int * 2"), stmt));
    SQLINTEGER a = 0;
    SQLLEN ind = 0;
    ASSERT_TRUE(clean(
        SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0, &ind),
        stmt));
    for (a = 1; a < 20; a++) {
        ASSERT_TRUE(clean(stmt.execute(), stmt));
        EXPECT_EQ(std::to_string(a * 2) + "\n", shown(stmt.rest()));
        ASSERT_TRUE(clean(stmt.close(), stmt));
    }
}

TEST_P(Execute, SequenceErrors)
{
    EXPECT_TRUE(fails(stmt.execute(), stmt, "HY010"));
    EXPECT_TRUE(fails(stmt.fetch(), stmt, "HY010|24000"));
    EXPECT_TRUE(fails(SQLCloseCursor(stmt), stmt, "24000"));
    // Refused by the driver manager once a row was fetched, by the driver before. (The driver
    // manager loses count of the states in the latter case: SQLFreeStmt, not SQLCloseCursor.)
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT 2"), stmt, "24000"));
    EXPECT_TRUE(clean(stmt.close(), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    EXPECT_TRUE(fails(stmt.prepare("SELECT 2"), stmt, "24000"));
    EXPECT_TRUE(clean(stmt.close(), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT 2"), stmt, "24000"));
    EXPECT_TRUE(fails(stmt.prepare("SELECT 2"), stmt, "24000"));
    EXPECT_TRUE(clean(SQLCloseCursor(stmt), stmt));
    EXPECT_TRUE(fails(SQLCloseCursor(stmt), stmt, "24000"));
    EXPECT_TRUE(clean(stmt.close(), stmt)); // SQL_CLOSE without a cursor has no effect
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    EXPECT_TRUE(fails(stmt.fetch(), stmt, "24000|HY010|07005"));
    EXPECT_TRUE(fails(SQLCloseCursor(stmt), stmt, "24000"));
}

TEST_P(Execute, PreparedStatementOutlivesItsCursor)
{
    ASSERT_TRUE(clean(stmt.prepare("SELECT 7"), stmt));
    for (int i = 0; i < 3; i++) {
        ASSERT_TRUE(clean(stmt.execute(), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_TRUE(fails(stmt.execute(), stmt, "24000"));
        EXPECT_EQ("7", stmt.get(1));
        ASSERT_TRUE(clean(SQLCloseCursor(stmt), stmt));
    }
    // Another text replaces it.
    ASSERT_TRUE(clean(stmt.prepare("SELECT 8"), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("8\n", shown(stmt.rest()));
}

TEST_P(Execute, LengthOfTheText)
{
    std::string sql = "SELECT 1 garbage that is not read";
    std::u16string w = u16(sql);
    SQLRETURN rc = calls.wide ? SQLExecDirectW(stmt, reinterpret_cast<SQLWCHAR *>(w.data()), 8)
                              : SQLExecDirect(stmt, reinterpret_cast<SQLCHAR *>(sql.data()), 8);
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ("1\n", shown(stmt.rest()));
    stmt.close();
    rc = calls.wide ? SQLPrepareW(stmt, reinterpret_cast<SQLWCHAR *>(w.data()), 8)
                    : SQLPrepare(stmt, reinterpret_cast<SQLCHAR *>(sql.data()), 8);
    ASSERT_TRUE(clean(rc, stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("1\n", shown(stmt.rest()));
    stmt.close();
    rc = calls.wide ? SQLExecDirectW(stmt, reinterpret_cast<SQLWCHAR *>(w.data()), -7)
                    : SQLExecDirect(stmt, reinterpret_cast<SQLCHAR *>(sql.data()), -7);
    EXPECT_TRUE(fails(rc, stmt, "HY090"));
    rc =
        calls.wide ? SQLExecDirectW(stmt, nullptr, SQL_NTS) : SQLExecDirect(stmt, nullptr, SQL_NTS);
    EXPECT_TRUE(fails(rc, stmt, "HY009"));
}

TEST_P(Execute, EmptyTexts)
{
    for (const char *sql : {"", " ", ";", ";;", "-- nothing", "/* nothing */", "\n\t"}) {
        SQLRETURN rc = stmt.exec(sql);
        EXPECT_TRUE(rc == SQL_SUCCESS || rc == SQL_ERROR || rc == SQL_NO_DATA) << "'" << sql << "'";
        stmt.close();
        EXPECT_EQ("1", stmt.value("SELECT 1")) << "after '" << sql << "'";
    }
}

TEST_P(Execute, QuestionMarksThatAreNoParameters)
{
    EXPECT_EQ("?", stmt.value("SELECT '?'"));
    EXPECT_EQ("it's ?", stmt.value("SELECT 'it''s ?' -- ?"));
    EXPECT_EQ("1", stmt.value("SELECT /* ? /* ? */ ? */ 1"));
    EXPECT_EQ("?", stmt.value("SELECT $$?$$"));
    EXPECT_EQ("?", stmt.value("SELECT $a$?$a$"));
    EXPECT_EQ("\\'?", stmt.value("SELECT E'\\\\\\'?'"));
    EXPECT_EQ("1", stmt.value("SELECT \"a?\" FROM (SELECT 1 AS \"a?\") x"));
    EXPECT_EQ("\\", stmt.value("SELECT '\\'"));
    SQLSMALLINT n = -1;
    ASSERT_TRUE(clean(stmt.prepare("SELECT '?', ?::int, \"x?\", E'\\'?', $$ ? $$ -- ?\n, ?::int"
                                   " FROM (SELECT 1 AS \"x?\") t /* ? */"),
                      stmt));
    EXPECT_TRUE(clean(SQLNumParams(stmt, &n), stmt));
    EXPECT_EQ(2, n);
}

TEST_P(Execute, ParametersNotBound)
{
    EXPECT_TRUE(fails(stmt.exec("SELECT ?::int"), stmt, "07002"));
    ASSERT_TRUE(clean(stmt.prepare("SELECT ?::int + ?::int"), stmt));
    SQLINTEGER a = 1;
    SQLLEN ind = 0;
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0, &ind);
    EXPECT_TRUE(fails(stmt.execute(), stmt, "07002"));
    SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0, &ind);
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("2\n", shown(stmt.rest()));
    stmt.close();
    // More bound than needed is fine.
    EXPECT_EQ("3", stmt.value("SELECT 3"));
    EXPECT_TRUE(clean(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    ASSERT_TRUE(clean(stmt.prepare("SELECT ?::int"), stmt));
    EXPECT_TRUE(fails(stmt.execute(), stmt, "07002"));
}

// ---- errors of the server ----

TEST_P(Execute, ServerStates)
{
    ASSERT_TRUE(
        ok(stmt.exec("CREATE TEMP TABLE t (id int PRIMARY KEY, n int NOT NULL, v varchar(3),"
                     " c int CHECK (c > 0), r int REFERENCES t (id))"),
           stmt));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1, 1)"), stmt));
    const struct {
        const char *sql, *state;
    } cases[] = {
        {"SELECT * FROM no_such_table", "42S02"},
        {"DROP TABLE no_such_table", "42S02"},
        {"INSERT INTO no_such_table VALUES (1)", "42S02"},
        {"SELECT no_such_column FROM t", "42S22"},
        {"INSERT INTO t (no_such_column) VALUES (1)", "42S22"},
        {"CREATE TEMP TABLE t (a int)", "42S01"},
        {"ALTER TABLE t ADD COLUMN n int", "42S21"},
        {"DROP INDEX no_such_index", "42S12"},
        {"INSERT INTO t VALUES (1, 1)", "23000"},
        {"INSERT INTO t VALUES (2, NULL)", "23000"},
        {"INSERT INTO t VALUES (2, 1, 'a', 0)", "23000"},
        {"INSERT INTO t VALUES (2, 1, 'a', 1, 99)", "23000"},
        {"INSERT INTO t VALUES (2, 1, 'a', 1, 1, 6)", "21S01"},
        {"INSERT INTO t (id, n) VALUES (2)", "21S01|42000"},
        {"INSERT INTO t VALUES (2, 1, 'long text')", "22001"},
        {"SELECT 1/0", "22012"},
        {"SELECT 2147483647 + 1", "22003"},
        {"SELECT 'abc'::int", "22018"},
        {"SELECT 'abc'::date", "22007|22018"},
        {"SELECT '2020-02-31'::date", "22008|22007"},
        {"SELEC 1", "42000"},
        {"SELECT 'open", "42000"},
        {"SELECT no_such_function(1)", "42000"},
        {"SELECT * FROM no_such_schema.t", "3F000|42S02"},
        {"SET ROLE no_such_role", "42000|28000|HY000|22023"},
        {"SELECT 1 WHERE 'x' LIKE 'a' ESCAPE 'ab'", "22025|22019"},
        {"RAISE", "42000"},
    };
    for (const auto &c : cases)
        EXPECT_TRUE(fails(stmt.exec(c.sql), stmt, c.state)) << c.sql;
    EXPECT_EQ("1", stmt.value("SELECT count(*) FROM t"));
}

TEST_P(Execute, ErrorsSayWhoSpeaks)
{
    ASSERT_EQ(SQL_ERROR, stmt.exec("SELECT * FROM no_such_table"));
    std::string m = stmt.message();
    EXPECT_NE(std::string::npos, m.find("no_such_table")) << m;
    EXPECT_NE(std::string::npos, m.find("[Holdfast]")) << m;
    EXPECT_EQ(m.find("[Holdfast]"), m.rfind("[Holdfast]")) << m;
    // The server's own SQLSTATE is not lost.
    EXPECT_NE(std::string::npos, m.find("42P01")) << m;
}

TEST_P(Execute, ErrorOfAPrepare)
{
    // "Some drivers ... cannot return syntax errors or access violations when the application
    // calls SQLPrepare": either call may say it.
    SQLRETURN rc = stmt.prepare("SELECT * FROM no_such_table");
    if (rc == SQL_SUCCESS)
        rc = stmt.execute();
    EXPECT_TRUE(fails(rc, stmt, "42S02"));
    rc = stmt.prepare("SELEC 1");
    if (rc == SQL_SUCCESS)
        rc = stmt.execute();
    EXPECT_TRUE(fails(rc, stmt, "42000"));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Execute, Warnings)
{
    SQLRETURN rc = stmt.exec("DO $$ BEGIN RAISE WARNING 'wat\xc3\xa9r'; RAISE NOTICE 'n2'; END $$");
    ASSERT_TRUE(warns(rc, stmt, "01000"));
    std::vector<Diag> all = stmt.diags();
    ASSERT_EQ(2U, all.size());
    EXPECT_NE(std::string::npos, all[0].message.find("wat\xc3\xa9r")) << all[0];
    EXPECT_NE(std::string::npos, all[1].message.find("n2")) << all[1];
    // They belong to one call.
    EXPECT_TRUE(clean(stmt.exec("SELECT 1"), stmt));
    EXPECT_TRUE(stmt.diags().empty());
    stmt.close();
    EXPECT_TRUE(warns(stmt.exec("DROP TABLE IF EXISTS no_such_table"), stmt, "01000"));
}

TEST_P(Execute, WarningBesideAnError)
{
    EXPECT_EQ(SQL_ERROR,
              stmt.exec("DO $$ BEGIN RAISE WARNING 'first'; RAISE EXCEPTION 'then'; END $$"));
    std::vector<Diag> all = stmt.diags();
    ASSERT_EQ(2U, all.size());
    // Errors go before warnings ("Sequence of Status Records").
    EXPECT_NE("01000", all[0].state);
    EXPECT_EQ("01000", all[1].state);
}

// ---- several results ----

TEST_P(Execute, SeveralResults)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT 1 AS x; INSERT INTO t VALUES (1), (2); SELECT 'b' AS y, 2 AS z"
                             " UNION ALL SELECT 'c', 3; UPDATE t SET a = 0 WHERE a = 99"),
                   stmt));
    EXPECT_EQ(1, stmt.columns());
    EXPECT_EQ("x", stmt.column(1).name);
    EXPECT_EQ("1\n", shown(stmt.rest()));
    ASSERT_TRUE(clean(stmt.more(), stmt));
    EXPECT_EQ(0, stmt.columns());
    EXPECT_EQ(2, stmt.row_count());
    ASSERT_TRUE(clean(stmt.more(), stmt));
    EXPECT_EQ(2, stmt.columns());
    EXPECT_EQ("b|2\nc|3\n", shown(stmt.rest()));
    ASSERT_TRUE(clean(stmt.more(), stmt));
    EXPECT_EQ(0, stmt.row_count());
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    EXPECT_EQ("2", stmt.value("SELECT count(*) FROM t"));
}

// PDO and DBI prepare whatever they run.
TEST_P(Execute, SeveralResultsPrepared)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(clean(
        stmt.prepare("; SELECT 1 AS x; INSERT INTO t VALUES (7) ; SELECT 'b' AS y, 2 AS z"), stmt));
    EXPECT_EQ(1, stmt.columns());
    EXPECT_EQ("x", stmt.column(1).name);
    for (const char *count : {"1", "2"}) {
        ASSERT_TRUE(clean(stmt.execute(), stmt));
        EXPECT_EQ("1\n", shown(stmt.rest()));
        ASSERT_TRUE(clean(stmt.more(), stmt));
        EXPECT_EQ(1, stmt.row_count());
        ASSERT_TRUE(clean(stmt.more(), stmt));
        EXPECT_EQ(2, stmt.columns());
        EXPECT_EQ("b|2\n", shown(stmt.rest()));
        EXPECT_TRUE(nothing(stmt.more(), stmt));
        Stmt other(dbc);
        EXPECT_EQ(count, other.value("SELECT count(*) FROM t"));
    }
}

TEST_P(Execute, SeveralResultsNotRead)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 50000); SELECT generate_series(1, 50000);"
                             " SELECT 'end'"),
                   stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    ASSERT_TRUE(clean(stmt.more(), stmt)); // the rest of the first is dropped
    ASSERT_TRUE(clean(stmt.more(), stmt));
    EXPECT_EQ("end\n", shown(stmt.rest()));
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    // Closing drops everything.
    ASSERT_TRUE(ok(stmt.exec("SELECT 1; SELECT 2"), stmt));
    EXPECT_TRUE(clean(stmt.close(), stmt));
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    EXPECT_EQ("3", stmt.value("SELECT 3"));
}

TEST_P(Execute, SeveralResultsWithAnError)
{
    // The server takes them as one transaction: that it failed may be said at once, or where it
    // happens; the others had no effect.
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    SQLRETURN rc = stmt.exec("SELECT 1; INSERT INTO t VALUES (1); SELECT 1/0; SELECT 3");
    if (SQL_SUCCEEDED(rc)) {
        EXPECT_EQ("1\n", shown(stmt.rest()));
        EXPECT_TRUE(clean(stmt.more(), stmt));
        rc = stmt.more();
    }
    EXPECT_TRUE(fails(rc, stmt, "22012"));
    stmt.close();
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
}

TEST_P(Execute, SeveralStatementsWithParameters)
{
    SQLINTEGER a = 5, b = 6;
    SQLLEN ind = 0;
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0, &ind);
    SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &b, 0, &ind);
    SQLRETURN rc = stmt.exec("SELECT ?::int; SELECT ?::int");
    if (rc == SQL_ERROR) { // a clear refusal is allowed
        EXPECT_NE("", stmt.state());
        return;
    }
    EXPECT_EQ("5\n", shown(stmt.rest()));
    ASSERT_TRUE(clean(stmt.more(), stmt));
    EXPECT_EQ("6\n", shown(stmt.rest()));
}

TEST_P(Execute, RowsOfADataChange)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a serial, b text)"), stmt));
    EXPECT_EQ("1|x\n2|y\n",
              shown(stmt.rows("INSERT INTO t (b) VALUES ('x'), ('y') RETURNING a, b")));
    ASSERT_TRUE(clean(stmt.exec("UPDATE t SET b = 'z' RETURNING a"), stmt));
    EXPECT_EQ(2U, stmt.rest().size());
    stmt.close();
    EXPECT_EQ("2", stmt.value("WITH d AS (DELETE FROM t RETURNING a) SELECT count(*) FROM d"));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
}

// libmysqlclient may not see that nothing follows the last row: then the count is not known.
TEST_P(Execute, RowCountOfAQuery)
{
    auto counted = [&](SQLLEN n) {
        SQLLEN told = stmt.row_count();
        EXPECT_TRUE(told == n || (told == -1 && my_is_mysql())) << told << ", not " << n;
    };
    for (bool prepared : {false, true}) {
        SCOPED_TRACE(prepared);
        const std::string five = "SELECT generate_series(1, 5)";
        ASSERT_TRUE(ok(prepared ? stmt.prepare(five) : stmt.exec(five), stmt));
        ASSERT_TRUE(!prepared || ok(stmt.execute(), stmt));
        counted(5); // a short one has come whole
        EXPECT_EQ(5U, stmt.rest().size());
        stmt.close();
    }
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 5) LIMIT 0"), stmt));
    EXPECT_EQ(0, stmt.row_count());
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
    stmt.close();
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 100000)"), stmt));
    EXPECT_EQ(-1, stmt.row_count());
    EXPECT_EQ(100000U, stmt.rest().size());
    stmt.close();
    SQLSetStmtAttr(stmt, SQL_ATTR_MAX_ROWS, reinterpret_cast<SQLPOINTER>(2), 0);
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 5)"), stmt));
    counted(2);
    EXPECT_EQ(2U, stmt.rest().size());
}

// What is read to its end before the call returns is counted, whatever its size.
TEST_P(Execute, RowCountsOfWhatWasReadWhole)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 3000); SELECT generate_series(1, 2)"), stmt));
    EXPECT_EQ(3000, stmt.row_count());
    EXPECT_EQ(3000U, stmt.rest().size());
    ASSERT_TRUE(clean(stmt.more(), stmt));
    EXPECT_EQ(2, stmt.row_count());
    EXPECT_EQ(2U, stmt.rest().size());
    stmt.close();
    SQLSetStmtAttr(stmt, SQL_ATTR_MAX_ROWS, reinterpret_cast<SQLPOINTER>(7), 0);
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 3000); SELECT generate_series(1, 2)"), stmt));
    EXPECT_EQ(7, stmt.row_count());
    stmt.close();
    SQLSetStmtAttr(stmt, SQL_ATTR_MAX_ROWS, nullptr, 0);
    ASSERT_TRUE(ok(stmt.api.type_info(stmt, SQL_INTEGER), stmt));
    SQLLEN told = stmt.row_count();
    EXPECT_EQ(SQLLEN(stmt.rest().size()), told);
}

// What is no query and changes no rows has changed none; what a block of code has done is not known.
TEST_P(Execute, RowCountOfDefinitions)
{
    for (bool prepared : {false, true})
        for (const char *sql : {"CREATE TEMP TABLE t (a int)", "DROP TABLE t"}) {
            SCOPED_TRACE(sql);
            ASSERT_TRUE(clean(prepared ? stmt.prepare(sql) : stmt.exec(sql), stmt));
            ASSERT_TRUE(!prepared || clean(stmt.execute(), stmt));
            EXPECT_EQ(0, stmt.row_count());
            EXPECT_EQ(0, stmt.columns());
        }
    if (my())
        return;
    ASSERT_TRUE(clean(stmt.exec("DO $$ BEGIN END $$"), stmt));
    EXPECT_EQ(-1, stmt.row_count());
}

// What SQLRowCount says is SQL_DIAG_ROW_COUNT's value too.
TEST_P(Execute, RowCountOfReturning)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    const std::pair<const char *, SQLLEN> steps[] = {
        {"INSERT INTO t VALUES (1), (2) RETURNING a", 2},
        {"SELECT a FROM t", 2},
        {"UPDATE t SET a = 3 WHERE a = 1 RETURNING a", 1},
        {"DELETE FROM t WHERE a = 9 RETURNING a", 0},
        {"WITH d AS (SELECT 1) INSERT INTO t SELECT 4 RETURNING a", 1},
        {"VALUES (1)", 1},
        {"DELETE FROM t", 3},
    };
    for (const auto &[sql, rows] : steps) {
        ASSERT_TRUE(clean(stmt.exec(sql), stmt)) << sql;
        SQLLEN n = -99;
        EXPECT_EQ(SQL_SUCCESS, SQLGetDiagFieldW(SQL_HANDLE_STMT, stmt, 0, SQL_DIAG_ROW_COUNT, &n,
                                                sizeof(n), nullptr));
        EXPECT_EQ(rows, n) << sql;
        EXPECT_EQ(rows, stmt.row_count()) << sql;
        stmt.close();
    }
}

TEST_P(Execute, CopyIsRefused)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    EXPECT_EQ(SQL_ERROR, stmt.exec("COPY t FROM STDIN"));
    EXPECT_NE("", stmt.state());
    EXPECT_EQ("1", stmt.value("SELECT 1"));
    EXPECT_EQ(SQL_ERROR, stmt.exec("COPY t TO STDOUT"));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Execute, NotificationsAreHarmless)
{
    ASSERT_TRUE(ok(stmt.exec("LISTEN hf_channel"), stmt));
    for (int i = 0; i < 5; i++)
        ASSERT_TRUE(ok(stmt.exec("NOTIFY hf_channel, 'payload'"), stmt));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// ---- escapes ----

TEST_P(Execute, Escapes)
{
    EXPECT_EQ("2020-01-02", stmt.value("SELECT {d '2020-01-02'}"));
    EXPECT_EQ("13:14:15", stmt.value("SELECT {t '13:14:15'}"));
    EXPECT_EQ("2020-01-02 03:04:05.678", stmt.value("SELECT {ts '2020-01-02 03:04:05.678'}"));
    EXPECT_EQ("ABC", stmt.value("SELECT {fn UCASE({fn CONCAT('a', 'bc')})}"));
    EXPECT_EQ("3", stmt.value("SELECT {fn LENGTH('abc  ')}"));
    EXPECT_EQ("2", stmt.value("SELECT {fn LOCATE('b', 'abcb')}"));
    EXPECT_EQ("4", stmt.value("SELECT {fn LOCATE('b', 'abcb', 3)}"));
    EXPECT_EQ("aXYd", stmt.value("SELECT {fn INSERT('abcd', 2, 2, 'XY')}"));
    EXPECT_EQ("x", stmt.value("SELECT {fn IFNULL(NULL, 'x')}"));
    EXPECT_EQ("42", stmt.value("SELECT {fn CONVERT('42', SQL_INTEGER)}"));
    EXPECT_EQ("1", stmt.value("SELECT {fn MOD(7, 3)}"));
    EXPECT_EQ("3.14", stmt.value("SELECT {fn ROUND(3.14159, 2)}"));
    EXPECT_EQ(env("HF_DB_DATABASE"), stmt.value("SELECT {fn DATABASE()}"));
    EXPECT_EQ("January", stmt.value("SELECT {fn MONTHNAME({d '2020-01-02'})}"));
    EXPECT_EQ("5", stmt.value("SELECT {fn DAYOFWEEK({d '2020-01-02'})}")); // a Thursday
    EXPECT_EQ("2020-01-09 00:00:00",
              stmt.value("SELECT {fn TIMESTAMPADD(SQL_TSI_WEEK, 1, {ts '2020-01-02 00:00:00'})}"));
    EXPECT_EQ("31", stmt.value("SELECT {fn TIMESTAMPDIFF(SQL_TSI_DAY, {d '2020-01-01'},"
                               " {d '2020-02-01'})}"));
    EXPECT_EQ("1", stmt.value("SELECT count(*) FROM (VALUES ('a%b'), ('aXb')) t(x)"
                              " WHERE x LIKE 'a!%b' {escape '!'}"));
    EXPECT_EQ("1|NULL\n", shown(stmt.rows("SELECT a.x, b.x FROM {oj (SELECT 1 AS x) a LEFT OUTER"
                                          " JOIN (SELECT 2 AS x) b ON a.x = b.x}")));
    EXPECT_EQ("{d '2020-01-02'}", stmt.value("SELECT '{d ''2020-01-02''}'"));
    EXPECT_EQ("7", stmt.value("SELECT {  fn   ABS( -7 )  }"));
    EXPECT_EQ("{1,2}", stmt.value("SELECT ARRAY[1,2]::text"));
    EXPECT_EQ("11111111-2222-3333-4444-555555555555",
              stmt.value("SELECT {guid '11111111-2222-3333-4444-555555555555'}"));
}

TEST_P(Execute, EscapesWithParameters)
{
    char text[] = "abc";
    SQLLEN ind = SQL_NTS;
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, text, 0, &ind);
    EXPECT_EQ("ABC", stmt.value("SELECT {fn UCASE(?)}"));
}

TEST_P(Execute, BadEscapes)
{
    for (const char *sql : {"SELECT {d '2020-01-02'", "SELECT {nix 1}", "SELECT {fn UCASE(}",
                            "SELECT {", "SELECT {}", "SELECT {d}", "SELECT {fn}"})
        EXPECT_TRUE(fails(stmt.exec(sql), stmt, "42000")) << sql;
    EXPECT_TRUE(fails(stmt.exec("SELECT {fn NO_SUCH_FUNCTION(1)}"), stmt, "42000|HYC00"));
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Execute, Calls)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE OR REPLACE FUNCTION pg_temp.hf_add(a int, b int) RETURNS int"
                             " LANGUAGE sql AS 'SELECT a + b'"),
                   stmt));
    SQLRETURN rc = stmt.exec("{call pg_temp.hf_add(2, 3)}");
    EXPECT_TRUE(ok(rc, stmt));
    if (SQL_SUCCEEDED(rc))
        EXPECT_EQ("5\n", shown(stmt.rest()));
}

TEST_P(Execute, NativeSql)
{
    std::string out;
    EXPECT_TRUE(
        clean(calls.native_sql(dbc, "SELECT {fn UCASE('a')}, {d '2020-01-02'}", &out), dbc));
    EXPECT_EQ(std::string::npos, out.find('{')) << out;
    EXPECT_NE(std::string::npos, out.find("upper")) << out;
    EXPECT_TRUE(clean(calls.native_sql(dbc, "SELECT '{d ''x''}'", &out), dbc));
    EXPECT_EQ("SELECT '{d ''x''}'", out);
    EXPECT_EQ(SQL_ERROR, calls.native_sql(dbc, "SELECT {d 'x'", &out));
    if (GetParam() == Mode::A) {
        SQLCHAR buffer[8];
        SQLINTEGER n = 0;
        char sql[] = "SELECT 1 AS one";
        EXPECT_TRUE(warns(SQLNativeSql(dbc, reinterpret_cast<SQLCHAR *>(sql), SQL_NTS, buffer,
                                       sizeof(buffer), &n),
                          dbc, "01004"));
        EXPECT_EQ(15, n);
        EXPECT_STREQ("SELECT ", reinterpret_cast<char *>(buffer));
    }
}

// ---- cursor names ----

TEST_P(Execute, CursorNames)
{
    std::string name;
    EXPECT_TRUE(clean(calls.cursor_name(stmt, &name), stmt));
    EXPECT_EQ("SQL_CUR0", name); // MySQL Connector/ODBC's
    EXPECT_TRUE(clean(calls.cursor_name(stmt, &name), stmt));
    EXPECT_EQ("SQL_CUR0", name);
    EXPECT_TRUE(clean(calls.set_cursor_name(stmt, "mine"), stmt));
    EXPECT_TRUE(clean(calls.cursor_name(stmt, &name), stmt));
    EXPECT_EQ("mine", name);
    Stmt other(dbc);
    EXPECT_TRUE(fails(calls.set_cursor_name(other, "mine"), other, "3C000"));
    EXPECT_TRUE(fails(calls.set_cursor_name(other, "SQL_CUR1"), other, "34000"));
    EXPECT_TRUE(fails(calls.set_cursor_name(other, ""), other, "34000|HY090"));
    EXPECT_TRUE(fails(calls.set_cursor_name(other, std::string(300, 'x')), other, "34000"));
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    EXPECT_TRUE(fails(calls.set_cursor_name(stmt, "later"), stmt, "24000"));
}

// ---- transactions ----

TEST_F(Transact, CommitAndRollback)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1)"), stmt));
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (2)"), stmt));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
    EXPECT_EQ("2", stmt.value("SELECT sum(a) FROM t"));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_TRUE(clean(dbc.commit(), dbc)); // nothing open: no effect
    EXPECT_TRUE(fails(SQLEndTran(SQL_HANDLE_DBC, dbc, 77), dbc, "HY012"));
}

TEST_F(Transact, TheWholeEnvironment)
{
    Dbc two = another();
    Stmt s(two);
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(ok(s.exec("CREATE TEMP TABLE t (a int)"), s));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(clean(two.autocommit(false), two));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1)"), stmt));
    ASSERT_TRUE(ok(s.exec("INSERT INTO t VALUES (1)"), s));
    EXPECT_TRUE(clean(SQLEndTran(SQL_HANDLE_ENV, *e, SQL_ROLLBACK), *e));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
    EXPECT_EQ("0", s.value("SELECT count(*) FROM t"));
    EXPECT_TRUE(clean(SQLEndTran(SQL_HANDLE_ENV, *e, SQL_COMMIT), *e));
}

TEST_F(Transact, AbortedTransaction)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1)"), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT 1/0"), stmt, by("22012", "22003")));
    // PostgreSQL's rule without savepoints: nothing runs until the end of the transaction.
    EXPECT_TRUE(fails(stmt.exec("SELECT 1"), stmt, "25000|25S03"));
    // A COMMIT of it is a rollback, and that is not called a success.
    EXPECT_TRUE(fails(dbc.commit(), dbc, "25S03|25000|40000|40001"));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1)"), stmt));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
}

TEST_F(Transact, TransactionByText)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("BEGIN"), stmt));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("SAVEPOINT a"), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT 1/0"), stmt, by("22012", "22003")));
    ASSERT_TRUE(ok(stmt.exec("ROLLBACK TO a"), stmt));
    ASSERT_TRUE(ok(stmt.exec("COMMIT"), stmt));
    EXPECT_EQ("1", stmt.value("SELECT count(*) FROM t"));
}

// COMMIT as text ends the transaction that the driver began; the next statement begins another.
TEST_F(Transact, EndByTextInManualMode)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("COMMIT"), stmt));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (2)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("ROLLBACK"), stmt));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (3)"), stmt));
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
    EXPECT_EQ("1", stmt.value("SELECT sum(a) FROM t"));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
}

// What must run outside a transaction does so in autocommit; in manual mode where none is open, and
// opens none.
TEST_F(Transact, OutsideATransaction)
{
    EXPECT_TRUE(ok(stmt.exec("VACUUM pg_catalog.pg_description"), stmt));
    EXPECT_TRUE(ok(stmt.prepare("VACUUM pg_catalog.pg_description"), stmt));
    EXPECT_TRUE(ok(stmt.execute(), stmt));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    EXPECT_TRUE(ok(stmt.exec("VACUUM (ANALYZE) pg_catalog.pg_description"), stmt));
    EXPECT_TRUE(ok(stmt.prepare("/* all of it */ VACUUM pg_catalog.pg_description"), stmt));
    EXPECT_TRUE(ok(stmt.execute(), stmt));
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    EXPECT_TRUE(fails(stmt.exec("VACUUM pg_catalog.pg_description"), stmt, "25000"));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
    EXPECT_TRUE(fails(stmt.exec("SELECT * FROM t"), stmt, "42S02"));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
}

// In manual mode a statement that only reads opens a transaction too, once.
TEST_F(Transact, TransactionTime)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    std::string first = stmt.value("SELECT now()");
    EXPECT_EQ(first, stmt.value("SELECT now()"));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_NE(first, stmt.value("SELECT now()"));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    EXPECT_NE(stmt.value("SELECT now()"), stmt.value("SELECT now()"));
}

// SQL_CURSOR_COMMIT_BEHAVIOR: what SQLGetInfo says, happens.
TEST_F(Transact, CursorsAtTheEndOfATransaction)
{
    SQLUSMALLINT at_commit = 99, at_rollback = 99;
    ASSERT_TRUE(ok(SQLGetInfo(dbc, SQL_CURSOR_COMMIT_BEHAVIOR, &at_commit, 0, nullptr), dbc));
    ASSERT_TRUE(ok(SQLGetInfo(dbc, SQL_CURSOR_ROLLBACK_BEHAVIOR, &at_rollback, 0, nullptr), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    for (SQLSMALLINT how : {SQL_COMMIT, SQL_ROLLBACK}) {
        SQLUSMALLINT behaviour = how == SQL_COMMIT ? at_commit : at_rollback;
        ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 20000)"), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_TRUE(clean(SQLEndTran(SQL_HANDLE_DBC, dbc, how), dbc));
        if (behaviour == SQL_CB_PRESERVE)
            EXPECT_EQ(19999U, stmt.rest().size());
        else
            EXPECT_EQ(SQL_ERROR, stmt.fetch());
        stmt.close();
    }
    // Prepared statements stay too.
    ASSERT_TRUE(clean(stmt.prepare("SELECT 5"), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    stmt.close();
    EXPECT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("5\n", shown(stmt.rest()));
    stmt.close();
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
}

TEST_F(Transact, SerializationFailure)
{
    Dbc two = another();
    Stmt s(two);
    stmt.exec("DROP TABLE IF EXISTS hf_serial");
    ASSERT_TRUE(ok(stmt.exec("CREATE TABLE hf_serial AS SELECT 1 AS a"), stmt));
    for (Dbc *d : {&dbc, &two}) {
        SQLSetConnectAttr(*d, SQL_ATTR_TXN_ISOLATION,
                          reinterpret_cast<SQLPOINTER>(SQL_TXN_REPEATABLE_READ), 0);
        ASSERT_TRUE(clean(d->autocommit(false), *d));
    }
    EXPECT_EQ("1", stmt.value("SELECT a FROM hf_serial"));
    EXPECT_EQ("1", s.value("SELECT a FROM hf_serial"));
    ASSERT_TRUE(ok(stmt.exec("UPDATE hf_serial SET a = 2"), stmt));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    EXPECT_TRUE(fails(s.exec("UPDATE hf_serial SET a = 3"), s, "40001"));
    EXPECT_TRUE(clean(two.rollback(), two));
    ASSERT_TRUE(ok(stmt.exec("DROP TABLE hf_serial"), stmt));
    EXPECT_TRUE(clean(dbc.commit(), dbc));
}

TEST_F(Transact, FailingCommit)
{
    ASSERT_TRUE(
        ok(stmt.exec("CREATE TEMP TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"), stmt));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (1), (1)"), stmt));
    EXPECT_TRUE(fails(dbc.commit(), dbc, "23000"));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
}

// ---- statements side by side ----

TEST_F(Transact, SecondStatementWhileAResultIsOpen)
{
    Stmt two(dbc), three(dbc);
    ASSERT_TRUE(
        ok(stmt.exec("SELECT i, repeat('x', 100) || i FROM generate_series(1, 30000) i"), stmt));
    for (int i = 0; i < 10; i++)
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
    ASSERT_TRUE(ok(two.exec("SELECT i FROM generate_series(1, 30000) i"), two));
    ASSERT_TRUE(ok(two.fetch(), two));
    EXPECT_EQ("3", three.value("SELECT 3"));
    ASSERT_TRUE(ok(three.exec("CREATE TEMP TABLE t (a int)"), three));
    std::vector<Row> a = stmt.rest(), b = two.rest();
    ASSERT_EQ(29990U, a.size());
    ASSERT_EQ(29999U, b.size());
    EXPECT_EQ("11", a.front()[0]);
    EXPECT_EQ("30000", a.back()[0]);
    EXPECT_EQ(std::string(100, 'x') + "30000", a.back()[1]);
    EXPECT_EQ("30000", b.back()[0]);
}

TEST_F(Transact, StatementsInTurn)
{
    Stmt all[5];
    for (int i = 0; i < 5; i++) {
        all[i] = Stmt(dbc);
        ASSERT_TRUE(
            ok(all[i].exec("SELECT i * " + std::to_string(i) + " FROM generate_series(1, 1000) i"),
               all[i]));
    }
    for (int row = 1; row <= 1000; row++)
        for (int i = 0; i < 5; i++) {
            ASSERT_TRUE(ok(all[i].fetch(), all[i]));
            ASSERT_EQ(std::to_string(i * row), all[i].get(1));
        }
    for (Stmt &s : all)
        EXPECT_TRUE(nothing(s.fetch(), s));
}

TEST_F(Transact, LeavingAResultEarly)
{
    for (int i = 0; i < 20; i++) {
        ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 200000)"), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        ASSERT_TRUE(clean(SQLCloseCursor(stmt), stmt));
    }
    // A function that writes is not cut off half way.
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("CREATE FUNCTION pg_temp.w(i int) RETURNS int LANGUAGE plpgsql AS"
                             " 'BEGIN INSERT INTO t VALUES (i); RETURN i; END'"),
                   stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT pg_temp.w(i) FROM generate_series(1, 5000) i"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    ASSERT_TRUE(clean(SQLCloseCursor(stmt), stmt));
    EXPECT_EQ("5000", stmt.value("SELECT count(*) FROM t"));
}

// An error in the middle of the rows is told where it happens.
TEST_F(Transact, ErrorAmongTheRows)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT 10000 / (10000 - i) FROM generate_series(1, 20000) i"), stmt));
    int n = 0;
    SQLRETURN rc;
    while ((rc = stmt.fetch()) == SQL_SUCCESS)
        n++;
    EXPECT_TRUE(fails(rc, stmt, "22012"));
    EXPECT_LE(n, 9999);
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// ---- prepared statements that the server forgot or that changed under the statement ----

class Reprepare : public Connected
{
  protected:
    void SetUp() override
    {
        Connected::SetUp();
        other = Stmt(dbc);
        ASSERT_TRUE(ok(other.exec("CREATE TEMP TABLE t AS SELECT 1 AS a"), other));
        ASSERT_TRUE(clean(stmt.prepare("SELECT * FROM t"), stmt));
        ASSERT_TRUE(clean(stmt.execute(), stmt));
        EXPECT_EQ("1\n", shown(stmt.rest()));
        stmt.close();
    }
    void TearDown() override
    {
        other = Stmt();
        Connected::TearDown();
    }
    Stmt other;
};

TEST_F(Reprepare, AfterDeallocateAll)
{
    ASSERT_TRUE(ok(other.exec("DEALLOCATE ALL"), other));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("1\n", shown(stmt.rest()));
}

TEST_F(Reprepare, AfterDiscardAll)
{
    ASSERT_TRUE(ok(other.exec("DISCARD PLANS"), other));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("1\n", shown(stmt.rest()));
    stmt.close();
    ASSERT_TRUE(ok(other.exec("CREATE TABLE IF NOT EXISTS hf_discard AS SELECT 7 AS a"), other));
    ASSERT_TRUE(clean(stmt.prepare("SELECT * FROM hf_discard"), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    stmt.close();
    ASSERT_TRUE(ok(other.exec("DISCARD ALL"), other));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("7\n", shown(stmt.rest()));
    stmt.close();
    other.exec("DROP TABLE hf_discard");
}

TEST_F(Reprepare, AfterAlterTable)
{
    ASSERT_TRUE(ok(other.exec("ALTER TABLE t ADD COLUMN b text DEFAULT 'new'"), other));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(2, stmt.columns());
    EXPECT_EQ("1|new\n", shown(stmt.rest()));
    stmt.close();
    ASSERT_TRUE(ok(other.exec("ALTER TABLE t ALTER COLUMN a TYPE text USING 'x' || a"), other));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("x1|new\n", shown(stmt.rest()));
}

TEST_F(Reprepare, AfterAlterTableInATransaction)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(other.exec("ALTER TABLE t ADD COLUMN b text DEFAULT 'new'"), other));
    // The failure may not be hidden by repeating, but the next transaction works.
    SQLRETURN rc = stmt.execute();
    if (SQL_SUCCEEDED(rc)) {
        EXPECT_EQ("1|new\n", shown(stmt.rest()));
        stmt.close();
        EXPECT_TRUE(clean(dbc.commit(), dbc));
    } else {
        EXPECT_NE("", stmt.state());
        EXPECT_TRUE(clean(dbc.rollback(), dbc));
    }
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(1U, stmt.rest().size());
    stmt.close();
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
}

TEST_F(Reprepare, PreparedInATransactionThatIsRolledBack)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(clean(other.prepare("SELECT 42"), other));
    ASSERT_TRUE(clean(other.execute(), other));
    other.close();
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
    ASSERT_TRUE(clean(other.execute(), other));
    EXPECT_EQ("42\n", shown(other.rest()));
    other.close();
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
}

TEST_F(Reprepare, ManyStatementsAreForgottenAtTheServer)
{
    for (int i = 0; i < 200; i++) {
        Stmt s(dbc);
        ASSERT_TRUE(clean(s.prepare("SELECT " + std::to_string(i)), s));
        ASSERT_TRUE(clean(s.execute(), s));
    }
    std::string left = other.value("SELECT count(*) FROM pg_prepared_statements");
    EXPECT_LE(std::stoi(left), 20) << left;
}

} // namespace
