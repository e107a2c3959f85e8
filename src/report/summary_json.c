/* What a model comes to, as JSON. */
#include "summary_json.h"

#include "json.h"

json_t *
report_verdict_json(const struct report_summary *summary)
{
    json_t *object = json_object();
    report_put_text(object, "tone", report_tone_word(summary->tone));
    report_put_text(object, "text", summary->verdict);
    report_put_text(object, "sentence", summary->sentence);
    report_put_count(object, "differences", summary->differences);
    report_put_count(object, "checks_equal", (int64_t)summary->checks_equal);
    report_put_count(object, "checks_different", (int64_t)summary->checks_different);
    report_put_count(object, "checks_not_checked", (int64_t)summary->checks_not_checked);
    report_put(object, "is_older_than_undo", json_boolean(summary->is_stale));
    return object;
}

json_t *
report_advice_json(const struct report_summary *summary)
{
    json_t *list = json_array();
    for (size_t i = 0; i < summary->advice_count; i++) {
        json_t *entry = json_object();
        report_put_text(entry, "text", summary->advice[i].text);
        report_put_text(entry, "command", summary->advice[i].command);
        json_array_append_new(list, entry);
    }
    return list;
}

json_t *
report_exceptions_json(const struct report_summary *summary)
{
    json_t *list = json_array();
    for (size_t i = 0; i < summary->exception_count; i++) {
        const struct report_exception *exception = &summary->exceptions[i];
        json_t *entry = json_object();
        report_put_text(entry, "kind", exception->kind);
        report_put_text(entry, "place", exception->place);
        report_put_text(entry, "what", exception->what);
        report_put_text(entry, "reason", exception->reason);
        report_put(entry, "uses",
                   exception->uses < 0 ? json_null() : json_integer(exception->uses));
        json_array_append_new(list, entry);
    }
    return list;
}

json_t *
report_timings_json(const struct report_summary *summary)
{
    const struct report_model *model = summary->model;
    json_t *object = json_object(), *phases = json_array(), *points = json_array();
    for (size_t i = 0; i < summary->phase_count; i++) {
        json_t *entry = json_object();
        report_put_text(entry, "phase", summary->phases[i].name);
        report_put_seconds(entry, "began_after", summary->phases[i].begin);
        report_put_seconds(entry, "seconds", summary->phases[i].end - summary->phases[i].begin);
        json_array_append_new(phases, entry);
    }
    for (size_t i = 0; i < model->point_count; i++) {
        json_t *entry = json_object();
        report_put_seconds(entry, "seconds", model->points[i].seconds);
        report_put_count(entry, "rows_read", model->points[i].rows);
        json_array_append_new(points, entry);
    }
    report_put(object, "phases", phases);
    report_put(object, "progress", points);
    return object;
}

json_t *
report_population_json(const struct report_summary *summary)
{
    const struct store_run *run = &summary->model->run;
    json_t *object = json_object(), *statements = json_array();
    for (size_t i = 0; i < summary->statement_count; i++) {
        json_t *entry = json_object();
        report_put_text(entry, "counts", summary->statements[i].what);
        report_put_text(entry, "where", summary->statements[i].where);
        report_put_text(entry, "sql", summary->statements[i].sql);
        json_array_append_new(statements, entry);
    }
    report_put_text(object, "time_zone", "UTC");
    report_put_text(object, "start_lsn", run->start_lsn);
    report_put_text(object, "end_lsn", run->end_lsn);
    report_put(object, "statements", statements);
    return object;
}
