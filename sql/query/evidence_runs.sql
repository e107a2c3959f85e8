-- What runs left to judge them by.
-- Result: runs bigint, unapproved text, unverified text (IDs of finished runs, or null), old_maps bigint (runs that ended
-- more than 90 days ago and whose ID maps are still kept); one row.
WITH done AS (
    SELECT r.run_id, r.ticket, r.approved_by, r.finished_at
    FROM idmigrate.run AS r
    WHERE r.state = 'done'
), last AS (
    SELECT v.run_id, pg_catalog.bool_and(v.verdict = 'equal') AS is_equal
    FROM idmigrate.verification AS v
    WHERE v.verification_no = (SELECT pg_catalog.max(w.verification_no) FROM idmigrate.verification AS w
                               WHERE w.run_id = v.run_id)
    GROUP BY v.run_id
)
SELECT (SELECT pg_catalog.count(*) FROM done) AS runs,
       (SELECT pg_catalog.string_agg(d.run_id::text, ', ' ORDER BY d.run_id) FROM done AS d
        WHERE d.approved_by IS NULL OR d.ticket IS NULL) AS unapproved,
       (SELECT pg_catalog.string_agg(d.run_id::text, ', ' ORDER BY d.run_id)
        FROM done AS d LEFT JOIN last AS l ON l.run_id = d.run_id WHERE l.is_equal IS NOT TRUE) AS unverified,
       (SELECT pg_catalog.count(*) FROM idmigrate.run AS r
        WHERE r.finished_at < pg_catalog.now() - interval '90 days'
          AND EXISTS (SELECT FROM idmigrate.idmap AS i WHERE i.run_id = r.run_id)) AS old_maps
