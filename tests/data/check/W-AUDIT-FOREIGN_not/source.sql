create table public.items (id int primary key, owner text);
insert into public.items values (12345, 'old_001');
