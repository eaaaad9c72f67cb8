/* Descriptors: records, SQLGet/SetDescField. The implementation descriptors compute what they say
 * of a column from its type (type.c) when asked. */
#include <stdlib.h>
#include <string.h>

#include "core/core_priv.h"

/* ---- records ---- */

void desc_init(struct desc *x, enum desc_kind kind, struct dbc *dbc, struct stmt *stmt)
{
    *x = (struct desc){.magic = MAGIC_DESC,
                       .kind = kind,
                       .is_auto = stmt != NULL,
                       .dbc = dbc,
                       .stmt = stmt,
                       .array_size = 1,
                       .bind_type = SQL_BIND_BY_COLUMN};
    diag_init(&x->diag, dbc);
    arena_init(&x->arena);
    list_init(&x->node);
}

void desc_fini(struct desc *x)
{
    desc_trim(x, 0);
    free(x->bookmark.name);
    free(x->recs);
    x->recs = NULL;
    x->cap = 0;
    x->magic = 0;
    diag_fini(&x->diag);
    arena_fini(&x->arena);
}

struct desc_rec *desc_rec_at(const struct desc *x, size_t number)
{
    return number >= 1 && number <= x->count ? &x->recs[number - 1] : NULL;
}

struct desc_rec *desc_rec(struct desc *x, size_t number)
{
    if (number > x->cap) {
        size_t cap = x->cap ? x->cap : 8;
        while (cap < number)
            cap *= 2;
        struct desc_rec *p = realloc(x->recs, cap * sizeof(*p));
        if (!p)
            return NULL;
        x->recs = p;
        x->cap = cap;
    }
    for (; x->count < number; x->count++)
        x->recs[x->count] = (struct desc_rec){.ctype = SQL_C_DEFAULT,
                                              .nullable = SQL_NULLABLE_UNKNOWN,
                                              .parameter_type = SQL_PARAM_INPUT};
    return &x->recs[number - 1];
}

char *desc_shifted(const struct desc *d, void *p, size_t row, size_t element)
{
    if (!p)
        return NULL;
    size_t step = d->bind_type == SQL_BIND_BY_COLUMN ? element : d->bind_type;
    SQLLEN offset = d->bind_offset_ptr ? *d->bind_offset_ptr : 0;
    return (char *)p + offset + row * step;
}

SQLLEN desc_length_at(const struct desc *d, const struct desc_rec *a, size_t row)
{
    const SQLLEN *ind = (SQLLEN *)(void *)desc_shifted(d, a->indicator_ptr, row, sizeof(SQLLEN));
    const SQLLEN *len = (SQLLEN *)(void *)desc_shifted(d, a->octet_length_ptr, row, sizeof(SQLLEN));
    if (ind && *ind == SQL_NULL_DATA)
        return SQL_NULL_DATA;
    return len ? *len : SQL_NTS;
}

void desc_trim(struct desc *x, size_t count)
{
    while (x->count > count) {
        x->count--;
        free(x->recs[x->count].name);
        x->recs[x->count].name = NULL;
    }
}

/* A copy in the statement's names, where room for it was made before. */
static struct text keep_name(struct stmt *s, struct text t)
{
    char *end = s->names.p + s->names.n;
    s->names.n += t.n;
    return (struct text){t.n ? memcpy(end, t.s, t.n) : end, t.n};
}

/* The columns are borrowed from the wire, which goes on: what is said of them is copied. */
bool ird_fill(struct stmt *s, const struct nat_column *columns, size_t n)
{
    size_t bytes = 1;
    for (size_t i = 0; i < n; i++)
        bytes += columns[i].name.n + columns[i].database.n + columns[i].table.n +
                 columns[i].alias.n + columns[i].base_name.n;
    buf_reset(&s->names);
    s->adds_nulls = -1;
    desc_trim(&s->ird, n);
    if ((n && !desc_rec(&s->ird, n)) || !buf_reserve(&s->names, bytes))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct desc_rec *r = &s->ird.recs[i];
        r->column = columns[i];
        r->column.name = keep_name(s, columns[i].name);
        r->column.database = keep_name(s, columns[i].database);
        r->column.table = keep_name(s, columns[i].table);
        r->column.alias = keep_name(s, columns[i].alias);
        r->column.base_name = keep_name(s, columns[i].base_name);
        r->sql_type = type_sql(s->dbc, &columns[i].type);
    }
    s->names.p[s->names.n] = '\0';
    return true;
}

/* ---- fields of an implementation row descriptor: also SQLColAttribute ---- */

static void put(struct attr_value *out, SQLULEN n, size_t size)
{
    *out = (struct attr_value){.number = n, .size = size};
}

static void put_text(struct attr_value *out, struct text t)
{
    *out = (struct attr_value){.is_text = true, .text = t.s ? t : TEXT("")};
}

static void put_z(struct attr_value *out, const char *z)
{
    put_text(out, text_of(z));
}

/* Fields that only the server's catalog knows; a column that cannot be one is not asked about. */
static bool needs_origin(const struct nat_column *c, SQLSMALLINT field)
{
    switch (field) {
    case SQL_DESC_BASE_COLUMN_NAME:
    case SQL_DESC_BASE_TABLE_NAME:
    case SQL_DESC_TABLE_NAME:
    case SQL_DESC_SCHEMA_NAME:
    case SQL_DESC_CATALOG_NAME:
        return c->table_id != 0;
    case SQL_DESC_AUTO_UNIQUE_VALUE:
        return c->table_id != 0 && type_radix(&c->type) == 10;
    case SQL_DESC_NULLABLE:
    case SQL_COLUMN_NULLABLE:
        return c->table_id != 0 && c->type.nullable < 0;
    default:
        return false;
    }
}

static bool ird_name_field(const struct dbc *d, const struct nat_column *c, SQLSMALLINT field,
                           struct attr_value *out)
{
    const struct origin *from = origin_of(d, c);
    switch (field) {
    case SQL_DESC_BASE_COLUMN_NAME:
        return put_text(out, from ? from->column : c->base_name), true;
    case SQL_DESC_TABLE_NAME: /* MySQL's drivers tell the alias */
        return put_text(out, from ? from->table : c->alias), true;
    case SQL_DESC_BASE_TABLE_NAME:
        return put_text(out, from ? from->table : c->table), true;
    case SQL_DESC_SCHEMA_NAME:
        return put_text(out, from                              ? from->schema
                             : d->naming == DATABASE_IS_SCHEMA ? c->database
                                                               : TEXT("")),
               true;
    case SQL_DESC_CATALOG_NAME:
        return put_text(out, from                               ? text_of(d->database)
                             : d->naming == DATABASE_IS_CATALOG ? c->database
                                                                : TEXT("")),
               true;
    default:
        return false;
    }
}

static bool ird_text_field(const struct nat_column *c, SQLSMALLINT field, struct attr_value *out)
{
    switch (field) {
    case SQL_DESC_NAME:
    case SQL_DESC_LABEL:
    case SQL_COLUMN_NAME:
        return put_text(out, c->name), true;
    case SQL_DESC_TYPE_NAME:
    case SQL_DESC_LOCAL_TYPE_NAME:
        return put_z(out, c->type.name), true;
    case SQL_DESC_LITERAL_PREFIX:
        return put_z(out, type_literal_prefix(&c->type)), true;
    case SQL_DESC_LITERAL_SUFFIX:
        return put_z(out, type_literal_suffix(&c->type)), true;
    default:
        return false;
    }
}

/* Numeric fields whose meaning is one call of the type table; false: not one of them. */
static bool ird_size_field(const struct desc *x, const struct desc_rec *r, SQLSMALLINT field,
                           SQLLEN *out)
{
    const struct nat_type *t = &r->column.type;
    bool character = type_is_character(r->sql_type) || type_is_binary(r->sql_type);
    bool datetime = type_verbose(r->sql_type) == SQL_DATETIME;
    switch (field) {
    case SQL_DESC_LENGTH:
    case SQL_COLUMN_LENGTH:
        *out = field == SQL_COLUMN_LENGTH ? type_octets(x->dbc, t) : (SQLLEN)type_size(x->dbc, t);
        return true;
    case SQL_DESC_OCTET_LENGTH:
        *out = type_octets(x->dbc, t);
        return true;
    case SQL_DESC_DISPLAY_SIZE:
        *out = type_display(x->dbc, t);
        return true;
    case SQL_DESC_PRECISION:
        *out = datetime ? type_digits(t) : (SQLLEN)type_size(x->dbc, t);
        return true;
    case SQL_COLUMN_PRECISION:
        *out = (SQLLEN)type_size(x->dbc, t);
        return true;
    case SQL_DESC_SCALE:
    case SQL_COLUMN_SCALE:
        *out = character ? 0 : type_digits(t);
        return true;
    default:
        return false;
    }
}

static bool ird_flag_field(const struct desc *x, const struct desc_rec *r, SQLSMALLINT field,
                           SQLLEN *out)
{
    const struct nat_type *t = &r->column.type;
    const struct origin *from;
    switch (field) {
    case SQL_DESC_CONCISE_TYPE:
        return *out = r->sql_type, true;
    case SQL_DESC_TYPE:
        return *out = type_verbose(r->sql_type), true;
    case SQL_DESC_DATETIME_INTERVAL_CODE:
        return *out = type_subcode(r->sql_type), true;
    case SQL_DESC_UNSIGNED:
        return *out = type_radix(t) == 0 || t->is_unsigned ? SQL_TRUE : SQL_FALSE, true;
    case SQL_DESC_NUM_PREC_RADIX:
        return *out = type_radix(t), true;
    case SQL_DESC_NULLABLE:
    case SQL_COLUMN_NULLABLE:
        return *out = origin_nullable(x->stmt, &r->column), true;
    case SQL_DESC_CASE_SENSITIVE:
        return *out = type_case_sensitive(t) ? SQL_TRUE : SQL_FALSE, true;
    case SQL_DESC_SEARCHABLE:
        return *out = type_searchable(t), true;
    case SQL_DESC_AUTO_UNIQUE_VALUE:
        from = origin_of(x->dbc, &r->column);
        return *out = t->auto_unique || (from && from->auto_unique) ? SQL_TRUE : SQL_FALSE, true;
    case SQL_DESC_FIXED_PREC_SCALE:
        return *out = SQL_FALSE, true;
    case SQL_DESC_UPDATABLE:
        return *out = SQL_ATTR_READWRITE_UNKNOWN, true;
    case SQL_DESC_UNNAMED:
        return *out = r->column.name.n ? SQL_NAMED : SQL_UNNAMED, true;
    case SQL_DESC_ROWVER:
    case SQL_DESC_DATETIME_INTERVAL_PRECISION: /* no column is an interval to ODBC */
        return *out = SQL_FALSE, true;
    default:
        return false;
    }
}

/* What goes wrong is told in diag. */
static SQLRETURN ird_field(struct desc *x, const struct desc_rec *r, SQLSMALLINT field,
                           struct attr_value *out, struct diag *diag)
{
    SQLLEN n;
    if (needs_origin(&r->column, field) && origin_ask(x->stmt, diag) != SQL_SUCCESS)
        return SQL_ERROR;
    if (ird_text_field(&r->column, field, out) || ird_name_field(x->dbc, &r->column, field, out))
        return SQL_SUCCESS;
    if (!ird_size_field(x, r, field, &n) && !ird_flag_field(x, r, field, &n))
        return diag_push(diag, "HY091", NULL);
    put(out, (SQLULEN)n, sizeof(SQLLEN));
    return SQL_SUCCESS;
}

SQLRETURN stmt_col_attribute(struct stmt *s, SQLUSMALLINT number, SQLUSMALLINT field,
                             struct attr_value *out)
{
    SQLSMALLINT count;
    SQLRETURN ret = stmt_num_result_cols(s, &count);
    if (!SQL_SUCCEEDED(ret))
        return ret;
    if (field == SQL_DESC_COUNT || field == SQL_COLUMN_COUNT) {
        put(out, (SQLULEN)count, sizeof(SQLLEN));
        return SQL_SUCCESS;
    }
    if (!count)
        return diag_push(&s->diag, "07005", NULL);
    const struct desc_rec *r = desc_rec_at(&s->ird, number);
    if (!r)
        return diag_push(&s->diag, "07009", NULL);
    if (ird_field(&s->ird, r, (SQLSMALLINT)field, out, &s->diag) != SQL_SUCCESS)
        return SQL_ERROR;
    return ret;
}

/* ---- SQLGetDescField, SQLSetDescField ---- */

/* F_ULEN_AS_INTEGER: kept as SQLULEN, told as SQLINTEGER. */
enum field_type { F_SMALLINT, F_INTEGER, F_ULEN_AS_INTEGER, F_LEN, F_ULEN, F_POINTER, F_TEXT };
#define ON_ARD 1u
#define ON_APD 2u
#define ON_IRD 4u
#define ON_IPD 8u
#define ON_APP (ON_ARD | ON_APD)
#define ON_ALL 15u

/* Which fields may be read and written on which descriptor (ODBC, SQLSetDescField). */
static const struct desc_field_row {
    SQLSMALLINT field;
    bool header;
    enum field_type type;
    unsigned readable, writable;
    size_t offset; /* in struct desc or struct desc_rec; SIZE_MAX: computed */
} desc_fields[] = {
#define HEADER(field, type, readable, writable, member)                                            \
    {field, true, type, readable, writable, offsetof(struct desc, member)},
#define RECORD(field, type, readable, writable, member)                                            \
    {field, false, type, readable, writable, offsetof(struct desc_rec, member)},
#define COMPUTED(field, type, readable, writable)                                                  \
    {field, false, type, readable, writable, SIZE_MAX},
#include "core/desc_field.def"
#undef HEADER
#undef RECORD
#undef COMPUTED
};

static const struct desc_field_row *field_row(SQLSMALLINT field)
{
    for (size_t i = 0; i < sizeof(desc_fields) / sizeof(desc_fields[0]); i++)
        if (desc_fields[i].field == field)
            return &desc_fields[i];
    return NULL;
}

static size_t field_size(enum field_type t)
{
    switch (t) {
    case F_SMALLINT:
        return sizeof(SQLSMALLINT);
    case F_INTEGER:
    case F_ULEN_AS_INTEGER:
        return sizeof(SQLINTEGER);
    default:
        return sizeof(SQLPOINTER);
    }
}

static unsigned on(const struct desc *x)
{
    return 1u << x->kind;
}

bool desc_takes_text(const struct desc *x, SQLSMALLINT field)
{
    const struct desc_field_row *row = field_row(field);
    return row && row->type == F_TEXT && (row->writable & on(x));
}

static SQLULEN load(const void *p, enum field_type t)
{
    switch (t) {
    case F_SMALLINT:
        return (SQLULEN)(SQLLEN) * (const SQLSMALLINT *)p;
    case F_INTEGER:
        return (SQLULEN)(SQLLEN) * (const SQLINTEGER *)p;
    default: { /* an SQLLEN, SQLULEN or pointer */
        SQLULEN n;
        memcpy(&n, p, sizeof(n));
        return n;
    }
    }
}

static void store(void *p, enum field_type t, SQLULEN n)
{
    switch (t) {
    case F_SMALLINT:
        *(SQLSMALLINT *)p = (SQLSMALLINT)n;
        break;
    case F_INTEGER:
        *(SQLINTEGER *)p = (SQLINTEGER)n;
        break;
    default:
        memcpy(p, &n, sizeof(n));
    }
}

static SQLRETURN header_get(struct desc *x, const struct desc_field_row *row,
                            struct attr_value *out)
{
    if (row->field == SQL_DESC_ALLOC_TYPE)
        put(out, x->is_auto ? SQL_DESC_ALLOC_AUTO : SQL_DESC_ALLOC_USER, sizeof(SQLSMALLINT));
    else if (row->field == SQL_DESC_COUNT)
        put(out, x->count, sizeof(SQLSMALLINT));
    else
        put(out, load((char *)x + row->offset, row->type), field_size(row->type));
    return SQL_SUCCESS;
}

/* What follows from the type of application and parameter records. */
static SQLULEN type_field(const struct desc *x, const struct desc_rec *r, SQLSMALLINT field)
{
    SQLSMALLINT concise = on(x) & ON_APP ? r->ctype : r->sql_type;
    switch (field) {
    case SQL_DESC_TYPE:
        return (SQLULEN)(SQLLEN)type_verbose(concise);
    case SQL_DESC_DATETIME_INTERVAL_CODE:
        return (SQLULEN)(SQLLEN)type_subcode(concise);
    case SQL_DESC_CASE_SENSITIVE:
        return type_is_character(concise) ? SQL_TRUE : SQL_FALSE;
    case SQL_DESC_UNSIGNED:
        return type_is_number(concise) ? SQL_FALSE : SQL_TRUE;
    case SQL_DESC_FIXED_PREC_SCALE:
    case SQL_DESC_ROWVER:
        return SQL_FALSE;
    default:
        return (SQLULEN)(SQLLEN)concise;
    }
}

static SQLRETURN record_get(struct desc *x, const struct desc_rec *r,
                            const struct desc_field_row *row, struct attr_value *out)
{
    if (x->kind == DESC_IRD) {
        if (ird_field(x, r, row->field, out, &x->diag) != SQL_SUCCESS)
            return SQL_ERROR;
        if (!out->is_text)
            out->size = field_size(row->type);
        return SQL_SUCCESS;
    }
    if (row->field == SQL_DESC_NAME)
        put_z(out, r->name);
    else if (row->field == SQL_DESC_UNNAMED)
        put(out, r->name ? SQL_NAMED : SQL_UNNAMED, sizeof(SQLSMALLINT));
    else if (row->type == F_TEXT)
        put_z(out, "");
    else if (row->offset == SIZE_MAX)
        put(out, type_field(x, r, row->field), field_size(row->type));
    else
        put(out, load((const char *)r + row->offset, row->type), field_size(row->type));
    return SQL_SUCCESS;
}

bool desc_ready(struct desc *x, struct diag *g)
{
    SQLSMALLINT n;
    if (x->kind != DESC_IRD)
        return true;
    if (x->stmt->state == STMT_ALLOCATED)
        return diag_push(g, "HY007", NULL), false;
    diag_clear(&x->stmt->diag);
    if (SQL_SUCCEEDED(stmt_num_result_cols(x->stmt, &n)))
        return true;
    diag_move(&x->stmt->diag, g);
    return false;
}

SQLRETURN desc_get_field(struct desc *x, SQLSMALLINT record, SQLSMALLINT field,
                         struct attr_value *out)
{
    const struct desc_field_row *row = field_row(field);
    if (!row || !(row->readable & on(x)))
        return diag_push(&x->diag, "HY091", NULL);
    bool plain_header = row->header && field != SQL_DESC_COUNT;
    if (!plain_header && !desc_ready(x, &x->diag))
        return SQL_ERROR;
    if (row->header)
        return header_get(x, row, out);
    if (record < 0 || (record == 0 && desc_has_names(x)))
        return diag_push(&x->diag, "07009", NULL);
    if (record == 0)
        return record_get(x, &x->bookmark, row, out);
    const struct desc_rec *r = desc_rec_at(x, (size_t)record);
    return r ? record_get(x, r, row, out) : SQL_NO_DATA;
}

void desc_touched(struct desc *x)
{
    LIST_EACH(it, &x->dbc->stmts)
        LIST_ENTRY(it, struct stmt, node)->bind_stamp++;
}

static SQLRETURN header_set(struct desc *x, const struct desc_field_row *row, SQLULEN n)
{
    if (row->field == SQL_DESC_COUNT) {
        SQLSMALLINT count = (SQLSMALLINT)n;
        if (count < 0)
            return diag_push(&x->diag, "07009", NULL);
        if ((size_t)count < x->count)
            desc_trim(x, (size_t)count);
        else if (count && !desc_rec(x, (size_t)count))
            return diag_push(&x->diag, "HY001", NULL);
        return SQL_SUCCESS;
    }
    if (row->field == SQL_DESC_ARRAY_SIZE && (!n || n > INT32_MAX))
        return diag_push(&x->diag, "HY024", NULL);
    store((char *)x + row->offset, row->type, n);
    return SQL_SUCCESS;
}

/* The highest record that an application unbinds goes, and those below that are not bound. */
static void unbound(struct desc *x, SQLSMALLINT record)
{
    if ((size_t)record != x->count)
        return;
    while (x->count && !x->recs[x->count - 1].data && !x->recs[x->count - 1].indicator_ptr &&
           !x->recs[x->count - 1].octet_length_ptr)
        desc_trim(x, x->count - 1);
}

static bool is_deferred(SQLSMALLINT field)
{
    return field == SQL_DESC_DATA_PTR || field == SQL_DESC_INDICATOR_PTR ||
           field == SQL_DESC_OCTET_LENGTH_PTR;
}

static SQLRETURN set_name(struct desc *x, struct desc_rec *r, struct text name)
{
    free(r->name);
    r->name = strndup(name.s ? name.s : "", name.n);
    return r->name ? SQL_SUCCESS : diag_push(&x->diag, "HY001", NULL);
}

static SQLRETURN record_set(struct desc *x, SQLSMALLINT record, const struct desc_field_row *row,
                            const struct attr_value *in)
{
    struct desc_rec *r = record ? desc_rec(x, (size_t)record) : &x->bookmark;
    if (!r)
        return diag_push(&x->diag, "HY001", NULL);
    if (row->field == SQL_DESC_NAME)
        return set_name(x, r, in->text);
    if (row->field == SQL_DESC_UNNAMED)
        return in->number == SQL_UNNAMED ? (free(r->name), r->name = NULL, SQL_SUCCESS)
                                         : diag_push(&x->diag, "HY091", NULL);
    if (row->field == SQL_DESC_DATA_PTR && in->number && !desc_consistent(x, r))
        return diag_push(&x->diag, "HY021", NULL);
    if (row->field == SQL_DESC_DATA_PTR && x->kind == DESC_IPD)
        return SQL_SUCCESS; /* asks for the check only */
    /* "Any other field unbinds the record." */
    if (desc_has_buffers(x) && !is_deferred(row->field))
        r->data = NULL;
    if (row->offset == SIZE_MAX)
        return desc_set_type(x, r, row->field, (SQLSMALLINT)in->number);
    bool was_bound = r->data;
    r->scale_given = r->scale_given || row->field == SQL_DESC_SCALE;
    store((char *)r + row->offset, row->type, in->number);
    if (was_bound && !r->data)
        unbound(x, record);
    return SQL_SUCCESS;
}

SQLRETURN desc_set_field(struct desc *x, SQLSMALLINT record, SQLSMALLINT field,
                         const struct attr_value *in)
{
    const struct desc_field_row *row = field_row(field);
    if (!row)
        return diag_push(&x->diag, "HY091", NULL);
    if (x->kind == DESC_IRD && !(row->writable & ON_IRD))
        return diag_push(&x->diag, "HY016", NULL);
    if (!(row->writable & on(x)))
        return diag_push(&x->diag, "HY091", NULL);
    desc_touched(x);
    if (row->header)
        return header_set(x, row, in->number);
    if (record < 0 || (record == 0 && x->kind == DESC_IPD))
        return diag_push(&x->diag, "07009", NULL);
    return record_set(x, record, row, in);
}

struct desc *desc_peer(struct desc *x, SQLHANDLE h)
{
    struct desc *other = h;
    return other && other->magic == MAGIC_DESC && other->dbc == x->dbc ? other : NULL;
}

bool desc_has_names(const struct desc *x)
{
    return x->kind == DESC_IRD || x->kind == DESC_IPD;
}

bool desc_has_buffers(const struct desc *x)
{
    return x->kind == DESC_ARD || x->kind == DESC_APD;
}
