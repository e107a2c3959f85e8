create table public.items (id int primary key, owner text unique, note text unique);
