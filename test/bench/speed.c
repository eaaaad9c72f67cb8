/* speed: what the driver costs beside the bare client library (and another driver), alternating in
 * one process. WHERE is what bare_open() wants.
 *
 *   speed calls WHERE BLOCKS CPU CPU DSN...
 *                                          SELECT 1, direct and prepared: microseconds each; this
 *                                          process on the first CPU, its sessions' on the second
 *   speed connect WHERE TIMES DSN...       connect and disconnect: microseconds each
 *   speed rows|mixed WHERE TIMES SQL DSN...
 *                                          the rows of SQL bound, two integers or as bare.h says:
 *                                          microseconds each time
 *   speed insert WHERE TIMES ROWS DSN...   ROWS rows into bench_insert (a int, b varchar(40)) in one
 *                                          transaction, in arrays of 1000 and one by one (a tenth
 *                                          of them): microseconds each row
 *   speed stream DSN ROWS SQL              KiB of memory above the idle process at the worst moment
 *                                          of ROWS rows of an integer and a text
 *
 *   speed idle WHERE COUNT DSN             COUNT connections, each of which has done a small
 *                                          statement: KiB of memory each; and COUNT of the driver
 *                                          alone, called without the driver manager
 *
 * Prints a line "WHAT SUBJECT VALUE BEST CPU BESTCPU" a figure: the median of the blocks, the best
 * of them, and the same of what this process itself was at work. Blocks are short, so that most of
 * them are not disturbed on a busy machine. */
#include "speed.h"
#include <dlfcn.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct race {
    struct subject subjects[MAX_SUBJECTS];
    int count;
} race;

static SQLHENV env;
volatile long sink;

void die(const char *what, const char *why)
{
    fprintf(stderr, "speed: %s: %s\n", what, why);
    exit(1);
}

void check(SQLRETURN r, SQLSMALLINT type, SQLHANDLE handle, const char *what)
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

void add_subject(const struct subject *s, int blocks)
{
    struct subject *to = &race.subjects[race.count];
    if (race.count++ == MAX_SUBJECTS)
        die(s->name, "too many");
    *to = *s;
    to->samples = calloc((size_t)blocks, sizeof *to->samples);
    to->cpu = calloc((size_t)blocks, sizeof *to->cpu);
    if (!to->samples || !to->cpu)
        die(s->name, "no memory");
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

void run_race(const char *what, int blocks, int calls)
{
    for (int block = 0; block < blocks; block++) {
        for (int i = 0; i < race.count; i++) {
            struct subject *s = &race.subjects[block % 2 ? race.count - 1 - i : i];
            double begin = clock_us(CLOCK_MONOTONIC), cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);
            for (int n = 0; n < calls; n++)
                s->run(s);
            int units = calls * (s->rows ? s->rows : 1);
            s->cpu[block] = (clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / units;
            s->samples[block] = (clock_us(CLOCK_MONOTONIC) - begin) / units;
        }
    }
    for (int i = 0; i < race.count; i++) {
        struct subject *s = &race.subjects[i];
        double middle = median(s->samples, blocks), work = median(s->cpu, blocks);
        printf("%s %s %.3f %.3f %.3f %.3f\n", what, s->name, middle, s->samples[0], work, s->cpu[0]);
        free(s->samples);
        free(s->cpu);
    }
    race.count = 0;
}

/* --- connections --- */

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

struct subject odbc_subject(const char *dsn)
{
    struct subject s = {.text = dsn, .dbc = new_dbc(), .rowset = 1};
    snprintf(s.name, sizeof s.name, "%s", dsn);
    odbc_connect(s.dbc, dsn);
    check(SQLAllocHandle(SQL_HANDLE_STMT, s.dbc, &s.stmt), SQL_HANDLE_DBC, s.dbc, dsn);
    return s;
}

struct subject bare_subject(struct bare *b, const char *way)
{
    struct subject s = {.bare = b};
    snprintf(s.name, sizeof s.name, "%s%s%s", bare_name, way ? "-" : "", way ? way : "");
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
    check(SQLExecDirect(s->stmt, (SQLCHAR *)bare_thread_sql, SQL_NTS), SQL_HANDLE_STMT, s->stmt,
          s->name);
    SQLFetch(s->stmt);
    SQLGetData(s->stmt, 1, SQL_C_SLONG, &pid, 0, &length);
    SQLFreeStmt(s->stmt, SQL_CLOSE);
    return pid;
}

static void call_direct(struct subject *s)
{
    sink += bare_direct(s->bare, "SELECT 1");
}

static void call_prepared(struct subject *s)
{
    sink += bare_prepared(s->bare);
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

static void calls(const char *where, int blocks, const int *cpu, char **dsns, int count)
{
    struct subject odbc[MAX_SUBJECTS];
    struct bare *b = bare_open(where);
    struct subject bare = bare_subject(b, NULL);
    pin(cpu[0], 0);
    pin(cpu[1], bare_direct(b, bare_thread_sql));
    bare_prepare(b, "SELECT 1");
    bare.run = call_direct;
    add_subject(&bare, blocks);
    for (int i = 0; i < count; i++) {
        odbc[i] = odbc_subject(dsns[i]);
        pin(cpu[1], odbc_backend(&odbc[i]));
        odbc[i].run = odbc_direct;
        add_subject(&odbc[i], blocks);
    }
    run_race("direct", blocks, CALLS_PER_BLOCK);
    bare.run = call_prepared;
    add_subject(&bare, blocks);
    for (int i = 0; i < count; i++) {
        check(SQLPrepare(odbc[i].stmt, (SQLCHAR *)"SELECT 1", SQL_NTS), SQL_HANDLE_STMT,
              odbc[i].stmt, dsns[i]);
        odbc[i].run = odbc_prepared;
        add_subject(&odbc[i], blocks);
    }
    run_race("prepared", blocks, CALLS_PER_BLOCK);
    bare_close(b);
}

/* --- connect --- */

static void bare_dial(struct subject *s)
{
    bare_close(bare_open(s->text));
}

static void odbc_dial(struct subject *s)
{
    SQLHDBC dbc = new_dbc();
    odbc_connect(dbc, s->text);
    check(SQLDisconnect(dbc), SQL_HANDLE_DBC, dbc, s->name);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

/* A connection of each driver stays open: the module is loaded, the cluster is known. */
static void connects(const char *where, int times, char **dsns, int count)
{
    struct subject bare = bare_subject(NULL, NULL);
    bare.run = bare_dial;
    bare.text = where;
    add_subject(&bare, times);
    for (int i = 0; i < count; i++) {
        struct subject s = odbc_subject(dsns[i]);
        s.run = odbc_dial;
        add_subject(&s, times);
    }
    run_race("connect", times, 1);
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
static void stream(const char *dsn, const char *number, const char *sql)
{
    char text[40];
    SQLINTEGER key;
    SQLLEN length[2];
    long count = 0;
    struct subject s = odbc_subject(dsn);
    odbc_direct(&s);
    long idle = memory_kib("VmRSS:");
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
    printf("stream %s %ld %ld 0 0\n", dsn, most, most);
}

static void tell_idle(const char *name, long before, int count)
{
    double kib = (double)(memory_kib("VmRSS:") - before) / count;
    printf("idle %s %.1f %.1f 0 0\n", name, kib, kib);
}

/* The module that the driver manager has loaded. */
static void *loaded_module(void)
{
    static char path[4096];
    char line[4096 + 128];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && path[0] == '\0' && fgets(line, sizeof line, maps))
        if (strstr(line, "/libholdfast"))
            sscanf(strchr(line, '/'), "%4095[^\n]", path);
    if (maps)
        fclose(maps);
    return path[0] ? dlopen(path, RTLD_NOW | RTLD_NOLOAD) : NULL;
}

/* What a connection costs in the driver itself: its own functions, called directly. */
static void idle_alone(int count, const char *dsn)
{
    void *module = loaded_module();
    if (module == NULL)
        return; /* another's driver */
    SQLRETURN (*alloc)(SQLSMALLINT, SQLHANDLE, SQLHANDLE *) = dlsym(module, "SQLAllocHandle");
    SQLRETURN (*set_env)(SQLHENV, SQLINTEGER, SQLPOINTER, SQLINTEGER) =
        dlsym(module, "SQLSetEnvAttr");
    SQLRETURN (*connect)(SQLHDBC, SQLCHAR *, SQLSMALLINT, SQLCHAR *, SQLSMALLINT, SQLCHAR *,
                         SQLSMALLINT) = dlsym(module, "SQLConnect");
    SQLRETURN (*execute)(SQLHSTMT, SQLCHAR *, SQLINTEGER) = dlsym(module, "SQLExecDirect");
    SQLRETURN (*fetch)(SQLHSTMT) = dlsym(module, "SQLFetch");
    SQLRETURN (*close)(SQLHSTMT) = dlsym(module, "SQLCloseCursor");
    SQLHANDLE own = NULL, dbc = NULL, stmt = NULL;
    long before = 0;
    alloc(SQL_HANDLE_ENV, NULL, &own);
    set_env(own, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    for (int i = 0; i <= count; i++) {
        if (i == 1)
            before = memory_kib("VmRSS:");
        if (alloc(SQL_HANDLE_DBC, own, &dbc) != SQL_SUCCESS ||
            !SQL_SUCCEEDED(connect(dbc, (SQLCHAR *)dsn, SQL_NTS, NULL, 0, NULL, 0)) ||
            alloc(SQL_HANDLE_STMT, dbc, &stmt) != SQL_SUCCESS ||
            !SQL_SUCCEEDED(execute(stmt, (SQLCHAR *)"SELECT 1", SQL_NTS)) ||
            !SQL_SUCCEEDED(fetch(stmt)) || close(stmt) != SQL_SUCCESS)
            die(dsn, "a call of the driver itself failed");
    }
    tell_idle("alone", before, count);
}

/* The first connection loads modules and makes what a process has once. */
static void idle(const char *where, int count, const char *dsn)
{
    struct bare *b = bare_open(where);
    struct subject s = odbc_subject(dsn);
    sink += bare_direct(b, "SELECT 1");
    odbc_direct(&s);
    long before = memory_kib("VmRSS:");
    for (int i = 0; i < count; i++) {
        s = odbc_subject(dsn);
        odbc_direct(&s);
    }
    tell_idle(dsn, before, count);
    before = memory_kib("VmRSS:");
    for (int i = 0; i < count; i++)
        sink += bare_direct(bare_open(where), "SELECT 1");
    tell_idle(bare_name, before, count);
    idle_alone(count, dsn);
}

int main(int argc, char **argv)
{
    const char *what = argc > 3 ? argv[1] : "";
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    bool mixed = strcmp(what, "mixed") == 0;
    if (strcmp(what, "calls") == 0 && argc > 5)
        calls(argv[2], atoi(argv[3]), (int[]){atoi(argv[4]), atoi(argv[5])}, argv + 6, argc - 6);
    else if (strcmp(what, "connect") == 0)
        connects(argv[2], atoi(argv[3]), argv + 4, argc - 4);
    else if ((mixed || strcmp(what, "rows") == 0) && argc > 4)
        measure_rows(argv[2], atoi(argv[3]), mixed, argv[4], argv + 5, argc - 5);
    else if (strcmp(what, "insert") == 0 && argc > 4)
        measure_inserts(atoi(argv[3]), atoi(argv[4]), argv + 5, argc - 5);
    else if (strcmp(what, "stream") == 0 && argc > 4)
        stream(argv[2], argv[3], argv[4]);
    else if (strcmp(what, "idle") == 0 && argc > 4)
        idle(argv[2], atoi(argv[3]), argv[4]);
    else
        die("usage", "see the head of speed.c");
    return 0;
}
