/* What a map was built from and what came of it, as JSON: for --json, and for the manifest. */
#include "build.h"

#include <string.h>
#include <time.h>

static json_t *
count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *
time_json(int64_t milliseconds)
{
    char text[40];
    time_t seconds = (time_t)(milliseconds / 1000);
    struct tm tm;
    if (milliseconds <= 0 || gmtime_r(&seconds, &tm) == NULL)
        return json_null();
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + length, sizeof text - length, ".%03dZ", (int)(milliseconds % 1000));
    return json_string(text);
}

static const char *
of_name(enum provider_entity of)
{
    static const char *const names[] = {"users", "organizations", "memberships", "pairs", "notes"};
    return names[of];
}

static json_t *
input_json(const struct build_inputs *inputs, const struct build_input *input)
{
    static const char *const roles[] = {"data", "hand", "map"};
    json_t *json = json_object(), *records = json_array();
    json_object_set_new(json, "file", json_string(input->shown));
    json_object_set_new(json, "role", json_string(roles[input->role]));
    if (!input->is_read) {
        json_object_set_new(json, "not_read", json_string(input->why_not));
        json_decref(records);
        return json;
    }
    json_object_set_new(json, "sha256", json_string(input->file.sha256));
    json_object_set_new(json, "bytes", count(input->file.bytes));
    for (size_t i = 0; i < input->file.tally_count; i++) {
        const struct provider_tally *tally = &input->file.tallies[i];
        json_t *record = json_object();
        json_object_set_new(record, "kind", json_string(provider_kind_name(tally->kind)));
        json_object_set_new(record, "of", json_string(of_name(tally->of)));
        json_object_set_new(record, "records", count(tally->count));
        if (input->came[i].count > 0)
            json_object_set_new(record, "joined", count(input->came[i].joined));
        json_array_append_new(records, record);
    }
    if (build_is_of_pairs(input))
        json_object_set_new(json, "pairs", count(input->pairs));
    if (input->table.holes > 0)
        json_object_set_new(json, "rows_without_pair", count(input->table.holes));
    if (input->file.other_lines > 0)
        json_object_set_new(json, "other_lines", count(input->file.other_lines));
    if (input->open_pages > 0)
        json_object_set_new(json, "open_pages", count(input->open_pages));
    if (input->not_listed > 0)
        json_object_set_new(json, "not_listed", count(input->not_listed));
    if (input->file.torn_lines > 0)
        json_object_set_new(json, "torn_lines", count(input->file.torn_lines));
    if (&inputs->items[input->same_as] != input)
        json_object_set_new(json, "same_as", json_string(inputs->items[input->same_as].shown));
    json_object_set_new(json, "records", records);
    return json;
}

static json_t *
counts_json(const struct join_counts *counts)
{
    json_t *json = json_object(), *methods = json_object(), *causes = json_object();
    for (int i = JOIN_BY_NOTHING + 1; i < JOIN_METHOD_COUNT; i++)
        if (counts->by_method[i] > 0)
            json_object_set_new(methods, join_method_name((enum join_method)i),
                                count(counts->by_method[i]));
    for (int i = JOIN_JOINED + 1; i < JOIN_CAUSE_COUNT; i++)
        if (counts->causes[i] > 0)
            json_object_set_new(causes, join_cause_name((enum join_cause)i),
                                count(counts->causes[i]));
    json_object_set_new(json, "old", count(counts->old_count));
    json_object_set_new(json, "new", count(counts->new_count));
    json_object_set_new(json, "joined", count(counts->joined));
    json_object_set_new(json, "joined_but_absent", count(counts->joined_absent));
    json_object_set_new(json, "by_method", methods);
    json_object_set_new(json, "not_joined", causes);
    json_object_set_new(json, "new_only", count(counts->new_only));
    json_object_set_new(json, "foreign_external_ids", count(counts->foreign_external_ids));
    json_object_set_new(json, "external_ids_left_out", count(counts->keys_left_out));
    json_object_set_new(json, "without_external_id", count(counts->keys_missing));
    if (counts->ends_not_named > 0)
        json_object_set_new(json, "ends_not_named", count(counts->ends_not_named));
    json_object_set_new(json, "stale_evidence", count(counts->stale_evidence));
    json_object_set_new(json, "overruled_by_hand", count(counts->overruled));
    return json;
}

static json_t *
roles_json(const struct join_roles *roles)
{
    json_t *json = json_object(), *unknown = json_object();
    for (size_t i = 0; i < roles->unknown_count; i++)
        json_object_set_new(unknown, roles->unknown[i].role, count(roles->unknown[i].count));
    json_object_set_new(json, "wanted", count(roles->wanted));
    json_object_set_new(json, "there", count(roles->there));
    json_object_set_new(json, "owed", count(roles->owed));
    json_object_set_new(json, "owed_memberships", count(roles->owed_memberships));
    json_object_set_new(json, "memberships_with_several", count(roles->several));
    json_object_set_new(json, "owed_without_membership", count(roles->without_membership));
    json_object_set_new(json, "of_unjoined", count(roles->without_end));
    json_object_set_new(json, "unknown", unknown);
    return json;
}

static json_t *
settings_json(const struct build_settings *settings)
{
    json_t *json = json_object();
    json_object_set_new(json, "keys", json_string(settings->keys != NULL ? settings->keys : "id"));
    json_object_set_new(json, "unverified_email", json_boolean(settings->unverified_email));
    json_object_set_new(json, "organization_names", json_boolean(settings->by_name));
    json_object_set_new(json, "foreign_external_ids", json_boolean(settings->foreign_external_ids));
    return json;
}

json_t *
build_json(const struct build_result *result)
{
    json_t *json = json_object(), *inputs = json_array();
    for (size_t i = 0; i < result->inputs->count; i++)
        json_array_append_new(inputs, input_json(result->inputs, &result->inputs->items[i]));
    json_object_set_new(json, "idmigrate_idmap", json_integer(1));
    json_object_set_new(json, "tool", json_string("idmigrate " IDMIGRATE_VERSION));
    if (result->settings->environment != NULL)
        json_object_set_new(json, "environment", json_string(result->settings->environment));
    json_object_set_new(json, "time", time_json(join_newest(result->join)));
    json_object_set_new(json, "settings", settings_json(result->settings));
    json_object_set_new(json, "inputs", inputs);
    for (int e = 0; e < JOIN_ENTITY_COUNT; e++)
        json_object_set_new(json, join_entity_name((enum join_entity)e),
                            counts_json(join_counts(result->join, (enum join_entity)e)));
    if (join_roles(result->join)->is_declared)
        json_object_set_new(json, "roles", roles_json(join_roles(result->join)));
    const struct join_imports *imports = join_imports(result->join);
    json_object_set_new(json, "import_duplicates", json_integer(imports->duplicates));
    json_object_set_new(json, "import_failures", json_integer(imports->failed));
    json_object_set_new(json, "import_dry_runs", count(imports->dry_runs));
    json_object_set_new(json, "dry_run_ids_refused", count(join_dry_run_count(result->join)));
    json_object_set_new(json, "status", json_integer(result->status));
    return json;
}
