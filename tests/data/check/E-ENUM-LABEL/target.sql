create type public.kind as enum ('one', 'two');
create table public.items (id int primary key, owner text, note public.kind);
