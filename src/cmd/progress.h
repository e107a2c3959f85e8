/* Progress on standard error: a bar on a terminal, lines elsewhere, JSON lines on request. */
#ifndef IDMIGRATE_CMD_PROGRESS_H
#define IDMIGRATE_CMD_PROGRESS_H

#include "idmigrate/error.h"
#include "idmigrate/migrate.h"
#include "idmigrate/undo.h"

#include <stdbool.h>
#include <stdint.h>

enum progress_style { PROGRESS_NONE, PROGRESS_BAR, PROGRESS_PLAIN, PROGRESS_JSON };

struct progress {
    enum progress_style style;
    double started, next, recent_time;
    int64_t recent_rows;
    double rate; /* rows a second, of late */
    char phase[32], label[128];
    char waiting[200], shown_waiting[200]; /* what is waited for, or "" */
    bool line_is_open;                     /* a bar stands on the terminal's line */
};

/* "auto", "bar", "plain", "json", "none"; NULL is auto. */
bool progress_begin(struct progress *progress, const char *style, struct error *err);
/* What the rooms call; `context` is a struct progress. */
void progress_of_migration(void *context, const struct migrate_progress *now);
void progress_of_undo(void *context, const struct undo_progress *now);
void progress_of_check(void *context, const char *label, int64_t rows, int64_t rows_total);
void progress_of_verification(void *context, const char *check, const char *label, int64_t rows);
void progress_of_scan(void *context, const char *label, int64_t rows, int64_t rows_total);
void progress_of_fetch(void *context, const char *label, int64_t items);
/* Names come from databases: what could steer a terminal or does not show becomes '?'. */
void output_make_visible(char *text);
/* Leaves the terminal's line clean for other output. */
void progress_end(struct progress *progress);

#endif
