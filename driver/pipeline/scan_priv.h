/* What the pipeline's own files share of the scanner: known words, and a walk over a text that
 * knows where one statement ends and the next begins. */
#ifndef HOLDFAST_PIPELINE_SCAN_PRIV_H
#define HOLDFAST_PIPELINE_SCAN_PRIV_H

#include "pipeline/scan.h"

enum word {
    WORD_NONE,
#define WORD(id, spelling, flags) WORD_##id,
#include "pipeline/scan_word.def"
#undef WORD
    WORD_COUNT
};

enum word_flag {
    W_READS = 1,
    W_ROWS = 2,
    W_WRITES = 4,
    W_SESSION = 8,
    W_LEAVES = 16,
    W_KEEPS = 32,
    W_ASKS = 64
};

enum word scan_word(struct text); /* any case; WORD_NONE: not a known word */
unsigned scan_word_flags(enum word);

/* Tokens without white space, with the ends of statements told apart from the semicolons inside
 * parentheses (CREATE RULE) and inside BEGIN ATOMIC ... END (SQL-standard function bodies). */
struct scan_walk {
    struct scanner scanner;
    struct token token;
    enum word word; /* of a TOKEN_WORD */
    bool boundary;  /* this token ends a statement */
    size_t depth;   /* open parentheses, this token counted */
    size_t words;   /* words of this statement so far */
    bool routine;   /* CREATE [OR REPLACE] FUNCTION | PROCEDURE */
    bool create;
    size_t atomic;     /* open BEGIN and CASE in a routine */
    bool ending;       /* the last word was an END that closed one */
    bool unterminated; /* a quote or comment ran to the end of the text */
};
void scan_walk_start(struct scan_walk *, const struct scan_rules *, struct text sql);
bool scan_walk_next(struct scan_walk *);

/* scan_keep.c: what a statement leaves in its session, token by token. */
struct scan_keep {
    enum word verb, before; /* first word; the last one when nothing stood between */
    size_t words;
    char mark;  /* the operator just before, 0: none */
    bool keeps; /* as in scan_info */
    bool asks;
    bool all; /* DISCARD ALL */
};
void scan_keep_token(struct scan_keep *, const struct scan_walk *);

/* What one COMMIT, SAVEPOINT ... means; WORD_NONE where a word is missing. */
enum scan_txn scan_txn_of(enum word first, enum word second, enum word third);

#endif
