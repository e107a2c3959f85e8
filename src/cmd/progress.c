/*
 * Progress on standard error. The time left comes from the rate of late, and is not told before one
 * percent is done.
 */
#include "progress.h"

#include "idmigrate/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 24 };
static const double plain_interval = 5, bar_interval = 0.1, rate_window = 2;

bool
progress_begin(struct progress *progress, const char *style, struct error *err)
{
    *progress = (struct progress){.started = clock_steady_seconds()};
    if (style == NULL || strcmp(style, "auto") == 0)
        progress->style = isatty(STDERR_FILENO) ? PROGRESS_BAR : PROGRESS_PLAIN;
    else if (strcmp(style, "bar") == 0)
        progress->style = PROGRESS_BAR;
    else if (strcmp(style, "plain") == 0)
        progress->style = PROGRESS_PLAIN;
    else if (strcmp(style, "json") == 0)
        progress->style = PROGRESS_JSON;
    else if (strcmp(style, "none") == 0)
        progress->style = PROGRESS_NONE;
    else
        return error_set(err, EXIT_USAGE, "--progress %s: it is auto, bar, plain, json or none",
                         style);
    return true;
}

void
progress_end(struct progress *progress)
{
    if (progress->line_is_open)
        fputs("\r\033[K", stderr);
    progress->line_is_open = false;
    fflush(stderr);
}

/* A rate over the last seconds, smoothed, so that the forecast follows the work. */
static void
measure(struct progress *progress, int64_t rows, double now)
{
    double elapsed = now - progress->recent_time;
    if (progress->recent_time == 0) {
        progress->recent_time = now;
        progress->recent_rows = rows;
    } else if (elapsed >= rate_window) {
        double rate = (double)(rows - progress->recent_rows) / elapsed;
        progress->rate = progress->rate > 0 ? 0.5 * progress->rate + 0.5 * rate : rate;
        progress->recent_time = now;
        progress->recent_rows = rows;
    }
}

static void
show_bar(struct progress *progress, const char *phase, const char *label, int64_t rows,
         int64_t expected)
{
    char done[32], all[32], rate[32], left[32];
    double share = expected > 0 ? (double)rows / (double)expected : 0;
    share = share > 1 ? 1 : share;
    fprintf(stderr, "\r\033[K");
    if (expected > 0) {
        int full = (int)(share * BAR_WIDTH);
        fprintf(stderr, "[%.*s%.*s] %3.0f %%  %s of about %s rows", full,
                "########################", BAR_WIDTH - full, "........................",
                share * 100, clock_format_count(rows, done, sizeof done),
                clock_format_count(expected, all, sizeof all));
    } else {
        fprintf(stderr, "%s rows", clock_format_count(rows, done, sizeof done));
    }
    if (progress->rate > 0)
        fprintf(stderr, "  %s/s", clock_format_count((int64_t)progress->rate, rate, sizeof rate));
    if (progress->rate > 0 && share >= 0.01 && share < 1)
        fprintf(
            stderr, "  %s left",
            clock_format_duration((double)(expected - rows) / progress->rate, left, sizeof left));
    fprintf(stderr, "  %s %s", phase, label);
    if (progress->waiting[0] != '\0')
        fprintf(stderr, ", waiting %s", progress->waiting);
    fflush(stderr);
    progress->line_is_open = true;
}

static void
show_plain(struct progress *progress, const char *phase, const char *label, int64_t rows,
           int64_t expected)
{
    char done[32], all[32], rate[32], left[32];
    fprintf(stderr, "%s %s", phase, label);
    if (rows > 0 || expected > 0)
        fprintf(stderr, ": %s rows", clock_format_count(rows, done, sizeof done));
    if (expected > 0)
        fprintf(stderr, " of about %s", clock_format_count(expected, all, sizeof all));
    if (progress->rate > 0) {
        fprintf(stderr, ", %s/s", clock_format_count((int64_t)progress->rate, rate, sizeof rate));
        if (expected > rows && rows * 100 >= expected)
            fprintf(stderr, ", %s left",
                    clock_format_duration((double)(expected - rows) / progress->rate, left,
                                          sizeof left));
    }
    if (progress->waiting[0] != '\0')
        fprintf(stderr, ", waiting %s", progress->waiting);
    fputc('\n', stderr);
}

static void
print_json_text(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c == '"' || *c == '\\')
            fprintf(stderr, "\\%c", *c);
        else if ((unsigned char)*c >= ' ')
            fputc(*c, stderr);
}

static void
show_json(const char *phase, const char *label, int64_t rows, int64_t expected, int64_t rejects,
          const char *waiting)
{
    fprintf(stderr, "{\"phase\": \"%s\", \"table\": \"", phase);
    print_json_text(label);
    fprintf(stderr, "\", \"rows\": %" PRId64 ", \"rows_expected\": ", rows);
    if (expected >= 0)
        fprintf(stderr, "%" PRId64, expected);
    else
        fputs("null", stderr);
    fprintf(stderr, ", \"rejects\": %" PRId64 ", \"waiting\": ", rejects);
    if (waiting[0] != '\0') {
        fputc('"', stderr);
        print_json_text(waiting);
        fputs("\"}\n", stderr);
    } else {
        fputs("null}\n", stderr);
    }
}

static void
show(struct progress *progress, const char *phase, const char *label, int64_t rows,
     int64_t expected, int64_t rejects)
{
    char visible[sizeof progress->label];
    snprintf(visible, sizeof visible, "%s", label);
    output_make_visible(visible);
    label = visible;
    double now = clock_steady_seconds();
    bool changed = strcmp(progress->phase, phase) != 0 || strcmp(progress->label, label) != 0 ||
                   strcmp(progress->shown_waiting, progress->waiting) != 0;
    if (strcmp(progress->phase, phase) != 0)
        progress->rate = progress->recent_time = 0;
    measure(progress, rows, now);
    if (progress->style == PROGRESS_NONE ||
        (now < progress->next && !(changed && progress->style != PROGRESS_BAR)))
        return;
    progress->next = now + (progress->style == PROGRESS_BAR ? bar_interval : plain_interval);
    snprintf(progress->phase, sizeof progress->phase, "%s", phase);
    snprintf(progress->label, sizeof progress->label, "%s", label);
    snprintf(progress->shown_waiting, sizeof progress->shown_waiting, "%s", progress->waiting);
    if (progress->style == PROGRESS_BAR)
        show_bar(progress, phase, label, rows, expected);
    else if (progress->style == PROGRESS_PLAIN)
        show_plain(progress, phase, label, rows, expected);
    else
        show_json(phase, label, rows, expected, rejects, progress->waiting);
}

void
progress_of_migration(void *context, const struct migrate_progress *now)
{
    struct progress *progress = context;
    bool whole = strcmp(now->phase, "copying") == 0;
    snprintf(progress->waiting, sizeof progress->waiting, "%s",
             now->waiting != NULL ? now->waiting : "");
    output_make_visible(progress->waiting);
    show(context, now->phase, now->label, whole ? now->rows : now->table_rows,
         whole ? now->rows_expected : now->table_rows_expected, now->rejects);
}

void
progress_of_undo(void *context, const struct undo_progress *now)
{
    show(context, now->phase, now->label, now->table_rows, now->table_rows_expected, now->refused);
}

void
progress_of_check(void *context, const char *label, int64_t rows, int64_t rows_total)
{
    show(context, "checking", label, rows, rows_total, 0);
}

void
progress_of_verification(void *context, const char *check, const char *label, int64_t rows)
{
    char phase[32];
    snprintf(phase, sizeof phase, "verifying %s", check);
    show(context, phase, label != NULL ? label : "", rows, -1, 0);
}

void
progress_of_scan(void *context, const char *label, int64_t rows, int64_t rows_total)
{
    show(context, "scanning", label, rows, rows_total, 0);
}

void
progress_of_fetch(void *context, const char *label, int64_t items)
{
    show(context, "fetching", label, items, -1, 0);
}
