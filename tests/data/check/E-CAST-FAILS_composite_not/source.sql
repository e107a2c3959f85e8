create table public.items (id int primary key, owner text, note text);
insert into public.items values (1, 'old_001', '(1,a)'), (2, 'old_002', '(2,b)'), (3, null, '(3,)');
