create table public.items (id int primary key, owner text, at timestamp);
insert into public.items values (1, 'old_001', '2020-05-01'), (2, 'old_002', '2021-05-01');
