create table public.items (id int primary key, owner text);
insert into public.items values (1, 'old_001');
