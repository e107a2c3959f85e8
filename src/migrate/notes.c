/* Leaves of events, made while they are written, for whoever seals them afterwards. */
#include "internal.h"

#include "idmigrate/log_table.h"
#include "idmigrate/memory.h"

#include <stdlib.h>

static bool
open_witness(struct migrate *m, const struct audit_written *columns, size_t count,
             struct error *err)
{
    CLEANUP(log_table_release) struct log_table log = LOG_TABLE_INIT;
    struct log_request which = {.mapped = &m->plan->mapping->audit};
    struct seal_written *written = memory_alloc((count + 1) * sizeof *written);
    for (size_t i = 0; i < count; i++)
        written[i] = (struct seal_written){columns[i].name, columns[i].form};
    bool good = log_table_open(m->target, &which, &log, err) &&
                seal_witness_open(m->target, &log, written, count, m->in->witness, err);
    free(written);
    return good;
}

bool
migrate_begin_notes(struct migrate *m, struct error *err)
{
    struct audit_written *columns = NULL;
    size_t count;
    if (m->in->witness == NULL || m->in->dry_run)
        return true;
    bool good = *m->in->witness != NULL || !audit_written_columns(m->plan, &columns, &count) ||
                open_witness(m, columns, count, err);
    free(columns);
    if (good && *m->in->witness != NULL && m->notes == NULL)
        m->notes = seal_notes_new(*m->in->witness);
    return good;
}
