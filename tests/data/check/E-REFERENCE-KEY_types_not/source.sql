create table public.items (id int primary key, owner text, note text);
insert into public.items values (1, 'old_001', 'one'), (2, 'old_002', 'two'), (3, null, 'three');
create table public.parts (id int primary key, item int);
insert into public.parts values (1, 1), (2, 2), (3, null), (4, 2);
