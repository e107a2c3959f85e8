# Tables of every shape go the whole way: partitions here and on other servers, views, foreign tables, heirs, odd columns.
. "$SOURCE_DIR/tests/e2e/shapes_case.bash"

shapes_load shapes
mapping=$WORK/shapes/mapping.json

both_digests() { printf '%s %s\n' "$(digest shapes_target)" "$(digest shapes_far)"; }

nothing_is_refused_and_a_dry_run_leaves_nothing() {
    local before
    before=$(both_digests)
    idmigrate check "$mapping"
    assert_exit 0
    idmigrate run --dry-run --progress none "$mapping"
    assert_exit 0
    assert_equal "$(both_digests)" "$before"
}

a_run_makes_what_the_oracle_says() {
    idmigrate run --yes --progress none "$mapping"
    assert_exit 0
    assert_shapes_are_oracle shapes
    assert_shapes_have_one_event_per_row shapes
    # The digests are of the rows as they stand, on whichever server.
    idmigrate verify --target "$SHAPES_TARGET" last
    assert_exit 0
}

damage_on_the_second_server_is_found() {
    query shapes_far 'update neu.konto_1 set saldo = saldo + 1 where id = (select min(id) from neu.konto_1)'
    idmigrate verify --target "$SHAPES_TARGET" last
    assert_exit 5
    query shapes_far 'update neu.konto_1 set saldo = saldo - 1 where id = (select min(id) from neu.konto_1)'
    query shapes_far 'insert into neu.notiz_1 select * from neu.notiz_1 limit 1'
    idmigrate verify --target "$SHAPES_TARGET" last
    assert_exit 5
}

every_table_is_in_many_chunks() {
    shapes_reset shapes
    IDMIGRATE_CHUNK_BLOCKS=1 run "$IDMIGRATE" run --yes --progress none "$mapping"
    assert_exit 0
    assert_shapes_are_oracle shapes
    # Views, foreign tables, and the partition that is one; what has no key is one piece.
    assert_equal "$(query shapes_target "select string_agg(distinct source_table, ',' order by source_table) from idmigrate.chunk
        join idmigrate.run_table using (run_id, table_no) where kind = 'key'")" artikel,bewegung,lieferung,uebersicht
    assert_equal "$(query shapes_target "select string_agg(distinct source_table, ',' order by source_table) from idmigrate.chunk
        join idmigrate.run_table using (run_id, table_no) where kind = 'whole'")" zettel
    # The ranges have no gap: an end is the next one's beginning.
    assert_equal "$(query shapes_target "select count(*) from (select end_key, lead(first_key) over (partition by table_no order by chunk_no) as next
        from idmigrate.chunk where kind = 'key') as c where end_key is distinct from next")" 0
}

# 40 MB in each of several columns: as COPY text such a row has about 160 MB.
rows_above_100_mb_need_100_mb_and_four_times_their_size() {
    local peak now columns='id, md5(a), md5(b), md5(c::text), md5(d)'
    shapes_load shapes_large -n 5 -g
    jq '([.tables[].from] | unique - ["gross"]) as $all | .tables |= map(select(.from == "gross")) |
        .left_behind = ($all | map({(.): "another test"}) | add)' "$WORK/shapes_large/mapping.json" >"$WORK/shapes_large/gross.json"
    "$IDMIGRATE" run --yes --progress none "$WORK/shapes_large/gross.json" >"$WORK/out" 2>"$WORK/err" </dev/null &
    # The kernel keeps the peak; what is read last before the end is it.
    while now=$(awk '/^VmHWM:/ {print $2}' "/proc/$!/status" 2>/dev/null) && [ -n "$now" ]; do
        peak=$now
        sleep 0.02
    done
    STATUS=0
    wait $! || STATUS=$?
    assert_exit 0
    assert_equal "$(query shapes_large_target "select $columns from neu.gross order by id")" "$(query shapes_large_oracle "select $columns from neu.gross order by id")"
    [ "${IDMIGRATE_SANITIZE-}" != '' ] || [ "$peak" -lt $(((100 + 4 * 160) * 1024)) ] || fail "$peak kB"
}

nothing_is_refused_and_a_dry_run_leaves_nothing
a_run_makes_what_the_oracle_says
damage_on_the_second_server_is_found
every_table_is_in_many_chunks
rows_above_100_mb_need_100_mb_and_four_times_their_size
