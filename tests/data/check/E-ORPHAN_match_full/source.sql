create table public.teams (org int, id int, primary key (org, id));
insert into public.teams values (1, 1);
create table public.items (id int primary key, org int, team int);
insert into public.items values (1, 1, 1), (2, null, null), (3, 1, null);
