# DBD::ODBC: parameters, unicode, long values, errors, transactions, table_info.
use strict;
use warnings;
use utf8;
use DBI;
binmode STDOUT, ':utf8';

sub check
{
    my ($name, $good, $seen) = @_;
    print $good ? "ok perl $name\n" : "FAIL perl $name: " . (defined $seen ? $seen : 'undef') . "\n";
}

my $db = DBI->connect('dbi:ODBC:clients', '', '', {RaiseError => 1, PrintError => 0, AutoCommit => 1});
$db->{LongReadLen} = 1 << 20;
$db->do('create temp table perl_t(k int, v text, f float8, d timestamp)');
my $in = $db->prepare('insert into perl_t values (?, ?, ?, ?)');
check('insert', $in->execute(1, "höchst ✓ 😀", 1.25, '2024-02-29 12:34:56.5') == 1);
$in->execute(2, undef, undef, undef);
my $rows = $db->selectall_arrayref('select * from perl_t order by k');
utf8::decode($rows->[0][1]); # Debian's DBD::ODBC speaks bytes
check('rows', @$rows == 2);
check('unicode', $rows->[0][1] eq "höchst ✓ 😀", $rows->[0][1]);
check('float', $rows->[0][2] == 1.25, $rows->[0][2]);
check('timestamp', $rows->[0][3] =~ /^2024-02-29 12:34:56\.5/, $rows->[0][3]);
check('null', !defined $rows->[1][1]);
my ($sum) = $db->selectrow_array('select ? + 1', undef, 41);
check('expression', $sum == 42, $sum);
my $long = 'x' x 200000;
my ($back) = $db->selectrow_array('select cast(? as text)', undef, $long);
check('long', $back eq $long, length $back);
eval { $db->do('select * from nowhere') };
check('error', $db->state eq '42S02', $db->state);
$db->begin_work;
$db->do('insert into perl_t values (3)');
$db->rollback;
my ($n) = $db->selectrow_array('select count(*) from perl_t');
check('rollback', $n == 2, $n);
my $tables = $db->table_info(undef, 'pg_catalog', 'pg_class', undef)->fetchall_arrayref;
check('tables', @$tables == 1 && $tables->[0][2] eq 'pg_class');
my $columns = $db->column_info(undef, 'pg_catalog', 'pg_class', 'relname')->fetchall_arrayref;
check('columns', @$columns == 1 && $columns->[0][3] eq 'relname');
$db->disconnect;
