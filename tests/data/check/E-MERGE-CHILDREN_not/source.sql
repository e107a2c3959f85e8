create table public.items (id text primary key);
insert into public.items values ('old_001'), ('old_002');
create table public.parts (id int primary key, item text);
insert into public.parts values (1, 'old_001'), (2, 'old_002');
