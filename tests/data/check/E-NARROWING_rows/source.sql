create table public.items (id int primary key, owner text, a text, b text, c text, d text, e text, f inet, g int, h json, i text, j text, k text, l text, m numeric[], n float8);
insert into public.items values (1, 'old_001', repeat('n', 80), 'xyz', '12.345', '01:02:03.129', '2020-01-01 10:00', '10.0.0.1/8', 5, '{"a": [{"b": 1, "b": 2}]}', '{"a": 2, "a": 3}', '2020-01-01 10:00+02', '3.141592653589793238', '10111', '{1.25}', 0.30000000000000004);
insert into public.items values (2, 'old_001', 'n', 'x', '12.3', '01:02:03.12', '2020-01-01', '10.0.0.0/8', 1, '{"a": [{"b": 1}, {"b": 2}]}', '{"a": 2, "b": {"a": 3}}', '2020-01-01 10:00', '3.14', '101', '{1.5}', 0.5);
insert into public.items values (3, 'old_001', null, null, null, null, null, null, null, null, null, null, null, null, null, null);
