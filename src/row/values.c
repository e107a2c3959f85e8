/* The transform `values`: an inline map of whole values. */
#include "transform.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static struct row_value
value_of_text(const char *text)
{
    return (struct row_value){.data = text, .length = text ? strlen(text) : 0};
}

static int
compare_values(struct row_value a, struct row_value b)
{
    if (a.length != b.length)
        return a.length < b.length ? -1 : 1;
    return memcmp(a.data, b.data, a.length);
}

static int
compare_entries(const void *a, const void *b)
{
    const struct value_entry *left = a, *right = b;
    return compare_values(left->old_value, right->old_value);
}

void
row_values_init(struct value_map *map, const struct mapping_column *spec)
{
    map->count = spec->value_count;
    map->entries = memory_realloc_array(NULL, spec->value_count, sizeof *map->entries);
    for (size_t i = 0; i < spec->value_count; i++)
        map->entries[i] = (struct value_entry){
            .old_value = value_of_text(spec->values[i].old_value),
            .new_value = value_of_text(spec->values[i].new_value),
        };
    qsort(map->entries, map->count, sizeof *map->entries, compare_entries);
}

void
row_values_release(struct value_map *map)
{
    free(map->entries);
    *map = (struct value_map){.entries = NULL};
}

const struct value_entry *
row_values_find(const struct value_map *map, struct row_value value)
{
    const struct value_entry key = {.old_value = value};
    return bsearch(&key, map->entries, map->count, sizeof *map->entries, compare_entries);
}
