/*
 * ID maps: pairs of old and new ID of one kind, in memory, and how IDs look.
 *
 * IDs are bytes, compared as they are: two that differ in case are two people. A map is filled
 * once, then frozen; a frozen map may be read by any number of threads. Memory: the bytes of the
 * IDs plus about 60 bytes a pair.
 */
#ifndef IDMIGRATE_IDMAP_H
#define IDMIGRATE_IDMAP_H

#include "idmigrate/digest.h"
#include "idmigrate/error.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap; /* pairs, or the union of other maps */

struct idmap_pair {
    const char *old_id, *new_id; /* zero-terminated, borrowed from the map */
    uint32_t old_length, new_length;
};

/* ---- building
 * -------------------------------------------------------------------------------------------------
 */

struct idmap *idmap_new(const char *name);
/* A union holds the pairs of its members, which must be frozen before it and outlive it; an old ID
   with different new IDs in two members is an error of idmap_freeze. It is frozen like any other
   map. */
struct idmap *idmap_new_union(const char *name, const struct idmap *const *members, size_t count);
/*
 * Adds a pair. An empty ID, a zero byte, bytes that are not UTF-8, an ID longer than 1,024 bytes is
 * an error (EXIT_INPUT) that names no place: the reader adds file and line. The same pair twice is
 * counted, not an error. One old ID with two new ones is kept as ambiguous and found by
 * idmap_freeze, which names both places through `place` (line or row number, from 1).
 */
bool idmap_add(struct idmap *map, const char *old_id, size_t old_length, const char *new_id,
               size_t new_length, uint64_t place, struct error *err);
/* What idmap_freeze does with one old ID that has two new ones. */
enum idmap_ambiguous {
    IDMAP_AMBIGUOUS_ERROR, /* EXIT_INPUT, names the ID and both places */
    IDMAP_AMBIGUOUS_KEEP   /* such an ID looks up as IDMAP_TWO; listed by idmap_ambiguous_pair() */
};
bool idmap_freeze(struct idmap *map, enum idmap_ambiguous policy, struct error *err);
/* Gives the memory of the pairs back: nothing is found any more; name and digest stay. */
void idmap_forget(struct idmap *map);
void idmap_free(struct idmap **map); /* for CLEANUP too */

enum idmap_file_format { IDMAP_AUTO, IDMAP_CSV, IDMAP_JSON, IDMAP_NDJSON };
struct idmap_file {
    const char *path;
    enum idmap_file_format format;       /* IDMAP_AUTO: by content */
    const char *old_column, *new_column; /* NULL for a JSON object {"old": "new"} */
    char delimiter;
};
/*
 * Reads a file into `map` (not frozen), streaming; a line, or an element of a JSON array or object,
 * above 16 MB is an error. Refused with file and line: missing file, directory, empty file, no
 * rows, wrong delimiter (header without the columns, hint names those found), missing or doubled
 * column, NUL byte, invalid UTF-8, empty ID, short row. Byte-order mark, CRLF and quoted fields are
 * fine. `digest` gets the digest of the file's bytes.
 */
bool idmap_read_file(struct idmap *map, const struct idmap_file *file, struct digest *digest,
                     struct error *err);

/* ---- looking up
 * -----------------------------------------------------------------------------------------------
 */

enum idmap_found {
    IDMAP_NONE, /* neither an old nor a new ID of the map */
    IDMAP_OLD,  /* an old ID; the pair is given, which is not at the address that idmap_pair_at()
                   gives */
    IDMAP_NEW,  /* already a new ID of the map (and not an old one too) */
    IDMAP_TWO   /* an old ID with more than one new ID: as good as none */
};
enum idmap_found idmap_find(const struct idmap *map, const char *id, size_t length,
                            const struct idmap_pair **pair);

const char *idmap_name(const struct idmap *map);
size_t idmap_count(const struct idmap *map); /* distinct old IDs that have one new ID; the ambiguous
                                                are counted apart */
/* Rows that lack one ID of the two, where whoever reads the map passes them over and says so. */
void idmap_note_hole(struct idmap *map);
size_t idmap_hole_count(const struct idmap *map);
size_t idmap_repeated_count(const struct idmap *map); /* pairs that were there already */
/* Pairs in order of the old ID's bytes, for listing and storing. */
const struct idmap_pair *idmap_pair_at(const struct idmap *map, size_t index);
struct digest
idmap_digest(const struct idmap *map); /* of all pairs, whatever their order in the file */
size_t idmap_ambiguous_count(const struct idmap *map);
const struct idmap_pair *
idmap_ambiguous_pair(const struct idmap *map,
                     size_t index); /* old ID with one of its new IDs, sorted */
/* Several old IDs with one new ID: number of such new IDs, and each as the run of pairs sharing it.
 */
size_t idmap_shared_count(const struct idmap *map);
const struct idmap_pair *const *idmap_shared(const struct idmap *map, size_t index, size_t *count);
/* New IDs that are also old IDs of another pair (chains and cycles). */
size_t idmap_chain_count(const struct idmap *map);

/*
 * Finds the first whole old ID of any of the maps in `text` at or after `from`: not directly
 * between letters, digits or '_' (of any script) on either side, the longest one where several
 * start at one place. For JSON strings, array elements and free text.
 */
struct idmap_matcher;
struct idmap_matcher *idmap_matcher_new(const struct idmap *const *maps, size_t count);
void idmap_matcher_free(struct idmap_matcher **matcher);
struct idmap_match {
    size_t start, length;
    const struct idmap *map;
    const struct idmap_pair *pair;
};
bool idmap_matcher_find(const struct idmap_matcher *matcher, const char *text, size_t length,
                        size_t from, struct idmap_match *match);

/* ---- formats
 * --------------------------------------------------------------------------------------------------
 */

/* How IDs of a kind look: data from mappings/formats.json and from the mapping, never code. */
struct idmap_formats;
/* `extra_json` (or NULL) comes from `extra_place`, for errors; a format of a built-in name replaces
 * that one. */
bool idmap_formats_new(const char *builtin_json, const char *extra_json, const char *extra_place,
                       struct idmap_formats **formats, struct error *err);
void idmap_formats_free(struct idmap_formats **formats);
struct idmap_format; /* one of them, borrowed */
const struct idmap_format *idmap_format_find(const struct idmap_formats *formats,
                                             const char *name); /* or NULL */
bool idmap_format_matches(const struct idmap_format *format, const char *id, size_t length);
const char *idmap_format_describe(const struct idmap_format *format); /* "user_ and 27 of base62" */
/* All of them, in the order of their files. */
size_t idmap_format_count(const struct idmap_formats *formats);
const struct idmap_format *idmap_format_at(const struct idmap_formats *formats, size_t index);
/* The parts, for whoever looks for such IDs in texts: lengths are those of the body, behind the
 * prefix. */
const char *idmap_format_name(const struct idmap_format *format);
const char *idmap_format_prefix(const struct idmap_format *format);
size_t idmap_format_shortest(const struct idmap_format *format);
size_t idmap_format_longest(const struct idmap_format *format);
/* Whether a byte may stand in the body. */
bool idmap_format_allows(const struct idmap_format *format, unsigned char byte);

/* How many IDs of a frozen map are out of format, and the first pair of each kind, borrowed, or
 * NULL. */
struct idmap_outside {
    size_t old_count, new_count;
    const struct idmap_pair *old_example, *new_example;
};
/*
 * Compares the pairs with the formats of their sides; NULL: no format is said. IDs out of format
 * are counted, for a warning. It is an error (EXIT_INPUT) when most pairs fit the other way round:
 * the columns are swapped.
 */
bool idmap_check_formats(const struct idmap *map, const struct idmap_format *old_format,
                         const struct idmap_format *new_format, struct idmap_outside *outside,
                         struct error *err);

/*
 * Whether a value that stands where an ID should, and that no map knows, may be shown: one word of
 * printable ASCII with a digit in it and without '@'. Names and e-mail addresses get into ID
 * columns; what is not shown appears as its digest.
 */
bool idmap_looks_like_id(const char *id, size_t length);
/* Appends such a value as it is, another as "digest " and the start of its digest. */
void idmap_add_shown(struct strbuf *text, const char *id, size_t length);

#endif
