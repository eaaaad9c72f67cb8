/* speed: many rows read and written, bound as native C types. */
#include "speed.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ARRAY = 1000 };

/* --- reading --- */

static struct {
    SQLINTEGER a[ROWSET], b[ROWSET];
    SQLBIGINT big[ROWSET];
    SQLSMALLINT small[ROWSET];
    SQLDOUBLE real[ROWSET], price[ROWSET];
    SQLCHAR name[ROWSET][41];
    SQL_DATE_STRUCT date[ROWSET];
    SQL_TIMESTAMP_STRUCT at[ROWSET];
    SQLLEN lengths[8][ROWSET];
    SQLULEN fetched;
} in;

static void bind_columns(SQLHSTMT stmt, bool mixed)
{
    SQLBindCol(stmt, 1, SQL_C_SLONG, in.a, 0, in.lengths[0]);
    if (!mixed) {
        SQLBindCol(stmt, 2, SQL_C_SLONG, in.b, 0, in.lengths[1]);
        return;
    }
    SQLBindCol(stmt, 2, SQL_C_SBIGINT, in.big, 0, in.lengths[1]);
    SQLBindCol(stmt, 3, SQL_C_SSHORT, in.small, 0, in.lengths[2]);
    SQLBindCol(stmt, 4, SQL_C_DOUBLE, in.real, 0, in.lengths[3]);
    SQLBindCol(stmt, 5, SQL_C_DOUBLE, in.price, 0, in.lengths[4]);
    SQLBindCol(stmt, 6, SQL_C_CHAR, in.name, sizeof in.name[0], in.lengths[5]);
    SQLBindCol(stmt, 7, SQL_C_TYPE_DATE, in.date, 0, in.lengths[6]);
    SQLBindCol(stmt, 8, SQL_C_TYPE_TIMESTAMP, in.at, 0, in.lengths[7]);
}

static void use_row(SQLULEN i, bool mixed)
{
    if (mixed)
        sink += in.a[i] + (long)in.big[i] + in.small[i] + (long)in.real[i] + (long)in.price[i] +
                in.name[i][0] + in.date[i].year + in.date[i].month + in.date[i].day +
                in.at[i].second + (long)in.at[i].fraction;
    else
        sink += in.a[i] + in.b[i];
}

static void odbc_rows(struct subject *s)
{
    SQLRETURN r;
    SQLSetStmtAttr(s->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)(uintptr_t)s->rowset, 0);
    SQLSetStmtAttr(s->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &in.fetched, 0);
    bind_columns(s->stmt, s->mixed);
    r = s->prepared ? SQLExecute(s->stmt)
                    : SQLExecDirect(s->stmt, (SQLCHAR *)(uintptr_t)s->text, SQL_NTS);
    check(r, SQL_HANDLE_STMT, s->stmt, s->name);
    while ((r = SQLFetch(s->stmt)) != SQL_NO_DATA) {
        check(r, SQL_HANDLE_STMT, s->stmt, s->name);
        for (SQLULEN i = 0; i < in.fetched; i++)
            use_row(i, s->mixed);
    }
    SQLFreeStmt(s->stmt, SQL_CLOSE);
    SQLFreeStmt(s->stmt, SQL_UNBIND);
    SQLSetStmtAttr(s->stmt, SQL_ATTR_ROWS_FETCHED_PTR, NULL, 0);
}

static void bare_rows(struct subject *s)
{
    s->way->rows(s->bare, s->text, s->mixed);
}

static void add_odbc(const char *dsn, const char *suffix, const struct subject *how, int times)
{
    struct subject s = odbc_subject(dsn);
    snprintf(s.name, sizeof s.name, "%s%s", dsn, suffix);
    s.run = odbc_rows;
    s.text = how->text;
    s.mixed = how->mixed;
    s.rowset = how->rowset;
    s.prepared = how->prepared;
    if (s.prepared)
        check(SQLPrepare(s.stmt, (SQLCHAR *)(uintptr_t)s.text, SQL_NTS), SQL_HANDLE_STMT, s.stmt,
              dsn);
    add_subject(&s, times);
}

void measure_rows(const char *where, int times, bool mixed, const char *sql, char **dsns,
                  int count)
{
    struct bare *b = bare_open(where);
    struct subject how = {.text = sql, .mixed = mixed};
    for (const struct bare_way *way = bare_ways; way->name; way++) {
        struct subject s = bare_subject(b, way->name);
        s.run = bare_rows;
        s.way = way;
        s.text = sql;
        s.mixed = mixed;
        add_subject(&s, times);
    }
    for (int i = 0; i < count; i++) {
        how.prepared = false;
        how.rowset = 1;
        add_odbc(dsns[i], "", &how, times);
        how.rowset = ROWSET;
        add_odbc(dsns[i], "-rowset", &how, times);
        how.prepared = true;
        add_odbc(dsns[i], "-prepared", &how, times);
    }
    run_race(mixed ? "mixed" : "rows", times, 1);
    bare_close(b);
}

/* --- writing --- */

static struct {
    SQLINTEGER a[ARRAY];
    SQLCHAR b[ARRAY][41];
    SQLLEN lengths[ARRAY];
} out;

static void fill(int first, int count)
{
    for (int i = 0; i < count; i++) {
        out.a[i] = first + i;
        out.lengths[i] = snprintf((char *)out.b[i], sizeof out.b[i], "the row of number %d", first + i);
    }
}

static void odbc_insert(struct subject *s)
{
    for (int i = 0; i < s->rows; i += (int)s->rowset) {
        fill(i, (int)s->rowset);
        check(SQLExecute(s->stmt), SQL_HANDLE_STMT, s->stmt, s->name);
    }
    check(SQLEndTran(SQL_HANDLE_DBC, s->dbc, SQL_COMMIT), SQL_HANDLE_DBC, s->dbc, s->name);
}

static struct subject inserting(const char *dsn, const char *suffix, SQLULEN rowset, int rows)
{
    struct subject s = odbc_subject(dsn);
    snprintf(s.name, sizeof s.name, "%s%s", dsn, suffix);
    s.run = odbc_insert;
    s.rowset = rowset;
    s.rows = rows;
    SQLSetConnectAttr(s.dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0);
    check(SQLPrepare(s.stmt, (SQLCHAR *)"INSERT INTO bench_insert (a, b) VALUES (?, ?)", SQL_NTS),
          SQL_HANDLE_STMT, s.stmt, dsn);
    check(SQLSetStmtAttr(s.stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)(uintptr_t)rowset, 0),
          SQL_HANDLE_STMT, s.stmt, dsn);
    SQLBindParameter(s.stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, out.a, 0, NULL);
    SQLBindParameter(s.stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, out.b,
                     sizeof out.b[0], out.lengths);
    return s;
}

void measure_inserts(int times, int number, char **dsns, int count)
{
    struct subject s;
    for (int i = 0; i < count; i++) {
        s = inserting(dsns[i], "-array", ARRAY, number);
        add_subject(&s, times);
        s = inserting(dsns[i], "-single", 1, number / 10);
        add_subject(&s, times);
    }
    run_race("insert", times, 1);
}
