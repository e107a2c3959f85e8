/* Counting what is found by place: column, path, kind of ID. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static bool
is_same(const struct places *places, const struct scan_found *found, const struct scan_place *place,
        bool is_whole, int kind)
{
    return found->column == places->column && found->kind == kind && found->is_whole == is_whole &&
           found->is_key == place->is_key &&
           strncmp(found->path, place->path, place->path_length) == 0 &&
           found->path[place->path_length] == '\0';
}

static struct places_entry *
find_entry(struct places *places, const struct scan_place *place, bool is_whole, int kind)
{
    /* Rows are alike: what came last comes next. */
    if (places->recent < places->count &&
        is_same(places, &places->entries[places->recent].found, place, is_whole, kind))
        return &places->entries[places->recent];
    for (size_t i = 0; i < places->count; i++)
        if (is_same(places, &places->entries[i].found, place, is_whole, kind)) {
            places->recent = i;
            return &places->entries[i];
        }
    return NULL;
}

static struct places_entry *
add_entry(struct places *places, const struct scan_place *place, bool is_whole, int kind)
{
    struct places_entry *entry = ARRAY_ADD(places->entries, places->count, places->capacity);
    places->recent = places->count - 1;
    *entry = (struct places_entry){
        .found = {.table = places->table,
                  .column = places->column,
                  .path = memory_strndup(place->path, place->path_length),
                  .is_key = place->is_key,
                  .is_whole = is_whole,
                  .kind = kind,
                  .map = -1},
        .last_row = -1,
    };
    return entry;
}

static struct places_entry *
entry_of(struct places *places, const struct scan_place *place, bool is_whole, int kind)
{
    static const struct scan_place further = {.path = "(further places)", .path_length = 16};
    struct places_entry *entry = find_entry(places, place, is_whole, kind);
    if (entry != NULL || places->count < PLACES_MOST)
        return entry != NULL ? entry : add_entry(places, place, is_whole, kind);
    entry = find_entry(places, &further, false, kind);
    return entry != NULL ? entry : add_entry(places, &further, false, kind);
}

static void
add_sample(struct places *places, struct scan_found *found, const char *id,
           const struct scan_hit *hit)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    if (found->sample_count == SCAN_SAMPLES)
        return;
    excerpt_add_id(&text, places->finder, id, hit);
    found->samples[found->sample_count++] = strbuf_take(&text);
}

void
places_add(struct places *places, const struct scan_place *place, const char *text, size_t length,
           const struct scan_hit *hit)
{
    struct places_entry *entry = entry_of(places, place, hit->length == length, hit->kind);
    struct scan_found *found = &entry->found;
    const char *id = text + hit->start;
    found->ids++;
    found->rows += entry->last_row != places->row;
    entry->last_row = places->row;
    if (hit->state == SCAN_RESOLVED) {
        found->has_several_maps =
            found->has_several_maps || (found->map >= 0 && found->map != hit->map);
        found->map = hit->map;
    }
    if (distinct_add(&entry->distinct[hit->state], id, hit->length))
        add_sample(places, found, id, hit);
}

static int
compare_entries(const void *a, const void *b)
{
    const struct scan_found *x = &((const struct places_entry *)a)->found;
    const struct scan_found *y = &((const struct places_entry *)b)->found;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    int order = strcmp(x->path, y->path);
    if (order == 0)
        order = x->is_key - y->is_key;
    if (order == 0)
        order = y->is_whole - x->is_whole;
    return order != 0 ? order : x->kind - y->kind;
}

void
places_take(struct places *places, struct scan_result *result)
{
    if (places->count > 0)
        qsort(places->entries, places->count, sizeof *places->entries, compare_entries);
    result->found = memory_realloc_array(result->found, result->found_count + places->count + 1,
                                         sizeof *result->found);
    for (size_t i = 0; i < places->count; i++) {
        struct places_entry *entry = &places->entries[i];
        for (int state = 0; state < SCAN_STATE_COUNT; state++) {
            entry->found.distinct[state] = distinct_count(&entry->distinct[state]);
            entry->found.is_estimate =
                entry->found.is_estimate || distinct_is_estimate(&entry->distinct[state]);
            distinct_release(&entry->distinct[state]);
        }
        result->found[result->found_count++] = entry->found;
    }
    places->count = places->recent = 0;
}

void
places_release(struct places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        for (int state = 0; state < SCAN_STATE_COUNT; state++)
            distinct_release(&places->entries[i].distinct[state]);
        for (size_t s = 0; s < places->entries[i].found.sample_count; s++)
            free(places->entries[i].found.samples[s]);
        free(places->entries[i].found.path);
    }
    free(places->entries);
}
