create type public.rank as enum ('low', 'high');
create table public.items (id int primary key, owner text, note text, at public.rank);
insert into public.items values (1, 'old_001', 'a', 'low'), (2, 'old_002', 'b', 'high'), (3, null, 'b', null), (4, null, 'c', null);
