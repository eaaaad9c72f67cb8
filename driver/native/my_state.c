#include "native/my_priv.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define CHARSET_BINARY 63
#define UTF8_BYTES     4 /* of a character, at most: lengths are told in bytes */

const struct nat_caps my_caps = {
    .family = NAT_FAMILY_MY,
    .dbms = "MySQL",
    .parameters = "?",
    .lib_version = "MariaDB Connector/C " MARIADB_PACKAGE_VERSION,
    .quote = '`',
    .backslash_escapes = true,
    .open_blocks = true,
};

/* ---- types ---- */

static const struct {
    enum enum_field_types type;
    enum nat_kind kind;
    const char *name;
} types[] = {
    {MYSQL_TYPE_TINY, NAT_INT1, "tinyint"},
    {MYSQL_TYPE_SHORT, NAT_INT2, "smallint"},
    {MYSQL_TYPE_YEAR, NAT_INT2, "year"},
    {MYSQL_TYPE_INT24, NAT_INT4, "mediumint"},
    {MYSQL_TYPE_LONG, NAT_INT4, "int"},
    {MYSQL_TYPE_LONGLONG, NAT_INT8, "bigint"},
    {MYSQL_TYPE_FLOAT, NAT_FLOAT4, "float"},
    {MYSQL_TYPE_DOUBLE, NAT_FLOAT8, "double"},
    {MYSQL_TYPE_DECIMAL, NAT_NUMERIC, "decimal"},
    {MYSQL_TYPE_NEWDECIMAL, NAT_NUMERIC, "decimal"},
    {MYSQL_TYPE_DATE, NAT_DATE, "date"},
    {MYSQL_TYPE_NEWDATE, NAT_DATE, "date"},
    {MYSQL_TYPE_TIME, NAT_TIME, "time"},
    {MYSQL_TYPE_DATETIME, NAT_TIMESTAMP, "datetime"},
    {MYSQL_TYPE_TIMESTAMP, NAT_TIMESTAMP, "timestamp"},
    {MYSQL_TYPE_JSON, NAT_JSON, "json"},
    {MYSQL_TYPE_BIT, NAT_BINARY, "bit"},
    {MYSQL_TYPE_STRING, NAT_CHAR, "char"},
    {MYSQL_TYPE_VAR_STRING, NAT_VARCHAR, "varchar"},
    {MYSQL_TYPE_VARCHAR, NAT_VARCHAR, "varchar"},
    {MYSQL_TYPE_TINY_BLOB, NAT_TEXT, "tinytext"},
    {MYSQL_TYPE_BLOB, NAT_TEXT, "text"},
    {MYSQL_TYPE_MEDIUM_BLOB, NAT_TEXT, "mediumtext"},
    {MYSQL_TYPE_LONG_BLOB, NAT_TEXT, "longtext"},
    {MYSQL_TYPE_GEOMETRY, NAT_BLOB, "geometry"},
};

static void text_type(struct nat_type *t, const MYSQL_FIELD *field)
{
    bool bytes = field->charsetnr == CHARSET_BINARY;

    switch (t->kind) {
    case NAT_CHAR:
        t->kind = bytes                                   ? NAT_BINARY
                  : field->flags & (ENUM_FLAG | SET_FLAG) ? NAT_VARCHAR
                                                          : NAT_CHAR;
        t->name = bytes                      ? "binary"
                  : field->flags & ENUM_FLAG ? "enum"
                  : field->flags & SET_FLAG  ? "set"
                                             : "char";
        break;
    case NAT_VARCHAR:
        t->kind = bytes ? NAT_VARBINARY : NAT_VARCHAR;
        t->name = bytes ? "varbinary" : "varchar";
        break;
    case NAT_TEXT:
        t->kind = bytes ? NAT_BLOB : NAT_TEXT;
        t->name = bytes ? "blob" : t->name;
        return;
    default:
        return;
    }
    t->length = (int64_t)(field->length / (bytes ? 1 : UTF8_BYTES));
}

static void number_type(struct nat_type *t, const MYSQL_FIELD *field)
{
    long digits = (long)field->length;

    if (t->kind == NAT_NUMERIC) {
        /* The width counts the point and the sign. */
        digits -= (field->decimals > 0) + !t->is_unsigned;
        t->precision = digits > 0 && digits <= 65 ? (int32_t)digits : 65;
        t->scale = (int32_t)field->decimals;
    } else if (t->kind == NAT_TIME || t->kind == NAT_TIMESTAMP) {
        t->precision = field->decimals <= 6 ? (int32_t)field->decimals : 0;
    } else if (t->kind == NAT_BINARY) {
        t->length = (int64_t)(field->length + 7) / 8;
    }
}

void my_column_fill(struct nat_column *c, const MYSQL_FIELD *field)
{
    struct nat_type *t = &c->type;

    *c = (struct nat_column){.name = {field->name, field->name_length},
                             .table = {field->org_table, field->org_table_length},
                             .base_name = {field->org_name, field->org_name_length}};
    *t = (struct nat_type){.kind = NAT_OTHER,
                           .wire = WIRE_MY_TEXT,
                           .is_unsigned = (field->flags & UNSIGNED_FLAG) != 0,
                           .auto_unique = (field->flags & AUTO_INCREMENT_FLAG) != 0,
                           .nullable = (field->flags & NOT_NULL_FLAG) == 0,
                           .length = -1,
                           .precision = -1,
                           .server_id = field->type,
                           .name = "unknown"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].type == field->type) {
            t->kind = types[i].kind;
            t->name = types[i].name;
        }
    }
    number_type(t, field);
    text_type(t, field);
}

/* ---- faults ---- */

static bool from_server(unsigned error)
{
    return error != 0 && (error < CR_MIN_ERROR || error > 2999) && error < 5000;
}

static bool link_lost(struct my *n, unsigned error)
{
    return error == CR_SERVER_GONE_ERROR || error == CR_SERVER_LOST ||
           error == CR_SERVER_LOST_EXTENDED || mysql_get_socket(n->mysql) == MARIADB_INVALID_SOCKET;
}

/* MySQL's SQLSTATEs are ODBC's for the greater part. */
static const char *odbc_state(unsigned error, const char *state)
{
    static const char *const known[] = {"01", "08", "22", "23", "24", "25", "28",
                                        "34", "3D", "40", "42", "44", "HY"};

    if (error == ER_QUERY_INTERRUPTED)
        return "HY008";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strncmp(state, known[i], 2) == 0)
            return state;
    }
    return "HY000";
}

static const char *open_state(unsigned error)
{
    if (!from_server(error))
        return "08001";
    return error == ER_ACCESS_DENIED_ERROR || error == ER_DBACCESS_DENIED_ERROR ? "28000" : "08004";
}

/* What the library says of its last call. Always NAT_FAULT; a fault that is no lost link may be
 * an outcome all the same: the caller decides. */
enum nat_answer my_fault(struct my *n, bool opening, struct fault *f)
{
    unsigned error = mysql_errno(n->mysql);
    bool lost = opening ? !from_server(error) : n->dead || link_lost(n, error);

    if (lost && twin_interrupted(&n->twin))
        fault_set(f, "08S01", "the connection to the server was shut down by the driver");
    else
        fault_set(f, "08S01", "%s%u: %s", from_server(error) ? "ERROR " : "", error,
                  mysql_error(n->mysql));
    if (!lost || opening)
        snprintf(f->sqlstate, sizeof f->sqlstate, "%s",
                 opening ? open_state(error) : odbc_state(error, mysql_sqlstate(n->mysql)));
    f->from_server = from_server(error);
    if (f->from_server)
        snprintf(f->server_state, sizeof f->server_state, "%s", mysql_sqlstate(n->mysql));
    f->native = (int32_t)error;
    f->link_lost = lost;
    n->dead = n->dead || lost || opening;
    return NAT_FAULT;
}

/* ---- what needs no I/O ---- */

void my_status(const struct native *base, struct nat_status *out)
{
    struct my *n = my_of(base);

    out->alive = n->stage != MY_CLOSED && !n->dead;
    out->busy = n->stage > MY_IDLE || n->op != MY_NONE;
    out->txn = n->txn;
    out->hint = ROLE_UNKNOWN;
}

void my_note_address(struct my *n)
{
    struct sockaddr_storage a;
    socklen_t size = sizeof a;

    n->address[0] = '\0';
    if (getpeername(mysql_get_socket(n->mysql), (struct sockaddr *)&a, &size) == 0 &&
        a.ss_family != AF_UNIX)
        getnameinfo((struct sockaddr *)&a, size, n->address, sizeof n->address, NULL, 0,
                    NI_NUMERICHOST);
}

const struct nat_column *my_columns(const struct native *base, size_t *count)
{
    *count = my_of(base)->ncolumns;
    return my_of(base)->columns;
}

const struct nat_type *my_params(const struct native *base, size_t *count)
{
    (void)base;
    *count = 0;
    return NULL;
}

struct nat_cell my_cell(const struct native *base, size_t row, size_t column)
{
    const struct my *n = my_of(base);
    const struct my_place *p;

    if (row >= n->got || column >= n->ncolumns)
        return (struct nat_cell){NULL, 0};
    p = &n->places[row * n->ncolumns + column];
    return p->at == SIZE_MAX ? (struct nat_cell){NULL, 0}
                             : (struct nat_cell){n->block.p + p->at, p->n};
}

bool my_notice(struct native *base, struct fault *f)
{
    (void)base;
    (void)f;
    return false;
}

const char *my_parameter(const struct native *base, const char *name)
{
    (void)base;
    (void)name;
    return NULL;
}

unsigned my_parameters_changed(const struct native *base)
{
    (void)base;
    return 0;
}

const char *my_server_version(const struct native *base)
{
    return my_of(base)->version;
}

const char *my_address(const struct native *base)
{
    return my_of(base)->address;
}

int my_port(const struct native *base)
{
    return (int)my_of(base)->port;
}
