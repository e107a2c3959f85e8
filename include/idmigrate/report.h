/*
 * What happened, and what would happen, for people and for programs.
 *
 * One model of a run is filled from the store and rendered in any format, with the same numbers and
 * words in all of them and the same bytes each time; nothing here prints. Texts are aligned for a
 * terminal of any width and hold no control characters but newlines and, when asked for, colours.
 * HTML is one file that loads nothing and needs no script. JUnit XML has a test case for each check
 * and table: what is different is a failure, what could not be checked an error. JSON is UTF-8 with
 * keys in snake_case: counts are numbers, digests and times strings, what is unknown is null. Its
 * shape is described by tests/data/report/report.schema.json, status.schema.json and
 * check.schema.json; keys may be added, and what is there stays: a change that breaks a reader
 * raises REPORT_VERSION.
 */
#ifndef IDMIGRATE_REPORT_H
#define IDMIGRATE_REPORT_H

#include "idmigrate/control.h"
#include "idmigrate/db.h"
#include "idmigrate/error.h"
#include "idmigrate/plan.h"
#include "idmigrate/store.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPORT_VERSION = 1 };

/* Status, findings and undo are rendered as text or JSON only. */
enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_HTML, REPORT_JUNIT, REPORT_MARKDOWN };
enum { REPORT_FORMATS = 5 };

/* "text", "json", "html", "junit", "markdown"; false: there is no such format. */
bool report_find_format(const char *name, enum report_format *format);
/* What its file in a directory of reports is called: "report.html". */
const char *report_file_name(enum report_format format);

struct report_style {
    enum report_format format;
    bool color; /* of text: ANSI colours */
};

/* "done and proved", "a difference was found", ...: what an exit status means, or "not ended yet"
 * for -1. */
const char *report_exit_meaning(int status);

/* ---- a run
 * ----------------------------------------------------------------------------------------------------
 */

enum {
    REPORT_SAMPLES = 20, /* rejects shown one by one */
    REPORT_POINTS = 200  /* of the curve of rows over time */
};

/* What was taken back of a run; undo.undo_id NULL: nothing. */
struct report_undo {
    struct store_undo undo;
    struct store_undo_table *tables; /* in the order in which they are taken back */
    size_t table_count;
    struct store_undo_refusal *refusals;
    size_t refusal_count;
};
bool report_load_undo(struct db *target, const char *run_id, struct report_undo *undo,
                      struct error *err);
void report_undo_release(struct report_undo *undo); /* idempotent; for CLEANUP too */

/* What the run has set aside, and what it kept; none: nothing. */
struct report_asides {
    struct store_aside *items;
    size_t count;
};

struct report_model {
    struct store_run run;
    struct store_table *tables; /* in order of execution */
    size_t table_count;
    struct store_idmap_count *maps; /* those whose pairs are still kept */
    size_t map_count;
    struct store_reject_count *reject_counts;
    size_t reject_count_count;
    struct store_reject *reject_samples;
    size_t reject_sample_count;
    int64_t rejects;
    struct store_check *checks; /* of the last verification; none: not verified */
    size_t check_count;
    char *verified_at;
    struct report_undo undo;
    struct report_asides asides;
    struct store_timing timing;
    struct store_progress *points;
    size_t point_count;
    /* What the store does not know; set by the caller after loading. */
    bool is_dry_run;
    double forecast_seconds;         /* of the real run, by a dry run; negative: none */
    const struct findings *findings; /* borrowed, or NULL */
};

/*
 * Reads a run from the store. In a dry run on the writer's connection, inside its transaction,
 * after store_end_run() and store_put_verification(): the model is then all that is left of it.
 */
bool report_load(struct db *target, const char *run_id, struct report_model *model,
                 struct error *err);
void report_model_release(struct report_model *model); /* idempotent; for CLEANUP too */

/* The mapping as the run used it, or NULL: it looks as if it held a password. */
const char *report_mapping_text(const struct report_model *model);

/* Appends the line of one file to a list that `sha256sum -c` reads. */
void report_add_digest(struct strbuf *list, const char *file, const struct strbuf *content);

/* Appends the report. */
void report_render(struct strbuf *out, const struct report_model *model,
                   const struct report_style *style);

/* Appends what an undo did, on its own. */
void report_render_undo(struct strbuf *out, const char *run_id, const struct report_undo *undo,
                        bool is_dry_run, const struct report_style *style);

/* ---- status
 * ---------------------------------------------------------------------------------------------------
 */

struct report_status {
    struct store_run *runs; /* the newest first */
    size_t run_count;
    /* Of one run, when it was asked for. */
    struct store_table *tables;
    size_t table_count;
    struct store_reject_count *reject_counts;
    size_t reject_count_count;
    struct report_undo undo;
    struct report_asides asides;
    struct store_control control;      /* what is said to it */
    struct store_lock_holder *holders; /* who is at work in the database now */
    size_t holder_count;
};

/* `which` NULL: the last runs, at most 50. Otherwise one run as store_find_run() finds it, with its
 * progress. */
bool report_load_status(struct db *target, const char *which, struct report_status *status,
                        struct error *err);
void report_status_release(struct report_status *status); /* idempotent; for CLEANUP too */
void report_render_status(struct strbuf *out, const struct report_status *status,
                          const struct report_style *style);

/* ---- check
 * ----------------------------------------------------------------------------------------------------
 */

/* Refusals, warnings and what was not checked: as text with codes, places, samples and hints, or as
 * a JSON object. */
void report_render_findings(struct strbuf *out, const struct findings *findings,
                            const struct report_style *style);

/* What is known of the rows of one table; -1: unknown. */
struct report_rows {
    int64_t rows, would_write, would_merge, would_skip, would_reject; /* of the source */
    int64_t target_rows;                                              /* there already */
};

/*
 * The whole resolution of a plan (where every table and column comes from, in words; what is
 * dropped, left behind or left to defaults, and why), followed by the findings. `rows` has one
 * entry for each plan table, or is NULL. `findings` may be &plan->findings or a longer list.
 */
void report_render_check(struct strbuf *out, const struct plan *plan,
                         const struct report_rows *rows, const struct findings *findings,
                         const struct report_style *style);

#endif
