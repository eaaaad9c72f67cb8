// Each PostgreSQL type: its description, its values in every C type, and the errors of conversion.
// ODBC reference, appendix D: "Column Size, Decimal Digits, Transfer Octet Length, and Display
// Size", "Converting Data from SQL to C Data Types".
#include "odbc_test.h"

#include <clocale>
#include <cmath>
#include <cstring>
#include <iostream>

namespace
{

class Types : public EveryMode
{
  protected:
    bool wide_types() const
    {
        return GetParam() == Mode::W || GetParam() == Mode::AonW;
    }
    SQLSMALLINT narrow_or_wide(SQLSMALLINT type) const
    {
        if (!wide_types())
            return type;
        return type == SQL_CHAR          ? SQL_WCHAR
               : type == SQL_VARCHAR     ? SQL_WVARCHAR
               : type == SQL_LONGVARCHAR ? SQL_WLONGVARCHAR
                                         : type;
    }
};
ALL_MODES(Types);

struct Described {
    const char *sql;
    SQLSMALLINT type;
    SQLULEN size;
    SQLSMALLINT digits;
    SQLLEN octets, display;
    const char *name;
};

// -1: not checked
const Described DESCRIBED[] = {
    {"true", SQL_BIT, 1, 0, 1, 1, "bool"},
    {"1::int2", SQL_SMALLINT, 5, 0, 2, 6, "int2"},
    {"1::int4", SQL_INTEGER, 10, 0, 4, 11, "int4"},
    {"1::int8", SQL_BIGINT, 19, 0, 8, 20, "int8"},
    {"1::float4", SQL_REAL, 7, 0, 4, 14, "float4"},
    {"1::float8", SQL_DOUBLE, 15, 0, 8, 24, "float8"},
    {"1::numeric(10,2)", SQL_NUMERIC, 10, 2, 12, 12, "numeric"},
    {"1::numeric(5)", SQL_NUMERIC, 5, 0, 7, 7, "numeric"},
    {"'a'::char(7)", SQL_CHAR, 7, 0, -1, 7, "char"},
    {"'a'::varchar(20)", SQL_VARCHAR, 20, 0, -1, 20, "varchar"},
    {"'a'::text", SQL_LONGVARCHAR, SQLULEN(-1), 0, -1, -1, "text"},
    {"'a'::name", SQL_VARCHAR, 63, 0, -1, 63, "name"},
    {"'\\x01'::bytea", SQL_LONGVARBINARY, SQLULEN(-1), 0, -1, -1, "bytea"},
    {"DATE '2020-01-01'", SQL_TYPE_DATE, 10, 0, 6, 10, "date"},
    {"TIME '01:02:03'", SQL_TYPE_TIME, 15, 6, 6, 15, "time"},
    {"'01:02:03'::time(0)", SQL_TYPE_TIME, 8, 0, 6, 8, "time"},
    {"TIMESTAMP '2020-01-01 00:00:00'", SQL_TYPE_TIMESTAMP, 26, 6, 16, 26, "timestamp"},
    {"'2020-01-01'::timestamp(0)", SQL_TYPE_TIMESTAMP, 19, 0, 16, 19, "timestamp"},
    {"'2020-01-01'::timestamp(3)", SQL_TYPE_TIMESTAMP, 23, 3, 16, 23, "timestamp"},
    {"now()", SQL_TYPE_TIMESTAMP, 26, 6, 16, 26, "timestamptz"},
    {"gen_random_uuid()", SQL_GUID, 36, 0, 16, 36, "uuid"},
    {"1::oid", SQL_INTEGER, 10, 0, 4, 10, "oid"},
};

TEST_P(Types, Descriptions)
{
    for (const Described &d : DESCRIBED) {
        SCOPED_TRACE(d.sql);
        ASSERT_TRUE(ok(stmt.exec(std::string("SELECT ") + d.sql + " AS x"), stmt));
        Column c = stmt.column(1);
        SQLSMALLINT type = narrow_or_wide(d.type);
        EXPECT_EQ("x", c.name);
        EXPECT_EQ(type, c.type);
        EXPECT_EQ(d.digits, c.digits);
        EXPECT_EQ(type, stmt.number(1, SQL_DESC_CONCISE_TYPE));
        EXPECT_EQ(d.name, stmt.text(1, SQL_DESC_TYPE_NAME));
        if (d.size != SQLULEN(-1))
            EXPECT_EQ(d.size, c.size);
        if (d.octets >= 0)
            EXPECT_EQ(d.octets, stmt.number(1, SQL_DESC_OCTET_LENGTH));
        if (d.display >= 0)
            EXPECT_EQ(d.display, stmt.number(1, SQL_DESC_DISPLAY_SIZE));
        bool is_datetime =
            type == SQL_TYPE_DATE || type == SQL_TYPE_TIME || type == SQL_TYPE_TIMESTAMP;
        EXPECT_EQ(is_datetime ? SQL_DATETIME : type, stmt.number(1, SQL_DESC_TYPE));
        if (c.type == SQL_NUMERIC)
            EXPECT_EQ(d.digits, stmt.number(1, SQL_DESC_SCALE));
        stmt.close();
    }
}

TEST_P(Types, DescriptionsOfTextWithoutALength)
{
    for (const char *sql : {"'a'::text", "'a'::varchar", "'{}'::json", "'{}'::jsonb"}) {
        ASSERT_TRUE(ok(stmt.exec(std::string("SELECT ") + sql), stmt));
        Column c = stmt.column(1);
        // Unknown, or large: never a number that cuts what is longer.
        EXPECT_TRUE(c.size == 0 || c.size > 1000000) << sql << " " << c.size;
        EXPECT_EQ(narrow_or_wide(SQL_LONGVARCHAR), c.type) << sql;
        stmt.close();
    }
    ASSERT_TRUE(ok(stmt.exec("SELECT 1::numeric"), stmt));
    EXPECT_EQ(SQL_NUMERIC, stmt.column(1).type);
    EXPECT_GE(stmt.column(1).size, 100U);
}

TEST_P(Types, TextOfEveryType)
{
    const std::pair<const char *, const char *> values[] = {
        {"true", "1"},
        {"false", "0"},
        {"(-32768)::int2", "-32768"},
        {"(-2147483648)::int4", "-2147483648"},
        {"(-9223372036854775808)::int8", "-9223372036854775808"},
        {"0.1::float8", "0.1"},
        {"1e300::float8", "1e+300"},
        {"0.1::float4", "0.1"},
        {"123.4500::numeric", "123.4500"},
        {"-0.5::numeric(10,3)", "-0.500"},
        {"12345678901234567890123456789012345678901234567890::numeric",
         "12345678901234567890123456789012345678901234567890"},
        {"'ab'::char(4)", "ab  "},
        {"'gr\xc3\xbcn'::varchar(9)", "gr\xc3\xbcn"},
        {"'\\x00ff'::bytea", "00FF"},
        {"DATE '2020-02-29'", "2020-02-29"},
        {"TIME '13:14:15.123456'", "13:14:15.123456"},
        {"TIME '13:14:15'", "13:14:15"},
        {"TIMESTAMP '2020-02-29 13:14:15.5'", "2020-02-29 13:14:15.5"},
        {"TIMESTAMP '2020-02-29 13:14:15'", "2020-02-29 13:14:15"},
        {"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
        {"'{\"a\": 1}'::json", "{\"a\": 1}"},
        {"'{\"a\":1}'::jsonb", "{\"a\": 1}"},
        {"ARRAY[1,2]", "{1,2}"},
        {"'192.168.0.1'::inet", "192.168.0.1"},
        {"INTERVAL '1 day 2 hours'", "1 day 02:00:00"},
        {"B'101'", "101"},
        {"'(1,2)'::point", "(1,2)"},
        {"int4range(1,5)", "[1,5)"},
        {"'a'::\"char\"", "a"},
        {"4294967295::oid", "4294967295"},
        {"''::text", ""},
        {"NULL::text", "NULL"},
    };
    for (const auto &[sql, text] : values) {
        ASSERT_TRUE(ok(stmt.exec(std::string("SELECT ") + sql), stmt)) << sql;
        ASSERT_TRUE(ok(stmt.fetch(), stmt)) << sql;
        std::string a = stmt.get(1).value_or("NULL");
        stmt.close();
        EXPECT_STRCASEEQ(text, a.c_str()) << sql;
        ASSERT_TRUE(ok(stmt.exec(std::string("SELECT ") + sql), stmt)) << sql;
        ASSERT_TRUE(ok(stmt.fetch(), stmt)) << sql;
        EXPECT_EQ(a, stmt.get_wide(1).value_or("NULL")) << sql;
        stmt.close();
    }
}

TEST_P(Types, SpecialNumbers)
{
    SQLLEN ind;
    SQLDOUBLE d = 0;
    ASSERT_TRUE(ok(stmt.exec("SELECT 'NaN'::float8, 'Infinity'::float8, '-Infinity'::float8,"
                             " 'NaN'::numeric"),
                   stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(stmt.get(1, SQL_C_DOUBLE, &d, &ind), stmt));
    EXPECT_TRUE(std::isnan(d));
    EXPECT_TRUE(clean(stmt.get(2, SQL_C_DOUBLE, &d, &ind), stmt));
    EXPECT_TRUE(std::isinf(d) && d > 0);
    EXPECT_TRUE(clean(stmt.get(3, SQL_C_DOUBLE, &d, &ind), stmt));
    EXPECT_TRUE(std::isinf(d) && d < 0);
    SQLINTEGER i = 0;
    EXPECT_TRUE(fails(stmt.get(2, SQL_C_SLONG, &i, &ind), stmt, "22003"));
    EXPECT_EQ("NaN", stmt.get(4));
}

TEST_P(Types, InfinityIsNoDate)
{
    SQLLEN ind;
    SQL_TIMESTAMP_STRUCT ts;
    ASSERT_TRUE(ok(stmt.exec("SELECT 'infinity'::timestamp, '4713-01-01 BC'::date,"
                             " '12345-01-02'::date"),
                   stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    SQLRETURN rc = stmt.get(1, SQL_C_TYPE_TIMESTAMP, &ts, &ind);
    EXPECT_EQ(SQL_ERROR, rc);
    EXPECT_EQ("22", stmt.state().substr(0, 2)) << stmt.message();
    EXPECT_EQ("infinity", stmt.get(1));
}

// ---- values in C types ----

struct Number {
    const char *sql;
    SQLSMALLINT ctype;
    long long wanted;  // when state is ""
    const char *state; // 01S07: with the value too
};

const Number NUMBERS[] = {
    {"100", SQL_C_STINYINT, 100, ""},
    {"300", SQL_C_STINYINT, 0, "22003"},
    {"-1", SQL_C_UTINYINT, 0, "22003"},
    {"255", SQL_C_UTINYINT, 255, ""},
    {"32767", SQL_C_SSHORT, 32767, ""},
    {"32768", SQL_C_SSHORT, 0, "22003"},
    {"65535", SQL_C_USHORT, 65535, ""},
    {"-1", SQL_C_USHORT, 0, "22003"},
    {"2147483647", SQL_C_SLONG, 2147483647, ""},
    {"2147483648", SQL_C_SLONG, 0, "22003"},
    {"-2147483648", SQL_C_SLONG, -2147483648LL, ""},
    {"4294967295", SQL_C_ULONG, 4294967295LL, ""},
    {"-1", SQL_C_ULONG, 0, "22003"},
    {"9223372036854775807", SQL_C_SBIGINT, INT64_MAX, ""},
    {"9223372036854775808", SQL_C_SBIGINT, 0, "22003"},
    {"-1", SQL_C_UBIGINT, 0, "22003"},
    {"1.5", SQL_C_SLONG, 1, "01S07"},
    {"-1.5", SQL_C_SLONG, -1, "01S07"},
    {"1.0", SQL_C_SLONG, 1, ""},
    {"1e3::float8", SQL_C_SLONG, 1000, ""},
    {"1.25::float8", SQL_C_SLONG, 1, "01S07"},
    {"1e10::float8", SQL_C_SLONG, 0, "22003"},
    {"true", SQL_C_SLONG, 1, ""},
    {"' 42 '::text", SQL_C_SLONG, 42, ""},
    {"'1.5'::text", SQL_C_SLONG, 1, "01S07"},
    {"'12345678901'::text", SQL_C_SLONG, 0, "22003"},
    {"'abc'::text", SQL_C_SLONG, 0, "22018"},
    {"''::text", SQL_C_SLONG, 0, "22018"},
    {"'1x'::text", SQL_C_SLONG, 0, "22018"},
    {"1", SQL_C_BIT, 1, ""},
    {"0", SQL_C_BIT, 0, ""},
    {"2", SQL_C_BIT, 0, "22003"},
    {"1.5", SQL_C_BIT, 1, "01S07"},
    {"-1", SQL_C_BIT, 0, "22003"},
    {"'1'::text", SQL_C_BIT, 1, ""},
    {"'x'::text", SQL_C_BIT, 0, "22018"},
    {"DATE '2020-01-01'", SQL_C_SLONG, 0, "07006"},
    {"'\\x01'::bytea", SQL_C_SLONG, 0, "07006"},
    {"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", SQL_C_SLONG, 0, "07006"},
};

long long whole(SQLSMALLINT ctype, const void *p)
{
    switch (ctype) {
    case SQL_C_STINYINT:
        return *static_cast<const SQLSCHAR *>(p);
    case SQL_C_UTINYINT:
    case SQL_C_BIT:
        return *static_cast<const SQLCHAR *>(p);
    case SQL_C_SSHORT:
        return *static_cast<const SQLSMALLINT *>(p);
    case SQL_C_USHORT:
        return *static_cast<const SQLUSMALLINT *>(p);
    case SQL_C_SLONG:
        return *static_cast<const SQLINTEGER *>(p);
    case SQL_C_ULONG:
        return *static_cast<const SQLUINTEGER *>(p);
    default:
        return *static_cast<const SQLBIGINT *>(p);
    }
}

TEST_P(Types, WholeNumbers)
{
    for (const Number &n : NUMBERS) {
        SCOPED_TRACE(std::string(n.sql) + " to " + std::to_string(n.ctype));
        ASSERT_TRUE(ok(stmt.exec(std::string("SELECT ") + n.sql), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        char room[16];
        memset(room, 0x5a, sizeof(room));
        SQLLEN ind = 0;
        SQLRETURN rc = SQLGetData(stmt, 1, n.ctype, room, sizeof(room), &ind);
        std::string state = n.state;
        if (state.empty())
            EXPECT_TRUE(clean(rc, stmt));
        else if (state == "01S07")
            EXPECT_TRUE(warns(rc, stmt, state));
        else
            EXPECT_TRUE(fails(rc, stmt, state));
        if (state.empty() || state == "01S07")
            EXPECT_EQ(n.wanted, whole(n.ctype, room));
        stmt.close();
    }
}

TEST_P(Types, Floats)
{
    SQLLEN ind;
    SQLDOUBLE d = 0;
    SQLREAL f = 0;
    ASSERT_TRUE(ok(stmt.exec("SELECT 0.1::float8, 12.25::numeric, 7, '1.5e3'::text, 1e300::float8,"
                             " true, 0.1::float4, 'x'::text"),
                   stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(stmt.get(1, SQL_C_DOUBLE, &d, &ind), stmt));
    EXPECT_EQ(0.1, d);
    EXPECT_TRUE(clean(stmt.get(2, SQL_C_DOUBLE, &d, &ind), stmt));
    EXPECT_EQ(12.25, d);
    EXPECT_TRUE(clean(stmt.get(3, SQL_C_FLOAT, &f, &ind), stmt));
    EXPECT_EQ(7.0F, f);
    EXPECT_TRUE(clean(stmt.get(4, SQL_C_DOUBLE, &d, &ind), stmt));
    EXPECT_EQ(1500.0, d);
    EXPECT_TRUE(fails(stmt.get(5, SQL_C_FLOAT, &f, &ind), stmt, "22003"));
    EXPECT_TRUE(clean(stmt.get(6, SQL_C_DOUBLE, &d, &ind), stmt));
    EXPECT_EQ(1.0, d);
    EXPECT_TRUE(clean(stmt.get(7, SQL_C_FLOAT, &f, &ind), stmt));
    EXPECT_EQ(0.1F, f);
    EXPECT_TRUE(fails(stmt.get(8, SQL_C_DOUBLE, &d, &ind), stmt, "22018"));
}

TEST_P(Types, Numeric)
{
    SQL_NUMERIC_STRUCT n;
    SQLLEN ind;
    SQLHDESC ard;
    SQLGetStmtAttr(stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, nullptr);
    ASSERT_TRUE(
        ok(stmt.exec("SELECT 123.45::numeric(10,2), -7, 123.45::numeric, 1e40::numeric"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    // By default the scale is 0 by ODBC; PostgreSQL's is that of the value, as the struct says.
    SQLRETURN rc = stmt.get(1, SQL_C_NUMERIC, &n, &ind);
    EXPECT_TRUE(my() ? warns(rc, stmt, "01S07") : clean(rc, stmt));
    EXPECT_EQ(my() ? 0 : 2, n.scale);
    EXPECT_EQ(my() ? 38 : 5, n.precision);
    EXPECT_EQ(my() ? 123 : 0x39, n.val[0]);
    EXPECT_EQ(my() ? 0 : 0x30, n.val[1]);
    EXPECT_TRUE(clean(stmt.get(2, SQL_C_NUMERIC, &n, &ind), stmt));
    EXPECT_EQ(0, n.sign);
    EXPECT_EQ(7, n.val[0]);
    EXPECT_EQ(SQLLEN(sizeof(n)), ind);
    // Precision and scale from the descriptor.
    SQLSetDescField(ard, 3, SQL_DESC_TYPE, reinterpret_cast<SQLPOINTER>(SQL_C_NUMERIC), 0);
    SQLSetDescField(ard, 3, SQL_DESC_PRECISION, reinterpret_cast<SQLPOINTER>(12), 0);
    SQLSetDescField(ard, 3, SQL_DESC_SCALE, reinterpret_cast<SQLPOINTER>(2), 0);
    EXPECT_TRUE(clean(stmt.get(3, SQL_ARD_TYPE, &n, &ind), stmt));
    EXPECT_EQ(2, n.scale);
    EXPECT_EQ(1, n.sign);
    EXPECT_EQ(0x39, n.val[0]);
    EXPECT_EQ(0x30, n.val[1]);
    EXPECT_EQ(12, n.precision);
    EXPECT_TRUE(fails(stmt.get(4, SQL_C_NUMERIC, &n, &ind), stmt, "22003"));
    stmt.close();
    if (my())
        return;
    // The struct says what is written, zeros at the end too.
    const struct {
        const char *value;
        int precision, scale, magnitude;
    } want[] = {{"-1.50::numeric", 3, 2, 150},   {"0.010::numeric(9,3)", 3, 3, 10},
                {"0::numeric(5,2)", 2, 2, 0},    {"1000::numeric", 4, 0, 1000},
                {"0::int", 1, 0, 0},             {"2.5::float8", 2, 1, 25},
                {"5e-7::float8", 7, 7, 5},       {"'07.250'::text", 4, 3, 7250}};
    for (const auto &w : want) {
        SCOPED_TRACE(w.value);
        ASSERT_TRUE(ok(stmt.exec(std::string("SELECT ") + w.value), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_TRUE(clean(stmt.get(1, SQL_C_NUMERIC, &n, &ind), stmt));
        EXPECT_EQ(w.precision, n.precision);
        EXPECT_EQ(w.scale, n.scale);
        EXPECT_EQ(w.magnitude, n.val[0] | n.val[1] << 8);
        stmt.close();
    }
}

TEST_P(Types, DatesAndTimes)
{
    SQL_DATE_STRUCT d = {};
    SQL_TIME_STRUCT t = {};
    SQL_TIMESTAMP_STRUCT ts = {};
    SQLLEN ind;
    ASSERT_TRUE(
        ok(stmt.exec("SELECT DATE '2020-02-29', TIME '13:14:15',"
                     " TIMESTAMP '2020-02-29 13:14:15.678', TIMESTAMP '2020-02-29 00:00:00',"
                     " '2020-02-29'::text, '2020-02-29 13:14:15.678'::text, 'nonsense'::text,"
                     " TIME '13:14:15.5'"),
           stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(stmt.get(1, SQL_C_TYPE_DATE, &d, &ind), stmt));
    EXPECT_EQ(2020, d.year);
    EXPECT_EQ(2, d.month);
    EXPECT_EQ(29, d.day);
    EXPECT_TRUE(clean(stmt.get(2, SQL_C_TYPE_TIME, &t, &ind), stmt));
    EXPECT_EQ(13, t.hour);
    EXPECT_EQ(15, t.second);
    EXPECT_TRUE(clean(stmt.get(3, SQL_C_TYPE_TIMESTAMP, &ts, &ind), stmt));
    EXPECT_EQ(2020, ts.year);
    EXPECT_EQ(678000000U, ts.fraction);
    EXPECT_EQ(16, ind);
    EXPECT_TRUE(warns(stmt.get(3, SQL_C_TYPE_DATE, &d, &ind), stmt, "01S07"));
    EXPECT_EQ(29, d.day);
    EXPECT_TRUE(warns(stmt.get(3, SQL_C_TYPE_TIME, &t, &ind), stmt, "01S07"));
    EXPECT_EQ(14, t.minute);
    EXPECT_TRUE(clean(stmt.get(4, SQL_C_TYPE_DATE, &d, &ind), stmt));
    // A date as a timestamp has no time.
    EXPECT_TRUE(clean(stmt.get(1, SQL_C_TYPE_TIMESTAMP, &ts, &ind), stmt));
    EXPECT_EQ(0, ts.hour);
    EXPECT_EQ(0U, ts.fraction);
    // A time as a timestamp has today's date.
    EXPECT_TRUE(clean(stmt.get(2, SQL_C_TYPE_TIMESTAMP, &ts, &ind), stmt));
    EXPECT_GT(ts.year, 2020);
    EXPECT_EQ(13, ts.hour);
    EXPECT_TRUE(fails(stmt.get(1, SQL_C_TYPE_TIME, &t, &ind), stmt, "07006"));
    EXPECT_TRUE(fails(stmt.get(2, SQL_C_TYPE_DATE, &d, &ind), stmt, "07006"));
    // From text.
    EXPECT_TRUE(clean(stmt.get(5, SQL_C_TYPE_DATE, &d, &ind), stmt));
    EXPECT_EQ(29, d.day);
    EXPECT_TRUE(clean(stmt.get(6, SQL_C_TYPE_TIMESTAMP, &ts, &ind), stmt));
    EXPECT_EQ(678000000U, ts.fraction);
    EXPECT_TRUE(warns(stmt.get(6, SQL_C_TYPE_DATE, &d, &ind), stmt, "01S07"));
    EXPECT_EQ(29, d.day);
    EXPECT_TRUE(fails(stmt.get(7, SQL_C_TYPE_DATE, &d, &ind), stmt, "22018"));
    EXPECT_TRUE(warns(stmt.get(8, SQL_C_TYPE_TIME, &t, &ind), stmt, "01S07"));
    EXPECT_EQ(15, t.second);
}

TEST_P(Types, TimeZones)
{
    ASSERT_TRUE(ok(stmt.exec("SET TIME ZONE 'Asia/Tokyo'"), stmt));
    SQL_TIMESTAMP_STRUCT ts = {};
    SQLLEN ind;
    ASSERT_TRUE(ok(stmt.exec("SELECT TIMESTAMPTZ '2020-02-29 00:00:00+00'"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(stmt.get(1, SQL_C_TYPE_TIMESTAMP, &ts, &ind), stmt));
    EXPECT_EQ(9, ts.hour); // the session's own time
}

// A role whose sessions begin with other styles.
TEST_P(Types, StylesOfTheRole)
{
    Stmt admin(dbc);
    admin.exec("DROP ROLE IF EXISTS hf_styles");
    ASSERT_TRUE(ok(admin.exec("CREATE ROLE hf_styles LOGIN PASSWORD 'x'"), admin));
    for (const char *set : {"datestyle = 'SQL, DMY'", "intervalstyle = 'iso_8601'",
                            "bytea_output = 'escape'", "extra_float_digits = 0",
                            "standard_conforming_strings = on", "client_encoding = 'LATIN1'"})
        ASSERT_TRUE(ok(admin.exec(std::string("ALTER ROLE hf_styles SET ") + set), admin));
    Dbc d(*e, connects);
    ASSERT_TRUE(ok(d.open(conn_str_without("UID", "UID=hf_styles;")
                              .replace(conn_str_without("UID").find("PWD="),
                                       4 + env("HF_DB_PASSWORD").size(), "PWD=x")),
                   d));
    d.api = calls;
    Stmt s(d);
    SQL_TIMESTAMP_STRUCT ts = {};
    SQL_INTERVAL_STRUCT i = {};
    SQL_DATE_STRUCT date = {};
    SQLDOUBLE third = 0;
    SQLLEN ind;
    char b[4];
    ASSERT_TRUE(ok(
        s.exec("SELECT TIMESTAMP '2020-03-04 05:06:07', DATE '2020-03-04',"
               " '\\x00415cff'::bytea, INTERVAL '1 day', 1/3::float8, 'gr\xc3\xbcn \xe2\x82\xac'"),
        s));
    ASSERT_TRUE(ok(s.fetch(), s));
    EXPECT_TRUE(clean(s.get(1, SQL_C_TYPE_TIMESTAMP, &ts, &ind), s));
    EXPECT_EQ(2020, ts.year);
    EXPECT_EQ(3, ts.month);
    EXPECT_TRUE(clean(s.get(2, SQL_C_TYPE_DATE, &date, &ind), s));
    EXPECT_EQ(4, date.day);
    EXPECT_TRUE(clean(SQLGetData(s, 3, SQL_C_BINARY, b, 4, &ind), s));
    EXPECT_EQ("00415cff", hex(b, 4));
    EXPECT_TRUE(clean(s.get(4, SQL_C_INTERVAL_DAY, &i, &ind), s));
    EXPECT_EQ(1U, i.intval.day_second.day);
    EXPECT_TRUE(clean(s.get(5, SQL_C_DOUBLE, &third, &ind), s));
    EXPECT_EQ(1.0 / 3, third);
    EXPECT_EQ("gr\xc3\xbcn \xe2\x82\xac", s.get(6));
}

// Changed later, by SQL: right or an error, never another date.
TEST_P(Types, StylesOfTheSession)
{
    for (const char *style : {"SQL, DMY", "SQL, MDY", "Postgres, DMY", "German"}) {
        ASSERT_TRUE(ok(stmt.exec(std::string("SET datestyle = '") + style + "'"), stmt));
        SQL_DATE_STRUCT d = {};
        SQLLEN ind;
        ASSERT_TRUE(ok(stmt.exec("SELECT DATE '2020-03-04'"), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        SQLRETURN rc = stmt.get(1, SQL_C_TYPE_DATE, &d, &ind);
        if (SQL_SUCCEEDED(rc))
            EXPECT_TRUE(d.year == 2020 && d.month == 3 && d.day == 4) << style;
        else
            EXPECT_EQ("22007", stmt.state()) << style;
        stmt.close();
    }
    ASSERT_TRUE(ok(stmt.exec("SET bytea_output = 'escape'"), stmt));
    SQLLEN ind;
    char b[8];
    ASSERT_TRUE(ok(stmt.exec("SELECT '\\x00415cff'::bytea"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_BINARY, b, sizeof(b), &ind), stmt));
    EXPECT_EQ(4, ind);
    EXPECT_EQ("00415cff", hex(b, 4));
}

TEST_P(Types, Intervals)
{
    SQL_INTERVAL_STRUCT i = {};
    SQLLEN ind;
    ASSERT_TRUE(ok(stmt.exec("SELECT INTERVAL '1 day 2 hours 3 minutes 4.5 seconds',"
                             " INTERVAL '2 years 3 months', INTERVAL '-5 hours'"),
                   stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(ok(stmt.get(1, SQL_C_INTERVAL_DAY_TO_SECOND, &i, &ind), stmt));
    EXPECT_EQ(SQL_IS_DAY_TO_SECOND, i.interval_type);
    EXPECT_EQ(1U, i.intval.day_second.day);
    EXPECT_EQ(2U, i.intval.day_second.hour);
    EXPECT_EQ(4U, i.intval.day_second.second);
    EXPECT_EQ(500000U, i.intval.day_second.fraction); // of the default precision, 6
    EXPECT_TRUE(clean(stmt.get(2, SQL_C_INTERVAL_YEAR_TO_MONTH, &i, &ind), stmt));
    EXPECT_EQ(2U, i.intval.year_month.year);
    EXPECT_EQ(3U, i.intval.year_month.month);
    EXPECT_TRUE(clean(stmt.get(3, SQL_C_INTERVAL_HOUR, &i, &ind), stmt));
    EXPECT_EQ(SQL_TRUE, i.interval_sign);
    EXPECT_EQ(5U, i.intval.day_second.hour);
    EXPECT_TRUE(warns(stmt.get(1, SQL_C_INTERVAL_HOUR, &i, &ind), stmt, "01S07"));
    EXPECT_EQ(26U, i.intval.day_second.hour);
    EXPECT_TRUE(fails(stmt.get(2, SQL_C_INTERVAL_DAY, &i, &ind), stmt, "22015|07006|22018"));
    stmt.close();
    ASSERT_TRUE(ok(stmt.exec("SELECT interval '100 years', interval '10 days 13:14:15'"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(stmt.get(1, SQL_C_INTERVAL_YEAR, &i, &ind), stmt));
    EXPECT_EQ(100U, i.intval.year_month.year);
    EXPECT_TRUE(clean(stmt.get(2, SQL_C_INTERVAL_HOUR_TO_SECOND, &i, &ind), stmt));
    EXPECT_EQ(253U, i.intval.day_second.hour);
    EXPECT_EQ(15U, i.intval.day_second.second);
}

TEST_P(Types, Guid)
{
    SQLGUID g = {};
    SQLLEN ind;
    ASSERT_TRUE(ok(stmt.exec("SELECT '01020304-0506-0708-090a-0b0c0d0e0f10'::uuid,"
                             " '01020304-0506-0708-090a-0b0c0d0e0f10'::text, 'x'::text"),
                   stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    for (SQLUSMALLINT n : {1, 2}) {
        EXPECT_TRUE(clean(stmt.get(n, SQL_C_GUID, &g, &ind), stmt));
        EXPECT_EQ(16, ind);
        EXPECT_EQ(0x01020304U, g.Data1);
        EXPECT_EQ(0x0708, g.Data3);
        EXPECT_EQ(16, g.Data4[7]);
    }
    EXPECT_TRUE(fails(stmt.get(3, SQL_C_GUID, &g, &ind), stmt, "22018"));
}

// The C type that follows from the SQL type.
TEST_P(Types, DefaultCTypes)
{
    char room[64];
    SQLLEN ind;
    ASSERT_TRUE(
        ok(stmt.exec("SELECT 7::int2, 7::int4, 7::int8, 0.5::float4, 0.5::float8, true,"
                     " DATE '2020-02-29', '\\x0102'::bytea, 12.5::numeric, 'abc'::varchar(5)"),
           stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    const SQLLEN sizes[] = {2, 4, 8, 4, 8, 1, 6, 2, 4};
    for (SQLUSMALLINT i = 1; i <= 9; i++) {
        EXPECT_TRUE(clean(SQLGetData(stmt, i, SQL_C_DEFAULT, room, sizeof(room), &ind), stmt)) << i;
        EXPECT_EQ(sizes[i - 1], ind) << i;
    }
    EXPECT_STREQ("12.5", room); // SQL_NUMERIC is text by default
    EXPECT_TRUE(clean(SQLGetData(stmt, 10, SQL_C_DEFAULT, room, sizeof(room), &ind), stmt));
    EXPECT_EQ(wide_types() ? 6 : 3, ind);
}

// "Number of bytes of whole digits < BufferLength: truncation of fractional digits, 01004;
// otherwise 22003"
TEST_P(Types, NumbersIntoShortText)
{
    char b[5];
    SQLLEN ind;
    ASSERT_TRUE(
        ok(stmt.exec("SELECT 12.3456::numeric, 1234567, DATE '2020-02-29', 1.23456789::float8"),
           stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(warns(SQLGetData(stmt, 1, SQL_C_CHAR, b, 5, &ind), stmt, "01004"));
    EXPECT_STREQ("12.3", b);
    EXPECT_TRUE(fails(SQLGetData(stmt, 2, SQL_C_CHAR, b, 5, &ind), stmt, "22003"));
    EXPECT_TRUE(fails(SQLGetData(stmt, 3, SQL_C_CHAR, b, 5, &ind), stmt, "22003"));
    EXPECT_TRUE(warns(SQLGetData(stmt, 4, SQL_C_CHAR, b, 5, &ind), stmt, "01004"));
    EXPECT_STREQ("1.23", b);
}

TEST_P(Types, RawBytesOfNumbers)
{
    char b[16];
    SQLLEN ind;
    ASSERT_TRUE(ok(stmt.exec("SELECT 258::int4"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_BINARY, b, sizeof(b), &ind), stmt));
    EXPECT_EQ(4, ind);
    EXPECT_EQ("02010000", hex(b, 4));
    stmt.close();
    ASSERT_TRUE(ok(stmt.exec("SELECT 258::int4"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(SQLGetData(stmt, 1, SQL_C_BINARY, b, 2, &ind), stmt, "22003"));
}

// A locale with another decimal point, as an application may set it; from the test's own folder.
TEST(Locale, NumbersDoNotFollowIt)
{
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8")) {
        std::cout << "no de_DE.UTF-8\n";
        return;
    }
    Env e;
    Dbc d(e);
    ASSERT_TRUE(ok(d.open(conn_str()), d));
    {
        Stmt s(d);
        SQLDOUBLE v = 1.5, out = 0;
        SQLLEN ind = 0;
        char text[] = "2.25";
        SQLLEN nts = SQL_NTS;
        SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_DOUBLE, SQL_DOUBLE, 0, 0, &v, 0, &ind);
        SQLBindParameter(s, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_DOUBLE, 0, 0, text, 0, &nts);
        ASSERT_TRUE(ok(s.exec("SELECT ?::float8 + ?::float8, 0.5::float8, '0.25'::text"), s));
        ASSERT_TRUE(ok(s.fetch(), s));
        EXPECT_TRUE(clean(s.get(1, SQL_C_DOUBLE, &out, &ind), s));
        EXPECT_EQ(3.75, out);
        EXPECT_EQ("0.5", s.get(2));
        EXPECT_TRUE(clean(s.get(3, SQL_C_DOUBLE, &out, &ind), s));
        EXPECT_EQ(0.25, out);
    }
    setlocale(LC_NUMERIC, "C.UTF-8");
}

class Options : public Connected
{
};

TEST_F(Options, BoolsAsChar)
{
    Dbc d = another("BOOLSASCHAR=1");
    Stmt s(d);
    ASSERT_TRUE(ok(s.exec("SELECT true"), s));
    EXPECT_EQ(SQL_VARCHAR, s.column(1).type);
    EXPECT_EQ(5U, s.column(1).size);
}

TEST_F(Options, MaxVarcharSize)
{
    Dbc d = another("MAXVARCHARSIZE=300");
    Stmt s(d);
    ASSERT_TRUE(ok(s.exec("SELECT 'x'::text, 'y'::varchar"), s));
    EXPECT_EQ(300U, s.column(1).size);
    EXPECT_EQ(300U, s.column(2).size);
}

TEST_F(Options, WideCharTypes)
{
    Dbc d = another("WIDECHARTYPES=yes");
    Stmt s(d);
    ASSERT_TRUE(ok(s.exec("SELECT 'x'::varchar(5), 'y'::text"), s));
    EXPECT_EQ(SQL_WVARCHAR, s.column(1).type);
    EXPECT_EQ(SQL_WLONGVARCHAR, s.column(2).type);
}

} // namespace
