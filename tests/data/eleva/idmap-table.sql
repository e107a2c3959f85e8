-- The ID map as a look-up table in the target, migration_user_map.
-- run: psql -v ON_ERROR_STOP=1 -v users=200 -f idmap-table.sql  (on the target)

\set plant_duplicate_old 0
\set plant_empty_new 0
\set plant_new_format 0

\ir common.sql
\ir idmap.sql

CREATE TABLE public.migration_user_map (
    clerk_user_id   text PRIMARY KEY,
    workos_user_id  text NOT NULL,
    organization_id text,
    email           text
);
INSERT INTO public.migration_user_map
SELECT clerk_user_id, workos_user_id, organization_id, email FROM pair ORDER BY n;
