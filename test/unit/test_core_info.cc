#include <gtest/gtest.h>

#include <set>
#include <string>

extern "C" {
#include "core/core_priv.h"
}

namespace
{

/* A connection that has not been opened is enough: nothing here asks the server. */
class Info : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        d = dbc();
        e = env();
        e.odbc_version = SQL_OV_ODBC3;
        d.env = &e;
        d.conn = conn_new(&native_pg, &scan_rules_pg);
        ASSERT_NE(nullptr, d.conn);
        diag_init(&d.diag, nullptr);
        arena_init(&d.arena);
    }
    void TearDown() override
    {
        conn_free(d.conn);
        diag_fini(&d.diag);
        arena_fini(&d.arena);
    }
    bool has(SQLUSMALLINT type)
    {
        attr_value v = {};
        return dbc_get_info(&d, type, &v) == SQL_SUCCESS;
    }
    SQLULEN number(SQLUSMALLINT type)
    {
        attr_value v = {};
        EXPECT_EQ(SQL_SUCCESS, dbc_get_info(&d, type, &v)) << type;
        EXPECT_FALSE(v.is_text) << type;
        return v.number;
    }
    std::string words(SQLUSMALLINT type)
    {
        attr_value v = {};
        EXPECT_EQ(SQL_SUCCESS, dbc_get_info(&d, type, &v)) << type;
        EXPECT_TRUE(v.is_text) << type;
        return std::string(v.text.s, v.text.n);
    }
    bool translates(const std::string &sql)
    {
        buf out;
        scan_info scan;
        fault f = {};
        buf_init(&out);
        bool ok = sql_translate(&d, text{sql.data(), sql.size()}, false, &out, &scan, &f);
        buf_fini(&out);
        return ok;
    }
    env e;
    dbc d;
};

/* Every type of ODBC 3.8 but the driver manager's own and the numbers that nobody has given. */
TEST_F(Info, EveryType)
{
    const std::set<int> not_ours = {SQL_DRIVER_HDBC, SQL_DRIVER_HENV,  SQL_DRIVER_HSTMT,
                                    SQL_DRIVER_HLIB, SQL_DRIVER_HDESC, SQL_DM_VER};
    for (int i = 0; i <= 173; i++)
        EXPECT_EQ(not_ours.count(i) == 0, has(static_cast<SQLUSMALLINT>(i))) << i;
    for (int i = 10000; i <= 10005; i++)
        EXPECT_TRUE(has(static_cast<SQLUSMALLINT>(i))) << i;
    for (int i = 10021; i <= 10025; i++)
        EXPECT_TRUE(has(static_cast<SQLUSMALLINT>(i))) << i;
    EXPECT_FALSE(has(9999));
    EXPECT_EQ(1u, d.diag.n ? d.diag.recs[0].sqlstate == std::string("HY096") : 0u);
}

TEST_F(Info, Forms)
{
    attr_value v = {};
    ASSERT_EQ(SQL_SUCCESS, dbc_get_info(&d, SQL_TXN_CAPABLE, &v));
    EXPECT_EQ(2u, v.size);
    ASSERT_EQ(SQL_SUCCESS, dbc_get_info(&d, SQL_STRING_FUNCTIONS, &v));
    EXPECT_EQ(4u, v.size);
    EXPECT_EQ("PostgreSQL", words(SQL_DBMS_NAME));
    EXPECT_EQ("\"", words(SQL_IDENTIFIER_QUOTE_CHAR));
    EXPECT_EQ("03.80", words(SQL_DRIVER_ODBC_VER));
    for (SQLUSMALLINT type : {SQL_DRIVER_VER, SQL_DBMS_VER}) {
        std::string version = words(type);
        ASSERT_EQ(10u, version.size()) << version;
        EXPECT_EQ('.', version[2]);
        EXPECT_EQ('.', version[5]);
    }
}

/* What the bitmaps promise, sql_translate() knows; what they do not, it does not. */
TEST_F(Info, ScalarFunctions)
{
    static const struct {
        SQLUSMALLINT type;
        SQLULEN bit;
        const char *call;
    } rows[] = {
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_CONCAT, "CONCAT(a, b)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_INSERT, "INSERT(a, 1, 2, b)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_LEFT, "LEFT(a, 1)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_LTRIM, "LTRIM(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_LENGTH, "LENGTH(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_LOCATE, "LOCATE(a, b, 1)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_LCASE, "LCASE(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_REPEAT, "REPEAT(a, 2)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_REPLACE, "REPLACE(a, b, c)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_RIGHT, "RIGHT(a, 2)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_RTRIM, "RTRIM(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_SUBSTRING, "SUBSTRING(a, 1, 2)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_UCASE, "UCASE(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_ASCII, "ASCII(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_CHAR, "CHAR(65)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_LOCATE_2, "LOCATE(a, b)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_SPACE, "SPACE(3)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_BIT_LENGTH, "BIT_LENGTH(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_CHAR_LENGTH, "CHAR_LENGTH(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_CHARACTER_LENGTH, "CHARACTER_LENGTH(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_OCTET_LENGTH, "OCTET_LENGTH(a)"},
        {SQL_STRING_FUNCTIONS, SQL_FN_STR_POSITION, "POSITION(a IN b)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_ABS, "ABS(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_ACOS, "ACOS(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_ASIN, "ASIN(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_ATAN, "ATAN(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_ATAN2, "ATAN2(a, b)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_CEILING, "CEILING(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_COS, "COS(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_COT, "COT(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_EXP, "EXP(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_FLOOR, "FLOOR(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_LOG, "LOG(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_MOD, "MOD(a, b)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_SIGN, "SIGN(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_SIN, "SIN(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_SQRT, "SQRT(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_TAN, "TAN(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_PI, "PI()"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_RAND, "RAND()"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_DEGREES, "DEGREES(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_LOG10, "LOG10(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_POWER, "POWER(a, b)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_RADIANS, "RADIANS(a)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_ROUND, "ROUND(a, 2)"},
        {SQL_NUMERIC_FUNCTIONS, SQL_FN_NUM_TRUNCATE, "TRUNCATE(a, 2)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_NOW, "NOW()"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_CURDATE, "CURDATE()"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_DAYOFMONTH, "DAYOFMONTH(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_DAYOFWEEK, "DAYOFWEEK(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_DAYOFYEAR, "DAYOFYEAR(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_MONTH, "MONTH(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_QUARTER, "QUARTER(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_WEEK, "WEEK(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_YEAR, "YEAR(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_CURTIME, "CURTIME()"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_HOUR, "HOUR(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_MINUTE, "MINUTE(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_SECOND, "SECOND(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_TIMESTAMPADD, "TIMESTAMPADD(SQL_TSI_DAY, 1, a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_TIMESTAMPDIFF, "TIMESTAMPDIFF(SQL_TSI_DAY, a, b)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_DAYNAME, "DAYNAME(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_MONTHNAME, "MONTHNAME(a)"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_CURRENT_DATE, "CURRENT_DATE()"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_CURRENT_TIME, "CURRENT_TIME()"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_CURRENT_TIMESTAMP, "CURRENT_TIMESTAMP()"},
        {SQL_TIMEDATE_FUNCTIONS, SQL_FN_TD_EXTRACT, "EXTRACT(YEAR FROM a)"},
        {SQL_SYSTEM_FUNCTIONS, SQL_FN_SYS_USERNAME, "USER()"},
        {SQL_SYSTEM_FUNCTIONS, SQL_FN_SYS_DBNAME, "DATABASE()"},
        {SQL_SYSTEM_FUNCTIONS, SQL_FN_SYS_IFNULL, "IFNULL(a, b)"},
        {SQL_CONVERT_FUNCTIONS, SQL_FN_CVT_CONVERT, "CONVERT(a, SQL_INTEGER)"},
        {SQL_CONVERT_FUNCTIONS, SQL_FN_CVT_CAST, "CAST(a AS integer)"},
    };
    SQLULEN seen[5] = {};
    const SQLUSMALLINT types[5] = {SQL_STRING_FUNCTIONS, SQL_NUMERIC_FUNCTIONS,
                                   SQL_TIMEDATE_FUNCTIONS, SQL_SYSTEM_FUNCTIONS,
                                   SQL_CONVERT_FUNCTIONS};
    for (const auto &row : rows) {
        EXPECT_TRUE(translates("SELECT {fn " + std::string(row.call) + "}")) << row.call;
        for (int i = 0; i < 5; i++)
            if (types[i] == row.type)
                seen[i] |= row.bit;
    }
    for (int i = 0; i < 5; i++)
        EXPECT_EQ(seen[i], number(types[i])) << types[i];
}

TEST_F(Info, Functions)
{
    SQLUSMALLINT one = 7, all[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE], old[100];
    EXPECT_EQ(SQL_SUCCESS, dbc_get_functions(&d, SQL_API_SQLFETCH, &one));
    EXPECT_EQ(SQL_TRUE, one);
    EXPECT_EQ(SQL_SUCCESS, dbc_get_functions(&d, SQL_API_SQLBROWSECONNECT, &one));
    EXPECT_EQ(SQL_FALSE, one);
    EXPECT_EQ(SQL_SUCCESS, dbc_get_functions(&d, SQL_API_ODBC3_ALL_FUNCTIONS, all));
    EXPECT_TRUE(SQL_FUNC_EXISTS(all, SQL_API_SQLFETCHSCROLL));
    EXPECT_TRUE(SQL_FUNC_EXISTS(all, SQL_API_SQLSETPOS));
    EXPECT_FALSE(SQL_FUNC_EXISTS(all, SQL_API_SQLBROWSECONNECT));
    EXPECT_EQ(SQL_SUCCESS, dbc_get_functions(&d, SQL_API_ALL_FUNCTIONS, old));
    EXPECT_EQ(SQL_TRUE, old[SQL_API_SQLPREPARE]);
    EXPECT_EQ(SQL_TRUE, old[SQL_API_SQLSETPOS]);
    EXPECT_EQ(SQL_FALSE, old[SQL_API_SQLBROWSECONNECT]);
}

} // namespace
