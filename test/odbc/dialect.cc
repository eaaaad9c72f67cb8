// The tests are written in PostgreSQL's SQL. For MySQL their texts are rewritten here, by words that
// differ in spelling only; sql_mode does its part (PIPES_AS_CONCAT, ANSI_QUOTES: conn_str()). A test
// that needs more says by(PostgreSQL's text, MySQL's text).
#include "odbc_test.h"

#include <regex>
#include <utility>

static std::string cast_type(const std::string &type)
{
    static const std::pair<const char *, const char *> names[] = {
        {"smallint", "SIGNED"},     {"int", "SIGNED"},          {"int2", "SIGNED"},
        {"int4", "SIGNED"},         {"int8", "SIGNED"},         {"integer", "SIGNED"},
        {"bigint", "SIGNED"},       {"boolean", "SIGNED"},      {"bool", "SIGNED"},
        {"text", "CHAR"},           {"varchar", "CHAR"},        {"char", "CHAR"},
        {"bpchar", "CHAR"},         {"numeric", "DECIMAL(65, 10)"}, {"float8", "DOUBLE"},
        {"double precision", "DOUBLE"}, {"real", "FLOAT"},      {"float4", "FLOAT"},
        {"date", "DATE"},           {"time", "TIME(6)"},        {"timestamp", "DATETIME(6)"},
        {"bytea", "BINARY"},        {"interval", "CHAR"},       {"uuid", "CHAR"},
    };
    for (const auto &[pg, mysql] : names)
        if (type == pg)
            return mysql;
    return "";
}

// x::type and CAST(x AS type), for types of the list; a declared length goes along.
static std::string casts(const std::string &sql)
{
    static const std::regex colons(
        R"((\?|[xX]?'(?:[^']|'')*'|-?[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?|\bNULL\b|\b[a-z]\w*)::(\w+)(\([0-9]+(?:, ?[0-9]+)?\))?)");
    static const std::regex words(
        R"(\bAS (smallint|integer|int|bigint|boolean|text|varchar|numeric|float8|double precision|real|timestamp|time|bytea)(\([0-9]+(?:, ?[0-9]+)?\))?\))");
    std::string out = sql;
    std::smatch m;
    for (auto at = out.cbegin(); std::regex_search(at, out.cend(), m, colons);) {
        std::string type = cast_type(m[2]), size = m[3];
        auto from = size_t(m[0].first - out.cbegin());
        if (type.empty()) {
            at = m[0].second;
            continue;
        }
        if (!size.empty())
            type = type.substr(0, type.find('(')) + size;
        std::string made = "CAST(" + m[1].str() + " AS " + type + ")";
        out.replace(from, size_t(m[0].length()), made);
        at = out.cbegin() + std::ptrdiff_t(from + made.size());
    }
    for (auto at = out.cbegin(); std::regex_search(at, out.cend(), m, words);) {
        std::string type = cast_type(m[1]), size = m[2];
        auto from = size_t(m[0].first - out.cbegin());
        if (!size.empty())
            type = type.substr(0, type.find('(')) + size;
        std::string made = "AS " + type + ")";
        out.replace(from, size_t(m[0].length()), made);
        at = out.cbegin() + std::ptrdiff_t(from + made.size());
    }
    return out;
}

// What MariaDB has and MySQL has not: its sequence engine (of test/lab/sequences.sql there is one table
// in order), rows of VALUES without a word before them, a type for UUIDs; and names of
// variables that MySQL has given up.
static std::string mysql_dialect(const std::string &sql)
{
    static const std::regex sequence(R"(\bseq_(\d+)_to_(\d+)\b)");
    const long most = 100000;
    std::string out = sql;
    std::smatch m;
    for (auto at = out.cbegin(); std::regex_search(at, out.cend(), m, sequence);) {
        long first = std::stol(m[1]), last = std::stol(m[2]);
        auto from = size_t(m[0].first - out.cbegin());
        std::string made = "(SELECT seq FROM seq_1_to_100000 WHERE seq ";
        if (first == 0)
            made = "(SELECT CAST(seq AS SIGNED) - 1 AS seq FROM seq_1_to_100000 WHERE seq - 1 ";
        else if (last > most)
            made = "(SELECT /*+ NO_BNL(a, b) */ b.seq + (a.seq - 1) * 100000 AS seq FROM seq_1_to_100000 a STRAIGHT_JOIN"
                   " seq_1_to_100000 b WHERE a.seq <= " + std::to_string((last + most - 1) / most) +
                   " AND b.seq + (a.seq - 1) * 100000 ";
        made += "BETWEEN " + m[1].str() + " AND " + m[2].str() + ") " + m[0].str();
        out.replace(from, size_t(m[0].length()), made);
        at = out.cbegin() + std::ptrdiff_t(from + made.size());
    }
    static const std::pair<std::regex, const char *> words[] = {
        {std::regex(R"(@@tx_(isolation|read_only)\b)"), "@@transaction_$1"},
        {std::regex(R"(\buuid(?=[,) ]))"), "char(36)"},
    };
    for (const auto &[from, to] : words)
        out = std::regex_replace(out, from, to);
    if (out.rfind("VALUES (", 0) == 0)
        out = std::regex_replace(out, std::regex(R"((^VALUES |\), )\()"), "$1ROW(");
    return out;
}

std::string dialect(const std::string &sql)
{
    enum { BYTES = 4 };
    static const std::pair<std::regex, const char *> words[] = {
        {std::regex(R"(\bTEMP TABLE\b)"), "TEMPORARY TABLE"},
        {std::regex(R"(\bFROM generate_series\((\d+), (\d+)\)(?: AS)? (i|g)\b)"),
         "FROM (SELECT seq AS $3 FROM seq_$1_to_$2) $3"},
        {std::regex(R"(\bFROM generate_series\((\d+), (\d+)\))"), "FROM seq_$1_to_$2"},
        {std::regex(R"(\bSELECT generate_series\((\d+), (\d+)\))"), "SELECT seq FROM seq_$1_to_$2"},
        {std::regex(R"('\\x([0-9a-fA-F]*)'::bytea)"), "x'$1'"},
        {std::regex(R"(\bE')"), "'"},
        // A SLEEP by itself ends well when it is killed.
        {std::regex(R"(\bSELECT pg_sleep\(([0-9]+)\))"),
         "SELECT COUNT(*) FROM seq_1_to_$1 WHERE SLEEP(1) = 1"},
        {std::regex(R"(\bpg_sleep\()"), "SLEEP("},
        {std::regex(R"(\bencode\((?:convert_to\()?(\w+)(?:, 'UTF8'\))?, 'hex'\))"),
         "LOWER(HEX($1))"},
        {std::regex(R"(\bencode\((.*), 'hex'\))"), "LOWER(HEX($1))"},
        {std::regex(R"(\bdecode\((.*), 'hex'\))"), "UNHEX($1)"},
        // What fails when it is evaluated: division by zero is NULL here.
        {std::regex(R"(\bSELECT 1/0)"), "SELECT POW(10, 400)"},
        {std::regex(R"(\bSHOW transaction_isolation\b)"),
         "SELECT LOWER(REPLACE(@@tx_isolation, '-', ' '))"},
        {std::regex(R"(\bSHOW transaction_read_only\b)"), "SELECT IF(@@tx_read_only, 'on', 'off')"},
        {std::regex(R"(\bpg_backend_pid\(\))"), "CONNECTION_ID()"},
        {std::regex(R"(\bcurrent_database\(\))"), "DATABASE()"},
        {std::regex(R"(\bcurrent_user\b)"), "SUBSTRING_INDEX(USER(), '@', 1)"},
        {std::regex(R"(\bbytea\b(?! AS)(?=[,) ]))"), "longblob"},
        {std::regex(R"(\bnumeric(?=[,)]))"), "decimal(40, 10)"},
        {std::regex(R"(\btimestamptz\b)"), "datetime(6)"},
        {std::regex(R"(\b(\w+) serial\b)"), "$1 int AUTO_INCREMENT PRIMARY KEY"},
    };
    if (!my() || sql.size() > 4000) // std::regex recurses over long texts
        return sql;
    // Casts first where they name a type that has another name in a definition.
    std::string out = std::regex_replace(sql, words[BYTES].first, words[BYTES].second);
    out = casts(out);
    for (const auto &[from, to] : words)
        out = std::regex_replace(out, from, to);
    return my_is_mysql() ? mysql_dialect(out) : out;
}
