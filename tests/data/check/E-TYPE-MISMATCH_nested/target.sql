create type public.home as (place text, street text);
create type public.person as (name text, home public.home);
create domain public.guest as public.person;
create table public.items (id int primary key, owner text, who public.guest);
