/* SQLConnect and SQLDriverConnect: from a data source or a connection string to an open conn.
 * A keyword of the connection string wins over the same keyword of the data source. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/backend.h"
#include "core/position.h"

/* What a connection string says besides options. */
struct target {
    struct dbc *dbc;
    struct options *options;
    char *dsn, *driver, *filedsn; /* owned */
    bool pwd_given;
    bool failed; /* the fault is in `fault` */
    bool info;   /* a warning was pushed */
    struct fault fault;
};

static void target_fini(struct target *t)
{
    free(t->dsn);
    free(t->driver);
    free(t->filedsn);
    options_fini(t->options);
}

static bool not_used(enum option_id id)
{
    return id == OPT_BASE_DRIVER || id == OPT_UNUSED;
}

/* One keyword into the options; unknown ones are a warning (01S00), bad ones an error. */
static bool target_option(struct target *t, struct text keyword, struct text value)
{
    struct fault f;
    fault_clear(&f);
    switch (option_set(t->options, keyword, value, &f)) {
    case OPTION_SET:
    case OPTION_KEPT:
        if (!not_used(option_find(backend.options, keyword)->id))
            return true;
        fault_set(&f, "01S00", "%.*s belongs to another driver and is not used", TEXT_ARG(keyword));
        /* fall through */
    case OPTION_UNKNOWN:
        diag_warn(&t->dbc->diag, "01S00", f.text);
        t->info = true;
        return true;
    case OPTION_BAD:
    case OPTION_OOM:
        break;
    }
    t->fault = f;
    t->failed = true;
    return false;
}

static bool keep_first(struct target *t, char **where, struct text value)
{
    if (*where)
        return true;
    *where = strndup(value.s ? value.s : "", value.n);
    if (!*where)
        t->failed = !fault_oom(&t->fault);
    return *where;
}

static bool on_pair(void *arg, struct text keyword, struct text value)
{
    struct target *t = arg;
    if (text_eq_ci(keyword, TEXT("DSN"))) /* of DSN, DRIVER and FILEDSN the first counts */
        return t->driver || t->filedsn || keep_first(t, &t->dsn, value);
    if (text_eq_ci(keyword, TEXT("DRIVER")))
        return t->dsn || keep_first(t, &t->driver, value);
    if (text_eq_ci(keyword, TEXT("FILEDSN")))
        return t->dsn || keep_first(t, &t->filedsn, value);
    if (text_eq_ci(keyword, TEXT("SAVEFILE")))
        return true;
    if (option_find(backend.options, keyword) &&
        option_find(backend.options, keyword)->id == OPT_PWD)
        t->pwd_given = true;
    return target_option(t, keyword, value);
}

/* ---- data sources (odbcinst) ---- */

/* A profile string of any length, owned; NULL when out of memory. key NULL lists the keys. */
static char *profile(const char *dsn, const char *key, int *n)
{
    for (int cap = 4096; cap <= (1 << 22); cap *= 4) {
        char *p = calloc(1, (size_t)cap);
        if (!p)
            return NULL;
        *n = SQLGetPrivateProfileString(dsn, key, "", p, cap - 1, "odbc.ini");
        if (*n < cap - 2)
            return p;
        free(p);
    }
    return NULL;
}

/* These stand in every data source and are not the driver's. */
static bool own_key(const char *key)
{
    static const char *const keys[] = {"Driver",  "Trace",      "TraceFile",
                                       "Setup",   "UsageCount", "CPTimeout",
                                       "CPReuse", "Threading",  "IconvEncoding"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (text_eq_ci(text_of(key), text_of(keys[i])))
            return true;
    return false;
}

/* SQL_ATTR_CURRENT_CATALOG set before the connect stands between the connection string and the
 * data source. */
static bool take_catalog(struct target *t)
{
    return !t->dbc->catalog || target_option(t, TEXT("DATABASE"), text_of(t->dbc->catalog));
}

static bool read_dsn(struct target *t, const char *dsn)
{
    int n = 0, value_n = 0;
    char *keys = profile(dsn, NULL, &n);
    if (!keys)
        return t->failed = true, fault_oom(&t->fault);
    const char *end = keys + n;
    for (const char *k = keys; k < end && *k && !t->failed; k += strlen(k) + 1) {
        if (own_key(k))
            continue;
        char *value = profile(dsn, k, &value_n);
        if (!value)
            t->failed = !fault_oom(&t->fault);
        else
            target_option(t, text_of(k), text_of(value));
        free(value);
    }
    free(keys);
    return !t->failed;
}

static bool read_filedsn(struct target *t)
{
    char value[4096];
    for (size_t i = 0; i < OPT_COUNT && !t->failed; i++) {
        WORD n = 0;
        const struct option_info *o = option_info((enum option_id)i);
        value[0] = 0;
        if (option_find(backend.options, text_of(o->keyword)) != o)
            continue;
        if (SQLReadFileDSN(t->filedsn, "ODBC", o->keyword, value, sizeof(value), &n) && value[0])
            target_option(t, text_of(o->keyword), text_of(value));
    }
    return !t->failed;
}

/* ---- connecting ---- */

static int64_t login_deadline(const struct dbc *d, const struct options *o)
{
    return deadline_in_seconds(d->login_timeout != SIZE_MAX
                                   ? d->login_timeout
                                   : (uint64_t)option_int(o, OPT_LOGINTIMEOUT));
}

/* What the application set before the connect becomes part of it. */
static bool prepare_conn(struct dbc *d, struct target *t, struct conn *c)
{
    struct fault *f = &t->fault;
    bool read_only =
        d->read_only == 1 || (d->read_only < 0 && option_bool(t->options, OPT_READONLY));
    if (!conn_set_autocommit(c, d->autocommit, DEADLINE_NOW, f) ||
        (d->isolation >= 0 &&
         !conn_set_isolation(c, (enum isolation)d->isolation, DEADLINE_NOW, f)) ||
        (read_only && !conn_set_read_only(c, true, DEADLINE_NOW, f)))
        return false;
    return true;
}

static bool remember_database(struct dbc *d, const struct options *o)
{
    const char *database = option_str(o, OPT_DATABASE);
    if (!*database && backend.database_is_user)
        database = option_str(o, OPT_UID);
    free(d->database);
    d->database = strdup(database);
    return d->database;
}

static bool remember(struct dbc *d, struct target *t)
{
    enum { WIDE_AUTO, WIDE_YES };
    int wide = option_enum(t->options, OPT_WIDECHARTYPES);
    d->wide = wide == WIDE_AUTO ? d->connected_by_w : wide == WIDE_YES;
    d->zero_null = option_enum(t->options, OPT_ZERODATE) == 0;
    d->naming = backend.naming ? backend.naming(t->options) : DATABASE_HAS_SCHEMAS;
    d->no_bigint = option_bool(t->options, OPT_NOBIGINT);
    d->sizes_32 = option_bool(t->options, OPT_SIZES32);
    d->bool_as_char = option_bool(t->options, OPT_BOOLSASCHAR);
    d->text_size = (SQLULEN)option_int(t->options, OPT_MAXVARCHARSIZE);
    free(d->dsn);
    d->dsn = strdup(t->dsn ? t->dsn : "");
    return d->dsn && remember_database(d, t->options);
}

static bool open_log(struct dbc *d, struct target *t)
{
    if (option_is_set(t->options, OPT_LOG_ROOMS) &&
        !log_only(option_str(t->options, OPT_LOG_ROOMS)))
        return fault_set(&t->fault, "HY024", "LOG_ROOMS: \"%s\": there are: %s",
                         option_str(t->options, OPT_LOG_ROOMS), log_rooms);
    if (option_is_set(t->options, OPT_LOG_LEVEL) &&
        !log_open((enum log_level)option_enum(t->options, OPT_LOG_LEVEL),
                  option_str(t->options, OPT_LOG_FILE))) {
        diag_warn(&d->diag, "01000", "LOG_FILE could not be opened: nothing is logged");
        t->info = true;
    }
    return true;
}

static SQLRETURN open_conn(struct dbc *d, struct target *t)
{
    if (!open_log(d, t))
        return diag_fault(&d->diag, &t->fault);
    if (backend.options_read && !backend.options_read(t->options, &t->fault))
        return diag_fault(&d->diag, &t->fault);
    if (fault_is(&t->fault)) {
        diag_fault_warn(&d->diag, &t->fault, SQL_NO_ROW_NUMBER);
        t->info = true;
        fault_clear(&t->fault);
    }
    struct conn *c = conn_new(backend.native, backend.rules);
    if (!c)
        return diag_push(&d->diag, "HY001", NULL);
    if (!prepare_conn(d, t, c) ||
        !conn_connect(c, t->options, login_deadline(d, t->options), &t->fault)) {
        conn_free(c);
        return diag_fault(&d->diag, &t->fault);
    }
    if (!remember(d, t)) {
        conn_disconnect(c);
        conn_free(c);
        return diag_push(&d->diag, "HY001", NULL);
    }
    d->conn = c;
    return dbc_notices(d, t->info ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS);
}

SQLRETURN dbc_connect(struct dbc *d, struct text dsn, struct text uid, struct text pwd)
{
    if (d->conn)
        return diag_push(&d->diag, "08002", NULL);
    struct options options;
    options_init(&options);
    options.backend = backend.options;
    struct target t = {.dbc = d, .options = &options};
    bool ok = keep_first(&t, &t.dsn, dsn.n ? dsn : TEXT("DEFAULT")) &&
              (!uid.n || target_option(&t, TEXT("UID"), uid)) &&
              (!pwd.n || target_option(&t, TEXT("PWD"), pwd)) && take_catalog(&t) &&
              read_dsn(&t, t.dsn);
    SQLRETURN ret = ok ? open_conn(d, &t) : diag_fault(&d->diag, &t.fault);
    target_fini(&t);
    return ret;
}

/* The completed string: what leads to the same connection again. A password stands in it only
 * when the application's own string had it. */
static bool completed(struct dbc *d, const struct target *t, struct text *out)
{
    struct buf b;
    buf_init(&b);
    if (t->dsn)
        connstr_add(&b, "DSN", text_of(t->dsn));
    if (t->filedsn)
        connstr_add(&b, "FILEDSN", text_of(t->filedsn));
    if (t->driver)
        connstr_add_braced(&b, "DRIVER", text_of(t->driver));
    for (size_t i = 0; i < OPT_COUNT; i++) {
        const struct option_info *o = option_info((enum option_id)i);
        if (option_is_set(t->options, o->id) && (!o->secret || (o->id == OPT_PWD && t->pwd_given)))
            connstr_add(&b, o->keyword, text_of(option_str(t->options, o->id)));
    }
    *out = buf_ok(&b) ? arena_text(&d->arena, buf_view(&b)) : TEXT_NONE;
    buf_wipe(&b);
    return out->s;
}

SQLRETURN dbc_driver_connect(struct dbc *d, struct text in, SQLUSMALLINT completion,
                             struct text *out)
{
    *out = TEXT("");
    if (d->conn)
        return diag_push(&d->diag, "08002", NULL);
    if (completion == SQL_DRIVER_PROMPT)
        return diag_push(&d->diag, "IM008", "this driver has no dialog: use SQL_DRIVER_NOPROMPT");
    if (completion != SQL_DRIVER_NOPROMPT && completion != SQL_DRIVER_COMPLETE &&
        completion != SQL_DRIVER_COMPLETE_REQUIRED)
        return diag_push(&d->diag, "HY110", NULL);
    struct options options;
    options_init(&options);
    options.backend = backend.options;
    struct target t = {.dbc = d, .options = &options};
    bool ok = connstr_parse(in, on_pair, &t, &t.fault) && take_catalog(&t);
    if (ok && t.filedsn)
        ok = read_filedsn(&t);
    if (ok && (t.dsn || (!t.driver && !t.filedsn)))
        ok = keep_first(&t, &t.dsn, TEXT("DEFAULT")) && read_dsn(&t, t.dsn);
    SQLRETURN ret = ok ? open_conn(d, &t) : diag_fault(&d->diag, &t.fault);
    if (SQL_SUCCEEDED(ret) && !completed(d, &t, out)) {
        dbc_disconnect(d);
        ret = diag_push(&d->diag, "HY001", NULL);
    }
    target_fini(&t);
    return ret;
}

/* ---- pooling ---- */

#define RESET_LIMIT SECONDS(5) /* the one who disconnects waits for it */

SQLRETURN dbc_reset(struct dbc *d)
{
    struct fault f;
    fault_clear(&f);
    if (!d->conn)
        return diag_push(&d->diag, "08003", NULL);
    int64_t deadline =
        deadline_min(deadline_in_seconds(d->connection_timeout), deadline_in(RESET_LIMIT));
    LIST_EACH(it, &d->stmts) {
        struct stmt *s = LIST_ENTRY(it, struct stmt, node);
        stmt_give_up_data(s);
        stmt_reset(s);
    }
    dbc_attrs_default(d);
    origins_forget(&d->origins);
    const struct options *o = conn_options(d->conn);
    if (!remember_database(d, o))
        return diag_push(&d->diag, "HY001", NULL);
    bool ok = conn_reset(d->conn, deadline, &f) &&
              (!option_bool(o, OPT_READONLY) || conn_set_read_only(d->conn, true, deadline, &f));
    return ok ? SQL_SUCCESS : diag_fault(&d->diag, &f);
}

/* ---- transactions ---- */

SQLRETURN dbc_end_tran(struct dbc *d, SQLSMALLINT completion)
{
    if (completion != SQL_COMMIT && completion != SQL_ROLLBACK)
        return diag_push(&d->diag, "HY012", NULL);
    if (!d->conn)
        return diag_push(&d->diag, "08003", NULL);
    struct fault f;
    fault_clear(&f);
    if (completion == SQL_ROLLBACK)
        origins_forget(&d->origins); /* tables may have been made or altered in it */
    bool ok =
        conn_end(d->conn, completion == SQL_COMMIT, deadline_in_seconds(d->connection_timeout), &f);
    if (d->has_positions)
        changed_settle(d);
    return dbc_notices(d, ok ? SQL_SUCCESS : diag_fault(&d->diag, &f));
}

/* The caller holds env.lock; it is let go over the work, which takes each dbc.call (lock order).
 * The driver manager allows no SQLFreeHandle of a connection meanwhile. */
SQLRETURN env_end_tran(struct env *e, SQLSMALLINT completion)
{
    if (completion != SQL_COMMIT && completion != SQL_ROLLBACK)
        return diag_push(&e->diag, "HY012", NULL);
    size_t n = 0;
    LIST_EACH(it, &e->connections)
        n++;
    struct dbc **all = calloc(n + 1, sizeof(*all));
    if (!all)
        return diag_push(&e->diag, "HY001", NULL);
    n = 0;
    LIST_EACH(it, &e->connections)
        all[n++] = LIST_ENTRY(it, struct dbc, node);
    pthread_mutex_unlock(&e->lock);
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) {
        struct dbc *d = dbc_enter(all[i]);
        if (d)
            failed += !SQL_SUCCEEDED(dbc_leave(d, d->conn ? dbc_end_tran(d, completion) : 0));
    }
    free(all);
    pthread_mutex_lock(&e->lock);
    if (failed)
        return diag_fmt(&e->diag, "25S01", "%zu of %zu connections could not end their transaction",
                        failed, n);
    return SQL_SUCCESS;
}

SQLRETURN dbc_native_sql(struct dbc *d, struct text sql, struct text *out)
{
    if (!d->conn)
        return diag_push(&d->diag, "08003", NULL);
    struct buf b;
    struct scan_info scan;
    struct fault f;
    fault_clear(&f);
    buf_init(&b);
    SQLRETURN ret = SQL_SUCCESS;
    if (!sql_translate(d, sql, false, &b, &scan, &f))
        ret = diag_fault(&d->diag, &f);
    else if (!(*out = arena_text(&d->arena, buf_view(&b))).s)
        ret = diag_push(&d->diag, "HY001", NULL);
    buf_fini(&b);
    return ret;
}

SQLRETURN dbc_notices(struct dbc *d, SQLRETURN ret)
{
    struct fault f;
    while (d->conn && conn_notice(d->conn, &f)) {
        diag_fault_warn(&d->diag, &f, SQL_NO_ROW_NUMBER);
        if (ret == SQL_SUCCESS)
            ret = SQL_SUCCESS_WITH_INFO;
    }
    return ret;
}
