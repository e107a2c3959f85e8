/* Vocabularies of providers: {"name": {"words": [...], "formats": [...]}, ...}. */
#include "idmigrate/scan.h"

#include "idmigrate/memory.h"
#include "idmigrate/named.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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

bool
scan_provider_read(const char *json, const char *name, struct scan_provider *provider,
                   struct error *err)
{
    json_error_t where;
    CLEANUP(json_decrefp) json_t *all = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    *provider = (struct scan_provider){0};
    if (!json_is_object(all))
        return error_set(err, EXIT_BUG, "built-in providers: line %d: %s", where.line, where.text);
    const json_t *found = named_find(all, name, "provider", "; or say --word and --format", err);
    if (found == NULL)
        return false;
    read_texts(json_object_get(found, "words"), &provider->words, &provider->word_count);
    read_texts(json_object_get(found, "formats"), &provider->formats, &provider->format_count);
    return true;
}

void
scan_provider_release(struct scan_provider *provider)
{
    for (size_t i = 0; i < provider->word_count; i++)
        free(provider->words[i]);
    for (size_t i = 0; i < provider->format_count; i++)
        free(provider->formats[i]);
    free(provider->words);
    free(provider->formats);
    *provider = (struct scan_provider){0};
}
