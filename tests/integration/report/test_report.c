/* A report made from the store of a real server. */
#include "../../unit/report/fixture.h"
#include "../store/store.h"

#include <string.h>

/* Two tables, the second of them first in order; three chunks, one of them pending; two rejects; a
 * verification. */
static struct store
open_run(const char *name)
{
    struct error err = ERROR_INIT;
    struct store s = store_open_installed(name);
    struct store_check checks[] = {
        {.name = "rows", .table_no = -1, .verdict = "equal", .looked_at = 20}};
    struct store_chunk done = {
        .table_no = 0, .chunk_no = 1, .rows_read = 10, .rows_written = 8, .rows_rejected = 2};
    begin_run(&s, RUN_ONE);
    put_table(&s, RUN_ONE, 0, 1);
    put_table(&s, RUN_ONE, 1, 0);
    put_chunk(&s, RUN_ONE, 0, 1);
    put_chunk(&s, RUN_ONE, 0, 2);
    assert_done(store_finish_chunk(s.db, RUN_ONE, &done,
                                   "{\"org_id\": {\"resolved\": 8, \"unresolved\": 2}}", &err));
    test_execute(s.own, "INSERT INTO idmigrate.reject (run_id, table_no, source_key, target_key, "
                        "chunk_no, reason_code,"
                        " column_name, old_id, recorded_at, reject_no)"
                        " SELECT '" RUN_ONE
                        "', 0, 'anna@example.org ' || n, '', 1, 'id_unresolved', 'org_id',"
                        " 'org_' || n, now(), n FROM generate_series(1, 2) AS n");
    assert_done(store_put_verification(s.db, RUN_ONE, checks, 1, &err));
    assert_done(store_end_run(s.db, RUN_ONE, "stopped", EXIT_STOPPED, "connection lost", &err));
    return s;
}

static void
render(struct store *s, struct strbuf *out, const struct report_style *style)
{
    struct error err = ERROR_INIT;
    CLEANUP(report_model_release) struct report_model model = {0};
    assert_done(report_load(s->db, "last", &model, &err));
    report_render(out, &model, style);
}

Test(report, of_a_stopped_run_has_the_documented_shape)
{
    CLEANUP(store_release) struct store s = open_run("report_shape");
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    render(&s, &out, &fixture_json);
    json_t *document = parse_json(&out);
    assert_schema(document, "report.schema.json");
    const json_t *totals = json_object_get(document, "totals");
    const json_t *first = json_array_get(json_object_get(document, "tables"), 0);
    const json_t *second = json_array_get(json_object_get(document, "tables"), 1);
    const json_t *column = json_array_get(json_object_get(second, "columns"), 0);
    cr_expect_eq(json_integer_value(json_object_get(totals, "rows_read")), 10);
    cr_expect_eq(json_integer_value(json_object_get(totals, "chunks")), 2);
    cr_expect_eq(json_integer_value(json_object_get(totals, "chunks_done")), 1);
    cr_expect_eq(json_integer_value(json_object_get(first, "number")), 1,
                 "tables are in order of execution");
    cr_expect_eq(json_integer_value(json_object_get(json_object_get(column, "ids"), "resolved")),
                 8);
    cr_expect_eq(json_integer_value(json_object_get(json_object_get(document, "rejects"), "total")),
                 2);
    json_decref(document);
}

/* The keys of rejected rows and what stood beside a connection are in the store, and only there. */
Test(report, shows_ids_but_no_keys_and_no_secrets)
{
    CLEANUP(store_release) struct store s = open_run("report_private");
    for (int format = 0; format < REPORT_FORMATS; format++) {
        const struct report_style style = {.format = (enum report_format)format};
        bool tells_all = style.format != REPORT_JUNIT && style.format != REPORT_MARKDOWN;
        CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
        render(&s, &out, &style);
        expect_text(out.data, "connection lost");
        expect_text(out.data, tells_all ? "org_1" : "run");
        expect_text(out.data, tells_all ? "no place yet" : "run");
        cr_expect_null(strstr(out.data, "anna@example.org"));
        cr_expect_null(strstr(out.data, "secret"));
    }
}

Test(report, of_an_unknown_run_is_an_error)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = open_run("report_unknown");
    CLEANUP(report_model_release) struct report_model model = {0};
    assert_fails(report_load(s.db, "ffff", &model, &err), EXIT_USAGE);
}

/* Where the time went comes from the ledger: one chunk of ten rows is done. */
Test(report, tells_how_rows_came_in)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = open_run("report_timing");
    CLEANUP(report_model_release) struct report_model model = {0};
    test_execute(s.own,
                 "UPDATE idmigrate.chunk AS c SET started_at = r.started_at + interval '2 s',"
                 " finished_at = r.started_at + interval '5 s' FROM idmigrate.run AS r"
                 " WHERE c.state = 'done'");
    assert_done(report_load(s.db, "last", &model, &err));
    cr_assert_eq(model.point_count, 1);
    cr_expect_eq(model.points[0].rows, 10);
    cr_expect_float_eq(model.points[0].seconds, 5, 1e-6);
    cr_expect_float_eq(model.timing.first_chunk, 2, 1e-6);
    cr_expect_float_eq(model.timing.last_chunk, 5, 1e-6);
    cr_expect_lt(model.timing.back, 0);
    cr_expect_float_eq(model.tables[1].began, 2, 1e-6);
    cr_expect_lt(model.tables[0].began, 0);
    expect_text(model.run.start_lsn, "/");
}

/* A run that was killed has no end: what it did is told, not how long ago that was. */
Test(report, of_a_run_without_an_end_is_the_same_each_time)
{
    CLEANUP(store_release) struct store s = open_run("report_killed");
    test_execute(s.own, "UPDATE idmigrate.run SET state = 'running', finished_at = NULL,"
                        " exit_status = NULL, started_at = started_at - interval '3 hours'");
    for (int format = 0; format < REPORT_FORMATS; format++) {
        const struct report_style style = {.format = (enum report_format)format};
        CLEANUP(strbuf_release) struct strbuf first = STRBUF_INIT;
        CLEANUP(strbuf_release) struct strbuf second = STRBUF_INIT;
        render(&s, &first, &style);
        test_execute(s.own, "SELECT pg_sleep(0.01)");
        render(&s, &second, &style);
        cr_expect_str_eq(first.data, second.data, "%s", report_file_name(style.format));
        expect_text(first.data, "Not ended: ");
    }
}

Test(report, keeps_what_later_attempts_were_granted)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = open_run("report_attempts");
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    assert_done(
        store_note_attempt(s.db, RUN_ONE, "{\"max_rejects\": \"5\", \"ticket\": \"T-1\"}", &err));
    assert_done(
        store_note_attempt(s.db, RUN_ONE, "{\"max_rejects\": \"1%\", \"ticket\": \"T-2\"}", &err));
    render(&s, &out, &fixture_text);
    expect_text(out.data, "ticket T-1");
    expect_text(out.data, "ticket T-2");
    expect_text(out.data, "up to 5 rejected rows were allowed, when it was taken up again at ");
    expect_text(out.data, "up to 1% rejected rows were allowed, when it was taken up again at ");
}

/* A dry run reports from inside the transaction that is then rolled back. */
Test(report, is_made_inside_a_transaction_that_leaves_nothing)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = store_open("report_dry");
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    bool installed = true;
    assert_done(db_begin(&tx, s.db, DB_READ_WRITE, &err));
    assert_done(store_install(s.db, &err));
    begin_run(&s, RUN_ONE);
    put_table(&s, RUN_ONE, 0, 0);
    assert_done(store_end_run(s.db, RUN_ONE, "done", EXIT_DONE, "dry", &err));
    render(&s, &out, &fixture_json);
    assert_done(db_rollback(&tx, &err));
    json_t *document = parse_json(&out);
    assert_schema(document, "report.schema.json");
    json_decref(document);
    assert_done(store_is_installed(s.db, &installed, &err));
    cr_expect(!installed);
}

Test(report, of_the_status_shows_progress_and_holders)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = open_run("report_status");
    CLEANUP(db_close) struct db *reader = store_connect(&s, "status");
    CLEANUP(report_status_release) struct report_status status = {0};
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    assert_done(store_lock(s.db, true, &err));
    assert_done(report_load_status(reader, RUN_ONE, &status, &err));
    report_render_status(&text, &status, &fixture_text);
    report_render_status(&json, &status, &fixture_json);
    expect_text(text.data, "1 of 2");
    expect_text(text.data, "idmigrate run");
    json_t *document = parse_json(&json);
    assert_schema(document, "status.schema.json");
    cr_expect_eq(json_array_size(json_object_get(document, "at_work")), 1);
    json_decref(document);
}

Test(report, of_the_status_lists_runs)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = open_run("report_list");
    CLEANUP(report_status_release) struct report_status status = {0};
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    begin_run(&s, RUN_TWO);
    assert_done(report_load_status(s.db, NULL, &status, &err));
    report_render_status(&json, &status, &fixture_json);
    json_t *document = parse_json(&json);
    assert_schema(document, "status.schema.json");
    cr_expect_eq(json_array_size(json_object_get(document, "runs")), 2);
    cr_expect(json_is_null(json_object_get(document, "progress")));
    json_decref(document);
}
