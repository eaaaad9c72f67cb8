#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include "base/option.h"
}

static text view(const std::string &s)
{
    return text{s.data(), s.size()};
}

class Option : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        options_init(&o);
        fault_clear(&f);
    }
    void TearDown() override
    {
        options_fini(&o);
    }
    enum option_set set(const std::string &k, const std::string &v)
    {
        return ::option_set(&o, view(k), view(v), &f);
    }
    options o;
    fault f;
};

/* Every row: its names find it and no other, and its default is a value it would take. */
TEST_F(Option, TableIsSound)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct option_info *info = option_info((enum option_id)i);
        ASSERT_NE(nullptr, info);
        SCOPED_TRACE(info->keyword);
        EXPECT_EQ(i, info->id);
        o.backend = info->backend;
        EXPECT_EQ(info, option_find(info->backend, text_of(info->keyword)));
        std::stringstream aliases(info->aliases);
        for (std::string name; std::getline(aliases, name, '|');) {
            EXPECT_FALSE(name.empty());
            EXPECT_EQ(info, option_find(info->backend, view(name))) << name;
        }
        EXPECT_EQ(info->type == OPT_ENUM, info->choices[0] != '\0');
        if (info->type == OPT_INT) {
            EXPECT_LT(info->min, info->max);
        }
        EXPECT_NE('\0', info->help[0]);
        EXPECT_NE('\0', info->group[0]);
        EXPECT_STREQ(info->preset, option_str(&o, info->id));
        EXPECT_FALSE(option_is_set(&o, info->id));
        if (info->preset[0]) {
            EXPECT_EQ(OPTION_SET, set(info->keyword, info->preset)) << f.text;
            EXPECT_STREQ(info->preset, option_str(&o, info->id));
            EXPECT_TRUE(option_is_set(&o, info->id));
        }
        if (info->type == OPT_ENUM && info->preset[0]) {
            EXPECT_GE(option_enum(&o, info->id), 0);
        }
    }
    EXPECT_EQ(nullptr, option_info(OPT_COUNT));
}

TEST_F(Option, Find)
{
    EXPECT_EQ(OPT_SERVER, option_find(OPT_ANY, TEXT("servername"))->id);
    EXPECT_EQ(OPT_SERVER, option_find(OPT_ANY, TEXT("HOST"))->id);
    EXPECT_EQ(OPT_PWD, option_find(OPT_ANY, TEXT("password"))->id);
    EXPECT_EQ(nullptr, option_find(OPT_ANY, TEXT("")));
    EXPECT_EQ(nullptr, option_find(OPT_ANY, TEXT("Servername|Host")));
    EXPECT_EQ(nullptr, option_find(OPT_ANY, TEXT("SERVE")));
    EXPECT_EQ(nullptr, option_find(OPT_ANY, TEXT_NONE));
}

TEST_F(Option, SetNormalises)
{
    struct {
        const char *key, *value;
        enum option_set want;
        const char *stored; /* or the fault's text */
    } rows[] = {
        {"PORT", "5432", OPTION_SET, "5432"},
        {"PORT", " +007 ", OPTION_SET, "7"},
        {"port", "1", OPTION_SET, "1"},
        {"port", "65535", OPTION_SET, "65535"},
        {"PORT", "0", OPTION_BAD, "PORT=0: must be a whole number from 1 to 65535"},
        {"PORT", "65536", OPTION_BAD, "PORT=65536: must be a whole number from 1 to 65535"},
        {"PORT", "abc", OPTION_BAD, "PORT=abc: must be a whole number from 1 to 65535"},
        {"PORT", "99999999999999999999", OPTION_BAD,
         "PORT=99999999999999999999: must be a whole number from 1 to 65535"},
        {"PORT", "5.5", OPTION_BAD, "PORT=5.5: must be a whole number from 1 to 65535"},
        {"PORT", "", OPTION_KEPT, ""},
        {"PORT", "  ", OPTION_KEPT, ""},
        {"SSLMODE", "", OPTION_KEPT, "prefer"},
        {"READONLY", "", OPTION_KEPT, "0"},
        {"SERVER", "", OPTION_SET, ""},
        {"PWD", " a;b ", OPTION_SET, " a;b "},
        {"SSLMODE", "Verify_Full", OPTION_SET, "verify-full"},
        {"SSLMODE", "verifyca", OPTION_SET, "verify-ca"},
        {"SSLMODE", "VERIFY CA", OPTION_SET, "verify-ca"},
        {"SSLMODE", "verify-fully", OPTION_BAD,
         "SSLMODE=verify-fully: must be one of disable, allow, prefer, require, verify-ca, "
         "verify-full"},
        {"SSLMODE", "-", OPTION_BAD,
         "SSLMODE=-: must be one of disable, allow, prefer, require, verify-ca, verify-full"},
        {"FailoverMode", "STRICT_WRITER", OPTION_SET, "strict-writer"},
        {"READONLY", "Yes", OPTION_SET, "1"},
        {"A0", "off", OPTION_SET, "0"},
        {"READONLY", "N", OPTION_SET, "0"},
        {"READONLY", "TRUE", OPTION_SET, "1"},
        {"READONLY", "2", OPTION_BAD,
         "READONLY=2: must be 1 or 0 (or yes, no, true, false, on, off)"},
        {"NOSUCH", "geheim", OPTION_UNKNOWN, "invalid connection string attribute: NOSUCH"},
        {"", "x", OPTION_UNKNOWN, "invalid connection string attribute: "},
    };
    for (auto &r : rows) {
        SCOPED_TRACE(std::string(r.key) + "=" + r.value);
        options_fini(&o);
        fault_clear(&f);
        ASSERT_EQ(r.want, set(r.key, r.value));
        switch (r.want) {
        case OPTION_SET:
        case OPTION_KEPT:
            EXPECT_STREQ(r.stored, option_str(&o, option_find(OPT_ANY, text_of(r.key))->id));
            EXPECT_EQ(r.want == OPTION_SET, option_is_set(&o, option_find(OPT_ANY, text_of(r.key))->id));
            EXPECT_FALSE(fault_is(&f));
            break;
        case OPTION_UNKNOWN:
            EXPECT_STREQ("01S00", f.sqlstate);
            EXPECT_STREQ(r.stored, f.text);
            break;
        default:
            EXPECT_STREQ("HY024", f.sqlstate);
            EXPECT_STREQ(r.stored, f.text);
            EXPECT_FALSE(option_is_set(&o, option_find(OPT_ANY, text_of(r.key))->id));
        }
    }
}

TEST_F(Option, FirstWins)
{
    EXPECT_EQ(OPTION_SET, set("UID", "a"));
    EXPECT_EQ(OPTION_KEPT, set("Username", "b"));
    EXPECT_STREQ("a", option_str(&o, OPT_UID));
    EXPECT_EQ(OPTION_SET, set("PORT", "1"));
    EXPECT_EQ(OPTION_KEPT, set("PORT", "nonsense"));
    EXPECT_EQ(1, option_int(&o, OPT_PORT));
    EXPECT_EQ(OPTION_SET, set("SERVER", ""));
    EXPECT_EQ(OPTION_KEPT, set("SERVER", "h"));
    EXPECT_STREQ("", option_str(&o, OPT_SERVER));
}

TEST_F(Option, TypedReads)
{
    EXPECT_EQ(0, option_int(&o, OPT_PORT));
    EXPECT_EQ(30, option_int(&o, OPT_LOGINTIMEOUT));
    EXPECT_FALSE(option_bool(&o, OPT_READONLY));
    EXPECT_TRUE(option_bool(&o, OPT_ENABLE_CLUSTER_FAILOVER));
    EXPECT_EQ(2, option_enum(&o, OPT_SSLMODE));
    EXPECT_EQ(-1, option_enum(&o, OPT_FAILOVER_MODE));
    set("SSLMODE", "DISABLE");
    set("READONLY", "on");
    set("LOGINTIMEOUT", "0");
    EXPECT_EQ(0, option_enum(&o, OPT_SSLMODE));
    EXPECT_TRUE(option_bool(&o, OPT_READONLY));
    EXPECT_EQ(0, option_int(&o, OPT_LOGINTIMEOUT));
}

TEST_F(Option, SecretsStayHidden)
{
    EXPECT_EQ(OPTION_BAD, set("PWD", std::string("hunter2\0x", 9)));
    EXPECT_STREQ("PWD=(hidden): must not contain a NUL character", f.text);
    EXPECT_EQ(OPTION_BAD, set("PQOPT", std::string("password=hunter2\0x", 18)));
    EXPECT_EQ(nullptr, strstr(f.text, "hunter2"));
}

TEST_F(Option, LongValuesAreCutInMessages)
{
    std::string umlauts;
    for (int i = 0; i < 1000; i++)
        umlauts += "\xc3\xa4";
    EXPECT_EQ(OPTION_BAD, set("PORT", "x" + umlauts));
    EXPECT_NE(nullptr, strstr(f.text, "\xa4...: must be a whole number")) << f.text;
    EXPECT_EQ(OPTION_UNKNOWN, set(umlauts, "1"));
    EXPECT_LT(strlen(f.text), 300u);
    EXPECT_EQ(OPTION_BAD, option_set(&o, TEXT("PORT"), TEXT("x"), nullptr));
}

TEST_F(Option, Copy)
{
    set("PWD", "secret");
    set("PORT", "99");
    options c;
    ASSERT_TRUE(options_copy(&c, &o));
    options_fini(&o);
    EXPECT_STREQ("secret", option_str(&c, OPT_PWD));
    EXPECT_EQ(99, option_int(&c, OPT_PORT));
    EXPECT_FALSE(option_is_set(&c, OPT_SERVER));
    options_fini(&c);
    options_fini(&c);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

static bool collect(void *arg, text keyword, text value)
{
    EXPECT_NE(nullptr, value.s);
    ((Pairs *)arg)->emplace_back(std::string(keyword.s, keyword.n), std::string(value.s, value.n));
    return true;
}

TEST(Connstr, Parses)
{
    struct {
        const char *in;
        Pairs want;
    } rows[] = {
        {"", {}},
        {" ; ;; ", {}},
        {"a=b", {{"a", "b"}}},
        {"Dsn=x;uId=y;", {{"Dsn", "x"}, {"uId", "y"}}},
        {";;a=b;;c=d;;", {{"a", "b"}, {"c", "d"}}},
        {"  a b \t=  c d  ; e=f", {{"a b", "c d"}, {"e", "f"}}},
        {"a=", {{"a", ""}}},
        {"a=;b=1", {{"a", ""}, {"b", "1"}}},
        {"a=   ", {{"a", ""}}},
        {"a={}", {{"a", ""}}},
        {"a={};", {{"a", ""}}},
        {"a={ x;y= }; b=1", {{"a", " x;y= "}, {"b", "1"}}},
        {"a= {b} ;c=d", {{"a", "b"}, {"c", "d"}}},
        {"a={}}}", {{"a", "}"}}},
        {"a={x}}}}y}", {{"a", "x}}y"}}},
        {"a={x}};b={y}", {{"a", "x};b={y"}}},
        {"a={{}", {{"a", "{"}}},
        {"a=b{c}d", {{"a", "b{c}d"}}},
        {"a=}", {{"a", "}"}}},
        {"pqopt=options=-c x=1;b=2", {{"pqopt", "options=-c x=1"}, {"b", "2"}}},
        {"pwd=a=b=;", {{"pwd", "a=b="}}},
        {"a=1;a=2", {{"a", "1"}, {"a", "2"}}},
        {"a={x}}1};b={y}}22}", {{"a", "x}1"}, {"b", "y}22"}}},
        {"DRIVER={PostgreSQL (x64)};SERVER=h\xc3\xa4",
         {{"DRIVER", "PostgreSQL (x64)"}, {"SERVER", "h\xc3\xa4"}}},
    };
    for (auto &r : rows) {
        SCOPED_TRACE(r.in);
        Pairs got;
        fault f;
        fault_clear(&f);
        EXPECT_TRUE(connstr_parse(text_of(r.in), collect, &got, &f)) << f.text;
        EXPECT_FALSE(fault_is(&f));
        EXPECT_EQ(r.want, got);
    }
    Pairs none;
    EXPECT_TRUE(connstr_parse(TEXT_NONE, collect, &none, nullptr));
    EXPECT_TRUE(none.empty());
}

TEST(Connstr, Malformed)
{
    struct {
        std::string in;
        size_t offset;
        const char *what;
    } rows[] = {
        {"secret", 0, "keyword without '='"},
        {"a=b; secret", 5, "keyword without '='"},
        {"a=b;secret;c=d", 4, "keyword without '='"},
        {"=secret", 0, "'=' without a keyword"},
        {"a=b;  =secret", 6, "'=' without a keyword"},
        {"a={secret", 2, "'{' without its '}'"},
        {"a={secret}}", 2, "'{' without its '}'"},
        {"a={", 2, "'{' without its '}'"},
        {"a={b}secret;", 5, "text after '}'"},
        {"a={b} {secret}", 6, "text after '}'"},
        {"a={b}} }secret", 8, "text after '}'"},
        {std::string("a=secret\0;b=c", 13), 8, "NUL character"},
        {std::string("\0", 1), 0, "NUL character"},
    };
    for (auto &r : rows) {
        SCOPED_TRACE(r.in);
        Pairs got;
        fault f;
        fault_clear(&f);
        EXPECT_FALSE(connstr_parse(view(r.in), collect, &got, &f));
        EXPECT_STREQ("HY000", f.sqlstate);
        EXPECT_EQ("malformed connection string at offset " + std::to_string(r.offset) + ": " +
                      r.what,
                  f.text);
        EXPECT_FALSE(connstr_parse(view(r.in), collect, &got, nullptr));
    }
}

static bool stop_at_b(void *arg, text keyword, text)
{
    ++*(int *)arg;
    return !text_eq(keyword, TEXT("b"));
}

TEST(Connstr, PairStops)
{
    int calls = 0;
    fault f;
    fault_clear(&f);
    EXPECT_FALSE(connstr_parse(TEXT("a=1;b=2;c=3"), stop_at_b, &calls, &f));
    EXPECT_EQ(2, calls);
    EXPECT_FALSE(fault_is(&f));
}

TEST(Connstr, AddRoundTrips)
{
    struct {
        const char *value, *want;
    } rows[] = {
        {"", "K=;"},
        {"plain value", "K=plain value;"},
        {"a;b", "K={a;b};"},
        {"}", "K={}}};"},
        {"a}b}}c", "K={a}}b}}}}c};"},
        {"{x}", "K={{x}}};"},
        {" lead", "K={ lead};"},
        {"trail\t", "K={trail\t};"},
        {" ", "K={ };"},
        {"a=b", "K={a=b};"},
        {"a[", "K={a[};"},
        {"a]", "K={a]};"},
        {"(", "K={(};"},
        {")", "K={)};"},
        {",", "K={,};"},
        {"?", "K={?};"},
        {"*", "K={*};"},
        {"!", "K={!};"},
        {"@", "K={@};"},
        {"/tmp/s-1_2.3:4\\'\"", "K=/tmp/s-1_2.3:4\\'\";"},
    };
    for (auto &r : rows) {
        SCOPED_TRACE(r.value);
        buf b;
        buf_init(&b);
        EXPECT_TRUE(connstr_add(&b, "K", text_of(r.value)));
        EXPECT_STREQ(r.want, buf_z(&b));
        Pairs got;
        EXPECT_TRUE(connstr_parse(buf_view(&b), collect, &got, nullptr));
        EXPECT_EQ((Pairs{{"K", r.value}}), got);
        buf_fini(&b);
    }
    buf b;
    buf_init(&b);
    buf_reserve(&b, SIZE_MAX);
    EXPECT_FALSE(connstr_add(&b, "K", TEXT("v")));
    EXPECT_FALSE(connstr_add(&b, "K", TEXT("{v")));
    buf_fini(&b);
}

static bool count(void *arg, text, text)
{
    ++*(size_t *)arg;
    return true;
}

TEST(Connstr, LinearInTime)
{
    const size_t mb = 1 << 20;
    std::string braces = "a={", pairs, semis(mb, ';'), blanks(mb, ' '), keyword(mb, 'k');
    for (size_t i = 0; i < mb; i++)
        braces += "}}";
    braces += "}";
    while (pairs.size() < mb)
        pairs += "a={}}};";
    std::string open = "a={" + std::string(mb, '{');

    auto start = std::chrono::steady_clock::now();
    for (const std::string *s : {&braces, &pairs, &semis, &blanks, &keyword, &open}) {
        size_t n = 0;
        fault f;
        connstr_parse(view(*s), count, &n, &f);
    }
    Pairs got;
    EXPECT_TRUE(connstr_parse(view(braces), collect, &got, nullptr));
    EXPECT_EQ(std::string(mb, '}'), got.at(0).second);
    EXPECT_LT(std::chrono::steady_clock::now() - start,
              std::chrono::seconds(30)); /* squared it would be hours */
}
