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
def fast_executemany(c):
    """Arrays of parameters with everything that has crashed or been cut in other drivers."""
    c.execute("create temp table fast(k int, v text, n numeric(12,3), d date, ts timestamp, b bytea,"
              " f float8, o boolean, g bigint)")
    c.fast_executemany = True
    rows = []
    for i in range(500):
        rows.append((i, "höchst ✓ 😀" * (i % 7), decimal.Decimal(i) / 8, datetime.date(2024, 1, 1),
                     datetime.datetime(2024, 2, 29, 1, 2, 3, i * 1000), bytes([i % 256]) * (i % 5 + 1),
                     i / 4, i % 2 == 0, 2**40 + i))
    rows[3] = (3,) + (None,) * 8
    rows[499] = (499,) + (None,) * 8
    c.executemany("insert into fast values(?,?,?,?,?,?,?,?,?)", rows)
    assert [tuple(r) for r in c.execute("select * from fast order by k").fetchall()] == rows
    # The first row's value is short, later ones are long.
    c.execute("create temp table grows(k int, v text)")
    rows = [(1, "a"), (2, "b" * 3000), (3, "ü" * 1000), (4, "")]
    c.executemany("insert into grows values(?, ?)", rows)
    assert [tuple(r) for r in c.execute("select * from grows order by k").fetchall()] == rows
    c.setinputsizes([(pyodbc.SQL_INTEGER, 0, 0), (pyodbc.SQL_WVARCHAR, 4000, 0)])
    c.executemany("insert into grows values(?, ?)", [(5, "x" * 4000), (6, None)])
    c.setinputsizes(None)
    assert c.execute("select length(v) from grows where k = 5").fetchval() == 4000
    # An error among the rows is an error, and says what.
    c.execute("create temp table fast_key(k int primary key)")
    try:
        c.executemany("insert into fast_key values(?)", [(1,), (2,), (1,), (4,)])
        assert False, "a duplicate key is no success"
    except pyodbc.IntegrityError as e:
        assert e.args[0] == "23000", e.args
    c.fast_executemany = False


@test
def fast_executemany_in_a_transaction(c):
    other = connect(autocommit=False)
    o = other.cursor()
    o.execute("create temp table fast_txn(k int, v varchar(30))")
    o.fast_executemany = True
    o.executemany("insert into fast_txn values(?, ?)", [(i, "v%d" % i) for i in range(1000)])
    other.rollback()
    o.execute("create temp table fast_txn(k int, v varchar(30))")
    o.executemany("insert into fast_txn values(?, ?)", [(i, "v%d" % i) for i in range(1000)])
    other.commit()
    row = o.execute("select count(*), sum(k) from fast_txn").fetchone()
    assert tuple(row) == (1000, 499500), row
    other.close()


@test
def text_only_values(c):
    """Types without an ODBC type of their own come as text."""
    row = c.execute("select '{1,2}'::int[], 'a=>1'::text, interval '1 day 2 hours', '10.0.0.1'::inet,"
                    " B'101', int4range(1, 5), '<a/>'::xml, '12:00+02'::timetz").fetchone()
    assert list(row) == ["{1,2}", "a=>1", "1 day 02:00:00", "10.0.0.1", "101", "[1,5)", "<a/>",
                         "12:00:00+02"], row


@test
def description(c):
    c.execute("select 1::int as i, 'x'::varchar(20) as v, 1.5::numeric(8,2) as n, now() as t, true as b")
    got = [(d[0], d[1], d[3], d[5]) for d in c.description]
    assert got == [("i", int, 10, 0), ("v", str, 20, 0), ("n", decimal.Decimal, 8, 2),
                   ("t", datetime.datetime, 26, 6), ("b", bool, 1, 0)], got


@test
def query_timeout(c):
    other = connect(autocommit=True)
    other.timeout = 1
    o = other.cursor()
    try:
        o.execute("select pg_sleep(20)")
        assert False, "no timeout"
    except pyodbc.Error as e:
        assert e.args[0] == "HYT00", e.args
    assert o.execute("select 1").fetchval() == 1
    other.close()


@test
def login_errors(c):
    for more, state in (({"PWD": "wrong"}, "28000"), ({"DATABASE": "nowhere"}, "3D000|08004"),
                        ({"PORT": "1"}, "08001")):
        try:
            connect(**more)
            assert False, more
        except pyodbc.Error as e:
            assert e.args[0] in state, e.args
            assert "wrong" not in str(e), e.args


@test
def info(c):
    n = c.connection
    assert n.getinfo(pyodbc.SQL_DBMS_NAME) == "PostgreSQL"
    assert n.getinfo(pyodbc.SQL_DRIVER_ODBC_VER) == "03.80"
    assert n.getinfo(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR) == '"'
    assert n.getinfo(pyodbc.SQL_DESCRIBE_PARAMETER) is True
    assert n.getinfo(pyodbc.SQL_MAX_CONCURRENT_ACTIVITIES) == 0


@test
def context_manager_and_messages(c):
    with connect() as n:
        n.cursor().execute("create temp table ctx(k int)")
    c.execute("do $$ begin raise notice 'höchst'; end $$")


@test
def callproc(c):
    c.execute("create or replace function py_add(a int, b int) returns int language sql as"
              " 'select a + b'")
    assert c.execute("{call py_add(?, ?)}", 2, 3).fetchval() == 5
    c.execute("drop function py_add(int, int)")


@test
def rowcount_of_a_query(c):
    assert c.execute("select generate_series(1, 4)").rowcount == 4


@test
def long_values_in_pieces(c):
    """pyodbc takes every truncated piece for a full buffer."""
    for character in "x", "é", "😀":
        for n in 1023, 1024, 2046, 2047, 2048, 2049, 4095, 4096, 5000:
            text = "a" + character * n
            assert c.execute("select ?::text", text).fetchval() == text, (character, n)


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
