/* Aligned tables for a terminal. */
#include "grid.h"
#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <stdlib.h>
#include <string.h>

static const char *const color_starts[] = {
    [GRID_PLAIN] = "",         [GRID_BOLD] = "\033[1m",    [GRID_DIM] = "\033[2m",
    [GRID_GREEN] = "\033[32m", [GRID_YELLOW] = "\033[33m", [GRID_RED] = "\033[31m",
};

void
report_add_data(struct strbuf *out, const char *text)
{
    uint32_t character;
    while (*text != '\0') {
        size_t hidden = utf8_hidden_length(text, &character);
        if (hidden == 0)
            strbuf_add_char(out, *text);
        else if (character == '\n' || character == '\t')
            strbuf_add_char(out, ' ');
        else if (character < 0xA0)
            strbuf_add_char(out, '?');
        else
            strbuf_printf(out, "<U+%04X>", (unsigned)character);
        text += hidden > 0 ? hidden : 1;
    }
}

void
report_add_color(struct strbuf *out, bool use_color, enum grid_color color, const char *text)
{
    bool colored = use_color && color != GRID_PLAIN;
    strbuf_add_string(out, colored ? color_starts[color] : "");
    report_add_data(out, text);
    strbuf_add_string(out, colored ? "\033[0m" : "");
}

void
report_add_title(struct strbuf *out, bool use_color, const char *title)
{
    strbuf_add_char(out, '\n');
    report_add_color(out, use_color, GRID_BOLD, title);
    strbuf_add_char(out, '\n');
}

struct grid
grid_new(const char *alignment)
{
    return (struct grid){.alignment = alignment, .column_count = strlen(alignment)};
}

void
grid_release(struct grid *grid)
{
    for (size_t i = 0; i < grid->count; i++)
        free(grid->cells[i].text);
    free(grid->cells);
    grid->cells = NULL;
    grid->count = grid->capacity = 0;
}

void
grid_add_color(struct grid *grid, enum grid_color color, const char *text)
{
    struct strbuf clean = STRBUF_INIT;
    report_add_data(&clean, text != NULL ? text : "");
    *ARRAY_ADD(grid->cells, grid->count, grid->capacity) =
        (struct grid_cell){.text = strbuf_take(&clean), .color = color};
}

void
grid_add(struct grid *grid, const char *text)
{
    grid_add_color(grid, GRID_PLAIN, text);
}

void
grid_add_count(struct grid *grid, int64_t count)
{
    char text[32];
    grid_add(grid, clock_format_count(count, text, sizeof text));
}

void
grid_add_head(struct grid *grid, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        grid_add_color(grid, GRID_BOLD, names[i]);
}

/* Characters, taken as one column each: bytes that do not continue a character. */
static size_t
display_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void
add_spaces(struct strbuf *out, size_t count)
{
    strbuf_reserve(out, count);
    while (count-- > 0)
        strbuf_add_char(out, ' ');
}

static size_t
column_width(const struct grid *grid, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < grid->count; i += grid->column_count) {
        size_t width = display_width(grid->cells[i].text);
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* A row ends with its last text, not with spaces: whether any of the `count` cells behind this one
 * has a text. */
static bool
is_followed(const struct grid_cell *cell, size_t count)
{
    for (size_t i = 1; i <= count; i++)
        if (cell[i].text[0] != '\0')
            return true;
    return false;
}

static void
render_row(const struct grid *grid, const struct grid_cell *cells, const size_t *widths,
           struct strbuf *out, bool color)
{
    for (size_t i = 0; i < grid->column_count; i++) {
        const struct grid_cell *cell = &cells[i];
        size_t padding = widths[i] - display_width(cell->text);
        bool is_right = grid->alignment[i] == 'r';
        bool followed = is_followed(cell, grid->column_count - i - 1);
        if (is_right && (followed || cell->text[0] != '\0'))
            add_spaces(out, padding);
        report_add_color(out, color, cell->color, cell->text);
        if (followed)
            add_spaces(out, (is_right ? 0 : padding) + 2);
    }
}

void
grid_render(const struct grid *grid, struct strbuf *out, int indent, bool color)
{
    size_t *widths = memory_realloc_array(NULL, grid->column_count, sizeof *widths);
    for (size_t i = 0; i < grid->column_count; i++)
        widths[i] = column_width(grid, i);
    for (size_t i = 0; i + grid->column_count <= grid->count; i += grid->column_count) {
        add_spaces(out, (size_t)indent);
        render_row(grid, &grid->cells[i], widths, out, color);
        strbuf_add_char(out, '\n');
    }
    free(widths);
}
