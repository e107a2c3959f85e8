/* What the tests of the room have in common. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

const char *const fixture_people[] = {
    "u_ann", "w_ANN_longer_than_before", "u_bob", "w_b", "auth0|12", "w_12", "u_odd", "w \"\\{,}",
    NULL};

struct idmap *
fixture_idmap(const char *name, const char *const *pairs)
{
    struct error err = ERROR_INIT;
    struct idmap *map = idmap_new(name);
    for (uint64_t i = 0; pairs[i] != NULL; i += 2)
        cr_assert(
            idmap_add(map, pairs[i], strlen(pairs[i]), pairs[i + 1], strlen(pairs[i + 1]), i, &err),
            "%s", err.text);
    cr_assert(idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, &err), "%s", err.text);
    return map;
}

struct idmap_matcher *
fixture_matcher(const struct idmap *map)
{
    return idmap_matcher_new(&map, 1);
}

static struct plan_column *
add_column(struct table_fixture *fixture)
{
    size_t position = fixture->table.column_count++;
    struct plan_column *column = &fixture->columns[position];
    *column = (struct plan_column){.field = (int)position, .from_field = -1};
    return column;
}

struct plan_column *
fixture_add_plain(struct table_fixture *fixture)
{
    return add_column(fixture);
}

struct mapping_column *
fixture_add_column(struct table_fixture *fixture)
{
    struct mapping_column *spec = &fixture->specs[fixture->table.column_count];
    add_column(fixture)->spec = spec;
    return spec;
}

struct mapping_column *
fixture_add_resolved(struct table_fixture *fixture, const struct idmap *first,
                     const struct idmap *second)
{
    const struct idmap **chain = fixture->chains[fixture->table.column_count];
    struct plan_column *column = add_column(fixture);
    chain[0] = first;
    chain[1] = second;
    column->resolve = chain;
    column->resolve_count = second ? 2 : 1;
    struct mapping_column *spec = &fixture->specs[column - fixture->columns];
    column->spec = spec;
    return spec;
}

void
fixture_begin(struct table_fixture *fixture)
{
    static char label[] = "people", name[] = "people";
    fixture->entry.from = name;
    fixture->plan.mapping = &fixture->mapping;
    fixture->plan.tables = &fixture->table;
    fixture->plan.table_count = 1;
    fixture->table.spec = &fixture->entry;
    fixture->table.label = label;
    fixture->table.columns = fixture->columns;
    fixture->table.source_key = fixture->source_key;
    fixture->table.target_key = fixture->target_key;
    fixture->table.field_count = fixture->table.column_count + fixture->extra_fields;
    fixture->transform = row_transform_new(&fixture->plan, &fixture->table);
}

void
fixture_end(struct table_fixture *fixture)
{
    row_transform_free(&fixture->transform);
}

struct row *
fixture_row(struct table_fixture *fixture, const char *line)
{
    struct error err = ERROR_INIT;
    struct row *row = NULL;
    CLEANUP(memory_free_string) char *whole = memory_printf("%s\n", line);
    cr_assert(row_transform_line(fixture->transform, whole, strlen(whole), &row, &err), "%s",
              err.text);
    /* Nothing of the row may lie in the line that was given: it may be gone by now. */
    memset(whole, '#', strlen(whole));
    return row;
}

/* Only around the first difference: a message of half a megabyte is more than Criterion passes on.
 */
void
assert_text(const char *found, size_t length, const char *expected)
{
    size_t expected_length = strlen(expected), at = 0;
    while (at < length && at < expected_length && found[at] == expected[at])
        at++;
    if (at == length && at == expected_length)
        return;
    size_t start = at > 100 ? at - 100 : 0;
    cr_assert_fail("found «%.*s», expected «%.200s» (from %zu, differs at %zu)",
                   (int)(length - start < 200 ? length - start : 200), found + start,
                   expected + start, start, at);
}

void
assert_value(struct row_value found, const char *expected)
{
    if (expected == NULL)
        cr_assert_null(found.data, "found «%.*s», expected null", (int)found.length, found.data);
    else
        cr_assert_not_null(found.data, "found null, expected «%s»", expected);
    if (expected != NULL)
        assert_text(found.data, found.length, expected);
}

void
assert_line(const struct row *row, const char *expected)
{
    CLEANUP(memory_free_string) char *whole = memory_printf("%s\n", expected);
    assert_text(row->line.data, row->line.length, whole);
}

/* xorshift64*, by Vigna: small, and the same everywhere. */
uint32_t
random_below(struct random *random, uint32_t limit)
{
    uint64_t x = random->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return (uint32_t)((x * 0x2545F4914F6CDD1DULL) >> 32) % limit;
}

bool
random_chance(struct random *random, uint32_t percent)
{
    return random_below(random, 100) < percent;
}
