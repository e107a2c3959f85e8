-- Fills the legacy application database (legacy.sql) for `users` Clerk accounts.
-- run: psql -v ON_ERROR_STOP=1 -v users=200 [-v meetings_per_user=3] [-v plant_X=1] -f generate.sql
-- The plants are off unless said; README.md tells what each must lead to.

\if :{?plant_conflict} \else \set plant_conflict 0 \endif
\if :{?plant_format} \else \set plant_format 0 \endif
\if :{?plant_hidden_id} \else \set plant_hidden_id 0 \endif
\if :{?plant_orphan} \else \set plant_orphan 0 \endif
\if :{?plant_unmapped} \else \set plant_unmapped 0 \endif
\if :{?plant_unresolved} \else \set plant_unresolved 0 \endif

BEGIN;
\ir common.sql

-- When a row of an account was last written. Pairs that became one person:
-- equal times, the first newer, the second newer by the least there is, the
-- second newer by a day.
CREATE FUNCTION pg_temp.touched(i integer, person integer) RETURNS timestamp
LANGUAGE sql IMMUTABLE AS $$
    SELECT timestamp '2025-03-30 01:30:00.000001' + person * interval '61 minutes'
         + CASE WHEN i = person THEN interval '0'
                ELSE (ARRAY['0', '-1 day', '1 microsecond', '1 day'])[person % 100 / 25 + 1]::interval
           END
$$;

INSERT INTO categories (id, name, description, image, "parentId", "createdAt", "updatedAt")
SELECT pg_temp.uuid_of('category:' || n), name, pg_temp.prose(n::integer + 1),
       CASE WHEN n % 2 = 0 THEN 'https://img.example.org/c/' || n || '.png' ELSE '' END,
       CASE WHEN n > 4 THEN pg_temp.uuid_of('category:' || n % 4 + 1) END,
       timestamp '2024-02-29 23:59:59.999999', timestamp '2024-03-01' + n * interval '1 second'
  FROM unnest(ARRAY['Physiotherapy', 'Psychology', 'Women''s health', 'General medicine',
                    'Pelvic floor', 'Anxiety', 'Nutrition', 'Menopause', 'Sleep medicine',
                    'Saúde da mulher', 'Couples "therapy"', 'Paediatrics 👶'])
       WITH ORDINALITY AS category (name, n);

INSERT INTO users (id, "clerkUserId", "stripeCustomerId", "subscriptionId", "subscriptionStatus",
    "subscriptionPriceId", "subscriptionCurrentPeriodEnd", "hasHadSubscription", email, first_name,
    last_name, image_url, stripe_connect_account_id, stripe_connect_details_submitted,
    stripe_connect_charges_enabled, stripe_connect_payouts_enabled,
    stripe_connect_onboarding_complete, stripe_bank_account_last4, stripe_bank_name,
    stripe_identity_verification_id, stripe_identity_verified,
    stripe_identity_verification_status, stripe_identity_verification_last_checked, country,
    welcome_email_sent_at, onboarding_completed_at, "createdAt", "updatedAt")
SELECT pg_temp.uuid_of('user:' || i), clerk_id,
       CASE WHEN i % 3 <> 0 THEN 'cus_' || pg_temp.base62('customer:' || i, 14) END,
       CASE WHEN i % 7 = 0 THEN 'sub_' || i END,
       (CASE WHEN i % 7 = 0 THEN (ARRAY['active', 'canceled', 'past_due'])[i % 3 + 1] END)
           ::subscription_status,
       CASE WHEN i % 7 = 0 THEN 'price_' || i % 4 END,
       CASE WHEN i % 7 = 0 THEN timestamp '2026-01-31' + i * interval '1 day' END,
       (ARRAY[true, false, NULL])[i % 3 + 1],
       CASE WHEN i = person THEN email ELSE upper(email) END,
       CASE WHEN i % 9 = 0 THEN '' ELSE (ARRAY['Ana', 'Zoë', 'محمد', 'O''Neil'])[i % 4 + 1] END,
       CASE WHEN i % 11 = 0 THEN NULL ELSE 'Person ' || person END,
       'https://img.example.org/u/' || i,
       CASE WHEN expert THEN 'acct_' || pg_temp.base62(
           'connect:' || CASE WHEN person % 50 = 1 THEN person ELSE i END, 16) END,
       expert, expert AND i % 4 <> 1, expert AND i % 4 = 3, (ARRAY[true, false, NULL])[i % 3 + 1],
       CASE WHEN expert THEN lpad((i % 10000)::text, 4, '0') END,
       CASE WHEN expert THEN pg_temp.prose(i) END,
       CASE WHEN i % 6 = 0 THEN 'vs_' || i END, i % 6 = 0,
       CASE WHEN i % 6 = 0 THEN 'verified' WHEN i % 6 = 1 THEN '' END,
       CASE WHEN i % 6 = 0 THEN timestamp '2025-10-26 01:30:00' END,
       (ARRAY['PT', 'ES', NULL, 'BR'])[i % 4 + 1],
       CASE WHEN i % 2 = 0 THEN timestamp '2024-05-01 08:00:00.123' + i * interval '1 minute' END,
       CASE WHEN expert THEN timestamp '2024-05-02' + i * interval '1 minute' END,
       timestamp '2024-04-30 12:00:00' + i * interval '1 minute', pg_temp.touched(i, person)
  FROM account WHERE has_row ORDER BY i;

-- Two events an expert, those without a row in users and those deleted included.
INSERT INTO events (id, name, slug, description, "durationInMinutes", "clerkUserId", "isActive",
    "order", price, currency, "stripeProductId", "stripePriceId", "createdAt", "updatedAt")
SELECT pg_temp.uuid_of('event:' || rank || ':' || n),
       (ARRAY['First visit', 'Follow-up "short"', E'Tab\there', 'كشف', ''])[(i + n) % 5 + 1],
       'event-' || n, pg_temp.prose(i + n), 30 * n, clerk_id, n = 1 OR i % 3 > 0, n - 1,
       5000 + i, (ARRAY['eur', 'usd'])[n], 'prod_' || i || '_' || n,
       CASE WHEN i % 4 > 0 THEN 'price_' || i || '_' || n END,
       timestamp '2024-06-01' + i * interval '1 minute', pg_temp.touched(i, person)
  FROM account, generate_series(1, 2) AS n WHERE expert ORDER BY i, n;

INSERT INTO schedules (id, timezone, "clerkUserId", "createdAt", "updatedAt")
SELECT pg_temp.uuid_of('schedule:' || i), (ARRAY['Europe/Lisbon', 'America/Sao_Paulo', 'UTC'])[i % 3 + 1],
       clerk_id, timestamp '2024-06-02' + i * interval '1 minute', pg_temp.touched(i, person)
  FROM account WHERE expert ORDER BY i;

-- Monday to Friday, mornings in one half of the schedules.
INSERT INTO "scheduleAvailabilities" (id, "scheduleId", "startTime", "endTime", "dayOfWeek")
SELECT pg_temp.uuid_of('availability:' || i || ':' || d), pg_temp.uuid_of('schedule:' || i),
       CASE WHEN i % 2 = 0 THEN '09:00' ELSE '14:00' END,
       CASE WHEN i % 2 = 0 THEN '12:30' ELSE '18:00' END,
       (ARRAY['monday', 'tuesday', 'wednesday', 'thursday', 'friday'])[d]::day
  FROM account, generate_series(1, 5) AS d WHERE expert ORDER BY i, d;

-- Own ID in a link (to be rewritten), inside a longer word (to be left), and
-- numbers and blanks that must come out byte for byte.
INSERT INTO profiles (id, "clerkUserId", "profilePicture", "firstName", "lastName", headline,
    "shortBio", "longBio", "primaryCategoryId", "secondaryCategoryId", "socialLinks",
    "isVerified", "isTopExpert", published, practitioner_agreement_accepted_at,
    practitioner_agreement_version, practitioner_agreement_ip_address, "order",
    "createdAt", "updatedAt")
SELECT pg_temp.uuid_of('profile:' || i), clerk_id,
       CASE WHEN i % 3 > 0 THEN 'https://img.example.org/p/' || i END,
       (ARRAY['Ana', 'Zoë', 'محمد', 'O''Neil'])[i % 4 + 1], 'Person ' || person,
       pg_temp.prose(i), pg_temp.prose(i + 3),
       CASE WHEN i = 16 THEN left(repeat('Two million bytes. ', 110377), 2097152)
            ELSE pg_temp.prose(i + 7) END,
       pg_temp.uuid_of('category:' || i % 12 + 1),
       CASE WHEN i % 3 > 0 THEN pg_temp.uuid_of('category:' || (i + 5) % 12 + 1) END,
       (CASE WHEN i % 6 = 0 THEN NULL
             WHEN deleted OR i % 6 = 1 THEN '[ ]'
             ELSE format('[{"name":"site" , "url":"https://eleva.example/experts/%1$s?ref=1"},'
                         '  {"url":"", "name":"x%1$s", "followers":1.10, "followers":1e3}]', clerk_id)
        END)::json,
       i % 2 = 0, i % 10 = 1, i % 4 > 0,
       CASE WHEN i % 4 > 0 THEN timestamp '2025-01-01 00:00:00' + i * interval '1 hour' END,
       CASE WHEN i % 4 > 0 THEN '1.0' END, CASE WHEN i % 4 > 0 THEN '203.0.113.' || i % 256 END,
       i % 100, timestamp '2024-06-03' + i * interval '1 minute', pg_temp.touched(i, person)
  FROM account WHERE expert AND i % 10 <> 5 ORDER BY i;

-- Meeting m belongs to the experts in turn, and to their two events in turn.
CREATE TEMPORARY TABLE expert AS SELECT * FROM account WHERE expert;
CREATE UNIQUE INDEX ON expert (rank);
ANALYZE expert;
SELECT count(*) AS experts FROM expert \gset

-- A bench loads a million: the plain indexes are built afterwards.
SELECT string_agg(pg_get_indexdef(indexrelid), '; ' ORDER BY indexrelid) AS build_indexes,
       string_agg(format('DROP INDEX %s', indexrelid::regclass), '; ') AS drop_indexes
  FROM pg_index WHERE indrelid = 'meetings'::regclass AND NOT indisunique \gset
:drop_indexes;

INSERT INTO meetings (id, "eventId", "clerkUserId", "guestEmail", "guestName", "guestNotes",
    "startTime", "endTime", timezone, "meetingUrl", "stripePaymentIntentId", "stripeSessionId",
    "stripePaymentStatus", "stripeAmount", "stripeApplicationFeeAmount",
    "stripeApplicationFeeId", "stripeRefundId", "stripeMetadata", "stripeTransferId",
    "stripeTransferAmount", "stripeTransferStatus", "stripeTransferScheduledAt",
    stripe_payout_id, stripe_payout_amount, stripe_payout_failure_code,
    stripe_payout_failure_message, stripe_payout_paid_at, "lastProcessedAt",
    calendar_creation_claimed, "createdAt", "updatedAt", "guestPhone")
SELECT pg_temp.uuid_of('meeting:' || m),
       pg_temp.uuid_of('event:' || rank || ':' || (m - 1) / :experts % 2 + 1), clerk_id,
       'guest' || m % 1000 || '@example.net', 'Guest ' || m % 1000, pg_temp.prose(m),
       starts, starts + interval '30 minutes',
       (ARRAY['Europe/Lisbon', 'UTC', 'Asia/Kolkata'])[m % 3 + 1],
       CASE WHEN m % 5 > 0 THEN 'https://meet.example.org/' || m END,
       CASE WHEN m % 3 > 0 THEN 'pi_' || m END, CASE WHEN m % 3 > 0 THEN 'cs_' || m END,
       (ARRAY['succeeded', 'pending', NULL, 'refunded', ''])[m % 5 + 1],
       CASE WHEN m % 3 > 0 THEN 5000 + m % 100 END, CASE WHEN m % 3 > 0 THEN 750 END,
       CASE WHEN m % 3 > 0 THEN 'fee_' || m END, CASE WHEN m % 30 = 1 THEN 're_' || m END,
       (CASE WHEN m % 4 = 1 THEN format('{"meeting": {"expert": "%s"}, "v": 1.50}', clerk_id) END)::json,
       CASE WHEN m % 6 = 1 THEN 'tr_' || m END, CASE WHEN m % 6 = 1 THEN 4250 END,
       CASE WHEN m % 6 = 1 THEN 'succeeded' ELSE 'pending' END,
       CASE WHEN m % 6 = 1 THEN starts + interval '1 day' END,
       CASE WHEN m % 12 = 1 THEN 'po_' || m END, CASE WHEN m % 12 = 1 THEN 4250 END,
       CASE WHEN m % 120 = 1 THEN 'account_closed' END,
       CASE WHEN m % 120 = 1 THEN 'The bank said: "no"' END,
       CASE WHEN m % 12 = 1 THEN starts + interval '9 days' END,
       CASE WHEN m % 2 = 0 THEN starts END, m % 2 = 0,
       starts - interval '8 days', starts - interval '7 days' + interval '1 microsecond',
       CASE WHEN m % 8 = 0 THEN '+351 900 000 ' || lpad((m % 1000)::text, 3, '0') END
  FROM (SELECT m::integer, timestamp '2025-01-05 09:00:00' + m % 500000 * interval '97 seconds' AS starts
          FROM generate_series(1, :users::bigint * :meetings_per_user) AS m) AS made
  JOIN expert ON rank = (m - 1) % :experts + 1
 ORDER BY m;
:build_indexes;

-- The first meeting of each expert who may have records: those with a users row.
INSERT INTO records (id, meeting_id, expert_id, guest_email, encrypted_content,
    encrypted_metadata, last_modified_at, created_at, version)
SELECT pg_temp.uuid_of('record:' || rank), pg_temp.uuid_of('meeting:' || rank), clerk_id,
       'guest' || rank % 1000 || '@example.net',
       format('{"encryptedContent":"%s","iv":"%s","tag":"%s"}', encode(sha256(clerk_id::bytea), 'hex'),
              md5('iv' || i), md5('tag' || i)),
       CASE WHEN i % 3 > 0
            THEN format('{"encryptedContent":"%s","iv":"%s","tag":"%s"}', md5('m' || i), md5('n' || i),
                        md5('o' || i)) END,
       pg_temp.touched(i, person), timestamp '2025-02-01' + i * interval '1 minute', i % 3 + 1
  FROM expert WHERE has_row ORDER BY rank;

-- One transfer for every fourth meeting. Every third of these wanted approval:
-- by an administrator (account 10), by one deleted since (13), and by one who
-- has two accounts (the second, 2). One check-out was never known.
INSERT INTO payment_transfers (id, payment_intent_id, checkout_session_id, event_id,
    expert_connect_account_id, expert_clerk_user_id, amount, currency, platform_fee,
    session_start_time, scheduled_transfer_time, status, transfer_id, payout_id,
    stripe_error_code, stripe_error_message, retry_count, requires_approval, admin_user_id,
    admin_notes, notified_at, created, updated, guest_name, guest_email, service_name, guest_phone)
SELECT 2 * t, 'pi_t' || t, CASE WHEN t = 7 THEN 'UNKNOWN' ELSE 'cs_t' || t END,
       CASE WHEN t = 5 THEN 'no-such-event' ELSE pg_temp.uuid_of('event:' || rank || ':1')::text END,
       'acct_' || pg_temp.base62('connect:' || i, 16), expert.clerk_id, 5000 + t % 50, 'eur', 750,
       at, at + interval '4 hours',
       (enum_range(NULL::payment_transfer_status_enum))[t % 8 + 1],
       CASE WHEN t % 8 = 3 THEN 'tr_t' || t END, CASE WHEN t % 8 = 7 THEN 'po_t' || t END,
       CASE WHEN t % 8 = 4 THEN 'balance_insufficient' END,
       CASE WHEN t % 8 = 4 THEN E'first line\nsecond "line"\t\\' END,
       CASE WHEN t % 5 > 0 THEN t % 3 END, t % 3 = 0,
       CASE WHEN t % 3 = 0 THEN approver_id END,
       CASE WHEN t % 3 = 0 THEN pg_temp.prose(t) END, CASE WHEN t % 2 = 0 THEN at END,
       at - interval '1 day', at, 'Guest ' || t % 1000, 'guest' || t % 1000 || '@example.net',
       'First visit', NULL
  FROM (SELECT t::integer, timestamp '2025-02-01 10:00:00' + t % 100000 * interval '13 minutes' AS at
          FROM generate_series(1, :users::bigint * :meetings_per_user / 4) AS t) AS made
  JOIN expert ON rank = (4 * t - 1) % :experts + 1
  JOIN (SELECT i AS approver, clerk_id AS approver_id FROM account) AS approver
    ON approver = (ARRAY[10, 13, 2])[t / 3 % 3 + 1]
 ORDER BY t;

-- The table has no unique key on its user: who has two accounts has two rows.
INSERT INTO scheduling_settings (id, user_id, before_event_buffer, after_event_buffer,
    minimum_notice, time_slot_interval, booking_window_days, created_at, updated_at)
SELECT 3 * row_number() OVER (ORDER BY i), clerk_id, i % 3 * 5, i % 2 * 10, i % 4 * 60, 15, 30 + i % 60,
       CASE WHEN i % 7 > 0 THEN timestamp '2024-07-01' + i * interval '1 minute' END,
       CASE WHEN i % 7 > 0 THEN pg_temp.touched(i, person) END
  FROM account WHERE i % 5 = 1 OR i <> person OR deleted ORDER BY i;

INSERT INTO blocked_dates (id, clerk_user_id, date, timezone, reason, created_at, updated_at)
SELECT 10 + row_number() OVER (ORDER BY i, n), clerk_id, date '2025-12-20' + i % 20 + n,
       CASE WHEN i % 4 = 0 THEN 'UTC' ELSE 'Europe/Lisbon' END, pg_temp.prose(i + n),
       timestamp '2025-11-01' + i * interval '1 minute', pg_temp.touched(i, person)
  FROM account, generate_series(1, 2) AS n WHERE i % 5 IN (2, 3) ORDER BY i, n;

INSERT INTO slot_reservations (id, event_id, clerk_user_id, guest_email, start_time, end_time,
    expires_at, stripe_payment_intent_id, stripe_session_id, gentle_reminder_sent_at,
    urgent_reminder_sent_at, created_at, updated_at)
SELECT pg_temp.uuid_of('slot:' || i), pg_temp.uuid_of('event:' || rank || ':2'), clerk_id,
       'guest' || i || '@example.net', at, at + interval '1 hour', at - interval '1 day',
       CASE WHEN i % 2 = 0 THEN 'pi_s' || i END, CASE WHEN i % 3 = 0 THEN 'cs_s' || i END,
       CASE WHEN i % 4 = 0 THEN at - interval '3 days' END, NULL,
       at - interval '7 days', at - interval '6 days'
  FROM (SELECT *, timestamp '2025-12-24 10:00:00' + i % 90 * interval '1 hour' AS at
          FROM expert WHERE i % 5 = 1) AS chosen
 ORDER BY i;

-- Tables the new application has no place for.
INSERT INTO session_packs (id, event_id, clerk_user_id, name, description, sessions_count, price,
    "createdAt", "updatedAt")
SELECT pg_temp.uuid_of('pack:' || i), pg_temp.uuid_of('event:' || rank || ':1'), clerk_id,
       'Pack of 5', pg_temp.prose(i), 5, 20000, timestamp '2025-04-01', pg_temp.touched(i, person)
  FROM expert WHERE i % 5 = 2 ORDER BY i;

INSERT INTO pack_purchases (id, pack_id, buyer_email, buyer_name, promotion_code, max_redemptions,
    status, "createdAt", "updatedAt", expert_clerk_user_id, currency, gross_amount)
SELECT pg_temp.uuid_of('purchase:' || i), pg_temp.uuid_of('pack:' || i),
       'guest' || i || '@example.net', NULL, 'PACK-' || i, 5, 'active', timestamp '2025-05-01',
       timestamp '2025-05-01', CASE WHEN i % 2 = 0 THEN clerk_id END, 'eur', 20000
  FROM expert WHERE i % 5 = 2 ORDER BY i;

INSERT INTO stripe_processed_events (event_id, event_type, processed_at)
SELECT 'evt_' || n, 'checkout.session.completed', timestamp '2025-05-01' + n * interval '1 minute'
  FROM generate_series(1, :users / 10) AS n;

-- Serial keys were given by hand above; the application goes on after a gap.
SELECT setval('payment_transfers_id_seq', (SELECT max(id) + 1 FROM payment_transfers)),
       setval('scheduling_settings_id_seq', (SELECT max(id) FROM scheduling_settings)),
       setval('blocked_dates_id_seq', (SELECT max(id) + 5 FROM blocked_dates))
\g /dev/null

-- Plants.
\if :plant_conflict
    -- Two people with one Stripe account: unique in the target, not here.
    UPDATE users SET stripe_connect_account_id =
        (SELECT stripe_connect_account_id FROM users WHERE id = pg_temp.uuid_of('user:3'))
     WHERE id = pg_temp.uuid_of('user:4');
\endif
\if :plant_format
    -- What a test user, a copied blank and an empty form leave behind.
    UPDATE events SET "clerkUserId" = 'user_abc123' WHERE id = pg_temp.uuid_of('event:3:1');
    UPDATE blocked_dates SET clerk_user_id = ' ' || clerk_user_id WHERE id = 11;
    UPDATE payment_transfers SET admin_user_id = '' WHERE id = 2;
\endif
\if :plant_hidden_id
    -- A known Clerk ID inside a column that is copied as it is.
    UPDATE meetings SET "guestNotes" = 'sent by ' || pg_temp.clerk_id(1) || ', see file'
     WHERE id = pg_temp.uuid_of('meeting:9');
\endif
\if :plant_orphan
    -- The foreign key was lost once, and a meeting with it its event.
    ALTER TABLE meetings DROP CONSTRAINT "meetings_eventId_events_id_fk";
    UPDATE meetings SET "eventId" = pg_temp.uuid_of('event:gone') WHERE id = pg_temp.uuid_of('meeting:2');
\endif
\if :plant_unmapped
    -- What `push` left in production and no file knows: a column and a table.
    ALTER TABLE events ADD COLUMN "delegateUserId" text;
    UPDATE events SET "delegateUserId" = pg_temp.clerk_id(10) WHERE id = pg_temp.uuid_of('event:1:1');
    CREATE TABLE user_roles (clerk_user_id text, role text, assigned_by text,
                             UNIQUE (clerk_user_id, role));
    INSERT INTO user_roles VALUES (pg_temp.clerk_id(10), 'admin', pg_temp.clerk_id(20));
\endif
\if :plant_unresolved
    -- An ID in the right format that no map holds, in a column that rejects.
    UPDATE slot_reservations SET clerk_user_id = 'user_2' || pg_temp.base62('nobody', 26)
     WHERE id = pg_temp.uuid_of('slot:11');
\endif
COMMIT;
ANALYZE;
