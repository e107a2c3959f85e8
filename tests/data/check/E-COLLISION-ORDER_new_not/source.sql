create table public.items (id int primary key, owner text, mail text);
insert into public.items values (1, 'old_001', 'a'), (2, 'old_002', 'c');
