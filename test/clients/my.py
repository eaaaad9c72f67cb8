"""pyodbc on MariaDB: types, parameters, arrays, procedures, catalog, long values, several results."""
import datetime
import decimal
import traceback

import pyodbc

C = pyodbc.connect("DSN=clients", autocommit=True)


def types(c):
    values = [7, -2**31, 2**63 - 1, 2**63 - 1, 1.5, decimal.Decimal("12345678901234567890.123456789"),
              "höchst ✓ 😀", b"\x00\xffabc", datetime.date(2024, 2, 29), datetime.time(23, 59, 59),
              datetime.datetime(2024, 2, 29, 23, 59, 59, 123456), True]
    kinds = ["tinyint", "int", "bigint", "bigint unsigned", "double", "decimal(40,9)", "text", "blob",
             "date", "time", "datetime(6)", "bit(1)"]
    c.execute("create temporary table types(%s)" % ", ".join("c%d %s" % k for k in enumerate(kinds)))
    c.execute("insert into types values(%s)" % ",".join("?" * len(values)), values)
    got = list(c.execute("select * from types").fetchone())
    assert got == values, got
    got = list(c.execute("select * from types where c0 = ?", 7).fetchone())
    assert got == values, got
    c.execute("delete from types")
    c.execute("insert into types values(%s)" % ",".join("?" * len(values)), [None] * len(values))
    assert list(c.execute("select * from types").fetchone()) == [None] * len(values)


def arrays(c):
    c.execute("create temporary table many(k int, v varchar(40), n double, t text)")
    rows = [(i, "ü%d" % i, i / 8, "😀" * (i % 5) if i % 7 else None)
            for i in range(2000)]
    c.executemany("insert into many values(?, ?, ?, ?)", rows[:50])
    c.fast_executemany = True
    c.executemany("insert into many values(?, ?, ?, ?)", rows[50:])
    c.fast_executemany = False
    got = [tuple(r) for r in c.execute("select * from many order by k").fetchall()]
    assert got == rows


def long_values(c):
    c.execute("create temporary table long_values(t longtext, b longblob)")
    text, data = "ä€😀x" * 100000, bytes(range(256)) * 4000
    c.execute("insert into long_values values(?, ?)", text, data)
    row = c.execute("select t, b from long_values").fetchone()
    assert row.t == text and row.b == data


def errors(c):
    for sql, state in (("select * from nowhere", "42S02"), ("select nothing", "42S22"),
                       ("selec", "42000")):
        try:
            c.execute(sql)
            assert False, sql
        except pyodbc.Error as e:
            assert e.args[0] == state, (sql, e.args)


def procedures(c):
    c.execute("drop procedure if exists py_two")
    c.execute("create procedure py_two(a int, b int) begin select a; select a + b; end")
    assert c.execute("{call py_two(?, ?)}", 2, 3).fetchval() == 2
    assert c.nextset() and c.fetchval() == 5
    assert [r.column_name for r in c.procedureColumns(procedure="py_two")] == ["a", "b"]
    c.execute("drop procedure py_two")


def catalog(c):
    c.execute("drop table if exists `odd child`, `odd name`")
    c.execute("create table `odd name`(id int primary key, v decimal(7,2) not null)")
    c.execute("create table `odd child`(p int, foreign key (p) references `odd name`(id))")
    assert "odd name" in [r.table_name for r in c.tables(tableType="TABLE")]
    got = [(r.column_name, r.type_name, r.column_size, r.nullable) for r in c.columns(table="odd name")]
    assert got == [("id", "int", 10, 0), ("v", "decimal", 7, 0)], got
    assert [r.column_name for r in c.primaryKeys("odd name")] == ["id"]
    assert [r.fkcolumn_name for r in c.foreignKeys(table="odd name")] == ["p"]
    c.execute("drop table `odd child`, `odd name`")


def several_results(c):
    c.execute("select 1; select 2, 3; select 4 from dual where false")
    assert c.fetchall()[0][0] == 1
    assert c.nextset() and tuple(c.fetchone()) == (2, 3)
    assert c.nextset() and c.fetchall() == []
    assert not c.nextset()


def two_cursors(c):
    a = c.connection.cursor().execute("select seq from seq_1_to_50000")
    total = 0
    for i in range(50):
        total += a.fetchone()[0]
        assert c.execute("select ? + 0", i).fetchone()[0] == i
    for row in a:
        total += row[0]
    assert total == 50000 * 50001 // 2


for function in (types, arrays, long_values, errors, procedures, catalog, several_results, two_cursors):
    try:
        function(C.cursor())
        print("ok pyodbc", function.__name__)
    except (AssertionError, pyodbc.Error) as e:
        where = traceback.extract_tb(e.__traceback__)[-1].lineno
        print("FAIL pyodbc", function.__name__, where, repr(e).replace("\n", " ")[:500])
