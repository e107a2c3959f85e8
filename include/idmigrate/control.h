/*
 * What is said to a run while it is carried out, by whoever may write to idmigrate.control: its
 * processes look once a second at least. A new attempt of the run begins without any of it.
 */
#ifndef IDMIGRATE_CONTROL_H
#define IDMIGRATE_CONTROL_H

#include "idmigrate/db.h"
#include "idmigrate/error.h"

#include <stdbool.h>
#include <stdint.h>

enum control_limit {
    CONTROL_ROWS_RATE,  /* source rows a second */
    CONTROL_BYTES_RATE, /* bytes of source rows a second */
    CONTROL_LAG_BYTES,  /* of WAL that a replica has still to replay */
    CONTROL_LAG_MS,     /* since it was written */
    CONTROL_WAL_RATE,   /* bytes of WAL a second */
    CONTROL_SLOT_BYTES, /* of WAL that a replication slot holds back */
    CONTROL_LIMITS
};
enum { CONTROL_AS_BEGUN = -1, CONTROL_NO_LIMIT = 0 };

struct store_control {
    int paused; /* 1, 0; -1: as it is */
    int jobs;   /* -1: as it is, or as begun */
    int64_t limits[CONTROL_LIMITS];
    char *waiting; /* why no chunk is begun, or NULL */
};
#define STORE_CONTROL_INIT                                                                         \
    {                                                                                              \
        .paused = -1, .jobs = -1, .limits = {-1, -1, -1, -1, -1, -1}, .waiting = NULL              \
    }
void store_control_release(struct store_control *control); /* idempotent; for CLEANUP too */

/* Forgets what was said to an earlier attempt. */
bool store_reset_control(struct db *db, const char *run_id, struct error *err);
/* Nothing said: as STORE_CONTROL_INIT. */
bool store_load_control(struct db *db, const char *run_id, struct store_control *control,
                        struct error *err);
/* `taken` false: the run is not there, or is not running. */
bool store_change_control(struct db *db, const char *run_id, const struct store_control *control,
                          bool *taken, struct error *err);
/* `reason` NULL: nothing is waited for. */
bool store_note_waiting(struct db *db, const char *run_id, const char *reason, struct error *err);

#endif
