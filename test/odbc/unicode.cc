// Text of all kinds through A and W, bound, fetched, sent; and through other narrow codesets.
#include "odbc_test.h"

#include <clocale>
#include <cstring>

namespace
{

class Unicode : public EveryMode
{
};
ALL_MODES(Unicode);

const char *const TEXTS[] = {
    "",
    "plain",
    "gr\xc3\xbc\xc3\x9f dich",
    "\xce\xb1\xce\xb2\xce\xb3 \xd0\x96\xd0\xa8 \xd7\xa9 \xd8\xb9",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
    "\xf0\x9f\x90\x98\xf0\x9f\x98\x80 \xf0\x9d\x84\x9e",
    "e\xcc\x81 combining",
    "\xef\xbb\xbf bom",
    "tab\tnewline\nreturn\r",
    "quote ' double \" back \\ percent % under _",
    "\xef\xbf\xbd replacement \xef\xbf\xbe",
};

TEST_P(Unicode, ThereAndBack)
{
    ASSERT_TRUE(ok(stmt.exec("CREATE TEMP TABLE t (i int, a text)"), stmt));
    int i = 0;
    for (const char *text : TEXTS) {
        SCOPED_TRACE(text);
        std::u16string w = u16(text);
        SQLLEN na = SQLLEN(strlen(text)), nw = SQLLEN(w.size() * 2);
        for (bool wide : {false, true}) {
            i++;
            if (wide)
                SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_WCHAR, SQL_WVARCHAR, 100, 0,
                                 w.data(), 0, &nw);
            else
                SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0,
                                 const_cast<char *>(text), 0, &na); // NOLINT
            ASSERT_TRUE(ok(stmt.exec("INSERT INTO t VALUES (" + std::to_string(i) + ", ?)"), stmt));
            Stmt s(dbc);
            std::string sql = "SELECT a, encode(convert_to(a, 'UTF8'), 'hex') FROM t WHERE i = " +
                              std::to_string(i);
            ASSERT_TRUE(ok(s.exec(sql), s));
            ASSERT_TRUE(ok(s.fetch(), s));
            EXPECT_EQ(text, s.get(1));
            EXPECT_EQ(hex(text, strlen(text)), s.get(2));
            s.close();
            ASSERT_TRUE(ok(s.exec(sql), s));
            ASSERT_TRUE(ok(s.fetch(), s));
            EXPECT_EQ(text, s.get_wide(1));
        }
    }
}

TEST_P(Unicode, InNamesAndMessages)
{
    ASSERT_TRUE(
        ok(stmt.exec("CREATE TEMP TABLE \"T\xc3\xa4\xe6\x97\xa5\" (\"\xd0\x96 z\" int)"), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT * FROM \"T\xc3\xa4\xe6\x97\xa5\""), stmt));
    EXPECT_EQ("\xd0\x96 z", stmt.column(1).name);
    EXPECT_EQ("\xd0\x96 z", stmt.text(1, SQL_DESC_LABEL));
    stmt.close();
    EXPECT_TRUE(fails(stmt.exec("SELECT * FROM \"nix\xe6\x97\xa5\""), stmt, "42S02"));
    EXPECT_NE(std::string::npos, stmt.message().find("nix\xe6\x97\xa5")) << stmt.message();
    std::string out;
    EXPECT_TRUE(ok(calls.native_sql(dbc, "SELECT '\xe6\x97\xa5'", &out), dbc));
    EXPECT_EQ("SELECT '\xe6\x97\xa5'", out);
}

TEST_P(Unicode, BrokenStatementText)
{
    if (calls.wide || GetParam() == Mode::AonW) {
        SQLWCHAR w[] = {'S', 'E', 'L', 'E', 'C', 'T', ' ', '\'', 0xd800, '\'', 0};
        SQLRETURN rc = SQLExecDirectW(stmt, w, SQL_NTS);
        EXPECT_TRUE(SQL_SUCCEEDED(rc) || !stmt.diags().empty());
    } else {
        SQLCHAR a[] = "SELECT '\xff\xfe'";
        SQLRETURN rc = SQLExecDirect(stmt, a, SQL_NTS);
        EXPECT_TRUE(SQL_SUCCEEDED(rc) || !stmt.diags().empty());
    }
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

// The server's encoding is not the driver's: all is converted by the server.
TEST(UnicodeServer, Latin1Database)
{
    Env e;
    Dbc admin(e);
    ASSERT_TRUE(ok(admin.open(conn_str()), admin));
    {
        Stmt s(admin);
        s.exec("DROP DATABASE IF EXISTS hf_latin1");
        ASSERT_TRUE(
            ok(s.exec("CREATE DATABASE hf_latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
                      " TEMPLATE template0"),
               s));
    }
    {
        Dbc d(e);
        ASSERT_TRUE(ok(d.open(conn_str_without("DATABASE", "DATABASE=hf_latin1")), d));
        Stmt s(d);
        EXPECT_EQ("gr\xc3\xbcn", s.value("SELECT 'gr\xc3\xbcn'"));
        EXPECT_EQ("1", s.value("SELECT octet_length('\xc3\xbc')"));
        EXPECT_EQ(SQL_ERROR, s.exec("SELECT '\xe2\x82\xac'"));
        EXPECT_NE(std::string::npos, s.message().find("22P05")) << s.message();
    }
    Stmt s(admin);
    s.exec("DROP DATABASE hf_latin1");
}

} // namespace
