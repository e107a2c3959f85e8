/*
 * Rows of the target as they are found: what was written, where it is, its key, and a digest of the
 * whole. So a row can be known as one that an audit event tells of, and be addressed, when its key
 * is not its own.
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/wire.h"

#include <stdlib.h>

/* Behind the written columns. */
enum { FOUND_PLACE, FOUND_KEY, FOUND_WHOLE, FOUND_FIELDS };

void
found_sql_columns(struct strbuf *sql, const struct plan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        strbuf_add_string(sql, i > 0 ? ", t." : "t.");
        db_quote_identifier(sql, table->columns[i].target->name);
    }
    strbuf_add_string(sql, ", pg_catalog.format('%s %s', t.tableoid, t.ctid), ");
    stage_key_expression(sql, table, "t");
    strbuf_add_string(sql, ", pg_catalog.md5((t.*)::pg_catalog.text)");
}

struct found_reader
found_reader_new(const struct plan_table *table)
{
    return (struct found_reader){
        .table = table,
        .ends = memory_alloc((table->column_count + FOUND_FIELDS) * sizeof(size_t)),
        .key = STRBUF_INIT,
    };
}

void
found_reader_release(struct found_reader *reader)
{
    free(reader->ends);
    strbuf_release(&reader->key);
    reader->ends = NULL;
}

static bool
read_tuple(struct found_reader *reader, const char *tuple, size_t length, struct row_value *fields,
           size_t *written)
{
    size_t count = reader->table->column_count;
    if (!wire_split(tuple, length, reader->ends, count + FOUND_FIELDS))
        return false;
    *written = wire_start(reader->ends, count);
    for (size_t i = 0; i < FOUND_FIELDS; i++)
        fields[i] = wire_field(tuple, reader->ends, count + i);
    return true;
}

static bool
read_line(struct found_reader *reader, const char *line, size_t length, struct row_value *fields,
          size_t *written)
{
    size_t count = reader->table->column_count;
    if (!row_split(line, length, reader->ends, count + FOUND_FIELDS))
        return false;
    *written = reader->ends[count - 1];
    for (size_t i = 0; i < FOUND_FIELDS; i++) {
        size_t start = reader->ends[count + i - 1] + 1;
        fields[i] = (struct row_value){line + start, reader->ends[count + i] - start};
    }
    return true;
}

bool
found_read(struct found_reader *reader, const char *line, size_t length, struct found_row *row,
           struct error *err)
{
    bool is_binary = reader->table->codec == PLAN_CODEC_BINARY;
    struct row_value fields[FOUND_FIELDS];
    size_t written;

    if (!(is_binary ? read_tuple(reader, line, length, fields, &written)
                    : read_line(reader, line, length, fields, &written)) ||
        fields[FOUND_WHOLE].data == NULL ||
        !digest_from_hex(fields[FOUND_WHOLE].data, fields[FOUND_WHOLE].length, &row->whole))
        return error_set(err, EXIT_BUG, "unexpected line of the target");
    row->row = row_target_digest(reader->table, line, written);
    row->place = fields[FOUND_PLACE];
    strbuf_reset(&reader->key);
    if (is_binary)
        strbuf_add(&reader->key, fields[FOUND_KEY].data, fields[FOUND_KEY].length);
    else
        row_unescape(&reader->key, fields[FOUND_KEY].data, fields[FOUND_KEY].length);
    row->key = reader->key.data;
    return true;
}

struct digest
found_content(const char *key, struct digest row)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(row, hex);
    strbuf_printf(&text, "%s %s", hex, key);
    return digest_bytes(text.data, text.length);
}
