-- One database as text, for compare. psql variables: schemas, tables, columns (lists, one a line), part (content, sequences).
\set QUIET on
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SET extra_float_digits = 3;
SET bytea_output = 'hex';
SET xmlbinary = 'base64';
SET row_security = off;
SET search_path = '';
SET statement_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ;

CREATE FUNCTION pg_temp.lines(text) RETURNS SETOF text LANGUAGE sql AS
$$SELECT l FROM pg_catalog.regexp_split_to_table($1, E'\n') l WHERE l <> ''$$;

CREATE TEMPORARY TABLE rel AS
SELECT c.oid, c.relkind, c.relispartition, n.nspname || '.' || c.relname AS name,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'idmigrate', 'oracle')
  AND (:'schemas' = '' OR n.nspname IN (SELECT pg_temp.lines(:'schemas')))
  AND c.relname !~ '^audit_logs'
  AND NOT EXISTS (SELECT FROM pg_temp.lines(:'tables') x WHERE n.nspname || '.' || c.relname ~ ('^(' || x || ')$'));

CREATE TEMPORARY TABLE col AS
SELECT r.oid, r.name AS rel, r.quoted AS rel_quoted, a.attname::text AS name, a.attnum,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attgenerated, a.attidentity,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS default_value
FROM rel r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.name || '.' || a.attname NOT IN (SELECT pg_temp.lines(:'columns'));

SELECT :'part' = 'content' AS content \gset
\if :content

-- what the tables are
SELECT 'column ' || rel || '.' || name, type, attnotnull, attgenerated, attidentity, default_value
FROM col ORDER BY rel COLLATE "C", name COLLATE "C";
SELECT 'constraint ' || r.name, c.conname, c.convalidated, c.condeferrable, c.condeferred, pg_catalog.pg_get_constraintdef(c.oid)
FROM pg_catalog.pg_constraint c JOIN rel r ON r.oid = c.conrelid ORDER BY r.name COLLATE "C", c.conname COLLATE "C";
SELECT 'index ' || r.name, i.indisvalid, i.indisready, pg_catalog.pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_index i JOIN rel r ON r.oid = i.indrelid ORDER BY r.name COLLATE "C", pg_catalog.pg_get_indexdef(i.indexrelid) COLLATE "C";
SELECT 'trigger ' || r.name, t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid)
FROM pg_catalog.pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal ORDER BY r.name COLLATE "C", t.tgname COLLATE "C";
-- the triggers that are foreign keys: switched off is a difference
SELECT 'foreign key trigger ' || r.name, t.tgenabled, pg_catalog.count(*)
FROM pg_catalog.pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE t.tgisinternal GROUP BY r.name, t.tgenabled ORDER BY r.name COLLATE "C", t.tgenabled;
SELECT 'policy ' || r.name, p.polname, p.polcmd, pg_catalog.pg_get_expr(p.polqual, p.polrelid)
FROM pg_catalog.pg_policy p JOIN rel r ON r.oid = p.polrelid ORDER BY r.name COLLATE "C", p.polname COLLATE "C";
SELECT 'row security ' || r.name, c.relrowsecurity, c.relforcerowsecurity
FROM rel r JOIN pg_catalog.pg_class c ON c.oid = r.oid ORDER BY r.name COLLATE "C";

-- what is in them: a partitioned table whole, any other by itself
SELECT pg_catalog.format('COPY (SELECT %L || pg_catalog.count(*) FROM %s %s) TO STDOUT;', 'table ' || quoted || ' ', only_word, quoted),
       pg_catalog.format('COPY (SELECT %L, q.* FROM (SELECT %s FROM %s %s) q %s) TO STDOUT;', name,
                         coalesce(list, 'true AS no_columns'), only_word, quoted, 'ORDER BY ' || sorting)
FROM (SELECT r.name, r.quoted, CASE WHEN r.relkind = 'p' THEN '' ELSE 'ONLY' END AS only_word,
             pg_catalog.string_agg(pg_catalog.format('%I::text', c.name) || ' AS c' || c.nr, ', ' ORDER BY c.nr) AS list,
             pg_catalog.string_agg('c' || c.nr || ' COLLATE "C"', ', ' ORDER BY c.nr) AS sorting
      FROM rel r LEFT JOIN (SELECT *, pg_catalog.row_number() OVER (PARTITION BY oid ORDER BY name COLLATE "C") AS nr FROM col) c ON c.oid = r.oid
      WHERE NOT r.relispartition GROUP BY r.name, r.quoted, r.relkind) x
ORDER BY name COLLATE "C"
\gexec

\else

SELECT pg_catalog.format('SELECT %L WHERE (SELECT pg_catalog.max(%I) FROM %s) > (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM %s);',
                         c.rel || '.' || c.name, c.name, c.rel_quoted, s.quoted)
FROM col c
     JOIN pg_catalog.pg_depend d ON d.refobjid = c.oid AND d.refobjsubid = c.attnum AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
     JOIN (SELECT q.oid, pg_catalog.format('%I.%I', n.nspname, q.relname) AS quoted FROM pg_catalog.pg_class q JOIN pg_catalog.pg_namespace n ON n.oid = q.relnamespace
           WHERE q.relkind = 'S') s ON s.oid = d.objid
ORDER BY c.rel COLLATE "C", c.name COLLATE "C"
\gexec

\endif
COMMIT;
