/*
 * How `check` goes about it: check.c walks the tables in the plan's order. read.c streams one of
 * them through row_transform(); each line is looked at by ids.c (what was resolved), texts.c (IDs
 * in columns that are copied plainly), values.c (what the target's types hold) and encoding.c, and
 * its columns that keys and constraints need (need.c) go into a temporary table (stage.c). When all
 * tables are read, merge.c and children.c settle there what a run would merge, and unique.c,
 * exclusion.c, orphans.c and constraints.c ask the server. maps.c and server.c look at what is no
 * row.
 */
#ifndef IDMIGRATE_CHECK_INTERNAL_H
#define IDMIGRATE_CHECK_INTERNAL_H

#include "idmigrate/check.h"
#include "idmigrate/digest_map.h"
#include "idmigrate/row.h"
#include "idmigrate/strbuf.h"

/* ---- counting ---- */

enum { CHECK_SAMPLES = 5, CHECK_DISTINCT = 10000, CHECK_SAMPLE_BYTES = 120 };

/* Rows, distinct values (up to CHECK_DISTINCT) and samples. Memory: up to 0.5 MB. Zeroed is empty.
 */
struct tally {
    int64_t rows;
    struct digest_map seen;
    bool has_more; /* distinct values than are counted */
    char *samples[CHECK_SAMPLES];
    size_t sample_count;
};
void tally_add(struct tally *tally, struct row_value value, bool is_open);
/* "17 different IDs": the count and a noun; to be freed. */
char *tally_describe(const struct tally *tally, const char *one, const char *many);
void tally_fill(const struct tally *tally, struct finding *finding); /* rows and samples */
void tally_release(struct tally *tally);

/* A value as it may be shown, or its digest; long ones are cut. */
void check_show(struct strbuf *text, struct row_value value, bool is_open);

/* ---- one table ---- */

/* The texts that a target type takes, where the server has not cast the value itself. */
enum value_form { FORM_ANY, FORM_LABEL, FORM_PADDED, FORM_UUID, FORM_INTEGER };

/* IDs that one step of a chain did not resolve. */
struct step_facts {
    struct tally none, two;
    int64_t passed; /* rows that a later step failed */
};

/* What to look at in a written column, and what was found there in rows that would be written. */
struct column_facts {
    const struct plan_column *column;
    bool is_open;   /* values may be shown */
    bool shows_ids; /* unresolved IDs may be: all but "sensitive" */
    bool is_not_null;
    bool has_values; /* inline map that must be total */
    bool looks_for_ids, is_json, is_bytes;
    size_t longest; /* characters, 0: no limit */
    enum value_form form;
    int64_t lowest, highest; /* FORM_INTEGER */
    bool is_bad;             /* the value of the line at hand; it is staged as NULL */

    struct step_facts *steps; /* one for each map of the chain */
    struct tally out_of_format, other_case, already;
    int64_t resolved;
    struct tally copied, alike;
    struct tally unmapped, too_long, label, out_of_range, not_canonical, not_valid;
    int64_t nulls, bad_encoding, json_keys, not_parsed;
};

/* A temporary table with what keys and constraints need of the rows: one for each plan table. */
struct stage {
    char name[40];
    char merges[40]; /* of the rows that are merged away, see merge.c */
    bool is_wanted;  /* even without any column */
    bool is_made, has_merges;
    bool all_text; /* second try: the server took a value neither of us foresaw */
    bool *needs;   /* by plan column */
    bool *as_text; /* by plan column: parsed by the server after the copy */
    bool keeps_rejected, decides;
    char *broken; /* why there is none, or NULL */
};
/* State of a staged row. */
#define STAGE_GOOD            "g"
#define STAGE_REJECTED        "r" /* by itself */
#define STAGE_PARENT_REJECTED "p"
#define STAGE_MERGED          "m"
#define STAGE_SKIPPED         "s"
#define STAGE_PARENT_SKIPPED  "k" /* with its parent, which was merged away */
#define STAGE_UPDATES         "u" /* its values go into a row that is there */
#define STAGE_IMAGE           "i" /* that row, as it would be afterwards */

struct map_facts;
struct event_facts; /* trail.c */
struct like;        /* texts.c: strings that look like old IDs */

struct check {
    const struct check_inputs *in;
    const struct plan *plan;
    struct findings *findings;
    struct check_table *tables; /* by plan table */
    struct stage *stages;
    struct map_facts *maps;        /* by ID map of the mapping */
    struct idmap_matcher *matcher; /* old IDs of all maps that are not derived */
    char **partitions; /* by plan table: condition for rows that some partition takes, or NULL */
    struct event_facts *events; /* by plan table */
    struct like *likes;
    size_t like_count;
    bool has_short_ids; /* some old IDs are too short to be searched for */
    struct strbuf value, scratch;
    const char *iconv_name; /* of the target's encoding; NULL: takes everything */
    void *iconv;
    bool source_is_utf8, can_stage, was_sampled;
};

/* Whether a table can be looked at: both sides known and something to write. */
bool check_is_usable(const struct plan_table *table);
/* Rows that meet are merged or skipped, and the key's columns are known. */
bool check_merges(const struct plan_table *table);
/* Whether `name` stands in an SQL text as a word or quoted identifier. */
bool check_mentions(const char *sql, const char *name);
int check_find_column(const struct plan_table *table,
                      const char *target_name); /* plan column, or -1 */
/* Errors that say nothing of the data, since no server said them or it is going: a lost connection,
 * an interrupt, no memory in libpq. */
bool check_must_stop(const struct error *err);
bool check_is_interrupted(struct error *err);
/* A statement that may fail without ending the transaction: `failed` gets its error, and false
 * comes for fatal ones only. */
bool check_try(struct db *db, const char *sql, struct db_result **result, struct error *failed,
               struct error *err);

/* ---- parts, in the order of their calls ---- */

/* server.c */
bool check_server(struct check *check, struct error *err);
void check_disk(struct check *check);
/* event_triggers.c: after that, and before anything is staged. */
bool event_triggers_check(struct check *check, struct error *err);

/* maps.c */
void maps_begin(struct check *check);
/* Format of the old side of a map; false when it is known and the ID does not fit. */
bool maps_fits_old(const struct check *check, int map, struct row_value id);
const char *maps_describe_old(const struct check *check, int map);
bool maps_has_other_case(struct check *check, int map, struct row_value id);
void maps_note_use(struct check *check, int map, int64_t resolved, int64_t already,
                   int64_t unresolved, int64_t ambiguous);
/* An old ID stands in a column that is copied as it is. */
void maps_note_seen(struct check *check, const struct idmap *map);
void maps_note_rewritten(struct check *check, const struct idmap *map, int64_t ids);
void maps_end(struct check *check);
void maps_release(struct check *check);

/* read.c */
bool check_read_table(struct check *check, const struct plan_table *table, struct error *err);

/*
 * select.c: the source cannot evaluate the columns; which ones? Those are reported, and replaced by
 * NULL in a copy of the table's columns, which are to be given to select_release(). `found` false:
 * it is none of them.
 */
bool select_find_failing(struct check *check, struct plan_table *table, bool *found,
                         struct error *err);
/* Replaces one column by NULL. */
void select_leave_out(struct plan_table *table, const struct plan_table *original, size_t column);
void select_release(struct plan_table *table, const struct plan_table *original);

/* ids.c */
void ids_begin(struct column_facts *facts);
void ids_look(struct check *check, struct column_facts *facts, const struct row *row);
void ids_report(struct check *check, const struct plan_table *table, struct column_facts *facts);

/* texts.c */
void texts_prepare(struct check *check);
void texts_release(struct check *check);
void texts_begin(struct column_facts *facts);
void texts_look(struct check *check, struct column_facts *facts, struct row_value value);
void texts_report(struct check *check, const struct plan_table *table,
                  const struct column_facts *facts);

/* values.c */
void values_begin(const struct plan_table *table, struct column_facts *facts);
/* The value as it would be written; sets facts->is_bad. */
void values_look(struct column_facts *facts, struct row_value value);
/* The value before `values`. */
void values_look_origin(struct column_facts *facts, struct row_value value);
void values_report(struct check *check, const struct plan_table *table,
                   const struct column_facts *facts);

/* losses.c: casts that change values without an error, counted by the source. */
bool losses_check(struct check *check, const struct plan_table *table, struct error *err);

/* declared.c: keys and time zones that the mapping names. */
bool declared_check_key(struct check *check, const struct plan_table *table, struct error *err);
bool declared_check_zones(struct check *check, struct error *err);

/* exclusive.c: what an exclusive run could not set aside, and what another has left so. */
bool exclusive_check(struct check *check, struct error *err);
/* volatile.c: expressions that do not give the same each time. */
bool volatile_check(struct check *check, struct error *err);

/* encoding.c */
void encoding_open(struct check *check);
void encoding_close(struct check *check);
/* The source's COPY failed for bytes that are no UTF-8 (SQL_ASCII has no other word for them): in
 * which columns? As select_find_failing(). */
bool encoding_find_failing(struct check *check, struct plan_table *table, bool *found,
                           struct error *err);
/* False when the target cannot hold the line's text; counted by column. */
bool encoding_look(struct check *check, const struct plan_table *table, struct column_facts *facts,
                   const struct row *row);

/* valid.c: in the target, a function that tells whether a text is valid for a type:
 * pg_temp.idmigrate_is_valid(text, text). */
bool valid_create(struct check *check, bool *is_there, struct error *err);
/* Reads the texts of an expression from the source and lets the target judge them; `rows` stays -1
 * when that cannot be. */
bool valid_count(struct check *check, const struct plan_table *table, const char *expression,
                 const char *type, struct finding *finding, bool is_open, struct error *err);

/* stage.c */
void stage_prepare(struct check *check);
void stage_release(struct check *check);
bool stage_create(struct check *check, const struct plan_table *table, struct error *err);
void stage_copy_in(struct strbuf *sql, const struct check *check, const struct plan_table *table);
void stage_add_line(const struct check *check, const struct plan_table *table,
                    const struct column_facts *facts, const struct row *row,
                    struct row_value winner, struct strbuf *lines);
bool stage_finish(struct check *check, const struct plan_table *table, struct error *err);
/*
 * Appends `(SELECT ...)`: the rows that a run would write into a target table, from all entries of
 * the mapping that feed it; column names are the target's. `texts` are SQL texts over the target:
 * the columns mentioned there are selected. False: some entry has no temporary table.
 */
bool stage_add_rows(struct strbuf *sql, const struct check *check,
                    const struct catalog_table *target, const char *const *texts, size_t count);
/* The same for one entry. */
bool stage_add_rows_of(struct strbuf *sql, const struct check *check,
                       const struct plan_table *table, const char *const *texts, size_t count);
/* Whether `table` is the last entry that feeds its target: keys are looked at once for all of them.
 */
bool stage_is_last(const struct check *check, const struct plan_table *table);

/* trail.c: whether the application's own audit table takes what a run writes there. */
void trail_prepare(struct check *check);
void trail_release(struct check *check);
void trail_look(struct check *check, const struct plan_table *table, const struct row *row);
bool trail_check(struct check *check, struct error *err);

/* partitions.c: which rows the target's partitions take; called before the stages are prepared. */
bool partitions_prepare(struct check *check, struct error *err);
void partitions_release(struct check *check);
bool partitions_check(struct check *check, const struct plan_table *table, struct error *err);

/* need.c */
void need_columns(const struct check *check, struct stage *stage, const struct plan_table *table);

/* children.c: rows that refer to rows which are merged away or rejected. `rejected` is added to;
   `within`: references inside the step (true), or to earlier steps (false). */
bool children_apply(struct check *check, const struct plan_table *child, bool within, bool merges,
                    int64_t *rejected, struct error *err);
/* The same inside a step whose tables refer to each other, until no more rejects are found. */
bool children_close_step(struct check *check, const struct plan_step *step, int64_t *rejected,
                         struct error *err);
void children_report_rejected(struct check *check, const struct plan_table *table,
                              int64_t rejected);

/* merge.c */
const char *merge_column_name(const struct plan_table *table, int position);
bool merge_run(struct check *check, struct strbuf *sql, int64_t *rows,
               struct error *err); /* and empties `sql` */
bool merge_decide(struct check *check, const struct plan_step *step, struct error *err);

/* unique.c, exclusion.c, orphans.c, constraints.c */
bool unique_needs_rows(const struct check *check, const struct plan_table *table,
                       const struct catalog_index *index);
bool unique_check(struct check *check, const struct plan_table *table, struct error *err);
bool swaps_check(struct check *check, const struct plan_table *table,
                 const struct catalog_index *index, struct error *err);
bool exclusion_check(struct check *check, const struct plan_table *table,
                     const struct catalog_index *index, struct error *err);
bool orphans_check(struct check *check, const struct plan_table *table, struct error *err);
bool constraints_check(struct check *check, const struct plan_table *table, struct error *err);

/* shown.c: samples of a result's rows: `count` text columns from `first`, each of a target column
 * or of an expression (-1). */
bool check_column_is_open(const struct plan_table *table, int target_column);
void check_add_row_sample(struct finding *finding, const struct plan_table *table,
                          const struct db_result *result, size_t row, int first,
                          const int *target_columns, size_t count);

#endif
