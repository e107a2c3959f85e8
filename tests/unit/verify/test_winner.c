/* Which row stays. */
#include "winner.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct order_case {
    const char *type, *low, *high;
};

static const struct order_case orders[] = {
    {"integer", "9", "10"},
    {"integer", "-10", "-9"},
    {"integer", "-1", "0"},
    {"numeric", "1.5", "1.50001"},
    {"numeric", "-1.50001", "-1.5"},
    {"numeric", "0.009", "0.01"},
    {"numeric", "99999999999999999999998", "99999999999999999999999"},
    {"numeric", "-Infinity", "-5"},
    {"numeric", "Infinity", "NaN"},
    {"double precision", "1e-10", "2"},
    {"double precision", "9e+20", "1e+21"},
    {"timestamp without time zone", "2025-01-01 10:00:00", "2025-01-01 10:00:00.5"},
    {"timestamp with time zone", "2025-01-01 10:00:00+00", "2025-01-01 10:00:00.000001+00"},
    {"timestamp without time zone", "9999-12-31 00:00:00", "10000-01-01 00:00:00"},
    {"timestamp without time zone", "0044-03-15 00:00:00 BC", "0001-01-01 00:00:00"},
    {"timestamp without time zone", "0045-03-15 00:00:00 BC", "0044-03-15 00:00:00 BC"},
    {"date", "-infinity", "0044-03-15 BC"},
    {"date", "2025-01-01", "infinity"},
    {"text", "Z", "a"},
};

static struct catalog_column column;
static struct catalog_table source;
static struct mapping_table spec;
static struct plan_table table;

static const struct plan_table *
table_by(const char *type, bool highest)
{
    static char name[] = "by", type_name[64];
    snprintf(type_name, sizeof type_name, "%s", type);
    column = (struct catalog_column){.name = name, .type = {.base_text_plain = type_name}};
    source = (struct catalog_table){.columns = &column, .column_count = 1};
    spec = (struct mapping_table){.winner_by = name, .winner_highest = highest};
    table = (struct plan_table){.spec = &spec, .source = &source};
    return &table;
}

Test(verify_winner, orders_values_as_the_server_does)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        const struct order_case *at = &orders[i];
        struct span low = span_of(at->low), high = span_of(at->high), key = span_of("k");
        cr_assert_gt(winner_order(table_by(at->type, true), low, key, high, key), 0, "%s: %s, %s",
                     at->type, at->low, at->high);
        cr_assert_lt(winner_order(table_by(at->type, true), high, key, low, key), 0, "%s: %s, %s",
                     at->type, at->low, at->high);
        cr_assert_lt(winner_order(table_by(at->type, false), low, key, high, key), 0, "%s: %s, %s",
                     at->type, at->low, at->high);
    }
}

Test(verify_winner, lets_null_lose_either_way)
{
    struct span one = span_of("1"), key = span_of("k");
    cr_assert_gt(winner_order(table_by("integer", true), SPAN_NULL, key, one, key), 0);
    cr_assert_gt(winner_order(table_by("integer", false), SPAN_NULL, key, one, key), 0);
}

Test(verify_winner, settles_a_tie_by_the_smaller_key)
{
    struct span one = span_of("1.0"), same = span_of("1.00");
    cr_assert_lt(winner_order(table_by("numeric", true), one, span_of("A"), same, span_of("a")), 0);
    cr_assert_lt(winner_order(table_by("numeric", false), one, span_of("10"), same, span_of("9")),
                 0);
    cr_assert_lt(
        winner_order(table_by("numeric", true), SPAN_NULL, span_of("a"), SPAN_NULL, span_of("ab")),
        0);
}
