/* A run as JSON; the shape is that of tests/data/report/report.schema.json. */
#include "formats.h"
#include "json.h"
#include "run.h"
#include "summary_json.h"

#include <string.h>

static json_t *
describe_exit(int status)
{
    json_t *object = json_object();
    report_put(object, "status", status >= 0 ? json_integer(status) : json_null());
    report_put_text(object, "meaning", report_exit_meaning(status));
    return object;
}

json_t *
report_run_json(const struct store_run *run)
{
    json_t *object = json_object();
    report_put_text(object, "run_id", run->run_id);
    report_put_text(object, "state", run->state);
    report_put_text(object, "outcome", run->outcome);
    report_put(object, "exit", describe_exit(run->exit_status));
    report_put_count(object, "attempts", run->attempts);
    report_put_text(object, "started_at", run->started_at);
    report_put_text(object, "finished_at", run->finished_at);
    report_put_seconds(object, "seconds", run->seconds);
    report_put_text(object, "tool_version", run->tool_version);
    report_put_text(object, "operator", run->operator);
    report_put_text(object, "ticket", run->ticket);
    report_put_text(object, "approved_by", run->approved_by);
    report_put(object, "settings", report_json_parse(run->settings));
    return object;
}

static json_t *
describe_mapping(const struct report_model *model)
{
    const struct store_run *run = &model->run;
    json_t *object = json_object();
    report_put_text(object, "name", run->name);
    report_put_text(object, "path", run->mapping_path);
    report_put_text(object, "digest", run->mapping_digest);
    report_put_text(object, "text", report_mapping_text(model));
    return object;
}

static json_t *
describe_maps(const struct report_model *model)
{
    json_t *list = json_array();
    json_t *digests = report_json_parse(model->run.idmap_digests);
    const char *name;
    json_t *digest;
    json_object_foreach(digests, name, digest)
    {
        json_t *entry = json_object();
        report_put_text(entry, "name", name);
        report_put_text(entry, "digest", json_string_value(digest));
        report_put(entry, "pairs", json_null());
        for (size_t i = 0; i < model->map_count; i++)
            if (strcmp(model->maps[i].name, name) == 0)
                report_put_count(entry, "pairs", model->maps[i].pairs);
        json_array_append_new(list, entry);
    }
    json_decref(digests);
    return list;
}

/* Of what the store has about a database, what is known to be no secret. */
static json_t *
describe_database(const json_t *stored)
{
    static const char *const known[] = {"host",     "port",      "database",
                                        "role",     "version",   "system_identifier",
                                        "encoding", "is_standby"};
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        json_t *value = json_object_get(stored, known[i]);
        if (value != NULL)
            json_object_set(object, known[i], value);
    }
    return object;
}

json_t *
report_databases_json(const struct store_run *run)
{
    json_t *object = json_object();
    json_t *sources = json_object();
    json_t *stored_sources = report_json_parse(run->sources);
    json_t *stored_target = report_json_parse(run->target);
    const char *name;
    json_t *source;
    json_object_foreach(stored_sources, name, source)
    {
        report_put(sources, name, describe_database(source));
    }
    report_put(object, "sources", sources);
    report_put(object, "target", describe_database(stored_target));
    json_decref(stored_sources);
    json_decref(stored_target);
    return object;
}

/* ---- tables
 * ---------------------------------------------------------------------------------------------------
 */

static void
put_progress(json_t *object, const struct report_totals *sums, double seconds)
{
    double rate = report_rate(sums->rows_read, seconds);
    report_put_count(object, "chunks", sums->chunks);
    report_put_count(object, "chunks_done", sums->chunks_done);
    report_put_count(object, "rows_read", sums->rows_read);
    report_put_count(object, "rows_written", sums->rows_written);
    report_put_count(object, "rows_merged", sums->rows_merged);
    report_put_count(object, "rows_skipped", sums->rows_skipped);
    report_put_count(object, "rows_rejected", sums->rows_rejected);
    report_put_count(object, "rows_updated", sums->rows_updated);
    report_put_count(object, "rows_removed", sums->rows_removed);
    report_put(object, "adds_up", json_boolean(sums->adds_up));
    report_put_seconds(object, "seconds", seconds);
    report_put(object, "rows_per_second", rate < 0 ? json_null() : json_integer((json_int_t)rate));
}

json_t *
report_table_json(const struct store_table *table)
{
    json_t *object = json_object();
    struct report_totals sums = report_sum(table, 1);
    report_put_text(object, "table", table->label);
    report_put_count(object, "number", table->table_no);
    report_put_count(object, "step", table->step);
    report_put(object, "source",
               json_pack("{so so so}", "name", report_json_text(table->source_name), "schema",
                         report_json_text(table->source_schema), "table",
                         report_json_text(table->source_table)));
    report_put(object, "target",
               json_pack("{so so}", "schema", report_json_text(table->target_schema), "table",
                         report_json_text(table->target_table)));
    report_put_text(object, "state", table->state);
    report_put_count(object, "pass", table->pass);
    report_put(object, "rows_estimated",
               table->rows_estimated < 0 ? json_null() : json_integer(table->rows_estimated));
    report_put_count(object, "target_rows_before", table->target_rows_before);
    put_progress(object, &sums, table->seconds);
    return object;
}

static json_t *
describe_column(const json_t *stored, const json_t *counts)
{
    static const char *const members[] = {"to", "from", "how", "reason", "key", "conflict_key"};
    json_t *object = json_object();
    const char *name = json_string_value(json_object_get(stored, "to"));
    json_t *ids = name != NULL ? json_object_get(counts, name) : NULL;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_t *value = json_object_get(stored, members[i]);
        report_put(object, members[i], value != NULL ? json_incref(value) : json_null());
    }
    report_put(object, "is_shown", json_boolean(json_is_true(json_object_get(stored, "is_shown"))));
    report_put(object, "ids", ids != NULL ? json_incref(ids) : json_null());
    return object;
}

/* What was stored about the columns, with the counts of their IDs where there are any. */
static json_t *
describe_columns(const struct store_table *table)
{
    json_t *columns = json_array();
    json_t *stored = report_json_parse(table->columns);
    json_t *counts = report_json_parse(table->column_counts);
    size_t i;
    json_t *column;
    json_array_foreach(stored, i, column)
    {
        json_array_append_new(columns, describe_column(column, counts));
    }
    json_decref(stored);
    json_decref(counts);
    return columns;
}

static json_t *
describe_dropped(const struct store_table *table)
{
    json_t *list = json_array();
    json_t *dropped = report_json_parse(table->dropped);
    const char *name;
    json_t *reason;
    json_object_foreach(dropped, name, reason)
    {
        json_array_append_new(list, json_pack("{so so}", "column", report_json_text(name), "reason",
                                              report_json_text(json_string_value(reason))));
    }
    json_decref(dropped);
    return list;
}

static json_t *
describe_tables(const struct report_model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; i < model->table_count; i++) {
        json_t *object = report_table_json(&model->tables[i]);
        report_put(object, "columns", describe_columns(&model->tables[i]));
        report_put(object, "dropped", describe_dropped(&model->tables[i]));
        json_array_append_new(list, object);
    }
    return list;
}

json_t *
report_totals_json(const struct store_table *tables, size_t count, double seconds)
{
    json_t *object = json_object();
    struct report_totals sums = report_sum(tables, count);
    report_put_count(object, "tables", (int64_t)count);
    report_put_count(object, "tables_done", (int64_t)sums.tables_done);
    put_progress(object, &sums, seconds);
    return object;
}

/* ---- rejects and verification
 * --------------------------------------------------------------------------------- */

json_t *
report_reject_counts_json(const struct store_reject_count *counts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *entry = json_object();
        report_put_text(entry, "table", counts[i].label);
        report_put_text(entry, "reason_code", counts[i].reason_code);
        report_put_text(entry, "column", counts[i].column_name);
        report_put_text(entry, "sqlstate", counts[i].sqlstate);
        report_put_text(entry, "constraint", counts[i].constraint_name);
        report_put_count(entry, "rejects", counts[i].rejects);
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *
describe_rejects(const struct report_model *model)
{
    json_t *object = json_object();
    json_t *samples = json_array();
    for (size_t i = 0; i < model->reject_sample_count; i++) {
        const struct store_reject *reject = &model->reject_samples[i];
        json_t *entry = json_object();
        report_put_text(entry, "table", reject->label);
        report_put_text(entry, "source_key_digest", reject->source_key_digest);
        report_put_text(entry, "reason_code", reject->reason_code);
        report_put_text(entry, "column", reject->column_name);
        report_put_text(entry, "old_id", reject->old_id);
        report_put_text(entry, "sqlstate", reject->sqlstate);
        report_put_text(entry, "constraint", reject->constraint_name);
        json_array_append_new(samples, entry);
    }
    report_put_count(object, "total", model->rejects);
    report_put(object, "by_reason",
               report_reject_counts_json(model->reject_counts, model->reject_count_count));
    report_put(object, "samples", samples);
    return object;
}

static json_t *
describe_check(const struct store_check *check)
{
    json_t *object = json_object();
    report_put_text(object, "check", check->name);
    report_put_text(object, "table", check->label);
    report_put_text(object, "verdict", check->verdict);
    report_put_count(object, "looked_at", check->looked_at);
    report_put_count(object, "found", check->found);
    report_put_text(object, "detail", check->detail);
    report_put(object, "differences",
               report_json_parse(check->differences != NULL ? check->differences : "[]"));
    report_put(object, "is_partial", json_boolean(check->is_partial));
    return object;
}

static json_t *
describe_verification(const struct report_model *model)
{
    json_t *object = json_object();
    json_t *checks = json_array();
    for (size_t i = 0; i < model->check_count; i++)
        json_array_append_new(checks, describe_check(&model->checks[i]));
    report_put_text(object, "verdict", report_verdict(model->checks, model->check_count));
    report_put_text(object, "verified_at", model->verified_at);
    report_put(object, "checks", checks);
    return object;
}

void
report_run_to_json(struct strbuf *out, const struct report_summary *summary)
{
    const struct report_model *model = summary->model;
    json_t *document = json_object();
    report_put_count(document, "report_version", REPORT_VERSION);
    report_put_text(document, "kind", model->is_dry_run ? "dry_run" : "run");
    report_put(document, "verdict", report_verdict_json(summary));
    report_put(document, "what_to_do", report_advice_json(summary));
    report_put(document, "run", report_run_json(&model->run));
    report_put(document, "mapping", describe_mapping(model));
    report_put(document, "id_maps", describe_maps(model));
    report_put(document, "databases", report_databases_json(&model->run));
    report_put(document, "totals",
               report_totals_json(model->tables, model->table_count, model->run.seconds));
    report_put(document, "tables", describe_tables(model));
    report_put(document, "left_behind", report_left_behind(&model->run));
    report_put(document, "exceptions", report_exceptions_json(summary));
    report_put(document, "exceptions_are_complete", json_boolean(!summary->lacks_exceptions));
    report_put(document, "rejects", describe_rejects(model));
    report_put(document, "verification", describe_verification(model));
    report_put(document, "timings", report_timings_json(summary));
    report_put(document, "population", report_population_json(summary));
    report_put(document, "set_aside", report_asides_json(&model->asides));
    report_put(document, "undo", report_undo_json(&model->undo));
    report_put_seconds(document, "forecast_seconds", model->forecast_seconds);
    report_put(document, "findings",
               model->findings != NULL ? report_findings_json(model->findings) : json_null());
    report_json_write(out, document);
}
