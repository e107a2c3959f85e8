create table public.items (id int, owner text, place int);
insert into public.items values (1, 'old_001', 1), (1, 'old_002', 2), (2, 'old_001', 1);
