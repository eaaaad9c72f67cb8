#include "native/my_priv.h"

#include <stdlib.h>
#include <string.h>

#define STAGING 256 /* bytes of a binary text cell that are fetched with its row */

/* ---- descriptions ---- */

bool my_describe(struct my *n, const MYSQL_FIELD *fields, size_t count, struct fault *f)
{
    n->ncolumns = 0;
    if (!native_room(&n->columns, &n->columns_cap, count, sizeof *n->columns) ||
        !native_room(&n->cells, &n->cells_cap, count * MY_BLOCK, sizeof *n->cells))
        return fault_oom(f);
    n->has_bool = false;
    for (size_t i = 0; i < count; i++) {
        my_column_fill(&n->columns[i], &fields[i], n->binary ? WIRE_MY_BINARY : WIRE_MY_TEXT);
        n->has_bool = n->has_bool || n->columns[i].type.kind == NAT_BOOL;
    }
    n->ncolumns = count;
    return true;
}

static bool is_moment(enum nat_kind kind)
{
    return kind == NAT_DATE || kind == NAT_TIME || kind == NAT_TIMESTAMP;
}

static bool is_integer(enum nat_kind kind)
{
    return kind >= NAT_INT1 && kind <= NAT_INT8;
}

static void bind_column(struct my *n, size_t i, const MYSQL_FIELD *field)
{
    enum nat_kind kind = n->columns[i].type.kind;
    MYSQL_BIND *b = &n->binds[i];
    struct my_slot *s = &n->slots[i];

    memset(b, 0, sizeof *b);
    b->length = &s->length;
    b->is_null = &s->null;
    b->error = &s->cut;
    b->buffer = &s->u;
    b->buffer_length = sizeof s->u;
    if (is_integer(kind)) {
        b->buffer_type = MYSQL_TYPE_LONGLONG;
        b->is_unsigned = n->columns[i].type.is_unsigned;
    } else if (kind == NAT_FLOAT4) {
        b->buffer_type = MYSQL_TYPE_FLOAT;
    } else if (kind == NAT_FLOAT8) {
        b->buffer_type = MYSQL_TYPE_DOUBLE;
    } else if (is_moment(kind)) {
        b->buffer_type = field->type;
    } else {
        b->buffer_type = field->type == MYSQL_TYPE_BIT ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
        b->buffer = n->staging + i * STAGING;
        b->buffer_length = STAGING;
    }
}

static bool bind_columns(struct my *n, const MYSQL_FIELD *fields, struct fault *f)
{
    size_t cap = n->binds_cap, count = n->ncolumns;

    if (!native_room(&n->binds, &cap, count, sizeof *n->binds))
        return fault_oom(f);
    cap = n->binds_cap;
    if (!native_room(&n->slots, &cap, count, sizeof *n->slots))
        return fault_oom(f);
    cap = n->binds_cap;
    if (!native_room(&n->staging, &cap, count, STAGING))
        return fault_oom(f);
    cap = n->binds_cap;
    if (!native_room(&n->hows, &cap, count, sizeof *n->hows))
        return fault_oom(f);
    n->binds_cap = cap;
    memset(n->slots, 0, count * sizeof *n->slots);
    for (size_t i = 0; i < count; i++)
        bind_column(n, i, &fields[i]);
    if (mysql_stmt_bind_result(n->stmt->handle, n->binds) == 0)
        return true;
    my_fault(n, f);
    return false;
}

/* ---- a row into the block ---- */

/* Room for a row's bytes is made before: one growth a row, not one a cell. The block may move, and
 * the cells before `end` with it. */
static inline bool room_for_row(struct my *n, size_t size, const struct nat_cell *end)
{
    uintptr_t old = (uintptr_t)n->block.p;

    if (n->block.cap - n->block.n > size)
        return true;
    if (buf_reserve(&n->block, size) == NULL)
        return false;
    for (struct nat_cell *c = n->cells; old != (uintptr_t)n->block.p && c < end; c++) {
        if (c->p)
            c->p = n->block.p + ((uintptr_t)c->p - old);
    }
    return true;
}

static inline void put(struct my *n, struct nat_cell *c, const void *bytes, size_t size)
{
    char *to = n->block.p + n->block.n;

    *c = (struct nat_cell){to, size};
    memcpy(to, bytes, size);
    n->block.n += size;
}

/* A bit(1) is shown as its byte's truth. MariaDB sends that of an expression, (SELECT bit_column
 * ...), as a digit: no bit is one. */
static void put_bool(struct my *n, struct nat_cell *c, const char *bytes, size_t size)
{
    bool on = size > 0 && bytes[size - 1] && bytes[size - 1] != '0';
    put(n, c, on ? "\1" : "\0", 1);
}

/* The library's row lives until its next fetch: a block is a copy. Its cells stand one behind the
 * other in one packet, which is copied as it is. False: they do not. */
static bool put_packet(struct my *n, struct nat_cell *c, const unsigned long *lengths)
{
    const char *begin = NULL, *end = NULL;
    size_t gaps = 9 * n->ncolumns, size = 0;

    for (size_t i = 0; i < n->ncolumns; i++) {
        const char *p = n->row[i];
        if (p == NULL)
            continue;
        if (begin == NULL)
            begin = end = p;
        if (p < end)
            return false;
        end = p + lengths[i];
        size += lengths[i];
    }
    if (begin == NULL)
        begin = end = "";
    if ((size_t)(end - begin) > size + gaps || !room_for_row(n, size + gaps, c))
        return false;
    char *to = n->block.p + n->block.n;
    memcpy(to, begin, (size_t)(end - begin));
    n->block.n += (size_t)(end - begin);
    for (size_t i = 0; i < n->ncolumns; i++)
        c[i] = (struct nat_cell){n->row[i] ? to + (n->row[i] - begin) : NULL, lengths[i]};
    return true;
}

static bool keep_text(struct my *n)
{
    const unsigned long *lengths = mysql_fetch_lengths(n->res);
    struct nat_cell *c = n->cells + n->got * n->ncolumns;
    size_t total = 1;

    if (!n->has_bool && put_packet(n, c, lengths))
        return true;
    for (size_t i = 0; i < n->ncolumns; i++)
        total += lengths[i];
    if (!room_for_row(n, total, c))
        return false;
    for (size_t i = 0; i < n->ncolumns; i++) {
        if (n->row[i] == NULL)
            c[i] = (struct nat_cell){NULL, 0};
        else if (n->columns[i].type.kind == NAT_BOOL)
            put_bool(n, &c[i], n->row[i], lengths[i]);
        else
            put(n, &c[i], n->row[i], lengths[i]);
    }
    return true;
}

static void put_moment(struct my *n, struct nat_cell *c, const MYSQL_TIME *t)
{
    struct nat_moment m = {.year = (int32_t)t->year,
                           .month = (int32_t)t->month,
                           .day = (int32_t)t->day,
                           .hour = (int32_t)t->hour,
                           .minute = (int32_t)t->minute,
                           .second = (int32_t)t->second,
                           .microsecond = (int32_t)t->second_part,
                           .negative = t->neg};

    if (t->time_type == MYSQL_TIMESTAMP_TIME) {
        m.hour += m.day * 24;
        m.day = 0;
    }
    put(n, c, &m, sizeof m);
}

/* What did not fit the staging is taken from the row again, in its whole length. */
static bool put_long(struct my *n, size_t column, struct nat_cell *c)
{
    struct my_slot *s = &n->slots[column];
    size_t size = s->length;
    MYSQL_BIND whole = n->binds[column];

    if (size <= STAGING) {
        put(n, c, n->staging + column * STAGING, size);
        return true;
    }
    if (!room_for_row(n, size + n->ncolumns * STAGING, c))
        return false;
    *c = (struct nat_cell){n->block.p + n->block.n, size};
    whole.buffer = n->block.p + n->block.n;
    whole.buffer_length = size;
    whole.offset = 0;
    n->block.n += size;
    return mysql_stmt_fetch_column(n->stmt->handle, &whole, (unsigned)column, 0) == 0;
}

static bool keep_binary(struct my *n)
{
    struct nat_cell *c = n->cells + n->got * n->ncolumns;
    bool ok;

    ok = room_for_row(n, n->ncolumns * STAGING, c);
    for (size_t i = 0; ok && i < n->ncolumns; i++) {
        const struct my_slot *s = &n->slots[i];
        enum nat_kind kind = n->columns[i].type.kind;

        if (s->null)
            c[i] = (struct nat_cell){NULL, 0};
        else if (is_integer(kind))
            put(n, &c[i], &s->u.i, sizeof s->u.i);
        else if (kind == NAT_FLOAT4)
            put(n, &c[i], &s->u.f, sizeof s->u.f);
        else if (kind == NAT_FLOAT8)
            put(n, &c[i], &s->u.d, sizeof s->u.d);
        else if (is_moment(kind))
            put_moment(n, &c[i], &s->u.t);
        else if (kind == NAT_BOOL)
            put_bool(n, &c[i], n->staging + i * STAGING, s->length <= STAGING ? s->length : 0);
        else
            ok = put_long(n, i, &c[i]);
    }
    return ok;
}

/* ---- rows that the library has read from the socket, and not looked at yet ---- */

static enum my_how how_of(const struct nat_type *t)
{
    switch ((int)t->server_id) {
    case MYSQL_TYPE_TINY:
        return t->is_unsigned ? HOW_UINT1 : HOW_INT1;
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_YEAR:
        return t->is_unsigned ? HOW_UINT2 : HOW_INT2;
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_INT24:
        return t->is_unsigned ? HOW_UINT4 : HOW_INT4;
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_DOUBLE:
        return HOW_8;
    case MYSQL_TYPE_FLOAT:
        return HOW_4;
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return HOW_MOMENT;
    case MYSQL_TYPE_TIME:
        return HOW_TIME;
    case MYSQL_TYPE_NEWDECIMAL:
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_GEOMETRY:
        return HOW_STRING;
    default:
        return HOW_LIBRARY;
    }
}

/* Of a result that has been described. The first row is always the library's. */
static void plan_packets(struct my *n)
{
    n->packets = !n->has_bool && n->ncolumns > 0;
    for (size_t i = 0; n->binary && n->packets && i < n->ncolumns; i++) {
        n->hows[i] = how_of(&n->columns[i].type);
        n->packets = n->hows[i] != HOW_LIBRARY;
    }
}

/* The packet's row goes behind the block's others, without the library's copy of it, its row of
 * pointers or its conversion into a binding. False: it is for the library. */
static bool keep_packet(struct my *n, const unsigned char *packet, size_t size)
{
    struct nat_cell *c = n->cells + n->got * n->ncolumns;
    size_t used = size;

    if (!room_for_row(n, my_packet_room(n->binary, n->ncolumns, size), c))
        return false;
    char *to = n->block.p + n->block.n;
    if (!(n->binary ? my_packet_binary(packet, size, n->hows, n->ncolumns, to, &used, c)
                    : my_packet_text(packet, size, n->ncolumns, to, c)))
        return false;
    n->block.n += used;
    return true;
}

/* 0: the library is to be asked for the next row. */
static size_t keep_packets(struct my *n, size_t want)
{
    size_t first = n->got, size;
    const unsigned char *packet;

    if (!n->packets || n->op != MY_NONE)
        return 0;
    while (n->got < want && n->block.n < MY_BLOCK_BYTES &&
           (packet = my_compat_packet(n->mysql, &size)) != NULL && keep_packet(n, packet, size)) {
        my_compat_packet_used(n->mysql, size);
        n->got++;
    }
    n->rows += (int64_t)(n->got - first);
    return n->got - first;
}

/* ---- a result ---- */

bool my_rows_begin(struct my *n, struct fault *f)
{
    const MYSQL_FIELD *fields = n->binary ? n->stmt->handle->fields : mysql_fetch_fields(n->res);
    unsigned count = n->binary ? mysql_stmt_field_count(n->stmt->handle) : mysql_num_fields(n->res);

    n->ended = n->broken = n->peeked = n->held = false;
    n->rows = 0;
#if MY_BLOCKS
    my_here_block(n);
    my_here_described(n, fields, count);
#endif
    n->got = 0;
    buf_reset(&n->block);
    if (!my_describe(n, fields, count, f))
        return false;
    if (n->binary && !bind_columns(n, fields, f))
        return false;
    plan_packets(n);
    return true;
}

void my_rows_clear(struct my *n)
{
    /* Of a text result the rows have been read, or its socket is unplugged: no I/O. */
    mysql_free_result(n->res);
    n->res = NULL;
    n->ncolumns = n->nparams = n->got = 0;
}

void my_rows_free(struct my *n)
{
    free(n->columns);
    free(n->params);
    free(n->cells);
    free(n->binds);
    free(n->slots);
    free(n->hows);
    free(n->staging);
    buf_fini(&n->block);
}

/* ---- blocks ---- */

static void block_reset(struct my *n)
{
#if MY_BLOCKS
    my_here_block(n);
#endif
    n->got = 0;
    if (n->block.cap > MY_KEEP_BYTES)
        buf_fini(&n->block);
    buf_reset(&n->block);
}

enum nat_answer my_fetch(struct my *n, bool *row, int64_t deadline, struct fault *f)
{
    enum nat_answer a = NAT_READY;
    size_t size;

    if (!n->filling && (n->op != MY_NONE || my_compat_packet(n->mysql, &size) == NULL))
        a = my_run(n, n->binary ? MY_STMT_FETCH : MY_FETCH, deadline, f);
    else if (n->binary)
        n->rc = mysql_stmt_fetch(n->stmt->handle);
    else
        n->row = mysql_fetch_row(n->res);
    if (a != NAT_READY)
        return a;
    *row = n->binary ? n->rc == 0 || n->rc == MYSQL_DATA_TRUNCATED : n->row != NULL;
    n->ended = !*row;
    n->broken = n->ended && (n->binary ? n->rc != MYSQL_NO_DATA : mysql_errno(n->mysql) != 0);
    return NAT_READY;
}

/* The row just read goes into the block, and the next is read too. */
enum nat_answer my_look_behind(struct my *n, bool *row, int64_t deadline, struct fault *f)
{
    if (!n->held) {
        block_reset(n);
        if (!(n->binary ? keep_binary(n) : keep_text(n))) {
            fault_oom(f);
            return NAT_FAULT;
        }
        n->got = 1;
        n->rows++;
        n->held = true;
    }
    return my_fetch(n, row, deadline, f);
}

/* Behind the first row of a block: where a fetch cannot stop to wait, none is begun that would. */
static bool may_fetch_on(struct my *n)
{
#if MY_BLOCKS
    return my_row_is_here(n);
#else
    (void)n;
    return true;
#endif
}

/* And one that has been found there needs no helper. */
#define FETCH_ON (MY_BLOCKS ? DEADLINE_NEVER : DEADLINE_NOW)

enum nat_answer my_fill(struct my *n, size_t max, size_t *got, int64_t deadline, struct fault *f)
{
    size_t want = max < MY_BLOCK ? max : MY_BLOCK;
    bool row;

    *got = 0;
    if (!n->held)
        block_reset(n);
    n->held = false;
    /* Only the first row is waited for; a fetch that stops later goes on in the next block. */
    while (n->stage == MY_ROWS && !n->ended && n->got < want && n->block.n < MY_BLOCK_BYTES) {
        enum nat_answer a = NAT_READY;

        row = n->peeked;
        n->peeked = false;
        if (!row && keep_packets(n, want) > 0)
            continue;
        if (!row && n->got > 0 && !may_fetch_on(n))
            break;
        if (!row)
            a = my_fetch(n, &row, n->got > 0 ? FETCH_ON : deadline, f);
        if (a == NAT_WAIT && n->got > 0)
            break;
        if (a != NAT_READY)
            return a;
        if (row && !(n->binary ? keep_binary(n) : keep_text(n))) {
            fault_oom(f);
            return NAT_FAULT;
        }
        n->got += row;
        n->rows += row;
    }
    *got = n->got;
    /* An error in the middle is the outcome behind the rows, but for a lost link. */
    if (n->got == 0 && n->ended && n->stage == MY_ROWS && n->broken) {
        my_fault(n, f);
        return f->link_lost ? NAT_FAULT : NAT_READY;
    }
    return NAT_READY;
}

enum nat_answer my_unit_next(struct my *n, size_t max, size_t *got, int64_t deadline,
                             struct fault *f)
{
#if MY_BLOCKS
    if (n->op == MY_FILL || (deadline != DEADLINE_NEVER && n->stage == MY_ROWS && !n->ended))
        return my_job_fill(n, max, got, deadline, f);
#endif
    return my_fill(n, max, got, deadline, f);
}

enum nat_answer my_next(struct native *base, size_t max, size_t *got, int64_t deadline,
                        struct fault *f)
{
    struct my *n = my_of(base);

    if (!n->early_now)
        return my_unit_next(n, max, got, deadline, f);
    return spool_next(n->early, max, got, f) ? NAT_READY : NAT_FAULT;
}

bool my_last(const struct native *base)
{
    const struct my *n = my_of(base);

    return !n->early_now && n->stage == MY_ROWS && n->ended && !n->broken;
}

struct nat_cell my_cell(const struct native *base, size_t row, size_t column)
{
    const struct my *n = my_of(base);

    if (n->early_now)
        return spool_cell(n->early, row, column);
    if (row >= n->got || column >= n->ncolumns)
        return (struct nat_cell){NULL, 0};
    return n->cells[row * n->ncolumns + column];
}

const struct nat_cell *my_row(const struct native *base, size_t row)
{
    const struct my *n = my_of(base);

    return n->early_now || row >= n->got ? NULL : n->cells + row * n->ncolumns;
}
