/*
 * Rows that meet in a key (on_conflict): settled before a table is loaded, by rule, so that it does
 * not matter who comes first.
 *
 * The mapped keys of all source rows go into a temporary table of the target, where they are
 * grouped and joined with the rows that are there. Within a group the winner is the row with the
 * highest (or lowest) `winner` value, NULL last, then the smallest source key in byte order; the
 * others are merged. A winner that meets a row which is there updates it (merged) or is left out
 * (skipped). What does not become a row of its own is kept in idmigrate.merge, for loading, for
 * children and for verification.
 */
#include "decide.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

static void
add_key_name(struct strbuf *sql, const struct plan_table *table, size_t i)
{
    db_quote_identifier(sql, table->columns[table->conflict_key[i]].target->name);
}

/* Labels rarely hold what COPY escapes, and those that do are compared unescaped. */
static void
add_winner(struct strbuf *out, const struct plan_table *table, const char *field, size_t length)
{
    CLEANUP(strbuf_release) struct strbuf label = STRBUF_INIT;
    if (!plan_winner_has_labels(table) || (length == 2 && memcmp(field, "\\N", 2) == 0)) {
        strbuf_add(out, field, length);
        return;
    }
    row_unescape(&label, field, length);
    strbuf_printf(out, "%d", plan_winner_place(table, label.data));
}

bool
decision_create_table(struct decision_keys *keys, struct error *err)
{
    const struct plan_table *table = keys->table;
    strbuf_reset(&keys->sql);
    strbuf_printf(&keys->sql,
                  "CREATE TEMPORARY TABLE idmigrate_keys AS SELECT ''::text AS idmigrate_source, "
                  "''::text AS idmigrate_target,"
                  " NULL::%s AS idmigrate_winner",
                  plan_winner_type(table));
    for (size_t i = 0; i < table->conflict_key_count; i++) {
        strbuf_add_string(&keys->sql, ", ");
        add_key_name(&keys->sql, table, i);
    }
    strbuf_add_string(&keys->sql, " FROM ");
    plan_sql_target_name(&keys->sql, table);
    strbuf_add_string(&keys->sql, " WITH NO DATA");
    return db_execute(keys->m->target, keys->sql.data, err);
}

static void
make_line(struct decision_keys *keys, const struct row *row, const char *line, struct strbuf *out)
{
    const struct plan_table *table = keys->table;
    strbuf_reset(out);
    row_escape(out, row->source_key.data, row->source_key.length);
    strbuf_add_char(out, '\t');
    row_escape(out, row->target_key.data, row->target_key.length);
    strbuf_add_char(out, '\t');
    if (table->winner_field < 0) {
        strbuf_add_string(out, "\\N");
    } else {
        size_t field = (size_t)table->winner_field,
               start = field > 0 ? keys->ends[field - 1] + 1 : 0;
        add_winner(out, table, line + start, keys->ends[field] - start);
    }
    for (size_t i = 0; i < table->conflict_key_count; i++) {
        struct row_value value = row_column_escaped(row, (size_t)table->conflict_key[i]);
        strbuf_add_char(out, '\t');
        strbuf_add(out, value.data, value.length);
    }
    strbuf_add_char(out, '\n');
}

/* Rows with a decision are wanted when their values go into a row that must be there. */
static bool
is_wanted(struct decision_keys *keys, const struct lane_row *row)
{
    struct prior_found ignored;
    const struct strbuf *key = &row->row->source_key;
    uint64_t nothing;
    if (row->outcome != LANE_WRITE && row->outcome != LANE_UPDATE)
        return false;
    if (keys->wanted != NULL)
        return digest_map_get(keys->wanted, digest_bytes(key->data, key->length), &nothing);
    if (keys->prior == NULL)
        return true;
    enum prior_verdict verdict = prior_judge(keys->prior, row, &ignored);
    return verdict == PRIOR_NEW;
}

static bool
stream_keys(struct decision_keys *keys, struct db *source, struct error *err)
{
    struct strbuf out = STRBUF_INIT;
    const char *line;
    size_t length;
    bool good = true;
    int64_t rows = 0;

    while (good && (good = db_copy_out_next(source, &line, &length, err)) && line != NULL) {
        struct lane_row row;
        good = lane_put(keys->lane, line, length, &row, err);
        migrate_show_rows(keys->m, keys->table, ++rows);
        if (!good || !is_wanted(keys, &row))
            continue;
        if (!row_split(line, length, keys->ends, keys->table->field_count))
            good = error_set(err, EXIT_BUG, "unexpected number of fields");
        make_line(keys, row.row, line, &out);
        digest_add(&keys->digest, digest_bytes(out.data, out.length));
        good = good &&
               (keys->only_reads || db_copy_in_put(keys->m->target, out.data, out.length, err));
    }
    strbuf_release(&out);
    return good;
}

bool
decision_copy_keys(struct decision_keys *keys, const char *source_sql, struct error *err)
{
    struct db *source = migrate_source(keys->m, keys->table);
    int64_t rows;

    if (!db_copy_out_begin(source, source_sql, err))
        return false;
    if (db_copy_in_begin(keys->m->target, "COPY pg_temp.idmigrate_keys FROM STDIN", err) &&
        stream_keys(keys, source, err))
        return db_copy_in_end(keys->m->target, &rows, err) &&
               db_execute(keys->m->target, "ANALYZE pg_temp.idmigrate_keys", err);
    struct error ignored = ERROR_INIT;
    db_copy_out_abandon(source, &ignored);
    return false;
}

static bool
copy_all_keys(struct decision_keys *keys, struct error *err)
{
    struct strbuf sql = STRBUF_INIT;
    plan_sql_copy_out(&sql, keys->table, NULL);
    bool good = decision_copy_keys(keys, sql.data, err);
    strbuf_release(&sql);
    return good;
}

static void
add_key_list(struct strbuf *sql, const struct plan_table *table, const char *before,
             const char *separator)
{
    for (size_t i = 0; i < table->conflict_key_count; i++) {
        strbuf_add_string(sql, i > 0 ? separator : "");
        strbuf_add_string(sql, before);
        add_key_name(sql, table, i);
    }
}

void
decision_add_join(struct strbuf *sql, const struct plan_table *table)
{
    for (size_t i = 0; i < table->conflict_key_count; i++) {
        strbuf_add_string(sql, i > 0 ? " AND e." : "e.");
        add_key_name(sql, table, i);
        plan_sql_equals(sql, &table->columns[table->conflict_key[i]].target->type);
        strbuf_add_string(sql, "k.");
        add_key_name(sql, table, i);
    }
}

static void
add_join(struct strbuf *sql, const struct plan_table *table, bool is_reconciled)
{
    decision_add_join(sql, table);
    /* Rows that this run wrote in an earlier pass do not count as being there already. */
    if (is_reconciled) {
        strbuf_add_string(
            sql, " AND NOT EXISTS (SELECT FROM pg_temp.idmigrate_ours AS o WHERE o.key = ");
        stage_key_expression(sql, table, "e");
        strbuf_add_string(sql, ")");
    }
}

static bool
is_reconciled(const struct decision_keys *keys)
{
    return keys->m->shared->tables[keys->table->number].pass > 0;
}

bool
decision_list_ours(struct decision_keys *keys, struct error *err)
{
    struct spool lines = SPOOL_INIT;
    int64_t rows;
    bool good =
        reconcile_list_written(keys->m, keys->table, &lines, err) &&
        db_execute(keys->m->target, "CREATE TEMPORARY TABLE idmigrate_ours (key text)", err) &&
        db_copy_in_begin(keys->m->target, "COPY pg_temp.idmigrate_ours FROM STDIN", err) &&
        spool_put(&lines, keys->m->target, err) && db_copy_in_end(keys->m->target, &rows, err) &&
        db_execute(keys->m->target, "ANALYZE pg_temp.idmigrate_ours", err);
    spool_release(&lines);
    return good;
}

static bool
drop_tables(struct decision_keys *keys, struct error *err)
{
    return db_execute(keys->m->target, "DROP TABLE pg_temp.idmigrate_keys", err) &&
           (!is_reconciled(keys) ||
            db_execute(keys->m->target, "DROP TABLE pg_temp.idmigrate_ours", err));
}

void
decision_add_window(struct strbuf *sql, const struct plan_table *table)
{
    strbuf_add_string(sql, " WHERE ");
    add_key_list(sql, table, "k.", " IS NOT NULL AND ");
    strbuf_add_string(sql, " IS NOT NULL WINDOW w AS (PARTITION BY ");
    add_key_list(sql, table, "k.", ", ");
    plan_sql_winner_first(sql, table, "idmigrate_winner", "idmigrate_source");
    strbuf_add_string(sql, ")");
}

/* Of groups of which this run wrote a row in an earlier pass none: it was not refused, and another
 * one would meet it while it is there. */
void
decision_sql_group_winners(struct strbuf *sql, const struct decision_keys *keys)
{
    strbuf_add_string(sql,
                      "COPY (SELECT idmigrate_source FROM (SELECT k.idmigrate_source, "
                      "pg_catalog.row_number() OVER w AS place, pg_catalog.lead(true) OVER w AS "
                      "has_others, pg_catalog.bool_or(k.is_ours) OVER (PARTITION BY ");
    add_key_list(sql, keys->table, "k.", ", ");
    strbuf_printf(sql,
                  ") AS has_ours FROM (SELECT k.*, %s AS is_ours FROM pg_temp.idmigrate_keys "
                  "AS k) AS k",
                  is_reconciled(keys) ? "EXISTS (SELECT FROM pg_temp.idmigrate_ours AS o WHERE "
                                        "o.key = k.idmigrate_target)"
                                      : "false");
    decision_add_window(sql, keys->table);
    strbuf_add_string(sql,
                      ") AS grouped WHERE place = 1 AND has_others AND NOT has_ours) TO STDOUT");
}

bool
decision_write(struct decision_keys *keys, struct error *err)
{
    const struct plan_table *table = keys->table;
    bool updates = table->spec->conflict == MAPPING_CONFLICT_UPDATE;
    struct strbuf *sql = &keys->sql;

    strbuf_reset(sql);
    strbuf_printf(sql,
                  "INSERT INTO idmigrate.merge (run_id, table_no, source_key, outcome, target_key, "
                  "survivor_key, survivor, updates)"
                  " SELECT '%s', %d, idmigrate_source, CASE WHEN place > 1 OR %s THEN 'merged' "
                  "ELSE 'skipped' END, idmigrate_target, COALESCE(existing, winner_key),"
                  " CASE WHEN existing IS NULL THEN 'migrated' ELSE 'existing' END, place = 1 AND "
                  "%s FROM (SELECT k.*, ",
                  keys->m->run_id, table->number, updates ? "true" : "false",
                  updates ? "true" : "false");
    strbuf_add_string(sql, "CASE WHEN e.ctid IS NULL THEN NULL ELSE ");
    stage_key_expression(sql, table, "e");
    strbuf_add_string(sql, " END AS existing, pg_catalog.row_number() OVER w AS place,"
                           " pg_catalog.first_value(idmigrate_target) OVER w AS winner_key FROM "
                           "pg_temp.idmigrate_keys AS k LEFT JOIN ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS e ON ");
    add_join(sql, table, is_reconciled(keys));
    decision_add_window(sql, table);
    strbuf_add_string(sql, ") AS grouped WHERE place > 1 OR existing IS NOT NULL");
    return db_command(keys->m->target, sql->data, 0, NULL, NULL, err);
}

/* A resume must know whether the rows that meet are still those that were decided on. */
static bool
note_digest(struct decision_keys *keys, struct error *err)
{
    char hex[DIGEST_HEX_SIZE];
    CLEANUP(memory_free_string) char *number = memory_printf("%d", keys->table->number);
    digest_to_hex(keys->digest, hex);
    const char *values[] = {keys->m->run_id, number, hex};
    return db_command(keys->m->target, sql_query_migrate_note_decisions, 3, values, NULL, err);
}

bool
decision_open(struct decision_keys *keys, bool with_decisions, struct error *err)
{
    keys->ends = memory_alloc((keys->table->field_count + 1) * sizeof *keys->ends);
    keys->lane = lane_open(keys->m, keys->table, with_decisions, err);
    return keys->lane != NULL;
}

void
decision_close(struct decision_keys *keys)
{
    lane_close(&keys->lane);
    free(keys->ends);
    prior_free(&keys->prior);
    strbuf_release(&keys->sql);
}

bool
migrate_decide(struct migrate *m, const struct plan_table *table, struct error *err)
{
    CLEANUP(decision_close)
    struct decision_keys keys = {.m = m, .table = table, .sql = STRBUF_INIT};
    m->phase = "deciding";
    bool good = decision_open(&keys, false, err) && decision_create_table(&keys, err) &&
                copy_all_keys(&keys, err) &&
                (!is_reconciled(&keys) || decision_list_ours(&keys, err)) &&
                decision_write(&keys, err) && decision_try_winners(&keys, err) &&
                drop_tables(&keys, err) && note_digest(&keys, err);
    m->phase = "copying";
    migrate_count_rows(m, table, 0, false);
    if (!good)
        error_context(err, "table %s: deciding on rows that meet in a key", table->label);
    return good;
}

bool
migrate_are_decisions_valid(struct migrate *m, const struct plan_table *table, bool *valid,
                            struct error *err)
{
    CLEANUP(decision_close)
    struct decision_keys keys = {.m = m, .table = table, .sql = STRBUF_INIT, .only_reads = true};
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string) char *number = memory_printf("%d", table->number);
    const char *values[] = {m->run_id, number};
    char hex[DIGEST_HEX_SIZE];

    plan_sql_copy_out(&keys.sql, table, NULL);
    if (!decision_open(&keys, false, err) ||
        !db_copy_out_begin(migrate_source(m, table), keys.sql.data, err) ||
        !stream_keys(&keys, migrate_source(m, table), err) ||
        !db_query(m->target, sql_query_migrate_find_decisions, 2, values, &result, err))
        return false;
    digest_to_hex(keys.digest, hex);
    const char *decided = db_result_text(result, 0, 0);
    *valid = decided != NULL && strcmp(decided, hex) == 0;
    return true;
}
