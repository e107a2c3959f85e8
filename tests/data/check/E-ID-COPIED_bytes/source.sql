create table public.items (id int primary key, owner text, note bytea);
insert into public.items values (1, 'old_002', null), (2, 'old_002', convert_to('by old_001!', 'UTF8')), (3, null, '\xff00');
