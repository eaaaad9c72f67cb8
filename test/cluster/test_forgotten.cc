// A proxy between driver and server that resets the session: the link lives, no host has gone, and the
// server has forgotten what was prepared (1243). On clusters of MySQL and MariaDB.
#include "app.h"

#include <gtest/gtest.h>

namespace
{

using std::string;

class Forgotten : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        ASSERT_TRUE(db.open());
        ASSERT_EQ(db.run("DROP TABLE IF EXISTS forgotten"), "");
        ASSERT_EQ(db.run("CREATE TABLE forgotten (n int)"), "");
        s = db.statement();
        ASSERT_TRUE(SQL_SUCCEEDED(SQLPrepare(s, reinterpret_cast<SQLCHAR *>(const_cast<char *>(
                                                    "INSERT INTO forgotten VALUES (?)")),
                                             SQL_NTS)));
        ASSERT_TRUE(SQL_SUCCEEDED(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0,
                                                   0, &n, 0, nullptr)));
    }
    string execute(int value)
    {
        n = value;
        if (SQL_SUCCEEDED(SQLExecute(s)))
            return "";
        std::vector<Diag> d = diags(SQL_HANDLE_STMT, s);
        return d.empty() ? "?" : d[0].state;
    }
    string stored()
    {
        Db other(dsn(writer_endpoint("aurora"), plainly()));
        return other.ask("SELECT COALESCE(GROUP_CONCAT(n ORDER BY n), '') FROM forgotten");
    }
    Db db{dsn(writer_endpoint("aurora"), plainly())};
    SQLHSTMT s = nullptr;
    SQLINTEGER n = 0;
};

TEST_F(Forgotten, IsMadeAgainAndTheStatementExecutedOnce)
{
    ASSERT_EQ(db.run("SET time_zone = '+05:00'"), "");
    EXPECT_EQ(execute(1), "");
    for (int i = 2; i < 5; i++) {
        proxy(0, "forget");
        EXPECT_EQ(execute(i), "");
    }
    EXPECT_EQ(stored(), "1,2,3,4");
    EXPECT_EQ(db.ask("SELECT @@time_zone"), "+05:00");
    // It follows the writer as before.
    lab("--cluster aurora switchover");
    EXPECT_EQ(execute(5), "08S02");
    EXPECT_EQ(execute(5), "");
    proxy(0, "forget");
    EXPECT_EQ(execute(6), "");
    EXPECT_EQ(stored(), "1,2,3,4,5,6");
}

// A failover has taken the connection away from where it was made: that host is a reader by now.
TEST_F(Forgotten, IsMadeAgainWhereTheFailoverWent)
{
    int writer = 0;
    for (int i = 1; i <= 3 && !writer; i++) {
        Db one(dsn(instance(i, "aurora"), plainly()));
        writer = one.ask("SELECT @@read_only") == "0" ? i : 0;
    }
    ASSERT_NE(writer, 0);
    Db moved(dsn(instance(writer, "aurora"), plainly() + "FAILOVER_MODE=strict-writer;"));
    ASSERT_TRUE(moved.open());
    s = moved.statement();
    ASSERT_TRUE(SQL_SUCCEEDED(SQLPrepare(
        s, reinterpret_cast<SQLCHAR *>(const_cast<char *>("SELECT @@read_only + ?")), SQL_NTS)));
    ASSERT_TRUE(SQL_SUCCEEDED(SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &n, 0, nullptr)));
    auto value = [&] {
        SQLINTEGER v = -1;
        SQLLEN ind;
        n = 0;
        if (SQL_SUCCEEDED(SQLExecute(s)) && SQL_SUCCEEDED(SQLFetch(s)))
            SQLGetData(s, 1, SQL_C_SLONG, &v, 0, &ind);
        SQLFreeStmt(s, SQL_CLOSE);
        return v;
    };
    EXPECT_EQ(value(), 0);
    lab("--cluster aurora switchover");
    EXPECT_EQ(value(), -1); // 08S02
    EXPECT_EQ(value(), 0);
    for (int i = 0; i < 3; i++) {
        proxy(0, "forget");
        EXPECT_EQ(value(), 0);
    }
}

TEST_F(Forgotten, WithATransaction)
{
    db.autocommit(false);
    EXPECT_EQ(execute(1), "");
    proxy(0, "forget");
    EXPECT_EQ(execute(2), "08007");
    EXPECT_EQ(db.end(SQL_COMMIT), "25S03");
    EXPECT_EQ(stored(), "");
    proxy(0, "forget");
    EXPECT_EQ(execute(3), ""); // nothing was open
    EXPECT_EQ(db.end(SQL_COMMIT), "");
    EXPECT_EQ(stored(), "3");
}

} // namespace
