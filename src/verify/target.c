/*
 * The target, row by row: is the row one that the run must have written, do its ID columns hold
 * only what the ID map gives, and is no legacy ID left in them.
 */
#include "work.h"

#include "binary.h"
#include "rewrite.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PROGRESS_EVERY = 65536 };

bool
target_is_id_column(const struct plan_column *column)
{
    return column->resolve_count > 0 || column->rewrite_count > 0 ||
           (column->spec != NULL && column->spec->allow_ids != NULL);
}

/* ---- only IDs of the map ---- */

/* A foreign key that followed a merged parent holds a key that was in the target before. */
static bool
is_survivor(const struct work *work, size_t column, struct span value)
{
    for (size_t i = 0; i < work->reference_count; i++) {
        const struct work_reference *reference = &work->references[i];
        if (reference->parent->target_key_count != 1 || reference->columns[0] != (int)column)
            continue;
        if (listed_is_survivor(reference->listed, span_digest(value)))
            return true;
    }
    return false;
}

static void
check_id(struct work *work, size_t position, struct span value)
{
    const struct expect_column *column = &work->expect.columns[position];
    const struct mapping_column *spec = column->plan->spec;
    const struct pairs *last = column->chain[column->chain_count - 1];
    work->ids_check.looked_at++;
    if (value.data == NULL || pairs_is_new(last, value) ||
        expect_is_literal(work->v->plan, spec, value))
        return;
    if (spec->unresolved == MAPPING_UNRESOLVED_KEEP) {
        work->kept_found[position]++;
        return;
    }
    if (is_survivor(work, position, value))
        return;
    CLEANUP(memory_free_string)
    char *expected = memory_printf("a new ID of the map %s", last->spec->name);
    check_show_key(&work->shown, work->table, span_of_buffer(&work->key));
    check_show_text(&work->shown_found, work->table, position, value);
    check_difference(&work->ids_check, span_of_buffer(&work->shown), column->plan->target->name,
                     span_of(expected), span_of_buffer(&work->shown_found));
}

void
target_check_kept(struct work *work)
{
    for (size_t i = 0; i < work->table->column_count; i++) {
        if (work->kept_found[i] <= work->kept_expected[i])
            continue;
        CLEANUP(memory_free_string)
        char *expected =
            memory_printf("%lld values that stay unresolved", (long long)work->kept_expected[i]);
        CLEANUP(memory_free_string)
        char *found = memory_printf("%lld", (long long)work->kept_found[i]);
        check_difference_text(&work->ids_check, SPAN_NULL, work->table->columns[i].target->name,
                              expected, found);
    }
}

/* ---- no legacy IDs ---- */

static void
report_residue(struct work *work, size_t position, struct span id)
{
    const struct mapping_column *spec = work->table->columns[position].spec;
    if (spec != NULL &&
        (spec->allow_ids != NULL ||
         (spec->resolve_count > 0 && spec->unresolved == MAPPING_UNRESOLVED_KEEP))) {
        work->residue_allowed++;
        return;
    }
    check_show_key(&work->shown, work->table, span_of_buffer(&work->key));
    check_difference(&work->residue_check, span_of_buffer(&work->shown),
                     work->table->columns[position].target->name, span_of("no legacy ID"), id);
}

static int
compare_digests(const void *a, const void *b)
{
    const struct digest *left = a, *right = b;
    return digest_order(*left, *right);
}

/* Words and bare numbers are as likely the target's own. */
static bool
looks_like_an_id(struct span value)
{
    bool has_digit = false, has_other = false;
    for (size_t i = 0; i < value.length; i++) {
        has_digit |= value.data[i] >= '0' && value.data[i] <= '9';
        has_other |= value.data[i] < '0' || value.data[i] > '9';
    }
    return has_digit && has_other;
}

/* An ID that is in no map is known for a legacy one by the rows that were rejected for it. */
static bool
is_rejected_id(const struct verify *v, struct span value)
{
    if (v->rejected_id_count == 0 || !looks_like_an_id(value) ||
        pairs_is_new_anywhere(&v->maps, value))
        return false;
    const struct digest digest = span_digest(value);
    return bsearch(&digest, v->rejected_ids, v->rejected_id_count, sizeof digest,
                   compare_digests) != NULL;
}

static bool
is_legacy_id(const struct verify *v, struct span value)
{
    return pairs_is_legacy(&v->maps, value) || is_rejected_id(v, value);
}

static void
look_for_residue(struct work *work, size_t position, struct span value)
{
    const struct plan_column *column = &work->table->columns[position];
    work->residue_check.looked_at++;
    if (value.data == NULL)
        return;
    if (column->resolve_count > 0) {
        if (is_legacy_id(work->v, value) && !expect_is_literal(work->v->plan, column->spec, value))
            report_residue(work, position, value);
        return;
    }
    bool is_json = column->spec != NULL && column->spec->rewrite == MAPPING_REWRITE_JSON;
    CLEANUP(strbuf_release) struct strbuf found = STRBUF_INIT;
    if (rewrite_finds(&work->legacy, value, is_json, &found))
        report_residue(work, position, span_of_buffer(&found));
}

/* ---- the pass ---- */

/* Audit events keep old IDs by their nature: where the audit log itself is filled, only the rows of
 * the run are looked at. */
static bool
is_event_of_others(const struct work *work, bool is_ours)
{
    return !is_ours && work->table->target == work->v->plan->audit;
}

static void
see_columns(struct work *work, bool is_ours)
{
    if (is_event_of_others(work, is_ours)) {
        work->events_left_out++;
        return;
    }
    bool is_written = is_ours && !later_is_after_run(work, work->fields);
    for (size_t i = 0; i < work->table->column_count; i++) {
        if (!target_is_id_column(&work->table->columns[i]))
            continue;
        struct span value = codec_read_column(work->table, i, &work->value, work->fields[i]);
        look_for_residue(work, i, value);
        if (is_written && work->expect.columns[i].chain_count > 0)
            check_id(work, i, value);
    }
}

/* What a user sees of such rows is the application's doing. */
static void
note_later(struct work *work, struct digest key, bool is_ours)
{
    if (is_ours && work->table->changed_at >= 0 && work->v->plan->mapping->application.is_there &&
        later_is_after_run(work, work->fields))
        *ARRAY_ADD(work->later_keys, work->later_count, work->later_capacity) = key;
}

static void
see_row(struct work *work, struct span line)
{
    struct digest key = expect_key_of(work->table, work->fields, line, &work->key, &work->value);
    groups_see_target(work, key);
    if (key.high % (uint64_t)work->parts != (uint64_t)work->part)
        return;
    if (!work->takes_all)
        prints_await(&work->prints, key);
    struct digest digest = digest_bytes(line.data, line.length);
    bool is_ours = work->takes_all || prints_has(&work->prints, key);
    work->target_rows++;
    note_later(work, key, is_ours);
    work->extra_rows += !is_ours;
    if (is_ours)
        bag_add(&work->rows, BAG_FOUND, key, digest);
    see_columns(work, is_ours);
}

bool
target_pass(struct work *work, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct copy copy;
    struct span content;
    int64_t rows = 0;
    prints_sort(&work->prints);
    plan_sql_copy_target(&sql, work->table);
    if (!copy_begin(&copy, work->v->in->target, sql.data, err))
        return false;
    copy.stops = &work->stops;
    while (copy_next_row(&copy, work->table, work->fields, &content, err)) {
        see_row(work, content);
        if (++rows % PROGRESS_EVERY == 0 && !work->takes_all)
            work_progress(work, "rows", rows);
    }
    if (!copy_end(&copy, err))
        return false;
    if (work->part + 1 == work->parts && !work->takes_all)
        target_check_kept(work);
    return true;
}
