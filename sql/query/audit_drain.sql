-- Moves waiting events into the audit log.
-- $1 integer: at most so many.
-- Result: delivered bigint.
SELECT idmigrate_audit.drain($1::integer)
