// SQLGetData: long values in pieces, any order, NULL.
#include "odbc_test.h"

#include <cstring>

namespace
{

class GetData : public EveryMode
{
};
ALL_MODES(GetData);

TEST_P(GetData, TextInPieces)
{
    char b[5];
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("SELECT 'abcdefghij'"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(warns(SQLGetData(stmt, 1, SQL_C_CHAR, b, sizeof(b), &ind), stmt, "01004"));
    EXPECT_STREQ("abcd", b);
    EXPECT_EQ(10, ind);
    EXPECT_TRUE(warns(SQLGetData(stmt, 1, SQL_C_CHAR, b, sizeof(b), &ind), stmt, "01004"));
    EXPECT_STREQ("efgh", b);
    EXPECT_EQ(6, ind);
    EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_CHAR, b, sizeof(b), &ind), stmt));
    EXPECT_STREQ("ij", b);
    EXPECT_EQ(2, ind);
    EXPECT_TRUE(nothing(SQLGetData(stmt, 1, SQL_C_CHAR, b, sizeof(b), &ind), stmt));
}

TEST_P(GetData, LengthFirst)
{
    char b[32];
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("SELECT 'abc', '', '\\x010203'::bytea"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    // The way pyodbc and others ask: no room, only the length.
    EXPECT_TRUE(warns(SQLGetData(stmt, 1, SQL_C_CHAR, b, 0, &ind), stmt, "01004"));
    EXPECT_EQ(3, ind);
    EXPECT_TRUE(warns(SQLGetData(stmt, 1, SQL_C_CHAR, b, 1, &ind), stmt, "01004"));
    EXPECT_EQ(3, ind);
    EXPECT_EQ(0, b[0]);
    EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_CHAR, b, 4, &ind), stmt));
    EXPECT_STREQ("abc", b);
    EXPECT_TRUE(clean(SQLGetData(stmt, 2, SQL_C_CHAR, b, 1, &ind), stmt));
    EXPECT_EQ(0, ind);
    EXPECT_TRUE(nothing(SQLGetData(stmt, 2, SQL_C_CHAR, b, 1, &ind), stmt));
    EXPECT_TRUE(warns(SQLGetData(stmt, 3, SQL_C_BINARY, b, 0, &ind), stmt, "01004"));
    EXPECT_EQ(3, ind);
    EXPECT_TRUE(clean(SQLGetData(stmt, 3, SQL_C_BINARY, b, 3, &ind), stmt));
    EXPECT_EQ("010203", hex(b, 3));
}

TEST_P(GetData, MultiByteTextInPieces)
{
    const std::string text = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x98z\xc3\xbc";
    for (SQLLEN cap = 2; cap < 16; cap++) {
        ASSERT_TRUE(ok(stmt.exec(by("SELECT U&'\\00E4\\20AC\\+01F418z\\00FC'",
                          "SELECT _utf8mb4 x'c3a4e282acf09f90987ac3bc'")), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        std::string got;
        char b[16];
        SQLLEN ind = 0;
        SQLRETURN rc;
        int calls_made = 0;
        while (SQL_SUCCEEDED(rc = SQLGetData(stmt, 1, SQL_C_CHAR, b, cap, &ind))) {
            ASSERT_LT(strlen(b), size_t(cap));
            if (rc == SQL_SUCCESS_WITH_INFO) // full, so that it can be joined without a look
                EXPECT_EQ(size_t(cap - 1), strlen(b));
            got += b;
            ASSERT_LT(++calls_made, 50) << "no progress with " << cap;
        }
        EXPECT_TRUE(nothing(rc, stmt));
        EXPECT_EQ(text, got) << cap;
        stmt.close();
    }
}

TEST_P(GetData, WideInPieces)
{
    const std::string text = "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x98z\xc3\xbc";
    for (size_t cap = 2; cap < 10; cap++) {
        ASSERT_TRUE(ok(stmt.exec(by("SELECT U&'\\00E4\\20AC\\+01F418z\\00FC'",
                          "SELECT _utf8mb4 x'c3a4e282acf09f90987ac3bc'")), stmt));
        ASSERT_TRUE(ok(stmt.fetch(), stmt));
        std::u16string got;
        SQLWCHAR w[10];
        SQLLEN ind = 0, left = 12;
        SQLRETURN rc;
        int calls_made = 0;
        while (SQL_SUCCEEDED(rc = SQLGetData(stmt, 1, SQL_C_WCHAR, w, SQLLEN(cap * 2), &ind))) {
            EXPECT_EQ(left, ind) << cap; // bytes that were left before this call
            size_t n = 0;
            for (; n < cap && w[n]; n++)
                got += char16_t(w[n]);
            ASSERT_LT(n, cap);
            if (rc == SQL_SUCCESS_WITH_INFO)
                EXPECT_EQ(cap - 1, n);
            left -= SQLLEN(n * 2);
            ASSERT_LT(++calls_made, 50) << "no progress with " << cap;
        }
        EXPECT_TRUE(nothing(rc, stmt));
        EXPECT_EQ(text, u8of(got)) << cap;
        stmt.close();
    }
}

TEST_P(GetData, OddNumberOfBytesForWideText)
{
    char room[16];
    memset(room, 0x55, sizeof(room));
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("SELECT 'abcdef'"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(warns(SQLGetData(stmt, 1, SQL_C_WCHAR, room, 7, &ind), stmt, "01004"));
    EXPECT_EQ(12, ind);
    EXPECT_EQ("6100620000005555", hex(room, 4) + hex(room + 4, 2) + hex(room + 7, 2));
}

TEST_P(GetData, BinaryInPieces)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT decode(repeat('00ff10', 30000), 'hex')"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    std::string got;
    char b[7777];
    SQLLEN ind = 0;
    SQLRETURN rc;
    while (SQL_SUCCEEDED(rc = SQLGetData(stmt, 1, SQL_C_BINARY, b, sizeof(b), &ind))) {
        EXPECT_EQ(90000 - SQLLEN(got.size()), ind);
        got.append(b, std::min<size_t>(sizeof(b), size_t(ind)));
    }
    EXPECT_TRUE(nothing(rc, stmt));
    ASSERT_EQ(90000U, got.size());
    EXPECT_EQ("00ff1000ff10", hex(got.data() + 60000, 6));
}

TEST_P(GetData, BinaryAsTextInPieces)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT '\\x0102abff'::bytea"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    char b[6];
    SQLLEN ind = 0;
    EXPECT_TRUE(warns(SQLGetData(stmt, 1, SQL_C_CHAR, b, sizeof(b), &ind), stmt, "01004"));
    EXPECT_EQ(8, ind);
    EXPECT_STREQ("0102A", b); // a piece fills its buffer
    EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_CHAR, b, sizeof(b), &ind), stmt));
    EXPECT_EQ(3, ind);
    EXPECT_STRCASEEQ("BFF", b);
}

// As clients read it that make room for all that the first length tells (odbc-api, Go's odbc).
TEST_P(GetData, BinaryAsTextInTwoPieces)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT decode(repeat('61', 2000), 'hex')"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    for (SQLSMALLINT ctype : {SQL_C_CHAR, SQL_C_WCHAR}) {
        const size_t unit = ctype == SQL_C_CHAR ? 1 : 2;
        std::string got(256 * unit, '?');
        SQLLEN ind = 0;
        EXPECT_TRUE(warns(SQLGetData(stmt, 1, ctype, got.data(), SQLLEN(got.size()), &ind), stmt, "01004"));
        ASSERT_EQ(SQLLEN(4000 * unit), ind);
        got.resize(4001 * unit);
        EXPECT_TRUE(clean(SQLGetData(stmt, 1, ctype, got.data() + 255 * unit, SQLLEN(got.size() - 255 * unit),
                                     &ind),
                          stmt));
        EXPECT_EQ(SQLLEN(3745 * unit), ind);
        std::string want;
        for (int i = 0; i < 2000; i++)
            want += "61";
        EXPECT_EQ(want + '\0', unit == 1 ? got : u8of(reinterpret_cast<SQLWCHAR *>(got.data()), 4001));
    }
}

TEST_P(GetData, TextAsBinary)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT 'gr\xc3\xbcn'::text"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    char b[32];
    SQLLEN ind = 0;
    EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_BINARY, b, sizeof(b), &ind), stmt));
    EXPECT_TRUE(ind == 5 || ind == 8) << ind;
}

TEST_P(GetData, AnyOrderAndBoundColumns)
{
    SQLINTEGER bound = 0;
    SQLBindCol(stmt, 2, SQL_C_SLONG, &bound, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT 'a', 2, 'c', 4"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_EQ("4", stmt.get(4));
    EXPECT_EQ("a", stmt.get(1));
    EXPECT_EQ("c", stmt.get(3));
    EXPECT_EQ("2", stmt.get(2));
    EXPECT_EQ(2, bound);
    EXPECT_EQ("4", stmt.get_wide(4)); // another column in between: from its beginning again
}

TEST_P(GetData, Null)
{
    char b[8] = "zzz";
    SQLLEN ind = 0;
    ASSERT_TRUE(ok(stmt.exec("SELECT NULL::text, NULL::int, NULL::bytea, NULL::date"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    for (SQLUSMALLINT i = 1; i <= 4; i++) {
        EXPECT_TRUE(clean(SQLGetData(stmt, i, SQL_C_CHAR, b, sizeof(b), &ind), stmt));
        EXPECT_EQ(SQL_NULL_DATA, ind);
        EXPECT_TRUE(fails(SQLGetData(stmt, i == 1 ? 2 : 1, SQL_C_CHAR, b, sizeof(b), nullptr), stmt,
                          "22002"));
    }
}

TEST_P(GetData, FixedTypes)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT 42, 1.5::float8, DATE '2020-02-29'"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    SQLINTEGER i = 0;
    SQLLEN ind = 0;
    EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_SLONG, &i, 0, &ind), stmt)); // the size is not read
    EXPECT_EQ(42, i);
    EXPECT_EQ(4, ind);
    // "If it is a fixed-length type, the second call returns SQL_NO_DATA"
    EXPECT_TRUE(nothing(SQLGetData(stmt, 1, SQL_C_SLONG, &i, 0, &ind), stmt));
    SQLDOUBLE d = 0;
    EXPECT_TRUE(clean(stmt.get(2, SQL_C_DOUBLE, &d, &ind), stmt));
    EXPECT_EQ(1.5, d);
    SQL_DATE_STRUCT date = {};
    EXPECT_TRUE(clean(stmt.get(3, SQL_C_TYPE_DATE, &date, &ind), stmt));
    EXPECT_EQ(29, date.day);
    EXPECT_EQ(6, ind);
    // Without an indicator.
    ASSERT_TRUE(clean(stmt.close(), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT 43"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(clean(SQLGetData(stmt, 1, SQL_C_SLONG, &i, 0, nullptr), stmt));
    EXPECT_EQ(43, i);
}

TEST_P(GetData, Errors)
{
    SQLINTEGER i;
    SQLLEN ind;
    EXPECT_TRUE(fails(SQLGetData(stmt, 1, SQL_C_SLONG, &i, 0, &ind), stmt, "HY010|24000"));
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    EXPECT_TRUE(fails(SQLGetData(stmt, 1, SQL_C_SLONG, &i, 0, &ind), stmt, "24000|HY010"));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(SQLGetData(stmt, 2, SQL_C_SLONG, &i, 0, &ind), stmt, "07009"));
    EXPECT_TRUE(fails(SQLGetData(stmt, 0, SQL_C_SLONG, &i, 0, &ind), stmt, "07009|HYC00"));
    EXPECT_TRUE(fails(SQLGetData(stmt, 1, 12345, &i, 0, &ind), stmt, "HY003"));
    EXPECT_TRUE(fails(SQLGetData(stmt, 1, SQL_C_CHAR, &i, -1, &ind), stmt, "HY090"));
    EXPECT_TRUE(fails(SQLGetData(stmt, 1, SQL_C_SLONG, nullptr, 0, &ind), stmt, "HY009"));
    EXPECT_TRUE(fails(SQLGetData(stmt, 1, SQL_C_TYPE_DATE, &i, 0, &ind), stmt, "07006"));
    EXPECT_EQ("1", stmt.get(1));
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
    EXPECT_TRUE(fails(SQLGetData(stmt, 1, SQL_C_SLONG, &i, 0, &ind), stmt, "24000|HY010"));
}

TEST_P(GetData, AfterARowset)
{
    SQLINTEGER a[3];
    SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(3), 0);
    SQLBindCol(stmt, 1, SQL_C_SLONG, a, 0, nullptr);
    ASSERT_TRUE(ok(stmt.exec("SELECT i, 'x' || i FROM generate_series(1, 6) i"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    // SQL_GD_BLOCK is not claimed: HYC00 for more than one row (ODBC: "HYC00 ... rowset size > 1").
    char b[8];
    SQLLEN ind;
    SQLUINTEGER extensions = 0;
    SQLGetInfo(dbc, SQL_GETDATA_EXTENSIONS, &extensions, 0, nullptr);
    SQLRETURN rc = SQLGetData(stmt, 2, SQL_C_CHAR, b, sizeof(b), &ind);
    if (extensions & SQL_GD_BLOCK)
        EXPECT_TRUE(clean(rc, stmt));
    else
        EXPECT_TRUE(fails(rc, stmt, "HYC00|HY109|07009"));
}

TEST_P(GetData, ARowOfManyLongValues)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT repeat('\xc3\xa4', 100000), repeat('b', 200000),"
                             " repeat('c', 300000)"),
                   stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_EQ(200000U, stmt.get(1)->size());
    EXPECT_EQ(std::string(300000, 'c'), stmt.get(3));
    EXPECT_EQ(200000U, stmt.get_wide(2)->size());
    EXPECT_EQ(200000U, stmt.get_wide(1)->size());
}

} // namespace
