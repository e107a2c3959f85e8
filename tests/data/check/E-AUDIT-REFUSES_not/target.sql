create type public.act as enum ('ROW_MIGRATED', 'ROW_REJECTED', 'ROW_UPDATED', 'ROW_REMOVED');
create table public.items (id int primary key, owner text);
create table public.trail (id bigserial primary key, action public.act not null, what text, metadata jsonb);
