-- What a run has set aside, of tables that are still there. $1 uuid: run.
-- Result: kind, schema, table, name, what the catalogue said about it, state.
SELECT s.kind, s.schema_name, s.table_name, s.name, s.description, s.state
FROM idmigrate.set_aside AS s
WHERE s.run_id = $1::pg_catalog.uuid AND s.state <> 'kept'
    AND EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = s.table_oid)
ORDER BY s.item_no
