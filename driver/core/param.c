/* SQLBindParameter, SQLNumParams, SQLDescribeParam, and the way of parameters from the
 * application's buffers to the wire. */
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"
#include "core/backend.h"

SQLRETURN stmt_bind_parameter(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT io,
                              SQLSMALLINT ctype, SQLSMALLINT sql_type, SQLULEN column_size,
                              SQLSMALLINT digits, SQLPOINTER value, SQLLEN cap, SQLLEN *ind)
{
    if (number < 1)
        return diag_push(&s->diag, "07009", NULL);
    if (io == SQL_PARAM_INPUT_OUTPUT && cap == SQL_SETPARAM_VALUE_MAX) {
        io = SQL_PARAM_INPUT; /* what the driver manager makes of ODBC 1's SQLSetParam */
        cap = 0;
    }
    bool output = io == SQL_PARAM_OUTPUT || io == SQL_PARAM_INPUT_OUTPUT;
    if (io == SQL_PARAM_OUTPUT_STREAM || io == SQL_PARAM_INPUT_OUTPUT_STREAM)
        return diag_push(&s->diag, "HYC00", "output parameters do not come in pieces");
    if (io != SQL_PARAM_INPUT && !output)
        return diag_push(&s->diag, "HY105", NULL);
    if (ctype == SQL_C_DEFAULT)
        ctype = conv_default_ctype(sql_type, false);
    if (!conv_ctype_known(ctype))
        return diag_push(&s->diag, "HY003", NULL);
    if (!type_known(sql_type))
        return diag_push(&s->diag, "HY004", NULL);
    if (cap < 0)
        return diag_push(&s->diag, "HY090", NULL);
    if (!value && !ind)
        return diag_push(&s->diag, "HY009", NULL);
    struct desc_rec *a = desc_rec(s->apd, number);
    struct desc_rec *p = desc_rec(&s->ipd, number);
    if (!a || !p)
        return diag_push(&s->diag, "HY001", NULL);
    a->ctype = ctype;
    a->data = value;
    a->octet_length = cap;
    a->octet_length_ptr = a->indicator_ptr = ind;
    a->precision = ctype == SQL_C_NUMERIC ? (SQLSMALLINT)column_size : 0;
    a->scale = ctype == SQL_C_NUMERIC ? digits : 0;
    p->sql_type = sql_type;
    p->length = column_size;
    p->precision =
        type_is_character(sql_type) || type_is_binary(sql_type)
            ? 0
            : (SQLSMALLINT)(type_verbose(sql_type) == SQL_DATETIME ? digits
                                                                   : (SQLSMALLINT)column_size);
    p->scale = digits;
    p->parameter_type = io;
    p->described = true;
    return SQL_SUCCESS;
}

/* SQLNumParams and SQLDescribeParam want a text: a prepared one, or the one that was executed. */
static bool has_text(const struct stmt *s)
{
    return s->state != STMT_NEED_DATA &&
           (s->is_prepared || s->state == STMT_EXECUTED || s->state == STMT_CURSOR);
}

SQLRETURN stmt_num_params(struct stmt *s, SQLSMALLINT *count)
{
    if (!has_text(s))
        return diag_push(&s->diag, "HY010", NULL);
    size_t n = s->is_prepared ? s->prep.scan.params : s->scan.params;
    if (count)
        *count = (SQLSMALLINT)(n > 32767 ? 32767 : n);
    return SQL_SUCCESS;
}

/* Through SQLBindParameter, SQLBindCol (an ARD may serve as an APD) or descriptor fields. */
static bool is_bound(const struct desc_rec *a)
{
    return a && (a->data || a->indicator_ptr || a->octet_length_ptr);
}

SQLSMALLINT param_ctype(const struct desc_rec *a, const struct desc_rec *p)
{
    return a->ctype == SQL_C_DEFAULT ? conv_default_ctype(p->sql_type, p->column.type.is_unsigned)
                                     : a->ctype;
}

/* How a parameter goes over the wire. PostgreSQL converts a number for a column of numbers or text
 * only: where the parameter is what a column becomes, the column's type is left to the server, so
 * that 0 and 1 go into a boolean or a bit, as applications expect who bind every flag as a number.
 */
static struct conv_wire wire_of(const struct stmt *s, const struct desc_rec *a,
                                const struct desc_rec *p, size_t number)
{
    const struct scan_info *scan = s->is_prepared ? &s->prep.scan : &s->scan;
    struct conv_wire wire = conv_param_wire(p->sql_type, param_ctype(a, p), backend.wire);
    if (backend.type_hints && wire.whole && number <= scan->assigned)
        wire.type_id = 0;
    return wire;
}

/* The types of the parameters that are bound, by number (0: for the server to choose, as it is for
 * one that only comes back); NULL: out of memory. */
static uint32_t *bound_types(struct stmt *s)
{
    size_t n = s->prep.scan.params;
    uint32_t *types = arena_zalloc(&s->arena, (n + 1) * sizeof(*types));
    for (size_t i = 1; types && i <= n; i++) {
        const struct desc_rec *a = desc_rec_at(s->apd, i);
        const struct desc_rec *p = desc_rec_at(&s->ipd, i);
        if (is_bound(a) && p && p->described && p->parameter_type != SQL_PARAM_OUTPUT)
            types[i - 1] = wire_of(s, a, p, i).type_id;
    }
    return types;
}

static bool hint(struct stmt *s, const uint32_t *types, struct fault *f)
{
    return !backend.type_hints ||
           prepared_types(s->dbc->conn, &s->prep, types, s->prep.scan.params, f);
}

/* Asks the server what it chooses for the parameter while the others have their types. */
static SQLRETURN ask_type(struct stmt *s, uint32_t *types, size_t number, struct nat_type *out)
{
    const struct nat_type *params;
    const struct nat_column *columns;
    size_t nparams, ncolumns;
    struct fault f;
    fault_clear(&f);
    types[number - 1] = 0;
    if (!hint(s, types, &f) || !conn_describe(s->dbc->conn, &s->prep, &params, &nparams, &columns,
                                              &ncolumns, stmt_deadline(s), &f))
        return diag_fault(&s->diag, &f);
    if (number > nparams && s->prep.scan.statements > 1)
        return diag_push(&s->diag, "HYC00",
                         "of several statements the parameters of the first are described");
    if (number > nparams)
        return diag_push(&s->diag, "HY000", "the server described fewer parameters than there are");
    *out = params[number - 1];
    out->name = NULL;
    return SQL_SUCCESS;
}

/* Clients ask again for each row that they bind, so the answers are kept: to ask means to prepare
 * again, and so does the execution after it. */
SQLRETURN stmt_describe_param(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT *sql_type,
                              SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
    if (!has_text(s))
        return diag_push(&s->diag, "HY010", NULL);
    if (number < 1 || number > (s->is_prepared ? s->prep.scan.params : s->scan.params))
        return diag_push(&s->diag, "07009", NULL);
    struct fault f;
    fault_clear(&f);
    if (!s->prep.sql && !prepared_set(s->dbc->conn, &s->prep, buf_view(&s->sql), &s->scan, &f))
        return diag_fault(&s->diag, &f);
    uint32_t *types = bound_types(s);
    if (!types)
        return diag_push(&s->diag, "HY001", NULL);
    struct prepared_answer *a = prepared_answer(&s->prep, types, s->prep.scan.params, number, &f);
    if (!a)
        return diag_fault(&s->diag, &f);
    SQLRETURN ret = a->known ? SQL_SUCCESS : ask_type(s, types, number, &a->type);
    if (!SQL_SUCCEEDED(ret))
        return stmt_notices(s, ret);
    a->known = true;
    if (sql_type)
        *sql_type = type_sql(s->dbc, &a->type);
    if (size)
        *size = type_size(s->dbc, &a->type);
    if (digits)
        *digits = type_digits(&a->type);
    if (nullable)
        *nullable = SQL_NULLABLE_UNKNOWN;
    return stmt_notices(s, SQL_SUCCESS);
}

/* ---- where a set's value lies ---- */

static size_t element_size(const struct desc_rec *a, const struct desc_rec *p)
{
    SQLLEN fixed = conv_ctype_size(param_ctype(a, p));
    return fixed ? (size_t)fixed : (size_t)a->octet_length;
}

static size_t set_count(const struct stmt *s)
{
    return s->apd->array_size ? s->apd->array_size : 1;
}

bool param_ignored(const struct stmt *s, size_t set)
{
    return s->apd->array_status_ptr && s->apd->array_status_ptr[set] == SQL_PARAM_IGNORE;
}

bool param_is_output(const struct stmt *s, size_t number)
{
    const struct desc_rec *p = desc_rec_at(&s->ipd, number);
    return p &&
           (p->parameter_type == SQL_PARAM_OUTPUT || p->parameter_type == SQL_PARAM_INPUT_OUTPUT);
}

static size_t outputs(const struct stmt *s, size_t nparams)
{
    size_t n = 0;
    for (size_t i = 1; i <= nparams; i++)
        n += param_is_output(s, i);
    return n;
}

/* A parameter that only the APD knows (SQLSetDescField) has the type that is its C type's. False:
 * it does not say what it is either. */
static bool take_type(struct stmt *s, size_t number, const struct desc_rec *a)
{
    struct desc_rec *p = desc_rec(&s->ipd, number);
    if (!p || a->ctype == SQL_C_DEFAULT)
        return false;
    p->sql_type = a->ctype;
    if (a->ctype == SQL_C_CHAR || a->ctype == SQL_C_BINARY || a->ctype == SQL_C_WCHAR)
        p->sql_type += a->ctype == SQL_C_CHAR ? SQL_VARCHAR - SQL_CHAR : SQL_VARBINARY - SQL_BINARY;
    static const SQLSMALLINT signed_or_not[] = {SQL_TINYINT, SQL_SMALLINT, SQL_INTEGER, SQL_BIGINT};
    for (size_t i = 0; i < sizeof(signed_or_not) / sizeof(signed_or_not[0]); i++)
        if (a->ctype == signed_or_not[i] + SQL_SIGNED_OFFSET ||
            a->ctype == signed_or_not[i] + SQL_UNSIGNED_OFFSET)
            p->sql_type = signed_or_not[i];
    p->precision = a->precision;
    p->scale = a->scale;
    p->described = type_known(p->sql_type);
    return p->described;
}

SQLRETURN param_plan(struct stmt *s, size_t nparams)
{
    dae_clear(s);
    s->dae.of_columns = false;
    for (size_t i = 1; i <= nparams; i++) {
        const struct desc_rec *a = desc_rec_at(s->apd, i);
        const struct desc_rec *p = desc_rec_at(&s->ipd, i);
        if (!is_bound(a) || ((!p || !p->described) && !take_type(s, i, a)))
            return diag_fmt(&s->diag, "07002",
                            "the statement has %zu parameters, number %zu is not bound", nparams,
                            i);
    }
    for (size_t set = 0; nparams && set < set_count(s); set++) {
        if (param_ignored(s, set))
            continue;
        for (size_t i = 1; i <= nparams; i++) {
            const struct desc_rec *a = desc_rec_at(s->apd, i);
            size_t size = element_size(a, desc_rec_at(&s->ipd, i));
            if (desc_rec_at(&s->ipd, i)->parameter_type != SQL_PARAM_OUTPUT &&
                dae_wanted(desc_length_at(s->apd, a, set)) &&
                !dae_add(s, set, i, desc_shifted(s->apd, a->data, set, size)))
                return diag_push(&s->diag, "HY001", NULL);
        }
    }
    return s->dae.n ? SQL_NEED_DATA : SQL_SUCCESS;
}

/* ---- to the wire ---- */

bool param_hint(struct stmt *s)
{
    if (!backend.type_hints || !s->prep.scan.params)
        return true;
    struct fault f;
    fault_clear(&f);
    uint32_t *types = bound_types(s);
    if (!types)
        return diag_push(&s->diag, "HY001", NULL), false;
    return hint(s, types, &f) || (diag_fault(&s->diag, &f), false);
}

SQLRETURN param_value(struct stmt *s, const struct param_source *v, struct buf *to,
                      struct nat_param *out)
{
    const struct desc_rec *a = v->a, *p = v->p;
    SQLSMALLINT ctype = param_ctype(a, p);
    struct conv_wire wire = wire_of(s, a, p, v->number);
    *out = (struct nat_param){.binary = wire.binary, .type_id = wire.type_id};
    if (v->length == SQL_NULL_DATA)
        return SQL_SUCCESS;
    /* No bytes need no place: the data() of an empty vector is NULL. */
    static const SQLWCHAR nothing;
    bool empty = v->length == 0 && !conv_ctype_size(ctype);
    if (!v->data && !empty)
        return diag_push(&s->diag, "HY009", "a parameter that is not NULL has no buffer");
    struct conv_source src = {.ctype = ctype,
                              .sql_type = p->sql_type,
                              .column_size = p->length,
                              .digits = type_verbose(p->sql_type) == SQL_DATETIME ? p->precision
                                                                                  : p->scale,
                              .precision = a->precision,
                              .scale = a->scale,
                              .scale_counts = !backend.own_scale,
                              .has_unsigned = backend.wire != WIRE_PG_TEXT,
                              .span_is_time = backend.wire != WIRE_PG_TEXT,
                              .holds_nul = backend.wire != WIRE_PG_TEXT,
                              .ansi = dbc_charset(s->dbc),
                              .data = v->data ? v->data : &nothing,
                              .length = v->length};
    size_t at = to->n;
    enum conv_result r = conv_param(&src, to);
    if (r >= CONV_ERROR) {
        diag_push_at(&s->diag, conv_sqlstate(r), conv_message(r), (SQLLEN)v->row + 1,
                     (SQLINTEGER)v->number);
        return SQL_ERROR;
    }
    if (!buf_ok(to))
        return diag_push(&s->diag, "HY001", NULL);
    out->p = (const char *)(uintptr_t)(at + 1); /* + 1: NULL stays SQL NULL */
    out->n = to->n - at;
    buf_char(to, 0);
    return SQL_SUCCESS;
}

/* One value; its bytes go to s->values, out->p is their offset until all are there. */
static SQLRETURN collect_one(struct stmt *s, size_t set, size_t number, struct nat_param *out)
{
    const struct desc_rec *a = desc_rec_at(s->apd, number);
    const struct desc_rec *p = desc_rec_at(&s->ipd, number);
    if (!is_bound(a) || !p || !p->described)
        return diag_push(&s->diag, "07002",
                         "a binding was removed while data at execution was being sent");
    if (p->parameter_type == SQL_PARAM_OUTPUT) {
        struct conv_wire wire = conv_param_wire(p->sql_type, param_ctype(a, p), backend.wire);
        /* Without a type it is the procedure's own. */
        *out = (struct nat_param){.binary = wire.binary,
                                  .type_id = backend.type_hints ? 0 : wire.type_id};
        return SQL_SUCCESS;
    }
    struct param_source from = {.a = a,
                                .p = p,
                                .data = desc_shifted(s->apd, a->data, set, element_size(a, p)),
                                .length = desc_length_at(s->apd, a, set),
                                .row = set,
                                .number = number};
    if (!dae_take(s, &from))
        return diag_push(&s->diag, "HY001", NULL);
    if (from.length == SQL_DEFAULT_PARAM)
        return diag_push(
            &s->diag, "07S01",
            "SQL_DEFAULT_PARAM is for procedure calls: name the columns to be inserted");
    return param_value(s, &from, &s->values, out);
}

static bool room(struct stmt *s, size_t nparams, size_t nsets)
{
    if (nsets > SIZE_MAX / sizeof(struct nat_param) / (nparams ? nparams : 1))
        return false;
    size_t n = nparams * nsets;
    if (n > s->nparams_cap) {
        struct nat_param *p = realloc(s->params, n * sizeof(*p));
        if (!p)
            return false;
        s->params = p;
        size_t *of = realloc(s->set_of, n * sizeof(*of));
        if (!of)
            return false;
        s->set_of = of;
        s->nparams_cap = n;
    }
    return true;
}

SQLRETURN param_collect(struct stmt *s, size_t nparams, size_t *nsets)
{
    *nsets = 0;
    if (!nparams)
        return SQL_SUCCESS;
    buf_reset(&s->values);
    if (!room(s, nparams, set_count(s)))
        return diag_push(&s->diag, "HY001", NULL);
    for (size_t set = 0; set < set_count(s); set++) {
        if (param_ignored(s, set))
            continue;
        for (size_t i = 0; i < nparams; i++) {
            SQLRETURN ret = collect_one(s, set, i + 1, &s->params[*nsets * nparams + i]);
            if (!SQL_SUCCEEDED(ret)) {
                if (s->ipd.array_status_ptr)
                    s->ipd.array_status_ptr[set] = SQL_PARAM_ERROR;
                if (s->ipd.rows_processed_ptr)
                    *s->ipd.rows_processed_ptr = set + 1;
                return ret;
            }
        }
        s->set_of[(*nsets)++] = set;
    }
    for (size_t i = 0; i < *nsets * nparams; i++)
        if (s->params[i].p)
            s->params[i].p = s->values.p + ((uintptr_t)s->params[i].p - 1);
    return SQL_SUCCESS;
}

/* ---- back from the server ---- */

static bool is_character(SQLSMALLINT type)
{
    return type == SQL_CHAR || type == SQL_VARCHAR || type == SQL_LONGVARCHAR ||
           type == SQL_WCHAR || type == SQL_WVARCHAR || type == SQL_WLONGVARCHAR;
}

/* MySQL sends texts as bytes here; which it is the application has said. */
static struct nat_type output_type(const struct nat_type *type, const struct desc_rec *p)
{
    struct nat_type t = *type;
    if ((t.kind == NAT_VARBINARY || t.kind == NAT_BINARY || t.kind == NAT_BLOB) &&
        is_character(p->sql_type))
        t.kind = NAT_VARCHAR;
    return t;
}

static SQLRETURN put_output(struct stmt *s, size_t set, size_t number, const struct nat_type *told,
                            struct nat_cell cell)
{
    const struct desc_rec *a = desc_rec_at(s->apd, number);
    const struct desc_rec *p = desc_rec_at(&s->ipd, number);
    if (!a || !p)
        return SQL_SUCCESS;
    struct nat_type actual = output_type(told, p), *type = &actual;
    struct conv_target t = {
        .ctype = param_ctype(a, p),
        .buf = desc_shifted(s->apd, a->data, set, element_size(a, p)),
        .cap = a->octet_length,
        .octets = (SQLLEN *)(void *)desc_shifted(s->apd, a->octet_length_ptr, set, sizeof(SQLLEN)),
        .indicator = (SQLLEN *)(void *)desc_shifted(s->apd, a->indicator_ptr, set, sizeof(SQLLEN)),
        .precision = a->precision,
        .scale = a->scale,
        .zero_null = s->dbc->zero_null,
        .ansi = dbc_charset(s->dbc)};
    conv_fn *fn = conv_pick(type, t.ctype);
    enum conv_result r = fn ? fn(type, cell, &t) : CONV_TYPE;
    if (r == CONV_OK)
        return SQL_SUCCESS;
    diag_push_at(&s->diag, conv_sqlstate(r), conv_message(r),
                 set_count(s) > 1 ? (SQLLEN)set + 1 : SQL_NO_ROW_NUMBER, (SQLINTEGER)number);
    return r >= CONV_ERROR ? SQL_ERROR : SQL_SUCCESS_WITH_INFO;
}

bool param_arrive(const struct stmt *s, const struct scan_info *scan, const struct nat_outcome *out)
{
    if (out->kind != NAT_ROWS)
        return false;
    if (out->out_params)
        return outputs(s, scan->params) > 0;
    if (scan->returns_value)
        return param_is_output(s, 1);
    return backend.call_row && text_eq_ci(scan->verb, TEXT("CALL")) && outputs(s, scan->params) > 0;
}

SQLRETURN param_take_outputs(struct stmt *s, size_t nparams, size_t set)
{
    size_t ncolumns, got = 0, at = 0;
    const struct nat_column *columns = cursor_columns(&s->cur, &ncolumns);
    struct fault f;
    SQLRETURN ret = SQL_SUCCESS;
    fault_clear(&f);
    if (outputs(s, nparams) != ncolumns)
        return diag_fmt(&s->diag, "07001",
                        "the call gives %zu output values, %zu are bound as such", ncolumns,
                        outputs(s, nparams));
    if (!cursor_next(&s->cur, 1, &got, stmt_deadline(s), &f))
        return diag_fault(&s->diag, &f);
    for (size_t i = 1; got && i <= nparams; i++) {
        if (!param_is_output(s, i))
            continue;
        SQLRETURN one = put_output(s, set, i, &columns[at].type, cursor_cell(&s->cur, 0, at));
        at++;
        if (one == SQL_ERROR || ret == SQL_SUCCESS)
            ret = one;
    }
    return ret;
}
