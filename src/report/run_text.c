/* A run as text: what it was, then table by table, then what was left out and why, then the proof.
 */
#include "formats.h"
#include "grid.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "ids.h"
#include "json.h"
#include "run.h"

#include <stdio.h>
#include <string.h>

const char *
report_time(const char *stored, char text[20])
{
    snprintf(text, 20, "%.19s", stored != NULL ? stored : "-");
    return text;
}

/* ---- the head
 * -------------------------------------------------------------------------------------------------
 */

static void
add_fact(struct grid *facts, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    grid_add_color(facts, GRID_DIM, name);
    grid_add(facts, value);
}

static void
add_time_fact(struct grid *facts, const struct store_run *run)
{
    char start[20], end[20], duration[32];
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    strbuf_printf(&text, "%s to %s UTC, %s", report_time(run->started_at, start),
                  run->finished_at != NULL ? report_time(run->finished_at, end) : "now",
                  clock_format_duration(run->seconds, duration, sizeof duration));
    if (run->attempts > 1)
        strbuf_printf(&text, ", %d attempts", run->attempts);
    add_fact(facts, "time", text.data);
}

void
report_describe_database(struct strbuf *text, const json_t *database)
{
    long long version = json_integer_value(json_object_get(database, "version"));
    static const char *const keys[] = {"database", "host", "port", "role", "system_identifier"};
    static const char *const words[] = {"", " on ", " port ", " as ", ", system "};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *value = json_object_get(database, keys[i]);
        if (json_is_string(value) && json_string_length(value) > 0)
            strbuf_printf(text, "%s%s", words[i], json_string_value(value));
        else if (json_is_integer(value))
            strbuf_printf(text, "%s%lld", words[i], (long long)json_integer_value(value));
    }
    if (version > 0)
        strbuf_printf(text, ", PostgreSQL %lld.%lld", version / 10000, version % 10000);
}

static void
add_attempt_facts(struct grid *facts, const struct store_run *run)
{
    char *attempt;
    for (size_t i = 0; (attempt = report_describe_attempt(run, i)) != NULL; i++) {
        add_fact(facts, "taken up again", attempt);
        memory_free_string(&attempt);
    }
}

static void
add_database_fact(struct grid *facts, const char *name, const json_t *database)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    report_describe_database(&text, database);
    add_fact(facts, name, text.data);
}

static void
add_database_facts(struct grid *facts, const struct store_run *run)
{
    json_t *databases = report_databases_json(run);
    const char *name;
    json_t *source;
    json_object_foreach(json_object_get(databases, "sources"), name, source)
    {
        CLEANUP(memory_free_string) char *label = memory_printf("source %s", name);
        add_database_fact(facts, label, source);
    }
    add_database_fact(facts, "target", json_object_get(databases, "target"));
    json_decref(databases);
}

/* "expired 2026-01-31 10:00:00 by anna@desk, ", where that was noted. */
static void
add_expiry(struct strbuf *text, const struct report_model *model)
{
    json_t *settings = report_json_parse(model->run.settings);
    const json_t *list = json_object_get(settings, "idmaps_expired");
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    const char *by = json_string_value(json_object_get(last, "by"));
    const char *at = json_string_value(json_object_get(last, "at"));
    if (by != NULL && at != NULL)
        strbuf_printf(text, "expired %.19s by %s, ", at, by);
    json_decref(settings);
}

static void
add_map_facts(struct grid *facts, const struct report_model *model)
{
    json_t *digests = report_json_parse(model->run.idmap_digests);
    const char *name;
    json_t *digest;
    json_object_foreach(digests, name, digest)
    {
        CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
        CLEANUP(memory_free_string) char *label = memory_printf("ID map %s", name);
        char pairs[32];
        for (size_t i = 0; i < model->map_count; i++)
            if (strcmp(model->maps[i].name, name) == 0)
                strbuf_printf(&text, "%s pairs, ",
                              clock_format_count(model->maps[i].pairs, pairs, sizeof pairs));
        if (text.length == 0)
            add_expiry(&text, model);
        strbuf_printf(&text, "digest %s",
                      json_is_string(digest) ? json_string_value(digest) : "unknown");
        add_fact(facts, label, text.data);
    }
    json_decref(digests);
}

static enum grid_color
color_of_exit(int status)
{
    switch (status) {
    case EXIT_DONE:
        return GRID_GREEN;
    case EXIT_NOT_CHECKED:
    case EXIT_REJECTS:
    case -1:
        return GRID_YELLOW;
    default:
        return GRID_RED;
    }
}

static void
add_advice(struct strbuf *out, const struct report_summary *summary, bool color)
{
    if (summary->advice_count == 0)
        return;
    report_add_title(out, color, "What to do now");
    for (size_t i = 0; i < summary->advice_count; i++) {
        strbuf_add_string(out, "  ");
        report_add_data(out, summary->advice[i].text);
        strbuf_add_char(out, '\n');
        if (summary->advice[i].command == NULL)
            continue;
        strbuf_add_string(out, "      ");
        report_add_data(out, summary->advice[i].command);
        strbuf_add_char(out, '\n');
    }
}

static void
add_head(struct strbuf *out, const struct report_summary *summary, bool color)
{
    const struct report_model *model = summary->model;
    const struct store_run *run = &model->run;
    CLEANUP(grid_release) struct grid facts = grid_new("ll");
    CLEANUP(memory_free_string)
    char *title = memory_printf("%s %s of %s: ", model->is_dry_run ? "Dry run" : "Run", run->run_id,
                                run->name);
    CLEANUP(memory_free_string)
    char *mapping = memory_printf("%s, digest %s", run->mapping_path, run->mapping_digest);
    report_add_color(out, color, GRID_BOLD, title);
    report_add_color(out, color, color_of_exit(run->exit_status),
                     report_exit_meaning(run->exit_status));
    strbuf_add_string(out, model->is_dry_run ? " (nothing was kept)\n\n" : "\n\n");

    add_fact(&facts, "verdict", summary->verdict);
    add_fact(&facts, "", summary->sentence);
    add_fact(&facts, "outcome", run->outcome);
    add_time_fact(&facts, run);
    if (model->forecast_seconds >= 0) {
        char duration[32];
        CLEANUP(memory_free_string)
        char *forecast = memory_printf(
            "the real run should take about %s",
            clock_format_duration(model->forecast_seconds, duration, sizeof duration));
        add_fact(&facts, "forecast", forecast);
    }
    add_fact(&facts, "operator", run->operator);
    add_fact(&facts, "ticket", run->ticket);
    add_fact(&facts, "approved by", run->approved_by);
    add_attempt_facts(&facts, run);
    add_fact(&facts, "idmigrate", run->tool_version);
    add_fact(&facts, "mapping", mapping);
    add_map_facts(&facts, model);
    add_database_facts(&facts, run);
    grid_render(&facts, out, 2, color);
    add_advice(out, summary, color);
}

/* ---- tables
 * ---------------------------------------------------------------------------------------------------
 */

static void
add_rate(struct grid *grid, double rate)
{
    char count[32];
    CLEANUP(memory_free_string)
    char *text =
        rate < 0 ? memory_strdup("")
                 : memory_printf("%s/s", clock_format_count((int64_t)rate, count, sizeof count));
    grid_add(grid, text);
}

static void
add_row_counts(struct grid *grid, const struct report_totals *sums, double seconds)
{
    grid_add_count(grid, sums->rows_read);
    grid_add_count(grid, sums->rows_written);
    grid_add_count(grid, sums->rows_merged);
    grid_add_count(grid, sums->rows_skipped);
    char rejected[32];
    grid_add_color(grid, sums->rows_rejected > 0 ? GRID_RED : GRID_PLAIN,
                   clock_format_count(sums->rows_rejected, rejected, sizeof rejected));
    grid_add_count(grid, sums->rows_updated);
    grid_add_count(grid, sums->rows_removed);
    add_rate(grid, report_rate(sums->rows_read, seconds));
}

static void
add_tables(struct strbuf *out, const struct report_model *model, bool color)
{
    static const char *const head[] = {"table",   "state",   "read",     "written",
                                       "merged",  "skipped", "rejected", "updated",
                                       "removed", "rate",    NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("llrrrrrrrr");
    struct report_totals totals = report_sum(model->tables, model->table_count);
    report_add_title(out, color, "Tables, in order of execution");
    grid_add_head(&grid, head);
    for (size_t i = 0; i < model->table_count; i++) {
        const struct store_table *table = &model->tables[i];
        struct report_totals sums = report_sum(table, 1);
        bool done = strcmp(table->state, "done") == 0;
        grid_add(&grid, table->label);
        grid_add_color(&grid, done ? GRID_PLAIN : GRID_YELLOW, table->state);
        add_row_counts(&grid, &sums, table->seconds);
    }
    grid_add_color(&grid, GRID_BOLD, "all");
    grid_add(&grid, "");
    add_row_counts(&grid, &totals, model->run.seconds);
    grid_render(&grid, out, 2, color);
    report_add_color(
        out, color, totals.adds_up ? GRID_DIM : GRID_RED,
        totals.adds_up
            ? "  In every table: read = written + merged + skipped + rejected."
            : "  The counts do not add up: read is not written + merged + skipped + rejected.");
    strbuf_add_char(out, '\n');
}

/* ---- IDs
 * ------------------------------------------------------------------------------------------------------
 */

static void
add_id_columns(struct grid *grid, const struct store_table *table)
{
    json_t *counts = report_json_parse(table->column_counts);
    const char *name;
    json_t *column;
    json_object_foreach(counts, name, column)
    {
        CLEANUP(memory_free_string) char *place = memory_printf("%s.%s", table->target_table, name);
        grid_add(grid, place);
        for (size_t i = 0; i < REPORT_ID_COUNTS; i++)
            grid_add_count(grid,
                           json_integer_value(json_object_get(column, report_id_counts[i].key)));
    }
    json_decref(counts);
}

static void
add_ids(struct strbuf *out, const struct report_model *model, bool color)
{
    static const char *const head[] = {"column",     "resolved",        "already new",
                                       "no IDs",     "made null",       "kept",
                                       "unresolved", "replaced inside", NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("lrrrrrrr");
    grid_add_head(&grid, head);
    for (size_t i = 0; i < model->table_count; i++)
        add_id_columns(&grid, &model->tables[i]);
    if (grid.count == grid.column_count)
        return;
    report_add_title(out, color, "IDs");
    grid_render(&grid, out, 2, color);
}

/* ---- reasons
 * --------------------------------------------------------------------------------------------------
 */

static void
add_reason(struct grid *grid, const char *table, const char *column, const char *reason)
{
    CLEANUP(memory_free_string)
    char *place = column != NULL ? memory_printf("%s.%s", table, column) : memory_strdup(table);
    grid_add(grid, place);
    grid_add(grid, reason);
}

static void
render_reasons(struct strbuf *out, const char *title, const struct grid *grid, bool color)
{
    if (grid->count == 0)
        return;
    report_add_title(out, color, title);
    grid_render(grid, out, 2, color);
}

static void
add_column_reasons(struct grid *grid, const struct store_table *table)
{
    json_t *columns = report_json_parse(table->columns);
    size_t i;
    json_t *column;
    json_array_foreach(columns, i, column)
    {
        const char *reason = json_string_value(json_object_get(column, "reason"));
        const char *name = json_string_value(json_object_get(column, "to"));
        if (reason != NULL && name != NULL)
            add_reason(grid, table->target_table, name, reason);
    }
    json_decref(columns);
}

static void
add_dropped(struct grid *grid, const struct store_table *table)
{
    json_t *dropped = report_json_parse(table->dropped);
    const char *name;
    json_t *reason;
    json_object_foreach(dropped, name, reason)
    {
        add_reason(grid, table->source_table, name, json_string_value(reason));
    }
    json_decref(dropped);
}

static void
add_reasons(struct strbuf *out, const struct report_model *model, bool color)
{
    CLEANUP(grid_release) struct grid exceptions = grid_new("ll");
    CLEANUP(grid_release) struct grid dropped = grid_new("ll");
    CLEANUP(grid_release) struct grid left = grid_new("ll");
    json_t *left_behind = report_left_behind(&model->run);
    size_t i;
    json_t *entry;
    for (size_t j = 0; j < model->table_count; j++) {
        add_column_reasons(&exceptions, &model->tables[j]);
        add_dropped(&dropped, &model->tables[j]);
    }
    json_array_foreach(left_behind, i, entry)
    {
        add_reason(&left, json_string_value(json_object_get(entry, "table")), NULL,
                   json_string_value(json_object_get(entry, "reason")));
    }
    render_reasons(out, "Columns with a reason of their own", &exceptions, color);
    render_reasons(out, "Source columns that were dropped", &dropped, color);
    render_reasons(out, "Source tables that were left behind", &left, color);
    json_decref(left_behind);
}

static void
add_exceptions(struct strbuf *out, const struct report_summary *summary, bool color)
{
    static const char *const head[] = {"where",        "kind", "used", "what was allowed",
                                       "reason given", NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("llrll");
    if (summary->exception_count == 0 && !summary->lacks_exceptions)
        return;
    report_add_title(out, color, "Exceptions granted");
    if (summary->lacks_exceptions)
        strbuf_printf(out, "  %s\n", report_lacks_exceptions);
    if (summary->exception_count == 0)
        return;
    grid_add_head(&grid, head);
    for (size_t i = 0; i < summary->exception_count; i++) {
        const struct report_exception *exception = &summary->exceptions[i];
        grid_add(&grid, exception->place != NULL ? exception->place : "the whole run");
        grid_add(&grid, exception->kind);
        if (exception->uses >= 0)
            grid_add_count(&grid, exception->uses);
        else
            grid_add(&grid, "");
        grid_add(&grid, exception->what);
        grid_add(&grid, exception->reason);
    }
    grid_render(&grid, out, 2, color);
}

/* ---- rejects
 * --------------------------------------------------------------------------------------------------
 */

void
report_reject_counts_text(struct strbuf *out, const struct store_reject_count *counts, size_t count,
                          bool color)
{
    static const char *const head[] = {"rows",     "table",      "reason", "column",
                                       "SQLSTATE", "constraint", NULL};
    CLEANUP(grid_release) struct grid grid = grid_new("rlllll");
    grid_add_head(&grid, head);
    for (size_t i = 0; i < count; i++) {
        grid_add_count(&grid, counts[i].rejects);
        grid_add(&grid, counts[i].label);
        grid_add(&grid, counts[i].reason_code);
        grid_add(&grid, counts[i].column_name);
        grid_add(&grid, counts[i].sqlstate);
        grid_add(&grid, counts[i].constraint_name);
    }
    grid_render(&grid, out, 2, color);
}

static void
add_rejects(struct strbuf *out, const struct report_model *model, bool color)
{
    static const char *const head[] = {
        "table", "reason", "column", "SQLSTATE", "constraint", "old ID", "source key (digest)",
        NULL};
    CLEANUP(grid_release) struct grid samples = grid_new("lllllll");
    char total[32];
    if (model->rejects == 0)
        return;
    CLEANUP(memory_free_string)
    char *title = memory_printf("Rejects: %s rows were not written",
                                clock_format_count(model->rejects, total, sizeof total));
    report_add_title(out, color, title);
    report_reject_counts_text(out, model->reject_counts, model->reject_count_count, color);
    strbuf_add_char(out, '\n');
    grid_add_head(&samples, head);
    for (size_t i = 0; i < model->reject_sample_count; i++) {
        const struct store_reject *reject = &model->reject_samples[i];
        grid_add(&samples, reject->label);
        grid_add(&samples, reject->reason_code);
        grid_add(&samples, reject->column_name);
        grid_add(&samples, reject->sqlstate);
        grid_add(&samples, reject->constraint_name);
        grid_add(&samples, reject->old_id);
        grid_add(&samples, reject->source_key_digest);
    }
    grid_render(&samples, out, 2, color);
    if ((int64_t)model->reject_sample_count < model->rejects)
        strbuf_printf(out, "  ... and %s more\n",
                      clock_format_count(model->rejects - (int64_t)model->reject_sample_count,
                                         total, sizeof total));
}

void
report_run_to_text(struct strbuf *out, const struct report_summary *summary, bool color)
{
    const struct report_model *model = summary->model;
    add_head(out, summary, color);
    add_tables(out, model, color);
    add_ids(out, model, color);
    add_exceptions(out, summary, color);
    add_reasons(out, model, color);
    add_rejects(out, model, color);
    report_verification_text(out, model, color);
    report_asides_text(out, &model->asides, color);
    report_undo_text(out, &model->undo, color);
    if (model->findings != NULL && model->findings->count > 0) {
        report_add_title(out, color, "Findings");
        report_findings_text(out, model->findings, color);
    }
    CLEANUP(memory_free_string)
    char *last = memory_printf("Exit status %d: %s.", model->run.exit_status,
                               report_exit_meaning(model->run.exit_status));
    if (model->run.exit_status >= 0) {
        strbuf_add_char(out, '\n');
        report_add_color(out, color, color_of_exit(model->run.exit_status), last);
        strbuf_add_char(out, '\n');
    }
}
