/* What the parts of speed have in common: the race, and connections. Whatever goes wrong ends the
 * program. */
#ifndef BENCH_SPEED_H
#define BENCH_SPEED_H

#include "bare.h"
#include <sql.h>
#include <sqlext.h>

enum { CALLS_PER_BLOCK = 20, MAX_SUBJECTS = 24, ROWSET = 100 };

/* One way to do the thing that is measured. */
struct subject {
    char name[80];
    void (*run)(struct subject *s);
    double *samples, *cpu;      /* owned; one each block */
    struct bare *bare;          /* borrowed; of the bare library's subjects */
    const struct bare_way *way; /* how it takes rows */
    SQLHDBC dbc;                /* borrowed; of ODBC's */
    SQLHSTMT stmt;              /* borrowed */
    const char *text;           /* SQL, or what to connect to */
    SQLULEN rowset;
    int rows; /* to be inserted; of a subject of its own */
    bool mixed, prepared;
};

void add_subject(const struct subject *s, int blocks);
/* All subjects in turn, `calls` calls a block; prints their figures and forgets them. */
void run_race(const char *what, int blocks, int calls);

void check(SQLRETURN r, SQLSMALLINT type, SQLHANDLE handle, const char *what);
struct subject odbc_subject(const char *dsn); /* connected, with a statement */
struct subject bare_subject(struct bare *b, const char *way);

/* speed_rows.c */
void measure_rows(const char *where, int times, bool mixed, const char *sql, char **dsns,
                  int count);
void measure_inserts(int times, int number, char **dsns, int count);

#endif
