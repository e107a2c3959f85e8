-- Claims a chunk: its row stays locked until the transaction ends. No row: another transaction has it, or it is done.
-- $1 uuid: run ID; $2 integer: table number; $3 integer: chunk number.
-- Result: transaction_time timestamptz.
UPDATE idmigrate.chunk AS c
SET started_at = pg_catalog.clock_timestamp()
FROM (
    SELECT run_id, table_no, chunk_no
    FROM idmigrate.chunk
    WHERE run_id = $1::uuid AND table_no = $2::integer AND chunk_no = $3::integer AND state = 'pending'
    FOR UPDATE SKIP LOCKED) AS free
WHERE c.run_id = free.run_id AND c.table_no = free.table_no AND c.chunk_no = free.chunk_no
RETURNING pg_catalog.now() AS transaction_time
