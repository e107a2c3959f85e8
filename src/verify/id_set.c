/* IDs in byte order, and the binary search over them. */
#include "id_set.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static int
compare_entries(const void *a, const void *b)
{
    const struct id_entry *left = a, *right = b;
    return span_compare(left->id, right->id);
}

static size_t
common_length(const struct id_entry *items, size_t count)
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

void
id_set_build(struct id_set *set, struct id_entry *items, size_t count)
{
    if (count > 0)
        qsort(items, count, sizeof *items, compare_entries);
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
