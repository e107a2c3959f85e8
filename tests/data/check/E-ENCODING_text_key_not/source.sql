create table public.items (id text primary key, v text);
insert into public.items values ('a', 'b'), ('b', 'plain');
