/* A chart of bars, each with its name above it; only for files of this room. */
#ifndef IDMIGRATE_REPORT_BARS_H
#define IDMIGRATE_REPORT_BARS_H

#include "idmigrate/strbuf.h"

#include <stddef.h>
#include <stdint.h>

struct bar {
    const char *class; /* static */
    char *label, *value;
    double begin, length; /* parts of the whole */
};

struct bars {
    const char *title, *id; /* borrowed; the ID is unique in the page */
    struct bar *items;
    size_t count, capacity;
};

void bars_release(struct bars *bars); /* idempotent; for CLEANUP too */
void bars_add_share(struct bars *bars, const char *class, const char *label, int64_t count,
                    int64_t whole);
void bars_add_time(struct bars *bars, const char *class, const char *label, double begin,
                   double seconds, double whole);
void bars_render(struct strbuf *out, const struct bars *bars);

/* "12.50 %" of a whole, rounded down, so that only all is 100 %; "under 0.01 %". Returns `text`,
 * which needs 32 bytes. */
const char *bars_format_share(int64_t count, int64_t whole, char text[32]);

#endif
