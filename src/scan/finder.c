/* A finder is made: kinds, and for the first look the bytes, first bytes and lengths of all IDs. */
#include "finder.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_ID = 1024, LEAST_PREFIX = 2, UUID_LENGTH = 36 };

bool
scan_is_distinctive(const struct idmap_format *format)
{
    return strlen(idmap_format_prefix(format)) >= LEAST_PREFIX;
}

bool
finder_is_telling(const char *id, size_t length)
{
    size_t digits = 0;
    while (digits < length && id[digits] >= '0' && id[digits] <= '9')
        digits++;
    return length >= (size_t)(digits == length ? FINDER_SHORTEST_NUMBER : FINDER_SHORTEST_ID);
}

/* ---- the first look ---- */

static void
note_pair(struct scan_finder *finder, unsigned char first, unsigned char second)
{
    unsigned pair = (unsigned)first << 8 | second;
    finder->pairs[pair / 64] |= (uint64_t)1 << pair % 64;
}

static void
note_length(struct scan_finder *finder, bool is_telling, size_t length)
{
    if (!is_telling)
        finder->has_short = true;
    else if (finder->shortest == 0 || length < finder->shortest)
        finder->shortest = length;
}

static void
note_byte(struct scan_finder *finder, unsigned char byte)
{
    finder->alphabet[byte] = true;
    finder->has_escaped =
        finder->has_escaped || byte < ' ' || byte == '\\' || byte == '"' || byte == '/';
}

static void
note_id(struct scan_finder *finder, const char *id, size_t length)
{
    bool is_telling = finder_is_telling(id, length);
    note_length(finder, is_telling, length);
    for (size_t i = 0; i < length && is_telling; i++)
        note_byte(finder, (unsigned char)id[i]);
    for (unsigned second = 0; length == 1 && second < 256; second++)
        note_pair(finder, (unsigned char)id[0], (unsigned char)second);
    if (length > 1)
        note_pair(finder, (unsigned char)id[0], (unsigned char)id[1]);
}

/* ---- formats ---- */

static void
note_form_pairs(struct scan_finder *finder, const struct form *form)
{
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            bool is_first = form->prefix_length > 0 ? first == (unsigned char)form->prefix[0]
                                                    : form->allowed[first];
            bool is_second = form->prefix_length > 1 ? second == (unsigned char)form->prefix[1]
                                                     : form->shortest == 1 || form->allowed[second];
            if (is_first && is_second)
                note_pair(finder, (unsigned char)first, (unsigned char)second);
        }
}

static void
add_form(struct scan_finder *finder, const struct idmap_format *format)
{
    struct form *form = &finder->forms[finder->form_count++];
    *form = (struct form){.format = format,
                          .prefix = idmap_format_prefix(format),
                          .prefix_length = strlen(idmap_format_prefix(format)),
                          .shortest = idmap_format_shortest(format),
                          .longest = idmap_format_longest(format),
                          .is_exact = true};
    bool is_number = form->prefix_length == 0, is_uuid = is_number;
    for (unsigned byte = 1; byte < 256; byte++) {
        /* Blanks end every ID of a format. */
        form->allowed[byte] = byte > ' ' && idmap_format_allows(format, (unsigned char)byte);
        form->is_exact = form->is_exact && !(form->allowed[byte] && (byte == '-' || byte > 126));
        is_number = is_number && (!form->allowed[byte] || (byte >= '0' && byte <= '9'));
        if (form->allowed[byte])
            note_byte(finder, (unsigned char)byte);
    }
    for (size_t i = 0; i < form->prefix_length; i++)
        note_byte(finder, (unsigned char)form->prefix[i]);
    is_uuid = is_uuid && form->allowed['-'] && !form->allowed['g'] && form->longest == UUID_LENGTH;
    finder->wants_numbers = finder->wants_numbers || is_number;
    finder->wants_uuids = finder->wants_uuids || is_uuid;
    size_t length = form->prefix_length + form->shortest;
    note_length(finder, length >= FINDER_SHORTEST_ID && !is_number, length);
    if (is_number && form->longest >= FINDER_SHORTEST_NUMBER)
        note_length(finder, true, FINDER_SHORTEST_NUMBER);
    note_form_pairs(finder, form);
    finder->kinds[finder->kind_count++] = (struct scan_kind){
        .name = memory_strdup(idmap_format_name(format)), .format = format, .map = -1};
}

/* ---- ID maps ---- */

static bool
is_uuid(const char *id, size_t length)
{
    return length == UUID_LENGTH && strspn(id, "0123456789abcdefABCDEF-") == length;
}

static void
note_pair_of_ids(struct scan_finder *finder, const struct idmap_pair *pair, bool *lengths)
{
    note_id(finder, pair->old_id, pair->old_length);
    note_id(finder, pair->new_id, pair->new_length);
    lengths[pair->old_length] = lengths[pair->new_length] = true;
    finder->wants_uuids = finder->wants_uuids || is_uuid(pair->old_id, pair->old_length) ||
                          is_uuid(pair->new_id, pair->new_length);
    finder->wants_numbers =
        finder->wants_numbers || strspn(pair->old_id, "0123456789") == pair->old_length;
}

static void
add_map(struct scan_finder *finder, int number, bool *lengths)
{
    const struct idmap *map = finder->maps[number];
    for (size_t i = 0; i < idmap_count(map); i++)
        note_pair_of_ids(finder, idmap_pair_at(map, i), lengths);
    for (size_t i = 0; i < idmap_ambiguous_count(map); i++)
        note_pair_of_ids(finder, idmap_ambiguous_pair(map, i), lengths);
    for (int side = 0; side < 2; side++)
        finder->kinds[finder->kind_count++] = (struct scan_kind){
            .name = memory_printf("%s IDs of map %s", side == 0 ? "old" : "new", idmap_name(map)),
            .map = number,
            .is_new = side == 1};
}

static void
take_lengths(struct scan_finder *finder, const bool *lengths)
{
    size_t capacity = 0;
    for (uint32_t length = LONGEST_ID; length > 0; length--)
        if (lengths[length])
            *ARRAY_ADD(finder->lengths, finder->length_count, capacity) = length;
}

struct scan_finder *
scan_finder_new(const struct scan_wanted *wanted)
{
    struct scan_finder *finder = memory_zalloc(sizeof *finder);
    size_t kinds = wanted->format_count + 2 * wanted->map_count;
    bool *lengths = memory_zalloc((LONGEST_ID + 1) * sizeof *lengths);
    finder->kinds = memory_zalloc((kinds + 1) * sizeof *finder->kinds);
    finder->forms = memory_zalloc((wanted->format_count + 1) * sizeof *finder->forms);
    finder->maps = memory_zalloc((wanted->map_count + 1) * sizeof *finder->maps);
    for (size_t i = 0; i < wanted->format_count; i++)
        add_form(finder, wanted->formats[i]);
    for (size_t i = 0; i < wanted->map_count; i++) {
        finder->maps[finder->map_count++] = wanted->maps[i];
        add_map(finder, (int)i, lengths);
    }
    take_lengths(finder, lengths);
    free(lengths);
    return finder;
}

void
scan_finder_free(struct scan_finder **finder)
{
    struct scan_finder *old = *finder;
    if (old == NULL)
        return;
    *finder = NULL;
    for (size_t i = 0; i < old->kind_count; i++)
        free(old->kinds[i].name);
    free(old->kinds);
    free(old->forms);
    free(old->maps);
    free(old->lengths);
    free(old);
}

/* ---- what is looked for ---- */

size_t
scan_finder_kind_count(const struct scan_finder *finder)
{
    return finder->kind_count;
}

const struct scan_kind *
scan_finder_kind(const struct scan_finder *finder, size_t index)
{
    return &finder->kinds[index];
}

size_t
scan_finder_map_count(const struct scan_finder *finder)
{
    return finder->map_count;
}

const struct idmap *
scan_finder_map(const struct scan_finder *finder, int map)
{
    return map < 0 ? NULL : finder->maps[map];
}

bool
scan_finder_expect(struct scan_finder *finder, const char *format)
{
    for (size_t i = 0; i < finder->form_count; i++)
        if (strcmp(finder->kinds[i].name, format) == 0) {
            finder->kinds[i].is_new = true;
            return true;
        }
    return false;
}

bool
scan_finder_has_short(const struct scan_finder *finder)
{
    return finder->has_short;
}

bool
scan_finder_wants_uuids(const struct scan_finder *finder)
{
    return finder->wants_uuids;
}

bool
scan_finder_wants_numbers(const struct scan_finder *finder)
{
    return finder->wants_numbers;
}
