/*
 * How a run is taken back, from the outside in: undo.c walks the steps of the plan backwards;
 * unit.c carries out one transaction of it, by way of list.c (which rows the run wrote), take.c
 * (which of them are still as written, who refers to them, removing them) and restore.c (former
 * values); events.c writes the audit events; look.c refuses and tells what there is to do.
 */
#ifndef IDMIGRATE_UNDO_INTERNAL_H
#define IDMIGRATE_UNDO_INTERNAL_H

#include "idmigrate/audit.h"
#include "idmigrate/failpoint.h"
#include "idmigrate/undo.h"

/* One table entry of the run: what it wrote there, and how its rows are found again. */
struct undo_table {
    const struct plan_table *plan; /* target and spec only: the source may be gone */
    const struct store_table *stored;
    const struct catalog_column **columns; /* written, in the order of their digest */
    size_t column_count;
    const struct catalog_column **key; /* none: rows are found by their content */
    size_t key_count;
    const struct catalog_column **former_key; /* of idmigrate.former_row */
    size_t former_key_count;
    const struct catalog_column *tenant; /* or NULL */
    bool key_is_shown;
    bool is_binary;   /* the codec that digests are over */
    bool has_history; /* rows may have several events */
    bool is_self;     /* audit records: never taken back */
    const char *resource_type;
    char *target_name, *source_name;  /* as audit events name them */
    struct store_undo_table state;    /* as stored; texts are not used */
    int64_t former_rows;              /* to be restored */
    struct db_result *former_columns; /* their names, one a row; NULL: not asked for yet */
};

struct undo {
    const struct undo_inputs *in;
    const struct plan *plan;
    const char *run_id;
    struct db *target;
    char undo_id[AUDIT_UUID_SIZE];
    struct audit_writer *events;
    struct audit_run run;
    struct audit_places *places; /* of its events, when they have been looked for */
    struct store_table *stored;
    struct undo_table *tables; /* by plan table */
    size_t table_count;
    struct undo_outlook outlook;
    int64_t chunk_rows; /* of the next chunk: fewer after the target refused one */
    bool was_refused;   /* by the target: the statement that removes or restores rows failed */
    double next_report;
};

/* ---- transactions ---- */

/* A unit of work: a transaction, in a dry run a savepoint in the caller's. Rolled back unless
 * committed. */
struct undo_unit {
    struct undo *undo; /* NULL: none open */
    struct db_transaction tx;
};
bool undo_unit_begin(struct undo *undo, struct undo_unit *unit, struct error *err);
bool undo_unit_commit(struct undo_unit *unit, struct error *err);
void undo_unit_release(struct undo_unit *unit);
/* True when a signal has arrived; the error then says how to go on. */
bool undo_is_interrupted(struct error *err);
void undo_report(struct undo *undo, const struct undo_table *table, const char *phase, bool now);

/* ---- SQL (sql.c) ---- */

/* For a FROM or USING list: the listed rows as u, what finds them without a key as w. */
void undo_sql_rows(struct strbuf *sql, const struct undo_table *table, const char *rows);
/* They are of this run and table. */
void undo_sql_of_table(struct strbuf *sql, const struct undo *undo, const struct undo_table *table,
                       const char *rows);
/* `rows` (an alias of undo_row) stands for the row `alias` of the target. */
void undo_sql_match(struct strbuf *sql, const struct undo_table *table, const char *rows,
                    const char *alias);
/* The same for idmigrate.former_row. */
void undo_sql_match_former(struct strbuf *sql, const struct undo_table *table, const char *rows,
                           const char *alias);
void undo_sql_target(struct strbuf *sql, const struct undo_table *table);
/* ", t.a, t.b" of the written columns. */
void undo_sql_columns(struct strbuf *sql, const struct undo_table *table);
/* "t.tenant::text" or NULL */
void undo_sql_tenant(struct strbuf *sql, const struct undo_table *table);
bool undo_count(struct undo *undo, const char *sql, int64_t *count, struct error *err);

/* ---- the parts of a unit ---- */

/* look.c */
bool undo_look(struct undo *undo, struct error *err);
void undo_forget_outlook(struct undo *undo);

/* table.c */
bool undo_load_tables(struct undo *undo, struct error *err);
void undo_release_tables(struct undo *undo);
bool undo_load_states(struct undo *undo, struct error *err);
/* Writes what is counted in `table->state`. */
bool undo_put_state(struct undo *undo, const struct undo_table *table, struct error *err);

/* list.c: lists the rows of a table from its audit events, inside a unit. */
bool undo_list(struct undo *undo, struct undo_table *table, struct error *err);
/* Finds the keys of listed rows whose events show none, or, where there is no key, the rows
 * themselves (pg_temp.idmigrate_seen). */
bool undo_resolve(struct undo *undo, struct undo_table *table, struct error *err);

/* take.c: pg_temp.idmigrate_take holds the rows of a unit with a verdict: 's' as written, 'c'
 * changed, 'r' referred to, 'n' not to be told apart. */
bool undo_prepare(struct undo *undo, struct error *err);
/* Empties it. */
bool undo_take_begin(struct undo *undo, struct error *err);
/* Locks and judges the listed rows after `first` up to `last`, and counts those that are gone. */
bool undo_take_range(struct undo *undo, struct undo_table *table, int64_t first, int64_t last,
                     struct error *err);
/* Spares what others refer to. */
bool undo_spare_followed(struct undo *undo, struct undo_table *const *tables, size_t count,
                         struct error *err);
bool undo_remove(struct undo *undo, struct undo_table *const *tables, size_t count,
                 struct error *err);
/* The one row of a chunk that the target did not let go. */
bool undo_refuse_row(struct undo *undo, struct undo_table *table, int64_t first, int64_t last,
                     const struct error *cause, struct error *err);

/* restore.c: gives the next rows, at most `limit`, their former values back; `rows` is how many
 * were dealt with. */
bool undo_restore(struct undo *undo, struct undo_table *table, int64_t limit, int64_t *rows,
                  struct error *err);
/* The next row stays as it is: the target did not take its former values. */
bool undo_refuse_former(struct undo *undo, struct undo_table *table, const struct error *cause,
                        struct error *err);

/* events.c: ROW_REMOVED of the rows in pg_temp.idmigrate_take that were removed. */
bool undo_log_removed(struct undo *undo, const struct undo_table *table, struct error *err);
/* One event more for a COPY that follows. */
struct undo_event {
    enum audit_action action;
    const char *resource_id, *tenant; /* tenant: or NULL */
    struct digest source_key, row;
};
void undo_add_event(struct undo *undo, const struct undo_table *table,
                    const struct undo_event *event, struct strbuf *lines);
bool undo_copy_events(struct undo *undo, const struct strbuf *lines, int64_t count,
                      struct error *err);
bool undo_set_time(struct undo *undo, struct error *err);

/* ---- line.c: a line of COPY in the table's codec ---- */

/* Fields of our own, which are selected as text, before the written columns. */
enum { UNDO_LINE_FIELDS = 4 };
struct undo_line {
    struct strbuf texts[UNDO_LINE_FIELDS];
    const char *values[UNDO_LINE_FIELDS]; /* NULL for null */
    struct digest digest;                 /* of the written columns */
};
#define UNDO_LINE_INIT                                                                             \
    {                                                                                              \
        .texts = { STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT }                            \
    }
bool undo_line_read(struct undo_line *line, const struct undo_table *table, const char *data,
                    size_t length, size_t count, struct error *err);
void undo_line_release(struct undo_line *line);
/* " (FORMAT binary)" where the run's digests are over it: the end of a COPY. */
void undo_sql_codec(struct strbuf *sql, const struct undo_table *table);

/* unit.c: one step of the plan. */
bool undo_carry_out(struct undo *undo, const struct plan_step *step, struct error *err);

#endif
