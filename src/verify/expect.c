/* From a line (or binary row) of the source to the line that the target must hold, or to the fields
 * of its binary row. */
#include "expect.h"

#include "binary.h"
#include "rewrite.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- setting up ---- */

static void
set_chain(struct expect_column *column, const struct pairs_list *maps)
{
    const struct mapping_column *spec = column->plan->spec;
    column->chain = memory_alloc((spec->resolve_count + 1) * sizeof *column->chain);
    for (size_t i = 0; i < spec->resolve_count; i++)
        column->chain[i] = &maps->maps[spec->resolve[i]];
    column->chain_count = spec->resolve_count;
}

/* The maps a mapping names, or all that hold legacy IDs themselves. */
static void
set_finder(struct expect_column *column, const struct plan_table *table,
           const struct pairs_list *maps)
{
    const struct mapping_column *spec = column->plan->spec;
    const struct pairs **used =
        memory_alloc((maps->count + spec->rewrite_id_count + 1) * sizeof *used);
    size_t count = 0;
    (void)table;
    for (size_t i = 0; i < spec->rewrite_id_count; i++)
        used[count++] = &maps->maps[spec->rewrite_ids[i]];
    for (size_t i = 0; i < maps->count && spec->rewrite_id_count == 0; i++)
        if (maps->maps[i].spec->kind != MAPPING_IDS_UNION && !maps->maps[i].spec->derived)
            used[count++] = &maps->maps[i];
    finder_init_maps(&column->finder, used, count);
    column->is_rewritten = count > 0;
    column->sorts = spec->rewrite == MAPPING_REWRITE_JSON &&
                    strcmp(column->plan->target->type.base_text_plain, "jsonb") == 0;
}

static void
init_column(struct expect_column *column, const struct plan_table *table, size_t position,
            const struct pairs_list *maps)
{
    const struct plan_column *plan = &table->columns[position];
    const struct mapping_column *spec = plan->spec;
    *column = (struct expect_column){.plan = plan,
                                     .origin_text = STRBUF_INIT,
                                     .rewritten = STRBUF_INIT,
                                     .followed = STRBUF_INIT};
    column->is_plain = true;
    if (spec == NULL)
        return;
    if (spec->resolve_count > 0)
        set_chain(column, maps);
    if (spec->rewrite != MAPPING_REWRITE_NONE)
        set_finder(column, table, maps);
    if (spec->origin == MAPPING_UUID) {
        column->is_generated = true;
        column->space = uuid5_namespace(spec->namespace ? spec->namespace : table->spec->from);
    }
    column->is_plain = column->chain_count == 0 && !column->is_rewritten && !column->is_generated &&
                       spec->value_count == 0 && spec->default_kind == MAPPING_DEFAULT_NONE;
}

void
expect_init(struct expect *expect, const struct plan *plan, const struct plan_table *table,
            const struct pairs_list *maps)
{
    *expect = (struct expect){.plan = plan,
                              .table = table,
                              .line = STRBUF_INIT,
                              .source_key = STRBUF_INIT,
                              .target_key = STRBUF_INIT,
                              .scratch = STRBUF_INIT};
    expect->columns = memory_zalloc((table->column_count + 1) * sizeof *expect->columns);
    expect->fields = memory_zalloc((table->field_count + 1) * sizeof *expect->fields);
    expect->written = memory_zalloc((table->column_count + 1) * sizeof *expect->written);
    for (size_t i = 0; i < table->column_count; i++)
        init_column(&expect->columns[i], table, i, maps);
}

void
expect_release(struct expect *expect)
{
    for (size_t i = 0; expect->columns != NULL && i < expect->table->column_count; i++) {
        struct expect_column *column = &expect->columns[i];
        free(column->chain);
        finder_release(&column->finder);
        strbuf_release(&column->origin_text);
        strbuf_release(&column->rewritten);
        strbuf_release(&column->followed);
    }
    free(expect->columns);
    free(expect->fields);
    free(expect->written);
    strbuf_release(&expect->line);
    strbuf_release(&expect->source_key);
    strbuf_release(&expect->target_key);
    strbuf_release(&expect->scratch);
    *expect = (struct expect){.columns = NULL};
}

/* ---- one column ---- */

static bool
reject(struct expect *expect, size_t position, const char *reason, struct span value)
{
    if (!expect->is_rejected) {
        expect->is_rejected = true;
        expect->reason = reason;
        expect->reason_column = (int)position;
        expect->reason_value = value;
    }
    return false;
}

static bool
apply_values(struct expect *expect, size_t position, struct span *value)
{
    const struct mapping_column *spec = expect->columns[position].plan->spec;
    if (value->data == NULL ||
        (spec->value_count == 0 && spec->default_kind == MAPPING_DEFAULT_NONE))
        return true;
    for (size_t i = 0; i < spec->value_count; i++)
        if (span_equal(span_of(spec->values[i].old_value), *value)) {
            *value = span_of(spec->values[i].new_value);
            return true;
        }
    if (spec->default_kind == MAPPING_DEFAULT_KEEP)
        return true;
    if (spec->default_kind == MAPPING_DEFAULT_NONE)
        return reject(expect, position, "value_not_mapped", *value);
    *value = span_of(spec->default_value);
    return true;
}

static bool
apply_rewrite(struct expect *expect, size_t position, struct span *value)
{
    struct expect_column *column = &expect->columns[position];
    enum rewrite_result result = REWRITE_DONE;
    if (!column->is_rewritten || value->data == NULL)
        return true;
    strbuf_reset(&column->rewritten);
    switch (column->plan->spec->rewrite) {
    case MAPPING_REWRITE_JSON:
        result = rewrite_json(&column->rewritten, &column->finder, *value, column->sorts);
        break;
    case MAPPING_REWRITE_ARRAY:
        result = rewrite_array(&column->rewritten, &column->finder, *value);
        break;
    case MAPPING_REWRITE_TEXT:
        rewrite_text(&column->rewritten, &column->finder, *value);
        break;
    case MAPPING_REWRITE_NONE:
        return true;
    }
    if (result == REWRITE_COLLISION)
        return reject(expect, position, "json_key_collision", SPAN_NULL);
    if (result == REWRITE_NOT_VALID)
        return reject(expect, position,
                      column->plan->spec->rewrite == MAPPING_REWRITE_ARRAY ? "array_not_valid"
                                                                           : "json_not_valid",
                      SPAN_NULL);
    *value = span_of_buffer(&column->rewritten);
    return true;
}

bool
expect_is_literal(const struct plan *plan, const struct mapping_column *spec, struct span value)
{
    for (size_t i = 0; i < plan->mapping->literal_count; i++)
        if (span_equal(span_of(plan->mapping->literals[i]), value))
            return true;
    for (size_t i = 0; spec != NULL && i < spec->literal_count; i++)
        if (span_equal(span_of(spec->literals[i]), value))
            return true;
    return false;
}

/* Each step takes an old ID to its new one and lets a new one pass; one that knows neither, or two
 * answers, ends the chain: NULL, or the reason. */
static const char *
walk_chain(const struct expect_column *column, struct span *value)
{
    for (size_t i = 0; i < column->chain_count; i++) {
        struct span next = *value;
        enum pairs_found found = pairs_find(column->chain[i], *value, &next);
        if (found == PAIRS_NONE || found == PAIRS_TWO)
            return found == PAIRS_TWO ? "id_ambiguous" : "id_unresolved";
        *value = next;
    }
    return NULL;
}

static bool
apply_resolve(struct expect *expect, size_t position, struct span *value)
{
    struct expect_column *column = &expect->columns[position];
    const struct mapping_column *spec = column->plan->spec;
    struct span resolved = *value;

    column->state = EXPECT_NULL;
    if (value->data == NULL)
        return true;
    column->state = EXPECT_LITERAL;
    if (expect_is_literal(expect->plan, spec, *value))
        return true;
    column->state = EXPECT_NEW;
    const char *reason = walk_chain(column, &resolved);
    if (reason == NULL) {
        *value = resolved;
        return true;
    }
    if (spec->unresolved == MAPPING_UNRESOLVED_NULL) {
        column->state = EXPECT_NULLED;
        *value = SPAN_NULL;
        return true;
    }
    column->state = EXPECT_KEPT;
    if (spec->unresolved == MAPPING_UNRESOLVED_KEEP)
        return true;
    column->state = EXPECT_UNRESOLVED;
    return reject(expect, position, reason, *value);
}

static void
read_origin(struct expect *expect, size_t position)
{
    struct expect_column *column = &expect->columns[position];
    struct span name;
    if (!column->is_generated) {
        column->origin = codec_read_field(expect->table, column->plan->source_wire,
                                          &column->origin_text, column->raw);
        return;
    }
    name = column->plan->from_field >= 0
               ? expect_field(expect, column->plan->from_field, &column->origin_text)
               : span_of_buffer(&expect->source_key);
    bool key_is_null =
        column->plan->from_field < 0 && expect->table->source_key_count == 1 &&
        expect_field(expect, expect->table->source_key[0], &column->origin_text).data == NULL;
    column->origin = SPAN_NULL;
    if (name.data == NULL || key_is_null)
        return;
    struct uuid made = uuid5_make(&column->space, name);
    uuid5_format(&made, column->uuid_text);
    column->origin = span_of(column->uuid_text);
}

/* A column that rejects its row stays as it was. */
static void
transform_column(struct expect *expect, size_t position)
{
    struct expect_column *column = &expect->columns[position];
    read_origin(expect, position);
    struct span value = column->origin;
    column->state = EXPECT_UNRESOLVED;
    bool good = apply_values(expect, position, &value) && apply_rewrite(expect, position, &value) &&
                (column->chain_count == 0 || apply_resolve(expect, position, &value));
    column->value = good ? value : column->origin;
    column->is_changed = column->is_generated || !span_equal(column->value, column->origin);
}

/* ---- one row ---- */

struct span
expect_field(struct expect *expect, int field, struct strbuf *buffer)
{
    const struct plan_table *table = expect->table;
    /* Behind the columns there is only text. */
    enum plan_wire wire =
        (size_t)field < table->column_count ? table->columns[field].source_wire : PLAN_WIRE_TEXT;
    return codec_read_field(table, wire, buffer, expect->fields[field]);
}

static void
make_source_key(struct expect *expect)
{
    const struct plan_table *table = expect->table;
    struct strbuf *key = &expect->source_key;
    bool is_array = table->source_key_count > 1;
    strbuf_reset(key);
    for (size_t i = 0; i < table->source_key_count; i++) {
        struct span part = expect_field(expect, table->source_key[i], &expect->scratch);
        is_array |= part.data == NULL;
        key_add(key, part, table->source_key_count);
    }
    key_end(key, is_array);
    if (table->source_key_count == 0) {
        char hex[DIGEST_HEX_SIZE];
        digest_to_hex(expect->source_digest, hex);
        strbuf_add_string(key, hex);
    }
    expect->source_key_digest = digest_bytes(key->data, key->length);
}

bool
expect_read(struct expect *expect, const char *line, size_t length, struct error *err)
{
    const struct plan_table *table = expect->table;
    struct span content;
    if (!codec_split(table, line, length, expect->fields, table->field_count, &content))
        return error_set(err, EXIT_BUG, "table %s: a row of the source has not %zu fields",
                         table->label, table->field_count);
    expect->is_rejected = false;
    expect->reason = NULL;
    expect->reason_column = -1;
    expect->reason_value = SPAN_NULL;
    expect->source_digest = digest_bytes(line, length);
    make_source_key(expect);
    for (size_t i = 0; i < table->column_count; i++) {
        struct expect_column *column = &expect->columns[i];
        column->raw = expect->fields[table->columns[i].field];
        column->is_changed = false;
        if (!column->is_plain)
            transform_column(expect, i);
    }
    return true;
}

struct span
expect_value(struct expect *expect, int column, struct strbuf *buffer)
{
    const struct expect_column *at = &expect->columns[column];
    if (at->is_changed)
        return at->value;
    return codec_read_field(expect->table, at->plan->source_wire, buffer, at->raw);
}

void
expect_replace(struct expect *expect, int column, struct span value)
{
    struct expect_column *at = &expect->columns[column];
    at->is_changed = true;
    at->value = SPAN_NULL;
    if (value.data == NULL)
        return;
    strbuf_reset(&at->followed);
    strbuf_add(&at->followed, value.data, value.length);
    at->value = span_of_buffer(&at->followed);
}

/* How many columns from `first` on stand in the source line side by side and unchanged. */
static size_t
run_length(const struct expect *expect, size_t first)
{
    size_t count = 0;
    while (first + count < expect->table->column_count &&
           !expect->columns[first + count].is_changed &&
           expect->table->columns[first + count].field ==
               expect->table->columns[first].field + (int)count)
        count++;
    return count;
}

static void
write_line(struct expect *expect)
{
    size_t count = expect->table->column_count;
    strbuf_reset(&expect->line);
    for (size_t i = 0; i < count;) {
        size_t run = run_length(expect, i);
        if (i > 0)
            strbuf_add_char(&expect->line, '\t');
        if (run == 0) {
            text_write(&expect->line, expect->columns[i].value);
            i++;
            continue;
        }
        const struct span last = expect->columns[i + run - 1].raw;
        const char *start = expect->columns[i].raw.data;
        strbuf_add(&expect->line, start, (size_t)(last.data + last.length - start));
        i += run;
    }
}

/* The fields of a binary row. False when a value is none of its column. */
static bool
write_fields(struct expect *expect)
{
    strbuf_reset(&expect->line);
    for (size_t i = 0; i < expect->table->column_count; i++) {
        struct expect_column *column = &expect->columns[i];
        bool as_it_came =
            !column->is_changed && column->plan->source_wire == column->plan->target_wire;
        if (as_it_came)
            binary_add(&expect->line, column->raw);
        else if (!binary_write(&expect->line, column->plan->target_wire,
                               expect_value(expect, (int)i, &expect->scratch)))
            return false;
    }
    return true;
}

struct digest
expect_key_of(const struct plan_table *table, const struct span *written, struct span line,
              struct strbuf *key, struct strbuf *scratch)
{
    size_t count = table->target_key_count;
    bool is_array = count > 1;
    strbuf_reset(key);
    for (size_t i = 0; i < count; i++) {
        int column = table->target_key[i];
        struct span part = codec_read_column(table, (size_t)column, scratch, written[column]);
        is_array |= part.data == NULL;
        key_add(key, part, count);
    }
    key_end(key, is_array);
    if (count == 0) {
        char hex[DIGEST_HEX_SIZE];
        digest_to_hex(digest_bytes(line.data, line.length), hex);
        strbuf_add_string(key, hex);
    }
    return digest_bytes(key->data, key->length);
}

static bool
write_row(struct expect *expect)
{
    size_t count = expect->table->column_count;
    bool is_binary = expect->table->codec == PLAN_CODEC_BINARY;
    if (is_binary && !write_fields(expect))
        return false;
    if (!is_binary)
        write_line(expect);
    return is_binary
               ? binary_split_fields(expect->line.data, expect->line.length, expect->written, count)
               : text_split(expect->line.data, expect->line.length, expect->written, count);
}

bool
expect_compose(struct expect *expect, struct error *err)
{
    if (!write_row(expect))
        return error_set(err, EXIT_BUG, "table %s: a value is not of its column's type",
                         expect->table->label);
    struct span line = span_of_buffer(&expect->line);
    expect->line_digest = digest_bytes(line.data, line.length);
    expect->target_key_digest =
        expect_key_of(expect->table, expect->written, line, &expect->target_key, &expect->scratch);
    return true;
}
