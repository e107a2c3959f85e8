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

nothing_is_refused_and_a_dry_run_leaves_nothing
a_run_makes_what_the_oracle_says
damage_on_the_second_server_is_found
every_table_is_in_many_chunks
