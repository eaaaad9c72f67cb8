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
    return n->bare || n->settled ? NAT_READY : my_settings(n, deadline, f);
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
    my_stmts_free(n);
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
