/* What the audit table stores of an event, and what the run must have put into it whatever the row
 * is. */
#include "events.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static const char actor_id[] = "idmigrate";
static const char actor_type[] = "system";
static const char event_version[] = "1";

static const struct mapping_audit_column *
find_stored(const struct plan *plan, enum audit_field field)
{
    const struct mapping_audit *audit = &plan->mapping->audit;
    for (size_t i = 0; i < audit->column_count; i++)
        if (audit->columns[i].field == field)
            return &audit->columns[i];
    return NULL;
}

static bool
is_uuid_column(const struct plan *plan, enum audit_field field)
{
    const struct mapping_audit_column *column = find_stored(plan, field);
    int position = column && plan->audit ? catalog_find_column(plan->audit, column->to) : -1;
    return position >= 0 &&
           strcmp(plan->audit->columns[position].type.base_text_plain, "uuid") == 0;
}

bool
event_is_uuid(struct span text)
{
    for (size_t i = 0; i < text.length; i++)
        if (strchr(i == 8 || i == 13 || i == 18 || i == 23 ? "-" : "0123456789abcdefABCDEF",
                   text.data[i]) == NULL)
            return false;
    return text.length == 36;
}

/* A constant as it is read back, or NULL. The default table has columns that are filled by their
 * default: an older one may be without them. */
static const char *
constant(const struct plan *plan, enum audit_field field, const char *default_column,
         const char *value)
{
    if (!plan->audit_is_default)
        return find_stored(plan, field) != NULL && !is_uuid_column(plan, field) ? value : NULL;
    bool is_there = plan->audit == NULL || catalog_find_column(plan->audit, default_column) >= 0;
    return is_there ? value : NULL;
}

struct event_layout
event_layout_read(const struct plan *plan, const struct plan_table *table)
{
    bool all = plan->audit_is_default;
    bool has_metadata = all || find_stored(plan, AUDIT_FIELD_METADATA) != NULL;
    return (struct event_layout){
        .has_source_key = has_metadata,
        .has_row_digest = has_metadata || find_stored(plan, AUDIT_FIELD_ROW_DIGEST) != NULL,
        .has_resource_id = all || find_stored(plan, AUDIT_FIELD_RESOURCE_ID) != NULL,
        .has_type = all || find_stored(plan, AUDIT_FIELD_RESOURCE_TYPE) != NULL,
        .has_old = all || find_stored(plan, AUDIT_FIELD_OLD_VALUES) != NULL,
        .has_new = all || find_stored(plan, AUDIT_FIELD_NEW_VALUES) != NULL,
        .has_outcome = all || find_stored(plan, AUDIT_FIELD_OUTCOME) != NULL,
        .has_reason = has_metadata || find_stored(plan, AUDIT_FIELD_REASON_CODE) != NULL,
        .has_tenant = all || find_stored(plan, AUDIT_FIELD_TENANT) != NULL,
        .resource_id_is_uuid = !all && is_uuid_column(plan, AUDIT_FIELD_RESOURCE_ID),
        .tenant_is_uuid = !all && is_uuid_column(plan, AUDIT_FIELD_TENANT),
        .actor_id = constant(plan, AUDIT_FIELD_ACTOR_ID, "actor_id", actor_id),
        .actor_type = constant(plan, AUDIT_FIELD_ACTOR_TYPE, "actor_type", actor_type),
        .version = constant(plan, AUDIT_FIELD_EVENT_VERSION, "event_version", event_version),
        .source = has_metadata
                      ? memory_printf("%s/%s.%s", plan->mapping->sources[table->spec->source].name,
                                      table->spec->from_schema, table->spec->from)
                      : NULL,
    };
}

void
event_layout_release(struct event_layout *layout)
{
    free(layout->source);
    layout->source = NULL;
}
