// SQLForeignKeys, SQLProcedures, SQLProcedureColumns, SQLTablePrivileges, SQLColumnPrivileges. The
// place of the tables is a schema to PostgreSQL and a database, ODBC's catalog, to MySQL.
#include "odbc_test.h"

namespace
{

class CatalogMore : public EveryMode
{
  protected:
    static constexpr const char *PLACE = "hf_more";
    static void SetUpTestSuite()
    {
        run_all({by("DROP SCHEMA IF EXISTS hf_more CASCADE", "DROP DATABASE IF EXISTS hf_more"),
                 "CREATE SCHEMA hf_more",
                 "CREATE TABLE hf_more.parent (b int NOT NULL, a int NOT NULL, u int UNIQUE,"
                 " CONSTRAINT parent_pk PRIMARY KEY (a, b))",
                 "CREATE TABLE hf_more.child (id int PRIMARY KEY, x int, y int, z int,"
                 " CONSTRAINT child_p FOREIGN KEY (x, y) REFERENCES hf_more.parent (a, b)"
                 " ON DELETE CASCADE, CONSTRAINT child_u FOREIGN KEY (z)"
                 " REFERENCES hf_more.parent (u) ON UPDATE SET NULL ON DELETE RESTRICT)",
                 "CREATE TABLE hf_more.grandchild (id int, CONSTRAINT grand FOREIGN KEY (id)"
                 " REFERENCES hf_more.child (id))",
                 by("CREATE FUNCTION hf_more.add_half(a int, b varchar(20)) RETURNS numeric"
                    " LANGUAGE sql AS 'SELECT a + 0.5'",
                    "CREATE FUNCTION hf_more.add_half(a int, b varchar(20)) RETURNS decimal(10,2)"
                    " DETERMINISTIC COMMENT 'adds' RETURN a + 0.5"),
                 by("CREATE PROCEDURE hf_more.proc(IN i int, INOUT o numeric) LANGUAGE sql"
                    " AS 'SELECT o + i'",
                    "CREATE PROCEDURE hf_more.proc(IN i int unsigned, INOUT o decimal(12,4),"
                    " OUT t varchar(20)) SET o = o + i, t = 'x'"),
                 by("COMMENT ON FUNCTION hf_more.add_half IS 'adds'", "DO 0")});
    }
    static void TearDownTestSuite()
    {
        run_all({by("DROP SCHEMA hf_more CASCADE", "DROP DATABASE hf_more")});
    }
    static void run_all(const std::vector<std::string> &texts)
    {
        Env e;
        Dbc d(e);
        ASSERT_TRUE(ok(d.open(conn_str()), d));
        Stmt s(d);
        for (const std::string &sql : texts) {
            EXPECT_TRUE(ok(s.exec(sql), s)) << sql;
            s.close();
        }
    }
    Name catalog() const
    {
        return my() ? PLACE : nullptr;
    }
    Name schema() const
    {
        return my() ? nullptr : PLACE;
    }
    std::vector<Row> result(SQLRETURN rc)
    {
        EXPECT_TRUE(ok(rc, stmt));
        auto rows = stmt.rest();
        stmt.close();
        return rows;
    }
    // The columns of the result, separated by commas, a line a row.
    std::string picked(SQLRETURN rc, std::initializer_list<size_t> columns)
    {
        std::string out;
        for (const Row &row : result(rc)) {
            std::string line;
            for (size_t n : columns)
                line += "," + row.at(n - 1).value_or("NULL");
            out += line.substr(1) + "\n";
        }
        return out;
    }
    void expect_header(SQLRETURN rc, const std::vector<std::string> &wanted)
    {
        EXPECT_TRUE(ok(rc, stmt));
        std::vector<std::string> got;
        for (SQLUSMALLINT i = 1; i <= stmt.columns(); i++)
            got.push_back(stmt.column(i).name);
        EXPECT_EQ(wanted, got);
        stmt.close();
    }
    SQLRETURN keys(Name parent, Name child)
    {
        return calls.foreign_keys(stmt, parent ? catalog() : nullptr, parent ? schema() : nullptr,
                                  parent, child ? catalog() : nullptr, child ? schema() : nullptr,
                                  child);
    }
};
ALL_MODES(CatalogMore);

// ---- SQLForeignKeys ----

TEST_P(CatalogMore, ForeignKeys)
{
    expect_header(keys("parent", nullptr),
                  {"PKTABLE_CAT", "PKTABLE_SCHEM", "PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_CAT",
                   "FKTABLE_SCHEM", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ", "UPDATE_RULE",
                   "DELETE_RULE", "FK_NAME", "PK_NAME", "DEFERRABILITY"});
    std::string pk = by("parent_pk", "PRIMARY");
    const std::string all = "parent,a,child,x,1,3,0,child_p," + pk + ",7\n" +
                            by("parent,u,child,z,1,2,3,child_u,parent_u_key,7\n", "") +
                            "parent,b,child,y,2,3,0,child_p," + pk + ",7\n";
    for (auto [parent, child] : {std::pair("parent", Name(nullptr)), {Name(nullptr), "child"},
                                 {Name("parent"), "child"}})
        EXPECT_EQ(all, picked(keys(parent, child), {3, 4, 7, 8, 9, 10, 11, 12, 13, 14}));
    EXPECT_EQ("", picked(keys("child", "parent"), {3}));
    EXPECT_EQ("", picked(keys("par%", nullptr), {3})); // no patterns
    auto rows = result(keys("child", nullptr));
    ASSERT_EQ(1U, rows.size());
    EXPECT_EQ("grandchild", rows[0][6]);
    EXPECT_EQ(my() ? Cell("hf_more") : Cell(env("HF_DB_DATABASE")), rows[0][0]);
    EXPECT_EQ(my() ? Cell() : Cell("hf_more"), rows[0][1]);
    EXPECT_EQ(rows[0][0], rows[0][4]);
    EXPECT_EQ(rows[0][1], rows[0][5]);
    EXPECT_TRUE(fails(keys(nullptr, nullptr), stmt, "HY009"));
    SQLSMALLINT nullable = 0;
    ASSERT_TRUE(ok(keys("child", nullptr), stmt));
    nullable = stmt.column(9).nullable;
    EXPECT_EQ(SQL_NO_NULLS, nullable);
    EXPECT_EQ(SQL_SMALLINT, stmt.column(9).type);
}

// An unqualified table is the one in the search path; the current database.
TEST_P(CatalogMore, ForeignKeysWithoutAPlace)
{
    EXPECT_EQ(by("grandchild\n", ""), picked(calls.foreign_keys(stmt, nullptr, nullptr, "child", nullptr,
                                                        nullptr, nullptr),
                                     {7}));
    ASSERT_TRUE(ok(stmt.exec(by("SET search_path = hf_more", "USE hf_more")), stmt));
    EXPECT_EQ("grandchild\n",
              picked(calls.foreign_keys(stmt, nullptr, nullptr, "child", nullptr, nullptr, nullptr),
                     {7}));
}

// ---- procedures ----

TEST_P(CatalogMore, Procedures)
{
    expect_header(calls.procedures(stmt, catalog(), schema(), "%"),
                  {"PROCEDURE_CAT", "PROCEDURE_SCHEM", "PROCEDURE_NAME", "NUM_INPUT_PARAMS",
                   "NUM_OUTPUT_PARAMS", "NUM_RESULT_SETS", "REMARKS", "PROCEDURE_TYPE"});
    EXPECT_EQ("add_half,adds,2\n",
              picked(calls.procedures(stmt, catalog(), schema(), "add\\_h%"), {3, 7, 8}));
    EXPECT_EQ("add_half,2\nproc,1\n",
              picked(calls.procedures(stmt, catalog(), schema(), nullptr), {3, 8}));
    EXPECT_EQ("", picked(calls.procedures(stmt, catalog(), schema(), "addXhalf"), {3}));
    EXPECT_EQ("", picked(calls.procedures(stmt, catalog(), schema(), ""), {3}));
}

TEST_P(CatalogMore, ProcedureColumns)
{
    expect_header(calls.procedure_columns(stmt, catalog(), schema(), "%", nullptr),
                  {"PROCEDURE_CAT", "PROCEDURE_SCHEM", "PROCEDURE_NAME", "COLUMN_NAME",
                   "COLUMN_TYPE", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "BUFFER_LENGTH",
                   "DECIMAL_DIGITS", "NUM_PREC_RADIX", "NULLABLE", "REMARKS", "COLUMN_DEF",
                   "SQL_DATA_TYPE", "SQL_DATETIME_SUB", "CHAR_OCTET_LENGTH", "ORDINAL_POSITION",
                   "IS_NULLABLE"});
    bool w = connects.wide;
    std::string text = std::to_string(!my() ? (w ? SQL_WLONGVARCHAR : SQL_LONGVARCHAR)
                                            : (w ? SQL_WVARCHAR : SQL_VARCHAR));
    std::string decimal = std::to_string(my() ? SQL_DECIMAL : SQL_NUMERIC);
    EXPECT_EQ(",5," + decimal + ",0\na,1,4,1\nb,1," + text + ",2\n",
              picked(calls.procedure_columns(stmt, catalog(), schema(), "add_half", nullptr),
                     {4, 5, 6, 18}));
    EXPECT_EQ(by("i,1,4,1\no,2,2,2\n", "i,1,4,1\no,2,3,2\nt,4," + text + ",3\n"),
              picked(calls.procedure_columns(stmt, catalog(), schema(), "proc", "%"),
                     {4, 5, 6, 18}));
    EXPECT_EQ("a\n", picked(calls.procedure_columns(stmt, catalog(), schema(), "%", "a"), {4}));
    if (!my()) {
        run_all({"CREATE FUNCTION hf_more.both(i int, OUT a int, OUT b int) LANGUAGE sql AS 'SELECT 1, 2'",
                 "CREATE FUNCTION hf_more.several(i int, OUT a int, OUT b int) RETURNS SETOF record"
                 " LANGUAGE sql AS 'SELECT 1, 2'",
                 "CREATE FUNCTION hf_more.row_of(i int) RETURNS hf_more.parent LANGUAGE sql"
                 " AS 'SELECT * FROM hf_more.parent'"});
        const char *wanted[][2] = {{"both", "i,1,1\na,4,2\nb,4,3\n"},
                                   {"several", "i,1,1\na,3,2\nb,3,3\n"},
                                   {"row\\_of", "i,1,1\nb,3,1\na,3,2\nu,3,3\n"}};
        for (auto &w : wanted)
            EXPECT_EQ(w[1], picked(calls.procedure_columns(stmt, catalog(), schema(), w[0], nullptr),
                                   {4, 5, 18}));
        run_all({"DROP FUNCTION hf_more.both, hf_more.several, hf_more.row_of"});
    }
    if (my()) {
        auto rows = result(calls.procedure_columns(stmt, catalog(), schema(), "proc", nullptr));
        EXPECT_EQ("int unsigned", rows.at(0)[6]);
        EXPECT_EQ("12", rows.at(1)[7]);
        EXPECT_EQ("4", rows.at(1)[9]);
        EXPECT_EQ("20", rows.at(2)[7]);
        EXPECT_EQ("80", rows.at(2)[16]);
    }
}

// ---- privileges ----

TEST_P(CatalogMore, Privileges)
{
    expect_header(calls.table_privileges(stmt, catalog(), schema(), "parent"),
                  {"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "GRANTOR", "GRANTEE", "PRIVILEGE",
                   "IS_GRANTABLE"});
    expect_header(calls.column_privileges(stmt, catalog(), schema(), "parent", nullptr),
                  {"TABLE_CAT", "TABLE_SCHEM", "TABLE_NAME", "COLUMN_NAME", "GRANTOR", "GRANTEE",
                   "PRIVILEGE", "IS_GRANTABLE"});
    std::string who = by("PUBLIC", "app"), grantee = by("PUBLIC", "'app'@'%'");
    run_all({"GRANT SELECT, UPDATE (u), INSERT (a) ON hf_more.parent TO " + who});
    std::string tables = picked(calls.table_privileges(stmt, catalog(), schema(), "par%"), {3, 5, 6, 7});
    EXPECT_NE(std::string::npos, tables.find("parent," + grantee + ",SELECT,NO")) << tables;
    if (!my()) { // "GRANTOR: where GRANTEE is the owner, _SYSTEM"; he may pass on what he has
        std::string own = picked(calls.table_privileges(stmt, catalog(), schema(), "parent"), {4, 5, 6, 7});
        EXPECT_NE(std::string::npos, own.find("_SYSTEM,app,INSERT,YES\n")) << own;
        EXPECT_NE(std::string::npos, own.find("app,PUBLIC,SELECT,NO\n")) << own;
        own = picked(calls.column_privileges(stmt, catalog(), schema(), "parent", "u"), {5, 6, 7, 8});
        EXPECT_NE(std::string::npos, own.find("_SYSTEM,app,UPDATE,YES\n")) << own;
        EXPECT_NE(std::string::npos, own.find("app,PUBLIC,UPDATE,NO\n")) << own;
    }
    std::string columns =
        picked(calls.column_privileges(stmt, catalog(), schema(), "parent", nullptr), {4, 6, 7, 8});
    EXPECT_NE(std::string::npos, columns.find("u," + grantee + ",UPDATE,NO")) << columns;
    EXPECT_NE(std::string::npos, columns.find("a," + grantee + ",INSERT,NO")) << columns;
    EXPECT_EQ(std::string::npos, columns.find("b," + grantee + ",INSERT")) << columns;
    EXPECT_NE(std::string::npos, picked(calls.column_privileges(stmt, catalog(), schema(), "parent", "u"), {4, 7})
                  .find("u,UPDATE\n"));
    EXPECT_EQ("", picked(calls.column_privileges(stmt, catalog(), schema(), "parent", "nix"), {4}));
    EXPECT_TRUE(fails(calls.column_privileges(stmt, catalog(), schema(), nullptr, "u"), stmt, "HY009"));
    run_all({"REVOKE SELECT, UPDATE (u), INSERT (a) ON hf_more.parent FROM " + who});
}

} // namespace
