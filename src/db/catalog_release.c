/* Giving a catalogue's memory back. */
#include "catalog_read.h"
#include "idmigrate/memory.h"

#include <stdlib.h>
#include <string.h>

static void
release_column(struct catalog_column *column)
{
    struct catalog_type *type = &column->type;
    free(column->name);
    free(column->default_sql);
    free(column->sequence);
    free(type->schema);
    free(type->name);
    free(type->text);
    free(type->text_plain);
    free(type->base_text_plain);
    free(type->element_text);
    free(type->structure);
    free(type->equals);
    catalog_free_texts(type->labels, type->label_count);
}

void
catalog_release_index(struct catalog_index *index)
{
    free(index->name);
    free(index->definition);
    free(index->predicate);
    catalog_free_texts(index->keys, index->key_count);
    free(index->columns);
}

void
catalog_release_foreign_key(struct catalog_foreign_key *key)
{
    free(key->name);
    free(key->other_schema);
    free(key->other_table);
    free(key->columns);
    catalog_free_texts(key->other_columns, key->column_count);
}

static void
release_rules(struct catalog_table *table)
{
    for (size_t i = 0; i < table->check_count; i++) {
        free(table->checks[i].name);
        free(table->checks[i].definition);
    }
    for (size_t i = 0; i < table->trigger_count; i++) {
        free(table->triggers[i].name);
        free(table->triggers[i].function);
    }
    free(table->checks);
    free(table->triggers);
}

void
catalog_release_table(struct catalog_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        release_column(&table->columns[i]);
    for (size_t i = 0; i < table->index_count; i++)
        catalog_release_index(&table->indexes[i]);
    for (size_t i = 0; i < table->foreign_key_count; i++)
        catalog_release_foreign_key(&table->foreign_keys[i]);
    for (size_t i = 0; i < table->leaf_count; i++) {
        free(table->leaves[i].schema);
        free(table->leaves[i].name);
    }
    release_rules(table);
    free(table->columns);
    free(table->indexes);
    free(table->foreign_keys);
    free(table->leaves);
    free(table->schema);
    free(table->name);
    free(table->owner);
}

void
catalog_release(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog->table_count; i++)
        catalog_release_table(&catalog->tables[i]);
    free(catalog->tables);
    free(catalog->role);
    *catalog = (struct catalog){0};
}
