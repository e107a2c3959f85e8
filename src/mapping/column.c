/* One target column: where its value comes from and what is done to it on the way. */
#include "idmigrate/memory.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

static bool
has(const struct node *node, const char *key)
{
    return json_object_get(node->json, key) != NULL;
}

static bool
read_generate(const struct node *node, struct mapping_column *column, struct error *err)
{
    static const struct node_choice kinds[] = {{"uuid", MAPPING_UUID}, {NULL, 0}};
    int kind = MAPPING_UUID;
    column->origin = MAPPING_UUID;
    return node_get_choice(node, "generate", kinds, &kind, err) &&
           node_get_text(node, "from", &column->from, err) &&
           node_get_text(node, "namespace", &column->namespace, err);
}

static bool
read_origin(const struct node *node, struct mapping_column *column, struct error *err)
{
    bool generates = has(node, "generate");
    int origins = (generates || has(node, "from")) + has(node, "sql") + has(node, "value");
    if (origins != 1) {
        node_fail(node, err, "%s",
                  origins == 0 ? "says not where the value comes from"
                               : "says more than one place the value comes from");
        return error_hint(err, "exactly one of \"from\", \"sql\", \"value\", \"generate\"");
    }
    if (generates)
        return read_generate(node, column, err);
    if (has(node, "from")) {
        column->origin = MAPPING_FROM;
        return node_get_required_text(node, "from", &column->from, err);
    }
    if (has(node, "sql")) {
        column->origin = MAPPING_SQL;
        return node_get_required_text(node, "sql", &column->sql, err);
    }
    struct node value = node_member(node, "value");
    column->origin = MAPPING_VALUE;
    column->value = node_constant_text(&value);
    return true;
}

static bool
read_default(const struct node *node, struct mapping_column *column, struct error *err)
{
    static const char *const keys[] = {"value", NULL};
    struct node otherwise = node_member(node, "default");
    if (!node_is_present(&otherwise))
        return true;
    if (json_is_string(otherwise.json) && strcmp(json_string_value(otherwise.json), "keep") == 0) {
        column->default_kind = MAPPING_DEFAULT_KEEP;
        return true;
    }
    struct node value = node_member(&otherwise, "value");
    if (!json_is_object(otherwise.json) || !node_is_present(&value)) {
        node_fail(&otherwise, err, "must be \"keep\" or {\"value\": ...}");
        return error_hint(err, "\"keep\" leaves other values as they are");
    }
    column->default_kind = MAPPING_DEFAULT_VALUE;
    column->default_value = node_constant_text(&value);
    return node_want_keys(&otherwise, keys, err);
}

static bool
read_values(const struct node *node, struct mapping_column *column, struct error *err)
{
    struct node values = node_member(node, "values");
    if (!node_is_present(&values))
        return true;
    if (!node_want_object(&values, err))
        return false;
    size_t size = json_object_size(values.json);
    if (size == 0)
        return node_fail(&values, err, "names no value");
    column->values = memory_zalloc(size * sizeof *column->values);
    const char *name;
    json_t *ignored;
    json_object_foreach(values.json, name, ignored)
    {
        struct node value = node_member(&values, name);
        if (json_is_object(value.json) || json_is_array(value.json))
            return node_fail(&value, err, "the new value must be a text, a number or null");
        struct mapping_value *entry = &column->values[column->value_count++];
        entry->old_value = memory_strdup(name);
        entry->new_value = node_constant_text(&value);
    }
    return true;
}

static bool
read_rewrite(const struct mapping *mapping, const struct node *node, struct mapping_column *column,
             struct error *err)
{
    static const struct node_choice kinds[] = {{"json", MAPPING_REWRITE_JSON},
                                               {"text", MAPPING_REWRITE_TEXT},
                                               {"array", MAPPING_REWRITE_ARRAY},
                                               {NULL, 0}};
    int kind = MAPPING_REWRITE_NONE;
    struct node ids = node_member(node, "ids");
    if (!node_get_choice(node, "rewrite", kinds, &kind, err))
        return false;
    column->rewrite = (enum mapping_rewrite)kind;
    return !node_is_present(&ids) ||
           ids_find_all(mapping, &ids, &column->rewrite_ids, &column->rewrite_id_count, err);
}

static bool
read_resolve(const struct mapping *mapping, const struct node *node, struct mapping_column *column,
             struct error *err)
{
    static const struct node_choice policies[] = {{"reject", MAPPING_UNRESOLVED_REJECT},
                                                  {"null", MAPPING_UNRESOLVED_NULL},
                                                  {"keep", MAPPING_UNRESOLVED_KEEP},
                                                  {"fail", MAPPING_UNRESOLVED_FAIL},
                                                  {NULL, 0}};
    int policy = MAPPING_UNRESOLVED_REJECT;
    struct node resolve = node_member(node, "resolve");
    if (node_is_present(&resolve) &&
        !ids_find_all(mapping, &resolve, &column->resolve, &column->resolve_count, err))
        return false;
    if (!node_get_choice(node, "unresolved", policies, &policy, err))
        return false;
    column->unresolved = (enum mapping_unresolved)policy;
    return node_get_texts(node, "literals", true, &column->literals, &column->literal_count, err);
}

static bool
check_companions(const struct node *node, struct error *err)
{
    static const struct {
        const char *key, *needed;
    } companions[] = {{"namespace", "generate"},
                      {"default", "values"},
                      {"ids", "rewrite"},
                      {"unresolved", "resolve"},
                      {"literals", "resolve"}};
    static const char *const transforms[] = {"values", "rewrite", "resolve"};

    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++) {
        struct node member = node_member(node, companions[i].key);
        if (node_is_present(&member) && !has(node, companions[i].needed))
            return node_fail(&member, err, "means nothing without \"%s\"", companions[i].needed);
    }
    /* A constant and a generated key are final: whoever transforms them meant something else. */
    const char *final = has(node, "value") ? "value" : has(node, "generate") ? "generate" : NULL;
    for (size_t i = 0; final != NULL && i < sizeof transforms / sizeof transforms[0]; i++) {
        struct node member = node_member(node, transforms[i]);
        if (node_is_present(&member))
            return node_fail(&member, err, "cannot stand beside \"%s\"", final);
    }
    return true;
}

static bool
check_reason(const struct node *node, const struct mapping_column *column, struct error *err)
{
    const char *key = NULL;
    if (column->unresolved == MAPPING_UNRESOLVED_NULL ||
        column->unresolved == MAPPING_UNRESOLVED_KEEP)
        key = "unresolved";
    else if (column->literal_count > 0)
        key = "literals";
    if (key == NULL || column->reason != NULL)
        return true;
    node_fail(node, err, "\"%s\" lets IDs pass that do not resolve, but \"reason\" is missing",
              key);
    return error_hint(err, "say why in a few words; check and report show it");
}

static bool
read_object(const struct mapping *mapping, const struct node *node, struct mapping_column *column,
            struct error *err)
{
    static const char *const keys[] = {
        "from",      "sql",  "value",   "generate",   "namespace", "values", "default",
        "rewrite",   "ids",  "resolve", "unresolved", "literals",  "reason", "allow_narrowing",
        "allow_ids", "note", NULL};
    if (!node_want_object(node, err))
        return error_hint(err, "the name of a source column, or an object");
    return node_want_keys(node, keys, err) && node_check_note(node, err) &&
           read_origin(node, column, err) && check_companions(node, err) &&
           read_values(node, column, err) && read_default(node, column, err) &&
           read_rewrite(mapping, node, column, err) && read_resolve(mapping, node, column, err) &&
           node_get_text(node, "reason", &column->reason, err) &&
           node_get_text(node, "allow_narrowing", &column->allow_narrowing, err) &&
           node_get_text(node, "allow_ids", &column->allow_ids, err) &&
           check_reason(node, column, err);
}

bool
column_read_all(const struct mapping *mapping, struct mapping_table *table,
                const struct node *columns, struct error *err)
{
    if (!node_is_present(columns))
        return true;
    if (!node_want_object(columns, err))
        return false;
    table->columns = memory_zalloc(json_object_size(columns->json) * sizeof *table->columns);
    const char *name;
    json_t *ignored;
    json_object_foreach(columns->json, name, ignored)
    {
        struct node node = node_member(columns, name);
        struct mapping_column *column = &table->columns[table->column_count++];
        column->to = memory_strdup(name);
        column->pointer = node_pointer(&node);
        if (name[0] == '\0')
            return node_fail(&node, err, "a target column needs a name");
        if (json_is_string(node.json)) {
            column->origin = MAPPING_FROM;
            if (!node_get_required_text(columns, name, &column->from, err))
                return false;
        } else if (!read_object(mapping, &node, column, err))
            return false;
    }
    return true;
}

void
column_release(struct mapping_column *column)
{
    for (size_t i = 0; i < column->value_count; i++) {
        free(column->values[i].old_value);
        free(column->values[i].new_value);
    }
    free(column->values);
    texts_free(column->literals, column->literal_count);
    free(column->to);
    free(column->pointer);
    free(column->from);
    free(column->sql);
    free(column->value);
    free(column->namespace);
    free(column->default_value);
    free(column->rewrite_ids);
    free(column->resolve);
    free(column->reason);
    free(column->allow_narrowing);
    free(column->allow_ids);
}
