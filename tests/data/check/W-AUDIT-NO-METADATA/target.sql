create table public.items (id int primary key, owner text, note text);
create table public.log (id uuid primary key, at timestamptz not null default now(), what text, meta jsonb, run uuid, extra text);
