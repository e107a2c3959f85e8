/* Trees of RFC 6962; SHA-256 is libcrypto's. */
#include "idmigrate/merkle.h"
#include "idmigrate/memory.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct merkle_hasher {
    EVP_MD_CTX *context;
};

static const unsigned char leaf_prefix = 0, node_prefix = 1;

struct merkle_hasher *
merkle_hasher_new(void)
{
    struct merkle_hasher *hasher = memory_alloc(sizeof *hasher);
    hasher->context = EVP_MD_CTX_new();
    if (hasher->context == NULL || EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL) != 1)
        memory_exhausted();
    return hasher;
}

void
merkle_hasher_free(struct merkle_hasher **hasher)
{
    if (*hasher == NULL)
        return;
    EVP_MD_CTX_free((*hasher)->context);
    free(*hasher);
    *hasher = NULL;
}

/* SHA-256 itself cannot fail; libcrypto says so when it has no memory. */
static struct merkle_hash
hash_parts(struct merkle_hasher *hasher, const void *first, size_t first_length, const void *second,
           size_t second_length)
{
    struct merkle_hash hash;
    EVP_MD_CTX *context = hasher->context;
    if (EVP_DigestInit_ex(context, NULL, NULL) != 1 ||
        (first_length > 0 && EVP_DigestUpdate(context, first, first_length) != 1) ||
        EVP_DigestUpdate(context, second, second_length) != 1 ||
        EVP_DigestFinal_ex(context, hash.bytes, NULL) != 1)
        memory_exhausted();
    return hash;
}

struct merkle_hash
merkle_plain(struct merkle_hasher *hasher, const void *data, size_t length)
{
    return hash_parts(hasher, "", 0, data, length);
}

struct merkle_hash
merkle_leaf(struct merkle_hasher *hasher, const void *data, size_t length)
{
    return hash_parts(hasher, &leaf_prefix, 1, data, length);
}

struct merkle_hash
merkle_node(struct merkle_hasher *hasher, const struct merkle_hash *left,
            const struct merkle_hash *right)
{
    /* In one piece: calls cost as much as the hashing of so few bytes. */
    unsigned char bytes[1 + 2 * MERKLE_SIZE] = {node_prefix};
    memcpy(bytes + 1, left->bytes, MERKLE_SIZE);
    memcpy(bytes + 1 + MERKLE_SIZE, right->bytes, MERKLE_SIZE);
    return merkle_plain(hasher, bytes, sizeof bytes);
}

static unsigned
count_full(uint64_t count)
{
    return (unsigned)__builtin_popcountll(count);
}

void
merkle_add(struct merkle_tree *tree, struct merkle_hasher *hasher, struct merkle_hash leaf)
{
    unsigned top = count_full(tree->count);
    for (uint64_t size = tree->count; (size & 1) != 0; size >>= 1)
        leaf = merkle_node(hasher, &tree->full[--top], &leaf);
    tree->full[top] = leaf;
    tree->count++;
}

struct merkle_hash
merkle_root(const struct merkle_tree *tree, struct merkle_hasher *hasher)
{
    unsigned top = count_full(tree->count);
    if (top == 0)
        return merkle_plain(hasher, "", 0);
    struct merkle_hash root = tree->full[--top];
    while (top > 0)
        root = merkle_node(hasher, &tree->full[--top], &root);
    return root;
}

/* ---- audit paths ---- */

static struct merkle_hash
root_of(const struct merkle_hash *leaves, uint64_t size, struct merkle_hasher *hasher)
{
    struct merkle_tree tree = {.count = 0};
    for (uint64_t i = 0; i < size; i++)
        merkle_add(&tree, hasher, leaves[i]);
    return merkle_root(&tree, hasher);
}

static uint64_t
split_at(uint64_t size)
{
    uint64_t half = 1;
    while (half * 2 < size)
        half *= 2;
    return half;
}

void
merkle_path(const struct merkle_hash *leaves, uint64_t size, uint64_t index,
            struct merkle_hasher *hasher, struct merkle_hash path[MERKLE_LEVELS], size_t *count)
{
    *count = 0;
    while (size > 1) {
        uint64_t half = split_at(size);
        bool is_left = index < half;
        path[(*count)++] =
            is_left ? root_of(leaves + half, size - half, hasher) : root_of(leaves, half, hasher);
        leaves += is_left ? 0 : half;
        index -= is_left ? 0 : half;
        size = is_left ? half : size - half;
    }
    for (size_t i = 0; i < *count / 2; i++) { /* found from the root down */
        struct merkle_hash other = path[i];
        path[i] = path[*count - 1 - i];
        path[*count - 1 - i] = other;
    }
}

bool
merkle_climb(struct merkle_hash leaf, uint64_t index, uint64_t size, const struct merkle_hash *path,
             size_t count, struct merkle_hasher *hasher, struct merkle_hash *root)
{
    uint64_t last = size - 1;
    if (index >= size)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (last == 0)
            return false;
        if ((index & 1) != 0 || index == last) {
            leaf = merkle_node(hasher, &path[i], &leaf);
            for (; (index & 1) == 0 && index != 0; last >>= 1)
                index >>= 1;
        } else {
            leaf = merkle_node(hasher, &leaf, &path[i]);
        }
        index >>= 1;
        last >>= 1;
    }
    *root = leaf;
    return last == 0;
}

/* ---- texts ---- */

bool
merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b)
{
    return memcmp(a->bytes, b->bytes, MERKLE_SIZE) == 0;
}

void
merkle_to_hex(const struct merkle_hash *hash, char hex[MERKLE_HEX_SIZE])
{
    for (size_t i = 0; i < (size_t)MERKLE_SIZE; i++) {
        hex[2 * i] = "0123456789abcdef"[hash->bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[hash->bytes[i] & 15];
    }
    hex[MERKLE_HEX_SIZE - 1] = '\0';
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
merkle_from_hex(const char *hex, size_t length, struct merkle_hash *hash)
{
    if (length != MERKLE_HEX_SIZE - 1)
        return false;
    for (size_t i = 0; i < MERKLE_SIZE; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        hash->bytes[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}
