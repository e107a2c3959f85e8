/* Which of the rows that meet in a unique key stay. */
#include "refused.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <string.h>

struct lost {
    char text[256];
};

static void
note(void *context, int64_t place, size_t index)
{
    struct lost *lost = context;
    size_t length = strlen(lost->text);
    snprintf(lost->text + length, sizeof lost->text - length, "%s%d by %zu", length > 0 ? ", " : "",
             (int)place, index);
}

static void
assert_lost(struct contest *contest, const char *expected)
{
    struct lost lost = {""};
    contest_decide(contest, note, &lost);
    cr_expect_str_eq(lost.text, expected);
    contest_free(&contest);
}

Test(migrate_contest, the_first_of_a_group_stays)
{
    struct contest *contest = contest_new();
    contest_add_group(contest, 9, 0, 1);
    contest_add_group(contest, 3, 0, 1);
    contest_add_group(contest, 7, 0, 1);
    assert_lost(contest, "7 by 0, 9 by 0");
}

Test(migrate_contest, a_row_that_lost_takes_nobodys_key)
{
    struct contest *contest = contest_new();
    /* 1 and 2 meet in index 1, 2 and 3 in index 0: 2 is out, so 3 stays. */
    contest_add_group(contest, 1, 1, 5);
    contest_add_group(contest, 2, 1, 5);
    contest_add_group(contest, 2, 0, 8);
    contest_add_group(contest, 3, 0, 8);
    assert_lost(contest, "2 by 1");
}

Test(migrate_contest, the_same_number_of_a_group_is_another_key_in_another_index)
{
    struct contest *contest = contest_new();
    contest_add_group(contest, 1, 0, 1);
    contest_add_group(contest, 2, 1, 1);
    contest_add_group(contest, 3, 1, 1);
    assert_lost(contest, "3 by 1");
}

Test(migrate_contest, pairs_are_lost_to_rows_that_stay)
{
    struct contest *contest = contest_new();
    /* 1-2, 2-3 and 3-4 exclude each other: 2 and 4 are out. */
    contest_add_pair(contest, 2, 0, 1);
    contest_add_pair(contest, 3, 0, 2);
    contest_add_pair(contest, 4, 0, 3);
    assert_lost(contest, "2 by 0, 4 by 0");
}

Test(migrate_contest, nobody_loses_where_nobody_meets)
{
    assert_lost(contest_new(), "");
}
