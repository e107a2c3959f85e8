/*
 * One table, read once: each line goes through the same transform as in a run, is looked at, and
 * what keys and constraints need of it goes into the temporary table. When the source cannot
 * evaluate a column, or the target refuses a value nobody foresaw, the reading begins anew without
 * it.
 */
#include "internal.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_A_WORD = 8192, SECONDS_A_WORD = 60 };

struct reader {
    struct check *check;
    const struct plan_table *table;
    struct db *source;
    struct row_transform *transform;
    struct column_facts *facts;
    bool splits; /* fields of the source line are needed */
    size_t *ends;
    struct strbuf lines;
    int64_t rows_total, json_keys, not_parsed;
    bool is_staging, was_cut;
    double last_word; /* when the target heard of us */
};

/* ---- begin and end ---- */

static bool
is_sensitive(const struct plan_table *table, const char *name)
{
    for (size_t i = 0; i < table->spec->sensitive_count; i++)
        if (strcmp(table->spec->sensitive[i], name) == 0)
            return true;
    return false;
}

static bool
is_left_out(const struct reader *reader, size_t column)
{
    const struct plan_column *original =
        &reader->check->plan->tables[reader->table->number].columns[column];
    return strcmp(original->select, reader->table->columns[column].select) != 0;
}

static void
begin_facts(struct reader *reader)
{
    const struct plan_table *table = reader->table;
    reader->facts = memory_zalloc((table->column_count + 1) * sizeof *reader->facts);
    for (size_t i = 0; i < table->column_count; i++) {
        struct column_facts *facts = &reader->facts[i];
        facts->column = &table->columns[i];
        facts->shows_ids = !is_sensitive(table, facts->column->target->name);
        facts->is_open = check_column_is_open(
            table, catalog_find_column(table->target, facts->column->target->name));
        ids_begin(facts);
        texts_begin(facts);
        values_begin(table, facts);
        reader->splits |= facts->has_values;
        /* A column that cannot be selected is NULL here, which says nothing. */
        facts->is_not_null &= !is_left_out(reader, i);
    }
}

static void
release_facts(struct column_facts *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct tally *tallies[] = {
            &facts[i].out_of_format, &facts[i].other_case,    &facts[i].already,  &facts[i].copied,
            &facts[i].alike,         &facts[i].unmapped,      &facts[i].too_long, &facts[i].label,
            &facts[i].out_of_range,  &facts[i].not_canonical, &facts[i].not_valid};
        for (size_t t = 0; t < sizeof tallies / sizeof tallies[0]; t++)
            tally_release(tallies[t]);
        for (size_t s = 0; facts[i].steps != NULL && s < facts[i].column->resolve_count; s++) {
            tally_release(&facts[i].steps[s].none);
            tally_release(&facts[i].steps[s].two);
        }
        free(facts[i].steps);
    }
    free(facts);
}

static struct reader
open_reader(struct check *check, const struct plan_table *table)
{
    struct reader reader = {
        .check = check,
        .table = table,
        .source = check->in->sources[table->spec->source],
        .transform = row_transform_new(check->plan, table),
        .ends = memory_alloc((table->field_count + 1) * sizeof *reader.ends),
        .lines = STRBUF_INIT,
        .splits = check_merges(table),
        .last_word = clock_steady_seconds(),
    };
    int64_t target_rows = check->tables[table->number].target_rows;
    check->tables[table->number] = (struct check_table){.target_rows = target_rows};
    check->source_is_utf8 = strcmp(db_identity(reader.source)->encoding, "SQL_ASCII") != 0;
    begin_facts(&reader);
    for (size_t i = 0; i < table->source->leaf_count; i++)
        reader.rows_total +=
            table->source->leaves[i].rows > 0 ? (int64_t)table->source->leaves[i].rows : 0;
    return reader;
}

static void
close_reader(struct reader *reader)
{
    release_facts(reader->facts, reader->table->column_count);
    row_transform_free(&reader->transform);
    strbuf_release(&reader->lines);
    free(reader->ends);
}

/* ---- one line ---- */

static struct row_value
field_value(struct reader *reader, const char *line, int field)
{
    size_t start = field > 0 ? reader->ends[field - 1] + 1 : 0,
           length = reader->ends[field] - start;
    if (length == 2 && memcmp(line + start, "\\N", 2) == 0)
        return (struct row_value){.data = NULL};
    strbuf_reset(&reader->check->value);
    row_unescape(&reader->check->value, line + start, length);
    return (struct row_value){reader->check->value.data, reader->check->value.length};
}

/* What holds for rejected rows too. */
static void
look_at_origin(struct reader *reader, const char *line, const struct row *row)
{
    for (size_t i = 0; i < reader->table->column_count; i++) {
        struct column_facts *facts = &reader->facts[i];
        if (facts->column->resolve_count > 0)
            ids_look(reader->check, facts, row);
        if (facts->has_values)
            values_look_origin(facts, field_value(reader, line, facts->column->field));
    }
    if (row->status != ROW_GOOD && row->reason_column >= 0) {
        bool is_json = strcmp(row->reason, ROW_REASON_JSON_KEY) == 0;
        bool is_text =
            strcmp(row->reason, ROW_REASON_JSON) == 0 || strcmp(row->reason, ROW_REASON_ARRAY) == 0;
        reader->facts[row->reason_column].json_keys += is_json;
        reader->facts[row->reason_column].not_parsed += is_text;
    }
}

/* A rejected row is not written: what its values would do does not matter. It is staged for its
 * children only. */
static void
pass_over_target(struct reader *reader)
{
    for (size_t i = 0; i < reader->table->column_count; i++)
        reader->facts[i].is_bad = reader->facts[i].longest > 0 || reader->facts[i].form != FORM_ANY;
}

static void
look_at_target(struct reader *reader, const struct row *row)
{
    for (size_t i = 0; i < reader->table->column_count; i++) {
        struct column_facts *facts = &reader->facts[i];
        bool looks = facts->longest > 0 || facts->form != FORM_ANY;
        facts->is_bad = false;
        if (!looks && !facts->looks_for_ids) {
            if (facts->is_not_null && row_column_escaped(row, i).data == NULL)
                facts->nulls++;
            continue;
        }
        struct row_value value = row_column_escaped(row, i);
        if (value.data != NULL && memchr(value.data, '\\', value.length) != NULL)
            value = row_column_value(row, i, &reader->check->value);
        values_look(facts, value);
        if (facts->looks_for_ids && value.data != NULL)
            texts_look(reader->check, facts, value);
    }
}

static bool
put_line(struct reader *reader, const char *line, const struct row *row, struct error *target_err)
{
    struct row_value winner = {.data = NULL};
    const struct plan_table *table = reader->table;
    if (table->winner_field >= 0 && reader->splits) {
        size_t start = table->winner_field > 0 ? reader->ends[table->winner_field - 1] + 1 : 0;
        winner = (struct row_value){line + start, reader->ends[table->winner_field] - start};
        if (winner.length == 2 && memcmp(winner.data, "\\N", 2) == 0)
            winner.data = NULL;
    }
    strbuf_reset(&reader->lines);
    stage_add_line(reader->check, table, reader->facts, row, winner, &reader->lines);
    return db_copy_in_put(reader->check->in->target, reader->lines.data, reader->lines.length,
                          target_err);
}

static bool
take_line(struct reader *reader, const char *line, size_t length, struct error *target_err,
          struct error *err)
{
    struct check_table *counts = &reader->check->tables[reader->table->number];
    struct row *row;
    if (!row_transform_line(reader->transform, line, length, &row, err))
        return false;
    if (reader->splits && !row_split(line, length, reader->ends, reader->table->field_count))
        return error_set(err, EXIT_BUG, "unexpected number of fields");
    counts->rows++;
    counts->source_bytes += (int64_t)length;
    counts->would_reject += row->status != ROW_GOOD;
    look_at_origin(reader, line, row);
    trail_look(reader->check, reader->table, row);
    if (row->status == ROW_GOOD)
        look_at_target(reader, row);
    else
        pass_over_target(reader);
    bool is_held = encoding_look(reader->check, reader->table, reader->facts, row);
    if (!reader->is_staging || !is_held)
        return true;
    return put_line(reader, line, row, target_err);
}

/* ---- all lines ---- */

/* The target ends a session that is idle in its transaction for ten minutes; without a COPY into
 * it, it is. */
static bool
keep_target_awake(struct reader *reader, struct error *err)
{
    double now = clock_steady_seconds();
    if (reader->is_staging || now - reader->last_word < SECONDS_A_WORD)
        return true;
    reader->last_word = now;
    return db_execute(reader->check->in->target, "SELECT", err);
}

static bool
may_go_on(struct reader *reader, struct error *err)
{
    int64_t rows = reader->check->tables[reader->table->number].rows,
            limit = reader->check->in->row_limit;
    if (rows % ROWS_A_WORD == 0) {
        if (check_is_interrupted(err) || !keep_target_awake(reader, err))
            return false;
        if (reader->check->in->progress != NULL)
            reader->check->in->progress(reader->check->in->context, reader->table->label, rows,
                                        rows > reader->rows_total ? rows : reader->rows_total);
    }
    reader->was_cut = limit > 0 && rows >= limit;
    return !reader->was_cut;
}

static bool
read_lines(struct reader *reader, struct error *source_err, struct error *target_err,
           struct error *err)
{
    const char *line;
    size_t length;
    while (may_go_on(reader, err)) {
        if (!db_copy_out_next(reader->source, &line, &length, source_err))
            return false;
        if (line == NULL)
            return true;
        if (!take_line(reader, line, length, target_err, err))
            return false;
    }
    /* Whether the limit cut something off, the next line tells. */
    if (reader->was_cut) {
        if (!db_copy_out_next(reader->source, &line, &length, source_err))
            return false;
        reader->was_cut = line != NULL;
    }
    return !err->is_set;
}

/* Relations are read one by one, as a run reads them. */
static bool
read_leaves(struct reader *reader, struct error *source_err, struct error *target_err,
            struct error *err)
{
    const struct catalog_table *source = reader->table->source;
    bool by_leaf = source->leaf_count > 0 && plan_reads_leaves(reader->table);
    size_t count = by_leaf ? source->leaf_count : 1;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    for (size_t i = 0; i < count && !reader->was_cut; i++) {
        struct plan_range range = {.leaf = by_leaf ? &source->leaves[i] : NULL, .end_block = -1};
        strbuf_reset(&sql);
        plan_sql_copy_out(&sql, reader->table, &range);
        if (!db_copy_out_begin(reader->source, sql.data, source_err) ||
            !read_lines(reader, source_err, target_err, err))
            return false;
    }
    return true;
}

enum reading { READ_DONE, READ_SOURCE_FAILED, READ_TARGET_FAILED, READ_FATAL };

static enum reading
judge(const struct error *source_err, const struct error *target_err, struct error *err)
{
    const struct error *first = source_err->is_set ? source_err : target_err;
    if (err->is_set)
        return READ_FATAL;
    if (first->is_set && check_must_stop(first)) {
        *err = *first;
        return READ_FATAL;
    }
    return source_err->is_set   ? READ_SOURCE_FAILED
           : target_err->is_set ? READ_TARGET_FAILED
                                : READ_DONE;
}

static enum reading
read_once(struct reader *reader, struct error *why, struct error *err)
{
    struct error source_err = ERROR_INIT, target_err = ERROR_INIT;
    struct db *target = reader->check->in->target;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    reader->is_staging = reader->check->stages[reader->table->number].is_made;
    stage_copy_in(&sql, reader->check, reader->table);
    bool good = !reader->is_staging || db_copy_in_begin(target, sql.data, &target_err);
    good = good && read_leaves(reader, &source_err, &target_err, err);
    if (good && reader->is_staging)
        db_copy_in_end(target, NULL, &target_err);
    enum reading outcome = judge(&source_err, &target_err, err);
    struct error ignored = ERROR_INIT;
    db_copy_out_abandon(reader->source, &ignored);
    if (outcome != READ_DONE)
        db_copy_in_abandon(target, &ignored);
    *why = source_err.is_set ? source_err : target_err;
    return outcome;
}

/* ---- what was found ---- */

static void
report_rows_refused(struct check *check, const struct plan_table *table,
                    const struct column_facts *facts)
{
    const char *name = facts->column->target->name;
    if (facts->json_keys > 0) {
        struct finding *finding = findings_add(
            check->findings, "W-JSON-KEYS", table->label, name,
            "%" PRId64 " rows will be rejected: two keys of one JSON object would become one",
            facts->json_keys);
        finding_set_hint(finding,
                         "change these documents in the source, or run with --max-rejects");
        finding->rows = facts->json_keys;
    }
    if (facts->not_parsed > 0) {
        struct finding *finding = findings_add(
            check->findings, "W-REWRITE-NOT-VALID", table->label, name,
            "%" PRId64 " rows will be rejected: the value is no valid %s", facts->not_parsed,
            facts->column->spec->rewrite == MAPPING_REWRITE_ARRAY ? "array" : "JSON");
        finding_set_hint(finding,
                         "say \"rewrite\": \"text\", or correct these values in the source");
        finding->rows = facts->not_parsed;
    }
    if (facts->bad_encoding > 0) {
        struct finding *finding = findings_add(check->findings, "E-ENCODING", table->label, name,
                                               "text that is not valid in the target's encoding %s",
                                               db_identity(check->in->target)->encoding);
        finding_set_hint(
            finding, "convert it with \"sql\" (convert_from), or use a target with encoding UTF8");
        finding->rows = facts->bad_encoding;
    }
}

static void
report(struct reader *reader)
{
    struct check *check = reader->check;
    const struct plan_table *table = reader->table;
    const struct row_counts *counts = row_transform_counts(reader->transform);
    for (size_t i = 0; i < table->column_count; i++) {
        struct column_facts *facts = &reader->facts[i];
        if (facts->column->resolve_count > 0)
            ids_report(check, table, facts);
        texts_report(check, table, facts);
        values_report(check, table, facts);
        report_rows_refused(check, table, facts);
        for (size_t m = 0; m < facts->column->rewrite_count; m++)
            maps_note_rewritten(check, facts->column->rewrite[m], counts[i].rewritten);
    }
    if (reader->was_cut) {
        struct finding *finding = findings_add(check->findings, "N-SAMPLED", table->label, NULL,
                                               "only the first %" PRId64 " rows were looked at",
                                               check->tables[table->number].rows);
        finding_set_hint(finding, "check without a limit of rows");
        check->was_sampled = true;
    }
}

/* Whether the plan has said what is missing. */
static bool
is_told_by_plan(const struct check *check, const struct plan_table *table)
{
    const struct findings *findings = &check->plan->findings;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (finding->table != NULL && strcmp(finding->table, table->label) == 0 &&
            (strcmp(finding->code, "E-PRIVILEGE") == 0 ||
             strcmp(finding->code, "E-ROW-SECURITY") == 0))
            return true;
    }
    return false;
}

static void
report_unread(struct check *check, const struct plan_table *table, const struct error *why)
{
    /* A missing privilege is the plan's finding (E-PRIVILEGE, E-ROW-SECURITY), with the GRANT. */
    bool is_privilege = strcmp(why->sqlstate, "42501") == 0;
    if (strcmp(why->sqlstate, "22021") == 0) {
        struct finding *encoding = findings_add(
            check->findings, "E-ENCODING", table->label,
            table->source_key_count > 0 ? table->source_key_names[0] : NULL,
            "the rows were not looked at: bytes that are no UTF-8 in the source's key, or in what "
            "decides between rows");
        finding_set_hint(encoding, "correct them in the source, or name another \"key\"");
        return;
    }
    bool is_told = is_privilege && is_told_by_plan(check, table);
    struct finding *finding =
        findings_add(check->findings,
                     is_told        ? "N-TABLE"
                     : is_privilege ? "E-PRIVILEGE"
                                    : "E-SELECT-FAILS",
                     table->label, NULL, "the rows were not looked at: %s", why->text);
    if (is_privilege && !is_told)
        finding_set_hint(finding, "grant the role what the table, \"where\" and \"sql\" need");
    if (!is_privilege)
        finding_set_hint(finding, "look at \"where\" and \"sql\" of this table");
}

/* ---- the table ---- */

static bool
end_part(struct db *db, bool takes_back, struct error *err)
{
    if (takes_back)
        return db_savepoint_rollback(db, "idmigrate_read", err);
    db_savepoint_release(db, "idmigrate_read");
    return true;
}

static bool
end_attempt(struct reader *reader, enum reading outcome, struct error *err)
{
    /* A COPY that was cut short was cancelled, which is an error as far as the transaction is
     * concerned. */
    return end_part(reader->source, outcome != READ_DONE || reader->was_cut, err) &&
           end_part(reader->check->in->target, outcome != READ_DONE, err);
}

static bool
begin_attempt(struct check *check, const struct plan_table *table, struct error *err)
{
    struct db *source = check->in->sources[table->spec->source], *target = check->in->target;
    db_savepoint(source, "idmigrate_read");
    db_savepoint(target, "idmigrate_read");
    return db_flush(source, err) && db_flush(target, err) && stage_create(check, table, err);
}

/* What is to be done differently at the next attempt; false in `again`: nothing. */
static bool
prepare_again(struct check *check, struct plan_table *table, enum reading outcome,
              const struct error *why, bool *again, struct error *err)
{
    struct stage *stage = &check->stages[table->number];
    if (outcome == READ_SOURCE_FAILED && strcmp(why->sqlstate, "22021") == 0)
        return encoding_find_failing(check, table, again, err);
    if (outcome == READ_SOURCE_FAILED)
        return select_find_failing(check, table, again, err);
    *again = true;
    if (!stage->all_text)
        stage->all_text = true;
    else
        stage->broken = memory_strdup(why->text);
    return true;
}

static bool
attempt(struct check *check, struct plan_table *table, bool *again, struct error *err)
{
    struct error why = ERROR_INIT;
    if (!begin_attempt(check, table, err))
        return false;
    struct reader reader = open_reader(check, table);
    enum reading outcome = read_once(&reader, &why, err);
    bool good = outcome != READ_FATAL && end_attempt(&reader, outcome, err);
    *again = false;
    if (good && outcome == READ_DONE)
        report(&reader);
    close_reader(&reader);
    if (good && outcome == READ_DONE)
        return stage_finish(check, table, err);
    if (!good)
        return false;
    check->stages[table->number].is_made = false;
    if (!prepare_again(check, table, outcome, &why, again, err))
        return false;
    if (!*again)
        report_unread(check, table, &why);
    return true;
}

bool
check_read_table(struct check *check, const struct plan_table *original, struct error *err)
{
    struct plan_table table =
        *original; /* its columns are exchanged for a copy where one cannot be selected */
    bool again = true, good = true;
    /* What is looked at are values: as text, whatever a run copies them in. */
    table.codec = PLAN_CODEC_TEXT;
    while (good && again)
        good = attempt(check, &table, &again, err);
    select_release(&table, original);
    return good;
}
