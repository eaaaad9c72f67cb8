/* The bare client library that the driver is measured against, used as one would who writes C and
 * wants speed: streaming, values decoded in place. bare_pg.c is libpq, bare_my.c is MariaDB
 * Connector/C; speed.c is linked with one of them. Whatever goes wrong ends the program. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bare;

extern const char bare_name[];       /* "libpq" */
extern const char bare_thread_sql[]; /* the task that serves this session */

/* How many rows come: each way is a subject "NAME-WAY" of its own. */
struct bare_way {
    const char *name;
    void (*rows)(struct bare *b, const char *sql, bool mixed);
};
extern const struct bare_way bare_ways[]; /* ends with a NULL name */

/* The columns of a mixed row: int, bigint, smallint, double, decimal(12,2), varchar(40), date,
 * timestamp(6). Else: int, int. */
struct bare_mixed {
    int32_t id;
    int64_t big;
    int16_t small;
    double real, price;
    char name[41];
    int year, month, day;
    int at[7]; /* year to second, microsecond */
};

/* where: of libpq a connection string; else "HOST PORT USER PASSWORD DATABASE". */
struct bare *bare_open(const char *where);
void bare_close(struct bare *b);
void bare_prepare(struct bare *b, const char *sql); /* before bare_prepared() */
int bare_direct(struct bare *b, const char *sql);   /* the first cell as a number */
int bare_prepared(struct bare *b);

/* speed.c's: what was read goes here, so that it must be read. */
extern volatile long sink;
void die(const char *what, const char *why);

static inline void bare_use(const struct bare_mixed *m)
{
    sink += m->id + (long)m->big + m->small + (long)m->real + (long)m->price + m->name[0] +
            m->year + m->month + m->day + m->at[5] + m->at[6];
}

/* Two digits, four, six: dates are of fixed width. */
static inline int bare_digits(const char *s, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++)
        value = value * 10 + (s[i] - '0');
    return value;
}

/* "2024-05-06 07:08:09.123456", with or without its end. */
static inline void bare_moment(const char *s, size_t n, int at[7])
{
    static const int places[] = {0, 5, 8, 11, 14, 17}, widths[] = {4, 2, 2, 2, 2, 2};
    for (int i = 0; i < 6; i++)
        at[i] = (size_t)(places[i] + widths[i]) <= n ? bare_digits(s + places[i], widths[i]) : 0;
    at[6] = 0;
    for (size_t i = 20; i < 26; i++)
        at[6] = at[6] * 10 + (i < n ? s[i] - '0' : 0);
}

#endif
