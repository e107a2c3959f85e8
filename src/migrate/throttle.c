/* Rates, replicas, WAL, and what is said to the run. */
#include "throttle.h"

#include "internal.h"

#include "idmigrate/clock.h"
#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* A worker that was held up by something else may catch up for so long. */
static const double credit = 2;        /* seconds */
static const double longest_nap = 0.2; /* seconds: then signals are looked at */

/* ---- the rate ---- */

static void
set_rates(struct throttle *throttle)
{
    pthread_mutex_lock(&throttle->rate_lock);
    double rows = (double)throttle->limits[CONTROL_ROWS_RATE];
    double bytes = (double)throttle->limits[CONTROL_BYTES_RATE];
    if (rows != throttle->rows_rate || bytes != throttle->bytes_rate) {
        throttle->rows_rate = rows;
        throttle->bytes_rate = bytes;
        throttle->rate_changes++;
        throttle->next = clock_steady_seconds();
    }
    atomic_store(&throttle->has_rate, throttle->rows_rate > 0 || throttle->bytes_rate > 0);
    pthread_mutex_unlock(&throttle->rate_lock);
}

void
throttle_init(struct throttle *throttle, const struct migrate_inputs *in)
{
    pthread_mutex_init(&throttle->rate_lock, NULL);
    memcpy(throttle->limits, in->limits, sizeof throttle->limits);
    set_rates(throttle);
}

void
throttle_release(struct throttle *throttle)
{
    pthread_mutex_destroy(&throttle->rate_lock);
}

/* Seconds to wait: the row takes its place in a line in which all workers stand. */
static double
take_place(struct throttle *throttle, size_t bytes, unsigned *changes)
{
    pthread_mutex_lock(&throttle->rate_lock);
    double now = clock_steady_seconds(), cost = 0;
    if (throttle->rows_rate > 0)
        cost = 1 / throttle->rows_rate;
    if (throttle->bytes_rate > 0 && (double)bytes / throttle->bytes_rate > cost)
        cost = (double)bytes / throttle->bytes_rate;
    if (throttle->next < now - credit)
        throttle->next = now - credit;
    throttle->next += cost;
    double wait = throttle->next - now;
    *changes = throttle->rate_changes;
    pthread_mutex_unlock(&throttle->rate_lock);
    return wait;
}

/* A rate that was changed or lifted meanwhile lets those go who wait by the old one. */
static void
nap_until(struct migrate *m, double until, unsigned changes)
{
    struct throttle *throttle = &m->shared->throttle;
    for (;;) {
        double left = until - clock_steady_seconds();
        if (left <= 0 || interrupt_signal() != 0 || m->shared->stops)
            return;
        atomic_store(&throttle->has_slept, true);
        left = left < longest_nap ? left : longest_nap;
        nanosleep(&(struct timespec){.tv_nsec = (long)(left * 1e9)}, NULL);
        pthread_mutex_lock(&throttle->rate_lock);
        bool is_lifted = throttle->rate_changes != changes;
        pthread_mutex_unlock(&throttle->rate_lock);
        if (is_lifted)
            return;
    }
}

void
throttle_row(struct migrate *m, size_t bytes)
{
    static const double shortest_nap = 0.002;
    struct throttle *throttle = &m->shared->throttle;
    if (!atomic_load_explicit(&throttle->has_rate, memory_order_relaxed))
        return;
    unsigned changes;
    double wait = take_place(throttle, bytes, &changes);
    if (wait > shortest_nap)
        nap_until(m, clock_steady_seconds() + wait, changes);
}

/* ---- the target ---- */

struct sight {
    int64_t written, hidden, replayed, held;
    const char *replica, *slot; /* NULL: there is none */
};

static void
add_sample(struct throttle *throttle, double now, int64_t written)
{
    throttle->samples[throttle->sample_count++ % THROTTLE_SAMPLES] =
        (struct throttle_sample){.time = now, .written = written};
}

/*
 * Since when the WAL has been past this position, in seconds. The server's own replay_lag stands
 * still while nothing is replayed, so it cannot be used.
 */
static double
age_of(const struct throttle *throttle, double now, int64_t position)
{
    size_t count =
        throttle->sample_count < THROTTLE_SAMPLES ? throttle->sample_count : THROTTLE_SAMPLES;
    for (size_t i = throttle->sample_count - count; i < throttle->sample_count; i++) {
        const struct throttle_sample *sample = &throttle->samples[i % THROTTLE_SAMPLES];
        if (sample->written > position)
            return now - sample->time;
    }
    return 0;
}

/* Of the time since the last look. Below the rate it saves up for a second at most. */
static void
count_wal(struct throttle *throttle, double now, int64_t written)
{
    double rate = (double)throttle->limits[CONTROL_WAL_RATE];
    if (throttle->sample_count == 0 || rate == 0) {
        throttle->wal_debt = 0;
        return;
    }
    const struct throttle_sample *last =
        &throttle->samples[(throttle->sample_count - 1) % THROTTLE_SAMPLES];
    throttle->wal_debt += (double)(written - last->written) - rate * (now - last->time);
    if (throttle->wal_debt < -rate)
        throttle->wal_debt = -rate;
}

static double
megabytes(double bytes)
{
    return bytes / 1024 / 1024;
}

static void
judge(const struct throttle *throttle, const struct sight *sight, double now,
      char reason[THROTTLE_REASON])
{
    const int64_t *limits = throttle->limits;
    int64_t behind = sight->replica != NULL ? sight->written - sight->replayed : 0;
    int64_t held = sight->slot != NULL ? sight->written - sight->held : 0;
    double age = behind > 0 ? age_of(throttle, now, sight->replayed) : 0;
    if (limits[CONTROL_LAG_BYTES] > 0 && behind > limits[CONTROL_LAG_BYTES])
        snprintf(reason, THROTTLE_REASON,
                 "for replica %.60s, which is %.1f MB behind (at most %.1f MB)", sight->replica,
                 megabytes((double)behind), megabytes((double)limits[CONTROL_LAG_BYTES]));
    else if (limits[CONTROL_LAG_MS] > 0 && age * 1000 > (double)limits[CONTROL_LAG_MS])
        snprintf(reason, THROTTLE_REASON,
                 "for replica %.60s, which is %.1f s behind (at most %.1f s)", sight->replica, age,
                 (double)limits[CONTROL_LAG_MS] / 1000);
    else if (limits[CONTROL_SLOT_BYTES] > 0 && held > limits[CONTROL_SLOT_BYTES])
        snprintf(reason, THROTTLE_REASON,
                 "for replication slot %.60s, which holds back %.1f MB of WAL (at most %.1f MB)",
                 sight->slot, megabytes((double)held),
                 megabytes((double)limits[CONTROL_SLOT_BYTES]));
    else if (limits[CONTROL_WAL_RATE] > 0 && throttle->wal_debt > 0)
        snprintf(reason, THROTTLE_REASON, "because more WAL was written than %.1f MB a second",
                 megabytes((double)limits[CONTROL_WAL_RATE]));
}

static bool
has_guard(const struct throttle *throttle)
{
    return throttle->limits[CONTROL_LAG_BYTES] > 0 || throttle->limits[CONTROL_LAG_MS] > 0 ||
           throttle->limits[CONTROL_WAL_RATE] > 0 || throttle->limits[CONTROL_SLOT_BYTES] > 0;
}

static bool
check_sight(const struct migrate *m, const struct sight *sight, struct error *err)
{
    const struct throttle *throttle = &m->shared->throttle;
    bool wants_lag =
        throttle->limits[CONTROL_LAG_BYTES] > 0 || throttle->limits[CONTROL_LAG_MS] > 0;
    if (!wants_lag || sight->hidden == 0)
        return true;
    const char *role = db_identity(m->target)->role;
    error_set(err, EXIT_STOPPED, "role %s may not see how far the target's replicas are", role);
    return error_hint(err, "GRANT pg_monitor TO %s, or do without --max-lag", role);
}

static bool
look_at_wal(struct migrate *m, char reason[THROTTLE_REASON], struct error *err)
{
    struct throttle *throttle = &m->shared->throttle;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    double now = clock_steady_seconds();
    if (!has_guard(throttle))
        return true;
    if (!db_query(m->target, sql_query_migrate_look_at_wal, 0, NULL, &result, err))
        return error_context(err, "looking at the target's WAL and replicas");
    struct sight sight = {
        .written = db_result_int64(result, 0, 0),
        .hidden = db_result_int64(result, 0, 1),
        .replayed = db_result_int64(result, 0, 2),
        .replica = db_result_text(result, 0, 2) != NULL ? db_result_text(result, 0, 3) : NULL,
        .held = db_result_int64(result, 0, 4),
        .slot = db_result_text(result, 0, 5),
    };
    if (!check_sight(m, &sight, err))
        return false;
    count_wal(throttle, now, sight.written);
    add_sample(throttle, now, sight.written);
    judge(throttle, &sight, now, reason);
    return true;
}

/* ---- all together ---- */

static void
take_limits(struct migrate *m, const struct store_control *control)
{
    struct throttle *throttle = &m->shared->throttle;
    for (int i = 0; i < CONTROL_LIMITS; i++)
        throttle->limits[i] =
            control->limits[i] == CONTROL_AS_BEGUN ? m->in->limits[i] : control->limits[i];
    set_rates(throttle);
}

/* The reason that others are told: of the process that began the run. */
static bool
note(struct migrate *m, const char *reason, struct error *err)
{
    struct throttle *throttle = &m->shared->throttle;
    if (m->in->joins || strcmp(throttle->noted, reason) == 0)
        return true;
    snprintf(throttle->noted, sizeof throttle->noted, "%s", reason);
    return store_note_waiting(m->target, m->run_id, *reason != '\0' ? reason : NULL, err);
}

bool
throttle_look(struct migrate *m, int *jobs, struct error *err)
{
    CLEANUP(store_control_release) struct store_control control = STORE_CONTROL_INIT;
    struct throttle *throttle = &m->shared->throttle;
    char reason[THROTTLE_REASON] = "";
    if (!store_load_control(m->target, m->run_id, &control, err))
        return false;
    take_limits(m, &control);
    *jobs = control.jobs > 0 ? control.jobs : m->in->jobs;
    if (control.paused == 1)
        snprintf(reason, sizeof reason, "because the run is paused");
    else if (!look_at_wal(m, reason, err))
        return false;
    pthread_mutex_lock(&m->shared->lock);
    bool opens = throttle->reason[0] != '\0' && reason[0] == '\0';
    snprintf(throttle->reason, sizeof throttle->reason, "%s", reason);
    if (opens)
        pthread_cond_broadcast(&m->shared->changed);
    pthread_mutex_unlock(&m->shared->lock);
    /* Not noted in the store: it would be written with every other look. */
    bool has_slept = atomic_exchange(&throttle->has_slept, false);
    migrate_show_throttled(m, reason[0] != '\0' ? reason
                              : has_slept       ? "to keep within the rate"
                                                : "");
    return note(m, reason, err);
}
