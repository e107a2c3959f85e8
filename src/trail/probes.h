/* What evidence looks at; only for files of this room. */
#ifndef IDMIGRATE_TRAIL_PROBES_H
#define IDMIGRATE_TRAIL_PROBES_H

#include "idmigrate/framework.h"

struct probing {
    const struct framework_request *request;
    bool has_store; /* the schema idmigrate is there */
    struct seal_chain chain;
};
bool probing_begin(struct probing *probing, struct error *err);
void probing_release(struct probing *probing);

/* Fills verdict and what was found. */
typedef bool probe_asks(struct probing *probing, struct evidence *evidence, struct error *err);
struct probe {
    const char *name;
    probe_asks *ask;
};
const struct probe *probe_find(const char *name); /* NULL: there is none */
bool probe_ask(struct probing *probing, const struct probe *probe, struct evidence *evidence,
               struct error *err);

void evidence_set(struct evidence *evidence, enum evidence_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* probes_events.c */
probe_asks probe_events_recorded, probe_who_what_when, probe_actors_known, probe_reading_recorded,
    probe_no_personal_values;
/* probes_guard.c */
probe_asks probe_append_only, probe_nobody_may_alter, probe_tenants_apart;
/* probes_seals.c */
probe_asks probe_sealed, probe_sealed_recently, probe_verified, probe_vouched_outside,
    probe_kept_six_years, probe_kept_one_year;
/* probes_runs.c */
probe_asks probe_runs_recorded, probe_runs_approved, probe_runs_verified, probe_id_maps_expired;

#endif
