-- Rows that an undo left as they are: by table and reason, with samples.
-- $1 uuid: run ID; $2 integer: samples of each
-- Result: label, reason_code, detail text; rows bigint; sample text (key as events show it, or the key itself), is_shown boolean
SELECT t.label, s.reason_code, s.detail, s.rows, s.sample, s.is_shown
FROM (
    SELECT r.table_no, r.reason_code, r.detail, r.sample, r.is_shown,
           pg_catalog.count(*) OVER (PARTITION BY r.table_no, r.reason_code, r.detail) AS rows,
           pg_catalog.row_number() OVER (PARTITION BY r.table_no, r.reason_code, r.detail ORDER BY r.place) AS number
    FROM (
        SELECT u.table_no, u.reason_code, u.detail, u.resource_id AS sample, true AS is_shown, u.row_no AS place
        FROM idmigrate.undo_row AS u
        WHERE u.run_id = $1::uuid AND u.reason_code IS NOT NULL
        UNION ALL
        SELECT f.table_no, f.reason_code, f.detail, f.target_key,
               EXISTS (SELECT FROM idmigrate.run_table AS t,
                       pg_catalog.jsonb_array_elements(t.columns) AS c (described)
                       WHERE t.run_id = f.run_id AND t.table_no = f.table_no AND (c.described ->> 'is_shown')::boolean),
               pg_catalog.row_number() OVER (ORDER BY f.target_key)
        FROM idmigrate.former_row AS f
        WHERE f.run_id = $1::uuid AND f.reason_code IS NOT NULL) AS r) AS s
JOIN idmigrate.run_table AS t ON t.run_id = $1::uuid AND t.table_no = s.table_no
WHERE s.number <= $2::integer
ORDER BY t.step DESC, s.table_no, s.reason_code, s.detail, s.number
