/* The ID maps kept with the run against the digests that the run recorded: what everything else
 * here stands on. */
#include "work.h"

#include "idmigrate/memory.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

static bool
is_recorded(const json_t *recorded, struct digest digest)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(digest, hex);
    return json_is_string(recorded) && strcmp(json_string_value(recorded), hex) == 0;
}

/* Who took the maps away, where that is known. */
static void
give_up(const struct verify *v, const struct pairs *map, struct check *check)
{
    const char *settings = v->in->run->settings != NULL ? v->in->run->settings : "{}";
    json_t *all = json_loads(settings, 0, NULL);
    const json_t *list = json_object_get(all, "idmaps_expired");
    const json_t *last = json_array_get(list, json_array_size(list) - 1);
    const char *by = json_string_value(json_object_get(last, "by"));
    const char *at = json_string_value(json_object_get(last, "at"));
    if (by != NULL && at != NULL)
        check_give_up(check,
                      "the ID map %s is no longer kept with the run: it expired %.19s, by %.100s; "
                      "--idmap %s=FILE gives it back for this verification",
                      map->spec->name, at, by, map->spec->name);
    else
        check_give_up(check, "the ID map %s is no longer kept with the run", map->spec->name);
    json_decref(all);
}

static void
check_map(const struct verify *v, struct pairs *map, const json_t *recorded, struct check *check)
{
    char hex[DIGEST_HEX_SIZE];
    const struct digest nothing = {0, 0};
    check->looked_at += (int64_t)map->count;
    if (recorded == NULL && map->spec->kind == MAPPING_IDS_UNION)
        return;
    if (is_recorded(recorded, map->digest))
        return;
    if (map->count == 0 && recorded != NULL && !is_recorded(recorded, nothing)) {
        map->is_missing = true;
        give_up(v, map, check);
        return;
    }
    digest_to_hex(map->digest, hex);
    check_difference_text(check, SPAN_NULL, map->spec->name,
                          json_is_string(recorded) ? json_string_value(recorded)
                                                   : "a digest recorded with the run",
                          hex);
}

/* A run without ID maps has nothing to look at, and nothing to prove here. */
void
stored_maps_check(struct verify *v)
{
    struct check check;
    json_t *recorded =
        json_loads(v->in->run->idmap_digests ? v->in->run->idmap_digests : "{}", 0, NULL);
    check_init(&check, "idmap", NULL, v->in->difference_limit);
    check.is_used = v->maps.count > 0;
    for (size_t i = 0; i < v->maps.count; i++)
        check_map(v, &v->maps.maps[i], json_object_get(recorded, v->maps.maps[i].spec->name),
                  &check);
    check_note(&check, "%" PRId64 " pairs in %zu maps", check.looked_at, v->maps.count);
    check_finish(&check, &v->checks);
    json_decref(recorded);
}
