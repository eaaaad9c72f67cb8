// SQLTables, SQLColumns, SQLPrimaryKeys, SQLStatistics, SQLSpecialColumns, SQLGetTypeInfo. On MySQL
// databases are schemas here (NO_CATALOG); as catalogs they are looked at in mysql.cc.
#include "odbc_test.h"

#include <algorithm>
#include <map>
#include <set>

namespace
{

class Catalog : public EveryMode
{
  protected:
    std::string options() const override
    {
        return by("", "NO_CATALOG=1");
    }
    Cell catalog() const // of every table
    {
        return my() ? Cell() : Cell(env("HF_DB_DATABASE"));
    }
    // A schema of odd names, once for the whole suite.
    static void SetUpTestSuite()
    {
        Env e;
        Dbc d(e);
        ASSERT_TRUE(ok(d.open(conn_str()), d));
        Stmt s(d);
        for (const char *sql : my() ? mysqls() : postgres())
            ASSERT_TRUE(ok(s.exec(sql), s)) << sql;
    }
    static std::vector<const char *> mysqls()
    {
        return {
            "DROP DATABASE IF EXISTS hf_cat",
            "DROP DATABASE IF EXISTS \"Hf Odd's\"",
            "CREATE DATABASE hf_cat",
            "CREATE DATABASE \"Hf Odd's\"",
            "CREATE TABLE hf_cat.plain (id int AUTO_INCREMENT PRIMARY KEY, name varchar(30) NOT NULL"
            " DEFAULT 'x' COMMENT 'its name', price decimal(10,2), born date, stamp timestamp(3)"
            " NULL, note text, data mediumblob, ok bit(1), big bigint, real4 float, dbl double,"
            " u uuid, j text, c char(5), t time, arr text, INDEX plain_name (name, price DESC))"
            " COMMENT 'a plain table'",
            "CREATE TABLE hf_cat.two_keys (b int, a int, x int, PRIMARY KEY (a, b))",
            "CREATE TABLE hf_cat.nokey (x int, y int NOT NULL)",
            "CREATE UNIQUE INDEX nokey_y ON hf_cat.nokey (y)",
            "CREATE TABLE hf_cat.uniq (x int, CONSTRAINT uniq_x UNIQUE (x))",
            "CREATE VIEW hf_cat.a_view AS SELECT id, name FROM hf_cat.plain",
            "CREATE TABLE hf_cat.parted (k int, v text) PARTITION BY RANGE (k)"
            " (PARTITION parted_1 VALUES LESS THAN (9))",
            "CREATE TABLE \"Hf Odd's\".\"Mixed Case\" (\"Id\" int PRIMARY KEY, \"a b\" text,"
            " \"q\"\"uote\" int, \"it's\" int, \"gr\xc3\xbcn\" int, \"p%c_t\" int)",
            "CREATE TABLE \"Hf Odd's\".under_score (x int)",
            "CREATE TABLE \"Hf Odd's\".underXscore (x int)",
            "CREATE TABLE \"Hf Odd's\".\"\xe6\x97\xa5\xe6\x9c\xac\" (\"\xd0\x96\" int)",
            "CREATE TABLE \"Hf Odd's\".\"back\\slash\" (x int)",
        };
    }
    static std::vector<const char *> postgres()
    {
        return {
                 "DROP SCHEMA IF EXISTS hf_cat, \"Hf Odd's\" CASCADE",
                 "CREATE SCHEMA hf_cat",
                 "CREATE SCHEMA \"Hf Odd's\"",
                 "CREATE TABLE hf_cat.plain (id serial PRIMARY KEY, name varchar(30) NOT NULL"
                 " DEFAULT 'x', price numeric(10,2), born date, stamp timestamp(3), note text,"
                 " data bytea, ok boolean, big bigint, real4 real, dbl double precision, u uuid,"
                 " j jsonb, c char(5), t time, arr int[])",
                 "COMMENT ON TABLE hf_cat.plain IS 'a plain table'",
                 "COMMENT ON COLUMN hf_cat.plain.name IS 'its name'",
                 "CREATE TABLE hf_cat.two_keys (b int, a int, x int, PRIMARY KEY (a, b))",
                 "CREATE TABLE hf_cat.nokey (x int, y int NOT NULL)",
                 "CREATE UNIQUE INDEX nokey_y ON hf_cat.nokey (y)",
                 "CREATE TABLE hf_cat.uniq (x int, CONSTRAINT uniq_x UNIQUE (x))",
                 "CREATE INDEX plain_name ON hf_cat.plain (name, price DESC)",
                 "CREATE INDEX plain_expr ON hf_cat.plain (lower(name)) WHERE price > 0",
                 "CREATE VIEW hf_cat.a_view AS SELECT id, name FROM hf_cat.plain",
                 "CREATE MATERIALIZED VIEW hf_cat.a_matview AS SELECT 1 AS one",
                 "CREATE TABLE hf_cat.parted (k int, v text) PARTITION BY RANGE (k)",
                 "CREATE TABLE hf_cat.parted_1 PARTITION OF hf_cat.parted FOR VALUES FROM (0) TO "
                 "(9)",
                 "CREATE TABLE \"Hf Odd's\".\"Mixed Case\" (\"Id\" int PRIMARY KEY, \"a b\" text,"
                 " \"q\"\"uote\" int, \"it's\" int, \"gr\xc3\xbcn\" int, \"p%c_t\" int)",
                 "CREATE TABLE \"Hf Odd's\".under_score (x int)",
                 "CREATE TABLE \"Hf Odd's\".underXscore (x int)",
                 "CREATE TABLE \"Hf Odd's\".\"\xe6\x97\xa5\xe6\x9c\xac\" (\"\xd0\x96\" int)",
                 "CREATE TABLE \"Hf Odd's\".\"back\\slash\" (x int)",
        };
    }
    static void TearDownTestSuite()
    {
        Env e;
        Dbc d(e);
        ASSERT_TRUE(ok(d.open(conn_str()), d));
        Stmt s(d);
        for (const char *schema : {"hf_cat", "\"Hf Odd's\""})
            EXPECT_TRUE(ok(s.exec(std::string("DROP SCHEMA ") + schema + by(" CASCADE", "")), s));
    }
    // One column of an open result, and closes.
    std::vector<std::string> column_of(SQLUSMALLINT n)
    {
        std::vector<std::string> out;
        for (const Row &row : stmt.rest())
            out.push_back(row.at(n - 1).value_or("NULL"));
        stmt.close();
        return out;
    }
    std::string names(SQLRETURN rc, SQLUSMALLINT n)
    {
        EXPECT_TRUE(ok(rc, stmt));
        std::string out;
        if (SQL_SUCCEEDED(rc))
            for (const std::string &s : column_of(n))
                out += (out.empty() ? "" : ",") + s;
        return out;
    }
    std::string tables(Name schema, Name table, Name types = nullptr)
    {
        return names(calls.tables(stmt, nullptr, schema, table, types), 3);
    }
    std::vector<std::string> header()
    {
        std::vector<std::string> out;
        for (SQLUSMALLINT i = 1; i <= stmt.columns(); i++)
            out.push_back(stmt.column(i).name);
        return out;
    }
    void expect_header(std::vector<std::string> wanted)
    {
        std::vector<std::string> got = header();
        got.resize(std::min(got.size(), wanted.size())); // drivers may add columns
        EXPECT_EQ(wanted, got);
    }
};
ALL_MODES(Catalog);

// ---- SQLTables ----

TEST_P(Catalog, Tables)
{
    ASSERT_TRUE(ok(calls.tables(stmt, nullptr, "hf_cat", "plain", nullptr), stmt));
    expect_header({"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS"});
    std::vector<Row> rows = stmt.rest();
    ASSERT_EQ(1U, rows.size());
    EXPECT_EQ(catalog(), rows[0][0]);
    EXPECT_EQ("hf_cat", rows[0][1]);
    EXPECT_EQ("plain", rows[0][2]);
    EXPECT_EQ("TABLE", rows[0][3]);
    EXPECT_EQ("a plain table", rows[0][4].value_or("NULL"));
}

// "ordered by TABLE_TYPE, TABLE_CAT, TABLE_SCHEM, and TABLE_NAME"
TEST_P(Catalog, TablesByTypeAndOrder)
{
    EXPECT_EQ(by("nokey,parted,parted_1,plain,two_keys,uniq", "nokey,parted,plain,two_keys,uniq"), tables("hf_cat", "%", "TABLE"));
    EXPECT_EQ(by("nokey,parted,parted_1,plain,two_keys,uniq", "nokey,parted,plain,two_keys,uniq"), tables("hf_cat", nullptr, "'TABLE'"));
    EXPECT_NE(std::string::npos, ("," + tables("hf_cat", "%", "VIEW") + ",").find(",a_view,"));
    EXPECT_NE(std::string::npos, tables("hf_cat", "%", "TABLE,VIEW").find("plain"));
    EXPECT_NE(std::string::npos, tables("hf_cat", "%", "'TABLE', 'VIEW'").find("a_view"));
    EXPECT_EQ("", tables("hf_cat", "%", "NO SUCH TYPE"));
    EXPECT_EQ(tables("hf_cat", "%", "TABLE"), tables("hf_cat", "%", "Base Table")); // information_schema's word
    ASSERT_TRUE(ok(calls.tables(stmt, nullptr, "hf_cat", "%", nullptr), stmt));
    std::vector<std::string> keys;
    for (const Row &row : stmt.rest())
        keys.push_back(*row[3] + "|" + row[0].value_or("") + "|" + *row[1] + "|" + *row[2]);
    std::vector<std::string> sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, keys);
    EXPECT_GE(keys.size(), my() ? 6U : 8U);
}

TEST_P(Catalog, SystemTables)
{
    const std::string schema = by("pg_catalog", "information_schema");
    EXPECT_EQ(by("pg_class", "TABLE_PRIVILEGES"),
              tables(schema.c_str(), by("pg\\_class", "TABLE\\_P%").c_str(), "SYSTEM TABLE"));
    EXPECT_EQ("", tables(schema.c_str(), by("pg_class", "TABLES").c_str(), "TABLE"));
}

TEST_P(Catalog, Patterns)
{
    EXPECT_EQ(by("under_score,underxscore", "underXscore,under_score"), tables("Hf Odd's", "under_score"));
    EXPECT_EQ("under_score", tables("Hf Odd's", "under\\_score"));
    EXPECT_EQ("Mixed Case", tables("Hf Odd's", "M%"));
    EXPECT_EQ(my_is_mysql() ? "" : by("", "Mixed Case"), tables("Hf Odd's", "m%")); // MariaDB's catalog knows no case
    EXPECT_EQ("plain", tables("hf\\_cat", "pl%n"));
    EXPECT_EQ("\xe6\x97\xa5\xe6\x9c\xac", tables("Hf Odd's", "\xe6\x97\xa5%"));
    EXPECT_EQ("back\\slash", tables("Hf Odd's", "back\\\\slash"));
    EXPECT_EQ("", tables("no such schema", "%"));
    EXPECT_EQ("", tables("hf_cat", "it's; DROP TABLE x --"));
    EXPECT_EQ("", tables("hf_cat", ""));
    if (my())
        return;
    // The catalog: this database only.
    std::string db = env("HF_DB_DATABASE");
    EXPECT_EQ("plain", names(calls.tables(stmt, db.c_str(), "hf_cat", "plain", nullptr), 3));
    EXPECT_EQ("plain", names(calls.tables(stmt, "%", "hf_cat", "plain", nullptr), 3));
    EXPECT_EQ("", names(calls.tables(stmt, "other_database", "hf_cat", "plain", nullptr), 3));
    // No table is without a schema: "" is as good as none.
    EXPECT_EQ("two_keys", names(calls.tables(stmt, "", "", "two\\_keys", nullptr), 3));
    EXPECT_EQ("a,b", names(calls.primary_keys(stmt, "", "", "two_keys"), 4));
}

// The rows have all come: their number is known.
TEST_P(Catalog, RowCount)
{
    SQLLEN n = -2;
    ASSERT_TRUE(ok(calls.tables(stmt, nullptr, "hf_cat", "plain", nullptr), stmt));
    EXPECT_EQ(1, stmt.row_count());
    stmt.close();
    ASSERT_TRUE(ok(calls.columns(stmt, nullptr, "hf_cat", "two_keys", "%"), stmt));
    n = stmt.row_count();
    EXPECT_EQ(SQLLEN(stmt.rest().size()), n);
    stmt.close();
    ASSERT_TRUE(ok(calls.tables(stmt, nullptr, "hf_cat", "no such table", nullptr), stmt));
    EXPECT_EQ(0, stmt.row_count());
    stmt.close();
    SQLSetStmtAttr(stmt, SQL_ATTR_MAX_ROWS, reinterpret_cast<SQLPOINTER>(2), 0);
    ASSERT_TRUE(ok(calls.tables(stmt, nullptr, "hf_cat", "%", nullptr), stmt));
    EXPECT_EQ(2, stmt.row_count());
    EXPECT_EQ(2U, stmt.rest().size());
    SQLSetStmtAttr(stmt, SQL_ATTR_MAX_ROWS, nullptr, 0);
}

TEST_P(Catalog, MaterializedViewsByEitherName)
{
    for (const char *type : {"MATERIALIZED VIEW", "MATVIEW", "'TABLE', 'MATVIEW'"})
        EXPECT_EQ("a_matview", tables("hf_cat", "a_matview", type)) << type;
    EXPECT_EQ("", tables("hf_cat", "a_matview", "VIEW"));
}

// What is longer than any name can be is a mistake of the application's.
TEST_P(Catalog, NamesTooLong)
{
    const std::string longest(63, 'n'), escaped = "n" + std::string(62, 'x') + "\\_", long_name(300, 'n');
    EXPECT_EQ("", tables("hf_cat", longest.c_str()));
    EXPECT_EQ("", tables("hf_cat", escaped.c_str()));
    // A pattern may be longer than what it matches.
    EXPECT_EQ("", tables("hf_cat", std::string(999, '\\').c_str()));
    EXPECT_NE("", tables("hf_cat", std::string(999, '%').c_str()));
    const char *x = long_name.c_str();
    EXPECT_TRUE(fails(calls.tables(stmt, nullptr, "hf_cat", x, nullptr), stmt, "HY090"));
    EXPECT_TRUE(fails(calls.tables(stmt, nullptr, x, "plain", nullptr), stmt, "HY090"));
    EXPECT_TRUE(fails(calls.tables(stmt, x, "hf_cat", "plain", nullptr), stmt, "HY090"));
    EXPECT_TRUE(fails(calls.columns(stmt, nullptr, "hf_cat", "plain", x), stmt, "HY090"));
    EXPECT_TRUE(fails(calls.primary_keys(stmt, nullptr, "hf_cat", x), stmt, "HY090"));
    EXPECT_TRUE(fails(calls.foreign_keys(stmt, nullptr, nullptr, nullptr, nullptr, "hf_cat", x), stmt,
                      "HY090"));
}

// "If TableType is SQL_ALL_TABLE_TYPES and the other arguments are empty strings ..."
TEST_P(Catalog, SpecialForms)
{
    std::string types = names(calls.tables(stmt, "", "", "", "%"), 4);
    for (const char *t : {"TABLE", "VIEW", "SYSTEM TABLE"})
        EXPECT_NE(std::string::npos, ("," + types + ",").find(std::string(",") + t + ",")) << types;
    ASSERT_TRUE(ok(calls.tables(stmt, "", "", "", "%"), stmt));
    for (const Row &row : stmt.rest())
        EXPECT_FALSE(row[0] || row[1] || row[2] || row[4]) << shown(row);
    stmt.close();
    std::string catalogs = names(calls.tables(stmt, "%", "", "", nullptr), 1);
    if (my())
        EXPECT_EQ("", catalogs);
    else
        EXPECT_NE(std::string::npos, ("," + catalogs + ",").find("," + env("HF_DB_DATABASE") + ","))
            << catalogs;
    std::string schemas = names(calls.tables(stmt, "", "%", "", nullptr), 2);
    EXPECT_NE(std::string::npos, ("," + schemas + ",").find(",hf_cat,")) << schemas;
    EXPECT_NE(std::string::npos, ("," + schemas + ",").find(",Hf Odd's,")) << schemas;
}

// A pattern in capitals finds what was created under that name without quotes, unless something
// has the very name. Ordinary arguments are case significant.
TEST_P(Catalog, PatternsInCapitals)
{
    EXPECT_EQ("plain", names(calls.tables(stmt, nullptr, "HF_CAT", "PLAIN", nullptr), 3));
    EXPECT_EQ("plain", names(calls.tables(stmt, nullptr, "hf_cat", "PL_I%", nullptr), 3));
    EXPECT_EQ("", names(calls.tables(stmt, nullptr, "hf_cat", "Plain", nullptr), 3));
    EXPECT_EQ("id", names(calls.columns(stmt, nullptr, "hf_cat", "PLAIN", "ID"), 4));
    EXPECT_EQ("", names(calls.primary_keys(stmt, nullptr, "hf_cat", "PLAIN"), 4));
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE \"HF_CASE\" (a int, \"A\" int);"
                             " CREATE TEMP TABLE hf_case (b int)"),
                   stmt));
    stmt.close();
    EXPECT_EQ("HF_CASE", names(calls.tables(stmt, nullptr, nullptr, "HF_CASE", nullptr), 3));
    EXPECT_EQ("hf_case", names(calls.tables(stmt, nullptr, nullptr, "hf_case", nullptr), 3));
    EXPECT_EQ("A", names(calls.columns(stmt, nullptr, nullptr, "HF_CASE", "A"), 4));
}

// With SQL_ATTR_METADATA_ID the arguments are identifiers: case folded unless quoted, no patterns.
TEST_P(Catalog, MetadataId)
{
    SQLSetStmtAttr(stmt, SQL_ATTR_METADATA_ID, reinterpret_cast<SQLPOINTER>(SQL_TRUE), 0);
    std::string db = env("HF_DB_DATABASE");
    EXPECT_EQ("plain", names(calls.tables(stmt, db.c_str(), "HF_CAT", "Plain", ""), 3));
    EXPECT_EQ("under_score",
              names(calls.tables(stmt, db.c_str(), "\"Hf Odd's\"", "under_score", ""), 3));
    EXPECT_EQ("", names(calls.tables(stmt, db.c_str(), "hf_cat", "pl%", ""), 3));
    EXPECT_EQ("plain", names(calls.tables(stmt, db.c_str(), "hf_cat", " \"plain\" ", ""), 3));
    EXPECT_TRUE(fails(calls.columns(stmt, db.c_str(), nullptr, "plain", "id"), stmt, "HY009"));
    // Catalog names are supported, so that one is wanted too.
    EXPECT_TRUE(fails(calls.columns(stmt, nullptr, "hf_cat", "plain", "id"), stmt, "HY009"));
    EXPECT_TRUE(fails(calls.primary_keys(stmt, nullptr, "hf_cat", "plain"), stmt, "HY009"));
}

TEST_P(Catalog, LengthsAndNullPointers)
{
    char name[] = "plainXX", schema[] = "hf_catXX";
    std::u16string w = u16(name), ws = u16(schema);
    SQLRETURN rc = calls.wide
                       ? SQLTablesW(stmt, nullptr, 0, reinterpret_cast<SQLWCHAR *>(ws.data()), 6,
                                    reinterpret_cast<SQLWCHAR *>(w.data()), 5, nullptr, 0)
                       : SQLTables(stmt, nullptr, 0, reinterpret_cast<SQLCHAR *>(schema), 6,
                                   reinterpret_cast<SQLCHAR *>(name), 5, nullptr, 0);
    EXPECT_EQ("plain", names(rc, 3));
    rc = SQLTables(stmt, nullptr, 0, reinterpret_cast<SQLCHAR *>(schema), -7, nullptr, 0, nullptr,
                   0);
    EXPECT_TRUE(fails(rc, stmt, "HY090"));
    EXPECT_TRUE(fails(calls.primary_keys(stmt, nullptr, "hf_cat", nullptr), stmt, "HY009"));
    EXPECT_TRUE(fails(calls.statistics(stmt, nullptr, "hf_cat", nullptr, SQL_INDEX_ALL, SQL_QUICK),
                      stmt, "HY009"));
    EXPECT_TRUE(fails(calls.special_columns(stmt, SQL_BEST_ROWID, nullptr, "hf_cat", nullptr,
                                            SQL_SCOPE_SESSION, SQL_NULLABLE),
                      stmt, "HY009"));
}

TEST_P(Catalog, WithAnOpenCursor)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(calls.tables(stmt, nullptr, nullptr, "plain", nullptr), stmt, "24000"));
}

TEST_P(Catalog, WhileAnotherResultIsOpen)
{
    Stmt other(dbc);
    ASSERT_TRUE(ok(other.exec("SELECT generate_series(1, 10000)"), other));
    ASSERT_TRUE(ok(other.fetch(), other));
    EXPECT_EQ("plain", tables("hf_cat", "plain"));
    EXPECT_EQ(9999U, other.rest().size());
}

// ---- SQLColumns ----

TEST_P(Catalog, Columns)
{
    ASSERT_TRUE(ok(calls.columns(stmt, nullptr, "hf_cat", "plain", nullptr), stmt));
    expect_header({"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "DATA_TYPE",
                   "TYPE_NAME", "COLUMN_SIZE", "BUFFER_LENGTH", "DECIMAL_DIGITS", "NUM_PREC_RADIX",
                   "NULLABLE", "REMARKS", "COLUMN_DEF", "SQL_DATA_TYPE", "SQL_DATETIME_SUB",
                   "CHAR_OCTET_LENGTH", "ORDINAL_POSITION", "IS_NULLABLE"});
    std::vector<Row> rows = stmt.rest();
    ASSERT_EQ(16U, rows.size());
    std::map<std::string, Row> col;
    for (size_t i = 0; i < rows.size(); i++) {
        col[*rows[i][3]] = rows[i];
        EXPECT_EQ(std::to_string(i + 1), rows[i][16]); // in their order
    }
    bool w = GetParam() == Mode::W || GetParam() == Mode::AonW;
    auto type = [&](const char *name) { return std::stoi(*col[name][4]); };
    EXPECT_EQ(SQL_INTEGER, type("id"));
    EXPECT_EQ(w ? SQL_WVARCHAR : SQL_VARCHAR, type("name"));
    EXPECT_EQ(my() ? SQL_DECIMAL : SQL_NUMERIC, type("price"));
    EXPECT_EQ(SQL_TYPE_DATE, type("born"));
    EXPECT_EQ(SQL_TYPE_TIMESTAMP, type("stamp"));
    EXPECT_EQ(w ? SQL_WLONGVARCHAR : SQL_LONGVARCHAR, type("note"));
    EXPECT_EQ(SQL_LONGVARBINARY, type("data"));
    EXPECT_EQ(SQL_BIT, type("ok"));
    EXPECT_EQ(SQL_BIGINT, type("big"));
    EXPECT_EQ(SQL_REAL, type("real4"));
    EXPECT_EQ(SQL_DOUBLE, type("dbl"));
    if (!my_is_mysql()) // which has no such type
        EXPECT_EQ(SQL_GUID, type("u"));
    EXPECT_EQ(w ? SQL_WCHAR : SQL_CHAR, type("c"));
    EXPECT_EQ(SQL_TYPE_TIME, type("t"));

    EXPECT_EQ("0", col["id"][10]);
    EXPECT_EQ("NO", col["id"][17]);
    EXPECT_EQ("10", col["id"][6]);
    EXPECT_EQ("10", col["id"][9]);
    if (!my())
        EXPECT_NE(std::string::npos, col["id"][12].value_or("").find("nextval"));
    EXPECT_EQ("30", col["name"][6]);
    EXPECT_EQ("its name", col["name"][11].value_or("NULL"));
    EXPECT_NE(std::string::npos, col["name"][12].value_or("").find("'x'"));
    EXPECT_EQ("NULL", col["name"][9].value_or("NULL"));
    EXPECT_EQ("10", col["price"][6]);
    EXPECT_EQ("2", col["price"][8]);
    EXPECT_EQ("1", col["price"][10]);
    EXPECT_EQ("YES", col["price"][17]);
    EXPECT_EQ("10", col["born"][6]);
    EXPECT_EQ("9", col["born"][13]); // SQL_DATETIME
    EXPECT_EQ("1", col["born"][14]); // SQL_CODE_DATE
    EXPECT_EQ("23", col["stamp"][6]);
    EXPECT_EQ("3", col["stamp"][8]);
    EXPECT_EQ("3", col["stamp"][14]);
    EXPECT_EQ("5", col["c"][6]);
    EXPECT_EQ(by("int4", "int"), col["id"][5]);
    for (size_t i : {6, 7, 15}) // "if the driver cannot determine the column length, it returns SQL_NO_TOTAL"
        EXPECT_EQ(by("-4", "16777215"), col["data"][i]);
    // "If the column was specified as NULL, this is NULL, unquoted; without a default it is NULL."
    EXPECT_TRUE(!col["price"][12] || col["price"][12] == "NULL");
    // The octet length of text covers its characters.
    EXPECT_GE(std::stoi(col["name"][15].value_or("0")), 30);
    EXPECT_EQ("NULL", col["id"][15].value_or("NULL"));
}

// What SQLColumns says of a column is what a query of it says.
TEST_P(Catalog, ColumnsAgreeWithQueries)
{
    ASSERT_TRUE(ok(calls.columns(stmt, nullptr, "hf_cat", "plain", "%"), stmt));
    std::vector<Row> rows = stmt.rest();
    stmt.close();
    ASSERT_TRUE(ok(stmt.exec("SELECT * FROM hf_cat.plain"), stmt));
    for (size_t i = 0; i < rows.size(); i++) {
        Column c = stmt.column(SQLUSMALLINT(i + 1));
        EXPECT_EQ(c.name, rows[i][3]);
        EXPECT_EQ(c.type, std::stoi(*rows[i][4])) << c.name;
        // A size that is not known is 0 here, and SQL_NO_TOTAL there for bytes.
        EXPECT_EQ(c.size, SQLULEN(std::max(0LL, std::stoll(rows[i][6].value_or("0"))))) << c.name;
        EXPECT_EQ(c.digits, std::stoi(rows[i][8].value_or("0"))) << c.name;
    }
}

TEST_P(Catalog, ColumnsOfOddNames)
{
    EXPECT_EQ("Id,a b,q\"uote,it's,gr\xc3\xbcn,p%c_t",
              names(calls.columns(stmt, nullptr, "Hf Odd's", "Mixed Case", nullptr), 4));
    EXPECT_EQ("p%c_t", names(calls.columns(stmt, nullptr, "Hf Odd's", "%", "p\\%c\\_t"), 4));
    EXPECT_EQ("it's", names(calls.columns(stmt, nullptr, "Hf%", "Mixed%", "it's"), 4));
    EXPECT_EQ("gr\xc3\xbcn", names(calls.columns(stmt, nullptr, my() ? "Hf Odd's" : nullptr, "Mixed Case", "gr_n"), 4));
    EXPECT_EQ("\xd0\x96",
              names(calls.columns(stmt, nullptr, "Hf Odd's", "\xe6\x97\xa5\xe6\x9c\xac", "%"), 4));
    EXPECT_EQ("", names(calls.columns(stmt, nullptr, "hf_cat", "no_such_table", "%"), 4));
    EXPECT_EQ("id,name", names(calls.columns(stmt, nullptr, "hf_cat", "a_view", nullptr), 4));
    EXPECT_EQ("k,v", names(calls.columns(stmt, nullptr, "hf_cat", "parted", nullptr), 4));
}

TEST_P(Catalog, DroppedColumnsAreGone)
{
    Stmt s(dbc);
    ASSERT_TRUE(ok(s.exec(by("CREATE TEMP", "CREATE") + " TABLE hf_dropped (a int, b int, c int)"), s));
    ASSERT_TRUE(ok(s.exec("ALTER TABLE hf_dropped DROP COLUMN b"), s));
    EXPECT_EQ("a,c", names(calls.columns(stmt, nullptr, nullptr, "hf\\_dropped", nullptr), 4));
    // "starting at 1"; without gaps or with PostgreSQL's own numbers, but ascending.
    ASSERT_TRUE(ok(calls.columns(stmt, nullptr, nullptr, "hf\\_dropped", nullptr), stmt));
    std::vector<std::string> n = column_of(17);
    EXPECT_EQ("1", n.at(0));
    EXPECT_TRUE(n.at(1) == "2" || n.at(1) == "3") << n.at(1);
    EXPECT_TRUE(ok(s.exec("DROP TABLE hf_dropped"), s));
}

// ---- SQLPrimaryKeys ----

TEST_P(Catalog, PrimaryKeys)
{
    ASSERT_TRUE(ok(calls.primary_keys(stmt, nullptr, "hf_cat", "two_keys"), stmt));
    expect_header({"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "KEY_SEQ", "PK_NAME"});
    std::vector<Row> rows = stmt.rest();
    ASSERT_EQ(2U, rows.size());
    EXPECT_EQ("a", rows[0][3]);
    EXPECT_EQ("1", rows[0][4]);
    EXPECT_EQ("b", rows[1][3]);
    EXPECT_EQ("2", rows[1][4]);
    EXPECT_EQ(by("two_keys_pkey", "PRIMARY"), rows[0][5]);
    stmt.close();
    EXPECT_EQ("", names(calls.primary_keys(stmt, nullptr, "hf_cat", "nokey"), 4));
    EXPECT_EQ("", names(calls.primary_keys(stmt, nullptr, "hf_cat", "two%"), 4)); // no patterns
    EXPECT_EQ("Id", names(calls.primary_keys(stmt, nullptr, "Hf Odd's", "Mixed Case"), 4));
    EXPECT_EQ("id",
              names(calls.primary_keys(stmt, my() ? nullptr : env("HF_DB_DATABASE").c_str(),
                                       "hf_cat", "plain"),
                    4));
    if (my())
        return;
    // An INCLUDE column is no key.
    Stmt s(dbc);
    ASSERT_TRUE(
        ok(s.exec("CREATE TEMP TABLE hf_include (a int, b int, PRIMARY KEY (a) INCLUDE (b))"), s));
    EXPECT_EQ("a", names(calls.primary_keys(stmt, nullptr, nullptr, "hf_include"), 4));
}

// ---- SQLStatistics ----

TEST_P(Catalog, Statistics)
{
    ASSERT_TRUE(
        ok(calls.statistics(stmt, nullptr, "hf_cat", "plain", SQL_INDEX_ALL, SQL_QUICK), stmt));
    expect_header({"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "NON_UNIQUE", "INDEX_QUALIFIER",
                   "INDEX_NAME", "TYPE", "ORDINAL_POSITION", "COLUMN_NAME", "ASC_OR_DESC",
                   "CARDINALITY", "PAGES", "FILTER_CONDITION"});
    std::vector<Row> rows = stmt.rest();
    std::string seen;
    bool filter = false;
    for (const Row &r : rows) {
        if (r[6] == "0") { // SQL_TABLE_STAT
            EXPECT_FALSE(r[3] || r[5] || r[8]) << shown(r);
            continue;
        }
        seen += *r[5] + ":" + *r[7] + ":" + r[8].value_or("") + ":" + r[9].value_or("") + ":" +
                *r[3] + "\n";
        filter = filter ||
                 (r[5] == "plain_expr" && r[12].value_or("").find("price") != std::string::npos);
    }
    EXPECT_NE(std::string::npos, seen.find(by("plain_pkey", "PRIMARY") + ":1:id:A:0")) << seen;
    EXPECT_NE(std::string::npos, seen.find("plain_name:1:name:A:1")) << seen;
    EXPECT_NE(std::string::npos, seen.find("plain_name:2:price:D:1")) << seen;
    if (!my()) {
        EXPECT_NE(std::string::npos, seen.find("plain_expr:1:")) << seen;
        EXPECT_TRUE(filter) << shown(rows);
    }
    stmt.close();
    std::string unique =
        names(calls.statistics(stmt, nullptr, "hf_cat", "plain", SQL_INDEX_UNIQUE, SQL_QUICK), 6);
    EXPECT_NE(std::string::npos, unique.find(by("plain_pkey", "PRIMARY")));
    EXPECT_EQ(std::string::npos, unique.find("plain_name"));
    EXPECT_TRUE(
        fails(calls.statistics(stmt, nullptr, "hf_cat", "plain", 77, SQL_QUICK), stmt, "HY100"));
    EXPECT_TRUE(fails(calls.statistics(stmt, nullptr, "hf_cat", "plain", SQL_INDEX_ALL, 77), stmt,
                      "HY101"));
    EXPECT_EQ("",
              names(calls.statistics(stmt, nullptr, "hf_cat", "nix", SQL_INDEX_ALL, SQL_QUICK), 6));
}

// ---- SQLSpecialColumns ----

TEST_P(Catalog, SpecialColumns)
{
    ASSERT_TRUE(ok(calls.special_columns(stmt, SQL_BEST_ROWID, nullptr, "hf_cat", "two_keys",
                                         SQL_SCOPE_SESSION, SQL_NULLABLE),
                   stmt));
    expect_header({"SCOPE", "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "BUFFER_LENGTH",
                   "DECIMAL_DIGITS", "PSEUDO_COLUMN"});
    std::vector<Row> rows = stmt.rest();
    ASSERT_EQ(2U, rows.size()) << shown(rows);
    std::set<std::string> got = {*rows[0][1], *rows[1][1]};
    EXPECT_EQ((std::set<std::string>{"a", "b"}), got);
    EXPECT_EQ("4", rows[0][2]);
    EXPECT_EQ("2", rows[0][0]); // SQL_SCOPE_SESSION
    EXPECT_EQ("1", rows[0][7]); // SQL_PC_NOT_PSEUDO
    stmt.close();
    // Without a primary key: a unique index that has no NULLs.
    EXPECT_EQ("y", names(calls.special_columns(stmt, SQL_BEST_ROWID, nullptr, "hf_cat", "nokey",
                                               SQL_SCOPE_SESSION, SQL_NO_NULLS),
                         2));
    // A nullable unique column only when NULLs are allowed.
    EXPECT_EQ("", names(calls.special_columns(stmt, SQL_BEST_ROWID, nullptr, "hf_cat", "uniq",
                                              SQL_SCOPE_SESSION, SQL_NO_NULLS),
                        2));
    // The version of a row.
    std::string v = names(calls.special_columns(stmt, SQL_ROWVER, nullptr, "hf_cat", "plain",
                                                SQL_SCOPE_CURROW, SQL_NULLABLE),
                          2);
    EXPECT_TRUE(v.empty() || v == "xmin") << v;
    EXPECT_TRUE(fails(calls.special_columns(stmt, 77, nullptr, "hf_cat", "plain", SQL_SCOPE_SESSION,
                                            SQL_NULLABLE),
                      stmt, "HY097"));
    EXPECT_TRUE(fails(
        calls.special_columns(stmt, SQL_BEST_ROWID, nullptr, "hf_cat", "plain", 77, SQL_NULLABLE),
        stmt, "HY098"));
    EXPECT_TRUE(fails(calls.special_columns(stmt, SQL_BEST_ROWID, nullptr, "hf_cat", "plain",
                                            SQL_SCOPE_SESSION, 77),
                      stmt, "HY099"));
}

// ---- SQLGetTypeInfo ----

TEST_P(Catalog, TypeInfo)
{
    ASSERT_TRUE(ok(calls.type_info(stmt, SQL_ALL_TYPES), stmt));
    expect_header({"TYPE_NAME", "DATA_TYPE", "COLUMN_SIZE", "LITERAL_PREFIX", "LITERAL_SUFFIX",
                   "CREATE_PARAMS", "NULLABLE", "CASE_SENSITIVE", "SEARCHABLE",
                   "UNSIGNED_ATTRIBUTE", "FIXED_PREC_SCALE", "AUTO_UNIQUE_VALUE", "LOCAL_TYPE_NAME",
                   "MINIMUM_SCALE", "MAXIMUM_SCALE", "SQL_DATA_TYPE", "SQL_DATETIME_SUB",
                   "NUM_PREC_RADIX", "INTERVAL_PRECISION"});
    std::vector<Row> rows = stmt.rest();
    stmt.close();
    ASSERT_GE(rows.size(), 15U);
    int last = -1000;
    std::set<int> types;
    for (const Row &r : rows) {
        int type = std::stoi(*r[1]);
        EXPECT_GE(type, last) << "ordered by DATA_TYPE: " << shown(r);
        last = type;
        types.insert(type);
    }
    bool w = GetParam() == Mode::W || GetParam() == Mode::AonW;
    for (int t : {SQL_BIT, SQL_SMALLINT, SQL_INTEGER, SQL_BIGINT, SQL_REAL, SQL_DOUBLE, SQL_NUMERIC,
                  SQL_TYPE_DATE, SQL_TYPE_TIME, SQL_TYPE_TIMESTAMP, SQL_LONGVARBINARY,
                  my() ? SQL_TINYINT : SQL_GUID,
                  w ? SQL_WVARCHAR : SQL_VARCHAR, w ? SQL_WCHAR : SQL_CHAR})
        EXPECT_TRUE(types.count(t)) << t;
}

// Each name can be used in CREATE TABLE; the column is then of the type that one of its rows says
// (a name may stand for several types: numeric for SQL_DECIMAL and SQL_NUMERIC), and the name is
// what SQLColAttribute and SQLColumns call it.
TEST_P(Catalog, TypeInfoCanBeUsed)
{
    ASSERT_TRUE(ok(calls.type_info(stmt, SQL_ALL_TYPES), stmt));
    std::vector<Row> rows = stmt.rest();
    stmt.close();
    std::map<std::string, std::set<SQLSMALLINT>> types;
    for (const Row &r : rows)
        types[*r[0]].insert(SQLSMALLINT(std::stoi(*r[1])));
    for (const Row &r : rows) {
        std::string name = *r[0];
        if (name.find("serial") != std::string::npos)
            continue;
        std::string sql = by("CREATE TEMP", "CREATE OR REPLACE") + " TABLE hf_type (x " + name;
        if (r[5])
            sql += r[5]->find(',') != std::string::npos ? "(9,2)" : "(5)";
        Stmt s(dbc);
        ASSERT_TRUE(ok(s.exec(sql + ")"), s)) << shown(r);
        ASSERT_TRUE(ok(s.exec("SELECT x FROM hf_type"), s));
        EXPECT_TRUE(types[name].count(s.column(1).type)) << s.column(1).type << " " << shown(r);
        EXPECT_EQ(name, s.text(1, SQL_DESC_TYPE_NAME));
        s.close();
        EXPECT_EQ(name, names(calls.columns(stmt, nullptr, nullptr, "hf\\_type", nullptr), 6));
        ASSERT_TRUE(ok(s.exec("DROP TABLE hf_type"), s));
    }
}

// Programs make tables of what they read here: a column of every type, each as large as it may be.
TEST_P(Catalog, TypeInfoMakesOneTable)
{
    ASSERT_TRUE(ok(calls.type_info(stmt, SQL_ALL_TYPES), stmt));
    std::string sql;
    int n = 0;
    for (const Row &r : stmt.rest()) {
        std::string params = r[5].value_or(""), size = r[2].value_or("");
        if (r[11].value_or("0") == "1" || params == "values")
            continue;
        sql += (n ? ", c" : "c") + std::to_string(n) + " " + *r[0];
        n++;
        if (params.find("length") != std::string::npos)
            sql += "(" + size + ")";
        else if (params == "precision,scale")
            sql += "(" + size + ",0)";
    }
    stmt.close();
    EXPECT_TRUE(ok(stmt.exec("CREATE TEMPORARY TABLE hf_types (" + sql + ")"), stmt)) << sql;
}

TEST_P(Catalog, TypeInfoOfOneType)
{
    EXPECT_EQ("4", names(calls.type_info(stmt, SQL_INTEGER), 2).substr(0, 1));
    std::string dates = names(calls.type_info(stmt, SQL_TYPE_DATE), 2);
    EXPECT_EQ("91", dates);
    EXPECT_TRUE(fails(calls.type_info(stmt, 12345), stmt, "HY004"));
    ASSERT_TRUE(ok(calls.type_info(stmt, SQL_INTERVAL_YEAR), stmt)); // not there: no rows
    stmt.close();
}

} // namespace
