/* A whole application: the clinic, whose numbers tests/data/clinic/README.md tells. And that
 * nothing is left behind. */
#include "fixture.h"
#include "idmigrate_test.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *source;
    int64_t rows, write, merge, skip;
} expected[] = {
    {"users", 60, 50, 10, 0},
    {"praxis", 6, 6, 0, 0},
    {"mitgliedschaft", 120, 104, 16, 0},
    {"schicht", 420, 370, 50, 0},
    {"termin", 484, 484, 0, 0},
    {"nachricht", 360, 360, 0, 0},
    {"Geräte & Räume", 80, 80, 0, 0},
    {"dokument", 180, 180, 0, 0},
    {"profil", 48, 41, 7, 0},
    {"profil_sprache", 99, 95, 4, 0},
    {"einstellung", 50, 44, 5, 1},
    {"freigabe", 344, 306, 38, 0},
    {"order", 60, 60, 0, 0},
    {"Offene Rechnungen", 80, 80, 0, 0},
    {"akte", 72, 72, 0, 0},
    {"akte_alt", 30, 30, 0, 0},
    {"leer", 0, 0, 0, 0},
    {"Protokoll", 240, 240, 0, 0},
};

struct clinic {
    struct test_database database;
    char *mapping, *formats;
    const char *sources[1];
    struct fixture_options options;
};

static struct clinic
load_clinic(const char *name, const char *option)
{
    struct clinic clinic = {.database = test_database_create(name)};
    CLEANUP(memory_free_string) char *load = test_source_path("tests/data/clinic/load");
    CLEANUP(test_process_release) struct test_process process = TEST_PROCESS_INIT;
    CLEANUP(test_disconnect) PGconn *server = test_connect("postgres");
    CLEANUP(memory_free_string) char *drop = memory_printf("drop database %s", name);
    test_execute(server, drop); /* `load` creates it */
    const char *argv[] = {load, clinic.database.name, NULL, NULL};
    if (option != NULL) {
        argv[1] = option;
        argv[2] = clinic.database.name;
    }
    setenv("PGHOST", getenv("IDMIGRATE_TEST_HOST"), 1);
    test_process_run(&process, argv);
    cr_assert_eq(process.status, 0, "%s", process.err);
    clinic.mapping = test_source_path("tests/data/clinic/mapping.json");
    clinic.formats = test_read_file("mappings/formats.json");
    return clinic;
}

static struct fixture
check_clinic(struct clinic *clinic, struct fixture_options options)
{
    clinic->sources[0] = clinic->database.conninfo;
    options.mapping = clinic->mapping;
    options.formats = clinic->formats;
    options.sources = clinic->sources;
    options.target = clinic->database.conninfo;
    struct fixture fixture = fixture_open(&options);
    fixture_check(&fixture, &options);
    return fixture;
}

static void
drop_clinic(struct clinic *clinic)
{
    test_database_release(&clinic->database);
    free(clinic->mapping);
    free(clinic->formats);
}

static void
assert_numbers(const struct fixture *fixture)
{
    size_t count = sizeof expected / sizeof expected[0];
    cr_assert_eq(fixture->plan->table_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct check_table *found = &fixture->tables[i];
        cr_assert_str_eq(fixture->plan->tables[i].source->name, expected[i].source);
        cr_expect(found->rows == expected[i].rows && found->would_write == expected[i].write &&
                      found->would_merge == expected[i].merge &&
                      found->would_skip == expected[i].skip && found->would_reject == 0,
                  "%s: rows %ld, write %ld, merge %ld, skip %ld, reject %ld", expected[i].source,
                  (long)found->rows, (long)found->would_write, (long)found->would_merge,
                  (long)found->would_skip, (long)found->would_reject);
    }
}

static void
assert_no_refusal(const struct fixture *fixture)
{
    CLEANUP(memory_free_string) char *list = fixture_list(fixture, false);
    cr_expect_eq(findings_count(&fixture->plan->findings, FINDING_REFUSAL), 0, "%s", list);
    cr_expect_eq(findings_count(&fixture->findings, FINDING_REFUSAL), 0, "%s", list);
}

/* Everything that has a name, and every number that a sequence would give next. */
static char *
describe_database(const struct clinic *clinic)
{
    CLEANUP(test_disconnect) PGconn *connection = test_connect(clinic->database.name);
    return test_query_text(connection, "select md5(string_agg(what, ',' order by what)) from "
                                       "(select format('%s.%s %s', n.nspname, c.relname, "
                                       "c.reltuples) from pg_class c join pg_namespace n on n.oid "
                                       "= c.relnamespace where n.nspname !~ "
                                       "'^pg_(toast|temp)' union all select format('%s %s', "
                                       "sequencename, last_value) from pg_sequences union all "
                                       "select format('%s %s', relname, n_tup_ins + n_tup_upd + "
                                       "n_tup_del) from pg_stat_user_tables where "
                                       "schemaname !~ '^pg_temp') as t (what)");
}

Test(check_whole, numbers_are_those_of_a_run, .timeout = 120)
{
    CLEANUP(drop_clinic) struct clinic clinic = load_clinic("check_clinic", NULL);
    CLEANUP(memory_free_string) char *before = describe_database(&clinic);
    struct fixture fixture = check_clinic(&clinic, (struct fixture_options){.strict = false});
    assert_no_refusal(&fixture);
    assert_numbers(&fixture);
    fixture_release(&fixture);
    CLEANUP(memory_free_string) char *after = describe_database(&clinic);
    cr_expect_str_eq(after, before, "check left something behind");
}

Test(check_whole, works_inside_a_transaction_and_leaves_it_as_it_was, .timeout = 120)
{
    CLEANUP(drop_clinic) struct clinic clinic = load_clinic("check_clinic_inside", NULL);
    struct fixture fixture =
        check_clinic(&clinic, (struct fixture_options){.in_transaction = true});
    struct error err = ERROR_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    assert_no_refusal(&fixture);
    assert_numbers(&fixture);
    cr_assert(db_query(fixture.target,
                       "select count(*) from pg_catalog.pg_class where relnamespace = "
                       "pg_catalog.pg_my_temp_schema()",
                       0, NULL, &result, &err),
              "%s", err.text);
    cr_expect_eq(db_result_int64(result, 0, 0), 0, "temporary tables are left");
    cr_expect(db_commit(&fixture.target_transaction, &err), "%s", err.text);
    fixture_release(&fixture);
}

Test(check_whole, rejects_are_counted_with_their_children, .timeout = 120)
{
    CLEANUP(drop_clinic) struct clinic clinic = load_clinic("check_clinic_rejects", "-r");
    struct fixture fixture = check_clinic(&clinic, (struct fixture_options){.strict = false});
    int64_t rejects = 0;
    for (size_t i = 0; i < fixture.plan->table_count; i++)
        rejects += fixture.tables[i].would_reject;
    assert_no_refusal(&fixture);
    cr_expect_eq(rejects, 16, "%ld rejects", (long)rejects);
    cr_expect(fixture_has(&fixture, "W-UNRESOLVED"));
    cr_expect(fixture_has(&fixture, "W-JSON-KEYS"));
    fixture_release(&fixture);
}
