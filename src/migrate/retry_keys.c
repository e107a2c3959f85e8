/* Rows of the source that are asked for by the texts of their keys. */
#include "retry.h"

#include "idmigrate/memory.h"

#include <jansson.h>
#include <stdlib.h>

void
retry_keys_add(struct retry_keys *keys, const char *text)
{
    *ARRAY_ADD(keys->texts, keys->count, keys->capacity) = memory_strdup(text);
}

void
retry_keys_release(struct retry_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        free(keys->texts[i]);
    free(keys->texts);
    *keys = (struct retry_keys)RETRY_KEYS_INIT;
}

static const struct catalog_column *
key_column(const struct plan_table *table, size_t k)
{
    const struct catalog_table *source = table->source;
    int position = catalog_find_column(source, table->source_key_names[k]);
    return position >= 0 ? &source->columns[position] : NULL;
}

/* The parts of all keys, by part; false where the keys cannot be asked for: the whole table is read
 * then. */
static bool
split_keys(const struct plan_table *table, const struct retry_keys *keys, char ***parts)
{
    size_t count = table->source_key_count;
    bool good = count > 0;
    for (size_t i = 0; good && i < keys->count; i++) {
        const char *text = keys->texts[i];
        if (count == 1) {
            parts[0][i] = memory_strdup(text);
            good = text[0] != '['; /* it may be the form of NULL */
            continue;
        }
        json_t *array = json_loads(text, 0, NULL);
        good = json_array_size(array) == count;
        for (size_t k = 0; good && k < count; k++) {
            const char *part = json_string_value(json_array_get(array, k));
            good = part != NULL;
            parts[k][i] = memory_strdup(part);
        }
        json_decref(array);
    }
    return good;
}

/* Other types have no operators without a search path, and unnest() takes arrays of arrays apart to
 * the last element. */
static bool
is_comparable(const struct catalog_column *column)
{
    return column != NULL && column->type.is_builtin && column->type.category != 'A';
}

/* A list of types that the server has itself is compared by them, so that an index serves. */
static void
add_key_condition(struct strbuf *sql, const struct plan_table *table, const struct retry_keys *keys,
                  char ***parts)
{
    size_t count = table->source_key_count;
    bool is_typed = true;
    for (size_t k = 0; k < count; k++)
        is_typed = is_typed && is_comparable(key_column(table, k));
    strbuf_add_string(sql, "(");
    for (size_t k = 0; k < count; k++) {
        strbuf_add_string(sql, k > 0 ? ", t." : "t.");
        db_quote_identifier(sql, table->source_key_names[k]);
        strbuf_add_string(sql, is_typed ? "" : "::text");
    }
    strbuf_add_string(sql, ") IN (SELECT * FROM ROWS FROM (");
    for (size_t k = 0; k < count; k++) {
        struct strbuf array = STRBUF_INIT;
        db_format_array(&array, (const char *const *)parts[k], keys->count);
        strbuf_add_string(sql, k > 0 ? ", pg_catalog.unnest(" : "pg_catalog.unnest(");
        db_quote_literal(sql, array.data);
        strbuf_printf(sql, "::%s[])", is_typed ? key_column(table, k)->type.text_plain : "text");
        strbuf_release(&array);
    }
    strbuf_add_string(sql, "))");
}

void
retry_keys_sql(struct strbuf *sql, const struct plan_table *table, const struct retry_keys *keys)
{
    size_t count = table->source_key_count;
    struct strbuf condition = STRBUF_INIT;
    char ***parts = memory_zalloc((count + 1) * sizeof *parts);
    for (size_t k = 0; k < count; k++)
        parts[k] = memory_zalloc((keys->count + 1) * sizeof **parts);
    if (split_keys(table, keys, parts))
        add_key_condition(&condition, table, keys, parts);
    struct plan_range range = {.condition = condition.length > 0 ? condition.data : NULL};
    plan_sql_copy_out(sql, table, &range);
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < keys->count; i++)
            free(parts[k][i]);
        free(parts[k]);
    }
    free(parts);
    strbuf_release(&condition);
}
