/* Leaves are gathered in parts, each a complete subtree (the last one what is left), so that a
 * proof needs one part and the roots of the others. */
#include "idmigrate/memory.h"
#include "internal.h"

#include <stdlib.h>
#include <string.h>

enum { TIME_SIZE = 8, LENGTH_SIZE = 2 };

struct seal_batch *
seal_batch_new(const char *stream)
{
    struct seal_batch *batch = memory_zalloc(sizeof *batch);
    memcpy(batch->stream, stream, strnlen(stream, sizeof batch->stream - 1));
    batch->leaves = (struct strbuf)STRBUF_INIT;
    return batch;
}

void
seal_batch_free(struct seal_batch **batch)
{
    if (*batch == NULL)
        return;
    strbuf_release(&(*batch)->leaves);
    free((*batch)->parts);
    free(*batch);
    *batch = NULL;
}

void
seal_leaf_put(struct strbuf *list, const struct seal_event *event, const struct merkle_hash *leaf)
{
    unsigned char head[TIME_SIZE], length[LENGTH_SIZE];
    for (size_t i = 0; i < TIME_SIZE; i++)
        head[i] = (unsigned char)((uint64_t)event->time >> (8 * (TIME_SIZE - 1 - i)));
    length[0] = (unsigned char)(event->id_length >> 8);
    length[1] = (unsigned char)event->id_length;
    strbuf_add(list, head, sizeof head);
    strbuf_add(list, leaf->bytes, MERKLE_SIZE);
    strbuf_add(list, length, sizeof length);
    strbuf_add(list, event->id, event->id_length);
}

static void
close_part(struct seal_batch *batch, struct merkle_hasher *hasher)
{
    struct seal_part *part = ARRAY_ADD(batch->parts, batch->part_count, batch->part_capacity);
    *part = (struct seal_part){.events = (uint32_t)batch->part.count,
                               .root = merkle_root(&batch->part, hasher),
                               .first_time = batch->part_first,
                               .last_time = batch->last_time,
                               .start = batch->part_start,
                               .end = batch->leaves.length};
    merkle_add(&batch->top, hasher, part->root);
    batch->part.count = 0;
    batch->part_start = batch->leaves.length;
}

void
seal_batch_add(struct seal_batch *batch, struct merkle_hasher *hasher,
               const struct seal_event *event, struct merkle_hash leaf)
{
    if (batch->part.count == 0)
        batch->part_first = event->time;
    batch->last_time = event->time;
    seal_leaf_put(&batch->leaves, event, &leaf);
    merkle_add(&batch->part, hasher, leaf);
    batch->events++;
    if (batch->part.count == SEAL_PART)
        close_part(batch, hasher);
}

struct merkle_hash
seal_batch_root(struct seal_batch *batch, struct merkle_hasher *hasher)
{
    if (batch->part.count > 0)
        close_part(batch, hasher);
    return merkle_root(&batch->top, hasher);
}

bool
seal_leaf_next(const unsigned char **at, const unsigned char *end, struct seal_leaf *leaf)
{
    enum { HEAD = TIME_SIZE + MERKLE_SIZE + LENGTH_SIZE };
    const unsigned char *bytes = *at;
    if ((size_t)(end - bytes) < HEAD)
        return false;
    uint64_t time = 0;
    for (size_t i = 0; i < TIME_SIZE; i++)
        time = time << 8 | bytes[i];
    leaf->time = (int64_t)time;
    memcpy(leaf->hash.bytes, bytes + TIME_SIZE, MERKLE_SIZE);
    leaf->id_length = (size_t)bytes[HEAD - 2] << 8 | bytes[HEAD - 1];
    leaf->id = bytes + HEAD;
    if ((size_t)(end - leaf->id) < leaf->id_length)
        return false;
    *at = leaf->id + leaf->id_length;
    return true;
}

const unsigned char *
seal_batch_last_id(const struct seal_batch *batch, size_t *length)
{
    const unsigned char *list = (const unsigned char *)batch->leaves.data, *at = list;
    struct seal_leaf leaf = {.id = NULL, .id_length = 0};
    /* Only of the part that is open or was closed last: lists are read from their beginning. */
    if (batch->part_count > 0)
        at += batch->parts[batch->part_count - 1].start;
    while (seal_leaf_next(&at, list + batch->leaves.length, &leaf))
        continue;
    *length = leaf.id_length;
    return leaf.id;
}
