-- Which roles could alter the audit log, or read around its row-level security, and by what. A role counts when somebody
-- can log in as it; what it can become by SET ROLE, or has by membership, is its own.
-- $1 text, $2 text: schema and table of the log; $3 text[]: the log's roles (owner, writer, auditor, pruner, migrator).
-- Result: role text; power text; through text (the role that has it, null: itself); is_inherent boolean (the database
-- system's own superuser: it cannot be taken away); is_design boolean (a member of one of the log's roles, in its part).
WITH log AS (
    SELECT c.oid, c.relowner, n.oid AS schema_oid, n.nspowner
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2
), parts AS (
    SELECT t.relid::pg_catalog.oid AS oid FROM log, pg_catalog.pg_partition_tree(log.oid) AS t
    UNION SELECT log.oid FROM log
), server AS (
    SELECT pg_catalog.current_setting('server_version_num')::integer AS version
), become AS ( -- who can be whom
    SELECT l.oid AS login, r.oid AS other
    FROM server, pg_catalog.pg_roles AS l
    JOIN pg_catalog.pg_roles AS r
        ON r.oid = l.oid
        OR CASE WHEN (SELECT s.version FROM server AS s) >= 160000
                THEN pg_catalog.pg_has_role(l.oid, r.oid, 'SET') OR pg_catalog.pg_has_role(l.oid, r.oid, 'USAGE')
                ELSE pg_catalog.pg_has_role(l.oid, r.oid, 'MEMBER') END
    WHERE l.rolcanlogin AND (NOT l.rolsuper OR r.oid = l.oid)
), granting AS ( -- who can make itself a member of the roles that count
    SELECT m.member AS holder, m.roleid AS granted FROM pg_catalog.pg_auth_members AS m WHERE m.admin_option
), powers (holder, power, is_design) AS (
    SELECT r.oid, 'is a superuser: nothing holds it back', false FROM pg_catalog.pg_roles AS r WHERE r.rolsuper
    UNION ALL
    SELECT r.oid, 'BYPASSRLS: reads every tenant''s events', false FROM pg_catalog.pg_roles AS r
    WHERE r.rolbypassrls AND NOT r.rolsuper
    UNION ALL
    SELECT r.oid, 'REPLICATION: reads every event in the server''s files and WAL', false FROM pg_catalog.pg_roles AS r
    WHERE r.rolreplication AND NOT r.rolsuper
    UNION ALL
    SELECT r.oid, 'CREATEROLE: can make itself a member of the log''s owner (before PostgreSQL 16)', false
    FROM pg_catalog.pg_roles AS r, server AS s WHERE r.rolcreaterole AND NOT r.rolsuper AND s.version < 160000
    UNION ALL
    SELECT g.holder, 'may make itself a member of ' || pg_catalog.pg_get_userbyid(g.granted), false
    FROM granting AS g WHERE pg_catalog.pg_get_userbyid(g.granted) = ANY ($3::text[])
    UNION ALL
    SELECT DISTINCT c.relowner, CASE WHEN c.oid = l.oid THEN 'owns the log: may disable its triggers, alter and drop it'
                                     ELSE 'owns partitions of the log: may alter and drop them' END, false
    FROM log AS l, parts AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.oid
    WHERE c.oid = l.oid OR c.relowner <> l.relowner
    UNION ALL
    SELECT l.nspowner, 'owns the schema of the log: may drop the log', false FROM log AS l
    UNION ALL
    SELECT d.datdba, 'owns the database: may drop it', false FROM pg_catalog.pg_database AS d
    WHERE d.datname = pg_catalog.current_database()
    UNION ALL
    SELECT n.nspowner, 'owns the schema idmigrate_audit: may drop what guards the log', false
    FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'idmigrate_audit'
    UNION ALL
    SELECT f.proowner, 'owns functions that guard the log: may replace them', false
    FROM pg_catalog.pg_proc AS f JOIN pg_catalog.pg_trigger AS t ON t.tgfoid = f.oid
    WHERE t.tgrelid IN (SELECT p.oid FROM parts AS p) AND t.tgname IN ('append_only', 'append_only_truncate')
    UNION ALL
    SELECT r.oid, 'member of ' || r.rolname || ': writes, reads or runs files of the server', false
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname IN ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files')
    UNION ALL
    SELECT r.oid, 'member of pg_write_all_data: may UPDATE and DELETE wherever triggers let it', false
    FROM pg_catalog.pg_roles AS r WHERE r.rolname = 'pg_write_all_data'
    UNION ALL -- privileges: reading the log is what row-level security is for, and adding needs a policy
    SELECT v.grantee,
           pg_catalog.string_agg(DISTINCT v.privilege_type, ', ' ORDER BY v.privilege_type) || ' on ' || v.place, false
    FROM (SELECT a.grantee, a.privilege_type, CASE WHEN p.oid = l.oid THEN 'the log' ELSE 'partitions of the log' END
          FROM log AS l, parts AS p JOIN pg_catalog.pg_class AS c ON c.oid = p.oid,
               pg_catalog.aclexplode(c.relacl) AS a
          WHERE a.grantee <> c.relowner
          UNION ALL
          SELECT a.grantee, a.privilege_type || ' (columns)',
                 CASE WHEN p.oid = l.oid THEN 'the log' ELSE 'partitions of the log' END
          FROM log AS l, parts AS p JOIN pg_catalog.pg_attribute AS t ON t.attrelid = p.oid,
               pg_catalog.aclexplode(t.attacl) AS a
         ) AS v (grantee, privilege_type, place)
    WHERE v.place <> 'the log' OR v.privilege_type !~ '^(SELECT|INSERT|MAINTAIN)'
    GROUP BY v.grantee, v.place
    UNION ALL
    SELECT r.oid, d.does, true
    FROM (VALUES (2, 'writes events by log_event() as the tenant that its session names'),
                 (3, 'reads every tenant''s events, places and releases legal holds'),
                 (4, 'removes sealed months that a policy lets go, leaving certificates'),
                 (5, 'adds events of any tenant and time, and reads all')) AS d (number, does)
    JOIN pg_catalog.pg_roles AS r ON r.rolname = ($3::text[])[d.number]
)
SELECT l.rolname, p.power, CASE WHEN p.holder <> b.login THEN pg_catalog.pg_get_userbyid(p.holder) END,
       l.oid = 10 AND p.holder = 10,
       p.is_design
FROM powers AS p
JOIN become AS b ON b.other = p.holder
JOIN pg_catalog.pg_roles AS l ON l.oid = b.login
WHERE NOT l.rolsuper OR p.power LIKE 'is a superuser%'
UNION ALL
SELECT 'PUBLIC', p.power, NULL, false, false FROM powers AS p WHERE p.holder = 0
ORDER BY 5, 4, 1, 2
