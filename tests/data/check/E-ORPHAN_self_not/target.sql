create table public.items (id int primary key, owner text, note text, boss int references public.items);
