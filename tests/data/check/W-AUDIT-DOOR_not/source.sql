create table public.items (id int primary key, owner text, note text);
insert into public.items values (1, 'old_001', 'one'), (2, 'old_002', 'two'), (3, null, 'three');
grant usage on schema public to check_guest; grant all on all tables in schema public to check_guest; grant create on schema public to check_guest; grant create on database :"DBNAME" to check_guest;
