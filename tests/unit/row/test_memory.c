/* What a row costs in memory: nothing new after the first ones, and not more than a few times the
 * largest one. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* All allocations of the program itself go through these (see CMakeLists.txt). */
static size_t calls, live, most;

void *__real_realloc(void *memory, size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *memory);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *memory);

static void *
note(void *memory)
{
    calls++;
    live += malloc_usable_size(memory);
    most = live > most ? live : most;
    return memory;
}

void *
__wrap_realloc(void *memory, size_t size)
{
    live -= malloc_usable_size(memory);
    return note(__real_realloc(memory, size));
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return note(__real_calloc(count, size));
}

void
__wrap_free(void *memory)
{
    live -= malloc_usable_size(memory);
    __real_free(memory);
}

struct everything {
    struct table_fixture fixture;
    struct idmap *map;
    struct idmap_matcher *matcher;
    struct mapping_value values[1];
};

/* A table with a column of each kind. */
static void
begin(struct everything *all)
{
    static char name[] = "x", old_role[] = "a", new_role[] = "b";
    static const enum mapping_rewrite rewrites[] = {MAPPING_REWRITE_JSON, MAPPING_REWRITE_ARRAY,
                                                    MAPPING_REWRITE_TEXT};
    struct table_fixture *fixture = &all->fixture;
    all->map = fixture_idmap("people", fixture_people);
    all->matcher = fixture_matcher(all->map);
    all->values[0] = (struct mapping_value){old_role, new_role};
    fixture_add_plain(fixture);
    for (size_t i = 0; i < 3; i++) {
        fixture_add_column(fixture)->rewrite = rewrites[i];
        fixture->columns[i + 1].matcher = all->matcher;
        fixture->columns[i + 1].sorts_json_keys = true;
    }
    fixture_add_resolved(fixture, all->map, NULL);
    struct mapping_column *spec = fixture_add_column(fixture);
    spec->values = all->values;
    spec->value_count = 1;
    spec->default_kind = MAPPING_DEFAULT_KEEP;
    spec = fixture_add_column(fixture);
    spec->origin = MAPPING_UUID;
    spec->namespace = name;
    fixture->table.source_key_count = 2;
    fixture->source_key[1] = 4;
    fixture->table.target_key_count = 2;
    fixture->target_key[1] = 4;
    fixture_begin(fixture);
}

static void
end(struct everything *all)
{
    fixture_end(&all->fixture);
    idmap_matcher_free(&all->matcher);
    idmap_free(&all->map);
}

static struct row *
transform(struct everything *all, const char *line)
{
    struct error err = ERROR_INIT;
    struct row *row = NULL;
    cr_assert(row_transform_line(all->fixture.transform, line, strlen(line), &row, &err), "%s",
              err.text);
    return row;
}

Test(row_memory, rows_after_the_first_allocate_nothing)
{
    static const char *const lines[] = {
        "1\t{\"u_ann\": {\"a\\\\n\": \"u_bob\\\\n\"}}\t{u_bob,u_odd}\t\\tu_ann\tu_bob\ta\t\\N\n",
        "2\t{\"u_bob\": 1, \"w_b\": 2}\tnone\tx\tu_nobody\tc\\\\\t\\N\n",
        "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n",
    };
    struct everything all = {.fixture = {.extra_fields = 0}};
    begin(&all);
    for (int round = 0; round < 100; round++) {
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            struct row *row = transform(&all, lines[i]);
            struct error err = ERROR_INIT;
            cr_assert(row_replace_column(all.fixture.transform, row, 0,
                                         (struct row_value){.data = "longer", .length = 6}, &err));
            cr_assert_eq(row->status, i == 1 ? ROW_REJECT : ROW_GOOD);
        }
        if (round == 1)
            calls = 0;
    }
    cr_assert_eq(calls, 0, "%zu allocations", calls);
    end(&all);
}

Test(row_memory, a_huge_value_is_held_no_more_than_three_times_and_then_let_go)
{
    enum { LENGTH = 16 << 20 };
    struct everything all = {.fixture = {.extra_fields = 0}};
    begin(&all);
    CLEANUP(strbuf_release) struct strbuf line = STRBUF_INIT;
    strbuf_reserve(&line, LENGTH + 100);
    strbuf_add_string(&line, "1\t{}\t{}\t");
    size_t start = line.length;
    for (size_t i = 0; i < LENGTH / 8; i++)
        strbuf_add(&line, "u_bob \\\\", 8);
    strbuf_add_string(&line, "\tu_bob\ta\t\\N\n");

    size_t before = live;
    most = live;
    struct row *row = transform(&all, line.data);
    cr_assert_eq(row->status, ROW_GOOD);
    cr_assert_eq(memcmp(row->line.data + start, "w_b \\\\w_b", 9), 0);
    cr_assert_leq(most - before, 3 * (size_t)LENGTH + LENGTH / 2, "%zu bytes at most",
                  most - before);
    cr_assert_leq(live - before, LENGTH + LENGTH / 2, "%zu bytes kept", live - before);
    end(&all);
}
