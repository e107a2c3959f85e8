-- The new application database in the state the WorkOS release has it: WorkOS
-- IDs, snake_case, org_id nullable on the application's tables until the
-- migration has filled it. Row-level security is not in use.
-- run: psql -v ON_ERROR_STOP=1 -f target.sql  (on an empty database)

-- One foreign key's name is longer than a name can be; the server cuts it.
SET client_min_messages = warning;

CREATE TYPE day AS ENUM
    ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday');
CREATE TYPE payment_transfer_status_enum AS ENUM
    ('PENDING', 'APPROVED', 'READY', 'COMPLETED', 'FAILED', 'REFUNDED', 'DISPUTED', 'PAID_OUT');

CREATE TABLE organizations (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_org_id text NOT NULL,
    slug          text NOT NULL,
    name          text NOT NULL,
    type          text NOT NULL,
    created_at    timestamp NOT NULL DEFAULT now(),
    updated_at    timestamp NOT NULL DEFAULT now(),
    CONSTRAINT organizations_workos_org_id_unique UNIQUE (workos_org_id),
    CONSTRAINT organizations_slug_unique UNIQUE (slug)
);
CREATE INDEX organizations_workos_org_id_idx ON organizations (workos_org_id);
CREATE INDEX organizations_slug_idx ON organizations (slug);

CREATE TABLE users (
    id                                        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id                            text NOT NULL,
    email                                     text NOT NULL,
    username                                  text,
    role                                      text NOT NULL DEFAULT 'user',
    stripe_customer_id                        text,
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
    image_url                                 text,
    welcome_email_sent_at                     timestamp,
    onboarding_completed_at                   timestamp,
    vault_google_access_token                 text,
    vault_google_refresh_token                text,
    google_token_encryption_method            text DEFAULT 'vault',
    google_token_expiry                       timestamp,
    google_scopes                             text,
    google_calendar_connected                 boolean DEFAULT false,
    google_calendar_connected_at              timestamp,
    theme                                     text NOT NULL DEFAULT 'light',
    language                                  text NOT NULL DEFAULT 'en',
    created_at                                timestamp NOT NULL DEFAULT now(),
    updated_at                                timestamp NOT NULL DEFAULT now(),
    CONSTRAINT users_workos_user_id_unique UNIQUE (workos_user_id),
    CONSTRAINT users_username_unique UNIQUE (username),
    CONSTRAINT users_stripe_customer_id_unique UNIQUE (stripe_customer_id),
    CONSTRAINT users_stripe_connect_account_id_unique UNIQUE (stripe_connect_account_id)
);
CREATE INDEX users_workos_user_id_idx ON users (workos_user_id);
CREATE INDEX users_email_idx ON users (email);
CREATE INDEX users_username_idx ON users (username);
CREATE INDEX users_stripe_customer_id_idx ON users (stripe_customer_id);

CREATE TABLE user_org_memberships (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id text NOT NULL,
    org_id         uuid NOT NULL,
    role           text NOT NULL,
    status         text DEFAULT 'active',
    joined_at      timestamp NOT NULL DEFAULT now(),
    created_at     timestamp NOT NULL DEFAULT now(),
    updated_at     timestamp NOT NULL DEFAULT now(),
    CONSTRAINT user_org_unique UNIQUE (workos_user_id, org_id),
    CONSTRAINT user_org_memberships_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX memberships_user_id_idx ON user_org_memberships (workos_user_id);
CREATE INDEX memberships_org_id_idx ON user_org_memberships (org_id);

CREATE TABLE roles (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id text NOT NULL,
    role           text NOT NULL,
    created_at     timestamp NOT NULL DEFAULT now(),
    updated_at     timestamp NOT NULL DEFAULT now(),
    CONSTRAINT unique_user_role UNIQUE (workos_user_id, role)
);
CREATE INDEX roles_workos_user_id_idx ON roles (workos_user_id);

CREATE TABLE categories (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    description text,
    image       text,
    parent_id   uuid,
    created_at  timestamp NOT NULL DEFAULT now(),
    updated_at  timestamp NOT NULL DEFAULT now(),
    CONSTRAINT categories_name_unique UNIQUE (name)
);

CREATE TABLE events (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id              uuid,
    workos_user_id      text NOT NULL,
    name                text NOT NULL,
    slug                text NOT NULL,
    description         text,
    duration_in_minutes integer NOT NULL,
    is_active           boolean NOT NULL DEFAULT true,
    "order"             integer NOT NULL DEFAULT 0,
    price               integer NOT NULL DEFAULT 0,
    currency            text NOT NULL DEFAULT 'eur',
    stripe_product_id   text,
    stripe_price_id     text,
    created_at          timestamp NOT NULL DEFAULT now(),
    updated_at          timestamp NOT NULL DEFAULT now(),
    CONSTRAINT events_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id)
);
CREATE INDEX events_org_id_idx ON events (org_id);
CREATE INDEX events_workos_user_id_idx ON events (workos_user_id);
CREATE INDEX events_slug_idx ON events (slug);

CREATE TABLE schedules (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id         uuid,
    workos_user_id text NOT NULL,
    timezone       text NOT NULL,
    created_at     timestamp NOT NULL DEFAULT now(),
    updated_at     timestamp NOT NULL DEFAULT now(),
    CONSTRAINT schedules_workos_user_id_unique UNIQUE (workos_user_id),
    CONSTRAINT schedules_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id)
);
CREATE INDEX schedules_org_id_idx ON schedules (org_id);
CREATE INDEX schedules_user_id_idx ON schedules (workos_user_id);

CREATE TABLE schedule_availabilities (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    schedule_id uuid NOT NULL,
    start_time  text NOT NULL,
    end_time    text NOT NULL,
    day_of_week day NOT NULL,
    CONSTRAINT schedule_availabilities_schedule_id_schedules_id_fk
        FOREIGN KEY (schedule_id) REFERENCES schedules (id) ON DELETE CASCADE
);
CREATE INDEX schedule_availabilities_schedule_id_idx ON schedule_availabilities (schedule_id);

CREATE TABLE profiles (
    id                                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id                             uuid,
    workos_user_id                     text NOT NULL,
    profile_picture                    text,
    first_name                         text NOT NULL,
    last_name                          text NOT NULL,
    headline                           text,
    short_bio                          text,
    long_bio                           text,
    primary_category_id                uuid,
    secondary_category_id              uuid,
    social_links                       json,
    is_verified                        boolean NOT NULL DEFAULT false,
    is_top_expert                      boolean NOT NULL DEFAULT false,
    published                          boolean NOT NULL DEFAULT false,
    practitioner_agreement_accepted_at timestamp,
    practitioner_agreement_version     text,
    practitioner_agreement_ip_address  text,
    practitioner_agreement_metadata    jsonb,
    "order"                            integer NOT NULL DEFAULT 0,
    created_at                         timestamp NOT NULL DEFAULT now(),
    updated_at                         timestamp NOT NULL DEFAULT now(),
    CONSTRAINT profiles_workos_user_id_unique UNIQUE (workos_user_id),
    CONSTRAINT profiles_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id),
    CONSTRAINT profiles_primary_category_id_categories_id_fk
        FOREIGN KEY (primary_category_id) REFERENCES categories (id),
    CONSTRAINT profiles_secondary_category_id_categories_id_fk
        FOREIGN KEY (secondary_category_id) REFERENCES categories (id)
);
CREATE INDEX profiles_org_id_idx ON profiles (org_id);
CREATE INDEX profiles_workos_user_id_idx ON profiles (workos_user_id);

CREATE TABLE meetings (
    id                            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id                        uuid,
    event_id                      uuid NOT NULL,
    workos_user_id                text NOT NULL,
    guest_workos_user_id          text,
    guest_org_id                  uuid,
    guest_email                   text NOT NULL,
    guest_name                    text NOT NULL,
    guest_notes                   text,
    start_time                    timestamp NOT NULL,
    end_time                      timestamp NOT NULL,
    timezone                      text NOT NULL,
    meeting_url                   text,
    stripe_payment_intent_id      text,
    stripe_session_id             text,
    stripe_payment_status         text DEFAULT 'pending',
    stripe_amount                 integer,
    stripe_application_fee_amount integer,
    stripe_transfer_id            text,
    stripe_transfer_amount        integer,
    stripe_transfer_status        text DEFAULT 'pending',
    stripe_transfer_scheduled_at  timestamp,
    stripe_payout_id              text,
    calendar_creation_claimed     boolean NOT NULL DEFAULT false,
    created_at                    timestamp NOT NULL DEFAULT now(),
    updated_at                    timestamp NOT NULL DEFAULT now(),
    CONSTRAINT meetings_stripe_payment_intent_id_unique UNIQUE (stripe_payment_intent_id),
    CONSTRAINT meetings_stripe_session_id_unique UNIQUE (stripe_session_id),
    CONSTRAINT meetings_stripe_transfer_id_unique UNIQUE (stripe_transfer_id),
    CONSTRAINT meetings_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id),
    CONSTRAINT meetings_event_id_events_id_fk FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE
);
CREATE INDEX meetings_org_id_idx ON meetings (org_id);
CREATE INDEX meetings_user_id_idx ON meetings (workos_user_id);
CREATE INDEX meetings_event_id_idx ON meetings (event_id);
CREATE INDEX meetings_payment_intent_id_idx ON meetings (stripe_payment_intent_id);
CREATE INDEX meetings_transfer_id_idx ON meetings (stripe_transfer_id);
CREATE INDEX meetings_payout_id_idx ON meetings (stripe_payout_id);

CREATE TABLE records (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id                   uuid,
    meeting_id               uuid NOT NULL,
    expert_id                text NOT NULL,
    guest_email              text NOT NULL,
    vault_encrypted_content  text NOT NULL,
    vault_encrypted_metadata text,
    encryption_method        text NOT NULL DEFAULT 'vault',
    last_modified_at         timestamp NOT NULL DEFAULT now(),
    version                  integer NOT NULL DEFAULT 1,
    created_at               timestamp NOT NULL DEFAULT now(),
    CONSTRAINT records_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id),
    CONSTRAINT records_meeting_id_meetings_id_fk
        FOREIGN KEY (meeting_id) REFERENCES meetings (id) ON DELETE CASCADE
);
CREATE INDEX records_org_id_idx ON records (org_id);
CREATE INDEX records_meeting_id_idx ON records (meeting_id);
CREATE INDEX records_expert_id_idx ON records (expert_id);

CREATE TABLE payment_transfers (
    id                        serial PRIMARY KEY,
    org_id                    uuid,
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
    CONSTRAINT payment_transfers_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id)
);
CREATE INDEX payment_transfers_org_id_idx ON payment_transfers (org_id);
CREATE INDEX payment_transfers_expert_id_idx ON payment_transfers (expert_connect_account_id);

CREATE TABLE scheduling_settings (
    id                  serial PRIMARY KEY,
    org_id              uuid,
    workos_user_id      text NOT NULL,
    before_event_buffer integer NOT NULL DEFAULT 0,
    after_event_buffer  integer NOT NULL DEFAULT 0,
    minimum_notice      integer NOT NULL DEFAULT 0,
    time_slot_interval  integer NOT NULL DEFAULT 15,
    booking_window_days integer NOT NULL DEFAULT 60,
    created_at          timestamp DEFAULT now(),
    updated_at          timestamp DEFAULT now(),
    CONSTRAINT scheduling_settings_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id)
);
CREATE INDEX scheduling_settings_user_id_idx ON scheduling_settings (workos_user_id);

CREATE TABLE blocked_dates (
    id             serial PRIMARY KEY,
    org_id         uuid,
    workos_user_id text NOT NULL,
    date           date NOT NULL,
    timezone       text NOT NULL DEFAULT 'UTC',
    reason         text,
    created_at     timestamp NOT NULL DEFAULT now(),
    updated_at     timestamp NOT NULL DEFAULT now(),
    CONSTRAINT blocked_dates_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id)
);
CREATE INDEX blocked_dates_org_id_idx ON blocked_dates (org_id);
CREATE INDEX blocked_dates_user_id_idx ON blocked_dates (workos_user_id);
CREATE INDEX blocked_dates_date_idx ON blocked_dates (date);

CREATE TABLE slot_reservations (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id                   uuid,
    event_id                 uuid NOT NULL,
    workos_user_id           text NOT NULL,
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
    CONSTRAINT slot_reservations_active_slot_unique UNIQUE (event_id, start_time, guest_email),
    CONSTRAINT slot_reservations_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id),
    CONSTRAINT slot_reservations_event_id_events_id_fk
        FOREIGN KEY (event_id) REFERENCES events (id) ON DELETE CASCADE
);
CREATE INDEX slot_reservations_org_id_idx ON slot_reservations (org_id);
CREATE INDEX slot_reservations_event_id_idx ON slot_reservations (event_id);
CREATE INDEX slot_reservations_user_id_idx ON slot_reservations (workos_user_id);
CREATE INDEX slot_reservations_expires_at_idx ON slot_reservations (expires_at);
CREATE INDEX slot_reservations_payment_intent_id_idx ON slot_reservations (stripe_payment_intent_id);

CREATE TABLE expert_setup (
    id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id           text NOT NULL,
    org_id                   uuid,
    profile_completed        boolean NOT NULL DEFAULT false,
    availability_completed   boolean NOT NULL DEFAULT false,
    events_completed         boolean NOT NULL DEFAULT false,
    identity_completed       boolean NOT NULL DEFAULT false,
    payment_completed        boolean NOT NULL DEFAULT false,
    google_account_completed boolean NOT NULL DEFAULT false,
    setup_complete           boolean NOT NULL DEFAULT false,
    setup_completed_at       timestamp,
    created_at               timestamp NOT NULL DEFAULT now(),
    updated_at               timestamp NOT NULL DEFAULT now(),
    CONSTRAINT expert_setup_workos_user_id_unique UNIQUE (workos_user_id),
    CONSTRAINT expert_setup_workos_user_id_users_workos_user_id_fk
        FOREIGN KEY (workos_user_id) REFERENCES users (workos_user_id) ON DELETE CASCADE,
    CONSTRAINT expert_setup_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX expert_setup_user_id_idx ON expert_setup (workos_user_id);
CREATE INDEX expert_setup_org_id_idx ON expert_setup (org_id);
CREATE INDEX expert_setup_complete_idx ON expert_setup (setup_complete);

CREATE TABLE expert_applications (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id   text NOT NULL,
    expertise        text NOT NULL,
    credentials      text NOT NULL,
    experience       text NOT NULL,
    motivation       text NOT NULL,
    hourly_rate      integer,
    website          text,
    linkedin         text,
    resume           text,
    status           text NOT NULL DEFAULT 'pending',
    reviewed_by      text,
    reviewed_at      timestamp,
    review_notes     text,
    rejection_reason text,
    created_at       timestamp NOT NULL DEFAULT now(),
    updated_at       timestamp NOT NULL DEFAULT now(),
    CONSTRAINT unique_active_expert_application UNIQUE (workos_user_id),
    CONSTRAINT expert_applications_workos_user_id_users_workos_user_id_fk
        FOREIGN KEY (workos_user_id) REFERENCES users (workos_user_id)
);
CREATE INDEX expert_applications_workos_user_id_idx ON expert_applications (workos_user_id);
CREATE INDEX expert_applications_status_idx ON expert_applications (status);

CREATE TABLE annual_plan_eligibility (
    id                           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id               text NOT NULL,
    org_id                       uuid NOT NULL,
    months_active                integer DEFAULT 0,
    total_bookings               integer DEFAULT 0,
    bookings_last_90_days        integer DEFAULT 0,
    avg_monthly_revenue          integer DEFAULT 0,
    total_commissions_paid       integer DEFAULT 0,
    commissions_last_90_days     integer DEFAULT 0,
    current_rating               integer,
    is_eligible                  boolean DEFAULT false,
    eligible_since               timestamp,
    tier_level                   text,
    projected_annual_commissions integer,
    projected_annual_savings     integer,
    savings_percentage           integer,
    break_even_monthly_revenue   integer,
    last_calculated              timestamp NOT NULL DEFAULT now(),
    calculation_version          integer DEFAULT 1,
    created_at                   timestamp NOT NULL DEFAULT now(),
    updated_at                   timestamp NOT NULL DEFAULT now(),
    CONSTRAINT annual_plan_eligibility_workos_user_id_unique UNIQUE (workos_user_id),
    CONSTRAINT annual_plan_eligibility_workos_user_id_users_workos_user_id_fk
        FOREIGN KEY (workos_user_id) REFERENCES users (workos_user_id) ON DELETE CASCADE,
    CONSTRAINT annual_plan_eligibility_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE
);
CREATE INDEX annual_eligibility_user_id_idx ON annual_plan_eligibility (workos_user_id);
CREATE INDEX annual_eligibility_org_id_idx ON annual_plan_eligibility (org_id);
CREATE INDEX annual_eligibility_eligible_idx ON annual_plan_eligibility (is_eligible);
CREATE INDEX annual_eligibility_last_calc_idx ON annual_plan_eligibility (last_calculated);

CREATE TABLE subscription_plans (
    id                              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id                          uuid NOT NULL,
    billing_admin_user_id           text NOT NULL,
    plan_type                       text NOT NULL,
    tier_level                      text NOT NULL,
    commission_rate                 integer,
    stripe_subscription_id          text,
    stripe_customer_id              text,
    stripe_price_id                 text,
    billing_interval                text,
    monthly_fee                     integer,
    annual_fee                      integer,
    subscription_start_date         timestamp,
    subscription_end_date           timestamp,
    subscription_status             text,
    auto_renew                      boolean DEFAULT true,
    previous_plan_type              text,
    upgraded_at                     timestamp,
    commissions_paid_before_upgrade integer,
    is_eligible_for_annual          boolean DEFAULT false,
    eligibility_notification_sent   boolean DEFAULT false,
    eligibility_last_checked        timestamp,
    created_at                      timestamp NOT NULL DEFAULT now(),
    updated_at                      timestamp NOT NULL DEFAULT now(),
    CONSTRAINT subscription_plans_org_id_unique UNIQUE (org_id),
    CONSTRAINT subscription_plans_stripe_subscription_id_unique UNIQUE (stripe_subscription_id),
    CONSTRAINT subscription_plans_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT subscription_plans_billing_admin_user_id_users_workos_user_id_fk
        FOREIGN KEY (billing_admin_user_id) REFERENCES users (workos_user_id) ON DELETE RESTRICT
);
CREATE INDEX subscription_plans_org_id_idx ON subscription_plans (org_id);
CREATE INDEX subscription_plans_billing_admin_idx ON subscription_plans (billing_admin_user_id);
CREATE INDEX subscription_plans_stripe_sub_idx ON subscription_plans (stripe_subscription_id);
CREATE INDEX subscription_plans_plan_type_idx ON subscription_plans (plan_type);

CREATE TABLE subscription_events (
    id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id         text NOT NULL,
    org_id                 uuid NOT NULL,
    subscription_plan_id   uuid,
    event_type             text NOT NULL,
    previous_plan_type     text,
    new_plan_type          text,
    previous_tier_level    text,
    new_tier_level         text,
    stripe_event_id        text,
    stripe_subscription_id text,
    metadata               jsonb,
    reason                 text,
    created_at             timestamp NOT NULL DEFAULT now(),
    CONSTRAINT subscription_events_workos_user_id_users_workos_user_id_fk
        FOREIGN KEY (workos_user_id) REFERENCES users (workos_user_id) ON DELETE CASCADE,
    CONSTRAINT subscription_events_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT subscription_events_subscription_plan_id_subscription_plans_id_fk
        FOREIGN KEY (subscription_plan_id) REFERENCES subscription_plans (id) ON DELETE SET NULL
);
CREATE INDEX subscription_events_user_id_idx ON subscription_events (workos_user_id);
CREATE INDEX subscription_events_org_id_idx ON subscription_events (org_id);
CREATE INDEX subscription_events_plan_id_idx ON subscription_events (subscription_plan_id);
CREATE INDEX subscription_events_type_idx ON subscription_events (event_type);
CREATE INDEX subscription_events_created_at_idx ON subscription_events (created_at);

CREATE TABLE transaction_commissions (
    id                        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id            text NOT NULL,
    org_id                    uuid NOT NULL,
    meeting_id                uuid NOT NULL,
    gross_amount              integer NOT NULL,
    commission_rate           integer NOT NULL,
    commission_amount         integer NOT NULL,
    net_amount                integer NOT NULL,
    currency                  text NOT NULL DEFAULT 'eur',
    stripe_payment_intent_id  text NOT NULL,
    stripe_transfer_id        text,
    stripe_application_fee_id text,
    status                    text NOT NULL,
    processed_at              timestamp,
    refunded_at               timestamp,
    plan_type_at_transaction  text,
    tier_level_at_transaction text,
    created_at                timestamp NOT NULL DEFAULT now(),
    updated_at                timestamp NOT NULL DEFAULT now(),
    CONSTRAINT transaction_commissions_workos_user_id_users_workos_user_id_fk
        FOREIGN KEY (workos_user_id) REFERENCES users (workos_user_id) ON DELETE CASCADE,
    CONSTRAINT transaction_commissions_org_id_organizations_id_fk
        FOREIGN KEY (org_id) REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT transaction_commissions_meeting_id_meetings_id_fk
        FOREIGN KEY (meeting_id) REFERENCES meetings (id) ON DELETE CASCADE,
    CONSTRAINT transaction_commissions_stripe_payment_intent_id_meetings_stripe_payment_intent_id_fk
        FOREIGN KEY (stripe_payment_intent_id) REFERENCES meetings (stripe_payment_intent_id)
);
CREATE INDEX transaction_commissions_user_id_idx ON transaction_commissions (workos_user_id);
CREATE INDEX transaction_commissions_org_id_idx ON transaction_commissions (org_id);
CREATE INDEX transaction_commissions_meeting_id_idx ON transaction_commissions (meeting_id);
CREATE INDEX transaction_commissions_status_idx ON transaction_commissions (status);
CREATE INDEX transaction_commissions_created_at_idx ON transaction_commissions (created_at);
CREATE INDEX transaction_commissions_payment_intent_idx ON transaction_commissions (stripe_payment_intent_id);

CREATE TABLE audit_logs (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workos_user_id text NOT NULL,
    org_id         uuid,
    action         text NOT NULL,
    resource_type  text NOT NULL,
    resource_id    text,
    old_values     jsonb,
    new_values     jsonb,
    ip_address     text,
    user_agent     text,
    metadata       jsonb,
    created_at     timestamp NOT NULL DEFAULT now()
);
CREATE INDEX audit_logs_org_id_idx ON audit_logs (org_id);
CREATE INDEX audit_logs_user_id_idx ON audit_logs (workos_user_id);
CREATE INDEX audit_logs_created_at_idx ON audit_logs (created_at);
CREATE INDEX audit_logs_action_idx ON audit_logs (action);
CREATE INDEX audit_logs_resource_type_idx ON audit_logs (resource_type);
CREATE INDEX audit_logs_org_created_idx ON audit_logs (org_id, created_at);
