/* Look-ups by binary search. */
#include "maps.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const char *const people[] = {"user_a", "P1",     "user_ab", "P2", "user_A", "P3",
                                     "user_b", "user_a", "x",       "X",  NULL};
static const char *const organizations[] = {"org_1", "O1", "user_z", "O2", NULL};

static void
assert_found(const struct pairs *map, const char *id, enum pairs_found expected, const char *new_id)
{
    struct span found = SPAN_NULL;
    cr_assert_eq(pairs_find(map, span_of(id), &found), expected, "%s", id);
    if (new_id != NULL)
        cr_assert(span_equal(found, span_of(new_id)), "%s", id);
}

Test(verify_pairs, finds_old_and_new_IDs)
{
    CLEANUP(maps_release) struct maps maps;
    maps_init(&maps, people, organizations);
    const struct pairs *map = &maps.list.maps[0];
    assert_found(map, "user_a", PAIRS_OLD, "P1");
    assert_found(map, "user_ab", PAIRS_OLD, "P2");
    assert_found(map, "user_A", PAIRS_OLD, "P3");
    assert_found(map, "user_b", PAIRS_OLD, "user_a");
    assert_found(map, "x", PAIRS_OLD, "X");
    assert_found(map, "P2", PAIRS_NEW, NULL);
    static const char *const unknown[] = {"", "user_", "user_abc", "user_B", "p1", "org_1", "zzz"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_found(map, unknown[i], PAIRS_NONE, NULL);
}

Test(verify_pairs, makes_a_union_of_its_members)
{
    CLEANUP(maps_release) struct maps maps;
    maps_init(&maps, people, organizations);
    assert_found(&maps.list.maps[2], "user_a", PAIRS_OLD, "P1");
    assert_found(&maps.list.maps[2], "org_1", PAIRS_OLD, "O1");
    assert_found(&maps.list.maps[2], "O2", PAIRS_NEW, NULL);
}

Test(verify_pairs, takes_an_ID_with_two_answers_for_none)
{
    static const char *const others[] = {"user_a", "elsewhere", "only", "O9", NULL};
    CLEANUP(maps_release) struct maps maps;
    maps_init(&maps, people, others);
    /* Although it is new for user_b. */
    assert_found(&maps.list.maps[2], "user_a", PAIRS_TWO, NULL);
    assert_found(&maps.list.maps[2], "P1", PAIRS_NEW, NULL);
    assert_found(&maps.list.maps[2], "only", PAIRS_OLD, "O9");
}

Test(verify_pairs, does_not_call_an_ID_legacy_that_is_new_too)
{
    CLEANUP(maps_release) struct maps maps;
    maps_init(&maps, people, organizations);
    cr_assert_not(pairs_is_legacy(&maps.list, span_of("user_a")));
    cr_assert(pairs_is_legacy(&maps.list, span_of("user_b")));
    cr_assert(pairs_is_legacy(&maps.list, span_of("org_1")));
    cr_assert_not(pairs_is_legacy(&maps.list, span_of("P1")));
}

Test(verify_pairs, agrees_on_the_digest_that_a_run_records)
{
    CLEANUP(maps_release) struct maps maps;
    maps_init(&maps, people, organizations);
    for (size_t i = 0; i < 2; i++)
        cr_assert(digest_equal(maps.list.maps[i].digest, idmap_digest(maps.written[i])));
}

Test(verify_pairs, agrees_with_the_writer_on_many_IDs)
{
    enum { COUNT = 5000 };
    static char texts[2 * COUNT][32];
    static const char *pairs[2 * COUNT + 1];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(texts[2 * i], sizeof texts[0], "user_%zx", i * 2654435761u % 100003);
        snprintf(texts[2 * i + 1], sizeof texts[0], i % 7 == 0 ? "user_%zx" : "new_%zx",
                 i * 40503u % 100003);
        pairs[2 * i] = texts[2 * i];
        pairs[2 * i + 1] = texts[2 * i + 1];
    }
    CLEANUP(maps_release) struct maps maps;
    maps_init(&maps, pairs, organizations);
    for (size_t i = 0; i < 200000; i++) {
        char id[32];
        const struct idmap_pair *pair = NULL;
        struct span found = SPAN_NULL;
        snprintf(id, sizeof id, i % 2 ? "user_%zx" : "new_%zx", i / 2);
        enum idmap_found expected = idmap_find(maps.written[0], id, strlen(id), &pair);
        enum pairs_found mine = pairs_find(&maps.list.maps[0], span_of(id), &found);
        cr_assert_eq((int)mine,
                     expected == IDMAP_OLD   ? PAIRS_OLD
                     : expected == IDMAP_NEW ? PAIRS_NEW
                                             : PAIRS_NONE,
                     "%s", id);
        if (mine == PAIRS_OLD)
            cr_assert(span_equal(found, span_of(pair->new_id)));
    }
}
