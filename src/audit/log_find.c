/* The audit log that was installed in a database. */
#include "idmigrate/memory.h"
#include "idmigrate/sql.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

static bool
need_settings(struct db *db, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    if (!db_query(db, sql_query_audit_find_log, 0, NULL, &found, err))
        return false;
    if (db_result_rows(found) == 0) {
        error_set(err, EXIT_NOT_CHECKED, "no audit log was installed in this database");
        return error_hint(err, "idmigrate audit install");
    }
    if (db_result_bool(found, 0, 0))
        return true;
    error_set(err, EXIT_NOT_CHECKED, "role %s may not see how the audit log was installed",
              db_identity(db)->role);
    return error_hint(err, "connect as a member of the log's role of auditors");
}

static bool
fail_empty(struct error *err)
{
    error_set(err, EXIT_NOT_CHECKED, "idmigrate_audit.settings is empty: the log's name is gone");
    return error_hint(err, "idmigrate audit install");
}

bool
audit_log_find(struct db *db, char **schema, char **table, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL;
    if (!need_settings(db, err) ||
        !db_query(db, sql_query_audit_log_settings, 0, NULL, &found, err))
        return false;
    if (db_result_rows(found) == 0)
        return fail_empty(err);
    *schema = memory_strdup(db_result_text(found, 0, 0));
    *table = memory_strdup(db_result_text(found, 0, 1));
    return true;
}

bool
log_find(struct db *db, struct log_found *log, struct error *err)
{
    CLEANUP(db_result_free) struct db_result *found = NULL, *roles = NULL;
    if (!need_settings(db, err) ||
        !db_query(db, sql_query_audit_log_settings, 0, NULL, &found, err) ||
        !db_query(db, sql_query_audit_log_roles, 0, NULL, &roles, err))
        return false;
    if (db_result_rows(found) == 0)
        return fail_empty(err);
    log->schema = memory_strdup(db_result_text(found, 0, 0));
    log->table = memory_strdup(db_result_text(found, 0, 1));
    log->version = (int)db_result_int64(found, 0, 2);
    log->tool = memory_strdup(db_result_text(found, 0, 3));
    log->state.keep_at_least = memory_strdup("");
    for (int i = 0; i < LOG_ROLES; i++)
        log->state.roles[i] = memory_strdup(db_result_text(roles, 0, i));
    if (!audit_profile_read(embedded_audit_profiles_json, db_result_text(found, 0, 4),
                            &log->profile, err))
        return false;
    log->request = (struct audit_log_request){.schema = log->schema,
                                              .table = log->table,
                                              .profile = &log->profile,
                                              .registry = &log->registry};
    log->state.request = &log->request;
    return true;
}

void
log_found_release(struct log_found *log)
{
    for (int i = 0; i < LOG_ROLES; i++)
        free(log->state.roles[i]);
    free(log->state.keep_at_least);
    free(log->schema);
    free(log->table);
    free(log->tool);
    audit_profile_release(&log->profile);
    *log = (struct log_found){0};
}
