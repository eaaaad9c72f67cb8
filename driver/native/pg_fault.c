#include "native/pg_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *field(const PGresult *res, int code)
{
    const char *s = PQresultErrorField(res, code);
    return s ? s : "";
}

static bool fatal(const PGresult *res)
{
    const char *severity = field(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    return strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0;
}

/* Appends a text of libpq's as one line: ends trimmed, white space inside as single blanks. */
static void add_line(struct fault *f, const char *s)
{
    char line[sizeof f->text];
    size_t n = 0;

    for (; *s && n < sizeof line - 1; s++) {
        bool blank = isspace((unsigned char)*s);
        if (blank && (n == 0 || line[n - 1] == ' '))
            continue;
        line[n++] = blank ? ' ' : *s;
    }
    while (n > 0 && line[n - 1] == ' ')
        n--;
    line[n] = '\0';
    fault_add(f, "%s", line);
}

static void add_position(const PGresult *res, size_t prefix, struct fault *f)
{
    const char *position = field(res, PG_DIAG_STATEMENT_POSITION);
    size_t at = strtoul(position, NULL, 10);

    f->in_text = at > 0;
    if (at > prefix)
        fault_add(f, "\nPOSITION: %zu", at - prefix);
}

/* prefix: characters that the driver put before the text of the application. */
void pg_fault_result(const PGresult *res, size_t prefix, struct fault *f)
{
    const char *state = field(res, PG_DIAG_SQLSTATE);
    const char *detail = field(res, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = field(res, PG_DIAG_MESSAGE_HINT);

    if (state[0] == '\0') {
        fault_set(f, "HY000", "%s", "");
        add_line(f, PQresultErrorMessage(res));
        return;
    }
    fault_set(f, "HY000", "%s %s: %s", field(res, PG_DIAG_SEVERITY_NONLOCALIZED), state,
              field(res, PG_DIAG_MESSAGE_PRIMARY));
    snprintf(f->server_state, sizeof f->server_state, "%s", state);
    f->from_server = true;
    f->native = 1;
    native_map_sqlstate(f);
    if (detail[0])
        fault_add(f, "\nDETAIL: %s", detail);
    if (hint[0])
        fault_add(f, "\nHINT: %s", hint);
    add_position(res, prefix, f);
}

/* FATAL is the server's last word on a session; otherwise it is libpq that has closed. */
bool pg_result_lost(const struct pg *n, const PGresult *res)
{
    if (PQresultStatus(res) != PGRES_FATAL_ERROR)
        return false;
    return fatal(res) ||
           (PQstatus(n->conn) == CONNECTION_BAD && field(res, PG_DIAG_SQLSTATE)[0] == '\0');
}

/* Looks for what the server said before it closed, in what libpq has read already. */
static bool last_words(struct pg *n, struct fault *f)
{
    PGresult *res;
    bool found = false;

    if (fault_is(&n->last_words)) {
        *f = n->last_words;
        return true;
    }
    if (PQstatus(n->conn) != CONNECTION_BAD)
        return false;
    for (int i = 0; !found && i < 256 && (res = PQgetResult(n->conn)) != NULL; i++) {
        found = PQresultStatus(res) == PGRES_FATAL_ERROR && fatal(res);
        if (found)
            pg_fault_result(res, 0, f);
        PQclear(res);
    }
    return found;
}

/* The link is gone: fills f and answers NAT_FAULT, now and whenever asked again. */
enum nat_answer pg_lost(struct pg *n, const PGresult *res, struct fault *f)
{
    bool first = !n->dead;

    n->dead = true;
    if (first && res && fatal(res)) {
        pg_fault_result(res, 0, f);
    } else if (twin_interrupted(&n->twin)) {
        fault_lost(f, "the connection to the server was shut down by the driver");
    } else if (!last_words(n, f)) {
        fault_lost(f, "%s", "");
        add_line(f, res ? PQresultErrorMessage(res) : PQerrorMessage(n->conn));
        if (f->text[0] == '\0')
            fault_add(f, "the connection to the server is lost");
    }
    snprintf(f->sqlstate, sizeof f->sqlstate, "08S01");
    f->link_lost = true;
    n->last_words = *f;
    return NAT_FAULT;
}

/* ---- a login that failed ---- */

/* Finds "FATAL:  28P01: text" as PQERRORS_VERBOSE writes it; the severity may be translated. */
static const char *find_state(const char *s, char state[6])
{
    for (; (s = strstr(s, ":  ")) != NULL; s++) {
        size_t i = 0;
        while (i < 5 && (isdigit((unsigned char)s[3 + i]) || isupper((unsigned char)s[3 + i])))
            i++;
        if (i < 5 || s[8] != ':' || s[9] != ' ')
            continue;
        memcpy(state, s + 3, 5);
        state[5] = '\0';
        return s;
    }
    return NULL;
}

/* "LOCATION:  auth_failed, auth.c:326" tells a user nothing. */
static bool is_location(const char *line, size_t n)
{
    size_t digits = n;

    while (digits > 0 && isdigit((unsigned char)line[digits - 1]))
        digits--;
    return digits < n && digits >= 3 && memcmp(line + digits - 3, ".c:", 3) == 0;
}

static void add_login_text(struct fault *f, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        char line[sizeof f->text], state[6];
        const char *at;

        snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
        text += n + (text[n] == '\n');
        if (n == 0 || is_location(line, strlen(line)))
            continue;
        if (f->text[0])
            fault_add(f, " ");
        at = find_state(line, state);
        if (at) {
            fault_add(f, "%.*s %s", (int)(at - line), line, state);
            add_line(f, at + 8);
        } else {
            add_line(f, line);
        }
    }
}

void pg_fault_open(struct pg *n, struct fault *f)
{
    const char *text = n->conn ? PQerrorMessage(n->conn) : "", *at = text;
    char state[6] = "", next[6];

    n->dead = true;
    if (twin_interrupted(&n->twin)) {
        fault_set(f, "08001", "the connection attempt was stopped by the driver");
        f->link_lost = true;
        return;
    }
    /* Several attempts (addresses, with and without TLS) follow each other: the last counts. */
    while ((at = find_state(at, next)) != NULL) {
        memcpy(state, next, sizeof state);
        at++;
    }
    if (state[0]) {
        fault_set(f, strncmp(state, "28", 2) == 0 ? "28000" : "08004", "%s", "");
        snprintf(f->server_state, sizeof f->server_state, "%s", state);
        f->from_server = true;
        f->native = 1;
    } else if (n->conn && PQconnectionNeedsPassword(n->conn)) {
        fault_set(f, "28000", "%s", "");
    } else {
        fault_set(f, "08001", "%s", "");
        f->link_lost = true;
    }
    f->answered = n->shakes;
    add_login_text(f, text);
    if (f->text[0] == '\0')
        fault_add(f, "cannot connect to the server");
}

/* ---- notices ---- */

static struct fault *notice_slot(struct pg *n)
{
    if (n->notices == NULL)
        n->notices = calloc(PG_NOTICES, sizeof *n->notices);
    if (n->notices == NULL || n->notice_n == PG_NOTICES) {
        n->notice_lost++;
        return NULL;
    }
    return &n->notices[(n->notice_first + n->notice_n++) % PG_NOTICES];
}

/* How much of it there was room for; 0: none. */
static size_t add_notice(struct pg *n, const struct fault *like, const char *label,
                         const char *text)
{
    struct fault *slot = notice_slot(n);

    if (slot == NULL)
        return 0;
    *slot = *like;
    slot->text[0] = '\0';
    fault_add(slot, "%s%s", label, text);
    return strlen(slot->text);
}

/* What a procedure reports may be longer than a fault's text: it goes on in the next ones. */
static void add_rest(struct pg *n, const PGresult *res, const struct fault *first)
{
    const char *text = field(res, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = field(res, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = field(res, PG_DIAG_MESSAGE_HINT);
    size_t head = strlen(field(res, PG_DIAG_SEVERITY_NONLOCALIZED)) + strlen(" : ") +
                  strlen(field(res, PG_DIAG_SQLSTATE));
    size_t said = strlen(first->text);

    if (said < head || strlen(text) <= said - head)
        return;
    for (text += said - head; *text; text += said) {
        said = add_notice(n, first, "", text);
        if (said == 0)
            return;
    }
    if (detail[0] && !add_notice(n, first, "DETAIL: ", detail))
        return;
    if (hint[0])
        add_notice(n, first, "HINT: ", hint);
}

/* The set of parameters whose answer is being read: libpq looks at no message behind one before
 * that has been taken. */
static uint32_t answering_set(const struct pg *n)
{
    const struct pg_step *step = n->busy && n->at < n->nsteps ? &n->steps[n->at] : NULL;

    return step && step->first && n->set < step->nsets ? (uint32_t)(step->first + n->set) : 0;
}

/* libpq calls it while it parses. An error that comes unasked arrives here too. */
void pg_notice_receiver(void *arg, const PGresult *res)
{
    struct pg *n = arg;
    struct fault f, *slot;
    const char *state = field(res, PG_DIAG_SQLSTATE);

    pg_fault_result(res, n->prefix, &f);
    if (fatal(res)) {
        n->last_words = f;
        return;
    }
    slot = notice_slot(n);
    if (slot == NULL)
        return;
    *slot = f;
    slot->native = 0;
    slot->set = answering_set(n);
    snprintf(slot->sqlstate, sizeof slot->sqlstate, "%s",
             strncmp(state, "01", 2) == 0 ? f.sqlstate : "01000");
    f = *slot;
    add_rest(n, res, &f);
}

bool pg_notice(struct native *base, struct fault *f)
{
    struct pg *n = pg_of(base);

    if (n->notice_n > 0) {
        *f = n->notices[n->notice_first];
        n->notice_first = (n->notice_first + 1) % PG_NOTICES;
        n->notice_n--;
        return true;
    }
    if (n->notice_lost == 0)
        return false;
    fault_set(f, "01000", "%zu more messages of the server were dropped", n->notice_lost);
    n->notice_lost = 0;
    return true;
}
