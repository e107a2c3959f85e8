/*
 * Rejects, and rows skipped with their parent, in tables that refer to themselves or to each other:
 * such tables are loaded at once, so what is left out, and what refers to it, must be known before
 * the first row is written. The rows are read until no more are found.
 */
#include "internal.h"

/* Whether a row's own children must know that it was left out, and how. */
static bool
is_left_out(const struct lane_row *row, enum moved_kind *kind)
{
    *kind = row->outcome == LANE_REJECTED ? MOVED_REJECTED : MOVED_SKIP;
    return row->outcome == LANE_REJECTED || lane_is_skipped_with_parent(row);
}

static bool
scan_table(struct migrate *m, const struct plan_table *table, bool *found, struct error *err)
{
    struct db *source = migrate_source(m, table);
    struct lane *lane = lane_open(m, table, false, err);
    struct strbuf sql = STRBUF_INIT;
    const char *line;
    size_t length;

    if (lane == NULL)
        return false;
    plan_sql_copy_out(&sql, table, NULL);
    bool good = db_copy_out_begin(source, sql.data, err);
    while (good && (good = db_copy_out_next(source, &line, &length, err)) && line != NULL) {
        struct lane_row row;
        enum moved_kind kind;
        good = lane_put(lane, line, length, &row, err);
        if (good && is_left_out(&row, &kind) &&
            moved_add(&m->shared->closure[table->number], &row.row->target_key, kind))
            *found = true;
    }
    strbuf_release(&sql);
    lane_close(&lane);
    return good;
}

bool
migrate_find_closure(struct migrate *m, const struct plan_step *step, struct error *err)
{
    bool found = true;
    while (found) {
        found = false;
        for (size_t i = 0; i < step->table_count; i++)
            if (!scan_table(m, &m->plan->tables[step->tables[i]], &found, err))
                return false;
    }
    return true;
}
