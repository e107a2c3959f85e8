# Legacy IDs anywhere in the target: verify.
. "$SOURCE_DIR/tests/e2e/clinic.bash"

clinic_load residue
mapping=$WORK/residue/mapping.json
idmigrate run --yes --progress none "$mapping"
assert_exit 0
everywhere() { idmigrate verify last --only residue --json --progress none --target "$CLINIC_DATABASE"; }
found() { jq -r '.verification.checks[] | select(.check == "residue" and .table == null)
    | [.verdict] + ([.differences[] | "\(.key) \(.column // "-")"] | sort) | join("|")' "$WORK/out"; }
everywhere
assert_exit 0
assert_equal "$(found)" equal

old=$(query residue "select old_id from idmigrate.idmap where map = 'person' order by old_id limit 1")
# plant SQL UNDO WHAT: the one place that it must be found in, and no other check of tables sees it.
plant() {
    query residue "$1" >/dev/null
    everywhere
    assert_exit 5
    assert_equal "$(found)" "different|$3"
    assert_equal "$(jq -r '[.verification.checks[] | select(.table != null and .verdict != "equal")] | length' "$WORK/out")" 0
    assert_contains out "$old"
    query residue "$2" >/dev/null
}
drop="drop table neu.\"Rest '1\""
plant "create table neu.\"Rest '1\" (t text); insert into neu.\"Rest '1\" values ('seen by $old, twice')" "$drop" "neu.Rest '1 t"
plant "create table neu.\"Rest '1\" (j jsonb); insert into neu.\"Rest '1\" values (jsonb_build_object('$old', 1))" "$drop" "neu.Rest '1 j \$ (key)"
plant "create table neu.\"Rest '1\" (j json); insert into neu.\"Rest '1\" values ('{\"a\": [{\"b\": \"$old\"}]}')" "$drop" "neu.Rest '1 j \$.a[*].b"
plant "create table neu.\"Rest '1\" (a text[]); insert into neu.\"Rest '1\" values (array['x', '$old'])" "$drop" "neu.Rest '1 a [*]"
plant "create materialized view neu.m as select '$old'::text as o" 'drop materialized view neu.m' \
    "neu.m o|view neu.m -"
plant "create table neu.\"Rest '1\" (t text default '$old')" "$drop" "default neu.Rest '1.t -"
plant "create view neu.v as select 1 where '$old' <> ''" 'drop view neu.v' 'view neu.v -'
plant "create function neu.f() returns text language sql as 'select ''$old''::text'" 'drop function neu.f()' 'function neu.f -'
plant "create table neu.\"Rest '1\" (t text check (t <> '$old'))" "$drop" "check neu.Rest '1.Rest '1_t_check -"
plant "comment on schema neu is 'made by $old'" 'comment on schema neu is null' 'comment neu -'

# Bytes are looked into when asked for.
query residue "create table neu.bytes (b bytea); insert into neu.bytes values ('seen by $old')" >/dev/null
everywhere
assert_exit 0
idmigrate verify last --bytea --only residue --json --progress none --target "$CLINIC_DATABASE"
assert_exit 5
assert_equal "$(found)" 'different|neu.bytes b'
query residue 'drop table neu.bytes' >/dev/null

# What the mapping lets stay.
query residue "create table neu.rest (t text); insert into neu.rest values ('$old')" >/dev/null
everywhere
assert_exit 5
query residue "update idmigrate.run set mapping_text = (mapping_text::jsonb || '{\"may_stay\": {\"neu.rest.*\": \"a quote\"}}')::text" >/dev/null
everywhere
assert_exit 0
assert_contains out 'lets them stay'

# What another run into the same target may keep, as its own mapping says; an undone one says nothing.
query residue "update idmigrate.run set mapping_text = (mapping_text::jsonb - 'may_stay')::text" >/dev/null
other='00000000-0000-7000-8000-000000000001'
query residue "insert into idmigrate.run
    select (jsonb_populate_record(r, jsonb_build_object('run_id', '$other', 'name', 'other', 'started_at', r.started_at - interval '1 hour',
        'mapping_text', r.mapping_text::jsonb || '{\"may_stay\": {\"neu.rest.*\": \"a quote\"}}'))).* from idmigrate.run as r;
    insert into idmigrate.run_table select (jsonb_populate_record(t, jsonb_build_object('run_id', '$other'))).*
    from idmigrate.run_table as t where table_no = 0" >/dev/null
everywhere
assert_exit 0
query residue "update idmigrate.run set state = 'undone' where run_id = '$other'" >/dev/null
everywhere
assert_exit 5
idmigrate verify last --run-tables-only --only residue --json --progress none --target "$CLINIC_DATABASE"
assert_exit 0

# A table that cannot be read is not called clean.
query residue "alter table neu.rest enable row level security; alter table neu.rest force row level security;
    create role residue_reader login; grant usage on schema neu, idmigrate, \"legacy app\", \"Zentrale\", \"Archiv\$2\" to residue_reader;
    grant select on all tables in schema neu, idmigrate, \"legacy app\", \"Zentrale\", \"Archiv\$2\" to residue_reader" >/dev/null
PGUSER=residue_reader CLINIC_DATABASE="host=$PGHOST dbname=residue user=residue_reader" everywhere
query residue 'drop owned by residue_reader; drop role residue_reader' >/dev/null
assert_exit 6
assert_equal "$(jq -r '.verification.checks[] | select(.table == null) | .verdict' "$WORK/out")" 'not checked'
assert_contains out 'neu.rest: row-level security'
