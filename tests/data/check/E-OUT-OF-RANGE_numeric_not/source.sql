create table public.items (id int primary key, owner text, note numeric);
insert into public.items values (1, 'old_001', 999.994), (2, 'old_002', 999.99), (3, null, -1);
