create table public.items (id int primary key, owner text, note text);
create unique index on public.items (note);
