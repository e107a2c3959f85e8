create table public.items (id int primary key, owner text, note jsonb);
insert into public.items values (1, 'old_001', '{"old_001": 1, "old_002": 2}'), (2, 'old_002', null), (3, null, '{"old_001": 1}');
