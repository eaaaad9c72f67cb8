// Large things: results in constant memory, long statements, long values.
#include "odbc_test.h"

#include <algorithm>
#include <climits>
#include <cstring>

namespace
{

class Streaming : public Connected
{
  protected:
    // The most the process grew by while f ran, in KiB.
    long growth(const std::function<void()> &f)
    {
        long before = rss_kib();
        reset_peak_rss();
        f();
        return peak_rss_kib() - before;
    }
    const long rows = sanitized() ? 300000 : 3000000;
    // A sanitizer keeps freed memory; its numbers say nothing.
    const long limit = sanitized() ? 1000000 : 16 * 1024;
};

TEST_F(Streaming, ManyRows)
{
    SQLBIGINT a[1000];
    char b[1000][32];
    SQLLEN ia[1000], ib[1000];
    SQLULEN fetched = 0;
    SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(1000), 0);
    SQLSetStmtAttr(stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0);
    SQLBindCol(stmt, 1, SQL_C_SBIGINT, a, 0, ia);
    SQLBindCol(stmt, 2, SQL_C_CHAR, b, 32, ib);
    SQLBIGINT sum = 0;
    long n = 0;
    long grown = growth([&] {
        ASSERT_TRUE(ok(stmt.exec("SELECT i, 'row number ' || i FROM generate_series(1, " +
                                 std::to_string(rows) + ") i"),
                       stmt));
        while (SQL_SUCCEEDED(stmt.fetch())) {
            for (SQLULEN i = 0; i < fetched; i++)
                sum += a[i];
            n += long(fetched);
        }
    });
    EXPECT_EQ(rows, n);
    EXPECT_EQ(SQLBIGINT(rows) * (rows + 1) / 2, sum);
    EXPECT_LT(grown, limit);
}

TEST_F(Streaming, TheFirstRowComesEarly)
{
    double took = seconds_of([&] {
        ASSERT_TRUE(ok(stmt.exec("SELECT i, pg_sleep(CASE WHEN i = 5000 THEN 5 ELSE 0 END)"
                                 " FROM generate_series(1, 5000) i"),
                       stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
    });
    EXPECT_LT(took, 3);
    SQLCancel(stmt);
    stmt.close();
}

TEST_F(Streaming, PreparedWithParameters)
{
    SQLINTEGER n = SQLINTEGER(rows / 3);
    SQLLEN ind = 0;
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &n, 0, &ind);
    SQLINTEGER v = 0;
    SQLBindCol(stmt, 1, SQL_C_SLONG, &v, 0, nullptr);
    ASSERT_TRUE(ok(stmt.prepare("SELECT i FROM generate_series(1, ?::int) i"), stmt));
    long count = 0;
    long grown = growth([&] {
        ASSERT_TRUE(ok(stmt.execute(), stmt));
        while (SQL_SUCCEEDED(stmt.fetch()))
            count++;
    });
    EXPECT_EQ(n, count);
    EXPECT_EQ(n, v);
    EXPECT_LT(grown, limit);
}

// The rest of an open result is set aside: on disk, not in memory.
TEST_F(Streaming, SetAside)
{
    Stmt two(dbc);
    long n = 1;
    long count = rows / 3;
    long grown = growth([&] {
        ASSERT_TRUE(ok(stmt.exec("SELECT i, 'row number ' || i FROM generate_series(1, " +
                                 std::to_string(count) + ") i"),
                       stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        EXPECT_EQ("2", two.value("SELECT 1 + 1"));
        SQLBIGINT v = 0;
        SQLBindCol(stmt, 1, SQL_C_SBIGINT, &v, 0, nullptr);
        while (SQL_SUCCEEDED(stmt.fetch())) {
            n++;
            if (v != n)
                break;
        }
    });
    EXPECT_EQ(count, n);
    EXPECT_LT(grown, limit);
}

TEST_F(Streaming, LongStatement)
{
    std::string x(10 << 20, 'x');
    EXPECT_EQ(std::to_string(x.size()), stmt.value("SELECT length('" + x + "')"));
    ASSERT_TRUE(ok(stmt.prepare("SELECT length('" + x + "')"), stmt));
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ(std::to_string(x.size()) + "\n", shown(stmt.rest()));
    stmt.close();
    Stmt w(dbc);
    w.api.wide = true;
    EXPECT_EQ(std::to_string(x.size()), w.value("SELECT length('" + x + "')"));
}

TEST_F(Streaming, LongValue)
{
    size_t size = 50 << 20;
    ASSERT_TRUE(
        ok(stmt.exec("SELECT repeat('0123456789', " + std::to_string(size / 10) + ")"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    std::vector<char> piece(65536);
    SQLLEN ind;
    size_t got = 0;
    SQLRETURN rc;
    while (SQL_SUCCEEDED(
        rc = SQLGetData(stmt, 1, SQL_C_CHAR, piece.data(), SQLLEN(piece.size()), &ind)))
        got += strlen(piece.data());
    EXPECT_TRUE(nothing(rc, stmt));
    EXPECT_EQ(size / 10 * 10, got);
}

TEST_F(Streaming, LongValueThere)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (b bytea)"), stmt));
    SQLLEN at_exec = SQL_DATA_AT_EXEC;
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_BINARY, SQL_LONGVARBINARY, 0, 0, &at_exec, 0,
                     &at_exec);
    std::string piece(1 << 20, '\xab');
    ASSERT_EQ(SQL_NEED_DATA, stmt.exec("INSERT INTO t VALUES (?)"));
    SQLPOINTER token;
    ASSERT_EQ(SQL_NEED_DATA, SQLParamData(stmt, &token));
    for (int i = 0; i < 30; i++)
        ASSERT_TRUE(clean(SQLPutData(stmt, piece.data(), SQLLEN(piece.size())), stmt));
    ASSERT_TRUE(clean(SQLParamData(stmt, &token), stmt));
    EXPECT_EQ(std::to_string(30 << 20), stmt.value("SELECT length(b) FROM t"));
}

// Nothing grows with the number of statements, errors or connections.
TEST_F(Streaming, NothingIsLeftBehind)
{
    auto some = [&](int n) {
        for (int i = 0; i < n; i++) {
            Stmt s(dbc);
            s.exec("SELECT 1, 'x'");
            s.fetch();
            s.close();
            s.exec("SELECT * FROM nix");
            s.prepare("SELECT " + std::to_string(i));
            s.execute();
        }
    };
    some(300);
    long before = rss_kib();
    some(sanitized() ? 500 : 3000);
    EXPECT_LT(rss_kib() - before, sanitized() ? 100000 : 1024);
}

TEST_F(Streaming, ManyConnections)
{
    auto some = [&](int n) {
        for (int i = 0; i < n; i++) {
            Dbc d(*e);
            ASSERT_TRUE(ok(d.open(conn_str()), d));
        }
    };
    some(10);
    // What is left behind grows each time; the allocator's places for the driver's helpers do not.
    long least = LONG_MAX;
    for (int i = 0; i < 3; i++) {
        long before = rss_kib();
        some(sanitized() ? 10 : 100);
        least = std::min(least, rss_kib() - before);
    }
    EXPECT_LT(least, sanitized() ? 50000 : 1024);
}

} // namespace
