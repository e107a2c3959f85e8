/* The table of roles: JSON, or CSV. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { LARGEST_TABLE = 1024 * 1024 };

static void
release_json(json_t **json)
{
    json_decref(*json);
}

static bool
add_new_role(struct join *join, struct role *role, const char *new_role, struct error *err)
{
    if (new_role == NULL || !provider_is_role(join->settings.kinds, PROVIDER_NEW, new_role)) {
        error_set(err, EXIT_INPUT, "role \"%.100s\": the new role \"%.100s\" cannot be one",
                  role->old_role, new_role != NULL ? new_role : "");
        return error_hint(err, "the new side's roles are slugs, such as \"admin\" or "
                               "\"billing-owner\"; null says that the old role becomes none");
    }
    role->new_roles =
        memory_realloc_array(role->new_roles, role->new_count + 1, sizeof *role->new_roles);
    role->new_roles[role->new_count++] = memory_strdup(new_role);
    return true;
}

static bool
add_role(struct join *join, const char *old_role, struct role **added, struct error *err)
{
    struct role_table *table = &join->roles;
    for (size_t i = 0; i < table->count; i++)
        if (strcasecmp(table->roles[i].old_role, old_role) == 0)
            return error_set(err, EXIT_INPUT, "role \"%.100s\" stands twice (\"%.100s\")", old_role,
                             table->roles[i].old_role);
    *added = ARRAY_ADD(table->roles, table->count, table->capacity);
    **added = (struct role){.old_role = memory_strdup(old_role)};
    return true;
}

static bool
read_member(struct join *join, const char *old_role, const json_t *value, struct error *err)
{
    struct role *role;
    if (!add_role(join, old_role, &role, err))
        return false;
    if (json_is_null(value))
        return true;
    if (json_is_string(value))
        return add_new_role(join, role, json_string_value(value), err);
    if (!json_is_array(value) || json_array_size(value) == 0)
        return error_set(err, EXIT_INPUT,
                         "role \"%.100s\": neither a role, a list of roles, nor null", old_role);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!add_new_role(join, role, json_string_value(json_array_get(value, i)), err))
            return false;
    return true;
}

static bool
read_json(struct join *join, const char *text, size_t length, struct error *err)
{
    json_error_t where;
    const char *old_role;
    json_t *value;
    CLEANUP(release_json) json_t *table = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (table == NULL)
        return error_set(err, EXIT_INPUT,
                         "line %d, column %d: not valid JSON, or a role that stands twice",
                         where.line, where.column);
    if (!json_is_object(table) || json_object_size(table) == 0)
        return error_set(err, EXIT_INPUT, "no object {\"old role\": \"new role\"}");
    json_object_foreach(table, old_role, value)
    {
        if (!read_member(join, old_role, value, err))
            return false;
    }
    return true;
}

static bool
read_csv(struct join *join, const char *path, struct error *err)
{
    CLEANUP(idmap_free) struct idmap *map = idmap_new("roles");
    struct idmap_file file = {.path = path,
                              .format = IDMAP_CSV,
                              .old_column = "role",
                              .new_column = "role_slug",
                              .delimiter = ','};
    struct role *role;
    if (!idmap_read_file(map, &file, NULL, err) || !idmap_freeze(map, IDMAP_AMBIGUOUS_ERROR, err))
        return false;
    for (size_t i = 0; i < idmap_count(map); i++)
        if (!add_role(join, idmap_pair_at(map, i)->old_id, &role, err) ||
            !add_new_role(join, role, idmap_pair_at(map, i)->new_id, err))
            return false;
    return true;
}

static bool
read_whole(const char *path, char *text, size_t *length, struct error *err)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = descriptor < 0 ? -1 : 1;
    *length = 0;
    while (count > 0 && *length < LARGEST_TABLE) {
        count = read(descriptor, text + *length, LARGEST_TABLE - *length);
        *length += count > 0 ? (size_t)count : 0;
    }
    if (count < 0)
        error_set(err, EXIT_INPUT, "cannot read the file: %s", strerror(errno));
    else if (*length == LARGEST_TABLE)
        error_set(err, EXIT_INPUT, "is no table of roles: above 1 MB");
    if (descriptor >= 0)
        close(descriptor);
    return !err->is_set;
}

bool
join_read_roles(struct join *join, const char *path, struct error *err)
{
    CLEANUP(memory_free_string) char *text = memory_alloc(LARGEST_TABLE);
    size_t length, start = 0;
    if (!read_whole(path, text, &length, err))
        return error_context(err, "roles %s", path);
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        start = 3;
    size_t first = start;
    while (first < length && strchr(" \t\r\n", text[first]) != NULL)
        first++;
    join->roles.counts.is_declared = true;
    bool good = first < length && (text[first] == '{' || text[first] == '[')
                    ? read_json(join, text + start, length - start, err)
                    : read_csv(join, path, err);
    if (good)
        return true;
    error_context(err, "roles %s", path);
    return error_hint(err,
                      "{\"org:admin\": \"admin\", \"org:member\": [\"member\"], \"org:guest\": "
                      "null}, or CSV with the columns role and role_slug");
}
