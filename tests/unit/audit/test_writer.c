/* Lines of COPY text, byte for byte. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

/* One event's line with the UUID that it got replaced by "<id>"; to be freed. */
static char *
write_event(struct audit_fixture *fixture, const struct audit_event *event)
{
    char id[AUDIT_UUID_SIZE];
    struct strbuf line = STRBUF_INIT, shown = STRBUF_INIT;
    struct audit_writer *writer = audit_writer_new(&fixture->plan, RUN_ID, AUDIT_TEXT);
    audit_writer_set_time(writer, RECORDED_AT);
    audit_writer_add(writer, event, &line, id);
    audit_writer_free(&writer);
    for (const char *rest = line.data; *rest != '\0'; rest++) {
        bool is_id = strncmp(rest, id, strlen(id)) == 0;
        strbuf_add_string(&shown, is_id ? "<id>" : "");
        if (is_id)
            rest += strlen(id) - 1;
        else
            strbuf_add_char(&shown, *rest);
    }
    strbuf_release(&line);
    return strbuf_take(&shown);
}

static void
assert_event(const struct fixture_column *columns, const struct audit_event *event,
             const char *expected)
{
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "public", "audit_logs", columns);
    CLEANUP(memory_free_string) char *line = write_event(&fixture, event);
    cr_expect_str_eq(line, expected, "\nis:        %sshall be: %s", line, expected);
}

/* One field of an own layout, with the column's type. */
static void
assert_field(const char *type, enum audit_field field, const char *value,
             const struct audit_event *event, const char *expected)
{
    const struct fixture_column columns[] = {{"x", type, field, value}, {0}};
    CLEANUP(memory_free_string) char *line = memory_printf("%s\n", expected);
    assert_event(columns, event, line);
}

Test(writer, fills_the_default_layout)
{
    assert_event(
        NULL, &fixture_event,
        "<id>\t" RECORDED_AT "\tROW_MIGRATED\tevent\t17\tidmigrate\torg_01B\tsuccess\t\\N\t"
        "{\"clerkUserId\": \"user_1\"}\t{\"org_id\": null, \"workos_user_id\": \"user_01A\"}\t"
        "{\"table\": \"public.events\", \"source\": \"app/public.events\", "
        "\"source_key_digest\": \"0123456789abcdef00000000000000ff\"}\t"
        "\\\\xfedcba98765432100000000000000001\t" RUN_ID "\n");
}

Test(writer, puts_all_that_is_needed_into_an_own_tables_metadata)
{
    struct audit_event rejected = fixture_event;
    rejected.action = AUDIT_REJECTED;
    rejected.reason_code = "id_unresolved";
    const struct fixture_column columns[] = {{"action", "text", AUDIT_FIELD_ACTION, NULL},
                                             {"metadata", "jsonb", AUDIT_FIELD_METADATA, NULL},
                                             {0}};
    assert_event(columns, &rejected,
                 "ROW_REJECTED\t{\"run_id\": \"" RUN_ID
                 "\", \"tool\": \"idmigrate " IDMIGRATE_VERSION "\", "
                 "\"table\": \"public.events\", \"source\": \"app/public.events\", "
                 "\"source_key_digest\": \"0123456789abcdef00000000000000ff\", "
                 "\"row_digest\": \"fedcba98765432100000000000000001\", \"reason_code\": "
                 "\"id_unresolved\"}\n");
}

Test(writer, of_an_undo_says_which_run_it_takes_back)
{
    const struct fixture_column columns[] = {{"metadata", "jsonb", AUDIT_FIELD_METADATA, NULL},
                                             {0}};
    CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "public", "audit_logs", columns);
    CLEANUP(audit_writer_free)
    struct audit_writer *writer =
        audit_writer_new_undo(&fixture.plan, "01935b6e-0000-7000-8000-00000000aaaa", RUN_ID);
    audit_writer_set_time(writer, RECORDED_AT);
    audit_writer_add(writer, &fixture_event, &line, NULL);
    cr_expect(strstr(line.data, "{\"run_id\": \"01935b6e-0000-7000-8000-00000000aaaa\"") ==
                  line.data,
              "%s", line.data);
    cr_expect(strstr(line.data, "\"undoes\": \"" RUN_ID "\", \"table\"") != NULL, "%s", line.data);
}

Test(writer, says_the_outcome_of_every_action)
{
    static const char *const outcomes[] = {"success", "success", "skipped", "rejected",
                                           "success", "success", "success"};
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++) {
        struct audit_event event = fixture_event;
        event.action = (enum audit_action)i;
        assert_field("text", AUDIT_FIELD_OUTCOME, NULL, &event, outcomes[i]);
    }
}

Test(writer, writes_each_type_as_the_server_reads_it)
{
    const struct audit_event *e = &fixture_event;
    assert_field("timestamp without time zone", AUDIT_FIELD_RECORDED_AT, NULL, e,
                 "2026-11-20 17:40:00.123456");
    assert_field("timestamp with time zone", AUDIT_FIELD_RECORDED_AT, NULL, e, RECORDED_AT);
    assert_field("jsonb", AUDIT_FIELD_RECORDED_AT, NULL, e, "\"" RECORDED_AT "\"");
    assert_field("bytea", AUDIT_FIELD_ROW_DIGEST, NULL, e, "\\\\xfedcba98765432100000000000000001");
    assert_field("uuid", AUDIT_FIELD_ROW_DIGEST, NULL, e, "fedcba98765432100000000000000001");
    assert_field("json", AUDIT_FIELD_ROW_DIGEST, NULL, e, "\"fedcba98765432100000000000000001\"");
    assert_field("json", AUDIT_FIELD_RESOURCE_ID, NULL, e, "\"17\"");
    assert_field("character varying", AUDIT_FIELD_RESOURCE_ID, NULL, e, "17");
    assert_field("uuid", AUDIT_FIELD_RUN_ID, NULL, e, RUN_ID);
    assert_field("smallint", AUDIT_FIELD_EVENT_VERSION, NULL, e, "1");
    assert_field("text", AUDIT_FIELD_ACTOR_TYPE, NULL, e, "system");
}

Test(writer, leaves_a_uuid_column_null_where_the_text_is_none)
{
    struct audit_event event = fixture_event;
    assert_field("uuid", AUDIT_FIELD_TENANT, NULL, &event, "\\N");
    event.tenant = RUN_ID;
    event.tenant_length = strlen(RUN_ID);
    assert_field("uuid", AUDIT_FIELD_TENANT, NULL, &event, RUN_ID);
    event.tenant = NULL;
    assert_field("text", AUDIT_FIELD_TENANT, NULL, &event, "\\N");
    assert_field("jsonb", AUDIT_FIELD_TENANT, NULL, &event, "\\N");
}

Test(writer, writes_constants_of_the_mapping)
{
    const struct audit_event *e = &fixture_event;
    assert_field("text", AUDIT_FIELD_VALUE, "a\tb\\c", e, "a\\tb\\\\c");
    assert_field("text", AUDIT_FIELD_VALUE, NULL, e, "\\N");
    assert_field("jsonb", AUDIT_FIELD_VALUE, "migration", e, "\"migration\"");
    assert_field("jsonb", AUDIT_FIELD_VALUE, "{\"a\": [1]}", e, "{\"a\": [1]}");
}

Test(writer, escapes_for_copy_and_for_json)
{
    static const char nasty[] = "a\"b\\c\td\ne\x01\x7f\xc3\xa9";
    struct audit_event event = fixture_event;
    struct audit_id id = {
        .old_name = "o\"", .new_name = "n", .new_id = nasty, .new_length = sizeof nasty - 1};
    event.resource_id = nasty;
    event.resource_id_length = sizeof nasty - 1;
    event.ids = &id;
    event.id_count = 1;
    assert_field("text", AUDIT_FIELD_RESOURCE_ID, NULL, &event,
                 "a\"b\\\\c\\td\\ne\x01\x7f\xc3\xa9");
    assert_field("jsonb", AUDIT_FIELD_NEW_VALUES, NULL, &event,
                 "{\"n\": \"a\\\\\"b\\\\\\\\c\\\\td\\\\ne\\\\u0001\x7f\xc3\xa9\"}");
    assert_field("jsonb", AUDIT_FIELD_OLD_VALUES, NULL, &event, "{\"o\\\\\"\": null}");
}

/* As jsonb has them, so that what is sent is what will be stored: shorter names first. */
Test(writer, orders_members_as_jsonb_does)
{
    struct audit_event event = fixture_event;
    struct audit_id ids[] = {
        {.old_name = "zz", .new_name = "owner", .old_id = "1", .old_length = 1},
        {.old_name = "b", .new_name = "\xc3\xa9", .old_id = "2", .old_length = 1},
        {.old_name = "zz", .new_name = "zz", .old_id = "3", .old_length = 1},
        {.old_name = "aa", .new_name = "a", .old_id = "4", .old_length = 1},
    };
    event.ids = ids;
    event.id_count = sizeof ids / sizeof ids[0];
    assert_field("jsonb", AUDIT_FIELD_OLD_VALUES, NULL, &event,
                 "{\"b\": \"2\", \"aa\": \"4\", \"zz\": \"1\"}");
    assert_field("jsonb", AUDIT_FIELD_NEW_VALUES, NULL, &event,
                 "{\"a\": null, \"zz\": null, \"\xc3\xa9\": null, \"owner\": null}");
}

Test(writer, names_an_expression_by_the_column_it_fills)
{
    struct audit_event event = fixture_event;
    struct audit_id id = {.new_name = "owner", .old_id = "x", .old_length = 1};
    event.ids = &id;
    event.id_count = 1;
    assert_field("jsonb", AUDIT_FIELD_OLD_VALUES, NULL, &event, "{\"owner\": \"x\"}");
}

Test(writer, writes_empty_objects_for_a_row_without_ids)
{
    struct audit_event event = fixture_event;
    event.id_count = 0;
    assert_field("jsonb", AUDIT_FIELD_OLD_VALUES, NULL, &event, "{}");
    assert_field("jsonb", AUDIT_FIELD_NEW_VALUES, NULL, &event, "{}");
}

Test(writer, names_its_columns_quoted)
{
    static const struct fixture_column columns[] = {{"Event \"ID\"", "uuid", AUDIT_FIELD_ID, NULL},
                                                    {"action", "text", AUDIT_FIELD_ACTION, NULL},
                                                    {0}};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "my schema", "log", columns);
    audit_copy_in(&sql, &fixture.plan, AUDIT_TEXT);
    cr_expect_str_eq(sql.data,
                     "COPY \"my schema\".\"log\" (\"Event \"\"ID\"\"\", \"action\") FROM STDIN");
}
