// A table of four rows, a cursor on it through which rows can be changed, and another statement.
#ifndef HOLDFAST_TEST_SET_POS_H
#define HOLDFAST_TEST_SET_POS_H

#include "odbc_test.h"

#include <cstring>

class SetPos : public EveryMode
{
  protected:
    SQLINTEGER k[4] = {};
    char v[4][16] = {};
    SQLLEN klen[4] = {}, vlen[4] = {};
    SQLUSMALLINT status[4] = {};
    SQLULEN fetched = 0;
    Stmt other;

    void SetUp() override
    {
        EveryMode::SetUp();
        other = Stmt(dbc);
        run("DROP TABLE IF EXISTS positioned");
        run("CREATE TABLE positioned(k int NOT NULL PRIMARY KEY, v varchar(20), d decimal(6,2) DEFAULT 7.5)");
        run("INSERT INTO positioned(k, v) VALUES (1, 'one'), (2, 'two'), (3, NULL), (4, 'four')");
        set(stmt, SQL_ATTR_CURSOR_TYPE, SQL_CURSOR_STATIC);
        set(stmt, SQL_ATTR_CONCURRENCY, SQL_CONCUR_VALUES);
        point(SQL_ATTR_ROW_STATUS_PTR, status);
        point(SQL_ATTR_ROWS_FETCHED_PTR, &fetched);
    }
    void TearDown() override
    {
        stmt.close();
        run("DROP TABLE IF EXISTS positioned");
        other = Stmt();
        EveryMode::TearDown();
    }
    void set(Stmt &s, SQLINTEGER attribute, SQLULEN value)
    {
        ASSERT_TRUE(clean(SQLSetStmtAttr(s, attribute, reinterpret_cast<SQLPOINTER>(value), 0), s)); // NOLINT
    }
    void point(SQLINTEGER attribute, void *p)
    {
        ASSERT_TRUE(clean(SQLSetStmtAttr(stmt, attribute, p, 0), stmt));
    }
    void run(const std::string &sql)
    {
        ASSERT_TRUE(ok(other.exec(sql), other)) << sql;
        other.close();
    }
    // Rowsets of `size`, both columns bound.
    void open(SQLULEN size, const std::string &sql = "SELECT k, v FROM positioned ORDER BY k")
    {
        set(stmt, SQL_ATTR_ROW_ARRAY_SIZE, size);
        ASSERT_TRUE(clean(SQLBindCol(stmt, 1, SQL_C_SLONG, k, 0, klen), stmt));
        ASSERT_TRUE(clean(SQLBindCol(stmt, 2, SQL_C_CHAR, v, sizeof(v[0]), vlen), stmt));
        ASSERT_TRUE(clean(stmt.exec(sql), stmt));
    }
    void fetch(SQLSMALLINT orientation, SQLLEN offset = 0)
    {
        ASSERT_TRUE(clean(SQLFetchScroll(stmt, orientation, offset), stmt));
    }
    void put(size_t at, const char *text)
    {
        strcpy(v[at], text);
        vlen[at] = SQL_NTS;
    }
    SQLRETURN pos(SQLSETPOSIROW row, SQLUSMALLINT operation)
    {
        return SQLSetPos(stmt, row, operation, SQL_LOCK_NO_CHANGE);
    }
    std::string table(const std::string &columns = "k, v")
    {
        return rows("SELECT " + columns + " FROM positioned ORDER BY k");
    }
    std::string rows(const std::string &sql)
    {
        std::string all;
        for (const Row &row : other.rows(sql)) {
            all += all.empty() ? "[" : " [";
            for (size_t i = 0; i < row.size(); i++)
                all += (i ? ", " : "") + row[i].value_or("NULL");
            all += "]";
        }
        other.close();
        return all;
    }
    std::string seen(size_t at)
    {
        return std::to_string(k[at]) + (vlen[at] == SQL_NULL_DATA ? " NULL" : " " + std::string(v[at]));
    }
};

#endif
