create table public.items (id int, owner text, at timestamp) partition by range (at);
create table public.items_2020 partition of public.items for values from ('2020-01-01') to ('2021-01-01');
create table public.items_rest partition of public.items default;
