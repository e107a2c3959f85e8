/* The part of JSON Schema that the report's schemas use. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

struct place {
    const json_t *root; /* of the schema */
    char path[512];
    struct strbuf *fault;
};

static bool check(struct place *place, const json_t *schema, const json_t *value);

static bool
fail(struct place *place, const char *what)
{
    strbuf_printf(place->fault, "%s: %s", place->path, what);
    return false;
}

static const char *
type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "object";
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_REAL:
        return "number";
    case JSON_NULL:
        return "null";
    default:
        return "boolean";
    }
}

static bool
has_type(const json_t *value, const char *type)
{
    return strcmp(type_of(value), type) == 0 ||
           (json_is_integer(value) && strcmp(type, "number") == 0);
}

static bool
check_type(struct place *place, const json_t *types, const json_t *value)
{
    size_t i;
    json_t *type;
    if (types == NULL || (json_is_string(types) && has_type(value, json_string_value(types))))
        return true;
    json_array_foreach(types, i, type) if (has_type(value, json_string_value(type))) return true;
    return fail(place, type_of(value));
}

static bool
check_enum(struct place *place, const json_t *allowed, const json_t *value)
{
    size_t i;
    json_t *one;
    if (allowed == NULL)
        return true;
    json_array_foreach(allowed, i, one) if (json_equal(one, value)) return true;
    return fail(place, "not one of the listed values");
}

static bool
check_below(struct place *place, const char *name, const json_t *schema, const json_t *value)
{
    size_t length = strlen(place->path);
    snprintf(place->path + length, sizeof place->path - length, "/%s", name);
    bool good = check(place, schema, value);
    place->path[length] = '\0';
    return good;
}

static bool
check_members(struct place *place, const json_t *schema, const json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        const json_t *known = json_object_get(properties, key);
        if (known == NULL && !json_is_object(others))
            return fail(place, key);
        if (!check_below(place, key, known != NULL ? known : others, member))
            return false;
    }
    return true;
}

static bool
check_object(struct place *place, const json_t *schema, const json_t *value)
{
    size_t i;
    json_t *required;
    json_array_foreach(json_object_get(schema, "required"), i,
                       required) if (json_object_get(value, json_string_value(required)) ==
                                     NULL) return fail(place, json_string_value(required));
    /* An object about which nothing is said may hold anything. */
    bool is_described = json_object_get(schema, "properties") != NULL ||
                        json_object_get(schema, "additionalProperties") != NULL;
    return !is_described || check_members(place, schema, value);
}

static bool
check_items(struct place *place, const json_t *schema, const json_t *value)
{
    size_t i;
    json_t *item;
    const json_t *items = json_object_get(schema, "items");
    json_array_foreach(value, i, item)
    {
        char number[32];
        snprintf(number, sizeof number, "%zu", i);
        if (items != NULL && !check_below(place, number, items, item))
            return false;
    }
    return true;
}

static const json_t *
follow(const struct place *place, const json_t *schema)
{
    static const char prefix[] = "#/$defs/";
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    if (reference == NULL)
        return schema;
    const json_t *found =
        json_object_get(json_object_get(place->root, "$defs"), reference + sizeof prefix - 1);
    cr_assert_not_null(found, "the schema has no %s", reference);
    return found;
}

static bool
check(struct place *place, const json_t *schema, const json_t *value)
{
    schema = follow(place, schema);
    return check_type(place, json_object_get(schema, "type"), value) &&
           check_enum(place, json_object_get(schema, "enum"), value) &&
           (!json_is_object(value) || check_object(place, schema, value)) &&
           (!json_is_array(value) || check_items(place, schema, value));
}

char *
find_schema_fault(const json_t *document, const char *file)
{
    json_error_t error;
    struct strbuf fault = STRBUF_INIT;
    CLEANUP(memory_free_string) char *path = memory_printf(DATA_DIR "/report/%s", file);
    json_t *schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(schema, "%s: %s, line %d", path, error.text, error.line);
    struct place place = {.root = schema, .fault = &fault};
    check(&place, schema, document);
    json_decref(schema);
    return strbuf_take(&fault);
}

void
assert_schema(const json_t *document, const char *file)
{
    CLEANUP(memory_free_string) char *fault = find_schema_fault(document, file);
    cr_expect_str_eq(fault, "", "%s", fault);
}
