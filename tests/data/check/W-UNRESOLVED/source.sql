create table public.items (id int primary key, owner text, note text);
insert into public.items values (1, 'old_001', 'one'), (2, 'old_002', 'two'), (3, 'old_003', 'three'), (4, 'old_003', 'four'), (5, 'old_004', 'five');
