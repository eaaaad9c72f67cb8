// storm_client NAME SEED BASE LONG_ROWS DSN KIND... : a worker a KIND, see work.h, until standard input ends.
//
// First every worker does its work once and leaves, so that what is measured then is what the process has without a
// connection; then "ready" is printed and the storm goes on; when standard input ends (the cluster is whole again)
// every worker must work once more, and what the process has without a connection is measured again.
#include "work.h"

#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <malloc.h>
#include <poll.h>
#include <thread>
#include <unistd.h>
#if defined(__SANITIZE_ADDRESS__)
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace
{

enum { ATTEMPTS = 5, SETTLE_MS = 3000 };

long entries(const char *folder)
{
    long n = 0;
    DIR *dir = opendir(folder);
    if (!dir)
        return -1;
    while (dirent *e = readdir(dir))
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

long bytes_in_use()
{
#if defined(__SANITIZE_ADDRESS__)
    return static_cast<long>(__sanitizer_get_current_allocated_bytes());
#elif defined(__SANITIZE_THREAD__)
    return 0;
#else
    struct mallinfo2 info = mallinfo2();
    return static_cast<long>(info.uordblks + info.hblkhd);
#endif
}

using Workers = std::vector<std::unique_ptr<Worker>>;

// Each in a thread of its own; all of them are at their end when it returns.
template <class F> void each(Workers &workers, F work)
{
    std::vector<std::thread> threads;
    for (auto &w : workers)
        threads.emplace_back([&work, &w] { work(*w); });
    for (auto &t : threads)
        t.join();
}

bool attempt(Worker &w)
{
    for (int i = 0; i < ATTEMPTS; i++)
        if (w.step())
            return true;
    return false;
}

// The driver's own threads end soon after the last connection, not with it.
Belongings settled(long threads)
{
    double end = now_ms() + SETTLE_MS;
    Belongings b = belongings();
    while (b.threads > threads && now_ms() < end) {
        sleep_ms(20);
        b = belongings();
    }
    return b;
}

void storm_on(Storm &storm, Workers &workers)
{
    std::thread watch([&storm] {
        char c;
        while (read(STDIN_FILENO, &c, 1) > 0)
            continue;
        storm.stop = true;
    });
    each(workers, [&storm](Worker &w) {
        while (!storm.stop) {
            w.step();
            sleep_ms(w.pause());
        }
        tell("p %s %s", w.name().c_str(), attempt(w) ? "yes" : "no");
        w.tell_done();
        w.leave();
    });
    watch.join();
}

} // namespace

Belongings belongings()
{
    return {entries("/proc/self/task"), entries("/proc/self/fd"), bytes_in_use()};
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fputs("usage: storm_client NAME SEED BASE LONG_ROWS DSN KIND...\n", stderr);
        return 2;
    }
    Storm storm;
    storm.name = argv[1];
    storm.seed = strtoull(argv[2], nullptr, 10);
    storm.base = atoll(argv[3]);
    storm.long_rows = atoi(argv[4]);
    storm.dsn = argv[5];
    Workers workers;
    for (int i = 6; i < argc; i++) {
        workers.push_back(make_worker(storm, argv[i], i - 6));
        if (!workers.back()) {
            fprintf(stderr, "no such kind of worker: %s\n", argv[i]);
            return 2;
        }
    }
    bool good = true;
    each(workers, [&good](Worker &w) {
        if (!attempt(w))
            good = false;
        w.leave();
    });
    if (!good) {
        tell("x %s a worker did not come to work", storm.name.c_str());
        return 1;
    }
    Belongings before = settled(1);
    tell("ready");
    storm_on(storm, workers);
    Belongings after = settled(before.threads);
    tell("l threads %ld %ld", before.threads, after.threads);
    tell("l descriptors %ld %ld", before.descriptors, after.descriptors);
    tell("l bytes %ld %ld", before.bytes, after.bytes);
    tell_longest();
    return 0;
}
