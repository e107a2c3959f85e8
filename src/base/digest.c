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

/* One more than the digit's value; 0: no digit. */
static const uint8_t hex_digits[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16};

static bool
read_half(const char *hex, uint64_t *half)
{
    bool is_good = true;
    uint64_t value = 0;
    for (size_t i = 0; i < 16; i++) {
        unsigned digit = hex_digits[(unsigned char)hex[i]];
        is_good &= digit != 0;
        value = value << 4 | ((digit - 1) & 15);
    }
    *half = value;
    return is_good;
}

bool
digest_from_hex(const char *hex, size_t length, struct digest *value)
{
    struct digest read;
    if (length != DIGEST_HEX_SIZE - 1 || !read_half(hex, &read.high) ||
        !read_half(hex + 16, &read.low))
        return false;
    *value = read;
    return true;
}
