create table public.items (id int primary key, owner text, a text, b text, c text, d text, e text, f inet, g int, h json, i text, j text, k text, l text, m numeric[], n float8);
insert into public.items values (1, 'old_001', 'n', 'x', '12.3', '01:02:03.12', '2020-01-01', '10.0.0.0/8', 1, '{"a": [{"b": 1}, {"b": 2}]}', '{"a": 2, "b": {"a": 3}}', '2020-01-01 10:00', '3.14', '101', '{1.5}', 0.5);
insert into public.items values (2, 'old_001', null, null, null, null, null, null, null, null, null, null, null, null, null, null);
