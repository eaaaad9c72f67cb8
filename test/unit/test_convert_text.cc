/* SQL to C, variable-length targets: text, wide text and bytes, whole, cut and in pieces. */
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "convert/convert.h"
#include "base/utf.h"
}

namespace
{

const unsigned char canary = 0xC3;

/* One call into a buffer with a canary on both sides. */
struct call {
    conv_result result = CONV_OK;
    std::string data; /* bytes before the terminator (all of cap for SQL_C_BINARY) */
    SQLLEN length = -99;
};

nat_type type_of(nat_kind kind, nat_wire wire = WIRE_PG_TEXT)
{
    nat_type t = {};
    t.kind = kind;
    t.wire = wire;
    return t;
}

struct cell_reader {
    nat_type type;
    std::string wire;
    conv_target t = {};
    conv_fn *fn;

    cell_reader(nat_kind kind, const std::string &text, SQLSMALLINT ctype, bool pieces,
                nat_wire form = WIRE_PG_TEXT)
        : type(type_of(kind, form)), wire(text)
    {
        t.ctype = ctype;
        t.pieces = pieces;
        fn = conv_pick(&type, ctype);
    }

    call get(SQLLEN cap)
    {
        call c;
        size_t room = cap > 0 ? (size_t)cap : 0;
        std::vector<unsigned char> memory(room + 32, canary);
        t.buf = memory.data() + 16;
        t.cap = cap;
        t.octets = t.indicator = &c.length;
        c.result = fn(&type, nat_cell{wire.data(), wire.size()}, &t);
        for (size_t i = 0; i < 16; i++) {
            EXPECT_EQ(canary, memory[i]) << "before the buffer";
            EXPECT_EQ(canary, memory[16 + room + i]) << "behind the buffer";
        }
        const char *p = (const char *)t.buf;
        if (c.result >= CONV_ERROR || room == 0)
            return c;
        if (t.ctype == SQL_C_CHAR)
            c.data.assign(p, strnlen(p, room));
        else if (t.ctype == SQL_C_BINARY)
            c.data.assign(p, c.length >= 0 && c.length < cap ? (size_t)c.length : room);
        else
            for (size_t i = 0; i + 1 < room && (p[i] || p[i + 1]); i += 2)
                c.data.append(p + i, 2);
        if (t.ctype == SQL_C_CHAR) {
            EXPECT_LT(strnlen(p, room), room) << "no terminator";
        }
        return c;
    }
};

std::string narrow(const std::string &utf16)
{
    std::string out(utf16.size() * 3, '\0');
    utf_step s = utf_16to8(&out[0], out.size(), (const uint16_t *)utf16.data(), utf16.size() / 2);
    out.resize(s.out);
    return out;
}

std::string wide(const std::string &utf8)
{
    std::string out(utf8.size() * 2, '\0');
    utf_step s = utf_8to16((uint16_t *)&out[0], utf8.size(), text{utf8.data(), utf8.size()});
    out.resize(s.out * 2);
    return out;
}

struct row {
    nat_kind kind;
    const char *wire;
    SQLLEN cap;         /* in units, with the terminator */
    const char *expect; /* data, "01004 data", or an SQLSTATE */
};

std::string outcome(const call &c, const std::string &data)
{
    std::string state = conv_sqlstate(c.result);
    if (c.result >= CONV_ERROR)
        return state;
    return state.empty() ? data : state + " " + data;
}

void check_row(const row &r, size_t form_length)
{
    cell_reader narrow_reader(r.kind, r.wire, SQL_C_CHAR, false);
    cell_reader wide_reader(r.kind, r.wire, SQL_C_WCHAR, false);
    call n = narrow_reader.get(r.cap);
    call w = wide_reader.get(r.cap * 2);
    call odd = wide_reader.get(r.cap * 2 + 1);
    EXPECT_EQ(r.expect, outcome(n, n.data)) << r.wire << " cap " << r.cap;
    EXPECT_EQ(r.expect, outcome(w, narrow(w.data))) << r.wire << " wide, cap " << r.cap;
    EXPECT_EQ(r.expect, outcome(odd, narrow(odd.data))) << r.wire << " wide, odd cap " << r.cap;
    if (n.result < CONV_ERROR) {
        EXPECT_EQ((SQLLEN)form_length, n.length) << r.wire;
        EXPECT_EQ((SQLLEN)form_length * 2, w.length) << r.wire;
    } else {
        EXPECT_EQ(-99, n.length) << r.wire;
    }
}

TEST(ConvertText, Forms)
{
    static const row rows[] = {
        {NAT_BOOL, "t", 2, "1"},
        {NAT_BOOL, "f", 2, "0"},
        {NAT_BOOL, "f", 9, "0"},
        {NAT_BOOL, "t", 1, "22003"},
        {NAT_BOOL, "t", 0, "22003"},
        {NAT_INT4, "12345", 6, "12345"},
        {NAT_INT4, "12345", 5, "22003"},
        {NAT_INT4, "-1", 3, "-1"},
        {NAT_INT4, "-1", 2, "22003"},
        {NAT_INT4, "12345", 0, "22003"},
        {NAT_NUMERIC, "1234.56", 8, "1234.56"},
        {NAT_NUMERIC, "1234.56", 7, "01004 1234.5"},
        {NAT_NUMERIC, "1234.56", 5, "01004 1234"},
        {NAT_NUMERIC, "1234.56", 4, "22003"},
        {NAT_NUMERIC, "-0.5", 3, "01004 -0"},
        {NAT_NUMERIC, "-0.5", 2, "22003"},
        {NAT_NUMERIC, "NaN", 3, "22003"},
        {NAT_NUMERIC, "NaN", 4, "NaN"},
        {NAT_FLOAT8, "1.5e+300", 9, "1.5e+300"},
        {NAT_FLOAT8, "1.5e+300", 8, "22003"},
        {NAT_FLOAT8, "1e-07", 6, "1e-07"},
        {NAT_FLOAT8, "0.25", 4, "01004 0.2"},
        {NAT_FLOAT8, "-Infinity", 10, "-Infinity"},
        {NAT_FLOAT8, "-Infinity", 9, "22003"},
        {NAT_DATE, "2024-01-02", 11, "2024-01-02"},
        {NAT_DATE, "2024-01-02", 10, "22003"},
        {NAT_DATE, "0044-03-15 BC", 14, "0044-03-15 BC"},
        {NAT_DATE, "0044-03-15 BC", 13, "22003"},
        {NAT_DATE, "infinity", 9, "infinity"},
        {NAT_DATE, "infinity", 8, "22003"},
        {NAT_DATE, "12345-01-02", 12, "12345-01-02"},
        {NAT_TIME, "04:05:06", 9, "04:05:06"},
        {NAT_TIME, "04:05:06", 8, "22003"},
        {NAT_TIME, "24:00:00", 9, "24:00:00"},
        {NAT_TIME, "04:05:06.789", 13, "04:05:06.789"},
        {NAT_TIME, "04:05:06.789", 12, "01004 04:05:06.78"},
        {NAT_TIME, "04:05:06.789", 9, "01004 04:05:06"},
        {NAT_TIME, "04:05:06.789", 8, "22003"},
        {NAT_TIMESTAMP, "1992-12-31 23:45:55.12", 23, "1992-12-31 23:45:55.12"},
        {NAT_TIMESTAMP, "1992-12-31 23:45:55.12", 22, "01004 1992-12-31 23:45:55.1"},
        {NAT_TIMESTAMP, "1992-12-31 23:45:55.12", 20, "01004 1992-12-31 23:45:55"},
        {NAT_TIMESTAMP, "1992-12-31 23:45:55.12", 19, "22003"},
        {NAT_TIMESTAMP, "1992-12-31 23:45:55.12", 18, "22003"},
        {NAT_TIMESTAMP, "-infinity", 10, "-infinity"},
        {NAT_TIMESTAMP, "0044-03-15 12:00:00.5 BC", 25, "0044-03-15 12:00:00.5 BC"},
        {NAT_TIMESTAMP, "0044-03-15 12:00:00.5 BC", 24, "22003"},
        {NAT_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", 37,
         "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {NAT_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", 36, "22003"},
        {NAT_INTERVAL, "1 day 02:03:04", 15, "1 day 02:03:04"},
        {NAT_INTERVAL, "1 day 02:03:04", 14, "01004 1 day 02:03:0"},
        {NAT_TEXT, "abcdef", 7, "abcdef"},
        {NAT_TEXT, "abcdef", 6, "01004 abcde"},
        {NAT_TEXT, "abcdef", 2, "01004 a"},
        {NAT_TEXT, "abcdef", 1, "01004 "},
        {NAT_TEXT, "abcdef", 0, "01004 "},
        {NAT_TEXT, "", 1, ""},
        {NAT_TEXT, "", 0, "01004 "},
        {NAT_CHAR, "ab  ", 5, "ab  "},
        {NAT_JSON, "{}", 3, "{}"},
        {NAT_OTHER, "04:05:06+02", 12, "04:05:06+02"},
    };
    for (const row &r : rows)
        check_row(r, r.kind == NAT_BOOL ? 1 : strlen(r.wire));
}

TEST(ConvertText, ZonesAreStripped)
{
    static const struct {
        const char *wire, *expect;
    } rows[] = {
        {"2024-01-02 03:04:05+00", "2024-01-02 03:04:05"},
        {"2024-01-02 03:04:05.678-08", "2024-01-02 03:04:05.678"},
        {"2024-01-02 03:04:05.678+05:30", "2024-01-02 03:04:05.678"},
        {"1800-01-02 03:04:05+00:19:32", "1800-01-02 03:04:05"},
        {"0044-03-15 12:00:00+01 BC", "0044-03-15 12:00:00 BC"},
        {"infinity", "infinity"},
    };
    for (const auto &r : rows) {
        cell_reader n(NAT_TIMESTAMPTZ, r.wire, SQL_C_CHAR, false);
        call c = n.get(64);
        EXPECT_EQ(CONV_OK, c.result);
        EXPECT_EQ(r.expect, c.data);
        EXPECT_EQ((SQLLEN)strlen(r.expect), c.length);
        cell_reader w(NAT_TIMESTAMPTZ, r.wire, SQL_C_WCHAR, false);
        EXPECT_EQ(r.expect, narrow(w.get(128).data));
    }
}

/* Reads in pieces of `cap` bytes; the lengths must count down to what the last piece holds. */
std::string read_all(cell_reader &r, SQLLEN cap)
{
    std::string all;
    SQLLEN before = -1;
    size_t delivered = 0;
    for (int i = 0; i < 10000; i++) {
        call c = r.get(cap);
        if (c.result == CONV_NO_DATA)
            break;
        EXPECT_TRUE(c.result == CONV_OK || c.result == CONV_TRUNCATED) << c.result;
        if (before >= 0) {
            EXPECT_EQ(before - (SQLLEN)delivered, c.length) << "length is not what was left";
        }
        before = c.length;
        delivered = c.data.size();
        all += c.data;
        if (c.result == CONV_OK) {
            EXPECT_EQ((SQLLEN)c.data.size(), c.length);
            EXPECT_EQ(CONV_NO_DATA, r.get(cap).result);
            break;
        }
        EXPECT_GT(delivered, 0u) << "no progress";
        if (delivered == 0)
            break;
    }
    return all;
}

const char *const texts[] = {
    "",
    "a",
    "hello, world",
    "h\xc3\xa9llo",
    "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c",
    "\xf0\x9f\x98\x80",
    "a\xf0\x9f\x98\x80"
    "b\xf0\x9f\x98\x81",
    "\xc3\xa9\xe2\x82\xac\xf0\x90\x8d\x88x\xc3\xbc",
};

TEST(ConvertText, PiecesOfEverySize)
{
    for (const char *t : texts) {
        for (SQLLEN cap = 2; cap < 40; cap++) {
            cell_reader r(NAT_TEXT, t, SQL_C_CHAR, true);
            EXPECT_EQ(t, read_all(r, cap)) << "cap " << cap;
        }
        for (SQLLEN cap = 4; cap < 60; cap++) {
            cell_reader r(NAT_TEXT, t, SQL_C_WCHAR, true);
            EXPECT_EQ(wide(t), read_all(r, cap)) << t << " cap " << cap;
        }
    }
}

// Applications take a truncated piece for BufferLength less the terminator, whatever was split.
TEST(ConvertText, TruncatedPiecesFillTheBuffer)
{
    for (const char *t : texts) {
        for (SQLLEN cap = 2; cap < 20; cap++) {
            for (SQLSMALLINT ctype : {SQL_C_CHAR, SQL_C_WCHAR}) {
                size_t unit = ctype == SQL_C_CHAR ? 1 : 2;
                if ((size_t)cap < 2 * unit)
                    continue;
                cell_reader r(NAT_TEXT, t, ctype, true);
                call c;
                while ((c = r.get(cap)).result == CONV_TRUNCATED)
                    EXPECT_EQ((cap / unit - 1) * unit, c.data.size()) << t << " cap " << cap;
            }
        }
    }
}

TEST(ConvertText, BoundTextIsCutBetweenCharacters)
{
    const std::string t = "a\xf0\x9f\x98\x80z";
    for (SQLLEN cap = 2; cap <= 5; cap++) {
        cell_reader r(NAT_TEXT, t, SQL_C_CHAR, false);
        call c = r.get(cap);
        EXPECT_EQ("a", c.data) << cap;
        EXPECT_EQ(CONV_TRUNCATED, c.result);
        EXPECT_EQ(6, c.length);
    }
    cell_reader w(NAT_TEXT, t, SQL_C_WCHAR, false);
    call c = w.get(6);
    EXPECT_EQ("a", narrow(c.data));
    EXPECT_EQ(8, c.length);
    cell_reader first(NAT_TEXT, t.substr(1), SQL_C_CHAR, false);
    c = first.get(4);
    EXPECT_EQ("", c.data);
    EXPECT_EQ(CONV_TRUNCATED, c.result);
}

TEST(ConvertText, AskingForTheLengthLosesNothing)
{
    for (SQLLEN cap : {0, 1}) {
        for (nat_kind kind : {NAT_TEXT, NAT_INT4, NAT_NUMERIC}) {
            cell_reader r(kind, "12345", SQL_C_CHAR, true);
            call c = r.get(cap);
            EXPECT_EQ(CONV_TRUNCATED, c.result);
            EXPECT_EQ(5, c.length);
            c = r.get(cap);
            EXPECT_EQ(CONV_TRUNCATED, c.result);
            EXPECT_EQ(5, c.length);
            c = r.get(6);
            EXPECT_EQ(CONV_OK, c.result);
            EXPECT_EQ("12345", c.data);
        }
    }
    for (SQLLEN cap : {0, 1, 2, 3}) {
        cell_reader r(NAT_TEXT, "h\xc3\xa9\xf0\x9f\x98\x80", SQL_C_WCHAR, true);
        EXPECT_EQ(8, r.get(cap).length);
        EXPECT_EQ(8, r.get(cap).length);
        call c = r.get(10);
        EXPECT_EQ(CONV_OK, c.result);
        EXPECT_EQ("h\xc3\xa9\xf0\x9f\x98\x80", narrow(c.data));
    }
    cell_reader b(NAT_BLOB, "\\x010203", SQL_C_BINARY, true);
    EXPECT_EQ(3, b.get(0).length);
    call c = b.get(3);
    EXPECT_EQ(CONV_OK, c.result);
    EXPECT_EQ(std::string("\1\2\3"), c.data);
    EXPECT_EQ(CONV_NO_DATA, b.get(3).result);
}

TEST(ConvertText, EmptyValueIsDeliveredOnce)
{
    for (SQLSMALLINT ctype : {SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY}) {
        cell_reader r(NAT_TEXT, "", ctype, true);
        call c = r.get(8);
        EXPECT_EQ(CONV_OK, c.result);
        EXPECT_EQ(0, c.length);
        EXPECT_EQ(CONV_NO_DATA, r.get(8).result);
        cell_reader again(NAT_BLOB, "\\x", ctype, true);
        EXPECT_EQ(CONV_OK, again.get(8).result);
        EXPECT_EQ(CONV_NO_DATA, again.get(8).result);
    }
}

TEST(ConvertText, NumberInPieces)
{
    cell_reader r(NAT_NUMERIC, "1234.56", SQL_C_CHAR, true);
    EXPECT_EQ(CONV_RANGE, r.get(4).result); /* the whole digits do not fit: nothing is lost */
    call c = r.get(6);
    EXPECT_EQ(CONV_TRUNCATED, c.result);
    EXPECT_EQ("1234.", c.data);
    EXPECT_EQ(7, c.length);
    c = r.get(2);
    EXPECT_EQ("5", c.data);
    EXPECT_EQ(2, c.length);
    c = r.get(2);
    EXPECT_EQ(CONV_OK, c.result);
    EXPECT_EQ("6", c.data);
    EXPECT_EQ(CONV_NO_DATA, r.get(2).result);
}

TEST(ConvertText, NullBufferGivesTheLength)
{
    struct {
        nat_kind kind;
        SQLSMALLINT ctype;
        const char *wire;
        SQLLEN length;
    } rows[] = {
        {NAT_TEXT, SQL_C_CHAR, "h\xc3\xa9", 3},   {NAT_TEXT, SQL_C_WCHAR, "h\xc3\xa9", 4},
        {NAT_TEXT, SQL_C_BINARY, "h\xc3\xa9", 3}, {NAT_BLOB, SQL_C_CHAR, "\\x0102", 4},
        {NAT_BLOB, SQL_C_WCHAR, "\\x0102", 8},    {NAT_BLOB, SQL_C_BINARY, "\\x0102", 2},
        {NAT_INT4, SQL_C_CHAR, "42", 2},          {NAT_INT4, SQL_C_WCHAR, "42", 4},
    };
    for (const auto &r : rows) {
        for (bool pieces : {false, true}) {
            nat_type type = type_of(r.kind);
            SQLLEN octets = -1, indicator = -1;
            conv_target t = {};
            t.ctype = r.ctype;
            t.octets = &octets;
            t.indicator = &indicator;
            t.pieces = pieces;
            EXPECT_EQ(CONV_OK,
                      conv_pick(&type, r.ctype)(&type, nat_cell{r.wire, strlen(r.wire)}, &t));
            EXPECT_EQ(r.length, octets) << r.wire;
            EXPECT_EQ(0, indicator);
            EXPECT_EQ(0u, t.at);
        }
    }
}

TEST(ConvertText, NegativeCapacity)
{
    for (SQLSMALLINT ctype : {SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY}) {
        for (nat_kind kind : {NAT_TEXT, NAT_BLOB, NAT_INT4}) {
            cell_reader r(kind, "12", ctype, false);
            EXPECT_EQ(CONV_LENGTH, r.get(-1).result) << ctype << " " << kind;
        }
    }
}

TEST(ConvertText, NoLengthPointers)
{
    nat_type type = type_of(NAT_TEXT);
    char buf[4];
    conv_target t = {};
    t.ctype = SQL_C_CHAR;
    t.buf = buf;
    t.cap = sizeof buf;
    EXPECT_EQ(CONV_TRUNCATED, conv_pick(&type, SQL_C_CHAR)(&type, nat_cell{"abcdef", 6}, &t));
    EXPECT_STREQ("abc", buf);
}

TEST(ConvertText, UnalignedWideTarget)
{
    nat_type type = type_of(NAT_TEXT);
    std::string long_text;
    for (int i = 0; i < 200; i++)
        long_text += "x\xc3\xa9\xf0\x9f\x98\x80";
    std::vector<char> memory(4 * long_text.size() + 3);
    SQLLEN length = 0;
    conv_target t = {};
    t.ctype = SQL_C_WCHAR;
    t.buf = memory.data() + 1;
    t.cap = (SQLLEN)memory.size() - 1;
    t.octets = &length;
    EXPECT_EQ(CONV_OK, conv_pick(&type, SQL_C_WCHAR)(
                           &type, nat_cell{long_text.data(), long_text.size()}, &t));
    EXPECT_EQ(long_text, narrow(std::string(memory.data() + 1, (size_t)length)));
}

TEST(ConvertText, MalformedUtf8)
{
    const std::string bad = "a\xff\xc3z\xed\xa0\x80";
    cell_reader r(NAT_TEXT, bad, SQL_C_WCHAR, true);
    std::string all = read_all(r, 4);
    EXPECT_EQ("a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", narrow(all));
    cell_reader n(NAT_TEXT, bad, SQL_C_CHAR, true);
    EXPECT_EQ(bad, read_all(n, 2));
}

/* ---- bytes ---- */

TEST(ConvertText, Bytes)
{
    const std::string raw("\x00\x01\x7f\x80\xff\x5c", 6);
    const std::string hex = "\\x00017f80ff5c";
    const std::string escape = "\\000\\001\\177\\200\\377\\\\";
    struct {
        nat_wire wire;
        const std::string &text;
    } forms[] = {{WIRE_PG_TEXT, hex}, {WIRE_PG_TEXT, escape}, {WIRE_MY_TEXT, raw}};

    for (const auto &f : forms) {
        for (SQLLEN cap = 1; cap < 9; cap++) {
            cell_reader r(NAT_BLOB, f.text, SQL_C_BINARY, true, f.wire);
            EXPECT_EQ(raw, read_all(r, cap)) << cap;
        }
        for (SQLLEN cap = 2; cap < 20; cap++) {
            cell_reader r(NAT_VARBINARY, f.text, SQL_C_CHAR, true, f.wire);
            EXPECT_EQ("00017F80FF5C", read_all(r, cap)) << cap;
        }
        for (SQLLEN cap = 4; cap < 40; cap++) {
            cell_reader r(NAT_BINARY, f.text, SQL_C_WCHAR, true, f.wire);
            EXPECT_EQ("00017F80FF5C", narrow(read_all(r, cap))) << cap;
        }
        cell_reader r(NAT_BLOB, f.text, SQL_C_BINARY, false, f.wire);
        call c = r.get(4);
        EXPECT_EQ(CONV_TRUNCATED, c.result);
        EXPECT_EQ(6, c.length);
        EXPECT_EQ(raw.substr(0, 4), c.data);
    }
}

TEST(ConvertText, HexIsCutBetweenBytes)
{
    for (SQLLEN cap : {5, 6}) { /* of an even buffer the last byte is not used */
        cell_reader r(NAT_BLOB, "\\x010203", SQL_C_CHAR, false);
        call c = r.get(cap);
        EXPECT_EQ(CONV_TRUNCATED, c.result);
        EXPECT_EQ("0102", c.data);
        EXPECT_EQ(6, c.length);
    }
    cell_reader whole(NAT_BLOB, "\\x010203", SQL_C_CHAR, false);
    EXPECT_EQ("010203", whole.get(7).data);
    for (SQLLEN cap : {0, 1}) {
        cell_reader r(NAT_BLOB, "\\x010203", SQL_C_CHAR, true);
        EXPECT_EQ(6, r.get(cap).length);
        EXPECT_EQ("010203", r.get(7).data);
    }
}

// A client that makes room for what the length says is left takes it that the piece before was full.
TEST(ConvertText, HexFillsItsPieces)
{
    const std::string raw("\x01\x02\x03\xff", 4);
    for (auto [wire, text] : {std::pair(WIRE_PG_TEXT, std::string("\\x010203ff")),
                              std::pair(WIRE_PG_TEXT, std::string("\\001\\002\\003\\377")),
                              std::pair(WIRE_MY_TEXT, raw)})
        for (SQLLEN first = 1; first < 9; first++) {
            cell_reader r(NAT_BLOB, text, SQL_C_CHAR, true, wire);
            call c = r.get(first);
            EXPECT_EQ(CONV_TRUNCATED, c.result);
            EXPECT_EQ(8, c.length);
            EXPECT_EQ(std::string("010203FF").substr(0, (size_t)first - 1), c.data);
            c = r.get(1);
            EXPECT_EQ(9 - first, c.length) << first;
            c = r.get(10 - first);
            EXPECT_EQ(CONV_OK, c.result) << first;
            EXPECT_EQ(std::string("010203FF").substr((size_t)first - 1), c.data);
            EXPECT_EQ(CONV_NO_DATA, r.get(9).result);
        }
}

TEST(ConvertText, LongHex)
{
    std::string wire = "\\x", expect;
    for (int i = 0; i < 1000; i++) {
        wire += "a5";
        expect += "A5";
    }
    cell_reader r(NAT_BLOB, wire, SQL_C_CHAR, false);
    EXPECT_EQ(expect, r.get(3000).data);
}

TEST(ConvertText, TextAsBytes)
{
    const std::string t = "h\xc3\xa9llo";
    for (nat_kind kind : {NAT_TEXT, NAT_CHAR, NAT_VARCHAR, NAT_JSON, NAT_OTHER}) {
        for (SQLLEN cap = 1; cap < 8; cap++) {
            cell_reader r(kind, t, SQL_C_BINARY, true);
            EXPECT_EQ(t, read_all(r, cap));
        }
    }
    cell_reader backslash(NAT_TEXT, "\\x41", SQL_C_BINARY, true);
    EXPECT_EQ("\\x41", backslash.get(8).data);
}

template <typename T> T binary(nat_kind kind, const char *wire, const char *state = "")
{
    T value = {};
    cell_reader r(kind, wire, SQL_C_BINARY, true);
    EXPECT_STREQ("22003", conv_sqlstate(r.get((SQLLEN)sizeof(T) - 1).result)) << wire;
    call c = r.get(sizeof(T));
    EXPECT_STREQ(state, conv_sqlstate(c.result)) << wire;
    EXPECT_EQ((SQLLEN)sizeof(T), c.length) << wire;
    if (c.data.size() == sizeof(T))
        memcpy(&value, c.data.data(), sizeof(T));
    EXPECT_EQ(CONV_NO_DATA, r.get(sizeof(T)).result);
    return value;
}

TEST(ConvertText, StructsAsBytes)
{
    EXPECT_EQ(1, binary<SQLCHAR>(NAT_BOOL, "t"));
    EXPECT_EQ(-7, binary<SQLSCHAR>(NAT_INT1, "-7"));
    EXPECT_EQ(-7, binary<SQLSMALLINT>(NAT_INT2, "-7"));
    EXPECT_EQ(-7, binary<SQLINTEGER>(NAT_INT4, "-7"));
    EXPECT_EQ(-7, binary<SQLBIGINT>(NAT_INT8, "-7"));
    EXPECT_EQ(1.5f, binary<SQLREAL>(NAT_FLOAT4, "1.5"));
    EXPECT_EQ(1.5, binary<SQLDOUBLE>(NAT_FLOAT8, "1.5"));
    SQL_NUMERIC_STRUCT n = binary<SQL_NUMERIC_STRUCT>(NAT_NUMERIC, "-1.25");
    EXPECT_EQ(2, n.scale);
    EXPECT_EQ(0, n.sign);
    EXPECT_EQ(125, n.val[0]);
    EXPECT_EQ(29, binary<SQL_DATE_STRUCT>(NAT_DATE, "2024-02-29").day);
    EXPECT_EQ(6, binary<SQL_TIME_STRUCT>(NAT_TIME, "04:05:06").second);
    EXPECT_EQ(500000000u,
              binary<SQL_TIMESTAMP_STRUCT>(NAT_TIMESTAMP, "2024-02-29 04:05:06.5").fraction);
    EXPECT_EQ(0xa0eebc99u, binary<SQLGUID>(NAT_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").Data1);
    EXPECT_EQ(3u, binary<SQL_INTERVAL_STRUCT>(NAT_INTERVAL, "3 days").intval.day_second.day);
}

TEST(ConvertText, WordsOfMySql)
{
    struct {
        nat_kind kind;
        const char *wire, *expect;
    } rows[] = {
        {NAT_BOOL, "1", "1"},
        {NAT_INT8, "-5", "-5"},
        {NAT_FLOAT8, "1.5", "1.5"},
        {NAT_DATE, "0000-00-00", "0000-00-00"},
        {NAT_TIME, "-838:59:59", "-838:59:59"},
        {NAT_TIMESTAMP, "2024-01-02 03:04:05.6", "2024-01-02 03:04:05.6"},
    };
    for (const auto &r : rows) {
        cell_reader n(r.kind, r.wire, SQL_C_CHAR, false, WIRE_MY_TEXT);
        EXPECT_EQ(r.expect, n.get(40).data);
    }
}

/* ---- codesets ---- */

TEST(ConvertText, OtherCodesets)
{
    const charset *latin1 = charset_named("ISO-8859-1");
    ASSERT_NE(nullptr, latin1);
    const std::string t = "h\xc3\xa9llo \xe2\x82\xac!";
    for (SQLLEN cap = 2; cap < 12; cap++) {
        cell_reader r(NAT_TEXT, t, SQL_C_CHAR, true);
        r.t.ansi = latin1;
        EXPECT_EQ("h\xe9llo ?!", read_all(r, cap)) << cap;
    }
    for (SQLLEN cap : {0, 1}) {
        cell_reader r(NAT_TEXT, t, SQL_C_CHAR, true);
        r.t.ansi = latin1;
        call c = r.get(cap);
        EXPECT_EQ(CONV_TRUNCATED, c.result);
        EXPECT_EQ(8, c.length);
    }
    cell_reader number(NAT_INT4, "42", SQL_C_CHAR, false);
    number.t.ansi = latin1;
    EXPECT_EQ("42", number.get(3).data);
}

TEST(ConvertText, MultibyteCodeset)
{
    const charset *gbk = charset_named("GBK");
    if (gbk == nullptr)
        GTEST_SKIP();
    const std::string t = "a\xe4\xbd\xa0\xe5\xa5\xbd\xf0\x9f\x98\x80z";
    for (SQLLEN cap = 3; cap < 12; cap++) {
        cell_reader r(NAT_TEXT, t, SQL_C_CHAR, true);
        r.t.ansi = gbk;
        EXPECT_EQ("a\xc4\xe3\xba\xc3?z", read_all(r, cap)) << cap;
    }
}

TEST(ConvertText, LongTextInPiecesIsNotCountedEveryTime)
{
    std::string t((size_t)3 << 20, 'x');
    cell_reader r(NAT_TEXT, t, SQL_C_WCHAR, true);
    EXPECT_EQ((SQLLEN)t.size() * 2, r.get(1000).length);
    call c = r.get(1000);
    EXPECT_EQ(CONV_TRUNCATED, c.result);
    EXPECT_EQ(SQL_NO_TOTAL, c.length);
    cell_reader n(NAT_TEXT, t, SQL_C_CHAR, true);
    EXPECT_EQ((SQLLEN)t.size(), n.get(1001).length);
    EXPECT_EQ((SQLLEN)t.size() - 1000, n.get(1001).length);
}

} // namespace
