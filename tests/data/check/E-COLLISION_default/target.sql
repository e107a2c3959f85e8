create table public.items (id int primary key, owner text, note text);
alter table public.items add kind text default 'plain' unique;
