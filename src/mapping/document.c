/* The top level of a mapping. */
#include "idmigrate/memory.h"
#include "names.h"
#include "parts.h"

#include <string.h>

/* Looked at first of all, so that a mapping of a later version is told so and not that its keys are
 * unknown. */
static bool
read_version(const struct node *document, struct error *err)
{
    struct node version = node_member(document, "version");
    if (!node_is_present(&version)) {
        node_fail(document, err, "\"version\" is missing");
        return error_hint(err, "a mapping starts with {\"version\": 1, ...");
    }
    if (!json_is_integer(version.json))
        return node_fail(&version, err, "must be the number 1");
    if (json_integer_value(version.json) != 1) {
        node_fail(&version, err, "version %lld is not known",
                  (long long)json_integer_value(version.json));
        return error_hint(err, "this program reads version 1");
    }
    return true;
}

/* Never shows the text: the mistake it is here for is a connection string with its password. */
static bool
check_variable_name(const struct node *connection, const char *name, struct error *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    if (name == NULL ||
        (strspn(name, allowed) == strlen(name) && strchr(allowed, name[0]) < allowed + 53))
        return true;
    struct node env = node_member(connection, "env");
    node_fail(&env, err, "is not the name of an environment variable");
    return error_hint(err, "put the connection string into a variable and name that here; the "
                           "mapping holds no secrets");
}

static bool
read_connection(const struct node *node, const char *name, struct mapping_connection *connection,
                struct error *err)
{
    static const char *const keys[] = {"env", "schema", NULL};
    connection->name = memory_strdup(name);
    connection->schema = memory_strdup("public");
    return node_want_keys(node, keys, err) && node_get_text(node, "env", &connection->env, err) &&
           check_variable_name(node, connection->env, err) &&
           node_get_text(node, "schema", &connection->schema, err);
}

static bool
check_source_name(const struct node *source, struct error *err)
{
    if (source->key[0] == '\0' || strcmp(source->key, "target") == 0 ||
        strchr(source->key, '/') != NULL) {
        node_fail(source, err, "\"%s\" cannot be the name of a source", source->key);
        return error_hint(err, "any word but \"target\", without a slash");
    }
    return true;
}

static bool
read_sources(struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node sources = node_member(document, "sources");
    if (!node_want_object(&sources, err))
        return false;
    size_t count = json_object_size(sources.json);
    if (count == 0)
        return node_fail(&sources, err, "at least one source is wanted");
    mapping->sources = memory_zalloc(count * sizeof *mapping->sources);
    const char *name;
    json_t *ignored;
    json_object_foreach(sources.json, name, ignored)
    {
        struct node source = node_member(&sources, name);
        struct mapping_connection *connection = &mapping->sources[mapping->source_count++];
        if (!check_source_name(&source, err) || !read_connection(&source, name, connection, err))
            return false;
    }
    return true;
}

bool
document_find_source(const struct mapping *mapping, const struct node *node, int *source,
                     struct error *err)
{
    if (!node_is_present(node)) {
        *source = 0;
        if (mapping->source_count == 1)
            return true;
        node_fail(node, err, "is missing");
        return error_hint(err, "there are %zu sources: say which one", mapping->source_count);
    }
    if (!node_want_text(node, err))
        return false;
    const char *name = json_string_value(node->json);
    struct nearest nearest = nearest_begin(name);
    for (size_t i = 0; i < mapping->source_count; i++) {
        *source = (int)i;
        if (strcmp(mapping->sources[i].name, name) == 0)
            return true;
        nearest_consider(&nearest, mapping->sources[i].name);
    }
    node_fail(node, err, "unknown source \"%s\"", name);
    if (nearest.name != NULL)
        return error_hint(err, "did you mean \"%s\"?", nearest.name);
    return error_hint(err, "sources are named in /sources");
}

static bool
read_formats(struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node formats = node_member(document, "formats");
    if (!node_is_present(&formats))
        return true;
    if (!node_want_object(&formats, err))
        return false;
    mapping->formats = node_constant_text(&formats);
    return true;
}

bool
mapping_is_time_span(const char *text)
{
    static const char *const units[] = {"hour", "day", "week", "month", "year"};
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[0] == '0' || text[digits] != ' ')
        return false;
    const char *unit = text + digits + 1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t length = strlen(units[i]);
        if (strncmp(unit, units[i], length) == 0 &&
            (unit[length] == '\0' || strcmp(unit + length, "s") == 0))
            return true;
    }
    return false;
}

static bool
read_keep_idmap(struct mapping *mapping, const struct node *document, struct error *err)
{
    struct node keep = node_member(document, "keep_idmap");
    if (!node_get_text(document, "keep_idmap", &mapping->keep_idmap, err))
        return false;
    if (mapping->keep_idmap == NULL || mapping_is_time_span(mapping->keep_idmap))
        return true;
    node_fail(&keep, err, "is no time span");
    return error_hint(err, "a number and hours, days, weeks, months or years: \"30 days\"");
}

static bool
read_plain_members(struct mapping *mapping, const struct node *document, struct error *err)
{
    mapping->timezone = memory_strdup("UTC");
    struct node target = node_member(document, "target");
    return node_get_required_text(document, "name", &mapping->name, err) &&
           node_get_text(document, "description", &mapping->description, err) &&
           node_get_text(document, "timezone", &mapping->timezone, err) &&
           node_get_flag(document, "exclusive", &mapping->exclusive, err) &&
           node_get_texts(document, "literals", true, &mapping->literals, &mapping->literal_count,
                          err) &&
           read_keep_idmap(mapping, document, err) &&
           node_get_reasons(document, "may_stay", &mapping->may_stay, &mapping->may_stay_count,
                            err) &&
           read_formats(mapping, document, err) && read_sources(mapping, document, err) &&
           read_connection(&target, "target", &mapping->target, err);
}

bool
document_read(struct mapping *mapping, const struct node *document, struct error *err)
{
    static const char *const keys[] = {
        "version",   "name",    "description", "sources",     "target",     "ids",
        "formats",   "audit",   "timezone",    "literals",    "tables",     "left_behind",
        "exclusive", "$schema", "may_stay",    "application", "keep_idmap", NULL};
    if (!node_want_object(document, err))
        return error_hint(err, "a mapping is one JSON object");
    return read_version(document, err) && open_check(document, err) &&
           node_want_keys(document, keys, err) && read_plain_members(mapping, document, err) &&
           ids_read(mapping, document, err) && application_read(mapping, document, err) &&
           audit_read(mapping, document, err) && table_read_all(mapping, document, err) &&
           left_behind_read(mapping, document, err) && agreement_check(mapping, document, err);
}
