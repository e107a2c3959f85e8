/* Replacing IDs: what the three kinds of rewriting share, and the forms of them that reuse their
 * memory from row to row. */
#ifndef IDMIGRATE_ROW_REWRITE_H
#define IDMIGRATE_ROW_REWRITE_H

#include "arena.h"

#include "idmigrate/row.h"

struct json_frame;
struct json_member;

/* Memory that rewriting needs for a while. */
struct row_scratch {
    struct strbuf decoded;
    struct strbuf object; /* a JSON object put in order */
    struct json_frame *frames;
    size_t frame_capacity;
    struct json_member *members;
    size_t member_capacity;
    struct arena keys;
};
#define ROW_SCRATCH_INIT                                                                           \
    {                                                                                              \
        .decoded = STRBUF_INIT, .object = STRBUF_INIT                                              \
    }
void row_scratch_release(struct row_scratch *scratch);

/* The next ID at or after `from` whose replacement differs from it. */
bool row_rewrite_next(const struct idmap_matcher *matcher, const char *text, size_t length,
                      size_t from, struct idmap_match *match);
/* Appends the text with its IDs replaced; how many were. */
int64_t row_rewrite_append(struct strbuf *out, const struct idmap_matcher *matcher,
                           const char *text, size_t length);

enum row_rewrite_result row_rewrite_json_with(struct row_scratch *scratch, struct strbuf *out,
                                              const struct idmap_matcher *matcher, const char *data,
                                              size_t length, bool sort_keys, int64_t *replaced);
enum row_rewrite_result row_rewrite_array_with(struct row_scratch *scratch, struct strbuf *out,
                                               const struct idmap_matcher *matcher,
                                               const char *data, size_t length, int64_t *replaced);

#endif
