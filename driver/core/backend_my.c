/* The MySQL module. */
#include "core/backend.h"

#include <string.h>

static const struct escape_fn fns[] = {
#define LITERAL(...)
#define FN(...) {__VA_ARGS__},
#include "core/escape_my.def"
#undef FN
#undef LITERAL
};

static const struct escape_literal literals[] = {
#define LITERAL(...) {__VA_ARGS__},
#define FN(...)
#include "core/escape_my.def"
#undef FN
#undef LITERAL
};

static const struct info_row info[] = {
#include "core/info_my.def"
};

/* What SQLGetInfo says where a database is no catalog. */
static const struct info_row no_catalogs[] = {
    SHORT_ROW(SQL_CATALOG_LOCATION, 0) TEXT_ROW(SQL_CATALOG_NAME, "N")
        TEXT_ROW(SQL_CATALOG_NAME_SEPARATOR, "") TEXT_ROW(SQL_CATALOG_TERM, "")
            LONG_ROW(SQL_CATALOG_USAGE, 0) SHORT_ROW(SQL_MAX_CATALOG_NAME_LEN, 0)};

/* And where it is a schema. */
static const struct info_row schemas[] = {
    SHORT_ROW(SQL_MAX_SCHEMA_NAME_LEN, 64) TEXT_ROW(SQL_SCHEMA_TERM, "schema")
        LONG_ROW(SQL_SCHEMA_USAGE, SQL_SU_DML_STATEMENTS | SQL_SU_PROCEDURE_INVOCATION |
                                       SQL_SU_TABLE_DEFINITION | SQL_SU_INDEX_DEFINITION |
                                       SQL_SU_PRIVILEGE_DEFINITION)};

static const struct info_row *info_named(enum naming named, SQLUSMALLINT type)
{
    const struct info_row *row = NULL;
    if (named != DATABASE_IS_CATALOG)
        row = info_find(ROWS(no_catalogs), type);
    if (!row && named == DATABASE_IS_SCHEMA)
        row = info_find(ROWS(schemas), type);
    return row;
}

static const struct type_info types[] = {
#define TYPE_INFO(...) {__VA_ARGS__},
#include "core/type_info_my.def"
#undef TYPE_INFO
};

/* ---- options ---- */

/* Of Connector/ODBC's OPTION: bits that are keywords of their own too. */
static const struct {
    int64_t bit;
    const char *keyword;
} flags[] = {
    {2, "FOUND_ROWS"},          {64, "NO_SCHEMA"},
    {2048, "COMPRESSED_PROTO"}, {4096, "IGNORE_SPACE"},
    {16384, "NO_BIGINT"},       {32768, "NO_CATALOG"},
    {8388608, "AUTO_IS_NULL"},  {134217728, "COLUMN_SIZE_S32"},
};

/* FIELD_LENGTH, BIG_PACKETS, NO_PROMPT, NO_DEFAULT_CURSOR, NO_LOCALE, NO_CACHE, FORWARD_CURSOR,
 * MULTI_STATEMENTS: what the driver does anyway. */
#define ANYWAY (1 | 8 | 16 | 128 | 256 | 1048576 | 2097152 | 67108864)

static bool set(struct options *o, struct text keyword, struct text value, struct fault *f)
{
    enum option_set done = option_set(o, keyword, value, f);
    return done == OPTION_SET || done == OPTION_KEPT;
}

/* The client libraries do not mind a version that there is none of. */
static bool versions_known(struct text list, struct fault *f)
{
    while (list.n) {
        size_t comma = text_find(list, ',', 0);
        struct text one = text_trim(text_sub(list, 0, comma));
        list = comma == SIZE_MAX ? TEXT("") : text_sub(list, comma + 1, SIZE_MAX);
        if (!text_eq_ci(one, TEXT("TLSv1.3")) && !text_eq_ci(one, TEXT("TLSv1.2")) &&
            !text_eq_ci(one, TEXT("TLSv1.1")) && !text_eq_ci(one, TEXT("TLSv1")))
            return fault_set(f, "HY024", "TLS_VERSION: no such version: %.*s", TEXT_ARG(one));
    }
    return true;
}

/* A value that was set by its own keyword stays. */
static bool options_read(struct options *o, struct fault *f)
{
    int64_t given = option_int(o, OPT_FLAGS);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if ((given & flags[i].bit) && !set(o, text_of(flags[i].keyword), TEXT("1"), f))
            return false;
        else
            given &= ~flags[i].bit;
    if (given & ~(int64_t)ANYWAY)
        fault_set(f, "01S00", "these flags of OPTION are not used: %lld",
                  (long long)(given & ~(int64_t)ANYWAY));
    if (option_bool(o, OPT_NOTLS12) && option_bool(o, OPT_NOTLS13) &&
        !option_is_set(o, OPT_TLSVERSION))
        return fault_set(f, "HY024", "NO_TLS_1_2 and NO_TLS_1_3 together leave no version of TLS");
    if (option_bool(o, OPT_NOTLS12) && !set(o, TEXT("TLS_VERSION"), TEXT("TLSv1.3"), f))
        return false;
    if (option_bool(o, OPT_NOTLS13) && !set(o, TEXT("TLS_VERSION"), TEXT("TLSv1.2"), f))
        return false;
    if (!versions_known(text_of(option_str(o, OPT_TLSVERSION)), f))
        return false;
    if (option_bool(o, OPT_SSLVERIFY) && !set(o, TEXT("SSLMODE"), TEXT("VERIFY_IDENTITY"), f))
        return false;
    return !option_bool(o, OPT_FORCETLS) || set(o, TEXT("SSLMODE"), TEXT("REQUIRED"), f);
}

static enum naming naming(const struct options *o)
{
    if (!option_bool(o, OPT_NOCATALOG))
        return DATABASE_IS_CATALOG;
    return option_bool(o, OPT_NOSCHEMA) ? DATABASE_HAS_NO_NAME : DATABASE_IS_SCHEMA;
}

/* ---- the server ---- */

static const char *dbms(const struct conn *c)
{
    return strstr(conn_server_info(c), "MariaDB") ? "MariaDB" : conn_caps(c)->dbms;
}

/* ---- the current database ---- */

/* An ordinary statement, so that the session's notes know of it. */
static bool use_database(struct dbc *d, struct text name, struct fault *f)
{
    struct buf sql;
    struct scan_info scan;
    struct cursor c;
    struct nat_outcome out;
    int64_t deadline =
        d->connection_timeout ? deadline_in(SECONDS(d->connection_timeout)) : DEADLINE_NEVER;
    buf_init(&sql);
    cursor_init(&c);
    buf_str(&sql, "USE `");
    for (size_t i = 0; i < name.n; i++) {
        buf_char(&sql, name.s[i]);
        if (name.s[i] == '`')
            buf_char(&sql, '`');
    }
    buf_char(&sql, '`');
    scan_classify(conn_rules(d->conn), buf_view(&sql), &scan);
    struct conn_work work = {.sql = buf_view(&sql), .scan = &scan};
    bool ok = buf_ok(&sql) ? conn_execute(d->conn, &c, &work, &out, deadline, f) : fault_oom(f);
    if (ok && out.kind == NAT_FAILED) {
        *f = out.fault;
        ok = false;
    }
    struct fault ignored;
    if (cursor_open(&c) && !cursor_close(&c, deadline, ok ? f : &ignored))
        ok = false;
    buf_fini(&sql);
    return ok;
}

const struct backend backend = {
    .native = &native_my,
    .rules = &scan_rules_my,
    .options = OPT_MY,
    .options_read = options_read,
    .naming = naming,
    .file = "libholdfastmy.so",
    .driver = "Holdfast MySQL",
    .dbms = dbms,
    .wire = WIRE_MY_TEXT,
    .name_length = 64,
    .decimal = SQL_DECIMAL,
    .byte_literal = {"0x", ""},
    .types = types,
    .ntypes = sizeof(types) / sizeof(types[0]),
    .fns = fns,
    .nfns = sizeof(fns) / sizeof(fns[0]),
    .literals = literals,
    .nliterals = sizeof(literals) / sizeof(literals[0]),
    .like_backslash = "x'5c'",
    .call_returns = {"WITH hf(r) AS (SELECT ?) SELECT ", ""},
    .use_database = use_database,
    .updates_unasked = true,
    .adds_any_row = true,
    .info_named = info_named,
    .info = info,
    .ninfo = sizeof(info) / sizeof(info[0]),
};
