#include "pipeline/conn_priv.h"
#include <stdlib.h>
#include <string.h>

static bool is_whole(const struct family *family, uint32_t type)
{
    const uint32_t *t = family->whole;
    while (t && *t && *t != type)
        t++;
    return t && *t;
}

uint32_t whole_type(const struct conn *c, enum whole_form form, uint32_t type)
{
    const uint32_t *whole = c->family->whole;
    if (form == WHOLE_AS_BOUND || !is_whole(c->family, type))
        return type;
    if (form == WHOLE_UNTYPED)
        return 0;
    return type == whole[0] ? whole[1] : type;
}

bool whole_refused(const struct conn *c, const struct nat_outcome *out)
{
    return out->kind == NAT_FAILED && out->fault.in_text && c->family->whole &&
           fault_among(&out->fault, c->family->types_refused);
}

static uint32_t type_bound(const struct conn_work *w, size_t i)
{
    const struct prepared *p = w->prepared;
    return !p ? w->params[i].type_id : i < p->nparams ? p->types[i] : 0;
}

static bool fits_narrow(const struct nat_param *p)
{
    int64_t v;
    return !p->p || (text_to_i64((struct text){p->p, p->n}, &v) && v == (int32_t)v);
}

/* Whether the form makes another statement of it, with the same values. */
static bool has_form(const struct conn *c, const struct conn_work *w, enum whole_form form)
{
    size_t others = 0;
    for (size_t i = 0; i < w->nparams; i++) {
        uint32_t type = type_bound(w, i);
        if (whole_type(c, form, type) == type)
            continue;
        others++;
        if (w->params[i].binary || (form == WHOLE_NARROW && !fits_narrow(&w->params[i])))
            return false;
    }
    return others > 0;
}

bool whole_next(const struct conn *c, const struct conn_work *w, enum whole_form *form)
{
    while (w->nsets <= 1 && *form != WHOLE_UNTYPED) {
        *form += 1;
        if (has_form(c, w, *form))
            return true;
    }
    return false;
}

struct nat_param *whole_params(const struct conn *c, const struct conn_work *w,
                               enum whole_form form)
{
    struct nat_param *params = malloc(w->nparams * sizeof(*params));
    if (!params)
        return NULL;
    memcpy(params, w->params, w->nparams * sizeof(*params));
    for (size_t i = 0; i < w->nparams; i++)
        if (whole_type(c, form, type_bound(w, i)) != type_bound(w, i))
            params[i].type_id = whole_type(c, form, type_bound(w, i));
    return params;
}

void whole_set(struct conn *c, const struct conn_work *w, enum whole_form form)
{
    struct prepared *p = w->prepared;
    if (!p || p->whole == form)
        return;
    prepared_forget(c, p);
    p->whole = form;
}
