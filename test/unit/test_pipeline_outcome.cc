// What a lost link means: every combination of the facts, against the rules written out one by one.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "pipeline/outcome.h"
}

namespace
{

// The rules of doc/FAILOVER.md as its table has them, first match wins.
std::string expected(const outcome_facts &o)
{
    bool sent = o.reach == REACH_SENT;
    if (o.server_read_only)
        return "08S02"; // "anything where the server itself allows no writes"
    if (o.rollback)
        return "08S02"; // "ROLLBACK"
    if (o.in_transaction && o.commit)
        return "08007"; // "COMMIT", sent or not
    if (o.in_transaction)
        return "08007"; // "a statement inside a transaction", sent or not
    if (!sent)
        return "08S02"; // not sent, or refused, in autocommit
    if (o.commit)
        return "08007"; // an answer to a COMMIT is lost, never lax
    if (o.plain_read)
        return "08S02"; // "plain SELECT ..."
    if (o.lax)
        return "08S02"; // FAILOVER_AUTOCOMMIT_STATE
    return "08007";     // "anything else in autocommit"
}

TEST(Outcome, AllCombinations)
{
    int seen[2] = {0, 0};
    for (int bits = 0; bits < 64; bits++) {
        for (int reach = REACH_NOT_SENT; reach <= REACH_SENT; reach++) {
            outcome_facts o = {};
            o.reach = (enum outcome_reach)reach;
            o.in_transaction = bits & 1;
            o.commit = bits & 2;
            o.rollback = bits & 4;
            o.plain_read = bits & 8;
            o.server_read_only = bits & 16;
            o.lax = bits & 32;
            EXPECT_EQ(outcome_sqlstate(&o), expected(o)) << bits << " reach " << reach;
            seen[expected(o) == "08007"]++;
        }
    }
    EXPECT_EQ(seen[0] + seen[1], 192);
    EXPECT_GT(seen[0], 0);
    EXPECT_GT(seen[1], 0);
}

TEST(Outcome, NothingElseThanTheTwo)
{
    outcome_facts o = {};
    o.reach = REACH_SENT;
    EXPECT_STREQ(outcome_sqlstate(&o), "08007");
    o.lax = true;
    EXPECT_STREQ(outcome_sqlstate(&o), "08S02");
    o.in_transaction = true; // lax is for autocommit
    EXPECT_STREQ(outcome_sqlstate(&o), "08007");
    o.in_transaction = false;
    o.commit = true;
    EXPECT_STREQ(outcome_sqlstate(&o), "08007");
}

// ---- what is run again: every combination of the facts against the second table ----

enum replay expected(const outcome_facts &o, const replay_facts &r)
{
    bool sent = o.reach == REACH_SENT;
    if (!r.clean || r.asks || o.in_transaction)
        return REPLAY_NO; // the session held something, or is asked about it
    if (o.reach == REACH_NOT_SENT && r.tracked)
        return REPLAY_SILENT; // "nothing was sent", whatever the option says
    if (r.mode == REPLAY_OFF)
        return REPLAY_NO;
    if (o.reach == REACH_NOT_SENT)
        return REPLAY_TOLD;
    if (!sent) // one statement, refused as a whole
        return r.refused && !o.several && !o.commit ? REPLAY_TOLD : REPLAY_NO;
    return r.mode == REPLAY_READS && r.guarded && o.plain_read ? REPLAY_TOLD : REPLAY_NO;
}

TEST(Outcome, WhatIsRunAgain)
{
    int seen[3] = {0, 0, 0};
    for (int bits = 0; bits < 512; bits++)
        for (int reach = REACH_NOT_SENT; reach <= REACH_SENT; reach++)
            for (int mode = REPLAY_OFF; mode <= REPLAY_READS; mode++) {
                outcome_facts o = {};
                replay_facts r = {};
                o.reach = static_cast<outcome_reach>(reach);
                o.in_transaction = bits & 1;
                o.commit = bits & 2;
                o.plain_read = bits & 4;
                o.several = bits & 8;
                r.mode = static_cast<replay_mode>(mode);
                r.tracked = bits & 16;
                r.clean = bits & 32;
                r.asks = bits & 64;
                r.refused = bits & 128;
                r.guarded = bits & 256;
                enum replay got = outcome_replay(&o, &r);
                EXPECT_EQ(got, expected(o, r)) << bits << " " << reach << " " << mode;
                seen[got]++;
                // Never what might have been done, unless the server itself held it read only.
                if (got != REPLAY_NO && reach == REACH_SENT) {
                    EXPECT_TRUE(r.guarded && o.plain_read && !o.in_transaction);
                }
            }
    EXPECT_GT(seen[REPLAY_NO], 0);
    EXPECT_GT(seen[REPLAY_SILENT], 0);
    EXPECT_GT(seen[REPLAY_TOLD], 0);
}

} // namespace
