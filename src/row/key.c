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

/*
 * Part `number` of `count`. A key of one column that is NULL (a declared key may be) is [null]: it
 * must differ from an empty text.
 */
static void
add_part(struct strbuf *key, struct row_value value, size_t number, size_t count)
{
    if (count == 1 && value.data != NULL) {
        strbuf_add(key, value.data, value.length);
        return;
    }
    strbuf_add_string(key, number == 0 ? "[" : ", ");
    if (value.data == NULL) {
        strbuf_add(key, "null", 4);
    } else {
        strbuf_add_char(key, '"');
        row_json_escape(key, value.data, value.length);
        strbuf_add_char(key, '"');
    }
    if (number + 1 == count)
        strbuf_add_char(key, ']');
}

void
row_key_make_source(struct row_transform *transform)
{
    const struct plan_table *table = transform->table;
    struct strbuf *key = &transform->row.source_key;
    size_t count = table->source_key_count;

    strbuf_reset(key);
    transform->source_key_is_null = false;
    if (count == 0)
        add_digest(key, transform->row.source_digest);
    for (size_t i = 0; i < count; i++) {
        struct row_value value = row_field_value(transform, table->source_key[i]);
        transform->source_key_is_null = count == 1 && value.data == NULL;
        add_part(key, value, i, count);
    }
}

void
row_key_make_target(struct row_transform *transform)
{
    const struct plan_table *table = transform->table;
    struct strbuf *key = &transform->row.target_key;
    size_t count = table->target_key_count;

    strbuf_reset(key);
    if (count == 0)
        add_digest(key, transform->row.target_digest);
    for (size_t i = 0; i < count; i++)
        add_part(
            key,
            row_column_value(&transform->row, (size_t)table->target_key[i], &transform->unescaped),
            i, count);
}

void
row_encode_key(struct strbuf *key, const struct row_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_part(key, values[i], i, count);
}
