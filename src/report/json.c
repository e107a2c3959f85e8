/* Building JSON. */
#include "json.h"
#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <string.h>

void
report_put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new_nocheck(object, key, value);
}

json_t *
report_json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    size_t length = strlen(text);
    size_t valid = utf8_valid_length(text, length);
    if (valid == length)
        return json_stringn_nocheck(text, length);
    CLEANUP(memory_free_string) char *clean = memory_strdup(text);
    while (valid < length) {
        clean[valid] = '?';
        valid += utf8_valid_length(clean + valid, length - valid);
    }
    return json_stringn_nocheck(clean, length);
}

void
report_put_text(json_t *object, const char *key, const char *text)
{
    report_put(object, key, report_json_text(text));
}

void
report_put_count(json_t *object, const char *key, int64_t count)
{
    report_put(object, key, json_integer(count));
}

void
report_put_seconds(json_t *object, const char *key, double seconds)
{
    report_put(object, key, seconds < 0 ? json_null() : json_real(seconds));
}

json_t *
report_json_parse(const char *text)
{
    json_t *value = text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    return value != NULL ? value : json_null();
}

static int
add_piece(const char *data, size_t length, void *out)
{
    strbuf_add(out, data, length);
    return 0;
}

void
report_json_write(struct strbuf *out, json_t *document)
{
    json_dump_callback(document, add_piece, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    strbuf_add_char(out, '\n');
    json_decref(document);
}
