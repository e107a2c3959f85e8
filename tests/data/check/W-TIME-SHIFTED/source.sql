create table public.items (id int primary key, at timestamp);
insert into public.items values (1, '2024-03-31 02:30'), (2, '2024-03-31 03:30');
