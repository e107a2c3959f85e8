-- The parts of one seal's list of leaves: roots of complete subtrees.
-- $1 text: log; $2 bigint: seal_no.
-- Result: part integer, events integer, root bytea, first_time timestamptz, last_time timestamptz; in order.
SELECT l.part, l.events, l.root, l.first_time, l.last_time
FROM idmigrate.seal_leaves AS l
WHERE l.log = $1 AND l.seal_no = $2::bigint
ORDER BY l.part
