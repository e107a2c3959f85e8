/* Which columns are weighed: what a mapping says, or where a scan found IDs. */
#include "idmigrate/weigh.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static struct weigh_table *
add_table(struct weigh *weigh, const char *source, const char *schema, const char *name)
{
    struct weigh_table *table = ARRAY_ADD(weigh->tables, weigh->table_count, weigh->table_capacity);
    *table = (struct weigh_table){.source = memory_strdup(source),
                                  .schema = memory_strdup(schema),
                                  .name = memory_strdup(name)};
    return table;
}

static struct weigh_column *
add_column(struct weigh_table *table, const char *name, char *expression)
{
    table->columns =
        memory_realloc_array(table->columns, table->column_count + 1, sizeof *table->columns);
    struct weigh_column *column = &table->columns[table->column_count++];
    *column = (struct weigh_column){.name = memory_strdup(name), .expression = expression};
    return column;
}

static char *
column_expression(const char *name, const char *before, const char *after)
{
    struct strbuf sql = STRBUF_INIT;
    strbuf_printf(&sql, "%st.", before);
    db_quote_identifier(&sql, name);
    strbuf_add_string(&sql, after);
    return strbuf_take(&sql);
}

/* ---- by a mapping ---- */

static bool
is_weighed(const struct mapping_column *column)
{
    return (column->origin == MAPPING_FROM || column->origin == MAPPING_SQL) &&
           (column->resolve_count > 0 || column->rewrite != MAPPING_REWRITE_NONE);
}

static void
add_mapped_column(struct weigh_table *table, const struct mapping_column *spec)
{
    /* The newline ends a comment of the expression. */
    char *expression = spec->origin == MAPPING_SQL ? memory_printf("(%s\n)::text", spec->sql)
                                                   : column_expression(spec->from, "", "::text");
    CLEANUP(memory_free_string)
    char *name = spec->origin == MAPPING_SQL ? memory_strdup(spec->to)
                 : strcmp(spec->from, spec->to) == 0
                     ? memory_strdup(spec->from)
                     : memory_printf("%s for %s", spec->from, spec->to);
    struct weigh_column *column = add_column(table, name, expression);
    column->spec = spec;
    column->form = spec->resolve_count > 0                 ? WEIGH_WHOLE
                   : spec->rewrite == MAPPING_REWRITE_JSON ? WEIGH_JSON
                                                           : WEIGH_TEXT;
    column->chain_count = spec->resolve_count;
    column->chain = memory_realloc_array(NULL, spec->resolve_count + 1, sizeof *column->chain);
    if (spec->resolve_count > 0)
        memcpy(column->chain, spec->resolve, spec->resolve_count * sizeof *column->chain);
}

static void
take_catalog_leaves(struct weigh_table *table, const struct catalog *catalog)
{
    const struct catalog_table *found =
        catalog != NULL ? catalog_find(catalog, table->schema, table->name) : NULL;
    if (found == NULL || found->kind != 'r')
        return;
    table->leaves = memory_alloc((found->leaf_count + 1) * sizeof *table->leaves);
    table->leaf_count = found->leaf_count;
    for (size_t i = 0; i < found->leaf_count; i++) {
        struct strbuf quoted = STRBUF_INIT;
        db_quote_name(&quoted, found->leaves[i].schema, found->leaves[i].name);
        table->leaves[i] = strbuf_take(&quoted);
    }
}

void
weigh_add_mapping(struct weigh *weigh, const struct mapping *mapping, int source,
                  const struct catalog *catalog)
{
    weigh->mapping = mapping;
    for (size_t i = 0; i < mapping->table_count; i++) {
        const struct mapping_table *spec = &mapping->tables[i];
        struct weigh_table *table = NULL;
        if (spec->source != source)
            continue;
        for (size_t c = 0; c < spec->column_count; c++) {
            if (!is_weighed(&spec->columns[c]))
                continue;
            if (table == NULL)
                table =
                    add_table(weigh, mapping->sources[source].name, spec->from_schema, spec->from);
            add_mapped_column(table, &spec->columns[c]);
        }
        if (table == NULL)
            continue;
        table->where = memory_strdup(spec->where);
        take_catalog_leaves(table, catalog);
    }
}

/* ---- by content ---- */

/* A table has the rows of its heirs, but not those of tables that inherit from it and have columns
 * of their own: these were found by themselves. So what was read is read again. */
static void
take_leaves(struct weigh_table *table, const struct scan_table *scanned)
{
    table->leaves = memory_alloc((scanned->leaf_count + 1) * sizeof *table->leaves);
    table->leaf_count = scanned->leaf_count;
    for (size_t i = 0; i < scanned->leaf_count; i++)
        table->leaves[i] = memory_strdup(scanned->leaves[i]);
}

static struct weigh_table *
table_of(struct weigh *weigh, const char *source, const struct scan_table *scanned)
{
    struct weigh_table *last =
        weigh->table_count > 0 ? &weigh->tables[weigh->table_count - 1] : NULL;
    if (last != NULL && strcmp(last->name, scanned->name) == 0 &&
        strcmp(last->schema, scanned->schema) == 0 && strcmp(last->source, source) == 0)
        return last;
    last = add_table(weigh, source, scanned->schema, scanned->name);
    take_leaves(last, scanned);
    return last;
}

static struct weigh_column *
find_column(struct weigh_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

/* IDs are the whole value in most columns; where they are a part of it in some rows, all rows are
 * looked through. */
static void
add_found(struct weigh_table *table, const struct scan_column *scanned,
          const struct scan_found *found, const struct scan_kind *kind, int map,
          const struct idmap_format *format)
{
    bool is_inside = !found->is_whole || found->path[0] != '\0' || scanned->is_json ||
                     scanned->is_array || scanned->is_composite;
    bool is_json = scanned->is_json || scanned->is_array || scanned->is_composite;
    struct weigh_column *column = find_column(table, scanned->name);
    if (column == NULL) {
        char *expression = scanned->is_array || scanned->is_composite
                               ? column_expression(scanned->name, "pg_catalog.to_jsonb(", ")::text")
                               : column_expression(scanned->name, "", "::text");
        column = add_column(table, scanned->name, expression);
        column->form = WEIGH_WHOLE;
        column->chain = memory_alloc(sizeof *column->chain);
        column->chain[0] = map;
        column->chain_count = 1;
        column->is_guessed = true;
        column->format = format;
    }
    /* A plain ID that is no more than a UUID or a number is told by its column alone. */
    if (is_inside || (kind->format != NULL && scan_is_distinctive(kind->format)))
        column->form = is_json ? WEIGH_JSON : WEIGH_TEXT;
}

void
weigh_add_scan(struct weigh *weigh, const char *source, const struct scan_result *scan,
               const struct scan_finder *finder, const int *map_of_kind,
               const struct idmap_format *const *plain)
{
    for (size_t i = 0; i < scan->found_count; i++) {
        const struct scan_found *found = &scan->found[i];
        const struct scan_kind *kind = scan_finder_kind(finder, (size_t)found->kind);
        const struct scan_table *table = &scan->tables[found->table];
        int map = map_of_kind[found->kind];
        if (map < 0 || found->is_allowed || table->columns[found->column].is_bytes)
            continue;
        add_found(table_of(weigh, source, table), &table->columns[found->column], found, kind, map,
                  plain[map]);
    }
}
