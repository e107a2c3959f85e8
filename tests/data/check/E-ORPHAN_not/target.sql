create table public.items (id int primary key, owner text, note text);
create table public.parts (id int primary key, item int references public.items);
insert into public.items values (7, null, 'there');
