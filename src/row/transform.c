/*
 * From a line of the source to a line of the target, or from a tuple to a tuple.
 *
 * Most columns of most tables are copied as they are. So the columns are compiled to segments once
 * for each table: a run of plain columns whose fields follow each other is one memcpy, and only the
 * columns between them are looked into.
 */
#include "transform.h"

#include "idmigrate/memory.h"
#include "idmigrate/wire.h"

#include <stdlib.h>
#include <string.h>

static void
add_segment(struct row_transform *transform, struct segment segment)
{
    const struct plan_column *columns = transform->table->columns;
    if (segment.is_plain && transform->segment_count > 0) {
        struct segment *last = &transform->segments[transform->segment_count - 1];
        if (last->is_plain &&
            columns[segment.first].field == columns[segment.first - 1].field + 1) {
            last->count += segment.count;
            return;
        }
    }
    *ARRAY_ADD(transform->segments, transform->segment_count, transform->segment_capacity) =
        segment;
}

static void
compile_column(struct row_transform *transform, size_t position)
{
    const struct plan_column *column = &transform->table->columns[position];
    struct column_code *code = &transform->columns[position];
    struct row *row = &transform->row;
    const struct mapping_column *spec = column->spec;

    add_segment(
        transform,
        (struct segment){.first = position, .count = 1, .is_plain = row_column_is_plain(column)});
    if (column->resolve_count > 0)
        code->id = &row->ids[row->id_count++];
    if (spec == NULL)
        return;
    code->has_literals = spec->literal_count > 0 || transform->plan->mapping->literal_count > 0;
    row_values_init(&code->values, spec);
    if (spec->origin == MAPPING_UUID)
        row_uuid_namespace(code->space,
                           spec->namespace ? spec->namespace : transform->table->spec->from);
}

struct row_transform *
row_transform_new(const struct plan *plan, const struct plan_table *table)
{
    struct row_transform *transform = memory_zalloc(sizeof *transform);
    size_t count = table->column_count;

    transform->plan = plan;
    transform->table = table;
    transform->is_binary = table->codec == PLAN_CODEC_BINARY;
    transform->row.table = table;
    transform->columns = memory_zalloc(count * sizeof *transform->columns);
    transform->counts = memory_zalloc(count * sizeof *transform->counts);
    transform->source_ends = memory_zalloc(table->field_count * sizeof *transform->source_ends);
    transform->unescaped = (struct strbuf)STRBUF_INIT;
    transform->rewritten = (struct strbuf)STRBUF_INIT;
    transform->scratch = (struct row_scratch)ROW_SCRATCH_INIT;
    transform->row.line = (struct strbuf)STRBUF_INIT;
    transform->row.source_key = (struct strbuf)STRBUF_INIT;
    transform->row.target_key = (struct strbuf)STRBUF_INIT;
    transform->row.ends = memory_zalloc(count * sizeof *transform->row.ends);
    transform->row.ids = memory_zalloc(count * sizeof *transform->row.ids);
    for (size_t i = 0; i < count; i++)
        compile_column(transform, i);
    return transform;
}

void
row_transform_free(struct row_transform **transform)
{
    struct row_transform *old = *transform;
    *transform = NULL;
    if (old == NULL)
        return;
    for (size_t i = 0; i < old->table->column_count; i++)
        row_values_release(&old->columns[i].values);
    free(old->columns);
    free(old->segments);
    free(old->counts);
    free(old->source_ends);
    row_arena_release(&old->arena);
    strbuf_release(&old->unescaped);
    strbuf_release(&old->rewritten);
    row_scratch_release(&old->scratch);
    strbuf_release(&old->row.line);
    strbuf_release(&old->row.source_key);
    strbuf_release(&old->row.target_key);
    free(old->row.ends);
    free(old->row.ids);
    free(old);
}

/* Copies a run of columns; its fields lie in the source as they will in the target, separators
 * included. */
static void
copy_plain(struct row_transform *transform, const struct segment *segment)
{
    struct row *row = &transform->row;
    int field = transform->table->columns[segment->first].field;
    const size_t *ends = transform->source_ends + field;
    size_t start = row_field_start(transform, field);
    /* Modulo the width of size_t: the target may be shorter than the source. */
    size_t shift = row->line.length - start;

    strbuf_add(&row->line, transform->source + start, ends[segment->count - 1] - start);
    for (size_t i = 0; i < segment->count; i++)
        row->ends[segment->first + i] = ends[i] + shift;
}

static void
begin_row(struct row_transform *transform, const char *line, size_t length)
{
    struct row *row = &transform->row;
    row_arena_reset(&transform->arena);
    transform->source = line;
    row->status = ROW_GOOD;
    row->reason = NULL;
    row->reason_column = -1;
    row->reason_value = (struct row_value){.data = NULL};
    transform->is_unfit = false;
    row->source_digest = digest_bytes(line, length);
    row_key_make_source(transform);
    strbuf_reset(&row->line);
    /* New IDs are about as long as old ones: with this the line rarely grows. */
    strbuf_reserve(&row->line, length + length / 8 + 64);
}

static void
end_row(struct row_transform *transform)
{
    struct row *row = &transform->row;
    size_t newline = transform->is_binary ? 0 : 1;
    row->target_digest =
        row_target_digest(transform->table, row->line.data, row->line.length - newline);
    row_key_make_target(transform);
}

/* One column or several that follow each other. */
static void
add_segment_values(struct row_transform *transform, const struct segment *segment)
{
    if (segment->is_plain) {
        copy_plain(transform, segment);
        return;
    }
    row_column_transform(transform, segment->first);
    transform->row.ends[segment->first] = transform->row.line.length;
}

static void
make_line(struct row_transform *transform)
{
    struct strbuf *line = &transform->row.line;
    for (size_t i = 0; i < transform->segment_count; i++) {
        add_segment_values(transform, &transform->segments[i]);
        strbuf_add_char(line, '\t');
    }
    /* The separator behind the last column ends the line. */
    strbuf_truncate(line, transform->table->column_count == 0 ? 0 : line->length - 1);
    strbuf_add_char(line, '\n');
}

static void
make_tuple(struct row_transform *transform)
{
    wire_add_count(&transform->row.line, transform->table->column_count);
    for (size_t i = 0; i < transform->segment_count; i++)
        add_segment_values(transform, &transform->segments[i]);
}

static bool
split(struct row_transform *transform, const char *line, size_t length)
{
    size_t count = transform->table->field_count;
    if (transform->is_binary)
        return wire_split(line, length, transform->source_ends, count);
    return length > 0 && line[length - 1] == '\n' &&
           row_split(line, length, transform->source_ends, count);
}

bool
row_transform_line(struct row_transform *transform, const char *line, size_t length,
                   struct row **row, struct error *err)
{
    const struct plan_table *table = transform->table;
    if (!split(transform, line, length))
        return error_set(err, EXIT_BUG, "table %s: a row of the source is not a %s of %zu fields",
                         table->label, transform->is_binary ? "tuple" : "line", table->field_count);

    begin_row(transform, line, length);
    if (transform->is_binary)
        make_tuple(transform);
    else
        make_line(transform);
    if (transform->is_unfit)
        return error_set(err, EXIT_BUG, "table %s: a value is not of its column's type",
                         table->label);
    end_row(transform);
    *row = &transform->row;
    return !transform->is_unfit ||
           error_set(err, EXIT_BUG, "table %s: a key is not of its column's type", table->label);
}

const struct row_counts *
row_transform_counts(const struct row_transform *transform)
{
    return transform->counts;
}

struct row_value
row_column_escaped(const struct row *row, size_t column)
{
    size_t start = column == 0 ? 0 : row->ends[column - 1] + 1;
    return (struct row_value){.data = row->line.data + start, .length = row->ends[column] - start};
}

struct row_value
row_column_value(const struct row *row, size_t column, struct strbuf *buffer)
{
    if (row->table->codec == PLAN_CODEC_BINARY) {
        struct row_value text;
        if (!wire_read(row->table->columns[column].target_wire,
                       wire_field(row->line.data, row->ends, column), buffer, &text))
            text = (struct row_value){.data = NULL};
        return text;
    }
    struct row_value escaped = row_column_escaped(row, column);
    strbuf_reset(buffer);
    if (escaped.length == 2 && memcmp(escaped.data, "\\N", 2) == 0)
        return (struct row_value){.data = NULL};
    row_unescape(buffer, escaped.data, escaped.length);
    return (struct row_value){.data = buffer->data, .length = buffer->length};
}

struct digest
row_target_digest(const struct plan_table *table, const char *line, size_t length)
{
    size_t skipped = table->codec == PLAN_CODEC_BINARY ? WIRE_COUNT_SIZE : 0;
    return digest_bytes(line + skipped, length - skipped);
}

static bool
write_replacement(const struct row_transform *transform, struct strbuf *line, size_t column,
                  struct row_value value)
{
    if (transform->is_binary)
        return wire_write(line, transform->table->columns[column].target_wire, value);
    if (value.data == NULL)
        strbuf_add(line, "\\N", 2);
    else
        row_escape(line, value.data, value.length);
    return true;
}

static size_t
column_start(const struct row_transform *transform, const struct row *row, size_t column)
{
    if (transform->is_binary)
        return wire_start(row->ends, column);
    return column == 0 ? 0 : row->ends[column - 1] + 1;
}

bool
row_replace_column(struct row_transform *transform, struct row *row, size_t column,
                   struct row_value value, struct error *err)
{
    size_t start = column_start(transform, row, column), old_end = row->ends[column];
    /* A copy first: the value may lie in the very line that is changed. */
    struct row_value copy = row_arena_copy(&transform->arena, value);
    struct strbuf *line = &transform->rewritten;

    strbuf_reset(line);
    strbuf_reserve(line, row->line.length + copy.length);
    strbuf_add(line, row->line.data, start);
    if (!write_replacement(transform, line, column, copy))
        return error_set(err, EXIT_BUG, "table %s: the key of a merged row is not of its type",
                         transform->table->label);
    size_t shift = line->length - old_end; /* modulo, as above */
    strbuf_add(line, row->line.data + old_end, row->line.length - old_end);

    struct strbuf old_line = row->line;
    row->line = *line;
    *line = old_line;
    for (size_t i = column; i < transform->table->column_count; i++)
        row->ends[i] += shift;
    if (transform->columns[column].id != NULL)
        transform->columns[column].id->new_value = copy;
    end_row(transform);
    return true;
}
