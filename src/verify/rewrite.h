/* What `rewrite` must have made of a value: every known whole ID replaced, all other bytes as they
 * were. */
#ifndef VERIFY_REWRITE_H
#define VERIFY_REWRITE_H

#include "pairs.h"

enum rewrite_result {
    REWRITE_DONE,
    REWRITE_COLLISION, /* two JSON keys would have become one */
    REWRITE_NOT_VALID  /* no JSON, no array */
};

void rewrite_text(struct strbuf *out, const struct finder *finder, struct span value);
/* `sorts`: objects whose keys changed are put into the order of jsonb, length before bytes. */
enum rewrite_result rewrite_json(struct strbuf *out, const struct finder *finder, struct span value,
                                 bool sorts);
enum rewrite_result rewrite_array(struct strbuf *out, const struct finder *finder,
                                  struct span value);

/* Whether an ID of the finder's set is in the value, and which: in JSON inside strings and keys,
 * otherwise anywhere. */
bool rewrite_finds(const struct finder *finder, struct span value, bool is_json,
                   struct strbuf *found);

#endif
