// A session of the MySQL native on a real server. Run with HOLDFAST_TEST_MY="address port user password
// database" (a user who may KILL; "-" for an empty word).
#ifndef HOLDFAST_TEST_MY_SESSION_H
#define HOLDFAST_TEST_MY_SESSION_H

#include "native_session.h"

#include <sstream>

inline std::string word(int i)
{
    const char *all = getenv("HOLDFAST_TEST_MY");
    std::istringstream in(all ? all : "");
    std::string w;
    while (i-- >= 0)
        in >> w;
    return w == "-" ? "" : w;
}

struct My : Session {
    My() : Session(&native_my) { options.backend = OPT_MY; }
    nat_answer connect(const std::vector<std::pair<const char *, std::string>> &more = {})
    {
        set("UID", word(2));
        set("PWD", word(3));
        set("DATABASE", word(4));
        for (auto &option : more)
            set(option.first, option.second);
        return open(word(0).c_str(), nullptr, std::stoi(word(1)));
    }
    std::string parameter(const char *name)
    {
        const char *v = ops->parameter(n, name);
        return v ? v : "(none)";
    }
    std::string notices()
    {
        std::string all;
        struct fault w;
        while (ops->notice(n, &w))
            all += std::string(all.empty() ? "" : "|") + w.sqlstate + " " + std::to_string(w.native);
        return all;
    }
};

// The server's kind, and the client library's.
inline bool is_mariadb(My &s)
{
    return s.parameter("server_info").find("MariaDB") != std::string::npos;
}

inline bool is_connector_c(My &s)
{
    return strstr(s.ops->caps->lib_version, "MariaDB") != nullptr;
}

inline struct nat_request execute(const char *name, const std::vector<struct nat_param> &p, size_t sets = 1)
{
    struct nat_request r = request(NAT_EXECUTE, "", name);
    r.params = p.data();
    r.nparams = p.size() / sets;
    r.nsets = sets;
    return r;
}

class NativeMy : public ::testing::Test {
  protected:
    void SetUp() override
    {
        if (!getenv("HOLDFAST_TEST_MY"))
            GTEST_SKIP() << "HOLDFAST_TEST_MY is not set";
    }
};

#define CONNECT(s)                                                                                 \
    My s;                                                                                          \
    ASSERT_EQ(NAT_READY, s.connect()) << s.f.text

#endif
