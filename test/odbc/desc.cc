// Descriptors: SQLGet/SetDescField, SQLGet/SetDescRec, SQLCopyDesc, explicit descriptors.
#include "odbc_test.h"

#include <cstring>

namespace
{

class Desc : public EveryMode
{
  protected:
    void SetUp() override
    {
        EveryMode::SetUp();
        ard = handle(SQL_ATTR_APP_ROW_DESC);
        apd = handle(SQL_ATTR_APP_PARAM_DESC);
        ird = handle(SQL_ATTR_IMP_ROW_DESC);
        ipd = handle(SQL_ATTR_IMP_PARAM_DESC);
    }
    SQLHDESC handle(SQLINTEGER attribute)
    {
        SQLHDESC h = nullptr;
        EXPECT_TRUE(clean(SQLGetStmtAttr(stmt, attribute, &h, 0, nullptr), stmt));
        return h;
    }
    template <class T> T get(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field)
    {
        T v = T(-99);
        SQLRETURN rc = SQLGetDescField(h, record, field, &v, sizeof(v), nullptr);
        EXPECT_TRUE(SQL_SUCCEEDED(rc)) << "field " << field << " " << state(h);
        return v;
    }
    std::string state(SQLHDESC h)
    {
        Diag d;
        return SQL_SUCCEEDED(calls.diag_rec(SQL_HANDLE_DESC, h, 1, &d)) ? d.state : "";
    }
    SQLRETURN set(SQLHDESC h, SQLSMALLINT record, SQLSMALLINT field, SQLLEN v)
    {
        return SQLSetDescField(h, record, field, reinterpret_cast<SQLPOINTER>(v), 0); // NOLINT
    }
    SQLHDESC ard, apd, ird, ipd;
};
ALL_MODES(Desc);

TEST_P(Desc, Bindings)
{
    SQLINTEGER a;
    char b[20];
    SQLLEN ind;
    SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, &ind);
    SQLBindCol(stmt, 3, SQL_C_CHAR, b, sizeof(b), &ind);
    EXPECT_EQ(3, get<SQLSMALLINT>(ard, 0, SQL_DESC_COUNT));
    EXPECT_EQ(SQL_C_SLONG, get<SQLSMALLINT>(ard, 1, SQL_DESC_CONCISE_TYPE));
    EXPECT_EQ(&a, get<SQLPOINTER>(ard, 1, SQL_DESC_DATA_PTR));
    EXPECT_EQ(&ind, get<SQLPOINTER>(ard, 1, SQL_DESC_INDICATOR_PTR));
    EXPECT_EQ(&ind, get<SQLPOINTER>(ard, 1, SQL_DESC_OCTET_LENGTH_PTR));
    EXPECT_EQ(SQL_C_CHAR, get<SQLSMALLINT>(ard, 3, SQL_DESC_TYPE));
    EXPECT_EQ(20, get<SQLLEN>(ard, 3, SQL_DESC_OCTET_LENGTH));
    EXPECT_EQ(nullptr, get<SQLPOINTER>(ard, 2, SQL_DESC_DATA_PTR));
    SQLBindCol(stmt, 3, SQL_C_CHAR, nullptr, 0, nullptr);
    EXPECT_EQ(1, get<SQLSMALLINT>(ard, 0, SQL_DESC_COUNT)); // the highest that is bound
    SQLFreeStmt(stmt, SQL_UNBIND);
    EXPECT_EQ(0, get<SQLSMALLINT>(ard, 0, SQL_DESC_COUNT));
}

TEST_P(Desc, BindByFields)
{
    SQLINTEGER a = 0;
    SQLLEN ind = -9;
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_TYPE, SQL_C_SLONG)) << state(ard);
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_INDICATOR_PTR, reinterpret_cast<SQLLEN>(&ind)));
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_OCTET_LENGTH_PTR, reinterpret_cast<SQLLEN>(&ind)));
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_DATA_PTR, reinterpret_cast<SQLLEN>(&a)));
    ASSERT_TRUE(ok(stmt.exec("SELECT 42"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(42, a);
    EXPECT_EQ(4, ind);
}

TEST_P(Desc, BindByRecords)
{
    char b[8];
    SQLLEN length = 0, ind = 0;
    ASSERT_EQ(SQL_SUCCESS, SQLSetDescRec(ard, 1, SQL_C_CHAR, 0, sizeof(b), 0, 0, b, &length, &ind))
        << state(ard);
    ASSERT_TRUE(ok(stmt.exec("SELECT 'abc'"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_STREQ("abc", b);
    EXPECT_EQ(3, length);
    // And a parameter.
    SQLINTEGER v = 6;
    SQLLEN four = 4;
    stmt.close();
    SQLFreeStmt(stmt, SQL_UNBIND);
    ASSERT_EQ(SQL_SUCCESS, SQLSetDescRec(apd, 1, SQL_C_SLONG, 0, 4, 0, 0, &v, &four, &four))
        << state(apd);
    ASSERT_EQ(SQL_SUCCESS, set(ipd, 1, SQL_DESC_TYPE, SQL_INTEGER)) << state(ipd);
    set(ipd, 1, SQL_DESC_PARAMETER_TYPE, SQL_PARAM_INPUT);
    EXPECT_EQ("42", stmt.value("SELECT 7 * ?::int"));
}

TEST_P(Desc, ImplementationRow)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT 1 AS one, 'x'::varchar(20) AS \"z\xc3\xbc\""), stmt));
    EXPECT_EQ(2, get<SQLSMALLINT>(ird, 0, SQL_DESC_COUNT));
    EXPECT_EQ(SQL_INTEGER, get<SQLSMALLINT>(ird, 1, SQL_DESC_CONCISE_TYPE));
    EXPECT_EQ(20U, get<SQLULEN>(ird, 2, SQL_DESC_LENGTH));
    std::string name;
    EXPECT_TRUE(SQL_SUCCEEDED(calls.desc_text(ird, 2, SQL_DESC_NAME, &name)));
    EXPECT_EQ("z\xc3\xbc", name);
    EXPECT_TRUE(SQL_SUCCEEDED(calls.desc_text(ird, 1, SQL_DESC_TYPE_NAME, &name)));
    EXPECT_EQ(by("int4", "int"), name);
    EXPECT_EQ(SQL_DESC_ALLOC_AUTO, get<SQLSMALLINT>(ird, 0, SQL_DESC_ALLOC_TYPE));
    // "HY016: Cannot modify an implementation row descriptor"
    EXPECT_EQ(SQL_ERROR, set(ird, 1, SQL_DESC_TYPE, SQL_INTEGER));
    EXPECT_EQ("HY016", state(ird));
    SQLUSMALLINT status[1];
    EXPECT_EQ(SQL_SUCCESS,
              set(ird, 0, SQL_DESC_ARRAY_STATUS_PTR, reinterpret_cast<SQLLEN>(status)));
    SQLSMALLINT v;
    EXPECT_EQ(SQL_NO_DATA, SQLGetDescField(ird, 3, SQL_DESC_TYPE, &v, 0, nullptr));
    EXPECT_EQ(SQL_ERROR, SQLGetDescField(ird, 1, 31337, &v, 0, nullptr));
    EXPECT_EQ("HY091", state(ird));
}

TEST_P(Desc, ImplementationRowBeforePrepare)
{
    SQLSMALLINT v = 0;
    SQLRETURN rc = SQLGetDescField(ird, 1, SQL_DESC_TYPE, &v, 0, nullptr);
    // "HY007: Associated statement is not prepared"
    EXPECT_TRUE(rc == SQL_NO_DATA || (rc == SQL_ERROR && state(ird) == "HY007"))
        << rc_name(rc) << state(ird);
}

TEST_P(Desc, Records)
{
    ASSERT_TRUE(ok(stmt.exec("SELECT 12.34::numeric(8,2) AS n"), stmt));
    SQLSMALLINT len = 0, type = 0, sub = 0, precision = 0, scale = 0, nullable = 0;
    SQLLEN length = 0;
    if (calls.wide) {
        SQLWCHAR name[8];
        ASSERT_EQ(SQL_SUCCESS, SQLGetDescRecW(ird, 1, name, 8, &len, &type, &sub, &length,
                                              &precision, &scale, &nullable));
        EXPECT_EQ("n", u8of(name, 1));
    } else {
        SQLCHAR name[8];
        ASSERT_EQ(SQL_SUCCESS, SQLGetDescRec(ird, 1, name, 8, &len, &type, &sub, &length,
                                             &precision, &scale, &nullable));
        EXPECT_STREQ("n", reinterpret_cast<char *>(name));
    }
    EXPECT_EQ(my() ? SQL_DECIMAL : SQL_NUMERIC, type);
    EXPECT_EQ(8, precision);
    EXPECT_EQ(2, scale);
    EXPECT_EQ(1, len);
    EXPECT_EQ(SQL_NO_DATA, SQLGetDescRec(ird, 2, nullptr, 0, nullptr, nullptr, nullptr, nullptr,
                                         nullptr, nullptr, nullptr));
}

TEST_P(Desc, ParameterNames)
{
    SQLINTEGER v = 0;
    SQLLEN ind = 0;
    SQLBindParameter(stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v, 0, &ind);
    SQLRETURN rc = calls.set_desc_text(ipd, 1, SQL_DESC_NAME, "p\xc3\xa4r");
    EXPECT_TRUE(SQL_SUCCEEDED(rc) || state(ipd) == "HYC00") << state(ipd);
    EXPECT_EQ(SQL_INTEGER, get<SQLSMALLINT>(ipd, 1, SQL_DESC_CONCISE_TYPE));
    EXPECT_EQ(SQL_PARAM_INPUT, get<SQLSMALLINT>(ipd, 1, SQL_DESC_PARAMETER_TYPE));
}

TEST_P(Desc, Explicit)
{
    Handle own(SQL_HANDLE_DESC, dbc, calls);
    ASSERT_NE(nullptr, own.h);
    EXPECT_EQ(SQL_DESC_ALLOC_USER, get<SQLSMALLINT>(own, 0, SQL_DESC_ALLOC_TYPE));
    SQLINTEGER a = 0;
    set(own, 1, SQL_DESC_TYPE, SQL_C_SLONG);
    set(own, 1, SQL_DESC_DATA_PTR, reinterpret_cast<SQLLEN>(&a));
    Stmt two(dbc);
    for (Stmt *s : {&stmt, &two}) {
        ASSERT_TRUE(clean(SQLSetStmtAttr(*s, SQL_ATTR_APP_ROW_DESC, own.h, 0), *s));
        ASSERT_TRUE(ok(s->exec("SELECT 5"), *s));
        a = 0;
        ASSERT_TRUE(clean(s->fetch(), *s));
        EXPECT_EQ(5, a);
        s->close();
    }
    // "When an explicitly allocated descriptor is freed, statements revert to their implicit ones."
    ASSERT_EQ(SQL_SUCCESS, own.release());
    EXPECT_EQ(ard, handle(SQL_ATTR_APP_ROW_DESC));
    a = 0;
    ASSERT_TRUE(ok(stmt.exec("SELECT 6"), stmt));
    ASSERT_TRUE(clean(stmt.fetch(), stmt));
    EXPECT_EQ(0, a);
}

TEST_P(Desc, WrongDescriptors)
{
    Dbc other = another();
    Handle foreign(SQL_HANDLE_DESC, other, calls);
    EXPECT_TRUE(fails(SQLSetStmtAttr(stmt, SQL_ATTR_APP_ROW_DESC, foreign.h, 0), stmt, "HY024"));
    Stmt two(dbc);
    SQLHDESC implicit;
    SQLGetStmtAttr(two, SQL_ATTR_APP_ROW_DESC, &implicit, 0, nullptr);
    EXPECT_TRUE(fails(SQLSetStmtAttr(stmt, SQL_ATTR_APP_ROW_DESC, implicit, 0), stmt, "HY017"));
    // "HY017: Invalid use of an automatically allocated descriptor handle"
    EXPECT_EQ(SQL_ERROR, SQLFreeHandle(SQL_HANDLE_DESC, ard));
    EXPECT_EQ("HY017", state(ard));
}

TEST_P(Desc, Copy)
{
    SQLINTEGER a = 0;
    SQLLEN ind;
    SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, &ind);
    Stmt two(dbc);
    SQLHDESC there;
    SQLGetStmtAttr(two, SQL_ATTR_APP_ROW_DESC, &there, 0, nullptr);
    ASSERT_EQ(SQL_SUCCESS, SQLCopyDesc(ard, there)) << state(there);
    ASSERT_TRUE(ok(two.exec("SELECT 77"), two));
    ASSERT_TRUE(clean(two.fetch(), two));
    EXPECT_EQ(77, a);
    EXPECT_EQ(SQL_ERROR, SQLCopyDesc(ard, ird));
    EXPECT_EQ("HY016", state(ird));
}

// "HY021: Inconsistent descriptor information"
TEST_P(Desc, Consistency)
{
    char b[8];
    set(ard, 1, SQL_DESC_TYPE, 12345);
    SQLRETURN rc = set(ard, 1, SQL_DESC_DATA_PTR, reinterpret_cast<SQLLEN>(b));
    EXPECT_TRUE(rc == SQL_SUCCESS || state(ard) == "HY021") << state(ard);
    EXPECT_EQ(SQL_ERROR, set(ard, 1, SQL_DESC_NAME, 0));
    EXPECT_EQ("HY091", state(ard));
    EXPECT_EQ(SQL_ERROR, set(ard, -1, SQL_DESC_TYPE, SQL_C_CHAR));
    EXPECT_EQ("07009", state(ard));
    EXPECT_EQ(SQL_ERROR, set(ard, 0, SQL_DESC_ARRAY_SIZE, 0));
    EXPECT_TRUE(state(ard) == "HY024" || state(ard) == "HY092") << state(ard);
    // Datetime types are one verbose type and a code.
    ASSERT_EQ(SQL_SUCCESS, set(ard, 2, SQL_DESC_CONCISE_TYPE, SQL_C_TYPE_TIMESTAMP));
    EXPECT_EQ(SQL_DATETIME, get<SQLSMALLINT>(ard, 2, SQL_DESC_TYPE));
    EXPECT_EQ(SQL_CODE_TIMESTAMP, get<SQLSMALLINT>(ard, 2, SQL_DESC_DATETIME_INTERVAL_CODE));
    ASSERT_EQ(SQL_SUCCESS, set(ard, 2, SQL_DESC_TYPE, SQL_C_SLONG));
    EXPECT_EQ(SQL_C_SLONG, get<SQLSMALLINT>(ard, 2, SQL_DESC_CONCISE_TYPE));
    // A smaller count unbinds what is above.
    ASSERT_EQ(SQL_SUCCESS, set(ard, 0, SQL_DESC_COUNT, 1));
    EXPECT_EQ(1, get<SQLSMALLINT>(ard, 0, SQL_DESC_COUNT));
    EXPECT_EQ(SQL_ERROR, set(ard, 0, SQL_DESC_COUNT, -1));
}

// "Setting any field but SQL_DESC_COUNT and the deferred ones unbinds the record."
TEST_P(Desc, FieldsThatUnbind)
{
    SQLINTEGER a;
    const SQLSMALLINT unbinding[] = {SQL_DESC_PRECISION, SQL_DESC_SCALE, SQL_DESC_OCTET_LENGTH,
                                     SQL_DESC_LENGTH, SQL_DESC_NUM_PREC_RADIX};
    for (SQLSMALLINT field : unbinding) {
        SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, nullptr);
        ASSERT_EQ(SQL_SUCCESS, set(ard, 1, field, 4)) << field << state(ard);
        EXPECT_EQ(nullptr, get<SQLPOINTER>(ard, 1, SQL_DESC_DATA_PTR)) << field;
    }
    for (SQLSMALLINT field : {SQL_DESC_INDICATOR_PTR, SQL_DESC_OCTET_LENGTH_PTR}) {
        SQLBindCol(stmt, 1, SQL_C_SLONG, &a, 0, nullptr);
        ASSERT_EQ(SQL_SUCCESS, set(ard, 1, field, 0));
        EXPECT_EQ(&a, get<SQLPOINTER>(ard, 1, SQL_DESC_DATA_PTR)) << field;
    }
    SQLBindCol(stmt, 3, SQL_C_SLONG, &a, 0, nullptr);
    ASSERT_EQ(SQL_SUCCESS, set(ard, 3, SQL_DESC_DATA_PTR, 0));
    EXPECT_EQ(1, get<SQLSMALLINT>(ard, 0, SQL_DESC_COUNT));
}

// ODBC, SQLSetDescField, SQL_DESC_TYPE: what else a type sets.
TEST_P(Desc, DefaultsOfATypeAndItsCheck)
{
    SQLINTEGER a;
    auto data = reinterpret_cast<SQLLEN>(&a);
    ASSERT_EQ(SQL_SUCCESS, set(ard, 0, SQL_DESC_COUNT, 1));
    EXPECT_EQ(SQL_C_DEFAULT, get<SQLSMALLINT>(ard, 1, SQL_DESC_CONCISE_TYPE));
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_TYPE, SQL_INTERVAL));
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_DATETIME_INTERVAL_CODE, SQL_CODE_DAY_TO_SECOND));
    EXPECT_EQ(2, get<SQLINTEGER>(ard, 1, SQL_DESC_DATETIME_INTERVAL_PRECISION));
    EXPECT_EQ(6, get<SQLSMALLINT>(ard, 1, SQL_DESC_PRECISION));
    EXPECT_EQ(SQL_ERROR, set(ard, 1, SQL_DESC_DATETIME_INTERVAL_CODE, 77));
    EXPECT_EQ("HY021", state(ard));
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_TYPE, SQL_DATETIME));
    EXPECT_EQ(SQL_C_TYPE_DATE, get<SQLSMALLINT>(ard, 1, SQL_DESC_CONCISE_TYPE));
    EXPECT_EQ(0, get<SQLSMALLINT>(ard, 1, SQL_DESC_PRECISION));
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_TYPE, SQL_C_NUMERIC));
    ASSERT_EQ(SQL_SUCCESS, set(ard, 1, SQL_DESC_PRECISION, 2000));
    EXPECT_EQ(SQL_ERROR, set(ard, 1, SQL_DESC_DATA_PTR, data));
    EXPECT_EQ("HY021", state(ard));
    // An IPD's SQL_DESC_DATA_PTR asks for the check only.
    ASSERT_EQ(SQL_SUCCESS, set(ipd, 1, SQL_DESC_TYPE, SQL_NUMERIC));
    EXPECT_EQ(SQL_SUCCESS, set(ipd, 1, SQL_DESC_DATA_PTR, data));
    EXPECT_EQ(SQL_FALSE, get<SQLSMALLINT>(ipd, 1, SQL_DESC_UNSIGNED));
    // No bookmarks there.
    EXPECT_EQ(SQL_ERROR, set(ipd, 0, SQL_DESC_TYPE, SQL_INTEGER));
    EXPECT_EQ("07009", state(ipd));
}

TEST_P(Desc, DefaultCTypeOfAParameter)
{
    SQLINTEGER v = 6;
    ASSERT_EQ(SQL_SUCCESS, set(apd, 1, SQL_DESC_DATA_PTR, reinterpret_cast<SQLLEN>(&v)));
    ASSERT_EQ(SQL_SUCCESS, set(ipd, 1, SQL_DESC_TYPE, SQL_INTEGER));
    EXPECT_EQ("42", stmt.value("SELECT 7 * ?::int"));
}

// Only the APD has been told: the parameter has its C type's type.
TEST_P(Desc, ParameterOfTheApplicationsDescriptor)
{
    SQLINTEGER v = 6;
    char text[] = "six";
    ASSERT_EQ(SQL_SUCCESS, set(apd, 1, SQL_DESC_CONCISE_TYPE, SQL_C_SLONG));
    ASSERT_EQ(SQL_SUCCESS, set(apd, 1, SQL_DESC_DATA_PTR, reinterpret_cast<SQLLEN>(&v)));
    ASSERT_EQ(SQL_SUCCESS, set(apd, 2, SQL_DESC_CONCISE_TYPE, SQL_C_CHAR));
    ASSERT_EQ(SQL_SUCCESS, set(apd, 2, SQL_DESC_DATA_PTR, reinterpret_cast<SQLLEN>(text)));
    ASSERT_TRUE(ok(stmt.exec("SELECT 7 * ?, ?"), stmt));
    EXPECT_EQ(shown(std::vector<Row>{Row{"42", "six"}}), shown(stmt.rest()));
    EXPECT_EQ(SQL_INTEGER, get<SQLSMALLINT>(ipd, 1, SQL_DESC_CONCISE_TYPE));
    EXPECT_EQ(SQL_VARCHAR, get<SQLSMALLINT>(ipd, 2, SQL_DESC_CONCISE_TYPE));
    stmt.close();
    ASSERT_TRUE(ok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt));
    ASSERT_EQ(SQL_SUCCESS, set(apd, 1, SQL_DESC_DATA_PTR, reinterpret_cast<SQLLEN>(&v)));
    EXPECT_TRUE(fails(stmt.exec("SELECT 7 * ?, ?"), stmt, "07002"));
}

// What is wrong with the statement is said, not HY007.
TEST_P(Desc, ImplementationRowOfABadStatement)
{
    ASSERT_TRUE(ok(stmt.prepare("SELECT * FROM no_such_table"), stmt));
    SQLSMALLINT n;
    EXPECT_EQ(SQL_ERROR, SQLGetDescField(ird, 0, SQL_DESC_COUNT, &n, 0, nullptr));
    EXPECT_EQ("42S02", state(ird));
    stmt.exec("SELECT 1");
    EXPECT_EQ(SQL_ERROR, SQLGetDescField(ird, 0, SQL_DESC_TYPE, &n, 0, nullptr));
    EXPECT_EQ("07009", state(ird));
}

// The example of SQLCopyDesc: rows go from one table to another.
TEST_P(Desc, CopyRows)
{
    Dbc other = another();
    Stmt from(dbc), to(other), check(other);
    SQLINTEGER id[3];
    char name[3][8];
    SQLLEN id_ind[3], name_ind[3];
    SQLULEN rows = 0;
    ASSERT_TRUE(ok(to.exec("CREATE TEMP TABLE copied (id int, name varchar(7))"), to));
    SQLSetStmtAttr(from, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(3), 0);
    SQLSetStmtAttr(from, SQL_ATTR_ROWS_FETCHED_PTR, &rows, 0);
    SQLBindCol(from, 1, SQL_C_SLONG, id, 0, id_ind);
    SQLBindCol(from, 2, SQL_C_CHAR, name, sizeof(name[0]), name_ind);
    SQLHDESC there[2], here[2];
    SQLGetStmtAttr(from, SQL_ATTR_APP_ROW_DESC, &here[0], 0, nullptr);
    SQLGetStmtAttr(from, SQL_ATTR_IMP_ROW_DESC, &here[1], 0, nullptr);
    SQLGetStmtAttr(to, SQL_ATTR_APP_PARAM_DESC, &there[0], 0, nullptr);
    SQLGetStmtAttr(to, SQL_ATTR_IMP_PARAM_DESC, &there[1], 0, nullptr);
    ASSERT_TRUE(
        ok(from.exec(by("SELECT i, ('n' || i)::varchar(7) FROM generate_series(1, 3) i",
                          "SELECT seq, CONVERT('n' || seq, CHAR(7)) FROM seq_1_to_3")), from));
    ASSERT_EQ(SQL_SUCCESS, SQLCopyDesc(here[0], there[0])) << state(there[0]);
    ASSERT_EQ(SQL_SUCCESS, SQLCopyDesc(here[1], there[1])) << state(there[1]);
    ASSERT_TRUE(clean(from.fetch(), from));
    ASSERT_EQ(3U, rows);
    EXPECT_TRUE(ok(to.exec("INSERT INTO copied VALUES (?, ?)"), to));
    EXPECT_EQ("1n1,2n2,3n3",
              check.value(by("SELECT string_agg(id || name, ',' ORDER BY id) FROM copied",
                             "SELECT GROUP_CONCAT(id || name ORDER BY id) FROM copied")));
    from.close();
    EXPECT_EQ(SQL_ERROR, SQLCopyDesc(here[1], there[1]));
    EXPECT_EQ("HY007", state(there[1]));
}

TEST_P(Desc, HeaderFieldsAreStatementAttributes)
{
    SQLULEN rows = 0;
    SQLSetStmtAttr(stmt, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(7), 0);
    EXPECT_EQ(7U, get<SQLULEN>(ard, 0, SQL_DESC_ARRAY_SIZE));
    set(ird, 0, SQL_DESC_ROWS_PROCESSED_PTR, reinterpret_cast<SQLLEN>(&rows));
    SQLPOINTER p = nullptr;
    SQLGetStmtAttr(stmt, SQL_ATTR_ROWS_FETCHED_PTR, &p, 0, nullptr);
    EXPECT_EQ(&rows, p);
    set(apd, 0, SQL_DESC_ARRAY_SIZE, 3);
    SQLULEN n = 0;
    SQLGetStmtAttr(stmt, SQL_ATTR_PARAMSET_SIZE, &n, 0, nullptr);
    EXPECT_EQ(3U, n);
}

} // namespace
