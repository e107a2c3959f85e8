-- What holds on a table and its partitions beside its columns: indexes, constraints, row-level security, policies, triggers.
-- $1 text: schema; $2 text: table.
-- Result: one text, a JSON object: what it is -> its definition; for a partition the name of the partition is in what it is.
WITH relation AS (
    SELECT c.oid, CASE WHEN c.oid = root.oid THEN '' ELSE pg_catalog.format(' of %I.%I', n.nspname, c.relname) END AS place
    FROM (SELECT r.oid FROM pg_catalog.pg_class AS r JOIN pg_catalog.pg_namespace AS s ON s.oid = r.relnamespace
          WHERE s.nspname = $1::text AND r.relname = $2::text) AS root
    CROSS JOIN LATERAL (SELECT root.oid UNION SELECT p.relid FROM pg_catalog.pg_partition_tree(root.oid) AS p) AS member
    JOIN pg_catalog.pg_class AS c ON c.oid = member.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
), item AS (
    SELECT 'index ' || c.relname || r.place AS what,
           pg_catalog.pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END ||
           CASE WHEN i.indisready AND i.indislive THEN '' ELSE ' NOT READY' END AS definition
    FROM relation AS r
    JOIN pg_catalog.pg_index AS i ON i.indrelid = r.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    UNION ALL
    -- A definition tells NOT VALID itself.
    SELECT 'constraint ' || k.conname || r.place, pg_catalog.pg_get_constraintdef(k.oid)
    FROM relation AS r JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.oid
    WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT 'row-level security' || r.place,
           CASE WHEN c.relrowsecurity THEN 'enabled' ELSE 'disabled' END || CASE WHEN c.relforcerowsecurity THEN ', forced' ELSE '' END
    FROM relation AS r JOIN pg_catalog.pg_class AS c ON c.oid = r.oid
    UNION ALL
    SELECT 'policy ' || p.polname || r.place,
           pg_catalog.format('FOR %s %s TO %s USING (%s) WITH CHECK (%s)', p.polcmd,
                             CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
                             (SELECT pg_catalog.string_agg(COALESCE(a.rolname, 'public'), ', ' ORDER BY a.rolname)
                              FROM pg_catalog.unnest(p.polroles) AS role(oid)
                              LEFT JOIN pg_catalog.pg_roles AS a ON a.oid = role.oid),
                             pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    FROM relation AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'trigger ' || t.tgname || r.place,
           pg_catalog.pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' enabled as ' || t.tgenabled::text END
    FROM relation AS r JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = r.oid
    WHERE NOT t.tgisinternal
)
SELECT COALESCE(pg_catalog.jsonb_object_agg(item.what, item.definition), '{}'::jsonb)::text FROM item
