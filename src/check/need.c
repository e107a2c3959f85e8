/* Which written columns the temporary table of a table needs: those of its keys, of its references
 * and of those to it, of its constraints, and those whose texts only the target can judge. */
#include "internal.h"

#include "idmigrate/memory.h"

#include <string.h>

/* Marks the written columns that an SQL text over the target needs, also through columns which the
 * target computes. */
static void
need_mentioned(struct stage *stage, const struct plan_table *table, const char *text)
{
    for (size_t i = 0; i < table->target->column_count; i++) {
        const struct catalog_column *column = &table->target->columns[i];
        if (!check_mentions(text, column->name))
            continue;
        int position = check_find_column(table, column->name);
        if (position >= 0)
            stage->needs[position] = true;
        else if (column->generated != 0 && column->default_sql != NULL)
            need_mentioned(stage, table, column->default_sql);
    }
}

static void
need_positions(struct stage *stage, const int *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] >= 0)
            stage->needs[columns[i]] = true;
}

static bool
is_same_type(const struct catalog_type *a, const struct catalog_type *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0;
}

/* Whether only the target can tell if the texts are valid: nobody casts them, and values.c knows no
 * form. */
static bool
is_judged_by_target(const struct plan_column *column)
{
    static const char *const known[] = {"uuid", "smallint", "integer", "bigint"};
    const struct catalog_type *to = &column->target->type;
    const struct mapping_column *spec = column->spec;
    bool is_looked_up = spec != NULL && (spec->resolve_count > 0 || spec->value_count > 0);
    if (to->label_count > 0 && to->element_oid == 0)
        return false;
    if (to->base_oid >= 16384)
        return is_looked_up || column->source == NULL || !is_same_type(&column->source->type, to);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(to->base_text_plain, known[i]) == 0)
            return false;
    return is_looked_up && to->category != 'S';
}

static void
need_for_keys(const struct check *check, struct stage *stage, const struct plan_table *table)
{
    for (size_t i = 0; i < table->target->index_count; i++) {
        const struct catalog_index *index = &table->target->indexes[i];
        if (!unique_needs_rows(check, table, index))
            continue;
        stage->is_wanted = true;
        for (size_t k = 0; k < index->key_count; k++)
            need_mentioned(stage, table, index->keys[k]);
        if (index->predicate != NULL)
            need_mentioned(stage, table, index->predicate);
    }
    if (check_merges(table)) {
        stage->decides = true;
        need_positions(stage, table->conflict_key, table->conflict_key_count);
        need_positions(stage, table->target_key, table->target_key_count);
    }
}

static void
need_for_references(const struct check *check, struct stage *stage, const struct plan_table *table)
{
    const struct mapping_reference *logical;
    for (size_t i = 0; i < plan_refers_count(table); i++) {
        const struct catalog_foreign_key *key = plan_refers_at(table, i, &logical);
        for (size_t c = 0; c < key->column_count; c++)
            need_mentioned(stage, table, table->target->columns[key->columns[c]].name);
    }
    for (size_t i = 0; i < check->plan->table_count; i++) {
        const struct plan_table *child = &check->plan->tables[i];
        for (size_t f = 0; check_is_usable(child) && f < plan_refers_count(child); f++) {
            const struct catalog_foreign_key *key = plan_refers_at(child, f, &logical);
            if (strcmp(key->other_table, table->target->name) != 0 ||
                strcmp(key->other_schema, table->target->schema) != 0)
                continue;
            for (size_t c = 0; c < key->column_count; c++)
                need_mentioned(stage, table, key->other_columns[c]);
        }
    }
}

void
need_columns(const struct check *check, struct stage *stage, const struct plan_table *table)
{
    need_for_keys(check, stage, table);
    need_for_references(check, stage, table);
    for (size_t i = 0; i < table->target->check_count; i++)
        need_mentioned(stage, table, table->target->checks[i].definition);
    if (check->partitions[table->number] != NULL) {
        stage->is_wanted = true;
        need_mentioned(stage, table, check->partitions[table->number]);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        stage->as_text[i] = is_judged_by_target(&table->columns[i]);
        stage->needs[i] |= stage->as_text[i] || table->columns[i].target->type.kind == 'd';
    }
}
