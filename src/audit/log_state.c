/* What is there before an audit log is installed, and whether it can be taken as it is. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "log.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *const log_role_names[LOG_ROLES] = {"owner", "writer", "auditor", "pruner", "migrator"};

enum { DEFAULT_MONTHS = 4 };

enum {
    FACT_SUPERUSER,
    FACT_CREATE_ROLES,
    FACT_CREATE_SCHEMA,
    FACT_MISSING_ROLES,
    FACT_UNFIT_ROLE,
    FACT_HAS_LOG_SCHEMA,
    FACT_LOG_SCHEMA_OWNERS,
    FACT_SCHEMA_EXISTS,
    FACT_GRANT_SCHEMA,
    FACT_KIND,
    FACT_PARTITIONED,
    FACT_TABLE_OWNERS,
    FACT_TAKE_TABLE,
    FACT_OWNER_MEMBER,
    FACT_FOREIGN_FUNCTION,
    FACT_TENANTS,
    FACT_SEALS,
    FACT_GRANT_SEALS,
    FACT_SETTINGS,
    FACT_CHECKS
};

/* ---- facts ---- */

static void
take_missing_roles(struct audit_log_state *state)
{
    json_error_t where;
    size_t index;
    json_t *name;
    CLEANUP(json_decrefp) json_t *list = json_loads(state->missing_roles, 0, &where);
    json_array_foreach(list, index, name)
    {
        for (int i = 0; i < LOG_ROLES; i++)
            if (strcmp(state->roles[i], json_string_value(name)) == 0)
                state->is_missing[i] = true;
    }
}

static bool
refuse_facts(const struct audit_log_state *state, const struct db_result *facts, struct error *err)
{
    const struct audit_log_request *request = state->request;
    const char *kind = db_result_text(facts, 0, FACT_KIND);
    if (!state->schema_exists) {
        error_set(err, EXIT_REFUSED, "there is no schema \"%s\"", request->schema);
        return error_hint(err, "CREATE SCHEMA first, or say another --schema");
    }
    if (kind != NULL && kind[0] != 'r' && kind[0] != 'p')
        return error_set(err, EXIT_REFUSED, "%s.%s is no table", request->schema, request->table);
    if (db_result_text(facts, 0, FACT_UNFIT_ROLE) != NULL) {
        error_set(err, EXIT_REFUSED,
                  "role \"%s\" may log in, or has an attribute that it should not have",
                  db_result_text(facts, 0, FACT_UNFIT_ROLE));
        return error_hint(err, "choose other names with --roles PREFIX; people and applications "
                               "become members of the audit log's roles");
    }
    if (state->has_log_schema && !state->log_schema_is_owners) {
        error_set(err, EXIT_REFUSED, "the schema idmigrate_audit belongs to another role than %s",
                  state->roles[LOG_OWNER]);
        return error_hint(err, "say --roles with the prefix of the first installation");
    }
    if (db_result_text(facts, 0, FACT_FOREIGN_FUNCTION) != NULL) {
        error_set(err, EXIT_REFUSED, "there is a function %s.%s already that is not the log's",
                  request->schema, db_result_text(facts, 0, FACT_FOREIGN_FUNCTION));
        return error_hint(err, "rename it, or put the log into a schema of its own with --schema");
    }
    return true;
}

static bool
load_facts(struct db *db, struct audit_log_state *state, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *facts = NULL;
    CLEANUP(strbuf_release) struct strbuf roles = STRBUF_INIT;
    db_format_array(&roles, (const char *const *)state->roles, LOG_ROLES);
    const char *const values[] = {state->request->schema, state->request->table, roles.data};
    if (!db_query(db, sql_query_audit_log_facts, 3, values, &facts, err))
        return error_context(err, "audit log");
    const struct {
        bool *to;
        int column;
    } flags[] = {
        {&state->is_superuser, FACT_SUPERUSER},
        {&state->may_create_roles, FACT_CREATE_ROLES},
        {&state->may_create_schema, FACT_CREATE_SCHEMA},
        {&state->has_log_schema, FACT_HAS_LOG_SCHEMA},
        {&state->log_schema_is_owners, FACT_LOG_SCHEMA_OWNERS},
        {&state->schema_exists, FACT_SCHEMA_EXISTS},
        {&state->may_grant_schema, FACT_GRANT_SCHEMA},
        {&state->is_partitioned, FACT_PARTITIONED},
        {&state->table_is_owners, FACT_TABLE_OWNERS},
        {&state->may_take_table, FACT_TAKE_TABLE},
        {&state->is_owner_member, FACT_OWNER_MEMBER},
        {&state->has_tenants, FACT_TENANTS},
        {&state->has_seals, FACT_SEALS},
        {&state->may_grant_seals, FACT_GRANT_SEALS},
        {&state->has_settings, FACT_SETTINGS},
        {&state->has_checks, FACT_CHECKS},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        *flags[i].to = db_result_bool(facts, 0, flags[i].column);
    state->is_there = db_result_text(facts, 0, FACT_KIND) != NULL;
    state->missing_roles = memory_strdup(db_result_text(facts, 0, FACT_MISSING_ROLES));
    take_missing_roles(state);
    return refuse_facts(state, facts, err);
}

/* ---- the layout ---- */

static bool
is_type(const char *wanted, const char *found)
{
    static const char *const names[][2] = {
        {"timestamptz", "timestamp with time zone"},
        {"timestamp", "timestamp without time zone"},
        {"text", "character varying"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(wanted, names[i][0]) == 0 && strcmp(found, names[i][1]) == 0)
            return true;
    return strcmp(wanted, found) == 0;
}

static const struct audit_profile_column *
find_column(const struct audit_profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->column_count; i++)
        if (strcmp(profile->columns[i].name, name) == 0)
            return &profile->columns[i];
    return NULL;
}

static bool
refuse_layout(const struct audit_log_request *request, const char *column, const char *what,
              struct error *err)
{
    error_set(err, EXIT_REFUSED, "the table %s.%s is there in another layout: column \"%s\" %s",
              request->schema, request->table, column, what);
    return error_hint(err,
                      "profile \"%s\" wants the columns of mappings/audit_profiles.json; say "
                      "another --profile or another --table",
                      request->profile->name);
}

bool
log_check_layout(struct db *db, const struct audit_log_request *request, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *columns = NULL;
    const struct audit_profile *profile = request->profile;
    const char *const name[] = {request->schema, request->table};
    size_t found = 0;
    if (!db_query(db, sql_query_audit_install_columns, 2, name, &columns, err))
        return false;
    for (size_t i = 0; i < db_result_rows(columns); i++) {
        const struct audit_profile_column *column =
            find_column(profile, db_result_text(columns, i, 0));
        if (column == NULL && db_result_bool(columns, i, 2))
            return refuse_layout(request, db_result_text(columns, i, 0),
                                 "must be fed, and the profile does not have it", err);
        if (column != NULL && !is_type(column->type, db_result_text(columns, i, 1)))
            return refuse_layout(request, column->name, "has another type", err);
        found += column != NULL;
    }
    for (size_t i = 0; i < profile->column_count && found < profile->column_count; i++) {
        bool is_there = false;
        for (size_t j = 0; j < db_result_rows(columns); j++)
            is_there =
                is_there || strcmp(db_result_text(columns, j, 0), profile->columns[i].name) == 0;
        if (!is_there)
            return refuse_layout(request, profile->columns[i].name, "is missing", err);
    }
    return true;
}

/* ---- what was installed before ---- */

static bool
take_list(const char *json, const char *kind, struct audit_registry *registry, struct error *err)
{
    CLEANUP(memory_free_string)
    char *text = memory_printf("{\"version\": 1, \"%s\": %s}", kind, json);
    return audit_registry_add(registry, text, "idmigrate_audit.settings", err);
}

static void
take_choices(struct audit_log_state *state, const struct db_result *found)
{
    const struct audit_log_request *request = state->request;
    if (request->shorten_ip < 0)
        state->shorten_ip = db_result_bool(found, 0, 8);
    if (request->months == 0)
        state->months = (int)db_result_int64(found, 0, 9);
    if (request->keep_at_least == NULL) {
        free(state->keep_at_least);
        state->keep_at_least = memory_strdup(db_result_text(found, 0, 10));
    }
}

static bool
take_settings(struct audit_log_state *state, const struct db_result *found, struct error *err)
{
    const struct audit_log_request *request = state->request;
    struct audit_registry *registry = request->registry;
    const char *schema = db_result_text(found, 0, 0), *table = db_result_text(found, 0, 1);
    if (strcmp(schema, request->schema) != 0 || strcmp(table, request->table) != 0) {
        error_set(err, EXIT_REFUSED, "this database's audit log is %s.%s", schema, table);
        return error_hint(err, "one database has one log; say --schema and --table");
    }
    state->version = (int)db_result_int64(found, 0, 2);
    if (state->version > AUDIT_LOG_VERSION)
        return error_set(
            err, EXIT_REFUSED,
            "the audit log has version %d, this program knows %d: idmigrate %s made it",
            state->version, AUDIT_LOG_VERSION, db_result_text(found, 0, 3));
    if (strcmp(db_result_text(found, 0, 4), request->profile->name) != 0) {
        error_set(err, EXIT_REFUSED, "the audit log was installed with the profile \"%s\"",
                  db_result_text(found, 0, 4));
        return error_hint(err, "say --profile %s", db_result_text(found, 0, 4));
    }
    size_t before = (size_t)db_result_int64(found, 0, 7);
    take_choices(state, found);
    if (!take_list(db_result_text(found, 0, 5), "actions", registry, err) ||
        !take_list(db_result_text(found, 0, 6), "resource_types", registry, err))
        return false;
    state->same_registry =
        state->has_checks && registry->action_count + registry->resource_type_count == before;
    state->is_current = state->version == AUDIT_LOG_VERSION && state->same_registry;
    return true;
}

/* Works as the owner inside the caller's transaction. */
static bool
become_owner(struct db *db, const struct audit_log_state *state, struct error *err)
{
    CLEANUP(strbuf_release) struct strbuf sql = STRBUF_INIT;
    log_add_become_owner(&sql, state);
    strbuf_add_string(&sql, "SET LOCAL ROLE ");
    db_quote_identifier(&sql, state->roles[LOG_OWNER]);
    if (db_execute(db, sql.data, err))
        return true;
    error_context(err, "looking at the audit log as its owner");
    err->hint[0] = '\0';
    return error_hint(err, "connect as the role that installed it, or as a superuser");
}

/* Whoever may install may become the owner; what that takes is rolled back. */
static bool
load_settings(struct db *db, struct audit_log_state *state, struct error *err)
{
    CLEANUP(db_transaction_release) struct db_transaction tx = {0};
    CLEANUP(db_result_free) struct db_result *found = NULL;
    if (!state->has_settings)
        return true;
    if (!db_begin(&tx, db, DB_READ_WRITE, err) || !become_owner(db, state, err) ||
        !db_query(db, sql_query_audit_log_settings, 0, NULL, &found, err))
        return false;
    return (db_result_rows(found) == 0 || take_settings(state, found, err)) &&
           db_rollback(&tx, err);
}

/* ---- events that the CHECKs would refuse ---- */

static bool
refuse_strangers(const struct db_result *strangers, struct error *err)
{
    enum { MOST = 10 };
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    size_t rows = db_result_rows(strangers);
    for (size_t i = 0; i < rows && i < MOST; i++)
        strbuf_printf(&list, "%s%s \"%.64s\" (%s events)", i > 0 ? ", " : "",
                      db_result_text(strangers, i, 0), db_result_text(strangers, i, 1),
                      db_result_text(strangers, i, 2));
    if (rows > MOST)
        strbuf_printf(&list, " and %zu more", rows - MOST);
    error_set(err, EXIT_REFUSED, "the log holds what the registry does not know: %s", list.data);
    return error_hint(err, "name them in a file: --registry FILE, {\"version\": 1, \"actions\": "
                           "[...], \"resource_types\": [...]}");
}

static bool
check_strangers(struct db *db, const struct audit_log_state *state, struct error *err)
{
    const struct audit_registry *registry = state->request->registry;
    CLEANUP(strbuf_release)
    struct strbuf sql = STRBUF_INIT, actions = STRBUF_INIT, types = STRBUF_INIT;
    CLEANUP(db_result_free) struct db_result *strangers = NULL;
    if (!state->is_there || state->has_checks) /* a registry only grows */
        return true;
    db_format_array(&actions, (const char *const *)registry->actions, registry->action_count);
    db_format_array(&types, (const char *const *)registry->resource_types,
                    registry->resource_type_count);
    log_add_strangers(&sql, state->request);
    const char *const values[] = {actions.data, types.data};
    if (!db_query(db, sql.data, 2, values, &strangers, err))
        return error_context(err, "events of %s.%s", state->request->schema, state->request->table);
    return db_result_rows(strangers) == 0 || refuse_strangers(strangers, err);
}

bool
audit_log_look(struct db *db, const struct audit_log_request *request,
               struct audit_log_state **result, struct error *err)
{
    struct audit_log_state *state = memory_zalloc(sizeof *state);
    state->request = request;
    state->shorten_ip = request->shorten_ip > 0;
    state->months = request->months > 0 ? request->months : DEFAULT_MONTHS;
    state->keep_at_least =
        memory_strdup(request->keep_at_least != NULL ? request->keep_at_least : "1 year");
    for (int i = 0; i < LOG_ROLES; i++)
        state->roles[i] = memory_printf("%s_%s", request->roles, log_role_names[i]);
    *result = state;
    return load_facts(db, state, err) && load_settings(db, state, err) &&
           (!state->is_there || log_check_layout(db, request, err)) &&
           check_strangers(db, state, err);
}

void
audit_log_state_free(struct audit_log_state **state)
{
    if (*state == NULL)
        return;
    for (int i = 0; i < LOG_ROLES; i++)
        free((*state)->roles[i]);
    free((*state)->missing_roles);
    free((*state)->keep_at_least);
    free(*state);
    *state = NULL;
}
