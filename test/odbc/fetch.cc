// SQLBindCol, SQLFetch, SQLFetchScroll, SQLExtendedFetch: rowsets.
#include "odbc_test.h"

#include <cstring>

namespace
{

class Fetch : public EveryMode
{
  protected:
    void set(SQLINTEGER attribute, const void *p)
    {
        ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, attribute, const_cast<void *>(p), 0), stmt));
    }
    void set(SQLINTEGER attribute, SQLULEN v)
    {
        set(attribute, reinterpret_cast<void *>(v)); // NOLINT
    }
};
ALL_MODES(Fetch);

TEST_P(Fetch, BoundColumns)
{
    SQLINTEGER a = 0;
    char b[16];
    SQLWCHAR w[16];
    SQLLEN ia = 0, ib = 0, iw = 0;
    ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, &ia), stmt));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, b, sizeof(b), &ib), stmt));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 3, SQL_C_WCHAR, w, sizeof(w), &iw), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT i, 't' || i, 'gr\xc3\xbcn' FROM generate_series(1, 3) i"
                             " UNION ALL SELECT NULL, NULL, NULL"),
                   stmt));
    for (int i = 1; i <= 3; i++) {
        ASSERT_TRUE(clean(stmt.fetch(), stmt));
        EXPECT_EQ(i, a);
        EXPECT_EQ(4, ia);
        EXPECT_EQ("t" + std::to_string(i), b);
        EXPECT_EQ(2, ib);
        EXPECT_EQ("gr\xc3\xbcn", u8of(w, 4));
        EXPECT_EQ(8, iw);
        EXPECT_EQ(0, w[4]);
    }
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(SQL_NULL_DATA, ia);
    EXPECT_EQ(SQL_NULL_DATA, ib);
    EXPECT_EQ(SQL_NULL_DATA, iw);
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
}

TEST_P(Fetch, ColumnWiseRowset)
{
    SQLINTEGER a[4];
    char b[4][8];
    SQLLEN ia[4], ib[4];
    SQLUSMALLINT status[4];
    SQLULEN fetched = 99;
    set(SQL_ATTR_ROW_ARRAY_SIZE, 4);
    set(SQL_ATTR_ROW_STATUS_PTR, status);
    set(SQL_ATTR_ROWS_FETCHED_PTR, &fetched);
    SQLBindCol(stmt, 1, SQL_C_SLONG, a, 0, ia);
    SQLBindCol(stmt, 2, SQL_C_CHAR, b, 8, ib);
    ASSERT_TRUE(ok(stmt.exec("SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE 'v' || i END"
                             " FROM generate_series(1, 10) i"),
                   stmt));
    int row = 0;
    for (SQLULEN want : {4, 4, 2}) {
        ASSERT_TRUE(clean(stmt.fetch(), stmt));
        ASSERT_EQ(want, fetched);
        for (SQLULEN i = 0; i < 4; i++) {
            if (i >= want) {
                EXPECT_EQ(SQL_ROW_NOROW, status[i]);
                continue;
            }
            row++;
            EXPECT_EQ(SQL_ROW_SUCCESS, status[i]);
            EXPECT_EQ(row, a[i]);
            if (row % 3)
                EXPECT_EQ("v" + std::to_string(row), b[i]);
            else
                EXPECT_EQ(SQL_NULL_DATA, ib[i]);
        }
    }
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
    EXPECT_EQ(0U, fetched);
    EXPECT_EQ(SQL_ROW_NOROW, status[0]);
}

TEST_P(Fetch, RowWiseRowset)
{
    struct R {
        SQLLEN ia;
        SQLINTEGER a;
        SQLWCHAR b[6];
        SQLLEN ib;
    } rows[3];
    memset(rows, 0x55, sizeof(rows));
    set(SQL_ATTR_ROW_ARRAY_SIZE, 3);
    set(SQL_ATTR_ROW_BIND_TYPE, sizeof(R));
    SQLBindCol(stmt, 1, SQL_C_SLONG, &rows[0].a, 0, &rows[0].ia);
    SQLBindCol(stmt, 2, SQL_C_WCHAR, rows[0].b, sizeof(rows[0].b), &rows[0].ib);
    ASSERT_TRUE(ok(stmt.exec("SELECT i, 'w' || i FROM generate_series(1, 5) i"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    for (int i = 0; i < 3; i++) {
        EXPECT_EQ(i + 1, rows[i].a);
        EXPECT_EQ(4, rows[i].ib);
        EXPECT_EQ("w" + std::to_string(i + 1), u8of(rows[i].b, 2));
    }
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(5, rows[1].a);
    EXPECT_EQ(3, rows[2].a); // untouched
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
}

TEST_P(Fetch, BindOffset)
{
    struct R {
        SQLINTEGER a;
        SQLLEN ia;
    } rows[6] = {};
    SQLULEN offset = 0;
    set(SQL_ATTR_ROW_BIND_OFFSET_PTR, &offset);
    SQLBindCol(stmt, 1, SQL_C_SLONG, &rows[0].a, 0, &rows[0].ia);
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 6)"), stmt));
    for (int i = 0; i < 6; i++) {
        offset = i * sizeof(R);
        ASSERT_TRUE(clean(stmt.fetch(), stmt));
    }
    for (int i = 0; i < 6; i++)
        EXPECT_EQ(i + 1, rows[i].a);
}

TEST_P(Fetch, BindingChangesBetweenFetches)
{
    SQLINTEGER a = 0;
    char b[8] = "";
    SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 5)"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(1, a);
    SQLBindCol(stmt, 1, SQL_C_CHAR, b, sizeof(b), nullptr);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_STREQ("2", b);
    EXPECT_EQ(1, a);
    SQLBindCol(stmt, 1, SQL_C_CHAR, nullptr, 0, nullptr); // unbound
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_STREQ("2", b);
    EXPECT_EQ("3", stmt.get(1));
    SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, nullptr);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(4, a);
    ASSERT_TRUE(clean(SQLFreeStmt(stmt, SQL_UNBIND), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(4, a);
}

TEST_P(Fetch, RowsetSizeChangesBetweenFetches)
{
    SQLINTEGER a[5] = {};
    SQLULEN fetched = 0;
    set(SQL_ATTR_ROWS_FETCHED_PTR, &fetched);
    SQLBindCol(stmt, 1, SQL_C_SLONG, a, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 9)"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(1, a[0]);
    set(SQL_ATTR_ROW_ARRAY_SIZE, 5);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(5U, fetched);
    EXPECT_EQ(2, a[0]);
    EXPECT_EQ(6, a[4]);
    set(SQL_ATTR_ROW_ARRAY_SIZE, 2);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(7, a[0]);
    EXPECT_EQ(8, a[1]);
}

// "01S01 Error in row"; a rowset with some bad rows is a success with info, the rows' status tells.
TEST_P(Fetch, ErrorInARow)
{
    SQLINTEGER a[4] = {};
    SQLLEN ind[4];
    SQLUSMALLINT status[4] = {};
    set(SQL_ATTR_ROW_ARRAY_SIZE, 4);
    set(SQL_ATTR_ROW_STATUS_PTR, status);
    SQLBindCol(stmt, 1, SQL_C_SLONG, a, 0, ind);
    ASSERT_TRUE(ok(stmt.exec("VALUES ('1'), ('x'), ('3'), ('99999999999')"), stmt));
    SQLRETURN rc = stmt.fetch();
    EXPECT_EQ(SQL_SUCCESS_WITH_INFO, rc) << ok(rc, stmt).message();
    EXPECT_EQ(SQL_ROW_SUCCESS, status[0]);
    EXPECT_EQ(SQL_ROW_ERROR, status[1]);
    EXPECT_EQ(SQL_ROW_SUCCESS, status[2]);
    EXPECT_EQ(SQL_ROW_ERROR, status[3]);
    EXPECT_EQ(1, a[0]);
    EXPECT_EQ(3, a[2]);
    EXPECT_TRUE(stmt.has_state("22018"));
    EXPECT_TRUE(stmt.has_state("22003"));
    std::vector<Diag> all = stmt.diags();
    for (SQLSMALLINT i = 1; i <= SQLSMALLINT(all.size()); i++) {
        if (all[i - 1].state == "22018") {
            EXPECT_EQ(2, stmt.row_number(i));
            EXPECT_EQ(1, stmt.column_number(i));
        }
        if (all[i - 1].state == "22003")
            EXPECT_EQ(4, stmt.row_number(i));
    }
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
}

TEST_P(Fetch, ErrorInASingleRow)
{
    SQLINTEGER a = 0;
    SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("VALUES ('1'), ('x'), ('3')"), stmt));
    EXPECT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(stmt.fetch(), stmt, "22018"));
    EXPECT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(3, a);
}

TEST_P(Fetch, TruncationInARowset)
{
    char b[3][4];
    SQLLEN ind[3];
    SQLUSMALLINT status[3];
    set(SQL_ATTR_ROW_ARRAY_SIZE, 3);
    set(SQL_ATTR_ROW_STATUS_PTR, status);
    SQLBindCol(stmt, 1, SQL_C_CHAR, b, 4, ind);
    ASSERT_TRUE(ok(stmt.exec("VALUES ('abc'), ('abcdef'), ('x')"), stmt));
    EXPECT_TRUE(warns(stmt.fetch(), stmt, "01004"));
    EXPECT_EQ(SQL_ROW_SUCCESS, status[0]);
    EXPECT_EQ(SQL_ROW_SUCCESS_WITH_INFO, status[1]);
    EXPECT_EQ(SQL_ROW_SUCCESS, status[2]);
    EXPECT_STREQ("abc", b[1]);
    EXPECT_EQ(6, ind[1]);
}

// "22002: NULL data was fetched into a column whose StrLen_or_IndPtr was a null pointer"
TEST_P(Fetch, NullWithoutIndicator)
{
    SQLINTEGER a = 0;
    SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("VALUES (NULL::int), (2)"), stmt));
    EXPECT_TRUE(fails(stmt.fetch(), stmt, "22002"));
    EXPECT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(2, a);
}

TEST_P(Fetch, SeparateIndicatorAndLength)
{
    SQLHDESC ard;
    ASSERT_TRUE(clean(SQLGetStmtAttr(stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, nullptr), stmt));
    char b[8];
    SQLLEN length = -5, indicator = -5;
    SQLBindCol(stmt, 1, SQL_C_CHAR, b, sizeof(b), &length);
    ASSERT_EQ(SQL_SUCCESS, SQLSetDescField(ard, 1, SQL_DESC_INDICATOR_PTR, &indicator, 0));
    SQLSetDescField(ard, 1, SQL_DESC_DATA_PTR, b, 0);
    ASSERT_TRUE(ok(stmt.exec("VALUES ('abc'), (NULL)"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(3, length);
    EXPECT_EQ(0, indicator);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(SQL_NULL_DATA, indicator);
}

TEST_P(Fetch, ScrollForwardOnly)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 3)"), stmt));
    EXPECT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_NEXT, 0), stmt));
    EXPECT_EQ("1", stmt.get(1));
    EXPECT_TRUE(fails(SQLFetchScroll(stmt, SQL_FETCH_PRIOR, 0), stmt, "HY106"));
    EXPECT_TRUE(fails(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt, "HY106"));
    EXPECT_TRUE(fails(SQLFetchScroll(stmt, SQL_FETCH_ABSOLUTE, 2), stmt, "HY106"));
    EXPECT_TRUE(fails(SQLFetchScroll(stmt, SQL_FETCH_BOOKMARK, 2), stmt, "HY106|HY111|HYC00"));
    EXPECT_TRUE(fails(SQLFetchScroll(stmt, 77, 0), stmt, "HY106"));
    EXPECT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_NEXT, 0), stmt));
    EXPECT_EQ("2", stmt.get(1));
    EXPECT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(nothing(SQLFetchScroll(stmt, SQL_FETCH_NEXT, 0), stmt));
}

// "SQL_ROW_ERROR ... posts SQLSTATE 01S01 (Error in row)"
TEST_P(Fetch, ExtendedFetchWithABadRow)
{
    SQLINTEGER v[3] = {};
    SQLUSMALLINT status[3] = {9, 9, 9};
    SQLULEN n = 0;
    ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, SQL_ROWSET_SIZE, SQLPOINTER(3), 0), stmt));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SLONG, v, 0, nullptr), stmt));
    ASSERT_TRUE(ok(stmt.exec("VALUES ('1'), ('x'), ('3')"), stmt));
    SQLRETURN rc = SQLExtendedFetch(stmt, SQL_FETCH_NEXT, 0, &n, status);
    EXPECT_TRUE(warns(rc, stmt, "01S01"));
    EXPECT_TRUE(stmt.has_state("22018"));
    EXPECT_EQ(SQL_ROW_SUCCESS, status[0]);
    EXPECT_EQ(SQL_ROW_ERROR, status[1]);
    EXPECT_EQ(3, v[2]);
}

TEST_P(Fetch, ExtendedFetch)
{
    SQLINTEGER a[4];
    SQLUSMALLINT status[4];
    SQLULEN n = 0;
    set(SQL_ROWSET_SIZE, 4);
    SQLBindCol(stmt, 1, SQL_C_SLONG, a, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 6)"), stmt));
    ASSERT_TRUE(clean(SQLExtendedFetch(stmt, SQL_FETCH_NEXT, 0, &n, status), stmt));
    EXPECT_EQ(4U, n);
    EXPECT_EQ(4, a[3]);
    ASSERT_TRUE(clean(SQLExtendedFetch(stmt, SQL_FETCH_NEXT, 0, &n, status), stmt));
    EXPECT_EQ(2U, n);
    EXPECT_EQ(SQL_ROW_NOROW, status[2]);
    EXPECT_TRUE(nothing(SQLExtendedFetch(stmt, SQL_FETCH_NEXT, 0, &n, status), stmt));
}

TEST_P(Fetch, BindErrors)
{
    SQLINTEGER a;
    EXPECT_TRUE(fails(SQLBindCol(stmt, 1, 12345, &a, 0, nullptr), stmt, "HY003"));
    EXPECT_TRUE(fails(SQLBindCol(stmt, 1, SQL_C_CHAR, &a, -1, nullptr), stmt, "HY090"));
    EXPECT_TRUE(fails(SQLBindCol(stmt, 0, SQL_C_SLONG, &a, 0, nullptr), stmt, "07009"));
    SQLBindCol(stmt, 5, SQL_C_SLONG, &a, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    // "07009: a column number greater than the number of columns in the result set"
    SQLRETURN rc = stmt.fetch();
    EXPECT_TRUE(rc == SQL_SUCCESS || stmt.state() == "07009") << ok(rc, stmt).message();
}

TEST_P(Fetch, NotConvertible)
{
    SQL_DATE_STRUCT d;
    SQLBindCol(stmt, 1, SQL_C_TYPE_DATE, &d, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT 1::int"), stmt));
    EXPECT_TRUE(fails(stmt.fetch(), stmt, "07006"));
}

TEST_P(Fetch, BindingsServeTheNextResult)
{
    char b[16];
    SQLLEN ind;
    SQLBindCol(stmt, 1, SQL_C_CHAR, b, sizeof(b), &ind);
    ASSERT_TRUE(ok(stmt.exec("SELECT 12; SELECT 'text'; SELECT DATE '2020-02-29'"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_STREQ("12", b);
    ASSERT_TRUE(ok(stmt.more(), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_STREQ("text", b);
    ASSERT_TRUE(ok(stmt.more(), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_STREQ("2020-02-29", b);
}

TEST_P(Fetch, BigRowset)
{
    constexpr size_t N = 10000;
    std::vector<SQLBIGINT> a(N);
    std::vector<SQLLEN> ind(N);
    SQLULEN fetched = 0;
    set(SQL_ATTR_ROW_ARRAY_SIZE, N);
    set(SQL_ATTR_ROWS_FETCHED_PTR, &fetched);
    SQLBindCol(stmt, 1, SQL_C_SBIGINT, a.data(), 0, ind.data());
    ASSERT_TRUE(ok(stmt.exec("SELECT generate_series(1, 25000)"), stmt));
    size_t rows = 0;
    SQLRETURN rc;
    while (SQL_SUCCEEDED(rc = stmt.fetch())) {
        for (SQLULEN i = 0; i < fetched; i++)
            ASSERT_EQ(SQLBIGINT(++rows), a[i]);
    }
    EXPECT_TRUE(nothing(rc, stmt));
    EXPECT_EQ(25000U, rows);
}

} // namespace
