#include "native/my_priv.h"
#include "base/log.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* MySQL Connector/ODBC's OPTION flags that mean something here. */
#define FLAG_FOUND_ROWS 2
#define FLAG_COMPRESS   2048

#define TRACK                                                                                      \
    ", session_track_schema=1, session_track_system_variables='*'"                                 \
    ", session_track_transaction_info='CHARACTERISTICS'"
#define NAMES                                                                                      \
    "SELECT @@sql_mode, @@autocommit, @@time_zone, "                                               \
    "GREATEST(@@max_allowed_packet, @@net_buffer_length)"

/* ---- create ---- */

/* libmysqlclient has SIGPIPE ignored, which it needs; an application's own handler stays. */
static void library_init(void)
{
    struct sigaction before;

    sigaction(SIGPIPE, NULL, &before);
    mysql_library_init(0, NULL, NULL);
    if ((before.sa_flags & SA_SIGINFO) || before.sa_handler != SIG_DFL)
        sigaction(SIGPIPE, &before, NULL);
}

static bool own(char **to, const char *s)
{
    *to = strdup(s ? s : "");
    return *to != NULL;
}

static void wipe(char *s)
{
    if (s)
        explicit_bzero(s, strlen(s));
}

/* A folder as the server: the socket in it. */
static char *socket_path(const char *given)
{
    struct stat st;
    char *path = NULL;

    if (stat(given, &st) != 0 || !S_ISDIR(st.st_mode))
        return strdup(given);
    return asprintf(&path, "%s/mysqld.sock", given) < 0 ? NULL : path;
}

static bool set_where(struct my *n, const struct nat_target *to, const struct nat_login *as)
{
    const char *host = to->host ? to->host : "", *file = option_str(as->options, OPT_SOCKET);
    bool local = host[0] == '\0' || strcasecmp(host, "localhost") == 0;

    if (host[0] == '/')
        file = host;
    else if (!local)
        file = "";
    n->port = to->port;
    if (file[0] && (n->socket = socket_path(file)) == NULL)
        return false;
    return own(&n->host, host) && own(&n->given, to->address);
}

static bool copy_words(struct my *n, const struct nat_login *as)
{
    const struct options *o = as->options;
    const char *application =
        as->application_name ? as->application_name : option_str(o, OPT_APPLICATIONNAME);

    return own(&n->user, option_str(o, OPT_UID)) && own(&n->password, option_str(o, OPT_PWD)) &&
           own(&n->database, as->database ? as->database : option_str(o, OPT_DATABASE)) &&
           own(&n->settings, as->probe ? "" : option_str(o, OPT_CONNSETTINGS)) &&
           own(&n->application, application);
}

static enum my_tls tls_mode(const struct my *n, const struct options *o)
{
    enum my_tls mode = (enum my_tls)option_enum(o, OPT_MY_SSLMODE);

    if (!option_is_set(o, OPT_MY_SSLMODE)) {
        if (option_bool(o, OPT_SSLVERIFY))
            mode = MY_TLS_IDENTITY;
        else if (option_bool(o, OPT_FORCETLS))
            mode = MY_TLS_REQUIRED;
    }
    /* A fingerprint that is not looked at would be none. */
    if (mode < MY_TLS_REQUIRED &&
        (option_str(o, OPT_TLSPEERFP)[0] || option_str(o, OPT_TLSPEERFPLIST)[0]))
        mode = MY_TLS_REQUIRED;
    return n->socket && mode == MY_TLS_PREFERRED ? MY_TLS_DISABLED : mode;
}

static bool set_text(MYSQL *m, enum mysql_option option, const char *value)
{
    return value[0] == '\0' || mysql_options(m, option, value) == 0;
}

static bool set_tls(struct my *n, const struct options *o, struct fault *f)
{
    enum my_tls mode = tls_mode(n, o);
    MYSQL *m = n->mysql;

    /* The library would take any certificate then. */
    if (mode == MY_TLS_CA && !option_str(o, OPT_SSLCA)[0] && !option_str(o, OPT_SSLCAPATH)[0])
        return fault_set(f, "HY024", "SSLMODE=VERIFY_CA wants an authority: SSLCA or SSLCAPATH");
    if (!my_compat_tls(m, mode))
        return false;
    n->named = MY_BLOCKS && mode == MY_TLS_IDENTITY && n->host[0] && n->host[0] != '/' &&
               !resolve_is_numeric(n->host);
    if (mode != MY_TLS_DISABLED) {
        if (!set_text(m, MYSQL_OPT_SSL_CA, option_str(o, OPT_SSLCA)) ||
            !set_text(m, MYSQL_OPT_SSL_CAPATH, option_str(o, OPT_SSLCAPATH)) ||
            !set_text(m, MYSQL_OPT_SSL_CERT, option_str(o, OPT_SSLCERT)) ||
            !set_text(m, MYSQL_OPT_SSL_KEY, option_str(o, OPT_SSLKEY)) ||
            !set_text(m, MYSQL_OPT_SSL_CIPHER, option_str(o, OPT_SSLCIPHER)) ||
            !set_text(m, MYSQL_OPT_SSL_CRL, option_str(o, OPT_SSLCRL)) ||
            !set_text(m, MYSQL_OPT_SSL_CRLPATH, option_str(o, OPT_SSLCRLPATH)) ||
            !set_text(m, MYSQL_OPT_TLS_VERSION, option_str(o, OPT_TLSVERSION)))
            return false;
        if (!my_compat_peer(m, option_str(o, OPT_TLSPEERFP), option_str(o, OPT_TLSPEERFPLIST),
                            option_str(o, OPT_TLSKEYPWD)))
            return fault_set(f, "HYC00",
                             "TLSPEERFP, TLSPEERFPLIST and TLSKEYPWD are for MariaDB's "
                             "client library");
    }
    /* A server in between could ask for the password itself where TLS is not certain. */
    if (mode >= MY_TLS_REQUIRED || n->socket) {
        if (option_bool(o, OPT_CLEARTEXT) && !my_compat_cleartext(m))
            return false;
    }
    if ((mode < MY_TLS_REQUIRED && !n->socket) || !option_bool(o, OPT_CLEARTEXT)) {
        if (!my_compat_no_cleartext(m))
            return false;
    }
    return true;
}

static bool set_session(struct my *n, const struct options *o)
{
    int64_t flags = option_int(o, OPT_FLAGS);
    unsigned local_infile = option_bool(o, OPT_LOCALINFILE);
    MYSQL *m = n->mysql;

    n->flags = CLIENT_MULTI_STATEMENTS | CLIENT_MULTI_RESULTS;
    if (option_bool(o, OPT_FOUNDROWS) || (flags & FLAG_FOUND_ROWS))
        n->flags |= CLIENT_FOUND_ROWS;
    if (option_bool(o, OPT_IGNORESPACE))
        n->flags |= CLIENT_IGNORE_SPACE;
    if (option_bool(o, OPT_INTERACTIVE))
        n->flags |= CLIENT_INTERACTIVE;
    n->auto_is_null = option_bool(o, OPT_AUTOISNULL);
    n->write_timeout = option_int(o, OPT_NETWRITETIMEOUT);
    if (option_bool(o, OPT_COMPRESS) || (flags & FLAG_COMPRESS))
        mysql_options(m, MYSQL_OPT_COMPRESS, NULL);
    mysql_options4(m, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", n->application);
    return my_compat_prepare(m, n->socket == NULL) &&
           mysql_options(m, MYSQL_SET_CHARSET_NAME, "utf8mb4") == 0 &&
           mysql_options(m, MYSQL_OPT_LOCAL_INFILE, &local_infile) == 0 &&
           set_text(m, MYSQL_SERVER_PUBLIC_KEY, option_str(o, OPT_SERVERKEY)) &&
           set_text(m, MYSQL_DEFAULT_AUTH, option_str(o, OPT_DEFAULTAUTH)) &&
           set_text(m, MYSQL_PLUGIN_DIR, option_str(o, OPT_PLUGINDIR));
}

struct native *my_create(const struct nat_target *to, const struct nat_login *as, struct fault *f)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct my *n = calloc(1, sizeof *n);
    const struct options *o = as->options;

    pthread_once(&once, library_init);
    my_name_library();
    fault_clear(f);
    if (n == NULL || pthread_mutex_init(&n->job_lock, NULL) != 0 || !twin_init(&n->twin)) {
        free(n);
        fault_oom(f);
        return NULL;
    }
    n->base.ops = &native_my;
    n->probe = as->probe;
    if (set_where(n, to, as) && copy_words(n, as) && (n->mysql = mysql_init(NULL)) != NULL &&
        set_session(n, o) && set_tls(n, o, f) &&
        (as->probe || (n->cancel = my_cancel_new(o, to)) != NULL))
        return &n->base;
    if (!fault_is(f))
        fault_oom(f);
    my_close(&n->base, NAT_ABANDON);
    return NULL;
}

/* ---- dialling ---- */

/* The library's own lookup would block: it is only ever given addresses. */
static enum nat_answer find_address(struct my *n, int64_t deadline, struct fault *f)
{
    if (n->socket || n->dial[0] || (n->host[0] == '\0' && n->given[0] == '\0'))
        return NAT_READY;
    if (n->given[0] || resolve_is_numeric(n->host)) {
        snprintf(n->dial, sizeof n->dial, "%s", n->given[0] ? n->given : n->host);
        return NAT_READY;
    }
    if (resolve_host(n->host, deadline, n->dial, f))
        return NAT_READY;
    n->dial[0] = '\0';
    if (deadline_passed(deadline)) {
        fault_clear(f);
        return NAT_WAIT;
    }
    f->link_lost = true;
    return NAT_FAULT;
}

/* A host that is gone without a word is noticed after half a minute. */
static void keep_alive(int fd)
{
    static const struct {
        int level, name, value;
    } wanted[] = {{SOL_SOCKET, SO_KEEPALIVE, 1},
                  {IPPROTO_TCP, TCP_KEEPIDLE, 30},
                  {IPPROTO_TCP, TCP_KEEPINTVL, 5},
                  {IPPROTO_TCP, TCP_KEEPCNT, 3},
                  {IPPROTO_TCP, TCP_USER_TIMEOUT, 30000}};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        setsockopt(fd, wanted[i].level, wanted[i].name, &wanted[i].value, sizeof wanted[i].value);
}

static bool note_version(struct my *n)
{
    const char *v = mysql_get_server_info(n->mysql);

    snprintf(n->server, sizeof n->server, "%s", v ? v : "");
    snprintf(n->version, sizeof n->version, "%.*s", (int)strcspn(n->server, "-"), n->server);
    return n->bare || n->mysql->db == NULL || (n->schema = strdup(n->mysql->db)) != NULL;
}

static enum nat_answer dial(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a = find_address(n, deadline, f);

    if (a != NAT_READY)
        return a;
    if (twin_interrupted(&n->twin) && n->op == MY_NONE)
        return my_fault_open(n, f);
    a = my_run(n, MY_CONNECT, deadline, f);
    if (a != NAT_READY)
        return a;
    if (n->rc)
        return my_fault_open(n, f);
    if (!twin_refresh(&n->twin, my_fd(n->mysql), f))
        return NAT_FAULT;
    /* The library waits in the TLS handshake, and leaves the socket so. */
    if (!MY_BLOCKS && fcntl(my_fd(n->mysql), F_SETFL, O_NONBLOCK) != 0) {
        fault_set(f, "HY000", "the socket cannot be made non-blocking");
        return NAT_FAULT;
    }
    if (!n->socket)
        keep_alive(my_fd(n->mysql));
    wipe(n->password);
    n->tls = mysql_get_ssl_cipher(n->mysql) != NULL;
    if (n->tls)
        my_tls_forget_authorities(n);
    my_note_address(n);
    if (n->named && n->given[0] && strcmp(n->address, n->given) != 0) {
        fault_lost(f, "the name leads to another address than the one to be dialled");
        return NAT_FAULT;
    }
    if (n->cancel)
        my_cancel_aim(n->cancel, n->address, n->port, mysql_thread_id(n->mysql));
    if (!note_version(n)) {
        fault_oom(f);
        return NAT_FAULT;
    }
    return NAT_READY;
}

/* ---- settings: all in one round trip ---- */

/* What the login said of characters, which a reset takes back. */
static void names_text(struct my *n, char *to, size_t size)
{
    MY_CHARSET_INFO now;

    mysql_get_character_set_info(n->mysql, &now);
    snprintf(to, size, "NAMES utf8mb4 COLLATE %s,", now.name);
}

/* Back from another database; "" when the session is where it was. */
static void use_text(const struct my *n, struct buf *to)
{
    if (!n->database[0] || (!n->untracked && n->schema && strcmp(n->schema, n->database) == 0))
        return;
    buf_str(to, "USE `");
    for (const char *c = n->database; *c; c++) {
        if (*c == '`')
            buf_char(to, '`');
        buf_char(to, *c);
    }
    buf_char(to, '`');
}

static enum nat_answer setting_send(struct my *n, int64_t deadline, struct fault *f)
{
    char own_sql[512], names[128] = "";
    struct nat_request r[4] = {
        {.kind = NAT_QUERY}, {.kind = NAT_QUERY}, {.kind = NAT_QUERY}, {.kind = NAT_QUERY}};
    size_t count = 1;
    struct buf use;
    bool sent;

    buf_init(&use);
    if (n->probe) {
        snprintf(own_sql, sizeof own_sql, "SET SESSION TRANSACTION READ ONLY");
    } else {
        if (n->renewing) {
            names_text(n, names, sizeof names);
            use_text(n, &use);
        }
        snprintf(own_sql, sizeof own_sql, "SET %snet_write_timeout=%lld%s%s", names,
                 (long long)n->write_timeout, n->auto_is_null ? ",sql_auto_is_null=1" : "",
                 n->untracked ? "" : TRACK);
        r[count++].sql = TEXT(NAMES);
        if (use.n > 0)
            r[count++].sql = buf_view(&use);
        n->setting_user = count;
        if (n->settings[0])
            r[count++].sql = text_of(n->settings);
    }
    r[0].sql = text_of(own_sql);
    fault_clear(&n->setting_fault);
    n->setting_named = false;
    enum nat_answer a = NAT_FAULT;
    if (buf_ok(&use))
        a = my_send(&n->base, r, count, &sent, deadline, f);
    else
        fault_oom(f);
    buf_fini(&use);
    n->setting_sent = a == NAT_READY;
    return a;
}

static enum nat_answer note_names(struct my *n, int64_t deadline, struct fault *f)
{
    static const char *const names[] = {"sql_mode", "autocommit", "time_zone"};
    size_t got;
    enum nat_answer a = my_unit_next(n, 1, &got, deadline, f);

    if (a != NAT_READY || got == 0)
        return a;
    n->setting_named = true;
    for (size_t i = 0; i < 3 && i < n->ncolumns; i++) {
        struct nat_cell c = my_cell(&n->base, 0, i);
        struct text value = {c.p ? c.p : "", c.n};

        if (i == 1)
            value = text_eq(value, TEXT("1")) ? TEXT("ON") : TEXT("OFF");
        if (!my_variable_set(n, text_of(names[i]), value, false)) {
            fault_oom(f);
            return NAT_FAULT;
        }
    }
    struct nat_cell limit = my_cell(&n->base, 0, 3);
    int64_t bytes;
    if (limit.p && text_to_i64((struct text){limit.p, limit.n}, &bytes) && bytes > 0)
        n->packet_limit = (size_t)bytes - 1; /* that many are too many */
    return NAT_READY;
}

static enum nat_answer setting_read(struct my *n, int64_t deadline, struct fault *f)
{
    struct nat_outcome out;

    for (;;) {
        enum nat_answer a = NAT_READY;

        if (n->stage == MY_ROWS && n->at == 1 && !n->setting_named)
            a = note_names(n, deadline, f);
        if (a == NAT_READY)
            a = my_result(&n->base, &out, deadline, f);
        if (a != NAT_READY)
            return a;
        if (out.kind == NAT_END)
            return NAT_READY;
        if (out.kind == NAT_FAILED && !fault_is(&n->setting_fault)) {
            n->setting_fault = out.fault;
            n->setting_failed = out.request;
        }
    }
}

/* An old server, or a proxy: the session is not tracked. */
static bool try_untracked(struct my *n)
{
    if (!fault_is(&n->setting_fault) || n->setting_failed != 0 || n->untracked || n->probe)
        return false;
    LOG(LOG_INFO, "native", "no session tracking: %s", n->setting_fault.text);
    n->untracked = true;
    n->setting_sent = false;
    return true;
}

static enum nat_answer settings(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;

    do {
        if (!n->setting_sent)
            a = setting_send(n, deadline, f);
        if (a == NAT_READY)
            a = setting_read(n, deadline, f);
    } while (a == NAT_READY && try_untracked(n));
    if (a == NAT_READY && fault_is(&n->setting_fault)) {
        *f = n->setting_fault;
        if (n->setting_failed == n->setting_user)
            fault_add(f, "\nin CONNSETTINGS");
        a = NAT_FAULT;
    }
    return a;
}

/* What the connection is meant to do matters, not what CONNSETTINGS did before it. */
static void settled(struct my *n)
{
    struct fault f;

    for (size_t i = 0; i < n->nvariables; i++)
        n->variables[i].touched = n->variables[i].touched && n->settings[0];
    while (my_notice(&n->base, &f))
        continue;
    n->changes = 0;
    n->settled = true;
}

enum nat_answer my_open(struct native *base, int64_t deadline, struct fault *f)
{
    struct my *n = my_of(base);
    enum nat_answer a;

    if (n->stage == MY_NEW) {
        a = dial(n, deadline, f);
        if (a != NAT_READY)
            return a;
        n->stage = MY_IDLE;
        n->setting_sent = n->bare;
        n->row = NULL;
    }
    if (n->bare || n->settled)
        return NAT_READY;
    a = settings(n, deadline, f);
    if (a == NAT_READY)
        settled(n);
    return a;
}

/* ---- reset ---- */

static void free_statements(struct my *n)
{
    struct my_stmt *s;

    while ((s = n->stmts) != NULL) {
        my_stmt_take(n, s);
        my_stmt_free(s);
    }
    my_stmt_free(n->direct);
    n->stmt = n->direct = NULL;
}

/* COM_RESET_CONNECTION keeps the database, and none can be left for none. */
static enum nat_answer begin_again(struct my *n, int64_t deadline, struct fault *f)
{
    enum nat_answer a;

    if (!n->database[0] && (n->untracked || n->schema)) {
        fault_set(f, "HY000", "the session is in a database, and began in none");
        return NAT_FAULT;
    }
    if (n->op == MY_NONE && my_cancel_settle(n, deadline) == NAT_WAIT)
        return NAT_WAIT;
    n->stmt = NULL;
    a = my_run(n, MY_RESET, deadline, f);
    if (a != NAT_READY)
        return a;
    if (n->rc)
        return my_fault(n, f);
    free_statements(n);
    my_track_clear(n);
    n->txn = NAT_TXN_IDLE;
    n->unsure = n->setting_sent = false;
    n->renewing = true;
    return NAT_READY;
}

enum nat_answer my_reset(struct native *base, int64_t deadline, struct fault *f)
{
    struct my *n = my_of(base);
    enum nat_answer a = n->renewing ? NAT_READY : begin_again(n, deadline, f);

    if (a == NAT_READY)
        a = settings(n, deadline, f);
    if (a == NAT_READY) {
        settled(n);
        n->renewing = false;
    }
    return a;
}

/* ---- the end ---- */

static void free_words(struct my *n)
{
    wipe(n->password);
    free(n->host);
    free(n->given);
    free(n->socket);
    free(n->user);
    free(n->password);
    free(n->database);
    free(n->settings);
    free(n->application);
}

/* Puts a dead end under the number of the library's socket, so that its farewell goes nowhere and
 * never blocks: reading gives the end, writing an error. (An unconnected socket's error is one
 * that TLS would try again for ever.) False: no descriptor left. */
static bool unplug(int fd)
{
    int ends[2], rc;

    if (fd < 0)
        return true;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    close(ends[1]);
    rc = dup3(ends[0], fd, O_CLOEXEC);
    close(ends[0]);
    return rc >= 0;
}

/* Frees what the library holds. A result that is half read would be read to its end: not through
 * an unplugged socket. */
static void hang_up(struct my *n, bool torn)
{
    if (torn && !unplug(my_fd(n->mysql))) {
        LOG(LOG_WARN, "native", "no descriptor to replace an abandoned socket; it stays open");
        return;
    }
    if (torn)
        my_unwind(n);
    my_rows_clear(n);
    mysql_close(n->mysql);
    free_statements(n);
}

void my_close(struct native *base, enum nat_close how)
{
    struct my *n = my_of(base);

#if MY_BLOCKS
    if (!my_job_end(n))
        return;
#endif
    twin_fini(&n->twin);
    pthread_mutex_destroy(&n->job_lock);
    if (n->mysql)
        hang_up(n, how == NAT_ABANDON || n->op != MY_NONE || n->stage > MY_IDLE || n->dead);
    my_cancel_unref(n->cancel);
    free_words(n);
    my_rows_free(n);
    my_track_free(n);
    spool_free(n->early);
    buf_fini(&n->sql);
    free(n->units);
    free(n->tags);
    free(n->args);
    free(n->values);
    free(n->notices);
    free(n);
}
