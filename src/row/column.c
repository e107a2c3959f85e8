/*
 * One column that is not plain: its origin, then `values`, `rewrite`, `resolve`.
 *
 * A value that comes out as it went in is copied in its escaped form, so that nothing is changed by
 * being looked at.
 */
#include "transform.h"

#include "idmigrate/wire.h"

#include <string.h>

bool
row_column_is_plain(const struct plan_column *column)
{
    const struct mapping_column *spec = column->spec;
    if (column->resolve_count > 0)
        return false;
    return spec == NULL || (spec->origin != MAPPING_UUID && spec->value_count == 0 &&
                            spec->default_kind == MAPPING_DEFAULT_NONE &&
                            (spec->rewrite == MAPPING_REWRITE_NONE || column->matcher == NULL));
}

size_t
row_field_start(const struct row_transform *transform, int field)
{
    if (transform->is_binary)
        return wire_start(transform->source_ends, (size_t)field);
    return field == 0 ? 0 : transform->source_ends[field - 1] + 1;
}

static struct row_value
read_text(struct row_transform *transform, int field)
{
    size_t start = row_field_start(transform, field);
    const char *raw = transform->source + start;
    size_t length = transform->source_ends[field] - start;
    if (length == 2 && memcmp(raw, "\\N", 2) == 0)
        return (struct row_value){.data = NULL};
    if (memchr(raw, '\\', length) == NULL)
        return (struct row_value){.data = raw, .length = length};
    strbuf_reset(&transform->unescaped);
    row_unescape(&transform->unescaped, raw, length);
    return (struct row_value){.data = transform->unescaped.data,
                              .length = transform->unescaped.length};
}

/* What is not a column itself (keys, what UUIDs are made of) is selected as text. */
static struct row_value
read_binary(struct row_transform *transform, int field)
{
    const struct plan_table *table = transform->table;
    enum plan_wire wire =
        (size_t)field < table->column_count ? table->columns[field].source_wire : PLAN_WIRE_TEXT;
    struct row_value text;
    if (!wire_read(wire, wire_field(transform->source, transform->source_ends, (size_t)field),
                   &transform->unescaped, &text))
        transform->is_unfit = true;
    return text;
}

struct row_value
row_field_value(struct row_transform *transform, int field)
{
    return transform->is_binary ? read_binary(transform, field) : read_text(transform, field);
}

static bool
is_generated(const struct plan_column *column)
{
    return column->spec != NULL && column->spec->origin == MAPPING_UUID;
}

static struct row_value
read_origin(struct row_transform *transform, size_t position)
{
    const struct plan_column *column = &transform->table->columns[position];
    const struct strbuf *key = &transform->row.source_key;
    struct row_value name = {.data = NULL};

    if (!is_generated(column))
        return row_field_value(transform, column->field);
    if (column->from_field >= 0)
        name = row_field_value(transform, column->from_field);
    else if (!transform->source_key_is_null)
        name = (struct row_value){.data = key->data, .length = key->length};
    return row_uuid_generate(&transform->arena, transform->columns[position].space, name);
}

static bool
apply_values(struct row_transform *transform, size_t position, struct row_value *value)
{
    const struct mapping_column *spec = transform->table->columns[position].spec;
    if (value->data == NULL || spec == NULL ||
        (spec->value_count == 0 && spec->default_kind == MAPPING_DEFAULT_NONE))
        return true;

    const struct value_entry *entry = row_values_find(&transform->columns[position].values, *value);
    if (entry != NULL) {
        *value = entry->new_value;
    } else if (spec->default_kind == MAPPING_DEFAULT_VALUE) {
        const char *text = spec->default_value;
        *value = (struct row_value){.data = text, .length = text ? strlen(text) : 0};
    } else if (spec->default_kind != MAPPING_DEFAULT_KEEP) {
        row_reject(transform, ROW_REJECT, ROW_REASON_VALUE, position, *value);
        return false;
    }
    return true;
}

static enum row_rewrite_result
rewrite_value(struct row_transform *transform, size_t position, struct row_value value)
{
    const struct plan_column *column = &transform->table->columns[position];
    struct strbuf *out = &transform->rewritten;
    int64_t *replaced = &transform->counts[position].rewritten;

    strbuf_reset(out);
    switch (column->spec->rewrite) {
    case MAPPING_REWRITE_JSON:
        return row_rewrite_json_with(&transform->scratch, out, column->matcher, value.data,
                                     value.length, column->sorts_json_keys, replaced);
    case MAPPING_REWRITE_ARRAY:
        return row_rewrite_array_with(&transform->scratch, out, column->matcher, value.data,
                                      value.length, replaced);
    case MAPPING_REWRITE_TEXT:
        return row_rewrite_text(out, column->matcher, value.data, value.length, replaced);
    case MAPPING_REWRITE_NONE:
        break;
    }
    return ROW_REWRITE_SAME;
}

/* Memory of one huge value is not kept for the rest of the table. */
static void
let_go_if_large(struct strbuf *buf)
{
    if (buf->capacity > ARENA_KEPT)
        strbuf_release(buf);
}

static bool
apply_rewrite(struct row_transform *transform, size_t position, struct row_value *value)
{
    const struct plan_column *column = &transform->table->columns[position];
    const struct row_value nothing = {.data = NULL};
    if (value->data == NULL || column->spec == NULL || column->matcher == NULL)
        return true;

    switch (rewrite_value(transform, position, *value)) {
    case ROW_REWRITE_SAME:
        break;
    case ROW_REWRITE_CHANGED:
        *value = (struct row_value){.data = transform->rewritten.data,
                                    .length = transform->rewritten.length};
        let_go_if_large(&transform->unescaped);
        break;
    case ROW_REWRITE_KEY_COLLISION:
        /* The value is a document, not an ID: it has no place among reasons. */
        row_reject(transform, ROW_REJECT, ROW_REASON_JSON_KEY, position, nothing);
        return false;
    case ROW_REWRITE_NOT_VALID:
        row_reject(transform, ROW_REJECT,
                   column->spec->rewrite == MAPPING_REWRITE_ARRAY ? ROW_REASON_ARRAY
                                                                  : ROW_REASON_JSON,
                   position, nothing);
        return false;
    }
    return true;
}

/* Resolves and fills the column's entry in row.ids. `origin` is its text in the source. */
static bool
apply_resolve(struct row_transform *transform, size_t position, struct row_value origin,
              struct row_value *value)
{
    struct row_id *id = transform->columns[position].id;
    struct row_value resolved = row_resolve(transform, position, *value);

    id->old_value = origin;
    if (id->state == ROW_ID_UNRESOLVED)
        return false;
    id->new_value = resolved.data != NULL && resolved.data == transform->rewritten.data
                        ? row_arena_copy(&transform->arena, resolved)
                        : resolved;
    *value = resolved;
    return true;
}

/* A value that is as it came, in the form in which it goes. */
static bool
is_passed_on(const struct row_transform *transform, const struct plan_column *column)
{
    return !is_generated(column) &&
           (!transform->is_binary || column->source_wire == column->target_wire);
}

static void
write_column(struct row_transform *transform, size_t position, struct row_value value,
             bool is_origin)
{
    const struct plan_column *column = &transform->table->columns[position];
    struct strbuf *line = &transform->row.line;

    if (is_origin && is_passed_on(transform, column)) {
        size_t start = row_field_start(transform, column->field);
        strbuf_add(line, transform->source + start, transform->source_ends[column->field] - start);
    } else if (transform->is_binary) {
        if (!wire_write(line, column->target_wire, value))
            transform->is_unfit = true;
    } else if (value.data == NULL) {
        strbuf_add(line, "\\N", 2);
    } else {
        row_escape(line, value.data, value.length);
    }
}

void
row_column_transform(struct row_transform *transform, size_t position)
{
    struct row_id *id = transform->columns[position].id;
    struct row_value origin = read_origin(transform, position);
    if (id != NULL) {
        /* It outlives the line, and the buffers of the columns after it. */
        origin = row_arena_copy(&transform->arena, origin);
        *id = (struct row_id){
            .column = (int)position, .state = ROW_ID_UNRESOLVED, .old_value = origin};
    }

    struct row_value value = origin;
    bool good = apply_values(transform, position, &value) &&
                apply_rewrite(transform, position, &value) &&
                (id == NULL || apply_resolve(transform, position, origin, &value));
    if (!good)
        value = origin;
    write_column(transform, position, value,
                 value.data == origin.data && value.length == origin.length);
    let_go_if_large(&transform->unescaped);
    let_go_if_large(&transform->rewritten);
}
