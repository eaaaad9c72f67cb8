/* What differs between the two client libraries. On MariaDB Connector/C every call that may wait
 * has a twin that stops instead (X_start, X_cont). libmysqlclient has some of its own, but none for
 * prepared statements, and a connection that was opened without blocking can make no call that
 * blocks: there the same names block, and my_job.c bounds them. */
#ifndef HOLDFAST_NATIVE_MY_COMPAT_H
#define HOLDFAST_NATIVE_MY_COMPAT_H

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include <string.h>

#include "base/arena.h"

enum my_tls { MY_TLS_DISABLED, MY_TLS_PREFERRED, MY_TLS_REQUIRED, MY_TLS_CA, MY_TLS_IDENTITY };

#ifdef MARIADB_PACKAGE_VERSION

#include <ma_pvio.h>

#define MY_LIBRARY "MariaDB Connector/C"
#define MY_BLOCKS  0 /* calls stop instead of waiting */

static inline int my_fd(MYSQL *m)
{
    return mysql_get_socket(m);
}

/* The library stops where it would wait, but for the TLS handshake. */
static inline bool my_compat_prepare(MYSQL *m, bool tcp)
{
    (void)tcp;
    return mysql_options(m, MYSQL_OPT_NONBLOCK, NULL) == 0;
}

static inline bool my_compat_tls(MYSQL *m, enum my_tls mode)
{
    my_bool yes = 1, verify = mode == MY_TLS_IDENTITY;

    if (mode == MY_TLS_DISABLED)
        return true;
    mysql_ssl_set(m, NULL, NULL, NULL, NULL, NULL); /* TLS where the server has it */
    return mode < MY_TLS_REQUIRED ||
           (mysql_options(m, MYSQL_OPT_SSL_ENFORCE, &yes) == 0 &&
            mysql_options(m, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify) == 0);
}

/* OpenSSL's object of the connection; NULL: the library uses another, or does not tell. */
static inline void *my_compat_ssl(MYSQL *m)
{
    const struct {
        void *data, *pvio, *ssl;
    } *tls =
        m->net.pvio->ctls; /* as the library's ma_tls.h has it, which cannot be included here */
    const char *library = NULL;

    if (!tls || mariadb_get_infov(m, MARIADB_TLS_LIBRARY, &library) != 0 || library == NULL ||
        strncmp(library, "OpenSSL ", 8) != 0)
        return NULL;
    return tls->ssl;
}

/* Fingerprint of the server's certificate, a file of such, the password of the client's key; empty:
 * not given. False: the library has no such thing. */
static inline bool my_compat_peer(MYSQL *m, const char *fingerprint, const char *file,
                                  const char *password)
{
    return (!*fingerprint || mysql_optionsv(m, MARIADB_OPT_TLS_PEER_FP, fingerprint) == 0) &&
           (!*file || mysql_optionsv(m, MARIADB_OPT_TLS_PEER_FP_LIST, file) == 0) &&
           (!*password || mysql_optionsv(m, MARIADB_OPT_TLS_PASSPHRASE, password) == 0);
}

/* Logins that send the password itself are not even tried. */
static inline bool my_compat_no_cleartext(MYSQL *m)
{
    return mysql_optionsv(m, MARIADB_OPT_RESTRICTED_AUTH,
                          "mysql_native_password,caching_sha2_password,sha256_password,"
                          "client_ed25519,auth_gssapi_client,parsec") == 0;
}

static inline bool my_compat_cleartext(MYSQL *m)
{
    (void)m;
    return true;
}

/* The next packet behind its header, where the library has read it ahead whole; NULL: it has not. A
 * plain call for it does not wait, and saves the price of one that could stop. */
static inline const unsigned char *my_compat_packet(const MYSQL *m, size_t *size)
{
    const MARIADB_PVIO *p = m->net.pvio;
    const unsigned char *at = p ? p->cache_pos : NULL;
    size_t have = at && p->cache && !m->net.compress ? (size_t)(p->cache + p->cache_size - at) : 0;

    if (have <= 4)
        return NULL;
    *size = (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16;
    return *size < 0xffffff && *size + 4 <= have && at[3] == (unsigned char)m->net.pkt_nr ? at + 4
                                                                                          : NULL;
}

/* The library goes on behind it, as if it had read it (its ma_net.c, ma_real_read). */
static inline void my_compat_packet_used(MYSQL *m, size_t size)
{
    m->net.pvio->cache_pos += size + 4;
    m->net.compress_pkt_nr = ++m->net.pkt_nr;
}

/* "uuid", "inet6", "json", "point": what the server says of a type beyond its number. */
static inline struct text my_compat_type_name(const MYSQL_FIELD *field, bool format)
{
    MARIADB_CONST_STRING s = {NULL, 0};

    if (mariadb_field_attr(&s, field,
                           format ? MARIADB_FIELD_ATTR_FORMAT_NAME
                                  : MARIADB_FIELD_ATTR_DATA_TYPE_NAME) != 0)
        return TEXT_NONE;
    return (struct text){s.str, s.length};
}

/* Of a server that has not sent the columns again `now` is the library's copy of them, which has
 * lost their formats. */
static inline bool my_compat_same_type_name(const MYSQL_FIELD *known, const MYSQL_FIELD *now)
{
    if (known->extension == NULL && now->extension == NULL)
        return true;

    struct text format = my_compat_type_name(now, true);
    return text_eq(my_compat_type_name(known, false), my_compat_type_name(now, false)) &&
           (format.n == 0 || text_eq(my_compat_type_name(known, true), format));
}

/* A copy of it, as the library's ma_field_extension.h has it. False: no memory. */
static inline bool my_compat_type_names(struct arena *a, MYSQL_FIELD *to, const MYSQL_FIELD *from)
{
    struct {
        MARIADB_CONST_STRING names[MARIADB_FIELD_ATTR_LAST + 1];
    } * copy;

    if (from->extension == NULL)
        return true;
    to->extension = copy = arena_zalloc(a, sizeof *copy);
    for (int i = 0; copy && i <= MARIADB_FIELD_ATTR_LAST; i++) {
        struct text name = my_compat_type_name(from, i == MARIADB_FIELD_ATTR_FORMAT_NAME);
        struct text own = arena_text(a, name);
        if (own.s == NULL && name.n > 0)
            return false;
        copy->names[i] = (MARIADB_CONST_STRING){own.n > 0 ? own.s : NULL, own.n};
    }
    return copy != NULL;
}

static inline unsigned my_compat_charset_bytes(unsigned charset)
{
    const MARIADB_CHARSET_INFO *c = mariadb_get_charset_by_nr(charset);

    return c && c->char_maxlen > 0 ? c->char_maxlen : 4;
}

/* Whether executions can be sent one behind the other, and answers read afterwards. */
#define MY_CAN_PIPE 1

static inline void my_compat_pipe(MYSQL *m, bool on)
{
    my_bool skip = on;

    mysql_optionsv(m, MARIADB_OPT_SKIP_READ_RESPONSE, &skip);
}

/* Whether the server takes many sets of parameters as one statement (MariaDB, since 10.2). */
static inline bool my_compat_can_bulk(MYSQL *m)
{
    unsigned long caps = 0;

    return !(m->server_capabilities & CLIENT_MYSQL) &&
           mariadb_get_infov(m, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &caps) == 0 &&
           (caps & (unsigned long)(MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}

/* The next execution is of this many sets, each put into the bound arguments by next; 0: of one. */
static inline void my_compat_bulk(MYSQL_STMT *s, size_t sets, ps_param_callback next, void *arg)
{
    unsigned n = (unsigned)sets;
    const void *call;

    memcpy(&call, &next, sizeof call); /* the library takes a function as a pointer to data */
    mysql_stmt_attr_set(s, STMT_ATTR_ARRAY_SIZE, &n);
    mysql_stmt_attr_set(s, STMT_ATTR_CB_USER_DATA, arg);
    mysql_stmt_attr_set(s, STMT_ATTR_CB_PARAM, call);
}

static inline void my_compat_null(MYSQL_BIND *b, bool null, char *indicator)
{
    *indicator = null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
    b->u.indicator = indicator;
}

#else

#define MY_LIBRARY             "libmysqlclient"
#define MY_BLOCKS              1
#define CR_PLUGIN_NOT_ALLOWED  5010 /* the other library's */
#define MYSQL_WAIT_READ        1
#define MYSQL_WAIT_WRITE       2
#define MYSQL_WAIT_EXCEPT      4
#define MYSQL_WAIT_TIMEOUT     8
#define MARIADB_INVALID_SOCKET -1
#define MY_CAN_PIPE            0

#ifndef SERVER_MORE_RESULTS_EXIST
#define SERVER_MORE_RESULTS_EXIST SERVER_MORE_RESULTS_EXISTS
#endif

typedef bool my_bool;

static inline int my_fd(MYSQL *m)
{
    return m->net.vio ? (int)m->net.fd : MARIADB_INVALID_SOCKET;
}

/* The name localhost means a socket to it, if nobody says otherwise. */
static inline bool my_compat_prepare(MYSQL *m, bool tcp)
{
    unsigned protocol = tcp ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;

    return mysql_options(m, MYSQL_OPT_PROTOCOL, &protocol) == 0;
}

static inline bool my_compat_tls(MYSQL *m, enum my_tls mode)
{
    static const unsigned modes[] = {SSL_MODE_DISABLED, SSL_MODE_PREFERRED, SSL_MODE_REQUIRED,
                                     SSL_MODE_VERIFY_CA, SSL_MODE_VERIFY_IDENTITY};
    bool ask = mode < MY_TLS_REQUIRED;

    /* Without TLS the password goes under the server's RSA key, which the other library asks for
     * unbidden. */
    return mysql_options(m, MYSQL_OPT_SSL_MODE, &modes[mode]) == 0 &&
           mysql_options(m, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &ask) == 0;
}

static inline void *my_compat_ssl(MYSQL *m)
{
    (void)m;
    return NULL;
}

static inline bool my_compat_peer(MYSQL *m, const char *fingerprint, const char *file,
                                  const char *password)
{
    (void)m;
    return !*fingerprint && !*file && !*password;
}

/* An environment variable turns it on. */
static inline bool my_compat_no_cleartext(MYSQL *m)
{
    bool no = false;

    return mysql_options(m, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &no) == 0;
}

static inline bool my_compat_cleartext(MYSQL *m)
{
    bool yes = true;

    return mysql_options(m, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &yes) == 0;
}

static inline const unsigned char *my_compat_packet(const MYSQL *m, size_t *size)
{
    (void)m;
    (void)size;
    return NULL;
}

static inline void my_compat_packet_used(MYSQL *m, size_t size)
{
    (void)m;
    (void)size;
}

static inline struct text my_compat_type_name(const MYSQL_FIELD *field, bool format)
{
    (void)field;
    (void)format;
    return TEXT_NONE;
}

static inline bool my_compat_same_type_name(const MYSQL_FIELD *known, const MYSQL_FIELD *now)
{
    (void)known;
    (void)now;
    return true;
}

static inline bool my_compat_type_names(struct arena *a, MYSQL_FIELD *to, const MYSQL_FIELD *from)
{
    (void)a;
    (void)from;
    to->extension = NULL;
    return true;
}

static inline unsigned my_compat_charset_bytes(unsigned charset)
{
    (void)charset;
    return 4;
}

static inline void my_compat_pipe(MYSQL *m, bool on)
{
    (void)m;
    (void)on;
}

static inline bool my_compat_can_bulk(MYSQL *m)
{
    (void)m;
    return false;
}

static inline void my_compat_bulk(MYSQL_STMT *s, size_t sets,
                                  my_bool (*next)(void *, MYSQL_BIND *, unsigned), void *arg)
{
    (void)s;
    (void)sets;
    (void)next;
    (void)arg;
}

static inline void my_compat_null(MYSQL_BIND *b, bool null, char *indicator)
{
    (void)b;
    (void)null;
    (void)indicator;
}

#define MY_BLOCKING(name, type, ...) static inline int name##_start(type *ret, __VA_ARGS__)
#define MY_NEVER_CONT(name, type, object)                                                          \
    static inline int name##_cont(type *ret, object *o, int ready)                                 \
    {                                                                                              \
        (void)ret;                                                                                 \
        (void)o;                                                                                   \
        (void)ready;                                                                               \
        return 0;                                                                                  \
    }

MY_BLOCKING(mysql_real_connect, MYSQL *, MYSQL *m, const char *host, const char *user,
            const char *password, const char *database, unsigned port, const char *socket,
            unsigned long flags)
{
    *ret = mysql_real_connect(m, host, user, password, database, port, socket, flags);
    return 0;
}
MY_BLOCKING(mysql_send_query, int, MYSQL *m, const char *sql, unsigned long n)
{
    *ret = mysql_send_query(m, sql, n);
    return 0;
}
MY_BLOCKING(mysql_read_query_result, my_bool, MYSQL *m)
{
    *ret = mysql_read_query_result(m);
    return 0;
}
MY_BLOCKING(mysql_next_result, int, MYSQL *m)
{
    *ret = mysql_next_result(m);
    return 0;
}
MY_BLOCKING(mysql_fetch_row, MYSQL_ROW, MYSQL_RES *r)
{
    *ret = mysql_fetch_row(r);
    return 0;
}
MY_BLOCKING(mysql_reset_connection, int, MYSQL *m)
{
    *ret = mysql_reset_connection(m);
    return 0;
}
MY_BLOCKING(mysql_stmt_prepare, int, MYSQL_STMT *s, const char *sql, unsigned long n)
{
    *ret = mysql_stmt_prepare(s, sql, n);
    return 0;
}
MY_BLOCKING(mysql_stmt_execute, int, MYSQL_STMT *s)
{
    *ret = mysql_stmt_execute(s);
    return 0;
}
MY_BLOCKING(mysql_stmt_next_result, int, MYSQL_STMT *s)
{
    *ret = mysql_stmt_next_result(s);
    return 0;
}
MY_BLOCKING(mysql_stmt_fetch, int, MYSQL_STMT *s)
{
    *ret = mysql_stmt_fetch(s);
    return 0;
}
MY_BLOCKING(mysql_stmt_close, my_bool, MYSQL_STMT *s)
{
    *ret = mysql_stmt_close(s);
    return 0;
}
MY_NEVER_CONT(mysql_real_connect, MYSQL *, MYSQL)
MY_NEVER_CONT(mysql_send_query, int, MYSQL)
MY_NEVER_CONT(mysql_read_query_result, my_bool, MYSQL)
MY_NEVER_CONT(mysql_next_result, int, MYSQL)
MY_NEVER_CONT(mysql_fetch_row, MYSQL_ROW, MYSQL_RES)
MY_NEVER_CONT(mysql_reset_connection, int, MYSQL)
MY_NEVER_CONT(mysql_stmt_prepare, int, MYSQL_STMT)
MY_NEVER_CONT(mysql_stmt_execute, int, MYSQL_STMT)
MY_NEVER_CONT(mysql_stmt_next_result, int, MYSQL_STMT)
MY_NEVER_CONT(mysql_stmt_fetch, int, MYSQL_STMT)
MY_NEVER_CONT(mysql_stmt_close, my_bool, MYSQL_STMT)

static inline unsigned mysql_stmt_warning_count(MYSQL_STMT *s)
{
    return mysql_warning_count(s->mysql);
}

#endif
#endif
