#include "client.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LOGIN_SECONDS = 2, PAUSE_MS = 10 };

double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

const char *event_word(enum event_kind kind)
{
    static const char *const words[] = {
        [EVENT_CONNECTED] = "connected", [EVENT_OK] = "ok",       [EVENT_THERE] = "there",
        [EVENT_ABSENT] = "absent",       [EVENT_ERROR] = "error",
    };
    return words[kind];
}

SQLHENV environment(void)
{
    SQLHENV env;
    if (SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env) != SQL_SUCCESS)
        return NULL;
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    return env;
}

/* --- telling --- */

static void tell(struct client *c, enum event_kind kind, double begin)
{
    struct event e = {.kind = kind, .begin = begin, .end = now_ms(), .key = c->key};
    c->tell(c->arg, &e);
}

/* Tells the first diagnostic of a handle and decides what the next step begins with. */
static bool failed(struct client *c, SQLSMALLINT type, SQLHANDLE handle, double begin)
{
    struct event e = {.kind = EVENT_ERROR, .begin = begin, .end = now_ms(), .key = c->key};
    SQLINTEGER native;
    SQLSMALLINT length;
    SQLRETURN r = SQLGetDiagRec(type, handle, 1, (SQLCHAR *)e.state, &native, (SQLCHAR *)e.text,
                                sizeof e.text, &length);
    if (!SQL_SUCCEEDED(r))
        strcpy(e.state, "-----");
    for (char *p = e.text; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    if (handle == c->insert && strcmp(e.state, "08S02") != 0)
        c->unsure = true;
    c->errors++;
    c->tell(c->arg, &e);
    return false;
}

/* --- the connection --- */

static void drop_statements(struct client *c)
{
    if (c->insert)
        SQLFreeHandle(SQL_HANDLE_STMT, c->insert);
    if (c->ask)
        SQLFreeHandle(SQL_HANDLE_STMT, c->ask);
    c->insert = c->ask = SQL_NULL_HSTMT;
}

static void client_disconnect(struct client *c)
{
    drop_statements(c);
    SQLDisconnect(c->dbc);
    c->connected = false;
}

/* A statement prepared with the run's name and the key as its parameters. */
static bool prepare(struct client *c, SQLHSTMT *s, const char *sql)
{
    return SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, s)) &&
           SQL_SUCCEEDED(SQLPrepare(*s, (SQLCHAR *)sql, SQL_NTS)) &&
           SQL_SUCCEEDED(SQLBindParameter(*s, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR,
                                          sizeof c->run, 0, c->run, sizeof c->run, NULL)) &&
           SQL_SUCCEEDED(SQLBindParameter(*s, 2, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 19, 0,
                                          &c->key, 0, NULL));
}

static bool client_connect(struct client *c)
{
    double begin = now_ms();
    if (c->reconnects)
        SQLSetConnectAttr(c->dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)LOGIN_SECONDS, 0);
    if (!SQL_SUCCEEDED(SQLConnect(c->dbc, (SQLCHAR *)c->dsn, SQL_NTS, NULL, 0, NULL, 0)))
        return failed(c, SQL_HANDLE_DBC, c->dbc, begin);
    c->connected = true;
    SQLHSTMT *last = &c->insert;
    bool good = prepare(c, last, "INSERT INTO demo_row (run, k) VALUES (?, ?)");
    if (good) {
        last = &c->ask;
        good = prepare(c, last, "SELECT count(*) FROM demo_row WHERE run = ? AND k = ?");
    }
    if (good) {
        tell(c, EVENT_CONNECTED, begin);
        return true;
    }
    failed(c, SQL_HANDLE_STMT, *last, begin);
    client_disconnect(c);
    return false;
}

/* --- one row --- */

/* Is the row of the unsure write there? False: this failed too. */
static bool client_ask(struct client *c, SQLBIGINT *count)
{
    double begin = now_ms();
    SQLLEN length;
    if (!SQL_SUCCEEDED(SQLExecute(c->ask)) || !SQL_SUCCEEDED(SQLFetch(c->ask)) ||
        !SQL_SUCCEEDED(SQLGetData(c->ask, 1, SQL_C_SBIGINT, count, 0, &length))) {
        failed(c, SQL_HANDLE_STMT, c->ask, begin);
        SQLFreeStmt(c->ask, SQL_CLOSE);
        return false;
    }
    SQLFreeStmt(c->ask, SQL_CLOSE);
    c->unsure = false;
    tell(c, *count ? EVENT_THERE : EVENT_ABSENT, begin);
    return true;
}

static bool client_write(struct client *c)
{
    SQLBIGINT count = 0;
    if (c->unsure && !client_ask(c, &count))
        return false;
    if (!count) {
        double begin = now_ms();
        if (!SQL_SUCCEEDED(SQLExecute(c->insert)))
            return failed(c, SQL_HANDLE_STMT, c->insert, begin);
        tell(c, EVENT_OK, begin);
    }
    c->errors = 0;
    c->key++;
    return true;
}

bool client_step(struct client *c)
{
    if (!c->connected && !client_connect(c))
        return false;
    if (client_write(c))
        return true;
    if (c->reconnects)
        client_disconnect(c);
    return false;
}

int client_pause(const struct client *c)
{
    return c->errors < (c->reconnects ? 2 : 4) ? 0 : PAUSE_MS;
}

bool client_init(struct client *c, SQLHENV env, const char *dsn, const char *run, SQLBIGINT key)
{
    *c = (struct client){.env = env, .dsn = dsn, .key = key};
    snprintf(c->run, sizeof c->run, "%s", run);
    return SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, env, &c->dbc));
}

void client_fini(struct client *c)
{
    if (c->connected)
        client_disconnect(c);
    SQLFreeHandle(SQL_HANDLE_DBC, c->dbc);
}
