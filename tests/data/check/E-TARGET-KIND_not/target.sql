create table public.items (id int primary key, owner text, note text);
create view public.rows as select * from public.items;
