# shellcheck disable=SC2034,SC2153,SC2015,SC2119,SC2120 # files of scripts/torture share variables
# pgbouncer between the program and its target.
# begin_pooler MODE [SIZE]
begin_pooler() {
    local i folder=$HALL/pooler
    command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || skip 'pgbouncer is not installed (scripts/setup --with-torture)'
    rm -rf "$folder"
    mkdir -m 0711 "$folder"
    printf '"postgres" ""\n' >"$folder/users"
    cat >"$folder/pgbouncer.ini" <<END
[databases]
* = host=$(server_socket target)
[pgbouncer]
pool_mode = $1
auth_type = trust
auth_file = $folder/users
listen_addr =
listen_port = 6432
unix_socket_dir = $folder
default_pool_size = ${2:-8}
query_wait_timeout = 30
END
    [ "$(id -u)" -ne 0 ] || chown -R postgres: "$folder"
    spawn "${AS_SERVER[@]}" "$(command -v pgbouncer || echo /usr/sbin/pgbouncer)" -q "$folder/pgbouncer.ini"
    POOL="postgresql://postgres@/$DATABASE?host=$folder&port=6432"
    for ((i = 0; i < 200; i++)); do
        [ "$(psql -X -q -A -t -d "$POOL" -c 'select 1' 2>/dev/null)" != 1 ] || return 0
        sleep 0.02
    done
    fail 'pgbouncer did not start'
}
settings_through() { # what a session that came this way has other than the server's own
    psql -X -q -A -t -d "$1" -c "select name, setting from pg_settings where setting is distinct from reset_val
        and name not in ('application_name', 'client_encoding', 'transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
        order by name"
}

scenario pooler-transaction 'pgbouncer in transaction mode: refused, and its sessions are as they were'
torture_pooler_transaction() {
    local size before
    use small "$SMALL"
    for size in 8 2 1; do
        reset
        begin_pooler transaction "$size"
        before=$(settings_through "$POOL")
        WITH=(env TORTURE_TARGET="$POOL")
        try
        WITH=(env)
        printf 'pool of %s: exit status %s\n' "$size" "$STATUS"
        [ "$STATUS" -eq 1 ] || fail "exit status $STATUS with a pool of $size"
        grep -q 'pooler in transaction mode' "$HERE/err" || fail 'it did not say why'
        [ "$(settings_through "$POOL")" = "$before" ] || fail "a session of the pool was changed: $(settings_through "$POOL")"
        # And none of the others in the pool, seen from inside.
        [ "$(ask target "$DATABASE" "select count(*) from pg_namespace where nspname = 'idmigrate'")" = 0 ] || fail 'something was written'
        end_spawned
    done
}

scenario pooler-session 'pgbouncer in session mode: works'
torture_pooler_session() {
    use small "$SMALL"
    reset
    begin_pooler session
    WITH=(env TORTURE_TARGET="$POOL")
    vary
    try
    WITH=(env)
    [ "$STATUS" -eq "$EXPECTED" ] || fail "exit status $STATUS"
    end_spawned
    judge
}
