create table public.items (id int primary key, owner text) partition by range (id);
create table public.items_1 partition of public.items for values from (1) to (100);
create table public.things (id int primary key, owner text);
create table public.others (id int primary key, owner text);
insert into public.items values (1, 'old_001');
