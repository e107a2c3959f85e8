-- Whether a transaction was begun before this statement, and whether it may write. Columns: is open, is read only.
SELECT pg_catalog.transaction_timestamp() <> pg_catalog.statement_timestamp(),
       pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool
