/*
 * The third stream: the target's rows, by a thread of their own while the source is read.
 *
 * Which rows of the target are the run's is known only when the source has been read. Where the
 * target was empty before, nearly always all of them are: so they are taken for that, and when
 * both sides then come to the same sums, they were. If not, or if anything else differs, what the
 * thread saw is forgotten and the target is read again, row by row against what is expected.
 */
#include "work.h"

#include <string.h>

static bool
is_alone_in_target(const struct work *work)
{
    for (size_t i = 0; i < work->v->plan->table_count; i++)
        if (&work->v->plan->tables[i] != work->table &&
            work->v->plan->tables[i].target == work->table->target)
            return false;
    return work->ledger->target_rows_before == 0 && work->table->target != work->v->plan->audit;
}

/* Rows that were merged, and rows that follow others of their table, depend on what the source's
 * pass finds out. */
static bool
is_simple(const struct work *work)
{
    return work->parts == 1 && work->table->conflict_key_count == 0 &&
           !work->table->refers_to_itself && work->listed->count == 0 && work->existing_count == 0;
}

static void *
read_target(void *argument)
{
    struct ahead *ahead = argument;
    ahead->is_read = target_pass(&ahead->work, &ahead->err);
    return NULL;
}

/* What its checks say is known already, or found again. */
static void
release(struct ahead *ahead)
{
    struct work *seen = &ahead->work;
    struct check *checks[] = {&seen->rows_check, &seen->ids_check, &seen->residue_check,
                              &seen->audit_check, &seen->accounting_check};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        check_release(checks[i]);
    work_release(seen);
}

void
ahead_begin(struct ahead *ahead, struct work *work)
{
    *ahead = (struct ahead){.err = ERROR_INIT};
    if (work->v->second == NULL || !is_simple(work) || !is_alone_in_target(work))
        return;
    work_init(&ahead->work, work->v, work->table);
    ahead->work.takes_all = true;
    ahead->runs = pthread_create(&ahead->thread, NULL, read_target, ahead) == 0;
    if (!ahead->runs)
        release(ahead);
}

static bool
is_as_expected(struct work *work, struct ahead *ahead)
{
    struct work *seen = &ahead->work;
    if (!ahead->is_read || seen->target_rows != work->fates[FATE_WRITTEN] ||
        seen->ids_check.found > 0 || seen->residue_check.found > 0)
        return false;
    bag_swap_side(&work->rows, &seen->rows, BAG_FOUND);
    if (bag_differing(&work->rows) == 0)
        return true;
    bag_swap_side(&work->rows, &seen->rows, BAG_FOUND);
    return false;
}

static void
take(struct work *work, const struct work *seen)
{
    work->target_rows = seen->target_rows;
    work->ids_check.looked_at += seen->ids_check.looked_at;
    work->residue_check.looked_at += seen->residue_check.looked_at;
    work->residue_allowed += seen->residue_allowed;
    memcpy(work->kept_found, seen->kept_found, work->table->column_count * sizeof(int64_t));
}

bool
ahead_end(struct ahead *ahead, struct work *work, bool source_read)
{
    if (!ahead->runs)
        return false;
    if (!source_read)
        atomic_store(&ahead->work.stops, true);
    pthread_join(ahead->thread, NULL);
    bool good = source_read && is_as_expected(work, ahead);
    if (good) {
        take(work, &ahead->work);
        target_check_kept(work);
    }
    release(ahead);
    return good;
}
