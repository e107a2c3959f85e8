-- The months, from this one on, that no partition of the audit log covers even in part. Whoever made a partition may
-- have named and cut it otherwise, so its bounds are compared and not its name.
-- $1 text: schema; $2 text: table; $3 integer: number of months.
-- Result: suffix text (of the partition's name), month_start timestamptz, month_end timestamptz; in order of time.
SELECT pg_catalog.to_char(m.month_start, 'YYYY_MM') AS suffix, m.month_start,
       m.month_start + interval '1 month' AS month_end
FROM pg_catalog.generate_series(0, $3::integer - 1) AS n (months),
     LATERAL (SELECT pg_catalog.date_trunc('month', pg_catalog.now())
                         + n.months * interval '1 month') AS m (month_start)
WHERE NOT EXISTS (
    SELECT
    FROM (
        SELECT pg_catalog.pg_get_expr(p.relpartbound, p.oid) AS text
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS p ON p.oid = i.inhrelid
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhparent
        JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace
        WHERE s.nspname = $1 AND c.relname = $2) AS bound
    WHERE bound.text <> 'DEFAULT'
      AND COALESCE(pg_catalog.substring(bound.text, 'FROM \(''([^'']+)''')::timestamptz, '-infinity')
          < m.month_start + interval '1 month'
      AND COALESCE(pg_catalog.substring(bound.text, 'TO \(''([^'']+)''')::timestamptz, 'infinity') > m.month_start)
ORDER BY m.month_start
