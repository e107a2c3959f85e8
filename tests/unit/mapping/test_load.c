/* Mappings as files: what git cannot hold, and paths. */
#include "idmigrate/mapping.h"
#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void
enter_new_folder(void)
{
    char folder[] = "/tmp/idmigrate-mapping-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void
leave_folder(void)
{
    char folder[256];
    cr_assert_not_null(getcwd(folder, sizeof folder));
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(rmdir(folder), 0, "%s is not empty", folder);
}

static void
assert_load_fails(const char *path, const char *text)
{
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    struct error err = ERROR_INIT;
    cr_assert_not(mapping_load(path, &mapping, &err));
    cr_expect_eq(err.code, EXIT_INPUT);
    cr_expect_str_eq(err.text, text);
}

Test(mapping_load, names_a_missing_file)
{
    assert_load_fails(
        "/nowhere/at all.json",
        "mapping /nowhere/at all.json: cannot read the file: No such file or directory");
}

Test(mapping_load, names_a_directory)
{
    assert_load_fails("/tmp", "mapping /tmp: is a directory");
}

static long
peak_kilobytes(void)
{
    struct rusage usage;
    cr_assert_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

Test(mapping_load, refuses_more_than_16_megabytes)
{
    enter_new_folder();
    FILE *file = fopen("big.json", "w");
    cr_assert_not_null(file);
    /* A file with a hole: 1 GB that takes no room on the disk. */
    cr_assert_eq(ftruncate(fileno(file), 1 << 30), 0);
    fclose(file);
    long before = peak_kilobytes();
    assert_load_fails("big.json", "mapping big.json: the file is larger than 16 MB");
    cr_expect_lt(peak_kilobytes() - before, 100 * 1024);
    unlink("big.json");
    leave_folder();
}

/* `count` members "<start><number><end>" between `before` and `after`. */
static void
assert_too_many(const char *before, const char *start, int count, const char *end,
                const char *after, const char *text)
{
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    struct error err = ERROR_INIT;
    strbuf_printf(&json,
                  "{\"version\": 1, \"name\": \"n\", \"sources\": {\"app\": {}}, "
                  "\"target\": {}, %s",
                  before);
    for (int i = 0; i < count; i++)
        strbuf_printf(&json, "%s%s%d%s", i > 0 ? ", " : "", start, i, end);
    strbuf_add_string(&json, after);
    cr_assert_not(mapping_parse("m", json.data, json.length, &mapping, &err));
    cr_expect_str_eq(err.text, text);
}

Test(mapping_load, refuses_more_parts_than_anybody_writes)
{
    assert_too_many("\"ids\": {", "\"m", 1001, "\": {\"query\": \"q\"}",
                    "}, \"tables\": [{\"from\": \"t\"}]}",
                    "mapping m: /ids: more than 1000 ID maps");
    assert_too_many("\"tables\": [", "{\"from\": \"t", 10001, "\"}", "]}",
                    "mapping m: /tables: more than 10000 tables");
}

static const char small[] =
    "{\"version\": 1, \"name\": \"n\", \"sources\": {\"app\": {}}, \"target\": {}, "
    "\"ids\": {\"user\": {\"file\": {\"path\": \"ids/users.csv\", \"old_column\": \"a\", "
    "\"new_column\": \"b\"}}, \"abs\": {\"file\": {\"path\": \"/x.json\"}}}, "
    "\"tables\": [{\"from\": \"t\"}]}";

Test(mapping_load, reads_what_is_there)
{
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    struct error err = ERROR_INIT;
    enter_new_folder();
    FILE *file = fopen("small.json", "w");
    cr_assert_not_null(file);
    fputs(small, file);
    fclose(file);
    cr_assert(mapping_load("small.json", &mapping, &err), "%s", err.text);
    unlink("small.json");
    leave_folder();
    cr_expect_str_eq(mapping->path, "small.json");
    cr_expect_str_eq(mapping->text, small);
    cr_expect_eq(mapping->length, strlen(small));
    cr_expect(digest_equal(mapping->digest, digest_bytes(small, strlen(small))));
}

Test(mapping_load, paths_of_id_maps_are_relative_to_the_mapping)
{
    static const struct {
        const char *path, *directory, *file;
    } rows[] = {{"m.json", ".", "ids/users.csv"},
                {"./m.json", ".", "ids/users.csv"},
                {"maps/m.json", "maps", "maps/ids/users.csv"},
                {"/a/b/m.json", "/a/b", "/a/b/ids/users.csv"},
                {"/m.json", "/", "/ids/users.csv"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP(mapping_free) struct mapping *mapping = NULL;
        struct error err = ERROR_INIT;
        cr_assert(mapping_parse(rows[i].path, small, strlen(small), &mapping, &err), "%s",
                  err.text);
        cr_expect_str_eq(mapping->directory, rows[i].directory);
        cr_expect_str_eq(mapping->ids[0].resolved_path, rows[i].file);
        cr_expect_str_eq(mapping->ids[0].path, "ids/users.csv");
        cr_expect_str_eq(mapping->ids[1].resolved_path, "/x.json");
    }
}
