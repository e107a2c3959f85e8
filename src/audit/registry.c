/* The registry of an audit log: which actions and resource types there are, and which keys are
 * sensitive. */
#include "idmigrate/audit_log.h"
#include "idmigrate/memory.h"
#include "idmigrate/utf8.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 }; /* characters that the log takes */

static bool
has(char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

static bool
is_type(const char *text)
{
    size_t characters = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x21 || *c == 0x7F)
            return false;
        characters += ((unsigned char)*c & 0xC0) != 0x80;
    }
    return characters > 0 && characters <= LONGEST;
}

static bool
is_key(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789")] == '\0';
}

struct section {
    const char *name;
    bool (*is_good)(const char *text);
    const char *want;
};
static const struct section sections[] = {
    {"actions", is_type, "1 to 64 characters without blanks"},
    {"resource_types", is_type, "1 to 64 characters without blanks"},
    {"sensitive_keys", is_key, "lower-case letters and digits only"},
};

static bool
add_list(const json_t *list, const struct section *section, char ***items, size_t *count,
         const char *file, struct error *err)
{
    size_t index;
    json_t *item;
    if (list == NULL)
        return true;
    if (!json_is_array(list))
        return error_set(err, EXIT_INPUT, "%s: /%s: not a list", file, section->name);
    json_array_foreach(list, index, item)
    {
        const char *text = json_string_value(item);
        if (text == NULL || strlen(text) != json_string_length(item) || !section->is_good(text)) {
            error_set(err, EXIT_INPUT, "%s: /%s/%zu: not a name of that kind", file, section->name,
                      index);
            return error_hint(err, "%s", section->want);
        }
        if (has(*items, *count, text))
            continue;
        *items = memory_realloc_array(*items, *count + 1, sizeof **items);
        (*items)[(*count)++] = memory_strdup(text);
    }
    return true;
}

static bool
check_keys(json_t *all, const char *file, struct error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(all, key, value)
    {
        bool known = strcmp(key, "version") == 0 || strcmp(key, "note") == 0;
        for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
            known = known || strcmp(key, sections[i].name) == 0;
        if (known)
            continue;
        error_set(err, EXIT_INPUT, "%s: unknown key \"%.100s\"", file, key);
        return error_hint(err, "known are version, note, actions, resource_types, sensitive_keys");
    }
    value = json_object_get(all, "version");
    if (json_is_integer(value) && json_integer_value(value) == 1)
        return true;
    error_set(err, EXIT_INPUT, "%s: /version: not 1", file);
    return error_hint(err, "{\"version\": 1, \"actions\": [...], \"resource_types\": [...]}");
}

static bool
add_sections(struct audit_registry *registry, json_t *all, const char *file, struct error *err)
{
    char ***items[] = {&registry->actions, &registry->resource_types, &registry->sensitive_keys};
    size_t *counts[] = {&registry->action_count, &registry->resource_type_count,
                        &registry->sensitive_key_count};
    if (!json_is_object(all)) {
        error_set(err, EXIT_INPUT, "%s: not a JSON object", file);
        return error_hint(err, "{\"version\": 1, \"actions\": [...], \"resource_types\": [...]}");
    }
    if (!check_keys(all, file, err))
        return false;
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (!add_list(json_object_get(all, sections[i].name), &sections[i], items[i], counts[i],
                      file, err))
            return false;
    return true;
}

bool
audit_registry_add(struct audit_registry *registry, const char *json, const char *name,
                   struct error *err)
{
    json_error_t where;
    CLEANUP(json_decrefp) json_t *all = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    if (all == NULL)
        return error_set(err, EXIT_INPUT, "%s: line %d, column %d: %s", name, where.line,
                         where.column, where.text);
    return add_sections(registry, all, name, err);
}

bool
audit_registry_add_file(struct audit_registry *registry, const char *path, struct error *err)
{
    json_error_t where;
    errno = 0;
    CLEANUP(json_decrefp) json_t *all = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    if (all != NULL)
        return add_sections(registry, all, path, err);
    if (where.line < 0)
        return error_set(err, EXIT_INPUT, "%s cannot be read: %s", path,
                         errno != 0 ? strerror(errno) : where.text);
    return error_set(err, EXIT_INPUT, "%s: line %d, column %d: %s", path, where.line, where.column,
                     where.text);
}

static void
release_list(char ***items, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        free((*items)[i]);
    free(*items);
    *items = NULL;
    *count = 0;
}

void
audit_registry_release(struct audit_registry *registry)
{
    release_list(&registry->actions, &registry->action_count);
    release_list(&registry->resource_types, &registry->resource_type_count);
    release_list(&registry->sensitive_keys, &registry->sensitive_key_count);
}
