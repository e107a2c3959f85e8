-- What the target must hold after mappings/eleva.json, computed by hand-written
-- SQL that shares nothing with idmigrate. Run by the script `oracle` in a copy
-- of the target, where
--   oracle_in."<table>"  is the legacy table, every column as text
--   oracle_in.id_map     is users.csv
-- The rules it applies are those of mappings/eleva.md.

BEGIN;
SET LOCAL DateStyle = 'ISO';
SET LOCAL TimeZone = 'UTC';
SET LOCAL search_path = oracle_in, public, pg_temp;

CREATE UNIQUE INDEX ON oracle_in.id_map (clerk_user_id);
ANALYZE oracle_in.id_map;

-- One row for each legacy ID that any table names: its new ID (or, for people
-- deleted in Clerk, the old one) and the organization its owner has, if any.
CREATE TEMPORARY TABLE person AS
SELECT named.id AS old_id, coalesce(id_map.workos_user_id, named.id) AS new_id, owner.org_id
  FROM (SELECT "clerkUserId" AS id FROM oracle_in.users
        UNION SELECT "clerkUserId" FROM oracle_in.events
        UNION SELECT "clerkUserId" FROM oracle_in.schedules
        UNION SELECT "clerkUserId" FROM oracle_in.profiles
        UNION SELECT "clerkUserId" FROM oracle_in.meetings
        UNION SELECT expert_id FROM oracle_in.records
        UNION SELECT expert_clerk_user_id FROM oracle_in.payment_transfers
        UNION SELECT admin_user_id FROM oracle_in.payment_transfers WHERE admin_user_id IS NOT NULL
        UNION SELECT user_id FROM oracle_in.scheduling_settings
        UNION SELECT clerk_user_id FROM oracle_in.blocked_dates
        UNION SELECT clerk_user_id FROM oracle_in.slot_reservations) AS named
  LEFT JOIN oracle_in.id_map ON id_map.clerk_user_id = named.id
  LEFT JOIN public.user_org_memberships AS owner
    ON owner.workos_user_id = id_map.workos_user_id AND owner.role = 'owner' AND owner.status = 'active';
CREATE UNIQUE INDEX ON person (old_id);
ANALYZE person;

-- A text with every known ID in it replaced, where it stands alone: not inside a
-- longer word. An escape of JSON before it (\n, \t, ...) is not a part of a word.
CREATE FUNCTION pg_temp.rewritten(before text, is_json boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text := before;
    pair record;
    left_side text := CASE WHEN is_json THEN '(?:(?<![0-9A-Za-z_])|(?<=(?:^|[^\\])(?:\\\\)*\\[bfnrt]))'
                           ELSE '(?<![0-9A-Za-z_])' END;
BEGIN
    IF before IS NULL OR position('user_' IN before) = 0 THEN
        RETURN before;
    END IF;
    FOR pair IN
        SELECT DISTINCT clerk_user_id, workos_user_id
          FROM regexp_matches(before, 'user_[0-9A-Za-z]{27}', 'g') AS match
          JOIN oracle_in.id_map ON clerk_user_id = match[1]
    LOOP
        result := regexp_replace(result, left_side || pair.clerk_user_id || '(?![0-9A-Za-z_])',
                                 pair.workos_user_id, 'g');
    END LOOP;
    RETURN result;
END
$$;

-- Categories: a name the target has already stays with the target's row, and
-- whatever pointed to the legacy row points to that one.
CREATE TEMPORARY TABLE category_place AS
SELECT legacy.id::uuid AS old_id, coalesce(there.id, legacy.id::uuid) AS new_id
  FROM oracle_in.categories AS legacy LEFT JOIN public.categories AS there ON there.name = legacy.name;

INSERT INTO public.categories (id, name, description, image, parent_id, created_at, updated_at)
SELECT id::uuid, name, description, image, "parentId"::uuid, "createdAt"::timestamp, "updatedAt"::timestamp
  FROM oracle_in.categories JOIN category_place ON old_id = id::uuid AND new_id = old_id;

-- Users: of several accounts of one person the one written last counts; at the
-- same time, the one whose key comes first. A person whom a login made a row for
-- keeps that row, which takes over the money, the country and the dates.
CREATE TEMPORARY TABLE chosen_user AS
SELECT DISTINCT ON (new_id COLLATE "C") new_id, users.*
  FROM oracle_in.users JOIN person ON old_id = "clerkUserId"
 ORDER BY new_id COLLATE "C", "updatedAt"::timestamp DESC, id COLLATE "C";

CREATE TEMPORARY TABLE updated_user AS
SELECT chosen_user.* FROM chosen_user JOIN public.users AS there ON there.workos_user_id = new_id;

UPDATE public.users AS there
   SET stripe_customer_id = u."stripeCustomerId",
       stripe_connect_account_id = u.stripe_connect_account_id,
       stripe_connect_details_submitted = u.stripe_connect_details_submitted::boolean,
       stripe_connect_charges_enabled = u.stripe_connect_charges_enabled::boolean,
       stripe_connect_payouts_enabled = u.stripe_connect_payouts_enabled::boolean,
       stripe_connect_onboarding_complete = u.stripe_connect_onboarding_complete::boolean,
       stripe_bank_account_last4 = u.stripe_bank_account_last4,
       stripe_bank_name = u.stripe_bank_name,
       stripe_identity_verification_id = u.stripe_identity_verification_id,
       stripe_identity_verified = u.stripe_identity_verified::boolean,
       stripe_identity_verification_status = u.stripe_identity_verification_status,
       stripe_identity_verification_last_checked = u.stripe_identity_verification_last_checked::timestamp,
       country = u.country,
       welcome_email_sent_at = u.welcome_email_sent_at::timestamp,
       onboarding_completed_at = u.onboarding_completed_at::timestamp,
       created_at = u."createdAt"::timestamp
  FROM updated_user AS u
 WHERE there.workos_user_id = u.new_id;

INSERT INTO public.users (id, workos_user_id, email, role, stripe_customer_id,
    stripe_connect_account_id, stripe_connect_details_submitted, stripe_connect_charges_enabled,
    stripe_connect_payouts_enabled, stripe_connect_onboarding_complete, stripe_bank_account_last4,
    stripe_bank_name, stripe_identity_verification_id, stripe_identity_verified,
    stripe_identity_verification_status, stripe_identity_verification_last_checked, country,
    image_url, welcome_email_sent_at, onboarding_completed_at, created_at, updated_at)
SELECT id::uuid, new_id, email, 'user', "stripeCustomerId", stripe_connect_account_id,
       stripe_connect_details_submitted::boolean, stripe_connect_charges_enabled::boolean,
       stripe_connect_payouts_enabled::boolean, stripe_connect_onboarding_complete::boolean,
       stripe_bank_account_last4, stripe_bank_name, stripe_identity_verification_id,
       stripe_identity_verified::boolean, stripe_identity_verification_status,
       stripe_identity_verification_last_checked::timestamp, country, image_url,
       welcome_email_sent_at::timestamp, onboarding_completed_at::timestamp,
       "createdAt"::timestamp, "updatedAt"::timestamp
  FROM chosen_user
 WHERE NOT EXISTS (SELECT FROM updated_user WHERE updated_user.new_id = chosen_user.new_id);

INSERT INTO public.events (id, org_id, workos_user_id, name, slug, description, duration_in_minutes,
    is_active, "order", price, currency, stripe_product_id, stripe_price_id, created_at, updated_at)
SELECT id::uuid, org_id, new_id, name, slug, description, "durationInMinutes"::integer,
       "isActive"::boolean, "order"::integer, price::integer, currency, "stripeProductId",
       "stripePriceId", "createdAt"::timestamp, "updatedAt"::timestamp
  FROM oracle_in.events JOIN person ON old_id = "clerkUserId";

-- Schedules: one a person, the one written last; whoever has one in the target
-- already keeps that. The hours of a schedule that is left out are left out.
CREATE TEMPORARY TABLE chosen_schedule AS
SELECT * FROM (
    SELECT DISTINCT ON (new_id COLLATE "C") new_id, org_id, schedules.*
      FROM oracle_in.schedules JOIN person ON old_id = "clerkUserId"
     ORDER BY new_id COLLATE "C", "updatedAt"::timestamp DESC, id COLLATE "C") AS newest
 WHERE new_id NOT IN (SELECT workos_user_id FROM public.schedules);

INSERT INTO public.schedules (id, org_id, workos_user_id, timezone, created_at, updated_at)
SELECT id::uuid, org_id, new_id, timezone, "createdAt"::timestamp, "updatedAt"::timestamp
  FROM chosen_schedule;

INSERT INTO public.schedule_availabilities (id, schedule_id, start_time, end_time, day_of_week)
SELECT availability.id::uuid, "scheduleId"::uuid, "startTime", "endTime", "dayOfWeek"::public.day
  FROM oracle_in."scheduleAvailabilities" AS availability
  JOIN chosen_schedule ON chosen_schedule.id = "scheduleId";

-- Profiles: as schedules; categories as decided above; own links follow the ID.
CREATE TEMPORARY TABLE chosen_profile AS
SELECT * FROM (
    SELECT DISTINCT ON (new_id COLLATE "C") new_id, org_id, profiles.*
      FROM oracle_in.profiles JOIN person ON old_id = "clerkUserId"
     ORDER BY new_id COLLATE "C", "updatedAt"::timestamp DESC, id COLLATE "C") AS newest
 WHERE new_id NOT IN (SELECT workos_user_id FROM public.profiles);

INSERT INTO public.profiles (id, org_id, workos_user_id, profile_picture, first_name, last_name,
    headline, short_bio, long_bio, primary_category_id, secondary_category_id, social_links,
    is_verified, is_top_expert, published, practitioner_agreement_accepted_at,
    practitioner_agreement_version, practitioner_agreement_ip_address, "order", created_at, updated_at)
SELECT id::uuid, org_id, profile.new_id, "profilePicture", "firstName", "lastName", headline, "shortBio",
       "longBio", first.new_id, second.new_id, pg_temp.rewritten("socialLinks", true)::json,
       "isVerified"::boolean, "isTopExpert"::boolean, published::boolean,
       practitioner_agreement_accepted_at::timestamp, practitioner_agreement_version,
       practitioner_agreement_ip_address, "order"::integer, "createdAt"::timestamp, "updatedAt"::timestamp
  FROM chosen_profile AS profile
  LEFT JOIN category_place AS first ON first.old_id = "primaryCategoryId"::uuid
  LEFT JOIN category_place AS second ON second.old_id = "secondaryCategoryId"::uuid;

INSERT INTO public.meetings (id, org_id, event_id, workos_user_id, guest_email, guest_name, guest_notes,
    start_time, end_time, timezone, meeting_url, stripe_payment_intent_id, stripe_session_id,
    stripe_payment_status, stripe_amount, stripe_application_fee_amount, stripe_transfer_id,
    stripe_transfer_amount, stripe_transfer_status, stripe_transfer_scheduled_at, stripe_payout_id,
    calendar_creation_claimed, created_at, updated_at)
SELECT id::uuid, org_id, "eventId"::uuid, new_id, "guestEmail", "guestName", "guestNotes",
       "startTime"::timestamp, "endTime"::timestamp, timezone, "meetingUrl", "stripePaymentIntentId",
       "stripeSessionId", "stripePaymentStatus", "stripeAmount"::integer,
       "stripeApplicationFeeAmount"::integer, "stripeTransferId", "stripeTransferAmount"::integer,
       "stripeTransferStatus", "stripeTransferScheduledAt"::timestamp, stripe_payout_id,
       calendar_creation_claimed::boolean, "createdAt"::timestamp, "updatedAt"::timestamp
  FROM oracle_in.meetings JOIN person ON old_id = "clerkUserId";

INSERT INTO public.records (id, org_id, meeting_id, expert_id, guest_email, vault_encrypted_content,
    vault_encrypted_metadata, encryption_method, last_modified_at, version, created_at)
SELECT id::uuid, org_id, meeting_id::uuid, new_id, guest_email, encrypted_content, encrypted_metadata,
       'legacy-aes-256-gcm', last_modified_at::timestamp, version::integer, created_at::timestamp
  FROM oracle_in.records JOIN person ON old_id = expert_id;

INSERT INTO public.payment_transfers (id, org_id, payment_intent_id, checkout_session_id, event_id,
    expert_connect_account_id, expert_clerk_user_id, amount, currency, platform_fee,
    session_start_time, scheduled_transfer_time, status, transfer_id, payout_id, stripe_error_code,
    stripe_error_message, retry_count, requires_approval, admin_user_id, admin_notes, notified_at,
    created, updated)
SELECT id::integer, expert.org_id, payment_intent_id, checkout_session_id, event_id,
       expert_connect_account_id, expert.new_id, amount::integer, currency, platform_fee::integer,
       session_start_time::timestamp, scheduled_transfer_time::timestamp,
       status::public.payment_transfer_status_enum, transfer_id, payout_id, stripe_error_code,
       stripe_error_message, retry_count::integer, requires_approval::boolean, approver.new_id,
       admin_notes, notified_at::timestamp, created::timestamp, updated::timestamp
  FROM oracle_in.payment_transfers
  JOIN person AS expert ON expert.old_id = expert_clerk_user_id
  LEFT JOIN person AS approver ON approver.old_id = admin_user_id;

INSERT INTO public.scheduling_settings (id, org_id, workos_user_id, before_event_buffer,
    after_event_buffer, minimum_notice, time_slot_interval, booking_window_days, created_at, updated_at)
SELECT id::integer, org_id, new_id, before_event_buffer::integer, after_event_buffer::integer,
       minimum_notice::integer, time_slot_interval::integer, booking_window_days::integer,
       created_at::timestamp, updated_at::timestamp
  FROM oracle_in.scheduling_settings JOIN person ON old_id = user_id;

INSERT INTO public.blocked_dates (id, org_id, workos_user_id, date, timezone, reason, created_at, updated_at)
SELECT id::integer, org_id, new_id, date::date, timezone, reason, created_at::timestamp, updated_at::timestamp
  FROM oracle_in.blocked_dates JOIN person ON old_id = clerk_user_id;

-- Only here an unknown ID is no history: such a row is rejected.
INSERT INTO public.slot_reservations (id, org_id, event_id, workos_user_id, guest_email, start_time,
    end_time, expires_at, stripe_payment_intent_id, stripe_session_id, gentle_reminder_sent_at,
    urgent_reminder_sent_at, created_at, updated_at)
SELECT id::uuid, org_id, event_id::uuid, new_id, guest_email, start_time::timestamp, end_time::timestamp,
       expires_at::timestamp, stripe_payment_intent_id, stripe_session_id,
       gentle_reminder_sent_at::timestamp, urgent_reminder_sent_at::timestamp,
       created_at::timestamp, updated_at::timestamp
  FROM oracle_in.slot_reservations JOIN person ON old_id = clerk_user_id
 WHERE clerk_user_id IN (SELECT clerk_user_id FROM oracle_in.id_map);

-- The application may go on at once.
SELECT setval('public.payment_transfers_id_seq', (SELECT max(id) FROM public.payment_transfers)),
       setval('public.scheduling_settings_id_seq', (SELECT max(id) FROM public.scheduling_settings)),
       setval('public.blocked_dates_id_seq', (SELECT max(id) FROM public.blocked_dates));
COMMIT;
