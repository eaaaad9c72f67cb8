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
odbc_exec($db, 'create table public.php_key(a int, b varchar(10) not null, primary key (b, a))');
$columns = odbc_columns($db, null, 'public', 'php_key', '%');
$names = [];
while ($row = odbc_fetch_array($columns)) {
    $names[] = $row['COLUMN_NAME'] . ':' . $row['TYPE_NAME'] . ':' . $row['NULLABLE'];
}
check('columns', $names === ['a:int4:0', 'b:varchar:0'], $names);
$keys = odbc_primarykeys($db, null, 'public', 'php_key');
$names = [];
while ($row = odbc_fetch_array($keys)) {
    $names[] = $row['COLUMN_NAME'];
}
check('primary keys', $names === ['b', 'a'], $names);
$indexes = odbc_statistics($db, null, 'public', 'php_key', SQL_INDEX_UNIQUE, SQL_QUICK);
$names = [];
while ($row = odbc_fetch_array($indexes)) {
    if ($row['INDEX_NAME'] !== null) {
        $names[] = $row['COLUMN_NAME'];
    }
}
check('statistics', $names === ['b', 'a'], $names);
odbc_exec($db, 'drop table public.php_key');
$result = odbc_exec($db, "select true c1, 9223372036854775807 c2, 0.5::float8 c3,
    12345678901234567890.5::numeric c4, time '12:34:56' c5, timestamp '2024-02-29 12:34:56.5' c6,
    '{\"a\": 1}'::jsonb c7, null::int c8, '' c9");
$row = array_values(odbc_fetch_array($result));
check('types', $row === ['1', '9223372036854775807', '0.5', '12345678901234567890.5', '12:34:56',
    '2024-02-29 12:34:56.5', '{"a": 1}', null, ''], $row);
check('field', odbc_field_name($result, 5) === 'c5' && odbc_num_fields($result) === 9, odbc_field_name($result, 5));
$result = odbc_exec($db, "update php_t set v = 'z'");
check('num_rows', odbc_num_rows($result) === 2, odbc_num_rows($result));
$big = str_repeat('höchst', 20000);
$in = odbc_prepare($db, 'insert into php_t (k, v) values (?, ?)');
check('long parameter', odbc_execute($in, [9, $big]));
$result = odbc_exec($db, 'select length(v), md5(v) from php_t where k = 9');
$row = array_values(odbc_fetch_array($result));
check('long parameter back', $row === ['120000', md5($big)], $row);
$result = odbc_exec($db, 'select 1; select 2');
odbc_fetch_row($result);
check('next result', odbc_next_result($result) && odbc_fetch_row($result) && odbc_result($result, 1) === '2');
$result = odbc_exec($db, 'select g from generate_series(1, 500) g');
$seen = [odbc_num_rows($result)];
foreach ([500, 7, 499, 1] as $row)
    $seen[] = odbc_fetch_row($result, $row) ? odbc_result($result, 1) : null;
check('any row', $seen === [500, '500', '7', '499', '1'], json_encode($seen));
check('wrong password', @odbc_connect('clients', 'app', 'wrong-password') === false && odbc_error() === '28000', odbc_error());
odbc_close($db);

// PDO: it asks for the cursor library where a driver does not scroll, and prepares every query.
$pdo = new PDO('odbc:clients', null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$text = str_repeat('hö😀', 3000);
$query = $pdo->prepare('select ?::int k, ?::text t, null::text n, ?::varchar(300) v');
$query->execute([7, $text, 'short']);
$rows = $query->fetchAll(PDO::FETCH_NUM);
check('pdo', $rows === [['7', $text, null, 'short']], substr(json_encode($rows), 0, 100));
for ($n = 250; $n < 260; $n++) {
    $seen = $pdo->query("select repeat('ö', $n) || 'x'")->fetchColumn();
    check("pdo long $n", $seen === str_repeat('ö', $n) . 'x', $seen);
}
$query = $pdo->prepare('select g from generate_series(1, 5) g', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
$query->execute();
$seen = [];
foreach ([[PDO::FETCH_ORI_LAST, 0], [PDO::FETCH_ORI_PRIOR, 0], [PDO::FETCH_ORI_FIRST, 0], [PDO::FETCH_ORI_ABS, 3],
    [PDO::FETCH_ORI_REL, 1], [PDO::FETCH_ORI_NEXT, 0], [PDO::FETCH_ORI_NEXT, 0]] as [$way, $offset])
    $seen[] = $query->fetch(PDO::FETCH_NUM, $way, $offset);
check('pdo scroll', $seen === [['5'], ['4'], ['1'], ['3'], ['4'], ['5'], false], json_encode($seen));
$query = $pdo->query("select 1; select 'two'");
check('pdo results', $query->fetchAll(PDO::FETCH_COLUMN) === ['1'] && $query->nextRowset()
    && $query->fetchAll(PDO::FETCH_COLUMN) === ['two'] && !$query->nextRowset());
$pdo->exec('create temp table php_pdo (k int)');
$pdo->beginTransaction();
$pdo->exec('insert into php_pdo values (77)');
$pdo->rollBack();
check('pdo rollback', $pdo->query('select count(*) from php_pdo')->fetchColumn() === '0');
