// What the server's answers mean: detection, identity, topology rows; rubbish among them.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "cluster/dialect_priv.h"
}

namespace
{

using Row = std::vector<const char *>;

class Rows
{
  public:
    explicit Rows(const std::vector<Row> &rows)
    {
        rows_init(&rows_);
        for (const Row &row : rows) {
            std::vector<struct nat_cell> cells;
            for (const char *z : row)
                cells.push_back({z, z ? strlen(z) : 0});
            added_ = rows_add(&rows_, cells.data(), cells.size()) && added_;
        }
    }
    ~Rows()
    {
        rows_fini(&rows_);
    }
    Rows(const Rows &) = delete;
    Rows &operator=(const Rows &) = delete;
    const struct rows *get() const
    {
        return &rows_;
    }
    bool added() const
    {
        return added_;
    }

  private:
    struct rows rows_;
    bool added_ = true;
};

const char domain[] = "cxyz.eu-central-1.rds.amazonaws.com";

struct topology_rules rules(bool names, const char *pattern, const char *with_domain)
{
    struct topology_rules r = {};
    r.names_are_ids = names;
    r.pattern = pattern;
    r.domain = text_of(with_domain);
    r.port = 5432;
    return r;
}

class Parsed
{
  public:
    Parsed(const std::vector<Row> &rows, const struct topology_rules &r)
    {
        Rows answer(rows);
        fault_clear(&fault);
        t = topology_parse(answer.get(), &r, &self, &fault);
    }
    ~Parsed()
    {
        topology_unref(t);
    }
    std::string writer() const
    {
        return t && t->writer >= 0 ? t->hosts[t->writer].name : "";
    }
    struct topology *t;
    int self = -2;
    struct fault fault;
};

TEST(ClusterDialect, MultiAzRows)
{
    Parsed p({{"db-2", "n2.example.com", "5433", "1", "0", "0"},
              {"db-1", "n1.example.com", "5432", "0", "1", "0"},
              {"db-3", "n3.example.com", "5434", "0", "0", "0"}},
             rules(false, "", nullptr));
    ASSERT_NE(p.t, nullptr);
    ASSERT_EQ(p.t->n, 3u);
    EXPECT_EQ(p.writer(), "n2.example.com");
    EXPECT_STREQ(p.t->hosts[0].name, "n1.example.com"); // sorted
    EXPECT_EQ(p.self, 0);
    EXPECT_EQ(p.t->hosts[1].port, 5433);
    EXPECT_EQ(p.t->hosts[1].role, ROLE_WRITER);
    EXPECT_EQ(p.t->hosts[2].role, ROLE_READER);
    EXPECT_STREQ(p.t->hosts[2].id, "db-3");
    EXPECT_EQ(p.t->refs, 1);
    EXPECT_EQ(p.t->verified_us, 0);
}

TEST(ClusterDialect, PatternTakesTheFirstLabel)
{
    Parsed p({{"db-1", "n1.inside.example.com", "5432", "1", "1", "0"}},
             rules(false, "?.outside.example.com:6432", nullptr));
    ASSERT_NE(p.t, nullptr);
    EXPECT_STREQ(p.t->hosts[0].name, "n1.outside.example.com");
    EXPECT_EQ(p.t->hosts[0].port, 6432);
    Parsed q({{"db-1", "n1.inside.example.com", "5499", "1", "1", "0"}},
             rules(false, "?.outside.example.com", nullptr));
    ASSERT_NE(q.t, nullptr);
    EXPECT_EQ(q.t->hosts[0].port, 5499);
}

TEST(ClusterDialect, AuroraNamesAreCompleted)
{
    const std::vector<Row> rows = {{"a-1", "a-1", nullptr, "0", "0", "100"},
                                   {"a-2", "a-2", nullptr, "1", "1", "200"}};
    Parsed p(rows, rules(true, "", domain));
    ASSERT_NE(p.t, nullptr);
    EXPECT_EQ(p.writer(), std::string("a-2.") + domain);
    EXPECT_EQ(p.t->hosts[0].port, 5432);
    EXPECT_EQ(p.self, 1);
    Parsed q(rows, rules(true, "?.x.org:7000", domain));
    ASSERT_NE(q.t, nullptr);
    EXPECT_EQ(q.writer(), "a-2.x.org");
    EXPECT_EQ(q.t->hosts[1].port, 7000);
    Parsed none(rows, rules(true, "", nullptr));
    EXPECT_EQ(none.t, nullptr);
    EXPECT_NE(std::string(none.fault.text).find("HOST_PATTERN"), std::string::npos);
}

TEST(ClusterDialect, SeveralWritersTheNewestCounts)
{
    Parsed p({{"a", "a", nullptr, "1", "0", "100"},
              {"b", "b", nullptr, "1", "0", "300"},
              {"c", "c", nullptr, "1", "0", "200"}},
             rules(true, "", domain));
    ASSERT_NE(p.t, nullptr);
    EXPECT_EQ(p.writer(), std::string("b.") + domain);
    EXPECT_EQ(p.t->hosts[0].role, ROLE_UNKNOWN);
    EXPECT_EQ(p.t->hosts[2].role, ROLE_UNKNOWN);
}

TEST(ClusterDialect, NoWriter)
{
    Parsed p({{"a", "a.org", "1", "0", "1", "0"}}, rules(false, "", nullptr));
    ASSERT_NE(p.t, nullptr);
    EXPECT_EQ(p.t->writer, -1);
    EXPECT_EQ(p.self, 0);
}

TEST(ClusterDialect, SameHostTwiceTheNewerCounts)
{
    Parsed p({{"old", "a", nullptr, "1", "1", "100"},
              {"new", "a", nullptr, "0", "1", "200"},
              {"b", "b", nullptr, "1", "0", "150"},
              {"older", "b", nullptr, "0", "0", "1"}},
             rules(true, "", domain));
    ASSERT_NE(p.t, nullptr);
    ASSERT_EQ(p.t->n, 2u);
    EXPECT_EQ(p.writer(), std::string("b.") + domain);
    EXPECT_EQ(p.t->hosts[0].role, ROLE_READER);
}

TEST(ClusterDialect, RubbishRowsAreLeftOut)
{
    std::string long_name(256, 'a');
    std::string long_id(200, 'i');
    Parsed p({{"ok", "good.org", "5432", "1", "1", "0"},
              {nullptr, "x1.org", "5432", "0", "0", "0"},
              {"", "x2.org", "5432", "0", "0", "0"},
              {"bad id", "x3.org", "5432", "0", "0", "0"},
              {long_id.c_str(), "x4.org", "5432", "0", "0", "0"},
              {"a", nullptr, "5432", "0", "0", "0"},
              {"a", "", "5432", "0", "0", "0"},
              {"a", "host name", "5432", "0", "0", "0"},
              {"a", "host\nname", "5432", "0", "0", "0"},
              {"a", "-x.org", "5432", "0", "0", "0"},
              {"a", "h%s.org", "5432", "0", "0", "0"},
              {"a", "/tmp", "5432", "0", "0", "0"},
              {"a", long_name.c_str(), "5432", "0", "0", "0"},
              {"a", "x5.org", nullptr, "0", "0", "0"},
              {"a", "x6.org", "0", "0", "0", "0"},
              {"a", "x7.org", "65536", "0", "0", "0"},
              {"a", "x8.org", "-1", "0", "0", "0"},
              {"a", "x9.org", "99999999999999999999", "0", "0", "0"},
              {"a", "x10.org", "5432", "yes", "0", "0"},
              {"a", "x11.org", "5432", "0", nullptr, "0"}},
             rules(false, "", nullptr));
    ASSERT_NE(p.t, nullptr);
    EXPECT_EQ(p.t->n, 1u);
    EXPECT_EQ(p.writer(), "good.org");
}

TEST(ClusterDialect, WholeRubbishIsNoTopology)
{
    Parsed empty({}, rules(false, "", nullptr));
    EXPECT_EQ(empty.t, nullptr);
    EXPECT_STREQ(empty.fault.sqlstate, "01000");
    Parsed bad({{"x"}, {"y"}}, rules(false, "", nullptr));
    EXPECT_EQ(bad.t, nullptr);
    Parsed pattern({{"a", "a", nullptr, "1", "1", "0"}}, rules(true, "no question mark", domain));
    EXPECT_EQ(pattern.t, nullptr);
}

TEST(ClusterDialect, TooManyHosts)
{
    std::vector<std::string> names;
    std::vector<Row> rows;
    for (int i = 0; i < 400; i++)
        names.push_back("n" + std::to_string(i) + ".org");
    for (const std::string &name : names)
        rows.push_back({name.c_str(), name.c_str(), "5432", "0", "0", "0"});
    Parsed p(rows, rules(false, "", nullptr));
    ASSERT_NE(p.t, nullptr);
    EXPECT_EQ(p.t->n, (size_t)HOSTS_MAX);
}

TEST(ClusterDialect, RowsKeepTheirShape)
{
    Rows ragged({{"a", "b"}, {"c"}});
    EXPECT_FALSE(ragged.added());
    std::string longer(5000, 'x');
    Rows r({{longer.c_str(), nullptr}});
    EXPECT_EQ(rows_cell(r.get(), 0, 0).n, (size_t)CELL_MAX);
    EXPECT_EQ(rows_cell(r.get(), 0, 1).s, nullptr);
    EXPECT_EQ(rows_cell(r.get(), 0, 2).s, nullptr);
    EXPECT_EQ(rows_cell(r.get(), 1, 0).s, nullptr);
}

TEST(ClusterDialect, Identity)
{
    struct Case {
        Row row;
        bool ok;
        enum role role;
    } cases[] = {
        {{"1", "0", "db-1", "12"}, true, ROLE_WRITER},
        {{"0", "0", "db-1", "12"}, true, ROLE_UNKNOWN}, // promoted, the metadata lags
        {{"1", "1", "db-1", "12"}, true, ROLE_READER},  // recovery decides
        {{"0", "1", "", "0"}, true, ROLE_READER},
        {{"1", "0", nullptr, nullptr}, true, ROLE_WRITER},
        {{"t", "0", "db-1", "12"}, false, ROLE_UNKNOWN},
        {{nullptr, "0", "db-1", "12"}, false, ROLE_UNKNOWN},
        {{"1", nullptr, "db-1", "12"}, false, ROLE_UNKNOWN},
        {{"1", "0"}, false, ROLE_UNKNOWN},
    };
    for (const Case &c : cases) {
        Rows r({c.row});
        struct identity who;
        EXPECT_EQ(identity_parse(r.get(), &who), c.ok);
        EXPECT_EQ(who.role, c.role);
        EXPECT_GE(who.took_us, 0);
    }
    Rows none({});
    Rows two({{"1", "0", "a", "0"}, {"1", "0", "a", "0"}});
    struct identity who;
    EXPECT_FALSE(identity_parse(none.get(), &who));
    EXPECT_FALSE(identity_parse(two.get(), &who));
}

// A family's answers to its detection, one list of rows a question.
struct Detected {
    Detected(const struct dialect_family &family, const std::vector<std::vector<Row>> &answers)
    {
        EXPECT_EQ(answers.size(), family.ndetection);
        std::vector<std::unique_ptr<Rows>> kept;
        std::vector<struct rows> views;
        for (const auto &rows : answers)
            views.push_back(*kept.emplace_back(std::make_unique<Rows>(rows))->get());
        ok = family.detect(views.data(), &d);
    }
    bool ok;
    struct detection d;
};

TEST(ClusterDialect, Detection)
{
    const struct dialect_family &pg = dialect_family_pg;
    Detected multi(pg, {{{"0", "app", "app", "3", "3", "3", "0"}}});
    ASSERT_TRUE(multi.ok);
    EXPECT_EQ(multi.d.id, DIALECT_MULTI_AZ);
    EXPECT_TRUE(multi.d.may_ask);
    Detected aurora(pg, {{{"1", "app", "app", "0", "0", "0", "1"}}});
    ASSERT_TRUE(aurora.ok);
    EXPECT_EQ(aurora.d.id, DIALECT_AURORA);
    EXPECT_TRUE(aurora.d.recovery);
    Detected plain(pg, {{{"0", "app", "app", "0", "0", "0", "0"}}});
    ASSERT_TRUE(plain.ok);
    EXPECT_EQ(plain.d.id, DIALECT_PLAIN);
    EXPECT_FALSE(plain.d.may_ask);
    EXPECT_FALSE(Detected(pg, {{{"maybe", "app", "app", "3", "3", "3", "0"}}}).ok);
    EXPECT_FALSE(Detected(pg, {{}}).ok);
}

TEST(ClusterDialect, GrantsAreNamed)
{
    const struct dialect_family &pg = dialect_family_pg;
    Detected nothing(pg, {{{"0", "app", "app", "3", "0", "0", "0"}}});
    ASSERT_TRUE(nothing.ok);
    EXPECT_STREQ(nothing.d.grants.sqlstate, "01000");
    EXPECT_STREQ(nothing.d.grants.text,
                 "failover finds the writer by asking each host only: run GRANT USAGE ON "
                 "SCHEMA rds_tools TO \"app\"; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "
                 "rds_tools TO \"app\"");
    Detected execute(pg, {{{"0", "o\"neil", "app", "3", "1", "3", "0"}}});
    ASSERT_TRUE(execute.ok);
    EXPECT_STREQ(execute.d.grants.text,
                 "failover finds the writer by asking each host only: run GRANT EXECUTE ON "
                 "ALL FUNCTIONS IN SCHEMA rds_tools TO \"o\"\"neil\"");
    Detected missing(pg, {{{"0", "app", "shop", "0", "0", "0", "0"}}});
    ASSERT_TRUE(missing.ok);
    EXPECT_NE(std::string(missing.d.grants.text)
                  .find("CREATE EXTENSION rds_tools in the database \"shop\""),
              std::string::npos);
}

TEST(ClusterDialect, DetectionOfMySql)
{
    const struct dialect_family &my = dialect_family_my;
    struct Case {
        Row row;
        std::vector<Row> aurora;
        bool ok;
        enum dialect_id id;
        bool may_ask;
    } cases[] = {
        {{"0", "app@%", "1", "1"}, {}, true, DIALECT_MULTI_AZ, true},
        {{"1", "app@%", "1", "0"}, {}, true, DIALECT_PLAIN, true}, // a blue/green instance
        {{"1", "app@%", "0", "1"}, {}, true, DIALECT_PLAIN, false},
        {{"1", "app@%", "0", "0"}, {{"aurora_version", "3.05.2"}}, true, DIALECT_AURORA, false},
        {{"ON", "app@%", "1", "1"}, {}, false, DIALECT_PLAIN, false},
        {{nullptr, "app@%", "1", "1"}, {}, false, DIALECT_PLAIN, false},
    };
    for (const Case &c : cases) {
        Detected d(my, {{c.row}, c.aurora});
        EXPECT_EQ(d.ok, c.ok);
        if (!d.ok)
            continue;
        EXPECT_EQ(d.d.id, c.id);
        EXPECT_EQ(d.d.may_ask, c.may_ask);
        EXPECT_EQ(d.d.recovery, c.row[0][0] == '1');
        EXPECT_STREQ(d.d.database, "");
        EXPECT_STREQ(d.d.account, "'app'@'%'");
    }
    Detected missing(my, {{{"0", "o'neil@10.0.%", "0", "1"}}, {}});
    EXPECT_STREQ(missing.d.grants.text,
                 "failover finds the writer by asking each host only: run GRANT SELECT ON "
                 "mysql.rds_topology TO 'o''neil'@'10.0.%'");
    EXPECT_FALSE(Detected(my, {{}, {}}).ok);
}

TEST(ClusterDialect, TheSourceIsTheWriter)
{
    const std::vector<Row> told = {{"1001", "n1.org", "3306", nullptr, "0", "0"},
                                   {"1002", "n2.org", "3306", nullptr, "1", "0"}};
    struct topology_rules r = rules(false, "", nullptr);
    Rows other({{"1001"}}), none({}), unknown({{"0"}}), null({{nullptr}});
    r.source = other.get();
    EXPECT_EQ(Parsed(told, r).writer(), "n1.org");
    r.source = none.get();
    EXPECT_EQ(Parsed(told, r).writer(), "n2.org");
    r.source = unknown.get();
    EXPECT_EQ(Parsed(told, r).t->writer, -1);
    r.source = null.get();
    EXPECT_EQ(Parsed(told, r).t->writer, -1);
    r.source = nullptr; // it may not be asked: nothing is known of anybody's role
    Parsed p(told, r);
    ASSERT_NE(p.t, nullptr);
    EXPECT_EQ(p.t->writer, -1);
    EXPECT_EQ(p.t->hosts[0].role, ROLE_UNKNOWN);
    EXPECT_EQ(p.self, 1);
}

// Every name in the texts sent is qualified: a hostile search_path must not matter.
TEST(ClusterDialect, TextsAreQualified)
{
    const struct dialect_family *pg = &dialect_family_pg;
    std::string all = pg->detection[0].sql;
    for (int id = DIALECT_PLAIN; id <= DIALECT_AURORA; id++) {
        const struct dialect *d = dialect_get(pg, (enum dialect_id)id);
        for (const char *sql : {d->identity.sql, d->await.sql, d->topology.sql})
            all += sql ? std::string(" ") + sql : "";
    }
    for (const char *bad : {" pg_is_in_recovery", " count(", " = ", " <> ", " IN (", " now()",
                            " - pg", " show_topology", "PERFORM pg_sleep"}) {
        size_t at = all.find(bad);
        bool allowed =
            std::string(bad) == " = " && all.compare(at - 17, 17, "statement_timeout") == 0;
        if (at != std::string::npos && !allowed)
            ADD_FAILURE() << bad << " in: " << all.substr(at > 40 ? at - 40 : 0, 80);
    }
    EXPECT_EQ(dialect_get(pg, DIALECT_UNKNOWN), nullptr);
    EXPECT_EQ(dialect_get(pg, DIALECT_AURORA)->await.sql, nullptr);
}

} // namespace
