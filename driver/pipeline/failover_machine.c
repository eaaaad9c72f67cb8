#include "pipeline/failover.h"
#include "base/log.h"

static const char *const state_names[FO_STATE_COUNT] = {
#define X(name, help) #name,
    FO_STATES(X)
#undef X
};
static const char *const state_helps[FO_STATE_COUNT] = {
#define X(name, help) help,
    FO_STATES(X)
#undef X
};
static const char *const event_names[FO_EVENT_COUNT] = {
#define X(name) #name,
    FO_EVENTS(X)
#undef X
};

/* Empty cells are 0, FO_IDLE: no state leads back there, so it stands for "not expected". */
static const enum fo_state next_state[FO_STATE_COUNT][FO_EVENT_COUNT] = {
    [FO_IDLE] = {[FO_EV_LINK_LOST] = FO_LOST, [FO_EV_READ_ONLY_ERROR] = FO_ASK_NODE},
    /* What cannot be asked has not said that it is a reader: the error stands. */
    [FO_ASK_NODE] = {[FO_EV_NODE_IS_READER] = FO_LOST,
                     [FO_EV_NODE_IS_WRITER] = FO_NO_FAILOVER,
                     [FO_EV_CONNECT_FAILED] = FO_NO_FAILOVER,
                     [FO_EV_TIMEOUT] = FO_NO_FAILOVER,
                     [FO_EV_CANCELLED] = FO_NO_FAILOVER,
                     [FO_EV_LINK_LOST] = FO_LOST},
    [FO_LOST] = {[FO_EV_WANT_WRITER] = FO_WAIT_WRITER,
                 [FO_EV_WANT_READER] = FO_PICK_READER,
                 [FO_EV_TIMEOUT] = FO_FAILED,
                 [FO_EV_CANCELLED] = FO_FAILED},
    [FO_WAIT_WRITER] = {[FO_EV_CANDIDATE] = FO_CONNECT,
                        [FO_EV_NO_CANDIDATE] = FO_FAILED,
                        [FO_EV_TIMEOUT] = FO_FAILED,
                        [FO_EV_CANCELLED] = FO_FAILED},
    /* All were tried: the trouble is told again, and a newer topology waited for. */
    [FO_PICK_READER] = {[FO_EV_CANDIDATE] = FO_CONNECT,
                        [FO_EV_NO_CANDIDATE] = FO_LOST,
                        [FO_EV_TIMEOUT] = FO_FAILED,
                        [FO_EV_CANCELLED] = FO_FAILED},
    [FO_CONNECT] = {[FO_EV_CONNECTED] = FO_VERIFY,
                    [FO_EV_CONNECT_FAILED] = FO_LOST,
                    [FO_EV_LOGIN_REFUSED] = FO_FAILED,
                    [FO_EV_TIMEOUT] = FO_FAILED,
                    [FO_EV_CANCELLED] = FO_FAILED},
    [FO_VERIFY] = {[FO_EV_ROLE_RIGHT] = FO_RESTORE,
                   [FO_EV_ROLE_WRONG] = FO_LOST,
                   [FO_EV_CONNECT_FAILED] = FO_LOST,
                   [FO_EV_TIMEOUT] = FO_FAILED,
                   [FO_EV_CANCELLED] = FO_FAILED},
    [FO_RESTORE] = {[FO_EV_RESTORED] = FO_INSTALL,
                    [FO_EV_RESTORE_FAILED] = FO_LOST,
                    [FO_EV_IDENTITY_LOST] = FO_FAILED,
                    [FO_EV_TIMEOUT] = FO_FAILED,
                    [FO_EV_CANCELLED] = FO_FAILED},
    [FO_INSTALL] = {[FO_EV_INSTALLED] = FO_DONE},
};

bool fo_expects(enum fo_state s, enum fo_event e)
{
    return (unsigned)s < FO_STATE_COUNT && (unsigned)e < FO_EVENT_COUNT &&
           next_state[s][e] != FO_IDLE;
}

enum fo_state fo_next(enum fo_state s, enum fo_event e)
{
    return fo_expects(s, e) ? next_state[s][e] : FO_FAILED;
}

enum fo_state fo_step(enum fo_state s, enum fo_event e)
{
    enum fo_state to = fo_next(s, e);
    LOG(fo_expects(s, e) ? LOG_DEBUG : LOG_ERROR, "failover", "%s -> %s on %s", fo_state_name(s),
        fo_state_name(to), fo_event_name(e));
    return to;
}

bool fo_final(enum fo_state s)
{
    return s == FO_DONE || s == FO_FAILED || s == FO_NO_FAILOVER;
}

const char *fo_state_name(enum fo_state s)
{
    return (unsigned)s < FO_STATE_COUNT ? state_names[s] : "?";
}

const char *fo_state_help(enum fo_state s)
{
    return (unsigned)s < FO_STATE_COUNT ? state_helps[s] : "?";
}

const char *fo_event_name(enum fo_event e)
{
    return (unsigned)e < FO_EVENT_COUNT ? event_names[e] : "?";
}
