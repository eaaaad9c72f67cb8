// Those in the middle of a long fetch: alone, or with another statement between.
#include "work.h"

#include <cstring>

namespace
{

// Fetches torture_long (n from 1 up, a text that follows from n) and looks for gaps.
class Stream
{
  public:
    enum class End { open, whole, cut };
    Stream(Link &link, SQLHSTMT h, int rows) : link_(link), h_(h), rows_(rows)
    {
    }
    // A block of rows, or one row by SQLGetData; what is wrong goes to `wrong`.
    End fetch(bool by_block, std::string &wrong)
    {
        SQLULEN size = by_block ? BLOCK : 1;
        SQLSetStmtAttr(h_, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(size), 0);
        SQLSetStmtAttr(h_, SQL_ATTR_ROWS_FETCHED_PTR, &fetched_, 0);
        Answer a;
        if (by_block) {
            SQLBindCol(h_, 1, SQL_C_SLONG, n_, 0, nullptr);
            SQLBindCol(h_, 2, SQL_C_CHAR, text_, WIDTH, length_);
        } else {
            SQLFreeStmt(h_, SQL_UNBIND);
        }
        a = link_.on(h_, "SQLFetch", [&] { return SQLFetch(h_); });
        if (a.good() && !by_block)
            a = get_data();
        answer = a;
        if (a.rc == SQL_NO_DATA) {
            if (last_ != rows_)
                wrong = "a stream ended without an error after " + std::to_string(last_) + " of " +
                        std::to_string(rows_) + " rows";
            return End::whole;
        }
        if (!a.good())
            return End::cut;
        for (SQLULEN i = 0; i < fetched_ && wrong.empty(); i++)
            look(i, wrong);
        return End::open;
    }
    Answer answer; // of the last fetch

  private:
    enum { BLOCK = 32, WIDTH = 2200 };
    Answer get_data()
    {
        SQLLEN ignored;
        Answer a = link_.on(
            h_, "SQLGetData", [&] { return SQLGetData(h_, 1, SQL_C_SLONG, &n_[0], 0, &ignored); });
        if (!a.good())
            return a;
        return link_.on(h_, "SQLGetData", [&] {
            return SQLGetData(h_, 2, SQL_C_CHAR, text_[0], WIDTH, &length_[0]);
        });
    }
    void look(SQLULEN i, std::string &wrong)
    {
        std::string expect = std::to_string(last_ + 1) + ":" +
                             std::string(static_cast<size_t>((last_ + 1) % 2111), 'y');
        if (n_[i] != last_ + 1)
            wrong = "row " + std::to_string(n_[i]) + " of a stream came after row " +
                    std::to_string(last_);
        else if (expect != reinterpret_cast<char *>(text_[i]))
            wrong = "the text of row " + std::to_string(n_[i]) + " of a stream is another's";
        last_ = n_[i];
    }
    Link &link_;
    SQLHSTMT h_;
    const int rows_;
    int last_ = 0;
    SQLULEN fetched_ = 0;
    SQLINTEGER n_[BLOCK];
    SQLCHAR text_[BLOCK][WIDTH];
    SQLLEN length_[BLOCK];
};

class Reader : public LinkWorker
{
  public:
    using LinkWorker::LinkWorker;
    double pause() override
    {
        return some(150, 600);
    }

  protected:
    bool prepare() override
    {
        h_ = link_.statement();
        other_ = link_.statement();
        return h_ && other_;
    }
    bool work() override
    {
        Answer a = link_.execute(h_, "SELECT n, pad FROM torture_long ORDER BY n");
        if (!a.good())
            return failed(a);
        bool by_block = chance(80), good = true;
        Stream stream(link_, h_, storm_.long_rows);
        auto state = Stream::End::open;
        std::string trouble;
        for (int i = 0; state == Stream::End::open && trouble.empty(); i++) {
            state = stream.fetch(by_block, trouble);
            if (!by_block && i > 200)
                break;
            if (by_block && chance(6))
                sleep_ms(some(1, 40));
            if (state == Stream::End::open)
                good = between() && good;
        }
        if (!trouble.empty())
            wrong(trouble);
        done(state == Stream::End::whole  ? "streams"
             : state == Stream::End::open ? "streams-left"
                                          : "streams-cut");
        a = stream.answer;
        link_.close(h_);
        if (state == Stream::End::cut)
            return failed(a);
        return good && trouble.empty();
    }
    // While the rest of the stream waits.
    virtual bool between()
    {
        return true;
    }
    bool failed(const Answer &a)
    {
        if (a.state != "08S02" && a.state != "08007" && a.state != "08S01" && a.state != "HYT00" &&
            !is_short(a))
            wrong("a read that no rule foresees: " + a.state + " " + a.text);
        link_.close(h_);
        link_.mend(a);
        return false;
    }
    SQLHSTMT h_ = nullptr, other_ = nullptr;
};

// The same, and another statement of the connection writes meanwhile: the stream is set aside.
class Aside : public Reader
{
  public:
    using Reader::Reader;

  protected:
    bool between() override
    {
        if (!link_.connected() || !chance(4))
            return true;
        int64_t g = group();
        Answer a = link_.execute(other_, insert_of(g, 1));
        note(g, 1, a);
        done("writes");
        return a.good();
    }
};

} // namespace

std::unique_ptr<Worker> make_reader(Storm &storm, const std::string &kind, int number)
{
    std::string name = storm.name + "." + kind + "." + std::to_string(number);
    if (kind == "reader")
        return std::make_unique<Reader>(storm, name, number);
    if (kind == "aside")
        return std::make_unique<Aside>(storm, name, number);
    return nullptr;
}
