// Prepared statements that are not any more what was prepared, because their tables were made
// anew. Not run for PostgreSQL, whose server refuses them first (execute.cc).
#include "odbc_test.h"

namespace
{

class MySqlStale : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        other = Stmt(dbc);
        other.api = calls;
        run("DROP TABLE IF EXISTS hf_stale");
        run("CREATE TABLE hf_stale (a int PRIMARY KEY, b varchar(10))");
        run("INSERT INTO hf_stale VALUES (1, 'one'), (2, 'two')");
    }
    void TearDown() override
    {
        stmt.close();
        EXPECT_TRUE(ok(dbc.rollback(), dbc));
        EXPECT_TRUE(ok(dbc.autocommit(true), dbc));
        run("DROP TABLE IF EXISTS hf_stale");
        other = Stmt();
        EveryMode::TearDown();
    }
    void run(const std::string &sql)
    {
        EXPECT_TRUE(ok(other.exec(sql), other)) << sql;
        other.close();
    }
    std::string again()
    {
        EXPECT_TRUE(clean(stmt.execute(), stmt));
        std::string names;
        for (SQLSMALLINT i = 1; i <= stmt.columns(); i++)
            names += stmt.column(i).name + " ";
        std::string all = names + shown(stmt.rest());
        stmt.close();
        return all;
    }
    Stmt other;
};

TEST_P(MySqlStale, ColumnsComeAndGo)
{
    ASSERT_TRUE(ok(stmt.prepare("SELECT * FROM hf_stale ORDER BY 1"), stmt));
    EXPECT_EQ(again(), "a b 1|one\n2|two\n");
    run("ALTER TABLE hf_stale ADD COLUMN c decimal(5,2) DEFAULT 1.5");
    EXPECT_EQ(again(), "a b c 1|one|1.50\n2|two|1.50\n");
    EXPECT_EQ(again(), "a b c 1|one|1.50\n2|two|1.50\n");
    run("ALTER TABLE hf_stale DROP COLUMN c, DROP COLUMN b");
    EXPECT_EQ(again(), "a 1\n2\n");
    run("DROP TABLE hf_stale");
    run("CREATE TABLE hf_stale (x text, y text, z text, a date)");
    EXPECT_EQ(again(), "x y z a ");
    EXPECT_EQ(again(), "x y z a ");
    run("DROP TABLE hf_stale");
    EXPECT_TRUE(fails(stmt.execute(), stmt, "42S02"));
    run("CREATE TABLE hf_stale (a bigint)");
    run("INSERT INTO hf_stale VALUES (5)");
    EXPECT_EQ(again(), "a 5\n");
}

TEST_P(MySqlStale, TheSameNumberOfOthers)
{
    ASSERT_TRUE(ok(stmt.prepare("SELECT * FROM hf_stale ORDER BY 1"), stmt));
    EXPECT_EQ(again(), "a b 1|one\n2|two\n");
    run("ALTER TABLE hf_stale MODIFY COLUMN b varchar(10) FIRST");
    EXPECT_EQ(again(), "b a one|1\ntwo|2\n");
    run("ALTER TABLE hf_stale CHANGE COLUMN a c double");
    EXPECT_EQ(again(), "b c one|1\ntwo|2\n");
    EXPECT_EQ(again(), "b c one|1\ntwo|2\n");
    if (my_is_mysql())
        return;
    // A type that has no number of its own in the protocol.
    run("DELETE FROM hf_stale");
    run("ALTER TABLE hf_stale MODIFY COLUMN b char(36)");
    EXPECT_EQ(again(), "b c ");
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    EXPECT_EQ(stmt.column(1).type, GetParam() == Mode::A ? SQL_CHAR : SQL_WCHAR);
    stmt.close();
    run("ALTER TABLE hf_stale MODIFY COLUMN b uuid");
    for (int i = 0; i < 2; i++) {
        ASSERT_TRUE(ok(stmt.execute(), stmt));
        EXPECT_EQ(stmt.column(1).type, SQL_GUID);
        stmt.close();
    }
}

TEST_P(MySqlStale, IsDescribedAsItIs)
{
    ASSERT_TRUE(ok(stmt.prepare("SELECT * FROM hf_stale WHERE a = ?"), stmt));
    SQLINTEGER a = 2;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0,
                                    nullptr),
                   stmt));
    for (bool autocommit : {true, false}) {
        ASSERT_TRUE(ok(dbc.autocommit(autocommit), dbc));
        std::string name = autocommit ? "c" : "d";
        EXPECT_EQ(again(), autocommit ? "a b 2|two\n" : "a b c 2|two|7\n");
        run("ALTER TABLE hf_stale ADD COLUMN " + name + " int DEFAULT 7");
        EXPECT_EQ(again(), autocommit ? "a b c 2|two|7\n" : "a b c d 2|two|7|7\n");
        EXPECT_EQ(stmt.columns(), autocommit ? 3 : 4);
        EXPECT_EQ(stmt.column(3).name, "c");
        EXPECT_EQ(again(), autocommit ? "a b c 2|two|7\n" : "a b c d 2|two|7|7\n");
    }
    // Prepared by one, described, changed, executed.
    ASSERT_TRUE(ok(stmt.prepare("SELECT * FROM hf_stale WHERE a = ?"), stmt));
    EXPECT_EQ(stmt.columns(), 4);
    run("ALTER TABLE hf_stale ADD COLUMN e int DEFAULT 8");
    EXPECT_EQ(again(), "a b c d e 2|two|7|7|8\n");
}

TEST_P(MySqlStale, InATransactionOthersAreHeldOff)
{
    // A change by another connection, behind the end of one transaction and ahead of the next.
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.prepare("SELECT * FROM hf_stale ORDER BY 1 LIMIT 1"), stmt));
    EXPECT_EQ(again(), "a b 1|one\n");
    ASSERT_TRUE(ok(dbc.commit(), dbc));
    Dbc second = another();
    Stmt s(second);
    ASSERT_TRUE(ok(s.exec("ALTER TABLE hf_stale ADD COLUMN c int"), s));
    run("UPDATE hf_stale SET b = 'uno' WHERE a = 1");
    EXPECT_EQ(again(), "a b c 1|uno|NULL\n");
    ASSERT_TRUE(ok(dbc.rollback(), dbc));
    EXPECT_EQ(again(), "a b c 1|one|NULL\n");
}

// What may have written is not executed a second time.
TEST_P(MySqlStale, WritesOnce)
{
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_stale (a, b) VALUES (?, 'x') RETURNING *"), stmt));
    SQLINTEGER a = 10;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &a, 0,
                                    nullptr),
                   stmt));
    EXPECT_EQ(again(), "a b 10|x\n");
    run("ALTER TABLE hf_stale ADD COLUMN c int DEFAULT 3");
    a++;
    EXPECT_EQ(again(), "a b c 11|x|3\n");
    a++;
    EXPECT_EQ(again(), "a b c 12|x|3\n");
    // An array of it.
    run("ALTER TABLE hf_stale DROP COLUMN b, ADD COLUMN b varchar(5), ADD COLUMN d int DEFAULT 4");
    SQLINTEGER keys[3] = {20, 21, 22};
    ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(3), 0), stmt));
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, keys, 0,
                                    nullptr),
                   stmt));
    std::string rows;
    EXPECT_TRUE(ok(stmt.execute(), stmt));
    do
        rows += shown(stmt.rest());
    while (SQL_SUCCEEDED(stmt.more()));
    EXPECT_EQ(rows, "20|3|x|4\n21|3|x|4\n22|3|x|4\n");
    stmt.close();
    ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(1), 0), stmt));
    EXPECT_EQ(other.value("SELECT GROUP_CONCAT(a ORDER BY a) FROM hf_stale"), "1,2,10,11,12,20,21,22");
}

BOTH_FORMS(MySqlStale);

} // namespace
