/* {call name(...)} may mean a procedure or a function; PostgreSQL wants CALL for the one and SELECT
 * for the other. sql_translate() writes CALL; here the server is asked which it is, one question
 * for each text with such a clause, and CALL becomes SELECT * FROM where there is only a function.
 */
#include <string.h>

#include "core/backend.h"

#define CALL     TEXT("CALL ")
#define FUNCTION "SELECT * FROM "

static bool from_escape(struct text in, struct text out)
{
    return text_trim(in).n && text_trim(in).s[0] == '{' && text_starts_ci(text_trim(out), CALL);
}

/* One part of a name as the catalogue spells it; what follows it is left in *rest. */
static bool name_part(struct text *rest, struct buf *part)
{
    struct text t = text_trim(*rest);
    size_t i = 0;
    if (t.n && t.s[0] == '"')
        for (i = 1; i < t.n; i++) {
            if (t.s[i] == '"' && (++i >= t.n || t.s[i] != '"'))
                break; /* i stands behind the closing quote */
            buf_char(part, t.s[i]);
        }
    else
        for (; i < t.n && !strchr(" .(;\t\r\n", t.s[i]); i++)
            buf_char(part, (char)(t.s[i] >= 'A' && t.s[i] <= 'Z' ? t.s[i] | 0x20 : t.s[i]));
    *rest = text_sub(t, i, t.n);
    return part->n > 0;
}

/* name, or schema.name. */
static bool name_parts(struct text t, struct buf *schema, struct buf *name)
{
    if (!name_part(&t, name))
        return false;
    t = text_trim(t);
    if (!t.n || t.s[0] != '.')
        return true;
    buf_text(schema, buf_view(name));
    buf_reset(name);
    t = text_sub(t, 1, t.n);
    return name_part(&t, name);
}

static const char question[] =
    "SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AND NOT "
    "pg_catalog.bool_or(p.prokind OPERATOR(pg_catalog.=) 'p') FROM pg_catalog.pg_proc p "
    "JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace WHERE "
    "p.proname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND "
    "CASE WHEN $2::pg_catalog.text OPERATOR(pg_catalog.=) '' THEN "
    "pg_catalog.pg_function_is_visible(p.oid) "
    "WHEN $2::pg_catalog.text OPERATOR(pg_catalog.=) 'pg_temp' THEN "
    "n.oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema() ELSE "
    "n.nspname OPERATOR(pg_catalog.=) $2::pg_catalog.name END";

static SQLRETURN ask(struct stmt *s, struct text name, struct text schema, bool *is_function)
{
    struct scan_info scan = {.statements = 1, .plain_read = true, .verb = TEXT("SELECT")};
    struct nat_param params[] = {{.p = name.s, .n = name.n},
                                 {.p = schema.n ? schema.s : "", .n = schema.n}};
    struct conn_work work = {.sql = {question, sizeof(question) - 1},
                             .scan = &scan,
                             .params = params,
                             .nparams = 2,
                             .internal = true};
    struct cursor cur;
    struct nat_outcome out;
    struct fault f;
    size_t got = 0;
    cursor_init(&cur);
    fault_clear(&f);
    if (!conn_execute(s->dbc->conn, &cur, &work, &out, stmt_deadline(s), &f))
        return diag_fault(&s->diag, &f);
    bool ok = out.kind == NAT_ROWS && cursor_next(&cur, 1, &got, stmt_deadline(s), &f);
    if (ok && got == 1) {
        struct nat_cell c = cursor_cell(&cur, 0, 0);
        *is_function = c.n == 1 && c.p[0] == 't';
    }
    if (out.kind == NAT_FAILED)
        f = out.fault;
    struct fault closing;
    fault_clear(&closing);
    if (!cursor_close(&cur, stmt_deadline(s), &closing) && ok)
        return diag_fault(&s->diag, &closing);
    return ok ? SQL_SUCCESS : diag_fault(&s->diag, &f);
}

SQLRETURN pg_call(struct stmt *s, struct text in)
{
    struct text out = buf_view(&s->sql);
    if (!from_escape(in, out))
        return SQL_SUCCESS;
    struct buf schema, name;
    bool is_function = false;
    SQLRETURN ret = SQL_SUCCESS;
    buf_init(&schema);
    buf_init(&name);
    struct text call = text_sub(text_trim(out), CALL.n, out.n);
    if (name_parts(call, &schema, &name) && buf_ok(&name) && buf_ok(&schema))
        ret = ask(s, buf_view(&name), buf_view(&schema), &is_function);
    if (SQL_SUCCEEDED(ret) && is_function) {
        struct text kept = arena_text(&s->arena, call);
        buf_reset(&s->sql);
        if (!kept.s || !buf_str(&s->sql, FUNCTION) || !buf_text(&s->sql, kept))
            ret = diag_push(&s->diag, "HY001", NULL);
        else /* a function may write: no plain read; the markers are the same */
            s->scan.plain_read = false;
    }
    buf_fini(&schema);
    buf_fini(&name);
    return ret;
}
