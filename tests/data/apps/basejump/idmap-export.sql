\ir ids.sql
-- 45, 46 and 47 deleted themselves: they are in no export
SELECT json_build_object('email', 'person' || i || '@example.org', 'workos_id', pg_temp.workos(i), 'supabase_id', pg_temp.supabase(i))
FROM generate_series(1, 50) i WHERE i NOT BETWEEN 45 AND 47 ORDER BY md5(i::text);
