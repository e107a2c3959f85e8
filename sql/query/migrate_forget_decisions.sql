-- Forgets the decisions on a table's rows but for what is marked as refused: they are made again.
-- $1 uuid: run; $2 integer: table
DELETE FROM idmigrate.merge
WHERE run_id = $1::uuid AND table_no = $2::integer AND NOT (updates AND survivor = 'migrated')
