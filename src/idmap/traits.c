/*
 * What mappings/providers.json says of a provider's IDs beyond their form:
 * {"name": {"words": [...], "formats": [...], "plain_formats": [...],
 *           "environments": {"live": [format, ...], ...},
 *           "no_ids": [{"prefix": ..., "reason": ...}, ...]}, ...}
 */
#include "idmigrate/idmap_facts.h"

#include "idmigrate/memory.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct idmap_traits {
    json_t *providers;
};

bool
idmap_traits_new(const char *providers_json, struct idmap_traits **traits, struct error *err)
{
    json_error_t where;
    json_t *providers = json_loads(providers_json, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(providers)) {
        json_decref(providers);
        return error_set(err, EXIT_BUG, "built-in providers: line %d: %s", where.line, where.text);
    }
    *traits = memory_zalloc(sizeof **traits);
    (*traits)->providers = providers;
    return true;
}

void
idmap_traits_free(struct idmap_traits **traits)
{
    struct idmap_traits *old = *traits;
    if (old == NULL)
        return;
    *traits = NULL;
    json_decref(old->providers);
    free(old);
}

static const char *
find_refusal(const json_t *list, const char *id, size_t length, const char **prefix)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        const char *start = json_string_value(json_object_get(item, "prefix"));
        size_t start_length = start != NULL ? strlen(start) : 0;
        if (start_length == 0 || length < start_length || memcmp(id, start, start_length) != 0)
            continue;
        *prefix = start;
        return json_string_value(json_object_get(item, "reason"));
    }
    return NULL;
}

const char *
idmap_traits_refusal(const struct idmap_traits *traits, const char *id, size_t length,
                     const char **prefix)
{
    const char *name, *reason = NULL;
    json_t *provider;
    json_object_foreach(traits->providers, name, provider)
    {
        reason = find_refusal(json_object_get(provider, "no_ids"), id, length, prefix);
        if (reason != NULL)
            break;
    }
    return reason;
}

static bool
is_listed(const json_t *list, const char *text)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
            return true;
    }
    return false;
}

const char *
idmap_traits_environment(const struct idmap_traits *traits, const char *format)
{
    const char *name, *environment;
    json_t *provider, *formats;
    json_object_foreach(traits->providers, name, provider)
    {
        json_object_foreach(json_object_get(provider, "environments"), environment, formats)
        {
            if (is_listed(formats, format))
                return environment;
        }
    }
    return NULL;
}

const char *
idmap_traits_provider_of(const struct idmap_traits *traits, const char *format)
{
    const char *name;
    json_t *provider;
    json_object_foreach(traits->providers, name, provider)
    {
        if (is_listed(json_object_get(provider, "formats"), format) ||
            is_listed(json_object_get(provider, "plain_formats"), format))
            return name;
    }
    return NULL;
}

/* A word stands in a name where no letter goes on before or after it: "clerk_id" and "clerkId". */
static bool
stands_in(const char *name, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = name; (at = strcasestr(at, word)) != NULL; at++) {
        bool starts = at == name || !isalpha((unsigned char)at[-1]) ||
                      (islower((unsigned char)at[-1]) && isupper((unsigned char)at[0]));
        if (starts && !islower((unsigned char)at[length]))
            return true;
    }
    return false;
}

const char *
idmap_traits_provider_in(const struct idmap_traits *traits, const char *name)
{
    const char *provider_name;
    json_t *provider;
    json_object_foreach(traits->providers, provider_name, provider)
    {
        size_t index;
        json_t *word;
        json_array_foreach(json_object_get(provider, "words"), index, word)
        {
            if (json_is_string(word) && stands_in(name, json_string_value(word)))
                return provider_name;
        }
    }
    return NULL;
}
