create table public.items (id int primary key, owner text, note text);
grant usage on schema public to check_guest; grant all on all tables in schema public to check_guest; grant create on schema public to check_guest; grant create on database :"DBNAME" to check_guest;
create function public.place(int) returns point immutable language sql as 'select point($1, 0)'; alter table public.items add constraint apart exclude using gist (public.place(id) with ~=); revoke execute on function public.place(int) from public;
