/* How many rejects are too many. */
#include "internal.h"

#include <inttypes.h>

static int64_t
limit(const struct migrate *m)
{
    if (m->in->max_rejects >= 0)
        return m->in->max_rejects;
    return (int64_t)((double)m->shared->rows_expected * m->in->max_rejects_percent / 100.0);
}

static void
set_in_hand(struct migrate *m, int64_t rejects)
{
    m->shared->rejects_in_hand += rejects - m->in_hand_rejects;
    m->in_hand_rejects = rejects;
}

/* What other workers have in hand counts too: all of it may be committed. */
bool
migrate_within_limit(struct migrate *m, int64_t rejects, struct error *err)
{
    pthread_mutex_lock(&m->shared->lock);
    set_in_hand(m, rejects);
    int64_t all = m->shared->rejects + m->shared->rejects_in_hand;
    pthread_mutex_unlock(&m->shared->lock);
    if (all <= limit(m))
        return true;
    error_set(err, EXIT_TOO_MANY_REJECTS, "%" PRId64 " rows rejected, %" PRId64 " allowed", all,
              limit(m));
    return error_hint(
        err,
        "`idmigrate check` lists IDs without a partner and most rows that the target refuses: "
        "complete the ID map or decide on them in the mapping (\"unresolved\"), mend the rows, "
        "or allow more with --max-rejects, then run the same command again");
}

void
migrate_count_rejects(struct migrate *m, int64_t rejects, bool committed)
{
    pthread_mutex_lock(&m->shared->lock);
    set_in_hand(m, 0);
    if (committed)
        m->shared->rejects += rejects;
    pthread_mutex_unlock(&m->shared->lock);
}
