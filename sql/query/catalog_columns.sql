-- The columns of the tables of some schemas, with what is to know about their types.
-- format_type is asked with modifier -1 and not NULL: NULL names bpchar "character", which as a cast cuts to one character.
-- $1 text[]: schemas.
-- Result: oid of the table, column, number; type: oid, schema, name, text, text without modifier, modifier, kind, category, oid of
-- the base type, its text, oid of the element, its text, labels (text[]) of an enum or an array's enum, domain is NOT
-- NULL, structure of a type that is or holds a composite one (its parts in their order, names and types), is of users
-- and sent and received as the text it prints (enums; what has text's own functions, as citext), how the base type of users
-- is compared (operator, written in full; NULL: =); column: not null, has a default, default, generated, identity, sequence, collation is deterministic, may SELECT,
-- INSERT, UPDATE; of its sequence: may be raised (setval), may be drawn from.
WITH RECURSIVE chain (domain, step, depth, modifier, not_null) AS (
    SELECT t.oid, t.oid, 0, -1, false
    FROM pg_catalog.pg_type AS t
    WHERE t.typtype = 'd'
    UNION ALL
    -- A modifier belongs to the type below; domains over domains have none themselves.
    SELECT c.domain, t.typbasetype, c.depth + 1,
        CASE WHEN t.typtypmod <> -1 THEN t.typtypmod ELSE c.modifier END, c.not_null OR t.typnotnull
    FROM chain AS c
    JOIN pg_catalog.pg_type AS t ON t.oid = c.step AND t.typtype = 'd'
), domains AS (
    SELECT DISTINCT ON (c.domain) c.domain, c.step AS base, c.modifier, c.not_null
    FROM chain AS c
    ORDER BY c.domain, c.depth DESC
), sequences AS (
    -- What the default calls counts more than what is merely owned by the column.
    SELECT DISTINCT ON (s.relation, s.number) s.relation, s.number, c.oid,
        pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable,
        pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM (
        SELECT f.adrelid, f.adnum, d.refobjid, 1
        FROM pg_catalog.pg_attrdef AS f
        JOIN pg_catalog.pg_depend AS d
            ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
            AND d.objid = f.oid
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        UNION ALL
        SELECT d.refobjid, d.refobjsubid, d.objid, 2
        FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.refobjsubid > 0
            AND d.deptype IN ('a', 'i')
    ) AS s (relation, number, sequence, rank)
    JOIN pg_catalog.pg_class AS c ON c.oid = s.sequence AND c.relkind = 'S'
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    ORDER BY s.relation, s.number, s.rank, c.oid
), parts AS (
    -- A composite value is text in the order of its attributes: what they are called and what they are tells whether
    -- two types mean the same. Types of users have no schema here: it may be another one on the other side.
    SELECT DISTINCT a.atttypid AS root, a.atttypid AS type, -1 AS modifier, ''::pg_catalog.text COLLATE "C" AS path,
        ARRAY[]::pg_catalog.int4[] AS place, false AS is_composite
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1::pg_catalog.text[])
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND a.attnum > 0
        AND NOT a.attisdropped
    UNION ALL
    SELECT p.root, i.type, i.modifier, p.path || i.name, p.place || i.place, p.is_composite OR t.typtype = 'c'
    FROM parts AS p
    JOIN pg_catalog.pg_type AS t ON t.oid = p.type
    CROSS JOIN LATERAL (
        SELECT t.typbasetype, CASE WHEN t.typtypmod <> -1 THEN t.typtypmod ELSE p.modifier END, '', 0
        WHERE t.typtype = 'd'
        UNION ALL
        SELECT e.oid, p.modifier, '[]', 0
        FROM pg_catalog.pg_type AS e
        WHERE e.oid = t.typelem AND e.typarray = t.oid
        UNION ALL
        SELECT r.rngsubtype, -1, '..', 0
        FROM pg_catalog.pg_range AS r
        WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
        UNION ALL
        SELECT a.atttypid, a.atttypmod, '.' || pg_catalog.quote_ident(a.attname), a.attnum::pg_catalog.int4
        FROM pg_catalog.pg_attribute AS a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS i (type, modifier, name, place)
), structures AS (
    -- Only numbers and times are changed silently by a modifier.
    SELECT p.root, pg_catalog.string_agg(
        pg_catalog.ltrim(p.path, '.') || ' ' || CASE
            WHEN t.oid >= 16384 THEN t.typname::pg_catalog.text
            WHEN t.typcategory IN ('N', 'D', 'T') THEN pg_catalog.format_type(t.oid, p.modifier)
            ELSE pg_catalog.format_type(t.oid, -1)
        END, ', ' ORDER BY p.place) AS text
    FROM parts AS p
    JOIN pg_catalog.pg_type AS t ON t.oid = p.type
    WHERE p.is_composite
        AND t.typtype IN ('b', 'e')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS e WHERE e.oid = t.typelem AND e.typarray = t.oid)
    GROUP BY p.root
)
SELECT
    a.attrelid,
    a.attname,
    a.attnum,
    t.oid,
    tn.nspname,
    t.typname,
    pg_catalog.format_type(a.atttypid, a.atttypmod),
    pg_catalog.format_type(a.atttypid, -1),
    COALESCE(dom.modifier, a.atttypmod),
    t.typtype,
    t.typcategory,
    b.oid,
    pg_catalog.format_type(b.oid, -1),
    COALESCE(e.oid, 0),
    pg_catalog.format_type(e.oid, -1),
    (
        SELECT pg_catalog.array_agg(l.enumlabel ORDER BY l.enumsortorder)
        FROM pg_catalog.pg_enum AS l
        WHERE l.enumtypid IN (b.oid, e.oid, edom.base)
    ),
    COALESCE(dom.not_null, false),
    st.text,
    b.oid >= 16384 AND (b.typtype = 'e' OR (
        SELECT pg_catalog.count(*) = 4
        FROM (VALUES (b.typinput, 'textin'), (b.typoutput, 'textout'), (b.typreceive, 'textrecv'), (b.typsend, 'textsend'))
            AS w (oid, name)
        JOIN pg_catalog.pg_proc AS p ON p.oid = w.oid AND p.prosrc = w.name
        JOIN pg_catalog.pg_language AS g ON g.oid = p.prolang AND g.lanname = 'internal')),
    (
        SELECT pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
        FROM pg_catalog.pg_opclass AS l
        JOIN pg_catalog.pg_am AS m ON m.oid = l.opcmethod
        JOIN pg_catalog.pg_amop AS w
            ON w.amopfamily = l.opcfamily AND w.amoplefttype = b.oid AND w.amoprighttype = b.oid
        JOIN pg_catalog.pg_operator AS o ON o.oid = w.amopopr
        JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
        WHERE b.oid >= 16384 AND l.opcintype = b.oid AND l.opcdefault
            AND (m.amname = 'btree' AND w.amopstrategy = 3 OR m.amname = 'hash' AND w.amopstrategy = 1)
        ORDER BY m.amname
        LIMIT 1
    ),
    a.attnotnull OR COALESCE(dom.not_null, false),
    a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
    COALESCE(pg_catalog.pg_get_expr(f.adbin, f.adrelid), t.typdefault),
    a.attgenerated,
    a.attidentity,
    s.name,
    COALESCE(co.collisdeterministic, true),
    u.usable AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'),
    u.usable AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'INSERT'),
    u.usable AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'UPDATE'),
    -- Its last number is read, then set; USAGE allows neither.
    COALESCE(
        s.usable AND pg_catalog.has_sequence_privilege(s.oid, 'UPDATE')
            AND pg_catalog.has_sequence_privilege(s.oid, 'SELECT'), false),
    -- An identity column draws by itself.
    a.attidentity <> '' OR COALESCE(pg_catalog.has_sequence_privilege(s.oid, 'USAGE, UPDATE'), false)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE')) AS u (usable)
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.typnamespace
LEFT JOIN domains AS dom ON dom.domain = t.oid
JOIN pg_catalog.pg_type AS b ON b.oid = COALESCE(dom.base, t.oid)
-- point, name and others have typelem too; a true array is the array type of its element.
LEFT JOIN pg_catalog.pg_type AS e ON e.oid = b.typelem AND e.typarray = b.oid
LEFT JOIN domains AS edom ON edom.domain = e.oid
LEFT JOIN structures AS st ON st.root = t.oid
LEFT JOIN pg_catalog.pg_attrdef AS f ON f.adrelid = c.oid AND f.adnum = a.attnum
LEFT JOIN sequences AS s ON s.relation = c.oid AND s.number = a.attnum
LEFT JOIN pg_catalog.pg_collation AS co ON co.oid = a.attcollation
WHERE n.nspname = ANY ($1::pg_catalog.text[])
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT c.relispartition
ORDER BY a.attrelid, a.attnum;
