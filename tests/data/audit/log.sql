-- An audit log of the default shape with :rows events over :months months from :start (2025-01-01) on, one partition
-- each: psql -v rows=3000 -v months=3.
\if :{?start}
\else
\set start 2025-01-01
\endif
SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE TABLE public.audit_logs (
    id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    occurred_at timestamptz,
    event_version smallint NOT NULL DEFAULT 1,
    action text COLLATE "C" NOT NULL,
    resource_type text COLLATE "C" NOT NULL,
    resource_id text COLLATE "C",
    actor_id text COLLATE "C",
    actor_type text NOT NULL DEFAULT 'system',
    tenant_id text COLLATE "C",
    outcome text NOT NULL DEFAULT 'success',
    reason_code text,
    old_values jsonb,
    new_values jsonb,
    metadata jsonb,
    row_digest bytea,
    run_id uuid,
    ip_address text,
    user_agent text,
    retention_class text NOT NULL DEFAULT 'standard'
) PARTITION BY RANGE (recorded_at);
CREATE TABLE public.audit_logs_default PARTITION OF public.audit_logs DEFAULT;
SELECT format('CREATE TABLE public.audit_logs_p%s PARTITION OF public.audit_logs FOR VALUES FROM (%L) TO (%L)',
              to_char(m, 'YYYY_MM'), m, m + interval '1 month')
FROM generate_series(timestamptz :'start', timestamptz :'start' + (:months - 1) * interval '1 month',
                     interval '1 month') AS m \gexec
INSERT INTO public.audit_logs (id, recorded_at, occurred_at, action, resource_type, resource_id, actor_id, actor_type,
                               tenant_id, outcome, old_values, new_values, metadata, ip_address, user_agent)
SELECT (lpad(to_hex((extract(epoch from t) * 1000)::bigint), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' ||
        substr(md5(i::text), 4, 15))::uuid,
       t, t - interval '1 second',
       (ARRAY['MEDICAL_RECORD_VIEWED', 'APPOINTMENT_CREATED', 'PROFILE_UPDATED', 'PAYMENT_COMPLETED'])[1 + i % 4],
       (ARRAY['medical_record', 'appointment', 'profile', 'payment'])[1 + i % 4],
       'r' || i % (:rows / 10 + 1), 'user_' || i % (:rows / 20 + 1), 'user', 'org_' || i % 50, 'success',
       CASE WHEN i % 3 > 0 THEN jsonb_build_object('status', 'draft', 'n', i) END,
       jsonb_build_object('status', 'done', 'n', i + 1, 'note', E'two\nlines "quoted" ü'),
       jsonb_build_object('request', md5(i::text)), '203.0.113.0', 'Mozilla/5.0'
FROM (SELECT i, timestamptz :'start' + (i / :rows::double precision) * (timestamptz :'start' + :months * interval '1 month'
                                                                         - timestamptz :'start') AS t
      FROM generate_series(0::bigint, :rows - 1) AS i) AS s;
-- Behind the rows: millions of them are indexed in a third of the time.
ALTER TABLE public.audit_logs ADD PRIMARY KEY (id, recorded_at);
CREATE INDEX ON public.audit_logs (resource_id, resource_type);
CREATE INDEX ON public.audit_logs (tenant_id, recorded_at);
CREATE INDEX ON public.audit_logs (actor_id, recorded_at) WHERE actor_id <> 'idmigrate';
ANALYZE public.audit_logs;
