-- The audit log and everything that stands for it: is it guarded as it should be?
-- $1 text, $2 text: schema and table of the log; $3 text: name of its owner; $4 text[]: its roles (owner, writer,
-- auditor, pruner, migrator).
-- Result: relation text; is_log boolean (or a partition of it); owner text; owner_is_ours, has_row_security,
-- is_forced boolean; append_only, append_only_truncate text (null: as it should be; otherwise what is wrong);
-- foreign_policies text, foreign_triggers text (names of others than the log's own, null: none); has_rules boolean;
-- broken_policies text (of the log's own: missing or changed, null: none); is_detached boolean (was a partition).
WITH log AS (
    SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2
), detached AS ( -- what keeps the trigger that is a partition's own, and is none
    SELECT t.tgrelid AS oid
    FROM pg_catalog.pg_trigger AS t
    JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
    JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace
    WHERE t.tgname = 'append_only_truncate' AND n.nspname = 'idmigrate_audit' AND f.proname = 'refuse_change'
      AND NOT c.relispartition AND s.nspname <> 'idmigrate_audit' AND t.tgrelid NOT IN (SELECT l.oid FROM log AS l)
), policies (name, command, roles, condition) AS (
    VALUES ('audit_owner_reads', 'r', ARRAY[($4::text[])[1]], '^true$'),
           ('audit_owner_writes', 'a', ARRAY[($4::text[])[1]], ' = \(?now\(\)( AT TIME ZONE ''UTC''::text)?\)+$'),
           ('audit_sees_all', 'r', ARRAY[($4::text[])[3], ($4::text[])[5]], '^true$'),
           ('audit_migrates', 'a', ARRAY[($4::text[])[5]], ' = \(?now\(\)( AT TIME ZONE ''UTC''::text)?\)+$'),
           ('audit_tenant', 'r', ARRAY['public'],
            '^\([^=]+ = \( SELECT idmigrate_audit.current_tenant\(\) AS current_tenant\)\)$')
), parts AS (
    SELECT t.relid::pg_catalog.oid AS oid, true AS is_log FROM log, pg_catalog.pg_partition_tree(log.oid) AS t
    UNION SELECT log.oid, true FROM log
    UNION SELECT d.oid, false FROM detached AS d
    UNION SELECT c.oid, false FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE n.nspname = 'idmigrate_audit' AND c.relname IN ('archive', 'certificate')
          UNION SELECT c.oid, false FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE n.nspname = 'idmigrate' AND c.relname = 'seal'
), wanted (name, type) AS (
    VALUES ('append_only', 27), ('append_only_truncate', 34)
), guards AS (
    SELECT p.oid, w.name,
           CASE WHEN t.oid IS NULL THEN 'is missing'
                WHEN t.tgenabled <> 'A' THEN CASE t.tgenabled WHEN 'D' THEN 'is disabled'
                                                              ELSE 'is not ENABLE ALWAYS' END
                WHEN t.tgtype <> w.type OR t.tgqual IS NOT NULL OR t.tgattr <> '' THEN 'does not fire for everything'
                WHEN f.proname <> 'refuse_change' OR n.nspname NOT IN ('idmigrate_audit', 'idmigrate')
                    THEN 'calls another function' END AS fault
    FROM parts AS p
    CROSS JOIN wanted AS w
    LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = p.oid AND t.tgname = w.name
    LEFT JOIN pg_catalog.pg_proc AS f ON f.oid = t.tgfoid
    LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
)
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
       p.is_log,
       pg_catalog.pg_get_userbyid(c.relowner),
       pg_catalog.pg_get_userbyid(c.relowner) = $3,
       c.relrowsecurity,
       c.relforcerowsecurity,
       (SELECT g.fault FROM guards AS g WHERE g.oid = p.oid AND g.name = 'append_only'),
       (SELECT g.fault FROM guards AS g WHERE g.oid = p.oid AND g.name = 'append_only_truncate'),
       (SELECT pg_catalog.string_agg(l.polname, ', ' ORDER BY l.polname)
        FROM pg_catalog.pg_policy AS l
        WHERE l.polrelid = p.oid
          AND NOT (p.is_log AND l.polname IN ('audit_owner_reads', 'audit_owner_writes', 'audit_sees_all',
                                              'audit_migrates', 'audit_tenant'))),
       (SELECT pg_catalog.string_agg(t.tgname, ', ' ORDER BY t.tgname)
        FROM pg_catalog.pg_trigger AS t
        WHERE t.tgrelid = p.oid AND NOT t.tgisinternal
          AND t.tgname NOT IN ('append_only', 'append_only_truncate')),
       EXISTS (SELECT FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = p.oid),
       (SELECT pg_catalog.string_agg(w.name, ', ' ORDER BY w.name)
        FROM policies AS w
        WHERE p.oid = (SELECT l.oid FROM log AS l)
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_policy AS l
              WHERE l.polrelid = p.oid AND l.polname = w.name AND l.polcmd::text = w.command AND l.polpermissive
                AND (SELECT pg_catalog.array_agg(r.name ORDER BY r.name)
                     FROM (SELECT CASE WHEN o.role = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(o.role)::text END
                           FROM pg_catalog.unnest(l.polroles) AS o (role)) AS r (name))
                    = (SELECT pg_catalog.array_agg(n.name ORDER BY n.name) FROM pg_catalog.unnest(w.roles) AS n (name))
                AND pg_catalog.pg_get_expr(COALESCE(l.polqual, l.polwithcheck), l.polrelid) ~ w.condition)),
       p.oid IN (SELECT d.oid FROM detached AS d)
FROM parts AS p
JOIN pg_catalog.pg_class AS c ON c.oid = p.oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
ORDER BY p.is_log DESC, 1
