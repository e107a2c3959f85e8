create table public.items (id int, owner text) partition by range (id);
create table public.items_1 partition of public.items for values from (0) to (100);
create table public.items_2 partition of public.items for values from (100) to (200);
