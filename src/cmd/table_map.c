/* ID maps in a table of a database, and pairs that COPY gives. */
#include "table_map.h"

#include "idmigrate/idmap_facts.h"
#include "idmigrate/memory.h"
#include "idmigrate/row.h"
#include "idmigrate/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char prefix[] = "table:";

/* ---- what an operand names ---- */

bool
table_map_is(const char *operand)
{
    return strncmp(operand, prefix, strlen(prefix)) == 0 && access(operand, F_OK) != 0;
}

static bool
fail_form(const char *operand, struct error *err)
{
    error_set(err, EXIT_USAGE, "%.200s names no table", operand);
    return error_hint(err, "say table:NAME, table:SCHEMA.NAME, or with the columns "
                           "table:SCHEMA.NAME:OLD,NEW; a name with a dot, a colon or a comma "
                           "stands in double quotes: 'table:\"my.map\":OLD,NEW'");
}

/* Behind the opening quote; moves behind the closing one. NULL where there is none. */
static char *
take_quoted(const char **text)
{
    struct strbuf name = STRBUF_INIT;
    for (const char *c = *text; *c != '\0'; c++) {
        if (*c == '"' && c[1] != '"') {
            *text = c + 1;
            return strbuf_take(&name);
        }
        c += *c == '"';
        strbuf_add(&name, c, 1);
    }
    strbuf_release(&name);
    return NULL;
}

/* A name that goes up to one of `ends` or to the end of the text; NULL where there is none. */
static char *
take_name(const char **text, const char *ends)
{
    bool is_quoted = **text == '"';
    size_t length = is_quoted ? 0 : strcspn(*text, ends);
    const char *start = *text;
    *text += is_quoted ? 1 : length;
    char *name = is_quoted ? take_quoted(text) : memory_strndup(start, length);
    if (name != NULL && name[0] != '\0' && (**text == '\0' || strchr(ends, **text) != NULL))
        return name;
    free(name);
    return NULL;
}

static void
add_name(struct strbuf *text, const char *name)
{
    if (name[strcspn(name, ".:,\"")] != '\0')
        db_quote_identifier(text, name);
    else
        strbuf_add_string(text, name);
}

static char *
show_table(const struct table_map *table)
{
    struct strbuf text = STRBUF_INIT;
    strbuf_add_string(&text, prefix);
    add_name(&text, table->schema);
    strbuf_add_string(&text, ".");
    add_name(&text, table->table);
    return strbuf_take(&text);
}

/* [SCHEMA.]NAME */
static bool
take_table(const char **text, const char *default_schema, struct table_map *table)
{
    table->table = take_name(text, ".:");
    if (table->table != NULL && **text == '.') {
        ++*text;
        table->schema = table->table;
        table->table = take_name(text, ":");
    } else {
        table->schema = memory_strdup(default_schema);
    }
    return table->table != NULL;
}

/* OLD,NEW */
static bool
take_columns(const char **text, struct table_map *table)
{
    table->old_column = take_name(text, ",");
    if (table->old_column == NULL || **text != ',')
        return false;
    ++*text;
    table->new_column = take_name(text, ",");
    return table->new_column != NULL && **text == '\0';
}

bool
table_map_parse(const char *operand, const char *default_schema, struct table_map *table,
                struct error *err)
{
    const char *text = operand + strlen(prefix);
    *table = (struct table_map)TABLE_MAP_INIT;
    bool good = take_table(&text, default_schema, table);
    if (good && *text == ':') {
        ++text;
        good = take_columns(&text, table);
    }
    if (good) {
        table->shown = show_table(table);
        return true;
    }
    table_map_release(table);
    return fail_form(operand, err);
}

void
table_map_release(struct table_map *table)
{
    free(table->shown);
    free(table->schema);
    free(table->table);
    free(table->old_column);
    free(table->new_column);
    *table = (struct table_map)TABLE_MAP_INIT;
}

void
table_map_name(const char *schema, const char *table, const char *old_column,
               const char *new_column, struct table_map *map)
{
    *map = (struct table_map){.schema = memory_strdup(schema),
                              .table = memory_strdup(table),
                              .old_column = old_column != NULL ? memory_strdup(old_column) : NULL,
                              .new_column = new_column != NULL ? memory_strdup(new_column) : NULL};
    map->shown = show_table(map);
}

/* ---- the connection ---- */

bool
table_map_open(struct table_map_side *side, const struct connection_options *connections,
               struct error *err)
{
    struct error no_target = ERROR_INIT;
    const char *uri = connection_only_source(connections, err);
    const char *what = uri != NULL ? "source" : "target";
    if (side->db != NULL || err->is_set)
        return !err->is_set;
    if (uri == NULL)
        uri = connection_target(connections, &no_target);
    if (uri == NULL) {
        error_set(err, EXIT_USAGE, "no connection for the table of an ID map");
        return error_hint(err, "say --source URI, or set IDMIGRATE_SOURCE");
    }
    if (!db_open(&side->db, uri, what, DB_SOURCE, "idmap", err))
        return false;
    connection_announce(side->db, what, false);
    return db_begin(&side->snapshot, side->db, DB_READ_ONLY_SNAPSHOT, err);
}

void
table_map_close(struct table_map_side *side)
{
    db_transaction_release(&side->snapshot);
    db_close(&side->db);
}

/* ---- columns ---- */

static void
free_list(const char ***list)
{
    free(*list);
}

static bool
fail_table(const struct db *db, const struct table_map *table, struct error *err)
{
    error_set(err, EXIT_INPUT, "%s: there is no such table or view in the database %s",
              table->shown, db_identity(db)->database);
    return error_hint(err, "name its schema (table:SCHEMA.NAME), written as the database has it");
}

bool
table_map_find_columns(struct db *db, struct table_map *table, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *values[] = {table->schema, table->table};
    if (!db_query(db, sql_query_cmd_columns, 2, values, &result, err))
        return false;
    size_t count = db_result_rows(result);
    CLEANUP(free_list) const char **names = memory_zalloc((count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = db_result_text(result, i, 0);
    if (count == 0)
        return fail_table(db, table, err);
    if (table->old_column == NULL)
        return idmap_choose_columns(names, count, table->shown, &table->old_column,
                                    &table->new_column, err);
    return idmap_need_columns(names, count, table->shown, table->old_column, table->new_column,
                              err);
}

/* ---- rows ---- */

static bool
is_null(const char *field, size_t length)
{
    return length == 2 && memcmp(field, "\\N", 2) == 0;
}

struct copied {
    struct strbuf old_id, new_id;
    uint64_t row;
    bool may_have_holes;
};

static bool
add_line(struct idmap *map, const char *line, size_t length, struct copied *copied,
         struct error *err)
{
    size_t ends[2];
    if (!row_split(line, length, ends, 2))
        return error_set(err, EXIT_BUG, "unexpected line of an ID map");
    const char *second = line + ends[0] + 1;
    size_t new_length = ends[1] - ends[0] - 1;
    bool lacks_old = is_null(line, ends[0]), lacks_new = is_null(second, new_length);
    if (copied->may_have_holes && (lacks_old || lacks_new || ends[0] == 0 || new_length == 0)) {
        idmap_note_hole(map);
        return true;
    }
    if (lacks_old)
        return true;
    strbuf_reset(&copied->old_id);
    strbuf_reset(&copied->new_id);
    row_unescape(&copied->old_id, line, ends[0]);
    if (!lacks_new)
        row_unescape(&copied->new_id, second, new_length);
    return idmap_add(map, copied->old_id.data, copied->old_id.length, copied->new_id.data,
                     copied->new_id.length, copied->row, err) ||
           error_context(err, "row %llu", (unsigned long long)copied->row);
}

bool
table_map_copy(struct db *db, const char *sql, struct idmap *map, bool may_have_holes,
               uint64_t *rows, struct error *err)
{
    struct copied copied = {
        .old_id = STRBUF_INIT, .new_id = STRBUF_INIT, .may_have_holes = may_have_holes};
    const char *line;
    size_t length;
    bool good = db_copy_out_begin(db, sql, err);

    while (good && (good = db_copy_out_next(db, &line, &length, err)) && line != NULL) {
        copied.row++;
        good = add_line(map, line, length, &copied, err);
    }
    if (rows != NULL)
        *rows = copied.row;
    strbuf_release(&copied.old_id);
    strbuf_release(&copied.new_id);
    return good;
}

void
table_map_add_select(struct strbuf *sql, const char *schema, const char *table,
                     const char *old_column, const char *new_column)
{
    strbuf_add_string(sql, "SELECT ");
    db_quote_identifier(sql, old_column);
    strbuf_add_string(sql, ", ");
    db_quote_identifier(sql, new_column);
    strbuf_add_string(sql, " FROM ");
    db_quote_name(sql, schema, table);
}

/* The newline ends a comment of the query. */
void
table_map_add_copy(struct strbuf *sql, const char *query)
{
    strbuf_printf(sql,
                  "COPY (SELECT old_id::text, new_id::text FROM (%s\n) AS pairs (old_id, new_id)) "
                  "TO STDOUT",
                  query);
}

bool
table_map_hint_grant(const struct db *db, const struct table_map *table, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf grant = STRBUF_INIT;
    const char *role = db_identity(db)->role;
    if (strcmp(err->sqlstate, "42501") != 0)
        return false;
    strbuf_add_string(&grant, "GRANT USAGE ON SCHEMA ");
    db_quote_identifier(&grant, table->schema);
    strbuf_add_string(&grant, " TO ");
    db_quote_identifier(&grant, role);
    strbuf_add_string(&grant, "; GRANT SELECT ON ");
    db_quote_name(&grant, table->schema, table->table);
    strbuf_add_string(&grant, " TO ");
    db_quote_identifier(&grant, role);
    err->hint[0] = '\0';
    return error_hint(err, "%s", grant.data);
}

static bool
explain(const struct db *db, const struct table_map *table, struct error *err)
{
    table_map_hint_grant(db, table, err);
    return error_context(err, "%s", table->shown);
}

bool
table_map_read(struct db *db, struct table_map *table, struct idmap *map, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf select = STRBUF_INIT, sql = STRBUF_INIT;
    uint64_t rows = 0;
    if (!table_map_find_columns(db, table, err))
        return false;
    table_map_add_select(&select, table->schema, table->table, table->old_column,
                         table->new_column);
    table_map_add_copy(&sql, select.data);
    if (!table_map_copy(db, sql.data, map, true, &rows, err))
        return explain(db, table, err);
    table->holes = idmap_hole_count(map);
    if (rows > table->holes)
        return true;
    error_set(err, EXIT_INPUT, "%s: no row has an old and a new ID", table->shown);
    return error_hint(err, "is it the right table (%s, %s), and the right database?",
                      table->old_column, table->new_column);
}

/* ---- what else is said of the old IDs ---- */

static bool
find_column(struct db *db, const struct table_map *table, const char *column,
            enum table_map_column *found, struct error *err)
{
    enum { NAME, MAY_READ };
    CLEANUP(db_result_free) struct db_result *result = NULL;
    const char *values[] = {table->schema, table->table};
    *found = TABLE_MAP_NO_COLUMN;
    if (!db_query(db, sql_query_cmd_columns, 2, values, &result, err))
        return false;
    for (size_t i = 0; i < db_result_rows(result); i++)
        if (strcmp(db_result_text(result, i, NAME), column) == 0)
            *found =
                db_result_bool(result, i, MAY_READ) ? TABLE_MAP_COLUMN : TABLE_MAP_NO_PRIVILEGE;
    return true;
}

bool
table_map_read_labels(struct db *db, const struct table_map *table, const char *column,
                      struct idmap *labels, enum table_map_column *found, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf select = STRBUF_INIT, sql = STRBUF_INIT;
    if (!find_column(db, table, column, found, err))
        return false;
    if (*found != TABLE_MAP_COLUMN)
        return true;
    table_map_add_select(&select, table->schema, table->table, table->old_column, column);
    table_map_add_copy(&sql, select.data);
    return table_map_copy(db, sql.data, labels, true, NULL, err) || explain(db, table, err);
}

void
table_map_warn_of_holes(const struct idmap *map, const char *shown)
{
    size_t holes = idmap_hole_count(map);
    if (holes > 0)
        fprintf(stderr, "warning: ID map %s: %zu %s of %s %s one ID of the two\n", idmap_name(map),
                holes, holes == 1 ? "row" : "rows", shown, holes == 1 ? "lacks" : "lack");
}
