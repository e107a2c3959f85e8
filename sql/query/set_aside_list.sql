-- Everything of some tables that can be set aside: their indexes, unique, primary and exclusion constraints, and the foreign keys
-- from and to them; with the statements that take each away and bring it back, and, where it must stay, why.
-- Statements are as the server itself writes definitions, with an empty search path.
-- $1 oid[]: the tables; partitions come with them.
-- Result: 0 the table of $1 (oid); 1 kind: index, constraint or foreign key; 2 schema, 3 table, 4 name; 5 its oid (of the index,
-- or of the foreign key), 6 table's oid; 7 oid of the index at the top of its partitions' (or its own); 8 depth below the top;
-- 9 tablespace; 10 statement that drops it (null: it goes with the top); 11 that builds it (null: nothing to build before the
-- next); 12 that makes it what it was; 13 that attaches it to the index above; 14 what belongs to it (statements); 15 that
-- validates it; 16 oid of the index that a foreign key needs; 17 whether rows may violate it; 18 whether nothing else may happen
-- to the table meanwhile; 19 where rows that violate it are found: "FROM table AS t WHERE ..." of a foreign key, of a unique index
-- the rows in a WINDOW w of equal ones, and of what excludes rows (18 is true then) a JSON object: "pairs", FROM a and b with a `place`
-- each, and "index", a statement for the transaction in which they are looked for; 20 a weight: how much work its rows make; 21 row of the catalogue query (catalog_indexes.sql,
-- catalog_foreign_keys.sql; null of partitions'); 22 why it must stay, or null; 23 a foreign key of a table that is not in $1.
WITH root AS (
    SELECT DISTINCT oid AS root FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS r (oid)
),
tree AS (
    SELECT root, root AS relid FROM root
    UNION
    SELECT root.root, p.relid FROM root CROSS JOIN LATERAL pg_catalog.pg_partition_tree(root.root) AS p
),
relation AS (
    SELECT tree.root, c.oid AS relid, c.relkind, c.relowner, c.relreplident, c.relispartition, n.oid AS namespace, n.nspname, c.relname,
           pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
           pg_catalog.bool_or(c.relkind = 'f') OVER (PARTITION BY tree.root) AS has_foreign,
           EXISTS (
               SELECT 1
               FROM pg_catalog.pg_publication AS b
               CROSS JOIN LATERAL pg_catalog.pg_get_publication_tables(b.pubname) AS published
               WHERE (b.pubupdate OR b.pubdelete)
                   AND (published.relid = c.oid
                        OR published.relid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid) AS a))
           ) AS is_published
    FROM tree
    JOIN pg_catalog.pg_class AS c ON c.oid = tree.relid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
),
index AS (
    SELECT relation.*, i.*, x.relname AS index_name, x.relkind AS index_kind, x.reltablespace,
           pg_catalog.format('%I.%I', relation.nspname, x.relname) AS index_full,
           k.oid AS con, k.contype, k.condeferrable, k.condeferred,
           k.contype = 'x' OR COALESCE((pg_catalog.to_jsonb(k) ->> 'conperiod')::pg_catalog.bool, false) AS is_whole,
           COALESCE(pg_catalog.pg_partition_root(i.indexrelid)::pg_catalog.oid, i.indexrelid) AS top,
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_partition_ancestors(i.indexrelid)) AS depth,
           h.inhparent,
           COALESCE((SELECT s.spcname FROM pg_catalog.pg_tablespace AS s WHERE s.oid = x.reltablespace), '') AS spcname,
           (SELECT a.amname FROM pg_catalog.pg_am AS a WHERE a.oid = x.relam) AS method
    FROM relation
    JOIN pg_catalog.pg_index AS i ON i.indrelid = relation.relid
    JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
    LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = i.indexrelid
),
key AS (
    SELECT k.*, COALESCE(child_root.root, parent_root.root) AS root, child_root.root IS NULL AS is_inbound, c.relowner, c.relkind, c.relispartition, n.nspname, c.relname,
           pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
           pg_catalog.format('%I.%I', rn.nspname, r.relname) AS parent_name,
           rn.oid AS parent_namespace, rn.nspname AS parent_schema, r.relname AS parent, r.relkind AS parent_kind,
           pg_catalog.pg_get_constraintdef(k.oid) AS definition,
           -- A foreign key of partitions cannot come back unproved, and what refers to partitions is proved for each of them.
           k.convalidated AND c.relkind = 'r' AND r.relkind = 'r'
               AND COALESCE((pg_catalog.to_jsonb(k) ->> 'conenforced')::pg_catalog.bool, true) AS is_split
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
    JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
    LEFT JOIN tree AS child_root ON child_root.relid = k.conrelid
    LEFT JOIN tree AS parent_root ON parent_root.relid = k.confrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (child_root.root IS NOT NULL OR parent_root.root IS NOT NULL)
)
SELECT
    root, CASE WHEN con IS NULL THEN 'index' ELSE 'constraint' END, nspname, relname, index_name, indexrelid, relid, top,
    GREATEST(depth - 1, 0), spcname,
    CASE
        WHEN inhparent IS NOT NULL THEN NULL
        WHEN con IS NOT NULL THEN pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', name, index_name)
        ELSE 'DROP INDEX ' || index_full
    END,
    CASE
        WHEN index_kind = 'I' THEN NULL
        WHEN is_whole THEN pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s', name, index_name, pg_catalog.pg_get_constraintdef(con))
        ELSE pg_catalog.pg_get_indexdef(indexrelid)
    END,
    CASE
        WHEN index_kind = 'I' AND con IS NOT NULL
            THEN pg_catalog.format('ALTER TABLE ONLY %s ADD CONSTRAINT %I %s', name, index_name, pg_catalog.pg_get_constraintdef(con))
        WHEN index_kind = 'I' THEN pg_catalog.pg_get_indexdef(indexrelid)
        WHEN con IS NULL OR is_whole THEN NULL
        ELSE pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX %I%s%s', name, index_name,
                               CASE contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, index_name,
                               CASE WHEN condeferrable THEN ' DEFERRABLE' ELSE '' END,
                               CASE WHEN condeferred THEN ' INITIALLY DEFERRED' ELSE '' END)
    END,
    CASE WHEN inhparent IS NOT NULL THEN pg_catalog.format('ALTER INDEX %s ATTACH PARTITION %s', (
        SELECT pg_catalog.format('%I.%I', pn.nspname, p.relname)
        FROM pg_catalog.pg_class AS p JOIN pg_catalog.pg_namespace AS pn ON pn.oid = p.relnamespace
        WHERE p.oid = inhparent), index_full)
    END,
    pg_catalog.concat_ws(';' || pg_catalog.chr(10),
        -- concat_ws() leaves out what is null, and || makes the whole null where there is no comment.
        pg_catalog.format('COMMENT ON INDEX %s IS ', index_full)
            || pg_catalog.quote_literal(pg_catalog.obj_description(indexrelid, 'pg_class')),
        pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s IS ', index_name, name)
            || pg_catalog.quote_literal(pg_catalog.obj_description(con, 'pg_constraint')),
        (SELECT pg_catalog.string_agg(
                    pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', index_full, a.attnum, a.attstattarget), '; '
                    ORDER BY a.attnum)
         FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = indexrelid AND a.attstattarget >= 0),
        CASE WHEN indisclustered THEN pg_catalog.format('ALTER TABLE %s CLUSTER ON %I', name, index_name) END,
        CASE WHEN indisreplident THEN pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', name, index_name) END),
    NULL::pg_catalog.text,
    NULL::pg_catalog.oid,
    indisunique OR indisexclusion OR indexprs IS NOT NULL OR indpred IS NOT NULL,
    is_whole,
    CASE
        WHEN is_whole AND index_kind = 'i' THEN (
        SELECT pg_catalog.jsonb_build_object(
                   'index', pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(indexrelid), '^CREATE UNIQUE INDEX', 'CREATE INDEX'),
                   'pairs', pg_catalog.format('FROM (%1$s) AS a JOIN (%1$s) AS b ON a.place <> b.place AND %2$s',
                       pg_catalog.format('SELECT t.ctid AS place, %s FROM ONLY %s AS t WHERE %s',
                           pg_catalog.string_agg(pg_catalog.format('(%s)%s AS k%s', key_sql, collate_sql, n), ', ' ORDER BY n), name,
                           COALESCE(pg_catalog.pg_get_expr(indpred, indrelid), 'true')),
                       pg_catalog.string_agg(pg_catalog.format('a.k%1$s %2$s b.k%1$s', n, operator_sql), ' AND ' ORDER BY n)))::pg_catalog.text
        FROM (
            SELECT n, pg_catalog.pg_get_indexdef(indexrelid, n, false) AS key_sql,
                   (SELECT pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname)
                    FROM pg_catalog.pg_collation AS l JOIN pg_catalog.pg_namespace AS ln ON ln.oid = l.collnamespace
                    WHERE l.oid = indcollation[n - 1]) AS collate_sql,
                   (SELECT pg_catalog.format('OPERATOR(%I.%s)', opn.nspname, op.oprname)
                    FROM pg_catalog.pg_constraint AS e
                    JOIN pg_catalog.pg_operator AS op ON op.oid = e.conexclop[n]
                    JOIN pg_catalog.pg_namespace AS opn ON opn.oid = op.oprnamespace
                    WHERE e.oid = con) AS operator_sql
            FROM pg_catalog.generate_series(1, indnkeyatts::pg_catalog.int4) AS n) AS keys)
        WHEN indisunique AND index_kind = 'i' THEN (
        SELECT pg_catalog.format('FROM ONLY %s AS t WHERE %s AND %s WINDOW w AS (PARTITION BY %s)', name,
                   COALESCE(pg_catalog.pg_get_expr(indpred, indrelid), 'true'),
                   CASE WHEN pg_catalog.to_jsonb(index) ->> 'indnullsnotdistinct' = 'true' THEN 'true'
                        ELSE pg_catalog.string_agg(pg_catalog.format('(%s) IS NOT NULL', key_sql), ' AND ') END,
                   pg_catalog.string_agg(pg_catalog.format('(%s)%s', key_sql, collate_sql), ', '))
        FROM (
            SELECT pg_catalog.pg_get_indexdef(indexrelid, n, false) AS key_sql,
                   (SELECT pg_catalog.format(' COLLATE %I.%I', ln.nspname, l.collname)
                    FROM pg_catalog.pg_collation AS l JOIN pg_catalog.pg_namespace AS ln ON ln.oid = l.collnamespace
                    WHERE l.oid = indcollation[n - 1]) AS collate_sql
            FROM pg_catalog.generate_series(1, indnkeyatts::pg_catalog.int4) AS n) AS keys)
    END,
    indnkeyatts * CASE method WHEN 'btree' THEN 2 WHEN 'brin' THEN 1 WHEN 'hash' THEN 2 ELSE 8 END,
    CASE WHEN NOT relispartition THEN pg_catalog.jsonb_build_array(
        indrelid::pg_catalog.text, index_name, pg_catalog.pg_get_indexdef(indexrelid), indisprimary::pg_catalog.text,
        indisunique::pg_catalog.text, indisexclusion::pg_catalog.text, 'true', (NOT indimmediate)::pg_catalog.text,
        COALESCE(pg_catalog.to_jsonb(index) ->> 'indnullsnotdistinct', 'false'), pg_catalog.pg_get_expr(indpred, indrelid, true),
        (SELECT pg_catalog.array_agg(pg_catalog.pg_get_indexdef(indexrelid, n, true) ORDER BY n)
         FROM pg_catalog.generate_series(1, indnkeyatts::pg_catalog.int4) AS n)::pg_catalog.text,
        (SELECT pg_catalog.array_agg(indkey[n]::pg_catalog.int4 ORDER BY n)
         FROM pg_catalog.generate_series(0, indnkeyatts - 1) AS n)::pg_catalog.text)
    END,
    CASE
        WHEN NOT (indisvalid AND indisready AND indislive) THEN 'it is not valid'
        WHEN NOT pg_catalog.pg_has_role(relowner, 'USAGE') THEN 'this role does not own the table'
        WHEN NOT pg_catalog.has_schema_privilege(namespace, 'CREATE') THEN 'this role may not create in schema ' || nspname
        WHEN reltablespace <> 0 AND NOT pg_catalog.has_tablespace_privilege(reltablespace, 'CREATE')
            THEN 'this role may not create in tablespace ' || spcname
        WHEN has_foreign AND top <> indexrelid OR has_foreign AND index_kind = 'I' THEN 'a partition of the table is a foreign table'
        WHEN is_published AND (indisreplident AND relreplident = 'i' OR indisprimary AND relreplident = 'd')
            THEN 'it identifies rows of a publication'
        WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE t.tgenabled <> 'O' AND t.tgconstraint = con)
            THEN 'its triggers are switched off or fire on replicas'
        ELSE (
            SELECT CASE
                       WHEN d.deptype IN ('e', 'x') AND d.objid = indexrelid THEN 'it belongs to an extension'
                       ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) || ' needs it'
                   END
            FROM pg_catalog.pg_depend AS d
            WHERE (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = indexrelid AND d.deptype IN ('e', 'x'))
                OR ((d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = indexrelid
                     OR d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.refobjid = con)
                    AND d.classid NOT IN ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass,
                                          'pg_catalog.pg_trigger'::pg_catalog.regclass))
            ORDER BY 1
            LIMIT 1)
    END,
    false
FROM index
UNION ALL
SELECT
    root, 'foreign key', nspname, relname, conname, oid, conrelid, oid, 0, '',
    pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', name, conname),
    NULL,
    pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', name, conname, definition, CASE WHEN is_split THEN ' NOT VALID' ELSE '' END),
    NULL,
    COALESCE(pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s IS ', conname, name)
                 || pg_catalog.quote_literal(pg_catalog.obj_description(oid, 'pg_constraint')), ''),
    CASE WHEN is_split THEN pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', name, conname) END,
    conindid,
    convalidated,
    true,
    -- Rows of others that an unproved foreign key lets be are nobody's business here.
    (SELECT CASE WHEN convalidated OR NOT is_inbound THEN pg_catalog.format('FROM %s AS t WHERE ', name) END || CASE WHEN confmatchtype = 'f'
                THEN pg_catalog.format('(%s) AND (', pg_catalog.string_agg(pg_catalog.format('t.%I IS NOT NULL', a.attname), ' OR '))
                     || pg_catalog.string_agg(pg_catalog.format('t.%I IS NULL', a.attname), ' OR ') || ' OR '
                ELSE pg_catalog.string_agg(pg_catalog.format('t.%I IS NOT NULL', a.attname), ' AND ') || ' AND (' END
            || pg_catalog.format('NOT EXISTS (SELECT FROM %s AS p WHERE %s))', parent_name,
                   pg_catalog.string_agg(pg_catalog.format('p.%I OPERATOR(%I.%s) t.%I', b.attname, opn.nspname, op.oprname, a.attname), ' AND '))
     FROM ROWS FROM (pg_catalog.unnest(conkey), pg_catalog.unnest(confkey), pg_catalog.unnest(conpfeqop)) AS pair (child, parent, equal)
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = pair.child
     JOIN pg_catalog.pg_attribute AS b ON b.attrelid = confrelid AND b.attnum = pair.parent
     JOIN pg_catalog.pg_operator AS op ON op.oid = pair.equal
     JOIN pg_catalog.pg_namespace AS opn ON opn.oid = op.oprnamespace),
    2,
    CASE WHEN NOT relispartition THEN pg_catalog.jsonb_build_array(
        conrelid::pg_catalog.text, conname, parent_schema, parent, conkey::pg_catalog.text,
        (SELECT pg_catalog.array_agg(a.attname ORDER BY o.place)
         FROM pg_catalog.unnest(confkey) WITH ORDINALITY AS o (number, place)
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = confrelid AND a.attnum = o.number)::pg_catalog.text,
        condeferrable::pg_catalog.text, condeferred::pg_catalog.text, convalidated::pg_catalog.text, confdeltype, confupdtype,
        (confmatchtype = 'f')::pg_catalog.text)
    END,
    CASE
        WHEN NOT pg_catalog.pg_has_role(relowner, 'USAGE') THEN 'this role does not own the table'
        WHEN NOT pg_catalog.has_schema_privilege(parent_namespace, 'USAGE') THEN 'this role may not use schema ' || parent_schema
        WHEN EXISTS (
            SELECT FROM pg_catalog.unnest(confkey) AS number
            WHERE NOT pg_catalog.has_column_privilege(confrelid, number, 'REFERENCES'))
            THEN 'this role may not refer to ' || parent_name || ' (REFERENCES)'
        WHEN EXISTS (
            SELECT FROM pg_catalog.pg_trigger AS t
            WHERE t.tgenabled <> 'O'
                AND t.tgconstraint IN (SELECT oid UNION ALL SELECT c.oid FROM pg_catalog.pg_constraint AS c WHERE c.conparentid = key.oid))
            THEN 'its triggers are switched off or fire on replicas'
        ELSE (
            SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) || ' needs it'
            FROM pg_catalog.pg_depend AS d
            WHERE d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.refobjid = key.oid
                AND d.classid NOT IN ('pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass)
            ORDER BY 1
            LIMIT 1)
    END,
    is_inbound
FROM key
ORDER BY 3, 4, 2, 5
