/*
 * SHA-256 (FIPS 180-4) of files and texts, by libcrypto, as people compare it: in hexadecimal.
 *
 * Ends the program when there is no memory; nothing else can fail but the reading of a file.
 */
#ifndef IDMIGRATE_SHA256_H
#define IDMIGRATE_SHA256_H

#include <stdbool.h>
#include <stddef.h>

enum { SHA256_HEX_SIZE = 65 }; /* 64 lower-case hexadecimal digits and the final zero */

struct sha256;
struct sha256 *sha256_new(void);
void sha256_free(struct sha256 **sha256);
void sha256_add(struct sha256 *sha256, const void *data, size_t length);
/* Of all that was added; then it begins anew. */
void sha256_end(struct sha256 *sha256, char hex[SHA256_HEX_SIZE]);

void sha256_of(const void *data, size_t length, char hex[SHA256_HEX_SIZE]);
/* False when it cannot be opened or read to its end. */
bool sha256_of_file(const char *path, char hex[SHA256_HEX_SIZE]);

#endif
