// SQLConnect, SQLDriverConnect, SQLDisconnect: ODBC reference, "Connecting to a Data Source".
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif
#include "odbc_test.h"

#include <arpa/inet.h>
#include <atomic>
#include <cstring>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace
{

class Connect : public ::testing::TestWithParam<Mode>
{
  protected:
    Api api{GetParam() == Mode::W};
    Env e{SQL_OV_ODBC3, api};
    Dbc dbc{e, api};

    std::string ask(const std::string &sql)
    {
        Stmt s(dbc);
        return s.value(sql);
    }
};
BOTH_FORMS(Connect);

// A listener that never answers, or answers with `greeting`.
class Listener
{
  public:
    explicit Listener(std::string text = "") : greeting(std::move(text))
    {
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in a = {};
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t n = sizeof(a);
        EXPECT_EQ(0, bind(fd, reinterpret_cast<sockaddr *>(&a), n));
        EXPECT_EQ(0, listen(fd, 16));
        getsockname(fd, reinterpret_cast<sockaddr *>(&a), &n);
        port = ntohs(a.sin_port);
        if (!greeting.empty())
            thread = std::thread([this] { greet(); });
    }
    ~Listener()
    {
        shutdown(fd, SHUT_RDWR);
        if (thread.joinable())
            thread.join();
        close(fd);
    }
    std::string where() const
    {
        return "DRIVER={" + env("HF_NAME") + "};SERVER=127.0.0.1;PORT=" + std::to_string(port) +
               ";DATABASE=x;UID=x;PWD=silent-secret;";
    }
    int port = 0;

  private:
    void greet()
    {
        int c;
        while ((c = accept(fd, nullptr, nullptr)) >= 0) {
            char in[64];
            ssize_t got = read(c, in, sizeof(in));
            got = write(c, greeting.data(), greeting.size());
            (void)got;
            close(c);
        }
    }
    int fd;
    std::string greeting;
    std::thread thread;
};

// ---- SQLConnect ----

TEST_P(Connect, DataSourceWithUserAndPassword)
{
    SQLRETURN rc = api.connect(dbc, "hf", env("HF_DB_USER").c_str(), env("HF_DB_PASSWORD").c_str());
    ASSERT_TRUE(clean(rc, dbc));
    EXPECT_EQ(env("HF_DB_USER"), ask("SELECT current_user"));
    EXPECT_TRUE(clean(dbc.close(), dbc));
}

TEST_P(Connect, DataSourceThatHasThem)
{
    ASSERT_TRUE(clean(api.connect(dbc, "hf_full", nullptr, nullptr), dbc));
    EXPECT_EQ(env("HF_DB_DATABASE"), ask("SELECT current_database()"));
}

TEST_P(Connect, ArgumentsWinOverTheDataSource)
{
    ASSERT_TRUE(
        fails(api.connect(dbc, "hf_full", env("HF_DB_USER").c_str(), "wrong"), dbc, "28000"));
}

TEST_P(Connect, LengthsAreTaken)
{
    std::string dsn = "hfXX", uid = env("HF_DB_USER") + "XX", pwd = env("HF_DB_PASSWORD") + "XX";
    auto n = [](const std::string &s) { return SQLSMALLINT(s.size() - 2); };
    SQLRETURN rc;
    if (api.wide) {
        std::u16string d = u16(dsn), u = u16(uid), p = u16(pwd);
        rc = SQLConnectW(dbc, reinterpret_cast<SQLWCHAR *>(d.data()), n(dsn),
                         reinterpret_cast<SQLWCHAR *>(u.data()), n(uid),
                         reinterpret_cast<SQLWCHAR *>(p.data()), n(pwd));
    } else {
        rc = SQLConnect(dbc, reinterpret_cast<SQLCHAR *>(dsn.data()), n(dsn),
                        reinterpret_cast<SQLCHAR *>(uid.data()), n(uid),
                        reinterpret_cast<SQLCHAR *>(pwd.data()), n(pwd));
    }
    EXPECT_TRUE(clean(rc, dbc));
}

TEST_P(Connect, UnknownDataSource)
{
    EXPECT_TRUE(fails(api.connect(dbc, "no_such_dsn", nullptr, nullptr), dbc, "IM002"));
}

// ---- SQLDriverConnect ----

TEST_P(Connect, WithoutDataSource)
{
    std::string out;
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str(), &out), dbc));
    EXPECT_EQ("1", ask("SELECT 1"));
}

TEST_P(Connect, ByDataSourceName)
{
    std::string s = "DSN=hf;UID=" + env("HF_DB_USER") + ";PWD=" + env("HF_DB_PASSWORD");
    ASSERT_TRUE(clean(api.driver_connect(dbc, s), dbc));
    EXPECT_EQ(env("HF_DB_DATABASE"), ask("SELECT current_database()"));
}

TEST_P(Connect, StringWinsOverDataSource)
{
    ASSERT_TRUE(clean(api.driver_connect(dbc, "DSN=hf_full;DATABASE=postgres"), dbc));
    EXPECT_EQ("postgres", ask("SELECT current_database()"));
}

// "If both DSN and DRIVER are in the string, the first one is used." unixODBC 2.3.11 forgets the
// keyword it leaves out: what is made here is not looked for as a leak.
TEST_P(Connect, FirstOfDsnAndDriver)
{
#ifdef __SANITIZE_ADDRESS__
    __lsan::ScopedDisabler the_managers_leak;
#endif
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str("DSN=no_such_one")), dbc));
    std::string name;
    EXPECT_TRUE(clean(api.info_text(dbc, SQL_DATA_SOURCE_NAME, &name), dbc));
    EXPECT_EQ("", name);
    dbc.close();
    ASSERT_TRUE(clean(api.driver_connect(dbc, "DSN=hf_full;DRIVER={no such driver}"), dbc));
    EXPECT_TRUE(clean(api.info_text(dbc, SQL_DATA_SOURCE_NAME, &name), dbc));
    EXPECT_EQ("hf_full", name);
}

// Read by the driver manager; unixODBC 2.3 does so in its A form only.
TEST(ConnectFile, ByFileDsn)
{
    Env e;
    Dbc dbc(e);
    std::string path = env("HF_TMP", "/tmp") + "/hf-" + std::to_string(getpid()) + ".dsn";
    std::ofstream(path) << "[ODBC]\nDRIVER=" << env("HF_NAME") << "\nSERVER=" << env("HF_DB_HOST")
                        << "\nPORT=" << env("HF_DB_PORT") << "\nDATABASE=" << env("HF_DB_DATABASE")
                        << "\nUID=" << env("HF_DB_USER") << "\n";
    EXPECT_TRUE(ok(dbc.open("FILEDSN=" + path + ";PWD=" + env("HF_DB_PASSWORD")), dbc));
    Stmt s(dbc);
    EXPECT_EQ("1", s.value("SELECT 1"));
    unlink(path.c_str());
}

// "the completed connection string ... can be used to connect again"
TEST_P(Connect, CompletedStringConnectsAgain)
{
    std::string out, again;
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str("READONLY=1;"), &out), dbc));
    EXPECT_NE(std::string::npos, out.find(env("HF_DB_PORT"))) << out;
    EXPECT_EQ(0U, out.find("DRIVER={" + env("HF_NAME") + "};")) << out; // as it is always written
    Dbc other(e, api);
    ASSERT_TRUE(clean(api.driver_connect(other, out, &again), other)) << out;
    EXPECT_EQ(out, again);
    Stmt s(other);
    EXPECT_EQ("on", s.value("SHOW default_transaction_read_only"));
}

TEST_P(Connect, CompletedStringOfADataSource)
{
    std::string out;
    ASSERT_TRUE(clean(api.driver_connect(dbc, "DSN=hf_full;", &out), dbc));
    EXPECT_NE(std::string::npos, out.find("DSN=hf_full")) << out;
    Dbc other(e, api);
    EXPECT_TRUE(clean(api.driver_connect(other, out), other)) << out;
}

TEST_P(Connect, CompletedStringThatIsCut)
{
    SQLSMALLINT full = 0, n = 0;
    std::string in = conn_str();
    std::u16string win = u16(in);
    std::string whole;
    auto open = [&](SQLHDBC h, void *buffer, SQLSMALLINT cap, SQLSMALLINT *len) {
        return api.wide ? SQLDriverConnectW(h, nullptr, reinterpret_cast<SQLWCHAR *>(win.data()),
                                            SQL_NTS, static_cast<SQLWCHAR *>(buffer), cap, len,
                                            SQL_DRIVER_NOPROMPT)
                        : SQLDriverConnect(h, nullptr, reinterpret_cast<SQLCHAR *>(in.data()),
                                           SQL_NTS, static_cast<SQLCHAR *>(buffer), cap, len,
                                           SQL_DRIVER_NOPROMPT);
    };
    ASSERT_TRUE(clean(open(dbc, nullptr, 0, &full), dbc));
    EXPECT_GT(full, 20);
    ASSERT_TRUE(clean(dbc.close(), dbc));
    ASSERT_TRUE(clean(api.driver_connect(dbc, in, &whole), dbc));
    EXPECT_EQ(size_t(full), whole.size());
    ASSERT_TRUE(clean(dbc.close(), dbc));

    SQLWCHAR room[16];
    memset(room, 0x55, sizeof(room));
    ASSERT_TRUE(warns(open(dbc, room, 11, &n), dbc, "01004"));
    EXPECT_EQ(full, n);
    std::string got = api.wide ? u8of(room, 10) : std::string(reinterpret_cast<char *>(room));
    EXPECT_EQ(whole.substr(0, 10), got);
    if (api.wide) {
        EXPECT_EQ(0, room[10]);
        EXPECT_EQ(0x5555, room[11]);
    } else {
        EXPECT_EQ(0x55, reinterpret_cast<char *>(room)[11]);
    }
    EXPECT_EQ("1", ask("SELECT 1"));
}

TEST_P(Connect, CompletionModes)
{
    for (SQLUSMALLINT mode :
         {SQL_DRIVER_NOPROMPT, SQL_DRIVER_COMPLETE, SQL_DRIVER_COMPLETE_REQUIRED}) {
        Dbc d(e, api);
        EXPECT_TRUE(clean(api.driver_connect(d, conn_str(), nullptr, mode), d)) << mode;
    }
    EXPECT_TRUE(fails(api.driver_connect(dbc, conn_str(), nullptr, 99), dbc, "HY110"));
}

TEST_P(Connect, Aliases)
{
    std::string host = env("HF_DB_HOST"), port = env("HF_DB_PORT"), db = env("HF_DB_DATABASE"),
                user = env("HF_DB_USER"), pwd = env("HF_DB_PASSWORD");
    const std::string strings[] = {
        "Driver={" + env("HF_NAME") + "};Servername=" + host + ";Port=" + port + ";Database=" + db +
            ";Username=" + user + ";Password=" + pwd,
        "driver=" + env("HF_NAME") + ";server=" + host + ";port=" + port + ";database=" + db +
            ";uid=" + user + ";pwd=" + pwd,
        "Driver={" + env("HF_NAME") + "};Host=" + host + ";PORT=" + port + ";Db=" + db +
            ";User=" + user + ";Pwd={" + pwd + "}",
        "DRIVER={" + env("HF_NAME") + "}; SERVER = " + host + " ; PORT = " + port +
            " ; DATABASE = " + db + " ; UID = " + user + " ; PWD = " + pwd + " ;; ",
    };
    for (const std::string &s : strings) {
        Dbc d(e, api);
        EXPECT_TRUE(clean(api.driver_connect(d, s), d)) << s;
    }
}

// "If any keywords are repeated ... uses the value associated with the first occurrence"
TEST_P(Connect, FirstOfRepeatedKeywordWins)
{
    ASSERT_TRUE(ok(api.driver_connect(dbc, conn_str("DATABASE=nowhere;UID=nobody;")), dbc));
    EXPECT_EQ(env("HF_DB_DATABASE"), ask("SELECT current_database()"));
}

TEST_P(Connect, UnknownKeyword)
{
    ASSERT_TRUE(warns(api.driver_connect(dbc, conn_str("FrobnicateLevel=11;")), dbc, "01S00"));
    bool named = false;
    for (const Diag &d : dbc.diags())
        named = named ||
                (d.state == "01S00" && strcasestr(d.message.c_str(), "FrobnicateLevel") != nullptr);
    EXPECT_TRUE(named) << dbc.message();
    EXPECT_EQ("1", ask("SELECT 1"));
}

TEST_P(Connect, WrongValueIsNamed)
{
    const struct {
        const char *keyword, *value;
        std::vector<const char *> said;
    } cases[] = {
        {"SSLMODE", "sideways", {"SSLMODE", "disable", "verify-full"}},
        {"READONLY", "maybe", {"READONLY"}},
        {"FAILOVER_MODE", "never", {"FAILOVER_MODE", "strict-writer", "reader-or-writer"}},
        {"LOGINTIMEOUT", "soon", {"LOGINTIMEOUT"}},
        {"FAILOVER_TIMEOUT_MS", "0", {"FAILOVER_TIMEOUT_MS", "1", "3600000"}},
        {"LOG_LEVEL", "loud", {"LOG_LEVEL", "debug"}},
        {"WIDECHARTYPES", "2", {"WIDECHARTYPES", "auto"}},
    };
    for (const auto &c : cases) {
        Dbc d(e, api);
        std::string s = conn_str(std::string(c.keyword) + "=" + c.value + ";");
        EXPECT_TRUE(fails(api.driver_connect(d, s), d, "HY024")) << s;
        for (const char *word : c.said)
            EXPECT_NE(std::string::npos, d.message().find(word)) << word << " in " << d.message();
        EXPECT_EQ(std::string::npos, d.message().find(env("HF_DB_PASSWORD"))) << d.message();
    }
    for (const char *port : {"PORT=abc;", "PORT=0;", "PORT=65536;", "PORT=-1;", "PORT=5432x;"}) {
        Dbc d(e, api);
        EXPECT_TRUE(fails(api.driver_connect(d, conn_str_without("PORT", port)), d, "HY024"))
            << port;
        EXPECT_NE(std::string::npos, d.message().find("PORT")) << d.message();
    }
}

TEST_P(Connect, ThePasswordIsNeverSaid)
{
    const std::string secret = "Zx9-hush-hush";
    const std::string strings[] = {
        conn_str_without("PWD", "PWD=" + secret),
        conn_str_without("PWD", "PWD={" + secret),
        conn_str_without("PWD", "PWD={" + secret + "}tail;"),
        conn_str_without("PWD", "PWD=" + secret + ";SSLMODE=sideways;"),
        conn_str_without("PWD", "PWD=" + secret + ";Bogus=1;"),
        conn_str_without("PWD",
                         "PASSWORD=" + secret + ";PQOPT={sslcert='" + secret + "' bogus=1};"),
        conn_str_without("PWD", ";;=;PWD=" + secret),
        conn_str_without("UID", "UID=no_such_role;PWD=" + secret),
    };
    for (const std::string &s : strings) {
        Dbc d(e, api);
        std::string out;
        EXPECT_EQ(SQL_ERROR, api.driver_connect(d, s, &out)) << s;
        for (const Diag &g : d.diags())
            EXPECT_EQ(std::string::npos, g.message.find(secret)) << g;
    }
}

TEST_P(Connect, OddPassword)
{
    const std::string pwd = "p;w}d={ x'\"\\%20+\xc3\xbc";
    {
        Dbc admin(e, api);
        ASSERT_TRUE(ok(api.driver_connect(admin, conn_str()), admin));
        Stmt s(admin);
        s.exec("DROP ROLE IF EXISTS hf_odd");
        ASSERT_TRUE(
            ok(s.exec("CREATE ROLE hf_odd LOGIN PASSWORD 'p;w}d={ x''\"\\%20+\xc3\xbc'"), s));
    }
    std::string braced;
    for (char c : pwd)
        braced += c == '}' ? "}}" : std::string(1, c);
    std::string s = conn_str_without("UID", "UID=hf_odd;");
    s.replace(s.find("PWD="), s.find(';', s.find("PWD=")) - s.find("PWD="), "PWD={" + braced + "}");
    std::string out;
    ASSERT_TRUE(clean(api.driver_connect(dbc, s, &out), dbc)) << s;
    Dbc again(e, api);
    EXPECT_TRUE(clean(api.driver_connect(again, out), again)) << out;
}

// ---- failures ----

TEST_P(Connect, WrongPassword)
{
    EXPECT_TRUE(
        fails(api.driver_connect(dbc, conn_str_without("PWD", "PWD=wrong;")), dbc, "28000"));
    // The handle is as good as before.
    EXPECT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
}

TEST_P(Connect, NoPassword)
{
    EXPECT_TRUE(fails(api.driver_connect(dbc, conn_str_without("PWD")), dbc, "28000"));
}

TEST_P(Connect, UnknownUser)
{
    EXPECT_TRUE(
        fails(api.driver_connect(dbc, conn_str_without("UID", "UID=no_such_role")), dbc, "28000"));
}

TEST_P(Connect, UnknownDatabase)
{
    std::string s = conn_str_without("DATABASE", "DATABASE=no_such_database");
    EXPECT_TRUE(fails(api.driver_connect(dbc, s), dbc, "08004|3D000"));
    EXPECT_NE(std::string::npos, dbc.message().find("no_such_database")) << dbc.message();
}

TEST_P(Connect, NobodyListens)
{
    int port;
    {
        Listener gone;
        port = gone.port;
    }
    std::string s = conn_str_without("PORT", "PORT=" + std::to_string(port));
    double took = seconds_of([&] { EXPECT_TRUE(fails(api.driver_connect(dbc, s), dbc, "08001")); });
    EXPECT_LT(took, 5);
    EXPECT_NE(std::string::npos, dbc.message().find(std::to_string(port))) << dbc.message();
}

TEST_P(Connect, UnknownHost)
{
    std::string s = conn_str_without("SERVER", "SERVER=no-such-host.invalid;LOGINTIMEOUT=10");
    EXPECT_TRUE(fails(api.driver_connect(dbc, s), dbc, "08001|HYT00"));
}

TEST_P(Connect, NotAPostgresServer)
{
    for (const char *text : {"HTTP/1.0 400 Bad Request\r\n\r\n", "E", "\n", "Sgarbage",
                             "R\xff\xff\xff\xff\xff\xff\xff\xff"}) {
        Listener odd(text);
        Dbc d(e, api);
        EXPECT_TRUE(fails(api.driver_connect(d, odd.where() + "LOGINTIMEOUT=5"), d, "08001|08S01"))
            << text;
    }
}

// "HYT00: the login timeout period expired before the connection to the data source completed"
TEST_P(Connect, LoginTimeout)
{
    Listener silent;
    SQLSetConnectAttr(dbc, SQL_ATTR_LOGIN_TIMEOUT, reinterpret_cast<SQLPOINTER>(1), 0);
    double took = seconds_of(
        [&] { EXPECT_TRUE(fails(api.driver_connect(dbc, silent.where()), dbc, "HYT00")); });
    EXPECT_GE(took, 0.9);
    EXPECT_LT(took, 3);
    EXPECT_EQ(std::string::npos, dbc.message().find("silent-secret"));
}

TEST_P(Connect, LoginTimeoutByKeyword)
{
    Listener silent;
    double took = seconds_of([&] {
        EXPECT_TRUE(
            fails(api.driver_connect(dbc, silent.where() + "LOGINTIMEOUT=1"), dbc, "HYT00"));
    });
    EXPECT_GE(took, 0.9);
    EXPECT_LT(took, 3);
}

// ---- the states of a connection ----

TEST_P(Connect, Twice)
{
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
    EXPECT_TRUE(fails(api.driver_connect(dbc, conn_str()), dbc, "08002"));
    EXPECT_EQ("1", ask("SELECT 1"));
}

TEST_P(Connect, AgainAndAgain)
{
    for (int i = 0; i < 5; i++) {
        ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
        EXPECT_EQ("1", ask("SELECT 1"));
        ASSERT_TRUE(clean(dbc.close(), dbc));
    }
    EXPECT_TRUE(fails(dbc.close(), dbc, "08003"));
}

TEST_P(Connect, DisconnectFreesStatements)
{
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
    SQLHSTMT h;
    ASSERT_EQ(SQL_SUCCESS, SQLAllocHandle(SQL_HANDLE_STMT, dbc, &h));
    api.exec_direct(h, "SELECT generate_series(1, 100000)");
    SQLFetch(h);
    EXPECT_TRUE(clean(dbc.close(), dbc));
}

// "25000: There was a transaction in process on the connection. The transaction remains active."
TEST_P(Connect, DisconnectInATransaction)
{
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
    ASSERT_TRUE(clean(dbc.autocommit(false), dbc));
    {
        Stmt s(dbc);
        ASSERT_TRUE(ok(s.exec("CREATE TEMP TABLE t (a int)"), s));
    }
    EXPECT_TRUE(fails(dbc.close(), dbc, "25000"));
    EXPECT_EQ("0", ask("SELECT count(*) FROM t"));
    SQLRETURN rc = dbc.rollback(); // MySQL warns that a temporary table does not go with it
    EXPECT_TRUE(my_is_mysql() ? ok(rc, dbc) : clean(rc, dbc));
    EXPECT_TRUE(clean(dbc.close(), dbc));
}

TEST_P(Connect, TheSessionEndsWithTheConnection)
{
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
    std::string pid = ask("SELECT pg_backend_pid()");
    ASSERT_TRUE(clean(dbc.close(), dbc));
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
    std::string left;
    for (int i = 0; i < 100 && left != "0"; i++) {
        left = ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid);
        usleep(20000);
    }
    EXPECT_EQ("0", left);
}

// ---- what keywords do ----

TEST_P(Connect, ConnSettings)
{
    std::string s =
        conn_str("CONNSETTINGS={SET search_path = pg_catalog; SET statement_timeout=7}");
    ASSERT_TRUE(clean(api.driver_connect(dbc, s), dbc));
    EXPECT_EQ("7ms", ask("SHOW statement_timeout"));
    EXPECT_EQ("pg_catalog", ask("SHOW search_path"));
}

// As psqlodbc and its dialogs write it.
TEST_P(Connect, ConnSettingsEncoded)
{
    const char *encoded =
        "ConnSettings=set+search_path+to+pg_catalog%3Bset+application_name+to+%27a%2bb%27";
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str(encoded)), dbc));
    EXPECT_EQ("pg_catalog", ask("SHOW search_path"));
    EXPECT_EQ("a+b", ask("SHOW application_name"));
    EXPECT_TRUE(clean(dbc.close(), dbc));
    // A blank says that it is SQL as it stands.
    ASSERT_TRUE(clean(
        api.driver_connect(dbc, conn_str("CONNSETTINGS=SET application_name TO 'a+b%20c'")), dbc));
    EXPECT_EQ("a+b%20c", ask("SHOW application_name"));
}

TEST_P(Connect, KeywordsOfPsqlodbcThatMakeNoDifference)
{
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str("UseServerSidePrepare=1;UseDeclareFetch=1;Fetch=100;"
                                                       "B3=0;FakeOidIndex=No;Parse=0;UpdatableCursors=1;RowVersioning=0")),
                      dbc));
    EXPECT_EQ("1", ask("SELECT 1"));
}

TEST_P(Connect, ConnSettingsThatFail)
{
    EXPECT_TRUE(
        fails(api.driver_connect(dbc, conn_str("CONNSETTINGS={SELECT * FROM nix}")), dbc, "42S02"));
    EXPECT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
}

TEST_P(Connect, ReadOnly)
{
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str("READONLY=1")), dbc));
    Stmt s(dbc);
    EXPECT_TRUE(fails(s.exec("CREATE TABLE never (a int)"), s, "25000"));
    SQLUINTEGER mode = 99;
    EXPECT_TRUE(clean(SQLGetConnectAttr(dbc, SQL_ATTR_ACCESS_MODE, &mode, 0, nullptr), dbc));
    EXPECT_EQ(SQLUINTEGER(SQL_MODE_READ_ONLY), mode);
}

TEST_P(Connect, ApplicationName)
{
    ASSERT_TRUE(
        clean(api.driver_connect(dbc, conn_str("ApplicationName=b\xc3\xbcro \xe2\x82\xac;")), dbc));
    std::string name = ask("SHOW application_name");
    EXPECT_EQ(0U, name.find("b")) << name;
}

TEST_P(Connect, BySocket)
{
    std::string s = conn_str_without("SERVER", "SERVER=" + env("HF_DB_SOCKET"));
    ASSERT_TRUE(clean(api.driver_connect(dbc, s), dbc));
    EXPECT_EQ("NULL", ask("SELECT inet_server_addr()"));
}

TEST_P(Connect, PqOpt)
{
    std::string s = conn_str("PQOPT={keepalives_idle=7 options='-c work_mem=77kB'}");
    ASSERT_TRUE(clean(api.driver_connect(dbc, s), dbc));
    EXPECT_EQ("77kB", ask("SHOW work_mem"));
    Dbc d(e, api);
    EXPECT_EQ(SQL_ERROR, api.driver_connect(d, conn_str("PQOPT={no_such_option=1}")));
    EXPECT_NE(std::string::npos, d.message().find("PQOPT")) << d.message();
}

TEST_P(Connect, EveryOptionOfTheTableIsTaken)
{
    ASSERT_TRUE(clean(api.driver_connect(dbc, conn_str("PLUGINS=none;FAILOVER_MODE=strict-writer;"
                                                       "FAILOVER_TIMEOUT_MS=1000;BOOLSASCHAR=1;"
                                                       "MAXVARCHARSIZE=255;WIDECHARTYPES=no;"
                                                       "DESCRIPTION={a text};LOG_LEVEL=off;")),
                      dbc));
}

// ---- long and broken strings ----

TEST_P(Connect, BrokenStrings)
{
    const std::string tails[] = {
        "{",      "}",      "=",      "==;",         ";;;;", "X={",     "X={a",
        "X=}",    "X={a}b", "=x",     "UID",         "UID=", "PWD={}}", "\x01=\x02",
        "A=B=C;", "{A}=B;", "A={{{{", "\xff\xfe=1;", " ",    "\n",      "A=\t",
    };
    for (const std::string &tail : tails) {
        Dbc d(e, api);
        SQLRETURN rc = api.driver_connect(d, conn_str(tail));
        EXPECT_TRUE(rc == SQL_SUCCESS || rc == SQL_SUCCESS_WITH_INFO || rc == SQL_ERROR)
            << tail << rc_name(rc);
        if (rc == SQL_ERROR)
            EXPECT_FALSE(d.diags().empty()) << tail;
    }
}

TEST_P(Connect, VeryLongString)
{
    for (const char *keyword : {"APPLICATIONNAME", "NOSUCHKEYWORD", "DESCRIPTION"}) {
        Dbc d(e, api);
        std::string s = conn_str(std::string(keyword) + "={" + std::string(1 << 20, 'x') + "};");
        SQLRETURN rc = api.driver_connect(d, s);
        EXPECT_TRUE(SQL_SUCCEEDED(rc) || !d.diags().empty()) << keyword << rc_name(rc);
    }
    EXPECT_TRUE(clean(api.driver_connect(dbc, conn_str()), dbc));
}

TEST_P(Connect, ManyKeywords)
{
    std::string more;
    for (int i = 0; i < 2000; i++)
        more += "K" + std::to_string(i) + "=v;";
    EXPECT_TRUE(warns(api.driver_connect(dbc, conn_str(more)), dbc, "01S00"));
    EXPECT_EQ("1", ask("SELECT 1"));
}

} // namespace
