#include "native/my_priv.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- prepared statements ---- */

struct my_stmt *my_stmt_find(struct my *n, const char *name)
{
    struct my_stmt *s = n->stmts;

    while (s && strcmp(s->name, name ? name : "") != 0)
        s = s->next;
    return s;
}

void my_stmt_take(struct my *n, struct my_stmt *s)
{
    struct my_stmt **at = &n->stmts;

    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
}

void my_stmt_free(struct my_stmt *s)
{
    if (s == NULL)
        return;
    if (s->handle)
        mysql_stmt_close(s->handle);
    arena_fini(&s->grown);
    free(s->name);
    free(s);
}

void my_stmts_free(struct my *n)
{
    struct my_stmt *s;

    while ((s = n->stmts) != NULL) {
        my_stmt_take(n, s);
        my_stmt_free(s);
    }
    my_stmt_free(n->direct);
    n->stmt = n->direct = NULL;
}

/* name NULL: of one use, and not in the list. */
struct my_stmt *my_stmt_new(struct my *n, const char *name, const char *tag, struct fault *f)
{
    struct my_stmt *s = calloc(1, sizeof *s);

    if (s) {
        s->name = strdup(name ? name : "");
        s->handle = mysql_stmt_init(n->mysql);
        s->nparams = SIZE_MAX;
        snprintf(s->tag, sizeof s->tag, "%s", tag);
    }
    if (s == NULL || s->name == NULL || s->handle == NULL) {
        my_stmt_free(s);
        fault_oom(f);
        return NULL;
    }
    if (name) {
        s->next = n->stmts;
        n->stmts = s;
    }
    return s;
}

/* ---- a table that has changed since the statement was prepared ---- */

/* What the library has kept as it was prepared: how many there are, and what they are called. */
bool my_is_outgrown(struct my *n)
{
    const MYSQL_STMT *s = n->stmt->handle;
    const MYSQL_FIELD *now = n->mysql->fields;

    if (n->rc)
        return my_errno(n) == CR_NEW_STMT_METADATA;
    if (n->mysql->field_count != s->field_count || now == NULL || s->fields == NULL)
        return false;
    for (size_t i = 0; i < s->field_count; i++) {
        if (strcmp(s->fields[i].name, now[i].name) != 0 ||
            !my_compat_same_type_name(&s->fields[i], &now[i]))
            return true;
    }
    return false;
}

static bool copy_field(struct arena *a, MYSQL_FIELD *to, const MYSQL_FIELD *from)
{
    char *const from_words[] = {from->name, from->org_name, from->table, from->org_table,
                                from->db,   from->catalog,  from->def};
    char **const words[] = {&to->name, &to->org_name, &to->table, &to->org_table,
                            &to->db,   &to->catalog,  &to->def};

    *to = *from;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (from_words[i] && (*words[i] = arena_z(a, text_of(from_words[i]))) == NULL)
            return false;
    }
    return my_compat_type_names(a, to, from);
}

/* The library has no place for the columns that come now. But it has read what they are, and is
 * given that: what has been executed is not executed again. */
bool my_outgrow(struct my *n, struct fault *f)
{
    MYSQL_STMT *s = n->stmt->handle;
    unsigned count = n->mysql->field_count;
    struct arena a;

    arena_init(&a);
    MYSQL_FIELD *fields = arena_alloc(&a, (count + 1) * sizeof *fields);
    MYSQL_BIND *binds = arena_alloc(&a, (count + 1) * sizeof *binds);
    bool ok = fields && binds;
    for (unsigned i = 0; ok && i < count; i++)
        ok = copy_field(&a, &fields[i], &n->mysql->fields[i]);
    if (!ok) {
        arena_fini(&a);
        return fault_oom(f);
    }
    memset(binds, 0, (count + 1) * sizeof *binds);
    arena_fini(&n->stmt->grown);
    n->stmt->grown = a;
    s->fields = fields;
    s->field_count = count;
    s->bind = binds;
    s->bind_result_done = 0;
    s->last_errno = 0;
    n->rc = 0;
    return true;
}

/* ---- parameters ---- */

static bool room(struct my *n, size_t count)
{
    void *p;

    if (count <= n->args_cap)
        return true;
    p = reallocarray(n->args, count, sizeof *n->args);
    if (p == NULL)
        return false;
    n->args = p;
    p = reallocarray(n->values, count, sizeof *n->values);
    if (p == NULL)
        return false;
    n->values = p;
    n->args_cap = count;
    return true;
}

static bool to_integer(const struct nat_param *p, bool is_unsigned, int64_t *out)
{
    struct text t = {p->p, p->n};
    uint64_t u = 0;

    if (p->binary) {
        if (p->n != sizeof *out)
            return false;
        memcpy(out, p->p, sizeof *out);
        return true;
    }
    if (!is_unsigned)
        return text_to_i64(t, out);
    for (size_t i = 0; i < p->n; i++) {
        if (p->p[i] < '0' || p->p[i] > '9' || __builtin_mul_overflow(u, 10u, &u) ||
            __builtin_add_overflow(u, (unsigned)(p->p[i] - '0'), &u))
            return false;
    }
    memcpy(out, &u, sizeof *out);
    return p->n > 0;
}

static locale_t plain;

static void make_plain(void)
{
    plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static bool to_double(const struct nat_param *p, double *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char digits[400], *end;

    if (p->binary) {
        if (p->n != sizeof *out)
            return false;
        memcpy(out, p->p, sizeof *out);
        return true;
    }
    pthread_once(&once, make_plain);
    if (p->n == 0 || p->n >= sizeof digits || plain == (locale_t)0)
        return false;
    memcpy(digits, p->p, p->n);
    digits[p->n] = '\0';
    errno = 0;
    *out = strtod_l(digits, &end, plain);
    return *end == '\0' && errno == 0 && !__builtin_isinf(*out) && !__builtin_isnan(*out);
}

/* Strings are the caller's: the library copies them before its call first stops to wait. */
static void bind_one(MYSQL_BIND *b, struct my_slot *v, const struct nat_param *p)
{
    bool is_unsigned = p->type_id == MY_PARAM_UNSIGNED;

    memset(b, 0, sizeof *b);
    v->null = p->p == NULL;
    b->is_null = &v->null;
    b->buffer = (void *)(uintptr_t)p->p;
    b->buffer_length = v->length = p->n;
    b->length = &v->length;
    b->buffer_type = p->binary || p->type_id == MY_PARAM_BYTES ? MYSQL_TYPE_BLOB
                     : p->type_id == MY_PARAM_DECIMAL          ? MYSQL_TYPE_NEWDECIMAL
                                                               : MYSQL_TYPE_STRING;
    if (p->type_id == MY_PARAM_INT || is_unsigned) {
        if (v->null || to_integer(p, is_unsigned, &v->u.i)) {
            b->buffer_type = MYSQL_TYPE_LONGLONG;
            b->is_unsigned = is_unsigned;
            b->buffer = &v->u.i;
        }
    } else if (p->type_id == MY_PARAM_DOUBLE && (v->null || to_double(p, &v->u.d))) {
        b->buffer_type = MYSQL_TYPE_DOUBLE;
        b->buffer = &v->u.d;
    }
}

/* Length, indicator or bit, type. */
#define VALUE_BYTES (9 + 1 + 2)

size_t my_set_bytes(const struct nat_param *p, size_t n)
{
    size_t bytes = n * VALUE_BYTES;

    for (size_t i = 0; i < n; i++)
        bytes += p[i].n > sizeof(int64_t) ? p[i].n : sizeof(int64_t);
    return bytes;
}

bool my_fits(const struct my *n, size_t bytes, struct fault *f)
{
    if (n->packet_limit == 0 || bytes <= n->packet_limit)
        return true;
    fault_set(f, "HY000",
              "the statement and its parameters are %zu bytes, and the server takes no more than "
              "%zu (max_allowed_packet); nothing was sent",
              bytes, n->packet_limit);
    f->native = ER_NET_PACKET_TOO_LARGE;
    return false;
}

/* Of one execution, as it goes out. */
static size_t execute_bytes(const MYSQL_BIND *args, size_t n)
{
    size_t bytes = 1 + 4 + 1 + 4 + 1 + (n + 7) / 8 + 2 * n;

    for (size_t i = 0; i < n; i++) {
        size_t length = *args[i].length;
        bool number =
            args[i].buffer_type == MYSQL_TYPE_LONGLONG || args[i].buffer_type == MYSQL_TYPE_DOUBLE;
        if (*args[i].is_null)
            continue;
        bytes += number ? sizeof(int64_t)
                        : length + (length <= 250       ? 1
                                    : length < 1U << 16 ? 3
                                    : length < 1U << 24 ? 4
                                                        : 9);
    }
    return bytes;
}

/* False: it cannot be executed, f says why. */
bool my_bind(struct my *n, const struct nat_request *r, size_t set, struct fault *f)
{
    const struct nat_param *p = r->nparams > 0 ? r->params + set * r->nparams : NULL;

    if (n->stmt->nparams != r->nparams) {
        snprintf(f->server_state, sizeof f->server_state, "%s", "");
        return fault_set(f, "07002", "the statement has %zu parameters, not %zu", n->stmt->nparams,
                         r->nparams);
    }
    if (r->nparams == 0)
        return true;
    if (!room(n, r->nparams))
        return fault_oom(f);
    for (size_t i = 0; i < r->nparams; i++)
        bind_one(&n->args[i], &n->values[i], &p[i]);
    if (!my_fits(n, execute_bytes(n->args, r->nparams), f))
        return false;
    if (mysql_stmt_bind_param(n->stmt->handle, n->args) == 0)
        return true;
    my_fault(n, f);
    return false;
}

bool my_bind_next(struct my *n, const struct nat_request *r, size_t set, MYSQL_BIND *args)
{
    const struct nat_param *p = r->params + set * r->nparams;
    MYSQL_BIND b;

    for (size_t i = 0; i < r->nparams; i++) {
        struct my_slot *v = &n->values[i];

        bind_one(&b, v, &p[i]);
        if (!v->null &&
            (b.buffer_type != args[i].buffer_type || b.is_unsigned != args[i].is_unsigned))
            return false;
        args[i].buffer = b.buffer;
        args[i].buffer_length = b.buffer_length;
        my_compat_null(&args[i], v->null, &v->indicator);
    }
    return true;
}
