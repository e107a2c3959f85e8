create table public.items (id int primary key, owner text, note text);
insert into public.items values (4, 'new_002', 'there');
