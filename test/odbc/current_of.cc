// UPDATE and DELETE ... WHERE CURRENT OF a cursor.
#include "set_pos.h"

namespace
{

class CurrentOf : public SetPos
{
  protected:
    void SetUp() override
    {
        SetPos::SetUp();
        ASSERT_TRUE(clean(calls.set_cursor_name(stmt, "here"), stmt));
    }
};
ALL_MODES(CurrentOf);

TEST_P(CurrentOf, UpdatesAndDeletes)
{
    open(1);
    fetch(SQL_FETCH_LAST);
    ASSERT_TRUE(clean(other.exec("UPDATE positioned SET v = 'vier' WHERE CURRENT OF here"), other));
    EXPECT_EQ(1, other.row_count());
    fetch(SQL_FETCH_ABSOLUTE, 2);
    ASSERT_TRUE(clean(other.exec("delete from positioned where /* its */ current\tof HERE ; "), other));
    EXPECT_EQ("[1, one] [3, NULL] [4, vier]", table());
    EXPECT_TRUE(fails(other.exec("DELETE FROM positioned WHERE CURRENT OF here"), other, "24000"));
    fetch(SQL_FETCH_LAST);
    EXPECT_EQ("4 vier", seen(0)); // the cursor shows it
    ASSERT_TRUE(clean(other.exec("UPDATE positioned SET k = k + 1 WHERE CURRENT OF \"here\""), other));
    EXPECT_EQ("[1, one] [3, NULL] [5, vier]", table());
}

// Who locks the row means to change it: SQL_ATTR_CONCURRENCY need not be set.
TEST_P(CurrentOf, ForUpdate)
{
    const std::string lock = by("FOR NO KEY UPDATE", "FOR UPDATE");
    stmt = Stmt(dbc);
    ASSERT_TRUE(clean(calls.set_cursor_name(stmt, "locks"), stmt));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    for (const std::string &sql : {std::string("SELECT k, v FROM positioned WHERE k = 2 FOR /* it is */ UPDATE"),
                                   "SELECT k, v FROM positioned WHERE k = 3 " + lock}) {
        ASSERT_TRUE(clean(stmt.prepare(sql), stmt));
        ASSERT_TRUE(clean(stmt.execute(), stmt));
        ASSERT_TRUE(clean(stmt.fetch(), stmt));
        ASSERT_TRUE(clean(other.exec("UPDATE positioned SET v = 'locked' WHERE CURRENT OF locks"), other));
        stmt.close();
    }
    ASSERT_TRUE(clean(stmt.exec("SELECT k, v, 'for', 1 AS \"update\" FROM positioned WHERE v <> 'for update' ORDER BY k"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(my() || fails(other.exec("DELETE FROM positioned WHERE CURRENT OF locks"), other, "HY092"));
    stmt.close();
    set(stmt, SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY); // its own word
    ASSERT_TRUE(clean(stmt.exec("SELECT k, v FROM positioned WHERE k = 4 FOR UPDATE"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(other.exec("DELETE FROM positioned WHERE CURRENT OF locks"), other, "HY092"));
    stmt.close();
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    EXPECT_EQ("[1, one] [2, locked] [3, locked] [4, four]", table());
}

TEST_P(CurrentOf, PreparedWithParameters)
{
    SQLINTEGER n = 0;
    char text[8] = "p0";
    SQLLEN length = SQL_NTS;
    ASSERT_TRUE(clean(other.prepare("UPDATE positioned SET v = ?, d = ? WHERE CURRENT OF here"), other));
    ASSERT_TRUE(clean(SQLBindParameter(other, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 20, 0, text, sizeof(text), &length), other));
    ASSERT_TRUE(clean(SQLBindParameter(other, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &n, 0, nullptr), other));
    EXPECT_TRUE(fails(other.execute(), other, "34000"));
    open(1);
    EXPECT_TRUE(fails(other.execute(), other, "24000"));
    while (SQLFetchScroll(stmt, SQL_FETCH_NEXT, 0) == SQL_SUCCESS) {
        n++;
        text[1]++;
        ASSERT_TRUE(clean(other.execute(), other));
    }
    SQLFreeStmt(other, SQL_RESET_PARAMS);
    EXPECT_EQ("[1, p1, 1.00] [2, p2, 2.00] [3, p3, 3.00] [4, p4, 4.00]", table("k, v, d"));
}

TEST_P(CurrentOf, DataAtExecution)
{
    SQLLEN length = SQL_DATA_AT_EXEC;
    SQLPOINTER token = nullptr;
    char name[] = "name";
    open(1);
    fetch(SQL_FETCH_ABSOLUTE, 3);
    ASSERT_TRUE(clean(SQLBindParameter(other, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 0, 0, name, 0, &length), other));
    ASSERT_EQ(SQL_NEED_DATA, other.exec("UPDATE positioned SET v = ? WHERE CURRENT OF here"));
    ASSERT_EQ(SQL_NEED_DATA, SQLParamData(other, &token));
    EXPECT_EQ(token, static_cast<void *>(name));
    ASSERT_TRUE(clean(SQLPutData(other, const_cast<char *>("dae"), SQL_NTS), other));
    ASSERT_TRUE(clean(SQLParamData(other, &token), other));
    SQLFreeStmt(other, SQL_RESET_PARAMS);
    EXPECT_EQ("[1, one] [2, two] [3, dae] [4, four]", table());
}

// Forward-only cursors have a current row too, of a rowset of one; so has the row of an SQLSetPos.
TEST_P(CurrentOf, OtherCursors)
{
    open(4);
    fetch(SQL_FETCH_FIRST);
    ASSERT_TRUE(clean(pos(3, SQL_POSITION), stmt));
    ASSERT_TRUE(clean(other.exec("UPDATE positioned SET v = 'third' WHERE CURRENT OF here"), other));
    stmt.close();
    set(stmt, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY);
    open(1);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    ASSERT_TRUE(clean(other.exec("DELETE FROM positioned WHERE CURRENT OF here"), other));
    ASSERT_TRUE(clean(stmt.fetch(), stmt)); // the result goes on
    EXPECT_EQ("3 third", seen(0));
    EXPECT_EQ("[1, one] [3, third] [4, four]", table());
    stmt.close();
    open(2);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(other.exec("DELETE FROM positioned WHERE CURRENT OF here"), other, "24000"));
}

TEST_P(CurrentOf, Refusals)
{
    EXPECT_TRUE(fails(other.exec("DELETE FROM positioned WHERE CURRENT OF nowhere"), other, "34000"));
    open(1);
    fetch(SQL_FETCH_ABSOLUTE, 2);
    run("UPDATE positioned SET v = 'others' WHERE k = 2");
    EXPECT_TRUE(warns(other.exec("DELETE FROM positioned WHERE CURRENT OF here"), other, "01001"));
    EXPECT_EQ("[1, one] [2, others] [3, NULL] [4, four]", table());
    stmt.close();
    set(stmt, SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY);
    open(1);
    fetch(SQL_FETCH_FIRST);
    EXPECT_TRUE(fails(other.exec("DELETE FROM positioned WHERE CURRENT OF here"), other, "HY092"));
    stmt.close();
    // A text that only looks like it.
    EXPECT_TRUE(clean(other.exec("UPDATE positioned SET v = 'CURRENT OF here' WHERE k = 1"), other));
    EXPECT_TRUE(clean(other.exec("UPDATE positioned SET v = 'x' WHERE k = 1 -- WHERE CURRENT OF here"), other));
}

// PostgreSQL's own cursors are the server's.
TEST_P(CurrentOf, TheServersOwnCursor)
{
    if (my())
        return;
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    run("DECLARE mine CURSOR FOR SELECT * FROM positioned FOR UPDATE");
    run("FETCH 2 FROM mine");
    ASSERT_TRUE(clean(other.exec("DELETE FROM positioned WHERE CURRENT OF mine"), other));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    EXPECT_EQ("[1, one] [3, NULL] [4, four]", table());
}

} // namespace
