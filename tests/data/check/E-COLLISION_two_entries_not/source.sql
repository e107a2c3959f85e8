create table public.items (id int primary key, owner text, note text);
create table public.old_items (id int primary key, owner text, note text);
insert into public.items values (1, 'old_001', 'one'), (2, 'old_002', 'two');
insert into public.old_items values (2, 'old_001', 'older'), (3, 'old_002', 'oldest');
