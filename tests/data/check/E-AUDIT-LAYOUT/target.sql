create table public.items (id int primary key, owner text, note text);
create table public.audit_logs (id uuid primary key, what text);
