create table public.items (id int primary key, owner text);
create table public.trail_rows (id bigserial primary key, action text not null, what text, metadata jsonb);
create view public.trail as select * from public.trail_rows;
