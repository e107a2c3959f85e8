/* Replacing whole IDs in text, the piece that all three kinds of rewriting share. */
#include "rewrite.h"

#include <string.h>

bool
row_rewrite_next(const struct idmap_matcher *matcher, const char *text, size_t length, size_t from,
                 struct idmap_match *match)
{
    while (idmap_matcher_find(matcher, text, length, from, match)) {
        const struct idmap_pair *pair = match->pair;
        if (pair->new_length != match->length ||
            memcmp(pair->new_id, text + match->start, match->length) != 0)
            return true;
        from = match->start + match->length;
    }
    return false;
}

int64_t
row_rewrite_append(struct strbuf *out, const struct idmap_matcher *matcher, const char *text,
                   size_t length)
{
    struct idmap_match match;
    int64_t replaced = 0;
    size_t done = 0;
    while (row_rewrite_next(matcher, text, length, done, &match)) {
        strbuf_add(out, text + done, match.start - done);
        strbuf_add(out, match.pair->new_id, match.pair->new_length);
        done = match.start + match.length;
        replaced++;
    }
    strbuf_add(out, text + done, length - done);
    return replaced;
}

enum row_rewrite_result
row_rewrite_text(struct strbuf *out, const struct idmap_matcher *matcher, const char *data,
                 size_t length, int64_t *replaced)
{
    int64_t count = row_rewrite_append(out, matcher, data, length);
    *replaced += count;
    return count > 0 ? ROW_REWRITE_CHANGED : ROW_REWRITE_SAME;
}
