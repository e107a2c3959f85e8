/*
 * One folder a case below tests/data/check: source.sql, target.sql, idmap.csv, mapping.json and
 * `expect`, all findings that check and plan must have. A folder is named by the code that it is
 * about; <code>_not is nearly the same and has it not.
 *
 * `options`, one a line: "strict", "limit ROWS", "role NAME" (both connections), "source_encoding
 * NAME", "target_encoding NAME", "all" (findings too that depend on the machine), "one_database"
 * (the target is the source too).
 */
#include "fixture.h"
#include "idmigrate_test.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARTS = 4 };

struct options {
    struct fixture_options fixture;
    char role[64], source_encoding[32], target_encoding[32];
    bool all, session, one_database;
};

static int
is_case(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* ---- options ---- */

static void
set_word(char *word, size_t size, const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != ' ')
        return;
    size_t kept = strnlen(line + length + 1, size - 1);
    memcpy(word, line + length + 1, kept);
    word[kept] = '\0';
}

static struct options
read_options(const char *folder)
{
    struct options options = {.source_encoding = "UTF8", .target_encoding = "UTF8"};
    CLEANUP(memory_free_string) char *path = memory_printf("%s/options", folder);
    char line[128], limit[32] = "";
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        set_word(options.role, sizeof options.role, line, "role");
        set_word(options.source_encoding, sizeof options.source_encoding, line, "source_encoding");
        set_word(options.target_encoding, sizeof options.target_encoding, line, "target_encoding");
        set_word(limit, sizeof limit, line, "limit");
        options.fixture.strict |= strcmp(line, "strict") == 0;
        options.all |= strcmp(line, "all") == 0;
        options.one_database |= strcmp(line, "one_database") == 0;
        options.session |= strcmp(line, "session") == 0;
    }
    if (file != NULL)
        fclose(file);
    options.fixture.row_limit = strtoll(limit, NULL, 10);
    return options;
}

/* ---- databases ---- */

static void
create_database(const char *name, const char *encoding)
{
    CLEANUP(test_disconnect) PGconn *server = test_connect("postgres");
    CLEANUP(memory_free_string)
    char *drop = memory_printf("drop database if exists %s with (force)", name);
    CLEANUP(memory_free_string)
    char *create = memory_printf(
        "create database %s template template0 encoding '%s' lc_collate 'C' lc_ctype 'C'", name,
        encoding);
    test_execute(server, "set client_min_messages = error");
    test_execute(server, drop);
    test_execute(server, create);
}

static void
drop_database(const char *name)
{
    CLEANUP(test_disconnect) PGconn *server = test_connect("postgres");
    CLEANUP(memory_free_string) char *drop = memory_printf("drop database %s with (force)", name);
    test_execute(server, drop);
}

/* Emptying takes a tenth of the time of making anew, which waits for a checkpoint. */
static void
empty_database(const char *name)
{
    CLEANUP(test_disconnect) PGconn *connection = test_connect(name);
    CLEANUP(memory_free_string)
    char *privileges = memory_printf(
        "revoke create on database %s from check_guest; grant temporary on database %s to public",
        name, name);
    test_execute(connection,
                 "set client_min_messages = error; drop schema if exists idmigrate cascade;"
                 " drop schema public cascade; create schema public");
    test_execute(connection, privileges);
}

/* The part's own database, or one with another encoding. To be freed. */
static char *
prepare_database(const char *side, size_t part, const char *encoding, const char *folder)
{
    bool is_own = strcmp(encoding, "UTF8") == 0;
    char *name = memory_printf("check_case_%zu_%s%s", part, side, is_own ? "" : "_encoding");
    CLEANUP(memory_free_string)
    char *path = memory_printf("tests/data/check/%s/%s.sql", folder, side);
    if (is_own)
        empty_database(name);
    else
        create_database(name, encoding);
    test_run_file(name, path, NULL);
    return name;
}

static void
drop_if_odd(const char *name, const char *encoding)
{
    if (strcmp(encoding, "UTF8") != 0)
        drop_database(name);
}

/* Tests run at the same time, and each may be the first. */
static void
create_role(void)
{
    CLEANUP(test_disconnect) PGconn *server = test_connect("postgres");
    test_execute(
        server,
        "do $$ begin create role check_guest login; exception when others then null; end $$");
}

static char *
conninfo(const char *database, const char *role)
{
    return memory_printf("host=%s user=%s dbname=%s", getenv("IDMIGRATE_TEST_HOST"),
                         role[0] ? role : "postgres", database);
}

/* ---- one case ---- */

/* "E-ID-COPIED_json_not" is about E-ID-COPIED. */
static void
assert_is_about(const char *name, const char *list)
{
    size_t code_length = strcspn(name, "_"), length = strlen(name);
    bool must_lack = length > 4 && strcmp(name + length - 4, "_not") == 0;
    CLEANUP(memory_free_string) char *code = memory_printf("%.*s ", (int)code_length, name);
    CLEANUP(memory_free_string) char *inside = memory_printf("\n%s", code);
    bool found = strncmp(list, code, code_length + 1) == 0 || strstr(list, inside) != NULL;
    cr_expect_neq(found, must_lack, "%s: %s is %s:\n%s", name, code, found ? "there" : "not there",
                  list);
}

static void
assert_expected(const char *name, const char *list)
{
    CLEANUP(memory_free_string) char *path = memory_printf("tests/data/check/%s/expect", name);
    const char *folder =
        getenv("CHECK_WRITE_EXPECT"); /* to write them anew by hand, and then read them */
    if (folder != NULL) {
        CLEANUP(memory_free_string)
        char *file_name = memory_printf("%s/%s", getenv("SOURCE_DIR"), path);
        FILE *file = fopen(file_name, "w");
        cr_assert_not_null(file);
        fputs(list, file);
        fclose(file);
    }
    CLEANUP(memory_free_string) char *expected = test_read_file(path);
    cr_expect_str_eq(list, expected, "%s: expected:\n%s\nbut found:\n%s", name, expected, list);
}

static void
assert_each_says_what_to_do(const char *name, const struct fixture *fixture)
{
    const struct findings *lists[] = {&fixture->plan->findings, &fixture->findings};
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            cr_expect(lists[l]->items[i].hint != NULL && lists[l]->items[i].hint[0] != '\0',
                      "%s: %s has no hint", name, lists[l]->items[i].code);
}

static void
run_case(const char *name, size_t part)
{
    CLEANUP(memory_free_string) char *relative = memory_printf("tests/data/check/%s", name);
    CLEANUP(memory_free_string) char *folder = test_source_path(relative);
    CLEANUP(memory_free_string) char *mapping = memory_printf("%s/mapping.json", folder);
    CLEANUP(memory_free_string) char *formats = test_read_file("mappings/formats.json");
    struct options options = read_options(folder);
    CLEANUP(memory_free_string)
    char *source = prepare_database("source", part, options.source_encoding, name);
    CLEANUP(memory_free_string)
    char *target = prepare_database("target", part, options.target_encoding, name);
    CLEANUP(memory_free_string)
    char *source_info = conninfo(options.one_database ? target : source, options.role);
    CLEANUP(memory_free_string) char *target_info = conninfo(target, options.role);
    const char *sources[] = {source_info};
    options.fixture.mapping = mapping;
    options.fixture.formats = formats;
    options.fixture.sources = sources;
    options.fixture.target = target_info;

    CLEANUP(test_disconnect) PGconn *other = options.session ? test_connect(target) : NULL;
    struct fixture fixture = fixture_open(&options.fixture);
    fixture_check(&fixture, &options.fixture);
    CLEANUP(memory_free_string) char *list = fixture_list(&fixture, options.all);
    assert_each_says_what_to_do(name, &fixture);
    fixture_release(&fixture);
    test_disconnect(&other);
    drop_if_odd(source, options.source_encoding);
    drop_if_odd(target, options.target_encoding);
    assert_is_about(name, list);
    assert_expected(name, list);
}

static void
run_part(size_t part)
{
    struct dirent **entries;
    CLEANUP(memory_free_string) char *folder = test_source_path("tests/data/check");
    const char *only = getenv("CHECK_ONLY");
    int count = scandir(folder, &entries, is_case, alphasort);
    cr_assert_gt(count, 150, "%s: cases are lost", folder);
    create_role();
    CLEANUP(memory_free_string) char *source = memory_printf("check_case_%zu_source", part);
    CLEANUP(memory_free_string) char *target = memory_printf("check_case_%zu_target", part);
    create_database(source, "UTF8");
    create_database(target, "UTF8");
    for (int i = 0; i < count; i++) {
        if ((size_t)i % PARTS == part && (only == NULL || strcmp(only, entries[i]->d_name) == 0))
            run_case(entries[i]->d_name, part);
        free(entries[i]);
    }
    free(entries);
    drop_database(source);
    drop_database(target);
}

Test(check_cases, each_code_is_raised_by_its_case_and_not_by_the_other_1, .timeout = 300)
{
    run_part(0);
}

Test(check_cases, each_code_is_raised_by_its_case_and_not_by_the_other_2, .timeout = 300)
{
    run_part(1);
}

Test(check_cases, each_code_is_raised_by_its_case_and_not_by_the_other_3, .timeout = 300)
{
    run_part(2);
}

Test(check_cases, each_code_is_raised_by_its_case_and_not_by_the_other_4, .timeout = 300)
{
    run_part(3);
}
