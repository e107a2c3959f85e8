/*
 * The inside of a verification: what holds for all of it, and what is collected about one table
 * while both sides stream by.
 */
#ifndef VERIFY_WORK_H
#define VERIFY_WORK_H

#include "bag.h"
#include "check.h"
#include "classes.h"
#include "copy.h"
#include "expect.h"
#include "listed.h"
#include "pairs.h"
#include "prints.h"

#include "idmigrate/audit.h"
#include "idmigrate/verify.h"

#include <pthread.h>
#include <stdatomic.h>

/* What the ledger says of one table; texts are static or belong to the ledger. */
struct ledger_table {
    bool is_there, is_done;
    int64_t pass; /* how often the table was begun again */
    int64_t target_rows_before;
    int64_t chunks, chunks_open, chunks_wrong; /* not done; not adding up */
    int64_t read, written, merged, skipped, rejected;
    int64_t updated, removed, events; /* over all passes */
    char began[32];                   /* when, in UTC, or "": see later.c */
    int64_t began_number;
    struct digest source_digest; /* sum over the chunks that count */
    char *structure; /* of the target table when the run began; owned, NULL: not known */
};

struct verify {
    const struct verify_inputs *in;
    const struct plan *plan;
    const char *run_id;
    bool is_dry_run; /* the target is the writer's connection, inside its transaction */
    struct pairs_list maps;
    struct listed_table *listed; /* by table */
    struct digest *rejected_ids; /* sorted */
    size_t rejected_id_count;
    struct ledger_table *ledger; /* by table */
    struct check_list checks;
    struct audit_run run;
    struct audit_places *places; /* of its events; NULL: not known */
    int64_t events;              /* read, of all tables */
    int64_t counted_events;      /* with the run's ID; -1: they were not counted */
    /* One more connection, which sees what the first one sees; NULL: none. beside.c */
    struct db *second;
    struct db_transaction second_snapshot;
    pthread_mutex_t progress_lock;
};

/* The places of the run: ledger.c */
bool ledger_load(struct verify *v, struct error *err);

/* ---- one table ---- */

enum fate { FATE_WRITTEN, FATE_MERGED, FATE_SKIPPED, FATE_REJECTED, FATE_COUNT };

/* A reference to the key of another planned table (or of this one), by the order of that key. */
struct work_reference {
    const struct plan_table *parent;
    struct listed_table *listed; /* of the parent */
    int *columns;
};

/* A written row that stands for rows that were merged into it. */
struct survivor {
    struct digest target_key, conflict, source_key;
    size_t source_at, source_length, winner_at,
        winner_length; /* in work->survivor_bytes; winner length SIZE_MAX: NULL */
    size_t class_no;   /* in work->classes */
};

/* A row that was in the target before and stands for source rows. */
struct existing {
    struct digest conflict, target_key, set;
    bool is_updated, is_found;
    size_t class_no, found_no; /* in work->classes: of the group, and of the row that was found */
};

/* What the audit log says, and must say: events.c */
struct event_layout {
    bool has_source_key, has_row_digest, has_resource_id, has_type, has_old, has_new;
    bool has_outcome, has_reason, has_tenant;
    bool resource_id_is_uuid, tenant_is_uuid;
    const char *actor_id, *actor_type, *version; /* static; NULL: not stored */
    char *source;                                /* the table's, as events name it, or NULL */
};
struct event_state {
    bool is_used;
    struct event_layout layout;
    struct bag bag;
    bool key_is_open;
    struct digest *old_names, *new_names; /* digests of the names of resolved columns, by column */
    bool *says_old;                       /* of columns with one source column, the first */
    const char *actions[FATE_COUNT];
    const char *resource_type;
    /* After a second pass: source keys of rows that did not become rows of their own, sorted. */
    struct digest *unwritten;
    size_t unwritten_count, unwritten_capacity;
    bool is_read;
    int64_t personal;                 /* with what looks like personal data */
    int64_t events, updated, removed; /* found, of all passes */
    struct strbuf rest;
    struct strbuf key, value; /* of an event that is read */
    struct db *target;        /* where they are read */
};

struct work {
    struct verify *v;
    const struct plan_table *table;
    struct listed_table *listed;
    const struct ledger_table *ledger;
    struct db *source; /* or NULL */
    struct expect expect;
    struct work_reference *references;
    size_t reference_count;

    int part, parts; /* of the keys' range, when there are too many rows for one pass */
    struct bag rows;
    struct prints prints; /* of the expected rows of the part */

    int64_t source_rows, fates[FATE_COUNT], skipped_with_parent, rejected_by_server;
    struct digest source_sum;
    int64_t *kept_expected, *kept_found; /* by column */

    struct digest *survivor_keys; /* that listed rows name, sorted, each once */
    size_t survivor_key_count;
    struct survivor *survivors;
    size_t survivor_count, survivor_capacity;
    struct strbuf survivor_bytes;
    struct existing *existing; /* by conflict key; by target key where there are classes */
    size_t existing_count;
    bool has_classes; /* keys that are equal need not have the same bytes */
    struct classes classes;

    struct digest *later_keys; /* of rows that the application changed, where that is wanted; sorted
                                  by users.c */
    size_t later_count, later_capacity;
    bool takes_all;     /* every row of the target for the run's: ahead.c */
    int64_t later_rows; /* that the application changed since */
    int64_t target_rows, extra_rows, surplus_rows, residue_allowed, events_left_out;
    struct finder legacy;
    struct strbuf key, value, shown, shown_found;
    struct span *fields; /* of a target row */

    struct event_state events;
    atomic_bool stops; /* events and rows are read at the same time, and one of them failed */
    struct check rows_check, ids_check, residue_check, audit_check, accounting_check;
};

/* source.c: one row of the source, decided. False on an error. */
struct decided {
    enum fate fate;
    const char *reason;    /* static or NULL */
    int reason_column;     /* or -1 */
    struct listed *listed; /* or NULL */
    bool is_in_part;       /* of this pass, when there are several */
};
/* `again`: a second look, which reports nothing. */
bool source_decide(struct work *work, const char *line, size_t length, bool again,
                   struct decided *decided, struct error *err);
bool source_pass(struct work *work, struct error *err);
struct digest source_conflict_digest(const struct span *written, const int *columns, size_t count,
                                     struct strbuf *scratch);

/* groups.c: rows that meet in a key */
void groups_prepare(struct work *work);
void groups_note(struct work *work, const struct decided *decided);
bool groups_check(struct work *work, struct error *err);
void groups_see_target(struct work *work, struct digest key);
bool groups_check_existing(struct work *work, struct error *err);

/* target.c */
bool target_pass(struct work *work, struct error *err);
/* At the end of all parts: no more values stay unresolved than the source had. */
void target_check_kept(struct work *work);
bool target_is_id_column(const struct plan_column *column);

/* drill.c: a second look at what differs */
bool drill_rows(struct work *work, struct error *err);
bool drill_events(struct work *work, struct error *err);

/* events.c */
void events_prepare(struct work *work);
void events_release(struct event_state *events);
/* The event a source row must have: its key and content. */
void events_expect(struct work *work, const struct decided *decided, struct digest *key,
                   struct digest *item);
void events_note(struct work *work, const struct decided *decided);
bool events_pass(struct work *work, struct error *err);
enum { EVENT_FIELDS = 16 };
void events_read(struct work *work, const struct span *fields, struct digest *key,
                 struct digest *item);
/* personal.c: e-mail addresses that no map knows as IDs; of an event's line as it was read, and
 * what it comes to. */
bool personal_is_in(const struct pairs_list *maps, struct span text);
void personal_note(struct work *work, struct span line);
void personal_judge(struct work *work);
/* strays.c: events with the run's ID that are of none of its tables. */
bool strays_check(struct verify *v, struct error *err);
/* For naming differences: what is expected, in the layout of what is found; then one difference of
 * it. */
void events_describe_expected(struct work *work, const struct decided *decided, struct strbuf *out);
void events_report(struct work *work, enum drill_kind kind, struct digest key, struct span expected,
                   struct span found);

/* table.c */
void work_init(struct work *work, struct verify *v, const struct plan_table *table);
void work_release(struct work *work);
bool verify_table(struct verify *v, const struct plan_table *table, struct error *err);
bool look_at_events(struct work *work, struct error *err);
void work_progress(const struct work *work, const char *check, int64_t rows);

/*
 * beside.c: the events of a table, by a thread of their own while its rows are read: by a second
 * connection to the target, or, where there is none, by the first one while the source is read.
 */
struct beside {
    bool runs, has_ended;
    bool shares_target; /* with the rows of the target, which have to wait */
    pthread_t thread;
    struct work *work;
    struct error err;
    bool read_events;
};
void beside_prepare(struct verify *v);
void beside_release(struct verify *v);
void beside_begin(struct beside *beside, struct work *work);
/* To be called before the target's rows are read. */
bool beside_give_way(struct beside *beside, struct error *err);
/* `rows_read`: what the caller did meanwhile went well; otherwise the thread is told to stop. True
 * when the events were read, by the thread or now. */
bool beside_end(struct beside *beside, bool rows_read, struct error *err);

/* later.c: a row of the target, in its codec, that was changed since the table was begun; and
 * whether that is why it differs (fields of COPY text). */
bool later_is_after_run(const struct work *work, const struct span *fields);
bool later_explains(const struct work *work, const struct span *expected, const struct span *found);
void later_note(struct work *work);

/* ahead.c: the rows of the target, by a thread of their own while the source is read, where all of
 * them are the run's. It goes by the first connection to the target and needs events to go by
 * another. */
struct ahead {
    bool runs, is_read;
    pthread_t thread;
    struct work work; /* of the thread */
    struct error err;
};
void ahead_begin(struct ahead *ahead, struct work *work);
/* True when the target was read and is as expected: there is nothing left to do for its rows. */
bool ahead_end(struct ahead *ahead, struct work *work, bool source_read);

/* accounting.c */
void accounting_check(struct work *work);

/* users.c: after the passes over a table, whose expected keys it needs. */
bool users_check(struct work *work, struct error *err);

/* Checks that ask the server: foreign_keys.c, sequences.c, stored_maps.c */
bool foreign_keys_check(struct verify *v, const struct plan_table *table, struct error *err);
bool sequences_check(struct verify *v, const struct plan_table *table, struct error *err);
void stored_maps_check(struct verify *v);
bool set_aside_check(struct verify *v, struct error *err); /* set_aside.c */
/* everywhere.c: legacy IDs in any column and definition of the target */
bool everywhere_check(struct verify *v, struct error *err);
/* structure.c */
bool structure_load(struct verify *v, struct error *err);
bool structure_check(struct verify *v, const struct plan_table *table, struct error *err);

#endif
