/* What is known of rows that the target refuses. */
#include "refused.h"

#include <criterion/criterion.h>

static struct row
row_of(const char *source, const char *target)
{
    return (struct row){.source_digest = digest_bytes(source, strlen(source)),
                        .target_digest = digest_bytes(target, strlen(target))};
}

Test(migrate_refused, each_refused_row_is_taken_as_often_as_it_was_refused)
{
    struct refused refused = REFUSED_INIT;
    struct db_place place = refused_place("23505", "once", NULL);
    struct row row = row_of("a", "x"), other = row_of("b", "x");
    refused_add(&refused, row.source_digest, &place);
    refused_add(&refused, row.source_digest, &place);
    for (int reading = 0; reading < 2; reading++) {
        refused_begin(&refused);
        cr_expect_not_null(refused_take(&refused, &row));
        cr_expect_null(refused_take(&refused, &other));
        cr_expect_not_null(refused_take(&refused, &row));
        cr_expect_null(refused_take(&refused, &row));
    }
    cr_expect_eq(refused.total, 2);
    refused_release(&refused);
}

Test(migrate_refused, an_orphan_is_known_by_its_target_row)
{
    struct refused refused = REFUSED_INIT;
    struct db_place place = refused_place("23503", "key", NULL);
    struct row row = row_of("a", "x"), other = row_of("a", "y");
    refused_add_all(&refused, REFUSED_BY_TARGET, row.target_digest, &place);
    refused_add_all(&refused, REFUSED_BY_TARGET, row.target_digest, &place);
    refused_begin(&refused);
    cr_expect_null(refused_take(&refused, &other));
    cr_expect_not_null(refused_take(&refused, &row));
    cr_expect_eq(refused.total, 1);
    refused_release(&refused);
}

Test(migrate_refused, a_column_that_copy_names_stands_in_for_one_that_the_server_does_not)
{
    struct refused refused = REFUSED_INIT;
    struct db_place place = refused_place("22P02", NULL, NULL);
    struct row row = row_of("a", "x");
    snprintf(place.copy_column, sizeof place.copy_column, "age");
    refused_add(&refused, row.source_digest, &place);
    refused_begin(&refused);
    cr_expect_str_eq(refused_take(&refused, &row)->column, "age");
    refused_release(&refused);
}

Test(migrate_refused, kinds_are_told_with_their_numbers)
{
    struct refused refused = REFUSED_INIT;
    struct db_place unique = refused_place("23505", "once", NULL);
    struct db_place null = refused_place("23502", NULL, "name");
    struct strbuf text = STRBUF_INIT;
    refused_add(&refused, digest_bytes("a", 1), &unique);
    refused_add(&refused, digest_bytes("b", 1), &null);
    refused_add(&refused, digest_bytes("c", 1), &unique);
    refused_describe(&refused, &text);
    cr_expect_str_eq(text.data, "2 by 23505 (once), 1 by 23502 (name)");
    strbuf_release(&text);
    refused_release(&refused);
}

Test(migrate_refused, a_source_key_is_refused_in_every_part_of_a_reading)
{
    struct refused refused = REFUSED_INIT;
    struct db_place place = refused_place("23505", "once", NULL);
    char one[] = "1", two[] = "2";
    struct row row = row_of("a", "x"), other = row_of("b", "x");
    row.source_key = (struct strbuf){.data = one, .length = 1};
    other.source_key = (struct strbuf){.data = two, .length = 1};
    refused_add_all(&refused, REFUSED_BY_SOURCE_KEY, digest_bytes("1", 1), &place);
    refused_begin(&refused);
    cr_expect_not_null(refused_take(&refused, &row));
    cr_expect_null(refused_take(&refused, &other));
    cr_expect_not_null(refused_take(&refused, &row));
    cr_expect_eq(refused.total, 1);
    refused_release(&refused);
}

Test(migrate_refused, a_copy_knows_the_same_rows)
{
    struct refused refused = REFUSED_INIT, copy = REFUSED_INIT;
    struct db_place once = refused_place("23505", "once", NULL);
    struct db_place key = refused_place("23503", "key", NULL);
    struct row row = row_of("a", "x"), orphan = row_of("b", "y"), other = row_of("c", "z");
    refused_add(&refused, row.source_digest, &once);
    refused_add_all(&refused, REFUSED_BY_TARGET, orphan.target_digest, &key);
    refused_copy(&copy, &refused);
    refused_release(&refused);
    refused_begin(&copy);
    cr_expect_str_eq(refused_take(&copy, &row)->constraint, "once");
    cr_expect_str_eq(refused_take(&copy, &orphan)->constraint, "key");
    cr_expect_null(refused_take(&copy, &other));
    cr_expect_null(refused_take(&copy, &row));
    cr_expect_eq(copy.total, 2);
    refused_release(&copy);
}
