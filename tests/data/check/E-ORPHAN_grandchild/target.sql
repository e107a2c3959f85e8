create table public.items (id int primary key, owner text unique, note text);
create table public.parts (id int primary key, item int references public.items);
create table public.bits (id int primary key, part int references public.parts);
