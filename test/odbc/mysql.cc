// What is MySQL's and MariaDB's own: types, catalogs, sql_mode, options. Not run for PostgreSQL.
#include "odbc_test.h"

#include <cstring>

namespace
{

class MySql : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        run("CREATE DATABASE IF NOT EXISTS app");
        run("DROP TABLE IF EXISTS app.hf_child, app.hf_types, app.hf_odd, app.hf_nokey");
        run("CREATE TABLE app.hf_types (id int AUTO_INCREMENT PRIMARY KEY, ti tinyint,"
            " tu tinyint unsigned, si smallint, mi mediumint, bu bigint unsigned, f float, d double,"
            " n decimal(12,4), b1 bit(1), b12 bit(12), dt date, t time(3), ts datetime(6), y year,"
            " c char(5), v varchar(30) NOT NULL DEFAULT 'x' COMMENT 'its name', bin binary(4),"
            " vb varbinary(10), bl blob, tx text, e enum('a','b'), s set('x','y'), j json,"
            " INDEX v_n (v, n DESC)) COMMENT 'a table'");
        run("CREATE TABLE app.hf_nokey (x int, y int NOT NULL, UNIQUE KEY y_key (y), UNIQUE (x))");
        run("CREATE TABLE app.hf_odd (`a%b_c\\d|e` int, `it's` int, `q\"u``o` int)");
    }
    void TearDown() override
    {
        stmt.close();
        run("DROP TABLE IF EXISTS app.hf_types, app.hf_odd, app.hf_nokey");
        EveryMode::TearDown();
    }
    void run(const std::string &sql)
    {
        EXPECT_TRUE(ok(stmt.exec(sql), stmt)) << sql;
        stmt.close();
    }
    std::vector<Row> result(SQLRETURN rc)
    {
        EXPECT_TRUE(ok(rc, stmt));
        auto rows = stmt.rest();
        stmt.close();
        return rows;
    }
    std::string names(SQLRETURN rc, size_t column)
    {
        std::string all;
        for (const Row &r : result(rc))
            all += (all.empty() ? "" : ",") + r[column - 1].value_or("NULL");
        return all;
    }
};

const char *const INSERT =
    "INSERT INTO hf_types (ti, tu, si, mi, bu, f, d, n, b1, b12, dt, t, ts, y, c, v, bin, vb, bl,"
    " tx, e, s, j) VALUES (-128, 255, -32768, 8388607, 18446744073709551615, 1.5, 0.1, -12345.6789,"
    " 1, 2049, '2024-02-29', '-12:34:56.789', '2024-02-29 23:59:58.123456', 2024, 'ab', 'grün',"
    " 'xy', x'00ff', x'0001ff', 'text', 'b', 'x,y', '{\"a\": 1}')";
const char *const COLUMNS =
    "ti, tu, si, mi, bu, f, d, n, b1, b12, dt, t, ts, y, c, v, bin, vb, bl, tx, e, s, j";

// The same in the text protocol and in the binary one.
TEST_P(MySql, ValuesOfBothProtocols)
{
    const Row wanted = {"-128", "255", "-32768", "8388607", "18446744073709551615", "1.5", "0.1",
                        "-12345.6789", "1", "0801", "2024-02-29", "-12:34:56.789",
                        "2024-02-29 23:59:58.123456", "2024", "ab", "grün", "78790000", "00FF",
                        "0001FF", "text", "b", "x,y", "{\"a\": 1}"};
    run(INSERT);
    std::string sql = std::string("SELECT ") + COLUMNS + " FROM hf_types";
    ASSERT_TRUE(ok(stmt.exec(sql), stmt));
    EXPECT_EQ(shown(std::vector<Row>{wanted}), shown(stmt.rest()));
    stmt.close();
    ASSERT_TRUE(ok(stmt.prepare(sql), stmt));
    for (int i = 0; i < 2; i++) {
        ASSERT_TRUE(ok(stmt.execute(), stmt));
        EXPECT_EQ(shown(std::vector<Row>{wanted}), shown(stmt.rest()));
        stmt.close();
    }
}

TEST_P(MySql, NativeTypesOfBothProtocols)
{
    run(INSERT);
    for (bool binary : {false, true}) {
        SCOPED_TRACE(binary);
        std::string sql = "SELECT ti, bu, d, f, n, dt, ts, b1 FROM hf_types WHERE 1 = 1";
        if (binary) {
            ASSERT_TRUE(ok(stmt.prepare(sql), stmt));
            ASSERT_TRUE(ok(stmt.execute(), stmt));
        } else {
            ASSERT_TRUE(ok(stmt.exec(sql), stmt));
        }
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        SQLSCHAR ti = 0;
        SQLUBIGINT bu = 0;
        SQLBIGINT b = 0;
        double d = 0;
        float f = 0;
        SQL_NUMERIC_STRUCT n = {};
        SQL_DATE_STRUCT dt = {};
        SQL_TIMESTAMP_STRUCT ts = {};
        SQLCHAR bit = 0;
        SQLLEN ind = 0;
        EXPECT_TRUE(clean(stmt.get(1, SQL_C_STINYINT, &ti, &ind), stmt));
        EXPECT_EQ(-128, ti);
        EXPECT_TRUE(fails(stmt.get(2, SQL_C_SBIGINT, &b, &ind), stmt, "22003"));
        EXPECT_TRUE(clean(stmt.get(2, SQL_C_UBIGINT, &bu, &ind), stmt));
        EXPECT_EQ(UINT64_MAX, bu);
        EXPECT_TRUE(clean(stmt.get(3, SQL_C_DOUBLE, &d, &ind), stmt));
        EXPECT_EQ(0.1, d);
        EXPECT_TRUE(clean(stmt.get(4, SQL_C_FLOAT, &f, &ind), stmt));
        EXPECT_EQ(1.5F, f);
        EXPECT_TRUE(ok(stmt.get(5, SQL_C_NUMERIC, &n, &ind), stmt));
        EXPECT_EQ(0, n.sign);
        EXPECT_TRUE(clean(stmt.get(6, SQL_C_TYPE_DATE, &dt, &ind), stmt));
        EXPECT_EQ(29, dt.day);
        EXPECT_TRUE(clean(stmt.get(7, SQL_C_TYPE_TIMESTAMP, &ts, &ind), stmt));
        EXPECT_EQ(123456000U, ts.fraction);
        EXPECT_TRUE(clean(stmt.get(8, SQL_C_BIT, &bit, &ind), stmt));
        EXPECT_EQ(1, bit);
        stmt.close();
    }
}

TEST_P(MySql, ParametersOfEveryKind)
{
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_types (bu, d, n, dt, ts, v, vb, b1)"
                                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
                   stmt));
    SQLUBIGINT bu = UINT64_MAX;
    double d = 0.1;
    char n[] = "-12.5", v[] = "it's \\ \"quoted\"";
    SQL_DATE_STRUCT dt = {2024, 2, 29};
    SQL_TIMESTAMP_STRUCT ts = {2024, 2, 29, 1, 2, 3, 456000000};
    unsigned char vb[] = {0, 0xff, '\'', '\\'}, bit = 1;
    SQLLEN nts = SQL_NTS, four = 4, zero = 0;
    SQLHSTMT h = stmt;
    auto bind = [&](SQLUSMALLINT i, SQLSMALLINT c, SQLSMALLINT t, SQLULEN size, SQLSMALLINT digits,
                    void *p, SQLLEN *ind) {
        EXPECT_TRUE(clean(SQLBindParameter(h, i, SQL_PARAM_INPUT, c, t, size, digits, p, 0, ind),
                          stmt));
    };
    bind(1, SQL_C_UBIGINT, SQL_BIGINT, 20, 0, &bu, &zero);
    bind(2, SQL_C_DOUBLE, SQL_DOUBLE, 15, 0, &d, &zero);
    bind(3, SQL_C_CHAR, SQL_DECIMAL, 12, 4, n, &nts);
    bind(4, SQL_C_TYPE_DATE, SQL_TYPE_DATE, 10, 0, &dt, &zero);
    bind(5, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 26, 6, &ts, &zero);
    bind(6, SQL_C_CHAR, SQL_VARCHAR, 30, 0, v, &nts);
    bind(7, SQL_C_BINARY, SQL_VARBINARY, 10, 0, vb, &four);
    bind(8, SQL_C_BIT, SQL_BIT, 1, 0, &bit, &zero);
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(1, stmt.row_count());
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    EXPECT_EQ(shown(std::vector<Row>{Row{"18446744073709551615", "0.1", "-12.5000", "2024-02-29",
                         "2024-02-29 01:02:03.456000", v, "00FF275C", "1"}}),
              shown(stmt.rows("SELECT bu, d, n, dt, ts, v, vb, b1 FROM hf_types")));
}

// A comparison with text would be one of floating point numbers.
TEST_P(MySql, BigNumbersAreComparedAsNumbers)
{
    SQLBIGINT big = 9007199254740993;
    SQLLEN ind = 0;
    run("INSERT INTO hf_types (bu) VALUES (9007199254740992)");
    ASSERT_TRUE(ok(stmt.prepare("SELECT COUNT(*) FROM hf_types WHERE bu = ?"), stmt));
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 19, 0, &big,
                                    0, &ind),
                   stmt));
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ(shown(std::vector<Row>{Row{"0"}}), shown(stmt.rest()));
}

TEST_P(MySql, Descriptions)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT id, tu, n, v, b1, bl FROM hf_types"), stmt));
    EXPECT_EQ(SQL_INTEGER, stmt.column(1).type);
    EXPECT_EQ(SQL_NO_NULLS, stmt.column(1).nullable);
    EXPECT_EQ(SQL_TRUE, stmt.number(1, SQL_DESC_AUTO_UNIQUE_VALUE));
    EXPECT_EQ(SQL_TRUE, stmt.number(2, SQL_DESC_UNSIGNED));
    EXPECT_EQ(SQL_DECIMAL, stmt.column(3).type);
    EXPECT_EQ(12U, stmt.column(3).size);
    EXPECT_EQ(4, stmt.column(3).digits);
    EXPECT_EQ(30U, stmt.column(4).size);
    EXPECT_EQ(SQL_BIT, stmt.column(5).type);
    EXPECT_EQ(SQL_LONGVARBINARY, stmt.column(6).type);
    EXPECT_EQ("hf_types", stmt.text(4, SQL_DESC_BASE_TABLE_NAME));
}

TEST_P(MySql, Tables)
{
    EXPECT_EQ("hf_types", names(calls.tables(stmt, nullptr, nullptr, "hf_types", nullptr), 3));
    EXPECT_EQ("hf_types", names(calls.tables(stmt, "app", "", "hf\\_types", "'TABLE'"), 3));
    EXPECT_EQ("", names(calls.tables(stmt, "app", nullptr, "hf_types", "VIEW"), 3));
    EXPECT_EQ("", names(calls.tables(stmt, "mysql", nullptr, "hf_types", nullptr), 3));
    EXPECT_EQ("", names(calls.tables(stmt, nullptr, "dbo", "hf_types", nullptr), 3));
    EXPECT_EQ("hf_nokey,hf_odd,hf_types",
              names(calls.tables(stmt, nullptr, "%", "hf\\_%", nullptr), 3));
    auto rows = result(calls.tables(stmt, nullptr, nullptr, "hf_types", nullptr));
    EXPECT_EQ(shown(std::vector<Row>{Row{"app", std::nullopt, "hf_types", "TABLE", "a table"}}), shown(rows));
    std::string catalogs = names(calls.tables(stmt, "%", "", "", nullptr), 1);
    EXPECT_NE(std::string::npos, ("," + catalogs + ",").find(",app,")) << catalogs;
    EXPECT_EQ("", names(calls.tables(stmt, "", "%", "", nullptr), 2));
    EXPECT_EQ("SEQUENCE,SYSTEM TABLE,TABLE,VIEW",
              names(calls.tables(stmt, "", "", "", "%"), 4));
}

// "An empty string": what has no catalog, and everything has one.
TEST_P(MySql, NoTableWithoutCatalog)
{
    EXPECT_EQ("", names(calls.tables(stmt, "", nullptr, "hf_types", nullptr), 3));
    EXPECT_EQ("", names(calls.columns(stmt, "", nullptr, "hf_types", "%"), 4));
    EXPECT_EQ("", names(calls.primary_keys(stmt, "", nullptr, "hf_types"), 4));
    EXPECT_EQ("", names(calls.statistics(stmt, "", nullptr, "hf_types", SQL_INDEX_ALL, SQL_QUICK), 6));
    EXPECT_EQ("", names(calls.special_columns(stmt, SQL_BEST_ROWID, "", nullptr, "hf_types",
                                              SQL_SCOPE_SESSION, SQL_NULLABLE),
                        2));
}

// What a table can be made with is told with the sizes that its columns have then.
TEST_P(MySql, SizesOfTypes)
{
    std::map<std::string, std::string> sizes;
    for (const Row &r : result(calls.type_info(stmt, SQL_ALL_TYPES)))
        sizes[*r[0]] = r[2].value_or("NULL");
    EXPECT_EQ("65", sizes["decimal"]);
    EXPECT_EQ("65", sizes["numeric"]);
    EXPECT_EQ("10", sizes["int"]);
    EXPECT_EQ("8", sizes["mediumint unsigned"]);
    EXPECT_EQ("4", sizes["year"]);
    ASSERT_TRUE(ok(stmt.exec("SELECT mi, y, si, bu FROM hf_types"), stmt));
    EXPECT_EQ(9, stmt.number(1, SQL_DESC_DISPLAY_SIZE)); // the sign
    EXPECT_EQ(4, stmt.number(2, SQL_DESC_DISPLAY_SIZE));
    EXPECT_EQ(6, stmt.number(3, SQL_DESC_DISPLAY_SIZE));
    EXPECT_EQ(20, stmt.number(4, SQL_DESC_DISPLAY_SIZE));
}

TEST_P(MySql, NamesAreNoPatternsByAccident)
{
    EXPECT_EQ("a%b_c\\d|e", names(calls.columns(stmt, nullptr, nullptr, "hf_odd",
                                                "a\\%b\\_c\\\\d|e"),
                                  4));
    EXPECT_EQ("it's", names(calls.columns(stmt, nullptr, nullptr, "hf_odd", "it's"), 4));
    EXPECT_EQ("q\"u`o", names(calls.columns(stmt, nullptr, nullptr, "hf_odd", "q%"), 4));
    EXPECT_EQ("", names(calls.columns(stmt, nullptr, nullptr, "hf\\%odd", nullptr), 4));
    // Nor do they depend on the session's collation.
    run("SET collation_connection = utf8mb4_unicode_520_ci");
    EXPECT_EQ("hf_types", names(calls.tables(stmt, "app", "%", "hf\\_types", "TABLE"), 3));
    EXPECT_EQ("", names(calls.tables(stmt, "app", "dbo", "hf_types", nullptr), 3));
    EXPECT_EQ("", names(calls.tables(stmt, "app", "d%", "hf_types", nullptr), 3));
    EXPECT_EQ("it's", names(calls.columns(stmt, "app", "", "hf_odd", "it's"), 4));
    EXPECT_EQ("", names(calls.primary_keys(stmt, "app", "dbo", "hf_types"), 4));
    EXPECT_EQ("", names(calls.procedures(stmt, "app", "d%", "%"), 3));
}

TEST_P(MySql, Columns)
{
    auto rows = result(calls.columns(stmt, nullptr, nullptr, "hf_types", "v"));
    ASSERT_EQ(1U, rows.size());
    EXPECT_EQ("app", rows[0][0]);
    EXPECT_EQ("varchar", rows[0][5]);
    EXPECT_EQ("30", rows[0][6]);
    EXPECT_EQ("0", rows[0][10]);
    EXPECT_EQ("its name", rows[0][11]);
    EXPECT_EQ("'x'", rows[0][12]);
    EXPECT_EQ("17", rows[0][16]);
    EXPECT_EQ("NO", rows[0][17]);
    rows = result(calls.columns(stmt, nullptr, nullptr, "hf_types", "t_"));
    ASSERT_EQ(4U, rows.size()); // ti tu ts tx
    EXPECT_EQ("tinyint unsigned", rows[1][5]);
    EXPECT_EQ("6", rows[2][8]); // DECIMAL_DIGITS of ts
    // As the result of a SELECT says.
    rows = result(calls.columns(stmt, nullptr, nullptr, "hf_types", nullptr));
    ASSERT_TRUE(ok(stmt.exec("SELECT * FROM hf_types"), stmt));
    ASSERT_EQ(SQLSMALLINT(rows.size()), stmt.columns());
    for (size_t i = 0; i < rows.size(); i++) {
        Column c = stmt.column(SQLUSMALLINT(i + 1));
        if (rows[i][3] == "j") // MariaDB's JSON is a longtext
            continue;
        EXPECT_EQ(rows[i][4], std::to_string(c.type)) << c.name;
        EXPECT_EQ(rows[i][6], std::to_string(c.size)) << c.name;
    }
}

// With SQL_ATTR_METADATA_ID the arguments are identifiers; there is no schema to give.
TEST_P(MySql, MetadataId)
{
    SQLSetStmtAttr(stmt, SQL_ATTR_METADATA_ID, reinterpret_cast<SQLPOINTER>(SQL_TRUE), 0);
    EXPECT_EQ("hf_types", names(calls.tables(stmt, "app", nullptr, "hf_types", ""), 3));
    EXPECT_EQ("hf_types", names(calls.tables(stmt, "app", "", " `hf_types` ", ""), 3));
    EXPECT_EQ("", names(calls.tables(stmt, "app", nullptr, "hf%", ""), 3));
    EXPECT_EQ("q\"u`o", names(calls.columns(stmt, "app", nullptr, "hf_odd", "`q\"u``o`"), 4));
    EXPECT_TRUE(fails(calls.columns(stmt, nullptr, nullptr, "hf_types", "id"), stmt, "HY009"));
    SQLSetStmtAttr(stmt, SQL_ATTR_METADATA_ID, reinterpret_cast<SQLPOINTER>(SQL_FALSE), 0);
}

TEST_P(MySql, KeysAndIndexes)
{
    EXPECT_EQ("id", names(calls.primary_keys(stmt, "app", nullptr, "hf_types"), 4));
    EXPECT_EQ("", names(calls.primary_keys(stmt, nullptr, nullptr, "hf_nokey"), 4));
    EXPECT_EQ("PRIMARY,v_n,v_n",
              names(calls.statistics(stmt, nullptr, nullptr, "hf_types", SQL_INDEX_ALL, SQL_QUICK),
                    6));
    EXPECT_EQ("PRIMARY", names(calls.statistics(stmt, nullptr, nullptr, "hf_types",
                                                SQL_INDEX_UNIQUE, SQL_QUICK),
                               6));
    EXPECT_EQ("id", names(calls.special_columns(stmt, SQL_BEST_ROWID, nullptr, nullptr, "hf_types",
                                                SQL_SCOPE_SESSION, SQL_NULLABLE),
                          2));
    EXPECT_EQ("y", names(calls.special_columns(stmt, SQL_BEST_ROWID, nullptr, nullptr, "hf_nokey",
                                               SQL_SCOPE_SESSION, SQL_NULLABLE),
                         2));
}

TEST_P(MySql, CurrentCatalog)
{
    std::string name;
    ASSERT_TRUE(clean(calls.set_dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, "information_schema"), dbc));
    EXPECT_EQ("information_schema", stmt.value("SELECT DATABASE()"));
    ASSERT_TRUE(clean(calls.dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, &name), dbc));
    EXPECT_EQ("information_schema", name);
    EXPECT_TRUE(fails(calls.set_dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, "no`such"), dbc,
                      "42000|3D000"));
    ASSERT_TRUE(clean(calls.dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, &name), dbc));
    EXPECT_EQ("information_schema", name);
    ASSERT_TRUE(clean(calls.set_dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, "app"), dbc));
    EXPECT_EQ("hf_types", names(calls.tables(stmt, nullptr, nullptr, "hf_types", nullptr), 3));
    run("USE information_schema");
    ASSERT_TRUE(clean(calls.dbc_text(dbc, SQL_ATTR_CURRENT_CATALOG, &name), dbc));
    EXPECT_EQ("information_schema", name);
    run("USE app");
}

// How literals are read follows sql_mode: what looks like a marker inside one is none.
TEST_P(MySql, SqlModes)
{
    run("SET SESSION sql_mode = ''");
    EXPECT_EQ("\\'?", stmt.value("SELECT '\\\\\\'?'"));
    EXPECT_EQ("a?b", stmt.value("SELECT \"a?b\""));
    run("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'");
    SQLINTEGER seven = 7;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0,
                                    &seven, 0, &ind),
                   stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT '\\', ?, 'a%b' LIKE 'a!%b' {escape '!'},"
                             " 'a%b' LIKE 'a\\%b' {escape '\\'}"),
                   stmt));
    EXPECT_EQ(shown(std::vector<Row>{Row{"\\", "7", "1", "1"}}), shown(stmt.rest()));
    stmt.close();
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    run("SET SESSION sql_mode = 'ANSI_QUOTES'");
    EXPECT_EQ("1", stmt.value("SELECT \"w?\" FROM (SELECT 1 AS \"w?\") x"));
}

TEST_P(MySql, FoundRows)
{
    run("INSERT INTO hf_types (ti) VALUES (1), (1)");
    for (const char *language : {"en_US", "de_DE", "ja_JP"}) { // the server tells both counts in words
        run("SET SESSION lc_messages = '" + std::string(language) + "'");
        EXPECT_TRUE(clean(stmt.exec("UPDATE hf_types SET ti = 1"), stmt)) << language;
        EXPECT_EQ(0, stmt.row_count());
        EXPECT_TRUE(nothing(stmt.exec("UPDATE hf_types SET ti = 2 WHERE ti = 7"), stmt)) << language;
    }
    run("SET SESSION lc_messages = 'en_US'");
    ASSERT_EQ(SQL_NO_DATA, stmt.exec("INSERT IGNORE INTO hf_types (id, ti) SELECT id, 5 FROM hf_types"));
    for (const char *option : {"FOUND_ROWS=1", "OPTION=3"}) {
        Dbc d = another(option);
        Stmt s(d);
        ASSERT_TRUE(clean(s.exec("UPDATE hf_types SET ti = 1"), s)) << option;
        EXPECT_EQ(2, s.row_count()) << option;
    }
}

TEST_P(MySql, ZeroDates)
{
    run("SET SESSION sql_mode = ''");
    run("INSERT INTO hf_types (dt, ts) VALUES ('0000-00-00', '0000-00-00 00:00:00')");
    SQL_DATE_STRUCT date = {};
    SQL_TIMESTAMP_STRUCT ts = {};
    SQLLEN ind = 0;
    for (bool binary : {false, true}) {
        if (binary) {
            ASSERT_TRUE(ok(stmt.prepare("SELECT dt, ts FROM hf_types"), stmt));
            ASSERT_TRUE(ok(stmt.execute(), stmt));
        } else {
            ASSERT_TRUE(ok(stmt.exec("SELECT dt, ts FROM hf_types"), stmt));
        }
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_TRUE(clean(stmt.get(1, SQL_C_TYPE_DATE, &date, &ind), stmt));
        EXPECT_EQ(SQL_NULL_DATA, ind);
        EXPECT_TRUE(clean(stmt.get(2, SQL_C_TYPE_TIMESTAMP, &ts, &ind), stmt));
        EXPECT_EQ(SQL_NULL_DATA, ind);
        stmt.close();
        ASSERT_TRUE(ok(stmt.exec("SELECT dt FROM hf_types"), stmt));
        EXPECT_EQ(shown(std::vector<Row>{Row{"0000-00-00"}}), shown(stmt.rest()));
        stmt.close();
    }
    Dbc d = another("ZERODATE=error");
    Stmt s(d);
    ASSERT_TRUE(ok(s.exec("SELECT dt FROM hf_types"), s));
    ASSERT_TRUE(ok(s.fetch(), s));
    EXPECT_TRUE(fails(s.get(1, SQL_C_TYPE_DATE, &date, &ind), s, "22007"));
}

TEST_P(MySql, ServerStates)
{
    const struct {
        const char *sql, *states;
    } rows[] = {
        {"SELECT * FROM hf_no_such", "42S02"},
        {"SELECT no_such FROM hf_types", "42S22"},
        {"CREATE TABLE hf_types (a int)", "42S01"},
        {"ALTER TABLE hf_types ADD COLUMN ti int", "42S21"},
        {"SELEC 1", "42000"},
        {"INSERT INTO hf_nokey VALUES (1, 1), (1, 1)", "23000"},
        {"INSERT INTO hf_nokey VALUES (1, NULL)", "23000"},
        {"INSERT INTO hf_types (ti) VALUES (1000)", "22003"},
        {"INSERT INTO hf_types (v) VALUES (REPEAT('x', 40))", "22001"},
        {"INSERT INTO hf_types (ti, tu) VALUES (1)", "21S01"},
    };
    run("SET SESSION sql_mode = 'STRICT_ALL_TABLES'");
    for (const auto &r : rows) {
        EXPECT_TRUE(fails(stmt.exec(r.sql), stmt, r.states)) << r.sql;
        stmt.close();
    }
}

TEST_P(MySql, IsolationSetByAStatement)
{
    Dbc d = another("");
    Stmt s(d);
    auto level = [&] {
        SQLUINTEGER v = 0;
        EXPECT_TRUE(clean(SQLGetConnectAttrW(d, SQL_ATTR_TXN_ISOLATION, &v, sizeof(v), nullptr), d));
        return v;
    };
    auto set = [&](SQLULEN v) {
        return SQLSetConnectAttrW(d, SQL_ATTR_TXN_ISOLATION, reinterpret_cast<SQLPOINTER>(v), 0);
    };
    EXPECT_EQ(SQLUINTEGER(SQL_TXN_REPEATABLE_READ), level());
    ASSERT_TRUE(clean(s.exec("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"), s));
    EXPECT_EQ(SQLUINTEGER(SQL_TXN_READ_COMMITTED), level());
    ASSERT_TRUE(clean(set(SQL_TXN_READ_UNCOMMITTED), d));
    EXPECT_EQ(SQLUINTEGER(SQL_TXN_READ_UNCOMMITTED), level());
    ASSERT_TRUE(clean(s.exec("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE"), s));
    EXPECT_EQ(SQLUINTEGER(SQL_TXN_SERIALIZABLE), level());
    ASSERT_TRUE(clean(s.exec("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"), s)); // the next one's
    EXPECT_EQ(SQLUINTEGER(SQL_TXN_SERIALIZABLE), level());
}

// Another character set would make other characters of what is written, without an error.
TEST_P(MySql, CharacterSetOfTheSession)
{
    Dbc d = another("");
    Stmt s(d);
    for (const char *sql :
         {"SET NAMES latin1", "  set /* all */ names 'cp1251' COLLATE cp1251_bin", "SET NAMES binary",
          "SET CHARACTER SET latin1", "SET character_set_client = latin1",
          "SET @hf = 1, @@session.character_set_results = NULL", "SELECT 1; SET NAMES latin1"}) {
        EXPECT_TRUE(fails(s.exec(sql), s, "HYC00")) << sql;
        ASSERT_TRUE(ok(s.prepare(sql), s)) << sql;
        EXPECT_TRUE(fails(s.execute(), s, "HYC00")) << sql;
    }
    for (const char *sql :
         {"SET NAMES utf8mb4", "SET NAMES 'utf8mb3'", "SET NAMES DEFAULT",
          "SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET collation_connection = cp1251_bin",
          "SET @names = 'latin1'", "SET @old = @@character_set_client",
          "SET character_set_client = @old", "SELECT 'SET NAMES latin1'", "SET NAMES utf8mb4"}) {
        ASSERT_TRUE(ok(s.exec(sql), s)) << sql;
        s.close();
    }
    EXPECT_EQ("gr\xc3\xbcn", s.value("SELECT 'gr\xc3\xbcn'"));
    EXPECT_EQ("5", s.value("SELECT LENGTH('gr\xc3\xbcn')"));
    Dbc bad(*e, connects);
    EXPECT_TRUE(fails(bad.open(conn_str("INITSTMT={SET NAMES latin1}")), bad, "HYC00"));
}

// What may not be a name without quotes is ODBC's word, or told as one of the server's.
TEST_P(MySql, ReservedWords)
{
    std::string told;
    ASSERT_TRUE(ok(calls.info_text(dbc, SQL_KEYWORDS, &told), dbc));
    told = "," + told + "," + SQL_ODBC_KEYWORDS + ",";
    int reserved = 0;
    for (const Row &r : stmt.rows("SELECT word FROM information_schema.keywords"
                                  " WHERE word REGEXP '^[A-Z0-9_]+$'")) {
        const std::string word = r[0].value_or("");
        SQLRETURN rc = stmt.exec("CREATE TEMPORARY TABLE hf_word (" + word + " int)");
        stmt.close();
        if (SQL_SUCCEEDED(rc)) {
            run("DROP TEMPORARY TABLE hf_word");
            continue;
        }
        reserved++;
        EXPECT_NE(std::string::npos, told.find("," + word + ",")) << word;
    }
    EXPECT_LT(200, reserved);
}

TEST_P(MySql, ConnectorsKeywords)
{
    Dbc d(*e, connects);
    std::string s = "DRIVER={" + env("HF_NAME") + "};SERVER=" + env("HF_DB_HOST") +
                    ";PORT=" + env("HF_DB_PORT") + ";DB=" + env("HF_DB_DATABASE") +
                    ";USER=" + env("HF_DB_USER") + ";PASSWORD=" + env("HF_DB_PASSWORD") +
                    ";CHARSET=utf8mb4;OPTION=67108864;NO_PROMPT=1;SSL_MODE=PREFERRED;STMT=SET @hf=5";
    ASSERT_TRUE(clean(d.open(s), d));
    Stmt one(d);
    EXPECT_EQ("5", one.value("SELECT @hf"));
    Dbc bad(*e, connects);
    EXPECT_TRUE(fails(bad.open(conn_str("SSLMODE=verify-full")), bad, "HY024"));
}

// Keywords that change the session, and the flags of OPTION that are the same.
TEST_P(MySql, KeywordsOfTheSession)
{
    const struct {
        const char *keywords, *sql, *value;
    } rows[] = {
        {"COMPRESSED_PROTO=1", "SHOW STATUS LIKE 'Compression'", "ON"},
        {"OPTION=2048", "SHOW STATUS LIKE 'Compression'", "ON"},
        {"NET_WRITE_TIMEOUT=77", "SHOW VARIABLES LIKE 'net_write_timeout'", "77"},
        {"AUTO_IS_NULL=1", "SHOW VARIABLES LIKE 'sql_auto_is_null'", "ON"},
        {"OPTION=8388608", "SHOW VARIABLES LIKE 'sql_auto_is_null'", "ON"},
        {"TLS_VERSION=TLSv1.2", "SHOW STATUS LIKE 'Ssl_version'", "TLSv1.2"},
        {"NO_TLS_1_2=1", "SHOW STATUS LIKE 'Ssl_version'", "TLSv1.3"},
        {"NO_TLS_1_3=1;SSLMODE=REQUIRED", "SHOW STATUS LIKE 'Ssl_version'", "TLSv1.2"},
        {"PLUGIN_DIR=/nonexistent;INTERACTIVE=1", "SELECT 1, 2", "2"},
        {"IGNORE_SPACE=1", "SELECT 1, COUNT (*) FROM DUAL", "1"},
        {"OPTION=4096", "SELECT 1, COUNT (*) FROM DUAL", "1"},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.keywords);
        Dbc d(*e, connects);
        ASSERT_TRUE(clean(d.open(conn_str(r.keywords)), d));
        Stmt s(d);
        auto got = s.rows(r.sql);
        ASSERT_EQ(1U, got.size());
        EXPECT_EQ(r.value, got[0][1]);
    }
    Dbc d = another("NO_BIGINT=1;COLUMN_SIZE_S32=1");
    Stmt s(d);
    run("DROP TABLE IF EXISTS app.hf_wide");
    run("CREATE TABLE app.hf_wide (b bigint, t longtext, u bigint unsigned)");
    ASSERT_TRUE(ok(s.exec("SELECT b, t, u FROM app.hf_wide"), s));
    for (SQLUSMALLINT n : {1, 3}) { // an integer in its sizes too
        EXPECT_EQ(SQL_INTEGER, s.column(n).type);
        EXPECT_EQ(10U, s.column(n).size);
        EXPECT_EQ(n == 1 ? 11 : 10, s.number(n, SQL_DESC_DISPLAY_SIZE));
        EXPECT_EQ(4, s.number(n, SQL_DESC_OCTET_LENGTH));
    }
    EXPECT_GE(SQLULEN(INT32_MAX), s.column(2).size);
    s.close();
    ASSERT_TRUE(ok(calls.columns(s, "app", nullptr, "hf_wide", "b"), s));
    auto b = s.rest();
    ASSERT_EQ(1U, b.size());
    EXPECT_EQ("4", b[0][4]);
    EXPECT_EQ("10", b[0][6]);
    EXPECT_EQ("4", b[0][7]);
    s.close();
    run("DROP TABLE app.hf_wide");
}

TEST_P(MySql, KeywordsThatAreNotUsed)
{
    for (const char *keywords :
         {"AUTO_RECONNECT=1", "PWD2=secret", "READTIMEOUT=5", "OPTION=4194304", "TCPIP=1"}) {
        Dbc d(*e, connects);
        EXPECT_TRUE(warns(d.open(conn_str(keywords)), d, "01S00")) << keywords;
    }
    for (const char *keywords : {"NO_CACHE=1;FORWARDONLY=1;BIG_PACKETS=1;CONN_TIMEOUT=9",
                                 "OPTION=70254939"}) {
        Dbc d(*e, connects);
        EXPECT_TRUE(clean(d.open(conn_str(keywords)), d)) << keywords;
    }
    for (const char *keywords : {"DATABASE_DIALECT=POSTGRESQL", "TLS_VERSION=TLSv1.9",
                                 "NO_TLS_1_2=1;NO_TLS_1_3=1"}) {
        Dbc d(*e, connects);
        EXPECT_TRUE(fails(d.open(conn_str(keywords)), d, "HY024")) << keywords;
    }
}

TEST_P(MySql, FingerprintOfTheServer)
{
    for (const char *keywords :
         {"TLSPEERFP=0000000000000000000000000000000000000000", "SSLCRL=/nonexistent"}) {
        Dbc d(*e, connects);
        EXPECT_TRUE(fails(d.open(conn_str(keywords)), d, "08001|HYC00")) << keywords;
    }
}

TEST_P(MySql, ProceduresGiveTheirResults)
{
    run("DROP PROCEDURE IF EXISTS hf_two");
    run("CREATE PROCEDURE hf_two(IN a int) BEGIN IF a > 0 THEN SELECT a; END IF; SELECT a + 1; END");
    SQLINTEGER four = 4;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, &four,
                                    0, &ind),
                   stmt));
    ASSERT_TRUE(ok(stmt.exec("{call hf_two(?)}"), stmt));
    EXPECT_EQ(1, stmt.row_count());
    EXPECT_EQ(shown(std::vector<Row>{Row{"4"}}), shown(stmt.rest()));
    ASSERT_TRUE(ok(stmt.more(), stmt));
    EXPECT_EQ(1, stmt.row_count());
    EXPECT_EQ(shown(std::vector<Row>{Row{"5"}}), shown(stmt.rest()));
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    run("DROP PROCEDURE hf_two");
}

TEST_P(MySql, OutputParameters)
{
    run("DROP PROCEDURE IF EXISTS hf_out");
    run("CREATE PROCEDURE hf_out(IN a int, OUT b varchar(20), INOUT c int, OUT d date)"
        " BEGIN SELECT a; SET b = CONCAT('got ', a), c = c + a; END");
    SQLINTEGER a = 4, c = 10;
    char b[8] = "";
    SQL_DATE_STRUCT d = {};
    SQLLEN na = 0, nb = 0, nc = 0, nd = 0;
    auto bind = [&](SQLUSMALLINT i, SQLSMALLINT io, SQLSMALLINT ctype, SQLSMALLINT type, void *p,
                    SQLLEN cap, SQLLEN *ind) {
        EXPECT_TRUE(clean(SQLBindParameter(stmt, i, io, ctype, type, 20, 0, p, cap, ind), stmt));
    };
    bind(1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, &a, 0, &na);
    bind(2, SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, b, sizeof(b), &nb);
    bind(3, SQL_PARAM_INPUT_OUTPUT, SQL_C_SLONG, SQL_INTEGER, &c, 0, &nc);
    bind(4, SQL_PARAM_OUTPUT, SQL_C_TYPE_DATE, SQL_TYPE_DATE, &d, 0, &nd);
    for (bool prepared : {false, true}) {
        SCOPED_TRACE(prepared);
        c = 10;
        b[0] = 0;
        if (prepared) {
            ASSERT_TRUE(ok(stmt.prepare("{call hf_out(?, ?, ?, ?)}"), stmt));
            ASSERT_TRUE(ok(stmt.execute(), stmt));
        } else {
            ASSERT_TRUE(ok(stmt.exec("{call hf_out(?, ?, ?, ?)}"), stmt));
        }
        EXPECT_EQ(shown(std::vector<Row>{Row{"4"}}), shown(stmt.rest()));
        while (SQL_SUCCEEDED(stmt.more()))
            ;
        EXPECT_STREQ("got 4", b);
        EXPECT_EQ(5, nb);
        EXPECT_EQ(14, c);
        EXPECT_EQ(SQL_NULL_DATA, nd);
        stmt.close();
    }
    a = 12345678; // "got 12345678" is cut
    ASSERT_TRUE(ok(stmt.exec("{call hf_out(?, ?, ?, ?)}"), stmt));
    EXPECT_TRUE(warns(stmt.more(), stmt, "01004"));
    EXPECT_STREQ("got 123", b);
    EXPECT_EQ(12, nb);
    stmt.close();
    bind(3, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, &c, 0, &nc);
    ASSERT_TRUE(ok(stmt.exec("{call hf_out(?, ?, ?, ?)}"), stmt));
    EXPECT_TRUE(fails(stmt.more(), stmt, "07001"));
    stmt.close();
    // Nothing is bound as output: the values are a result of their own. (MySQL's own server says of
    // a procedure's text that it is bytes.)
    const std::string text = my_is_mysql() ? "676F742034" : "got 4";
    bind(2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, b, sizeof(b), &nb);
    bind(4, SQL_PARAM_INPUT, SQL_C_TYPE_DATE, SQL_TYPE_DATE, &d, 0, &nd);
    nb = nd = SQL_NULL_DATA;
    a = 4;
    c = 10;
    for (const char *call : {"{call hf_out(?, ?, ?, ?)}", "CALL hf_out(?, ?, ?, ?)"}) {
        ASSERT_TRUE(ok(stmt.exec(call), stmt));
        EXPECT_EQ(shown(std::vector<Row>{Row{"4"}}), shown(stmt.rest()));
        ASSERT_TRUE(ok(stmt.more(), stmt));
        EXPECT_EQ(shown(std::vector<Row>{Row{text, "14", std::nullopt}}), shown(stmt.rest()));
        EXPECT_EQ(10, c);
        ASSERT_TRUE(ok(stmt.more(), stmt));
        EXPECT_EQ(0, stmt.columns());
        EXPECT_TRUE(nothing(stmt.more(), stmt));
        stmt.close();
    }
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    run("DROP PROCEDURE hf_out");
}

TEST_P(MySql, ValueOfAFunction)
{
    run("DROP FUNCTION IF EXISTS hf_half");
    run("CREATE FUNCTION hf_half(a int, b varchar(40)) RETURNS varchar(40) DETERMINISTIC"
        " RETURN CONCAT(b, ' ', a / 2)");
    char value[16] = "", text[] = "half:";
    SQLINTEGER a = 5;
    SQLLEN nv = 0, na = 0, nt = SQL_NTS;
    auto bind = [&](SQLUSMALLINT i, SQLSMALLINT io, SQLSMALLINT c, SQLSMALLINT type, void *p,
                    SQLLEN cap, SQLLEN *ind) {
        EXPECT_TRUE(clean(SQLBindParameter(stmt, i, io, c, type, 40, 0, p, cap, ind), stmt));
    };
    bind(1, SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, value, sizeof(value), &nv);
    bind(2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, &a, 0, &na);
    bind(3, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, text, 0, &nt);
    const char *const call = "{? = call hf_half(?, ?)}";
    ASSERT_TRUE(clean(stmt.exec(call), stmt));
    EXPECT_STREQ("half: 2.5000", value);
    EXPECT_EQ(12, nv);
    EXPECT_EQ(0, stmt.columns());
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    ASSERT_TRUE(ok(stmt.prepare(call), stmt));
    for (a = 6; a < 9; a++) {
        ASSERT_TRUE(clean(stmt.execute(), stmt));
        EXPECT_EQ("half: " + std::to_string(a / 2) + (a % 2 ? ".5000" : ".0000"), value);
        stmt.close();
    }
    a = 123456789;
    EXPECT_TRUE(warns(stmt.execute(), stmt, "01004"));
    EXPECT_EQ(19, nv);
    stmt.close();
    nt = SQL_NULL_DATA;
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(SQL_NULL_DATA, nv);
    stmt.close();
    SQLINTEGER number = 0; // a text that is no number
    nt = SQL_NTS;
    bind(1, SQL_PARAM_OUTPUT, SQL_C_SLONG, SQL_INTEGER, &number, 0, &nv);
    EXPECT_TRUE(fails(stmt.execute(), stmt, "22018"));
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    EXPECT_TRUE(fails(stmt.exec("{? = call hf_no_such()}"), stmt, "07002"));
    bind(1, SQL_PARAM_OUTPUT, SQL_C_SLONG, SQL_INTEGER, &number, 0, &nv);
    EXPECT_TRUE(fails(stmt.exec("{? = call hf_no_such()}"), stmt, "42000"));
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    run("DROP FUNCTION hf_half");
}

TEST_P(MySql, OutputParametersOfAnArray)
{
    enum { SETS = 3 };
    run("DROP PROCEDURE IF EXISTS hf_many");
    run("CREATE PROCEDURE hf_many(IN a int, OUT b varchar(20), INOUT c int)"
        " BEGIN IF a = 2 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no two'; END IF;"
        " SET b = CONCAT('got ', a), c = c + a; END");
    SQLINTEGER a[SETS] = {1, 2, 3}, c[SETS] = {10, 20, 30};
    char b[SETS][8] = {};
    SQLLEN na[SETS] = {}, nb[SETS] = {}, nc[SETS] = {};
    SQLUSMALLINT status[SETS] = {};
    SQLULEN done = 0;
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(SETS), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &done, 0);
    auto bind = [&](SQLUSMALLINT i, SQLSMALLINT io, SQLSMALLINT ctype, SQLSMALLINT type, void *p,
                    SQLLEN cap, SQLLEN *ind) {
        EXPECT_TRUE(clean(SQLBindParameter(stmt, i, io, ctype, type, 20, 0, p, cap, ind), stmt));
    };
    bind(1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, a, 0, na);
    bind(2, SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, b, sizeof(b[0]), nb);
    bind(3, SQL_PARAM_INPUT_OUTPUT, SQL_C_SLONG, SQL_INTEGER, c, 0, nc);
    SQLRETURN rc = stmt.exec("{call hf_many(?, ?, ?)}");
    EXPECT_TRUE(fails(rc, stmt, "HY000"));
    EXPECT_EQ(2, stmt.row_number(1));
    EXPECT_EQ(3U, done);
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[0]);
    EXPECT_EQ(SQL_PARAM_ERROR, status[1]);
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[2]);
    EXPECT_STREQ("got 1", b[0]);
    EXPECT_STREQ("", b[1]);
    EXPECT_STREQ("got 3", b[2]);
    EXPECT_EQ(5, nb[2]);
    EXPECT_EQ(11, c[0]);
    EXPECT_EQ(20, c[1]);
    EXPECT_EQ(33, c[2]);
    stmt.close();
    a[1] = 456789;
    EXPECT_TRUE(warns(stmt.exec("{call hf_many(?, ?, ?)}"), stmt, "01004"));
    EXPECT_EQ(SQL_PARAM_SUCCESS_WITH_INFO, status[1]);
    EXPECT_EQ(2, stmt.row_number(1));
    EXPECT_STREQ("got 456", b[1]);
    EXPECT_EQ(10, nb[1]);
    stmt.close();
    // The value of a function for each set: one is too long, one is no number.
    run("DROP FUNCTION IF EXISTS hf_each");
    run("CREATE FUNCTION hf_each(a int) RETURNS varchar(20) DETERMINISTIC RETURN CONCAT('v', a)");
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    bind(1, SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, b, 5, nb);
    bind(2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, a, 0, na);
    EXPECT_TRUE(warns(stmt.exec("{? = call hf_each(?)}"), stmt, "01004"));
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[0]);
    EXPECT_EQ(SQL_PARAM_SUCCESS_WITH_INFO, status[1]);
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[2]);
    EXPECT_STREQ("v456", b[0] + 5);
    stmt.close();
    bind(1, SQL_PARAM_OUTPUT, SQL_C_SLONG, SQL_INTEGER, c, 0, nc);
    EXPECT_TRUE(fails(stmt.exec("{? = call hf_each(?)}"), stmt, "22018"));
    for (SQLUSMALLINT told : status)
        EXPECT_EQ(SQL_PARAM_ERROR, told);
    stmt.close();
    run("DROP FUNCTION hf_each");
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(1), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, nullptr, 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, nullptr, 0);
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    run("DROP PROCEDURE hf_many");
}

// The client library reads the system's authorities for each connection, and would keep them.
TEST_P(MySql, AConnectionByTlsIsSmall)
{
    std::vector<Dbc> open;
    auto some = [&](int n) {
        for (int i = 0; i < n; i++) {
            open.push_back(another("SSLMODE=REQUIRED"));
            ASSERT_TRUE(open.back().h);
        }
    };
    some(5);
    long before = rss_kib();
    some(20);
    EXPECT_LT((rss_kib() - before) / 20, sanitized() ? 5000 : 400);
}

// They share the row of parameters; each stands by itself, in autocommit, and what a string or a
// routine's body has in it is no end of a statement.
TEST_P(MySql, SeveralStatementsWithParameters)
{
    SQLINTEGER a = 1, b = 2;
    run("CREATE TEMPORARY TABLE several (a int, b varchar(20))");
    ASSERT_TRUE(clean(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0, nullptr), stmt));
    ASSERT_TRUE(clean(SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &b, 0, nullptr), stmt));
    const std::string sql = "INSERT INTO several VALUES (?, ';?'); SELECT 'between;'; UPDATE several SET b = ?";
    for (bool prepared : {false, true}) {
        if (prepared)
            ASSERT_TRUE(clean(stmt.prepare(sql), stmt));
        ASSERT_TRUE(clean(prepared ? stmt.execute() : stmt.exec(sql), stmt));
        EXPECT_EQ(1, stmt.row_count());
        ASSERT_TRUE(clean(stmt.more(), stmt));
        EXPECT_EQ("between;\n", shown(stmt.rest()));
        ASSERT_TRUE(clean(stmt.more(), stmt));
        EXPECT_EQ(1, stmt.row_count()); // FOUND_ROWS is off: only the new row changes
        EXPECT_TRUE(nothing(stmt.more(), stmt));
    }
    EXPECT_EQ("1|2\n1|2\n", shown(Stmt(dbc).rows("SELECT a, b FROM several")));
    EXPECT_TRUE(fails(stmt.exec("INSERT INTO several VALUES (?, 'kept'); INSERT INTO several_none VALUES (?)"), stmt,
                      "42S02"));
    EXPECT_NE(std::string::npos, stmt.message().find("has been executed")) << stmt.message();
    EXPECT_EQ("1", Stmt(dbc).value("SELECT count(*) FROM several WHERE b = 'kept'"));
    // Inside a transaction they are rolled back together.
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(clean(stmt.exec("INSERT INTO several VALUES (?, 'x'); DELETE FROM several WHERE a <> ?"), stmt));
    ASSERT_TRUE(clean(stmt.more(), stmt));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
    EXPECT_EQ("3", Stmt(dbc).value("SELECT count(*) FROM several"));
}

// A failure is told at once, and with it that what came before it stands.
TEST_P(MySql, SeveralStatementsWithAnError)
{
    run("CREATE TEMPORARY TABLE hf_several (n int PRIMARY KEY)");
    SQLRETURN rc = stmt.exec("INSERT INTO hf_several VALUES (1); INSERT INTO hf_several VALUES (1);"
                             " INSERT INTO hf_several VALUES (2)");
    EXPECT_TRUE(fails(rc, stmt, "23000"));
    EXPECT_NE(std::string::npos, stmt.message(1).find("has been executed")) << stmt.message(1);
    stmt.close();
    EXPECT_TRUE(fails(stmt.exec("INSERT INTO hf_several VALUES (1)"), stmt, "23000"));
    EXPECT_EQ(std::string::npos, stmt.message(1).find("has been executed")) << stmt.message(1);
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT GROUP_CONCAT(n) FROM hf_several"));
    run("DROP TEMPORARY TABLE hf_several");
}

TEST_P(MySql, WhereColumnsComeFrom)
{
    const char *const sql = "SELECT t.id AS n, t.v, 1 FROM app.hf_types t";
    for (bool prepared : {false, true}) {
        SCOPED_TRACE(prepared);
        ASSERT_TRUE(ok(prepared ? stmt.prepare(sql) : stmt.exec(sql), stmt));
        EXPECT_EQ("n", stmt.text(1, SQL_DESC_NAME));
        EXPECT_EQ("id", stmt.text(1, SQL_DESC_BASE_COLUMN_NAME));
        EXPECT_EQ("t", stmt.text(1, SQL_DESC_TABLE_NAME));
        EXPECT_EQ("hf_types", stmt.text(1, SQL_DESC_BASE_TABLE_NAME));
        EXPECT_EQ("app", stmt.text(1, SQL_DESC_CATALOG_NAME));
        EXPECT_EQ("", stmt.text(1, SQL_DESC_SCHEMA_NAME));
        EXPECT_EQ(SQL_TRUE, stmt.number(1, SQL_DESC_AUTO_UNIQUE_VALUE));
        EXPECT_EQ(SQL_FALSE, stmt.number(2, SQL_DESC_AUTO_UNIQUE_VALUE));
        EXPECT_EQ("", stmt.text(3, SQL_DESC_BASE_TABLE_NAME));
        EXPECT_EQ("", stmt.text(3, SQL_DESC_CATALOG_NAME));
        stmt.close();
    }
    Dbc d = another("NO_CATALOG=1");
    Stmt s(d);
    ASSERT_TRUE(ok(s.exec(sql), s));
    EXPECT_EQ("", s.text(1, SQL_DESC_CATALOG_NAME));
    EXPECT_EQ("app", s.text(1, SQL_DESC_SCHEMA_NAME));
}

// OPTION's bits are the keywords of the same meaning.
TEST_P(MySql, DatabasesAsSchemas)
{
    for (const char *option : {"NO_CATALOG=1", "OPTION=32768", "NO_CATALOG=1;NO_SCHEMA=0"}) {
        SCOPED_TRACE(option);
        Dbc d = another(option);
        Stmt s(d);
        auto all = [&](SQLRETURN rc) {
            EXPECT_TRUE(ok(rc, s));
            auto rows = s.rest();
            s.close();
            return shown(rows);
        };
        EXPECT_EQ(shown(std::vector<Row>{Row{std::nullopt, "app", "hf_types", "TABLE", "a table"}}),
                  all(calls.tables(s, nullptr, "app", "hf_types", nullptr)));
        EXPECT_EQ(shown(std::vector<Row>{Row{std::nullopt, "app", "hf_types", "TABLE", "a table"}}),
                  all(calls.tables(s, "", nullptr, "hf_types", nullptr)));
        EXPECT_EQ("", all(calls.tables(s, "app", nullptr, "hf_types", nullptr)));
        EXPECT_EQ("", all(calls.tables(s, nullptr, "mysql", "hf_types", nullptr)));
        EXPECT_NE(std::string::npos, all(calls.tables(s, nullptr, "a%", "hf_types", nullptr)).find("app"));
        EXPECT_EQ("", all(calls.tables(s, "%", "", "", nullptr)));
        EXPECT_NE(std::string::npos, all(calls.tables(s, "", "%", "", nullptr)).find("app"));
        EXPECT_NE(std::string::npos,
                  all(calls.primary_keys(s, nullptr, "app", "hf_types")).find("PRIMARY"));
        std::string text;
        ASSERT_TRUE(ok(calls.info_text(d, SQL_SCHEMA_TERM, &text), d));
        EXPECT_EQ("schema", text);
        ASSERT_TRUE(ok(calls.info_text(d, SQL_CATALOG_TERM, &text), d));
        EXPECT_EQ("", text);
        ASSERT_TRUE(ok(calls.info_text(d, SQL_CATALOG_NAME, &text), d));
        EXPECT_EQ("N", text);
        SQLUINTEGER usage = 1;
        ASSERT_TRUE(ok(calls.info(d, SQL_CATALOG_USAGE, &usage, sizeof(usage)), d));
        EXPECT_EQ(0U, usage);
        ASSERT_TRUE(ok(calls.info(d, SQL_SCHEMA_USAGE, &usage, sizeof(usage)), d));
        EXPECT_NE(0U, usage);
    }
    Dbc d = another("NO_CATALOG=1;NO_SCHEMA=1");
    Stmt s(d);
    ASSERT_TRUE(ok(calls.tables(s, nullptr, nullptr, "hf_types", nullptr), s));
    EXPECT_EQ(shown(std::vector<Row>{Row{std::nullopt, std::nullopt, "hf_types", "TABLE", "a table"}}),
              shown(s.rest()));
    s.close();
    ASSERT_TRUE(ok(calls.tables(s, "app", nullptr, "hf_types", nullptr), s));
    EXPECT_EQ("", shown(s.rest()));
}

BOTH_FORMS(MySql);

} // namespace
