/* Every code of a finding that the sources know is explained in mappings/findings.md, and has a
 * case that raises it. */
#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROOT DATA_DIR "/../.."

struct codes {
    char **items;
    size_t count, capacity;
};

static void
codes_release(struct codes *codes)
{
    for (size_t i = 0; i < codes->count; i++)
        free(codes->items[i]);
    free(codes->items);
}

static bool
has_code(const struct codes *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (strcmp(codes->items[i], code) == 0)
            return true;
    return false;
}

static char *
read_text(const char *path)
{
    struct strbuf text = STRBUF_INIT;
    char buffer[8192];
    size_t length;
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s cannot be read", path);
    while ((length = fread(buffer, 1, sizeof buffer, file)) > 0)
        strbuf_add(&text, buffer, length);
    fclose(file);
    return strbuf_take(&text);
}

/* Words between `quote` of the form E-..., W-..., N-...: a capital, a hyphen, capitals and hyphens.
 */
static void
add_codes(struct codes *codes, const char *text, char quote)
{
    for (const char *at = strchr(text, quote); at != NULL; at = strchr(at + 1, quote)) {
        const char *word = at + 1;
        size_t length = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");
        if (length < 4 || word[length] != quote || word[1] != '-' || strchr("EWN", word[0]) == NULL)
            continue;
        CLEANUP(memory_free_string) char *code = memory_strndup(word, length);
        if (!has_code(codes, code))
            *ARRAY_ADD(codes->items, codes->count, codes->capacity) = memory_strdup(code);
    }
}

static void
add_folder(struct codes *codes, const char *folder)
{
    DIR *directory = opendir(folder);
    cr_assert_not_null(directory, "%s cannot be read", folder);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        CLEANUP(memory_free_string) char *path = memory_printf("%s/%s", folder, entry->d_name);
        if (length > 2 && strcmp(entry->d_name + length - 2, ".c") == 0) {
            CLEANUP(memory_free_string) char *text = read_text(path);
            add_codes(codes, text, '"');
        } else if (entry->d_name[0] != '.' && strchr(entry->d_name, '.') == NULL) {
            add_folder(codes, path);
        }
    }
    closedir(directory);
}

static bool
is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

Test(plan_codes, each_code_of_the_sources_is_explained)
{
    CLEANUP(codes_release) struct codes used = {0}, explained = {0};
    CLEANUP(memory_free_string) char *page = read_text(ROOT "/mappings/findings.md");
    add_folder(&used, ROOT "/src");
    add_codes(&explained, page, '`');
    cr_assert_gt(used.count, 60, "only %zu codes were found", used.count);
    for (size_t i = 0; i < used.count; i++)
        cr_expect(has_code(&explained, used.items[i]), "mappings/findings.md does not explain %s",
                  used.items[i]);
    for (size_t i = 0; i < explained.count; i++)
        cr_expect(has_code(&used, explained.items[i]),
                  "mappings/findings.md explains %s, which nothing raises", explained.items[i]);
}

Test(plan_codes, each_code_of_plan_and_check_has_a_case)
{
    CLEANUP(codes_release) struct codes used = {0};
    add_folder(&used, ROOT "/src/plan");
    add_folder(&used, ROOT "/src/check");
    for (size_t i = 0; i < used.count; i++) {
        CLEANUP(memory_free_string)
        char *yes = memory_printf("%s/check/%s", DATA_DIR, used.items[i]);
        CLEANUP(memory_free_string)
        char *no = memory_printf("%s/check/%s_not", DATA_DIR, used.items[i]);
        cr_expect(is_folder(yes), "tests/data/check has no case for %s", used.items[i]);
        /* Room is needed by every run. */
        cr_expect(is_folder(no) || strcmp(used.items[i], "N-DISK-FREE") == 0,
                  "tests/data/check has no case without %s", used.items[i]);
    }
}
