create table public.items (id int primary key, owner text, note text, b int);
create table public.b (id int primary key, item int);
insert into public.items values (1, 'old_001', 'one', 1);
insert into public.b values (1, 1);
grant usage on schema public to check_guest; grant all on all tables in schema public to check_guest; grant create on schema public to check_guest; grant create on database :"DBNAME" to check_guest;
