/*
 * CSV with a header, by libcsv in its strict mode.
 *
 * libcsv is fed one physical line at a time, so that the line a row starts on is known when the row
 * is complete: a quoted field may hold line ends.
 */
#include "file.h"
#include "idmigrate/memory.h"

#include <csv.h>
#include <inttypes.h>
#include <string.h>

struct csv_reader {
    const struct idmap_file *file;
    struct idmap *map;
    struct error *err;
    uint64_t *count;
    struct csv_parser parser;
    bool has_failed; /* libcsv goes on to the end of the line it was fed */
    bool has_header;
    size_t column_count, old_index, new_index;

    size_t field; /* of the row that is being read, from 0 */
    struct strbuf old_id, new_id;
    struct strbuf names; /* of the header, for the hint */
    bool row_has_ended;
    uint64_t line, row_line;
    size_t row_length;
    bool after_cr; /* CR LF is one end of a line, CR alone is one too */
};

enum { NOT_FOUND = -1 };

static void
fail(struct csv_reader *reader)
{
    reader->has_failed = true;
    error_context(reader->err, "line %" PRIu64, reader->row_line);
}

static bool
is_name(const char *name, const void *field, size_t length)
{
    return strlen(name) == length && memcmp(name, field, length) == 0;
}

static void
note_column(struct csv_reader *reader, const char *name, size_t *index, const void *field,
            size_t length)
{
    if (!is_name(name, field, length))
        return;
    if (*index != (size_t)NOT_FOUND && !reader->has_failed) {
        error_set(reader->err, EXIT_INPUT, "column \"%s\" stands twice in the header", name);
        fail(reader);
    }
    *index = reader->field;
}

static void
on_field(void *field, size_t length, void *context)
{
    struct csv_reader *reader = context;
    if (!reader->has_header) {
        note_column(reader, reader->file->old_column, &reader->old_index, field, length);
        note_column(reader, reader->file->new_column, &reader->new_index, field, length);
        file_add_name(&reader->names, field, length);
    } else if (reader->field == reader->old_index)
        strbuf_add(&reader->old_id, field, length);
    else if (reader->field == reader->new_index)
        strbuf_add(&reader->new_id, field, length);
    reader->field++;
}

/* Whether the header is one field that becomes the wanted columns with another delimiter. */
static char
guess_delimiter(const struct csv_reader *reader)
{
    static const char candidates[] = ",;\t|";
    const char *names = reader->names.data;
    if (reader->column_count != 1 || strstr(names, reader->file->old_column) == NULL ||
        strstr(names, reader->file->new_column) == NULL)
        return '\0';
    for (const char *c = candidates; *c != '\0'; c++)
        if (*c != reader->file->delimiter && strchr(names, *c) != NULL)
            return *c;
    return '\0';
}

static void
end_header(struct csv_reader *reader)
{
    reader->has_header = true;
    reader->column_count = reader->field;
    if (reader->has_failed)
        return;
    bool has_old = reader->old_index != (size_t)NOT_FOUND;
    if (has_old && reader->new_index != (size_t)NOT_FOUND)
        return;
    char delimiter = guess_delimiter(reader);
    error_set(reader->err, EXIT_INPUT, "the header has no column \"%s\"",
              has_old ? reader->file->new_column : reader->file->old_column);
    if (delimiter != '\0')
        error_hint(reader->err, "the delimiter seems to be \"%s\"",
                   delimiter == '\t' ? "\\t" : (char[]){delimiter, '\0'});
    else
        error_hint(reader->err, "the first line names the columns; found: %s", reader->names.data);
    fail(reader);
}

static void
end_pair(struct csv_reader *reader)
{
    if (reader->field != reader->column_count) {
        error_set(reader->err, EXIT_INPUT, "%zu field%s, but the header has %zu", reader->field,
                  reader->field == 1 ? "" : "s", reader->column_count);
        error_hint(reader->err, "%s",
                   reader->field < reader->column_count
                       ? "a row has all fields of the header; empty ones too"
                       : "quote fields that hold the delimiter: \"...\"");
        fail(reader);
        return;
    }
    ++*reader->count;
    if (!idmap_add(reader->map, reader->old_id.data, reader->old_id.length, reader->new_id.data,
                   reader->new_id.length, reader->row_line, reader->err))
        fail(reader);
}

static void
on_row(int terminator, void *context)
{
    struct csv_reader *reader = context;
    (void)terminator;
    if (!reader->has_header)
        end_header(reader);
    else if (!reader->has_failed)
        end_pair(reader);
    strbuf_reset(&reader->old_id);
    strbuf_reset(&reader->new_id);
    reader->field = 0;
    reader->row_has_ended = true;
}

static bool
fail_syntax(struct csv_reader *reader)
{
    reader->has_failed = true;
    if (csv_error(&reader->parser) != CSV_EPARSE)
        return error_set(reader->err, EXIT_BUG, "%s", csv_strerror(csv_error(&reader->parser)));
    error_set(reader->err, EXIT_INPUT, "line %" PRIu64 ": a quote stands inside a field",
              reader->line);
    return error_hint(reader->err, "quote the whole field and double the quotes in it: "
                                   "\"a \"\"b\"\" c\"");
}

/* The bytes up to and including the first end of a line, or all of them. */
static size_t
line_length(const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (data[i] == '\n' || data[i] == '\r')
            return i + 1;
    return length;
}

static bool
is_blank(const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (strchr(" \t\r\n", data[i]) == NULL)
            return false;
    return true;
}

static bool
feed_line(struct csv_reader *reader, const char *data, size_t length)
{
    bool is_between_rows = reader->row_has_ended;
    if (is_between_rows) {
        reader->row_line = reader->line;
        reader->row_length = 0;
    }
    reader->row_length += length;
    if (reader->row_length > INPUT_LONGEST_RECORD)
        return input_fail_too_long("line", reader->row_line, reader->err);
    reader->row_has_ended = false;
    /* By how much libcsv's buffer grows: always by 128 bytes, a long field would take for ever. */
    csv_set_blk_size(&reader->parser, reader->row_length > 4096 ? reader->row_length : 4096);
    if (csv_parse(&reader->parser, data, length, on_field, on_row, reader) < length)
        return fail_syntax(reader);
    if (is_between_rows && is_blank(data, length))
        reader->row_has_ended = true;
    return !reader->has_failed;
}

static bool
feed_block(struct csv_reader *reader, const char *data, size_t length)
{
    while (length > 0) {
        if (reader->after_cr && data[0] != '\n')
            reader->line++;
        reader->after_cr = false;
        size_t part = line_length(data, length);
        if (!feed_line(reader, data, part))
            return false;
        reader->line += data[part - 1] == '\n';
        reader->after_cr = data[part - 1] == '\r';
        data += part;
        length -= part;
    }
    return true;
}

static bool
finish(struct csv_reader *reader)
{
    if (csv_fini(&reader->parser, on_field, on_row, reader) != 0) {
        error_set(reader->err, EXIT_INPUT, "line %" PRIu64 ": a quoted field is never closed",
                  reader->row_line);
        return error_hint(reader->err, "look for a single quote character on that line");
    }
    if (!reader->has_header)
        return error_set(reader->err, EXIT_INPUT, "the file is empty");
    return !reader->has_failed;
}

static void
release(struct csv_reader *reader)
{
    csv_free(&reader->parser);
    strbuf_release(&reader->old_id);
    strbuf_release(&reader->new_id);
    strbuf_release(&reader->names);
}

bool
file_read_csv(struct idmap *map, const struct idmap_file *file, struct input *input,
              uint64_t *count, struct error *err)
{
    struct csv_reader reader = {.file = file,
                                .map = map,
                                .err = err,
                                .count = count,
                                .old_index = (size_t)NOT_FOUND,
                                .new_index = (size_t)NOT_FOUND,
                                .old_id = STRBUF_INIT,
                                .new_id = STRBUF_INIT,
                                .names = STRBUF_INIT,
                                .row_has_ended = true,
                                .line = 1,
                                .row_line = 1};
    if (file->old_column == NULL) {
        error_set(err, EXIT_INPUT, "is CSV, but its columns are not named");
        return error_hint(err, "say \"old_column\" and \"new_column\"");
    }
    if (csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return error_set(err, EXIT_BUG, "out of memory");
    csv_set_delim(&reader.parser, (unsigned char)(file->delimiter ? file->delimiter : ','));
    bool is_read = true;
    while (is_read && input->length > 0)
        is_read = feed_block(&reader, input->data, input->length) && input_next(input, err);
    is_read = is_read && finish(&reader);
    release(&reader);
    return is_read;
}
