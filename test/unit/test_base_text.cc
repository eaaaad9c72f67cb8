#include <gtest/gtest.h>

#include <climits>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include "base/text.h"
#include "base/buf.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/list.h"
}

static std::string str(text t)
{
    return t.s ? std::string(t.s, t.n) : std::string("(none)");
}

TEST(Text, Of)
{
    EXPECT_EQ(nullptr, text_of(nullptr).s);
    EXPECT_EQ(0u, text_of(nullptr).n);
    EXPECT_EQ(3u, text_of("abc").n);
    EXPECT_NE(nullptr, text_of("").s);
}

TEST(Text, Compare)
{
    struct {
        const char *a, *b;
        bool eq, ci, starts, ends;
    } rows[] = {
        {"", "", true, true, true, true},
        {nullptr, "", true, true, true, true},
        {nullptr, nullptr, true, true, true, true},
        {"", "a", false, false, false, false},
        {"a", "", false, false, true, true},
        {"abc", "abc", true, true, true, true},
        {"ABC", "abc", false, true, true, true},
        {"abcd", "ABC", false, false, true, false},
        {"xabc", "ABC", false, false, false, true},
        {"[", "{", false, false, false, false},
        {"@", "`", false, false, false, false},
        {"\xc3\x84", "\xc3\xa4", false, false, false, false},
    };
    for (auto &r : rows) {
        text a = text_of(r.a), b = text_of(r.b);
        SCOPED_TRACE(str(a) + " / " + str(b));
        EXPECT_EQ(r.eq, text_eq(a, b));
        EXPECT_EQ(r.ci, text_eq_ci(a, b));
        EXPECT_EQ(r.starts, text_starts_ci(a, b));
        EXPECT_EQ(r.ends, text_ends_ci(a, b));
    }
}

TEST(Text, Find)
{
    EXPECT_EQ(1u, text_find(TEXT("a;b;"), ';', 0));
    EXPECT_EQ(1u, text_find(TEXT("a;b;"), ';', 1));
    EXPECT_EQ(3u, text_find(TEXT("a;b;"), ';', 2));
    EXPECT_EQ(SIZE_MAX, text_find(TEXT("a;b;"), ';', 4));
    EXPECT_EQ(SIZE_MAX, text_find(TEXT("a;b;"), ';', SIZE_MAX));
    EXPECT_EQ(SIZE_MAX, text_find(TEXT_NONE, ';', 0));
    EXPECT_EQ(1u, text_find(TEXT("a\0b"), '\0', 0));
}

TEST(Text, TrimAndSub)
{
    EXPECT_EQ("a b", str(text_trim(TEXT(" \t\r\n\v\fa b \n"))));
    EXPECT_EQ("", str(text_trim(TEXT("   "))));
    EXPECT_EQ("(none)", str(text_trim(TEXT_NONE)));
    EXPECT_EQ("\xc2\xa0", str(text_trim(TEXT("\xc2\xa0"))));
    EXPECT_EQ("bc", str(text_sub(TEXT("abc"), 1, SIZE_MAX)));
    EXPECT_EQ("b", str(text_sub(TEXT("abc"), 1, 1)));
    EXPECT_EQ("", str(text_sub(TEXT("abc"), 3, 1)));
    EXPECT_EQ("", str(text_sub(TEXT("abc"), SIZE_MAX, SIZE_MAX)));
    EXPECT_EQ("(none)", str(text_sub(TEXT_NONE, 1, 1)));
}

TEST(Text, ToInteger)
{
    struct {
        const char *s;
        bool ok;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"+17", true, 17},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+", false, 0},
        {"--1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"0x10", false, 0},
        {"1.0", false, 0},
        {nullptr, false, 0},
    };
    for (auto &r : rows) {
        int64_t got = 4711;
        SCOPED_TRACE(r.s ? r.s : "(none)");
        EXPECT_EQ(r.ok, text_to_i64(text_of(r.s), &got));
        EXPECT_EQ(r.ok ? r.value : 4711, got);
    }
}

TEST(Buf, GrowsAndStaysTerminated)
{
    buf b;
    buf_init(&b);
    EXPECT_STREQ("", buf_z(&b));
    EXPECT_EQ(0u, buf_view(&b).n);
    std::string want;
    for (int i = 0; i < 1000; i++) {
        ASSERT_TRUE(buf_fmt(&b, "%d,", i));
        ASSERT_TRUE(buf_char(&b, ';'));
        want += std::to_string(i) + ",;";
        ASSERT_EQ('\0', b.p[b.n]);
    }
    EXPECT_EQ(want, buf_z(&b));
    EXPECT_TRUE(buf_text(&b, TEXT_NONE));
    EXPECT_TRUE(buf_str(&b, nullptr));
    EXPECT_TRUE(buf_add(&b, nullptr, 0));
    EXPECT_EQ(want, str(buf_view(&b)));
    buf_reset(&b);
    EXPECT_STREQ("", buf_z(&b));
    EXPECT_TRUE(buf_add(&b, "a\0b", 3));
    EXPECT_EQ(std::string("a\0b", 3), str(buf_view(&b)));
    buf_fini(&b);
    EXPECT_EQ(nullptr, b.p);
    buf_fini(&b);
}

TEST(Buf, FmtAtTheEdge)
{
    for (size_t n = 0; n < 300; n++) {
        buf b;
        buf_init(&b);
        std::string s(n, 'x');
        EXPECT_TRUE(buf_fmt(&b, "%s", s.c_str()));
        EXPECT_TRUE(buf_fmt(&b, "%s", s.c_str()));
        EXPECT_EQ(s + s, buf_z(&b));
        buf_fini(&b);
    }
}

TEST(Buf, ReservedRoom)
{
    buf b;
    buf_init(&b);
    char *p = buf_reserve(&b, 5);
    ASSERT_NE(nullptr, p);
    EXPECT_EQ(0u, b.n);
    memcpy(p, "hello", 5);
    b.n += 5;
    EXPECT_STREQ("hello", buf_z(&b));
    buf_wipe(&b);
    EXPECT_EQ(nullptr, b.p);
    buf_wipe(&b);
}

TEST(Buf, BreaksAndMends)
{
    for (size_t n : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 2, SIZE_MAX / 2}) {
        buf b;
        buf_init(&b);
        EXPECT_TRUE(buf_str(&b, "ab"));
        EXPECT_EQ(nullptr, buf_reserve(&b, n));
        EXPECT_FALSE(buf_ok(&b));
        EXPECT_FALSE(buf_str(&b, "x"));
        EXPECT_FALSE(buf_char(&b, 'x'));
        EXPECT_FALSE(buf_fmt(&b, "x"));
        EXPECT_EQ(nullptr, buf_reserve(&b, 0));
        EXPECT_STREQ("", buf_z(&b));
        EXPECT_EQ(0u, buf_view(&b).n);
        buf_reset(&b);
        EXPECT_TRUE(buf_ok(&b));
        EXPECT_TRUE(buf_str(&b, "again"));
        EXPECT_STREQ("again", buf_z(&b));
        buf_fini(&b);
    }
}

TEST(Arena, AlignsKeepsAndResets)
{
    arena a;
    arena_init(&a);
    arena_reset(&a);
    for (int round = 0; round < 3; round++) {
        std::vector<std::pair<unsigned char *, size_t>> got;
        for (size_t n = 0; n < 400; n++) {
            auto *p = (unsigned char *)arena_alloc(&a, n);
            ASSERT_NE(nullptr, p);
            ASSERT_EQ(0u, (uintptr_t)p % alignof(max_align_t));
            memset(p, (int)(n & 0xff), n);
            got.emplace_back(p, n);
        }
        for (auto &g : got) {
            for (size_t i = 0; i < g.second; i++)
                ASSERT_EQ(g.second & 0xff, g.first[i]);
        }
        arena_reset(&a);
    }
    void *first = arena_alloc(&a, 16);
    arena_alloc(&a, 1 << 20);
    arena_reset(&a);
    EXPECT_EQ(first, arena_alloc(&a, 16));
    arena_fini(&a);
    EXPECT_EQ(nullptr, a.head);
    arena_fini(&a);
}

TEST(Arena, CopiesAndFormats)
{
    arena a;
    arena_init(&a);
    EXPECT_STREQ("abc", arena_z(&a, TEXT("abc")));
    EXPECT_STREQ("", arena_z(&a, TEXT_NONE));
    EXPECT_EQ("abc", str(arena_text(&a, TEXT("abc"))));
    EXPECT_NE(nullptr, arena_text(&a, TEXT("")).s);
    std::string big(100000, 'y');
    EXPECT_EQ("<" + big + ">", arena_fmt(&a, "<%s>", big.c_str()));
    auto *z = (char *)arena_zalloc(&a, 5000);
    ASSERT_NE(nullptr, z);
    EXPECT_EQ(std::string(5000, '\0'), std::string(z, 5000));
    arena_fini(&a);

    /* One huge value is given back. */
    ASSERT_NE(nullptr, arena_alloc(&a, 1 << 22));
    arena_reset(&a);
    EXPECT_EQ(nullptr, a.head);
    arena_fini(&a);
}

TEST(Arena, OutOfMemory)
{
    arena a;
    arena_init(&a);
    for (size_t n : {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX - 16, SIZE_MAX - 64, SIZE_MAX / 2})
        EXPECT_EQ(nullptr, arena_alloc(&a, n)) << n;
    EXPECT_EQ(nullptr, arena_zalloc(&a, SIZE_MAX));
    EXPECT_EQ(nullptr, arena_z(&a, text{"", SIZE_MAX}));
    EXPECT_EQ(nullptr, arena_text(&a, text{"", SIZE_MAX}).s);
    EXPECT_NE(nullptr, arena_alloc(&a, 1));
    arena_fini(&a);
}

TEST(Fault, SetLostAddClear)
{
    fault f;
    fault_clear(&f);
    EXPECT_FALSE(fault_is(&f));
    EXPECT_FALSE(fault_set(&f, "HY000", "a %d", 1));
    EXPECT_TRUE(fault_is(&f));
    EXPECT_STREQ("HY000", f.sqlstate);
    EXPECT_STREQ("a 1", f.text);
    fault_add(&f, " and %s", "b");
    EXPECT_STREQ("a 1 and b", f.text);
    EXPECT_FALSE(fault_lost(&f, "lost: %s", f.text));
    EXPECT_STREQ("08S01", f.sqlstate);
    EXPECT_STREQ("lost: a 1 and b", f.text);
    EXPECT_TRUE(f.link_lost);
    f.native = 7;
    f.from_server = true;
    EXPECT_FALSE(fault_oom(&f));
    EXPECT_STREQ("HY001", f.sqlstate);
    EXPECT_FALSE(f.link_lost);
    EXPECT_FALSE(f.from_server);
    EXPECT_EQ(0, f.native);
    fault_clear(&f);
    EXPECT_STREQ("", f.text);
    EXPECT_FALSE(fault_is(nullptr));
    EXPECT_FALSE(fault_set(nullptr, "HY000", "x"));
    EXPECT_FALSE(fault_lost(nullptr, "x"));
    fault_add(nullptr, "x");
    fault_clear(nullptr);
}

TEST(Fault, CutsAtACharacter)
{
    const size_t room = sizeof(fault::text) - 1;
    for (const char *ch : {"x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
        for (size_t lead = 0; lead < 4; lead++) {
            std::string s(lead, 'a');
            size_t len = strlen(ch), whole = lead + (room - lead) / len * len;
            while (s.size() < 2000)
                s += ch;
            fault f;
            fault_set(&f, "HY000", "%s", s.c_str());
            EXPECT_EQ(s.substr(0, whole), f.text);
            fault_set(&f, "HY000", "%s", "");
            fault_add(&f, "%s", s.c_str());
            fault_add(&f, "%s", s.c_str() + whole);
            EXPECT_LE(strlen(f.text), room);
            EXPECT_EQ(s.substr(0, whole), std::string(f.text).substr(0, whole));
        }
    }
    std::string exact(room, 'x');
    fault f;
    fault_set(&f, "HY000", "%s", exact.c_str());
    EXPECT_EQ(exact, f.text);
    fault_add(&f, "more");
    EXPECT_EQ(exact, f.text);
}

TEST(List, AddAndRemove)
{
    struct item {
        int n;
        list link;
    } items[3] = {{1, {}}, {2, {}}, {3, {}}};
    list head;
    list_init(&head);
    EXPECT_TRUE(list_empty(&head));
    for (auto &i : items)
        list_add_tail(&head, &i.link);
    int sum = 0;
    LIST_EACH_SAFE(it, nx, &head) {
        int n = LIST_ENTRY(it, item, link)->n;
        sum = sum * 10 + n;
        if (n == 2)
            list_del(it);
    }
    EXPECT_EQ(123, sum);
    list_del(&items[1].link);
    sum = 0;
    LIST_EACH(it, &head) {
        sum = sum * 10 + LIST_ENTRY(it, item, link)->n;
    }
    EXPECT_EQ(13, sum);
}
