-- Used by test_support.c: makes :rows rows.
create table public.rows_made as select n from generate_series(1, :rows) as n;
