// SQLGetInfo and SQLGetFunctions: what is claimed, holds.
#include "odbc_test.h"

#include <cstring>

namespace
{

class Info : public EveryMode
{
  protected:
    std::string text(SQLUSMALLINT type)
    {
        std::string s;
        EXPECT_TRUE(clean(calls.info_text(dbc, type, &s), dbc)) << type;
        return s;
    }
    SQLUINTEGER number(SQLUSMALLINT type)
    {
        SQLUINTEGER v = 0xdeadbeef;
        EXPECT_TRUE(clean(calls.info(dbc, type, &v, sizeof(v)), dbc)) << type;
        return v;
    }
    SQLUSMALLINT small(SQLUSMALLINT type)
    {
        SQLUSMALLINT v = 0xbeef;
        EXPECT_TRUE(clean(calls.info(dbc, type, &v, sizeof(v)), dbc)) << type;
        return v;
    }
};
ALL_MODES(Info);

TEST_P(Info, Names)
{
    EXPECT_EQ(by("PostgreSQL", my_is_mysql() ? "MySQL" : "MariaDB"), text(SQL_DBMS_NAME));
    EXPECT_EQ("03.80", text(SQL_DRIVER_ODBC_VER));
    std::string v = text(SQL_DBMS_VER), d = text(SQL_DRIVER_VER);
    // "##.##.####"
    for (const std::string &s : {v, d}) {
        ASSERT_GE(s.size(), 10U) << s;
        EXPECT_EQ('.', s[2]) << s;
        EXPECT_EQ('.', s[5]) << s;
    }
    std::string server = stmt.value(by("SHOW server_version", "SELECT VERSION()"));
    EXPECT_EQ(std::stoi(server), std::stoi(v.substr(0, 2))) << v;
    EXPECT_NE(std::string::npos, text(SQL_DRIVER_NAME).find(by("holdfastpg", "holdfastmy")));
    EXPECT_EQ(env("HF_DB_DATABASE"), text(SQL_DATABASE_NAME));
    EXPECT_EQ(env("HF_DB_USER"), text(SQL_USER_NAME));
    EXPECT_FALSE(text(SQL_SERVER_NAME).empty());
    EXPECT_EQ("", text(SQL_DATA_SOURCE_NAME)); // connected without one
    EXPECT_EQ(by("\"", "`"), text(SQL_IDENTIFIER_QUOTE_CHAR));
    EXPECT_EQ("\\", text(SQL_SEARCH_PATTERN_ESCAPE));
    EXPECT_EQ(".", text(SQL_CATALOG_NAME_SEPARATOR));
}

TEST_P(Info, DataSourceName)
{
    Dbc d(*e, connects);
    ASSERT_TRUE(ok(d.open("DSN=hf_full"), d));
    std::string s;
    EXPECT_TRUE(ok(calls.info_text(d, SQL_DATA_SOURCE_NAME, &s), d));
    EXPECT_EQ("hf_full", s);
}

TEST_P(Info, Cut)
{
    const auto full = SQLSMALLINT(by("PostgreSQL", my_is_mysql() ? "MySQL" : "MariaDB").size());
    if (GetParam() == Mode::AonW) {
        GTEST_SUCCEED(); // the driver manager's own doing
    } else if (calls.wide) {
        SQLWCHAR w[5] = {1, 1, 1, 1, 1};
        SQLSMALLINT n = 0;
        EXPECT_TRUE(warns(SQLGetInfoW(dbc, SQL_DBMS_NAME, w, 8, &n), dbc, "01004"));
        EXPECT_EQ(full * 2, n);
        EXPECT_EQ(by("Pos", my_is_mysql() ? "MyS" : "Mar"), u8of(w, 3));
        EXPECT_EQ(0, w[3]);
        EXPECT_EQ(1, w[4]);
    } else {
        char a[5] = {1, 1, 1, 1, 1};
        SQLSMALLINT n = 0;
        EXPECT_TRUE(warns(SQLGetInfo(dbc, SQL_DBMS_NAME, a, 4, &n), dbc, "01004"));
        EXPECT_EQ(full, n);
        EXPECT_EQ(by("Pos", my_is_mysql() ? "MyS" : "Mar"), a);
        EXPECT_EQ(1, a[4]);
    }
    SQLSMALLINT n = 0;
    EXPECT_TRUE(ok(calls.wide ? SQLGetInfoW(dbc, SQL_DBMS_NAME, nullptr, 0, &n)
                              : SQLGetInfo(dbc, SQL_DBMS_NAME, nullptr, 0, &n),
                   dbc));
    EXPECT_EQ(calls.wide || GetParam() == Mode::AonW ? full * 2 : full, n); // unixODBC hands W's bytes on
}

TEST_P(Info, UnknownType)
{
    SQLUINTEGER v;
    EXPECT_TRUE(fails(calls.info(dbc, 31337, &v, sizeof(v)), dbc, "HY096"));
}

// Every information type of ODBC 3.8 has an answer.
TEST_P(Info, EveryTypeIsAnswered)
{
    const SQLUSMALLINT types[] = {
        SQL_ACCESSIBLE_PROCEDURES,
        SQL_ACCESSIBLE_TABLES,
        SQL_ACTIVE_ENVIRONMENTS,
        SQL_AGGREGATE_FUNCTIONS,
        SQL_ALTER_DOMAIN,
        SQL_ALTER_TABLE,
        SQL_ASYNC_MODE,
        SQL_BATCH_ROW_COUNT,
        SQL_BATCH_SUPPORT,
        SQL_BOOKMARK_PERSISTENCE,
        SQL_CATALOG_LOCATION,
        SQL_CATALOG_NAME,
        SQL_CATALOG_NAME_SEPARATOR,
        SQL_CATALOG_TERM,
        SQL_CATALOG_USAGE,
        SQL_COLLATION_SEQ,
        SQL_COLUMN_ALIAS,
        SQL_CONCAT_NULL_BEHAVIOR,
        SQL_CONVERT_BIGINT,
        SQL_CONVERT_FUNCTIONS,
        SQL_CORRELATION_NAME,
        SQL_CREATE_ASSERTION,
        SQL_CREATE_CHARACTER_SET,
        SQL_CREATE_COLLATION,
        SQL_CREATE_DOMAIN,
        SQL_CREATE_SCHEMA,
        SQL_CREATE_TABLE,
        SQL_CREATE_TRANSLATION,
        SQL_CREATE_VIEW,
        SQL_CURSOR_COMMIT_BEHAVIOR,
        SQL_CURSOR_ROLLBACK_BEHAVIOR,
        SQL_CURSOR_SENSITIVITY,
        SQL_DATA_SOURCE_NAME,
        SQL_DATA_SOURCE_READ_ONLY,
        SQL_DATABASE_NAME,
        SQL_DATETIME_LITERALS,
        SQL_DBMS_NAME,
        SQL_DBMS_VER,
        SQL_DDL_INDEX,
        SQL_DEFAULT_TXN_ISOLATION,
        SQL_DESCRIBE_PARAMETER,
        SQL_DM_VER,
        SQL_DRIVER_NAME,
        SQL_DRIVER_ODBC_VER,
        SQL_DRIVER_VER,
        SQL_DROP_ASSERTION,
        SQL_DROP_CHARACTER_SET,
        SQL_DROP_COLLATION,
        SQL_DROP_DOMAIN,
        SQL_DROP_SCHEMA,
        SQL_DROP_TABLE,
        SQL_DROP_TRANSLATION,
        SQL_DROP_VIEW,
        SQL_DYNAMIC_CURSOR_ATTRIBUTES1,
        SQL_DYNAMIC_CURSOR_ATTRIBUTES2,
        SQL_EXPRESSIONS_IN_ORDERBY,
        SQL_FILE_USAGE,
        SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1,
        SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES2,
        SQL_GETDATA_EXTENSIONS,
        SQL_GROUP_BY,
        SQL_IDENTIFIER_CASE,
        SQL_IDENTIFIER_QUOTE_CHAR,
        SQL_INDEX_KEYWORDS,
        SQL_INFO_SCHEMA_VIEWS,
        SQL_INSERT_STATEMENT,
        SQL_INTEGRITY,
        SQL_KEYSET_CURSOR_ATTRIBUTES1,
        SQL_KEYSET_CURSOR_ATTRIBUTES2,
        SQL_KEYWORDS,
        SQL_LIKE_ESCAPE_CLAUSE,
        SQL_MAX_ASYNC_CONCURRENT_STATEMENTS,
        SQL_MAX_BINARY_LITERAL_LEN,
        SQL_MAX_CATALOG_NAME_LEN,
        SQL_MAX_CHAR_LITERAL_LEN,
        SQL_MAX_COLUMN_NAME_LEN,
        SQL_MAX_COLUMNS_IN_GROUP_BY,
        SQL_MAX_COLUMNS_IN_INDEX,
        SQL_MAX_COLUMNS_IN_ORDER_BY,
        SQL_MAX_COLUMNS_IN_SELECT,
        SQL_MAX_COLUMNS_IN_TABLE,
        SQL_MAX_CONCURRENT_ACTIVITIES,
        SQL_MAX_CURSOR_NAME_LEN,
        SQL_MAX_DRIVER_CONNECTIONS,
        SQL_MAX_IDENTIFIER_LEN,
        SQL_MAX_INDEX_SIZE,
        SQL_MAX_PROCEDURE_NAME_LEN,
        SQL_MAX_ROW_SIZE,
        SQL_MAX_ROW_SIZE_INCLUDES_LONG,
        SQL_MAX_SCHEMA_NAME_LEN,
        SQL_MAX_STATEMENT_LEN,
        SQL_MAX_TABLE_NAME_LEN,
        SQL_MAX_TABLES_IN_SELECT,
        SQL_MAX_USER_NAME_LEN,
        SQL_MULT_RESULT_SETS,
        SQL_MULTIPLE_ACTIVE_TXN,
        SQL_NEED_LONG_DATA_LEN,
        SQL_NON_NULLABLE_COLUMNS,
        SQL_NULL_COLLATION,
        SQL_NUMERIC_FUNCTIONS,
        SQL_ODBC_INTERFACE_CONFORMANCE,
        SQL_ODBC_VER,
        SQL_OJ_CAPABILITIES,
        SQL_ORDER_BY_COLUMNS_IN_SELECT,
        SQL_PARAM_ARRAY_ROW_COUNTS,
        SQL_PARAM_ARRAY_SELECTS,
        SQL_PROCEDURE_TERM,
        SQL_PROCEDURES,
        SQL_QUOTED_IDENTIFIER_CASE,
        SQL_ROW_UPDATES,
        SQL_SCHEMA_TERM,
        SQL_SCHEMA_USAGE,
        SQL_SCROLL_OPTIONS,
        SQL_SEARCH_PATTERN_ESCAPE,
        SQL_SERVER_NAME,
        SQL_SPECIAL_CHARACTERS,
        SQL_SQL_CONFORMANCE,
        SQL_SQL92_DATETIME_FUNCTIONS,
        SQL_SQL92_FOREIGN_KEY_DELETE_RULE,
        SQL_SQL92_FOREIGN_KEY_UPDATE_RULE,
        SQL_SQL92_GRANT,
        SQL_SQL92_NUMERIC_VALUE_FUNCTIONS,
        SQL_SQL92_PREDICATES,
        SQL_SQL92_RELATIONAL_JOIN_OPERATORS,
        SQL_SQL92_REVOKE,
        SQL_SQL92_ROW_VALUE_CONSTRUCTOR,
        SQL_SQL92_STRING_FUNCTIONS,
        SQL_SQL92_VALUE_EXPRESSIONS,
        SQL_STANDARD_CLI_CONFORMANCE,
        SQL_STATIC_CURSOR_ATTRIBUTES1,
        SQL_STATIC_CURSOR_ATTRIBUTES2,
        SQL_STRING_FUNCTIONS,
        SQL_SUBQUERIES,
        SQL_SYSTEM_FUNCTIONS,
        SQL_TABLE_TERM,
        SQL_TIMEDATE_ADD_INTERVALS,
        SQL_TIMEDATE_DIFF_INTERVALS,
        SQL_TIMEDATE_FUNCTIONS,
        SQL_TXN_CAPABLE,
        SQL_TXN_ISOLATION_OPTION,
        SQL_UNION,
        SQL_USER_NAME,
        SQL_XOPEN_CLI_YEAR,
        SQL_DRIVER_HDBC,
        SQL_DRIVER_HENV,
        SQL_POS_OPERATIONS,
        SQL_LOCK_TYPES,
        SQL_POSITIONED_STATEMENTS,
        SQL_SCROLL_CONCURRENCY,
        SQL_STATIC_SENSITIVITY,
        SQL_FETCH_DIRECTION,
        SQL_ODBC_SQL_CONFORMANCE,
        SQL_ODBC_API_CONFORMANCE,
        SQL_OUTER_JOINS,
    };
    for (SQLUSMALLINT type : types) {
        char room[4096];
        SQLSMALLINT n = -1;
        SQLRETURN rc = calls.wide ? SQLGetInfoW(dbc, type, room, sizeof(room), &n)
                                  : SQLGetInfo(dbc, type, room, sizeof(room), &n);
        EXPECT_TRUE(clean(rc, dbc)) << type;
    }
}

TEST_P(Info, Keywords)
{
    std::string all = "," + text(SQL_KEYWORDS) + ",";
    // PostgreSQL's own list knows each as more than a plain word.
    size_t at = 1, end;
    int tried = 0;
    while ((end = all.find(',', at)) != std::string::npos) {
        std::string word = all.substr(at, end - at);
        at = end + 1;
        if (word.empty())
            continue;
        tried++;
        EXPECT_EQ("1", stmt.value("SELECT count(*) > 0 FROM pg_get_keywords()"
                                  " WHERE word = lower('" +
                                  word + "') AND catcode <> 'U'"))
            << word;
    }
    EXPECT_GT(tried, 10);
}

TEST_P(Info, IdentifierCase)
{
    EXPECT_EQ(my() ? SQL_IC_SENSITIVE : SQL_IC_LOWER, small(SQL_IDENTIFIER_CASE));
    EXPECT_EQ(SQL_IC_SENSITIVE, small(SQL_QUOTED_IDENTIFIER_CASE));
    ASSERT_TRUE(ok(stmt.exec("SELECT 1 AS MiXed, 2 AS \"MiXed\""), stmt));
    EXPECT_EQ(by("mixed", "MiXed"), stmt.column(1).name);
    EXPECT_EQ("MiXed", stmt.column(2).name);
}

TEST_P(Info, Nulls)
{
    EXPECT_EQ(my() ? SQL_NC_LOW : SQL_NC_HIGH, small(SQL_NULL_COLLATION));
    EXPECT_EQ(by("1\nNULL\n", "NULL\n1\n"),
              shown(stmt.rows("SELECT x FROM (SELECT NULL AS x UNION SELECT 1) t ORDER BY x")));
    EXPECT_EQ(SQL_CB_NULL, small(SQL_CONCAT_NULL_BEHAVIOR));
    EXPECT_EQ("NULL", stmt.value("SELECT 'a' || NULL"));
}

// ---- scalar functions: every bit claimed works as {fn ...} ----

struct Scalar {
    SQLUINTEGER bit;
    const char *call, *wanted; // wanted "": any
};

TEST_P(Info, StringFunctions)
{
    const Scalar functions[] = {
        {SQL_FN_STR_ASCII, "ASCII('A')", "65"},
        {SQL_FN_STR_BIT_LENGTH, "BIT_LENGTH('ab')", "16"},
        {SQL_FN_STR_CHAR, "CHAR(65)", "A"},
        {SQL_FN_STR_CHAR_LENGTH, "CHAR_LENGTH('ab')", "2"},
        {SQL_FN_STR_CHARACTER_LENGTH, "CHARACTER_LENGTH('ab')", "2"},
        {SQL_FN_STR_CONCAT, "CONCAT('a', 'b')", "ab"},
        {SQL_FN_STR_INSERT, "INSERT('abc', 2, 1, 'X')", "aXc"},
        {SQL_FN_STR_LCASE, "LCASE('AB')", "ab"},
        {SQL_FN_STR_LEFT, "LEFT('abc', 2)", "ab"},
        {SQL_FN_STR_LENGTH, "LENGTH('ab ')", "2"},
        {SQL_FN_STR_LOCATE, "LOCATE('b', 'abcb', 3)", "4"},
        {SQL_FN_STR_LOCATE_2, "LOCATE('b', 'abcb')", "2"},
        {SQL_FN_STR_LTRIM, "LTRIM('  a')", "a"},
        {SQL_FN_STR_OCTET_LENGTH, "OCTET_LENGTH('ab')", "2"},
        {SQL_FN_STR_POSITION, "POSITION('b' IN 'abc')", "2"},
        {SQL_FN_STR_REPEAT, "REPEAT('ab', 2)", "abab"},
        {SQL_FN_STR_REPLACE, "REPLACE('abc', 'b', 'X')", "aXc"},
        {SQL_FN_STR_RIGHT, "RIGHT('abc', 2)", "bc"},
        {SQL_FN_STR_RTRIM, "RTRIM('a  ')", "a"},
        {SQL_FN_STR_SPACE, "SPACE(2)", "  "},
        {SQL_FN_STR_SUBSTRING, "SUBSTRING('abcd', 2, 2)", "bc"},
        {SQL_FN_STR_UCASE, "UCASE('ab')", "AB"},
    };
    SQLUINTEGER claimed = number(SQL_STRING_FUNCTIONS);
    for (const Scalar &f : functions)
        if (claimed & f.bit)
            EXPECT_EQ(f.wanted, stmt.value(std::string("SELECT {fn ") + f.call + "}")) << f.call;
    EXPECT_TRUE(claimed & SQL_FN_STR_UCASE);
}

TEST_P(Info, NumericFunctions)
{
    const Scalar functions[] = {
        {SQL_FN_NUM_ABS, "ABS(-2)", "2"},
        {SQL_FN_NUM_ACOS, "ACOS(1)", "0"},
        {SQL_FN_NUM_ASIN, "ASIN(0)", "0"},
        {SQL_FN_NUM_ATAN, "ATAN(0)", "0"},
        {SQL_FN_NUM_ATAN2, "ATAN2(0, 1)", "0"},
        {SQL_FN_NUM_CEILING, "CEILING(1.2)", "2"},
        {SQL_FN_NUM_COS, "COS(0)", "1"},
        {SQL_FN_NUM_COT, "COT(1)", ""},
        {SQL_FN_NUM_DEGREES, "DEGREES(0)", "0"},
        {SQL_FN_NUM_EXP, "EXP(0.0)", ""},
        {SQL_FN_NUM_FLOOR, "FLOOR(1.8)", "1"},
        {SQL_FN_NUM_LOG, "LOG(1.0)", ""},
        {SQL_FN_NUM_LOG10, "LOG10(100.0)", ""},
        {SQL_FN_NUM_MOD, "MOD(7, 3)", "1"},
        {SQL_FN_NUM_PI, "PI()", "3.141592653589793"},
        {SQL_FN_NUM_POWER, "POWER(2, 3)", "8"},
        {SQL_FN_NUM_RADIANS, "RADIANS(0)", "0"},
        {SQL_FN_NUM_RAND, "RAND()", ""},
        {SQL_FN_NUM_RAND, "RAND(5)", ""},
        {SQL_FN_NUM_ROUND, "ROUND(2.345, 1)", "2.3"},
        {SQL_FN_NUM_SIGN, "SIGN(-3)", "-1"},
        {SQL_FN_NUM_SIN, "SIN(0)", "0"},
        {SQL_FN_NUM_SQRT, "SQRT(4.0)", ""},
        {SQL_FN_NUM_TAN, "TAN(0)", "0"},
        {SQL_FN_NUM_TRUNCATE, "TRUNCATE(2.345, 1)", "2.3"},
    };
    SQLUINTEGER claimed = number(SQL_NUMERIC_FUNCTIONS);
    for (const Scalar &f : functions) {
        if (!(claimed & f.bit))
            continue;
        std::string v = stmt.value(std::string("SELECT {fn ") + f.call + "}");
        if (*f.wanted)
            EXPECT_EQ(f.wanted, v) << f.call;
        else
            EXPECT_NE("", v) << f.call;
    }
}

TEST_P(Info, TimeDateFunctions)
{
    const Scalar functions[] = {
        {SQL_FN_TD_CURDATE, "CURDATE()", ""},
        {SQL_FN_TD_CURRENT_DATE, "CURRENT_DATE()", ""},
        {SQL_FN_TD_CURRENT_TIME, "CURRENT_TIME()", ""},
        {SQL_FN_TD_CURRENT_TIMESTAMP, "CURRENT_TIMESTAMP()", ""},
        {SQL_FN_TD_CURTIME, "CURTIME()", ""},
        {SQL_FN_TD_DAYNAME, "DAYNAME({d '2020-01-02'})", "Thursday"},
        {SQL_FN_TD_DAYOFMONTH, "DAYOFMONTH({d '2020-01-02'})", "2"},
        {SQL_FN_TD_DAYOFWEEK, "DAYOFWEEK({d '2020-01-02'})", "5"},
        {SQL_FN_TD_DAYOFYEAR, "DAYOFYEAR({d '2020-02-01'})", "32"},
        {SQL_FN_TD_EXTRACT, "EXTRACT(YEAR FROM {d '2020-01-02'})", "2020"},
        {SQL_FN_TD_HOUR, "HOUR({t '13:14:15'})", "13"},
        {SQL_FN_TD_MINUTE, "MINUTE({t '13:14:15'})", "14"},
        {SQL_FN_TD_MONTH, "MONTH({d '2020-02-01'})", "2"},
        {SQL_FN_TD_MONTHNAME, "MONTHNAME({d '2020-02-01'})", "February"},
        {SQL_FN_TD_NOW, "NOW()", ""},
        {SQL_FN_TD_QUARTER, "QUARTER({d '2020-05-01'})", "2"},
        {SQL_FN_TD_SECOND, "SECOND({t '13:14:15'})", "15"},
        {SQL_FN_TD_WEEK, "WEEK({d '2020-01-09'})", "2"},
        {SQL_FN_TD_YEAR, "YEAR({d '2020-01-02'})", "2020"},
    };
    SQLUINTEGER claimed = number(SQL_TIMEDATE_FUNCTIONS);
    for (const Scalar &f : functions) {
        if (!(claimed & f.bit))
            continue;
        std::string v = stmt.value(std::string("SELECT {fn ") + f.call + "}");
        if (*f.wanted)
            EXPECT_EQ(f.wanted, v) << f.call;
    }
    const std::pair<SQLUINTEGER, const char *> units[] = {
        {SQL_FN_TSI_FRAC_SECOND, "FRAC_SECOND"},
        {SQL_FN_TSI_SECOND, "SECOND"},
        {SQL_FN_TSI_MINUTE, "MINUTE"},
        {SQL_FN_TSI_HOUR, "HOUR"},
        {SQL_FN_TSI_DAY, "DAY"},
        {SQL_FN_TSI_WEEK, "WEEK"},
        {SQL_FN_TSI_MONTH, "MONTH"},
        {SQL_FN_TSI_QUARTER, "QUARTER"},
        {SQL_FN_TSI_YEAR, "YEAR"},
    };
    for (const auto &[bit, unit] : units) {
        std::string u = std::string("SQL_TSI_") + unit, start = "{ts '2020-01-01 00:00:00'}";
        std::string added = "{fn TIMESTAMPADD(" + u + ", 4000, " + start + ")}";
        if (number(SQL_TIMEDATE_ADD_INTERVALS) & bit)
            EXPECT_NE("", stmt.value("SELECT " + added)) << unit;
        if (number(SQL_TIMEDATE_DIFF_INTERVALS) & bit)
            EXPECT_EQ("4000", stmt.value("SELECT {fn TIMESTAMPDIFF(" + u + ", " + start + ", " +
                                         added + ")}"))
                << unit;
    }
}

TEST_P(Info, SystemAndConvertFunctions)
{
    SQLUINTEGER claimed = number(SQL_SYSTEM_FUNCTIONS);
    if (claimed & SQL_FN_SYS_DBNAME)
        EXPECT_EQ(env("HF_DB_DATABASE"), stmt.value("SELECT {fn DATABASE()}"));
    if (claimed & SQL_FN_SYS_USERNAME)
        EXPECT_EQ(env("HF_DB_USER"), stmt.value("SELECT {fn USER()}"));
    if (claimed & SQL_FN_SYS_IFNULL)
        EXPECT_EQ("1", stmt.value("SELECT {fn IFNULL(NULL, 1)}"));

    const struct {
        SQLUINTEGER bit;
        const char *to;
    } targets[] = {
        {SQL_CVT_BIGINT, "SQL_BIGINT"},
        {SQL_CVT_BIT, "SQL_BIT"},
        {SQL_CVT_CHAR, "SQL_CHAR"},
        {SQL_CVT_DATE, "SQL_DATE"},
        {SQL_CVT_DECIMAL, "SQL_DECIMAL"},
        {SQL_CVT_DOUBLE, "SQL_DOUBLE"},
        {SQL_CVT_FLOAT, "SQL_FLOAT"},
        {SQL_CVT_INTEGER, "SQL_INTEGER"},
        {SQL_CVT_LONGVARCHAR, "SQL_LONGVARCHAR"},
        {SQL_CVT_NUMERIC, "SQL_NUMERIC"},
        {SQL_CVT_REAL, "SQL_REAL"},
        {SQL_CVT_SMALLINT, "SQL_SMALLINT"},
        {SQL_CVT_TIME, "SQL_TIME"},
        {SQL_CVT_TIMESTAMP, "SQL_TIMESTAMP"},
        {SQL_CVT_TINYINT, "SQL_TINYINT"},
        {SQL_CVT_VARBINARY, "SQL_VARBINARY"},
        {SQL_CVT_VARCHAR, "SQL_VARCHAR"},
        {SQL_CVT_WVARCHAR, "SQL_WVARCHAR"},
        {SQL_CVT_GUID, "SQL_GUID"},
    };
    const struct {
        SQLUSMALLINT type;
        const char *value;
    } sources[] = {
        {SQL_CONVERT_BIGINT, "1::bigint"},
        {SQL_CONVERT_BIT, "true"},
        {SQL_CONVERT_DATE, "{d '2020-01-02'}"},
        {SQL_CONVERT_DOUBLE, "1.0::float8"},
        {SQL_CONVERT_INTEGER, "1::int"},
        {SQL_CONVERT_NUMERIC, "1::numeric"},
        {SQL_CONVERT_REAL, "1::real"},
        {SQL_CONVERT_SMALLINT, "1::smallint"},
        {SQL_CONVERT_TIME, "{t '13:14:15'}"},
        {SQL_CONVERT_TIMESTAMP, "{ts '2020-01-02 03:04:05'}"},
        {SQL_CONVERT_VARBINARY, "'\\x01'::bytea"},
        {SQL_CONVERT_GUID, "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid"},
    };
    for (const auto &s : sources)
        for (const auto &t : targets)
            if (number(s.type) & t.bit) {
                EXPECT_TRUE(
                    ok(stmt.exec(std::string("SELECT {fn CONVERT(") + s.value + ", " + t.to + ")}"),
                       stmt))
                    << s.value << " " << t.to;
                stmt.close();
            }
}

// ---- functions ----

TEST_P(Info, Functions)
{
    SQLUSMALLINT all[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE] = {};
    ASSERT_TRUE(clean(SQLGetFunctions(dbc, SQL_API_ODBC3_ALL_FUNCTIONS, all), dbc));
    const SQLUSMALLINT core[] = {
        SQL_API_SQLALLOCHANDLE,   SQL_API_SQLBINDCOL,        SQL_API_SQLBINDPARAMETER,
        SQL_API_SQLCANCEL,        SQL_API_SQLCLOSECURSOR,    SQL_API_SQLCOLATTRIBUTE,
        SQL_API_SQLCOLUMNS,       SQL_API_SQLCONNECT,        SQL_API_SQLCOPYDESC,
        SQL_API_SQLDESCRIBECOL,   SQL_API_SQLDISCONNECT,     SQL_API_SQLDRIVERCONNECT,
        SQL_API_SQLENDTRAN,       SQL_API_SQLEXECDIRECT,     SQL_API_SQLEXECUTE,
        SQL_API_SQLFETCH,         SQL_API_SQLFETCHSCROLL,    SQL_API_SQLFREEHANDLE,
        SQL_API_SQLFREESTMT,      SQL_API_SQLGETCONNECTATTR, SQL_API_SQLGETCURSORNAME,
        SQL_API_SQLGETDATA,       SQL_API_SQLGETDESCFIELD,   SQL_API_SQLGETDESCREC,
        SQL_API_SQLGETDIAGFIELD,  SQL_API_SQLGETDIAGREC,     SQL_API_SQLGETENVATTR,
        SQL_API_SQLGETFUNCTIONS,  SQL_API_SQLGETINFO,        SQL_API_SQLGETSTMTATTR,
        SQL_API_SQLGETTYPEINFO,   SQL_API_SQLNATIVESQL,      SQL_API_SQLNUMPARAMS,
        SQL_API_SQLNUMRESULTCOLS, SQL_API_SQLPARAMDATA,      SQL_API_SQLPREPARE,
        SQL_API_SQLPUTDATA,       SQL_API_SQLROWCOUNT,       SQL_API_SQLSETCONNECTATTR,
        SQL_API_SQLSETCURSORNAME, SQL_API_SQLSETDESCFIELD,   SQL_API_SQLSETDESCREC,
        SQL_API_SQLSETENVATTR,    SQL_API_SQLSETSTMTATTR,    SQL_API_SQLSPECIALCOLUMNS,
        SQL_API_SQLSTATISTICS,    SQL_API_SQLTABLES,         SQL_API_SQLMORERESULTS,
        SQL_API_SQLPRIMARYKEYS,   SQL_API_SQLDESCRIBEPARAM,
    };
    for (SQLUSMALLINT id : core) {
        EXPECT_TRUE(SQL_FUNC_EXISTS(all, id)) << id;
        SQLUSMALLINT one = 9;
        EXPECT_TRUE(clean(SQLGetFunctions(dbc, id, &one), dbc));
        EXPECT_EQ(SQL_TRUE, one) << id;
    }
    // What is not claimed is IM001, not a crash.
    if (!SQL_FUNC_EXISTS(all, SQL_API_SQLBULKOPERATIONS)) {
        ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_TRUE(fails(SQLBulkOperations(stmt, SQL_ADD), stmt, "IM001"));
        stmt.close();
    }
    if (!SQL_FUNC_EXISTS(all, SQL_API_SQLFOREIGNKEYS)) {
        EXPECT_TRUE(fails(SQLForeignKeys(stmt, nullptr, 0, nullptr, 0,
                                         reinterpret_cast<SQLCHAR *>(const_cast<char *>("t")), 1,
                                         nullptr, 0, nullptr, 0, nullptr, 0),
                          stmt, "IM001"));
    }
    SQLUSMALLINT old[100] = {};
    EXPECT_TRUE(clean(SQLGetFunctions(dbc, SQL_API_ALL_FUNCTIONS, old), dbc));
    EXPECT_EQ(SQL_TRUE, old[SQL_API_SQLEXECDIRECT]);
}

TEST_P(Info, ManyStatementsAtOnce)
{
    EXPECT_EQ(0, small(SQL_MAX_CONCURRENT_ACTIVITIES));
    std::vector<Stmt> all;
    for (int i = 0; i < 100; i++) {
        all.emplace_back(dbc);
        ASSERT_TRUE(ok(all.back().exec("SELECT " + std::to_string(i)), all.back()));
    }
    for (int i = 0; i < 100; i++)
        EXPECT_EQ(std::to_string(i) + "\n", shown(all[i].rest()));
}

// unixODBC's cursor library cannot deliver columns that are not bound: it must not come by itself.
TEST_P(Info, CursorLibraryStaysAway)
{
    for (bool wide : {false, true}) {
        Dbc other(*e, Api{wide});
        SQLSetConnectAttr(other, SQL_ATTR_ODBC_CURSORS,
                          reinterpret_cast<SQLPOINTER>(SQL_CUR_USE_IF_NEEDED), 0);
        ASSERT_TRUE(ok(other.open(conn_str()), other));
        Stmt s(other);
        EXPECT_EQ("text\n", shown(s.rows("SELECT 'text'::text")));
        SQLUINTEGER attributes = 1;
        SQLGetInfo(other, SQL_STATIC_CURSOR_ATTRIBUTES1, &attributes, sizeof(attributes), nullptr);
        EXPECT_NE(0U, attributes & SQL_CA1_ABSOLUTE);
    }
}

// Asked for by name it must work, as far as it can: it gets a column that is not bound from a
// statement of its own, which it allocates by the driver's SQLAllocStmt without looking for one.
TEST_P(Info, CursorLibraryByName)
{
    Dbc other(*e, Api{false});
    SQLSetConnectAttr(other, SQL_ATTR_ODBC_CURSORS, reinterpret_cast<SQLPOINTER>(SQL_CUR_USE_ODBC), 0);
    ASSERT_TRUE(ok(other.open(conn_str()), other));
    Stmt made(other), s(other);
    ASSERT_TRUE(ok(made.exec("CREATE TEMPORARY TABLE curlib(k int, v varchar(20))"), made));
    made.close();
    ASSERT_TRUE(ok(made.exec("INSERT INTO curlib VALUES (1, 'one'), (2, 'two'), (3, 'three')"), made));
    ASSERT_TRUE(ok(SQLSetStmtAttr(s, SQL_ATTR_CURSOR_TYPE,
                                  reinterpret_cast<SQLPOINTER>(SQL_CURSOR_STATIC), 0), s));
    ASSERT_TRUE(ok(s.exec("SELECT k, v FROM curlib"), s));
    SQLINTEGER k = 0;
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(SQLBindCol(s, 1, SQL_C_LONG, &k, 0, &ind), s));
    for (const char *expected : {"one", "two", "three"}) {
        char v[20] = "";
        SQLLEN n = 0;
        ASSERT_TRUE(ok(SQLFetchScroll(s, SQL_FETCH_NEXT, 0), s));
        ASSERT_TRUE(ok(SQLGetData(s, 2, SQL_C_CHAR, v, sizeof(v), &n), s));
        EXPECT_STREQ(expected, v) << k;
    }
}

TEST_P(Info, MultipleActiveTransactions)
{
    EXPECT_EQ("Y", text(SQL_MULTIPLE_ACTIVE_TXN));
    EXPECT_EQ("Y", text(SQL_MULT_RESULT_SETS));
    EXPECT_EQ(by("Y", "N"), text(SQL_DESCRIBE_PARAMETER));
    EXPECT_EQ("N", text(SQL_NEED_LONG_DATA_LEN));
    EXPECT_EQ(my() ? SQL_TC_DDL_COMMIT : SQL_TC_ALL, small(SQL_TXN_CAPABLE));
    EXPECT_EQ("N", text(SQL_DATA_SOURCE_READ_ONLY));
}

} // namespace
