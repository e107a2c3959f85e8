create table public.items (id int primary key, owner text, note text);
create table public.parts (id int primary key, item int);
