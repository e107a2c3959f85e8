create table public.items (id int primary key, owner text, a text);
insert into public.items values (1, 'old_001', '2020-01-01');
insert into public.items values (2, 'old_001', '2020-01-02');
