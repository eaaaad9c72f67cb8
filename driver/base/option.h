/* The one option table (option.def) and what it feeds: validation, defaults, masking, aliases, the
 * connection-string parser, the DSN reader's key list and doc/OPTIONS.md.
 * A `struct options` holds the values of one connection; the first value set for an option wins
 * (ODBC: SQLDriverConnect, "if a keyword is repeated the driver uses the first"). */
#ifndef HOLDFAST_BASE_OPTION_H
#define HOLDFAST_BASE_OPTION_H

#include "base/buf.h"
#include "base/fault.h"

enum option_type {
    OPT_STRING,
    OPT_INT,  /* decimal, min..max */
    OPT_BOOL, /* 1 0 yes no true false on off y n, any case */
    OPT_ENUM, /* one of `choices` ("a|b|c"); case and the separators - _ and blank do not count */
};

enum option_backend { OPT_ANY, OPT_PG, OPT_MY };

enum option_id {
#define OPTION(id, ...) OPT_##id,
#include "base/option.def"
#undef OPTION
    OPT_COUNT
};

struct option_info {
    enum option_id id;
    const char *keyword; /* canonical spelling */
    const char *aliases; /* "a|b|c", "" for none */
    enum option_type type;
    const char *preset;  /* default value as text, "" for none */
    int64_t min, max;    /* OPT_INT only */
    const char *choices; /* OPT_ENUM only */
    bool secret;
    enum option_backend backend;
    const char *group; /* heading in doc/OPTIONS.md */
    const char *help;
};

struct options {
    enum option_backend backend; /* whose rows are keywords; OPT_ANY: every row */
    char *
        value[OPT_COUNT]; /* owned; NULL while not set. Enums are stored as the table spells them */
};

void options_init(struct options *o);                              /* backend: OPT_ANY */
void options_fini(struct options *o);                              /* secrets are overwritten */
bool options_copy(struct options *dst, const struct options *src); /* false: out of memory */

/* The row for a keyword or alias (any case) of that backend, or NULL. OPT_ANY: of any; the first
 * row where two backends have the same keyword. */
const struct option_info *option_find(enum option_backend, struct text keyword);
const struct option_info *option_info(enum option_id id);

enum option_set {
    OPTION_SET,     /* stored */
    OPTION_KEPT,    /* already had a value; this one is dropped */
    OPTION_UNKNOWN, /* no such keyword; f is 01S00 with a text for a warning */
    OPTION_BAD,     /* f is HY024 and names keyword, value (never a secret's) and what is allowed */
    OPTION_OOM      /* f is HY001 */
};
enum option_set option_set(struct options *o, struct text keyword, struct text value,
                           struct fault *f);

bool option_is_set(const struct options *o, enum option_id id);
/* Value or default; "" when there is neither. Borrowed until the option changes. */
const char *option_str(const struct options *o, enum option_id id);
int64_t option_int(const struct options *o, enum option_id id);
bool option_bool(const struct options *o, enum option_id id);
/* Index of the value in the row's choices. */
int option_enum(const struct options *o, enum option_id id);

/* ---- connection strings: keyword=value;keyword={value with ; and }} doubled} ---- */

/* Called for each pair in order; false stops the parse. Views are valid during the call only. */
typedef bool connstr_pair(void *arg, struct text keyword, struct text value);
/* False with HY000-class fault (08001 is not for syntax: "HY000" with the offset) on malformed
 * input, or when pair() stopped (f untouched then). White space around keywords is dropped;
 * unbraced values keep inner blanks and lose outer ones. */
bool connstr_parse(struct text s, connstr_pair *pair, void *arg, struct fault *f);
/* Appends "KEYWORD=value;" with braces where the value needs them. */
bool connstr_add(struct buf *b, const char *keyword, struct text value);
/* The same with braces even where the value does without. */
bool connstr_add_braced(struct buf *b, const char *keyword, struct text value);

#endif
