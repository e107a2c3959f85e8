create type public.kind as enum ('one', 'two', 'three');
create table public.items (id int primary key, owner text, note public.kind);
