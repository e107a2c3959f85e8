create type public.price as (amount numeric(10,2));
create table public.items (id int primary key, owner text, who public.price);
