/* MariaDB Connector/C, bare: results are streamed (mysql_use_result, unbuffered statements). */
#include "bare.h"
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bare {
    MYSQL *my;       /* owned */
    MYSQL_STMT *one; /* owned; bare_prepare()'s */
};

const char bare_name[] = "libmariadb";
const char bare_thread_sql[] =
    "SELECT tid FROM information_schema.processlist WHERE id = connection_id()";

static void check(bool good, MYSQL *my)
{
    if (!good)
        die("libmariadb", mysql_error(my));
}

static void check_stmt(bool good, MYSQL_STMT *s)
{
    if (!good)
        die("libmariadb", mysql_stmt_error(s));
}

struct bare *bare_open(const char *where)
{
    char host[200], user[80], password[80], database[80];
    unsigned port;
    struct bare *b = calloc(1, sizeof *b);
    if (!b || !(b->my = mysql_init(NULL)))
        die("libmariadb", "no memory");
    if (sscanf(where, "%199s %u %79s %79s %79s", host, &port, user, password, database) != 5)
        die(where, "not HOST PORT USER PASSWORD DATABASE");
    mysql_options(b->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    check(mysql_real_connect(b->my, host, user, password, database, port, NULL, 0), b->my);
    return b;
}

void bare_close(struct bare *b)
{
    if (b->one)
        mysql_stmt_close(b->one);
    mysql_close(b->my);
    free(b);
}

static MYSQL_STMT *prepare(struct bare *b, const char *sql)
{
    MYSQL_STMT *s = mysql_stmt_init(b->my);
    check(s != NULL, b->my);
    check_stmt(mysql_stmt_prepare(s, sql, strlen(sql)) == 0, s);
    return s;
}

void bare_prepare(struct bare *b, const char *sql)
{
    b->one = prepare(b, sql);
}

int bare_direct(struct bare *b, const char *sql)
{
    check(mysql_real_query(b->my, sql, strlen(sql)) == 0, b->my);
    MYSQL_RES *r = mysql_use_result(b->my);
    check(r != NULL, b->my);
    MYSQL_ROW row = mysql_fetch_row(r);
    check(row && row[0], b->my);
    int value = atoi(row[0]);
    while (mysql_fetch_row(r))
        continue;
    mysql_free_result(r);
    return value;
}

int bare_prepared(struct bare *b)
{
    int value = 0;
    MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_LONG, .buffer = &value};
    check_stmt(mysql_stmt_execute(b->one) == 0, b->one);
    check_stmt(mysql_stmt_bind_result(b->one, &bind) == 0, b->one);
    check_stmt(mysql_stmt_fetch(b->one) == 0, b->one);
    check_stmt(mysql_stmt_fetch(b->one) == MYSQL_NO_DATA, b->one);
    mysql_stmt_free_result(b->one);
    return value;
}

static void use_text(MYSQL_ROW row, const unsigned long *lengths)
{
    struct bare_mixed m;
    m.id = atoi(row[0]);
    m.big = strtoll(row[1], NULL, 10);
    m.small = (int16_t)atoi(row[2]);
    m.real = strtod(row[3], NULL);
    m.price = strtod(row[4], NULL);
    size_t n = lengths[5] < sizeof m.name - 1 ? lengths[5] : sizeof m.name - 1;
    memcpy(m.name, row[5], n);
    m.name[n] = '\0';
    m.year = bare_digits(row[6], 4);
    m.month = bare_digits(row[6] + 5, 2);
    m.day = bare_digits(row[6] + 8, 2);
    bare_moment(row[7], lengths[7], m.at);
    bare_use(&m);
}

static void rows_text(struct bare *b, const char *sql, bool mixed)
{
    check(mysql_real_query(b->my, sql, strlen(sql)) == 0, b->my);
    MYSQL_RES *r = mysql_use_result(b->my);
    check(r != NULL, b->my);
    for (MYSQL_ROW row; (row = mysql_fetch_row(r));) {
        if (mixed)
            use_text(row, mysql_fetch_lengths(r));
        else
            sink += atoi(row[0]) + atoi(row[1]);
    }
    check(mysql_errno(b->my) == 0, b->my);
    mysql_free_result(r);
}

/* The row's place and its bindings. */
struct places {
    struct bare_mixed m;
    int a, b;
    MYSQL_TIME date, at;
    unsigned long length;
    MYSQL_BIND binds[8];
};

static void set_places(struct places *p, bool mixed)
{
    if (!mixed) {
        p->binds[0] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONG, .buffer = &p->a};
        p->binds[1] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONG, .buffer = &p->b};
        return;
    }
    p->binds[0] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONG, .buffer = &p->m.id};
    p->binds[1] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &p->m.big};
    p->binds[2] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_SHORT, .buffer = &p->m.small};
    p->binds[3] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DOUBLE, .buffer = &p->m.real};
    p->binds[4] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DOUBLE, .buffer = &p->m.price};
    p->binds[5] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING, .buffer = p->m.name,
                               .buffer_length = sizeof p->m.name, .length = &p->length};
    p->binds[6] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DATE, .buffer = &p->date};
    p->binds[7] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_DATETIME, .buffer = &p->at};
}

static void use_places(struct places *p, bool mixed)
{
    if (!mixed) {
        sink += p->a + p->b;
        return;
    }
    p->m.year = (int)p->date.year;
    p->m.month = (int)p->date.month;
    p->m.day = (int)p->date.day;
    p->m.at[5] = (int)p->at.second;
    p->m.at[6] = (int)p->at.second_part;
    bare_use(&p->m);
}

static void rows_binary(struct bare *b, const char *sql, bool mixed)
{
    struct places p = {.a = 0};
    MYSQL_STMT *s = prepare(b, sql);
    int r;
    set_places(&p, mixed);
    check_stmt(mysql_stmt_execute(s) == 0, s);
    check_stmt(mysql_stmt_bind_result(s, p.binds) == 0, s);
    while ((r = mysql_stmt_fetch(s)) == 0)
        use_places(&p, mixed);
    check_stmt(r == MYSQL_NO_DATA, s);
    mysql_stmt_close(s);
}

const struct bare_way bare_ways[] = {{"text", rows_text}, {"binary", rows_binary}, {NULL, NULL}};
