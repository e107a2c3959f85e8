-- The audit log that was installed in this database; no row when none was.
-- Result: schema_name, table_name text; version integer; tool_version, profile text; actions, resource_types text (JSON
-- arrays); registered integer (how many both are); shorten_ip boolean; months_ahead integer; keep_at_least text.
SELECT s.schema_name, s.table_name, s.version, s.tool_version, s.profile,
       pg_catalog.to_json(s.actions)::text, pg_catalog.to_json(s.resource_types)::text,
       pg_catalog.cardinality(s.actions) + pg_catalog.cardinality(s.resource_types), s.shorten_ip,
       s.months_ahead, s.keep_at_least::text
FROM idmigrate_audit.settings AS s
