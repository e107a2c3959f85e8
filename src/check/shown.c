/* What of a row may be seen in a sample: IDs of the maps, counted and random keys, what is declared
 * harmless; digests of the rest. */
#include "internal.h"

#include <string.h>

static bool
is_listed(char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

bool
check_column_is_open(const struct plan_table *table, int target_column)
{
    static const char *const types[] = {"uuid", "smallint", "integer", "bigint"};
    if (target_column < 0)
        return false;
    const struct catalog_column *target = &table->target->columns[target_column];
    if (is_listed(table->spec->sensitive, table->spec->sensitive_count, target->name))
        return false;
    if (is_listed(table->spec->harmless, table->spec->harmless_count, target->name))
        return true;
    int position = check_find_column(table, target->name);
    if (position >= 0 && (table->columns[position].resolve_count > 0 ||
                          (table->columns[position].spec != NULL &&
                           table->columns[position].spec->origin == MAPPING_UUID)))
        return true;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i], target->type.base_text_plain) == 0)
            return true;
    return false;
}

void
check_add_row_sample(struct finding *finding, const struct plan_table *table,
                     const struct db_result *result, size_t row, int first,
                     const int *target_columns, size_t count)
{
    struct strbuf text = STRBUF_INIT;
    strbuf_add_string(&text, count == 1 ? "" : "(");
    for (size_t i = 0; i < count; i++) {
        int column = first + (int)i;
        struct row_value value = {db_result_text(result, row, column),
                                  db_result_length(result, row, column)};
        strbuf_add_string(&text, i > 0 ? ", " : "");
        check_show(&text, value, check_column_is_open(table, target_columns[i]));
    }
    strbuf_add_string(&text, count == 1 ? "" : ")");
    finding_add_sample(finding, text.data);
    strbuf_release(&text);
}
