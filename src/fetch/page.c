/* An answer: its items, what of them is kept, and what follows. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

/* The value at a dotted path through objects, or NULL. */
static json_t *
value_at(json_t *json, const char *path)
{
    while (json != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        CLEANUP(memory_free_string) char *key = memory_strndup(path, length);
        json = json_object_get(json, key);
        path += length + (path[length] == '.');
    }
    return json;
}

json_t *
page_items(json_t *answer, const struct fetch_resource *resource, struct error *err)
{
    json_t *items = value_at(answer, resource->items);
    if (json_is_array(items))
        return items;
    error_set(err, EXIT_REFUSED, "the answer has no list of %s", resource->name);
    error_hint(err, "is --base-url that of the provider's API?");
    return NULL;
}

const char *
page_next(json_t *answer, const struct fetch_provider *provider)
{
    for (size_t i = 0; i < provider->next_count; i++) {
        const char *cursor = json_string_value(value_at(answer, provider->next[i]));
        if (cursor != NULL && cursor[0] != '\0')
            return cursor;
    }
    return NULL;
}

bool
page_says_next(json_t *answer, const struct fetch_provider *provider)
{
    for (size_t i = 0; i < provider->next_count; i++)
        if (value_at(answer, provider->next[i]) != NULL)
            return true;
    return false;
}

const char *
page_id(const json_t *item, const struct fetch_resource *resource, struct error *err)
{
    const char *id = json_string_value(json_object_get(item, "id"));
    if (id == NULL || id[0] == '\0')
        error_set(err, EXIT_REFUSED, "the answer has one of %s without \"id\"", resource->name);
    return id != NULL && id[0] != '\0' ? id : NULL;
}

static void keep(json_t *to, json_t *from, const char *path);

/* Each element keeps its place, so that several fields of one element come together again. */
static void
keep_of_elements(json_t *to, const json_t *from, const char *path)
{
    size_t index;
    json_t *element;
    json_array_foreach(from, index, element)
    {
        if (index >= json_array_size(to))
            json_array_append_new(to, json_object());
        keep(json_array_get(to, index), element, path);
    }
}

static void
keep(json_t *to, json_t *from, const char *path)
{
    size_t length = strcspn(path, ".");
    CLEANUP(memory_free_string) char *key = memory_strndup(path, length);
    json_t *value = json_object_get(from, key), *kept = json_object_get(to, key);
    if (value == NULL)
        return;
    if (path[length] == '\0' || !(json_is_object(value) || json_is_array(value))) {
        json_object_set(to, key, value);
        return;
    }
    if (kept == NULL) {
        kept = json_is_array(value) ? json_array() : json_object();
        json_object_set_new(to, key, kept);
    }
    if (json_is_array(value))
        keep_of_elements(kept, value, path + length + 1);
    else
        keep(kept, value, path + length + 1);
}

json_t *
page_select(json_t *item, const struct fetch_resource *resource)
{
    if (resource->field_count == 0)
        return json_incref(item);
    json_t *kept = json_object();
    for (size_t i = 0; i < resource->field_count; i++)
        keep(kept, item, resource->fields[i]);
    return kept;
}
