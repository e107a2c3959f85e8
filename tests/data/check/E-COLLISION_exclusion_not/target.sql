create table public.items (id int primary key, owner text, note text);
alter table public.items add constraint apart exclude using gist (box(point(id*2,id*2),point(id*2+1,id*2+1)) with &&);
