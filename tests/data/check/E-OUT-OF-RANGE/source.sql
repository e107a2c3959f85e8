create table public.items (id int primary key, owner text, note bigint);
insert into public.items values (1, 'old_001', 2147483647), (2, null, 2147483648), (3, null, -2147483649);
