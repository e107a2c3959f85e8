create table public.items_1 (id int primary key, owner text); insert into public.items_1 values (1, 'old_001');
