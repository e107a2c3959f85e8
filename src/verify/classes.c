#include "classes.h"

#include "binary.h"
#include "copy.h"

#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static const struct catalog_column *
key_column(const struct plan_table *table, size_t i)
{
    return table->columns[table->conflict_key[i]].target;
}

static bool
is_by_bytes(const struct catalog_column *column)
{
    static const char *const others[] = {"numeric", "double precision", "real",
                                         "jsonb",   "interval",         "time with time zone"};
    if (!column->is_collation_deterministic || column->type.equals != NULL)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(column->type.base_text_plain, others[i]) == 0)
            return false;
    return true;
}

bool
classes_are_needed(const struct plan_table *table)
{
    for (size_t i = 0; i < table->conflict_key_count; i++)
        if (!is_by_bytes(key_column(table, i)))
            return true;
    return false;
}

static void
add_element(struct strbuf *array, struct span value)
{
    strbuf_add_char(array, array->length > 0 ? ',' : '{');
    if (value.data == NULL) {
        strbuf_add_string(array, "NULL");
        return;
    }
    strbuf_add_char(array, '"');
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\')
            strbuf_add_char(array, '\\');
        strbuf_add_char(array, value.data[i]);
    }
    strbuf_add_char(array, '"');
}

size_t
classes_add(struct classes *classes, const struct plan_table *table, const struct span *fields,
            struct strbuf *scratch)
{
    if (classes->columns == NULL)
        classes->columns = memory_zalloc((table->conflict_key_count + 1) * sizeof(struct strbuf));
    for (size_t i = 0; i < table->conflict_key_count; i++) {
        size_t column = (size_t)table->conflict_key[i];
        if (classes->count == 0)
            classes->columns[i] = (struct strbuf)STRBUF_INIT;
        add_element(&classes->columns[i],
                    codec_read_column(table, column, scratch, fields[column]));
    }
    return classes->count++;
}

/* The column of the table beside the keys gives them its collation. */
static void
make_query(struct strbuf *sql, const struct plan_table *table)
{
    size_t count = table->conflict_key_count;
    strbuf_add_string(sql, "SELECT pg_catalog.dense_rank() OVER (ORDER BY ");
    for (size_t i = 0; i < count; i++)
        strbuf_printf(sql, "%sc.k%zu", i > 0 ? ", " : "", i);
    strbuf_add_string(sql, ") FROM (SELECT NULL::bigint AS n");
    for (size_t i = 0; i < count; i++) {
        strbuf_add_string(sql, ", t.");
        db_quote_identifier(sql, key_column(table, i)->name);
        strbuf_printf(sql, " AS k%zu", i);
    }
    strbuf_add_string(sql, " FROM ");
    plan_sql_target_name(sql, table);
    strbuf_add_string(sql, " AS t WHERE false UNION ALL SELECT u.n");
    for (size_t i = 0; i < count; i++)
        strbuf_printf(sql, ", u.k%zu::%s", i, key_column(table, i)->type.text_plain);
    strbuf_add_string(sql, " FROM ROWS FROM (");
    for (size_t i = 0; i < count; i++)
        strbuf_printf(sql, "%spg_catalog.unnest($%zu::pg_catalog.text[])", i > 0 ? ", " : "",
                      i + 1);
    strbuf_add_string(sql, ") WITH ORDINALITY AS u (");
    for (size_t i = 0; i < count; i++)
        strbuf_printf(sql, "k%zu, ", i);
    strbuf_add_string(sql, "n)) AS c ORDER BY c.n");
}

static void
free_values(char ***values)
{
    for (size_t i = 0; (*values)[i] != NULL; i++)
        free((*values)[i]);
    free(*values);
}

bool
classes_ask(const struct classes *classes, const struct plan_table *table, struct db *target,
            uint64_t **numbers, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *result = NULL;
    CLEANUP(free_values)
    char **values = memory_zalloc((table->conflict_key_count + 1) * sizeof *values);
    *numbers = memory_zalloc((classes->count + 1) * sizeof **numbers);
    if (classes->count == 0)
        return true;
    for (size_t i = 0; i < table->conflict_key_count; i++)
        values[i] = memory_printf("%s}", classes->columns[i].data);
    make_query(&sql, table);
    if (!copy_query(target, sql.data, table->conflict_key_count, (const char *const *)values,
                    &result, err))
        return false;
    if (db_result_rows(result) != classes->count)
        return error_set(err, EXIT_BUG, "%zu keys were asked for and %zu told", classes->count,
                         db_result_rows(result));
    for (size_t i = 0; i < classes->count; i++)
        (*numbers)[i] = (uint64_t)db_result_int64(result, i, 0);
    return true;
}

void
classes_release(struct classes *classes, const struct plan_table *table)
{
    for (size_t i = 0; classes->columns != NULL && i < table->conflict_key_count; i++)
        strbuf_release(&classes->columns[i]);
    free(classes->columns);
    *classes = (struct classes){.columns = NULL};
}
