// The MySQL native against a real server (my_session.h says which).
#include "my_session.h"

extern "C" {
#include "base/wait.h"
}

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>

namespace {

// A cell of the binary protocol as text.
std::string binary(const struct nat_type &t, struct nat_cell c)
{
    char text[64];
    struct nat_moment m;
    int64_t i;
    double d;
    float f;
    if (!c.p)
        return "(null)";
    switch (t.kind) {
    case NAT_INT1: case NAT_INT2: case NAT_INT4: case NAT_INT8:
        EXPECT_EQ(sizeof i, c.n);
        memcpy(&i, c.p, sizeof i);
        return t.is_unsigned ? std::to_string((uint64_t)i) : std::to_string(i);
    case NAT_FLOAT4:
        EXPECT_EQ(sizeof f, c.n);
        memcpy(&f, c.p, sizeof f);
        snprintf(text, sizeof text, "%g", f);
        return text;
    case NAT_FLOAT8:
        EXPECT_EQ(sizeof d, c.n);
        memcpy(&d, c.p, sizeof d);
        snprintf(text, sizeof text, "%.17g", d);
        return text;
    case NAT_DATE: case NAT_TIME: case NAT_TIMESTAMP:
        EXPECT_EQ(sizeof m, c.n);
        memcpy(&m, c.p, sizeof m);
        if (t.kind == NAT_DATE)
            snprintf(text, sizeof text, "%04d-%02d-%02d", m.year, m.month, m.day);
        else if (t.kind == NAT_TIME)
            snprintf(text, sizeof text, "%s%02d:%02d:%02d.%06d", m.negative ? "-" : "", m.hour, m.minute,
                     m.second, m.microsecond);
        else
            snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d.%06d", m.year, m.month, m.day,
                     m.hour, m.minute, m.second, m.microsecond);
        return text;
    default:
        return show(c);
    }
}

TEST_F(NativeMy, OpensAndSaysWhyNot)
{
    CONNECT(s);
    EXPECT_TRUE(s.status().alive);
    EXPECT_NE('\0', s.ops->server_version(s.n)[0]);
    EXPECT_EQ("utf8mb4", s.value("SELECT @@character_set_client"));
    EXPECT_EQ(word(0), s.ops->address(s.n));
    My bad;
    bad.set("UID", "nobody_here");
    bad.set("PWD", "hush-hush");
    EXPECT_EQ(NAT_FAULT, bad.open(word(0).c_str(), nullptr, std::stoi(word(1))));
    EXPECT_STREQ("28000", bad.f.sqlstate) << bad.f.text;
    EXPECT_EQ(1045, bad.f.native);
    EXPECT_EQ(nullptr, strstr(bad.f.text, "hush-hush"));
    My gone;
    EXPECT_EQ(NAT_FAULT, gone.open(word(0).c_str(), nullptr, 1));
    EXPECT_STREQ("08001", gone.f.sqlstate) << gone.f.text;
    EXPECT_TRUE(gone.f.link_lost);
}

TEST_F(NativeMy, QueriesAndTransactions)
{
    CONNECT(s);
    std::vector<Got> g = s.query("SELECT 1 AS a, NULL AS b, 'x\xc3\xa4' AS c");
    ASSERT_EQ("ROWS0:1 DONE0", kinds(g));
    EXPECT_EQ((Row{"1", "(null)", "x\xc3\xa4"}), g[0].rows[0]);
    EXPECT_EQ("ROWS0:0 DONE0", kinds(s.query("SELECT 1 FROM dual WHERE false")));
    s.query("CREATE TEMPORARY TABLE t(a int PRIMARY KEY) ENGINE=InnoDB");
    g = s.query("INSERT INTO t VALUES (1), (2), (3)");
    ASSERT_EQ("DONE0", kinds(g));
    EXPECT_EQ(3, g[0].count);
    EXPECT_EQ("FAILED0:42S02", kinds(s.query("SELECT * FROM no_such_table")));
    EXPECT_EQ("FAILED0:23000", kinds(s.query("INSERT INTO t VALUES (1)")));
    EXPECT_EQ("DONE0 ROWS1:3 DONE1 ROWS1:1 DONE1",
              kinds(s.run({request(NAT_BEGIN), request(NAT_QUERY, "SELECT * FROM t; SELECT 2")})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    EXPECT_EQ("DONE0", kinds(s.run({request(NAT_ROLLBACK)})));
    EXPECT_EQ(NAT_TXN_IDLE, s.status().txn);
    EXPECT_EQ("FAILED0:42000 SKIPPED1",
              kinds(s.run({request(NAT_BEGIN, "BEGI"), request(NAT_QUERY, "SELECT 1")})));
    EXPECT_EQ("1", s.value("SELECT 1"));
    char *cell = nullptr;
    size_t rows;
    ASSERT_TRUE(native_ask(s.n, TEXT("SELECT 5"), &cell, 1, &rows, deadline_in(SECONDS(5)), &s.f));
    EXPECT_STREQ("5", cell);
    free(cell);
}

TEST_F(NativeMy, Types)
{
    CONNECT(s);
    s.query("CREATE TEMPORARY TABLE t(a int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,"
            "b varchar(7) CHARACTER SET utf8mb4, c decimal(10,2), d datetime(3), e blob, f longtext,"
            "g varbinary(9), h enum('a','bcd'), i double)");
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT * FROM t")}));
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    size_t n;
    const struct nat_column *c = s.ops->columns(s.n, &n);
    ASSERT_EQ(9u, n);
    EXPECT_EQ(NAT_INT4, c[0].type.kind);
    EXPECT_TRUE(c[0].type.is_unsigned);
    EXPECT_TRUE(c[0].type.auto_unique);
    EXPECT_EQ(0, c[0].type.nullable);
    EXPECT_EQ(WIRE_MY_TEXT, c[0].type.wire);
    EXPECT_EQ(NAT_VARCHAR, c[1].type.kind);
    EXPECT_EQ(7, c[1].type.length);
    EXPECT_EQ(NAT_NUMERIC, c[2].type.kind);
    EXPECT_EQ(10, c[2].type.precision);
    EXPECT_EQ(2, c[2].type.scale);
    EXPECT_EQ(NAT_TIMESTAMP, c[3].type.kind);
    EXPECT_EQ(3, c[3].type.precision);
    EXPECT_EQ(NAT_BLOB, c[4].type.kind);
    EXPECT_EQ(NAT_TEXT, c[5].type.kind);
    EXPECT_EQ(NAT_VARBINARY, c[6].type.kind);
    EXPECT_EQ(9, c[6].type.length);
    EXPECT_EQ(NAT_VARCHAR, c[7].type.kind);
    EXPECT_EQ(NAT_FLOAT8, c[8].type.kind);
    EXPECT_EQ("t", std::string(c[0].table.s, c[0].table.n));
    s.read();
}

TEST_F(NativeMy, StreamsInFlatMemory)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, rows = 0;
    long early = 0;
    ASSERT_EQ(NAT_READY,
              s.send({request(NAT_QUERY, "SELECT seq, REPEAT('x', 50) FROM seq_1_to_3000000")}));
    nat_answer a = s.ops->result(s.n, &out, deadline_in(SECONDS(60)), &s.f);
    ASSERT_EQ(NAT_READY, a);
    if (out.kind == NAT_FAILED)
        GTEST_SKIP() << "no sequence engine: " << out.fault.text;
    do {
        ASSERT_EQ(NAT_READY, s.ops->next(s.n, 1000, &got, deadline_in(SECONDS(60)), &s.f));
        rows += got;
        if (early == 0 && rows > 10000)
            early = resident_kib();
    } while (got > 0);
    EXPECT_EQ(3000000u, rows);
    EXPECT_LT(resident_kib() - early, 512) << "KiB";
    EXPECT_EQ("DONE0", kinds(s.read()));
}

TEST_F(NativeMy, WaitsWithADeadlineAndWakes)
{
    CONNECT(s);
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT SLEEP(0.3)")}));
    int64_t start = clock_us();
    EXPECT_EQ(NAT_WAIT, s.ops->result(s.n, &out, deadline_in(MS(50)), &s.f));
    EXPECT_LT((clock_us() - start) / 1000, 200);
    short events;
    struct pollfd p = {s.ops->poll_fd(s.n, &events), events, 0};
    EXPECT_EQ(1, poll(&p, 1, 5000));
    EXPECT_EQ("ROWS0:1 DONE0", kinds(s.read()));
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT SLEEP(10)")}));
    std::thread other([&] {
        wait_for(-1, 0, nullptr, deadline_in(MS(50)));
        s.ops->interrupt(s.n);
    });
    start = clock_us();
    EXPECT_EQ(NAT_FAULT, s.ops->result(s.n, &out, DEADLINE_NEVER, &s.f));
    EXPECT_LT((clock_us() - start) / 1000, 1000);
    other.join();
    EXPECT_TRUE(s.f.link_lost);
    EXPECT_STREQ("08S01", s.f.sqlstate);
    EXPECT_FALSE(s.status().alive);
    CONNECT(t);
    ASSERT_EQ(NAT_READY, t.send({request(NAT_QUERY, "SELECT SLEEP(10)")}));
    EXPECT_EQ(NAT_WAIT, t.ops->finish(t.n, NAT_DRAIN, deadline_in(MS(20)), &t.f));
    start = clock_us();
    t.close(NAT_ABANDON); // with a call of the library half done
    EXPECT_LT((clock_us() - start) / 1000, 200);
}

// What has come before the end is old when it is read late: it does not show the link to live.
TEST_F(NativeMy, KilledBeforeAnAnswerIsReadToItsEnd)
{
    CONNECT(s);
    CONNECT(other);
    std::string kill = "KILL " + s.value("SELECT CONNECTION_ID()");
    std::vector<struct nat_request> insert = {request(NAT_QUERY, "INSERT INTO t VALUES (1)")};
    struct nat_outcome out;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT 1 UNION ALL SELECT 2")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    ASSERT_EQ(NAT_ROWS, out.kind);
    other.query(kill.c_str());
    wait_for(-1, 0, nullptr, deadline_in(MS(100)));
    s.read();
    ASSERT_EQ(NAT_READY, s.last) << s.f.text;
    EXPECT_EQ(NAT_FAULT, s.send(insert));
    EXPECT_FALSE(s.sent);
    EXPECT_TRUE(s.f.link_lost);
}

TEST_F(NativeMy, KilledByTheServer)
{
    CONNECT(other);
    for (int when = 0; when < 3; when++) {
        CONNECT(s);
        struct nat_outcome out;
        std::string kill = "KILL " + s.value("SELECT CONNECTION_ID()");
        size_t got;
        if (when > 0) {
            ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, when == 1 ? "SELECT SLEEP(10)"
                                                                      : "SELECT * FROM seq_1_to_100000000")}));
        }
        if (when == 2) {
            ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
            ASSERT_EQ(NAT_ROWS, out.kind);
        }
        other.query(kill.c_str());
        nat_answer a = NAT_READY;
        if (when == 0) {
            wait_for(-1, 0, nullptr, deadline_in(MS(100)));
            a = s.send({request(NAT_QUERY, "SELECT 1")});
            EXPECT_FALSE(s.sent);
        } else if (when == 1) {
            a = s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f);
        } else {
            while ((a = s.ops->next(s.n, 100, &got, deadline_in(SECONDS(5)), &s.f)) == NAT_READY &&
                   got > 0)
                continue;
        }
        EXPECT_EQ(NAT_FAULT, a) << when;
        EXPECT_TRUE(s.f.link_lost) << when << s.f.text;
        EXPECT_STREQ("08S01", s.f.sqlstate);
    }
}

TEST_F(NativeMy, DetachesAndForks)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, rows = 0;
    struct spool *sp = spool_new();
    ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT seq, REPEAT('y', 100) FROM seq_1_to_100000")}));
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    ASSERT_EQ(NAT_READY, s.ops->next(s.n, 10, &got, deadline_in(SECONDS(5)), &s.f));
    rows = got;
    nat_answer a;
    while ((a = s.ops->detach(s.n, sp, deadline_in(MS(2)), &s.f)) == NAT_WAIT)
        continue;
    ASSERT_EQ(NAT_READY, a) << s.f.text;
    while (spool_next(sp, 50, &got, &s.f) && got > 0)
        for (size_t i = 0; i < got; i++)
            ASSERT_EQ(std::to_string(++rows), show(spool_cell(sp, i, 0)));
    EXPECT_EQ(100000u, rows);
    spool_free(sp);
    pid_t child = fork();
    if (child == 0) {
        s.ops->close(s.n, NAT_ABANDON);
        _exit(0);
    }
    int how = -1;
    ASSERT_EQ(child, waitpid(child, &how, 0));
    EXPECT_EQ(0, how);
    EXPECT_EQ("1", s.value("SELECT 1"));
}

TEST_F(NativeMy, InterruptWakesALogin)
{
    struct sockaddr_in a;
    socklen_t size = sizeof a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(0, bind(fd, (struct sockaddr *)&a, sizeof a));
    ASSERT_EQ(0, listen(fd, 5));
    getsockname(fd, (struct sockaddr *)&a, &size);
    {
        My s;
        ASSERT_EQ(NAT_WAIT, s.open("127.0.0.1", "127.0.0.1", ntohs(a.sin_port), MS(50)));
        std::thread other([&] {
            wait_for(-1, 0, nullptr, deadline_in(MS(50)));
            s.ops->interrupt(s.n);
        });
        EXPECT_EQ(NAT_FAULT, s.ops->open(s.n, DEADLINE_NEVER, &s.f));
        other.join();
        EXPECT_STREQ("08001", s.f.sqlstate);
        EXPECT_TRUE(s.f.link_lost);
    }
    ::close(fd);
}


TEST_F(NativeMy, Tls)
{
    std::string ca = getenv("HF_MY_CA") ? getenv("HF_MY_CA") : "";
    if (ca.empty())
        GTEST_SKIP() << "HF_MY_CA is not set";
    const char *cipher = "SHOW SESSION STATUS LIKE 'Ssl_cipher'";
    struct {
        const char *mode, *host, *address;
        bool with_ca, opens, tls;
    } rows[] = {
        {"DISABLED", "localhost", "127.0.0.1", false, true, false},
        {"PREFERRED", "localhost", "127.0.0.1", false, true, true},
        {"REQUIRED", "127.0.0.1", nullptr, false, true, true},
        {"VERIFY_CA", "127.0.0.1", nullptr, false, false, true}, // no authority given
        {"VERIFY_IDENTITY", "localhost", "127.0.0.1", true, true, true}, // by name, not by address
        {"VERIFY_IDENTITY", "db.example.com", "127.0.0.1", true, false, true},
        {"VERIFY_IDENTITY", "127.0.0.1", nullptr, true, false, true},
        {"VERIFY_CA", "db.example.com", "127.0.0.1", true, true, true},
    };
    {
        My s;
        s.set("UID", word(2));
        s.set("PWD", word(3));
        s.set("SSLMODE", "VERIFY_CA");
        s.set("SSLCA", "/etc/ssl/certs/ca-certificates.crt");
        EXPECT_EQ(NAT_FAULT, s.open("127.0.0.1", nullptr, std::stoi(word(1))));
    }
    for (auto &r : rows) {
        SCOPED_TRACE(std::string(r.mode) + " " + r.host);
        My s;
        s.set("UID", word(2));
        s.set("PWD", word(3));
        s.set("SSLMODE", r.mode);
        if (r.with_ca)
            s.set("SSLCA", ca);
        nat_answer a = s.open(r.host, r.address, std::stoi(word(1)));
        EXPECT_EQ(r.opens ? NAT_READY : NAT_FAULT, a) << s.f.text;
        if (!r.opens) {
            EXPECT_STREQ(r.with_ca ? "08001" : "HY024", s.f.sqlstate) << s.f.text;
        }
        if (a != NAT_READY)
            continue;
        std::vector<Got> g = s.query(cipher);
        EXPECT_EQ(r.tls, g[0].rows[0][1] != "") << g[0].rows[0][1];
    }
    My bare;
    bare.set("UID", "ed");
    bare.set("PWD", "ed-secret");
    bare.set("SOCKET", getenv("HF_MY_SOCKET"));
    ASSERT_EQ(NAT_READY, bare.open("localhost", "127.0.0.1", 1)) << bare.f.text;
    EXPECT_STREQ("", bare.ops->address(bare.n));
    My squeezed;
    ASSERT_EQ(NAT_READY, squeezed.connect({{"COMPRESSED_PROTO", "1"}}));
    EXPECT_EQ("ON", squeezed.query("SHOW STATUS LIKE 'Compression'")[0].rows[0][1]);
}

TEST_F(NativeMy, PreparesAndExecutes)
{
    CONNECT(s);
    s.query("CREATE TEMPORARY TABLE t(a int PRIMARY KEY, b varchar(20), c decimal(12,4), d double)");
    EXPECT_EQ("DONE0 DESCRIBED1", kinds(s.run({request(NAT_PREPARE, "INSERT INTO t VALUES (?,?,?,?)", "i"),
                                               request(NAT_DESCRIBE, "", "i")})));
    ASSERT_EQ(NAT_READY, s.send({request(NAT_DESCRIBE, "", "i")}));
    struct nat_outcome out;
    size_t n;
    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    EXPECT_EQ(NAT_DESCRIBED, out.kind);
    s.ops->params(s.n, &n);
    EXPECT_EQ(4u, n);
    s.ops->columns(s.n, &n);
    EXPECT_EQ(0u, n);
    s.read();
    int64_t two = 2;
    double half = 0.5;
    struct nat_param raw = {(const char *)&two, sizeof two, true, MY_PARAM_INT};
    struct nat_param real = {(const char *)&half, sizeof half, true, MY_PARAM_DOUBLE};
    std::vector<Got> g = s.run({execute("i", {param("1", MY_PARAM_INT), param("x\xc3\xa4"),
                                              param("12.5", MY_PARAM_DECIMAL), param("1e3", MY_PARAM_DOUBLE)})});
    ASSERT_EQ("DONE0", kinds(g));
    EXPECT_EQ(1, g[0].count);
    EXPECT_EQ("INSERT", g[0].tag);
    EXPECT_EQ("DONE0", kinds(s.run({execute("i", {raw, param(nullptr), param(nullptr), real})})));
    EXPECT_EQ("FAILED0:23000", kinds(s.run({execute("i", {raw, param(nullptr), param(nullptr), real})})));
    EXPECT_EQ("FAILED0:07002", kinds(s.run({execute("i", {raw})})));
    EXPECT_EQ("FAILED0:26000", kinds(s.run({execute("nobody", {raw})})));
    EXPECT_EQ("FAILED0:42S02 SKIPPED1", kinds(s.run({request(NAT_PREPARE, "SELECT * FROM nowhere", "q"),
                                                     execute("q", {})})));
    EXPECT_EQ("DONE0 DONE1 ROWS2:2 DONE2",
              kinds(s.run({request(NAT_BEGIN), request(NAT_PREPARE, "SELECT * FROM t WHERE a < ? ORDER BY a", "q"),
                           execute("q", {param("9", MY_PARAM_INT)})})));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    g = s.query("SELECT * FROM t ORDER BY a");
    EXPECT_EQ((Row{"1", "x\xc3\xa4", "12.5000", "1000"}), g[0].rows[0]);
    EXPECT_EQ((Row{"2", "(null)", "(null)", "0.5"}), g[0].rows[1]);
    struct nat_request forget = request(NAT_FORGET, "", "q"), unknown = request(NAT_FORGET, "", "zz");
    forget.apart = unknown.apart = true;
    EXPECT_EQ("DONE0 FAILED1:26000 DONE2", kinds(s.run({forget, unknown, request(NAT_COMMIT)})));
    EXPECT_EQ("FAILED0:26000", kinds(s.run({execute("q", {raw})})));
    // once, with parameters
    struct nat_param limit = param("1", MY_PARAM_INT);
    struct nat_request once = request(NAT_QUERY, "SELECT b FROM t ORDER BY a LIMIT ?");
    once.params = &limit;
    once.nparams = 1;
    for (int i = 0; i < 3; i++)
        EXPECT_EQ("ROWS0:1 DONE0", kinds(s.run({once})));
    once.sql = TEXT("SELEC ?");
    EXPECT_EQ("FAILED0:42000", kinds(s.run({once})));
    EXPECT_EQ("1", s.value("SHOW SESSION STATUS LIKE 'Prepared_stmt_count'") == "(nothing)" ? "" : "1");
    EXPECT_EQ("1", s.value("SELECT 1"));
}

TEST_F(NativeMy, SurvivesAChangedTable)
{
    CONNECT(s);
    s.query("DROP TABLE IF EXISTS changing; CREATE TABLE changing(a int); INSERT INTO changing VALUES (1)");
    ASSERT_EQ("DONE0 ROWS1:1 DONE1", kinds(s.run({request(NAT_PREPARE, "SELECT * FROM changing", "c"), execute("c", {})})));
    s.query("ALTER TABLE changing ADD b varchar(10) DEFAULT 'new'");
    for (int i = 0; i < 3; i++) {
        struct nat_outcome out;
        ASSERT_EQ(NAT_READY, s.send({execute("c", {})}));
        ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, DEADLINE_NEVER, &s.f));
        ASSERT_EQ(NAT_ROWS, out.kind) << out.fault.text;
        size_t n;
        const struct nat_column *c = s.ops->columns(s.n, &n);
        ASSERT_EQ(2u, n);
        EXPECT_EQ("a", std::string(c[0].name.s, c[0].name.n));
        EXPECT_EQ("b", std::string(c[1].name.s, c[1].name.n));
        s.read();
        EXPECT_EQ("1", s.value("SELECT 1"));
    }
    s.query("DROP TABLE changing");
    EXPECT_EQ("FAILED0:42S02", kinds(s.run({execute("c", {})})));
}

const std::string all_types =
    "CREATE TEMPORARY TABLE k(t1 tinyint, t1u tinyint unsigned, b tinyint(1), s smallint, su smallint unsigned,"
    "m mediumint, mu mediumint unsigned, i int, iu int unsigned, l bigint, lu bigint unsigned, bit1 bit(1), bit12 bit(12),"
    "dc decimal(10,3), du decimal(20,0) unsigned, f float, d double, da date, ti time(6), dt datetime(6), ts timestamp(3) NULL,"
    "y year, c char(5), vc varchar(7), tt tinytext, tx text, mt mediumtext, lt longtext, bi binary(3), vb varbinary(9),"
    "tb tinyblob, bl blob, mb mediumblob, lb longblob, e enum('a','bcd'), st set('x','yy'), j json, g point";

TEST_F(NativeMy, TypesExactlyInBothProtocols)
{
    CONNECT(s);
    bool mariadb = is_mariadb(s);
    size_t columns = mariadb ? 41 : 38;
    std::string create = all_types + (mariadb ? ", u uuid, i6 inet6, i4 inet4)" : ")");
    ASSERT_EQ("DONE0", kinds(s.query(create.c_str()))) << s.value(create.c_str());
    ASSERT_EQ("DONE0", kinds(s.query((std::string(
        "INSERT INTO k VALUES (-128,255,1,-32768,65535,-8388608,16777215,-2147483648,4294967295,-9223372036854775808,"
        "18446744073709551615,b'1',b'101000000001',-1234567.891,18446744073709551616,1.5,0.1,'2024-02-29','-838:59:58.999999',"
        "'9999-12-31 23:59:59.999999','2024-02-29 01:02:03.004',2155,'ab','x\xc3\xa4','tt','tx','mt','lt','b','vb\\0',"
        "'tb','bl','mb','lb','bcd','x,yy','{\"a\":1}',POINT(1,2)") +
        (mariadb ? ",'01234567-89ab-4def-8123-456789abcdef','::1','10.0.0.1')" : ")")).c_str())))
        << s.query("INSERT INTO k VALUES ()")[0].kind;
    s.query("INSERT INTO k(ti, da, dt) VALUES ('26:00:00.5', '2024-01-01', '2024-01-01')");
    s.query("INSERT INTO k VALUES ()");
    struct {
        const char *name;
        nat_kind kind;
        long length;
        int precision, scale;
        bool is_unsigned;
        const char *type;
    } want[] = {
        {"t1", NAT_INT1, -1, -1, 0, false, "tinyint"}, {"t1u", NAT_INT1, -1, -1, 0, true, "tinyint"},
        {"b", NAT_INT1, 1, -1, 0, false, "tinyint"}, {"s", NAT_INT2, -1, -1, 0, false, "smallint"},
        {"su", NAT_INT2, -1, -1, 0, true, "smallint"}, {"m", NAT_INT4, -1, 8, 0, false, "mediumint"},
        {"mu", NAT_INT4, -1, 8, 0, true, "mediumint"}, {"i", NAT_INT4, -1, -1, 0, false, "int"},
        {"iu", NAT_INT4, -1, -1, 0, true, "int"}, {"l", NAT_INT8, -1, -1, 0, false, "bigint"},
        {"lu", NAT_INT8, -1, -1, 0, true, "bigint"}, {"bit1", NAT_BOOL, 1, -1, 0, false, "bit"},
        {"bit12", NAT_BINARY, 2, -1, 0, false, "bit"}, {"dc", NAT_NUMERIC, -1, 10, 3, false, "decimal"},
        {"du", NAT_NUMERIC, -1, 20, 0, true, "decimal"}, {"f", NAT_FLOAT4, -1, -1, 0, false, "float"},
        {"d", NAT_FLOAT8, -1, -1, 0, false, "double"}, {"da", NAT_DATE, -1, 0, 0, false, "date"},
        {"ti", NAT_TIME, -1, 6, 0, false, "time"}, {"dt", NAT_TIMESTAMP, -1, 6, 0, false, "datetime"},
        {"ts", NAT_TIMESTAMP, -1, 3, 0, false, "timestamp"}, {"y", NAT_INT2, -1, 4, 0, true, "year"},
        {"c", NAT_CHAR, 5, -1, 0, false, "char"}, {"vc", NAT_VARCHAR, 7, -1, 0, false, "varchar"},
        {"tt", NAT_TEXT, 255, -1, 0, false, "tinytext"}, {"tx", NAT_TEXT, 65535, -1, 0, false, "text"},
        {"mt", NAT_TEXT, 16777215, -1, 0, false, "mediumtext"}, {"lt", NAT_TEXT, 4294967295, -1, 0, false, "longtext"},
        {"bi", NAT_BINARY, 3, -1, 0, false, "binary"}, {"vb", NAT_VARBINARY, 9, -1, 0, false, "varbinary"},
        {"tb", NAT_BLOB, 255, -1, 0, false, "tinyblob"}, {"bl", NAT_BLOB, 65535, -1, 0, false, "blob"},
        {"mb", NAT_BLOB, 16777215, -1, 0, false, "mediumblob"}, {"lb", NAT_BLOB, 4294967295, -1, 0, false, "longblob"},
        {"e", NAT_VARCHAR, 3, -1, 0, false, "enum"}, {"st", NAT_VARCHAR, 4, -1, 0, false, "set"},
        {"j", NAT_JSON, -1, -1, 0, false, "json"}, {"g", NAT_BLOB, mariadb ? -1 : 4294967295, -1, 0, false, mariadb ? "point" : "geometry"},
        {"u", NAT_UUID, 36, -1, 0, false, "uuid"}, {"i6", NAT_VARCHAR, 39, -1, 0, false, "inet6"},
        {"i4", NAT_VARCHAR, 15, -1, 0, false, "inet4"},
    };
    std::vector<Row> rows[2];
    for (int protocol = 0; protocol < 2; protocol++) {
        struct nat_outcome out;
        size_t n, got;
        if (protocol == 0)
            s.send({request(NAT_QUERY, "SELECT * FROM k")});
        else
            s.send({request(NAT_PREPARE, "SELECT * FROM k", "k"), execute("k", {})});
        do
            ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f)) << s.f.text;
        while (out.kind == NAT_DONE);
        ASSERT_EQ(NAT_ROWS, out.kind) << out.fault.text;
        const struct nat_column *c = s.ops->columns(s.n, &n);
        ASSERT_EQ(columns, n);
        for (size_t i = 0; i < n; i++) {
            SCOPED_TRACE(std::string(want[i].name) + (protocol ? " binary" : " text"));
            EXPECT_EQ(want[i].name, std::string(c[i].name.s, c[i].name.n));
            EXPECT_EQ(want[i].kind, c[i].type.kind);
            EXPECT_EQ(want[i].length, c[i].type.length);
            EXPECT_EQ(want[i].precision, c[i].type.precision);
            EXPECT_EQ(want[i].scale, c[i].type.scale);
            EXPECT_EQ(want[i].is_unsigned, c[i].type.is_unsigned);
            EXPECT_STREQ(want[i].type, c[i].type.name);
            EXPECT_EQ(protocol ? WIRE_MY_BINARY : WIRE_MY_TEXT, c[i].type.wire);
        }
        while (s.ops->next(s.n, 10, &got, deadline_in(SECONDS(5)), &s.f) == NAT_READY && got > 0)
            for (size_t row = 0; row < got; row++) {
                rows[protocol].push_back(Row());
                for (size_t i = 0; i < n; i++)
                    rows[protocol].back().push_back(protocol ? binary(c[i].type, s.ops->cell(s.n, row, i))
                                                             : show(s.ops->cell(s.n, row, i)));
            }
        s.read();
    }
    ASSERT_EQ(3u, rows[0].size());
    ASSERT_EQ(3u, rows[1].size());
    EXPECT_EQ("\x01", rows[0][0][11]);
    EXPECT_EQ(std::string("\x0a\x01", 2), rows[0][0][12]);
    EXPECT_EQ("-838:59:58.999999", rows[0][0][18]);
    EXPECT_EQ("26:00:00.500000", rows[1][1][18]);
    EXPECT_EQ("2024-02-29 01:02:03.004", rows[0][0][20]);
    EXPECT_EQ("2024-02-29 01:02:03.004000", rows[1][0][20]);
    for (size_t row = 0; row < 3; row++)
        for (size_t i = 0; i < rows[0][row].size(); i++)
            if (i != 16 && i != 20 && !(row == 1 && (i == 17 || i == 19))) {
                EXPECT_EQ(rows[0][row][i], rows[1][row][i]) << want[i].name << " of row " << row;
            }
    EXPECT_EQ(0.1, std::stod(rows[1][0][16]));
}

TEST_F(NativeMy, LongValuesHaveNoCap)
{
    CONNECT(s);
    std::string megabytes(9 << 20, 'z');
    s.query("CREATE TEMPORARY TABLE big(a int, b longtext, c longblob)");
    struct nat_param bytes = {megabytes.data(), megabytes.size(), true, MY_PARAM_BYTES};
    struct nat_param text = {megabytes.data(), megabytes.size(), false, 0};
    EXPECT_EQ("DONE0 DONE1", kinds(s.run({request(NAT_PREPARE, "INSERT INTO big VALUES (?,?,?)", "i"),
                                          execute("i", {param("1", MY_PARAM_INT), text, bytes})})));
    for (const char *sql : {"SELECT b, c, REPEAT('y', 255), REPEAT('y', 256), REPEAT('y', 257), '' FROM big"}) {
        std::vector<Got> g = s.run({request(NAT_PREPARE, sql, "s"), execute("s", {})});
        ASSERT_EQ("DONE0 ROWS1:1 DONE1", kinds(g));
        for (int i = 0; i < 2; i++)
            EXPECT_TRUE(g[1].rows[0][i] == megabytes) << g[1].rows[0][i].size();
        for (int i = 2; i < 5; i++)
            EXPECT_EQ(std::string(253 + i, 'y'), g[1].rows[0][i]);
        EXPECT_EQ("", g[1].rows[0][5]);
        EXPECT_TRUE(s.query(sql)[0].rows[0] == g[1].rows[0]);
    }
}

TEST_F(NativeMy, BinaryRowsStreamInFlatMemory)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, rows = 0;
    long early = 0;
    ASSERT_EQ(NAT_READY, s.send({request(NAT_PREPARE, "SELECT seq, REPEAT('x', 50) FROM seq_1_to_1000000", "p"),
                                 execute("p", {})}));
    do
        ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(60)), &s.f));
    while (out.kind == NAT_DONE);
    ASSERT_EQ(NAT_ROWS, out.kind);
    do {
        ASSERT_EQ(NAT_READY, s.ops->next(s.n, 1000, &got, deadline_in(SECONDS(60)), &s.f));
        rows += got;
        if (early == 0 && rows > 10000)
            early = resident_kib();
    } while (got > 0);
    EXPECT_EQ(1000000u, rows);
    EXPECT_LT(resident_kib() - early, 512) << "KiB";
    EXPECT_EQ("DONE1", kinds(s.read()));
}

TEST_F(NativeMy, CallsProcedures)
{
    CONNECT(s);
    s.query("DROP PROCEDURE IF EXISTS proc");
    s.query("CREATE PROCEDURE proc(IN a int, INOUT b int, OUT c varchar(20)) BEGIN SELECT a AS first; SELECT a, b;"
            " SET b = b + a; SET c = CONCAT('c', b); END");
    std::vector<Got> g = s.run({request(NAT_PREPARE, "CALL proc(?,?,?)", "p"),
                                execute("p", {param("1", MY_PARAM_INT), param("2", MY_PARAM_INT), param(nullptr)})});
    EXPECT_EQ("DONE0 ROWS1:1 DONE1 ROWS1:1 DONE1 ROWS1:1 DONE1 DONE1", kinds(g));
    ASSERT_EQ(NAT_READY, s.send({execute("p", {param("1", MY_PARAM_INT), param("2", MY_PARAM_INT), param(nullptr)})}));
    struct nat_outcome out;
    std::string seen;
    do {
        ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
        size_t got, n;
        const struct nat_column *c = s.ops->columns(s.n, &n);
        if (out.kind != NAT_ROWS)
            continue;
        ASSERT_EQ(NAT_READY, s.ops->next(s.n, 5, &got, deadline_in(SECONDS(5)), &s.f));
        seen += out.out_params ? "out" : "rows";
        for (size_t i = 0; i < n; i++)
            seen += ":" + binary(c[i].type, s.ops->cell(s.n, 0, i));
        seen += " ";
    } while (out.kind != NAT_END);
    EXPECT_EQ("rows:1 rows:1:2 out:3:c3 ", seen);
    EXPECT_EQ("ROWS0:1 DONE0 ROWS0:1 DONE0 DONE0", kinds(s.query("SET @b = 1; CALL proc(1, @b, @c)")).substr(6));
    s.query("DROP PROCEDURE proc");
    EXPECT_EQ("1", s.value("SELECT 1"));
}

TEST_F(NativeMy, ManySets)
{
    CONNECT(s);
    s.query("CREATE TEMPORARY TABLE t(a int PRIMARY KEY, b varchar(20)) ENGINE=InnoDB");
    s.run({request(NAT_PREPARE, "INSERT INTO t VALUES (?,?)", "i")});
    std::vector<std::string> numbers;
    for (int i = 0; i < 1000; i++)
        numbers.push_back(std::to_string(i == 500 ? 499 : i));
    std::vector<struct nat_param> p;
    for (auto &number : numbers) {
        p.push_back(param(number.c_str(), MY_PARAM_INT));
        p.push_back(param("some text"));
    }
    std::vector<Got> g = s.run({request(NAT_BEGIN), execute("i", p, 1000), request(NAT_COMMIT)});
    // A failed set fails its request, and the COMMIT behind it is not run.
    ASSERT_EQ(1002u, g.size());
    EXPECT_EQ(NAT_DONE, g[0].kind);
    for (int i = 0; i < 1000; i++) {
        EXPECT_EQ(i == 500 ? NAT_FAILED : NAT_DONE, g[i + 1].kind);
        EXPECT_EQ((size_t)i, g[i + 1].set);
        EXPECT_EQ(i == 500 ? -1 : 1, g[i + 1].count);
    }
    EXPECT_EQ(1062, g[501].fault.native);
    EXPECT_EQ(NAT_SKIPPED, g[1001].kind);
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    EXPECT_EQ("999", s.value("SELECT COUNT(*) FROM t"));
    s.query("ROLLBACK");
    // With rows: each set's own.
    s.run({request(NAT_PREPARE, "SELECT ? + 1", "q")});
    g = s.run({execute("q", {param("1", MY_PARAM_INT), param("2", MY_PARAM_INT), param("3", MY_PARAM_INT)}, 3)});
    EXPECT_EQ("ROWS0:1 DONE0 ROWS0.1:1 DONE0.1 ROWS0.2:1 DONE0.2", kinds(g));
    EXPECT_EQ("1", s.value("SELECT 1"));
}

// Outside a transaction they are piped; inside, MariaDB takes them as one statement.
TEST_F(NativeMy, SetsTogetherAreFast)
{
    CONNECT(s);
    s.query("CREATE TEMPORARY TABLE t(a int, b varchar(20)) ENGINE=InnoDB");
    s.run({request(NAT_PREPARE, "INSERT INTO t VALUES (?,?)", "i")});
    std::vector<struct nat_param> p;
    for (int i = 0; i < 1000; i++) {
        p.push_back(param("7", MY_PARAM_INT));
        p.push_back(param("some text"));
    }
    std::vector<struct nat_param> one(p.begin(), p.begin() + 2);
    bool connector_c = is_connector_c(s); // the other library waits for each answer
    bool mariadb = is_mariadb(s);
    for (bool inside : {false, true}) {
        SCOPED_TRACE(inside);
        if (inside)
            s.query("BEGIN");
        struct nat_request many = execute("i", p, 1000);
        many.alike = true;
        int64_t start = clock_us();
        for (int i = 0; i < 10; i++)
            ASSERT_EQ(1000u, s.run({many}).size());
        int64_t together = clock_us() - start;
        start = clock_us();
        for (int i = 0; i < 2000; i++)
            ASSERT_EQ("DONE0", kinds(s.run({execute("i", one)})));
        int64_t single = (clock_us() - start) * 5;
        EXPECT_EQ(inside ? "24000" : "12000", s.value("SELECT COUNT(*) FROM t"));
        if (connector_c && !inside) {
            EXPECT_LT(together, single);
        } else if (connector_c && mariadb) {
            EXPECT_LT(together * 3, single);
        }
    }
}

TEST_F(NativeMy, Faults)
{
    CONNECT(s);
    s.query("DROP TABLE IF EXISTS child; DROP TABLE IF EXISTS parent");
    s.query("CREATE TABLE parent(a int PRIMARY KEY, b int NOT NULL); CREATE TABLE child(a int, FOREIGN KEY (a) REFERENCES parent(a));"
            "INSERT INTO parent VALUES (1, 1); INSERT INTO child VALUES (1)");
    struct {
        const char *sql, *state;
        int number;
    } rows[] = {
        {"SELECT * FROM nowhere", "42S02", 1146},
        {"SELECT nothing FROM parent", "42S22", 1054},
        {"CREATE TABLE parent(a int)", "42S01", 1050},
        {"INSERT INTO parent VALUES (1, 1)", "23000", 1062},
        {"INSERT INTO child VALUES (2)", "23000", 1452},
        {"DELETE FROM parent", "23000", 1451},
        {"INSERT INTO parent VALUES (2, NULL)", "23000", 1048},
        {"SELEC 1", "42000", 1064},
        {"USE nowhere", "42000", 1049},
        {"INSERT INTO parent VALUES (1)", "21S01", 1136},
        {"INSERT INTO parent VALUES ('abc', 1)", "22018", 1366},
        {"INSERT INTO parent VALUES (99999999999, 1)", "22003", 1264},
        {"ALTER TABLE parent ADD a int", "42S21", 1060},
        {"DROP TABLE nowhere", "42S02", 1051},
        {"KILL QUERY 999999999", "HY000", 1094},
        {"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'own'", "HY000", 1644},
    };
    for (auto &r : rows) {
        std::vector<Got> g = s.query(r.sql);
        ASSERT_EQ(1u, g.size()) << r.sql;
        ASSERT_EQ(NAT_FAILED, g[0].kind) << r.sql;
        EXPECT_STREQ(r.state, g[0].fault.sqlstate) << r.sql;
        EXPECT_EQ(r.number, g[0].fault.native) << r.sql << g[0].fault.text;
        EXPECT_TRUE(g[0].fault.from_server);
        EXPECT_FALSE(g[0].fault.link_lost);
    }
    My bad;
    EXPECT_EQ(NAT_FAULT, bad.connect({{"CONNSETTINGS", "SELEC 1"}}));
    EXPECT_NE(nullptr, strstr(bad.f.text, "CONNSETTINGS")) << bad.f.text;
    My where;
    where.set("DATABASE", "nowhere");
    where.set("UID", word(2));
    where.set("PWD", word(3));
    EXPECT_EQ(NAT_FAULT, where.open(word(0).c_str(), nullptr, std::stoi(word(1))));
    EXPECT_EQ(1049, where.f.native);
    // Locks: one waits, one is chosen.
    CONNECT(other);
    other.query("BEGIN; UPDATE parent SET b = 2 WHERE a = 1");
    s.query("SET innodb_lock_wait_timeout = 1; BEGIN");
    std::vector<Got> g = s.query("UPDATE parent SET b = 3 WHERE a = 1");
    EXPECT_STREQ("HYT00", g[0].fault.sqlstate) << g[0].fault.text;
    s.query("INSERT INTO parent VALUES (5, 5)");
    ASSERT_EQ(NAT_READY, other.send({request(NAT_QUERY, "UPDATE parent SET b = 3 WHERE a = 5")}));
    wait_for(-1, 0, nullptr, deadline_in(MS(50)));
    g = s.query("SET innodb_lock_wait_timeout = 20; UPDATE parent SET b = 3 WHERE a = 1");
    std::vector<Got> h = other.read();
    const Got &victim = g.back().kind == NAT_FAILED ? g.back() : h.back();
    EXPECT_STREQ("40001", victim.fault.sqlstate) << victim.fault.text;
    EXPECT_EQ(1213, victim.fault.native);
    EXPECT_EQ(NAT_TXN_IDLE, (g.back().kind == NAT_FAILED ? s : other).status().txn);
    s.query("ROLLBACK");
    other.query("ROLLBACK");
    s.query("DROP TABLE child; DROP TABLE parent");
}

TEST_F(NativeMy, Cancels)
{
    for (const char *mode : {"DISABLED", "REQUIRED"}) {
        My s;
        ASSERT_EQ(NAT_READY, s.connect({{"SSLMODE", mode}}));
        struct nat_outcome out;
        ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT SLEEP(10) FROM seq_1_to_10")}));
        EXPECT_TRUE(s.ops->cancel(s.n));
        int64_t start = clock_us();
        std::vector<Got> g = s.read();
        EXPECT_LT((clock_us() - start) / 1000, 3000);
        EXPECT_EQ("1", s.value("SELECT 1")) << kinds(g);
        // prepared
        s.run({request(NAT_PREPARE, "SELECT SUM(SLEEP(1)) FROM seq_1_to_10", "p")});
        ASSERT_EQ(NAT_READY, s.send({execute("p", {})}));
        EXPECT_EQ(NAT_WAIT, s.ops->result(s.n, &out, deadline_in(MS(50)), &s.f));
        EXPECT_TRUE(s.ops->cancel(s.n));
        g = s.read();
        EXPECT_EQ("FAILED0:70100", kinds(g));
        EXPECT_STREQ("HY008", g.back().fault.sqlstate);
        // in the middle of rows
        ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT * FROM seq_1_to_100000000")}));
        ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
        start = clock_us();
        EXPECT_EQ(NAT_READY, s.ops->finish(s.n, NAT_CANCEL, deadline_in(SECONDS(20)), &s.f));
        EXPECT_LT((clock_us() - start) / 1000, 3000);
        ASSERT_EQ(NAT_READY, s.send({execute("p", {})}));
        EXPECT_EQ(NAT_READY, s.ops->finish(s.n, NAT_CANCEL, deadline_in(SECONDS(5)), &s.f));
        // while a row is waited for
        ASSERT_EQ(NAT_READY, s.send({request(NAT_QUERY, "SELECT seq, SLEEP(CASE WHEN seq = 1000 THEN 10 ELSE 0 END) FROM seq_1_to_2000")}));
        std::thread other([&] {
            wait_for(-1, 0, nullptr, deadline_in(MS(300)));
            EXPECT_TRUE(s.ops->cancel(s.n));
        });
        start = clock_us();
        g = s.read();
        other.join();
        EXPECT_LT((clock_us() - start) / 1000, 5000);
        EXPECT_EQ(NAT_FAILED, g.back().kind) << kinds(g);
        // too late: it must not hit what comes next
        for (int i = 0; i < 10; i++) {
            EXPECT_TRUE(s.ops->cancel(s.n));
            EXPECT_EQ("2", s.value("SELECT 1 + (SELECT COUNT(*) FROM seq_1_to_1)")) << i;
        }
    }
}

TEST_F(NativeMy, TracksTheSession)
{
    CONNECT(s);
    EXPECT_NE(std::string::npos, s.parameter("sql_mode").find("STRICT_TRANS_TABLES"));
    EXPECT_EQ("ON", s.parameter("autocommit"));
    EXPECT_EQ("app", s.parameter("schema"));
    EXPECT_EQ(0u, s.ops->parameters_changed(s.n));
    const char *name, *value;
    EXPECT_FALSE(s.ops->touched(s.n, 0, &name, &value));
    s.query("SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', autocommit = 0");
    EXPECT_EQ("ANSI_QUOTES,NO_BACKSLASH_ESCAPES", s.parameter("sql_mode"));
    EXPECT_EQ("OFF", s.parameter("autocommit"));
    EXPECT_LT(0u, s.ops->parameters_changed(s.n));
    ASSERT_TRUE(s.ops->touched(s.n, 0, &name, &value));
    EXPECT_STREQ("sql_mode", name);
    s.run({request(NAT_PREPARE, "SET lock_wait_timeout = 77", "p"), execute("p", {})});
    EXPECT_EQ("77", s.parameter("lock_wait_timeout"));
    s.query("USE mysql");
    EXPECT_EQ("mysql", s.parameter("schema"));
    s.query("DROP TABLE IF EXISTS app.never; CREATE TABLE app.never(a int)");
    s.query("START TRANSACTION READ ONLY");
    EXPECT_EQ("START TRANSACTION READ ONLY;", s.parameter("transaction"));
    EXPECT_EQ("on", s.parameter("transaction_is_read_only"));
    EXPECT_EQ(NAT_TXN_OPEN, s.status().txn);
    std::vector<Got> g = s.query("INSERT INTO app.never VALUES (1)");
    EXPECT_EQ(1792, g[0].fault.native);
    s.query("ROLLBACK");
    EXPECT_EQ("(none)", s.parameter("transaction_is_read_only"));
    EXPECT_EQ("3600", s.value("SELECT @@net_write_timeout"));
    EXPECT_EQ("0", s.value("SELECT @@local_infile AND 0"));
    EXPECT_EQ(s.value("SELECT VERSION()"), s.parameter("server_info"));
}

TEST_F(NativeMy, TellsWarnings)
{
    CONNECT(s);
    s.query("DROP TABLE IF EXISTS nowhere");
    EXPECT_EQ("01000 1051", s.notices());
    s.query("CREATE TEMPORARY TABLE t(a tinyint); SET sql_mode = ''");
    EXPECT_EQ("", s.notices());
    std::vector<Got> g = s.query("INSERT INTO t VALUES (1000), (-1000)");
    EXPECT_EQ("DONE0", kinds(g));
    EXPECT_EQ(2, g[0].count);
    EXPECT_EQ("01000 1264|01000 1264", s.notices());
    s.run({request(NAT_PREPARE, "INSERT INTO t VALUES (?)", "i"), execute("i", {param("1000", MY_PARAM_INT)})});
    EXPECT_EQ("01000 1264", s.notices());
    s.query("SELECT 1/0");
    EXPECT_EQ("", s.notices());
    s.query("SET sql_mode = 'ERROR_FOR_DIVISION_BY_ZERO'");
    s.notices(); // MySQL would have it with the strict mode only
    EXPECT_EQ("ROWS0:1 DONE0", kinds(s.query("SELECT 1/0")));
    EXPECT_EQ("01000 1365", s.notices());
    EXPECT_EQ("", s.notices());
}

TEST_F(NativeMy, RefusesToReadFilesForTheServer)
{
    CONNECT(s);
    s.query("CREATE TEMPORARY TABLE t(a text)");
    std::vector<Got> g = s.query("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t");
    ASSERT_FALSE(g.empty());
    EXPECT_EQ(NAT_FAILED, g[0].kind);
    EXPECT_EQ("0", s.value("SELECT COUNT(*) FROM t"));
}

TEST_F(NativeMy, LosesTheLinkAtEachStep)
{
    CONNECT(boss);
    for (const char *mode : {"DISABLED", "REQUIRED"})
        for (int step = 0; step < 6; step++) {
            SCOPED_TRACE(std::string(mode) + " step " + std::to_string(step));
            My s;
            ASSERT_EQ(NAT_READY, s.connect({{"SSLMODE", mode}}));
            std::string kill = "KILL " + s.value("SELECT CONNECTION_ID()");
            struct nat_outcome out;
            size_t got;
            nat_answer a = NAT_READY;
            s.run({request(NAT_PREPARE, step == 4 ? "SELECT * FROM seq_1_to_100000000" : "SELECT SLEEP(10)", "p")});
            switch (step) {
            case 1:
                s.send({request(NAT_QUERY, "SELECT SLEEP(10)")});
                break;
            case 2:
                s.send({request(NAT_QUERY, "SELECT * FROM seq_1_to_100000000")});
                s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f);
                break;
            case 3:
            case 4:
                s.send({execute("p", {})});
                if (step == 4) {
                    ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
                }
                break;
            }
            boss.query(kill.c_str());
            wait_for(-1, 0, nullptr, deadline_in(MS(30)));
            if (step == 0)
                a = s.send({request(NAT_QUERY, "SELECT 1")});
            else if (step == 5)
                a = s.send({execute("p", {})});
            else if (step == 2 || step == 4)
                while ((a = s.ops->next(s.n, 100, &got, deadline_in(SECONDS(20)), &s.f)) == NAT_READY && got > 0)
                    continue;
            else
                a = s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f);
            EXPECT_EQ(NAT_FAULT, a);
            EXPECT_TRUE(s.f.link_lost) << s.f.text;
            EXPECT_STREQ("08S01", s.f.sqlstate) << s.f.text;
            EXPECT_FALSE(s.status().alive);
            EXPECT_EQ(step != 0 && step != 5, s.sent);
            EXPECT_EQ(NAT_FAULT, s.send({request(NAT_QUERY, "SELECT 1")}));
            EXPECT_TRUE(s.f.link_lost);
        }
}

TEST_F(NativeMy, InterruptWakesEverything)
{
    for (const char *mode : {"DISABLED", "REQUIRED"})
        for (int step = 0; step < 3; step++) {
            SCOPED_TRACE(std::string(mode) + " step " + std::to_string(step));
            My s;
            ASSERT_EQ(NAT_READY, s.connect({{"SSLMODE", mode}}));
            struct nat_outcome out;
            s.run({request(NAT_PREPARE, "SELECT SLEEP(10)", "p")});
            std::thread other([&] {
                wait_for(-1, 0, nullptr, deadline_in(MS(50)));
                s.ops->interrupt(s.n);
            });
            int64_t start = clock_us();
            nat_answer a = s.send({step == 0 ? request(NAT_QUERY, "SELECT SLEEP(10)")
                                   : step == 1 ? execute("p", {})
                                               : request(NAT_PREPARE, "SELECT 1", "q")});
            if (step == 2) {
                other.join();
                a = s.ops->result(s.n, &out, DEADLINE_NEVER, &s.f) == NAT_READY ? NAT_READY : NAT_FAULT;
                continue;
            }
            ASSERT_EQ(NAT_READY, a);
            EXPECT_EQ(NAT_FAULT, s.ops->result(s.n, &out, DEADLINE_NEVER, &s.f));
            other.join();
            EXPECT_LT((clock_us() - start) / 1000, 1000);
            EXPECT_TRUE(s.f.link_lost);
            EXPECT_STREQ("08S01", s.f.sqlstate);
        }
}

TEST_F(NativeMy, DetachesBinaryRowsAndEarlyOnes)
{
    CONNECT(s);
    struct nat_outcome out;
    size_t got, rows = 0;
    struct spool *sp = spool_new();
    ASSERT_EQ(NAT_READY, s.send({request(NAT_PREPARE, "SELECT CONCAT(seq), REPEAT('y', 300) FROM seq_1_to_20000", "d"),
                                 execute("d", {})}));
    do
        ASSERT_EQ(NAT_READY, s.ops->result(s.n, &out, deadline_in(SECONDS(5)), &s.f));
    while (out.kind == NAT_DONE);
    ASSERT_EQ(NAT_READY, s.ops->next(s.n, 10, &got, deadline_in(SECONDS(5)), &s.f));
    rows = got;
    nat_answer a;
    while ((a = s.ops->detach(s.n, sp, deadline_in(MS(2)), &s.f)) == NAT_WAIT)
        continue;
    ASSERT_EQ(NAT_READY, a) << s.f.text;
    while (spool_next(sp, 50, &got, &s.f) && got > 0)
        for (size_t i = 0; i < got; i++) {
            ASSERT_EQ(std::to_string(++rows), show(spool_cell(sp, i, 0)));
            ASSERT_EQ(300u, spool_cell(sp, i, 1).n);
        }
    EXPECT_EQ(20000u, rows);
    spool_free(sp);
    // a text with rows before a prepared statement
    struct nat_request apart = request(NAT_QUERY, "SELECT 'early'");
    apart.apart = true;
    std::vector<Got> g = s.run({apart, request(NAT_PREPARE, "SELECT 'late'", "l"), execute("l", {})});
    ASSERT_EQ("ROWS0:1 DONE0 DONE1 ROWS2:1 DONE2", kinds(g));
    EXPECT_EQ("early", g[0].rows[0][0]);
    EXPECT_EQ("late", g[3].rows[0][0]);
    apart.sql = TEXT("SELEC");
    EXPECT_EQ("FAILED0:42000 ROWS1:1 DONE1", kinds(s.run({apart, request(NAT_QUERY, "SELECT 2")})));
}

} // namespace
