create table public.items (id int primary key, owner text, note text, b int);
create table public.b (id int primary key, item int references public.items deferrable);
alter table public.items add foreign key (b) references public.b deferrable;
