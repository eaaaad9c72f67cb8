/* The PostgreSQL module. */
#include "core/backend.h"

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

const struct backend backend = {
    .native = &native_pg,
    .rules = &scan_rules_pg,
    .options = OPT_PG,
    .file = "libholdfastpg.so",
    .driver = "Holdfast PostgreSQL",
    .wire = WIRE_PG_TEXT,
    .own_scale = true,
    .type_hints = true,
    .names_cursors = true,
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
