create table public.items (id int primary key, owner char(9), note char(20));
