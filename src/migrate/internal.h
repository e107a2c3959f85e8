/*
 * How a run is carried out, from the outside in: migrate.c walks the phases; worker.c has the
 * threads that move rows, schedule.c says what is next for one of them; step.c opens a table,
 * carries out its chunks and ends it; chunk.c is one chunk in one transaction; lane.c one row.
 * decide.c settles before a table is loaded which rows do not become rows of their own; moved.c
 * remembers them for the children; compare.c looks, on resume, whether the source is still what was
 * read.
 */
#ifndef IDMIGRATE_MIGRATE_INTERNAL_H
#define IDMIGRATE_MIGRATE_INTERNAL_H

#include "idmigrate/audit.h"
#include "idmigrate/digest_map.h"
#include "idmigrate/failpoint.h"
#include "idmigrate/migrate.h"
#include "idmigrate/row.h"
#include "idmigrate/seal_witness.h"
#include "idmigrate/strbuf.h"

#include "throttle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* ---- rows that did not become a row of their own ---- */

enum moved_kind {
    MOVED_REJECTED,
    MOVED_FOLLOW,  /* merged away: children refer to the survivor */
    MOVED_SKIP,    /* merged away: children are skipped */
    MOVED_MERGED,  /* a decision on a row: merged into the survivor */
    MOVED_UPDATES, /* the same, and its values go into the survivor */
    MOVED_SKIPPED  /* skipped because of the survivor */
};
struct moved_row {
    enum moved_kind kind;
    size_t survivor; /* offset in `keys` of the key text of the target row that stands for it */
};
/* Rows by the digest of a key's text. Memory: about 60 bytes a row plus the survivor's key. */
struct moved {
    struct digest_map by_key;
    struct moved_row *rows;
    size_t count, capacity;
    struct strbuf keys; /* zero-terminated, one after the other */
};
#define MOVED_INIT                                                                                 \
    {                                                                                              \
        .rows = NULL, .keys = STRBUF_INIT                                                          \
    }
struct migrate;
/* What the store knows of one table: by target key, merges, skips and rejects of this run, for the
 * table's children. */
bool moved_load(struct migrate *m, const struct plan_table *table, struct moved *moved,
                struct error *err);
/* By source key, the decisions on the table's own rows. */
bool moved_load_decisions(struct migrate *m, const struct plan_table *table, struct moved *moved,
                          struct error *err);
/* Adds a row that was left out and is not in the store yet; false when it was known. */
bool moved_add(struct moved *moved, const struct strbuf *target_key, enum moved_kind kind);
const struct moved_row *moved_find(const struct moved *moved, const struct strbuf *key);
const char *moved_survivor(const struct moved *moved, const struct moved_row *row);
void moved_release(struct moved *moved);

/* ---- the run ---- */

/* What all workers have in common. `lock` guards everything that changes while they work. */
struct schedule;
struct migrate_shared {
    pthread_mutex_t lock;
    pthread_cond_t changed;     /* there may be something to do for those who wait */
    struct store_table *tables; /* by plan table, as stored */
    struct moved *closure;   /* by plan table: rejects of a step in one transaction, found before it
                                is loaded; its worker's alone until the step is done */
    struct refused *refused; /* by plan table: rows of such a step that the target refused when it
                                was tried; its worker's alone too */
    bool *reconciled; /* by plan table: begun again in this attempt, because its source changed */
    bool *unsettled;  /* of those: rows of it were merged, skipped or rejected, which its children
                         went by */
    int64_t rejects;  /* of the whole run, earlier attempts included */
    int64_t rejects_in_hand; /* of chunks that are not committed yet */
    int64_t rows_expected;

    /* progress.c */
    struct migrate_progress progress;
    int64_t *rows_done, *rows_in_hand; /* by plan table: committed, and on their way */
    int64_t all_in_hand;
    double next_report;                  /* steady seconds */
    const struct plan_table *last_shown; /* or NULL */
    char throttled[THROTTLE_REASON];     /* why the whole run waits, or "" */

    struct throttle throttle;
    int workers, workers_wanted; /* of this process */
    struct schedule *schedule;   /* schedule.c: while rows are moved */
    int rebuilds_delayed;        /* times that versions of removed rows were waited for */
    atomic_bool stops;           /* a worker failed or was interrupted: no more chunks are begun */
};

/* One worker's view of the run: its own connections and events, and what all have in common. What
 * comes before and after the moving of rows is done by the worker that is the caller's thread. */
struct worker;
struct migrate {
    const struct migrate_inputs *in;
    const struct plan *plan;
    const char *run_id;
    struct db *const *sources; /* each inside a transaction of the run's snapshot */
    struct db *target;
    struct audit_writer *events;
    struct seal_notes *notes; /* of the events of the unit in hand; NULL: nobody wants them */
    struct worker *worker;    /* NULL: in the caller's thread, with the caller's connections */
    struct migrate_shared *shared;
    const char *phase; /* as in migrate_progress */
    int64_t in_hand;   /* source rows of the piece of work that is not committed yet */
    int64_t in_hand_rejects;
    bool lost_survivors; /* the piece that failed had rows refused that others gave way to */
};

/* A unit of work is a transaction of its own, except in a dry run, where all of it is one that the
 * caller rolls back. */
bool migrate_begin(struct migrate *m, struct db_transaction *unit, struct error *err);
bool migrate_commit(struct migrate *m, struct db_transaction *unit, struct error *err);
/* Where events are to be sealed: leaves of them are noted from now on, if that is possible. */
bool migrate_begin_notes(struct migrate *m, struct error *err);
/* The source connection of a table. */
struct db *migrate_source(const struct migrate *m, const struct plan_table *table);
/* True when a signal has arrived; the error then says how to go on. */
bool migrate_is_interrupted(struct error *err);

/* progress.c. All may be called at any time by any worker. */
/* So many rows of the piece in hand were read; tells the caller's progress function now and then.
 */
void migrate_show_rows(struct migrate *m, const struct plan_table *table, int64_t rows);
/* The piece in hand is committed with so many rows; or, without `committed`, it was given up. */
void migrate_count_rows(struct migrate *m, const struct plan_table *table, int64_t rows,
                        bool committed);
/* A table is begun; so many of its rows were moved before. */
void migrate_show_table(struct migrate *m, const struct plan_table *table, int64_t rows_before);
void migrate_show_tables_done(struct migrate *m, size_t tables);
/* What the worker waits for, or NULL. */
void migrate_show_waiting(struct migrate *m, const struct plan_table *table, const char *reason);

/* Why the whole run waits, or "". */
void migrate_show_throttled(struct migrate *m, const char *reason);

/* limit.c: `rejects` of the piece in hand; together with all others within the limit? */
bool migrate_within_limit(struct migrate *m, int64_t rejects, struct error *err);
/* The piece in hand is committed or given up. */
void migrate_count_rejects(struct migrate *m, int64_t rejects, bool committed);

/* begin.c: the run, its ID maps, its tables and chunks in the store, or what an earlier attempt
 * left there. */
bool migrate_begin_run(struct migrate *m, struct error *err);
/* split.c: chunks of one table, numbered from `first`. */
bool split_table(struct migrate *m, const struct plan_table *table, int first, int pass,
                 struct error *err);
/* Chunks for what has grown behind the ranges of `chunks`. */
bool split_growth(struct migrate *m, const struct plan_table *table,
                  const struct store_chunk *chunks, size_t count, struct error *err);
/* A chunk is of about so many rows or bytes of the source, whichever is less. */
enum { CHUNK_ROWS = 50000, CHUNK_BYTES = 32 * 1024 * 1024, BLOCK_BYTES = 8192 };
/* keys.c: texts of keys that part a relation without blocks, rising; none: it is one piece. `leaf`
 * NULL: the whole view or table. */
struct key_limits {
    char **items;
    size_t count, capacity;
};
bool keys_find_limits(struct migrate *m, const struct plan_table *table,
                      const struct catalog_leaf *leaf, struct key_limits *limits,
                      struct error *err);
void key_limits_release(struct key_limits *limits);
/* sequences.c */
bool migrate_raise_sequences(struct migrate *m, struct error *err);
/* compare.c: on resume, is the source of the finished chunks what it was? */
bool migrate_compare_source(struct migrate *m, struct error *err);
/* worker.c: moves all rows, with as many workers as the caller wants. */
bool migrate_run_steps(struct migrate *m, struct error *err);
/* The same in the caller's thread: what is left over when all were done once. */
bool migrate_run_steps_again(struct migrate *m, struct error *err);
/* decide.c: which rows of a table with on_conflict do not become rows of their own. Inside the
 * caller's unit. */
bool migrate_decide(struct migrate *m, const struct plan_table *table, struct error *err);
/* Whether the rows would be decided on by the same keys again. Reads the whole source table. */
bool migrate_are_decisions_valid(struct migrate *m, const struct plan_table *table, bool *valid,
                                 struct error *err);
/* late.c: after a chunk failed: its rows that meet others by now, because the application changed
 * the target since, are decided on again, in a unit of its own. `changed`: carry the chunk out once
 * more.
 */
bool migrate_decide_late(struct migrate *m, const struct plan_table *table,
                         const struct store_chunk *chunk, bool *changed, struct error *err);
/* In a unit of its own: when the run is taken up again, the table is decided on anew, and all
 * winners are tried. DECISIONS_REFUSED stands in the place of the decisions' digest then. */
#define DECISIONS_REFUSED "refused"
bool migrate_void_decisions(struct migrate *m, const struct plan_table *table, struct error *err);
/* exclusive.c: takes indexes of empty tables away, and brings back what this run has taken. */
bool migrate_set_aside(struct migrate *m, struct error *err);
bool migrate_bring_back(struct migrate *m, struct error *err);
/* The same when tables are reconciled: their rows are looked up by keys. */
bool migrate_bring_back_early(struct migrate *m, struct error *err);
/* Whether a foreign key of a table is away just now. */
bool migrate_is_aside(struct migrate *m, const struct plan_table *table, const char *name,
                      bool *aside, struct error *err);
/* closure.c: rejects of the tables of a step, and of rows that refer to them, to and fro. */
bool migrate_find_closure(struct migrate *m, const struct plan_step *step, struct error *err);

/* ---- one row ---- */

enum lane_outcome {
    LANE_WRITE,
    LANE_UPDATE, /* merged into a row that is there: its values go into the survivor */
    LANE_MERGED, /* merged away */
    LANE_SKIPPED,
    LANE_REJECTED
};
/* Reasons of outcomes that are not the row's own. */
#define LANE_REASON_PARENT_REJECTED "parent_rejected"
#define LANE_REASON_PARENT_MERGED   "parent_merged"
#define LANE_REASON_SAME_KEY        "same_key"
#define LANE_REASON_EXISTS          "row_exists"

#define LANE_REASON_REFUSED "server_refused"

struct refused;
struct refused_row;
struct lane_row {
    enum lane_outcome outcome;
    const char *reason; /* NULL for a written row */
    int reason_column;  /* plan column, or -1 */
    struct row_value reason_value;
    struct row *row;
    const char *survivor;              /* key text of the row that stands for it, or NULL */
    const struct refused_row *refused; /* what the target says to it, or NULL */
};

/* drawn.c: in a dry run, numbers for the columns that the target would draw from sequences. */
struct drawn_column {
    const struct catalog_column *column;
    int64_t last;
};
struct drawn {
    struct drawn_column *columns;
    size_t count, capacity;
};
bool drawn_open(struct migrate *m, const struct plan_table *table, struct drawn *drawn,
                struct error *err);
void drawn_release(struct drawn *drawn);
/* As plan_sql_copy_in(), with the drawn columns behind. */
void drawn_sql_copy_in(struct strbuf *sql, const struct plan_table *table,
                       const struct drawn *drawn);
/* Appends a target row with numbers behind: as a line, or as a tuple's fields without their count.
 */
bool drawn_add_row(struct drawn *drawn, struct strbuf *lines, const struct row *row,
                   struct error *err);
/* Puts a target row into the COPY, with numbers behind. */
bool drawn_put_row(struct migrate *m, struct drawn *drawn, const struct row *row,
                   struct error *err);

/* One table's way for rows: the transform, what the children of moved parents do, and the table's
 * own merges. */
struct lane;
struct lane *lane_open(struct migrate *m, const struct plan_table *table, bool with_decisions,
                       struct error *err);
void lane_close(struct lane **lane);
bool lane_put(struct lane *lane, const char *line, size_t length, struct lane_row *out,
              struct error *err);
const struct row_counts *lane_counts(const struct lane *lane);
struct drawn *lane_drawn(struct lane *lane);
/* Rows that the target is known to refuse, rejected from now on; each once. NULL: none. */
void lane_set_refused(struct lane *lane, struct refused *refused);
/* The column that a rejected row is rejected for, as far as one is known, or NULL. */
const char *lane_reject_column(const struct plan_table *table, const struct lane_row *row);
/* Skipped because the row it refers to was merged away: its own children are skipped too. */
bool lane_is_skipped_with_parent(const struct lane_row *row);
/* "digest:<32 hex digits>" instead of a value that may not be shown. */
enum { LANE_HIDDEN_SIZE = 40 };
struct row_value lane_hide(struct row_value value, char text[LANE_HIDDEN_SIZE]);
/* A value that no map knows: as it is when it looks like an ID, otherwise hidden. */
struct row_value lane_show(struct row_value value, char text[LANE_HIDDEN_SIZE]);
/* Fills an audit event from an outcome; its texts live until the next row. */
void lane_describe(struct lane *lane, const struct lane_row *out, struct audit_event *event);

/* ---- one chunk ---- */

/* COPY of the chunk's part of the source. */
void chunk_source_sql(struct strbuf *sql, const struct plan_table *table,
                      const struct store_chunk *chunk);

/* A COPY of the source under a savepoint: an error would end its transaction, and the snapshot with
 * it. `complete` false: what is left of it is not wanted. */
bool chunk_begin_source(struct migrate *m, const struct plan_table *table, const char *sql,
                        struct error *err);
void chunk_end_source(struct migrate *m, const struct plan_table *table, bool complete);

bool chunk_carry_out(struct migrate *m, struct lane *lane, const struct plan_table *table,
                     struct store_chunk *chunk, bool *claimed, struct error *err);
/* The same, begun again in a transaction of its own after the target refused a row of it: what it
 * refuses is rejected (refused.h). */
bool chunk_carry_out_sifted(struct migrate *m, struct lane *lane, const struct plan_table *table,
                            struct store_chunk *chunk, bool *claimed, struct error *err);
/* For a chunk of a step in one transaction, after the failure was rolled back: adds what the target
 * refuses to shared->refused. */
bool chunk_learn_refused(struct migrate *m, struct lane *lane, const struct plan_table *table,
                         struct store_chunk *chunk, struct error *err);

/* doubt.c: a target that is partly on another server. */
/* Before the chunk's transaction. */
bool doubt_announce(struct migrate *m, const struct plan_table *table, struct store_chunk *chunk,
                    struct error *err);
/* Inside it, for a chunk that is in doubt: takes back what an attempt left on the other server. */
bool doubt_settle(struct migrate *m, const struct plan_table *table,
                  const struct store_chunk *chunk, struct error *err);

/* ---- bytes that wait for the end of another COPY ---- */

/* In memory up to a limit, then in a temporary file without a name. */
struct spool_line;
struct spool {
    struct strbuf memory;
    FILE *file;
    struct spool_line *lines; /* of `memory`, where it is to be sorted */
    size_t line_count, line_capacity, line_begin;
    struct strbuf keys;
    size_t number_at, number_size; /* of a number in each line; size 0: they have none */
    void (*see)(void *context, const char *line, size_t length); /* each line as it goes; or NULL */
    void *context;
};
#define SPOOL_INIT                                                                                 \
    {                                                                                              \
        .memory = STRBUF_INIT, .file = NULL, .keys = STRBUF_INIT                                   \
    }
/* What was added to `memory` since the last call is a line that goes by this key: what is in memory
 * at a time reaches the COPY, or the file, in the order of the keys' bytes. Numbers that rose with
 * the lines as they came are dealt out anew, so that they rise again; `keeps_number`: this line's
 * is known elsewhere. */
void spool_end_line(struct spool *spool, const char *key, size_t length, bool keeps_number);
bool spool_flush(struct spool *spool, struct error *err); /* call now and then, between lines */
bool spool_is_empty(const struct spool *spool);
/* Puts all of it into a COPY FROM STDIN that has begun. */
bool spool_put(struct spool *spool, struct db *db, struct error *err);
void spool_release(struct spool *spool);

/* stage.c: rows that change rows which are there, by way of a temporary table. */
/* Takes over the on_conflict columns, matched by the on_conflict key: the UPDATE by the rows of a
 * temporary table, and all of it. `lines` are target lines. */
void stage_update_sql(struct strbuf *sql, const struct plan_table *table, const char *staged);
bool stage_update(struct migrate *m, const struct plan_table *table, struct spool *lines,
                  int64_t count, struct error *err);
/* Replaces rows of this run that are still as it wrote them. `lines`: of stage_add_replacement().
 */
bool stage_replace(struct migrate *m, const struct plan_table *table, struct spool *lines,
                   int64_t count, struct error *err);
/* What becomes of a row that others refer to. */
enum stage_followers {
    STAGE_SPARE_FOLLOWED,     /* it stays, and has no event */
    STAGE_REFUSE_TAKEN_ALONG, /* refused where the reference would do something to the others;
                                 otherwise the server refuses */
    STAGE_REFUSE_FOLLOWED     /* refused by its name */
};
/* Removes rows of this run that are still as it wrote them. `keys`: stage_add_removal() lines.
 * `events` gets the events of those that went. */
struct stage_removal {
    struct spool *keys, *events;
    enum stage_followers followers;
    int64_t removed;
};
bool stage_remove(struct migrate *m, const struct plan_table *table, struct stage_removal *removal,
                  struct error *err);
/* Appends the key text of a target row and the digest it was written with, then the target line
 * that takes its place: in the table's codec. */
void stage_add_replacement(struct strbuf *lines, const char *key, struct digest digest,
                           const struct row *row);
/* Key and digest, and the audit event for the case that it is removed, a line of its own: text. */
void stage_add_removal(struct strbuf *lines, const char *key, struct digest row,
                       const struct strbuf *event);
/* SQL of the key text of a target row, over the alias. */
void stage_key_expression(struct strbuf *sql, const struct plan_table *table, const char *alias);

/* stage_shared.c: rows that have their key in common, while the key is set aside. */
/* Whether staged keys are those of several rows; then finds for each of what is staged a row that
 * is as its digest says, or fails. */
bool stage_find_places(struct migrate *m, const struct plan_table *table, bool *shared,
                       int64_t *places, struct error *err);
/* What is staged as s WHERE it belongs to the target's row t. */
void stage_add_places(struct strbuf *sql);
bool stage_drop_places(struct migrate *m, struct error *err);

/* A staged row as s and the row of the target that it meets in the on_conflict key as t. */
void stage_conflict_condition(struct strbuf *sql, const struct plan_table *table);

/* former.c: of rows that staged ones are about to change, the values that they have, for an undo;
 * and, once it is done, the values that they got. */
bool former_keep(struct migrate *m, const struct plan_table *table, struct error *err);
bool former_note(struct migrate *m, const struct plan_table *table, struct error *err);

/* ---- found.c: rows of the target and where they are ---- */

struct found_reader {
    const struct plan_table *table;
    size_t *ends;
    struct strbuf key;
};
struct found_row {
    struct digest row;      /* of the written columns, as events have it */
    struct digest whole;    /* of all columns, with those that only the server fills */
    struct row_value place; /* oid of the relation, a blank, and the ctid */
    const char *key;        /* text of the target key, until the next row */
};
/* The columns of a COPY in the table's codec, of the target's rows as t. */
void found_sql_columns(struct strbuf *sql, const struct plan_table *table);
struct found_reader found_reader_new(const struct plan_table *table);
bool found_read(struct found_reader *reader, const char *line, size_t length, struct found_row *row,
                struct error *err);
void found_reader_release(struct found_reader *reader);
/* Of rows with this key that were written so. */
struct digest found_content(const char *key, struct digest row);

/* ---- prior.c: what earlier passes over a table did ---- */

/* What earlier passes did with the rows of one part. */
struct prior;
struct prior *prior_load(struct migrate *m, const struct plan_table *table, int part, int parts,
                         struct error *err);
void prior_free(struct prior **prior);
enum prior_verdict {
    PRIOR_OTHER_PART,
    PRIOR_NEW,     /* to be carried out as if for the first time */
    PRIOR_SAME,    /* done already */
    PRIOR_CHANGED, /* the same outcome with other values */
    PRIOR_UNTOLD,  /* written as it is, but the event says another resource type or tenant */
    PRIOR_CONFLICT /* was written, and is now to be merged, skipped or rejected: take_back.c */
};
/* What was written, unless the row is new; texts are the prior's. */
struct prior_found {
    const char *key; /* text of the target key */
    struct digest row;
    const char *event_id; /* of the last event; "" when events have no ID */
};
enum prior_verdict prior_judge(struct prior *prior, const struct lane_row *row,
                               struct prior_found *found);
/* A row that this run wrote; texts are the prior's. */
struct prior_written {
    const char *key; /* text of the target key */
    struct digest source_key, row;
    int rows;     /* more than one: the source key is not one row's */
    bool is_seen; /* prior_judge() was asked for it */
};
/* The next one from `*at` on, which begins with 0 and moves behind it; false: no more. */
bool prior_next_written(const struct prior *prior, size_t *at, struct prior_written *written);

/* ---- reconcile.c: a source that changed while a table was half moved ---- */

/* Whether a table has what that needs: keys on both sides, which events may show. */
bool reconcile_is_possible(const struct plan_table *table);
/* In how many parts its rows are looked at, so that one of them fits in memory. */
int reconcile_count_parts(const struct migrate *m, const struct plan_table *table);
/* A new pass over the whole table, in parts. */
bool reconcile_begin(struct migrate *m, const struct plan_table *table, int next_chunk,
                     struct error *err);
/* Count and digest of the source rows of each part. */
struct part_reading {
    int64_t rows;
    struct digest digest;
};
bool reconcile_read_parts(struct migrate *m, const struct plan_table *table, int parts,
                          struct part_reading *readings, struct error *err);
/* Key texts of the target rows that this run has written, a line each. */
bool reconcile_list_written(struct migrate *m, const struct plan_table *table, struct spool *lines,
                            struct error *err);

/* ---- take_back.c ---- */

/* Takes back rows of a reconciled table that are now merged, skipped or rejected, when that is
 * decided on and before any row is written. Inside the caller's unit. */
bool migrate_remove_displaced(struct migrate *m, const struct plan_table *table, struct error *err);
/* Takes back, children first, what is gone from the source of reconciled tables: before the rows
   move what nothing refers to, so that its place in unique keys is free, and afterwards the rest.
 */
bool migrate_remove_unused(struct migrate *m, struct error *err);
bool migrate_remove_gone(struct migrate *m, struct error *err);

#endif
