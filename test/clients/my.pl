# DBD::ODBC on MariaDB: parameters, unicode, long values, errors, transactions, table_info.
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
$db->do('drop table if exists perl_t');
$db->do('create table perl_t(k int primary key, v longtext, f double, d datetime(6))');
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
$in->execute(3, 'x' x 500000, undef, undef);
check('long', length(($db->selectrow_array('select v from perl_t where k = 3'))[0]) == 500000);
eval { $db->do('insert into perl_t (k) values (1)') };
check('error', $db->state eq '23000', $db->state);
$db->{AutoCommit} = 0;
$db->do('delete from perl_t');
$db->rollback;
$db->{AutoCommit} = 1;
check('rollback', ($db->selectrow_array('select count(*) from perl_t'))[0] == 3);
check('table_info', @{$db->table_info(undef, undef, 'perl\_t', 'TABLE')->fetchall_arrayref} == 1);
check('primary_key', join(',', $db->primary_key('app', undef, 'perl_t')) eq 'k');
check('foreign_key_info', defined $db->foreign_key_info('app', undef, 'perl_t', undef, undef, undef));
$db->do('drop table perl_t');
