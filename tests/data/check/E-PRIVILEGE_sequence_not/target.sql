create table public.items (id serial primary key, owner text);
grant usage on schema public to check_guest; grant all on all tables in schema public to check_guest; grant create on schema public to check_guest; grant create on database :"DBNAME" to check_guest;
grant select, update on sequence public.items_id_seq to check_guest;
