/* Rows of the catalogue queries into structs; only files of this room see it. */
#ifndef IDMIGRATE_DB_CATALOG_READ_H
#define IDMIGRATE_DB_CATALOG_READ_H

#include "idmigrate/catalog.h"

/* Each takes one row of the query of its name (sql/query/catalog_*.sql); column 0 is the table's
 * oid. */
void catalog_read_table(struct catalog *catalog, const struct db_result *result, size_t row);
void catalog_read_leaf(struct catalog_table *table, const struct db_result *result, size_t row);
void catalog_read_column(struct catalog_table *table, const struct db_result *result, size_t row);
void catalog_read_index(struct catalog_table *table, const struct db_result *result, size_t row);
void catalog_read_foreign_key(struct catalog_table *table, const struct db_result *result,
                              size_t row);
void catalog_read_check(struct catalog_table *table, const struct db_result *result, size_t row);
void catalog_read_trigger(struct catalog_table *table, const struct db_result *result, size_t row);

uint32_t catalog_read_oid(const struct db_result *result, size_t row, int column);

/*
 * The elements of a one-dimensional array as the server writes it, '{a,"b c",NULL}'; NULL and '{}'
 * have none. A NULL element becomes a NULL pointer. The array and the texts are the caller's.
 */
char **catalog_parse_array(const char *text, size_t *count);
void catalog_free_texts(char **texts, size_t count);

/* catalog_release.c: what one table holds, without the struct itself. */
void catalog_release_table(struct catalog_table *table);
void catalog_release_index(struct catalog_index *index);
void catalog_release_foreign_key(struct catalog_foreign_key *key);

#endif
