create table public.items (id int primary key, owner text unique);
create table public.parts (id int primary key, item int references public.items, tag text, unique (item, tag));
create table public.notes (item int primary key references public.items);
