// The log of a whole life: one line a step of a failover with its milliseconds, and no secret.
#include "unit/test_driver_world.h"

extern "C" {
#include "base/log.h"
}

#include <fstream>
#include <regex.h>

using namespace driver_world;

namespace
{

class DriverLog : public Driver
{
  protected:
    void SetUp() override
    {
        Driver::SetUp();
        file = "/tmp/hf_driver_log_" + std::to_string(getpid());
        unlink(file.c_str());
    }
    void TearDown() override
    {
        Driver::TearDown();
        log_open(LOG_OFF, nullptr);
        log_only(nullptr);
        unlink(file.c_str());
    }
    std::vector<std::string> lines(const std::string &with = "")
    {
        std::ifstream in(file);
        std::vector<std::string> all;
        for (std::string line; std::getline(in, line);)
            if (line.find(with) != std::string::npos)
                all.push_back(line);
        return all;
    }
    std::string file;
};

TEST_F(DriverLog, OfAFailover)
{
    connect("LOG_LEVEL=info;LOG_FILE=" + file + ";PLUGINS=failover,log;");
    fake_set_state(a, FAKE_DOWN);
    fake_set_role(b, ROLE_WRITER);
    ASSERT_EQ(run("INSERT x"), "08S02");
    auto steps = lines(" failover [");
    std::string number;
    double last = -1;
    ASSERT_GE(steps.size(), 6u);
    regex_t form;
    ASSERT_EQ(regcomp(&form,
                      "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z INFO  failover "
                      "\\[[0-9]+\\.[0-9]+\\] (#[0-9]+) 10\\.0\\.0\\.1 \\+([0-9.]+) ms: .*$",
                      REG_EXTENDED),
              0);
    for (const std::string &line : steps) {
        regmatch_t m[3];
        ASSERT_EQ(regexec(&form, line.c_str(), 3, m, 0), 0) << line;
        std::string of = line.substr(size_t(m[1].rm_so), size_t(m[1].rm_eo - m[1].rm_so));
        double ms = std::stod(line.substr(size_t(m[2].rm_so)));
        EXPECT_TRUE(number.empty() || number == of) << line;
        number = of;
        EXPECT_GE(ms, last) << line;
        last = ms;
    }
    regfree(&form);
    EXPECT_NE(steps.back().find("the call ends with 08S02"), std::string::npos) << steps.back();
    EXPECT_EQ(lines(" monitor [")[0].find(" #"), std::string::npos); // no connection's
    EXPECT_GE(lines("peace -> trouble").size(), 1u);
}

TEST_F(DriverLog, OnlyTheRoomsAskedFor)
{
    connect("LOG_LEVEL=debug;LOG_ROOMS=failover;LOG_FILE=" + file + ";PLUGINS=failover,log;");
    fake_set_state(a, FAKE_DOWN);
    fake_set_role(b, ROLE_WRITER);
    ASSERT_EQ(run("INSERT x"), "08S02");
    EXPECT_FALSE(lines().empty());
    EXPECT_EQ(lines().size(), lines(" failover [").size());
    SQLHDBC other;
    SQLAllocHandle(SQL_HANDLE_DBC, env, &other);
    std::string bad = cs + "LOG_ROOMS=failover,kitchen;", why;
    EXPECT_EQ(SQLDriverConnect(other, nullptr, sql_text(bad.c_str()), SQL_NTS, nullptr, 0, nullptr,
                               SQL_DRIVER_NOPROMPT),
              SQL_ERROR);
    EXPECT_EQ(state_of(SQL_HANDLE_DBC, other, &why), "HY024");
    EXPECT_NE(why.find("there are: native, "), std::string::npos) << why;
    SQLFreeHandle(SQL_HANDLE_DBC, other);
}

// Everything there is to tell, at level debug: the password and a parameter's value are not in it.
TEST_F(DriverLog, NoSecretIsInIt)
{
    connect("LOG_LEVEL=debug;LOG_FILE=" + file + ";PWD=open-sesame;", "PLUGINS=failover,log;");
    SQLCHAR value[] = "of-the-parameter";
    ASSERT_EQ(SQLPrepare(s, sql_text("INSERT prepared VALUES (?)"), SQL_NTS), SQL_SUCCESS);
    SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0, value, 0, nullptr);
    ASSERT_EQ(SQLExecute(s), SQL_SUCCESS);
    fake_set_state(a, FAKE_DOWN);
    fake_set_role(b, ROLE_WRITER);
    if (SQLExecute(s) == SQL_ERROR) { // or it has moved without an error
        EXPECT_EQ(SQLExecute(s), SQL_SUCCESS);
    }
    EXPECT_FALSE(lines("INSERT prepared").empty()); // a statement's text is
    EXPECT_EQ(lines("open-sesame").size(), 0u);
    EXPECT_EQ(lines("of-the-parameter").size(), 0u);
    log_open(LOG_INFO, file.c_str());
    unlink(file.c_str());
    log_open(LOG_INFO, file.c_str());
    EXPECT_EQ(SQLExecute(s), SQL_SUCCESS);
    EXPECT_FALSE(lines().empty());
    EXPECT_EQ(lines("INSERT prepared").size(), 0u); // but not at level info
}

} // namespace
