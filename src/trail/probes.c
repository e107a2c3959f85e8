/* The table of probes. */
#include "probes.h"

#include "idmigrate/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct probe probes[] = {
    {"events_recorded", probe_events_recorded},
    {"who_what_when", probe_who_what_when},
    {"actors_known", probe_actors_known},
    {"reading_recorded", probe_reading_recorded},
    {"no_personal_values", probe_no_personal_values},
    {"append_only", probe_append_only},
    {"nobody_may_alter", probe_nobody_may_alter},
    {"tenants_apart", probe_tenants_apart},
    {"sealed", probe_sealed},
    {"sealed_recently", probe_sealed_recently},
    {"verified", probe_verified},
    {"vouched_outside", probe_vouched_outside},
    {"kept_six_years", probe_kept_six_years},
    {"kept_one_year", probe_kept_one_year},
    {"runs_recorded", probe_runs_recorded},
    {"runs_approved", probe_runs_approved},
    {"runs_verified", probe_runs_verified},
    {"id_maps_expired", probe_id_maps_expired},
};

const struct probe *
probe_find(const char *name)
{
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
        if (strcmp(probes[i].name, name) == 0)
            return &probes[i];
    return NULL;
}

bool
probing_begin(struct probing *probing, struct error *err)
{
    const struct framework_request *request = probing->request;
    return store_is_installed(request->db, &probing->has_store, err) &&
           (!probing->has_store ||
            seal_chain_load(request->db, request->table->name, &probing->chain, err));
}

void
probing_release(struct probing *probing)
{
    seal_chain_release(&probing->chain);
}

bool
probe_ask(struct probing *probing, const struct probe *probe, struct evidence *evidence,
          struct error *err)
{
    evidence->check = memory_strdup(probe->name);
    return probe->ask(probing, evidence, err);
}

void
evidence_set(struct evidence *evidence, enum evidence_verdict verdict, const char *format, ...)
{
    struct strbuf text = STRBUF_INIT;
    va_list arguments;
    va_start(arguments, format);
    strbuf_vprintf(&text, format, arguments);
    va_end(arguments);
    evidence->verdict = verdict;
    free(evidence->found);
    evidence->found = strbuf_take(&text);
}
