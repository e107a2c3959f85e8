/* A plan with nothing in it but an audit table. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

/* A text that may be written to, as the structs have it. */
static char *
keep(struct audit_fixture *fixture, const char *text)
{
    struct strbuf *kept = &fixture->texts[fixture->text_count++];
    *kept = (struct strbuf)STRBUF_INIT;
    if (text != NULL)
        strbuf_add_string(kept, text);
    return text != NULL ? kept->data : NULL;
}

static void
add_column(struct audit_fixture *fixture, size_t i, const struct fixture_column *column)
{
    fixture->mapping.audit.columns[i] =
        (struct mapping_audit_column){.to = keep(fixture, column->name),
                                      .field = column->field,
                                      .value = keep(fixture, column->value)};
    fixture->table.columns[i] =
        (struct catalog_column){.name = fixture->mapping.audit.columns[i].to,
                                .type.base_text_plain = keep(fixture, column->type)};
}

void
fixture_init(struct audit_fixture *fixture, const char *schema, const char *audit_table,
             const struct fixture_column *columns)
{
    static const char *const actions[] = {"ROW_MIGRATED", "ROW_MERGED",  "ROW_SKIPPED",
                                          "ROW_REJECTED", "ROW_UPDATED", "ROW_REMOVED",
                                          "ROW_RESTORED"};
    size_t count = 0;
    while (columns != NULL && columns[count].name != NULL)
        count++;
    *fixture = (struct audit_fixture){.plan.audit_is_default = columns == NULL};
    fixture->mapping.audit = (struct mapping_audit){
        .schema = keep(fixture, schema),
        .table = keep(fixture, audit_table),
        .columns = memory_zalloc(count * sizeof *fixture->mapping.audit.columns),
        .column_count = count,
    };
    for (size_t i = 0; i < AUDIT_ACTION_COUNT; i++)
        fixture->mapping.audit.actions[i] = keep(fixture, actions[i]);
    fixture->table.columns = memory_zalloc(count * sizeof *fixture->table.columns);
    fixture->table.column_count = count;
    for (size_t i = 0; i < count; i++)
        add_column(fixture, i, &columns[i]);
    fixture->source.name = keep(fixture, "app");
    fixture->mapping.sources = &fixture->source;
    fixture->mapping.source_count = 1;
    fixture->plan.mapping = &fixture->mapping;
    fixture->plan.audit = columns != NULL ? &fixture->table : NULL;
    fixture->table.kind = 'r';
    fixture->spec = (struct mapping_table){.from_schema = keep(fixture, "public"),
                                           .from = keep(fixture, "events"),
                                           .resource_type = keep(fixture, "event")};
    fixture->target =
        (struct catalog_table){.schema = keep(fixture, "public"), .name = keep(fixture, "events")};
    fixture->entry = (struct plan_table){.spec = &fixture->spec, .target = &fixture->target};
}

void
fixture_release(struct audit_fixture *fixture)
{
    for (size_t i = 0; i < fixture->text_count; i++)
        strbuf_release(&fixture->texts[i]);
    free(fixture->mapping.audit.columns);
    free(fixture->table.columns);
}

static const struct audit_id ids[] = {
    {.old_name = "clerkUserId",
     .new_name = "workos_user_id",
     .old_id = "user_1",
     .old_length = 6,
     .new_id = "user_01A",
     .new_length = 8},
    {.old_name = "clerkUserId", .new_name = "org_id", .old_id = "user_1", .old_length = 6},
};

const struct audit_event fixture_event = {
    .action = AUDIT_MIGRATED,
    .resource_type = "event",
    .resource_id = "17",
    .resource_id_length = 2,
    .tenant = "org_01B",
    .tenant_length = 7,
    .ids = ids,
    .id_count = 2,
    .table = "public.events",
    .source = "app/public.events",
    .source_key = {0x0123456789abcdef, 0x00000000000000ff},
    .row = {0xfedcba9876543210, 1},
};
