#include <gtest/gtest.h>

#include <clocale>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "convert/charset.h"
}

namespace
{

std::string to_utf8(const charset *c, const std::string &in)
{
    struct buf b;
    buf_init(&b);
    EXPECT_TRUE(charset_to_utf8(c, text{in.data(), in.size()}, &b));
    std::string out(b.p ? b.p : "", b.n);
    buf_fini(&b);
    return out;
}

std::string from_utf8(const charset *c, const std::string &in)
{
    struct buf b;
    buf_init(&b);
    EXPECT_TRUE(charset_from_utf8(c, text{in.data(), in.size()}, &b));
    std::string out(b.p ? b.p : "", b.n);
    buf_fini(&b);
    EXPECT_EQ(out.size(), charset_size(c, text{in.data(), in.size()}));
    return out;
}

TEST(ConvertCharset, NamesThatMeanUtf8)
{
    for (const char *name : {"UTF-8", "utf8", "ANSI_X3.4-1968", "US-ASCII", "us-ascii", ""})
        EXPECT_EQ(nullptr, charset_named(name)) << name;
    EXPECT_EQ(nullptr, charset_named(nullptr));
    EXPECT_EQ(nullptr, charset_named("no such codeset"));
    EXPECT_EQ(nullptr, charset_named(std::string(1000, 'x').c_str()));
    EXPECT_EQ("h\xc3\xa9", to_utf8(nullptr, "h\xc3\xa9"));
    EXPECT_EQ("h\xc3\xa9", from_utf8(nullptr, "h\xc3\xa9"));
}

TEST(ConvertCharset, CurrentIsUtf8InTheCLocale)
{
    EXPECT_EQ(nullptr, charset_current());
}

TEST(ConvertCharset, Latin1)
{
    const charset *c = charset_named("ISO-8859-1");
    ASSERT_NE(nullptr, c);
    EXPECT_EQ(c, charset_named("ISO-8859-1"));
    EXPECT_EQ("", to_utf8(c, ""));
    EXPECT_EQ("h\xc3\xa9llo", to_utf8(c, "h\xe9llo"));
    EXPECT_EQ("h\xe9llo", from_utf8(c, "h\xc3\xa9llo"));
    EXPECT_EQ("", from_utf8(c, ""));
    EXPECT_EQ("?", from_utf8(c, "\xe2\x82\xac")); /* euro sign */
    EXPECT_EQ("a?b", from_utf8(c, "a\xf0\x9f\x98\x80"
                                  "b")); /* beyond two bytes */
    EXPECT_EQ("a?b", from_utf8(c, "a\xff"
                                  "b")); /* malformed */
    std::string all;
    for (int i = 1; i < 256; i++)
        all += (char)i;
    EXPECT_EQ(all, from_utf8(c, to_utf8(c, all)));
}

TEST(ConvertCharset, SingleByteWithHoles)
{
    const charset *c = charset_named("CP1252");
    ASSERT_NE(nullptr, c);
    EXPECT_EQ("\xe2\x82\xac\xef\xbf\xbd", to_utf8(c, "\x80\x81")); /* 0x81 is not defined */
    EXPECT_EQ("\x80", from_utf8(c, "\xe2\x82\xac"));
}

TEST(ConvertCharset, Multibyte)
{
    const charset *c = charset_named("GBK");
    ASSERT_NE(nullptr, c);
    EXPECT_EQ("a\xe4\xbd\xa0z", to_utf8(c, "a\xc4\xe3z"));
    EXPECT_EQ("a\xc4\xe3z", from_utf8(c, "a\xe4\xbd\xa0z"));
    EXPECT_EQ("a\xef\xbf\xbd", to_utf8(c, "a\xc4")); /* cut short */
    EXPECT_EQ("a?z", from_utf8(c, "a\xf0\x9f\x98\x80z"));
    EXPECT_EQ("a?z", from_utf8(c, "a\xffz"));
    std::string many, expect;
    for (int i = 0; i < 5000; i++) {
        many += "\xe4\xbd\xa0";
        expect += "\xc4\xe3";
    }
    EXPECT_EQ(expect, from_utf8(c, many));
    EXPECT_EQ(many, to_utf8(c, expect));
}

TEST(ConvertCharset, BoundedPut)
{
    const charset *gbk = charset_named("GBK");
    const charset *latin1 = charset_named("ISO-8859-1");
    const std::string in = "a\xe4\xbd\xa0\xc3\xa9";
    char out[16];
    size_t used;
    struct {
        const charset *c;
        size_t cap, put, used;
    } rows[] = {
        {gbk, 0, 0, 0},      {gbk, 1, 1, 1},     {gbk, 2, 1, 1},     {gbk, 3, 3, 4},
        {latin1, 0, 0, 0},   {latin1, 1, 1, 1},  {latin1, 2, 2, 4},  {latin1, 3, 3, 6},
        {nullptr, 0, 0, 0},  {nullptr, 1, 1, 1}, {nullptr, 3, 1, 1}, {nullptr, 4, 4, 4},
        {nullptr, 16, 6, 6},
    };
    for (const auto &r : rows) {
        memset(out, '#', sizeof out);
        EXPECT_EQ(r.put, charset_put(r.c, out, r.cap, text{in.data(), in.size()}, &used));
        EXPECT_EQ(r.used, used);
        for (size_t i = r.cap; i < sizeof out; i++)
            EXPECT_EQ('#', out[i]);
    }
}

TEST(ConvertCharset, FromManyThreads)
{
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([] {
            for (const char *name : {"KOI8-R", "ISO-8859-2", "ISO-8859-15", "BIG5"}) {
                const charset *c = charset_named(name);
                ASSERT_NE(nullptr, c);
                EXPECT_EQ("abc", from_utf8(c, "abc"));
                EXPECT_EQ("abc", to_utf8(c, "abc"));
            }
        });
    for (auto &t : threads)
        t.join();
}

} // namespace
