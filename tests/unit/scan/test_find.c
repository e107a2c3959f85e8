/* IDs in a text. */
#include "finders.h"

#include <stdlib.h>
#include <string.h>

Test(scan_find, finds_ids_of_a_format_wherever_they_stand)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user", NULL);
    assert_finds(&made, CLERK, "clerk-user:0+32");
    assert_finds(&made, "by " CLERK ", and (" CLERK ")", "clerk-user:3+32 clerk-user:42+32");
    assert_finds(&made, "https://x.example/u/" CLERK "/a?b=" CLERK "&c",
                 "clerk-user:20+32 clerk-user:57+32");
    assert_finds(&made, "“" CLERK "”", "clerk-user:3+32");
}

Test(scan_find, passes_over_what_is_part_of_a_longer_word)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user", NULL);
    assert_finds(&made, "x" CLERK " " CLERK "x " CLERK "_ é" CLERK " " CLERK "é", "");
    assert_finds(&made, "user_2YDryYFVMM1W1plDDKz7Gzf4we user_", "");
    assert_finds(&made, "user_user_2YDryYFVMM1W1plDDKz7Gzf4we6", "");
    assert_finds(&made, "", "");
}

Test(scan_find, tells_formats_with_one_prefix_apart)
{
    CLEANUP(finder_release)
    struct test_finder made = finder_make("clerk-user workos-user auth0-user stytch-user", NULL);
    assert_finds(&made, CLERK " " WORKOS, "clerk-user:0+32 workos-user:33+31");
    assert_finds(&made, "auth0|0123456789abcdef01234567", "auth0-user:0+30");
    assert_finds(&made, "user-live-01234567-89ab-cdef-0123-456789abcdef-x", "stytch-user:0+46");
    assert_finds(&made, "user-live-0123456789abcdef-0123-456789abcdef----", "");
}

Test(scan_find, tells_old_new_and_unknown_ids_of_a_map_apart)
{
    CLEANUP(finder_release)
    struct test_finder made = finder_make("clerk-user workos-user", CLERK ">" WORKOS);
    assert_finds(&made, CLERK " " WORKOS " " OTHER_CLERK,
                 "clerk-user:0+32r workos-user:33+31n clerk-user:65+32");
}

Test(scan_find, finds_ids_of_a_map_that_no_format_knows)
{
    CLEANUP(finder_release)
    struct test_finder made = finder_make("", "anna|7>usr-1 anna|77>usr-2 bert-99>usr-1");
    assert_finds(&made, "anna|7, anna|77 bert-99",
                 "old IDs of map user:0+6r old IDs of map user:8+7r old IDs of map user:16+7r");
    assert_finds(&made, "usr-1", "new IDs of map user:0+5n");
    assert_finds(&made, "anna|777 xbert-99", "");
}

Test(scan_find, finds_short_ids_and_numbers_as_whole_values_only)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("", "17>a1 1234567890>a2");
    assert_finds(&made, "17", "old IDs of map user:0+2r");
    assert_finds(&made, "17 of them", "");
    assert_finds(&made, "no 1234567890!", "old IDs of map user:3+10r");
}

Test(scan_find, says_which_ids_have_two_new_ones)
{
    CLEANUP(finder_release)
    struct test_finder made = finder_make("", "anna-1>x-00001 anna-1>x-00002");
    assert_finds(&made, "anna-1", "old IDs of map user:0+6a");
}

Test(scan_find, an_id_that_stays_the_same_is_no_old_one)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user", CLERK ">" CLERK);
    assert_finds(&made, CLERK, "clerk-user:0+32n");
}

Test(scan_find, knows_which_columns_the_ids_need)
{
    CLEANUP(finder_release)
    struct test_finder uuids = finder_make("", "01234567-89ab-cdef-0123-456789abcdef>user_1");
    cr_expect(scan_finder_wants_uuids(uuids.finder));
    cr_expect_not(scan_finder_wants_numbers(uuids.finder));
    CLEANUP(finder_release) struct test_finder numbers = finder_make("number", NULL);
    cr_expect(scan_finder_wants_numbers(numbers.finder));
    CLEANUP(finder_release) struct test_finder words = finder_make("clerk-user", NULL);
    cr_expect_not(scan_finder_wants_uuids(words.finder));
    cr_expect_not(scan_finder_wants_numbers(words.finder));
}

Test(scan_find, the_first_look_passes_over_words_and_not_over_ids)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user clerk-org", NULL);
    static const char prose[] = "The patient reported some improvement, and wishes to go on.";
    cr_expect_not(scan_may_hold(made.finder, prose, sizeof prose - 1));
    /* As COPY writes a newline before an ID. */
    static const char line[] = "17\tsome\\n" CLERK "\\nmore\t\\N\n";
    cr_expect(scan_may_hold(made.finder, line, sizeof line - 1));
}

/* Every place of a text, so that the look at the last byte first leaves nothing out. */
Test(scan_find, finds_an_id_at_any_place_among_blanks_and_letters)
{
    CLEANUP(finder_release) struct test_finder made = finder_make("clerk-user", NULL);
    for (size_t before = 0; before < 80; before++) {
        char text[200];
        struct scan_hit hit;
        memset(text, before % 3 == 0 ? 'a' : ' ', sizeof text);
        if (before > 0)
            text[before - 1] = before % 2 == 0 ? ' ' : '"';
        memcpy(text + before, CLERK, 32);
        text[before + 32] = '.';
        cr_expect(scan_find(made.finder, text, sizeof text, 0, &hit) && hit.start == before,
                  "at %zu", before);
        cr_expect(scan_may_hold(made.finder, text, sizeof text));
    }
}
