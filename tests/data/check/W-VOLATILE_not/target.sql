create table public.items (id int primary key, owner text, parts int[], least int);
