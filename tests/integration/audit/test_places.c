/* Where the events of a table are, and that they are read there. */
#include "log_fixture.h"

#include <criterion/criterion.h>

static const char OTHER_RUN_ID[] = "33333333-cccc-4ccc-8ccc-000000000003";

static void
assert_count_at(struct log *target, struct audit_fixture *fixture,
                const struct audit_places *places, size_t expected)
{
    struct audit_run run = {.run_id = RUN_ID, .places = places};
    size_t count;
    char *lines = log_read(target, fixture, &run, &count);
    memory_free_string(&lines);
    cr_expect_eq(count, expected, "%zu events and not %zu", count, expected);
}

static struct audit_places *
load_places(struct log *target, struct audit_fixture *fixture)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct audit_run run = {.run_id = RUN_ID};
    struct error err = ERROR_INIT;
    cr_assert(audit_sql_places(&sql, &fixture->plan, &run));
    cr_assert(db_query(target->db, sql.data, 0, NULL, &result, &err), "%s", err.text);
    return audit_places_new(result);
}

/* Once the places are known, an event elsewhere is not read: so it is at them that is looked. */
static void
try_places(const char *name, const struct log_layout *layout)
{
    char ids[AUDIT_ACTION_COUNT][AUDIT_UUID_SIZE];
    char other_table[] = "meetings", other_type[] = "meeting";
    CLEANUP(log_release) struct log target = log_open(name, layout);
    CLEANUP(fixture_release) struct audit_fixture fixture;
    fixture_init(&fixture, "public", "log", layout->columns);

    log_write(AUDIT_TEXT, &target, &fixture, RUN_ID, ids);
    log_write(AUDIT_TEXT, &target, &fixture, OTHER_RUN_ID, ids);
    CLEANUP(audit_places_free) struct audit_places *places = load_places(&target, &fixture);
    cr_expect_eq(audit_places_events(places), AUDIT_ACTION_COUNT);
    log_write(AUDIT_TEXT, &target, &fixture, RUN_ID, ids);
    assert_count_at(&target, &fixture, places, AUDIT_ACTION_COUNT);
    assert_count_at(&target, &fixture, NULL, (size_t)2 * AUDIT_ACTION_COUNT);
    fixture.target.name = other_table;
    fixture.spec.resource_type = other_type;
    assert_count_at(&target, &fixture, places, 0);
}

Test(places, reads_where_the_events_of_a_table_are)
{
    try_places("audit_copy_places", &log_layouts[0]);
    try_places("audit_copy_places_type", &log_layouts[3]);
}

Test(places, knows_no_places_in_a_view)
{
    CLEANUP(fixture_release) struct audit_fixture fixture;
    struct catalog_table view = {.kind = 'v'};
    struct audit_run run = {.run_id = RUN_ID};
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    fixture_init(&fixture, "public", "log", log_layouts[0].columns);
    fixture.plan.audit = &view;
    cr_expect_not(audit_sql_places(&sql, &fixture.plan, &run));
}
