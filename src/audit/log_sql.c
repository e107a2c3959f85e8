/* Statements that are made of the log's layout: its table, how an event goes into it, its CHECKs.
 */
#include "idmigrate/memory.h"
#include "log.h"

#include <string.h>

static void
add_log(struct strbuf *sql, const struct audit_log_request *request)
{
    db_quote_name(sql, request->schema, request->table);
}

static void
add_index(struct strbuf *sql, const struct audit_log_request *request, const char *columns,
          size_t length)
{
    strbuf_add_string(sql, ";\nCREATE INDEX ON ");
    add_log(sql, request);
    strbuf_printf(sql, " (%.*s)", (int)length, columns);
}

void
log_add_create_table(struct strbuf *sql, const struct audit_log_request *request)
{
    const struct audit_profile *profile = request->profile;
    strbuf_add_string(sql, "CREATE TABLE ");
    add_log(sql, request);
    for (size_t i = 0; i < profile->column_count; i++) {
        const struct audit_profile_column *column = &profile->columns[i];
        strbuf_add_string(sql, i == 0 ? " (\n    " : ",\n    ");
        db_quote_identifier(sql, column->name);
        strbuf_printf(sql, " %s", column->type);
        if (column->constraint != NULL)
            strbuf_printf(sql, " %s", column->constraint);
    }
    strbuf_add_string(sql, ")");
    for (const char *index = profile->indexes; *index != '\0';) {
        size_t length = strcspn(index, ";");
        add_index(sql, request, index, length);
        index += length + (index[length] == ';');
    }
    strbuf_add_string(sql, ";\nREVOKE ALL ON ");
    add_log(sql, request);
    strbuf_add_string(sql, " FROM PUBLIC");
}

/* ---- an event ---- */

static bool
is_document(const char *field)
{
    return strcmp(field, "old_values") == 0 || strcmp(field, "new_values") == 0;
}

static bool
has_field(const struct audit_profile *profile, const char *field)
{
    for (size_t i = 0; i < profile->column_count; i++)
        if (profile->columns[i].field != NULL && strcmp(profile->columns[i].field, field) == 0)
            return true;
    return false;
}

/* What has no column of its own is kept in the metadata. */
static void
add_metadata(struct strbuf *sql, const struct audit_profile *profile)
{
    static const char *const fields[] = {"occurred_at", "actor_type",      "outcome",
                                         "reason_code", "retention_class", "ip_address",
                                         "user_agent",  "old_values",      "new_values"};
    size_t homeless = 0;
    CLEANUP(strbuf_release) struct strbuf list = STRBUF_INIT;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!has_field(profile, fields[i]))
            strbuf_printf(&list, "%s%s", homeless++ > 0 ? "," : "", fields[i]);
    if (homeless == 0) {
        strbuf_add_string(sql, "NULLIF(event -> 'metadata', 'null')");
        return;
    }
    strbuf_printf(sql,
                  "NULLIF(COALESCE(NULLIF(event -> 'metadata', 'null'), '{}')"
                  " || COALESCE((SELECT pg_catalog.jsonb_object_agg(m.key, m.value)"
                  " FROM pg_catalog.jsonb_each(event) AS m"
                  " WHERE m.key = ANY ('{%s}'::text[]) AND m.value <> 'null'), '{}'), '{}')",
                  list.data);
}

static void
add_value(struct strbuf *sql, const struct audit_profile *profile,
          const struct audit_profile_column *column)
{
    if (strcmp(column->field, "recorded_at") == 0)
        strbuf_printf(sql, "pg_catalog.now()%s",
                      strcmp(column->type, "timestamp") == 0 ? " AT TIME ZONE 'UTC'" : "");
    else if (strcmp(column->field, "metadata") == 0)
        add_metadata(sql, profile);
    else if (is_document(column->field))
        strbuf_printf(sql, "NULLIF(event -> '%s', 'null')", column->field);
    else if (column->missing != NULL)
        strbuf_printf(sql, "COALESCE(event ->> '%s', '%s')::%s", column->field, column->missing,
                      column->type);
    else
        strbuf_printf(sql, "(event ->> '%s')::%s", column->field, column->type);
}

void
log_add_store_event(struct strbuf *sql, const struct audit_log_request *request)
{
    const struct audit_profile *profile = request->profile;
    const char *separator = " (";
    strbuf_add_string(sql,
                      "CREATE OR REPLACE FUNCTION idmigrate_audit.store_event(event jsonb)"
                      " RETURNS void\nLANGUAGE sql VOLATILE AS $store_event$\n    INSERT INTO ");
    add_log(sql, request);
    for (size_t i = 0; i < profile->column_count; i++) {
        if (profile->columns[i].field == NULL)
            continue;
        strbuf_add_string(sql, separator);
        db_quote_identifier(sql, profile->columns[i].name);
        separator = ", ";
    }
    strbuf_add_string(sql, ")\n    VALUES ");
    separator = "(";
    for (size_t i = 0; i < profile->column_count; i++) {
        if (profile->columns[i].field == NULL)
            continue;
        strbuf_add_string(sql, separator);
        add_value(sql, profile, &profile->columns[i]);
        separator = ",\n            ";
    }
    strbuf_add_string(sql, ")\n$store_event$");
}

/* ---- the registry ---- */

/* Events of a run name its tables and have actions of the mapping's choice. */
static void
add_is_of_run(struct strbuf *sql, const struct audit_profile *profile)
{
    strbuf_add_char(sql, '(');
    db_quote_identifier(sql, profile->run_column != NULL ? profile->run_column
                                                         : profile->metadata_column);
    strbuf_add_string(sql,
                      profile->run_column != NULL ? " IS NOT NULL)" : " -> 'run_id') IS NOT NULL");
}

static void
add_array(struct strbuf *sql, char *const *items, size_t count)
{
    CLEANUP(strbuf_release) struct strbuf array = STRBUF_INIT;
    db_format_array(&array, (const char *const *)items, count);
    db_quote_literal(sql, array.data);
    strbuf_add_string(sql, "::text[]");
}

static void
add_check(struct strbuf *sql, const struct audit_log_request *request, const char *name,
          const char *column, char *const *items, size_t count)
{
    strbuf_add_string(sql, "ALTER TABLE ");
    add_log(sql, request);
    strbuf_printf(sql, " DROP CONSTRAINT IF EXISTS %s;\nALTER TABLE ", name);
    add_log(sql, request);
    strbuf_printf(sql, " ADD CONSTRAINT %s CHECK (", name);
    add_is_of_run(sql, request->profile);
    strbuf_add_string(sql, " OR ");
    db_quote_identifier(sql, column);
    strbuf_add_string(sql, " = ANY (");
    add_array(sql, items, count);
    strbuf_add_string(sql, ")) NOT VALID");
}

void
log_add_checks(struct strbuf *sql, const struct audit_log_request *request)
{
    const struct audit_profile *profile = request->profile;
    const struct audit_registry *registry = request->registry;
    add_check(sql, request, "audit_action_known", profile->action_column, registry->actions,
              registry->action_count);
    strbuf_add_string(sql, ";\n");
    add_check(sql, request, "audit_resource_type_known", profile->resource_type_column,
              registry->resource_types, registry->resource_type_count);
}

static void
add_stranger(struct strbuf *sql, const struct audit_log_request *request, const char *what,
             const char *column, int parameter)
{
    strbuf_printf(sql, "SELECT '%s', ", what);
    db_quote_identifier(sql, column);
    strbuf_add_string(sql, "::text, pg_catalog.count(*) FROM ");
    add_log(sql, request);
    strbuf_add_string(sql, " WHERE (");
    add_is_of_run(sql, request->profile);
    strbuf_add_string(sql, ") IS NOT TRUE AND (");
    db_quote_identifier(sql, column);
    strbuf_printf(sql, " = ANY ($%d::text[])) IS FALSE GROUP BY 2", parameter);
}

void
log_add_strangers(struct strbuf *sql, const struct audit_log_request *request)
{
    add_stranger(sql, request, "action", request->profile->action_column, 1);
    strbuf_add_string(sql, " UNION ALL ");
    add_stranger(sql, request, "resource type", request->profile->resource_type_column, 2);
    strbuf_add_string(sql, " ORDER BY 3 DESC, 1, 2");
}

/* ---- as the owner ---- */

void
log_add_become_owner(struct strbuf *sql, const struct audit_log_state *state)
{
    if (!state->is_superuser && !state->is_owner_member) {
        strbuf_add_string(sql, "GRANT ");
        db_quote_identifier(sql, state->roles[LOG_OWNER]);
        strbuf_add_string(sql, " TO CURRENT_USER;\n");
    }
}

void
log_add_leave_owner(struct strbuf *sql, const struct audit_log_state *state)
{
    strbuf_add_string(sql, "RESET ROLE;\nSET LOCAL row_security = off;\n");
    if (!state->is_superuser && !state->is_owner_member) {
        strbuf_add_string(sql, "REVOKE ");
        db_quote_identifier(sql, state->roles[LOG_OWNER]);
        strbuf_add_string(sql, " FROM CURRENT_USER;\n");
    }
}
