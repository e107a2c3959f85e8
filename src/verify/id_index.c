/*
 * Pairs by one side, and the binary search over them.
 *
 * Comparing IDs themselves costs a visit to memory each; so they are sorted by their heads, and
 * not at all where they come in order, as they do from where maps are kept.
 */
#include "id_index.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

struct span
id_pair_side(const struct id_pair *pair, enum id_side side)
{
    return side == ID_OLD
               ? (struct span){.data = pair->bytes, .length = pair->old_length}
               : (struct span){.data = pair->bytes + pair->old_length, .length = pair->new_length};
}

static size_t
common_length(const struct id_pair *pairs, size_t count, enum id_side side)
{
    struct span first = count > 0 ? id_pair_side(&pairs[0], side) : SPAN_NULL;
    size_t length = first.length;
    for (size_t i = 1; i < count; i++) {
        struct span id = id_pair_side(&pairs[i], side);
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

static bool
is_sorted(const struct id_pair *pairs, size_t count, enum id_side side)
{
    for (size_t i = 1; i < count; i++)
        if (span_compare(id_pair_side(&pairs[i - 1], side), id_pair_side(&pairs[i], side)) > 0)
            return false;
    return true;
}

struct headed {
    uint64_t head;
    const struct id_pair *pair;
};

static int
compare_headed(const struct headed *left, const struct headed *right, enum id_side side)
{
    if (left->head != right->head)
        return left->head < right->head ? -1 : 1;
    return span_compare(id_pair_side(left->pair, side), id_pair_side(right->pair, side));
}

static int
compare_by_old(const void *a, const void *b)
{
    return compare_headed(a, b, ID_OLD);
}

static int
compare_by_new(const void *a, const void *b)
{
    return compare_headed(a, b, ID_NEW);
}

static void
sort_positions(struct id_index *index)
{
    struct headed *headed = memory_realloc_array(NULL, index->count, sizeof *headed);
    for (size_t i = 0; i < index->count; i++)
        headed[i] = (struct headed){.head = index->heads[i], .pair = &index->pairs[i]};
    qsort(headed, index->count, sizeof *headed,
          index->side == ID_OLD ? compare_by_old : compare_by_new);
    index->positions = memory_realloc_array(NULL, index->count, sizeof *index->positions);
    for (size_t i = 0; i < index->count; i++) {
        index->heads[i] = headed[i].head;
        index->positions[i] = (uint32_t)(headed[i].pair - index->pairs);
    }
    free(headed);
}

void
id_index_build(struct id_index *index, const struct id_pair *pairs, size_t count, enum id_side side)
{
    *index = (struct id_index){.pairs = pairs, .count = count, .side = side};
    index->common = common_length(pairs, count, side);
    index->heads = memory_realloc_array(NULL, count, sizeof *index->heads);
    for (size_t i = 0; i < count; i++)
        index->heads[i] = head_of(id_pair_side(&pairs[i], side), index->common);
    if (!is_sorted(pairs, count, side))
        sort_positions(index);
}

void
id_index_release(struct id_index *index)
{
    free(index->heads);
    free(index->positions);
    *index = (struct id_index){.heads = NULL};
}

static size_t
position_at(const struct id_index *index, size_t at)
{
    return index->positions != NULL ? index->positions[at] : at;
}

static struct span
id_at(const struct id_index *index, size_t at)
{
    return id_pair_side(&index->pairs[position_at(index, at)], index->side);
}

/* The place in the order of this side, or `count`. */
static size_t
find_place(const struct id_index *index, struct span id)
{
    size_t low = 0, high = index->count;
    if (index->count == 0 || id.data == NULL || id.length < index->common ||
        memcmp(id.data, id_pair_side(&index->pairs[0], index->side).data, index->common) != 0)
        return index->count;
    uint64_t head = head_of(id, index->common);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = index->heads[middle] < head   ? -1
                    : index->heads[middle] > head ? 1
                                                  : span_compare(id_at(index, middle), id);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return index->count;
}

size_t
id_index_search(const struct id_index *index, struct span id)
{
    size_t place = find_place(index, id);
    return place < index->count ? position_at(index, place) : place;
}

size_t
id_index_count(const struct id_index *index, struct span id)
{
    size_t first = find_place(index, id), end = first;
    if (first == index->count)
        return 0;
    while (first > 0 && span_equal(id_at(index, first - 1), id))
        first--;
    while (end < index->count && span_equal(id_at(index, end), id))
        end++;
    return end - first;
}
