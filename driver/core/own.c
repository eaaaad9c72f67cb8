/* The connection attributes of holdfast.h: what this driver knows of a connection, its cluster and
 * its failovers. Rows of own.def; nothing here asks the network. */
#include "core/holdfast.h"
#include "core/core_priv.h"

/* ---- text: constant, borrowed from the connection, or in the call's arena ---- */

static struct text version(struct dbc *d)
{
    (void)d;
    return TEXT(HOLDFAST_VERSION);
}

static struct text host(struct dbc *d)
{
    return text_of(conn_host(d->conn));
}

static struct text address(struct dbc *d)
{
    return text_of(conn_address(d->conn));
}

static const char *role_name(enum role role)
{
    return role == ROLE_WRITER ? "writer" : role == ROLE_READER ? "reader" : "unknown";
}

static struct text role(struct dbc *d)
{
    return text_of(role_name(conn_role(d->conn)));
}

static struct text dialect(struct dbc *d)
{
    struct cluster *c = conn_cluster(d->conn);
    return text_of(c ? cluster_dialect_name(c) : "none");
}

static struct text topology_text(struct dbc *d)
{
    struct cluster *c = conn_cluster(d->conn);
    struct topology *t = c ? cluster_topology(c) : NULL;
    if (!t)
        return TEXT("");
    struct buf b;
    buf_init(&b);
    for (size_t i = 0; i < t->n; i++)
        buf_fmt(&b, "%s%s:%d %s", i ? "\n" : "", t->hosts[i].name, t->hosts[i].port,
                role_name(t->hosts[i].role));
    topology_unref(t);
    struct text out = buf_ok(&b) ? arena_text(&d->arena, buf_view(&b)) : TEXT_NONE;
    buf_fini(&b);
    return out;
}

static struct text monitor(struct dbc *d)
{
    struct cluster *c = conn_cluster(d->conn);
    return text_of(c ? cluster_monitor_state(c) : "off");
}

static struct text moved_at(struct dbc *d)
{
    char text[WALL_TEXT_MAX];
    int64_t at = conn_moved(d->conn)->at_us;
    if (!at)
        return TEXT("");
    clock_wall_text(text, at);
    return text_of(arena_fmt(&d->arena, "%.23sZ", text)); /* to the millisecond */
}

static struct text moved_from(struct dbc *d)
{
    return text_of(conn_moved(d->conn)->from);
}

/* ---- numbers ---- */

static SQLUINTEGER port(struct dbc *d)
{
    return (SQLUINTEGER)conn_port(d->conn);
}

static SQLUINTEGER topology_version(struct dbc *d)
{
    struct cluster *c = conn_cluster(d->conn);
    struct topology *t = c ? cluster_topology(c) : NULL;
    SQLUINTEGER n = t ? t->version : 0;
    topology_unref(t);
    return n;
}

static SQLUINTEGER failovers(struct dbc *d)
{
    return conn_failovers(d->conn);
}

static SQLUINTEGER rounded_ms(int64_t us)
{
    return (SQLUINTEGER)((us + 500) / 1000);
}

static SQLUINTEGER silent_ms(struct dbc *d)
{
    return rounded_ms(conn_moved(d->conn)->silent_us);
}

static SQLUINTEGER found_ms(struct dbc *d)
{
    return rounded_ms(conn_moved(d->conn)->found_us);
}

static SQLUINTEGER connected_ms(struct dbc *d)
{
    return rounded_ms(conn_moved(d->conn)->dialled_us);
}

static SQLUINTEGER restored_ms(struct dbc *d)
{
    return rounded_ms(conn_moved(d->conn)->restored_us);
}

static SQLUINTEGER total_ms(struct dbc *d)
{
    return rounded_ms(conn_moved(d->conn)->total_us);
}

/* ---- the table ---- */

static const struct own_row {
    SQLINTEGER attribute;
    struct text (*text)(struct dbc *); /* .s NULL: out of memory */
    SQLUINTEGER (*number)(struct dbc *);
} own_rows[] = {
#define OWN_TEXT(name, function)   {HOLDFAST_ATTR_##name, function, NULL},
#define OWN_NUMBER(name, function) {HOLDFAST_ATTR_##name, NULL, function},
#include "core/own.def"
#undef OWN_TEXT
#undef OWN_NUMBER
};

static const struct own_row *own_row(SQLINTEGER attribute)
{
    SQLINTEGER plain = attribute & ~HOLDFAST_WIDE;
    for (size_t i = 0; i < sizeof(own_rows) / sizeof(own_rows[0]); i++)
        if (own_rows[i].attribute == plain)
            return plain == attribute || own_rows[i].text ? &own_rows[i] : NULL;
    return NULL;
}

bool own_attr(SQLINTEGER attribute)
{
    return own_row(attribute);
}

SQLRETURN own_get_attr(struct dbc *d, SQLINTEGER attribute, struct attr_value *out)
{
    const struct own_row *row = own_row(attribute);
    if (!d->conn)
        return diag_push(&d->diag, "08003", NULL);
    *out = (struct attr_value){.is_text = row->text, .is_own = true};
    if (row->number) {
        out->number = row->number(d);
        out->size = sizeof(SQLUINTEGER);
        return SQL_SUCCESS;
    }
    out->is_wide = attribute & HOLDFAST_WIDE;
    out->text = row->text(d);
    return out->text.s ? SQL_SUCCESS : diag_push(&d->diag, "HY001", NULL);
}
