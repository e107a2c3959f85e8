create type public.human as (first text, last text);
create table public.items (id int primary key, owner text, who public.human);
