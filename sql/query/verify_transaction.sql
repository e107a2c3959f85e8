-- Whether the mark of an open transaction is there, and whether the transaction may only read. Columns: is open, is read only.
SELECT pg_catalog.current_setting('idmigrate.transaction', true) IS NOT DISTINCT FROM 'open',
       pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool
