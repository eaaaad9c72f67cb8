// The failover machine's table, walked exhaustively.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

extern "C" {
#include "pipeline/failover.h"
}

namespace
{

typedef enum fo_state S;
typedef enum fo_event E;

// Every arrow there is. What is not here leads to FAILED.
const std::map<std::pair<S, E>, S> arrows = {
    {{FO_IDLE, FO_EV_LINK_LOST}, FO_LOST},
    {{FO_IDLE, FO_EV_READ_ONLY_ERROR}, FO_ASK_NODE},
    {{FO_ASK_NODE, FO_EV_LINK_LOST}, FO_LOST},
    {{FO_ASK_NODE, FO_EV_NODE_IS_READER}, FO_LOST},
    {{FO_ASK_NODE, FO_EV_NODE_IS_WRITER}, FO_NO_FAILOVER},
    {{FO_ASK_NODE, FO_EV_CONNECT_FAILED}, FO_NO_FAILOVER},
    {{FO_ASK_NODE, FO_EV_TIMEOUT}, FO_NO_FAILOVER},
    {{FO_ASK_NODE, FO_EV_CANCELLED}, FO_NO_FAILOVER},
    {{FO_LOST, FO_EV_WANT_WRITER}, FO_WAIT_WRITER},
    {{FO_LOST, FO_EV_WANT_READER}, FO_PICK_READER},
    {{FO_LOST, FO_EV_TIMEOUT}, FO_FAILED},
    {{FO_LOST, FO_EV_CANCELLED}, FO_FAILED},
    {{FO_WAIT_WRITER, FO_EV_CANDIDATE}, FO_CONNECT},
    {{FO_WAIT_WRITER, FO_EV_NO_CANDIDATE}, FO_FAILED},
    {{FO_WAIT_WRITER, FO_EV_TIMEOUT}, FO_FAILED},
    {{FO_WAIT_WRITER, FO_EV_CANCELLED}, FO_FAILED},
    {{FO_PICK_READER, FO_EV_CANDIDATE}, FO_CONNECT},
    {{FO_PICK_READER, FO_EV_NO_CANDIDATE}, FO_LOST},
    {{FO_PICK_READER, FO_EV_TIMEOUT}, FO_FAILED},
    {{FO_PICK_READER, FO_EV_CANCELLED}, FO_FAILED},
    {{FO_CONNECT, FO_EV_CONNECTED}, FO_VERIFY},
    {{FO_CONNECT, FO_EV_CONNECT_FAILED}, FO_LOST},
    {{FO_CONNECT, FO_EV_LOGIN_REFUSED}, FO_FAILED},
    {{FO_CONNECT, FO_EV_TIMEOUT}, FO_FAILED},
    {{FO_CONNECT, FO_EV_CANCELLED}, FO_FAILED},
    {{FO_VERIFY, FO_EV_ROLE_RIGHT}, FO_RESTORE},
    {{FO_VERIFY, FO_EV_ROLE_WRONG}, FO_LOST},
    {{FO_VERIFY, FO_EV_CONNECT_FAILED}, FO_LOST},
    {{FO_VERIFY, FO_EV_TIMEOUT}, FO_FAILED},
    {{FO_VERIFY, FO_EV_CANCELLED}, FO_FAILED},
    {{FO_RESTORE, FO_EV_RESTORED}, FO_INSTALL},
    {{FO_RESTORE, FO_EV_RESTORE_FAILED}, FO_LOST},
    {{FO_RESTORE, FO_EV_IDENTITY_LOST}, FO_FAILED},
    {{FO_RESTORE, FO_EV_TIMEOUT}, FO_FAILED},
    {{FO_RESTORE, FO_EV_CANCELLED}, FO_FAILED},
    {{FO_INSTALL, FO_EV_INSTALLED}, FO_DONE},
};

TEST(Machine, EveryStateAndEvent)
{
    for (int s = 0; s < FO_STATE_COUNT; s++) {
        for (int e = 0; e < FO_EVENT_COUNT; e++) {
            auto it = arrows.find({(S)s, (E)e});
            S want = it == arrows.end() ? FO_FAILED : it->second;
            EXPECT_EQ(fo_next((S)s, (E)e), want) << fo_state_name((S)s) << fo_event_name((E)e);
            EXPECT_EQ(fo_step((S)s, (E)e), want);
            EXPECT_EQ(fo_expects((S)s, (E)e), it != arrows.end());
        }
    }
}

// Whatever a world answers, the deadline ends it: INSTALL waits for nothing, every other state on
// the way has an arrow for TIMEOUT and for CANCELLED, and it leads to an end at once.
TEST(Machine, EveryPathEnds)
{
    for (int s = FO_ASK_NODE; s < FO_STATE_COUNT; s++) {
        if (fo_final((S)s) || s == FO_INSTALL)
            continue;
        for (E e : {FO_EV_TIMEOUT, FO_EV_CANCELLED}) {
            EXPECT_TRUE(fo_expects((S)s, e)) << fo_state_name((S)s);
            EXPECT_TRUE(fo_final(fo_next((S)s, e))) << fo_state_name((S)s);
        }
    }
    // All walks without a repeated state, by depth-first search: each reaches an end.
    std::vector<std::vector<S>> stack = {{FO_IDLE}};
    std::set<S> ends;
    while (!stack.empty()) {
        auto path = stack.back();
        stack.pop_back();
        ASSERT_LE(path.size(), (size_t)FO_STATE_COUNT);
        if (fo_final(path.back())) {
            ends.insert(path.back());
            continue;
        }
        int ways = 0;
        for (int e = 0; e < FO_EVENT_COUNT; e++) {
            if (!fo_expects(path.back(), (E)e))
                continue;
            ways++;
            S next = fo_next(path.back(), (E)e);
            if (std::find(path.begin(), path.end(), next) != path.end())
                continue;
            auto longer = path;
            longer.push_back(next);
            stack.push_back(longer);
        }
        EXPECT_GT(ways, 0) << fo_state_name(path.back());
    }
    EXPECT_EQ(ends, (std::set<S>{FO_DONE, FO_FAILED, FO_NO_FAILOVER}));
}

// Installed is only what was verified and restored; nothing leads back to IDLE.
TEST(Machine, NoShortCuts)
{
    for (auto &a : arrows) {
        EXPECT_NE(a.second, FO_IDLE);
        static const std::map<S, S> only_from = {{FO_DONE, FO_INSTALL},
                                                 {FO_INSTALL, FO_RESTORE},
                                                 {FO_RESTORE, FO_VERIFY},
                                                 {FO_VERIFY, FO_CONNECT}};
        auto from = only_from.find(a.second);
        EXPECT_TRUE(from == only_from.end() || from->second == a.first.first);
        EXPECT_FALSE(fo_final(a.first.first));
    }
}

TEST(Machine, Names)
{
    std::set<std::string> names;
    for (int s = 0; s < FO_STATE_COUNT; s++) {
        names.insert(fo_state_name((S)s));
        EXPECT_STRNE(fo_state_help((S)s), "");
    }
    EXPECT_EQ(names.size(), (size_t)FO_STATE_COUNT);
    for (int e = 0; e < FO_EVENT_COUNT; e++)
        names.insert(fo_event_name((E)e));
    EXPECT_EQ(names.size(), (size_t)FO_STATE_COUNT + FO_EVENT_COUNT);
    EXPECT_STREQ(fo_state_name((S)99), "?");
    EXPECT_STREQ(fo_event_name((E)99), "?");
    EXPECT_EQ(fo_next((S)99, FO_EV_TIMEOUT), FO_FAILED);
    EXPECT_EQ(fo_next(FO_LOST, (E)99), FO_FAILED);
}

} // namespace
