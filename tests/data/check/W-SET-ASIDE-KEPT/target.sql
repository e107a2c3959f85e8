create table public.items (id int primary key, owner text, note text);
create view public.by_key as select id, owner, count(*) from public.items group by id;
