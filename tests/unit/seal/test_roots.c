/* The file of roots is only added to, and no line of it can be changed unseen. */
#include "idmigrate/memory.h"
#include "idmigrate/seal.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
add_seal(struct seal_chain *chain, const char *log)
{
    CLEANUP(merkle_hasher_free) struct merkle_hasher *hasher = merkle_hasher_new();
    struct seal *seal = ARRAY_ADD(chain->seals, chain->count, chain->capacity);
    *seal = (struct seal){.log = memory_strdup(log),
                          .number = (int64_t)chain->count,
                          .is_first = chain->count == 1,
                          .layout = memory_strdup("{}"),
                          .tool_version = memory_strdup("1")};
    if (chain->count > 1)
        seal->previous = seal[-1].hash;
    seal->hash = seal_hash(seal, hasher);
}

static char *
new_path(void)
{
    char *path = memory_strdup("/tmp/idmigrate-roots-XXXXXX");
    int file = mkstemp(path);
    close(file);
    unlink(path);
    return path;
}

static size_t
count_lines(const char *path, const char *log)
{
    struct error err = ERROR_INIT;
    CLEANUP(seal_roots_release) struct seal_roots roots = SEAL_ROOTS_INIT;
    cr_assert(seal_roots_load(path, log, false, &roots, &err), "%s", err.text);
    return roots.count;
}

Test(roots, adds_what_the_file_lacks)
{
    struct error err = ERROR_INIT;
    CLEANUP(memory_free_string) char *path = new_path();
    CLEANUP(seal_chain_release) struct seal_chain chain = SEAL_CHAIN_INIT, other = SEAL_CHAIN_INIT;
    add_seal(&chain, "a.b");
    cr_assert(seal_roots_append(path, &chain, &err), "%s", err.text);
    add_seal(&chain, "a.b");
    add_seal(&chain, "a.b");
    cr_assert(seal_roots_append(path, &chain, &err), "%s", err.text);
    cr_assert(seal_roots_append(path, &chain, &err), "%s", err.text);
    cr_expect_eq(count_lines(path, "a.b"), 3);
    /* Two logs may share a file. */
    add_seal(&other, "c.d");
    cr_assert(seal_roots_append(path, &other, &err), "%s", err.text);
    cr_expect_eq(count_lines(path, "a.b"), 3);
    cr_expect_eq(count_lines(path, "c.d"), 1);
    seal_chain_release(&other);
    unlink(path);
}

Test(roots, is_not_gone_on_with_for_another_database)
{
    struct error err = ERROR_INIT;
    CLEANUP(memory_free_string) char *path = new_path();
    struct seal_chain chain = SEAL_CHAIN_INIT, other = SEAL_CHAIN_INIT;
    add_seal(&chain, "a.b");
    cr_assert(seal_roots_append(path, &chain, &err), "%s", err.text);
    add_seal(&other, "a.b");
    other.seals[0].hash.bytes[0] ^= 1;
    cr_expect(!seal_roots_append(path, &other, &err));
    cr_expect_eq(err.code, EXIT_DIFFERENT);
    cr_expect_eq(count_lines(path, "a.b"), 1);
    seal_chain_release(&chain);
    seal_chain_release(&other);
    unlink(path);
}

/* Whatever one byte becomes, the line is refused, or its number or log is another one. */
Test(roots, tells_a_line_that_was_changed)
{
    struct error err = ERROR_INIT;
    CLEANUP(memory_free_string) char *path = new_path();
    CLEANUP(seal_chain_release) struct seal_chain chain = SEAL_CHAIN_INIT;
    char line[4096];
    add_seal(&chain, "a.b");
    cr_assert(seal_roots_append(path, &chain, &err), "%s", err.text);
    FILE *file = fopen(path, "r+");
    size_t length = fread(line, 1, sizeof line, file);
    const char *statement = strstr(line, "\"statement\"");
    cr_assert_not_null(statement);
    for (size_t at = (size_t)(statement - line) + 13; line[at] != '"'; at++) {
        struct error broken = ERROR_INIT;
        struct seal_roots roots = SEAL_ROOTS_INIT;
        fseek(file, (long)at, SEEK_SET);
        fputc(line[at] == 'x' ? 'y' : 'x', file);
        fflush(file);
        cr_expect(!seal_roots_load(path, "a.b", false, &roots, &broken), "byte %zu", at);
        cr_expect_eq(broken.code, EXIT_INPUT);
        seal_roots_release(&roots);
        fseek(file, (long)at, SEEK_SET);
        fputc(line[at], file);
        fflush(file);
    }
    cr_expect_gt(length, 100);
    fclose(file);
    unlink(path);
}
