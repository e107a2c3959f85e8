/*
 * The plan: mapping + ID maps + catalogue facts give ordered steps or refusals. Pure: no I/O, no
 * rows.
 *
 * For each table entry of the mapping it says, column by column, where the value comes from, which
 * SQL expression the source evaluates, and what happens to the text afterwards. All statements
 * built from a mapping are built here (plan_sql_*), and quoted here. Everything the plan finds
 * wrong is a finding; `check` adds what only the rows can tell.
 */
#ifndef IDMIGRATE_PLAN_H
#define IDMIGRATE_PLAN_H

#include "idmigrate/catalog.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/mapping.h"
#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- findings ---- */

enum finding_severity { FINDING_REFUSAL, FINDING_WARNING, FINDING_NOT_CHECKED };

/* One thing found before anything is written. Texts are owned. */
struct finding {
    enum finding_severity severity;
    const char *code; /* "E-COLUMN-UNMAPPED", "W-...", "N-..." (not checked): stable, static */
    char *table;      /* target or source table as it is named in the mapping, or NULL */
    char *column;     /* or NULL */
    char *text;       /* one line */
    char *hint;       /* what to do, or NULL */
    int64_t rows;     /* rows concerned, -1 where it is not about rows */
    char **samples;   /* IDs, or digests of values that may not be shown */
    size_t sample_count;
};

struct findings {
    struct finding *items;
    size_t count, capacity;
};
#define FINDINGS_INIT                                                                              \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

/* Adds a finding; the severity follows from the code's first letter. The pointer is valid until the
 * next one is added. */
struct finding *findings_add(struct findings *findings, const char *code, const char *table,
                             const char *column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void finding_set_hint(struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void finding_add_sample(struct finding *finding, const char *sample);
size_t findings_count(const struct findings *findings, enum finding_severity severity);
void findings_release(struct findings *findings);

/* ---- codecs ---- */

/* The format of COPY that a table goes by, on both sides. */
enum plan_codec { PLAN_CODEC_TEXT, PLAN_CODEC_BINARY };
const char *plan_codec_name(enum plan_codec codec); /* "text", "binary" */
bool plan_codec_from_name(const char *name, enum plan_codec *codec);

/* What the bytes of a value are in the binary format: PostgreSQL's send functions. */
enum plan_wire {
    PLAN_WIRE_OPAQUE, /* passed on, never looked into */
    PLAN_WIRE_TEXT,   /* the value's text as it is */
    PLAN_WIRE_JSONB,  /* a byte 1, then the text */
    PLAN_WIRE_UUID,   /* 16 bytes */
    PLAN_WIRE_INT2,   /* integers: most significant byte first */
    PLAN_WIRE_INT4,
    PLAN_WIRE_INT8,
    PLAN_WIRE_BOOL /* one byte */
};
/* Types whose OID says how wide a number is. */
enum { PLAN_OID_INT8 = 20, PLAN_OID_INT2 = 21, PLAN_OID_INT4 = 23 };

/* ---- columns ---- */

enum plan_match { PLAN_MAPPED /* listed in the mapping */, PLAN_SAME_NAME, PLAN_SNAKE_CASE };

/* One target column that is written. */
struct plan_column {
    const struct catalog_column *target;
    const struct catalog_column
        *source; /* the one source column it comes from, or NULL (sql, value) */
    const struct mapping_column *spec; /* NULL when matched by name */
    enum plan_match match;
    char *select;   /* SQL over the source row `t`, cast so that its text is what the target would
                       print */
    char *loss;     /* SQL over the source row `t` that holds where the cast would change the value
                       without an error, or NULL: it cannot */
    int field;      /* position of its value in the source row (see plan_table) */
    int from_field; /* MAPPING_UUID with "from": position of the hashed value; -1: the source key */
    const struct idmap **resolve; /* chain; none: not an ID */
    size_t resolve_count;
    const struct idmap **rewrite; /* maps whose IDs are replaced inside */
    size_t rewrite_count;
    struct idmap_matcher *matcher; /* over `rewrite`, owned; NULL unless the column is rewritten */
    bool sorts_json_keys; /* rewrite json into jsonb: members of an object are put into jsonb's own
                             order again */
    /* In the binary format, of what `select` gives and of what the target stores; only of tables
       that may go by it. */
    enum plan_wire source_wire, target_wire;
};

/*
 * A foreign key of the target from one planned table to another (or itself), in positions of plan
 * columns. Used to let children follow a merged parent and to reject children of a rejected one.
 */
struct plan_reference {
    int parent; /* position in plan->tables */
    const struct catalog_foreign_key *key;
    int *columns;        /* of this table's plan columns */
    int *parent_columns; /* of the parent's plan columns */
    size_t count;
};

/* A reference that the mapping names, in the form of a foreign key. */
struct plan_logical {
    const struct mapping_reference *spec;
    struct catalog_foreign_key key; /* owned; the name tells what it is */
};

struct plan_table {
    int number; /* position in plan->tables, = position in the mapping */
    const struct mapping_table *spec;
    const struct catalog_table *source, *target;
    struct plan_column *columns; /* in order of the target's columns */
    size_t column_count;
    /*
     * The source row, as plan_sql_copy_out() selects it: first one field for each plan column
     * (field == position), then the source key, then further fields for generated UUIDs, then the
     * winner's.
     */
    size_t field_count;
    int *source_key;               /* positions of fields, or none: the source has no key */
    const char **source_key_names; /* borrowed from the catalogue */
    size_t source_key_count;
    int *target_key; /* positions of plan columns that identify the row in the target, or none */
    size_t target_key_count;
    bool target_key_is_primary;
    int *conflict_key; /* of on_conflict, positions of plan columns */
    size_t conflict_key_count;
    int *conflict_set; /* positions of plan columns */
    size_t conflict_set_count;
    int winner_field; /* position of the field that decides between source rows with one key, or -1
                       */
    int tenant;       /* plan column, or -1 */
    struct plan_reference *references;
    size_t reference_count;
    struct plan_logical *logicals;
    size_t logical_count;
    int changed_at;     /* plan column that tells when the application changed the row, or -1 */
    bool is_referenced; /* another planned table, or itself, refers to it */
    bool refers_to_itself;
    int step;
    enum plan_codec codec;
    char *text_reason; /* why it must not be binary, or NULL */
    char *label; /* for people: "events", or "schema.table" where the mapping says a schema; source
                    -> target when they differ */
};

/* Tables that are carried out together; steps are in order of the target's foreign keys. */
struct plan_step {
    int *tables;
    size_t table_count;
    bool one_transaction; /* a cycle or a self reference that cannot be taken row by row: all in one
                             transaction */
};

struct plan {
    const struct mapping *mapping;
    struct plan_table *tables;
    size_t table_count;
    struct plan_step *steps;
    size_t step_count;
    const struct catalog_table *audit; /* the audit table in the target, or NULL: it will be created
                                          in the default layout */
    bool audit_is_default;             /* default layout, to be created or already there */
    struct findings findings;
};

struct plan_inputs {
    const struct mapping *mapping;
    const struct catalog *const *sources; /* one for each mapping source */
    const struct catalog *target;
    const struct idmap *const *ids; /* one for each mapping ID map, frozen */
    const bool *source_is_target;   /* for each source: the same database as the target */
};

/*
 * Builds the plan. Inputs stay owned by the caller and must outlive it. What is wrong becomes
 * findings, so that all of it is seen at once; a plan with refusals is for showing, not for
 * running. Never fails.
 */
struct plan *plan_new(const struct plan_inputs *inputs);
void plan_free(struct plan **plan);

/* What a table's rows refer to: its foreign keys in the target, then the references that the
 * mapping names (`logical` gets that entry, otherwise NULL). Of a table that is in both databases.
 */
size_t plan_refers_count(const struct plan_table *table);
const struct catalog_foreign_key *plan_refers_at(const struct plan_table *table, size_t index,
                                                 const struct mapping_reference **logical);

/* ---- rows that meet in a key (on_conflict): which becomes the row ---- */

/* As what the `winner` column is compared: name of a type that every server has. An enum is an
 * integer, the place of its label. "text" where the mapping names no winner. */
const char *plan_winner_type(const struct plan_table *table);
/* Whether values are to be replaced by plan_winner_place(). */
bool plan_winner_has_labels(const struct plan_table *table);
/* Place of a label in the source's enum, or -1. */
int plan_winner_place(const struct plan_table *table, const char *label);
/* Whether the source's rows are read relation by relation, by their blocks. Otherwise the table is
 * read by its own name. */
bool plan_reads_leaves(const struct plan_table *table);

/* " ORDER BY ...", winner first; the names are SQL of the compared value and of the source key. */
void plan_sql_winner_first(struct strbuf *sql, const struct plan_table *table, const char *winner,
                           const char *source_key);

/* plan_new() leaves all tables with text. Refuses binary where it is not safe. */
bool plan_set_codec(struct plan *plan, size_t table, enum plan_codec codec, struct error *err);

/* ---- statements (all end without a semicolon). COPY is in the format of table->codec. ---- */

/*
 * A part of a source table: of one relation or of all of it, blocks or keys.
 *
 * Keys are put in order by plan_sql_key(). Both ends are half open; without an end there is no
 * limit, and with neither it is the rows whose key is NULL.
 */
struct plan_range {
    const struct catalog_leaf *leaf; /* NULL: the whole table or view as it is */
    int64_t first_block, end_block; /* half open; end_block < 0: no upper end. Ignored when leaf has
                                       no blocks (foreign) */
    const struct catalog_column *key; /* NULL: no range of keys */
    const char *first_key, *end_key;
    const char *condition; /* SQL over `t`, or NULL */
};

/* COPY (SELECT <all fields> FROM ... WHERE <range> AND <where>) TO STDOUT */
void plan_sql_copy_out(struct strbuf *sql, const struct plan_table *table,
                       const struct plan_range *range);
/* SELECT <expressions> FROM the whole source table, honouring `where`; `expressions` are SQL over
 * `t`. */
void plan_sql_select_source(struct strbuf *sql, const struct plan_table *table,
                            const char *expressions);
/* The same for a part of it. */
void plan_sql_select_range(struct strbuf *sql, const struct plan_table *table,
                           const struct plan_range *range, const char *expressions);
/*
 * A column of `t` as what ranges of keys compare: in an order of its own that is the same on every
 * server. Texts, and what has no order that could be relied on, go by their bytes.
 */
void plan_sql_key(struct strbuf *sql, const struct catalog_column *column);
/* COPY <target> (<columns>) FROM STDIN */
void plan_sql_copy_in(struct strbuf *sql, const struct plan_table *table);
/* COPY (SELECT <written columns> FROM <target>) TO STDOUT */
void plan_sql_copy_target(struct strbuf *sql, const struct plan_table *table);
/* "schema"."table" of either side */
void plan_sql_source_name(struct strbuf *sql, const struct plan_table *table);
void plan_sql_target_name(struct strbuf *sql, const struct plan_table *table);
/* " (FORMAT binary)" where the table goes by it: the end of a COPY. */
void plan_sql_codec(struct strbuf *sql, const struct plan_table *table);
/* " = " for two values of a type: an extension's operator is in a schema that is in no search path,
 * and without it citext would be compared as text. */
void plan_sql_equals(struct strbuf *sql, const struct catalog_type *type);
/* A key as text, as row.h describes it: over an alias of the table, of NOT NULL columns. */
void plan_sql_key_text(struct strbuf *sql, const struct catalog_column *const *columns,
                       size_t count, const char *alias);
/* "a", "b", "c" of the written target columns */
void plan_sql_target_columns(struct strbuf *sql, const struct plan_table *table);

#endif
