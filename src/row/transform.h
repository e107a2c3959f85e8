/*
 * The inside of a row's way through: what a table's mapping was compiled to, and the line at hand.
 */
#ifndef IDMIGRATE_ROW_TRANSFORM_H
#define IDMIGRATE_ROW_TRANSFORM_H

#include "rewrite.h"

#include "idmigrate/row.h"

#include <uuid.h>

/* The inline map of a column, sorted by length and bytes of the old value. */
struct value_entry {
    struct row_value old_value, new_value;
};
struct value_map {
    struct value_entry *entries;
    size_t count;
};

struct column_code {
    struct value_map values;
    uuid_t space; /* of a generated UUID */
    bool has_literals;
    struct row_id *id; /* in row.ids, or NULL: not resolved */
};

/* Consecutive columns: either plain ones whose fields are consecutive too, copied in one piece, or
 * one with transforms. */
struct segment {
    size_t first, count;
    bool is_plain;
};

struct row_transform {
    const struct plan *plan;
    const struct plan_table *table;
    bool is_binary; /* lines are tuples */
    bool is_unfit;  /* a value of the row at hand is none that its column can hold */
    struct column_code *columns;
    struct segment *segments;
    size_t segment_count, segment_capacity;
    struct row_counts *counts;

    /* The line at hand. */
    const char *source;
    size_t *source_ends;
    bool source_key_is_null; /* a key of one column that is NULL */
    struct arena arena;
    struct strbuf unescaped, rewritten; /* of the column at hand */
    struct row_scratch scratch;
    struct row row;
};

/* generate.c */
void row_uuid_namespace(uuid_t out, const char *text);
struct row_value row_uuid_generate(struct arena *arena, const uuid_t space, struct row_value name);

/* values.c */
void row_values_init(struct value_map *map, const struct mapping_column *spec);
void row_values_release(struct value_map *map);
const struct value_entry *row_values_find(const struct value_map *map, struct row_value value);

/* column.c: one column that is not plain, from the source line to the end of row.line (without a
 * separator) */
bool row_column_is_plain(const struct plan_column *column);
void row_column_transform(struct row_transform *transform, size_t position);
/* Where a field of the line at hand begins, whatever its codec puts before its bytes included. */
size_t row_field_start(const struct row_transform *transform, int field);
/* A field of the line at hand as text, in memory of the line. */
struct row_value row_field_value(struct row_transform *transform, int field);

/* resolve.c: carries a value through the chain, notes the outcome in row.ids and in the counts */
struct row_value row_resolve(struct row_transform *transform, size_t position,
                             struct row_value value);
/* Notes why the row is rejected. The first reason wins, but one that must stop the run goes before
 * all others. */
void row_reject(struct row_transform *transform, enum row_status status, const char *reason,
                size_t position, struct row_value value);

/* key.c: made of the line at hand and of row.line */
void row_key_make_source(struct row_transform *transform);
void row_key_make_target(struct row_transform *transform);

#endif
