/* Several statements of one text. The server's protocol takes one at a time where there are
 * parameters or where one is prepared: then each goes as a request of its own, all in one send. */
#include "pipeline/conn_priv.h"
#include <limits.h>

struct part {
    struct text sql;
    size_t params; /* markers; where they have numbers the highest: core counts anew in each */
    bool empty;
};

static bool next_part(struct scanner *sc, struct part *out)
{
    size_t from = sc->at;
    bool dollar = false;
    struct token t;
    *out = (struct part){.empty = true};
    while (scan_next(sc, &t) && t.kind != TOKEN_SEMICOLON) {
        out->empty = out->empty && t.kind == TOKEN_SPACE;
        size_t n = 0;
        if (t.kind == TOKEN_NUMBER && dollar)
            for (size_t i = 0; i < t.text.n && n < SHRT_MAX; i++)
                n = n * 10 + (size_t)(t.text.s[i] - '0');
        if (n > out->params)
            out->params = n;
        if (t.kind == TOKEN_PARAM && !sc->rules->dollar_quotes)
            out->params++;
        dollar = t.kind == TOKEN_OPERATOR && t.text.s[0] == '$';
    }
    out->sql = text_sub(sc->in, from, sc->at - from - (t.kind == TOKEN_SEMICOLON));
    return from < sc->in.n;
}

size_t batch_requests(const struct scan_rules *rules, const struct conn_work *w,
                      struct nat_request *out)
{
    struct scanner sc;
    struct part p;
    size_t n = 0, params = 0;
    if (!w->scan || w->scan->statements < 2 || !w->nparams || w->nsets > 1)
        return 0;
    scan_start(&sc, rules, w->sql);
    while (next_part(&sc, &p)) {
        if (p.empty)
            continue;
        if (p.params > w->nparams - params)
            return 0;
        if (out)
            out[n] = (struct nat_request){
                .kind = NAT_QUERY, .sql = p.sql, .params = w->params + params, .nparams = p.params};
        params += p.params;
        n++;
    }
    /* (A routine's body has semicolons of its own.) */
    return params == w->nparams && n == w->scan->statements ? n : 0;
}

struct text batch_first(const struct scan_rules *rules, struct text sql)
{
    struct scanner sc;
    struct part p;
    scan_start(&sc, rules, sql);
    while (next_part(&sc, &p))
        if (!p.empty)
            return p.sql;
    return sql;
}
