/*
 * ID maps as files: a folder for each way they can look or be wrong.
 *
 * The file is `input`; `settings` says what a mapping would: "old_column NAME", "new_column NAME",
 * "format csv", "delimiter ;", "old_format NAME", "new_format NAME". `expected` holds the error, or
 * the pairs.
 */
#include "cases.h"
#include "idmigrate/sql.h"
#include "idmigrate/strbuf.h"
#include "maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct settings {
    char *text; /* owns what the others point into */
    char *old_column, *new_column, *format, *delimiter, *old_format, *new_format;
};

static void
settings_release(struct settings *settings)
{
    free(settings->text);
}

static void
set(struct settings *settings, const char *key, char *value)
{
    const struct {
        const char *key;
        char **value;
    } known[] = {{"old_column", &settings->old_column}, {"new_column", &settings->new_column},
                 {"format", &settings->format},         {"delimiter", &settings->delimiter},
                 {"old_format", &settings->old_format}, {"new_format", &settings->new_format}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].key, key) == 0) {
            *known[i].value = value;
            return;
        }
    cr_assert_fail("settings: %s is not known", key);
}

static struct settings
read_settings(void)
{
    size_t length;
    struct settings settings = {.text = cases_read("settings", &length)};
    char *rest = NULL;
    for (char *line = settings.text ? strtok_r(settings.text, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *space = strchr(line, ' ');
        cr_assert_not_null(space, "settings: %s", line);
        *space = '\0';
        set(&settings, line, space + 1);
    }
    return settings;
}

static struct idmap_file
describe_file(const struct settings *settings)
{
    static const char *const formats[] = {"auto", "csv", "json", "ndjson"};
    struct idmap_file file = {.path = "input",
                              .old_column = settings->old_column,
                              .new_column = settings->new_column,
                              .delimiter = settings->delimiter ? settings->delimiter[0] : ','};
    for (size_t i = 0; settings->format != NULL && i < 4; i++)
        if (strcmp(settings->format, formats[i]) == 0)
            file.format = (enum idmap_file_format)i;
    return file;
}

static bool
check_formats(const struct idmap *map, const struct settings *settings, struct error *err)
{
    CLEANUP(idmap_formats_free) struct idmap_formats *formats = NULL;
    struct idmap_outside outside;
    if (settings->old_format == NULL)
        return true;
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, err));
    return idmap_check_formats(map, idmap_format_find(formats, settings->old_format),
                               idmap_format_find(formats, settings->new_format), &outside, err);
}

/* What a program does with the file: read, freeze, compare with the formats. */
static bool
load(struct idmap *map, struct digest *digest, struct error *err)
{
    CLEANUP(settings_release) struct settings settings = read_settings();
    struct idmap_file file = describe_file(&settings);
    return idmap_read_file(map, &file, digest, err) &&
           idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, err) && check_formats(map, &settings, err);
}

static void
assert_is_refused(const char *name)
{
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    struct error err = ERROR_INIT;
    cr_expect_not(load(map, NULL, &err), "%s: was taken", name);
    cases_assert_error(name, &err);
}

Test(idmap_files, every_wrong_file_is_refused_with_its_message)
{
    size_t count = cases_run("idmap/invalid", assert_is_refused);
    cr_expect_geq(count, 81, "only %zu cases", count);
}

static void
assert_is_read(const char *name)
{
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    CLEANUP(strbuf_release) struct strbuf pairs = STRBUF_INIT;
    struct error err = ERROR_INIT;
    struct digest digest;
    size_t length;
    cr_assert(load(map, &digest, &err), "%s: %s (%s)", name, err.text, err.hint);
    for (size_t i = 0; i < idmap_count(map); i++)
        strbuf_printf(&pairs, "%s -> %s\n", idmap_pair_at(map, i)->old_id,
                      idmap_pair_at(map, i)->new_id);
    cases_assert_expected(name, pairs.data);

    CLEANUP(memory_free_string) char *bytes = cases_read("input", &length);
    cr_expect(digest_equal(digest, digest_bytes(bytes, length)), "%s: digest", name);
}

Test(idmap_files, every_right_file_gives_its_pairs)
{
    size_t count = cases_run("idmap/valid", assert_is_read);
    cr_expect_geq(count, 35, "only %zu cases", count);
}

enum { MANY = 40000 };

/* 40,000 pairs with a character of several bytes in each: some of them lie across two blocks. */
static void
write_many(const char *path, const char *before, const char *format, const char *between,
           const char *after)
{
    FILE *stream = fopen(path, "w");
    cr_assert_not_null(stream);
    fputs(before, stream);
    for (int i = 0; i < MANY; i++) {
        char number[16];
        snprintf(number, sizeof number, "%05d", i);
        fputs(i > 0 ? between : "", stream);
        for (const char *c = format; *c != '\0'; c++)
            if (*c == '#')
                fputs(number, stream);
            else
                fputc(*c, stream);
    }
    fputs(after, stream);
    fclose(stream);
}

static void
assert_reads_many(enum idmap_file_format format, const char *before, const char *pair,
                  const char *between, const char *after)
{
    char path[] = "/tmp/idmigrate-idmap-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    close(descriptor);
    write_many(path, before, pair, between, after);
    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    struct idmap_file file = {.path = path, .old_column = "öld", .new_column = "new"};
    struct error err = ERROR_INIT;
    if (format == IDMAP_AUTO)
        file.old_column = file.new_column = NULL;
    cr_expect(idmap_read_file(map, &file, NULL, &err), "%s", err.text);
    unlink(path);
    cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, &err));
    cr_expect_eq(idmap_count(map), MANY);
    assert_becomes(map,
                   "pérson\xF0\x9F\x98\x80"
                   "00000",
                   "w00000");
    assert_becomes(map,
                   "pérson\xF0\x9F\x98\x80"
                   "39999",
                   "w39999");
}

Test(idmap_files, reads_csv_of_many_blocks, .timeout = 60)
{
    assert_reads_many(IDMAP_CSV, "öld,note,new\r\n",
                      "pérson\xF0\x9F\x98\x80#,\"a \"\"b\"\"\nc\",w#", "\r\n", "");
}

Test(idmap_files, reads_ndjson_of_many_blocks, .timeout = 60)
{
    assert_reads_many(IDMAP_NDJSON, "", "{\"öld\": \"pérson\xF0\x9F\x98\x80#\", \"new\": \"w#\"}",
                      "\n", "\n");
}

Test(idmap_files, reads_a_json_array_of_many_blocks, .timeout = 60)
{
    assert_reads_many(IDMAP_JSON, "[",
                      "{\"a\": [{\"x\": \"]}\\\"\"}], \"öld\": \"pérson\xF0\x9F\x98\x80#\", "
                      "\"new\": \"w#\"}",
                      ",", "]");
}

Test(idmap_files, reads_a_json_object_of_many_blocks, .timeout = 60)
{
    assert_reads_many(IDMAP_AUTO, "{", "\"pérson\xF0\x9F\x98\x80#\": \"w#\"", ", ", "}");
}

/* Line 50,001 lies in the fourth block. */
static void
assert_names_line(const char *last_line, size_t length, const char *text)
{
    char path[] = "/tmp/idmigrate-idmap-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    FILE *stream = fdopen(descriptor, "w");
    fputs("old,new\n", stream);
    for (int i = 2; i <= 50000; i++)
        fprintf(stream, "user_%05d,w%05d\n", i, i);
    fwrite(last_line, 1, length, stream);
    fclose(stream);

    CLEANUP(idmap_free) struct idmap *map = idmap_new("user");
    CLEANUP(memory_free_string)
    char *expected = memory_printf("ID map user (%s): line 50001: %s", path, text);
    struct idmap_file file = {.path = path, .old_column = "old", .new_column = "new"};
    struct error err = ERROR_INIT;
    cr_expect_not(idmap_read_file(map, &file, NULL, &err));
    cr_expect_str_eq(err.text, expected);
    unlink(path);
}

Test(idmap_files, counts_lines_over_many_blocks, .timeout = 60)
{
    assert_names_line("a\0b,c\n", 6, "NUL byte");
    assert_names_line("a,b\xFF\n", 5, "byte 0xff is not valid UTF-8");
    assert_names_line("a\n", 2, "1 field, but the header has 2");
    assert_names_line("a,\n", 3, "the new ID is empty");
}
