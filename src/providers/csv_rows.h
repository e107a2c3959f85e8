/*
 * Rows of a CSV file with a header, by libcsv in its strict mode: each as its fields, with the line
 * it begins on.
 *
 * Lines that begin with '#' before the header are comments; blank lines are passed over. A row may
 * be shorter than the header, and longer only by empty fields.
 */
#ifndef PROVIDERS_CSV_ROWS_H
#define PROVIDERS_CSV_ROWS_H

#include "idmigrate/error.h"
#include "idmigrate/strbuf.h"

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv_rows {
    /* Called with the header first (`line` is its own), then with each row, made as long as the
       header. Errors name no place. */
    bool (*on_row)(void *context, const char *const *fields, size_t count, uint64_t line,
                   struct error *err);
    void *context;
    const bool *wanted; /* once it is set, other columns are not kept */

    struct csv_parser parser;
    bool is_ready, has_failed, row_has_ended, after_cr, in_comment;
    struct strbuf bytes; /* the fields of the row, each with a zero behind */
    size_t *starts;
    size_t field_count, capacity, column_count;
    const char **fields;
    uint64_t line, row_line;
    size_t row_length;
    struct error *err;
};

#define CSV_ROWS_INIT                                                                              \
    {                                                                                              \
        .bytes = STRBUF_INIT, .row_has_ended = true, .line = 1, .row_line = 1                      \
    }

bool csv_rows_begin(struct csv_rows *rows, char delimiter, struct error *err);
bool csv_rows_feed(struct csv_rows *rows, const char *data, size_t length, struct error *err);
bool csv_rows_end(struct csv_rows *rows, struct error *err);
void csv_rows_release(struct csv_rows *rows); /* for CLEANUP too; wipes what was read */

#endif
