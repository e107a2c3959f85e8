/*
 * The script that installs an audit log, or brings one forward.
 *
 * Roles and the schema are made by whoever runs it; everything else by the log's owner, in whose
 * name the transaction then works, so that nothing belongs to a role that can log in.
 */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_PAIRS = 32 };

/* What placeholders of sql/install stand for. */
struct names {
    const char *pairs[2 * NAME_PAIRS + 1];
    size_t count;
    struct strbuf log, version, months, roles, actions, resource_types, sensitive_keys;
    char *default_partition;
};

static void
add_name(struct names *names, const char *name, const char *value)
{
    names->pairs[names->count++] = name;
    names->pairs[names->count++] = value;
    names->pairs[names->count] = NULL;
}

static void
format_roles(struct strbuf *json, const struct audit_log_state *state)
{
    for (int i = 0; i < LOG_ROLES; i++) {
        strbuf_printf(json, "%s\"%s\": ", i > 0 ? ", " : "{", log_role_names[i]);
        db_quote_identifier(json, state->roles[i]); /* of names that hold neither \ nor " */
    }
    strbuf_add_char(json, '}');
}

static void
names_init(struct names *names, const struct audit_log_state *state)
{
    const struct audit_log_request *request = state->request;
    const struct audit_registry *registry = request->registry;
    *names = (struct names){.log = STRBUF_INIT,
                            .version = STRBUF_INIT,
                            .months = STRBUF_INIT,
                            .roles = STRBUF_INIT,
                            .actions = STRBUF_INIT,
                            .resource_types = STRBUF_INIT,
                            .sensitive_keys = STRBUF_INIT};
    names->default_partition = audit_partition_name(request->table, "default");
    db_quote_name(&names->log, request->schema, request->table);
    strbuf_printf(&names->version, "%d", AUDIT_LOG_VERSION);
    strbuf_printf(&names->months, "%d", state->months);
    format_roles(&names->roles, state);
    db_format_array(&names->actions, (const char *const *)registry->actions,
                    registry->action_count);
    db_format_array(&names->resource_types, (const char *const *)registry->resource_types,
                    registry->resource_type_count);
    db_format_array(&names->sensitive_keys, (const char *const *)registry->sensitive_keys,
                    registry->sensitive_key_count);
    for (int i = 0; i < LOG_ROLES; i++)
        add_name(names, log_role_names[i], state->roles[i]);
    add_name(names, "guard", "idmigrate_audit");
    add_name(names, "schema", request->schema);
    add_name(names, "table", request->table);
    add_name(names, "log", names->log.data);
    add_name(names, "default_partition", names->default_partition);
    add_name(names, "id_column", request->profile->id_column);
    add_name(names, "time_column", request->profile->time_column);
    add_name(names, "tenant_column", request->profile->tenant_column);
    add_name(names, "profile", request->profile->name);
    add_name(names, "tool", IDMIGRATE_VERSION);
    add_name(names, "version", names->version.data);
    add_name(names, "months", names->months.data);
    add_name(names, "roles", names->roles.data);
    add_name(names, "shorten_ip", state->shorten_ip ? "true" : "false");
    add_name(names, "keep_at_least", state->keep_at_least);
    add_name(names, "actions", names->actions.data);
    add_name(names, "resource_types", names->resource_types.data);
    add_name(names, "sensitive_keys", names->sensitive_keys.data);
}

static void
names_release(struct names *names)
{
    struct strbuf *const texts[] = {&names->log,           &names->version, &names->months,
                                    &names->roles,         &names->actions, &names->resource_types,
                                    &names->sensitive_keys};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        strbuf_release(texts[i]);
    free(names->default_partition);
}

static void
add_file(struct strbuf *sql, const char *text, const struct names *names)
{
    db_fill(sql, text, names->pairs);
    strbuf_add_string(sql, ";\n\n");
}

/* The owner's policies let it see and add everything; off, row-level security would be an error. */
static void
add_set_role(struct strbuf *sql, const struct audit_log_state *state)
{
    strbuf_add_string(sql, "SET LOCAL row_security = on;\nSET LOCAL ROLE ");
    db_quote_identifier(sql, state->roles[LOG_OWNER]);
    strbuf_add_string(sql, ";\n");
}

static void
add_roles(struct strbuf *sql, const struct audit_log_state *state)
{
    for (int i = 0; i < LOG_ROLES; i++) {
        const char *const role[] = {"role", state->roles[i], NULL};
        if (!state->is_missing[i])
            continue;
        db_fill(sql, sql_install_audit_role, role);
        strbuf_add_string(sql, ";\n");
    }
}

/* As the owner. */
static void
add_log(struct strbuf *sql, const struct audit_log_state *state, const struct names *names)
{
    const struct audit_log_request *request = state->request;
    add_file(sql, sql_install_audit_schema, names);
    if (!state->is_there && request->profile->is_standard) {
        add_file(sql, sql_install_audit_logs, names);
    } else if (!state->is_there) {
        log_add_create_table(sql, request);
        strbuf_add_string(sql, ";\n\n");
    }
    log_add_store_event(sql, request);
    strbuf_add_string(sql, ";\n\n");
    add_file(sql, sql_install_audit_write, names);
    add_file(sql, sql_install_audit_seal_roots, names);
    add_file(sql, sql_install_audit_retention, names);
    add_file(sql, sql_install_audit_doors, names);
    if (!state->same_registry) {
        log_add_checks(sql, request);
        strbuf_add_string(sql, ";\n\n");
    }
    add_file(sql, sql_install_audit_settings, names);
    if (!state->is_current)
        add_file(sql, sql_install_audit_installed, names);
}

void
audit_log_write_sql(const struct audit_log_state *state, struct strbuf *sql)
{
    CLEANUP(names_release) struct names names;
    names_init(&names, state);
    add_roles(sql, state);
    log_add_become_owner(sql, state);
    add_file(sql, sql_install_audit_roles, &names);
    if (state->is_there)
        add_file(sql, sql_install_audit_settle, &names);
    add_set_role(sql, state);
    add_log(sql, state, &names);
    log_add_leave_owner(sql, state);
    if (state->request->has_tenants && !state->has_tenants)
        add_file(sql, sql_install_audit_tenants, &names);
    if (state->has_seals && state->may_grant_seals)
        add_file(sql, sql_install_audit_seal_grants, &names);
}

void
audit_log_write_validation(const struct audit_log_state *state, struct strbuf *sql)
{
    static const char *const checks[] = {"audit_action_known", "audit_resource_type_known"};
    log_add_become_owner(sql, state);
    add_set_role(sql, state);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        strbuf_add_string(sql, "ALTER TABLE ");
        db_quote_name(sql, state->request->schema, state->request->table);
        strbuf_printf(sql, " VALIDATE CONSTRAINT %s;\n", checks[i]);
    }
    log_add_leave_owner(sql, state);
}

bool
audit_log_is_allowed(const struct audit_log_state *state, const char **reason)
{
    bool makes_roles = strcmp(state->missing_roles, "[]") != 0;
    *reason = state->is_superuser                                   ? NULL
              : makes_roles && !state->may_create_roles             ? "may not create roles"
              : !state->has_log_schema && !state->may_create_schema ? "may not create a schema"
              : !state->may_grant_schema ? "may not grant on the schema of the log"
              : state->is_there && !state->table_is_owners && !state->may_take_table
                  ? "does not own the table"
                  : NULL;
    return *reason == NULL;
}

void
audit_log_describe(const struct audit_log_state *state, struct strbuf *text)
{
    const struct audit_log_request *request = state->request;
    strbuf_printf(text, "audit log    %s.%s, profile %s%s\n", request->schema, request->table,
                  request->profile->name,
                  state->version > 0 ? state->is_current ? ", installed already"
                                                         : ", installed, to be brought forward"
                  : state->is_there  ? ", there, to be taken over"
                                     : ", to be created");
    for (int i = 0; i < LOG_ROLES; i++)
        strbuf_printf(text, "%-12s role %s%s\n", log_role_names[i], state->roles[i],
                      state->is_missing[i] ? ", to be created" : "");
    strbuf_printf(text, "registry     %zu actions, %zu resource types, %zu sensitive keys\n",
                  request->registry->action_count, request->registry->resource_type_count,
                  request->registry->sensitive_key_count);
    if (request->has_tenants)
        strbuf_printf(text, "tenants      %s.tenants%s\n", request->schema,
                      state->has_tenants ? ", there, stays as it is" : ", to be created");
    if (request->profile->is_standard && state->is_there && !state->is_partitioned)
        strbuf_add_string(text, "months       none: the table is not partitioned, so retention can "
                                "drop nothing of it\n");
    else if (request->profile->is_standard)
        strbuf_printf(text, "months       %d ahead, this one included\n", state->months);
}
