create table public.items (id int primary key, owner text, note text unique);
insert into public.items values (9, null, 'Two');
