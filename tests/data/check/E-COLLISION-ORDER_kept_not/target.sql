create table public.items (id int primary key, owner text unique, mail text unique);
insert into public.items values (1, 'new_001', 'c'), (2, 'new_002', 'd'), (3, 'new_003', 'a');
