create table public.items (id int primary key, owner uuid, note text);
