/*
 * IDs in a text.
 *
 * An ID is a run of bytes that IDs are made of, at least as long as the shortest of them. So the
 * last byte of such a run is looked at first: where it is none of those, no run that holds it can
 * be one, and the search goes on behind it. In texts of words that passes over most bytes unseen.
 * In a run the first two bytes say whether an ID may begin there; only then it is looked up.
 */
#include "finder.h"

#include "idmigrate/utf8.h"

#include <string.h>

static bool
is_ascii_word(unsigned char c)
{
    return (unsigned)(c | ' ') - 'a' < 26 || (unsigned)c - '0' < 10 || c == '_';
}

/* A word goes on across `offset`: a letter, digit or '_' on both sides of it. Nearly all texts are
 * ASCII there: no characters are decoded then. */
static bool
is_inside_word(const char *text, size_t length, size_t offset)
{
    if (offset == 0 || offset >= length)
        return false;
    unsigned char before = (unsigned char)text[offset - 1], after = (unsigned char)text[offset];
    if ((before | after) < 0x80)
        return is_ascii_word(before) && is_ascii_word(after);
    return utf8_word_ends_at(text, offset) && utf8_word_starts_at(text, length, offset);
}

static bool
may_begin(const struct scan_finder *finder, const char *text, size_t length, size_t at)
{
    if (length - at < 2)
        return length > at;
    unsigned pair = (unsigned)(unsigned char)text[at] << 8 | (unsigned char)text[at + 1];
    return (finder->pairs[pair / 64] >> pair % 64 & 1) != 0;
}

/* Where the next ID may begin, at or after `from`; `length` when nowhere. */
static size_t
next_start(const struct scan_finder *finder, const char *text, size_t length, size_t from)
{
    const bool *alphabet = finder->alphabet;
    size_t run = finder->shortest, known = from; /* up to `known` all bytes are of the alphabet */
    if (run == 0)
        return length;
    for (size_t at = from; at + run <= length;) {
        size_t back = at + run;
        while (back > known && alphabet[(unsigned char)text[back - 1]])
            back--;
        if (back > known) {
            at = known = back;
            continue;
        }
        known = at + run;
        if (may_begin(finder, text, length, at))
            return at;
        at++;
    }
    return length;
}

/* ---- one place ---- */

struct place {
    const char *text;
    size_t length, start;
    bool whole;
};

static bool
may_end(const struct place *place, size_t length)
{
    size_t end = place->start + length;
    if (place->whole)
        return end == place->length;
    return !is_inside_word(place->text, place->length, end) &&
           finder_is_telling(place->text + place->start, length);
}

/* Length of the longest ID of the format here; 0: none. */
static size_t
match_form(const struct form *form, const struct place *place)
{
    const char *id = place->text + place->start;
    size_t left = place->length - place->start, body = 0;
    if (left < form->prefix_length + form->shortest ||
        memcmp(id, form->prefix, form->prefix_length) != 0)
        return 0;
    left -= form->prefix_length;
    left = left < form->longest ? left : form->longest;
    while (body < left && form->allowed[(unsigned char)id[form->prefix_length + body]])
        body++;
    for (; body >= form->shortest; body--) {
        size_t length = form->prefix_length + body;
        if (may_end(place, length) &&
            (form->is_exact || idmap_format_matches(form->format, id, length)))
            return length;
    }
    return 0;
}

static void
match_forms(const struct scan_finder *finder, const struct place *place, struct scan_hit *hit)
{
    for (size_t i = 0; i < finder->form_count; i++) {
        size_t length = match_form(&finder->forms[i], place);
        if (length > hit->length)
            *hit = (struct scan_hit){
                .start = place->start, .length = length, .kind = (int)i, .map = -1};
    }
}

static enum scan_state
state_of(enum idmap_found found, const struct idmap_pair *pair)
{
    if (found == IDMAP_TWO)
        return SCAN_AMBIGUOUS;
    /* Nothing is to be replaced where both are the same. */
    bool is_same = found == IDMAP_OLD && pair->old_length == pair->new_length &&
                   memcmp(pair->old_id, pair->new_id, pair->old_length) == 0;
    return found == IDMAP_NEW || is_same ? SCAN_NEW : SCAN_RESOLVED;
}

/* An old ID of one map counts more than a new one of another. */
static bool
look_up(const struct scan_finder *finder, const char *id, size_t length, int *map,
        enum scan_state *state)
{
    bool is_found = false;
    for (size_t i = 0; i < finder->map_count; i++) {
        const struct idmap_pair *pair = NULL;
        enum idmap_found found = idmap_find(finder->maps[i], id, length, &pair);
        if (found == IDMAP_NONE)
            continue;
        enum scan_state now = state_of(found, pair);
        if (is_found && (*state != SCAN_NEW || now == SCAN_NEW))
            continue;
        is_found = true;
        *state = now;
        *map = (int)i;
    }
    return is_found;
}

static void
match_maps(const struct scan_finder *finder, const struct place *place, struct scan_hit *hit)
{
    size_t left = place->length - place->start;
    for (size_t i = 0; i < finder->length_count && finder->lengths[i] >= hit->length; i++) {
        size_t length = finder->lengths[i];
        enum scan_state state = SCAN_UNKNOWN;
        int map = -1;
        if (length > left || !may_end(place, length) ||
            !look_up(finder, place->text + place->start, length, &map, &state))
            continue;
        if (length > hit->length)
            hit->kind = (int)finder->form_count + 2 * map + (state == SCAN_NEW);
        hit->start = place->start;
        hit->length = length;
        hit->state = state;
        hit->map = map;
        return;
    }
}

bool
finder_match(const struct scan_finder *finder, const char *text, size_t length, size_t start,
             bool whole, struct scan_hit *hit)
{
    const struct place place = {.text = text, .length = length, .start = start, .whole = whole};
    *hit = (struct scan_hit){.map = -1, .kind = -1};
    match_forms(finder, &place, hit);
    match_maps(finder, &place, hit);
    return hit->length > 0;
}

/* ---- a text ---- */

bool
scan_find(const struct scan_finder *finder, const char *text, size_t length, size_t from,
          struct scan_hit *hit)
{
    if (from == 0 && length > 0 && may_begin(finder, text, length, 0) &&
        finder_match(finder, text, length, 0, true, hit))
        return true;
    for (size_t at = next_start(finder, text, length, from); at < length;
         at = next_start(finder, text, length, at + 1))
        if (!is_inside_word(text, length, at) && finder_match(finder, text, length, at, false, hit))
            return true;
    return false;
}

bool
scan_may_hold(const struct scan_finder *finder, const char *bytes, size_t length)
{
    return finder->has_short || finder->has_escaped ||
           next_start(finder, bytes, length, 0) < length;
}

void
scan_text(const struct scan_finder *finder, const char *text, size_t length,
          const struct scan_sink *sink)
{
    static const struct scan_place itself = {.path = "", .path_length = 0};
    struct scan_hit hit;
    for (size_t from = 0; scan_find(finder, text, length, from, &hit);
         from = hit.start + hit.length)
        sink->found(sink->context, &itself, text, length, &hit);
}
