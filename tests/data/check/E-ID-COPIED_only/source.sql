create table public.items (id int primary key, owner text, note text);
insert into public.items values (1, null, 'old_001'), (2, null, null);
