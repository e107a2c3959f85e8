/* Layouts of an audit log, read from mappings/audit_profiles.json. */
#include "idmigrate/audit_log.h"
#include "idmigrate/memory.h"
#include "idmigrate/named.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static char *
copy_member(const json_t *object, const char *name)
{
    return memory_strdup(json_string_value(json_object_get(object, name)));
}

static void
add_column(struct audit_profile *profile, const json_t *object)
{
    profile->columns =
        memory_realloc_array(profile->columns, profile->column_count + 1, sizeof *profile->columns);
    profile->columns[profile->column_count++] = (struct audit_profile_column){
        .name = copy_member(object, "name"),
        .type = copy_member(object, "type"),
        .field = copy_member(object, "field"),
        .missing = copy_member(object, "missing"),
        .constraint = copy_member(object, "constraint"),
    };
}

static const char *
find_field(const struct audit_profile *profile, const char *field)
{
    for (size_t i = 0; i < profile->column_count; i++)
        if (profile->columns[i].field != NULL && strcmp(profile->columns[i].field, field) == 0)
            return profile->columns[i].name;
    return NULL;
}

static void
read_indexes(struct audit_profile *profile, const json_t *indexes)
{
    CLEANUP(strbuf_release) struct strbuf text = STRBUF_INIT;
    size_t number, position;
    json_t *columns, *column;
    json_array_foreach(indexes, number, columns)
    {
        json_array_foreach(columns, position, column)
        {
            strbuf_add_string(&text, position > 0 ? ", " : number > 0 ? ";" : "");
            db_quote_identifier(&text, json_string_value(column));
        }
    }
    profile->indexes = strbuf_take(&text);
}

bool
audit_profile_read(const char *json, const char *name, struct audit_profile *profile,
                   struct error *err)
{
    json_error_t where;
    CLEANUP(json_decrefp) json_t *all = json_loads(json, JSON_REJECT_DUPLICATES, &where);
    json_t *profiles = json_object_get(all, "profiles"), *column;
    size_t index;
    *profile = (struct audit_profile){0};
    if (!json_is_object(profiles))
        return error_set(err, EXIT_BUG, "built-in profiles: line %d: %s", where.line, where.text);
    const json_t *found = named_find(profiles, name, "profile", "", err);
    if (found == NULL)
        return false;
    profile->name = memory_strdup(name);
    json_array_foreach(json_object_get(found, "columns"), index, column)
    {
        add_column(profile, column);
    }
    read_indexes(profile, json_object_get(found, "indexes"));
    profile->is_standard = strcmp(name, "standard") == 0;
    profile->id_column = find_field(profile, "id");
    profile->time_column = find_field(profile, "recorded_at");
    profile->tenant_column = find_field(profile, "tenant");
    profile->action_column = find_field(profile, "action");
    profile->resource_type_column = find_field(profile, "resource_type");
    profile->metadata_column = find_field(profile, "metadata");
    profile->run_column = find_field(profile, "run_id");
    return true;
}

void
audit_profile_release(struct audit_profile *profile)
{
    for (size_t i = 0; i < profile->column_count; i++) {
        free(profile->columns[i].name);
        free(profile->columns[i].type);
        free(profile->columns[i].field);
        free(profile->columns[i].missing);
        free(profile->columns[i].constraint);
    }
    free(profile->columns);
    free(profile->indexes);
    free(profile->name);
    *profile = (struct audit_profile){0};
}
