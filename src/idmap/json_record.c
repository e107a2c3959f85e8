/* One record of a JSON or NDJSON file. */
#include "json_record.h"

#include "file.h"
#include "idmigrate/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* jansson's text goes on with a part of the file, which may be anybody's address: that is left out.
 */
bool
json_record_fail_syntax(const json_error_t *where, struct error *err)
{
    const char *end = strstr(where->text, " near ");
    int length = end != NULL ? (int)(end - where->text) : (int)strlen(where->text);
    if (json_error_code(where) == json_error_null_character ||
        json_error_code(where) == json_error_null_byte_in_key)
        return error_set(err, EXIT_INPUT, "a text holds \\u0000");
    return error_set(err, EXIT_INPUT, "not valid JSON: %.*s", length, where->text);
}

struct id_text {
    const char *text;
    size_t length;
    char digits[24]; /* of an ID that is written as a number */
};

static bool
read_id(const char *name, const json_t *value, struct id_text *id, struct error *err)
{
    if (json_is_string(value)) {
        id->text = json_string_value(value);
        id->length = json_string_length(value);
        return true;
    }
    if (!json_is_integer(value))
        return error_set(err, EXIT_INPUT, "\"%.200s\" is %s", name,
                         json_is_null(value) ? "null" : "neither a text nor a whole number");
    id->length = (size_t)snprintf(id->digits, sizeof id->digits, "%lld",
                                  (long long)json_integer_value(value));
    id->text = id->digits;
    return true;
}

static bool
fail_no_member(json_t *record, const char *name, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf names = STRBUF_INIT;
    const char *key;
    json_t *ignored;
    json_object_foreach(record, key, ignored)
    {
        file_add_name(&names, key, strlen(key));
    }
    error_set(err, EXIT_INPUT, "has no \"%s\"", name);
    return error_hint(err, "found: %s", names.data);
}

bool
json_record_add(struct idmap *map, const struct idmap_file *file, json_t *record, uint64_t place,
                struct error *err)
{
    const char *names[] = {file->old_column, file->new_column};
    struct id_text ids[2] = {{.text = NULL}, {.text = NULL}};
    if (!json_is_object(record))
        return error_set(err, EXIT_INPUT, "is not an object");
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = json_object_get(record, names[i]);
        if (value == NULL)
            return fail_no_member(record, names[i], err);
        if (!read_id(names[i], value, &ids[i], err))
            return false;
    }
    return idmap_add(map, ids[0].text, ids[0].length, ids[1].text, ids[1].length, place, err);
}

bool
json_record_add_member(struct idmap *map, json_t *object, uint64_t place, struct error *err)
{
    void *member = json_object_iter(object);
    const char *old_id = json_object_iter_key(member);
    struct id_text new_id = {.text = NULL};
    if (!read_id(old_id, json_object_iter_value(member), &new_id, err))
        return error_hint(err, "an object maps old to new IDs; for a list of records, use an array "
                               "and name \"old_column\", \"new_column\"");
    return idmap_add(map, old_id, strlen(old_id), new_id.text, new_id.length, place, err);
}

/* ---- one object: a record, or pairs ---- */

/* "clerk_user_id", "workosId"; an ID that ends so by chance has more digits than a name. */
static bool
is_name_of_ids(const char *key)
{
    size_t length = strlen(key), digits = 0;
    for (size_t i = 0; i < length; i++)
        digits += key[i] >= '0' && key[i] <= '9';
    if (length < 2 || length > 40 || digits > 2)
        return false;
    const char *end = key + length - 2;
    char before = length > 2 ? end[-1] : '_';
    bool is_word = strchr("_-. ", before) != NULL;
    bool is_part =
        (strcmp(end, "Id") == 0 || strcmp(end, "ID") == 0) && !isupper((unsigned char)before);
    return is_part || (is_word && strcmp(end, "id") == 0);
}

static bool
has_known_names(json_t *object)
{
    static const char *const known[][2] = {
        {"old_id", "old_id"}, {"old", "old"}, {"source_id", "target_id"}, {"from", "to"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (json_object_get(object, known[i][0]) != NULL &&
            json_object_get(object, known[i][1]) != NULL)
            return true;
    return false;
}

bool
json_record_has_names(json_t *object)
{
    size_t names = 0;
    const char *key;
    json_t *ignored;
    json_object_foreach(object, key, ignored)
    {
        names += is_name_of_ids(key);
    }
    return names >= 2 || has_known_names(object);
}

enum json_shape
json_record_shape(json_t *object)
{
    enum { SHORTEST = 16 }; /* of IDs that only providers make */
    size_t old_ids = 0, new_ids = 0;
    const char *key;
    json_t *value;
    if (json_record_has_names(object))
        return JSON_SHAPE_RECORD;
    json_object_foreach(object, key, value)
    {
        if (!json_is_string(value))
            return JSON_SHAPE_RECORD;
        old_ids += idmap_looks_like_id(key, strlen(key));
        new_ids += json_string_length(value) >= SHORTEST &&
                   idmap_looks_like_id(json_string_value(value), json_string_length(value));
    }
    return old_ids == 0 && new_ids >= 2 ? JSON_SHAPE_DOUBTFUL : JSON_SHAPE_PAIRS;
}
