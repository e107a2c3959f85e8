/* The statements of one thing that is set aside and comes back. */
#include "aside.h"

#include "idmigrate/memory.h"
#include "idmigrate/sql.h"

#include <stdlib.h>
#include <string.h>

bool
aside_is_key(const struct store_aside *item)
{
    return strcmp(item->kind, "foreign key") == 0;
}

void
aside_name(struct strbuf *name, const struct store_aside *item)
{
    strbuf_printf(name, "%s %s of %s.%s", item->kind, item->name, item->schema, item->table);
}

static bool
execute(struct db *db, const struct store_aside *item, const char *sql, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf name = STRBUF_INIT;
    if (sql == NULL || sql[0] == '\0' || db_execute(db, sql, err))
        return true;
    aside_name(&name, item);
    return error_context(err, "%s", name.data);
}

/* A definition does not say where an index is kept. */
static bool
choose_tablespace(struct db *db, const struct store_aside *item, struct error *err)
{
    const char *value = item->tablespace;
    return db_command(db, "SELECT pg_catalog.set_config('default_tablespace', $1, true)", 1, &value,
                      NULL, err);
}

bool
aside_drop(struct db *db, const struct store_aside *item, struct error *err)
{
    return execute(db, item, item->drop_sql, err);
}

bool
aside_build(struct db *db, const struct store_aside *item, struct error *err)
{
    return item->build_sql == NULL ||
           (choose_tablespace(db, item, err) && execute(db, item, item->build_sql, err));
}

static int
compare_depths(const void *a, const void *b)
{
    const struct store_aside *left = *(const struct store_aside *const *)a;
    const struct store_aside *right = *(const struct store_aside *const *)b;
    return (right->depth > left->depth) - (right->depth < left->depth);
}

bool
aside_shape(struct db *db, const struct store_aside *const *items, size_t count, struct error *err)
{
    const struct store_aside **ordered = memory_alloc(count * sizeof *ordered);
    bool good = true;

    /* The deepest first: an index is valid when all below it are attached and valid. */
    memcpy(ordered, items, count * sizeof *ordered);
    qsort(ordered, count, sizeof *ordered, compare_depths);
    for (size_t i = 0; good && i < count; i++)
        good =
            ordered[i]->shape_sql == NULL || (choose_tablespace(db, ordered[i], err) &&
                                              execute(db, ordered[i], ordered[i]->shape_sql, err));
    for (size_t i = 0; good && i < count; i++)
        good = execute(db, ordered[i], ordered[i]->attach_sql, err);
    for (size_t i = 0; good && i < count; i++)
        good = execute(db, ordered[i], ordered[i]->finish_sql, err);
    free(ordered);
    return good;
}

bool
aside_add_key(struct db *db, const struct store_aside *item, struct error *err)
{
    return execute(db, item, item->shape_sql, err) && execute(db, item, item->finish_sql, err);
}

bool
aside_validate(struct db *db, const struct store_aside *item, struct error *err)
{
    return execute(db, item, item->validate_sql, err);
}

/* ---- what the catalogue says ---- */

static void
add_array(struct strbuf *array, const struct store_aside *const *items, size_t count, int field)
{
    const char **values = memory_alloc((count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = field == 0   ? items[i]->kind
                    : field == 1 ? items[i]->schema
                    : field == 2 ? items[i]->table
                                 : items[i]->name;
    db_format_array(array, values, count);
    free(values);
}

bool
aside_describe(struct db *db, const struct store_aside *const *items, size_t count, char ***texts,
               struct error *err)
{
    enum { FIELDS = 4 };
    CLEANUP(db_result_free) struct db_result *result = NULL;
    struct strbuf arrays[FIELDS];
    const char *values[FIELDS];

    for (int i = 0; i < FIELDS; i++) {
        arrays[i] = (struct strbuf)STRBUF_INIT;
        add_array(&arrays[i], items, count, i);
        values[i] = arrays[i].data;
    }
    bool good = db_query(db, sql_query_set_aside_describe, FIELDS, values, &result, err);
    for (int i = 0; i < FIELDS; i++)
        strbuf_release(&arrays[i]);
    if (!good)
        return false;
    *texts = memory_zalloc((count + 1) * sizeof **texts);
    for (size_t i = 0; i < count && i < db_result_rows(result); i++)
        (*texts)[i] = memory_strdup(db_result_text(result, i, 1));
    return true;
}

void
aside_texts_free(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}
