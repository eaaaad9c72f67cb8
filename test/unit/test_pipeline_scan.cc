// Tokens and classes of SQL texts, as tables.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

extern "C" {
#include "pipeline/scan.h"
#include "pipeline/scan_priv.h"
}

namespace
{

struct text view(const std::string &s)
{
    return {s.data(), s.size()};
}

// Tokens as "kind:text" joined by '|'; white space is left out, unterminated ones end with '!'.
std::string tokens(const struct scan_rules *rules, const std::string &sql)
{
    static const char letters[] = "E.wqsnp?;{}o";
    struct scanner s;
    struct token t;
    std::string out;
    size_t at = 0;
    scan_start(&s, rules, view(sql));
    while (scan_next(&s, &t)) {
        EXPECT_EQ(t.text.s, sql.data() + at); // nothing is lost between two tokens
        EXPECT_GT(t.text.n, 0u);
        at += t.text.n;
        if (t.kind == TOKEN_SPACE && !t.unterminated)
            continue;
        out += out.empty() ? "" : "|";
        out += letters[t.kind];
        out += ":" + std::string(t.text.s, t.text.n) + (t.unterminated ? "!" : "");
    }
    EXPECT_EQ(at, sql.size());
    EXPECT_EQ(t.kind, TOKEN_END);
    return out;
}

TEST(Scan, TokensOfPostgres)
{
    static const char *const rows[][2] = {
        {"", ""},
        {" \t\n", ""},
        {"SELECT 1", "w:SELECT|n:1"},
        {"a.b$c_1", "w:a|o:.|w:b$c_1"},
        {"'it''s' x", "s:'it''s'|w:x"},
        {"'a\\' 'b'", "s:'a\\'|s:'b'"},
        {"E'a\\'b' c", "s:E'a\\'b'|w:c"},
        {"e'\\\\' x", "s:e'\\\\'|w:x"},
        {"E'a' \n 'b\\'c' d", "s:E'a' \n 'b\\'c'|w:d"},
        {"E'a' 'b\\' c", "s:E'a'|s:'b\\'|w:c"},
        {"E'a' -- x\n'b\\'c' d", "s:E'a' -- x\n'b\\'c'|w:d"},
        {"U&'d\\0061' U&\"x\"\"y\" u & 'z'", "s:U&'d\\0061'|q:U&\"x\"\"y\"|w:u|o:&|s:'z'"},
        {"B'01' X'fF' N'n'", "s:B'01'|s:X'fF'|s:N'n'"},
        {"xx'a'", "w:xx|s:'a'"},
        {"\"a\"\"b ?\" ?", "q:\"a\"\"b ?\"|p:?"},
        {"$$a;'$$ $x$ $$ ? $x$ b", "s:$$a;'$$|s:$x$ $$ ? $x$|w:b"},
        {"$1 $2", "o:$|n:1|o:$|n:2"},
        {"a$b$c$b$", "w:a$b$c$b$"},
        {"$a b$", "o:$|w:a|w:b$"},
        {"/* a /* b */ ? */ x", "w:x"},
        {"-- ? ;\ny", "w:y"},
        {"a--b", "w:a"},
        {"? ?? ???", "p:?|?:??|?:??|p:?"},
        {"a ??| b", "w:a|?:??|o:||w:b"},
        {"{fn x()};", "{:{|w:fn|w:x|o:(|o:)|}:}|;:;"},
        {"1.5e-3 .5 1. 1_000 1e 1INTO", "n:1.5e-3|n:.5|n:1.|n:1_000|n:1|w:e|n:1|w:INTO"},
        {"'abc", "s:'abc!"},
        {"E'abc\\", "s:E'abc\\!"},
        {"\"abc", "q:\"abc!"},
        {"/* a /* b */", ".:/* a /* b */!"},
        {"$x$ abc $x", "s:$x$ abc $x!"},
        {"\xc3\xa4\xc3\xb6 = 'x'", "w:\xc3\xa4\xc3\xb6|o:=|s:'x'"},
        {"# a", "o:#|w:a"},
        {"`a`", "o:`|w:a|o:`"},
    };
    for (auto &row : rows)
        EXPECT_EQ(tokens(&scan_rules_pg, row[0]), row[1]) << row[0];
}

TEST(Scan, TokensOfMysql)
{
    static const char *const rows[][2] = {
        {"'a\\'b' c", "s:'a\\'b'|w:c"},
        {"\"a\\\"b\" c", "s:\"a\\\"b\"|w:c"},
        {"`a``b` c", "q:`a``b`|w:c"},
        {"# ?\na", "w:a"},
        {"5--1", "n:5|o:-|o:-|n:1"},
        {"5-- 1\na", "n:5|w:a"},
        {"/* a /* b */ c", "w:c"},
        {"$$", "o:$|o:$"},
        {"/*!50000 a*/", "o:/|o:*|o:!|n:50000|w:a|o:*|o:/"},
    };
    for (auto &row : rows)
        EXPECT_EQ(tokens(&scan_rules_my, row[0]), row[1]) << row[0];
}

TEST(Scan, OldEscapesOfPostgres)
{
    struct scan_rules rules = scan_rules_pg;
    rules.backslash_escapes = true;
    EXPECT_EQ(tokens(&rules, "'a\\'b' c"), "s:'a\\'b'|w:c");
}

struct scan_info classify(const std::string &sql, const struct scan_rules *rules = &scan_rules_pg)
{
    struct scan_info info;
    scan_classify(rules, view(sql), &info);
    return info;
}

TEST(Scan, PlainReads)
{
    static const char *const plain[] = {
        "SELECT 1",
        "select * from t;",
        " /* x */ SELECT 1 -- y",
        "(SELECT 1) UNION (SELECT 2)",
        "VALUES (1)",
        "TABLE t",
        "SHOW timezone",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "EXPLAIN SELECT 1",
        "EXPLAIN DELETE FROM t",
        "EXPLAIN (SELECT 1)",
        "EXPLAIN (COSTS off) UPDATE t SET a = 1",
        "EXPLAIN ANALYZE SELECT 1",
        "EXPLAIN (ANALYZE, BUFFERS) SELECT 1",
        "EXPLAIN ANALYZE VERBOSE WITH a AS (SELECT 1) TABLE a",
        "SELECT 'INSERT INTO t'",
        "SELECT \"update\" FROM t",
        "SELECT substring(a FOR 3) FROM t",
        "SELECT share FROM t",
        "SELECT $$ INTO $$",
        "SELECT a FROM t WHERE b = ?",
    };
    for (auto sql : plain)
        EXPECT_TRUE(classify(sql).plain_read) << sql;
}

TEST(Scan, NoPlainReads)
{
    static const char *const others[] = {
        "",
        ";",
        "-- nothing",
        "INSERT INTO t VALUES (1)",
        "SELECT 1; SELECT 2",
        "SELECT * INTO x FROM t",
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM t FOR NO KEY UPDATE",
        "SELECT * FROM t FOR SHARE",
        "SELECT * FROM t FOR KEY SHARE",
        "SELECT * FROM t LOCK IN SHARE MODE",
        "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
        "WITH a AS (SELECT 1) MERGE INTO t USING a ON true WHEN MATCHED THEN DELETE",
        "EXPLAIN ANALYZE DELETE FROM t",
        "EXPLAIN (ANALYZE) INSERT INTO t VALUES (1)",
        "EXPLAIN (ANALYZE, FORMAT json) EXECUTE p",
        "EXPLAIN (\"analyze\") DELETE FROM t",
        "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1",
        "EXPLAIN (COSTS off, ANALYSE true) SELECT * INTO x FROM t",
        "SELECT set_config('a.b', 'c', false)",
        "SELECT \"set_config\"('a.b', 'c', false)",
        "SELECT 'unterminated",
        "SELECT 1 /* unterminated",
        "SELECT 1INTO x",
        "CALL p()",
        "DO $$ BEGIN END $$",
        "FETCH ALL FROM c",
        "EXECUTE p",
        "COPY t TO STDOUT",
        "{call p(?)}",
        "? SELECT 1",
        "BEGIN",
        "SET a = 1",
    };
    for (auto sql : others)
        EXPECT_FALSE(classify(sql).plain_read) << sql;
    EXPECT_FALSE(classify("SELECT 1 /*!50000 INTO OUTFILE 'x' */", &scan_rules_my).plain_read);
}

TEST(Scan, Transactions)
{
    static const struct {
        const char *sql;
        enum scan_txn txn;
        bool ends, controls;
    } rows[] = {
        {"BEGIN", SCAN_TXN_BEGIN, false, false},
        {"begin isolation level serializable;", SCAN_TXN_BEGIN, false, false},
        {"START TRANSACTION READ ONLY", SCAN_TXN_BEGIN, false, false},
        {"COMMIT", SCAN_TXN_COMMIT, true, false},
        {"COMMIT AND CHAIN", SCAN_TXN_COMMIT, true, false},
        {"END", SCAN_TXN_COMMIT, true, false},
        {"PREPARE TRANSACTION 'x'", SCAN_TXN_COMMIT, true, false},
        {"PREPARE x AS SELECT 1", SCAN_TXN_NONE, false, false},
        {"COMMIT PREPARED 'x'", SCAN_TXN_NONE, true, false},
        {"ROLLBACK PREPARED 'x'", SCAN_TXN_NONE, true, false},
        {"ROLLBACK", SCAN_TXN_ROLLBACK, true, false},
        {"ABORT WORK", SCAN_TXN_ROLLBACK, true, false},
        {"ROLLBACK TO a", SCAN_TXN_ROLLBACK_TO, false, true},
        {"ROLLBACK TO SAVEPOINT a", SCAN_TXN_ROLLBACK_TO, false, true},
        {"ROLLBACK WORK TO a", SCAN_TXN_ROLLBACK_TO, false, true},
        {"ROLLBACK TRANSACTION TO a", SCAN_TXN_ROLLBACK_TO, false, true},
        {"SAVEPOINT a", SCAN_TXN_SAVEPOINT, false, true},
        {"RELEASE SAVEPOINT a", SCAN_TXN_RELEASE, false, true},
        {"SET TRANSACTION READ ONLY", SCAN_TXN_SET, false, true},
        {"set local transaction isolation level serializable", SCAN_TXN_SET, false, true},
        {"SET SESSION TRANSACTION READ ONLY", SCAN_TXN_SET, false, true},
        {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", SCAN_TXN_NONE, false, false},
        {"SET x = transaction", SCAN_TXN_NONE, false, false},
        {"SET LOCAL x = 1", SCAN_TXN_NONE, false, false},
        {"SAVEPOINT a; SELECT 1", SCAN_TXN_NONE, false, true},
        {"SELECT 1; RELEASE a", SCAN_TXN_NONE, false, true},
        {"SELECT 1; SET TRANSACTION READ ONLY", SCAN_TXN_NONE, false, true},
        {"INSERT INTO t VALUES (1); COMMIT", SCAN_TXN_NONE, true, false},
        {"ROLLBACK; SELECT 1", SCAN_TXN_NONE, true, false},
        {"SELECT 1", SCAN_TXN_NONE, false, false},
        {"SELECT CASE WHEN true THEN 1 END", SCAN_TXN_NONE, false, false},
    };
    for (auto &row : rows) {
        struct scan_info info = classify(row.sql);
        EXPECT_EQ(info.txn, row.txn) << row.sql;
        EXPECT_EQ(info.ends_txn, row.ends) << row.sql;
        EXPECT_EQ(info.controls, row.controls) << row.sql;
    }
}

TEST(Scan, CountsAndVerbs)
{
    static const struct {
        const char *sql;
        size_t statements, params;
        bool session, rows;
        const char *verb;
    } table[] = {
        {"", 0, 0, false, false, ""},
        {";;", 0, 0, false, false, ""},
        {"SELECT ?, '?', ??, \"?\" -- ?", 1, 1, false, true, "SELECT"},
        {"insert into t values (?, ?)", 1, 2, false, false, "insert"},
        {"INSERT INTO t VALUES (1) RETURNING a", 1, 0, false, true, "INSERT"},
        {"SET a = 1; SELECT ?;", 2, 1, true, true, "SET"},
        {"RESET ALL", 1, 0, true, false, "RESET"},
        {"DISCARD ALL", 1, 0, true, false, "DISCARD"},
        {"SELECT set_config('a', 'b', true)", 1, 0, true, true, "SELECT"},
        {"SELECT pg_catalog.set_config('a', 'b', true)", 1, 0, true, true, "SELECT"},
        {"SELECT set_config", 1, 0, false, true, "SELECT"},
        {"UPDATE t SET a = 1", 1, 0, false, false, "UPDATE"},
        {"CALL p(?)", 1, 1, false, true, "CALL"},
        {"{?=call f(?)}", 1, 2, false, true, "call"},
        {"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3", 2, 0, false, true,
         "CREATE"},
        {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; "
         "END; SELECT 2",
         2, 0, false, true, "CREATE"},
        {"CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); END", 1, 0, false,
         false, "CREATE"},
        {"CREATE TABLE x(a int); COMMIT", 2, 0, false, false, "CREATE"},
    };
    for (auto &row : table) {
        std::string sql = row.sql; // the verb is a view of it
        struct scan_info info = classify(sql);
        EXPECT_EQ(info.statements, row.statements) << row.sql;
        EXPECT_EQ(info.params, row.params) << row.sql;
        EXPECT_EQ(info.sets_session, row.session) << row.sql;
        EXPECT_EQ(info.returns_rows_maybe, row.rows) << row.sql;
        EXPECT_EQ(std::string(info.verb.s, info.verb.n), row.verb) << row.sql;
    }
}

TEST(Scan, EveryWordIsFound)
{
    static const char *const words[] = {
#define WORD(id, spelling, flags) spelling,
#include "pipeline/scan_word.def"
#undef WORD
    };
    int id = 1;
    for (auto w : words) {
        std::string upper = w;
        for (auto &c : upper)
            c = (char)toupper(c);
        EXPECT_EQ(scan_word(view(w)), id) << w;
        EXPECT_EQ(scan_word(view(upper)), id) << w;
        EXPECT_EQ(scan_word(view(upper + "_")), WORD_NONE) << w;
        id++;
    }
    EXPECT_EQ(scan_word(view("x")), WORD_NONE);
    EXPECT_EQ(scan_word(view("characteristicss")), WORD_NONE);
}

// Megabytes of whatever might be rescanned: a square would take hours.
TEST(Scan, LinearTime)
{
    static const char *const units[] = {"a ",
                                        "E'a' ",
                                        "E'a'\n ",
                                        "$a$ $b ",
                                        "$aaaaaaa ",
                                        "/*/*",
                                        "'x'''",
                                        "((((",
                                        "-- x\n",
                                        "??",
                                        "select 1 from t where a = ? ;"};
    auto begun = std::chrono::steady_clock::now();
    for (auto unit : units) {
        std::string sql;
        while (sql.size() < 2u << 20)
            sql += unit;
        classify(sql);
    }
    auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_LT(std::chrono::duration<double>(took).count(), 60.0);
}

// ---- what a statement leaves in its session, and what it asks of it ----

struct Keep {
    const char *sql;
    bool keeps, asks;
};

void expect_keep(const struct scan_rules *rules, const Keep &k)
{
    struct scan_info info;
    scan_classify(rules, text_of(k.sql), &info);
    EXPECT_EQ(info.keeps, k.keeps) << k.sql;
    EXPECT_EQ(info.asks, k.asks) << k.sql;
}

TEST(Scan, WhatStaysInTheSession)
{
    static const Keep rows[] = {
        {"", false, false},
        {"SELECT 1", false, false},
        {"SELECT temp, temporary FROM pg_temperature", false, false},
        {"(SELECT 1) UNION SELECT 2", false, false},
        {"INSERT INTO t SELECT * FROM temp", false, false},
        {"CREATE TABLE t(temp int)", false, false},
        {"CREATE TEMP TABLE t(k int)", true, false},
        {"create local temporary table t(k int)", true, false},
        {"CREATE GLOBAL TEMP TABLE t(k int)", true, false},
        {"CREATE OR REPLACE TEMP VIEW v AS SELECT 1", true, false},
        {"CREATE TEMPORARY SEQUENCE s", true, false},
        {"CREATE TABLE pg_temp.t(k int)", true, false},
        {"CREATE TABLE \"pg_temp\".t(k int)", true, false},
        {"SELECT 1 INTO TEMP t", true, false},
        {"SELECT 1 INTO TEMPORARY TABLE t", true, false},
        {"SELECT 'CREATE TEMP TABLE t'", false, false},
        {"SELECT 1 -- LISTEN x", false, false},
        {"LISTEN x", true, false},
        {"UNLISTEN *", false, false},
        {"NOTIFY x", false, false},
        {"SELECT pg_notify('x', '')", true, false},
        {"PREPARE p AS SELECT 1", true, false},
        {"PREPARE TRANSACTION 'p'", false, false},
        {"EXECUTE p", true, false},
        {"DECLARE c CURSOR WITH HOLD FOR SELECT 1", true, false},
        {"SELECT pg_advisory_lock(1)", true, false},
        {"SELECT pg_catalog.pg_try_advisory_lock_shared(1)", true, false},
        {"SELECT pg_advisory_xact_lock(1)", false, false},
        {"SELECT pg_try_advisory_xact_lock(1)", false, false},
        {"LOCK TABLE t", false, false},
        {"LOAD 'x'", true, false},
        {"DO $$ BEGIN END $$", true, false},
        {"CALL p()", true, false},
        {"SET x.y = 1", false, false},
        {"DISCARD ALL", false, false},
        {"DEALLOCATE p", false, false},
        {"SELECT dblink_connect('x')", true, false},
        {"COMMIT; LISTEN x", true, false},
        {"FROBNICATE", true, false},
        {"SELECT currval('s')", false, true},
        {"SELECT pg_catalog.lastval()", false, true},
        {"SELECT @x := 1", false, false}, // PostgreSQL has no such variables
    };
    for (const Keep &k : rows)
        expect_keep(&scan_rules_pg, k);
}

TEST(Scan, WhatStaysInAMySqlSession)
{
    static const Keep rows[] = {
        {"SELECT a, @x FROM t", false, false},
        {"CREATE TEMPORARY TABLE t(k int)", true, false},
        {"SELECT GET_LOCK('a', 1)", true, false},
        {"LOCK TABLES t READ", true, false},
        {"UNLOCK TABLES", false, false},
        {"HANDLER t OPEN", true, false},
        {"SELECT 1 INTO @x", true, false},
        {"SELECT @x := 1", true, false},
        {"SELECT (@x:=@x+1) FROM t", true, false},
        {"SET @x := 1", false, false}, // session_my.c knows
        {"PREPARE s FROM 'SELECT 1'", true, false},
        {"XA START 'x'", true, false},
        {"REPLACE INTO t VALUES (1)", false, false},
        {"USE other", false, false},
        {"SELECT LAST_INSERT_ID()", false, true},
        {"SELECT FOUND_ROWS()", false, true},
        {"SELECT ROW_COUNT()", false, true},
        {"SELECT @@identity", false, true},
        {"SHOW WARNINGS", false, true},
        {"SHOW TABLES", false, false},
    };
    for (const Keep &k : rows)
        expect_keep(&scan_rules_my, k);
}

TEST(Scan, DiscardAll)
{
    for (const char *sql : {"DISCARD ALL", " discard  all;"}) {
        struct scan_info info;
        scan_classify(&scan_rules_pg, text_of(sql), &info);
        EXPECT_TRUE(info.discards) << sql;
    }
    for (const char *sql : {"DISCARD TEMP", "DISCARD", "SELECT 1; DISCARD ALL", "DISCARD ALL; LISTEN x", "SELECT 'DISCARD ALL'"}) {
        struct scan_info info;
        scan_classify(&scan_rules_pg, text_of(sql), &info);
        EXPECT_FALSE(info.discards) << sql;
    }
}

// Many sets as one statement: only where nothing in it can be computed once for all of them.
TEST(Scan, Alike)
{
    for (const char *sql :
         {"UPDATE t SET a = f(?) WHERE b IN (SELECT 1)", "delete from t where a = ?",
          "INSERT INTO t VALUES (?, ?)", "insert into `a b`.t (x, `values`) values (?, 'it''s', -1.5, NULL, DEFAULT);",
          "REPLACE t (x) VALUE (?)", "INSERT IGNORE INTO t VALUES (?, true) -- done",
          "INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE b = VALUES(b), a = ?, `c` = 'x'"})
        EXPECT_TRUE(scan_alike(&scan_rules_my, text_of(sql))) << sql;
    for (const char *sql :
         {"", "SELECT ?", "CALL p(?)", "INSERT INTO t SELECT ?", "INSERT INTO t SET a = ?", "INSERT INTO t VALUES (?), (?)",
          "INSERT INTO t VALUES (f(?))", "INSERT INTO t VALUES ((SELECT a FROM u WHERE b = ?))", "INSERT INTO t VALUES (? + 1)",
          "INSERT INTO t VALUES (? REGEXP 'a')", "INSERT INTO t VALUES (_latin1'x', ?)", "INSERT INTO t VALUES (@a, ?)",
          "INSERT INTO t VALUES (?, /*!50000 RAND() */)", "INSERT /* x */ INTO t VALUES (?)", "INSERT INTO t VALUES (?, 'x",
          "INSERT INTO t VALUES (?", "INSERT INTO t VALUES ()", "INSERT INTO t VALUES (-?)", "INSERT INTO t VALUES (?) RETURNING a",
          "INSERT INTO t VALUES (?) AS new ON DUPLICATE KEY UPDATE a = new.a", "INSERT INTO t (a) VALUES (?); DELETE FROM t",
          "INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE a = a + ?", "INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE",
          "INSERT INTO t (a", "INSERT", "WITH x AS (SELECT 1) INSERT INTO t VALUES (?)"})
        EXPECT_FALSE(scan_alike(&scan_rules_my, text_of(sql))) << sql;
}

TEST(ScanAlone, WhatTheServerRefusesInATransactionBlock)
{
    for (const char *sql :
         {"VACUUM", "vacuum (analyze) t", "/* x */ VACUUM FULL t", "CREATE DATABASE d",
          "drop database if exists d", "CREATE TABLESPACE s LOCATION '/x'", "DROP TABLESPACE s",
          "CREATE INDEX CONCURRENTLY i ON t (a)", "create unique index concurrently i on t (a)",
          "DROP INDEX CONCURRENTLY i", "REINDEX DATABASE d", "REINDEX (VERBOSE) SCHEMA s",
          "REINDEX TABLE CONCURRENTLY t", "REINDEX (CONCURRENTLY) TABLE t", "ALTER SYSTEM RESET ALL",
          "ALTER DATABASE \"d\" SET TABLESPACE s", "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
          "CLUSTER", "CLUSTER (VERBOSE);", "CLUSTER VERBOSE", "DISCARD ALL"}) {
        EXPECT_TRUE(scan_alone(&scan_rules_pg, text_of(sql))) << sql;
        EXPECT_FALSE(scan_alone(&scan_rules_my, text_of(sql))) << sql;
    }
    for (const char *sql :
         {"", "SELECT 1", "CREATE TABLE vacuum (a int)", "CREATE INDEX i ON concurrently (a)",
          "CREATE INDEX \"concurrently\" ON t (a)", "DROP TABLE database", "DROP INDEX i",
          "REINDEX TABLE t", "REINDEX INDEX i", "ALTER DATABASE d SET work_mem = 64",
          "ALTER TABLE t DETACH PARTITION p", "ALTER TABLE concurrently ADD a int", "ALTER",
          "CLUSTER t", "CLUSTER t USING i", "CLUSTER VERBOSE \"t\"", "DISCARD TEMP", "INSERT INTO t VALUES ('VACUUM')"})
        EXPECT_FALSE(scan_alone(&scan_rules_pg, text_of(sql))) << sql;
}

// How many of the first markers are each what a column becomes.
TEST(Scan, Assigned)
{
    const std::pair<size_t, const char *> texts[] = {
        {2, "INSERT INTO t VALUES (?, ?)"},
        {4, "insert into a.\"b c\" (x, y) values (?, ?), (?, ?) returning x"},
        {2, "INSERT INTO t (a, b, c) VALUES (?, now(), ?) ON CONFLICT (a) DO UPDATE SET b = ?"},
        {1, "INSERT INTO t VALUES (?, ? + 1, ?)"},
        {0, "INSERT INTO t VALUES (f(?), ?)"},
        {0, "INSERT INTO t VALUES (?::int, ?)"},
        {1, "INSERT INTO t VALUES ((1), /* ? */ ?, -?)"},
        {1, "INSERT INTO t SELECT ?"},
        {2, "INSERT INTO t (a, b, c) SELECT a, ?, ? FROM u WHERE b = ?"},
        {1, "INSERT INTO t SELECT ?, ? + 1 FROM u"},
        {0, "INSERT INTO t (SELECT ? FROM u)"},
        {0, "INSERT INTO t SELECT DISTINCT ? FROM u"},
        {0, "INSERT INTO t SELECT ? UNION ALL SELECT ?"},
        {0, "INSERT INTO t SELECT ? FROM u GROUP BY 1"},
        {0, "INSERT INTO t SELECT ? FROM u ORDER BY 1"},
        {0, "INSERT INTO t VALUES ((SELECT ?))"},
        {0, "INSERT INTO t SELECT * FROM (VALUES (?)) v"},
        {0, "INSERT INTO t (SELECT a FROM u WHERE b = ?)"},
        {0, "INSERT INTO t VALUES"},
        {1, "INSERT INTO t VALUES (?"},
        {2, "UPDATE t SET a = ?, b = ? WHERE c = ? AND d = ?"},
        {1, "UPDATE ONLY s.t * AS x SET a = ?, b = b + ?"},
        {1, "update t set a = 'x', \"b\" = ? from u where t.c = ?"},
        {1, "UPDATE t SET a = ?; UPDATE t SET b = ?"},
        {0, "UPDATE t SET (a, b) = (?, ?)"},
        {0, "UPDATE t SET a[?] = ?"},
        {0, "UPDATE t SET a = (SELECT b FROM u WHERE c = ?)"},
        {0, "SELECT ?"},
        {0, "DELETE FROM t WHERE a = ?"},
        {0, "WITH x AS (SELECT 1) INSERT INTO t VALUES (?)"},
        {0, ""},
    };
    for (const auto &[n, sql] : texts)
        EXPECT_EQ(n, scan_assigned(&scan_rules_pg, text_of(sql))) << sql;
}

} // namespace
