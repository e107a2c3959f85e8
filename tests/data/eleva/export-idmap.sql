-- Writes the ID map in the forms people have into the directory `dir`:
--   users.csv                clerk_user_id,workos_user_id
--   migration-user-map.json  [{clerkUserId, workosUserId, organizationId, email}]
-- Needs no table, only a connection.
-- run: psql -v ON_ERROR_STOP=1 -v users=200 -v dir=/tmp/x [-v plant_X=1] -f export-idmap.sql

\if :{?plant_duplicate_old} \else \set plant_duplicate_old 0 \endif
\if :{?plant_empty_new} \else \set plant_empty_new 0 \endif
\if :{?plant_new_format} \else \set plant_new_format 0 \endif

\ir common.sql
\ir idmap.sql

\set csv :dir '/users.csv'
\set json :dir '/migration-user-map.json'
\o :csv
COPY (SELECT clerk_user_id, workos_user_id FROM pair ORDER BY n) TO STDOUT (FORMAT csv, HEADER);
\o
\pset format unaligned
\pset tuples_only on
\o :json
SELECT '[' || string_agg(E'\n  ' || json_build_object('clerkUserId', clerk_user_id,
           'workosUserId', workos_user_id, 'organizationId', organization_id, 'email', email), ',' ORDER BY n)
       || E'\n]'
  FROM pair;
\o
