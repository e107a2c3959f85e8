/* NDJSON: one object a line. */
#include "file.h"
#include "idmigrate/memory.h"
#include "json_record.h"

#include <inttypes.h>
#include <string.h>

struct line_reader {
    const struct idmap_file *file;
    struct idmap *map;
    struct error *err;
    uint64_t *count;
    uint64_t number;
    struct strbuf line; /* what is read of it so far */
};

static bool
read_line(struct line_reader *reader)
{
    json_error_t where;
    const struct strbuf *line = &reader->line;
    if (strspn(line->data, " \t\r") == line->length)
        return true;
    CLEANUP(json_decrefp)
    json_t *record =
        json_loadb(line->data, line->length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (record == NULL)
        json_record_fail_syntax(&where, reader->err);
    if (record == NULL ||
        !json_record_add(reader->map, reader->file, record, reader->number, reader->err))
        return error_context(reader->err, "line %" PRIu64, reader->number);
    ++*reader->count;
    return true;
}

static bool
feed_block(struct line_reader *reader, const char *data, size_t length)
{
    while (length > 0) {
        const char *end = memchr(data, '\n', length);
        size_t part = end != NULL ? (size_t)(end - data) : length;
        strbuf_add(&reader->line, data, part);
        if (reader->line.length > INPUT_LONGEST_RECORD)
            return input_fail_too_long("line", reader->number, reader->err);
        if (end == NULL)
            return true;
        if (!read_line(reader))
            return false;
        strbuf_reset(&reader->line);
        reader->number++;
        data = end + 1;
        length -= part + 1;
    }
    return true;
}

bool
file_read_ndjson(struct idmap *map, const struct idmap_file *file, struct input *input,
                 uint64_t *count, struct error *err)
{
    struct line_reader reader = {
        .file = file, .map = map, .err = err, .count = count, .number = 1, .line = STRBUF_INIT};
    if (file->old_column == NULL) {
        error_set(err, EXIT_INPUT, "is NDJSON, but its columns are not named");
        return error_hint(err, "say \"old_column\" and \"new_column\"");
    }
    bool is_read = true;
    while (is_read && input->length > 0)
        is_read = feed_block(&reader, input->data, input->length) && input_next(input, err);
    is_read = is_read && read_line(&reader);
    strbuf_release(&reader.line);
    return is_read;
}
