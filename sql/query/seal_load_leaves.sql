-- The leaves of one seal, or of a part of it.
-- $1 text: log; $2 bigint: seal_no; $3 integer: part, null for all.
-- Result: leaves bytea, root bytea, part integer; in the order of the parts.
SELECT l.leaves, l.root, l.part
FROM idmigrate.seal_leaves AS l
WHERE l.log = $1 AND l.seal_no = $2::bigint AND ($3::integer IS NULL OR l.part = $3::integer)
ORDER BY l.part
