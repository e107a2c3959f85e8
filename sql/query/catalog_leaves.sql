-- The relations that hold the rows of each table: itself, the leaves of its partition tree, its heirs. An heir is a
-- child of plain inheritance with one parent and no column of its own; other children would lose columns when read
-- through the parent, so they are tables of their own only.
-- $1 text[]: schemas of the tables.
-- Result: oid of the table, oid of the leaf, file node, schema, name, kind, pages, estimated rows (-1: unknown), bytes
-- with TOAST, whether the role may read the relation by its own name (ctid needs more than columns).
WITH RECURSIVE parents AS (
    SELECT i.inhrelid AS child, pg_catalog.min(i.inhparent) AS parent
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    WHERE NOT c.relispartition AND c.relkind IN ('r', 'f')
    GROUP BY i.inhrelid
    HAVING pg_catalog.count(*) = 1
), widths AS (
    SELECT a.attrelid AS relation, pg_catalog.count(*) AS columns
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attnum > 0
        AND NOT a.attisdropped
        AND (a.attrelid IN (SELECT child FROM parents) OR a.attrelid IN (SELECT parent FROM parents))
    GROUP BY a.attrelid
), heirs AS (
    SELECT p.child, p.parent
    FROM parents AS p
    JOIN widths AS own ON own.relation = p.child
    JOIN widths AS inherited ON inherited.relation = p.parent AND inherited.columns = own.columns
), roots AS (
    SELECT c.oid, c.relkind
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1::pg_catalog.text[])
        AND c.relkind IN ('r', 'p', 'm', 'f')
        AND NOT c.relispartition
), families (root, leaf) AS (
    SELECT r.oid, r.oid FROM roots AS r WHERE r.relkind <> 'p'
    UNION ALL
    SELECT f.root, h.child FROM families AS f JOIN heirs AS h ON h.parent = f.leaf
), leaves (root, leaf) AS (
    SELECT f.root, f.leaf FROM families AS f
    UNION ALL
    SELECT r.oid, t.relid
    FROM roots AS r
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) AS t
    WHERE r.relkind = 'p' AND t.isleaf
)
SELECT
    l.root,
    c.oid,
    pg_catalog.pg_relation_filenode(c.oid),
    n.nspname,
    c.relname,
    c.relkind,
    size.pages,
    -- As the planner does it: the density of the last VACUUM or ANALYZE times the pages there are now.
    CASE
        WHEN c.reltuples < 0 THEN -1
        WHEN c.relkind = 'f' THEN c.reltuples
        WHEN size.pages = 0 THEN 0
        WHEN c.relpages > 0 THEN c.reltuples::double precision / c.relpages * size.pages
        ELSE -1
    END,
    COALESCE(pg_catalog.pg_table_size(c.oid), 0),
    pg_catalog.has_table_privilege(c.oid, 'SELECT')
FROM leaves AS l
JOIN pg_catalog.pg_class AS c ON c.oid = l.leaf
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT COALESCE(pg_catalog.pg_relation_size(c.oid), 0)
        / pg_catalog.current_setting('block_size')::bigint
) AS size (pages)
ORDER BY l.root, l.leaf <> l.root, n.nspname COLLATE "C", c.relname COLLATE "C";
