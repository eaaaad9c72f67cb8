// leaver CONNECTION-STRING SECONDS-SEED: an application that calls exit() at a random moment, while
// its threads use connections and the monitor is at work.
#include "app.h"

#include <cstdlib>

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    unsigned seed = static_cast<unsigned>(atoi(argv[2]));
    auto *all = new std::vector<Db *>; // deliberately left behind: that is what exit() finds
    for (int i = 0; i < 5; i++)
        all->push_back(new Db(argv[1]));
    for (Db *db : *all) {
        if (!db->open())
            return 3;
        if (db == all->back())
            break; // this thread's own
        std::thread([db] {
            for (;;)
                db->ask(speech().busy);
        }).detach();
    }
    all->back()->run(speech().kill_self);
    std::this_thread::sleep_for(std::chrono::microseconds(rand_r(&seed) % 60000));
    exit(0);
}
