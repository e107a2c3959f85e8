/* Which connection string is meant: option, the mapping's variable, or IDMIGRATE_*. */
#include "workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
refuse_password(const char *uri, const char *option, struct error *err)
{
    if (!db_uri_has_password(uri))
        return true;
    error_set(err, EXIT_USAGE, "--%s holds a password, which everybody on this machine could read",
              option);
    return error_hint(err, "put it into ~/.pgpass, a service file or an environment variable");
}

bool
connection_check_options(const struct connection_options *options, struct error *err)
{
    for (size_t i = 0; i < options->sources.count; i++) {
        const char *item = options->sources.items[i], *equals = strchr(item, '=');
        if (!refuse_password(item, "source", err) ||
            (equals != NULL && !refuse_password(equals + 1, "source", err)))
            return false;
    }
    return options->target == NULL || refuse_password(options->target, "target", err);
}

/* NAME=URI for this source, or a bare URI when there is one source only. */
static const char *
given_source(const struct connection_options *options, const struct mapping *mapping, int source)
{
    const char *name = mapping->sources[source].name;
    size_t length = strlen(name);
    for (size_t i = 0; i < options->sources.count; i++) {
        const char *item = options->sources.items[i];
        if (strncmp(item, name, length) == 0 && item[length] == '=')
            return item + length + 1;
    }
    return mapping->source_count == 1 && options->sources.count > 0 ? options->sources.items[0]
                                                                    : NULL;
}

/* A misspelt name must not leave the source to a variable. */
static bool
is_used(const char *item, const struct mapping *mapping)
{
    for (size_t i = 0; i < mapping->source_count; i++) {
        size_t length = strlen(mapping->sources[i].name);
        if (strncmp(item, mapping->sources[i].name, length) == 0 && item[length] == '=')
            return true;
    }
    return false;
}

bool
connection_check_names(const struct connection_options *options, const struct mapping *mapping,
                       struct error *err)
{
    bool is_single = mapping->source_count == 1 && options->sources.count == 1;
    for (size_t i = 0; i < options->sources.count && !is_single; i++)
        if (!is_used(options->sources.items[i], mapping)) {
            error_set(err, EXIT_USAGE,
                      "--source number %zu does not begin with a source of the mapping", i + 1);
            return error_hint(err, "say --source NAME=URI; the first source is %s",
                              mapping->sources[0].name);
        }
    return true;
}

static const char *
from_environment(const char *mapped, const char *general)
{
    const char *uri = mapped != NULL ? getenv(mapped) : NULL;
    if (uri == NULL || uri[0] == '\0')
        uri = general != NULL ? getenv(general) : NULL;
    return uri != NULL && uri[0] != '\0' ? uri : NULL;
}

const char *
connection_uri(const struct connection_options *options, const struct mapping *mapping, int source,
               struct error *err)
{
    bool is_target = source < 0;
    const struct mapping_connection *connection =
        is_target ? &mapping->target : &mapping->sources[source];
    const char *uri = is_target ? options->target : given_source(options, mapping, source);

    if (uri == NULL)
        uri = from_environment(connection->env, is_target                    ? "IDMIGRATE_TARGET"
                                                : mapping->source_count == 1 ? "IDMIGRATE_SOURCE"
                                                                             : NULL);
    if (uri != NULL)
        return uri;
    error_set(err, EXIT_USAGE, "no connection for %s%s", is_target ? "the target" : "source ",
              is_target ? "" : connection->name);
    if (connection->env != NULL)
        error_hint(err, "set %s, or say --%s", connection->env,
                   is_target ? "target URI" : "source NAME=URI");
    else
        error_hint(err, "set %s, or say --%s", is_target ? "IDMIGRATE_TARGET" : "IDMIGRATE_SOURCE",
                   is_target ? "target URI" : "source URI");
    return NULL;
}

const char *
connection_target(const struct connection_options *options, struct error *err)
{
    const char *uri =
        options->target ? options->target : from_environment(NULL, "IDMIGRATE_TARGET");
    if (uri == NULL) {
        error_set(err, EXIT_USAGE, "no connection for the target");
        error_hint(err, "say --target URI, or set IDMIGRATE_TARGET");
    }
    return uri;
}

const char *
connection_only_source(const struct connection_options *options, struct error *err)
{
    if (options->sources.count > 1) {
        error_set(err, EXIT_USAGE, "one --source at a time, without a mapping");
        return NULL;
    }
    return options->sources.count > 0 ? options->sources.items[0]
                                      : from_environment(NULL, "IDMIGRATE_SOURCE");
}

void
connection_announce(const struct db *db, const char *what, bool writes)
{
    const struct db_identity *identity = db_identity(db);
    fprintf(stderr, "%-12s %s:%s, database %s, role %s, PostgreSQL %d%s%s\n", what, identity->host,
            identity->port, identity->database, identity->role, identity->version / 10000,
            identity->is_standby ? " (standby)" : "", writes ? "" : ", read only");
}
