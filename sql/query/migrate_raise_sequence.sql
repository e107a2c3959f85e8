-- Raises a sequence so that its next value is past $2 and $3, unless it is there already; a falling sequence is left alone.
-- $1 text: quoted name of the sequence; $2 bigint, $3 bigint: highest value that will be written, and that is there; may be null
-- Result: setval bigint, no row when nothing was to do
SELECT pg_catalog.setval(s.seqrelid::regclass, GREATEST($2::bigint, $3::bigint))
FROM pg_catalog.pg_sequence AS s
WHERE s.seqrelid = $1::text::regclass AND s.seqincrement > 0
  AND COALESCE(pg_catalog.pg_sequence_last_value(s.seqrelid), s.seqstart - 1) < GREATEST($2::bigint, $3::bigint)
