/* Which of several rows with one key becomes the row. */
#include "idmigrate/memory.h"
#include "idmigrate/plan.h"

#include <criterion/criterion.h>

/* Catalogue texts are the catalogue's own, so literals do not fit. */
static char low[] = "low", high[] = "high", w[] = "w", text_name[] = "text",
            moment_name[] = "timestamp with time zone", level_name[] = "app.level",
            thing_name[] = "ext.thing";
static char *labels[] = {low, high};

/* A table whose winner is the column `w` of the type. */
struct fixture {
    struct catalog_column column;
    struct catalog_table source;
    struct mapping_table spec;
    struct plan_table table;
};

static void
fixture_fill(struct fixture *fixture, struct catalog_type type)
{
    *fixture = (struct fixture){
        .column = {.name = w, .type = type},
        .source = {.columns = &fixture->column, .column_count = 1},
        .spec = {.winner_by = w, .winner_highest = true},
        .table = {.source = &fixture->source, .spec = &fixture->spec, .winner_field = 0},
    };
}

static void
assert_is_compared_as(struct catalog_type type, const char *expected)
{
    struct fixture fixture;
    fixture_fill(&fixture, type);
    cr_assert_str_eq(plan_winner_type(&fixture.table), expected);
}

static void
assert_order(struct catalog_type type, const char *expected)
{
    struct fixture fixture;
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    fixture_fill(&fixture, type);
    plan_sql_winner_first(&sql, &fixture.table, "v", "k");
    cr_assert_str_eq(sql.data, expected);
}

static const struct catalog_type moment = {
    .base_oid = 1184, .category = 'D', .base_text_plain = moment_name};
static const struct catalog_type text = {
    .base_oid = 25, .category = 'S', .base_text_plain = text_name};
static const struct catalog_type enumeration = {.base_oid = 20000,
                                                .category = 'E',
                                                .base_text_plain = level_name,
                                                .labels = labels,
                                                .label_count = 2};

Test(winner, is_compared_as_its_own_type_where_every_server_has_it)
{
    assert_is_compared_as(moment, "timestamp with time zone");
    assert_is_compared_as(text, "text");
    assert_is_compared_as(
        (struct catalog_type){.base_oid = 20001, .category = 'U', .base_text_plain = thing_name},
        "text");
}

Test(winner, of_an_enum_is_the_place_of_its_label)
{
    struct fixture fixture;
    fixture_fill(&fixture, enumeration);
    assert_is_compared_as(enumeration, "integer");
    cr_assert(plan_winner_has_labels(&fixture.table));
    cr_assert_eq(plan_winner_place(&fixture.table, "low"), 0);
    cr_assert_eq(plan_winner_place(&fixture.table, "high"), 1);
    cr_assert_eq(plan_winner_place(&fixture.table, "High"), -1);
}

Test(winner, of_an_array_of_an_enum_is_no_label)
{
    struct catalog_type array = enumeration;
    array.element_oid = 20000;
    assert_is_compared_as(array, "text");
}

Test(winner, is_text_where_no_column_is_named)
{
    struct fixture fixture;
    fixture_fill(&fixture, moment);
    fixture.table.winner_field = -1;
    cr_assert_str_eq(plan_winner_type(&fixture.table), "text");
    cr_assert_not(plan_winner_has_labels(&fixture.table));
}

Test(winner, comes_first_then_the_smallest_source_key_in_byte_order)
{
    assert_order(moment, " ORDER BY v DESC NULLS LAST, k COLLATE \"C\"");
    assert_order(text, " ORDER BY v COLLATE \"C\" DESC NULLS LAST, k COLLATE \"C\"");
}
