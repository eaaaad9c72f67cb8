/* SQLSet/GetEnvAttr, ConnectAttr, StmtAttr. Statement attributes are rows of attr.def; connection
 * attributes do something each and are code. */
#include <stdlib.h>
#include <string.h>

#include "core/backend.h"
#include "core/position.h"

/* ---- environment ---- */

SQLRETURN env_set_attr(struct env *e, SQLINTEGER attribute, SQLULEN value)
{
    switch (attribute) {
    case SQL_ATTR_ODBC_VERSION:
        if (value != SQL_OV_ODBC2 && value != SQL_OV_ODBC3 && value != SQL_OV_ODBC3_80)
            return diag_push(&e->diag, "HY024", "SQL_ATTR_ODBC_VERSION must be 2, 3 or 380");
        e->odbc_version = (SQLINTEGER)value;
        return SQL_SUCCESS;
    case SQL_ATTR_OUTPUT_NTS:
        if (value != SQL_TRUE)
            return diag_push(&e->diag, "HYC00", "strings are always NUL-terminated");
        return SQL_SUCCESS;
    case SQL_ATTR_CONNECTION_POOLING: /* the driver manager's own business */
    case SQL_ATTR_CP_MATCH:
        return SQL_SUCCESS;
    default:
        return diag_push(&e->diag, "HY092", NULL);
    }
}

static void number(struct attr_value *out, SQLULEN n, size_t size)
{
    *out = (struct attr_value){.number = n, .size = size};
}

SQLRETURN env_get_attr(struct env *e, SQLINTEGER attribute, struct attr_value *out)
{
    switch (attribute) {
    case SQL_ATTR_ODBC_VERSION:
        number(out, (SQLULEN)e->odbc_version, sizeof(SQLINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_OUTPUT_NTS:
        number(out, SQL_TRUE, sizeof(SQLINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_CONNECTION_POOLING:
    case SQL_ATTR_CP_MATCH:
        number(out, 0, sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    default:
        return diag_push(&e->diag, "HY092", NULL);
    }
}

bool attr_is_text(SQLSMALLINT handle_type, SQLINTEGER attribute)
{
    return handle_type == SQL_HANDLE_DBC &&
           (attribute == SQL_ATTR_CURRENT_CATALOG || attribute == SQL_ATTR_TRACEFILE ||
            attribute == SQL_ATTR_TRANSLATE_LIB);
}

/* ---- statement ---- */

enum place { PLACE_ATTRS, PLACE_ARD, PLACE_APD, PLACE_IRD, PLACE_IPD };
enum rule { RULE_ANY, RULE_ONLY, RULE_OR_ZERO, RULE_OR_ONE, RULE_UPTO, RULE_POSITIVE };
enum when { WHEN_ALWAYS, WHEN_CLOSED };

#define NO_LIMIT SIZE_MAX

#define STRUCT_ATTRS struct stmt_attrs
#define STRUCT_ARD   struct desc
#define STRUCT_APD   struct desc
#define STRUCT_IRD   struct desc
#define STRUCT_IPD   struct desc

static const struct attr_row {
    SQLINTEGER attribute;
    enum place place;
    size_t offset;
    enum rule rule;
    SQLULEN value, limit;
    size_t size;
    enum when when;
} stmt_attr_table[] = {
#define ATTR(attribute, place, field, rule, value, limit, size, when)                              \
    {attribute,    PLACE_##place, offsetof(STRUCT_##place, field), RULE_##rule, value, limit,      \
     sizeof(size), WHEN_##when},
#include "core/attr.def"
#undef ATTR
};

static const struct attr_row *attr_row(SQLINTEGER attribute)
{
    for (size_t i = 0; i < sizeof(stmt_attr_table) / sizeof(stmt_attr_table[0]); i++)
        if (stmt_attr_table[i].attribute == attribute)
            return &stmt_attr_table[i];
    return NULL;
}

static void *attr_field(struct stmt *s, const struct attr_row *row)
{
    char *base[] = {
        [PLACE_ATTRS] = (char *)&s->attrs, [PLACE_ARD] = (char *)s->ard,
        [PLACE_APD] = (char *)s->apd,      [PLACE_IRD] = (char *)&s->ird,
        [PLACE_IPD] = (char *)&s->ipd,
    };
    return base[row->place] + row->offset;
}

/* Applies the row's rule; *value may be replaced. SQL_SUCCESS, SQL_SUCCESS_WITH_INFO (01S02) or
 * SQL_ERROR. */
static SQLRETURN attr_rule(struct diag *g, const struct attr_row *row, SQLULEN *value)
{
    if (*value > row->limit)
        return diag_push(g, "HY024", NULL);
    switch (row->rule) {
    case RULE_ANY:
        return SQL_SUCCESS;
    case RULE_ONLY:
    case RULE_OR_ZERO:
    case RULE_OR_ONE:
        if (*value == row->value || (row->rule == RULE_OR_ZERO && *value == 0) ||
            (row->rule == RULE_OR_ONE && *value == 1))
            return SQL_SUCCESS;
        *value = row->value;
        return diag_warn(g, "01S02", NULL);
    case RULE_UPTO:
        return *value <= row->value ? SQL_SUCCESS : diag_push(g, "HYC00", NULL);
    case RULE_POSITIVE:
        return *value > 0 && *value <= INT32_MAX ? SQL_SUCCESS : diag_push(g, "HY024", NULL);
    }
    return SQL_ERROR;
}

/* One says what the other says (SQLSetStmtAttr, SQL_ATTR_CURSOR_SCROLLABLE). */
static void keep_together(struct stmt_attrs *a, SQLINTEGER attribute)
{
    if (attribute == SQL_ATTR_CURSOR_TYPE)
        a->cursor_scrollable =
            a->cursor_type == SQL_CURSOR_FORWARD_ONLY ? SQL_NONSCROLLABLE : SQL_SCROLLABLE;
    if (attribute == SQL_ATTR_CONCURRENCY)
        a->concurrency_set = true;
    if (attribute == SQL_ATTR_CURSOR_SCROLLABLE)
        a->cursor_type = a->cursor_scrollable ? SQL_CURSOR_STATIC : SQL_CURSOR_FORWARD_ONLY;
}

static SQLRETURN set_app_desc(struct stmt *s, bool row, struct desc *x)
{
    struct desc *own = row ? &s->own_ard : &s->own_apd;
    if (!x)
        x = own;
    if (x->magic != MAGIC_DESC || x->dbc != s->dbc)
        return diag_push(&s->diag, "HY024", "the descriptor is not of this connection");
    if (x->is_auto && x != own)
        return diag_push(&s->diag, "HY017", NULL);
    if (row) {
        s->ard = x;
        s->bind_stamp++;
    } else {
        s->apd = x;
    }
    return SQL_SUCCESS;
}

static SQLRETURN set_rowset_size(struct diag *g, struct stmt_attrs *a, SQLULEN n)
{
    if (!n || n > INT32_MAX)
        return diag_push(g, "HY024", NULL);
    a->rowset_size = n;
    return SQL_SUCCESS;
}

static SQLRETURN rowset_size(const struct stmt_attrs *a, struct attr_value *out)
{
    number(out, a->rowset_size ? a->rowset_size : 1, sizeof(SQLULEN));
    return SQL_SUCCESS;
}

SQLRETURN stmt_set_attr(struct stmt *s, SQLINTEGER attribute, const struct attr_value *in)
{
    switch (attribute) {
    case SQL_ATTR_APP_ROW_DESC:
        return set_app_desc(s, true, (struct desc *)in->number);
    case SQL_ATTR_APP_PARAM_DESC:
        return set_app_desc(s, false, (struct desc *)in->number);
    case SQL_ATTR_IMP_ROW_DESC:
    case SQL_ATTR_IMP_PARAM_DESC:
        return diag_push(&s->diag, "HY017", NULL);
    case SQL_ATTR_ROW_NUMBER:
        return diag_push(&s->diag, "HY092", "SQL_ATTR_ROW_NUMBER can only be read");
    case SQL_ROWSET_SIZE:
        return set_rowset_size(&s->diag, &s->attrs, in->number);
    case SQL_ATTR_FETCH_BOOKMARK_PTR:
        s->bookmark_ptr = (void *)in->number;
        return SQL_SUCCESS;
    case SQL_ATTR_ASYNC_STMT_EVENT:
        return diag_push(&s->diag, "HYC00", NULL);
    }
    const struct attr_row *row = attr_row(attribute);
    if (!row)
        return diag_push(&s->diag, "HY092", NULL);
    if (row->when == WHEN_CLOSED && s->state == STMT_CURSOR)
        return diag_push(&s->diag, "24000", NULL);
    if (row->when == WHEN_CLOSED && s->state == STMT_PREPARED)
        return diag_push(&s->diag, "HY011", NULL);
    SQLULEN value = in->number;
    SQLRETURN ret = attr_rule(&s->diag, row, &value);
    if (SQL_SUCCEEDED(ret)) {
        memcpy(attr_field(s, row), &value, sizeof(value)); /* or a pointer */
        keep_together(&s->attrs, attribute);
        s->bind_stamp++;
    }
    return ret;
}

SQLRETURN stmt_get_attr(struct stmt *s, SQLINTEGER attribute, struct attr_value *out)
{
    switch (attribute) {
    case SQL_ATTR_APP_ROW_DESC:
        number(out, (SQLULEN)s->ard, sizeof(SQLPOINTER));
        return SQL_SUCCESS;
    case SQL_ATTR_APP_PARAM_DESC:
        number(out, (SQLULEN)s->apd, sizeof(SQLPOINTER));
        return SQL_SUCCESS;
    case SQL_ATTR_IMP_ROW_DESC:
        number(out, (SQLULEN)&s->ird, sizeof(SQLPOINTER));
        return SQL_SUCCESS;
    case SQL_ATTR_IMP_PARAM_DESC:
        number(out, (SQLULEN)&s->ipd, sizeof(SQLPOINTER));
        return SQL_SUCCESS;
    case SQL_ROWSET_SIZE:
        return rowset_size(&s->attrs, out);
    case SQL_ATTR_ROW_NUMBER:
        if (s->state != STMT_CURSOR || !s->on_row)
            return diag_push(&s->diag, "24000", NULL);
        number(out, s->row_number, sizeof(SQLULEN));
        return SQL_SUCCESS;
    case SQL_ATTR_FETCH_BOOKMARK_PTR:
        number(out, (SQLULEN)s->bookmark_ptr, sizeof(SQLPOINTER));
        return SQL_SUCCESS;
    }
    const struct attr_row *row = attr_row(attribute);
    if (!row)
        return diag_push(&s->diag, "HY092", NULL);
    SQLULEN value;
    memcpy(&value, attr_field(s, row), sizeof(value));
    number(out, value, row->size);
    return SQL_SUCCESS;
}

/* ---- connection ---- */

#define PACKET_SIZE 8192 /* what libpq and the MySQL clients gather before they send, in bytes */

static const struct {
    SQLULEN odbc;
    enum isolation isolation;
} isolations[] = {
    {SQL_TXN_READ_UNCOMMITTED, ISOLATION_READ_UNCOMMITTED},
    {SQL_TXN_READ_COMMITTED, ISOLATION_READ_COMMITTED},
    {SQL_TXN_REPEATABLE_READ, ISOLATION_REPEATABLE_READ},
    {SQL_TXN_SERIALIZABLE, ISOLATION_SERIALIZABLE},
};

static int64_t dbc_deadline(const struct dbc *d)
{
    return deadline_in_seconds(d->connection_timeout);
}

static SQLRETURN answer(struct dbc *d, bool ok, const struct fault *f)
{
    return dbc_notices(d, ok ? SQL_SUCCESS : diag_fault(&d->diag, f));
}

static SQLRETURN set_isolation(struct dbc *d, SQLULEN value)
{
    for (size_t i = 0; i < sizeof(isolations) / sizeof(isolations[0]); i++) {
        if (isolations[i].odbc != value)
            continue;
        struct fault f;
        fault_clear(&f);
        if (d->conn && conn_in_transaction(d->conn))
            return diag_push(&d->diag, "HY011",
                             "a transaction is open: end it before changing the isolation level");
        if (d->conn && !conn_set_isolation(d->conn, isolations[i].isolation, dbc_deadline(d), &f))
            return answer(d, false, &f);
        d->isolation = (int)isolations[i].isolation;
        return SQL_SUCCESS;
    }
    return diag_push(&d->diag, "HY024", "unknown transaction isolation level");
}

static SQLRETURN set_autocommit(struct dbc *d, SQLULEN value)
{
    if (value != SQL_AUTOCOMMIT_ON && value != SQL_AUTOCOMMIT_OFF)
        return diag_push(&d->diag, "HY024", NULL);
    struct fault f;
    fault_clear(&f);
    bool on = value == SQL_AUTOCOMMIT_ON;
    bool ok = !d->conn || conn_set_autocommit(d->conn, on, dbc_deadline(d), &f);
    if (d->has_positions)
        changed_settle(d);
    if (!ok)
        return answer(d, false, &f);
    d->autocommit = on;
    return d->conn ? dbc_notices(d, SQL_SUCCESS) : SQL_SUCCESS;
}

static SQLRETURN set_access_mode(struct dbc *d, SQLULEN value)
{
    if (value != SQL_MODE_READ_WRITE && value != SQL_MODE_READ_ONLY)
        return diag_push(&d->diag, "HY024", NULL);
    struct fault f;
    fault_clear(&f);
    bool read_only = value == SQL_MODE_READ_ONLY;
    if (d->conn && conn_in_transaction(d->conn))
        return diag_push(&d->diag, "HY011",
                         "a transaction is open: end it before changing the access mode");
    if (d->conn && !conn_set_read_only(d->conn, read_only, dbc_deadline(d), &f))
        return answer(d, false, &f);
    d->read_only = read_only;
    return SQL_SUCCESS;
}

static SQLRETURN use_database(struct dbc *d, struct text name)
{
    struct fault f;
    char *kept = strndup(name.s, name.n);
    fault_clear(&f);
    if (!kept)
        return diag_push(&d->diag, "HY001", NULL);
    if (!backend.use_database(d, name, &f)) {
        free(kept);
        return answer(d, false, &f);
    }
    free(d->database);
    d->database = kept;
    return answer(d, true, &f);
}

static SQLRETURN set_catalog(struct dbc *d, struct text name)
{
    if (!name.s)
        return diag_push(&d->diag, "HY009", NULL);
    if (d->conn) {
        if (text_eq(name, text_of(dbc_database(d))))
            return SQL_SUCCESS;
        if (!backend.use_database)
            return diag_push(&d->diag, "HYC00",
                             "the server cannot change the database of an open connection: "
                             "disconnect, and connect with DATABASE=");
        return use_database(d, name);
    }
    free(d->catalog);
    d->catalog = strndup(name.s, name.n);
    return d->catalog ? SQL_SUCCESS : diag_push(&d->diag, "HY001", NULL);
}

/* ODBC 2: a statement attribute set on the connection is the default of its new statements. */
static SQLRETURN set_default(struct dbc *d, SQLINTEGER attribute, SQLULEN value)
{
    if (own_attr(attribute))
        return diag_push(&d->diag, "HY092", "the attribute can only be read");
    for (size_t i = 0; i < sizeof(backend.ignored_attrs) / sizeof(*backend.ignored_attrs); i++)
        if (attribute && attribute == backend.ignored_attrs[i])
            return SQL_SUCCESS;
    if (attribute == SQL_ROWSET_SIZE)
        return set_rowset_size(&d->diag, &d->defaults, value);
    const struct attr_row *row = attr_row(attribute);
    if (!row || row->place != PLACE_ATTRS)
        return diag_push(&d->diag, "HY092", NULL);
    SQLRETURN ret = attr_rule(&d->diag, row, &value);
    if (SQL_SUCCEEDED(ret)) {
        *(SQLULEN *)((char *)&d->defaults + row->offset) = value;
        keep_together(&d->defaults, attribute);
    }
    return ret;
}

SQLRETURN dbc_set_attr(struct dbc *d, SQLINTEGER attribute, const struct attr_value *in)
{
    switch (attribute) {
    case SQL_ATTR_AUTOCOMMIT:
        return set_autocommit(d, in->number);
    case SQL_ATTR_TXN_ISOLATION:
        return set_isolation(d, in->number);
    case SQL_ATTR_ACCESS_MODE:
        return set_access_mode(d, in->number);
    case SQL_ATTR_CURRENT_CATALOG:
        return set_catalog(d, in->text);
    case SQL_ATTR_LOGIN_TIMEOUT:
        if (d->conn)
            return diag_push(&d->diag, "HY011", NULL);
        d->login_timeout = in->number;
        return SQL_SUCCESS;
    case SQL_ATTR_CONNECTION_TIMEOUT:
        d->connection_timeout = in->number;
        return SQL_SUCCESS;
    case SQL_ATTR_QUIET_MODE:
        d->quiet_mode = in->number;
        return SQL_SUCCESS;
    case SQL_ATTR_PACKET_SIZE:
        if (d->conn)
            return diag_push(&d->diag, "HY011", NULL);
        return in->number == PACKET_SIZE
                   ? SQL_SUCCESS
                   : diag_warn(&d->diag, "01S02", "the packet size is the client library's");
    case SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE:
        if (in->number > SQL_ASYNC_DBC_ENABLE_ON)
            return diag_push(&d->diag, "HY024", NULL);
        return in->number == SQL_ASYNC_DBC_ENABLE_OFF ? SQL_SUCCESS
                                                      : diag_push(&d->diag, "HYC00", NULL);
    case SQL_ATTR_RESET_CONNECTION:
        return in->number == SQL_RESET_CONNECTION_YES ? dbc_reset(d)
                                                      : diag_push(&d->diag, "HY024", NULL);
    case SQL_ATTR_TRANSLATE_LIB:
    case SQL_ATTR_TRANSLATE_OPTION:
    case SQL_ATTR_ENLIST_IN_DTC:
    case SQL_ATTR_ENLIST_IN_XA:
        return diag_push(&d->diag, "HYC00", NULL);
    case SQL_ATTR_CONNECTION_DEAD:
    case SQL_ATTR_AUTO_IPD:
        return diag_push(&d->diag, "HY092", "the attribute can only be read");
    default:
        return set_default(d, attribute, in->number);
    }
}

static SQLULEN isolation_shown(const struct dbc *d)
{
    int level = d->conn ? (int)conn_isolation(d->conn) : d->isolation;
    for (size_t i = 0; i < sizeof(isolations) / sizeof(isolations[0]); i++)
        if ((int)isolations[i].isolation == level)
            return isolations[i].odbc;
    return SQL_TXN_READ_COMMITTED;
}

static bool is_read_only(const struct dbc *d)
{
    return d->conn ? conn_read_only(d->conn) : d->read_only == 1;
}

SQLRETURN dbc_get_attr(struct dbc *d, SQLINTEGER attribute, struct attr_value *out)
{
    switch (attribute) {
    case SQL_ATTR_AUTOCOMMIT:
        number(out, d->autocommit ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF, sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_TXN_ISOLATION:
        number(out, isolation_shown(d), sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_ACCESS_MODE:
        number(out, is_read_only(d) ? SQL_MODE_READ_ONLY : SQL_MODE_READ_WRITE,
               sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_CURRENT_CATALOG:
        *out = (struct attr_value){.is_text = true,
                                   .text = d->conn      ? text_of(dbc_database(d))
                                           : d->catalog ? text_of(d->catalog)
                                                        : TEXT("")};
        return SQL_SUCCESS;
    case SQL_ATTR_LOGIN_TIMEOUT:
        number(out, d->login_timeout == SIZE_MAX ? 0 : d->login_timeout, sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_CONNECTION_TIMEOUT:
        number(out, d->connection_timeout, sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_CONNECTION_DEAD:
        if (!d->conn)
            return diag_push(&d->diag, "08003", NULL);
        number(out, conn_dead(d->conn) ? SQL_CD_TRUE : SQL_CD_FALSE, sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_METADATA_ID:
        number(out, d->defaults.metadata_id, sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_QUIET_MODE:
        number(out, d->quiet_mode, sizeof(SQLPOINTER));
        return SQL_SUCCESS;
    case SQL_ROWSET_SIZE:
        return rowset_size(&d->defaults, out);
    case SQL_ATTR_PACKET_SIZE:
        number(out, PACKET_SIZE, sizeof(SQLUINTEGER));
        return SQL_SUCCESS;
    case SQL_ATTR_AUTO_IPD:
    case SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE:
        number(out, 0, sizeof(SQLUINTEGER)); /* SQL_FALSE, SQL_ASYNC_DBC_ENABLE_OFF */
        return SQL_SUCCESS;
    case SQL_ATTR_TRANSLATE_LIB:
    case SQL_ATTR_TRANSLATE_OPTION:
    case SQL_ATTR_ENLIST_IN_DTC:
    case SQL_ATTR_ENLIST_IN_XA:
        return diag_push(&d->diag, "HYC00", NULL);
    }
    if (own_attr(attribute))
        return own_get_attr(d, attribute, out);
    const struct attr_row *row = attr_row(attribute);
    if (!row || row->place != PLACE_ATTRS)
        return diag_push(&d->diag, "HY092", NULL);
    number(out, *(SQLULEN *)((char *)&d->defaults + row->offset), row->size);
    return SQL_SUCCESS;
}
