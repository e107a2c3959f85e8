create table public.items (id int primary key, owner text, note text);
create schema idmigrate; create table idmigrate.version (version int, tool_version text); insert into idmigrate.version values (99, '9.9');
