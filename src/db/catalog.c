/*
 * Reading the catalogue: one query for the tables, then one for each kind of thing that belongs to
 * them, whose rows find their table by its oid.
 */
#include "catalog_read.h"
#include "connection.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

struct part {
    const char *sql;
    void (*read)(struct catalog_table *table, const struct db_result *result, size_t row);
};

/* Columns come first: the others say which they are about. */
static const struct part parts[] = {
    {sql_query_catalog_columns, catalog_read_column},
    {sql_query_catalog_indexes, catalog_read_index},
    {sql_query_catalog_foreign_keys, catalog_read_foreign_key},
    {sql_query_catalog_checks, catalog_read_check},
    {sql_query_catalog_triggers, catalog_read_trigger},
};

/* The tables in the order of their oids. */
struct by_oid {
    struct catalog_table **tables;
    size_t count;
};

static void
by_oid_release(struct by_oid *index)
{
    free(index->tables);
    *index = (struct by_oid){0};
}

static int
compare_oids(const void *a, const void *b)
{
    uint32_t one = (*(struct catalog_table *const *)a)->oid;
    uint32_t other = (*(struct catalog_table *const *)b)->oid;
    return (one > other) - (one < other);
}

static struct by_oid
index_by_oid(struct catalog *catalog)
{
    struct by_oid index = {.count = catalog->table_count};
    index.tables = memory_alloc(index.count * sizeof *index.tables);
    for (size_t i = 0; i < index.count; i++)
        index.tables[i] = &catalog->tables[i];
    qsort(index.tables, index.count, sizeof *index.tables, compare_oids);
    return index;
}

/* NULL for what is no table of its own. */
static struct catalog_table *
find_by_oid(const struct by_oid *index, uint32_t oid)
{
    const struct catalog_table wanted = {.oid = oid};
    const struct catalog_table *key = &wanted;
    struct catalog_table **found =
        bsearch(&key, index->tables, index->count, sizeof *index->tables, compare_oids);
    return found != NULL ? *found : NULL;
}

static bool
load_part(struct db *db, const struct part *part, const char *schemas, const struct by_oid *index,
          struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, part->sql, 1, &schemas, &result, err))
        return false;
    for (size_t row = 0; row < db_result_rows(result); row++) {
        struct catalog_table *table = find_by_oid(index, catalog_read_oid(result, row, 0));
        if (table != NULL)
            part->read(table, result, row);
    }
    return true;
}

/* A table whose rows are read through another one is a leaf of that one and no table of its own. */
static void
drop_heirs(struct catalog *catalog)
{
    CLEANUP(by_oid_release) struct by_oid index = index_by_oid(catalog);
    for (size_t i = 0; i < catalog->table_count; i++)
        for (size_t leaf = 0; leaf < catalog->tables[i].leaf_count; leaf++) {
            struct catalog_table *heir = find_by_oid(&index, catalog->tables[i].leaves[leaf].oid);
            if (heir != NULL && heir != &catalog->tables[i])
                heir->kind = '\0';
        }

    size_t kept = 0;
    for (size_t i = 0; i < catalog->table_count; i++) {
        if (catalog->tables[i].kind == '\0')
            catalog_release_table(&catalog->tables[i]);
        else
            catalog->tables[kept++] = catalog->tables[i];
    }
    catalog->table_count = kept;
}

static bool
load_tables(struct db *db, const char *schemas, struct catalog *catalog, struct error *err)
{
    static const struct part leaves = {sql_query_catalog_leaves, catalog_read_leaf};
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, sql_query_catalog_tables, 1, &schemas, &result, err))
        return false;
    for (size_t row = 0; row < db_result_rows(result); row++)
        catalog_read_table(catalog, result, row);

    CLEANUP(by_oid_release) struct by_oid index = index_by_oid(catalog);
    if (!load_part(db, &leaves, schemas, &index, err))
        return false;
    drop_heirs(catalog);
    return true;
}

static bool
load_database(struct db *db, struct catalog *catalog, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    if (!db_query(db, sql_query_catalog_database, 0, NULL, &result, err))
        return false;
    catalog->role = memory_strdup(db_identity(db)->role);
    catalog->block_size = (int)db_result_int64(result, 0, 0);
    catalog->can_create_schema = db_result_bool(result, 0, 1);
    catalog->can_create_temp = db_result_bool(result, 0, 2);
    return true;
}

static bool
load(struct db *db, const char *schemas, struct catalog *catalog, struct error *err)
{
    if (!load_database(db, catalog, err) || !load_tables(db, schemas, catalog, err))
        return false;
    CLEANUP(by_oid_release) struct by_oid index = index_by_oid(catalog);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!load_part(db, &parts[i], schemas, &index, err))
            return false;
    return true;
}

bool
catalog_load(struct db *db, const char *const *schemas, size_t schema_count,
             struct catalog *catalog, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf array = STRBUF_INIT;
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    db_format_array(&array, schemas, schema_count);
    *catalog = (struct catalog){0};

    /* Inside the caller's transaction, or in one of its own. */
    bool is_open = db_is_in_transaction(db);
    if ((!is_open && !db_begin(&tx, db, DB_READ_ONLY_SNAPSHOT, err)) ||
        !load(db, array.data, catalog, err) || (!is_open && !db_commit(&tx, err))) {
        catalog_release(catalog);
        return error_context(err, "reading the catalogue");
    }
    return true;
}

const struct catalog_table *
catalog_find(const struct catalog *catalog, const char *schema, const char *table)
{
    size_t low = 0;
    size_t high = catalog->table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct catalog_table *found = &catalog->tables[middle];
        int order = strcmp(schema, found->schema);
        if (order == 0)
            order = strcmp(table, found->name);
        if (order == 0)
            return found;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

int
catalog_find_column(const struct catalog_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

const struct catalog_index *
catalog_primary_key(const struct catalog_table *table)
{
    return table->index_count > 0 && table->indexes[0].is_primary ? &table->indexes[0] : NULL;
}
