-- Everything that the catalogue says about some indexes, constraints and foreign keys, found by their names: to compare what came
-- back with what was set aside. Without numbers that are new each time (oids), and the names that the server makes up itself.
-- $1 text[]: kinds (index, constraint, foreign key); $2 text[]: schemas; $3 text[]: tables; $4 text[]: names.
-- Result: the place in the arrays, from 1; jsonb, null where there is none.
SELECT
    w.place,
    CASE WHEN w.kind = 'foreign key' THEN (
        SELECT pg_catalog.jsonb_build_object(
            'definition', pg_catalog.pg_get_constraintdef(k.oid),
            'validated', k.convalidated,
            'enforced', pg_catalog.to_jsonb(k) ->> 'conenforced',
            'local', k.conislocal,
            'inherited', k.coninhcount,
            'without heirs', k.connoinherit,
            'key', k.conindid::pg_catalog.regclass,
            'comment', pg_catalog.obj_description(k.oid, 'pg_constraint'),
            'triggers', (SELECT pg_catalog.string_agg(t.tgenabled::pg_catalog.text, '' ORDER BY t.tgenabled)
                         FROM pg_catalog.pg_trigger AS t WHERE t.tgconstraint = k.oid),
            'partitions', (
                WITH RECURSIVE part AS (
                    SELECT c.* FROM pg_catalog.pg_constraint AS c WHERE c.conparentid = k.oid
                    UNION ALL
                    SELECT c.* FROM pg_catalog.pg_constraint AS c JOIN part ON c.conparentid = part.oid
                )
                SELECT pg_catalog.jsonb_agg(p.described ORDER BY p.described)
                FROM (
                    SELECT pg_catalog.jsonb_build_array(
                        part.conrelid::pg_catalog.regclass, part.confrelid::pg_catalog.regclass,
                        CASE WHEN part.conrelid <> k.conrelid THEN part.conname END, part.convalidated, part.conislocal, part.coninhcount,
                        pg_catalog.obj_description(part.oid, 'pg_constraint')) AS described
                    FROM part) AS p))
        FROM pg_catalog.pg_constraint AS k
        WHERE k.contype = 'f' AND k.conrelid = c.oid AND k.conname = w.name)
    ELSE (
        SELECT pg_catalog.jsonb_build_object(
            'definition', pg_catalog.pg_get_indexdef(i.indexrelid),
            'kind', x.relkind,
            'owner', pg_catalog.pg_get_userbyid(x.relowner),
            'persistence', x.relpersistence,
            'tablespace', (SELECT s.spcname FROM pg_catalog.pg_tablespace AS s WHERE s.oid = x.reltablespace),
            'options', x.reloptions,
            'unique', i.indisunique,
            'primary', i.indisprimary,
            'exclusion', i.indisexclusion,
            'immediate', i.indimmediate,
            'clustered', i.indisclustered,
            'valid', i.indisvalid AND i.indisready AND i.indislive,
            'replica identity', i.indisreplident,
            'nulls not distinct', pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct',
            'partition of', (SELECT h.inhparent::pg_catalog.regclass FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = i.indexrelid),
            'statistics', (SELECT pg_catalog.jsonb_object_agg(a.attnum, a.attstattarget)
                           FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0),
            'comment', pg_catalog.obj_description(i.indexrelid, 'pg_class'),
            'constraint', (
                SELECT pg_catalog.jsonb_build_object(
                    'name', k.conname, 'type', k.contype, 'definition', pg_catalog.pg_get_constraintdef(k.oid),
                    'deferrable', k.condeferrable, 'deferred', k.condeferred, 'validated', k.convalidated,
                    'local', k.conislocal, 'inherited', k.coninhcount,
                    -- Means nothing where the constraint is that of a partition, and differs when it was attached.
                    'without heirs', k.connoinherit AND k.conparentid = 0,
                    'comment', pg_catalog.obj_description(k.oid, 'pg_constraint'),
                    'triggers', (SELECT pg_catalog.string_agg(t.tgenabled::pg_catalog.text, '' ORDER BY t.tgenabled)
                                 FROM pg_catalog.pg_trigger AS t WHERE t.tgconstraint = k.oid))
                FROM pg_catalog.pg_constraint AS k
                WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')))
        FROM pg_catalog.pg_class AS x
        JOIN pg_catalog.pg_index AS i ON i.indexrelid = x.oid
        WHERE x.relname = w.name AND x.relnamespace = n.oid AND i.indrelid = c.oid)
    END
FROM ROWS FROM (
    pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.text[]),
    pg_catalog.unnest($4::pg_catalog.text[])) WITH ORDINALITY AS w (kind, schema, relation, name, place)
LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
LEFT JOIN pg_catalog.pg_class AS c ON c.relname = w.relation AND c.relnamespace = n.oid
ORDER BY w.place
