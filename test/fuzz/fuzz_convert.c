/* A cell of any kind goes into a buffer of any size as any C type, whole and in pieces: nothing
 * behind the buffer is written, and pieces make progress or end. The same bytes then go the other
 * way, as a parameter of any C type for any SQL type: what is not sent leaves no trace. */
#include "convert/convert.h"

#include <stdlib.h>
#include <string.h>

#define CANARY 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const SQLSMALLINT ctypes[] = {
    SQL_C_CHAR,
    SQL_C_WCHAR,
    SQL_C_BINARY,
    SQL_C_BIT,
    SQL_C_STINYINT,
    SQL_C_UTINYINT,
    SQL_C_SSHORT,
    SQL_C_USHORT,
    SQL_C_SLONG,
    SQL_C_ULONG,
    SQL_C_SBIGINT,
    SQL_C_UBIGINT,
    SQL_C_FLOAT,
    SQL_C_DOUBLE,
    SQL_C_NUMERIC,
    SQL_C_TYPE_DATE,
    SQL_C_TYPE_TIME,
    SQL_C_TYPE_TIMESTAMP,
    SQL_C_GUID,
    SQL_C_INTERVAL_YEAR,
    SQL_C_INTERVAL_MONTH,
    SQL_C_INTERVAL_DAY,
    SQL_C_INTERVAL_SECOND,
    SQL_C_INTERVAL_YEAR_TO_MONTH,
    SQL_C_INTERVAL_DAY_TO_SECOND,
    SQL_C_INTERVAL_HOUR_TO_MINUTE,
    SQL_C_INTERVAL_MINUTE_TO_SECOND,
};

static const SQLSMALLINT sql_types[] = {
    SQL_VARCHAR,
    SQL_WLONGVARCHAR,
    SQL_BIT,
    SQL_TINYINT,
    SQL_SMALLINT,
    SQL_INTEGER,
    SQL_BIGINT,
    SQL_REAL,
    SQL_DOUBLE,
    SQL_NUMERIC,
    SQL_TYPE_DATE,
    SQL_TYPE_TIME,
    SQL_TYPE_TIMESTAMP,
    SQL_VARBINARY,
    SQL_GUID,
    SQL_INTERVAL_YEAR,
    SQL_INTERVAL_YEAR_TO_MONTH,
    SQL_INTERVAL_DAY,
    SQL_INTERVAL_HOUR_TO_SECOND,
    SQL_INTERVAL_DAY_TO_SECOND,
};

static const char *const codesets[] = {NULL, NULL, NULL, "ISO-8859-1", "CP1252", "GBK"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void must(bool ok)
{
    if (!ok)
        __builtin_trap();
}

/* Buffers and cells have no byte to spare, so that the sanitizer sees every step outside. */
static char *copy_of(const uint8_t *data, size_t size)
{
    char *p = malloc(size ? size : 1);
    must(p != NULL);
    if (size > 0)
        memcpy(p, data, size);
    return p;
}

static bool has_room_for_progress(const struct conv_target *t)
{
    return t->cap >= (t->ctype == SQL_C_BINARY ? 1 : t->ctype == SQL_C_CHAR ? 5 : 6);
}

static void call(conv_fn *fn, const struct nat_type *type, struct nat_cell cell,
                 struct conv_target *t)
{
    SQLLEN octets = -99;
    enum conv_result r;

    t->octets = t->indicator = &octets;
    for (int i = 0; i < 100000; i++) {
        size_t before = t->at;
        r = fn(type, cell, t);
        must((unsigned)r < CONV_RESULTS);
        must(r >= CONV_ERROR || octets >= 0 || octets == SQL_NO_TOTAL || octets == SQL_NULL_DATA);
        must(r != CONV_TRUNCATED || octets == SQL_NO_TOTAL || octets >= 0);
        if (r != CONV_TRUNCATED || !t->pieces)
            return;
        must(t->at >= before);
        if (t->at == before) {
            must(!has_room_for_progress(t));
            return;
        }
    }
    must(false);
}

static void to_c(const uint8_t *head, const char *body, size_t size)
{
    struct nat_type type = {.kind = (enum nat_kind)(head[0] % (NAT_KINDS + 1)),
                            .wire = (enum nat_wire)(head[1] % 3),
                            .is_unsigned = head[1] & 8};
    struct conv_target t = {.ctype = ctypes[head[2] % COUNT(ctypes)],
                            .pieces = head[1] & 16,
                            .precision = (SQLSMALLINT)(head[4] % 48 - 1),
                            .scale = (SQLSMALLINT)((int8_t)head[5]),
                            .leading = head[4] % 12,
                            .ansi = charset_named(codesets[head[5] % COUNT(codesets)])};
    conv_fn *fn = conv_pick(&type, t.ctype);
    SQLLEN fixed = conv_ctype_size(t.ctype);
    size_t cap = fixed ? (size_t)fixed : head[3];
    size_t shift = head[1] & 32 ? 1 : 0;
    char *memory = malloc(cap + CANARY + shift);

    must(memory != NULL);
    memset(memory, 0xA5, cap + CANARY + shift);
    t.buf = head[1] & 64 ? NULL : memory + shift;
    t.cap = (SQLLEN)cap;
    if (fn)
        call(fn, &type, (struct nat_cell){head[1] & 128 ? NULL : body, size}, &t);
    for (size_t i = 0; i < CANARY; i++)
        must((unsigned char)memory[shift + cap + i] == 0xA5);
    free(memory);
}

static void to_sql(const uint8_t *head, const char *body, size_t size)
{
    struct conv_source s = {.ctype = ctypes[head[2] % COUNT(ctypes)],
                            .sql_type = sql_types[head[0] % COUNT(sql_types)],
                            .column_size = head[3] & 1 ? head[4] : 0,
                            .digits = (SQLSMALLINT)(head[3] % 12 - 1),
                            .precision = (SQLSMALLINT)(head[4] % 11),
                            .ansi = charset_named(codesets[head[5] % COUNT(codesets)]),
                            .data = body,
                            .length = (SQLLEN)size};
    struct buf out;

    if (conv_ctype_size(s.ctype) > (SQLLEN)size)
        return;
    buf_init(&out);
    buf_str(&out, "mark");
    enum conv_result r = conv_param(&s, &out);
    must(!out.broken && out.n >= 4 && memcmp(out.p, "mark", 4) == 0);
    must(r == CONV_OK || out.n == 4);
    struct conv_wire wire = conv_param_wire(s.sql_type, s.ctype, WIRE_PG_TEXT);
    must(r != CONV_OK || wire.binary || memchr(out.p, '\0', out.n) == NULL);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 6)
        return 0;
    char *body = copy_of(data + 6, size - 6);
    to_c(data, body, size - 6);
    to_sql(data, body, size - 6);
    free(body);
    return 0;
}
