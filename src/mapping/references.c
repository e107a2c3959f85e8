/* Foreign keys that the database does not know: {"columns": [...], "to": table, "key": [...]}. */
#include "idmigrate/memory.h"
#include "parts.h"

#include <stdlib.h>

static bool
read_one(const struct mapping *mapping, const struct node *node,
         struct mapping_reference *reference, struct error *err)
{
    static const char *const keys[] = {"columns", "to", "key", "dangling", "note", NULL};
    reference->pointer = node_pointer(node);
    reference->to_schema = memory_strdup(mapping->target.schema);
    if (!node_want_keys(node, keys, err) || !node_check_note(node, err) ||
        !node_get_texts(node, "columns", false, &reference->columns, &reference->column_count,
                        err) ||
        !table_read_name(node, "to", &reference->to_schema, &reference->to, err) ||
        !node_get_texts(node, "key", false, &reference->key, &reference->key_count, err) ||
        !node_get_text(node, "dangling", &reference->dangling, err))
        return false;
    if (reference->column_count == 0) {
        node_fail(node, err, "\"columns\" is missing");
        return error_hint(err, "the columns of this table in the target that refer to \"to\"");
    }
    if (reference->key_count > 0 && reference->key_count != reference->column_count)
        return node_fail(node, err, "\"columns\" and \"key\" are not of one length");
    return true;
}

bool
references_read(const struct mapping *mapping, const struct node *entry,
                struct mapping_table *table, struct error *err)
{
    struct node list = node_member(entry, "references");
    if (!node_is_present(&list))
        return true;
    if (!node_want_list(&list, err))
        return false;
    size_t count = json_array_size(list.json);
    table->references = memory_zalloc(count * sizeof *table->references);
    for (size_t i = 0; i < count; i++) {
        struct node element = node_element(&list, i);
        if (!read_one(mapping, &element, &table->references[table->reference_count++], err))
            return false;
    }
    return true;
}

void
references_release(struct mapping_table *table)
{
    for (size_t i = 0; i < table->reference_count; i++) {
        struct mapping_reference *reference = &table->references[i];
        texts_free(reference->columns, reference->column_count);
        texts_free(reference->key, reference->key_count);
        free(reference->to_schema);
        free(reference->to);
        free(reference->dangling);
        free(reference->pointer);
    }
    free(table->references);
}
