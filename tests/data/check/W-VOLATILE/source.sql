create table public.items (id int primary key, owner text, parts int[]);
insert into public.items values (1, 'old_001', '{2,3}');
create schema "Old App";
create function "Old App".is_live(int) returns boolean language sql as 'select $1 > 0';
create function public.least_of(int[]) returns int language sql as 'select min(x) from unnest($1) as x';
create function public.least(int) returns int language sql as 'select $1';
