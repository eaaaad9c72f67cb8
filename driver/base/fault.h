/* What went wrong, below core: SQLSTATE, the server's own code, a text; fixed size, no ownership.
 * `link_lost` is what failover reads: it is set only when the link itself is gone. */
#ifndef HOLDFAST_BASE_FAULT_H
#define HOLDFAST_BASE_FAULT_H

#include "base/text.h"

struct fault {
    char sqlstate[6];     /* ODBC's SQLSTATE; "" means no fault */
    char server_state[6]; /* the server's own SQLSTATE, "" when the server did not speak */
    int32_t native;       /* the server's error number, 0 when it has none */
    uint32_t set;     /* of a warning: it is of this set of parameters, from 1 on; 0 not known */
    bool link_lost;   /* the connection to the server is gone */
    bool from_server; /* the server said it (else: the driver or client library) */
    bool answered;    /* of a login: the server did answer, be it with TLS that fails */
    bool in_text;     /* the server points into the statement: it refused it as it read it */
    char text[1024];  /* UTF-8, cut at a character boundary */
};

/* Cheap: of the texts only the first character is written. */
static inline void fault_clear(struct fault *f)
{
    if (!f)
        return;
    f->sqlstate[0] = f->server_state[0] = f->text[0] = '\0';
    f->native = 0;
    f->set = 0;
    f->link_lost = f->from_server = f->answered = f->in_text = false;
}
bool fault_is(const struct fault *f); /* true when something is recorded */
/* Is it one of these? SQLSTATEs of the server's or its error numbers; the list ends with NULL. */
bool fault_among(const struct fault *f, const char *const *codes);
/* Fills f (replacing what was there) and returns false, so that `return fault_set(...)` reads. */
bool fault_set(struct fault *f, const char *sqlstate, const char *fmt, ...)
    __attribute__((cold, format(printf, 3, 4)));
bool fault_lost(struct fault *f, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));
bool fault_oom(struct fault *f) __attribute__((cold)); /* HY001 */
/* Appends to the text. */
void fault_add(struct fault *f, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));

#endif
