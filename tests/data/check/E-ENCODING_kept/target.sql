create table public.items (id int primary key, owner text, note text);
