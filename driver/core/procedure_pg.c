/* {call name(...)} may mean a procedure or a function; PostgreSQL wants CALL for the one and SELECT
 * for the other. sql_translate() writes CALL; here the server is asked which it is, one question
 * for each text with such a clause, and CALL becomes SELECT * FROM where there is only a function.
 * Its OUT arguments, which a CALL has and a SELECT has not, are left out there.
 */
#include <stdio.h>
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

/* ---- the arguments ---- */

enum { MOST_ARGUMENTS = 100 }; /* that a function may have */

struct call {
    struct text function; /* up to and with the opening parenthesis */
    struct text args[MOST_ARGUMENTS];
    size_t n;
};

/* False: more than one call and its arguments stands there. */
static bool split(const struct scan_rules *rules, struct text in, struct call *out)
{
    struct scanner sc;
    struct token t;
    size_t depth = 0, from = 0;
    bool closed = false;
    out->n = 0;
    scan_start(&sc, rules, in);
    while (scan_next(&sc, &t)) {
        char c = t.kind == TOKEN_OPERATOR ? t.text.s[0] : 0;
        if (closed && t.kind != TOKEN_SPACE && t.kind != TOKEN_SEMICOLON)
            return false;
        if (c == '(' && depth++ == 0)
            out->function = text_sub(in, 0, from = sc.at);
        if (!depth || (depth > 1 && c == ')' && depth--) || (c != ')' && (c != ',' || depth > 1)))
            continue;
        if (out->n == MOST_ARGUMENTS)
            return false;
        out->args[out->n++] = text_trim(text_sub(in, from, sc.at - 1 - from));
        from = sc.at;
        closed = c == ')';
        depth -= closed;
    }
    if (out->n == 1 && !out->args[0].n)
        out->n = 0;
    return closed;
}

/* modes: i, o, b, one for each argument. A marker that is left out keeps its number: it stands
 * where it says nothing. */
static void put_function(struct buf *out, const struct call *c, struct text modes)
{
    const char *between = "", *where = " WHERE ";
    buf_text(out, c->function);
    for (size_t i = 0; i < c->n; i++) {
        if (modes.s[i] == 'o')
            continue;
        buf_str(out, between);
        buf_text(out, c->args[i]);
        between = ", ";
    }
    buf_char(out, ')');
    for (size_t i = 0; i < c->n; i++) {
        size_t digits = 1;
        if (modes.s[i] != 'o' || c->args[i].n < 2 || c->args[i].s[0] != '$')
            continue;
        while (digits < c->args[i].n && c->args[i].s[digits] >= '0' && c->args[i].s[digits] <= '9')
            digits++;
        buf_str(out, where);
        buf_str(out, "(CAST(");
        buf_text(out, text_sub(c->args[i], 0, digits));
        buf_str(out, " AS text) IS NULL) IS NOT NULL");
        where = " AND ";
    }
}

/* ---- the question ---- */

/* Is it a function; the modes of its arguments, where it has OUT ones, is no set, and takes as many
 * arguments as there are. */
static const char question[] =
    "SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AND NOT "
    "pg_catalog.bool_or(p.prokind OPERATOR(pg_catalog.=) 'p'), "
    "CASE WHEN pg_catalog.min(m.modes) OPERATOR(pg_catalog.=) pg_catalog.max(m.modes) "
    "THEN pg_catalog.min(m.modes) END FROM pg_catalog.pg_proc p "
    "LEFT JOIN LATERAL (SELECT pg_catalog.array_to_string(p.proargmodes, '') AS modes "
    "WHERE NOT p.proretset AND pg_catalog.cardinality(p.proallargtypes) OPERATOR(pg_catalog.=) "
    "$3::pg_catalog.int4 AND 'o' OPERATOR(pg_catalog.=) ANY (p.proargmodes)) m ON true JOIN "
    "pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace WHERE "
    "p.proname OPERATOR(pg_catalog.=) $1::pg_catalog.name AND "
    "CASE WHEN $2::pg_catalog.text OPERATOR(pg_catalog.=) '' THEN "
    "pg_catalog.pg_function_is_visible(p.oid) "
    "WHEN $2::pg_catalog.text OPERATOR(pg_catalog.=) 'pg_temp' THEN "
    "n.oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema() ELSE "
    "n.nspname OPERATOR(pg_catalog.=) $2::pg_catalog.name END";

struct answer {
    bool is_function;
    char modes[MOST_ARGUMENTS + 1]; /* "": as they stand */
};

static void take_answer(const struct cursor *cur, struct answer *out)
{
    struct nat_cell is = cursor_cell(cur, 0, 0), modes = cursor_cell(cur, 0, 1);
    out->is_function = is.n == 1 && is.p[0] == 't';
    if (modes.p && modes.n < sizeof(out->modes))
        snprintf(out->modes, sizeof(out->modes), "%.*s", (int)modes.n, modes.p);
}

static SQLRETURN ask(struct stmt *s, struct text name, struct text schema, size_t nargs,
                     struct answer *answer)
{
    char count[24];
    int digits = snprintf(count, sizeof(count), "%zu", nargs);
    struct scan_info scan = {.statements = 1, .plain_read = true, .verb = TEXT("SELECT")};
    struct nat_param params[] = {{.p = name.s, .n = name.n},
                                 {.p = schema.n ? schema.s : "", .n = schema.n},
                                 {.p = count, .n = (size_t)digits}};
    struct conn_work work = {.sql = {question, sizeof(question) - 1},
                             .scan = &scan,
                             .params = params,
                             .nparams = 3,
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
    if (ok && got == 1)
        take_answer(&cur, answer);
    if (out.kind == NAT_FAILED)
        f = out.fault;
    struct fault closing;
    fault_clear(&closing);
    if (!cursor_close(&cur, stmt_deadline(s), &closing) && ok)
        return diag_fault(&s->diag, &closing);
    return ok ? SQL_SUCCESS : diag_fault(&s->diag, &f);
}

static SQLRETURN write_function(struct stmt *s, struct text call, struct text modes)
{
    struct call parts;
    struct text kept = arena_text(&s->arena, call);
    if (!kept.s)
        return diag_push(&s->diag, "HY001", NULL);
    buf_reset(&s->sql);
    buf_str(&s->sql, FUNCTION);
    if (modes.n && split(conn_rules(s->dbc->conn), kept, &parts) && parts.n == modes.n)
        put_function(&s->sql, &parts, modes);
    else
        buf_text(&s->sql, kept);
    s->scan.plain_read = false; /* a function may write; the markers are the same */
    return buf_ok(&s->sql) ? SQL_SUCCESS : diag_push(&s->diag, "HY001", NULL);
}

SQLRETURN pg_call(struct stmt *s, struct text in)
{
    struct text out = buf_view(&s->sql);
    if (!from_escape(in, out))
        return SQL_SUCCESS;
    struct buf schema, name;
    struct answer answer = {0};
    struct call parts = {.n = 0};
    SQLRETURN ret = SQL_SUCCESS;
    buf_init(&schema);
    buf_init(&name);
    struct text call = text_sub(text_trim(out), CALL.n, out.n);
    bool whole = split(conn_rules(s->dbc->conn), call, &parts);
    if (name_parts(call, &schema, &name) && buf_ok(&name) && buf_ok(&schema))
        ret = ask(s, buf_view(&name), buf_view(&schema), parts.n, &answer);
    if (SQL_SUCCEEDED(ret) && answer.is_function)
        ret = write_function(s, call, whole ? text_of(answer.modes) : TEXT(""));
    buf_fini(&schema);
    buf_fini(&name);
    return ret;
}
