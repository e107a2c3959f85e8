/*
 * Which of several source rows with one key becomes the row: the rule by which `check` foretells
 * and a run decides. Verification has its own.
 *
 * The winner's column is compared as its own type where every server knows that type, an enum by
 * the order of its labels in the source, text and anything else in byte order, whatever the
 * database's collation. NULL comes last, and the source key decides between equals: it does not
 * matter which row came first.
 */
#include "internal.h"

#include <string.h>

enum { FIRST_USER_OID = 16384 };

static const struct catalog_type *
column_type(const struct plan_table *table)
{
    return &table->source->columns[catalog_find_column(table->source, table->spec->winner_by)].type;
}

bool
plan_winner_has_labels(const struct plan_table *table)
{
    if (table->winner_field < 0)
        return false;
    const struct catalog_type *type = column_type(table);
    return type->label_count > 0 && type->element_oid == 0;
}

const char *
plan_winner_type(const struct plan_table *table)
{
    if (table->winner_field < 0)
        return "text";
    if (plan_winner_has_labels(table))
        return "integer";
    const struct catalog_type *type = column_type(table);
    bool is_known = type->base_oid < FIRST_USER_OID && type->category != 'S';
    return is_known ? type->base_text_plain : "text";
}

int
plan_winner_place(const struct plan_table *table, const char *label)
{
    const struct catalog_type *type = column_type(table);
    for (size_t i = 0; i < type->label_count; i++)
        if (strcmp(type->labels[i], label) == 0)
            return (int)i;
    return -1;
}

void
plan_sql_winner_first(struct strbuf *sql, const struct plan_table *table, const char *winner,
                      const char *source_key)
{
    strbuf_printf(sql, " ORDER BY %s%s %s NULLS LAST, %s COLLATE \"C\"", winner,
                  strcmp(plan_winner_type(table), "text") == 0 ? " COLLATE \"C\"" : "",
                  table->spec->winner_highest ? "DESC" : "ASC", source_key);
}
