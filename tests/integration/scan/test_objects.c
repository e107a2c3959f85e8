/* IDs and words in names and definitions. */
#include "fixture.h"

#include <string.h>

static void
assert_object(const struct fixture *fixture, const char *kind, const char *name, const char *found)
{
    for (size_t i = 0; i < fixture->result.object_count; i++) {
        const struct scan_object *object = &fixture->result.objects[i];
        if (strcmp(object->kind, kind) == 0 && strcmp(object->name, name) == 0 &&
            strcmp(object->found, found) == 0)
            return;
    }
    cr_expect_fail("there is no %s in %s %s", found, kind, name);
}

static void
define(const struct fixture *fixture)
{
    PGconn *connection = test_connect(fixture->database.name);
    test_execute(
        connection,
        "CREATE TYPE plan AS ENUM ('free', '" ID_B "');"
        "CREATE DOMAIN who AS text DEFAULT '" ID_B "' CHECK (VALUE <> '" ID_B "x " ID_B "');"
        "CREATE TABLE t (a text DEFAULT '" ID_B "', \"clerkUserId\" text, "
        "  CONSTRAINT c CHECK (a <> '" ID_B "'));"
        "CREATE VIEW v AS SELECT * FROM t WHERE a = '" ID_B "';"
        "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN ''" ID_B "''; END';"
        "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT ''" ID_B "''';"
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; "
        "CREATE POLICY y ON t USING (a = '" ID_B "');"
        "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.a = '" ID_B "') "
        "  EXECUTE FUNCTION g();"
        "CREATE INDEX i ON t (a) WHERE a <> '" ID_B "';"
        "CREATE RULE w AS ON DELETE TO t WHERE OLD.a = '" ID_B "' DO INSTEAD NOTHING;"
        "COMMENT ON TABLE t IS 'of " ID_B "'; COMMENT ON COLUMN t.a IS 'of " ID_B "';"
        "COMMENT ON FUNCTION f() IS 'was Clerk''s';"
        "CREATE TABLE l (who text) PARTITION BY LIST (who);"
        "CREATE TABLE l1 PARTITION OF l FOR VALUES IN ('" ID_B "');"
        "CREATE SCHEMA \"" ID_B "\"");
    CLEANUP(memory_free_string)
    char *setting =
        memory_printf("ALTER DATABASE \"%s\" SET app.owner = '" ID_B "'", fixture->database.name);
    test_execute(connection, setting);
    test_disconnect(&connection);
}

Test(scan_objects, finds_ids_in_every_sort_of_definition)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_definitions");
    define(&fixture);
    fixture_scan(&fixture, NULL);
    assert_object(&fixture, "enum label", "plan", "clerk-user");
    assert_object(&fixture, "default", "who", "clerk-user");
    assert_object(&fixture, "check", "who.who_check", "clerk-user");
    assert_object(&fixture, "default", "t.a", "clerk-user");
    assert_object(&fixture, "check", "t.c", "clerk-user");
    assert_object(&fixture, "view", "v", "clerk-user");
    assert_object(&fixture, "function", "f", "clerk-user");
    assert_object(&fixture, "function", "p", "clerk-user");
    assert_object(&fixture, "policy", "t.y", "clerk-user");
    assert_object(&fixture, "trigger", "t.r", "clerk-user");
    assert_object(&fixture, "index", "i", "clerk-user");
    assert_object(&fixture, "rule", "t.w", "clerk-user");
    assert_object(&fixture, "comment", "t", "clerk-user");
    assert_object(&fixture, "comment", "t.a", "clerk-user");
    assert_object(&fixture, "partition bound", "l1", "clerk-user");
    assert_object(&fixture, "name of a schema", "", "clerk-user");
    assert_object(&fixture, "setting", fixture.database.name, "clerk-user");
    cr_expect_eq(scan_judge(&fixture.result, false), EXIT_DIFFERENT);
}

Test(scan_objects, finds_words_in_names_and_definitions)
{
    static const char *const words[] = {"clerk"};
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_object_words");
    define(&fixture);
    fixture.words = scan_words_new(words, 1);
    fixture_scan(&fixture, NULL);
    assert_object(&fixture, "name of a column", "t.clerkUserId", "clerk");
    assert_object(&fixture, "comment", "public.f()", "clerk");
}

Test(scan_objects, masks_what_it_shows)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_object_masks");
    define(&fixture);
    fixture_scan(&fixture, NULL);
    for (size_t i = 0; i < fixture.result.object_count; i++)
        cr_expect_null(strstr(fixture.result.objects[i].excerpt, ID_B), "%s",
                       fixture.result.objects[i].excerpt);
}

Test(scan_objects, extensions_are_not_the_applications)
{
    CLEANUP(fixture_release) struct fixture fixture = fixture_open("scan_extension");
    static const char *const words[] = {"hstore"};
    PGconn *connection = test_connect(fixture.database.name);
    test_execute(connection, "CREATE EXTENSION hstore");
    test_disconnect(&connection);
    fixture.words = scan_words_new(words, 1);
    fixture_scan(&fixture, NULL);
    cr_expect_eq(fixture.result.object_count, 0, "%s",
                 fixture.result.object_count > 0 ? fixture.result.objects[0].kind : "");
}
