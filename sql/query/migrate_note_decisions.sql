-- Remembers which keys a table's rows were decided on by.
-- $1 uuid: run; $2 integer: table; $3 text: digest
UPDATE idmigrate.run_table SET decision_digest = $3 WHERE run_id = $1::uuid AND table_no = $2::integer
