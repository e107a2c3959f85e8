/* The audit table: which one, what the actions are called there, what goes into which column. */
#include "idmigrate/memory.h"
#include "parts.h"

#include <stdlib.h>

static const struct node_choice fields[] = {{"id", AUDIT_FIELD_ID},
                                            {"run_id", AUDIT_FIELD_RUN_ID},
                                            {"action", AUDIT_FIELD_ACTION},
                                            {"outcome", AUDIT_FIELD_OUTCOME},
                                            {"reason_code", AUDIT_FIELD_REASON_CODE},
                                            {"resource_type", AUDIT_FIELD_RESOURCE_TYPE},
                                            {"resource_id", AUDIT_FIELD_RESOURCE_ID},
                                            {"actor_id", AUDIT_FIELD_ACTOR_ID},
                                            {"actor_type", AUDIT_FIELD_ACTOR_TYPE},
                                            {"tenant", AUDIT_FIELD_TENANT},
                                            {"old_values", AUDIT_FIELD_OLD_VALUES},
                                            {"new_values", AUDIT_FIELD_NEW_VALUES},
                                            {"metadata", AUDIT_FIELD_METADATA},
                                            {"row_digest", AUDIT_FIELD_ROW_DIGEST},
                                            {"recorded_at", AUDIT_FIELD_RECORDED_AT},
                                            {"event_version", AUDIT_FIELD_EVENT_VERSION},
                                            {NULL, 0}};

static const char *const action_keys[] = {"migrated", "merged",  "skipped",  "rejected",
                                          "updated",  "removed", "restored", NULL};
static const char *const action_names[] = {"ROW_MIGRATED", "ROW_MERGED",  "ROW_SKIPPED",
                                           "ROW_REJECTED", "ROW_UPDATED", "ROW_REMOVED",
                                           "ROW_RESTORED"};

static bool
read_actions(struct mapping_audit *audit, const struct node *node, struct error *err)
{
    struct node actions = node_member(node, "actions");
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++)
        audit->actions[i] = memory_strdup(action_names[i]);
    if (!node_is_present(&actions))
        return true;
    if (!node_want_keys(&actions, action_keys, err))
        return false;
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++)
        if (!node_get_text(&actions, action_keys[i], &audit->actions[i], err))
            return false;
    return true;
}

static bool
read_column(const struct node *node, struct mapping_audit_column *column, struct error *err)
{
    static const char *const keys[] = {"event", "value", NULL};
    struct node event = node_member(node, "event"), value = node_member(node, "value");
    int field = AUDIT_FIELD_VALUE;
    column->to = memory_strdup(node->key);
    if (!node_want_keys(node, keys, err))
        return error_hint(err, "{\"event\": \"action\"} or {\"value\": \"a constant\"}");
    if (node_is_present(&event) == node_is_present(&value))
        return node_fail(node, err, "exactly one of \"event\" and \"value\" is wanted");
    if (!node_get_choice(node, "event", fields, &field, err))
        return false;
    column->field = (enum audit_field)field;
    if (node_is_present(&value))
        column->value = node_constant_text(&value);
    return true;
}

static bool
stores(const struct mapping_audit *audit, enum audit_field field)
{
    for (size_t i = 0; i < audit->column_count; i++)
        if (audit->columns[i].field == field)
            return true;
    return false;
}

/* Without these a run's events could not be told from the next run's, or a changed source not be
 * reconciled. */
static bool
check_needed_fields(const struct mapping_audit *audit, const struct node *columns,
                    struct error *err)
{
    static const struct {
        enum audit_field field;
        const char *name;
    } needed[] = {{AUDIT_FIELD_RUN_ID, "run_id"}, {AUDIT_FIELD_ROW_DIGEST, "row_digest"}};

    if (stores(audit, AUDIT_FIELD_METADATA))
        return true;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (stores(audit, needed[i].field))
            continue;
        node_fail(columns, err, "no column keeps \"%s\"", needed[i].name);
        return error_hint(err,
                          "add a column with {\"event\": \"%s\"}, or one with {\"event\": "
                          "\"metadata\"}, which holds it too",
                          needed[i].name);
    }
    return true;
}

static bool
read_columns(struct mapping_audit *audit, const struct node *node, struct error *err)
{
    struct node columns = node_member(node, "columns");
    if (!node_is_present(&columns))
        return true;
    if (!node_want_object(&columns, err))
        return false;
    audit->columns = memory_zalloc(json_object_size(columns.json) * sizeof *audit->columns);
    const char *name;
    json_t *ignored;
    json_object_foreach(columns.json, name, ignored)
    {
        struct node column = node_member(&columns, name);
        if (!read_column(&column, &audit->columns[audit->column_count++], err))
            return false;
    }
    return check_needed_fields(audit, &columns, err);
}

bool
audit_read(struct mapping *mapping, const struct node *document, struct error *err)
{
    static const char *const keys[] = {"table", "schema", "actions", "columns", NULL};
    struct node node = node_member(document, "audit");
    struct mapping_audit *audit = &mapping->audit;
    audit->schema = memory_strdup(mapping->target.schema);
    audit->table = memory_strdup("audit_logs");
    if (node_is_present(&node) && !node_want_keys(&node, keys, err))
        return false;
    return node_get_text(&node, "table", &audit->table, err) &&
           node_get_text(&node, "schema", &audit->schema, err) && read_actions(audit, &node, err) &&
           read_columns(audit, &node, err);
}

void
audit_release(struct mapping_audit *audit)
{
    for (size_t i = 0; i < audit->column_count; i++) {
        free(audit->columns[i].to);
        free(audit->columns[i].value);
    }
    free(audit->columns);
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++)
        free(audit->actions[i]);
    free(audit->schema);
    free(audit->table);
}
