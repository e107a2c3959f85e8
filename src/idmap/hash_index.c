/*
 * Where the IDs of a hash can be. Hashes are cut into buckets of about four by their upper bits;
 * a byte of each tells nearly all of a bucket's IDs apart, known ones and others. That is two bytes
 * an ID.
 */
#include "map.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* Smaller ones take more memory than they spare comparisons; in larger ones the processor guesses
 * wrongly which tag is the one, and begins to read the record later. */
enum { BUCKET = 4 };

/* Counts are gathered one place further than the ends they become, and those one further than the
 * starts that they are once every hash is placed. */
void
hash_index_make(struct hash_index *index, const uint64_t *hashes, size_t count)
{
    index->bucket_count = count / BUCKET + 1;
    size_t size = (index->bucket_count + 2) * sizeof *index->starts;
    index->starts = memory_alloc_scattered(size);
    memset(index->starts, 0, size);
    index->tags = memory_alloc_scattered(count + 1);
    for (size_t i = 0; i < count; i++)
        index->starts[hash_index_bucket(index, hashes[i]) + 2]++;
    for (size_t i = 2; i < index->bucket_count + 2; i++)
        index->starts[i] += index->starts[i - 1];
}

uint32_t
hash_index_place(struct hash_index *index, uint64_t hash)
{
    uint32_t position = index->starts[hash_index_bucket(index, hash) + 1]++;
    index->tags[position] = (uint8_t)hash;
    return position;
}

void
hash_index_release(struct hash_index *index)
{
    free(index->starts);
    free(index->tags);
    *index = (struct hash_index){.starts = NULL};
}
