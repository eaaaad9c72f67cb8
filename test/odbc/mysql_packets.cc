// Servers that take only small requests (max_allowed_packet). Not run for PostgreSQL.
#include "odbc_test.h"

namespace
{

class MySqlPackets : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        Stmt s(dbc);
        ASSERT_TRUE(ok(s.exec("DROP TABLE IF EXISTS hf_packets"), s));
        ASSERT_TRUE(ok(s.exec("CREATE TABLE hf_packets (n int, v longtext)"), s));
        packet = s.value("SELECT @@global.max_allowed_packet");
        buffer = s.value("SELECT @@global.net_buffer_length");
    }
    void TearDown() override
    {
        allow(packet, buffer);
        stmt = Stmt(dbc);
        EXPECT_TRUE(ok(stmt.exec("DROP TABLE IF EXISTS hf_packets"), stmt));
        EveryMode::TearDown();
    }
    // For the connections to come.
    void allow(const std::string &most, const std::string &least)
    {
        Env own;
        Dbc boss(own);
        ASSERT_TRUE(ok(boss.open("DRIVER={" + env("HF_NAME") + "};SERVER=" + env("HF_DB_HOST") + ";PORT=" + env("HF_DB_PORT") +
                                 ";UID=" + env("HF_MY_SUPERUSER") + ";PWD=" + env("HF_MY_SUPERPASSWORD")),
                       boss));
        Stmt s(boss);
        EXPECT_TRUE(ok(s.exec("SET GLOBAL max_allowed_packet = " + most), s));
        EXPECT_TRUE(ok(s.exec("SET GLOBAL net_buffer_length = " + least), s));
    }
    void open(size_t bytes)
    {
        allow(std::to_string(bytes), "1024");
        small = another();
        stmt = Stmt(small);
        stmt.api = calls;
    }
    std::string count(const std::string &what)
    {
        Stmt s(dbc);
        return s.value("SELECT " + what + " FROM hf_packets");
    }
    Dbc small;
    std::string packet, buffer;
};

TEST_P(MySqlPackets, ArraysAreCutToWhatTheServerTakes)
{
    for (size_t limit : {size_t(4) << 10, size_t(20) << 10, size_t(1) << 20}) {
        SCOPED_TRACE(limit);
        open(limit);
        const size_t rows = 500, width = 200;
        std::vector<SQLINTEGER> n(rows);
        std::vector<char> v(rows * width, 'x');
        std::vector<SQLLEN> len(rows, width);
        std::vector<SQLUSMALLINT> status(rows, 9);
        for (size_t i = 0; i < rows; i++)
            n[i] = static_cast<SQLINTEGER>(i);
        ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_packets VALUES (?, ?)"), stmt));
        ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(rows), 0), stmt));
        ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status.data(), 0), stmt));
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, n.data(), 0, nullptr), stmt));
        ASSERT_TRUE(ok(SQLBindParameter(stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, width, 0, v.data(), width, len.data()), stmt));
        for (bool autocommit : {true, false}) {
            ASSERT_TRUE(ok(small.autocommit(autocommit), small));
            EXPECT_TRUE(clean(stmt.execute(), stmt));
            for (SQLUSMALLINT s : status)
                EXPECT_EQ(s, SQL_PARAM_SUCCESS);
        }
        ASSERT_TRUE(ok(small.commit(), small));
        EXPECT_EQ(count("CONCAT(COUNT(*), ' ', COUNT(DISTINCT n), ' ', SUM(LENGTH(v)))"), "1000 500 200000");
        stmt = Stmt(dbc);
        ASSERT_TRUE(ok(stmt.exec("DELETE FROM hf_packets"), stmt));
        stmt = Stmt();
    }
}

// What the server takes is found out by asking it; each byte more is refused here, and the connection lives.
TEST_P(MySqlPackets, OneByteMore)
{
    const size_t limit = 64 << 10;
    const size_t slack = my_is_mysql() ? 8 : 0; // query attributes, which there are none of
    open(limit);
    std::string fits = "SELECT LENGTH('", end = "')";
    std::string sql = fits + std::string(limit - slack - 2 - fits.size() - end.size(), 'y') + end;
    ASSERT_EQ(sql.size() + 1 + slack, limit - 1); // with the command; as many as the limit itself are too many
    std::string id = stmt.value("SELECT CONNECTION_ID()");
    // The greatest one that works is not refused by the driver.
    ASSERT_TRUE(ok(stmt.exec(sql), stmt));
    stmt.close();
    sql.insert(fits.size(), std::string(slack + 1, 'z'));
    EXPECT_TRUE(fails(stmt.exec(sql), stmt, "HY000"));
    EXPECT_EQ(stmt.diags().at(0).native, 1153);
    EXPECT_TRUE(fails(stmt.prepare(sql), stmt, "HY000") || fails(stmt.execute(), stmt, "HY000"));
    EXPECT_EQ(stmt.value("SELECT CONNECTION_ID()"), id);

    // A value, of a statement that is prepared and of one that is not.
    std::string v(limit, 'v');
    SQLLEN len = 0;
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, v.size(), 0, v.data(),
                                    static_cast<SQLLEN>(v.size()), &len),
                   stmt));
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_packets (v) VALUES (?)"), stmt));
    // Command, handle, flags, iterations, bit, types follow, type, length; and the one too many.
    const size_t head = 1 + 4 + 1 + 4 + 1 + 1 + 2 + 3 + 1;
    for (bool autocommit : {true, false}) {
        ASSERT_TRUE(ok(small.autocommit(autocommit), small));
        len = static_cast<SQLLEN>(limit - head - slack);
        EXPECT_TRUE(clean(stmt.execute(), stmt));
        len += static_cast<SQLLEN>(slack) + 1;
        EXPECT_TRUE(fails(stmt.execute(), stmt, "HY000"));
        EXPECT_EQ(stmt.diags().at(0).native, 1153);
        EXPECT_TRUE(fails(stmt.exec("INSERT INTO hf_packets (v) VALUES (?)"), stmt, "HY000"));
        ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_packets (v) VALUES (?)"), stmt));
    }
    ASSERT_TRUE(ok(small.commit(), small));
    EXPECT_EQ(count("CONCAT(COUNT(*), ' ', SUM(LENGTH(v)))"), "2 " + std::to_string(2 * (limit - head - slack)));
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    EXPECT_EQ(stmt.value("SELECT CONNECTION_ID()"), id);
}

TEST_P(MySqlPackets, OneSetOfManyIsTooLarge)
{
    const size_t limit = 32 << 10, sets = 5, width = 40 << 10;
    open(limit);
    std::vector<char> v(sets * width, 'x');
    SQLLEN len[sets] = {10, 20 << 10, width, 30, 12 << 10};
    SQLUSMALLINT status[sets];
    ASSERT_TRUE(ok(stmt.prepare("INSERT INTO hf_packets (v) VALUES (?)"), stmt));
    ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(sets), 0), stmt));
    ASSERT_TRUE(ok(SQLSetStmtAttr(stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0), stmt));
    ASSERT_TRUE(ok(SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, width, 0, v.data(),
                                    static_cast<SQLLEN>(width), len),
                   stmt));
    for (bool autocommit : {true, false}) {
        ASSERT_TRUE(ok(small.autocommit(autocommit), small));
        EXPECT_EQ(stmt.execute(), SQL_ERROR);
        EXPECT_EQ(stmt.state(), "HY000");
        EXPECT_EQ(stmt.row_number(1), 3);
        for (size_t i = 0; i < sets; i++)
            EXPECT_EQ(status[i], i == 2 ? SQL_PARAM_ERROR : SQL_PARAM_SUCCESS) << i;
    }
    ASSERT_TRUE(ok(small.commit(), small));
    EXPECT_EQ(count("CONCAT(COUNT(*), ' ', MAX(LENGTH(v)))"), "8 " + std::to_string(20 << 10));
}

BOTH_FORMS(MySqlPackets);

} // namespace
