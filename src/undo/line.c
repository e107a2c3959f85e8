/* A line of COPY in the table's codec: some fields of our own, all of them text, then the written
 * columns, whose digest is over their bytes as they come. */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/wire.h"

#include <stdlib.h>
#include <string.h>

void
undo_sql_codec(struct strbuf *sql, const struct undo_table *table)
{
    if (table->is_binary)
        strbuf_add_string(sql, " (FORMAT binary)");
}

void
undo_line_release(struct undo_line *line)
{
    for (size_t i = 0; i < UNDO_LINE_FIELDS; i++)
        strbuf_release(&line->texts[i]);
}

static void
take_field(struct undo_line *line, size_t field, bool is_null)
{
    line->values[field] = is_null ? NULL : line->texts[field].data;
}

static bool
read_text(struct undo_line *line, const char *data, size_t length, size_t count)
{
    const char *from = data, *end = data + length - 1;
    for (size_t i = 0; i < count; i++) {
        const char *tab = memchr(from, '\t', (size_t)(end - from));
        if (tab == NULL)
            return false;
        bool is_null = tab - from == 2 && memcmp(from, "\\N", 2) == 0;
        strbuf_reset(&line->texts[i]);
        if (!is_null)
            row_unescape(&line->texts[i], from, (size_t)(tab - from));
        take_field(line, i, is_null);
        from = tab + 1;
    }
    line->digest = digest_bytes(from, (size_t)(end - from));
    return true;
}

static bool
read_binary(struct undo_line *line, const struct undo_table *table, const char *data, size_t length,
            size_t count)
{
    size_t fields = count + table->column_count;
    size_t *ends = memory_alloc((fields + 1) * sizeof *ends);
    bool good = wire_split(data, length, ends, fields);
    for (size_t i = 0; good && i < count; i++) {
        struct row_value value = wire_field(data, ends, i);
        strbuf_reset(&line->texts[i]);
        if (value.data != NULL)
            strbuf_add(&line->texts[i], value.data, value.length);
        take_field(line, i, value.data == NULL);
    }
    if (good) {
        size_t start = wire_start(ends, count);
        line->digest = digest_bytes(data + start, length - start);
    }
    free(ends);
    return good;
}

bool
undo_line_read(struct undo_line *line, const struct undo_table *table, const char *data,
               size_t length, size_t count, struct error *err)
{
    bool good = table->is_binary ? read_binary(line, table, data, length, count)
                                 : read_text(line, data, length, count);
    return good ||
           error_set(err, EXIT_BUG, "table %s: unexpected line of its rows", table->stored->label);
}
