create table public.items (id int primary key, owner text, note text);
create function public.forbid() returns event_trigger language plpgsql as $$ begin raise exception 'no % here', tg_tag; end $$;
create function public.pass() returns event_trigger language plpgsql as $$ begin end $$;
create event trigger pass on ddl_command_end execute function public.pass();
create event trigger other on ddl_command_start when tag in ('DROP FUNCTION') execute function public.forbid();
create event trigger asleep on ddl_command_start execute function public.forbid();
alter event trigger asleep disable;
