create table public.items (id int primary key, owner text, amount numeric(10,2));
