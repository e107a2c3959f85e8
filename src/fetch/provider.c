/*
 * What mappings/fetch.json says of a provider:
 * {"name": {"base_url", "key_variable", "paging": {"style": "cursor"|"offset", ...}, "resources":
 * {...}}}
 */
#include "internal.h"

#include "idmigrate/memory.h"
#include "idmigrate/named.h"

#include <stdlib.h>
#include <string.h>

static char *
text_of(const json_t *object, const char *key)
{
    return memory_strdup(json_string_value(json_object_get(object, key)));
}

static void
read_texts(const json_t *list, char ***texts, size_t *count)
{
    size_t index;
    json_t *item;
    *texts = memory_zalloc((json_array_size(list) + 1) * sizeof **texts);
    json_array_foreach(list, index, item)
    {
        if (json_is_string(item))
            (*texts)[(*count)++] = memory_strdup(json_string_value(item));
    }
}

static void
read_resource(const char *name, const json_t *from, const json_t *paging,
              struct fetch_resource *resource)
{
    const json_t *each = json_object_get(from, "each");
    *resource = (struct fetch_resource){
        .name = memory_strdup(name),
        .path = text_of(from, "path"),
        .query = text_of(from, "query"),
        .items = text_of(from, "items"),
        .each = text_of(each, "resource"),
        .each_parameter = text_of(each, "parameter"),
    };
    if (resource->items == NULL)
        resource->items = text_of(paging, "items");
    read_texts(json_object_get(from, "fields"), &resource->fields, &resource->field_count);
}

static void
read_environments(json_t *from, struct fetch_provider *provider)
{
    const char *prefix;
    json_t *name;
    provider->environments =
        memory_zalloc((json_object_size(from) + 1) * sizeof *provider->environments);
    json_object_foreach(from, prefix, name)
    {
        if (json_is_string(name))
            provider->environments[provider->environment_count++] = (struct fetch_environment){
                .prefix = memory_strdup(prefix), .name = memory_strdup(json_string_value(name))};
    }
}

static void
read_provider(const char *name, const json_t *from, struct fetch_provider *provider)
{
    const json_t *paging = json_object_get(from, "paging");
    json_t *resources = json_object_get(from, "resources"), *resource;
    const char *style = json_string_value(json_object_get(paging, "style")), *key;
    provider->name = memory_strdup(name);
    provider->base_url = text_of(from, "base_url");
    provider->key_variable = text_of(from, "key_variable");
    provider->style = style != NULL && strcmp(style, "offset") == 0 ? FETCH_OFFSET : FETCH_CURSOR;
    provider->query = text_of(paging, "query");
    provider->parameter = text_of(paging, provider->style == FETCH_OFFSET ? "offset" : "cursor");
    read_texts(json_object_get(paging, "next"), &provider->next, &provider->next_count);
    provider->overlap = (size_t)json_integer_value(json_object_get(paging, "overlap"));
    read_environments(json_object_get(from, "environments"), provider);
    provider->resources =
        memory_zalloc((json_object_size(resources) + 1) * sizeof *provider->resources);
    json_object_foreach(resources, key, resource)
    {
        read_resource(key, resource, paging, &provider->resources[provider->resource_count++]);
    }
}

static bool
is_whole(const struct fetch_provider *provider)
{
    bool good = provider->base_url != NULL && provider->key_variable != NULL &&
                provider->query != NULL && provider->parameter != NULL &&
                provider->resource_count > 0;
    for (size_t i = 0; i < provider->resource_count; i++) {
        const struct fetch_resource *resource = &provider->resources[i];
        good = good && resource->path != NULL && resource->items != NULL &&
               (resource->each == NULL || (resource->each_parameter != NULL &&
                                           fetch_resource_find(provider, resource->each) != NULL));
    }
    return good;
}

bool
fetch_provider_read(const char *json, const char *name, struct fetch_provider *provider,
                    struct error *err)
{
    json_error_t where;
    CLEANUP(json_decrefp) json_t *all = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    *provider = (struct fetch_provider){.name = NULL};
    if (!json_is_object(all))
        return error_set(err, EXIT_BUG, "built-in providers: line %d: %s", where.line, where.text);
    const json_t *found = named_find(all, name, "provider to fetch from", "", err);
    if (found == NULL)
        return false;
    read_provider(name, found, provider);
    return is_whole(provider) ||
           error_set(err, EXIT_BUG, "built-in providers: %s is not whole", name);
}

static void
free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void
fetch_provider_release(struct fetch_provider *provider)
{
    for (size_t i = 0; i < provider->resource_count; i++) {
        struct fetch_resource *resource = &provider->resources[i];
        free_texts(resource->fields, resource->field_count);
        free(resource->name);
        free(resource->path);
        free(resource->query);
        free(resource->items);
        free(resource->each);
        free(resource->each_parameter);
    }
    free(provider->resources);
    for (size_t i = 0; i < provider->environment_count; i++) {
        free(provider->environments[i].prefix);
        free(provider->environments[i].name);
    }
    free(provider->environments);
    free_texts(provider->next, provider->next_count);
    free(provider->name);
    free(provider->base_url);
    free(provider->key_variable);
    free(provider->query);
    free(provider->parameter);
    *provider = (struct fetch_provider){.name = NULL};
}

const struct fetch_resource *
fetch_resource_find(const struct fetch_provider *provider, const char *name)
{
    for (size_t i = 0; i < provider->resource_count; i++)
        if (strcmp(provider->resources[i].name, name) == 0)
            return &provider->resources[i];
    return NULL;
}

const char *
fetch_environment_of(const struct fetch_provider *provider, const char *key)
{
    for (size_t i = 0; i < provider->environment_count; i++)
        if (strncmp(key, provider->environments[i].prefix,
                    strlen(provider->environments[i].prefix)) == 0)
            return provider->environments[i].name;
    return NULL;
}
