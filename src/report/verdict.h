/* What follows from a model; only for files of this room. */
#ifndef IDMIGRATE_REPORT_VERDICT_H
#define IDMIGRATE_REPORT_VERDICT_H

#include "idmigrate/report.h"

#include <jansson.h>

struct report_totals {
    int64_t chunks, chunks_done, rows_read, rows_written, rows_merged, rows_skipped, rows_rejected,
        rows_updated, rows_removed;
    size_t tables_done;
    double seconds; /* the sum over the tables */
    bool adds_up;   /* in every table: read = written + merged + skipped + rejected */
};
struct report_totals report_sum(const struct store_table *tables, size_t count);

bool report_adds_up(const struct store_table *table);
/* Rows a second; negative: nothing to tell it from. */
double report_rate(int64_t rows, double seconds);

/* The verdict of all checks together: "different" if any is, else "not checked" if any is or there
 * are none. */
const char *report_verdict(const struct store_check *checks, size_t count);

/* Reasons for tables that are left behind, from the mapping kept with the run: [{"table",
 * "reason"}]. */
json_t *report_left_behind(const struct store_run *run);

#endif
