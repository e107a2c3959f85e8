/*
 * ID maps that stand in a table of a database, and pairs that COPY gives.
 *
 * table:[SCHEMA.]NAME[:OLD,NEW] names a table or view and its columns as they are written there.
 * A name that holds a dot, a colon or a comma stands in double quotes, as in SQL, and a quote in it
 * is doubled.
 */
#ifndef IDMIGRATE_CMD_TABLE_MAP_H
#define IDMIGRATE_CMD_TABLE_MAP_H

#include "workspace.h"

#include "idmigrate/idmap_facts.h"
#include "idmigrate/verify.h"

struct table_map {
    char *shown; /* "table:public.id_map" */
    char *schema, *table;
    char *old_column, *new_column; /* NULL: by their names */
    uint64_t holes;                /* rows that lack an ID; once it is read */
};
#define TABLE_MAP_INIT                                                                             \
    {                                                                                              \
        .shown = NULL                                                                              \
    }

/* Whether it names a table, and no file has that name. */
bool table_map_is(const char *operand);
/* `default_schema` where the operand names none. */
bool table_map_parse(const char *operand, const char *default_schema, struct table_map *table,
                     struct error *err);
/* A table that is known by its names; columns may be NULL. */
void table_map_name(const char *schema, const char *table, const char *old_column,
                    const char *new_column, struct table_map *map);
/* Its columns where they are not said, or that they are there. */
bool table_map_find_columns(struct db *db, struct table_map *table, struct error *err);
void table_map_release(struct table_map *table); /* for CLEANUP too */

/* ---- map_places.c: where a mapping's maps stand ---- */

struct map_place {
    struct idmap_given file; /* path NULL: it is no file */
    struct table_map table;  /* table NULL: it is no table */
};
#define MAP_PLACE_INIT                                                                             \
    {                                                                                              \
        .file = IDMAP_GIVEN_INIT, .table = TABLE_MAP_INIT                                          \
    }
/* What is given in place of a map, or where the mapping says; a query and a union are neither file
 * nor table. */
bool map_place_find(const struct workspace *workspace, const struct mapping_ids *ids,
                    struct map_place *place, struct error *err);
void map_place_release(struct map_place *place); /* for CLEANUP too */

/* Those that are given in place of maps of a mapping and stand in the target's
 * database, which is open. */
struct map_tables {
    struct map_place *items;
    struct verify_table_name *names; /* of these */
    size_t count;
};
#define MAP_TABLES_INIT                                                                            \
    {                                                                                              \
        .items = NULL                                                                              \
    }
bool map_tables_find(const struct workspace *workspace, struct map_tables *tables,
                     struct error *err);
void map_tables_release(struct map_tables *tables); /* for CLEANUP too */

/* A connection that such tables are read through, and what it sees of them. */
struct table_map_side {
    struct db *db;
    struct db_transaction snapshot;
};
#define TABLE_MAP_SIDE_INIT                                                                        \
    {                                                                                              \
        .db = NULL                                                                                 \
    }
/* The source, or where none is said the target. Open already, it is left as it is. */
bool table_map_open(struct table_map_side *side, const struct connection_options *connections,
                    struct error *err);
void table_map_close(struct table_map_side *side); /* for CLEANUP too */
/*
 * Fills `map` (not frozen). A row in which one ID of the two is NULL or empty is a hole and no
 * error: such columns are filled as people come. Without any pair it is an error (EXIT_INPUT).
 */
bool table_map_read(struct db *db, struct table_map *table, struct idmap *map, struct error *err);

/*
 * All rows of a COPY of two columns; `rows` of them (may be NULL). A row without an old ID is no
 * pair; one without a new ID is an error, or, where `may_have_holes`, noted with the map as well as
 * the former.
 */
bool table_map_copy(struct db *db, const char *sql, struct idmap *map, bool may_have_holes,
                    uint64_t *rows, struct error *err);
/* Where a privilege is missing: the GRANT. `idmigrate check` cannot print it, as it reads the map
 * first, and knows of no map without a mapping. Returns false. */
bool table_map_hint_grant(const struct db *db, const struct table_map *table, struct error *err);
/* Fills `labels` with the old IDs and what `column` says of each, if it is there and the role may
 * read it. */
enum table_map_column { TABLE_MAP_NO_COLUMN, TABLE_MAP_NO_PRIVILEGE, TABLE_MAP_COLUMN };
bool table_map_read_labels(struct db *db, const struct table_map *table, const char *column,
                           struct idmap *labels, enum table_map_column *found, struct error *err);
/* On standard error, where rows of the map lack an ID. */
void table_map_warn_of_holes(const struct idmap *map, const char *shown);
/* Appends SELECT OLD, NEW FROM SCHEMA.TABLE. */
void table_map_add_select(struct strbuf *sql, const char *schema, const char *table,
                          const char *old_column, const char *new_column);
/* Appends the COPY of a query that gives the old ID and the new one. */
void table_map_add_copy(struct strbuf *sql, const char *query);

#endif
