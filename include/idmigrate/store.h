/*
 * The schema `idmigrate` in the target: runs, tables, ledger, ID maps as used, merges, rejects,
 * results of verification.
 *
 * Functions here read and write that schema and nothing else; they work inside whatever transaction
 * is open.
 */
#ifndef IDMIGRATE_STORE_H
#define IDMIGRATE_STORE_H

#include "idmigrate/db.h"
#include "idmigrate/digest.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_VERSION = 3 };

/* Whether the schema is there; an error when its version is not STORE_VERSION (hint says which tool
 * made it). */
bool store_is_installed(struct db *db, bool *installed, struct error *err);
/* For who needs a run: its absence is an error (EXIT_USAGE). */
bool store_need_installed(struct db *db, struct error *err);
/* Creates it, inside the caller's transaction. The error for a missing privilege (42501) has the
 * DDL's place as a hint. */
bool store_install(struct db *db, struct error *err);

/* The same as text for an administrator, with the grants that `role` needs to use it. */
void store_write_ddl(struct strbuf *sql, const char *role);

struct store_run {
    char *run_id, *name, *state, *outcome, *mapping_path, *mapping_text, *mapping_digest;
    char *idmap_digests, *sources, *target, *settings; /* JSON */
    char *tool_version, *operator, * ticket, *approved_by, *started_at, *finished_at;
    char *start_lsn, *end_lsn; /* of the target, not put: before the first write, at the end */
    int exit_status;           /* -1: none yet */
    int attempts;
    double seconds; /* from start to end, or until now; not stored */
};
void store_run_release(struct store_run *run);

/* What a run keeps of a database it works on: a JSON object with host, port, database, role,
   version, system_identifier, encoding, is_standby; no secret. To be freed. */
char *store_describe_database(const struct db *db);

/* Finds a run: a UUID, an unambiguous prefix of one, or "last" (also NULL). A database without the
 * schema has no runs. Not found or ambiguous: EXIT_USAGE, hint lists runs. */
bool store_find_run(struct db *db, const char *which, struct store_run *run, struct error *err);
/* The unfinished run of a mapping name, if there is one (run->run_id NULL otherwise). */
bool store_find_unfinished(struct db *db, const char *name, struct store_run *run,
                           struct error *err);
/* The last run with these digests that is done (run->run_id NULL otherwise); NULL ID map digests:
 * whatever they are. */
bool store_find_done(struct db *db, const char *mapping_digest, const char *idmap_digests,
                     struct store_run *run, struct error *err);

/* All runs, the newest first, at most `limit`. Freed with store_runs_free(). */
bool store_load_runs(struct db *db, size_t limit, struct store_run **runs, size_t *count,
                     struct error *err);
void store_runs_free(struct store_run *runs, size_t count);

/* `run->started_at`, `finished_at`, `state` and what follows from them are not read: a run starts
 * with the transaction. */
bool store_begin_run(struct db *db, const struct store_run *run, struct error *err);
/* Refused (EXIT_REFUSED) for a run that is done or not there. */
bool store_resume_run(struct db *db, const char *run_id, struct error *err);
bool store_end_run(struct db *db, const char *run_id, const char *state, int exit_status,
                   const char *outcome, struct error *err);
/* Keeps who takes a run up again and with which settings (a JSON object), beside those of the first
 * attempt: settings.later. */
bool store_note_attempt(struct db *db, const char *run_id, const char *attempt, struct error *err);

/* Pairs of one ID map as used by the run, the ambiguous ones included: loaded into another map and
 * frozen, they give the same digest. */
bool store_put_idmap(struct db *db, const char *run_id, const struct idmap *map, struct error *err);
bool store_load_idmap(struct db *db, const char *run_id, const char *name, struct idmap *map,
                      struct error *err);

/* How many pairs of each ID map a run keeps, by name; they are gone when the maps expired. */
struct store_idmap_count {
    char *name;
    int64_t pairs;
};
bool store_count_idmaps(struct db *db, const char *run_id, struct store_idmap_count **counts,
                        size_t *count, struct error *err);
void store_idmap_counts_free(struct store_idmap_count *counts, size_t count);
/* Removes a run's ID maps and notes `note` (a JSON object: by whom, why) with the time in
 * settings.idmaps_expired. Refused (EXIT_REFUSED) for a run that is neither done nor undone. */
bool store_expire_idmaps(struct db *db, const char *run_id, const char *note, int64_t *pairs,
                         struct error *err);
/* Whether a run ended longer ago than `span` ("30 days"), and until when it has time ("2026-01-31
 * 10:00", to be freed; NULL where it has not ended). */
bool store_idmap_is_due(struct db *db, const char *run_id, const char *span, bool *is_due,
                        char **due, struct error *err);

struct store_table {
    int table_no, step, pass;
    char *label, *source_name, *source_schema, *source_table, *target_schema, *target_table, *state;
    char *columns, *dropped, *column_counts; /* JSON */
    char *codec;                             /* format of COPY: "text", "binary" */
    char *structure; /* store_describe_structure(); written only, NULL when loaded */
    int64_t rows_estimated, target_rows_before;
    /* Sums over the chunks that are done and not superseded. */
    int64_t chunks, chunks_done, rows_read, rows_written, rows_merged, rows_skipped, rows_rejected,
        rows_updated, rows_removed;
    double seconds; /* from the first chunk's start to the last chunk's end */
    double began;   /* from the run's start to the first chunk's; negative: no chunk is done */
};
/* In order of table_no. */
bool store_load_tables(struct db *db, const char *run_id, struct store_table **tables,
                       size_t *count, struct error *err);
void store_tables_free(struct store_table *tables, size_t count);
/* What holds on a table of the target beside its columns, as JSON; to be freed. */
bool store_describe_structure(struct db *db, const char *schema, const char *table,
                              char **structure, struct error *err);
bool store_put_table(struct db *db, const char *run_id, const struct store_table *table,
                     struct error *err);
/* Locks the table's row until the caller's transaction ends; `locked` false: another has it.
 * `state` (to be freed) and `pass` are what they are now. */
bool store_lock_table(struct db *db, const char *run_id, int table_no, bool *locked, char **state,
                      int *pass, struct error *err);
bool store_set_table_state(struct db *db, const char *run_id, int table_no, const char *state,
                           int pass, struct error *err);

struct store_chunk {
    int table_no, chunk_no, pass;
    const char *state;              /* static: "pending", "done", "superseded" */
    const char *kind;               /* static: "range", "key", "whole", "part", "retry" */
    char *leaf_schema, *leaf_table; /* range; key and whole: NULL when it is the table itself */
    uint32_t leaf_oid, file_node;
    int64_t first_block, end_block;
    char *key_column, *first_key, *end_key; /* key: as in struct plan_range */
    int part, parts;
    int64_t rows_read, rows_written, rows_merged, rows_skipped, rows_rejected, rows_unchanged,
        rows_updated, rows_removed;
    struct digest source_digest;
    int64_t source_bytes;
    bool is_in_doubt; /* store_announce_chunk(): an earlier attempt may have written rows elsewhere
                       */
};
bool store_load_chunks(struct db *db, const char *run_id, int table_no, struct store_chunk **chunks,
                       size_t *count, struct error *err);
void store_chunks_free(struct store_chunk *chunks, size_t count);
bool store_put_chunks(struct db *db, const char *run_id, const struct store_chunk *chunks,
                      size_t count, struct error *err);
/* Locks a pending chunk's row in the caller's transaction (FOR UPDATE SKIP LOCKED); `claimed`
   false: another has it, or it is done. `now` gets the transaction's time as text, for the events.
 */
bool store_claim_chunk(struct db *db, const char *run_id, int table_no, int chunk_no, bool *claimed,
                       char now[40], struct error *err);
/* Notes that a chunk is about to be begun, in a transaction that commits before; sets is_in_doubt
 * when that was noted before. */
bool store_announce_chunk(struct db *db, const char *run_id, struct store_chunk *chunk,
                          struct error *err);
/* Writes the ledger row; commits with the chunk's rows. `column_counts` is JSON or NULL. */
bool store_finish_chunk(struct db *db, const char *run_id, const struct store_chunk *chunk,
                        const char *column_counts, struct error *err);
bool store_supersede_chunks(struct db *db, const char *run_id, int table_no, struct error *err);

/* When what came to an end, in seconds from the run's start; negative: it did not come to that. */
struct store_timing {
    double first_chunk, last_chunk; /* start of the first, end of the last that is done */
    double set_aside, back;         /* the last index or constraint taken away, brought back */
    double verified;                /* result of the first verification */
};
bool store_load_timing(struct db *db, const char *run_id, struct store_timing *timing,
                       struct error *err);
/* How rows came in: rows read until then, at most `limit` points, the last of them is the end. */
struct store_progress {
    double seconds; /* from the run's start */
    int64_t rows;
};
bool store_load_progress(struct db *db, const char *run_id, size_t limit,
                         struct store_progress **points, size_t *count, struct error *err);

/* The undo of a run; undo_id NULL: there is none. */
struct store_undo {
    char *undo_id, *state, *operator, * started_at, *finished_at;
    int attempts;
};
bool store_load_undo(struct db *db, const char *run_id, struct store_undo *undo, struct error *err);
void store_undo_release(struct store_undo *undo);
bool store_set_undo_state(struct db *db, const char *run_id, const char *state, struct error *err);
/* What it makes of the run: "undoing" or "undone"; a negative exit status is none yet. */
bool store_set_undo_outcome(struct db *db, const char *run_id, const char *state, int exit_status,
                            const char *outcome, struct error *err);

#define STORE_UNDO_PENDING "pending"
#define STORE_UNDO_LISTED  "listed"
#define STORE_UNDO_DONE    "done"
struct store_undo_table {
    int table_no;
    char *label;
    const char *state; /* static: one of the above */
    int64_t listed;    /* rows that the run wrote or changed */
    int64_t next_row;  /* of the list: up to here they are dealt with */
    int64_t removed, restored, refused, gone;
};
/* In the order in which tables are taken back. */
bool store_load_undo_tables(struct db *db, const char *run_id, struct store_undo_table **tables,
                            size_t *count, struct error *err);
void store_undo_tables_free(struct store_undo_table *tables, size_t count);
bool store_put_undo_table(struct db *db, const char *run_id, const struct store_undo_table *table,
                          struct error *err);

/* Rows that an undo left as they are: up to `samples` of each table, reason and detail; `rows`
 * counts all of these. Keys as audit events show them. */
struct store_undo_refusal {
    char *label, *reason_code, *detail, *sample;
    int64_t rows;
};
bool store_load_undo_refusals(struct db *db, const char *run_id, size_t samples,
                              struct store_undo_refusal **refusals, size_t *count,
                              struct error *err);
void store_undo_refusals_free(struct store_undo_refusal *refusals, size_t count);

/* One result of verification, as it is stored and reported. */
struct store_check {
    const char *name;    /* static, e.g. "rows" */
    int table_no;        /* -1: not about one table */
    char *label;         /* table label, or NULL */
    const char *verdict; /* static: "equal", "different", "not checked" */
    int64_t looked_at, found;
    char *detail;      /* one line */
    char *differences; /* JSON array, limited */
    bool is_partial;
    char *loaded_name; /* what `name` points to when it was read from the store; NULL otherwise */
};
bool store_put_verification(struct db *db, const char *run_id, const struct store_check *checks,
                            size_t count, struct error *err);
/* The last verification of a run. */
bool store_load_verification(struct db *db, const char *run_id, struct store_check **checks,
                             size_t *count, char **verified_at, struct error *err);
void store_checks_free(struct store_check *checks, size_t count);

/* The source key as its digest (that of the event's source_key_digest): keys of rows are not shown.
 */
struct store_reject {
    char *label, *source_key_digest, *reason_code, *column_name, *old_id, *sqlstate,
        *constraint_name;
};
/* Up to `limit` samples, taken in turn from each table, reason and column; `total` counts all
 * rejects of the run. */
bool store_load_rejects(struct db *db, const char *run_id, size_t limit,
                        struct store_reject **rejects, size_t *count, int64_t *total,
                        struct error *err);
void store_rejects_free(struct store_reject *rejects, size_t count);

struct store_reject_count {
    char *label, *reason_code, *column_name, *sqlstate, *constraint_name;
    int64_t rejects;
};
/* By table, reason, column and constraint, the most first. */
bool store_count_rejects(struct db *db, const char *run_id, struct store_reject_count **counts,
                         size_t *count, struct error *err);
void store_reject_counts_free(struct store_reject_count *counts, size_t count);

/* The names under which a source's snapshot can be had while a run is carried out. */
bool store_put_snapshot(struct db *db, const char *run_id, const char *source, const char *name,
                        struct error *err);
/* One result row for each, the name in column 0. */
bool store_load_snapshots(struct db *db, const char *run_id, const char *source,
                          struct db_result **names, struct error *err);
bool store_forget_snapshots(struct db *db, const char *run_id, struct error *err);

/*
 * An index, constraint or foreign key of the target that was taken away before loading, or that was
 * kept, with why. Columns of idmigrate.set_aside; texts may be NULL where those may.
 */
struct store_aside {
    int item_no, top, depth, weight;
    uint32_t table_oid;
    char *state; /* "kept", "aside", "built", "back" */
    char *kind;  /* "table", "index", "constraint", "foreign key" */
    char *reason, *schema, *table, *name, *tablespace, *description;
    char *drop_sql, *build_sql, *shape_sql, *attach_sql, *finish_sql, *validate_sql, *violation;
    char *catalog_row;            /* not loaded */
    char *set_aside_at, *back_at; /* not put */
    bool may_be_violated, is_alone;
};
/* Numbers the items from the next free number on; `top` is given as position in the array and
 * becomes a number. */
bool store_put_asides(struct db *db, const char *run_id, struct store_aside *items, size_t count,
                      struct error *err);
/* All of a run, the heaviest first. */
bool store_load_asides(struct db *db, const char *run_id, struct store_aside **items, size_t *count,
                       struct error *err);
void store_asides_free(struct store_aside *items, size_t count);
void store_aside_release(struct store_aside *item);
bool store_set_aside_state(struct db *db, const char *run_id, int item_no, const char *state,
                           struct error *err);

/*
 * Session advisory lock that says who runs; dies with the session. Shared for workers, exclusive
 * for planning. When another holds it, the error (EXIT_REFUSED) names pid, application, role, host
 * and since when. It is tried for a few seconds, since a server takes a moment to notice that a
 * killed client is gone.
 *
 * The lock is pg_advisory_lock(STORE_LOCK_CLASS, STORE_LOCK_OBJECT) of the target's database.
 */
enum {
    STORE_LOCK_CLASS = 0x69646D67, /* "idmg": 1768189287 */
    STORE_LOCK_OBJECT = 1
};
bool store_lock(struct db *db, bool exclusive, struct error *err);
/* Gives back one hold of that kind; without one it is a bug. */
bool store_unlock(struct db *db, bool exclusive, struct error *err);

struct store_lock_holder {
    int pid;
    char *application_name, *role, *host, *since; /* NULL: this role may not see it */
    bool is_exclusive;
};
/* Who holds that lock, other than this session. */
bool store_load_lock_holders(struct db *db, struct store_lock_holder **holders, size_t *count,
                             struct error *err);
void store_lock_holders_free(struct store_lock_holder *holders, size_t count);

#endif
