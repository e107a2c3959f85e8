/*
 * 128-bit digests (XXH3-128 of libxxhash, seed 0) and their sum.
 *
 * Sets of rows are compared by count and by the sum of their digests modulo 2^128: a sum, unlike an
 * exclusive or, does not cancel when a row is there twice.
 */
#ifndef IDMIGRATE_DIGEST_H
#define IDMIGRATE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest {
    uint64_t high, low;
};

enum { DIGEST_HEX_SIZE = 33 }; /* 32 lower-case hexadecimal digits and the final zero */

struct digest digest_bytes(const void *data, size_t length);
void digest_add(struct digest *sum, struct digest value); /* modulo 2^128 */
void digest_subtract(struct digest *sum, struct digest value);
bool digest_equal(struct digest a, struct digest b);
void digest_to_hex(struct digest value,
                   char hex[DIGEST_HEX_SIZE]); /* most significant digit first */
bool digest_from_hex(const char *hex, size_t length,
                     struct digest *value); /* false: not 32 hex digits */

#endif
