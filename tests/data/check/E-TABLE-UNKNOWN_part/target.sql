create table public.items (id int primary key, owner text) partition by range (id); create table public.items_1 partition of public.items default;
