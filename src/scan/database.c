/*
 * A database is scanned: schema by schema, each table once, in one snapshot. A table that cannot be
 * read is named and does not end the scan.
 */
#include "internal.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct scan_gap *
gap_add(struct scan_gap **gaps, size_t *count, const char *name, const char *reason,
        const char *hint)
{
    *gaps = memory_realloc_array(*gaps, *count + 1, sizeof **gaps);
    struct scan_gap *gap = &(*gaps)[(*count)++];
    *gap = (struct scan_gap){
        .name = memory_strdup(name), .reason = memory_strdup(reason), .hint = memory_strdup(hint)};
    return gap;
}

bool
scan_is_excluded(const char *const *excludes, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (fnmatch(excludes[i], name, 0) == 0)
            return true;
    return false;
}

bool
scan_is_interrupted(struct error *err)
{
    int signal = interrupt_signal();
    if (signal == 0)
        return false;
    error_set(err, signal == SIGTERM ? EXIT_TERMINATED : EXIT_INTERRUPTED,
              "interrupted while scanning");
    return true;
}

/* ---- which relations ---- */

static int64_t
estimate_rows(const struct catalog_table *from)
{
    double rows = 0;
    for (size_t i = 0; i < from->leaf_count; i++) {
        if (from->leaves[i].rows < 0)
            return -1;
        rows += from->leaves[i].rows;
    }
    return (int64_t)rows;
}

/* Whether the table's rows are read leaf by leaf: those of heirs (through the parent also children
 * would be read that are tables of their own), and partitions beside foreign ones. */
static bool
is_read_by_leaf(const struct scan_request *request, const struct catalog_table *from)
{
    bool has_foreign = false;
    for (size_t i = 0; i < from->leaf_count; i++)
        has_foreign = has_foreign || from->leaves[i].kind == 'f';
    return from->kind == 'p' ? has_foreign && !request->foreign_tables : true;
}

static void
add_sample(struct strbuf *sql, const struct scan_request *request, struct scan_table *table,
           bool is_foreign)
{
    double percent = request->sample_percent;
    int64_t wanted = request->sample_rows - table->rows;
    /* Blocks are drawn, and blocks differ: twice as many, and then the limit. */
    if (request->sample_rows > 0 && table->estimate > 4 * request->sample_rows)
        percent = 200.0 * (double)request->sample_rows / (double)table->estimate;
    if (percent > 0 && percent < 100 && !is_foreign) {
        strbuf_printf(sql, " TABLESAMPLE SYSTEM (%g) REPEATABLE (1)", percent);
        table->is_sampled = true;
    }
    if (request->sample_rows > 0)
        strbuf_printf(sql, " LIMIT %lld", (long long)(wanted > 0 ? wanted : 0));
}

static void
add_leaf(struct scan_table *table, const char *schema, const char *name)
{
    struct strbuf quoted = STRBUF_INIT;
    db_quote_name(&quoted, schema, name);
    table->leaves =
        memory_realloc_array(table->leaves, table->leaf_count + 1, sizeof *table->leaves);
    table->leaves[table->leaf_count++] = strbuf_take(&quoted);
}

static bool
read_relation(struct table_reading *reading, const char *schema, const char *name, char kind,
              bool only, struct scan_result *result, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    struct error failed = ERROR_INIT;
    strbuf_add_string(&sql, "COPY (SELECT ");
    columns_select(&sql, reading->table, reading->fields);
    strbuf_add_string(&sql, only ? " FROM ONLY " : " FROM ");
    db_quote_name(&sql, schema, name);
    add_sample(&sql, reading->request, reading->table, kind == 'f');
    strbuf_add_string(&sql, ") TO STDOUT");
    if (!table_read(reading, sql.data, &failed, err))
        return false;
    if (failed.is_set) {
        CLEANUP(memory_free_string) char *label = memory_printf("%s.%s", schema, name);
        gap_add(&result->gaps, &result->gap_count, label, failed.text,
                failed.hint[0] != '\0' ? failed.hint : NULL);
        return true;
    }
    reading->table->was_read = true;
    if (only)
        add_leaf(reading->table, schema, name);
    return true;
}

static bool
read_leaves(struct table_reading *reading, const struct catalog_table *from,
            struct scan_result *result, struct error *err)
{
    for (size_t i = 0; i < from->leaf_count; i++) {
        const struct catalog_leaf *leaf = &from->leaves[i];
        CLEANUP(memory_free_string) char *name = memory_printf("%s.%s", leaf->schema, leaf->name);
        if (leaf->kind == 'f' && !reading->request->foreign_tables)
            gap_add(&result->gaps, &result->gap_count, name,
                    "a foreign table; its rows are in another database",
                    "scan that database, or say --foreign");
        else if (!read_relation(reading, leaf->schema, leaf->name, leaf->kind, true, result, err))
            return false;
    }
    return true;
}

/* ---- one table ---- */

static struct scan_table *
add_table(struct scan_result *result, const struct catalog_table *from)
{
    result->tables =
        memory_realloc_array(result->tables, result->table_count + 1, sizeof *result->tables);
    struct scan_table *table = &result->tables[result->table_count++];
    *table = (struct scan_table){.schema = memory_strdup(from->schema),
                                 .name = memory_strdup(from->name),
                                 .kind = from->kind,
                                 .estimate = estimate_rows(from)};
    return table;
}

static void
judge_sample(const struct scan_request *request, struct scan_table *table,
             struct scan_result *result)
{
    table->is_sampled =
        table->is_sampled || (request->sample_rows > 0 && table->rows >= request->sample_rows);
    result->is_sampled = result->is_sampled || table->is_sampled;
    result->rows += table->rows;
}

static void
judge_allowed(const struct scan_request *request, struct scan_result *result, size_t first)
{
    for (size_t i = first; i < result->found_count; i++) {
        struct scan_found *found = &result->found[i];
        const struct scan_table *table = &result->tables[found->table];
        CLEANUP(memory_free_string)
        char *path = memory_printf("%s.%s.%s", table->schema, table->name,
                                   table->columns[found->column].name);
        found->is_allowed =
            scan_allow_covers(request->allow, path, found->path, strlen(found->path));
    }
}

static bool
scan_table(const struct scan_request *request, const struct catalog_table *from,
           struct scan_result *result, struct error *err)
{
    CLEANUP(memory_free_string) char *label = memory_printf("%s.%s", from->schema, from->name);
    struct scan_table *table = add_table(result, from);
    struct field *fields = NULL;
    struct places places = {.finder = request->finder, .table = result->table_count - 1};
    struct table_reading reading = {.request = request,
                                    .table = table,
                                    .places = &places,
                                    .scratch = SCAN_SCRATCH_INIT,
                                    .value = STRBUF_INIT,
                                    .label = label};
    size_t first = result->found_count;
    columns_choose(request, from, table, &fields, result);
    reading.fields = fields;
    bool good = true;
    if (table->column_count > 0)
        good = is_read_by_leaf(request, from) ? read_leaves(&reading, from, result, err)
                                              : read_relation(&reading, from->schema, from->name,
                                                              from->kind, false, result, err);
    places_take(&places, result);
    judge_sample(request, table, result);
    judge_allowed(request, result, first);
    places_release(&places);
    scan_scratch_release(&reading.scratch);
    strbuf_release(&reading.value);
    free(fields);
    return good || error_context(err, "table %s", label);
}

/* Whether the table is read at all; what is not is named. Views show the rows of tables. */
static bool
is_to_read(const struct scan_request *request, const struct catalog_table *from,
           struct scan_result *result)
{
    CLEANUP(memory_free_string) char *name = memory_printf("%s.%s", from->schema, from->name);
    struct scan_gap **gaps = &result->gaps;
    size_t *count = &result->gap_count;
    if (from->kind == 'v')
        return false;
    if (scan_is_excluded(request->excludes, request->exclude_count, name)) {
        gap_add(gaps, count, name, "excluded", NULL)->is_chosen = true;
        return false;
    }
    if (strcmp(from->schema, "idmigrate") == 0 || strcmp(from->schema, "idmigrate_audit") == 0) {
        gap_add(gaps, count, name,
                from->schema[strlen("idmigrate")] == '\0'
                    ? "idmigrate's own: ID maps and former values belong there"
                    : "idmigrate's own: the legacy log's rows are kept as they were",
                NULL)
            ->is_chosen = true;
        return false;
    }
    if (from->kind == 'f' && !request->foreign_tables) {
        gap_add(gaps, count, name, "a foreign table; its rows are in another database",
                "scan that database, or say --foreign");
        return false;
    }
    if (from->row_security_applies) {
        gap_add(gaps, count, name, "row-level security hides rows from the role",
                "scan as the table's owner, or as a role with BYPASSRLS");
        return false;
    }
    return true;
}

/* ---- all of it ---- */

static bool
load_catalog(const struct scan_request *request, struct catalog *catalog, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *rows = NULL;
    if (!db_query(request->db, sql_query_scan_schemas, 0, NULL, &rows, err))
        return false;
    size_t count = db_result_rows(rows);
    const char **schemas = memory_zalloc((count + 1) * sizeof *schemas);
    for (size_t i = 0; i < count; i++)
        schemas[i] = db_result_text(rows, i, 0);
    bool good = catalog_load(request->db, schemas, count, catalog, err);
    free(schemas);
    return good;
}

static void
count_entries(const struct scan_request *request, struct scan_result *result)
{
    for (size_t i = 0; i < result->found_count; i++) {
        const struct scan_found *found = &result->found[i];
        int64_t *counter = found->is_allowed ? &result->allowed
                           : scan_finder_kind(request->finder, (size_t)found->kind)->is_new ||
                                   found->distinct[SCAN_UNKNOWN] + found->distinct[SCAN_RESOLVED] +
                                           found->distinct[SCAN_AMBIGUOUS] ==
                                       0
                               ? &result->expected
                               : &result->left;
        ++*counter;
    }
    for (size_t i = 0; i < result->object_count; i++) {
        const struct scan_object *object = &result->objects[i];
        int64_t *counter = object->is_allowed ? &result->allowed
                           : object->is_new   ? &result->expected
                                              : &result->left;
        ++*counter;
    }
}

bool
scan_database(const struct scan_request *request, struct scan_result *result, struct error *err)
{
    CLEANUP(catalog_release) struct catalog catalog = {0};
    if (!load_catalog(request, &catalog, err))
        return false;
    for (size_t i = 0; i < catalog.table_count; i++)
        if (is_to_read(request, &catalog.tables[i], result) &&
            !scan_table(request, &catalog.tables[i], result, err))
            return false;
    if (!objects_scan(request, result, err))
        return false;
    count_entries(request, result);
    return true;
}

enum exit_status
scan_judge(const struct scan_result *result, bool only_lists)
{
    bool has_gaps = result->is_sampled && !only_lists;
    for (size_t i = 0; i < result->gap_count; i++)
        has_gaps = has_gaps || !result->gaps[i].is_chosen;
    return result->left > 0 && !only_lists ? EXIT_DIFFERENT
           : has_gaps                      ? EXIT_NOT_CHECKED
                                           : EXIT_DONE;
}

/* ---- release ---- */

static void
release_table(struct scan_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
        free(table->columns[i].foreign_key);
        free(table->columns[i].indexes);
        free(table->columns[i].unique_index);
    }
    for (size_t i = 0; i < table->other_count; i++)
        free(table->others[i]);
    for (size_t i = 0; i < table->leaf_count; i++)
        free(table->leaves[i]);
    free(table->leaves);
    free(table->columns);
    free(table->others);
    free(table->schema);
    free(table->name);
}

static void
release_object(struct scan_object *object)
{
    free(object->kind);
    free(object->schema);
    free(object->name);
    free(object->found);
    free(object->excerpt);
}

void
scan_result_release(struct scan_result *result)
{
    for (size_t i = 0; i < result->table_count; i++)
        release_table(&result->tables[i]);
    for (size_t i = 0; i < result->found_count; i++) {
        free(result->found[i].path);
        for (size_t s = 0; s < result->found[i].sample_count; s++)
            free(result->found[i].samples[s]);
    }
    for (size_t i = 0; i < result->object_count; i++)
        release_object(&result->objects[i]);
    for (size_t i = 0; i < result->gap_count; i++) {
        free(result->gaps[i].name);
        free(result->gaps[i].reason);
        free(result->gaps[i].hint);
    }
    free(result->tables);
    free(result->found);
    free(result->objects);
    free(result->gaps);
    *result = (struct scan_result)SCAN_RESULT_INIT;
}
