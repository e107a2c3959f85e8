-- Says which version of the program installed the schema.
-- $1 integer: version of the schema; $2 text: version of the program.
UPDATE idmigrate.version SET tool_version = $2 WHERE version = $1::integer
