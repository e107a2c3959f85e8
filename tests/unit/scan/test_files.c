/* Files and folders. */
#include "finders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
put(const char *folder, const char *name, const char *text, size_t length)
{
    CLEANUP(memory_free_string) char *path = memory_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, length, file), length);
    fclose(file);
}

/* Scans a folder that holds one file. */
static struct scan_files
scan_one(const char *name, const char *text, size_t length)
{
    static const char *const list[] = {"clerk"};
    CLEANUP(finder_release)
    struct test_finder made = finder_make("clerk-user workos-user", CLERK ">" WORKOS);
    CLEANUP(scan_words_free) struct scan_words *words = scan_words_new(list, 1);
    char folder[] = "/tmp/idmigrate-files-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    put(folder, name, text, length);
    const char *const paths[] = {folder};
    const struct scan_files_request request = {
        .paths = paths, .path_count = 1, .finder = made.finder, .words = words};
    struct scan_files files = SCAN_FILES_INIT;
    struct error err = ERROR_INIT;
    cr_assert(scan_files(&request, &files, &err), "%s", err.text);
    CLEANUP(memory_free_string) char *path = memory_printf("%s/%s", folder, name);
    unlink(path);
    rmdir(folder);
    return files;
}

static void
assert_places_in(const char *name, const char *text, const char *expected)
{
    CLEANUP(scan_files_release) struct scan_files files = scan_one(name, text, strlen(text));
    char found[1024] = "";
    size_t used = 0;
    for (size_t i = 0; i < files.line_count; i++)
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%lld:%lld %s",
                                 used > 0 ? ", " : "", (long long)files.lines[i].line,
                                 (long long)files.lines[i].column, files.lines[i].found);
    cr_expect_str_eq(found, expected);
    cr_expect_eq(scan_files_judge(&files), expected[0] != '\0' ? EXIT_DIFFERENT : EXIT_DONE);
}

Test(scan_files, names_line_and_column)
{
    assert_places_in("a.ts", "one\n  useClerk() // é clerk\n\n'" OTHER_CLERK "'",
                     "2:6 clerk, 2:19 clerk, 4:2 clerk-user");
    assert_places_in("a.ts", "nothing\r\nhere\r\n", "");
    assert_places_in("a.ts", "", "");
}

Test(scan_files, new_ids_may_stand)
{
    assert_places_in("a.ts", WORKOS " " CLERK, "1:33 clerk-user");
}

Test(scan_files, looks_at_names)
{
    assert_places_in("clerk-client.ts", "", "0:1 clerk");
}

static void
assert_excerpt(const char *text, const char *expected)
{
    CLEANUP(scan_files_release) struct scan_files files = scan_one("a", text, strlen(text));
    cr_assert_geq(files.line_count, 1);
    cr_expect_str_eq(files.lines[0].excerpt, expected);
}

Test(scan_files, masks_ids_that_no_map_knows_addresses_and_secrets)
{
    assert_excerpt("clerk " CLERK, "clerk " CLERK);
    assert_excerpt("clerk anna.b@example.com", "clerk ...@...");
    assert_excerpt("CLERK_SECRET_KEY=sk_test_12345678901234567890", "CLERK_SECRET_KEY=sk_t...");
    assert_excerpt("import {x} from '@clerk/nextjs'", "import {x} from '@clerk/nextjs'");
    CLEANUP(scan_files_release)
    struct scan_files files = scan_one("a", OTHER_CLERK, strlen(OTHER_CLERK));
    cr_expect_null(strstr(files.lines[0].excerpt, "2ZZZ"), "%s", files.lines[0].excerpt);
    cr_expect_eq(strncmp(files.lines[0].excerpt, "user_...#", 9), 0);
}

Test(scan_files, counts_binary_files_and_does_not_look_into_them)
{
    CLEANUP(scan_files_release) struct scan_files files = scan_one("a", "clerk\0clerk", 11);
    cr_expect_eq(files.binary_files, 1);
    cr_expect_eq(files.left, 0);
    cr_expect_eq(scan_files_judge(&files), EXIT_DONE);
}

Test(scan_files, a_path_that_is_not_there_was_not_checked)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user", NULL);
    CLEANUP(scan_files_release) struct scan_files files = SCAN_FILES_INIT;
    static const char *const paths[] = {"/nonexistent/idmigrate"};
    const struct scan_files_request request = {
        .paths = paths, .path_count = 1, .finder = made.finder};
    struct error err = ERROR_INIT;
    cr_assert(scan_files(&request, &files, &err));
    cr_expect_eq(files.gap_count, 1);
    cr_expect_eq(scan_files_judge(&files), EXIT_NOT_CHECKED);
}
