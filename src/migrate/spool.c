/*
 * Bytes that wait for the end of another COPY: a connection carries one COPY at a time, so a
 * chunk's events are held until its rows are through.
 */
#include "internal.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SPOOL_LIMIT = 16 * 1024 * 1024, SPOOL_BLOCK = 256 * 1024 };

struct spool_line {
    uint64_t prefix;  /* of the key, as a number that sorts like its bytes */
    size_t key, rest; /* of the key, behind the prefix, in `keys` */
    size_t at, length;
    bool keeps_number;
};

bool
spool_is_empty(const struct spool *spool)
{
    return spool->memory.length == 0 && spool->file == NULL;
}

static bool
fail(struct error *err)
{
    error_set(err, EXIT_STOPPED, "cannot use a temporary file: %s", strerror(errno));
    return error_hint(
        err, "make room in the directory for temporary files and run the same command again");
}

static uint64_t
prefix_of(const char *key, size_t length)
{
    uint64_t prefix = 0;
    for (size_t i = 0; i < sizeof prefix; i++)
        prefix = prefix << 8 | (i < length ? (unsigned char)key[i] : 0);
    return prefix;
}

void
spool_end_line(struct spool *spool, const char *key, size_t length, bool keeps_number)
{
    size_t rest = length > sizeof(uint64_t) ? length - sizeof(uint64_t) : 0;
    *ARRAY_ADD(spool->lines, spool->line_count, spool->line_capacity) = (struct spool_line){
        .prefix = prefix_of(key, length),
        .key = spool->keys.length,
        .rest = rest,
        .at = spool->line_begin,
        .length = spool->memory.length - spool->line_begin,
        .keeps_number = keeps_number,
    };
    spool->line_begin = spool->memory.length;
    strbuf_add(&spool->keys, key + length - rest, rest);
}

static int
compare_lines(const void *a, const void *b, void *keys)
{
    const struct spool_line *left = a, *right = b;
    if (left->prefix != right->prefix)
        return left->prefix < right->prefix ? -1 : 1;
    size_t length = left->rest < right->rest ? left->rest : right->rest;
    int order =
        length > 0 ? memcmp((char *)keys + left->key, (char *)keys + right->key, length) : 0;
    if (order == 0)
        order = (left->rest > right->rest) - (left->rest < right->rest);
    /* As they came, so that the same rows give the same bytes. */
    return order != 0 ? order : (left->at > right->at) - (left->at < right->at);
}

/* The numbers of the lines as they came, or back into the lines as they are. */
static void
move_numbers(struct spool *spool, char *numbers, bool back)
{
    for (size_t i = 0; i < spool->line_count; i++) {
        const struct spool_line *line = &spool->lines[i];
        char *number = spool->memory.data + line->at + spool->number_at;
        if (line->keeps_number)
            continue;
        memcpy(back ? number : numbers, back ? numbers : number, spool->number_size);
        numbers += spool->number_size;
    }
}

static void
sort_lines(struct spool *spool)
{
    CLEANUP(memory_free_string) char *numbers = NULL;
    if (spool->line_count <= 1)
        return;
    if (spool->number_size > 0) {
        numbers = memory_alloc(spool->line_count * spool->number_size);
        move_numbers(spool, numbers, false);
    }
    qsort_r(spool->lines, spool->line_count, sizeof *spool->lines, compare_lines, spool->keys.data);
    if (numbers != NULL)
        move_numbers(spool, numbers, true);
}

/* Sorted lines lie all over the memory: without a word ahead the processor waits for each of them.
 */
static void
fetch_ahead(const struct spool *spool, size_t i)
{
    enum { AHEAD = 8, CACHE_LINE = 64, MOST = 512 };
    if (i + AHEAD >= spool->line_count)
        return;
    const struct spool_line *line = &spool->lines[i + AHEAD];
    size_t length = line->length < MOST ? line->length : MOST;
    for (size_t at = 0; at < length; at += CACHE_LINE)
        __builtin_prefetch(spool->memory.data + line->at + at);
}

/* One line as it goes: seen just before, while it is in the processor's cache. */
static const char *
take_line(const struct spool *spool, size_t i)
{
    fetch_ahead(spool, i);
    const char *line = spool->memory.data + spool->lines[i].at;
    if (spool->see != NULL)
        spool->see(spool->context, line, spool->lines[i].length);
    return line;
}

static void
forget_memory(struct spool *spool)
{
    strbuf_reset(&spool->memory);
    strbuf_reset(&spool->keys);
    spool->line_count = spool->line_begin = 0;
}

static bool
write_memory(struct spool *spool)
{
    sort_lines(spool);
    if (spool->line_count == 0)
        return fwrite(spool->memory.data, 1, spool->memory.length, spool->file) ==
               spool->memory.length;
    for (size_t i = 0; i < spool->line_count; i++) {
        size_t length = spool->lines[i].length;
        if (fwrite(take_line(spool, i), 1, length, spool->file) != length)
            return false;
    }
    return true;
}

static bool
move_to_file(struct spool *spool, struct error *err)
{
    if (spool->file == NULL)
        spool->file = tmpfile();
    if (spool->file == NULL || !write_memory(spool))
        return fail(err);
    forget_memory(spool);
    return true;
}

bool
spool_flush(struct spool *spool, struct error *err)
{
    return spool->memory.length < SPOOL_LIMIT || move_to_file(spool, err);
}

static bool
put_file(struct spool *spool, struct db *db, struct error *err)
{
    char block[SPOOL_BLOCK];
    size_t length;
    if (!move_to_file(spool, err) || fseek(spool->file, 0, SEEK_SET) != 0)
        return fail(err);
    while ((length = fread(block, 1, sizeof block, spool->file)) > 0)
        if (!db_copy_in_put(db, block, length, err))
            return false;
    return ferror(spool->file) ? fail(err) : true;
}

bool
spool_put(struct spool *spool, struct db *db, struct error *err)
{
    if (spool->file != NULL)
        return put_file(spool, db, err);
    if (spool->line_count == 0)
        return db_copy_in_put(db, spool->memory.data, spool->memory.length, err);
    sort_lines(spool);
    for (size_t i = 0; i < spool->line_count; i++)
        if (!db_copy_in_put(db, take_line(spool, i), spool->lines[i].length, err))
            return false;
    return true;
}

void
spool_release(struct spool *spool)
{
    if (spool->file != NULL)
        fclose(spool->file);
    spool->file = NULL;
    strbuf_release(&spool->memory);
    strbuf_release(&spool->keys);
    free(spool->lines);
    spool->lines = NULL;
    spool->line_count = spool->line_capacity = spool->line_begin = 0;
}
