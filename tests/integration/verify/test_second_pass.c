/* Rows that a second pass changed or took back, because the source changed while a run was
 * interrupted: they have several events. */
#include "fixture.h"

#include "idmigrate/digest.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(verify_second_pass, .timeout = 60);

enum { LINKS = 5 }; /* the table's place in the mapping */

static void
execute(const char *database, const char *sql)
{
    CLEANUP(test_disconnect) PGconn *connection = test_connect(database);
    test_execute(connection, sql);
}

/* The event of one link once more, with another action and the digest of another row. */
static void
add_event(const char *database, const char *link, const char *action, const char *line)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(digest_bytes(line, strlen(line)), hex);
    CLEANUP(memory_free_string)
    char *sql =
        memory_printf("INSERT INTO audit_logs (id, recorded_at, action, resource_type, "
                      "resource_id, old_values, new_values, metadata, row_digest, run_id)"
                      " SELECT gen_random_uuid(), now(), '%s', resource_type, resource_id, "
                      "old_values, new_values, metadata, decode('%s', 'hex'), run_id"
                      " FROM audit_logs WHERE resource_type = 'links' AND resource_id = '%s'",
                      action, hex, link);
    execute(database, sql);
}

/* As a second pass would leave it: link 3 is changed, link 4 is gone. */
static struct application
application_twice_moved(const char *name)
{
    struct application application = application_moved(name);
    CLEANUP(memory_free_string)
    char *ledger = memory_printf(
        "UPDATE idmigrate.chunk SET rows_read = rows_read - 1, rows_written = rows_written - 1,"
        " rows_updated = 1, rows_removed = 1 WHERE table_no = %d",
        LINKS);
    execute(application.source.name,
            "UPDATE links SET url = 'cc' WHERE id = 3; DELETE FROM links WHERE id = 4");
    execute(application.target.name,
            "UPDATE links SET url = 'cc' WHERE id = 3; DELETE FROM links WHERE id = 4");
    execute(application.target.name, ledger);
    add_event(application.target.name, "3", "ROW_UPDATED", "3\t3\tcc");
    add_event(application.target.name, "4", "ROW_REMOVED", "4\t\\N\td");
    return application;
}

static void
verify(const struct application *application, struct verify_result *result)
{
    CLEANUP(sides_close) struct sides sides;
    sides_open(&sides, application->source.conninfo, application->target.conninfo,
               DB_TARGET_READER);
    sides_find_run(&sides);
    sides_verify(&sides, true, result);
}

static void
assert_only_audit_differs(const struct verify_result *result, const char *named)
{
    CLEANUP(memory_free_string) char *text = result_describe(result);
    const struct store_check *audit = result_find(result, "audit", "links");
    cr_assert_str_eq(audit->verdict, "different", "%s", text);
    cr_assert(strstr(audit->differences, named) != NULL, "%s", text);
    cr_assert_str_eq(result_find(result, "rows", "links")->verdict, "equal", "%s", text);
}

Test(verify_second_pass, is_equal_when_its_events_say_what_is)
{
    CLEANUP(application_release)
    struct application application = application_twice_moved("verify_twice");
    CLEANUP(verify_result_release) struct verify_result result;
    verify(&application, &result);
    CLEANUP(memory_free_string) char *text = result_describe(&result);
    cr_assert_str_empty(text);
}

Test(verify_second_pass, is_different_when_a_change_has_no_event)
{
    CLEANUP(application_release)
    struct application application = application_twice_moved("verify_twice_silent");
    CLEANUP(verify_result_release) struct verify_result result;
    execute(application.source.name, "UPDATE links SET url = 'ccc' WHERE id = 3");
    execute(application.target.name, "UPDATE links SET url = 'ccc' WHERE id = 3");
    verify(&application, &result);
    assert_only_audit_differs(&result, "an event that says what the row is now");
}

Test(verify_second_pass, is_different_when_a_removal_has_no_event)
{
    CLEANUP(application_release)
    struct application application = application_twice_moved("verify_twice_gone");
    CLEANUP(verify_result_release) struct verify_result result;
    execute(application.source.name, "DELETE FROM links WHERE id = 3");
    execute(application.target.name, "DELETE FROM links WHERE id = 3");
    verify(&application, &result);
    assert_only_audit_differs(&result, "an event that takes the row back");
}
