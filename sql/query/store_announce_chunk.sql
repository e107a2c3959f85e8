-- Says that a chunk will be begun, in a transaction that commits before it is. No row: another transaction has the
-- chunk, or it is done.
-- $1 uuid: run ID; $2 integer: table number; $3 integer: chunk number.
-- Result: whether that had been said before, of this chunk or of one that was put aside before it was done.
UPDATE idmigrate.chunk AS c
SET announced = c.announced + 1
FROM (
    SELECT run_id, table_no, chunk_no
    FROM idmigrate.chunk
    WHERE run_id = $1::uuid AND table_no = $2::integer AND chunk_no = $3::integer AND state = 'pending'
    FOR UPDATE SKIP LOCKED) AS free
WHERE c.run_id = free.run_id AND c.table_no = free.table_no AND c.chunk_no = free.chunk_no
RETURNING c.announced > 1 OR EXISTS (
    SELECT
    FROM idmigrate.chunk AS earlier
    WHERE earlier.run_id = c.run_id
        AND earlier.table_no = c.table_no
        AND earlier.state = 'superseded'
        AND earlier.announced > 0
        AND earlier.finished_at IS NULL)
