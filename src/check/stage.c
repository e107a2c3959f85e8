/*
 * Temporary tables in the target: of each row the columns that keys, foreign keys and constraints
 * need, as the run would write them.
 *
 * Columns have the target's types without domains and lengths, so that a value the target would
 * refuse is counted and not an error of the copy. Types whose texts only the target can judge are
 * copied as text and converted afterwards.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- begin and end ---- */

static void
prepare_one(struct check *check, const struct plan_table *table)
{
    struct stage *stage = &check->stages[table->number];
    snprintf(stage->name, sizeof stage->name, "idmigrate_check_%d", table->number);
    snprintf(stage->merges, sizeof stage->merges, "idmigrate_check_merges_%d", table->number);
    stage->needs = memory_zalloc((table->column_count + 1) * sizeof *stage->needs);
    stage->as_text = memory_zalloc((table->column_count + 1) * sizeof *stage->as_text);
    stage->keeps_rejected = table->is_referenced;
    need_columns(check, stage, table);
}

void
stage_prepare(struct check *check)
{
    check->stages = memory_zalloc((check->plan->table_count + 1) * sizeof *check->stages);
    for (size_t i = 0; i < check->plan->table_count; i++)
        if (check_is_usable(&check->plan->tables[i]))
            prepare_one(check, &check->plan->tables[i]);
}

void
stage_release(struct check *check)
{
    for (size_t i = 0; check->stages != NULL && i < check->plan->table_count; i++) {
        free(check->stages[i].needs);
        free(check->stages[i].as_text);
        free(check->stages[i].broken);
    }
    free(check->stages);
}

/* ---- the table ---- */

static void
add_winner(struct strbuf *line, const struct plan_table *table, struct row_value escaped)
{
    CLEANUP(strbuf_release) struct strbuf label = STRBUF_INIT;
    if (!plan_winner_has_labels(table)) {
        strbuf_add(line, escaped.data, escaped.length);
        return;
    }
    row_unescape(&label, escaped.data, escaped.length);
    strbuf_printf(line, "%d", plan_winner_place(table, label.data));
}

static bool
is_text_now(const struct stage *stage, size_t column)
{
    return stage->all_text || stage->as_text[column];
}

bool
stage_create(struct check *check, const struct plan_table *table, struct error *err)
{
    struct stage *stage = &check->stages[table->number];
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    size_t count = 0;
    stage->is_made = false;
    strbuf_printf(&sql, "CREATE TEMPORARY TABLE %s AS SELECT ''::text AS idmigrate_state",
                  stage->name);
    if (stage->decides)
        strbuf_printf(&sql, ", ''::text AS idmigrate_source, NULL::%s AS idmigrate_winner",
                      plan_winner_type(table));
    for (size_t i = 0; i < table->column_count; i++) {
        if (!stage->needs[i])
            continue;
        count++;
        strbuf_add_string(&sql, is_text_now(stage, i) ? ", NULL::text AS " : ", t.");
        db_quote_identifier(&sql, table->columns[i].target->name);
        if (is_text_now(stage, i))
            continue;
        strbuf_printf(&sql, "::%s AS ", table->columns[i].target->type.base_text_plain);
        db_quote_identifier(&sql, table->columns[i].target->name);
    }
    strbuf_add_string(&sql, " FROM ");
    plan_sql_target_name(&sql, table);
    strbuf_add_string(&sql, " AS t WITH NO DATA");
    if (!check->can_stage || (count == 0 && !stage->is_wanted) || stage->broken != NULL)
        return true;
    if (!check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    if (failed.is_set)
        stage->broken = memory_strdup(failed.text);
    stage->is_made = !failed.is_set;
    return true;
}

void
stage_copy_in(struct strbuf *sql, const struct check *check, const struct plan_table *table)
{
    strbuf_printf(sql, "COPY pg_temp.%s FROM STDIN", check->stages[table->number].name);
}

void
stage_add_line(const struct check *check, const struct plan_table *table,
               const struct column_facts *facts, const struct row *row, struct row_value winner,
               struct strbuf *lines)
{
    const struct stage *stage = &check->stages[table->number];
    if (row->status != ROW_GOOD && !stage->keeps_rejected)
        return;
    strbuf_add_string(lines, row->status == ROW_GOOD ? STAGE_GOOD : STAGE_REJECTED);
    if (stage->decides) {
        strbuf_add_char(lines, '\t');
        row_escape(lines, row->source_key.data, row->source_key.length);
        strbuf_add_char(lines, '\t');
        if (winner.data != NULL)
            add_winner(lines, table, winner);
        else
            strbuf_add_string(lines, "\\N");
    }
    for (size_t i = 0; i < table->column_count; i++) {
        if (!stage->needs[i])
            continue;
        struct row_value value = row_column_escaped(row, i);
        strbuf_add_char(lines, '\t');
        if (facts[i].is_bad || value.data == NULL)
            strbuf_add_string(lines, "\\N");
        else
            strbuf_add(lines, value.data, value.length);
    }
    strbuf_add_char(lines, '\n');
}

/* ---- texts that the target converts ---- */

static bool
alter(struct check *check, const struct stage *stage, const struct plan_column *column,
      const char *condition, struct error *failed, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT, name = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *type = column->target->type.base_text_plain;
    db_quote_identifier(&name, column->target->name);
    strbuf_printf(
        &sql, "ALTER TABLE pg_temp.%s ALTER COLUMN %s TYPE %s USING CASE WHEN %s THEN %s::%s END",
        stage->name, name.data, type, condition, name.data, type);
    return check_try(check->in->target, sql.data, &result, failed, err);
}

/* Some texts are no values of the type: how many rows, and then without them. */
static bool
drop_invalid(struct check *check, const struct plan_table *table, const struct plan_column *column,
             const struct error *why, struct error *err)
{
    const struct stage *stage = &check->stages[table->number];
    const char *type = column->target->type.base_text_plain;
    CLEANUP(strbuf_release) struct strbuf valid = STRBUF_INIT, sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct error failed = ERROR_INIT;
    bool is_there;
    if (!valid_create(check, &is_there, err))
        return false;
    strbuf_add_string(&valid, "pg_temp.idmigrate_is_valid(");
    db_quote_identifier(&valid, column->target->name);
    strbuf_add_string(&valid, ", ");
    db_quote_literal(&valid, type);
    strbuf_add_string(&valid, ")");

    struct finding *finding =
        findings_add(check->findings, "E-CAST-FAILS", table->label, column->target->name,
                     "not valid for the target's type %s (%s)", type, why->sqlstate);
    finding_set_hint(
        finding,
        "say with \"sql\" or \"values\" what becomes of such values, or change the target's type");
    strbuf_printf(
        &sql, "SELECT pg_catalog.count(*) FROM pg_temp.%s WHERE idmigrate_state = 'g' AND NOT %s",
        stage->name, valid.data);
    if (is_there && !check_try(check->in->target, sql.data, &result, &failed, err))
        return false;
    if (result != NULL)
        finding->rows = db_result_int64(result, 0, 0);
    return alter(check, stage, column, result != NULL ? valid.data : "false", &failed, err);
}

bool
stage_finish(struct check *check, const struct plan_table *table, struct error *err)
{
    const struct stage *stage = &check->stages[table->number];
    CLEANUP(memory_free_string) char *analyze = memory_printf("ANALYZE pg_temp.%s", stage->name);
    struct error failed = ERROR_INIT;
    if (stage->broken != NULL)
        findings_add(check->findings, "N-STAGE", table->label, NULL,
                     "keys, foreign keys and checks were not looked at: %s", stage->broken);
    if (!stage->is_made)
        return true;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!stage->needs[i] || !is_text_now(stage, i))
            continue;
        if (!alter(check, stage, &table->columns[i], "true", &failed, err) ||
            (failed.is_set && !drop_invalid(check, table, &table->columns[i], &failed, err)))
            return false;
    }
    return db_execute(check->in->target, analyze, err);
}

/* ---- its rows ---- */

bool
stage_is_last(const struct check *check, const struct plan_table *table)
{
    bool is_behind = false;
    for (size_t i = 0; i < check->plan->step_count; i++)
        for (size_t j = 0; j < check->plan->steps[i].table_count; j++) {
            const struct plan_table *other = &check->plan->tables[check->plan->steps[i].tables[j]];
            if (is_behind && check_is_usable(other) && other->target == table->target)
                return false;
            is_behind |= other == table;
        }
    return true;
}

/* A column that the run does not write: what the target puts there. A number it draws meets no
 * other. */
static void
add_unwritten(struct strbuf *sql, const struct catalog_column *column)
{
    bool is_drawn =
        column->identity != 0 || column->sequence != NULL || column->default_sql == NULL;
    if (is_drawn)
        strbuf_printf(sql, "NULL::%s", column->type.text);
    else
        strbuf_printf(sql, "(%s)::%s", column->default_sql, column->type.text);
}

static bool
is_mentioned(const char *const *texts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (check_mentions(texts[i], name))
            return true;
    return false;
}

static bool
add_select(struct strbuf *sql, const struct check *check, const struct plan_table *table,
           const char *const *texts, size_t count)
{
    const struct stage *stage = &check->stages[table->number];
    if (!stage->is_made)
        return false;
    strbuf_add_string(sql, "SELECT true AS idmigrate_fresh");
    for (size_t i = 0; i < table->target->column_count; i++) {
        const struct catalog_column *column = &table->target->columns[i];
        int position = check_find_column(table, column->name);
        if (!is_mentioned(texts, count, column->name))
            continue;
        strbuf_add_string(sql, ", ");
        if (position >= 0) {
            if (!stage->needs[position])
                return false;
            strbuf_add_string(sql, "s.");
            db_quote_identifier(sql, column->name);
        } else {
            add_unwritten(sql, column);
        }
        strbuf_add_string(sql, " AS ");
        db_quote_identifier(sql, column->name);
    }
    strbuf_printf(sql,
                  " FROM pg_temp.%s AS s WHERE s.idmigrate_state IN ('" STAGE_GOOD
                  "', '" STAGE_IMAGE "')",
                  stage->name);
    return true;
}

bool
stage_add_rows_of(struct strbuf *sql, const struct check *check, const struct plan_table *table,
                  const char *const *texts, size_t count)
{
    strbuf_add_string(sql, "(");
    bool good = add_select(sql, check, table, texts, count);
    strbuf_add_string(sql, ")");
    return good;
}

bool
stage_add_rows(struct strbuf *sql, const struct check *check, const struct catalog_table *target,
               const char *const *texts, size_t count)
{
    bool is_first = true;
    strbuf_add_string(sql, "(");
    for (size_t i = 0; i < check->plan->table_count; i++) {
        const struct plan_table *table = &check->plan->tables[i];
        if (!check_is_usable(table) || table->target != target)
            continue;
        strbuf_add_string(sql, is_first ? "" : " UNION ALL ");
        if (!add_select(sql, check, table, texts, count))
            return false;
        is_first = false;
    }
    strbuf_add_string(sql, ")");
    return !is_first;
}
