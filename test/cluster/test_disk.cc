// The writer's disk is full. Where its data is, a statement fails and all else goes on. Where its log
// of changes is, PostgreSQL ends (PANIC), and MariaDB waits for room, with every commit of every session.
#include "app.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>

namespace
{

using std::string;

// Nothing that a server could make shorter, and more than the rest of a page.
string long_insert(int k)
{
    string text;
    unsigned x = 12345;
    for (int i = 0; i < 40000; i++) {
        x = x * 1103515245 + 12345;
        text += static_cast<char>('a' + (x >> 16) % 26);
    }
    return "INSERT INTO disk VALUES (" + std::to_string(k) + ", '" + text + "')";
}

string short_insert(int k)
{
    return "INSERT INTO disk(k) VALUES (" + std::to_string(k) + ")";
}

bool listens(const string &address)
{
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(speech().restarts ? 5432 : 3306);
    inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = connect(fd, reinterpret_cast<sockaddr *>(&to), sizeof to) == 0;
    close(fd);
    return good;
}

class Disk : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        db = connect();
        ASSERT_TRUE(db->open()) << db->connect_diags()[0].text;
        ASSERT_EQ(db->run("DROP TABLE IF EXISTS disk"), "") << db->text();
        ASSERT_EQ(db->run("CREATE TABLE disk(k int, words text)"), "") << db->text();
        here = db->ask(speech().here);
        session = db->ask(speech().session);
        node = string(1, here.back());
        h = db->statement();
    }
    void TearDown() override
    {
        free();
    }
    static std::unique_ptr<Db> connect(const string &more = "")
    {
        return std::make_unique<Db>(dsn(writer_endpoint(), more));
    }
    void fill(const string &part)
    {
        lab("disk " + node + " full --only " + part);
        full = true;
    }
    void free()
    {
        if (full)
            lab("disk " + node + " free");
        full = false;
    }
    // On a statement that can be cancelled: SQLSTATE, "" for success.
    string execute(int k)
    {
        string sql = long_insert(k);
        if (SQL_SUCCEEDED(SQLExecDirect(h, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS)))
            return "";
        Diag first = diags(SQL_HANDLE_STMT, h).at(0);
        told = first.text;
        return first.state;
    }
    void limit(SQLULEN seconds)
    {
        SQLSetStmtAttr(h, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(seconds), 0);
    }
    string count(const string &where)
    {
        return db->ask_again("SELECT count(*) FROM disk WHERE " + where);
    }
    // The same session on the same server.
    void expect_unmoved()
    {
        EXPECT_EQ(db->ask(speech().session), session) << db->text();
        EXPECT_EQ(db->ask(speech().here), here);
    }
    std::unique_ptr<Db> db;
    SQLHSTMT h = nullptr;
    string here, session, node, told;
    bool full = false;
};

TEST_F(Disk, FullOfDataIsTheServersOwnError)
{
    fill("data");
    EXPECT_NE(db->run(speech().flood), "");
    EXPECT_NE(db->text().find(speech().no_room), string::npos) << db->text();
    expect_unmoved();
    EXPECT_EQ(count("true"), "0");

    db->autocommit(false);
    EXPECT_EQ(db->run("UPDATE disk SET k = 0"), "") << db->text();
    EXPECT_NE(db->run(speech().flood), "");
    EXPECT_NE(db->text().find(speech().no_room), string::npos) << db->text();
    EXPECT_EQ(db->run("UPDATE disk SET k = 0"), speech().aborted) << db->text();
    EXPECT_EQ(db->end(SQL_ROLLBACK), "");
    db->autocommit(true);
    expect_unmoved();

    free();
    EXPECT_EQ(db->run(speech().flood), "") << db->text();
    EXPECT_EQ(count("true"), "100000");
    expect_unmoved();
}

// Where a full log ends the server; cluster/run chooses.
class DiskEnds : public Disk
{
};

// Where it makes it wait until somebody ends the statement. (MySQL waits too, but ends itself then:
// binlog_error_action.)
class DiskWaits : public Disk
{
};

// A call that runs in a thread of its own.
class Call
{
  public:
    explicit Call(std::function<string()> what)
        : thread_([this, what] {
              state_ = what();
              ended_at_ = now_ms();
          })
    {
    }
    bool ended() const
    {
        return ended_at_ > 0;
    }
    double ended_at() const
    {
        return ended_at_;
    }
    string state() // waits for it
    {
        if (thread_.joinable())
            thread_.join();
        return state_;
    }
    ~Call()
    {
        state();
    }

  private:
    string state_;
    std::atomic<double> ended_at_{0};
    std::thread thread_;
};

// A standby is made the writer while the statement is without an answer: on a server that has ended
// itself as on one that waits for room. One that waits is not silent, however long it waits: its answers
// to the monitor count.
TEST_F(Disk, FullOfLogAndAnotherIsPromoted)
{
    db = connect("FAILURE_DETECTION_TIME=1000;");
    ASSERT_EQ(db->run(short_insert(1)), "") << db->text();
    fill("log");
    Call call([&] { return db->run(long_insert(2)); });
    std::this_thread::sleep_for(std::chrono::milliseconds(2200));
    EXPECT_FALSE(call.ended());
    string events = lab("kill " + node);
    EXPECT_EQ(call.state(), "08007") << db->text();
    EXPECT_LT(call.ended_at() - lab_event(events, "floor"), 500);
    EXPECT_NE(db->ask(speech().here), here);
    EXPECT_EQ(db->ask(speech().recovery), "0");
    EXPECT_EQ(count("k = 1"), "1");
    string n = count("k = 2");
    EXPECT_TRUE(n == "0" || n == "1") << n;
    EXPECT_EQ(db->run(short_insert(3)), "") << db->text();
}

// PostgreSQL ends itself; nobody is promoted, and with room it comes back as the writer that it was.
TEST_F(DiskEnds, FullOfLogUntilItStartsAgain)
{
    auto idle = connect(), busy = connect();
    busy->autocommit(false);
    ASSERT_EQ(db->run(short_insert(1)), "") << db->text();
    ASSERT_EQ(busy->run(short_insert(2)), "") << busy->text();
    fill("log");
    Call call([&] { return db->run(long_insert(3)); });
    double end = now_ms() + 10000;
    while (listens(here) && now_ms() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_FALSE(listens(here));
    EXPECT_FALSE(call.ended());
    free();
    double up = lab_event(lab("restart " + node), "node-up");
    EXPECT_EQ(call.state(), "08007") << db->text();
    EXPECT_LT(call.ended_at() - up, 500);
    EXPECT_EQ(idle->run(short_insert(4)), "08S02") << idle->text();
    EXPECT_EQ(idle->run(short_insert(4)), "") << idle->text();
    EXPECT_EQ(busy->end(SQL_COMMIT), "08007") << busy->text();
    EXPECT_EQ(db->ask(speech().here), here);
    EXPECT_EQ(count("k = 1"), "1");
    EXPECT_EQ(count("k = 2"), "0");
    string n = count("k = 3");
    EXPECT_TRUE(n == "0" || n == "1") << n;
    EXPECT_EQ(count("k = 4"), "1");
}

// MariaDB waits for room. The statement's own limit ends it, and so does SQLCancel: the session stays,
// and nothing of the statements does.
TEST_F(DiskWaits, FullOfLogUntilTheLimitOrACancel)
{
    ASSERT_EQ(db->run(short_insert(1)), "") << db->text();
    fill("log");
    double begun = now_ms();
    limit(1);
    EXPECT_EQ(execute(2), "HYT00") << told;
    EXPECT_NE(told.find("No space left"), string::npos) << told;
    EXPECT_GT(now_ms() - begun, 950);
    EXPECT_LT(now_ms() - begun, 2500);
    expect_unmoved();
    begun = now_ms();
    EXPECT_EQ(connect()->ask("SELECT count(*) FROM disk"), "1"); // who writes nothing need not wait
    EXPECT_LT(now_ms() - begun, 500);
    limit(0);
    Call call([&] { return execute(3); });
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    EXPECT_FALSE(call.ended());
    begun = now_ms();
    EXPECT_EQ(SQLCancel(h), SQL_SUCCESS);
    EXPECT_EQ(call.state(), "HY000") << told;
    EXPECT_NE(told.find("No space left"), string::npos) << told;
    EXPECT_LT(call.ended_at() - begun, 1500);
    expect_unmoved();
    EXPECT_EQ(count("true"), "1");
    // No standby can read what that has left in the server's binary log.
    lab("kill " + node);
    EXPECT_EQ(db->run(short_insert(4)), "08S02") << db->text();
    EXPECT_EQ(db->run(short_insert(4)), "") << db->text();
    EXPECT_EQ(count("true"), "2");
}

// The cancel of one that has room again only ends its wait: it is done, and told so.
TEST_F(DiskWaits, FullOfLogAndACancelWhenThereIsRoom)
{
    fill("log");
    Call call([&] { return execute(1); });
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    EXPECT_FALSE(call.ended());
    free();
    EXPECT_EQ(SQLCancel(h), SQL_SUCCESS);
    EXPECT_EQ(call.state(), "") << told;
    EXPECT_EQ(count("k = 1"), "1");
    expect_unmoved();
    EXPECT_EQ(db->run(short_insert(2)), "") << db->text();
}

// A COMMIT is never cancelled: with a limit of the connection it is given up with the link, and the same
// server, which lives, is taken again. What became of it is unknown indeed: it may still be done.
TEST_F(DiskWaits, FullOfLogAndACommitWithALimit)
{
    db->autocommit(false);
    ASSERT_EQ(db->run(long_insert(1)), "") << db->text();
    SQLSetConnectAttr(db->handle(), SQL_ATTR_CONNECTION_TIMEOUT, reinterpret_cast<SQLPOINTER>(1), 0);
    fill("log");
    double begun = now_ms();
    EXPECT_EQ(db->end(SQL_COMMIT), "08007") << db->text();
    EXPECT_LT(now_ms() - begun, 2500);
    EXPECT_EQ(db->ask(speech().here), here);
    EXPECT_NE(db->ask(speech().session), session);
    EXPECT_EQ(count("k = 1"), "0");
    EXPECT_EQ(db->end(SQL_COMMIT), "");
    // The old session still waits. That an administrator ends its wait is sooner than that it looks again.
    free();
    EXPECT_EQ(Db(admin_dsn(here)).run("KILL QUERY " + session), "");
    double end = now_ms() + 5000;
    db->autocommit(true);
    while (count("k = 1") != "1" && now_ms() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(count("k = 1"), "1");
    EXPECT_EQ(db->run(short_insert(2)), "") << db->text();
}

// ---- memory ----

class Memory : public Disk
{
  protected:
    // The session may have no more memory than it has; MariaDB says so in the words of a server that
    // takes no writes.
    void limit_memory(bool on)
    {
        if (speech().restarts)
            lab("memory " + node + (on ? " full" : " free") + " --process " + session);
        else
            EXPECT_EQ(db->run(string("SET SESSION max_session_mem_used = ") + (on ? "8192" : "DEFAULT")), "");
    }
    void expect_refused()
    {
        EXPECT_EQ(db->ask(speech().hungry), speech().restarts ? "!HY001" : "!HY000");
        EXPECT_NE(db->text().find(speech().no_memory), string::npos) << db->text();
    }
};

TEST_F(Memory, ARefusedRequestIsTheServersOwnError)
{
    ASSERT_EQ(db->run(short_insert(1)), "") << db->text();
    limit_memory(true);
    expect_refused();
    limit_memory(false);
    expect_unmoved();

    db->autocommit(false);
    ASSERT_EQ(db->run("UPDATE disk SET k = 2"), "") << db->text();
    limit_memory(true);
    expect_refused();
    limit_memory(false);
    EXPECT_EQ(db->run("UPDATE disk SET k = 3"), speech().aborted) << db->text();
    EXPECT_EQ(db->end(SQL_ROLLBACK), "");
    db->autocommit(true);
    expect_unmoved();
    EXPECT_EQ(db->ask(speech().keys + "disk"), "1");
}

// What the kernel does when memory is out: kill -9. The server comes back as the writer that it was before
// anybody else is: PostgreSQL by itself when one of its processes is killed, MariaDB when it is started
// again. What was under way is unknown, and was not done twice.
TEST_F(Memory, AKilledServerComesBackAsTheWriter)
{
    auto idle = connect(), busy = connect();
    busy->autocommit(false);
    ASSERT_EQ(db->run(short_insert(1)), "") << db->text();
    ASSERT_EQ(busy->run(short_insert(2)), "") << busy->text();
    Call call([&] { return db->run("INSERT INTO disk(k) SELECT 3 FROM (" + speech().sleep30 + ") AS s"); });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    if (speech().restarts)
        lab("crash " + node + " --process " + session);
    else
        lab("crash " + node), lab("restart " + node);
    double begun = now_ms();
    EXPECT_EQ(call.state(), "08007") << db->text();
    EXPECT_LT(call.ended_at() - begun, 1000);
    EXPECT_EQ(idle->run(short_insert(4)), "08S02") << idle->text();
    EXPECT_EQ(idle->run(short_insert(4)), "") << idle->text();
    EXPECT_EQ(busy->end(SQL_COMMIT), "08007") << busy->text();
    EXPECT_EQ(db->ask(speech().here), here);
    EXPECT_EQ(db->ask(speech().keys + "disk"), "1,4");
}

} // namespace
