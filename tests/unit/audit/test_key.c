/* Which keys may be seen in an event. */
#include "idmigrate/audit.h"
#include "idmigrate/memory.h"

#include <criterion/criterion.h>

struct key_column {
    const char *type;
    bool is_resolved, is_generated, is_harmless, is_sensitive;
};

static bool
is_open(const struct key_column *key, size_t count)
{
    static char name[] = "k";
    char *listed[] = {name};
    struct catalog_column target = {.name = name};
    struct mapping_column generated = {.origin = MAPPING_UUID};
    struct plan_column columns[2] = {0};
    struct mapping_table spec = {.harmless = listed, .sensitive = listed};
    struct catalog_column targets[2] = {target, target};
    int positions[] = {0, 1};
    struct plan_table table = {.spec = &spec,
                               .columns = columns,
                               .column_count = count,
                               .target_key = positions,
                               .target_key_count = count};
    for (size_t i = 0; i < count; i++) {
        targets[i].type.base_text_plain = memory_strdup(key[i].type);
        columns[i] = (struct plan_column){.target = &targets[i],
                                          .spec = key[i].is_generated ? &generated : NULL,
                                          .resolve_count = key[i].is_resolved ? 1 : 0};
        spec.harmless_count += key[i].is_harmless;
        spec.sensitive_count += key[i].is_sensitive;
    }
    bool open = audit_key_is_open(&table);
    for (size_t i = 0; i < count; i++)
        memory_free_string(&targets[i].type.base_text_plain);
    return open;
}

Test(key, of_ids_numbers_and_uuids_is_open)
{
    static const struct key_column open[] = {{.type = "uuid"},
                                             {.type = "smallint"},
                                             {.type = "integer"},
                                             {.type = "bigint"},
                                             {.type = "text", .is_resolved = true},
                                             {.type = "text", .is_generated = true},
                                             {.type = "text", .is_harmless = true}};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        cr_expect(is_open(&open[i], 1), "case %zu", i);
}

Test(key, of_anything_else_is_closed)
{
    static const struct key_column closed[] = {
        {.type = "text"},
        {.type = "character varying"},
        {.type = "numeric"},
        {.type = "date"},
        {.type = "uuid", .is_sensitive = true},
        {.type = "text", .is_resolved = true, .is_sensitive = true},
        {.type = "text", .is_harmless = true, .is_sensitive = true}};
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        cr_expect(!is_open(&closed[i], 1), "case %zu", i);
}

Test(key, is_closed_when_one_of_its_columns_is)
{
    cr_expect(!is_open((struct key_column[]){{.type = "uuid"}, {.type = "text"}}, 2));
    cr_expect(is_open((struct key_column[]){{.type = "uuid"}, {.type = "bigint"}}, 2));
}

Test(key, that_is_not_there_is_open_because_a_digest_stands_for_it)
{
    cr_expect(is_open(NULL, 0));
}

Test(key, sources_and_targets_have_names)
{
    static char app[] = "app", schema[] = "public", from[] = "events", to_schema[] = "neu",
                to[] = "event";
    struct mapping_connection source = {.name = app};
    struct mapping mapping = {.sources = &source};
    struct mapping_table spec = {.from_schema = schema, .from = from};
    struct catalog_table target = {.schema = to_schema, .name = to};
    struct plan plan = {.mapping = &mapping};
    struct plan_table table = {.spec = &spec, .target = &target};
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    audit_source_name(&name, &plan, &table);
    cr_expect_str_eq(name.data, "app/public.events");
    strbuf_reset(&name);
    audit_target_name(&name, &table);
    cr_expect_str_eq(name.data, "neu.event");
}
