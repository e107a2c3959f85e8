/* The schema idmigrate: made once, with a version, for its owner alone. */
#include "store.h"

#include <string.h>

Test(schema, is_not_there_in_a_new_database)
{
    struct error err = ERROR_INIT;
    bool installed = true;
    CLEANUP(store_release) struct store s = store_open("store_schema_new");
    assert_done(store_is_installed(s.db, &installed, &err));
    cr_expect(!installed);
}

Test(schema, is_there_after_installing_and_says_who_did_it)
{
    struct error err = ERROR_INIT;
    bool installed = false;
    CLEANUP(store_release) struct store s = store_open_installed("store_schema_made");
    assert_done(store_is_installed(s.db, &installed, &err));
    cr_expect(installed);
    CLEANUP(memory_free_string)
    char *tool = test_query_text(s.own, "SELECT tool_version FROM idmigrate.version");
    cr_expect_str_eq(tool, IDMIGRATE_VERSION);
}

Test(schema, gives_nothing_to_public)
{
    CLEANUP(store_release) struct store s = store_open_installed("store_schema_public");
    cr_expect_eq(test_query_number(
                     s.own,
                     "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                     " WHERE nspname = 'idmigrate' AND relacl::text ~ '[{,]='"),
                 0);
    cr_expect_eq(test_query_number(s.own,
                                   "SELECT count(*) FROM pg_namespace"
                                   " WHERE nspname = 'idmigrate' AND nspacl::text ~ '[{,]='"),
                 0);
    cr_expect_eq(test_query_number(
                     s.own,
                     "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace"
                     " WHERE nspname = 'idmigrate' AND (proacl IS NULL OR proacl::text ~ '[{,]=')"),
                 0);
}

Test(schema, has_a_primary_key_in_every_table)
{
    CLEANUP(store_release) struct store s = store_open_installed("store_schema_keys");
    cr_expect_eq(test_query_number(
                     s.own,
                     "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                     " WHERE nspname = 'idmigrate' AND relkind = 'r' AND NOT EXISTS"
                     " (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)"),
                 0);
}

Test(schema, of_another_version_is_refused_with_its_maker)
{
    struct error err = ERROR_INIT;
    bool installed;
    CLEANUP(store_release) struct store s = store_open_installed("store_schema_version");
    test_execute(s.own, "UPDATE idmigrate.version SET version = 9, tool_version = '9.9.9'");
    assert_fails(store_is_installed(s.db, &installed, &err), EXIT_REFUSED);
    expect_text(err.text, "has version 9, this program wants 3");
    expect_text(err.hint, "idmigrate 9.9.9");
}

Test(schema, that_was_made_in_part_is_refused)
{
    struct error err = ERROR_INIT;
    bool installed;
    CLEANUP(store_release) struct store s = store_open_installed("store_schema_part");
    test_execute(s.own, "DELETE FROM idmigrate.version");
    assert_fails(store_is_installed(s.db, &installed, &err), EXIT_REFUSED);
    expect_text(err.hint, "is empty");
}

Test(schema, without_the_privilege_names_the_file_for_the_administrator)
{
    struct error err = ERROR_INIT;
    CLEANUP(store_release) struct store s = store_open("store_schema_denied");
    test_execute(s.own, "DROP ROLE IF EXISTS store_schema_nobody; CREATE ROLE store_schema_nobody");
    cr_assert(db_execute(s.db, "SET ROLE store_schema_nobody", &err));
    assert_fails(store_install(s.db, &err), EXIT_REFUSED);
    cr_expect_str_eq(err.sqlstate, "42501");
    expect_text(err.hint, "idmigrate check --ddl");
    cr_assert(db_execute(s.db, "RESET ROLE", &(struct error)ERROR_INIT));
    test_execute(s.own, "DROP ROLE store_schema_nobody");
}
