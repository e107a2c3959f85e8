/*
 * Chunks of a table: ranges of blocks of each relation that holds its rows, of about CHUNK_BYTES or
 * CHUNK_ROWS. A block range means something under one snapshot only; the ledger keeps what was
 * read, so that a resume can tell.
 *
 * Views and foreign tables have no blocks: they are parted by ranges of their key (keys.c), which
 * mean the same under every snapshot; and so are tables of which the role may read some columns, or
 * the partitions through their parent only. Without a key they are one chunk. So is a table whose
 * rows refer to each other: its foreign key is checked when the statement ends.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

struct chunk_list {
    struct store_chunk *items;
    size_t count, capacity;
    const struct plan_table *table;
    const int64_t *limits; /* of the attempt that makes the chunks */
    int next, pass;
};

static struct store_chunk *
add(struct chunk_list *list, const char *kind)
{
    struct store_chunk *chunk = ARRAY_ADD(list->items, list->count, list->capacity);
    *chunk = (struct store_chunk){
        .table_no = list->table->number,
        .chunk_no = list->next++,
        .pass = list->pass,
        .state = "pending",
        .kind = kind,
    };
    return chunk;
}

static void
name_leaf(struct store_chunk *chunk, const struct catalog_leaf *leaf)
{
    chunk->leaf_schema = leaf->schema;
    chunk->leaf_table = leaf->name;
    chunk->leaf_oid = leaf->oid;
    chunk->file_node = leaf->file_node;
}

/* A chunk takes a few seconds at the rate that is wanted, for a pause waits for its end; but not so
 * few rows that the run is slow when the rate is lifted. */
static double
limited(double most, double least, int64_t rate)
{
    enum { SECONDS = 5 };
    double wanted = (double)rate * SECONDS;
    return rate == 0 || wanted > most ? most : wanted < least ? least : wanted;
}

static int64_t
blocks_per_chunk(const struct catalog_leaf *leaf, const int64_t *limits)
{
    double most_rows = limited(CHUNK_ROWS, 1000, limits[CONTROL_ROWS_RATE]);
    double most_bytes = limited(CHUNK_BYTES, 1048576, limits[CONTROL_BYTES_RATE]);
    double pages = leaf->pages > 0 ? (double)leaf->pages : 1;
    double bytes =
        (double)leaf->bytes > pages * BLOCK_BYTES ? (double)leaf->bytes / pages : BLOCK_BYTES;
    double by_bytes = most_bytes / bytes;
    double by_rows = leaf->rows > 0 ? most_rows / (leaf->rows / pages) : by_bytes;
    double blocks = by_bytes < by_rows ? by_bytes : by_rows;
    return failpoint_chunk_blocks(blocks < 1 ? 1 : (int64_t)blocks);
}

static void
split_leaf(struct chunk_list *list, const struct catalog_leaf *leaf, int64_t first)
{
    int64_t step = blocks_per_chunk(leaf, list->limits);
    for (int64_t block = first; block < leaf->pages; block += step) {
        struct store_chunk *chunk = add(list, "range");
        name_leaf(chunk, leaf);
        chunk->first_block = block;
        /* The upper end is fixed now: rows that come later are not this snapshot's. */
        chunk->end_block = block + step < leaf->pages ? block + step : leaf->pages;
    }
}

/* `leaf` NULL: the table itself. */
static bool
split_by_key(struct migrate *m, struct chunk_list *list, const struct catalog_leaf *leaf,
             struct error *err)
{
    CLEANUP(key_limits_release) struct key_limits limits = {.items = NULL};
    if (!keys_find_limits(m, list->table, leaf, &limits, err))
        return false;
    /* One range more than limits, then the rows without a key: where both limits are missing. */
    size_t count = limits.count > 0 ? limits.count + 2 : 1;
    for (size_t i = 0; i < count; i++) {
        struct store_chunk *chunk = add(list, limits.count > 0 ? "key" : "whole");
        if (leaf != NULL) {
            chunk->leaf_schema = leaf->schema;
            chunk->leaf_table = leaf->name;
        }
        if (limits.count == 0)
            break;
        chunk->key_column = memory_strdup(list->table->source_key_names[0]);
        chunk->first_key = i > 0 && i <= limits.count ? memory_strdup(limits.items[i - 1]) : NULL;
        chunk->end_key = i < limits.count ? memory_strdup(limits.items[i]) : NULL;
    }
    return true;
}

static bool
is_together(const struct migrate *m, const struct plan_table *table)
{
    return m->plan->steps[table->step].one_transaction;
}

static bool
put(struct migrate *m, struct chunk_list *list, struct error *err)
{
    return store_put_chunks(m->target, m->run_id, list->items, list->count, err);
}

/* Names of relations belong to the catalogue, keys to the list. */
static void
release_list(struct chunk_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].key_column);
        free(list->items[i].first_key);
        free(list->items[i].end_key);
    }
    free(list->items);
}

static bool
split_leaves(struct migrate *m, struct chunk_list *list, struct error *err)
{
    for (size_t i = 0; i < list->table->source->leaf_count; i++) {
        const struct catalog_leaf *leaf = &list->table->source->leaves[i];
        if (leaf->kind != 'f')
            split_leaf(list, leaf, 0);
        else if (!split_by_key(m, list, leaf, err))
            return false;
    }
    return true;
}

bool
split_table(struct migrate *m, const struct plan_table *table, int first, int pass,
            struct error *err)
{
    CLEANUP(release_list)
    struct chunk_list list = {.table = table, .limits = m->in->limits, .next = first, .pass = pass};
    bool good = true;
    if (is_together(m, table))
        add(&list, "whole");
    else
        good = plan_reads_leaves(table) ? split_leaves(m, &list, err)
                                        : split_by_key(m, &list, NULL, err);
    return good && put(m, &list, err);
}

/* By name: a table that was made anew with the same rows has another OID. */
static bool
is_of_leaf(const struct store_chunk *chunk, const struct catalog_leaf *leaf)
{
    return chunk->leaf_table != NULL && strcmp(chunk->leaf_table, leaf->name) == 0 &&
           strcmp(chunk->leaf_schema, leaf->schema) == 0;
}

bool
split_growth(struct migrate *m, const struct plan_table *table, const struct store_chunk *chunks,
             size_t count, struct error *err)
{
    CLEANUP(release_list) struct chunk_list list = {.table = table, .limits = m->in->limits};
    bool has_blocks = !is_together(m, table) && plan_reads_leaves(table);
    for (size_t i = 0; i < count; i++)
        if (chunks[i].chunk_no >= list.next) {
            list.next = chunks[i].chunk_no + 1;
            list.pass = chunks[i].pass;
        }
    for (size_t i = 0; i < table->source->leaf_count && has_blocks; i++) {
        const struct catalog_leaf *leaf = &table->source->leaves[i];
        int64_t end = 0;
        bool is_known = false;
        for (size_t j = 0; j < count; j++) {
            if (strcmp(chunks[j].state, "superseded") == 0 || !is_of_leaf(&chunks[j], leaf))
                continue;
            is_known = true;
            end = chunks[j].end_block > end ? chunks[j].end_block : end;
        }
        if (leaf->kind != 'f')
            split_leaf(&list, leaf, end);
        else if (!is_known && !split_by_key(m, &list, leaf, err))
            return false;
    }
    return put(m, &list, err);
}
