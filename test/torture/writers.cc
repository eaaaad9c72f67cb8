// Those that write: by text, in transactions, prepared, by arrays, in pieces.
#include "work.h"

#include <cstring>

namespace
{

// A row a statement, each a transaction; now and then it looks whether it can see what it has written.
class Autocommit : public LinkWorker
{
  public:
    using LinkWorker::LinkWorker;

  protected:
    bool prepare() override
    {
        h_ = link_.statement();
        return h_ != nullptr;
    }
    bool work() override
    {
        if (last_ && chance(12))
            return look();
        int64_t g = group();
        Answer a = link_.execute(h_, chance(20) ? hungry_insert_of(g) : insert_of(g, 1));
        if (note(g, 1, a) == Outcome::ack)
            last_ = g;
        done("writes");
        if (!a.good())
            link_.mend(a);
        return a.good();
    }

  private:
    bool look()
    {
        long long n =
            link_.ask("SELECT count(*) FROM torture_row WHERE g = " + std::to_string(last_));
        if (n >= 0 && n != 1)
            wrong("its acknowledged write " + std::to_string(last_) + " is there " +
                  std::to_string(n) + " times");
        done("looks");
        return n >= 0;
    }
    SQLHSTMT h_ = nullptr;
    int64_t last_ = 0;
};

// Several rows and a COMMIT; some are given up on purpose, some dawdle.
class Transaction : public LinkWorker
{
  public:
    using LinkWorker::LinkWorker;

  protected:
    bool prepare() override
    {
        h_ = link_.statement();
        return h_ != nullptr && link_.autocommit(false);
    }
    bool work() override
    {
        int64_t g = group();
        int rows = some(2, 5);
        done("transactions");
        for (int n = 1; n <= rows; n++) {
            Answer a = link_.execute(h_, insert_of(g, n));
            if (!a.good())
                return give_up(g, rows, a);
            if (chance(20))
                sleep_ms(some(1, 150));
        }
        if (chance(10)) {
            Answer a = link_.end(SQL_ROLLBACK);
            note(g, rows, Outcome::open, a);
            return a.good();
        }
        Answer a = link_.end(SQL_COMMIT);
        note(g, rows, a);
        if (!a.good())
            link_.give_back(a);
        return a.good();
    }

  private:
    bool give_up(int64_t g, int rows, const Answer &a)
    {
        note(g, rows, Outcome::open, a);
        link_.give_back(a);
        return false;
    }
    SQLHSTMT h_ = nullptr;
};

// Prepared once a connection; one row, or an array of which each is a transaction, or an array and a COMMIT.
class Prepared : public LinkWorker
{
  public:
    using LinkWorker::LinkWorker;

  protected:
    bool prepare() override
    {
        h_ = link_.statement();
        if (!h_)
            return false;
        std::string sql = insert_sql;
        return link_
                   .on(h_, "SQLPrepare",
                       [&] {
                           return SQLPrepare(h_, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
                       })
                   .good() &&
               bind();
    }
    bool work() override
    {
        int count = chance(50) ? 1 : ROWS;
        for (int i = 0; i < count; i++)
            fill(i, group(), 1);
        Answer a = run(count);
        for (int i = 0; i < count; i++)
            note_set(i, count, a);
        done(count > 1 ? "arrays" : "writes");
        if (!a.good())
            link_.mend(a);
        return a.good();
    }
    enum { ROWS = 12, WIDTH = 200 };
    void fill(int i, int64_t g, int n)
    {
        g_[i] = g;
        n_[i] = n;
        std::string body = body_of(g, n);
        memcpy(body_[i], body.c_str(), body.size() + 1);
        length_[i] = SQL_NTS;
    }
    Answer run(int count)
    {
        for (auto &s : status_)
            s = 99;
        SQLSetStmtAttr(h_, SQL_ATTR_PARAMSET_SIZE,
                       reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(count)), 0);
        return link_.on(h_, "SQLExecute", [&] { return SQLExecute(h_); });
    }
    int64_t group_of(int i) const
    {
        return g_[i];
    }
    SQLHSTMT h_ = nullptr;

  private:
    bool bind()
    {
        SQLSetStmtAttr(h_, SQL_ATTR_PARAM_STATUS_PTR, status_, 0);
        return SQL_SUCCEEDED(SQLBindParameter(h_, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 19,
                                              0, g_, 0, nullptr)) &&
               SQL_SUCCEEDED(SQLBindParameter(h_, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10,
                                              0, n_, 0, nullptr)) &&
               SQL_SUCCEEDED(SQLBindParameter(h_, 3, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR,
                                              WIDTH, 0, body_, WIDTH, length_));
    }
    // A set's status says more than the call's return code where it says something.
    void note_set(int i, int count, const Answer &a)
    {
        if (a.rc == SQL_SUCCESS || count == 1) {
            note(g_[i], 1, a);
            return;
        }
        switch (status_[i]) {
        case SQL_PARAM_SUCCESS:
        case SQL_PARAM_SUCCESS_WITH_INFO:
            if (a.good())
                note(g_[i], 1, a); // a warning may say more
            else
                note(g_[i], 1, Outcome::ack, a);
            break;
        case SQL_PARAM_UNUSED:
            note(g_[i], 1, Outcome::undone, a);
            break;
        case SQL_PARAM_ERROR:
        case SQL_PARAM_DIAG_UNAVAILABLE: {
            Answer own = a;
            own.rc = SQL_ERROR;
            note(g_[i], 1, own);
            break;
        }
        default:
            note(g_[i], 1, Outcome::unknown, a);
            wrong("the status of a set is " + std::to_string(status_[i]));
        }
    }
    SQLBIGINT g_[ROWS];
    SQLINTEGER n_[ROWS];
    SQLCHAR body_[ROWS][WIDTH];
    SQLLEN length_[ROWS];
    SQLUSMALLINT status_[ROWS];
};

class Batch : public Prepared
{
  public:
    using Prepared::Prepared;

  protected:
    bool prepare() override
    {
        return Prepared::prepare() && link_.autocommit(false);
    }
    bool work() override
    {
        int64_t g = group();
        for (int i = 0; i < ROWS; i++)
            fill(i, g, i + 1);
        Answer a = run(ROWS);
        done("transactions");
        if (!a.good())
            note(g, ROWS, Outcome::open, a);
        else
            note(g, ROWS, a = link_.end(SQL_COMMIT));
        if (!a.good())
            link_.give_back(a);
        return a.good();
    }
};

// A long value given in pieces while the statement waits for them.
class Pieces : public LinkWorker
{
  public:
    using LinkWorker::LinkWorker;

  protected:
    bool prepare() override
    {
        h_ = link_.statement();
        if (!h_)
            return false;
        std::string sql = insert_sql;
        length_ = SQL_LEN_DATA_AT_EXEC(0);
        n_ = 0; // tells judge.py that the body is a long one
        return link_
                   .on(h_, "SQLPrepare",
                       [&] {
                           return SQLPrepare(h_, reinterpret_cast<SQLCHAR *>(&sql[0]), SQL_NTS);
                       })
                   .good() &&
               SQL_SUCCEEDED(SQLBindParameter(h_, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 19,
                                              0, &g_, 0, nullptr)) &&
               SQL_SUCCEEDED(SQLBindParameter(h_, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10,
                                              0, &n_, 0, nullptr)) &&
               SQL_SUCCEEDED(SQLBindParameter(h_, 3, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR,
                                              0, 0, &n_, 0, &length_));
    }
    bool work() override
    {
        g_ = group();
        std::string body = long_body_of(g_);
        double begin = now_ms();
        Answer a = link_.on(h_, "SQLExecute", [&] { return SQLExecute(h_); });
        if (a.rc == SQL_NEED_DATA)
            a = give(body);
        a.begin = begin;
        note(g_, 0, a);
        done("values");
        if (!a.good()) {
            link_.on(h_, "SQLCancel", [&] { return SQLCancel(h_); });
            link_.mend(a);
        }
        return a.good();
    }
    double pause() override
    {
        return some(80, 250);
    }

  private:
    Answer give(const std::string &body)
    {
        SQLPOINTER token = nullptr;
        Answer a = link_.on(h_, "SQLParamData", [&] { return SQLParamData(h_, &token); });
        if (a.rc != SQL_NEED_DATA)
            return a;
        for (size_t at = 0, n; at < body.size(); at += n) {
            n = std::min(body.size() - at, static_cast<size_t>(some(500, 6000)));
            a = link_.on(h_, "SQLPutData", [&] {
                return SQLPutData(h_, const_cast<char *>(body.data() + at), static_cast<SQLLEN>(n));
            });
            if (!a.good())
                return a;
            if (chance(10))
                sleep_ms(some(1, 60));
        }
        return link_.on(h_, "SQLParamData", [&] { return SQLParamData(h_, &token); });
    }
    SQLHSTMT h_ = nullptr;
    SQLBIGINT g_ = 0;
    SQLINTEGER n_ = 0;
    SQLLEN length_ = 0;
};

} // namespace

std::unique_ptr<Worker> make_writer(Storm &storm, const std::string &kind, int number)
{
    std::string name = storm.name + "." + kind + "." + std::to_string(number);
    if (kind == "autocommit")
        return std::make_unique<Autocommit>(storm, name, number);
    if (kind == "transaction")
        return std::make_unique<Transaction>(storm, name, number);
    if (kind == "prepared")
        return std::make_unique<Prepared>(storm, name, number);
    if (kind == "batch")
        return std::make_unique<Batch>(storm, name, number);
    if (kind == "pieces")
        return std::make_unique<Pieces>(storm, name, number);
    return nullptr;
}
