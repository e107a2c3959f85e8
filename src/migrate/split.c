/*
 * Chunks of a table: ranges of blocks of each relation that holds its rows, of about CHUNK_BYTES or
 * CHUNK_ROWS. A block range means something under one snapshot only; the ledger keeps what was
 * read, so that a resume can tell.
 *
 * Views and foreign tables have no blocks: one chunk each. So has a table whose rows refer to each
 * other: its foreign key is checked when the statement ends.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 50000, CHUNK_BYTES = 32 * 1024 * 1024, BLOCK_BYTES = 8192 };

struct chunk_list {
    struct store_chunk *items;
    size_t count, capacity;
    const struct plan_table *table;
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

static int64_t
blocks_per_chunk(const struct catalog_leaf *leaf)
{
    double pages = leaf->pages > 0 ? (double)leaf->pages : 1;
    double bytes =
        (double)leaf->bytes > pages * BLOCK_BYTES ? (double)leaf->bytes / pages : BLOCK_BYTES;
    double by_bytes = CHUNK_BYTES / bytes;
    double by_rows = leaf->rows > 0 ? CHUNK_ROWS / (leaf->rows / pages) : by_bytes;
    double blocks = by_bytes < by_rows ? by_bytes : by_rows;
    return failpoint_chunk_blocks(blocks < 1 ? 1 : (int64_t)blocks);
}

static void
split_leaf(struct chunk_list *list, const struct catalog_leaf *leaf, int64_t first)
{
    int64_t step = blocks_per_chunk(leaf);
    for (int64_t block = first; block < leaf->pages; block += step) {
        struct store_chunk *chunk = add(list, "range");
        name_leaf(chunk, leaf);
        chunk->first_block = block;
        /* The upper end is fixed now: rows that come later are not this snapshot's. */
        chunk->end_block = block + step < leaf->pages ? block + step : leaf->pages;
    }
}

static bool
is_one_piece(const struct migrate *m, const struct plan_table *table)
{
    return m->plan->steps[table->step].one_transaction || table->source->kind == 'v' ||
           table->source->kind == 'f';
}

static bool
put(struct migrate *m, struct chunk_list *list, struct error *err)
{
    bool good = store_put_chunks(m->target, m->run_id, list->items, list->count, err);
    /* The names belong to the catalogue. */
    free(list->items);
    return good;
}

bool
split_table(struct migrate *m, const struct plan_table *table, int first, int pass,
            struct error *err)
{
    struct chunk_list list = {.table = table, .next = first, .pass = pass};
    if (is_one_piece(m, table)) {
        add(&list, "whole");
        return put(m, &list, err);
    }
    for (size_t i = 0; i < table->source->leaf_count; i++) {
        const struct catalog_leaf *leaf = &table->source->leaves[i];
        if (leaf->kind == 'f')
            name_leaf(add(&list, "whole"), leaf);
        else
            split_leaf(&list, leaf, 0);
    }
    return put(m, &list, err);
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
    struct chunk_list list = {.table = table};
    for (size_t i = 0; i < count; i++)
        if (chunks[i].chunk_no >= list.next) {
            list.next = chunks[i].chunk_no + 1;
            list.pass = chunks[i].pass;
        }
    for (size_t i = 0; i < table->source->leaf_count && !is_one_piece(m, table); i++) {
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
        else if (!is_known)
            name_leaf(add(&list, "whole"), leaf);
    }
    return put(m, &list, err);
}
