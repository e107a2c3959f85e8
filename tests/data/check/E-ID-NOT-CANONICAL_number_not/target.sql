create table public.items (id int primary key, owner int, note text);
