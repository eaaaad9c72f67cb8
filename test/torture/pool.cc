// Connections that come and go, and connections that lie idle until they are needed.
#include "work.h"

namespace
{

// Connects, writes a little, disconnects.
class Guest : public Worker
{
  public:
    Guest(Storm &storm, const std::string &worker, int number)
        : Worker(storm, worker, number), link_(storm, worker)
    {
    }
    bool step() override
    {
        if (!link_.connect())
            return false;
        SQLHSTMT h = link_.statement();
        bool good = h != nullptr;
        for (int i = some(1, 3); good && i > 0; i--) {
            int64_t g = group();
            Answer a = link_.execute(h, insert_of(g, 1));
            note(g, 1, a);
            good = a.good();
        }
        link_.disconnect();
        done("visits");
        return good;
    }
    void leave() override
    {
        link_.disconnect();
    }
    double pause() override
    {
        return some(150, 500);
    }

  private:
    Link link_;
};

// Some connections, each used now and then.
class Pool : public Worker
{
  public:
    Pool(Storm &storm, const std::string &worker, int number) : Worker(storm, worker, number)
    {
        for (int i = 0; i < SIZE; i++)
            all_.push_back({std::make_unique<Link>(storm, worker), nullptr});
    }
    bool step() override
    {
        bool good = true;
        for (int i = 0, n = storm_.stop ? SIZE : 1; i < n; i++)
            good = use(storm_.stop ? i : some(0, SIZE - 1)) && good;
        return good;
    }
    void leave() override
    {
        for (auto &m : all_)
            m.link->disconnect();
    }
    double pause() override
    {
        return some(40, 160);
    }

  private:
    enum { SIZE = 4 };
    struct Member {
        std::unique_ptr<Link> link;
        SQLHSTMT h;
    };
    bool use(int i)
    {
        Member &m = all_[static_cast<size_t>(i)];
        if (!m.link->connected()) {
            if (!m.link->connect())
                return false;
            m.h = m.link->statement();
        }
        int64_t g = group();
        Answer a = m.link->execute(m.h, insert_of(g, 1));
        note(g, 1, a);
        done("uses");
        if (!a.good())
            m.link->mend(a);
        return a.good();
    }
    std::vector<Member> all_;
};

} // namespace

std::unique_ptr<Worker> make_pool(Storm &storm, const std::string &kind, int number)
{
    std::string name = storm.name + "." + kind + "." + std::to_string(number);
    if (kind == "guest")
        return std::make_unique<Guest>(storm, name, number);
    if (kind == "pool")
        return std::make_unique<Pool>(storm, name, number);
    return nullptr;
}
