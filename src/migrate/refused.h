/*
 * Rows that the target refuses: how one bad row costs one row and not its chunk.
 *
 * A chunk is copied straight into the target first. When a row of it is refused, the chunk's
 * transaction is rolled back and the chunk is carried out again: its rows go into a temporary
 * table, those that would break a rule of the target are taken out by statements made from the
 * catalogue (refused_rules.c, refused_contest.c), the rest is copied into the target in batches,
 * where COPY names the line that fails (refused_sift.c). What was refused is known by the digest of
 * its source row; the chunk is then read once more for its events, its rejects and its ledger row.
 *
 * Tables that are loaded in one transaction are sifted for what is refused only, and the step is
 * begun again with that known from the start: children of such rows are rejected on the same way as
 * children of a row whose ID does not resolve.
 */
#ifndef MIGRATE_REFUSED_H
#define MIGRATE_REFUSED_H

#include "internal.h"

struct retry;

/* By what a row is known. */
enum refused_by { REFUSED_BY_SOURCE, REFUSED_BY_SOURCE_KEY, REFUSED_BY_TARGET, REFUSED_BY_COUNT };

/* Why: what the server said, or would have said. */
struct refused_row {
    enum refused_by by;
    struct digest line;  /* of the source row as it came, of its key's text, or of the target row */
    int64_t count, left; /* rows with this line; those that were not met yet in a reading */
    char sqlstate[6];
    char column[DB_NAME_SIZE], constraint[DB_NAME_SIZE]; /* or empty */
};
struct refused {
    struct refused_row *rows;
    size_t count, capacity;
    struct digest_map by[REFUSED_BY_COUNT]; /* line -> position in `rows` */
    int64_t total;
};
#define REFUSED_INIT                                                                               \
    {                                                                                              \
        .rows = NULL                                                                               \
    }

/* Whether it was a statement of the target that failed last, and because of a row: SQLSTATE class
 * 22 or 23, or one that the mapping declares for the table. Everything else is not the row's fault.
 */
bool refused_is_by_row(const struct migrate *m, const struct plan_table *table,
                       const struct error *err);
/* What to do about it, when it ends the run all the same. Always false. */
bool refused_hint(struct error *err);
/* What a rule of the catalogue would have the server say. */
struct db_place refused_place(const char *sqlstate, const char *constraint, const char *column);
void refused_add(struct refused *refused, struct digest line, const struct db_place *place);
/* Every row that this is the line or key of, in every reading: by its target line one that refers
 * to no row when all is loaded, and by its source key one that is there and must not stay. */
void refused_add_all(struct refused *refused, enum refused_by by, struct digest line,
                     const struct db_place *place);
/* What the store says was refused of a table before: it is not tried again. */
bool refused_load(struct migrate *m, const struct plan_table *table, struct refused *refused,
                  struct error *err);
void refused_copy(struct refused *refused, const struct refused *from);
/* Before a reading of the rows; each refused row is then taken once. */
void refused_begin(struct refused *refused);
const struct refused_row *refused_take(struct refused *refused, const struct row *row);
/* One line for an error: "23505 people_mail_key 3, 23514 adult 1". */
void refused_describe(const struct refused *refused, struct strbuf *text);
void refused_release(struct refused *refused);

/* ---- sifting one chunk ---- */

struct sift {
    struct migrate *m;
    struct lane *lane;
    const struct plan_table *table;
    const struct store_chunk *chunk;
    struct prior *prior;             /* or NULL, as for the chunk */
    struct retry *retry;             /* the same */
    const char *source_sql;          /* COPY that is read instead of the chunk's, or NULL */
    const struct digest_map *wanted; /* digests of texts of source keys: only these; or NULL */
    /*
     * Only what is refused is wanted: nothing stays written, and references within the step are not
     * judged where a later table may satisfy them.
     */
    bool learns;
    struct refused *refused; /* added to */
    int64_t arrived;         /* rows that were to be written */
    int64_t written;
};
/* Inside the caller's transaction. Afterwards all rows of the chunk that are to be written and are
 * not in `refused` are in the target, unless it only learns. */
bool refused_sift(struct sift *sift, struct error *err);
/* refused_updates.c: of the chunk's rows that change rows which are there, those that the target
 * refuses to be changed so are in `refused` then. Nothing of them is in the target. */
bool refused_sift_updates(struct sift *sift, struct error *err);

/* ---- lines that go into a COPY in batches ---- */

struct sift_line {
    size_t end; /* in `lines` */
    struct digest source;
};
struct sift_batch {
    struct strbuf lines;
    struct sift_line *items;
    size_t count, capacity;
    size_t wanted; /* lines: as many as fail about once */
};
#define SIFT_BATCH_INIT                                                                            \
    {                                                                                              \
        .lines = STRBUF_INIT, .items = NULL, .wanted = 1000                                        \
    }
bool sift_batch_is_full(const struct sift_batch *batch);
/* Puts the batch into the COPY `sql`, line by line refused where the server refuses it, and empties
 * it. */
bool sift_put_batch(struct sift *sift, struct sift_batch *batch, const char *sql, int64_t *taken,
                    struct error *err);
void sift_batch_release(struct sift_batch *batch);

/* ---- rows that go into a temporary table (refused_stage.c) ---- */

struct sift_intake {
    bool (*wants)(struct sift *sift, const struct lane_row *row);
    /* Appends the row's line. */
    bool (*add)(struct sift *sift, struct sift_batch *batch, const struct row *row, void *context,
                struct error *err);
    void *context;
    const char *copy; /* COPY ... FROM STDIN */
};
/* Reads the chunk's rows, or those of the retry, once. */
bool sift_take_in(struct sift *sift, const struct sift_intake *intake, struct error *err);
bool sift_is_new(struct sift *sift, const struct lane_row *row);
/* Rows that are to be written, into pg_temp.idmigrate_arrived; then, numbered in the order of their
 * source keys, into pg_temp.idmigrate_sifted. */
bool sift_stage(struct sift *sift, struct error *err);
bool sift_order(struct sift *sift, struct error *err);

/* Runs `work` under a savepoint; when a statement of it fails for a reason of its own, it is as if
 * it had never been tried: `failed` says why. False: the session is in trouble. */
bool sift_try(struct sift *sift, bool (*work)(struct sift *sift, void *context, struct error *err),
              void *context, struct error *failed, struct error *err);

/* refused_rules.c: statements over the staged rows, pg_temp.idmigrate_sifted. */
struct sift_rule {
    char *sql; /* DELETE ... RETURNING idmigrate_line */
    struct db_place place;
    bool repeats; /* until it finds nothing; what it finds after the first time is not refused
                     for this reason, but goes with its parent */
};
struct sift_rules {
    struct sift_rule *items;
    size_t count, capacity;
};
struct sift_rules_request {
    const struct plan *plan;
    const struct plan_table *table;
    bool learns;
    const char *partitions; /* what the leaf partitions take, or NULL */
};
void sift_rules_make(struct sift_rules *rules, const struct sift_rules_request *request);
void sift_rules_release(struct sift_rules *rules);
/* The staged rows with all columns of the target that can be told beforehand, under the target's
 * name; `texts` are the expressions that are used over them. */
void sift_add_rows(struct strbuf *sql, const struct plan_table *table, const char *const *texts,
                   size_t text_count);
/* Rows that meet a row which is there, by one unique index; and those that meet each other: lines
 * of group and place. */
void sift_sql_unique_there(struct strbuf *sql, const struct plan_table *table,
                           const struct catalog_index *index);
void sift_sql_unique_groups(struct strbuf *sql, const struct plan_table *table,
                            const struct catalog_index *index);
/* The same of an exclusion constraint, by its operators: the table of the keys, then a DELETE, or a
 * COPY of pairs of places, the later one first. */
struct sift_exclusion {
    struct strbuf keys, there, pairs;
};
bool sift_sql_exclusion(struct sift_exclusion *sql, const struct plan_table *table,
                        const struct catalog_index *index, const char *const *operators);

/* refused_contest.c: which of the rows that meet in a unique key stay: as if they had come one by
 * one in the order of their source keys. The others are marked in the staging table. */
struct contest;
struct contest *contest_new(void);
void contest_free(struct contest **contest);
void contest_add_group(struct contest *contest, int64_t place, size_t index, int64_t group);
void contest_add_pair(struct contest *contest, int64_t place, size_t index, int64_t earlier);
/* Calls `lost` for each row that does not stay, in order, with the index that it lost by. */
void contest_decide(struct contest *contest,
                    void (*lost)(void *context, int64_t place, size_t index), void *context);

/* ---- tables that are loaded in one transaction ---- */

/* With all tables of the step loaded, its references not yet judged: rows that refer to no row are
 * added to m->shared->refused. */
bool refused_find_orphans(struct migrate *m, const struct plan_step *step, struct error *err);
/* How many rows of the step's tables are known to be refused. */
int64_t refused_count(const struct migrate *m, const struct plan_step *step);
#endif
