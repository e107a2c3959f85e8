/*
 * Rows that an index cannot hold: what it is computed from fails for them. The server that builds
 * the index ends at the first and names none. So they are looked for with the same index on a
 * temporary table into which the rows go by ranges of their places; a range that fails is halved.
 */
#include "refused.h"
#include "violating.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A place is a block and an offset in it, as one number; no block has that many rows. */
enum { BLOCK_PLACES = 2048, STEP_BLOCKS = 256 };

struct search {
    struct violation *v;
    const struct store_aside *item;
    const struct plan_table *table; /* any of those that fill the target */
    struct strbuf relation;
    int64_t blocks, found;
};

static const struct catalog_index *
find_index(const struct violation *v, const struct store_aside *item)
{
    const char *name = item->name;
    for (size_t i = 0; i < v->item_count; i++)
        if (v->items[i].item_no == item->top)
            name = v->items[i].name;
    for (size_t i = 0; i < v->target->index_count; i++)
        if (strcmp(v->target->indexes[i].name, name) == 0)
            return &v->target->indexes[i];
    return NULL;
}

bool
violating_index_computes(const struct violation *v, const struct store_aside *item)
{
    const struct catalog_index *index = find_index(v, item);
    if (index == NULL || index->predicate != NULL)
        return true;
    for (size_t k = 0; k < index->key_count; k++)
        if (index->columns[k] < 0)
            return true;
    return false;
}

/* Its name as the server writes it in definitions, and its size. */
static bool
read_relation(struct search *search, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *oid = memory_printf("%" PRIu32, search->item->table_oid);
    const char *value = oid;
    if (!db_query(search->v->m->target,
                  "SELECT $1::pg_catalog.oid::pg_catalog.regclass, pg_catalog.pg_relation_size($1) "
                  "/ pg_catalog.current_setting('block_size')::bigint",
                  1, &value, &result, err))
        return false;
    strbuf_add_string(&search->relation, db_result_text(result, 0, 0));
    search->blocks = db_result_int64(result, 0, 1);
    return true;
}

/* From "CREATE UNIQUE INDEX i ON a.t USING btree ...". */
static bool
create_table(struct search *search, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, on = STRBUF_INIT;
    strbuf_printf(&on, " ON %s USING ", search->relation.data);
    const char *method = strstr(search->item->build_sql, on.data);
    if (method == NULL)
        return error_set(err, EXIT_BUG, "unexpected definition of index %s", search->item->name);
    strbuf_printf(&sql,
                  "CREATE TEMPORARY TABLE idmigrate_unindexed (LIKE %s) ON COMMIT DROP; "
                  "CREATE INDEX ON pg_temp.idmigrate_unindexed USING %s",
                  search->relation.data, method + on.length);
    return db_execute(search->v->m->target, sql.data, err);
}

static void
add_place(struct strbuf *sql, const char *comparison, int64_t place)
{
    strbuf_printf(sql, "t.ctid %s '(%" PRId64 ",%" PRId64 ")'::pg_catalog.tid", comparison,
                  place / BLOCK_PLACES, place % BLOCK_PLACES);
}

static bool
index_range(struct search *search, int64_t first, int64_t end, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql,
                  "INSERT INTO pg_temp.idmigrate_unindexed SELECT t.* FROM ONLY %s AS t WHERE ",
                  search->relation.data);
    add_place(&sql, ">=", first);
    strbuf_add_string(&sql, " AND ");
    add_place(&sql, "<", end);
    return db_execute(search->v->m->target, sql.data, err);
}

static bool
take_row(struct search *search, int64_t place, const struct db_place *why, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf from = STRBUF_INIT;
    strbuf_printf(&from, "FROM ONLY %s AS t WHERE ", search->relation.data);
    add_place(&from, "=", place);
    return violating_collect(search->v, from.data, why, &search->found, err);
}

static bool
search_range(struct search *search, int64_t first, int64_t end, struct error *err)
{
    struct migrate *m = search->v->m;
    struct error failed = ERROR_INIT;
    if (migrate_is_interrupted(err))
        return false;
    db_savepoint(m->target, "idmigrate_index");
    if (index_range(search, first, end, &failed)) {
        db_savepoint_release(m->target, "idmigrate_index");
        return true;
    }
    if (!refused_is_by_row(m, search->table, &failed)) {
        *err = failed;
        return false;
    }
    const struct db_place why = *db_failure_place(m->target);
    if (!db_savepoint_rollback(m->target, "idmigrate_index", err))
        return false;
    if (end - first == 1)
        return take_row(search, first, &why, err);
    int64_t middle = first + (end - first) / 2;
    return search_range(search, first, middle, err) && search_range(search, middle, end, err);
}

static bool
search_all(struct search *search, struct error *err)
{
    if (!read_relation(search, err) || !create_table(search, err))
        return false;
    for (int64_t block = 0; block < search->blocks; block += STEP_BLOCKS)
        if (!search_range(search, block * BLOCK_PLACES, (block + STEP_BLOCKS) * BLOCK_PLACES,
                          err) ||
            !db_execute(search->v->m->target, "TRUNCATE pg_temp.idmigrate_unindexed", err))
            return false;
    return true;
}

static const struct plan_table *
find_table(const struct violation *v)
{
    for (size_t i = 0; i < v->m->plan->table_count; i++)
        if (v->m->plan->tables[i].target == v->target)
            return &v->m->plan->tables[i];
    return NULL;
}

bool
violating_find_unindexable(struct violation *v, const struct store_aside *item, int64_t *found,
                           struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    struct search search = {.v = v, .item = item, .table = find_table(v), .relation = STRBUF_INIT};
    if (item->build_sql == NULL || item->is_alone)
        return true;
    bool good = migrate_begin(v->m, &unit, err) && search_all(&search, err);
    strbuf_release(&search.relation);
    *found += search.found;
    return good;
}
