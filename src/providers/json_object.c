/* One object of a provider's JSON. */
#include "json_object.h"

#include "idmigrate/memory.h"

#include <stdbool.h>
#include <string.h>

struct reader {
    const char *at, *end;
};

static void
skip_space(struct reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
                                        *reader->at == '\r' || *reader->at == '\t'))
        reader->at++;
}

static bool
take(struct reader *reader, char c)
{
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* The bytes between the quotes; false for a text with escapes, or with what a text must not hold.
 */
static bool
take_text(struct reader *reader, const char **text, size_t *length)
{
    if (!take(reader, '"'))
        return false;
    *text = reader->at;
    while (reader->at < reader->end && *reader->at != '"') {
        if (*reader->at == '\\' || (unsigned char)*reader->at < ' ')
            return false;
        reader->at++;
    }
    *length = (size_t)(reader->at - *text);
    return take(reader, '"');
}

/* Where a value that is no text ends: at the comma or bracket behind it. */
static size_t
other_length(const struct reader *reader)
{
    size_t depth = 0;
    bool in_string = false;
    const char *c = reader->at;
    for (; c < reader->end; c++) {
        if (in_string && *c == '\\')
            c += c + 1 < reader->end;
        else if (*c == '"')
            in_string = !in_string;
        else if (in_string)
            continue;
        else if (*c == '{' || *c == '[')
            depth++;
        else if (depth == 0 && (*c == ',' || *c == '}' || *c == ']'))
            break;
        else if (*c == '}' || *c == ']')
            depth--;
    }
    return (size_t)(c - reader->at);
}

static json_t *
take_other(struct reader *reader)
{
    size_t length = other_length(reader);
    const char *text = reader->at;
    reader->at += length;
    if (length == 4 && memcmp(text, "null", 4) == 0)
        return json_null();
    if (length == 4 && memcmp(text, "true", 4) == 0)
        return json_true();
    if (length == 5 && memcmp(text, "false", 5) == 0)
        return json_false();
    return json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
}

static json_t *
take_value(struct reader *reader)
{
    const char *text;
    size_t length;
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != '"')
        return take_other(reader);
    return take_text(reader, &text, &length) ? json_stringn_nocheck(text, length) : NULL;
}

static bool
take_member(struct reader *reader, json_t *object)
{
    char name[64];
    const char *text;
    size_t length;
    if (!take_text(reader, &text, &length) || length >= sizeof name || !take(reader, ':'))
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    json_t *value = json_object_get(object, name) == NULL ? take_value(reader) : NULL;
    return value != NULL && json_object_set_new_nocheck(object, name, value) == 0;
}

json_t *
json_object_read_plain(const char *text, size_t length)
{
    struct reader reader = {text, text + length};
    json_t *object = json_object();
    bool good = take(&reader, '{');
    bool is_last = good && take(&reader, '}');
    while (good && !is_last) {
        good =
            take_member(&reader, object) && ((is_last = take(&reader, '}')) || take(&reader, ','));
    }
    skip_space(&reader);
    if (good && reader.at == reader.end)
        return object;
    json_decref(object);
    return NULL;
}
