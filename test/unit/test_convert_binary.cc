// Cells of the binary protocol (WIRE_MY_BINARY): the same values as of the text protocol.
extern "C" {
#include "convert/convert.h"
}
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace
{

nat_type type_of(nat_kind kind, bool is_unsigned = false, int precision = 0)
{
    nat_type t = {};
    t.kind = kind;
    t.wire = WIRE_MY_BINARY;
    t.is_unsigned = is_unsigned;
    t.precision = precision;
    t.length = -1;
    return t;
}

// A cell at an odd address.
struct Cell {
    char bytes[64] = {};
    nat_cell cell;
    template <class T> explicit Cell(const T &v)
    {
        memcpy(bytes + 1, &v, sizeof v);
        cell = {bytes + 1, sizeof v};
    }
};

// What a target got, or the SQLSTATE.
template <class T>
std::string to(const nat_type &type, const Cell &c, SQLSMALLINT ctype, T *out,
               bool zero_null = false)
{
    SQLLEN ind = 0;
    conv_target t = {};
    t.ctype = ctype;
    t.buf = out;
    t.cap = sizeof *out;
    t.octets = t.indicator = &ind;
    t.zero_null = zero_null;
    conv_fn *fn = conv_pick(&type, ctype);
    if (!fn)
        return "07006";
    conv_result r = fn(&type, c.cell, &t);
    return r != CONV_OK ? conv_sqlstate(r) : ind == SQL_NULL_DATA ? "NULL" : "";
}

std::string shown(const nat_type &type, const Cell &c)
{
    char out[128] = "";
    std::string state = to(type, c, SQL_C_CHAR, &out);
    return state.empty() ? out : state;
}

} // namespace

TEST(ConvertBinary, WholeNumbers)
{
    SQLINTEGER i = 0;
    SQLBIGINT b = 0;
    SQLUBIGINT u = 0;
    EXPECT_EQ("", to(type_of(NAT_INT4), Cell(int64_t(-7)), SQL_C_SLONG, &i));
    EXPECT_EQ(-7, i);
    EXPECT_EQ("", to(type_of(NAT_INT8), Cell(INT64_MIN), SQL_C_SBIGINT, &b));
    EXPECT_EQ(INT64_MIN, b);
    EXPECT_EQ("", to(type_of(NAT_INT8, true), Cell(UINT64_MAX), SQL_C_UBIGINT, &u));
    EXPECT_EQ(UINT64_MAX, u);
    EXPECT_EQ("22003", to(type_of(NAT_INT8, true), Cell(UINT64_MAX), SQL_C_SBIGINT, &b));
    EXPECT_EQ("22003", to(type_of(NAT_INT8), Cell(int64_t(1) << 40), SQL_C_SLONG, &i));
    EXPECT_EQ("18446744073709551615", shown(type_of(NAT_INT8, true), Cell(UINT64_MAX)));
    EXPECT_EQ("-128", shown(type_of(NAT_INT1), Cell(int64_t(-128))));
}

TEST(ConvertBinary, FloatingPointNumbers)
{
    double d = 0;
    float f = 0;
    SQLINTEGER i = 0;
    EXPECT_EQ("", to(type_of(NAT_FLOAT8), Cell(0.1), SQL_C_DOUBLE, &d));
    EXPECT_EQ(0.1, d);
    EXPECT_EQ("", to(type_of(NAT_FLOAT4), Cell(1.1F), SQL_C_DOUBLE, &d));
    EXPECT_EQ(1.1, d);
    EXPECT_EQ("", to(type_of(NAT_FLOAT4), Cell(1.1F), SQL_C_FLOAT, &f));
    EXPECT_EQ(1.1F, f);
    EXPECT_EQ("22003", to(type_of(NAT_FLOAT8), Cell(1e300), SQL_C_FLOAT, &f));
    EXPECT_EQ("01S07", to(type_of(NAT_FLOAT8), Cell(2.5), SQL_C_SLONG, &i));
    EXPECT_EQ(2, i);
    EXPECT_EQ("-2.5", shown(type_of(NAT_FLOAT8), Cell(-2.5)));
}

TEST(ConvertBinary, DatesAndTimes)
{
    SQL_TIMESTAMP_STRUCT ts = {};
    SQL_DATE_STRUCT date = {};
    SQL_TIME_STRUCT time = {};
    nat_moment m = {2024, 2, 29, 23, 59, 58, 123456, false};
    EXPECT_EQ("", to(type_of(NAT_TIMESTAMP, false, 6), Cell(m), SQL_C_TYPE_TIMESTAMP, &ts));
    EXPECT_EQ(2024, ts.year);
    EXPECT_EQ(29, ts.day);
    EXPECT_EQ(123456000U, ts.fraction);
    EXPECT_EQ("2024-02-29 23:59:58.123456", shown(type_of(NAT_TIMESTAMP, false, 6), Cell(m)));
    EXPECT_EQ("2024-02-29 23:59:58", shown(type_of(NAT_TIMESTAMP), Cell(m)));
    EXPECT_EQ("", to(type_of(NAT_DATE), Cell(m), SQL_C_TYPE_DATE, &date));
    EXPECT_EQ("2024-02-29", shown(type_of(NAT_DATE), Cell(m)));
    m.microsecond = 0;
    EXPECT_EQ("", to(type_of(NAT_TIME), Cell(m), SQL_C_TYPE_TIME, &time));
    EXPECT_EQ(58, time.second);
    nat_moment most = {0, 0, 0, 838, 59, 59, 0, true};
    EXPECT_EQ("-838:59:59", shown(type_of(NAT_TIME), Cell(most)));
    EXPECT_EQ("22008", to(type_of(NAT_TIME), Cell(most), SQL_C_TYPE_TIME, &time));
}

TEST(ConvertBinary, ZeroDates)
{
    SQL_DATE_STRUCT date = {};
    nat_moment zero = {};
    EXPECT_EQ("NULL", to(type_of(NAT_DATE), Cell(zero), SQL_C_TYPE_DATE, &date, true));
    EXPECT_EQ("22007", to(type_of(NAT_DATE), Cell(zero), SQL_C_TYPE_DATE, &date));
    EXPECT_EQ("0000-00-00", shown(type_of(NAT_DATE), Cell(zero)));
    EXPECT_EQ("0000-00-00 00:00:00", shown(type_of(NAT_TIMESTAMP), Cell(zero)));
    nat_type as_text = type_of(NAT_DATE);
    as_text.wire = WIRE_MY_TEXT;
    struct {
        char s[10];
    } cell;
    memcpy(cell.s, "2024-00-01", 10);
    EXPECT_EQ("NULL", to(as_text, Cell(cell), SQL_C_TYPE_DATE, &date, true));
    EXPECT_EQ("22007", to(as_text, Cell(cell), SQL_C_TYPE_DATE, &date));
}

// What is not of the kind's form is refused, whatever its length.
TEST(ConvertBinary, Malformed)
{
    SQLINTEGER i = 0;
    SQL_DATE_STRUCT date = {};
    nat_moment m = {2024, 13, 1, 0, 0, 0, 0, false};
    EXPECT_EQ("22018", to(type_of(NAT_INT4), Cell('x'), SQL_C_SLONG, &i));
    EXPECT_EQ("22018", shown(type_of(NAT_INT4), Cell('x')));
    EXPECT_EQ("22018", shown(type_of(NAT_FLOAT8), Cell('x')));
    EXPECT_EQ("22007", to(type_of(NAT_DATE), Cell(m), SQL_C_TYPE_DATE, &date));
    EXPECT_EQ("22007", to(type_of(NAT_DATE), Cell('x'), SQL_C_TYPE_DATE, &date));
}
