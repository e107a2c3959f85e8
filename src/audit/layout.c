/* The columns of the audit table that a run fills. */
#include "layout.h"
#include "idmigrate/audit.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

/* Of sql/install/audit_logs.sql; columns that are not here take their default. */
static const struct audit_column default_columns[] = {
    {"id", AUDIT_FIELD_ID, AUDIT_TYPE_UUID, NULL},
    {"recorded_at", AUDIT_FIELD_RECORDED_AT, AUDIT_TYPE_TIMESTAMPTZ, NULL},
    {"action", AUDIT_FIELD_ACTION, AUDIT_TYPE_TEXT, NULL},
    {"resource_type", AUDIT_FIELD_RESOURCE_TYPE, AUDIT_TYPE_TEXT, NULL},
    {"resource_id", AUDIT_FIELD_RESOURCE_ID, AUDIT_TYPE_TEXT, NULL},
    {"actor_id", AUDIT_FIELD_ACTOR_ID, AUDIT_TYPE_TEXT, NULL},
    {"tenant_id", AUDIT_FIELD_TENANT, AUDIT_TYPE_TEXT, NULL},
    {"outcome", AUDIT_FIELD_OUTCOME, AUDIT_TYPE_TEXT, NULL},
    {"reason_code", AUDIT_FIELD_REASON_CODE, AUDIT_TYPE_TEXT, NULL},
    {"old_values", AUDIT_FIELD_OLD_VALUES, AUDIT_TYPE_JSONB, NULL},
    {"new_values", AUDIT_FIELD_NEW_VALUES, AUDIT_TYPE_JSONB, NULL},
    {"metadata", AUDIT_FIELD_METADATA, AUDIT_TYPE_JSONB, NULL},
    {"row_digest", AUDIT_FIELD_ROW_DIGEST, AUDIT_TYPE_BYTEA, NULL},
    {"run_id", AUDIT_FIELD_RUN_ID, AUDIT_TYPE_UUID, NULL},
};

static const struct catalog_type *
find_type(const struct catalog_table *table, const char *column)
{
    int position = table != NULL ? catalog_find_column(table, column) : -1;
    return position >= 0 ? &table->columns[position].type : NULL;
}

const char *
audit_layout_type(const struct plan *plan, const char *column)
{
    const struct catalog_type *type = find_type(plan->audit, column);
    return type != NULL && type->base_text_plain != NULL ? type->base_text_plain : "text";
}

const char *
audit_layout_full_type(const struct plan *plan, const char *column)
{
    const struct catalog_type *type = find_type(plan->audit, column);
    return type != NULL && type->text != NULL ? type->text : "pg_catalog.text";
}

static enum audit_type
type_of(const struct catalog_table *table, const char *column)
{
    static const struct {
        const char *name;
        enum audit_type type;
    } types[] = {
        {"uuid", AUDIT_TYPE_UUID},
        {"json", AUDIT_TYPE_JSON},
        {"jsonb", AUDIT_TYPE_JSONB},
        {"timestamp without time zone", AUDIT_TYPE_TIMESTAMP},
        {"timestamp with time zone", AUDIT_TYPE_TIMESTAMPTZ},
        {"bytea", AUDIT_TYPE_BYTEA},
    };
    const struct catalog_type *type = find_type(table, column);
    const char *name = type != NULL ? type->base_text_plain : NULL;
    for (size_t i = 0; name != NULL && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return AUDIT_TYPE_TEXT;
}

static void
take_own_columns(struct audit_layout *layout, const struct plan *plan)
{
    const struct mapping_audit *audit = &plan->mapping->audit;
    layout->count = audit->column_count;
    layout->columns = memory_realloc_array(NULL, layout->count, sizeof *layout->columns);
    for (size_t i = 0; i < layout->count; i++) {
        const struct mapping_audit_column *column = &audit->columns[i];
        layout->columns[i] = (struct audit_column){.name = column->to,
                                                   .field = column->field,
                                                   .type = type_of(plan->audit, column->to),
                                                   .value = column->value};
    }
}

struct audit_layout
audit_layout_new(const struct plan *plan)
{
    const struct mapping_audit *audit = &plan->mapping->audit;
    struct audit_layout layout = {
        .schema = audit->schema, .table = audit->table, .is_default = plan->audit_is_default};
    if (layout.is_default) {
        layout.count = sizeof default_columns / sizeof default_columns[0];
        layout.columns = memory_alloc(sizeof default_columns);
        memcpy(layout.columns, default_columns, sizeof default_columns);
    } else {
        take_own_columns(&layout, plan);
    }
    return layout;
}

void
audit_layout_release(struct audit_layout *layout)
{
    free(layout->columns);
    *layout = (struct audit_layout){0};
}

const struct audit_column *
audit_layout_find(const struct audit_layout *layout, enum audit_field field)
{
    for (size_t i = 0; i < layout->count; i++)
        if (layout->columns[i].field == field)
            return &layout->columns[i];
    return NULL;
}

/* ---- the binary format ---- */

static bool
is_text(const struct plan *plan, const struct audit_column *column)
{
    static const char *const names[] = {"text", "character varying"};
    const char *type = audit_layout_type(plan, column->name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(type, names[i]) == 0)
            return true;
    return false;
}

/* Whether the writer knows the bytes of this column's type, for what it writes there. */
static bool
has_known_bytes(const struct plan *plan, const struct audit_layout *layout,
                const struct audit_column *column)
{
    switch (column->type) {
    case AUDIT_TYPE_TEXT:
        return layout->is_default || is_text(plan, column);
    case AUDIT_TYPE_TIMESTAMP:
    case AUDIT_TYPE_TIMESTAMPTZ:
        return column->field == AUDIT_FIELD_RECORDED_AT;
    case AUDIT_TYPE_BYTEA:
        return column->field == AUDIT_FIELD_ROW_DIGEST;
    default:
        return true;
    }
}

enum audit_format
audit_best_format(const struct plan *plan)
{
    CLEANUP(audit_layout_release) struct audit_layout layout = audit_layout_new(plan);
    for (size_t i = 0; i < layout.count; i++)
        if (!has_known_bytes(plan, &layout, &layout.columns[i]))
            return AUDIT_TEXT;
    return AUDIT_BINARY;
}

/* The constants and documents of a mapping's own table are written as the mapping has them. */
bool
audit_written_columns(const struct plan *plan, struct audit_written **columns, size_t *count)
{
    static const char *const forms[] = {
        [AUDIT_TYPE_TEXT] = "text",           [AUDIT_TYPE_UUID] = "uuid",
        [AUDIT_TYPE_JSON] = "json",           [AUDIT_TYPE_JSONB] = "jsonb",
        [AUDIT_TYPE_TIMESTAMP] = "timestamp", [AUDIT_TYPE_TIMESTAMPTZ] = "timestamptz",
        [AUDIT_TYPE_BYTEA] = "bytea"};
    CLEANUP(audit_layout_release) struct audit_layout layout = audit_layout_new(plan);
    if (!layout.is_default || audit_best_format(plan) != AUDIT_BINARY)
        return false;
    *count = layout.count;
    *columns = memory_alloc(layout.count * sizeof **columns);
    for (size_t i = 0; i < layout.count; i++)
        (*columns)[i] = (struct audit_written){.name = layout.columns[i].name,
                                               .form = forms[layout.columns[i].type]};
    return true;
}
