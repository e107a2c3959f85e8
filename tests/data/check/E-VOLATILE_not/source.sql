create table public.items (id int primary key, owner text, parts int[]);
insert into public.items values (1, 'old_001', '{2,3}');
