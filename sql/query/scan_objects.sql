-- Everything in the catalogue that somebody may have written an ID or a provider's name into: names, defaults, constraints,
-- views, rules, functions, policies, triggers, indexes, partition bounds, enum labels, comments, settings. What belongs to an
-- extension is not the application's.
-- Result: kind, schema, name, text; ordered.
WITH schemas AS (
    SELECT n.oid, n.nspname AS name
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'idmigrate', 'idmigrate_audit')
), foreigners AS (
    SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype = 'e'
), relations AS (
    SELECT c.oid, s.name AS schema, c.relname AS name, c.relkind AS kind, c.relpartbound
    FROM pg_catalog.pg_class AS c
    JOIN schemas AS s ON s.oid = c.relnamespace
    WHERE ('pg_catalog.pg_class'::pg_catalog.regclass, c.oid) NOT IN (SELECT f.classid, f.objid FROM foreigners AS f)
), functions AS (
    SELECT p.oid, s.name AS schema, p.proname AS name, p.prokind AS kind
    FROM pg_catalog.pg_proc AS p
    JOIN schemas AS s ON s.oid = p.pronamespace
    WHERE ('pg_catalog.pg_proc'::pg_catalog.regclass, p.oid) NOT IN (SELECT f.classid, f.objid FROM foreigners AS f)
), types AS (
    SELECT t.oid, s.name AS schema, t.typname AS name, t.typtype AS kind, t.typdefault
    FROM pg_catalog.pg_type AS t
    JOIN schemas AS s ON s.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd')
        AND ('pg_catalog.pg_type'::pg_catalog.regclass, t.oid) NOT IN (SELECT f.classid, f.objid FROM foreigners AS f)
), texts (kind, schema, name, text) AS (
    -- Text from the first on: a union of names would be cut to their length.
    SELECT 'name of a schema'::pg_catalog.text, s.name::pg_catalog.text, ''::pg_catalog.text, s.name::pg_catalog.text
    FROM schemas AS s
    UNION ALL
    SELECT CASE r.kind
            WHEN 'i' THEN 'name of an index' WHEN 'I' THEN 'name of an index' WHEN 'S' THEN 'name of a sequence'
            WHEN 'c' THEN 'name of a type' WHEN 'v' THEN 'name of a view' WHEN 'm' THEN 'name of a view'
            ELSE 'name of a table'
        END, r.schema, r.name, r.name
    FROM relations AS r WHERE r.kind NOT IN ('t')
    UNION ALL
    SELECT 'name of a column', r.schema, r.name || '.' || a.attname, a.attname
    FROM relations AS r
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE r.kind IN ('r', 'p', 'v', 'm', 'f', 'c')
    UNION ALL
    SELECT 'name of a constraint', r.schema, r.name || '.' || k.conname, k.conname
    FROM relations AS r JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.oid AND k.conindid = 0
    UNION ALL
    SELECT 'name of a function', p.schema, p.name, p.name FROM functions AS p
    UNION ALL
    SELECT 'name of a type', t.schema, t.name, t.name FROM types AS t
    UNION ALL
    SELECT 'default', r.schema, r.name || '.' || a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    FROM relations AS r
    JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = r.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    UNION ALL
    SELECT 'default', t.schema, t.name, t.typdefault FROM types AS t WHERE t.typdefault IS NOT NULL
    UNION ALL
    SELECT 'check', r.schema, r.name || '.' || k.conname, pg_catalog.pg_get_constraintdef(k.oid)
    FROM relations AS r JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.oid AND k.contype IN ('c', 'x')
    UNION ALL
    SELECT 'check', t.schema, t.name || '.' || k.conname, pg_catalog.pg_get_constraintdef(k.oid)
    FROM types AS t JOIN pg_catalog.pg_constraint AS k ON k.contypid = t.oid
    UNION ALL
    SELECT 'view', r.schema, r.name, pg_catalog.pg_get_viewdef(r.oid) FROM relations AS r WHERE r.kind IN ('v', 'm')
    UNION ALL
    SELECT 'rule', r.schema, r.name || '.' || w.rulename, pg_catalog.pg_get_ruledef(w.oid)
    FROM relations AS r JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'function', p.schema, p.name, pg_catalog.pg_get_functiondef(p.oid)
    FROM functions AS p WHERE p.kind IN ('f', 'p', 'w')
    UNION ALL
    SELECT 'aggregate', p.schema, p.name, pg_catalog.concat_ws(' ', g.agginitval, g.aggminitval)
    FROM functions AS p JOIN pg_catalog.pg_aggregate AS g ON g.aggfnoid = p.oid
    UNION ALL
    SELECT 'policy', r.schema, r.name || '.' || y.polname,
        pg_catalog.concat_ws(' WITH CHECK ', pg_catalog.pg_get_expr(y.polqual, y.polrelid),
            pg_catalog.pg_get_expr(y.polwithcheck, y.polrelid))
    FROM relations AS r JOIN pg_catalog.pg_policy AS y ON y.polrelid = r.oid
    UNION ALL
    SELECT 'trigger', r.schema, r.name || '.' || g.tgname, pg_catalog.pg_get_triggerdef(g.oid)
    FROM relations AS r JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = r.oid AND NOT g.tgisinternal
    UNION ALL
    SELECT 'index', r.schema, r.name,
        pg_catalog.concat_ws(' WHERE ', pg_catalog.pg_get_expr(i.indexprs, i.indrelid),
            pg_catalog.pg_get_expr(i.indpred, i.indrelid))
    FROM relations AS r JOIN pg_catalog.pg_index AS i ON i.indexrelid = r.oid
    UNION ALL
    SELECT 'partition bound', r.schema, r.name, pg_catalog.pg_get_expr(r.relpartbound, r.oid)
    FROM relations AS r WHERE r.relpartbound IS NOT NULL
    UNION ALL
    SELECT 'enum label', t.schema, t.name, l.enumlabel
    FROM types AS t JOIN pg_catalog.pg_enum AS l ON l.enumtypid = t.oid
    UNION ALL
    SELECT 'comment', r.schema, r.name || COALESCE('.' || a.attname, ''), d.description
    FROM relations AS r
    JOIN pg_catalog.pg_description AS d ON d.objoid = r.oid AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = d.objsubid AND d.objsubid > 0
    UNION ALL
    SELECT 'comment', CASE WHEN i.name IS NULL THEN '' ELSE COALESCE(i.schema, '') END, COALESCE(i.name, i.identity),
        d.description
    FROM pg_catalog.pg_description AS d
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
    WHERE d.classoid <> 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.objoid >= 16384
        AND (d.classoid, d.objoid) NOT IN (SELECT f.classid, f.objid FROM foreigners AS f)
        AND d.classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
    UNION ALL
    SELECT 'comment', '', b.datname, d.description
    FROM pg_catalog.pg_database AS b
    JOIN pg_catalog.pg_shdescription AS d
        ON d.objoid = b.oid AND d.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
    WHERE b.datname = pg_catalog.current_database()
    UNION ALL
    SELECT 'setting', '', COALESCE(o.rolname, b.datname), g.setting
    FROM pg_catalog.pg_db_role_setting AS g0
    LEFT JOIN pg_catalog.pg_database AS b ON b.oid = g0.setdatabase
    LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = g0.setrole
    CROSS JOIN LATERAL pg_catalog.unnest(g0.setconfig) AS g (setting)
    WHERE b.datname = pg_catalog.current_database()
    UNION ALL
    -- Row filters came with PostgreSQL 15.
    SELECT 'publication', '', p.pubname || '.' || p.tablename, pg_catalog.to_jsonb(p) ->> 'rowfilter'
    FROM pg_catalog.pg_publication_tables AS p
)
SELECT t.kind, t.schema, t.name, t.text
FROM texts AS t
WHERE t.text <> ''
ORDER BY t.kind COLLATE "C", t.schema COLLATE "C", t.name COLLATE "C", t.text COLLATE "C";
