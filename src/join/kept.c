/* Texts that stay until the end, and indexes over them. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST_BLOCK = 4096, LARGEST_BLOCK = 2 * 1024 * 1024, FEWEST_SLOTS = 64 };

const char *
kept_add(struct kept_texts *texts, const char *text, size_t length)
{
    if (texts->count == 0 || texts->size - texts->used < length + 1) {
        size_t size = texts->count < 9 ? (size_t)SMALLEST_BLOCK << texts->count : LARGEST_BLOCK;
        texts->size = length + 1 > size ? length + 1 : size;
        texts->used = 0;
        *ARRAY_ADD(texts->blocks, texts->count, texts->capacity) =
            memory_alloc_scattered(texts->size);
    }
    char *copy = texts->blocks[texts->count - 1] + texts->used;
    memcpy(copy, text, length);
    copy[length] = '\0';
    texts->used += length + 1;
    return copy;
}

void
kept_release(struct kept_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->blocks[i]);
    free(texts->blocks);
    *texts = (struct kept_texts){.blocks = NULL};
}

uint64_t
index_hash(const char *text, size_t length)
{
    return digest_bytes(text, length).low;
}

static void
put(struct index_slot *slots, size_t capacity, uint32_t hash, uint32_t number)
{
    size_t i = hash & (capacity - 1);
    while (slots[i].number != NOBODY)
        i = (i + 1) & (capacity - 1);
    slots[i] = (struct index_slot){hash, number};
}

static void
grow(struct index *index)
{
    size_t capacity = index->capacity == 0 ? FEWEST_SLOTS : index->capacity * 2;
    struct index_slot *slots = memory_alloc_scattered(capacity * sizeof *slots);
    for (size_t i = 0; i < capacity; i++)
        slots[i].number = NOBODY;
    for (size_t i = 0; i < index->capacity; i++)
        if (index->slots[i].number != NOBODY)
            put(slots, capacity, index->slots[i].hash, index->slots[i].number);
    free(index->slots);
    index->slots = slots;
    index->capacity = capacity;
}

void
index_add(struct index *index, uint64_t hash, uint32_t number)
{
    if (index->count * 3 >= index->capacity * 2)
        grow(index);
    put(index->slots, index->capacity, (uint32_t)hash, number);
    index->count++;
}

/* The cursor is one more than the slot that was looked at last. */
uint32_t
index_next(const struct index *index, uint64_t hash, size_t *cursor)
{
    if (index->capacity == 0)
        return NOBODY;
    size_t i =
        *cursor == 0 ? (uint32_t)hash & (index->capacity - 1) : *cursor & (index->capacity - 1);
    for (; index->slots[i].number != NOBODY; i = (i + 1) & (index->capacity - 1))
        if (index->slots[i].hash == (uint32_t)hash) {
            *cursor = i + 1;
            return index->slots[i].number;
        }
    return NOBODY;
}

void
index_release(struct index *index)
{
    free(index->slots);
    *index = (struct index){.slots = NULL};
}
