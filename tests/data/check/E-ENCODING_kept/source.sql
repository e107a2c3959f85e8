create table public.items (id int primary key, owner text, note text);
insert into public.items values (1, 'old_001', 'one'), (2, 'old_002', 'two'), (3, null, 'three');
