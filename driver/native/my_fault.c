#include "native/my_priv.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const struct {
    unsigned number;
    const char *state;
} rows[] = {
#define MY_ERROR(number, state) {number, state},
#include "native/my_error.def"
#undef MY_ERROR
};

static bool is_client_error(unsigned error)
{
    return (error >= 2000 && error <= 2999) || (error >= 5000 && error <= 5999);
}

/* Errors that are the end of a session: the library's own, and a server's last words. */
static bool ends_session(unsigned error)
{
    static const unsigned lost[] = {2002, 2003, 2006, 2013, 2026, 2055, 1053, 1077, 1927, 4031};

    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        if (lost[i] == error)
            return true;
    }
    return false;
}

unsigned my_errno(const struct my *n)
{
    unsigned error = 0;

    /* Of a fetch that fails the library keeps the error on the connection only. */
    if (n->stmt && n->stmt->handle && n->binary)
        error = mysql_stmt_errno(n->stmt->handle);
    return error ? error : mysql_errno(n->mysql);
}

/* MySQL's SQLSTATEs are ODBC's for the greater part. */
static const char *odbc_state(unsigned error, const char *state)
{
    static const char *const classes[] = {"01", "07", "21", "22", "23", "24", "25", "28",
                                          "34", "3C", "3D", "3F", "40", "42", "44", "HY"};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].number == error)
            return rows[i].state;
    }
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strncmp(state, classes[i], 2) == 0)
            return state;
    }
    return "HY000";
}

static void fill(struct fault *f, unsigned error, const char *state, const char *text)
{
    bool server = !is_client_error(error);

    if (server)
        fault_set(f, odbc_state(error, state), "ERROR %u (%s): %s", error, state, text);
    else
        fault_set(f, error == CR_OUT_OF_MEMORY ? "HY001" : "HY000", "%u: %s", error, text);
    f->native = (int32_t)error;
    f->from_server = server;
    if (server)
        snprintf(f->server_state, sizeof f->server_state, "%s", state);
}

static void lose(struct my *n, struct fault *f)
{
    if (twin_interrupted(&n->twin))
        fault_set(f, "08S01", "the connection to the server was shut down by the driver");
    else if (f->text[0] == '\0')
        fault_set(f, "08S01", "the connection to the server is lost");
    snprintf(f->sqlstate, sizeof f->sqlstate, "08S01");
    f->link_lost = true;
    n->dead = true;
}

/* The server does not know the handle that it gave. (One by that name given to SQL's own EXECUTE is
 * another thing, and may come from the middle of a procedure.) */
static bool is_forgotten(const MYSQL_STMT *s, unsigned error, const char *text)
{
    char handle[48];

    if (s == NULL || error != ER_UNKNOWN_STMT_HANDLER)
        return false;
    snprintf(handle, sizeof handle, "(%lu) given to mysql", s->stmt_id);
    return strstr(text, handle) != NULL;
}

enum nat_answer my_fault(struct my *n, struct fault *f)
{
    MYSQL_STMT *s = n->stmt && n->stmt->handle ? n->stmt->handle : NULL;
    unsigned error = s ? mysql_stmt_errno(s) : 0;

    fault_clear(f);
    if (error)
        fill(f, error, mysql_stmt_sqlstate(s), mysql_stmt_error(s));
    else if ((error = mysql_errno(n->mysql)) != 0)
        fill(f, error, mysql_sqlstate(n->mysql), mysql_error(n->mysql));
    if (is_forgotten(s, error, f->text))
        snprintf(f->server_state, sizeof f->server_state, "%s", MY_FORGOTTEN);
    if (n->dead || ends_session(error) || my_fd(n->mysql) == MARIADB_INVALID_SOCKET)
        lose(n, f);
    else if (error == 0)
        fault_set(f, "HY000", "the client library gives no reason");
    return NAT_FAULT;
}

/* ---- a login that failed ---- */

static const char *open_state(unsigned error)
{
    switch (error) {
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_MUST_CHANGE_PASSWORD_LOGIN:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case CR_AUTH_PLUGIN_ERR:
    case CR_PLUGIN_NOT_ALLOWED:
        return "28000";
    default:
        return is_client_error(error) ? "08001" : "08004";
    }
}

enum nat_answer my_fault_open(struct my *n, struct fault *f)
{
    unsigned error = mysql_errno(n->mysql);
    const char *state = open_state(error);

    if (twin_interrupted(&n->twin)) {
        fault_set(f, "08001", "the connection attempt was stopped by the driver");
        f->link_lost = true;
    } else {
        fill(f, error, mysql_sqlstate(n->mysql), mysql_error(n->mysql));
        snprintf(f->sqlstate, sizeof f->sqlstate, "%s", state);
        f->link_lost = strcmp(state, "08001") == 0;
        f->answered = error == CR_SSL_CONNECTION_ERROR; /* behind the server's greeting */
    }
    n->dead = true;
    return NAT_FAULT;
}

/* ---- a link that has died while nobody asked ---- */

/* A server's last words on an idle session without TLS: an error packet, by its own length. */
static void last_words(struct my *n, struct fault *f)
{
    unsigned char p[512];
    ssize_t got = recv(my_fd(n->mysql), p, sizeof p - 1, MSG_PEEK | MSG_DONTWAIT);
    size_t length = got > 4 ? (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 : 0;
    char state[6] = "HY000";
    size_t at = 7;

    if (n->tls || length < 3 || (size_t)got < 7 || p[4] != 0xff)
        return;
    if (length + 4 < (size_t)got)
        got = (ssize_t)length + 4;
    if (got >= 13 && p[7] == '#') {
        memcpy(state, p + 8, 5);
        at = 13;
    }
    p[got] = '\0';
    fill(f, p[5] | (unsigned)p[6] << 8, state, (const char *)p + at);
}

/* An idle server sends nothing but its end. Never waits. */
bool my_idle_alive(struct my *n, struct fault *f)
{
    if (!n->dead && !twin_interrupted(&n->twin) &&
        (native_is_young(n->alive_us, n->asked_us) ||
         wait_for(my_fd(n->mysql), POLLIN, NULL, DEADLINE_NOW) == WAIT_TIMEOUT))
        return true;
    fault_clear(f);
    if (!n->dead)
        last_words(n, f);
    if (f->text[0] == '\0') {
        fault_set(f, "08S01", "the server has closed the connection");
        f->native = CR_SERVER_GONE_ERROR;
    }
    lose(n, f);
    return false;
}

/* ---- warnings ---- */

static struct fault *room_for_notice(struct my *n)
{
    if (n->notices == NULL)
        n->notices = calloc(MY_NOTICES, sizeof *n->notices);
    if (n->notices && n->notice_n < MY_NOTICES)
        return &n->notices[(n->notice_first + n->notice_n++) % MY_NOTICES];
    n->notice_lost++;
    return NULL;
}

/* Of sets that went as one statement it is not known which is meant: a row that the text may name
 * is counted from the first of them. */
void my_notice_add(struct my *n, const char *level, unsigned code, const char *text)
{
    struct fault *f = room_for_notice(n);

    if (f == NULL)
        return;
    fault_set(f, "01000", "%s %u: %s", level, code, text);
    f->native = (int32_t)code;
    f->from_server = true;
    if (n->warned_end == n->warned + 1)
        f->set = (uint32_t)n->warned_end;
    else if (n->warned_end > n->warned)
        fault_add(f, " (of the sets %zu to %zu)", n->warned + 1, n->warned_end);
}

void my_notice_untold(struct my *n, size_t set, unsigned count)
{
    struct fault *f = room_for_notice(n);

    if (f == NULL)
        return;
    fault_set(f, "01000",
              "%u warning%s of the server's; the text went when the set behind it was executed",
              count, count == 1 ? "" : "s");
    f->from_server = true;
    f->set = (uint32_t)set + 1;
}

bool my_notice(struct native *base, struct fault *f)
{
    struct my *n = my_of(base);

    if (n->notice_n > 0) {
        *f = n->notices[n->notice_first];
        n->notice_first = (n->notice_first + 1) % MY_NOTICES;
        n->notice_n--;
        return true;
    }
    if (n->notice_lost == 0)
        return false;
    fault_set(f, "01000", "%zu more warnings of the server were dropped", n->notice_lost);
    n->notice_lost = 0;
    return true;
}
