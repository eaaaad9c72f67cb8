#include "native_session.h"

#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <sys/resource.h>
#include <csignal>
#include <unistd.h>

namespace {

struct nat_outcome outcome(nat_outcome_kind kind, int64_t count = -1, const char *tag = "")
{
    struct nat_outcome o;
    memset(&o, 0, sizeof o);
    o.kind = kind;
    o.count = count;
    o.request = 3;
    o.set = 7;
    snprintf(o.tag, sizeof o.tag, "%s", tag);
    return o;
}

struct Spool {
    struct spool *s = spool_new();
    struct fault f;
    struct nat_outcome out;
    size_t got = 0;
    std::vector<struct nat_column> columns;

    explicit Spool(size_t ncolumns = 2)
    {
        static std::string names[] = {"first", "second", "third", "fourth"};
        fault_clear(&f);
        for (size_t i = 0; i < ncolumns; i++) {
            struct nat_column c;
            memset(&c, 0, sizeof c);
            c.name = view(names[i % 4]);
            c.type.name = "text";
            c.type.kind = NAT_TEXT;
            c.table_id = 100 + i;
            columns.push_back(c);
        }
    }
    ~Spool()
    {
        spool_free(s);
    }
    bool add(nat_outcome_kind kind, int64_t count = -1, const char *tag = "")
    {
        struct nat_outcome o = outcome(kind, count, tag);
        return spool_add_outcome(s, &o, columns.data(), columns.size(), &f);
    }
    bool row(const std::vector<const char *> &values)
    {
        std::vector<struct nat_cell> cells;
        for (const char *v : values)
            cells.push_back({v, v ? strlen(v) : 0});
        return spool_add_row(s, cells.data(), cells.size(), &f);
    }
    nat_outcome_kind next()
    {
        return spool_result(s, &out, &f) ? out.kind : NAT_FAILED;
    }
    std::string block(size_t max)
    {
        std::string all;
        if (!spool_next(s, max, &got, &f))
            return "(fault) " + std::string(f.text);
        for (size_t i = 0; i < got; i++)
            for (size_t c = 0; c < columns.size(); c++)
                all += show(spool_cell(s, i, c)) + (c + 1 == columns.size() ? "|" : ",");
        return all;
    }
};

TEST(Spool, SmallStaysInMemory)
{
    Spool p;
    ASSERT_TRUE(p.add(NAT_ROWS));
    ASSERT_TRUE(p.row({"a", nullptr}));
    ASSERT_TRUE(p.row({"", "b"}));
    ASSERT_TRUE(p.row({nullptr, nullptr}));
    ASSERT_TRUE(p.add(NAT_DONE, 3, "SELECT"));
    ASSERT_TRUE(p.add(NAT_DONE, 5, "INSERT"));
    ASSERT_TRUE(p.add(NAT_END));
    EXPECT_EQ("", p.block(5));
    EXPECT_EQ(NAT_ROWS, p.next());
    EXPECT_EQ(3u, p.out.request);
    EXPECT_EQ(7u, p.out.set);
    size_t n;
    const struct nat_column *c = spool_columns(p.s, &n);
    ASSERT_EQ(2u, n);
    EXPECT_EQ("second", std::string(c[1].name.s, c[1].name.n));
    EXPECT_NE(p.columns[1].name.s, c[1].name.s);
    EXPECT_STREQ("text", c[1].type.name);
    EXPECT_EQ(101u, c[1].table_id);
    EXPECT_EQ("a,(null)|,b|", p.block(2));
    EXPECT_EQ(nullptr, spool_cell(p.s, 2, 0).p);
    EXPECT_EQ(nullptr, spool_cell(p.s, 0, 2).p);
    EXPECT_EQ("(null),(null)|", p.block(2));
    EXPECT_EQ("", p.block(2));
    EXPECT_EQ(NAT_DONE, p.next());
    EXPECT_EQ(3, p.out.count);
    EXPECT_STREQ("SELECT", p.out.tag);
    EXPECT_EQ("", p.block(2));
    EXPECT_EQ(NAT_DONE, p.next());
    EXPECT_EQ(NAT_END, p.next());
    EXPECT_EQ(NAT_END, p.next());
}

// In memory, over its edge into the file, and in the set that follows.
TEST(Spool, AnyRowCanBeSought)
{
    Spool p;
    const std::string wide(3000, 'w');
    const int rows = 4000;
    ASSERT_TRUE(p.add(NAT_ROWS));
    for (int i = 0; i < rows; i++)
        ASSERT_TRUE(p.row({std::to_string(i).c_str(), i % 2 ? wide.c_str() : nullptr}));
    ASSERT_TRUE(p.add(NAT_DONE, rows, "SELECT"));
    ASSERT_TRUE(p.add(NAT_ROWS));
    ASSERT_TRUE(p.row({"other", ""}));
    ASSERT_TRUE(p.add(NAT_DONE, 1, "SELECT"));
    ASSERT_TRUE(p.add(NAT_END));
    EXPECT_FALSE(spool_seek(p.s, 0, &p.f)); // no set is current yet
    EXPECT_EQ(NAT_ROWS, p.next());
    for (int row : {0, 1, 63, 64, 65, 3999, 127, 2000, 3998, 0}) {
        ASSERT_TRUE(spool_seek(p.s, static_cast<uint64_t>(row), &p.f)) << row;
        EXPECT_EQ(std::to_string(row) + "," + (row % 2 ? wide : "(null)") + "|", p.block(1));
    }
    EXPECT_FALSE(spool_seek(p.s, rows, &p.f));
    EXPECT_STREQ("HY109", p.f.sqlstate);
    EXPECT_EQ(NAT_DONE, p.next());
    EXPECT_FALSE(spool_seek(p.s, 0, &p.f));
    EXPECT_EQ(NAT_ROWS, p.next());
    ASSERT_TRUE(spool_seek(p.s, 0, &p.f));
    EXPECT_EQ("other,|", p.block(1));
    EXPECT_FALSE(spool_seek(p.s, 1, &p.f));
}

TEST(Spool, KeepsFaults)
{
    Spool p;
    struct nat_outcome o = outcome(NAT_FAILED);
    fault_set(&o.fault, "42S02", "no table");
    ASSERT_TRUE(spool_add_outcome(p.s, &o, nullptr, 0, &p.f));
    ASSERT_TRUE(p.add(NAT_END));
    EXPECT_EQ(NAT_FAILED, p.next());
    EXPECT_STREQ("42S02", p.out.fault.sqlstate);
    EXPECT_STREQ("no table", p.out.fault.text);
    EXPECT_EQ(NAT_END, p.next());
    EXPECT_FALSE(fault_is(&p.out.fault));
}

TEST(Spool, UnreadRowsAreSkipped)
{
    Spool p;
    for (int set = 0; set < 3; set++) {
        ASSERT_TRUE(p.add(NAT_ROWS));
        for (int i = 0; i < 100; i++)
            ASSERT_TRUE(p.row({std::to_string(set).c_str(), "x"}));
        ASSERT_TRUE(p.add(NAT_DONE));
    }
    ASSERT_TRUE(p.add(NAT_END));
    for (int set = 0; set < 3; set++) {
        EXPECT_EQ(NAT_ROWS, p.next());
        EXPECT_EQ(std::to_string(set) + ",x|", p.block(1));
        EXPECT_EQ(NAT_DONE, p.next());
    }
    EXPECT_EQ(NAT_END, p.next());
}

TEST(Spool, BeginsInsideASet)
{
    Spool p;
    ASSERT_TRUE(spool_add_open_rows(p.s, p.columns.data(), 2, &p.f));
    ASSERT_TRUE(p.row({"1", "2"}));
    ASSERT_TRUE(p.add(NAT_DONE, 9, "SELECT"));
    ASSERT_TRUE(p.add(NAT_END));
    EXPECT_EQ("1,2|", p.block(10));
    EXPECT_EQ("", p.block(10));
    EXPECT_EQ(NAT_DONE, p.next());
    EXPECT_EQ(9, p.out.count);
    EXPECT_EQ(NAT_END, p.next());
}

TEST(Spool, ReadsWhileItIsWritten)
{
    Spool p;
    EXPECT_FALSE(spool_result(p.s, &p.out, &p.f));
    EXPECT_STREQ("HY010", p.f.sqlstate);
    ASSERT_TRUE(p.add(NAT_ROWS));
    EXPECT_EQ(NAT_ROWS, p.next());
    EXPECT_FALSE(spool_next(p.s, 1, &p.got, &p.f));
    std::string big(100000, 'w');
    for (int i = 0; i < 200; i++) { // 20 MB: most of it through the file
        ASSERT_TRUE(p.row({std::to_string(i).c_str(), big.c_str()}));
        for (int back = i % 3 == 2 ? 2 : -1; back >= 0; back--)
            ASSERT_EQ(std::to_string(i - back) + "," + big + "|", p.block(1));
    }
    EXPECT_EQ("198," + big + "|", p.block(1));
    EXPECT_EQ("199," + big + "|", p.block(1));
    ASSERT_TRUE(p.add(NAT_DONE));
    EXPECT_EQ("", p.block(1));
    EXPECT_EQ(NAT_DONE, p.next());
}

TEST(Spool, LargeGoesToAFileWithoutAName)
{
    char dir[] = "/tmp/holdfast-spool-XXXXXX";
    ASSERT_NE(nullptr, mkdtemp(dir));
    setenv("TMPDIR", dir, 1);
    {
        Spool p;
        ASSERT_TRUE(p.add(NAT_ROWS));
        std::string text(200, 't');
        long before = resident_kib();
        for (int i = 0; i < 300000; i++)
            ASSERT_TRUE(p.row({std::to_string(i).c_str(), i % 5 ? text.c_str() : nullptr}));
        ASSERT_TRUE(p.add(NAT_DONE, 300000, "SELECT"));
        ASSERT_TRUE(p.add(NAT_END));
        DIR *d = opendir(dir);
        int names = 0;
        while (readdir(d))
            names++;
        closedir(d);
        EXPECT_EQ(2, names) << "only . and ..";
        EXPECT_EQ(NAT_ROWS, p.next());
        int row = 0;
        while (spool_next(p.s, 1000, &p.got, &p.f) && p.got > 0)
            for (size_t i = 0; i < p.got; i++, row++) {
                ASSERT_EQ(std::to_string(row), show(spool_cell(p.s, i, 0)));
                ASSERT_EQ(row % 5 ? text : "(null)", show(spool_cell(p.s, i, 1)));
            }
        EXPECT_EQ(300000, row);
        EXPECT_LT(resident_kib() - before, 12 * 1024) << "KiB";
        EXPECT_EQ(NAT_DONE, p.next());
        EXPECT_EQ(NAT_END, p.next());
    }
    unsetenv("TMPDIR");
    rmdir(dir);
}

TEST(Spool, OneHugeCell)
{
    Spool p(1);
    std::string huge(30 << 20, 'h');
    ASSERT_TRUE(p.add(NAT_ROWS));
    ASSERT_TRUE(p.row({huge.c_str()}));
    ASSERT_TRUE(p.row({"small"}));
    ASSERT_TRUE(p.add(NAT_DONE));
    EXPECT_EQ(NAT_ROWS, p.next());
    ASSERT_TRUE(spool_next(p.s, 100, &p.got, &p.f));
    ASSERT_EQ(1u, p.got);
    EXPECT_EQ(huge, show(spool_cell(p.s, 0, 0)));
    EXPECT_EQ("small|", p.block(100));
}

TEST(Spool, NoColumnsAndManyColumns)
{
    Spool none(0), many(1600);
    ASSERT_TRUE(none.add(NAT_ROWS));
    for (int i = 0; i < 300; i++)
        ASSERT_TRUE(none.row({}));
    ASSERT_TRUE(none.add(NAT_DONE));
    EXPECT_EQ(NAT_ROWS, none.next());
    size_t rows = 0;
    while (spool_next(none.s, 1000, &none.got, &none.f) && none.got > 0)
        rows += none.got;
    EXPECT_EQ(300u, rows);
    ASSERT_TRUE(many.add(NAT_ROWS));
    std::vector<const char *> values(1600, "v");
    for (int i = 0; i < 50; i++)
        ASSERT_TRUE(many.row(values));
    ASSERT_TRUE(many.add(NAT_DONE));
    EXPECT_EQ(NAT_ROWS, many.next());
    rows = 0;
    while (spool_next(many.s, 1000, &many.got, &many.f) && many.got > 0)
        rows += many.got;
    EXPECT_EQ(50u, rows);
}

TEST(Spool, ARowOutsideASetIsRefused)
{
    Spool p;
    EXPECT_FALSE(p.row({"1", "2"}));
    ASSERT_TRUE(p.add(NAT_ROWS));
    EXPECT_FALSE(p.row({"1"}));
    ASSERT_TRUE(p.add(NAT_DONE));
    EXPECT_FALSE(p.row({"1", "2"}));
}

TEST(Spool, NoRoomOnDiskIsToldAtItsPlace)
{
    struct rlimit old, small = {8 << 20, 8 << 20};
    getrlimit(RLIMIT_FSIZE, &old);
    small.rlim_max = old.rlim_max;
    auto before = signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &small));
    Spool p;
    std::string text(1000, 't');
    int written = 0, read = 0;
    ASSERT_TRUE(p.add(NAT_ROWS));
    while (written < 20000 && p.row({"x", text.c_str()}))
        written++;
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, before);
    EXPECT_LT(written, 20000);
    EXPECT_STREQ("HY000", p.f.sqlstate);
    EXPECT_NE(nullptr, strstr(p.f.text, "cannot write")) << p.f.text;
    EXPECT_FALSE(p.add(NAT_DONE));
    EXPECT_EQ(NAT_ROWS, p.next());
    bool ok;
    while ((ok = spool_next(p.s, 100, &p.got, &p.f)) && p.got > 0)
        read += p.got;
    EXPECT_FALSE(ok);
    EXPECT_NE(nullptr, strstr(p.f.text, "cannot write")) << p.f.text;
    EXPECT_GE(read, written);
}

TEST(Spool, NoFolderForTheFile)
{
    setenv("TMPDIR", "/no/such/folder", 1);
    Spool p(1);
    std::string huge(6 << 20, 'h');
    ASSERT_TRUE(p.add(NAT_ROWS));
    EXPECT_FALSE(p.row({huge.c_str()}));
    EXPECT_NE(nullptr, strstr(p.f.text, "cannot create")) << p.f.text;
    unsetenv("TMPDIR");
}

} // namespace
