create table public.items (id int primary key, owner text);
create table public.trail (id bigserial primary key, action text not null, what text, metadata jsonb, check (action in ('ROW_MIGRATED','ROW_REJECTED','ROW_REMOVED')));
