create table public.items (id int primary key, owner text unique, note text unique);
insert into public.items values (9, 'new_001', 'there');
