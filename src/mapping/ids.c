/* The ID maps a mapping names. */
#include "idmigrate/memory.h"
#include "names.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

bool
ids_find(const struct mapping *mapping, const struct node *node, int *index, struct error *err)
{
    if (!node_want_text(node, err))
        return false;
    const char *name = json_string_value(node->json);
    struct nearest nearest = nearest_begin(name);
    for (size_t i = 0; i < mapping->id_count; i++) {
        *index = (int)i;
        if (strcmp(mapping->ids[i].name, name) == 0)
            return true;
        nearest_consider(&nearest, mapping->ids[i].name);
    }
    node_fail(node, err, "unknown ID map \"%s\"", name);
    if (nearest.name != NULL)
        return error_hint(err, "did you mean \"%s\"?", nearest.name);
    return error_hint(err, "ID maps are named in /ids");
}

static bool
is_in(const int *indexes, size_t count, int index)
{
    for (size_t i = 0; i < count; i++)
        if (indexes[i] == index)
            return true;
    return false;
}

bool
ids_find_all(const struct mapping *mapping, const struct node *node, int **indexes, size_t *count,
             struct error *err)
{
    if (json_is_string(node->json)) {
        *indexes = memory_alloc(sizeof **indexes);
        *count = 1;
        return ids_find(mapping, node, *indexes, err);
    }
    if (!node_want_list(node, err))
        return error_hint(err, "an ID map or a list of them");
    size_t size = json_array_size(node->json);
    *indexes = memory_realloc_array(NULL, size, sizeof **indexes);
    for (size_t i = 0; i < size; i++) {
        struct node element = node_element(node, i);
        int index = 0;
        if (!ids_find(mapping, &element, &index, err))
            return false;
        if (is_in(*indexes, *count, index))
            return node_fail(&element, err, "\"%s\" is listed twice", mapping->ids[index].name);
        (*indexes)[(*count)++] = index;
    }
    return true;
}

static bool
read_delimiter(const struct node *file, struct mapping_ids *ids, struct error *err)
{
    struct node delimiter = node_member(file, "delimiter");
    ids->delimiter = ',';
    if (!node_is_present(&delimiter))
        return true;
    if (ids->format == MAPPING_FORMAT_JSON || ids->format == MAPPING_FORMAT_NDJSON)
        return node_fail(&delimiter, err, "only CSV has a delimiter");
    if (!node_want_text(&delimiter, err))
        return false;
    const char *text = json_string_value(delimiter.json);
    if (strlen(text) != 1 || strchr("\"\r\n", text[0]) != NULL || (unsigned char)text[0] >= 0x80) {
        node_fail(&delimiter, err, "must be one ASCII character, not a quote or the end of a line");
        return error_hint(err, "\",\", \";\", \"|\" or \"\\t\"");
    }
    ids->delimiter = text[0];
    return true;
}

/* Only one JSON object {"old": "new"} goes without; AUTO may turn out to be one. */
static bool
check_file_columns(const struct node *file, const struct mapping_ids *ids, struct error *err)
{
    bool has_old = ids->old_column != NULL, has_new = ids->new_column != NULL;
    bool may_lack_both = ids->format == MAPPING_FORMAT_AUTO || ids->format == MAPPING_FORMAT_JSON;
    if ((has_old && has_new) || (!has_old && !has_new && may_lack_both))
        return true;
    node_fail(file, err, "\"%s\" is missing", has_old ? "new_column" : "old_column");
    return error_hint(err, "name the columns with the old and the new ID; only a JSON object "
                           "{\"old\": \"new\"} has none");
}

static char *
join_path(const char *directory, const char *path)
{
    if (path[0] == '/' || strcmp(directory, ".") == 0)
        return memory_strdup(path);
    if (strcmp(directory, "/") == 0)
        return memory_printf("/%s", path);
    return memory_printf("%s/%s", directory, path);
}

static bool
check_different_columns(const struct node *node, const struct mapping_ids *ids, struct error *err)
{
    if (ids->old_column == NULL || ids->new_column == NULL ||
        strcmp(ids->old_column, ids->new_column) != 0)
        return true;
    return node_fail(node, err, "old and new ID are both read from \"%s\"", ids->old_column);
}

static bool
read_file(const struct mapping *mapping, const struct node *file, struct mapping_ids *ids,
          struct error *err)
{
    static const char *const keys[] = {"path",       "format",    "old_column",
                                       "new_column", "delimiter", NULL};
    static const struct node_choice formats[] = {{"csv", MAPPING_FORMAT_CSV},
                                                 {"json", MAPPING_FORMAT_JSON},
                                                 {"ndjson", MAPPING_FORMAT_NDJSON},
                                                 {NULL, 0}};
    int format = MAPPING_FORMAT_AUTO;
    ids->kind = MAPPING_IDS_FILE;
    if (!node_want_keys(file, keys, err) ||
        !node_get_required_text(file, "path", &ids->path, err) ||
        !node_get_choice(file, "format", formats, &format, err) ||
        !node_get_text(file, "old_column", &ids->old_column, err) ||
        !node_get_text(file, "new_column", &ids->new_column, err))
        return false;
    ids->format = (enum mapping_file_format)format;
    ids->resolved_path = join_path(mapping->directory, ids->path);
    return read_delimiter(file, ids, err) && check_file_columns(file, ids, err) &&
           check_different_columns(file, ids, err);
}

static bool
read_on(const struct mapping *mapping, const struct node *object, struct mapping_ids *ids,
        struct error *err)
{
    struct node on = node_member(object, "on");
    ids->on = MAPPING_ON_TARGET;
    if (!node_is_present(&on) ||
        (json_is_string(on.json) && strcmp(json_string_value(on.json), "target") == 0))
        return true;
    if (!document_find_source(mapping, &on, &ids->on, err))
        return error_hint(err, "\"target\" or the name of a source");
    return true;
}

static bool
read_table(const struct mapping *mapping, const struct node *table, struct mapping_ids *ids,
           struct error *err)
{
    static const char *const keys[] = {"name", "schema", "old_column", "new_column", "on", NULL};
    ids->kind = MAPPING_IDS_TABLE;
    return node_want_keys(table, keys, err) &&
           node_get_required_text(table, "name", &ids->table, err) &&
           node_get_text(table, "schema", &ids->schema, err) &&
           node_get_required_text(table, "old_column", &ids->old_column, err) &&
           node_get_required_text(table, "new_column", &ids->new_column, err) &&
           check_different_columns(table, ids, err) && read_on(mapping, table, ids, err);
}

static bool
read_origin(const struct mapping *mapping, const struct node *node, struct mapping_ids *ids,
            struct error *err)
{
    struct node file = node_member(node, "file"), table = node_member(node, "table");
    struct node query = node_member(node, "query"), members = node_member(node, "union");
    struct node on = node_member(node, "on");
    int origins = node_is_present(&file) + node_is_present(&table) + node_is_present(&query) +
                  node_is_present(&members);
    if (origins != 1) {
        node_fail(node, err, "%s",
                  origins == 0 ? "says not where the IDs come from"
                               : "says more than one place the IDs come from");
        return error_hint(err, "exactly one of \"file\", \"table\", \"query\", \"union\"");
    }
    if (node_is_present(&on) && !node_is_present(&query))
        return node_fail(&on, err, "stands beside \"query\" only");
    if (node_is_present(&file))
        return read_file(mapping, &file, ids, err);
    if (node_is_present(&table))
        return read_table(mapping, &table, ids, err);
    if (node_is_present(&query)) {
        ids->kind = MAPPING_IDS_QUERY;
        return node_get_required_text(node, "query", &ids->query, err) &&
               read_on(mapping, node, ids, err);
    }
    ids->kind = MAPPING_IDS_UNION;
    if (!json_is_array(members.json))
        return node_fail(&members, err, "must be a list of ID maps");
    return ids_find_all(mapping, &members, &ids->members, &ids->member_count, err);
}

static bool
read_one(const struct mapping *mapping, const struct node *node, struct mapping_ids *ids,
         struct error *err)
{
    static const char *const keys[] = {"file", "table",  "query",   "union",       "on",   "old",
                                       "new",  "strict", "derived", "many_to_one", "note", NULL};
    ids->on = MAPPING_ON_TARGET;
    return node_want_keys(node, keys, err) && node_check_note(node, err) &&
           node_get_text(node, "old", &ids->old_format, err) &&
           node_get_text(node, "new", &ids->new_format, err) &&
           node_get_flag(node, "strict", &ids->strict, err) &&
           node_get_flag(node, "derived", &ids->derived, err) &&
           node_get_text(node, "many_to_one", &ids->many_to_one, err) &&
           read_origin(mapping, node, ids, err);
}

/* All names first: a union may name a map that stands below it. */
bool
ids_read(struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node all = node_member(document, "ids");
    if (!node_is_present(&all))
        return true;
    if (!node_want_object(&all, err))
        return false;
    if (json_object_size(all.json) > MAPPING_MOST_IDS)
        return node_fail(&all, err, "more than %d ID maps", MAPPING_MOST_IDS);
    mapping->ids = memory_zalloc(json_object_size(all.json) * sizeof *mapping->ids);
    const char *name;
    json_t *ignored;
    json_object_foreach(all.json, name, ignored)
    {
        struct node node = node_member(&all, name);
        if (name[0] == '\0')
            return node_fail(&node, err, "an ID map needs a name");
        mapping->ids[mapping->id_count++].name = memory_strdup(name);
    }
    for (size_t i = 0; i < mapping->id_count; i++) {
        struct node node = node_member(&all, mapping->ids[i].name);
        if (!read_one(mapping, &node, &mapping->ids[i], err))
            return false;
    }
    return true;
}

void
ids_release(struct mapping_ids *ids)
{
    free(ids->name);
    free(ids->old_format);
    free(ids->new_format);
    free(ids->many_to_one);
    free(ids->path);
    free(ids->resolved_path);
    free(ids->old_column);
    free(ids->new_column);
    free(ids->schema);
    free(ids->table);
    free(ids->query);
    free(ids->members);
}
