/*
 * Finding whole IDs in text.
 *
 * Most places of most texts begin no ID, so the question is how to pass over them fast: first by
 * the byte an ID can start with, then by the word boundary, then by a bit for the first bytes
 * together (up to eight of them, as many as the shortest ID has). Only what is left is looked up,
 * for each length that IDs have, the longest first.
 */
#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"
#include "map.h"

#include <stdlib.h>
#include <string.h>

struct idmap_matcher {
    const struct idmap **maps;
    size_t map_count;
    uint32_t *lengths; /* of old IDs, each once, the longest first */
    size_t length_count;
    bool starts[256];  /* whether an ID starts with the byte */
    bool is_word[256]; /* ASCII letters, digits, '_' */
    int only_start;    /* the byte all IDs start with, or -1 */
    size_t head;       /* how many first bytes the bits are about */
    uint64_t *bits;
    unsigned bit_shift;
};

enum { LONGEST_HEAD = 8, FEWEST_BITS_LOG2 = 14, MOST_BITS_LOG2 = 22 };

/* The first bytes as a number, whatever the byte order: it is compared with its like only. */
static uint64_t
head_bit(const struct idmap_matcher *matcher, const char *text)
{
    uint64_t value = 0;
    if (matcher->head == LONGEST_HEAD)
        memcpy(&value, text, LONGEST_HEAD);
    else
        memcpy(&value, text, matcher->head);
    return (value * 0x9E3779B97F4A7C15u) >> matcher->bit_shift;
}

static void
note_lengths(struct idmap_matcher *matcher)
{
    bool *seen = memory_zalloc((IDMAP_LONGEST_ID + 1) * sizeof *seen);
    for (size_t m = 0; m < matcher->map_count; m++)
        for (size_t i = 0; i < matcher->maps[m]->pair_count; i++)
            seen[matcher->maps[m]->pairs[i].old_length] = true;
    size_t capacity = 0;
    for (uint32_t length = IDMAP_LONGEST_ID; length > 0; length--)
        if (seen[length])
            *ARRAY_ADD(matcher->lengths, matcher->length_count, capacity) = length;
    free(seen);
}

static void
note_heads(struct idmap_matcher *matcher, size_t id_count)
{
    unsigned log2 = FEWEST_BITS_LOG2;
    while (log2 < MOST_BITS_LOG2 && (size_t)1 << log2 < id_count * 8)
        log2++;
    size_t shortest = matcher->lengths[matcher->length_count - 1];
    matcher->head = shortest < LONGEST_HEAD ? shortest : LONGEST_HEAD;
    matcher->bit_shift = 64 - log2;
    matcher->bits = memory_zalloc(((size_t)1 << log2) / 8);
    for (size_t m = 0; m < matcher->map_count; m++)
        for (size_t i = 0; i < matcher->maps[m]->pair_count; i++) {
            const char *id = matcher->maps[m]->pairs[i].old_id;
            uint64_t bit = head_bit(matcher, id);
            matcher->bits[bit / 64] |= (uint64_t)1 << bit % 64;
            matcher->starts[(unsigned char)id[0]] = true;
        }
}

static void
note_words(struct idmap_matcher *matcher)
{
    for (size_t i = 0; i < 128; i++) {
        const char c = (char)i;
        matcher->is_word[i] = utf8_word_starts_at(&c, 1, 0);
    }
}

static int
find_only_start(const bool starts[256])
{
    int only = -1;
    for (int i = 0; i < 256; i++) {
        if (starts[i] && only >= 0)
            return -1;
        if (starts[i])
            only = i;
    }
    return only;
}

struct idmap_matcher *
idmap_matcher_new(const struct idmap *const *maps, size_t count)
{
    struct idmap_matcher *matcher = memory_zalloc(sizeof *matcher);
    size_t id_count = 0;
    matcher->maps = memory_realloc_array(NULL, count, sizeof(struct idmap *));
    matcher->map_count = count;
    for (size_t i = 0; i < count; i++) {
        matcher->maps[i] = maps[i];
        id_count += maps[i]->pair_count;
    }
    note_lengths(matcher);
    if (matcher->length_count > 0)
        note_heads(matcher, id_count);
    matcher->only_start = find_only_start(matcher->starts);
    note_words(matcher);
    /* What the boundary rule needs of the locale is loaded now, before threads come. */
    utf8_word_starts_at("\xC3\xA9", 2, 0);
    return matcher;
}

void
idmap_matcher_free(struct idmap_matcher **matcher)
{
    struct idmap_matcher *old = *matcher;
    if (old == NULL)
        return;
    *matcher = NULL;
    free(old->maps);
    free(old->lengths);
    free(old->bits);
    free(old);
}

/* A word goes on across `offset`: a letter, digit or '_' on both sides of it. */
static bool
is_inside_word(const char *text, size_t length, size_t offset)
{
    return utf8_word_ends_at(text, offset) && utf8_word_starts_at(text, length, offset);
}

static bool
find_at(const struct idmap_matcher *matcher, const char *text, size_t length, size_t start,
        struct idmap_match *match)
{
    for (size_t l = 0; l < matcher->length_count; l++) {
        size_t id_length = matcher->lengths[l];
        if (id_length > length - start || is_inside_word(text, length, start + id_length))
            continue;
        uint64_t hash = idmap_hash(text + start, id_length);
        for (size_t m = 0; m < matcher->map_count; m++) {
            const struct idmap_pair *pair;
            if (idmap_find_hashed(matcher->maps[m], hash, text + start, id_length, &pair) !=
                IDMAP_OLD)
                continue;
            *match = (struct idmap_match){
                .start = start, .length = id_length, .map = matcher->maps[m], .pair = pair};
            return true;
        }
    }
    return false;
}

/* The case of nearly all texts, without decoding characters; false says nothing. */
static bool
is_inside_ascii_word(const struct idmap_matcher *matcher, const char *text, size_t offset)
{
    return offset > 0 && matcher->is_word[(unsigned char)text[offset - 1]] &&
           matcher->is_word[(unsigned char)text[offset]];
}

/* The next place at or after `start` where an ID's first byte stands; `end` when there is none. */
static size_t
next_start(const struct idmap_matcher *matcher, const char *text, size_t start, size_t end)
{
    if (matcher->only_start >= 0) {
        const char *found = memchr(text + start, matcher->only_start, end - start);
        return found == NULL ? end : (size_t)(found - text);
    }
    while (start < end && !matcher->starts[(unsigned char)text[start]])
        start++;
    return start;
}

bool
idmap_matcher_find(const struct idmap_matcher *matcher, const char *text, size_t length,
                   size_t from, struct idmap_match *match)
{
    if (matcher->length_count == 0 || length < matcher->head || from > length - matcher->head)
        return false;
    size_t end = length - matcher->head + 1; /* no ID starts here or later */
    for (size_t i = next_start(matcher, text, from, end); i < end;
         i = next_start(matcher, text, i + 1, end)) {
        if (is_inside_ascii_word(matcher, text, i))
            continue;
        uint64_t bit = head_bit(matcher, text + i);
        if ((matcher->bits[bit / 64] >> bit % 64 & 1) == 0 || is_inside_word(text, length, i))
            continue;
        if (find_at(matcher, text, length, i, match))
            return true;
    }
    return false;
}
