/*
 * Rows that violate what is to come back after loading: they are found in the target, and their
 * table gets another pass that knows them as refused. So they are removed with an event, become
 * rejects with another, and the ledger adds up, as for any row that was written and is none any
 * more (take_back.c). A crash in between makes the pass find all rows as they were written; what is
 * to come back is then violated again, and it begins anew.
 */
#include "violating.h"

#include "refused.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* With the pauses that grow, about half a minute. */
enum { MOST_DELAYS = 18 };

static bool
is_of(const struct catalog_table *target, const struct store_aside *item)
{
    bool found = target->oid == item->table_oid;
    for (size_t i = 0; i < target->leaf_count; i++)
        found = found || target->leaves[i].oid == item->table_oid;
    return found;
}

bool
violating_is_of_target(const struct violation *v, const struct store_aside *item)
{
    return !aside_is_key(item) && is_of(v->target, item);
}

int
migrate_order_violated(void *context, const struct store_aside *item)
{
    const struct plan *plan = ((const struct migrate *)context)->plan;
    for (size_t i = 0; i < plan->table_count; i++)
        if (is_of(plan->tables[i].target, item))
            return plan->tables[i].step;
    return (int)plan->step_count;
}

static const struct catalog_table *
find_target(const struct migrate *m, const struct store_aside *item)
{
    for (size_t i = 0; i < m->plan->table_count; i++)
        if (is_of(m->plan->tables[i].target, item))
            return m->plan->tables[i].target;
    return NULL;
}

bool
violating_fail(const char *why, struct error *err)
{
    error_set(err, EXIT_STOPPED, "%s", why);
    return error_hint(err, "mend these rows, then run the same command again; `idmigrate check` "
                           "reads all rows and names such ones before a run");
}

/* ---- rows by themselves ---- */

static bool
collect_of(struct violation *v, const struct plan_table *table, const char *from,
           const struct db_place *place, int64_t *found, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    size_t length, newline = table->codec != PLAN_CODEC_BINARY;
    const char *line;

    strbuf_add_string(&sql, "COPY (SELECT ");
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(&sql, i > 0 ? ", t." : "t.");
        db_quote_identifier(&sql, table->columns[i].target->name);
    }
    strbuf_printf(&sql, " %s) TO STDOUT", from);
    plan_sql_codec(&sql, table);
    bool good = db_copy_out_begin(v->m->target, sql.data, err);
    while (good && (good = db_copy_out_next(v->m->target, &line, &length, err)) && line != NULL) {
        refused_add_all(&v->m->shared->refused[table->number], REFUSED_BY_TARGET,
                        row_target_digest(table, line, length - newline), place);
        v->begins[table->number] = true;
        ++*found;
    }
    return good;
}

bool
violating_collect(struct violation *v, const char *from, const struct db_place *place,
                  int64_t *found, struct error *err)
{
    for (size_t i = 0; i < v->m->plan->table_count; i++) {
        const struct plan_table *table = &v->m->plan->tables[i];
        if (table->target == v->target && !collect_of(v, table, from, place, found, err))
            return false;
    }
    return true;
}

/* They refer to no row. */
static bool
find_orphans(struct violation *v, const struct store_aside *item, int64_t *found, struct error *err)
{
    struct db_place place = refused_place("23503", item->name, NULL);
    return violating_collect(v, item->violation, &place, found, err);
}

/* Rows that a computed index of the table fails for; who meets whom in such a one can be told of
 * the others only. */
static bool
find_unindexable(struct violation *v, int64_t *found, struct error *err)
{
    for (size_t i = 0; i < v->item_count; i++) {
        const struct store_aside *item = &v->items[i];
        if (violating_is_of_target(v, item) && strcmp(item->state, "aside") == 0 &&
            violating_index_computes(v, item) && !violating_find_unindexable(v, item, found, err))
            return false;
    }
    return true;
}

/* ---- another pass ---- */

static bool
begin_pass(struct migrate *m, const struct plan_table *table, struct error *err)
{
    struct store_chunk *chunks;
    size_t count;
    int next = 1;
    if (!store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        next = chunks[i].chunk_no >= next ? chunks[i].chunk_no + 1 : next;
    store_chunks_free(chunks, count);
    return refused_load(m, table, &m->shared->refused[table->number], err) &&
           reconcile_begin(m, table, next, err);
}

/* All of them or none: after a crash no table is left without the pass that it needs. */
static bool
begin_passes(struct violation *v, struct error *err)
{
    struct migrate *m = v->m;
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    if (!migrate_begin(m, &unit, err))
        return false;
    for (size_t i = 0; i < m->plan->table_count; i++)
        if (v->begins[i] && !begin_pass(m, &m->plan->tables[i], err))
            return false;
    failpoint("rebuild-before-taken-back");
    if (!migrate_commit(m, &unit, err))
        return false;
    failpoint("rebuild-taken-back-begun");
    return true;
}

/* What the store says the tables add up to, before they are counted on. */
static bool
refresh_tables(struct migrate *m, struct error *err)
{
    struct store_table *tables;
    size_t count;
    if (!store_load_tables(m->target, m->run_id, &tables, &count, err))
        return false;
    store_tables_free(m->shared->tables, m->plan->table_count);
    m->shared->tables = tables;
    return true;
}

/* Rows that refer to no row are out before anybody can lose to them. */
static bool
find_met(struct violation *v, int64_t *found, struct error *err)
{
    int64_t met;
    for (size_t i = 0; i < v->item_count; i++) {
        const struct store_aside *item = &v->items[i];
        if (!aside_is_key(item) || strcmp(item->state, "aside") != 0 || !is_of(v->target, item) ||
            item->violation == NULL)
            continue;
        if (!find_orphans(v, item, found, err))
            return false;
    }
    if (!violating_find_met(v, &met, err))
        return false;
    *found += met;
    return true;
}

static bool
has_source_in_target(const struct migrate *m)
{
    for (size_t i = 0; i < m->plan->mapping->source_count; i++)
        if (m->in->sources[i] != NULL && db_is_same_database(m->in->sources[i], m->target))
            return true;
    return false;
}

/*
 * An index is built over removed rows too, as long as a transaction may see them. Those of others,
 * such as the server's own ANALYZE, end; the snapshot in which this run reads its source does not,
 * where that is the same database.
 */
static bool
wait_for_versions(struct migrate *m, struct error *err)
{
    if (migrate_is_interrupted(err))
        return false;
    if (m->shared->rebuilds_delayed < MOST_DELAYS && !has_source_in_target(m)) {
        clock_pause(m->shared->rebuilds_delayed++);
        return true;
    }
    error_set(err, EXIT_STOPPED,
              "it fails for no row that is there, but for one that was removed and that a "
              "transaction may still see");
    return error_hint(err, "run the same command again; where that does not help, end the "
                           "transactions that are older (pg_stat_activity, backend_xmin)");
}

static bool
take_back(struct violation *v, const struct store_aside *violated, struct error *err)
{
    int64_t found = 0;
    if (aside_is_key(violated)) {
        if (!find_orphans(v, violated, &found, err))
            return false;
    } else if (!find_unindexable(v, &found, err) ||
               (found == 0 && violated->violation != NULL && !find_met(v, &found, err)) ||
               (found == 0 && !violating_index_computes(v, violated) &&
                !violating_find_unindexable(v, violated, &found, err))) {
        return false;
    }
    if (found == 0 && violating_index_computes(v, violated))
        return wait_for_versions(v->m, err);
    if (found == 0)
        return violating_fail("no row is found that violates it", err);
    return begin_passes(v, err) && migrate_run_steps_again(v->m, err);
}

static void
release(struct violation *v)
{
    for (size_t i = 0; i < v->m->plan->table_count; i++) {
        if (v->begins[i])
            refused_release(&v->m->shared->refused[i]);
    }
    free(v->begins);
    free(v->rows);
    free(v->contents);
    free(v->pairs);
    digest_map_release(&v->by_place);
    strbuf_release(&v->texts);
}

bool
migrate_take_back_violating(void *context, const struct store_aside *items, size_t count,
                            const struct store_aside *violated, struct error *err)
{
    struct migrate *m = context;
    struct violation v = {.m = m,
                          .items = items,
                          .item_count = count,
                          .target = find_target(m, violated),
                          .begins = memory_zalloc(m->plan->table_count + 1),
                          .by_place = DIGEST_MAP_INIT,
                          .texts = STRBUF_INIT};
    strbuf_add_char(&v.texts, '\0');
    bool good = v.target != NULL ? refresh_tables(m, err) && take_back(&v, violated, err)
                                 : violating_fail("the rows are not of this run", err);
    release(&v);
    return good;
}
