/* Handles: making, finding, freeing; the call lock around every SQL function. */
#include <stdlib.h>
#include <string.h>

#include "core/core_priv.h"

_Static_assert(sizeof(SQLWCHAR) == 2, "SQLWCHAR must have two bytes (unixODBC's default build)");

/* ---- enter and leave ---- */

struct env *env_enter(SQLHANDLE h)
{
    struct env *e = h;
    if (!e || e->magic != MAGIC_ENV)
        return NULL;
    pthread_mutex_lock(&e->lock);
    diag_clear(&e->diag);
    return e;
}

SQLRETURN env_leave(struct env *e, SQLRETURN ret)
{
    diag_returned(&e->diag, ret);
    arena_reset(&e->arena);
    pthread_mutex_unlock(&e->lock);
    return ret;
}

struct dbc *dbc_enter(SQLHANDLE h)
{
    struct dbc *d = h;
    if (!d || d->magic != MAGIC_DBC)
        return NULL;
    pthread_mutex_lock(&d->call);
    diag_clear(&d->diag);
    return d;
}

SQLRETURN dbc_leave(struct dbc *d, SQLRETURN ret)
{
    diag_returned(&d->diag, ret);
    arena_reset(&d->arena);
    pthread_mutex_unlock(&d->call);
    return ret;
}

struct stmt *stmt_enter(SQLHANDLE h)
{
    struct stmt *s = h;
    if (!s || s->magic != MAGIC_STMT)
        return NULL;
    pthread_mutex_lock(&s->dbc->call);
    __atomic_store_n(&s->dbc->running, s, __ATOMIC_RELEASE);
    diag_clear(&s->diag);
    if (__atomic_load_n(&s->cancel_asked,
                        __ATOMIC_ACQUIRE) && /* mostly not: no locked instruction */
        __atomic_exchange_n(&s->cancel_asked, false, __ATOMIC_ACQ_REL))
        stmt_give_up_data(s);
    return s;
}

SQLRETURN stmt_leave(struct stmt *s, SQLRETURN ret)
{
    diag_returned(&s->diag, ret);
    arena_reset(&s->arena);
    __atomic_store_n(&s->dbc->running, (struct stmt *)NULL, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&s->dbc->call);
    return ret;
}

struct desc *desc_enter(SQLHANDLE h)
{
    struct desc *d = h;
    if (!d || d->magic != MAGIC_DESC)
        return NULL;
    pthread_mutex_lock(&d->dbc->call);
    diag_clear(&d->diag);
    return d;
}

SQLRETURN desc_leave(struct desc *d, SQLRETURN ret)
{
    diag_returned(&d->diag, ret);
    arena_reset(&d->arena);
    pthread_mutex_unlock(&d->dbc->call);
    return ret;
}

/* ---- environments ---- */

SQLRETURN env_alloc(SQLHANDLE *out)
{
    struct env *e = calloc(1, sizeof(*e));
    if (!e)
        return SQL_ERROR;
    e->magic = MAGIC_ENV;
    e->odbc_version = SQL_OV_ODBC3;
    e->output_nts = SQL_TRUE;
    pthread_mutex_init(&e->lock, NULL);
    diag_init(&e->diag, NULL);
    arena_init(&e->arena);
    list_init(&e->connections);
    *out = e;
    return SQL_SUCCESS;
}

SQLRETURN env_free(SQLHANDLE h)
{
    struct env *e = env_enter(h);
    if (!e)
        return SQL_INVALID_HANDLE;
    if (!list_empty(&e->connections)) {
        diag_push(&e->diag, "HY010", "the environment still has connections: free them first");
        return env_leave(e, SQL_ERROR);
    }
    e->magic = 0;
    pthread_mutex_unlock(&e->lock);
    pthread_mutex_destroy(&e->lock);
    diag_fini(&e->diag);
    arena_fini(&e->arena);
    free(e);
    return SQL_SUCCESS;
}

/* ---- connections ---- */

static void attrs_default(struct stmt_attrs *a)
{
    *a = (struct stmt_attrs){
        .noscan = SQL_NOSCAN_OFF,
        .retrieve_data = SQL_RD_ON,
        .cursor_type = SQL_CURSOR_FORWARD_ONLY,
        .concurrency = SQL_CONCUR_READ_ONLY,
        .cursor_scrollable = SQL_NONSCROLLABLE,
        .cursor_sensitivity = SQL_UNSPECIFIED,
        .use_bookmarks = SQL_UB_OFF,
        .metadata_id = SQL_FALSE,
        .simulate_cursor = SQL_SC_NON_UNIQUE,
    };
}

void dbc_attrs_default(struct dbc *d)
{
    d->login_timeout = SIZE_MAX;
    d->connection_timeout = d->quiet_mode = 0;
    d->autocommit = true;
    d->isolation = -1;
    d->read_only = -1;
    attrs_default(&d->defaults);
}

SQLRETURN dbc_alloc(struct env *e, SQLHANDLE *out)
{
    struct dbc *d = calloc(1, sizeof(*d));
    if (!d)
        return diag_push(&e->diag, "HY001", NULL);
    d->magic = MAGIC_DBC;
    pthread_mutex_init(&d->call, NULL);
    diag_init(&d->diag, d);
    arena_init(&d->arena);
    list_init(&d->stmts);
    list_init(&d->descs);
    d->env = e;
    dbc_attrs_default(d);
    origins_init(&d->origins);
    list_add_tail(&e->connections, &d->node);
    *out = d;
    return SQL_SUCCESS;
}

SQLRETURN dbc_free(SQLHANDLE h)
{
    struct dbc *d = dbc_enter(h);
    if (!d)
        return SQL_INVALID_HANDLE;
    if (d->conn) {
        diag_push(&d->diag, "HY010", "the connection is open: call SQLDisconnect first");
        return dbc_leave(d, SQL_ERROR);
    }
    /* Lock order is env.lock after dbc.call; a dbc that is being freed has no other caller. */
    pthread_mutex_lock(&d->env->lock);
    list_del(&d->node);
    pthread_mutex_unlock(&d->env->lock);
    d->magic = 0;
    pthread_mutex_unlock(&d->call);
    pthread_mutex_destroy(&d->call);
    diag_fini(&d->diag);
    arena_fini(&d->arena);
    free(d->dsn);
    free(d->database);
    free(d->catalog);
    free(d);
    return SQL_SUCCESS;
}

/* ---- statements ---- */

SQLRETURN stmt_alloc(struct dbc *d, SQLHANDLE *out)
{
    if (!d->conn)
        return diag_push(&d->diag, "08003", NULL);
    struct stmt *s = calloc(1, sizeof(*s));
    if (!s)
        return diag_push(&d->diag, "HY001", NULL);
    s->magic = MAGIC_STMT;
    s->dbc = d;
    diag_init(&s->diag, d);
    arena_init(&s->arena);
    desc_init(&s->own_ard, DESC_ARD, d, s);
    desc_init(&s->own_apd, DESC_APD, d, s);
    desc_init(&s->ird, DESC_IRD, d, s);
    desc_init(&s->ipd, DESC_IPD, d, s);
    s->ard = &s->own_ard;
    s->apd = &s->own_apd;
    s->attrs = d->defaults;
    s->row_count = -1;
    buf_init(&s->sql);
    buf_init(&s->values);
    buf_init(&s->names);
    cursor_init(&s->cur);
    list_add_tail(&d->stmts, &s->node);
    *out = s;
    return SQL_SUCCESS;
}

/* Everything but the lock; the caller holds dbc.call. */
static void stmt_destroy(struct stmt *s)
{
    if (!stmt_reset(s))
        conn_untold(s->dbc->conn);
    if (s->dbc->conn)
        prepared_drop(s->dbc->conn, &s->prep);
    dae_clear(s);
    free(s->dae.values);
    list_del(&s->node);
    s->magic = 0;
    diag_fini(&s->diag);
    arena_fini(&s->arena);
    desc_fini(&s->own_ard);
    desc_fini(&s->own_apd);
    desc_fini(&s->ird);
    desc_fini(&s->ipd);
    buf_fini(&s->sql);
    buf_fini(&s->values);
    buf_fini(&s->names);
    free(s->bound);
    free(s->params);
    free(s->set_of);
    free(s);
}

SQLRETURN stmt_free(SQLHANDLE h)
{
    struct stmt *s = stmt_enter(h);
    if (!s)
        return SQL_INVALID_HANDLE;
    struct dbc *d = s->dbc;
    stmt_destroy(s);
    __atomic_store_n(&d->running, (struct stmt *)NULL, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&d->call);
    return SQL_SUCCESS;
}

SQLRETURN stmt_free_option(struct stmt *s, SQLUSMALLINT option)
{
    if (s->state == STMT_NEED_DATA)
        return diag_push(&s->diag, "HY010", NULL);
    switch (option) {
    case SQL_CLOSE:
        return stmt_close_cursor(s, false);
    case SQL_UNBIND:
        desc_trim(s->ard, 0);
        desc_touched(s->ard);
        return SQL_SUCCESS;
    case SQL_RESET_PARAMS:
        desc_trim(s->apd, 0);
        desc_trim(&s->ipd, 0);
        return SQL_SUCCESS;
    default:
        return diag_push(&s->diag, "HY092", NULL);
    }
}

/* ---- descriptors ---- */

SQLRETURN desc_alloc(struct dbc *d, SQLHANDLE *out)
{
    if (!d->conn)
        return diag_push(&d->diag, "08003", NULL);
    struct desc *x = calloc(1, sizeof(*x));
    if (!x)
        return diag_push(&d->diag, "HY001", NULL);
    desc_init(x, DESC_ARD, d, NULL);
    list_add_tail(&d->descs, &x->node);
    *out = x;
    return SQL_SUCCESS;
}

static void desc_destroy(struct desc *x)
{
    LIST_EACH(it, &x->dbc->stmts) {
        struct stmt *s = LIST_ENTRY(it, struct stmt, node);
        if (s->ard == x) {
            s->ard = &s->own_ard;
            s->bind_stamp++;
        }
        if (s->apd == x)
            s->apd = &s->own_apd;
    }
    list_del(&x->node);
    desc_fini(x);
    free(x);
}

SQLRETURN desc_free(SQLHANDLE h)
{
    struct desc *x = desc_enter(h);
    if (!x)
        return SQL_INVALID_HANDLE;
    struct dbc *d = x->dbc;
    if (x->is_auto) {
        diag_push(&x->diag, "HY017", NULL);
        return desc_leave(x, SQL_ERROR);
    }
    desc_destroy(x);
    pthread_mutex_unlock(&d->call);
    return SQL_SUCCESS;
}

/* ---- disconnecting ---- */

SQLRETURN dbc_disconnect(struct dbc *d)
{
    if (!d->conn)
        return diag_push(&d->diag, "08003", NULL);
    LIST_EACH(it, &d->stmts) {
        struct stmt *s = LIST_ENTRY(it, struct stmt, node);
        if (__atomic_exchange_n(&s->cancel_asked, false, __ATOMIC_ACQ_REL))
            stmt_give_up_data(s);
        if (s->state == STMT_NEED_DATA)
            return diag_push(&d->diag, "HY010",
                             "a statement of this connection still waits for data (SQLPutData)");
    }
    if (conn_in_transaction(d->conn) && !conn_autocommit(d->conn) && !conn_dead(d->conn))
        return diag_push(&d->diag, "25000",
                         "a transaction is open: end it with SQLEndTran before SQLDisconnect");
    conn_closing(d->conn);
    LIST_EACH_SAFE(it, nx, &d->stmts)
        stmt_destroy(LIST_ENTRY(it, struct stmt, node));
    LIST_EACH_SAFE(it, nx, &d->descs)
        desc_destroy(LIST_ENTRY(it, struct desc, node));
    conn_disconnect(d->conn);
    conn_free(d->conn);
    origins_fini(&d->origins);
    d->has_positions = false;
    d->conn = NULL;
    return SQL_SUCCESS;
}

/* ---- small things the api room asks ---- */

struct arena *dbc_arena(struct dbc *d)
{
    return &d->arena;
}
struct arena *stmt_arena(struct stmt *s)
{
    return &s->arena;
}
struct arena *env_arena(struct env *e)
{
    return &e->arena;
}
struct arena *desc_arena(struct desc *d)
{
    return &d->arena;
}
struct dbc *stmt_dbc(struct stmt *s)
{
    return s->dbc;
}
struct dbc *desc_dbc(struct desc *d)
{
    return d->dbc;
}
const struct charset *dbc_charset(const struct dbc *d)
{
    (void)d;
    return charset_current();
}
void dbc_set_wide(struct dbc *d, bool connected_by_w)
{
    d->connected_by_w = connected_by_w;
}

SQLRETURN dbc_fail(struct dbc *d, const char *sqlstate, const char *text)
{
    return diag_push(&d->diag, sqlstate, text);
}
SQLRETURN stmt_fail(struct stmt *s, const char *sqlstate, const char *text)
{
    return diag_push(&s->diag, sqlstate, text);
}
SQLRETURN env_fail(struct env *e, const char *sqlstate, const char *text)
{
    return diag_push(&e->diag, sqlstate, text);
}
SQLRETURN desc_fail(struct desc *d, const char *sqlstate, const char *text)
{
    return diag_push(&d->diag, sqlstate, text);
}

static SQLRETURN truncated(struct diag *g, SQLRETURN ret)
{
    diag_warn(g, "01004", NULL);
    return ret == SQL_SUCCESS ? SQL_SUCCESS_WITH_INFO : ret;
}
SQLRETURN dbc_truncated(struct dbc *d, SQLRETURN ret)
{
    return truncated(&d->diag, ret);
}
SQLRETURN stmt_truncated(struct stmt *s, SQLRETURN ret)
{
    return truncated(&s->diag, ret);
}
SQLRETURN desc_truncated(struct desc *d, SQLRETURN ret)
{
    return truncated(&d->diag, ret);
}

/* ---- from another thread ---- */

/* Any thread. A statement that waits for data is reset; one that runs is stopped at the server;
 * anything else is left alone. */
SQLRETURN stmt_cancel(SQLHANDLE h)
{
    struct stmt *s = h;
    if (!s || s->magic != MAGIC_STMT)
        return SQL_INVALID_HANDLE;
    struct dbc *d = s->dbc;
    if (pthread_mutex_trylock(&d->call) == 0) {
        stmt_give_up_data(s);
        pthread_mutex_unlock(&d->call);
        return SQL_SUCCESS;
    }
    if (__atomic_load_n(&d->running, __ATOMIC_ACQUIRE) == s && d->conn)
        conn_cancel(d->conn);
    else
        __atomic_store_n(&s->cancel_asked, true, __ATOMIC_RELEASE);
    return SQL_SUCCESS;
}

SQLRETURN dbc_cancel(SQLHANDLE h)
{
    struct dbc *d = h;
    if (!d || d->magic != MAGIC_DBC)
        return SQL_INVALID_HANDLE;
    if (__atomic_load_n(&d->running, __ATOMIC_ACQUIRE) && d->conn)
        conn_cancel(d->conn);
    return SQL_SUCCESS;
}
