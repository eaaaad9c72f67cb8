// What core says in MySQL's words, without a server: SQL text, catalog questions, types, options.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

extern "C" {
#include "core/backend.h"
#include "core/catalog_priv.h"
}

namespace
{

std::string translate(const std::string &in, size_t *params = nullptr)
{
    dbc d = {};
    buf out;
    scan_info scan = {};
    fault f = {};
    buf_init(&out);
    bool ok = sql_translate(&d, text{in.data(), in.size()}, false, &out, &scan, &f);
    std::string sql = ok ? buf_z(&out) : f.sqlstate;
    buf_fini(&out);
    if (params)
        *params = scan.params;
    return sql;
}

catalog_arg exact(const char *s)
{
    return {text_of(s), MATCH_EXACT};
}

catalog_arg like(const char *s)
{
    return {text_of(s), MATCH_LIKE};
}

std::string asked(catalog_query query, const catalog_args &args)
{
    catalog_question q;
    catalog_ask(&q, query, &args);
    EXPECT_TRUE(buf_ok(&q.sql));
    std::string sql = buf_z(&q.sql);
    buf_fini(&q.sql);
    return sql;
}

bool has(const std::string &sql, const std::string &part)
{
    return sql.find(part) != std::string::npos;
}

nat_type type_of(const char *s)
{
    nat_type t;
    catalog_type(text_of(s), &t);
    return t;
}

struct Options : ::testing::Test {
    options o;
    fault f = {};
    Options()
    {
        options_init(&o);
        o.backend = OPT_MY;
    }
    ~Options() override
    {
        options_fini(&o);
    }
    void set(const char *keyword, const char *value)
    {
        EXPECT_EQ(OPTION_SET, option_set(&o, text_of(keyword), text_of(value), &f)) << keyword;
    }
};

} // namespace

TEST(MyText, MarkersStay)
{
    size_t n = 0;
    EXPECT_EQ("SELECT ?, '?', \"?\", `?`, 'it\\'s ?', ?", translate("SELECT ?, '?', \"?\", `?`,"
                                                                   " 'it\\'s ?', ?",
                                                                   &n));
    EXPECT_EQ(2U, n);
    EXPECT_EQ("SELECT 1 # ?\n, ?", translate("SELECT 1 # ?\n, ?", &n));
    EXPECT_EQ(1U, n);
    EXPECT_EQ("SELECT 5--?", translate("SELECT 5--?", &n));
    EXPECT_EQ(1U, n);
}

TEST(MyText, Escapes)
{
    EXPECT_EQ("SELECT DATE '2020-01-02'", translate("SELECT {d '2020-01-02'}"));
    EXPECT_EQ("SELECT '6ba7'", translate("SELECT {guid '6ba7'}"));
    EXPECT_EQ("SELECT CHAR_LENGTH(RTRIM(?))", translate("SELECT {fn LENGTH(?)}"));
    EXPECT_EQ("SELECT TIMESTAMPADD(DAY, 1, a)",
              translate("SELECT {fn TIMESTAMPADD(SQL_TSI_DAY, 1, a)}"));
    EXPECT_EQ("SELECT CAST(a AS SIGNED)", translate("SELECT {fn CONVERT(a, SQL_INTEGER)}"));
    EXPECT_EQ("a LIKE 'x' ESCAPE x'5c'", translate("a LIKE 'x' {escape '\\'}"));
    EXPECT_EQ("a + INTERVAL '1 2' DAY_HOUR", translate("a + {INTERVAL '1 2' DAY(3) TO HOUR}"));
    EXPECT_EQ("a + INTERVAL - '1' SECOND", translate("a + {INTERVAL -'1' SECOND(2, 3)}"));
    EXPECT_EQ("CALL p(?)", translate("{call p(?)}"));
    EXPECT_EQ("WITH hf(r) AS (SELECT ?) SELECT f(?)", translate("{? = call f(?)}"));
    EXPECT_EQ("HYC00", translate("SELECT {fn DIFFERENCE(a, b)}"));
}

// Nothing of an argument stands in the text as it is.
TEST(MyCatalog, ArgumentsAreHexadecimal)
{
    catalog_args args = {};
    args.naming = DATABASE_IS_CATALOG;
    args.table.catalog = exact("a'b");
    args.table.name = like("x\\%y%|\\\\");
    std::string sql = asked(QUERY_TABLES, args);
    EXPECT_TRUE(has(sql, "TABLE_SCHEMA = _utf8mb4 x'612762'")) << sql;
    // x|%y%||\ in the pattern whose escape is the bar
    EXPECT_TRUE(has(sql, "TABLE_NAME LIKE _utf8mb4 x'787c2579257c7c5c' ESCAPE _utf8mb4 '|'")) << sql;
    EXPECT_FALSE(has(sql, "DATABASE()"));
}

TEST(MyCatalog, TheCurrentDatabase)
{
    catalog_args args = {};
    args.naming = DATABASE_IS_CATALOG;
    EXPECT_FALSE(has(asked(QUERY_COLUMNS, args), "DATABASE()"));
    args.database = TEXT("app");
    EXPECT_TRUE(has(asked(QUERY_COLUMNS, args), "TABLE_SCHEMA = DATABASE()"));
    args.table.catalog = {TEXT("%"), MATCH_ANY};
    EXPECT_FALSE(has(asked(QUERY_COLUMNS, args), "DATABASE()"));
}

TEST(MyCatalog, EveryQuestionIsWhole)
{
    catalog_args args = {};
    args.naming = DATABASE_IS_CATALOG;
    for (int q = QUERY_CATALOGS; q < QUERY_ORIGINS; q++) {
        std::string sql = asked(catalog_query(q), args);
        EXPECT_EQ(0U, sql.find("SELECT ")) << q;
        EXPECT_FALSE(has(sql, "%T")) << sql;
        EXPECT_FALSE(has(sql, "%X")) << sql;
    }
}

TEST(MyCatalog, Types)
{
    nat_type t = type_of("bigint 1 -1 20 0 -1 1");
    EXPECT_EQ(NAT_INT8, t.kind);
    EXPECT_TRUE(t.is_unsigned);
    EXPECT_TRUE(t.auto_unique);
    t = type_of("decimal 0 -1 12 4 -1 0");
    EXPECT_EQ(NAT_NUMERIC, t.kind);
    EXPECT_EQ(12, t.precision);
    EXPECT_EQ(4, t.scale);
    t = type_of("varchar 0 30 -1 -1 -1 0");
    EXPECT_EQ(30, t.length);
    t = type_of("datetime 0 -1 -1 -1 3 0");
    EXPECT_EQ(NAT_TIMESTAMP, t.kind);
    EXPECT_EQ(3, t.precision);
    EXPECT_EQ(NAT_BOOL, type_of("bit 0 -1 1 -1 -1 0").kind);
    t = type_of("bit 0 -1 12 -1 -1 0");
    EXPECT_EQ(NAT_BINARY, t.kind);
    EXPECT_EQ(2, t.length);
    EXPECT_EQ(NAT_OTHER, type_of("unheard of").kind);
    EXPECT_EQ(NAT_OTHER, type_of("").kind);
}

TEST_F(Options, OldSpellings)
{
    set("OPTION", "2050");
    set("FORCETLS", "1");
    ASSERT_TRUE(backend.options_read(&o, &f));
    EXPECT_TRUE(option_bool(&o, OPT_FOUNDROWS));
    EXPECT_TRUE(option_bool(&o, OPT_COMPRESS));
    EXPECT_STREQ("REQUIRED", option_str(&o, OPT_MY_SSLMODE));
}

TEST_F(Options, TheOwnKeywordWins)
{
    set("FOUND_ROWS", "0");
    set("OPTION", "2");
    set("ssl-mode", "verify_ca");
    set("SSLVERIFY", "1");
    ASSERT_TRUE(backend.options_read(&o, &f));
    EXPECT_FALSE(option_bool(&o, OPT_FOUNDROWS));
    EXPECT_STREQ("VERIFY_CA", option_str(&o, OPT_MY_SSLMODE));
    EXPECT_EQ(OPTION_UNKNOWN, option_set(&o, TEXT("PQOPT"), TEXT("x"), &f));
}
