// A row's packet into cells, without a server: each form on the wire, and what a server must not be
// believed. Every packet stands in memory of just its size, so that a sanitizer sees a byte too far.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "native/my_packet.h"
}

namespace
{

using std::string;
using std::vector;

string bytes(std::initializer_list<int> list)
{
    return string(list.begin(), list.end());
}

struct Row {
    bool ok = false;
    vector<string> cells; // "NULL" for NULL
};

Row read(const string &packet, size_t ncolumns, const vector<my_how> *hows)
{
    std::unique_ptr<unsigned char[]> from(new unsigned char[packet.size()]);
    memcpy(from.get(), packet.data(), packet.size());
    std::unique_ptr<char[]> to(new char[my_packet_room(hows != nullptr, ncolumns, packet.size())]);
    vector<nat_cell> cells(ncolumns);
    size_t used = 0;
    Row row;
    row.ok = hows ? my_packet_binary(from.get(), packet.size(), hows->data(), ncolumns, to.get(), &used,
                                     cells.data())
                  : my_packet_text(from.get(), packet.size(), ncolumns, to.get(), cells.data());
    for (const nat_cell &c : cells)
        if (row.ok)
            row.cells.push_back(c.p ? string(c.p, c.n) : "NULL");
    return row;
}

Row text_row(const string &packet, size_t ncolumns)
{
    return read(packet, ncolumns, nullptr);
}

Row binary_row(const string &packet, const vector<my_how> &hows)
{
    return read(packet, hows.size(), &hows);
}

string integer(int64_t v)
{
    return string(reinterpret_cast<char *>(&v), sizeof v);
}

string moment(int year, int month, int day, int hour, int minute, int second, int micro = 0, bool negative = false)
{
    nat_moment m;
    memset(&m, 0, sizeof m);
    m.year = year;
    m.month = month;
    m.day = day;
    m.hour = hour;
    m.minute = minute;
    m.second = second;
    m.microsecond = micro;
    m.negative = negative;
    return string(reinterpret_cast<char *>(&m), sizeof m);
}

// A cell is a moment's bytes but for those between its fields.
bool is_moment(const string &cell, const string &expected)
{
    nat_moment a, b;
    if (cell.size() != sizeof a)
        return false;
    memcpy(&a, cell.data(), sizeof a);
    memcpy(&b, expected.data(), sizeof b);
    return a.year == b.year && a.month == b.month && a.day == b.day && a.hour == b.hour &&
           a.minute == b.minute && a.second == b.second && a.microsecond == b.microsecond &&
           a.negative == b.negative;
}

TEST(MyPacket, TextRows)
{
    EXPECT_EQ(text_row(bytes({1, '7'}), 1).cells, (vector<string>{"7"}));
    EXPECT_EQ(text_row(bytes({0, 251, 2, 'a', 'b'}), 3).cells, (vector<string>{"", "NULL", "ab"}));
    string long_one(300, 'x'), longer(70000, 'y');
    EXPECT_EQ(text_row(bytes({1, 'a', 252, 300 & 255, 300 >> 8}) + long_one, 2).cells,
              (vector<string>{"a", long_one}));
    EXPECT_EQ(text_row(bytes({1, 'a', 253, 70000 & 255, 70000 >> 8 & 255, 1}) + longer, 2).cells,
              (vector<string>{"a", longer}));
}

TEST(MyPacket, WhatIsNoTextRowIsForTheLibrary)
{
    const struct {
        const char *what;
        string packet;
        size_t ncolumns;
    } packets[] = {
        {"nothing", "", 1},
        {"the end", bytes({254, 0, 0, 2, 0}), 1},
        {"an error", bytes({255, 0x7b, 4}) + "#HY000no", 1},
        {"a length of 2 bytes at the front", bytes({252, 1, 0, 'a'}), 1},
        {"a length of 8 bytes", bytes({1, 'a', 254, 1, 0, 0, 0, 0, 0, 0, 0, 'b'}), 2},
        {"a column less", bytes({1, 'a'}), 2},
        {"a column more", bytes({1, 'a', 1, 'b'}), 1},
        {"a column longer than the packet", bytes({3, 'a', 'b'}), 1},
        {"a length cut off", bytes({1, 'a', 252, 1}), 2},
        {"as long as can be said", bytes({1, 'a', 253, 255, 255, 255, 'b'}), 2},
    };
    for (const auto &p : packets)
        EXPECT_FALSE(text_row(p.packet, p.ncolumns).ok) << p.what;
}

TEST(MyPacket, BinaryIntegersAndFloats)
{
    const struct {
        my_how how;
        string wire, cell;
    } values[] = {
        {HOW_INT1, bytes({0x80}), integer(-128)},
        {HOW_UINT1, bytes({0x80}), integer(128)},
        {HOW_INT2, bytes({0, 0x80}), integer(-32768)},
        {HOW_UINT2, bytes({0xe8, 7}), integer(2024)},
        {HOW_INT4, bytes({0xff, 0xff, 0xff, 0xff}), integer(-1)},
        {HOW_UINT4, bytes({0xff, 0xff, 0xff, 0xff}), integer(4294967295)},
        {HOW_8, bytes({1, 0, 0, 0, 0, 0, 0, 0x80}), integer(INT64_MIN + 1)},
        {HOW_4, bytes({0, 0, 0x80, 0x3f}), bytes({0, 0, 0x80, 0x3f})},
        {HOW_STRING, bytes({3}) + "abc", "abc"},
        {HOW_STRING, bytes({0}), ""},
    };
    for (const auto &v : values) {
        SCOPED_TRACE(v.how);
        Row row = binary_row(bytes({0, 0}) + v.wire, {v.how});
        ASSERT_TRUE(row.ok);
        EXPECT_EQ(row.cells[0], v.cell);
        EXPECT_EQ(binary_row(bytes({0, 4}), {v.how}).cells, (vector<string>{"NULL"}));
        for (size_t n = 0; n < v.wire.size(); n++) // cut off anywhere
            EXPECT_FALSE(binary_row(bytes({0, 0}) + v.wire.substr(0, n), {v.how}).ok) << n;
        EXPECT_FALSE(binary_row(bytes({0, 0}) + v.wire + "x", {v.how}).ok);
    }
}

TEST(MyPacket, BinaryMoments)
{
    const struct {
        my_how how;
        string wire, cell;
    } values[] = {
        {HOW_MOMENT, bytes({0}), moment(0, 0, 0, 0, 0, 0)},
        {HOW_MOMENT, bytes({4, 0xe8, 7, 2, 29}), moment(2024, 2, 29, 0, 0, 0)},
        {HOW_MOMENT, bytes({7, 0xe8, 7, 2, 29, 23, 59, 58}), moment(2024, 2, 29, 23, 59, 58)},
        {HOW_MOMENT, bytes({11, 0xe8, 7, 2, 29, 23, 59, 58, 0x3f, 0x42, 0xf, 0}), moment(2024, 2, 29, 23, 59, 58, 999999)},
        {HOW_TIME, bytes({0}), moment(0, 0, 0, 0, 0, 0)},
        {HOW_TIME, bytes({8, 1, 34, 0, 0, 0, 22, 59, 59}), moment(0, 0, 0, 838, 59, 59, 0, true)},
        {HOW_TIME, bytes({12, 0, 0, 0, 0, 0, 1, 2, 3, 1, 0, 0, 0}), moment(0, 0, 0, 1, 2, 3, 1)},
    };
    for (const auto &v : values) {
        SCOPED_TRACE(v.wire.size());
        Row row = binary_row(bytes({0, 0}) + v.wire, {v.how});
        ASSERT_TRUE(row.ok);
        EXPECT_TRUE(is_moment(row.cells[0], v.cell));
        for (size_t n = 0; n < v.wire.size(); n++)
            EXPECT_FALSE(binary_row(bytes({0, 0}) + v.wire.substr(0, n), {v.how}).ok) << n;
    }
    for (const string &odd : {bytes({1, 0}), bytes({5, 0, 0, 0, 0, 0}), bytes({251}),
                              bytes({12, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0}),
                              bytes({12, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255})}) {
        EXPECT_FALSE(binary_row(bytes({0, 0}) + odd, {HOW_TIME}).ok);
        EXPECT_FALSE(binary_row(bytes({0, 0}) + odd, {HOW_MOMENT}).ok);
    }
}

TEST(MyPacket, WhatIsNoBinaryRowIsForTheLibrary)
{
    EXPECT_FALSE(binary_row("", {HOW_INT1}).ok);
    EXPECT_FALSE(binary_row(bytes({0}), {HOW_INT1}).ok);
    EXPECT_FALSE(binary_row(bytes({254, 0, 0, 2, 0}), {HOW_INT1}).ok);
    EXPECT_FALSE(binary_row(bytes({255, 0, 1}), {HOW_INT1}).ok);
}

TEST(MyPacket, ManyColumnsHaveManyNulls)
{
    vector<my_how> hows(20, HOW_INT1);
    string nulls(3, '\0'), values;
    for (int i = 0; i < 20; i++) {
        if (i % 3 == 0)
            nulls[(i + 2) / 8] = static_cast<char>(nulls[(i + 2) / 8] | 1 << (i + 2) % 8);
        else
            values += static_cast<char>(i);
    }
    Row row = binary_row(bytes({0}) + nulls + values, hows);
    ASSERT_TRUE(row.ok);
    for (int i = 0; i < 20; i++)
        EXPECT_EQ(row.cells[i], i % 3 ? integer(i) : "NULL") << i;
}

// Rubbish of all kinds: an answer, and not a byte beyond the packet or the room for the row.
TEST(MyPacket, Rubbish)
{
    const vector<my_how> all = {HOW_STRING, HOW_INT1, HOW_TIME, HOW_UINT2, HOW_MOMENT, HOW_INT4, HOW_8, HOW_4, HOW_STRING};
    std::mt19937 roll(20261127);
    int rows = 0;
    for (int i = 0; i < 200000; i++) {
        size_t ncolumns = 1 + roll() % all.size();
        vector<my_how> hows(all.begin(), all.begin() + static_cast<long>(ncolumns));
        string packet(roll() % 40, '\0');
        for (char &c : packet)
            c = static_cast<char>(roll() % 3 ? roll() % 14 : roll());
        rows += binary_row(packet, hows).ok;
        rows += text_row(packet, ncolumns).ok;
    }
    EXPECT_GT(rows, 100); // not all of it is refused
}

} // namespace
