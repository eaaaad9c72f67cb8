/* The PostgreSQL module. */
#include "core/backend.h"

#include <string.h>

static const struct escape_fn fns[] = {
#define LITERAL(...)
#define FN(...) {__VA_ARGS__},
#include "core/escape_pg.def"
#undef FN
#undef LITERAL
};

static const struct escape_literal literals[] = {
#define LITERAL(...) {__VA_ARGS__},
#define FN(...)
#include "core/escape_pg.def"
#undef FN
#undef LITERAL
};

static const struct info_row info[] = {
#include "core/info_pg.def"
};

static const struct type_info types[] = {
#define TYPE_INFO(...) {__VA_ARGS__},
#include "core/type_info_pg.def"
#undef TYPE_INFO
};

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c | 0x20) : NULL;
    return p ? (int)(p - digits) : -1;
}

/* psqlodbc's way to write SQL in a connection string or odbc.ini: `+` is a blank, %XX a byte. No
 * statement begins with a word and one of these at once. */
static void decode_settings(char *s)
{
    size_t word = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (!word || (s[word] != '+' && s[word] != '%') || strpbrk(s, " \t\r\n"))
        return;
    char *to = s;
    for (const char *from = s; *from; from++) {
        int high = *from == '%' ? hex_digit(from[1]) : -1;
        int low = high >= 0 ? hex_digit(from[2]) : -1;
        if (low >= 0 && (high || low)) {
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = *from == '+' ? ' ' : *from;
        }
    }
    *to = 0;
}

static bool options_read(struct options *o, struct fault *f)
{
    (void)f;
    if (option_is_set(o, OPT_CONNSETTINGS))
        decode_settings(o->value[OPT_CONNSETTINGS]);
    return true;
}

/* psqlODBC's own connection attributes. */
enum { USE_DECLARE_FETCH = 65539, SERVER_SIDE_PREPARE, FETCH, BATCH_SIZE = 65550 };

const struct backend backend = {
    .native = &native_pg,
    .rules = &scan_rules_pg,
    .options = OPT_PG,
    .options_read = options_read,
    .file = "libholdfastpg.so",
    .driver = "Holdfast PostgreSQL",
    .wire = WIRE_PG_TEXT,
    .own_scale = true,
    .type_hints = true,
    .names_cursors = true,
    .ignored_attrs = {USE_DECLARE_FETCH, SERVER_SIDE_PREPARE, FETCH, BATCH_SIZE},
    .call_row = true,
    .name_length = 63,
    .folds_names = true,
    .database_is_user = true,
    .decimal = SQL_NUMERIC,
    .byte_literal = {"'\\x", "'"},
    .types = types,
    .ntypes = sizeof(types) / sizeof(types[0]),
    .fns = fns,
    .nfns = sizeof(fns) / sizeof(fns[0]),
    .literals = literals,
    .nliterals = sizeof(literals) / sizeof(literals[0]),
    .like_backslash = "E'\\\\'",
    .call_returns = {"SELECT * FROM ", " WHERE (CAST($1 AS text) IS NULL) IS NOT NULL"},
    .interval_standard = true,
    .call = pg_call,
    .info = info,
    .ninfo = sizeof(info) / sizeof(info[0]),
};
