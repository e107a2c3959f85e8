create type public.price as (amount numeric(10,4));
create table public.items (id int primary key, owner text, who public.price);
insert into public.items values (1, 'old_001', row(1.255)::public.price);
