/*
 * Rejects that are tried again (retry.h) in a table with on_conflict: one that meets a row which
 * was there before the run changes that row, or gives way to it, as it would have done at first. It
 * stays a reject where another row of the source has taken its place meanwhile.
 */
#include "decide.h"
#include "retry.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

/* Rows that this run wrote are none that were there. */
static void
add_rows_there(struct strbuf *sql, const struct decision_keys *keys)
{
    strbuf_add_string(sql, " FROM (SELECT k.*, pg_catalog.row_number() OVER w AS place FROM "
                           "pg_temp.idmigrate_keys AS k");
    decision_add_window(sql, keys->table);
    strbuf_add_string(sql, ") AS k JOIN ");
    plan_sql_target_name(sql, keys->table);
    strbuf_add_string(sql, " AS e ON ");
    decision_add_join(sql, keys->table);
    strbuf_printf(sql,
                  " WHERE k.place = 1 AND NOT EXISTS (SELECT FROM idmigrate.merge AS o WHERE "
                  "o.run_id = '%s' AND o.table_no = %d AND o.survivor_key = ",
                  keys->m->run_id, keys->table->number);
    stage_key_expression(sql, keys->table, "e");
    strbuf_add_string(sql, ")");
}

static bool
meet_any(struct decision_keys *keys, bool *any, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    strbuf_reset(&keys->sql);
    strbuf_add_string(&keys->sql, "SELECT EXISTS (SELECT");
    add_rows_there(&keys->sql, keys);
    strbuf_add_string(&keys->sql, ")");
    if (!db_query(keys->m->target, keys->sql.data, 0, NULL, &result, err))
        return false;
    *any = db_result_bool(result, 0, 0);
    return true;
}

static bool
write_merges(struct decision_keys *keys, struct error *err)
{
    bool updates = keys->table->spec->conflict == MAPPING_CONFLICT_UPDATE;
    struct strbuf *sql = &keys->sql;
    strbuf_reset(sql);
    strbuf_printf(sql,
                  "INSERT INTO idmigrate.merge (run_id, table_no, source_key, outcome, target_key, "
                  "survivor_key, survivor, updates) SELECT '%s', %d, k.idmigrate_source, '%s', "
                  "k.idmigrate_target, ",
                  keys->m->run_id, keys->table->number, updates ? "merged" : "skipped");
    stage_key_expression(sql, keys->table, "e");
    strbuf_printf(sql, ", 'existing', %s", updates ? "true" : "false");
    add_rows_there(sql, keys);
    strbuf_add_string(sql,
                      " AND NOT EXISTS (SELECT FROM pg_temp.idmigrate_ours AS o WHERE o.key = ");
    stage_key_expression(sql, keys->table, "e");
    strbuf_add_string(sql, ")");
    return db_command(keys->m->target, sql->data, 0, NULL, NULL, err);
}

static bool
decide(struct decision_keys *keys, struct error *err)
{
    bool any;
    if (!meet_any(keys, &any, err))
        return false;
    return !any || (decision_list_ours(keys, err) && write_merges(keys, err) &&
                    db_execute(keys->m->target, "DROP TABLE pg_temp.idmigrate_ours", err));
}

bool
decision_retry(struct migrate *m, const struct plan_table *table, const struct retry *retry,
               struct error *err)
{
    CLEANUP(decision_close)
    struct decision_keys keys = {
        .m = m, .table = table, .sql = STRBUF_INIT, .wanted = retry_wanted(retry)};
    CLEANUP(strbuf_release) struct strbuf source = STRBUF_INIT;
    if (!table->spec->has_on_conflict || table->spec->conflict == MAPPING_CONFLICT_FAIL ||
        !reconcile_is_possible(table))
        return true;
    retry_source_sql(retry, &source);
    return decision_open(&keys, false, err) && decision_create_table(&keys, err) &&
           decision_copy_keys(&keys, source.data, err) && decide(&keys, err) &&
           db_execute(m->target, "DROP TABLE pg_temp.idmigrate_keys", err);
}

bool
decision_end_retry(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(memory_free_string) char *number = memory_printf("%d", table->number);
    const char *values[] = {m->run_id, number};
    return !table->spec->has_on_conflict ||
           db_command(m->target, sql_query_migrate_forget_refused_retries, 2, values, NULL, err);
}
