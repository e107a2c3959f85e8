/* What check shows of a plan: in words, and for programs. The plan is made by hand. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

enum {
    ID,
    USER,
    ORG,
    CREATED,
    ROLE,
    EXTRA,
    KIND,
    PROFILE,
    COLUMNS,
    UPDATED = COLUMNS,
    NOTE,
    TARGETS
};
enum { FROM_ID, FROM_USER, FROM_CREATED, FROM_ROLE, FROM_EXTRA, SOURCES };

/* The structs of a plan point to texts that could be written to; nothing here does. */
static char app[] = "app", public[] = "public", events[] = "events", event[] = "event",
            text[] = "text", uuid[] = "uuid", jsonb[] = "jsonb",
            naive[] = "timestamp without time zone", zoned[] = "timestamp with time zone",
            id[] = "id", clerk[] = "clerkUserId", created[] = "createdAt", role[] = "role",
            extra[] = "extra", workos[] = "workos_user_id", org[] = "org_id",
            created_at[] = "created_at", kind[] = "kind", profile[] = "profile_id",
            updated[] = "updated_at", note[] = "note", admin[] = "admin", owner[] = "owner",
            visit[] = "visit", profiles[] = "profiles", unknown[] = "unknown",
            first_name[] = "first_name", eleva[] = "eleva", audit_logs[] = "audit_logs",
            packs[] = "session_packs", where[] = "\"deletedAt\" IS NULL",
            no_org[] = "people without an organization keep their events",
            elsewhere[] = "the source of names is elsewhere",
            by_default[] = "the time of the migration",
            no_place[] = "no place in the new schema yet",
            text_reason[] = "rows that meet in a key are compared as text";

struct sketch {
    struct catalog_column sources[SOURCES], targets[TARGETS];
    struct catalog_table source, target;
    struct mapping_column specs[COLUMNS];
    struct plan_column columns[COLUMNS];
    struct mapping_value values[1];
    char *literals[1], *conflict_key[1], *conflict_set[1];
    const char *source_key[1];
    struct mapping_reason drop[1], defaults[1];
    struct mapping_table entry;
    struct mapping_left_behind left_behind[1];
    struct mapping_connection connection;
    struct mapping mapping;
    struct idmap *user, *owner_org;
    const struct idmap *chain[2];
    int step_tables[1];
    struct plan_step steps[1];
    struct plan_table table;
    struct plan plan;
};

static void
sketch_release(struct sketch *s)
{
    idmap_free(&s->user);
    idmap_free(&s->owner_org);
}

static void
sketch_catalogs(struct sketch *s)
{
    char *const source_names[] = {id, clerk, created, role, extra};
    char *const source_types[] = {uuid, text, naive, text, jsonb};
    char *const target_names[] = {id,    workos, org,     created_at, role,
                                  extra, kind,   profile, updated,    note};
    char *const target_types[] = {uuid, text, text, zoned, text, jsonb, text, uuid, zoned, text};
    for (size_t i = 0; i < SOURCES; i++)
        s->sources[i] =
            (struct catalog_column){.name = source_names[i], .type.text = source_types[i]};
    for (size_t i = 0; i < TARGETS; i++)
        s->targets[i] =
            (struct catalog_column){.name = target_names[i], .type.text = target_types[i]};
    s->targets[UPDATED].has_default = true;
    s->sources[FROM_CREATED].type.category = s->targets[CREATED].type.category = 'D';
    s->source = (struct catalog_table){
        .schema = public, .name = events, .columns = s->sources, .column_count = SOURCES};
    s->target = (struct catalog_table){
        .schema = public, .name = events, .columns = s->targets, .column_count = TARGETS};
}

static void
sketch_column(struct sketch *s, int position, int source, enum plan_match match)
{
    s->columns[position] =
        (struct plan_column){.target = &s->targets[position],
                             .source = source >= 0 ? &s->sources[source] : NULL,
                             .spec = match == PLAN_MAPPED ? &s->specs[position] : NULL,
                             .match = match};
}

static void
sketch_columns(struct sketch *s)
{
    sketch_column(s, ID, FROM_ID, PLAN_SAME_NAME);
    sketch_column(s, CREATED, FROM_CREATED, PLAN_SNAKE_CASE);
    sketch_column(s, USER, FROM_USER, PLAN_MAPPED);
    s->columns[USER].resolve = s->chain;
    s->columns[USER].resolve_count = 1;
    s->specs[USER] = (struct mapping_column){
        .from = clerk, .resolve_count = 1, .literals = s->literals, .literal_count = 1};
    sketch_column(s, ORG, FROM_USER, PLAN_MAPPED);
    s->columns[ORG].resolve = s->chain;
    s->columns[ORG].resolve_count = 2;
    s->specs[ORG] = (struct mapping_column){
        .from = clerk, .resolve_count = 2, .unresolved = MAPPING_UNRESOLVED_NULL, .reason = no_org};
    sketch_column(s, ROLE, FROM_ROLE, PLAN_MAPPED);
    s->specs[ROLE] = (struct mapping_column){.from = role, .values = s->values, .value_count = 1};
    sketch_column(s, EXTRA, FROM_EXTRA, PLAN_MAPPED);
    s->columns[EXTRA].rewrite = s->chain;
    s->columns[EXTRA].rewrite_count = 1;
    s->specs[EXTRA] = (struct mapping_column){.from = extra, .rewrite = MAPPING_REWRITE_JSON};
    sketch_column(s, KIND, -1, PLAN_MAPPED);
    s->specs[KIND] = (struct mapping_column){.origin = MAPPING_VALUE, .value = visit};
    sketch_column(s, PROFILE, -1, PLAN_MAPPED);
    s->specs[PROFILE] =
        (struct mapping_column){.origin = MAPPING_UUID, .from = clerk, .namespace = profiles};
}

static void
sketch_mapping(struct sketch *s)
{
    s->values[0] = (struct mapping_value){.old_value = admin, .new_value = owner};
    s->literals[0] = unknown;
    s->conflict_key[0] = id;
    s->conflict_set[0] = role;
    s->drop[0] = (struct mapping_reason){.name = first_name, .reason = elsewhere};
    s->defaults[0] = (struct mapping_reason){.name = updated, .reason = by_default};
    s->left_behind[0] =
        (struct mapping_left_behind){.schema = public, .table = packs, .reason = no_place};
    s->entry = (struct mapping_table){.drop = s->drop,
                                      .drop_count = 1,
                                      .defaults = s->defaults,
                                      .default_count = 1,
                                      .where = where,
                                      .has_on_conflict = true,
                                      .conflict = MAPPING_CONFLICT_UPDATE,
                                      .conflict_key = s->conflict_key,
                                      .conflict_key_count = 1,
                                      .conflict_set = s->conflict_set,
                                      .conflict_set_count = 1,
                                      .winner_by = created,
                                      .winner_highest = true,
                                      .resource_type = event};
    s->connection = (struct mapping_connection){.name = app, .schema = public};
    s->mapping = (struct mapping){.name = eleva,
                                  .sources = &s->connection,
                                  .source_count = 1,
                                  .audit = {.schema = public, .table = audit_logs},
                                  .left_behind = s->left_behind,
                                  .left_behind_count = 1};
}

/* `s` is not moved afterwards: its parts point to one another. */
static void
sketch_init(struct sketch *s)
{
    *s = (struct sketch){.user = idmap_new("user"), .owner_org = idmap_new("owner_org")};
    s->chain[0] = s->user;
    s->chain[1] = s->owner_org;
    s->source_key[0] = id;
    sketch_catalogs(s);
    sketch_columns(s);
    sketch_mapping(s);
    s->table = (struct plan_table){.spec = &s->entry,
                                   .source = &s->source,
                                   .target = &s->target,
                                   .columns = s->columns,
                                   .column_count = COLUMNS,
                                   .source_key_names = s->source_key,
                                   .source_key_count = 1,
                                   .text_reason = text_reason,
                                   .label = events};
    s->steps[0] =
        (struct plan_step){.tables = s->step_tables, .table_count = 1, .one_transaction = true};
    s->plan = (struct plan){.mapping = &s->mapping,
                            .tables = &s->table,
                            .table_count = 1,
                            .steps = s->steps,
                            .step_count = 1,
                            .audit_is_default = true};
}

static struct strbuf
render(const struct report_style *style, const struct report_rows *rows)
{
    struct strbuf out = STRBUF_INIT;
    CLEANUP(sketch_release) struct sketch sketch;
    CLEANUP(findings_release) struct findings findings = fixture_findings();
    sketch_init(&sketch);
    report_render_check(&out, &sketch.plan, rows, &findings, style);
    return out;
}

static const struct report_rows some_rows = {
    .rows = 12345, .would_write = 12000, .would_merge = 340, .would_reject = 5, .target_rows = 7};

Test(resolution, as_text_says_where_everything_comes_from)
{
    CLEANUP(strbuf_release) struct strbuf out = render(&fixture_text, &some_rows);
    assert_file(&out, "check.txt");
}

Test(resolution, as_json_has_the_documented_shape)
{
    CLEANUP(strbuf_release) struct strbuf out = render(&fixture_json, &some_rows);
    json_t *document = parse_json(&out);
    assert_schema(document, "check.schema.json");
    json_decref(document);
    assert_file(&out, "check.json");
}

Test(resolution, without_rows_says_that_they_are_unknown)
{
    CLEANUP(strbuf_release) struct strbuf out = render(&fixture_text, NULL);
    CLEANUP(strbuf_release) struct strbuf json = render(&fixture_json, NULL);
    cr_expect_not_null(strstr(out.data, "step 1, rows unknown"));
    json_t *document = parse_json(&json);
    assert_schema(document, "check.schema.json");
    json_decref(document);
}

/* A plan with refusals is for showing: tables may be missing, or in no step. */
Test(resolution, shows_tables_that_could_not_be_ordered_and_leaves_out_those_not_found)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    CLEANUP(strbuf_release) struct strbuf json = STRBUF_INIT;
    CLEANUP(sketch_release) struct sketch sketch;
    struct findings none = FINDINGS_INIT;
    sketch_init(&sketch);
    sketch.plan.step_count = 0;
    sketch.table.step = -1;
    report_render_check(&out, &sketch.plan, NULL, &none, &fixture_text);
    cr_expect_not_null(strstr(out.data, "in no step"));
    report_render_check(&json, &sketch.plan, NULL, &none, &fixture_json);
    json_t *document = parse_json(&json);
    assert_schema(document, "check.schema.json");
    json_decref(document);
    strbuf_reset(&out);
    sketch.table.target = NULL;
    report_render_check(&out, &sketch.plan, NULL, &none, &fixture_text);
    cr_expect_null(strstr(out.data, "clerkUserId"));
}
