/*
 * IDs in byte order, and the binary search over them.
 *
 * Comparing IDs themselves costs a visit to memory each; so they are sorted by their heads, and
 * not at all where they come in order, as they do from where maps are kept.
 */
#include "id_set.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static size_t
common_length(const struct id_entry *items, size_t count)
{
    struct span first = count > 0 ? items[0].id : SPAN_NULL;
    size_t length = first.length;
    for (size_t i = 1; i < count; i++) {
        struct span id = items[i].id;
        size_t same = 0;
        while (same < length && same < id.length && id.data[same] == first.data[same])
            same++;
        length = same;
    }
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

struct headed {
    uint64_t head;
    struct id_entry entry;
};

static int
compare_headed(const void *a, const void *b)
{
    const struct headed *left = a, *right = b;
    if (left->head != right->head)
        return left->head < right->head ? -1 : 1;
    return span_compare(left->entry.id, right->entry.id);
}

static bool
is_sorted(const struct id_entry *items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (span_compare(items[i - 1].id, items[i].id) > 0)
            return false;
    return true;
}

static void
sort_entries(struct id_entry *items, size_t count, size_t common)
{
    if (is_sorted(items, count))
        return;
    struct headed *headed = memory_realloc_array(NULL, count, sizeof *headed);
    for (size_t i = 0; i < count; i++)
        headed[i] = (struct headed){.head = head_of(items[i].id, common), .entry = items[i]};
    qsort(headed, count, sizeof *headed, compare_headed);
    for (size_t i = 0; i < count; i++)
        items[i] = headed[i].entry;
    free(headed);
}

void
id_set_build(struct id_set *set, struct id_entry *items, size_t count)
{
    set->common = common_length(items, count);
    sort_entries(items, count, set->common);
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

void
id_set_release(struct id_set *set)
{
    free(set->heads);
    free(set->ids);
    free(set->positions);
    *set = (struct id_set){.heads = NULL};
}

size_t
id_set_search(const struct id_set *set, struct span id)
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
    return id_set_search(set, id) < set->count;
}
