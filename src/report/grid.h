/*
 * Text for people: aligned tables, and texts that come from data made harmless for a terminal; only
 * for files of this room.
 */
#ifndef IDMIGRATE_REPORT_GRID_H
#define IDMIGRATE_REPORT_GRID_H

#include "idmigrate/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grid_color { GRID_PLAIN, GRID_BOLD, GRID_DIM, GRID_GREEN, GRID_YELLOW, GRID_RED };

struct grid_cell {
    char *text;
    enum grid_color color;
};

/* Rows of cells, added one cell after the other; every column is as wide as its widest cell. */
struct grid {
    const char *alignment; /* one letter a column: l left, r right */
    size_t column_count;
    struct grid_cell *cells;
    size_t count, capacity;
};

struct grid grid_new(const char *alignment);
void grid_release(struct grid *grid);
/* The first row, in bold; `names` ends with NULL. */
void grid_add_head(struct grid *grid, const char *const *names);
void grid_add(struct grid *grid, const char *text); /* NULL is an empty cell */
void grid_add_color(struct grid *grid, enum grid_color color, const char *text);
void grid_add_count(struct grid *grid, int64_t count); /* "1,234" */
void grid_render(const struct grid *grid, struct strbuf *out, int indent, bool color);

/* Appends a text from data on one line: control characters, which could steer a terminal, become
 * '?' or a space; marks that change the direction of text, and what has no width, "<U+202E>". */
void report_add_data(struct strbuf *out, const char *text);
void report_add_color(struct strbuf *out, bool use_color, enum grid_color color, const char *text);
/* "\n<title>\n" in bold. */
void report_add_title(struct strbuf *out, bool use_color, const char *title);

#endif
