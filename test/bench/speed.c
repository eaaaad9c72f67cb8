/* speed: what the driver costs beside bare libpq (and another driver), alternating in one process.
 *
 *   speed calls CONNINFO BLOCKS CPU CPU DSN...
 *                                          SELECT 1, direct and prepared: microseconds each; this
 *                                          process on the first CPU, its sessions' on the second
 *   speed connect CONNINFO TIMES DSN...    connect and disconnect: microseconds each
 *   speed rows CONNINFO TIMES ROWS DSN...  ROWS rows of two integers bound: microseconds each time
 *   speed stream DSN ROWS                  KiB of memory above the idle process at the worst moment
 *
 * Prints a line "WHAT SUBJECT VALUE BEST CPU" a figure: the median of the blocks, the best of them,
 * and the median of what this process itself was at work. Blocks are short, so that most of them
 * are not disturbed on a busy machine. */
#include <libpq-fe.h>
#include <sched.h>
#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CALLS_PER_BLOCK = 20, MAX_SUBJECTS = 12, ROWSET = 100 };

/* One way to do the thing that is measured. */
struct subject {
    const char *name;
    void (*run)(struct subject *s);
    double *samples, *cpu; /* owned; one each block */
    PGconn *pg;            /* borrowed; of libpq's subjects */
    SQLHDBC dbc;           /* borrowed; of ODBC's */
    SQLHSTMT stmt;         /* borrowed */
    const char *text;
    SQLULEN rowset;
};

static struct race {
    struct subject subjects[MAX_SUBJECTS];
    int count;
} race;

static SQLHENV env;
static volatile long sink; /* what was read goes here, so that it must be read */

static void die(const char *what, const char *why)
{
    fprintf(stderr, "speed: %s: %s\n", what, why);
    exit(1);
}

static void check(SQLRETURN r, SQLSMALLINT type, SQLHANDLE handle, const char *what)
{
    SQLCHAR state[6] = "", text[300] = "no diagnostic";
    SQLINTEGER native;
    SQLSMALLINT n;
    if (SQL_SUCCEEDED(r))
        return;
    SQLGetDiagRec(type, handle, 1, state, &native, text, sizeof text, &n);
    die(what, (char *)text);
}

static double clock_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* --- the race: blocks of all subjects in turn, forwards and backwards --- */

static void add_subject(struct subject s, int blocks)
{
    if (race.count == MAX_SUBJECTS)
        die(s.name, "too many");
    s.samples = calloc((size_t)blocks, sizeof *s.samples);
    s.cpu = calloc((size_t)blocks, sizeof *s.cpu);
    if (!s.samples || !s.cpu)
        die(s.name, "no memory");
    race.subjects[race.count++] = s;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return values[count / 2];
}

static void run_race(const char *what, int blocks, int calls)
{
    for (int block = 0; block < blocks; block++) {
        for (int i = 0; i < race.count; i++) {
            struct subject *s = &race.subjects[block % 2 ? race.count - 1 - i : i];
            double begin = clock_us(CLOCK_MONOTONIC), cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
            for (int n = 0; n < calls; n++)
                s->run(s);
            s->cpu[block] = (clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / calls;
            s->samples[block] = (clock_us(CLOCK_MONOTONIC) - begin) / calls;
        }
    }
    for (int i = 0; i < race.count; i++) {
        struct subject *s = &race.subjects[i];
        double middle = median(s->samples, blocks);
        printf("%s %s %.3f %.3f %.3f\n", what, s->name, middle, s->samples[0],
               median(s->cpu, blocks));
        free(s->samples);
        free(s->cpu);
    }
    race.count = 0;
}

/* --- connections --- */

static PGconn *pg_connect(const char *conninfo)
{
    PGconn *pg = PQconnectdb(conninfo);
    if (PQstatus(pg) != CONNECTION_OK)
        die("libpq", PQerrorMessage(pg));
    return pg;
}

static void odbc_connect(SQLHDBC dbc, const char *dsn)
{
    char text[200];
    snprintf(text, sizeof text, "DSN=%s", dsn);
    check(SQLDriverConnect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, dbc, dsn);
}

static SQLHDBC new_dbc(void)
{
    SQLHDBC dbc;
    check(SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc), SQL_HANDLE_ENV, env, "SQLAllocHandle");
    return dbc;
}

static struct subject odbc_subject(const char *dsn)
{
    struct subject s = {.name = dsn, .text = dsn, .dbc = new_dbc(), .rowset = 1};
    odbc_connect(s.dbc, dsn);
    check(SQLAllocHandle(SQL_HANDLE_STMT, s.dbc, &s.stmt), SQL_HANDLE_DBC, s.dbc, dsn);
    return s;
}

/* --- SELECT 1 --- */

/* Where the two sides of a round trip run decides what it costs, so that is not left to chance. A
 * server's process may be another user's: then it stays where it is. */
static void pin(int cpu, pid_t pid)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(pid, sizeof set, &set);
}

static pid_t odbc_backend(struct subject *s)
{
    SQLINTEGER pid = 0;
    SQLLEN length;
    check(SQLExecDirect(s->stmt, (SQLCHAR *)"SELECT pg_backend_pid()", SQL_NTS), SQL_HANDLE_STMT,
          s->stmt, s->name);
    SQLFetch(s->stmt);
    SQLGetData(s->stmt, 1, SQL_C_SLONG, &pid, 0, &length);
    SQLFreeStmt(s->stmt, SQL_CLOSE);
    return pid;
}

static void pq_take(PGresult *r, PGconn *pg)
{
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        die("libpq", PQerrorMessage(pg));
    sink += atoi(PQgetvalue(r, 0, 0));
    PQclear(r);
}

static void pq_direct(struct subject *s)
{
    pq_take(PQexec(s->pg, "SELECT 1"), s->pg);
}

static void pq_prepared(struct subject *s)
{
    pq_take(PQexecPrepared(s->pg, "one", 0, NULL, NULL, NULL, 0), s->pg);
}

static void odbc_take(struct subject *s, SQLRETURN r)
{
    SQLINTEGER value = 0;
    SQLLEN length;
    check(r, SQL_HANDLE_STMT, s->stmt, s->name);
    check(SQLFetch(s->stmt), SQL_HANDLE_STMT, s->stmt, s->name);
    check(SQLGetData(s->stmt, 1, SQL_C_SLONG, &value, 0, &length), SQL_HANDLE_STMT, s->stmt,
          s->name);
    check(SQLFreeStmt(s->stmt, SQL_CLOSE), SQL_HANDLE_STMT, s->stmt, s->name);
    sink += value;
}

static void odbc_direct(struct subject *s)
{
    odbc_take(s, SQLExecDirect(s->stmt, (SQLCHAR *)"SELECT 1", SQL_NTS));
}

static void odbc_prepared(struct subject *s)
{
    odbc_take(s, SQLExecute(s->stmt));
}

static void calls(const char *conninfo, int blocks, const int *cpu, char **dsns, int count)
{
    struct subject odbc[MAX_SUBJECTS];
    PGconn *pg = pg_connect(conninfo);
    pin(cpu[0], 0);
    pin(cpu[1], PQbackendPID(pg));
    PQclear(PQprepare(pg, "one", "SELECT 1", 0, NULL));
    add_subject((struct subject){.name = "libpq", .run = pq_direct, .pg = pg}, blocks);
    for (int i = 0; i < count; i++) {
        odbc[i] = odbc_subject(dsns[i]);
        pin(cpu[1], odbc_backend(&odbc[i]));
        odbc[i].run = odbc_direct;
        add_subject(odbc[i], blocks);
    }
    run_race("direct", blocks, CALLS_PER_BLOCK);
    add_subject((struct subject){.name = "libpq", .run = pq_prepared, .pg = pg}, blocks);
    for (int i = 0; i < count; i++) {
        check(SQLPrepare(odbc[i].stmt, (SQLCHAR *)"SELECT 1", SQL_NTS), SQL_HANDLE_STMT,
              odbc[i].stmt, dsns[i]);
        odbc[i].run = odbc_prepared;
        add_subject(odbc[i], blocks);
    }
    run_race("prepared", blocks, CALLS_PER_BLOCK);
    PQfinish(pg);
}

/* --- connect --- */

static void pq_dial(struct subject *s)
{
    PQfinish(pg_connect(s->text));
}

static void odbc_dial(struct subject *s)
{
    SQLHDBC dbc = new_dbc();
    odbc_connect(dbc, s->text);
    check(SQLDisconnect(dbc), SQL_HANDLE_DBC, dbc, s->name);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

/* A connection of each driver stays open: the module is loaded, the cluster is known. */
static void connects(const char *conninfo, int times, char **dsns, int count)
{
    add_subject((struct subject){.name = "libpq", .run = pq_dial, .text = conninfo}, times);
    for (int i = 0; i < count; i++) {
        struct subject s = odbc_subject(dsns[i]);
        s.run = odbc_dial;
        add_subject(s, times);
    }
    run_race("connect", times, 1);
}

/* --- many rows --- */

static char rows_sql[200];

static void pq_rows(struct subject *s)
{
    PGresult *r = PQexec(s->pg, rows_sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        die("libpq", PQerrorMessage(s->pg));
    for (int i = 0; i < PQntuples(r); i++)
        sink += atoi(PQgetvalue(r, i, 0)) + atoi(PQgetvalue(r, i, 1));
    PQclear(r);
}

static void pq_rows_single(struct subject *s)
{
    if (!PQsendQuery(s->pg, rows_sql) || !PQsetSingleRowMode(s->pg))
        die("libpq", PQerrorMessage(s->pg));
    for (PGresult *r; (r = PQgetResult(s->pg)); PQclear(r))
        if (PQresultStatus(r) == PGRES_SINGLE_TUPLE)
            sink += atoi(PQgetvalue(r, 0, 0)) + atoi(PQgetvalue(r, 0, 1));
}

static void odbc_rows(struct subject *s)
{
    static SQLINTEGER a[ROWSET], b[ROWSET];
    static SQLLEN la[ROWSET], lb[ROWSET];
    SQLULEN fetched = 0;
    SQLSetStmtAttr(s->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)(uintptr_t)s->rowset, 0);
    SQLSetStmtAttr(s->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0);
    SQLBindCol(s->stmt, 1, SQL_C_SLONG, a, 0, la);
    SQLBindCol(s->stmt, 2, SQL_C_SLONG, b, 0, lb);
    check(SQLExecDirect(s->stmt, (SQLCHAR *)rows_sql, SQL_NTS), SQL_HANDLE_STMT, s->stmt, s->name);
    SQLRETURN r;
    while ((r = SQLFetch(s->stmt)) != SQL_NO_DATA) {
        check(r, SQL_HANDLE_STMT, s->stmt, s->name);
        for (SQLULEN i = 0; i < fetched; i++)
            sink += a[i] + b[i];
    }
    SQLFreeStmt(s->stmt, SQL_CLOSE);
    SQLFreeStmt(s->stmt, SQL_UNBIND);
    SQLSetStmtAttr(s->stmt, SQL_ATTR_ROWS_FETCHED_PTR, NULL, 0);
}

static void rows(const char *conninfo, int times, int number, char **dsns, int count)
{
    char names[MAX_SUBJECTS][80];
    PGconn *pg = pg_connect(conninfo);
    snprintf(rows_sql, sizeof rows_sql, "SELECT g, -g FROM generate_series(1, %d) AS g", number);
    add_subject((struct subject){.name = "libpq-single", .run = pq_rows_single, .pg = pg}, times);
    add_subject((struct subject){.name = "libpq-exec", .run = pq_rows, .pg = pg}, times);
    for (int i = 0; i < count; i++) {
        struct subject s = odbc_subject(dsns[i]);
        s.run = odbc_rows;
        add_subject(s, times);
        snprintf(names[i], sizeof names[i], "%s-rowset", dsns[i]);
        s.name = names[i];
        s.rowset = ROWSET;
        add_subject(s, times);
    }
    run_race("rows", times, 1);
    PQfinish(pg);
}

/* --- memory --- */

static long memory_kib(const char *field)
{
    char line[200];
    long kib = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, field, strlen(field)) == 0)
            kib = atol(line + strlen(field) + 1);
    if (f)
        fclose(f);
    return kib;
}

/* Idle is: connected, and one small statement done. */
static void stream(const char *dsn, const char *number)
{
    char sql[200], text[40];
    SQLINTEGER key;
    SQLLEN length[2];
    long count = 0;
    struct subject s = odbc_subject(dsn);
    odbc_direct(&s);
    long idle = memory_kib("VmRSS:");
    snprintf(sql, sizeof sql, "SELECT g, md5(g::text) FROM generate_series(1, %s) AS g", number);
    SQLBindCol(s.stmt, 1, SQL_C_SLONG, &key, 0, &length[0]);
    SQLBindCol(s.stmt, 2, SQL_C_CHAR, text, sizeof text, &length[1]);
    check(SQLExecDirect(s.stmt, (SQLCHAR *)sql, SQL_NTS), SQL_HANDLE_STMT, s.stmt, dsn);
    SQLRETURN r;
    while (SQL_SUCCEEDED(r = SQLFetch(s.stmt)))
        count++;
    if (r != SQL_NO_DATA)
        check(r, SQL_HANDLE_STMT, s.stmt, dsn);
    if (count != atol(number))
        die(dsn, "not all rows came");
    long most = memory_kib("VmHWM:") - idle;
    printf("stream %s %ld %ld 0\n", dsn, most, most);
}

int main(int argc, char **argv)
{
    const char *what = argc > 3 ? argv[1] : "";
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    if (strcmp(what, "calls") == 0 && argc > 5)
        calls(argv[2], atoi(argv[3]), (int[]){atoi(argv[4]), atoi(argv[5])}, argv + 6, argc - 6);
    else if (strcmp(what, "connect") == 0)
        connects(argv[2], atoi(argv[3]), argv + 4, argc - 4);
    else if (strcmp(what, "rows") == 0 && argc > 4)
        rows(argv[2], atoi(argv[3]), atoi(argv[4]), argv + 5, argc - 5);
    else if (strcmp(what, "stream") == 0)
        stream(argv[2], argv[3]);
    else
        die("usage", "see the head of speed.c");
    return 0;
}
