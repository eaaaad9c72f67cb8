#include "native_session.h"

namespace {

std::string mapped(const char *server, const char *text = "")
{
    struct fault f;
    fault_set(&f, "00000", "ERROR %s: %s", server, text);
    snprintf(f.server_state, sizeof f.server_state, "%s", server);
    native_map_sqlstate(&f);
    EXPECT_STREQ(server, f.server_state);
    return f.sqlstate;
}

TEST(Sqlstate, Mapped)
{
    static const char *const rows[][2] = {
        {"42P01", "42S02"}, {"42703", "42S22"}, {"42P07", "42S01"}, {"42701", "42S21"},
        {"42601", "42000"}, {"42501", "42000"}, {"42883", "42000"}, {"23505", "23000"},
        {"23503", "23000"}, {"22001", "22001"}, {"22003", "22003"}, {"22007", "22007"},
        {"22008", "22008"}, {"22012", "22012"}, {"22P02", "22018"}, {"22018", "22018"},
        {"22019", "22019"}, {"22025", "22025"}, {"2201E", "HY000"}, {"40001", "40001"},
        {"40P01", "40001"}, {"40003", "40003"}, {"57014", "HY008"}, {"25006", "25000"},
        {"25P02", "25000"}, {"26000", "HY000"}, {"3D000", "3D000"}, {"3F000", "3F000"},
        {"28000", "28000"}, {"28P01", "28000"}, {"08006", "08S01"}, {"08P01", "08S01"},
        {"53200", "HY001"}, {"53100", "HY001"}, {"53300", "HY000"}, {"0A000", "HYC00"},
        {"54001", "HY000"}, {"55P03", "HY000"}, {"57P01", "08S01"}, {"57P03", "08S01"},
        {"57000", "HY000"}, {"XX000", "HY000"}, {"P0001", "HY000"}, {"21000", "HY000"},
        {"34000", "34000"}, {"24000", "24000"}, {"44000", "44000"}, {"01000", "01000"},
        {"01004", "01004"}, {"01P01", "01000"}, {"00000", "HY000"},
    };
    for (const auto &row : rows)
        EXPECT_EQ(row[1], mapped(row[0])) << row[0];
}

TEST(Sqlstate, TextDecidesWhereTheStateIsTooWide)
{
    EXPECT_EQ("42000", mapped("42704", "type \"x\" does not exist"));
    EXPECT_EQ("42S12", mapped("42704", "index \"x\" does not exist"));
    EXPECT_EQ("21S01", mapped("42601", "INSERT has more expressions than target columns"));
    EXPECT_EQ("07002", mapped("08P01", "bind message supplies 1 parameters, but prepared statement "
                                       "\"x\" requires 2"));
}

TEST(Sqlstate, NothingToMap)
{
    EXPECT_EQ("HY000", mapped(""));
    EXPECT_EQ("HY000", mapped("42"));
}

} // namespace
