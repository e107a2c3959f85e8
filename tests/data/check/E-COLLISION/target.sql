create table public.items (id int primary key, owner text, note text);
create unique index items_owner on public.items (owner);
