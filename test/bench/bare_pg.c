/* libpq, bare. */
#include "bare.h"
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

struct bare {
    PGconn *pg; /* owned */
};

const char bare_name[] = "libpq";
const char bare_thread_sql[] = "SELECT pg_backend_pid()";

struct bare *bare_open(const char *where)
{
    struct bare *b = malloc(sizeof *b);
    if (!b)
        die("libpq", "no memory");
    b->pg = PQconnectdb(where);
    if (PQstatus(b->pg) != CONNECTION_OK)
        die("libpq", PQerrorMessage(b->pg));
    return b;
}

void bare_close(struct bare *b)
{
    PQfinish(b->pg);
    free(b);
}

void bare_prepare(struct bare *b, const char *sql)
{
    PGresult *r = PQprepare(b->pg, "one", sql, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        die("libpq", PQerrorMessage(b->pg));
    PQclear(r);
}

static int take(struct bare *b, PGresult *r)
{
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        die("libpq", PQerrorMessage(b->pg));
    int value = atoi(PQgetvalue(r, 0, 0));
    PQclear(r);
    return value;
}

int bare_direct(struct bare *b, const char *sql)
{
    return take(b, PQexec(b->pg, sql));
}

int bare_prepared(struct bare *b)
{
    return take(b, PQexecPrepared(b->pg, "one", 0, NULL, NULL, NULL, 0));
}

static void use_row(const PGresult *r, int row, bool mixed)
{
    struct bare_mixed m;
    if (!mixed) {
        sink += atoi(PQgetvalue(r, row, 0)) + atoi(PQgetvalue(r, row, 1));
        return;
    }
    m.id = atoi(PQgetvalue(r, row, 0));
    m.big = strtoll(PQgetvalue(r, row, 1), NULL, 10);
    m.small = (int16_t)atoi(PQgetvalue(r, row, 2));
    m.real = strtod(PQgetvalue(r, row, 3), NULL);
    m.price = strtod(PQgetvalue(r, row, 4), NULL);
    size_t n = (size_t)PQgetlength(r, row, 5);
    n = n < sizeof m.name - 1 ? n : sizeof m.name - 1;
    memcpy(m.name, PQgetvalue(r, row, 5), n);
    m.name[n] = '\0';
    const char *date = PQgetvalue(r, row, 6);
    m.year = bare_digits(date, 4);
    m.month = bare_digits(date + 5, 2);
    m.day = bare_digits(date + 8, 2);
    bare_moment(PQgetvalue(r, row, 7), (size_t)PQgetlength(r, row, 7), m.at);
    bare_use(&m);
}

static void rows_single(struct bare *b, const char *sql, bool mixed)
{
    if (!PQsendQuery(b->pg, sql) || !PQsetSingleRowMode(b->pg))
        die("libpq", PQerrorMessage(b->pg));
    for (PGresult *r; (r = PQgetResult(b->pg)); PQclear(r)) {
        if (PQresultStatus(r) == PGRES_SINGLE_TUPLE)
            use_row(r, 0, mixed);
        else if (PQresultStatus(r) != PGRES_TUPLES_OK)
            die("libpq", PQerrorMessage(b->pg));
    }
}

static void rows_exec(struct bare *b, const char *sql, bool mixed)
{
    PGresult *r = PQexec(b->pg, sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        die("libpq", PQerrorMessage(b->pg));
    for (int i = 0; i < PQntuples(r); i++)
        use_row(r, i, mixed);
    PQclear(r);
}

const struct bare_way bare_ways[] = {{"single", rows_single}, {"exec", rows_exec}, {NULL, NULL}};
