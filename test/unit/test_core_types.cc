#include <gtest/gtest.h>

extern "C" {
#include "core/core_priv.h"
}

namespace
{

nat_type make(nat_kind kind, int64_t length = -1, int32_t precision = -1, int32_t scale = 0)
{
    nat_type t = {};
    t.kind = kind;
    t.wire = WIRE_PG_TEXT;
    t.nullable = -1;
    t.length = length;
    t.precision = precision;
    t.scale = scale;
    return t;
}

nat_type make_unsigned(nat_kind kind)
{
    nat_type t = make(kind);
    t.is_unsigned = true;
    return t;
}

struct Fact {
    const char *name;
    nat_type type;
    SQLSMALLINT narrow, wide;
    SQLULEN size;
    SQLSMALLINT digits;
    SQLLEN display, octets;
};

const Fact facts[] = {
    {"bool", make(NAT_BOOL), SQL_BIT, SQL_BIT, 1, 0, 1, 1},
    {"tinyint", make(NAT_INT1), SQL_TINYINT, SQL_TINYINT, 3, 0, 4, 1},
    {"tinyint unsigned", make_unsigned(NAT_INT1), SQL_TINYINT, SQL_TINYINT, 3, 0, 3, 1},
    {"int2", make(NAT_INT2), SQL_SMALLINT, SQL_SMALLINT, 5, 0, 6, 2},
    {"int4", make(NAT_INT4), SQL_INTEGER, SQL_INTEGER, 10, 0, 11, 4},
    {"oid", make_unsigned(NAT_INT4), SQL_INTEGER, SQL_INTEGER, 10, 0, 10, 4},
    {"int8", make(NAT_INT8), SQL_BIGINT, SQL_BIGINT, 19, 0, 20, 8},
    {"xid8", make_unsigned(NAT_INT8), SQL_BIGINT, SQL_BIGINT, 20, 0, 20, 8},
    {"float4", make(NAT_FLOAT4), SQL_REAL, SQL_REAL, 7, 0, 14, 4},
    {"float8", make(NAT_FLOAT8), SQL_DOUBLE, SQL_DOUBLE, 15, 0, 24, 8},
    {"numeric(10,2)", make(NAT_NUMERIC, -1, 10, 2), SQL_NUMERIC, SQL_NUMERIC, 10, 2, 12, 12},
    {"numeric(5,0)", make(NAT_NUMERIC, -1, 5, 0), SQL_NUMERIC, SQL_NUMERIC, 5, 0, 7, 7},
    /* -0.12345 */
    {"numeric(5,5)", make(NAT_NUMERIC, -1, 5, 5), SQL_NUMERIC, SQL_NUMERIC, 5, 5, 8, 8},
    /* -0.00123 */
    {"numeric(3,5)", make(NAT_NUMERIC, -1, 3, 5), SQL_NUMERIC, SQL_NUMERIC, 5, 5, 8, 8},
    /* -99900 */
    {"numeric(3,-2)", make(NAT_NUMERIC, -1, 3, -2), SQL_NUMERIC, SQL_NUMERIC, 5, 0, 7, 7},
    {"numeric", make(NAT_NUMERIC), SQL_NUMERIC, SQL_NUMERIC, 1000, 6, 1002, 1002},
    {"char(3)", make(NAT_CHAR, 3), SQL_CHAR, SQL_WCHAR, 3, 0, 3, 12},
    {"bpchar", make(NAT_CHAR), SQL_LONGVARCHAR, SQL_WLONGVARCHAR, 0, 0, SQL_NO_TOTAL, SQL_NO_TOTAL},
    {"varchar(20)", make(NAT_VARCHAR, 20), SQL_VARCHAR, SQL_WVARCHAR, 20, 0, 20, 80},
    {"varchar", make(NAT_VARCHAR), SQL_LONGVARCHAR, SQL_WLONGVARCHAR, 0, 0, SQL_NO_TOTAL,
     SQL_NO_TOTAL},
    {"text", make(NAT_TEXT), SQL_LONGVARCHAR, SQL_WLONGVARCHAR, 0, 0, SQL_NO_TOTAL, SQL_NO_TOTAL},
    {"longtext", make(NAT_TEXT, 4294967295), SQL_LONGVARCHAR, SQL_WLONGVARCHAR, 4294967295, 0,
     4294967295, INT32_MAX},
    {"binary(4)", make(NAT_BINARY, 4), SQL_BINARY, SQL_BINARY, 4, 0, 8, 4},
    {"varbinary(4)", make(NAT_VARBINARY, 4), SQL_VARBINARY, SQL_VARBINARY, 4, 0, 8, 4},
    {"bytea", make(NAT_BLOB), SQL_LONGVARBINARY, SQL_LONGVARBINARY, 0, 0, SQL_NO_TOTAL,
     SQL_NO_TOTAL},
    {"date", make(NAT_DATE), SQL_TYPE_DATE, SQL_TYPE_DATE, 10, 0, 10, 6},
    {"time", make(NAT_TIME), SQL_TYPE_TIME, SQL_TYPE_TIME, 15, 6, 15, 6},
    {"time(0)", make(NAT_TIME, -1, 0), SQL_TYPE_TIME, SQL_TYPE_TIME, 8, 0, 8, 6},
    {"timestamp", make(NAT_TIMESTAMP), SQL_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 26, 6, 26, 16},
    {"timestamp(0)", make(NAT_TIMESTAMP, -1, 0), SQL_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 19, 0, 19,
     16},
    {"timestamptz(3)", make(NAT_TIMESTAMPTZ, -1, 3), SQL_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 23, 3,
     23, 16},
    {"interval", make(NAT_INTERVAL), SQL_VARCHAR, SQL_WVARCHAR, 90, 0, 90, 360},
    {"uuid", make(NAT_UUID), SQL_GUID, SQL_GUID, 36, 0, 36, 16},
    {"json", make(NAT_JSON), SQL_LONGVARCHAR, SQL_WLONGVARCHAR, 0, 0, SQL_NO_TOTAL, SQL_NO_TOTAL},
    {"inet", make(NAT_OTHER), SQL_LONGVARCHAR, SQL_WLONGVARCHAR, 0, 0, SQL_NO_TOTAL, SQL_NO_TOTAL},
    {"bit(8)", make(NAT_OTHER, 8), SQL_VARCHAR, SQL_WVARCHAR, 8, 0, 8, 32},
};

TEST(Types, Facts)
{
    for (bool wide : {false, true}) {
        dbc d = {};
        d.wide = wide;
        for (const Fact &f : facts) {
            SCOPED_TRACE(f.name);
            EXPECT_EQ(wide ? f.wide : f.narrow, type_sql(&d, &f.type));
            EXPECT_EQ(f.size, type_size(&d, &f.type));
            EXPECT_EQ(f.digits, type_digits(&f.type));
            EXPECT_EQ(f.display, type_display(&d, &f.type));
            EXPECT_EQ(f.octets, type_octets(&d, &f.type));
        }
    }
}

/* Every kind has a row, and what the rows say of it hangs together. */
TEST(Types, TableIsWhole)
{
    dbc d = {};
    for (int kind = 0; kind < NAT_KINDS; kind++) {
        SCOPED_TRACE(kind);
        nat_type t = make(static_cast<nat_kind>(kind));
        SQLSMALLINT sql = type_sql(&d, &t);
        ASSERT_NE(0, sql);
        EXPECT_TRUE(type_known(sql));
        ASSERT_NE(nullptr, type_literal_prefix(&t));
        EXPECT_EQ(*type_literal_prefix(&t) != 0, *type_literal_suffix(&t) != 0);
        EXPECT_EQ(type_is_character(sql) || type_is_binary(sql) || sql == SQL_GUID ||
                      sql == SQL_BIT || type_verbose(sql) == SQL_DATETIME,
                  type_radix(&t) == 0);
        if (type_case_sensitive(&t)) {
            EXPECT_TRUE(type_is_character(sql));
        }
        EXPECT_TRUE(type_searchable(&t) == SQL_PRED_BASIC || type_searchable(&t) == SQL_SEARCHABLE);
    }
    nat_type broken = make(static_cast<nat_kind>(NAT_KINDS + 5));
    EXPECT_EQ(SQL_LONGVARCHAR, type_sql(&d, &broken));
}

TEST(Types, MySqlTimesHaveNoFractionUnlessDeclared)
{
    dbc d = {};
    nat_type t = make(NAT_TIMESTAMP);
    t.wire = WIRE_MY_TEXT;
    EXPECT_EQ(19u, type_size(&d, &t));
    EXPECT_EQ(0, type_digits(&t));
}

TEST(Types, Codes)
{
    static const struct {
        SQLSMALLINT concise, verbose, subcode;
    } rows[] = {
        {SQL_TYPE_DATE, SQL_DATETIME, SQL_CODE_DATE},
        {SQL_TYPE_TIME, SQL_DATETIME, SQL_CODE_TIME},
        {SQL_TYPE_TIMESTAMP, SQL_DATETIME, SQL_CODE_TIMESTAMP},
        {SQL_INTERVAL_YEAR, SQL_INTERVAL, SQL_CODE_YEAR},
        {SQL_INTERVAL_DAY_TO_SECOND, SQL_INTERVAL, SQL_CODE_DAY_TO_SECOND},
        {SQL_INTERVAL_MINUTE_TO_SECOND, SQL_INTERVAL, SQL_CODE_MINUTE_TO_SECOND},
        {SQL_INTEGER, SQL_INTEGER, 0},
        {SQL_VARCHAR, SQL_VARCHAR, 0},
        {SQL_WVARCHAR, SQL_WVARCHAR, 0},
        {SQL_GUID, SQL_GUID, 0},
    };
    for (const auto &row : rows) {
        EXPECT_EQ(row.verbose, type_verbose(row.concise)) << row.concise;
        EXPECT_EQ(row.subcode, type_subcode(row.concise)) << row.concise;
        EXPECT_EQ(row.concise, type_concise(row.verbose, row.subcode)) << row.concise;
        EXPECT_TRUE(type_known(row.concise)) << row.concise;
    }
    EXPECT_EQ(SQL_DATETIME, type_concise(SQL_DATETIME, 0));
    EXPECT_EQ(SQL_DATETIME, type_concise(SQL_DATETIME, 4));
    EXPECT_EQ(SQL_INTERVAL, type_concise(SQL_INTERVAL, 14));
    for (SQLSMALLINT no : {0, 99, 90, 94, 100, 114, -12, -100, 1000})
        EXPECT_FALSE(type_known(no)) << no;
}

} // namespace
