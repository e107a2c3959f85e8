-- Makes the audit log's months ahead. Result: made integer.
SELECT idmigrate_audit.make_months()
