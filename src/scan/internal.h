/*
 * How a database is scanned: database.c walks the tables of the catalogue; columns.c says which of
 * their columns can hold an ID and how they are selected; table.c streams one table through the
 * first look, and what is left through find.c and json.c; places.c counts by place. objects.c does
 * names and definitions. files.c and lines.c are the same for files.
 */
#ifndef SCAN_INTERNAL_H
#define SCAN_INTERNAL_H

#include "distinct.h"
#include "idmigrate/scan.h"

/* ---- places.c ---- */

enum { PLACES_MOST = 256 }; /* places of one table; what is above is counted together */

struct places_entry {
    struct scan_found found;
    struct distinct distinct[SCAN_STATE_COUNT];
    int64_t last_row;
};
struct places {
    const struct scan_finder *finder;
    struct places_entry *entries;
    size_t count, capacity, recent;
    size_t table, column; /* what is being read */
    int64_t row;
};
void places_add(struct places *places, const struct scan_place *place, const char *text,
                size_t length, const struct scan_hit *hit);
/* Moves the entries to the result, ordered by column, place and kind. */
void places_take(struct places *places, struct scan_result *result);
void places_release(struct places *places);

/* ---- columns.c ---- */

enum field_form { FIELD_TEXT, FIELD_PADDED, FIELD_JSON, FIELD_LIST, FIELD_BYTES };
struct field {
    enum field_form form;
    bool has_escapes; /* json keeps its text as it was written: letters may be \u0075 */
};
/* Fills the table's columns that are read, and `fields` beside them; a gap for those that may not
 * be. */
void columns_choose(const struct scan_request *request, const struct catalog_table *from,
                    struct scan_table *table, struct field **fields, struct scan_result *result);
void columns_select(struct strbuf *sql, const struct scan_table *table, const struct field *fields);

/* ---- table.c ---- */

/* Reads the rows of one relation of the table. An error of the server is in `failed`; false for
 * fatal ones only. */
struct table_reading {
    const struct scan_request *request;
    struct scan_table *table;
    const struct field *fields;
    struct places *places;
    struct scan_scratch scratch;
    struct strbuf value;
    const char *label;
};
bool table_read(struct table_reading *reading, const char *sql, struct error *failed,
                struct error *err);

/* ---- database.c ---- */

/* `hint` may be NULL. All texts are copied. */
struct scan_gap *gap_add(struct scan_gap **gaps, size_t *count, const char *name,
                         const char *reason, const char *hint);
bool scan_is_excluded(const char *const *excludes, size_t count, const char *name);
bool scan_is_interrupted(struct error *err);

/* ---- objects.c ---- */

bool objects_scan(const struct scan_request *request, struct scan_result *result,
                  struct error *err);

/* ---- excerpt.c ---- */

/* An ID as it may be shown: of a map as it is, otherwise its beginning and the start of its digest.
 */
void excerpt_add_id(struct strbuf *out, const struct scan_finder *finder, const char *id,
                    const struct scan_hit *hit);
/* The words around a place of a line: IDs, addresses and long tokens masked, blanks made one. */
char *excerpt_make(const struct scan_finder *finder, const char *text, size_t length, size_t start,
                   size_t found_length);

#endif
