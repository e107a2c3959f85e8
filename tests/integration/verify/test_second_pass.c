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

/* The event of one link once more, later, with another action, reason and digest of its row. */
static void
add_event(const char *database, const char *link, const char *action, const char *reason,
          const char *line)
{
    static int added;
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(digest_bytes(line, strlen(line)), hex);
    CLEANUP(memory_free_string)
    char *sql = memory_printf(
        "INSERT INTO audit_logs (id, recorded_at, action, resource_type, resource_id, actor_id, "
        "outcome, reason_code, old_values, new_values, metadata, row_digest, run_id)"
        " SELECT 'ffffffff-0000-7000-8000-00000000%04d', now(), '%s', resource_type, resource_id, "
        "actor_id, 'success', %s, old_values, new_values, metadata, decode('%s', 'hex'), run_id"
        " FROM audit_logs WHERE resource_type = 'links' AND resource_id = '%s' AND id < "
        "'ff000000-0000-0000-0000-000000000000'",
        ++added, action, reason, hex, link);
    execute(database, sql);
}

static void
begin_pass(const char *database, int table)
{
    CLEANUP(memory_free_string)
    char *sql = memory_printf("UPDATE idmigrate.run_table SET pass = 1 WHERE table_no = %d", table);
    execute(database, sql);
}

/* As a second pass would leave it: link 3 is changed, link 4 is gone. */
static struct application
application_twice_moved(const char *name)
{
    struct application application = application_moved(name);
    CLEANUP(memory_free_string)
    char *ledger = memory_printf(
        "UPDATE idmigrate.chunk SET state = 'superseded' WHERE table_no = %d;"
        "INSERT INTO idmigrate.chunk (run_id, table_no, chunk_no, pass, state, kind, rows_read, "
        "rows_written, rows_merged, rows_skipped, rows_rejected, rows_unchanged, rows_updated, "
        "rows_removed, "
        "source_digest) SELECT run_id, table_no, max(chunk_no) + 1, 1, 'done', 'part', "
        "sum(rows_read) - 1, "
        "sum(rows_written) - 1, sum(rows_merged), sum(rows_skipped), sum(rows_rejected), "
        "sum(rows_read) - 2, 1, 1, min(source_digest) FROM idmigrate.chunk WHERE table_no = %d "
        "GROUP BY run_id, table_no",
        LINKS, LINKS);
    execute(application.source.name,
            "UPDATE links SET url = 'cc' WHERE id = 3; DELETE FROM links WHERE id = 4");
    execute(application.target.name,
            "UPDATE links SET url = 'cc' WHERE id = 3; DELETE FROM links WHERE id = 4");
    execute(application.target.name, ledger);
    begin_pass(application.target.name, LINKS);
    add_event(application.target.name, "3", "ROW_UPDATED", "NULL", "3\t3\tcc");
    add_event(application.target.name, "4", "ROW_REMOVED", "'gone_from_source'", "4\t\\N\td");
    return application;
}

/* One more pass over the links, which found `changes` rows to write an event about. */
static void
add_pass(const char *database, int read, int written, int rejected, int updated, int changes)
{
    CLEANUP(memory_free_string)
    char *sql = memory_printf("WITH old AS (UPDATE idmigrate.chunk SET state = 'superseded' WHERE "
                              "table_no = %d AND state = 'done' RETURNING *)"
                              "INSERT INTO idmigrate.chunk (run_id, table_no, chunk_no, pass, "
                              "state, kind, rows_read, rows_written, "
                              "rows_merged, rows_skipped, rows_rejected, rows_unchanged, "
                              "rows_updated, rows_removed, source_digest)"
                              " SELECT run_id, table_no, max(chunk_no) + 1, 2, 'done', 'part', %d, "
                              "%d, 0, 0, %d, %d, %d, 0, min(source_digest)"
                              " FROM old GROUP BY run_id, table_no",
                              LINKS, read, written, rejected, read - changes, updated);
    execute(database, sql);
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
assert_audit_differs(const struct verify_result *result, const char *named)
{
    CLEANUP(memory_free_string) char *text = result_describe(result);
    const struct store_check *audit = result_find(result, "audit", "links");
    cr_assert_str_eq(audit->verdict, "different", "%s", text);
    cr_assert(strstr(audit->differences, named) != NULL, "%s", text);
}

static void
assert_only_audit_differs(const struct verify_result *result, const char *named)
{
    CLEANUP(memory_free_string) char *text = result_describe(result);
    assert_audit_differs(result, named);
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
    assert_only_audit_differs(&result, "row digest");
}

Test(verify_second_pass, is_different_when_a_removal_has_no_event)
{
    CLEANUP(application_release)
    struct application application = application_twice_moved("verify_twice_gone");
    CLEANUP(verify_result_release) struct verify_result result;
    execute(application.source.name, "DELETE FROM links WHERE id = 3");
    execute(application.target.name, "DELETE FROM links WHERE id = 3");
    verify(&application, &result);
    assert_audit_differs(&result, "one that takes it back when it is gone");
}

/* An ID map that was completed: what was rejected before has been written since. */
Test(verify_second_pass, takes_the_last_event_of_a_row_for_what_holds)
{
    CLEANUP(application_release)
    struct application application = application_twice_moved("verify_twice_completed");
    CLEANUP(verify_result_release) struct verify_result result;
    execute(application.target.name,
            "SET session_replication_role = replica; ALTER TABLE audit_logs DISABLE TRIGGER ALL;"
            "DO $$ DECLARE part regclass; BEGIN FOR part IN SELECT relid FROM "
            "pg_partition_tree('audit_logs') LOOP "
            "EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', part); END LOOP; END $$;"
            "UPDATE audit_logs SET action = 'ROW_REJECTED', outcome = 'rejected', reason_code = "
            "'id_unresolved'"
            " WHERE resource_type = 'links' AND resource_id = '1'");
    add_pass(application.target.name, 4, 3, 1, 0, 1);
    add_event(application.target.name, "1", "ROW_MIGRATED", "NULL", "1\t2\ta");
    verify(&application, &result);
    CLEANUP(memory_free_string) char *text = result_describe(&result);
    cr_assert_str_empty(text);
}

/* A row that was rejected, and that the source does not have any more, left nothing but its event.
 */
Test(verify_second_pass, leaves_alone_the_reject_of_a_row_that_is_gone)
{
    CLEANUP(application_release)
    struct application application = application_twice_moved("verify_twice_gone_reject");
    CLEANUP(verify_result_release) struct verify_result result;
    execute(application.source.name, "DELETE FROM links WHERE id = 9");
    execute(application.target.name,
            "DELETE FROM idmigrate.reject WHERE source_key = '9' AND table_no = 5");
    add_pass(application.target.name, 3, 3, 0, 0, 0);
    verify(&application, &result);
    CLEANUP(memory_free_string) char *text = result_describe(&result);
    cr_assert_str_empty(text);
}

/* Nothing is left that such an event could be compared with; but the ledger knows how many there
 * are, and who writes them is known. */
Test(verify_second_pass, counts_the_events_of_the_past)
{
    CLEANUP(application_release)
    struct application application = application_twice_moved("verify_twice_forged");
    CLEANUP(verify_result_release) struct verify_result result;
    execute(application.target.name,
            "INSERT INTO audit_logs (id, action, resource_type, resource_id, actor_id, outcome, "
            "reason_code, metadata, run_id)"
            " SELECT 'ffffffff-0000-7000-8000-0000000fffff', 'ROW_REJECTED', resource_type, '77', "
            "'mallory', "
            "'rejected', 'id_unresolved', metadata || jsonb_build_object('source_key_digest', "
            "md5('x')), run_id"
            " FROM audit_logs WHERE resource_type = 'links' AND resource_id = '2'");
    verify(&application, &result);
    CLEANUP(memory_free_string) char *text = result_describe(&result);
    cr_assert(strstr(result_find(&result, "accounting", "links")->differences,
                     "events of all passes") != NULL,
              "%s", text);
    cr_assert(strstr(result_find(&result, "audit", "links")->differences, "mallory") != NULL, "%s",
              text);
}
