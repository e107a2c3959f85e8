create table public.items (id int, owner text, note text);
