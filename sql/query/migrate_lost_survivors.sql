-- Rows that were merged into a row of the source which the target then refused, or that gave way to it where it was to
-- change a row which is there. Of rows with one key one updates; where the target's rows have no key of their own, who gave
-- way to whom is not told, and any will do. A row that is marked as refused has nobody who gave way to it.
-- $1 uuid: run; $2 integer: table; $3 integer: chunk
-- Result: how many (bigint).
SELECT (
    SELECT pg_catalog.count(*)
    FROM idmigrate.merge AS g
    WHERE g.run_id = $1::uuid AND g.table_no = $2::integer AND g.survivor = 'migrated' AND NOT g.updates
        AND EXISTS (
            SELECT FROM idmigrate.reject AS r
            WHERE r.run_id = g.run_id AND r.table_no = g.table_no AND r.chunk_no = $3::integer
                AND r.target_key = g.survivor_key AND r.sqlstate IS NOT NULL
                AND NOT EXISTS (
                    SELECT FROM idmigrate.merge AS w
                    WHERE w.run_id = r.run_id AND w.table_no = r.table_no AND w.source_key = r.source_key
                        AND w.updates AND w.survivor = 'migrated'))
) + (
    SELECT pg_catalog.count(DISTINCT g.source_key)
    FROM idmigrate.reject AS r
    JOIN idmigrate.merge AS w ON w.run_id = r.run_id AND w.table_no = r.table_no AND w.source_key = r.source_key
    JOIN idmigrate.merge AS g
        ON g.run_id = w.run_id AND g.table_no = w.table_no AND g.survivor_key = w.survivor_key
            AND NOT g.updates
    WHERE r.run_id = $1::uuid AND r.table_no = $2::integer AND r.chunk_no = $3::integer AND r.sqlstate IS NOT NULL
        AND w.updates AND w.survivor = 'existing' AND g.survivor = 'existing')
