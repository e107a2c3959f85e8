/*
 * Trees are those of RFC 6962. The leaves, roots and paths are the test vectors of the Certificate
 * Transparency code (github.com/google/certificate-transparency,
 * cpp/merkletree/merkle_tree_test.cc; also in transparency-dev/merkle).
 */
#include "idmigrate/memory.h"
#include "idmigrate/merkle.h"

#include <criterion/criterion.h>
#include <string.h>

enum { LEAVES = 8 };

static const struct {
    const char *bytes;
    size_t length;
} leaves[LEAVES] = {
    {"", 0},
    {"\x00", 1},
    {"\x10", 1},
    {"\x20\x21", 2},
    {"\x30\x31", 2},
    {"\x40\x41\x42\x43", 4},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
};

static const char *const roots[LEAVES] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

/* Leaf (from 1), size of the tree, path. */
static const struct {
    uint64_t leaf, size;
    size_t count;
    const char *path[3];
} paths[] = {
    {1,
     8,
     3,
     {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
    {6,
     8,
     3,
     {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
    {3, 3, 1, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
    {2,
     5,
     3,
     {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
};

static struct merkle_hash
leaf_hash(struct merkle_hasher *hasher, size_t number)
{
    return merkle_leaf(hasher, leaves[number].bytes, leaves[number].length);
}

static void
assert_hash(const struct merkle_hash *hash, const char *expected)
{
    char hex[MERKLE_HEX_SIZE];
    merkle_to_hex(hash, hex);
    cr_expect_str_eq(hex, expected);
}

Test(merkle, has_the_roots_of_certificate_transparency)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    struct merkle_tree tree = {.count = 0};
    struct merkle_hash root = merkle_root(&tree, hasher);
    assert_hash(&root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < LEAVES; i++) {
        merkle_add(&tree, hasher, leaf_hash(hasher, i));
        root = merkle_root(&tree, hasher);
        assert_hash(&root, roots[i]);
    }
}

Test(merkle, has_the_paths_of_certificate_transparency)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    struct merkle_hash all[LEAVES], path[MERKLE_LEVELS];
    size_t count;
    for (size_t i = 0; i < LEAVES; i++)
        all[i] = leaf_hash(hasher, i);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        merkle_path(all, paths[i].size, paths[i].leaf - 1, hasher, path, &count);
        cr_assert_eq(count, paths[i].count, "%zu: %zu steps", i, count);
        for (size_t j = 0; j < count; j++)
            assert_hash(&path[j], paths[i].path[j]);
    }
}

/* Every leaf of every tree up to 40 leaves leads to the root, and from no other place. */
Test(merkle, climbs_to_the_root_from_each_leaf_alone)
{
    enum { MOST = 40 };
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    struct merkle_hash all[MOST], path[MERKLE_LEVELS], found;
    struct merkle_tree tree = {.count = 0};
    size_t count;
    for (uint64_t size = 1; size <= MOST; size++) {
        all[size - 1] = merkle_leaf(hasher, &size, sizeof size);
        merkle_add(&tree, hasher, all[size - 1]);
        struct merkle_hash root = merkle_root(&tree, hasher);
        for (uint64_t i = 0; i < size; i++) {
            merkle_path(all, size, i, hasher, path, &count);
            cr_assert(merkle_climb(all[i], i, size, path, count, hasher, &found));
            cr_expect(merkle_equal(&found, &root));
            cr_expect(!merkle_climb(all[i], i, size, path, count + 1, hasher, &found));
            cr_expect(!merkle_climb(all[i], size, size, path, count, hasher, &found));
            uint64_t other = (i + 1) % size;
            bool climbs = merkle_climb(all[i], other, size, path, count, hasher, &found);
            cr_expect(size == 1 || !climbs || !merkle_equal(&found, &root));
        }
    }
}

/* A tree over the roots of complete subtrees is the tree. */
Test(merkle, is_the_same_over_parts)
{
    enum { PART = 8 };
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    struct merkle_tree whole = {.count = 0}, part = {.count = 0}, top = {.count = 0};
    for (uint64_t size = 1; size <= 100; size++) {
        struct merkle_hash leaf = merkle_leaf(hasher, &size, sizeof size);
        merkle_add(&whole, hasher, leaf);
        merkle_add(&part, hasher, leaf);
        struct merkle_tree both = top;
        merkle_add(&both, hasher, merkle_root(&part, hasher));
        struct merkle_hash a = merkle_root(&whole, hasher), b = merkle_root(&both, hasher);
        cr_expect(merkle_equal(&a, &b), "%d leaves", (int)size);
        if (part.count == PART) {
            top = both;
            part.count = 0;
        }
    }
}

Test(merkle, reads_what_it_prints_and_nothing_else)
{
    struct merkle_hash hash;
    cr_expect(merkle_from_hex(roots[0], 64, &hash));
    assert_hash(&hash, roots[0]);
    cr_expect(!merkle_from_hex(roots[0], 63, &hash));
    cr_expect(!merkle_from_hex("Zd9adc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604",
                               64, &hash));
}
