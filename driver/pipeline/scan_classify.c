#include "pipeline/scan_priv.h"

/* What has been seen of one statement. */
struct statement {
    bool any;           /* a token */
    bool starts_well;   /* with a word, or parentheses before one */
    enum word verb;     /* first word */
    enum word rest[2];  /* second and third word */
    enum word previous; /* the word just before, when nothing stood between */
    enum word inner;    /* EXPLAIN: what is explained */
    bool inner_known;
    bool analyze;
    bool writes;
    bool returning;
    bool config; /* set_config( may come: its name was the last token */
    struct scan_keep keep;
};

static bool explained_is_read(const struct statement *st)
{
    return (scan_word_flags(st->inner) & W_READS) && !st->writes;
}

static bool reads_only(const struct statement *st)
{
    if (!st->starts_well || !(scan_word_flags(st->verb) & W_READS))
        return false;
    if (st->verb == WORD_EXPLAIN)
        return !st->analyze || explained_is_read(st);
    return !st->writes;
}

static void end_statement(struct statement *st, struct scan_info *out, bool *plain)
{
    if (st->any) {
        enum scan_txn txn = scan_txn_of(st->verb, st->rest[0], st->rest[1]);
        unsigned flags = scan_word_flags(st->verb);
        out->txn = out->statements == 0 ? txn : SCAN_TXN_NONE;
        out->statements++;
        *plain = out->statements == 1 && reads_only(st);
        out->sets_session = out->sets_session || (flags & W_SESSION);
        out->returns_rows_maybe = out->returns_rows_maybe || (flags & W_ROWS) || st->returning;
        out->controls = out->controls || txn >= SCAN_TXN_SAVEPOINT;
        out->keeps = out->keeps || st->keep.keeps;
        out->asks = out->asks || st->keep.asks;
        out->discards = out->statements == 1 && st->keep.all;
        out->ends_txn = out->ends_txn || txn == SCAN_TXN_COMMIT || txn == SCAN_TXN_ROLLBACK ||
                        st->verb == WORD_COMMIT || (st->verb == WORD_ROLLBACK && txn == 0);
    }
    *st = (struct statement){.starts_well = true};
}

/* The word behind EXPLAIN and its options, which may stand in parentheses, as a query may. */
static void note_explained(struct statement *st, const struct scan_walk *w)
{
    bool option = w->word == WORD_ANALYZE || w->word == WORD_ANALYSE ||
                  text_eq_ci(w->token.text, TEXT("verbose"));
    if (w->word == WORD_ANALYZE || w->word == WORD_ANALYSE)
        st->analyze = true;
    if (st->inner_known || option || (w->depth > 0 && !(scan_word_flags(w->word) & W_READS)))
        return;
    st->inner = w->word;
    st->inner_known = true;
}

static void note_word(struct statement *st, const struct scan_walk *w, struct scan_info *out)
{
    enum word word = w->word;
    if (w->words == 1) {
        st->verb = word;
        if (out->statements == 0)
            out->verb = w->token.text;
    } else if (w->words <= 3) {
        st->rest[w->words - 2] = word;
    }
    if (st->verb == WORD_EXPLAIN && w->words > 1)
        note_explained(st, w);
    if (scan_word_flags(word) & W_WRITES)
        st->writes = true;
    /* FOR SHARE, FOR KEY SHARE; MySQL: LOCK IN SHARE MODE. FOR [NO KEY] UPDATE says UPDATE. */
    if (word == WORD_SHARE &&
        (st->previous == WORD_FOR || st->previous == WORD_KEY || st->previous == WORD_IN))
        st->writes = true;
    if (word == WORD_RETURNING)
        st->returning = true;
    st->previous = word;
}

static bool is_open(const struct token *t)
{
    return t->kind == TOKEN_OPERATOR && t->text.s[0] == '(';
}

static void note_token(struct statement *st, const struct scan_walk *w, struct scan_info *out)
{
    const struct token *t = &w->token;
    bool config = st->config;
    if (t->kind == TOKEN_PARAM)
        out->params++;
    if (t->kind != TOKEN_WORD && w->words == 0 && !is_open(t))
        st->starts_well = false;
    /* set_config() changes the session: not left half read, and noted when it is done. */
    if (config && is_open(t))
        st->writes = out->sets_session = true;
    st->config = w->word == WORD_SET_CONFIG ||
                 (t->kind == TOKEN_QUOTED_NAME && text_eq(t->text, TEXT("\"set_config\"")));
    /* EXPLAIN ("analyze"): a quoted option is one all the same. */
    if (t->kind == TOKEN_QUOTED_NAME && st->verb == WORD_EXPLAIN && !st->inner_known)
        st->analyze = true;
    scan_keep_token(&st->keep, w);
    if (t->kind == TOKEN_WORD)
        note_word(st, w, out);
    else
        st->previous = WORD_NONE;
    st->any = true;
}

void scan_classify(const struct scan_rules *rules, struct text sql, struct scan_info *out)
{
    struct scan_walk w;
    struct statement st = {.starts_well = true};
    bool plain = false;
    *out = (struct scan_info){.verb = TEXT("")};
    scan_walk_start(&w, rules, sql);
    while (scan_walk_next(&w)) {
        if (w.boundary)
            end_statement(&st, out, &plain);
        else
            note_token(&st, &w, out);
    }
    end_statement(&st, out, &plain);
    out->plain_read = plain && !w.unterminated;
}
