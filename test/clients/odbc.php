<?php
// PHP's odbc functions: execute, prepare, fetch, long values, errors, transactions, catalog.
function check($name, $good, $seen = null)
{
    echo $good ? "ok php $name\n" : "FAIL php $name: " . var_export($seen, true) . "\n";
}

$db = odbc_connect('clients', '', '');
check('connect', $db !== false);
odbc_exec($db, 'create temp table php_t(k int, v text, d date)');
$in = odbc_prepare($db, 'insert into php_t values (?, ?, ?)');
check('insert', odbc_execute($in, [1, 'höchst ✓ 😀', '2024-02-29']));
odbc_execute($in, [2, null, null]);
$rows = [];
$result = odbc_exec($db, 'select * from php_t order by k');
while ($row = odbc_fetch_array($result)) {
    $rows[] = $row;
}
check('rows', count($rows) === 2, $rows);
check('unicode', $rows[0]['v'] === 'höchst ✓ 😀', $rows);
check('date', $rows[0]['d'] === '2024-02-29', $rows);
check('null', $rows[1]['v'] === null, $rows);
$long = str_repeat('x', 200000);
$result = odbc_exec($db, "select repeat('x', 200000)");
odbc_longreadlen($result, 300000);
odbc_fetch_row($result);
check('long', odbc_result($result, 1) === $long);
// PHP is an ODBC 2 application: 42S02 is S0002 there.
check('error', @odbc_exec($db, 'select * from nowhere') === false && odbc_error($db) === 'S0002', odbc_error($db));
odbc_autocommit($db, false);
odbc_exec($db, 'insert into php_t values (3)');
odbc_rollback($db);
odbc_autocommit($db, true);
$result = odbc_exec($db, 'select count(*) from php_t');
odbc_fetch_row($result);
check('rollback', (int) odbc_result($result, 1) === 2);
$tables = odbc_tables($db, null, 'pg_catalog', 'pg_class');
check('tables', odbc_fetch_array($tables)['TABLE_NAME'] === 'pg_class');
odbc_close($db);
