#include <gtest/gtest.h>

#include <string>
#include <vector>

extern "C" {
#include "core/catalog_priv.h"
}

namespace
{

catalog_arg exact(const char *z)
{
    return {text_of(z), MATCH_EXACT};
}

catalog_arg like(const char *z)
{
    return {text_of(z), MATCH_LIKE};
}

struct Asked {
    std::string sql;
    std::vector<std::string> params;
    bool has(const char *part) const
    {
        return sql.find(part) != std::string::npos;
    }
};

Asked ask(catalog_query query, const catalog_args &args)
{
    catalog_question q;
    Asked a;
    catalog_ask(&q, query, &args);
    EXPECT_TRUE(buf_ok(&q.sql));
    a.sql = buf_z(&q.sql);
    for (size_t i = 0; i < q.nparams; i++)
        a.params.emplace_back(q.params[i].p, q.params[i].n);
    buf_fini(&q.sql);
    return a;
}

TEST(Catalog, ArgumentsAreParameters)
{
    catalog_args args = {};
    args.table.schema = exact("o'x");
    args.table.name = like("t%'; DROP TABLE t");
    args.column = exact("c");
    Asked a = ask(QUERY_COLUMNS, args);
    ASSERT_EQ(3u, a.params.size());
    EXPECT_EQ("o'x", a.params[0]);
    EXPECT_EQ("t%'; DROP TABLE t", a.params[1]);
    EXPECT_TRUE(a.has("n.nspname OPERATOR(pg_catalog.=) (CAST($1 AS pg_catalog.text))"));
    EXPECT_TRUE(a.has("c.relname OPERATOR(pg_catalog.~~) (CAST($2 AS pg_catalog.text))"));
    EXPECT_TRUE(a.has("a.attname OPERATOR(pg_catalog.=) (CAST($3 AS pg_catalog.text))"));
    EXPECT_FALSE(a.has("DROP"));
}

TEST(Catalog, NoTemplateMarkIsLeft)
{
    catalog_args args = {};
    for (int q = QUERY_CATALOGS; q < QUERY_ORIGINS; q++) {
        Asked a = ask(static_cast<catalog_query>(q), args);
        EXPECT_FALSE(a.has("%")) << a.sql;
        EXPECT_TRUE(a.params.empty());
    }
}

TEST(Catalog, LoneBackslashAtTheEndOfAPattern)
{
    catalog_args args = {};
    args.table.name = like("a_\\");
    EXPECT_TRUE(ask(QUERY_TABLES, args).has("|| E'\\\\'"));
    args.table.name = like("a_\\\\");
    EXPECT_FALSE(ask(QUERY_TABLES, args).has("|| E'"));
}

TEST(Catalog, TableTypes)
{
    static const struct {
        const char *list;
        const char *condition; /* "": none */
    } rows[] = {
        {"", ""},
        {"TABLE", "IN ('', 'TABLE')"},
        {"'TABLE'", "IN ('', 'TABLE')"},
        {"'TABLE', 'VIEW'", "IN ('', 'TABLE', 'VIEW')"},
        {"table ,  System Table", "IN ('', 'TABLE', 'SYSTEM TABLE')"},
        {"NOPE", "IN ('')"},
        {"',x'' OR true", "IN ('')"},
    };
    for (const auto &row : rows) {
        catalog_args args = {};
        args.types = text_of(row.list);
        Asked a = ask(QUERY_TABLES, args);
        if (*row.condition)
            EXPECT_TRUE(a.has(row.condition)) << row.list << ": " << a.sql;
        else
            EXPECT_FALSE(a.has("IN (''")) << row.list;
    }
    catalog_args all = {};
    all.types = text_of("%");
    for (size_t i = 0; catalog_table_types[i]; i++)
        EXPECT_TRUE(
            ask(QUERY_TABLES, all).has((std::string(", '") + catalog_table_types[i]).c_str()));
}

TEST(Catalog, OwnConditions)
{
    catalog_args args = {};
    EXPECT_FALSE(ask(QUERY_STATISTICS, args).has("AND i.indisunique"));
    args.unique_only = true;
    EXPECT_TRUE(ask(QUERY_STATISTICS, args).has("AND i.indisunique"));
    EXPECT_FALSE(ask(QUERY_PRIMARY_KEYS, args).has("pg_table_is_visible"));
    args.ordinary = true;
    EXPECT_TRUE(ask(QUERY_PRIMARY_KEYS, args).has("pg_table_is_visible"));
    args.table.schema = exact("s");
    EXPECT_FALSE(ask(QUERY_PRIMARY_KEYS, args).has("pg_table_is_visible"));
    args.scope = SQL_SCOPE_CURROW;
    EXPECT_FALSE(ask(QUERY_BEST_ROWID, args).has("AND false"));
    args.scope = SQL_SCOPE_TRANSACTION;
    EXPECT_TRUE(ask(QUERY_BEST_ROWID, args).has("AND false"));
}

TEST(Catalog, Types)
{
    nat_type t;
    catalog_type(text_of("1043 24"), &t);
    EXPECT_EQ(NAT_VARCHAR, t.kind);
    EXPECT_EQ(20, t.length);
    catalog_type(text_of("1700 327686"), &t); /* numeric(5,2) */
    EXPECT_EQ(NAT_NUMERIC, t.kind);
    EXPECT_EQ(5, t.precision);
    EXPECT_EQ(2, t.scale);
    catalog_type(text_of("23 -1"), &t);
    EXPECT_EQ(NAT_INT4, t.kind);
    for (const char *odd : {"", "x", "23", "4000000000 -1", "-5 9"}) {
        catalog_type(text_of(odd), &t);
        EXPECT_EQ(NAT_OTHER, t.kind) << odd;
    }
}

} // namespace
