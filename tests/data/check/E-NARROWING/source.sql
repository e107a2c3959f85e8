create table public.items (id int primary key, owner text, amount numeric(10,4));
insert into public.items values (1, 'old_001', 1.25);
