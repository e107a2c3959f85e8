create table public.items (id int primary key, owner text, note text);
create unique index items_lower on public.items (lower(note)) where id < 3;
