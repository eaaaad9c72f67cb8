#include "pipeline/outcome.h"

#define NOTHING_DONE "08S02"
#define UNKNOWN      "08007"

const char *outcome_sqlstate(const struct outcome_facts *o)
{
    /* The server itself allowed no writes, or what was asked is what happened anyway. */
    if (o->server_read_only || o->rollback)
        return NOTHING_DONE;
    /* Its earlier statements are gone as well: there is more to redo than this one. */
    if (o->in_transaction)
        return UNKNOWN;
    if (o->reach != REACH_SENT)
        return NOTHING_DONE;
    if (o->commit)
        return UNKNOWN;
    if (o->plain_read)
        return NOTHING_DONE;
    return o->lax ? NOTHING_DONE : UNKNOWN;
}
