/*
 * Rejects of a finished run, tried again (run --rejects-only): the source rows are read by their
 * keys and carried out as one more chunk of the table. What passes now is written, with its event;
 * what is rejected for another reason, or with other values, gets an event that says so; what is
 * rejected as before stays as it is; what is gone from the source is no reject any more. The ledger
 * moves the rows from the chunks that rejected them to the new one, so that it still adds up.
 */
#ifndef MIGRATE_RETRY_H
#define MIGRATE_RETRY_H

#include "internal.h"

/* Rows of the source by the texts of their keys. */
struct retry_keys {
    char **texts;
    size_t count, capacity;
};
#define RETRY_KEYS_INIT                                                                            \
    {                                                                                              \
        .texts = NULL                                                                              \
    }
void retry_keys_add(struct retry_keys *keys, const char *text);
/* COPY of these rows; where they cannot be asked for, of the whole table. */
void retry_keys_sql(struct strbuf *sql, const struct plan_table *table,
                    const struct retry_keys *keys);
void retry_keys_release(struct retry_keys *keys);

struct retry;
/* COPY of the rows that are tried again. */
void retry_source_sql(const struct retry *retry, struct strbuf *sql);
/* By digests of the texts of their keys. */
const struct digest_map *retry_wanted(const struct retry *retry);
/* Before a reading. */
void retry_begin(struct retry *retry);
/* PRIOR_NEW: to be carried out; PRIOR_OTHER_PART: no reject of ours, or one that stays as it is. */
enum prior_verdict retry_judge(struct retry *retry, const struct lane_row *row);
/* chunk.c: the chunk is inside the caller's transaction. */
bool chunk_carry_out_retry(struct migrate *m, struct lane *lane, const struct plan_table *table,
                           struct store_chunk *chunk, struct retry *retry, struct error *err);
/* The whole of it, as a phase. */
bool migrate_retry_rejects(struct migrate *m, struct error *err);

#endif
