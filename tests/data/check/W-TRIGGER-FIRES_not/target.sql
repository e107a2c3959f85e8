create table public.items (id int primary key, owner text, note text);
create function public.f() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger t before insert on public.items for each row execute function public.f();
