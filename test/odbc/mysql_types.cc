// MySQL's and MariaDB's types, each written through bound parameters (one set, and an array with
// NULLs) and read by both protocols. Not run for PostgreSQL.
#include "odbc_test.h"

#include <cstring>

namespace
{

class MySqlTypes : public EveryMode
{
  protected:
    void run(const std::string &sql)
    {
        EXPECT_TRUE(ok(stmt.exec(sql), stmt)) << sql;
        stmt.close();
    }
    void made(const std::string &definition)
    {
        run("DROP TABLE IF EXISTS hf_one");
        run("CREATE TABLE hf_one (n int AUTO_INCREMENT PRIMARY KEY, x " + definition + ")");
    }
    void TearDown() override
    {
        stmt.close();
        ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
        run("DROP TABLE IF EXISTS hf_one");
        EveryMode::TearDown();
    }
    // By the text protocol and by the binary one.
    void open(const std::string &sql, bool binary)
    {
        if (binary) {
            ASSERT_TRUE(ok(stmt.prepare(sql), stmt));
            ASSERT_TRUE(ok(stmt.execute(), stmt));
        } else {
            ASSERT_TRUE(ok(stmt.exec(sql), stmt));
        }
    }
    std::string both(const std::string &sql)
    {
        open(sql, false);
        std::string text = shown(stmt.rest());
        stmt.close();
        open(sql, true);
        EXPECT_EQ(text, shown(stmt.rest())) << sql;
        stmt.close();
        return text;
    }
};
BOTH_FORMS(MySqlTypes);

// SQLDescribeParam says long text of all; a client that binds what it says sends numbers all the same.
TEST_P(MySqlTypes, NumbersBoundAsDescribed)
{
    ASSERT_TRUE(ok(stmt.prepare("SELECT json_array(?, ?, ?, ?)"), stmt));
    SQLCHAR yes = 1;
    SQLINTEGER minus = -7;
    SQLUBIGINT big = 18446744073709551615U;
    char text[] = "7";
    SQLLEN n = SQL_NTS;
    const struct {
        SQLSMALLINT ctype;
        SQLPOINTER value;
        SQLLEN *ind;
    } values[] = {{SQL_C_BIT, &yes, nullptr},
                  {SQL_C_SLONG, &minus, nullptr},
                  {SQL_C_UBIGINT, &big, nullptr},
                  {SQL_C_CHAR, text, &n}};
    auto bind = [&](SQLUSMALLINT to, size_t i) {
        SQLSMALLINT type = 0, digits = 0;
        SQLULEN size = 0;
        EXPECT_TRUE(clean(SQLDescribeParam(stmt, to, &type, &size, &digits, nullptr), stmt));
        EXPECT_TRUE(ok(SQLBindParameter(stmt, to, SQL_PARAM_INPUT, values[i].ctype, type, size, digits,
                                        values[i].value, 0, values[i].ind),
                       stmt));
    };
    for (size_t i = 0; i < 4; i++)
        bind(SQLUSMALLINT(i + 1), i);
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_EQ("[1, -7, 18446744073709551615, \"7\"]", stmt.get(1).value_or("NULL"));
    stmt.close();
    made("bit(1)");
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_one (x) VALUES (?)"), stmt));
    bind(1, 0);
    EXPECT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ("1", stmt.value("SELECT count(*) FROM hf_one WHERE x = 1"));
}

// Each type's SQL type and size, and a value that comes back as it went, or as `back` says.
TEST_P(MySqlTypes, AsTextBothWays)
{
    // What the server makes of bytes in a bit is its business: bound as SQL_BIT it is a number.
    const SQLSMALLINT wvarchar = connects.wide ? SQL_WVARCHAR : SQL_VARCHAR,
                      wchar = connects.wide ? SQL_WCHAR : SQL_CHAR,
                      wlong = connects.wide ? SQL_WLONGVARCHAR : SQL_LONGVARCHAR;
    const struct {
        const char *definition;
        SQLSMALLINT type;
        SQLULEN size;
        const char *value, *back;
    } rows[] = {
        {"tinyint(1)", SQL_TINYINT, 3, "-128", nullptr},
        {"tinyint unsigned", SQL_TINYINT, 3, "255", nullptr},
        {"boolean", SQL_TINYINT, 3, "1", nullptr},
        {"bit(1)", SQL_BIT, 1, "1", nullptr},
        {"smallint unsigned", SQL_SMALLINT, 5, "65535", nullptr},
        {"mediumint", SQL_INTEGER, 8, "-8388608", nullptr},
        {"int unsigned", SQL_INTEGER, 10, "4294967295", nullptr},
        {"bigint", SQL_BIGINT, 19, "-9223372036854775808", nullptr},
        {"bigint unsigned", SQL_BIGINT, 20, "18446744073709551615", nullptr},
        {"decimal(65,30)", SQL_DECIMAL, 65,
         "-99999999999999999999999999999999999.123456789012345678901234567890", nullptr},
        {"decimal(5,0) unsigned", SQL_DECIMAL, 5, "12345", nullptr},
        {"float", SQL_REAL, 7, "1.5", nullptr},
        {"double", SQL_DOUBLE, 15, "-1.7976931348623157e308", nullptr},
        {"date", SQL_TYPE_DATE, 10, "9999-12-31", nullptr},
        {"time", SQL_TYPE_TIME, 8, "-838:59:59", nullptr},
        {"time(6)", SQL_TYPE_TIME, 15, "100:00:00.000001", nullptr},
        {"datetime", SQL_TYPE_TIMESTAMP, 19, "1000-01-01 00:00:00", nullptr},
        {"datetime(6)", SQL_TYPE_TIMESTAMP, 26, "9999-12-31 23:59:59.999999", nullptr},
        {"timestamp(3) NULL", SQL_TYPE_TIMESTAMP, 23, "2024-02-29 12:00:00.125", nullptr},
        {"year", SQL_SMALLINT, 4, "2155", nullptr},
        {"char(5) CHARACTER SET latin1", wchar, 5, "grün", nullptr},
        {"varchar(10) CHARACTER SET utf8mb3", wvarchar, 10, "日本", nullptr},
        {"varchar(10) CHARACTER SET utf16", wvarchar, 10, "日本語", nullptr},
        {"tinytext CHARACTER SET utf8mb4", wlong, 255, "a ü", nullptr},
        {"enum('x','längste')", wvarchar, 7, "längste", nullptr},
        {"set('a','bb','ccc')", wvarchar, 8, "a,ccc", nullptr},
        {"uuid", SQL_GUID, 36, "6ccd780c-baba-1026-9564-5b8c656024db", nullptr},
        {"inet6", wvarchar, 39, "2001:db8::ff00:42:8329", nullptr},
    };
    for (const auto &r : rows) {
        SCOPED_TRACE(r.definition);
        if (my_is_mysql() && (r.type == SQL_GUID || std::string(r.definition) == "inet6"))
            continue; // MariaDB's own
        made(r.definition);
        std::string value = r.value;
        SQLLEN length = SQLLEN(value.size());
        // Narrow text is UTF-8 here.
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR,
                                        r.type == SQL_BIT ? SQL_BIT : SQL_VARCHAR, 200, 0,
                                        value.data(), 0, &length),
                       stmt));
        EXPECT_TRUE(ok(stmt.exec("INSERT INTO hf_one (x) VALUES (?)"), stmt));
        stmt.close();
        ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
        std::string wanted = shown(std::vector<Row>{Row{std::string(r.back ? r.back : r.value)}});
        if (std::string(r.definition) == "double")
            wanted = shown(std::vector<Row>{Row{"-1.7976931348623157e308"}});
        std::string got = both("SELECT x FROM hf_one");
        EXPECT_EQ(wanted, got);
        ASSERT_TRUE(ok(stmt.exec("SELECT x FROM hf_one"), stmt));
        Column c = stmt.column(1);
        EXPECT_EQ(r.type, c.type);
        EXPECT_EQ(r.size, c.size);
        stmt.close();
        // SQLColumns agrees.
        ASSERT_TRUE(ok(calls.columns(stmt, nullptr, nullptr, "hf\\_one", "x"), stmt));
        auto told = stmt.rest();
        stmt.close();
        ASSERT_EQ(1U, told.size());
        EXPECT_EQ(std::to_string(c.type), told[0][4]);
        EXPECT_EQ(std::to_string(c.size), told[0][6]);
        EXPECT_EQ(std::to_string(c.digits), told[0][8].value_or("0"));
        // The same value again as its own SQL type and as an array with a NULL.
        enum { SETS = 3, WIDTH = 80 };
        char values[SETS][WIDTH] = {};
        SQLLEN lengths[SETS] = {length, SQL_NULL_DATA, length};
        std::memcpy(values[0], value.data(), value.size());
        std::memcpy(values[2], value.data(), value.size());
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(SETS), 0);
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR,
                                        r.type == SQL_TYPE_TIME ? SQL_VARCHAR : r.type, r.size,
                                        c.digits, values, WIDTH, lengths),
                       stmt));
        EXPECT_TRUE(ok(stmt.exec("INSERT INTO hf_one (x) VALUES (?)"), stmt));
        EXPECT_EQ(3, stmt.row_count());
        stmt.close();
        SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(1), 0);
        ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
        EXPECT_EQ(shown(std::vector<Row>{Row{"3"}}),
                  both("SELECT COUNT(*) FROM hf_one WHERE x = (SELECT x FROM hf_one WHERE n = 1)"));
    }
}

TEST_P(MySqlTypes, BitsAndBytes)
{
    struct {
        const char *definition, *value;
    } rows[] = {{"bit(64)", "ffffffffffffffff"}, {"bit(12)", "0801"}, {"binary(3)", "00ff27"},
                {"varbinary(9)", "5c0027"},      {"longblob", "00ff"}};
    for (const auto &r : rows) {
        SCOPED_TRACE(r.definition);
        made(r.definition);
        run(std::string("INSERT INTO hf_one (x) VALUES (x'") + r.value + "')");
        EXPECT_EQ(shown(std::vector<Row>{Row{r.value}}), both("SELECT LPAD(LOWER(HEX(x)), LENGTH(x) * 2, 0) FROM hf_one"));
        unsigned char bytes[16] = {};
        SQLLEN n = 0;
        for (bool binary : {false, true}) {
            open("SELECT x FROM hf_one", binary);
            ASSERT_TRUE(ok(stmt.fetch(), stmt));
            ASSERT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_BINARY, bytes, sizeof(bytes), &n), stmt));
            EXPECT_EQ(r.value, hex(bytes, size_t(n)));
            stmt.close();
        }
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_BINARY, SQL_VARBINARY, 16,
                                        0, bytes, 0, &n),
                       stmt));
        EXPECT_TRUE(ok(stmt.exec("INSERT INTO hf_one (x) VALUES (?)"), stmt));
        stmt.close();
        ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
        EXPECT_EQ(shown(std::vector<Row>{Row{"2"}}),
                  both("SELECT COUNT(*) FROM hf_one WHERE x = (SELECT x FROM hf_one WHERE n = 1)"));
    }
}

// SQLDescribeParam calls every parameter a long text: bytes that are bound as that go as they are,
// one set or many, and so does text with a NUL inside.
TEST_P(MySqlTypes, BytesAndNulsBoundAsDescribed)
{
    enum { SETS = 2, WIDTH = 4 };
    unsigned char bytes[SETS][WIDTH] = {{0, 1, 2, 3}, {3, 2, 0xff, 0x80}};
    SQLLEN lengths[SETS] = {WIDTH, WIDTH};
    SQLSMALLINT type = 0, digits = 0;
    SQLULEN size = 9;
    for (bool transaction : {false, true}) {
        made("varbinary(9)");
        ASSERT_TRUE(ok(dbc.autocommit(!transaction), dbc));
        ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_one (x) VALUES (?)"), stmt));
        ASSERT_TRUE(ok(SQLDescribeParam(stmt, 1, &type, &size, &digits, nullptr), stmt));
        for (SQLULEN sets : {SQLULEN(SETS), SQLULEN(1)}) {
            SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(sets), 0);
            ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_BINARY, type, size, digits,
                                            bytes[SETS - sets], WIDTH, lengths),
                           stmt));
            EXPECT_TRUE(clean(stmt.execute(), stmt)) << sets;
        }
        ASSERT_TRUE(ok(dbc.commit(), dbc));
        ASSERT_TRUE(ok(dbc.autocommit(true), dbc));
        ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
        EXPECT_EQ("00010203\n0302FF80\n0302FF80\n", both("SELECT HEX(x) FROM hf_one ORDER BY n"));
    }
    made("varchar(9)");
    for (SQLSMALLINT ctype : {SQL_C_CHAR, SQL_C_BINARY}) {
        char text[] = "a\0\xc3\xa4";
        SQLLEN n = 4;
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, ctype, SQL_VARCHAR, 9, 0, text, 0, &n), stmt));
        EXPECT_TRUE(clean(stmt.exec("INSERT INTO hf_one (x) VALUES (?)"), stmt));
        ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    }
    EXPECT_EQ("6100C3A4\n6100C3A4\n", both("SELECT HEX(x) FROM hf_one"));
    EXPECT_EQ("3\n3\n", both("SELECT CHAR_LENGTH(x) FROM hf_one"));
    ASSERT_TRUE(ok(stmt.exec("SELECT x FROM hf_one"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    char back[9];
    SQLLEN n = 0;
    ASSERT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_CHAR, back, sizeof(back), &n), stmt));
    EXPECT_EQ("6100c3a400", hex(back, size_t(n) + 1));
}

TEST_P(MySqlTypes, Geometry)
{
    made("point");
    run("INSERT INTO hf_one (x) VALUES (ST_GeomFromText('POINT(1 2)'))");
    unsigned char wkb[64];
    SQLLEN n = 0;
    open("SELECT x FROM hf_one", true);
    EXPECT_EQ(SQL_LONGVARBINARY, stmt.column(1).type);
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    ASSERT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_BINARY, wkb, sizeof(wkb), &n), stmt));
    EXPECT_EQ(25, n);
    stmt.close();
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_BINARY, SQL_LONGVARBINARY, 64, 0,
                                    wkb, 0, &n),
                   stmt));
    EXPECT_TRUE(ok(stmt.exec("INSERT INTO hf_one (x) VALUES (?)"), stmt));
    stmt.close();
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    EXPECT_EQ(shown(std::vector<Row>{Row{"POINT(1 2)"}, Row{"POINT(1 2)"}}),
              both("SELECT ST_AsText(x) FROM hf_one"));
}

// A time of day in SQL_TIME_STRUCT; what is none in the interval types.
TEST_P(MySqlTypes, TimesAndIntervals)
{
    made("time(6)");
    run("INSERT INTO hf_one (x) VALUES ('23:59:58.5'), ('-12:34:56.789'), ('838:59:59')");
    for (bool binary : {false, true}) {
        SCOPED_TRACE(binary);
        open("SELECT x FROM hf_one ORDER BY n", binary);
        SQL_TIME_STRUCT t = {};
        SQL_INTERVAL_STRUCT i = {};
        SQLLEN ind = 0;
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_TRUE(warns(stmt.get(1, SQL_C_TYPE_TIME, &t, &ind), stmt, "01S07"));
        EXPECT_EQ(23, t.hour);
        EXPECT_EQ(58, t.second);
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_TRUE(fails(stmt.get(1, SQL_C_TYPE_TIME, &t, &ind), stmt, "22008|22007"));
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_INTERVAL_HOUR_TO_SECOND, &i, &ind), stmt));
        EXPECT_EQ(SQL_IS_HOUR_TO_SECOND, i.interval_type);
        EXPECT_EQ(SQL_TRUE, i.interval_sign);
        EXPECT_EQ(12U, i.intval.day_second.hour);
        EXPECT_EQ(34U, i.intval.day_second.minute);
        EXPECT_EQ(56U, i.intval.day_second.second);
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_TRUE(fails(stmt.get(1, SQL_C_TYPE_TIME, &t, &ind), stmt, "22008|22007"));
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_INTERVAL_DAY_TO_SECOND, &i, &ind), stmt));
        EXPECT_EQ(34U, i.intval.day_second.day);
        EXPECT_EQ(22U, i.intval.day_second.hour);
        // More hours than the two digits that an interval's first field has where none are asked for.
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_INTERVAL_HOUR_TO_SECOND, &i, &ind), stmt));
        EXPECT_EQ(838U, i.intval.day_second.hour);
        EXPECT_EQ(59U, i.intval.day_second.second);
        EXPECT_TRUE(warns(stmt.get(1, SQL_C_INTERVAL_HOUR_TO_MINUTE, &i, &ind), stmt, "01S07"));
        EXPECT_EQ(838U, i.intval.day_second.hour);
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_INTERVAL_SECOND, &i, &ind), stmt));
        EXPECT_EQ(3020399U, i.intval.day_second.second);
        stmt.close();
    }
    // And the other way.
    SQL_INTERVAL_STRUCT i = {};
    i.interval_type = SQL_IS_HOUR_TO_SECOND;
    i.interval_sign = SQL_TRUE;
    i.intval.day_second.hour = 100;
    i.intval.day_second.minute = 2;
    i.intval.day_second.second = 3;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_INTERVAL_HOUR_TO_SECOND,
                                    SQL_INTERVAL_HOUR_TO_SECOND, 3, 6, &i, 0, &ind),
                   stmt));
    run("DELETE FROM hf_one");
    EXPECT_TRUE(ok(stmt.exec("INSERT INTO hf_one (x) VALUES (?)"), stmt));
    stmt.close();
    SQL_TIME_STRUCT t = {1, 2, 3};
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_TYPE_TIME, SQL_TYPE_TIME, 8, 0,
                                    &t, 0, &ind),
                   stmt));
    EXPECT_TRUE(ok(stmt.exec("INSERT INTO hf_one (x) VALUES (?)"), stmt));
    stmt.close();
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    EXPECT_EQ(shown(std::vector<Row>{Row{"-100:02:03.000000"}, Row{"01:02:03.000000"}}),
              both("SELECT x FROM hf_one ORDER BY n"));
}

// The scale of an SQL_NUMERIC_STRUCT is the parameter's as bound, whatever the struct says.
TEST_P(MySqlTypes, ScaleOfANumericStruct)
{
    SQL_NUMERIC_STRUCT n = {};
    n.sign = 1;
    n.scale = 1;
    n.val[0] = 0x39;
    n.val[1] = 0x30; // 12345
    const struct {
        SQLSMALLINT scale;
        const char *value;
    } rows[] = {{0, "12345"}, {2, "123.45"}, {7, "0.0012345"}, {-3, "12345000"}};
    for (const auto &r : rows) {
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_NUMERIC, SQL_DECIMAL, 10, r.scale,
                                        &n, 0, nullptr),
                       stmt));
        EXPECT_EQ(r.value, stmt.value("SELECT CAST(? AS char)"));
    }
    SQLHDESC apd = nullptr;
    ASSERT_TRUE(ok(SQLGetStmtAttr(stmt, SQL_ATTR_APP_PARAM_DESC, &apd, 0, nullptr), stmt));
    SQLSetDescField(apd, 1, SQL_DESC_SCALE, reinterpret_cast<SQLPOINTER>(4), 0);
    SQLSetDescField(apd, 1, SQL_DESC_DATA_PTR, &n, 0);
    EXPECT_EQ("1.2345", stmt.value("SELECT CAST(? AS char)"));
}

// MariaDB sends the bit of an expression as a digit.
TEST_P(MySqlTypes, BitsOfExpressions)
{
    made("bit(1)");
    run("INSERT INTO hf_one (x) VALUES (0), (1), (NULL)");
    for (bool binary : {false, true}) {
        SCOPED_TRACE(binary);
        open("SELECT x, (SELECT y.x FROM hf_one y WHERE y.n = o.n) FROM hf_one o ORDER BY n", binary);
        for (unsigned char bit : {0, 1}) {
            unsigned char column = 9, expression = 9;
            SQLLEN ind = 0;
            ASSERT_TRUE(ok(stmt.fetch(), stmt));
            ASSERT_TRUE(ok(stmt.get(1, SQL_C_BIT, &column, &ind), stmt));
            ASSERT_TRUE(ok(stmt.get(2, SQL_C_BIT, &expression, &ind), stmt));
            EXPECT_EQ(bit, column);
            EXPECT_EQ(bit, expression);
        }
        stmt.close();
    }
}

// More bits than one are bytes, and a number where a number is asked for.
TEST_P(MySqlTypes, BitsAsNumbers)
{
    made("bit(64)");
    run("INSERT INTO hf_one (x) VALUES (0), (65280), (b'1'), (18446744073709551615), (NULL)");
    for (bool binary : {false, true}) {
        SCOPED_TRACE(binary);
        open("SELECT x FROM hf_one ORDER BY n", binary);
        EXPECT_EQ(SQL_BINARY, stmt.column(1).type);
        SQLLEN ind = 0;
        SQLBIGINT big = 9;
        SQLINTEGER number = 9;
        SQLUSMALLINT small = 9;
        SQLDOUBLE real = 9;
        unsigned char bit = 9;
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_SLONG, &number, &ind), stmt));
        EXPECT_EQ(0, number);
        EXPECT_EQ(SQLLEN(sizeof(number)), ind);
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_BIT, &bit, &ind), stmt));
        EXPECT_EQ(0, bit);
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_USHORT, &small, &ind), stmt));
        EXPECT_EQ(0xff00, small);
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_DOUBLE, &real, &ind), stmt));
        EXPECT_EQ(65280, real);
        EXPECT_TRUE(fails(stmt.get(1, SQL_C_BIT, &bit, &ind), stmt, "22003"));
        EXPECT_TRUE(fails(stmt.get(1, SQL_C_UTINYINT, &bit, &ind), stmt, "22003"));
        EXPECT_EQ("000000000000FF00", stmt.get(1));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_BIT, &bit, &ind), stmt));
        EXPECT_EQ(1, bit);
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_UBIGINT, &big, &ind), stmt));
        EXPECT_EQ(-1, big);
        EXPECT_TRUE(fails(stmt.get(1, SQL_C_SBIGINT, &big, &ind), stmt, "22003"));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        ASSERT_TRUE(ok(stmt.get(1, SQL_C_SLONG, &number, &ind), stmt));
        EXPECT_EQ(SQL_NULL_DATA, ind);
        stmt.close();
    }
}

// Every scalar function of SQLGetInfo's masks, run in an escape clause.
TEST_P(MySqlTypes, ScalarFunctions)
{
    const struct {
        const char *call, *value;
    } rows[] = {
        {"ASCII('a')", "97"}, {"BIT_LENGTH('ab')", "16"}, {"CHAR(65)", "A"},
        {"CHAR_LENGTH('ü')", "1"}, {"CHARACTER_LENGTH('ü ')", "2"}, {"CONCAT('a', 'b')", "ab"},
        {"INSERT('abcd', 2, 2, 'xx')", "axxd"}, {"LCASE('AÜ')", "aü"}, {"LEFT('abc', 2)", "ab"},
        {"LENGTH('ü  ')", "1"}, {"LOCATE('b', 'abb')", "2"}, {"LOCATE('b', 'abb', 3)", "3"},
        {"LTRIM('  a')", "a"}, {"OCTET_LENGTH('ü')", "2"}, {"POSITION('b' IN 'ab')", "2"},
        {"REPEAT('ab', 2)", "abab"}, {"REPLACE('abc', 'b', 'x')", "axc"}, {"RIGHT('abc', 2)", "bc"},
        {"RTRIM('a  ')", "a"}, {"SPACE(2)", "  "}, {"SUBSTRING('abcd', 2, 2)", "bc"},
        {"UCASE('aü')", "AÜ"}, {"ABS(-1)", "1"}, {"ACOS(1)", "0"}, {"ASIN(0)", "0"}, {"ATAN(0)", "0"},
        {"ATAN2(0, 1)", "0"}, {"CEILING(1.2)", "2"}, {"COS(0)", "1"}, {"COT(PI() / 4) > 0.99", "1"},
        {"DEGREES(0)", "0"}, {"EXP(0)", "1"}, {"FLOOR(1.8)", "1"}, {"LOG(1)", "0"},
        {"LOG10(100)", "2"}, {"MOD(7, 4)", "3"}, {"POWER(2, 3)", "8"}, {"RADIANS(0)", "0"},
        {"ROUND(1.25, 1)", "1.3"}, {"SIGN(-3)", "-1"}, {"SIN(0)", "0"}, {"SQRT(9)", "3"},
        {"TAN(0)", "0"}, {"TRUNCATE(1.29, 1)", "1.2"}, {"DAYNAME('2024-02-29')", "Thursday"},
        {"DAYOFMONTH('2024-02-29')", "29"}, {"DAYOFWEEK('2024-02-29')", "5"},
        {"DAYOFYEAR('2024-02-29')", "60"}, {"EXTRACT(YEAR FROM '2024-02-29')", "2024"},
        {"HOUR('11:12:13')", "11"}, {"MINUTE('11:12:13')", "12"}, {"SECOND('11:12:13')", "13"},
        {"MONTH('2024-02-29')", "2"}, {"MONTHNAME('2024-02-29')", "February"},
        {"QUARTER('2024-05-01')", "2"}, {"WEEK('2024-01-01')", "1"}, {"YEAR('2024-05-01')", "2024"},
        {"TIMESTAMPADD(SQL_TSI_FRAC_SECOND, 5000, TIMESTAMP '2024-01-01 00:00:00')",
         "2024-01-01 00:00:00.000005"},
        {"TIMESTAMPADD(SQL_TSI_MONTH, 1, DATE '2024-01-31')", "2024-02-29"},
        {"TIMESTAMPDIFF(SQL_TSI_HOUR, '2024-01-01', '2024-01-02')", "24"},
        {"IFNULL(NULL, 'x')", "x"}, {"DATABASE()", "app"}, {"USER()", "app"},
        {"CONVERT('12', SQL_INTEGER)", "12"}, {"CAST(12 AS CHAR)", "12"},
    };
    for (const auto &r : rows)
        EXPECT_EQ(r.value, stmt.value(std::string("SELECT {fn ") +
                                      (strstr(r.call, " > ") ? "COT(0.7)} > 0.99 AND {fn PI()} > 3"
                                                             : std::string(r.call) + "}")))
            << r.call;
    for (const char *call : {"CURDATE()", "CURTIME()", "NOW()", "CURRENT_DATE", "CURRENT_TIME(3)",
                             "CURRENT_TIMESTAMP", "RAND()", "RAND(1)"})
        EXPECT_NE("", stmt.value(std::string("SELECT {fn ") + call + "}")) << call;
}

} // namespace
