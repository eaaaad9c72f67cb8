// What is remembered of a session, and in which order it is made again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

extern "C" {
#include "fake/fake.h"
#include "pipeline/session_priv.h"
}

namespace
{

const char host[] = "10.0.0.1";

class Session : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        fake_reset();
        fake_server(host, 0, ROLE_WRITER);
        session_init(&s, &session_family_pg);
        options_init(&o);
    }
    void TearDown() override
    {
        if (n)
            n->ops->close(n, NAT_POLITE);
        session_fini(&s);
        options_fini(&o);
    }
    void note(const std::string &sql, enum nat_txn before = NAT_TXN_IDLE,
              enum nat_txn after = NAT_TXN_IDLE, size_t done = 99, bool failed = false)
    {
        session_note(&s, rules, {sql.data(), sql.size()}, done, failed, before, after);
    }
    void in_txn(const std::string &sql)
    {
        note(sql, NAT_TXN_OPEN, NAT_TXN_OPEN);
    }
    std::string kept() const
    {
        std::string all;
        for (size_t i = 0; i < s.kept.n; i++)
            all += (i ? "|" : "") + std::string(s.kept.entries[i].text);
        return all;
    }
    struct native *open()
    {
        struct nat_target to = {host, host, 0};
        struct nat_login as = {};
        as.options = &o;
        n = native_fake.create(&to, &as, &f);
        EXPECT_EQ(n->ops->open(n, DEADLINE_NEVER, &f), NAT_READY);
        return n;
    }
    static void tell(void *arg, const struct fault *w)
    {
        auto self = static_cast<Session *>(arg);
        self->warnings.push_back(std::string(w->sqlstate) + " " + w->text);
    }
    enum session_restored restore()
    {
        warnings.clear();
        return session_restore(&s, n ? n : open(), deadline_in(SECONDS(5)), tell, this, &f);
    }
    std::vector<std::string> executed()
    {
        std::vector<std::string> all;
        struct fake_record r;
        for (size_t i = 0; fake_record(i, &r); i++)
            all.push_back(r.sql);
        return all;
    }

    struct session s;
    const struct scan_rules *rules = &scan_rules_pg;
    struct options o;
    struct fault f = {};
    struct native *n = nullptr;
    std::vector<std::string> warnings;
};

TEST_F(Session, KeepsTheLatestOfEachName)
{
    note("SET a.b = 1");
    note("SET SESSION Search_Path TO x, y");
    note("set A.B to 2");
    note("SET TIME ZONE 'UTC'");
    note("SET TimeZone = 'Europe/Berlin'");
    note("SET \"we \"\"ird\" = 1");
    EXPECT_EQ(kept(), "SET SESSION Search_Path TO x, y|set A.B to 2|SET TimeZone = "
                      "'Europe/Berlin'|SET \"we \"\"ird\" = 1");
    note("RESET search_path");
    note("SET SCHEMA 'z';");
    EXPECT_EQ(kept(), "set A.B to 2|SET TimeZone = 'Europe/Berlin'|SET \"we \"\"ird\" = 1|SET "
                      "SCHEMA 'z'");
}

TEST_F(Session, LeavesOutWhatDiesWithTheTransaction)
{
    for (auto sql : {"SET LOCAL a.b = 1", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
                     "SET CONSTRAINTS ALL DEFERRED", "SET NAMES 'LATIN1'",
                     "SET client_encoding = 'LATIN1'", "SET LOCAL ROLE x",
                     "SELECT set_config('a.b', 'c', true)", "UPDATE t SET a = 1", "SELECT 1"})
        note(sql);
    EXPECT_EQ(kept(), "");
    EXPECT_FALSE(s.unknown);
}

TEST_F(Session, RolesAndAuthorization)
{
    note("SET ROLE r1");
    note("SET a.b = 1");
    note("SET SESSION ROLE r2");
    EXPECT_EQ(kept(), "SET a.b = 1|SET SESSION ROLE r2");
    EXPECT_EQ(s.kept.entries[1].kind, SESSION_IDENTITY);
    note("SET SESSION AUTHORIZATION u"); // leaves no role set
    EXPECT_EQ(kept(), "SET a.b = 1|SET SESSION AUTHORIZATION u");
    note("SET role = r3");
    note("RESET ALL"); // does not touch who we are
    EXPECT_EQ(kept(), "SET SESSION AUTHORIZATION u|SET role = r3|RESET ALL");
    note("RESET ROLE");
    note("RESET SESSION AUTHORIZATION");
    EXPECT_EQ(kept(), "RESET ALL|RESET SESSION AUTHORIZATION");
    note("SET x.y = 1");
    note("DISCARD ALL");
    EXPECT_EQ(kept(), "RESET ALL|RESET SESSION AUTHORIZATION");
    EXPECT_TRUE(s.dropped_plans);
}

TEST_F(Session, Characteristics)
{
    note("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED");
    note("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY");
    EXPECT_EQ(s.kept.n, 2u); // they say different things
    note("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED");
    note("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE");
    EXPECT_EQ(s.kept.n, 2u);
    note("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, NOT DEFERRABLE");
    EXPECT_EQ(s.kept.n, 2u);
    note("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE, "
         "DEFERRABLE");
    EXPECT_EQ(s.kept.n, 1u);
}

TEST_F(Session, Transactions)
{
    in_txn("SET a.b = 1");
    EXPECT_EQ(kept(), "");
    note("COMMIT", NAT_TXN_OPEN, NAT_TXN_IDLE);
    EXPECT_EQ(kept(), "SET a.b = 1");

    in_txn("SET a.b = 2");
    note("ROLLBACK", NAT_TXN_OPEN, NAT_TXN_IDLE);
    EXPECT_EQ(kept(), "SET a.b = 1");

    in_txn("SET a.b = 3");
    note("COMMIT", NAT_TXN_FAILED, NAT_TXN_IDLE); // rolled back, whatever it is called
    EXPECT_EQ(kept(), "SET a.b = 1");

    in_txn("SET a.b = 4");
    session_commit(&s); // SQLEndTran
    EXPECT_EQ(kept(), "SET a.b = 4");
    in_txn("SET a.b = 5");
    session_rollback(&s);
    EXPECT_EQ(kept(), "SET a.b = 4");

    in_txn("SET a.b = 6");
    note("COMMIT", NAT_TXN_OPEN, NAT_TXN_IDLE, 0, true); // a deferred constraint
    EXPECT_EQ(kept(), "SET a.b = 4");
}

TEST_F(Session, Savepoints)
{
    in_txn("SET a.a = 1");
    in_txn("SAVEPOINT One");
    in_txn("SET a.a = 2");
    in_txn("SAVEPOINT \"Two\"");
    in_txn("SET a.a = 3");
    in_txn("ROLLBACK TO SAVEPOINT \"Two\"");
    in_txn("SET b.b = 1");
    in_txn("ROLLBACK TO two"); // no such: the server would have failed
    in_txn("RELEASE \"Two\"");
    in_txn("SAVEPOINT x");
    in_txn("SET c.c = 1");
    note("ROLLBACK WORK TO x", NAT_TXN_FAILED, NAT_TXN_OPEN);
    in_txn("SET d.d = 1");
    EXPECT_EQ(kept(), "");
    session_commit(&s);
    EXPECT_EQ(kept(), "SET a.a = 2|SET b.b = 1|SET d.d = 1");

    in_txn("SAVEPOINT one");
    in_txn("SET a.a = 9");
    in_txn("SAVEPOINT one"); // hides the first
    in_txn("SET a.a = 10");
    in_txn("RELEASE one");
    in_txn("ROLLBACK TO one");
    session_commit(&s);
    EXPECT_EQ(kept(), "SET a.a = 2|SET b.b = 1|SET d.d = 1");
}

TEST_F(Session, SeveralStatementsOfOneText)
{
    note("SET a.a = 1; SELECT 1; SET b.b = 2");
    EXPECT_EQ(kept(), "SET a.a = 1|SET b.b = 2");
    note("SET a.a = 2; SELECT 1/0", NAT_TXN_IDLE, NAT_TXN_IDLE, 1, true);
    EXPECT_EQ(kept(), "SET a.a = 1|SET b.b = 2");
    note("BEGIN; SET a.a = 3; COMMIT; SET b.b = 9; SELECT 1/0", NAT_TXN_IDLE, NAT_TXN_IDLE, 4,
         true);
    EXPECT_EQ(kept(), "SET b.b = 2|SET a.a = 3");
    note("BEGIN; SET a.a = 4", NAT_TXN_IDLE, NAT_TXN_OPEN);
    EXPECT_EQ(kept(), "SET b.b = 2|SET a.a = 3");
    note("SET b.b = 5; SELECT 1/0", NAT_TXN_OPEN, NAT_TXN_FAILED, 1, true);
    note("COMMIT; SET c.c = 1", NAT_TXN_FAILED, NAT_TXN_IDLE);
    EXPECT_EQ(kept(), "SET b.b = 2|SET a.a = 3|SET c.c = 1");
}

TEST_F(Session, SetConfig)
{
    note("SELECT set_config('A.b', 'x''y', false)");
    note("SELECT pg_catalog.set_config('c.d', 'x', false);");
    EXPECT_EQ(kept(), "SELECT set_config('A.b', 'x''y', false)|SELECT "
                      "pg_catalog.set_config('c.d', 'x', false)");
    note("SET a.b = 1");
    EXPECT_EQ(kept(), "SELECT pg_catalog.set_config('c.d', 'x', false)|SET a.b = 1");
    EXPECT_FALSE(s.unknown);
    note("SELECT set_config('c.d', $1, false)");
    EXPECT_TRUE(s.unknown);
    EXPECT_FALSE(s.identity_unknown);
    EXPECT_EQ(restore(), SESSION_RESTORED);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_NE(warnings[0].find("01000 settings made by set_config()"), std::string::npos);
    note("SELECT set_config('role', current_user, false)");
    EXPECT_TRUE(s.identity_unknown);
    EXPECT_EQ(restore(), SESSION_NO_IDENTITY);
    EXPECT_STREQ(f.sqlstate, "08S01");
}

TEST_F(Session, LiteralRoleByConfig)
{
    note("SELECT set_config('role', 'app', false)");
    EXPECT_FALSE(s.identity_unknown);
    ASSERT_EQ(s.kept.n, 1u);
    EXPECT_EQ(s.kept.entries[0].kind, SESSION_IDENTITY);
}

// A role that cannot be known is one that cannot be restored.
TEST_F(Session, RolesTakenOutOfSight)
{
    const struct {
        const char *sql;
        bool unknown;
    } rows[] = {
        {"SELECT set_config('a.b', 'role', false), 1", false},
        {"SELECT set_config('a.b', x, false) FROM y", false},
        {"SELECT set_config($1, $2, false)", true},
        {"SELECT set_config('ro' || 'le', 'x', false)", true},
        {"SELECT set_config(E'role', 'x', false)", true},
        {"SELECT set_config(setting_name => 'role', new_value => 'x', is_local => false)", true},
        {"SELECT set_config('a.b', 'c', false), set_config('ROLE', 'x', false)", true},
        {"DO $$ BEGIN SET work_mem = '1MB'; CREATE ROLE x; SET LOCAL ROLE x; END $$", false},
        {"DO $$ BEGIN SET ROLE x; END $$", true},
        {"DO LANGUAGE plpgsql $a$ BEGIN EXECUTE 'set session role ' || x; END $a$", true},
        {"DO 'BEGIN RESET ROLE; END'", true},
        {"DO 'BEGIN SET SESSION AUTHORIZATION x; END'", true},
        {"DO 'BEGIN PERFORM set_config(''role'', x, false); END'", true},
    };
    for (const auto &row : rows) {
        s.identity_unknown = false;
        note(row.sql);
        EXPECT_EQ(s.identity_unknown, row.unknown) << row.sql;
    }
}

TEST_F(Session, AccessModeOfTheSessionItself)
{
    const struct {
        const char *sql;
        bool sets;
    } rows[] = {
        {"SET a.b = on", false},
        {"SET default_transaction_read_only = on", true},
        {"RESET default_transaction_read_only", false},
        {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", true},
        {"SET default_transaction_read_only TO DEFAULT", false},
        {"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE", false},
        {"SET default_transaction_read_only TO on", true},
        {"RESET ALL", false},
    };
    for (const auto &row : rows) {
        note(row.sql);
        EXPECT_EQ(session_sets_access(&s), row.sets) << row.sql;
    }
}

TEST_F(Session, NothingToRestoreCostsNothing)
{
    EXPECT_EQ(restore(), SESSION_RESTORED);
    EXPECT_TRUE(executed().empty());
}

TEST_F(Session, RestoresInTheOrderItWasMade)
{
    note("SET a.a = 1");
    note("SET ROLE admin");
    note("SET log_min_messages = debug1"); // needs the role
    note("SET a.a = 2");
    EXPECT_EQ(restore(), SESSION_RESTORED);
    EXPECT_EQ(executed(), (std::vector<std::string>{
                              "SET ROLE admin", "SET log_min_messages = debug1", "SET a.a = 2"}));
    EXPECT_TRUE(warnings.empty());
}

TEST_F(Session, SettingThatFailsIsANotice)
{
    fake_on_fail(nullptr, "SET x.y", "42501", "permission denied");
    note("SET x.y = 1");
    note("SET a.b = 1");
    EXPECT_EQ(restore(), SESSION_RESTORED);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_NE(warnings[0].find("01000 the setting x.y could not be restored"), std::string::npos);
    EXPECT_EQ(executed(), (std::vector<std::string>{"SET a.b = 1"}));
}

TEST_F(Session, RoleThatIsRefusedIsTheEnd)
{
    fake_on_fail(nullptr, "SET ROLE", "42501", "permission denied");
    note("SET ROLE app");
    note("SET a.b = 1");
    EXPECT_EQ(restore(), SESSION_NO_IDENTITY);
    EXPECT_STREQ(f.sqlstate, "08S01");
    EXPECT_NE(std::string(f.text).find("permission denied"), std::string::npos);
}

TEST_F(Session, ReportedSettingsAreRestoredByValue)
{
    fake_set_parameter(host, "TimeZone", "UTC");
    fake_set_parameter(host, "DateStyle", "ISO, MDY");
    session_reported(&s, open(), true);
    note("SET TimeZone = 'Nowhere'"); // since then changed by other means
    fake_set_parameter(host, "TimeZone", "It's\\here");
    EXPECT_TRUE(session_reported(&s, n, false));
    EXPECT_FALSE(session_reported(&s, n, false));
    fake_set_parameter(host, "TimeZone", "UTC"); // the new session as it starts
    EXPECT_EQ(restore(), SESSION_RESTORED);
    EXPECT_EQ(executed(), (std::vector<std::string>{
                              "SELECT pg_catalog.set_config(E'TimeZone',E'It''s\\\\here',false)"}));
}

TEST_F(Session, ResetAllIsFollowedByWhatIsReported)
{
    fake_set_parameter(host, "TimeZone", "UTC");
    session_reported(&s, open(), true);
    note("RESET ALL"); // undoes CONNSETTINGS too
    EXPECT_EQ(restore(), SESSION_RESTORED);
    EXPECT_EQ(executed(),
              (std::vector<std::string>{"RESET ALL",
                                        "SELECT pg_catalog.set_config(E'TimeZone',E'UTC',false)"}));
}

TEST_F(Session, NeverMoreRights)
{
    fake_set_parameter(host, "is_superuser", "off");
    session_reported(&s, open(), true);
    fake_set_parameter(host, "is_superuser", "on");
    EXPECT_EQ(restore(), SESSION_NO_IDENTITY);
    EXPECT_STREQ(f.sqlstate, "08S01");
}

TEST_F(Session, LostAndLate)
{
    note("SET a.b = 1");
    fake_on_act(nullptr, "SET a.b", FAKE_LOST_AFTER, 1);
    EXPECT_EQ(restore(), SESSION_LINK_LOST);
    EXPECT_TRUE(f.link_lost);
    n->ops->close(n, NAT_ABANDON);
    n = nullptr;
    fake_on_act(nullptr, "SET a.b", FAKE_MUTE, 1);
    EXPECT_EQ(session_restore(&s, open(), deadline_in(MS(30)), tell, this, &f), SESSION_TIMEOUT);
}

class SessionMy : public Session
{
  protected:
    void SetUp() override
    {
        Session::SetUp();
        fake_set_family(NAT_FAMILY_MY);
        session_init(&s, &session_family_my);
        rules = &scan_rules_my;
    }
};

TEST_F(SessionMy, SetOfManyIsNotedOneByOne)
{
    note("SET sql_mode = CONCAT(@@sql_mode, ',ANSI'), @a := -5, @@session.time_zone='+01:00', "
         "SESSION Sort_Buffer_Size = 1000");
    EXPECT_EQ(kept(), "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI')|SET @a = -5|SET SESSION "
                      "time_zone = '+01:00'|SET SESSION sort_buffer_size = 1000");
    note("set `SQL_MODE` = DEFAULT");
    note("SET LOCAL autocommit = 0; USE other");
    EXPECT_EQ(kept(), "SET @a = -5|SET SESSION time_zone = '+01:00'|SET SESSION sort_buffer_size = "
                      "1000|SET SESSION sql_mode = DEFAULT|SET SESSION autocommit = 0|USE other");
    EXPECT_FALSE(s.unknown);
}

TEST_F(SessionMy, LeavesOutWhatIsNotTheSessions)
{
    for (auto sql :
         {"SET GLOBAL max_connections = 5, wait_timeout = 7", "SET @@global.x = 1",
          "SET PERSIST x = 1", "SET @@persist_only.x = 1", "SET TRANSACTION READ ONLY",
          "SET GLOBAL TRANSACTION READ ONLY", "SET STATEMENT max_statement_time=1 FOR SELECT 1",
          "SET PASSWORD = 'x'", "SET PASSWORD FOR 'a'@'b' = PASSWORD('x')",
          "SET DEFAULT ROLE r TO u", "SET", "SET x", "SELECT 'SET x = 1'"})
        note(sql);
    EXPECT_EQ(kept(), "");
    EXPECT_FALSE(s.unknown);
}

TEST_F(SessionMy, UserVariablesOfExpressionsAreTold)
{
    note("SET @a = (SELECT max(k) FROM t), @b = 'x'");
    EXPECT_EQ(kept(), "SET @b = 'x'");
    EXPECT_EQ(restore(), SESSION_RESTORED);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0], "01000 user variables set to expressions are not restored after a "
                           "failover");
}

TEST_F(SessionMy, TransactionsDoNotTakeSettingsBack)
{
    note("SET @a = 1", NAT_TXN_OPEN, NAT_TXN_OPEN);
    note("ROLLBACK", NAT_TXN_OPEN, NAT_TXN_IDLE);
    note("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    note("SET SESSION TRANSACTION READ ONLY");
    EXPECT_EQ(kept(), "SET @a = 1|SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED|SET "
                      "SESSION TRANSACTION READ ONLY");
    note("SET SESSION TRANSACTION READ WRITE, ISOLATION LEVEL SERIALIZABLE");
    EXPECT_EQ(kept(),
              "SET @a = 1|SET SESSION TRANSACTION READ WRITE, ISOLATION LEVEL SERIALIZABLE");
}

TEST_F(SessionMy, WhatIsTrackedIsRestoredByValue)
{
    session_reported(&s, open(), true);
    note("SET sql_mode = CONCAT(@@sql_mode, ',ANSI')");
    note("SET NAMES utf8mb4 COLLATE utf8mb4_bin");
    note("SET ROLE auditor");
    fake_set_parameter(host, "schema", "my`db");
    fake_set_parameter(host, "collation_connection", "utf8mb4_bin");
    fake_set_parameter(host, "sql_mode", "ANSI,STRICT_TRANS_TABLES");
    fake_set_parameter(host, "sort_buffer_size", "1000");
    fake_set_parameter(host, "init_connect", "it's");
    fake_set_parameter(host, "big_tables", "ON");
    EXPECT_TRUE(session_reported(&s, n, false));
    for (auto name : {"schema", "collation_connection", "sql_mode", "sort_buffer_size",
                      "init_connect"}) // the new session as it starts
        fake_set_parameter(host, name, "as it was");
    EXPECT_EQ(restore(), SESSION_RESTORED);
    EXPECT_EQ(executed(), (std::vector<std::string>{
                              "SET NAMES utf8mb4 COLLATE utf8mb4_bin", "SET ROLE auditor",
                              "USE `my``db`", "SET SESSION `sql_mode` = 'ANSI,STRICT_TRANS_TABLES'",
                              "SET SESSION `sort_buffer_size` = 1000",
                              "SET SESSION `init_connect` = _utf8mb4 0x69742773"}));
}

TEST_F(SessionMy, RoleThatIsRefusedIsTheEnd)
{
    fake_on_fail(nullptr, "SET ROLE", "OP000", "Invalid role specification");
    note("SET ROLE auditor");
    EXPECT_EQ(restore(), SESSION_NO_IDENTITY);
    EXPECT_STREQ(f.sqlstate, "08S01");
}

} // namespace
