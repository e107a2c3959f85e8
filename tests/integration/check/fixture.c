/* From a mapping file to findings. */
#include "fixture.h"

#include "idmigrate/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define assert_good(what, err) cr_assert((what), "%s", (err).text)

/* ---- schemas ---- */

struct names {
    const char *names[2 * FIXTURE_MOST];
    size_t count;
};

static void
add_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->names[i], name) == 0)
            return;
    cr_assert_lt(names->count, 2 * FIXTURE_MOST);
    names->names[names->count++] = name;
}

static void
load_catalogs(struct fixture *fixture)
{
    const struct mapping *mapping = fixture->mapping;
    struct error err = ERROR_INIT;
    struct names target = {.count = 0};
    add_name(&target, mapping->target.schema);
    add_name(&target, mapping->audit.schema);
    for (size_t i = 0; i < mapping->table_count; i++)
        add_name(&target, mapping->tables[i].to_schema);
    for (size_t s = 0; s < mapping->source_count; s++) {
        struct names source = {.count = 0};
        add_name(&source, mapping->sources[s].schema);
        for (size_t i = 0; i < mapping->table_count; i++)
            if (mapping->tables[i].source == (int)s)
                add_name(&source, mapping->tables[i].from_schema);
        assert_good(catalog_load(fixture->sources[s], source.names, source.count,
                                 &fixture->source_catalogs[s], &err),
                    err);
    }
    assert_good(
        catalog_load(fixture->target, target.names, target.count, &fixture->target_catalog, &err),
        err);
}

/* ---- ID maps ---- */

static void
read_query(struct fixture *fixture, const struct mapping_ids *spec, struct idmap *map,
           const char *sql)
{
    struct error err = ERROR_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct db *db = spec->on == MAPPING_ON_TARGET ? fixture->target : fixture->sources[spec->on];
    assert_good(db_query(db, sql, 0, NULL, &result, &err), err);
    for (size_t row = 0; row < db_result_rows(result); row++)
        assert_good(idmap_add(map, db_result_text(result, row, 0), db_result_length(result, row, 0),
                              db_result_text(result, row, 1), db_result_length(result, row, 1),
                              row + 1, &err),
                    err);
}

static void
read_table(struct fixture *fixture, const struct mapping_ids *spec, struct idmap *map)
{
    const char *schema = spec->on == MAPPING_ON_TARGET ? fixture->mapping->target.schema
                                                       : fixture->mapping->sources[spec->on].schema;
    struct strbuf sql = STRBUF_INIT;
    strbuf_add_string(&sql, "SELECT ");
    db_quote_identifier(&sql, spec->old_column);
    strbuf_add_string(&sql, "::text, ");
    db_quote_identifier(&sql, spec->new_column);
    strbuf_add_string(&sql, "::text FROM ");
    db_quote_name(&sql, spec->schema ? spec->schema : schema, spec->table);
    read_query(fixture, spec, map, sql.data);
    strbuf_release(&sql);
}

static void
read_file(const struct mapping_ids *spec, struct idmap *map)
{
    struct error err = ERROR_INIT;
    struct digest digest;
    const struct idmap_file file = {
        .path = spec->resolved_path,
        .format = (enum idmap_file_format)spec->format,
        .old_column = spec->old_column,
        .new_column = spec->new_column,
        .delimiter = spec->delimiter,
    };
    assert_good(idmap_read_file(map, &file, &digest, &err), err);
}

static void
load_ids(struct fixture *fixture)
{
    const struct mapping *mapping = fixture->mapping;
    struct error err = ERROR_INIT;
    for (int unions = 0; unions < 2; unions++)
        for (size_t i = 0; i < mapping->id_count; i++) {
            const struct mapping_ids *spec = &mapping->ids[i];
            const struct idmap *members[FIXTURE_MOST];
            if ((spec->kind == MAPPING_IDS_UNION) != unions)
                continue;
            for (size_t m = 0; m < spec->member_count; m++)
                members[m] = fixture->ids[spec->members[m]];
            fixture->ids[i] = unions ? idmap_new_union(spec->name, members, spec->member_count)
                                     : idmap_new(spec->name);
            if (spec->kind == MAPPING_IDS_FILE)
                read_file(spec, fixture->ids[i]);
            else if (spec->kind == MAPPING_IDS_TABLE)
                read_table(fixture, spec, fixture->ids[i]);
            else if (spec->kind == MAPPING_IDS_QUERY)
                read_query(fixture, spec, fixture->ids[i], spec->query);
            assert_good(idmap_freeze(fixture->ids[i],
                                     spec->kind == MAPPING_IDS_FILE ? IDMAP_AMBIGUOUS_ERROR
                                                                    : IDMAP_AMBIGUOUS_KEEP,
                                     &err),
                        err);
        }
}

/* ---- all of it ---- */

static bool
is_same_database(const struct db *a, const struct db *b)
{
    return strcmp(db_identity(a)->database, db_identity(b)->database) == 0;
}

static void
make_plan(struct fixture *fixture)
{
    const struct catalog *catalogs[FIXTURE_MOST];
    bool is_target[FIXTURE_MOST];
    for (size_t i = 0; i < fixture->mapping->source_count; i++) {
        catalogs[i] = &fixture->source_catalogs[i];
        is_target[i] = is_same_database(fixture->sources[i], fixture->target);
    }
    const struct plan_inputs inputs = {
        .mapping = fixture->mapping,
        .sources = catalogs,
        .target = &fixture->target_catalog,
        .ids = (const struct idmap *const *)fixture->ids,
        .source_is_target = is_target,
    };
    fixture->plan = plan_new(&inputs);
}

struct fixture
fixture_open(const struct fixture_options *options)
{
    struct fixture fixture = {.findings = FINDINGS_INIT};
    struct error err = ERROR_INIT;
    assert_good(mapping_load(options->mapping, &fixture.mapping, &err), err);
    cr_assert_leq(fixture.mapping->source_count, FIXTURE_MOST);
    cr_assert_leq(fixture.mapping->id_count, FIXTURE_MOST);
    assert_good(idmap_formats_new(options->formats, fixture.mapping->formats, options->mapping,
                                  &fixture.formats, &err),
                err);
    for (size_t i = 0; i < fixture.mapping->source_count; i++) {
        assert_good(
            db_open(&fixture.sources[i], options->sources[i], "source", DB_SOURCE, "check", &err),
            err);
        assert_good(
            db_begin(&fixture.transactions[i], fixture.sources[i], DB_READ_ONLY_SNAPSHOT, &err),
            err);
    }
    assert_good(db_open(&fixture.target, options->target, "target", DB_TARGET, "check", &err), err);
    if (options->in_transaction)
        assert_good(db_begin(&fixture.target_transaction, fixture.target, DB_READ_WRITE, &err),
                    err);
    load_catalogs(&fixture);
    load_ids(&fixture);
    make_plan(&fixture);
    return fixture;
}

void
fixture_check(struct fixture *fixture, const struct fixture_options *options)
{
    const struct catalog *catalogs[FIXTURE_MOST];
    struct error err = ERROR_INIT;
    for (size_t i = 0; i < fixture->mapping->source_count; i++)
        catalogs[i] = &fixture->source_catalogs[i];
    const struct check_inputs inputs = {
        .plan = fixture->plan,
        .source_catalogs = catalogs,
        .target_catalog = &fixture->target_catalog,
        .ids = (const struct idmap *const *)fixture->ids,
        .formats = fixture->formats,
        .sources = fixture->sources,
        .target = fixture->target,
        .row_limit = options->row_limit,
        .strict = options->strict,
    };
    assert_good(check_data(&inputs, &fixture->findings, &fixture->tables, &err), err);
}

void
fixture_release(struct fixture *fixture)
{
    plan_free(&fixture->plan);
    findings_release(&fixture->findings);
    free(fixture->tables);
    for (size_t i = FIXTURE_MOST; i-- > 0;) {
        idmap_free(&fixture->ids[i]);
        catalog_release(&fixture->source_catalogs[i]);
        db_transaction_release(&fixture->transactions[i]);
        db_close(&fixture->sources[i]);
    }
    catalog_release(&fixture->target_catalog);
    db_transaction_release(&fixture->target_transaction);
    db_close(&fixture->target);
    idmap_formats_free(&fixture->formats);
    mapping_free(&fixture->mapping);
}

/* ---- the list ---- */

static int
compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
describe(const struct finding *finding)
{
    struct strbuf line = STRBUF_INIT;
    strbuf_printf(&line, "%s %s %s", finding->code, finding->table ? finding->table : "-",
                  finding->column ? finding->column : "-");
    if (finding->rows >= 0)
        strbuf_printf(&line, " %lld", (long long)finding->rows);
    for (size_t i = 0; i < finding->sample_count; i++)
        strbuf_printf(&line, "%s%s", i > 0 ? ", " : " [", finding->samples[i]);
    strbuf_add_string(&line, finding->sample_count > 0 ? "]\n" : "\n");
    return strbuf_take(&line);
}

static bool
depends_on_machine(const char *code)
{
    return strcmp(code, "N-DISK-FREE") == 0 || strcmp(code, "W-IN-USE") == 0;
}

char *
fixture_list(const struct fixture *fixture, bool all)
{
    const struct findings *lists[] = {&fixture->plan->findings, &fixture->findings};
    char **lines = memory_zalloc((lists[0]->count + lists[1]->count + 1) * sizeof *lines);
    size_t count = 0;
    struct strbuf text = STRBUF_INIT;
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            if (all || !depends_on_machine(lists[l]->items[i].code))
                lines[count++] = describe(&lists[l]->items[i]);
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++) {
        strbuf_add_string(&text, lines[i]);
        free(lines[i]);
    }
    free(lines);
    return strbuf_take(&text);
}

bool
fixture_has(const struct fixture *fixture, const char *code)
{
    const struct findings *lists[] = {&fixture->plan->findings, &fixture->findings};
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < lists[l]->count; i++)
            if (strcmp(lists[l]->items[i].code, code) == 0)
                return true;
    return false;
}
