#include "native/pg_priv.h"
#include "base/log.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBE_OPTIONS "-c search_path= -c default_transaction_read_only=on"

/* All digits of a float. What a role or database sets otherwise is not reported, so it is always
 * said: in the startup packet, or where a pooler refuses that, after the login. */
#define FLOAT_OPTION "-c extra_float_digits=3 "
#define FLOAT_SQL    "SET extra_float_digits = 3"

static atomic_bool options_refused; /* once, by a server of this process */

/* libpq's parameters that the option table or the contract has words for. */
static const struct {
    const char *parameter, *keyword;
} taken[] = {
    {"host", "SERVER"},
    {"hostaddr", "SERVER"},
    {"port", "PORT"},
    {"dbname", "DATABASE"},
    {"user", "UID"},
    {"password", "PWD"},
    {"sslmode", "SSLMODE"},
    {"sslrootcert", "SSLROOTCERT"},
    {"fallback_application_name", "APPLICATIONNAME"},
    {"connect_timeout", "LOGINTIMEOUT"},
    {"client_encoding", ""},
    {"replication", ""},
};

static void arg_free(struct pg_arg *a)
{
    if (a->value)
        explicit_bzero(a->value, strlen(a->value));
    free(a->value);
    free(a->key);
    *a = (struct pg_arg){NULL, NULL};
}

static void args_free(struct pg *n)
{
    for (size_t i = 0; i < n->nargs; i++)
        arg_free(&n->args[i]);
    n->nargs = 0;
}

/* A later value takes the place of an earlier one; an empty one leaves it to libpq. */
static bool arg_add(struct pg *n, const char *key, const char *value, struct fault *f)
{
    struct pg_arg a;
    size_t i = 0;

    if (value == NULL || value[0] == '\0')
        return true;
    while (i < n->nargs && strcmp(n->args[i].key, key) != 0)
        i++;
    if (i == PG_ARGS)
        return fault_set(f, "HY024", "PQOPT holds too many parameters");
    a.key = strdup(key);
    a.value = strdup(value);
    if (a.key == NULL || a.value == NULL) {
        arg_free(&a);
        return fault_oom(f);
    }
    if (i < n->nargs)
        arg_free(&n->args[i]);
    else
        n->nargs++;
    n->args[i] = a;
    return true;
}

static bool pqopt_add(struct pg *n, const PQconninfoOption *o, struct fault *f)
{
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (strcmp(o->keyword, taken[i].parameter) != 0)
            continue;
        if (taken[i].keyword[0] == '\0')
            return fault_set(f, "HY024", "PQOPT: the parameter \"%s\" cannot be set", o->keyword);
        return fault_set(f, "HY024", "PQOPT: the parameter \"%s\" is set with the keyword %s",
                         o->keyword, taken[i].keyword);
    }
    return arg_add(n, o->keyword, o->val, f);
}

static bool pqopt_parse(struct pg *n, const char *text, struct fault *f)
{
    char *why = NULL;
    PQconninfoOption *all = PQconninfoParse(text, &why);
    bool ok = true;

    if (all == NULL) {
        /* libpq's reason quotes the value, which may hold a secret. */
        bool oom = why == NULL;
        PQfreemem(why);
        return oom ? fault_oom(f)
                   : fault_set(f, "HY024",
                               "PQOPT is not a libpq connection string: it wants "
                               "known parameters as name=value, with blanks between");
    }
    for (const PQconninfoOption *o = all; ok && o->keyword; o++) {
        if (o->val)
            ok = pqopt_add(n, o, f);
    }
    PQconninfoFree(all);
    return ok;
}

static const char *arg_value(const struct pg *n, const char *key)
{
    for (size_t i = 0; i < n->nargs; i++) {
        if (strcmp(n->args[i].key, key) == 0)
            return n->args[i].value;
    }
    return "";
}

static bool probe_args(struct pg *n, struct fault *f)
{
    struct buf options;
    bool ok;

    buf_init(&options);
    buf_fmt(&options, "%s %s", arg_value(n, "options"), PROBE_OPTIONS);
    ok = buf_ok(&options) ? arg_add(n, "options", buf_z(&options), f) : fault_oom(f);
    buf_fini(&options);
    return ok && arg_add(n, "gssencmode", "disable", f) &&
           arg_add(n, "target_session_attrs", "any", f);
}

/* Ours stands before the user's, which may say otherwise. A service file may hold options, which
 * libpq would then not read. */
static bool float_args(struct pg *n, struct fault *f)
{
    const char *own = arg_value(n, "options"), *env = getenv("PGOPTIONS");
    struct buf options;

    if (options_refused || arg_value(n, "service")[0] || getenv("PGSERVICE"))
        return true;
    buf_init(&options);
    buf_fmt(&options, FLOAT_OPTION "%s", own[0] || !env ? own : env);
    n->floats_told = buf_ok(&options) ? arg_add(n, "options", buf_z(&options), f) : fault_oom(f);
    buf_fini(&options);
    return n->floats_told;
}

/* PQOPT's counts where the keyword of its own is not given. */
static const char *application_name(const struct pg *n, const struct nat_login *as)
{
    if (as->application_name)
        return as->application_name;
    bool given = option_is_set(as->options, OPT_APPLICATIONNAME);
    return given || !arg_value(n, "application_name")[0]
               ? option_str(as->options, OPT_APPLICATIONNAME)
               : "";
}

static bool set_args(struct pg *n, const struct nat_target *to, const struct nat_login *as,
                     struct fault *f)
{
    const struct options *o = as->options;
    char port[16] = "";

    if (to->port > 0)
        snprintf(port, sizeof port, "%d", to->port);
    /* gssencmode: libpq's "prefer" asks a Kerberos library first, which is slow and can block. */
    if (!arg_add(n, "gssencmode", "disable", f) || !arg_add(n, "keepalives", "1", f) ||
        !arg_add(n, "keepalives_idle", "30", f) || !arg_add(n, "keepalives_interval", "5", f) ||
        !arg_add(n, "keepalives_count", "3", f) || !arg_add(n, "tcp_user_timeout", "30000", f))
        return false;
    if (option_is_set(o, OPT_PQOPT) && !pqopt_parse(n, option_str(o, OPT_PQOPT), f))
        return false;
    if (!(as->probe ? probe_args(n, f) : float_args(n, f)))
        return false;
    return arg_add(n, "host", to->host, f) && arg_add(n, "hostaddr", to->address, f) &&
           arg_add(n, "port", port, f) &&
           arg_add(n, "dbname", as->database ? as->database : option_str(o, OPT_DATABASE), f) &&
           arg_add(n, "user", option_str(o, OPT_UID), f) &&
           arg_add(n, "password", option_str(o, OPT_PWD), f) &&
           arg_add(n, "sslmode", option_is_set(o, OPT_SSLMODE) ? option_str(o, OPT_SSLMODE) : "",
                   f) &&
           arg_add(n, "sslrootcert", option_str(o, OPT_SSLROOTCERT), f) &&
           arg_add(n, "application_name", application_name(n, as), f) &&
           arg_add(n, "client_encoding", "UTF8", f);
}

struct native *pg_create(const struct nat_target *to, const struct nat_login *as, struct fault *f)
{
    struct pg *n = calloc(1, sizeof *n);
    const char *settings = as->probe ? "" : option_str(as->options, OPT_CONNSETTINGS);

    if (n == NULL || !twin_init(&n->twin)) {
        free(n);
        fault_oom(f);
        return NULL;
    }
    pg_name_library();
    n->probe = as->probe;
    n->base.ops = &native_pg;
    n->txn = NAT_TXN_IDLE;
    if (settings[0] && (n->settings = strdup(settings)) == NULL)
        fault_oom(f);
    else if (set_args(n, to, as, f))
        return &n->base;
    pg_close(&n->base, NAT_ABANDON);
    return NULL;
}

void pg_interrupt(struct native *base)
{
    twin_interrupt(&pg_of(base)->twin);
}

/* ---- dialling ---- */

static bool dial_start(struct pg *n, struct fault *f)
{
    const char *keys[PG_ARGS + 1], *values[PG_ARGS + 1];

    for (size_t i = 0; i < n->nargs; i++) {
        keys[i] = n->args[i].key;
        values[i] = n->args[i].value;
    }
    keys[n->nargs] = values[n->nargs] = NULL;
    n->conn = PQconnectStartParams(keys, values, 0);
    if (n->conn == NULL)
        return fault_oom(f);
    /* So that the text of a refused login holds the SQLSTATE, which libpq tells nowhere else. */
    PQsetErrorVerbosity(n->conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(n->conn, pg_notice_receiver, n);
    if (PQstatus(n->conn) == CONNECTION_BAD) {
        pg_fault_open(n, f);
        return false;
    }
    n->polling = PGRES_POLLING_WRITING;
    n->stage = PG_DIALING;
    return twin_refresh(&n->twin, PQsocket(n->conn), f);
}

static bool dial_done(struct pg *n, struct fault *f)
{
    const char *version = PQparameterStatus(n->conn, "server_version");

    args_free(n);
    PQsetErrorVerbosity(n->conn, PQERRORS_DEFAULT);
    if (PQsetnonblocking(n->conn, 1) != 0)
        return fault_oom(f);
    n->cancel = pg_cancel_new(n->conn);
    if (n->cancel == NULL)
        return fault_oom(f);
    n->tls = PQsslInUse(n->conn);
    snprintf(n->version, sizeof n->version, "%.*s", (int)strcspn(version ? version : "", " "),
             version ? version : "");
    n->stage = PG_SETTING;
    n->setting = SETTING_FLOATS;
    return true;
}

static enum nat_answer dial(struct pg *n, int64_t deadline, struct fault *f)
{
    while (n->polling != PGRES_POLLING_OK) {
        short events = n->polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        if (wait_for(PQsocket(n->conn), events, NULL, deadline) == WAIT_TIMEOUT)
            return NAT_WAIT;
        n->shakes = PQsslInUse(n->conn) != 0;
        if (!twin_interrupted(&n->twin))
            n->polling = PQconnectPoll(n->conn);
        if (n->polling == PGRES_POLLING_FAILED || twin_interrupted(&n->twin)) {
            pg_fault_open(n, f);
            return NAT_FAULT;
        }
        if (!twin_refresh(&n->twin, PQsocket(n->conn), f))
            return NAT_FAULT;
    }
    return dial_done(n, f) ? NAT_READY : NAT_FAULT;
}

/* ---- what the contract promises of a session ---- */

static bool reports(const struct pg *n, const char *name, const char *start)
{
    const char *value = PQparameterStatus(n->conn, name);
    return value && strncmp(value, start, strlen(start)) == 0;
}

/* The next statement of the setup, "" when there is none. CONNSETTINGS may say otherwise of floats,
 * but cannot undo what the rest of the driver relies on. */
static const char *setting_sql(struct pg *n)
{
    if (n->setting == SETTING_ROLLBACK && n->txn != NAT_TXN_IDLE)
        return "ROLLBACK";
    if (n->setting <= SETTING_DISCARD) {
        n->setting = SETTING_DISCARD;
        return "DISCARD ALL";
    }
    if (n->setting == SETTING_FLOATS && !n->probe && !n->floats_told)
        return FLOAT_SQL;
    if (n->setting <= SETTING_USER && n->settings) {
        n->setting = SETTING_USER;
        return n->settings;
    }
    if (n->setting == SETTING_END)
        return "";
    n->setting = SETTING_FORMATS;
    if (reports(n, "DateStyle", "ISO") && reports(n, "client_encoding", "UTF8") &&
        reports(n, "IntervalStyle", "postgres"))
        return "";
    return "SET DateStyle = 'ISO'; SET client_encoding = 'UTF8'; SET IntervalStyle = 'postgres'";
}

static enum nat_answer setting_send(struct pg *n, const char *sql, int64_t deadline,
                                    struct fault *f)
{
    struct nat_request query = {.kind = NAT_QUERY, .sql = text_of(sql)};
    bool sent;
    enum nat_answer a = pg_send(&n->base, &query, 1, &sent, deadline, f);

    n->setting_sent = a == NAT_READY;
    return a;
}

static enum nat_answer setting_read(struct pg *n, int64_t deadline, struct fault *f)
{
    struct nat_outcome out;

    for (;;) {
        enum nat_answer a = pg_result(&n->base, &out, deadline, f);
        if (a != NAT_READY)
            return a;
        if (out.kind == NAT_FAILED && !fault_is(&n->setting_fault))
            n->setting_fault = out.fault;
        if (out.kind == NAT_END)
            break;
    }
    if (fault_is(&n->setting_fault)) {
        *f = n->setting_fault;
        if (n->setting == SETTING_USER)
            fault_add(f, "\nin CONNSETTINGS");
        return NAT_FAULT;
    }
    n->setting++;
    n->setting_sent = false;
    return NAT_READY;
}

static enum nat_answer settings(struct pg *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;

    while (a == NAT_READY) {
        if (!n->setting_sent) {
            const char *sql = setting_sql(n);
            if (sql[0] == '\0')
                break;
            a = setting_send(n, sql, deadline, f);
        }
        if (a == NAT_READY)
            a = setting_read(n, deadline, f);
    }
    return a;
}

/* A pooler's refusal of our option, not of the user's: dial again without it. */
static bool dial_plainly(struct pg *n, struct fault *f)
{
    static const char *const states[] = {"08P01", "42704", "22023", "0A000"};
    char *own = NULL;
    bool refused = false;

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        refused = refused || strcmp(f->server_state, states[i]) == 0;
    if (!n->floats_told || !refused)
        return false;
    LOG(LOG_INFO, "native", "no options in the startup packet: %s", f->text);
    options_refused = true;
    n->floats_told = false;
    for (size_t i = 0; i < n->nargs; i++)
        if (strcmp(n->args[i].key, "options") == 0)
            own = n->args[i].value;
    if (own)
        memmove(own, own + strlen(FLOAT_OPTION), strlen(own) - strlen(FLOAT_OPTION) + 1);
    PQfinish(n->conn);
    n->conn = NULL;
    n->dead = false;
    n->stage = PG_NEW;
    fault_clear(f);
    return true;
}

static enum nat_answer settle(struct pg *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a = settings(n, deadline, f);

    if (a == NAT_READY) {
        n->stage = PG_OPEN;
        n->base.ops->parameters_changed(&n->base);
        n->reported_changes = 0;
    }
    return a;
}

enum nat_answer pg_open(struct native *base, int64_t deadline, struct fault *f)
{
    struct pg *n = pg_of(base);
    enum nat_answer a = NAT_READY;

    if (n->stage == PG_NEW && twin_interrupted(&n->twin)) {
        pg_fault_open(n, f);
        return NAT_FAULT;
    }
    if (n->stage == PG_NEW && !dial_start(n, f))
        return NAT_FAULT;
    if (n->stage == PG_DIALING)
        a = dial(n, deadline, f);
    if (a == NAT_FAULT && dial_plainly(n, f))
        return pg_open(base, deadline, f);
    return a == NAT_READY && n->stage == PG_SETTING ? settle(n, deadline, f) : a;
}

enum nat_answer pg_reset(struct native *base, int64_t deadline, struct fault *f)
{
    struct pg *n = pg_of(base);

    if (n->stage == PG_OPEN) {
        n->stage = PG_SETTING;
        n->setting = SETTING_ROLLBACK;
    }
    return settle(n, deadline, f);
}

/* ---- the end ---- */

void pg_close(struct native *base, enum nat_close how)
{
    struct pg *n = pg_of(base);

    twin_fini(&n->twin);
    pg_results_free(n);
    pg_rows_fini(n);
    pg_cancel_unref(n->cancel);
    if (how == NAT_POLITE || n->conn == NULL || native_unplug(PQsocket(n->conn)))
        PQfinish(n->conn);
    else
        LOG(LOG_WARN, "native", "no descriptor to replace an abandoned socket; it stays open");
    args_free(n);
    free(n->settings);
    free(n->steps);
    free(n->columns);
    free(n->params);
    buf_fini(&n->sql);
    buf_wipe(&n->values);
    buf_fini(&n->owed);
    buf_fini(&n->forgotten);
    free(n->value);
    free(n->length);
    free(n->format);
    free(n->type);
    free(n->notices);
    free(n);
}
