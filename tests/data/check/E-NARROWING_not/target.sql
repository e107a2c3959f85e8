create table public.items (id int primary key, owner text, amount numeric(12,4));
