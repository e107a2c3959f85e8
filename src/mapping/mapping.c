/* A mapping from its file to its struct, and back to nothing. */
#include "idmigrate/mapping.h"

#include "idmigrate/memory.h"
#include "parts.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* "...", "dir/..." -> what relative paths in the file are relative to. */
static char *
directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return memory_strdup(".");
    return memory_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* jansson's text ends in "near '...'", which is a part of the file and says more than the place
 * alone. */
static bool
fail_syntax(const json_error_t *where, struct error *err)
{
    enum json_error_code code = json_error_code(where);
    bool holds_zero = code == json_error_null_character || code == json_error_null_byte_in_key;
    error_set(err, EXIT_INPUT, "line %d, column %d: %s", where->line, where->column,
              holds_zero ? "a text holds \\u0000" : where->text);
    if (code == json_error_duplicate_key)
        return error_hint(err, "a key may stand once in an object");
    if (code == json_error_invalid_syntax || code == json_error_end_of_input_expected)
        return error_hint(err, "a mapping is JSON: no comments, no comma after the last element");
    if (code == json_error_premature_end_of_input)
        return error_hint(err, "was the file copied whole?");
    return false;
}

static bool
parse_json(const char *text, size_t length, json_t **json, struct error *err)
{
    json_error_t where;
    *json = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    return *json != NULL || fail_syntax(&where, err);
}

static bool
build(struct mapping *mapping, struct error *err)
{
    CLEANUP(json_decrefp) json_t *json = NULL;
    if (!bytes_check(mapping->text, mapping->length, err) ||
        !parse_json(mapping->text, mapping->length, &json, err))
        return false;
    struct node document = {.parent = NULL, .key = NULL, .index = 0, .json = json};
    return document_read(mapping, &document, err);
}

/* Takes `text`. */
static bool
parse_take(const char *path, char *text, size_t length, struct mapping **result, struct error *err)
{
    CLEANUP(mapping_free) struct mapping *mapping = memory_zalloc(sizeof *mapping);
    mapping->path = memory_strdup(path);
    mapping->directory = directory_of(path);
    mapping->text = text;
    mapping->length = length;
    mapping->digest = digest_bytes(text, length);
    if (!build(mapping, err))
        return error_context(err, "mapping %s", path);
    *result = mapping;
    mapping = NULL;
    return true;
}

bool
mapping_parse(const char *path, const char *text, size_t length, struct mapping **mapping,
              struct error *err)
{
    return parse_take(path, memory_strndup(text, length), length, mapping, err);
}

bool
mapping_load(const char *path, struct mapping **mapping, struct error *err)
{
    char *text = NULL;
    size_t length = 0;
    if (!bytes_read_file(path, &text, &length, err))
        return error_context(err, "mapping %s", path);
    return parse_take(path, text, length, mapping, err);
}

static bool
is_listed(char *const *texts, size_t count, const char *text, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(texts[i]) == length && memcmp(texts[i], text, length) == 0)
            return true;
    return false;
}

bool
mapping_is_literal(const struct mapping *mapping, const struct mapping_column *column,
                   const char *text, size_t length)
{
    return is_listed(column->literals, column->literal_count, text, length) ||
           is_listed(mapping->literals, mapping->literal_count, text, length);
}

void
texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

void
reasons_free(struct mapping_reason *reasons, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(reasons[i].name);
        free(reasons[i].reason);
    }
    free(reasons);
}

static void
release_connection(struct mapping_connection *connection)
{
    free(connection->name);
    free(connection->env);
    free(connection->schema);
}

static void
release_lists(struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->source_count; i++)
        release_connection(&mapping->sources[i]);
    free(mapping->sources);
    for (size_t i = 0; i < mapping->id_count; i++)
        ids_release(&mapping->ids[i]);
    free(mapping->ids);
    for (size_t i = 0; i < mapping->table_count; i++)
        table_release(&mapping->tables[i]);
    free(mapping->tables);
    for (size_t i = 0; i < mapping->left_behind_count; i++) {
        free(mapping->left_behind[i].schema);
        free(mapping->left_behind[i].table);
        free(mapping->left_behind[i].reason);
    }
    free(mapping->left_behind);
    texts_free(mapping->literals, mapping->literal_count);
    reasons_free(mapping->may_stay, mapping->may_stay_count);
    mapping_application_release(&mapping->application);
}

void
mapping_free(struct mapping **mapping)
{
    struct mapping *old = *mapping;
    if (old == NULL)
        return;
    *mapping = NULL;
    release_lists(old);
    release_connection(&old->target);
    audit_release(&old->audit);
    free(old->path);
    free(old->directory);
    free(old->text);
    free(old->name);
    free(old->description);
    free(old->formats);
    free(old->timezone);
    free(old->keep_idmap);
    free(old);
}
