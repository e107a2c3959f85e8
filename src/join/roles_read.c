/* The table of roles: JSON, or CSV. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LARGEST_TABLE = 1024 * 1024 };

static bool
add_new_role(struct join *join, struct role *role, const char *new_role, struct error *err)
{
    if (new_role == NULL || !provider_is_role(join->settings.kinds, PROVIDER_NEW, new_role)) {
        error_set(err, EXIT_INPUT, "role \"%.100s\": the new role \"%.100s\" cannot be one",
                  role->old_role, new_role != NULL ? new_role : "");
        return error_hint(err, "the new side's roles are slugs, such as \"admin\" or "
                               "\"billing-owner\"; null says that the old role becomes none");
    }
    for (size_t i = 0; i < role->new_count; i++)
        if (strcmp(role->new_roles[i], new_role) == 0)
            return true;
    role->new_roles =
        memory_realloc_array(role->new_roles, role->new_count + 1, sizeof *role->new_roles);
    role->new_roles[role->new_count++] = memory_strdup(new_role);
    return true;
}

/* The new role, or NULL with an error. */
static struct role *
add_role(struct join *join, const char *old_role, struct error *err)
{
    struct role_table *table = &join->roles;
    for (size_t i = 0; i < table->count; i++)
        if (strcasecmp(table->roles[i].old_role, old_role) == 0) {
            error_set(err, EXIT_INPUT, "role \"%.100s\" stands twice (\"%.100s\")", old_role,
                      table->roles[i].old_role);
            return NULL;
        }
    struct role *role = ARRAY_ADD(table->roles, table->count, table->capacity);
    *role = (struct role){.old_role = memory_strdup(old_role)};
    return role;
}

static bool
read_member(struct join *join, const char *old_role, const json_t *value, struct error *err)
{
    struct role *role = add_role(join, old_role, err);
    if (role == NULL)
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
    CLEANUP(json_decrefp) json_t *table = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
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

/* Without a new role the old one becomes none, which is all that may be said of it then. */
bool
roles_declare(struct join *join, const char *old_role, const char *new_role, struct error *err)
{
    struct role *role = NULL;
    for (size_t i = 0; i < join->roles.count && role == NULL; i++)
        if (strcasecmp(join->roles.roles[i].old_role, old_role) == 0)
            role = &join->roles.roles[i];
    if (role == NULL)
        role = add_role(join, old_role, err);
    else if (new_role == NULL || role->new_count == 0)
        return error_set(err, EXIT_INPUT,
                         "role \"%.100s\" stands twice, and becomes none in one of "
                         "the rows",
                         old_role);
    return role != NULL && (new_role == NULL || add_new_role(join, role, new_role, err));
}

static bool
read_whole(const char *path, struct strbuf *text, struct error *err)
{
    char block[4096];
    size_t count = 1;
    FILE *stream = fopen(path, "re");
    while (stream != NULL && count > 0 && text->length <= LARGEST_TABLE) {
        count = fread(block, 1, sizeof block, stream);
        strbuf_add(text, block, count);
    }
    if (stream == NULL || ferror(stream))
        error_set(err, EXIT_INPUT, "cannot read the file: %s", strerror(errno));
    else if (text->length > LARGEST_TABLE)
        error_set(err, EXIT_INPUT, "is no table of roles: above 1 MB");
    if (stream != NULL)
        fclose(stream);
    return !err->is_set;
}

bool
join_read_roles(struct join *join, const char *path, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    if (!read_whole(path, &text, err))
        return error_context(err, "roles %s", path);
    size_t start = text.length >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    size_t first = start + strspn(text.data + start, " \t\r\n");
    join->roles.counts.is_declared = true;
    bool good = text.data[first] == '{' || text.data[first] == '['
                    ? read_json(join, text.data + start, text.length - start, err)
                    : roles_read_csv(join, text.data + start, text.length - start, err);
    if (good)
        return true;
    error_context(err, "roles %s", path);
    return error_hint(
        err, "{\"org:admin\": \"admin\", \"org:member\": [\"member\"], \"org:guest\": "
             "null}, or CSV with the columns role and role_slug, a row for each of a role's "
             "new ones");
}
