#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "core/core_priv.h"
}

namespace
{

struct Result {
    bool ok;
    std::string sql, verb;
    scan_info scan;
    fault f;
};

Result translate(const std::string &in, bool noscan = false)
{
    dbc d = {};
    buf out;
    Result r = {};
    buf_init(&out);
    r.ok = sql_translate(&d, text{in.data(), in.size()}, noscan, &out, &r.scan, &r.f);
    r.sql = buf_z(&out);
    r.verb = std::string(r.scan.verb.s ? r.scan.verb.s : "", r.scan.verb.n);
    buf_fini(&out);
    return r;
}

struct Good {
    const char *in, *out;
    size_t params;
};

class Translates : public ::testing::TestWithParam<Good>
{
};

TEST_P(Translates, Text)
{
    const Good &row = GetParam();
    Result r = translate(row.in);
    ASSERT_TRUE(r.ok) << row.in << ": " << r.f.text;
    EXPECT_EQ(row.out, r.sql);
    EXPECT_EQ(row.params, r.scan.params) << row.in;
}

const Good markers[] = {
    {"", "", 0},
    {"SELECT 1", "SELECT 1", 0},
    {"SELECT ?", "SELECT $1", 1},
    {"SELECT ?,?, ?", "SELECT $1,$2, $3", 3},
    {"SELECT?", "SELECT $1", 1},
    {"LIMIT?OFFSET?", "LIMIT $1 OFFSET $2", 2},
    {"a=?and b=?", "a=$1 and b=$2", 2},
    {"x = -?::int", "x = -$1::int", 1},
    {"f(?)", "f($1)", 1},
    {"SELECT '?' || ?", "SELECT '?' || $1", 1},
    {"SELECT \"?\", ?", "SELECT \"?\", $1", 1},
    {"SELECT $$ ? $$, ?", "SELECT $$ ? $$, $1", 1},
    {"SELECT $a$ ? $$ ? $a$, ?", "SELECT $a$ ? $$ ? $a$, $1", 1},
    {"SELECT 1 -- ?\n, ?", "SELECT 1 -- ?\n, $1", 1},
    {"SELECT /* ? /* ? */ ? */ ?", "SELECT /* ? /* ? */ ? */ $1", 1},
    {"SELECT E'\\'?' , ?", "SELECT E'\\'?' , $1", 1},
    {"SELECT 'it''s ?', ?", "SELECT 'it''s ?', $1", 1},
    {"j ?? 'k' AND x = ?", "j ? 'k' AND x = $1", 1},
    {"j ??| ARRAY['a']", "j ?| ARRAY['a']", 0},
    {"SELECT '{\"a\": [1, {\"b\": 2}]}'::jsonb, ?", "SELECT '{\"a\": [1, {\"b\": 2}]}'::jsonb, $1",
     1},
    {"SELECT $${fn NOW()}$$", "SELECT $${fn NOW()}$$", 0},
    {"SELECT '{1,2}'::int[]", "SELECT '{1,2}'::int[]", 0},
    {"SELECT \"{d\" FROM t", "SELECT \"{d\" FROM t", 0},
    {"SELECT /* {d} */ 1", "SELECT /* {d} */ 1", 0},
};
INSTANTIATE_TEST_SUITE_P(Markers, Translates, ::testing::ValuesIn(markers));

const Good literals[] = {
    {"SELECT {d '2024-01-02'}", "SELECT DATE '2024-01-02'", 0},
    {"SELECT{d'2024-01-02'}", "SELECT DATE '2024-01-02'", 0},
    {"SELECT { D  '2024-01-02' } AS x", "SELECT DATE '2024-01-02' AS x", 0},
    {"SELECT {t '10:11:12'}", "SELECT TIME '10:11:12'", 0},
    {"SELECT {ts '2024-01-02 10:11:12.5'}", "SELECT TIMESTAMP '2024-01-02 10:11:12.5'", 0},
    {"SELECT {TS\n'2024-01-02 10:11:12'}", "SELECT TIMESTAMP '2024-01-02 10:11:12'", 0},
    {"SELECT {guid '00000000-0000-0000-0000-000000000000'}",
     "SELECT pg_catalog.uuid '00000000-0000-0000-0000-000000000000'", 0},
    {"a LIKE 'x\\%' {escape '\\'}", "a LIKE 'x\\%' ESCAPE E'\\\\'", 0},
    {"a LIKE ? {escape '\\'} AND b = ?", "a LIKE $1 ESCAPE E'\\\\' AND b = $2", 2},
    {"a LIKE 'x' {ESCAPE '\\\\'}", "a LIKE 'x' ESCAPE E'\\\\'", 0},
    {"a LIKE 'x!%'{escape'!'}", "a LIKE 'x!%'ESCAPE '!'", 0},
    {"a LIKE 'x' {escape ''}", "a LIKE 'x' ESCAPE ''", 0},
    {"a LIKE 'x' {escape ''''}", "a LIKE 'x' ESCAPE ''''", 0},
    {"a LIKE 'x' {escape '\xc3\xa9'}", "a LIKE 'x' ESCAPE '\xc3\xa9'", 0},
    {"SELECT {interval '1-2' YEAR TO MONTH}", "SELECT INTERVAL '1-2' YEAR TO MONTH", 0},
    {"SELECT {INTERVAL '5' DAY}", "SELECT INTERVAL '5' DAY", 0},
    {"SELECT {INTERVAL '163' HOUR(3)}", "SELECT INTERVAL '163' HOUR", 0},
    {"SELECT {INTERVAL -'163' HOUR(3)}", "SELECT (- INTERVAL '163' HOUR)", 0},
    {"SELECT {INTERVAL +'1 2:3:4.5' DAY(3) TO SECOND(2)}",
     "SELECT INTERVAL '1 2:3:4.5' DAY TO SECOND(2)", 0},
    {"SELECT {INTERVAL '4.567' SECOND(3, 2)}", "SELECT INTERVAL '4.567' SECOND(2)", 0},
    {"SELECT {INTERVAL '4.567' SECOND(3)}", "SELECT INTERVAL '4.567' SECOND", 0},
};
INSTANTIATE_TEST_SUITE_P(Literals, Translates, ::testing::ValuesIn(literals));

const Good functions[] = {
    {"SELECT {fn UCASE('a')}", "SELECT pg_catalog.upper('a')", 0},
    {"SELECT{fn ucase(a)}FROM t", "SELECT pg_catalog.upper(a)FROM t", 0},
    {"SELECT {FN Ucase ( a ) }", "SELECT pg_catalog.upper(a)", 0},
    {"SELECT {fn CONCAT(?, {fn LCASE(?)})}",
     "SELECT (CAST($1 AS text) || CAST(pg_catalog.lower($2) AS text))", 2},
    {"SELECT {fn LOCATE(?, ?)}", "SELECT pg_catalog.strpos($2, $1)", 2},
    {"SELECT {fn LEFT({fn RTRIM(a)}, f(1, 2))}",
     "SELECT pg_catalog.left(pg_catalog.rtrim(a), f(1, 2))", 0},
    {"SELECT {fn IFNULL(a[1, 2], 'x,)')}", "SELECT COALESCE(a[1, 2], 'x,)')", 0},
    {"SELECT {fn INSERT(a, 1, 2, 'b')}", "SELECT pg_catalog.overlay(a, 'b', 1, 2)", 0},
    {"SELECT {fn POSITION('a' IN b)}", "SELECT POSITION('a' IN b)", 0},
    {"SELECT {fn EXTRACT(YEAR FROM {d '2024-01-02'})}",
     "SELECT EXTRACT(YEAR FROM DATE '2024-01-02')", 0},
    {"SELECT {fn SUBSTRING(a, 2, 3)}", "SELECT pg_catalog.substr(a, 2, 3)", 0},
    {"SELECT {fn PI()}, {fn PI( )}", "SELECT pg_catalog.pi(), pg_catalog.pi()", 0},
    {"SELECT {fn CURRENT_DATE}, {fn CURRENT_DATE()}", "SELECT CURRENT_DATE, CURRENT_DATE", 0},
    {"SELECT {fn CURRENT_TIMESTAMP(3)}", "SELECT CURRENT_TIMESTAMP(3)", 0},
    {"SELECT {fn USER()}", "SELECT CURRENT_USER", 0},
    {"SELECT {fn DATABASE()}", "SELECT pg_catalog.current_database()", 0},
    {"SELECT {fn CONVERT(?, SQL_INTEGER)}", "SELECT CAST($1 AS integer)", 1},
    {"SELECT {fn convert(a + 1, sql_varchar )}", "SELECT CAST(a + 1 AS text)", 0},
    {"SELECT {fn TIMESTAMPADD(SQL_TSI_DAY, ?, {d '2024-01-31'})}",
     "SELECT (CAST(DATE '2024-01-31' AS timestamp) + ($1) * INTERVAL '1 day')", 1},
    {"SELECT {fn UCASE(a -- it's\n)}", "SELECT pg_catalog.upper(a)", 0},
    {"SELECT {fn UCASE('a'\n'b' /* x */ )}", "SELECT pg_catalog.upper('a'\n'b')", 0},
    {"SELECT {fn LENGTH(a)}*2", "SELECT pg_catalog.length(pg_catalog.rtrim(a))*2", 0},
};
INSTANTIATE_TEST_SUITE_P(Functions, Translates, ::testing::ValuesIn(functions));

const Good others[] = {
    {"SELECT * FROM {oj a LEFT OUTER JOIN b ON a.x = b.x} WHERE a.y = ?",
     "SELECT * FROM a LEFT OUTER JOIN b ON a.x = b.x WHERE a.y = $1", 1},
    {"SELECT * FROM {oj a LEFT JOIN {oj b RIGHT JOIN c ON ?=b.y} ON a.x={fn ABS(?)}}",
     "SELECT * FROM a LEFT JOIN b RIGHT JOIN c ON $1=b.y ON a.x=pg_catalog.abs($2)", 2},
    {"{call p}", "CALL p()", 0},
    {"{call p()}", "CALL p()", 0},
    {" { CALL s.p ( ?, {fn UCASE(?)}, 'a,b' ) } ", " CALL s.p($1, pg_catalog.upper($2), 'a,b' ) ",
     2},
    {"{call \"My Db\".\"s.x\".p(1)}", "CALL \"My Db\".\"s.x\".p(1)", 0},
    {"{? = call f(?, ?)}", "SELECT * FROM f($2, $3) WHERE (CAST($1 AS text) IS NULL) IS NOT NULL",
     3},
    {"{?=call f}", "SELECT * FROM f() WHERE (CAST($1 AS text) IS NULL) IS NOT NULL", 1},
};
INSTANTIATE_TEST_SUITE_P(Others, Translates, ::testing::ValuesIn(others));

TEST(TranslateFails, State)
{
    static const struct {
        const char *in, *state;
    } rows[] = {
        {"SELECT {", "42000"},
        {"SELECT }", "42000"},
        {"SELECT {}", "42000"},
        {"SELECT {x '1'}", "42000"},
        {"SELECT {d}", "42000"},
        {"SELECT {d 5}", "42000"},
        {"SELECT {d ?}", "42000"},
        {"SELECT {d '2024-01-02'", "42000"},
        {"SELECT {d '2024-01-02}", "42000"},
        {"SELECT {d '2024-01-02' x}", "42000"},
        {"SELECT {d $$2024-01-02$$}", "42000"},
        {"SELECT {fn", "42000"},
        {"SELECT {fn }", "42000"},
        {"SELECT {fn UCASE(a}", "42000"},
        {"SELECT {fn UCASE(a)", "42000"},
        {"SELECT {fn UCASE(a) || b}", "42000"},
        {"SELECT {fn UCASE(a, b)}", "42000"},
        {"SELECT {fn UCASE(a, b, c, d, e)}", "42000"},
        {"SELECT {fn UCASE()}", "42000"},
        {"SELECT {fn PI(1)}", "42000"},
        {"SELECT {fn NO_SUCH(1)}", "HYC00"},
        {"SELECT {fn CONVERT(a, SQL_NO_SUCH)}", "HYC00"},
        {"SELECT {fn TIMESTAMPADD(DAY, 1, x)}", "HYC00"},
        {"a LIKE b {escape}", "42000"},
        {"a LIKE b {escape 'ab'}", "42000"},
        {"a LIKE b {escape '", "42000"},
        {"a LIKE b {escape '''", "42000"},
        {"{oj a LEFT JOIN b ON c", "42000"},
        {"{call}", "42000"},
        {"{call 5}", "42000"},
        {"{call p(}", "42000"},
        {"{call p(1) x}", "42000"},
        {"{call a.b.c.d()}", "42000"},
        {"{?}", "42000"},
        {"{? call f()}", "42000"},
        {"{? = f()}", "42000"},
        {"SELECT ?, {? = call f()}", "42000"},
        {"SELECT {interval}", "42000"},
        {"SELECT {interval '1'}", "42000"},
        {"SELECT {interval '1' DAY(}", "42000"},
        {"SELECT {interval '1' DAY(1,2,3)}", "42000"},
    };
    for (const auto &row : rows) {
        Result r = translate(row.in);
        EXPECT_FALSE(r.ok) << row.in << " gave " << r.sql;
        EXPECT_STREQ(row.state, r.f.sqlstate) << row.in << ": " << r.f.text;
    }
}

TEST(TranslateFails, Nul)
{
    Result r = translate(std::string("SELECT 1\0 2", 11));
    EXPECT_FALSE(r.ok);
    EXPECT_STREQ("42000", r.f.sqlstate);
}

TEST(TranslateFails, DepthIsBounded)
{
    std::string deep;
    for (int i = 0; i < 100000; i++)
        deep += "{fn ABS(";
    EXPECT_FALSE(translate(deep).ok);
    std::string fair = "1";
    for (int i = 0; i < 20; i++)
        fair = "{fn ABS(" + fair + ")}";
    EXPECT_TRUE(translate("SELECT " + fair).ok);
}

TEST(Translate, NoscanLeavesClausesAlone)
{
    Result r = translate("SELECT {fn UCASE(?)} }", true);
    ASSERT_TRUE(r.ok);
    EXPECT_EQ("SELECT {fn UCASE($1)} }", r.sql);
    EXPECT_EQ(1u, r.scan.params);
}

TEST(Translate, WhatTheStatementIs)
{
    static const struct {
        const char *in;
        bool plain_read;
        const char *verb;
    } rows[] = {
        {"SELECT ?", true, "SELECT"},
        {"SELECT {fn INSERT('a', 1, 1, 'b')}", true, "SELECT"},
        {"INSERT INTO t VALUES (?)", false, "INSERT"},
        {"{call p(?)}", false, "CALL"},
        {"{? = call f(?)}", false, "CALL"},
    };
    for (const auto &row : rows) {
        Result r = translate(row.in);
        EXPECT_EQ(row.plain_read, r.scan.plain_read) << row.in;
        EXPECT_EQ(row.verb, r.verb) << row.in;
    }
}

} // namespace
