// Hosts that fall silent under a waiting call: no FIN, no RST. And hosts that are only slow.
#include "app.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <atomic>
#include <memory>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace
{

using std::string;

const char second[] = "FAILURE_DETECTION_TIME=1000;";

// The writer's number.
int writer(const string &cluster = "demo")
{
    Db db(dsn(writer_endpoint(cluster), "ENABLE_FAILURE_DETECTION=0;"));
    string here = db.ask(speech().here);
    for (int i = 1; i <= 3; i++)
        if (here == address_of(i, cluster))
            return i;
    ADD_FAILURE() << "no writer: " << here << " " << db.text();
    return 1;
}

void let_pass(int ms)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

// A call on the writer, which falls silent: its packets are dropped, or its processes stopped (then
// the kernel still acknowledges what is sent). Long after the call must have given the host up the
// packets pass again, so that the same node is found, or a standby takes over.
class Silence : public testing::TestWithParam<const char *>
{
  protected:
    void SetUp() override
    {
        node_ = writer();
        db_ = std::make_unique<Db>(dsn(writer_endpoint(), second));
        ASSERT_TRUE(db_->open()) << db_->connect_diags()[0].text;
        EXPECT_EQ(db_->run("CREATE TABLE IF NOT EXISTS silent(k int)"), "") << db_->text();
        EXPECT_EQ(db_->run("DELETE FROM silent"), "") << db_->text();
    }
    bool stops() const
    {
        return string(GetParam()) == "pause";
    }
    string name() const
    {
        return std::to_string(node_);
    }
    void silence()
    {
        if (stops())
            lab("pause " + name());
        else
            lab("net " + name() + " drop");
    }
    // `call` gives an SQLSTATE; its text is the connection's, or text_.
    template <class Call> string silent(Call call, bool at_once = false)
    {
        int ticket = 0;
        if (at_once)
            silence();
        std::thread fault([&] {
            if (!at_once) {
                let_pass(300);
                silence();
            }
            let_pass(2500);
            ticket = lab_start(stops() ? "kill " + name() + " --leave-down" : "net " + name() + " pass");
        });
        double begun = now_ms();
        string state = call();
        took_ = now_ms() - begun;
        fault.join();
        lab_wait(ticket);
        return state;
    }
    void TearDown() override
    {
        if (stops())
            lab("restart " + name());
    }
    // Found dead before anything was done about it.
    void expect_noticed(const string &text)
    {
        size_t at = text.find(" gave no sign of life for ");
        ASSERT_NE(at, string::npos) << text;
        int ms = atoi(text.c_str() + at + 26);
        EXPECT_GE(ms, 1000) << text;
        EXPECT_LE(ms, 2000) << text;
    }

    int node_ = 0;
    double took_ = 0;
    std::unique_ptr<Db> db_;
};

TEST_P(Silence, AQuery)
{
    EXPECT_EQ(silent([&] { return db_->run(speech().sleep30); }), "08S02") << db_->text();
    expect_noticed(db_->text());
    EXPECT_LT(took_, 29000); // not by its own end
    EXPECT_EQ(db_->ask(speech().recovery), "0");
}

TEST_P(Silence, ACommit)
{
    db_->autocommit(false);
    ASSERT_EQ(db_->run("INSERT INTO silent VALUES (1)"), "") << db_->text();
    EXPECT_EQ(silent([&] { return db_->end(SQL_COMMIT); }, true), "08007") << db_->text();
    expect_noticed(db_->text());
    string n = db_->ask_again("SELECT count(*) FROM silent");
    EXPECT_TRUE(n == "0" || n == "1") << n;
    EXPECT_EQ(db_->end(SQL_COMMIT), "");
}

TEST_P(Silence, AFetchInTheMiddleOfAStream)
{
    SQLHSTMT h = db_->statement();
    string text = speech().text_numbers, told;
    ASSERT_EQ(SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&text[0]), SQL_NTS), SQL_SUCCESS);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(SQLFetch(h), SQL_SUCCESS);
    string state = silent(
        [&] {
            while (SQLFetch(h) == SQL_SUCCESS)
                continue;
            std::vector<Diag> all = diags(SQL_HANDLE_STMT, h);
            told = all.empty() ? "" : all[0].text;
            return all.empty() ? string("no error") : all[0].state;
        },
        true);
    EXPECT_EQ(state, "08S02") << told;
    expect_noticed(told);
}

TEST_P(Silence, APreparedWrite)
{
    SQLHSTMT h = db_->statement();
    string sql = "INSERT INTO silent VALUES (?)", told;
    SQLINTEGER k = 1;
    ASSERT_EQ(SQLPrepare(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS), SQL_SUCCESS);
    SQLBindParameter(h, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &k, 0, nullptr);
    ASSERT_EQ(SQLExecute(h), SQL_SUCCESS);
    k = 2;
    string state = silent(
        [&] {
            if (SQLExecute(h) == SQL_SUCCESS)
                return string("no error");
            std::vector<Diag> all = diags(SQL_HANDLE_STMT, h);
            told = all.empty() ? "" : all[0].text;
            return all.empty() ? string("?????") : all[0].state;
        },
        true);
    EXPECT_EQ(state, "08007") << told;
    expect_noticed(told);
    k = 3;
    EXPECT_EQ(SQLExecute(h), SQL_SUCCESS);
    EXPECT_EQ(db_->ask("SELECT count(*) FROM silent WHERE k = 1"), "1");
    EXPECT_EQ(db_->ask("SELECT count(*) FROM silent WHERE k = 3"), "1");
}

INSTANTIATE_TEST_SUITE_P(By, Silence, testing::Values("drop", "pause"),
                         [](const auto &p) { return string(p.param); });

// Processes that keep every CPU busy.
class Load
{
  public:
    Load()
    {
        for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); i++)
            threads_.emplace_back([this] {
                while (!stop_)
                    continue;
            });
    }
    ~Load()
    {
        stop_ = true;
        for (auto &t : threads_)
            t.join();
    }

  private:
    std::atomic<bool> stop_{false};
    std::vector<std::thread> threads_;
};

string sessions_of_the_monitor(Db &admin)
{
    return admin.ask(speech().monitor_sessions);
}

TEST(Health, ALongQueryOnALivingServerStays)
{
    Db db(dsn(writer_endpoint(), second));
    ASSERT_TRUE(db.open());
    string before = db.ask(speech().here);
    EXPECT_EQ(db.run(speech().sleep4), "") << db.text();
    {
        Load load;
        EXPECT_EQ(db.run(speech().sleep4), "") << db.text();
    }
    EXPECT_EQ(db.ask(speech().here), before);
}

// Two waiting calls, one session that probes; nothing is asked when nobody waits, and the session
// goes after its time.
TEST(Health, OneSessionProbesWhileAnybodyWaits)
{
    string more = string(second) + "MONITOR_DISPOSAL_TIME=1500;TOPOLOGY_REFRESH_RATE_MS=600000;";
    Db a(dsn(writer_endpoint("two"), more)), b(dsn(writer_endpoint("two"), more));
    Db admin(admin_dsn(address_of(writer("two"), "two")));
    ASSERT_TRUE(a.open() && b.open() && admin.open());
    string idle = sessions_of_the_monitor(admin);
    std::thread one([&] { EXPECT_EQ(a.run(speech().sleep4), "") << a.text(); });
    std::thread two([&] { EXPECT_EQ(b.run(speech().sleep4), "") << b.text(); });
    let_pass(2500);
    EXPECT_EQ(sessions_of_the_monitor(admin), std::to_string(atoi(idle.c_str()) + 1));
    one.join();
    two.join();
    let_pass(4000);
    EXPECT_EQ(sessions_of_the_monitor(admin), idle);
}

int socket_option(int fd, int level, int name)
{
    int value = -1;
    socklen_t n = sizeof value;
    return getsockopt(fd, level, name, &value, &n) == 0 ? value : -1;
}

// The second net, under what the monitor sees: on every connection's socket.
TEST(Health, KeepaliveAndUserTimeoutAreSet)
{
    Db db(dsn(writer_endpoint()));
    ASSERT_TRUE(db.open());
    string here = db.ask(speech().here);
    int found = 0;
    for (int fd = 3; fd < 1024; fd++) {
        sockaddr_in peer{};
        socklen_t n = sizeof peer;
        char address[INET_ADDRSTRLEN] = "";
        if (getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &n) != 0 ||
            peer.sin_family != AF_INET)
            continue;
        inet_ntop(AF_INET, &peer.sin_addr, address, sizeof address);
        if (here != address)
            continue;
        found++;
        EXPECT_EQ(socket_option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
        EXPECT_EQ(socket_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
        EXPECT_EQ(socket_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 30000);
    }
    EXPECT_GE(found, 1);
}

// A host of no cluster, when the options ask for it.
TEST(Health, APlainHost)
{
    Db db(dsn(address_of(3, "two"), string(second) + "ENABLE_FAILURE_DETECTION=1;"));
    ASSERT_TRUE(db.open()) << db.connect_diags()[0].text;
    std::thread fault([&] {
        let_pass(300);
        lab("net 3 drop --cluster two");
    });
    double begun = now_ms();
    EXPECT_EQ(db.run(speech().sleep30), "08S01") << db.text();
    EXPECT_NE(db.text().find("no sign of life"), string::npos) << db.text();
    EXPECT_LT(now_ms() - begun, 10000);
    fault.join();
    lab("net 3 pass --cluster two");
}

} // namespace
