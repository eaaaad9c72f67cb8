#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "native/spool.h"
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_ROWS  256
#define BLOCK_CELLS 16384
#define BLOCK_BYTES ((size_t)1 << 20) /* a block ends behind the row that passes this */
#define WRITE_BYTES ((size_t)1 << 16)
#define READ_BYTES  ((size_t)1 << 16)
#define NULL_CELL   UINT32_MAX
#define MARK_ROWS   64 /* rows that a seek walks over at most */

/* Outcomes and descriptions stay in memory; the rows behind them are one stream of records. A row
 * is a header, the lengths of its cells, and their bytes. */
struct row_header {
    uint32_t cells;
    uint32_t magic;
    uint64_t bytes; /* of lengths and cells together */
};
#define ROW_MAGIC 0x68666f77u

struct segment {
    struct nat_outcome *outcome; /* owned when it holds a fault, else NULL: see the short form */
    enum nat_outcome_kind kind;
    bool open_rows; /* no outcome of its own: rows that began before the spool */
    size_t request, set;
    int64_t count;
    char tag[32];
    bool found;
    bool out_params;
    struct nat_column *columns; /* owned */
    size_t ncolumns;
    char *names; /* owned; what the columns' texts point into */
    uint64_t rows;
    uint64_t end;    /* where its rows end in the stream */
    uint64_t *marks; /* owned; where each MARK_ROWS-th row begins in the stream */
    size_t marks_cap;
};

/* Where a cell's bytes lie in the block; at SIZE_MAX: SQL NULL. */
struct place {
    size_t at;
    size_t n;
};

struct spool {
    struct segment *segments; /* owned */
    size_t nsegments, cap;
    struct fault fault; /* broken while writing; "" sound */

    struct buf memory; /* the stream, or what is not yet in the file */
    int fd;            /* -1: all is in memory */
    uint64_t filed;    /* bytes in the file */

    size_t at;         /* segments told */
    uint64_t row;      /* rows of the current segment handed out */
    uint64_t position; /* in the stream */
    struct buf ahead;  /* read from the file at `ahead_at` */
    uint64_t ahead_at;

    struct buf block;     /* the cells' bytes */
    struct place *places; /* owned; rows x the current segment's columns */
    size_t places_cap;
    size_t rows;
};

struct spool *spool_new(void)
{
    struct spool *s = calloc(1, sizeof *s);

    if (s)
        s->fd = -1;
    return s;
}

void spool_free(struct spool *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->nsegments; i++) {
        free(s->segments[i].outcome);
        free(s->segments[i].columns);
        free(s->segments[i].names);
        free(s->segments[i].marks);
    }
    free(s->segments);
    buf_fini(&s->memory);
    buf_fini(&s->ahead);
    buf_fini(&s->block);
    free(s->places);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

/* ---- writing ---- */

static bool broken(struct spool *s, struct fault *f)
{
    if (!fault_is(&s->fault))
        fault_oom(&s->fault);
    *f = s->fault;
    return false;
}

static bool broken_disk(struct spool *s, const char *what, int error, struct fault *f)
{
    char why[128];

    fault_set(&s->fault, "HY000", "%s the temporary file for rows set aside: %s", what,
              strerror_r(error, why, sizeof why));
    return broken(s, f);
}

/* The file has no name, so that nothing is left of it whatever happens. */
static bool open_file(struct spool *s, struct fault *f)
{
    const char *dir = getenv("TMPDIR");
    char path[4096];

    if (dir == NULL || dir[0] == '\0')
        dir = "/tmp";
    s->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (s->fd >= 0)
        return true;
    if ((size_t)snprintf(path, sizeof path, "%s/holdfastXXXXXX", dir) >= sizeof path)
        return broken_disk(s, "cannot create", ENAMETOOLONG, f);
    s->fd = mkostemp(path, O_CLOEXEC);
    if (s->fd < 0)
        return broken_disk(s, "cannot create", errno, f);
    unlink(path);
    return true;
}

static bool write_out(struct spool *s, struct fault *f)
{
    size_t done = 0;
    int error = 0;

    while (done < s->memory.n && error == 0) {
        ssize_t n = pwrite(s->fd, s->memory.p + done, s->memory.n - done, (off_t)s->filed);
        if (n > 0) {
            done += (size_t)n;
            s->filed += (uint64_t)n;
        } else if (n == 0 || errno != EINTR) {
            error = n == 0 ? ENOSPC : errno;
        }
    }
    /* What is written can be read again even when the rest found no room. */
    memmove(s->memory.p, s->memory.p + done, s->memory.n - done);
    s->memory.n -= done;
    return error == 0 || broken_disk(s, "cannot write", error, f);
}

static bool stream_add(struct spool *s, const void *p, size_t n)
{
    return buf_add(&s->memory, p, n);
}

static bool overflow(struct spool *s, struct fault *f)
{
    if (s->fd < 0 && s->memory.n > SPOOL_MEMORY && !open_file(s, f))
        return false;
    if (s->fd >= 0 && s->memory.n >= WRITE_BYTES)
        return write_out(s, f);
    return true;
}

static bool add_mark(struct spool *s, struct segment *seg)
{
    size_t i = (size_t)(seg->rows / MARK_ROWS);

    if (seg->rows % MARK_ROWS != 0)
        return true;
    if (i == seg->marks_cap) {
        size_t cap = i ? i * 2 : 1;
        uint64_t *p = reallocarray(seg->marks, cap, sizeof *p);
        if (p == NULL)
            return false;
        seg->marks = p;
        seg->marks_cap = cap;
    }
    seg->marks[i] = s->filed + s->memory.n;
    return true;
}

bool spool_add_row(struct spool *s, const struct nat_cell *cells, size_t n, struct fault *f)
{
    struct segment *seg = s->nsegments > 0 ? &s->segments[s->nsegments - 1] : NULL;
    struct row_header h = {.cells = (uint32_t)n, .magic = ROW_MAGIC, .bytes = n * 4};
    bool ok = true;

    if (fault_is(&s->fault))
        return broken(s, f);
    if (seg == NULL || n != seg->ncolumns || (seg->kind != NAT_ROWS && !seg->open_rows))
        return fault_set(f, "HY000", "a row was set aside outside of its result set");
    for (size_t i = 0; ok && i < n; i++) {
        ok = cells[i].n < NULL_CELL;
        h.bytes += cells[i].p ? cells[i].n : 0;
    }
    ok = ok && add_mark(s, seg) && stream_add(s, &h, sizeof h);
    for (size_t i = 0; ok && i < n; i++) {
        uint32_t len = cells[i].p ? (uint32_t)cells[i].n : NULL_CELL;
        ok = stream_add(s, &len, sizeof len);
    }
    for (size_t i = 0; ok && i < n; i++)
        ok = cells[i].p == NULL || stream_add(s, cells[i].p, cells[i].n);
    if (!ok)
        return broken(s, f);
    seg->rows++;
    seg->end = s->filed + s->memory.n;
    return overflow(s, f);
}

static size_t names_size(const struct nat_column *c, size_t n)
{
    size_t total = 1;

    for (size_t i = 0; i < n; i++)
        total += c[i].name.n + c[i].database.n + c[i].table.n + c[i].alias.n + c[i].base_name.n +
                 (c[i].type.name ? strlen(c[i].type.name) + 1 : 0);
    return total;
}

static struct text keep(char **to, struct text t)
{
    struct text kept = {t.s ? *to : NULL, t.n};

    if (t.n > 0)
        memcpy(*to, t.s, t.n);
    *to += t.n;
    return kept;
}

static bool keep_columns(struct segment *seg, const struct nat_column *c, size_t n)
{
    char *to;

    seg->columns = calloc(n + 1, sizeof *seg->columns);
    seg->names = to = malloc(names_size(c, n));
    if (seg->columns == NULL || to == NULL)
        return false;
    seg->ncolumns = n;
    for (size_t i = 0; i < n; i++) {
        seg->columns[i] = c[i];
        seg->columns[i].name = keep(&to, c[i].name);
        seg->columns[i].database = keep(&to, c[i].database);
        seg->columns[i].table = keep(&to, c[i].table);
        seg->columns[i].alias = keep(&to, c[i].alias);
        seg->columns[i].base_name = keep(&to, c[i].base_name);
        if (c[i].type.name)
            seg->columns[i].type.name =
                keep(&to, (struct text){c[i].type.name, strlen(c[i].type.name) + 1}).s;
    }
    return true;
}

static struct segment *add_segment(struct spool *s)
{
    if (s->nsegments == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 4;
        struct segment *p = reallocarray(s->segments, cap, sizeof *p);
        if (p == NULL)
            return NULL;
        s->segments = p;
        s->cap = cap;
    }
    s->segments[s->nsegments] = (struct segment){.end = s->filed + s->memory.n};
    return &s->segments[s->nsegments++];
}

bool spool_add_outcome(struct spool *s, const struct nat_outcome *o, const struct nat_column *c,
                       size_t ncolumns, struct fault *f)
{
    struct segment *seg;

    if (fault_is(&s->fault))
        return broken(s, f);
    seg = add_segment(s);
    if (seg == NULL)
        return broken(s, f);
    seg->kind = o->kind;
    seg->request = o->request;
    seg->set = o->set;
    seg->count = o->count;
    memcpy(seg->tag, o->tag, sizeof seg->tag);
    seg->found = o->found;
    seg->out_params = o->out_params;
    /* A fault is a kilobyte: outcomes without one are kept short. */
    if (fault_is(&o->fault)) {
        seg->outcome = malloc(sizeof *seg->outcome);
        if (seg->outcome == NULL) {
            s->nsegments--;
            return broken(s, f);
        }
        *seg->outcome = *o;
    }
    if ((o->kind == NAT_ROWS || o->kind == NAT_DESCRIBED) && !keep_columns(seg, c, ncolumns))
        return broken(s, f);
    return true;
}

bool spool_add_open_rows(struct spool *s, const struct nat_column *c, size_t n, struct fault *f)
{
    struct segment *seg;

    if (fault_is(&s->fault))
        return broken(s, f);
    seg = add_segment(s);
    if (seg == NULL)
        return broken(s, f);
    seg->open_rows = true;
    if (s->nsegments == 1)
        s->at = 1; /* the reader stands in it from the start */
    return keep_columns(seg, c, n) || broken(s, f);
}

/* ---- reading ---- */

static bool damaged(struct fault *f)
{
    return fault_set(f, "HY000", "the temporary file for rows set aside is damaged");
}

static bool fill_ahead(struct spool *s, struct fault *f)
{
    char *to;
    ssize_t n;

    buf_reset(&s->ahead);
    to = buf_reserve(&s->ahead, READ_BYTES);
    if (to == NULL)
        return fault_oom(f);
    do {
        n = pread(s->fd, to, READ_BYTES, (off_t)s->position);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        char why[128];
        return fault_set(f, "HY000", "cannot read the temporary file for rows set aside: %s",
                         strerror_r(errno, why, sizeof why));
    }
    if (n == 0)
        return damaged(f);
    s->ahead.n = (size_t)n;
    s->ahead_at = s->position;
    return true;
}

/* The bytes at `position`, at least one, out of the file or the part still in memory. */
static bool stream_view(struct spool *s, struct text *out, struct fault *f)
{
    if (s->position >= s->filed) {
        uint64_t skip = s->position - s->filed;
        if (skip >= s->memory.n)
            return damaged(f);
        *out = (struct text){s->memory.p + skip, s->memory.n - (size_t)skip};
        return true;
    }
    if (s->position < s->ahead_at || s->position - s->ahead_at >= s->ahead.n) {
        if (!fill_ahead(s, f))
            return false;
    }
    size_t skip = (size_t)(s->position - s->ahead_at);
    *out = (struct text){s->ahead.p + skip, s->ahead.n - skip};
    if (out->n > s->filed - s->position)
        out->n = (size_t)(s->filed - s->position);
    return true;
}

static bool stream_read(struct spool *s, char *to, size_t n, struct fault *f)
{
    struct text part = TEXT_NONE;

    while (n > 0) {
        if (!stream_view(s, &part, f))
            return false;
        if (part.n > n)
            part.n = n;
        memcpy(to, part.s, part.n);
        s->position += part.n;
        to += part.n;
        n -= part.n;
    }
    return true;
}

/* The segment whose outcome or rows are current; NULL before the first. */
static const struct segment *current(const struct spool *s)
{
    return s->at > 0 ? &s->segments[s->at - 1] : NULL;
}

/* Whether all of the current segment has been written; else f says why more cannot be had. */
static bool complete(const struct spool *s, struct fault *f)
{
    if (s->at < s->nsegments)
        return true;
    if (fault_is(&s->fault))
        *f = s->fault;
    else
        fault_set(f, "HY010", "the rest of the result has not been set aside yet");
    return false;
}

static bool read_header(struct spool *s, const struct segment *seg, struct row_header *h,
                        struct fault *f)
{
    if (!stream_read(s, (char *)h, sizeof *h, f))
        return false;
    return (h->magic == ROW_MAGIC && h->cells == seg->ncolumns && s->position <= seg->end &&
            h->bytes <= seg->end - s->position && h->bytes >= (uint64_t)h->cells * 4) ||
           damaged(f);
}

static bool read_row(struct spool *s, const struct segment *seg, struct fault *f)
{
    struct row_header h;
    struct place *places = s->places + s->rows * seg->ncolumns;
    size_t at = s->block.n;
    char *to;

    if (!read_header(s, seg, &h, f))
        return false;
    to = buf_reserve(&s->block, (size_t)h.bytes);
    if (to == NULL)
        return fault_oom(f);
    if (!stream_read(s, to, (size_t)h.bytes, f))
        return false;
    s->block.n += (size_t)h.bytes;
    at += (size_t)h.cells * 4;
    for (size_t i = 0; i < h.cells; i++) {
        uint32_t n;
        memcpy(&n, to + i * 4, sizeof n);
        places[i] = (struct place){n == NULL_CELL ? SIZE_MAX : at, n == NULL_CELL ? 0 : n};
        at += places[i].n;
        if (at > s->block.n)
            return damaged(f);
    }
    s->row++;
    return at == s->block.n || damaged(f);
}

static size_t block_rows(const struct segment *seg, uint64_t left, size_t max)
{
    size_t rows = seg->ncolumns > 0 ? BLOCK_CELLS / seg->ncolumns : BLOCK_ROWS;

    rows = rows > BLOCK_ROWS ? BLOCK_ROWS : rows > 0 ? rows : 1;
    if (rows > max)
        rows = max;
    return rows > left ? (size_t)left : rows;
}

bool spool_next(struct spool *s, size_t max, size_t *got, struct fault *f)
{
    const struct segment *seg = current(s);
    size_t want, room;

    *got = 0;
    s->rows = 0;
    buf_reset(&s->block);
    if (seg == NULL || (seg->kind != NAT_ROWS && !seg->open_rows))
        return true;
    if (s->row == seg->rows)
        return complete(s, f);
    want = block_rows(seg, seg->rows - s->row, max);
    room = want * seg->ncolumns;
    if (room > s->places_cap) {
        struct place *p = reallocarray(s->places, room, sizeof *p);
        if (p == NULL)
            return fault_oom(f);
        s->places = p;
        s->places_cap = room;
    }
    for (; s->rows < want && s->block.n < BLOCK_BYTES; s->rows++) {
        if (!read_row(s, seg, f))
            return false;
    }
    *got = s->rows;
    return true;
}

bool spool_seek(struct spool *s, uint64_t row, struct fault *f)
{
    const struct segment *seg = current(s);
    struct row_header h;

    s->rows = 0;
    if (seg == NULL || row >= seg->rows)
        return fault_set(f, "HY109", "the result has no such row");
    s->position = seg->marks[row / MARK_ROWS];
    for (s->row = row - row % MARK_ROWS; s->row < row; s->row++) {
        if (!read_header(s, seg, &h, f))
            return false;
        s->position += h.bytes;
    }
    return true;
}

struct nat_cell spool_cell(const struct spool *s, size_t row, size_t column)
{
    const struct segment *seg = current(s);
    const struct place *p;

    if (seg == NULL || row >= s->rows || column >= seg->ncolumns)
        return (struct nat_cell){NULL, 0};
    p = &s->places[row * seg->ncolumns + column];
    return p->at == SIZE_MAX ? (struct nat_cell){NULL, 0}
                             : (struct nat_cell){s->block.p + p->at, p->n};
}

const struct nat_column *spool_columns(const struct spool *s, size_t *n)
{
    const struct segment *seg = current(s);

    *n = seg ? seg->ncolumns : 0;
    return seg ? seg->columns : NULL;
}

const char *spool_ahead(const struct spool *s, int64_t *count)
{
    const struct segment *next = s->at < s->nsegments ? &s->segments[s->at] : NULL;

    if (next == NULL || next->kind != NAT_DONE || next->open_rows)
        return NULL;
    *count = next->count;
    return next->tag;
}

bool spool_peek(const struct spool *s, size_t n, enum nat_outcome_kind *kind, size_t *set)
{
    if (n >= s->nsegments - s->at)
        return false;
    *kind = s->segments[s->at + n].kind;
    *set = s->segments[s->at + n].set;
    return true;
}

int64_t spool_rows(const struct spool *s)
{
    const struct segment *seg = current(s);

    if (seg == NULL || (seg->kind != NAT_ROWS && !seg->open_rows) || s->at >= s->nsegments)
        return -1;
    return seg->rows <= INT64_MAX ? (int64_t)seg->rows : -1;
}

bool spool_result(struct spool *s, struct nat_outcome *out, struct fault *f)
{
    const struct segment *seg = current(s);

    if (seg == NULL || seg->open_rows || seg->kind != NAT_END) {
        if (!complete(s, f))
            return false;
        if (seg)
            s->position = seg->end;
        seg = &s->segments[s->at++];
    }
    s->row = 0;
    s->rows = 0;
    if (seg->outcome) {
        *out = *seg->outcome;
        return true;
    }
    out->kind = seg->kind;
    out->request = seg->request;
    out->set = seg->set;
    out->count = seg->count;
    memcpy(out->tag, seg->tag, sizeof out->tag);
    out->found = seg->found;
    out->out_params = seg->out_params;
    fault_clear(&out->fault);
    return true;
}
