create table public.items (id int primary key, owner text, note point);
insert into public.items values (1, 'old_001', '(1,2)'), (2, 'old_002', null), (3, null, null);
