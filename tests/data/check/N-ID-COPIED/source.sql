create table public.items (id int primary key, owner text, note text);
insert into public.items values (1, '101', 'one'), (2, '102', 'two'), (3, null, 'room 102');
