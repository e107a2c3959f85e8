-- How many large objects there are; they are not scanned.
-- Result: count bigint.
SELECT pg_catalog.count(*)
FROM pg_catalog.pg_largeobject_metadata;
