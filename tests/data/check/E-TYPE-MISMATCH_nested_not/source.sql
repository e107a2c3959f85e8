create type public.home as (street text, place text);
create type public.person as (name text, home public.home);
create domain public.guest as public.person;
create table public.items (id int primary key, owner text, who public.guest);
insert into public.items values (1, 'old_001', row('Anna', row('Weg 1', 'Ulm'))::public.person);
