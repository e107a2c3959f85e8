-- Leaves a mark that lasts as long as the transaction that is open, if one is. Column: the mark.
SELECT pg_catalog.set_config('idmigrate.transaction', 'open', true)
