-- The ID maps that runs keep, with what the run's mapping says about them.
-- Result: run_id uuid, map text, mapping_text text (the whole mapping, once for each run: null on its other rows).
SELECT m.run_id, m.map,
       CASE WHEN pg_catalog.row_number() OVER (PARTITION BY m.run_id ORDER BY m.map) = 1 THEN r.mapping_text END
           AS mapping_text
FROM (
    -- One look into the index for each map instead of one for each pair.
    WITH RECURSIVE found AS (
        (SELECT i.run_id, i.map FROM idmigrate.idmap AS i ORDER BY i.run_id, i.map LIMIT 1)
        UNION ALL
        SELECT n.run_id, n.map
        FROM found AS f, LATERAL (
            SELECT i.run_id, i.map FROM idmigrate.idmap AS i
            WHERE (i.run_id, i.map) > (f.run_id, f.map)
            ORDER BY i.run_id, i.map LIMIT 1) AS n
    )
    SELECT f.run_id, f.map FROM found AS f) AS m
JOIN idmigrate.run AS r ON r.run_id = m.run_id
ORDER BY m.run_id, m.map
