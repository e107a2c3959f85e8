/* 128-bit digests and their sum. */
#include "idmigrate/digest.h"

#include <stdio.h>
#include <xxhash.h>

struct digest
digest_bytes(const void *data, size_t length)
{
    XXH128_hash_t hash = XXH3_128bits(data, length);
    return (struct digest){.high = hash.high64, .low = hash.low64};
}

void
digest_add(struct digest *sum, struct digest value)
{
    sum->low += value.low;
    sum->high += value.high + (sum->low < value.low);
}

void
digest_subtract(struct digest *sum, struct digest value)
{
    sum->high -= value.high + (sum->low < value.low);
    sum->low -= value.low;
}

bool
digest_equal(struct digest a, struct digest b)
{
    return a.high == b.high && a.low == b.low;
}

void
digest_to_hex(struct digest value, char hex[DIGEST_HEX_SIZE])
{
    snprintf(hex, DIGEST_HEX_SIZE, "%016llx%016llx", (unsigned long long)value.high,
             (unsigned long long)value.low);
}

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool
digest_from_hex(const char *hex, size_t length, struct digest *value)
{
    uint64_t half[2] = {0, 0};
    if (length != DIGEST_HEX_SIZE - 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int digit = hex_digit(hex[i]);
        if (digit < 0)
            return false;
        half[i / 16] = half[i / 16] << 4 | (uint64_t)digit;
    }
    *value = (struct digest){.high = half[0], .low = half[1]};
    return true;
}
