/*
 * Rows that violate what is to come back after loading: they are found in the target, and their
 * table gets another pass that knows them as refused. So they are removed with an event, become
 * rejects with another, and the ledger adds up, as for any row that was written and is none any
 * more (take_back.c). A crash in between makes the pass find all rows as they were written; what is
 * to come back is then violated again, and it begins anew.
 */
#include "aside.h"
#include "refused.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct plan_table *
find_table(const struct migrate *m, const struct store_aside *item)
{
    for (size_t i = 0; i < m->plan->table_count; i++) {
        const struct catalog_table *target = m->plan->tables[i].target;
        if (target->oid == item->table_oid)
            return &m->plan->tables[i];
        for (size_t j = 0; j < target->leaf_count; j++)
            if (target->leaves[j].oid == item->table_oid)
                return &m->plan->tables[i];
    }
    return NULL;
}

/* Of rows that meet in a key the first by the target's key stays. */
static void
add_losers(struct strbuf *sql, const struct plan_table *table, const struct store_aside *item)
{
    strbuf_add_string(sql, "SELECT k FROM (SELECT ");
    stage_key_expression(sql, table, "t");
    strbuf_add_string(sql, " AS k, pg_catalog.row_number() OVER (w ORDER BY (");
    stage_key_expression(sql, table, "t");
    strbuf_printf(sql, ") COLLATE \"C\") AS n %s) AS q WHERE n > 1", item->violation);
}

static void
add_columns(struct strbuf *sql, const struct plan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", t." : "t.");
        db_quote_identifier(sql, table->columns[i].target->name);
    }
}

static bool
count_losers(struct migrate *m, const struct plan_table *table, const struct store_aside *item,
             int64_t *losers, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "SELECT pg_catalog.count(*) FROM (");
    add_losers(&sql, table, item);
    strbuf_add_string(&sql, ") AS l");
    if (!db_query(m->target, sql.data, 0, NULL, &result, err))
        return false;
    *losers = db_result_int64(result, 0, 0);
    return true;
}

static void
write_lines_sql(struct strbuf *sql, const struct plan_table *table, const struct store_aside *item)
{
    strbuf_add_string(sql, "COPY (SELECT ");
    add_columns(sql, table);
    if (aside_is_key(item)) {
        strbuf_printf(sql, " %s", item->violation);
    } else {
        strbuf_add_string(sql, " FROM ");
        plan_sql_target_name(sql, table);
        strbuf_add_string(sql, " AS t WHERE ");
        stage_key_expression(sql, table, "t");
        strbuf_add_string(sql, " IN (");
        add_losers(sql, table, item);
        strbuf_add_char(sql, ')');
    }
    strbuf_add_string(sql, ") TO STDOUT");
    plan_sql_codec(sql, table);
}

static bool
collect(struct migrate *m, const struct plan_table *table, const struct store_aside *item,
        int64_t *found, struct error *err)
{
    struct db_place place = refused_place(aside_is_key(item) ? "23503" : "23505", item->name, NULL);
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    size_t length, newline = table->codec != PLAN_CODEC_BINARY;
    const char *line;
    bool good;

    *found = 0;
    write_lines_sql(&sql, table, item);
    good = db_copy_out_begin(m->target, sql.data, err);
    while (good && (good = db_copy_out_next(m->target, &line, &length, err)) && line != NULL) {
        refused_add_all(&m->shared->refused[table->number], REFUSED_BY_TARGET,
                        row_target_digest(table, line, length - newline), &place);
        (*found)++;
    }
    return good;
}

static bool
fail(const char *why, struct error *err)
{
    error_set(err, EXIT_STOPPED, "%s", why);
    return error_hint(err, "mend these rows, then run the same command again; `idmigrate check` "
                           "reads all rows and names such ones before a run");
}

static bool
find_rows(struct migrate *m, const struct plan_table *table, const struct store_aside *item,
          struct error *err)
{
    int64_t losers = 0, found;
    if (item->violation == NULL)
        return fail("which rows exclude each other is not looked for", err);
    if (!aside_is_key(item) && !count_losers(m, table, item, &losers, err))
        return false;
    if (!collect(m, table, item, &found, err))
        return false;
    if (found == 0)
        return fail("no row is found that violates it", err);
    return aside_is_key(item) || found == losers ||
           fail("rows have the key by which they would be taken back in common", err);
}

static bool
begin_pass(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    struct store_chunk *chunks;
    size_t count;
    int next = 1;

    if (!migrate_begin(m, &unit, err) ||
        !store_load_chunks(m->target, m->run_id, table->number, &chunks, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        next = chunks[i].chunk_no >= next ? chunks[i].chunk_no + 1 : next;
    store_chunks_free(chunks, count);
    if (!reconcile_begin(m, table, next, err))
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

bool
migrate_take_back_violating(void *context, const struct store_aside *items, size_t count,
                            const struct store_aside *violated, struct error *err)
{
    struct migrate *m = context;
    const struct plan_table *table = find_table(m, violated);
    (void)items;
    (void)count;
    if (table == NULL)
        return fail("the rows are not of this run", err);
    if (!refresh_tables(m, err))
        return false;
    bool good = find_rows(m, table, violated, err) && begin_pass(m, table, err) &&
                migrate_run_steps_again(m, err);
    refused_release(&m->shared->refused[table->number]);
    m->shared->refused[table->number] = (struct refused)REFUSED_INIT;
    return good;
}
