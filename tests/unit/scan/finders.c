/* Finders for tests. */
#include "finders.h"

#include "idmigrate/sql.h"

#include <stdio.h>
#include <string.h>

static struct idmap *
make_map(const char *pairs)
{
    struct idmap *map = idmap_new("user");
    struct error err = ERROR_INIT;
    uint64_t place = 1;
    while (*pairs != '\0') {
        size_t old_length = strcspn(pairs, ">");
        const char *new_id = pairs + old_length + 1;
        size_t new_length = strcspn(new_id, " ");
        cr_assert(idmap_add(map, pairs, old_length, new_id, new_length, place++, &err), "%s",
                  err.text);
        pairs = new_id + new_length;
        pairs += *pairs == ' ';
    }
    cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, &err), "%s", err.text);
    return map;
}

static size_t
choose_formats(const struct idmap_formats *formats, const char *names,
               const struct idmap_format **chosen)
{
    size_t count = 0;
    while (*names != '\0') {
        size_t length = strcspn(names, " ");
        CLEANUP(memory_free_string) char *name = memory_strndup(names, length);
        chosen[count] = idmap_format_find(formats, name);
        cr_assert_not_null(chosen[count++], "%s", name);
        names += length + (names[length] == ' ');
    }
    return count;
}

struct test_finder
finder_make(const char *formats, const char *pairs)
{
    struct test_finder made = {.map = pairs != NULL ? make_map(pairs) : NULL};
    const struct idmap_format *chosen[8];
    struct error err = ERROR_INIT;
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &made.formats, &err), "%s",
              err.text);
    const struct idmap *const maps[] = {made.map};
    const struct scan_wanted wanted = {.formats = chosen,
                                       .format_count =
                                           choose_formats(made.formats, formats, chosen),
                                       .maps = maps,
                                       .map_count = pairs != NULL};
    made.finder = scan_finder_new(&wanted);
    return made;
}

void
finder_release(struct test_finder *made)
{
    scan_finder_free(&made->finder);
    idmap_free(&made->map);
    idmap_formats_free(&made->formats);
}

void
assert_finds(const struct test_finder *made, const char *text, const char *expected)
{
    static const char letters[SCAN_STATE_COUNT] = {'\0', 'r', 'n', 'a'};
    char found[1024] = "";
    size_t used = 0, from = 0, length = strlen(text);
    struct scan_hit hit;
    while (scan_find(made->finder, text, length, from, &hit)) {
        used += (size_t)snprintf(found + used, sizeof found - used, "%s%s:%zu+%zu%.1s",
                                 used > 0 ? " " : "",
                                 scan_finder_kind(made->finder, (size_t)hit.kind)->name, hit.start,
                                 hit.length, &letters[hit.state]);
        from = hit.start + hit.length;
    }
    cr_expect_str_eq(found, expected, "«%s»: «%s»", text, found);
    cr_expect(found[0] == '\0' || scan_may_hold(made->finder, text, length),
              "the first look passes over «%s»", text);
}
