-- Whether a sequence counts up.
-- $1 text: quoted name of the sequence
-- Result: rises boolean
SELECT s.seqincrement > 0 AS rises
FROM pg_catalog.pg_sequence AS s
WHERE s.seqrelid = $1::text::regclass
