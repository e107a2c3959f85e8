create table public.items (id int primary key, owner text, note text unique);
create table public.parts (id int primary key, note text);
insert into public.items values (1, 'old_001', 'one'), (2, 'old_002', 'two');
insert into public.parts values (1, 'one');
