"""pyodbc: types, parameters, errors, executemany, long values, catalog, transactions."""
import datetime
import decimal
import uuid

import pyodbc

TESTS = []


def test(function):
    """Registers a test."""
    TESTS.append(function)
    return function


def connect(**more):
    return pyodbc.connect("DSN=clients", **more)


@test
def all_types(c):
    values = [True, 7, -2**31, 2**63 - 1, 1.5, decimal.Decimal("12345678901234567890.123456789"),
              "höchst ✓ 😀", b"\x00\xffabc", datetime.date(2024, 2, 29), datetime.time(23, 59, 59),
              datetime.datetime(2024, 2, 29, 23, 59, 59, 123456)]
    kinds = ["boolean", "smallint", "int", "bigint", "float8", "numeric", "text", "bytea", "date",
             "time", "timestamp"]
    c.execute("create temp table all_types(%s)" % ", ".join(
        "c%d %s" % (i, k) for i, k in enumerate(kinds)))
    c.execute("insert into all_types values(%s)" % ",".join("?" * len(values)), values)
    assert list(c.execute("select * from all_types").fetchone()) == values
    c.execute("delete from all_types")
    c.execute("insert into all_types values(%s)" % ",".join("?" * len(values)), [None] * len(values))
    assert list(c.execute("select * from all_types").fetchone()) == [None] * len(values)


@test
def uuid_and_json(c):
    u = uuid.uuid4()
    row = c.execute("select ?::uuid, ?::jsonb", str(u), '{"a": [1, 2]}').fetchone()
    assert str(row[0]).lower() == str(u), row
    assert row[1] == '{"a": [1, 2]}', row


@test
def errors(c):
    for sql, state in (("select * from nowhere", "42S02"), ("select nothing", "42S22"),
                       ("selec", "42000"), ("select 1/0", "22012")):
        try:
            c.execute(sql)
            assert False, sql
        except pyodbc.Error as e:
            assert e.args[0] == state, (sql, e.args)
    c.execute("create temp table uniq(k int primary key)")
    c.execute("insert into uniq values(1)")
    try:
        c.execute("insert into uniq values(?)", 1)
        assert False
    except pyodbc.IntegrityError as e:
        assert e.args[0] == "23000", e.args


@test
def executemany(c):
    c.execute("create temp table many(k int, v varchar(40))")
    rows = [(i, "ü%d" % i) for i in range(3000)]
    c.executemany("insert into many values(?, ?)", rows[:100])
    c.fast_executemany = True
    c.executemany("insert into many values(?, ?)", rows[100:])
    c.fast_executemany = False
    assert [tuple(r) for r in c.execute("select * from many order by k").fetchall()] == rows


@test
def long_values(c):
    c.execute("create temp table long_values(t text, b bytea)")
    text, data = "ä€😀x" * 100000, bytes(range(256)) * 4000
    c.execute("insert into long_values values(?, ?)", text, data)
    row = c.execute("select t, b from long_values").fetchone()
    assert row.t == text and row.b == data


@test
def catalog(c):
    c.execute('create table if not exists "Odd Name"(id int primary key, v numeric(7,2) not null)')
    assert "Odd Name" in [r.table_name for r in c.tables(tableType="TABLE")]
    columns = c.columns(table="Odd Name").fetchall()
    assert [(r.column_name, r.type_name, r.column_size, r.nullable) for r in columns] == [
        ("id", "int4", 10, 0), ("v", "numeric", 7, 0)], columns
    assert [r.column_name for r in c.primaryKeys("Odd Name")] == ["id"]
    assert "id" in [r.column_name for r in c.statistics("Odd Name")]
    c.execute('drop table "Odd Name"')
    assert c.getTypeInfo(pyodbc.SQL_INTEGER).fetchone() is not None


@test
def transactions(c):
    c.execute("create table if not exists txn(k int)")
    c.execute("delete from txn")
    other = connect(autocommit=False)
    o = other.cursor()
    o.execute("insert into txn values(1)")
    other.rollback()
    o.execute("insert into txn values(2)")
    other.commit()
    other.close()
    assert [r.k for r in c.execute("select k from txn")] == [2]
    c.execute("drop table txn")


@test
def several_results(c):
    c.execute("select 1; select 2, 3; select 4 where false")
    assert c.fetchall()[0][0] == 1
    assert c.nextset() and tuple(c.fetchone()) == (2, 3)
    assert c.nextset() and c.fetchall() == []
    assert not c.nextset()


@test
def row_counts(c):
    c.execute("create temp table counted as select generate_series(1, 10) k")
    assert c.execute("update counted set k = k + 1 where k > 5").rowcount == 5
    assert c.execute("delete from counted where k > 100").rowcount == 0


@test
def two_cursors(c):
    a = c.connection.cursor().execute("select n from generate_series(1, 50000) n")
    total = 0
    for i in range(100):
        total += a.fetchone()[0]
        assert c.execute("select ?::int", i).fetchone()[0] == i
    for row in a:
        total += row[0]
    assert total == 50000 * 50001 // 2


def main():
    failed = 0
    connection = connect(autocommit=True)
    for function in TESTS:
        try:
            function(connection.cursor())
            print("ok pyodbc", function.__name__)
        except (AssertionError, pyodbc.Error) as e:
            failed += 1
            print("FAIL pyodbc", function.__name__, repr(e).replace("\n", " "))
    connection.close()
    return 0


main()
