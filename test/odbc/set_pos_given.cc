// What an application gives in its buffers when it changes or adds rows through a result: which rows
// of them, which columns, how long the values are.
#include "set_pos.h"

namespace
{

class Given : public SetPos
{
};
ALL_MODES(Given);

// A new row need not be told from others: no key is wanted, nor columns that can be compared.
TEST_P(Given, ARowIsAddedWithoutAKey)
{
    const char *const queries[] = {"SELECT a, f FROM floating", "SELECT a FROM floating", "SELECT a, a + 1 FROM floating",
                                   "SELECT a, b FROM floating ORDER BY b"};
    run("DROP TABLE IF EXISTS floating");
    run("CREATE TABLE floating(a int, f float, b int DEFAULT 6, c int)");
    run("INSERT INTO floating(a) VALUES (0)");
    ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SLONG, k, 0, nullptr), stmt));
    for (const char *sql : queries) {
        ASSERT_TRUE(clean(stmt.exec(sql), stmt));
        k[0] = 1;
        ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_ADD), stmt)) << sql;
        ASSERT_TRUE(ok(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt));
        EXPECT_TRUE(fails(pos(1, SQL_DELETE), stmt, "HYC00")) << sql; // which must be told from others
        k[0] = 2;
        ASSERT_TRUE(clean(pos(1, SQL_ADD), stmt)) << sql;
        stmt.close();
    }
    EXPECT_EQ("[0, 6, 1] [1, 6, 4] [2, 6, 4]", rows("SELECT a, b, count(*) FROM floating GROUP BY a, b ORDER BY a"));
    open(1, "SELECT count(*), 'x' FROM floating");
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_ADD), stmt, "HYC00"));
    stmt.close();
    run("DROP TABLE floating");
}

// Of a row whose columns are all left out each column has its default.
TEST_P(Given, DefaultsOnly)
{
    run("DROP TABLE IF EXISTS defaults");
    run("CREATE TABLE defaults(a int DEFAULT 5, b varchar(20) DEFAULT 'b')");
    open(3, "SELECT a, b FROM defaults");
    for (size_t i = 0; i < 3; i++) {
        k[i] = static_cast<SQLINTEGER>(i);
        put(i, "given");
    }
    klen[0] = vlen[0] = SQL_COLUMN_IGNORE;
    klen[1] = SQL_NULL_DATA;
    vlen[2] = SQL_COLUMN_IGNORE;
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_ADD), stmt));
    EXPECT_EQ(3, stmt.row_count());
    EXPECT_EQ(3, rows("SELECT count(*) FROM defaults").at(1) - '0');
    EXPECT_EQ("[5, b]", rows("SELECT a, b FROM defaults WHERE a = 5"));
    EXPECT_EQ("[NULL, given]", rows("SELECT a, b FROM defaults WHERE a IS NULL"));
    EXPECT_EQ("[2, b]", rows("SELECT a, b FROM defaults WHERE a = 2"));
    ASSERT_TRUE(clean(SQLFreeStmt(stmt, SQL_UNBIND), stmt));
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_ADD), stmt, "21S02"));
    stmt.close();
    run("DROP TABLE defaults");
}

// What only the server gives values to is left out, as ODBC has it of columns that can only be read.
TEST_P(Given, ColumnsOfTheServer)
{
    SQLINTEGER id = 0, a = 0, twice = 0;
    run("DROP TABLE IF EXISTS of_server");
    run("CREATE TABLE of_server(id " + by("int GENERATED ALWAYS AS IDENTITY", "int NOT NULL AUTO_INCREMENT") +
        " PRIMARY KEY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED)");
    run("INSERT INTO of_server(a) VALUES (1), (2)");
    ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SLONG, &id, 0, nullptr), stmt));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_SLONG, &a, 0, nullptr), stmt));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 3, SQL_C_SLONG, &twice, 0, nullptr), stmt));
    ASSERT_TRUE(clean(stmt.exec("SELECT id, a, twice FROM of_server ORDER BY id"), stmt));
    fetch(SQL_FETCH_FIRST);
    a = 5;
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    fetch(SQL_FETCH_RELATIVE, 0);
    EXPECT_EQ(10, twice); // as the server has made it
    id = my() ? 0 : 99;
    a = 7;
    twice = 0;
    ASSERT_TRUE(clean(pos(1, SQL_ADD), stmt));
    EXPECT_EQ("[1, 5, 10] [2, 2, 4] [3, 7, 14]", rows("SELECT id, a, twice FROM of_server ORDER BY id"));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_SLONG, nullptr, 0, nullptr), stmt));
    if (!my()) // nothing else is bound
        EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "21S02"));
    stmt.close();
    run("DROP TABLE of_server");
}

// Where there are buffers of one row MySQL Connector/ODBC adds that, whichever row is named.
TEST_P(Given, ARowBeyondTheOnlyOne)
{
    open(1);
    fetch(SQL_FETCH_FIRST);
    k[0] = 10;
    put(0, "ten");
    EXPECT_TRUE(my() ? clean(pos(3, SQL_ADD), stmt) : fails(pos(3, SQL_ADD), stmt, "HY107"));
    EXPECT_EQ(std::string("[1, one] [2, two] [3, NULL] [4, four]") + (my() ? " [10, ten]" : ""), table());
    stmt.close();
    open(2);
    fetch(SQL_FETCH_FIRST); // which of them would be meant?
    EXPECT_TRUE(fails(pos(3, SQL_ADD), stmt, "HY107"));
    EXPECT_TRUE(fails(pos(3, SQL_UPDATE), stmt, "HY107"));
}

// SQLExtendedFetch found nothing, and ODBC 2's size of a rowset was never set.
TEST_P(Given, BuffersBesideExtendedFetch)
{
    SQLUSMALLINT mine[2] = {77, 77};
    SQLULEN n = 0;
    point(SQL_ATTR_ROW_STATUS_PTR, nullptr);
    open(2, "SELECT k, v FROM positioned WHERE k > 90");
    EXPECT_TRUE(nothing(SQLExtendedFetch(stmt, SQL_FETCH_FIRST, 0, &n, mine), stmt));
    for (size_t i = 0; i < 2; i++) {
        k[i] = static_cast<SQLINTEGER>(91 + i);
        put(i, "added");
    }
    mine[1] = 77;
    ASSERT_TRUE(clean(pos(0, SQL_ADD), stmt));
    EXPECT_EQ(2, stmt.row_count());
    EXPECT_EQ(SQL_ROW_ADDED, mine[0]);
    EXPECT_EQ(77, mine[1]); // it has room for one row
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, four] [91, added] [92, added]", table());
    set(stmt, SQL_ROWSET_SIZE, 1);
    EXPECT_TRUE(nothing(SQLExtendedFetch(stmt, SQL_FETCH_NEXT, 0, &n, mine), stmt));
    k[0] = 93;
    ASSERT_TRUE(clean(pos(0, SQL_ADD), stmt));
    EXPECT_EQ(1, stmt.row_count());
}

// A length is the application's word where no fetch can have put it there, as long as the column holds
// so much.
TEST_P(Given, LengthsOfItsOwn)
{
    char long_text[40] = "longer than it is bound";
    open(1);
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, long_text, 8, vlen), stmt));
    fetch(SQL_FETCH_FIRST);
    strcpy(long_text, "longer than bound");
    vlen[0] = 17;
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, longer than bound] [2, two] [3, NULL] [4, four]", table());
    strcpy(long_text, "and without one");
    vlen[0] = SQL_NTS;
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, and without one] [2, two] [3, NULL] [4, four]", table());
    vlen[0] = 81; // varchar(20) holds no more
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "22001"));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, long_text, 8, nullptr), stmt)); // nobody's word
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, and with] [2, two] [3, NULL] [4, four]", table());
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, long_text, 8, vlen), stmt));
    ASSERT_TRUE(warns(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt, "01004"));
    EXPECT_EQ(8, vlen[0]); // the fetch's word: the buffer has less
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "22001"));
    vlen[0] = 17;
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "22001"));
}

} // namespace
