create type public.person as (last text, first text);
create table public.items (id int primary key, owner text, who public.person[]);
