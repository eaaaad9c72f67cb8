/* SQL to C, fixed-size targets: rows of (column kind, server text, C type, what is delivered). */
#include <gtest/gtest.h>

#include <cfenv>
#include <cstring>
#include <ctime>
#include <string>

extern "C" {
#include "convert/convert.h"
}

namespace
{

struct row {
    nat_kind kind;
    const char *wire;
    SQLSMALLINT ctype;
    const char *expect; /* value, "01S07 value" or an SQLSTATE */
};

union slot {
    unsigned char bytes[64];
    SQLSCHAR i1;
    SQLCHAR u1;
    SQLSMALLINT i2;
    SQLUSMALLINT u2;
    SQLINTEGER i4;
    SQLUINTEGER u4;
    SQLBIGINT i8;
    SQLUBIGINT u8;
    SQLREAL f4;
    SQLDOUBLE f8;
    SQL_NUMERIC_STRUCT numeric;
    SQL_DATE_STRUCT date;
    SQL_TIME_STRUCT time;
    SQL_TIMESTAMP_STRUCT timestamp;
    SQLGUID guid;
    SQL_INTERVAL_STRUCT interval;
};

std::string fmt(const char *format, ...)
{
    char text[200];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return text;
}

std::string show_numeric(const SQL_NUMERIC_STRUCT &n)
{
    unsigned __int128 v = 0;
    std::string digits;
    for (int i = 15; i >= 0; i--)
        v = v << 8 | n.val[i];
    do {
        digits.insert(digits.begin(), (char)('0' + (int)(v % 10)));
        v /= 10;
    } while (v > 0);
    return fmt("%s%s/%d", n.sign ? "" : "-", digits.c_str(), n.scale);
}

std::string show_interval(const SQL_INTERVAL_STRUCT &i)
{
    std::string sign = i.interval_sign ? "-" : "";
    if (i.interval_type == SQL_IS_YEAR || i.interval_type == SQL_IS_MONTH ||
        i.interval_type == SQL_IS_YEAR_TO_MONTH)
        return sign + fmt("%uy%um", i.intval.year_month.year, i.intval.year_month.month);
    const SQL_DAY_SECOND_STRUCT &d = i.intval.day_second;
    return sign + fmt("%ud%02u:%02u:%02u.%u", d.day, d.hour, d.minute, d.second, d.fraction);
}

std::string show(SQLSMALLINT ctype, const slot &s)
{
    switch (ctype) {
    case SQL_C_TINYINT:
    case SQL_C_STINYINT:
        return fmt("%d", s.i1);
    case SQL_C_UTINYINT:
    case SQL_C_BIT:
        return fmt("%u", s.u1);
    case SQL_C_SHORT:
    case SQL_C_SSHORT:
        return fmt("%d", s.i2);
    case SQL_C_USHORT:
        return fmt("%u", s.u2);
    case SQL_C_LONG:
    case SQL_C_SLONG:
        return fmt("%d", s.i4);
    case SQL_C_ULONG:
        return fmt("%u", s.u4);
    case SQL_C_SBIGINT:
        return fmt("%lld", (long long)s.i8);
    case SQL_C_UBIGINT:
        return fmt("%llu", (unsigned long long)s.u8);
    case SQL_C_FLOAT:
        return fmt("%.9g", (double)s.f4);
    case SQL_C_DOUBLE:
        return fmt("%.17g", s.f8);
    case SQL_C_NUMERIC:
        return show_numeric(s.numeric);
    case SQL_C_DATE:
    case SQL_C_TYPE_DATE:
        return fmt("%d-%d-%d", s.date.year, s.date.month, s.date.day);
    case SQL_C_TIME:
    case SQL_C_TYPE_TIME:
        return fmt("%d:%d:%d", s.time.hour, s.time.minute, s.time.second);
    case SQL_C_TIMESTAMP:
    case SQL_C_TYPE_TIMESTAMP:
        return fmt("%d-%d-%d %d:%d:%d.%u", s.timestamp.year, s.timestamp.month, s.timestamp.day,
                   s.timestamp.hour, s.timestamp.minute, s.timestamp.second, s.timestamp.fraction);
    case SQL_C_GUID:
        return fmt("%08x %04x %04x %02x%02x..%02x", (unsigned)s.guid.Data1, s.guid.Data2,
                   s.guid.Data3, s.guid.Data4[0], s.guid.Data4[1], s.guid.Data4[7]);
    default:
        return show_interval(s.interval);
    }
}

nat_type type_of(nat_kind kind, bool is_unsigned = false)
{
    nat_type t = {};
    t.kind = kind;
    t.is_unsigned = is_unsigned;
    t.length = -1;
    return t;
}

struct settings {
    int precision = 0, scale = 0, leading = 0;
    bool is_unsigned = false;
    nat_wire wire = WIRE_PG_TEXT;
};

std::string convert(nat_kind kind, const std::string &wire, SQLSMALLINT ctype,
                    settings with = settings())
{
    nat_type type = type_of(kind, with.is_unsigned);
    type.wire = with.wire;
    conv_fn *fn = conv_pick(&type, ctype);
    if (fn == nullptr)
        return "07006";

    slot s;
    memset(&s, 0xEE, sizeof s);
    SQLLEN octets = -99, indicator = -99;
    conv_target t = {};
    t.ctype = ctype;
    t.buf = &s;
    t.octets = &octets;
    t.indicator = &indicator;
    t.precision = (SQLSMALLINT)with.precision;
    t.scale = (SQLSMALLINT)with.scale;
    t.leading = with.leading;
    conv_result r = fn(&type, nat_cell{wire.data(), wire.size()}, &t);
    SQLLEN size = conv_ctype_size(ctype);
    EXPECT_GT(size, 0);
    for (size_t i = (size_t)size; i < sizeof s.bytes; i++)
        EXPECT_EQ(0xEE, s.bytes[i]) << "byte " << i << " behind the value is written";
    if (r >= CONV_ERROR) {
        EXPECT_EQ(-99, octets) << "length set on an error";
        return conv_sqlstate(r);
    }
    EXPECT_EQ(size, octets);
    EXPECT_EQ(0, indicator);
    std::string state = conv_sqlstate(r);
    return (state.empty() ? "" : state + " ") + show(ctype, s);
}

template <size_t N> void check(const row (&rows)[N], settings with = settings())
{
    for (const row &r : rows)
        EXPECT_EQ(r.expect, convert(r.kind, r.wire, r.ctype, with))
            << "kind " << r.kind << " '" << r.wire << "' to " << r.ctype;
}

TEST(ConvertFixed, IntegerBounds)
{
    static const row rows[] = {
        {NAT_INT8, "127", SQL_C_STINYINT, "127"},
        {NAT_INT8, "128", SQL_C_STINYINT, "22003"},
        {NAT_INT8, "-128", SQL_C_STINYINT, "-128"},
        {NAT_INT8, "-129", SQL_C_STINYINT, "22003"},
        {NAT_INT8, "127", SQL_C_TINYINT, "127"},
        {NAT_INT8, "-128", SQL_C_TINYINT, "-128"},
        {NAT_INT8, "128", SQL_C_TINYINT, "22003"},
        {NAT_INT8, "0", SQL_C_UTINYINT, "0"},
        {NAT_INT8, "255", SQL_C_UTINYINT, "255"},
        {NAT_INT8, "256", SQL_C_UTINYINT, "22003"},
        {NAT_INT8, "-1", SQL_C_UTINYINT, "22003"},
        {NAT_INT8, "32767", SQL_C_SSHORT, "32767"},
        {NAT_INT8, "32768", SQL_C_SSHORT, "22003"},
        {NAT_INT8, "-32768", SQL_C_SSHORT, "-32768"},
        {NAT_INT8, "-32769", SQL_C_SSHORT, "22003"},
        {NAT_INT8, "32767", SQL_C_SHORT, "32767"},
        {NAT_INT8, "-32769", SQL_C_SHORT, "22003"},
        {NAT_INT8, "65535", SQL_C_USHORT, "65535"},
        {NAT_INT8, "65536", SQL_C_USHORT, "22003"},
        {NAT_INT8, "-1", SQL_C_USHORT, "22003"},
        {NAT_INT4, "2147483647", SQL_C_SLONG, "2147483647"},
        {NAT_INT8, "2147483648", SQL_C_SLONG, "22003"},
        {NAT_INT4, "-2147483648", SQL_C_SLONG, "-2147483648"},
        {NAT_INT8, "-2147483649", SQL_C_SLONG, "22003"},
        {NAT_INT4, "-2147483648", SQL_C_LONG, "-2147483648"},
        {NAT_INT8, "4294967295", SQL_C_ULONG, "4294967295"},
        {NAT_INT8, "4294967296", SQL_C_ULONG, "22003"},
        {NAT_INT8, "-1", SQL_C_ULONG, "22003"},
        {NAT_INT8, "9223372036854775807", SQL_C_SBIGINT, "9223372036854775807"},
        {NAT_INT8, "-9223372036854775808", SQL_C_SBIGINT, "-9223372036854775808"},
        {NAT_NUMERIC, "9223372036854775808", SQL_C_SBIGINT, "22003"},
        {NAT_NUMERIC, "-9223372036854775809", SQL_C_SBIGINT, "22003"},
        {NAT_NUMERIC, "18446744073709551615", SQL_C_UBIGINT, "18446744073709551615"},
        {NAT_NUMERIC, "18446744073709551616", SQL_C_UBIGINT, "22003"},
        {NAT_INT8, "-1", SQL_C_UBIGINT, "22003"},
        {NAT_INT8, "0", SQL_C_UBIGINT, "0"},
        {NAT_INT8, "-0", SQL_C_UBIGINT, "0"},
        {NAT_INT2, "-32768", SQL_C_DOUBLE, "-32768"},
        {NAT_INT8, "9007199254740993", SQL_C_DOUBLE, "9007199254740992"},
        {NAT_INT8, "-9223372036854775808", SQL_C_DOUBLE, "-9.2233720368547758e+18"},
        {NAT_INT4, "16777217", SQL_C_FLOAT, "16777216"},
        {NAT_INT1, "-5", SQL_C_STINYINT, "-5"},
        {NAT_INT4, "x", SQL_C_SLONG, "22018"},
        {NAT_INT4, "", SQL_C_SLONG, "22018"},
        {NAT_INT4, "-", SQL_C_SLONG, "22018"},
        {NAT_INT4, "1", SQL_C_TYPE_DATE, "07006"},
        {NAT_INT4, "1", SQL_C_TYPE_TIME, "07006"},
        {NAT_INT4, "1", SQL_C_TYPE_TIMESTAMP, "07006"},
        {NAT_INT4, "1", SQL_C_GUID, "07006"},
        {NAT_INT4, "1", 4711, "07006"},
        {NAT_INT4, "1", SQL_C_DEFAULT, "07006"},
        {NAT_INT4, "0", SQL_C_BIT, "0"},
        {NAT_INT4, "1", SQL_C_BIT, "1"},
        {NAT_INT4, "2", SQL_C_BIT, "22003"},
        {NAT_INT4, "-1", SQL_C_BIT, "22003"},
        {NAT_INT8, "9223372036854775807", SQL_C_BIT, "22003"},
    };
    check(rows);
}

// Programs in Lisp or Pascal have these as exceptions, which leave the driver in the middle.
TEST(ConvertFixed, NoFloatingPointExceptions)
{
    const settings plain;
    for (nat_kind kind : {NAT_FLOAT8, NAT_NUMERIC}) {
        for (const char *wire : {"1.5e300", "-1.5e300", "12345678901234567890.0123456789", "1e-300"}) {
            for (SQLSMALLINT ctype : {SQL_C_DOUBLE, SQL_C_SLONG, SQL_C_UBIGINT, SQL_C_BIT}) {
                std::feclearexcept(FE_ALL_EXCEPT);
                convert(kind, wire, ctype, plain);
                EXPECT_EQ(0, std::fetestexcept(FE_OVERFLOW | FE_INVALID | FE_DIVBYZERO))
                    << wire << " to " << ctype;
            }
        }
    }
}

TEST(ConvertFixed, UnsignedColumns)
{
    settings u;
    u.is_unsigned = true;
    u.wire = WIRE_MY_TEXT;
    EXPECT_EQ("18446744073709551615", convert(NAT_INT8, "18446744073709551615", SQL_C_UBIGINT, u));
    EXPECT_EQ("22003", convert(NAT_INT8, "18446744073709551615", SQL_C_SBIGINT, u));
    EXPECT_EQ("1.8446744073709552e+19", convert(NAT_INT8, "18446744073709551615", SQL_C_DOUBLE, u));
    EXPECT_EQ("22018", convert(NAT_INT8, "18446744073709551616", SQL_C_UBIGINT, u));
    EXPECT_EQ("4294967295", convert(NAT_INT4, "4294967295", SQL_C_ULONG, u));
}

TEST(ConvertFixed, Bool)
{
    static const row rows[] = {
        {NAT_BOOL, "t", SQL_C_BIT, "1"},       {NAT_BOOL, "f", SQL_C_BIT, "0"},
        {NAT_BOOL, "t", SQL_C_SLONG, "1"},     {NAT_BOOL, "f", SQL_C_UTINYINT, "0"},
        {NAT_BOOL, "t", SQL_C_DOUBLE, "1"},    {NAT_BOOL, "t", SQL_C_FLOAT, "1"},
        {NAT_BOOL, "t", SQL_C_NUMERIC, "1/0"}, {NAT_BOOL, "t", SQL_C_TYPE_DATE, "07006"},
        {NAT_BOOL, "t", SQL_C_GUID, "07006"},  {NAT_BOOL, "t", SQL_C_INTERVAL_DAY, "07006"},
    };
    check(rows);
    settings my;
    my.wire = WIRE_MY_TEXT;
    EXPECT_EQ("1", convert(NAT_BOOL, "1", SQL_C_BIT, my));
    EXPECT_EQ("0", convert(NAT_BOOL, "0", SQL_C_SLONG, my));
    EXPECT_EQ("1", convert(NAT_BOOL, std::string("\x01", 1), SQL_C_BIT, my));
    EXPECT_EQ("0", convert(NAT_BOOL, std::string("\0", 1), SQL_C_BIT, my));
}

TEST(ConvertFixed, NumericToIntegers)
{
    static const row rows[] = {
        {NAT_NUMERIC, "1234.56", SQL_C_SSHORT, "01S07 1234"},
        {NAT_NUMERIC, "1234.56", SQL_C_STINYINT, "22003"},
        {NAT_NUMERIC, "1234.00", SQL_C_SSHORT, "1234"},
        {NAT_NUMERIC, "127.9", SQL_C_STINYINT, "01S07 127"},
        {NAT_NUMERIC, "-128.9", SQL_C_STINYINT, "01S07 -128"},
        {NAT_NUMERIC, "-129.0", SQL_C_STINYINT, "22003"},
        {NAT_NUMERIC, "255.999", SQL_C_UTINYINT, "01S07 255"},
        {NAT_NUMERIC, "256", SQL_C_UTINYINT, "22003"},
        {NAT_NUMERIC, "-0.5", SQL_C_UTINYINT, "01S07 0"},
        {NAT_NUMERIC, "-0.0", SQL_C_UTINYINT, "0"},
        {NAT_NUMERIC, "0.0000000000000000000000001", SQL_C_SBIGINT, "01S07 0"},
        {NAT_NUMERIC, "000000000000000000000000000012", SQL_C_SLONG, "12"},
        {NAT_NUMERIC, "123456789012345678901234567890123456789012345", SQL_C_SBIGINT, "22003"},
        {NAT_NUMERIC, "NaN", SQL_C_SLONG, "22003"},
        {NAT_NUMERIC, "Infinity", SQL_C_SLONG, "22003"},
        {NAT_NUMERIC, "-Infinity", SQL_C_UBIGINT, "22003"},
        {NAT_NUMERIC, "0", SQL_C_BIT, "0"},
        {NAT_NUMERIC, "1.000", SQL_C_BIT, "1"},
        {NAT_NUMERIC, "0.5", SQL_C_BIT, "01S07 0"},
        {NAT_NUMERIC, "1.5", SQL_C_BIT, "01S07 1"},
        {NAT_NUMERIC, "1.99999", SQL_C_BIT, "01S07 1"},
        {NAT_NUMERIC, "2", SQL_C_BIT, "22003"},
        {NAT_NUMERIC, "2.5", SQL_C_BIT, "22003"},
        {NAT_NUMERIC, "-0.1", SQL_C_BIT, "22003"},
        {NAT_NUMERIC, "-1", SQL_C_BIT, "22003"},
        {NAT_NUMERIC, "-0", SQL_C_BIT, "0"},
        {NAT_NUMERIC, "NaN", SQL_C_BIT, "22003"},
        {NAT_NUMERIC, "", SQL_C_SLONG, "22018"},
        {NAT_FLOAT8, "1e+20", SQL_C_SBIGINT, "22003"},
        {NAT_FLOAT8, "1e+18", SQL_C_SBIGINT, "1000000000000000000"},
        {NAT_FLOAT8, "-9.223372036854776e+18", SQL_C_SBIGINT, "-9223372036854775808"},
        {NAT_FLOAT8, "9.223372036854776e+18", SQL_C_SBIGINT, "22003"},
        {NAT_FLOAT8, "9.223372036854776e+18", SQL_C_UBIGINT, "9223372036854775808"},
        {NAT_FLOAT8, "1.8446744073709552e+19", SQL_C_UBIGINT, "22003"},
        {NAT_FLOAT8, "-0.5", SQL_C_UBIGINT, "01S07 0"},
        {NAT_FLOAT8, "1.2345678", SQL_C_STINYINT, "01S07 1"},
        {NAT_FLOAT8, "1.5e-07", SQL_C_SLONG, "01S07 0"},
        {NAT_FLOAT8, "1.5e+02", SQL_C_SLONG, "150"},
        {NAT_FLOAT8, "-2147483648.5", SQL_C_SLONG, "01S07 -2147483648"},
        {NAT_FLOAT4, "3.4e+38", SQL_C_UBIGINT, "22003"},
        {NAT_FLOAT8, "NaN", SQL_C_SLONG, "22003"},
        {NAT_FLOAT8, "Infinity", SQL_C_BIT, "22003"},
    };
    check(rows);
}

TEST(ConvertFixed, Floats)
{
    static const row rows[] = {
        {NAT_FLOAT8, "0", SQL_C_DOUBLE, "0"},
        {NAT_FLOAT8, "-0", SQL_C_DOUBLE, "-0"},
        {NAT_FLOAT8, "0.1", SQL_C_DOUBLE, "0.10000000000000001"},
        {NAT_FLOAT8, "1.7976931348623157e+308", SQL_C_DOUBLE, "1.7976931348623157e+308"},
        {NAT_FLOAT8, "5e-324", SQL_C_DOUBLE, "4.9406564584124654e-324"},
        {NAT_FLOAT8, "2.2250738585072014e-308", SQL_C_DOUBLE, "2.2250738585072014e-308"},
        {NAT_NUMERIC, "1e309", SQL_C_DOUBLE, "22003"},
        {NAT_NUMERIC, "-1e309", SQL_C_DOUBLE, "22003"},
        {NAT_NUMERIC, "1e-400", SQL_C_DOUBLE, "0"},
        {NAT_NUMERIC, "9007199254740993", SQL_C_DOUBLE, "9007199254740992"},
        {NAT_NUMERIC, "9007199254740993.00000000000000000001", SQL_C_DOUBLE, "9007199254740994"},
        {NAT_NUMERIC, "123456789012345678901234567890", SQL_C_DOUBLE, "1.2345678901234568e+29"},
        {NAT_NUMERIC, "0.000000000000000000000000000001", SQL_C_DOUBLE, "1.0000000000000001e-30"},
        {NAT_FLOAT8, "NaN", SQL_C_DOUBLE, "nan"},
        {NAT_FLOAT8, "Infinity", SQL_C_DOUBLE, "inf"},
        {NAT_FLOAT8, "-Infinity", SQL_C_DOUBLE, "-inf"},
        {NAT_FLOAT8, "Infinity", SQL_C_FLOAT, "inf"},
        {NAT_NUMERIC, "NaN", SQL_C_FLOAT, "nan"},
        {NAT_FLOAT4, "3.4028235e+38", SQL_C_FLOAT, "3.40282347e+38"},
        {NAT_FLOAT8, "3.4028236e+38", SQL_C_FLOAT, "22003"},
        {NAT_FLOAT8, "1e+39", SQL_C_FLOAT, "22003"},
        {NAT_FLOAT4, "0.1", SQL_C_FLOAT, "0.100000001"},
        {NAT_FLOAT8, "1.2345678", SQL_C_FLOAT, "1.23456776"},
        {NAT_FLOAT8, "x", SQL_C_DOUBLE, "22018"},
        {NAT_FLOAT8, "1", SQL_C_INTERVAL_DAY, "07006"},
        {NAT_FLOAT8, "1", SQL_C_TYPE_DATE, "07006"},
    };
    check(rows);
}

TEST(ConvertFixed, NumericStruct)
{
    settings s;
    s.precision = 10;
    s.scale = 2;
    EXPECT_EQ("123456/2", convert(NAT_NUMERIC, "1234.56", SQL_C_NUMERIC, s));
    EXPECT_EQ("-123456/2", convert(NAT_NUMERIC, "-1234.56", SQL_C_NUMERIC, s));
    EXPECT_EQ("01S07 123456/2", convert(NAT_NUMERIC, "1234.567", SQL_C_NUMERIC, s));
    EXPECT_EQ("100/2", convert(NAT_NUMERIC, "1", SQL_C_NUMERIC, s));
    EXPECT_EQ("9999999999/2", convert(NAT_NUMERIC, "99999999.99", SQL_C_NUMERIC, s));
    EXPECT_EQ("22003", convert(NAT_NUMERIC, "100000000", SQL_C_NUMERIC, s));
    EXPECT_EQ("01S07 0/2", convert(NAT_NUMERIC, "0.001", SQL_C_NUMERIC, s));
    EXPECT_EQ("22003", convert(NAT_NUMERIC, "NaN", SQL_C_NUMERIC, s));
    EXPECT_EQ("4200/2", convert(NAT_INT4, "42", SQL_C_NUMERIC, s));
    EXPECT_EQ("150/2", convert(NAT_FLOAT8, "1.5", SQL_C_NUMERIC, s));
    EXPECT_EQ("150/2", convert(NAT_TEXT, " 1.5 ", SQL_C_NUMERIC, s));
    EXPECT_EQ("22018", convert(NAT_TEXT, "1.5x", SQL_C_NUMERIC, s));
    s.scale = -2;
    EXPECT_EQ("22003", convert(NAT_NUMERIC, "1234", SQL_C_NUMERIC, s)); /* whole digits */
    EXPECT_EQ("22003", convert(NAT_NUMERIC, "5", SQL_C_NUMERIC, s));
    EXPECT_EQ("01S07 12/-2", convert(NAT_NUMERIC, "1200.5", SQL_C_NUMERIC, s));
    EXPECT_EQ("01S07 0/-2", convert(NAT_NUMERIC, "0.5", SQL_C_NUMERIC, s));
    EXPECT_EQ("12/-2", convert(NAT_NUMERIC, "1200", SQL_C_NUMERIC, s));
    s.precision = 0; /* not set: 38 */
    s.scale = 0;
    EXPECT_EQ("99999999999999999999999999999999999999/0",
              convert(NAT_NUMERIC, "99999999999999999999999999999999999999", SQL_C_NUMERIC, s));
    EXPECT_EQ("22003",
              convert(NAT_NUMERIC, "100000000000000000000000000000000000000", SQL_C_NUMERIC, s));
    s.precision = 39;
    EXPECT_EQ("340282366920938463463374607431768211455/0",
              convert(NAT_NUMERIC, "340282366920938463463374607431768211455", SQL_C_NUMERIC, s));
    EXPECT_EQ("22003",
              convert(NAT_NUMERIC, "340282366920938463463374607431768211456", SQL_C_NUMERIC, s));
}

TEST(ConvertFixed, TextToNumbers)
{
    static const row rows[] = {
        {NAT_TEXT, "42", SQL_C_SLONG, "42"},
        {NAT_CHAR, "  42   ", SQL_C_SLONG, "42"},
        {NAT_VARCHAR, "+42", SQL_C_SLONG, "42"},
        {NAT_VARCHAR, "-42", SQL_C_SLONG, "-42"},
        {NAT_TEXT, "4.2e1", SQL_C_SLONG, "42"},
        {NAT_TEXT, "4.25E+1", SQL_C_SLONG, "01S07 42"},
        {NAT_TEXT, "420e-1", SQL_C_SLONG, "42"},
        {NAT_TEXT, ".5", SQL_C_SLONG, "01S07 0"},
        {NAT_TEXT, "5.", SQL_C_SLONG, "5"},
        {NAT_TEXT, ".", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "   ", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "e5", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "1e", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "1e+", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "1 2", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "--1", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "0x10", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "1,5", SQL_C_DOUBLE, "22018"},
        {NAT_TEXT, "abc", SQL_C_DOUBLE, "22018"},
        {NAT_TEXT, "99999999999", SQL_C_SLONG, "22003"},
        {NAT_TEXT, "1e999999999999999999999", SQL_C_SBIGINT, "22003"},
        {NAT_TEXT, "1e-999999999999999999999", SQL_C_SBIGINT, "01S07 0"},
        {NAT_TEXT, "0e999999999999999999999", SQL_C_SBIGINT, "0"},
        {NAT_TEXT, "1e999999999", SQL_C_DOUBLE, "22003"},
        {NAT_TEXT, "  3.25 ", SQL_C_DOUBLE, "3.25"},
        {NAT_TEXT, "1e400", SQL_C_DOUBLE, "22003"},
        {NAT_TEXT, "1e40", SQL_C_FLOAT, "22003"},
        {NAT_TEXT, "nan", SQL_C_DOUBLE, "nan"},
        {NAT_TEXT, "NaN", SQL_C_SLONG, "22018"},
        {NAT_TEXT, "0", SQL_C_BIT, "0"},
        {NAT_TEXT, "1", SQL_C_BIT, "1"},
        {NAT_TEXT, "1.1", SQL_C_BIT, "01S07 1"},
        {NAT_TEXT, "2", SQL_C_BIT, "22003"},
        {NAT_TEXT, "-1", SQL_C_BIT, "22003"},
        {NAT_TEXT, "true", SQL_C_BIT, "22018"},
        {NAT_OTHER, "7", SQL_C_SSHORT, "7"},
        {NAT_JSON, "7", SQL_C_SSHORT, "7"},
        {NAT_TEXT, "127", SQL_C_STINYINT, "127"},
        {NAT_TEXT, "128", SQL_C_STINYINT, "22003"},
    };
    check(rows);
}

TEST(ConvertFixed, Dates)
{
    static const row rows[] = {
        {NAT_DATE, "2024-02-29", SQL_C_TYPE_DATE, "2024-2-29"},
        {NAT_DATE, "2024-02-29", SQL_C_DATE, "2024-2-29"},
        {NAT_DATE, "2024-02-29", SQL_C_TYPE_TIMESTAMP, "2024-2-29 0:0:0.0"},
        {NAT_DATE, "2024-02-29", SQL_C_TIMESTAMP, "2024-2-29 0:0:0.0"},
        {NAT_DATE, "2024-02-29", SQL_C_TYPE_TIME, "07006"},
        {NAT_DATE, "2024-02-29", SQL_C_SLONG, "07006"},
        {NAT_DATE, "2024-02-29", SQL_C_DOUBLE, "07006"},
        {NAT_DATE, "0044-03-15 BC", SQL_C_TYPE_DATE, "-44-3-15"},
        {NAT_DATE, "0001-02-29 BC", SQL_C_TYPE_DATE, "-1-2-29"},
        {NAT_DATE, "12345-01-02", SQL_C_TYPE_DATE, "12345-1-2"},
        {NAT_DATE, "32767-12-31", SQL_C_TYPE_DATE, "32767-12-31"},
        {NAT_DATE, "32768-01-01", SQL_C_TYPE_DATE, "22008"},
        {NAT_DATE, "5874897-12-31", SQL_C_TYPE_DATE, "22008"},
        {NAT_DATE, "5874897-12-31", SQL_C_TYPE_TIMESTAMP, "22008"},
        {NAT_DATE, "infinity", SQL_C_TYPE_DATE, "22008"},
        {NAT_DATE, "-infinity", SQL_C_TYPE_TIMESTAMP, "22008"},
        {NAT_DATE, "0000-00-00", SQL_C_TYPE_DATE, "22007"},
        {NAT_DATE, "2023-02-29", SQL_C_TYPE_DATE, "22007"},
        {NAT_DATE, "1900-02-29", SQL_C_TYPE_DATE, "22007"},
        {NAT_DATE, "2000-02-29", SQL_C_TYPE_DATE, "2000-2-29"},
        {NAT_DATE, "rubbish", SQL_C_TYPE_DATE, "22007"},
        {NAT_DATE, "", SQL_C_TYPE_DATE, "22007"},
    };
    check(rows);
}

TEST(ConvertFixed, Times)
{
    static const row rows[] = {
        {NAT_TIME, "04:05:06", SQL_C_TYPE_TIME, "4:5:6"},
        {NAT_TIME, "04:05:06", SQL_C_TIME, "4:5:6"},
        {NAT_TIME, "00:00:00", SQL_C_TYPE_TIME, "0:0:0"},
        {NAT_TIME, "23:59:59.999999", SQL_C_TYPE_TIME, "01S07 23:59:59"},
        {NAT_TIME, "24:00:00", SQL_C_TYPE_TIME, "22008"},
        {NAT_TIME, "04:05:06", SQL_C_TYPE_DATE, "07006"},
        {NAT_TIME, "04:05:06", SQL_C_SLONG, "07006"},
        {NAT_TIME, "-12:00:00", SQL_C_TYPE_TIME, "22008"},
        {NAT_TIME, "838:59:59", SQL_C_TYPE_TIME, "22008"},
        {NAT_TIME, "rubbish", SQL_C_TYPE_TIME, "22007"},
    };
    check(rows);
    time_t now = time(nullptr);
    struct tm tm;
    localtime_r(&now, &tm);
    EXPECT_EQ(fmt("%d-%d-%d 4:5:6.700000000", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday),
              convert(NAT_TIME, "04:05:06.7", SQL_C_TYPE_TIMESTAMP));
}

TEST(ConvertFixed, Timestamps)
{
    static const row rows[] = {
        {NAT_TIMESTAMP, "2024-01-02 03:04:05", SQL_C_TYPE_TIMESTAMP, "2024-1-2 3:4:5.0"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05.6", SQL_C_TYPE_TIMESTAMP, "2024-1-2 3:4:5.600000000"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05.000001", SQL_C_TIMESTAMP, "2024-1-2 3:4:5.1000"},
        {NAT_TIMESTAMP, "2024-01-02 00:00:00", SQL_C_TYPE_DATE, "2024-1-2"},
        {NAT_TIMESTAMP, "2024-01-02 00:00:00.5", SQL_C_TYPE_DATE, "01S07 2024-1-2"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05", SQL_C_TYPE_DATE, "01S07 2024-1-2"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05", SQL_C_TYPE_TIME, "3:4:5"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05.5", SQL_C_TYPE_TIME, "01S07 3:4:5"},
        {NAT_TIMESTAMPTZ, "2024-01-02 03:04:05.5+00", SQL_C_TYPE_TIMESTAMP,
         "2024-1-2 3:4:5.500000000"},
        {NAT_TIMESTAMPTZ, "2024-01-02 03:04:05+05:30", SQL_C_TYPE_TIMESTAMP, "2024-1-2 3:4:5.0"},
        {NAT_TIMESTAMPTZ, "2024-01-02 03:04:05-11", SQL_C_TYPE_TIMESTAMP, "2024-1-2 3:4:5.0"},
        {NAT_TIMESTAMPTZ, "1800-01-02 03:04:05+00:19:32", SQL_C_TYPE_TIME, "3:4:5"},
        {NAT_TIMESTAMPTZ, "0044-03-15 12:00:00+00 BC", SQL_C_TYPE_TIMESTAMP, "-44-3-15 12:0:0.0"},
        {NAT_TIMESTAMP, "294276-12-31 23:59:59", SQL_C_TYPE_TIMESTAMP, "22008"},
        {NAT_TIMESTAMP, "294276-12-31 23:59:59", SQL_C_TYPE_TIME, "23:59:59"},
        {NAT_TIMESTAMP, "10000-01-01 00:00:00", SQL_C_TYPE_TIMESTAMP, "10000-1-1 0:0:0.0"},
        {NAT_TIMESTAMP, "infinity", SQL_C_TYPE_TIMESTAMP, "22008"},
        {NAT_TIMESTAMP, "-infinity", SQL_C_TYPE_DATE, "22008"},
        {NAT_TIMESTAMP, "2024-13-02 03:04:05", SQL_C_TYPE_TIMESTAMP, "22007"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05", SQL_C_SLONG, "07006"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05", SQL_C_GUID, "07006"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05", SQL_C_INTERVAL_DAY, "07006"},
    };
    check(rows);
}

TEST(ConvertFixed, TextToDates)
{
    static const row rows[] = {
        {NAT_TEXT, "2024-02-29", SQL_C_TYPE_DATE, "2024-2-29"},
        {NAT_TEXT, "  2024-02-29  ", SQL_C_TYPE_DATE, "2024-2-29"},
        {NAT_TEXT, "2024-02-29 00:00:00", SQL_C_TYPE_DATE, "2024-2-29"},
        {NAT_TEXT, "2024-02-29 00:00:00.000", SQL_C_TYPE_DATE, "2024-2-29"},
        {NAT_TEXT, "2024-02-29 00:00:01", SQL_C_TYPE_DATE, "01S07 2024-2-29"},
        {NAT_TEXT, "2024-02-29T10:11:12", SQL_C_TYPE_TIMESTAMP, "2024-2-29 10:11:12.0"},
        {NAT_TEXT, "{d '2024-02-29'}", SQL_C_TYPE_DATE, "2024-2-29"},
        {NAT_TEXT, "{ts '2024-02-29 01:02:03.25'}", SQL_C_TYPE_TIMESTAMP,
         "2024-2-29 1:2:3.250000000"},
        {NAT_TEXT, "{t '01:02:03'}", SQL_C_TYPE_TIME, "1:2:3"},
        {NAT_TEXT, "2023-02-29", SQL_C_TYPE_DATE, "22018"},
        {NAT_TEXT, "29.02.2024", SQL_C_TYPE_DATE, "22018"},
        {NAT_TEXT, "10:11:12", SQL_C_TYPE_DATE, "22018"},
        {NAT_TEXT, "2024-02-29x", SQL_C_TYPE_DATE, "22018"},
        {NAT_TEXT, "2024-02", SQL_C_TYPE_DATE, "22018"},
        {NAT_TEXT, "", SQL_C_TYPE_DATE, "22018"},
        {NAT_TEXT, "infinity", SQL_C_TYPE_DATE, "22018"},
        {NAT_TEXT, "10:11:12", SQL_C_TYPE_TIME, "10:11:12"},
        {NAT_TEXT, "10:11:12.5", SQL_C_TYPE_TIME, "01S07 10:11:12"},
        {NAT_TEXT, "10:11:12.000", SQL_C_TYPE_TIME, "10:11:12"},
        {NAT_TEXT, "2024-02-29 10:11:12", SQL_C_TYPE_TIME, "10:11:12"},
        {NAT_TEXT, "2024-02-29 10:11:12.5", SQL_C_TYPE_TIME, "01S07 10:11:12"},
        {NAT_TEXT, "2024-02-29", SQL_C_TYPE_TIME, "22018"},
        {NAT_TEXT, "25:00:00", SQL_C_TYPE_TIME, "22018"},
        {NAT_TEXT, "10:60:00", SQL_C_TYPE_TIME, "22018"},
        {NAT_TEXT, "10:11:61", SQL_C_TYPE_TIME, "22018"},
        {NAT_TEXT, "10:11:12.", SQL_C_TYPE_TIME, "22018"},
        {NAT_OTHER, "10:11:12-08", SQL_C_TYPE_TIME, "10:11:12"},
        {NAT_OTHER, "10:11:12+05:30", SQL_C_TYPE_TIME, "10:11:12"},
        {NAT_TEXT, "2024-02-29 10:11:12.123456789", SQL_C_TYPE_TIMESTAMP,
         "2024-2-29 10:11:12.123456789"},
        {NAT_TEXT, "2024-02-29 10:11:12.1234567891", SQL_C_TYPE_TIMESTAMP,
         "01S07 2024-2-29 10:11:12.123456789"},
        {NAT_TEXT, "2024-02-29 10:11:12.1234567890", SQL_C_TYPE_TIMESTAMP,
         "2024-2-29 10:11:12.123456789"},
        {NAT_TEXT, "2024-02-29", SQL_C_TYPE_TIMESTAMP, "2024-2-29 0:0:0.0"},
        {NAT_TEXT, "yesterday", SQL_C_TYPE_TIMESTAMP, "22018"},
        {NAT_TEXT, "{ts '2024-02-29 01:02:03.25'", SQL_C_TYPE_TIMESTAMP, "22018"},
        {NAT_TEXT, "{x '2024-02-29'}", SQL_C_TYPE_DATE, "22018"},
    };
    check(rows);
}

TEST(ConvertFixed, Guid)
{
    static const row rows[] = {
        {NAT_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", SQL_C_GUID,
         "a0eebc99 9c0b 4ef8 bb6d..11"},
        {NAT_TEXT, " A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11 ", SQL_C_GUID,
         "a0eebc99 9c0b 4ef8 bb6d..11"},
        {NAT_TEXT, "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", SQL_C_GUID,
         "a0eebc99 9c0b 4ef8 bb6d..11"},
        {NAT_TEXT, "a0eebc999c0b4ef8bb6d6bb9bd380a11", SQL_C_GUID, "22018"},
        {NAT_TEXT, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", SQL_C_GUID, "22018"},
        {NAT_TEXT, "a0eebc99x9c0b-4ef8-bb6d-6bb9bd380a11", SQL_C_GUID, "22018"},
        {NAT_TEXT, "", SQL_C_GUID, "22018"},
        {NAT_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", SQL_C_SLONG, "07006"},
    };
    check(rows);
}

TEST(ConvertFixed, BytesAllowLittle)
{
    static const row rows[] = {
        {NAT_BLOB, "\\x01", SQL_C_SLONG, "07006"},
        {NAT_BINARY, "\\x01", SQL_C_BIT, "07006"},
        {NAT_VARBINARY, "\\x01", SQL_C_TYPE_DATE, "07006"},
        {NAT_BLOB, "\\x01", SQL_C_GUID, "07006"},
        {NAT_BLOB, "\\x01", SQL_C_NUMERIC, "07006"},
        {NAT_BLOB, "\\x01", SQL_C_INTERVAL_DAY, "07006"},
    };
    check(rows);
}

TEST(ConvertFixed, Nulls)
{
    for (SQLSMALLINT ctype : {SQL_C_SLONG, SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY, SQL_C_DOUBLE,
                              SQL_C_TYPE_DATE, SQL_C_GUID, SQL_C_INTERVAL_DAY}) {
        nat_type type = type_of(NAT_TEXT);
        conv_fn *fn = conv_pick(&type, ctype);
        ASSERT_NE(nullptr, fn);
        slot s = {};
        SQLLEN octets = 7, indicator = 7;
        conv_target t = {};
        t.ctype = ctype;
        t.buf = &s;
        t.cap = sizeof s;
        EXPECT_EQ(CONV_NO_INDICATOR, fn(&type, nat_cell{nullptr, 0}, &t));
        t.octets = &octets;
        EXPECT_EQ(CONV_NO_INDICATOR, fn(&type, nat_cell{nullptr, 0}, &t));
        EXPECT_EQ(7, octets);
        t.indicator = &indicator;
        EXPECT_EQ(CONV_OK, fn(&type, nat_cell{nullptr, 0}, &t));
        EXPECT_EQ(SQL_NULL_DATA, indicator);
        EXPECT_EQ(7, octets);
        t.octets = t.indicator;
        t.pieces = true;
        EXPECT_EQ(CONV_OK, fn(&type, nat_cell{nullptr, 0}, &t));
        EXPECT_EQ(CONV_NO_DATA, fn(&type, nat_cell{nullptr, 0}, &t));
    }
}

TEST(ConvertFixed, SecondCallHasNoData)
{
    nat_type type = type_of(NAT_INT4);
    conv_fn *fn = conv_pick(&type, SQL_C_SLONG);
    SQLINTEGER value = 0;
    SQLLEN length = 0;
    conv_target t = {};
    t.ctype = SQL_C_SLONG;
    t.buf = &value;
    t.octets = t.indicator = &length;
    t.pieces = true;
    EXPECT_EQ(CONV_RANGE, fn(&type, nat_cell{"99999999999", 11}, &t));
    EXPECT_EQ(0u, t.at); /* an error delivers nothing: another C type may be tried */
    EXPECT_EQ(CONV_OK, fn(&type, nat_cell{"42", 2}, &t));
    EXPECT_EQ(42, value);
    EXPECT_EQ(4, length);
    EXPECT_EQ(CONV_NO_DATA, fn(&type, nat_cell{"42", 2}, &t));
    t.at = 0;
    t.pieces = false; /* a bound column is delivered as often as it is asked for */
    EXPECT_EQ(CONV_OK, fn(&type, nat_cell{"43", 2}, &t));
    EXPECT_EQ(CONV_OK, fn(&type, nat_cell{"44", 2}, &t));
    EXPECT_EQ(44, value);
    EXPECT_EQ(0u, t.at);
}

TEST(ConvertFixed, UnalignedAndAbsentTargets)
{
    nat_type type = type_of(NAT_INT8);
    alignas(8) char bytes[16] = {};
    SQLBIGINT value;
    conv_target t = {};
    t.ctype = SQL_C_SBIGINT;
    t.buf = bytes + 1;
    EXPECT_EQ(CONV_OK, conv_pick(&type, SQL_C_SBIGINT)(&type, nat_cell{"-7", 2}, &t));
    memcpy(&value, bytes + 1, sizeof value);
    EXPECT_EQ(-7, value);
    SQLLEN length = 0;
    t.buf = nullptr;
    t.octets = &length;
    EXPECT_EQ(CONV_OK, conv_pick(&type, SQL_C_SBIGINT)(&type, nat_cell{"-7", 2}, &t));
    EXPECT_EQ(8, length);
}

TEST(ConvertFixed, Tables)
{
    EXPECT_STREQ("", conv_sqlstate(CONV_OK));
    EXPECT_STREQ("", conv_sqlstate(CONV_NO_DATA));
    for (int r = CONV_TRUNCATED; r < CONV_RESULTS; r++) {
        if (r == CONV_NO_DATA)
            continue;
        EXPECT_EQ(5u, strlen(conv_sqlstate((conv_result)r))) << r;
        EXPECT_STRNE("", conv_message((conv_result)r)) << r;
    }
    EXPECT_STREQ("01004", conv_sqlstate(CONV_TRUNCATED));
    EXPECT_STREQ("22001", conv_sqlstate(CONV_RIGHT_TRUNCATION));
    EXPECT_EQ(4, conv_ctype_size(SQL_C_SLONG));
    EXPECT_EQ(0, conv_ctype_size(SQL_C_CHAR));
    EXPECT_EQ(0, conv_ctype_size(SQL_C_WCHAR));
    EXPECT_EQ(0, conv_ctype_size(SQL_C_BINARY));
    EXPECT_EQ(0, conv_ctype_size(12345));
    EXPECT_EQ(0, conv_ctype_size(-30000));
    EXPECT_EQ(16, conv_ctype_size(SQL_C_TYPE_TIMESTAMP));
    EXPECT_EQ((SQLLEN)sizeof(SQL_INTERVAL_STRUCT), conv_ctype_size(SQL_C_INTERVAL_DAY));
    EXPECT_TRUE(conv_ctype_known(SQL_C_BINARY));
    EXPECT_FALSE(conv_ctype_known(SQL_C_DEFAULT));
    EXPECT_FALSE(conv_ctype_known(0));
    EXPECT_EQ(SQL_C_CHAR, conv_default_ctype(SQL_VARCHAR, false));
    EXPECT_EQ(SQL_C_WCHAR, conv_default_ctype(SQL_WLONGVARCHAR, false));
    EXPECT_EQ(SQL_C_CHAR, conv_default_ctype(SQL_NUMERIC, false));
    EXPECT_EQ(SQL_C_SLONG, conv_default_ctype(SQL_INTEGER, false));
    EXPECT_EQ(SQL_C_ULONG, conv_default_ctype(SQL_INTEGER, true));
    EXPECT_EQ(SQL_C_UBIGINT, conv_default_ctype(SQL_BIGINT, true));
    EXPECT_EQ(SQL_C_TYPE_DATE, conv_default_ctype(SQL_TYPE_DATE, false));
    EXPECT_EQ(SQL_C_INTERVAL_HOUR, conv_default_ctype(SQL_INTERVAL_HOUR, false));
    EXPECT_EQ(SQL_C_CHAR, conv_default_ctype(4711, false));
}

/* ---- intervals ---- */

TEST(ConvertFixed, Intervals)
{
    settings s;
    s.leading = 9;
    s.precision = 6;
    static const row rows[] = {
        {NAT_INTERVAL, "1 year 2 mons", SQL_C_INTERVAL_YEAR_TO_MONTH, "1y2m"},
        {NAT_INTERVAL, "1 year 2 mons", SQL_C_INTERVAL_MONTH, "0y14m"},
        {NAT_INTERVAL, "1 year 2 mons", SQL_C_INTERVAL_YEAR, "01S07 1y0m"},
        {NAT_INTERVAL, "2 years", SQL_C_INTERVAL_YEAR, "2y0m"},
        {NAT_INTERVAL, "-1 years -2 mons", SQL_C_INTERVAL_YEAR_TO_MONTH, "-1y2m"},
        {NAT_INTERVAL, "1 year 3 days", SQL_C_INTERVAL_YEAR, "01S07 1y0m"},
        {NAT_INTERVAL, "1 year 3 days", SQL_C_INTERVAL_DAY, "22015"},
        {NAT_INTERVAL, "3 days 04:05:06.789", SQL_C_INTERVAL_DAY_TO_SECOND, "3d04:05:06.789000"},
        {NAT_INTERVAL, "3 days 04:05:06.789", SQL_C_INTERVAL_DAY_TO_MINUTE, "01S07 3d04:05:00.0"},
        {NAT_INTERVAL, "3 days 04:05:06.789", SQL_C_INTERVAL_DAY_TO_HOUR, "01S07 3d04:00:00.0"},
        {NAT_INTERVAL, "3 days 04:05:06.789", SQL_C_INTERVAL_DAY, "01S07 3d00:00:00.0"},
        {NAT_INTERVAL, "3 days", SQL_C_INTERVAL_DAY, "3d00:00:00.0"},
        {NAT_INTERVAL, "3 days 04:00:00", SQL_C_INTERVAL_HOUR, "0d76:00:00.0"},
        {NAT_INTERVAL, "3 days 04:05:00", SQL_C_INTERVAL_HOUR_TO_MINUTE, "0d76:05:00.0"},
        {NAT_INTERVAL, "1 day 00:00:01.5", SQL_C_INTERVAL_HOUR_TO_SECOND, "0d24:00:01.500000"},
        {NAT_INTERVAL, "01:02:03.000004", SQL_C_INTERVAL_MINUTE_TO_SECOND, "0d00:62:03.4"},
        {NAT_INTERVAL, "01:02:00", SQL_C_INTERVAL_MINUTE, "0d00:62:00.0"},
        {NAT_INTERVAL, "01:00:01", SQL_C_INTERVAL_SECOND, "0d00:00:3601.0"},
        {NAT_INTERVAL, "-3 days -04:05:06.5", SQL_C_INTERVAL_DAY_TO_SECOND, "-3d04:05:06.500000"},
        {NAT_INTERVAL, "-3 days +04:05:06", SQL_C_INTERVAL_DAY_TO_SECOND, "-2d19:54:54.0"},
        {NAT_INTERVAL, "1 day -00:00:00.5", SQL_C_INTERVAL_DAY_TO_SECOND, "0d23:59:59.500000"},
        {NAT_INTERVAL, "-00:00:00.5", SQL_C_INTERVAL_SECOND, "-0d00:00:00.500000"},
        {NAT_INTERVAL, "-00:00:00.5", SQL_C_INTERVAL_MINUTE, "01S07 0d00:00:00.0"},
        {NAT_INTERVAL, "00:00:00", SQL_C_INTERVAL_DAY_TO_SECOND, "0d00:00:00.0"},
        {NAT_INTERVAL, "00:00:00", SQL_C_INTERVAL_YEAR_TO_MONTH, "0y0m"},
        {NAT_INTERVAL, "-178000000 years", SQL_C_INTERVAL_YEAR, "-178000000y0m"},
        {NAT_INTERVAL, "-178956970 years -8 mons", SQL_C_INTERVAL_MONTH, "22015"},
        {NAT_INTERVAL, "2562047788:00:54.775807", SQL_C_INTERVAL_HOUR, "22015"},
        /* the other interval styles */
        {NAT_INTERVAL, "@ 1 year 2 mons", SQL_C_INTERVAL_YEAR_TO_MONTH, "1y2m"},
        {NAT_INTERVAL, "@ 1 year 2 mons ago", SQL_C_INTERVAL_YEAR_TO_MONTH, "-1y2m"},
        {NAT_INTERVAL, "@ 3 days 4 hours 5 mins 6.7 secs ago", SQL_C_INTERVAL_DAY_TO_SECOND,
         "-3d04:05:06.700000"},
        {NAT_INTERVAL, "@ 0", SQL_C_INTERVAL_DAY, "0d00:00:00.0"},
        {NAT_INTERVAL, "P1Y2M", SQL_C_INTERVAL_YEAR_TO_MONTH, "1y2m"},
        {NAT_INTERVAL, "P3DT4H5M6.7S", SQL_C_INTERVAL_DAY_TO_SECOND, "3d04:05:06.700000"},
        {NAT_INTERVAL, "P-3DT-4H-5M-6.7S", SQL_C_INTERVAL_DAY_TO_SECOND, "-3d04:05:06.700000"},
        {NAT_INTERVAL, "PT0S", SQL_C_INTERVAL_SECOND, "0d00:00:00.0"},
        {NAT_INTERVAL, "1-2", SQL_C_INTERVAL_YEAR_TO_MONTH, "1y2m"},
        {NAT_INTERVAL, "-1-2", SQL_C_INTERVAL_YEAR_TO_MONTH, "-1y2m"},
        {NAT_INTERVAL, "3 4:05:06.7", SQL_C_INTERVAL_DAY_TO_SECOND, "3d04:05:06.700000"},
        {NAT_INTERVAL, "-3 4:05:06.7", SQL_C_INTERVAL_DAY_TO_SECOND, "-3d04:05:06.700000"},
        {NAT_INTERVAL, "+1-2 -3 +4:05:06", SQL_C_INTERVAL_YEAR, "01S07 1y0m"},
        {NAT_INTERVAL, "0", SQL_C_INTERVAL_DAY, "0d00:00:00.0"},
        {NAT_INTERVAL, "P", SQL_C_INTERVAL_DAY, "22015"},
        {NAT_INTERVAL, "rubbish", SQL_C_INTERVAL_DAY, "22015"},
        {NAT_INTERVAL, "", SQL_C_INTERVAL_DAY, "22015"},
        {NAT_INTERVAL, "1 day", SQL_C_SLONG, "07006"},
        {NAT_INTERVAL, "1 day", SQL_C_TYPE_TIME, "07006"},
        /* numbers */
        {NAT_INT4, "12", SQL_C_INTERVAL_YEAR, "12y0m"},
        {NAT_INT4, "-12", SQL_C_INTERVAL_MONTH, "-0y12m"},
        {NAT_INT4, "12", SQL_C_INTERVAL_DAY, "12d00:00:00.0"},
        {NAT_INT4, "12", SQL_C_INTERVAL_HOUR, "0d12:00:00.0"},
        {NAT_INT4, "12", SQL_C_INTERVAL_MINUTE, "0d00:12:00.0"},
        {NAT_INT4, "12", SQL_C_INTERVAL_SECOND, "0d00:00:12.0"},
        {NAT_INT4, "12", SQL_C_INTERVAL_DAY_TO_HOUR, "07006"},
        {NAT_INT8, "1000000000", SQL_C_INTERVAL_DAY, "22015"},
        {NAT_INT8, "9223372036854775807", SQL_C_INTERVAL_YEAR, "22015"},
        {NAT_NUMERIC, "1.5", SQL_C_INTERVAL_DAY, "01S07 1d00:00:00.0"},
        {NAT_NUMERIC, "1.5", SQL_C_INTERVAL_SECOND, "0d00:00:01.500000"},
        {NAT_NUMERIC, "-1.5", SQL_C_INTERVAL_SECOND, "-0d00:00:01.500000"},
        {NAT_NUMERIC, "1.0000001", SQL_C_INTERVAL_SECOND, "01S07 0d00:00:01.0"},
        {NAT_NUMERIC, "0.0000000000000000000001", SQL_C_INTERVAL_SECOND, "01S07 0d00:00:00.0"},
        {NAT_NUMERIC, "NaN", SQL_C_INTERVAL_SECOND, "22015"},
        {NAT_NUMERIC, "1e30", SQL_C_INTERVAL_YEAR, "22015"},
        /* text */
        {NAT_TEXT, "1-2", SQL_C_INTERVAL_YEAR_TO_MONTH, "1y2m"},
        {NAT_TEXT, "5", SQL_C_INTERVAL_HOUR, "0d05:00:00.0"},
        {NAT_TEXT, "5", SQL_C_INTERVAL_MONTH, "0y5m"},
        {NAT_TEXT, "-5", SQL_C_INTERVAL_DAY, "-5d00:00:00.0"},
        {NAT_TEXT, "5.25", SQL_C_INTERVAL_SECOND, "0d00:00:05.250000"},
        {NAT_TEXT, "5.25", SQL_C_INTERVAL_HOUR, "22018"},
        {NAT_TEXT, "3 4", SQL_C_INTERVAL_DAY_TO_HOUR, "3d04:00:00.0"},
        {NAT_TEXT, "10:30", SQL_C_INTERVAL_MINUTE_TO_SECOND, "0d00:10:30.0"},
        {NAT_TEXT, "10:30", SQL_C_INTERVAL_HOUR_TO_MINUTE, "0d10:30:00.0"},
        {NAT_TEXT, "163 12:39:59.163", SQL_C_INTERVAL_DAY_TO_SECOND, "163d12:39:59.163000"},
        {NAT_TEXT, "INTERVAL '1-2' YEAR TO MONTH", SQL_C_INTERVAL_YEAR_TO_MONTH, "1y2m"},
        {NAT_TEXT, "{INTERVAL -'163 12' DAY(3) TO HOUR}", SQL_C_INTERVAL_DAY_TO_HOUR,
         "-163d12:00:00.0"},
        {NAT_TEXT, "INTERVAL '90' MINUTE", SQL_C_INTERVAL_HOUR, "01S07 0d01:00:00.0"},
        {NAT_TEXT, "INTERVAL '5.5' SECOND(2,3)", SQL_C_INTERVAL_SECOND, "0d00:00:05.500000"},
        {NAT_TEXT, "INTERVAL '1-2' YEAR TO", SQL_C_INTERVAL_YEAR_TO_MONTH, "22018"},
        {NAT_TEXT, "INTERVAL '1-2 YEAR", SQL_C_INTERVAL_YEAR_TO_MONTH, "22018"},
        {NAT_TEXT, "INTERVAL x'1-2' YEAR", SQL_C_INTERVAL_YEAR_TO_MONTH, "22018"},
        {NAT_TEXT, "INTERVAL '1-2' MONTH TO YEAR", SQL_C_INTERVAL_YEAR_TO_MONTH, "22018"},
        {NAT_TEXT, "abc", SQL_C_INTERVAL_DAY, "22018"},
        {NAT_TEXT, "", SQL_C_INTERVAL_DAY, "22018"},
        {NAT_TEXT, "5 parsecs", SQL_C_INTERVAL_DAY, "22018"},
        {NAT_TEXT, "1 2 3 4 5", SQL_C_INTERVAL_DAY_TO_SECOND, "22018"},
        {NAT_TEXT, "2011-02-13", SQL_C_INTERVAL_YEAR_TO_MONTH, "22018"},
        {NAT_TEXT, "2011-02-13", SQL_C_INTERVAL_DAY, "22018"},
        {NAT_TEXT, "2011-02-13 15:30:00", SQL_C_INTERVAL_DAY, "22018"},
        {NAT_TEXT, "1-12", SQL_C_INTERVAL_YEAR_TO_MONTH, "22018"},
        {NAT_TEXT, "3 1-2", SQL_C_INTERVAL_YEAR_TO_MONTH, "22018"},
        {NAT_TEXT, "1:2:3 4", SQL_C_INTERVAL_DAY_TO_SECOND, "22018"},
        {NAT_TEXT, "3 4 5:6", SQL_C_INTERVAL_DAY_TO_MINUTE, "22018"},
        {NAT_TEXT, "10:60", SQL_C_INTERVAL_HOUR_TO_MINUTE, "22018"},
        {NAT_TEXT, "1-2 3 4:05:06", SQL_C_INTERVAL_YEAR, "01S07 1y0m"},
        {NAT_TEXT, "3 25:00:00", SQL_C_INTERVAL_DAY_TO_HOUR, "4d01:00:00.0"},
        {NAT_TEXT, "1 day agog", SQL_C_INTERVAL_DAY, "22018"},
        {NAT_TEXT, "9999999999999999 days", SQL_C_INTERVAL_DAY, "22018"},
    };
    check(rows, s);
}

TEST(ConvertFixed, IntervalPrecisions)
{
    settings s; /* leading precision 0 is ODBC's default of 2, which holds for texts and numbers */
    EXPECT_EQ("99d00:00:00.0", convert(NAT_TEXT, "99 days", SQL_C_INTERVAL_DAY, s));
    EXPECT_EQ("22015", convert(NAT_TEXT, "100 days", SQL_C_INTERVAL_DAY, s));
    EXPECT_EQ("22015", convert(NAT_INT8, "100", SQL_C_INTERVAL_YEAR, s));
    EXPECT_EQ("100d00:00:00.0", convert(NAT_INTERVAL, "100 days", SQL_C_INTERVAL_DAY, s));
    EXPECT_EQ("100y0m", convert(NAT_INTERVAL, "100 years", SQL_C_INTERVAL_YEAR, s));
    s.leading = 3;
    EXPECT_EQ("100d00:00:00.0", convert(NAT_INTERVAL, "100 days", SQL_C_INTERVAL_DAY, s));
    EXPECT_EQ("22015", convert(NAT_INTERVAL, "1000 days", SQL_C_INTERVAL_DAY, s));
    s.precision = 3;
    EXPECT_EQ("0d00:00:01.234", convert(NAT_INTERVAL, "00:00:01.234", SQL_C_INTERVAL_SECOND, s));
    EXPECT_EQ("01S07 0d00:00:01.234",
              convert(NAT_INTERVAL, "00:00:01.2345", SQL_C_INTERVAL_SECOND, s));
    s.precision = 9;
    EXPECT_EQ("0d00:00:01.234500000",
              convert(NAT_INTERVAL, "00:00:01.2345", SQL_C_INTERVAL_SECOND, s));
    s.precision = 0; /* not set: 6 */
    EXPECT_EQ("0d00:00:01.234500",
              convert(NAT_INTERVAL, "00:00:01.2345", SQL_C_INTERVAL_SECOND, s));
}

} // namespace
