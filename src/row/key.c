/*
 * Keys as text, on both sides of the way: one column as it is, several as a JSON array of strings
 * and nulls the way jsonb prints it (`["a", null]`), so that SQL can make the same; without a key
 * the line's digest.
 */
#include "transform.h"

#include "json.h"

static void
add_digest(struct strbuf *key, struct digest digest)
{
    char hex[DIGEST_HEX_SIZE];
    digest_to_hex(digest, hex);
    strbuf_add(key, hex, DIGEST_HEX_SIZE - 1);
}

static void
add_element(struct strbuf *key, struct row_value value)
{
    strbuf_add_string(key, key->length == 0 ? "[" : ", ");
    if (value.data == NULL) {
        strbuf_add(key, "null", 4);
        return;
    }
    strbuf_add_char(key, '"');
    json_escape(key, value.data, value.length);
    strbuf_add_char(key, '"');
}

/* A key of one column that is NULL (a declared key may be) is [null]: it must differ from an empty
 * text. */
static void
add_part(struct strbuf *key, struct row_value value, bool is_single)
{
    if (is_single && value.data != NULL)
        strbuf_add(key, value.data, value.length);
    else
        add_element(key, value);
}

static void
end_key(struct strbuf *key, bool is_array)
{
    if (is_array)
        strbuf_add_char(key, ']');
}

void
key_make_source(struct row_transform *transform)
{
    const struct plan_table *table = transform->table;
    struct strbuf *key = &transform->row.source_key;
    bool is_single = table->source_key_count == 1;

    strbuf_reset(key);
    transform->source_key_is_null = false;
    if (table->source_key_count == 0) {
        add_digest(key, transform->row.source_digest);
        return;
    }
    for (size_t i = 0; i < table->source_key_count; i++) {
        struct row_value value = column_field_value(transform, table->source_key[i]);
        transform->source_key_is_null = is_single && value.data == NULL;
        add_part(key, value, is_single);
    }
    end_key(key, !is_single || transform->source_key_is_null);
}

void
key_make_target(struct row_transform *transform)
{
    const struct plan_table *table = transform->table;
    struct strbuf *key = &transform->row.target_key;
    bool is_single = table->target_key_count == 1, is_null = false;

    strbuf_reset(key);
    if (table->target_key_count == 0) {
        add_digest(key, transform->row.target_digest);
        return;
    }
    for (size_t i = 0; i < table->target_key_count; i++) {
        struct row_value value =
            row_column_value(&transform->row, (size_t)table->target_key[i], &transform->unescaped);
        is_null = value.data == NULL;
        add_part(key, value, is_single);
    }
    end_key(key, !is_single || is_null);
}

void
row_encode_key(struct strbuf *key, const struct row_value *values, size_t count)
{
    bool is_single = count == 1;
    for (size_t i = 0; i < count; i++)
        add_part(key, values[i], is_single);
    end_key(key, !is_single || values[0].data == NULL);
}
