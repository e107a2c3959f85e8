create table public.items (id int primary key, owner text, note text);
create function public.f() returns trigger language plpgsql as $$ begin return old; end $$;
create trigger t before delete on public.items for each row execute function public.f();
alter table public.items disable trigger t;
