// Data at execution: SQLParamData, SQLPutData.
#include "odbc_test.h"

#include <cstring>

namespace
{

class Dae : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (id int, a text, b bytea)"), stmt));
    }
    SQLRETURN bind(SQLUSMALLINT n, SQLSMALLINT ctype, SQLSMALLINT type, SQLLEN *ind)
    {
        return SQLBindParameter(stmt, n, SQL_PARAM_INPUT, ctype, type, 0, 0,
                                reinterpret_cast<SQLPOINTER>(SQLULEN(n)), 0, ind);
    }
    // The next parameter asked for, 0 when it is over (then *rc is the statement's).
    SQLULEN next(SQLRETURN *rc)
    {
        SQLPOINTER token = nullptr;
        *rc = SQLParamData(stmt, &token);
        return *rc == SQL_NEED_DATA ? reinterpret_cast<SQLULEN>(token) : 0;
    }
    SQLRETURN put(const void *data, SQLLEN n)
    {
        return SQLPutData(stmt, const_cast<void *>(data), n); // NOLINT
    }
    SQLLEN at_exec = SQL_DATA_AT_EXEC;
    SQLRETURN rc = SQL_SUCCESS;
};
ALL_MODES(Dae);

TEST_P(Dae, TextInPieces)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put("Gr\xc3", 3), stmt)); // in the middle of a character
    EXPECT_TRUE(clean(put("\xbc\xc3\x9f", SQL_NTS), stmt));
    EXPECT_TRUE(clean(put("", 0), stmt));
    EXPECT_TRUE(clean(put(" dich", SQL_NTS), stmt));
    EXPECT_EQ(0U, next(&rc));
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ(1, stmt.row_count());
    EXPECT_EQ("Gr\xc3\xbc\xc3\x9f dich", stmt.value("SELECT a FROM t"));
}

TEST_P(Dae, LenDataAtExec)
{
    SQLLEN ind = SQL_LEN_DATA_AT_EXEC(5);
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &ind), stmt));
    ASSERT_TRUE(clean(stmt.prepare("INSERT INTO t (a) VALUES (?)"), stmt));
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(SQL_NEED_DATA, stmt.execute());
        ASSERT_EQ(1U, next(&rc));
        EXPECT_TRUE(clean(put("hello", 5), stmt));
        EXPECT_EQ(0U, next(&rc));
        ASSERT_TRUE(clean(rc, stmt));
    }
    EXPECT_EQ("3", stmt.value("SELECT count(*) FROM t WHERE a = 'hello'"));
}

TEST_P(Dae, BinaryInPieces)
{
    std::string all;
    for (int i = 0; i < 70000; i++)
        all += static_cast<char>(i * 7);
    ASSERT_TRUE(clean(bind(1, SQL_C_BINARY, SQL_LONGVARBINARY, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (b) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    for (size_t at = 0; at < all.size(); at += 9999)
        ASSERT_TRUE(
            clean(put(all.data() + at, SQLLEN(std::min<size_t>(9999, all.size() - at))), stmt));
    EXPECT_EQ(0U, next(&rc));
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ(std::to_string(all.size()), stmt.value("SELECT length(b) FROM t"));
    EXPECT_EQ(hex(all.data() + 65000, 100),
              stmt.value("SELECT encode(substr(b, 65001, 100), 'hex') FROM t"));
}

TEST_P(Dae, WideInPiecesWithASplitSurrogatePair)
{
    std::u16string text = u16("a\xf0\x9f\x90\x98z\xe2\x82\xac");
    for (size_t piece = 1; piece <= text.size(); piece++) {
        stmt.exec("DELETE FROM t");
        ASSERT_TRUE(clean(bind(1, SQL_C_WCHAR, SQL_WLONGVARCHAR, &at_exec), stmt));
        ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
        ASSERT_EQ(1U, next(&rc));
        for (size_t at = 0; at < text.size(); at += piece)
            ASSERT_TRUE(
                clean(put(text.data() + at, SQLLEN(std::min(piece, text.size() - at) * 2)), stmt));
        EXPECT_EQ(0U, next(&rc));
        ASSERT_TRUE(clean(rc, stmt)) << piece;
        SQLFreeStmt(stmt, SQL_RESET_PARAMS);
        EXPECT_EQ("61f09f90987ae282ac",
                  stmt.value("SELECT encode(convert_to(a, 'UTF8'), 'hex') FROM t"))
            << piece;
    }
}

TEST_P(Dae, BytesToTheNul)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_BINARY, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put("abc", SQL_NTS), stmt));
    EXPECT_TRUE(clean(put("de", SQL_NTS), stmt));
    EXPECT_EQ(0U, next(&rc));
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ("abcde", stmt.value("SELECT a FROM t"));
}

TEST_P(Dae, WideToTheNul)
{
    std::u16string text = u16("gr\xc3\xbcn");
    ASSERT_TRUE(clean(bind(1, SQL_C_WCHAR, SQL_WLONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put(text.data(), SQL_NTS), stmt));
    EXPECT_TRUE(clean(put(text.data(), SQL_NTS), stmt));
    EXPECT_EQ(0U, next(&rc));
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ("gr\xc3\xbcngr\xc3\xbcn", stmt.value("SELECT a FROM t"));
}

TEST_P(Dae, Null)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put(nullptr, SQL_NULL_DATA), stmt));
    EXPECT_EQ(0U, next(&rc));
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ("NULL", stmt.value("SELECT a FROM t"));
}

TEST_P(Dae, EmptyText)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put("", 0), stmt));
    EXPECT_EQ(0U, next(&rc));
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ("", stmt.value("SELECT a FROM t"));
}

// "HY020: SQLPutData was called more than once since the call that returned SQL_NEED_DATA, and in
// one of those calls, StrLen_or_Ind was SQL_NULL_DATA"
TEST_P(Dae, NullAmongPieces)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put("x", 1), stmt));
    // unixODBC's driver manager catches it, and calls it HY011.
    EXPECT_TRUE(fails(put(nullptr, SQL_NULL_DATA), stmt, "HY020|HY011"));
    SQLCancel(stmt);
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
}

// Appendix B: an error of SQLPutData ends the state of needing data.
TEST_P(Dae, PutFails)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put(nullptr, SQL_NULL_DATA), stmt));
    EXPECT_TRUE(fails(put("x", 1), stmt, "HY020"));
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
}

// "HY019: Non-character and non-binary data sent in pieces"
TEST_P(Dae, NumberInPieces)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_SLONG, SQL_INTEGER, &at_exec), stmt));
    SQLINTEGER v = 77;
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (id) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put(&v, 0), stmt)); // the length of a fixed type is not read
    EXPECT_TRUE(fails(put(&v, 0), stmt, "HY019"));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (id) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(clean(put(&v, sizeof(v)), stmt));
    EXPECT_EQ(0U, next(&rc));
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ("77", stmt.value("SELECT id FROM t"));
}

TEST_P(Dae, SeveralBesidesOrdinaryOnes)
{
    SQLINTEGER id = 5;
    SQLLEN ind = 0;
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0, &ind);
    ASSERT_TRUE(clean(bind(2, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_TRUE(clean(bind(3, SQL_C_BINARY, SQL_LONGVARBINARY, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t VALUES (?, ?, ?)"));
    SQLULEN n;
    int asked = 0;
    while ((n = next(&rc)) != 0) {
        asked++;
        ASSERT_TRUE(clean(put(n == 2 ? "text" : "\1\2", n == 2 ? 4 : 2), stmt));
    }
    ASSERT_TRUE(clean(rc, stmt));
    EXPECT_EQ(2, asked);
    EXPECT_EQ("5|text|0102\n", shown(stmt.rows("SELECT id, a, encode(b, 'hex') FROM t")));
}

TEST_P(Dae, SequenceErrors)
{
    SQLPOINTER token;
    EXPECT_TRUE(fails(SQLParamData(stmt, &token), stmt, "HY010"));
    EXPECT_TRUE(fails(put("x", 1), stmt, "HY010"));
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    EXPECT_TRUE(fails(put("x", 1), stmt, "HY010")); // SQLParamData first
    EXPECT_TRUE(fails(stmt.exec("SELECT 1"), stmt, "HY010"));
    EXPECT_TRUE(fails(SQLFreeStmt(stmt, SQL_CLOSE), stmt, "HY010"));
    ASSERT_EQ(1U, next(&rc));
    EXPECT_TRUE(fails(stmt.exec("SELECT 1"), stmt, "HY010"));
    EXPECT_TRUE(fails(dbc.commit(), dbc, "HY010"));
    EXPECT_TRUE(clean(SQLCancel(stmt), stmt));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
}

TEST_P(Dae, NeverPut)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
    ASSERT_EQ(1U, next(&rc));
    // The driver manager (or the driver) wants a SQLPutData in between.
    SQLPOINTER token;
    rc = SQLParamData(stmt, &token);
    EXPECT_EQ(SQL_ERROR, rc);
    SQLCancel(stmt);
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Dae, BadLength)
{
    ASSERT_TRUE(clean(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, &at_exec), stmt));
    for (SQLLEN length : {-77, 5}) {
        ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t (a) VALUES (?)"));
        ASSERT_EQ(1U, next(&rc));
        EXPECT_TRUE(
            fails(put(length < 0 ? "x" : nullptr, length), stmt, length < 0 ? "HY090" : "HY009"));
        // The first ends the execution; the second comes from the driver manager and does not.
    }
    SQLCancel(stmt);
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM t"));
}

// A megabyte a call: the array of a set, in each row's order.
TEST_P(Dae, ArrayOfSets)
{
    SQLLEN ind[3] = {SQL_DATA_AT_EXEC, SQL_DATA_AT_EXEC, SQL_DATA_AT_EXEC};
    SQLINTEGER ids[3] = {1, 2, 3};
    SQLUSMALLINT status[3] = {9, 9, 9};
    SQLULEN processed = 0;
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed, 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(3), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0);
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, ids, 0, nullptr);
    char base[3 * 8] = {};
    SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, 0, 0, base, 8, ind);
    rc = stmt.exec("INSERT INTO t (id, a) VALUES (?, ?)");
    if (rc == SQL_ERROR) { // may be refused, clearly
        EXPECT_TRUE(fails(rc, stmt, "HYC00"));
        return;
    }
    ASSERT_EQ(SQL_NEED_DATA, rc);
    SQLPOINTER token;
    int i = 0;
    while ((rc = SQLParamData(stmt, &token)) == SQL_NEED_DATA) {
        EXPECT_EQ(base + i * 8, token);
        EXPECT_EQ(SQLULEN(i + 1), processed);
        std::string s = "row" + std::to_string(++i);
        ASSERT_TRUE(clean(put(s.data(), SQLLEN(s.size())), stmt));
    }
    ASSERT_TRUE(ok(rc, stmt));
    EXPECT_EQ(3U, processed);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(1), 0);
    EXPECT_EQ("1|row1\n2|row2\n3|row3\n", shown(stmt.rows("SELECT id, a FROM t ORDER BY id")));
}

} // namespace
