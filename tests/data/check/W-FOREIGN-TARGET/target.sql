create extension if not exists postgres_fdw schema public;
drop server if exists elsewhere cascade;
create server elsewhere foreign data wrapper postgres_fdw options (host '/tmp', dbname 'none');
create table public.items (id int, owner text) partition by range (id);
create table public.items_1 partition of public.items for values from (0) to (100);
create foreign table public.items_2 partition of public.items for values from (100) to (200) server elsewhere;
