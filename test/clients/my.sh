# isql and iusql on MariaDB: connect, a table, a select, an error.
expect() # NAME PATTERN TEXT
{
    if grep -qE -e "$2" <<<"$3"; then echo "ok isql $1"; else printf 'FAIL isql %s\n%s\n' "$1" "$3"; fi
}
for program in isql iusql; do
    out=$($program -b clients <<<"create table isql_t(k int, v text)
insert into isql_t values (1, 'eins'), (2, 'höchst ✓')
select * from isql_t order by k
drop table isql_t" 2>&1)
    expect "$program select" '2 .*\| höchst ✓' "$out"
    expect "$program count" '2 rows fetched' "$out"
    out=$($program -v -b clients <<<"select * from nowhere" 2>&1)
    expect "$program error" '1146' "$out"
done
out=$(isql -v -b clients app wrong-password <<<"select 1" 2>&1)
expect login '28000' "$out"
if grep -q wrong-password <<<"$out"; then echo "FAIL isql password shown"; else echo "ok isql password hidden"; fi
true
