/* The default audit table: months, append-only, made once. */
#include "idmigrate_test.h"

#include "../../unit/audit/fixture.h"
#include "idmigrate/store.h"

#include <criterion/criterion.h>
#include <string.h>

struct target {
    struct test_database database;
    struct db *db;
    PGconn *own;
    struct audit_fixture fixture;
};

static struct target
target_open(const char *name, const char *table)
{
    struct error err = ERROR_INIT;
    struct target target = {.database = test_database_create(name)};
    cr_assert(db_open(&target.db, target.database.conninfo, "target", DB_TARGET, "test", &err),
              "%s", err.text);
    cr_assert(store_install(target.db, &err), "%s", err.text);
    target.own = test_connect(target.database.name);
    fixture_init(&target.fixture, "public", table, NULL);
    return target;
}

static void
target_release(struct target *target)
{
    fixture_release(&target->fixture);
    test_disconnect(&target->own);
    db_close(&target->db);
    test_database_release(&target->database);
}

static void
assert_installed(struct target *target)
{
    struct error err = ERROR_INIT;
    target->fixture.plan.mapping = &target->fixture.mapping; /* the value was moved */
    cr_assert(audit_install(target->db, &target->fixture.plan, &err), "%s / %s", err.text,
              err.hint);
}

static long long
count_partitions(struct target *target)
{
    return test_query_number(
        target->own, "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'");
}

static void
add_event(struct target *target, const char *when)
{
    CLEANUP(memory_free_string)
    char *sql =
        memory_printf("INSERT INTO public.audit_logs (id, recorded_at, action, resource_type)"
                      " VALUES (gen_random_uuid(), now() + interval '%s', 'X', 'y')",
                      when);
    test_execute(target->own, sql);
}

static void
assert_refused(struct target *target, const char *sql)
{
    PGresult *result = PQexec(target->own, sql);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    cr_expect_str_eq(state != NULL ? state : "", "42501", "%s: %s", sql,
                     PQresultErrorMessage(result));
    PQclear(result);
}

Test(install, makes_this_month_and_the_next_three)
{
    CLEANUP(target_release) struct target t = target_open("audit_install_months", "audit_logs");
    assert_installed(&t);
    cr_expect_eq(count_partitions(&t), 5, "four months and the default");
    add_event(&t, "0");
    add_event(&t, "2 months");
    cr_expect_eq(test_query_number(t.own, "SELECT count(*) FROM public.audit_logs_default"), 0);
    add_event(&t, "2 years");
    cr_expect_eq(test_query_number(t.own, "SELECT count(*) FROM public.audit_logs_default"), 1);
}

Test(install, twice_changes_nothing)
{
    CLEANUP(target_release) struct target t = target_open("audit_install_twice", "audit_logs");
    assert_installed(&t);
    assert_installed(&t);
    cr_expect_eq(count_partitions(&t), 5);
}

Test(install, respects_months_that_somebody_else_cut)
{
    CLEANUP(target_release) struct target t = target_open("audit_install_cut", "audit_logs");
    assert_installed(&t);
    test_execute(
        t.own,
        "DO $$ DECLARE p text; BEGIN FOR p IN SELECT oid::regclass FROM pg_class WHERE "
        "relispartition"
        " AND relkind = 'r' AND relname <> 'audit_logs_default' LOOP EXECUTE 'DROP TABLE ' || p;"
        " END LOOP; END $$;"
        " DO $$ BEGIN EXECUTE format('CREATE TABLE quarter PARTITION OF audit_logs FOR VALUES FROM "
        "(%L) TO (%L)',"
        " date_trunc('month', now()) - interval '2 months', date_trunc('month', now()) + interval "
        "'1 month'); END $$");
    assert_installed(&t);
    cr_expect_eq(count_partitions(&t), 5, "three months beside the quarter and the default");
}

Test(install, leaves_a_month_to_the_default_that_has_its_events)
{
    CLEANUP(target_release) struct target t = target_open("audit_install_default", "audit_logs");
    assert_installed(&t);
    test_execute(t.own, "DO $$ BEGIN EXECUTE format('DROP TABLE audit_logs_p%s',"
                        " to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')); END $$");
    add_event(&t, "0");
    assert_installed(&t);
    cr_expect_eq(count_partitions(&t), 4);
}

Test(install, makes_what_nobody_can_change)
{
    static const char *const changes[] = {
        "UPDATE public.audit_logs SET action = 'Z'",
        "DELETE FROM public.audit_logs",
        "TRUNCATE public.audit_logs",
        "TRUNCATE public.audit_logs_default",
        "DELETE FROM public.audit_logs_default",
    };
    CLEANUP(target_release) struct target t = target_open("audit_install_append", "audit_logs");
    assert_installed(&t);
    add_event(&t, "0");
    add_event(&t, "2 years");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        assert_refused(&t, changes[i]);
    /* Triggers that are only enabled would be silent now. */
    test_execute(t.own, "SET session_replication_role = replica");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        assert_refused(&t, changes[i]);
}

Test(install, protects_a_month_by_itself)
{
    CLEANUP(target_release) struct target t = target_open("audit_install_month", "audit_logs");
    assert_installed(&t);
    add_event(&t, "0");
    CLEANUP(memory_free_string)
    char *month = test_query_text(t.own, "SELECT tableoid::regclass FROM public.audit_logs");
    CLEANUP(memory_free_string) char *truncate = memory_printf("TRUNCATE public.%s", month);
    assert_refused(&t, truncate);
    CLEANUP(memory_free_string)
    char *delete_all =
        memory_printf("SET session_replication_role = replica; DELETE FROM public.%s", month);
    assert_refused(&t, delete_all);
}

/* Two names that are the same as far as the name of a month has room for them. */
Test(install, cuts_names_that_are_too_long_and_keeps_them_apart)
{
    struct error err = ERROR_INIT;
    CLEANUP(target_release)
    struct target t = target_open("audit_install_long",
                                  "audit log of the organisation for the purposes of security");
    CLEANUP(fixture_release) struct audit_fixture other;
    assert_installed(&t);
    assert_installed(&t);
    cr_expect_eq(count_partitions(&t), 5);
    fixture_init(&other, "public", "audit log of the organisation for the purposes of seclusion",
                 NULL);
    cr_assert(audit_install(t.db, &other.plan, &err), "%s", err.text);
    cr_expect_eq(count_partitions(&t), 10);
}

Test(install, two_tables_live_side_by_side)
{
    CLEANUP(target_release) struct target t = target_open("audit_install_two", "audit_logs");
    CLEANUP(fixture_release) struct audit_fixture other;
    struct error err = ERROR_INIT;
    assert_installed(&t);
    fixture_init(&other, "public", "other_logs", NULL);
    cr_assert(audit_install(t.db, &other.plan, &err), "%s", err.text);
    cr_expect_eq(count_partitions(&t), 10);
}

Test(install, does_not_touch_an_applications_own_table)
{
    static const struct fixture_column columns[] = {{"m", "jsonb", AUDIT_FIELD_METADATA, NULL},
                                                    {0}};
    struct error err = ERROR_INIT;
    CLEANUP(target_release) struct target t = target_open("audit_install_own", "audit_logs");
    CLEANUP(fixture_release) struct audit_fixture own;
    fixture_init(&own, "public", "own_logs", columns);
    cr_assert(audit_install(t.db, &own.plan, &err), "%s", err.text);
    cr_expect_eq(
        test_query_number(t.own, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 0);
}

Test(install, without_the_privilege_says_what_to_grant)
{
    struct error err = ERROR_INIT;
    CLEANUP(target_release) struct target t = target_open("audit_install_denied", "audit_logs");
    t.fixture.plan.mapping = &t.fixture.mapping;
    test_execute(t.own,
                 "DROP ROLE IF EXISTS audit_install_nobody; CREATE ROLE audit_install_nobody");
    cr_assert(db_execute(t.db, "SET ROLE audit_install_nobody", &err));
    cr_expect(!audit_install(t.db, &t.fixture.plan, &err));
    cr_expect_eq(err.code, EXIT_REFUSED);
    cr_expect_not_null(strstr(err.hint, "idmigrate check --ddl"), "%s", err.hint);
    cr_assert(db_execute(t.db, "RESET ROLE", &(struct error)ERROR_INIT));
    test_execute(t.own, "DROP ROLE audit_install_nobody");
}

/* A month that a role may not add is left to the default partition. */
Test(install, needs_no_ownership_of_a_table_that_is_there)
{
    struct error err = ERROR_INIT;
    CLEANUP(target_release) struct target t = target_open("audit_install_owned", "audit_logs");
    assert_installed(&t);
    test_execute(t.own,
                 "DO $$ BEGIN EXECUTE format('DROP TABLE audit_logs_p%s',"
                 " to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')); END $$;"
                 " DROP ROLE IF EXISTS audit_install_writer; CREATE ROLE audit_install_writer;"
                 " GRANT SELECT, INSERT ON audit_logs TO audit_install_writer");
    cr_assert(db_execute(t.db, "SET ROLE audit_install_writer", &err));
    cr_expect(audit_install(t.db, &t.fixture.plan, &err), "%s", err.text);
    cr_expect_eq(count_partitions(&t), 4);
    cr_assert(db_execute(t.db, "RESET ROLE", &(struct error)ERROR_INIT));
    test_execute(t.own, "DROP OWNED BY audit_install_writer; DROP ROLE audit_install_writer");
}
