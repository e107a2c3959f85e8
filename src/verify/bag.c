/* Buckets, and the second look at those that differ. */
#include "bag.h"

#include "idmigrate/memory.h"

#include <stdlib.h>

/* Texts of rows kept for naming columns; beyond it a difference is named by its key only. */
enum { MOST_BYTES = 64 * 1024 * 1024 };

void
bag_init(struct bag *bag)
{
    *bag = (struct bag){.sides = {{.items = 0}}};
    for (size_t side = 0; side < 2; side++)
        bag->sides[side].buckets = memory_zalloc(BAG_BUCKETS * sizeof(struct bag_bucket));
}

void
bag_release(struct bag *bag)
{
    for (size_t side = 0; side < 2; side++)
        free(bag->sides[side].buckets);
    *bag = (struct bag){.sides = {{.items = 0}}};
}

void
bag_swap_side(struct bag *a, struct bag *b, enum bag_side side)
{
    const struct bag_side_state kept = a->sides[side];
    a->sides[side] = b->sides[side];
    b->sides[side] = kept;
}

static size_t
bucket_of(struct digest key)
{
    return key.low >> 48;
}

static void
put(struct bag_bucket *bucket, struct digest item)
{
    bucket->count++;
    digest_add(&bucket->sum, item);
}

void
bag_add(struct bag *bag, enum bag_side side, struct digest key, struct digest item)
{
    struct bag_side_state *at = &bag->sides[side];
    struct bag_ahead *slot = &at->ahead[at->ahead_next++ % BAG_AHEAD];
    if (at->ahead_count == BAG_AHEAD)
        put(slot->bucket, slot->item);
    else
        at->ahead_count++;
    slot->bucket = &at->buckets[bucket_of(key)];
    slot->item = item;
    __builtin_prefetch(slot->bucket, 1);
    at->items++;
}

static void
settle(struct bag *bag)
{
    for (size_t side = 0; side < 2; side++) {
        struct bag_side_state *at = &bag->sides[side];
        for (; at->ahead_count > 0; at->ahead_count--) {
            const struct bag_ahead *slot =
                &at->ahead[(at->ahead_next - at->ahead_count) % BAG_AHEAD];
            put(slot->bucket, slot->item);
        }
    }
}

static bool
differs(const struct bag *bag, size_t bucket)
{
    const struct bag_bucket *expected = &bag->sides[BAG_EXPECTED].buckets[bucket],
                            *found = &bag->sides[BAG_FOUND].buckets[bucket];
    return expected->count != found->count || !digest_equal(expected->sum, found->sum);
}

int64_t
bag_differing(struct bag *bag)
{
    settle(bag);
    int64_t count = 0;
    for (size_t i = 0; i < BAG_BUCKETS; i++)
        count += differs(bag, i);
    return count;
}

/* ---- the second look ---- */

void
drill_init(struct drill *drill, struct bag *bag, int64_t row_limit)
{
    settle(bag);
    int64_t rows = 0;
    *drill = (struct drill){.bytes = STRBUF_INIT};
    drill->buckets = memory_zalloc(BAG_BUCKETS * sizeof *drill->buckets);
    for (size_t i = 0; i < BAG_BUCKETS; i++) {
        if (!differs(bag, i))
            continue;
        int64_t more =
            bag->sides[BAG_EXPECTED].buckets[i].count + bag->sides[BAG_FOUND].buckets[i].count;
        /* The first one is looked at whatever its size: some difference must be named. */
        if (rows > 0 && rows + more > row_limit) {
            drill->left_out++;
            continue;
        }
        rows += more;
        drill->buckets[i] = true;
    }
}

void
drill_release(struct drill *drill)
{
    free(drill->buckets);
    free(drill->items[0]);
    free(drill->items[1]);
    strbuf_release(&drill->bytes);
    *drill = (struct drill){.bytes = STRBUF_INIT};
}

bool
drill_wants(const struct drill *drill, struct digest key)
{
    return drill->buckets[bucket_of(key)];
}

void
drill_add(struct drill *drill, enum bag_side side, struct digest key, struct digest item,
          struct span text)
{
    struct drill_item *added =
        ARRAY_ADD(drill->items[side], drill->count[side], drill->capacity[side]);
    *added = (struct drill_item){
        .key = key, .item = item, .at = drill->bytes.length, .length = SIZE_MAX};
    if (drill->bytes.length + text.length > MOST_BYTES)
        return;
    strbuf_add(&drill->bytes, text.data, text.length);
    added->length = text.length;
}

struct span
drill_text(const struct drill *drill, const struct drill_item *item)
{
    if (item == NULL || item->length == SIZE_MAX)
        return SPAN_NULL;
    return (struct span){.data = drill->bytes.data + item->at, .length = item->length};
}

static int
compare_items(const void *a, const void *b)
{
    const struct drill_item *left = a, *right = b;
    int order = digest_order(left->key, right->key);
    return order != 0 ? order : digest_order(left->item, right->item);
}

/* Takes out of both runs, which are of one key and sorted, what is equal in both. */
static void
cancel_equal(struct drill_item *expected, size_t *expected_count, struct drill_item *found,
             size_t *found_count)
{
    size_t i = 0, j = 0, left = 0, right = 0;
    while (i < *expected_count || j < *found_count) {
        int order = i == *expected_count ? 1
                    : j == *found_count  ? -1
                                         : digest_order(expected[i].item, found[j].item);
        if (order == 0) {
            i++;
            j++;
        } else if (order < 0) {
            expected[left++] = expected[i++];
        } else {
            found[right++] = found[j++];
        }
    }
    *expected_count = left;
    *found_count = right;
}

static size_t
run_of_key(const struct drill_item *items, size_t count, size_t from, struct digest key)
{
    size_t end = from;
    while (end < count && digest_equal(items[end].key, key))
        end++;
    return end - from;
}

void
drill_compare(struct drill *drill, drill_visit *visit, void *context)
{
    struct drill_item *const *items = drill->items;
    const size_t *count = drill->count;
    for (size_t side = 0; side < 2; side++)
        if (count[side] > 0)
            qsort(items[side], count[side], sizeof *items[side], compare_items);
    for (size_t i = 0, j = 0; i < count[0] || j < count[1];) {
        bool takes_expected =
            j == count[1] || (i < count[0] && digest_order(items[0][i].key, items[1][j].key) <= 0);
        struct digest key = takes_expected ? items[0][i].key : items[1][j].key;
        size_t expected = run_of_key(items[0], count[0], i, key),
               found = run_of_key(items[1], count[1], j, key);
        struct drill_item *left = items[0] + i, *right = items[1] + j;
        i += expected;
        j += found;
        cancel_equal(left, &expected, right, &found);
        for (size_t n = 0; n < expected || n < found; n++) {
            enum drill_kind kind = n >= found      ? DRILL_MISSING
                                   : n >= expected ? DRILL_EXTRA
                                                   : DRILL_CHANGED;
            visit(context, kind, n < expected ? &left[n] : NULL, n < found ? &right[n] : NULL);
        }
    }
}
