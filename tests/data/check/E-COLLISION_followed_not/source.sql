create table public.items (id int primary key, owner text unique);
insert into public.items values (1, 'old_001'), (2, 'old_002');
create table public.parts (id int primary key, item int references public.items, tag text, unique (item, tag));
insert into public.parts values (1, 1, 't'), (2, 2, 'other');
create table public.notes (item int primary key references public.items);
insert into public.notes values (1);
