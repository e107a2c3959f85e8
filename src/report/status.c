/* Runs, how far one of them is, and who is at work. */
#include "grid.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "json.h"
#include "run.h"
#include "said.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

enum { MOST_RUNS = 50 };

/* ---- loading
 * --------------------------------------------------------------------------------------------------
 */

static bool
load_one(struct db *target, const char *which, struct report_status *status, struct error *err)
{
    status->runs = memory_zalloc(sizeof *status->runs);
    status->run_count = 1;
    return store_find_run(target, which, &status->runs[0], err) &&
           store_load_tables(target, status->runs[0].run_id, &status->tables, &status->table_count,
                             err) &&
           store_count_rejects(target, status->runs[0].run_id, &status->reject_counts,
                               &status->reject_count_count, err) &&
           (strcmp(status->runs[0].state, "running") != 0 ||
            store_load_control(target, status->runs[0].run_id, &status->control, err)) &&
           report_load_undo(target, status->runs[0].run_id, &status->undo, err) &&
           store_load_asides(target, status->runs[0].run_id, &status->asides.items,
                             &status->asides.count, err);
}

bool
report_load_status(struct db *target, const char *which, struct report_status *status,
                   struct error *err)
{
    *status = (struct report_status){.control = STORE_CONTROL_INIT};
    bool loaded = which != NULL
                      ? load_one(target, which, status, err)
                      : store_load_runs(target, MOST_RUNS, &status->runs, &status->run_count, err);
    if (loaded && store_load_lock_holders(target, &status->holders, &status->holder_count, err))
        return true;
    report_status_release(status);
    return false;
}

void
report_status_release(struct report_status *status)
{
    store_runs_free(status->runs, status->run_count);
    store_tables_free(status->tables, status->table_count);
    store_reject_counts_free(status->reject_counts, status->reject_count_count);
    store_lock_holders_free(status->holders, status->holder_count);
    store_control_release(&status->control);
    report_undo_release(&status->undo);
    store_asides_free(status->asides.items, status->asides.count);
    *status = (struct report_status){0};
}

/* ---- text
 * -----------------------------------------------------------------------------------------------------
 */

static void
add_runs(struct strbuf *out, const struct report_status *status, bool color)
{
    static const char *const head[] = {"run",  "mapping", "state",   "started (UTC)",
                                       "took", "exit",    "outcome", NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("llllrrl");
    grid_add_head(&grid, head);
    for (size_t i = 0; i < status->run_count; i++) {
        const struct store_run *run = &status->runs[i];
        char time[20], duration[32], exit_status[16];
        bool done = strcmp(run->state, "done") == 0;
        snprintf(exit_status, sizeof exit_status, "%d", run->exit_status);
        grid_add(&grid, run->run_id);
        grid_add(&grid, run->name);
        grid_add_color(&grid, done ? GRID_GREEN : GRID_YELLOW, run->state);
        grid_add(&grid, report_time(run->started_at, time));
        grid_add(&grid, clock_format_duration(run->seconds, duration, sizeof duration));
        grid_add(&grid, run->exit_status >= 0 ? exit_status : "");
        grid_add(&grid,
                 run->outcome != NULL ? run->outcome : report_exit_meaning(run->exit_status));
    }
    grid_render(&grid, out, 0, color);
}

static void
add_part(struct grid *grid, int64_t part, int64_t whole)
{
    char first[32], second[32];
    CLEANUP(memory_free_string)
    char *text = memory_printf("%s of %s", clock_format_count(part, first, sizeof first),
                               clock_format_count(whole, second, sizeof second));
    grid_add(grid, text);
}

static void
add_progress_row(struct grid *grid, const struct store_table *table)
{
    char rate_text[32];
    double rate = report_rate(table->rows_read, table->seconds);
    bool done = strcmp(table->state, "done") == 0;
    bool estimated = table->rows_estimated >= table->rows_read && !done;
    CLEANUP(memory_free_string)
    char *rate_cell =
        rate < 0
            ? memory_strdup("")
            : memory_printf("%s/s", clock_format_count((int64_t)rate, rate_text, sizeof rate_text));
    grid_add(grid, table->label);
    grid_add_color(grid, done ? GRID_GREEN : GRID_YELLOW, table->state);
    add_part(grid, table->chunks_done, table->chunks);
    if (estimated)
        add_part(grid, table->rows_read, table->rows_estimated);
    else
        grid_add_count(grid, table->rows_read);
    grid_add(grid, rate_cell);
    grid_add_count(grid, table->rows_rejected);
}

static void
add_progress(struct strbuf *out, const struct report_status *status, bool color)
{
    static const char *const head[] = {"table", "state",    "chunks", "rows",
                                       "rate",  "rejected", NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("llrrrr");
    report_add_title(out, color, "Tables");
    grid_add_head(&grid, head);
    for (size_t i = 0; i < status->table_count; i++)
        add_progress_row(&grid, &status->tables[i]);
    grid_render(&grid, out, 2, color);
    if (status->reject_count_count == 0)
        return;
    report_add_title(out, color, "Rejects");
    report_reject_counts_text(out, status->reject_counts, status->reject_count_count, color);
}

static bool
is_left(const struct report_status *status)
{
    for (size_t i = 0; i < status->run_count; i++)
        if (strcmp(status->runs[i].state, "running") == 0)
            return true;
    return false;
}

static void
add_holders(struct strbuf *out, const struct report_status *status, bool color)
{
    static const char *const head[] = {"at work", "server process",        "role",
                                       "from",    "connected since (UTC)", NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("lrlll");
    if (status->holder_count == 0) {
        strbuf_add_string(out, "\nNobody is at work in this database now.\n");
        if (is_left(status))
            strbuf_add_string(out, "What is \"running\" was left by a process that ended: the same "
                                   "command goes on with it.\n");
        return;
    }
    strbuf_add_char(out, '\n');
    grid_add_head(&grid, head);
    for (size_t i = 0; i < status->holder_count; i++) {
        const struct store_lock_holder *holder = &status->holders[i];
        char pid[16], time[20];
        snprintf(pid, sizeof pid, "%d", holder->pid);
        grid_add(&grid, holder->application_name != NULL ? holder->application_name : "?");
        grid_add(&grid, pid);
        grid_add(&grid, holder->role);
        grid_add(&grid, holder->host);
        grid_add(&grid, holder->since != NULL ? report_time(holder->since, time) : "");
    }
    grid_render(&grid, out, 0, color);
}

static void
render_text(struct strbuf *out, const struct report_status *status, bool color)
{
    if (status->run_count == 0)
        strbuf_add_string(out, "There is no run in this database yet.\n");
    else
        add_runs(out, status, color);
    if (status->tables != NULL) {
        add_progress(out, status, color);
        /* What was said to a process that is gone holds no more. */
        if (status->holder_count > 0)
            report_control_text(out, &status->control);
    }
    report_asides_text(out, &status->asides, color);
    report_undo_text(out, &status->undo, color);
    add_holders(out, status, color);
}

/* ---- JSON
 * -----------------------------------------------------------------------------------------------------
 */

static json_t *
describe_runs(const struct report_status *status)
{
    json_t *list = json_array();
    for (size_t i = 0; i < status->run_count; i++) {
        json_t *run = report_run_json(&status->runs[i]);
        report_put_text(run, "name", status->runs[i].name);
        json_array_append_new(list, run);
    }
    return list;
}

static json_t *
describe_progress(const struct report_status *status)
{
    json_t *object = json_object();
    json_t *tables = json_array();
    for (size_t i = 0; i < status->table_count; i++)
        json_array_append_new(tables, report_table_json(&status->tables[i]));
    report_put(object, "totals",
               report_totals_json(status->tables, status->table_count, status->runs[0].seconds));
    report_put(object, "tables", tables);
    report_put(object, "rejects",
               report_reject_counts_json(status->reject_counts, status->reject_count_count));
    return object;
}

static json_t *
describe_holders(const struct report_status *status)
{
    json_t *list = json_array();
    for (size_t i = 0; i < status->holder_count; i++) {
        const struct store_lock_holder *holder = &status->holders[i];
        json_t *entry = json_object();
        report_put_count(entry, "pid", holder->pid);
        report_put_text(entry, "application_name", holder->application_name);
        report_put_text(entry, "role", holder->role);
        report_put_text(entry, "host", holder->host);
        report_put_text(entry, "connected_since", holder->since);
        report_put(entry, "is_exclusive", json_boolean(holder->is_exclusive));
        json_array_append_new(list, entry);
    }
    return list;
}

void
report_render_status(struct strbuf *out, const struct report_status *status,
                     const struct report_style *style)
{
    if (style->format == REPORT_TEXT) {
        render_text(out, status, style->color);
        return;
    }
    json_t *document = json_object();
    report_put_count(document, "report_version", REPORT_VERSION);
    report_put(document, "runs", describe_runs(status));
    report_put(document, "progress",
               status->tables != NULL ? describe_progress(status) : json_null());
    report_put(document, "set_aside", report_asides_json(&status->asides));
    report_put(document, "control",
               status->tables != NULL ? report_control_json(&status->control) : json_null());
    report_put(document, "undo", report_undo_json(&status->undo));
    report_put(document, "at_work", describe_holders(status));
    report_json_write(out, document);
}
