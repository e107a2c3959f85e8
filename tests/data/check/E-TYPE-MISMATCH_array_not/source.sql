create type public.person as (first text, last text);
create table public.items (id int primary key, owner text, who public.person[]);
insert into public.items values (1, 'old_001', array[row('Anna', 'Muster')::public.person]);
