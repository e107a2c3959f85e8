create table public.items (id int primary key, owner text, note text);
create function public.forbid() returns event_trigger language plpgsql as $$ begin raise exception 'no % here', tg_tag; end $$;
create event trigger "No DDL" on ddl_command_start when tag in ('CREATE TABLE') execute function public.forbid();
