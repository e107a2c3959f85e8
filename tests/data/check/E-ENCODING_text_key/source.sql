create table public.items (id text primary key, v text);
insert into public.items values (E'\xe9\x41', E'\xe9\x41'), ('b', 'plain');
