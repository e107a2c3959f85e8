\ir ids.sql
SELECT E'{\n' || string_agg(format('  "%s": "%s"', pg_temp.clerk(i), pg_temp.workos(i)), E',\n' ORDER BY md5(i::text)) || E'\n}' FROM generate_series(1, 60) i;
