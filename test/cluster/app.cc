#include "app.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dirent.h>
#include <fstream>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>

double now_ms()
{
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

// ---- the lab ----

static std::string lab_folder()
{
    const char *dir = getenv("HF_LAB_REQUESTS");
    return dir ? dir : "";
}

int lab_start(const std::string &args)
{
    static std::atomic<int> next{1};
    int ticket = next++;
    std::string name = lab_folder() + "/" + std::to_string(getpid()) + "." + std::to_string(ticket);
    {
        std::ofstream out(name + ".new");
        out << args << "\n";
    }
    rename((name + ".new").c_str(), (name + ".request").c_str());
    return ticket;
}

static std::string lab_answer(int ticket)
{
    return lab_folder() + "/" + std::to_string(getpid()) + "." + std::to_string(ticket) + ".done";
}

bool lab_ended(int ticket)
{
    return access(lab_answer(ticket).c_str(), F_OK) == 0;
}

std::string lab_wait(int ticket)
{
    double end = now_ms() + 90000;
    while (!lab_ended(ticket)) {
        if (now_ms() > end) {
            ADD_FAILURE() << "the lab did not answer";
            return "";
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    std::ifstream in(lab_answer(ticket));
    std::string status;
    std::getline(in, status);
    std::stringstream rest;
    rest << in.rdbuf();
    EXPECT_EQ(status, "0") << rest.str();
    return rest.str();
}

std::string lab(const std::string &args)
{
    return lab_wait(lab_start(args));
}

double lab_event(const std::string &output, const std::string &event)
{
    std::istringstream in(output);
    std::string line;
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        double at;
        std::string what;
        if (fields >> at >> what && what == event)
            return at;
    }
    return 0;
}

// ---- names ----

static size_t index_of(const std::string &cluster)
{
    const std::vector<std::string> &order = speech().clusters;
    for (size_t i = 0; i < order.size(); i++)
        if (order[i] == cluster)
            return i;
    ADD_FAILURE() << "no cluster " << cluster;
    return 0;
}

static std::string domain(const std::string &cluster)
{
    return "cxyzlab" + std::to_string(index_of(cluster) + 1) + ".eu-central-1.rds.amazonaws.com";
}

std::string address_of(int number, const std::string &cluster)
{
    return "127.0.0." + std::to_string(10 + 10 * index_of(cluster) + static_cast<size_t>(number));
}

std::string writer_endpoint(const std::string &cluster)
{
    return cluster + ".cluster-" + domain(cluster);
}

std::string reader_endpoint(const std::string &cluster)
{
    return cluster + ".cluster-ro-" + domain(cluster);
}

std::string instance(int number, const std::string &cluster)
{
    return cluster + "-instance-" + std::to_string(number) + "." + domain(cluster);
}

std::string dsn(const std::string &server, const std::string &more)
{
    bool named = more.find("PLUGINS=") != std::string::npos;
    bool tls = getenv("HF_TLS") && more.find("SSLMODE") == std::string::npos;
    return "DRIVER=" + speech().driver + ";SERVER=" + server +
           ";DATABASE=app;UID=app;PWD=app-secret;" + (tls ? speech().tls : "") +
           (named ? "" : "PLUGINS=failover,host_monitoring;") + more;
}

std::string admin_dsn(const std::string &server)
{
    return "DRIVER=" + speech().driver + ";SERVER=" + server + ";DATABASE=app;" + speech().admin;
}

std::string plainly()
{
    return speech().tls.find("REQUIRED") == std::string::npos ? "SSLMODE=disable;"
                                                              : "SSLMODE=DISABLED;";
}

// ---- the proxy ----

std::string proxy(int node, const std::string &command, const std::string &cluster)
{
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(7001);
    std::string address = "127.0.1." + address_of(1, cluster).substr(8);
    inet_pton(AF_INET, address.c_str(), &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval patience{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string line = (node ? std::to_string(node) : "*") + " " + command + "\n", answer;
    char c;
    if (connect(fd, reinterpret_cast<sockaddr *>(&to), sizeof to) == 0 &&
        write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
        while (read(fd, &c, 1) == 1 && c != '\n')
            answer += c;
    close(fd);
    EXPECT_EQ(answer.substr(0, 2), "ok") << "proxy: " << command << ": " << answer;
    return answer.size() > 3 ? answer.substr(3) : "";
}

// ---- ODBC ----

std::vector<Diag> diags(SQLSMALLINT type, SQLHANDLE h)
{
    std::vector<Diag> all;
    SQLCHAR state[6], text[4096];
    SQLINTEGER native;
    SQLSMALLINT n;
    for (SQLSMALLINT i = 1;
         SQL_SUCCEEDED(SQLGetDiagRec(type, h, i, state, &native, text, sizeof(text), &n)); i++)
        all.push_back({reinterpret_cast<char *>(state), reinterpret_cast<char *>(text)});
    return all;
}

Db::Db(const std::string &connection_string)
{
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env_);
    SQLSetEnvAttr(env_, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLAllocHandle(SQL_HANDLE_DBC, env_, &dbc_);
    std::string in = connection_string;
    SQLRETURN rc = SQLDriverConnect(dbc_, nullptr, reinterpret_cast<SQLCHAR *>(&in[0]), SQL_NTS,
                                    nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
    open_ = SQL_SUCCEEDED(rc);
    connect_diags_ = diags(SQL_HANDLE_DBC, dbc_);
    if (open_)
        SQLAllocHandle(SQL_HANDLE_STMT, dbc_, &stmt_);
}

Db::~Db()
{
    if (open_) {
        SQLEndTran(SQL_HANDLE_DBC, dbc_, SQL_ROLLBACK);
        EXPECT_TRUE(SQL_SUCCEEDED(SQLDisconnect(dbc_)));
    }
    SQLFreeHandle(SQL_HANDLE_DBC, dbc_);
    SQLFreeHandle(SQL_HANDLE_ENV, env_);
}

SQLHSTMT Db::statement()
{
    SQLHSTMT h = nullptr;
    SQLAllocHandle(SQL_HANDLE_STMT, dbc_, &h);
    return h;
}

std::string Db::failed(SQLSMALLINT type, SQLHANDLE h)
{
    std::vector<Diag> all = diags(type, h);
    text_ = all.empty() ? "" : all[0].text;
    return all.empty() ? "?????" : all[0].state;
}

void Db::autocommit(bool on)
{
    EXPECT_TRUE(SQL_SUCCEEDED(SQLSetConnectAttr(
        dbc_, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(on)), 0)));
}

std::string Db::end(SQLSMALLINT completion)
{
    return SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, dbc_, completion))
               ? ""
               : failed(SQL_HANDLE_DBC, dbc_);
}

std::string Db::run(const std::string &sql)
{
    std::string in = sql;
    SQLFreeStmt(stmt_, SQL_CLOSE);
    SQLRETURN rc = SQLExecDirect(stmt_, reinterpret_cast<SQLCHAR *>(&in[0]), SQL_NTS);
    std::string state =
        SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA ? "" : failed(SQL_HANDLE_STMT, stmt_);
    SQLFreeStmt(stmt_, SQL_CLOSE);
    return state;
}

std::string Db::ask(const std::string &sql)
{
    std::string in = sql;
    SQLCHAR value[1024] = "";
    SQLLEN n = 0;
    SQLFreeStmt(stmt_, SQL_CLOSE);
    if (!SQL_SUCCEEDED(SQLExecDirect(stmt_, reinterpret_cast<SQLCHAR *>(&in[0]), SQL_NTS)) ||
        !SQL_SUCCEEDED(SQLFetch(stmt_)) ||
        !SQL_SUCCEEDED(SQLGetData(stmt_, 1, SQL_C_CHAR, value, sizeof(value), &n)))
        return "!" + failed(SQL_HANDLE_STMT, stmt_);
    SQLFreeStmt(stmt_, SQL_CLOSE);
    return n == SQL_NULL_DATA ? "NULL" : reinterpret_cast<char *>(value);
}

std::string Db::ask_again(const std::string &sql)
{
    std::string answer;
    for (int i = 0; i < 5; i++) {
        answer = ask(sql);
        if (answer != "!08S02" && answer != "!08007")
            break;
    }
    return answer;
}

int threads_named(const std::string &name)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/task");
    if (!dir)
        return -1;
    while (dirent *e = readdir(dir)) {
        std::ifstream in(std::string("/proc/self/task/") + e->d_name + "/comm");
        std::string comm;
        if (std::getline(in, comm) && comm == name)
            count++;
    }
    closedir(dir);
    return count;
}
