/* Every sort of column, and every sort of table. */
#include "fixture.h"

#include <string.h>

static struct fixture
open_places(const char *name)
{
    struct fixture fixture = fixture_open(name);
    test_run_file(fixture.database.name, "tests/integration/scan/places.sql", NULL);
    return fixture;
}

Test(scan_places, finds_ids_in_every_type)
{
    CLEANUP(fixture_release) struct fixture fixture = open_places("scan_types");
    fixture_scan(&fixture, NULL);
    assert_place(&fixture, "public.people.id  clerk-user 1");
    assert_place(&fixture, "public.people.id  workos-user 1");
    assert_place(&fixture, "public.people.as_varchar  clerk-user 1");
    assert_place(&fixture, "public.people.as_char  clerk-user 1");
    assert_place(&fixture, "public.people.as_citext  clerk-user 1");
    assert_place(&fixture, "public.people.as_name  clerk-user 1");
    assert_place(&fixture, "public.people.as_domain  clerk-user 1");
    assert_place(&fixture, "public.people.free  part clerk-user 1");
    assert_place(&fixture, "public.people.markup  part clerk-user 1");
}

Test(scan_places, names_the_place_inside_a_document)
{
    CLEANUP(fixture_release) struct fixture fixture = open_places("scan_documents");
    fixture_scan(&fixture, NULL);
    assert_place(&fixture, "public.people.as_json $.a clerk-user 1");
    assert_place(&fixture, "public.people.as_jsonb $.by clerk-user 1");
    assert_place(&fixture, "public.people.as_jsonb $.roles key clerk-user 1");
    assert_place(&fixture, "public.people.as_jsonb $.text part clerk-user 1");
    assert_place(&fixture, "public.people.list [*] clerk-user 1");
    assert_place(&fixture, "public.people.list [*] part clerk-user 1");
    assert_place(&fixture, "public.people.matrix [*][*] clerk-user 1");
    assert_place(&fixture, "public.people.as_contact .person clerk-user 1");
    assert_place(&fixture, "public.people.contacts [*].person clerk-user 1");
    assert_place(&fixture, "public.people.pairs .who clerk-user 1");
    assert_place(&fixture, "public.people.pairs  key clerk-user 1");
}

Test(scan_places, looks_into_bytes_when_asked)
{
    CLEANUP(fixture_release) struct fixture fixture = open_places("scan_bytes");
    fixture.request.bytes = true;
    fixture_scan(&fixture, NULL);
    assert_place(&fixture, "public.people.bytes  part clerk-user 1");
}

Test(scan_places, bytes_are_left_alone_otherwise)
{
    CLEANUP(fixture_release) struct fixture fixture = open_places("scan_no_bytes");
    fixture_scan(&fixture, NULL);
    CLEANUP(memory_free_string) char *places = fixture_places(&fixture);
    cr_expect_null(strstr(places, "people.bytes"), "%s", places);
}

Test(scan_places, reads_each_row_once_whatever_the_table_is)
{
    CLEANUP(fixture_release) struct fixture fixture = open_places("scan_tables");
    fixture_scan(&fixture, NULL);
    assert_place(&fixture, "public.parted.who  clerk-user 3");
    assert_place(&fixture, "public.parent.who  clerk-user 2");
    assert_place(&fixture, "public.wider.who  clerk-user 1");
    assert_place(&fixture, "public.wider.more  clerk-user 1");
    assert_place(&fixture, "public.seen.id  clerk-user 1");
    assert_place(&fixture, "Odd \"Schema.Tä'ble.Ü \"x  clerk-user 1");
    CLEANUP(memory_free_string) char *places = fixture_places(&fixture);
    cr_expect_null(strstr(places, "parted_"), "%s", places);
    cr_expect_null(strstr(places, "heir"), "%s", places);
    cr_expect_null(strstr(places, "view_of_people"), "%s", places);
}

static const struct scan_found *
find(const struct fixture *fixture, const char *table, const char *column)
{
    for (size_t i = 0; i < fixture->result.found_count; i++) {
        const struct scan_found *found = &fixture->result.found[i];
        const struct scan_table *of = &fixture->result.tables[found->table];
        if (strcmp(of->name, table) == 0 && strcmp(of->columns[found->column].name, column) == 0)
            return found;
    }
    cr_assert_fail("nothing in %s.%s", table, column);
    return NULL;
}

Test(scan_places, counts_what_the_map_resolves_and_masks_the_rest)
{
    CLEANUP(fixture_release) struct fixture fixture = open_places("scan_counts");
    fixture_scan(&fixture, NULL);
    const struct scan_found *found = find(&fixture, "parted", "who");
    cr_expect_eq(found->ids, 3);
    cr_expect_eq(found->distinct[SCAN_RESOLVED], 1);
    cr_expect_eq(found->distinct[SCAN_UNKNOWN], 1);
    cr_assert_eq(found->sample_count, 2);
    cr_expect_str_eq(found->samples[0], ID_A);
    cr_expect_eq(strncmp(found->samples[1], "user_...#", 9), 0, "%s", found->samples[1]);
}

/* COPY writes a newline as a letter behind a backslash: the ID behind it is no part of a word. */
Test(scan_places, reads_what_copy_writes_for_newlines_and_backslashes)
{
    CLEANUP(fixture_release) struct fixture fixture = open_places("scan_escapes");
    fixture_scan(&fixture, NULL);
    const struct scan_found *found = find(&fixture, "people", "free");
    cr_expect_eq(found->distinct[SCAN_RESOLVED], 1);
    cr_expect_eq(found->distinct[SCAN_UNKNOWN], 1);
}

Test(scan_places, tells_keys_and_indexes)
{
    CLEANUP(fixture_release) struct fixture fixture = open_places("scan_keys");
    fixture_scan(&fixture, NULL);
    const struct scan_found *found = find(&fixture, "Tä'ble", "Ü \"x");
    cr_expect_str_eq(fixture.result.tables[found->table].columns[found->column].foreign_key,
                     "public.people (id)");
    found = find(&fixture, "people", "as_varchar");
    cr_expect_str_eq(fixture.result.tables[found->table].columns[found->column].indexes,
                     "people_as_varchar_key");
}

Test(scan_places, estimates_many_different_ids)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_many");
    PGconn *connection = test_connect(fixture.database.name);
    test_execute(connection,
                 "CREATE TABLE many AS SELECT 'user_2' || pg_catalog.left(pg_catalog.translate("
                 "pg_catalog.encode(pg_catalog.sha256(i::text::bytea), 'base64'), '+/=', 'abc'), "
                 "26) AS id FROM pg_catalog.generate_series(1, 30000) AS i");
    test_disconnect(&connection);
    fixture_scan(&fixture, NULL);
    const struct scan_found *found = find(&fixture, "many", "id");
    cr_expect_eq(found->rows, 30000);
    cr_expect(found->is_estimate);
    cr_expect(found->distinct[SCAN_UNKNOWN] > 28500 && found->distinct[SCAN_UNKNOWN] < 31500, "%d",
              (int)found->distinct[SCAN_UNKNOWN]);
}

Test(scan_places, an_empty_database_holds_nothing)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_empty");
    fixture_scan(&fixture, NULL);
    cr_expect_eq(fixture.result.found_count, 0);
    cr_expect_eq(scan_judge(&fixture.result, false), EXIT_DONE);
}
