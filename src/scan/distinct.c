/* Counting different IDs in bounded memory. */
#include "distinct.h"

#include "idmigrate/digest.h"
#include "idmigrate/memory.h"

#include <math.h>
#include <stdlib.h>

enum { REGISTER_BITS = 12, REGISTERS = 1 << REGISTER_BITS };

static void
add_to_registers(uint8_t *registers, uint64_t hash)
{
    uint64_t rest = hash << REGISTER_BITS;
    uint8_t rank = rest == 0 ? 64 - REGISTER_BITS + 1 : (uint8_t)(__builtin_clzll(rest) + 1);
    uint8_t *value = &registers[hash >> (64 - REGISTER_BITS)];
    *value = *value > rank ? *value : rank;
}

static uint64_t *
find_slot(const struct distinct *distinct, uint64_t hash)
{
    size_t i = hash & (distinct->capacity - 1);
    while (distinct->hashes[i] != 0 && distinct->hashes[i] != hash)
        i = (i + 1) & (distinct->capacity - 1);
    return &distinct->hashes[i];
}

static void
grow(struct distinct *distinct)
{
    struct distinct old = *distinct;
    distinct->capacity = old.capacity ? old.capacity * 2 : 16;
    distinct->hashes = memory_zalloc(distinct->capacity * sizeof *distinct->hashes);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.hashes[i] != 0)
            *find_slot(distinct, old.hashes[i]) = old.hashes[i];
    free(old.hashes);
}

static void
begin_estimate(struct distinct *distinct)
{
    distinct->registers = memory_zalloc(REGISTERS);
    for (size_t i = 0; i < distinct->capacity; i++)
        if (distinct->hashes[i] != 0)
            add_to_registers(distinct->registers, distinct->hashes[i]);
    free(distinct->hashes);
    distinct->hashes = NULL;
    distinct->capacity = 0;
}

bool
distinct_add(struct distinct *distinct, const char *id, size_t length)
{
    uint64_t hash = digest_bytes(id, length).low;
    hash += hash == 0;
    if (distinct->registers != NULL) {
        add_to_registers(distinct->registers, hash);
        return false;
    }
    if (distinct->count * 2 >= distinct->capacity && distinct->count < DISTINCT_EXACT)
        grow(distinct);
    uint64_t *slot = find_slot(distinct, hash);
    if (*slot == hash)
        return false;
    if (distinct->count == DISTINCT_EXACT) {
        begin_estimate(distinct);
        add_to_registers(distinct->registers, hash);
        return true;
    }
    *slot = hash;
    distinct->count++;
    return true;
}

int64_t
distinct_count(const struct distinct *distinct)
{
    if (distinct->registers == NULL)
        return (int64_t)distinct->count;
    const double m = REGISTERS, alpha = 0.7213 / (1 + 1.079 / m);
    double sum = 0;
    int zeros = 0;
    for (size_t i = 0; i < REGISTERS; i++) {
        sum += ldexp(1, -distinct->registers[i]);
        zeros += distinct->registers[i] == 0;
    }
    double estimate = alpha * m * m / sum;
    /* Few of many registers are in use: counting the empty ones says more. */
    if (estimate <= 2.5 * m && zeros > 0)
        estimate = m * log(m / zeros);
    return (int64_t)(estimate + 0.5);
}

bool
distinct_is_estimate(const struct distinct *distinct)
{
    return distinct->registers != NULL;
}

void
distinct_release(struct distinct *distinct)
{
    free(distinct->hashes);
    free(distinct->registers);
    *distinct = (struct distinct){0};
}
