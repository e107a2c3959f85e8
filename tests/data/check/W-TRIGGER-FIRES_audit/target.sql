create table public.items (id int primary key, owner text);
create table public.trail (id bigserial primary key, action text not null, what text, metadata jsonb);
create function public.f() returns trigger language plpgsql as 'begin return null; end';
create trigger t before insert on public.trail for each row execute function public.f();
