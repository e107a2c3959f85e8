/* The same pairs as verification holds them, and as the writer does. */
#include "maps.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <string.h>

struct span
text_span(const char *text)
{
    return span_of(text);
}

static void
fill(struct maps *maps, size_t number, const char *const *pairs)
{
    struct error err = ERROR_INIT;
    maps->written[number] = idmap_new(maps->specs[number].name);
    for (size_t i = 0; pairs[i] != NULL; i += 2) {
        pairs_add(&maps->list, number, span_of(pairs[i]), span_of(pairs[i + 1]));
        cr_assert(idmap_add(maps->written[number], pairs[i], strlen(pairs[i]), pairs[i + 1],
                            strlen(pairs[i + 1]), i + 1, &err));
    }
    cr_assert(idmap_freeze(maps->written[number], IDMAP_AMBIGUOUS_KEEP, &err), "%s", err.text);
}

void
maps_init(struct maps *maps, const char *const *people, const char *const *organizations)
{
    static char names[][8] = {"person", "org", "any"};
    *maps = (struct maps){.members = {0, 1}};
    for (size_t i = 0; i < 3; i++)
        maps->specs[i].name = names[i];
    maps->specs[2].kind = MAPPING_IDS_UNION;
    maps->specs[2].members = maps->members;
    maps->specs[2].member_count = 2;
    pairs_init(&maps->list, maps->specs, 3);
    fill(maps, 0, people);
    fill(maps, 1, organizations);
    pairs_settle(&maps->list);
    maps->matcher = idmap_matcher_new((const struct idmap *const *)maps->written, 2);
    const struct pairs **used = memory_alloc(2 * sizeof *used);
    used[0] = &maps->list.maps[0];
    used[1] = &maps->list.maps[1];
    finder_init_maps(&maps->finder, used, 2);
}

void
maps_release(struct maps *maps)
{
    finder_release(&maps->finder);
    pairs_release(&maps->list);
    idmap_matcher_free(&maps->matcher);
    idmap_free(&maps->written[0]);
    idmap_free(&maps->written[1]);
}
