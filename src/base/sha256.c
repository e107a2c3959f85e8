#include "idmigrate/sha256.h"

#include "idmigrate/memory.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct sha256 {
    EVP_MD_CTX *context;
};

static void
begin(struct sha256 *sha256)
{
    if (sha256->context == NULL || EVP_DigestInit_ex(sha256->context, EVP_sha256(), NULL) != 1)
        memory_exhausted();
}

struct sha256 *
sha256_new(void)
{
    struct sha256 *sha256 = memory_alloc(sizeof *sha256);
    sha256->context = EVP_MD_CTX_new();
    begin(sha256);
    return sha256;
}

void
sha256_free(struct sha256 **sha256)
{
    if (*sha256 == NULL)
        return;
    EVP_MD_CTX_free((*sha256)->context);
    free(*sha256);
    *sha256 = NULL;
}

void
sha256_add(struct sha256 *sha256, const void *data, size_t length)
{
    if (length > 0 && EVP_DigestUpdate(sha256->context, data, length) != 1)
        memory_exhausted();
}

void
sha256_end(struct sha256 *sha256, char hex[SHA256_HEX_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(sha256->context, digest, &length) != 1)
        memory_exhausted();
    for (unsigned i = 0; i < length; i++)
        snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
    begin(sha256);
}

void
sha256_of(const void *data, size_t length, char hex[SHA256_HEX_SIZE])
{
    CLEANUP(sha256_free) struct sha256 *sha256 = sha256_new();
    sha256_add(sha256, data, length);
    sha256_end(sha256, hex);
}

bool
sha256_of_file(const char *path, char hex[SHA256_HEX_SIZE])
{
    enum { PIECE = 64 * 1024 };
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    CLEANUP(sha256_free) struct sha256 *sha256 = sha256_new();
    char *piece = memory_alloc(PIECE);
    size_t length;
    while ((length = fread(piece, 1, PIECE, file)) > 0)
        sha256_add(sha256, piece, length);
    bool is_whole = ferror(file) == 0;
    sha256_end(sha256, hex);
    free(piece);
    fclose(file);
    return is_whole;
}
