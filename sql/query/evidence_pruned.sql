-- What retention removed of a log: sealed months whose events are gone.
-- $1 text: log.
-- Result: months bigint, youngest date; one row.
SELECT pg_catalog.count(DISTINCT s.month) AS months, pg_catalog.max(s.month) AS youngest
FROM idmigrate.seal AS s
JOIN idmigrate.seal_pruned AS p ON p.log = s.log AND p.seal_no = s.seal_no
WHERE s.log = $1
