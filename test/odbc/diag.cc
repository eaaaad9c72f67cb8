// SQLGetDiagRec, SQLGetDiagField.
#include "odbc_test.h"

#include <cstring>

namespace
{

class Diagnostics : public EveryMode
{
  protected:
    template <class T> T header(SQLSMALLINT id)
    {
        T v = T(-99);
        EXPECT_EQ(SQL_SUCCESS,
                  SQLGetDiagFieldW(SQL_HANDLE_STMT, stmt, 0, id, &v, sizeof(v), nullptr))
            << id;
        return v;
    }
    // On a connection made by A, unixODBC 2.3's W form answers most texts with nothing.
    std::string text(SQLSMALLINT n, SQLSMALLINT id)
    {
        std::string s;
        Api how{calls.wide && connects.wide};
        EXPECT_TRUE(SQL_SUCCEEDED(how.diag_text(SQL_HANDLE_STMT, stmt, n, id, &s))) << id;
        return s;
    }
};
ALL_MODES(Diagnostics);

TEST_P(Diagnostics, Header)
{
    ASSERT_EQ(SQL_ERROR, stmt.exec("SELECT 1/0"));
    EXPECT_EQ(1, header<SQLINTEGER>(SQL_DIAG_NUMBER));
    EXPECT_EQ(SQL_ERROR, header<SQLRETURN>(SQL_DIAG_RETURNCODE));
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t AS SELECT 1 AS a UNION SELECT 2"), stmt));
    EXPECT_EQ(0, header<SQLINTEGER>(SQL_DIAG_NUMBER));
    ASSERT_TRUE(ok(stmt.exec("UPDATE t SET a = 0"), stmt));
    EXPECT_EQ(2, header<SQLLEN>(SQL_DIAG_ROW_COUNT));
}

// The table of SQLGetDiagField; what is not in it is "" and SQL_DIAG_UNKNOWN_STATEMENT.
TEST_P(Diagnostics, DynamicFunction)
{
    struct {
        const char *sql, *name;
        SQLINTEGER code;
    } functions[] = {
        {"CREATE TEMP TABLE t (a int)", "CREATE TABLE", SQL_DIAG_CREATE_TABLE},
        {"create unique index on t (a)", "CREATE INDEX", SQL_DIAG_CREATE_INDEX},
        {"CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "CREATE VIEW", SQL_DIAG_CREATE_VIEW},
        {"/* a */ alter table t ADD b int", "ALTER TABLE", SQL_DIAG_ALTER_TABLE},
        {"INSERT INTO t VALUES (1)", "INSERT", SQL_DIAG_INSERT},
        {"UPDATE t SET a = 2", "UPDATE WHERE", SQL_DIAG_UPDATE_WHERE},
        {"WITH x AS (SELECT 2 AS a) DELETE FROM t USING x WHERE t.a = x.a", "DELETE WHERE",
         SQL_DIAG_DELETE_WHERE},
        {"SELECT 1", "SELECT CURSOR", SQL_DIAG_SELECT_CURSOR},
        {"VALUES (1)", "SELECT CURSOR", SQL_DIAG_SELECT_CURSOR},
        {"{call now()}", "CALL", SQL_DIAG_CALL},
        {"SET search_path TO DEFAULT", "", SQL_DIAG_UNKNOWN_STATEMENT},
        {"DROP VIEW v", "DROP VIEW", SQL_DIAG_DROP_VIEW},
        {"DROP TABLE t", "DROP TABLE", SQL_DIAG_DROP_TABLE},
    };
    for (const auto &f : functions) {
        ASSERT_TRUE(ok(stmt.exec(f.sql), stmt)) << f.sql;
        EXPECT_EQ(f.name, text(0, SQL_DIAG_DYNAMIC_FUNCTION)) << f.sql;
        EXPECT_EQ(f.code, header<SQLINTEGER>(SQL_DIAG_DYNAMIC_FUNCTION_CODE)) << f.sql;
        stmt.close();
    }
}

// "Sequence of Status Records": by rows; of one row errors before warnings.
TEST_P(Diagnostics, OrderOfRecords)
{
    char a[4][3];
    SQLSMALLINT b[4];
    SQLLEN ind[4];
    SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(4), 0);
    SQLBindCol(stmt, 1, SQL_C_CHAR, a, 3, ind);
    SQLBindCol(stmt, 2, SQL_C_SSHORT, b, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("VALUES ('abc', 1), ('abc', 99999), ('a', 1), ('abc', 99999)"), stmt));
    ASSERT_EQ(SQL_SUCCESS_WITH_INFO, stmt.fetch());
    const std::pair<const char *, SQLLEN> wanted[] = {
        {"01004", 1}, {"22003", 2}, {"01004", 2}, {"22003", 4}, {"01004", 4}};
    SQLSMALLINT n = 0;
    for (const auto &[state, row] : wanted) {
        n++;
        EXPECT_EQ(state, stmt.state(n)) << n;
        EXPECT_EQ(row, stmt.row_number(n)) << n;
    }
}

TEST_P(Diagnostics, Record)
{
    ASSERT_EQ(SQL_ERROR, stmt.exec("SELECT * FROM no_such_t\xc3\xa4"
                                   "ble"));
    EXPECT_EQ("42S02", text(1, SQL_DIAG_SQLSTATE));
    EXPECT_NE(std::string::npos, text(1, SQL_DIAG_MESSAGE_TEXT)
                                     .find("no_such_t\xc3\xa4"
                                           "ble"));
    EXPECT_EQ("ISO 9075", text(1, SQL_DIAG_CLASS_ORIGIN));
    EXPECT_EQ("ODBC 3.0", text(1, SQL_DIAG_SUBCLASS_ORIGIN));
    text(1, SQL_DIAG_CONNECTION_NAME);
    text(1, SQL_DIAG_SERVER_NAME);
    SQLINTEGER native = -99;
    EXPECT_EQ(SQL_SUCCESS, SQLGetDiagFieldW(SQL_HANDLE_STMT, stmt, 1, SQL_DIAG_NATIVE, &native,
                                            sizeof(native), nullptr));
    Diag d;
    calls.diag_rec(SQL_HANDLE_STMT, stmt, 1, &d);
    EXPECT_EQ(d.native, native);
    SQLLEN row = stmt.row_number(1);
    EXPECT_TRUE(row == SQL_NO_ROW_NUMBER || row == SQL_ROW_NUMBER_UNKNOWN) << row;
}

TEST_P(Diagnostics, ReadingDoesNotClear)
{
    ASSERT_EQ(SQL_ERROR, stmt.exec("SELECT 1/0"));
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(by("22012", "22003"), stmt.state());
        EXPECT_EQ("", stmt.state(2));
    }
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    EXPECT_EQ("", stmt.state());
}

TEST_P(Diagnostics, EachHandleHasItsOwn)
{
    Stmt other(dbc);
    ASSERT_EQ(SQL_ERROR, stmt.exec("SELECT 1/0"));
    ASSERT_EQ(SQL_ERROR, other.exec("SELECT * FROM nix"));
    EXPECT_EQ(by("22012", "22003"), stmt.state());
    EXPECT_EQ("42S02", other.state());
    EXPECT_EQ("", dbc.state());
}

TEST_P(Diagnostics, Returns)
{
    Diag d;
    EXPECT_EQ(SQL_NO_DATA, calls.diag_rec(SQL_HANDLE_STMT, stmt, 1, &d));
    EXPECT_EQ(SQL_ERROR, calls.diag_rec(SQL_HANDLE_STMT, stmt, 0, &d));
    EXPECT_EQ(SQL_ERROR, calls.diag_rec(SQL_HANDLE_STMT, stmt, -1, &d));
    EXPECT_EQ(SQL_INVALID_HANDLE, calls.diag_rec(SQL_HANDLE_STMT, nullptr, 1, &d));
    ASSERT_EQ(SQL_ERROR, stmt.exec("SELECT 1/0"));
    EXPECT_EQ(SQL_NO_DATA, calls.diag_rec(SQL_HANDLE_STMT, stmt, 2, &d));
    std::string s;
    EXPECT_EQ(SQL_NO_DATA, calls.diag_text(SQL_HANDLE_STMT, stmt, 5, SQL_DIAG_SQLSTATE, &s));
}

TEST_P(Diagnostics, Cut)
{
    if (GetParam() == Mode::AonW)
        return; // the driver manager's own doing
    ASSERT_EQ(SQL_ERROR, stmt.exec("SELECT * FROM no_such_table"));
    std::string whole = stmt.message();
    SQLSMALLINT n = 0;
    SQLINTEGER native;
    if (calls.wide) {
        SQLWCHAR w[12], state[6];
        w[11] = 0x5555;
        EXPECT_EQ(SQL_SUCCESS_WITH_INFO,
                  SQLGetDiagRecW(SQL_HANDLE_STMT, stmt, 1, state, &native, w, 11, &n));
        EXPECT_EQ(SQLSMALLINT(u16(whole).size()), n);
        EXPECT_EQ(whole.substr(0, 10), u8of(w, 10));
        EXPECT_EQ(0x5555, w[11]);
        EXPECT_EQ(SQL_ERROR, SQLGetDiagRecW(SQL_HANDLE_STMT, stmt, 1, state, &native, w, -1, &n));
    } else {
        char a[12];
        SQLCHAR state[6];
        a[11] = 0x55;
        EXPECT_EQ(SQL_SUCCESS_WITH_INFO, SQLGetDiagRec(SQL_HANDLE_STMT, stmt, 1, state, &native,
                                                       reinterpret_cast<SQLCHAR *>(a), 11, &n));
        EXPECT_EQ(SQLSMALLINT(whole.size()), n);
        EXPECT_EQ(whole.substr(0, 10), a);
        EXPECT_EQ(0x55, a[11]);
    }
    EXPECT_EQ(SQL_SUCCESS,
              SQLGetDiagRec(SQL_HANDLE_STMT, stmt, 1, nullptr, nullptr, nullptr, 0, nullptr));
}

TEST_P(Diagnostics, LongMessages)
{
    ASSERT_EQ(SQL_ERROR, stmt.exec("DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 100000); END $$"));
    EXPECT_GT(stmt.message().size(), 400U);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Diagnostics, ManyNotices)
{
    SQLRETURN rc =
        stmt.exec("DO $$ BEGIN FOR i IN 1..500 LOOP RAISE NOTICE 'n %', i; END LOOP; END $$");
    EXPECT_TRUE(ok(rc, stmt));
    size_t n = stmt.diags().size();
    EXPECT_GT(n, 0U);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// What a procedure reports is not cut: it goes on in the next records.
TEST_P(Diagnostics, LongNotices)
{
    SQLRETURN rc = stmt.exec("DO $$ BEGIN RAISE INFO '%', repeat('0123456789\u00e9', 700) "
                             "USING DETAIL = 'the detail', HINT = 'the hint'; RAISE INFO 'next'; END $$");
    ASSERT_TRUE(warns(rc, stmt, "01000"));
    std::string all, digits;
    size_t records = 0;
    for (const Diag &d : stmt.diags()) {
        EXPECT_EQ("01000", d.state);
        size_t text = d.message.rfind("] ");
        ASSERT_NE(std::string::npos, text) << d;
        all += d.message.substr(text + 2);
        records++;
    }
    for (int i = 0; i < 700; i++)
        digits += "0123456789\u00e9";
    EXPECT_EQ("INFO 00000: " + digits + "DETAIL: the detailHINT: the hintINFO 00000: next", all);
    EXPECT_LT(records, 16U);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Diagnostics, DetailAndHintAreSaid)
{
    ASSERT_EQ(SQL_ERROR, stmt.exec("DO $$ BEGIN RAISE EXCEPTION 'main text' USING DETAIL = 'the "
                                   "detail', HINT = 'the hint', ERRCODE = '23505'; END $$"));
    EXPECT_EQ("23000", stmt.state());
    for (const char *word : {"main text", "the detail", "the hint"})
        EXPECT_NE(std::string::npos, stmt.message().find(word)) << stmt.message();
}

} // namespace
