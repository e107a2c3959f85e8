-- Locks a table's row until the transaction ends. No row: another transaction has it.
-- $1 uuid: run ID; $2 integer: table number.
-- Result: state text, pass integer.
SELECT state, pass FROM idmigrate.run_table WHERE run_id = $1::uuid AND table_no = $2::integer FOR UPDATE SKIP LOCKED
