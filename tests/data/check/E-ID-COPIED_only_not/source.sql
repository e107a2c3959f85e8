create table public.items (id int primary key, owner text, note text);
insert into public.items values (1, null, 'xold_001'), (2, 'old_002', null);
