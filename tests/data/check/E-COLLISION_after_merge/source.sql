create table public.items (id int primary key, owner text, note text, at int);
insert into public.items values (1, 'old_001', 'a', 1), (2, 'old_002', 'b', 2), (3, null, 'b', 3), (4, null, 'c', 4);
