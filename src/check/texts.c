/*
 * IDs where nobody said that there are any: whole old IDs of the maps inside columns that are
 * copied as they are, and words that look like old IDs but are in no map (there, and in columns
 * that are rewritten).
 *
 * What an ID looks like is told by a fixed prefix: a format without one (a UUID, any word) would
 * find itself everywhere.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { SHORTEST_PREFIX = 2, SHORTEST_ID = 6, SHORTEST_NUMBER = 10, LONGEST_ID = 256 };

struct like {
    const struct idmap_format *format;
    const struct idmap *map;
    char *prefix;
    size_t prefix_length;
};

/* ---- which old IDs can be told from other words ---- */

/* "17" and "max" stand in many texts without being anybody's ID. */
static bool
is_telling(const struct idmap_pair *pair)
{
    bool is_number = strspn(pair->old_id, "0123456789") == pair->old_length;
    return pair->old_length >= (is_number ? SHORTEST_NUMBER : SHORTEST_ID);
}

static void
report_short(struct check *check, const struct idmap *map)
{
    size_t count = 0;
    for (size_t i = 0; i < idmap_count(map); i++)
        count += !is_telling(idmap_pair_at(map, i));
    if (count == 0)
        return;
    check->has_short_ids = true;
    struct finding *finding =
        findings_add(check->findings, "N-ID-COPIED", NULL, NULL,
                     "ID map %s: %zu of %zu old IDs are too short to be told from other words: "
                     "columns that are copied as they are were not searched for them",
                     idmap_name(map), count, idmap_count(map));
    finding_set_hint(
        finding, "go through the columns that are copied as they are: does one hold these IDs?");
}

/* ---- what old IDs look like ---- */

/* Whether the format takes the ID with another character there: then it is none of the prefix. */
static bool
is_fixed_at(const struct idmap_format *format, const struct idmap_pair *pair, size_t at, char *copy)
{
    static const char others[] = "0a7fA4bZ9x_-";
    memcpy(copy, pair->old_id, pair->old_length);
    for (const char *other = others; *other != '\0'; other++) {
        copy[at] = *other;
        if (*other != pair->old_id[at] && idmap_format_matches(format, copy, pair->old_length))
            return false;
    }
    return true;
}

static void
add_like(struct check *check, const struct idmap *map, const struct idmap_format *format)
{
    const struct idmap_pair *pair = NULL;
    size_t length = 0;
    for (size_t i = 0; i < idmap_count(map) && pair == NULL; i++)
        if (idmap_format_matches(format, idmap_pair_at(map, i)->old_id,
                                 idmap_pair_at(map, i)->old_length))
            pair = idmap_pair_at(map, i);
    if (pair == NULL)
        return;
    CLEANUP(memory_free_string) char *copy = memory_alloc(pair->old_length + 1);
    while (length < pair->old_length && is_fixed_at(format, pair, length, copy))
        length++;
    if (length < SHORTEST_PREFIX)
        return;
    check->likes[check->like_count++] =
        (struct like){.format = format,
                      .map = map,
                      .prefix = memory_strndup(pair->old_id, length),
                      .prefix_length = length};
}

void
texts_prepare(struct check *check)
{
    const struct mapping *mapping = check->plan->mapping;
    const struct idmap **maps = memory_alloc((mapping->id_count + 1) * sizeof *maps);
    size_t count = 0;
    check->likes = memory_zalloc((mapping->id_count + 1) * sizeof *check->likes);
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct mapping_ids *spec = &mapping->ids[i];
        if (spec->derived || spec->kind == MAPPING_IDS_UNION)
            continue;
        maps[count++] = check->in->ids[i];
        report_short(check, check->in->ids[i]);
        const struct idmap_format *format =
            spec->old_format != NULL && check->in->formats != NULL
                ? idmap_format_find(check->in->formats, spec->old_format)
                : NULL;
        if (format != NULL)
            add_like(check, check->in->ids[i], format);
    }
    check->matcher = idmap_matcher_new(maps, count);
    free(maps);
}

void
texts_release(struct check *check)
{
    for (size_t i = 0; i < check->like_count; i++)
        free(check->likes[i].prefix);
    free(check->likes);
    idmap_matcher_free(&check->matcher);
}

/* ---- which columns ---- */

static bool
is_type(const struct catalog_type *type, const char *name)
{
    return strcmp(type->base_text_plain, name) == 0;
}

/* Types whose text can hold an ID: strings, documents, arrays, composites, bytes, and uuid as a
 * whole. */
static bool
can_hold_ids(const struct catalog_type *type)
{
    if (type->kind == 'e')
        return false;
    return type->category == 'S' || type->category == 'A' || type->category == 'C' ||
           type->category == 'U';
}

void
texts_begin(struct column_facts *facts)
{
    const struct plan_column *column = facts->column;
    const struct mapping_column *spec = column->spec;
    facts->is_json =
        is_type(&column->target->type, "json") || is_type(&column->target->type, "jsonb");
    facts->is_bytes = is_type(&column->target->type, "bytea");
    facts->looks_for_ids =
        column->resolve_count == 0 && can_hold_ids(&column->target->type) &&
        (spec == NULL || (spec->origin != MAPPING_VALUE && spec->origin != MAPPING_UUID));
}

/* ---- one value ---- */

static int
nibble(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                          : 0;
}

/* "\\x6f6c64" as the bytes that it stands for: a text may be kept in them. */
static struct row_value
decode_bytes(struct strbuf *out, struct row_value hex)
{
    strbuf_reset(out);
    for (size_t i = 2; i + 1 < hex.length; i += 2)
        strbuf_add_char(out, (char)(nibble(hex.data[i]) << 4 | nibble(hex.data[i + 1])));
    return (struct row_value){out->data, out->length};
}

/*
 * JSON text writes some characters with letters (\n, \u0041), which may stand directly before an
 * ID: with blanks in their place it is found where it stands.
 */
static struct row_value
blank_escapes(struct strbuf *out, struct row_value json)
{
    strbuf_reset(out);
    strbuf_add(out, json.data, json.length);
    for (size_t i = 0; i + 1 < json.length; i++) {
        size_t length = json.data[i] != '\\' ? 0 : json.data[i + 1] == 'u' ? 6 : 2;
        for (size_t c = i; c < i + length && c < json.length; c++)
            out->data[c] = ' ';
        i += length > 0 ? length - 1 : 0;
    }
    return (struct row_value){out->data, out->length};
}

static bool
find_in_text(struct check *check, struct column_facts *facts, struct row_value value)
{
    struct idmap_match match;
    for (size_t from = 0;
         idmap_matcher_find(check->matcher, value.data, value.length, from, &match);
         from = match.start + match.length) {
        /* Nothing to replace where old and new are the same. */
        bool is_same = match.pair->old_length == match.pair->new_length &&
                       memcmp(match.pair->old_id, match.pair->new_id, match.pair->old_length) == 0;
        if (is_same || !is_telling(match.pair))
            continue;
        tally_add(&facts->copied, (struct row_value){match.pair->old_id, match.pair->old_length},
                  true);
        maps_note_seen(check, match.map);
        return true;
    }
    return false;
}

/* IDs that are written with escapes inside: all of the document is decoded. */
static void
find_decoded(struct check *check, struct column_facts *facts, struct row_value json)
{
    int64_t replaced = 0;
    strbuf_reset(&check->scratch);
    row_rewrite_json(&check->scratch, check->matcher, json.data, json.length, false, &replaced);
    facts->copied.rows += replaced > 0;
}

static void
find_known(struct check *check, struct column_facts *facts, struct row_value value)
{
    bool has_escapes = facts->is_json && memchr(value.data, '\\', value.length) != NULL;
    if (find_in_text(check, facts, has_escapes ? blank_escapes(&check->scratch, value) : value) ||
        !has_escapes)
        return;
    if (!check->has_short_ids && (memmem(value.data, value.length, "\\u", 2) != NULL ||
                                  memmem(value.data, value.length, "\\/", 2) != NULL))
        find_decoded(check, facts, value);
}

static bool
ends_word(struct row_value text, size_t at)
{
    return at == text.length || !utf8_word_ends_at(text.data, at) ||
           !utf8_word_starts_at(text.data, text.length, at);
}

/* The longest word or words from `start` that have the form; 0: none. */
static size_t
match_like(const struct like *like, struct row_value text, size_t start)
{
    size_t found = 0, limit = text.length - start < LONGEST_ID ? text.length - start : LONGEST_ID;
    for (size_t length = like->prefix_length + 1; length <= limit; length++) {
        unsigned char last = (unsigned char)text.data[start + length - 1];
        if (last <= ' ')
            break;
        if (ends_word(text, start + length) &&
            idmap_format_matches(like->format, text.data + start, length))
            found = length;
    }
    return found;
}

static void
find_alike(struct column_facts *facts, const struct like *like, struct row_value value)
{
    const char *at = value.data, *end = value.data + value.length;
    const struct idmap_pair *pair;
    while ((at = memmem(at, (size_t)(end - at), like->prefix, like->prefix_length)) != NULL) {
        size_t start = (size_t)(at - value.data);
        at++;
        if (utf8_word_ends_at(value.data, start))
            continue;
        size_t length = match_like(like, value, start);
        if (length == 0 || idmap_find(like->map, value.data + start, length, &pair) != IDMAP_NONE)
            continue;
        tally_add(&facts->alike, (struct row_value){value.data + start, length}, facts->shows_ids);
        return;
    }
}

void
texts_look(struct check *check, struct column_facts *facts, struct row_value value)
{
    bool is_rewritten =
        facts->column->matcher != NULL && facts->column->spec->rewrite != MAPPING_REWRITE_NONE;
    bool is_allowed = facts->column->spec != NULL && facts->column->spec->allow_ids != NULL;
    if (value.length == 0)
        return;
    if (facts->is_bytes)
        value = decode_bytes(&check->scratch, value);
    if (!is_rewritten && !is_allowed)
        find_known(check, facts, value);
    for (size_t i = 0; i < check->like_count && !is_allowed; i++)
        find_alike(facts, &check->likes[i], value);
}

/* ---- report ---- */

void
texts_report(struct check *check, const struct plan_table *table, const struct column_facts *facts)
{
    const char *name = facts->column->target->name;
    if (facts->copied.rows > 0) {
        struct finding *finding = findings_add(check->findings, "E-ID-COPIED", table->label, name,
                                               "the column holds old IDs, but is copied as it is");
        finding_set_hint(finding, "say %s, or \"allow_ids\": \"reason\" when they shall stay",
                         facts->is_bytes ? "what becomes of the bytes with \"sql\""
                                         : "\"resolve\" or \"rewrite\"");
        tally_fill(&facts->copied, finding);
    }
    if (facts->alike.rows > 0) {
        CLEANUP(memory_free_string)
        char *count = tally_describe(&facts->alike, "text looks", "texts look");
        struct finding *finding = findings_add(check->findings, "W-ID-LIKE", table->label, name,
                                               "%s like old IDs, but are in no ID map", count);
        finding_set_hint(finding, "complete the ID map if these are people; they stay as they are");
        tally_fill(&facts->alike, finding);
    }
}
