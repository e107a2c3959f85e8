/* Which kind a record is of, and where its values are. */
#include "extract.h"
#include "kind.h"

#include <string.h>

static const json_t *
follow(const json_t *value, const struct path *path, size_t from)
{
    for (size_t i = from; i < path->count && value != NULL; i++) {
        if (strcmp(path->parts[i], "*") == 0)
            return follow(json_array_get(value, 0), path, i + 1);
        value = json_object_get(value, path->parts[i]);
    }
    return value;
}

const json_t *
kind_value(const json_t *record, const struct path *path)
{
    return path->count == 0 ? NULL : follow(record, path, 0);
}

bool
kind_has(const json_t *record, const struct path *path)
{
    return kind_value(record, path) != NULL;
}

static bool
holds(const json_t *record, const struct kind_condition *condition)
{
    const json_t *value = kind_value(record, &condition->path);
    if (json_is_boolean(value))
        return strcmp(condition->value, json_is_true(value) ? "true" : "false") == 0;
    return json_is_string(value) && strcmp(json_string_value(value), condition->value) == 0;
}

static bool
has_format(const json_t *record, const struct provider_kind *kind)
{
    const json_t *id = json_object_get(record, "id");
    return kind->id_format == NULL ||
           (json_is_string(id) &&
            idmap_format_matches(kind->id_format, json_string_value(id), json_string_length(id)));
}

static bool
fits(const json_t *record, const struct provider_kind *kind)
{
    bool has_any = kind->any.count == 0;
    for (size_t i = 0; i < kind->when_count; i++)
        if (!holds(record, &kind->when[i]))
            return false;
    for (size_t i = 0; i < kind->has.count; i++)
        if (!kind_has(record, &kind->has.items[i]))
            return false;
    for (size_t i = 0; i < kind->lacks.count; i++)
        if (kind_has(record, &kind->lacks.items[i]))
            return false;
    for (size_t i = 0; i < kind->any.count && !has_any; i++)
        has_any = kind_has(record, &kind->any.items[i]);
    return has_any && has_format(record, kind);
}

const struct provider_kind *
kind_of_json(const struct provider_kinds *kinds, const json_t *record)
{
    for (size_t i = 0; i < kinds->count; i++)
        if ((kinds->kinds[i].forms & FORM_JSON) != 0 && fits(record, &kinds->kinds[i]))
            return &kinds->kinds[i];
    return NULL;
}

static bool
is_column(const char *const *columns, size_t count, const struct path *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(columns[i], path->parts[0]) == 0)
            return true;
    return false;
}

static bool
fits_header(const struct provider_kind *kind, const char *const *columns, size_t count)
{
    bool has_any = kind->any.count == 0;
    for (size_t i = 0; i < kind->has.count; i++)
        if (!is_column(columns, count, &kind->has.items[i]))
            return false;
    for (size_t i = 0; i < kind->lacks.count; i++)
        if (is_column(columns, count, &kind->lacks.items[i]))
            return false;
    for (size_t i = 0; i < kind->any.count && !has_any; i++)
        has_any = is_column(columns, count, &kind->any.items[i]);
    return has_any;
}

const struct provider_kind *
kind_of_header(const struct provider_kinds *kinds, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < kinds->count; i++)
        if ((kinds->kinds[i].forms & FORM_CSV) != 0 &&
            fits_header(&kinds->kinds[i], columns, count))
            return &kinds->kinds[i];
    return NULL;
}
