/* The ID maps as a run has stored them. */
#include "copy.h"
#include "pairs.h"

#include "idmigrate/sql.h"

static size_t
map_named(const struct pairs_list *list, struct span name)
{
    for (size_t i = 0; i < list->count; i++)
        if (span_equal(span_of(list->maps[i].spec->name), name))
            return i;
    return list->count;
}

static void
add_pair(struct pairs_list *list, size_t map, const struct idmap_pair *pair)
{
    pairs_add(list, map, (struct span){.data = pair->old_id, .length = pair->old_length},
              (struct span){.data = pair->new_id, .length = pair->new_length});
}

static void
add_given(struct pairs_list *list, size_t map, const struct idmap *given)
{
    for (size_t i = 0; i < idmap_count(given); i++)
        add_pair(list, map, idmap_pair_at(given, i));
    for (size_t i = 0; i < idmap_ambiguous_count(given); i++)
        add_pair(list, map, idmap_ambiguous_pair(given, i));
}

bool
pairs_load(struct pairs_list *list, struct db *target, const struct mapping *mapping,
           const char *run_id, const struct idmap *const *given, struct error *err)
{
    enum { MAP, OLD, NEW, FIELDS };
    struct strbuf buffers[FIELDS] = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
    struct span fields[FIELDS], values[FIELDS];
    struct copy copy;
    pairs_init(list, mapping->ids, mapping->id_count);
    if (!copy_begin_query(&copy, target, sql_query_verify_idmap, &run_id, err))
        return false;
    while (copy_next(&copy, fields, FIELDS, err)) {
        for (size_t i = 0; i < FIELDS; i++)
            values[i] = text_read(&buffers[i], fields[i]);
        size_t map = map_named(list, values[MAP]);
        /* A union is made of its members here, whatever is stored under its name. */
        if (map < list->count && list->maps[map].spec->kind != MAPPING_IDS_UNION &&
            (given == NULL || given[map] == NULL))
            pairs_add(list, map, values[OLD], values[NEW]);
    }
    for (size_t i = 0; i < FIELDS; i++)
        strbuf_release(&buffers[i]);
    for (size_t i = 0; given != NULL && i < list->count; i++)
        if (given[i] != NULL && list->maps[i].spec->kind != MAPPING_IDS_UNION)
            add_given(list, i, given[i]);
    pairs_settle(list);
    return copy_end(&copy, err);
}
