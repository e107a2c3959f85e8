/*
 * Legacy IDs anywhere in the target: in every column that can hold text of every table, and in
 * names and definitions. What the tool itself must keep is left out, and said to be: its own schema
 * with the ID maps, and the audit log, whose events hold old IDs by their nature (events.c proves
 * them).
 */
#include "work.h"

#include "idmigrate/memory.h"
#include "idmigrate/scan.h"
#include "idmigrate/sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct looking {
    struct verify *v;
    struct scan_finder *finder;
    struct scan_allow allow;
    char **excludes;
    size_t exclude_count, exclude_capacity;
    int64_t foreign_left_out;
};

static void
release_looking(struct looking *looking)
{
    scan_finder_free(&looking->finder);
    scan_allow_release(&looking->allow);
    for (size_t i = 0; i < looking->exclude_count; i++)
        free(looking->excludes[i]);
    free(looking->excludes);
}

/* ---- what is looked for ---- */

static bool
is_used_as_old(const struct mapping *mapping, const char *format)
{
    for (size_t i = 0; i < mapping->id_count; i++)
        if (!mapping->ids[i].derived && mapping->ids[i].old_format != NULL &&
            strcmp(mapping->ids[i].old_format, format) == 0)
            return true;
    return false;
}

/* Plain UUIDs and numbers are looked for by the maps alone. */
static void
add_format(const struct verify *v, const struct idmap_format **formats, size_t *count,
           const char *name)
{
    const struct idmap_format *format =
        name != NULL && v->in->formats != NULL ? idmap_format_find(v->in->formats, name) : NULL;
    if (format == NULL || !scan_is_distinctive(format))
        return;
    for (size_t i = 0; i < *count; i++)
        if (formats[i] == format)
            return;
    formats[(*count)++] = format;
}

static void
make_finder(struct looking *looking)
{
    const struct mapping *mapping = looking->v->plan->mapping;
    const struct idmap_format **formats =
        memory_zalloc((2 * mapping->id_count + 1) * sizeof *formats);
    const struct idmap **maps = memory_zalloc((mapping->id_count + 1) * sizeof *maps);
    struct scan_wanted wanted = {.formats = formats, .maps = maps};
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct mapping_ids *ids = &mapping->ids[i];
        if (ids->kind == MAPPING_IDS_UNION || ids->derived)
            continue;
        maps[wanted.map_count++] = looking->v->in->ids[i];
        add_format(looking->v, formats, &wanted.format_count, ids->old_format);
        add_format(looking->v, formats, &wanted.format_count, ids->new_format);
    }
    looking->finder = scan_finder_new(&wanted);
    for (size_t i = 0; i < mapping->id_count; i++)
        if (mapping->ids[i].new_format != NULL &&
            !is_used_as_old(mapping, mapping->ids[i].new_format))
            scan_finder_expect(looking->finder, mapping->ids[i].new_format);
    free(formats);
    free(maps);
}

/* ---- what may stay ---- */

/* A name as a pattern that matches it alone. */
static char *
make_pattern(const char *schema, const char *table, const char *column)
{
    struct strbuf pattern = STRBUF_INIT;
    const char *const parts[] = {schema, table, column};
    for (size_t i = 0; i < 3 && parts[i] != NULL; i++) {
        if (i > 0)
            strbuf_add_char(&pattern, '.');
        for (const char *c = parts[i]; *c != '\0'; c++) {
            if (strchr("*?[]\\", *c) != NULL)
                strbuf_add_char(&pattern, '\\');
            strbuf_add_char(&pattern, *c);
        }
    }
    return strbuf_take(&pattern);
}

static void
exclude(struct looking *looking, char *pattern)
{
    *ARRAY_ADD(looking->excludes, looking->exclude_count, looking->exclude_capacity) = pattern;
}

/* Source and target may be one database: what was there before is no residue. */
static void
exclude_source(struct looking *looking, size_t source)
{
    const struct verify *v = looking->v;
    const struct db *db = v->in->sources[source];
    const struct mapping *mapping = v->plan->mapping;
    if (db == NULL || !db_is_same_database(db, v->in->target))
        return;
    for (size_t i = 0; i < mapping->table_count; i++)
        if (mapping->tables[i].source == (int)source)
            exclude(looking,
                    make_pattern(mapping->tables[i].from_schema, mapping->tables[i].from, NULL));
    for (size_t i = 0; i < mapping->left_behind_count; i++)
        if (mapping->left_behind[i].source == (int)source)
            exclude(looking, make_pattern(mapping->left_behind[i].schema,
                                          mapping->left_behind[i].table, NULL));
}

/* The audit log, whose events hold old IDs, and tables of the target that hold the maps. */
static void
exclude_of_mapping(struct looking *looking, const struct mapping *mapping)
{
    exclude(looking, make_pattern(mapping->audit.schema, mapping->audit.table, NULL));
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct mapping_ids *ids = &mapping->ids[i];
        if (ids->kind == MAPPING_IDS_TABLE && ids->on == MAPPING_ON_TARGET)
            exclude(looking,
                    make_pattern(ids->schema != NULL ? ids->schema : mapping->target.schema,
                                 ids->table, NULL));
    }
}

static void
exclude_map_tables(struct looking *looking)
{
    const struct verify_inputs *in = looking->v->in;
    const struct mapping *mapping = looking->v->plan->mapping;
    for (size_t i = 0; i < in->map_table_count; i++)
        exclude(looking, make_pattern(in->map_tables[i].schema, in->map_tables[i].name, NULL));
    for (size_t i = 0; i < mapping->id_count; i++) {
        const struct mapping_ids *ids = &mapping->ids[i];
        const struct db *source = ids->on != MAPPING_ON_TARGET ? in->sources[ids->on] : NULL;
        if (ids->kind == MAPPING_IDS_TABLE && source != NULL &&
            db_is_same_database(source, in->target))
            exclude(looking, make_pattern(ids->schema != NULL ? ids->schema
                                                              : mapping->sources[ids->on].schema,
                                          ids->table, NULL));
    }
}

/* Columns that keep what no map knows, as the mapping says; the maps' own IDs are another matter,
 * and looked for by the table's own check. */
static void
allow_of_table(struct looking *looking, const struct mapping_table *table, const char *schema,
               const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mapping_column *column = &table->columns[i];
        if (column->unresolved != MAPPING_UNRESOLVED_KEEP && column->allow_ids == NULL)
            continue;
        CLEANUP(memory_free_string) char *pattern = make_pattern(schema, name, column->to);
        scan_allow_add(&looking->allow, pattern);
    }
}

static void
allow_of_mapping(struct looking *looking, const struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->may_stay_count; i++)
        scan_allow_add(&looking->allow, mapping->may_stay[i].name);
}

static void
allow_this_run(struct looking *looking)
{
    const struct plan *plan = looking->v->plan;
    exclude(looking, memory_strdup("idmigrate.*"));
    exclude(looking, memory_strdup("idmigrate_audit.*")); /* what stands around the audit log */
    exclude(looking, memory_strdup("large objects"));
    exclude_of_mapping(looking, plan->mapping);
    exclude_map_tables(looking);
    allow_of_mapping(looking, plan->mapping);
    for (size_t i = 0; i < plan->mapping->source_count; i++)
        exclude_source(looking, i);
    for (size_t i = 0; i < plan->table_count; i++)
        if (plan->tables[i].target != NULL)
            allow_of_table(looking, plan->tables[i].spec, plan->tables[i].target->schema,
                           plan->tables[i].target->name);
}

/* What another run keeps in the same target is as good as what this one does: its mapping says why.
 */
static bool
allow_other_runs(struct looking *looking, struct error *err)
{
    enum { PATH = 1, TEXT, TABLE, SCHEMA, NAME };
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(mapping_free) struct mapping *mapping = NULL;
    if (!copy_query(looking->v->in->target, sql_query_verify_other_runs, 1, &looking->v->run_id,
                    &result, err))
        return false;
    for (size_t row = 0; row < db_result_rows(result); row++) {
        const char *text = db_result_text(result, row, TEXT);
        int64_t table = db_result_int64(result, row, TABLE);
        if (text != NULL) {
            struct error ignored = ERROR_INIT;
            mapping_free(&mapping);
            /* A mapping of another version of the program allows nothing. */
            if (!mapping_parse(db_result_text(result, row, PATH), text, strlen(text), &mapping,
                               &ignored))
                continue;
            exclude_of_mapping(looking, mapping);
            allow_of_mapping(looking, mapping);
        }
        if (mapping != NULL && table >= 0 && (size_t)table < mapping->table_count)
            allow_of_table(looking, &mapping->tables[table], db_result_text(result, row, SCHEMA),
                           db_result_text(result, row, NAME));
    }
    return true;
}

/* The run's own foreign tables are a part of the target; any other one is a window into another
 * database, which may be the source. */
static bool
is_written(const struct plan *plan, const char *schema, const char *name)
{
    for (size_t i = 0; i < plan->table_count; i++) {
        const struct catalog_table *target = plan->tables[i].target;
        if (target != NULL && strcmp(target->schema, schema) == 0 &&
            strcmp(target->name, name) == 0)
            return true;
    }
    return false;
}

static bool
exclude_foreign(struct looking *looking, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!copy_query(looking->v->in->target, sql_query_verify_foreign_tables, 0, NULL, &result, err))
        return false;
    for (size_t row = 0; row < db_result_rows(result); row++) {
        const char *schema = db_result_text(result, row, 0);
        const char *name = db_result_text(result, row, 1);
        if (is_written(looking->v->plan, schema, name))
            continue;
        exclude(looking, make_pattern(schema, name, NULL));
        looking->foreign_left_out++;
    }
    return true;
}

/* ---- what was found ---- */

static void
report_place(struct check *check, const struct looking *looking, const struct scan_result *result,
             const struct scan_found *found)
{
    const struct scan_table *table = &result->tables[found->table];
    const struct scan_kind *kind = scan_finder_kind(looking->finder, (size_t)found->kind);
    int64_t old = found->distinct[SCAN_RESOLVED] + found->distinct[SCAN_AMBIGUOUS];
    int64_t distinct = old + (kind->is_new ? 0 : found->distinct[SCAN_UNKNOWN]);
    if (found->is_allowed || distinct == 0)
        return;
    CLEANUP(memory_free_string)
    char *place = memory_printf("%s.%s", table->schema, table->name);
    CLEANUP(memory_free_string)
    char *column = memory_printf("%s%s%s%s", table->columns[found->column].name,
                                 found->path[0] != '\0' ? " " : "", found->path,
                                 found->is_key ? " (key)" : "");
    CLEANUP(memory_free_string)
    char *what = memory_printf(
        "%" PRId64 " rows with %s%" PRId64 " IDs (%s), %" PRId64 " of them in a map; such as %s",
        found->rows, found->is_estimate ? "about " : "", distinct, kind->name, old,
        found->sample_count > 0 ? found->samples[0] : "none");
    check_difference_text(check, span_of(place), column, "no legacy ID", what);
}

static void
report_object(struct check *check, const struct scan_object *object)
{
    if (object->is_allowed || object->is_new)
        return;
    CLEANUP(memory_free_string)
    char *name = object->schema[0] != '\0'
                     ? memory_printf("%s %s.%s", object->kind, object->schema, object->name)
                     : memory_printf("%s %s", object->kind, object->name);
    CLEANUP(memory_free_string)
    char *what = memory_printf("%s: %s", object->found, object->excerpt);
    check_difference_text(check, span_of(name), NULL, "no legacy ID", what);
}

static void
report_gaps(struct check *check, const struct scan_result *result)
{
    CLEANUP(strbuf_release) struct strbuf gaps = STRBUF_INIT;
    for (size_t i = 0; i < result->gap_count; i++)
        if (!result->gaps[i].is_chosen)
            strbuf_printf(&gaps, "%s%s: %s", gaps.length > 0 ? "; " : "", result->gaps[i].name,
                          result->gaps[i].reason);
    if (gaps.length > 0)
        check_give_up(check, "%s", gaps.data);
}

static void
report(struct check *check, const struct looking *looking, const struct scan_result *result)
{
    int64_t columns = 0;
    for (size_t i = 0; i < result->found_count; i++)
        report_place(check, looking, result, &result->found[i]);
    for (size_t i = 0; i < result->object_count; i++)
        report_object(check, &result->objects[i]);
    report_gaps(check, result);
    for (size_t i = 0; i < result->table_count; i++)
        columns += result->tables[i].was_read ? (int64_t)result->tables[i].column_count : 0;
    check->looked_at = result->rows + 1;
    check_note(check,
               "%" PRId64 " rows of %zu tables with %" PRId64
               " columns that can hold text, and all definitions",
               result->rows, result->table_count, columns);
    if (result->allowed > 0)
        check_note(check, "%" PRId64 " places where the mapping lets them stay", result->allowed);
    if (looking->foreign_left_out > 0)
        check_note(check,
                   "%" PRId64 " foreign tables, whose rows are in other databases, were left out",
                   looking->foreign_left_out);
    if (scan_finder_has_short(looking->finder))
        check_note(check, "some IDs are too short to be told from other words: inside texts and "
                          "definitions they were not looked for, as whole values they were");
    check_note(check, "left out: the schema idmigrate, tables that hold the ID maps, large "
                      "objects, and the audit log, whose events hold old IDs");
}

static void
tell_progress(void *context, const char *label, int64_t rows, int64_t rows_total)
{
    const struct verify_inputs *in = context;
    (void)rows_total;
    if (in->progress != NULL)
        in->progress(in->context, "residue", label, rows);
}

bool
everywhere_check(struct verify *v, struct error *err)
{
    CLEANUP(release_looking) struct looking looking = {.v = v, .allow = SCAN_ALLOW_INIT};
    CLEANUP(scan_result_release) struct scan_result result = SCAN_RESULT_INIT;
    struct verify_inputs inputs = *v->in;
    struct error problem = ERROR_INIT;
    struct check check;
    make_finder(&looking);
    allow_this_run(&looking);
    check_init(&check, "residue", NULL, v->in->difference_limit);
    bool good = allow_other_runs(&looking, &problem) && exclude_foreign(&looking, &problem);
    const struct scan_request request = {.db = v->in->target,
                                         .finder = looking.finder,
                                         .allow = &looking.allow,
                                         .progress = tell_progress,
                                         .context = &inputs,
                                         .bytes = v->in->looks_into_bytea,
                                         .foreign_tables = true,
                                         .excludes = (const char *const *)looking.excludes,
                                         .exclude_count = looking.exclude_count};
    good = good && scan_database(&request, &result, &problem);
    if (good)
        report(&check, &looking, &result);
    else
        check_give_up(&check, "%s", problem.text);
    check_finish(&check, &v->checks);
    return good || copy_error_is_local(&problem) || (*err = problem, false);
}
