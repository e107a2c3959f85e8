create table public.items (id int primary key, owner text, note text);
alter table public.items add check (length(note) < 5 or note is null);
