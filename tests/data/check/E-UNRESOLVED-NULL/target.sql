create table public.items (id int primary key, owner text not null, note text);
