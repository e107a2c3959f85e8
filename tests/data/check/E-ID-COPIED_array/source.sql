create table public.items (id int primary key, owner text, note text[]);
insert into public.items values (1, 'old_001', '{a,old_001}'), (2, 'old_002', null), (3, null, '{}');
