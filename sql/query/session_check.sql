-- The settings of the session that are not what they must be.
-- $1 text[]: names of settings; $2 text[]: the values they must have, in base units.
-- Result: name, value found (NULL: no such setting), value wanted.
SELECT wanted.name, found.setting, wanted.value
FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS wanted (name, value)
LEFT JOIN pg_catalog.pg_settings AS found ON pg_catalog.lower(found.name) = pg_catalog.lower(wanted.name)
WHERE found.setting IS DISTINCT FROM wanted.value
ORDER BY wanted.name;
