/* C to SQL: rows of (C value, SQL type, what goes over the wire or which SQLSTATE). */
#include <gtest/gtest.h>

#include <cfloat>
#include <clocale>
#include <cmath>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

extern "C" {
#include "convert/convert.h"
}

namespace
{

struct binding {
    SQLULEN column_size = 0;
    SQLSMALLINT digits = 0;
    SQLSMALLINT precision = 0;
    const charset *ansi = nullptr;
};

/* The wire form, or the SQLSTATE; what stood in the buffer before must stay. */
std::string send(SQLSMALLINT ctype, const void *data, SQLLEN length, SQLSMALLINT sql_type,
                 binding with = binding())
{
    conv_source s = {};
    s.ctype = ctype;
    s.sql_type = sql_type;
    s.column_size = with.column_size;
    s.digits = with.digits;
    s.precision = with.precision;
    s.ansi = with.ansi;
    s.data = data;
    s.length = length;

    struct buf b;
    buf_init(&b);
    buf_str(&b, "before|");
    conv_result r = conv_param(&s, &b);
    std::string all(b.p, b.n);
    buf_fini(&b);
    EXPECT_EQ("before|", all.substr(0, 7));
    if (r == CONV_OK)
        return all.substr(7);
    EXPECT_EQ("before|", all) << "an error left something behind";
    return conv_sqlstate(r);
}

template <typename T>
std::string send_value(SQLSMALLINT ctype, T value, SQLSMALLINT sql_type, binding with = binding())
{
    alignas(16) char memory[sizeof(T) + 1];
    memcpy(memory + 1, &value, sizeof value); /* never aligned */
    std::string odd = send(ctype, memory + 1, 0, sql_type, with);
    EXPECT_EQ(odd, send(ctype, &value, 12345, sql_type, with));
    return odd;
}

std::u16string utf16(const std::string &ascii)
{
    return std::u16string(ascii.begin(), ascii.end());
}

/* Narrow and wide text must be understood alike. */
std::string send_text(const std::string &t, SQLSMALLINT sql_type, binding with = binding())
{
    std::u16string w = utf16(t);
    std::string narrow = send(SQL_C_CHAR, t.data(), (SQLLEN)t.size(), sql_type, with);
    EXPECT_EQ(narrow, send(SQL_C_CHAR, t.c_str(), SQL_NTS, sql_type, with)) << t;
    EXPECT_EQ(narrow, send(SQL_C_WCHAR, w.data(), (SQLLEN)(2 * w.size()), sql_type, with)) << t;
    EXPECT_EQ(narrow, send(SQL_C_WCHAR, w.data(), (SQLLEN)(2 * w.size() + 1), sql_type, with)) << t;
    EXPECT_EQ(narrow, send(SQL_C_WCHAR, w.c_str(), SQL_NTS, sql_type, with)) << t;
    std::vector<char> odd(2 * w.size() + 3);
    memcpy(odd.data() + 1, w.c_str(), 2 * w.size() + 2);
    EXPECT_EQ(narrow, send(SQL_C_WCHAR, odd.data() + 1, SQL_NTS, sql_type, with)) << t;
    return narrow;
}

struct text_row {
    const char *text;
    SQLSMALLINT sql_type;
    const char *expect;
};

template <size_t N> void check(const text_row (&rows)[N], binding with = binding())
{
    for (const text_row &r : rows)
        EXPECT_EQ(r.expect, send_text(r.text, r.sql_type, with))
            << "'" << r.text << "' to " << r.sql_type;
}

const SQLSMALLINT character_types[] = {SQL_CHAR,  SQL_VARCHAR,  SQL_LONGVARCHAR,
                                       SQL_WCHAR, SQL_WVARCHAR, SQL_WLONGVARCHAR};

TEST(ConvertParam, TextAsItIs)
{
    for (SQLSMALLINT type : character_types) {
        EXPECT_EQ("", send_text("", type));
        EXPECT_EQ("hello", send_text("hello", type));
        EXPECT_EQ("  x ", send_text("  x ", type));
        EXPECT_EQ("h\xc3\xa9", send(SQL_C_CHAR, "h\xc3\xa9", 3, type));
        EXPECT_EQ("h", send(SQL_C_CHAR, "h\xc3\xa9", 1, type));
        EXPECT_EQ("h\xc3\xa9\xf0\x9f\x98\x80", send(SQL_C_WCHAR, u"h\u00e9\U0001F600", 8, type));
        EXPECT_EQ("h\xc3\xa9\xef\xbf\xbd", send(SQL_C_WCHAR, u"h\u00e9\U0001F600", 6, type));
        EXPECT_EQ("22018", send(SQL_C_CHAR, "a\0b", 3, type));
        EXPECT_EQ("ab", send(SQL_C_CHAR, "ab\0", 3, type));
        EXPECT_EQ("22018", send(SQL_C_WCHAR, u"a\0b", 6, type));
        EXPECT_EQ("22018", send(SQL_C_BINARY, "a\0b", 3, type));
        EXPECT_EQ("ab", send(SQL_C_BINARY, "ab", 2, type));
        EXPECT_EQ("", send(SQL_C_CHAR, nullptr, 0, type));
        EXPECT_EQ("", send(SQL_C_WCHAR, nullptr, 0, type));
        EXPECT_EQ("", send(SQL_C_BINARY, nullptr, 0, type));
        EXPECT_EQ("HY090", send(SQL_C_CHAR, nullptr, 3, type));
        EXPECT_EQ("HY090", send(SQL_C_CHAR, nullptr, SQL_NTS, type));
        EXPECT_EQ("HY090", send(SQL_C_WCHAR, nullptr, 4, type));
        EXPECT_EQ("HY090", send(SQL_C_WCHAR, nullptr, SQL_NTS, type));
        EXPECT_EQ("x", send(SQL_C_BINARY, "x", SQL_NTS, type));
        EXPECT_EQ("HY090", send(SQL_C_BINARY, nullptr, SQL_NTS, type));
        EXPECT_EQ("HY090", send(SQL_C_CHAR, "x", -17, type));
    }
}

TEST(ConvertParam, LoneSurrogates)
{
    const char16_t lone[] = {'a', 0xd800, 'b', 0xdc00, 0};
    EXPECT_EQ("a\xef\xbf\xbd"
              "b\xef\xbf\xbd",
              send(SQL_C_WCHAR, lone, SQL_NTS, SQL_WVARCHAR));
    EXPECT_EQ("22018", send(SQL_C_WCHAR, lone, SQL_NTS, SQL_INTEGER));
}

TEST(ConvertParam, LongUnalignedWideText)
{
    std::u16string w;
    std::string expect;
    for (int i = 0; i < 500; i++) {
        w += u"x\U0001F600";
        expect += "x\xf0\x9f\x98\x80";
    }
    std::vector<char> odd(2 * w.size() + 1);
    memcpy(odd.data() + 1, w.data(), 2 * w.size());
    EXPECT_EQ(expect, send(SQL_C_WCHAR, odd.data() + 1, (SQLLEN)(2 * w.size()), SQL_VARCHAR));
}

TEST(ConvertParam, ApplicationCodeset)
{
    binding b;
    b.ansi = charset_named("ISO-8859-1");
    ASSERT_NE(nullptr, b.ansi);
    EXPECT_EQ("h\xc3\xa9", send(SQL_C_CHAR, "h\xe9", 2, SQL_VARCHAR, b));
    EXPECT_EQ("42", send(SQL_C_CHAR, "42", 2, SQL_INTEGER, b));
    EXPECT_EQ("h\xe9", send(SQL_C_BINARY, "h\xe9", 2, SQL_VARCHAR, b)); /* bytes stay bytes */
}

TEST(ConvertParam, TextToNumbers)
{
    static const text_row rows[] = {
        {"42", SQL_INTEGER, "42"},
        {" 42 ", SQL_INTEGER, "42"},
        {"+42", SQL_INTEGER, "42"},
        {"-42", SQL_INTEGER, "-42"},
        {"042", SQL_INTEGER, "42"},
        {"42.0", SQL_INTEGER, "42"},
        {"4.2e1", SQL_INTEGER, "42"},
        {"-0", SQL_INTEGER, "0"},
        {"42.5", SQL_INTEGER, "22001"},
        {"0.5", SQL_BIGINT, "22001"},
        {"2147483647", SQL_INTEGER, "2147483647"},
        {"2147483648", SQL_INTEGER, "22003"},
        {"-2147483648", SQL_INTEGER, "-2147483648"},
        {"-2147483649", SQL_INTEGER, "22003"},
        {"32767", SQL_SMALLINT, "32767"},
        {"32768", SQL_SMALLINT, "22003"},
        {"-32769", SQL_SMALLINT, "22003"},
        {"255", SQL_TINYINT, "255"},
        {"256", SQL_TINYINT, "22003"},
        {"-128", SQL_TINYINT, "-128"},
        {"-129", SQL_TINYINT, "22003"},
        {"9223372036854775807", SQL_BIGINT, "9223372036854775807"},
        {"9223372036854775808", SQL_BIGINT, "22003"},
        {"-9223372036854775808", SQL_BIGINT, "-9223372036854775808"},
        {"1e100", SQL_BIGINT, "22003"},
        {"", SQL_INTEGER, "22018"},
        {"   ", SQL_INTEGER, "22018"},
        {"x", SQL_INTEGER, "22018"},
        {"4 2", SQL_INTEGER, "22018"},
        {"0x2a", SQL_INTEGER, "22018"},
        {"NaN", SQL_INTEGER, "22018"},
        {"1234.5600", SQL_NUMERIC, "1234.5600"},
        {" 1234.5600 ", SQL_DECIMAL, "1234.5600"},
        {"1e-3", SQL_NUMERIC, "1e-3"},
        {"NaN", SQL_NUMERIC, "NaN"},
        {"abc", SQL_NUMERIC, "22018"},
        {"1,5", SQL_DECIMAL, "22018"},
        {"1.5", SQL_REAL, "1.5"},
        {"1e39", SQL_REAL, "22003"},
        {"1e39", SQL_DOUBLE, "1e39"},
        {"1e39", SQL_FLOAT, "1e39"},
        {"1e309", SQL_DOUBLE, "22003"},
        {" Infinity ", SQL_DOUBLE, "Infinity"},
        {"-Infinity", SQL_REAL, "-Infinity"},
        {"abc", SQL_DOUBLE, "22018"},
        {"", SQL_REAL, "22018"},
        {"0", SQL_BIT, "0"},
        {"1", SQL_BIT, "1"},
        {" 1.0 ", SQL_BIT, "1"},
        {"true", SQL_BIT, "1"},
        {"F", SQL_BIT, "0"},
        {"0.5", SQL_BIT, "22001"},
        {"1.5", SQL_BIT, "22001"},
        {"2", SQL_BIT, "22003"},
        {"-1", SQL_BIT, "22003"},
        {"-0.5", SQL_BIT, "22003"},
        {"maybe", SQL_BIT, "22018"},
        {"", SQL_BIT, "22018"},
    };
    check(rows);
}

TEST(ConvertParam, TextToDates)
{
    static const text_row rows[] = {
        {"2024-02-29", SQL_TYPE_DATE, "2024-02-29"},
        {"2024-02-29", SQL_DATE, "2024-02-29"},
        {" 2024-02-29 ", SQL_TYPE_DATE, "2024-02-29"},
        {"{d '2024-02-29'}", SQL_TYPE_DATE, "2024-02-29"},
        {"{D'2024-02-29'}", SQL_TYPE_DATE, "2024-02-29"},
        {"{ts '2024-02-29 00:00:00'}", SQL_TYPE_DATE, "2024-02-29"},
        {"2024-02-29 00:00:00.000", SQL_TYPE_DATE, "2024-02-29"},
        {"2024-02-29 00:00:01", SQL_TYPE_DATE, "22008"},
        {"2023-02-29", SQL_TYPE_DATE, "22018"},
        {"10:11:12", SQL_TYPE_DATE, "22018"},
        {"infinity", SQL_TYPE_DATE, "infinity"},
        {"0044-03-15 BC", SQL_TYPE_DATE, "0044-03-15 BC"},
        {"12345-01-01", SQL_TYPE_DATE, "12345-01-01"},
        {"tomorrow", SQL_TYPE_DATE, "22018"},
        {"", SQL_TYPE_DATE, "22018"},
        {"10:11:12", SQL_TYPE_TIME, "10:11:12"},
        {"10:11:12", SQL_TIME, "10:11:12"},
        {"10:11:12.25", SQL_TYPE_TIME, "10:11:12.25"},
        {"{t '10:11:12'}", SQL_TYPE_TIME, "10:11:12"},
        {"24:00:00", SQL_TYPE_TIME, "24:00:00"},
        {"24:00:01", SQL_TYPE_TIME, "22018"},
        {"10:11:12+02", SQL_TYPE_TIME, "10:11:12+02"},
        {"2024-02-29 10:11:12", SQL_TYPE_TIME, "10:11:12"},
        {"2024-02-29 10:11:12.5", SQL_TYPE_TIME, "22008"},
        {"2024-02-29", SQL_TYPE_TIME, "22018"},
        {"25:00:00", SQL_TYPE_TIME, "22018"},
        {"-10:00:00", SQL_TYPE_TIME, "22018"},
        {"infinity", SQL_TYPE_TIME, "22018"},
        {"x", SQL_TYPE_TIME, "22018"},
        {"2024-02-29 10:11:12.5", SQL_TYPE_TIMESTAMP, "2024-02-29 10:11:12.5"},
        {"2024-02-29T10:11:12", SQL_TIMESTAMP, "2024-02-29T10:11:12"},
        {"{ts '2024-02-29 10:11:12'}", SQL_TYPE_TIMESTAMP, "2024-02-29 10:11:12"},
        {"2024-02-29 10:11:12+05:30", SQL_TYPE_TIMESTAMP, "2024-02-29 10:11:12+05:30"},
        {"2024-02-29", SQL_TYPE_TIMESTAMP, "2024-02-29"},
        {"{d '2024-02-29'}", SQL_TYPE_TIMESTAMP, "2024-02-29"},
        {"infinity", SQL_TYPE_TIMESTAMP, "infinity"},
        {"-infinity", SQL_TYPE_TIMESTAMP, "-infinity"},
        {"2024-02-30 10:11:12", SQL_TYPE_TIMESTAMP, "22018"},
        {"2024-02-29 24:11:12", SQL_TYPE_TIMESTAMP, "22018"},
        {"now", SQL_TYPE_TIMESTAMP, "22018"},
        {"", SQL_TYPE_TIMESTAMP, "22018"},
    };
    check(rows);
    binding three;
    three.digits = 3;
    EXPECT_EQ("2024-02-29 10:11:12.125",
              send_text("2024-02-29 10:11:12.125", SQL_TYPE_TIMESTAMP, three));
    EXPECT_EQ("22008", send_text("2024-02-29 10:11:12.1255", SQL_TYPE_TIMESTAMP, three));
    EXPECT_EQ("10:11:12.125", send_text("2024-02-29 10:11:12.125", SQL_TYPE_TIME, three));
    EXPECT_EQ("22008", send_text("2024-02-29 10:11:12.1255", SQL_TYPE_TIME, three));
}

std::string today()
{
    time_t now = time(nullptr);
    struct tm tm;
    char text[32];
    localtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%d", &tm);
    return text;
}

TEST(ConvertParam, TimesGetTodaysDate)
{
    SQL_TIME_STRUCT t = {10, 11, 12};
    EXPECT_EQ(today() + " 10:11:12", send_value(SQL_C_TYPE_TIME, t, SQL_TYPE_TIMESTAMP));
    EXPECT_EQ(today() + " 10:11:12.5", send_text("10:11:12.5", SQL_TYPE_TIMESTAMP));
}

TEST(ConvertParam, TextToOthers)
{
    static const text_row rows[] = {
        {"00ff7F", SQL_VARBINARY, "\0"},
        {"", SQL_BINARY, ""},
        {"0", SQL_BINARY, "22018"},
        {"0g", SQL_LONGVARBINARY, "22018"},
        {" 00", SQL_LONGVARBINARY, "22018"},
        {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", SQL_GUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", SQL_GUID,
         "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"a0eebc99", SQL_GUID, "22018"},
        {"", SQL_GUID, "22018"},
        {"1-2", SQL_INTERVAL_YEAR_TO_MONTH, "14 mons 0 days +00:00:00"},
        {"-1-2", SQL_INTERVAL_YEAR_TO_MONTH, "-14 mons 0 days +00:00:00"},
        {"3 4:05:06.7", SQL_INTERVAL_DAY_TO_SECOND, "0 mons 3 days +04:05:06.7"},
        {"-3 4:05:06.7", SQL_INTERVAL_DAY_TO_SECOND, "0 mons -3 days -04:05:06.7"},
        {"5", SQL_INTERVAL_HOUR, "0 mons 0 days +05:00:00"},
        {"5", SQL_INTERVAL_DAY, "0 mons 5 days +00:00:00"},
        {"{INTERVAL '5' MONTH}", SQL_INTERVAL_MONTH, "5 mons 0 days +00:00:00"},
        {"1 day 02:00:00", SQL_INTERVAL_DAY, "22015"},
        {"14", SQL_INTERVAL_YEAR, "168 mons 0 days +00:00:00"},
        {"1-2", SQL_INTERVAL_YEAR, "22015"},
        {"1 year", SQL_INTERVAL_DAY, "22015"},
        {"x", SQL_INTERVAL_DAY, "22018"},
        {"", SQL_INTERVAL_SECOND, "22018"},
    };
    for (const text_row &r : rows) {
        std::string expect = r.expect[0] || !*r.text ? r.expect : std::string("\0\xff\x7f", 3);
        EXPECT_EQ(expect, send_text(r.text, r.sql_type)) << r.text;
    }
}

TEST(ConvertParam, Integers)
{
    EXPECT_EQ("-128", send_value<SQLSCHAR>(SQL_C_STINYINT, -128, SQL_SMALLINT));
    EXPECT_EQ("-128", send_value<SQLSCHAR>(SQL_C_TINYINT, -128, SQL_TINYINT));
    EXPECT_EQ("255", send_value<SQLCHAR>(SQL_C_UTINYINT, 255, SQL_TINYINT));
    EXPECT_EQ("-32768", send_value<SQLSMALLINT>(SQL_C_SSHORT, -32768, SQL_SMALLINT));
    EXPECT_EQ("-32768", send_value<SQLSMALLINT>(SQL_C_SHORT, -32768, SQL_INTEGER));
    EXPECT_EQ("65535", send_value<SQLUSMALLINT>(SQL_C_USHORT, 65535, SQL_INTEGER));
    EXPECT_EQ("22003", send_value<SQLUSMALLINT>(SQL_C_USHORT, 65535, SQL_SMALLINT));
    EXPECT_EQ("-2147483648", send_value<SQLINTEGER>(SQL_C_SLONG, INT32_MIN, SQL_INTEGER));
    EXPECT_EQ("2147483647", send_value<SQLINTEGER>(SQL_C_LONG, INT32_MAX, SQL_BIGINT));
    EXPECT_EQ("4294967295", send_value<SQLUINTEGER>(SQL_C_ULONG, UINT32_MAX, SQL_BIGINT));
    EXPECT_EQ("22003", send_value<SQLUINTEGER>(SQL_C_ULONG, UINT32_MAX, SQL_INTEGER));
    EXPECT_EQ("-9223372036854775808", send_value<SQLBIGINT>(SQL_C_SBIGINT, INT64_MIN, SQL_BIGINT));
    EXPECT_EQ("22003", send_value<SQLBIGINT>(SQL_C_SBIGINT, INT64_MIN, SQL_INTEGER));
    EXPECT_EQ("22003", send_value<SQLUBIGINT>(SQL_C_UBIGINT, UINT64_MAX, SQL_BIGINT));
    EXPECT_EQ("18446744073709551615",
              send_value<SQLUBIGINT>(SQL_C_UBIGINT, UINT64_MAX, SQL_NUMERIC));
    EXPECT_EQ("-7", send_value<SQLINTEGER>(SQL_C_SLONG, -7, SQL_NUMERIC));
    EXPECT_EQ("-7", send_value<SQLINTEGER>(SQL_C_SLONG, -7, SQL_DOUBLE));
    EXPECT_EQ("-7", send_value<SQLINTEGER>(SQL_C_SLONG, -7, SQL_REAL));
    EXPECT_EQ("-7", send_value<SQLINTEGER>(SQL_C_SLONG, -7, SQL_VARCHAR));
    EXPECT_EQ("1", send_value<SQLINTEGER>(SQL_C_SLONG, 1, SQL_BIT));
    EXPECT_EQ("22003", send_value<SQLINTEGER>(SQL_C_SLONG, 2, SQL_BIT));
    EXPECT_EQ("22003", send_value<SQLINTEGER>(SQL_C_SLONG, -1, SQL_BIT));
    EXPECT_EQ("07006", send_value<SQLINTEGER>(SQL_C_SLONG, 1, SQL_TYPE_DATE));
    EXPECT_EQ("07006", send_value<SQLINTEGER>(SQL_C_SLONG, 1, SQL_GUID));
    EXPECT_EQ("07006", send_value<SQLINTEGER>(SQL_C_SLONG, 1, SQL_VARBINARY));
    EXPECT_EQ("07006", send_value<SQLINTEGER>(SQL_C_SLONG, 1, 4711));
    EXPECT_EQ("07006", send_value<SQLINTEGER>(4711, 1, SQL_INTEGER));
    EXPECT_EQ("HY090", send(SQL_C_SLONG, nullptr, 4, SQL_INTEGER));
    EXPECT_EQ("0 mons 7 days +00:00:00", send_value<SQLINTEGER>(SQL_C_SLONG, 7, SQL_INTERVAL_DAY));
    EXPECT_EQ("-84 mons 0 days +00:00:00",
              send_value<SQLINTEGER>(SQL_C_SLONG, -7, SQL_INTERVAL_YEAR));
    EXPECT_EQ("07006", send_value<SQLINTEGER>(SQL_C_SLONG, 7, SQL_INTERVAL_DAY_TO_HOUR));
    binding narrow;
    narrow.column_size = 2;
    EXPECT_EQ("99", send_value<SQLINTEGER>(SQL_C_SLONG, 99, SQL_CHAR, narrow));
    EXPECT_EQ("22001", send_value<SQLINTEGER>(SQL_C_SLONG, 100, SQL_CHAR, narrow));
    EXPECT_EQ("100", send_value<SQLINTEGER>(SQL_C_SLONG, 100, SQL_LONGVARCHAR, narrow));
}

TEST(ConvertParam, Bits)
{
    EXPECT_EQ("1", send_value<SQLCHAR>(SQL_C_BIT, 1, SQL_BIT));
    EXPECT_EQ("0", send_value<SQLCHAR>(SQL_C_BIT, 0, SQL_BIT));
    EXPECT_EQ("1", send_value<SQLCHAR>(SQL_C_BIT, 255, SQL_BIT));
    EXPECT_EQ("1", send_value<SQLCHAR>(SQL_C_BIT, 1, SQL_INTEGER));
    EXPECT_EQ("1", send_value<SQLCHAR>(SQL_C_BIT, 1, SQL_VARCHAR));
    EXPECT_EQ("1", send_value<SQLCHAR>(SQL_C_BIT, 1, SQL_DOUBLE));
    EXPECT_EQ("07006", send_value<SQLCHAR>(SQL_C_BIT, 1, SQL_TYPE_TIME));
}

TEST(ConvertParam, Floats)
{
    static const struct {
        double value;
        const char *expect;
    } rows[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e15, "1000000000000000"},
        {1e16, "10000000000000000"},
        {123456789012345680.0, "1.2345678901234568e17"},
        {1e17, "1e17"},
        {1e22, "1e22"},
        {1.5e-5, "0.000015"},
        {1.5e-6, "1.5e-6"},
        {DBL_MAX, "1.7976931348623157e308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {4.9406564584124654e-324, "4.94065645841247e-324"},
        {NAN, "NaN"},
        {INFINITY, "Infinity"},
        {-INFINITY, "-Infinity"},
        {100.0, "100"},
        {1234567.875, "1234567.875"},
    };
    for (const auto &r : rows) {
        std::string t = send_value<SQLDOUBLE>(SQL_C_DOUBLE, r.value, SQL_DOUBLE);
        EXPECT_EQ(r.expect, t);
        if (std::isfinite(r.value)) {
            EXPECT_EQ(r.value, strtod(t.c_str(), nullptr));
        }
        EXPECT_EQ(r.expect, send_value<SQLDOUBLE>(SQL_C_DOUBLE, r.value, SQL_VARCHAR));
        EXPECT_EQ(r.expect, send_value<SQLDOUBLE>(SQL_C_DOUBLE, r.value, SQL_NUMERIC));
    }
    EXPECT_EQ("0.1", send_value<SQLREAL>(SQL_C_FLOAT, 0.1f, SQL_REAL));
    EXPECT_EQ("0.1", send_value<SQLREAL>(SQL_C_FLOAT, 0.1f, SQL_DOUBLE));
    EXPECT_EQ("16777216", send_value<SQLREAL>(SQL_C_FLOAT, 16777216.0f, SQL_REAL));
    EXPECT_EQ("3.4028235e38", send_value<SQLREAL>(SQL_C_FLOAT, FLT_MAX, SQL_REAL));
    EXPECT_EQ("22003", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 1e39, SQL_REAL));
    EXPECT_EQ("1.5", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 1.5, SQL_REAL));
    EXPECT_EQ("NaN", send_value<SQLDOUBLE>(SQL_C_DOUBLE, NAN, SQL_REAL));
    EXPECT_EQ("1", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 1.9, SQL_INTEGER));
    EXPECT_EQ("-1", send_value<SQLDOUBLE>(SQL_C_DOUBLE, -1.9, SQL_INTEGER));
    EXPECT_EQ("22003", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 2147483648.0, SQL_INTEGER));
    EXPECT_EQ("22003", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 9223372036854775808.0, SQL_BIGINT));
    EXPECT_EQ("-9223372036854775808",
              send_value<SQLDOUBLE>(SQL_C_DOUBLE, -9223372036854775808.0, SQL_BIGINT));
    EXPECT_EQ("22003", send_value<SQLDOUBLE>(SQL_C_DOUBLE, NAN, SQL_INTEGER));
    EXPECT_EQ("22003", send_value<SQLDOUBLE>(SQL_C_DOUBLE, INFINITY, SQL_BIGINT));
    EXPECT_EQ("1", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 1.0, SQL_BIT));
    EXPECT_EQ("22001", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 0.5, SQL_BIT));
    EXPECT_EQ("22003", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 2.0, SQL_BIT));
    EXPECT_EQ("07006", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 2.0, SQL_INTERVAL_DAY));
}

TEST(ConvertParam, FloatsInALocaleWithAComma)
{
    std::string before = setlocale(LC_NUMERIC, nullptr);
    bool found = false;
    for (const char *name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "nl_NL.utf8"})
        found = found || setlocale(LC_NUMERIC, name);
    EXPECT_EQ("1.5", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 1.5, SQL_DOUBLE));
    EXPECT_EQ("1.25e300", send_value<SQLDOUBLE>(SQL_C_DOUBLE, 1.25e300, SQL_DOUBLE));
    setlocale(LC_NUMERIC, before.c_str());
    if (!found)
        GTEST_SKIP() << "no such locale installed";
}

SQL_NUMERIC_STRUCT numeric(unsigned long long v, int scale, bool positive = true)
{
    SQL_NUMERIC_STRUCT n = {};
    n.precision = 38;
    n.scale = (SQLSCHAR)scale;
    n.sign = positive;
    memcpy(n.val, &v, sizeof v);
    return n;
}

TEST(ConvertParam, Numerics)
{
    EXPECT_EQ("123456", send_value(SQL_C_NUMERIC, numeric(123456, 0), SQL_NUMERIC));
    EXPECT_EQ("1234.56", send_value(SQL_C_NUMERIC, numeric(123456, 2), SQL_NUMERIC));
    EXPECT_EQ("-1234.56", send_value(SQL_C_NUMERIC, numeric(123456, 2, false), SQL_DECIMAL));
    EXPECT_EQ("12345600", send_value(SQL_C_NUMERIC, numeric(123456, -2), SQL_NUMERIC));
    EXPECT_EQ("0.05", send_value(SQL_C_NUMERIC, numeric(5, 2), SQL_NUMERIC));
    EXPECT_EQ("1.50", send_value(SQL_C_NUMERIC, numeric(150, 2), SQL_VARCHAR));
    EXPECT_EQ("0.00", send_value(SQL_C_NUMERIC, numeric(0, 2, false), SQL_NUMERIC));
    EXPECT_EQ("0", send_value(SQL_C_NUMERIC, numeric(0, 0, false), SQL_NUMERIC));
    EXPECT_EQ("1", send_value(SQL_C_NUMERIC, numeric(150, 2), SQL_INTEGER));
    EXPECT_EQ("22003", send_value(SQL_C_NUMERIC, numeric(1, -10), SQL_INTEGER));
    EXPECT_EQ("1.50", send_value(SQL_C_NUMERIC, numeric(150, 2), SQL_DOUBLE));
    EXPECT_EQ("22001", send_value(SQL_C_NUMERIC, numeric(150, 2), SQL_BIT));
    EXPECT_EQ("0 mons 1 days +00:00:00",
              send_value(SQL_C_NUMERIC, numeric(150, 2), SQL_INTERVAL_DAY));
    SQL_NUMERIC_STRUCT max = numeric(0, 0);
    memset(max.val, 0xff, sizeof max.val);
    EXPECT_EQ("340282366920938463463374607431768211455",
              send_value(SQL_C_NUMERIC, max, SQL_NUMERIC));
    max.scale = 127;
    EXPECT_EQ(129u, send_value(SQL_C_NUMERIC, max, SQL_NUMERIC).size());
    max.scale = -128;
    max.sign = 0;
    EXPECT_EQ(1u + 39 + 128, send_value(SQL_C_NUMERIC, max, SQL_NUMERIC).size());
    EXPECT_EQ("22003", send_value(SQL_C_NUMERIC, max, SQL_REAL));
}

TEST(ConvertParam, DateStructs)
{
    EXPECT_EQ("2024-02-29", send_value(SQL_C_TYPE_DATE, SQL_DATE_STRUCT{2024, 2, 29}, SQL_DATE));
    EXPECT_EQ("2024-02-29", send_value(SQL_C_DATE, SQL_DATE_STRUCT{2024, 2, 29}, SQL_TYPE_DATE));
    EXPECT_EQ("0044-03-15 BC",
              send_value(SQL_C_TYPE_DATE, SQL_DATE_STRUCT{-44, 3, 15}, SQL_TYPE_DATE));
    EXPECT_EQ("12345-03-15",
              send_value(SQL_C_TYPE_DATE, SQL_DATE_STRUCT{12345, 3, 15}, SQL_TYPE_DATE));
    EXPECT_EQ("2024-02-29 00:00:00",
              send_value(SQL_C_TYPE_DATE, SQL_DATE_STRUCT{2024, 2, 29}, SQL_TYPE_TIMESTAMP));
    EXPECT_EQ("2024-02-29", send_value(SQL_C_TYPE_DATE, SQL_DATE_STRUCT{2024, 2, 29}, SQL_VARCHAR));
    for (SQL_DATE_STRUCT bad : {SQL_DATE_STRUCT{2023, 2, 29}, SQL_DATE_STRUCT{0, 1, 1},
                                SQL_DATE_STRUCT{2024, 0, 1}, SQL_DATE_STRUCT{2024, 13, 1},
                                SQL_DATE_STRUCT{2024, 1, 0}, SQL_DATE_STRUCT{2024, 4, 31}}) {
        EXPECT_EQ("22007", send_value(SQL_C_TYPE_DATE, bad, SQL_TYPE_DATE));
        EXPECT_EQ("22007", send_value(SQL_C_TYPE_DATE, bad, SQL_TYPE_TIMESTAMP));
        EXPECT_EQ("22008", send_value(SQL_C_TYPE_DATE, bad, SQL_WVARCHAR));
    }
    SQL_DATE_STRUCT good = {2024, 2, 29};
    EXPECT_EQ("07006", send_value(SQL_C_TYPE_DATE, good, SQL_TYPE_TIME));
    EXPECT_EQ("07006", send_value(SQL_C_TYPE_DATE, good, SQL_INTEGER));
    EXPECT_EQ("07006", send_value(SQL_C_TYPE_DATE, good, SQL_BINARY));
    binding nine;
    nine.column_size = 9;
    EXPECT_EQ("22001", send_value(SQL_C_TYPE_DATE, good, SQL_VARCHAR, nine));
}

TEST(ConvertParam, TimeStructs)
{
    SQL_TIME_STRUCT good = {23, 59, 58};
    EXPECT_EQ("23:59:58", send_value(SQL_C_TYPE_TIME, good, SQL_TYPE_TIME));
    EXPECT_EQ("23:59:58", send_value(SQL_C_TIME, good, SQL_TIME));
    EXPECT_EQ("23:59:58", send_value(SQL_C_TYPE_TIME, good, SQL_CHAR));
    EXPECT_EQ("07006", send_value(SQL_C_TYPE_TIME, good, SQL_TYPE_DATE));
    EXPECT_EQ("22007", send_value(SQL_C_TYPE_TIME, SQL_TIME_STRUCT{24, 0, 0}, SQL_TYPE_TIME));
    EXPECT_EQ("22007", send_value(SQL_C_TYPE_TIME, SQL_TIME_STRUCT{1, 60, 0}, SQL_TYPE_TIMESTAMP));
    EXPECT_EQ("22008", send_value(SQL_C_TYPE_TIME, SQL_TIME_STRUCT{1, 0, 61}, SQL_VARCHAR));
}

TEST(ConvertParam, TimestampStructs)
{
    SQL_TIMESTAMP_STRUCT t = {2024, 2, 29, 10, 11, 12, 500000000};
    EXPECT_EQ("2024-02-29 10:11:12.5", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIMESTAMP));
    EXPECT_EQ("2024-02-29 10:11:12.5", send_value(SQL_C_TIMESTAMP, t, SQL_TIMESTAMP));
    EXPECT_EQ("2024-02-29 10:11:12.5", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_VARCHAR));
    EXPECT_EQ("22008", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_DATE));
    EXPECT_EQ("22008", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIME));
    binding b;
    b.digits = 1;
    EXPECT_EQ("10:11:12.5", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIME, b));
    EXPECT_EQ("2024-02-29 10:11:12.5", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIMESTAMP, b));
    t.fraction = 510000000;
    EXPECT_EQ("22008", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIMESTAMP, b));
    b.column_size = 20;
    EXPECT_EQ("22001", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_VARCHAR, b));
    t.fraction = 1;
    EXPECT_EQ("2024-02-29 10:11:12.000000001",
              send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIMESTAMP));
    t.fraction = 0;
    EXPECT_EQ("10:11:12", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIME));
    EXPECT_EQ("22008", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_DATE));
    t.hour = t.minute = t.second = 0;
    EXPECT_EQ("2024-02-29", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_DATE));
    t.fraction = 1000000000;
    EXPECT_EQ("22007", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIMESTAMP));
    EXPECT_EQ("22008", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_VARCHAR));
    t.fraction = 0;
    t.year = -44;
    t.day = 15;
    EXPECT_EQ("0044-02-15 00:00:00 BC", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIMESTAMP));
    t.month = 13;
    EXPECT_EQ("22007", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIMESTAMP));
    EXPECT_EQ("00:00:00", send_value(SQL_C_TYPE_TIMESTAMP, t, SQL_TYPE_TIME));
}

SQL_INTERVAL_STRUCT interval(SQLINTERVAL type, bool negative, SQLUINTEGER a, SQLUINTEGER b = 0,
                             SQLUINTEGER c = 0, SQLUINTEGER d = 0, SQLUINTEGER f = 0)
{
    SQL_INTERVAL_STRUCT i = {};
    i.interval_type = type;
    i.interval_sign = negative ? SQL_TRUE : SQL_FALSE;
    if (type == SQL_IS_YEAR || type == SQL_IS_MONTH || type == SQL_IS_YEAR_TO_MONTH) {
        i.intval.year_month.year = a;
        i.intval.year_month.month = b;
    } else {
        i.intval.day_second.day = a;
        i.intval.day_second.hour = b;
        i.intval.day_second.minute = c;
        i.intval.day_second.second = d;
        i.intval.day_second.fraction = f;
    }
    return i;
}

TEST(ConvertParam, Intervals)
{
    auto ym = interval(SQL_IS_YEAR_TO_MONTH, false, 1, 2);
    EXPECT_EQ("14 mons 0 days +00:00:00",
              send_value(SQL_C_INTERVAL_YEAR_TO_MONTH, ym, SQL_INTERVAL_YEAR_TO_MONTH));
    EXPECT_EQ("14 mons 0 days +00:00:00",
              send_value(SQL_C_INTERVAL_YEAR_TO_MONTH, ym, SQL_INTERVAL_MONTH));
    EXPECT_EQ("22015", send_value(SQL_C_INTERVAL_YEAR_TO_MONTH, ym, SQL_INTERVAL_YEAR));
    EXPECT_EQ("07006", send_value(SQL_C_INTERVAL_YEAR_TO_MONTH, ym, SQL_INTERVAL_DAY));
    EXPECT_EQ("1-2", send_value(SQL_C_INTERVAL_YEAR_TO_MONTH, ym, SQL_VARCHAR));
    EXPECT_EQ("07006", send_value(SQL_C_INTERVAL_YEAR_TO_MONTH, ym, SQL_INTEGER));
    ym.interval_sign = SQL_TRUE;
    EXPECT_EQ("-1-2", send_value(SQL_C_INTERVAL_YEAR_TO_MONTH, ym, SQL_VARCHAR));
    ym.intval.year_month.month = 12;
    EXPECT_EQ("22015", send_value(SQL_C_INTERVAL_YEAR_TO_MONTH, ym, SQL_VARCHAR));

    auto ds = interval(SQL_IS_DAY_TO_SECOND, true, 3, 4, 5, 6, 700000);
    EXPECT_EQ("0 mons -3 days -04:05:06.7",
              send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_INTERVAL_DAY_TO_SECOND));
    EXPECT_EQ("-3 04:05:06.7", send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_CHAR));
    EXPECT_EQ("22015", send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_INTERVAL_DAY_TO_MINUTE));
    EXPECT_EQ("0 mons -3 days -04:05:06.7",
              send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_INTERVAL_SECOND));
    EXPECT_EQ("07006", send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_INTERVAL_YEAR));
    binding nano;
    nano.precision = 9;
    EXPECT_EQ("0 mons -3 days -04:05:06.0007",
              send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_INTERVAL_DAY_TO_SECOND, nano));
    nano.precision = 3;
    EXPECT_EQ("22015",
              send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_INTERVAL_DAY_TO_SECOND, nano));
    binding narrow;
    narrow.column_size = 5;
    EXPECT_EQ("22001", send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_VARCHAR, narrow));
    ds.intval.day_second.hour = 24;
    EXPECT_EQ("22015", send_value(SQL_C_INTERVAL_DAY_TO_SECOND, ds, SQL_VARCHAR));

    auto hour = interval(SQL_IS_HOUR, true, 0, 100);
    EXPECT_EQ("0 mons 0 days -100:00:00", send_value(SQL_C_INTERVAL_HOUR, hour, SQL_INTERVAL_HOUR));
    EXPECT_EQ("22015", send_value(SQL_C_INTERVAL_HOUR, hour, SQL_INTERVAL_DAY));
    EXPECT_EQ("-100", send_value(SQL_C_INTERVAL_HOUR, hour, SQL_INTEGER));
    EXPECT_EQ("-100", send_value(SQL_C_INTERVAL_HOUR, hour, SQL_NUMERIC));
    EXPECT_EQ("-100", send_value(SQL_C_INTERVAL_HOUR, hour, SQL_CHAR));
    EXPECT_EQ("07006", send_value(SQL_C_INTERVAL_HOUR, hour, SQL_DOUBLE));
    EXPECT_EQ("07006", send_value(SQL_C_INTERVAL_HOUR, hour, SQL_BIT));
    hour.intval.day_second.hour = 300;
    EXPECT_EQ("22003", send_value(SQL_C_INTERVAL_HOUR, hour, SQL_TINYINT));

    struct {
        SQLSMALLINT ctype;
        SQLINTERVAL is;
        const char *literal;
    } literals[] = {
        {SQL_C_INTERVAL_YEAR, SQL_IS_YEAR, "11"},
        {SQL_C_INTERVAL_MONTH, SQL_IS_MONTH, "10"},
        {SQL_C_INTERVAL_DAY, SQL_IS_DAY, "11"},
        {SQL_C_INTERVAL_HOUR, SQL_IS_HOUR, "10"},
        {SQL_C_INTERVAL_MINUTE, SQL_IS_MINUTE, "9"},
        {SQL_C_INTERVAL_SECOND, SQL_IS_SECOND, "8.000007"},
        {SQL_C_INTERVAL_DAY_TO_HOUR, SQL_IS_DAY_TO_HOUR, "11 10"},
        {SQL_C_INTERVAL_DAY_TO_MINUTE, SQL_IS_DAY_TO_MINUTE, "11 10:09"},
        {SQL_C_INTERVAL_DAY_TO_SECOND, SQL_IS_DAY_TO_SECOND, "11 10:09:08.000007"},
        {SQL_C_INTERVAL_HOUR_TO_MINUTE, SQL_IS_HOUR_TO_MINUTE, "10:09"},
        {SQL_C_INTERVAL_HOUR_TO_SECOND, SQL_IS_HOUR_TO_SECOND, "10:09:08.000007"},
        {SQL_C_INTERVAL_MINUTE_TO_SECOND, SQL_IS_MINUTE_TO_SECOND, "9:08.000007"},
    };
    for (const auto &l : literals) {
        auto i = interval(l.is, false, 11, 10, 9, 8, 7);
        EXPECT_EQ(l.literal, send_value(l.ctype, i, SQL_VARCHAR));
        /* the literal means the same as the struct */
        EXPECT_EQ(send_value(l.ctype, i, l.ctype), send_text(l.literal, l.ctype)) << l.literal;
    }
}

TEST(ConvertParam, Guids)
{
    SQLGUID g = {0xa0eebc99, 0x9c0b, 0x4ef8, {0xbb, 0x6d, 0x6b, 0xb9, 0xbd, 0x38, 0x0a, 0x11}};
    const char *text = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    EXPECT_EQ(text, send_value(SQL_C_GUID, g, SQL_GUID));
    EXPECT_EQ(text, send_value(SQL_C_GUID, g, SQL_CHAR));
    EXPECT_EQ("07006", send_value(SQL_C_GUID, g, SQL_INTEGER));
    binding narrow;
    narrow.column_size = 35;
    EXPECT_EQ("22001", send_value(SQL_C_GUID, g, SQL_CHAR, narrow));
    EXPECT_EQ(text, send_value(SQL_C_GUID, g, SQL_GUID, narrow));
}

TEST(ConvertParam, Binary)
{
    const char bytes[] = "\x00\x01\xff";
    for (SQLSMALLINT type : {SQL_BINARY, SQL_VARBINARY, SQL_LONGVARBINARY})
        EXPECT_EQ(std::string(bytes, 3), send(SQL_C_BINARY, bytes, 3, type));
    SQLINTEGER i = -7;
    EXPECT_EQ("-7", send(SQL_C_BINARY, &i, sizeof i, SQL_INTEGER));
    EXPECT_EQ("22003", send(SQL_C_BINARY, &i, sizeof i, SQL_BIGINT));
    EXPECT_EQ("22003", send(SQL_C_BINARY, &i, 3, SQL_INTEGER));
    double d = 1.5;
    EXPECT_EQ("1.5", send(SQL_C_BINARY, &d, sizeof d, SQL_DOUBLE));
    SQL_DATE_STRUCT date = {2024, 2, 29};
    EXPECT_EQ("2024-02-29", send(SQL_C_BINARY, &date, sizeof date, SQL_TYPE_DATE));
    SQL_NUMERIC_STRUCT n = numeric(125, 2);
    EXPECT_EQ("1.25", send(SQL_C_BINARY, &n, sizeof n, SQL_NUMERIC));
    EXPECT_EQ("22003", send(SQL_C_BINARY, "", 0, SQL_TYPE_TIMESTAMP));
}

TEST(ConvertParam, WireHints)
{
    static const struct {
        SQLSMALLINT sql_type;
        bool binary;
        uint32_t oid;
    } rows[] = {
        {SQL_BIT, false, 16},
        {SQL_TINYINT, false, 21},
        {SQL_SMALLINT, false, 21},
        {SQL_INTEGER, false, 23},
        {SQL_BIGINT, false, 20},
        {SQL_REAL, false, 700},
        {SQL_FLOAT, false, 701},
        {SQL_DOUBLE, false, 701},
        {SQL_NUMERIC, false, 1700},
        {SQL_DECIMAL, false, 1700},
        {SQL_TYPE_DATE, false, 1082},
        {SQL_DATE, false, 1082},
        {SQL_TYPE_TIME, false, 1083},
        {SQL_TYPE_TIMESTAMP, false, 1114},
        {SQL_TIMESTAMP, false, 1114},
        {SQL_GUID, false, 2950},
        {SQL_BINARY, true, 17},
        {SQL_VARBINARY, true, 17},
        {SQL_LONGVARBINARY, true, 17},
        {SQL_CHAR, false, 0},
        {SQL_WLONGVARCHAR, false, 0},
        {SQL_INTERVAL_DAY, false, 1186},
        {4711, false, 0},
    };
    for (const auto &r : rows) {
        conv_wire w = conv_param_wire(r.sql_type, SQL_C_CHAR, WIRE_PG_TEXT);
        EXPECT_EQ(r.binary, w.binary) << r.sql_type;
        EXPECT_EQ(r.oid, w.type_id) << r.sql_type;
    }
}

TEST(ConvertParam, EmptyValueIsNotNull)
{
    struct buf b;
    buf_init(&b);
    conv_source s = {};
    s.ctype = SQL_C_CHAR;
    s.sql_type = SQL_VARCHAR;
    s.data = "";
    EXPECT_EQ(CONV_OK, conv_param(&s, &b));
    EXPECT_NE(nullptr, b.p);
    EXPECT_EQ(0u, b.n);
    buf_fini(&b);
}

/* Every double survives the way out and in again. */
TEST(ConvertParam, DoublesRoundTrip)
{
    uint64_t bits = 88172645463325252ull;
    nat_type type = {};
    type.kind = NAT_FLOAT8;
    conv_fn *fn = conv_pick(&type, SQL_C_DOUBLE);
    conv_fn *single = conv_pick(&type, SQL_C_FLOAT);
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double d, back = 0;
        float f, fback = 0;
        memcpy(&d, &bits, sizeof d);
        memcpy(&f, &bits, sizeof f);
        conv_target t = {};
        if (std::isfinite(d)) {
            std::string text = send_value(SQL_C_DOUBLE, d, SQL_DOUBLE);
            t.ctype = SQL_C_DOUBLE;
            t.buf = &back;
            ASSERT_EQ(CONV_OK, fn(&type, nat_cell{text.data(), text.size()}, &t)) << text;
            ASSERT_EQ(d, back) << text;
        }
        if (std::isfinite(f)) {
            std::string text = send_value(SQL_C_FLOAT, f, SQL_REAL);
            t.ctype = SQL_C_FLOAT;
            t.buf = &fback;
            ASSERT_EQ(CONV_OK, single(&type, nat_cell{text.data(), text.size()}, &t)) << text;
            ASSERT_EQ(f, fback) << text;
        }
    }
}

} // namespace
