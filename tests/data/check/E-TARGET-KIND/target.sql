create table public.items (id int primary key, owner text, note text);
alter table public.items rename to rows; create view public.items as select * from public.rows;
