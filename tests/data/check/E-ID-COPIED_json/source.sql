create table public.items (id int primary key, owner text, note jsonb);
insert into public.items values (1, 'old_001', '{"a": "x\nold_001"}'), (2, 'old_002', '[1, "xold_001"]'), (3, null, '{"b": ["old_002"]}');
