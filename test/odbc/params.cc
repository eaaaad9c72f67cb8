// SQLBindParameter, SQLNumParams, SQLDescribeParam, arrays of parameters. Conversions: ODBC
// reference, appendix D, "Converting Data from C to SQL Data Types".
#include "odbc_test.h"

#include <cfloat>
#include <cmath>
#include <cstring>

namespace
{

class Params : public EveryMode
{
  protected:
    SQLRETURN bind(SQLUSMALLINT n, SQLSMALLINT ctype, SQLSMALLINT type, const void *v, SQLLEN cap,
                   SQLLEN *ind, SQLULEN size = 0, SQLSMALLINT digits = 0)
    {
        return SQLBindParameter(stmt, n, SQL_PARAM_INPUT, ctype, type, size, digits,
                                const_cast<void *>(v), cap, ind); // NOLINT
    }
};
ALL_MODES(Params);

// Several statements share one row of parameters; they are one transaction.
class Batch : public Params
{
  protected:
    void SetUp() override
    {
        Params::SetUp();
        ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (a int)"), stmt));
        ASSERT_TRUE(clean(bind(1, SQL_C_SLONG, SQL_INTEGER, &a, 0, nullptr), stmt));
        ASSERT_TRUE(clean(bind(2, SQL_C_SLONG, SQL_INTEGER, &b, 0, nullptr), stmt));
    }
    void expect_two_results()
    {
        EXPECT_EQ(1, stmt.row_count());
        ASSERT_TRUE(clean(stmt.more(), stmt));
        EXPECT_EQ(std::to_string(a) + "|" + std::to_string(b) + "\n", shown(stmt.rest()));
        EXPECT_TRUE(nothing(stmt.more(), stmt));
    }
    SQLINTEGER a = 5, b = 7;
};
ALL_MODES(Batch);

TEST_P(Batch, DirectAndPrepared)
{
    const char *sql = "INSERT INTO t VALUES (?); ; SELECT max(a), ?::int FROM t -- ?;";
    ASSERT_TRUE(clean(stmt.exec(sql), stmt));
    expect_two_results();
    ASSERT_TRUE(clean(stmt.prepare(sql), stmt));
    SQLSMALLINT n = 0;
    EXPECT_TRUE(clean(SQLNumParams(stmt, &n), stmt));
    EXPECT_EQ(2, n);
    for (; a < 8; a++) {
        ASSERT_TRUE(clean(stmt.execute(), stmt));
        expect_two_results();
    }
}

TEST_P(Batch, AllOrNothing)
{
    b = 0;
    EXPECT_TRUE(fails(stmt.exec("INSERT INTO t VALUES (?); SELECT 1 / ?"), stmt, "22012"));
    EXPECT_EQ("0", Stmt(dbc).value("SELECT count(*) FROM t"));
    // The first statement is described; an open transaction goes on.
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    ASSERT_TRUE(clean(stmt.prepare("INSERT INTO t VALUES (?); SELECT ?"), stmt));
    SQLSMALLINT n;
    EXPECT_TRUE(clean(SQLDescribeParam(stmt, 1, &n, nullptr, nullptr, nullptr), stmt));
    EXPECT_EQ(SQL_INTEGER, n);
    EXPECT_TRUE(fails(SQLDescribeParam(stmt, 2, &n, nullptr, nullptr, nullptr), stmt, "HYC00"));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_TRUE(clean(stmt.close(), stmt));
    EXPECT_EQ("1", Stmt(dbc).value("SELECT count(*) FROM t"));
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
}

TEST_P(Batch, NoArrays)
{
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(2), 0);
    EXPECT_TRUE(fails(stmt.exec("SELECT ?; SELECT ?"), stmt, "HYC00"));
}

class Arrays : public Params
{
  protected:
    void SetUp() override
    {
        Params::SetUp();
        ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (id int PRIMARY KEY, a text)"), stmt));
        for (SQLUSMALLINT &s : status)
            s = 99;
        set(SQL_ATTR_PARAM_STATUS_PTR, status);
        set(SQL_ATTR_PARAMS_PROCESSED_PTR, &processed);
    }
    void set(SQLINTEGER attribute, const void *p)
    {
        ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, attribute, const_cast<void *>(p), 0), stmt));
    }
    void set(SQLINTEGER attribute, SQLULEN v)
    {
        set(attribute, reinterpret_cast<void *>(v)); // NOLINT
    }
    std::string table()
    {
        Stmt s(dbc);
        return shown(s.rows("SELECT * FROM t ORDER BY id"));
    }
    SQLUSMALLINT status[8];
    SQLULEN processed = 99;
};
ALL_MODES(Arrays);

// ---- the matrix of conversions ----

// A C value, sent as an SQL type into a cast; the text it becomes, or an SQLSTATE.
struct Case {
    const char *what;
    SQLSMALLINT ctype;
    std::string bytes;
    SQLSMALLINT type;
    const char *cast;
    const char *wanted;
    SQLULEN size = 0;
    SQLSMALLINT digits = 0;
};

template <class T> std::string raw(T v)
{
    return std::string(reinterpret_cast<const char *>(&v), sizeof(v));
}

std::string wide(const char *s)
{
    std::u16string w = u16(s);
    return std::string(reinterpret_cast<const char *>(w.data()), w.size() * 2);
}

std::string numeric(const char *digits_le_hex, SQLCHAR precision, SQLSCHAR scale, SQLCHAR sign)
{
    SQL_NUMERIC_STRUCT n = {};
    n.precision = precision;
    n.scale = scale;
    n.sign = sign;
    for (size_t i = 0; digits_le_hex[i * 2]; i++)
        n.val[i] =
            static_cast<SQLCHAR>(std::stoi(std::string(digits_le_hex + i * 2, 2), nullptr, 16));
    return raw(n);
}

std::string interval(SQLINTERVAL type, SQLSMALLINT sign, SQLUINTEGER a, SQLUINTEGER b = 0,
                     SQLUINTEGER c = 0, SQLUINTEGER d = 0, SQLUINTEGER fraction = 0)
{
    SQL_INTERVAL_STRUCT i = {};
    i.interval_type = type;
    i.interval_sign = sign;
    if (type == SQL_IS_YEAR || type == SQL_IS_MONTH || type == SQL_IS_YEAR_TO_MONTH) {
        i.intval.year_month.year = a;
        i.intval.year_month.month = b;
    } else {
        i.intval.day_second.day = a;
        i.intval.day_second.hour = b;
        i.intval.day_second.minute = c;
        i.intval.day_second.second = d;
        i.intval.day_second.fraction = fraction;
    }
    return raw(i);
}

const SQL_DATE_STRUCT DATE = {2020, 2, 29};
const SQL_TIME_STRUCT TIME = {13, 14, 15};
const SQL_TIMESTAMP_STRUCT STAMP = {2020, 2, 29, 13, 14, 15, 678000000};
const SQL_TIMESTAMP_STRUCT MIDNIGHT = {2020, 2, 29, 0, 0, 0, 0};
const SQLGUID GUID = {0x01020304, 0x0506, 0x0708, {9, 10, 11, 12, 13, 14, 15, 16}};
const char GUID_TEXT[] = "01020304-0506-0708-090a-0b0c0d0e0f10";

const Case CASES[] = {
    // character C data
    {"char-char", SQL_C_CHAR, "abc", SQL_CHAR, "text", "abc", 10},
    {"char-varchar", SQL_C_CHAR, "gr\xc3\xbcn", SQL_VARCHAR, "text", "gr\xc3\xbcn", 10},
    {"char-longvarchar", SQL_C_CHAR, "abc", SQL_LONGVARCHAR, "text", "abc"},
    {"char-wvarchar", SQL_C_CHAR, "gr\xc3\xbcn", SQL_WVARCHAR, "text", "gr\xc3\xbcn", 10},
    // The column size of a binding is a guess too often; the server judges, nothing is cut.
    {"char-longer-than-said", SQL_C_CHAR, "abcdef", SQL_VARCHAR, "text", "abcdef", 3},
    {"char-integer", SQL_C_CHAR, "-42", SQL_INTEGER, "int", "-42"},
    {"char-integer-blanks", SQL_C_CHAR, " 42 ", SQL_INTEGER, "int", "42"},
    {"char-integer-bad", SQL_C_CHAR, "4x", SQL_INTEGER, "int", "22018"},
    {"char-integer-range", SQL_C_CHAR, "99999999999", SQL_INTEGER, "int", "22003"},
    {"char-bigint", SQL_C_CHAR, "9223372036854775807", SQL_BIGINT, "bigint", "9223372036854775807"},
    {"char-smallint", SQL_C_CHAR, "-32768", SQL_SMALLINT, "smallint", "-32768"},
    {"char-tinyint", SQL_C_CHAR, "12", SQL_TINYINT, "smallint", "12"},
    {"char-numeric", SQL_C_CHAR, "123.45", SQL_NUMERIC, "numeric", "123.45", 10, 2},
    {"char-decimal", SQL_C_CHAR, "-0.5", SQL_DECIMAL, "numeric", "-0.5", 10, 1},
    {"char-double", SQL_C_CHAR, "1.5e3", SQL_DOUBLE, "float8", "1500"},
    {"char-real", SQL_C_CHAR, "0.25", SQL_REAL, "float4", "0.25"},
    {"char-float", SQL_C_CHAR, "0.25", SQL_FLOAT, "float8", "0.25"},
    {"char-bit", SQL_C_CHAR, "1", SQL_BIT, "boolean", "true"},
    {"char-bit-zero", SQL_C_CHAR, "0", SQL_BIT, "boolean", "false"},
    {"char-bit-two", SQL_C_CHAR, "2", SQL_BIT, "boolean", "22003"},
    {"char-bit-bad", SQL_C_CHAR, "yes?", SQL_BIT, "boolean", "22018"},
    {"char-date", SQL_C_CHAR, "2020-02-29", SQL_TYPE_DATE, "date", "2020-02-29"},
    {"char-date-bad", SQL_C_CHAR, "yesterdayish", SQL_TYPE_DATE, "date", "22018|22007"},
    {"char-time", SQL_C_CHAR, "13:14:15", SQL_TYPE_TIME, "time", "13:14:15"},
    {"char-timestamp", SQL_C_CHAR, "2020-02-29 13:14:15.678", SQL_TYPE_TIMESTAMP, "timestamp",
     "2020-02-29 13:14:15.678", 23, 3},
    {"char-guid", SQL_C_CHAR, GUID_TEXT, SQL_GUID, "uuid", GUID_TEXT},
    {"char-binary", SQL_C_CHAR, "0aFF", SQL_VARBINARY, "bytea", "\\x0aff", 10},
    {"char-binary-bad", SQL_C_CHAR, "0x", SQL_VARBINARY, "bytea", "22018", 10},
    // wide C data
    {"wchar-varchar", SQL_C_WCHAR, wide("gr\xc3\xbcn"), SQL_VARCHAR, "text", "gr\xc3\xbcn", 10},
    {"wchar-wvarchar", SQL_C_WCHAR, wide("\xf0\x9f\x90\x98"), SQL_WVARCHAR, "text",
     "\xf0\x9f\x90\x98", 10},
    {"wchar-wlongvarchar", SQL_C_WCHAR, wide("abc"), SQL_WLONGVARCHAR, "text", "abc"},
    {"wchar-wchar", SQL_C_WCHAR, wide("abc"), SQL_WCHAR, "text", "abc", 3},
    {"wchar-integer", SQL_C_WCHAR, wide("-42"), SQL_INTEGER, "int", "-42"},
    {"wchar-numeric", SQL_C_WCHAR, wide("1.50"), SQL_NUMERIC, "numeric", "1.50", 5, 2},
    {"wchar-date", SQL_C_WCHAR, wide("2020-02-29"), SQL_TYPE_DATE, "date", "2020-02-29"},
    {"wchar-bad", SQL_C_WCHAR, wide("abc"), SQL_INTEGER, "int", "22018"},
    // whole numbers
    {"sbigint-bigint", SQL_C_SBIGINT, raw<SQLBIGINT>(INT64_MIN), SQL_BIGINT, "bigint",
     "-9223372036854775808"},
    {"ubigint-numeric", SQL_C_UBIGINT, raw<SQLUBIGINT>(UINT64_MAX), SQL_NUMERIC, "numeric",
     "18446744073709551615", 20, 0},
    {"ubigint-bigint", SQL_C_UBIGINT, raw<SQLUBIGINT>(UINT64_MAX), SQL_BIGINT, "bigint", "22003"},
    {"slong-integer", SQL_C_SLONG, raw<SQLINTEGER>(INT32_MIN), SQL_INTEGER, "int", "-2147483648"},
    {"long-integer", SQL_C_LONG, raw<SQLINTEGER>(7), SQL_INTEGER, "int", "7"},
    {"ulong-bigint", SQL_C_ULONG, raw<SQLUINTEGER>(UINT32_MAX), SQL_BIGINT, "bigint", "4294967295"},
    {"ulong-integer", SQL_C_ULONG, raw<SQLUINTEGER>(UINT32_MAX), SQL_INTEGER, "int", "22003"},
    {"slong-smallint", SQL_C_SLONG, raw<SQLINTEGER>(40000), SQL_SMALLINT, "smallint", "22003"},
    {"slong-varchar", SQL_C_SLONG, raw<SQLINTEGER>(-7), SQL_VARCHAR, "text", "-7", 10},
    {"slong-varchar-short", SQL_C_SLONG, raw<SQLINTEGER>(123456), SQL_VARCHAR, "text",
     "22001|22003", 3},
    {"slong-wvarchar", SQL_C_SLONG, raw<SQLINTEGER>(-7), SQL_WVARCHAR, "text", "-7", 10},
    {"slong-numeric", SQL_C_SLONG, raw<SQLINTEGER>(-7), SQL_NUMERIC, "numeric", "-7", 5, 0},
    {"slong-double", SQL_C_SLONG, raw<SQLINTEGER>(-7), SQL_DOUBLE, "float8", "-7"},
    {"slong-real", SQL_C_SLONG, raw<SQLINTEGER>(-7), SQL_REAL, "float4", "-7"},
    {"slong-bit", SQL_C_SLONG, raw<SQLINTEGER>(1), SQL_BIT, "boolean", "true"},
    {"slong-bit-two", SQL_C_SLONG, raw<SQLINTEGER>(2), SQL_BIT, "boolean", "22003"},
    {"slong-date", SQL_C_SLONG, raw<SQLINTEGER>(2), SQL_TYPE_DATE, "date", "07006"},
    {"sshort-smallint", SQL_C_SSHORT, raw<SQLSMALLINT>(-5), SQL_SMALLINT, "smallint", "-5"},
    {"ushort-integer", SQL_C_USHORT, raw<SQLUSMALLINT>(65535), SQL_INTEGER, "int", "65535"},
    {"stinyint-tinyint", SQL_C_STINYINT, raw<SQLSCHAR>(-5), SQL_TINYINT, "smallint", "-5"},
    {"utinyint-tinyint", SQL_C_UTINYINT, raw<SQLCHAR>(250), SQL_TINYINT, "smallint", "250"},
    {"utinyint-integer", SQL_C_UTINYINT, raw<SQLCHAR>(250), SQL_INTEGER, "int", "250"},
    {"bit-bit", SQL_C_BIT, raw<SQLCHAR>(1), SQL_BIT, "boolean", "true"},
    {"bit-integer", SQL_C_BIT, raw<SQLCHAR>(1), SQL_INTEGER, "int", "1"},
    {"bit-varchar", SQL_C_BIT, raw<SQLCHAR>(0), SQL_VARCHAR, "text", "0", 1},
    // floats
    {"double-double", SQL_C_DOUBLE, raw<SQLDOUBLE>(0.1), SQL_DOUBLE, "float8", "0.1"},
    {"double-max", SQL_C_DOUBLE, raw<SQLDOUBLE>(DBL_MAX), SQL_DOUBLE, "float8",
     "1.7976931348623157e+308"},
    {"double-real-range", SQL_C_DOUBLE, raw<SQLDOUBLE>(1e300), SQL_REAL, "float4", "22003"},
    {"double-integer", SQL_C_DOUBLE, raw<SQLDOUBLE>(7.0), SQL_INTEGER, "int", "7"},
    {"double-integer-range", SQL_C_DOUBLE, raw<SQLDOUBLE>(1e12), SQL_INTEGER, "int", "22003"},
    {"double-varchar", SQL_C_DOUBLE, raw<SQLDOUBLE>(0.5), SQL_VARCHAR, "text", "0.5", 20},
    {"double-numeric", SQL_C_DOUBLE, raw<SQLDOUBLE>(12.25), SQL_NUMERIC, "numeric", "12.25", 10, 2},
    {"float-real", SQL_C_FLOAT, raw<SQLREAL>(0.1F), SQL_REAL, "float4", "0.1"},
    {"float-double", SQL_C_FLOAT, raw<SQLREAL>(0.25F), SQL_DOUBLE, "float8", "0.25"},
    // SQL_C_NUMERIC
    {"numeric-numeric", SQL_C_NUMERIC, numeric("3930", 10, 2, 1), SQL_NUMERIC, "numeric", "123.45",
     10, 2},
    {"numeric-negative", SQL_C_NUMERIC, numeric("3930", 10, 2, 0), SQL_DECIMAL, "numeric",
     "-123.45", 10, 2},
    {"numeric-big", SQL_C_NUMERIC, numeric("ffffffffffffffffffffffffffffff00", 38, 0, 1),
     SQL_NUMERIC, "numeric", "1329227995784915872903807060280344575", 38, 0},
    {"numeric-integer", SQL_C_NUMERIC, numeric("2a", 10, 0, 1), SQL_INTEGER, "int", "42"},
    {"numeric-varchar", SQL_C_NUMERIC, numeric("3930", 10, 2, 1), SQL_VARCHAR, "text", "123.45",
     10},
    {"numeric-scale", SQL_C_NUMERIC, numeric("05", 10, -3, 1), SQL_NUMERIC, "numeric", "5000", 10,
     0},
    // dates and times
    {"date-date", SQL_C_TYPE_DATE, raw(DATE), SQL_TYPE_DATE, "date", "2020-02-29"},
    {"date-timestamp", SQL_C_TYPE_DATE, raw(DATE), SQL_TYPE_TIMESTAMP, "timestamp",
     "2020-02-29 00:00:00", 19, 0},
    {"date-varchar", SQL_C_TYPE_DATE, raw(DATE), SQL_VARCHAR, "text", "2020-02-29", 10},
    {"date-old", SQL_C_DATE, raw(DATE), SQL_DATE, "date", "2020-02-29"},
    {"date-bad", SQL_C_TYPE_DATE, raw(SQL_DATE_STRUCT{2020, 13, 1}), SQL_TYPE_DATE, "date",
     "22007|22008"},
    {"date-time", SQL_C_TYPE_DATE, raw(DATE), SQL_TYPE_TIME, "time", "07006"},
    {"time-time", SQL_C_TYPE_TIME, raw(TIME), SQL_TYPE_TIME, "time", "13:14:15"},
    {"time-varchar", SQL_C_TYPE_TIME, raw(TIME), SQL_VARCHAR, "text", "13:14:15", 8},
    {"time-bad", SQL_C_TYPE_TIME, raw(SQL_TIME_STRUCT{25, 0, 0}), SQL_TYPE_TIME, "time",
     "22007|22008"},
    {"stamp-stamp", SQL_C_TYPE_TIMESTAMP, raw(STAMP), SQL_TYPE_TIMESTAMP, "timestamp",
     "2020-02-29 13:14:15.678", 23, 3},
    {"stamp-varchar", SQL_C_TYPE_TIMESTAMP, raw(STAMP), SQL_VARCHAR, "text",
     "2020-02-29 13:14:15.678", 23},
    {"stamp-date", SQL_C_TYPE_TIMESTAMP, raw(MIDNIGHT), SQL_TYPE_DATE, "date", "2020-02-29"},
    {"stamp-date-cut", SQL_C_TYPE_TIMESTAMP, raw(STAMP), SQL_TYPE_DATE, "date", "22008"},
    {"stamp-bad", SQL_C_TYPE_TIMESTAMP, raw(SQL_TIMESTAMP_STRUCT{2020, 2, 30, 0, 0, 0, 0}),
     SQL_TYPE_TIMESTAMP, "timestamp", "22007|22008", 19, 0},
    {"stamp-old", SQL_C_TIMESTAMP, raw(STAMP), SQL_TIMESTAMP, "timestamp",
     "2020-02-29 13:14:15.678", 23, 3},
    // intervals
    {"interval-days", SQL_C_INTERVAL_DAY, interval(SQL_IS_DAY, SQL_FALSE, 5), SQL_INTERVAL_DAY,
     "interval", "5 days", 3},
    {"interval-negative", SQL_C_INTERVAL_HOUR, interval(SQL_IS_HOUR, SQL_TRUE, 0, 5),
     SQL_INTERVAL_HOUR, "interval", "-05:00:00", 3},
    {"interval-year-month", SQL_C_INTERVAL_YEAR_TO_MONTH,
     interval(SQL_IS_YEAR_TO_MONTH, SQL_FALSE, 2, 3), SQL_INTERVAL_YEAR_TO_MONTH, "interval",
     "2 years 3 mons", 3},
    {"interval-day-second", SQL_C_INTERVAL_DAY_TO_SECOND,
     interval(SQL_IS_DAY_TO_SECOND, SQL_FALSE, 1, 2, 3, 4, 500000), SQL_INTERVAL_DAY_TO_SECOND,
     "interval", "1 day 02:03:04.5", 3, 6},
    // others
    {"guid-guid", SQL_C_GUID, raw(GUID), SQL_GUID, "uuid", GUID_TEXT},
    {"guid-varchar", SQL_C_GUID, raw(GUID), SQL_VARCHAR, "text", GUID_TEXT, 36},
    {"guid-integer", SQL_C_GUID, raw(GUID), SQL_INTEGER, "int", "07006"},
    {"binary-binary", SQL_C_BINARY, std::string("\0\1\xff'\\", 5), SQL_VARBINARY, "bytea",
     "\\x0001ff275c", 10},
    {"binary-long", SQL_C_BINARY, std::string("\0\1", 2), SQL_LONGVARBINARY, "bytea", "\\x0001"},
    {"binary-longer-than-said", SQL_C_BINARY, "12345", SQL_VARBINARY, "bytea", "\\x3132333435", 3},
    {"binary-varchar", SQL_C_BINARY, "abc", SQL_VARCHAR, "text", "abc", 10},
    {"binary-integer", SQL_C_BINARY, raw<SQLINTEGER>(42), SQL_INTEGER, "int", "42"},
    {"binary-integer-size", SQL_C_BINARY, "abc", SQL_INTEGER, "int", "22003"},
    // the C type that follows from the SQL type
    {"default-integer", SQL_C_DEFAULT, raw<SQLINTEGER>(42), SQL_INTEGER, "int", "42"},
    {"default-varchar", SQL_C_DEFAULT, "abc", SQL_VARCHAR, "text", "abc", 10},
    {"default-double", SQL_C_DEFAULT, raw<SQLDOUBLE>(0.5), SQL_DOUBLE, "float8", "0.5"},
    {"default-date", SQL_C_DEFAULT, raw(DATE), SQL_TYPE_DATE, "date", "2020-02-29"},
    {"default-bit", SQL_C_DEFAULT, raw<SQLCHAR>(1), SQL_BIT, "boolean", "true"},
    {"default-bigint", SQL_C_DEFAULT, raw<SQLBIGINT>(42), SQL_BIGINT, "bigint", "42"},
    {"default-binary", SQL_C_DEFAULT, std::string("\1\2", 2), SQL_VARBINARY, "bytea", "\\x0102",
     10},
};

std::string any_state(const Stmt &s, SQLRETURN rc)
{
    return rc == SQL_ERROR ? s.state() : rc_name(rc);
}

bool is_state(const char *wanted)
{
    std::string w = wanted;
    return w.size() >= 5 && (w.size() == 5 || w[5] == '|') &&
           (w.substr(0, 2) == "22" || w.substr(0, 2) == "07") && w.find_first_of(".-: ") > 5;
}

TEST_P(Params, Conversions)
{
    for (const Case &c : CASES) {
        SCOPED_TRACE(c.what);
        SQLLEN ind = SQLLEN(c.bytes.size());
        SQLRETURN rc = bind(1, c.ctype, c.type, c.bytes.data(), SQLLEN(c.bytes.size()), &ind,
                            c.size, c.digits);
        if (SQL_SUCCEEDED(rc))
            rc = stmt.exec(std::string("SELECT CAST(CAST(? AS ") + c.cast + ") AS text)");
        if (is_state(c.wanted)) {
            EXPECT_NE(std::string::npos, std::string(c.wanted).find(any_state(stmt, rc)))
                << any_state(stmt, rc) << " " << stmt.message();
        } else {
            EXPECT_TRUE(ok(rc, stmt));
            if (SQL_SUCCEEDED(rc))
                EXPECT_EQ(std::string(c.wanted) + "\n", shown(stmt.rest()));
        }
        stmt.close();
        SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    }
}

// The same through a prepared statement, whose parameter types are the server's.
TEST_P(Params, ConversionsPrepared)
{
    for (const Case &c : CASES) {
        SCOPED_TRACE(c.what);
        SQLLEN ind = SQLLEN(c.bytes.size());
        ASSERT_TRUE(
            ok(stmt.prepare(std::string("SELECT CAST(CAST(? AS ") + c.cast + ") AS text)"), stmt));
        SQLRETURN rc = bind(1, c.ctype, c.type, c.bytes.data(), SQLLEN(c.bytes.size()), &ind,
                            c.size, c.digits);
        if (SQL_SUCCEEDED(rc))
            rc = stmt.execute();
        if (is_state(c.wanted)) {
            EXPECT_NE(std::string::npos, std::string(c.wanted).find(any_state(stmt, rc)))
                << any_state(stmt, rc) << " " << stmt.message();
        } else {
            EXPECT_TRUE(ok(rc, stmt));
            if (SQL_SUCCEEDED(rc))
                EXPECT_EQ(std::string(c.wanted) + "\n", shown(stmt.rest()));
        }
        stmt.close();
        SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    }
}

TEST_P(Params, NullOfEveryType)
{
    const std::pair<SQLSMALLINT, const char *> types[] = {
        {SQL_CHAR, "text"},        {SQL_VARCHAR, "text"},   {SQL_LONGVARCHAR, "text"},
        {SQL_WVARCHAR, "text"},    {SQL_INTEGER, "int"},    {SQL_SMALLINT, "smallint"},
        {SQL_TINYINT, "smallint"}, {SQL_BIGINT, "bigint"},  {SQL_NUMERIC, "numeric"},
        {SQL_DOUBLE, "float8"},    {SQL_REAL, "float4"},    {SQL_BIT, "boolean"},
        {SQL_TYPE_DATE, "date"},   {SQL_TYPE_TIME, "time"}, {SQL_TYPE_TIMESTAMP, "timestamp"},
        {SQL_VARBINARY, "bytea"},  {SQL_GUID, "uuid"},      {SQL_INTERVAL_DAY, "interval"},
    };
    SQLLEN null = SQL_NULL_DATA;
    for (const auto &[type, cast] : types) {
        ASSERT_TRUE(ok(bind(1, SQL_C_DEFAULT, type, nullptr, 0, &null, 10), stmt)) << cast;
        EXPECT_EQ("NULL", stmt.value(std::string("SELECT CAST(? AS ") + cast + ")")) << cast;
        ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, type, "x", 0, &null, 10), stmt)) << cast;
        EXPECT_EQ("NULL", stmt.value(std::string("SELECT CAST(? AS ") + cast + ")")) << cast;
    }
}

// ---- lengths ----

TEST_P(Params, Lengths)
{
    char text[] = "abcdef";
    SQLLEN ind = 3;
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, text, 3, &ind, 10), stmt));
    EXPECT_EQ("abc", stmt.value("SELECT ?::text"));
    ind = SQL_NTS;
    EXPECT_EQ("abcdef", stmt.value("SELECT ?::text"));
    ind = 0;
    EXPECT_EQ("", stmt.value("SELECT ?::text"));
    ind = -77;
    EXPECT_TRUE(fails(stmt.exec("SELECT ?::text"), stmt, "HY090"));
    // Without an indicator character data end at the NUL.
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, text, 0, nullptr, 10), stmt));
    EXPECT_EQ("abcdef", stmt.value("SELECT ?::text"));
    std::u16string w = u16("w\xc3\xafng");
    ASSERT_TRUE(ok(bind(1, SQL_C_WCHAR, SQL_WVARCHAR, w.data(), 0, nullptr, 10), stmt));
    EXPECT_EQ("w\xc3\xafng", stmt.value("SELECT ?::text"));
    ind = 4;
    ASSERT_TRUE(ok(bind(1, SQL_C_WCHAR, SQL_WVARCHAR, w.data(), 0, &ind, 10), stmt));
    EXPECT_EQ("w\xc3\xaf", stmt.value("SELECT ?::text"));
    ind = 3; // an odd number of bytes is no length of wide text
    SQLRETURN rc = stmt.exec("SELECT ?::text");
    EXPECT_TRUE(SQL_SUCCEEDED(rc) || stmt.state() == "HY090");
}

// Character and binary data without a length end at a NUL.
TEST_P(Params, NtsInOddPlaces)
{
    SQLLEN nts = SQL_NTS;
    SQLINTEGER n = 42;
    // The buffer length of a parameter is for arrays and output; drivers are given anything.
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "abc", 0, &nts, 10), stmt));
    EXPECT_EQ("abc", stmt.value("SELECT ?::text"));
    // Of a number the length is not read.
    ASSERT_TRUE(ok(bind(1, SQL_C_SLONG, SQL_INTEGER, &n, 0, &nts), stmt));
    EXPECT_EQ("42", stmt.value("SELECT ?::int"));
    for (SQLLEN *length : {&nts, static_cast<SQLLEN *>(nullptr)}) {
        ASSERT_TRUE(ok(bind(1, SQL_C_BINARY, SQL_VARBINARY, "abc", 0, length, 10), stmt));
        ASSERT_TRUE(ok(stmt.exec("SELECT ?::bytea"), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_EQ("616263", stmt.get(1));
        stmt.close();
    }
    std::u16string w = u16("w\xc3\xafng");
    ASSERT_TRUE(ok(bind(1, SQL_C_WCHAR, SQL_WVARCHAR, w.data(), 0, &nts, 10), stmt));
    EXPECT_EQ("w\xc3\xafng", stmt.value("SELECT ?::text"));
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Params, Nul)
{
    SQLLEN ind = 3;
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "a\0b", 3, &ind, 10), stmt));
    // PostgreSQL's text cannot hold it: an error, never a quiet cut.
    if (my()) {
        EXPECT_TRUE(ok(stmt.exec("SELECT HEX(?)"), stmt));
        EXPECT_EQ("610062\n", shown(stmt.rest()));
        stmt.close();
        ASSERT_TRUE(ok(stmt.exec("SELECT CONCAT(?, '')"), stmt)); // and back
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        char back[10] = "";
        SQLLEN n = 0;
        EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_CHAR, back, sizeof(back), &n), stmt));
        EXPECT_EQ(std::string("a\0b", 3), std::string(back, size_t(n)));
        stmt.close();
        const SQLWCHAR wide[] = {'a', 0, 'b'};
        ind = sizeof(wide);
        ASSERT_TRUE(ok(bind(1, SQL_C_WCHAR, SQL_WLONGVARCHAR, wide, 0, &ind, 10), stmt));
        EXPECT_EQ("610062", stmt.value("SELECT HEX(?)"));
    } else {
        EXPECT_EQ(SQL_ERROR, stmt.exec("SELECT ?::text"));
        EXPECT_EQ("22", stmt.state().substr(0, 2)) << stmt.message();
        // At its end it is none of the text's: lengths that count it, fields that are filled up.
        const SQLWCHAR wide[] = {'a', 'b', 0};
        ind = 5;
        ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "ab\0\0\0", 5, &ind, 10), stmt));
        EXPECT_EQ("ab|2", stmt.value("SELECT t || '|' || length(t) FROM (SELECT ?::text) x(t)"));
        ASSERT_TRUE(ok(bind(1, SQL_C_BINARY, SQL_VARCHAR, "ab\0\0\0", 5, &ind, 10), stmt));
        EXPECT_EQ("ab", stmt.value("SELECT ?::text"));
        ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_INTEGER, "12\0\0\0", 5, &ind, 10), stmt));
        EXPECT_EQ("13", stmt.value("SELECT ? + 1"));
        ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "\0\0\0\0\0", 5, &ind, 10), stmt));
        EXPECT_EQ("0", stmt.value("SELECT length(?)"));
        ind = sizeof(wide);
        ASSERT_TRUE(ok(bind(1, SQL_C_WCHAR, SQL_WVARCHAR, wide, 0, &ind, 10), stmt));
        EXPECT_EQ("ab", stmt.value("SELECT ?::text"));
        // Of bytes it is.
        ind = 3;
        ASSERT_TRUE(ok(bind(1, SQL_C_BINARY, SQL_VARBINARY, "a\0\0", 3, &ind, 10), stmt));
        EXPECT_EQ("3", stmt.value("SELECT length(?::bytea)"));
    }
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Params, BrokenUtf16)
{
    const SQLWCHAR lone[] = {'a', 0xd83d, 'b'};
    SQLLEN ind = sizeof(lone);
    ASSERT_TRUE(ok(bind(1, SQL_C_WCHAR, SQL_WVARCHAR, lone, 0, &ind, 10), stmt));
    SQLRETURN rc = stmt.exec("SELECT ?::text");
    if (SQL_SUCCEEDED(rc)) {
        EXPECT_EQ("a\xef\xbf\xbd"
                  "b\n",
                  shown(stmt.rest()));
    } else {
        EXPECT_EQ("22", stmt.state().substr(0, 2)) << stmt.message();
    }
}

TEST_P(Params, BrokenUtf8)
{
    SQLLEN ind = SQL_NTS;
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "a\xff", 0, &ind, 10), stmt));
    SQLRETURN rc = stmt.exec("SELECT ?::text");
    EXPECT_TRUE(SQL_SUCCEEDED(rc) || stmt.state().substr(0, 2) == "22" || stmt.state() == "HY000")
        << stmt.message();
    stmt.close();
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

TEST_P(Params, LongText)
{
    std::string big(1 << 20, 'x');
    big[70000] = '\'';
    SQLLEN ind = SQLLEN(big.size());
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_LONGVARCHAR, big.data(), ind, &ind), stmt));
    std::vector<Row> rows = stmt.rows("SELECT ?::text");
    ASSERT_EQ(1U, rows.size());
    EXPECT_TRUE(rows[0][0] == big);
    // The values are read when the statement runs, not before.
    ind = 5;
    EXPECT_EQ("xxxxx", stmt.value("SELECT ?::text"));
}

TEST_P(Params, ManyParameters)
{
    std::string sql = "SELECT 0";
    std::vector<SQLINTEGER> v(1000);
    SQLLEN ind = 0;
    for (int i = 0; i < 1000; i++) {
        v[i] = i;
        sql += "+?::int";
        ASSERT_TRUE(ok(bind(SQLUSMALLINT(i + 1), SQL_C_SLONG, SQL_INTEGER, &v[i], 0, &ind), stmt));
    }
    EXPECT_EQ("499500", stmt.value(sql));
}

// A value's type when nothing in the text tells it.
TEST_P(Params, WithoutACast)
{
    SQLINTEGER n = 5;
    SQLLEN ind = 0, nts = SQL_NTS;
    ASSERT_TRUE(
        ok(stmt.exec("CREATE TEMP TABLE t (i int, b bigint, n numeric, v varchar(10), d date,"
                     " bo boolean, j jsonb, u uuid, ts timestamptz, by bytea)"),
           stmt));
    const std::pair<const char *, const char *> texts[] = {
        {"i", "5"},          {"b", "6"},          {"n", "1.5"},
        {"v", "x"},          {"d", "2020-02-29"}, {"bo", "t"},
        {"j", "{\"a\": 1}"}, {"u", GUID_TEXT},    {"ts", "2020-02-29 12:00:00+00"},
        {"by", "\\x0102"},
    };
    // Applications bind everything as text (DBI, PHP): the server decides.
    for (const auto &[column, text] : texts) {
        ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, text, 0, &nts, 40), stmt));
        ASSERT_TRUE(ok(stmt.exec(std::string("INSERT INTO t (") + column + ") VALUES (?)"), stmt))
            << column;
        EXPECT_EQ("1", stmt.value(std::string("SELECT count(*) FROM t WHERE ") + column + " = ?" +
                                  (column == std::string("j") ? "::jsonb" : "")))
            << column;
    }
    ASSERT_TRUE(ok(bind(1, SQL_C_SLONG, SQL_INTEGER, &n, 0, &ind), stmt));
    for (const char *column : {"i", "b", "n"})
        ASSERT_TRUE(ok(stmt.exec(std::string("INSERT INTO t (") + column + ") VALUES (?)"), stmt))
            << column;
    EXPECT_EQ("2", stmt.value("SELECT count(*) FROM t WHERE i = ?"));
    // An integer for a smaller, bigger or textual column.
    EXPECT_EQ("1", stmt.value("SELECT count(*) FROM (SELECT 5::smallint AS s) x WHERE s = ?"));
    EXPECT_EQ("1", stmt.value("SELECT count(*) FROM generate_series(1, 9) g WHERE g = ?"));
    EXPECT_EQ(5U, stmt.rows("SELECT generate_series(1, 9) LIMIT ?").size());
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "hello", 0, &nts, 10), stmt));
    EXPECT_EQ("hello", stmt.value("SELECT ?"));
}

TEST_P(Params, InExpressions)
{
    SQLINTEGER i = 2;
    SQLDOUBLE f = 1.5;
    SQL_TIMESTAMP_STRUCT noon = {2020, 2, 29, 12, 0, 0, 0};
    SQLLEN ind = 0, nts = SQL_NTS;
    ASSERT_TRUE(ok(bind(1, SQL_C_SLONG, SQL_INTEGER, &i, 0, &ind), stmt));
    EXPECT_EQ("4", stmt.value("SELECT ? + 2"));
    EXPECT_EQ("2", stmt.value("SELECT ?"));
    EXPECT_EQ("bc", stmt.value("SELECT substring('abc', ?)"));
    EXPECT_EQ("c", stmt.value("SELECT (ARRAY['a', 'b', 'c'])[? + 1]"));
    EXPECT_EQ("3", stmt.value("SELECT '[1, 2, 3]'::jsonb -> ?"));
    EXPECT_EQ("1", stmt.value("SELECT 1 WHERE 2 IN (?, 7)"));
    EXPECT_EQ("2.5", stmt.value("SELECT 0.5 + ?"));
    EXPECT_EQ("2020-03-02", stmt.value("SELECT DATE '2020-02-29' + ?"));
    ASSERT_TRUE(ok(bind(1, SQL_C_DOUBLE, SQL_DOUBLE, &f, 0, &ind), stmt));
    EXPECT_EQ("1", stmt.value("SELECT 1 WHERE 1.5::numeric = ?"));
    EXPECT_EQ("3", stmt.value("SELECT 2 * ?"));
    ASSERT_TRUE(ok(bind(1, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, &noon, 0, &ind, 19), stmt));
    EXPECT_EQ("1", stmt.value("SELECT 1 WHERE DATE '2020-02-29' < ?"));
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "a%", 0, &nts, 10), stmt));
    EXPECT_EQ("1", stmt.value("SELECT 1 WHERE 'abc' LIKE ?"));
    EXPECT_EQ("a%", stmt.value("SELECT COALESCE(?, 'x')"));
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "{1,2}", 0, &nts, 10), stmt));
    EXPECT_EQ("1", stmt.value("SELECT 1 WHERE 2 = ANY (?)"));
}

// Go's, R's and turbodbc's way: every whole number is a bigint, also where PostgreSQL has a function for integers only.
TEST_P(Params, WideIntegersForNarrowFunctions)
{
    SQLBIGINT n = 2;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(bind(1, SQL_C_SBIGINT, SQL_BIGINT, &n, 0, &ind), stmt));
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ("xx", stmt.value("SELECT repeat('x', ?)"));
        EXPECT_EQ("2020-03-02", stmt.value("SELECT DATE '2020-02-29' + ?"));
        EXPECT_EQ("3", stmt.value("SELECT '[1, 2, 3]'::jsonb -> ?"));
        EXPECT_EQ("bigint", stmt.value("SELECT pg_typeof(?)")); // nothing is missed here
        EXPECT_EQ("2 bytes", stmt.value("SELECT pg_size_pretty(?)"));
    }
    ASSERT_TRUE(ok(stmt.prepare("SELECT repeat('x', ?), pg_backend_pid()"), stmt));
    for (n = 1; n < 4; n++) {
        ASSERT_TRUE(ok(stmt.execute(), stmt));
        EXPECT_EQ(std::string((size_t)n, 'x'), *stmt.rest().at(0).at(0));
        stmt.close();
    }
    n = 5000000000; // what psqlodbc hears of it too: the function is there, the value is not for it
    EXPECT_TRUE(fails(stmt.exec("SELECT repeat('x', ?)"), stmt, "22003"));
    n = 1;
    EXPECT_TRUE(fails(stmt.exec("SELECT nowhere(?)"), stmt, "42000"));
    EXPECT_NE(std::string::npos, stmt.message().find("nowhere(bigint)"));
}

// What helped nothing is not stuck to.
TEST_P(Params, WideIntegersStayWhereThereIsNoFunctionAtAll)
{
    SQLBIGINT n = 1, big = 2;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE first (a int)"), stmt)); // there is a pg_temp
    ASSERT_TRUE(ok(bind(1, SQL_C_SBIGINT, SQL_BIGINT, &n, 0, &ind), stmt));
    ASSERT_TRUE(ok(bind(2, SQL_C_SBIGINT, SQL_BIGINT, &big, 0, &ind), stmt));
    ASSERT_TRUE(ok(stmt.prepare("SELECT pg_temp.later(?), ?"), stmt));
    EXPECT_TRUE(fails(stmt.execute(), stmt, "42000"));
    Stmt other(dbc);
    ASSERT_TRUE(ok(other.exec("CREATE FUNCTION pg_temp.later(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1'"), other));
    big = 5000000000;
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ("1|5000000000\n", shown(stmt.rest()));
}

// In a transaction nothing but what the statement itself began is given up.
TEST_P(Params, WideIntegersInATransaction)
{
    SQLBIGINT n = 2;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE wide (a int)"), stmt));
    ASSERT_TRUE(ok(bind(1, SQL_C_SBIGINT, SQL_BIGINT, &n, 0, &ind), stmt));
    ASSERT_TRUE(ok(SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0), dbc));
    EXPECT_EQ("xx", stmt.value("SELECT repeat('x', ?)"));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO wide VALUES (?)"), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT repeat('x', ?)"), stmt, "42000"));
    ASSERT_TRUE(ok(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK), dbc));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO wide SELECT length(repeat('x', ?))"), stmt));
    ASSERT_TRUE(ok(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_COMMIT), dbc));
    EXPECT_EQ("2", stmt.value("SELECT string_agg(a::text, ' ') FROM wide"));
}

// What a function misses when it runs has been begun: that is not begun again.
TEST_P(Params, WideIntegersAreNoReasonToRunTwice)
{
    SQLBIGINT n = 2;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP SEQUENCE runs"), stmt));
    ASSERT_TRUE(ok(stmt.exec("CREATE FUNCTION pg_temp.once(n bigint) RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
                             " PERFORM nextval('runs'); EXECUTE 'SELECT nowhere(1)'; RETURN n; END $$"),
                   stmt));
    ASSERT_TRUE(ok(bind(1, SQL_C_SBIGINT, SQL_BIGINT, &n, 0, &ind), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT pg_temp.once(?)"), stmt, "42000"));
    ASSERT_TRUE(ok(stmt.prepare("SELECT pg_temp.once(?)"), stmt));
    EXPECT_TRUE(fails(stmt.execute(), stmt, "42000"));
    EXPECT_EQ("2", stmt.value("SELECT last_value FROM runs"));
}

// Flags that programs bind as numbers: psqlodbc tells the server no type, and any statement that would take a literal takes them.
TEST_P(Params, WholeNumbersForOtherTypes)
{
    SQLINTEGER n = 1;
    SQLBIGINT wide = 1;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE flags (b boolean, t varchar(9), d date)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO flags VALUES (true, '1', '2020-01-01')"), stmt));
    for (int i = 0; i < 2; i++) {
        ASSERT_TRUE(ok(i ? bind(1, SQL_C_SBIGINT, SQL_BIGINT, &wide, 0, &ind)
                         : bind(1, SQL_C_SLONG, SQL_INTEGER, &n, 0, &ind),
                       stmt));
        EXPECT_EQ("1", stmt.value("SELECT count(*) FROM flags WHERE b = ?"));
        EXPECT_EQ("1", stmt.value("SELECT count(*) FROM flags WHERE t = ?"));
        EXPECT_EQ("1", stmt.value("SELECT count(*) FROM flags WHERE coalesce(b, ?)"));
        EXPECT_EQ("1", stmt.value("SELECT ? FROM flags WHERE NOT b = false"));
        ASSERT_TRUE(ok(stmt.exec("INSERT INTO flags SELECT ?, t, d FROM flags WHERE t = '1'"), stmt));
        EXPECT_EQ("1", stmt.value("DELETE FROM flags WHERE ctid = (SELECT max(ctid) FROM flags WHERE b = ?) RETURNING 1"));
        EXPECT_TRUE(fails(stmt.exec("SELECT sum(?) OVER (ORDER BY d + d) FROM flags"), stmt, "42000"));
        EXPECT_TRUE(fails(stmt.exec("SELECT nowhere(?)"), stmt, "42000"));
        EXPECT_NE(std::string::npos, stmt.message().find(i ? "nowhere(bigint)" : "nowhere(integer)"));
    }
    ASSERT_TRUE(ok(stmt.prepare("SELECT count(*) FROM flags WHERE b = ?"), stmt));
    for (wide = 0; wide < 3; wide++) {
        EXPECT_TRUE(wide < 2 ? ok(stmt.execute(), stmt) : fails(stmt.execute(), stmt, "22018"));
        if (wide < 2)
            EXPECT_EQ(std::to_string(wide), *stmt.rest().at(0).at(0));
        stmt.close();
    }
}

// A transaction that the statement itself began is begun again; one with anything in it is not.
TEST_P(Params, WholeNumbersInATransaction)
{
    SQLBIGINT n = 1;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE flags (b boolean)"), stmt));
    ASSERT_TRUE(ok(bind(1, SQL_C_SBIGINT, SQL_BIGINT, &n, 0, &ind), stmt));
    ASSERT_TRUE(ok(SQLSetConnectAttr(dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0), dbc));
    EXPECT_EQ("0", stmt.value("SELECT count(*) FROM flags WHERE b = ?"));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO flags SELECT ?"), stmt)); // the column's type from the start
    EXPECT_TRUE(fails(stmt.exec("SELECT 1 FROM flags WHERE b = ?"), stmt, "42000"));
    ASSERT_TRUE(ok(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_ROLLBACK), dbc));
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO flags SELECT coalesce(?, false)"), stmt));
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    ASSERT_TRUE(ok(stmt.execute(), stmt)); // known by now
    ASSERT_TRUE(ok(SQLEndTran(SQL_HANDLE_DBC, dbc, SQL_COMMIT), dbc));
    EXPECT_EQ("2", stmt.value("SELECT count(*) FROM flags WHERE b"));
}

// pyodbc and others bind a NULL as SQL_VARCHAR, whatever the column.
TEST_P(Params, NullIntoEveryColumn)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (i int, n numeric, d date, ts timestamptz,"
                             " b bytea, bo boolean, j jsonb, u uuid, f float8, a int[], t time,"
                             " iv interval, ip inet)"),
                   stmt));
    SQLLEN null = SQL_NULL_DATA;
    std::string marks;
    for (SQLUSMALLINT i = 1; i <= 13; i++) {
        marks += i > 1 ? ",?" : "?";
        ASSERT_TRUE(ok(bind(i, SQL_C_CHAR, SQL_VARCHAR, "", 0, &null, 1), stmt));
    }
    EXPECT_TRUE(clean(stmt.exec("INSERT INTO t VALUES (" + marks + ")"), stmt));
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO t VALUES (" + marks + ")"), stmt));
    EXPECT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("2", stmt.value("SELECT count(*) FROM t WHERE i IS NULL AND iv IS NULL"));
}

TEST_P(Params, TypeChangesBetweenExecutions)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (n numeric)"), stmt));
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO t VALUES (?)"), stmt));
    SQLINTEGER i = 1;
    SQLDOUBLE f = 2.5;
    SQLLEN ind = 0, nts = SQL_NTS, null = SQL_NULL_DATA;
    ASSERT_TRUE(ok(bind(1, SQL_C_SLONG, SQL_INTEGER, &i, 0, &ind), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "4.25", 0, &nts, 10), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    ASSERT_TRUE(ok(bind(1, SQL_C_DOUBLE, SQL_DOUBLE, &f, 0, &ind), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    ASSERT_TRUE(ok(bind(1, SQL_C_CHAR, SQL_VARCHAR, "", 0, &null, 10), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    ASSERT_TRUE(ok(bind(1, SQL_C_SLONG, SQL_INTEGER, &i, 0, &ind), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    SQLFreeStmt(stmt, SQL_RESET_PARAMS);
    EXPECT_EQ(by("5|8.75\n", "5|8.7500000000\n"),
              shown(stmt.rows("SELECT count(*), sum(n) FROM t")));
}

// ---- what is known of parameters ----

TEST_P(Params, Describe)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (i int, v varchar(20), n numeric(10,3), d date,"
                             " ts timestamp, b bytea, bo boolean, bi bigint, f float8, tx text,"
                             " u uuid)"),
                   stmt));
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?,?)"), stmt));
    SQLSMALLINT n = 0;
    EXPECT_TRUE(clean(SQLNumParams(stmt, &n), stmt));
    EXPECT_EQ(11, n);
    bool wide_types = mode() == Mode::W || mode() == Mode::AonW;
    const SQLSMALLINT types[] = {
        SQL_INTEGER,
        SQLSMALLINT(wide_types ? SQL_WVARCHAR : SQL_VARCHAR),
        SQL_NUMERIC,
        SQL_TYPE_DATE,
        SQL_TYPE_TIMESTAMP,
        SQL_LONGVARBINARY,
        SQL_BIT,
        SQL_BIGINT,
        SQL_DOUBLE,
        SQLSMALLINT(wide_types ? SQL_WLONGVARCHAR : SQL_LONGVARCHAR),
        SQL_GUID,
    };
    for (SQLUSMALLINT i = 1; i <= 11; i++) {
        SQLSMALLINT type = 0, digits = -9, nullable = -9;
        SQLULEN size = 0;
        ASSERT_TRUE(clean(SQLDescribeParam(stmt, i, &type, &size, &digits, &nullable), stmt)) << i;
        if (my()) // which tells no types: anything can be sent as text
            EXPECT_EQ(types[9], type) << i;
        else if (i == 2) // a varchar(n) column is a parameter of type varchar without a length
            EXPECT_TRUE(type == types[1] || type == types[9]) << type;
        else
            EXPECT_EQ(types[i - 1], type) << i;
        EXPECT_TRUE(nullable == SQL_NULLABLE || nullable == SQL_NULLABLE_UNKNOWN) << i;
        if (my())
            EXPECT_EQ(0U, size);
        else if (i == 1 || i == 4)
            EXPECT_EQ(10U, size);
        else if (i == 11)
            EXPECT_EQ(36U, size);
    }
    SQLSMALLINT type;
    EXPECT_TRUE(fails(SQLDescribeParam(stmt, 12, &type, nullptr, nullptr, nullptr), stmt, "07009"));
    EXPECT_TRUE(fails(SQLDescribeParam(stmt, 0, &type, nullptr, nullptr, nullptr), stmt, "07009"));
    EXPECT_TRUE(clean(SQLDescribeParam(stmt, 1, nullptr, nullptr, nullptr, nullptr), stmt));
}

// A number or a flag that a column becomes goes into columns of other types too: clients bind every
// boolean as an integer, and every flag as SQL_BIT.
TEST_P(Params, FlagsForColumnsOfOtherTypes)
{
    ASSERT_TRUE(ok(stmt.exec(by("CREATE TEMP TABLE f (b boolean, i int, t varchar(5), n bit)",
                                "CREATE TEMPORARY TABLE f (b boolean, i int, t varchar(5), n bit)")),
                   stmt));
    auto flags = [&](SQLSMALLINT ctype, SQLSMALLINT type, SQLPOINTER yes, SQLPOINTER no) {
        for (SQLUSMALLINT i = 1; i <= 4; i++)
            EXPECT_TRUE(ok(SQLBindParameter(stmt, i, SQL_PARAM_INPUT, ctype, type, 0, 0,
                                            i % 2 ? yes : no, 0, nullptr),
                           stmt));
    };
    SQLCHAR bits[] = {1, 0};
    SQLINTEGER ints[] = {1, 0};
    for (bool prepared : {false, true})
        for (bool whole : {false, true}) {
            SCOPED_TRACE(std::string(prepared ? "prepared" : "direct") + (whole ? ", int" : ", bit"));
            if (whole)
                flags(SQL_C_SLONG, SQL_INTEGER, &ints[0], &ints[1]);
            else
                flags(SQL_C_BIT, SQL_BIT, &bits[0], &bits[1]);
            for (const char *sql : {"INSERT INTO f (b, i, t, n) VALUES (?, ?, ?, ?)",
                                    "UPDATE f SET n = ?, b = ?, i = ?, t = ?"}) {
                SCOPED_TRACE(sql);
                ASSERT_TRUE(ok(prepared ? stmt.prepare(sql) : SQL_SUCCESS, stmt));
                ASSERT_TRUE(ok(prepared ? stmt.execute() : stmt.exec(sql), stmt));
                bool insert = sql[0] == 'I';
                Stmt look(dbc);
                ASSERT_TRUE(ok(look.exec("SELECT b, i, t, n FROM f"), look));
                EXPECT_EQ(insert ? "1|0|1|0\n" : "0|1|0|1\n", shown(look.rest()));
                look.close();
            }
            EXPECT_TRUE(ok(stmt.exec("DELETE FROM f"), stmt));
            EXPECT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
        }
    // Where it is no more than a part of a value, its own type counts.
    SQLINTEGER seven = 7;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &seven, 0,
                                    nullptr),
                   stmt));
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO f (i) VALUES (? / 2)"), stmt));
    EXPECT_EQ(by("3", "4"), Stmt(dbc).value("SELECT i FROM f"));
}

// What a client library does for each row: bind a parameter, ask for its type, bind the next. The
// server prepares the statement again as long as the types are new to it, and then no more.
TEST_P(Params, DescribedAgainForEachRow)
{
    Stmt other(dbc);
    auto prepared = [&other] {
        return shown(other.rows(my() ? "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'"
                                     : "SELECT max(substr(name, 3)::int) FROM pg_prepared_statements"));
    };
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMPORARY TABLE hf_rows (a bigint, b varchar(9))"), stmt));
    ASSERT_TRUE(clean(stmt.prepare("INSERT INTO hf_rows VALUES (?, ?)"), stmt));
    std::string settled;
    for (SQLINTEGER row = 1; row <= 6; row++) {
        const std::string text = "row " + std::to_string(row);
        SQLSMALLINT type[2] = {};
        ASSERT_TRUE(clean(bind(1, SQL_C_SLONG, SQL_INTEGER, &row, 0, nullptr), stmt));
        ASSERT_TRUE(clean(SQLDescribeParam(stmt, 1, &type[0], nullptr, nullptr, nullptr), stmt));
        ASSERT_TRUE(clean(bind(2, SQL_C_CHAR, SQL_VARCHAR, text.c_str(), 0, nullptr, 9), stmt));
        ASSERT_TRUE(clean(SQLDescribeParam(stmt, 2, &type[1], nullptr, nullptr, nullptr), stmt));
        if (!my())
            EXPECT_EQ(SQL_BIGINT, type[0]) << row;
        EXPECT_NE(SQL_BIGINT, type[1]) << row;
        ASSERT_TRUE(clean(stmt.execute(), stmt));
        if (row == 3)
            settled = prepared();
    }
    EXPECT_EQ(settled, prepared());
    // Another binding is another statement to the server, and so is what it answers.
    const SQLDOUBLE d = 7;
    SQLSMALLINT type = 0;
    ASSERT_TRUE(clean(stmt.prepare("SELECT ? + ?"), stmt));
    for (SQLSMALLINT sql_type : {SQL_BIGINT, SQL_DOUBLE, SQL_BIGINT}) {
        ASSERT_TRUE(clean(bind(1, SQL_C_DOUBLE, sql_type, &d, 0, nullptr), stmt));
        ASSERT_TRUE(clean(SQLDescribeParam(stmt, 2, &type, nullptr, nullptr, nullptr), stmt));
        if (!my())
            EXPECT_EQ(sql_type, type);
    }
    EXPECT_EQ("6|row 6\n", shown(other.rows("SELECT a, b FROM hf_rows WHERE a = 6")));
}

TEST_P(Params, DescribeNeedsAPreparedStatement)
{
    SQLSMALLINT type, n;
    EXPECT_TRUE(fails(SQLDescribeParam(stmt, 1, &type, nullptr, nullptr, nullptr), stmt, "HY010"));
    EXPECT_TRUE(fails(SQLNumParams(stmt, &n), stmt, "HY010"));
    ASSERT_TRUE(ok(stmt.prepare("SELECT 1"), stmt));
    EXPECT_TRUE(clean(SQLNumParams(stmt, &n), stmt));
    EXPECT_EQ(0, n);
}

// "HY010: called before SQLPrepare or SQLExecDirect"
TEST_P(Params, DescribeAfterExecDirect)
{
    SQLINTEGER v = 6;
    SQLLEN ind = 0;
    SQLSMALLINT n = 0, type = 0;
    bind(1, SQL_C_SLONG, SQL_INTEGER, &v, 0, &ind);
    ASSERT_TRUE(ok(stmt.exec("SELECT 7 * ?::int"), stmt));
    EXPECT_TRUE(clean(SQLNumParams(stmt, &n), stmt));
    EXPECT_EQ(1, n);
    EXPECT_TRUE(clean(SQLDescribeParam(stmt, 1, &type, nullptr, nullptr, nullptr), stmt));
    if (!my())
        EXPECT_EQ(SQL_INTEGER, type);
    EXPECT_TRUE(fails(SQLDescribeParam(stmt, 2, &type, nullptr, nullptr, nullptr), stmt, "07009"));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_EQ("42", stmt.get(1));
    stmt.close();
    EXPECT_TRUE(fails(SQLNumParams(stmt, &n), stmt, "HY010"));
    ASSERT_TRUE(ok(calls.type_info(stmt, SQL_INTEGER), stmt));
    EXPECT_TRUE(clean(SQLNumParams(stmt, &n), stmt));
    EXPECT_EQ(0, n);
}

// As C++ clients bind what is empty: the data() of an empty vector is NULL (LibreOffice).
TEST_P(Params, EmptyWithoutBuffer)
{
    SQLLEN length = 0;
    const SQLSMALLINT pairs[][2] = {
        {SQL_C_CHAR, SQL_VARCHAR}, {SQL_C_WCHAR, SQL_WLONGVARCHAR}, {SQL_C_BINARY, SQL_LONGVARBINARY}};
    for (auto &pair : pairs) {
        length = 0;
        ASSERT_TRUE(clean(bind(1, pair[0], pair[1], nullptr, 0, &length, 9), stmt));
        EXPECT_EQ("empty", stmt.value("SELECT CASE WHEN ? = '' THEN 'empty' END")) << pair[0];
        length = SQL_NULL_DATA;
        EXPECT_EQ("NULL", stmt.value("SELECT CASE WHEN ? = '' THEN 'empty' END")) << pair[0];
        length = 1;
        EXPECT_TRUE(fails(stmt.exec("SELECT ?"), stmt, "HY009")) << pair[0];
    }
    length = 0;
    ASSERT_TRUE(clean(bind(1, SQL_C_SLONG, SQL_INTEGER, nullptr, 0, &length), stmt));
    EXPECT_TRUE(fails(stmt.exec("SELECT ?"), stmt, "HY009"));
}

TEST_P(Params, BindErrors)
{
    SQLINTEGER v = 0;
    SQLLEN ind = 0;
    EXPECT_TRUE(fails(bind(0, SQL_C_SLONG, SQL_INTEGER, &v, 0, &ind), stmt, "07009"));
    EXPECT_TRUE(fails(bind(1, 12345, SQL_INTEGER, &v, 0, &ind), stmt, "HY003"));
    EXPECT_TRUE(fails(bind(1, SQL_C_SLONG, 12345, &v, 0, &ind), stmt, "HY004"));
    EXPECT_TRUE(fails(SQLBindParameter(stmt, 1, 77, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v, 0, &ind),
                      stmt, "HY105"));
    EXPECT_TRUE(fails(bind(1, SQL_C_CHAR, SQL_VARCHAR, &v, -5, &ind), stmt, "HY090"));
    EXPECT_TRUE(fails(bind(1, SQL_C_SLONG, SQL_INTEGER, nullptr, 0, nullptr), stmt, "HY009"));
    // Something not bindable as it is: 07006 at once or at execution.
    SQLRETURN rc = bind(1, SQL_C_SLONG, SQL_TYPE_DATE, &v, 0, &ind);
    if (rc == SQL_SUCCESS)
        rc = stmt.exec("SELECT ?::date");
    EXPECT_TRUE(fails(rc, stmt, "07006"));
}

TEST_P(Params, OutputDoesNotComeInPieces)
{
    SQLINTEGER v = 0;
    SQLLEN ind = 0;
    for (SQLSMALLINT io : {SQL_PARAM_OUTPUT_STREAM, SQL_PARAM_INPUT_OUTPUT_STREAM})
        EXPECT_TRUE(fails(SQLBindParameter(stmt, 1, io, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v, 0, &ind), stmt, "HYC00|HY105"));
}

// ---- what calls give (MySQL's: mysql.cc) ----

class Calls : public Params
{
  protected:
    void out(SQLUSMALLINT n, SQLSMALLINT io, SQLSMALLINT ctype, SQLSMALLINT type, void *v, SQLLEN cap, SQLLEN *ind)
    {
        EXPECT_TRUE(clean(SQLBindParameter(stmt, n, io, ctype, type, 30, 0, v, cap, ind), stmt)) << n;
    }
    // Direct, then prepared.
    void call(const char *sql, bool prepared)
    {
        stmt.close();
        if (prepared && !SQL_SUCCEEDED(stmt.prepare(sql)))
            ADD_FAILURE() << stmt.message();
        EXPECT_TRUE(ok(prepared ? stmt.execute() : stmt.exec(sql), stmt)) << sql;
    }
    void run(const char *sql)
    {
        EXPECT_TRUE(ok(stmt.exec(sql), stmt)) << sql;
        stmt.close();
    }
};
ALL_MODES(Calls);

TEST_P(Calls, ValueOfAFunction)
{
    run("CREATE OR REPLACE FUNCTION pg_temp.hf_half(a int, b text) RETURNS text LANGUAGE sql AS "
        "'SELECT b || '' '' || a / 2'");
    char value[12] = "", text[] = "half:";
    SQLINTEGER a = 10, number = 0;
    SQLLEN nv = 0, nt = SQL_NTS;
    const char *sql = "{? = call pg_temp.hf_half(?, ?)}";
    for (bool prepared : {false, true}) {
        out(1, SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, value, sizeof(value), &nv);
        out(2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, &a, 0, nullptr);
        out(3, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, text, 0, &nt);
        value[0] = 0;
        call(sql, prepared);
        EXPECT_STREQ("half: 5", value);
        EXPECT_EQ(7, nv);
        EXPECT_EQ(0, stmt.columns());
        EXPECT_TRUE(nothing(stmt.more(), stmt));
        ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    }
    // Not bound yet: no result either, so that nobody binds columns of one.
    ASSERT_TRUE(ok(stmt.prepare(sql), stmt));
    EXPECT_EQ(0, stmt.columns());
    out(1, SQL_PARAM_OUTPUT, SQL_C_SLONG, SQL_INTEGER, &number, 0, &nv);
    out(2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, &a, 0, nullptr);
    out(3, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, text, 0, &nt);
    EXPECT_TRUE(fails(stmt.execute(), stmt, "22018"));
    nt = SQL_NULL_DATA;
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(SQL_NULL_DATA, nv);
    EXPECT_EQ("1", Stmt(dbc).value("SELECT 1"));
}

TEST_P(Calls, OutputParametersOfAProcedure)
{
    run("CREATE TEMP TABLE hf_called (a int)");
    run("CREATE OR REPLACE PROCEDURE pg_temp.hf_out(a int, OUT b text, INOUT c bigint) LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO hf_called VALUES (a); b := ''got '' || a; c := c + a; END'");
    SQLINTEGER a = 4;
    SQLBIGINT c = 10;
    char b[16] = "";
    SQLLEN nb = 0, nc = 0;
    const char *sql = "{call pg_temp.hf_out(?, ?, ?)}";
    for (bool prepared : {false, true}) {
        out(1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, &a, 0, nullptr);
        out(2, SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, b, sizeof(b), &nb);
        out(3, SQL_PARAM_INPUT_OUTPUT, SQL_C_SBIGINT, SQL_BIGINT, &c, 0, &nc);
        c = 10;
        b[0] = 0;
        call(sql, prepared);
        EXPECT_STREQ("got 4", b);
        EXPECT_EQ(5, nb);
        EXPECT_EQ(14, c);
        EXPECT_TRUE(nothing(stmt.more(), stmt));
        stmt.close();
    }
    // Not all of them have a place: an error that does not undo the call.
    out(3, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, &c, 0, &nc);
    EXPECT_TRUE(fails(stmt.execute(), stmt, "07001"));
    stmt.close();
    EXPECT_EQ("3", Stmt(dbc).value("SELECT count(*) FROM hf_called"));
    // None has: a result of one row.
    out(2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, b, 0, &nb);
    call(sql, true);
    EXPECT_EQ("got 4|18\n", shown(stmt.rest()));
}

// A function has them too; its caller leaves the OUT ones out, which the driver does.
TEST_P(Calls, OutputParametersOfAFunction)
{
    run("CREATE OR REPLACE FUNCTION pg_temp.hf_outs(OUT a float8, IN b timestamp, INOUT c int, IN d numeric,"
        " OUT e text) LANGUAGE sql AS 'SELECT 2 * d::float8, c + 3, b::text || ''(,)'''");
    double a = 0;
    SQLINTEGER c = 0;
    char b[] = "2017-02-23 11:34:46", d[] = "3.4", e[40] = "";
    SQLLEN na = 0, nb = SQL_NTS, nc = 0, nd = SQL_NTS, ne = 0;
    const char *texts[] = {"{call pg_temp.hf_outs(?, ?, ?, ?, ?)}",
                           "{ call \"pg_temp\" . hf_outs ( ?, cast(? as timestamp), ?, greatest(?, 1.0)/*)*/, ? ) }"};
    for (const char *sql : texts)
        for (bool prepared : {false, true}) {
            a = 0, c = 4, e[0] = 0;
            out(1, SQL_PARAM_OUTPUT, SQL_C_DOUBLE, SQL_DOUBLE, &a, 0, &na);
            out(2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, b, 0, &nb);
            out(3, SQL_PARAM_INPUT_OUTPUT, SQL_C_SLONG, SQL_INTEGER, &c, 0, &nc);
            out(4, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_NUMERIC, d, 0, &nd);
            out(5, SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, e, sizeof(e), &ne);
            call(sql, prepared);
            EXPECT_EQ(6.8, a) << sql;
            EXPECT_EQ(7, c) << sql;
            EXPECT_STREQ("2017-02-23 11:34:46(,)", e) << sql;
            EXPECT_TRUE(nothing(stmt.more(), stmt));
            stmt.close();
        }
    // As SQL has it, with its IN arguments only: a result of one row.
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    EXPECT_EQ("3|5|2020-01-01 00:00:00(,)\n",
              shown(stmt.rows("{call pg_temp.hf_outs('2020-01-01', 2, 1.5)}")));
    // Two functions that differ in what is OUT: the text is left as it is, and refused.
    run("CREATE OR REPLACE FUNCTION pg_temp.hf_outs(a int, b int, OUT c int, OUT d int, OUT e int)"
        " LANGUAGE sql AS 'SELECT 1, 2, 3'");
    EXPECT_TRUE(fails(stmt.exec("{call pg_temp.hf_outs(1, 2, 3, 4, 5)}"), stmt, "42000"));
}

TEST_P(Calls, OutputParametersOfAnArray)
{
    enum { SETS = 3 };
    run("CREATE OR REPLACE PROCEDURE pg_temp.hf_many(a int, INOUT b int) LANGUAGE plpgsql AS "
        "'BEGIN b := b / (a - 2); END'");
    SQLINTEGER a[SETS] = {1, 2, 4}, b[SETS] = {10, 20, 30};
    SQLUSMALLINT status[SETS] = {};
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(SETS), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0);
    out(1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, a, 0, nullptr);
    out(2, SQL_PARAM_INPUT_OUTPUT, SQL_C_SLONG, SQL_INTEGER, b, 0, nullptr);
    ASSERT_TRUE(ok(stmt.prepare("{call pg_temp.hf_many(?, ?)}"), stmt));
    EXPECT_TRUE(fails(stmt.execute(), stmt, "22012"));
    EXPECT_EQ(-10, b[0]);
    EXPECT_EQ(20, b[1]);
    EXPECT_EQ(15, b[2]);
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[0]);
    EXPECT_EQ(SQL_PARAM_ERROR, status[1]);
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[2]);
    stmt.close();
    run("CREATE OR REPLACE FUNCTION pg_temp.hf_each(a int) RETURNS text LANGUAGE sql AS 'SELECT ''v'' || a'");
    a[1] = 456789;
    char text[SETS][5] = {};
    SQLLEN n[SETS] = {};
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    out(1, SQL_PARAM_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, text, sizeof(text[0]), n);
    out(2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, a, 0, nullptr);
    EXPECT_TRUE(warns(stmt.exec("{? = call pg_temp.hf_each(?)}"), stmt, "01004"));
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[0]);
    EXPECT_EQ(SQL_PARAM_SUCCESS_WITH_INFO, status[1]);
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[2]);
    EXPECT_STREQ("v4", text[2]);
    EXPECT_EQ(7, n[1]);
}

// ---- arrays ----

TEST_P(Arrays, ColumnWise)
{
    SQLINTEGER ids[3] = {1, 2, 3};
    char texts[3][6] = {"one", "two", "three"};
    SQLLEN ind[3] = {SQL_NTS, SQL_NULL_DATA, 5};
    set(SQL_ATTR_PARAMSET_SIZE, 3);
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids, 0, nullptr);
    bind(2, SQL_C_CHAR, SQL_VARCHAR, texts, 6, ind, 10);
    ASSERT_TRUE(clean(stmt.exec("INSERT INTO t VALUES (?, ?)"), stmt));
    EXPECT_EQ(3U, processed);
    EXPECT_EQ(3, stmt.row_count());
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(SQL_PARAM_SUCCESS, status[i]) << i;
    EXPECT_EQ("1|one\n2|NULL\n3|three\n", table());
}

TEST_P(Arrays, RowWise)
{
    struct Set {
        SQLLEN ind;
        SQLINTEGER id;
        SQLWCHAR text[8];
        SQLLEN len;
    } sets[3] = {};
    const char *texts[] = {"eins", "zw\xc3\xb6", "\xf0\x9f\x90\x98"};
    for (int i = 0; i < 3; i++) {
        sets[i].id = i + 1;
        std::u16string w = u16(texts[i]);
        memcpy(sets[i].text, w.data(), w.size() * 2);
        sets[i].len = SQLLEN(w.size() * 2);
    }
    set(SQL_ATTR_PARAMSET_SIZE, 3);
    set(SQL_ATTR_PARAM_BIND_TYPE, sizeof(Set));
    bind(1, SQL_C_SLONG, SQL_INTEGER, &sets[0].id, 0, &sets[0].ind);
    bind(2, SQL_C_WCHAR, SQL_WVARCHAR, sets[0].text, sizeof(sets[0].text), &sets[0].len, 10);
    ASSERT_TRUE(clean(stmt.prepare("INSERT INTO t VALUES (?, ?)"), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ("1|eins\n2|zw\xc3\xb6\n3|\xf0\x9f\x90\x98\n", table());
}

TEST_P(Arrays, Offset)
{
    struct Set {
        SQLINTEGER id;
        char text[8];
        SQLLEN len;
    } sets[4] = {{1, "a", SQL_NTS}, {2, "b", SQL_NTS}, {3, "c", SQL_NTS}, {4, "d", SQL_NTS}};
    SQLULEN offset = 0;
    set(SQL_ATTR_PARAMSET_SIZE, 2);
    set(SQL_ATTR_PARAM_BIND_TYPE, sizeof(Set));
    set(SQL_ATTR_PARAM_BIND_OFFSET_PTR, &offset);
    bind(1, SQL_C_SLONG, SQL_INTEGER, &sets[0].id, 0, nullptr);
    bind(2, SQL_C_CHAR, SQL_VARCHAR, sets[0].text, 8, &sets[0].len, 10);
    ASSERT_TRUE(clean(stmt.exec("INSERT INTO t VALUES (?, ?)"), stmt));
    offset = 2 * sizeof(Set);
    ASSERT_TRUE(clean(stmt.exec("INSERT INTO t VALUES (?, ?)"), stmt));
    EXPECT_EQ("1|a\n2|b\n3|c\n4|d\n", table());
}

TEST_P(Arrays, Ignore)
{
    SQLINTEGER ids[4] = {1, 2, 3, 4};
    SQLUSMALLINT operation[4] = {SQL_PARAM_PROCEED, SQL_PARAM_IGNORE, SQL_PARAM_IGNORE,
                                 SQL_PARAM_PROCEED};
    set(SQL_ATTR_PARAMSET_SIZE, 4);
    set(SQL_ATTR_PARAM_OPERATION_PTR, operation);
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids, 0, nullptr);
    ASSERT_TRUE(clean(stmt.exec("INSERT INTO t (id) VALUES (?)"), stmt));
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[0]);
    EXPECT_EQ(SQL_PARAM_UNUSED, status[1]);
    EXPECT_EQ(SQL_PARAM_UNUSED, status[2]);
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[3]);
    EXPECT_EQ("1|NULL\n4|NULL\n", table());
    // All of them: nothing happens.
    for (SQLUSMALLINT &o : operation)
        o = SQL_PARAM_IGNORE;
    SQLRETURN rc = stmt.exec("INSERT INTO t (id) VALUES (?)");
    EXPECT_TRUE(rc == SQL_SUCCESS || rc == SQL_NO_DATA) << ok(rc, stmt).message();
    EXPECT_EQ("1|NULL\n4|NULL\n", table());
}

// "If some but not all sets fail, SQL_SUCCESS_WITH_INFO or SQL_ERROR; the status array says which;
// each failed set has a status record with its SQL_DIAG_ROW_NUMBER."
TEST_P(Arrays, OneSetFails)
{
    SQLINTEGER ids[5] = {1, 2, 1, 4, 5};
    set(SQL_ATTR_PARAMSET_SIZE, 5);
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids, 0, nullptr);
    SQLRETURN rc = stmt.exec("INSERT INTO t (id) VALUES (?)");
    EXPECT_TRUE(rc == SQL_ERROR || rc == SQL_SUCCESS_WITH_INFO) << rc_name(rc);
    EXPECT_TRUE(stmt.has_state("23000"));
    EXPECT_EQ(SQL_PARAM_ERROR, status[2]);
    bool found = false;
    for (SQLSMALLINT i = 1; i <= SQLSMALLINT(stmt.diags().size()); i++)
        found = found || (stmt.row_number(i) == 3 && stmt.state(i) == "23000" &&
                          stmt.diags()[size_t(i - 1)].native == (my() ? 1062 : 1));
    EXPECT_TRUE(found) << "no record of row 3 with the server's error number";
    // What the status array says is what the table holds.
    std::string wanted;
    for (int i : {0, 1, 3, 4})
        if (status[i] == SQL_PARAM_SUCCESS || status[i] == SQL_PARAM_SUCCESS_WITH_INFO)
            wanted += std::to_string(ids[i]) + "|NULL\n";
    EXPECT_EQ(wanted, table());
}

// What the server says while it executes a set carries the set's row, and so does its status.
TEST_P(Arrays, NoticesOfEachSet)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE FUNCTION pg_temp.hf_speak() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN "
                             "IF NEW.id % 2 = 0 THEN RAISE NOTICE ''even''; END IF; RETURN NEW; END'"),
                   stmt));
    ASSERT_TRUE(ok(stmt.exec("CREATE TRIGGER hf_speak BEFORE INSERT ON t FOR EACH ROW "
                             "EXECUTE FUNCTION pg_temp.hf_speak()"),
                   stmt));
    SQLINTEGER ids[5] = {1, 2, 3, 4, 6};
    SQLUSMALLINT use[5] = {SQL_PARAM_PROCEED, SQL_PARAM_PROCEED, SQL_PARAM_IGNORE, SQL_PARAM_PROCEED,
                           SQL_PARAM_PROCEED};
    set(SQL_ATTR_PARAMSET_SIZE, 5);
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids, 0, nullptr);
    for (bool autocommit : {true, false})
        for (bool some : {false, true}) {
            SCOPED_TRACE(autocommit ? some : 2 + some);
            ASSERT_TRUE(ok(dbc.autocommit(autocommit), dbc));
            set(SQL_ATTR_PARAM_OPERATION_PTR, some ? use : nullptr);
            EXPECT_TRUE(warns(stmt.exec("INSERT INTO t (id) VALUES (?)"), stmt, "01000"));
            EXPECT_EQ(3U, stmt.diags().size());
            for (SQLSMALLINT i = 1; i <= 3; i++)
                EXPECT_EQ(i == 1 ? 2 : i + 2, stmt.row_number(i));
            for (int i = 0; i < 5; i++)
                EXPECT_EQ(i == 2 && some ? SQL_PARAM_UNUSED
                          : (i % 2 && i < 4) || i == 4 ? SQL_PARAM_SUCCESS_WITH_INFO : SQL_PARAM_SUCCESS,
                          status[i]) << i;
            Stmt other(dbc);
            ASSERT_TRUE(ok(other.exec("DELETE FROM t"), other));
        }
    // Of one set, no row; of sets that return rows, each its own.
    set(SQL_ATTR_PARAM_OPERATION_PTR, nullptr);
    EXPECT_TRUE(warns(stmt.exec("INSERT INTO t (id) VALUES (?) RETURNING id"), stmt, "01000"));
    EXPECT_EQ(SQL_PARAM_SUCCESS, status[0]);
    EXPECT_EQ(SQL_PARAM_SUCCESS_WITH_INFO, status[1]);
    EXPECT_EQ(2, stmt.row_number(1));
    stmt.close();
    set(SQL_ATTR_PARAMSET_SIZE, 1);
    ids[0] = 8;
    EXPECT_TRUE(warns(stmt.exec("INSERT INTO t (id) VALUES (?)"), stmt, "01000"));
    EXPECT_EQ(SQL_NO_ROW_NUMBER, stmt.row_number(1));
    EXPECT_TRUE(ok(dbc.rollback(), dbc));
}

TEST_P(Arrays, OneSetFailsInATransaction)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    SQLINTEGER ids[4] = {1, 1, 3, 4};
    set(SQL_ATTR_PARAMSET_SIZE, 4);
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids, 0, nullptr);
    SQLRETURN rc = stmt.exec("INSERT INTO t (id) VALUES (?)");
    EXPECT_TRUE(rc == SQL_ERROR || rc == SQL_SUCCESS_WITH_INFO) << rc_name(rc);
    EXPECT_EQ(SQL_PARAM_ERROR, status[1]);
    if (!my()) { // those behind it were not executed
        EXPECT_EQ(SQL_PARAM_SUCCESS, status[0]);
        EXPECT_EQ(SQL_PARAM_UNUSED, status[2]);
        EXPECT_EQ(SQL_PARAM_UNUSED, status[3]);
        EXPECT_EQ(2U, processed);
        EXPECT_EQ(1U, stmt.diags().size());
        EXPECT_EQ(2, stmt.row_number(1));
    }
    // Nothing of it stays: PostgreSQL has aborted the transaction.
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
    EXPECT_EQ("", table());
    EXPECT_TRUE(clean(dbc.rollback(), dbc));
}

TEST_P(Arrays, ConversionErrorInASet)
{
    char texts[3][4] = {"1", "x", "3"};
    SQLLEN ind[3] = {SQL_NTS, SQL_NTS, SQL_NTS};
    set(SQL_ATTR_PARAMSET_SIZE, 3);
    bind(1, SQL_C_CHAR, SQL_INTEGER, texts, 4, ind);
    SQLRETURN rc = stmt.exec("INSERT INTO t (id) VALUES (?)");
    EXPECT_TRUE(rc == SQL_ERROR || rc == SQL_SUCCESS_WITH_INFO) << rc_name(rc);
    EXPECT_TRUE(stmt.has_state("22018"));
    EXPECT_EQ(SQL_PARAM_ERROR, status[1]);
    EXPECT_NE(SQL_PARAM_SUCCESS, status[1]);
}

TEST_P(Arrays, CountsAddUp)
{
    ASSERT_TRUE(ok(stmt.exec("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 10) i"), stmt));
    SQLINTEGER below[3] = {4, 7, 7};
    set(SQL_ATTR_PARAMSET_SIZE, 3);
    bind(1, SQL_C_SLONG, SQL_INTEGER, below, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("DELETE FROM t WHERE id < ?"), stmt));
    SQLUINTEGER how = 0;
    SQLGetInfo(dbc, SQL_PARAM_ARRAY_ROW_COUNTS, &how, 0, nullptr);
    if (how == SQL_PARC_NO_BATCH) {
        EXPECT_EQ(6, stmt.row_count());
        EXPECT_TRUE(nothing(stmt.more(), stmt));
    } else {
        EXPECT_EQ(3, stmt.row_count());
        EXPECT_TRUE(ok(stmt.more(), stmt));
        EXPECT_EQ(3, stmt.row_count());
    }
    set(SQL_ATTR_PARAMSET_SIZE, 1);
    EXPECT_EQ(4U, stmt.rows("SELECT id FROM t WHERE id > ? - 4").size());
}

// SQL_PARAM_ARRAY_SELECTS says SQL_PAS_BATCH: a result set a set.
TEST_P(Arrays, Queries)
{
    SQLUINTEGER how = 0;
    SQLGetInfo(dbc, SQL_PARAM_ARRAY_SELECTS, &how, 0, nullptr);
    ASSERT_EQ(SQLUINTEGER(SQL_PAS_BATCH), how);
    SQLINTEGER ids[3] = {10, 20, 30};
    set(SQL_ATTR_PARAMSET_SIZE, 3);
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids, 0, nullptr);
    SQLUSMALLINT status[3] = {9, 9, 9};
    set(SQL_ATTR_PARAM_STATUS_PTR, status);
    ASSERT_TRUE(ok(stmt.exec("SELECT ?::int + 1"), stmt));
    // All have been executed, whether their results are taken or not.
    for (SQLUSMALLINT one : status)
        EXPECT_EQ(SQL_PARAM_SUCCESS, one);
    EXPECT_EQ("11\n", shown(stmt.rest()));
    ASSERT_TRUE(ok(stmt.more(), stmt));
    EXPECT_EQ("21\n", shown(stmt.rest()));
    ASSERT_TRUE(ok(stmt.more(), stmt));
    EXPECT_EQ("31\n", shown(stmt.rest()));
    EXPECT_TRUE(nothing(stmt.more(), stmt));
}

TEST_P(Arrays, OneQueryFails)
{
    SQLINTEGER ids[4] = {5, 0, 2, 1};
    SQLUSMALLINT status[4] = {9, 9, 9, 9};
    set(SQL_ATTR_PARAMSET_SIZE, 4);
    set(SQL_ATTR_PARAM_STATUS_PTR, status);
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT 10 / ?::int"), stmt));
    const SQLUSMALLINT expected[4] = {SQL_PARAM_SUCCESS, SQL_PARAM_ERROR, SQL_PARAM_SUCCESS,
                                      SQL_PARAM_SUCCESS};
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(expected[i], status[i]) << i;
    EXPECT_EQ("2\n", shown(stmt.rest()));
    EXPECT_TRUE(fails(stmt.more(), stmt, "22012"));
    ASSERT_TRUE(ok(stmt.more(), stmt));
    EXPECT_EQ("5\n", shown(stmt.rest()));
    ASSERT_TRUE(ok(stmt.more(), stmt));
    EXPECT_EQ("10\n", shown(stmt.rest()));
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(expected[i], status[i]) << i;
}

// Of a transaction that a set has failed nothing more is executed.
TEST_P(Arrays, OneQueryFailsInATransaction)
{
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    SQLINTEGER ids[4] = {5, 2, 0, 1};
    SQLUSMALLINT status[4] = {9, 9, 9, 9};
    set(SQL_ATTR_PARAMSET_SIZE, 4);
    set(SQL_ATTR_PARAM_STATUS_PTR, status);
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT 10 / ?::int"), stmt));
    const SQLUSMALLINT expected[4] = {SQL_PARAM_SUCCESS, SQL_PARAM_SUCCESS, SQL_PARAM_ERROR, SQL_PARAM_UNUSED};
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(expected[i], status[i]) << i;
    EXPECT_EQ("2\n", shown(stmt.rest()));
    ASSERT_TRUE(ok(stmt.more(), stmt));
    EXPECT_EQ("5\n", shown(stmt.rest()));
    EXPECT_TRUE(fails(stmt.more(), stmt, "22012"));
    EXPECT_TRUE(nothing(stmt.more(), stmt));
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(expected[i], status[i]) << i;
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
    ids[2] = 1;
    ASSERT_TRUE(ok(stmt.exec("SELECT 10 / ?::int"), stmt));
    for (const char *rows : {"2\n", "5\n", "10\n", "10\n"}) {
        EXPECT_EQ(rows, shown(stmt.rest()));
        SQLRETURN rc = stmt.more();
        EXPECT_TRUE(rc == SQL_NO_DATA || ok(rc, stmt));
    }
    ASSERT_TRUE(clean(dbc.rollback(), dbc));
}

TEST_P(Arrays, ManySets)
{
    constexpr int N = 5000;
    std::vector<SQLINTEGER> ids(N);
    std::vector<char> texts(N * 20);
    std::vector<SQLLEN> ind(N);
    std::vector<SQLUSMALLINT> all(N, 99);
    for (int i = 0; i < N; i++) {
        ids[i] = i;
        ind[i] = snprintf(&texts[i * 20], 20, "text %d", i);
    }
    set(SQL_ATTR_PARAMSET_SIZE, N);
    set(SQL_ATTR_PARAM_STATUS_PTR, all.data());
    bind(1, SQL_C_SLONG, SQL_INTEGER, ids.data(), 0, nullptr);
    bind(2, SQL_C_CHAR, SQL_VARCHAR, texts.data(), 20, ind.data(), 20);
    ASSERT_TRUE(clean(stmt.prepare("INSERT INTO t VALUES (?, ?)"), stmt));
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(SQLULEN(N), processed);
    EXPECT_EQ(N, stmt.row_count());
    EXPECT_EQ(SQL_PARAM_SUCCESS, all[N - 1]);
    Stmt s(dbc);
    EXPECT_EQ("5000", s.value("SELECT count(*) FROM t WHERE a = 'text ' || id"));
}

} // namespace
