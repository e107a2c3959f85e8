-- Rows that were merged into a row of the source which the target then refused.
-- $1 uuid: run; $2 integer: table
-- Result: how many (bigint).
SELECT pg_catalog.count(*)
FROM idmigrate.merge AS g
WHERE g.run_id = $1::uuid AND g.table_no = $2::integer AND g.survivor = 'migrated'
    AND EXISTS (
        SELECT FROM idmigrate.reject AS r
        WHERE r.run_id = g.run_id AND r.table_no = g.table_no AND r.target_key = g.survivor_key
            AND r.sqlstate IS NOT NULL)
