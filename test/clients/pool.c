/* unixODBC's connection pool: what comes out of it is as a new connection would be. The driver
 * manager resets the connections of an application that asked for ODBC 3.8, and of no other.
 *
 *   pool DSN pg|my     one line a test: "ok pool NAME" or "FAIL pool NAME WHY" */
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static SQLHENV env;
static char *dsn;
static int my;
static char why[600];

struct link {
    SQLHDBC dbc;
    SQLHSTMT stmt;
};

static void complain(const char *what, SQLSMALLINT type, SQLHANDLE h)
{
    SQLCHAR state[6] = "", text[400] = "";
    SQLINTEGER native;
    SQLSMALLINT n;
    SQLGetDiagRec(type, h, 1, state, &native, text, sizeof text, &n);
    if (!why[0])
        snprintf(why, sizeof why, "%s: %s %s", what, state, text);
}

static struct link open_link(void)
{
    struct link l = {0};
    SQLAllocHandle(SQL_HANDLE_DBC, env, &l.dbc);
    if (!SQL_SUCCEEDED(SQLConnect(l.dbc, (SQLCHAR *)dsn, SQL_NTS, NULL, 0, NULL, 0)) ||
        !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, l.dbc, &l.stmt)))
        complain("connect", SQL_HANDLE_DBC, l.dbc);
    return l;
}

static void close_link(struct link *l)
{
    SQLFreeHandle(SQL_HANDLE_STMT, l->stmt);
    if (!SQL_SUCCEEDED(SQLDisconnect(l->dbc)))
        complain("disconnect", SQL_HANDLE_DBC, l->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, l->dbc);
}

static int run(struct link *l, const char *sql)
{
    SQLRETURN r = SQLExecDirect(l->stmt, (SQLCHAR *)sql, SQL_NTS);
    SQLFreeStmt(l->stmt, SQL_CLOSE);
    return SQL_SUCCEEDED(r);
}

static void must(struct link *l, const char *sql)
{
    if (!run(l, sql))
        complain(sql, SQL_HANDLE_STMT, l->stmt);
}

/* The one number. */
static long number(struct link *l, const char *sql)
{
    SQLINTEGER v = -1;
    SQLLEN n;
    if (!SQL_SUCCEEDED(SQLExecDirect(l->stmt, (SQLCHAR *)sql, SQL_NTS)) ||
        !SQL_SUCCEEDED(SQLFetch(l->stmt)) ||
        !SQL_SUCCEEDED(SQLGetData(l->stmt, 1, SQL_C_SLONG, &v, 0, &n)))
        complain(sql, SQL_HANDLE_STMT, l->stmt);
    SQLFreeStmt(l->stmt, SQL_CLOSE);
    return v;
}

static long session(struct link *l)
{
    return number(l, my ? "SELECT connection_id()" : "SELECT pg_backend_pid()");
}

static void expect(int true_, const char *what)
{
    if (!true_ && !why[0])
        snprintf(why, sizeof why, "%s", what);
}

static void a_session_comes_back_clean(void)
{
    const char *setting = my ? "SELECT @@sort_buffer_size"
                             : "SELECT setting::int FROM pg_settings WHERE name = 'work_mem'";
    struct link a = open_link();
    long id = session(&a), was = number(&a, setting);
    must(&a, my ? "SET sort_buffer_size = 123904" : "SET work_mem = '7MB'");
    must(&a, "CREATE TEMPORARY TABLE pool_temporary (k int)");
    SQLSetConnectAttr(a.dbc, SQL_ATTR_TXN_ISOLATION, (SQLPOINTER)SQL_TXN_SERIALIZABLE, 0);
    expect(number(&a, setting) != was, "the setting was not made");
    close_link(&a);
    struct link b = open_link();
    SQLUINTEGER level = 0;
    expect(session(&b) == id, "the pool gave another session");
    expect(number(&b, setting) == was, "the setting is still there");
    expect(!run(&b, "SELECT * FROM pool_temporary"), "the temporary table is still there");
    SQLGetConnectAttr(b.dbc, SQL_ATTR_TXN_ISOLATION, &level, 0, NULL);
    expect(level != SQL_TXN_SERIALIZABLE, "the isolation level is still there");
    close_link(&b);
}

static void manual_commit_ends(void)
{
    struct link a = open_link();
    must(&a, "CREATE TABLE pool_rows (k int)");
    SQLSetConnectAttr(a.dbc, SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF, 0);
    must(&a, "INSERT INTO pool_rows VALUES (1)");
    SQLEndTran(SQL_HANDLE_DBC, a.dbc, SQL_ROLLBACK);
    close_link(&a);
    struct link b = open_link(), c = open_link();
    must(&b, "INSERT INTO pool_rows VALUES (2)");
    expect(number(&c, "SELECT sum(k) FROM pool_rows") == 2, "autocommit is still off");
    must(&c, "DROP TABLE pool_rows");
    close_link(&b);
    close_link(&c);
}

static void the_dead_are_not_given_out(void)
{
    char sql[80];
    struct link a = open_link(), b = open_link();
    long id = session(&a);
    expect(id != session(&b), "two users of one session");
    close_link(&a);
    snprintf(sql, sizeof sql, my ? "KILL %ld" : "SELECT pg_terminate_backend(%ld, 5000)", id);
    must(&b, sql);
    struct link c = open_link();
    expect(session(&c) != id, "the session was ended");
    close_link(&b);
    close_link(&c);
}

int main(int count, char **word)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {{"a_session_comes_back_clean", a_session_comes_back_clean},
                 {"manual_commit_ends", manual_commit_ends},
                 {"the_dead_are_not_given_out", the_dead_are_not_given_out}};
    if (count != 3)
        return 2;
    dsn = word[1];
    my = strcmp(word[2], "my") == 0;
    SQLSetEnvAttr(SQL_NULL_HANDLE, SQL_ATTR_CONNECTION_POOLING, (SQLPOINTER)SQL_CP_ONE_PER_DRIVER, 0);
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        why[0] = '\0';
        tests[i].run();
        printf(why[0] ? "FAIL pool %s %s\n" : "ok pool %s%s\n", tests[i].name, why);
    }
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    return 0;
}
