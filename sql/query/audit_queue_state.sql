-- The queue of the audit log.
-- Result: entered, delivered, waiting, failed, lost bigint.
SELECT q.entered, q.delivered, q.waiting, q.failed, q.lost FROM idmigrate_audit.queue_state() AS q
