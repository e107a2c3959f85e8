/* A run, a status and a plan made by hand. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct report_style fixture_text = {.format = REPORT_TEXT};
const struct report_style fixture_json = {.format = REPORT_JSON};

static char *
text(const char *constant)
{
    return memory_strdup(constant);
}

static const char mapping_text[] =
    "{\"version\": 1, \"name\": \"eleva\", \"target\": {},\n"
    " \"sources\": {\"app\": {\"env\": \"LEGACY\"}, \"audit\": {\"env\": \"AUDIT\"}},\n"
    " \"ids\": {\"user\": {\"file\": {\"path\": \"u.csv\", \"old_column\": \"o\","
    " \"new_column\": \"n\"}, \"many_to_one\": \"two accounts are one person\"}},\n"
    " \"literals\": [\"system\"],\n"
    " \"tables\": [\n"
    "  {\"source\": \"app\", \"from\": \"events\", \"where\": \"\\\"createdAt\\\" < now()\",\n"
    "   \"columns\": {\"org_id\": {\"from\": \"clerkUserId\", \"resolve\": \"user\","
    " \"unresolved\": \"null\",\n"
    "     \"reason\": \"people without an organization keep their events\"}}},\n"
    "  {\"source\": \"app\", \"from\": \"users\",\n"
    "   \"on_conflict\": {\"key\": [\"workos_user_id\"], \"do\": \"update\", \"set\": "
    "[\"role\"]}}],\n"
    " \"left_behind\": {\"app/session_packs\": \"no place in the new schema yet\","
    " \"audit/logs\": {\"reason\": \"moves with another mapping\"}}}\n";

static struct store_run
make_run(void)
{
    return (struct store_run){
        .run_id = text("0190a6e2-7c4e-7abc-8def-0123456789ab"),
        .name = text("eleva"),
        .state = text("done"),
        .outcome = text("2 tables, 1,230,004 rows"),
        .mapping_path = text("mappings/eleva.json"),
        .mapping_text = text(mapping_text),
        .mapping_digest = text("00112233445566778899aabbccddeeff"),
        .idmap_digests = text("{\"user\": \"aa00aa00aa00aa00aa00aa00aa00aa00\","
                              " \"owner_org\": \"bb00bb00bb00bb00bb00bb00bb00bb00\"}"),
        .sources = text("{\"app\": {\"host\": \"10.0.0.7\", \"port\": \"5432\", \"database\": "
                        "\"legacy\", \"role\": \"reader\","
                        " \"version\": 150018, \"password\": \"secret\", \"uri\": "
                        "\"postgres://reader:secret@10.0.0.7\"}}"),
        .target = text("{\"host\": \"/var/run/postgresql\", \"port\": \"5432\", \"database\": "
                       "\"app\", \"role\": \"owner\","
                       " \"version\": 160004, \"system_identifier\": \"7300000000000000001\"}"),
        .settings = text("{\"max_rejects\": \"0\", \"later\": [{\"max_rejects\": \"10\", "
                         "\"accept_changes\": true, \"at\": \"2026-11-20 17:42:00.5+00\"}]}"),
        .tool_version = text("0.1.0"),
        .operator= text("anna@ops-1"),
        .ticket = text("CHG-1234"),
        .approved_by = text("Bob"),
        .started_at = text("2026-11-20 17:40:00.123456+00"),
        .finished_at = text("2026-11-20 17:43:20.5+00"),
        .start_lsn = text("0/6635C90"),
        .end_lsn = text("0/90A6B18"),
        .exit_status = EXIT_DIFFERENT,
        .attempts = 2,
        .seconds = 200.25,
    };
}

static struct store_table *
make_tables(void)
{
    struct store_table *tables = memory_zalloc(2 * sizeof *tables);
    tables[0] = (struct store_table){
        .table_no = 1,
        .step = 0,
        .label = text("users"),
        .source_name = text("app"),
        .source_schema = text("public"),
        .source_table = text("users"),
        .target_schema = text("public"),
        .target_table = text("users"),
        .state = text("done"),
        .columns = text("[{\"to\": \"workos_user_id\", \"from\": \"clerkUserId\", \"how\":"
                        " \"resolved\", \"reason\": null}]"),
        .dropped = text("{\"first_name\": \"WorkOS is the source of names\"}"),
        .column_counts = text("{\"workos_user_id\": {\"resolved\": 9, \"already\": 1}}"),
        .rows_estimated = -1,
        .chunks = 1,
        .chunks_done = 1,
        .rows_read = 10,
        .rows_written = 4,
        .rows_merged = 5,
        .rows_skipped = 1,
        .rows_updated = 3,
        .seconds = 0.5,
        .began = 2};
    tables[1] = (struct store_table){
        .table_no = 0,
        .step = 1,
        .label = text("events"),
        .source_name = text("app"),
        .source_schema = text("public"),
        .source_table = text("events"),
        .target_schema = text("public"),
        .target_table = text("events"),
        .state = text("done"),
        .columns = text("[{\"to\": \"org_id\", \"from\": \"clerkUserId\", \"how\": \"resolved\","
                        " \"reason\": \"people without an organization keep their events\"}]"),
        .dropped = text("{}"),
        .column_counts = text("{\"org_id\": {\"resolved\": 1229997, \"nulled\": 3}}"),
        .rows_estimated = 1230500,
        .target_rows_before = 7,
        .chunks = 12,
        .chunks_done = 12,
        .rows_read = 1230003,
        .rows_written = 1230000,
        .rows_rejected = 3,
        .seconds = 123,
        .began = 2.5};
    return tables;
}

static struct store_reject_count *
make_reject_counts(void)
{
    struct store_reject_count *counts = memory_zalloc(sizeof *counts);
    counts[0] = (struct store_reject_count){.label = text("events"),
                                            .reason_code = text("id_unresolved"),
                                            .column_name = text("workos_user_id"),
                                            .rejects = 3};
    return counts;
}

static struct store_reject *
make_samples(void)
{
    struct store_reject *samples = memory_zalloc(sizeof *samples);
    samples[0] =
        (struct store_reject){.label = text("events"),
                              .source_key_digest = text("cc00cc00cc00cc00cc00cc00cc00cc00"),
                              .reason_code = text("id_unresolved"),
                              .column_name = text("workos_user_id"),
                              .old_id = text("user_2gone\033[31m\xE2\x80\xAE")};
    return samples;
}

static struct store_check *
make_checks(void)
{
    struct store_check *checks = memory_zalloc(4 * sizeof *checks);
    checks[0] = (struct store_check){
        .name = "rows", .table_no = 1, .label = text("users"), .verdict = "equal", .looked_at = 10};
    checks[1] = (struct store_check){.name = "rows",
                                     .table_no = 0,
                                     .label = text("events"),
                                     .verdict = "different",
                                     .looked_at = 1230000,
                                     .found = 40,
                                     .detail = text("40 rows are not what they must be"),
                                     .differences =
                                         text("[{\"key\": \"17\", \"column\": \"title\", "
                                              "\"expected\": \"digest:dd00\", \"found\": null}]"),
                                     .is_partial = true};
    checks[2] = (struct store_check){
        .name = "ids", .table_no = 1, .label = text("users"), .verdict = "equal", .looked_at = 10};
    checks[3] = (struct store_check){.name = "sequences",
                                     .table_no = -1,
                                     .verdict = "not checked",
                                     .detail = text("the role may not read events_id_seq")};
    return checks;
}

static struct store_progress *
make_points(void)
{
    struct store_progress *points = memory_zalloc(3 * sizeof *points);
    points[0] = (struct store_progress){.seconds = 2.5, .rows = 10};
    points[1] = (struct store_progress){.seconds = 60, .rows = 600000};
    points[2] = (struct store_progress){.seconds = 125.5, .rows = 1230013};
    return points;
}

struct report_model
fixture_model(void)
{
    struct store_idmap_count *maps = memory_zalloc(sizeof *maps);
    maps[0] = (struct store_idmap_count){.name = text("user"), .pairs = 2000};
    return (struct report_model){
        .run = make_run(),
        .tables = make_tables(),
        .table_count = 2,
        .maps = maps,
        .map_count = 1,
        .reject_counts = make_reject_counts(),
        .reject_count_count = 1,
        .reject_samples = make_samples(),
        .reject_sample_count = 1,
        .rejects = 3,
        .checks = make_checks(),
        .check_count = 4,
        .verified_at = text("2026-11-20 17:43:20.4+00"),
        .timing =
            {.first_chunk = 2, .last_chunk = 125.5, .set_aside = -1, .back = -1, .verified = 200},
        .points = make_points(),
        .point_count = 3,
        .forecast_seconds = -1,
    };
}

struct report_status
fixture_status(void)
{
    struct report_status status = {.control = STORE_CONTROL_INIT,
                                   .run_count = 1,
                                   .table_count = 2,
                                   .reject_count_count = 1,
                                   .holder_count = 1};
    status.runs = memory_zalloc(sizeof *status.runs);
    status.runs[0] = make_run();
    status.tables = make_tables();
    status.reject_counts = make_reject_counts();
    status.holders = memory_zalloc(sizeof *status.holders);
    memory_free_string(&status.runs[0].outcome);
    memory_free_string(&status.runs[0].finished_at);
    memory_free_string(&status.runs[0].state);
    memory_free_string(&status.tables[1].state);
    status.runs[0].state = text("running");
    status.tables[1].state = text("running");
    status.runs[0].exit_status = -1;
    status.control.jobs = 2;
    status.control.limits[CONTROL_ROWS_RATE] = 5000;
    status.control.limits[CONTROL_BYTES_RATE] = 0;
    status.control.waiting = text("for replica standby, which is 12.0 MB behind (at most 1.0 MB)");
    status.tables[1].rows_estimated = 2000000;
    status.tables[1].chunks = 20;
    status.holders[0] = (struct store_lock_holder){.pid = 4711,
                                                   .application_name = text("idmigrate run"),
                                                   .role = text("owner"),
                                                   .since = text("2026-11-20 17:39:59+00")};
    return status;
}

struct findings
fixture_findings(void)
{
    struct findings findings = FINDINGS_INIT;
    struct finding *finding = findings_add(&findings, "W-MADE-UP", "events", "price",
                                           "text becomes numeric: a value may not fit");
    finding = findings_add(&findings, "E-MADE-UP", "events", "workos_user_id",
                           "3 IDs are not in the map");
    finding->rows = 1203;
    finding_add_sample(finding, "user_2a");
    finding_add_sample(finding, "user_2b");
    finding_set_hint(finding,
                     "add them to the ID map, or say in \"unresolved\" what shall become of them");
    findings_add(&findings, "N-MADE-UP", NULL, NULL,
                 "the server does not tell how much disk is free");
    return findings;
}

/* What was rendered, beside the test's own files in the build tree, to be compared by hand. */
static void
save(const struct strbuf *out, const char *file)
{
    CLEANUP(memory_free_string) char *path = memory_printf("%s.found", file);
    FILE *stream = fopen(path, "wb");
    cr_assert_not_null(stream, "%s cannot be written", path);
    fwrite(out->data, 1, out->length, stream);
    fclose(stream);
}

void
assert_file(const struct strbuf *out, const char *file)
{
    CLEANUP(memory_free_string) char *path = memory_printf(DATA_DIR "/report/%s", file);
    CLEANUP(strbuf_release) struct strbuf expected = STRBUF_INIT;
    char piece[4096];
    size_t length;
    FILE *stream = fopen(path, "rb");
    cr_assert_not_null(stream, "%s cannot be read", path);
    while ((length = fread(piece, 1, sizeof piece, stream)) > 0)
        strbuf_add(&expected, piece, length);
    fclose(stream);
    if (strcmp(out->data, expected.data) == 0)
        return;
    save(out, file);
    cr_expect_fail("the rendering is not %s: diff it with %s.found", path, file);
}

json_t *
parse_json(const struct strbuf *out)
{
    json_error_t error;
    json_t *document = json_loadb(out->data, out->length, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(document, "line %d: %s\n%s", error.line, error.text, out->data);
    return document;
}
