/*
 * The machine is not the only user: how fast rows may be read, and when chunks may be begun.
 *
 * A rate is kept between rows. Everything else, a pause too, is kept between chunks, so that
 * nothing on the target is held open meanwhile: `reason` says why no chunk is begun. The caller's
 * thread looks at the target twice a second and settles it; workers only read it.
 */
#ifndef MIGRATE_THROTTLE_H
#define MIGRATE_THROTTLE_H

#include "idmigrate/control.h"
#include "idmigrate/migrate.h"

#include <pthread.h>
#include <stdatomic.h>

struct migrate;

/* How far the WAL was at a time; from these follows how old is what a replica replays. */
struct throttle_sample {
    double time;
    int64_t written;
};
enum { THROTTLE_SAMPLES = 1200, THROTTLE_REASON = 200 };

struct throttle {
    int64_t limits[CONTROL_LIMITS]; /* in force now */
    char reason[THROTTLE_REASON];   /* why no chunk is begun; "": one may. Under the run's lock */
    char noted[THROTTLE_REASON];    /* what the store says of it */
    struct throttle_sample samples[THROTTLE_SAMPLES]; /* a ring */
    size_t sample_count;
    double wal_debt; /* bytes written beyond what --max-wal-rate allows; negative: below it */

    pthread_mutex_t rate_lock;
    atomic_bool has_rate;
    double rows_rate, bytes_rate; /* a second; 0: none */
    unsigned rate_changes;        /* who waits by an old rate waits no longer */
    double next;                  /* when the next row may be read, in steady seconds */
    atomic_bool has_slept;        /* since the last look */
};

void throttle_init(struct throttle *throttle, const struct migrate_inputs *in);
void throttle_release(struct throttle *throttle);
/* A row of so many bytes was read: waits until the next one may be. An interruption lifts it. */
void throttle_row(struct migrate *m, size_t bytes);
/* Looks at what is said to the run and at the target, by the caller's own connection; `jobs` gets
 * what is wanted now. */
bool throttle_look(struct migrate *m, int *jobs, struct error *err);

#endif
