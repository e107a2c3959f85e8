-- The legacy application database, as production has it: Clerk IDs, camelCase
-- beside snake_case, naive timestamps, no CHECKs, no triggers, no row-level
-- security. One foreign key is on a Clerk ID: records.expert_id.
-- run: psql -v ON_ERROR_STOP=1 -f legacy.sql  (on an empty database)

CREATE TYPE day AS ENUM
    ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday');
CREATE TYPE payment_transfer_status_enum AS ENUM
    ('PENDING', 'APPROVED', 'READY', 'COMPLETED', 'FAILED', 'REFUNDED', 'DISPUTED', 'PAID_OUT');
CREATE TYPE subscription_status AS ENUM
    ('active', 'canceled', 'incomplete', 'incomplete_expired', 'past_due', 'trialing', 'unpaid');
CREATE TYPE pack_purchase_status AS ENUM ('active', 'fully_redeemed', 'expired', 'cancelled');

CREATE TABLE categories (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    description text,
    image       text,
    "parentId"  uuid,
    "createdAt" timestamp NOT NULL DEFAULT now(),
    "updatedAt" timestamp NOT NULL DEFAULT now(),
    CONSTRAINT categories_name_unique UNIQUE (name)
);

CREATE TABLE users (
    id                                        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "clerkUserId"                             text NOT NULL,
    "stripeCustomerId"                        text,
    "subscriptionId"                          text,
    "subscriptionStatus"                      subscription_status,
    "subscriptionPriceId"                     text,
    "subscriptionCurrentPeriodEnd"            timestamp,
    "subscriptionCanceledAt"                  timestamp,
    "hasHadSubscription"                      boolean DEFAULT false,
    email                                     text NOT NULL,
    first_name                                text,
    last_name                                 text,
    image_url                                 text,
    stripe_connect_account_id                 text,
    stripe_connect_details_submitted          boolean DEFAULT false,
    stripe_connect_charges_enabled            boolean DEFAULT false,
    stripe_connect_payouts_enabled            boolean DEFAULT false,
    stripe_connect_onboarding_complete        boolean DEFAULT false,
    stripe_bank_account_last4                 text,
    stripe_bank_name                          text,
    stripe_identity_verification_id           text,
    stripe_identity_verified                  boolean DEFAULT false,
    stripe_identity_verification_status       text,
    stripe_identity_verification_last_checked timestamp,
    country                                   text DEFAULT 'PT',
    welcome_email_sent_at                     timestamp,
    onboarding_completed_at                   timestamp,
    "createdAt"                               timestamp NOT NULL DEFAULT now(),
    "updatedAt"                               timestamp NOT NULL DEFAULT now(),
    CONSTRAINT "users_clerkUserId_unique" UNIQUE ("clerkUserId"),
    CONSTRAINT "users_stripeCustomerId_unique" UNIQUE ("stripeCustomerId")
);
CREATE INDEX users_clerk_user_id_idx ON users ("clerkUserId");
CREATE INDEX users_stripe_customer_id_idx ON users ("stripeCustomerId");
CREATE INDEX users_stripe_identity_verification_id_idx ON users (stripe_identity_verification_id);

CREATE TABLE events (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name                text NOT NULL,
    slug                text NOT NULL,
    description         text,
    "durationInMinutes" integer NOT NULL,
    "clerkUserId"       text NOT NULL,
    "isActive"          boolean NOT NULL DEFAULT true,
    "order"             integer NOT NULL DEFAULT 0,
    price               integer NOT NULL DEFAULT 0,
    currency            text NOT NULL DEFAULT 'eur',
    "stripeProductId"   text,
    "stripePriceId"     text,
    "createdAt"         timestamp NOT NULL DEFAULT now(),
    "updatedAt"         timestamp NOT NULL DEFAULT now()
);
CREATE INDEX events_clerk_user_id_idx ON events ("clerkUserId");

CREATE TABLE schedules (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    timezone      text NOT NULL,
    "clerkUserId" text NOT NULL,
    "createdAt"   timestamp NOT NULL DEFAULT now(),
    "updatedAt"   timestamp NOT NULL DEFAULT now(),
    CONSTRAINT "schedules_clerkUserId_unique" UNIQUE ("clerkUserId")
);

CREATE TABLE "scheduleAvailabilities" (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "scheduleId" uuid NOT NULL,
    "startTime"  text NOT NULL,
    "endTime"    text NOT NULL,
    "dayOfWeek"  day NOT NULL,
    CONSTRAINT "scheduleAvailabilities_scheduleId_schedules_id_fk"
        FOREIGN KEY ("scheduleId") REFERENCES schedules (id) ON DELETE CASCADE
);
CREATE INDEX "scheduleIdIndex" ON "scheduleAvailabilities" ("scheduleId");

CREATE TABLE profiles (
    id                                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "clerkUserId"                      text NOT NULL,
    "profilePicture"                   text,
    "firstName"                        text NOT NULL,
    "lastName"                         text NOT NULL,
    headline                           text,
    "shortBio"                         text,
    "longBio"                          text,
    "primaryCategoryId"                uuid,
    "secondaryCategoryId"              uuid,
    "socialLinks"                      json,
    "isVerified"                       boolean NOT NULL DEFAULT false,
    "isTopExpert"                      boolean NOT NULL DEFAULT false,
    published                          boolean NOT NULL DEFAULT false,
    practitioner_agreement_accepted_at timestamp,
    practitioner_agreement_version     text,
    practitioner_agreement_ip_address  text,
    "order"                            integer NOT NULL DEFAULT 0,
    "createdAt"                        timestamp NOT NULL DEFAULT now(),
    "updatedAt"                        timestamp NOT NULL DEFAULT now(),
    CONSTRAINT "profiles_clerkUserId_unique" UNIQUE ("clerkUserId"),
    CONSTRAINT "profiles_primaryCategoryId_categories_id_fk"
        FOREIGN KEY ("primaryCategoryId") REFERENCES categories (id),
    CONSTRAINT "profiles_secondaryCategoryId_categories_id_fk"
        FOREIGN KEY ("secondaryCategoryId") REFERENCES categories (id)
);
CREATE INDEX "profiles_clerkUserId_idx" ON profiles ("clerkUserId");

CREATE TABLE meetings (
    id                            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    "eventId"                     uuid NOT NULL,
    "clerkUserId"                 text NOT NULL,
    "guestEmail"                  text NOT NULL,
    "guestName"                   text NOT NULL,
    "guestNotes"                  text,
    "startTime"                   timestamp NOT NULL,
    "endTime"                     timestamp NOT NULL,
    timezone                      text NOT NULL,
    "meetingUrl"                  text,
    "stripePaymentIntentId"       text,
    "stripeSessionId"             text,
    "stripePaymentStatus"         text DEFAULT 'pending',
    "stripeAmount"                integer,
    "stripeApplicationFeeAmount"  integer,
    "stripeApplicationFeeId"      text,
    "stripeRefundId"              text,
    "stripeMetadata"              json,
    "stripeTransferId"            text,
    "stripeTransferAmount"        integer,
    "stripeTransferStatus"        text DEFAULT 'pending',
    "stripeTransferScheduledAt"   timestamp,
    stripe_payout_id              text,
    stripe_payout_amount          integer,
    stripe_payout_failure_code    text,
    stripe_payout_failure_message text,
    stripe_payout_paid_at         timestamp,
    "lastProcessedAt"             timestamp,
    calendar_creation_claimed     boolean NOT NULL DEFAULT false,
    "createdAt"                   timestamp NOT NULL DEFAULT now(),
    "updatedAt"                   timestamp NOT NULL DEFAULT now(),
    "guestPhone"                  text,
    CONSTRAINT "meetings_stripePaymentIntentId_unique" UNIQUE ("stripePaymentIntentId"),
    CONSTRAINT "meetings_stripeSessionId_unique" UNIQUE ("stripeSessionId"),
    CONSTRAINT "meetings_stripeApplicationFeeId_unique" UNIQUE ("stripeApplicationFeeId"),
    CONSTRAINT "meetings_stripeRefundId_unique" UNIQUE ("stripeRefundId"),
    CONSTRAINT "meetings_stripeTransferId_unique" UNIQUE ("stripeTransferId"),
    CONSTRAINT meetings_stripe_payout_id_unique UNIQUE (stripe_payout_id),
    CONSTRAINT "meetings_eventId_events_id_fk" FOREIGN KEY ("eventId") REFERENCES events (id) ON DELETE CASCADE
);
CREATE INDEX "meetings_clerkUserId_idx" ON meetings ("clerkUserId");
CREATE INDEX "meetings_eventId_idx" ON meetings ("eventId");
CREATE INDEX "meetings_paymentIntentId_idx" ON meetings ("stripePaymentIntentId");
CREATE INDEX "meetings_sessionId_idx" ON meetings ("stripeSessionId");
CREATE INDEX "meetings_transferId_idx" ON meetings ("stripeTransferId");
CREATE INDEX "meetings_payoutId_idx" ON meetings (stripe_payout_id);

CREATE TABLE records (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    meeting_id         uuid NOT NULL,
    expert_id          text NOT NULL,
    guest_email        text NOT NULL,
    encrypted_content  text NOT NULL,
    encrypted_metadata text,
    last_modified_at   timestamp NOT NULL DEFAULT now(),
    created_at         timestamp NOT NULL DEFAULT now(),
    version            integer NOT NULL DEFAULT 1,
    CONSTRAINT records_meeting_id_meetings_id_fk
        FOREIGN KEY (meeting_id) REFERENCES meetings (id) ON DELETE CASCADE,
    CONSTRAINT "records_expert_id_users_clerkUserId_fk"
        FOREIGN KEY (expert_id) REFERENCES users ("clerkUserId")
);

CREATE TABLE payment_transfers (
    id                        serial PRIMARY KEY,
    payment_intent_id         text NOT NULL,
    checkout_session_id       text NOT NULL,
    event_id                  text NOT NULL,
    expert_connect_account_id text NOT NULL,
    expert_clerk_user_id      text NOT NULL,
    amount                    integer NOT NULL,
    currency                  text NOT NULL DEFAULT 'eur',
    platform_fee              integer NOT NULL,
    session_start_time        timestamp NOT NULL,
    scheduled_transfer_time   timestamp NOT NULL,
    status                    payment_transfer_status_enum NOT NULL DEFAULT 'PENDING',
    transfer_id               text,
    payout_id                 text,
    stripe_error_code         text,
    stripe_error_message      text,
    retry_count               integer DEFAULT 0,
    requires_approval         boolean DEFAULT false,
    admin_user_id             text,
    admin_notes               text,
    notified_at               timestamp,
    created                   timestamp NOT NULL DEFAULT now(),
    updated                   timestamp NOT NULL DEFAULT now(),
    guest_name                text,
    guest_email               text,
    service_name              text,
    guest_phone               text,
    CONSTRAINT payment_transfers_checkout_session_unique UNIQUE (checkout_session_id),
    CONSTRAINT payment_transfers_payment_intent_unique UNIQUE (payment_intent_id)
);

CREATE TABLE scheduling_settings (
    id                  serial PRIMARY KEY,
    user_id             text NOT NULL,
    before_event_buffer integer NOT NULL DEFAULT 0,
    after_event_buffer  integer NOT NULL DEFAULT 0,
    minimum_notice      integer NOT NULL DEFAULT 0,
    time_slot_interval  integer NOT NULL DEFAULT 15,
    booking_window_days integer NOT NULL DEFAULT 60,
    created_at          timestamp DEFAULT now(),
    updated_at          timestamp DEFAULT now()
);

CREATE TABLE blocked_dates (
    id            serial PRIMARY KEY,
    clerk_user_id text NOT NULL,
    date          date NOT NULL,
    timezone      text NOT NULL DEFAULT 'UTC',
    reason        text,
    created_at    timestamp NOT NULL DEFAULT now(),
    updated_at    timestamp NOT NULL DEFAULT now()
);

CREATE TABLE slot_reservations (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id                 uuid NOT NULL,
    clerk_user_id            text NOT NULL,
    guest_email              text NOT NULL,
    start_time               timestamp NOT NULL,
    end_time                 timestamp NOT NULL,
    expires_at               timestamp NOT NULL,
    stripe_payment_intent_id text,
    stripe_session_id        text,
    gentle_reminder_sent_at  timestamp,
    urgent_reminder_sent_at  timestamp,
    created_at               timestamp NOT NULL DEFAULT now(),
    updated_at               timestamp NOT NULL DEFAULT now(),
    CONSTRAINT slot_reservations_stripe_payment_intent_id_unique UNIQUE (stripe_payment_intent_id),
    CONSTRAINT slot_reservations_stripe_session_id_unique UNIQUE (stripe_session_id),
    CONSTRAINT slot_reservations_active_slot_unique UNIQUE (event_id, start_time),
    CONSTRAINT slot_reservations_event_id_events_id_fk
        FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE
);
CREATE INDEX slot_reservations_clerk_user_id_idx ON slot_reservations (clerk_user_id);
CREATE INDEX slot_reservations_event_id_idx ON slot_reservations (event_id);
CREATE INDEX slot_reservations_expires_at_idx ON slot_reservations (expires_at);
CREATE INDEX slot_reservations_payment_intent_id_idx ON slot_reservations (stripe_payment_intent_id);
CREATE INDEX slot_reservations_session_id_idx ON slot_reservations (stripe_session_id);

CREATE TABLE session_packs (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    event_id          uuid NOT NULL,
    clerk_user_id     text NOT NULL,
    name              text NOT NULL,
    description       text,
    sessions_count    integer NOT NULL,
    price             integer NOT NULL,
    currency          text NOT NULL DEFAULT 'eur',
    stripe_product_id text,
    stripe_price_id   text,
    is_active         boolean NOT NULL DEFAULT true,
    expiration_days   integer DEFAULT 180,
    "createdAt"       timestamp NOT NULL DEFAULT now(),
    "updatedAt"       timestamp NOT NULL DEFAULT now(),
    CONSTRAINT session_packs_event_id_events_id_fk FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE
);
CREATE INDEX session_packs_clerk_user_id_idx ON session_packs (clerk_user_id);
CREATE INDEX session_packs_event_id_idx ON session_packs (event_id);

CREATE TABLE pack_purchases (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    pack_id                  uuid NOT NULL,
    buyer_email              text NOT NULL,
    buyer_name               text,
    stripe_customer_id       text,
    stripe_session_id        text,
    stripe_payment_intent_id text,
    stripe_coupon_id         text,
    stripe_promotion_code_id text,
    promotion_code           text NOT NULL,
    max_redemptions          integer NOT NULL,
    redemptions_used         integer NOT NULL DEFAULT 0,
    expires_at               timestamp,
    status                   pack_purchase_status NOT NULL DEFAULT 'active',
    "createdAt"              timestamp NOT NULL DEFAULT now(),
    "updatedAt"              timestamp NOT NULL DEFAULT now(),
    expert_clerk_user_id     text,
    pack_name_snapshot       text,
    event_name_snapshot      text,
    currency                 text,
    gross_amount             integer,
    platform_fee_amount      integer,
    net_amount               integer,
    buyer_phone              text,
    CONSTRAINT pack_purchases_stripe_session_id_unique UNIQUE (stripe_session_id),
    CONSTRAINT pack_purchases_stripe_payment_intent_id_unique UNIQUE (stripe_payment_intent_id),
    CONSTRAINT pack_purchases_promotion_code_unique UNIQUE (promotion_code),
    CONSTRAINT pack_purchases_pack_id_session_packs_id_fk
        FOREIGN KEY (pack_id) REFERENCES session_packs (id)
);
CREATE INDEX pack_purchases_pack_id_idx ON pack_purchases (pack_id);
CREATE INDEX pack_purchases_buyer_email_idx ON pack_purchases (buyer_email);
CREATE INDEX pack_purchases_promotion_code_idx ON pack_purchases (promotion_code);
CREATE INDEX pack_purchases_stripe_session_id_idx ON pack_purchases (stripe_session_id);
CREATE INDEX pack_purchases_expert_clerk_user_id_idx ON pack_purchases (expert_clerk_user_id);

CREATE TABLE stripe_processed_events (
    event_id     text PRIMARY KEY,
    event_type   text NOT NULL,
    processed_at timestamp NOT NULL DEFAULT now()
);
