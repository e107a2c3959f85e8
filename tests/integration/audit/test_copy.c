/* Events go into every layout an application may have, and come back the same. */
#include "log_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

/* What audit_copy_out() promises, by position. */
enum {
    ACTION,
    SOURCE_KEY_DIGEST,
    ROW_DIGEST,
    RESOURCE_ID,
    RESOURCE_TYPE,
    OLD_VALUES,
    NEW_VALUES,
    EVENT_ID,
    ACTOR_ID,
    ACTOR_TYPE,
    OUTCOME,
    REASON_CODE,
    TENANT,
    EVENT_VERSION,
    SOURCE,
    AS_WRITTEN,
    FIELDS
};
_Static_assert((int)FIELDS == (int)AUDIT_COPY_OUT_FIELDS, "one name for each field");

static const char OTHER_RUN_ID[] = "33333333-cccc-4ccc-8ccc-000000000003";

static void
write_events(struct log *target, struct audit_fixture *fixture, const char *run_id,
             char ids[][AUDIT_UUID_SIZE])
{
    log_write(AUDIT_TEXT, target, fixture, run_id, ids);
}

static char *
read_events(struct log *target, struct audit_fixture *fixture, const char *run_id,
            const char *since, size_t *count)
{
    struct audit_run run = {.run_id = run_id, .since = since};
    return log_read(target, fixture, &run, count);
}

static char *
field_of(const char *lines, size_t row, size_t field)
{
    for (; row > 0; row--)
        lines = strchr(lines, '\n') + 1;
    for (; field > 0; field--)
        lines += strcspn(lines, "\t\n") + 1;
    return memory_strndup(lines, strcspn(lines, "\t\n"));
}

static void
assert_field(const char *lines, size_t row, size_t field, const char *expected)
{
    CLEANUP(memory_free_string) char *found = field_of(lines, row, field);
    cr_expect_str_eq(found, expected, "row %zu, field %zu: '%s' and not '%s'", row, field, found,
                     expected);
}

static void
assert_same_events(const struct log_layout *layout, const char *lines, char ids[][AUDIT_UUID_SIZE])
{
    static const char *const actions[] = {"ROW_MIGRATED", "ROW_MERGED",  "ROW_SKIPPED",
                                          "ROW_REJECTED", "ROW_UPDATED", "ROW_REMOVED",
                                          "ROW_RESTORED"};
    static const char *const outcomes[] = {"success", "success", "skipped", "rejected",
                                           "success", "success", "success"};
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++) {
        bool is_nasty = i == 2;
        assert_field(lines, i, ACTION, actions[i]);
        assert_field(lines, i, SOURCE_KEY_DIGEST,
                     layout->has_key_digest ? "0123456789abcdef00000000000000ff" : "");
        assert_field(lines, i, ROW_DIGEST, "fedcba98765432100000000000000001");
        assert_field(lines, i, RESOURCE_ID, is_nasty ? "a\"b\\\\c\\td\\ne\x01\xc3\xa9'%" : "17");
        assert_field(lines, i, RESOURCE_TYPE, "event");
        assert_field(lines, i, OLD_VALUES,
                     is_nasty ? "{\"o\": \"a\\\\\"b\\\\\\\\c\\\\td\\\\ne\\\\u0001\xc3\xa9'%\"}"
                              : "{\"clerkUserId\": \"user_1\"}");
        assert_field(lines, i, NEW_VALUES,
                     is_nasty ? "{\"n\": null}"
                              : "{\"org_id\": null, \"workos_user_id\": \"user_01A\"}");
        assert_field(lines, i, EVENT_ID, layout->has_id ? ids[i] : "");
        assert_field(lines, i, TENANT, layout->has_tenant ? "org_01B" : "\\N");
        assert_field(lines, i, OUTCOME, layout->has_outcome ? outcomes[i] : "\\N");
        assert_field(lines, i, EVENT_VERSION, layout->has_outcome ? "1" : "\\N");
        assert_field(lines, i, SOURCE, layout->has_key_digest ? "app/public.events" : "\\N");
        assert_field(lines, i, AS_WRITTEN, "t");
    }
}

static void
try_layout(const char *name, const struct log_layout *layout)
{
    char ids[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE], other[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE];
    size_t count;
    CLEANUP(log_release) struct log target = log_open(name, layout);
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "public", "log", layout->columns);
    write_events(&target, &fixture, RUN_ID, ids);
    log_write(audit_best_format(&fixture.plan), &target, &fixture, OTHER_RUN_ID, other);
    CLEANUP(memory_free_string)
    char *lines = read_events(&target, &fixture, RUN_ID, RECORDED_AT, &count);
    cr_assert_eq(count, AUDIT_ACTION_COUNT, "%zu events", count);
    assert_same_events(layout, lines, ids);
    CLEANUP(memory_free_string)
    char *others = read_events(&target, &fixture, OTHER_RUN_ID, RECORDED_AT, &count);
    cr_assert_eq(count, AUDIT_ACTION_COUNT, "%zu events", count);
    assert_same_events(layout, others, other);
}

Test(copy, gives_events_back_from_a_table_with_a_column_for_everything)
{
    try_layout("audit_copy_everything", &log_layouts[0]);
}

Test(copy, gives_events_back_that_were_written_as_bytes)
{
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "public", "log", log_layouts[4].columns);
    cr_assert_eq(audit_best_format(&fixture.plan), AUDIT_BINARY);
    try_layout("audit_copy_bytes", &log_layouts[4]);
}

/* A number, an enum, or a name that may be anything. */
Test(copy, writes_text_where_a_column_has_other_bytes)
{
    static const struct fixture_column number[] = {
        {"v", "integer", AUDIT_FIELD_EVENT_VERSION, NULL}, {0}};
    static const struct fixture_column key[] = {{"k", "bytea", AUDIT_FIELD_RESOURCE_ID, NULL}, {0}};
    static const struct fixture_column time[] = {
        {"t", "timestamp with time zone", AUDIT_FIELD_VALUE, "now"}, {0}};
    const struct fixture_column *const all[] = {number, key, time};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        CLEANUP(fixture_release) struct audit_fixture fixture;
        fixture_init(&fixture, "public", "log", all[i]);
        cr_expect_eq(audit_best_format(&fixture.plan), AUDIT_TEXT, "%zu", i);
    }
}

Test(copy, gives_events_back_from_json_and_naive_rounded_times)
{
    try_layout("audit_copy_json", &log_layouts[1]);
}

Test(copy, gives_events_back_from_text_columns_that_hold_anything)
{
    try_layout("audit_copy_text", &log_layouts[2]);
}

Test(copy, gives_events_back_without_metadata)
{
    try_layout("audit_copy_no_metadata", &log_layouts[3]);
}

static void
assert_event_count(struct log *target, struct audit_fixture *fixture, const char *since,
                   size_t expected)
{
    size_t count;
    char *lines = read_events(target, fixture, RUN_ID, since, &count);
    memory_free_string(&lines);
    cr_expect_eq(count, expected, "%zu events and not %zu", count, expected);
}

Test(copy, reads_the_events_of_one_table_only)
{
    char ids[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE];
    char other_table[] = "meetings", other_type[] = "meeting";
    static const struct log_layout *const both[] = {&log_layouts[0], &log_layouts[3]};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(log_release) struct log target = log_open("audit_copy_table", both[i]);
        CLEANUP(fixture_release) struct audit_fixture fixture;
        fixture_init(&fixture, "public", "log", both[i]->columns);
        write_events(&target, &fixture, RUN_ID, ids);
        fixture.target.name = other_table;
        fixture.spec.resource_type = other_type;
        assert_event_count(&target, &fixture, RECORDED_AT, 0);
    }
}

Test(copy, reads_the_events_of_one_source_only)
{
    char ids[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE];
    char other_source[] = "old_events";
    CLEANUP(log_release) struct log target = log_open("audit_copy_source", &log_layouts[0]);
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "public", "log", log_layouts[0].columns);
    write_events(&target, &fixture, RUN_ID, ids);
    fixture.spec.from = other_source;
    assert_event_count(&target, &fixture, RECORDED_AT, 0);
}

Test(copy, reads_nothing_older_than_the_run)
{
    char ids[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE];
    CLEANUP(log_release) struct log target = log_open("audit_copy_since", &log_layouts[0]);
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "public", "log", log_layouts[0].columns);
    write_events(&target, &fixture, RUN_ID, ids);
    assert_event_count(&target, &fixture, "2026-11-20 17:40:02+00", 0);
    assert_event_count(&target, &fixture, NULL, AUDIT_ACTION_COUNT);
}

/* Runs a statement and says whether the one event left is as a run writes it. */
static bool
is_as_written_after(const char *name, const char *change)
{
    static const struct fixture_column columns[] = {
        {"id", "uuid", AUDIT_FIELD_ID, NULL},
        {"action", "text", AUDIT_FIELD_ACTION, NULL},
        {"meta", "json", AUDIT_FIELD_METADATA, NULL},
        {"digest", "bytea", AUDIT_FIELD_ROW_DIGEST, NULL},
        {"kind", "numeric", AUDIT_FIELD_VALUE, "1"},
        {"extra", "jsonb", AUDIT_FIELD_VALUE, "{\"a\":1}"},
        {"note", "jsonb", AUDIT_FIELD_VALUE, "text"},
        {"nothing", "text", AUDIT_FIELD_VALUE, NULL},
        {0}};
    static const struct log_layout layout = {"CREATE TABLE public.log (id uuid, action text, meta "
                                             "json, digest bytea, kind numeric, extra jsonb, note "
                                             "jsonb, nothing text)",
                                             columns,
                                             true,
                                             true,
                                             false,
                                             false};
    char ids[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE];
    size_t count;
    struct error err = ERROR_INIT;
    CLEANUP(log_release) struct log target = log_open(name, &layout);
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "public", "log", columns);
    write_events(&target, &fixture, RUN_ID, ids);
    cr_assert(db_execute(target.db, "DELETE FROM public.log WHERE action <> 'ROW_MIGRATED'", &err));
    cr_assert(db_execute(target.db, change, &err), "%s", err.text);
    CLEANUP(memory_free_string) char *lines = read_events(&target, &fixture, RUN_ID, NULL, &count);
    cr_assert_eq(count, 1);
    CLEANUP(memory_free_string) char *found = field_of(lines, 0, AS_WRITTEN);
    return strcmp(found, "t") == 0;
}

Test(copy, tells_what_no_field_says)
{
    static const char *const changes[] = {
        "UPDATE public.log SET kind = 2",
        "UPDATE public.log SET kind = NULL",
        "UPDATE public.log SET extra = '{}'",
        "UPDATE public.log SET note = '\"other\"'",
        "UPDATE public.log SET nothing = 'something'",
        "UPDATE public.log SET meta = (meta::jsonb || '{\"more\": 1}')::json",
        "UPDATE public.log SET meta = (meta::jsonb || '{\"row_digest\": \"\"}')::json",
    };
    cr_expect(is_as_written_after("audit_copy_rest", "SELECT"));
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        cr_expect_not(is_as_written_after("audit_copy_rest", changes[i]), "%s", changes[i]);
}

/* Events with the run's ID that belong to no table of the plan. */
Test(copy, finds_events_that_no_table_of_the_run_has)
{
    char ids[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE];
    char other_table[] = "meetings";
    CLEANUP(log_release) struct log target = log_open("audit_copy_strays", &log_layouts[0]);
    CLEANUP(fixture_release) struct audit_fixture fixture;
    struct error err = ERROR_INIT;
    const char *line;
    size_t length;
    fixture_init(&fixture, "public", "log", log_layouts[0].columns);
    fixture.plan.tables = &fixture.entry;
    fixture.plan.table_count = 1;
    write_events(&target, &fixture, RUN_ID, ids);
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
        int strays = 0;
        fixture.target.name = i == 1 ? other_table : fixture.target.name;
        struct audit_run run = {.run_id = RUN_ID, .since = RECORDED_AT};
        audit_copy_strays(&sql, &fixture.plan, &run);
        cr_assert(db_copy_out_begin(target.db, sql.data, &err), "%s\n%s", err.text, sql.data);
        while (db_copy_out_next(target.db, &line, &length, &err) && line != NULL)
            strays++;
        cr_expect_eq(strays, i == 0 ? 0 : AUDIT_ACTION_COUNT);
    }
}

/* The default table, made from sql/install, takes the writer's lines. */
Test(copy, fills_the_default_table)
{
    static const struct log_layout layout = {"SELECT", NULL, true, true, true, true};
    static const enum audit_format formats[] = {AUDIT_TEXT, AUDIT_BINARY};
    const char *const runs[] = {RUN_ID, OTHER_RUN_ID};
    char ids[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE];
    size_t count;
    CLEANUP(log_release) struct log target = log_open("audit_copy_default", &layout);
    CLEANUP(fixture_release) struct audit_fixture fixture;
    struct error err = ERROR_INIT;
    fixture_init(&fixture, "public", "log", NULL);
    test_run_file(target.database.name, "sql/install/idmigrate.sql", NULL);
    cr_assert(audit_install(target.db, &fixture.plan, &err), "%s", err.text);
    cr_assert_eq(audit_best_format(&fixture.plan), AUDIT_BINARY);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        log_write(formats[i], &target, &fixture, runs[i], ids);
        CLEANUP(memory_free_string)
        char *lines = read_events(&target, &fixture, runs[i], RECORDED_AT, &count);
        cr_assert_eq(count, AUDIT_ACTION_COUNT);
        assert_same_events(&layout, lines, ids);
    }
    CLEANUP(db_result_free) struct db_result *result = NULL;
    cr_assert(db_query(target.db,
                       "SELECT pg_catalog.string_agg(DISTINCT recorded_at::text, ' ') FROM "
                       "public.log",
                       0, NULL, &result, &err),
              "%s", err.text);
    cr_expect_str_eq(db_result_text(result, 0, 0), RECORDED_AT);
}
