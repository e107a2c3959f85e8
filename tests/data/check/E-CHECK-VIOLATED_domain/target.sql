create domain public.short as text check (length(value) < 5);
create table public.items (id int primary key, owner text, note public.short);
