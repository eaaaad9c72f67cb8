#include <gtest/gtest.h>

#include <cstring>
#include <string>

extern "C" {
#include "base/utf.h"
}

static text view(const std::string &s)
{
    return text{s.data(), s.size()};
}

static std::u16string to16(const std::string &s, utf_step *step)
{
    utf_step need = utf_8to16(nullptr, SIZE_MAX, view(s));
    std::u16string out(need.out, u'\0');
    *step = utf_8to16((uint16_t *)out.data(), out.size(), view(s));
    EXPECT_EQ(need.in, step->in);
    EXPECT_EQ(need.out, step->out);
    EXPECT_EQ(need.bad, step->bad);
    return out;
}

static std::string to8(const std::u16string &s, utf_step *step)
{
    const auto *p = (const uint16_t *)s.data();
    utf_step need = utf_16to8(nullptr, SIZE_MAX, p, s.size());
    std::string out(need.out, '\0');
    *step = utf_16to8(out.data(), out.size(), p, s.size());
    EXPECT_EQ(need.in, step->in);
    EXPECT_EQ(need.out, step->out);
    EXPECT_EQ(need.bad, step->bad);
    return out;
}

struct Case8 {
    const char *name;
    std::string in;
    std::u16string out;
    size_t bad;
};

static const Case8 cases8[] = {
    {"empty", "", u"", 0},
    {"ascii", "abc", u"abc", 0},
    {"nul", std::string("a\0b", 3), std::u16string(u"a\0b", 3), 0},
    {"two bytes, first", "\xc2\x80", u"\u0080", 0},
    {"two bytes, last", "\xdf\xbf", u"\u07ff", 0},
    {"three bytes, first", "\xe0\xa0\x80", u"\u0800", 0},
    {"before surrogates", "\xed\x9f\xbf", u"\ud7ff", 0},
    {"after surrogates", "\xee\x80\x80", u"\ue000", 0},
    {"last of the plane", "\xef\xbf\xbf", u"\uffff", 0},
    {"four bytes, first", "\xf0\x90\x80\x80", u"\U00010000", 0},
    {"four bytes, last", "\xf4\x8f\xbf\xbf", u"\U0010ffff", 0},
    {"above the last", "\xf4\x90\x80\x80", u"\ufffd\ufffd\ufffd\ufffd", 4},
    {"f5", "\xf5\x80\x80\x80", u"\ufffd\ufffd\ufffd\ufffd", 4},
    {"overlong nul", "\xc0\x80", u"\ufffd\ufffd", 2},
    {"overlong two", "\xc1\xbf", u"\ufffd\ufffd", 2},
    {"overlong three", "\xe0\x9f\xbf", u"\ufffd\ufffd\ufffd", 3},
    {"overlong four", "\xf0\x8f\xbf\xbf", u"\ufffd\ufffd\ufffd\ufffd", 4},
    {"high surrogate", "\xed\xa0\x80", u"\ufffd\ufffd\ufffd", 3},
    {"low surrogate", "\xed\xbf\xbf", u"\ufffd\ufffd\ufffd", 3},
    {"lone trail", "a\x80z", u"a\ufffdz", 1},
    {"cut two", "\xc3", u"\ufffd", 1},
    {"cut three", "\xe2\x82", u"\ufffd\ufffd", 2},
    {"cut four", "\xf0\x9f\x98", u"\ufffd\ufffd\ufffd", 3},
    {"broken off", "\xe2\x82z", u"\ufffd\ufffdz", 2},
    {"lead, then good", "\xe2\xc3\xa4", u"\ufffd\u00e4", 1},
    {"ff fe", "\xff\xfe", u"\ufffd\ufffd", 2},
    {"ascii run, then not", "0123456789abcdef\xc3\xa4-0123456", u"0123456789abcdef\u00e4-0123456",
     0},
};

TEST(Utf, From8)
{
    for (auto &c : cases8) {
        SCOPED_TRACE(c.name);
        utf_step step;
        EXPECT_EQ(c.out, to16(c.in, &step));
        EXPECT_EQ(c.in.size(), step.in);
        EXPECT_EQ(c.bad, step.bad);
        size_t chars = 0;
        for (char16_t u : c.out)
            chars += u < 0xdc00 || u > 0xdfff;
        EXPECT_EQ(chars, utf_chars(view(c.in)));
        if (c.bad == 0) {
            EXPECT_EQ(c.in, to8(c.out, &step));
        }
    }
}

/* Fed through every small buffer size, the pieces make the same whole and no pair is split. */
TEST(Utf, From8InPieces)
{
    for (auto &c : cases8) {
        for (size_t cap = 2; cap < 12; cap++) {
            SCOPED_TRACE(c.name);
            std::u16string all;
            uint16_t out[12];
            size_t at = 0, bad = 0;
            while (at < c.in.size()) {
                utf_step s = utf_8to16(out, cap, text{c.in.data() + at, c.in.size() - at});
                ASSERT_GT(s.in, 0u);
                ASSERT_LE(s.out, cap);
                ASSERT_FALSE(out[s.out - 1] >= 0xd800 && out[s.out - 1] < 0xdc00);
                all.append((char16_t *)out, s.out);
                at += s.in;
                bad += s.bad;
            }
            EXPECT_EQ(c.out, all);
            EXPECT_EQ(c.bad, bad);
        }
    }
}

TEST(Utf, StopsBeforeWhatDoesNotFit)
{
    uint16_t out[4];
    char bytes[8];
    const uint16_t smile[] = {0xd83d, 0xde00};
    const uint16_t euro[] = {'a', 0x20ac};
    utf_step s = utf_8to16(out, 1, TEXT("\xf0\x9f\x98\x80"));
    EXPECT_EQ(0u, s.in);
    EXPECT_EQ(0u, s.out);
    s = utf_8to16(out, 0, TEXT("a"));
    EXPECT_EQ(0u, s.in);
    s = utf_8to16(out, 4, TEXT_NONE);
    EXPECT_EQ(0u, s.out);
    s = utf_16to8(bytes, 3, smile, 2);
    EXPECT_EQ(0u, s.in);
    s = utf_16to8(bytes, 4, smile, 2);
    EXPECT_EQ(2u, s.in);
    EXPECT_EQ(4u, s.out);
    s = utf_16to8(bytes, 3, euro, 2);
    EXPECT_EQ(1u, s.in);
    EXPECT_EQ(1u, s.out);
    s = utf_16to8(bytes, 0, euro, 2);
    EXPECT_EQ(0u, s.in);
    s = utf_16to8(bytes, 8, nullptr, 0);
    EXPECT_EQ(0u, s.out);
}

TEST(Utf, From16)
{
    struct {
        const char *name;
        std::u16string in;
        std::string out;
        size_t bad;
    } rows[] = {
        {"lone high", {0xd800}, "\xef\xbf\xbd", 1},
        {"lone low", {0xdc00}, "\xef\xbf\xbd", 1},
        {"low high", {0xdc00, 0xd800}, "\xef\xbf\xbd\xef\xbf\xbd", 2},
        {"high high low", {0xd800, 0xd800, 0xdc00}, "\xef\xbf\xbd\xf0\x90\x80\x80", 1},
        {"high letter", {0xdbff, u'z'}, "\xef\xbf\xbdz", 1},
        {"first pair", {0xd800, 0xdc00}, "\xf0\x90\x80\x80", 0},
        {"last pair", {0xdbff, 0xdfff}, "\xf4\x8f\xbf\xbf", 0},
        {"nul", {u'a', 0, u'b'}, std::string("a\0b", 3), 0},
        {"edges", {0x7f, 0x80, 0x7ff, 0x800}, "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80", 0},
    };
    for (auto &r : rows) {
        SCOPED_TRACE(r.name);
        utf_step step;
        EXPECT_EQ(r.out, to8(r.in, &step));
        EXPECT_EQ(r.bad, step.bad);
        EXPECT_EQ(r.in.size(), step.in);
        buf b;
        buf_init(&b);
        buf_char(&b, '<');
        EXPECT_TRUE(utf_add16(&b, (const uint16_t *)r.in.data(), r.in.size()));
        buf_char(&b, '>');
        EXPECT_EQ("<" + r.out + ">", std::string(b.p, b.n));
        buf_fini(&b);
    }
}

TEST(Utf, Add16OnABrokenBuf)
{
    const uint16_t a[] = {'a'};
    buf b;
    buf_init(&b);
    buf_reserve(&b, SIZE_MAX);
    EXPECT_FALSE(utf_add16(&b, a, 1));
    buf_fini(&b);
    buf_init(&b);
    EXPECT_TRUE(utf_add16(&b, nullptr, 0));
    buf_fini(&b);
}

TEST(Utf, EveryCodePointRoundTrips)
{
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        uint16_t u[2] = {(uint16_t)cp}, back[2];
        size_t n = 1;
        if (cp > 0xffff) {
            u[0] = (uint16_t)(0xd800 + ((cp - 0x10000) >> 10));
            u[1] = (uint16_t)(0xdc00 + (cp & 0x3ff));
            n = 2;
        }
        char z[4];
        utf_step s = utf_16to8(z, 4, u, n);
        ASSERT_EQ(n, s.in);
        ASSERT_EQ(0u, s.bad);
        utf_step t = utf_8to16(back, 2, text{z, s.out});
        ASSERT_EQ(n, t.out);
        ASSERT_EQ(0u, t.bad);
        ASSERT_EQ(0, memcmp(u, back, n * 2));
        ASSERT_EQ(1u, utf_chars(text{z, s.out}));
    }
}

TEST(Utf, Len16)
{
    const uint16_t z[] = {'a', 'b', 0, 'c'};
    EXPECT_EQ(2u, utf_len16(z));
    EXPECT_EQ(0u, utf_len16(z + 2));
    EXPECT_EQ(0u, utf_len16(nullptr));
}

TEST(Utf, Cut)
{
    struct {
        std::string s;
        size_t n, cut;
    } rows[] = {
        {"abc", 0, 0},
        {"abc", 2, 2},
        {"abc", 3, 3},
        {"abc", SIZE_MAX, 3},
        {"\xc3\xa4", 1, 0},
        {"a\xe2\x82\xac", 1, 1},
        {"a\xe2\x82\xac", 2, 1},
        {"a\xe2\x82\xac", 3, 1},
        {"a\xe2\x82\xac", 4, 4},
        {"\xf0\x9f\x98\x80z", 3, 0},
        {"\xf0\x9f\x98\x80z", 4, 4},
        {"\xf0\x9f\x98", 2, 2}, /* malformed: each byte stands alone */
        {"\x80\x80\x80\x80", 2, 2},
        {"\xe2\xe2\x82\xac", 1, 1},
        {"\xe2\xe2\x82\xac", 2, 1},
    };
    for (auto &r : rows)
        EXPECT_EQ(r.cut, utf_cut(view(r.s), r.n)) << r.s << " at " << r.n;
    EXPECT_EQ(0u, utf_cut(TEXT_NONE, 5));
}
