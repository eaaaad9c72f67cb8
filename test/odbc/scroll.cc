// Static cursors: SQLFetchScroll and SQLExtendedFetch in all directions, SQLSetPos.
#include "odbc_test.h"

#include <cstring>
#include <random>
#include <thread>

namespace
{

class Scroll : public EveryMode
{
  protected:
    SQLINTEGER v[16] = {};
    SQLLEN ind[16] = {};
    SQLUSMALLINT status[16] = {};
    SQLULEN fetched = 0;

    void SetUp() override
    {
        EveryMode::SetUp();
        set(SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC);
        set(SQL_ATTR_ROW_STATUS_PTR, status);
        set(SQL_ATTR_ROWS_FETCHED_PTR, &fetched);
        ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SLONG, v, 0, ind), stmt));
    }
    void set(SQLINTEGER attribute, const void *p)
    {
        ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, attribute, const_cast<void *>(p), 0), stmt));
    }
    void set(SQLINTEGER attribute, SQLULEN value)
    {
        set(attribute, reinterpret_cast<void *>(value)); // NOLINT
    }
    SQLULEN number(SQLINTEGER attribute)
    {
        SQLULEN n = 0;
        EXPECT_TRUE(clean(SQLGetStmtAttr(stmt, attribute, &n, 0, nullptr), stmt));
        return n;
    }
    void open(int rows)
    {
        ASSERT_TRUE(clean(stmt.exec("SELECT i FROM generate_series(1, " + std::to_string(rows) + ") i"), stmt));
    }
    // The rowset's numbers; "none" at SQL_NO_DATA; an early one begins with "01S06 ".
    std::string fetch(SQLSMALLINT orientation, SQLLEN offset = 0)
    {
        memset(v, 0xff, sizeof(v));
        SQLRETURN rc = SQLFetchScroll(stmt, orientation, offset);
        if (rc == SQL_NO_DATA)
            return fetched == 0 ? "none" : "none, but some fetched";
        if (!SQL_SUCCEEDED(rc))
            return stmt.state();
        std::string all = rc == SQL_SUCCESS ? "" : stmt.state() + " ";
        SQLULEN size = number(SQL_ATTR_ROW_ARRAY_SIZE);
        for (SQLULEN i = 0; i < fetched && i < 16; i++)
            all += (i ? " " : "") + std::to_string(v[i]);
        for (SQLULEN i = 0; i < size && i < 16; i++)
            EXPECT_EQ(i < fetched ? SQL_ROW_SUCCESS : SQL_ROW_NOROW, status[i]) << i;
        EXPECT_EQ(SQLULEN(v[0]), number(SQL_ATTR_ROW_NUMBER));
        return all;
    }
};
ALL_MODES(Scroll);

// ODBC reference, SQLFetchScroll, "Cursor positioning rules": ten rows, rowsets of four. `before` is
// where the cursor is brought first: 0 before the first row, 11 after the last.
TEST_P(Scroll, PositioningRules)
{
    const struct {
        int before;
        SQLSMALLINT orientation;
        SQLLEN offset;
        const char *expected;
    } rules[] = {
        {0, SQL_FETCH_NEXT, 0, "1 2 3 4"},
        {1, SQL_FETCH_NEXT, 0, "5 6 7 8"},
        {5, SQL_FETCH_NEXT, 0, "9 10"},
        {7, SQL_FETCH_NEXT, 0, "none"},
        {11, SQL_FETCH_NEXT, 0, "none"},
        {0, SQL_FETCH_PRIOR, 0, "none"},
        {1, SQL_FETCH_PRIOR, 0, "none"},
        {2, SQL_FETCH_PRIOR, 0, "01S06 1 2 3 4"},
        {4, SQL_FETCH_PRIOR, 0, "01S06 1 2 3 4"},
        {5, SQL_FETCH_PRIOR, 0, "1 2 3 4"},
        {9, SQL_FETCH_PRIOR, 0, "5 6 7 8"},
        {11, SQL_FETCH_PRIOR, 0, "7 8 9 10"},
        {0, SQL_FETCH_RELATIVE, 2, "2 3 4 5"},
        {0, SQL_FETCH_RELATIVE, 0, "none"},
        {0, SQL_FETCH_RELATIVE, -1, "none"},
        {1, SQL_FETCH_RELATIVE, -1, "none"},
        {3, SQL_FETCH_RELATIVE, -5, "none"},
        {3, SQL_FETCH_RELATIVE, -4, "01S06 1 2 3 4"},
        {3, SQL_FETCH_RELATIVE, -2, "1 2 3 4"},
        {3, SQL_FETCH_RELATIVE, 0, "3 4 5 6"},
        {3, SQL_FETCH_RELATIVE, 7, "10"},
        {3, SQL_FETCH_RELATIVE, 8, "none"},
        {11, SQL_FETCH_RELATIVE, 0, "none"},
        {11, SQL_FETCH_RELATIVE, 3, "none"},
        {11, SQL_FETCH_RELATIVE, -3, "8 9 10"},
        {11, SQL_FETCH_RELATIVE, -12, "none"},
        {5, SQL_FETCH_ABSOLUTE, -1, "10"},
        {5, SQL_FETCH_ABSOLUTE, -10, "1 2 3 4"},
        {5, SQL_FETCH_ABSOLUTE, -11, "none"},
        {5, SQL_FETCH_ABSOLUTE, 0, "none"},
        {5, SQL_FETCH_ABSOLUTE, 1, "1 2 3 4"},
        {5, SQL_FETCH_ABSOLUTE, 10, "10"},
        {5, SQL_FETCH_ABSOLUTE, 11, "none"},
        {5, SQL_FETCH_ABSOLUTE, INTPTR_MAX, "none"},
        {5, SQL_FETCH_ABSOLUTE, INTPTR_MIN, "none"},
        {5, SQL_FETCH_RELATIVE, INTPTR_MAX, "none"},
        {5, SQL_FETCH_RELATIVE, INTPTR_MIN, "none"},
        {5, SQL_FETCH_FIRST, 0, "1 2 3 4"},
        {0, SQL_FETCH_FIRST, 0, "1 2 3 4"},
        {11, SQL_FETCH_FIRST, 0, "1 2 3 4"},
        {0, SQL_FETCH_LAST, 0, "7 8 9 10"},
        {11, SQL_FETCH_LAST, 0, "7 8 9 10"},
    };
    set(SQL_ATTR_ROW_ARRAY_SIZE, 4);
    open(10);
    for (const auto &r : rules) {
        fetch(SQL_FETCH_ABSOLUTE, r.before);
        EXPECT_EQ(r.expected, fetch(r.orientation, r.offset))
            << "from " << r.before << " by " << r.orientation << " " << r.offset;
    }
}

// Of the rules those that speak of a result smaller than the rowset.
TEST_P(Scroll, SmallerThanTheRowset)
{
    set(SQL_ATTR_ROW_ARRAY_SIZE, 8);
    open(3);
    EXPECT_EQ("1 2 3", fetch(SQL_FETCH_LAST));
    EXPECT_EQ("none", fetch(SQL_FETCH_NEXT));
    EXPECT_EQ("01S06 1 2 3", fetch(SQL_FETCH_PRIOR));
    EXPECT_EQ("01S06 1 2 3", fetch(SQL_FETCH_ABSOLUTE, -8));
    EXPECT_EQ("none", fetch(SQL_FETCH_ABSOLUTE, -9));
    EXPECT_EQ("1 2 3", fetch(SQL_FETCH_NEXT));
}

// The first rowset in place of the one asked for is told beside what its rows have to tell.
TEST_P(Scroll, EarlyAndTruncated)
{
    char text[4][3];
    set(SQL_ATTR_ROW_ARRAY_SIZE, 4);
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, text, sizeof(text[0]), nullptr), stmt));
    ASSERT_TRUE(clean(stmt.exec("SELECT i, repeat('x', i) FROM generate_series(1, 10) i"), stmt));
    EXPECT_TRUE(warns(SQLFetchScroll(stmt, SQL_FETCH_ABSOLUTE, 2), stmt, "01004"));
    EXPECT_EQ(2, v[0]);
    EXPECT_EQ(SQL_SUCCESS_WITH_INFO, SQLFetchScroll(stmt, SQL_FETCH_PRIOR, 0));
    EXPECT_EQ(1, v[0]);
    std::string all;
    for (SQLSMALLINT i = 1; !stmt.state(i).empty(); i++)
        all += stmt.state(i) + " ";
    EXPECT_EQ("01004 01004 01S06 ", all);
}

TEST_P(Scroll, EmptyResult)
{
    ASSERT_TRUE(clean(stmt.exec("SELECT 1 WHERE 1 = 0"), stmt));
    for (SQLSMALLINT o : {SQL_FETCH_NEXT, SQL_FETCH_FIRST, SQL_FETCH_LAST, SQL_FETCH_PRIOR})
        EXPECT_EQ("none", fetch(o));
    EXPECT_EQ("none", fetch(SQL_FETCH_ABSOLUTE, 1));
    EXPECT_EQ("none", fetch(SQL_FETCH_RELATIVE, -1));
    SQLLEN n = -1;
    EXPECT_TRUE(clean(SQLRowCount(stmt, &n), stmt));
    EXPECT_EQ(0, n);
}

// "CurrRowsetStart + CurrRowsetSize": the size of the rowset before counts.
TEST_P(Scroll, RowsetOfAnotherSize)
{
    set(SQL_ATTR_ROW_ARRAY_SIZE, 4);
    open(10);
    EXPECT_EQ("1 2 3 4", fetch(SQL_FETCH_NEXT));
    set(SQL_ATTR_ROW_ARRAY_SIZE, 2);
    EXPECT_EQ("5 6", fetch(SQL_FETCH_NEXT));
    set(SQL_ATTR_ROW_ARRAY_SIZE, 3);
    EXPECT_EQ("2 3 4", fetch(SQL_FETCH_PRIOR));
}

// Rows beyond what is kept in memory lie in a file; none of them is lost or mistaken.
TEST_P(Scroll, AnyRowOfALargeResult)
{
    const int rows = 60000;
    ASSERT_TRUE(clean(stmt.exec("SELECT i, repeat('x', i % 200) FROM generate_series(1, " +
                                std::to_string(rows) + ") i ORDER BY i"),
                      stmt));
    SQLLEN n = -1;
    EXPECT_TRUE(clean(SQLRowCount(stmt, &n), stmt));
    EXPECT_EQ(rows, n);
    std::mt19937 random(7);
    for (int i = 0; i < 3000; i++) {
        int row = static_cast<int>(random() % rows) + 1;
        ASSERT_EQ(std::to_string(row), fetch(SQL_FETCH_ABSOLUTE, row));
        ASSERT_EQ(std::string(static_cast<size_t>(row % 200), 'x'), stmt.get(2));
    }
    EXPECT_EQ(std::to_string(rows), fetch(SQL_FETCH_LAST));
    for (int row = rows - 1; row > rows - 500; row--)
        ASSERT_EQ(std::to_string(row), fetch(SQL_FETCH_PRIOR));
    EXPECT_EQ("1", fetch(SQL_FETCH_FIRST));
    for (int row = 2; row < 500; row++)
        ASSERT_EQ(std::to_string(row), fetch(SQL_FETCH_NEXT));
}

// "static": what others, or the same connection, do later is not seen.
TEST_P(Scroll, SeesNoLaterChange)
{
    Stmt other(dbc);
    ASSERT_TRUE(ok(other.exec("CREATE TEMPORARY TABLE scrolled(k int)"), other));
    ASSERT_TRUE(ok(other.exec("INSERT INTO scrolled VALUES (1), (2), (3)"), other));
    ASSERT_TRUE(clean(stmt.exec("SELECT k FROM scrolled ORDER BY k"), stmt));
    EXPECT_EQ("1", fetch(SQL_FETCH_NEXT));
    ASSERT_TRUE(ok(other.exec("DELETE FROM scrolled"), other));
    EXPECT_EQ("3", fetch(SQL_FETCH_LAST));
    EXPECT_EQ("2", fetch(SQL_FETCH_PRIOR));
    EXPECT_EQ("1", fetch(SQL_FETCH_FIRST));
}

TEST_P(Scroll, MaxRows)
{
    set(SQL_ATTR_MAX_ROWS, 5);
    open(10);
    SQLLEN n = -1;
    EXPECT_TRUE(clean(SQLRowCount(stmt, &n), stmt));
    EXPECT_EQ(5, n);
    EXPECT_EQ("5", fetch(SQL_FETCH_LAST));
    EXPECT_EQ("none", fetch(SQL_FETCH_NEXT));
    EXPECT_EQ("none", fetch(SQL_FETCH_ABSOLUTE, 6));
    EXPECT_EQ("5", fetch(SQL_FETCH_ABSOLUTE, -1));
    EXPECT_EQ("none", fetch(SQL_FETCH_NEXT));
    set(SQL_ATTR_MAX_ROWS, SQLULEN(0)); // of the next execution
    EXPECT_EQ("none", fetch(SQL_FETCH_NEXT));
    EXPECT_EQ("5", fetch(SQL_FETCH_LAST));
    stmt.close();
    open(10);
    EXPECT_EQ("10", fetch(SQL_FETCH_LAST));
}

TEST_P(Scroll, SetPosAndGetData)
{
    set(SQL_ATTR_ROW_ARRAY_SIZE, 4);
    open(10);
    EXPECT_TRUE(fails(SQLSetPos(stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt, "24000"));
    EXPECT_EQ("3 4 5 6", fetch(SQL_FETCH_ABSOLUTE, 3));
    EXPECT_EQ("3", stmt.get(1)); // the first row of the rowset is the current one
    for (int row : {4, 1, 3}) {
        ASSERT_TRUE(clean(SQLSetPos(stmt, static_cast<SQLSETPOSIROW>(row), SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt));
        EXPECT_EQ(std::to_string(row + 2), stmt.get(1));
        EXPECT_EQ(SQLULEN(row + 2), number(SQL_ATTR_ROW_NUMBER));
    }
    EXPECT_TRUE(fails(SQLSetPos(stmt, 5, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt, "HY107"));
    EXPECT_TRUE(fails(SQLSetPos(stmt, 0, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt, "HY109"));
    EXPECT_TRUE(fails(SQLSetPos(stmt, 1, SQL_POSITION, SQL_LOCK_EXCLUSIVE), stmt, "HYC00"));
    EXPECT_EQ("7 8 9 10", fetch(SQL_FETCH_NEXT));
    EXPECT_EQ("3 4 5 6", fetch(SQL_FETCH_PRIOR));
    EXPECT_EQ("none", fetch(SQL_FETCH_ABSOLUTE, 11));
    EXPECT_TRUE(fails(SQLSetPos(stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt, "24000"));
}

// Pieces of a long value begin anew when the cursor comes back to its row.
TEST_P(Scroll, PiecesBeginAnew)
{
    ASSERT_TRUE(clean(stmt.exec("SELECT i, repeat('0123456789', 10) FROM generate_series(1, 3) i"), stmt));
    char piece[11];
    SQLLEN n = 0;
    for (SQLSMALLINT way : {SQL_FETCH_NEXT, SQL_FETCH_LAST, SQL_FETCH_FIRST}) {
        ASSERT_NE("none", fetch(way));
        ASSERT_TRUE(warns(SQLGetData(stmt, 2, SQL_C_CHAR, piece, sizeof(piece), &n), stmt, "01004"));
        EXPECT_STREQ("0123456789", piece);
        EXPECT_EQ(100, n);
        ASSERT_TRUE(warns(SQLGetData(stmt, 2, SQL_C_CHAR, piece, 6, &n), stmt, "01004"));
        EXPECT_EQ(90, n);
    }
}

// ODBC reference, "Bookmarks": column 0, bound or by SQLGetData, leads back to its row.
TEST_P(Scroll, Bookmarks)
{
    SQLUINTEGER mark[4];
    SQLLEN length[4];
    set(SQL_ATTR_USE_BOOKMARKS, SQLULEN(SQL_UB_VARIABLE));
    set(SQL_ATTR_ROW_ARRAY_SIZE, 4);
    ASSERT_TRUE(clean(SQLBindCol(stmt, 0, SQL_C_VARBOOKMARK, mark, sizeof(mark[0]), length), stmt));
    open(100);
    EXPECT_EQ("41 42 43 44", fetch(SQL_FETCH_ABSOLUTE, 41));
    SQLUINTEGER kept = mark[2];
    EXPECT_EQ(4, length[2]);
    set(SQL_ATTR_FETCH_BOOKMARK_PTR, &kept);
    EXPECT_EQ("1 2 3 4", fetch(SQL_FETCH_FIRST));
    EXPECT_EQ("43 44 45 46", fetch(SQL_FETCH_BOOKMARK, 0));
    EXPECT_EQ("53 54 55 56", fetch(SQL_FETCH_BOOKMARK, 10));
    EXPECT_EQ("33 34 35 36", fetch(SQL_FETCH_BOOKMARK, -10));
    EXPECT_EQ("none", fetch(SQL_FETCH_BOOKMARK, -43));
    EXPECT_EQ("none", fetch(SQL_FETCH_BOOKMARK, 58));
    EXPECT_EQ("100", fetch(SQL_FETCH_BOOKMARK, 57));
    EXPECT_EQ("7 8 9 10", fetch(SQL_FETCH_ABSOLUTE, 7));
    for (int row : {3, 1}) {
        char one[100];
        SQLLEN n = 0;
        ASSERT_TRUE(clean(SQLSetPos(stmt, static_cast<SQLSETPOSIROW>(row), SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt));
        ASSERT_TRUE(clean(SQLGetData(stmt, 0, SQL_C_VARBOOKMARK, one, sizeof(one), &n), stmt));
        memcpy(&kept, one, sizeof(kept));
        EXPECT_EQ(4, n);
        EXPECT_EQ(std::to_string(row + 6), fetch(SQL_FETCH_BOOKMARK, 0).substr(0, 1));
        EXPECT_EQ("7 8 9 10", fetch(SQL_FETCH_ABSOLUTE, 7));
    }
    kept = 0;
    EXPECT_EQ("HY111", fetch(SQL_FETCH_BOOKMARK, 1));
    kept = 101;
    EXPECT_EQ("HY111", fetch(SQL_FETCH_BOOKMARK, -1));
    EXPECT_TRUE(fails(SQLBindCol(stmt, 0, SQL_C_CHAR, mark, sizeof(mark), length), stmt, "07006"));
    stmt.close();
    set(SQL_ATTR_USE_BOOKMARKS, SQLULEN(SQL_UB_OFF));
    open(3);
    EXPECT_EQ("1 2 3", fetch(SQL_FETCH_NEXT)); // column 0 is bound still, and left alone
    EXPECT_TRUE(fails(SQLGetData(stmt, 0, SQL_C_VARBOOKMARK, mark, sizeof(mark), length), stmt, "07009"));
}

// Bad luck and bad will: lengths that are none, no bookmark, positions that are nowhere.
TEST_P(Scroll, BadInput)
{
    SQLHDESC ard = nullptr;
    SQLUINTEGER mark[4];
    SQLLEN length[4];
    set(SQL_ATTR_USE_BOOKMARKS, SQLULEN(SQL_UB_VARIABLE));
    set(SQL_ATTR_ROW_ARRAY_SIZE, 4);
    ASSERT_TRUE(clean(SQLBindCol(stmt, 0, SQL_C_VARBOOKMARK, mark, sizeof(mark[0]), length), stmt));
    EXPECT_TRUE(fails(SQLBindCol(stmt, 0, SQL_C_VARBOOKMARK, mark, -1, length), stmt, "HY090"));
    SQLGetStmtAttr(stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, nullptr);
    SQLSetDescField(ard, 0, SQL_DESC_OCTET_LENGTH, reinterpret_cast<SQLPOINTER>(-5), 0); // NOLINT
    SQLSetDescField(ard, 0, SQL_DESC_DATA_PTR, mark, 0);
    open(10);
    SQLRETURN rc = SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0);
    EXPECT_TRUE(rc == SQL_SUCCESS || stmt.state() == "HY090") << rc << stmt.state();
    ASSERT_TRUE(clean(SQLBindCol(stmt, 0, SQL_C_VARBOOKMARK, nullptr, 0, nullptr), stmt));
    set(SQL_ATTR_FETCH_BOOKMARK_PTR, static_cast<void *>(nullptr));
    EXPECT_EQ("HY111", fetch(SQL_FETCH_BOOKMARK, 0));
    EXPECT_EQ("1 2 3 4", fetch(SQL_FETCH_FIRST));
    EXPECT_TRUE(fails(SQLSetPos(stmt, static_cast<SQLSETPOSIROW>(-1), SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt, "HY107"));
    EXPECT_NE(SQL_SUCCESS, SQLSetPos(stmt, 1, 77, SQL_LOCK_NO_CHANGE));
    EXPECT_NE(SQL_SUCCESS, SQLSetPos(stmt, 1, SQL_POSITION, 77));
    EXPECT_EQ("5 6 7 8", fetch(SQL_FETCH_NEXT));
}

// The whole read ends with the query's time, and the connection goes on.
TEST_P(Scroll, TimeoutOfTheWholeRead)
{
    set(SQL_ATTR_QUERY_TIMEOUT, SQLULEN(1));
    EXPECT_TRUE(fails(stmt.exec(by("SELECT i, pg_sleep(0.01) FROM generate_series(1, 3000) i",
                                   "SELECT i, SLEEP(0.01) FROM generate_series(1, 3000) i")),
                      stmt, "HYT00"));
    set(SQL_ATTR_QUERY_TIMEOUT, SQLULEN(0));
    open(3);
    EXPECT_EQ("3", fetch(SQL_FETCH_LAST));
}

TEST_P(Scroll, CancelOfTheWholeRead)
{
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        EXPECT_EQ(SQL_SUCCESS, SQLCancel(stmt));
    });
    EXPECT_TRUE(fails(stmt.exec(by("SELECT i, pg_sleep(0.01) FROM generate_series(1, 3000) i",
                                   "SELECT i, SLEEP(0.01) FROM generate_series(1, 3000) i")),
                      stmt, "HY008"));
    canceller.join();
    open(3);
    EXPECT_EQ("3", fetch(SQL_FETCH_LAST));
}

// Two threads scroll in two results of one connection: each finds its own rows.
TEST_P(Scroll, TwoThreads)
{
    Stmt other(dbc);
    SQLSetStmtAttr(other, SQL_ATTR_CURSOR_TYPE, reinterpret_cast<SQLPOINTER>(SQL_CURSOR_STATIC), 0); // NOLINT
    ASSERT_TRUE(clean(other.exec("SELECT i FROM generate_series(1, 1000) i"), other));
    open(1000);
    std::thread second([&] {
        SQLINTEGER one = 0;
        SQLBindCol(other, 1, SQL_C_SLONG, &one, 0, nullptr);
        for (int row = 1; row <= 1000; row++) {
            EXPECT_EQ(SQL_SUCCESS, SQLFetchScroll(other, SQL_FETCH_ABSOLUTE, -row));
            EXPECT_EQ(1001 - row, one);
        }
    });
    for (int row = 1; row <= 1000; row++)
        EXPECT_EQ(std::to_string(row), fetch(SQL_FETCH_ABSOLUTE, row));
    second.join();
}

TEST_P(Scroll, ForwardOnlyCannot)
{
    set(SQL_ATTR_CURSOR_TYPE, SQLULEN(SQL_CURSOR_FORWARD_ONLY));
    open(3);
    EXPECT_EQ("1", fetch(SQL_FETCH_NEXT));
    EXPECT_TRUE(fails(SQLFetchScroll(stmt, SQL_FETCH_PRIOR, 0), stmt, "HY106"));
    EXPECT_TRUE(clean(SQLSetPos(stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt)); // where it is
    set(SQL_ATTR_ROW_ARRAY_SIZE, 2);
    EXPECT_EQ("2 3", fetch(SQL_FETCH_NEXT));
    EXPECT_TRUE(fails(SQLSetPos(stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE), stmt, "HY109"));
}

TEST_P(Scroll, ExtendedFetch)
{
    SQLULEN rows = 99;
    SQLUSMALLINT row_status[4];
    set(SQL_ROWSET_SIZE, 4);
    open(10);
    ASSERT_TRUE(clean(SQLExtendedFetch(stmt, SQL_FETCH_LAST, 0, &rows, row_status), stmt));
    EXPECT_EQ(4U, rows);
    EXPECT_EQ(7, v[0]);
    ASSERT_TRUE(clean(SQLExtendedFetch(stmt, SQL_FETCH_ABSOLUTE, 9, &rows, row_status), stmt));
    EXPECT_EQ(2U, rows);
    EXPECT_EQ(9, v[0]);
    EXPECT_EQ(SQL_ROW_SUCCESS, row_status[1]);
    EXPECT_EQ(SQL_ROW_NOROW, row_status[2]);
    ASSERT_TRUE(clean(SQLExtendedFetch(stmt, SQL_FETCH_PRIOR, 0, &rows, row_status), stmt));
    EXPECT_EQ(5, v[0]);
}

// A failure among the rows is the statement's own: nobody scrolls over half a result.
TEST_P(Scroll, AFailureAmongTheRows)
{
    SQLRETURN rc = stmt.exec(by("SELECT 1 / (i - 500) FROM generate_series(1, 1000) i",
                                "SELECT 1 UNION ALL SELECT (SELECT 1 UNION ALL SELECT 2)"));
    EXPECT_TRUE(fails(rc, stmt, by("22012", "21000")));
    open(3);
    EXPECT_EQ("3", fetch(SQL_FETCH_LAST));
}

TEST_P(Scroll, CatalogAndPreparedAndSeveralResults)
{
    ASSERT_TRUE(clean(SQLGetTypeInfo(stmt, SQL_ALL_TYPES), stmt));
    SQLFreeStmt(stmt, SQL_UNBIND);
    ASSERT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_LAST, 0), stmt));
    Cell last = stmt.get(1);
    ASSERT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt));
    EXPECT_NE(last, stmt.get(1));
    stmt.close();
    ASSERT_TRUE(ok(stmt.prepare("SELECT i FROM generate_series(1, 5) i WHERE i > ?"), stmt));
    SQLINTEGER least = 2;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &least, 0, nullptr), stmt));
    for (const char *first : {"3", "4"}) {
        ASSERT_TRUE(clean(SQLExecute(stmt), stmt));
        ASSERT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_LAST, 0), stmt));
        EXPECT_EQ("5", stmt.get(1));
        ASSERT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt));
        EXPECT_EQ(first, stmt.get(1));
        stmt.close();
        least++;
    }
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    ASSERT_TRUE(clean(stmt.exec("SELECT 1 UNION ALL SELECT 2; SELECT 3 UNION ALL SELECT 4"), stmt));
    ASSERT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_ABSOLUTE, 2), stmt));
    EXPECT_EQ("2", stmt.get(1));
    ASSERT_TRUE(clean(SQLMoreResults(stmt), stmt));
    ASSERT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_LAST, 0), stmt));
    EXPECT_EQ("4", stmt.get(1));
    ASSERT_TRUE(clean(SQLFetchScroll(stmt, SQL_FETCH_PRIOR, 0), stmt));
    EXPECT_EQ("3", stmt.get(1));
    EXPECT_TRUE(nothing(SQLMoreResults(stmt), stmt));
}

// SQLSetStmtAttr: the cursor's type and its being scrollable say the same.
TEST_P(Scroll, Attributes)
{
    EXPECT_EQ(SQLULEN(SQL_SCROLLABLE), number(SQL_ATTR_CURSOR_SCROLLABLE));
    set(SQL_ATTR_CURSOR_SCROLLABLE, SQLULEN(SQL_NONSCROLLABLE));
    EXPECT_EQ(SQLULEN(SQL_CURSOR_FORWARD_ONLY), number(SQL_ATTR_CURSOR_TYPE));
    set(SQL_ATTR_CURSOR_SCROLLABLE, SQL_SCROLLABLE);
    EXPECT_EQ(SQLULEN(SQL_CURSOR_STATIC), number(SQL_ATTR_CURSOR_TYPE));
    set(SQL_ATTR_CURSOR_TYPE, SQLULEN(SQL_CURSOR_FORWARD_ONLY));
    EXPECT_EQ(SQLULEN(SQL_NONSCROLLABLE), number(SQL_ATTR_CURSOR_SCROLLABLE));
    for (SQLULEN type : {SQL_CURSOR_KEYSET_DRIVEN, SQL_CURSOR_DYNAMIC}) {
        SQLRETURN rc = SQLSetStmtAttr(stmt, SQL_ATTR_CURSOR_TYPE, reinterpret_cast<SQLPOINTER>(type), 0);
        EXPECT_TRUE(warns(rc, stmt, "01S02")) << type;
        EXPECT_EQ(SQLULEN(SQL_CURSOR_STATIC), number(SQL_ATTR_CURSOR_TYPE));
    }
}

} // namespace
