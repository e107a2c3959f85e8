/* Freezing an ID map: everything that is known of it afterwards is found by sorting once. */
#include "map.h"

#include "idmigrate/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
idmap_compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    if (order != 0)
        return order;
    return (a_length > b_length) - (a_length < b_length);
}

static int
compare_old(const struct idmap_pair *a, const struct idmap_pair *b)
{
    return idmap_compare_bytes(a->old_id, a->old_length, b->old_id, b->old_length);
}

int
idmap_compare_old(const void *left, const void *right)
{
    return compare_old(left, right);
}

static int
compare_new(const struct idmap_pair *a, const struct idmap_pair *b)
{
    return idmap_compare_bytes(a->new_id, a->new_length, b->new_id, b->new_length);
}

static int
compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = compare_old(&a->pair, &b->pair);
    if (order == 0)
        order = compare_new(&a->pair, &b->pair);
    return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

/* A pair and the eight bytes behind what all new IDs begin with, as a number that sorts like them:
 * nearly every comparison looks at these alone, and at no memory that is not at hand. */
struct headed {
    uint64_t head;
    const struct idmap_pair *pair;
};

static int
compare_by_new(const void *left, const void *right)
{
    const struct headed *a = left, *b = right;
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    int order = compare_new(a->pair, b->pair);
    return order != 0 ? order : compare_old(a->pair, b->pair);
}

static size_t
common_length(const struct idmap *map, size_t count)
{
    const struct idmap_pair *first = &record_at(map, 0)->pair;
    size_t length = count > 0 ? first->new_length : 0;
    for (size_t i = 1; i < count; i++) {
        const struct idmap_pair *pair = &record_at(map, i)->pair;
        size_t same = 0;
        while (same < length && same < pair->new_length &&
               pair->new_id[same] == first->new_id[same])
            same++;
        length = same;
    }
    return length;
}

static uint64_t
head_of(const struct idmap_pair *pair, size_t common)
{
    uint64_t head = 0;
    for (size_t i = common; i < common + sizeof head; i++)
        head = head << 8 | (i < pair->new_length ? (unsigned char)pair->new_id[i] : 0);
    return head;
}

/* Records are read in the order in which they stand in memory. */
static void
sort_by_new(const struct idmap *map, size_t count, const struct idmap_pair **by_new)
{
    size_t common = common_length(map, count);
    struct headed *headed = memory_realloc_array(NULL, count, sizeof *headed);
    for (size_t i = 0; i < count; i++) {
        const struct idmap_pair *pair = &record_at(map, i)->pair;
        headed[i] = (struct headed){.head = head_of(pair, common), .pair = pair};
    }
    if (count > 0)
        qsort(headed, count, sizeof *headed, compare_by_new);
    for (size_t i = 0; i < count; i++)
        by_new[i] = headed[i].pair;
    free(headed);
}

static bool
is_sorted(const struct idmap *map)
{
    for (size_t i = 1; i < map->entry_count; i++)
        if (compare_entries(&map->entries[i - 1], &map->entries[i]) > 0)
            return false;
    return true;
}

static void
add_pairs_of(struct idmap *map, const struct idmap_pair *pairs, size_t count, uint64_t place)
{
    for (size_t i = 0; i < count; i++)
        *ARRAY_ADD(map->entries, map->entry_count, map->entry_capacity) =
            (struct entry){.pair = pairs[i], .place = place};
}

/* A union is a map of its own whose pairs borrow their bytes: it looks up as fast as any other. */
static void
gather_members(struct idmap *map)
{
    for (size_t i = 0; i < map->member_count; i++) {
        const struct idmap *member = map->members[i];
        assert(member->is_frozen);
        add_pairs_of(map, member->pairs, member->pair_count + member->ambiguous_count, i);
    }
}

static void
describe_place(const struct idmap *map, uint64_t place, char *text, size_t size)
{
    if (map->members != NULL)
        snprintf(text, size, "in %s", map->members[place]->name);
    else
        snprintf(text, size, "%s %" PRIu64, map->place_word, place);
}

static bool
fail_ambiguous(const struct idmap *map, const struct entry *a, const struct entry *b,
               struct error *err)
{
    char first[128], second[128];
    describe_place(map, a->place, first, sizeof first);
    describe_place(map, b->place, second, sizeof second);
    CLEANUP(memory_free_string) char *name = idmap_describe(map);
    error_set(err, EXIT_INPUT,
              "%s: old ID \"%.200s\" has two new IDs: \"%.200s\" (%s) and \"%.200s\" (%s)", name,
              a->pair.old_id, a->pair.new_id, first, b->pair.new_id, second);
    return error_hint(err, "keep the right one; nobody can become two people");
}

/* How many entries from `start` have one old ID, and whether all of them have one new ID too. */
static size_t
group_length(const struct idmap *map, size_t start, bool *is_unique)
{
    const struct entry *first = &map->entries[start];
    size_t end = start + 1;
    *is_unique = true;
    while (end < map->entry_count && compare_old(&first->pair, &map->entries[end].pair) == 0) {
        if (compare_new(&first->pair, &map->entries[end].pair) != 0)
            *is_unique = false;
        end++;
    }
    return end - start;
}

static bool
check_ambiguous(const struct idmap *map, struct error *err)
{
    bool is_unique;
    for (size_t i = 0; i < map->entry_count;) {
        size_t length = group_length(map, i, &is_unique);
        if (!is_unique) {
            size_t other = i + 1;
            while (compare_new(&map->entries[i].pair, &map->entries[other].pair) == 0)
                other++;
            return fail_ambiguous(map, &map->entries[i], &map->entries[other], err);
        }
        i += length;
    }
    return true;
}

/* Splits the sorted entries into pairs, with the ambiguous ones behind, each pair once. */
static void
settle_pairs(struct idmap *map)
{
    struct idmap_pair *ambiguous = memory_realloc_array(NULL, map->entry_count, sizeof *ambiguous);
    bool is_unique;
    map->pairs = memory_realloc_array(NULL, map->entry_count, sizeof *map->pairs);
    for (size_t i = 0; i < map->entry_count;) {
        size_t length = group_length(map, i, &is_unique);
        for (size_t j = i; j < i + length; j++) {
            if (j > i && compare_new(&map->entries[j - 1].pair, &map->entries[j].pair) == 0)
                map->repeated_count++;
            else if (is_unique)
                map->pairs[map->pair_count++] = map->entries[j].pair;
            else
                ambiguous[map->ambiguous_count++] = map->entries[j].pair;
        }
        i += length;
    }
    memcpy(map->pairs + map->pair_count, ambiguous, map->ambiguous_count * sizeof *ambiguous);
    free(ambiguous);
    free(map->entries);
    map->entries = NULL;
    map->entry_count = map->entry_capacity = 0;
    map->pairs = memory_realloc_array(map->pairs, map->pair_count + map->ambiguous_count,
                                      sizeof *map->pairs);
}

/* Lengths stand before the bytes, so that ("ab", "c") and ("a", "bc") differ. */
static struct digest
digest_of_pair(const struct idmap_pair *pair)
{
    unsigned char bytes[2 * (IDMAP_LONGEST_ID + 4)];
    const struct {
        const char *id;
        uint32_t length;
    } sides[] = {{pair->old_id, pair->old_length}, {pair->new_id, pair->new_length}};
    size_t used = 0;
    for (size_t i = 0; i < 2; i++) {
        for (int shift = 0; shift < 32; shift += 8)
            bytes[used++] = (unsigned char)(sides[i].length >> shift);
        memcpy(bytes + used, sides[i].id, sides[i].length);
        used += sides[i].length;
    }
    return digest_bytes(bytes, used);
}

static void
find_chains(struct idmap *map, const struct idmap_pair *const *by_new, size_t start, size_t end)
{
    const struct idmap_pair *pair = by_new[start], *other = NULL;
    enum idmap_found found = idmap_find(map, pair->new_id, pair->new_length, &other);
    /* A pair that maps an ID to itself is no chain; with a second old ID for it, it is. */
    if (found == IDMAP_TWO ||
        (found == IDMAP_OLD && (end - start > 1 || other->old_id != pair->old_id)))
        map->chain_count++;
}

static void
find_shared(struct idmap *map)
{
    size_t total = map->pair_count + map->ambiguous_count, used = 0, capacity = 0;
    const struct idmap_pair **by_new =
        memory_realloc_array(NULL, total, sizeof(struct idmap_pair *));
    sort_by_new(map, total, by_new);
    for (size_t start = 0, end; start < total; start = end) {
        for (end = start + 1; end < total && compare_new(by_new[start], by_new[end]) == 0;)
            end++;
        find_chains(map, by_new, start, end);
        if (end - start == 1)
            continue;
        *ARRAY_ADD(map->shared_starts, map->shared_count, capacity) = used;
        memmove(by_new + used, by_new + start, (end - start) * sizeof(struct idmap_pair *));
        used += end - start;
    }
    size_t runs = map->shared_count;
    *ARRAY_ADD(map->shared_starts, runs, capacity) = used;
    map->shared = memory_realloc_array(by_new, used, sizeof(struct idmap_pair *));
}

bool
idmap_freeze(struct idmap *map, enum idmap_ambiguous policy, struct error *err)
{
    assert(!map->is_frozen);
    if (map->members != NULL)
        gather_members(map);
    if (!is_sorted(map))
        qsort(map->entries, map->entry_count, sizeof *map->entries, compare_entries);
    if (policy == IDMAP_AMBIGUOUS_ERROR && !check_ambiguous(map, err))
        return false;
    settle_pairs(map);
    for (size_t i = 0; i < map->pair_count + map->ambiguous_count; i++)
        digest_add(&map->digest, digest_of_pair(&map->pairs[i]));
    idmap_make_records(map);
    map->is_frozen = true;
    find_shared(map);
    return true;
}
