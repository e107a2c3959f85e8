create table public.items (id int primary key, owner text, note text);
grant usage on schema public to check_guest; grant all on all tables in schema public to check_guest; grant create on schema public to check_guest; grant create on database :"DBNAME" to check_guest;
create function public.secret(text) returns bool immutable language sql as 'select true'; alter table public.items add check (public.secret(note)); revoke execute on function public.secret(text) from public;
