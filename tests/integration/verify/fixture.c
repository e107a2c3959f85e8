/* A small application, its run, and verification of it. */
#include "fixture.h"

#include "idmigrate/migrate.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct error err_ = ERROR_INIT, *err = &err_;                                              \
        bool done_ = (call);                                                                       \
        cr_assert(done_, "%s: %s", #call, err_.text);                                              \
    } while (0)

static const char *const people[][2] = {{"u_ann", "m_ann"}, {"u_bob", "m_bob"},
                                        {"u_cat", "m_cat"}, {"u_cat2", "m_cat"},
                                        {"u_dan", "m_dan"}, {"u_eve", "m_eve"}};
/* Nobody asks for the team of m_out, who has two. */
static const char *const teams[][2] = {
    {"m_ann", "t_1"}, {"m_bob", "t_2"}, {"m_eve", "t_1"}, {"m_out", "t_1"}, {"m_out", "t_2"}};

static struct idmap *
make_map(const char *name, const char *const pairs[][2], size_t count)
{
    struct idmap *map = idmap_new(name);
    for (size_t i = 0; i < count; i++)
        MUST(idmap_add(map, pairs[i][0], strlen(pairs[i][0]), pairs[i][1], strlen(pairs[i][1]),
                       i + 1, err));
    MUST(idmap_freeze(map, IDMAP_AMBIGUOUS_KEEP, err));
    return map;
}

static void
make_plan(struct sides *sides, bool must_be_good)
{
    const struct catalog *source = &sides->source_catalog;
    const bool source_is_target = false;
    struct plan_inputs inputs = {.mapping = sides->mapping,
                                 .sources = &source,
                                 .target = &sides->target_catalog,
                                 .ids = (const struct idmap *const *)sides->ids,
                                 .source_is_target = &source_is_target};
    sides->plan = plan_new(&inputs);
    for (size_t i = 0; must_be_good && i < sides->plan->findings.count; i++) {
        const struct finding *finding = &sides->plan->findings.items[i];
        cr_assert(finding->severity != FINDING_REFUSAL, "%s %s: %s", finding->code,
                  finding->table ? finding->table : "", finding->text);
    }
}

void
sides_open(struct sides *sides, const char *source_conninfo, const char *target_conninfo,
           enum db_side side)
{
    const char *schemas[] = {"public"};
    CLEANUP(memory_free_string)
    char *path = test_source_path("tests/integration/verify/mapping.json");
    *sides = (struct sides)SIDES_INIT;
    sides->source_conninfo = source_conninfo;
    sides->target_conninfo = target_conninfo;
    MUST(mapping_load(path, &sides->mapping, err));
    MUST(db_open(&sides->source, source_conninfo, "source app", DB_SOURCE, "test", err));
    MUST(db_open(&sides->target, target_conninfo, "target", side, "test", err));
    MUST(db_begin(&sides->snapshot, sides->source, DB_READ_ONLY_SNAPSHOT, err));
    MUST(catalog_load(sides->source, schemas, 1, &sides->source_catalog, err));
    MUST(catalog_load(sides->target, schemas, 1, &sides->target_catalog, err));
    sides->ids[0] = make_map("person", people, sizeof people / sizeof people[0]);
    sides->ids[1] = make_map("team", teams, sizeof teams / sizeof teams[0]);
    make_plan(sides, side == DB_TARGET);
}

void
sides_close(struct sides *sides)
{
    plan_free(&sides->plan);
    for (size_t i = 0; i < FIXTURE_MAPS; i++)
        idmap_free(&sides->ids[i]);
    catalog_release(&sides->source_catalog);
    catalog_release(&sides->target_catalog);
    mapping_free(&sides->mapping);
    db_transaction_release(&sides->snapshot);
    db_close(&sides->source);
    db_close(&sides->target);
    store_run_release(&sides->run);
}

static char *
describe_maps(const struct sides *sides)
{
    char person[DIGEST_HEX_SIZE], team[DIGEST_HEX_SIZE];
    digest_to_hex(idmap_digest(sides->ids[0]), person);
    digest_to_hex(idmap_digest(sides->ids[1]), team);
    return memory_printf("{\"person\": \"%s\", \"team\": \"%s\"}", person, team);
}

static bool
open_target(void *context, const char *purpose, struct db **db, struct error *err)
{
    const struct sides *sides = context;
    return db_open(db, sides->target_conninfo, "target", DB_TARGET, purpose, err);
}

static bool
open_source(void *context, int source, const char *purpose, struct db **db, struct error *err)
{
    const struct sides *sides = context;
    (void)source;
    return db_open(db, sides->source_conninfo, "source app", DB_SOURCE, purpose, err);
}

void
sides_migrate(struct sides *sides, bool dry_run)
{
    static const char id[] = "0190a5c4-0000-7000-8000-000000000001";
    sides->run = (struct store_run){
        .run_id = memory_strdup(id),
        .name = memory_strdup("small"),
        .mapping_path = memory_strdup("mapping.json"),
        .mapping_text = memory_strdup(sides->mapping->text),
        .mapping_digest = memory_strdup("0123456789abcdef0123456789abcdef"),
        .idmap_digests = describe_maps(sides),
        .sources = memory_strdup("{}"),
        .target = memory_strdup("{}"),
        .settings = memory_strdup("{}"),
        .tool_version = memory_strdup("test"),
        .operator= memory_strdup("test"),
    };
    struct migrate_inputs inputs = {.plan = sides->plan,
                                    .ids = (const struct idmap *const *)sides->ids,
                                    .sources = &sides->source,
                                    .target = sides->target,
                                    .dry_run = dry_run,
                                    .jobs = 2,
                                    .open_target = open_target,
                                    .open_source = open_source,
                                    .connections = sides,
                                    .run = &sides->run,
                                    .max_rejects = 100};
    MUST(dry_run || store_lock(sides->target, true, err));
    MUST(migrate_run(&inputs, err));
    MUST(dry_run || store_unlock(sides->target, false, err));
}

void
sides_find_run(struct sides *sides)
{
    store_run_release(&sides->run);
    sides->run = (struct store_run){.run_id = NULL};
    MUST(store_find_run(sides->target, "last", &sides->run, err));
}

static bool
open_reader(void *context, struct db **db, struct error *err)
{
    const struct sides *sides = context;
    return db_open(db, sides->target_conninfo, "target", DB_TARGET_READER, "verify", err);
}

/* All three streams at once, as people have it. */
void
sides_verify(struct sides *sides, bool with_source, struct verify_result *result)
{
    struct db *none = NULL;
    struct verify_inputs inputs = {.plan = sides->plan,
                                   .run = &sides->run,
                                   .sources = with_source ? &sides->source : &none,
                                   .target = sides->target,
                                   .jobs = 2,
                                   .open_target = open_reader,
                                   .connections = sides,
                                   .difference_limit = 20};
    MUST(verify_run(&inputs, result, err));
}

/* ---- databases ---- */

struct application
application_create(const char *name)
{
    CLEANUP(memory_free_string) char *source = memory_printf("%s_s", name);
    CLEANUP(memory_free_string) char *target = memory_printf("%s_t", name);
    struct application application = {.source = test_database_create(source),
                                      .target = test_database_create(target)};
    test_run_file(source, "tests/integration/verify/source.sql", NULL);
    test_run_file(target, "tests/integration/verify/target.sql", NULL);
    return application;
}

void
application_release(struct application *application)
{
    test_database_release(&application->source);
    test_database_release(&application->target);
}

struct application
application_moved(const char *name)
{
    struct application application = application_create(name);
    struct sides sides;
    sides_open(&sides, application.source.conninfo, application.target.conninfo, DB_TARGET);
    sides_migrate(&sides, false);
    sides_close(&sides);
    return application;
}

/* ---- results ---- */

const struct store_check *
result_find(const struct verify_result *result, const char *check, const char *label)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct store_check *item = &result->checks[i];
        bool same_label = label == NULL ? item->label == NULL
                                        : item->label != NULL && strcmp(item->label, label) == 0;
        if (strcmp(item->name, check) == 0 && same_label)
            return item;
    }
    return NULL;
}

char *
result_describe(const struct verify_result *result)
{
    char *text = memory_strdup("");
    for (size_t i = 0; i < result->count; i++) {
        const struct store_check *check = &result->checks[i];
        if (strcmp(check->verdict, "equal") == 0)
            continue;
        char *longer = memory_printf("%s%s %s: %s, %lld: %s %s\n", text, check->name,
                                     check->label ? check->label : "", check->verdict,
                                     (long long)check->found, check->detail, check->differences);
        free(text);
        text = longer;
    }
    return text;
}
