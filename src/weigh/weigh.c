/* Sums, and the end of it. */
#include "idmigrate/weigh.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

bool
weigh_column_passes(const struct weigh_column *column)
{
    return column->spec != NULL && (column->spec->unresolved == MAPPING_UNRESOLVED_NULL ||
                                    column->spec->unresolved == MAPPING_UNRESOLVED_KEEP);
}

struct weigh_sum
weigh_sum(const struct weigh *weigh, int map)
{
    struct weigh_sum sum = {0};
    size_t column = map >= 0 ? (size_t)map : weigh->map_count;
    for (size_t i = 0; i < weigh->owner_count; i++) {
        const struct weigh_owner *owner = &weigh->owners[i];
        bool counts = map < 0 || owner->map == map;
        sum.ids += counts && owner->costs;
        sum.lets_ids += counts && owner->lets;
    }
    for (size_t i = 0; i < weigh->table_count; i++) {
        const struct weigh_table *table = &weigh->tables[i];
        if (table->lost == NULL)
            continue;
        sum.rows += table->lost[column];
        sum.lets_rows += table->lets[column];
        sum.tables += table->lost[column] > 0;
    }
    return sum;
}

static bool
owns_more(const struct weigh_owner *a, const struct weigh_owner *b)
{
    if (a->costs != b->costs)
        return a->costs;
    if (a->rows != b->rows)
        return a->rows > b->rows;
    return strcmp(a->shown, b->shown) < 0;
}

void
weigh_largest(const struct weigh *weigh, int map,
              const struct weigh_owner *owners[WEIGH_OWNERS + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < weigh->owner_count; i++) {
        size_t at = count;
        while (at > 0 && owns_more(&weigh->owners[i], owners[at - 1]))
            at--;
        if (at == WEIGH_OWNERS || (map >= 0 && weigh->owners[i].map != map))
            continue;
        count += count < WEIGH_OWNERS;
        memmove(owners + at + 1, owners + at, (count - 1 - at) * sizeof owners[0]);
        owners[at] = &weigh->owners[i];
    }
    owners[count] = NULL;
}

static void
release_column(struct weigh_column *column)
{
    for (size_t i = 0; i < column->gap_count; i++) {
        for (size_t g = 0; g < column->gaps[i].sample_count; g++)
            free(column->gaps[i].samples[g]);
        digest_map_release(&column->gaps[i].seen);
    }
    free(column->gaps);
    free(column->name);
    free(column->expression);
    free(column->chain);
}

static void
release_table(struct weigh_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        release_column(&table->columns[i]);
    free(table->columns);
    free(table->source);
    free(table->schema);
    free(table->name);
    free(table->where);
    for (size_t i = 0; i < table->leaf_count; i++)
        free(table->leaves[i]);
    free(table->leaves);
    free(table->lost);
    free(table->lets);
    free(table->failure);
    free(table->advice);
}

void
weigh_release(struct weigh *weigh)
{
    for (size_t i = 0; i < weigh->table_count; i++)
        release_table(&weigh->tables[i]);
    for (size_t i = 0; i < weigh->owner_count; i++)
        free(weigh->owners[i].shown);
    free(weigh->tables);
    free(weigh->owners);
    digest_map_release(&weigh->owners_by_id);
    *weigh = (struct weigh)WEIGH_INIT;
}
