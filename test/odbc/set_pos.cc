// Rows changed through the result that they are in: SQLSetPos and SQLBulkOperations.
#include "set_pos.h"

namespace
{

const SQLLEN left_out = SQL_COLUMN_IGNORE;

ALL_MODES(SetPos);

TEST_P(SetPos, UpdatesARow)
{
    open(1);
    fetch(SQL_FETCH_ABSOLUTE, 2);
    put(0, "zwei");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ(SQL_ROW_UPDATED, status[0]);
    EXPECT_EQ(1, stmt.row_count());
    EXPECT_EQ("[1, one] [2, zwei] [3, NULL] [4, four]", table());
    fetch(SQL_FETCH_NEXT);
    EXPECT_EQ("3 NULL", seen(0));
    fetch(SQL_FETCH_PRIOR); // the cursor shows its own changes
    EXPECT_EQ("2 zwei", seen(0));
    EXPECT_EQ(SQL_ROW_SUCCESS, status[0]);
    EXPECT_EQ("zwei", stmt.get(2));
    put(0, "deux"); // and goes on from there
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, one] [2, deux] [3, NULL] [4, four]", table());
}

TEST_P(SetPos, UpdatesToAndFromNullAndTheKeyItself)
{
    open(1);
    fetch(SQL_FETCH_ABSOLUTE, 3);
    put(0, "drei");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    vlen[0] = SQL_NULL_DATA;
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    k[0] = 30;
    put(0, "thirty");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    fetch(SQL_FETCH_RELATIVE, 0);
    EXPECT_EQ("30 thirty", seen(0));
    ASSERT_TRUE(clean(pos(1, SQL_DELETE), stmt));
    EXPECT_EQ("[1, one] [2, two] [4, four]", table());
}

TEST_P(SetPos, UpdatesOneOfARowset)
{
    open(4);
    fetch(SQL_FETCH_FIRST);
    put(3, "vier");
    put(2, "not this one");
    ASSERT_TRUE(clean(pos(4, SQL_UPDATE), stmt));
    EXPECT_EQ(SQL_ROW_UPDATED, status[3]);
    EXPECT_EQ(SQL_ROW_SUCCESS, status[2]);
    EXPECT_EQ("vier", stmt.get(2)); // the cursor stands on it
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, vier]", table());
}

// Row 0: the whole rowset, but for rows that SQL_ATTR_ROW_OPERATION_PTR leaves out.
TEST_P(SetPos, WholeRowset)
{
    SQLUSMALLINT operation[] = {SQL_ROW_PROCEED, SQL_ROW_IGNORE, SQL_ROW_PROCEED, SQL_ROW_PROCEED};
    open(4);
    fetch(SQL_FETCH_FIRST);
    for (size_t i = 0; i < 4; i++)
        put(i, "same");
    point(SQL_ATTR_ROW_OPERATION_PTR, operation);
    ASSERT_TRUE(clean(pos(0, SQL_UPDATE), stmt));
    EXPECT_EQ(3, stmt.row_count());
    EXPECT_EQ("[1, same] [2, two] [3, same] [4, same]", table());
    point(SQL_ATTR_ROW_OPERATION_PTR, nullptr);
}

TEST_P(SetPos, DeletesRows)
{
    open(2);
    fetch(SQL_FETCH_FIRST);
    ASSERT_TRUE(clean(pos(2, SQL_DELETE), stmt));
    EXPECT_EQ(SQL_ROW_DELETED, status[1]);
    EXPECT_EQ("[1, one] [3, NULL] [4, four]", table());
    EXPECT_TRUE(fails(pos(2, SQL_UPDATE), stmt, "HY109"));
    EXPECT_TRUE(fails(pos(2, SQL_DELETE), stmt, "HY109"));
    fetch(SQL_FETCH_NEXT);
    EXPECT_EQ("3 NULL", seen(0));
    fetch(SQL_FETCH_PRIOR); // its place stays, and what was in it
    EXPECT_EQ(SQL_ROW_SUCCESS, status[0]);
    EXPECT_EQ(SQL_ROW_DELETED, status[1]);
    fetch(SQL_FETCH_NEXT);
    ASSERT_TRUE(clean(pos(0, SQL_DELETE), stmt));
    EXPECT_EQ(2, stmt.row_count());
    EXPECT_EQ("[1, one]", table());
}

// SQL_CONCUR_VALUES: somebody else's change is not overwritten.
TEST_P(SetPos, TellsOfAConflict)
{
    open(4);
    fetch(SQL_FETCH_FIRST);
    run("UPDATE positioned SET v = 'others' WHERE k = 2");
    run("DELETE FROM positioned WHERE k = 4");
    for (size_t i = 0; i < 4; i++)
        put(i, "mine");
    EXPECT_TRUE(warns(pos(2, SQL_UPDATE), stmt, "01001"));
    EXPECT_EQ(0, stmt.row_count());
    EXPECT_TRUE(warns(pos(4, SQL_DELETE), stmt, "01001"));
    EXPECT_TRUE(warns(pos(0, SQL_UPDATE), stmt, "01001"));
    EXPECT_EQ(2, stmt.row_count());
    EXPECT_EQ(SQL_ROW_UPDATED, status[0]);
    EXPECT_EQ(SQL_ROW_SUCCESS_WITH_INFO, status[1]);
    EXPECT_EQ("[1, mine] [2, others] [3, mine]", table());
    ASSERT_TRUE(clean(pos(2, SQL_REFRESH), stmt)); // read again it can be changed
    EXPECT_EQ("2 others", seen(1));
    put(1, "mine");
    ASSERT_TRUE(clean(pos(2, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, mine] [2, mine] [3, mine]", table());
}

TEST_P(SetPos, Refreshes)
{
    open(2);
    fetch(SQL_FETCH_FIRST);
    put(0, "scribble");
    run("UPDATE positioned SET v = 'later' WHERE k = 2");
    run("DELETE FROM positioned WHERE k = 1");
    ASSERT_TRUE(clean(pos(0, SQL_REFRESH), stmt));
    EXPECT_EQ(SQL_ROW_DELETED, status[0]);
    EXPECT_EQ("1 one", seen(0));
    EXPECT_EQ(SQL_ROW_SUCCESS, status[1]);
    EXPECT_EQ("2 later", seen(1));
}

TEST_P(SetPos, Adds)
{
    open(2, "SELECT k, v, d FROM positioned ORDER BY k");
    fetch(SQL_FETCH_FIRST);
    k[0] = 10;
    put(0, "ten");
    klen[0] = 0;
    ASSERT_TRUE(clean(pos(1, SQL_ADD), stmt));
    EXPECT_EQ(SQL_ROW_ADDED, status[0]);
    k[0] = 11;
    put(0, "eleven");
    k[1] = 12;
    vlen[1] = SQL_NULL_DATA;
    ASSERT_TRUE(clean(pos(0, SQL_ADD), stmt));
    EXPECT_EQ(2, stmt.row_count());
    EXPECT_EQ("[1, one, 7.50] [2, two, 7.50] [3, NULL, 7.50] [4, four, 7.50] [10, ten, 7.50] "
              "[11, eleven, 7.50] [12, NULL, 7.50]",
              table("k, v, d"));
}

// One row's error is told with its number, and the others are done.
TEST_P(SetPos, AnErrorInOneRow)
{
    open(2);
    fetch(SQL_FETCH_FIRST);
    k[0] = 20;
    k[1] = 3; // there is one
    put(0, "twenty");
    put(1, "again");
    EXPECT_EQ(SQL_SUCCESS_WITH_INFO, pos(0, SQL_ADD));
    EXPECT_EQ("23000", stmt.state(1) == "01S01" ? stmt.state(2) : stmt.state(1));
    EXPECT_TRUE(stmt.has_state("01S01"));
    EXPECT_EQ(SQL_ROW_ADDED, status[0]);
    EXPECT_EQ(SQL_ROW_ERROR, status[1]);
    EXPECT_EQ(1, stmt.row_count());
    EXPECT_TRUE(fails(pos(2, SQL_ADD), stmt, "23000|23505"));
    EXPECT_EQ(2, stmt.row_number(1));
}

TEST_P(SetPos, ColumnsAreLeftOut)
{
    open(1);
    fetch(SQL_FETCH_FIRST);
    k[0] = 77;
    klen[0] = left_out;
    put(0, "only this");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, only this] [2, two] [3, NULL] [4, four]", table());
    vlen[0] = left_out;
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "21S02"));
    EXPECT_TRUE(fails(pos(1, SQL_ADD), stmt, "23000")); // the key has no default
    ASSERT_TRUE(clean(SQLFreeStmt(stmt, SQL_UNBIND), stmt));
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "21S02"));
    EXPECT_TRUE(fails(pos(1, SQL_ADD), stmt, "21S02"));
    ASSERT_TRUE(clean(pos(1, SQL_DELETE), stmt));
}

// A value that does not fit is an error of its row and column, and nothing is changed.
TEST_P(SetPos, BadValues)
{
    open(1);
    fetch(SQL_FETCH_FIRST);
    ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_CHAR, v[3], sizeof(v[3]), nullptr), stmt));
    strcpy(v[3], "no number");
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "22018"));
    EXPECT_EQ(1, stmt.row_number(1));
    EXPECT_EQ(1, stmt.column_number(1));
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, four]", table());
}

TEST_P(SetPos, OnlyWhereItIsAllowed)
{
    open(1);
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "24000"));
    fetch(SQL_FETCH_FIRST);
    EXPECT_TRUE(fails(pos(2, SQL_UPDATE), stmt, "HY107"));
    EXPECT_TRUE(fails(SQLSetPos(stmt, 1, SQL_UPDATE, SQL_LOCK_EXCLUSIVE), stmt, "HYC00"));
    stmt.close();
    set(stmt, SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY);
    open(1);
    fetch(SQL_FETCH_FIRST);
    for (SQLUSMALLINT operation : {SQL_UPDATE, SQL_DELETE, SQL_ADD})
        EXPECT_TRUE(fails(pos(1, operation), stmt, "HY092"));
    EXPECT_TRUE(clean(pos(1, SQL_REFRESH), stmt));
    stmt.close();
    set(stmt, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY);
    set(stmt, SQL_ATTR_CONCURRENCY, SQL_CONCUR_VALUES);
    open(1);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(pos(1, SQL_POSITION), stmt));
    EXPECT_TRUE(fails(pos(2, SQL_UPDATE), stmt, "HY107"));
    stmt.close();
    open(2);
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(pos(1, SQL_UPDATE), stmt, "HY109"));
}

// A forward-only cursor's row can be changed while it is the only one of its rowset, in the middle of
// a result that is still coming.
TEST_P(SetPos, ForwardOnly)
{
    set(stmt, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY);
    open(1);
    for (int row = 1; row <= 4; row++) {
        ASSERT_TRUE(clean(stmt.fetch(), stmt));
        EXPECT_EQ(row, k[0]);
        if (row == 2) {
            put(0, "zwei");
            ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
            EXPECT_EQ("zwei", stmt.get(2));
            ASSERT_TRUE(clean(pos(1, SQL_REFRESH), stmt));
            EXPECT_EQ("2 zwei", seen(0));
        }
        if (row == 3)
            ASSERT_TRUE(clean(pos(0, SQL_DELETE), stmt));
    }
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
    k[0] = 9;
    put(0, "nine");
    klen[0] = 0;
    ASSERT_TRUE(clean(pos(1, SQL_ADD), stmt));
    k[0] = 10;
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_ADD), stmt));
    EXPECT_EQ("[1, one] [2, zwei] [4, four] [9, nine] [10, nine]", table());
}

// The other concurrencies become SQL_CONCUR_VALUES, the other scrolling cursors static.
TEST_P(SetPos, OtherCursorsAreThisOne)
{
    for (SQLULEN value : {SQL_CONCUR_LOCK, SQL_CONCUR_ROWVER}) {
        EXPECT_TRUE(warns(SQLSetStmtAttr(stmt, SQL_ATTR_CONCURRENCY, reinterpret_cast<SQLPOINTER>(value), 0), stmt, "01S02")); // NOLINT
        SQLULEN is = 0;
        SQLGetStmtAttr(stmt, SQL_ATTR_CONCURRENCY, &is, 0, nullptr);
        EXPECT_EQ(SQLULEN(SQL_CONCUR_VALUES), is);
    }
    EXPECT_TRUE(warns(SQLSetStmtAttr(stmt, SQL_ATTR_CURSOR_TYPE, reinterpret_cast<SQLPOINTER>(SQL_CURSOR_KEYSET_DRIVEN), 0), stmt, "01S02")); // NOLINT
    open(1);
    fetch(SQL_FETCH_LAST);
    EXPECT_TRUE(clean(pos(1, SQL_DELETE), stmt));
}

// Which row of the table a row of the result is must be certain.
TEST_P(SetPos, OnlyRowsOfOneTable)
{
    const char *const queries[] = {"SELECT count(*), max(v) FROM positioned",
                                   "SELECT DISTINCT k, v FROM positioned",
                                   "SELECT k, v FROM positioned GROUP BY k, v",
                                   "SELECT k, v FROM positioned UNION ALL SELECT k, v FROM positioned",
                                   "SELECT a.k, b.v FROM positioned a JOIN positioned_too b ON a.k = b.k",
                                   "SELECT d, v FROM positioned"};
    run("DROP TABLE IF EXISTS positioned_too");
    run("CREATE TABLE positioned_too AS SELECT k, v FROM positioned");
    for (const char *sql : queries) {
        open(1, sql);
        ASSERT_TRUE(ok(SQLFetchScroll(stmt, SQL_FETCH_FIRST, 0), stmt)) << sql;
        EXPECT_TRUE(fails(pos(1, SQL_DELETE), stmt, "HYC00")) << sql;
        stmt.close();
    }
    run("DROP TABLE positioned_too");
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, four]", table());
}

// Without a key all columns tell, and of rows that are the same one is taken.
TEST_P(SetPos, ATableWithoutAKey)
{
    run("DROP TABLE IF EXISTS keyless");
    run("CREATE TABLE keyless(k int, v varchar(20))");
    run("INSERT INTO keyless VALUES (1, 'a'), (1, 'a'), (NULL, NULL), (2, 'b')");
    open(1, "SELECT k, v FROM keyless WHERE k = 1");
    fetch(SQL_FETCH_FIRST);
    put(0, "changed");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    fetch(SQL_FETCH_RELATIVE, 0);
    EXPECT_EQ("1 changed", seen(0));
    stmt.close();
    open(1, "SELECT k, v FROM keyless WHERE k IS NULL");
    fetch(SQL_FETCH_FIRST);
    ASSERT_TRUE(clean(pos(1, SQL_DELETE), stmt));
    stmt.close();
    EXPECT_EQ("[1, a] [1, changed] [2, b]", rows("SELECT k, v FROM keyless ORDER BY k, v"));
    other.close();
    open(1, "SELECT k, 0 FROM keyless");
    fetch(SQL_FETCH_FIRST);
    EXPECT_TRUE(fails(pos(1, SQL_DELETE), stmt, "HYC00"));
    stmt.close();
    run("DROP TABLE keyless");
}

// Any unique key without NULL will do; one that may be NULL, or of a part of a column, will not.
TEST_P(SetPos, OtherKeys)
{
    run("DROP TABLE IF EXISTS keyed");
    run("CREATE TABLE keyed(a int NOT NULL, b int NOT NULL, c int, d varchar(20) NOT NULL, PRIMARY KEY (a, b))");
    run("CREATE UNIQUE INDEX keyed_c ON keyed(c)");
    run(my() ? "CREATE UNIQUE INDEX keyed_d ON keyed(d(3))" : "CREATE UNIQUE INDEX keyed_d ON keyed(substr(d, 1, 3))");
    run("INSERT INTO keyed VALUES (1, 1, 1, 'one'), (1, 2, 2, 'two')");
    for (const char *sql : {"SELECT c, d FROM keyed ORDER BY c", "SELECT a, d FROM keyed ORDER BY b"}) {
        open(1, sql);
        fetch(SQL_FETCH_LAST);
        EXPECT_TRUE(fails(pos(1, SQL_DELETE), stmt, "HYC00")) << sql;
        stmt.close();
    }
    run("CREATE UNIQUE INDEX keyed_whole_d ON keyed(d)");
    open(1, "SELECT c, d FROM keyed ORDER BY c");
    fetch(SQL_FETCH_LAST);
    put(0, "zwei");
    EXPECT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    stmt.close();
    open(1, "SELECT b, d, a FROM keyed ORDER BY b");
    fetch(SQL_FETCH_FIRST);
    EXPECT_TRUE(clean(pos(1, SQL_DELETE), stmt));
    stmt.close();
    EXPECT_EQ("[1, 2, 2, zwei]", rows("SELECT * FROM keyed"));
    run("DROP TABLE keyed");
}

TEST_P(SetPos, ATemporaryTable)
{
    run("CREATE TEMPORARY TABLE passing(k int NOT NULL PRIMARY KEY, v varchar(20), x text)");
    run("INSERT INTO passing VALUES (1, 'a', 'x'), (2, 'b', 'x')");
    open(1, "SELECT k, v FROM passing ORDER BY k");
    fetch(SQL_FETCH_LAST);
    put(0, "changed");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, a, x] [2, changed, x]", rows("SELECT * FROM passing ORDER BY k"));
    stmt.close();
    run("DROP TABLE passing");
}

// The other MySQL drivers let a static cursor be changed though nobody asks for it.
TEST_P(SetPos, Unasked)
{
    for (SQLULEN type : {SQL_CURSOR_FORWARD_ONLY, SQL_CURSOR_STATIC}) {
        stmt = Stmt(dbc);
        set(stmt, SQL_ATTR_CURSOR_TYPE, type);
        open(1);
        ASSERT_TRUE(clean(stmt.fetch(), stmt));
        put(0, "eins");
        EXPECT_TRUE(my() ? clean(pos(1, SQL_UPDATE), stmt) : fails(pos(1, SQL_UPDATE), stmt, "HY092"));
    }
    EXPECT_EQ(my() ? "[1, eins] [2, two] [3, NULL] [4, four]" : "[1, one] [2, two] [3, NULL] [4, four]", table());
}

// Bound by row, with an offset, in other C types.
TEST_P(SetPos, BoundByRow)
{
    struct Line {
        SQLWCHAR v[8];
        SQLLEN vlen;
        SQLBIGINT k;
        SQLLEN klen;
    } lines[4] = {};
    SQLULEN offset = sizeof(Line);
    set(stmt, SQL_ATTR_ROW_ARRAY_SIZE, 2);
    set(stmt, SQL_ATTR_ROW_BIND_TYPE, sizeof(Line));
    point(SQL_ATTR_ROW_BIND_OFFSET_PTR, &offset);
    ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SBIGINT, &lines[0].k, 0, &lines[0].klen), stmt));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_WCHAR, lines[0].v, sizeof(lines[0].v), &lines[0].vlen), stmt));
    ASSERT_TRUE(clean(stmt.exec("SELECT k, v FROM positioned ORDER BY k"), stmt));
    fetch(SQL_FETCH_FIRST);
    EXPECT_EQ(2, lines[2].k);
    lines[2].v[0] = 'T';
    lines[2].v[3] = 0x20ac;
    lines[2].vlen = 8;
    ASSERT_TRUE(clean(pos(2, SQL_UPDATE), stmt));
    EXPECT_EQ("[1, one] [2, Two€] [3, NULL] [4, four]", table());
    set(stmt, SQL_ATTR_ROW_BIND_TYPE, SQL_BIND_BY_COLUMN);
    point(SQL_ATTR_ROW_BIND_OFFSET_PTR, nullptr);
}

// Every type finds its row again, and is seen as it was written.
TEST_P(SetPos, EveryType)
{
    const std::vector<std::pair<std::string, std::string>> types =
        my() ? std::vector<std::pair<std::string, std::string>>{
                   {"tinyint", "-7"}, {"bigint unsigned", "18446744073709551615"}, {"double", "0.1"}, {"float", "1.25"},
                   {"decimal(20,5)", "12345.67890"}, {"char(5)", "'ab '"}, {"text", "'long'"}, {"blob", "x'00ff'"},
                   {"varbinary(8)", "x'0102'"}, {"date", "'2024-02-29'"}, {"time(3)", "'-12:34:56.789'"},
                   {"datetime(6)", "'2024-02-29 12:34:56.123456'"}, {"timestamp", "'2024-02-29 12:34:56'"},
                   {"year", "2024"}, {"bit(1)", "b'1'"}, {"bit(12)", "b'101010101010'"}, {"enum('x','y')", "'y'"},
                   {"set('x','y')", "'x,y'"}, {"json", "'{\"a\": [1, 2]}'"}}
             : std::vector<std::pair<std::string, std::string>>{
                   {"smallint", "-7"}, {"bigint", "9223372036854775807"}, {"double precision", "0.1"}, {"real", "0.1"},
                   {"numeric(20,5)", "12345.67890"}, {"char(5)", "'ab '"}, {"text", "'long'"}, {"bytea", "'\\x00ff'"},
                   {"boolean", "true"}, {"date", "'2024-02-29'"}, {"time", "'12:34:56.789'"},
                   {"timestamp", "'2024-02-29 12:34:56.123456'"}, {"timestamptz", "'2024-02-29 12:34:56+01'"},
                   {"interval", "'1 day 02:03:04'"}, {"uuid", "'00112233-4455-6677-8899-aabbccddeeff'"},
                   {"json", "'{\"a\": [1, 2]}'"}, {"jsonb", "'{\"a\": [1, 2]}'"}, {"xml", "'<a/>'"}, {"inet", "'10.0.0.1/8'"},
                   {"point", "'(1,2)'"}, {"int[]", "'{1,2}'"}, {"money", "'12.34'"}, {"bit(4)", "B'1010'"}};
    for (const bool prepared : {false, true})
        for (const auto &[type, literal] : types) {
            run("DROP TABLE IF EXISTS typed");
            run("CREATE TABLE typed(k int NOT NULL PRIMARY KEY, v varchar(20), x " + type + ")");
            run("INSERT INTO typed VALUES (1, 'old', " + literal + ")");
            std::string x = *other.rows("SELECT x FROM typed")[0][0];
            other.close();
            set(stmt, SQL_ATTR_ROW_ARRAY_SIZE, 1);
            ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SLONG, k, 0, klen), stmt));
            ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, v, sizeof(v[0]), vlen), stmt));
            if (prepared) {
                ASSERT_TRUE(clean(stmt.prepare("SELECT k, v, x FROM typed"), stmt)) << type;
                ASSERT_TRUE(clean(stmt.execute(), stmt)) << type;
            } else {
                ASSERT_TRUE(clean(stmt.exec("SELECT k, v, x FROM typed"), stmt)) << type;
            }
            fetch(SQL_FETCH_FIRST);
            put(0, "new");
            EXPECT_TRUE(clean(pos(1, SQL_UPDATE), stmt)) << type;
            EXPECT_EQ(x, stmt.get(3)) << type;
            EXPECT_EQ("new", stmt.get(2)) << type;
            EXPECT_TRUE(clean(pos(1, SQL_DELETE), stmt)) << type;
            stmt.close();
            EXPECT_EQ("0", other.value("SELECT count(*) FROM typed")) << type;
        }
    run("DROP TABLE typed");
}

// Names that need quotes, of columns and tables; columns under other names, twice, and computed.
TEST_P(SetPos, Names)
{
    auto q = [](std::string name) { return my() ? "`" + name + "`" : "\"" + name + "\""; };
    std::string t = q(my() ? "od``d table?" : "od\"\"d table?"), c = q("select ?"), more = q(my() ? "a``b" : "a\"\"b");
    run("DROP TABLE IF EXISTS " + t);
    run("CREATE TABLE " + t + "(" + c + " int NOT NULL PRIMARY KEY, " + more + " varchar(20))");
    run("INSERT INTO " + t + " VALUES (1, 'x')");
    ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, SQL_ATTR_NOSCAN, reinterpret_cast<SQLPOINTER>(SQL_NOSCAN_ON), 0), stmt)); // NOLINT
    ASSERT_TRUE(clean(calls.set_cursor_name(stmt, "named"), stmt));
    open(1, "SELECT " + c + " AS first, " + more + " AS second, " + c + ", 1 + " + c + " AS sum FROM " + t + " AS other_name");
    fetch(SQL_FETCH_FIRST);
    k[0] = 5;
    put(0, "y");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    EXPECT_EQ("5", stmt.get(3));
    EXPECT_EQ("2", stmt.get(4)); // as it was read
    set(other, SQL_ATTR_NOSCAN, SQL_NOSCAN_ON);
    EXPECT_TRUE(clean(other.exec("UPDATE " + t + " SET " + more + " = 'z' WHERE CURRENT OF named"), other));
    stmt.close();
    EXPECT_EQ("[5, z]", rows("SELECT * FROM " + t));
    other.close();
    set(other, SQL_ATTR_NOSCAN, SQL_NOSCAN_OFF);
    run("DROP TABLE " + t);
}

TEST_P(SetPos, InATransaction)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    open(1);
    fetch(SQL_FETCH_FIRST);
    put(0, "gone");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
    fetch(SQL_FETCH_NEXT);
    put(0, "kept");
    ASSERT_TRUE(clean(pos(1, SQL_UPDATE), stmt));
    ASSERT_TRUE(clean(dbc.commit(), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    EXPECT_EQ("[1, one] [2, kept] [3, NULL] [4, four]", table());
}

// Values in pieces: SQLParamData names the column's buffer.
TEST_P(SetPos, DataAtExecution)
{
    open(2);
    fetch(SQL_FETCH_FIRST);
    klen[0] = klen[1] = left_out;
    vlen[0] = SQL_LEN_DATA_AT_EXEC(0);
    vlen[1] = SQL_DATA_AT_EXEC;
    auto give = [&](const std::vector<std::vector<const char *>> &values) {
        SQLPOINTER token = nullptr;
        SQLRETURN rc = SQLParamData(stmt, &token);
        for (size_t i = 0; i < values.size() && rc == SQL_NEED_DATA; i++) {
            EXPECT_EQ(token, static_cast<void *>(v[i]));
            for (const char *piece : values[i])
                EXPECT_TRUE(clean(SQLPutData(stmt, const_cast<char *>(piece), SQL_NTS), stmt));
            rc = SQLParamData(stmt, &token);
        }
        return rc;
    };
    ASSERT_EQ(SQL_NEED_DATA, pos(0, SQL_UPDATE));
    EXPECT_TRUE(fails(SQLFetchScroll(stmt, SQL_FETCH_NEXT, 0), stmt, "HY010"));
    ASSERT_TRUE(clean(give({{"in ", "pieces"}, {"at once"}}), stmt));
    EXPECT_EQ(SQL_ROW_UPDATED, status[0]);
    EXPECT_EQ(SQL_ROW_UPDATED, status[1]);
    EXPECT_EQ("[1, in pieces] [2, at once] [3, NULL] [4, four]", table());
    fetch(SQL_FETCH_RELATIVE, 0);
    EXPECT_EQ("1 in pieces", seen(0));
    k[0] = 50;
    klen[0] = 0;
    vlen[0] = SQL_DATA_AT_EXEC;
    ASSERT_EQ(SQL_NEED_DATA, pos(1, SQL_ADD));
    ASSERT_TRUE(clean(give({{"new"}}), stmt));
    EXPECT_EQ("[1, in pieces] [2, at once] [3, NULL] [4, four] [50, new]", table());
    vlen[0] = SQL_DATA_AT_EXEC; // given up: the cursor is where it was
    ASSERT_EQ(SQL_NEED_DATA, pos(1, SQL_UPDATE));
    EXPECT_TRUE(clean(SQLCancel(stmt), stmt));
    fetch(SQL_FETCH_NEXT);
    EXPECT_EQ("3 NULL", seen(0));
    EXPECT_EQ("[1, in pieces] [2, at once] [3, NULL] [4, four] [50, new]", table());
}

// ---- SQLBulkOperations ----

class Bulk : public SetPos
{
  protected:
    SQLUINTEGER mark[4] = {};
    SQLLEN mark_length[4] = {};

    void SetUp() override
    {
        SetPos::SetUp();
        set(stmt, SQL_ATTR_USE_BOOKMARKS, SQL_UB_VARIABLE);
        ASSERT_TRUE(clean(SQLBindCol(stmt, 0, SQL_C_VARBOOKMARK, mark, sizeof(mark[0]), mark_length), stmt));
    }
};
ALL_MODES(Bulk);

TEST_P(Bulk, AddsTheRowset)
{
    open(3);
    for (size_t i = 0; i < 3; i++) {
        k[i] = static_cast<SQLINTEGER>(i + 10);
        put(i, "added");
    }
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_ADD), stmt)); // before the first fetch
    EXPECT_EQ(3, stmt.row_count());
    EXPECT_EQ(3u, fetched);
    for (SQLUSMALLINT is : {status[0], status[1], status[2]})
        EXPECT_EQ(SQL_ROW_ADDED, is);
    fetch(SQL_FETCH_NEXT);
    EXPECT_EQ("1 one", seen(0));
    EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, four] [10, added] [11, added] [12, added]", table());
}

TEST_P(Bulk, ByBookmark)
{
    open(4);
    fetch(SQL_FETCH_FIRST);
    SQLUINTEGER first = mark[0], third = mark[2], fourth = mark[3];
    set(stmt, SQL_ATTR_ROW_ARRAY_SIZE, 2);
    mark[0] = fourth;
    mark[1] = first;
    k[0] = 4;
    k[1] = 1;
    put(0, "last");
    put(1, "first");
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_UPDATE_BY_BOOKMARK), stmt));
    EXPECT_EQ("[1, first] [2, two] [3, NULL] [4, last]", table());
    mark[0] = third;
    memset(v, 0, sizeof(v));
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_FETCH_BY_BOOKMARK), stmt));
    EXPECT_EQ("3 NULL", seen(0));
    EXPECT_EQ("1 first", seen(1));
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt));
    EXPECT_EQ("[2, two] [4, last]", table());
    mark[0] = 99;
    mark[1] = fourth;
    EXPECT_EQ(SQL_SUCCESS_WITH_INFO, SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK));
    EXPECT_TRUE(stmt.has_state("HY111"));
    EXPECT_EQ(SQL_ROW_ERROR, status[0]);
    EXPECT_EQ("[2, two]", table());
    set(stmt, SQL_ATTR_ROW_ARRAY_SIZE, 1);
    fetch(SQL_FETCH_ABSOLUTE, 2);
    EXPECT_EQ("2 two", seen(0));
}

// A new row has a bookmark, where the server tells what has become of it; else none, which names no row.
TEST_P(Bulk, BookmarksOfNewRows)
{
    open(2, "SELECT k, v, d FROM positioned ORDER BY k");
    char d[4][16] = {};
    ASSERT_TRUE(clean(SQLBindCol(stmt, 3, SQL_C_CHAR, d, sizeof(d[0]), nullptr), stmt));
    fetch(SQL_FETCH_FIRST);
    SQLUINTEGER first = mark[0];
    SQLLEN none[2] = {SQL_COLUMN_IGNORE, SQL_COLUMN_IGNORE};
    ASSERT_TRUE(clean(SQLBindCol(stmt, 3, SQL_C_CHAR, d, sizeof(d[0]), none), stmt));
    k[0] = 10;
    put(0, "ten");
    k[1] = 11;
    vlen[1] = SQL_NULL_DATA;
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_ADD), stmt));
    EXPECT_EQ("1 one", (fetch(SQL_FETCH_FIRST), seen(0))); // nobody scrolls to them
    if (my()) {
        SQLUINTEGER was = mark[0];
        k[0] = 12;
        k[1] = 13;
        ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_ADD), stmt));
        EXPECT_EQ(1U, was);
        EXPECT_EQ(0U, mark[0]);
        EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt, "HY111"));
        EXPECT_EQ("[1, one] [2, two] [3, NULL] [4, four] [10, ten] [11, NULL] [12, one] [13, two]", table());
        return;
    }
    k[0] = 12;
    put(0, "twelve");
    k[1] = 3; // there is one
    EXPECT_EQ(SQL_SUCCESS_WITH_INFO, SQLBulkOperations(stmt, SQL_ADD));
    SQLUINTEGER twelfth = mark[0];
    EXPECT_LT(4U, twelfth);
    none[0] = none[1] = 0;
    ASSERT_TRUE(clean(SQLBindCol(stmt, 3, SQL_C_CHAR, d, sizeof(d[0]), nullptr), stmt));
    mark[0] = twelfth;
    mark[1] = first;
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_FETCH_BY_BOOKMARK), stmt));
    EXPECT_EQ("12 twelve", seen(0));
    EXPECT_STREQ("7.50", d[0]); // the default
    EXPECT_EQ("1 one", seen(1));
    put(0, "changed");
    put(1, "first");
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_UPDATE_BY_BOOKMARK), stmt));
    EXPECT_EQ("[1, first] [2, two] [3, NULL] [4, four] [10, ten] [11, NULL] [12, changed]", table());
    set(stmt, SQL_ATTR_ROW_ARRAY_SIZE, 1);
    ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt));
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt, "HY109"));
    mark[0] = twelfth + 1;
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt, "HY111"));
    fetch(SQL_FETCH_LAST);
    EXPECT_EQ("4 four", seen(0));
    EXPECT_EQ("four", stmt.get(2));
    EXPECT_EQ("[1, first] [2, two] [3, NULL] [4, four] [10, ten] [11, NULL]", table());
}

// One that its transaction takes back is none any more, and no other row instead.
TEST_P(Bulk, BookmarksOfRowsTakenBack)
{
    open(1);
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    SQLUINTEGER was[2] = {};
    for (bool commits : {true, false}) {
        k[0] = commits ? 20 : 21;
        klen[0] = 0;
        put(0, "new");
        ASSERT_TRUE(clean(SQLBulkOperations(stmt, SQL_ADD), stmt));
        was[commits] = mark[0];
        ASSERT_TRUE(clean(SQLEndTran(SQL_HANDLE_DBC, dbc, commits ? SQL_COMMIT : SQL_ROLLBACK), dbc));
    }
    ASSERT_TRUE(clean(dbc.autocommit(true), dbc));
    mark[0] = was[false];
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt, "HY111"));
    mark[0] = was[true];
    EXPECT_TRUE(my() ? fails(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt, "HY111")
                     : clean(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt));
    EXPECT_EQ(std::string("[1, one] [2, two] [3, NULL] [4, four]") + (my() ? " [20, new]" : ""), table());
}

TEST_P(Bulk, OnlyWhereItIsAllowed)
{
    open(1);
    fetch(SQL_FETCH_FIRST);
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, 99), stmt, "HY092"));
    ASSERT_TRUE(clean(SQLBindCol(stmt, 0, SQL_C_VARBOOKMARK, nullptr, 0, nullptr), stmt));
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt, "HY111"));
    stmt.close();
    set(stmt, SQL_ATTR_USE_BOOKMARKS, SQL_UB_OFF);
    open(1);
    fetch(SQL_FETCH_FIRST);
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt, "HY092"));
    stmt.close();
    set(stmt, SQL_ATTR_CONCURRENCY, SQL_CONCUR_READ_ONLY);
    open(1);
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_ADD), stmt, "HY092"));
    stmt.close();
    set(stmt, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY);
    open(1);
    EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_DELETE_BY_BOOKMARK), stmt, "HYC00|HY092"));
}

} // namespace
