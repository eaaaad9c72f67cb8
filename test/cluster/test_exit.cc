// exit() at a random moment with connections open over TLS: the process ends, and ends well.
#include "app.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

TEST(Exit, AtARandomMomentOverTls)
{
    const char *leaver = getenv("HF_LEAVER");
    const char *rounds = getenv("HF_EXITS"); // 500 by hand
    ASSERT_NE(leaver, nullptr);
    std::string cs = dsn(writer_endpoint("secure"), speech().tls + "TOPOLOGY_REFRESH_RATE_MS=100");
    for (int i = 0; i < (rounds ? atoi(rounds) : 25); i++) {
        pid_t child = fork();
        if (child == 0) {
            execl(leaver, leaver, cs.c_str(), std::to_string(i * 7919 + 1).c_str(),
                  static_cast<char *>(nullptr));
            _exit(9);
        }
        int status = -1;
        double end = now_ms() + 20000;
        while (waitpid(child, &status, WNOHANG) == 0 && now_ms() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (now_ms() >= end) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
        }
        ASSERT_TRUE(WIFEXITED(status)) << "round " << i << ": signal " << WTERMSIG(status);
        ASSERT_EQ(WEXITSTATUS(status), 0) << "round " << i;
    }
}

} // namespace
