/* A scanner for SQL text: tokens, and what the driver must know of a statement before it is sent.
 * It follows the server's lexical rules (quotes, dollar quotes, nested comments), not its grammar.
 * Pure functions; core uses the tokens to rewrite `?` and escape clauses. */
#ifndef HOLDFAST_PIPELINE_SCAN_H
#define HOLDFAST_PIPELINE_SCAN_H

#include "base/text.h"

struct scan_rules {
    bool backslash_escapes;   /* in ordinary '...' (standard_conforming_strings off; MySQL) */
    bool dollar_quotes;       /* $tag$ ... $tag$ (PostgreSQL) */
    bool nested_comments;     /* slash-star nests (PostgreSQL) */
    bool double_quote_string; /* "..." is a string (MySQL without ANSI_QUOTES) */
    bool backtick;            /* `...` is an identifier (MySQL) */
    bool hash_comment;        /* # to the end of the line (MySQL) */
    bool block_bodies;        /* a routine's body is BEGIN ... END without ATOMIC, and IF, LOOP,
                                 WHILE, REPEAT end with END and their own word (MySQL) */
    const char *setting;      /* the server's setting that changes these rules */
};
/* The setting has this value now. */
void scan_rules_set(struct scan_rules *, const char *value);
static inline bool scan_rules_same(const struct scan_rules *a, const struct scan_rules *b)
{
    return a->backslash_escapes == b->backslash_escapes &&
           a->double_quote_string == b->double_quote_string;
}
extern const struct scan_rules scan_rules_pg;
extern const struct scan_rules scan_rules_my;

enum token_kind {
    TOKEN_END,
    TOKEN_SPACE, /* white space and comments */
    TOKEN_WORD,  /* identifier or keyword, unquoted */
    TOKEN_QUOTED_NAME,
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_PARAM,         /* ? */
    TOKEN_PARAM_LITERAL, /* ??: a literal question mark (PostgreSQL's operators) */
    TOKEN_SEMICOLON,
    TOKEN_OPEN_BRACE,
    TOKEN_CLOSE_BRACE,
    TOKEN_OPERATOR /* any other single character */
};

struct token {
    enum token_kind kind;
    struct text text;  /* as written */
    bool unterminated; /* a quote or comment that runs to the end of the text */
};

struct scanner {
    const struct scan_rules *rules;
    struct text in;
    size_t at;
};
void scan_start(struct scanner *, const struct scan_rules *, struct text sql);
/* False at the end (token is TOKEN_END). */
bool scan_next(struct scanner *, struct token *);

/* ---- what a text is ---- */

enum scan_txn { /* the statement's effect on the transaction */
                SCAN_TXN_NONE,
                SCAN_TXN_BEGIN,
                SCAN_TXN_COMMIT, /* COMMIT, END, PREPARE TRANSACTION */
                SCAN_TXN_ROLLBACK,
                SCAN_TXN_SAVEPOINT,
                SCAN_TXN_RELEASE,
                SCAN_TXN_ROLLBACK_TO,
                SCAN_TXN_SET /* SET TRANSACTION, SET LOCAL TRANSACTION */
};

struct scan_info {
    size_t statements; /* non-empty ones */
    size_t params;     /* `?` markers */
    size_t assigned;   /* scan_assigned(), where core has asked for it; else 0 */
    bool plain_read;   /* one statement: SELECT, SHOW, VALUES, TABLE, EXPLAIN (not ANALYZE of a
                          write), WITH without INSERT UPDATE DELETE MERGE; no FOR UPDATE/SHARE
                          (any FOR ... lock), no INTO, not a data-modifying CTE */
    bool sets_session; /* some statement is SET, RESET, DISCARD, or calls set_config( */
    bool ends_txn;     /* some statement is COMMIT, END, ROLLBACK, ABORT, PREPARE TRANSACTION */
    bool controls;     /* some statement is SAVEPOINT, RELEASE, ROLLBACK TO, SET TRANSACTION */
    bool keeps;        /* may leave something in the session that another one would not have:
                          temporary tables, LISTEN, advisory locks, PREPARE, CALL, DO ... */
    bool asks;         /* asks for what the session did before: currval(), LAST_INSERT_ID() ... */
    bool discards;     /* one statement, DISCARD ALL */
    enum scan_txn txn; /* when statements == 1 */
    struct text verb;  /* first word, "" when empty: for SQL_DIAG_DYNAMIC_FUNCTION */
    bool returns_rows_maybe;
    bool returns_value; /* {? = call f(...)}: marker 1 takes what f returns (core's word) */
};
void scan_classify(const struct scan_rules *, struct text sql, struct scan_info *out);

/* Whether one statement is refused by the server inside a transaction block: PostgreSQL's VACUUM,
 * CREATE and DROP DATABASE or TABLESPACE, ALTER SYSTEM, anything CONCURRENTLY, REINDEX of more than
 * a table, CLUSTER of all, DISCARD ALL. (MySQL commits by itself instead.) */
bool scan_alone(const struct scan_rules *, struct text sql);

/* Whether many sets of parameters mean the same when the server executes them as one statement
 * (MariaDB's COM_STMT_BULK_EXECUTE): UPDATE and DELETE, which it begins anew for each; INSERT and
 * REPLACE of one row of parameters and literals, for whatever else it takes for constant, a
 * subquery or a pattern say, it computes from the first set and keeps for the others. */
bool scan_alike(const struct scan_rules *, struct text sql);

/* So many of the first markers are each alone what a column becomes: in INSERT ... VALUES (?, ?),
 * (?, ?), INSERT ... SELECT ?, ? and UPDATE ... SET a = ?, b = ?. Their type is the column's, which
 * the server knows. */
size_t scan_assigned(const struct scan_rules *, struct text sql);

#endif
