-- The roles of the installed audit log.
-- Result: owner, writer, auditor, pruner, migrator text.
SELECT s.roles ->> 'owner', s.roles ->> 'writer', s.roles ->> 'auditor', s.roles ->> 'pruner', s.roles ->> 'migrator'
FROM idmigrate_audit.settings AS s
