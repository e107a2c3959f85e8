-- Notes why a run begins no chunk now.
-- $1 uuid: run ID; $2 text: the reason, or null.
UPDATE idmigrate.control SET waiting = $2 WHERE run_id = $1::uuid
