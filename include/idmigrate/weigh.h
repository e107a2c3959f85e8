/*
 * What IDs without a partner own: rows of a source whose IDs no ID map resolves, counted by ID, by
 * column, by table and by map.
 *
 * Reads only. Which columns hold IDs is said by a mapping, or is what a scan found by content. A
 * row counts once, however many such IDs are in it.
 */
#ifndef IDMIGRATE_WEIGH_H
#define IDMIGRATE_WEIGH_H

#include "idmigrate/catalog.h"
#include "idmigrate/db.h"
#include "idmigrate/digest_map.h"
#include "idmigrate/error.h"
#include "idmigrate/idmap.h"
#include "idmigrate/mapping.h"
#include "idmigrate/scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEIGH_SAMPLES = 3, WEIGH_OWNERS = 10 };

/* IDs of a column that a map does not know. */
struct weigh_gap {
    int map;
    int64_t rows, last_row;
    struct digest_map seen; /* the different IDs */
    char *samples[WEIGH_SAMPLES];
    size_t sample_count;
};

/* A column in which IDs without a partner may stand. */
struct weigh_column {
    char *name;       /* for people: "clerkUserId", "clerkUserId for org_id" */
    char *expression; /* SQL over `t` */
    enum {
        WEIGH_WHOLE, /* the value is an ID: goes through `chain` */
        WEIGH_TEXT,  /* IDs inside a text, found by the finder */
        WEIGH_JSON
    } form;
    int *chain; /* maps, in order */
    size_t chain_count;
    bool is_guessed; /* WEIGH_WHOLE: only values that fit `format`, or look like IDs, are IDs */
    const struct idmap_format *format;
    const struct mapping_column
        *spec; /* its literals and what it says of the unresolved; or NULL */

    int64_t resolved, already; /* values as in struct weigh */
    struct weigh_gap *gaps;    /* one for each map that did not know an ID here */
    size_t gap_count;
};

struct weigh_table {
    char *source, *schema, *name, *where; /* `where` may be NULL */
    struct weigh_column *columns;
    size_t column_count;
    char **leaves; /* quoted names of the relations whose own rows are read in its place; or none */
    size_t leaf_count;

    int64_t rows; /* read */
    /* Rows with an ID that a map does not know: by map, and last those of any map. */
    int64_t *lost;          /* where that costs the row */
    int64_t *lets;          /* where the mapping lets it pass (null, keep), and none costs it */
    char *failure, *advice; /* why it was not read, or NULL */
};

/* An ID without a partner. */
struct weigh_owner {
    char *shown; /* as it may be shown, or its digest */
    int map;
    int64_t rows, last_row;
    size_t tables, last_table;
    bool costs, lets; /* a row is lost; a row passes by the mapping's leave */
};

struct weigh {
    const struct idmap *const *maps; /* frozen; borrowed, as all of these */
    size_t map_count;
    const struct mapping *mapping; /* or NULL */
    struct weigh_table *tables;
    size_t table_count, table_capacity;
    struct weigh_owner *owners; /* one for each different ID */
    size_t owner_count, owner_capacity;
    struct digest_map owners_by_id;
    int64_t resolved, already; /* values that are old IDs with a partner, and new IDs */
};
#define WEIGH_INIT                                                                                 \
    {                                                                                              \
        .maps = NULL                                                                               \
    }
void weigh_release(struct weigh *weigh);

/* The columns that a mapping resolves or rewrites, of one source. An ordinary table that the
 * source's catalogue knows is read as a run does: with its heirs, and without other tables that
 * inherit from it. The catalogue may be NULL. */
void weigh_add_mapping(struct weigh *weigh, const struct mapping *mapping, int source,
                       const struct catalog *catalog);
/*
 * The columns in which a scan of a database found old IDs: `map_of_kind` says for each kind of the
 * finder which map such IDs belong to, or -1. Where IDs have no form of their own, `plain` of the
 * map is what its IDs look like (NULL: like IDs at all).
 */
void weigh_add_scan(struct weigh *weigh, const char *source, const struct scan_result *scan,
                    const struct scan_finder *finder, const int *map_of_kind,
                    const struct idmap_format *const *plain);

struct weigh_request {
    struct db *db; /* inside a read-only snapshot */
    const char *source;
    const struct scan_finder *finder; /* for IDs inside texts */
    const int *map_of_kind;           /* for each kind of the finder: a map, or -1 */
    void (*progress)(void *context, const char *label, int64_t rows, int64_t rows_total);
    void *context;
};
/* Reads the tables of one source. What the server refuses is in the table's `failure`; false for
 * what ends all. Memory: some 100 bytes for each different ID without a partner. */
bool weigh_read(struct weigh *weigh, const struct weigh_request *request, struct error *err);

/* Whether the mapping lets rows pass whose ID in this column has no partner. */
bool weigh_column_passes(const struct weigh_column *column);

/* What all of it comes to; of one map, or of all (-1). */
struct weigh_sum {
    int64_t ids, rows; /* IDs without a partner that cost rows, and these rows */
    size_t tables;
    int64_t lets_ids, lets_rows; /* the same where the mapping lets them pass */
};
struct weigh_sum weigh_sum(const struct weigh *weigh, int map);
/* The owners of the most rows first, those that cost them before the others, at most WEIGH_OWNERS;
 * borrowed, NULL behind the last. */
void weigh_largest(const struct weigh *weigh, int map,
                   const struct weigh_owner *owners[WEIGH_OWNERS + 1]);

#endif
