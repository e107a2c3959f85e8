create table public.items (id int primary key, owner text, note text);
create schema idmigrate; create table idmigrate.version (version int, tool_version text); insert into idmigrate.version values (3, '0.1.0');
create table idmigrate.run (run_id uuid, name text); insert into idmigrate.run values ('00000000-0000-0000-0000-000000000001', 'other');
create table idmigrate.set_aside (run_id uuid, state text, schema_name text, table_name text, table_oid oid);
insert into idmigrate.set_aside values ('00000000-0000-0000-0000-000000000001', 'back', 'public', 'items', 'public.items'::regclass);
