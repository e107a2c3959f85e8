-- Whether a run has set something of a table aside, or said why not. $1 uuid: run; $2 oid: the table.
SELECT EXISTS (
    SELECT FROM idmigrate.set_aside AS s WHERE s.run_id = $1::pg_catalog.uuid AND s.table_oid = $2::pg_catalog.oid)
