// SQLNumResultCols, SQLDescribeCol, SQLColAttribute: before and after the statement runs.
#include "odbc_test.h"

#include <cstring>

namespace
{

class Results : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        stmt.exec("DROP TABLE IF EXISTS hf_results");
        stmt.close();
        ASSERT_TRUE(
            ok(stmt.exec("CREATE TABLE hf_results (id serial PRIMARY KEY, \"Gr\xc3\xb6\xc3\x9f"
                         "e\" numeric(8,3) NOT NULL, note varchar(40), data bytea)"),
               stmt));
        stmt.close();
    }
    void TearDown() override
    {
        stmt.close();
        stmt.exec("DROP TABLE IF EXISTS hf_results");
        EveryMode::TearDown();
    }
};
ALL_MODES(Results);

TEST_P(Results, BeforeExecution)
{
    ASSERT_TRUE(clean(stmt.prepare("SELECT id, \"Gr\xc3\xb6\xc3\x9f"
                                   "e\", note AS alias, 1+1 FROM hf_results WHERE id > ?"),
                      stmt));
    EXPECT_EQ(4, stmt.columns());
    Column c = stmt.column(1);
    EXPECT_EQ("id", c.name);
    EXPECT_EQ(SQL_INTEGER, c.type);
    c = stmt.column(2);
    EXPECT_EQ("Gr\xc3\xb6\xc3\x9f"
              "e",
              c.name);
    EXPECT_EQ(my() ? SQL_DECIMAL : SQL_NUMERIC, c.type);
    EXPECT_EQ(8U, c.size);
    EXPECT_EQ(3, c.digits);
    EXPECT_EQ("alias", stmt.column(3).name);
    EXPECT_EQ(40U, stmt.column(3).size);
    EXPECT_EQ(by("?column?", "1+1"), stmt.column(4).name);
    // It can still be run.
    SQLINTEGER id = 0;
    SQLLEN ind = 0;
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0, &ind);
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(4, stmt.columns());
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
}

// The types of the bound parameters count, as they will when the statement runs.
TEST_P(Results, BeforeExecutionWithParameters)
{
    SQLINTEGER n = 1;
    SQLSMALLINT count = 0, type = 0;
    ASSERT_TRUE(clean(stmt.prepare("SELECT ? + ?, ?"), stmt));
    EXPECT_TRUE(fails(SQLNumResultCols(stmt, &count), stmt, "42000"));
    for (SQLUSMALLINT i = 1; i <= 3; i++)
        SQLBindParameter(stmt, i, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_BIGINT, 0, 0, &n, 0, nullptr);
    EXPECT_EQ(2, stmt.columns());
    EXPECT_EQ(SQL_BIGINT, stmt.column(1).type);
    EXPECT_EQ(SQL_BIGINT, stmt.column(2).type);
    SQLBindParameter(stmt, 3, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_DOUBLE, 0, 0, &n, 0, nullptr);
    EXPECT_EQ(SQL_DOUBLE, stmt.column(2).type);
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    EXPECT_EQ(SQL_DOUBLE, stmt.column(2).type);
    stmt.close();

    // SQLDescribeParam tells what the server would have, bound and executed or not.
    ASSERT_TRUE(clean(stmt.prepare("INSERT INTO hf_results VALUES (?, ?)"), stmt));
    ASSERT_TRUE(clean(SQLDescribeParam(stmt, 2, &type, nullptr, nullptr, nullptr), stmt));
    EXPECT_EQ(SQL_NUMERIC, type);
    ASSERT_TRUE(clean(stmt.execute(), stmt));
    ASSERT_TRUE(clean(SQLDescribeParam(stmt, 2, &type, nullptr, nullptr, nullptr), stmt));
    EXPECT_EQ(SQL_NUMERIC, type);
    n = 2;
    ASSERT_TRUE(clean(stmt.execute(), stmt));
}

TEST_P(Results, ARefusedDescriptionFailsNoTransaction)
{
    SQLSMALLINT n;
    Stmt other(dbc);
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(other.exec("INSERT INTO hf_results VALUES (1, 1)"), other));
    ASSERT_TRUE(clean(stmt.prepare("SELECT * FROM hf_nowhere WHERE x = ?"), stmt));
    EXPECT_TRUE(fails(SQLNumResultCols(stmt, &n), stmt, "42S02"));
    EXPECT_TRUE(fails(SQLDescribeParam(stmt, 1, &n, nullptr, nullptr, nullptr), stmt, "42S02"));
    ASSERT_TRUE(clean(stmt.prepare("SELECT id FROM hf_results"), stmt));
    EXPECT_EQ(1, stmt.columns());
    EXPECT_EQ("1", other.value("SELECT count(*) FROM hf_results"));
    ASSERT_TRUE(ok(dbc.commit(), dbc));
    EXPECT_EQ("1", other.value("SELECT count(*) FROM hf_results"));
    ASSERT_TRUE(ok(dbc.commit(), dbc));
}

TEST_P(Results, OfAStatementWithoutAResult)
{
    ASSERT_TRUE(clean(stmt.prepare("DELETE FROM hf_results"), stmt));
    EXPECT_EQ(0, stmt.columns());
    Column c;
    EXPECT_TRUE(fails(calls.describe_col(stmt, 1, &c), stmt, "07005|07009"));
    SQLLEN n = 99;
    EXPECT_TRUE(clean(calls.col_number(stmt, 0, SQL_DESC_COUNT, &n), stmt));
    EXPECT_EQ(0, n);
}

TEST_P(Results, NotPrepared)
{
    SQLSMALLINT n;
    EXPECT_TRUE(fails(SQLNumResultCols(stmt, &n), stmt, "HY010"));
    Column c;
    EXPECT_TRUE(fails(calls.describe_col(stmt, 1, &c), stmt, "HY010"));
    EXPECT_TRUE(fails(calls.col_number(stmt, 1, SQL_DESC_COUNT, nullptr), stmt, "HY010"));
}

TEST_P(Results, WrongColumn)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT 1"), stmt));
    Column c;
    EXPECT_TRUE(fails(calls.describe_col(stmt, 2, &c), stmt, "07009"));
    EXPECT_TRUE(fails(calls.describe_col(stmt, 0, &c), stmt, "07009"));
    SQLLEN n;
    EXPECT_TRUE(fails(calls.col_number(stmt, 2, SQL_DESC_LENGTH, &n), stmt, "07009"));
    EXPECT_TRUE(fails(calls.col_number(stmt, 1, 31337, &n), stmt, "HY091"));
}

TEST_P(Results, NamesOfTheSource)
{
    const struct {
        SQLUSMALLINT field;
        std::string column, expression;
    } want[] = {
        {SQL_DESC_NAME, "x", "one"},
        {SQL_DESC_LABEL, "x", "one"},
        {SQL_COLUMN_NAME, "x", "one"},
        {SQL_DESC_BASE_COLUMN_NAME, "id", ""},
        {SQL_DESC_TABLE_NAME, by("hf_results", "r"), ""},
        {SQL_DESC_BASE_TABLE_NAME, "hf_results", ""},
        {SQL_DESC_SCHEMA_NAME, by("public", ""), ""},
        {SQL_DESC_CATALOG_NAME, env("HF_DB_DATABASE"), ""},
    };
    auto check = [&] {
        for (const auto &w : want) {
            SCOPED_TRACE(w.field);
            EXPECT_EQ(w.column, stmt.text(1, w.field));
            EXPECT_EQ(w.expression, stmt.text(2, w.field));
        }
        SQLHDESC ird = nullptr;
        SQLGetStmtAttr(stmt, SQL_ATTR_IMP_ROW_DESC, &ird, 0, nullptr);
        std::string text;
        calls.desc_text(ird, 1, SQL_DESC_TABLE_NAME, &text);
        EXPECT_EQ(by("hf_results", "r"), text);
    };
    ASSERT_TRUE(ok(stmt.prepare("SELECT id AS x, 1 AS one FROM hf_results AS r"), stmt));
    check();
    ASSERT_TRUE(ok(stmt.execute(), stmt));
    check();
    EXPECT_TRUE(nothing(stmt.fetch(), stmt));
}

TEST_P(Results, NullsAndNumbersOfTheSource)
{
    const struct {
        const char *sql;
        SQLLEN id, note; // SQL_DESC_NULLABLE
    } want[] = {
        {"SELECT id, note FROM hf_results", SQL_NO_NULLS, SQL_NULLABLE},
        {"SELECT r.id, r.note FROM hf_results r JOIN hf_results s ON r.id = s.id", SQL_NO_NULLS,
         SQL_NULLABLE},
        {"SELECT r.id, r.note FROM (SELECT 1) s LEFT JOIN hf_results r ON true",
         SQL_NULLABLE_UNKNOWN, SQL_NULLABLE},
        {"SELECT id, note FROM hf_results GROUP BY ROLLUP (id, note)", SQL_NULLABLE_UNKNOWN,
         SQL_NULLABLE},
        {"SELECT id + 1, note || 'x' FROM hf_results", SQL_NULLABLE_UNKNOWN, SQL_NULLABLE_UNKNOWN},
    };
    // Nothing is asked for SQLDescribeCol alone.
    ASSERT_TRUE(ok(stmt.exec(want[0].sql), stmt));
    EXPECT_EQ(SQL_NULLABLE_UNKNOWN, stmt.column(1).nullable);
    EXPECT_EQ(SQL_NO_NULLS, stmt.number(1, SQL_DESC_NULLABLE));
    EXPECT_EQ(SQL_NO_NULLS, stmt.column(1).nullable); // it is known now
    EXPECT_EQ(SQL_TRUE, stmt.number(1, SQL_DESC_AUTO_UNIQUE_VALUE));
    EXPECT_EQ(SQL_FALSE, stmt.number(2, SQL_DESC_AUTO_UNIQUE_VALUE));
    stmt.close();
    for (const auto &w : want) {
        SCOPED_TRACE(w.sql);
        ASSERT_TRUE(ok(stmt.exec(w.sql), stmt));
        EXPECT_EQ(w.id, stmt.column(1).nullable);
        EXPECT_EQ(w.id, stmt.number(1, SQL_DESC_NULLABLE));
        EXPECT_EQ(w.note, stmt.number(2, SQL_COLUMN_NULLABLE));
        stmt.close();
    }
    ASSERT_TRUE(ok(stmt.exec("ALTER TABLE hf_results ALTER note SET NOT NULL,"
                             " ADD self int GENERATED ALWAYS AS IDENTITY"),
                   stmt));
    ASSERT_TRUE(ok(stmt.exec("ALTER TABLE hf_results RENAME note TO remark"), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT remark, self FROM hf_results"), stmt));
    EXPECT_EQ("remark", stmt.text(1, SQL_DESC_BASE_COLUMN_NAME));
    EXPECT_EQ(SQL_NO_NULLS, stmt.number(1, SQL_DESC_NULLABLE));
    EXPECT_EQ(SQL_TRUE, stmt.number(2, SQL_DESC_AUTO_UNIQUE_VALUE));
}

// The question goes between the rows of the result, and into the transaction, and harms neither.
TEST_P(Results, SourceAmidWork)
{
    ASSERT_TRUE(ok(dbc.autocommit(false), dbc));
    ASSERT_TRUE(ok(stmt.exec("ALTER TABLE hf_results RENAME TO hf_results_2"), stmt));
    ASSERT_TRUE(ok(
        stmt.exec("INSERT INTO hf_results_2 SELECT g, 1 FROM generate_series(1, 5000) g"), stmt));
    ASSERT_TRUE(ok(stmt.exec("SELECT id FROM hf_results_2 ORDER BY id"), stmt));
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_EQ("hf_results_2", stmt.text(1, SQL_DESC_TABLE_NAME));
    EXPECT_EQ("1", stmt.get(1));
    EXPECT_EQ(4999U, stmt.rest().size());
    stmt.close();

    ASSERT_TRUE(ok(dbc.rollback(), dbc));
    ASSERT_TRUE(ok(stmt.exec("SELECT id FROM hf_results"), stmt));
    EXPECT_EQ("hf_results", stmt.text(1, SQL_DESC_TABLE_NAME));
    stmt.close();
    ASSERT_TRUE(ok(dbc.rollback(), dbc));

    // A failed transaction takes no questions.
    ASSERT_TRUE(ok(stmt.exec("SELECT relname FROM pg_catalog.pg_class"), stmt));
    Stmt other(dbc);
    EXPECT_TRUE(fails(other.exec("SELECT 1/0"), other, by("22012", "22003")));
    EXPECT_EQ("", stmt.text(1, SQL_DESC_TABLE_NAME));
    EXPECT_LT(10U, stmt.rest().size());
    stmt.close();
    ASSERT_TRUE(ok(dbc.rollback(), dbc));
}

TEST_P(Results, Numbers)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT id, \"Gr\xc3\xb6\xc3\x9f"
                             "e\", note, data FROM hf_results"),
                   stmt));
    EXPECT_EQ(4, stmt.number(1, SQL_DESC_COUNT));
    EXPECT_EQ(SQL_FALSE, stmt.number(1, SQL_DESC_UNSIGNED));
    EXPECT_EQ(SQL_TRUE, stmt.number(3, SQL_DESC_UNSIGNED)); // not a number
    EXPECT_EQ(SQL_NAMED, stmt.number(1, SQL_DESC_UNNAMED));
    EXPECT_EQ(10, stmt.number(1, SQL_DESC_NUM_PREC_RADIX));
    EXPECT_EQ(0, stmt.number(3, SQL_DESC_NUM_PREC_RADIX));
    EXPECT_EQ(SQL_TRUE, stmt.number(3, SQL_DESC_CASE_SENSITIVE));
    EXPECT_EQ(SQL_FALSE, stmt.number(1, SQL_DESC_CASE_SENSITIVE));
    EXPECT_EQ(8, stmt.number(2, SQL_DESC_PRECISION));
    EXPECT_EQ(3, stmt.number(2, SQL_DESC_SCALE));
    EXPECT_EQ(40, stmt.number(3, SQL_DESC_LENGTH));
    EXPECT_EQ(40, stmt.number(3, SQL_DESC_DISPLAY_SIZE));
    EXPECT_EQ(SQL_FALSE, stmt.number(1, SQL_DESC_FIXED_PREC_SCALE));
    SQLLEN v = stmt.number(1, SQL_DESC_NULLABLE);
    EXPECT_TRUE(v == SQL_NO_NULLS || v == SQL_NULLABLE_UNKNOWN) << v;
    v = stmt.number(3, SQL_DESC_NULLABLE);
    EXPECT_TRUE(v == SQL_NULLABLE || v == SQL_NULLABLE_UNKNOWN) << v;
    v = stmt.number(1, SQL_DESC_UPDATABLE);
    EXPECT_TRUE(v >= SQL_ATTR_READONLY && v <= SQL_ATTR_READWRITE_UNKNOWN) << v;
    stmt.number(1, SQL_DESC_AUTO_UNIQUE_VALUE);
    v = stmt.number(3, SQL_DESC_SEARCHABLE);
    EXPECT_EQ(SQL_PRED_SEARCHABLE, v);
    // The octet length of text leaves room for its bytes.
    bool wide_types = GetParam() == Mode::W || GetParam() == Mode::AonW;
    v = stmt.number(3, SQL_DESC_OCTET_LENGTH);
    EXPECT_GE(v, wide_types ? 80 : 40);
}

TEST_P(Results, OldFields)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT \"Gr\xc3\xb6\xc3\x9f"
                             "e\" FROM hf_results"),
                   stmt));
    EXPECT_EQ(1, stmt.number(1, SQL_COLUMN_COUNT));
    EXPECT_EQ(my() ? SQL_DECIMAL : SQL_NUMERIC, stmt.number(1, SQL_COLUMN_TYPE));
    EXPECT_EQ(8, stmt.number(1, SQL_COLUMN_PRECISION));
    EXPECT_EQ(3, stmt.number(1, SQL_COLUMN_SCALE));
    SQLLEN n = stmt.number(1, SQL_COLUMN_LENGTH);
    EXPECT_GT(n, 0);
    n = stmt.number(1, SQL_COLUMN_NULLABLE);
    EXPECT_TRUE(n >= 0 && n <= 2);
}

TEST_P(Results, NamesThatAreCut)
{
    std::string name(60, 'n');
    ASSERT_TRUE(ok(stmt.exec("SELECT 1 AS " + name), stmt));
    SQLSMALLINT n = 0, type;
    SQLULEN size;
    if (calls.wide) {
        SQLWCHAR w[11];
        EXPECT_TRUE(warns(SQLDescribeColW(stmt, 1, w, 11, &n, &type, &size, nullptr, nullptr), stmt,
                          "01004"));
        EXPECT_EQ(60, n);
        EXPECT_EQ(name.substr(0, 10), u8of(w, 10));
        EXPECT_EQ(0, w[10]);
        EXPECT_TRUE(
            warns(SQLColAttributeW(stmt, 1, SQL_DESC_NAME, w, 22, &n, nullptr), stmt, "01004"));
        EXPECT_EQ(120, n);
        EXPECT_EQ(name.substr(0, 10), u8of(w, 10));
    } else if (GetParam() == Mode::A) {
        char a[11];
        EXPECT_TRUE(warns(SQLDescribeCol(stmt, 1, reinterpret_cast<SQLCHAR *>(a), 11, &n, &type,
                                         &size, nullptr, nullptr),
                          stmt, "01004"));
        EXPECT_EQ(60, n);
        EXPECT_EQ(name.substr(0, 10), a);
        EXPECT_TRUE(
            warns(SQLColAttribute(stmt, 1, SQL_DESC_NAME, a, 11, &n, nullptr), stmt, "01004"));
        EXPECT_EQ(60, n);
    }
    // Nothing asked for.
    EXPECT_TRUE(clean(
        SQLDescribeCol(stmt, 1, nullptr, 0, nullptr, nullptr, nullptr, nullptr, nullptr), stmt));
}

TEST_P(Results, ManyColumns)
{
    std::string sql = "SELECT 0 AS c0";
    for (int i = 1; i < 1600; i++)
        sql += ", " + std::to_string(i) + " AS c" + std::to_string(i);
    ASSERT_TRUE(ok(stmt.exec(sql), stmt));
    EXPECT_EQ(1600, stmt.columns());
    EXPECT_EQ("c1599", stmt.column(1600).name);
    ASSERT_TRUE(ok(stmt.fetch(), stmt));
    EXPECT_EQ("1599", stmt.get(1600));
}

TEST_P(Results, RowWithoutColumns)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT FROM generate_series(1, 3)"), stmt));
    EXPECT_EQ(0, stmt.columns());
    stmt.close();
    EXPECT_EQ("1", stmt.value("SELECT 1"));
}

} // namespace
