-- Removes one month of the audit log.
-- $1 text: the partition; $2 jsonb: the policy; $3 text: who; $4 text: the program.
-- Result: certificate text (JSON).
SELECT idmigrate_audit.prune_month($1, $2::jsonb, $3, $4)::text
