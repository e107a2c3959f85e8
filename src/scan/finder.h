/* The inside of a finder: what IDs are made of, so that most of a text is passed over unseen. */
#ifndef SCAN_FINDER_H
#define SCAN_FINDER_H

#include "idmigrate/scan.h"

/* A format, taken apart for the look at one place of a text. */
struct form {
    const struct idmap_format *format;
    const char *prefix;
    size_t prefix_length, shortest, longest; /* of the body */
    bool allowed[256];
    bool is_exact; /* the table says all; otherwise the format is asked too */
};

struct scan_finder {
    struct scan_kind *kinds; /* the formats', then two for each map: old IDs, new IDs */
    size_t kind_count;
    struct form *forms;
    size_t form_count;
    const struct idmap **maps;
    size_t map_count;
    uint32_t *lengths; /* of the maps' IDs, each once, the longest first */
    size_t length_count;
    uint64_t pairs[65536 / 64]; /* the first two bytes of IDs */
    bool alphabet[256];         /* bytes that IDs are made of */
    size_t shortest;            /* of those that are found inside a text; 0: none are */
    bool has_short;             /* some IDs are found as whole values only */
    bool has_escaped;           /* some IDs hold bytes that COPY text or JSON write otherwise */
    bool wants_uuids, wants_numbers;
};

enum { FINDER_SHORTEST_ID = 6, FINDER_SHORTEST_NUMBER = 10 };

/* Whether an ID can be told from other words. */
bool finder_is_telling(const char *id, size_t length);
/* The longest ID that is all of the text (`whole`), or begins at `start` and ends with its word. */
bool finder_match(const struct scan_finder *finder, const char *text, size_t length, size_t start,
                  bool whole, struct scan_hit *hit);

#endif
