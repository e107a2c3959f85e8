create table public.items (id int, owner text, place int);
