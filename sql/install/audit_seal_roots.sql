-- The roots of a month's seals, made anew from its events by the server itself: mappings/seals.md in SQL. Retention
-- compares them before it removes anything. Run as :"owner"; :"schema".:"table" is the log.

-- RFC 6962, section 2.1, level by level: who has no neighbour goes up as it is.
CREATE OR REPLACE FUNCTION idmigrate_audit.tree_root(leaves bytea[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $tree_root$
DECLARE
    level bytea[] := leaves;
BEGIN
    WHILE pg_catalog.cardinality(level) > 1 LOOP
        level := (
            SELECT pg_catalog.array_agg(
                       CASE WHEN p.other IS NULL THEN p.hash
                            ELSE pg_catalog.sha256('\x01'::bytea || p.hash || p.other) END ORDER BY p.n)
            FROM (SELECT u.hash, u.n, pg_catalog.lead(u.hash) OVER (ORDER BY u.n) AS other
                  FROM pg_catalog.unnest(level) WITH ORDINALITY AS u (hash, n)) AS p
            WHERE p.n % 2 = 1);
    END LOOP;
    RETURN COALESCE(level[1], pg_catalog.sha256(''));
END
$tree_root$;

-- The hash of an event e as an expression: its tuple in the binary format of COPY, whatever the client's encoding is.
CREATE OR REPLACE FUNCTION idmigrate_audit.leaf_expression(layout jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = '' AS $leaf_expression$
    SELECT pg_catalog.format('pg_catalog.sha256(%L::bytea || pg_catalog.int2send(%s::smallint) || %s)', '\x00',
                             pg_catalog.count(*),
                             pg_catalog.string_agg(
                                 pg_catalog.format('COALESCE(pg_catalog.int4send(pg_catalog.octet_length(%1$s)) || %1$s, %2$L::bytea)',
                                                   f.bytes, '\xffffffff'), ' || ' ORDER BY f.n))
    FROM (SELECT c.n,
                 pg_catalog.format(
                     CASE c.form ->> 1
                         WHEN 'uuid' THEN 'pg_catalog.uuid_send(%1$s)'
                         WHEN 'boolean' THEN 'pg_catalog.boolsend(%1$s)'
                         WHEN 'smallint' THEN 'pg_catalog.int2send(%1$s)'
                         WHEN 'integer' THEN 'pg_catalog.int4send(%1$s)'
                         WHEN 'bigint' THEN 'pg_catalog.int8send(%1$s)'
                         WHEN 'bytea' THEN '%1$s'
                         WHEN 'timestamptz' THEN 'pg_catalog.timestamptz_send(%1$s)'
                         WHEN 'timestamp' THEN 'pg_catalog.timestamp_send(%1$s)'
                         WHEN 'date' THEN 'pg_catalog.date_send(%1$s)'
                         WHEN 'jsonb' THEN '(%2$L::bytea || pg_catalog.convert_to(%1$s::pg_catalog.text, ''UTF8''))'
                         ELSE 'pg_catalog.convert_to(%1$s::pg_catalog.text, ''UTF8'')' END,
                     'e.' || pg_catalog.quote_ident(c.form ->> 0), '\x01') AS bytes
          FROM pg_catalog.jsonb_array_elements(layout -> 'columns') WITH ORDINALITY AS c (form, n)) AS f
$leaf_expression$;

-- What must be asked for the seals of one layout. An event is in the next seal of its stream that ends at it or behind it;
-- one that was accepted late is in the seal that lists it. $1 log, $2 and $3 the time, $4 the layout's text.
CREATE OR REPLACE FUNCTION idmigrate_audit.roots_statement(layout jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = '' AS $roots_statement$
    SELECT pg_catalog.format($statement$
        WITH late AS MATERIALIZED (
            SELECT l.seal_no, pg_catalog.encode(pg_catalog.substr(l.leaves, 58 * i + 43, 16), 'hex') AS id
            FROM idmigrate.seal AS s JOIN idmigrate.seal_leaves AS l USING (log, seal_no),
                 pg_catalog.generate_series(0, l.events - 1) AS i
            WHERE s.log = $1 AND s.month >= $2::date AND s.month < $3::date AND s.reason IS NOT NULL
        ), rows AS (
            SELECT %1$s AS time, %2$s AS id, %3$s AS stream, %4$s AS leaf, late.seal_no AS late, NULL::bigint AS mark
            FROM %5$s AS e
            LEFT JOIN late ON late.id::%6$s = %2$s
            WHERE e.%7$I >= %8$s AND e.%7$I < %9$s
            UNION ALL
            SELECT s.to_time, s.to_id::%6$s, s.stream, NULL, NULL, s.seal_no
            FROM idmigrate.seal AS s
            WHERE s.log = $1 AND s.month >= $2::date AND s.month < $3::date AND s.reason IS NULL
        ), placed AS (
            SELECT r.time, r.id, r.leaf,
                   COALESCE(r.late, pg_catalog.min(r.mark) OVER (
                       PARTITION BY r.stream ORDER BY r.time DESC, r.id DESC NULLS FIRST, r.mark IS NULL
                       ROWS UNBOUNDED PRECEDING)) AS seal_no
            FROM rows AS r
        )
        SELECT s.seal_no, pg_catalog.count(p.leaf), idmigrate_audit.tree_root(
                   COALESCE(pg_catalog.array_agg(p.leaf ORDER BY p.time, p.id) FILTER (WHERE p.leaf IS NOT NULL), '{}'))
        FROM idmigrate.seal AS s
        LEFT JOIN placed AS p ON p.seal_no = s.seal_no AND p.leaf IS NOT NULL
        WHERE s.log = $1 AND s.month >= $2::date AND s.month < $3::date AND s.layout = $4
        GROUP BY s.seal_no$statement$,
        CASE WHEN c.time_form = 'timestamp' THEN pg_catalog.format('(e.%I AT TIME ZONE ''UTC'')', layout ->> 'time')
             ELSE pg_catalog.format('e.%I', layout ->> 'time') END,
        CASE WHEN c.id_form = 'uuid' THEN pg_catalog.format('e.%I', layout ->> 'id')
             ELSE pg_catalog.format('(e.%I::pg_catalog.text COLLATE "C")', layout ->> 'id') END,
        CASE WHEN layout ->> 'stream' IS NULL THEN 'NULL::uuid' ELSE pg_catalog.format('e.%I', layout ->> 'stream') END,
        idmigrate_audit.leaf_expression(layout), :'log', CASE WHEN c.id_form = 'uuid' THEN 'uuid' ELSE 'text' END,
        layout ->> 'time',
        CASE WHEN c.time_form = 'timestamp' THEN '($2 AT TIME ZONE ''UTC'')' ELSE '$2' END,
        CASE WHEN c.time_form = 'timestamp' THEN '($3 AT TIME ZONE ''UTC'')' ELSE '$3' END)
    FROM (SELECT pg_catalog.max(x.form ->> 1) FILTER (WHERE x.form ->> 0 = layout ->> 'id') AS id_form,
                 pg_catalog.max(x.form ->> 1) FILTER (WHERE x.form ->> 0 = layout ->> 'time') AS time_form
          FROM pg_catalog.jsonb_array_elements(layout -> 'columns') AS x (form)) AS c
$roots_statement$;

-- In the settings that text is sealed in.
CREATE OR REPLACE FUNCTION idmigrate_audit.seal_roots(since timestamptz, until timestamptz)
RETURNS TABLE (seal_no bigint, events bigint, root bytea)
LANGUAGE plpgsql STABLE SET search_path = '' SET timezone = 'UTC' SET datestyle = 'ISO' SET intervalstyle = 'postgres'
    SET extra_float_digits = 3 SET bytea_output = 'hex' SET lc_monetary = 'C' AS $seal_roots$
DECLARE
    name text := pg_catalog.format('%I.%I', :'schema', :'table');
    layout text;
BEGIN
    FOR layout IN EXECUTE 'SELECT DISTINCT s.layout FROM idmigrate.seal AS s'
                          ' WHERE s.log = $1 AND s.month >= $2::date AND s.month < $3::date' USING name, since, until LOOP
        RETURN QUERY EXECUTE idmigrate_audit.roots_statement(layout::jsonb) USING name, since, until, layout;
    END LOOP;
END
$seal_roots$
