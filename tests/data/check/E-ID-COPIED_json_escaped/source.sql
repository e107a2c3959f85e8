create table public.items (id int primary key, owner text, note json);
insert into public.items values (1, 'old_001', '{"a": "o\u006cd_001"}'), (2, 'old_002', null), (3, null, null);
