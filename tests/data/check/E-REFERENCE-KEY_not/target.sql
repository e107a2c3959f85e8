create table public.items (id int not null unique, owner text, note text);
create table public.parts (id int primary key, item int);
