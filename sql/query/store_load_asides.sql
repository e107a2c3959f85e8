-- What a run set aside, and what it kept, with why; the heaviest first.
-- $1 uuid: run.
-- Result: item number, state, kind, reason, schema, table, name, table's oid, top, depth, tablespace, description, statements that
-- drop, build, shape, attach, finish and validate it, may be violated, is alone, violation, weight, times set aside and back.
SELECT s.item_no, s.state, s.kind, s.reason, s.schema_name, s.table_name, s.name, s.table_oid, s.top, s.depth, s.tablespace,
       s.description, s.drop_sql, s.build_sql, s.shape_sql, s.attach_sql, s.finish_sql, s.validate_sql, s.may_be_violated, s.is_alone,
       s.violation, s.weight, s.set_aside_at, s.back_at
FROM idmigrate.set_aside AS s
WHERE s.run_id = $1::pg_catalog.uuid
ORDER BY s.weight * COALESCE(pg_catalog.pg_relation_size(s.table_oid::pg_catalog.regclass), 0) DESC, s.item_no
