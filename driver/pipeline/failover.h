/* The failover machine: pure data and one step function. No I/O, no clock: a test walks the whole
 * table. failover_run.c (the plugin) does a state's action, gets an event, steps. */
#ifndef HOLDFAST_PIPELINE_FAILOVER_H
#define HOLDFAST_PIPELINE_FAILOVER_H

#include <stdbool.h>

#define FO_STATES(X)                                                                               \
    X(IDLE, "the link lives")                                                                      \
    X(ASK_NODE, "a read-only error: ask the node whether it is a reader now")                      \
    X(LOST, "the link is lost: abandon it, tell the monitor")                                      \
    X(WAIT_WRITER, "wait for a writer that answered after the loss")                               \
    X(PICK_READER, "choose a reader")                                                              \
    X(CONNECT, "connect to the candidate and authenticate")                                        \
    X(VERIFY, "the candidate itself says which role it has")                                       \
    X(RESTORE, "replay the session state")                                                         \
    X(INSTALL, "swap the native connection, add one to the generation")                            \
    X(DONE, "the call ends with 08S02 or 08007")                                                   \
    X(FAILED, "the call ends with 08S01")                                                          \
    X(NO_FAILOVER, "the node is a writer still: the server's error stands")

#define FO_EVENTS(X)                                                                               \
    X(LINK_LOST)                                                                                   \
    X(READ_ONLY_ERROR)                                                                             \
    X(NODE_IS_READER)                                                                              \
    X(NODE_IS_WRITER)                                                                              \
    X(WANT_WRITER)                                                                                 \
    X(WANT_READER)                                                                                 \
    X(CANDIDATE)                                                                                   \
    X(NO_CANDIDATE)                                                                                \
    X(CONNECTED)                                                                                   \
    X(CONNECT_FAILED)                                                                              \
    X(LOGIN_REFUSED)                                                                               \
    X(ROLE_RIGHT)                                                                                  \
    X(ROLE_WRONG)                                                                                  \
    X(RESTORED)                                                                                    \
    X(RESTORE_FAILED)                                                                              \
    X(IDENTITY_LOST)                                                                               \
    X(INSTALLED)                                                                                   \
    X(TIMEOUT)                                                                                     \
    X(CANCELLED)

enum fo_state {
#define X(name, help) FO_##name,
    FO_STATES(X)
#undef X
        FO_STATE_COUNT
};
enum fo_event {
#define X(name) FO_EV_##name,
    FO_EVENTS(X)
#undef X
        FO_EVENT_COUNT
};

/* The only way from one state to another; an event a state does not expect leads to FO_FAILED.
 * Logs the change. */
enum fo_state fo_step(enum fo_state, enum fo_event);
bool fo_expects(enum fo_state, enum fo_event);
bool fo_final(enum fo_state);
const char *fo_state_name(enum fo_state);
const char *fo_state_help(enum fo_state);
const char *fo_event_name(enum fo_event);
enum fo_state fo_next(enum fo_state, enum fo_event); /* fo_step without the log */

#endif
