create table public.items (id int primary key, owner uuid, who uuid);
insert into public.items values (1, '11111111-1111-4111-8111-111111111111', '11111111-1111-4111-8111-111111111112'), (2, '11111111-1111-4111-8111-111111111112', null);
