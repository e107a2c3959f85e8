/* How many rejects are too many. */
#include "internal.h"

#include <inttypes.h>

static int64_t
limit(const struct migrate *m)
{
    if (m->in->max_rejects >= 0)
        return m->in->max_rejects;
    return (int64_t)((double)m->rows_expected * m->in->max_rejects_percent / 100.0);
}

bool
migrate_within_limit(struct migrate *m, int64_t more_rejects, struct error *err)
{
    if (m->rejects + more_rejects <= limit(m))
        return true;
    error_set(err, EXIT_TOO_MANY_REJECTS, "%" PRId64 " rows rejected, %" PRId64 " allowed",
              m->rejects + more_rejects, limit(m));
    return error_hint(
        err, "`idmigrate check` lists the IDs without a partner; decide on them in the mapping "
             "(\"unresolved\"), complete the ID map, or allow more with --max-rejects, then run "
             "the same command again");
}
