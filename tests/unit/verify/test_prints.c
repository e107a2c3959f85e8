/* The set of expected keys. */
#include "prints.h"

#include <criterion/criterion.h>

static struct digest
key_of(uint64_t number)
{
    return digest_bytes(&number, sizeof number);
}

static void
assert_set_of(uint64_t count)
{
    struct prints prints = {.items = NULL};
    for (uint64_t i = 0; i < count; i++)
        prints_add(&prints, key_of(i));
    prints_sort(&prints);
    for (size_t i = 1; i < prints.count; i++)
        cr_assert_leq(prints.items[i - 1], prints.items[i]);
    for (uint64_t i = 0; i < count + 1000; i++)
        cr_assert_eq(prints_has(&prints, key_of(i)), i < count);
    prints_release(&prints);
}

Test(verify_prints, has_what_was_added_and_nothing_else)
{
    static const uint64_t counts[] = {0, 1, 2, 3, 257, 100000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        assert_set_of(counts[i]);
}

Test(verify_prints, takes_equal_keys)
{
    struct prints prints = {.items = NULL};
    for (int i = 0; i < 1000; i++)
        prints_add(&prints, key_of((uint64_t)i % 3));
    prints_sort(&prints);
    cr_assert_eq(prints.count, 1000);
    cr_assert(prints_has(&prints, key_of(2)));
    cr_assert_not(prints_has(&prints, key_of(3)));
    prints_release(&prints);
}
