create table public.teams (org int, id int, primary key (org, id));
create table public.items (id int primary key, org int, team int, foreign key (org, team) references public.teams match full);
