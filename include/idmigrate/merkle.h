/*
 * Merkle trees of RFC 6962, section 2.1, with SHA-256: a leaf's hash is that of a zero byte and the
 * leaf, a node's that of a one byte and its two children; a tree is split at the largest power of
 * two below its size. The root of nothing is the hash of nothing.
 */
#ifndef IDMIGRATE_MERKLE_H
#define IDMIGRATE_MERKLE_H

#include "idmigrate/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MERKLE_SIZE = 32, MERKLE_HEX_SIZE = 65, MERKLE_LEVELS = 64 };

struct merkle_hash {
    unsigned char bytes[MERKLE_SIZE];
};

/* Hashes one after the other; one for each thread. */
struct merkle_hasher;
struct merkle_hasher *merkle_hasher_new(void);
void merkle_hasher_free(struct merkle_hasher **hasher); /* for CLEANUP too */

struct merkle_hash merkle_plain(struct merkle_hasher *hasher, const void *data, size_t length);
struct merkle_hash merkle_leaf(struct merkle_hasher *hasher, const void *data, size_t length);
struct merkle_hash merkle_node(struct merkle_hasher *hasher, const struct merkle_hash *left,
                               const struct merkle_hash *right);

/* A tree that grows leaf by leaf in constant memory. */
struct merkle_tree {
    uint64_t count;
    struct merkle_hash full[MERKLE_LEVELS]; /* one for each bit of `count`, the highest first */
};
void merkle_add(struct merkle_tree *tree, struct merkle_hasher *hasher, struct merkle_hash leaf);
struct merkle_hash merkle_root(const struct merkle_tree *tree, struct merkle_hasher *hasher);

/*
 * The audit path of one leaf (RFC 6962, section 2.1.1), from the leaf up, at most MERKLE_LEVELS of
 * it; `count` says how many. `leaves` may also be the roots of complete subtrees of one size, the
 * last one of what is left: the path is then that of the subtree.
 */
void merkle_path(const struct merkle_hash *leaves, uint64_t size, uint64_t index,
                 struct merkle_hasher *hasher, struct merkle_hash path[MERKLE_LEVELS],
                 size_t *count);
/* The root that a leaf and its path lead to (RFC 9162, section 2.1.3.2); false when the path is not
 * one of a tree of that size. */
bool merkle_climb(struct merkle_hash leaf, uint64_t index, uint64_t size,
                  const struct merkle_hash *path, size_t count, struct merkle_hasher *hasher,
                  struct merkle_hash *root);

bool merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b);
void merkle_to_hex(const struct merkle_hash *hash, char hex[MERKLE_HEX_SIZE]);
/* False: not 64 hexadecimal digits. */
bool merkle_from_hex(const char *hex, size_t length, struct merkle_hash *hash);

#endif
