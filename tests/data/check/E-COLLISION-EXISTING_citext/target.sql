create extension citext;
create table public.items (id int primary key, owner text, note public.citext unique);
insert into public.items values (9, null, 'Two');
