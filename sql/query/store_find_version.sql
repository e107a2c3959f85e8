-- The version of the schema idmigrate and what made it.
-- Result: version integer, tool_version text; one row.
SELECT v.version, v.tool_version
FROM idmigrate.version AS v
ORDER BY v.version DESC
LIMIT 1
