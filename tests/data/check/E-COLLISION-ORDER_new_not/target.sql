create table public.items (id int primary key, owner text unique, mail text unique);
insert into public.items values (7, 'new_001', 'b');
