-- What was installed, as :"owner" in the transaction that does it; then the months ahead.
INSERT INTO idmigrate_audit.settings AS s
    (version, tool_version, schema_name, table_name, profile, roles, actions, resource_types, shorten_ip, months_ahead,
     keep_at_least)
VALUES (:'version', :'tool', :'schema', :'table', :'profile', :'roles', :'actions', :'resource_types', :'shorten_ip',
        :'months', :'keep_at_least')
ON CONFLICT (is_only) DO UPDATE SET
    version = excluded.version, tool_version = excluded.tool_version, profile = excluded.profile,
    roles = excluded.roles, actions = excluded.actions, resource_types = excluded.resource_types,
    shorten_ip = excluded.shorten_ip, months_ahead = excluded.months_ahead,
    keep_at_least = excluded.keep_at_least, updated_at = pg_catalog.now()
WHERE (s.version, s.tool_version, s.profile, s.roles, s.actions, s.resource_types, s.shorten_ip, s.months_ahead,
       s.keep_at_least)
    IS DISTINCT FROM (excluded.version, excluded.tool_version, excluded.profile, excluded.roles, excluded.actions,
                      excluded.resource_types, excluded.shorten_ip, excluded.months_ahead,
                      excluded.keep_at_least);
INSERT INTO idmigrate_audit.sensitive_key (key)
SELECT k.key FROM pg_catalog.unnest(:'sensitive_keys'::text[]) AS k (key)
ON CONFLICT (key) DO NOTHING;
SELECT idmigrate_audit.make_months()
