/* Loading the ID maps a run has stored, and looking IDs up in them. */
#include "pairs.h"

#include "copy.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

/* ---- sets ---- */

struct sortable {
    struct span id;
    uint32_t position;
};

static int
compare_sortables(const void *a, const void *b)
{
    const struct sortable *left = a, *right = b;
    return span_compare(left->id, right->id);
}

static size_t
common_length(const struct sortable *items, size_t count)
{
    /* Sorted: what the first and the last have in common, all have. */
    if (count == 0)
        return 0;
    struct span a = items[0].id, b = items[count - 1].id;
    size_t length = 0;
    while (length < a.length && length < b.length && a.data[length] == b.data[length])
        length++;
    return length;
}

static uint64_t
head_of(struct span id, size_t common)
{
    uint64_t head = 0;
    for (size_t i = 0; i < 8; i++)
        head = head << 8 | (common + i < id.length ? (unsigned char)id.data[common + i] : 0);
    return head;
}

/* Takes the items' memory. */
static void
build_set(struct id_set *set, struct sortable *items, size_t count)
{
    if (count > 0)
        qsort(items, count, sizeof *items, compare_sortables);
    set->common = common_length(items, count);
    set->heads = memory_realloc_array(NULL, count, sizeof *set->heads);
    set->ids = memory_realloc_array(NULL, count, sizeof *set->ids);
    set->positions = memory_realloc_array(NULL, count, sizeof *set->positions);
    for (size_t i = 0; i < count; i++) {
        if (set->count > 0 && span_equal(set->ids[set->count - 1], items[i].id))
            continue;
        set->heads[set->count] = head_of(items[i].id, set->common);
        set->ids[set->count] = items[i].id;
        set->positions[set->count++] = items[i].position;
    }
    free(items);
}

static void
release_set(struct id_set *set)
{
    free(set->heads);
    free(set->ids);
    free(set->positions);
    *set = (struct id_set){.heads = NULL};
}

/* The entry, or `count`. */
static size_t
search_set(const struct id_set *set, struct span id)
{
    if (set->count == 0 || id.data == NULL || id.length < set->common ||
        memcmp(id.data, set->ids[0].data, set->common) != 0)
        return set->count;
    uint64_t head = head_of(id, set->common);
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = set->heads[middle] < head   ? -1
                    : set->heads[middle] > head ? 1
                                                : span_compare(set->ids[middle], id);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return set->count;
}

bool
id_set_has(const struct id_set *set, struct span id)
{
    return search_set(set, id) < set->count;
}

enum pairs_found
pairs_find(const struct pairs *map, struct span id, struct span *new_id)
{
    size_t at = search_set(&map->olds, id);
    if (at < map->olds.count) {
        *new_id = map->items[map->olds.positions[at]].new_id;
        return PAIRS_OLD;
    }
    return id_set_has(&map->news, id) ? PAIRS_NEW : PAIRS_NONE;
}

/* ---- loading ---- */

/* Until all lines are read the bytes may move: offsets stand in for pointers. */
struct loading {
    size_t map, old_offset, old_length, new_offset, new_length;
};

static size_t
keep(struct strbuf *bytes, struct span value)
{
    size_t offset = bytes->length;
    strbuf_add(bytes, value.data, value.length);
    return offset;
}

static size_t
map_named(const struct pairs_list *list, struct span name)
{
    for (size_t i = 0; i < list->count; i++)
        if (span_equal(span_of(list->maps[i].spec->name), name))
            return i;
    return list->count;
}

/* Pairs of unions are left out: a union is made of its members here. */
static bool
read_pairs(struct pairs_list *list, struct db *target, const char *run_id, struct loading **items,
           size_t *count, struct error *err)
{
    struct strbuf buffers[3] = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
    size_t capacity = 0;
    struct span fields[3];
    struct copy copy;
    if (!copy_begin_query(&copy, target, sql_query_verify_idmap, &run_id, err))
        return false;
    while (copy_next(&copy, fields, 3, err)) {
        struct span values[3];
        for (size_t i = 0; i < 3; i++)
            values[i] = text_read(&buffers[i], fields[i]);
        size_t map = map_named(list, values[0]);
        if (map == list->count || list->maps[map].spec->kind == MAPPING_IDS_UNION)
            continue;
        *ARRAY_ADD(*items, *count, capacity) = (struct loading){
            .map = map,
            .old_offset = keep(&list->bytes, values[1]),
            .old_length = values[1].length,
            .new_offset = keep(&list->bytes, values[2]),
            .new_length = values[2].length,
        };
    }
    for (size_t i = 0; i < 3; i++)
        strbuf_release(&buffers[i]);
    return copy_end(&copy, err);
}

static int
compare_pairs(const void *a, const void *b)
{
    const struct id_pair *left = a, *right = b;
    int order = span_compare(left->old_id, right->old_id);
    return order != 0 ? order : span_compare(left->new_id, right->new_id);
}

/* The definition that idmap.h's digest follows: the lengths, 32 bits little-endian, stand before
 * the bytes. */
static struct digest
digest_of_pair(const struct id_pair *pair, struct strbuf *scratch)
{
    const struct span sides[] = {pair->old_id, pair->new_id};
    strbuf_reset(scratch);
    for (size_t i = 0; i < 2; i++) {
        for (size_t length = sides[i].length, byte = 0; byte < 4; byte++, length >>= 8)
            strbuf_add_char(scratch, (char)(length & 0xFF));
        strbuf_add(scratch, sides[i].data, sides[i].length);
    }
    return digest_bytes(scratch->data, scratch->length);
}

static void
settle_map(struct pairs *map)
{
    CLEANUP(strbuf_release) struct strbuf scratch = STRBUF_INIT;
    struct sortable *olds = memory_realloc_array(NULL, map->count, sizeof *olds);
    struct sortable *news = memory_realloc_array(NULL, map->count, sizeof *news);
    size_t kept = 0;
    if (map->count > 0)
        qsort(map->items, map->count, sizeof *map->items, compare_pairs);
    for (size_t i = 0; i < map->count; i++) {
        const struct id_pair pair = map->items[i];
        if (kept > 0 && compare_pairs(&map->items[kept - 1], &pair) == 0)
            continue;
        map->is_doubtful |= kept > 0 && span_equal(map->items[kept - 1].old_id, pair.old_id);
        olds[kept] = (struct sortable){.id = pair.old_id, .position = (uint32_t)kept};
        news[kept] = (struct sortable){.id = pair.new_id, .position = (uint32_t)kept};
        digest_add(&map->digest, digest_of_pair(&pair, &scratch));
        map->items[kept++] = pair;
    }
    map->count = kept;
    build_set(&map->olds, olds, kept);
    build_set(&map->news, news, kept);
}

/* A union is made after its members; the mapping has made sure that it is no member of itself. */
static void
settle_with_members(struct pairs_list *list, struct pairs *map)
{
    if (map->is_settled)
        return;
    map->is_settled = true;
    for (size_t i = 0; i < map->spec->member_count && map->spec->kind == MAPPING_IDS_UNION; i++) {
        struct pairs *member = &list->maps[map->spec->members[i]];
        settle_with_members(list, member);
        for (size_t j = 0; j < member->count; j++)
            *ARRAY_ADD(map->items, map->count, map->capacity) = member->items[j];
    }
    settle_map(map);
}

static bool
is_new_anywhere(const struct pairs_list *list, struct span id)
{
    for (size_t i = 0; i < list->count; i++)
        if (id_set_has(&list->maps[i].news, id))
            return true;
    return false;
}

static void
collect_legacy(struct pairs_list *list)
{
    struct sortable *items = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct pairs *map = &list->maps[i];
        if (map->spec->kind == MAPPING_IDS_UNION || map->spec->derived)
            continue;
        for (size_t j = 0; j < map->count; j++)
            if (!is_new_anywhere(list, map->items[j].old_id))
                *ARRAY_ADD(items, count, capacity) = (struct sortable){.id = map->items[j].old_id};
    }
    build_set(&list->legacy, items, count);
}

bool
pairs_load(struct pairs_list *list, struct db *target, const struct mapping *mapping,
           const char *run_id, struct error *err)
{
    struct loading *items = NULL;
    size_t count = 0;
    *list = (struct pairs_list){.count = mapping->id_count, .bytes = STRBUF_INIT};
    list->maps = memory_zalloc((mapping->id_count + 1) * sizeof *list->maps);
    for (size_t i = 0; i < list->count; i++)
        list->maps[i].spec = &mapping->ids[i];

    bool done = read_pairs(list, target, run_id, &items, &count, err);
    for (size_t i = 0; done && i < count; i++) {
        struct pairs *map = &list->maps[items[i].map];
        *ARRAY_ADD(map->items, map->count, map->capacity) = (struct id_pair){
            .old_id = {.data = list->bytes.data + items[i].old_offset,
                       .length = items[i].old_length},
            .new_id = {.data = list->bytes.data + items[i].new_offset,
                       .length = items[i].new_length},
        };
    }
    free(items);
    for (size_t i = 0; i < list->count; i++)
        settle_with_members(list, &list->maps[i]);
    collect_legacy(list);
    return done;
}

void
pairs_release(struct pairs_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->maps[i].items);
        release_set(&list->maps[i].olds);
        release_set(&list->maps[i].news);
    }
    free(list->maps);
    release_set(&list->legacy);
    strbuf_release(&list->bytes);
    *list = (struct pairs_list){.bytes = STRBUF_INIT};
}
