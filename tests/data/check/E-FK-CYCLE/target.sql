create table public.items (id int primary key, owner text, note text, b int);
create table public.b (id int primary key, item int references public.items);
alter table public.items add foreign key (b) references public.b;
grant usage on schema public to check_guest; grant all on all tables in schema public to check_guest; grant create on schema public to check_guest; grant create on database :"DBNAME" to check_guest;
