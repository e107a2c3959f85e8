/*
 * What a run would do with rows that meet in an on_conflict key, by the rule that the run has:
 * settled in the temporary tables, parents before children, so that what follows looks at the rows
 * that would really be written.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *
merge_column_name(const struct plan_table *table, int position)
{
    return table->columns[position].target->name;
}

/* "a.k1 = b.k1 AND ..." over plan columns of one table. */
static void
add_key_equality(struct strbuf *sql, const struct plan_table *table, const int *key, size_t count,
                 const char *left, const char *right)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(sql, "%s%s.", i > 0 ? " AND " : "", left);
        db_quote_identifier(sql, merge_column_name(table, key[i]));
        plan_sql_equals(sql, &table->columns[key[i]].target->type);
        strbuf_printf(sql, "%s.", right);
        db_quote_identifier(sql, merge_column_name(table, key[i]));
    }
}

static void
add_key_list(struct strbuf *sql, const struct plan_table *table, const char *before,
             const char *separator)
{
    for (size_t i = 0; i < table->conflict_key_count; i++) {
        strbuf_printf(sql, "%s%s", i > 0 ? separator : "", before);
        db_quote_identifier(sql, merge_column_name(table, table->conflict_key[i]));
    }
}

/* ---- the decision ---- */

static bool
keeps_key(const struct plan_table *table)
{
    for (size_t i = 0; i < table->target_key_count; i++)
        if (table->target_key[i] < 0)
            return false;
    return table->target_key_count > 0;
}

/* Rows that are there, and those of entries of the mapping that came before. */
static void
add_existing(struct strbuf *sql, const struct check *check, const struct plan_table *table)
{
    struct strbuf columns = STRBUF_INIT;
    for (size_t i = 0; i < table->column_count; i++)
        if (check->stages[table->number].needs[i]) {
            strbuf_add_string(&columns, ", ");
            db_quote_identifier(&columns, merge_column_name(table, (int)i));
        }
    strbuf_printf(sql, "(SELECT true AS idmigrate_there%s FROM ", columns.data);
    plan_sql_target_name(sql, table);
    for (int i = 0; i < table->number; i++) {
        const struct plan_table *earlier = &check->plan->tables[i];
        bool is_whole = true;
        for (size_t c = 0; check_is_usable(earlier) && c < table->column_count; c++) {
            int position = check_find_column(earlier, merge_column_name(table, (int)c));
            is_whole &= !check->stages[table->number].needs[c] ||
                        (position >= 0 && check->stages[i].needs[position]);
        }
        if (check_is_usable(earlier) && earlier->target == table->target &&
            check->stages[i].is_made && is_whole)
            strbuf_printf(
                sql,
                " UNION ALL SELECT true%s FROM pg_temp.%s WHERE idmigrate_state = '" STAGE_GOOD "'",
                columns.data, check->stages[i].name);
    }
    strbuf_add_string(sql, ")");
    strbuf_release(&columns);
}

static void
add_decision(struct strbuf *sql, const struct check *check, const struct plan_table *table)
{
    const struct stage *stage = &check->stages[table->number];
    strbuf_printf(sql,
                  "CREATE TEMPORARY TABLE %s AS SELECT g.* FROM (SELECT s.ctid AS idmigrate_row,"
                  " e.idmigrate_there IS NOT NULL AS idmigrate_is_there, pg_catalog.row_number() "
                  "OVER w AS idmigrate_place",
                  stage->merges);
    for (size_t i = 0; keeps_key(table) && i < table->target_key_count; i++) {
        CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
        db_quote_identifier(&name, merge_column_name(table, table->target_key[i]));
        strbuf_printf(sql,
                      ", s.%s AS old_%zu, CASE WHEN e.idmigrate_there THEN e.%s ELSE "
                      "pg_catalog.first_value(s.%s) OVER w END AS new_%zu",
                      name.data, i, name.data, name.data, i);
    }
    strbuf_printf(sql, " FROM pg_temp.%s AS s LEFT JOIN ", stage->name);
    add_existing(sql, check, table);
    strbuf_add_string(sql, " AS e ON ");
    add_key_equality(sql, table, table->conflict_key, table->conflict_key_count, "e", "s");
    strbuf_add_string(sql, " WHERE s.idmigrate_state = '" STAGE_GOOD "' AND ");
    add_key_list(sql, table, "s.", " IS NOT NULL AND ");
    strbuf_add_string(sql, " IS NOT NULL WINDOW w AS (PARTITION BY ");
    add_key_list(sql, table, "s.", ", ");
    plan_sql_winner_first(sql, table, "s.idmigrate_winner", "s.idmigrate_source");
    strbuf_add_string(sql, ")) AS g WHERE g.idmigrate_place > 1 OR g.idmigrate_is_there");
}

bool
merge_run(struct check *check, struct strbuf *sql, int64_t *rows, struct error *err)
{
    bool good = db_command(check->in->target, sql->data, 0, NULL, rows, err);
    strbuf_reset(sql);
    return good;
}

/* Rows that take over values, as they would be afterwards: other keys may break by that. */
static void
add_images(struct strbuf *sql, const struct check *check, const struct plan_table *table)
{
    const struct stage *stage = &check->stages[table->number];
    struct strbuf names = STRBUF_INIT, values = STRBUF_INIT;
    for (size_t i = 0; i < table->column_count; i++) {
        bool is_set = false;
        if (!stage->needs[i])
            continue;
        for (size_t c = 0; c < table->conflict_set_count; c++)
            is_set |= table->conflict_set[c] == (int)i;
        strbuf_add_string(&names, ", ");
        db_quote_identifier(&names, merge_column_name(table, (int)i));
        strbuf_add_string(&values, is_set ? ", s." : ", e.");
        db_quote_identifier(&values, merge_column_name(table, (int)i));
    }
    strbuf_printf(sql,
                  "INSERT INTO pg_temp.%s (idmigrate_state%s) SELECT '" STAGE_IMAGE
                  "'%s FROM pg_temp.%s AS s JOIN ",
                  stage->name, names.data, values.data, stage->name);
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS e ON ");
    add_key_equality(sql, table, table->conflict_key, table->conflict_key_count, "e", "s");
    strbuf_add_string(sql, " WHERE s.idmigrate_state = '" STAGE_UPDATES "'");
    strbuf_release(&names);
    strbuf_release(&values);
}

static bool
report(struct check *check, const struct plan_table *table, struct error *err)
{
    const struct stage *stage = &check->stages[table->number];
    struct check_table *counts = &check->tables[table->number];
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(memory_free_string)
    char *sql = memory_printf("SELECT pg_catalog.count(*) FILTER (WHERE idmigrate_place > 1), "
                              "pg_catalog.count(*) FILTER (WHERE idmigrate_place = 1)"
                              " FROM pg_temp.%s",
                              stage->merges);
    if (!db_query(check->in->target, sql, 0, NULL, &result, err))
        return false;
    int64_t merged = db_result_int64(result, 0, 0), met = db_result_int64(result, 0, 1);
    bool updates = table->spec->conflict == MAPPING_CONFLICT_UPDATE;
    counts->would_merge += merged + (updates ? met : 0);
    counts->would_skip += updates ? 0 : met;
    if (merged + met == 0)
        return true;
    struct strbuf key = STRBUF_INIT;
    add_key_list(&key, table, "", ", ");
    struct finding *finding = findings_add(
        check->findings, "W-MERGE", table->label, NULL,
        "rows that meet in on_conflict key %s, by the rule \"%s\": %" PRId64
        " go into another row of the source, %" PRId64 " meet a row that is there and %s",
        key.data, updates ? "update" : "skip", merged, met, updates ? "update it" : "are left out");
    finding->rows = merged + met;
    strbuf_release(&key);
    return true;
}

static bool
decide(struct check *check, const struct plan_table *table, struct error *err)
{
    struct stage *stage = &check->stages[table->number];
    bool updates = table->spec->conflict == MAPPING_CONFLICT_UPDATE;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    if (!stage->is_made || !check_merges(table))
        return true;
    add_decision(&sql, check, table);
    if (!check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    if (failed.is_set) {
        findings_add(check->findings, "N-MERGE", table->label, NULL,
                     "what would be merged was not looked at: %s", failed.text);
        stage->is_made = false;
        return true;
    }
    strbuf_reset(&sql);
    stage->has_merges = true;
    strbuf_printf(&sql,
                  "UPDATE pg_temp.%s AS s SET idmigrate_state = CASE WHEN m.idmigrate_place > 1 "
                  "THEN '" STAGE_MERGED
                  "' ELSE '%s' END FROM pg_temp.%s AS m WHERE s.ctid = m.idmigrate_row",
                  stage->name, updates ? STAGE_UPDATES : STAGE_SKIPPED, stage->merges);
    if (!merge_run(check, &sql, NULL, err))
        return false;
    if (updates && table->conflict_set_count > 0) {
        add_images(&sql, check, table);
        if (!merge_run(check, &sql, NULL, err))
            return false;
    }
    return report(check, table, err);
}

static bool
count_written(struct check *check, const struct plan_table *table, struct error *err)
{
    struct check_table *counts = &check->tables[table->number];
    counts->would_write =
        counts->rows - counts->would_merge - counts->would_skip - counts->would_reject;
    CLEANUP(memory_free_string)
    char *analyze = memory_printf("ANALYZE pg_temp.%s", check->stages[table->number].name);
    return !check->stages[table->number].has_merges || db_execute(check->in->target, analyze, err);
}

bool
merge_decide(struct check *check, const struct plan_step *step, struct error *err)
{
    int64_t *rejected = memory_zalloc((step->table_count + 1) * sizeof *rejected);
    bool good = true;
    for (size_t i = 0; i < step->table_count && good; i++) {
        const struct plan_table *table = &check->plan->tables[step->tables[i]];
        good = !check_is_usable(table) ||
               (children_apply(check, table, false, true, &rejected[i], err) &&
                decide(check, table, err));
    }
    good = good && children_close_step(check, step, rejected, err);
    for (size_t i = 0; i < step->table_count && good; i++) {
        const struct plan_table *table = &check->plan->tables[step->tables[i]];
        if (check_is_usable(table)) {
            children_report_rejected(check, table, rejected[i]);
            good = count_written(check, table, err);
        }
    }
    free(rejected);
    return good;
}
