-- The ID map: account numbers of the old provider, names of the new one.
COPY (
    SELECT 'acct_' || pg_catalog.lpad(i::text, 8, '0') AS old, 'usr-' || pg_catalog.md5('account' || i) AS new
    FROM pg_catalog.generate_series(1, 500) AS i
    ORDER BY i
) TO STDOUT (FORMAT csv, HEADER);
