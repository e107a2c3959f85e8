create table public.items (id text primary key, v text);
