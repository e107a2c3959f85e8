/*
 * Reading the audit log: queries, trails of things and persons, exports.
 *
 * Everything reads through one statement and hands one event after the other to a taker, so that
 * an export of any size needs the memory of one event. Each use of the log is an event of it
 * itself.
 */
#ifndef IDMIGRATE_TRAIL_H
#define IDMIGRATE_TRAIL_H

#include "idmigrate/log_table.h"
#include "idmigrate/sha256.h"

#include <stdint.h>
#include <stdio.h>

/* What is asked for; NULL and 0: everything. */
struct trail_filter {
    const char *const *actors; /* one of these */
    size_t actor_count;
    const char *const *actions;
    size_t action_count;
    const char *tenant, *resource_type, *resource_id, *outcome, *run_id;
    const char *since, *until; /* of recording, as the server reads times; since <= t < until */
    const char *contains;      /* JSON that old values, new values or metadata contain */
    /* Of one of these persons: who acted, or whom it is about. */
    const char *const *persons;
    size_t person_count;
    const char *cursor; /* events behind this one: trail_cursor() */
    bool oldest_first;
    int64_t limit;
};
/* What of it is not as it must be, before anything is read: a part that the log has no column for,
 * JSON that is none, a cursor that is none. */
bool trail_check_filter(const struct log_table *table, const struct trail_filter *filter,
                        struct error *err);
/* The filter as a JSON object, for manifests and the event of this use; what JSON was asked for is
 * left out, since it may hold anything. To be freed. */
char *trail_describe_filter(const struct trail_filter *filter);

/* One event, valid until the next; texts by part, NULL is null or no column. Times are ISO 8601 in
 * UTC with microseconds. */
struct trail_event {
    const char *parts[LOG_PART_COUNT];
};
typedef bool trail_takes(void *context, const struct trail_event *event, struct error *err);
/* In order of recording, the newest first unless the filter says otherwise. In the caller's
 * transaction. */
bool trail_read(struct db *db, const struct log_table *table, const struct trail_filter *filter,
                trail_takes *take, void *context, struct error *err);
/* Where reading goes on behind this event; to be freed. */
char *trail_cursor(const struct trail_event *event);

/* The event as a JSON object on one line, in the log's own JSON where that is JSON. */
void trail_add_json(struct strbuf *json, const struct log_table *table,
                    const struct trail_event *event);
void trail_add_json_string(struct strbuf *json, const char *text);

/*
 * Every ID that is known of a person: the given one, and those that maps of finished and unfinished
 * runs lead to, in both directions. Maps of another kind (derived ones, unions) are not followed.
 * `has_maps` says whether any map is kept.
 */
struct trail_person {
    char **ids;
    size_t count, capacity;
    bool has_maps;
};
bool trail_find_person(struct db *db, const char *id, struct trail_person *person,
                       struct error *err);
void trail_person_release(struct trail_person *person);

/* Records this use as an event of the log, in a transaction of its own. `problem` (to be freed)
 * says why it was not; that is no error. */
struct trail_use {
    const char *action;  /* "AUDIT_LOG_READ", ... */
    const char *details; /* JSON object */
};
void trail_note_use(struct db *db, const struct log_table *table, const struct trail_use *use,
                    char **problem);

/* The functions get_audit_logs(), get_resource_audit_trail() and get_user_audit_logs() as SQL,
 * beside the log; EXIT_REFUSED where the log lacks a column that they need. */
bool trail_write_functions(struct strbuf *sql, const struct log_table *table, struct error *err);

/* ---- exports ---- */

enum trail_format { TRAIL_NDJSON, TRAIL_CSV, TRAIL_WORKOS };
/* "ndjson", "csv", "workos". */
bool trail_find_format(const char *name, enum trail_format *format);

struct trail_export {
    struct db *db;
    const struct log_table *table;
    const struct trail_filter *filter;
    enum trail_format format;
    const char *organization; /* TRAIL_WORKOS: of all events; NULL: their tenant */
    const char *path;
    bool may_replace;
};
struct trail_manifest {
    int64_t events, bytes;
    int64_t left_out;   /* TRAIL_WORKOS: without an organization */
    int64_t shortened;  /* TRAIL_WORKOS: events of which something did not fit */
    int64_t guarded;    /* TRAIL_CSV: cells that a spreadsheet would have taken for a formula */
    char *first, *last; /* IDs */
    char sha256[SHA256_HEX_SIZE];
};
/* Writes the file and, beside it, "<path>.manifest.json"; both are whole or not there. */
bool trail_export(const struct trail_export *request, struct trail_manifest *manifest,
                  struct error *err);
void trail_manifest_release(struct trail_manifest *manifest);

#endif
