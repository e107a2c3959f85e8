/* Sets of rows: what must not cancel out, and what is named. */
#include "bag.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct item {
    const char *key, *row;
};

static struct digest
digest_of(const char *text)
{
    return digest_bytes(text, strlen(text));
}

static void
add_all(struct bag *bag, enum bag_side side, const struct item *items)
{
    for (; items->key != NULL; items++)
        bag_add(bag, side, digest_of(items->key), digest_of(items->row));
}

/* What the second look says: M, E or C for each difference. */
struct visited {
    char kinds[16];
    size_t count;
};

static void
visit(void *context, enum drill_kind kind, const struct drill_item *expected,
      const struct drill_item *found)
{
    struct visited *visited = context;
    cr_assert_eq(expected == NULL, kind == DRILL_EXTRA);
    cr_assert_eq(found == NULL, kind == DRILL_MISSING);
    visited->kinds[visited->count++] = "MEC"[kind];
}

static void
assert_differences(const struct item *expected, const struct item *found, const char *kinds)
{
    CLEANUP(bag_release) struct bag bag;
    CLEANUP(drill_release) struct drill drill;
    struct visited visited = {.count = 0};
    bag_init(&bag);
    add_all(&bag, BAG_EXPECTED, expected);
    add_all(&bag, BAG_FOUND, found);
    cr_assert_eq(bag_differing(&bag) > 0, kinds[0] != '\0');
    drill_init(&drill, &bag, 1000);
    for (int side = 0; side < 2; side++)
        for (const struct item *item = side == 0 ? expected : found; item->key != NULL; item++)
            if (drill_wants(&drill, digest_of(item->key)))
                drill_add(&drill, (enum bag_side)side, digest_of(item->key), digest_of(item->row),
                          span_of(item->row));
    drill_compare(&drill, visit, &visited);
    cr_assert_str_eq(visited.kinds, kinds);
}

#define ITEMS(...) ((const struct item[]){__VA_ARGS__, {NULL, NULL}})

Test(verify_bag, is_equal_whatever_the_order)
{
    assert_differences(ITEMS({"1", "a"}, {"2", "b"}), ITEMS({"2", "b"}, {"1", "a"}), "");
}

Test(verify_bag, sees_a_pair_that_is_there_twice)
{
    assert_differences(ITEMS({"1", "a"}), ITEMS({"1", "a"}, {"1", "a"}, {"1", "a"}), "EE");
    assert_differences(ITEMS({"1", "a"}, {"1", "a"}), ITEMS({"1", "b"}, {"1", "b"}), "CC");
}

Test(verify_bag, sees_two_rows_swapped)
{
    assert_differences(ITEMS({"1", "1 a"}, {"2", "2 b"}), ITEMS({"1", "1 b"}, {"2", "2 a"}), "CC");
}

Test(verify_bag, sees_one_missing_and_one_too_many)
{
    assert_differences(ITEMS({"1", "a"}), ITEMS({"1", "a"}, {"2", "b"}), "E");
    assert_differences(ITEMS({"1", "a"}, {"2", "b"}), ITEMS({"1", "a"}), "M");
    assert_differences(ITEMS({"1", "a"}, {"1", "b"}), ITEMS({"1", "b"}), "M");
}

Test(verify_bag, looks_at_some_bucket_even_if_all_are_too_large)
{
    CLEANUP(bag_release) struct bag bag;
    CLEANUP(drill_release) struct drill drill;
    bag_init(&bag);
    for (int i = 0; i < 1000; i++) {
        char row[16];
        snprintf(row, sizeof row, "%d", i);
        bag_add(&bag, BAG_EXPECTED, digest_of(i % 2 ? "x" : "y"), digest_of(row));
    }
    drill_init(&drill, &bag, 10);
    cr_assert_eq(drill.left_out, 1);
    cr_assert(drill_wants(&drill, digest_of("x")) != drill_wants(&drill, digest_of("y")));
}
