create table public.items (id int, owner text, at timestamp) partition by hash (id);
create table public.items_0 partition of public.items for values with (modulus 2, remainder 0);
