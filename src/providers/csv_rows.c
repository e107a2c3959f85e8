/* Rows of a CSV file with a header. */
#include "csv_rows.h"

#include "idmigrate/input.h"
#include "idmigrate/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool
csv_rows_begin(struct csv_rows *rows, char delimiter, struct error *err)
{
    if (csv_init(&rows->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return error_set(err, EXIT_BUG, "out of memory");
    csv_set_delim(&rows->parser, (unsigned char)delimiter);
    rows->is_ready = true;
    return true;
}

void
csv_rows_release(struct csv_rows *rows)
{
    if (rows->is_ready) {
        if (rows->parser.entry_buf != NULL)
            explicit_bzero(rows->parser.entry_buf, rows->parser.entry_size);
        csv_free(&rows->parser);
    }
    if (rows->bytes.length > 0)
        explicit_bzero(rows->bytes.data, rows->bytes.length);
    strbuf_release(&rows->bytes);
    free(rows->starts);
    free(rows->fields);
    *rows = (struct csv_rows)CSV_ROWS_INIT;
}

static void
on_field(void *field, size_t length, void *context)
{
    struct csv_rows *rows = context;
    size_t number = rows->field_count;
    *ARRAY_ADD(rows->starts, rows->field_count, rows->capacity) = rows->bytes.length;
    bool is_kept = rows->wanted == NULL || (number < rows->column_count && rows->wanted[number]);
    /* Beyond the header it matters only whether there is something. */
    bool is_beyond = rows->column_count > 0 && number >= rows->column_count;
    if (is_beyond)
        strbuf_add(&rows->bytes, "x", length > 0 ? 1 : 0);
    else if (is_kept)
        strbuf_add(&rows->bytes, field, length);
    strbuf_add_char(&rows->bytes, '\0');
}

static bool
fail_too_long(const struct csv_rows *rows)
{
    error_set(rows->err, EXIT_INPUT, "%zu fields, but the header has %zu", rows->field_count,
              rows->column_count);
    return error_hint(rows->err, "quote fields that hold the delimiter: \"...\"");
}

static bool
end_row(struct csv_rows *rows)
{
    size_t most = rows->field_count > rows->column_count ? rows->field_count : rows->column_count;
    rows->fields = memory_realloc_array(rows->fields, most + 1, sizeof *rows->fields);
    for (size_t i = 0; i < most; i++)
        rows->fields[i] = i < rows->field_count ? rows->bytes.data + rows->starts[i] : "";
    if (rows->column_count == 0)
        rows->column_count = rows->field_count;
    for (size_t i = rows->column_count; i < rows->field_count; i++)
        if (rows->fields[i][0] != '\0')
            return fail_too_long(rows);
    return rows->on_row(rows->context, rows->fields, rows->column_count, rows->row_line, rows->err);
}

static void
on_row(int terminator, void *context)
{
    struct csv_rows *rows = context;
    (void)terminator;
    if (!rows->has_failed && !end_row(rows)) {
        rows->has_failed = true;
        error_context(rows->err, "line %" PRIu64, rows->row_line);
    }
    /* A password digest stays no longer than its row. */
    if (rows->wanted == NULL && rows->bytes.length > 0)
        explicit_bzero(rows->bytes.data, rows->bytes.length);
    strbuf_reset(&rows->bytes);
    rows->field_count = 0;
    rows->row_has_ended = true;
}

static bool
fail_syntax(struct csv_rows *rows)
{
    if (csv_error(&rows->parser) != CSV_EPARSE)
        return error_set(rows->err, EXIT_BUG, "%s", csv_strerror(csv_error(&rows->parser)));
    error_set(rows->err, EXIT_INPUT, "line %" PRIu64 ": a quote stands inside a field", rows->line);
    return error_hint(rows->err, "quote the whole field and double the quotes in it: "
                                 "\"a \"\"b\"\" c\"");
}

static size_t
line_length(const char *data, size_t length)
{
    const char *lf = memchr(data, '\n', length);
    size_t most = lf != NULL ? (size_t)(lf - data) + 1 : length;
    const char *cr = memchr(data, '\r', most);
    return cr != NULL ? (size_t)(cr - data) + 1 : most;
}

static bool
ends_line(const char *data, size_t length)
{
    return data[length - 1] == '\n' || data[length - 1] == '\r';
}

/* Between rows: blanks, which a row's first field loses anyway, and comments before the header.
 * What is fed may be a part of a line. */
static bool
is_passed_over(struct csv_rows *rows, const char *data, size_t length)
{
    size_t blanks = 0;
    while (blanks < length && (data[blanks] == ' ' || data[blanks] == '\t' ||
                               data[blanks] == '\r' || data[blanks] == '\n'))
        blanks++;
    if (blanks < length && data[blanks] == '#' && rows->column_count == 0)
        rows->in_comment = true;
    bool is_over = rows->in_comment || blanks == length;
    rows->in_comment = rows->in_comment && !ends_line(data, length);
    return is_over;
}

static bool
feed_line(struct csv_rows *rows, const char *data, size_t length)
{
    if (rows->row_has_ended) {
        rows->row_line = rows->line;
        rows->row_length = 0;
        if (is_passed_over(rows, data, length))
            return true;
    }
    rows->row_length += length;
    if (rows->row_length > INPUT_LONGEST_RECORD)
        return input_fail_too_long("line", rows->row_line, rows->err);
    rows->row_has_ended = false;
    /* By how much libcsv's buffer grows: always by 128 bytes, a long field would take for ever. */
    csv_set_blk_size(&rows->parser, rows->row_length > 4096 ? rows->row_length : 4096);
    if (csv_parse(&rows->parser, data, length, on_field, on_row, rows) < length)
        return fail_syntax(rows);
    return !rows->has_failed;
}

bool
csv_rows_feed(struct csv_rows *rows, const char *data, size_t length, struct error *err)
{
    rows->err = err;
    while (length > 0) {
        if (rows->after_cr && data[0] != '\n')
            rows->line++;
        rows->after_cr = false;
        size_t part = line_length(data, length);
        if (!feed_line(rows, data, part))
            return false;
        rows->line += data[part - 1] == '\n';
        rows->after_cr = data[part - 1] == '\r';
        data += part;
        length -= part;
    }
    return true;
}

bool
csv_rows_end(struct csv_rows *rows, struct error *err)
{
    rows->err = err;
    if (csv_fini(&rows->parser, on_field, on_row, rows) != 0) {
        error_set(err, EXIT_INPUT, "line %" PRIu64 ": a quoted field is never closed",
                  rows->row_line);
        return error_hint(err, "look for a single quote character on that line");
    }
    return !rows->has_failed;
}
