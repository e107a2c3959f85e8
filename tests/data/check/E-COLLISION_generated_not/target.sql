create table public.items (id int primary key, owner text, note text);
alter table public.items add small text generated always as (note || 'x') stored unique;
