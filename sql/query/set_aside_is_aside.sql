-- Whether a foreign key is away just now. $1 uuid: run; $2 text: schema; $3 text: table; $4 text: name.
SELECT EXISTS (
    SELECT FROM idmigrate.set_aside AS s
    WHERE s.run_id = $1::pg_catalog.uuid AND s.schema_name = $2 AND s.table_name = $3 AND s.name = $4
        AND s.kind = 'foreign key' AND s.state = 'aside')
