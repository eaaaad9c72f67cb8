<?php
// PHP on MariaDB: odbc_* (an ODBC 2 application) and PDO_ODBC.
function check($name, $good, $seen = '')
{
    echo $good ? "ok php $name\n" : "FAIL php $name: " . var_export($seen, true) . "\n";
}
$c = odbc_connect('clients', '', '');
check('connect', $c !== false);
odbc_exec($c, 'drop table if exists php_t');
check('create', odbc_exec($c, 'create table php_t(k int primary key, v text)') !== false);
$s = odbc_prepare($c, 'insert into php_t values (?, ?)');
$long = str_repeat('ü', 3000);
check('execute', odbc_execute($s, [1, 'höchst ✓']) && odbc_execute($s, [2, $long]));
$r = odbc_exec($c, 'select * from php_t order by k');
odbc_longreadlen($r, 100000);
$row = odbc_fetch_array($r);
check('fetch', $row['k'] == 1 && $row['v'] === 'höchst ✓', $row);
$row = odbc_fetch_array($r);
check('long', $row['v'] === $long, strlen($row['v']));
odbc_free_result($r);
check('error', @odbc_exec($c, 'select * from nowhere') === false && odbc_error($c) === 'S0002', odbc_error($c));
$tables = odbc_tables($c, null, null, 'php%', 'TABLE');
check('tables', odbc_fetch_array($tables)['TABLE_NAME'] === 'php_t');
$keys = odbc_primarykeys($c, null, null, 'php_t');
check('primary keys', odbc_fetch_array($keys)['COLUMN_NAME'] === 'k');
check('foreign keys', odbc_foreignkeys($c, null, null, 'php_t', null, null, null) !== false);
check('procedures', odbc_procedures($c) !== false);

$p = new PDO('odbc:clients');
$p->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
$s = $p->prepare('insert into php_t values (:k, :v)');
check('pdo execute', $s->execute(['k' => 3, 'v' => 'drei ✓']) && $s->rowCount() === 1, $s->rowCount());
$s = $p->prepare('select v from php_t where k = ?');
$s->execute([3]);
$v = $s->fetchColumn();
check('pdo fetch', $v === 'drei ✓', $v);
$s->closeCursor();
try {
    $p->query('select nothing');
    check('pdo error', false);
} catch (PDOException $e) {
    check('pdo error', $e->getCode() === '42S22', $e->getCode());
}
$p->beginTransaction();
$p->exec('delete from php_t');
$p->rollBack();
check('pdo rollback', (int)$p->query('select count(*) from php_t')->fetchColumn() === 3);
odbc_exec($c, 'drop table php_t');
