/*
 * A run that was taken back: is nothing of it left? The digests that the run's own events gave its
 * rows are looked for in the target, whatever the undo says of itself; then its counts are compared
 * with the events that it wrote.
 *
 * The source is not asked: it has no part in this.
 */
#include "idmigrate/verify.h"

#include "work.h"

#include "events.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Digests that are held at a time: 16 bytes each. */
enum { DIGESTS_PER_PASS = 4000000 };

struct undone {
    const struct verify_inputs *in;
    struct store_undo undo;
    struct store_table *stored; /* by plan table */
    size_t stored_count;
    struct store_undo_table *counts;
    size_t count_count;
    struct check_list checks;
    struct audit_run run, undo_run;
    struct audit_places *places, *undo_places;
};

/* One table while it is looked at. */
struct undone_table {
    struct undone *u;
    const struct plan_table *table;
    const struct store_table *stored;
    const struct store_undo_table *counts; /* NULL: the undo knows nothing of it */
    struct check check;
    struct digest *written; /* of the rows of one part, sorted */
    size_t written_count, written_capacity;
    struct digest *left; /* found in the target again, as many as are named */
    size_t left_count, left_capacity;
    int64_t rows, left_rows;
    int part, parts;
};

static int
compare_digests(const void *a, const void *b)
{
    const struct digest *left = a, *right = b;
    return digest_order(*left, *right);
}

static bool
is_among(const struct digest *sorted, size_t count, struct digest digest)
{
    return count > 0 && bsearch(&digest, sorted, count, sizeof digest, compare_digests) != NULL;
}

/* ---- what the run wrote, by its events ---- */

enum { WRITTEN_SOURCE_KEY, WRITTEN_DIGEST, WRITTEN_RESOURCE_ID, WRITTEN_FIELDS };

static bool
begin_events(const struct undone_table *t, struct copy *copy, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    const struct verify_inputs *in = t->u->in;
    strbuf_add_string(&sql, "COPY (");
    audit_sql_written(&sql, in->plan, t->table, &t->u->run,
                      t->stored->pass > 0 || t->stored->rows_removed > 0);
    strbuf_add_string(&sql, ") TO STDOUT");
    return copy_begin(copy, in->target, sql.data, err);
}

static bool
read_written(struct undone_table *t, struct error *err)
{
    struct copy copy;
    struct span fields[WRITTEN_FIELDS];
    t->written_count = 0;
    t->rows = 0;
    if (!begin_events(t, &copy, err))
        return false;
    while (copy_next(&copy, fields, WRITTEN_FIELDS, err)) {
        struct digest digest;
        t->rows++;
        if (digest_from_hex(fields[WRITTEN_DIGEST].data, fields[WRITTEN_DIGEST].length, &digest) &&
            (int)(digest.high % (uint64_t)t->parts) == t->part)
            *ARRAY_ADD(t->written, t->written_count, t->written_capacity) = digest;
    }
    if (t->written_count > 0)
        qsort(t->written, t->written_count, sizeof *t->written, compare_digests);
    return copy_end(&copy, err);
}

/* ---- what is in the target ---- */

static bool
is_binary(const struct undone_table *t)
{
    return strcmp(t->stored->codec, plan_codec_name(PLAN_CODEC_BINARY)) == 0;
}

/* The columns that the digests are over, as the run noted them. */
static void
add_columns(struct strbuf *sql, const struct undone_table *t)
{
    json_t *columns = json_loads(t->stored->columns, 0, NULL), *column;
    size_t i;
    json_array_foreach(columns, i, column)
    {
        const char *name = json_string_value(json_object_get(column, "to"));
        strbuf_add_string(sql, i > 0 ? ", " : "");
        db_quote_identifier(sql, name != NULL ? name : "");
    }
    json_decref(columns);
}

/* What stands around the bytes that a digest is over: a newline behind a line, a count of fields
 * before a tuple. */
static struct digest
row_digest(const struct copy *copy, bool binary)
{
    return binary ? digest_bytes(copy->line + 2, copy->length - 2)
                  : digest_bytes(copy->line, copy->length - 1);
}

static bool
look_at_target(struct undone_table *t, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct copy copy;
    bool binary = is_binary(t);
    strbuf_add_string(&sql, "COPY (SELECT ");
    add_columns(&sql, t);
    strbuf_add_string(&sql, " FROM ");
    plan_sql_target_name(&sql, t->table);
    strbuf_printf(&sql, ") TO STDOUT%s", binary ? " (FORMAT binary)" : "");
    if (!copy_begin(&copy, t->u->in->target, sql.data, err))
        return false;
    while (copy_next_line(&copy, err)) {
        struct digest digest = row_digest(&copy, binary);
        if (!is_among(t->written, t->written_count, digest))
            continue;
        t->left_rows++;
        if (t->left_count < t->u->in->difference_limit)
            *ARRAY_ADD(t->left, t->left_count, t->left_capacity) = digest;
    }
    return copy_end(&copy, err);
}

/* ---- naming what is left ---- */

static bool
name_left(struct undone_table *t, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf buffer = STRBUF_INIT;
    struct copy copy;
    struct span fields[WRITTEN_FIELDS];
    qsort(t->left, t->left_count, sizeof *t->left, compare_digests);
    if (!begin_events(t, &copy, err))
        return false;
    while (copy_next(&copy, fields, WRITTEN_FIELDS, err)) {
        struct digest digest;
        if (digest_from_hex(fields[WRITTEN_DIGEST].data, fields[WRITTEN_DIGEST].length, &digest) &&
            is_among(t->left, t->left_count, digest))
            check_difference(&t->check, text_read(&buffer, fields[WRITTEN_RESOURCE_ID]), NULL,
                             span_of("no row of the run"), span_of("the row as the run wrote it"));
    }
    if (t->check.found < t->left_rows) {
        t->check.found = t->left_rows;
        t->check.is_partial = true;
    }
    return copy_end(&copy, err);
}

/* Rows that another run has written since look the same. */
static bool
find_later_run(struct undone_table *t, bool *found, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *values[] = {t->u->in->run->run_id, t->table->target->schema,
                            t->table->target->name};
    if (!copy_query(t->u->in->target, sql_query_verify_later_runs, 3, values, &result, err))
        return false;
    *found = db_result_rows(result) > 0;
    if (*found)
        check_give_up(&t->check,
                      "%" PRId64 " rows are as this run wrote them, but run %s has written since",
                      t->left_rows, db_result_text(result, 0, 0));
    return true;
}

static bool
judge_left(struct undone_table *t, struct error *err)
{
    bool is_explained;
    if (t->left_rows == 0)
        return true;
    return find_later_run(t, &is_explained, err) && (is_explained || name_left(t, err));
}

/* ---- the undo's own events ---- */

static bool
count_events(struct undone_table *t, int64_t *removed, int64_t *restored, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    const struct verify_inputs *in = t->u->in;
    char *const *actions = in->plan->mapping->audit.actions;
    struct span fields[EVENT_FIELDS];
    struct copy copy;
    *removed = *restored = 0;
    audit_copy_out(&sql, in->plan, t->table, &t->u->undo_run);
    if (!copy_begin(&copy, in->target, sql.data, err))
        return false;
    while (copy_next(&copy, fields, EVENT_FIELDS, err)) {
        *removed += span_equal(fields[EVENT_ACTION], span_of(actions[AUDIT_REMOVED]));
        *restored += span_equal(fields[EVENT_ACTION], span_of(actions[AUDIT_RESTORED]));
    }
    return copy_end(&copy, err);
}

static bool
compare_counts(struct undone_table *t, struct error *err)
{
    const struct store_undo_table *counts = t->counts;
    int64_t removed, restored;
    if (counts == NULL) {
        check_difference_text(&t->check, SPAN_NULL, "undo_table", "a row for this table", NULL);
        return true;
    }
    if (!count_events(t, &removed, &restored, err))
        return false;
    check_count(&t->check, "rows = removed + restored + left + gone", counts->listed,
                counts->removed + counts->restored + counts->refused + counts->gone);
    check_count(&t->check, "events of rows removed", counts->removed, removed);
    check_count(&t->check, "events of rows restored", counts->restored, restored);
    check_count(&t->check, "rows left as they are", 0, counts->refused);
    check_note(&t->check,
               "%" PRId64 " rows that the run wrote looked for in the target; %" PRId64
               " removed, %" PRId64 " restored, %" PRId64 " were gone",
               t->rows, counts->removed, counts->restored, counts->gone);
    return true;
}

/* ---- one table ---- */

static bool
look(struct undone_table *t, struct error *err)
{
    t->parts = (int)(t->stored->rows_written / DIGESTS_PER_PASS) + 1;
    for (; t->part < t->parts; t->part++)
        if (!read_written(t, err) || !look_at_target(t, err))
            return false;
    t->check.looked_at += t->rows;
    return judge_left(t, err) && compare_counts(t, err);
}

static const struct store_undo_table *
find_counts(const struct undone *u, int table_no)
{
    for (size_t i = 0; i < u->count_count; i++)
        if (u->counts[i].table_no == table_no)
            return &u->counts[i];
    return NULL;
}

static bool
check_table(struct undone *u, size_t number, struct error *err)
{
    const struct plan_table *table = &u->in->plan->tables[number];
    struct undone_table t = {.u = u,
                             .table = table,
                             .stored = &u->stored[number],
                             .counts = find_counts(u, (int)number)};
    struct error problem = ERROR_INIT;
    bool good = true;
    check_init(&t.check, "undo", table, u->in->difference_limit);
    if (table->spec->audit_self)
        check_give_up(&t.check, "%" PRId64 " audit records stay: they are evidence",
                      t.stored->rows_written);
    else if (table->target == NULL)
        check_give_up(&t.check, "the target has no such table any more");
    else
        good = look(&t, &problem);
    if (!good && copy_error_is_local(&problem))
        check_give_up(&t.check, "%s", problem.text);
    else if (!good)
        *err = problem;
    check_finish(&t.check, &u->checks);
    free(t.written);
    free(t.left);
    return !err->is_set;
}

/* ---- the whole ---- */

static bool
load(struct undone *u, struct error *err)
{
    const struct verify_inputs *in = u->in;
    const char *run_id = in->run->run_id;
    if (!store_load_undo(in->target, run_id, &u->undo, err) ||
        !store_load_tables(in->target, run_id, &u->stored, &u->stored_count, err) ||
        !store_load_undo_tables(in->target, run_id, &u->counts, &u->count_count, err))
        return false;
    return (u->undo.undo_id != NULL && u->stored_count == in->plan->table_count) ||
           error_set(err, EXIT_NOT_CHECKED, "run %s is undone, but how is not kept", run_id);
}

static bool
find_events(struct undone *u, struct error *err)
{
    const struct verify_inputs *in = u->in;
    u->run = (struct audit_run){.run_id = in->run->run_id, .since = in->run->started_at};
    u->undo_run = (struct audit_run){.run_id = u->undo.undo_id, .since = u->undo.started_at};
    return events_find(&u->run, &u->places, in->plan, in->target, err) &&
           events_find(&u->undo_run, &u->undo_places, in->plan, in->target, err);
}

bool
verify_undone(const struct verify_inputs *inputs, struct verify_result *result, struct error *err)
{
    struct undone u = {.in = inputs};
    *result = (struct verify_result){.checks = NULL};
    bool good = load(&u, err) && find_events(&u, err);
    for (size_t i = 0; good && i < inputs->plan->table_count; i++) {
        if (inputs->progress != NULL)
            inputs->progress(inputs->context, "undo", u.stored[i].label, 0);
        good = check_table(&u, i, err);
    }
    if (good) {
        *result = (struct verify_result){
            .checks = u.checks.items, .count = u.checks.count, .status = check_status(&u.checks)};
        u.checks = (struct check_list){.items = NULL};
    }
    audit_places_free(&u.places);
    audit_places_free(&u.undo_places);
    store_checks_free(u.checks.items, u.checks.count);
    store_undo_release(&u.undo);
    store_tables_free(u.stored, u.stored_count);
    store_undo_tables_free(u.counts, u.count_count);
    return good;
}
