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
$db->{odbc_ignore_named_placeholders} = 1; # :: is a cast here
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
my $blob = join('', map { chr($_ % 256) } 0 .. 99999);
my $put = $db->prepare('select cast(? as bytea), length(cast(? as bytea))');
$put->bind_param($_, $blob, DBI::SQL_LONGVARBINARY()) for 1, 2;
$put->execute;
my ($blob_back, $blob_length) = $put->fetchrow_array;
$put->finish;
check('binary', $blob_back eq $blob && $blob_length == 100000, $blob_length);
my $many = $db->prepare('insert into perl_t (k, v) values (?, ?)');
my @status;
my $done = $many->execute_array({ArrayTupleStatus => \@status}, [10 .. 59], [map { "v$_" } 10 .. 59]);
check('execute_array', $done == 50 && !grep({ ref } @status), $done);
my ($loaded) = $db->selectrow_array("select count(*) from perl_t where v = 'v' || k");
check('execute_array rows', $loaded == 50, $loaded);
$db->do('delete from perl_t where k >= 10');
my $none = $db->do('delete from perl_t where k = 777');
check('no rows', $none == 0, $none);
my @types = $db->selectrow_array(q{select true, 7::smallint, 2147483647, 9223372036854775807, 0.5::real,
    12345678901234567890.5::numeric, date '2024-02-29', time '12:34:56', '{"a": 1}'::jsonb, array[1,2],
    '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid});
check('types', "@types" eq '1 7 2147483647 9223372036854775807 0.5 12345678901234567890.5 2024-02-29'
        . ' 12:34:56 {"a": 1} {1,2} 6ba7b810-9dad-11d1-80b4-00c04fd430c8', "@types");
my $described = $db->prepare('select k, v from perl_t');
$described->execute;
check('names', "@{$described->{NAME}}" eq 'k v', "@{$described->{NAME}}");
$described->finish;
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
$db->do('create temp table perl_key(a int, b int, primary key (b, a))');
my @key = $db->primary_key(undef, undef, 'perl_key');
check('primary key', "@key" eq 'b a', "@key");
my $indexes = $db->statistics_info(undef, undef, 'perl_key', 1, 1)->fetchall_arrayref;
check('statistics', scalar(grep { ($_->[5] // '') eq 'perl_key_pkey' } @$indexes) == 2, scalar @$indexes);
check('type info', scalar($db->type_info(DBI::SQL_INTEGER())) && $db->type_info(DBI::SQL_INTEGER())->{TYPE_NAME} =~ /^int/);
check('ping', $db->ping);
my $first = $db->prepare('select generate_series(1, 20000)');
$first->execute;
$first->fetchrow_array;
my ($second) = $db->selectrow_array('select 5');
my $rest = 0;
$rest++ while $first->fetchrow_array;
check('two statements', $second == 5 && $rest == 19999, $rest);
$db->disconnect;
