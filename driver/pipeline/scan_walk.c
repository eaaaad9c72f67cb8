#include "pipeline/scan_priv.h"
#include <string.h>

static const struct {
    const char *spelling;
    size_t n;
    unsigned flags;
} words[WORD_COUNT] = {
    {"", 0, 0},
#define WORD(id, spelling, flags) {spelling, sizeof(spelling) - 1, flags},
#include "pipeline/scan_word.def"
#undef WORD
};

#define WORD_MAX 15 /* "characteristics" */

enum word scan_word(struct text t)
{
    char low[WORD_MAX];
    if (t.n < 2 || t.n > WORD_MAX)
        return WORD_NONE;
    for (size_t i = 0; i < t.n; i++)
        low[i] = (char)(t.s[i] >= 'A' && t.s[i] <= 'Z' ? t.s[i] | 0x20 : t.s[i]);
    int lo = 1, hi = WORD_COUNT - 1;
    while (lo <= hi) {
        int mid = (lo + hi) / 2;
        size_t n = words[mid].n < t.n ? words[mid].n : t.n;
        int d = memcmp(low, words[mid].spelling, n);
        if (d == 0)
            d = t.n < words[mid].n ? -1 : t.n > words[mid].n;
        if (d == 0)
            return (enum word)mid;
        if (d < 0)
            hi = mid - 1;
        else
            lo = mid + 1;
    }
    return WORD_NONE;
}

unsigned scan_word_flags(enum word w)
{
    return words[w].flags;
}

void scan_walk_start(struct scan_walk *w, const struct scan_rules *rules, struct text sql)
{
    *w = (struct scan_walk){.word = WORD_NONE};
    scan_start(&w->scanner, rules, sql);
}

static bool is_block(enum word w)
{
    return w == WORD_IF || w == WORD_LOOP || w == WORD_WHILE || w == WORD_REPEAT;
}

/* The word that says what a CREATE makes, where a routine's or trigger's body may follow. */
static bool names_routine(const struct scan_walk *w)
{
    bool my = w->scanner.rules->block_bodies; /* DEFINER = ... stands before it */
    if (my && (w->word == WORD_TRIGGER || w->word == WORD_EVENT))
        return true;
    return (my || w->words == 2 || w->words == 4) &&
           (w->word == WORD_FUNCTION || w->word == WORD_PROCEDURE);
}

static void walk_word(struct scan_walk *w)
{
    w->word = scan_word(w->token.text);
    w->words++;
    if (w->words == 1)
        w->create = w->word == WORD_CREATE;
    else if (w->create && names_routine(w))
        w->routine = true;
    if (!w->routine || w->depth > 0)
        return;
    bool ends = w->ending; /* this word says what END ended */
    w->ending = w->word == WORD_END && w->atomic > 0;
    if (w->word == WORD_BEGIN || (w->word == WORD_CASE && w->atomic > 0 && !ends))
        w->atomic++;
    else if (w->ending)
        w->atomic--;
    else if (ends && is_block(w->word))
        w->atomic++; /* END IF and the like end what was not counted */
}

bool scan_walk_next(struct scan_walk *w)
{
    if (w->boundary) {
        w->boundary = w->create = w->routine = w->ending = false;
        w->words = w->atomic = w->depth = 0;
    }
    w->word = WORD_NONE;
    do {
        if (!scan_next(&w->scanner, &w->token))
            return false;
        w->unterminated = w->unterminated || w->token.unterminated;
    } while (w->token.kind == TOKEN_SPACE);
    if (w->token.kind == TOKEN_WORD) {
        walk_word(w);
    } else if (w->token.kind == TOKEN_OPERATOR) {
        if (w->token.text.s[0] == '(')
            w->depth++;
        else if (w->token.text.s[0] == ')' && w->depth > 0)
            w->depth--;
    } else if (w->token.kind == TOKEN_SEMICOLON) {
        w->boundary = w->depth == 0 && w->atomic == 0;
    }
    return true;
}

enum scan_txn scan_txn_of(enum word first, enum word second, enum word third)
{
    switch (first) {
    case WORD_BEGIN:
        return SCAN_TXN_BEGIN;
    case WORD_START:
        return second == WORD_TRANSACTION ? SCAN_TXN_BEGIN : SCAN_TXN_NONE;
    case WORD_COMMIT: /* COMMIT PREPARED is about another transaction */
        return second == WORD_PREPARED ? SCAN_TXN_NONE : SCAN_TXN_COMMIT;
    case WORD_END:
        return SCAN_TXN_COMMIT;
    case WORD_PREPARE:
        return second == WORD_TRANSACTION ? SCAN_TXN_COMMIT : SCAN_TXN_NONE;
    case WORD_ROLLBACK:
        if (second == WORD_PREPARED)
            return SCAN_TXN_NONE;
        if (second == WORD_TO ||
            ((second == WORD_WORK || second == WORD_TRANSACTION) && third == WORD_TO))
            return SCAN_TXN_ROLLBACK_TO;
        return SCAN_TXN_ROLLBACK;
    case WORD_ABORT:
        return SCAN_TXN_ROLLBACK;
    case WORD_SAVEPOINT:
        return SCAN_TXN_SAVEPOINT;
    case WORD_RELEASE:
        return SCAN_TXN_RELEASE;
    case WORD_SET:
        if (second == WORD_LOCAL || second == WORD_SESSION)
            second = third;
        return second == WORD_TRANSACTION ? SCAN_TXN_SET : SCAN_TXN_NONE;
    default:
        return SCAN_TXN_NONE;
    }
}
