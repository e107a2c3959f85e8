create table public.items (id int primary key, owner text unique, note text unique);
create table public.parts (id int primary key, note text references public.items (note));
