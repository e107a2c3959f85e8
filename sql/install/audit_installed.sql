-- The log's own first event: that it was installed, or changed.
SELECT idmigrate_audit.write_event(
    'AUDIT_LOG_INSTALLED', 'audit_log', :'schema' || '.' || :'table', NULL,
    pg_catalog.jsonb_build_object('version', :'version'::integer, 'profile', :'profile', 'tool', 'idmigrate ' || :'tool'),
    'success', NULL, NULL, session_user, 'system', NULL, NULL, NULL)
