/* What was found as text for people: one aligned block a table, then definitions, then what was not
 * looked at. For files one line a place, as compilers and grep write them. */
#include "render.h"

#include "idmigrate/clock.h"
#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- aligned cells ---- */

enum { CELLS = 7 };
struct rows {
    char *(*cells)[CELLS];
    size_t count, capacity;
};

static size_t
width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* Names come from databases and files: what could steer a terminal becomes '?'. */
static void
add_visible(struct strbuf *out, const char *text)
{
    uint32_t ignored;
    while (*text != '\0') {
        size_t hidden = utf8_hidden_length(text, &ignored);
        strbuf_add_char(out, hidden > 0 ? '?' : *text);
        text += hidden > 0 ? hidden : 1;
    }
}

static void
add_rows(struct strbuf *out, const struct rows *rows)
{
    size_t widths[CELLS] = {0};
    for (size_t i = 0; i < rows->count; i++)
        for (size_t c = 0; c < CELLS; c++) {
            size_t width = width_of(rows->cells[i][c]);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t c = 0; c < CELLS; c++) {
            const char *cell = rows->cells[i][c];
            strbuf_add_string(out, widths[c] > 0 ? "  " : "");
            add_visible(out, cell);
            strbuf_printf(out, "%*s", (int)(widths[c] - width_of(cell)), "");
        }
        while (out->data[out->length - 1] == ' ')
            strbuf_truncate(out, out->length - 1);
        strbuf_add_char(out, '\n');
    }
}

static void
release_rows(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        for (size_t c = 0; c < CELLS; c++)
            free(rows->cells[i][c]);
    free(rows->cells);
}

/* ---- what is said of one entry ---- */

void
render_place(struct strbuf *out, const struct scan_found *found)
{
    bool is_root = found->path[0] == '\0';
    if (found->is_key)
        strbuf_printf(out, "key of %s", is_root ? "it" : found->path);
    else if (is_root)
        strbuf_add_string(out, found->is_whole ? "whole value" : "part of the text");
    else
        strbuf_add_string(out, found->path);
    if (!found->is_whole && (found->is_key || !is_root))
        strbuf_add_string(out, " (part of the text)");
}

int64_t
render_distinct(const struct scan_found *found)
{
    int64_t sum = 0;
    for (int state = 0; state < SCAN_STATE_COUNT; state++)
        sum += found->distinct[state];
    return sum;
}

static char *
describe_rows(const struct scan_found *found, const struct scan_table *table)
{
    char count[32];
    double share = table->rows > 0 ? 100.0 * (double)found->rows / (double)table->rows : 0;
    return memory_printf("%s rows (%.*f %%)", clock_format_count(found->rows, count, sizeof count),
                         share > 0 && share < 1 ? 2 : 0, share);
}

void
render_ids(struct strbuf *out, const struct scan_found *found, bool has_maps)
{
    static const char *const words[SCAN_STATE_COUNT] = {
        [SCAN_UNKNOWN] = "in no map",
        [SCAN_RESOLVED] = "resolved",
        [SCAN_NEW] = "new already",
        [SCAN_AMBIGUOUS] = "with several new ones",
    };
    char count[32];
    const char *sign = found->is_estimate ? "about " : "";
    int64_t all = render_distinct(found);
    strbuf_printf(out, "%s%s %s", sign, clock_format_count(all, count, sizeof count),
                  all == 1 ? "ID" : "different IDs");
    for (int state = SCAN_STATE_COUNT - 1; state >= 0; state--)
        if (has_maps && found->distinct[state] > 0)
            strbuf_printf(out, ", %s %s",
                          clock_format_count(found->distinct[state], count, sizeof count),
                          words[state]);
}

static char *
describe_keys(const struct scan_column *column)
{
    struct strbuf out = STRBUF_INIT;
    if (column->foreign_key != NULL)
        strbuf_printf(&out, "-> %s", column->foreign_key);
    if (column->indexes != NULL)
        strbuf_printf(&out, "%sindexes %s", out.length > 0 ? "; " : "", column->indexes);
    return strbuf_take(&out);
}

static void
add_found(struct rows *rows, const struct scan_heading *heading, const struct scan_result *result,
          const struct scan_found *found)
{
    const struct scan_table *table = &result->tables[found->table];
    const struct scan_column *column = &table->columns[found->column];
    struct strbuf place = STRBUF_INIT, ids = STRBUF_INIT, samples = STRBUF_INIT;
    render_place(&place, found);
    render_ids(&ids, found, scan_finder_map_count(heading->finder) > 0);
    for (size_t i = 0; i < found->sample_count; i++)
        strbuf_printf(&samples, "%s%s", i > 0 ? " " : "", found->samples[i]);
    char *cells[CELLS] = {
        memory_printf("%s %s%s", column->name, column->type, found->is_allowed ? " (allowed)" : ""),
        strbuf_take(&place),
        memory_strdup(scan_finder_kind(heading->finder, (size_t)found->kind)->name),
        describe_rows(found, table),
        strbuf_take(&ids),
        describe_keys(column),
        strbuf_take(&samples),
    };
    memcpy(*ARRAY_ADD(rows->cells, rows->count, rows->capacity), cells, sizeof cells);
}

/* ---- the parts of the report ---- */

static void
add_heading(struct strbuf *out, const struct scan_heading *heading,
            const struct scan_result *result)
{
    char rows[32];
    size_t read = 0;
    for (size_t i = 0; i < result->table_count; i++)
        read += result->tables[i].was_read;
    strbuf_printf(out, "database %s, role %s\nlooked for ", heading->identity->database,
                  heading->identity->role);
    for (size_t i = 0; i < scan_finder_kind_count(heading->finder); i++)
        strbuf_printf(out, "%s%s", i > 0 ? ", " : "", scan_finder_kind(heading->finder, i)->name);
    for (size_t i = 0; i < heading->word_count; i++)
        strbuf_printf(out, "%s%s", i > 0 ? ", " : "; in names and definitions the words ",
                      heading->words[i]);
    strbuf_printf(out, "\nread %s rows of %zu tables with columns that can hold text%s\n",
                  clock_format_count(result->rows, rows, sizeof rows), read,
                  result->is_sampled ? "; only a sample of some: see below" : "");
}

static void
add_table_title(struct strbuf *out, const struct scan_table *table, bool use_color)
{
    char rows[32], estimate[32];
    CLEANUP(memory_free_string) char *name = memory_printf("%s.%s", table->schema, table->name);
    strbuf_printf(out, "\n%s", use_color ? "\033[1m" : "");
    add_visible(out, name);
    strbuf_printf(out, "%s%s: %s rows", use_color ? "\033[0m" : "",
                  table->kind == 'm'   ? " (materialized view)"
                  : table->kind == 'f' ? " (foreign table)"
                                       : "",
                  clock_format_count(table->rows, rows, sizeof rows));
    if (table->is_sampled && table->estimate >= 0)
        strbuf_printf(out, ", a sample of about %s",
                      clock_format_count(table->estimate, estimate, sizeof estimate));
    else if (table->is_sampled)
        strbuf_add_string(out, ", a sample");
    strbuf_add_char(out, '\n');
}

static void
add_tables(struct strbuf *out, const struct scan_heading *heading, const struct scan_result *result,
           bool use_color)
{
    for (size_t i = 0; i < result->found_count;) {
        size_t table = result->found[i].table;
        struct rows rows = {0};
        add_table_title(out, &result->tables[table], use_color);
        for (; i < result->found_count && result->found[i].table == table; i++)
            add_found(&rows, heading, result, &result->found[i]);
        add_rows(out, &rows);
        release_rows(&rows);
    }
}

static void
add_objects(struct strbuf *out, const struct scan_result *result)
{
    struct rows rows = {0};
    if (result->object_count == 0)
        return;
    strbuf_add_string(out, "\nnames and definitions\n");
    for (size_t i = 0; i < result->object_count; i++) {
        const struct scan_object *object = &result->objects[i];
        char *cells[CELLS] = {
            memory_strdup(object->kind),
            memory_printf("%s%s%s%s", object->schema, object->schema[0] != '\0' ? "." : "",
                          object->name, object->is_allowed ? " (allowed)" : ""),
            memory_printf("%s%s", object->is_word ? "word " : "", object->found),
            object->times > 1 ? memory_printf("%" PRId64 " times", object->times)
                              : memory_strdup(""),
            memory_strdup(object->excerpt),
            memory_strdup(""),
            memory_strdup(""),
        };
        memcpy(*ARRAY_ADD(rows.cells, rows.count, rows.capacity), cells, sizeof cells);
    }
    add_rows(out, &rows);
    release_rows(&rows);
}

static void
add_gaps(struct strbuf *out, const struct scan_gap *gaps, size_t count, bool chosen,
         const char *title)
{
    bool has_title = false;
    for (size_t i = 0; i < count; i++) {
        if (gaps[i].is_chosen != chosen)
            continue;
        strbuf_add_string(out, has_title ? "" : title);
        has_title = true;
        strbuf_add_string(out, "  ");
        add_visible(out, gaps[i].name);
        strbuf_add_string(out, ": ");
        add_visible(out, gaps[i].reason);
        strbuf_add_char(out, '\n');
        if (gaps[i].hint == NULL)
            continue;
        strbuf_add_string(out, "    hint: ");
        add_visible(out, gaps[i].hint);
        strbuf_add_char(out, '\n');
    }
}

void
scan_print_result(struct strbuf *out, const struct scan_heading *heading,
                  const struct scan_result *result, bool use_color)
{
    add_heading(out, heading, result);
    add_tables(out, heading, result, use_color);
    add_objects(out, result);
    add_gaps(out, result->gaps, result->gap_count, false, "\nnot checked\n");
    add_gaps(out, result->gaps, result->gap_count, true, "\nleft out\n");
    strbuf_printf(out, "\n%" PRId64 " places with IDs or words", result->left);
    if (result->expected > 0)
        strbuf_printf(out, ", %" PRId64 " with new IDs", result->expected);
    if (result->allowed > 0)
        strbuf_printf(out, ", %" PRId64 " allowed", result->allowed);
    strbuf_add_char(out, '\n');
}

void
scan_print_files(struct strbuf *out, const struct scan_files *files)
{
    for (size_t i = 0; i < files->line_count; i++) {
        const struct scan_line *line = &files->lines[i];
        add_visible(out, line->path);
        if (line->line > 0)
            strbuf_printf(out, ":%" PRId64 ":%" PRId64 ": ", line->line, line->column);
        else
            strbuf_add_string(out, ": in its name: ");
        strbuf_printf(out, "%s%s: ", line->is_word ? "word " : "", line->found);
        add_visible(out, line->excerpt);
        strbuf_add_char(out, '\n');
    }
    if (files->left > (int64_t)files->line_count)
        strbuf_printf(out, "... and %" PRId64 " more\n", files->left - (int64_t)files->line_count);
    add_gaps(out, files->gaps, files->gap_count, false, "not checked\n");
    strbuf_printf(out,
                  "%" PRId64 " left, %" PRId64 " allowed, in %" PRId64 " files; %" PRId64
                  " binary files and %" PRId64 " folders were passed over\n",
                  files->left, files->allowed, files->files, files->binary_files,
                  files->skipped_folders);
}
