-- Roles that can log in, are no superusers, and may change or drop events: by a grant, or as owner or member of the owner.
-- $1 text: schema; $2 text: table.
-- Result: role text, how text; none when nobody may.
SELECT r.rolname::text AS role,
       CASE WHEN pg_catalog.bool_or(pg_catalog.pg_has_role(r.oid, c.relowner, 'MEMBER')) THEN 'owns it'
            ELSE 'may change rows' END AS how
FROM pg_catalog.pg_class AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.relnamespace,
     LATERAL (SELECT p.oid::regclass AS relid
              UNION SELECT x.relid FROM pg_catalog.pg_partition_tree(p.oid) AS x) AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
CROSS JOIN pg_catalog.pg_roles AS r
WHERE n.nspname = $1 AND p.relname = $2 AND r.rolcanlogin AND NOT r.rolsuper
  AND (pg_catalog.pg_has_role(r.oid, c.relowner, 'MEMBER')
       OR pg_catalog.has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE'))
GROUP BY r.rolname
ORDER BY r.rolname
