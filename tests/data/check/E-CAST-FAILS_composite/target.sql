create type public.pair as (a int, b text);
create table public.items (id int primary key, owner text, note public.pair);
