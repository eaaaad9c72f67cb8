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

enum replay outcome_replay(const struct outcome_facts *o, const struct replay_facts *r)
{
    if (!r->clean || r->asks || o->in_transaction)
        return REPLAY_NO;
    switch (o->reach) {
    case REACH_NOT_SENT: /* nothing has happened at all */
        return r->tracked ? REPLAY_SILENT : r->mode >= REPLAY_UNSENT ? REPLAY_TOLD : REPLAY_NO;
    case REACH_REFUSED:
        return r->mode >= REPLAY_UNSENT && r->refused && !o->several && !o->commit ? REPLAY_TOLD
                                                                                   : REPLAY_NO;
    case REACH_SENT:
        return r->mode == REPLAY_READS && r->guarded && o->plain_read ? REPLAY_TOLD : REPLAY_NO;
    }
    return REPLAY_NO;
}
