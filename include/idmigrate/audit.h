/*
 * Audit events of a run: one for every source row, into the default audit table or the
 * application's own.
 *
 * Events are made as lines of COPY text, or tuples of its binary format, in the columns that
 * audit_copy_in() names. They hold IDs
 * and digests, never other values of a row: a key made of columns that are not declared harmless
 * appears as "digest:<32 hex digits>".
 */
#ifndef IDMIGRATE_AUDIT_H
#define IDMIGRATE_AUDIT_H

#include "idmigrate/db.h"
#include "idmigrate/digest.h"
#include "idmigrate/error.h"
#include "idmigrate/plan.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AUDIT_UUID_SIZE = 37 };

/* A UUID version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, 12 bits counting within
   one millisecond so that IDs of one process rise, 62 random bits. `uuid` gets 36 characters and a
   zero. */
void audit_uuid7(char uuid[AUDIT_UUID_SIZE]);

/* Whether events go through the table idmigrate_audit.inbox and are read by a function, because
 * row-level security applies to the role. */
bool audit_uses_door(const struct plan *plan);

/* Creates the default audit table and its partitions (this month and the next three) where they are
 * missing, inside the caller's transaction. */
bool audit_install(struct db *target, const struct plan *plan, struct error *err);

/* The default audit table as text for an administrator, with the grants that `role` needs; nothing
 * when it is there, or the application has its own. */
void audit_write_ddl(struct strbuf *sql, const struct plan *plan, const char *role);

/* An ID column of the row: names and IDs, before and after; NULL data is null. */
struct audit_id {
    const char *old_name, *new_name; /* old_name may be NULL: no one column of the source */
    const char *old_id, *new_id;
    size_t old_length, new_length;
};

struct audit_event {
    enum audit_action action;
    const char *reason_code; /* of a rejected or skipped row, or NULL */
    const char *resource_type;
    const char *resource_id; /* as shown, see above */
    size_t resource_id_length;
    const char *tenant; /* or NULL */
    size_t tenant_length;
    const struct audit_id *ids;
    size_t id_count;
    const char *table; /* "schema.table" of the target, as audit_target_name() writes it */
    const char
        *source; /* as audit_source_name() writes it, or NULL: two sources may fill one table */
    struct digest source_key; /* digest of the source key's text */
    struct digest row;        /* digest of the row as written */
};

/* How events go into COPY. The binary format costs the target about a third less to read. */
enum audit_format { AUDIT_TEXT, AUDIT_BINARY };
/* AUDIT_BINARY where the bytes of every column's type are known, otherwise AUDIT_TEXT. */
enum audit_format audit_best_format(const struct plan *plan);

/* A column of the tuples that a writer makes: its type as seals name it. The name is the plan's. */
struct audit_written {
    const char *name, *form;
};
/* The columns of AUDIT_BINARY, to be freed, where the table stores such tuples as they are: as far
 * as the plan knows, jsonb in its normal form included. False otherwise. */
bool audit_written_columns(const struct plan *plan, struct audit_written **columns, size_t *count);

/* Makes lines for one run. */
struct audit_writer;
struct audit_writer *audit_writer_new(const struct plan *plan, const char *run_id,
                                      enum audit_format format);
/* The same, as text, for an undo, which has an ID of its own; the metadata says which run it takes
 * back. */
struct audit_writer *audit_writer_new_undo(const struct plan *plan, const char *undo_id,
                                           const char *run_id);
void audit_writer_free(struct audit_writer **writer);
/* Time of the events to come, as the target prints it ("2026-11-20 17:40:00.123456+00"). */
void audit_writer_set_time(struct audit_writer *writer, const char *recorded_at);
/* Appends one line; `event_id` (may be NULL) gets the event's UUID. */
void audit_writer_add(struct audit_writer *writer, const struct audit_event *event,
                      struct strbuf *lines, char event_id[AUDIT_UUID_SIZE]);
/* Where the event's UUID stands in each line; false where that differs from line to line. */
bool audit_writer_id_place(const struct audit_writer *writer, size_t *at, size_t *size);
/* COPY <audit table> (<columns>) FROM STDIN, in the writer's format */
void audit_copy_in(struct strbuf *sql, const struct plan *plan, enum audit_format format);

/* Whose events are read. */
struct audit_places;
struct audit_run {
    const char *run_id;
    const char *since; /* start of the run (for partitions), or NULL */
    /* Where the events of each table are, or NULL: not known. Good as long as no event is added to
       the run: in one snapshot, or after it has ended. */
    const struct audit_places *places;
};
/* SELECT of where they are: one reading of the run's events, which is worth it when those of
 * several tables will be read. False: the audit log has no places (a view). */
bool audit_sql_places(struct strbuf *sql, const struct plan *plan, const struct audit_run *run);
struct audit_places *audit_places_new(const struct db_result *result); /* of that; to be freed */
void audit_places_free(struct audit_places **places);
int64_t audit_places_events(const struct audit_places *places); /* of the run, in all places */

/*
 * COPY (SELECT ...) TO STDOUT of a run's events for one table, in a layout of its own whatever the
 * audit table looks like: action, source key digest (hex), row digest (hex), resource ID, resource
 * type, old values, new values, event ID ("" when not stored); then, NULL when not stored, actor
 * ID, actor type, outcome, reason code, tenant, event version, source; and last whether everything
 * else is as a run writes it (constants, columns that it leaves alone, no other metadata).
 */
enum { AUDIT_COPY_OUT_FIELDS = 16 };
void audit_copy_out(struct strbuf *sql, const struct plan *plan, const struct plan_table *table,
                    const struct audit_run *run);
/* The same, events of one source row one after the other, the last one last. */
void audit_copy_out_by_row(struct strbuf *sql, const struct plan *plan,
                           const struct plan_table *table, const struct audit_run *run);
/*
 * SELECT of the target rows of one table that the run has written, by its events: columns
 * source_key and row_digest (hex, "" when not stored), resource_id ("" when not stored), one row
 * for each. `has_history`: rows may have several events, of which the last one counts.
 */
void audit_sql_written(struct strbuf *sql, const struct plan *plan, const struct plan_table *table,
                       const struct audit_run *run, bool has_history);
/* SELECT of how many events carry the run's ID. */
void audit_sql_count(struct strbuf *sql, const struct plan *plan, const struct audit_run *run);
/* COPY of events that carry the run's ID and belong to none of the plan's tables: there should
 * be none. */
void audit_copy_strays(struct strbuf *sql, const struct plan *plan, const struct audit_run *run);

/*
 * How a key is shown in an event: as it is when every column of it is a resolved ID, a generated or
 * other uuid, an integer or declared harmless, and none is declared sensitive; otherwise as digest.
 * Without a key the text is a digest already: open.
 */
bool audit_key_is_open(const struct plan_table *table);

/* What an event's metadata calls the target table ("public.events") and the source
 * ("app/public.events"). */
void audit_target_name(struct strbuf *name, const struct plan_table *table);
void audit_source_name(struct strbuf *name, const struct plan *plan,
                       const struct plan_table *table);

#endif
