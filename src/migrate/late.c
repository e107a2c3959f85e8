/*
 * Decisions on rows that are not written yet, made again: the application wrote a row with their
 * key, or took away the one that they were to update, since the table was decided on. The rule is
 * the same as then, the row that is there stands for the others, and so is what is kept: the
 * decision is in idmigrate.merge before the chunk is carried out again.
 *
 * Where other source rows were merged into one of these, their events have named it already. Then
 * the table's decisions are declared void: the run stops, and taken up again it compares all rows
 * of the table with what is to be.
 */
#include "decide.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <string.h>

/* FROM idmigrate.merge AS <alias>, of this run's table, with a condition to follow. */
static void
add_decisions(struct strbuf *sql, const struct decision_keys *keys, const char *alias)
{
    strbuf_printf(sql,
                  "FROM idmigrate.merge AS %s WHERE %s.run_id = '%s' AND %s.table_no = %d AND ",
                  alias, alias, keys->m->run_id, alias, keys->table->number);
}

static void
add_meeting(struct strbuf *sql, const struct plan_table *table)
{
    strbuf_add_string(sql, "EXISTS (SELECT FROM ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS e WHERE ");
    decision_add_join(sql, table);
    strbuf_add_string(sql, ")");
}

/* k is to be written; nothing was decided on it. */
static void
add_is_undecided(struct strbuf *sql, const struct decision_keys *keys)
{
    strbuf_add_string(sql, "NOT EXISTS (SELECT ");
    add_decisions(sql, keys, "d");
    strbuf_add_string(sql, "d.source_key = k.idmigrate_source)");
}

/* Decision d on k is to update a row that is not there any more. */
static void
add_is_lost(struct strbuf *sql, const struct decision_keys *keys)
{
    strbuf_add_string(sql, "d.source_key = k.idmigrate_source AND d.updates AND d.survivor = "
                           "'existing' AND NOT ");
    add_meeting(sql, keys->table);
}

static bool
count_tied(struct decision_keys *keys, int64_t *tied, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct strbuf *sql = &keys->sql;
    strbuf_reset(sql);
    strbuf_add_string(sql, "SELECT pg_catalog.count(*) FROM pg_temp.idmigrate_keys AS k WHERE (");
    add_is_undecided(sql, keys);
    strbuf_add_string(sql, " AND EXISTS (SELECT ");
    add_decisions(sql, keys, "o");
    strbuf_add_string(
        sql,
        "o.survivor = 'migrated' AND NOT o.updates AND o.survivor_key = k.idmigrate_target) AND ");
    add_meeting(sql, keys->table);
    strbuf_add_string(sql, ") OR EXISTS (SELECT ");
    add_decisions(sql, keys, "d");
    add_is_lost(sql, keys);
    strbuf_add_string(sql, " AND EXISTS (SELECT ");
    add_decisions(sql, keys, "o");
    strbuf_add_string(sql, "o.survivor_key = d.survivor_key AND o.source_key <> d.source_key))");
    if (!db_query(keys->m->target, sql->data, 0, NULL, &result, err))
        return false;
    *tied = db_result_int64(result, 0, 0);
    return true;
}

/* The row that is there stands for the one that was to be written. */
static bool
give_way(struct decision_keys *keys, int64_t *rows, struct error *err)
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
    strbuf_printf(sql, ", 'existing', %s FROM pg_temp.idmigrate_keys AS k JOIN ",
                  updates ? "true" : "false");
    plan_sql_target_name(sql, keys->table);
    strbuf_add_string(sql, " AS e ON ");
    decision_add_join(sql, keys->table);
    strbuf_add_string(sql, " WHERE ");
    add_is_undecided(sql, keys);
    return db_command(keys->m->target, sql->data, 0, NULL, rows, err);
}

/* The row that was to be updated is gone: its place is free. */
static bool
take_place(struct decision_keys *keys, int64_t *rows, struct error *err)
{
    struct strbuf *sql = &keys->sql;
    strbuf_reset(sql);
    strbuf_printf(sql,
                  "DELETE FROM idmigrate.merge AS d USING pg_temp.idmigrate_keys AS k WHERE "
                  "d.run_id = '%s' AND d.table_no = %d AND ",
                  keys->m->run_id, keys->table->number);
    add_is_lost(sql, keys);
    return db_command(keys->m->target, sql->data, 0, NULL, rows, err);
}

static bool
stage_chunk(struct decision_keys *keys, const struct store_chunk *chunk, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    if (strcmp(chunk->kind, "part") == 0 &&
        (keys->prior = prior_load(keys->m, keys->table, chunk->part, chunk->parts, err)) == NULL)
        return false;
    chunk_source_sql(&sql, keys->table, chunk);
    bool good = decision_open(keys, true, err) && decision_create_table(keys, err) &&
                decision_copy_keys(keys, sql.data, err);
    strbuf_release(&sql);
    return good;
}

static bool
decide_again(struct decision_keys *keys, int64_t *tied, bool *changed, struct error *err)
{
    int64_t given = 0, taken = 0;
    if (!count_tied(keys, tied, err))
        return false;
    if (*tied == 0 && (!give_way(keys, &given, err) || !take_place(keys, &taken, err)))
        return false;
    *changed = given + taken > 0;
    return db_execute(keys->m->target, "DROP TABLE pg_temp.idmigrate_keys", err);
}

/* A resume finds no decisions that could still hold. */
static bool
void_decisions(struct migrate *m, const struct plan_table *table, const char *why,
               struct error *err)
{
    CLEANUP(memory_free_string) char *number = memory_printf("%d", table->number);
    const char *values[] = {m->run_id, number, why};
    if (m->in->decides_anew != NULL && reconcile_is_possible(table))
        atomic_store(m->in->decides_anew, true);
    return db_command(m->target, sql_query_migrate_note_decisions, 3, values, NULL, err);
}

bool
migrate_void_decisions(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    return m->in->dry_run ||
           (migrate_begin(m, &unit, err) && void_decisions(m, table, DECISIONS_REFUSED, err) &&
            migrate_commit(m, &unit, err));
}

static bool
report_tied(const struct plan_table *table, int64_t tied, struct error *err)
{
    error_set(err, EXIT_STOPPED,
              "table %s: since its rows were decided on, the application changed %" PRId64
              " rows that several source rows meet in",
              table->label, tied);
    return error_hint(err, "run the same command again: it decides on the table's rows anew");
}

bool
migrate_decide_late(struct migrate *m, const struct plan_table *table,
                    const struct store_chunk *chunk, bool *changed, struct error *err)
{
    CLEANUP(decision_close)
    struct decision_keys keys = {.m = m, .table = table, .sql = STRBUF_INIT};
    CLEANUP(db_transaction_release) struct db_transaction unit = {0};
    int64_t tied = 0;
    bool claimed;
    char now[40];

    *changed = false;
    if (!migrate_begin(m, &unit, err) || !store_claim_chunk(m->target, m->run_id, table->number,
                                                            chunk->chunk_no, &claimed, now, err))
        return false;
    bool good =
        !claimed || (stage_chunk(&keys, chunk, err) && decide_again(&keys, &tied, changed, err) &&
                     (tied == 0 || void_decisions(m, table, NULL, err)));
    if (!good)
        return error_context(err, "table %s: deciding again on rows that meet in a key",
                             table->label);
    migrate_count_rows(m, table, 0, false);
    return migrate_commit(m, &unit, err) && (tied == 0 || report_tied(table, tied, err));
}
