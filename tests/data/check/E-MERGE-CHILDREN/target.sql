create table public.items (id text primary key);
create table public.parts (id int primary key, item text references public.items);
