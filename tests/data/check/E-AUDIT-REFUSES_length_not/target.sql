create table public.items (id int primary key, owner text);
create table public.trail (id bigserial primary key, action text not null, what varchar(5), metadata jsonb);
