# Where psql and pg_dump are. Debian's /usr/bin/psql is a Perl script that looks for a cluster and then starts the real one; tests name
# their server themselves, and without that script a call costs a fifth. The newest version's, which is what it takes too.
# Sourced, never run.
newest_clients=
for candidate in /usr/lib/postgresql/*/bin; do
    if [ -x "$candidate/psql" ] && [ -x "$candidate/pg_dump" ]; then
        # In the order of their numbers, for as long as these have two digits.
        newest_clients=$candidate
    fi
done
[ -z "$newest_clients" ] || PATH=$newest_clients:$PATH
unset newest_clients candidate
