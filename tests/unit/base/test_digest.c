/* Digests, their sums, their texts. */
#include "idmigrate/digest.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct digest largest = {UINT64_MAX, UINT64_MAX};

Test(digest, is_xxh3_128_with_seed_0)
{
    /* The empty input's value is in the specification of XXH3. */
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(digest_bytes("", 0), hex);
    cr_expect_str_eq(hex, "99aa06d3014798d86001c324468d497f");
}

Test(digest, differs_for_different_bytes)
{
    cr_expect(digest_equal(digest_bytes("a\0b", 3), digest_bytes("a\0b", 3)));
    cr_expect_not(digest_equal(digest_bytes("a\0b", 3), digest_bytes("a\0c", 3)));
    cr_expect_not(digest_equal(digest_bytes("a", 1), digest_bytes("a\0", 2)));
}

Test(digest, sums_do_not_depend_on_order)
{
    struct digest forward = {0, 0};
    struct digest backward = {0, 0};
    const char *const rows[] = {"one", "two", "three", "two"};
    for (size_t i = 0; i < 4; i++) {
        digest_add(&forward, digest_bytes(rows[i], strlen(rows[i])));
        digest_add(&backward, digest_bytes(rows[3 - i], strlen(rows[3 - i])));
    }
    cr_expect(digest_equal(forward, backward));
}

Test(digest, a_row_that_is_there_twice_counts_twice)
{
    struct digest sum = {0, 0};
    digest_add(&sum, digest_bytes("x", 1));
    digest_add(&sum, digest_bytes("x", 1));
    cr_expect_not(digest_equal(sum, (struct digest){0, 0}));
}

Test(digest, carries_and_borrows_between_its_halves)
{
    struct digest sum = {1, UINT64_MAX};
    digest_add(&sum, (struct digest){0, 1});
    cr_expect(digest_equal(sum, (struct digest){2, 0}));
    digest_subtract(&sum, (struct digest){0, 1});
    cr_expect(digest_equal(sum, (struct digest){1, UINT64_MAX}));

    digest_add(&sum, largest);
    cr_expect(digest_equal(sum, (struct digest){1, UINT64_MAX - 1}),
              "adding the largest is subtracting one");
}

Test(digest, subtracting_takes_back_what_was_added)
{
    struct digest sum = digest_bytes("start", 5);
    const struct digest start = sum;
    for (int i = 0; i < 1000; i++)
        digest_add(&sum, digest_bytes(&i, sizeof i));
    for (int i = 0; i < 1000; i++)
        digest_subtract(&sum, digest_bytes(&i, sizeof i));
    cr_expect(digest_equal(sum, start));
}

Test(digest, survives_its_text)
{
    const struct digest values[] = {
        {0, 0}, {1, 2}, {0x0123456789abcdef, 0xfedcba9876543210}, largest};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char hex[DIGEST_HEX_SIZE];
        struct digest again;
        digest_to_hex(values[i], hex);
        cr_expect_eq(strlen(hex), 32);
        cr_expect(digest_from_hex(hex, 32, &again));
        cr_expect(digest_equal(again, values[i]));
    }
}

Test(digest, refuses_other_texts)
{
    static const char *const texts[] = {"", "0", "0000000000000000000000000000000g",
                                        "0000000000000000000000000000000A",
                                        "000000000000000000000000000000000"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct digest value;
        cr_expect_not(digest_from_hex(texts[i], strlen(texts[i]), &value), "%s", texts[i]);
    }
}
