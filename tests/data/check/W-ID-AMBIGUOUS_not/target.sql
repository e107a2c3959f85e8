create table public.items (id int primary key, owner text, note text, org text);
create table public.owners (usr text, org text);
insert into public.owners values ('new_001', 'org_1'), ('new_002', 'org_2'), ('new_009', 'org_8');
