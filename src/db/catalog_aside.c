/*
 * Indexes and foreign keys that are set aside while a run loads: a plan made in the middle of it
 * must be the one that it was begun with, so they are put back where the catalogue had them.
 */
#include "catalog_read.h"
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

static struct catalog_table *
find_table(struct catalog *catalog, uint32_t oid)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        if (catalog->tables[i].oid == oid)
            return &catalog->tables[i];
    return NULL;
}

/* In the order of catalog_indexes.sql. */
static int
compare_indexes(const void *a, const void *b)
{
    const struct catalog_index *left = a, *right = b;
    if (left->is_primary != right->is_primary)
        return left->is_primary ? -1 : 1;
    return strcmp(left->name, right->name);
}

static int
compare_keys(const void *a, const void *b)
{
    const struct catalog_foreign_key *left = a, *right = b;
    return strcmp(left->name, right->name);
}

/* What is there under the name already is a part of it: an index that is no constraint yet, a
 * foreign key that is not proved. */
static void
put_index(struct catalog_table *table, const struct db_result *result, size_t row)
{
    const char *name = db_result_text(result, row, 1);
    for (size_t i = 0; i < table->index_count; i++)
        if (strcmp(table->indexes[i].name, name) == 0) {
            catalog_release_index(&table->indexes[i]);
            table->indexes[i] = table->indexes[--table->index_count];
        }
    catalog_read_index(table, result, row);
    qsort(table->indexes, table->index_count, sizeof *table->indexes, compare_indexes);
}

static void
put_key(struct catalog_table *table, const struct db_result *result, size_t row)
{
    const char *name = db_result_text(result, row, 1);
    for (size_t i = 0; i < table->foreign_key_count; i++)
        if (strcmp(table->foreign_keys[i].name, name) == 0) {
            catalog_release_foreign_key(&table->foreign_keys[i]);
            table->foreign_keys[i] = table->foreign_keys[--table->foreign_key_count];
        }
    catalog_read_foreign_key(table, result, row);
    qsort(table->foreign_keys, table->foreign_key_count, sizeof *table->foreign_keys, compare_keys);
}

static bool
put_all(struct db *db, struct catalog *catalog, bool keys, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *value = keys ? "true" : "false";
    if (!db_query(db, sql_query_catalog_set_aside, 1, &value, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++) {
        struct catalog_table *table = find_table(catalog, catalog_read_oid(result, i, 0));
        if (table != NULL && keys)
            put_key(table, result, i);
        else if (table != NULL)
            put_index(table, result, i);
    }
    return true;
}

bool
catalog_put_back(struct db *db, struct catalog *catalog, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    if (!db_query(db, sql_query_catalog_find_set_aside, 0, NULL, &found, err))
        return error_context(err, "reading what is set aside");
    if (db_result_rows(found) == 0 || !db_result_bool(found, 0, 0))
        return true;
    return (put_all(db, catalog, false, err) && put_all(db, catalog, true, err)) ||
           error_context(err, "reading what is set aside");
}
