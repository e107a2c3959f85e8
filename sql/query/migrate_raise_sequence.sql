-- Raises a sequence so that its next value is past $2, unless it is there already; a falling sequence is left alone.
-- $1 text: quoted name of the sequence; $2 bigint: highest value that will be written
-- Result: setval bigint, no row when nothing was to do
SELECT pg_catalog.setval(s.seqrelid::regclass, $2::bigint)
FROM pg_catalog.pg_sequence AS s
WHERE s.seqrelid = $1::text::regclass AND s.seqincrement > 0
  AND COALESCE(pg_catalog.pg_sequence_last_value(s.seqrelid), s.seqstart - 1) < $2::bigint
