drop publication if exists p;
create table public.items (id int, owner text unique);
create publication p for table public.items;
alter table public.items replica identity full;
