/* Tests made of folders. */
#include "cases.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
is_case(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

size_t
cases_run(const char *path, void (*run)(const char *name))
{
    struct dirent **entries;
    CLEANUP(memory_free_string) char *folder = memory_printf("%s/%s", DATA_DIR, path);
    int count = scandir(folder, &entries, is_case, alphasort);
    cr_assert_gt(count, 0, "%s: no cases", folder);
    for (int i = 0; i < count; i++) {
        CLEANUP(memory_free_string)
        char *directory = memory_printf("%s/%s", folder, entries[i]->d_name);
        cr_assert_eq(chdir(directory), 0, "%s: is no folder", directory);
        run(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return (size_t)count;
}

char *
cases_read(const char *file, size_t *length)
{
    FILE *stream = fopen(file, "rb");
    struct stat status;
    if (stream == NULL)
        return NULL;
    cr_assert_eq(fstat(fileno(stream), &status), 0);
    char *bytes = memory_alloc((size_t)status.st_size + 1);
    *length = fread(bytes, 1, (size_t)status.st_size, stream);
    bytes[*length] = '\0';
    fclose(stream);
    return bytes;
}

void
cases_assert_expected(const char *name, const char *actual)
{
    size_t length;
    CLEANUP(memory_free_string) char *expected = cases_read("expected", &length);
    cr_assert_not_null(expected, "%s: there is no file \"expected\"; now it is:\n%s", name, actual);
    cr_expect_str_eq(actual, expected, "%s: expected:\n%s\nbut it is:\n%s", name, expected, actual);
}

void
cases_assert_error(const char *name, const struct error *err)
{
    cr_expect(err->is_set, "%s: no error", name);
    cr_expect_eq(err->code, EXIT_INPUT, "%s: status %d", name, (int)err->code);
    CLEANUP(memory_free_string)
    char *actual = memory_printf("%s\n%s%s%s", err->text, err->hint[0] ? "hint: " : "", err->hint,
                                 err->hint[0] ? "\n" : "");
    cases_assert_expected(name, actual);
}
