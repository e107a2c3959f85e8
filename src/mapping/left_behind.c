/* Source tables that stay where they are, each with its reason. */
#include "idmigrate/memory.h"
#include "names.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

static bool
find_source_by_text(const struct mapping *mapping, const struct node *node, const char *name,
                    size_t length, int *source, struct error *err)
{
    CLEANUP(memory_free_string) char *wanted = memory_strndup(name, length);
    struct nearest nearest = nearest_begin(wanted);
    for (size_t i = 0; i < mapping->source_count; i++) {
        *source = (int)i;
        if (strcmp(mapping->sources[i].name, wanted) == 0)
            return true;
        nearest_consider(&nearest, mapping->sources[i].name);
    }
    node_fail(node, err, "unknown source \"%s\"", wanted);
    if (nearest.name != NULL)
        return error_hint(err, "did you mean \"%s\"?", nearest.name);
    return error_hint(err, "a name that holds a slash itself: {\"reason\": ..., \"table\": ...}");
}

/* The key "source/schema.table", of which the first two parts may be left out. */
static bool
read_key(const struct mapping *mapping, const struct node *node, struct mapping_left_behind *entry,
         struct error *err)
{
    const char *rest = node->key;
    const char *slash = strchr(rest, '/');
    if (slash != NULL) {
        if (!find_source_by_text(mapping, node, rest, (size_t)(slash - rest), &entry->source, err))
            return false;
        rest = slash + 1;
    } else if (mapping->source_count > 1) {
        node_fail(node, err, "says not of which source");
        return error_hint(err, "\"%s/%s\", for one", mapping->sources[0].name, rest);
    }
    const char *dot = strchr(rest, '.');
    if (dot != NULL)
        entry->schema = memory_strndup(rest, (size_t)(dot - rest));
    entry->table = memory_strdup(dot != NULL ? dot + 1 : rest);
    if (entry->table[0] == '\0' || (entry->schema != NULL && entry->schema[0] == '\0'))
        return node_fail(node, err, "names no table");
    return true;
}

/* Where the value names anything itself, the key is not taken apart: names may hold dots and
 * slashes. */
static bool
read_object(const struct mapping *mapping, const struct node *node,
            struct mapping_left_behind *entry, struct error *err)
{
    static const char *const keys[] = {"reason", "source", "schema", "table", "note", NULL};
    struct node source = node_member(node, "source");
    if (!node_want_keys(node, keys, err) || !node_check_note(node, err) ||
        !node_get_required_text(node, "reason", &entry->reason, err))
        return false;
    size_t notes = json_object_get(node->json, "note") != NULL;
    if (json_object_size(node->json) - notes == 1)
        return read_key(mapping, node, entry, err);
    entry->table = memory_strdup(node->key);
    return document_find_source(mapping, &source, &entry->source, err) &&
           node_get_text(node, "schema", &entry->schema, err) &&
           node_get_text(node, "table", &entry->table, err);
}

static bool
read_one(const struct mapping *mapping, const struct node *all, const char *key,
         struct mapping_left_behind *entry, struct error *err)
{
    struct node node = node_member(all, key);
    if (json_is_object(node.json)) {
        if (!read_object(mapping, &node, entry, err))
            return false;
    } else {
        if (!node_get_required_text(all, key, &entry->reason, err))
            return error_hint(err, "say why the table is left behind");
        if (!read_key(mapping, &node, entry, err))
            return false;
    }
    if (entry->schema == NULL)
        entry->schema = memory_strdup(mapping->sources[entry->source].schema);
    return true;
}

bool
left_behind_read(struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node all = node_member(document, "left_behind");
    if (!node_is_present(&all))
        return true;
    if (!node_want_object(&all, err))
        return false;
    mapping->left_behind = memory_zalloc(json_object_size(all.json) * sizeof *mapping->left_behind);
    const char *key;
    json_t *ignored;
    json_object_foreach(all.json, key, ignored)
    {
        if (!read_one(mapping, &all, key, &mapping->left_behind[mapping->left_behind_count++], err))
            return false;
    }
    return true;
}
