create table public.items (id int primary key, owner text, note text);
alter table public.items add constraint apart exclude using gist (box(point(id,id),point(id+1,id+1)) with &&);
